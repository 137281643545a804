//! What goes to which stream, and what frames the log of a run that writes
//! (manual/commands.md#streams).

use crate::scene::{COMPANY, MAIN, ORG, Scene, adobe_of, each};
use crate::sim::Service;
use serde_json::{Value, json};

/// Adobe's own recipe for cron.
fn recipe(text: &str) -> Vec<&str> {
    let wanted = regex::Regex::new("CRITICAL|WARNING|ERROR|=====|-----|number of|Number of");
    let wanted = wanted.unwrap();
    text.lines().filter(|line| wanted.is_match(line)).collect()
}

/// A line of the log without time and process id.
fn text_of(line: &str) -> &str {
    line.splitn(4, ' ').nth(3).unwrap_or_default()
}

fn is_log_line(line: &str) -> bool {
    let pattern = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+ (CRITICAL|ERROR|WARNING|INFO|DEBUG) \S+ - ";
    regex::Regex::new(pattern).unwrap().is_match(line)
}

#[test]
fn what_writes_logs_to_standard_output_framed_as_adobes_recipe_reads_it() {
    let scene = Scene::new(COMPANY);
    scene.run(&["plan", "--out", "p.plan"]).exits(0);
    let runs: [(&[&str], &str); 2] = [
        (&["apply", "p.plan", "-t"], "user-sync apply p.plan -t"),
        (
            &["sync", "--user-filter", "a b|.*"],
            "user-sync sync --user-filter 'a b|.*'",
        ),
    ];
    let total = r"^INFO main - ========== End Run \(Total time: \d+:\d\d:\d\d\) ==========$";
    let total = regex::Regex::new(total).unwrap();
    for (arguments, line) in runs {
        let outcome = scene.run(arguments);
        outcome.exits(0);
        assert_eq!(outcome.stderr, "", "{arguments:?}");
        for line in outcome.stdout.lines() {
            assert!(is_log_line(line), "{line}");
        }
        let version = env!("CARGO_PKG_VERSION");
        let start =
            format!("INFO main - ========== Start Run (user-sync version: {version}) ==========");
        let mut lines = outcome.stdout.lines().map(text_of);
        assert_eq!(lines.next(), Some(start.as_str()));
        assert_eq!(
            lines.next(),
            Some(format!("INFO main - Command line: {line}").as_str())
        );
        let found = recipe(&outcome.stdout);
        let end = text_of(found[found.len() - 1]);
        assert!(total.is_match(end), "{end}");
        let summary = found
            .iter()
            .position(|line| line.contains("-- Action Summary"));
        let summary = summary.expect("a summary");
        assert!(found[summary + 1].contains("Number of directory users read: "));
        let dashes = format!("INFO processor - {}", "-".repeat(84));
        assert_eq!(text_of(found[found.len() - 2]), dashes);
    }
}

#[test]
fn results_stand_alone_on_standard_output() {
    let rows: [&[&str]; 5] = [
        &["plan"],
        &["plan", "--json"],
        &["sync", "--json"],
        &["explain", "ann@example.com"],
        &["check"],
    ];
    for arguments in rows {
        let outcome = Scene::new(COMPANY).run(arguments);
        outcome.exits(0);
        let stray = outcome.stdout.lines().find(|line| is_log_line(line));
        assert_eq!(stray, None, "{arguments:?}");
        let strange = outcome.stderr.lines().find(|line| !is_log_line(line));
        assert_eq!(strange, None, "{arguments:?}");
        if arguments.contains(&"--json") {
            let json: Result<Value, _> = serde_json::from_str(&outcome.stdout);
            assert!(json.is_ok(), "{arguments:?}");
        }
        let framed = outcome.stderr.contains("===== Start Run");
        assert_eq!(framed, arguments[0] == "sync", "{arguments:?}");
    }
}

#[test]
fn the_error_that_ends_a_run_is_repeated_on_standard_error() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": "/api/v1/groups", "status": 403}));
    let outcome = scene.sync();
    outcome.exits(1);
    let [repeated] = outcome.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("{}", outcome.stderr);
    };
    assert!(is_log_line(repeated) && repeated.contains(" CRITICAL main - "));
    let log: Vec<&str> = outcome.stdout.lines().map(text_of).collect();
    assert_eq!(log[log.len() - 2], text_of(repeated));
    assert!(log[log.len() - 1].contains("===== End Run"));
}

#[test]
fn a_standard_output_that_is_closed_or_full_changes_no_run() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    let unread = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        std::process::Stdio::from(writer)
    };
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    let full = || full().map_or_else(|_| unread(), std::process::Stdio::from);
    let rows: [(&str, &dyn Fn() -> std::process::Stdio); 2] =
        [("closed", &unread), ("full", &full)];
    for (name, stdout) in rows {
        let scene = Scene::new(COMPANY);
        let mut command = scene.command(&["sync"]);
        let output = command.stdout(stdout()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert_eq!(adobe_of(&scene.sim.state()), adobe_of(&clean), "{name}");
    }
}

#[test]
fn the_console_shows_as_much_as_asked() {
    let rows: [(&[&str], &[&str], &[&str]); 4] = [
        (&["--quiet"], &[" WARNING "], &[" INFO ", " DEBUG "]),
        (
            &["--verbose"],
            &[" WARNING ", " INFO ", " DEBUG "],
            &["\u{1b}["],
        ),
        (&["--color", "always"], &["\u{1b}[33mWARNING\u{1b}[0m"], &[]),
        (&["--color", "never"], &[" WARNING "], &["\u{1b}["]),
    ];
    each(
        &rows,
        |(arguments, ..)| format!("{arguments:?}"),
        |(arguments, there, absent)| {
            let mut scene = Scene::new(COMPANY);
            // Warned of: a group that Okta does not have.
            scene.set(
                MAIN,
                "/directory_users/groups/1/directory_group",
                json!("Vidoe"),
            );
            let outcome = scene.run(&[&["sync"], *arguments].concat());
            for text in *there {
                assert!(
                    outcome.stdout.contains(text),
                    "no {text:?}\n{}",
                    outcome.stdout
                );
            }
            for text in *absent {
                assert!(
                    !outcome.stdout.contains(text),
                    "{text:?}\n{}",
                    outcome.stdout
                );
            }
        },
    );
}

#[test]
fn the_version_says_what_this_file_is() {
    let scene = Scene::new("");
    let outcome = scene.run(&["--version"]);
    outcome.exits(0);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let version = format!("user-sync {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines[0], version);
    let starts = ["commit:   ", "target:   ", "compiler: rustc 1."];
    assert_eq!(lines.len(), 4);
    for (line, start) in lines[1..].iter().zip(starts) {
        assert!(
            line.starts_with(start) && line.len() > start.len(),
            "{line}"
        );
    }
    assert_eq!(scene.count(Service::Okta, ORG), 0);
}
