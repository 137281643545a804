//! Lists that come in pages, and servers that page badly (manual/safety.md#paging).

use crate::scene::{COMPANY, MAIN, ORG, Scene, world};
use crate::sim::Service;
use serde_json::{Value, json};

const MEMBERS: &str = "/groups/*/users";

#[test]
fn of_a_next_link_only_path_and_query_are_used_with_one_warning() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "link": "other_host"}));
    let outcome = scene.sync();
    outcome.exits(0);
    assert_eq!(
        outcome.output().matches("elsewhere.example").count(),
        1,
        "{}",
        outcome.output()
    );
    outcome.says("WARNING .*elsewhere.example");
    assert_eq!(scene.sim.state(), clean);
}

#[test]
fn a_path_outside_the_api_ends_the_run() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": MEMBERS, "link": "outside", "nth": 1}));
    scene
        .sync()
        .exits(1)
        .says("next link leads outside /api/v1/");
    assert_eq!(scene.count(Service::Okta, "/oauth2/"), 0);
    scene.wrote_nothing();
}

#[test]
fn tricks_with_dots_do_not_lead_a_link_out_of_the_api() {
    for path in [
        "/api/v1/../../oauth2/v1/x",
        "/api/v1/%2e%2e/%2e%2e/oauth2",
        "//elsewhere.example/api/v1/x",
        "/api/v12/x",
    ] {
        let scene = Scene::new(COMPANY);
        let link = json!({"Link": format!("<https://localhost{path}>; rel=\"next\"")});
        scene.fault(json!({"service": "okta", "path": MEMBERS, "status": 200, "headers": link, "body": [], "nth": 1}));
        scene.sync().exits(1);
        let asked = scene.sim.requests_of(Service::Okta);
        let astray: Vec<&str> = asked
            .iter()
            .map(|exchange| exchange.target.as_str())
            .filter(|target| !target.starts_with("/api/v1/groups"))
            .collect();
        assert_eq!(astray, Vec::<&str>::new(), "{path}");
        scene.wrote_nothing();
    }
}

#[test]
fn a_next_link_that_was_followed_before_is_an_error_not_a_loop() {
    for path in [MEMBERS, "/api/v1/groups?"] {
        let scene = Scene::new(COMPANY);
        scene.fault(json!({"service": "okta", "path": path, "link": "repeat"}));
        scene
            .sync()
            .exits(1)
            .says("next link|followed before|loop|repeat");
        assert!(scene.count(Service::Okta, "") <= 4);
        scene.wrote_nothing();
    }
}

#[test]
fn a_page_of_members_without_any_link_is_not_taken_for_the_last_one() {
    // Eve, on the second page, would lose her groups.
    let several = "Design: ann bob eve\n Video:\n adobe: ann[Creative] eve[Creative]";
    let one = "Design: ann\n Video: ann\n adobe: ann[Creative] leo[Creative]";
    let none = "Design:\n Video: ann\n adobe: ann[Creative] leo[Creative]";
    for company in [several, one, none] {
        let scene = Scene::new(company);
        scene.fault(json!({"service": "okta", "path": MEMBERS, "link": "none"}));
        scene
            .sync()
            .exits(1)
            .says(r"GET localhost:\d+/api/v1/groups/\w+/users.*has no Link header");
        scene.wrote_nothing();
    }
    // A search for groups needs none.
    let scene = Scene::new(one);
    scene.fault(json!({"service": "okta", "path": "/api/v1/groups?", "link": "none"}));
    scene.sync().exits(0);
}

#[test]
fn a_next_link_that_leaves_its_list_ends_the_run() {
    for target in [
        "/api/v1/users?limit=200",
        "/api/v1/groups/00g0000000000000other/users?after=1",
        "/api/v1/groups?after=1",
    ] {
        for command in ["sync", "plan"] {
            let scene = Scene::new(COMPANY);
            let link = format!("<https://localhost{target}>; rel=\"next\"");
            scene.fault(
                json!({"server": "okta", "match": "/groups/[^/]+/users", "nth": 1,
                "kind": "edit", "drop": ["Link"], "add": [["Link", link]]}),
            );
            let outcome = scene.run(&[command]);
            outcome.exits(1).says("next link leads to another list");
            scene.wrote_nothing();
        }
    }
}

#[test]
fn endless_empty_pages_end_the_run() {
    for path in [MEMBERS, "/api/v1/groups?"] {
        let scene = Scene::new(COMPANY);
        scene.fault(json!({"service": "okta", "path": path, "link": "endless"}));
        scene.sync().exits(1);
        scene.wrote_nothing();
    }
}

#[test]
fn pages_without_end_that_bring_nothing_new_end_the_run() {
    for path in [MEMBERS, "/api/v1/groups?"] {
        for link in ["endless", "endless_same"] {
            let mut scene = Scene::new(COMPANY);
            // A thousand debug lines say nothing here.
            scene.set(MAIN, "/logging/console_log_level", json!("info"));
            scene.fault(json!({"service": "okta", "path": path, "link": link}));
            scene
                .sync()
                .exits(1)
                .says(r"GET localhost:\d+/api/v1/groups.*1000 pages in a row brought nothing new");
            assert!(scene.count(Service::Okta, "") < 1100, "{path} {link}");
            scene.wrote_nothing();
        }
    }
}

#[test]
fn an_empty_page_in_the_middle_does_not_end_the_list() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": MEMBERS, "link": "endless", "nth": 1}));
    // The made-up cursor leads on to the second member's page or further; nobody is lost
    // silently: either the run is complete or it fails.
    let outcome = scene.sync();
    match outcome.code {
        Some(0) => assert_eq!(scene.sim.state(), clean),
        _ => {
            outcome.exits(1);
            scene.wrote_nothing();
        }
    }
}

#[test]
fn both_forms_of_link_headers_lead_to_the_same_end() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    for http in [
        json!({"link_combined": true}),
        json!({"gzip": true, "chunked": true}),
    ] {
        let mut world = world(COMPANY);
        world["http"] = http;
        let scene = Scene::of_world(world);
        scene.sync().exits(0);
        assert_eq!(scene.sim.state(), clean);
    }
}

/// The Adobe users of a company as the pages that a server may send them in.
fn users(names: &[&str]) -> Value {
    let users = names.iter().map(|name| {
        let email = crate::scene::address(name);
        json!({"email": email, "username": email, "type": "federatedID", "status": "active",
               "firstname": name, "lastname": "Test", "country": "US", "groups": ["Creative"]})
    });
    users.collect()
}

#[test]
fn a_umapi_list_ends_with_last_page_an_empty_page_or_a_page_without_a_new_user() {
    let first = json!({"result": "success", "lastPage": false, "users": users(&["ann", "bob"])});
    let missing = json!({"result": "success", "users": users(&["ann", "bob"])});
    let last = json!({"result": "success", "lastPage": true, "users": users(&["leo"])});
    let empty = json!({"result": "success", "lastPage": false, "users": []});
    let rows = [
        ("lastPage", vec![&first, &last], 2),
        (
            "lastPage missing, then an empty page",
            vec![&missing, &empty],
            2,
        ),
        ("the last page again", vec![&first, &first], 2),
        (
            "lastPage missing, the last page again",
            vec![&missing, &missing],
            2,
        ),
        ("a single last page", vec![&last], 1),
    ];
    for (name, pages, requests) in rows {
        let mut world = world("Design: ann bob leo\n Video:\n adobe: ann");
        world["adobe"]["orgs"][ORG]["page_size"] = json!(1);
        let scene = Scene::of_world(world);
        for (number, page) in pages.iter().enumerate() {
            let path = format!("/users/*/{number}?");
            scene.fault(json!({"service": "umapi", "path": path, "status": 200, "body": page}));
            let path = format!("/users/{ORG}/{number}");
            scene.fault(json!({"service": "umapi", "path": path, "status": 200, "body": page}));
        }
        let outcome = scene.run(&["plan"]);
        outcome.exits(0);
        let found = scene.count(Service::Umapi, "/users/");
        assert_eq!(found, requests, "{name}\n{}", outcome.output());
    }
}

#[test]
fn both_answers_to_a_page_of_groups_past_the_end_are_understood() {
    for past_end in [json!(null), json!("not_found")] {
        let mut world = world("Design: ann\n Video:\n adobe: ann");
        world["adobe"]["orgs"][ORG]["group_page_size"] = json!(1);
        world["adobe"]["orgs"][ORG]["groups_past_end"] = past_end;
        let mut scene = Scene::of_world(world);
        let options = json!({"auto_create": true});
        scene.set(
            crate::scene::MAIN,
            "/directory_users/group_sync_options",
            options,
        );
        scene.sync().exits(0);
        assert_eq!(scene.groups_of("ann"), Some(vec!["Creative".to_owned()]));
    }
}
