//! `sync`: reads both sides and writes the difference (manual/commands.md#sync).
//!
//! One run from start to end. Nothing is written before everything is read.

use crate::cli::Arguments;
use crate::commands::account::{self, Books, Terms};
use crate::commands::adobe_only_file;
use crate::commands::batches;
use crate::commands::session::{self, Session};
use crate::commands::writing::{self, Writing};
use crate::commands::{Locking, Run};
use crate::config::{AdobeOnlyUserAction, Config, Scope};
use crate::error::Error;
use crate::model::sentence;
use crate::plan::{self, Plan, org_name};
use crate::send::Entry;
use crate::show::summary::Shape;

/// So many people who are held back are told by name.
const HELD_TOLD: usize = 50;

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
    run.transport.tape().finish()?;
    account::add_plan(&mut books.report, config, &plan);
    tell(config, &plan);
    write_adobe_only_file(config, &plan)?;
    let writing = Writing {
        entries: &entries(&plan),
        left_out: &[],
        terms: batches::terms(config, &plan),
        journal: None,
    };
    let sent = writing.run(run, &mut session.orgs, books)?;
    let shape = Shape::of_config(config, writing::summary_mode(config));
    writing::summarize(config, &shape, &plan.counts, &sent);
    writing::exit_code(sent, !plan.held_back.is_empty(), plan.has_errors())
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
    let read_again = session.read_namesakes(&orgs)?;
    let desired = match &read_again {
        Some(read) => session.desired(read)?,
        None => desired,
    };
    let mut plan = session.work_out(|texts| plan::build(config, &desired, &orgs, texts))?;
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
