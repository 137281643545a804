//! What is on record, for people and for programs (manual/records.md#history).
//!
//! Plain text in columns, and one JSON object an entry. Reads nothing.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::one_line;
use crate::model::sentence::{self, sentence};
use crate::os::clock;
use crate::send::change_json::ReasonJson;
use crate::send::change_log::{HistoryEntry, RunSummary, Word};
use crate::show::change::counts_of_json;

/// `2026-11-23 03:00:12  primary ann@example.com: groups removed: …  (run …)`
pub fn entry(entry: &HistoryEntry) -> String {
    let mode = if entry.test_mode { "TEST MODE " } else { "" };
    let org = entry.org.name.as_deref().unwrap_or("primary");
    let person = sentence::person(&entry.change.reason);
    let said = sentence(&entry.change);
    let said = if said.is_empty() {
        "more of what an earlier run began"
    } else {
        &said
    };
    let outcome = match entry.outcome {
        Word::Done => String::new(),
        word => format!(
            " [{}: {}]",
            word.as_str(),
            entry.problem.as_deref().unwrap_or("no answer is on record")
        ),
    };
    let time = local(entry.time);
    let run = &entry.run;
    one_line(&format!(
        "{time}  {mode}{org} {person}: {said}{outcome}  (run {run})"
    ))
}

/// `2026-11-23 03:00:12  20261123T020012Z-9f3c2a1b7d40  sync  exit 0  2 created; 12 commands`
pub fn run(run: &RunSummary) -> String {
    let exit = run
        .exit_code
        .map_or("broken off".to_owned(), |code| format!("exit {code}"));
    let mut line = format!(
        "{}  {}  {}  {exit}  ",
        local(run.time),
        run.id,
        run.start.command
    );
    if run.start.test_mode {
        line.push_str("TEST MODE ");
    }
    let counts = counts_of_json(&run.start.counts);
    let changed = [
        (counts.created, "created"),
        (counts.created_in_secondaries, "created in secondaries"),
        (counts.updated, "updated"),
        (counts.adobe_only, "Adobe-only"),
        (counts.pushed, "pushed"),
    ];
    for (count, word) in changed.into_iter().filter(|(count, _)| *count > 0) {
        // Writing to a String cannot fail.
        let _ = write!(line, "{count} {word}, ");
    }
    let _ = write!(line, "{} commands", run.commands());
    for (count, word) in [(run.refused, "refused"), (run.unknown, "unknown")] {
        if count > 0 {
            let _ = write!(line, ", {count} {word}");
        }
    }
    one_line(&line)
}

/// An entry for programs.
pub fn entry_json(entry: &HistoryEntry) -> Value {
    // Texts and lists of them: nothing that JSON could not hold.
    let mut json = serde_json::to_value(ReasonJson::of(&entry.change.reason)).unwrap_or_default();
    let more = json!({
        "time": entry.time.to_string(),
        "run": entry.run,
        "test_mode": entry.test_mode,
        "org": {"name": entry.org.name, "org_id": entry.org.org_id},
        "outcome": entry.outcome.as_str(),
        "problem": entry.problem,
        "text": sentence(&entry.change),
    });
    if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
        json.extend(more);
    }
    json
}

/// A run for programs.
pub fn run_json(run: &RunSummary) -> Value {
    json!({
        "run": run.id,
        "time": run.time.to_string(),
        "command": run.start.command,
        "arguments": run.start.arguments,
        "test_mode": run.start.test_mode,
        "exit_code": run.exit_code,
        "counts": run.start.counts,
        "commands": {"done": run.done, "refused": run.refused, "unknown": run.unknown},
    })
}

fn local(time: Timestamp) -> String {
    let local = time.to_zoned(clock::time_zone());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
