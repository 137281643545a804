//! `apply`: exactly the saved commands, safe to interrupt and to repeat, and refused before
//! anything is sent when it must be.

use crate::child::until;
use crate::scene::{COMPANY, EMEA, MAIN, ORG, Scene, UMAPI, each};
use serde_json::{Value, json};

const PLAN: &str = "plan.jsonl";
const JOURNAL: &str = "plan.jsonl.journal";

/// So many joiners: a third as many requests and more.
fn joiners(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|number| format!("p{number:02}")).collect();
    format!(
        "Design: {}\n Video:\n adobe: leo[Creative]",
        names.join(" ")
    )
}

fn planned(company: &str) -> Scene {
    let scene = Scene::new(company);
    scene.run(&["plan", "--out", PLAN]).exits(0);
    scene.wrote_nothing();
    scene
}

fn apply(scene: &Scene) -> crate::support::Outcome {
    scene.run(&["apply", PLAN])
}

/// The request ids that Adobe has got, in order.
fn request_ids(scene: &Scene) -> Vec<String> {
    let actions = scene.actions();
    let entries = actions.iter().flat_map(|action| match action.json() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    });
    entries
        .map(|entry| entry["requestID"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_plan_is_applied_once_and_a_second_time_does_nothing() {
    let scene = planned(COMPANY);
    apply(&scene)
        .exits(0)
        .says("success, error")
        .never_says("has changed");
    assert_eq!(scene.sim.state(), Scene::clean_state(COMPANY, |_| {}));
    let sent = scene.actions().len();
    apply(&scene).exits(0).says("nothing to do");
    assert_eq!(scene.actions().len(), sent);
}

#[test]
fn a_signal_between_requests_leaves_the_rest_for_the_next_run() {
    let company = joiners(45);
    let clean = Scene::clean_state(&company, |_| {});
    for signal in ["TERM", "KILL"] {
        let scene = planned(&company);
        scene.fault(json!({"service": "umapi", "path": "/action/", "nth": 3, "hang": true}));
        let child = scene.start(&["apply", PLAN]);
        until("the third request", || scene.actions().len() == 3);
        if signal == "KILL" {
            child.signal(signal);
            child.finish();
        } else {
            child.signal(signal);
            scene.sim.clear_faults();
            child.signal(signal);
            child.finish().exits(5);
        }
        assert_eq!(scene.read(JOURNAL).lines().count(), 21, "{signal}");
        scene.sim.clear_faults();
        scene.sim.clear_log();
        apply(&scene)
            .exits(0)
            .says("20 commands of the plan were answered before");
        let ids = request_ids(&scene);
        assert_eq!(
            ids.first().map(String::as_str),
            Some("action_21"),
            "{signal}"
        );
        assert_eq!(scene.sim.state(), clean, "{signal}");
        apply(&scene).exits(0).says("nothing to do");
    }
}

#[test]
fn a_request_that_was_carried_out_but_not_recorded_is_sent_again_without_harm() {
    let company = joiners(25);
    let clean = Scene::clean_state(&company, |_| {});
    let scene = planned(&company);
    apply(&scene).exits(0);
    let journal = scene.read(JOURNAL);
    // As a crash behind the second request would leave it: one line is torn.
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    let torn = format!("{}{}", lines[..11].concat(), &lines[11][..10]);
    std::fs::write(scene.path(JOURNAL), torn).unwrap();
    scene.sim.clear_log();
    apply(&scene).exits(0);
    assert_eq!(
        request_ids(&scene).first().map(String::as_str),
        Some("action_11")
    );
    assert_eq!(scene.sim.state(), clean);
    assert_eq!(scene.read(JOURNAL).lines().count(), journal.lines().count());
}

#[test]
fn whatever_cannot_be_trusted_is_refused_before_anything_is_sent() {
    let edit = |scene: &Scene, change: &dyn Fn(&str) -> String| {
        let text = scene.read(PLAN);
        let changed = change(&text);
        assert_ne!(text, changed, "the edit changes nothing");
        std::fs::write(scene.path(PLAN), changed).unwrap();
    };
    type Spoil<'s> = &'s (dyn Fn(&mut Scene) + Sync);
    let rows: [(&str, Spoil<'_>, &str); 10] = [
        (
            "edited",
            &|scene| edit(scene, &|text| text.replace("ann@", "eve@")),
            "digest",
        ),
        (
            "cut",
            &|scene| edit(scene, &|text| text[..text.len() - 5].to_owned()),
            "cut off",
        ),
        (
            "cut at a line",
            &|scene| {
                edit(scene, &|text| {
                    let lines: Vec<&str> = text.split_inclusive('\n').collect();
                    lines[..lines.len() - 1].concat()
                });
            },
            "cut off",
        ),
        (
            "another format",
            &|scene| {
                edit(scene, &|text| {
                    text.replacen("\"version\":2", "\"version\":7", 1)
                })
            },
            "version 7",
        ),
        (
            "no plan",
            &|scene| edit(scene, &|_| "hello\n".to_owned()),
            "not a plan",
        ),
        ("empty", &|scene| edit(scene, &|_| String::new()), "no plan"),
        (
            "another org",
            &|scene| {
                scene.set(UMAPI, "/enterprise/org_id", json!("Z9@AdobeOrg"));
            },
            "A1B2C3@AdobeOrg",
        ),
        (
            "old",
            &|scene| {
                edit(scene, &|text| {
                    let (_, rest) = text.split_once("\"time\":\"").unwrap();
                    let (time, _) = rest.split_once('"').unwrap();
                    text.replace(time, "2020-01-01T00:00:00Z")
                });
            },
            "allow-old-plan",
        ),
        (
            "gone",
            &|scene| std::fs::remove_file(scene.path(PLAN)).unwrap(),
            "plan.jsonl",
        ),
        (
            "another journal",
            &|scene| {
                let journal = r#"{"format":"user-sync journal","version":1,"plan":"00"}"#;
                scene.folder.write(JOURNAL, &format!("{journal}\n"));
            },
            "another plan",
        ),
    ];
    each(
        &rows,
        |(name, _, _)| (*name).to_owned(),
        |(_, spoil, says)| {
            let mut scene = planned(COMPANY);
            spoil(&mut scene);
            scene.sim.clear_log();
            apply(&scene).exits(2).says(says).says(r"plan\.jsonl");
            assert!(scene.sim.requests().is_empty(), "something was contacted");
        },
    );
}

#[test]
fn an_old_plan_is_applied_where_that_is_asked_for() {
    let scene = planned(COMPANY);
    let text = scene.read(PLAN);
    let (_, rest) = text.split_once("\"time\":\"").unwrap();
    let (time, _) = rest.split_once('"').unwrap();
    std::fs::write(scene.path(PLAN), text.replace(time, "2020-01-01T00:00:00Z")).unwrap();
    scene
        .run(&["apply", PLAN, "--allow-old-plan"])
        .exits(0)
        .says("header was edited");
    assert_eq!(scene.sim.state(), Scene::clean_state(COMPANY, |_| {}));
}

#[test]
fn test_mode_changes_nothing_and_leaves_no_journal() {
    let scene = planned(COMPANY);
    let before = scene.sim.state();
    scene.run(&["apply", PLAN, "-t"]).exits(0).says("TEST MODE");
    assert!(
        scene
            .actions()
            .iter()
            .all(|action| action.target.contains("testOnly=true"))
    );
    assert!(!scene.path(JOURNAL).exists());
    assert_eq!(scene.sim.state(), before);
    apply(&scene).exits(0);
}

#[test]
fn a_changed_configuration_is_warned_of() {
    let mut scene = planned(COMPANY);
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(11));
    apply(&scene)
        .exits(0)
        .says("configuration has changed since");
    let mut scene = planned(COMPANY);
    scene.set("connector-okta.yml", "/all_users_filter", json!("True"));
    apply(&scene)
        .exits(0)
        .says("configuration has changed since");
}

#[test]
fn a_rejected_command_is_recorded_reported_and_not_sent_again() {
    let mut scene = Scene::new(COMPANY);
    scene.set(
        MAIN,
        "/directory_users/groups/0/adobe_groups",
        json!(["Nowhere"]),
    );
    scene.run(&["plan", "--out", PLAN]).exits(0);
    let outcome = scene.run(&["apply", PLAN, "--report", "report.json"]);
    outcome.exits(3).says("error.group.not_found");
    let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
    assert_eq!(report["command"], "apply");
    assert_eq!(
        report["orgs"][0]["rejected"][0]["code"],
        "error.group.not_found"
    );
    assert!(scene.read(JOURNAL).contains("\"outcome\":\"rejected\""));
    scene.sim.clear_log();
    apply(&scene).exits(0).says("nothing to do");
    scene.wrote_nothing();
}

#[test]
fn a_journal_that_cannot_be_read_refuses_the_plan() {
    let scene = planned(&joiners(25));
    std::fs::create_dir(scene.path(JOURNAL)).unwrap();
    apply(&scene).exits(2).says("journal");
    scene.wrote_nothing();
}

#[test]
fn each_command_goes_to_the_org_it_was_planned_for() {
    let company = "Design: ann bob\n Video:\n adobe: bob[Creative]\n adobe emea:";
    let mut scene = Scene::new(company);
    scene.with_emea();
    scene.run(&["plan", "--out", PLAN]).exits(0);
    apply(&scene).exits(0);
    let state = scene.sim.state();
    for org in [ORG, EMEA] {
        let users = state[org]["users"].as_array().unwrap();
        assert!(
            users.iter().any(|user| user["email"] == "ann@example.com"),
            "{org}: {state}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_written_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let scene = planned(COMPANY);
    scene
        .run(&["apply", PLAN, "--report", "report.json"])
        .exits(0);
    for file in [PLAN, JOURNAL, "report.json"] {
        let mode = std::fs::metadata(scene.path(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
