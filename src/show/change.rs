//! A planned change in words and as JSON: the one place that spells kinds and reasons.
//!
//! Used by `plan`, by saved plans and by `explain`. Decides nothing.

use serde_json::{Value, json};

use crate::model::OrgId;
use crate::plan::{AttributeChange, Change, Counts, GroupChange, HeldBack, HeldBackBy, Kind};
use crate::plan::{Plan, Reason};

/// All changes of a plan in sending order, with the org that each goes to.
pub fn in_sending_order(plan: &Plan) -> impl Iterator<Item = (OrgId, &Change)> {
    plan.orgs.iter().flat_map(|org| {
        let changes = org.group_changes.iter().chain(&org.changes);
        changes.map(|change| (org.org, change))
    })
}

/// The word for a kind, for programs.
pub fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::GroupCreated => "create-group",
        Kind::Created => "create",
        Kind::Updated => "update",
        Kind::AdobeOnlyGroups => "remove-mapped-groups",
        Kind::AdobeOnlyAllGroups => "remove-all-groups",
        Kind::AdobeOnlyRemoved => "remove-from-org",
        Kind::AdobeOnlyDeleted => "delete",
        Kind::Pushed => "push",
        Kind::Continued => "continued",
    }
}

/// Every reason of a change, a few words each.
pub fn reasons(reason: &Reason) -> Vec<String> {
    let why = reason.why.iter().map(ToString::to_string);
    let attributes = reason.attributes.iter().map(|change| {
        let AttributeChange { attribute, .. } = change;
        format!("{attribute}: {}", difference(change))
    });
    let group =
        |sign: char| move |change: &GroupChange| format!("{sign}{}: {}", change.group, change.why);
    why.chain(attributes)
        .chain(reason.removed.iter().map(group('-')))
        .chain(reason.added.iter().map(group('+')))
        .collect()
}

/// `Li -> Lee`
pub fn difference(change: &AttributeChange) -> String {
    let shown = |text: &str| match text {
        "" => "(nothing)".to_owned(),
        text if text.trim() != text => format!("{text:?}"),
        text => text.to_owned(),
    };
    format!("{} -> {}", shown(change.old), shown(change.new))
}

/// The reason of a change for programs.
pub fn reason_json(reason: &Reason) -> Value {
    let groups = |changes: &[GroupChange]| -> Vec<Value> {
        let one =
            |change: &GroupChange| json!({"group": change.group, "why": change.why.to_string()});
        changes.iter().map(one).collect()
    };
    let attribute = |change: &AttributeChange| json!({"attribute": change.attribute, "old": change.old, "new": change.new});
    let attributes: Vec<Value> = reason.attributes.iter().map(attribute).collect();
    json!({
        "person": reason.person,
        "kind": word(reason.kind),
        "why": reason.why.map(|why| why.to_string()),
        "attributes": attributes,
        "removed": groups(&reason.removed),
        "added": groups(&reason.added),
    })
}

/// What was held back, for programs.
pub fn held_back_json(held: &HeldBack) -> Value {
    let by = match held.by {
        HeldBackBy::MissingGroup => "missing-group",
        HeldBackBy::EmptyDirectory => "empty-directory",
        HeldBackBy::MaxAdobeOnlyUsers => "max_adobe_only_users",
        HeldBackBy::MaxGroupRemovals(_) => "max_group_removals",
    };
    json!({"by": by, "text": held.text})
}

/// The counts of the action summary, for programs.
pub fn counts_json(counts: &Counts) -> serde_json::Map<String, Value> {
    let counts = [
        ("directory_users_read", counts.directory_read),
        ("directory_users_selected", counts.directory_selected),
        ("adobe_users_read", counts.adobe_read),
        ("adobe_users_excluded", counts.adobe_excluded),
        ("adobe_users_unchanged", counts.unchanged),
        ("adobe_users_created", counts.created),
        ("adobe_users_updated", counts.updated),
        ("adobe_user_groups_created", counts.groups_created),
        (
            "adobe_users_created_in_secondaries",
            counts.created_in_secondaries,
        ),
        ("adobe_only_users", counts.adobe_only),
        ("directory_users_pushed", counts.pushed),
        (
            "directory_users_pushed_to_secondaries",
            counts.pushed_to_secondaries,
        ),
    ];
    let count = |(name, count): (&str, usize)| (name.to_owned(), Value::from(count));
    counts.into_iter().map(count).collect()
}
