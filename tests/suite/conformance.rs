//! Runs the cases of `testdata/conformance` through the real binary against the
//! simulator. Their format is in the README there.
//!
//! `USER_SYNC_CASE=001` runs only the cases whose names begin so.

use crate::normal::{Sent, normal};
use crate::sim::{Exchange, Service, Sim};
use crate::support::{self, Folder, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// One folder of `testdata/conformance`.
pub(crate) struct Case {
    pub(crate) name: String,
    path: PathBuf,
    pub(crate) world: Value,
    pub(crate) golden: Value,
}

fn folder() -> PathBuf {
    support::root().join("testdata/conformance")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn cases(wanted: &dyn Fn(&str) -> bool) -> Vec<Case> {
    let only = std::env::var("USER_SYNC_CASE").unwrap_or_default();
    let entries = std::fs::read_dir(folder()).unwrap();
    let folders = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    let cases = folders.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        (wanted(&name) && name.starts_with(&only)).then(|| Case {
            world: read(&path.join("world.json")),
            golden: read(&path.join("golden.json")),
            name,
            path,
        })
    });
    cases.collect()
}

/// Runs the cases, two at a time, and reports all that fail.
fn check_all(wanted: &dyn Fn(&str) -> bool) {
    let cases = cases(wanted);
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let problems = check(case);
                    if !problems.is_empty() {
                        let text = format!("== {}\n{}", case.name, problems.join("\n"));
                        failures.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let (bad, all) = (failures.len(), cases.len());
    assert!(
        failures.is_empty(),
        "{bad} of {all} cases fail\n\n{}\n",
        failures.join("\n\n")
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
    let mut problems = run.differences(&case.golden);
    let alternatives = case.golden["alternatives"].as_array().into_iter().flatten();
    for alternative in alternatives {
        let mut golden = case.golden.clone();
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
        let output = run.outcome.output();
        let lines = output.lines().map(|line| format!("    | {line}\n"));
        problems.push(format!("  the run said:\n{}", lines.collect::<String>()));
    }
    problems
}

impl Case {
    /// The words that the case is run with.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let words = read(&self.path.join("args.json"));
        let words = words.as_array().unwrap().iter();
        words
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    }

    /// The simulator with the case's world, and a folder with its files.
    pub(crate) fn stage(&self) -> (Sim, Folder) {
        let sim = Sim::start(self.world.clone());
        let folder = Folder::new();
        for part in ["config", "files"] {
            copy(&self.path.join(part), &sim, &folder);
        }
        (sim, folder)
    }

    /// The binary with these arguments, in the case's environment.
    pub(crate) fn command(&self, stage: (&Sim, &Folder), arguments: &[&str]) -> Command {
        let mut command = support::user_sync(stage.1, stage.0, arguments);
        let environment = self.path.join("env.json");
        if environment.exists() {
            for (name, value) in read(&environment).as_object().unwrap() {
                match value.as_str() {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
        }
        command
    }
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

/// Lays a folder of the case out, with the simulator's hosts in it.
fn copy(from: &Path, sim: &Sim, folder: &Folder) {
    let Ok(entries) = std::fs::read_dir(from) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        // Some files are not UTF-8; those name no hosts.
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let text = text.replace("@OKTA_HOST@", &sim.okta_host());
            bytes = text.replace("@UMAPI_HOST@", &sim.umapi_host()).into_bytes();
        }
        std::fs::write(folder.path().join(path.file_name().unwrap()), bytes).unwrap();
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
