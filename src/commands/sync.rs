//! `sync`: reads both sides and writes the difference (manual/commands.md#sync).
//!
//! One run from start to end. Nothing is written before everything is read.

use std::time::Instant;

use crate::adobe;
use crate::cli::Arguments;
use crate::commands::account::{self, Books, Terms};
use crate::commands::adobe_only_file;
use crate::commands::batches;
use crate::commands::session::{self, Session};
use crate::commands::{Locking, Run};
use crate::config::{AdobeOnlyUserAction, Config, Scope};
use crate::error::{Error, exit};
use crate::model::OrgId;
use crate::model::change::Kind;
use crate::model::sentence;
use crate::plan::{self, Plan, org_name};
use crate::send::forecast::forecast;
use crate::send::records::Records;
use crate::send::{self, Ending, Entry, Sender, Sent};
use crate::show::summary::{self, Shape};

/// So many people who are held back are told by name.
const HELD_TOLD: usize = 50;

/// Runs `sync`.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let terms = Terms {
        scope: Scope::Run,
        locking: Locking::Exclusive,
        reads: Vec::new(),
        writes: Vec::new(),
    };
    account::reported(arguments, &terms, synchronize)
}

/// Reads, plans and sends; the exit code says what came of it.
fn synchronize(run: &Run, books: &mut Books) -> Result<u8, Error> {
    let config = &run.config;
    let mut session = Session::open(config, &run.transport)?;
    let planned = build_plan(&mut session);
    account::add_session(&mut books.report, &session);
    let plan = planned?;
    run.transport.finish_recording()?;
    account::add_plan(&mut books.report, config, &plan);
    tell(config, &plan);
    write_adobe_only_file(config, &plan)?;
    let entries = entries(&plan);
    let terms = batches::terms(config, &plan);
    let forecasts = forecast(&entries, &[], &terms);
    account::add_forecast(&mut books.report, &forecasts);
    account::tell_forecast(config, &forecasts);
    books.begin_record(config)?;
    let mut sender = Sender {
        orgs: &mut session.orgs,
        org_names: org_names(config),
        terms,
        mode: mode(config),
        signals: &run.signals,
        records: Records {
            journal: None,
            change_log: books.change_log.as_mut(),
        },
    };
    let start = Instant::now();
    let sent = send::run(&entries, &[], &mut sender);
    session.phases.push(("write", start.elapsed()));
    account::add_session(&mut books.report, &session);
    account::add_sent(&mut books.report, &sent);
    summarize(config, &plan, &sent);
    exit_code(&plan, sent)
}

/// Reads both sides and works out what is to be done.
pub fn build_plan(session: &mut Session<'_>) -> Result<Plan, Error> {
    let config = session.config;
    if let Some(plan) = listed_plan(session)? {
        return Ok(plan);
    }
    let read = session.read_directory()?;
    let desired = session.desired(&read)?;
    let orgs = session.read_adobe(&desired)?;
    let mut plan = plan::build(config, &desired, &orgs, &mut session.texts);
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
    let mut held = plan.orgs.iter().flat_map(|org| {
        let held = org.held.iter();
        let people = held.filter(|held| held.change.reason.kind != Kind::Continued);
        people.map(|held| (org_name(config, org.org), held))
    });
    for (org, held) in held.by_ref().take(HELD_TOLD) {
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
    plan.orgs
        .iter()
        .flat_map(|org| {
            let changes = org.group_changes.iter().chain(&org.changes);
            changes.map(move |change| Entry {
                org: org.org,
                change,
            })
        })
        .collect()
}

/// The file of `write-file`, written before anything is sent.
fn write_adobe_only_file(config: &Config, plan: &Plan) -> Result<(), Error> {
    match (
        &config.options.adobe_only_user_action,
        &plan.adobe_only_rows,
    ) {
        (AdobeOnlyUserAction::WriteFile(path), Some(rows)) => {
            adobe_only_file::write(config, path, rows)
        }
        _ => Ok(()),
    }
}

/// What messages call each org.
pub fn org_names(config: &Config) -> Vec<&str> {
    (0..)
        .take(config.orgs.len())
        .map(|place| plan::org_name(config, OrgId(place)))
        .collect()
}

/// Whether commands are carried out, or only checked.
pub fn mode(config: &Config) -> adobe::Mode {
    if config.output.test_mode {
        adobe::Mode::Test
    } else {
        adobe::Mode::Live
    }
}

fn summarize(config: &Config, plan: &Plan, sent: &Sent) {
    let mode = if config.output.test_mode {
        summary::Mode::Test
    } else {
        summary::Mode::Written
    };
    let outcomes = outcomes(config, sent);
    for line in summary::lines(&Shape::of_config(config, mode), &plan.counts, &outcomes) {
        log::info!(target: "processor", "{line}");
    }
}

/// What came of the commands, by org.
pub fn outcomes(config: &Config, sent: &Sent) -> Vec<summary::Outcome> {
    let of_org = |(place, totals): (u16, &send::Totals)| summary::Outcome {
        org: plan::org_name(config, OrgId(place)).to_owned(),
        total: totals.total,
        success: totals.success,
        error: totals.error,
    };
    (0..).zip(&sent.totals).map(of_org).collect()
}

/// The larger of 3, 4 and 5 that apply.
fn exit_code(plan: &Plan, sent: Sent) -> Result<u8, Error> {
    match sent.ending {
        Ending::NothingWritten(error) => Err(error),
        Ending::Interrupted => Ok(exit::SIGNAL),
        Ending::Stopped => Ok(exit::STOPPED),
        Ending::Complete if !plan.held_back.is_empty() => Ok(exit::HELD_BACK),
        Ending::Complete if plan.has_errors() || !sent.refused.is_empty() => Ok(exit::REJECTED),
        Ending::Complete => Ok(exit::DONE),
    }
}
