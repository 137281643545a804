//! `history`: what was done to whom, when and why, from the change log (manual/records.md#history).
//!
//! No network.

use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::cli::Arguments;
use crate::commands::{Locking, Run};
use crate::config::{Config, Request, Scope};
use crate::error::{Error, exit};
use crate::os::clock;
use crate::send::change_log::{history_of, runs};
use crate::show::{self, history as shown};
use crate::text::Texts;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct HistoryOptions {
    /// people, by any of their names; without: all runs
    #[argh(positional, arg_name = "USER")]
    users: Vec<String>,

    /// only what was done from this day on, YYYY-MM-DD
    #[argh(option, arg_name = "DATE", from_str_fn(midnight))]
    since: Option<Timestamp>,

    /// look into this file (default: logging.change_log)
    #[argh(option, arg_name = "FILE")]
    change_log: Option<PathBuf>,

    /// write JSON
    #[argh(switch)]
    json: bool,
}

fn midnight(date: &str) -> Result<Timestamp, String> {
    let no_day = |_| format!("\"{date}\" is no day; write 2026-11-23");
    let day = Date::strptime("%Y-%m-%d", date).map_err(no_day)?;
    let start = day.to_zoned(clock::time_zone()).map_err(no_day)?;
    Ok(start.timestamp())
}

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let options: HistoryOptions = arguments.read()?;
    let request = Request::read(arguments, Scope::OrgsOnly)?;
    let run = Run::start(&request, Locking::None)?;
    let since = options.since.unwrap_or(Timestamp::MIN);
    let Some(log) = change_log(&run.config, options.change_log.as_deref())? else {
        log::info!(target: "changes", "nothing is on record yet");
        return Ok(exit::DONE);
    };
    let lines: Vec<(String, Value)> = if options.users.is_empty() {
        let runs = runs(&log)?.into_iter().filter(|run| run.time >= since);
        runs.map(|run| (shown::run(&run), shown::run_json(&run)))
            .collect()
    } else {
        let entries = history_of(&log, &options.users, &mut Texts::default())?;
        let entries = entries.into_iter().filter(|entry| entry.time >= since);
        entries
            .map(|entry| (shown::entry(&entry), shown::entry_json(&entry)))
            .collect()
    };
    let text = |(text, json): &(String, Value)| {
        if options.json {
            format!("{json}\n")
        } else {
            format!("{text}\n")
        }
    };
    if lines.is_empty() {
        log::info!(target: "changes", "{}: nothing of that is on record", log.display());
    }
    show::print(&lines.iter().map(text).collect::<String>())?;
    Ok(exit::DONE)
}

/// The change log to look into; `None`: the configured one is not there yet. Errors: none is
/// configured.
pub fn change_log(config: &Config, given: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    let configured = config.logging.change_log.as_deref();
    match (given, configured) {
        (Some(given), _) => Ok(Some(given.to_owned())),
        (None, Some(configured)) => Ok(configured.exists().then(|| configured.to_owned())),
        (None, None) => Err(Error::config(
            &config.main_file,
            "no change log is configured: set logging.change_log, or name one with --change-log",
        )),
    }
}
