//! `sync`: reads both sides and writes the difference (manual/commands.md#sync).
//!
//! One run from start to end. Nothing is written before everything is read.

use crate::cli::Arguments;
use crate::commands::account::{self, Books, Setup};
use crate::commands::session::Session;
use crate::commands::writing::{self, Writing};
use crate::commands::{Locking, Run, adobe_only_file, planning};
use crate::config::{AdobeOnlyUserAction, Config, Scope};
use crate::error::Error;
use crate::plan::Plan;
use crate::show::summary::Shape;

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let setup = Setup {
        scope: Scope::Run,
        locking: Locking::Exclusive,
        reads: Vec::new(),
        writes: Vec::new(),
    };
    account::reported(arguments, &setup, synchronize)
}

/// Reads, plans and sends; the exit code says what came of it.
fn synchronize(run: &Run, books: &mut Books) -> Result<u8, Error> {
    let config = &run.config;
    let mut session = Session::open(config, &run.transport)?;
    let planned = planning::build_plan(&mut session);
    account::add_session(&mut books.report, &session);
    let plan = planned?;
    run.transport.tape().finish()?;
    account::add_plan(&mut books.report, config, &plan);
    planning::tell(config, &plan);
    write_adobe_only_file(config, &plan)?;
    let writing = Writing {
        entries: &planning::entries(&plan),
        left_out: &[],
        terms: planning::terms(&planning::orgs(config, &plan)),
        journal: None,
    };
    let sent = writing.run(run, &mut session.orgs, books)?;
    let shape = Shape::of_config(config, writing::summary_mode(config));
    writing::summarize(config, &shape, &plan.counts, &sent);
    writing::exit_code(sent, !plan.held_back.is_empty(), plan.has_errors())
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
