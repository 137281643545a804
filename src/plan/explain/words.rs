//! The words of an explanation: what becomes of a record, and why something is not done.

use super::{Explainer, Standing, group_names};
use crate::error::quoted;
use crate::model::{AdobeUser, DirectoryUser, OrgId};
use crate::plan::matching::{Exclusion, Fate, LeftAlone, MatchedBy, There, is_passing};
use crate::plan::new_users::{NotCreated, OrgGroups};
use crate::plan::orgs::ReadOrg;
use crate::plan::{AttributeChange, Change, HeldBackBy, HeldRule, adobe_only_kind, existing};
use crate::text::{self, Text};

impl Explainer<'_> {
    /// A fate in words, with the rule that decided it.
    pub(super) fn verdict(&self, read: &ReadOrg, user: &AdobeUser, fate: Fate) -> String {
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
                    self.desired.login(desired)
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
    pub(super) fn not_created(&self, read: &ReadOrg, standing: Standing) -> Option<String> {
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

    /// Why nothing happens to an Adobe-only user in these mapped groups.
    pub(super) fn not_processed(
        &self,
        org: OrgId,
        fate: Fate,
        mapped: &[Text],
        told: &[&Change],
    ) -> Option<String> {
        let idle = fate == Fate::AdobeOnly && told.is_empty();
        if !idle || self.adobe_only_held().is_some() {
            return None;
        }
        let note = if adobe_only_kind(self.config, org).is_none() {
            "nothing is done to Adobe-only users: see --adobe-only-user-action and --process-groups"
        } else if mapped.is_empty() {
            "nothing is done: it is in no mapped group"
        } else {
            return None;
        };
        Some(note.to_owned())
    }

    /// Why a matched user keeps a mapped group that it is not to have.
    pub(super) fn kept_group(&self, read: &ReadOrg, group: &str) -> String {
        let missing = &self.desired.missing;
        let mut mapped = self.desired.mapped.of_org(read.id);
        let id = mapped.find(|(_, name)| text::same(name, group));
        let mut unread = read.org.unread_groups.iter();
        let why = if !self.config.options.process_groups {
            "groups are not processed without --process-groups".to_owned()
        } else if id.is_some_and(|(id, _)| missing.protected.contains(&id)) {
            let names = missing.names.join(", ");
            format!("it may come from a directory group that is missing: {names}")
        } else if unread.any(|unread| text::same(unread.name, group)) {
            "Adobe does not list the members of the group".to_owned()
        } else {
            "it is protected".to_owned()
        };
        format!("keeps {}: {why}", quoted(group))
    }

    /// Attributes in which a matched user differs and that are not written, and why.
    pub(super) fn kept_attributes(&self, org: OrgId, adobe: &AdobeUser, nth: u32) -> Vec<String> {
        let Some((user, _)) = self.desired.selected(nth).filter(|_| org.is_primary()) else {
            return Vec::new();
        };
        let found = existing::differences(user, adobe, self.config.update_attributes);
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

    /// Whether the run is about somebody, and why.
    pub(super) fn selection(&self, standing: Standing) -> String {
        let directory = self.desired.directory;
        match standing {
            Standing::Selected(nth) => {
                let user = self.desired.selected(nth);
                let why = user.map(|(user, _)| self.desired.selected_why(user).to_string());
                format!("selected: {}", why.unwrap_or_default())
            }
            Standing::NotSelected(_) => "not selected: in no group that --users selects".to_owned(),
            Standing::UserFilter(_) => {
                "not selected: --user-filter does not match its username".to_owned()
            }
            Standing::Filtered(place) => {
                let member = directory.filtered.get(place);
                let status = member.map_or("", |member| member.status);
                let protected = if is_passing(self.config, status) {
                    "; protected, for that status is not known to mean gone and the filter is the default"
                } else {
                    ""
                };
                format!("not selected: left out by the filter, status {status}{protected}")
            }
            Standing::Skipped(place) => {
                let member = directory.skipped.get(place);
                let why = member.map(|member| member.reason.to_string());
                let why = why.unwrap_or_default();
                format!("skipped: {why}; Adobe users of that name are left alone")
            }
            Standing::Unknown => "not selected: in no group that this run loads".to_owned(),
        }
    }

    /// What the hook changed of a directory user, `email: "a" -> "b"`.
    pub fn hook_changes(&self, user: &DirectoryUser) -> Vec<String> {
        let mut read = self.desired.directory.users.iter();
        let Some(read) = read.find(|read| read.id == user.id) else {
            return Vec::new();
        };
        let attributes = |user: &DirectoryUser| {
            [
                ("email", user.email),
                ("username", user.username),
                ("domain", user.domain),
                ("firstname", user.firstname.unwrap_or_default()),
                ("lastname", user.lastname.unwrap_or_default()),
                ("country", user.country.unwrap_or_default()),
            ]
        };
        let pairs = attributes(read).into_iter().zip(attributes(user));
        let changed = pairs.filter(|(before, after)| before != after);
        changed
            .map(|((name, before), (_, after))| {
                format!("{name}: {} -> {}", quoted(before), quoted(after))
            })
            .collect()
    }

    fn left_alone(&self, user: &AdobeUser, left: LeftAlone) -> String {
        match left {
            LeftAlone::NoEmail => "left alone: the record has no e-mail".to_owned(),
            LeftAlone::UnknownType => "left alone: its type is unknown".to_owned(),
            LeftAlone::MatchedElsewhere(nth) => format!(
                "left alone: it has the username of directory user {}, whom another Adobe user matches by e-mail",
                self.desired.login(nth)
            ),
            LeftAlone::Namesake(nth) => format!(
                "left alone: it carries the name {} of directory user {}, and is not matched by it: another record is, several could be, or first and last names differ",
                self.matcher.other_name(nth, user),
                self.desired.login(nth)
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

    pub(super) fn deciding_line(&self, fate: Fate) -> Option<usize> {
        let lines = &self.config.exclusions.lines;
        match fate {
            Fate::Excluded(Exclusion::IdentityType) => lines.identity_types,
            Fate::Excluded(Exclusion::Group) => lines.groups,
            Fate::Excluded(Exclusion::User) => lines.users,
            _ => None,
        }
    }
}
