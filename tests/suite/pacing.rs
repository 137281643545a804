//! Quotas: a run goes at full speed until Adobe refuses, and keeps to what is documented from then
//! on. Waits are cut short here; the simulator's clock counts them in full.

use crate::scene::{MAIN, ORG, Scene, UMAPI};
use crate::sim::Exchange;
use crate::support::Outcome;
use serde_json::{Value, json};

/// So many people gain a group; Adobe limits what the world says.
fn scene(people: usize, adobe: Value) -> Scene {
    let names: Vec<String> = (0..people).map(|n| format!("p{n:03}")).collect();
    let names = names.join(" ");
    let mut scene = Scene::new(&format!("Design: {names}\n Video:\n adobe: {names}"));
    scene.sim.edit(|world| {
        for (key, value) in adobe.as_object().unwrap() {
            world["adobe"][key] = value.clone();
        }
        world["okta"]["page_cap"] = json!(1000);
        world["adobe"]["orgs"][ORG]["page_size"] = json!(1000);
    });
    let log = json!({"log_to_file": true, "file_log_directory": "logs", "file_log_level": "debug",
                     "file_log_name_format": "run.log", "console_log_level": "debug"});
    scene.set(MAIN, "/logging", log);
    scene.sim.follow(scene.path("logs/run.log"));
    scene
}

fn refused(scene: &Scene, part: &str) -> usize {
    let requests = scene.sim.requests();
    let is_refused =
        |request: &&Exchange| request.target.contains(part) && request.status == Some(429);
    requests.iter().filter(is_refused).count()
}

fn warnings(outcome: &Outcome) -> usize {
    outcome.output().matches(" WARNING umapi - ").count()
}

#[test]
fn after_the_first_refusal_actions_keep_to_ten_a_minute() {
    let scene = scene(350, json!({"quotas": {"actions": 10}}));
    let outcome = scene.sync();
    outcome
        .exits(0)
        .says("WARNING umapi - .*from now on at most 10 action requests a minute")
        .says("DEBUG umapi - POST .*/action/.*: waiting [0-9.]+ s .*to keep to 10 action requests a minute");
    assert_eq!(refused(&scene, "/action/"), 1);
    assert_eq!(scene.actions().len(), 36);
    // The refusal itself, and the switch; then quiet.
    assert_eq!(warnings(&outcome), 2, "{}", outcome.output());
    let minutes = scene.sim.now().as_secs() / 60;
    assert!((3..=4).contains(&minutes), "{minutes}");
    assert_eq!(scene.groups_of("p349"), Some(vec!["Creative".to_owned()]));
}

#[test]
fn a_number_in_the_configuration_paces_from_the_start() {
    let mut scene = scene(250, json!({"quotas": {"actions": 7, "user_pages": 9}}));
    scene
        .sim
        .edit(|world| world["adobe"]["orgs"][ORG]["page_size"] = json!(10));
    scene.set(UMAPI, "/server/actions_per_minute", json!(7));
    scene.set(UMAPI, "/server/pages_per_minute", json!(9));
    let outcome = scene.sync();
    outcome.exits(0);
    assert_eq!(
        (refused(&scene, "/action/"), refused(&scene, "/users/")),
        (0, 0)
    );
    assert_eq!(warnings(&outcome), 0);
    // 25 pages at 9 a minute, 25 requests at 7 a minute.
    let minutes = scene.sim.now().as_secs() / 60;
    assert!((5..=6).contains(&minutes), "{minutes}");
}

#[test]
fn pages_of_users_have_a_quota_of_their_own() {
    let scene = scene(70, json!({"quotas": true}));
    scene
        .sim
        .edit(|world| world["adobe"]["orgs"][ORG]["page_size"] = json!(1));
    let outcome = scene.run(&["plan"]);
    outcome.exits(0).says("at most 25 pages of users a minute");
    assert_eq!(refused(&scene, "/users/"), 1);
    assert_eq!(warnings(&outcome), 2);
    assert!(scene.sim.now().as_secs() >= 120);
}

/// Adobe throttles whoever lists too often for up to 75 minutes: that long is waited for.
#[test]
fn a_block_of_75_minutes_is_waited_for() {
    let scene = scene(
        5,
        json!({"listing_block": {"within": 7200, "retry_after": 4500}}),
    );
    scene.run(&["plan"]).exits(0);
    scene
        .run(&["plan"])
        .exits(0)
        .says("429 Too Many Requests; trying again in 4500.0 s");
    assert!(scene.sim.now().as_secs() >= 4500);
    let longer = scene_with_wait(7201);
    longer
        .sync()
        .exits(1)
        .says("asks to wait 7201 s, which is too long");
}

fn scene_with_wait(seconds: u64) -> Scene {
    let scene = scene(5, json!({}));
    scene.fault(
        json!({"service": "umapi", "path": "/users/", "status": 429, "retry_after": seconds}),
    );
    scene
}

#[test]
fn numbers_that_cannot_be_kept_to_are_refused() {
    for (key, value) in [
        ("actions_per_minute", json!(0)),
        ("actions_per_minute", json!(1.5)),
        ("pages_per_minute", json!("many")),
        ("pages_per_minute", json!(-3)),
    ] {
        let mut scene = scene(1, json!({}));
        scene.set(UMAPI, &format!("/server/{key}"), value);
        scene
            .sync()
            .exits(2)
            .says(&format!("server.{key}: .*whole number from 1"));
    }
}
