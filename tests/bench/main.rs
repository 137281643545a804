//! Measures the product: `make bench`.
//!
//! For generated tenants of several sizes it runs `user-sync plan` with all
//! rules on, with and without a hook, against the simulator in a process of
//! its own, and interleaved with it the floor: one `curl` that fetches the same
//! pages over one TLS connection a host and throws them away. It prints tables
//! and asserts nothing about absolute times: ratios come from the same round.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod floor;
mod job;
mod least;
mod measure;
mod script;
#[path = "../sim/mod.rs"]
mod sim;
mod simulator;
mod size;
mod table;
mod tenant;
mod waves;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: bench --binary PATH [--runs N] [--waves] [SIZE…]

  --binary PATH   the user-sync to measure
  --runs N        rounds a size (default: by size, 15 down to 3)
  --waves         only the table of requests and minutes for waves of changes
  SIZE…           people in the generated tenants (default: 1000 10000 100000)";

const USUAL_SIZES: [usize; 3] = [1_000, 10_000, 100_000];

struct Arguments {
    binary: PathBuf,
    runs: Option<usize>,
    only_waves: bool,
    sizes: Vec<usize>,
}

fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("bench: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match bench(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> Result<(), String> {
    if arguments.only_waves {
        println!("{}", waves::table(&arguments.binary)?);
        return Ok(());
    }
    println!("{}", size::table(&arguments.binary)?);
    for missing in [floor::missing(), measure::missing()] {
        missing.inspect(|text| println!("{text}"));
    }
    let mut measured = Vec::new();
    for people in &arguments.sizes {
        let runs = arguments.runs.unwrap_or_else(|| usual_runs(*people));
        eprintln!("bench: {people} people, {runs} rounds");
        measured.push(tenant::measure(&arguments.binary, *people, runs)?);
    }
    println!("\n{}", table::times(&measured));
    println!("{}", table::per_user(&measured));
    println!("{}", table::requests(&measured));
    println!("{}", table::recordings(&measured));
    println!("{}", scripts());
    println!("{}", waves::table(&arguments.binary)?);
    Ok(())
}

/// What a filter and a hook cost, beside the same in Python.
fn scripts() -> String {
    let line = |name: &str, cost: &script::Cost| {
        let (filter, hook) = (cost.filter / 1000.0, cost.hook / 1000.0);
        format!("  {name:<10} {filter:>14.3} {hook:>14.3}\n")
    };
    let mut text = String::from("us a user     default filter  ten-line hook\n");
    text += &line("user-sync", &script::here());
    text += &match script::in_python() {
        Some(cost) => line("python3", &cost),
        None => "  python3    not there\n".to_owned(),
    };
    text
}

fn usual_runs(people: usize) -> usize {
    match people {
        0..=20_000 => 15,
        20_001..=200_000 => 7,
        _ => 3,
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut binary = None;
    let mut runs = None;
    let mut only_waves = false;
    let mut sizes = Vec::new();
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--binary" => binary = Some(PathBuf::from(value()?)),
            "--runs" => runs = Some(number(&value()?)?.max(1)),
            "--waves" => only_waves = true,
            size => sizes.push(number(size)?),
        }
    }
    if sizes.is_empty() {
        sizes = USUAL_SIZES.to_vec();
    }
    let binary = binary.ok_or("--binary is missing")?;
    // The job runs in a folder of its own.
    let binary = std::fs::canonicalize(&binary)
        .map_err(|problem| format!("{}: {problem}", binary.display()))?;
    Ok(Arguments {
        binary,
        runs,
        only_waves,
        sizes,
    })
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
