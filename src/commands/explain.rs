//! `explain`: what would happen to these users, and why (manual/commands.md#explain).
//!
//! Reads both sides as `plan` does and asks the planner's own explainer. Writes nothing anywhere.

mod teller;

use argh::{ArgsInfo, FromArgs};

use crate::cli::Arguments;
use crate::commands::account;
use crate::commands::session::Session;
use crate::commands::{Locking, Run, sync};
use crate::config::{Config, OnlyOptions, Request, Scope};
use crate::error::{Error, exit};
use crate::http::Transport;
use crate::plan;
use crate::plan::explain::Explainer;
use crate::show::explain::Answer;
use crate::show::{self, Style};
use teller::Teller;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct ExplainOptions {
    /// e-mail address, username or Okta login
    #[argh(positional, arg_name = "USER")]
    users: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let ExplainOptions { mut users } = arguments.read()?;
    let OnlyOptions { only } = arguments.read()?;
    if users.is_empty() && only.is_empty() {
        return Err(Error::Usage(
            "explain needs at least one USER: an e-mail address, username or Okta login".to_owned(),
        ));
    }
    let mut run = Run::start(&Request::read(arguments, Scope::Run)?, Locking::None)?;
    if let Some(only) = &mut run.config.only {
        // Whoever is to be explained is to be read.
        only.add(&users)?;
        users.clone_from(&only.names);
    }
    account::check_files(&run.config, &[], &[])?;
    explain(&run.config, &run.transport, &users)
}

fn explain(config: &Config, transport: &Transport, users: &[String]) -> Result<u8, Error> {
    let mut session = Session::open(config, transport)?;
    session.watch().look_for(users);
    let listed = sync::listed_plan(&mut session)?;
    let read = session.read_directory()?;
    let desired = session.desired(&read)?;
    let orgs = match listed {
        Some(_) => Vec::new(),
        None => session.read_adobe(&desired)?,
    };
    let read_again = session.read_namesakes(&orgs)?;
    let desired = match &read_again {
        Some(read) => session.desired(read)?,
        None => desired,
    };
    let plan = match listed {
        Some(listed) => listed,
        None => plan::build(config, &desired, &orgs, &mut session.texts),
    };
    let seen = std::mem::take(&mut session.watch().seen);
    let explainer = Explainer::new(config, &desired, &orgs, (&plan, &mut session.texts));
    let mut teller = Teller {
        config,
        desired: &desired,
        plan: &plan,
        explainer: &explainer,
        seen,
    };
    let mut answers = Vec::with_capacity(users.len());
    for user in users {
        answers.push(teller.answer(user, &mut session));
        transport.stop().go_on()?;
    }
    transport.tape().finish()?;
    print(config, &answers)?;
    Ok(exit::DONE)
}

fn print(config: &Config, answers: &[Answer]) -> Result<(), Error> {
    if config.output.json {
        return show::print_with(|out| {
            for answer in answers {
                serde_json::to_writer(&mut *out, answer)?;
                writeln!(out)?;
            }
            Ok(())
        });
    }
    let style = Style::of_stdout();
    let texts: Vec<String> = answers
        .iter()
        .map(|answer| show::explain::text(answer, style))
        .collect();
    show::print(&texts.join("\n"))
}
