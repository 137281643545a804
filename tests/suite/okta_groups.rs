//! Which of Okta's groups is taken for a name, and what is told where none can be
//! (manual/rules.md#finding-a-group).

use crate::scene::{COMPANY, MAIN, OKTA, Scene, each, world};
use crate::sim::Service;
use serde_json::{Value, json};

/// Ann is in the group, leo is not.
const TWO: &str = "Design: ann\n Video:\n adobe: ann[Creative] leo[Creative]";

/// The company with this value for a key of the group `Design`, and further groups.
fn company(change: impl Fn(&mut Value), further: &[Value]) -> Scene {
    let mut world = world(TWO);
    let groups = world["okta"]["groups"].as_array_mut().unwrap();
    let of_name = |group: &&mut Value| group["name"] == "Design";
    change(groups.iter_mut().find(of_name).unwrap());
    groups.extend(further.iter().cloned());
    Scene::of_world(world)
}

fn imported(id: &str, name: &str) -> Value {
    json!({"name": name, "id": id, "type": "APP_GROUP", "members": []})
}

#[test]
fn a_group_that_the_search_does_not_know_yet_is_preferred_to_an_imported_one() {
    // An imported namesake holds nobody: taken for the group, it would take ann's licence.
    for further in [vec![], vec![imported("00gimported", "Design")]] {
        let scene = company(|design| design["lag"] = json!(true), &further);
        scene.sync().exits(0);
        assert_eq!(scene.adobe(), "ann[Creative]");
    }
}

#[test]
fn a_group_that_is_not_okta_s_own_is_told_wherever_it_is_used() {
    for (kind, words) in [("APP_GROUP", "APP_GROUP"), ("BUILT_IN", "BUILT_IN")] {
        let scene = company(|design| design["type"] = json!(kind), &[]);
        let told = format!("\"Design\".*{words}, id 00g");
        for (command, level) in [
            (&["plan"][..], "INFO .*"),
            (&["sync"], "INFO .*"),
            (&["check"], "ok .*"),
        ] {
            scene.run(command).says(&format!("{level}{told}"));
        }
        let explained = scene.run(&["explain", "ann@example.com"]);
        explained.says(&format!("Design.*no OKTA_GROUP: {words}, id 00g"));
    }
    let own = Scene::new(TWO);
    assert!(!own.sync().output().contains("OKTA_GROUP"));
}

#[test]
fn a_search_that_is_refused_is_made_by_q() {
    let html = "<html><body>blocked</body></html>";
    let refused = json!({"errorCode": "E0000006", "errorSummary": "You do not have permission"});
    each(
        &[
            (json!({"status": 400}), 0),
            (json!({"status": 414, "body": html}), 0),
            (json!({"status": 413, "body": html}), 0),
            (json!({"status": 431, "body": ""}), 0),
            (json!({"status": 403, "body": html}), 0),
            (json!({"status": 403}), 0),
            (json!({"status": 403, "body": refused}), 1),
            (json!({"status": 404}), 1),
        ],
        |(fault, _)| fault.to_string(),
        |(fault, code)| {
            let scene = Scene::new(COMPANY);
            let mut fault = fault.clone();
            fault["service"] = json!("okta");
            fault["path"] = json!("search=");
            scene.fault(fault);
            scene.sync().exits(*code);
            match code {
                0 => assert!(scene.count(Service::Okta, "?q=Design") > 0),
                _ => scene.wrote_nothing(),
            }
        },
    );
}

#[test]
fn a_name_that_adobe_has_in_another_spelling_is_named() {
    for (there, wanted, difference) in [
        ("Adobe\u{a0}CC", "Adobe CC", "other blanks"),
        ("Adobe CC", "Adobe  CC", "other blanks"),
        ("Adobe\u{2013}CC", "Adobe-CC", "other dashes or quotes"),
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.sim.edit(|world| {
            let text = world
                .to_string()
                .replace("\"Stock\"", &json!(there).to_string());
            *world = serde_json::from_str(&text).unwrap();
        });
        let groups = json!([wanted]);
        scene.set(MAIN, "/directory_users/groups/0/adobe_groups", groups);
        let told = format!("Adobe has \"{there}\" \\({difference}\\)");
        scene
            .run(&["check"])
            .exits(1)
            .says(&format!("FAIL .*{told}"));
        scene.run(&["plan"]).says(&format!("WARNING .*{told}"));
    }
}

#[test]
fn a_list_of_names_that_a_comma_cut_is_told() {
    let mut scene = company(|design| design["name"] = json!("Sales, EMEA"), &[]);
    scene.option("users", json!(["group", "Sales, EMEA"]));
    for command in ["sync", "check"] {
        let told = r#""EMEA".*--users splits names at commas"#;
        scene.run(&[command]).says(told);
    }
    scene.wrote_nothing();
    scene.option("users", json!(["group", "Nobody"]));
    scene.sync().never_says("at commas");
}

#[test]
fn a_name_that_okta_has_in_another_spelling_is_named() {
    for (there, wanted, difference) in [
        ("design", "Design", "another letter case"),
        ("Adobe\u{a0}CC", "Adobe CC", "other blanks"),
        ("Adobe CC", "Adobe  CC", "other blanks"),
        ("Adobe CC", "Adobe CC\u{200b}", "other blanks"),
        ("Adobe\u{2013}CC", "Adobe-CC", "other dashes or quotes"),
        ("Ann\u{2019}s team", "Ann's team", "other dashes or quotes"),
    ] {
        let mut scene = company(|design| design["name"] = json!(there), &[]);
        scene.set(
            MAIN,
            "/directory_users/groups/0/directory_group",
            json!(wanted),
        );
        let told = format!("Okta has \"{there}\" \\({difference}\\).*role");
        let synced = scene.sync();
        synced.exits(4).says(&format!("WARNING .*{told}"));
        scene.wrote_nothing();
        scene
            .run(&["check"])
            .exits(1)
            .says(&format!("FAIL .*{told}"));
    }
}

#[test]
fn a_group_that_the_token_does_not_see_is_told_as_such() {
    let scene = company(|design| design["hidden"] = json!(true), &[]);
    scene
        .sync()
        .exits(4)
        .says("WARNING .*\"Design\" was not found.*role behind the token");
    scene.wrote_nothing();
}

#[test]
fn several_groups_of_one_name_are_told_with_types_ids_and_a_way_out() {
    let everyone = |design: &mut Value| {
        design["name"] = json!("Everyone");
        design["type"] = json!("BUILT_IN");
        design["id"] = json!("00gbuiltin");
    };
    let mut scene = company(everyone, &[imported("00gimported", "Everyone")]);
    scene.set(
        MAIN,
        "/directory_users/groups/0/directory_group",
        json!("Everyone"),
    );
    let told =
        "BUILT_IN, id 00gbuiltin; APP_GROUP, id 00gimported; make an OKTA_GROUP of another name";
    scene.sync().exits(4).says(&format!("WARNING .*{told}"));
    scene.wrote_nothing();
    scene
        .run(&["check"])
        .exits(1)
        .says(&format!("FAIL .*{told}"));
    assert!(!scene.sync().output().contains("rename all but one"));
}

#[test]
fn a_format_of_its_own_asks_once_a_name() {
    let mut scene = Scene::new(TWO);
    scene.set(OKTA, "/group_filter_format", json!("{group}"));
    scene.set(OKTA, "/group_filter_format", json!("Des{group}"));
    scene.set(
        MAIN,
        "/directory_users/groups/0/directory_group",
        json!("ign"),
    );
    scene.sync().exits(4).says(
        "\"ign\" was not found in Okta: Okta was asked for names that begin with \"Design\", by group_filter_format",
    );
    assert_eq!(scene.count(Service::Okta, "?q=Design"), 1);
    assert_eq!(scene.count(Service::Okta, "search="), 0);
}

#[test]
fn a_page_that_does_not_name_everybody_once_is_no_page() {
    let member =
        |id: &str, profile: Value| json!({"id": id, "status": "ACTIVE", "profile": profile});
    let name = |name: &str| json!({"login": name, "email": name});
    let ann = member("00uann", name("ann@example.com"));
    each(
        &[
            (json!([ann, member("00uann", name("bob@example.com"))]), 1),
            (json!([ann, ann]), 1),
            (json!([ann, member("00u2", json!({"firstName": "Bob"}))]), 1),
            (
                json!([ann, member("00u2", json!({"login": "", "email": null}))]),
                1,
            ),
            (json!([ann, member("00u2", json!({"login": "bob"}))]), 0),
        ],
        |(page, _)| page.to_string(),
        |(page, code)| {
            let scene = Scene::new("Design: ann bob\n Video:\n adobe: ann[Creative] bob[Creative]");
            scene.fault(
                json!({"server": "okta", "match": "/users\\?", "kind": "edit", "body": page}),
            );
            let outcome = scene.sync();
            outcome.exits(*code);
            if *code == 1 {
                outcome.says(
                    "the member 00u\\w+ (is on it more than once|has neither login nor e-mail)",
                );
                scene.wrote_nothing();
            }
        },
    );
}
