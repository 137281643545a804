//! The simulator held against Adobe's quotas, and against each reading of what
//! a `usergroup` command does when something is wrong with it.

use super::*;

/// The world with more under `adobe`.
fn scene(adobe: &[(&str, Value)]) -> Scene {
    let mut world = world();
    for (key, value) in adobe {
        world["adobe"][key] = value.clone();
    }
    Scene::new(world)
}

fn wait_of(answer: &Response) -> Option<u64> {
    let header = answer.headers().get("retry-after")?;
    header.to_str().unwrap().parse().ok()
}

/// The statuses of so many calls, one after another.
fn statuses(scene: &Scene, path: &str, count: usize) -> Vec<u16> {
    let token = scene.token();
    let status = |_| scene.umapi(&token, path).status().as_u16();
    (0..count).map(status).collect()
}

#[test]
fn nothing_is_limited_unless_the_world_asks() {
    let scene = Scene::new(world());
    let path = format!("groups/{ORG}/0");
    assert_eq!(statuses(&scene, &path, 30), [200; 30]);
}

#[test]
fn each_kind_has_a_quota_of_its_own_in_a_sliding_minute() {
    let scene = scene(&[("quotas", json!(true))]);
    let groups = format!("groups/{ORG}/0");
    assert_eq!(statuses(&scene, &groups, 6), [200, 200, 200, 200, 200, 429]);
    let token = scene.token();
    let wait = wait_of(&scene.umapi(&token, &groups)).unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let users = statuses(&scene, &format!("users/{ORG}/1"), 26);
    assert_eq!((users[24], users[25]), (200, 429));
    let one = statuses(
        &scene,
        &format!("organizations/{ORG}/users/a@a.example"),
        26,
    );
    assert_eq!((one[24], one[25]), (200, 429));
    scene.sim.advance(Duration::from_secs(wait));
    assert_eq!(statuses(&scene, &groups, 1), [200]);
}

#[test]
fn the_eleventh_action_of_a_minute_is_refused_without_effect() {
    let scene = scene(&[("quotas", json!({"actions": 10}))]);
    let add = json!([{"user": "c@a.example", "do": [{"add": {"group": ["P"]}}]}]);
    for _ in 0..10 {
        scene.act(&json!([{"user": "a@a.example", "do": [{"remove": {"group": ["Q"]}}]}]));
    }
    let refused = scene.try_act("", &add).unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(scene.user("c@a.example")["groups"], json!([]));
    scene
        .sim
        .advance(Duration::from_secs(wait_of(&refused).unwrap()));
    assert_eq!(scene.act(&add)["completed"], 1);
}

#[test]
fn whoever_lists_too_often_is_blocked_from_everything() {
    let block = json!({"within": 7200, "retry_after": 4500});
    let scene = scene(&[("listing_block", block)]);
    let (users, groups) = (format!("users/{ORG}/0"), format!("groups/{ORG}/0"));
    // Users and groups are counted apart, later pages not at all.
    let paths = [
        &users,
        &groups,
        &format!("users/{ORG}/1"),
        &format!("users/{ORG}/0/P"),
    ];
    for path in paths {
        assert_eq!(statuses(&scene, path, 1), [200], "{path}");
    }
    let token = scene.token();
    let refused = scene.umapi(&token, &users);
    assert_eq!(
        (refused.status().as_u16(), wait_of(&refused)),
        (429, Some(4500))
    );
    assert_eq!(statuses(&scene, &format!("users/{ORG}/1"), 1), [429]);
    scene.sim.advance(Duration::from_secs(4500));
    assert_eq!(statuses(&scene, &users, 2), [200, 429]);
}

#[test]
fn the_clock_counts_the_waits_that_a_client_says_it_cut() {
    let scene = Scene::new(world());
    let log = scene.sim.dir().join("run.log");
    scene.sim.follow(log.clone());
    let before = scene.sim.now();
    std::fs::write(
        &log,
        "x; trying again in 40.0 s (cut to 10 s by USER_SYNC_MAX_WAIT)\nwaiting 9 s (cut to",
    )
    .unwrap();
    let after = scene.sim.now();
    assert_eq!((after - before).as_secs(), 30);
}

/// Ten lists of ten are the documented limits; what else there is, the world says.
#[test]
fn lists_have_the_limit_that_the_world_gives() {
    let list = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| format!("u{n}@a.example")).collect();
        json!([{"usergroup": "P", "do": [{"add": {"user": names}}]}])
    };
    let too_long = |adobe: &[(&str, Value)], count| {
        let answer = scene(adobe).act(&list(count));
        answer["errors"][0]["errorCode"] == "error.command.add_remove.list_too_long"
    };
    assert!(!too_long(&[], 10));
    assert!(too_long(&[], 11));
    let twenty = [("limits", json!({"list": 20}))];
    assert!(!too_long(&twenty, 20));
    assert!(too_long(&twenty, 21));
    let entry = [("limits", json!({"list": 20, "entry": 10}))];
    assert!(too_long(&entry, 11));
}

/// Steps with one stranger, in a request that also names people who are there.
#[test]
fn a_bad_member_has_the_effect_of_the_reading_that_the_world_names() {
    let entry = json!([{"usergroup": "Q", "do": [
        {"add": {"user": ["a@a.example", "nobody@a.example"]}},
        {"add": {"user": ["c@a.example"]}},
    ]}]);
    for (adobe, a, c) in [
        (vec![], false, false),
        (vec![("bad_member", json!("skip"))], true, false),
        (vec![("after_bad_step", json!("go_on"))], false, true),
        (
            vec![
                ("bad_member", json!("skip")),
                ("after_bad_step", json!("go_on")),
            ],
            true,
            true,
        ),
    ] {
        let scene = scene(&adobe);
        let answer = scene.act(&entry);
        let error = &answer["errors"][0];
        assert_eq!(answer["notCompleted"], 1, "{answer}");
        assert_eq!((&error["step"], &error["user"]), (&json!(0), &json!("Q")));
        assert_eq!(error["errorCode"], "error.user.nonexistent");
        let is_in = |email: &str| {
            let groups = scene.user(email)["groups"].clone();
            groups.as_array().unwrap().contains(&json!("Q"))
        };
        assert_eq!(
            (is_in("a@a.example"), is_in("c@a.example")),
            (a, c),
            "{adobe:?}"
        );
    }
}

#[test]
fn members_may_be_refused() {
    let add = |users: Value| json!([{"usergroup": "P", "do": [{"add": {"user": users}}]}]);
    let code =
        |scene: &Scene, users: Value| scene.act(&add(users))["errors"][0]["errorCode"].clone();
    let silent = Scene::new(world());
    assert_eq!(
        code(&silent, json!(["a@a.example", "c@a.example"])),
        Value::Null
    );
    let strict = scene(&[("already_member", json!("refuse"))]);
    let both = json!(["a@a.example", "c@a.example"]);
    assert_eq!(code(&strict, both), "error.user.already_exists");
    assert_eq!(
        code(&strict, json!(["a@a.example"])),
        "error.usergroup.user_list.invalid"
    );
    assert_eq!(strict.user("c@a.example")["groups"], json!([]));
}

#[test]
fn a_product_profile_is_no_user_group() {
    let mut world = world();
    world["adobe"]["orgs"][ORG]["groups"] =
        json!(["P", {"name": "Photoshop", "type": "PRODUCT_PROFILE"}]);
    let scene = Scene::new(world);
    let as_root = json!([{"usergroup": "Photoshop", "do": [{"add": {"user": ["c@a.example"]}}]}]);
    assert_eq!(
        scene.act(&as_root)["errors"][0]["errorCode"],
        "error.group.not_found"
    );
    let in_list = json!([{"user": "c@a.example", "do": [{"add": {"group": ["Photoshop"]}}]}]);
    assert_eq!(scene.act(&in_list)["completed"], 1);
}

#[test]
fn one_user_is_found_with_its_domain() {
    let scene = Scene::new(world());
    let token = scene.token();
    let kind = |query: &str| {
        let answer = scene.umapi(&token, &format!("organizations/{ORG}/users/{query}"));
        match answer.status().as_u16() {
            200 => body_of(answer)["user"]["type"].clone(),
            status => json!(status),
        }
    };
    assert_eq!(kind("b@a.example"), "federatedID");
    assert_eq!(kind("b@a.example?domain=a.example"), "federatedID");
    assert_eq!(kind("b@a.example?domain=AdobeID"), "adobeID");
    assert_eq!(kind("a@a.example?domain=AdobeID"), 404);
    assert_eq!(kind("a@a.example?domain=b.example"), 404);
    assert_eq!(kind("N1?domain=a.example"), "federatedID");
}

#[test]
fn okta_takes_a_slash_in_front_of_the_query() {
    let scene = Scene::new(world());
    assert_eq!(scene.names("groups/?q=hidden"), ["Hidden"]);
}

#[test]
fn uids_that_differ_in_length_alone_have_ids_of_their_own() {
    let uids = ["u1", "u10", "u100", "u1000000000000", "u"];
    let users: serde_json::Map<String, Value> = uids
        .iter()
        .map(|uid| {
            (
                uid.to_string(),
                json!({"profile": {"login": format!("{uid}@a.example")}}),
            )
        })
        .collect();
    let scene = Scene::new(json!({
        "okta": {"token": "t", "users": users, "groups": [{"name": "Team", "members": uids}]},
    }));
    let team = scene.team();
    let members = body_of(
        scene
            .okta(&format!("groups/{team}/users?limit=10"))
            .unwrap(),
    );
    let ids: std::collections::HashSet<&str> = members
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), uids.len());
    assert!(ids.iter().all(|id| id.len() == 20), "{ids:?}");
}
