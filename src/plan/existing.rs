//! Matched users: attributes and groups that differ (manual/rules.md#matched-users).
//!
//! Knows one directory user, one Adobe user, and the mapped groups of one org.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::config::UpdateAttributes;
use crate::model::change::{Before, OktaNames};
use crate::model::command::{Step, Update};
use crate::model::why::{GroupWhy, UserWhy};
use crate::model::{
    AdobeOrg, AdobeUser, DirectoryKind, DirectoryUser, GroupId, IdentityType, ListId, OrgId,
};
use crate::plan::adobe_only::Seen;
use crate::plan::commands;
use crate::plan::desired::{Desired, SetId, Wish};
use crate::plan::draft::Draft;
use crate::plan::groups::MappedId;
use crate::plan::{AttributeChange, GroupChange, Kind, Reason};
use crate::text::hash::QuickMap;
use crate::text::{self, Text};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Attributes that differ and are to be written.
    pub update: Update,
    pub changes: Vec<AttributeChange>,
    /// Differ, but `update_attributes` does not list them.
    pub not_listed: Vec<AttributeChange>,
    /// Adobe does not let users of type adobeID be updated.
    pub not_updatable: bool,
}

/// The attributes in which an Adobe user differs from its directory user.
pub fn differences(
    user: &DirectoryUser,
    adobe: &AdobeUser,
    listed: UpdateAttributes,
) -> Differences {
    let mut found = Differences::default();
    let differ = |new: Option<Text>, old: Text| new.filter(|new| *new != old);
    let firstname = differ(user.firstname, adobe.firstname);
    let lastname = differ(user.lastname, adobe.lastname);
    let email =
        (!user.email.is_empty() && !text::same(user.email, adobe.email)).then_some(user.email);
    let username = different_username(user, adobe, email.is_some() && listed.email);
    let update = &mut found.update;
    let attributes = [
        (
            "firstname",
            firstname,
            adobe.firstname,
            listed.firstname,
            &mut update.firstname,
        ),
        (
            "lastname",
            lastname,
            adobe.lastname,
            listed.lastname,
            &mut update.lastname,
        ),
        ("email", email, adobe.email, listed.email, &mut update.email),
        (
            "username",
            username,
            adobe.username,
            listed.username,
            &mut update.username,
        ),
    ];
    for (attribute, new, old, listed, place) in attributes {
        let Some(new) = new else {
            continue;
        };
        let change = AttributeChange {
            attribute,
            old,
            new,
        };
        if listed {
            *place = Some(new);
            found.changes.push(change);
        } else {
            found.not_listed.push(change)
        }
    }
    keep_username(user, adobe, update);
    let differs = !found.changes.is_empty() || !found.not_listed.is_empty();
    if differs && adobe.identity_type == Some(IdentityType::AdobeId) {
        return Differences {
            not_updatable: true,
            ..Differences::default()
        };
    }
    found
}

/// The username, if it differs. One that is the e-mail on both sides follows a changed e-mail by
/// itself (UMAPI reference, update).
fn different_username(
    user: &DirectoryUser,
    adobe: &AdobeUser,
    email_follows: bool,
) -> Option<Text> {
    if adobe.username.is_empty() || text::same(user.username, adobe.username) {
        return None;
    }
    let is_email = text::same(user.username, user.email) && text::same(adobe.username, adobe.email);
    (!(email_follows && is_email)).then_some(user.username)
}

/// A changed e-mail would overwrite a username that looks like an e-mail: the one that is to stay is
/// sent along (manual/rules.md#commands-and-requests). The username of an enterpriseID is its e-mail.
fn keep_username(user: &DirectoryUser, adobe: &AdobeUser, update: &mut Update) {
    let follows = update.email.is_some() && update.username.is_none();
    let its_own =
        !text::same(adobe.username, adobe.email) || !text::same(user.username, user.email);
    if follows
        && its_own
        && adobe.username.contains('@')
        && adobe.identity_type != Some(IdentityType::EnterpriseId)
    {
        update.username = Some(adobe.username);
    }
}

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

/// An Adobe user, and who it is in the directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched<'m> {
    pub(super) seen: Seen<'m>,
    pub(super) okta: OktaNames,
    /// How it was found, where that is worth a word.
    pub(super) why: Option<UserWhy>,
}

/// What brings a matched user in line.
pub(super) fn draft(matched: Matched, differences: Differences, groups: GroupDiff) -> Draft {
    let Matched { seen, okta, why } = matched;
    let adobe = seen.user;
    Draft {
        whom: seen.whom(),
        subject: commands::existing(adobe),
        head: (!differences.changes.is_empty()).then_some(Step::Update(differences.update)),
        reason: Reason {
            person: adobe.email,
            okta,
            kind: Kind::Updated,
            why,
            attributes: differences.changes.into_boxed_slice(),
            added: groups.added,
            removed: groups.removed,
            before: Before::Present,
        },
    }
}
