//! Pieces of a plan in words and as JSON: reasons, counts, and what was held back.
//!
//! Used by `plan`, by saved plans, by `explain` and by reports. Decides nothing.

use serde_json::{Map, Value, json};

use crate::model::sentence::sentence;
use crate::plan::{Counts, GroupChange, Held, HeldBack, Namesake, Reason};

/// Every reason of a change, a few words each.
pub fn reasons(reason: &Reason) -> Vec<String> {
    let why = reason.why.iter().map(ToString::to_string);
    let attributes = reason
        .attributes
        .iter()
        .map(|change| format!("{}: {}", change.attribute, change.difference()));
    let group =
        |sign: char| move |change: &GroupChange| format!("{sign}{}: {}", change.group, change.why);
    why.chain(attributes)
        .chain(reason.removed.iter().map(group('-')))
        .chain(reason.added.iter().map(group('+')))
        .collect()
}

/// An Adobe user who is left alone for its name, for programs.
pub fn namesake_json(namesake: &Namesake, org: &str) -> Value {
    let Namesake {
        person,
        name,
        login,
        ..
    } = namesake;
    json!({"org": org, "person": person, "name": name, "directory_user": login})
}

/// What was held back, for programs.
pub fn held_back_json(held: &HeldBack) -> Value {
    json!({"by": held.by.word(), "text": held.text})
}

/// Somebody whom limits hold back, for programs.
pub fn held_json(held: &Held, org: &str) -> Value {
    let rules: Vec<&str> = held.rules.iter().map(|rule| rule.word()).collect();
    let what = sentence(&held.change);
    json!({"org": org, "person": held.change.reason.person, "rules": rules, "change": what})
}

/// The name that programs know a count by, and where it is kept.
type Count = (&'static str, fn(&mut Counts) -> &mut usize);

const COUNTS: [Count; 12] = [
    ("directory_users_read", |counts| &mut counts.directory_read),
    ("directory_users_selected", |counts| {
        &mut counts.directory_selected
    }),
    ("adobe_users_read", |counts| &mut counts.adobe_read),
    ("adobe_users_excluded", |counts| &mut counts.adobe_excluded),
    ("adobe_users_unchanged", |counts| &mut counts.unchanged),
    ("adobe_users_created", |counts| &mut counts.created),
    ("adobe_users_updated", |counts| &mut counts.updated),
    ("adobe_user_groups_created", |counts| {
        &mut counts.groups_created
    }),
    ("adobe_users_created_in_secondaries", |counts| {
        &mut counts.created_in_secondaries
    }),
    ("adobe_only_users", |counts| &mut counts.adobe_only),
    ("directory_users_pushed", |counts| &mut counts.pushed),
    ("directory_users_pushed_to_secondaries", |counts| {
        &mut counts.pushed_to_secondaries
    }),
];

/// The counts of the action summary, for programs.
pub fn counts_json(counts: &Counts) -> Map<String, Value> {
    let mut counts = *counts;
    let count = |(name, place): (&str, fn(&mut Counts) -> &mut usize)| {
        (name.to_owned(), Value::from(*place(&mut counts)))
    };
    COUNTS.into_iter().map(count).collect()
}

/// The counts that [`counts_json`] wrote; 0 for one that is missing.
pub fn counts_of_json(json: &Map<String, Value>) -> Counts {
    let mut counts = Counts::default();
    for (name, place) in COUNTS {
        let count = json.get(name).and_then(Value::as_u64);
        *place(&mut counts) = count
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(0);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_back_as_they_were_written() {
        let mut counts = Counts::default();
        for (nth, (_, place)) in COUNTS.iter().enumerate() {
            *place(&mut counts) = nth + 1;
        }
        assert_eq!(counts_of_json(&counts_json(&counts)), counts);
        assert_eq!(counts_of_json(&Map::new()), Counts::default());
    }
}
