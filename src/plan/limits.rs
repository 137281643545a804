//! What a safety limit allows (manual/safety.md#limits).
//!
//! Compares numbers and words the critical lines. Who is counted is decided elsewhere.

use crate::config::Limit;
use crate::error::quoted;
use crate::model::{Directory, DirectoryGroup, DirectoryKind};
use crate::text::{self, Text};

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

/// What the limit allows, in words, where `count` is more.
pub(super) fn exceeded(limit: Limit, count: usize, whole: usize, of: &str) -> Option<String> {
    exceeds(limit, count, whole).then(|| allowed(limit, whole, of))
}

pub(super) fn missing_groups(names: &[Text]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
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
    let (filter, check) = match directory.kind {
        DirectoryKind::Okta => ("filter and groups", "all_users_filter and the groups"),
        DirectoryKind::File => ("groups", "the file and its groups"),
    };
    format!(
        "no directory user is left after {filter} ({filtered} left out by the filter, {skipped} skipped, {unselected} in no selected group), while {losing} Adobe users would lose something: nothing is removed. Check {check}, or pass --allow-empty-directory if this is meant"
    )
}

pub(super) fn no_groups(login: Text) -> String {
    format!(
        "Okta shows no group at all for {login}: nothing is taken from them. Okta may need a moment after a change, or the role behind the token may see no group; run again later, or without --only"
    )
}

pub(super) fn unread_group(org: &str, group: Text, told: Text, not_created: usize) -> String {
    format!(
        "{org} org: Adobe does not list the members of the group \"{group}\" ({told}): they are unknown, so nobody loses it, and {not_created} users who are to have it are not created. Check its name, or read all users with --adobe-users all"
    )
}

/// A mapped group that too many of its members would lose.
pub(super) struct GroupLoss<'l> {
    pub(super) org: &'l str,
    pub(super) group: Text,
    pub(super) qualified: &'l str,
    pub(super) lost: usize,
    pub(super) members: usize,
    /// The directory groups that it is mapped from.
    pub(super) sources: &'l [&'l DirectoryGroup],
}

impl GroupLoss<'_> {
    pub(super) fn text(&self, limit: Limit) -> String {
        let GroupLoss {
            org,
            group,
            qualified,
            lost,
            members,
            sources,
        } = self;
        let source =
            |source: &&DirectoryGroup| format!("\"{}\" {}", source.name, text::people(source.read));
        let sources: Vec<String> = sources.iter().map(source).collect();
        let sources = if sources.is_empty() {
            "it is mapped from no directory group".to_owned()
        } else {
            format!("read from the directory: {}", sources.join(", "))
        };
        let allowed = allowed(limit, *members, "members");
        format!(
            "{org} org: {lost} people would lose the Adobe group \"{group}\", more than limits.max_group_loss allows ({allowed}): none of them loses it, their account or all groups ({sources}). If this is meant, pass --allow-group-loss \"{qualified}\""
        )
    }
}

pub(super) fn rename(org: &str, old: &str, new: &str) -> String {
    format!(
        "{org} org: Adobe user {old}, to be removed, and directory user {new}, to be created, have the same names and type and may be one person whose address changed: neither is done. Tie them together by user_alias_formats (alias_column_name for a CSV file), or approve a saved plan with `user-sync apply PLAN --with-held-back rename`"
    )
}

pub(super) fn more_renames(org: &str, count: usize) -> String {
    format!(
        "{org} org: {count} more pairs of a removal and a creation look like one person each and are held back; `user-sync plan --all` lists them"
    )
}

pub(super) fn new_users(count: usize, allowed: &str) -> String {
    format!(
        "{count} users would be created in the primary org, more than limits.max_new_users allows ({allowed}): nobody is created. Raise the limit if this is meant, or approve a saved plan with `user-sync apply PLAN --with-held-back new-users`"
    )
}

pub(super) fn nameless_members(kind: DirectoryKind, ids: &[Text]) -> String {
    let place = match kind {
        DirectoryKind::Okta => "in Okta",
        DirectoryKind::File => "in the file",
    };
    format!(
        "members of directory groups have neither login nor e-mail ({}): their accounts cannot be told from those of people who left, so no Adobe-only users are processed. Give them a login or an e-mail {place}",
        ids.iter().take(10).copied().collect::<Vec<_>>().join(", ")
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
