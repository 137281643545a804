//! An Adobe group that is mapped and that Adobe does not have.

use crate::scene::{EMEA, MAIN, ORG, Scene};
use serde_json::{Value, json};

/// So many people in `Design` who are at Adobe without any group.
fn company(people: usize) -> String {
    let names: Vec<String> = (0..people).map(|n| format!("p{n:03}")).collect();
    let names = names.join(" ");
    format!("Design: {names}\n Video:\n adobe: {names}")
}

/// The mapping of `Design`.
fn scene(people: usize, adobe_groups: Value) -> Scene {
    let mut scene = Scene::new(&company(people));
    scene.set(MAIN, "/directory_users/groups/0/adobe_groups", adobe_groups);
    scene.option("report", json!("report.json"));
    scene
}

#[test]
fn it_costs_one_request_and_one_line() {
    let scene = scene(60, json!(["Gone"]));
    let outcome = scene.sync();
    outcome
        .exits(3)
        .says("no group \"Gone\" .*60 people are concerned");
    let lines = outcome.output();
    let errors = lines.lines().filter(|line| line.contains(" ERROR "));
    assert_eq!(errors.count(), 1, "{lines}");
    assert_eq!(scene.actions().len(), 1);
    // Whoever was not sent counts as rejected all the same.
    let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
    let org = &report["orgs"][0];
    assert_eq!(
        org["commands"],
        json!({"total": 60, "success": 0, "error": 60})
    );
    let rejected = org["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 60);
    assert!(
        rejected
            .iter()
            .all(|one| one["code"] == "error.group.not_found")
    );
}

#[test]
fn whoever_is_sent_later_gets_the_other_groups() {
    for groups in [
        json!(["Gone", "Creative"]),
        json!(["Creative", "Stock", "Gone"]),
    ] {
        let scene = scene(35, groups.clone());
        scene
            .sync()
            .exits(3)
            .says("ERROR .*35 people are concerned");
        for number in [10, 34] {
            let own = scene.groups_of(&format!("p{number:03}")).unwrap();
            assert!(own.contains(&"Creative".to_owned()), "{number}: {groups}");
        }
        assert_eq!(scene.actions().len(), 4, "{groups}");
        let violations = scene.sim.violations();
        assert!(violations.is_empty(), "{violations:?}");
    }
}

#[test]
fn new_people_are_created_all_the_same() {
    let names: Vec<String> = (0..25).map(|n| format!("p{n:03}")).collect();
    let mut scene = Scene::new(&format!(
        "Design: {}\n Video:\n adobe: dora",
        names.join(" ")
    ));
    let groups = json!(["Gone"]);
    scene.set(MAIN, "/directory_users/groups/0/adobe_groups", groups);
    scene.option("adobe_only_user_action", json!("preserve"));
    scene.sync().exits(3).says("25 people are concerned");
    assert_eq!(scene.groups_of("p000"), Some(vec![]));
    assert_eq!(scene.groups_of("p024"), Some(vec![]));
    assert_eq!(scene.actions().len(), 3);
}

#[test]
fn two_missing_groups_are_two_lines() {
    let scene = scene(25, json!(["Gone", "Lost"]));
    let outcome = scene.sync();
    outcome
        .exits(3)
        .says("no group \"Gone\"")
        .says("no group \"Lost\"");
    assert_eq!(scene.actions().len(), 1);
}

#[test]
fn a_group_is_missing_in_its_own_org_alone() {
    let company = "Design: ann bob\n Video:\n adobe: ann bob\n adobe emea: ann bob";
    let mut scene = Scene::new(company);
    scene.with_emea();
    let groups = json!(["Extra", "emea::Extra"]);
    scene.set(MAIN, "/directory_users/groups/0/adobe_groups", groups);
    scene.sim.edit(|world| {
        let groups = world["adobe"]["orgs"][ORG]["groups"].as_array_mut();
        groups.unwrap().push(json!("Extra"));
    });
    scene.sync().exits(3);
    assert_eq!(scene.adobe(), "ann[Extra] bob[Extra]");
    assert_eq!(scene.sim.state()[EMEA]["users"][0]["groups"], json!([]));
}

/// The rejected ones of a plan are answered: a second `apply` has nothing to do.
#[test]
fn a_plan_is_applied_to_its_end() {
    let scene = scene(25, json!(["Gone"]));
    scene
        .run(&["plan", "--out", "p"])
        .exits(0)
        .says("it may not exist there");
    scene.run(&["apply", "p"]).exits(3);
    assert_eq!(scene.actions().len(), 1);
    scene
        .run(&["apply", "p"])
        .exits(0)
        .says("25 commands of the plan were answered before");
}

/// In test mode a group that `auto_create` would make is not there, and not missing.
#[test]
fn a_group_that_would_be_created_is_not_missing() {
    let mut scene = scene(25, json!(["Gone"]));
    scene.set(
        MAIN,
        "/directory_users/group_sync_options",
        json!({"auto_create": true}),
    );
    scene.run(&["sync", "-t"]).exits(0).never_says("no group");
    assert_eq!(scene.actions().len(), 4);
    scene.sync().exits(0).never_says("may not exist");
    assert_eq!(scene.groups_of("p024"), Some(vec!["Gone".to_owned()]));
}

/// What waits to be sent again is sent without a group that turned out to be missing meanwhile.
#[test]
fn what_is_sent_again_leaves_it_out_too() {
    let mut scene = Scene::new("Design: ann bob\n Video:\n adobe:");
    let groups = json!(["Gone", "Creative"]);
    scene.set(MAIN, "/directory_users/groups/0/adobe_groups", groups);
    let there = json!({"index": 0, "step": 0, "errorCode": "error.user.already_in_org"});
    let gone = json!({"index": 1, "step": 1, "errorCode": "error.group.not_found",
                      "message": "Group Gone was not found"});
    let body = json!({"completed": 0, "notCompleted": 2, "errors": [there, gone]});
    scene.fault(json!({"path": "/action/", "nth": 1, "status": 200, "body": body}));
    scene.sync();
    let again = scene.actions()[1].json();
    assert_eq!(again[0]["do"], json!([{"add": {"group": ["Creative"]}}]));
}

#[test]
fn nothing_is_sent_again_of_which_nothing_is_left() {
    let mut scene = scene(2, json!(["Gone"]));
    scene.option("adobe_only_user_action", json!("exclude"));
    let busy = json!({"index": 0, "step": 0, "errorCode": "error.throttled_by_external_service"});
    let gone = json!({"index": 1, "step": 0, "errorCode": "error.group.not_found"});
    let body = json!({"completed": 0, "notCompleted": 2, "errors": [busy, gone]});
    scene.fault(json!({"path": "/action/", "nth": 1, "status": 200, "body": body}));
    scene
        .sync()
        .exits(3)
        .says("no group \"Gone\" .*2 people are concerned");
    assert_eq!(scene.actions().len(), 1);
    let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
    assert_eq!(report["orgs"][0]["commands"]["error"], 2);
}
