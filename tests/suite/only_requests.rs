//! `--only`: how servers that fail, refuse or answer in pages are asked about one person.

use crate::only::{PEOPLE, only, sync_only};
use crate::scene::{COMPANY, MAIN, Scene, each};
use crate::sim::Service;
use serde_json::json;

#[test]
fn a_read_that_fails_ends_the_run() {
    let strange = r#"{"result":"success","user":{"email":"eve@example.com","type":"federatedID"}}"#;
    let rows = [
        ("okta", "/api/v1/users/ann", 403, "{}"),
        ("okta", "/api/v1/users/ann", 404, "<html>"),
        ("okta", "/api/v1/users/ann", 200, "[]"),
        ("okta", "/api/v1/users?", 400, "{}"),
        ("okta", "/groups?limit=200", 500, "{}"),
        ("okta", "/groups?limit=200", 200, "{}"),
        ("umapi", "/organizations/", 404, "{}"),
        ("umapi", "/organizations/", 500, "{}"),
        ("umapi", "/organizations/", 200, r#"{"result":"success"}"#),
        ("umapi", "/organizations/", 200, strange),
    ];
    each(
        &rows,
        |(_, path, status, body)| format!("{path} {status} {body}"),
        |(service, path, status, body)| {
            let scene = Scene::new(PEOPLE);
            scene.fault(json!({
                "service": service, "path": path, "times": 9, "status": status, "body": body
            }));
            only(&scene, "sync", &["ann@example.com"]).exits(1);
            scene.wrote_nothing();
        },
    );
}

#[test]
fn what_passes_is_waited_for() {
    for (service, path) in [("okta", "/api/v1/users/"), ("umapi", "/organizations/")] {
        let scene = Scene::new(COMPANY);
        scene.fault(
            json!({"service": service, "path": path, "times": 1, "status": 429, "retry_after": 1}),
        );
        only(&scene, "sync", &["ann@example.com"]).exits(0);
        assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
    }
}

#[test]
fn all_pages_of_a_persons_groups_are_read() {
    let scene = Scene::new(PEOPLE);
    scene.sim.edit(|world| world["okta"]["user_cap"] = json!(1));
    only(&scene, "sync", &["ann@example.com"]).exits(0);
    assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
    assert_eq!(scene.count(Service::Okta, "/groups?after="), 1);
}

#[test]
fn a_service_app_needs_the_scope_for_users() {
    let mut scene = Scene::new(PEOPLE);
    scene.with_app(json!({}));
    let words = ["sync", "--only", "ann@example.com"];
    scene.run(&words).exits(1).says("okta.users.read");
    scene.wrote_nothing();
    scene.edit_app("scopes", json!(["okta.groups.read", "okta.users.read"]));
    scene.run(&words).exits(0);
    assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
    // With the scope and no role Okta shows nobody and nothing: no reason to take anything.
    let mut blind = Scene::new(PEOPLE);
    blind.with_app(json!({"scopes": ["okta.groups.read", "okta.users.read"], "role": "none"}));
    blind.run(&words).exits(1);
    blind.wrote_nothing();
}

#[test]
fn single_users_keep_to_their_quota_after_a_refusal() {
    let names: Vec<String> = (0..30).map(|n| format!("p{n:02}")).collect();
    let names = names.join(" ");
    let scene = Scene::new(&format!("Design: {names}\n Video:\n adobe: {names}"));
    scene
        .sim
        .edit(|world| world["adobe"]["quotas"] = json!(true));
    scene.sim.follow(scene.path("logs/run.log"));
    let mut scene = scene;
    let log = json!({"log_to_file": true, "file_log_directory": "logs", "file_log_level": "debug",
                     "file_log_name_format": "run.log", "console_log_level": "debug"});
    scene.set(MAIN, "/logging", log);
    sync_only(&scene, &names)
        .exits(0)
        .says("at most 25 single users a minute");
    assert_eq!(scene.groups_of("p29").unwrap(), ["Creative"]);
}
