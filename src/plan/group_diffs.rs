//! Mapped groups of one org that somebody is to gain or to lose (manual/rules.md#matched-users).
//!
//! Works on lists and sets that many users share: each pair is compared once.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::model::why::GroupWhy;
use crate::model::{AdobeOrg, DirectoryKind, GroupId, ListId, OrgId};
use crate::plan::GroupChange;
use crate::plan::desired::{Desired, SetId, Wish};
use crate::plan::groups::MappedId;
use crate::text::hash::QuickMap;
use crate::text::{self, Text};

/// The group changes of a matched user.
#[derive(Debug, Clone, Default)]
pub struct GroupDiff {
    /// In configuration order.
    pub added: Rc<[GroupChange]>,
    /// In the order in which Adobe lists them.
    pub removed: Rc<[GroupChange]>,
}

/// The mapped groups of an org whose members Adobe does not list: they are unknown, not none.
pub(super) fn unread_groups<'o>(
    org_id: OrgId,
    org: &'o AdobeOrg,
    desired: &'o Desired,
) -> impl Iterator<Item = MappedId> + 'o {
    let is_unread = |name: Text| {
        let mut unread = org.unread_groups.iter();
        unread.any(|group| text::same(group.name, name))
    };
    let of_org = desired.mapped.of_org(org_id);
    of_org
        .filter(move |(_, name)| is_unread(name))
        .map(|(id, _)| id)
}

/// Works out group changes in one org, once for each pair of sets.
#[derive(Debug)]
pub struct GroupDiffs<'o> {
    org_id: OrgId,
    org: &'o AdobeOrg,
    kind: DirectoryKind,
    /// By the places of the org's groups.
    mapped: HashMap<u32, MappedId>,
    /// Groups that lose nobody, because a directory group is missing or Adobe does not list them.
    protected: HashSet<MappedId>,
    known: QuickMap<(Wish, ListId), GroupDiff>,
    losses: HashMap<ListId, Rc<[GroupChange]>>,
}

impl<'o> GroupDiffs<'o> {
    pub fn new(org_id: OrgId, org: &'o AdobeOrg, desired: &'o Desired) -> GroupDiffs<'o> {
        GroupDiffs {
            org_id,
            org,
            kind: desired.directory.kind,
            mapped: desired.mapped.in_org(org_id, org),
            protected: unread_groups(org_id, org, desired)
                .chain(desired.missing.protected.iter().copied())
                .collect(),
            known: QuickMap::default(),
            losses: HashMap::new(),
        }
    }

    /// What is to be added to and removed from a list of current groups.
    pub fn diff(&mut self, desired: &Desired, wish: Wish, current: ListId) -> GroupDiff {
        if let Some(known) = self.known.get(&(wish, current)) {
            return known.clone();
        }
        let wanted: HashSet<MappedId> =
            desired.set(wish.groups).iter().map(|(id, _)| *id).collect();
        let diff = GroupDiff {
            added: self.added(desired, wish.groups, current),
            removed: self.lost(current, &wanted, |id| desired.no_longer(wish, id)),
        };
        self.known.insert((wish, current), diff.clone());
        diff
    }

    fn added(&self, desired: &Desired, set: SetId, current: ListId) -> Rc<[GroupChange]> {
        let current = self.org.group_lists.get(current);
        let current: HashSet<&MappedId> = current
            .iter()
            .filter_map(|group| self.mapped.get(group))
            .collect();
        let wanted = desired.wanted_in(set, self.org_id);
        let missing = wanted.filter(|(id, _)| !current.contains(id));
        missing.map(|(_, group)| group).collect()
    }

    /// All mapped groups in a list: what an Adobe-only user loses.
    pub fn all_mapped(&mut self, current: ListId) -> Rc<[GroupChange]> {
        if let Some(known) = self.losses.get(&current) {
            return known.clone();
        }
        let why = GroupWhy::AdobeOnly(self.kind);
        let lost = self.lost(current, &HashSet::new(), |_| why);
        self.losses.insert(current, lost.clone());
        lost
    }

    fn lost(
        &self,
        current: ListId,
        wanted: &HashSet<MappedId>,
        why: impl Fn(MappedId) -> GroupWhy,
    ) -> Rc<[GroupChange]> {
        let change = |group: &u32| {
            let id = *self.mapped.get(group)?;
            let lost = !wanted.contains(&id) && !self.protected.contains(&id);
            lost.then(|| GroupChange {
                group: self.org.groups.name(GroupId(*group)),
                why: why(id),
            })
        };
        let current = self.org.group_lists.get(current).iter();
        current.filter_map(change).collect()
    }
}
