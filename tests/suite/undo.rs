//! Runs are taken back: whatever a run did, `undo` and `apply` bring the orgs to where they were,
//! but for what cannot come back.

use crate::scene::{EMEA, MAIN, ORG, Scene};
use crate::support::Outcome;
use serde_json::{Value, json};

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn some<'t>(&mut self, items: &[&'t str]) -> Vec<&'t str> {
        let mut kept = items.to_vec();
        kept.retain(|_| self.below(2) == 0);
        kept
    }

    fn one<'t>(&mut self, items: &[&'t str]) -> &'t str {
        items[self.below(items.len())]
    }
}

/// The orgs' users, each with everything that there is to know, by e-mail.
fn users(scene: &Scene) -> Value {
    let state = scene.sim.state();
    let of_org = |org: &str| -> Value {
        let users = state[org]["users"].as_array().into_iter().flatten();
        let mut users: Vec<Value> = users.cloned().collect();
        for user in &mut users {
            let groups = user["groups"].as_array_mut().into_iter();
            groups.for_each(|groups| groups.sort_by_key(Value::to_string));
        }
        users.sort_by_key(|user| user["email"].to_string());
        users.into()
    };
    json!({"primary": of_org(ORG), "emea": of_org(EMEA)})
}

const PEOPLE: [&str; 8] = ["ann", "bob", "cleo", "dora", "eve", "finn", "gil", "hal"];
const GROUPS: [&str; 3] = ["Creative", "Premiere", "Stock"];

fn company(random: &mut Random) -> Scene {
    let mut members = |group: &str| {
        // Never empty: that would be a question, not an order.
        let members = [&["zoe"][..], &random.some(&PEOPLE)].concat();
        format!("{group}: {}\n", members.join(" "))
    };
    let mut text = members("Design") + &members("Video");
    for org in ["adobe", "adobe emea"] {
        text.push_str(org);
        text.push_str(": zoe[Creative,Premiere]");
        for person in random.some(&PEOPLE) {
            let groups = random.some(&GROUPS).join(",");
            text.push_str(&format!(" {person}[{groups}]"));
        }
        text.push('\n');
    }
    let mut scene = Scene::new(&text);
    let action = random.one(&["remove", "delete", "remove-adobe-groups", "preserve"]);
    scene
        .with_emea()
        .option("update_user_info", json!(true))
        .option("adobe_only_user_action", json!(action))
        .set(MAIN, "/logging/change_log", json!("changes.jsonl"));
    let renamed = random.some(&PEOPLE);
    scene.sim.edit(|world| {
        for person in renamed {
            let user = &mut world["okta"]["users"][person];
            if user.is_object() {
                user["profile"]["lastName"] = json!("Other");
            }
        }
    });
    scene
}

/// What goes wrong while the run writes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// A group is missing at Adobe: its commands are refused.
    Refused,
    /// A request is carried out, but its answers are lost.
    Unanswered(usize),
    /// The run is killed while a request is on its way, carried out or not.
    Killed(usize),
}

const TROUBLES: [Trouble; 6] = [
    Trouble::None,
    Trouble::Refused,
    Trouble::Unanswered(1),
    Trouble::Unanswered(2),
    Trouble::Killed(1),
    Trouble::Killed(2),
];

fn run_with(scene: &Scene, trouble: Trouble) {
    match trouble {
        Trouble::None => {
            scene.sync().exits(0);
        }
        Trouble::Refused => {
            scene.sim.edit(|world| {
                world["adobe"]["orgs"][EMEA]["groups"] = json!(["Premiere", "Stock"]);
            });
            let outcome = scene.sync();
            assert!(
                matches!(outcome.code, Some(0 | 3 | 4)),
                "{}",
                outcome.output()
            );
            scene.sim.edit(|world| {
                world["adobe"]["orgs"][EMEA]["groups"] = json!(GROUPS);
            });
        }
        Trouble::Unanswered(nth) => {
            let tries: Vec<usize> = (nth..nth + 3).collect();
            scene.fault(json!({"path": "/action/", "nth": tries, "close": "executed"}));
            let outcome = scene.sync();
            assert!(matches!(outcome.code, Some(0 | 5)), "{}", outcome.output());
        }
        Trouble::Killed(nth) => {
            scene.fault(json!({"path": "/action/", "nth": nth, "hang": true}));
            let child = scene.start(&["sync"]);
            crate::child::until("the request, or the end", || {
                child.has_ended() || scene.actions().len() >= nth
            });
            child.signal("KILL");
            child.finish();
        }
    }
    scene.sim.clear_faults();
}

/// `undo last` and `apply`; what undo said.
fn take_back(scene: &Scene, plan: &str) -> Outcome {
    let undone = scene.run(&["undo", "last", "--out", plan]);
    undone.exits(0);
    let applied = scene.run(&["apply", plan]);
    assert!(
        matches!(applied.code, Some(0 | 3)),
        "{}\n{}",
        undone.output(),
        applied.output()
    );
    undone
}

#[test]
fn a_run_that_is_taken_back_leaves_the_orgs_as_they_were() {
    let seeds: Vec<u64> = (1..=48).collect();
    crate::scene::each(
        &seeds,
        |seed| format!("seed {seed}"),
        |seed| {
            let mut random = Random(*seed);
            let scene = company(&mut random);
            let trouble = TROUBLES[random.below(TROUBLES.len())];
            let before = users(&scene);
            run_with(&scene, trouble);
            let after = users(&scene);
            if scene.actions().is_empty() {
                assert_eq!(before, after);
                return;
            }
            let undone = take_back(&scene, "back.plan");
            assert_eq!(users(&scene), before, "{trouble:?}\n{}", undone.output());
            if trouble == Trouble::None && after != before {
                let again = take_back(&scene, "forth.plan");
                assert_eq!(users(&scene), after, "undo of undo\n{}", again.output());
            }
            assert_eq!(scene.sim.violations(), Vec::<String>::new());
        },
    );
}

fn recording(company: &str) -> Scene {
    let mut scene = Scene::new(company);
    scene.set(MAIN, "/logging/change_log", json!("changes.jsonl"));
    scene
}

/// A leaver, a joiner, a mover.
const MOVES: &str = "Design: ann bob\n Video: bob\n adobe: bob[] leo[Creative,Stock]";

#[test]
fn what_a_later_run_changed_is_left_out_and_listed() {
    let scene = recording("Design: ann bob\n Video: bob\n adobe: ann[] bob[]");
    scene.sync().exits(0);
    let first = first_run(&scene);
    scene.sim.edit(|world| {
        world["okta"]["groups"][0]["members"] = json!(["ann"]);
    });
    scene.sync().exits(0);
    assert_eq!(scene.adobe(), "ann[Creative] bob[Premiere]");
    let undone = scene.run(&["undo", &first, "--out", "b.plan"]);
    undone
        .exits(0)
        .says("Left out: 1")
        .says("primary bob@example.com: Creative: changed again by the run \\S+");
    scene.run(&["apply", "b.plan"]).exits(0);
    assert_eq!(scene.adobe(), "ann[] bob[]");
    let again = scene.run(&["undo", &first, "--out", "c.plan"]);
    again.exits(0).says("Left out: 3").says("nothing to do");
}

/// The id of the first run on record.
fn first_run(scene: &Scene) -> String {
    let log = scene.read("changes.jsonl");
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    line["run"].as_str().unwrap().to_owned()
}

#[test]
fn what_does_not_come_back_is_said() {
    let mut scene = recording(MOVES);
    scene.option("adobe_only_user_action", json!("delete"));
    scene.sim.edit(|world| {
        let leo = &mut world["adobe"]["orgs"][ORG]["users"][1];
        leo["groups"] = json!(["Creative", "_org_admin"]);
        world["adobe"]["orgs"][ORG]["groups"] = json!(["Creative", "Premiere", "_org_admin"]);
    });
    scene.sync().exits(0);
    assert_eq!(scene.adobe(), "ann[Creative] bob[Creative,Premiere]");
    let undone = scene.run(&["undo", "last", "--out", "b.plan"]);
    undone
        .exits(0)
        .says("Does not come back: 2")
        .says("leo@example.com: the files of the deleted account")
        .says("leo@example.com: _org_admin: an admin role that UMAPI cannot give");
    scene.run(&["apply", "b.plan"]).exits(0);
    assert_eq!(scene.adobe(), "bob[] leo[Creative]");
}

#[test]
fn without_the_state_before_nothing_is_taken_back() {
    let cases: [(&str, Value, &str); 2] = [
        (
            "strategy",
            json!("push"),
            "not all users of the org were read",
        ),
        (
            "adobe_users",
            json!("mapped"),
            "not all users of the org were read",
        ),
    ];
    for (option, value, says) in cases {
        let mut scene = recording("Design: ann\n Video: ann\n adobe: bob[Stock]");
        scene.option(option, value);
        scene.sync().exits(0);
        let after = scene.adobe();
        let undone = scene.run(&["undo", "last", "--out", "b.plan"]);
        undone.exits(0).says("Left out: 1").says(says);
        scene.run(&["apply", "b.plan"]).exits(0);
        assert_eq!(scene.adobe(), after, "{option}");
    }
}

#[test]
fn a_run_in_test_mode_has_nothing_to_take_back() {
    let scene = recording(MOVES);
    scene.run(&["sync", "-t"]).exits(0);
    let last = scene.run(&["undo", "last", "--out", "b.plan"]);
    last.exits(2).says("knows no such run: last");
    let named = scene.run(&["undo", &first_run(&scene), "--out", "b.plan"]);
    named.exits(0).says("test mode").says("nothing to do");
    assert_eq!(scene.adobe(), "bob[] leo[Creative,Stock]");
}

#[test]
fn the_limits_hold_back_what_undo_would_take() {
    let mut scene = recording("Design: ann bob cy\n Video: bob\n adobe:");
    scene.sync().exits(0);
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(2));
    let held = scene.run(&["undo", "last", "--out", "b.plan"]);
    held.exits(4).says("3 Adobe-only users are more than");
    scene.run(&["apply", "b.plan"]);
    assert_eq!(scene.adobe().matches("example").count(), 0);
    assert!(scene.groups_of("ann").is_some(), "she is still there");
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(3));
    scene.run(&["undo", "last", "--out", "b.plan"]).exits(0);
    scene.run(&["apply", "b.plan"]).exits(0);
    assert_eq!(scene.adobe(), "");
}

#[test]
fn groups_that_are_not_mapped_any_more_are_left_out() {
    let mut scene = recording("Design: ann\n Video: bob\n adobe: ann[Premiere] bob[]");
    scene.sync().exits(0);
    assert_eq!(scene.adobe(), "ann[Creative] bob[Premiere]");
    let groups = json!([{"directory_group": "Design", "adobe_groups": ["Creative"]}]);
    scene.set(MAIN, "/directory_users/groups", groups);
    let undone = scene.run(&["undo", "last", "--out", "b.plan"]);
    undone
        .exits(0)
        .says("Left out: 2")
        .says("Premiere: the configuration does not map this group any more");
    scene.run(&["apply", "b.plan"]).exits(0);
    assert_eq!(scene.adobe(), "ann[] bob[Premiere]");
}

#[test]
fn a_changed_email_is_changed_back() {
    let mut scene = recording("Design: cy\n Video: cy\n adobe: cy[Creative]");
    scene.option("update_user_info", json!(true));
    scene.set(
        MAIN,
        "/adobe_users/update_attributes",
        json!(["firstname", "lastname", "email", "username"]),
    );
    scene.sim.edit(|world| {
        let user = &mut world["adobe"]["orgs"][ORG]["users"][0];
        user["email"] = json!("cy.old@example.com");
        user["username"] = json!("cy@example.com");
    });
    let before = users(&scene);
    scene.sync().exits(0);
    assert_eq!(scene.adobe(), "cy[Creative,Premiere]");
    let undone = take_back(&scene, "b.plan");
    assert_eq!(users(&scene), before, "{}", undone.output());
}
