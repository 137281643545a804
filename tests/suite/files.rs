//! Files that a run reads and writes, and the lock (manual/safety.md#files).
#![cfg(unix)]

use crate::scene::{COMPANY, MAIN, OKTA, Scene, UMAPI, address};
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Whether permissions bind this process at all: they do not bind root.
fn permissions_hold(scene: &Scene) -> bool {
    let probe = scene.path("probe");
    std::fs::create_dir(&probe).unwrap();
    set_mode(&probe, 0o500);
    let holds = std::fs::write(probe.join("x"), "").is_err();
    std::fs::remove_dir_all(&probe).unwrap();
    holds
}

#[test]
fn whatever_is_written_is_readable_by_its_owner_only() {
    let mut scene = Scene::new(COMPANY);
    scene.set(
        MAIN,
        "/logging",
        json!({"log_to_file": true, "file_log_directory": "deep/logs"}),
    );
    let before: Vec<String> = scene
        .folder
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    let write = [
        "sync",
        "-t",
        "--report",
        "report.json",
        "--adobe-only-user-action",
        "write-file",
        "list.csv",
    ];
    scene.run(&write).exits(0);
    scene
        .run(&["apply", "plan.jsonl", "--report", "applied.json"])
        .exits(0);
    scene.run(&["init", "--directory", "examples"]).exits(0);
    let mut written = Vec::new();
    for (name, _) in scene.folder.files() {
        if !before.contains(&name) {
            assert_eq!(mode(&scene.path(&name)), 0o600, "{name}");
            written.push(name);
        }
    }
    for part in [
        "plan.jsonl",
        "plan.jsonl.journal",
        "report.json",
        "list.csv",
        "applied.json",
        "deep/logs/",
        "examples/",
    ] {
        assert!(
            written.iter().any(|name| name.starts_with(part)),
            "{part} of {written:?}"
        );
    }
    for directory in ["deep", "deep/logs", "examples"] {
        assert_eq!(mode(&scene.path(directory)), 0o700, "{directory}");
    }
}

#[test]
fn whole_files_replace_old_ones_by_renaming() {
    let scene = Scene::new(COMPANY);
    for (name, arguments) in [
        (
            "report.json",
            &["sync", "-t", "--report", "report.json"][..],
        ),
        ("plan.jsonl", &["plan", "--out", "plan.jsonl"]),
        (
            "list.csv",
            &[
                "sync",
                "-t",
                "--adobe-only-user-action",
                "write-file",
                "list.csv",
            ],
        ),
    ] {
        scene.folder.write(name, "old");
        // Its own permissions stay; a new file is for its owner only (below).
        set_mode(&scene.path(name), 0o640);
        // Another name for the old file: it must keep the old content.
        let kept = scene.path("kept");
        std::fs::hard_link(scene.path(name), &kept).unwrap();
        scene.run(arguments).exits(0);
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "old", "{name}");
        assert_ne!(scene.read(name), "old");
        assert_eq!(mode(&scene.path(name)), 0o640, "{name}");
        std::fs::remove_file(scene.path(name)).unwrap();
        scene.run(arguments).exits(0);
        assert_eq!(mode(&scene.path(name)), 0o600, "{name}");
        std::fs::remove_file(kept).unwrap();
    }
    let left: Vec<String> = scene
        .folder
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(left.iter().all(|name| !name.contains("tmp")), "{left:?}");
}

#[test]
fn a_link_in_place_of_a_file_stays_one() {
    let scene = Scene::new(COMPANY);
    scene.folder.write("real.json", "old");
    symlink("real.json", scene.path("report.json")).unwrap();
    scene
        .run(&["sync", "-t", "--report", "report.json"])
        .exits(0);
    assert!(
        std::fs::symlink_metadata(scene.path("report.json"))
            .unwrap()
            .is_symlink()
    );
    assert_ne!(scene.read("real.json"), "old");
}

#[test]
fn a_second_run_ends_with_exit_code_6_and_says_who_holds_the_lock() {
    let scene = Scene::new(COMPANY);
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.sim.clear_log();
    scene.fault(json!({"service": "okta", "path": "/users?", "delay_ms": 60_000}));
    let first = scene.start(&["sync"]);
    scene.until_asked("/users?");
    let asked = scene.sim.requests().len();
    for arguments in [
        &["sync"][..],
        &[],
        &["apply", "plan.jsonl"],
        &["sync", "-t"],
    ] {
        let second = scene.run(arguments);
        second.exits(6).says(&format!(r"\b{}\b", first.id()));
    }
    assert_eq!(
        scene.sim.requests().len(),
        asked,
        "the second run asked for nothing"
    );
    // Those that write nothing need no lock.
    scene.sim.clear_faults();
    scene.run(&["plan"]).exits(0);
    scene.run(&["explain", &address("ann")]).exits(0);
    scene.run(&["check"]).exits(0);
    first.signal("TERM");
    first.finish().exits(130);
    scene.sync().exits(0);
}

#[test]
fn the_lock_goes_with_a_run_that_is_killed() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": "/users?", "hang": true}));
    let first = scene.start(&["sync"]);
    scene.until_asked("/users?");
    first.signal("KILL");
    first.finish();
    scene.sim.clear_faults();
    scene.sync().exits(0);
}

#[test]
fn the_lock_is_taken_before_the_file_is_read() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": "/users?", "hang": true}));
    let first = scene.start(&["sync"]);
    scene.until_asked("/users?");
    // Somebody is editing: what stands there now must not matter.
    scene.folder.write(MAIN, "nonsense: [");
    scene.sync().exits(6);
    first.signal("KILL");
    first.finish();
    scene.sync().exits(2);
}

#[test]
fn runs_of_different_configurations_do_not_lock_each_other_out() {
    let scene = Scene::new(COMPANY);
    scene.folder.write("other.yml", &scene.read(MAIN));
    scene.fault(json!({"service": "okta", "path": "/users?", "hang": true, "nth": 1}));
    let first = scene.start(&["sync"]);
    scene.until_asked("/users?");
    scene.run(&["sync", "-t", "-c", "other.yml"]).exits(0);
    first.signal("KILL");
    first.finish();
}

#[test]
fn another_name_for_the_same_file_is_the_same_lock() {
    let scene = Scene::new(COMPANY);
    symlink(MAIN, scene.path("link.yml")).unwrap();
    scene.fault(json!({"service": "okta", "path": "/users?", "hang": true}));
    let first = scene.start(&["sync"]);
    scene.until_asked("/users?");
    scene.run(&["sync", "-c", "link.yml"]).exits(6);
    first.signal("KILL");
    first.finish();
}

#[test]
fn a_read_only_directory_is_good_enough_for_a_run() {
    let scene = Scene::new(COMPANY);
    if !permissions_hold(&scene) {
        // Root may write everywhere; the run must go well all the same.
        eprintln!("permissions do not bind this user");
    }
    for name in [MAIN, OKTA, UMAPI] {
        set_mode(&scene.path(name), 0o400);
    }
    let folder = scene.folder.path().to_owned();
    set_mode(&folder, 0o500);
    let outcome = scene.sync();
    set_mode(&folder, 0o700);
    outcome.exits(0);
}

#[test]
fn in_a_read_only_directory_the_lock_holds_and_nothing_is_begun_that_cannot_be_written() {
    let scene = Scene::new(COMPANY);
    if !permissions_hold(&scene) {
        eprintln!("skipped: permissions do not bind this user");
        return;
    }
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.sim.clear_log();
    set_mode(&scene.path(MAIN), 0o400);
    let folder = scene.folder.path().to_owned();
    set_mode(&folder, 0o500);
    let rows: [&[&str]; 4] = [
        &["sync", "--report", "report.json"],
        &["sync", "--adobe-only-user-action", "write-file", "list.csv"],
        &["plan", "--out", "other.jsonl"],
        &["apply", "plan.jsonl"],
    ];
    let outcomes = rows.map(|arguments| scene.run(arguments));
    scene.wrote_nothing();
    scene.fault(json!({"service": "okta", "path": "/users?", "hang": true}));
    let first = scene.start(&["sync"]);
    scene.until_asked("/users?");
    let second = scene.sync();
    first.signal("KILL");
    first.finish();
    set_mode(&folder, 0o700);
    for (arguments, outcome) in rows.iter().zip(outcomes) {
        assert!(
            matches!(outcome.code, Some(1 | 2)),
            "{arguments:?} {}",
            outcome.output()
        );
        outcome.says("ermission denied");
    }
    second.exits(6);
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error_before_anything_is_written_at_adobe() {
    for option in [
        &["--report", "none/report.json"][..],
        &["--report", "."],
        &["--adobe-only-user-action", "write-file", "none/list.csv"],
        &["--adobe-only-user-action", "write-file", "."],
    ] {
        let scene = Scene::new(COMPANY);
        let mut arguments = vec!["sync"];
        arguments.extend(option);
        let outcome = scene.run(&arguments);
        assert!(
            matches!(outcome.code, Some(1 | 2)),
            "{option:?} {}",
            outcome.output()
        );
        outcome.says(&regex::escape(option[option.len() - 1]));
        scene.wrote_nothing();
    }
    let mut scene = Scene::new(COMPANY);
    scene.folder.write("file", "");
    scene.set(
        MAIN,
        "/logging",
        json!({"log_to_file": true, "file_log_directory": "file/logs"}),
    );
    let outcome = scene.sync();
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
    outcome.says("file/logs");
    assert_eq!(scene.sim.requests().len(), 0);

    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["plan", "--out", "none/plan.jsonl"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
    outcome.says("none/plan.jsonl");
}

#[test]
fn a_full_disk_is_told_and_never_taken_for_success() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    let clean = Scene::clean_state(COMPANY, |_| {});
    // The work is done; what is lost is the report.
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["sync", "--report", "/dev/full"]);
    assert_ne!(outcome.code, Some(0), "{}", outcome.output());
    outcome.says("(ERROR|CRITICAL) .*/dev/full.*(space|full)");
    if !scene.actions().is_empty() {
        assert_eq!(scene.sim.state(), clean, "all or nothing");
    }
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["plan", "--out", "/dev/full"]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.output());
    outcome.says("/dev/full");
    // The list of those who would go is what a run with write-file is for.
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&[
        "sync",
        "--adobe-only-user-action",
        "write-file",
        "/dev/full",
    ]);
    assert_ne!(outcome.code, Some(0), "{}", outcome.output());
    outcome.says("/dev/full");
}

#[test]
fn a_limit_on_the_size_of_files_is_told_as_a_full_disk_is() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    // Half a KiB, less than either file has.
    let limit = "ulimit -f 1";
    let scene = Scene::new(COMPANY);
    scene
        .start_after(limit, &["plan", "--out", "plan.jsonl"])
        .finish()
        .exits(1)
        .says("plan.jsonl.*too large");
    assert!(!scene.path("plan.jsonl").exists());
    let scene = Scene::new(COMPANY);
    scene
        .start_after(limit, &["sync", "--report", "report.json"])
        .finish()
        .exits(3)
        .says("(ERROR|CRITICAL) .*report.json.*too large");
    assert_eq!(scene.sim.state(), clean, "what is lost is the report alone");
    let scene = Scene::new(COMPANY);
    scene
        .start_after(limit, &["init", "--directory", "new"])
        .finish()
        .exits(1)
        .says("user-sync-config.yml.*too large");
}

/// Runs with one stream that nobody reads.
fn with_closed_pipe(scene: &Scene, arguments: &[&str], is_stdout: bool) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = scene.command(arguments);
    let output = if is_stdout {
        command.stdout(writer).output().unwrap()
    } else {
        command.stderr(writer).output().unwrap()
    };
    let rest = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&rest).into_owned(),
    )
}

#[test]
fn a_pipe_that_was_closed_hides_no_exit_code() {
    let scene = Scene::new(COMPANY);
    let ann = address("ann");
    let rows: [(&[&str], i32); 9] = [
        (&["plan", "--all"], 0),
        (&["plan", "--detailed-exit-code"], 10),
        (&["plan", "--json"], 0),
        (&["check"], 0),
        (&["check", "--json"], 0),
        (&["explain", &ann], 0),
        (&["sync", "-t", "--json"], 0),
        (&["--help"], 0),
        (&["sync", "--nonsense"], 2),
    ];
    for (arguments, code) in rows {
        for is_stdout in [true, false] {
            let (found, rest) = with_closed_pipe(&scene, arguments, is_stdout);
            assert_eq!(found, Some(code), "{arguments:?} {is_stdout}\n{rest}");
            assert!(!rest.contains("panicked"), "{arguments:?}\n{rest}");
        }
    }
    // Nobody hears of the work, and it is done.
    let (code, _) = with_closed_pipe(&scene, &["sync"], false);
    assert_eq!(code, Some(0));
    assert_eq!(scene.groups_of("leo"), None);
}

#[test]
fn a_journal_that_cannot_be_written_is_known_before_anything_is_sent() {
    let scene = Scene::new(COMPANY);
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    std::fs::create_dir(scene.path("plan.jsonl.journal")).unwrap();
    let outcome = scene.run(&["apply", "plan.jsonl"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
    outcome.says("plan.jsonl.journal");
    scene.wrote_nothing();
    // A link to nowhere: reading finds no journal, and writing fails.
    std::fs::remove_dir(scene.path("plan.jsonl.journal")).unwrap();
    symlink("none/journal", scene.path("plan.jsonl.journal")).unwrap();
    let outcome = scene.run(&["apply", "plan.jsonl"]);
    outcome
        .exits(1)
        .says("plan.jsonl.journal.*cannot be written");
    scene.wrote_nothing();
    // Test mode writes none and needs none.
    scene.run(&["apply", "-t", "plan.jsonl"]).exits(0);
}

#[test]
fn a_journal_on_a_full_disk_stops_the_writing() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    let scene = Scene::new(COMPANY);
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    symlink("/dev/full", scene.path("plan.jsonl.journal")).unwrap();
    let outcome = scene.run(&["apply", "plan.jsonl"]);
    assert!(
        matches!(outcome.code, Some(1 | 2 | 5)),
        "{}",
        outcome.output()
    );
    outcome.says("plan.jsonl.journal");
    assert!(
        scene.actions().len() <= 1,
        "nothing is sent that cannot be noted"
    );
}

#[test]
fn standard_output_that_cannot_take_more_is_no_panic() {
    let scene = Scene::new(COMPANY);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    for arguments in [
        &["plan"][..],
        &["plan", "--json"],
        &["--help"],
        &["check"],
        &["explain", "ann@example.com"],
    ] {
        let Ok(full) = full() else { return };
        let mut command = scene.command(arguments);
        let output = command.stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{arguments:?}\n{stderr}");
        assert!(
            output.status.code().is_some(),
            "{arguments:?}: ended by a signal"
        );
    }
}

#[test]
fn init_never_overwrites() {
    let scene = Scene::new(COMPANY);
    let before = scene.folder.files();
    let outcome = scene.run(&["init"]);
    assert_ne!(outcome.code, Some(0), "{}", outcome.output());
    outcome.says(MAIN);
    for (name, content) in before {
        assert_eq!(scene.read(&name).into_bytes(), content, "{name}");
    }
    // Nor through a link to nowhere.
    std::fs::create_dir(scene.path("new")).unwrap();
    symlink(scene.path("target"), scene.path("new").join(MAIN)).unwrap();
    scene.run(&["init", "--directory", "new"]);
    assert!(!scene.path("target").exists());
}

#[test]
fn a_file_with_a_secret_that_others_can_read_is_warned_of() {
    let mut scene = Scene::new(COMPANY);
    set_mode(&scene.path(OKTA), 0o644);
    scene
        .run(&["plan"])
        .exits(0)
        .says(&format!("WARNING .*{OKTA}"));
    set_mode(&scene.path(OKTA), 0o600);
    scene
        .run(&["plan"])
        .exits(0)
        .never_says(&format!("WARNING .*{OKTA}"));
    scene.set(OKTA, "/api_token", Value::Null);
    scene.set(OKTA, "/api_token_file", json!("./token"));
    scene
        .folder
        .write("token", &format!("{}\n", crate::scene::OKTA_TOKEN));
    set_mode(&scene.path("token"), 0o644);
    scene.run(&["plan"]).exits(0).says("WARNING .*token");
}

#[test]
fn a_log_that_cannot_grow_does_not_end_a_run() {
    let mut scene = Scene::new(COMPANY);
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    std::fs::create_dir(scene.path("logs")).unwrap();
    symlink("/dev/full", scene.path("logs/full.log")).unwrap();
    scene.set(
        MAIN,
        "/logging",
        json!({"log_to_file": true, "file_log_name_format": "full.log"}),
    );
    scene.sync().exits(0);
    assert_eq!(scene.groups_of("leo"), None);
}

#[test]
fn a_pipe_as_report_is_written_straight() {
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["sync", "-t", "--report", "/dev/stderr"]);
    outcome.exits(0).says("exit_code");
}

#[test]
fn the_log_file_is_continued() {
    let mut scene = Scene::new(COMPANY);
    scene.set(
        MAIN,
        "/logging",
        json!({"log_to_file": true, "file_log_name_format": "sync.log"}),
    );
    scene.run(&["plan"]).exits(0);
    let first = scene.read("logs/sync.log");
    scene.run(&["plan"]).exits(0);
    assert!(
        scene.read("logs/sync.log").starts_with(&first),
        "the log is continued"
    );
}
