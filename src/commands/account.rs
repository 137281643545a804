//! Accounts for a run: its report, its metrics, and its place in the change log, also when it
//! fails.
//!
//! `sync`, `plan` and `apply` come through [`reported`]. Decides nothing but what an unwritable
//! account means.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use crate::cli::Arguments;
use crate::commands::session::Session;
use crate::commands::{Locking, Run};
use crate::config::{
    AdobeOnlyUserAction, Config, OutputOptions, Recording, Request, Scope, Source,
};
use crate::error::{Error, exit, one_line};
use crate::model::OrgId;
use crate::os::files::{self, Mode};
use crate::plan::{Held, Namesake, Plan, org_name};
use crate::send::change_log::{self, ChangeLog, End, Start};
use crate::send::forecast::{Effort, Forecast};
use crate::send::{Sent, request_id};
use crate::show::report::{OrgReport, Rejected, Report, Traffic, seconds};
use crate::show::{self, change, metrics};

/// What a run accounts for while it goes on.
pub struct Books {
    pub report: Report,
    /// `None`: nothing is put on record.
    pub change_log: Option<ChangeLog>,
}

impl Books {
    fn of(command: &'static str) -> Books {
        Books {
            report: Report {
                command,
                version: env!("CARGO_PKG_VERSION"),
                started: Timestamp::now().to_string(),
                ..Report::default()
            },
            change_log: None,
        }
    }

    /// Begins the run's part of the change log, with the counts that the report holds by now.
    /// Errors: it cannot be written; nothing must be sent then.
    pub fn begin_record(&mut self, config: &Config) -> Result<(), Error> {
        let Some(log) = &mut self.change_log else {
            return Ok(());
        };
        let of_org = |org: &crate::config::OrgConfig| change_log::Org {
            name: org.name.clone(),
            org_id: org.org_id.clone(),
        };
        let arguments = std::env::args_os().skip(1);
        self.report.run = Some(log.run().to_owned());
        log.start(&Start {
            command: self.report.command.to_owned(),
            arguments: arguments
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect(),
            config_sha256: config.digest.clone(),
            test_mode: config.output.test_mode,
            orgs: config.orgs.iter().map(of_org).collect(),
            counts: self.report.counts.clone(),
        })
    }
}

/// How a command runs, and the files that it has beside those of the configuration.
pub(super) struct Setup {
    pub(super) scope: Scope,
    pub(super) locking: Locking,
    pub(super) reads: Vec<PathBuf>,
    pub(super) writes: Vec<PathBuf>,
}

/// Runs a command that keeps books; then the report is written to where `--report` says, and
/// printed for `--json` by commands that print nothing else.
pub(super) fn reported(
    arguments: &Arguments,
    setup: &Setup,
    run: impl FnOnce(&Run, &mut Books) -> Result<u8, Error>,
) -> Result<u8, Error> {
    let mut books = Books::of(arguments.command.name);
    let begin = Instant::now();
    let output: OutputOptions = arguments.read()?;
    let request = Request::read(arguments, setup.scope);
    let begun = request.and_then(|request| Run::start(&request, setup.locking));
    let begun = match begun {
        Ok(begun) => begun,
        // The report is that of the run that holds the lock.
        Err(error @ Error::Busy(_)) => return Err(error),
        Err(error) => {
            books.report.test_mode = output.test_mode;
            let output = without_strangers(&output);
            return close(&mut books, begin, &output, Mode::OWNER, Err(error));
        }
    };
    let config = &begun.config;
    check_files(config, &setup.reads, &setup.writes)?;
    books.report.test_mode = config.output.test_mode;
    books.report.orgs = config.orgs.iter().map(of_org).collect();
    let log = match &config.logging.change_log {
        Some(path) if setup.locking == Locking::Exclusive => {
            ChangeLog::open(path, config.logging.file_mode).map(Some)
        }
        _ => Ok(None),
    };
    let result = log.and_then(|log| {
        books.change_log = log;
        run(&begun, &mut books)
    });
    let mode = config.logging.file_mode;
    close(&mut books, begin, &config.output, mode, result)
}

/// Writes the accounts of a run that has ended; gives what the run is to end with.
fn close(
    books: &mut Books,
    begin: Instant,
    output: &OutputOptions,
    mode: Mode,
    result: Result<u8, Error>,
) -> Result<u8, Error> {
    let report = &mut books.report;
    report.seconds = seconds(begin.elapsed());
    report.ended = Timestamp::now().to_string();
    report.exit_code = match &result {
        Ok(code) => *code,
        Err(error) => error.exit_code(),
    };
    report.error = match &result {
        Ok(code) => problem_of(*code).map(str::to_owned),
        Err(error) => Some(one_line(&error.to_string())),
    };
    let mut problems = match &result {
        // The report is that of the run that holds the lock.
        Err(Error::Busy(_)) => Vec::new(),
        _ => hand_out(report, output, mode),
    };
    if let Some(log) = &mut books.change_log {
        let end = End {
            exit_code: report.exit_code,
            error: report.error.clone(),
        };
        problems.extend(log.end(&end).err());
    }
    for problem in &problems {
        log::error!(target: "main", "{problem}");
    }
    // Commands may have been sent: the code must not say that nothing was written.
    match result {
        Ok(code) if problems.is_empty() => Ok(code),
        Ok(_) if report.command == "plan" => Ok(exit::FAILED),
        Ok(code) => Ok(code.max(exit::REJECTED)),
        Err(error) => Err(error),
    }
}

/// Reports wrong usage that is found before a command runs, where `arguments` name a report.
pub(super) fn report_usage(arguments: &[OsString], error: &Error) {
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    let report = words.by_ref().find_map(|word| {
        let value = word.strip_prefix("--report")?;
        Some(value.strip_prefix('=').map(str::to_owned))
    });
    let path = match report {
        Some(Some(path)) => path,
        Some(None) => words.next().unwrap_or_default().into_owned(),
        None => return,
    };
    let mut books = Books::of("");
    let output = OutputOptions {
        report: Some(path.into()),
        ..OutputOptions::default()
    };
    let ended = Err(Error::Usage(error.to_string()));
    // The error itself is told by whoever called; there is no other.
    let _ = close(
        &mut books,
        Instant::now(),
        &without_strangers(&output),
        Mode::OWNER,
        ended,
    );
}

/// Before the configuration is known, nobody knows which files it needs: only what is no file yet,
/// or was written by an earlier run, is written to.
fn without_strangers(output: &OutputOptions) -> OutputOptions {
    let starts: [&[u8]; 2] = [b"{\n  \"format_version\"", b"# HELP user_sync_"];
    let is_free = |path: &PathBuf| match files::open_regular(path) {
        Ok(file) => {
            let mut begins = Vec::new();
            let read = file.take(64).read_to_end(&mut begins);
            read.is_ok() && starts.iter().any(|start| begins.starts_with(start))
        }
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    OutputOptions {
        report: output.report.clone().filter(is_free),
        metrics: output.metrics.clone().filter(is_free),
        ..output.clone()
    }
}

/// Why a run without an error did not end well.
fn problem_of(code: u8) -> Option<&'static str> {
    match code {
        exit::REJECTED => {
            Some("Adobe rejected commands, or users could not be processed; see the log")
        }
        exit::HELD_BACK => Some("a safety limit held something back"),
        exit::STOPPED => Some("writing stopped part-way"),
        exit::SIGNAL => Some("stopped by a signal; nothing was written"),
        _ => None,
    }
}

/// Hands out the report and the metrics; the errors are those that could not be.
fn hand_out(report: &Report, output: &OutputOptions, mode: Mode) -> Vec<Error> {
    let printed = if output.json && report.command != "plan" {
        show::print(&report.json())
    } else {
        Ok(())
    };
    let written = output.report.as_ref().map(|path| report.write(path, mode));
    let metrics = output.metrics.as_ref();
    let metrics = metrics.map(|path| metrics::write(report, Timestamp::now(), path));
    let all = [Some(printed), written, metrics].into_iter().flatten();
    all.filter_map(Result::err).collect()
}

/// Nothing that a run writes may take the place of something that it reads or writes as well.
pub(super) fn check_files(
    config: &Config,
    reads: &[PathBuf],
    writes: &[PathBuf],
) -> Result<(), Error> {
    let list = match &config.options.adobe_only_user_action {
        AdobeOnlyUserAction::WriteFile(path) => Some(path),
        _ => None,
    };
    let (record, replay) = match &config.recording {
        Some(Recording::To(path)) => (Some(path), None),
        Some(Recording::From(path)) => (None, Some(path)),
        None => (None, None),
    };
    let users = match &config.source {
        Source::Csv(csv) => Some(&csv.users_file),
        Source::Okta(_) | Source::None => None,
    };
    let mut outputs: Vec<(&str, &PathBuf)> = Vec::new();
    let mut add = |name, path: Option<_>| outputs.extend(path.map(|path| (name, path)));
    add("the recording", record);
    add("the report", config.output.report.as_ref());
    add("the metrics", config.output.metrics.as_ref());
    add("the list of Adobe-only users", list);
    add("the change log", config.logging.change_log.as_ref());
    writes.iter().for_each(|path| add("the plan", Some(path)));
    let read = config.files.iter().chain(reads);
    let listed = config.options.adobe_only_user_list.as_ref();
    let inputs: Vec<&PathBuf> = read.chain(replay).chain(users).chain(listed).collect();
    for (place, (name, path)) in outputs.iter().enumerate() {
        let earlier = outputs.iter().take(place).map(|(_, path)| *path);
        let mut others = inputs.iter().copied().chain(earlier);
        if let Some(other) = others.find(|other| is_one_file(path, other)) {
            return Err(Error::Usage(format!(
                "{name} would overwrite {}, which this run needs: name another file",
                other.display()
            )));
        }
    }
    Ok(())
}

/// Devices, like `/dev/stdout`, hold nothing that could be overwritten.
fn is_one_file(one: &Path, other: &Path) -> bool {
    !one.starts_with("/dev") && files::is_same_file(one, other)
}

fn of_org(org: &crate::config::OrgConfig) -> OrgReport {
    OrgReport {
        name: org.name.clone(),
        org_id: org.org_id.clone(),
        ..OrgReport::default()
    }
}

/// What a session has asked of the servers so far, and how long its phases took.
pub fn add_session(report: &mut Report, session: &Session<'_>) {
    report.okta = session
        .okta
        .as_ref()
        .map(|okta| Traffic::of(&okta.statistics()));
    for (org, umapi) in report.orgs.iter_mut().zip(&session.orgs) {
        org.traffic = Traffic::of(&umapi.statistics());
    }
    for (name, took) in &session.phases {
        report
            .phases
            .insert((*name).to_owned(), seconds(*took).into());
    }
}

/// Adobe users who carry another name of a directory user, for programs.
pub fn namesakes(config: &Config, plan: &Plan) -> Vec<Value> {
    let one = |namesake: &Namesake| change::namesake_json(namesake, org_name(config, namesake.org));
    plan.namesakes.iter().map(one).collect()
}

/// What sending is to take.
pub fn add_forecast(report: &mut Report, forecasts: &[Forecast]) {
    for forecast in forecasts {
        if let Some(org) = report.orgs.get_mut(forecast.org.place()) {
            org.forecast = Some(forecast.json());
        }
    }
}

/// Says how long the writing takes, before it begins.
pub fn tell_forecast(config: &Config, forecasts: &[Forecast]) {
    if forecasts.is_empty() {
        return;
    }
    let whole = Effort::sum(forecasts).in_words();
    log::info!(target: "processor", "writing: {whole}");
    for forecast in forecasts {
        if let Some(memberships) = forecast.memberships {
            let org = org_name(config, forecast.org);
            log::info!(target: "processor", "{org} org: {}", memberships.in_words());
        }
    }
}

/// Puts into the report what was planned, and who is held back.
pub fn add_plan(report: &mut Report, config: &Config, plan: &Plan) {
    report.left_alone = namesakes(config, plan);
    report.counts = change::counts_json(&plan.counts);
    report.held_back = plan
        .held_back
        .iter()
        .map(|held| held.text.clone())
        .collect();
    let person = |(org, held): (OrgId, &Held)| change::held_json(held, org_name(config, org));
    report.held_people = plan.held_people().map(person).collect();
}

/// What came of the commands.
pub fn add_sent(report: &mut Report, sent: &Sent) {
    report.commands_not_sent = sent.not_sent;
    report.commands_unanswered = sent.unanswered;
    for (org, totals) in report.orgs.iter_mut().zip(&sent.totals) {
        org.commands = *totals;
    }
    for refused in &sent.refused {
        let Some(org) = report.orgs.get_mut(refused.org.place()) else {
            continue;
        };
        org.rejected
            .extend(refused.rejections.iter().map(|rejection| Rejected {
                request_id: request_id(refused.place),
                subject: refused.subject.clone(),
                rejection: rejection.clone(),
            }));
    }
}
