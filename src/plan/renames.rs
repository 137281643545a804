//! Probable renames: an Adobe-only user and a new one who look like one person whose names changed
//! (manual/safety.md#limits).
//!
//! Compares records; what follows for the pair is decided in [`super::hold`].

use std::collections::HashMap;

use crate::model::{AdobeUser, IdentityType};
use crate::plan::desired::Desired;
use crate::plan::draft::Whom;
use crate::plan::orgs::OrgDrafts;
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

/// All who share it, on either side.
#[derive(Default)]
struct Alike<'p> {
    /// With the places of their records in the primary org.
    old: Vec<(&'p AdobeUser, Option<u32>)>,
    /// With the numbers of the selected users.
    new: Vec<(u32, Text)>,
}

fn likeness(identity_type: Option<IdentityType>, names: [&str; 2]) -> Option<Likeness> {
    let [first, last] = names.map(text::key);
    let known = !first.is_empty() && !last.is_empty();
    known.then_some((identity_type?, first, last))
}

/// The pairs of an org, one of each likeness on either side, by the old e-mail.
pub(super) fn pairs<'p>(desired: &Desired, org: &OrgDrafts<'p>) -> Vec<RenamePair<'p>> {
    let mut alike: HashMap<Likeness, Alike<'p>> = HashMap::new();
    for draft in org.drafts.iter().filter(|draft| draft.takes_account()) {
        if let Whom::Known { place, in_primary } = draft.whom
            && let Some(old) = org.read.org.users.get(place as usize)
            && let Some(likeness) = likeness(old.identity_type, [old.firstname, old.lastname])
        {
            let alike = alike.entry(likeness).or_default();
            alike.old.push((old, in_primary));
        }
    }
    if alike.is_empty() {
        return Vec::new();
    }
    for draft in &org.drafts {
        if let Whom::New(nth) = draft.whom
            && let Some((new, _)) = desired.selected(nth)
        {
            let names = [new.firstname, new.lastname].map(Option::unwrap_or_default);
            let likeness = likeness(Some(new.identity_type), names);
            if let Some(alike) = likeness.and_then(|likeness| alike.get_mut(&likeness)) {
                alike.new.push((nth, new.login));
            }
        }
    }
    let pair = |alike: Alike<'p>| match (alike.old.as_slice(), alike.new.as_slice()) {
        ([(old, old_in_primary)], [(new, login)]) => Some(RenamePair {
            old,
            old_in_primary: *old_in_primary,
            new: *new,
            login,
        }),
        _ => None,
    };
    let mut pairs: Vec<RenamePair> = alike.into_values().filter_map(pair).collect();
    pairs.sort_by_cached_key(|pair| (text::key(pair.old.email), pair.new));
    pairs
}
