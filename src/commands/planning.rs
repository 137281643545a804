//! From a session to a plan, and what is told of one: shared by `sync`, `plan`, `explain` and `undo`.

use crate::commands::adobe_only_file;
use crate::commands::batches::{self, actions_per_minute};
use crate::commands::session::{self, Session};
use crate::config::{Config, OrgConfig};
use crate::error::Error;
use crate::model::{OrgId, sentence};
use crate::plan::{self, Plan, org_name};
use crate::send::Entry;
use crate::send::forecast::Terms;
use crate::send::plan_file::Org;

/// So many people who are held back are told by name.
const HELD_TOLD: usize = 50;

/// Reads both sides and works out what is to be done.
pub fn build_plan(session: &mut Session<'_>) -> Result<Plan, Error> {
    if let Some(plan) = listed_plan(session)? {
        return Ok(plan);
    }
    let read = session.read_directory()?;
    let desired = session.desired(&read)?;
    let orgs = session.read_adobe(&desired)?;
    let read_again = session.read_namesakes(&orgs)?;
    let desired = match &read_again {
        Some(read) => session.desired(read)?,
        None => desired,
    };
    let mut plan = session.work_out(|texts| plan::build(&desired, &orgs, texts))?;
    plan.notices.splice(0..0, desired.notices);
    batches::settle(session, &orgs, &mut plan)?;
    Ok(plan)
}

/// With `--adobe-only-user-list`: the plan for the users that the file lists.
pub fn listed_plan(session: &mut Session<'_>) -> Result<Option<Plan>, Error> {
    let config = session.config;
    let Some(file) = &config.options.adobe_only_user_list else {
        return Ok(None);
    };
    let listed = adobe_only_file::read(config, file, &mut session.texts)?;
    let mut plan = plan::listed::build(config, &listed.users);
    plan.notices.splice(0..0, listed.notices);
    Ok(Some(plan))
}

/// Logs what the planner had to tell, and what and whom it held back.
pub fn tell(config: &Config, plan: &Plan) {
    session::tell(&plan.notices);
    for held_back in &plan.held_back {
        log::error!(target: crate::logging::CRITICAL, "{}", held_back.text);
    }
    tell_held(config, plan);
}

/// People who are held back, one by one as far as anybody reads, then their number.
fn tell_held(config: &Config, plan: &Plan) {
    let mut held = plan.held_people();
    for (org, held) in held.by_ref().take(HELD_TOLD) {
        let org = org_name(config, org);
        let rules: Vec<&str> = held.rules.iter().map(|rule| rule.word()).collect();
        let person = sentence::person(&held.change.reason);
        log::warn!(
            target: "changes",
            "{org} {person}: held back by {}: {}",
            rules.join(", "),
            sentence::sentence(&held.change)
        );
    }
    let more = held.count();
    if more > 0 {
        log::warn!(target: "changes", "held back: {more} more people; `user-sync plan --all` names them");
    }
}

/// The commands of a plan in sending order.
pub fn entries(plan: &Plan) -> Vec<Entry<'_>> {
    let changes = plan.in_sending_order();
    changes.map(|(org, change)| Entry { org, change }).collect()
}

/// The configured orgs as plans name them.
pub fn orgs(config: &Config, plan: &Plan) -> Vec<Org> {
    let of_org = |(id, org): (OrgId, &OrgConfig)| {
        let user_groups = plan.user_groups.iter().filter(|(own, _)| *own == id);
        let user_groups = user_groups.flat_map(|(_, groups)| groups);
        Org {
            name: org.name.clone(),
            org_id: org.org_id.clone(),
            user_groups: user_groups.map(|group| (*group).to_owned()).collect(),
            actions_per_minute: actions_per_minute(org),
        }
    };
    config.org_ids().zip(&config.orgs).map(of_org).collect()
}

/// By [`OrgId`], for sending and forecast.
pub fn terms(orgs: &[Org]) -> Vec<Terms> {
    orgs.iter().map(Org::terms).collect()
}
