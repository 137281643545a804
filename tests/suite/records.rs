//! On record: one line in the log for each person and change.

use crate::scene::{EMEA, MAIN, Scene};
use crate::support::Outcome;
use serde_json::{Value, json};

/// A joiner, a mover, a leaver, somebody with a new name, and the secondary org.
fn company() -> Scene {
    let mut scene = Scene::new(
        "Design: ann bob
         Video: cy
         adobe: bob[Premiere,Stock] cy[Premiere] leo[Creative]
         adobe emea: bob[]",
    );
    scene.with_emea();
    scene.option("update_user_info", json!(true));
    scene.sim.edit(|world| {
        world["okta"]["users"]["cy"]["profile"]["lastName"] = json!("Lee");
    });
    scene
}

/// The lines of the logger `changes`, without time and process.
fn changes(outcome: &Outcome) -> Vec<String> {
    let output = outcome.output();
    let lines = output.lines().filter_map(|line| {
        let (_, text) = line.split_once(" INFO changes - ")?;
        Some(text.to_owned())
    });
    lines.collect()
}

const CHANGES: [&str; 5] = [
    "emea bob@example.com: groups added: Creative (in Okta group \"Design\")",
    "emea ann@example.com: created, federatedID, US (in Okta group \"Design\"); \
     groups added: Creative",
    "primary bob@example.com: groups removed: Premiere (not in any mapped Okta group); \
     groups added: Creative (in Okta group \"Design\")",
    "primary cy@example.com: lastname Test -> Lee",
    "primary ann@example.com: created, federatedID, US (in Okta group \"Design\"); \
     groups added: Creative",
];

fn expected(mode: &str) -> Vec<String> {
    let leaver = "primary leo@example.com: removed from the org (no matching Okta user)";
    let lines = CHANGES.into_iter().chain([leaver]);
    lines.map(|line| format!("{mode}{line}")).collect()
}

#[test]
fn each_persons_change_is_a_line_with_its_reason() {
    let scene = company();
    let tested = scene.run(&["sync", "-t"]);
    assert_eq!(changes(tested.exits(0)), expected("TEST MODE "));
    let planned = scene.run(&["plan", "--out", "p.plan"]);
    assert!(changes(planned.exits(0)).is_empty(), "nothing was done");
    let applied = scene.run(&["apply", "p.plan"]);
    assert_eq!(changes(applied.exits(0)), expected(""));
    let again = scene.sync();
    assert!(changes(again.exits(0)).is_empty(), "nothing was left to do");
}

#[test]
fn a_sync_says_what_an_apply_of_its_plan_says() {
    let outcome = company().sync();
    assert_eq!(changes(outcome.exits(0)), expected(""));
}

#[test]
fn what_adobe_refuses_is_an_error_line_and_no_change() {
    let scene = company();
    scene.sim.edit(|world| {
        world["adobe"]["orgs"][EMEA]["groups"] = json!(["Stock"]);
    });
    let outcome = scene.sync();
    let lines = changes(outcome.exits(3));
    assert_eq!(lines, expected("")[2..], "{}", outcome.output());
    outcome.says("ERROR umapi - Adobe has no group \"Creative\"");
}

#[test]
fn a_person_with_many_commands_is_one_line_when_the_last_is_answered() {
    let mut scene = Scene::new("Design: ann\n Video: ann\n adobe: ann[Premiere]");
    let groups: Vec<String> = (0..120).map(|nth| format!("G{nth}")).collect();
    scene.set(
        MAIN,
        "/directory_users/groups/0/adobe_groups",
        json!(groups),
    );
    scene.sim.edit(|world| {
        let org = &mut world["adobe"]["orgs"][crate::scene::ORG];
        org["groups"] = json!(groups);
    });
    let lines = changes(scene.sync().exits(0));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("G0, G1, ") && lines[0].contains(", G119 (in Okta group"));
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn log_and_report_have_the_mode_that_the_configuration_gives() {
    let mut scene = Scene::new("Design: ann\n Video: ann\n adobe:");
    scene.set(MAIN, "/logging/log_to_file", json!(true));
    scene.set(MAIN, "/logging/file_log_directory", json!("new/logs"));
    scene.set(MAIN, "/logging/file_log_name_format", json!("run.log"));
    scene.set(MAIN, "/logging/file_mode", json!("0640"));
    scene.run(&["plan", "--report", "r.json"]).exits(0);
    let modes = ["new/logs", "new/logs/run.log", "r.json"].map(|name| mode(&scene.path(name)));
    assert_eq!(modes, [0o750, 0o640, 0o640]);
    scene.set(MAIN, "/logging/file_mode", json!("0666"));
    scene.run(&["plan"]).exits(2).says("file_mode: .*0600");
}

/// In a folder like `/tmp` somebody else plants `last.json -> victim`.
#[cfg(target_os = "linux")]
#[test]
fn a_planted_link_is_not_followed() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        // Only root can make somebody else's link.
        return;
    }
    let scene = Scene::new("Design: ann\n Video: ann\n adobe:");
    let shared = scene.path("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o1777)).unwrap();
    scene.folder.write("victim", "untouched");
    for name in ["r.json", "p.plan"] {
        let link = shared.join(name);
        symlink("../victim", &link).unwrap();
        lchown(&link, Some(65534), Some(65534)).unwrap();
    }
    let written = ["--report", "shared/r.json", "--out", "shared/p.plan"];
    scene.run(&[&["plan"][..], &written].concat()).exits(0);
    assert_eq!(scene.read("victim"), "untouched");
    for name in ["r.json", "p.plan"] {
        let found = std::fs::symlink_metadata(shared.join(name)).unwrap();
        assert!(found.is_file() && found.uid() == 0, "{name}");
    }
}

/// The lines of a change log, parsed.
fn change_log(scene: &Scene) -> Vec<Value> {
    let text = scene.read("changes.jsonl");
    assert!(text.ends_with('\n'), "half a line: {text}");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn events(lines: &[Value]) -> Vec<&str> {
    let events = lines.iter().map(|line| line["event"].as_str().unwrap());
    events.collect()
}

fn recording() -> Scene {
    let mut scene = company();
    scene.set(MAIN, "/logging/change_log", json!("changes.jsonl"));
    scene
}

#[test]
fn the_change_log_holds_what_was_sent_and_what_came_of_it() {
    let scene = recording();
    scene.sync().exits(0);
    let lines = change_log(&scene);
    let expected = [
        "start", "command", "command", "outcome", "outcome", "command", "command", "command",
        "command", "outcome", "outcome", "outcome", "outcome", "end",
    ];
    assert_eq!(events(&lines), expected);
    assert_eq!(lines[0]["arguments"], json!(["sync"]));
    assert_eq!(lines[0]["counts"]["adobe_users_created"], 1);
    let leo = &lines[8];
    assert_eq!(leo["org"], crate::scene::ORG);
    assert_eq!(
        leo["command"]["do"],
        json!([{"removeFromOrg": {"deleteAccount": false}}])
    );
    assert_eq!(leo["change"]["why"], "no matching Okta user");
    assert_eq!(
        leo["change"]["before"]["account"]["groups"],
        json!(["Creative"])
    );
    assert_eq!(lines[7]["change"]["okta"]["login"], "ann@example.com");
    assert_eq!(lines[13]["exit_code"], 0);
    let run = lines[0]["run"].as_str().unwrap();
    assert!(lines.iter().all(|line| line["run"] == run));
    assert_eq!(mode(&scene.path("changes.jsonl")), 0o600);
    for secret in [crate::scene::CLIENT_SECRET, crate::scene::OKTA_TOKEN] {
        assert!(!scene.read("changes.jsonl").contains(secret));
    }
}

#[test]
fn what_adobe_refuses_and_what_is_not_answered_is_on_record() {
    let scene = recording();
    scene.fault(json!({"path": "/action/A1B2C3@AdobeOrg", "times": 3, "close": "executed"}));
    scene.sync().exits(5);
    let lines = change_log(&scene);
    let outcomes: Vec<&Value> = lines
        .iter()
        .filter(|line| line["event"] == "outcome")
        .collect();
    let words: Vec<&str> = outcomes
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        words,
        ["done", "done", "unknown", "unknown", "unknown", "unknown"]
    );
    assert_eq!(lines.last().unwrap()["exit_code"], 5);
}

#[test]
fn a_killed_run_leaves_a_log_that_can_be_read() {
    for nth in [1, 2] {
        let scene = recording();
        scene.fault(json!({"path": "/action/", "nth": nth, "hang": true}));
        let child = scene.start(&["sync"]);
        crate::child::until("the request", || scene.actions().len() >= nth);
        child.signal("KILL");
        child.finish();
        let lines = change_log(&scene);
        assert_eq!(events(&lines).last(), Some(&"command"), "no answer, no end");
        scene.sim.clear_faults();
        let history = scene.run(&["history"]);
        history.exits(0).says("broken off .* unknown");
        let person = if nth == 1 { "bob" } else { "leo" };
        scene
            .run(&["history", &crate::scene::address(person)])
            .exits(0)
            .says(r"\[unknown: no answer is on record\]");
        scene.sync().exits(0);
        assert_eq!(events(&change_log(&scene)).last(), Some(&"end"));
    }
}

#[test]
fn without_a_place_on_record_nothing_is_sent() {
    let mut scene = recording();
    for (path, says) in [
        ("user-sync-config.yml", "would overwrite"),
        ("none/changes.jsonl", "change log cannot be written"),
        ("connector-emea.yml", "would overwrite"),
    ] {
        scene.set(MAIN, "/logging/change_log", json!(path));
        let refused = scene.sync();
        assert!(matches!(refused.code, Some(1 | 2)), "{}", refused.output());
        refused.says(says);
    }
    scene.folder.write("notes.txt", "mine");
    let refused = scene.run(&["sync", "--change-log", "notes.txt"]);
    refused.exits(1).says("no change log of user-sync");
    assert_eq!(scene.read("notes.txt"), "mine");
    scene.wrote_nothing();
}

#[test]
fn history_tells_runs_and_people_by_any_name() {
    let scene = recording();
    let nothing = scene.run(&["history"]);
    nothing.exits(0);
    assert_eq!(nothing.stdout, "");
    scene.run(&["sync", "-t"]).exits(0);
    scene.sync().exits(0);
    let runs = scene.run(&["history"]);
    runs.exits(0)
        .says("exit 0  TEST MODE 1 created")
        .says("sync  exit 0  1 created");
    assert_eq!(runs.stdout.lines().count(), 2);
    let leaver = scene.run(&["history", "LEO@example.com"]);
    leaver
        .exits(0)
        .says("  TEST MODE primary leo@example.com: removed from the org");
    let last = leaver.stdout.lines().last().unwrap();
    assert!(
        last.contains("  primary leo@example.com: removed from the org (no matching Okta user)")
    );
    let log = change_log(&scene);
    let ann = log
        .iter()
        .find(|line| line["command"]["user"] == "ann@example.com");
    let id = ann.unwrap()["change"]["okta"]["id"].as_str().unwrap();
    let by_id = scene.run(&["history", id, "--json"]);
    let entries: Vec<Value> = by_id.exits(0).stdout.lines().map(parse).collect();
    assert_eq!(entries.len(), 4, "two orgs, twice");
    assert_eq!(entries[3]["kind"], "create");
    assert_eq!(entries[3]["outcome"], "done");
    let future = scene.run(&["history", "--since", "2999-01-01"]);
    assert_eq!(future.exits(0).stdout, "");
    for no_day in ["yesterday", "2026-11-01T10:00", "9999-12-31"] {
        let refused = scene.run(&["history", "--since", no_day]);
        refused
            .exits(2)
            .says(&format!("--since: \"{no_day}\" is no day; write 2026-"));
    }
    let nobody = scene.run(&["history", "nobody@example.com"]);
    nobody
        .exits(0)
        .says("INFO changes - .*nothing of that is on record");
    // One warning a command, however often it reads the log.
    let mut torn = scene.read("changes.jsonl");
    torn.push_str("{\n");
    scene.folder.write("torn.jsonl", &torn);
    for command in [
        &["history"][..],
        &["history", "leo@example.com"],
        &["undo", "last", "--out", "b"],
    ] {
        let outcome = scene.run(&[command, &["--change-log", "torn.jsonl"]].concat());
        outcome.exits(0);
        assert_eq!(
            outcome.output().matches("they cannot be read: 1").count(),
            1,
            "{command:?}"
        );
    }
    let explained = scene.run(&["explain", "leo@example.com"]);
    explained
        .exits(0)
        .says("On record")
        .says("removed from the org");
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn history_and_undo_need_a_change_log() {
    let scene = company();
    for arguments in [&["history"][..], &["undo", "last", "--out", "p"]] {
        scene
            .run(arguments)
            .exits(2)
            .says("no change log is configured.*--change-log");
    }
}

#[test]
fn the_report_is_written_for_every_end() {
    let report = |scene: &Scene| parse(&scene.read("r.json"));
    let mut scene = recording();
    scene.option("report", json!("r.json"));
    scene.sync().exits(0);
    let good = report(&scene);
    assert_eq!(
        (&good["exit_code"], &good["error"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(good["format_version"], 1);
    assert_eq!(good["run"], change_log(&scene)[0]["run"]);
    // Wrong usage, wrong configuration, an unreadable directory: the file does not say "0".
    let arguments = ["sync", "--report", "r.json", "--users", "everybody"];
    scene.run(&arguments).exits(2);
    assert_eq!(report(&scene)["exit_code"], 2);
    assert!(
        report(&scene)["error"]
            .as_str()
            .unwrap()
            .contains("everybody")
    );
    scene.fault(json!({"service": "okta", "status": 403}));
    scene.sync().exits(1);
    assert_eq!(report(&scene)["exit_code"], 1);
    scene.sim.clear_faults();
    scene.set(MAIN, "/limits/max_adobe_only_users", json!("many"));
    scene.run(&["sync", "--report", "r.json"]).exits(2);
    assert!(
        report(&scene)["error"]
            .as_str()
            .unwrap()
            .contains("max_adobe_only_users")
    );
}

#[test]
fn the_report_counts_what_was_not_sent() {
    let mut scene = recording();
    scene.option("report", json!("r.json"));
    scene.fault(json!({"path": "/action/", "status": 503}));
    scene.sync().exits(1);
    let report = parse(&scene.read("r.json"));
    assert_eq!(report["commands_not_sent"], 6);
    scene.sim.clear_faults();
    scene.fault(json!({"path": "/action/", "nth": [2, 3, 4], "close": "executed"}));
    scene.sync().exits(5);
    let report = parse(&scene.read("r.json"));
    assert_eq!(report["commands_not_sent"], 0);
    assert_eq!(report["commands_unanswered"], 4);
    assert_eq!(report["error"], "writing stopped part-way");
}

#[test]
fn nothing_that_is_written_takes_the_place_of_what_is_needed() {
    let scene = recording();
    scene.run(&["plan", "--out", "p.plan"]).exits(0);
    let cases: [&[&str]; 7] = [
        &["plan", "--report", "user-sync-config.yml"],
        &["plan", "--report", "changes.jsonl"],
        &["plan", "--out", "connector-okta.yml"],
        &["plan", "--out", "r.json", "--report", "./r.json"],
        &["plan", "--metrics", "connector-umapi.yml"],
        &["apply", "p.plan", "--report", "p.plan"],
        &["apply", "p.plan", "--report", "p.plan.journal"],
    ];
    let before = scene.folder.files();
    for arguments in cases {
        let refused = scene.run(arguments);
        refused
            .exits(2)
            .says("would overwrite .*: name another file");
    }
    assert_eq!(scene.folder.files(), before);
}

#[test]
fn metrics_are_for_everybody_and_keep_the_last_success() {
    let mut scene = recording();
    scene.option("metrics", json!("missing/user-sync.prom"));
    scene
        .sync()
        .exits(1)
        .says("missing/user-sync.prom: the metrics cannot be written");
    scene.wrote_nothing();
    scene.option("metrics", json!("user-sync.prom"));
    let success = |text: &str| {
        let mut lines = text.lines();
        let found = lines.find(|line| line.starts_with("user_sync_last_success"));
        found.map(str::to_owned)
    };
    for looks in [&["plan"][..], &["sync", "-t"]] {
        scene.run(looks).exits(0);
        assert_eq!(success(&scene.read("user-sync.prom")), None, "{looks:?}");
    }
    scene.sync().exits(0);
    let good = scene.read("user-sync.prom");
    assert!(good.contains("user_sync_exit_code 0\n"), "{good}");
    assert!(
        good.contains("user_sync_planned{count=\"adobe_users_created\"} 1\n"),
        "{good}"
    );
    assert!(
        good.contains("user_sync_actions{org=\"emea\",outcome=\"success\"} 2\n"),
        "{good}"
    );
    assert_eq!(mode(&scene.path("user-sync.prom")), 0o644);
    scene.fault(json!({"service": "okta", "status": 403}));
    scene.sync().exits(1);
    let bad = scene.read("user-sync.prom");
    assert!(bad.contains("user_sync_exit_code 1\n"));
    assert!(success(&good).is_some() && success(&bad) == success(&good));
}

/// The file of the configuration is that of runs for everybody, which somebody watches.
#[test]
fn metrics_of_the_file_are_not_those_of_one_person_or_of_a_recording() {
    let mut scene = recording();
    scene.option("metrics", json!("user-sync.prom"));
    scene.run(&["plan", "--record", "r.gz"]).exits(0);
    scene.fault(json!({"service": "okta", "path": "/users?", "status": 403, "nth": 1}));
    scene.sync().exits(1);
    let failed = scene.read("user-sync.prom");
    assert!(failed.contains("user_sync_exit_code 1\n"), "{failed}");
    let others: [&[&str]; 3] = [
        &["plan", "--only", "ann@example.com"],
        &["sync", "--only", "ann@example.com"],
        &["plan", "--replay", "r.gz"],
    ];
    for arguments in others {
        scene.run(arguments).exits(0);
        assert_eq!(scene.read("user-sync.prom"), failed, "{arguments:?}");
        // Who asks for it gets it.
        let asked = [arguments, &["--metrics", "own.prom"]].concat();
        scene.run(&asked).exits(0);
        let own = scene.read("own.prom");
        assert!(own.contains("user_sync_exit_code 0\n"), "{own}");
        std::fs::remove_file(scene.path("own.prom")).unwrap();
    }
    scene.sync().exits(0);
    assert_ne!(scene.read("user-sync.prom"), failed);
}

#[test]
fn a_log_that_cannot_be_written_stops_only_who_writes() {
    let mut scene = recording();
    scene.folder.write("file", "");
    scene.set(MAIN, "/logging/log_to_file", json!(true));
    scene.set(MAIN, "/logging/file_log_directory", json!("file/logs"));
    scene
        .run(&["plan"])
        .exits(0)
        .says("WARNING main - .*it goes on without");
    scene.run(&["history"]).exits(0);
    scene.sync().exits(1).says("the log file cannot be written");
    scene.wrote_nothing();
}

#[cfg(unix)]
#[test]
fn a_plan_that_others_can_write_is_not_applied() {
    use std::os::unix::fs::PermissionsExt;
    let scene = company();
    scene.run(&["plan", "--out", "p.plan"]).exits(0);
    scene.run(&["apply", "p.plan", "-t"]).exits(0);
    for name in ["p.plan", "p.plan.journal"] {
        if !scene.path(name).exists() {
            let plan = std::fs::read(scene.path("p.plan")).unwrap();
            std::fs::write(scene.path(name), plan).unwrap();
        }
        let set = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(scene.path(name), mode).unwrap();
        };
        set(0o620);
        let refused = scene.run(&["apply", "p.plan"]);
        refused
            .exits(2)
            .says(&format!("{name}: others than its owner can write it"));
        set(0o600);
    }
    let pipe = scene.run(&["apply", "/dev/zero"]);
    pipe.exits(2).says("no regular file");
}
