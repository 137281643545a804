//! `--only`: one person at once. A handful of requests, and nobody else is touched.

use crate::scene::{EMEA, MAIN, OKTA, ORG, Scene, each, world};
use crate::sim::Service;
use serde_json::{Value, json};

/// Everybody is in `Everyone`, as in every tenant. Ann moves, bo joins, cy is suspended, dee is in
/// no mapped group, leo has left.
pub(crate) const PEOPLE: &str = "
    Design: ann bo cy!SUSPENDED
    Video: eve
    Everyone: ann bo cy dee eve
    adobe: ann[Stock,Premiere] cy[Creative] dee[Creative] eve[Stock] leo[Creative]
";

pub(crate) fn only(scene: &Scene, command: &str, people: &[&str]) -> crate::support::Outcome {
    let mut words = vec![command];
    for person in people {
        words.extend(["--only", person]);
    }
    scene.run(&words)
}

/// `sync` for the people with these names, apart by blanks, and for nobody else.
pub(crate) fn sync_only(scene: &Scene, names: &str) -> crate::support::Outcome {
    let people = names.split(' ').map(|name| format!("{name}@example.com"));
    let people: Vec<String> = people.collect();
    only(
        scene,
        "sync",
        &people.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

/// The people whom requests to Adobe named, in commands or in look-ups.
fn named_to_adobe(scene: &Scene) -> Vec<String> {
    let mut names = Vec::new();
    for exchange in scene.sim.requests_of(Service::Umapi) {
        if let Some((_, name)) = exchange.target.split_once("/users/A1B2C3@AdobeOrg") {
            panic!("a listing was read: {name}");
        }
        assert!(!exchange.target.contains("/groups/"), "{}", exchange.target);
        if let Some((_, name)) = exchange.target.rsplit_once("/users/") {
            names.push(name.split('?').next().unwrap_or_default().to_owned());
        }
        let commands: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
        for command in commands.as_array().into_iter().flatten() {
            names.push(command["user"].as_str().unwrap_or_default().to_owned());
        }
    }
    names.sort();
    names.dedup();
    names
}

#[test]
fn one_person_is_brought_in_line_with_a_handful_of_requests() {
    // Who, what becomes of Adobe's users, and which change is told.
    let rows = [
        (
            "ann",
            "ann[Creative,Stock]",
            "groups removed: Premiere.*groups added: Creative",
        ),
        ("bo", "bo[Creative]", "bo@example.com: created"),
        (
            "cy",
            "",
            "removed from the org .left out by the filter: status SUSPENDED",
        ),
        ("dee", "", "dee@example.com: removed from the org "),
        ("eve", "eve[Premiere,Stock]", "groups added: Premiere"),
    ];
    each(
        &rows,
        |(who, ..)| (*who).to_owned(),
        |(who, becomes, says)| {
            let scene = Scene::new(PEOPLE);
            let before = scene.adobe();
            let address = format!("{who}@example.com");
            only(&scene, "sync", &[&address]).exits(0).says(says);
            let of_others = |all: &str| -> Vec<String> {
                let all = all.split(' ').filter(|user| !user.starts_with(who));
                all.map(str::to_owned).collect()
            };
            assert_eq!(of_others(&scene.adobe()), of_others(&before));
            let after = scene.adobe();
            let own: Vec<&str> = after
                .split(' ')
                .filter(|user| user.starts_with(who))
                .collect();
            assert_eq!(own.join(" "), *becomes);
            assert_eq!(named_to_adobe(&scene), [&*address]);
            // A search for the groups, the user twice, its groups; a token, the user, an Adobe ID
            // of that address, the change.
            assert!(
                scene.sim.requests().len() <= 9,
                "{:?}",
                scene.sim.requests().len()
            );
            assert_eq!(
                scene.count(Service::Okta, "/groups/00g"),
                0,
                "members were read"
            );
            assert_eq!(scene.sim.violations(), Vec::<String>::new());
            only(&scene, "sync", &[&address]).exits(0);
            assert!(scene.actions().len() <= 1, "nothing is left to do");
        },
    );
}

#[test]
fn it_is_what_a_run_for_everybody_does_for_that_person() {
    let prepare = |scene: &mut Scene| {
        scene.with_emea().option("update_user_info", json!(true));
        scene.set(
            OKTA,
            "/user_surname_format",
            json!("{lastName}-{countryCode}"),
        );
        scene.hook("target_groups.add('Stock')\n");
    };
    let company = "
        Design: ann bob cleo eve
        Video: bob dora!SUSPENDED eve finn
        Everyone: ann bob cleo dora eve finn
        adobe: ann[Stock] bob[Creative,Premiere] eve[Creative,Premiere,Stock] dora[Stock] finn[Creative]
        adobe emea: ann eve[Creative] bob[Stock]
    ";
    let mut whole = Scene::new(company);
    prepare(&mut whole);
    whole.sync().exits(0);
    let mut scene = Scene::new(company);
    prepare(&mut scene);
    for who in ["ann", "bob", "cleo", "dora", "eve", "finn"] {
        only(&scene, "sync", &[&format!("{who}@example.com")]).exits(0);
    }
    let sorted = |scene: &Scene, org: &str| {
        let state = scene.sim.state();
        let users = state[org]["users"].as_array().unwrap().iter();
        let mut users: Vec<String> = users
            .map(|user| {
                let mut groups: Vec<String> = user["groups"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(Value::to_string)
                    .collect();
                groups.sort();
                format!("{} {} {groups:?}", user["email"], user["lastname"])
            })
            .collect();
        users.sort();
        users
    };
    for org in [ORG, EMEA] {
        assert_eq!(sorted(&scene, org), sorted(&whole, org), "{org}");
    }
}

#[test]
fn somebody_whom_okta_does_not_have_is_told_and_left_alone() {
    let scene = Scene::new(PEOPLE);
    for command in ["plan", "sync"] {
        only(&scene, command, &["leo@example.com"])
            .exits(0)
            .says("--only leo@example.com: nobody in Okta has that login")
            .says("left alone");
    }
    scene.wrote_nothing();
    // On the command line itself the action holds; in the file it does not.
    let words = [
        "sync",
        "--only",
        "leo@example.com",
        "--adobe-only-user-action",
        "remove",
    ];
    scene.run(&words).exits(0);
    assert!(!scene.adobe().contains("leo"), "{}", scene.adobe());
    assert_eq!(named_to_adobe(&scene), ["leo@example.com"]);
}

#[test]
fn somebody_in_no_group_at_all_loses_nothing() {
    let scene = Scene::new("Design: bo\n Video:\n adobe: ann[Creative] bo[Creative]");
    scene.sim.edit(|world| {
        let ann = json!({"profile": {"login": "ann@example.com", "email": "ann@example.com",
                                     "firstName": "ann", "lastName": "Test"}});
        world["okta"]["users"]["ann"] = ann;
    });
    let words = [
        "sync",
        "--only",
        "ann@example.com",
        "--adobe-only-user-action",
        "delete",
    ];
    scene
        .run(&words)
        .exits(4)
        .says("CRITICAL .*Okta shows no group at all for ann@example.com: nothing is taken");
    scene.wrote_nothing();
}

#[test]
fn limits_that_are_shares_do_not_apply_and_numbers_do() {
    let rows = [
        ("max_adobe_only_users", json!("1%"), 0),
        ("max_adobe_only_users", json!(0), 4),
        ("max_group_loss", json!("0%"), 0),
        ("max_group_removals", json!("0%"), 0),
    ];
    each(
        &rows,
        |(key, value, _)| format!("{key} {value}"),
        |(key, value, code)| {
            let mut scene = Scene::new(PEOPLE);
            scene.set(MAIN, &format!("/limits/{key}"), value.clone());
            only(&scene, "sync", &["dee@example.com", "ann@example.com"]).exits(*code);
            assert_eq!(scene.adobe().contains("dee"), *code == 4);
            assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
        },
    );
}

#[test]
fn a_missing_group_holds_removals_back_as_ever() {
    let scene = Scene::new("Video: eve\n Everyone: ann eve\n adobe: ann[Creative,Premiere]");
    only(&scene, "sync", &["ann@example.com"])
        .exits(4)
        .says("\"Design\" was not found");
    scene.wrote_nothing();
}

#[test]
fn the_file_of_adobe_only_users_is_that_of_a_whole_run() {
    let mut scene = Scene::new(PEOPLE);
    scene.option("adobe_only_user_action", json!(["write-file", "left.csv"]));
    scene.folder.write("left.csv", "of the night\n");
    only(&scene, "sync", &["dee@example.com"]).exits(0);
    assert_eq!(scene.read("left.csv"), "of the night\n");
    assert_eq!(scene.groups_of("dee").unwrap(), Vec::<String>::new());
}

/// Ann of the people, with another login and e-mail.
fn with_names(login: &str, email: &str) -> Scene {
    let mut world = world(PEOPLE);
    let profile = &mut world["okta"]["users"]["ann"]["profile"];
    profile["login"] = json!(login);
    profile["email"] = json!(email);
    Scene::of_world(world)
}

#[test]
fn people_are_found_by_login_by_email_and_by_id() {
    let id = "00uann000000000031d7";
    let rows = [
        (
            "a.lee@corp.example",
            "ann@example.com",
            "a.lee@corp.example",
        ),
        ("a.lee@corp.example", "ann@example.com", "ANN@Example.com"),
        ("a.lee@corp.example", "ann@example.com", id),
        (
            "a/lee@corp.example",
            "ann@example.com",
            "a/lee@corp.example",
        ),
        (
            "a%2F+lee@corp.example",
            "ann@example.com",
            "a%2F+lee@corp.example",
        ),
        ("a;[l]\\ee", "ann@example.com", "a;[l]\\ee"),
        ("lee\"lee", "ann@example.com", "lee\"lee"),
    ];
    each(
        &rows,
        |(.., name)| (*name).to_owned(),
        |(login, email, name)| {
            let scene = with_names(login, email);
            only(&scene, "sync", &[name]).exits(0);
            assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
            assert_eq!(scene.sim.violations(), Vec::<String>::new());
        },
    );
    // The first part of a login, and `me`, are nobody's names.
    for name in ["ann", "me"] {
        let scene = Scene::new(PEOPLE);
        only(&scene, "sync", &[name])
            .exits(0)
            .says("nobody in Okta has");
        scene.wrote_nothing();
    }
}

#[test]
fn somebody_whom_the_index_does_not_have_yet_is_found_by_login() {
    let scene = Scene::new(PEOPLE);
    scene
        .sim
        .edit(|world| world["okta"]["users"]["bo"]["lag"] = json!(true));
    only(&scene, "sync", &["bo@example.com"]).exits(0);
    assert_eq!(scene.groups_of("bo").unwrap(), ["Creative"]);
}

#[test]
fn an_account_under_another_name_is_found_and_nobody_is_created_twice() {
    // The e-mail changed; Adobe knows the login, or an alias.
    let mut scene = with_names("old@example.com", "ann@example.com");
    scene.option("update_user_info", json!(true));
    scene.sim.edit(|world| {
        world["adobe"]["orgs"][ORG]["users"][0]["email"] = json!("old@example.com");
    });
    only(&scene, "sync", &["ann@example.com"])
        .exits(0)
        .says("email old@example.com -> ann@example.com");
    assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
    let mut scene = Scene::new(PEOPLE);
    scene.set(OKTA, "/user_alias_formats", json!(["{nick}@example.com"]));
    scene.sim.edit(|world| {
        world["okta"]["users"]["ann"]["profile"]["nick"] = json!("annie");
        world["adobe"]["orgs"][ORG]["users"][0]["email"] = json!("annie@example.com");
    });
    only(&scene, "sync", &["ann@example.com"]).exits(0);
    assert_eq!(scene.groups_of("annie").unwrap(), ["Creative", "Stock"]);
    assert!(scene.groups_of("ann").is_none(), "{}", scene.adobe());
}

#[test]
fn a_username_that_is_no_address_is_asked_for_with_its_domain() {
    let mut scene = Scene::new(PEOPLE);
    scene.set(OKTA, "/user_username_format", json!("{nick}"));
    scene.set(OKTA, "/user_domain_format", json!("corp.example"));
    scene.sim.edit(|world| {
        world["okta"]["users"]["ann"]["profile"]["nick"] = json!("alee");
        let users = world["adobe"]["orgs"][ORG]["users"].as_array_mut().unwrap();
        let user = |email: &str, domain: &str| {
            json!({"email": email, "username": "alee", "domain": domain, "firstname": "ann",
                   "lastname": "Test", "groups": ["Premiere"]})
        };
        users[0] = user("other@example.com", "other.example");
        users.push(user("alee@corp.example", "corp.example"));
    });
    only(&scene, "sync", &["ann@example.com"]).exits(0);
    let state = scene.sim.state();
    let users = state[ORG]["users"].as_array().unwrap();
    let groups = |email: &str| {
        let mut users = users.iter();
        users.find(|user| user["email"] == email).unwrap()["groups"].clone()
    };
    assert_eq!(groups("alee@corp.example"), json!(["Creative"]));
    assert_eq!(groups("other@example.com"), json!(["Premiere"]));
}

#[test]
fn an_adobe_id_beside_the_account_is_seen_too() {
    let scene = Scene::new(PEOPLE);
    scene.sim.edit(|world| {
        let users = world["adobe"]["orgs"][ORG]["users"].as_array_mut().unwrap();
        users.push(json!({"email": "ann@example.com", "type": "adobeID", "groups": ["Premiere"]}));
    });
    only(&scene, "sync", &["ann@example.com"]).exits(0);
    let state = scene.sim.state();
    let users = state[ORG]["users"].as_array().unwrap().iter();
    let groups: Vec<Value> = users
        .filter(|user| user["email"] == "ann@example.com")
        .map(|user| user["groups"].clone())
        .collect();
    assert_eq!(groups, [json!(["Creative"]), json!(["Creative", "Stock"])]);
}

#[test]
fn another_account_of_the_same_address_gives_its_groups_as_ever() {
    // Two accounts at Okta are one person: the groups of both count.
    let mut world = world(PEOPLE);
    world["okta"]["users"]["ann2"] = json!({"profile": {"login": "ann.admin@example.com",
        "email": "ann@example.com", "firstName": "ann", "lastName": "Test", "countryCode": "US"}});
    for group in world["okta"]["groups"].as_array_mut().unwrap() {
        if group["name"] == "Video" || group["name"] == "Everyone" {
            group["members"].as_array_mut().unwrap().push(json!("ann2"));
        }
    }
    for name in ["ann@example.com", "ann.admin@example.com"] {
        let scene = Scene::of_world(world.clone());
        only(&scene, "sync", &[name])
            .exits(0)
            .says("have the same e-mail");
        assert_eq!(
            scene.groups_of("ann").unwrap(),
            ["Creative", "Premiere", "Stock"],
            "{name}"
        );
    }
}

/// Bea is in `Design`, and Adobe's first account, with ann's username, has her e-mail.
fn with_bea(scene: &mut Scene) {
    scene.set(OKTA, "/user_username_format", json!("{nick}"));
    scene.option("update_user_info", json!(true));
    scene.sim.edit(|world| {
        let profile = |name: &str, nick: &str| {
            json!({"login": format!("{name}@example.com"), "email": format!("{name}@example.com"),
                   "firstName": "ann", "lastName": "Test", "countryCode": "US", "nick": nick})
        };
        world["okta"]["users"]["ann"]["profile"] = profile("ann", "alee");
        world["okta"]["users"]["bea"] = json!({"profile": profile("bea", "bea")});
        for group in [0, 2] {
            let members = &mut world["okta"]["groups"][group]["members"];
            members.as_array_mut().unwrap().push(json!("bea"));
        }
        let account = &mut world["adobe"]["orgs"][ORG]["users"][0];
        account["email"] = json!("bea@example.com");
        account["username"] = json!("alee");
    });
}

#[test]
fn an_account_that_is_somebody_else_s_is_not_touched() {
    let mut scene = Scene::new(PEOPLE);
    with_bea(&mut scene);
    let before = scene.adobe();
    only(&scene, "sync", &["ann@example.com"])
        .exits(0)
        .says("matches another directory user by e-mail");
    assert_eq!(scene.adobe(), before);
    scene.wrote_nothing();
    // It is hers.
    only(&scene, "sync", &["bea@example.com"]).exits(0);
    assert_eq!(scene.groups_of("bea").unwrap(), ["Creative", "Stock"]);
    // Without her the account is ann's, and its e-mail follows.
    let mut scene = Scene::new(PEOPLE);
    with_bea(&mut scene);
    scene.sim.edit(|world| {
        let groups = world["okta"]["groups"].as_array_mut().unwrap();
        for group in groups {
            group["members"]
                .as_array_mut()
                .unwrap()
                .retain(|member| member != "bea");
        }
    });
    only(&scene, "sync", &["ann@example.com"]).exits(0);
    assert_eq!(scene.groups_of("ann").unwrap(), ["Creative", "Stock"]);
}

#[test]
fn exclusions_hold_as_ever() {
    let rows = [
        ("exclude_users", json!(["ann@.*"])),
        ("exclude_adobe_groups", json!(["Stock"])),
        ("exclude_identity_types", json!(["federatedID"])),
    ];
    each(
        &rows,
        |(key, _)| (*key).to_owned(),
        |(key, value)| {
            let mut scene = Scene::new(PEOPLE);
            scene.set(MAIN, &format!("/adobe_users/{key}"), value.clone());
            only(&scene, "sync", &["ann@example.com"]).exits(0);
            scene.wrote_nothing();
        },
    );
}

#[test]
fn a_filter_and_a_state_that_passes_protect_as_ever() {
    let company = PEOPLE.replace("ann bo", "ann!LOCKED_OUT bo");
    let scene = Scene::new(&company);
    only(&scene, "sync", &["ann@example.com"])
        .exits(0)
        .says("state that may pass");
    scene.wrote_nothing();
}

#[test]
fn a_plan_for_one_person_is_applied() {
    let scene = Scene::new(PEOPLE);
    let words = [
        "plan",
        "--only",
        "ann@example.com",
        "--only",
        "bo@example.com",
        "--out",
        "p",
    ];
    scene.run(&words).exits(0);
    scene.wrote_nothing();
    scene.run(&["apply", "p"]).exits(0);
    let others = "cy[Creative] dee[Creative] eve[Stock] leo[Creative]";
    assert_eq!(
        scene.adobe(),
        format!("ann[Creative,Stock] bo[Creative] {others}")
    );
}

#[test]
fn no_list_is_read_for_batches_or_for_missing_groups() {
    let names: Vec<String> = (0..30).map(|n| format!("p{n:02}")).collect();
    let names = names.join(" ");
    let mut scene = Scene::new(&format!("Design: {names}\n Video:\n adobe: {names}"));
    scene.set(crate::scene::UMAPI, "/batch_group_changes", json!(true));
    scene.set(
        MAIN,
        "/directory_users/group_sync_options",
        json!({"auto_create": true}),
    );
    sync_only(&scene, &names)
        .exits(0)
        .never_says("may not exist");
    assert_eq!(named_to_adobe(&scene).len(), 30);
    assert_eq!(scene.groups_of("p29").unwrap(), ["Creative"]);
}

#[test]
fn explain_tells_of_one_person() {
    let rows: [(&str, &[&str]); 5] = [
        (
            "ann",
            &[
                "status ACTIVE",
                "found in +Design",
                "by e-mail",
                "-Premiere",
            ],
        ),
        (
            "cy",
            &[
                "SUSPENDED",
                "Adobe-only: left out by the filter",
                "remove-from-org",
            ],
        ),
        (
            "dee",
            &[
                "in no group that this run loads",
                "Adobe-only",
                "remove-from-org",
            ],
        ),
        (
            "leo",
            &["Okta knows nobody", "left alone", "nothing is sent"],
        ),
        (
            "nobody",
            &[
                "Okta knows nobody",
                "there is none of that name",
                "nothing is sent",
            ],
        ),
    ];
    each(
        &rows,
        |(who, _)| (*who).to_owned(),
        |(who, says)| {
            let mut scene = Scene::new(PEOPLE);
            scene.environment("COLUMNS", Some("160"));
            let address = format!("{who}@example.com");
            for words in [
                vec!["explain", "--only", &address],
                vec!["explain", &address, "--only", "ann@example.com"],
            ] {
                let outcome = scene.run(&words);
                outcome.exits(0);
                says.iter().for_each(|text| _ = outcome.says(text));
            }
            scene.wrote_nothing();
            assert_eq!(scene.count(Service::Okta, "/groups/00g"), 0);
            assert_eq!(scene.count(Service::Umapi, "/users/A1B2C3"), 0);
        },
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let many: Vec<String> = (0..51).map(|n| format!("p{n}@example.com")).collect();
    let mut many: Vec<&str> = many.iter().flat_map(|name| ["--only", name]).collect();
    many.insert(0, "plan");
    let rows: [(&[&str], &str); 7] = [
        (
            &["sync", "--only", "a@x.com", "--strategy", "push"],
            "--only does not go with --strategy push",
        ),
        (
            &[
                "sync",
                "--only",
                "a@x.com",
                "--adobe-only-user-list",
                "l.csv",
            ],
            "--only does not go with --adobe-only-user-list",
        ),
        (
            &["sync", "--only", "a@x.com", "--connector", "csv", "u.csv"],
            "--only does not go with --connector csv",
        ),
        (&["sync", "--only", "a\tb"], "is no name"),
        (&["check", "--only", "a@x.com"], "--only"),
        (&["apply", "p", "--only", "a@x.com"], "--only"),
        (&many, "up to 50 people, found 51"),
    ];
    let scene = Scene::new(PEOPLE);
    for (words, says) in rows {
        scene.run(words).exits(2).says(says);
    }
    assert_eq!(scene.sim.requests().len(), 0);
    let mut scene = Scene::new(PEOPLE);
    scene.option("only", json!(["a@x.com"]));
    scene.run(&["plan"]).exits(2).says("only");
}

/// Nothing of what is on record of a creation says that nobody was there before.
#[test]
fn a_creation_is_not_taken_back_for_not_all_were_read() {
    let mut scene = Scene::new(PEOPLE);
    scene.set(MAIN, "/logging/change_log", json!("changes.jsonl"));
    only(&scene, "sync", &["ann@example.com", "bo@example.com"]).exits(0);
    scene
        .run(&["history", "bo@example.com"])
        .exits(0)
        .says("created");
    scene
        .run(&["undo", "last", "--out", "p"])
        .says("bo@example.com");
    scene.run(&["apply", "p"]).exits(0);
    assert_eq!(scene.groups_of("ann").unwrap(), ["Premiere", "Stock"]);
    assert!(scene.groups_of("bo").is_some());
}

/// What was read of one person is enough for that person, and for nobody else.
#[test]
fn what_was_read_of_a_person_can_be_kept() {
    for who in ["ann", "dee", "leo", "nobody"] {
        let mut scene = Scene::new(&format!("{PEOPLE}\n adobe emea: ann eve[Creative]"));
        scene.with_emea();
        let address = format!("{who}@example.com");
        let recorded = ["plan", "--only", &address, "--json", "--record", "r.gz"];
        let recorded = scene.run(&recorded);
        recorded.exits(0);
        scene.sim.clear_log();
        let replayed = ["plan", "--only", &address, "--json", "--replay", "r.gz"];
        assert_eq!(
            scene.run(&replayed).exits(0).stdout,
            recorded.stdout,
            "{who}"
        );
        scene
            .run(&["explain", "--only", &address, "--replay", "r.gz"])
            .exits(0);
        for words in [
            &["plan", "--replay", "r.gz"][..],
            &["plan", "--only", "eve@example.com", "--replay", "r.gz"],
        ] {
            scene.run(words).exits(1).says("is not in the recording");
        }
        assert_eq!(scene.sim.requests().len(), 0);
    }
    // What was read of everybody holds no single user: `explain` needs none.
    let scene = Scene::new(PEOPLE);
    scene.run(&["plan", "--record", "all.gz"]).exits(0);
    let words = ["plan", "--only", "ann@example.com", "--replay", "all.gz"];
    scene
        .run(&words)
        .exits(1)
        .says("Okta user \"ann@example.com\" is not in the recording");
}
