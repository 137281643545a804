//! A run as a Prometheus text file, for the node exporter's folder (manual/operation.md#monitoring).
//!
//! Made of the report. Gathers nothing by itself.

use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use crate::error::{Error, exit};
use crate::os::files::{self, Mode};
use crate::show::report::Report;

const LAST_SUCCESS: &str = "user_sync_last_success_timestamp_seconds";
/// A file of ours is far below.
const MOST_BYTES: u64 = 1024 * 1024;

/// Writes the metrics, whole or not at all, readable by all. The time of the last success stays
/// where this run was none.
pub fn write(report: &Report, now: Timestamp, path: &Path) -> Result<(), Error> {
    let earlier = files::read(path, MOST_BYTES).unwrap_or_default();
    // A plan or a test brings nobody in step.
    let writes = report.command != "plan" && !report.test_mode;
    let last_success = if writes && report.exit_code == exit::DONE {
        Some(now.as_second())
    } else {
        last_success(&String::from_utf8_lossy(&earlier))
    };
    let text = text(report, now, last_success);
    files::replace(path, text.as_bytes(), Mode::PUBLIC)
        .map_err(|error| Error::file(path, format!("the metrics cannot be written: {error}")))
}

fn last_success(text: &str) -> Option<i64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(LAST_SUCCESS));
    line?.trim().parse().ok()
}

/// Labels and value of each line of a gauge.
type Values = Vec<(String, String)>;

fn text(report: &Report, now: Timestamp, last_success: Option<i64>) -> String {
    let one = |value: String| vec![(String::new(), value)];
    let count = |(name, count): (&String, &Value)| {
        let labels = format!("{{count=\"{}\"}}", label(name));
        (labels, count.to_string())
    };
    let of_org = |org: &crate::show::report::OrgReport| {
        let name = label(org.name.as_deref().unwrap_or("primary"));
        let commands = &org.commands;
        let outcomes = [("success", commands.success), ("error", commands.error)];
        outcomes.map(|(outcome, count)| {
            let labels = format!("{{org=\"{name}\",outcome=\"{outcome}\"}}");
            (labels, count.to_string())
        })
    };
    let gauges: [(&str, &str, Values); 7] = [
        (
            "user_sync_exit_code",
            "Exit code of the last run.",
            one(report.exit_code.to_string()),
        ),
        (
            "user_sync_duration_seconds",
            "How long the last run took.",
            one(report.seconds.to_string()),
        ),
        (
            "user_sync_last_run_timestamp_seconds",
            "When the last run ended.",
            one(now.as_second().to_string()),
        ),
        (
            LAST_SUCCESS,
            "When the last run that writes ended with exit code 0.",
            last_success.map_or(Vec::new(), |time| one(time.to_string())),
        ),
        (
            "user_sync_planned",
            "Counts of the action summary.",
            report.counts.iter().map(count).collect(),
        ),
        (
            "user_sync_actions",
            "Actions sent to Adobe in the last run.",
            report.orgs.iter().flat_map(of_org).collect(),
        ),
        (
            "user_sync_held_back",
            "Safety limits that held something back in the last run.",
            one(report.held_back.len().to_string()),
        ),
    ];
    let mut text = String::new();
    for (name, help, values) in gauges.iter().filter(|(.., values)| !values.is_empty()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

/// A value in quotes.
fn label(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_success_stays_where_a_run_fails() {
        let time = |second| Timestamp::from_second(second).unwrap();
        let report = |exit_code| Report {
            exit_code,
            ..Report::default()
        };
        let good = text(&report(0), time(1000), Some(1000));
        assert_eq!(last_success(&good), Some(1000));
        let bad = text(&report(1), time(2000), last_success(&good));
        assert_eq!(last_success(&bad), Some(1000));
        assert!(bad.contains("user_sync_exit_code 1\n"));
        assert!(bad.contains("user_sync_last_run_timestamp_seconds 2000\n"));
        assert_eq!(last_success(&text(&report(1), time(1), None)), None);
    }

    #[test]
    fn names_stand_in_quotes() {
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
