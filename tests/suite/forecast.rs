//! How many requests a sending takes, and for how long: in plan, `plan --json`, the report and at
//! the start of writing; and that it takes as many.

use crate::scene::{EMEA, ORG, Scene, UMAPI};
use serde_json::{Value, json};

/// So many people at Adobe gain `Creative`.
fn scene(people: usize) -> Scene {
    let names: Vec<String> = (0..people).map(|n| format!("p{n:03}")).collect();
    let names = names.join(" ");
    let mut scene = Scene::new(&format!(
        "Design: {names}\n Video:\n adobe: {names}\n adobe emea: {names}"
    ));
    scene.option("report", json!("report.json"));
    scene.environment("COLUMNS", Some("160"));
    scene.sim.edit(|world| {
        world["okta"]["page_cap"] = json!(1000);
        world["adobe"]["orgs"][ORG]["page_size"] = json!(1000);
        world["adobe"]["orgs"][EMEA]["page_size"] = json!(1000);
    });
    scene
}

fn report(scene: &Scene) -> Value {
    serde_json::from_str(&scene.read("report.json")).unwrap()
}

/// What is told of the forecasts of all orgs, in words and for programs; then sends the plan.
#[track_caller]
fn tells_and_takes(scene: &Scene, words: &str, forecasts: &Value) {
    let plan = scene.run(&["plan", "--out", "p"]);
    plan.exits(0).says(&format!("^In all: .*; {words}$"));
    scene
        .run(&["show", "p"])
        .exits(0)
        .says(&format!("; {words}$"));
    let json = scene.run(&["plan", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let by_org = |json: &Value| {
        let mut orgs: Vec<Value> = json["orgs"].as_array().unwrap().clone();
        // A plan has them in sending order, the report the primary org first.
        orgs.sort_by_key(|org| org["name"].to_string());
        orgs.iter()
            .map(|org| org["forecast"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(json!(by_org(&json)), *forecasts);
    assert_eq!(json!(by_org(&report(scene))), *forecasts);
    scene
        .run(&["apply", "p"])
        .exits(0)
        .says(&format!("writing: {words}$"));
    assert_eq!(json!(by_org(&report(scene))), *forecasts);
    let requests = forecasts.as_array().unwrap().iter();
    let requests: u64 = requests.filter_map(|one| one["requests"].as_u64()).sum();
    assert_eq!(scene.actions().len() as u64, requests);
}

#[test]
fn a_few_people_take_a_request_and_a_minute() {
    let forecast = json!([{"requests": 1, "minutes": 1}]);
    tells_and_takes(&scene(7), "1 request, about 1 minute", &forecast);
}

#[test]
fn a_wave_is_told_both_ways() {
    let memberships = json!({"count": 310,
        "one_user_a_command": {"requests": 31, "minutes": 4},
        "with_batch_group_changes": {"requests": 4, "minutes": 1}});
    let slow = json!([{"requests": 31, "minutes": 4, "memberships": memberships}]);
    let one_by_one = scene(310);
    tells_and_takes(&one_by_one, "31 requests, about 4 minutes", &slow);
    let scene = {
        let mut scene = scene(310);
        scene.set(UMAPI, "/batch_group_changes", json!(true));
        scene
    };
    scene.run(&["plan"]).says(
        "310 memberships with batch_group_changes: 4 requests, about 1 minute; one user a command: 31 requests, about 4 minutes",
    );
    let fast = json!([{"requests": 4, "minutes": 1, "memberships": memberships}]);
    tells_and_takes(&scene, "4 requests, about 1 minute", &fast);
}

#[test]
fn minutes_are_those_of_the_configured_pace() {
    let mut scene = scene(42);
    scene.set(UMAPI, "/server/actions_per_minute", json!(2));
    let forecast = json!([{"requests": 5, "minutes": 3}]);
    let words = "5 requests, about 3 minutes";
    scene.run(&["plan"]).says(words);
    let json = scene.run(&["plan", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["orgs"][0]["forecast"], forecast[0]);
}

#[test]
fn orgs_are_forecast_by_themselves_and_told_together() {
    let mut scene = scene(25);
    scene.with_emea();
    let one = json!({"requests": 3, "minutes": 1});
    tells_and_takes(&scene, "6 requests, about 2 minutes", &json!([one, one]));
}

#[test]
fn nothing_to_send_has_no_forecast() {
    let scene = Scene::new("Design: ann\n Video:\n adobe: ann[Creative]");
    scene
        .run(&["plan"])
        .exits(0)
        .never_says("^In all|[0-9] requests?, about");
    let json = scene.run(&["plan", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["orgs"][0]["forecast"], Value::Null);
}

/// A run that stopped has less before it.
#[test]
fn what_is_left_of_a_plan_is_forecast() {
    let mut scene = scene(42);
    scene.set(UMAPI, "/server/retries", json!(0));
    scene.run(&["plan", "--out", "p"]).exits(0);
    scene.fault(json!({"service": "umapi", "path": "/action/", "nth": 4, "status": 500}));
    scene
        .run(&["apply", "p"])
        .exits(5)
        .says("writing: 5 requests, about 1 minute");
    scene
        .run(&["apply", "p"])
        .exits(0)
        .says("writing: 2 requests, about 1 minute");
    assert_eq!(report(&scene)["orgs"][0]["forecast"]["requests"], 2);
}
