//! `plan`: reads both sides and shows the difference; writes nothing to either
//! (manual/commands.md#plan).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};
use serde_json::{Value, json};

use crate::adobe;
use crate::cli::Arguments;
use crate::commands::account::{self, Terms};
use crate::commands::batches;
use crate::commands::session::Session;
use crate::commands::{Locking, Run, sync};
use crate::config::{Config, Scope, Strategy};
use crate::error::{Error, exit};
use crate::model::OrgId;
use crate::model::notice::{Level, Notice};
use crate::plan::{Change, Kind, Plan};
use crate::send::change_json::ReasonJson;
use crate::send::forecast::{Forecast, forecast};
use crate::send::plan_file::{self, Header, Line, Org, SummaryWords};
use crate::send::request_id;
use crate::show::plan::Extent;
use crate::show::report::Report;
use crate::show::summary::{self, Shape};
use crate::show::{self, Style, change};

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct PlanOptions {
    /// save the plan to this file, for apply
    #[argh(option, arg_name = "FILE")]
    out: Option<PathBuf>,

    /// exit with code 10 when there is something to do
    #[argh(switch)]
    detailed_exit_code: bool,

    /// show long lists whole
    #[argh(switch)]
    all: bool,
}

/// Runs `plan`.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let options: PlanOptions = arguments.read()?;
    let terms = Terms {
        scope: Scope::Run,
        locking: Locking::None,
        reads: Vec::new(),
        writes: options.out.iter().cloned().collect(),
    };
    account::reported(arguments, &terms, |run, books| {
        make(run, &options, &mut books.report)
    })
}

/// Reads, plans and shows; the exit code says what came of it.
fn make(run: &Run, options: &PlanOptions, report: &mut Report) -> Result<u8, Error> {
    let config = &run.config;
    let mut session = Session::open(config, &run.transport)?;
    let planned = sync::build_plan(&mut session);
    account::add_session(report, &session);
    let plan = planned?;
    account::add_plan(report, config, &plan);
    sync::tell(&plan);
    let entries = sync::entries(&plan);
    let forecasts = forecast(&entries, &[], &batches::terms(config, &plan));
    account::add_forecast(report, &forecasts);
    if let Some(path) = &options.out {
        save(config, &plan, path)?;
    }
    match config.output.json {
        true => show::print_with(|out| write_json(config, (&plan, &forecasts), out))?,
        false => {
            let style = Style::of_stdout();
            let extent = if options.all {
                Extent::All
            } else {
                Extent::Folded
            };
            let text = show::plan::text(&plan, &config.orgs, style, extent);
            let totals = show::plan::totals(&plan, &forecasts, &config.orgs, style);
            show::print(&(text + &totals))?;
        }
    }
    // Last, so that the totals do not scroll away.
    for line in summary::lines(
        &Shape::of_config(config, summary::Mode::Plan),
        &plan.counts,
        &[],
    ) {
        log::info!(target: "processor", "{line}");
    }
    Ok(exit_code(&plan, options))
}

/// What was held back comes first, then what failed, then that there is something to do.
fn exit_code(plan: &Plan, options: &PlanOptions) -> u8 {
    if !plan.held_back.is_empty() {
        return exit::HELD_BACK;
    }
    if plan.has_errors() {
        return exit::REJECTED;
    }
    if options.detailed_exit_code && !plan.is_empty() {
        exit::CHANGES
    } else {
        exit::DONE
    }
}

/// Saves a plan for `apply`.
pub fn save(config: &Config, plan: &Plan, path: &Path) -> Result<(), Error> {
    let of_org = |(place, org): (u16, &crate::config::OrgConfig)| Org {
        name: org.name.clone(),
        org_id: org.org_id.clone(),
        user_groups: user_groups(plan, OrgId(place)),
    };
    let shape = Shape::of_config(config, summary::Mode::Plan);
    let strategy = match shape.strategy {
        Strategy::Sync => "sync",
        Strategy::Push => "push",
    };
    let header = Header {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        time: jiff::Timestamp::now(),
        orgs: (0..).zip(&config.orgs).map(of_org).collect(),
        config_sha256: config.digest.clone(),
        config_files: config
            .files
            .iter()
            .map(|file| beside(config, file))
            .collect(),
        counts: change::counts_json(&plan.counts),
        held_back: plan
            .held_back
            .iter()
            .map(|held| held.text.clone())
            .collect(),
        summary: SummaryWords {
            strategy: strategy.to_owned(),
            adobe_only: shape.adobe_only.map(str::to_owned),
        },
    };
    let lines = change::in_sending_order(plan).map(|(org, change)| Line {
        org_id: org_id(config, org),
        change,
    });
    plan_file::write(path, header, lines)?;
    log::info!(target: "processor", "the plan is saved in {}", path.display());
    Ok(())
}

fn user_groups(plan: &Plan, org: OrgId) -> Vec<String> {
    let of_org = plan.user_groups.iter().filter(|(own, _)| *own == org);
    of_org
        .flat_map(|(_, groups)| groups)
        .map(|group| (*group).to_owned())
        .collect()
}

/// A configuration file by its path from the folder of the main file.
fn beside(config: &Config, file: &Path) -> PathBuf {
    let folder = config.main_file.parent();
    let short = folder.and_then(|folder| file.strip_prefix(folder).ok());
    short.unwrap_or(file).to_owned()
}

fn org_id(config: &Config, org: OrgId) -> &str {
    let org = config.orgs.get(usize::from(org.0));
    org.map_or("", |org| org.org_id.as_str())
}

/// The plan as one JSON object, one change a line.
fn write_json(
    config: &Config,
    (plan, forecasts): (&Plan, &[Forecast]),
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{{\"orgs\": [")?;
    let mut number = 0;
    for (place, planned) in plan.orgs.iter().enumerate() {
        let org = config.orgs.get(usize::from(planned.org.0));
        let name = org.and_then(|org| org.name.as_deref());
        let comma = if place == 0 { "" } else { ",\n" };
        let (name, id) = (json!(name), json!(org_id(config, planned.org)));
        write!(
            out,
            "{comma}{{\"name\": {name}, \"org_id\": {id}, \"changes\": ["
        )?;
        let changes: Vec<&Change> = planned
            .group_changes
            .iter()
            .chain(&planned.changes)
            .collect();
        let mut comma = "\n";
        for person in changes.chunk_by(|_, next| next.reason.kind == Kind::Continued) {
            write!(out, "{comma}{}", person_json(person, &mut number)?)?;
            comma = ",\n";
        }
        let forecast = forecasts.iter().find(|one| one.org == planned.org);
        let forecast = json!(forecast.map(Forecast::json));
        write!(out, "], \"forecast\": {forecast}}}")?;
    }
    let held_back: Vec<Value> = plan.held_back.iter().map(change::held_back_json).collect();
    let notices: Vec<Value> = plan.notices.iter().filter_map(notice_json).collect();
    let counts = change::counts_json(&plan.counts);
    write!(out, "],\n\"held_back\": {},\n", Value::from(held_back))?;
    let left_alone = account::namesakes(config, plan);
    writeln!(out, "\"left_alone\": {},", Value::from(left_alone))?;
    writeln!(out, "\"notices\": {},", Value::from(notices))?;
    writeln!(out, "\"counts\": {}}}", Value::from(counts))
}

/// All commands of one user with the reason. `number` counts the commands of the plan.
fn person_json(commands: &[&Change], number: &mut usize) -> io::Result<Value> {
    let Some(first) = commands.first() else {
        return Ok(Value::Null);
    };
    let mut json = serde_json::to_value(ReasonJson::of(&first.reason))?;
    let mut list = Vec::with_capacity(commands.len());
    for change in commands {
        list.push(serde_json::to_value(adobe::Entry {
            request_id: &request_id(*number),
            command: &change.command,
        })?);
        *number += 1;
    }
    if let Some(json) = json.as_object_mut() {
        json.insert("commands".to_owned(), list.into());
    }
    Ok(json)
}

fn notice_json(notice: &Notice) -> Option<Value> {
    let level = match notice.level {
        Level::Critical => "critical",
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Debug => return None,
    };
    Some(json!({"level": level, "text": notice.text}))
}
