//! Who is excluded by group or username (manual/rules.md#exclusions).

use std::collections::HashMap;

use crate::config::Config;
use crate::model::names::Names;
use crate::model::{AdobeOrg, AdobeUser, IdentityType, ListId};
use crate::plan::desired::whole_match;
use crate::text;

/// The groups of `exclude_adobe_groups` in the primary org.
#[derive(Debug, Default)]
pub struct ExcludedGroups {
    lists: HashMap<ListId, bool>,
}

impl ExcludedGroups {
    pub fn of_org(config: &Config, org: &AdobeOrg) -> ExcludedGroups {
        let named = config.exclusions.groups.iter();
        let as_carried = named.flat_map(|name| carried_as(name));
        let excluded: Vec<u32> = as_carried
            .filter_map(|name| Some(org.groups.find(name)?.0))
            .collect();
        let mut groups = ExcludedGroups::default();
        if excluded.is_empty() {
            return groups;
        }
        for user in &org.users {
            groups.lists.entry(user.groups).or_insert_with(|| {
                let list = org.group_lists.get(user.groups);
                list.iter().any(|group| excluded.contains(group))
            });
        }
        groups
    }

    pub(super) fn hold(&self, user: &AdobeUser) -> bool {
        self.lists.get(&user.groups) == Some(&true)
    }
}

/// The names under which members carry a group: Adobe lists the system administrators as
/// "Administrators", and their records say `_org_admin`.
pub fn carried_as(group: &str) -> impl Iterator<Item = &str> {
    let role = text::same(group, "Administrators").then_some("_org_admin");
    std::iter::once(group).chain(role)
}

/// Whether an `exclude_users` pattern matches the whole username (for adobeID: the e-mail).
pub fn excluded_username(
    config: &Config,
    identity_type: Option<IdentityType>,
    names: &Names,
) -> bool {
    let name = match identity_type {
        Some(IdentityType::AdobeId) if !names.email.is_empty() => names.email,
        _ => names.username,
    };
    let mut patterns = config.exclusions.users.iter();
    patterns.any(|pattern| whole_match(pattern, name).unwrap_or(true))
}
