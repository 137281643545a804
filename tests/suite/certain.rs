//! Certain before anything is taken away: people are known by all their names, and a group is
//! emptied only knowingly (manual/rules.md#other-names, manual/safety.md#group-loss).

use crate::scene::{EMEA, MAIN, OKTA, ORG, Scene, each, world};
use serde_json::{Value, json};

const ACTIONS: [&str; 4] = ["preserve", "remove-adobe-groups", "remove", "delete"];

/// A company whose members of Okta have other attributes: name, attribute and value.
fn changed(company: &str, changes: &[(&str, &str, &str)]) -> Value {
    let mut world = world(company);
    for (name, attribute, value) in changes {
        world["okta"]["users"][name]["profile"][attribute] = json!(value);
    }
    world
}

/// Those of Adobe's users who are there, by e-mail, with their groups.
fn adobe_now(scene: &Scene, org: &str) -> Vec<String> {
    let state = scene.sim.state();
    let users = state[org]["users"].as_array().unwrap();
    let one = |user: &Value| format!("{} {}", user["email"].as_str().unwrap(), user["groups"]);
    users.iter().map(one).collect()
}

#[test]
fn a_changed_email_is_a_change_and_no_leaver_by_whatever_name_the_person_is_known() {
    // What changed in Okta, further settings, and the name that ties the two together.
    type Row = (
        &'static str,
        &'static [(&'static str, &'static str, &'static str)],
        Value,
        &'static str,
    );
    let rows: [Row; 4] = [
        (
            "the login stays",
            &[("ann", "email", "ann.new@example.com")],
            json!({}),
            "ann@example.com",
        ),
        (
            "the login is an alias format of its own",
            &[
                ("ann", "email", "ann.new@example.com"),
                ("ann", "login", "E7"),
                ("ann", "oldAddress", "x@example.com, ANN@example.com"),
            ],
            json!({"user_alias_formats": ["{oldAddress}"]}),
            "ann@example.com",
        ),
        (
            "a username that is no e-mail, in another domain",
            &[
                ("ann", "email", "ann@mail.example.com"),
                ("ann", "login", "E7"),
                ("ann", "number", "E7"),
            ],
            json!({"user_username_format": "{number}", "user_alias_formats": []}),
            "E7",
        ),
        (
            "the mapped e-mail is another attribute",
            &[
                ("ann", "work", "ann.new@example.com"),
                ("ann", "login", "E7"),
            ],
            json!({"user_email_format": "{work}"}),
            "ann@example.com",
        ),
    ];
    let mut all = Vec::new();
    for row in &rows {
        for action in ACTIONS {
            for update in [false, true] {
                all.push((row, action, update));
            }
        }
    }
    each(
        &all,
        |((name, ..), action, update)| format!("{name}, {action}, update {update}"),
        |((_, changes, settings, other_name), action, update)| {
            let mut world = changed(
                "Design: ann bob\n Video:\n adobe: ann[Creative] bob[Creative]",
                changes,
            );
            let record = &mut world["adobe"]["orgs"][ORG]["users"][0];
            if *other_name == "E7" {
                record["username"] = json!("E7");
                record["domain"] = json!("example.com");
            }
            for (name, attribute, _) in *changes {
                let bob = &mut world["okta"]["users"]["bob"]["profile"];
                if *name == "ann" && ["number", "work"].contains(attribute) {
                    bob[attribute] = json!("bob@example.com");
                }
            }
            let mut scene = Scene::of_world(world);
            for (key, value) in settings.as_object().unwrap() {
                scene.set(OKTA, &format!("/{key}"), value.clone());
            }
            scene.option("adobe_only_user_action", json!(action));
            scene.option("update_user_info", json!(update));
            let outcome = scene.sync();
            outcome.exits(0).says(&format!(
                "INFO .*ann.* known by the other name {other_name}"
            ));
            let now = adobe_now(&scene, ORG);
            assert_eq!(now.len(), 2, "{now:?}");
            assert!(
                now.iter().all(|user| user.ends_with("[\"Creative\"]")),
                "{now:?}"
            );
            let renamed = now
                .iter()
                .any(|user| !user.starts_with("ann@example.com") && user.starts_with("ann"));
            assert_eq!(renamed, *update, "{now:?}");
            let sent = scene.actions().len();
            scene.sync().exits(0);
            assert_eq!(scene.actions().len(), sent, "the next run sends nothing");
        },
    );
}

#[test]
fn plan_and_explain_say_by_which_name_somebody_matched() {
    let changes = [("ann", "email", "ann.new@example.com")];
    let company = "Design: ann\n Video: ann\n adobe: ann[Creative] cy[Creative]";
    let scene = Scene::of_world(changed(company, &changes));
    let plan = scene.run(&["plan"]);
    plan.exits(0)
        .says("known by the other name ann@example.com");
    for name in ["ann.new@example.com", "ann@example.com"] {
        scene
            .run(&["explain", name])
            .exits(0)
            .says(r"matches directory user ann@example.com by the other name\s+ann@example.com");
    }
}

#[test]
fn other_names_hold_in_secondary_orgs_and_with_every_extent_of_reading() {
    let company = "Design: ann bob\n Video:\n adobe: ann[Creative] bob[Creative]\n adobe emea: ann[Creative] bob[Creative]";
    for adobe_users in [
        json!("all"),
        json!("mapped"),
        json!(["group", "Creative,emea::Creative"]),
    ] {
        for action in ACTIONS {
            let mut scene =
                Scene::of_world(changed(company, &[("ann", "email", "ann.new@example.com")]));
            scene.with_emea();
            scene.option("adobe_users", adobe_users.clone());
            scene.option("adobe_only_user_action", json!(action));
            scene.sync().exits(0);
            scene.wrote_nothing();
        }
    }
}

#[test]
fn a_login_that_was_handed_on_brings_nobody_into_the_account_of_a_predecessor() {
    let changes = [
        ("ann", "email", "ann.new@example.com"),
        ("ann", "firstName", "Bea"),
        ("ann", "lastName", "Other"),
    ];
    for action in ACTIONS {
        let mut scene = Scene::of_world(changed(
            "Design: ann\n Video:\n adobe: ann[Creative]",
            &changes,
        ));
        scene.option("adobe_only_user_action", json!(action));
        scene.option("update_user_info", json!(true));
        let outcome = scene.sync();
        outcome
            .exits(0)
            .says("WARNING .*1 Adobe users carry another name");
        assert_eq!(
            adobe_now(&scene, ORG),
            [
                "ann.new@example.com [\"Creative\"]",
                "ann@example.com [\"Creative\"]",
            ]
        );
    }
}

#[test]
fn names_before_the_hook_tie_people_to_their_accounts() {
    for action in ACTIONS {
        let mut scene = Scene::new("Design: ann bob\n Video:\n adobe: ann[Creative] bob[Creative]");
        scene.hook(
            "if source_attributes['email'].startswith('ann'):\n    target_attributes['email'] = 'ann@cloud.example.com'\n    target_attributes['username'] = 'ann@cloud.example.com'",
        );
        scene.set(OKTA, "/user_alias_formats", json!([]));
        scene.option("adobe_only_user_action", json!(action));
        scene.sync().exits(0);
        scene.wrote_nothing();
    }
}

#[test]
fn an_email_that_is_no_address_skips_and_protects_also_after_a_hook() {
    let bad = [
        "ann@example.com; b@example.com",
        "ann@example.com,b@example.com",
        "Ann <ann@example.com>",
        "ann@example.com\u{200b}",
        "\u{feff}ann@example.com",
        "an\u{ad}n@example.com",
        "ann at example.com",
        "skipthis",
    ];
    let mut rows = Vec::new();
    for email in bad {
        for hooked in [false, true] {
            for action in ["preserve", "delete"] {
                rows.push((email, hooked, action));
            }
        }
    }
    each(
        &rows,
        |(email, hooked, action)| format!("{email:?} hook {hooked} {action}"),
        |(email, hooked, action)| {
            let company =
                "Design: bob\n Video: ann\n adobe: ann[Creative] bob[Creative] leo[Creative]";
            let mut scene = if *hooked {
                let mut scene = Scene::new(company);
                let quoted = json!(email);
                scene.hook(&format!(
                    "if source_attributes['email'] == 'ann@example.com':\n    target_attributes['email'] = {quoted}"
                ));
                scene
            } else {
                Scene::of_world(changed(company, &[("ann", "email", email)]))
            };
            scene.option("adobe_only_user_action", json!(action));
            let outcome = scene.sync();
            outcome.exits(0);
            if *hooked {
                outcome.says("INFO .*skipped by the hook.*: 1;");
            } else {
                outcome.says(
                    "WARNING .*user ann@example.com is skipped: its e-mail .* is not one address",
                );
            }
            assert_eq!(scene.groups_of("ann"), Some(vec!["Creative".to_owned()]));
            assert_ne!(scene.groups_of("leo"), Some(vec!["Creative".to_owned()]));
        },
    );
}

#[test]
fn only_states_known_to_mean_gone_take_anything_away() {
    let states = [
        ("SUSPENDED", false),
        ("DEPROVISIONED", false),
        ("LOCKED_OUT", true),
        ("STAGED", true),
        ("PROVISIONED", true),
        ("NEW_STATUS", true),
        ("active", true),
    ];
    for (state, stays) in states {
        let company =
            format!("Design: bob ann!{state}\n Video:\n adobe: ann[Creative] bob[Creative]");
        let mut scene = Scene::new(&company);
        scene.sync().exits(0);
        assert_eq!(scene.groups_of("ann").is_some(), stays, "{state}");
        // A filter that the file sets is obeyed, and the plan names the status.
        scene = Scene::new(&company);
        scene.set(OKTA, "/all_users_filter", json!("user.status == 'ACTIVE'"));
        let plan = scene.run(&["plan"]);
        plan.exits(0)
            .says(&format!("ann@example.com.*status {state}"));
    }
}

/// `count` people of that name in a list of members, `n0 n1 …`.
fn people(count: usize, groups: &str) -> String {
    let name = |n| format!("n{n}{groups}");
    (0..count).map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_emptied_group_takes_nothing_from_anybody_until_it_is_meant() {
    let company = format!(
        "Design:\n Video: ann\n adobe: ann[Premiere] {}",
        people(12, "[Creative]")
    );
    for action in ACTIONS {
        let mut scene = Scene::new(&company);
        scene.option("adobe_only_user_action", json!(action));
        scene.set(MAIN, "/limits/max_adobe_only_users", json!(100));
        let before = scene.sim.state();
        let outcome = scene.sync();
        outcome
            .exits(4)
            .says("CRITICAL .*12 people would lose the Adobe group \"Creative\".*50% of 12 members.*\"Design\" 0 people");
        assert_eq!(scene.sim.state(), before, "{action}");
        let meant = scene.run(&["sync", "--allow-group-loss", " creative"]);
        meant.exits(0);
        assert_ne!(scene.sim.state(), before, "{action}");
    }
}

#[test]
fn a_share_of_a_group_may_go_and_the_rest_of_a_command_is_sent() {
    // Twelve of thirty lose Creative and gain Premiere: under half of them.
    let company = |lost: usize| {
        let all = people(30, "[Creative]");
        let stay: Vec<String> = (lost..30).map(|n| format!("n{n}")).collect();
        let go = people(lost, "");
        format!("Design: {}\n Video: {go}\n adobe: {all}", stay.join(" "))
    };
    let scene = Scene::new(&company(12));
    scene.sync().exits(0);
    assert_eq!(scene.groups_of("n0"), Some(vec!["Premiere".to_owned()]));
    let scene = Scene::new(&company(16));
    scene.sync().exits(4).says("Creative");
    let groups = scene.groups_of("n0").unwrap();
    assert_eq!(groups, ["Creative", "Premiere"], "gained, and lost nothing");
}

#[test]
fn group_loss_holds_in_each_org_by_itself() {
    let all = people(12, "[Creative]");
    let stay = people(12, "");
    let company = format!(
        "Design:\n Video: {stay}\n adobe: {}\n adobe emea: {all}",
        people(12, "")
    );
    let mut scene = Scene::new(&company);
    scene.with_emea();
    scene.sync().exits(4).says("emea org: 12 people would lose");
    assert_eq!(adobe_now(&scene, EMEA)[0], "n0@example.com [\"Creative\"]");
    assert_eq!(scene.groups_of("n0"), Some(vec!["Premiere".to_owned()]));
}

#[test]
fn a_leaver_and_a_joiner_of_one_name_are_held_back_as_a_pair() {
    let changes = [
        ("ann", "email", "ann.new@example.com"),
        ("ann", "login", "ann.new@example.com"),
    ];
    for action in ["remove", "delete"] {
        let company = "Design: ann bob\n Video:\n adobe: ann[Creative] leo[Creative]";
        let mut scene = Scene::of_world(changed(company, &changes));
        scene.option("adobe_only_user_action", json!(action));
        let outcome = scene.sync();
        outcome
            .exits(4)
            .says("CRITICAL .*ann@example.com.*ann.new@example.com.*user_alias_formats");
        assert_eq!(
            adobe_now(&scene, ORG),
            [
                "ann@example.com [\"Creative\"]",
                "bob@example.com [\"Creative\"]"
            ]
        );
        // Tied together.
        scene.set(
            OKTA,
            "/user_alias_formats",
            json!(["{firstName}@example.com"]),
        );
        scene.sync().exits(0);
        assert_eq!(adobe_now(&scene, ORG).len(), 2);
    }
}

#[test]
fn a_whole_company_under_new_addresses_is_not_created_a_second_time() {
    let all = people(20, "[Creative]");
    let mut world = world(&format!(
        "Design: {}\n Video:\n adobe: {all}",
        people(20, "")
    ));
    for n in 0..20 {
        let profile = &mut world["okta"]["users"][format!("n{n}")]["profile"];
        profile["email"] = json!(format!("n{n}@example.org"));
        profile["login"] = json!(format!("n{n}@example.org"));
        profile["lastName"] = json!("Other");
    }
    let mut scene = Scene::of_world(world);
    scene.set(MAIN, "/limits/max_new_users", json!("10%"));
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(5));
    let outcome = scene.sync();
    outcome
        .exits(4)
        .says("CRITICAL .*20 users would be created.*10% of 20 Adobe users")
        .says("CRITICAL .*20 Adobe-only users")
        .says("CRITICAL .*20 people would lose");
    scene.wrote_nothing();
}

#[test]
fn after_a_run_that_ended_with_0_the_next_one_sends_nothing() {
    let mut rows = Vec::new();
    for action in [
        "exclude",
        "write-file",
        "preserve",
        "remove-adobe-groups",
        "remove",
        "delete",
    ] {
        for groups in [false, true] {
            for emea in [false, true] {
                rows.push((action, groups, emea));
            }
        }
    }
    each(
        &rows,
        |(action, groups, emea)| format!("{action}, groups {groups}, emea {emea}"),
        |(action, groups, emea)| {
            let mut scene = Scene::new(
                "Design: ann bob\n Video:\n adobe: ann[Stock] leo[Creative,Stock] eve cy[_org_admin] dan[_org_admin,Premiere]
                adobe emea: leo[Creative] eve ann",
            );
            if *emea {
                scene.with_emea();
            }
            let action = match *action {
                "write-file" => json!(["write-file", "list.csv"]),
                other => json!(other),
            };
            scene.option("adobe_only_user_action", action);
            scene.option("process_groups", json!(groups));
            scene.option("update_user_info", json!(true));
            scene.sync().exits(0);
            let sent = scene.actions().len();
            scene.sync().exits(0);
            assert_eq!(scene.actions().len(), sent);
        },
    );
}

#[test]
fn write_file_writes_no_list_from_an_empty_directory() {
    for groups in [false, true] {
        let mut scene = Scene::new("Design:\n Video:\n adobe: ann[Creative] bob");
        scene.option("adobe_only_user_action", json!(["write-file", "list.csv"]));
        scene.option("process_groups", json!(groups));
        scene.sync().exits(4).says("no directory user is left");
        assert!(!scene.path("list.csv").exists());
        scene.option("allow_empty_directory", json!(true));
        scene.sync().exits(0);
        assert!(scene.read("list.csv").contains("ann@example.com"));
    }
}

#[test]
fn administrators_are_excluded_by_the_name_that_adobe_lists() {
    let mut scene =
        Scene::new("Design: ann\n Video:\n adobe: ann[Creative] boss[_org_admin] leo[Creative]");
    scene.set(
        MAIN,
        "/adobe_users/exclude_adobe_groups",
        json!(["administrators"]),
    );
    scene.sync().exits(0);
    assert_eq!(scene.groups_of("boss"), Some(vec!["_org_admin".to_owned()]));
    assert_eq!(scene.groups_of("leo"), None);
}

#[test]
fn options_that_leave_nobody_are_warned_of() {
    let company = "Design: ann\n Video:\n adobe: ann[Creative]";
    let scene = Scene::new(company);
    scene
        .run(&["plan", "--user-filter", "ann"])
        .says("WARNING .*--user-filter matches none of the 1 selected users");
    scene
        .run(&["plan", "--user-filter", "ann.*"])
        .exits(0)
        .never_says("matches none");
    let mut scene = Scene::new(company);
    scene.set(MAIN, "/directory_users/groups", json!([]));
    scene
        .run(&["plan"])
        .says("WARNING .*--users mapped selects nobody");
}

#[test]
fn push_says_what_it_cannot_see() {
    let scene = Scene::new("Design: ann\n Video:\n adobe: ann[Creative]");
    scene
        .run(&["sync", "--strategy", "push"])
        .exits(0)
        .says("WARNING .*push reads nothing from Adobe: it cannot see that an address changed");
}

#[test]
fn people_of_a_csv_file_are_known_by_their_other_names() {
    let file = "email,firstname,lastname,country,groups,other
ann.new@example.com,ann,Test,US,Design,\"x@example.com, ann@example.com\"
bob@example.com,bob,Test,US,Design,
";
    for action in ACTIONS {
        let mut scene = Scene::new("Design:\n adobe: ann[Creative] bob[Creative]");
        scene.folder.write("users.csv", file);
        scene
            .folder
            .write("connector-csv.yml", "alias_column_name: other\n");
        scene.set(
            MAIN,
            "/directory_users/connectors/csv",
            json!("connector-csv.yml"),
        );
        scene.option("connector", json!(["csv", "users.csv"]));
        scene.option("adobe_only_user_action", json!(action));
        scene
            .sync()
            .exits(0)
            .says("known by the other name ann@example.com");
        scene.wrote_nothing();
    }
}

#[test]
fn a_second_email_as_alias_is_warned_of() {
    let mut scene = Scene::new("Design: ann\n Video:\n adobe: ann[Creative]");
    scene.set(
        OKTA,
        "/user_alias_formats",
        json!(["{login}", "{secondEmail}"]),
    );
    scene.run(&["plan"]).exits(0).says("WARNING .*secondEmail");
}

#[test]
fn unmapped_users_are_not_created_in_an_org_without_groups_of_theirs() {
    let mut scene = Scene::new("Design: ann\n Video: bob\n adobe:\n adobe emea:");
    scene.with_emea();
    let groups = json!([
        {"directory_group": "Design", "adobe_groups": ["Creative"]},
        {"directory_group": "Video", "adobe_groups": ["emea::Premiere"]},
    ]);
    scene.set(MAIN, "/directory_users/groups", groups);
    scene.option("exclude_unmapped_users", json!(true));
    scene.sync().exits(0);
    assert_eq!(adobe_now(&scene, ORG), ["ann@example.com [\"Creative\"]"]);
    assert_eq!(adobe_now(&scene, EMEA), ["bob@example.com [\"Premiere\"]"]);
}

#[test]
fn check_names_what_would_empty_a_group_or_exclude_nobody() {
    let mut scene = Scene::new("Design:\n Video: ann\n adobe: ann[Premiere] bob[Creative]");
    scene.set(
        MAIN,
        "/adobe_users/exclude_adobe_groups",
        json!(["Administrators"]),
    );
    scene
        .run(&["check"])
        .says("warn .*Adobe group \"Creative\".*nobody is in the directory group \"Design\"")
        .never_says("Adobe group \"Premiere\".*nobody is in")
        .says("warn .*exclude_adobe_groups \"Administrators\".*_org_admin");
}

#[test]
fn plan_report_and_explain_name_who_is_left_alone_for_a_name() {
    let changes = [
        ("ann", "email", "ann.new@example.com"),
        ("ann", "firstName", "Bea"),
        ("ann", "lastName", "Other"),
    ];
    let scene = Scene::of_world(changed(
        "Design: ann\n Video:\n adobe: ann[Creative]",
        &changes,
    ));
    let plan = scene.run(&["plan", "--report", "r.json"]);
    plan.exits(0)
        .says("Left alone, for they carry another name of a directory user: 1");
    let report: Value = serde_json::from_str(&scene.read("r.json")).unwrap();
    assert_eq!(report["left_alone"][0]["person"], "ann@example.com");
    let json = scene.run(&["plan", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["left_alone"][0]["directory_user"], "ann@example.com");
    scene
        .run(&["explain", "ann@example.com"])
        .exits(0)
        .says("left alone: it carries the name");
}

#[test]
fn explain_says_what_limits_hold_back_of_a_person() {
    let company = format!(
        "Design:\n Video: {}\n adobe: {}",
        people(12, ""),
        people(12, "[Creative]")
    );
    let scene = Scene::new(&company);
    scene
        .run(&["explain", "n3@example.com"])
        .exits(0)
        .says("held back by group-loss")
        .says(r"\+Premiere");
}

#[test]
fn a_csv_directory_is_not_called_okta() {
    let file = "email,firstname,lastname,country,groups\nbob@example.com,bob,Test,US,Design\n";
    let mut scene = Scene::new("Design:\n adobe: leo[Creative] bob[Premiere]");
    scene.folder.write("users.csv", file);
    scene.option("connector", json!(["csv", "users.csv"]));
    scene
        .run(&["plan"])
        .exits(0)
        .says("in group \"Design\" of the file")
        .says("not in any mapped group of the file")
        .says("no matching user in the file")
        .never_says("Okta");
}

#[test]
fn a_group_that_adobe_does_not_list_takes_nothing_and_creates_nobody() {
    for action in ACTIONS {
        let mut scene = Scene::new(
            "Design: ann bob\n Video: ann\n adobe: ann[Creative,Premiere] leo[Premiere]",
        );
        scene.set(
            MAIN,
            "/directory_users/groups/0/adobe_groups",
            json!(["Acme v. Two"]),
        );
        scene.option("adobe_users", json!("mapped"));
        scene.option("adobe_only_user_action", json!(action));
        let outcome = scene.sync();
        outcome
            .exits(4)
            .says("CRITICAL .*does not list the members of the group \"Acme v. Two\"");
        assert_eq!(scene.groups_of("bob"), None, "{action}");
    }
}

#[test]
fn consent_is_given_group_by_group_and_for_mapped_groups_alone() {
    let company = format!(
        "Design:\n Video:\n Other: ann\n adobe: ann {} {}",
        people(12, "[Creative]"),
        (20..32)
            .map(|n| format!("n{n}[Premiere]"))
            .collect::<Vec<_>>()
            .join(" ")
    );
    let mut scene = Scene::new(&company);
    let groups = json!([
        {"directory_group": "Design", "adobe_groups": ["Creative"]},
        {"directory_group": "Video", "adobe_groups": ["Premiere"]},
        {"directory_group": "Other", "adobe_groups": ["Stock"]},
    ]);
    scene.set(MAIN, "/directory_users/groups", groups);
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(100));
    scene
        .run(&["sync", "--allow-group-loss", "Creativ"])
        .exits(2)
        .says("--allow-group-loss: \"Creativ\" is no mapped Adobe group");
    scene.wrote_nothing();
    let one = scene.run(&["sync", "--allow-group-loss", "Creative"]);
    one.exits(4)
        .says("\"Premiere\"")
        .never_says("lose the Adobe group \"Creative\"");
    assert_eq!(scene.groups_of("n3"), None);
    assert!(scene.groups_of("n23").is_some());
    let both = [
        "sync",
        "--allow-group-loss",
        "Premiere",
        "--allow-group-loss",
        "Creative",
    ];
    scene.run(&both).exits(0);
    assert_eq!(scene.groups_of("n23"), None);
    // Not for every night.
    scene.option("allow_group_loss", json!("Creative"));
    scene.sync().exits(2);
}
