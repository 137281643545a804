//! What the directory's groups mean: who is selected by them, what is mapped from them, and what
//! follows where one is missing.

use std::collections::{HashMap, HashSet};

use super::MissingGroups;
use crate::config::{Config, GroupMapping, UserSelection};
use crate::model::{Directory, DirectoryUser};
use crate::plan::groups::{MappedGroups, MappedId};

/// Which directory groups `--users` selects.
#[derive(Debug)]
pub(super) enum Selecting {
    Everybody,
    Groups(HashSet<u32>),
}

impl Selecting {
    pub(super) fn of_config(config: &Config, directory: &Directory) -> Selecting {
        let names: HashSet<&str> = match &config.options.users {
            UserSelection::All | UserSelection::File(_) => return Selecting::Everybody,
            UserSelection::Mapped => {
                let named = config.groups.iter();
                named.map(|group| group.directory_group.trim()).collect()
            }
            UserSelection::Groups(names) => names.iter().map(|name| name.trim()).collect(),
        };
        let places = (0..).zip(&directory.groups);
        let selected = places.filter(|(_, group)| names.contains(group.name.trim()));
        Selecting::Groups(selected.map(|(place, _)| place).collect())
    }

    pub(super) fn selects(&self, directory: &Directory, user: &DirectoryUser) -> bool {
        let list = directory.group_lists.get(user.groups);
        match self {
            Selecting::Everybody => true,
            Selecting::Groups(_) => list.iter().any(|place| self.selects_group(*place)),
        }
    }

    pub(super) fn selects_group(&self, place: u32) -> bool {
        match self {
            Selecting::Everybody => false,
            Selecting::Groups(groups) => groups.contains(&place),
        }
    }
}

/// The mapped groups of each directory group, by its place.
pub(super) fn mapped_by_group(
    config: &Config,
    directory: &Directory,
    mapped: &MappedGroups,
) -> HashMap<u32, Vec<MappedId>> {
    let places: HashMap<&str, u32> = directory
        .groups
        .iter()
        .map(|group| group.name.trim())
        .zip(0..)
        .collect();
    let mut by_group: HashMap<u32, Vec<MappedId>> = HashMap::new();
    for mapping in &config.groups {
        if let Some(place) = places.get(mapping.directory_group.trim()) {
            let ids = mapping
                .adobe_groups
                .iter()
                .filter_map(|group| mapped.id_of(group));
            by_group.entry(*place).or_default().extend(ids);
        }
    }
    by_group
}

pub(super) fn missing_groups(
    config: &Config,
    directory: &Directory,
    mapped: &MappedGroups,
    additional: &HashMap<u32, Vec<MappedId>>,
) -> MissingGroups {
    let mut missing = MissingGroups::default();
    if config.options.allow_missing_groups {
        return missing;
    }
    let names = directory.groups.iter().filter(|group| group.missing);
    missing.names = names.map(|group| group.name).collect();
    if missing.names.is_empty() {
        return missing;
    }
    let from_missing = |mapping: &&GroupMapping| {
        missing
            .names
            .iter()
            .any(|name| name.trim() == mapping.directory_group.trim())
    };
    let mappings = config.groups.iter().filter(from_missing);
    let groups = mappings.flat_map(|mapping| &mapping.adobe_groups);
    let by_mapping = groups.filter_map(|group| mapped.id_of(group));
    let places = (0..)
        .zip(&directory.groups)
        .filter(|(_, group)| group.missing);
    let by_rule = places.flat_map(|(place, _)| additional.get(&place).into_iter().flatten());
    missing.protected = match config.extension {
        // The hook may read `source_groups`, so any group may depend on the missing one.
        Some(_) => mapped.all().collect(),
        None => by_mapping.chain(by_rule.copied()).collect(),
    };
    missing
}
