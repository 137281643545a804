//! Mapped groups that people are to get and that nobody at Adobe is in: such a group may not exist.
//!
//! Adobe's list of groups costs requests of its own, so a plan only says what it has seen.

use std::collections::HashMap;

use crate::config::Config;
use crate::model::notice::Notice;
use crate::plan::desired::Desired;
use crate::plan::orgs::ReadOrg;
use crate::plan::{Change, org_name};
use crate::text::{self, Text, alike};

/// A warning for each such group of an org, in configuration order.
pub(super) fn warnings(
    config: &Config,
    desired: &Desired,
    read: &ReadOrg,
    changes: &[Change],
) -> Vec<Notice> {
    let mut gaining: HashMap<Text, usize> = HashMap::new();
    let added = changes.iter().flat_map(|change| change.reason.added.iter());
    for group in added {
        *gaining.entry(group.group).or_default() += 1;
    }
    let people_for = |name: &str| -> usize {
        let same = gaining.iter().filter(|(group, _)| text::same(group, name));
        same.map(|(_, count)| count).sum()
    };
    let unseen = desired.mapped.of_org(read.id).filter_map(|(_, name)| {
        if read.org.groups.find(name).is_some() {
            return None;
        }
        let people = match people_for(name) {
            0 => return None,
            1 => "1 person is".to_owned(),
            count => format!("{count} people are"),
        };
        let has = alike::told("Adobe", name, read.org.groups.names());
        Some(Notice::warning(format!(
            "{} org: nobody at Adobe is in the group \"{name}\" that {people} to get: it may not \
             exist there; {has}`user-sync check` tells",
            org_name(config, read.id)
        )))
    });
    unseen.collect()
}
