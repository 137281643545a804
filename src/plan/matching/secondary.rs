//! What becomes of the users of a secondary org: what becomes of the same people in the primary
//! org (manual/rules.md#secondary-orgs).
//!
//! Whoever is not in the primary org belongs to somebody else.

use super::{
    Fate, Fates, LeftAlone, MatchedBy, Matcher, There, by_email, mark_as, mark_matched, unusable,
};
use crate::model::names::{Index, Names};
use crate::model::{AdobeOrg, AdobeUser};

impl Matcher<'_> {
    /// The fates of a secondary org: those of the same people in the primary org.
    pub fn secondary(&self, org: &AdobeOrg, primary: &Primary) -> Fates {
        let counterpart = |user: &AdobeUser| {
            let by_own_names = primary.counterpart(user);
            by_own_names.or_else(|| primary.place_of(self.find(user)?.0))
        };
        let in_primary: Vec<Option<u32>> = org.users.iter().map(counterpart).collect();
        let counterparts = org.users.iter().zip(&in_primary);
        let mut fates = Fates {
            fates: counterparts
                .map(|(user, place)| self.secondary_fate(user, primary.fate(*place)))
                .collect(),
            there: vec![There::No; self.desired.users.len()],
            in_primary,
        };
        self.leave_weak_matches(&mut fates);
        let there = self.match_secondary_by_other_names(org, primary, &mut fates);
        for (user, fate) in org.users.iter().zip(&fates.fates) {
            self.mark(user, *fate, There::Shared, &mut fates.there);
        }
        mark_as(There::Shared, there, &mut fates.there);
        mark_matched(&fates.fates, &mut fates.there);
        fates
    }

    /// Matches by other names whoever is matched in the primary org. Selected users who are here
    /// without being there are returned: they are not created here.
    fn match_secondary_by_other_names(
        &self,
        org: &AdobeOrg,
        primary: &Primary,
        fates: &mut Fates,
    ) -> Vec<u32> {
        let is_open = |fate: &Fate| {
            matches!(
                fate,
                Fate::AdobeOnly | Fate::LeftAlone(LeftAlone::NotInPrimary)
            )
        };
        let mut there = Vec::new();
        for carrier in self.carriers(org, &fates.fates, is_open) {
            let place = carrier.place as usize;
            let in_primary = primary.place_of(carrier.nth);
            let (Some(fate), Some(known)) =
                (fates.fates.get_mut(place), fates.in_primary.get_mut(place))
            else {
                continue;
            };
            if !is_open(fate) {
                continue;
            }
            match (carrier.is_match, in_primary) {
                (true, Some(in_primary)) => {
                    *known = Some(in_primary);
                    *fate = Fate::Matched {
                        desired: carrier.nth,
                        by: MatchedBy::OtherName,
                    };
                }
                (is_match, in_primary) => {
                    if is_match {
                        there.push(carrier.nth);
                    }
                    // Whoever is not in the primary org belongs to somebody else anyway.
                    if in_primary.is_some() || *fate == Fate::AdobeOnly {
                        *fate = Fate::LeftAlone(LeftAlone::Namesake(carrier.nth));
                    }
                }
            }
        }
        there
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
    /// By the numbers of the selected users: the places of their records.
    places: Vec<Option<u32>>,
}

impl<'m> Primary<'m> {
    pub fn new(org: &'m AdobeOrg, fates: &'m Fates) -> Primary<'m> {
        let mut index = Index::default();
        for place in by_email(org, &mut (0..).take(org.users.len())) {
            if let Some(user) = org.users.get(place as usize) {
                index.add(&Names::of_adobe(user), place as usize);
            }
        }
        let mut places = vec![None; fates.there.len()];
        for (place, fate) in (0..).zip(&fates.fates) {
            if let Fate::Matched { desired, .. } = fate
                && let Some(known) = places.get_mut(*desired as usize)
            {
                *known = known.or(Some(place));
            }
        }
        Primary {
            org,
            fates: &fates.fates,
            index,
            places,
        }
    }

    /// The place of the record that a selected user matches.
    fn place_of(&self, nth: u32) -> Option<u32> {
        self.places.get(nth as usize).copied().flatten()
    }

    fn fate(&self, place: Option<u32>) -> Option<Fate> {
        self.fates.get(place? as usize).copied()
    }

    /// The record of the same person: by e-mail, else by username; of the same type where there is
    /// one, else the one that is to be left alone most.
    fn counterpart(&self, user: &AdobeUser) -> Option<u32> {
        let names = Names::of_adobe(user);
        let names_at = |place: u32| self.org.users.get(place as usize).map(Names::of_adobe);
        let mut places: Vec<u32> = self.index.by_email(&names, names_at).collect();
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
