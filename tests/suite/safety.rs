//! Reading must be complete, or nothing is removed (manual/safety.md).

use crate::scene::{COMPANY, MAIN, OKTA, Scene, each};
use crate::sim::Service;
use serde_json::{Value, json};

/// All who are at Adobe are in groups there, and Okta gives nothing: whoever believes that
/// removes everybody.
const GONE: &str = "
    Design:
    Video:
    adobe: ann[Creative] bob[Premiere]
";

fn listed(groups: Option<Vec<String>>) -> Vec<String> {
    groups.expect("the user is there")
}

// 1

#[test]
fn a_request_that_fails_for_good_while_reading_ends_the_run_before_anything_is_written() {
    let okta = "okta";
    let broken_member = |member: Value| json!([{"id": "00u1", "status": "ACTIVE", "profile": {"email": "a@example.com", "login": "a@example.com"}}, member]);
    let profile = json!({"email": "b@example.com", "login": "b@example.com"});
    let rows = [
        (okta, "/api/v1/groups?", json!({"status": 500})),
        (okta, "/api/v1/groups?", json!({"truncate": true})),
        (
            okta,
            "/api/v1/groups?",
            json!({"status": 200, "body": "{}"}),
        ),
        (
            okta,
            "/api/v1/groups?",
            json!({"status": 200, "body": "<html>sign in</html>"}),
        ),
        (
            okta,
            "/api/v1/groups?",
            json!({"status": 200, "body": [{"profile": {"name": "Design"}}]}),
        ),
        (okta, "/users?", json!({"status": 404})),
        (okta, "/users?", json!({"truncate": true})),
        (okta, "/users?", json!({"close": "middle"})),
        (okta, "/users?", json!({"gzip_broken": true})),
        (okta, "/users?", json!({"status": 200, "body": ""})),
        (okta, "/users?", json!({"status": 200, "body": "null"})),
        (okta, "/users?", json!({"status": 200, "body": "{}"})),
        (okta, "/users?", json!({"status": 200, "body": "[] []"})),
        (okta, "/users?", json!({"status": 204})),
        (
            okta,
            "/users?",
            json!({"status": 200, "body": broken_member(json!({"status": "ACTIVE", "profile": profile}))}),
        ),
        (
            okta,
            "/users?",
            json!({"status": 200, "body": broken_member(json!({"id": "00u2", "status": "ACTIVE"}))}),
        ),
        (
            okta,
            "/users?",
            json!({"status": 200, "body": broken_member(json!({"id": "00u2", "profile": null, "status": "ACTIVE"}))}),
        ),
        (
            okta,
            "/users?",
            json!({"status": 200, "body": broken_member(json!({"id": "", "profile": profile, "status": "ACTIVE"}))}),
        ),
        (
            okta,
            "/users?",
            json!({"status": 200, "body": broken_member(json!({"id": "00u2", "profile": profile}))}),
        ),
        (
            okta,
            "/users?",
            json!({"status": 200, "body": broken_member(Value::Null)}),
        ),
        // The second page of members; the first one is good.
        (okta, "after=", json!({"status": 503})),
        (okta, "after=", json!({"truncate": true})),
        ("token", "", json!({"status": 500})),
        ("token", "", json!({"status": 200, "body": "{}"})),
        ("token", "", json!({"truncate": true})),
        ("umapi", "/users/", json!({"status": 500})),
        ("umapi", "/users/", json!({"status": 404})),
        ("umapi", "/users/", json!({"truncate": true})),
        ("umapi", "/users/", json!({"close": "middle"})),
        ("umapi", "/users/", json!({"gzip_broken": true})),
        ("umapi", "/users/", json!({"status": 200, "body": ""})),
        ("umapi", "/users/", json!({"status": 200, "body": "[]"})),
        (
            "umapi",
            "/users/",
            json!({"status": 200, "body": {"result": "error.internal", "lastPage": true}}),
        ),
        ("umapi", "/users/*/1", json!({"status": 503})),
        ("umapi", "/users/*/1", json!({"truncate": true})),
    ];
    each(
        &rows,
        |(service, path, effect)| format!("{service} {path} {effect}"),
        |(service, path, effect)| {
            let scene = Scene::new(COMPANY);
            let before = scene.sim.state();
            let mut fault = effect.clone();
            fault["service"] = json!(service);
            fault["path"] = json!(path);
            scene.fault(fault);
            let outcome = scene.sync();
            // The message names the request.
            outcome
                .exits(1)
                .says(r"(ERROR|CRITICAL) .*(GET|POST) localhost:\d+/");
            scene.wrote_nothing();
            assert_eq!(scene.sim.state(), before);
        },
    );
}

#[test]
fn a_failing_read_of_a_secondary_org_ends_the_run_before_anything_is_written() {
    let mut scene = Scene::new(&format!("{COMPANY}\n adobe emea: ann[Creative] bob"));
    scene.with_emea();
    scene.fault(json!({"service": "umapi", "path": "/users/E4E5E6", "status": 500}));
    scene.sync().exits(1);
    scene.wrote_nothing();
}

// 2

#[test]
fn from_a_missing_group_nobody_loses_and_adobe_only_users_stay_and_all_else_goes_on() {
    let company = "
        Design: ann cleo
        adobe: ann[Stock] bob[Creative,Premiere] leo[Creative]
    ";
    // Bob is in Design, but Video is missing.
    let company = company.replace("ann cleo", "ann bob cleo");
    let scene = Scene::new(&company);
    let outcome = scene.sync();
    outcome
        .exits(4)
        .says("WARNING .*Video")
        .says("CRITICAL .*Adobe-only");
    assert_eq!(listed(scene.groups_of("bob")), ["Creative", "Premiere"]);
    assert_eq!(listed(scene.groups_of("leo")), ["Creative"]);
    assert_eq!(
        listed(scene.groups_of("ann")),
        ["Creative", "Stock"],
        "all else goes on"
    );
    assert_eq!(
        listed(scene.groups_of("cleo")),
        ["Creative"],
        "all else goes on"
    );
}

#[test]
fn other_groups_are_taken_away_as_usual_when_one_is_missing() {
    // Design and Video are there; Extra, which gives Stock, is not.
    let mut scene = Scene::new("Design: ann\n Video:\n adobe: ann[Premiere,Stock]");
    let groups = json!([
        {"directory_group": "Design", "adobe_groups": ["Creative"]},
        {"directory_group": "Video", "adobe_groups": ["Premiere"]},
        {"directory_group": "Extra", "adobe_groups": ["Stock"]},
    ]);
    scene.set(MAIN, "/directory_users/groups", groups);
    scene.sync().exits(4);
    assert_eq!(listed(scene.groups_of("ann")), ["Creative", "Stock"]);
}

#[test]
fn with_a_hook_no_group_is_taken_away_when_one_is_missing() {
    let mut scene = Scene::new("Design: ann\n adobe: ann[Premiere,Stock] bob[Premiere]");
    scene.hook("target_groups.discard('Stock')");
    scene.sync().exits(4);
    assert_eq!(
        listed(scene.groups_of("ann")),
        ["Creative", "Premiere", "Stock"]
    );
    assert_eq!(listed(scene.groups_of("bob")), ["Premiere"]);
}

#[test]
fn push_holds_its_remove_steps_back_too() {
    let company = "Design: ann\n adobe: ann[Premiere]";
    let scene = Scene::new(company);
    scene.run(&["sync", "--strategy", "push"]).exits(4);
    assert_eq!(listed(scene.groups_of("ann")), ["Creative", "Premiere"]);
    // With a hook no group is taken away at all.
    let mut scene = Scene::new("Video: ann\n adobe: ann[Creative,Stock]");
    scene.hook("pass");
    scene.run(&["sync", "--strategy", "push"]).exits(4);
    assert_eq!(
        listed(scene.groups_of("ann")),
        ["Creative", "Premiere", "Stock"]
    );
    // Nothing is missing: push takes away.
    let scene = Scene::new("Design: ann\n Video:\n adobe: ann[Premiere]");
    scene.run(&["sync", "--strategy", "push"]).exits(0);
    assert_eq!(listed(scene.groups_of("ann")), ["Creative"]);
}

#[test]
fn a_missing_group_gives_exit_code_4_also_where_it_held_nothing_back() {
    let scene = Scene::new("Design: ann\n adobe: ann[Creative]");
    scene.sync().exits(4).says("Video");
    scene.wrote_nothing();
    scene.run(&["plan", "--detailed-exit-code"]).exits(4);
}

#[test]
fn an_ambiguous_group_counts_as_missing() {
    let scene =
        Scene::new("Design: ann\n Video: ann\n adobe: ann[Creative,Premiere] leo[Premiere]");
    scene.sim.edit(|world| {
        let groups = world["okta"]["groups"].as_array_mut().unwrap();
        groups.push(json!({"name": "Video", "members": [], "id": "00gSecond"}));
    });
    scene
        .sync()
        .exits(4)
        .says("WARNING .*Video.*00gSecond|WARNING .*00gSecond.*Video");
    assert_eq!(listed(scene.groups_of("ann")), ["Creative", "Premiere"]);
    assert_eq!(listed(scene.groups_of("leo")), ["Premiere"]);
    // One of type OKTA_GROUP among them is the one.
    scene
        .sim
        .edit(|world| world["okta"]["groups"][2]["type"] = json!("APP_GROUP"));
    scene.sync().exits(0);
    assert_eq!(scene.groups_of("leo"), None);
}

#[test]
fn allow_missing_groups_counts_them_as_empty() {
    let scene = Scene::new("Design: ann bob\n adobe: ann[Premiere] leo[Premiere]");
    scene
        .run(&["sync", "--allow-missing-groups"])
        .exits(0)
        .says("WARNING .*Video");
    assert_eq!(listed(scene.groups_of("ann")), ["Creative"]);
    assert_eq!(scene.groups_of("leo"), None);
}

#[test]
fn a_missing_group_that_only_users_names_protects_too() {
    let scene = Scene::new("Design: ann\n Video:\n adobe: ann leo");
    let users = ["sync", "--users", "group", "Design,Nowhere"];
    scene.run(&users).exits(4).says("Nowhere");
    assert!(scene.groups_of("leo").is_some());
}

/// A company whose groups are mapped by a rule: `ACL-X` gives Adobe's `X`.
fn by_rule(acl_creative: &[&str]) -> Scene {
    let mut scene =
        Scene::new("ACL-Creative: ann\n Everyone: ann bob\n adobe: ann[Creative] bob[Creative]");
    scene.sim.edit(|world| {
        let groups = world["okta"]["groups"].as_array_mut().unwrap();
        groups.push(json!({"name": "ACL-Creative", "members": acl_creative, "id": "00gSecond"}));
    });
    let rules = json!([{"source": "ACL-(.+)", "target": "\\1"}]);
    scene.set(MAIN, "/directory_users/additional_groups", rules);
    scene
}

#[test]
fn a_rule_takes_the_members_of_every_group_of_that_name() {
    let mut scene = by_rule(&["bob"]);
    let groups = json!([{"directory_group": "Everyone", "adobe_groups": []}]);
    scene.set(MAIN, "/directory_users/groups", groups);
    scene.sync().exits(0);
    assert_eq!(listed(scene.groups_of("bob")), ["Creative"]);
}

#[test]
fn a_rule_may_look_around() {
    let mut scene = by_rule(&["bob"]);
    let groups = json!([{"directory_group": "Everyone", "adobe_groups": []}]);
    scene.set(MAIN, "/directory_users/groups", groups);
    let rules = json!([{"source": "ACL-(?!Test)(.+)", "target": "\\1"},
                       {"source": "(?!Every)(.+)", "target": "Not \\1"}]);
    scene.set(MAIN, "/directory_users/additional_groups", rules);
    scene.sync().exits(3).says("Not ACL-Creative");
    assert_eq!(listed(scene.groups_of("bob")), ["Creative"]);
}

#[test]
fn a_rule_whose_search_is_given_up_ends_the_run_before_anything_is_written() {
    let mut scene = by_rule(&[]);
    scene.sim.edit(|world| {
        let groups = world["okta"]["groups"].as_array_mut().unwrap();
        groups.push(json!({"name": "a".repeat(60), "members": [], "id": "00gThird"}));
    });
    let rules = json!([{"source": "(?:(?=a)a|a)*(?!a)b", "target": "Creative"}]);
    scene.set(MAIN, "/directory_users/additional_groups", rules);
    scene.sync().exits(1).says(
        r"directory_users.additional_groups: its search in the name of Okta group .*given up",
    );
    scene.wrote_nothing();
}

#[test]
fn two_groups_that_give_one_adobe_group_end_the_run_before_anything_is_written() {
    let mut scene = by_rule(&[]);
    let rules = json!([{"source": "ACL-(.+)|Everyone", "target": "Creative"}]);
    scene.set(MAIN, "/directory_users/additional_groups", rules);
    // The servers were asked: not exit code 2.
    scene.sync().exits(1).says(
        r"user-sync-config.yml:\d+:1: directory_users.additional_groups: .*both give the Adobe group",
    );
    scene.wrote_nothing();
}

#[test]
fn what_a_rule_makes_of_an_ambiguous_group_loses_nobody() {
    let mut scene = by_rule(&["bob"]);
    let groups = json!([{"directory_group": "Everyone", "adobe_groups": []},
                        {"directory_group": "ACL-Creative", "adobe_groups": ["Stock"]}]);
    scene.set(MAIN, "/directory_users/groups", groups);
    scene.sync().exits(4);
    for name in ["ann", "bob"] {
        assert_eq!(listed(scene.groups_of(name)), ["Creative"], "{name}");
    }
}

// 3

#[test]
fn when_no_directory_user_is_left_nothing_is_removed() {
    let rows: [(&str, &[&str]); 6] = [
        ("remove", &[]),
        ("delete", &[]),
        ("remove-adobe-groups", &[]),
        ("preserve", &[]),
        ("remove", &["--no-process-groups"]),
        ("remove", &["--adobe-users", "mapped"]),
    ];
    for (action, further) in rows {
        let scene = Scene::new(GONE);
        let mut arguments = vec!["sync", "--adobe-only-user-action", action];
        arguments.extend(further);
        scene
            .run(&arguments)
            .exits(4)
            .says("CRITICAL .*--allow-empty-directory");
        scene.wrote_nothing();
    }
}

#[test]
fn everybody_filtered_out_is_an_empty_directory_too() {
    let mut scene = Scene::new("Design: ann\n Video: bob\n adobe: ann[Creative] bob[Premiere] leo");
    scene.set(
        OKTA,
        "/all_users_filter",
        json!("user.profile.department == 'none'"),
    );
    scene.sync().exits(4).says(
        r"CRITICAL .*\(2 left out by the filter, 0 skipped, 0 in no selected group\), while 3 Adobe users",
    );
    scene.wrote_nothing();
    // Counted before --user-filter: that one may leave nobody.
    let scene = Scene::new("Design: ann\n Video: bob\n adobe: ann bob leo[Creative]");
    scene.run(&["sync", "--user-filter", "leo@.*"]).exits(0);
    assert_eq!(scene.groups_of("leo"), None);
}

#[test]
fn an_empty_directory_that_takes_nothing_from_anybody_is_no_alarm() {
    let scene = Scene::new("Design:\n Video:\n adobe: ann[Stock]");
    scene
        .run(&["sync", "--adobe-only-user-action", "preserve"])
        .exits(0);
    scene.wrote_nothing();
}

#[test]
fn allow_empty_directory_lifts_that() {
    let scene = Scene::new(GONE);
    scene.run(&["sync", "--allow-empty-directory"]).exits(0);
    assert_eq!(scene.adobe(), "");
}

#[test]
fn an_adobe_only_user_list_needs_no_directory() {
    let mut scene = Scene::new(GONE);
    scene.option("users", Value::Null);
    scene.folder.write(
        "list.csv",
        "type,username,email,domain\nfederatedID,,ann@example.com,\n",
    );
    scene
        .run(&["sync", "--adobe-only-user-list", "list.csv"])
        .exits(0);
    assert_eq!(scene.adobe(), "bob[Premiere]");
    assert_eq!(scene.count(Service::Okta, ""), 0);
}

// 4

#[test]
fn a_user_skipped_in_mapping_is_protected() {
    // Bob has no e-mail at Okta: he cannot be mapped, but his login says who he is.
    let company = "
        Design: ann bob-email
        Video: ann
        adobe: ann[Creative,Premiere] bob[Premiere,Stock] leo
    ";
    for action in ["remove", "delete", "remove-adobe-groups", "preserve"] {
        let scene = Scene::new(company);
        scene
            .run(&["sync", "--adobe-only-user-action", action])
            .exits(0)
            .says("WARNING .*bob@example.com");
        assert_eq!(
            listed(scene.groups_of("bob")),
            ["Premiere", "Stock"],
            "{action}"
        );
    }
}

#[test]
fn an_unknown_identity_type_protects_by_mapped_and_own_names() {
    for (adobe, why) in [
        ("bob", "login"),
        ("robert", "e-mail"),
        ("mapped", "mapped username"),
    ] {
        let mut scene = Scene::new(&format!(
            "Design: ann bob\n Video:\n adobe: ann[Creative] {adobe}[Premiere]"
        ));
        scene.sim.edit(|world| {
            let profile = &mut world["okta"]["users"]["bob"]["profile"];
            profile["email"] = json!("robert@example.com");
            profile["kind"] = json!("martian");
            profile["nick"] = json!("mapped@example.com");
            world["okta"]["users"]["ann"]["profile"]["kind"] = json!("federatedID");
        });
        scene.set(OKTA, "/user_identity_type_format", json!("{kind}"));
        scene.set(OKTA, "/user_username_format", json!("{nick}"));
        scene
            .sync()
            .exits(0)
            .says("WARNING .*bob@example.com.*martian|WARNING .*martian");
        assert_eq!(listed(scene.groups_of(adobe)), ["Premiere"], "{why}");
    }
}

#[test]
fn a_protected_user_whom_somebody_else_matches_loses_no_group() {
    // Bob cannot be mapped. Ann has his e-mail as her own, by mistake.
    let mut scene = Scene::new("Design: ann\n Video: bob\n adobe: bob[Premiere]");
    scene.sim.edit(|world| {
        let users = &mut world["okta"]["users"];
        users["ann"]["profile"]["email"] = json!("bob@example.com");
        users["ann"]["profile"]["kind"] = json!("federatedID");
        users["bob"]["profile"]["kind"] = json!("martian");
    });
    scene.set(OKTA, "/user_identity_type_format", json!("{kind}"));
    scene.sync().exits(0);
    assert_eq!(listed(scene.groups_of("bob")), ["Creative", "Premiere"]);
}

#[test]
fn without_a_filter_in_the_file_members_in_a_passing_state_are_protected() {
    for status in ["LOCKED_OUT", "PASSWORD_EXPIRED", "STAGED", "NEW"] {
        let company = format!(
            "Design: ann bob!{status}\n Video: ann\n adobe: ann[Creative,Premiere] bob[Creative,Premiere]"
        );
        let scene = Scene::new(&company);
        scene.sync().exits(0).says(&format!("1 {status}"));
        assert_eq!(
            listed(scene.groups_of("bob")),
            ["Creative", "Premiere"],
            "{status}"
        );
        // A filter that the file sets is obeyed.
        let mut scene = Scene::new(&company);
        scene.set(OKTA, "/all_users_filter", json!("user.status == 'ACTIVE'"));
        scene.run(&["plan"]).exits(0).says(status);
        scene.sync().exits(0);
        assert_eq!(scene.groups_of("bob"), None, "{status}");
    }
    for status in ["SUSPENDED", "DEPROVISIONED"] {
        let scene = Scene::new(&format!(
            "Design: ann bob!{status}\n Video: ann\n adobe: ann bob[Creative]"
        ));
        scene.sync().exits(0);
        assert_eq!(scene.groups_of("bob"), None, "{status}");
    }
}

// 5

#[test]
fn more_adobe_only_users_than_the_limit_and_none_is_processed() {
    let company = "Design: ann cleo\n Video:\n adobe: ann leo[Creative] mia nina";
    for (limit, code) in [
        (json!(2), 4),
        (json!(3), 0),
        // Three of four.
        (json!("74%"), 4),
        (json!("75%"), 0),
        (json!("0%"), 4),
        (json!(0), 4),
    ] {
        for action in ["remove", "delete", "remove-adobe-groups", "preserve"] {
            let mut scene = Scene::new(company);
            scene.set(MAIN, "/limits/max_adobe_only_users", limit.clone());
            let outcome = scene.run(&["sync", "--adobe-only-user-action", action]);
            outcome.exits(code);
            assert_eq!(
                listed(scene.groups_of("cleo")),
                ["Creative"],
                "all else goes on"
            );
            if code == 4 {
                outcome.says(r"CRITICAL .*\b3\b");
                for name in ["leo", "mia", "nina"] {
                    assert!(scene.groups_of(name).is_some(), "{name} {limit} {action}");
                }
                assert_eq!(listed(scene.groups_of("leo")), ["Creative"]);
            }
        }
    }
}

#[test]
fn more_users_losing_a_group_than_max_group_removals_and_no_group_is_taken() {
    let company = "
        Design: ann bob
        Video: cleo
        adobe: ann[Premiere] bob[Premiere] cleo[Creative]
    ";
    for (limit, code) in [
        (json!(2), 4),
        (json!(3), 0),
        (json!("99%"), 4),
        (json!("100%"), 0),
        (json!(0), 4),
    ] {
        let mut scene = Scene::new(company);
        scene.set(MAIN, "/limits/max_group_removals", limit.clone());
        let outcome = scene.sync();
        outcome.exits(code);
        let ann = listed(scene.groups_of("ann"));
        match code {
            4 => {
                outcome.says(r"CRITICAL .*max_group_removals");
                assert_eq!(
                    ann,
                    ["Creative", "Premiere"],
                    "{limit}: adds go on, removals do not"
                );
            }
            _ => assert_eq!(ann, ["Creative"], "{limit}"),
        }
    }
}

// 6

#[test]
fn a_filter_or_hook_that_raises_ends_the_run_before_anything_is_written() {
    let mut scene = Scene::new(COMPANY);
    scene.set(
        OKTA,
        "/all_users_filter",
        json!("user.profile.firstName.nothing == 1"),
    );
    scene
        .sync()
        .exits(1)
        .says(r"all_users_filter.*@example\.com")
        .says("AttributeError");
    scene.wrote_nothing();
    for hook in [
        "target_attributes['nothing']",
        "raise ValueError('no')",
        "while True: pass",
        "1 / 0",
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.hook(hook);
        scene
            .sync()
            .exits(1)
            .says(r"after_mapping_hook|extension\.yml")
            .says(r"@example\.com");
        scene.wrote_nothing();
    }
}

#[test]
fn a_filter_or_hook_that_cannot_be_read_contacts_nobody() {
    for source in [
        "user.status ==",
        "import os",
        "__import__('os')",
        "user.status.nothing()",
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.set(OKTA, "/all_users_filter", json!(source));
        scene.sync().exits(2).says("all_users_filter");
        assert_eq!(scene.sim.requests().len(), 0, "{source}");
    }
}
