//! Probable renames: an Adobe-only user and a new one who look like one person whose names changed
//! (manual/safety.md#limits).
//!
//! Compares records; what follows for the pair is decided in [`super::hold`].

use std::collections::{BTreeMap, HashMap};

use crate::model::{AdobeUser, IdentityType};
use crate::plan::desired::Desired;
use crate::plan::draft::{OrgDrafts, Whom};
use crate::text::{self, Text};

/// An Adobe-only user and a new one who look like one person.
pub(super) struct RenamePair<'p> {
    pub(super) old: &'p AdobeUser,
    pub(super) old_in_primary: Option<u32>,
    /// The number of the selected user.
    pub(super) new: u32,
    pub(super) login: Text,
}

/// What two records of one person share: type, first and last name.
type Likeness = (IdentityType, String, String);

/// The one person of a likeness, or several.
enum Alike<T> {
    One(T),
    Several,
}

fn likeness(identity_type: Option<IdentityType>, names: [&str; 2]) -> Option<Likeness> {
    let [first, last] = names.map(text::key);
    let known = !first.is_empty() && !last.is_empty();
    known.then_some((identity_type?, first, last))
}

/// The pairs of an org, one of each likeness on either side, by the old e-mail.
pub(super) fn pairs<'p>(desired: &Desired, org: &OrgDrafts<'p>) -> Vec<RenamePair<'p>> {
    let mut old: HashMap<Likeness, Alike<(u32, Option<u32>)>> = HashMap::new();
    for draft in &org.drafts {
        let Whom::Known { place, in_primary } = draft.whom else {
            continue;
        };
        let user = org.read.org.users.get(place as usize);
        let Some(user) = user.filter(|_| draft.takes_account()) else {
            continue;
        };
        if let Some(likeness) = likeness(user.identity_type, [user.firstname, user.lastname]) {
            let alike = old.entry(likeness);
            alike
                .and_modify(|alike| *alike = Alike::Several)
                .or_insert(Alike::One((place, in_primary)));
        }
    }
    if old.is_empty() {
        return Vec::new();
    }
    let mut new: BTreeMap<(u32, Option<u32>), Alike<u32>> = BTreeMap::new();
    for draft in &org.drafts {
        let Whom::New(nth) = draft.whom else { continue };
        let Some((user, _)) = desired.selected(nth) else {
            continue;
        };
        let names = [user.firstname, user.lastname].map(Option::unwrap_or_default);
        let alike = likeness(Some(user.identity_type), names);
        if let Some(Alike::One(known)) = alike.and_then(|likeness| old.get(&likeness)) {
            let alike = new.entry(*known);
            alike
                .and_modify(|alike| *alike = Alike::Several)
                .or_insert(Alike::One(nth));
        }
    }
    let pair = |((place, old_in_primary), alike): ((u32, Option<u32>), Alike<u32>)| {
        let Alike::One(new) = alike else { return None };
        let (user, _) = desired.selected(new)?;
        Some(RenamePair {
            old: org.read.org.users.get(place as usize)?,
            old_in_primary,
            new,
            login: user.login,
        })
    };
    let mut pairs: Vec<RenamePair> = new.into_iter().filter_map(pair).collect();
    pairs.sort_by_cached_key(|pair| text::key(pair.old.email));
    pairs
}
