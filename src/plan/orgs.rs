//! The orgs that were read, with what becomes of each of their users.
//!
//! Knows fates, and nothing of what follows from them.

use crate::model::{AdobeOrg, AdobeUser, GroupId, ListId, OrgId};
use crate::plan::draft::{Draft, Whom};
use crate::plan::matching::secondary::Primary;
use crate::plan::matching::{Fate, Fates, Matcher, by_email};
use crate::text::Text;

/// The secondary orgs in configuration order, then the primary one: sending order.
pub(super) fn read_orgs<'o>(
    matcher: &Matcher,
    primary: &'o AdobeOrg,
    orgs: &'o [Option<AdobeOrg>],
) -> Vec<ReadOrg<'o>> {
    let fates = matcher.primary(primary);
    let mut read = Vec::with_capacity(orgs.len());
    let secondaries = (0..).zip(orgs).skip(1);
    let secondaries: Vec<(u16, &AdobeOrg)> = secondaries
        .filter_map(|(id, org)| Some((id, org.as_ref()?)))
        .collect();
    if !secondaries.is_empty() {
        let people = Primary::new(primary, &fates);
        for (id, org) in secondaries {
            read.push(ReadOrg {
                id: OrgId(id),
                org,
                fates: matcher.secondary(org, &people),
            });
        }
    }
    read.push(ReadOrg {
        id: OrgId::PRIMARY,
        org: primary,
        fates,
    });
    read
}

/// An org that was read, with what becomes of its users.
#[derive(Debug)]
pub(super) struct ReadOrg<'o> {
    pub(super) id: OrgId,
    pub(super) org: &'o AdobeOrg,
    pub(super) fates: Fates,
}

/// An Adobe user of an org, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'o> {
    pub(super) user: &'o AdobeUser,
    pub(super) fate: Fate,
    /// Its place in the org.
    pub(super) place: u32,
    /// The place of its record in the primary org.
    pub(super) in_primary: Option<u32>,
}

impl Seen<'_> {
    pub(super) fn whom(&self) -> Whom {
        Whom::Known {
            place: self.place,
            in_primary: self.in_primary,
        }
    }
}

impl ReadOrg<'_> {
    /// Its users in the order read.
    pub(super) fn users(&self) -> impl Iterator<Item = Seen<'_>> {
        let places = (0..).take(self.org.users.len());
        places.filter_map(|place| self.user(place))
    }

    /// Those of its users who are wanted, by e-mail. Few usually are: to go through all of them in
    /// that order would take longer than reading them.
    pub(super) fn by_email(&self, mut wanted: impl FnMut(&Seen<'_>) -> bool) -> Vec<Seen<'_>> {
        let places = (0..).take(self.org.users.len());
        let user = |place: &u32| self.user(*place);
        let mut wanted = places.filter(|place| user(place).is_some_and(|seen| wanted(&seen)));
        let places = by_email(self.org, &mut wanted);
        places.iter().filter_map(user).collect()
    }

    /// The names of the groups in a list.
    pub(super) fn group_names(&self, list: ListId) -> impl Iterator<Item = Text> {
        let groups = self.org.group_lists.get(list).iter();
        groups.map(|group| self.org.groups.name(GroupId(*group)))
    }

    fn user(&self, place: u32) -> Option<Seen<'_>> {
        let nth = place as usize;
        let in_primary = if self.id.is_primary() {
            Some(place)
        } else {
            *self.fates.in_primary.get(nth)?
        };
        Some(Seen {
            user: self.org.users.get(nth)?,
            fate: *self.fates.fates.get(nth)?,
            place,
            in_primary,
        })
    }
}

/// The drafts of one org, in sending order.
#[derive(Debug)]
pub(super) struct OrgDrafts<'p> {
    pub(super) read: &'p ReadOrg<'p>,
    pub(super) drafts: Vec<Draft>,
}
