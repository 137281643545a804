//! One file for each command of manual/commands.md, each as short as its story; and here, which
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
pub mod generate;
pub mod help;
pub mod history;
pub mod init;
pub mod plan;
pub mod recording;
pub mod session;
pub mod show;
pub mod sync;
pub mod undo;
mod writing;

use std::ffi::OsString;

use argh::ArgsInfo;

use crate::cli::{self, Command, Invocation};
use crate::config::{
    self, Config, ConsentOptions, ConsoleOptions, FileOptions, Logging, OnlyOptions, OutputOptions,
    RecordOptions, ReplayOptions, Request, RunOptions,
};
use crate::error::{Error, exit};
use crate::http::Transport;
use crate::logging;
use crate::os::clock;
use crate::os::files;
use crate::os::lock::Lock;
use crate::os::signals::{self, Signals};
use crate::os::terminal::{self, Stream};

/// Every command. The first one is meant where none is named.
pub static COMMANDS: [Command; 13] = [
    Command {
        name: "sync",
        usage: "[sync] [options]",
        summary: "read both sides, write the difference (the default command)",
        options: &[
            RunOptions::get_args_info,
            OnlyOptions::get_args_info,
            ConsentOptions::get_args_info,
            OutputOptions::get_args_info,
            ConsoleOptions::get_args_info,
            RecordOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: sync::run,
    },
    Command {
        name: "plan",
        usage: "plan [options]",
        summary: "read both sides, show the difference, write nothing",
        options: &[
            plan::PlanOptions::get_args_info,
            RunOptions::get_args_info,
            OnlyOptions::get_args_info,
            ConsentOptions::get_args_info,
            OutputOptions::get_args_info,
            ConsoleOptions::get_args_info,
            RecordOptions::get_args_info,
            ReplayOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: plan::run,
    },
    Command {
        name: "apply",
        usage: "apply FILE [-t]",
        summary: "write a plan that `plan --out FILE` saved",
        options: &[
            apply::ApplyOptions::get_args_info,
            OutputOptions::get_args_info,
            ConsoleOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: apply::run,
    },
    Command {
        name: "explain",
        usage: "explain USER… [options]",
        summary: "say what would happen to these users, and why",
        options: &[
            explain::ExplainOptions::get_args_info,
            RunOptions::get_args_info,
            OnlyOptions::get_args_info,
            ConsentOptions::get_args_info,
            OutputOptions::get_args_info,
            ConsoleOptions::get_args_info,
            RecordOptions::get_args_info,
            ReplayOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: explain::run,
    },
    Command {
        name: "show",
        usage: "show PLAN [--all] [--json]",
        summary: "print a saved plan as `plan` would",
        options: &[show::ShowOptions::get_args_info],
        run: show::run,
    },
    Command {
        name: "history",
        usage: "history [USER…] [options]",
        summary: "say what was done to these users, when and why",
        options: &[
            history::HistoryOptions::get_args_info,
            ConsoleOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: history::run,
    },
    Command {
        name: "undo",
        usage: "undo RUN --out PLAN [options]",
        summary: "make a plan that takes a run back",
        options: &[
            undo::UndoOptions::get_args_info,
            ConsoleOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: undo::run,
    },
    Command {
        name: "check",
        usage: "check [options]",
        summary: "check configuration, credentials, connections, groups",
        options: &[
            RunOptions::get_args_info,
            ConsentOptions::get_args_info,
            OutputOptions::get_args_info,
            ConsoleOptions::get_args_info,
            RecordOptions::get_args_info,
            ReplayOptions::get_args_info,
            FileOptions::get_args_info,
        ],
        run: check::run,
    },
    Command {
        name: "init",
        usage: "init [--directory DIR]",
        summary: "write commented example configuration files",
        options: &[init::InitOptions::get_args_info],
        run: init::run,
    },
    Command {
        name: "eval",
        usage: "eval --filter EXPR | --hook FILE  --user FILE",
        summary: "try a filter or a hook offline",
        options: &[eval::EvalOptions::get_args_info],
        run: eval::run,
    },
    Command {
        name: "credential",
        usage: "credential set|get|delete KEY USER",
        summary: "manage secrets in the OS keyring",
        options: &[credential::CredentialOptions::get_args_info],
        run: credential::run,
    },
    Command {
        name: "generate",
        usage: "generate man|bash|zsh|fish",
        summary: "print the man page, or completions for a shell",
        options: &[generate::GenerateOptions::get_args_info],
        run: generate::run,
    },
    Command {
        name: "help",
        usage: "help [TOPIC]",
        summary: "the manual, offline, of this very version",
        options: &[help::HelpOptions::get_args_info],
        run: help::run,
    },
];

/// Runs what the arguments behind the program's name ask for, and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let prepared = signals::survive_file_limit().and_then(|()| clock::read_time_zone());
    let invocation = prepared.and_then(|()| Invocation::parse(arguments.clone(), &COMMANDS));
    let ended = match invocation {
        Ok(Invocation::Help(command)) => print(&cli::help(command, &COMMANDS)),
        Ok(Invocation::Version) => print(VERSION),
        Ok(Invocation::Run(arguments)) => (arguments.command.run)(&arguments),
        Err(error) => {
            account::report_usage(&arguments, &error);
            Err(error)
        }
    };
    let code = ended.unwrap_or_else(|error| {
        logging::fatal(&error.to_string());
        error.exit_code()
    });
    logging::end_run();
    code
}

/// Of what this very file was made; from `build.rs`.
const VERSION: &str = concat!(
    "user-sync ",
    env!("CARGO_PKG_VERSION"),
    "\ncommit:   ",
    env!("USER_SYNC_COMMIT"),
    "\ntarget:   ",
    env!("USER_SYNC_TARGET"),
    "\ncompiler: ",
    env!("USER_SYNC_COMPILER"),
    "\n"
);

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
    /// Held until the run ends; a run that only reads has none.
    lock: Option<Lock>,
}

impl Run {
    /// Takes the lock, reads the configuration, and opens the log.
    fn start(request: &Request, locking: Locking) -> Result<Run, Error> {
        terminal::choose_colours(request.console.color);
        let transport = Transport::from_env()?;
        let signals = Signals::install(transport.stop().clone())?;
        let lock = match locking {
            Locking::Exclusive => Some(config::lock(&request.main_file)?),
            Locking::None => None,
        };
        let config = Config::load(request, transport.stop());
        // A signal meanwhile is why a question to the keyring has no answer.
        transport.stop().look_away()?;
        let config = config?;
        terminal::choose_colours(config.console.color);
        open_log(&config, locking)?;
        recording::replay(&config, &transport)?;
        if locking == Locking::Exclusive {
            logging::begin_run(&request.command_line);
        }
        if lock.as_ref().is_some_and(|lock| !lock.is_held()) {
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
        let (report, metrics) = (&config.output.report, &config.output.metrics);
        for (file, what) in [(report, "report"), (metrics, "metrics")] {
            let Some(file) = file else { continue };
            // Better known now than when all is done.
            files::check_replaceable(file).map_err(|error| {
                Error::file(file, format!("the {what} cannot be written: {error}"))
            })?;
        }
        Ok(Run {
            config,
            transport,
            signals,
            lock,
        })
    }
}

/// Opens the log. A command that only reads goes on without the file.
fn open_log(config: &Config, locking: Locking) -> Result<(), Error> {
    // As with the User Sync Tool the console log of what writes is the output.
    let stream = if locking == Locking::Exclusive && !config.output.json {
        Stream::Stdout
    } else {
        Stream::Stderr
    };
    let opened = logging::open(&config.logging, &config.main_file, stream);
    match (opened, locking) {
        (Err(error @ Error::File { .. }), Locking::None) => {
            let console = Logging {
                file: None,
                ..config.logging.clone()
            };
            logging::open(&console, &config.main_file, stream)?;
            log::warn!(target: "main", "{error}; it goes on without");
            Ok(())
        }
        (opened, _) => opened,
    }
}

/// Prints what a command is asked for; nothing can go wrong with it but standard output.
fn print(text: &str) -> Result<u8, Error> {
    crate::show::print(text)?;
    Ok(exit::DONE)
}
