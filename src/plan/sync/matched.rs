//! What a sync changes about matched users, and what it tells of them (manual/rules.md#matched-users).

use std::rc::Rc;

use super::Sync;
use crate::error::quoted;
use crate::model::change::Before;
use crate::model::command::Step;
use crate::model::notice::Notice;
use crate::model::why::UserWhy;
use crate::model::{AdobeUser, DirectoryUser, OrgId};
use crate::plan::desired::Wish;
use crate::plan::draft::Draft;
use crate::plan::existing::{self, Differences};
use crate::plan::group_diffs::{GroupDiff, GroupDiffs};
use crate::plan::matching::{Fate, MatchedBy};
use crate::plan::orgs::{ReadOrg, Seen};
use crate::plan::{Kind, Reason, commands, okta_names};

impl Sync<'_> {
    /// Brings matched users in line.
    pub(super) fn matched(&mut self, read: &ReadOrg, drafts: &mut Vec<Draft>) {
        let mut diffs = GroupDiffs::new(read.id, read.org, self.desired);
        // Twice for those who differ, once for the many who do not.
        let mut found =
            |this: &Self, seen: &Seen<'_>| this.matched_draft(read.id, seen, &mut diffs);
        for seen in read.by_email(|seen| found(self, seen).is_some()) {
            if let Some((draft, notices)) = found(self, &seen) {
                drafts.extend(Some(draft).filter(|draft| !draft.is_empty()));
                self.plan.notices.extend(notices);
            }
        }
    }

    /// What there is to do for a matched user, if anything, and to tell; `None`: neither.
    fn matched_draft(
        &self,
        org: OrgId,
        seen: &Seen<'_>,
        diffs: &mut GroupDiffs,
    ) -> Option<(Draft, Vec<Notice>)> {
        let Fate::Matched { desired: nth, by } = seen.fate else {
            return None;
        };
        if self.desired.is_bystander(nth) {
            return None;
        }
        let (user, _) = self.desired.selected(nth)?;
        let adobe = seen.user;
        let (found, notices) = self.differences(org, user, adobe);
        let groups = self.groups(adobe, self.desired.wish(nth)?, diffs);
        let head = (!found.changes.is_empty()).then_some(Step::Update(found.update));
        let is_same = head.is_none() && groups.added.is_empty() && groups.removed.is_empty();
        if is_same && notices.is_empty() {
            return None;
        }
        let other_name = || UserWhy::OtherName(self.matcher.other_name(nth, adobe));
        let draft = Draft {
            whom: seen.whom(),
            subject: commands::existing(adobe),
            head,
            reason: Reason {
                person: adobe.email,
                okta: okta_names(self.config, user),
                kind: Kind::Updated,
                why: (by == MatchedBy::OtherName).then(other_name),
                attributes: found.changes.into_boxed_slice(),
                added: groups.added,
                removed: groups.removed,
                before: Before::Present,
            },
        };
        Some((draft, notices))
    }

    /// The group changes of a matched user; nobody who is protected loses a group.
    fn groups(&self, user: &AdobeUser, wish: Wish, diffs: &mut GroupDiffs) -> GroupDiff {
        if !self.config.options.process_groups {
            return GroupDiff::default();
        }
        let mut groups = diffs.diff(self.desired, wish, user.groups);
        if !groups.removed.is_empty() && self.matcher.protected(user).is_some() {
            groups.removed = Rc::default();
        }
        groups
    }

    /// What differs between a matched user's attributes (primary org only), and what to tell.
    fn differences(
        &self,
        org: OrgId,
        user: &DirectoryUser,
        adobe: &AdobeUser,
    ) -> (Differences, Vec<Notice>) {
        let mut notices = Vec::new();
        if !org.is_primary() {
            return (Differences::default(), notices);
        }
        if let Some(identity_type) = adobe.identity_type
            && identity_type != user.identity_type
        {
            notices.push(Notice::warning(format!(
                "Adobe user {} is of type {}, but {} in the directory; it is not created again",
                adobe.email,
                identity_type.as_str(),
                user.identity_type.as_str()
            )));
        }
        if !self.config.options.update_user_info {
            return (Differences::default(), notices);
        }
        let found = existing::differences(user, adobe, self.config.update_attributes);
        if found.not_updatable {
            notices.push(Notice::debug(format!(
                "Adobe user {} is of type adobeID and cannot be updated",
                adobe.email
            )));
        }
        notices.extend(found.not_listed.iter().map(|change| {
            Notice::warning(format!(
                "Adobe user {}: {} is {}, but {} in the directory; it is not updated, because adobe_users.update_attributes does not list it",
                adobe.email,
                change.attribute,
                quoted(change.old),
                quoted(change.new)
            ))
        }));
        (found, notices)
    }
}
