//! Learns which groups are user groups, where batches of members pay for it
//! (manual/requests.md#batch_group_changes).
//!
//! Adobe's list of groups costs requests of its own, and tells what a group is.

use std::collections::HashMap;

use crate::adobe::ACTIONS_PER_MINUTE;
use crate::commands::session::Session;
use crate::config::{Config, OrgConfig};
use crate::error::Error;
use crate::model::change::Change;
use crate::model::command::{Command, Step};
use crate::model::notice::Notice;
use crate::model::{AdobeOrg, GroupKind, ListedGroup, OrgId};
use crate::plan::{OrgPlan, Plan, org_name};
use crate::send::forecast::Terms;
use crate::send::requests::{self, Packable, UserGroups};
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
        let index = usize::from(org.0);
        let allowed = config
            .orgs
            .get(index)
            .is_some_and(|org| org.batch_group_changes);
        let read = orgs.get(index).and_then(Option::as_ref);
        let listed = match read.and_then(|read| read.listed.as_deref()) {
            Some(listed) => listed.to_vec(),
            None if allowed && pays(org_plan, read) => session.read_groups(org)?,
            None => continue,
        };
        let waves = waves(org_plan, &listed, org_name(config, org));
        if allowed {
            let user_groups = of_kind(&listed, GroupKind::UserGroup);
            let named = named_groups(org_plan);
            let used = user_groups.filter(|name| named.iter().any(|one| text::same(one, name)));
            let used: Vec<Text> = used.collect();
            plan.user_groups.push((org, used));
        }
        plan.notices.extend(waves);
    }
    Ok(())
}

/// Whether batches could save more requests than reading the list of groups takes.
fn pays(org_plan: &OrgPlan, read: Option<&AdobeOrg>) -> bool {
    let commands = packable(&org_plan.changes);
    let without = requests::count(&commands, &UserGroups::default());
    let with = requests::count(&commands, &conceivable(org_plan));
    let groups = read.map_or(0, |read| read.groups.count());
    let pages = groups.div_ceil(GROUPS_ON_A_PAGE).max(1);
    without > with + pages
}

/// The groups that commands of an org name and that could be user groups.
pub fn conceivable(org_plan: &OrgPlan) -> UserGroups {
    named_groups(org_plan).into_iter().collect()
}

pub fn packable(changes: &[Change]) -> Vec<Packable<'_>> {
    let packable = |change| Packable {
        command: change,
        whole: false,
    };
    changes
        .iter()
        .map(|change| packable(&change.command))
        .collect()
}

/// Each once. Names of admin roles begin with `_`; no user group's does.
fn named_groups(org_plan: &OrgPlan) -> Vec<Text> {
    let mut named: HashMap<Text, ()> = HashMap::new();
    let commands = org_plan.changes.iter().map(|change| &change.command);
    for group in commands.flat_map(groups_of) {
        named.insert(group, ());
    }
    let mut named: Vec<Text> = named
        .into_keys()
        .filter(|name| !name.starts_with('_'))
        .collect();
    named.sort_unstable();
    named
}

fn groups_of(command: &Command) -> impl Iterator<Item = Text> {
    let groups = command.steps.iter().flat_map(|step| match step {
        Step::Add(groups) | Step::Remove(groups) => groups.as_slice(),
        _ => &[],
    });
    groups.copied()
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

/// By [`OrgId`], for sending.
pub fn terms(config: &Config, plan: &Plan) -> Vec<Terms> {
    let mut by_org = vec![UserGroups::default(); config.orgs.len()];
    for (OrgId(org), groups) in &plan.user_groups {
        if let Some(place) = by_org.get_mut(usize::from(*org)) {
            *place = groups.iter().copied().collect();
        }
    }
    terms_with(config, by_org)
}

/// The same with user groups that are known from elsewhere.
pub fn terms_with(config: &Config, user_groups: Vec<UserGroups>) -> Vec<Terms> {
    let of_org = |(org, user_groups): (&OrgConfig, UserGroups)| {
        let chosen = org.pace.actions_per_minute;
        let chosen = chosen.and_then(|number| usize::try_from(number).ok());
        Terms {
            user_groups,
            per_minute: chosen.unwrap_or(ACTIONS_PER_MINUTE),
        }
    };
    config.orgs.iter().zip(user_groups).map(of_org).collect()
}
