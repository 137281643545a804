//! One file for each command of spec/command-line.md, each as short as its story; and here, which
//! of them runs.
//!
//! Knows the order of things that all commands share: arguments, lock, configuration, log. What
//! ends a run is said once, here.

pub mod account;
pub mod adobe_only_file;
pub mod apply;
pub mod batches;
pub mod check;
pub mod credential;
pub mod eval;
pub mod explain;
pub mod help;
pub mod init;
pub mod plan;
pub mod session;
pub mod sync;

use std::ffi::OsString;
use std::io::Write;

use crate::cli::{Command, Invocation};
use crate::config::{self, Config, Lock, Request};
use crate::error::{Error, exit};
use crate::http::Transport;
use crate::logging;
use crate::os::files;
use crate::os::signals::Signals;
use crate::send::plan_file::Age;
use crate::show::Style;
use crate::show::plan::Extent;

/// Runs what the arguments behind the program's name ask for, and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let ended = match Invocation::parse(arguments) {
        Ok(Invocation::Print(text)) => print(&text),
        Ok(Invocation::Run(command)) => command.run(),
        Err(error) => Err(error),
    };
    ended.unwrap_or_else(|error| {
        logging::fatal(&error.to_string());
        error.exit_code()
    })
}

impl Command {
    fn run(self) -> Result<u8, Error> {
        match self {
            Command::Sync(request) => {
                let run = Run::start(&request, Locking::Exclusive)?;
                account::reported("sync", &run.config, |report| {
                    sync::run(&run.config, (&run.transport, &run.signals), report)
                })
            }
            Command::Plan {
                request,
                out,
                detailed_exit_code,
                all,
            } => {
                let run = Run::start(&request, Locking::None)?;
                let wishes = plan::Wishes {
                    out,
                    extent: if all { Extent::All } else { Extent::Folded },
                    exit_code: match detailed_exit_code {
                        true => plan::ExitCode::Detailed,
                        false => plan::ExitCode::Usual,
                    },
                };
                account::reported("plan", &run.config, |report| {
                    plan::run(&run.config, &run.transport, &wishes, report)
                })
            }
            Command::Apply {
                request,
                file,
                allow_old_plan,
            } => {
                let run = Run::start(&request, Locking::Exclusive)?;
                let age = if allow_old_plan { Age::Any } else { Age::Fresh };
                let wishes = apply::Wishes { file, age };
                account::reported("apply", &run.config, |report| {
                    apply::run(&run.config, (&run.transport, &run.signals), &wishes, report)
                })
            }
            Command::Explain { request, users } => {
                let run = Run::start(&request, Locking::None)?;
                explain::run(&run.config, &run.transport, &users)
            }
            Command::Eval { source, users } => eval::run(&source, &users),
            Command::Check(request) => check::run(&request),
            Command::Init { directory } => init::run(&directory, &mut std::io::stdout()),
            Command::Help { topic } => print(&help::text(topic.as_deref(), Style::of_stdout())?),
            Command::Credential { action, key, user } => {
                credential::run(action, (&key, &user), &mut std::io::stdout())
            }
        }
    }
}

/// Whether a command may run beside others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Locking {
    /// It writes: one at a time for each main file.
    Exclusive,
    None,
}

/// What every command that reads the configuration starts with.
struct Run {
    config: Config,
    transport: Transport,
    signals: Signals,
    /// Held until the run ends.
    _lock: Option<Lock>,
}

impl Run {
    /// Takes the lock, reads the configuration, and opens the log.
    fn start(request: &Request, locking: Locking) -> Result<Run, Error> {
        let transport = Transport::from_env()?;
        let signals = Signals::install(transport.stop().clone())
            .map_err(|error| Error::Usage(format!("signals cannot be handled: {error}")))?;
        let lock = match locking {
            Locking::Exclusive => config::lock(&request.main_file)?,
            Locking::None => None,
        };
        let config = Config::load(request)?;
        logging::open(&config.logging, &config.main_file)?;
        if locking == Locking::Exclusive && lock.is_none() {
            log::warn!(target: "main", "{}: this file system has no locks; make sure that no other run uses this configuration", config.main_file.display());
        }
        config
            .warnings
            .iter()
            .for_each(|text| log::warn!(target: "config", "{text}"));
        config
            .notes
            .iter()
            .for_each(|text| log::info!(target: "config", "{text}"));
        if let Some(report) = &config.options.report {
            // Better known now than when all is done.
            files::check_replaceable(report).map_err(|error| Error::File {
                path: report.clone(),
                problem: format!("the report cannot be written: {error}"),
            })?;
        }
        Ok(Run {
            config,
            transport,
            signals,
            _lock: lock,
        })
    }
}

/// Writes a result to standard output. A reader that has gone away is no error.
fn print(text: &str) -> Result<u8, Error> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::File {
            path: "standard output".into(),
            problem: error.to_string(),
        }),
        _ => Ok(exit::DONE),
    }
}
