//! Learns which groups are user groups, where batches of members pay for it
//! (manual/requests.md#batch_group_changes).
//!
//! Adobe's list of groups costs requests of its own, and tells what a group is.

use std::collections::HashMap;

use crate::adobe::ACTIONS_PER_MINUTE;
use crate::commands::session::Session;
use crate::config::OrgConfig;
use crate::error::Error;
use crate::model::command::Command;
use crate::model::notice::Notice;
use crate::model::{AdobeOrg, GroupKind, ListedGroup};
use crate::plan::{OrgPlan, Plan, org_name};
use crate::send::requests::{self, UserGroups};
use crate::text::{self, Text};

/// Groups on a page of Adobe's list.
const GROUPS_ON_A_PAGE: usize = 400;
/// More people than these gain a group by one line of the mapping: a wave.
const WAVE: usize = 100;

/// Notes in the plan which groups may be changed by `usergroup` commands. Reads the list of groups
/// of each org that has `batch_group_changes` and where it saves more requests than it costs.
pub fn settle(
    session: &mut Session<'_>,
    orgs: &[Option<AdobeOrg>],
    plan: &mut Plan,
) -> Result<(), Error> {
    let config = session.config;
    for place in 0..plan.orgs.len() {
        let Some(org_plan) = plan.orgs.get(place) else {
            continue;
        };
        let org = org_plan.org;
        let allowed = config.org(org);
        let allowed = allowed.is_some_and(|org| org.batch_group_changes);
        let read = orgs.get(org.place()).and_then(Option::as_ref);
        let listed = match read.and_then(|read| read.listed.as_deref()) {
            Some(listed) => listed.to_vec(),
            None if allowed && pays(org_plan, read) => session.read_groups(org)?,
            None => continue,
        };
        let waves = waves(org_plan, &listed, org_name(config, org));
        if allowed {
            let named = UserGroups::conceivable(commands(org_plan));
            let used = of_kind(&listed, GroupKind::UserGroup).filter(|name| named.has(name));
            let used = used.collect();
            plan.user_groups.push((org, used));
        }
        plan.notices.extend(waves);
    }
    Ok(())
}

/// Whether batches could save more requests than reading the list of groups takes.
fn pays(org_plan: &OrgPlan, read: Option<&AdobeOrg>) -> bool {
    let without = requests::count(commands(org_plan), &UserGroups::default());
    let conceivable = UserGroups::conceivable(commands(org_plan));
    let with = requests::count(commands(org_plan), &conceivable);
    let groups = read.map_or(0, |read| read.groups.count());
    let pages = groups.div_ceil(GROUPS_ON_A_PAGE).max(1);
    without > with + pages
}

fn commands(org_plan: &OrgPlan) -> impl Iterator<Item = &Command> {
    org_plan.changes.iter().map(|change| &change.command)
}

fn of_kind(listed: &[ListedGroup], kind: GroupKind) -> impl Iterator<Item = Text> {
    let found = listed.iter().filter(move |group| group.kind == kind);
    found.map(|group| group.name)
}

/// What would be cheaper than adding many people to a product profile.
fn waves(org_plan: &OrgPlan, listed: &[ListedGroup], org: &str) -> Vec<Notice> {
    let mut gaining: HashMap<(Text, String), usize> = HashMap::new();
    let profiles: Vec<Text> = of_kind(listed, GroupKind::ProductProfile).collect();
    if profiles.is_empty() {
        return Vec::new();
    }
    let changes = org_plan.changes.iter();
    for added in changes.flat_map(|change| change.reason.added.iter()) {
        *gaining
            .entry((added.group, added.why.to_string()))
            .or_default() += 1;
    }
    let mut waves: Vec<_> = gaining
        .into_iter()
        .filter(|(_, people)| *people > WAVE)
        .collect();
    waves.sort_unstable();
    let is_profile = |name: &str| profiles.iter().any(|profile| text::same(profile, name));
    waves
        .into_iter()
        .filter(|((group, _), _)| is_profile(group))
        .map(|((group, why), people)| {
            Notice::info(format!(
                "{org} org: {people} people are to get the product profile \"{group}\" ({why}): \
                 giving the profile to a user group that they are in costs one request; map to \
                 that user group then"
            ))
        })
        .collect()
}

/// Action requests a minute that the configuration allows, else Adobe.
pub fn actions_per_minute(org: &OrgConfig) -> usize {
    let chosen = org.pace.actions_per_minute;
    let chosen = chosen.and_then(|number| usize::try_from(number).ok());
    chosen.unwrap_or(ACTIONS_PER_MINUTE)
}
