//! The words of an explanation: what becomes of a record, and why something is not done.

use super::{Explainer, RecordExplanation, Standing, group_names};
use crate::error::quoted;
use crate::model::{AdobeUser, OrgId};
use crate::plan::adobe_only::ReadOrg;
use crate::plan::matching::{Exclusion, Fate, LeftAlone, MatchedBy, There};
use crate::plan::new_users::{NotCreated, OrgGroups};
use crate::plan::{
    AttributeChange, Change, GroupChange, HeldBackBy, HeldRule, adobe_only_kind, existing,
};
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

    /// Why nothing happens to an Adobe-only user.
    pub(super) fn not_processed(
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
    pub(super) fn kept_groups(
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
    pub(super) fn kept_attributes(
        &self,
        org: OrgId,
        record: &RecordExplanation<'_>,
    ) -> Vec<String> {
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
