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

/// The counts of the action summary, for programs.
pub fn counts_json(counts: &Counts) -> Map<String, Value> {
    match serde_json::to_value(counts) {
        Ok(Value::Object(counts)) => counts,
        // Numbers by name: nothing that JSON could not hold.
        _ => Map::new(),
    }
}

/// The counts that [`counts_json`] wrote; 0 for one that is missing.
pub fn counts_of_json(json: &Map<String, Value>) -> Counts {
    let counts = serde_json::from_value(Value::Object(json.clone()));
    counts.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_back_as_they_were_written() {
        let names = [
            "directory_users_read",
            "directory_users_selected",
            "adobe_users_read",
            "adobe_users_excluded",
            "adobe_users_unchanged",
            "adobe_users_created",
            "adobe_users_updated",
            "adobe_user_groups_created",
            "adobe_users_created_in_secondaries",
            "adobe_only_users",
            "directory_users_pushed",
            "directory_users_pushed_to_secondaries",
        ];
        let numbers = names.iter().zip(1_u64..);
        let json: Map<String, Value> = numbers
            .map(|(name, number)| ((*name).to_owned(), number.into()))
            .collect();
        let counts = counts_of_json(&json);
        assert_eq!(counts_json(&counts), json);
        let expected = Counts {
            directory_read: 1,
            directory_selected: 2,
            adobe_read: 3,
            adobe_excluded: 4,
            unchanged: 5,
            created: 6,
            updated: 7,
            groups_created: 8,
            created_in_secondaries: 9,
            adobe_only: 10,
            pushed: 11,
            pushed_to_secondaries: 12,
        };
        assert_eq!(counts, expected);
        assert_eq!(counts_of_json(&Map::new()), Counts::default());
    }
}
