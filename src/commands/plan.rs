//! `plan`: reads both sides and shows the difference; writes nothing to either
//! (manual/commands.md#plan).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::adobe::CommandEntry;
use crate::cli::Arguments;
use crate::commands::account::{self, Terms};
use crate::commands::batches;
use crate::commands::session::Session;
use crate::commands::{Locking, Run, sync};
use crate::config::{Config, OrgConfig, Scope, Strategy};
use crate::error::{Error, exit};
use crate::model::OrgId;
use crate::model::notice::{Level, Notice};
use crate::plan::{Change, Held, HeldRule, Kind, Plan};
use crate::send::change_json::ReasonJson;
use crate::send::forecast::{self, Forecast, forecast};
use crate::send::plan_file::{self, Header, HeldBackText, LeftAlone, Line, Org, SummaryWords};
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
    run.transport.tape().finish()?;
    account::add_plan(report, config, &plan);
    sync::tell(config, &plan);
    let entries = sync::entries(&plan);
    let forecasts = forecast(&entries, &[], &batches::terms(config, &plan));
    account::add_forecast(report, &forecasts);
    let orgs = orgs(config, &plan);
    if let Some(path) = &options.out {
        // What is recorded or replayed has been read at one time, and so two plans of it are equal.
        let time = run.transport.tape().time();
        save(config, &plan, path, time.unwrap_or_else(Timestamp::now))?;
    }
    if config.output.json {
        show::print_with(|out| write_json(&orgs, (&plan, &forecasts), out))?
    } else {
        let style = Style::of_stdout();
        let extent = if options.all {
            Extent::All
        } else {
            Extent::Folded
        };
        let text = show::plan::text(&plan, &orgs, style, extent);
        let totals = show::plan::totals(&plan, &forecasts, &orgs, style);
        show::print(&(text + &totals))?;
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

/// The configured orgs as plans name them.
pub fn orgs(config: &Config, plan: &Plan) -> Vec<Org> {
    let terms = batches::terms(config, plan);
    let of_org = |((id, org), terms): ((OrgId, &OrgConfig), forecast::Terms)| Org {
        name: org.name.clone(),
        org_id: org.org_id.clone(),
        user_groups: user_groups(plan, id),
        actions_per_minute: terms.per_minute,
    };
    let orgs = config.org_ids().zip(&config.orgs);
    orgs.zip(terms).map(of_org).collect()
}

/// Saves a plan for `apply`. `time` is when that was read which it comes from.
pub fn save(config: &Config, plan: &Plan, path: &Path, time: Timestamp) -> Result<(), Error> {
    let shape = Shape::of_config(config, summary::Mode::Plan);
    let strategy = match shape.strategy {
        Strategy::Sync => "sync",
        Strategy::Push => "push",
    };
    let header = Header {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        time,
        orgs: orgs(config, plan),
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
            .map(|held| HeldBackText {
                by: held.by.word().to_owned(),
                text: held.text.clone(),
            })
            .collect(),
        left_alone: plan
            .namesakes
            .iter()
            .map(|namesake| LeftAlone {
                org_id: org_id(config, namesake.org).to_owned(),
                person: namesake.person.to_owned(),
                name: namesake.name.to_owned(),
                directory_user: namesake.login.to_owned(),
            })
            .collect(),
        summary: SummaryWords {
            strategy: strategy.to_owned(),
            adobe_only: shape.adobe_only.map(str::to_owned),
        },
    };
    // What is held back stands behind what is sent to the same org.
    let lines = plan.orgs.iter().flat_map(|org| {
        let sent = org.all_changes().map(|change| (change, &[][..]));
        let held = org.held.iter();
        let held = held.map(|held| (&held.change, held.rules.as_slice()));
        sent.chain(held).map(|(change, held)| Line {
            org_id: org_id(config, org.org),
            change,
            held,
        })
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
    config.org(org).map_or("", |org| org.org_id.as_str())
}

/// The plan as one JSON object, one person a line. `orgs` are those that [`OrgId`]s count.
pub fn write_json(
    orgs: &[Org],
    (plan, forecasts): (&Plan, &[Forecast]),
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{{\"orgs\": [")?;
    let mut number = 0;
    for (place, planned) in plan.orgs.iter().enumerate() {
        let org = orgs.get(planned.org.place());
        let name = json!(org.and_then(|org| org.name.as_deref()));
        let id = json!(org.map_or("", |org| &org.org_id));
        let comma = if place == 0 { "" } else { ",\n" };
        write!(
            out,
            "{comma}{{\"name\": {name}, \"org_id\": {id}, \"changes\": ["
        )?;
        let changes: Vec<&Change> = planned.all_changes().collect();
        let mut comma = "\n";
        for person in changes.chunk_by(|_, next| next.reason.kind == Kind::Continued) {
            write!(out, "{comma}{}", person_json(person, &[], &mut number)?)?;
            comma = ",\n";
        }
        write!(out, "], \"held\": [")?;
        let is_more = |_: &Held, next: &Held| next.change.reason.kind == Kind::Continued;
        let mut comma = "\n";
        for person in planned.held.chunk_by(is_more) {
            let changes: Vec<&Change> = person.iter().map(|held| &held.change).collect();
            let rules = person.first().map_or(&[][..], |held| &held.rules);
            write!(out, "{comma}{}", person_json(&changes, rules, &mut number)?)?;
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
    let org_name = |org: OrgId| {
        let org = orgs.get(org.place());
        org.and_then(|org| org.name.as_deref()).unwrap_or("primary")
    };
    let left_alone = plan.namesakes.iter();
    let left_alone: Vec<Value> = left_alone
        .map(|namesake| change::namesake_json(namesake, org_name(namesake.org)))
        .collect();
    writeln!(out, "\"left_alone\": {},", Value::from(left_alone))?;
    writeln!(out, "\"notices\": {},", Value::from(notices))?;
    writeln!(out, "\"counts\": {}}}", Value::from(counts))
}

/// All commands of one user with the reason, and the rules that hold them back. `number` counts the
/// commands of the plan.
fn person_json(commands: &[&Change], rules: &[HeldRule], number: &mut usize) -> io::Result<Value> {
    let Some(first) = commands.first() else {
        return Ok(Value::Null);
    };
    let mut json = serde_json::to_value(ReasonJson::of(&first.reason))?;
    let mut list = Vec::with_capacity(commands.len());
    for change in commands {
        let id = request_id(*number);
        list.push(serde_json::to_value(CommandEntry::of(
            &id,
            &change.command,
        ))?);
        *number += 1;
    }
    if let Some(json) = json.as_object_mut() {
        json.insert("commands".to_owned(), list.into());
        if !rules.is_empty() {
            let rules: Vec<&str> = rules.iter().map(|rule| rule.word()).collect();
            json.insert("rules".to_owned(), rules.into());
        }
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
