//! `explain`: people on both sides, on one, on neither; excluded, filtered out, skipped, protected.

use crate::scene::{COMPANY, MAIN, OKTA, Scene, each};
use crate::sim::Service;
use serde_json::{Value, json};

fn explained(scene: &Scene, user: &str) -> Value {
    let outcome = scene.run(&["explain", user, "--json"]);
    outcome.exits(0);
    scene.wrote_nothing();
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.output()))
}

#[test]
fn everybody_is_explained_with_the_rule_that_decides() {
    let company = "
        Design: ann bob!LOCKED_OUT cleo-email
        Video: dora!SUSPENDED finn
        Other: gina
        adobe: ann[Stock,Premiere] bob[Creative] cleo[Creative] dora[Creative] finn[Premiere] leo[Creative] boss[Creative]
    ";
    // Who is asked for, and what the answer must hold, as text.
    let rows: [(&str, &[&str]); 9] = [
        (
            "ann",
            &[
                "status ACTIVE",
                r"found in +Design \(user-sync-config.yml:\d+\)",
                "by e-mail",
                r"desired groups +Creative, in Okta group .Design.",
                "-Premiere: not in any mapped Okta group",
                "action_1",
            ],
        ),
        ("finn", &["result +nothing is sent"]),
        (
            "bob",
            &[
                "LOCKED_OUT",
                "left out, by user.status == .ACTIVE., the default",
                "protected",
                "nothing is sent",
            ],
        ),
        (
            "cleo",
            &["skipped: it has no e-mail", "left alone", "nothing is sent"],
        ),
        (
            "dora",
            &[
                "SUSPENDED",
                "Adobe-only: left out by the filter: status SUSPENDED",
                "result +remove-from-org",
            ],
        ),
        (
            "leo",
            &[
                "nobody of that name is in a loaded group",
                "Okta knows nobody",
                "Adobe-only: no matching Okta user",
                "result +remove-from-org",
            ],
        ),
        (
            "gina",
            &[
                "found in Okta, in none of the groups",
                "there is none of that name",
            ],
        ),
        (
            "boss",
            &[
                r"excluded: exclude_users matches its username \(user-sync-config.yml:\d+\)",
                "nothing is sent",
            ],
        ),
        ("nobody", &["Okta knows nobody", "nothing is sent"]),
    ];
    each(
        &rows,
        |(who, _)| (*who).to_owned(),
        |(who, says)| {
            let mut scene = Scene::new(company);
            scene.set(MAIN, "/adobe_users/exclude_users", json!(["boss@.*"]));
            scene.environment("COLUMNS", Some("160"));
            let outcome = scene.run(&["explain", &format!("{who}@example.com")]);
            outcome.exits(0);
            for text in *says {
                outcome.says(text);
            }
            scene.wrote_nothing();
        },
    );
}

#[test]
fn whoever_is_named_by_an_id_is_explained_as_by_a_name() {
    let company = "
        Design: ann bob!LOCKED_OUT
        Video: dora!SUSPENDED
        adobe: ann[Stock,Premiere] bob[Creative] dora[Creative]
    ";
    let scene = Scene::new(company);
    for name in ["ann", "bob", "dora"] {
        let mut by_name = explained(&scene, &format!("{name}@example.com"));
        let id = by_name["directory"]["id"].clone();
        let by_id = explained(&scene, id.as_str().unwrap());
        by_name["user"] = id;
        assert_eq!(by_id, by_name, "{name}");
    }
    let people = "email,groups,type\nann@example.com,Design,federatedID\n";
    scene.folder.write("people.csv", people);
    let arguments = [
        "explain",
        "--connector",
        "csv",
        "people.csv",
        "--users",
        "all",
        "line 2",
    ];
    let by_line = scene.run(&arguments);
    by_line
        .exits(0)
        .says(r"user +ann@example\.com \(id line 2\)")
        .says("matches directory user ann@example.com by e-mail");
}

#[test]
fn several_orgs_are_told_one_by_one() {
    let mut scene = Scene::new("Design: ann\n Video:\n adobe: ann[Creative]\n adobe emea:");
    scene.with_emea();
    let answer = explained(&scene, "ann@example.com");
    let orgs = answer["orgs"].as_array().unwrap();
    assert_eq!(orgs[0]["name"], Value::Null);
    assert_eq!(orgs[0]["changes"], json!([]));
    assert_eq!(orgs[1]["name"], "emea");
    assert_eq!(orgs[1]["changes"][0]["kind"], "create");
}

#[test]
fn an_org_that_was_not_read_is_told_with_the_reason() {
    let rows: [(&str, &[&str], &str); 5] = [
        (
            "push",
            &["--strategy", "push"],
            "push reads nothing from Adobe",
        ),
        (
            "list",
            &["--adobe-only-user-list", "list.csv"],
            "reads no directory\n(.*\n)+.*with --adobe-only-user-list nothing is read from Adobe",
        ),
        (
            "list that does nothing",
            &[
                "--adobe-only-user-list",
                "list.csv",
                "--adobe-only-user-action",
                "preserve",
            ],
            "with --adobe-only-user-list nothing is read from Adobe",
        ),
        (
            "partly",
            &["--adobe-users", "mapped"],
            "none of that name among those that were read .--adobe-users mapped.",
        ),
        ("whole", &[], "record +there is none of that name\n"),
    ];
    each(
        &rows,
        |(name, ..)| (*name).to_owned(),
        |(_, options, says)| {
            let mut scene = Scene::new(COMPANY);
            scene.environment("COLUMNS", Some("160"));
            scene.folder.write("list.csv", "email\nleo@example.com\n");
            let mut words = vec!["explain", "nobody@example.com"];
            words.extend(*options);
            scene.run(&words).exits(0).says(says);
        },
    );
}

#[test]
fn a_secondary_org_without_mapped_groups_is_told_as_not_read() {
    let mut scene = Scene::new("Design: ann\n adobe: ann[Creative]\n adobe emea: ann[Stock]");
    scene.with_emea();
    scene.set(
        MAIN,
        "/directory_users/groups",
        json!([{"directory_group": "Design", "adobe_groups": ["Creative"]}]),
    );
    let answer = explained(&scene, "ann@example.com");
    let emea = &answer["orgs"][1];
    assert_eq!(emea["name"], "emea");
    assert_eq!(emea["not_read"], "none of its groups is mapped");
    assert_eq!(answer["orgs"][0].get("not_read"), None);
}

#[test]
fn somebody_in_a_loaded_group_is_not_searched_for() {
    let scene = Scene::new(COMPANY);
    let answer = explained(&scene, "ann@example.com");
    assert_eq!(answer["directory"]["login"], "ann@example.com");
    assert_eq!(scene.count(Service::Okta, "/api/v1/users?"), 0);
    explained(&scene, "gina@example.com");
    assert_eq!(scene.count(Service::Okta, "/api/v1/users?"), 1);
}

#[test]
fn a_search_that_fails_is_told_and_not_fatal() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": "/api/v1/users?", "status": 403}));
    let answer = explained(&scene, "leo@example.com");
    let search = answer["search"].as_str().unwrap();
    assert!(
        search.starts_with("failed: ") && search.contains("403"),
        "{search}"
    );
    assert_eq!(answer["orgs"][0]["changes"][0]["kind"], "remove-from-org");
}

#[test]
fn a_limit_that_holds_back_is_named() {
    let mut scene = Scene::new(COMPANY);
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(0));
    let answer = explained(&scene, "leo@example.com");
    let verdict = answer["orgs"][0]["records"][0]["verdict"]["what"]
        .as_str()
        .unwrap();
    assert!(verdict.contains("max_adobe_only_users"), "{verdict}");
    assert_eq!(answer["orgs"][0]["changes"], json!([]));
}

#[test]
fn formats_and_hook_changes_are_shown() {
    let mut scene = Scene::new(COMPANY);
    scene.set(
        OKTA,
        "/user_surname_format",
        json!("{lastName}-{countryCode}"),
    );
    scene.hook("target_attributes['firstname'] = 'Hooked'\ntarget_groups.add('Stock')\n");
    let answer = explained(&scene, "ann@example.com");
    let person = &answer["directory"];
    let attributes = person["attributes"].as_array().unwrap();
    let surname = attributes
        .iter()
        .find(|one| one["attribute"] == "lastname")
        .unwrap();
    assert_eq!(surname["value"], "Test-US");
    assert_eq!(
        surname["sources"],
        json!([["lastName", "Test"], ["countryCode", "US"]])
    );
    assert_eq!(
        person["hook_changes"],
        json!(["firstname: \"ann\" -> \"Hooked\""])
    );
    let desired = answer["orgs"][0]["desired_groups"].as_array().unwrap();
    assert!(
        desired
            .iter()
            .any(|group| group["what"] == "Stock" && group["why"] == "by the hook")
    );
}

#[test]
fn no_secret_is_told() {
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["explain", "ann@example.com", "leo@example.com"]);
    outcome.exits(0);
    for secret in [crate::scene::OKTA_TOKEN, crate::scene::CLIENT_SECRET] {
        assert!(!outcome.output().contains(secret));
    }
}
