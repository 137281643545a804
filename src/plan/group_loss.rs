//! How many of its members each group of an org would lose (manual/safety.md#limits).
//!
//! Counts; what is too many is decided in [`super::hold`].

use std::collections::HashMap;

use crate::model::{GroupId, ListId};
use crate::plan::Kind;
use crate::plan::draft::{OrgDrafts, Whom};
use crate::plan::matching::{Fate, LeftAlone};
use crate::plan::orgs::ReadOrg;

/// How many members each group of an org has, and would lose.
pub(super) struct GroupLoss {
    members: HashMap<GroupId, usize>,
    lost: HashMap<GroupId, usize>,
}

impl GroupLoss {
    /// Members count whom the run may change: not excluded, inside `--user-filter`.
    pub(super) fn of(org: &OrgDrafts) -> GroupLoss {
        let read = org.read;
        let may_change = |fate: Fate| {
            !matches!(
                fate,
                Fate::Excluded(_)
                    | Fate::LeftAlone(LeftAlone::UserFilter | LeftAlone::NotInPrimary)
            )
        };
        let members = read.users().filter(|seen| may_change(seen.fate));
        let members = by_list(members.map(|seen| seen.user.groups));
        let whole = org.drafts.iter().filter_map(|draft| match draft.whom {
            Whom::Known { place, .. }
                if draft.takes_account() || draft.reason.kind == Kind::AdobeOnlyAllGroups =>
            {
                Some(read.org.users.get(place as usize)?.groups)
            }
            _ => None,
        });
        let mut lost = by_group(read, by_list(whole));
        let removed = org
            .drafts
            .iter()
            .flat_map(|draft| draft.reason.removed.iter());
        for group in removed.filter_map(|change| read.org.groups.find(change.group)) {
            *lost.entry(group).or_default() += 1;
        }
        GroupLoss {
            members: by_group(read, members),
            lost,
        }
    }

    /// How many would lose the group, and how many are in it.
    pub(super) fn of_group(&self, group: GroupId) -> (usize, usize) {
        let count = |counts: &HashMap<GroupId, usize>| counts.get(&group).copied().unwrap_or(0);
        (count(&self.lost), count(&self.members))
    }
}

fn by_list(lists: impl Iterator<Item = ListId>) -> HashMap<ListId, usize> {
    let mut counts = HashMap::new();
    for list in lists {
        *counts.entry(list).or_default() += 1;
    }
    counts
}

fn by_group(read: &ReadOrg, lists: HashMap<ListId, usize>) -> HashMap<GroupId, usize> {
    let mut counts = HashMap::new();
    for (list, count) in lists {
        for group in read.org.group_lists.get(list) {
            *counts.entry(GroupId(*group)).or_default() += count;
        }
    }
    counts
}
