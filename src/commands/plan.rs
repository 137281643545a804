//! `plan`: reads both sides and shows the difference; writes nothing to either
//! (manual/commands.md#plan).

use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};
use jiff::Timestamp;

use crate::cli::Arguments;
use crate::commands::account::{self, Setup};
use crate::commands::session::Session;
use crate::commands::{Locking, Run, planning};
use crate::config::{Config, Scope};
use crate::error::{Error, exit};
use crate::model::OrgId;
use crate::plan::{HeldBack, Namesake, Plan};
use crate::send::forecast::forecast;
use crate::send::plan_file::{self, Header, HeldBackText, LeftAlone, Line};
use crate::show::plan::{Extent, Shown};
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
    let setup = Setup {
        scope: Scope::Run,
        locking: Locking::None,
        reads: Vec::new(),
        writes: options.out.iter().cloned().collect(),
    };
    account::reported(arguments, &setup, |run, books| {
        make(run, &options, &mut books.report)
    })
}

/// Reads, plans and shows; the exit code says what came of it.
fn make(run: &Run, options: &PlanOptions, report: &mut Report) -> Result<u8, Error> {
    let config = &run.config;
    let mut session = Session::open(config, &run.transport)?;
    let planned = planning::build_plan(&mut session);
    account::add_session(report, &session);
    let plan = planned?;
    run.transport.tape().finish()?;
    account::add_plan(report, config, &plan);
    planning::tell(config, &plan);
    let orgs = planning::orgs(config, &plan);
    let forecasts = forecast(&planning::entries(&plan), &[], &planning::terms(&orgs));
    account::add_forecast(report, &forecasts);
    if let Some(path) = &options.out {
        // What is recorded or replayed has been read at one time, and so two plans of it are equal.
        let time = run.transport.tape().time();
        save(config, &plan, path, time.unwrap_or_else(Timestamp::now))?;
    }
    let shown = Shown {
        plan: &plan,
        orgs: &orgs,
        forecasts: &forecasts,
    };
    if config.output.json {
        show::print_with(|out| shown.write_json(out))?
    } else {
        show::print(&shown.text(Style::of_stdout(), Extent::of(options.all)))?
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

/// Saves a plan for `apply`. `time` is when that was read which it comes from.
pub fn save(config: &Config, plan: &Plan, path: &Path, time: Timestamp) -> Result<(), Error> {
    let org_id = |org: OrgId| config.org(org).map_or("", |org| org.org_id.as_str());
    let held_back = |held: &HeldBack| HeldBackText {
        by: held.by.word().to_owned(),
        text: held.text.clone(),
    };
    let left_alone = |namesake: &Namesake| LeftAlone {
        org_id: org_id(namesake.org).to_owned(),
        person: namesake.person.to_owned(),
        name: namesake.name.to_owned(),
        directory_user: namesake.login.to_owned(),
    };
    let files = config.files.iter();
    let header = Header {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        time,
        orgs: planning::orgs(config, plan),
        config_sha256: config.digest.clone(),
        config_files: files.map(|file| beside(config, file)).collect(),
        counts: change::counts_json(&plan.counts),
        held_back: plan.held_back.iter().map(held_back).collect(),
        left_alone: plan.namesakes.iter().map(left_alone).collect(),
        summary: Shape::of_config(config, summary::Mode::Plan).in_words(),
    };
    // What is held back stands behind what is sent to the same org.
    let lines = plan.orgs.iter().flat_map(|org| {
        let sent = org.all_changes().map(|change| (change, &[][..]));
        let held = org.held.iter();
        let held = held.map(|held| (&held.change, held.rules.as_slice()));
        sent.chain(held).map(|(change, held)| Line {
            org_id: org_id(org.org),
            change,
            held,
        })
    });
    plan_file::write(path, header, lines)?;
    log::info!(target: "processor", "the plan is saved in {}", path.display());
    Ok(())
}

/// A configuration file by its path from the folder of the main file.
fn beside(config: &Config, file: &Path) -> PathBuf {
    let folder = config.main_file.parent();
    let short = folder.and_then(|folder| file.strip_prefix(folder).ok());
    short.unwrap_or(file).to_owned()
}
