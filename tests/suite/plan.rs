//! `plan`: what it shows is what `sync` sends, and it writes nothing.

use crate::case::Case;
use crate::conformance::cases;
use crate::scene::{COMPANY, Scene, each};
use crate::sim::{Exchange, Sim};
use crate::support::{self, Folder};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The commands that Adobe got, in order: org and entry.
fn sent(requests: &[Exchange]) -> Vec<(String, Value)> {
    let actions = requests
        .iter()
        .filter(|exchange| exchange.target.contains("/action/"));
    let mut sent = Vec::new();
    for action in actions {
        let path = action.target.split('?').next().unwrap();
        let org = path.rsplit('/').next().unwrap().replace("%40", "@");
        let body = action.json();
        let entries = body.as_array().unwrap().iter();
        sent.extend(entries.map(|entry| (org.clone(), entry.clone())));
    }
    sent
}

/// The commands that `plan --json` shows.
fn shown(stdout: &str) -> Vec<(String, Value)> {
    let plan: Value = serde_json::from_str(stdout).unwrap();
    let mut shown = Vec::new();
    for org in plan["orgs"].as_array().unwrap() {
        let id = org["org_id"].as_str().unwrap();
        for change in org["changes"].as_array().unwrap() {
            let commands = change["commands"].as_array().unwrap().iter();
            shown.extend(commands.map(|command| (id.to_owned(), command.clone())));
        }
    }
    shown
}

/// The commands that `plan --out` saved.
fn saved(text: &str) -> Vec<(String, Value)> {
    let lines = text.lines().skip(1);
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    // What is held back is not sent.
    lines
        .filter(|line| line["held"].is_null())
        .map(|line| {
            let org = line["org"].as_str().unwrap();
            (org.to_owned(), line["command"].clone())
        })
        .collect()
}

/// The case's own words with `plan` for `sync`.
fn plan_words(case: &Case) -> Vec<String> {
    let mut words = case.arguments();
    words.retain(|word| word != "sync");
    words.insert(0, "plan".to_owned());
    words.extend(["--json", "--out", "plan.jsonl"].map(str::to_owned));
    words
}

fn run(case: &Case, stage: (&Sim, &Folder), words: &[String]) -> support::Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    support::run(case.command(stage, &words))
}

fn config_of(words: &[String]) -> Vec<String> {
    let options = ["-c", "--config-filename", "--config-file-encoding"];
    let mut kept = Vec::new();
    for (nth, word) in words.iter().enumerate() {
        let before = nth.checked_sub(1).map(|before| words[before].as_str());
        let is_value = before.is_some_and(|before| options.contains(&before));
        let is_option = options
            .iter()
            .any(|option| word.split('=').next() == Some(option));
        if is_value || is_option {
            kept.push(word.clone());
        }
        if ["-t", "--test-mode"].contains(&word.as_str()) {
            kept.push(word.clone());
        }
    }
    kept
}

/// Gives the number of commands.
fn check(case: &Case) -> usize {
    let (sim, folder) = case.stage();
    let before = folder.files();
    let planned = run(case, (&sim, &folder), &plan_words(case));
    let by_plan = sim.requests();
    assert!(sent(&by_plan).is_empty(), "plan wrote to Adobe");
    let mut after = folder.files();
    after.retain(|(name, _)| name != "plan.jsonl" && !name.ends_with(".log"));
    assert_eq!(names(&before), names(&after), "plan wrote files");
    sim.clear_log();
    let synced = run(case, (&sim, &folder), &case.arguments());
    let got = sent(&sim.requests());
    let Ok(file) = std::fs::read_to_string(folder.path().join("plan.jsonl")) else {
        let same = planned.code == synced.code && got.is_empty();
        assert!(
            same,
            "no plan, but sync ended {:?}\n{}",
            synced.code,
            planned.output()
        );
        return 0;
    };
    assert_eq!(
        shown(&planned.stdout),
        got,
        "plan shows something else than sync sends"
    );
    assert_eq!(
        saved(&file),
        got,
        "the saved plan holds something else than sync sends"
    );
    apply_sends_the_same(case, &file, &got, &sim.state());
    got.len()
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !name.ends_with(".log"))
        .collect()
}

fn apply_sends_the_same(case: &Case, file: &str, expected: &[(String, Value)], state: &Value) {
    let (sim, folder) = case.stage();
    folder.write("plan.jsonl", file);
    let mut words = vec!["apply".to_owned(), "plan.jsonl".to_owned()];
    words.extend(config_of(&case.arguments()));
    let applied = run(case, (&sim, &folder), &words);
    assert_eq!(
        sent(&sim.requests()),
        expected,
        "apply:\n{}",
        applied.output()
    );
    assert_eq!(&sim.state(), state, "apply:\n{}", applied.output());
}

#[test]
fn countries_that_adobe_does_not_take_are_told_once_for_all() {
    let country = |code: &str| {
        let scene = Scene::new(COMPANY);
        scene.sim.edit(|world| {
            let users = world["okta"]["users"].as_object_mut().unwrap();
            for user in users.values_mut() {
                user["profile"]["countryCode"] = json!(code);
            }
        });
        scene
    };
    for (written, told) in [
        ("Germany", r#""GERMANY", DE is meant \(cleo@example.com\)"#),
        ("USA", r#""USA", US is meant \(cleo@example.com\)"#),
        ("Nowhere", r#""NOWHERE" \(cleo@example.com\)"#),
    ] {
        for arguments in [
            &["plan"][..],
            &["sync", "-t"],
            &["sync", "-t", "--strategy", "push"],
        ] {
            let outcome = country(written).run(arguments);
            outcome.says("WARNING .*country code of two letters");
            assert_eq!(outcome.output().matches("two letters").count(), 1);
            // Push creates everybody.
            if !arguments.contains(&"push") {
                outcome.says(told);
            }
        }
    }
    country("de")
        .run(&["plan"])
        .exits(0)
        .never_says("two letters");
}

#[test]
fn what_plan_shows_is_what_sync_and_apply_send() {
    let cases = cases(&|_| true);
    assert!(cases.len() > 40);
    let commands = AtomicUsize::new(0);
    each(
        &cases,
        |case| case.name.clone(),
        |case| _ = commands.fetch_add(check(case), Ordering::Relaxed),
    );
    assert!(commands.into_inner() > 100, "hardly anything was compared");
}

#[test]
fn a_plan_is_shown_with_its_reasons_and_without_colour() {
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["plan"]);
    outcome
        .exits(0)
        .says(r"^  REMOVED from the org; account and files stay: 1\n  - leo@example.com +no matching Okta user")
        .says(r"^      \+ Creative +in Okta group .Design.")
        .never_says("\u{1b}");
    scene.wrote_nothing();
}

#[test]
fn the_exit_code_tells_whether_there_is_something_to_do() {
    let mut scene = Scene::new(COMPANY);
    scene.run(&["plan"]).exits(0);
    scene.run(&["plan", "--detailed-exit-code"]).exits(10);
    scene.set(
        "user-sync-config.yml",
        "/limits/max_adobe_only_users",
        0.into(),
    );
    scene
        .run(&["plan", "--detailed-exit-code"])
        .exits(4)
        .says("^HELD BACK by a safety limit");
    scene.set(
        "user-sync-config.yml",
        "/limits/max_adobe_only_users",
        10.into(),
    );
    scene.sync().exits(0);
    scene
        .run(&["plan", "--detailed-exit-code"])
        .exits(0)
        .says("^Nothing to do: ");
}

#[test]
fn narrow_terminals_get_narrow_lines() {
    let mut scene = Scene::new(COMPANY);
    scene.environment("COLUMNS", Some("50"));
    let stdout = scene.run(&["plan"]).stdout;
    let longest = stdout.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(50), "{longest:?}\n{stdout}");
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let scene = Scene::new(COMPANY);
    for option in ["--all", "--json"] {
        let mut command = scene.command(&["plan", option]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{log}");
        assert!(!log.contains("panic"), "{log}");
    }
}

#[test]
fn a_run_that_fails_leaves_a_report_too() {
    let scene = Scene::new(COMPANY);
    scene.fault(serde_json::json!({"service": "umapi", "path": "/users/", "status": 403}));
    scene.run(&["plan", "--report", "report.json"]).exits(1);
    let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
    assert_eq!(report["exit_code"], 1);
    assert!(
        report["error"].as_str().unwrap().contains("403"),
        "{report}"
    );
    assert!(report["okta"]["requests"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn a_sync_is_reported_with_counts_traffic_and_rejections() {
    let mut scene = Scene::new(COMPANY);
    scene.set(
        "user-sync-config.yml",
        "/directory_users/groups/0/adobe_groups",
        serde_json::json!(["Creative", "Nowhere"]),
    );
    let outcome = scene.run(&["sync", "--report", "report.json", "--json"]);
    outcome.exits(3);
    let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
    let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report, printed);
    assert_eq!(report["exit_code"], 3);
    assert_eq!(report["counts"]["adobe_only_users"], 1);
    let org = &report["orgs"][0];
    assert_eq!(
        org["rejected"][0]["code"], "error.group.not_found",
        "{report}"
    );
    assert!(org["requests"].as_u64().unwrap() >= 2, "{report}");
    assert!(report["phases"]["write"].is_number(), "{report}");
}
