//! Accounts for a run: fills in its report, writes it, and prints it for programs.
//!
//! `sync`, `plan` and `apply` come through [`reported`], also when they fail. Decides nothing but
//! what an unwritable report means.

use std::time::Instant;

use crate::commands::session::Session;
use crate::config::Config;
use crate::error::{Error, exit, one_line};
use crate::model::OrgId;
use crate::plan::Plan;
use crate::send::{Sent, request_id};
use crate::show::report::{Commands, OrgReport, Rejected, Report, Traffic, seconds};
use crate::show::{self, change};

/// Runs a command that fills in a report; then the report is written to where `--report` says,
/// and printed for `--json` by commands that print nothing else.
pub fn reported(
    command: &'static str,
    config: &Config,
    run: impl FnOnce(&mut Report) -> Result<u8, Error>,
) -> Result<u8, Error> {
    let start = Instant::now();
    let mut report = Report {
        command,
        version: env!("CARGO_PKG_VERSION"),
        started: jiff::Timestamp::now().to_string(),
        test_mode: config.output.test_mode,
        orgs: config.orgs.iter().map(of_org).collect(),
        ..Report::default()
    };
    let result = run(&mut report);
    report.seconds = seconds(start.elapsed());
    report.exit_code = match &result {
        Ok(code) => *code,
        Err(error) => error.exit_code(),
    };
    report.error = result
        .as_ref()
        .err()
        .map(|error| one_line(&error.to_string()));
    let handed_out = hand_out(&report, config);
    match (result, handed_out) {
        (Ok(code), Err(problem)) if command != "plan" => {
            // Commands were sent: the code must not say that nothing was written.
            log::error!(target: "main", "{problem}");
            Ok(code.max(exit::REJECTED))
        }
        (Err(error), Err(problem)) => {
            log::error!(target: "main", "{problem}");
            Err(error)
        }
        (result, Ok(())) => result,
        (Ok(_), Err(problem)) => Err(problem),
    }
}

fn hand_out(report: &Report, config: &Config) -> Result<(), Error> {
    if config.output.json && report.command != "plan" {
        show::print(&report.json())?;
    }
    match &config.output.report {
        Some(path) => report.write(path, config.logging.file_mode),
        None => Ok(()),
    }
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

/// What was planned.
pub fn add_plan(report: &mut Report, plan: &Plan) {
    report.counts = change::counts_json(&plan.counts);
    report.held_back = plan
        .held_back
        .iter()
        .map(|held| held.text.clone())
        .collect();
}

/// What came of the commands.
pub fn add_sent(report: &mut Report, sent: &Sent) {
    for (org, totals) in report.orgs.iter_mut().zip(&sent.totals) {
        org.commands = Commands {
            total: totals.total as u64,
            success: totals.success as u64,
            error: totals.error as u64,
        };
    }
    for refused in &sent.refused {
        let OrgId(place) = refused.org;
        let Some(org) = report.orgs.get_mut(usize::from(place)) else {
            continue;
        };
        org.rejected
            .extend(refused.rejections.iter().map(|rejection| Rejected {
                request_id: request_id(refused.place),
                subject: refused.subject.clone(),
                step: rejection.step,
                code: rejection.code.clone(),
                message: rejection.message.clone(),
            }));
    }
}
