//! What would happen to one person, and which rules decide it (manual/commands.md#explain).
//!
//! Asks the same functions that plan; decides nothing of its own. Data for whoever prints it.

mod words;

use serde::Serialize;

use crate::config::{AdobeUserSelection, Strategy};
use crate::model::names::Names;
use crate::model::{AdobeOrg, DirectoryUser, OrgId};
use crate::plan::adobe_only::Reasons;
use crate::plan::desired::{Desired, passes_user_filter};
use crate::plan::group_diffs::GroupDiffs;
use crate::plan::matching::{Fate, Matcher};
use crate::plan::new_users::Creator;
use crate::plan::orgs::{ReadOrg, Seen, read_orgs};
use crate::plan::{Change, GroupChange, Held, HeldBackBy, HeldRule, Plan};
use crate::text::{self, Text, Texts};

/// How the directory knows a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The number among the selected users.
    Selected(u32),
    /// In no group that `--users` selects; its place in the directory.
    NotSelected(u32),
    /// `--user-filter` does not match; its place in the directory.
    UserFilter(u32),
    /// Left out by the filter; its place among the filtered members.
    Filtered(usize),
    /// Skipped in mapping; its place among the skipped members.
    Skipped(usize),
    Unknown,
}

/// What is said about one person.
#[derive(Debug)]
pub struct Explanation<'p> {
    pub standing: Standing,
    /// The directory user, as the hook left it.
    pub user: Option<&'p DirectoryUser>,
    /// Selected or not, and why.
    pub selection: String,
    /// All orgs, the primary one first.
    pub orgs: Vec<Org<'p>>,
}

/// What one org has and gets of a person.
#[derive(Debug, Default, Serialize)]
pub struct Org<'p> {
    /// `None` for the primary org.
    pub name: Option<String>,
    pub org_id: String,
    /// Why nobody was read there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_read: Option<&'static str>,
    /// The option that kept some from being read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partly_read: Option<&'static str>,
    pub records: Vec<Record>,
    pub desired_groups: Vec<Reasoned>,
    /// Why something is not done that one might expect.
    pub notes: Vec<String>,
    #[serde(skip)]
    pub changes: Vec<&'p Change>,
}

/// An Adobe record of the person.
#[derive(Debug, Default, Serialize)]
pub struct Record {
    pub email: Text,
    pub username: Text,
    #[serde(rename = "type")]
    pub identity_type: &'static str,
    pub groups: Vec<Text>,
    pub mapped_groups: Vec<Text>,
    /// What becomes of it, by which rule.
    pub verdict: Reasoned,
}

/// A fact, why it is so, and the place in the configuration that decided, `file:line`.
#[derive(Debug, Default, Serialize)]
pub struct Reasoned {
    pub what: String,
    pub why: String,
    pub rule: Option<String>,
}

#[derive(Debug)]
pub struct Explainer<'p> {
    pub desired: &'p Desired<'p>,
    matcher: Matcher<'p>,
    orgs: Vec<ReadOrg<'p>>,
    reasons: Reasons,
    creator: Creator<'p>,
    plan: &'p Plan,
}

impl<'p> Explainer<'p> {
    /// `orgs` are those that the plan was built from.
    pub fn new(
        desired: &'p Desired<'p>,
        orgs: &'p [Option<AdobeOrg>],
        plan: &'p Plan,
        texts: &mut Texts,
    ) -> Explainer<'p> {
        let matcher = Matcher::new(desired, texts);
        let orgs = match orgs.first() {
            Some(Some(primary)) => read_orgs(&matcher, primary, orgs),
            _ => Vec::new(),
        };
        Explainer {
            desired,
            matcher,
            orgs,
            reasons: Reasons::of_directory(desired, texts),
            creator: Creator::new(desired, texts),
            plan,
        }
    }

    /// What happens to the person with this e-mail, username or login; where only Adobe knows the
    /// name, to the directory user whom an Adobe record of that name matches.
    pub fn explain(&self, name: &str) -> Explanation<'_> {
        let standing = self.standing(name);
        let user = self.directory_user(standing);
        let mut names = vec![name.to_owned()];
        if let Some(user) = user {
            names.extend([user.login, user.email, user.username].map(str::to_owned));
        }
        if let Standing::Selected(nth) = standing {
            let other_names = self.desired.other_names(nth);
            names.extend(other_names.into_iter().map(str::to_owned));
        }
        if standing == Standing::Unknown
            && let Some(login) = self.matched_by_adobe(&names)
        {
            return self.explain(login);
        }
        let orgs = self.desired.config.org_ids();
        Explanation {
            standing,
            user,
            selection: self.selection(standing),
            orgs: orgs.map(|id| self.org(id, standing, &names)).collect(),
        }
    }

    /// The login of the directory user whom an Adobe record of one of these names matches.
    fn matched_by_adobe(&self, names: &[String]) -> Option<Text> {
        let read = self.desired.config.org_ids().filter_map(|id| self.read(id));
        let mut seen = read.flat_map(|read| self.seen(read, Standing::Unknown, names));
        let matched = seen.find_map(|seen| match seen.fate {
            Fate::Matched { desired, .. } => self.desired.selected(desired),
            _ => None,
        });
        matched.map(|(user, _)| user.login)
    }

    fn read(&self, id: OrgId) -> Option<&ReadOrg<'p>> {
        self.orgs.iter().find(|read| read.id == id)
    }

    /// Why nobody of an org was read.
    fn not_read(&self) -> &'static str {
        if self.desired.config.options.adobe_only_user_list.is_some() {
            "with --adobe-only-user-list nothing is read from Adobe"
        } else if self.desired.config.options.strategy == Strategy::Push {
            "--strategy push reads nothing from Adobe"
        } else {
            "none of its groups is mapped"
        }
    }

    /// The option that kept some of an org's users from being read.
    fn partly_read(&self) -> Option<&'static str> {
        match &self.desired.config.adobe_users {
            // Everybody was asked for by name.
            _ if self.desired.config.only.is_some() => None,
            AdobeUserSelection::All => None,
            AdobeUserSelection::Mapped => Some("--adobe-users mapped"),
            AdobeUserSelection::Groups(_) => Some("--adobe-users group"),
        }
    }

    fn directory_user(&self, standing: Standing) -> Option<&DirectoryUser> {
        match standing {
            Standing::Selected(nth) => self.desired.selected(nth).map(|(user, _)| user),
            Standing::NotSelected(place) | Standing::UserFilter(place) => {
                self.desired.user_at(place)
            }
            Standing::Filtered(_) | Standing::Skipped(_) | Standing::Unknown => None,
        }
    }

    /// How the directory knows a name.
    fn standing(&self, name: &str) -> Standing {
        let directory = self.desired.directory;
        let is = |user: &DirectoryUser| {
            let names = [user.login, user.email, user.username].into_iter();
            let mut names = names.chain(directory.other_names.of(user.id));
            names.any(|known| text::same(known, name))
        };
        let place = (0..)
            .zip(&directory.users)
            .find(|(place, read)| is(read) || self.desired.user_at(*place).is_some_and(is));
        if let Some((place, user)) = place {
            let mut selected = (0..).zip(&self.desired.users);
            return match selected.find(|(_, selected)| selected.user == place) {
                Some((nth, _)) => Standing::Selected(nth),
                None if passes_user_filter(self.desired.config, user.username) => {
                    Standing::NotSelected(place)
                }
                None => Standing::UserFilter(place),
            };
        }
        let mut filtered = directory.filtered.iter();
        let is = |known: &Text| text::same(known, name);
        if let Some(place) = filtered.position(|member| member.names.iter().any(is)) {
            return Standing::Filtered(place);
        }
        let mut skipped = directory.skipped.iter();
        let place = skipped.position(|member| is(&member.login) || member.names.iter().any(is));
        place.map_or(Standing::Unknown, Standing::Skipped)
    }

    fn org(&self, id: OrgId, standing: Standing, names: &[String]) -> Org<'_> {
        let config = self.desired.config.org(id);
        let read = self.read(id);
        let seen = read.map_or(Vec::new(), |read| self.seen(read, standing, names));
        let is_person = |change: &Change| {
            let person = change.reason.person;
            let mut emails = seen.iter().map(|seen| seen.user.email);
            names.iter().any(|name| text::same(name, person))
                || emails.any(|email| text::same(email, person))
        };
        let plan = self.plan.orgs.iter().find(|plan| plan.org == id);
        let changes = plan.into_iter().flat_map(|plan| &plan.changes);
        let changes: Vec<&Change> = changes.filter(|change| is_person(change)).collect();
        let held = plan.into_iter().flat_map(|plan| &plan.held);
        let held: Vec<&Held> = held.filter(|held| is_person(&held.change)).collect();
        let desired = self.desired_groups(id, standing);
        let mut org = Org {
            name: config.and_then(|config| config.name.clone()),
            org_id: config.map_or(String::new(), |config| config.org_id.clone()),
            not_read: read.is_none().then(|| self.not_read()),
            partly_read: read.and_then(|_| self.partly_read()),
            desired_groups: desired.iter().map(|group| self.reasoned(group)).collect(),
            notes: self.held(id, &held),
            ..Org::default()
        };
        let Some(read) = read else {
            return Org { changes, ..org };
        };
        if changes.is_empty() && held.is_empty() && seen.is_empty() {
            org.notes.extend(self.not_created(read, standing));
        }
        let mut diffs = GroupDiffs::new(id, read.org, self.desired);
        for seen in seen {
            let record = self.record(read, seen, &mut diffs);
            let all = changes.iter().copied();
            let mut told: Vec<&Change> = all.chain(held.iter().map(|held| &held.change)).collect();
            told.retain(|change| text::same(change.reason.person, seen.user.email));
            let mapped = &record.mapped_groups;
            org.notes
                .extend(self.not_processed(id, seen.fate, mapped, &told));
            if let Fate::Matched { desired: nth, .. } = seen.fate {
                let has = |list: &[GroupChange], group: Text| {
                    list.iter().any(|change| text::same(change.group, group))
                };
                let kept = mapped.iter().filter(|group| {
                    let mut lost = told.iter().map(|change| &change.reason.removed);
                    !has(&desired, group) && !lost.any(|lost| has(lost, group))
                });
                org.notes
                    .extend(kept.map(|group| self.kept_group(read, group)));
                org.notes.extend(self.kept_attributes(id, seen.user, nth));
            }
            org.records.push(record);
        }
        Org { changes, ..org }
    }

    /// What limits hold back of this person's changes, each rule once.
    fn held(&self, org: OrgId, held: &[&Held]) -> Vec<String> {
        let mut notes = Vec::new();
        for rule in HeldRule::ALL {
            let by_rule = held.iter().filter(|held| held.rules.contains(&rule));
            let people: Vec<Text> = by_rule.map(|held| held.change.reason.person).collect();
            let Some(person) = people.first() else {
                continue;
            };
            let told = self.plan.held_back.iter().filter(|told| match told.by {
                HeldBackBy::Limit(by, of) => by == rule && (of == org || of.is_primary()),
                _ => false,
            });
            let told: Vec<&str> = told.map(|told| told.text.as_str()).collect();
            let about = told.iter().find(|text| text.contains(person));
            let text = about.or(told.first()).copied().unwrap_or_default();
            notes.push(format!("held back by {}: {text}", rule.word()));
        }
        notes
    }

    /// The records of the person in an org.
    fn seen<'r>(
        &self,
        read: &'r ReadOrg<'r>,
        standing: Standing,
        names: &[String],
    ) -> Vec<Seen<'r>> {
        read.by_email(|seen| {
            let own = Names::of_adobe(seen.user);
            let matched = match (seen.fate, standing) {
                (Fate::Matched { desired, .. }, Standing::Selected(nth)) => desired == nth,
                _ => false,
            };
            let named =
                |name: &String| text::same(name, own.email) || text::same(name, own.username);
            matched || names.iter().any(named)
        })
    }

    fn record(&self, read: &ReadOrg, seen: Seen, diffs: &mut GroupDiffs) -> Record {
        let user = seen.user;
        let mapped = diffs.all_mapped(user.groups);
        Record {
            email: user.email,
            username: user.username,
            identity_type: user.identity_type.map_or("unknown", |kind| kind.as_str()),
            groups: read.group_names(user.groups).collect(),
            mapped_groups: mapped.iter().map(|change| change.group).collect(),
            verdict: Reasoned {
                what: self.verdict(read, user, seen.fate),
                why: String::new(),
                rule: self.rule(self.deciding_line(seen.fate)),
            },
        }
    }

    fn desired_groups(&self, org: OrgId, standing: Standing) -> Vec<GroupChange> {
        let Standing::Selected(nth) = standing else {
            return Vec::new();
        };
        let Some((_, set)) = self.desired.selected(nth) else {
            return Vec::new();
        };
        let wanted = self.desired.wanted_in(set, org);
        wanted.map(|(_, group)| group).collect()
    }
}
