//! What a run asks of an org, by the numbers of members that `check` has seen.
//!
//! Compares numbers; asks nobody.

use crate::adobe::AdobeGroup;
use crate::commands::batches::actions_per_minute;
use crate::config::{Config, GroupMapping, OrgConfig, QualifiedGroup};
use crate::model::OrgId;
use crate::send::forecast::Effort;
use crate::text;

/// Commands that Adobe takes in a request.
const PEOPLE_IN_A_REQUEST: usize = 10;

/// An org of a configuration, and the directory groups that were read.
pub(super) struct About<'c> {
    pub(super) config: &'c Config,
    pub(super) id: OrgId,
    pub(super) read: &'c [(String, Members)],
}

/// How many people are in a directory group, all and ACTIVE ones.
pub(super) struct Members {
    pub(super) all: usize,
    pub(super) active: usize,
}

/// What a run asks of an org, as far as it can be known without reading its users: the mapped group
/// whose members are by number the furthest from those of its directory groups.
pub(super) fn effort(about: &About, org: &OrgConfig, groups: &[AdobeGroup]) -> String {
    let per_minute = actions_per_minute(org);
    let furthest = mapped_groups(about.config, about.id)
        .into_iter()
        .filter_map(|name| Some((about.difference(name, groups)?, name)))
        .max_by_key(|(difference, _)| *difference);
    let writing = match furthest {
        Some((people @ 1.., name)) => {
            let effort = Effort::of(people.div_ceil(PEOPLE_IN_A_REQUEST), per_minute);
            format!(
                "writing: {} or more, for the members of \"{name}\" differ by {people}",
                effort.in_words()
            )
        }
        _ => format!("writing: a request for every {PEOPLE_IN_A_REQUEST} people"),
    };
    let batches = if org.batch_group_changes {
        "; memberships go by batch_group_changes where that takes fewer"
    } else {
        ""
    };
    format!(
        "{writing}, {per_minute} requests a minute{batches}; reading: a page for every 2,000 \
         users; `plan` tells how many"
    )
}

impl About<'_> {
    /// The directory group that a group with members is mapped from, where nobody is in any.
    pub(super) fn emptied_by(&self, name: &str, group: &AdobeGroup) -> Option<&str> {
        let sources = self.sources(name);
        let is_empty = |source: &&str| {
            let mut read = self.read.iter();
            read.any(|(name, members)| name == *source && members.all == 0)
        };
        let emptied = sources.iter().all(is_empty) && group.member_count != Some(0);
        sources.first().copied().filter(|_| emptied)
    }

    /// By how many people an Adobe group and its directory groups differ; `None`: not all of their
    /// numbers are known.
    fn difference(&self, name: &str, groups: &[AdobeGroup]) -> Option<usize> {
        let there = groups.iter().find(|group| text::same(&group.name, name));
        let there = match there {
            Some(group) => usize::try_from(group.member_count?).ok()?,
            None => 0,
        };
        let active = |source: &&str| {
            let mut read = self.read.iter();
            let (_, members) = read.find(|(name, _)| name == *source)?;
            Some(members.active)
        };
        let sources = self.sources(name);
        let wanted = sources.iter().map(active).sum::<Option<usize>>()?;
        Some(wanted.abs_diff(there)).filter(|_| !sources.is_empty())
    }

    /// The directory groups that an Adobe group is mapped from.
    fn sources(&self, name: &str) -> Vec<&str> {
        let is_source = |mapping: &&GroupMapping| {
            let mut groups = mapping.adobe_groups.iter();
            groups.any(|group| group.org == self.id && text::same(&group.name, name))
        };
        let sources = self.config.groups.iter().filter(is_source);
        sources
            .map(|mapping| mapping.directory_group.trim())
            .collect()
    }
}

/// The mapped groups of an org in configuration order, each once.
pub(super) fn mapped_groups(config: &Config, org: OrgId) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let extended = config.extension.iter();
    let extended = extended.flat_map(|extension| &extension.extended_adobe_groups);
    let mapped = config
        .groups
        .iter()
        .flat_map(|mapping| &mapping.adobe_groups);
    for QualifiedGroup { name, .. } in mapped.chain(extended).filter(|group| group.org == org) {
        if !names.iter().any(|known| text::same(known, name)) {
            names.push(name);
        }
    }
    names
}
