//! Cases as folders: a world, configuration files, arguments, and what must come of the run.
//!
//! `USER_SYNC_CASE=001` takes only the cases whose names begin so.

use crate::sim::Sim;
use crate::support::{self, Folder, Outcome};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One folder.
pub(crate) struct Case {
    pub(crate) name: String,
    path: PathBuf,
    pub(crate) world: Value,
    pub(crate) expected: Value,
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases in `folder` whose names are wanted; `expectation` is the file that says what must
/// come of each.
pub(crate) fn read_all(
    folder: &Path,
    expectation: &str,
    wanted: &dyn Fn(&str) -> bool,
) -> Vec<Case> {
    let only = std::env::var("USER_SYNC_CASE").unwrap_or_default();
    let entries = std::fs::read_dir(folder).unwrap();
    let folders = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    let cases = folders.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        (wanted(&name) && name.starts_with(&only)).then(|| Case {
            world: read(&path.join("world.json")),
            expected: read(&path.join(expectation)),
            name,
            path,
        })
    });
    cases.collect()
}

/// Checks the cases, two at a time. What is wrong, by the names of those that fail.
pub(crate) fn check_all(
    cases: &[Case],
    check: &(dyn Fn(&Case) -> Vec<String> + Sync),
) -> BTreeMap<String, String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let problems = check(case);
                    if !problems.is_empty() {
                        let text = format!("== {}\n{}", case.name, problems.join("\n"));
                        failures.lock().unwrap().insert(case.name.clone(), text);
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap()
}

/// The output of a run that failed its case.
pub(crate) fn said(outcome: &Outcome) -> String {
    let output = outcome.output();
    let lines = output.lines().map(|line| format!("    | {line}\n"));
    format!("  the run said:\n{}", lines.collect::<String>())
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
