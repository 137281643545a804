//! What manual/safety.md says of reading and removing, in every command, in secondary orgs, with
//! push, and however people are read.

use crate::scene::{COMPANY, EMEA, MAIN, OKTA, ORG, Scene, each};
use crate::sim::Service;
use serde_json::{Value, json};

/// The groups of somebody in an org; nothing if they are not there.
fn groups(scene: &Scene, org: &str, name: &str) -> Option<String> {
    let state = scene.sim.state();
    let users = state[org]["users"].as_array()?;
    let email = crate::scene::address(name);
    let user = users.iter().find(|user| user["email"] == email)?;
    let groups = user["groups"].as_array().into_iter().flatten();
    let groups: Vec<&str> = groups.filter_map(Value::as_str).collect();
    Some(groups.join(","))
}

fn in_both(scene: &Scene, name: &str) -> [Option<String>; 2] {
    [ORG, EMEA].map(|org| groups(scene, org, name))
}

fn some(groups: &str) -> Option<String> {
    Some(groups.to_owned())
}

/// With a hook, a rule over Okta's groups, missing Adobe groups to be created, and a second org.
fn with_everything(company: &str) -> Scene {
    let mut scene = Scene::new(company);
    scene.with_emea();
    let rules = json!([{"source": "ACL-(.+)", "target": "\\1"}]);
    scene.set(MAIN, "/directory_users/additional_groups", rules);
    let options = json!({"auto_create": true});
    scene.set(MAIN, "/directory_users/group_sync_options", options);
    scene
}

// 1

#[test]
fn whatever_cannot_be_read_ends_every_command_with_nothing_written() {
    let commands: [&[&str]; 8] = [
        &["sync"],
        &["sync", "-t"],
        &["sync", "--adobe-users", "mapped"],
        &["sync", "--adobe-users", "group", "Creative,emea::Creative"],
        &["plan", "--detailed-exit-code", "--out", "plan.jsonl"],
        &["explain", "leo@example.com"],
        &["sync", "--users", "group", "Design"],
        &["sync", "--adobe-only-user-action", "write-file", "list.csv"],
    ];
    let reads = [
        ("okta", "/api/v1/groups?search="),
        ("okta", "/api/v1/groups?limit=1000"),
        ("okta", "/users?"),
        ("okta", "after="),
        ("token", ""),
        ("umapi", "/groups/"),
        ("umapi", "/users/A1B2C3"),
        ("umapi", "/users/E4E5E6"),
    ];
    let mut rows = Vec::new();
    for (nth, command) in commands.iter().enumerate() {
        for (place, (service, path)) in reads.iter().enumerate() {
            // Every pair, and the ways of failing in turn.
            let effect = match (nth + place) % 4 {
                0 => json!({"status": 500}),
                1 => json!({"truncate": true}),
                2 => {
                    json!({"status": 403, "body": {"errorCode": "E0000006", "errorSummary": "no"}})
                }
                _ => json!({"close": "middle"}),
            };
            rows.push((*command, *service, *path, effect));
        }
    }
    each(
        &rows,
        |(command, service, path, effect)| format!("{command:?} {service} {path} {effect}"),
        |(command, service, path, effect)| {
            let scene = with_everything(&format!(
                "{COMPANY}\n ACL-Stock: ann\n adobe emea: ann[Creative] bob[Creative] finn[Creative]"
            ));
            let before = scene.sim.state();
            let mut fault = effect.clone();
            fault["service"] = json!(service);
            fault["path"] = json!(path);
            scene.fault(fault);
            let outcome = scene.run(command);
            if scene.sim.requests().iter().any(|exchange| {
                exchange.service.name() == *service && exchange.target.contains(path)
            }) {
                outcome
                    .exits(1)
                    .says(r"CRITICAL .*(GET|POST) localhost:\d+/");
            }
            scene.wrote_nothing();
            assert_eq!(scene.sim.state(), before);
            for file in ["plan.jsonl", "list.csv"] {
                assert!(!scene.path(file).exists(), "{file} of a partial read");
            }
        },
    );
}

#[test]
fn check_tells_what_cannot_be_read_and_goes_on() {
    for (service, path) in [
        ("okta", "/users?"),
        ("okta", "after="),
        ("umapi", "/groups/"),
    ] {
        let scene = Scene::new(COMPANY);
        scene.fault(json!({"service": service, "path": path, "status": 500}));
        let outcome = scene.run(&["check"]);
        outcome.exits(1).says(r"FAIL .*500");
        assert!(scene.count(Service::Token, "") > 0, "it goes on");
        scene.wrote_nothing();
    }
}

#[test]
fn of_an_adobe_group_that_adobe_does_not_list_the_members_are_unknown() {
    let arguments = ["sync", "--adobe-users", "group", "Creative,Premiere"];
    let company = "Design: ann\n Video:\n adobe: ann[Creative] bob[Creative] leo[Creative]";
    let not_found =
        json!({"lastPage": false, "result": "error.group.not_found", "message": "Not found: Crea"});
    let other = json!({"lastPage": true, "result": "error.organization.not_found"});
    let rows = [
        ("/users/*/0/Creative", &not_found, 4),
        ("/users/*/0/Creative", &other, 1),
        // The group was there a page ago.
        ("/users/*/1/Creative", &not_found, 1),
    ];
    for (path, body, code) in rows {
        let scene = Scene::new(company);
        scene.fault(json!({"service": "umapi", "path": path, "status": 404, "body": body}));
        let outcome = scene.run(&arguments);
        outcome.exits(code);
        match code {
            4 => {
                outcome.says(r"WARNING .*members .*Creative. are not known.*Not found: Crea");
            }
            _ => scene.wrote_nothing(),
        }
        for name in ["bob", "leo"] {
            assert_eq!(groups(&scene, ORG, name), some("Creative"), "{path}");
        }
    }
}

// 2

#[test]
fn from_a_missing_group_nobody_loses_in_any_org_and_however_adobe_is_read() {
    let company = "
        Design: ann
        adobe: ann[Premiere,Stock] bob[Creative,Premiere] leo[Premiere]
        adobe emea: ann[Premiere,Stock] bob[Creative,Premiere]
    ";
    let rows: [&[&str]; 6] = [
        &["sync"],
        &["sync", "--adobe-users", "mapped"],
        &["sync", "--adobe-users", "group", "Premiere,emea::Premiere"],
        &["sync", "--adobe-only-user-action", "preserve"],
        &["sync", "--adobe-only-user-action", "delete"],
        &["sync", "--adobe-only-user-action", "remove-adobe-groups"],
    ];
    for arguments in rows {
        for ambiguous in [false, true] {
            let mut scene = Scene::new(company);
            if ambiguous {
                scene.sim.edit(|world| {
                    let groups = world["okta"]["groups"].as_array_mut().unwrap();
                    for id in ["00gOne", "00gTwo"] {
                        groups.push(
                            json!({"name": "Video", "type": "APP_GROUP", "members": [], "id": id}),
                        );
                    }
                });
            }
            scene.with_emea();
            let both = json!(["Premiere", "emea::Premiere"]);
            scene.set(MAIN, "/directory_users/groups/1/adobe_groups", both);
            scene.run(arguments).exits(4).says("WARNING .*Video");
            for name in ["ann", "bob", "leo"] {
                let found = in_both(&scene, name);
                let kept = |groups: &Option<String>| {
                    groups
                        .as_ref()
                        .is_none_or(|groups| groups.contains("Premiere"))
                };
                assert!(found[0].is_some(), "{name} {arguments:?}");
                assert!(found.iter().all(kept), "{name} {arguments:?} {found:?}");
            }
            assert!(in_both(&scene, "bob")[1].is_some(), "{arguments:?}");
        }
    }
}

// 3

#[test]
fn when_nobody_is_left_nothing_is_removed_in_any_org_and_however_adobe_is_read() {
    let rows: [&[&str]; 4] = [
        &["sync"],
        &["sync", "--adobe-users", "group", "Creative,emea::Creative"],
        &["sync", "--adobe-only-user-action", "preserve"],
        &["sync", "--adobe-only-user-action", "delete"],
    ];
    for arguments in rows {
        let mut scene = Scene::new(
            "Design:\n Video:\n adobe: ann[Creative] bob[Premiere]\n adobe emea: ann[Creative]",
        );
        scene.with_emea();
        scene.run(arguments).exits(4).says("CRITICAL");
        scene.wrote_nothing();
    }
    // Somebody is there in a secondary org alone: it is not his employer who says so.
    let mut scene = Scene::new("Design:\n Video:\n adobe: ann\n adobe emea: ann[Creative]");
    scene.with_emea();
    scene
        .run(&["sync", "--adobe-only-user-action", "preserve"])
        .exits(4);
    scene.wrote_nothing();
}

#[test]
fn an_empty_csv_directory_removes_nobody() {
    let mut scene = Scene::new("Design:\n Video:\n adobe: ann[Creative]");
    scene.option("users", json!("all"));
    let head = "email,firstname,lastname,country,groups\n";
    scene.folder.write("people.csv", head);
    scene
        .run(&["sync", "--connector", "csv", "people.csv"])
        .exits(4)
        .says("CRITICAL .*--allow-empty-directory");
    scene.wrote_nothing();
}

// 4

#[test]
fn a_protected_user_keeps_account_and_groups_in_every_org() {
    for company in [
        // Bob has no e-mail at Okta.
        "Design: ann bob-email\n Video: ann",
        "Design: ann bob!LOCKED_OUT\n Video: ann",
    ] {
        for action in ["remove", "delete", "remove-adobe-groups", "preserve"] {
            let mut scene = Scene::new(&format!(
                "{company}\n adobe: ann[Creative,Premiere] bob[Creative,Stock]
                 adobe emea: ann[Creative] bob[Creative,Stock] leo[Creative]"
            ));
            scene.with_emea();
            scene
                .run(&["sync", "--adobe-only-user-action", action])
                .exits(0);
            let kept = [some("Creative,Stock"), some("Creative,Stock")];
            assert_eq!(in_both(&scene, "bob"), kept, "{company} {action}");
        }
    }
}

#[test]
fn push_takes_no_group_from_a_protected_user() {
    // Bob cannot be mapped. Ann has his e-mail as her own, by mistake.
    let mut scene =
        Scene::new("Design: ann\n Video: bob cleo\n adobe: bob[Premiere] cleo[Creative]");
    scene.sim.edit(|world| {
        let users = &mut world["okta"]["users"];
        users["ann"]["profile"]["email"] = json!("bob@example.com");
        for name in ["ann", "cleo"] {
            users[name]["profile"]["kind"] = json!("federatedID");
        }
        users["bob"]["profile"]["kind"] = json!("martian");
    });
    scene.set(OKTA, "/user_identity_type_format", json!("{kind}"));
    scene.run(&["sync", "--strategy", "push"]).exits(0);
    assert_eq!(groups(&scene, ORG, "bob"), some("Creative,Premiere"));
    assert_eq!(
        groups(&scene, ORG, "cleo"),
        some("Premiere"),
        "others do lose"
    );
}

// 5

#[test]
fn max_group_removals_holds_in_the_org_that_is_over_it_alone() {
    let company = "
        Design: ann bob cleo
        Video:
        adobe: ann[Premiere] bob[Creative] cleo[Creative]
        adobe emea: ann[Premiere] bob[Premiere] cleo[Creative]
    ";
    // One of three in the primary, two of three in the secondary.
    for limit in [json!(1), json!("34%"), json!("66%")] {
        let mut scene = Scene::new(company);
        scene.with_emea();
        let both = json!(["Premiere", "emea::Premiere"]);
        scene.set(MAIN, "/directory_users/groups/1/adobe_groups", both);
        scene.set(MAIN, "/limits/max_group_removals", limit.clone());
        scene
            .sync()
            .exits(4)
            .says("CRITICAL .*emea org: 2 users would lose");
        assert_eq!(groups(&scene, ORG, "ann"), some("Creative"), "{limit}");
        assert_eq!(
            groups(&scene, EMEA, "ann"),
            some("Creative,Premiere"),
            "{limit}"
        );
        assert_eq!(
            groups(&scene, EMEA, "bob"),
            some("Creative,Premiere"),
            "{limit}"
        );
    }
}

#[test]
fn the_list_of_those_over_the_limit_is_still_written() {
    let mut scene = Scene::new("Design: ann\n Video:\n adobe: ann[Creative] leo[Creative] mia");
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(1));
    scene
        .run(&["sync", "--adobe-only-user-action", "write-file", "list.csv"])
        .exits(4)
        .says(r"CRITICAL .*\b2\b");
    assert_eq!(scene.read("list.csv").lines().count(), 3);
    assert_eq!(groups(&scene, ORG, "leo"), some("Creative"));
}
