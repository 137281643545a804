//! On record: one line in the log for each person and change.

use crate::scene::{EMEA, MAIN, Scene};
use crate::support::Outcome;
use serde_json::json;

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
