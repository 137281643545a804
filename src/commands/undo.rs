//! `undo`: makes a plan that takes a run back, from the change log (manual/records.md#undo).
//!
//! No network. The plan is looked at and sent like any other.

use std::collections::HashSet;
use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};
use jiff::Timestamp;

use crate::cli::Arguments;
use crate::commands::{Locking, Run, history, plan, planning};
use crate::config::{Config, Request, Scope};
use crate::error::{Error, exit};
use crate::plan::undo::{self, RunOnRecord};
use crate::send::change_log::{RunSummary, changes_of_run, runs};
use crate::show::plan::Extent;
use crate::show::{self, Style, change};
use crate::text::Texts;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct UndoOptions {
    /// a run as `user-sync history` names it, or last
    #[argh(positional, arg_name = "RUN")]
    run: String,

    /// save the plan to this file
    #[argh(option, arg_name = "FILE")]
    out: PathBuf,

    /// look into this file (default: logging.change_log)
    #[argh(option, arg_name = "FILE")]
    change_log: Option<PathBuf>,
}

/// Runs `undo`; the exit code says whether a limit held something back.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let options: UndoOptions = arguments.read()?;
    let request = Request::read(arguments, Scope::OrgsOnly)?;
    let run = Run::start(&request, Locking::None)?;
    let config = &run.config;
    let log = history::change_log(config, options.change_log.as_deref())?;
    let log = log.ok_or_else(|| Error::Usage("nothing is on record yet".to_owned()))?;
    let runs = runs(&log)?;
    let wanted = find(config, &runs, &options.run)?;
    let tests = runs.iter().filter(|run| run.start.test_mode);
    let tests: HashSet<&str> = tests.map(|run| run.id.as_str()).collect();
    let mut texts = Texts::default();
    let found = changes_of_run(&log, &wanted.id, &tests, &mut texts)?;
    let record = RunOnRecord {
        changes: &found.run,
        later: &found.later,
        counts: &change::counts_of_json(&wanted.start.counts),
    };
    let undo = undo::build(config, record, &mut texts);
    planning::tell(config, &undo.plan);
    plan::save(config, &undo.plan, &options.out, Timestamp::now())?;
    let style = Style::of_stdout();
    let mut text = format!("Takes back the run {}.\n\n", wanted.id);
    if wanted.start.test_mode {
        text.push_str("It was in test mode: nothing was changed.\n");
    }
    text.push_str(&show::plan::text(
        &undo.plan,
        &planning::orgs(config, &undo.plan),
        style,
        Extent::Folded,
    ));
    text.push_str(&show::undo::remarks("Left out", &undo.left_out, style));
    text.push_str(&show::undo::remarks(
        "Does not come back",
        &undo.lost,
        style,
    ));
    show::print(&text)?;
    Ok(if undo.plan.held_back.is_empty() {
        exit::DONE
    } else {
        exit::HELD_BACK
    })
}

/// The run that is meant. `last`: the last live one of these orgs that sent something.
fn find<'r>(
    config: &Config,
    runs: &'r [RunSummary],
    wanted: &str,
) -> Result<&'r RunSummary, Error> {
    let of_these_orgs = |run: &RunSummary| {
        let mut orgs = run.start.orgs.iter();
        orgs.any(|org| config.orgs.iter().any(|known| known.org_id == org.org_id))
    };
    let is_wanted = |run: &&RunSummary| {
        if wanted == "last" {
            of_these_orgs(run) && !run.start.test_mode && run.commands() > 0
        } else {
            run.id == wanted
        }
    };
    runs.iter().rfind(is_wanted).ok_or_else(|| {
        Error::Usage(format!(
            "the change log knows no such run: {wanted}; `user-sync history` lists them"
        ))
    })
}
