//! `check`: everything that would stop or surprise a run, found in one go
//! (manual/commands.md#check).
//!
//! Each check goes on where the one before failed, as far as it can. Writes nothing anywhere but a
//! recording, not even to the log file.

mod requests;
mod rules;
mod servers;

use crate::cli::Arguments;
use crate::commands::{account, recording};
use crate::config::{Config, Request, Scope};
use crate::error::{Error, exit};
use crate::http::Transport;
use crate::logging;
use crate::os::signals::Signals;
use crate::os::terminal::{self, Stream};
use crate::show::checks::{Findings, Level};
use crate::show::{self, Style};

/// Runs `check`. The exit code is 1 if anything fails.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let request = Request::read(arguments, Scope::Run)?;
    terminal::choose_colours(request.console.color);
    let mut findings = Findings::default();
    let mut tell = |wrong: Vec<Error>| {
        for problem in wrong {
            findings.fail("configuration", problem.to_string());
        }
    };
    let transport = Transport::from_env();
    let stop = transport.as_ref().map(Transport::stop).ok();
    let stop = stop.cloned().unwrap_or_default();
    let _signals = Signals::install(stop.clone())?;
    let read = Config::load_in_part(&request, &stop);
    stop.look_away()?;
    let json = match read {
        Ok((mut config, wrong)) => {
            // Of a file with something wrong nothing good is said.
            config
                .files
                .retain(|file| !wrong.iter().any(|error| error.is_about(file)));
            tell(wrong);
            config.logging.file = None;
            terminal::choose_colours(config.console.color);
            logging::open(&config.logging, &config.main_file, Stream::Stderr)?;
            check(&config, transport, &mut findings)?;
            config.output.json
        }
        Err(error) => {
            tell(error.each());
            request.output.json
        }
    };
    if json {
        show::print(&findings.json())?
    } else {
        let mut style = Style::of_stdout();
        if !Stream::Stdout.is_terminal() {
            // For `grep` and the like.
            style.width = usize::MAX;
        }
        show::print(&findings.text(style))?
    }
    Ok(match findings.count(Level::Fail) {
        0 => exit::DONE,
        _ => exit::FAILED,
    })
}

fn check(
    config: &Config,
    transport: Result<Transport, Error>,
    findings: &mut Findings,
) -> Result<(), Error> {
    rules::check(config, findings);
    match transport {
        Ok(transport) => {
            account::check_files(config, &[], &[])?;
            recording::replay(config, &transport)?;
            servers::check(config, &transport, findings)?;
            // Half of the checks would tell nothing but the signal.
            transport.stop().look_away()?;
            transport.tape().finish()?;
        }
        Err(error) => findings.fail("connections", error.to_string()),
    }
    Ok(())
}
