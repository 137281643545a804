//! The simulator by itself: serves a world until stdin closes, or runs one
//! command against it. The world's format is in `mod.rs`.

#[path = "mod.rs"]
mod sim;

use serde_json::Value;
use std::io::{Read, Write};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: sim WORLD.json [options] [--exec COMMAND ARGS…]
       sim --generate N [options] [--exec COMMAND ARGS…]

  --generate N      N generated people; a WORLD.json beside it gives http and faults
  --dir DIR         where ca.pem goes (default: a temporary folder)
  --log FILE        append each request as one line of JSON
  --okta-port N, --umapi-port N, --token-port N   (default: any free port)
  --state FILE      write the organisations' state there at the end
  --restored        say whether all users are as they were at the start; end with 1 if not
  --exec COMMAND…   run COMMAND with SSL_CERT_FILE, OKTA_HOST, UMAPI_HOST and
                    TOKEN_HOST set, and end with its exit code

Without --exec it prints NAME=VALUE for each of these four, one a line, and
serves until stdin is closed.";

#[derive(Default)]
struct Arguments {
    setup: sim::Setup,
    state: Option<String>,
    restored: bool,
    /// The program to run, and its arguments.
    command: Option<(String, Vec<String>)>,
}

fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("sim: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let sim = sim::Sim::start_with(arguments.setup);
    let first = users(&sim);
    let code = match &arguments.command {
        Some((program, words)) => run(&sim, program, words),
        None => serve(&sim),
    };
    for violation in sim.violations() {
        eprintln!("sim: against the protocol: {violation}");
    }
    if let Some(path) = arguments.state
        && let Err(problem) = std::fs::write(&path, format!("{:#}\n", sim.state()))
    {
        eprintln!("sim: {path}: {problem}");
        return ExitCode::FAILURE;
    }
    if arguments.restored && users(&sim) != first {
        eprintln!("sim: the users are not as they were at the start");
        return ExitCode::FAILURE;
    }
    if arguments.restored {
        println!("\nsim: all users are again as they were at the start");
    }
    code
}

/// Every org's users, with their groups in one order.
fn users(sim: &sim::Sim) -> Vec<Value> {
    let state = sim.state();
    let orgs = state.as_object().into_iter().flatten();
    let users = orgs.flat_map(|(_, org)| {
        let users = org.get("users").and_then(Value::as_array);
        users.cloned().unwrap_or_default()
    });
    let sorted = |mut user: Value| {
        if let Some(groups) = user.get_mut("groups").and_then(Value::as_array_mut) {
            groups.sort_by_key(Value::to_string);
        }
        user
    };
    users.map(sorted).collect()
}

fn arguments(mut given: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut world = None;
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a value"));
        let number = |text: String| {
            text.parse::<usize>()
                .map_err(|_| format!("{text} is no number"))
        };
        let port = |text: String| {
            text.parse::<u16>()
                .map_err(|_| format!("{text} is no port"))
        };
        match argument.as_str() {
            "--generate" => arguments.setup.generate = Some(number(value()?)?),
            "--dir" => arguments.setup.dir = Some(value()?.into()),
            "--log" => arguments.setup.log = Some(value()?.into()),
            "--okta-port" => arguments.setup.ports[0] = port(value()?)?,
            "--umapi-port" => arguments.setup.ports[1] = port(value()?)?,
            "--token-port" => arguments.setup.ports[2] = port(value()?)?,
            "--state" => arguments.state = Some(value()?),
            "--restored" => arguments.restored = true,
            "--exec" => arguments.command = Some((value()?, given.by_ref().collect())),
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            path => world = Some(path.to_owned()),
        }
    }
    match world {
        Some(path) => arguments.setup.world = read(&path)?,
        None if arguments.setup.generate.is_none() => return Err("no WORLD.json".to_owned()),
        None => {}
    }
    Ok(arguments)
}

fn read(path: &str) -> Result<Value, String> {
    let text = std::fs::read(path).map_err(|problem| format!("{path}: {problem}"))?;
    serde_json::from_slice(&text).map_err(|problem| format!("{path}: {problem}"))
}

fn environment(sim: &sim::Sim) -> Vec<(String, String)> {
    let addresses = sim.addresses();
    let addresses = addresses.as_object().into_iter().flatten();
    let pairs =
        addresses.map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").to_owned()));
    pairs.collect()
}

fn serve(sim: &sim::Sim) -> ExitCode {
    let mut out = std::io::stdout();
    for (name, value) in environment(sim) {
        // If nobody listens, nobody misses the line.
        writeln!(out, "{name}={value}").ok();
    }
    out.flush().ok();
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
    ExitCode::SUCCESS
}

fn run(sim: &sim::Sim, program: &str, words: &[String]) -> ExitCode {
    let mut command = Command::new(program);
    match command.args(words).envs(environment(sim)).status() {
        // A command that a signal ended has no code.
        Ok(status) => ExitCode::from(status.code().map_or(1, |code| code as u8)),
        Err(problem) => {
            eprintln!("sim: {program}: {problem}");
            ExitCode::from(127)
        }
    }
}
