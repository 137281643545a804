//! What would happen to one person, and which rules decide it (spec/command-line.md, explain).
//!
//! Asks the same functions that plan; decides nothing of its own. Data for whoever prints it.

use crate::config::Config;
use crate::index::Names;
use crate::model::{AdobeOrg, AdobeUser, DirectoryUser, GroupId, OrgId};
use crate::plan::adobe_only::{ReadOrg, Reasons};
use crate::plan::desired::{Desired, passes_user_filter};
use crate::plan::existing::GroupDiffs;
use crate::plan::matching::{Exclusion, Fate, LeftAlone, MatchedBy, Matcher};
use crate::plan::why::GroupWhy;
use crate::plan::{Change, GroupChange, Plan, sync};
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
    /// In sending order; orgs that were not read are not here.
    pub orgs: Vec<OrgExplanation<'p>>,
}

/// One org's part of an explanation.
#[derive(Debug)]
pub struct OrgExplanation<'p> {
    pub org: OrgId,
    pub records: Vec<RecordExplanation<'p>>,
    /// The desired groups of this org, with their reasons.
    pub desired: Vec<GroupChange>,
    pub changes: Vec<&'p Change>,
}

/// An Adobe record of the person.
#[derive(Debug)]
pub struct RecordExplanation<'p> {
    pub user: &'p AdobeUser,
    pub fate: Fate,
    /// The fate in words, with the rule that decided.
    pub verdict: String,
    pub current: Vec<Text>,
    /// Those of the current groups that are mapped.
    pub mapped: Vec<Text>,
}

/// Explains people of one plan.
#[derive(Debug)]
pub struct Explainer<'p> {
    config: &'p Config,
    desired: &'p Desired<'p>,
    matcher: Matcher<'p>,
    orgs: Vec<ReadOrg<'p>>,
    reasons: Reasons,
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
        let orgs = self.plan.orgs.iter();
        Explanation {
            standing,
            orgs: orgs
                .map(|org| self.org(org.org, standing, &names))
                .collect(),
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
            let names = [user.login, user.email, user.username];
            names.iter().any(|known| text::same(known, name))
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
        if let Some(place) = filtered.position(|member| is(&member.login) || is(&member.email)) {
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
        OrgExplanation {
            org: id,
            desired: self.desired_groups(id, standing),
            changes: changes.filter(is_person).collect(),
            records,
        }
    }

    fn records<'r>(
        &'r self,
        read: &'r ReadOrg,
        standing: Standing,
        names: &[String],
    ) -> Vec<RecordExplanation<'r>> {
        let mut diffs =
            GroupDiffs::new(read.id, read.org, self.desired, GroupWhy::NotInMappedGroup);
        let of_person = |(user, fate, _): &(&AdobeUser, Fate, Option<u32>)| {
            let own = Names::of_adobe(user);
            let matched = match (fate, standing) {
                (Fate::Matched { desired, .. }, Standing::Selected(nth)) => *desired == nth,
                _ => false,
            };
            let named =
                |name: &String| text::same(name, own.email) || text::same(name, own.username);
            matched || names.iter().any(named)
        };
        let records = read.users().filter(of_person);
        records
            .map(|(user, fate, _)| RecordExplanation {
                user,
                fate,
                verdict: self.verdict(read, user, fate),
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

    /// A fate in words, with the rule that decided it.
    fn verdict(&self, read: &ReadOrg, user: &AdobeUser, fate: Fate) -> String {
        match fate {
            Fate::Matched { desired, by } => {
                let by = match by {
                    MatchedBy::Email => "e-mail",
                    MatchedBy::Username => "username",
                };
                let protected = match self.matcher.protected(user) {
                    Some(place) => format!(
                        "; it loses no group, because directory user {} of that name was skipped",
                        self.matcher.protector(place)
                    ),
                    None => String::new(),
                };
                format!(
                    "matches directory user {} by {by}{protected}",
                    self.login(desired)
                )
            }
            Fate::Excluded(exclusion) => self.exclusion(read, user, exclusion),
            Fate::LeftAlone(left) => self.left_alone(left),
            Fate::Protected(place) => format!(
                "left alone: it may be directory user {}, who was skipped or is in a passing state",
                self.matcher.protector(place)
            ),
            Fate::AdobeOnly => {
                let held = match self.plan.held_back.first() {
                    Some(held) => format!("; held back: {}", held.text),
                    None => String::new(),
                };
                format!("Adobe-only: {}{held}", self.reasons.of(user))
            }
        }
    }

    fn left_alone(&self, left: LeftAlone) -> String {
        match left {
            LeftAlone::NoEmail => "left alone: the record has no e-mail".to_owned(),
            LeftAlone::UnknownType => "left alone: its type is unknown".to_owned(),
            LeftAlone::MatchedElsewhere(nth) => format!(
                "left alone: it has the username of directory user {}, whom another Adobe user matches by e-mail",
                self.login(nth)
            ),
            LeftAlone::UserFilter => {
                "not examined: --user-filter does not match its username".to_owned()
            }
            LeftAlone::ByPrimary => "left alone, as it is in the primary org".to_owned(),
            LeftAlone::NotInPrimary => {
                "left alone: it is not in the primary org, so it belongs to somebody else"
                    .to_owned()
            }
        }
    }

    fn exclusion(&self, read: &ReadOrg, user: &AdobeUser, exclusion: Exclusion) -> String {
        match exclusion {
            Exclusion::IdentityType => {
                let kind = user.identity_type.map_or("", |kind| kind.as_str());
                format!("excluded: exclude_identity_types lists {kind}")
            }
            Exclusion::Group => {
                let listed = &self.config.exclusions.groups;
                let is_listed = |group: &Text| listed.iter().any(|name| text::same(name, group));
                let group = group_names(read, user).into_iter().find(is_listed);
                format!(
                    "excluded: it is in {:?} of exclude_adobe_groups",
                    group.unwrap_or_default()
                )
            }
            Exclusion::User => "excluded: exclude_users matches its username".to_owned(),
        }
    }

    fn login(&self, nth: u32) -> Text {
        self.desired
            .selected(nth)
            .map_or("", |(user, _)| user.login)
    }
}

fn group_names(read: &ReadOrg, user: &AdobeUser) -> Vec<Text> {
    let groups = read.org.group_lists.get(user.groups).iter();
    groups
        .map(|group| read.org.groups.name(GroupId(*group)))
        .collect()
}
