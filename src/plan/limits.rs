//! What a safety limit allows (manual/safety.md#limits).
//!
//! Compares numbers and words the critical lines. Who is counted is decided elsewhere.

use crate::config::Limit;
use crate::model::Directory;
use crate::text::Text;

/// Whether `count` is more than the limit allows; a percentage is of `whole`.
pub fn exceeds(limit: Limit, count: usize, whole: usize) -> bool {
    match limit {
        Limit::Number(allowed) => u64::try_from(count).unwrap_or(u64::MAX) > allowed,
        // Counts are far below 2^52, where a float is exact.
        Limit::Percent(percent) => count as f64 * 100.0 > percent * whole as f64,
    }
}

/// The limit in words, with what a percentage is of.
pub fn allowed(limit: Limit, whole: usize, of: &str) -> String {
    match limit {
        Limit::Number(allowed) => allowed.to_string(),
        Limit::Percent(percent) => format!("{percent}% of {whole} {of}"),
    }
}

pub(super) fn missing_groups(names: &[Text]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let (groups, are, their) = match names.len() {
        1 => ("group", "is", "it"),
        _ => ("groups", "are", "them"),
    };
    format!(
        "directory {groups} {} {are} missing in Okta, or there several times: Adobe groups mapped from {their} lose nobody, and no Adobe-only users are processed. Create or rename the {groups}, or pass --allow-missing-groups to count {their} as empty",
        names.join(", ")
    )
}

pub(super) fn empty_directory(directory: &Directory, losing: usize) -> String {
    let unselected = directory.users.len();
    let (filtered, skipped) = (directory.filtered.len(), directory.skipped.len());
    format!(
        "no directory user is left after filter and groups ({filtered} left out by the filter, {skipped} skipped, {unselected} in no selected group), while {losing} Adobe users would lose something: nothing is removed. Check all_users_filter and the groups, or pass --allow-empty-directory if this is meant"
    )
}

pub(super) fn adobe_only(count: usize, allowed: &str) -> String {
    format!(
        "{count} Adobe-only users are more than limits.max_adobe_only_users allows ({allowed}): none of them is processed. Raise the limit if this is meant"
    )
}

pub(super) fn group_removals(org: &str, count: usize, allowed: &str) -> String {
    format!(
        "{org} org: {count} users would lose mapped groups, more than limits.max_group_removals allows ({allowed}): no group is removed from anybody there. Raise the limit if this is meant"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_exceeded_by_more_than_it_only() {
        let cases = [
            (Limit::Number(3), 3, 10, false),
            (Limit::Number(3), 4, 10, true),
            (Limit::Number(0), 0, 10, false),
            (Limit::Percent(10.0), 1, 10, false),
            (Limit::Percent(10.0), 2, 10, true),
            (Limit::Percent(2.5), 1, 40, false),
            (Limit::Percent(2.5), 1, 39, true),
            (Limit::Percent(0.0), 0, 0, false),
            (Limit::Percent(50.0), 1, 0, true),
            (Limit::Percent(100.0), 10, 10, false),
        ];
        for (limit, count, whole, expected) in cases {
            assert_eq!(
                exceeds(limit, count, whole),
                expected,
                "{limit:?} {count} {whole}"
            );
        }
    }
}
