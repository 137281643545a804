//! The mapped groups of all orgs, in configuration order.
//!
//! Knows names and places only; which user wants which group is decided in `desired`.

use std::collections::HashMap;

use crate::config::{Config, QualifiedGroup};
use crate::model::{AdobeOrg, OrgId};
use crate::text::{self, Text, Texts};

/// A mapped group, by its place in configuration order over all orgs.
pub type MappedId = u32;

/// An Adobe group that the configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappedGroup {
    pub org: OrgId,
    /// As spelled where it is named first.
    pub name: Text,
}

/// All mapped groups, numbered in the order of the configuration.
#[derive(Debug, Default)]
pub struct MappedGroups {
    groups: Vec<MappedGroup>,
    ids: HashMap<(OrgId, String), MappedId>,
    /// By key: the primary org has none, it is the empty name.
    orgs: HashMap<String, OrgId>,
}

impl MappedGroups {
    /// The groups that `groups` and `extended_adobe_groups` name.
    pub fn of_config(config: &Config, texts: &mut Texts) -> MappedGroups {
        let mut mapped = MappedGroups::default();
        for (id, org) in config.org_ids().zip(&config.orgs) {
            let name = text::key(org.name.as_deref().unwrap_or_default());
            mapped.orgs.entry(name).or_insert(id);
        }
        let named = config.groups.iter().flat_map(|group| &group.adobe_groups);
        let extended = config.extension.iter();
        let extended = extended.flat_map(|extension| &extension.extended_adobe_groups);
        for group in named.chain(extended) {
            mapped.add(group, texts);
        }
        mapped
    }

    /// The place of a group; it is added where it is new.
    pub fn add(&mut self, group: &QualifiedGroup, texts: &mut Texts) -> MappedId {
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let key = (group.org, text::key(&group.name));
        *self.ids.entry(key).or_insert_with(|| {
            self.groups.push(MappedGroup {
                org: group.org,
                name: texts.keep(group.name.trim()),
            });
            next
        })
    }

    pub fn get(&self, id: MappedId) -> Option<&MappedGroup> {
        self.groups.get(id as usize)
    }

    /// The place of a group that the configuration names.
    pub fn id_of(&self, group: &QualifiedGroup) -> Option<MappedId> {
        self.ids.get(&(group.org, text::key(&group.name))).copied()
    }

    /// The qualified name of a group, as hooks and options name it.
    pub fn qualified(&self, config: &Config, id: MappedId) -> String {
        let Some(group) = self.get(id) else {
            return String::new();
        };
        let org = config.org(group.org);
        match org.and_then(|org| org.name.as_deref()) {
            Some(org) => format!("{org}::{}", group.name),
            None => group.name.to_owned(),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = MappedId> {
        (0..).zip(&self.groups).map(|(id, _)| id)
    }

    /// The groups of one org with their places, in configuration order.
    pub fn of_org(&self, org: OrgId) -> impl Iterator<Item = (MappedId, Text)> {
        let of_org = move |(id, group): (usize, &MappedGroup)| {
            let id = u32::try_from(id).ok()?;
            (group.org == org).then_some((id, group.name))
        };
        self.groups.iter().enumerate().filter_map(of_org)
    }

    /// The place of a group by its qualified name, `Group` or `org2::Group`.
    pub fn find(&self, qualified: &str) -> Option<MappedId> {
        // An org's name may hold `::`, a group's may not.
        let (org, name) = match qualified.rsplit_once("::") {
            Some((org, name)) => (*self.orgs.get(&text::key(org))?, name),
            None => (OrgId::PRIMARY, qualified),
        };
        self.ids.get(&(org, text::key(name))).copied()
    }

    /// For each Adobe group of an org, by its place there: the mapped group that it is.
    pub fn in_org(&self, id: OrgId, org: &AdobeOrg) -> HashMap<u32, MappedId> {
        let place = |(mapped, name)| Some((org.groups.find(name)?.0, mapped));
        self.of_org(id).filter_map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{config, mapping};

    #[test]
    fn a_qualified_name_is_found_by_its_last_colons() {
        let mut config = config(&["eu::west"]);
        config.groups = vec![mapping("G", &["P"]), mapping("H", &[])];
        let west = QualifiedGroup {
            org: OrgId(1),
            name: "Q".to_owned(),
        };
        config.groups[1].adobe_groups = vec![west];
        let mapped = MappedGroups::of_config(&config, &mut Texts::default());
        assert_eq!(mapped.find("p"), Some(0));
        assert_eq!(mapped.find("EU::West::q"), Some(1));
        assert_eq!(mapped.find("eu::q"), None);
    }
}
