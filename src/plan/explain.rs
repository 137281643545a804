//! What would happen to one person, and which rules decide it (manual/commands.md#explain).
//!
//! Asks the same functions that plan; decides nothing of its own. Data for whoever prints it.

use crate::config::{AdobeUserSelection, Config, Strategy};
use crate::error::quoted;
use crate::model::names::Names;
use crate::model::{AdobeOrg, AdobeUser, DirectoryUser, GroupId, OrgId};
use crate::plan::adobe_only::{ReadOrg, Reasons, Seen};
use crate::plan::desired::{Desired, passes_user_filter};
use crate::plan::existing::{self, GroupDiffs};
use crate::plan::matching::{Exclusion, Fate, LeftAlone, MatchedBy, Matcher, There};
use crate::plan::new_users::{Creator, NotCreated, OrgGroups};
use crate::plan::{
    AttributeChange, Change, GroupChange, Held, HeldBackBy, HeldRule, Plan, adobe_only_kind, sync,
};
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

/// Explains people of one plan.
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

    /// A fate in words, with the rule that decided it.
    fn verdict(&self, read: &ReadOrg, user: &AdobeUser, fate: Fate) -> String {
        match fate {
            Fate::Matched { desired, by } => {
                let by = match by {
                    MatchedBy::Email => "e-mail".to_owned(),
                    MatchedBy::Username => "username".to_owned(),
                    MatchedBy::OtherName => {
                        format!("the other name {}", self.matcher.other_name(desired, user))
                    }
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
            Fate::LeftAlone(left) => self.left_alone(user, left),
            Fate::Protected(place) => format!(
                "left alone: it may be directory user {}, who was skipped or is in a state that may pass",
                self.matcher.protector(place)
            ),
            Fate::AdobeOnly => {
                let held = match self.adobe_only_held() {
                    Some(text) => format!("; held back: {text}"),
                    None => String::new(),
                };
                format!("Adobe-only: {}{held}", self.reasons.of(user))
            }
        }
    }

    /// Why no Adobe-only user is processed, if a limit says so.
    fn adobe_only_held(&self) -> Option<&str> {
        let mut held = self.plan.held_back.iter();
        let held = held.find(|held| match held.by {
            HeldBackBy::MissingGroup | HeldBackBy::EmptyDirectory | HeldBackBy::NamelessMember => {
                true
            }
            HeldBackBy::UnreadGroup | HeldBackBy::NoGroups => false,
            HeldBackBy::Limit(rule, _) => rule == HeldRule::AdobeOnly,
        });
        held.map(|held| held.text.as_str())
    }

    /// Why a selected user without a record is not created.
    fn not_created(&self, read: &ReadOrg, standing: Standing) -> Option<String> {
        let Standing::Selected(nth) = standing else {
            return None;
        };
        let primary = self.orgs.last()?;
        if primary.fates.there.get(nth as usize) == Some(&There::Blocked) {
            return Some(
                "not created: an Adobe user of that name is excluded or left alone".to_owned(),
            );
        }
        if self.matcher.directory_user_excluded(nth) {
            return Some("not created: exclude_users matches its username".to_owned());
        }
        let person = self.desired.selected(nth)?;
        let mut groups = OrgGroups::new(read.id);
        match self.creator.creation(self.desired, person, &mut groups) {
            Ok(_) => None,
            Err(NotCreated::Impossible(problem)) => Some(problem),
            Err(NotCreated::NoGroups) => {
                let why = if read.id.is_primary() {
                    "not created: it has no mapped group, and --exclude-unmapped-users is set"
                } else {
                    "not created here: it has no desired group in this org"
                };
                Some(why.to_owned())
            }
        }
    }

    /// Why nothing happens to an Adobe-only user.
    fn not_processed(
        &self,
        org: OrgId,
        record: &RecordExplanation<'_>,
        lost: &[&Change],
    ) -> Option<String> {
        let idle = record.fate == Fate::AdobeOnly && lost.is_empty();
        if !idle || self.adobe_only_held().is_some() {
            return None;
        }
        match adobe_only_kind(self.config, org) {
            None => Some(
                "nothing is done to Adobe-only users: see --adobe-only-user-action and --process-groups",
            ),
            Some(_) if record.mapped.is_empty() => {
                Some("nothing is done: it is in no mapped group")
            }
            Some(_) => None,
        }
        .map(str::to_owned)
    }

    /// Why a matched user keeps mapped groups that it is not to have.
    fn kept_groups(
        &self,
        org: OrgId,
        record: &RecordExplanation<'_>,
        (desired, lost): (&[GroupChange], &[&Change]),
    ) -> Vec<String> {
        if !matches!(record.fate, Fate::Matched { .. }) {
            return Vec::new();
        }
        let has = |list: &[GroupChange], group: &Text| {
            list.iter().any(|change| text::same(change.group, group))
        };
        let kept = record.mapped.iter().filter(|group| {
            let lost = lost.iter().any(|change| has(&change.reason.removed, group));
            !has(desired, group) && !lost
        });
        kept.map(|group| format!("keeps {}: {}", quoted(group), self.kept_why(org, group)))
            .collect()
    }

    fn kept_why(&self, org: OrgId, group: &str) -> String {
        if !self.config.options.process_groups {
            return "groups are not processed without --process-groups".to_owned();
        }
        let missing = &self.desired.missing;
        let mut mapped = self.desired.mapped.of_org(org);
        let id = mapped.find(|(_, name)| text::same(name, group));
        if id.is_some_and(|(id, _)| missing.protected.contains(&id)) {
            return format!(
                "it may come from a directory group that is missing: {}",
                missing.names.join(", ")
            );
        }
        let read = self.orgs.iter().find(|read| read.id == org);
        let mut unread = read.into_iter().flat_map(|read| &read.org.unread_groups);
        if unread.any(|unread| text::same(unread.name, group)) {
            "Adobe does not list the members of the group".to_owned()
        } else {
            "it is protected".to_owned()
        }
    }

    /// Attributes that differ and are not written, and why.
    fn kept_attributes(&self, org: OrgId, record: &RecordExplanation<'_>) -> Vec<String> {
        let Fate::Matched { desired, .. } = record.fate else {
            return Vec::new();
        };
        let Some((user, _)) = self.desired.selected(desired).filter(|_| org.is_primary()) else {
            return Vec::new();
        };
        let found = existing::differences(user, record.user, self.config.update_attributes);
        if !self.config.options.update_user_info {
            let differs = !found.changes.is_empty() || !found.not_listed.is_empty();
            let note = "attributes differ, and are not written without --update-user-info";
            return differs.then(|| note.to_owned()).into_iter().collect();
        }
        let note = |change: &AttributeChange| {
            format!(
                "{} is not updated ({} at Adobe, {} in the directory): adobe_users.update_attributes does not list it",
                change.attribute,
                quoted(change.old),
                quoted(change.new)
            )
        };
        let fixed = found.not_updatable;
        let fixed = fixed.then(|| "Adobe does not let users of type adobeID be updated".to_owned());
        found.not_listed.iter().map(note).chain(fixed).collect()
    }

    fn left_alone(&self, user: &AdobeUser, left: LeftAlone) -> String {
        match left {
            LeftAlone::NoEmail => "left alone: the record has no e-mail".to_owned(),
            LeftAlone::UnknownType => "left alone: its type is unknown".to_owned(),
            LeftAlone::MatchedElsewhere(nth) => format!(
                "left alone: it has the username of directory user {}, whom another Adobe user matches by e-mail",
                self.login(nth)
            ),
            LeftAlone::Namesake(nth) => format!(
                "left alone: it carries the name {} of directory user {}, and is not matched by it: another record is, several could be, or first and last names differ",
                self.matcher.other_name(nth, user),
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
                    "excluded: it is in {} of exclude_adobe_groups",
                    quoted(group.unwrap_or_default())
                )
            }
            Exclusion::User => "excluded: exclude_users matches its username".to_owned(),
        }
    }

    fn deciding_line(&self, fate: Fate) -> Option<usize> {
        let lines = &self.config.exclusions.lines;
        match fate {
            Fate::Excluded(Exclusion::IdentityType) => lines.identity_types,
            Fate::Excluded(Exclusion::Group) => lines.groups,
            Fate::Excluded(Exclusion::User) => lines.users,
            _ => None,
        }
    }

    fn login(&self, nth: u32) -> Text {
        self.desired
            .selected(nth)
            .map_or("", |(user, _)| user.login)
    }
}

/// The changes of one record.
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
