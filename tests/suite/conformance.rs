//! Runs the cases of `testdata/conformance` through the real binary against the
//! simulator. Their format is in the README there.

use crate::case::{self, Case};
use crate::normal::{Sent, normal};
use crate::sim::{Exchange, Service, Sim};
use crate::support::{self, Folder, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

#[test]
fn every_core_case() {
    let core = std::fs::read_to_string(folder().join("core.txt")).unwrap();
    let core: BTreeSet<&str> = core.lines().collect();
    check_all(&|name| core.contains(name));
}

#[test]
fn every_case() {
    check_all(&|_| true);
}

fn folder() -> PathBuf {
    support::root().join("testdata/conformance")
}

/// The conformance cases, with what must come of them.
pub(crate) fn cases(wanted: &dyn Fn(&str) -> bool) -> Vec<Case> {
    case::read_all(&folder(), "golden.json", wanted)
}

/// Runs the cases and reports all that fail.
fn check_all(wanted: &dyn Fn(&str) -> bool) {
    let cases = cases(wanted);
    let failures = case::check_all(&cases, &check);
    let texts: Vec<String> = failures.into_values().collect();
    let (bad, all) = (texts.len(), cases.len());
    assert!(
        texts.is_empty(),
        "{bad} of {all} cases fail\n\n{}\n",
        texts.join("\n\n")
    );
}

/// What came of one case.
struct Run {
    sim: Sim,
    folder: Folder,
    outcome: Outcome,
    /// Files that the run was given, as it was given them.
    given: Vec<(String, Vec<u8>)>,
}

fn check(case: &Case) -> Vec<String> {
    let run = Run::of(case);
    let mut problems = run.differences(&case.expected);
    let alternatives = case.expected["alternatives"]
        .as_array()
        .into_iter()
        .flatten();
    for alternative in alternatives {
        let mut golden = case.expected.clone();
        for (key, value) in alternative.as_object().into_iter().flatten() {
            golden[key] = value.clone();
        }
        if run.differences(&golden).is_empty() {
            problems.clear();
        }
    }
    problems.extend(
        run.sim
            .violations()
            .into_iter()
            .map(|text| format!("  against the protocol: {text}")),
    );
    problems.extend(run.leaks(&case.world));
    if !problems.is_empty() {
        problems.push(case::said(&run.outcome));
    }
    problems
}

impl Run {
    fn of(case: &Case) -> Run {
        let (sim, folder) = case.stage();
        let arguments = case.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let command = case.command((&sim, &folder), &arguments);
        let given = folder.files();
        let outcome = support::run(command);
        Run {
            sim,
            folder,
            outcome,
            given,
        }
    }

    fn differences(&self, golden: &Value) -> Vec<String> {
        let requests = self.sim.requests();
        let mut problems = Vec::new();
        let code = self.outcome.code;
        let codes = golden["exit_codes"].as_array().into_iter().flatten();
        if !codes
            .clone()
            .any(|wanted| wanted.as_i64() == code.map(i64::from))
        {
            problems.push(format!(
                "  exit code {code:?}, not {}",
                golden["exit_codes"]
            ));
        }
        let sent = sent_commands(&requests);
        let wanted = golden["commands"].as_array().cloned().unwrap_or_default();
        problems.extend(compare("command", &wanted, &sent));
        problems.extend(compare_states(&golden["state"], &self.sim.state()));
        problems.extend(self.missing_files(&golden["files"]));
        problems.extend(self.missing_words(golden));
        problems.extend(contacts(golden, &requests));
        problems
    }

    /// CSV files that are not there, or hold something else.
    fn missing_files(&self, files: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, wanted) in files.as_object().into_iter().flatten() {
            match std::fs::read(self.folder.path().join(name)) {
                Err(error) => problems.push(format!("  file {name}: {error}")),
                Ok(bytes) => {
                    let found = table(name, &bytes);
                    if *wanted != found {
                        problems.push(format!(
                            "  file {name}:\n    wanted {wanted}\n    found  {found}"
                        ));
                    }
                }
            }
        }
        problems
    }

    /// Lines of the action summary, and words of output or log, that are missing.
    fn missing_words(&self, golden: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let output = self.outcome.output();
        for (label, value) in golden["summary"].as_object().into_iter().flatten() {
            let line = format!("{label}: {}", value.as_str().unwrap_or(""));
            if !output
                .lines()
                .any(|found| found.trim_end().ends_with(&line))
            {
                problems.push(format!("  the summary lacks: {line}"));
            }
        }
        let logs = self
            .folder
            .files()
            .into_iter()
            .filter(|(name, _)| name.ends_with(".log"));
        let logs = logs.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned());
        let text = output + &logs.collect::<String>();
        for pattern in golden["says"].as_array().into_iter().flatten() {
            let pattern = pattern.as_str().unwrap_or("");
            let regex = regex::RegexBuilder::new(pattern)
                .case_insensitive(true)
                .build();
            if !regex.unwrap().is_match(&text) {
                problems.push(format!("  nothing said matches: {pattern}"));
            }
        }
        problems
    }

    /// Secrets of the case in the output or in a file that the run wrote.
    fn leaks(&self, world: &Value) -> Vec<String> {
        let mut secrets = self.sim.issued_tokens();
        secrets.extend(world["okta"]["token"].as_str().map(str::to_owned));
        for (_, org) in world["adobe"]["orgs"].as_object().into_iter().flatten() {
            secrets.extend(org["client_secret"].as_str().map(str::to_owned));
        }
        let mut written = self.folder.files();
        written.retain(|file| !self.given.contains(file));
        written.push((
            "stdout".to_owned(),
            self.outcome.stdout.clone().into_bytes(),
        ));
        written.push((
            "stderr".to_owned(),
            self.outcome.stderr.clone().into_bytes(),
        ));
        let mut problems = Vec::new();
        for (name, bytes) in written {
            let text = String::from_utf8_lossy(&bytes);
            for secret in secrets
                .iter()
                .filter(|secret| text.contains(secret.as_str()))
            {
                problems.push(format!("  {name} shows the secret {secret}"));
            }
        }
        problems
    }
}

/// The commands of all action requests, as they are compared.
pub(crate) fn sent_commands(requests: &[Exchange]) -> Vec<Value> {
    let actions = requests
        .iter()
        .filter(|exchange| exchange.target.contains("/action/"));
    let bodies: Vec<(String, bool, Value)> = actions
        .map(|exchange| {
            let (path, query) = exchange
                .target
                .split_once('?')
                .unwrap_or((&exchange.target, ""));
            let org = path.rsplit('/').next().unwrap_or("").replace("%40", "@");
            (
                org,
                query.to_lowercase().contains("testonly=true"),
                exchange.json(),
            )
        })
        .collect();
    normal(bodies.iter().flat_map(|(org, test_only, body)| {
        let entries = body.as_array().into_iter().flatten();
        entries.map(|entry| Sent {
            org,
            test_only: *test_only,
            entry,
        })
    }))
}

/// What is missing (`-`) and what is too much (`+`).
pub(crate) fn compare(what: &str, wanted: &[Value], found: &[Value]) -> Vec<String> {
    let missing = wanted.iter().filter(|one| !found.contains(one));
    let missing = missing.map(|one| format!("  - {what} {one}"));
    let surplus = found.iter().filter(|one| !wanted.contains(one));
    missing
        .chain(surplus.map(|one| format!("  + {what} {one}")))
        .collect()
}

/// Groups count as sets and ignoring case.
pub(crate) fn compare_states(wanted: &Value, found: &Value) -> Vec<String> {
    let (wanted, found) = (lists_of_state(wanted), lists_of_state(found));
    compare("state", &wanted, &found)
}

/// Each user, group and removal of each organisation as one value.
fn lists_of_state(state: &Value) -> Vec<Value> {
    let mut lines = Vec::new();
    for (org, state) in state.as_object().into_iter().flatten() {
        for kind in ["users", "groups", "removed"] {
            for item in state[kind].as_array().into_iter().flatten() {
                let mut item = item.clone();
                if let Some(groups) = item.get("groups") {
                    item["groups"] = lower_set(groups);
                }
                if let Some(name) = item.as_str() {
                    item = json!(name.to_lowercase());
                }
                lines.push(json!([org, kind, item]));
            }
        }
    }
    lines
}

fn lower_set(names: &Value) -> Value {
    let names = names
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let names: BTreeSet<String> = names.map(str::to_lowercase).collect();
    json!(names)
}

/// A CSV file as the header and the sorted rows.
fn table(name: &str, bytes: &[u8]) -> Value {
    let delimiter = if name.ends_with(".csv") { b',' } else { b'\t' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let records = reader.records().map(|record| {
        let record = record.unwrap();
        record.iter().map(str::to_owned).collect::<Vec<String>>()
    });
    let mut rows: Vec<Vec<String>> = records.collect();
    if let Some((_, rows)) = rows.split_first_mut() {
        rows.sort();
    }
    json!(rows)
}

/// Services that were asked, or not asked, against expectation.
fn contacts(golden: &Value, requests: &[Exchange]) -> Vec<String> {
    let asked = |name: &str| {
        requests.iter().any(|exchange| match name {
            "okta" => exchange.service == Service::Okta,
            _ => exchange.service != Service::Okta,
        })
    };
    let named = |key: &str| {
        let names = golden[key].as_array().into_iter().flatten();
        names
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<String>>()
    };
    let never = named("contacted").into_iter().filter(|name| !asked(name));
    let never = never.map(|name| format!("  {name} was not contacted"));
    let anyway = named("not_contacted")
        .into_iter()
        .filter(|name| asked(name));
    never
        .chain(anyway.map(|name| format!("  {name} was contacted")))
        .collect()
}
