//! Answers about commands: counts, refusals, warnings, and errors about a
//! request as a whole.

use super::actions::Mode;
use super::http::Answer;
use super::rules::{self, Refusal};
use serde_json::{Value, json};

/// An error about the request as a whole.
pub(super) fn failure(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(
        status,
        json!({"result": code, "message": message}).to_string(),
    )
}

/// The answer: counts of entries, and every refusal with its place.
pub(super) fn report(entries: &[Value], refusals: &[(usize, Refusal)], mode: Mode) -> Answer {
    let mut failed: Vec<usize> = refusals.iter().map(|(index, _)| *index).collect();
    failed.dedup();
    let good = entries.len() - failed.len();
    let (completed, tested) = match mode {
        Mode::Real => (good, 0),
        Mode::Test => (0, good),
    };
    let result = match (good, failed.len()) {
        (_, 0) => "success",
        (0, _) => "error",
        _ => "partial",
    };
    let mut body = json!({
        "completed": completed, "notCompleted": failed.len(),
        "completedInTestMode": tested, "result": result,
    });
    let errors = refusals.iter().map(|(index, refusal)| {
        let mut error = mark(&entries[*index], *index, refusal.step);
        error["errorCode"] = json!(refusal.code);
        error["message"] = json!(refusal.message);
        error
    });
    let errors: Vec<Value> = errors.collect();
    if !errors.is_empty() {
        body["errors"] = json!(errors);
    }
    let warnings = warnings(entries);
    if !warnings.is_empty() {
        body["warnings"] = json!(warnings);
    }
    Answer::json(200, body.to_string())
}

/// Index, step, `requestID` and user, or group, of an error or warning.
fn mark(entry: &Value, index: usize, step: usize) -> Value {
    let mut mark = json!({"index": index, "step": step});
    if let Some(id) = entry.get("requestID") {
        mark["requestID"] = id.clone();
    }
    if let Some(root) = entry.get("user").or(entry.get("usergroup")) {
        mark["user"] = root.clone();
    }
    mark
}

fn warnings(entries: &[Value]) -> Vec<Value> {
    let mut warnings = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        for (step, value) in entry["do"].as_array().into_iter().flatten().enumerate() {
            let lists = rules::parts(value).map(|(_, lists)| lists);
            if lists.is_some_and(|lists| lists.get("product").is_some()) {
                let mut warning = mark(entry, index, step);
                warning["warningCode"] = json!("warning.command.deprecated");
                warning["message"] = json!("product is deprecated");
                warnings.push(warning);
            }
        }
    }
    warnings
}
