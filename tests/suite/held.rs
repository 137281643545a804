//! What a limit holds back: shown by name, kept in a saved plan, and sent once it is approved
//! (manual/commands.md#apply).

use crate::scene::{MAIN, Scene};
use serde_json::{Value, json};

/// Leo and max have left; bob is new.
const COMPANY: &str = "
    Design: ann bob
    Video:
    adobe: ann[Creative] leo[Creative] max[Creative]
";

/// Nobody may be removed without a further look.
fn scene() -> Scene {
    let mut scene = Scene::new(COMPANY);
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(0));
    scene
}

#[test]
fn plan_and_log_and_report_name_those_who_are_held_back() {
    let scene = scene();
    let plan = scene.run(&["plan", "--report", "r.json"]);
    plan.exits(4);
    for person in ["leo@example.com", "max@example.com"] {
        plan.says(&format!("^ *- {person}"));
        plan.says(&format!(
            "primary {person}: held back by adobe-only: removed"
        ));
    }
    let report: Value = serde_json::from_str(&scene.read("r.json")).unwrap();
    let people = report["held_people"].as_array().unwrap();
    assert_eq!(people.len(), 2, "{report}");
    assert_eq!(people[0]["rules"], json!(["adobe-only"]));
    let json: Value = serde_json::from_str(&scene.run(&["plan", "--json"]).stdout).unwrap();
    let held = json["orgs"][0]["held"].as_array().unwrap();
    assert_eq!(held.len(), 2, "{json}");
    assert_eq!(held[0]["rules"], json!(["adobe-only"]));
    scene.wrote_nothing();
}

#[test]
fn a_saved_plan_is_shown_as_it_was_planned() {
    let scene = scene();
    let planned = scene.run(&["plan", "--out", "p"]);
    planned.exits(4);
    let shown = scene.run(&["show", "p"]);
    shown.exits(0).says("its digests fit");
    let (_, text) = shown.stdout.split_once("\n\n").unwrap();
    assert_eq!(text, planned.stdout);
    let json: Value = serde_json::from_str(&scene.run(&["show", "p", "--json"]).stdout).unwrap();
    assert_eq!(json["orgs"][0]["held"].as_array().unwrap().len(), 2);
}

#[test]
fn approval_sends_exactly_what_was_held_back() {
    let scene = scene();
    scene.run(&["plan", "--out", "p"]).exits(4);
    // Without it, and with the approval of another rule, they stay.
    scene
        .run(&["apply", "p"])
        .exits(4)
        .says("2 commands of the plan are held back");
    let after = "ann[Creative] bob[Creative] leo[Creative] max[Creative]";
    assert_eq!(scene.adobe(), after);
    let other = scene.run(&["apply", "p", "--with-held-back", "group-loss"]);
    other.exits(4).says("nothing to do");
    assert_eq!(scene.adobe(), after);
    let requests = scene.actions().len();
    scene
        .run(&["apply", "p", "--with-held-back", "adobe-only"])
        .exits(0);
    assert_eq!(scene.adobe(), "ann[Creative] bob[Creative]");
    assert_eq!(
        scene.actions().len(),
        requests + 1,
        "what was sent before is not sent again"
    );
    scene
        .run(&["apply", "p", "--with-held-back", "adobe-only"])
        .exits(0)
        .says("nothing to do");
    assert_eq!(scene.actions().len(), requests + 1);
}

#[test]
fn a_rule_that_does_not_exist_is_a_usage_error() {
    let scene = scene();
    scene.run(&["plan", "--out", "p"]).exits(4);
    let outcome = scene.run(&["apply", "p", "--with-held-back", "everything"]);
    outcome
        .exits(2)
        .says("there are group-loss, rename, new-users, adobe-only, group-removals");
    scene.wrote_nothing();
}

#[test]
fn a_member_with_blanks_for_names_keeps_everybody() {
    // Leo is such a member: which account is his, nobody can tell.
    for action in ["remove", "delete", "remove-adobe-groups", "preserve"] {
        let mut scene = Scene::new(
            "Design: ann leo
             Video:
             adobe: ann[Creative] leo[Creative]",
        );
        scene.option("adobe_only_user_action", json!(action));
        scene.sim.edit(|world| {
            let profile = &mut world["okta"]["users"]["leo"]["profile"];
            profile["login"] = json!("   ");
            profile["email"] = json!(" ");
        });
        let outcome = scene.sync();
        outcome.exits(4).says("have neither login nor e-mail");
        assert_eq!(scene.adobe(), "ann[Creative] leo[Creative]", "{action}");
    }
}
