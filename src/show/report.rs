//! The report of a run, for monitoring: what `--report FILE` holds (manual/commands.md#report).
//!
//! Plain data in, JSON out. Also a run that failed leaves one, with the error that ended it.
//! Gathers nothing by itself.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::Statistics;
use crate::os::files::{self, Mode};
use crate::send::{Rejection, Totals};

/// A run, from start to end.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Of this form: it goes up when a reader of the old one would misread the new one.
    pub format_version: FormatVersion,
    /// `sync`, `plan` or `apply`.
    pub command: &'static str,
    /// Version of this program.
    pub version: &'static str,
    /// RFC 3339, UTC.
    pub started: String,
    /// RFC 3339, UTC.
    pub ended: String,
    /// The id by which the change log, `history` and `undo` know the run, if it is on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    pub seconds: f64,
    pub exit_code: u8,
    /// Why the run did not end well, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub test_mode: bool,
    /// The counts of the action summary; empty if the run failed before there was a plan.
    pub counts: Map<String, Value>,
    /// What a safety limit held back, one text for each.
    pub held_back: Vec<String>,
    /// Everybody whom a limit held back, with the rules.
    pub held_people: Vec<Value>,
    /// Adobe users who are left alone, for they carry another name of a directory user.
    pub left_alone: Vec<Value>,
    /// Planned commands that were not sent, for the sending stopped.
    pub commands_not_sent: usize,
    /// Commands that were sent without an answer: they may have been carried out.
    pub commands_unanswered: usize,
    /// Okta, where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub okta: Option<Traffic>,
    /// In configuration order.
    pub orgs: Vec<OrgReport>,
    /// Seconds in each phase, in the order in which they began.
    pub phases: Map<String, Value>,
}

/// The version of the report's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FormatVersion(u32);

impl Default for FormatVersion {
    fn default() -> FormatVersion {
        FormatVersion(1)
    }
}

/// What went to one server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Traffic {
    pub requests: u64,
    /// How many of the requests were further tries.
    pub retries: u64,
    pub seconds_waited_for_rate_limits: f64,
}

/// What became of one org.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OrgReport {
    /// `None` for the primary org.
    pub name: Option<String>,
    pub org_id: String,
    #[serde(flatten)]
    pub traffic: Traffic,
    /// What sending was to take, said beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Value>,
    pub commands: Totals,
    pub rejected: Vec<Rejected>,
}

/// One reason why Adobe refused a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// The user, or the user group.
    pub subject: String,
    #[serde(flatten)]
    pub rejection: Rejection,
}

impl Traffic {
    pub fn of(statistics: &Statistics) -> Traffic {
        Traffic {
            requests: statistics.requests,
            retries: statistics.retries,
            seconds_waited_for_rate_limits: seconds(statistics.waited),
        }
    }
}

impl Report {
    /// Adds the time that a phase took.
    pub fn add_phase(&mut self, name: &str, took: Duration) {
        let before = self.phases.get(name).and_then(Value::as_f64);
        let took = seconds(took) + before.unwrap_or(0.0);
        self.phases.insert(name.to_owned(), took.into());
    }

    /// The report as it stands in the file.
    pub fn json(&self) -> String {
        // Numbers, texts and lists of them: nothing that JSON could not hold.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the report, whole or not at all.
    pub fn write(&self, path: &Path, mode: Mode) -> Result<(), Error> {
        files::replace(path, self.json().as_bytes(), mode)
            .map_err(|error| Error::file(path, format!("the report cannot be written: {error}")))
    }
}

/// Seconds to the millisecond.
pub fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_holds_everything_that_monitoring_asks_for() {
        let mut report = Report {
            command: "sync",
            version: "0.1.0",
            started: "2026-11-23T14:03:07Z".to_owned(),
            seconds: 2.5,
            exit_code: 3,
            orgs: vec![OrgReport {
                org_id: "A1@AdobeOrg".to_owned(),
                traffic: Traffic {
                    requests: 4,
                    retries: 1,
                    seconds_waited_for_rate_limits: 1.5,
                },
                commands: Totals {
                    total: 2,
                    success: 1,
                    error: 1,
                },
                rejected: vec![Rejected {
                    request_id: "action_2".to_owned(),
                    subject: "ann@example.com".to_owned(),
                    rejection: Rejection {
                        step: Some(1),
                        code: "error.group.not_found".to_owned(),
                        message: "Group x was not found".to_owned(),
                    },
                }],
                ..OrgReport::default()
            }],
            ..Report::default()
        };
        report
            .counts
            .insert("adobe_users_created".to_owned(), 1.into());
        report.add_phase("read", Duration::from_millis(1200));
        report.add_phase("write", Duration::from_millis(800));
        report.add_phase("read", Duration::from_millis(300));
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "format_version": 1, "command": "sync", "version": "0.1.0",
                "started": "2026-11-23T14:03:07Z", "ended": "",
                "commands_not_sent": 0, "commands_unanswered": 0,
                "seconds": 2.5, "exit_code": 3, "test_mode": false,
                "counts": {"adobe_users_created": 1}, "held_back": [], "held_people": [], "left_alone": [],
                "orgs": [{
                    "name": null, "org_id": "A1@AdobeOrg", "requests": 4, "retries": 1,
                    "seconds_waited_for_rate_limits": 1.5,
                    "commands": {"total": 2, "success": 1, "error": 1},
                    "rejected": [{"requestID": "action_2", "subject": "ann@example.com",
                        "step": 1, "code": "error.group.not_found",
                        "message": "Group x was not found"}],
                }],
                "phases": {"read": 1.5, "write": 0.8},
            })
        );
    }

    #[test]
    fn a_run_that_failed_says_why() {
        let report = Report {
            exit_code: 1,
            error: Some("GET x: status 500".to_owned()),
            ..Report::default()
        };
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["error"], "GET x: status 500");
        assert_eq!(json["exit_code"], 1);
    }
}
