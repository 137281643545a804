//! What would happen to one person, and which rules decide it (manual/commands.md#explain).
//!
//! Asks the same functions that plan; decides nothing of its own. Data for whoever prints it.

mod words;

use crate::config::{AdobeUserSelection, Config, Strategy};
use crate::model::names::Names;
use crate::model::{AdobeOrg, AdobeUser, DirectoryUser, GroupId, OrgId};
use crate::plan::adobe_only::{ReadOrg, Reasons, Seen};
use crate::plan::desired::{Desired, passes_user_filter};
use crate::plan::existing::GroupDiffs;
use crate::plan::matching::{Fate, Matcher};
use crate::plan::new_users::Creator;
use crate::plan::{Change, GroupChange, Held, HeldBackBy, HeldRule, Plan, sync};
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
    /// All orgs, the primary one first.
    pub orgs: Vec<OrgExplanation<'p>>,
}

/// One org's part of an explanation.
#[derive(Debug)]
pub struct OrgExplanation<'p> {
    pub org: OrgId,
    pub coverage: Coverage,
    pub records: Vec<RecordExplanation<'p>>,
    /// The desired groups of this org, with their reasons.
    pub desired: Vec<GroupChange>,
    pub changes: Vec<&'p Change>,
    /// Why something is not done that one might expect.
    pub notes: Vec<String>,
}

/// How much of an org's users was read: what it means that there is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    Whole,
    /// Not all of them, because of the option named here.
    Some(&'static str),
    /// None, for the reason given here.
    Nothing(&'static str),
}

/// An Adobe record of the person.
#[derive(Debug)]
pub struct RecordExplanation<'p> {
    pub user: &'p AdobeUser,
    pub fate: Fate,
    /// The fate in words, with the rule that decided.
    pub verdict: String,
    /// The line of the configuration that decided, if one did and it is known.
    pub line: Option<usize>,
    pub current: Vec<Text>,
    /// Those of the current groups that are mapped.
    pub mapped: Vec<Text>,
}

#[derive(Debug)]
pub struct Explainer<'p> {
    config: &'p Config,
    desired: &'p Desired<'p>,
    matcher: Matcher<'p>,
    orgs: Vec<ReadOrg<'p>>,
    reasons: Reasons,
    creator: Creator<'p>,
    plan: &'p Plan,
}

impl<'p> Explainer<'p> {
    /// `orgs` are those that the plan was built from.
    pub fn new(
        config: &'p Config,
        desired: &'p Desired<'p>,
        orgs: &'p [Option<AdobeOrg>],
        (plan, texts): (&'p Plan, &mut Texts),
    ) -> Explainer<'p> {
        let matcher = Matcher::new(config, desired, texts);
        let orgs = match orgs.first() {
            Some(Some(primary)) => sync::read_orgs(&matcher, primary, orgs, texts),
            _ => Vec::new(),
        };
        Explainer {
            config,
            desired,
            matcher,
            orgs,
            reasons: Reasons::of_directory(desired, texts),
            creator: Creator::new(config, texts),
            plan,
        }
    }

    /// What happens to the person with this e-mail, username or login.
    pub fn explain(&self, name: &str) -> Explanation<'_> {
        let standing = self.standing(name);
        let mut names = vec![name.to_owned()];
        if let Some(user) = self.directory_user(standing) {
            names.extend([user.login, user.email, user.username].map(str::to_owned));
        }
        if let Standing::Selected(nth) = standing {
            let other_names = self.desired.other_names(nth);
            names.extend(other_names.into_iter().map(str::to_owned));
        }
        let orgs = self.config.org_ids();
        Explanation {
            standing,
            orgs: orgs.map(|id| self.org(id, standing, &names)).collect(),
        }
    }

    fn coverage(&self, read: Option<&ReadOrg>) -> Coverage {
        let options = &self.config.options;
        match (read, &self.config.adobe_users) {
            // Everybody was asked for by name.
            (Some(_), _) if self.config.only.is_some() => Coverage::Whole,
            (Some(_), AdobeUserSelection::All) => Coverage::Whole,
            (Some(_), AdobeUserSelection::Mapped) => Coverage::Some("--adobe-users mapped"),
            (Some(_), AdobeUserSelection::Groups(_)) => Coverage::Some("--adobe-users group"),
            (None, _) if options.adobe_only_user_list.is_some() => {
                Coverage::Nothing("with --adobe-only-user-list nothing is read from Adobe")
            }
            (None, _) if options.strategy == Strategy::Push => {
                Coverage::Nothing("--strategy push reads nothing from Adobe")
            }
            (None, _) => Coverage::Nothing("none of its groups is mapped"),
        }
    }

    /// The directory user of a standing, as the hook left it.
    pub fn directory_user(&self, standing: Standing) -> Option<&DirectoryUser> {
        match standing {
            Standing::Selected(nth) => self.desired.selected(nth).map(|(user, _)| user),
            Standing::NotSelected(place) | Standing::UserFilter(place) => {
                self.desired.user_at(place)
            }
            Standing::Filtered(_) | Standing::Skipped(_) | Standing::Unknown => None,
        }
    }

    /// How the directory knows a name.
    pub fn standing(&self, name: &str) -> Standing {
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
                None if passes_user_filter(self.config, user.username) => {
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

    fn org(&self, id: OrgId, standing: Standing, names: &[String]) -> OrgExplanation<'_> {
        let read = self.orgs.iter().find(|read| read.id == id);
        let records: Vec<RecordExplanation> = match read {
            Some(read) => self.records(read, standing, names),
            None => Vec::new(),
        };
        let is_person = |change: &&Change| {
            let person = change.reason.person;
            names.iter().any(|name| text::same(name, person))
                || records
                    .iter()
                    .any(|record| text::same(record.user.email, person))
        };
        let plan = self.plan.orgs.iter().find(|plan| plan.org == id);
        let changes = plan.into_iter().flat_map(|plan| &plan.changes);
        let changes: Vec<&Change> = changes.filter(is_person).collect();
        let held = plan.into_iter().flat_map(|plan| &plan.held);
        let held: Vec<&Held> = held.filter(|held| is_person(&&held.change)).collect();
        let desired = self.desired_groups(id, standing);
        let mut notes = self.held(id, &held);
        if let Some(read) = read {
            let created = !changes.is_empty() || !held.is_empty() || !records.is_empty();
            notes.extend(
                (!created)
                    .then(|| self.not_created(read, standing))
                    .flatten(),
            );
            for record in &records {
                let held = held.iter().map(|held| &held.change);
                let told: Vec<&Change> = changes.iter().copied().chain(held).collect();
                let told = lost(&told, record.user);
                notes.extend(self.not_processed(id, record, &told));
                notes.extend(self.kept_groups(id, record, (&desired, &told)));
                notes.extend(self.kept_attributes(id, record));
            }
        }
        OrgExplanation {
            org: id,
            coverage: self.coverage(read),
            desired,
            changes,
            records,
            notes,
        }
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

    fn records<'r>(
        &'r self,
        read: &'r ReadOrg,
        standing: Standing,
        names: &[String],
    ) -> Vec<RecordExplanation<'r>> {
        let mut diffs = GroupDiffs::new(read.id, read.org, self.desired);
        let of_person = |seen: &Seen<'_>| {
            let own = Names::of_adobe(seen.user);
            let matched = match (seen.fate, standing) {
                (Fate::Matched { desired, .. }, Standing::Selected(nth)) => desired == nth,
                _ => false,
            };
            let named =
                |name: &String| text::same(name, own.email) || text::same(name, own.username);
            matched || names.iter().any(named)
        };
        let records = read.by_email(of_person);
        records
            .into_iter()
            .map(|Seen { user, fate, .. }| RecordExplanation {
                user,
                fate,
                verdict: self.verdict(read, user, fate),
                line: self.deciding_line(fate),
                current: group_names(read, user),
                mapped: diffs
                    .all_mapped(user.groups)
                    .iter()
                    .map(|change| change.group)
                    .collect(),
            })
            .collect()
    }

    fn desired_groups(&self, org: OrgId, standing: Standing) -> Vec<GroupChange> {
        let Standing::Selected(nth) = standing else {
            return Vec::new();
        };
        let Some((_, set)) = self.desired.selected(nth) else {
            return Vec::new();
        };
        let wanted = self.desired.set(set).iter().filter_map(|(id, why)| {
            let group = self.desired.mapped.get(*id)?;
            (group.org == org).then_some(GroupChange {
                group: group.name,
                why: *why,
            })
        });
        wanted.collect()
    }

    fn login(&self, nth: u32) -> Text {
        self.desired
            .selected(nth)
            .map_or("", |(user, _)| user.login)
    }
}

fn lost<'c>(changes: &[&'c Change], user: &AdobeUser) -> Vec<&'c Change> {
    let own = |change: &&&Change| text::same(change.reason.person, user.email);
    changes.iter().filter(own).copied().collect()
}

fn group_names(read: &ReadOrg, user: &AdobeUser) -> Vec<Text> {
    let groups = read.org.group_lists.get(user.groups).iter();
    groups
        .map(|group| read.org.groups.name(GroupId(*group)))
        .collect()
}
