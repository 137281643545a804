//! `batch_group_changes`: waves of memberships by `usergroup` commands, with the same end as by
//! commands for users.

use crate::scene::{MAIN, ORG, Scene, UMAPI};
use crate::sim::Service;
use serde_json::{Value, json};

/// So many people gain `Creative`; two of five lose `Premiere`.
fn company(people: usize) -> String {
    let names: Vec<String> = (0..people).map(|n| format!("p{n:03}")).collect();
    let there: Vec<String> = names
        .iter()
        .map(|name| format!("{name}[Premiere]"))
        .collect();
    let keep: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .take(people * 3 / 5)
        .collect();
    format!(
        "Design: {}\n Video: {}\n adobe: {}",
        names.join(" "),
        keep.join(" "),
        there.join(" ")
    )
}

/// How the service is, beside what the usual world says.
type Readings = [(&'static str, Value)];

fn scene(people: usize, batches: bool, service: &Readings) -> Scene {
    let mut scene = Scene::new(&company(people));
    scene.set(UMAPI, "/batch_group_changes", json!(batches));
    scene.option("report", json!("report.json"));
    scene.sim.edit(|world| {
        for (key, value) in service {
            world["adobe"][*key] = value.clone();
        }
        world["adobe"]["orgs"][ORG]["page_size"] = json!(1000);
        world["okta"]["page_cap"] = json!(1000);
    });
    scene
}

fn report(scene: &Scene) -> Value {
    serde_json::from_str(&scene.read("report.json")).unwrap()
}

#[test]
fn a_wave_takes_a_tenth_of_the_requests_and_ends_the_same() {
    let one_by_one = scene(250, false, &[]);
    one_by_one.sync().exits(0);
    let batched = scene(250, true, &[]);
    let outcome = batched.sync();
    outcome
        .exits(0)
        .says("INFO changes - primary p007@example.com: ");
    assert_eq!(one_by_one.actions().len(), 25);
    assert_eq!(batched.actions().len(), 3);
    assert_eq!(batched.sim.state(), one_by_one.sim.state());
    assert_eq!(one_by_one.count(Service::Umapi, "/groups/"), 0);
    assert_eq!(batched.count(Service::Umapi, "/groups/"), 1);
    // Everything is told of people.
    let commands = |scene: &Scene| report(scene)["orgs"][0]["commands"].clone();
    assert_eq!(commands(&batched), commands(&one_by_one));
    assert_eq!(commands(&batched)["total"], 250);
    let told = outcome.output().matches(" INFO changes - ").count();
    assert_eq!(told, 250);
    assert!(
        batched.sim.violations().is_empty(),
        "{:?}",
        batched.sim.violations()
    );
    batched.sync().exits(0);
    assert_eq!(batched.actions().len(), 3, "nothing is left to do");
}

#[test]
fn the_list_of_groups_is_read_only_where_that_pays() {
    for (people, reads) in [(15, 0), (45, 1)] {
        let scene = scene(people, true, &[]);
        scene.run(&["plan"]).exits(0);
        assert_eq!(scene.count(Service::Umapi, "/groups/"), reads, "{people}");
    }
    let failing = scene(45, true, &[]);
    failing.fault(json!({"service": "umapi", "path": "/groups/", "status": 403}));
    failing.sync().exits(1);
    failing.wrote_nothing();
}

#[test]
fn product_profiles_go_by_commands_for_users_and_plan_says_what_is_cheaper() {
    let scene = scene(120, true, &[]);
    scene.sim.edit(|world| {
        let groups =
            ["Creative", "Premiere"].map(|name| json!({"name": name, "type": "PRODUCT_PROFILE"}));
        world["adobe"]["orgs"][ORG]["groups"] = json!(groups);
    });
    scene
        .sync()
        .exits(0)
        .says("120 people are to get the product profile \"Creative\" .*costs one request");
    assert_eq!(scene.actions().len(), 12);
    assert_eq!(scene.groups_of("p119"), Some(vec!["Creative".to_owned()]));
}

#[test]
fn test_mode_checks_the_same_requests() {
    let scene = scene(120, true, &[]);
    let before = scene.sim.state();
    scene
        .run(&["sync", "-t"])
        .exits(0)
        .says("TEST MODE primary p000@example.com");
    assert_eq!(scene.actions().len(), 2);
    assert_eq!(scene.sim.state(), before);
}

/// Every reading of what becomes of a list with somebody bad.
fn readings() -> Vec<Vec<(&'static str, Value)>> {
    let mut readings = Vec::new();
    for bad in ["refuse", "skip"] {
        for after in ["stop", "go_on"] {
            for member in ["silent", "refuse"] {
                for limits in [json!({}), json!({"list": 20}), json!({"entry": 10})] {
                    readings.push(vec![
                        ("bad_member", json!(bad)),
                        ("after_bad_step", json!(after)),
                        ("already_member", json!(member)),
                        ("limits", limits),
                    ]);
                }
            }
        }
    }
    readings
}

/// Between plan and apply: three people leave the org, and two are members already.
fn meanwhile(scene: &Scene) {
    scene.sim.edit(|world| {
        let users = world["adobe"]["orgs"][ORG]["users"].as_array_mut().unwrap();
        users.retain(|user| {
            let email = user["email"].as_str().unwrap();
            !["p003", "p044", "p099"]
                .iter()
                .any(|name| email.starts_with(name))
        });
        for user in users.iter_mut().filter(|user| {
            let email = user["email"].as_str().unwrap();
            email.starts_with("p010") || email.starts_with("p077")
        }) {
            user["groups"] = json!(["Premiere", "Creative"]);
        }
    });
}

/// The state and what was rejected of the same plan without batches.
fn without_batches(people: usize) -> (Value, Value) {
    let scene = scene(people, false, &[]);
    scene.run(&["plan", "--out", "p"]).exits(0);
    meanwhile(&scene);
    scene.run(&["apply", "p"]).exits(3);
    (scene.sim.state(), rejected(&scene))
}

fn rejected(scene: &Scene) -> Value {
    let report = report(scene);
    let rejected = report["orgs"][0]["rejected"].as_array().unwrap().iter();
    rejected
        .map(|one| json!([one["subject"], one["code"]]))
        .collect()
}

#[test]
fn under_every_reading_of_a_partial_failure_the_end_is_the_same() {
    let (state, people_rejected) = without_batches(120);
    assert_eq!(people_rejected.as_array().unwrap().len(), 3);
    crate::scene::each(
        &readings(),
        |reading| format!("{reading:?}"),
        |reading| {
            let scene = scene(120, true, reading);
            scene.run(&["plan", "--out", "p"]).exits(0);
            meanwhile(&scene);
            let outcome = scene.run(&["apply", "p"]);
            outcome.exits(3).never_says("CRITICAL");
            assert_eq!(scene.sim.state(), state);
            assert_eq!(rejected(&scene), people_rejected);
            assert!(scene.actions().len() < 12, "{}", scene.actions().len());
            scene
                .run(&["apply", "p"])
                .exits(0)
                .says("120 commands of the plan were answered before");
            assert!(
                scene.sim.violations().is_empty(),
                "{:?}",
                scene.sim.violations()
            );
        },
    );
}

/// A request is carried out, its answer is lost, and the run ends there, as by kill -9: another
/// `apply` goes on in the middle of a batch.
#[test]
fn whatever_answer_is_lost_the_next_run_goes_on() {
    let (state, _) = without_batches(120);
    let mut rows = Vec::new();
    for reading in readings().into_iter().step_by(3) {
        for lost in 1..=3 {
            rows.push((reading.clone(), lost));
        }
    }
    crate::scene::each(
        &rows,
        |(reading, lost)| format!("{lost} {reading:?}"),
        |(reading, lost)| {
            let mut scene = scene(120, true, reading);
            scene.set(UMAPI, "/server/retries", json!(0));
            scene.run(&["plan", "--out", "p"]).exits(0);
            meanwhile(&scene);
            let action =
                json!({"service": "umapi", "path": "/action/", "nth": lost, "close": "executed"});
            scene.fault(action);
            let first = scene.run(&["apply", "p"]);
            if first.code != Some(5) {
                // So few requests that none was lost.
                first.exits(3);
            } else {
                scene.run(&["apply", "p"]).exits(3);
            }
            assert_eq!(scene.sim.state(), state);
        },
    );
}

/// The same with an answer that is lost and asked for again at once.
#[test]
fn an_answer_that_was_lost_on_the_way_is_no_rejection() {
    for member in ["silent", "refuse"] {
        let scene = scene(120, true, &[("already_member", json!(member))]);
        let lost = json!({"service": "umapi", "path": "/action/", "nth": 1, "close": "executed"});
        scene.fault(lost);
        scene.sync().exits(0);
        let clean = scene_state();
        assert_eq!(scene.sim.state(), clean, "{member}");
        assert_eq!(report(&scene)["orgs"][0]["commands"]["error"], 0);
    }
}

fn scene_state() -> Value {
    let scene = scene(120, false, &[]);
    scene.sync().exits(0);
    scene.sim.state()
}

/// A plan was made with batches; whoever has switched them off since does not get them.
#[test]
fn apply_asks_the_configuration_too() {
    let mut scene = scene(120, true, &[]);
    scene.run(&["plan", "--out", "p"]).exits(0);
    scene.set(UMAPI, "/batch_group_changes", json!(false));
    scene.run(&["apply", "p"]).exits(0);
    assert_eq!(scene.actions().len(), 12);
}

#[test]
fn groups_that_the_run_creates_take_batches_too() {
    let mut scene = scene(120, true, &[]);
    scene.set(
        MAIN,
        "/directory_users/group_sync_options",
        json!({"auto_create": true}),
    );
    scene.set(
        MAIN,
        "/directory_users/groups/0/adobe_groups",
        json!(["Fresh"]),
    );
    scene.sync().exits(0);
    assert_eq!(scene.groups_of("p111"), Some(vec!["Fresh".to_owned()]));
    // The group, then both sides of the move.
    assert!(scene.actions().len() <= 4, "{}", scene.actions().len());
    assert_eq!(scene.count(Service::Umapi, "/groups/"), 1);
}

/// A group that cannot be changed by group: its people are sent by user after one refusal.
#[test]
fn a_read_only_group_costs_one_request_more() {
    let scene = scene(120, true, &[]);
    scene.sim.edit(|world| {
        let readonly = json!({"name": "Creative", "readonly": true});
        world["adobe"]["orgs"][ORG]["groups"] = json!([readonly, "Premiere", "Stock"]);
    });
    scene.sync().exits(3);
    assert_eq!(report(&scene)["orgs"][0]["commands"]["error"], 120);
    assert!(scene.actions().len() <= 14, "{}", scene.actions().len());
}

/// What the change log says of each person: how often a change was sent, and was done.
fn on_record(scene: &Scene) -> Vec<(String, usize, usize)> {
    let log = scene.read("changes.jsonl");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_event = |event: &str| {
        let lines = lines.iter().filter(move |line| line["event"] == event);
        lines.cloned().collect::<Vec<Value>>()
    };
    let outcomes = of_event("outcome");
    let mut people: Vec<(String, usize, usize)> = Vec::new();
    for command in of_event("command") {
        let person = command["command"]["user"].as_str().unwrap().to_owned();
        let mut own = outcomes.iter();
        let done = own.any(|outcome| {
            outcome["run"] == command["run"]
                && outcome["requestID"] == command["command"]["requestID"]
                && outcome["outcome"] == "done"
        });
        let known = people.iter_mut().find(|(name, ..)| *name == person);
        match known {
            Some((_, sent, times)) => {
                *sent += 1;
                *times += usize::from(done);
            }
            None => people.push((person, 1, usize::from(done))),
        }
    }
    people
}

/// Killed with a request of batches on its way, carried out or not, `apply` goes on: nobody's change
/// is lost, nobody's is done twice.
#[test]
fn killed_in_a_batch_apply_goes_on_and_everybody_is_done_once() {
    let clean = scene_state();
    let mut rows = Vec::new();
    for reading in readings().into_iter().step_by(5) {
        for nth in 1..=2 {
            rows.push((reading.clone(), nth, json!({"hang": true})));
            // Carried out; the answer comes too late.
            rows.push((reading.clone(), nth, json!({"delay_ms": 50_000})));
        }
    }
    crate::scene::each(
        &rows,
        |row| format!("{row:?}"),
        |(reading, nth, fault)| {
            let mut scene = scene(120, true, reading);
            scene.set(MAIN, "/logging/change_log", json!("changes.jsonl"));
            scene.run(&["plan", "--out", "p"]).exits(0);
            let mut fault = fault.clone();
            fault["path"] = json!("/action/");
            fault["nth"] = json!(nth);
            scene.fault(fault);
            let child = scene.start(&["apply", "p"]);
            crate::child::until("the request", || scene.actions().len() >= *nth);
            child.signal("KILL");
            assert_eq!(child.finish().code, None);
            scene.sim.clear_faults();
            scene.run(&["apply", "p"]).exits(0);
            assert_eq!(scene.sim.state(), clean);
            let people = on_record(&scene);
            assert_eq!(people.len(), 120);
            for (person, sent, done) in people {
                assert!(done == 1 && sent <= 2, "{person}: sent {sent}, done {done}");
            }
            let requests = scene.actions().len();
            scene
                .run(&["apply", "p"])
                .exits(0)
                .says("nothing to do|answered before");
            assert_eq!(scene.actions().len(), requests);
        },
    );
}

/// What goes wrong while a batched run writes.
const TROUBLES: [&str; 4] = ["nothing", "lost", "unanswered", "killed"];

#[test]
fn a_batched_run_is_taken_back_by_batches() {
    let mut rows = Vec::new();
    for reading in readings().into_iter().step_by(6) {
        rows.extend(TROUBLES.map(|trouble| (reading.clone(), trouble)));
    }
    crate::scene::each(
        &rows,
        |row| format!("{row:?}"),
        |(reading, trouble)| {
            let mut scene = scene(120, true, reading);
            scene.set(MAIN, "/logging/change_log", json!("changes.jsonl"));
            scene.set(MAIN, "/limits/max_group_loss", json!("100%"));
            let before = scene.sim.state();
            let fault = match *trouble {
                "lost" => json!({"path": "/action/", "nth": 1, "close": "executed"}),
                "unanswered" => json!({"path": "/action/", "nth": [2, 3, 4], "close": "executed"}),
                "killed" => json!({"path": "/action/", "nth": 2, "hang": true}),
                _ => json!({"path": "/nowhere", "status": 500}),
            };
            scene.fault(fault);
            let child = scene.start(&["sync"]);
            if *trouble == "killed" {
                crate::child::until("the request", || scene.actions().len() >= 2);
                child.signal("KILL");
            }
            child.finish();
            scene.sim.clear_faults();
            scene.sim.clear_log();
            scene.run(&["undo", "last", "--out", "back"]).exits(0);
            scene.run(&["apply", "back"]).exits(0);
            assert_eq!(scene.sim.state(), before);
        },
    );
}

/// Adobe is busy for a group command, for a command of somebody in it, or for both.
#[test]
fn what_adobe_is_too_busy_for_is_sent_again_in_a_batched_run_too() {
    let clean = scene_state();
    let busy = |index: usize, step: Value| {
        json!({"index": index, "step": step, "errorCode": "error.throttled_by_external_service",
               "message": "busy"})
    };
    let answer = |errors: Vec<Value>, count: usize| {
        json!({"completed": count - errors.len(), "notCompleted": errors.len(),
               "completedInTestMode": 0, "result": "partial", "errors": errors})
    };
    // How many commands each request holds when nothing goes wrong.
    let counts: Vec<usize> = {
        let scene = scene(120, true, &[]);
        scene.sync().exits(0);
        let actions = scene.actions();
        let counts = actions
            .iter()
            .map(|sent| sent.json().as_array().unwrap().len());
        counts.collect()
    };
    for nth in 1..=counts.len() {
        let count = counts[nth - 1];
        for (step, busy_ones) in [
            (Value::Null, 1),
            (json!(0), 1),
            (json!(2), 1),
            (Value::Null, count),
            (json!(0), count),
        ] {
            let scene = scene(120, true, &[]);
            let errors = (0..busy_ones).map(|index| busy(index, step.clone()));
            let body = answer(errors.collect(), count);
            scene.fault(json!({"path": "/action/", "nth": nth, "status": 200, "body": body}));
            scene.sync().exits(0).never_says("ERROR umapi");
            if busy_ones < count || step != Value::Null {
                // The answer called done what was not: the next run finds what is left.
                scene.sync().exits(0);
            }
            assert_eq!(scene.sim.state(), clean, "{nth} {step} {busy_ones}");
            assert_eq!(scene.sim.violations(), Vec::<String>::new());
        }
    }
}

/// People whom a batch could not carry out go by commands of their own, and Adobe is too busy for
/// these.
#[test]
fn whoever_falls_out_of_a_batch_may_meet_a_busy_adobe_too() {
    let clean = scene_state();
    let prepared = || {
        let scene = scene(120, true, &[("already_member", json!("refuse"))]);
        scene.run(&["plan", "--out", "p"]).exits(0);
        scene.sim.edit(|world| {
            // A member already: the step that adds this one is refused.
            let users = world["adobe"]["orgs"][ORG]["users"].as_array_mut().unwrap();
            users[10]["groups"] = json!(["Premiere", "Creative"]);
        });
        scene
    };
    let usual = prepared();
    usual.run(&["apply", "p"]).exits(0);
    let last = usual.actions().len();
    let commands = usual.actions()[last - 1].json();
    let commands = commands.as_array().unwrap();
    assert!(
        commands.iter().all(|command| command["user"].is_string()),
        "{commands:?}"
    );
    let errors: Vec<Value> = (0..commands.len())
        .map(|index| {
            json!({"index": index, "step": 0, "message": "busy",
                   "errorCode": "error.throttled_by_external_service"})
        })
        .collect();
    let body = json!({"completed": 0, "notCompleted": errors.len(), "errors": errors});
    let scene = prepared();
    scene.fault(json!({"path": "/action/", "nth": last, "status": 200, "body": body}));
    scene.run(&["apply", "p"]).exits(0).says("Adobe was busy");
    assert_eq!(scene.sim.state(), clean);
    assert_eq!(scene.actions().len(), last + 1);
}
