//! What becomes of the users of a secondary org: what becomes of the same people in the primary
//! org (manual/rules.md#secondary-orgs).
//!
//! Whoever is not in the primary org belongs to somebody else.

use super::{Fate, Fates, LeftAlone, Matcher, There, by_email, mark_matched, unusable};
use crate::model::names::{Index, Names};
use crate::model::{AdobeOrg, AdobeUser};
use crate::text::Texts;

impl Matcher<'_> {
    /// The fates of a secondary org: those of the same people in the primary org.
    pub fn secondary(&self, org: &AdobeOrg, primary: &Primary) -> Fates {
        let in_primary: Vec<Option<u32>> = org
            .users
            .iter()
            .map(|user| primary.counterpart(user))
            .collect();
        let counterparts = org.users.iter().zip(&in_primary);
        let mut fates = Fates {
            fates: counterparts
                .map(|(user, place)| self.secondary_fate(user, primary.fate(*place)))
                .collect(),
            there: vec![There::No; self.desired.users.len()],
            in_primary,
        };
        self.leave_weak_matches(&mut fates);
        for (user, fate) in org.users.iter().zip(&fates.fates) {
            self.mark(user, *fate, There::Shared, &mut fates.there);
        }
        mark_matched(&fates.fates, &mut fates.there);
        fates
    }

    fn secondary_fate(&self, user: &AdobeUser, in_primary: Option<Fate>) -> Fate {
        if let Some(unusable) = unusable(user) {
            return Fate::LeftAlone(unusable);
        }
        let own = self
            .find(user)
            .map(|(desired, by)| Fate::Matched { desired, by });
        match in_primary {
            None => Fate::LeftAlone(LeftAlone::NotInPrimary),
            Some(Fate::LeftAlone(_) | Fate::Excluded(_)) => Fate::LeftAlone(LeftAlone::ByPrimary),
            Some(Fate::Protected(protector)) => Fate::Protected(protector),
            Some(matched @ Fate::Matched { .. }) => own.unwrap_or(matched),
            Some(Fate::AdobeOnly) => match (own, self.protected(user)) {
                (Some(matched), _) => matched,
                (None, Some(protector)) => Fate::Protected(protector),
                (None, None) => Fate::AdobeOnly,
            },
        }
    }
}

/// The primary org with its fates: where the secondary orgs look people up.
#[derive(Debug)]
pub struct Primary<'m> {
    org: &'m AdobeOrg,
    fates: &'m [Fate],
    index: Index,
}

impl<'m> Primary<'m> {
    pub fn new(org: &'m AdobeOrg, fates: &'m Fates, texts: &mut Texts) -> Primary<'m> {
        let mut index = Index::default();
        for place in by_email(org, &mut (0..).take(org.users.len())) {
            if let Some(user) = org.users.get(place as usize) {
                index.add(&Names::of_adobe(user), place as usize, texts);
            }
        }
        Primary {
            org,
            fates: &fates.fates,
            index,
        }
    }

    fn fate(&self, place: Option<u32>) -> Option<Fate> {
        self.fates.get(place? as usize).copied()
    }

    /// The record of the same person: by e-mail, else by username; of the same type where there is
    /// one, else the one that is to be left alone most.
    fn counterpart(&self, user: &AdobeUser) -> Option<u32> {
        let names = Names::of_adobe(user);
        let names_at = |place: u32| self.org.users.get(place as usize).map(Names::of_adobe);
        let mut places: Vec<u32> = self.index.by_email(&names).collect();
        if places.is_empty() {
            places.extend(self.index.by_username(&names, names_at));
        }
        let rank = |place: &u32| {
            let other = self.org.users.get(*place as usize);
            let other_type = other.is_none_or(|other| other.identity_type != user.identity_type);
            let careful = match self.fate(Some(*place)) {
                Some(Fate::Excluded(_) | Fate::LeftAlone(_)) => 0,
                Some(Fate::Protected(_)) => 1,
                Some(Fate::Matched { .. }) => 2,
                Some(Fate::AdobeOnly) | None => 3,
            };
            (other_type, careful)
        };
        places.into_iter().min_by_key(rank)
    }
}
