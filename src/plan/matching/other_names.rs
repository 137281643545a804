//! Matching by other names: the second round, for those who have no match so far
//! (manual/rules.md#other-names).
//!
//! Only names that somebody without a match may carry are looked at: a company in which everybody
//! is found by e-mail pays nothing.

use std::collections::{BTreeSet, HashMap};

use super::{Exclusion, Fate, Fates, LeftAlone, MatchedBy, Matcher};
use crate::model::names::{Index, Names};
use crate::model::{AdobeOrg, AdobeUser, DirectoryUser};
use crate::text::{self, Text};

/// An Adobe user without a match that carries a name of a selected user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Carrier {
    pub(super) place: u32,
    pub(super) nth: u32,
    /// It is the only one, on both sides, and first or last names are equal.
    pub(super) is_match: bool,
}

impl Matcher<'_> {
    /// Matches the primary org by other names. Selected users whom an excluded record matches are
    /// returned: they are not created.
    pub(super) fn match_by_other_names(&self, org: &AdobeOrg, fates: &mut Fates) -> Vec<u32> {
        let is_open = |fate: &Fate| {
            matches!(
                fate,
                Fate::AdobeOnly | Fate::Excluded(_) | Fate::LeftAlone(LeftAlone::UserFilter)
            )
        };
        let mut blocked = Vec::new();
        for carrier in self.carriers(org, &fates.fates, is_open) {
            let Some(fate) = fates.fates.get_mut(carrier.place as usize) else {
                continue;
            };
            match *fate {
                Fate::Excluded(_) if carrier.is_match => blocked.push(carrier.nth),
                Fate::AdobeOnly | Fate::LeftAlone(LeftAlone::UserFilter) if carrier.is_match => {
                    *fate = if self.directory_user_excluded(carrier.nth) {
                        Fate::Excluded(Exclusion::User)
                    } else {
                        Fate::Matched {
                            desired: carrier.nth,
                            by: MatchedBy::OtherName,
                        }
                    };
                }
                Fate::AdobeOnly => *fate = Fate::LeftAlone(LeftAlone::Namesake(carrier.nth)),
                _ => {}
            }
        }
        blocked
    }

    /// Who of an org's open records carries a name of whom, by place.
    pub(super) fn carriers(
        &self,
        org: &AdobeOrg,
        fates: &[Fate],
        is_open: impl Fn(&Fate) -> bool,
    ) -> Vec<Carrier> {
        let selected_at = |nth| self.names(nth);
        let open_at = |place: u32| org.users.get(place as usize).map(Names::of_adobe);
        let mut open = Index::default();
        let mut is_any_open = false;
        let mut pairs: BTreeSet<(u32, u32)> = BTreeSet::new();
        for ((place, user), fate) in org.users.iter().enumerate().zip(fates) {
            if !is_open(fate) {
                continue;
            }
            is_any_open = true;
            let names = Names::of_adobe(user);
            let place_as_number = u32::try_from(place).unwrap_or(u32::MAX);
            let by_email = self.index.by_any(names.email, selected_at);
            let found = by_email.chain(self.index.by_any(names.username, selected_at));
            pairs.extend(found.map(|nth| (place_as_number, nth)));
            if self.desired.has_other_names() {
                open.add(&names, place);
            }
        }
        if is_any_open && self.desired.has_other_names() {
            for nth in (0..).take(self.desired.users.len()) {
                for name in self.desired.other_names(nth) {
                    pairs.extend(open.by_any(name, open_at).map(|place| (place, nth)));
                }
            }
        }
        self.judge_pairs(org, fates, &pairs)
    }

    fn judge_pairs(
        &self,
        org: &AdobeOrg,
        fates: &[Fate],
        pairs: &BTreeSet<(u32, u32)>,
    ) -> Vec<Carrier> {
        if pairs.is_empty() {
            return Vec::new();
        }
        let mut matched = vec![false; self.desired.users.len()];
        for fate in fates {
            if let Fate::Matched { desired, .. } = fate
                && let Some(known) = matched.get_mut(*desired as usize)
            {
                *known = true;
            }
        }
        let is_free = |nth: u32| matched.get(nth as usize) == Some(&false);
        let mut by_place: HashMap<u32, usize> = HashMap::new();
        let mut by_user: HashMap<u32, usize> = HashMap::new();
        for (place, nth) in pairs.iter().filter(|(_, nth)| is_free(*nth)) {
            *by_place.entry(*place).or_default() += 1;
            *by_user.entry(*nth).or_default() += 1;
        }
        let judge = |(place, nth): &(u32, u32)| {
            let alone = by_place.get(place) == Some(&1) && by_user.get(nth) == Some(&1);
            let adobe = org.users.get(*place as usize);
            let user = self.desired.selected(*nth);
            let alike = adobe
                .zip(user)
                .is_some_and(|(adobe, (user, _))| is_alike(user, adobe));
            Carrier {
                place: *place,
                nth: *nth,
                is_match: is_free(*nth) && alone && alike,
            }
        };
        let mut carriers: Vec<Carrier> = pairs.iter().map(judge).collect();
        // A match decides about a record before somebody else's name does.
        carriers.sort_by_key(|carrier| (carrier.place, !carrier.is_match, carrier.nth));
        carriers
    }

    /// The name by which an Adobe user is known as a selected one: its e-mail or its username.
    pub fn other_name(&self, nth: u32, user: &AdobeUser) -> Text {
        let names = Names::of_adobe(user);
        let (first, second) = match self.desired.selected(nth) {
            Some((user, _)) => (user.email, user.username),
            None => ("", ""),
        };
        let mut known = self.desired.other_names(nth);
        known.extend([first, second]);
        let is_known = |name: &Text| known.iter().any(|known| text::same(known, name));
        if is_known(&names.email) {
            names.email
        } else {
            names.username
        }
    }
}

/// Whether first or last names are equal; one that either side lacks does not speak against it.
/// Logins are handed on, and nobody may come into the account of a predecessor.
fn is_alike(user: &DirectoryUser, adobe: &AdobeUser) -> bool {
    let compare = |one: Option<Text>, other: Text| {
        let one = one.unwrap_or_default();
        let known = !text::trim(one).is_empty() && !text::trim(other).is_empty();
        known.then(|| text::same(one, other))
    };
    let first = compare(user.firstname, adobe.firstname);
    let last = compare(user.lastname, adobe.lastname);
    first == Some(true) || last == Some(true) || (first.is_none() && last.is_none())
}
