//! `show`: prints a saved plan as `plan` printed it (manual/commands.md#show).
//!
//! No network and no configuration: the file holds everything.

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};
use jiff::Timestamp;

use crate::cli::Arguments;
use crate::commands::planning;
use crate::error::{Error, exit};
use crate::model::OrgId;
use crate::plan::{Held, HeldBack, HeldBackBy, Kind, Namesake, OrgPlan, Plan};
use crate::send::forecast::forecast;
use crate::send::plan_file::{self, Age, Saved};
use crate::show::plan::{Extent, Shown};
use crate::show::{self, Style, change};
use crate::text::Texts;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct ShowOptions {
    /// a plan that `user-sync plan --out FILE` or `user-sync undo` saved
    #[argh(positional, arg_name = "PLAN")]
    plan: PathBuf,

    /// show long lists whole
    #[argh(switch)]
    all: bool,

    /// write JSON
    #[argh(switch)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let options: ShowOptions = arguments.read()?;
    let mut texts = Texts::default();
    let now = Timestamp::now();
    let mut saved = plan_file::read(&options.plan, now, Age::Any, &mut texts)?;
    let orgs = std::mem::take(&mut saved.header.orgs);
    let about = about(&saved, now);
    let plan = rebuild(saved, &orgs, &mut texts);
    let forecasts = forecast(&planning::entries(&plan), &[], &planning::terms(&orgs));
    let shown = Shown {
        plan: &plan,
        orgs: &orgs,
        forecasts: &forecasts,
    };
    if options.json {
        show::print_with(|out| shown.write_json(out))?;
    } else {
        let text = shown.text(Style::of_stdout(), Extent::of(options.all));
        show::print(&format!("{about}\n\n{text}"))?;
    }
    Ok(exit::DONE)
}

/// When the plan was made, and whether its header was edited.
fn about(saved: &Saved, now: Timestamp) -> String {
    let made = saved.header.time;
    let age = show::age(made, now);
    let digest = if saved.sealed {
        "its digests fit"
    } else {
        "its header was EDITED: it does not match its digest"
    };
    format!("A plan of {made}, {age} old; {digest}.")
}

/// The plan that was saved.
fn rebuild(saved: Saved, orgs: &[plan_file::Org], texts: &mut Texts) -> Plan {
    let place = |org_id: &str| {
        let place = orgs.iter().position(|org| org.org_id == org_id);
        place.map_or(OrgId::PRIMARY, OrgId::of)
    };
    let mut plan = Plan {
        counts: change::counts_of_json(&saved.header.counts),
        ..Plan::default()
    };
    for held_back in saved.header.held_back {
        if let Some(by) = HeldBackBy::parse(&held_back.by) {
            let text = held_back.text;
            plan.held_back.push(HeldBack { by, text });
        }
    }
    for left_alone in &saved.header.left_alone {
        plan.namesakes.push(Namesake {
            org: place(&left_alone.org_id),
            person: texts.keep(&left_alone.person),
            name: texts.keep(&left_alone.name),
            login: texts.keep(&left_alone.directory_user),
        });
    }
    for command in saved.commands {
        let org = OrgId::of(command.org);
        if plan.orgs.last().is_none_or(|last| last.org != org) {
            plan.orgs.push(OrgPlan::of(org));
        }
        let Some(of_org) = plan.orgs.last_mut() else {
            continue;
        };
        if !command.held.is_empty() {
            of_org.held.push(Held {
                change: command.change,
                rules: command.held,
            });
        } else if command.change.reason.kind == Kind::GroupCreated {
            of_org.group_changes.push(command.change);
        } else {
            of_org.changes.push(command.change);
        }
    }
    plan
}
