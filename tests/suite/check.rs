//! `check`: one line for each check, everything in one run, nothing written.

use crate::scene::{COMPANY, MAIN, OKTA, Scene, UMAPI, each};
use serde_json::{Value, json};

#[test]
fn a_sound_configuration_has_no_failures_and_nothing_is_written() {
    let mut scene = Scene::new(COMPANY);
    scene.set(MAIN, "/logging/log_to_file", json!(true));
    let before: Vec<String> = scene
        .folder
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    scene
        .run(&["check"])
        .exits(0)
        .says(r"^ok    okta: reachable, the token is accepted")
        .says(r#"^ok    directory group "Design": 4 members"#)
        .says(r"^ok    primary org A1B2C3@AdobeOrg: reachable, credentials accepted")
        .says(r#"^ok    Adobe group "Creative" of the primary org: found"#)
        .says(r"^ok    credentials of okta: api_token found in plain text in connector-okta.yml")
        .says("^warn  all_users_filter: it is not set")
        .says("^ok    requests to the primary org: writing: 1 request, about 1 minute or more, for the members of \"(Creative|Premiere)\" differ by [0-9]+, 10 requests a minute")
        .never_says("^FAIL");
    scene.wrote_nothing();
    let after: Vec<String> = scene
        .folder
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(before, after);
}

#[test]
fn each_problem_has_a_line_that_says_what_to_do() {
    type Spoil<'s> = &'s (dyn Fn(&mut Scene) + Sync);
    let rows: [(&str, Spoil<'_>, &str, i32); 14] = [
        (
            "unknown key",
            &|scene| {
                scene.set(MAIN, "/limitz", json!(1));
            },
            "^FAIL  configuration: .*limitz",
            1,
        ),
        (
            "filter",
            &|scene| {
                scene.set(OKTA, "/all_users_filter", json!("user.status ="));
            },
            "^FAIL  all_users_filter: .*; user.status =($|; )",
            1,
        ),
        (
            "token",
            &|scene| {
                scene.set(OKTA, "/api_token", json!("wrong"));
            },
            "^FAIL  okta: .*401",
            1,
        ),
        (
            "secret",
            &|scene| {
                scene.set(UMAPI, "/enterprise/client_secret", json!("wrong"));
            },
            "^FAIL  primary org",
            1,
        ),
        (
            "Okta group",
            &|scene| {
                scene.set(
                    MAIN,
                    "/directory_users/groups/0/directory_group",
                    json!("design"),
                );
            },
            "^FAIL  directory group \"design\": .*letter case",
            1,
        ),
        (
            "Adobe group",
            &|scene| {
                scene.set(
                    MAIN,
                    "/directory_users/groups/0/adobe_groups",
                    json!(["Nowhere"]),
                );
            },
            "^FAIL  Adobe group \"Nowhere\"",
            1,
        ),
        (
            "auto_create",
            &|scene| {
                scene.set(
                    MAIN,
                    "/directory_users/groups/0/adobe_groups",
                    json!(["Nowhere"]),
                );
                scene.set(
                    MAIN,
                    "/directory_users/group_sync_options",
                    json!({"auto_create": true}),
                );
            },
            "^warn  Adobe group \"Nowhere\"",
            0,
        ),
        (
            "same name",
            &|scene| {
                scene.sim.edit(|world| {
                    let groups = world["okta"]["groups"].as_array_mut().unwrap();
                    groups.push(
                        json!({"name": "Design", "members": [], "id": "00g0000000000other1"}),
                    );
                });
            },
            "^FAIL  directory group \"Design\": it counts as missing: Okta has 2 groups of that name",
            1,
        ),
        (
            "nobody",
            &|scene| {
                scene.sim.edit(|world| {
                    world["okta"]["groups"][1]["members"] = json!([]);
                });
            },
            "^warn  directory group \"Video\": nobody is in it",
            0,
        ),
        (
            "mapped twice",
            &|scene| {
                scene.set(
                    MAIN,
                    "/directory_users/groups/1/directory_group",
                    json!("Design"),
                );
            },
            "^warn  mapping of \"Design\": .*twice",
            0,
        ),
        (
            "listed twice",
            &|scene| {
                scene.set(
                    MAIN,
                    "/directory_users/groups/0/adobe_groups",
                    json!(["Creative", "creative"]),
                );
            },
            "^warn  mapping of \"Design\": .*listed twice",
            0,
        ),
        (
            "readable by others",
            &|scene| {
                use std::os::unix::fs::PermissionsExt;
                let mode = std::fs::Permissions::from_mode(0o644);
                std::fs::set_permissions(scene.path(OKTA), mode).unwrap();
            },
            "^warn  configuration: .*connector-okta.yml",
            0,
        ),
        (
            "reference to nothing",
            &|scene| {
                scene.set(
                    MAIN,
                    "/directory_users/groups/0/adobe_groups",
                    json!([r"ACL-\1"]),
                );
            },
            r#"^warn  configuration: .*"ACL-\\1" is named as it is written: .*additional_groups"#,
            1,
        ),
        (
            "excluded group",
            &|scene| {
                scene.set(MAIN, "/adobe_users/exclude_adobe_groups", json!(["Typo"]));
            },
            "^warn  exclude_adobe_groups \"Typo\"",
            0,
        ),
    ];
    each(
        &rows,
        |(name, _, _, _)| (*name).to_owned(),
        |(_, spoil, says, code)| {
            let mut scene = Scene::new(COMPANY);
            spoil(&mut scene);
            scene.run(&["check"]).exits(*code).says(says);
            scene.wrote_nothing();
        },
    );
}

#[test]
fn everything_is_found_in_one_run_though_the_first_server_fails() {
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/all_users_filter", json!("user.status ="));
    scene.set(
        MAIN,
        "/directory_users/groups/0/adobe_groups",
        json!(["Nowhere"]),
    );
    scene.fault(json!({"service": "okta", "status": 500}));
    scene
        .run(&["check"])
        .exits(1)
        .says("^FAIL  all_users_filter")
        .says("^FAIL  okta: .*500")
        .says("^FAIL  Adobe group \"Nowhere\"");
}

#[test]
fn what_is_wrong_with_one_connector_does_not_hide_the_others() {
    let okta_is_fine = [
        r"^ok    okta: reachable",
        r#"^ok    directory group "Design""#,
    ];
    let adobe_is_fine = [
        r"^ok    primary org .*: reachable",
        r#"^ok    Adobe group "Creative""#,
    ];
    for (file, key, missing, fine) in [
        (
            UMAPI,
            "/enterprise/client_secret",
            "client_secret_env",
            okta_is_fine,
        ),
        (UMAPI, "/enterprise/nonsense", "nonsense", okta_is_fine),
        (OKTA, "/api_token", "api_token_env", adobe_is_fine),
    ] {
        let mut scene = Scene::new(COMPANY);
        let (parent, _) = key.rsplit_once('/').unwrap();
        scene.set(file, key, json!(null));
        scene.set(file, &format!("{parent}/{missing}"), json!("NOT_SET"));
        let checked = scene.run(&["check"]);
        checked
            .exits(1)
            .says(&format!("^FAIL  configuration: .*{missing}"));
        for line in fine {
            checked.says(line);
        }
        assert_eq!(checked.output().matches("FAIL").count(), 1);
        checked.never_says(&format!("{file} parses"));
        scene.sync().exits(2);
    }
    // An org whose place is not known is not checked.
    let mut scene = Scene::new(COMPANY);
    scene.with_emea();
    scene.set(UMAPI, "/enterprise/client_secret", json!(null));
    scene
        .run(&["check"])
        .exits(1)
        .says(r"^ok    okta: reachable")
        .never_says(r"emea org.*reachable");
}

#[test]
fn users_that_adobe_does_not_let_be_read_are_told() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "umapi", "path": "/users/", "status": 403}));
    scene
        .run(&["check"])
        .exits(1)
        .says("^ok    primary org .*reachable")
        .says("^FAIL  users of the primary org: GET .*403");
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "status": 403,
                       "headers": {"date": "Mon, 01 Jan 2024 00:00:00 GMT"}}));
    scene
        .run(&["check"])
        .exits(1)
        .says(r"^warn  clock against okta: this machine is \d+ seconds ahead");
}

#[test]
fn the_findings_are_there_for_programs_too() {
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["check", "--json"]);
    let found: Value = serde_json::from_str(&outcome.exits(0).stdout).unwrap();
    assert_eq!(found["fail"], 0);
    let checks = found["checks"].as_array().unwrap();
    assert!(
        checks
            .iter()
            .any(|check| check["check"] == "okta" && check["level"] == "ok")
    );
}

#[test]
fn the_numbers_of_members_tell_how_long_writing_takes() {
    let names: Vec<String> = (0..420).map(|n| format!("p{n:03}")).collect();
    let names = names.join(" ");
    let wave = format!("Design: {names}\n Video:\n adobe: {names}");
    let same = "Design: ann\n Video:\n adobe: ann[Creative]";
    let more =
        "about 5 minutes or more, for the members of \"Creative\" differ by 420, 10 requests";
    for (company, pace, says) in [
        (&*wave, json!(null), format!("writing: 42 requests, {more}")),
        (
            &*wave,
            json!(7),
            "42 requests, about 6 minutes or more.*, 7 requests a minute".to_owned(),
        ),
        (
            same,
            json!(null),
            "writing: a request for every 10 people".to_owned(),
        ),
    ] {
        let mut scene = Scene::new(company);
        scene.set(UMAPI, "/server/actions_per_minute", pace);
        scene
            .sim
            .edit(|world| world["okta"]["page_cap"] = json!(1000));
        scene.run(&["check"]).says(&says);
        scene.wrote_nothing();
    }
}
