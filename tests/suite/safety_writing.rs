//! Writing: requests that may or may not have arrived, refusals, and what a
//! second run finds (manual/safety.md#tries-and-waits; manual/commands.md#exit-codes).

use crate::child::until;
use crate::scene::{COMPANY, EMEA, MAIN, Scene, UMAPI, address, each, world};
use crate::sim::Service;
use serde_json::{Value, json};

/// So many joiners: with ten commands in a request, a third as many requests and more.
fn joiners(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|number| format!("p{number:02}")).collect();
    format!(
        "Design: {}\n Video:\n adobe: p00[Stock] leo[Creative]",
        names.join(" ")
    )
}

fn action(effect: Value) -> Value {
    let mut fault = effect;
    fault["service"] = json!("umapi");
    fault["path"] = json!("/action/");
    fault
}

#[test]
fn a_post_that_was_carried_out_without_an_answer_is_sent_again_and_does_no_harm() {
    for company in [COMPANY.to_owned(), joiners(25)] {
        let clean = Scene::clean_state(&company, |_| {});
        for effect in ["executed", "middle", "before"] {
            let scene = Scene::new(&company);
            scene.fault(action(json!({"close": effect, "nth": [1, 3, 4]})));
            scene
                .sync()
                .exits(0)
                .says(r"success, error\): \((4, 4|26, 26), 0\)");
            assert_eq!(scene.sim.state(), clean, "{effect}");
            // The same request again, not another one.
            let actions = scene.actions();
            assert!(
                actions.windows(2).any(|two| two[0].body == two[1].body),
                "{effect}"
            );
        }
    }
}

#[test]
fn a_post_that_fails_for_good_ends_the_writing() {
    // How the request fails, whether it is the first, and the exit code.
    let rows = [
        (json!({"status": 400}), 1, 1),
        (json!({"status": 403}), 1, 1),
        (json!({"status": 429}), 1, 1),
        (json!({"status": 503}), 1, 1),
        (json!({"status": 400}), 2, 5),
        (json!({"status": 429}), 2, 5),
        (json!({"status": 503}), 2, 5),
        (json!({"status": 500}), 2, 5),
        (json!({"close": "before"}), 2, 5),
        (json!({"close": "executed"}), 1, 5),
        (json!({"close": "executed"}), 2, 5),
        // Only a refusal proves that nothing was done.
        (json!({"status": 408}), 1, 5),
        (json!({"status": 501}), 1, 5),
        (json!({"status": 520}), 1, 5),
        (json!({"status": 524}), 1, 5),
        (json!({"status": 302}), 1, 1),
        (json!({"status": 204}), 1, 5),
        (json!({"hang": true}), 1, 5),
        (json!({"hang": true}), 2, 5),
    ];
    each(
        &rows,
        |(effect, first, _)| format!("{effect} from request {first}"),
        |(effect, first, code)| {
            let mut scene = Scene::new(&joiners(35));
            scene.set(UMAPI, "/server/timeout", json!(1));
            scene.set(UMAPI, "/server/retries", json!(1));
            let from: Vec<u64> = (*first..*first + 2).collect();
            let mut fault = action(effect.clone());
            fault["nth"] = json!(from);
            scene.fault(fault);
            scene.option("report", json!("report.json"));
            let outcome = scene.sync();
            outcome
                .exits(*code)
                .says("Number of UMAPI actions sent|^.*(ERROR|CRITICAL)");
            let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
            assert!(
                report
                    .to_string()
                    .contains(&format!("\"exit_code\":{code}")),
                "{report}"
            );
            if *code == 5 && *first == 2 {
                // Ten commands were answered, of 37: what was sent is said.
                outcome.says(r"\(\d+, 10, \d+\)");
                outcome.says("CRITICAL .*action_1 to action_[12]0 sent.*not sent");
            }
        },
    );
}

#[test]
fn a_first_post_that_never_connected_wrote_nothing() {
    let mut scene = Scene::new(COMPANY);
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    // A port that was free a moment ago, and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("localhost:{}", port.local_addr().unwrap().port());
    drop(port);
    scene.set(UMAPI, "/server/host", json!(closed));
    for arguments in [
        &["apply", "plan.jsonl"][..],
        &["sync", "--strategy", "push"],
    ] {
        scene.run(arguments).exits(1).says("refused.*after 3 tries");
    }
    scene.wrote_nothing();
}

#[test]
fn a_refusal_behind_a_try_that_may_have_been_carried_out_is_not_taken_for_nothing_written() {
    for effect in [json!({"close": "executed"}), json!({"status": 500})] {
        let scene = Scene::new(COMPANY);
        let mut first = action(effect);
        first["nth"] = json!(1);
        scene.fault(first);
        scene.fault(action(json!({"status": 403})));
        scene
            .sync()
            .exits(5)
            .says("action_1 to action_4 may have been carried out");
    }
}

#[test]
fn a_token_that_cannot_be_renewed_ends_the_writing() {
    for (nth, code, says) in [
        (1, 1, "token"),
        (
            2,
            5,
            "action_1 to action_10 sent, action_11 to action_36 not sent",
        ),
    ] {
        let mut world = world(&joiners(35));
        // Each request needs a new one.
        world["adobe"]["expires_in"] = json!(60);
        let mut scene = Scene::of_world(world);
        scene.set(MAIN, "/limits/max_adobe_only_users", json!(100));
        scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
        scene.fault(json!({"service": "token", "status": 403, "nth": nth}));
        scene.run(&["apply", "plan.jsonl"]).exits(code).says(says);
        assert_eq!(scene.actions().len(), nth - 1);
    }
}

#[test]
fn nothing_is_sent_after_a_post_that_failed_for_good() {
    let mut scene = Scene::new(&joiners(35));
    scene.set(UMAPI, "/server/retries", json!(0));
    scene.fault(action(json!({"status": 403, "nth": 2})));
    scene.sync().exits(5);
    assert_eq!(scene.actions().len(), 2);
    // The next run does the rest.
    let clean = Scene::clean_state(&joiners(35), |_| {});
    scene.sync().exits(0);
    assert_eq!(scene.sim.state(), clean);
}

#[test]
fn rejected_commands_give_exit_code_3_and_do_not_stop_the_others() {
    let mut scene = Scene::new(COMPANY);
    let group = json!({"directory_group": "Video", "adobe_groups": ["No such group"]});
    scene.set(MAIN, "/directory_users/groups/1", group);
    scene.option("report", json!("report.json"));
    scene
        .sync()
        .exits(3)
        .says(
            "WARNING .*nobody at Adobe is in the group \"No such group\" that 3 people are to get",
        )
        .says(
            "ERROR .*no group \"No such group\" .*error.group.not_found.*: 3 people are concerned",
        )
        .never_says("ERROR .*(bob|finn)@example.com");
    assert_eq!(scene.groups_of("cleo"), Some(vec!["Creative".to_owned()]));
    assert_eq!(scene.groups_of("leo"), None);
    assert!(scene.read("report.json").contains("error.group.not_found"));
}

#[test]
fn of_several_exit_codes_the_larger_of_3_4_and_5_is_returned() {
    let company = "Design: ann bob\n Video: ann\n adobe: leo[Creative] mia";
    // Over the limit: 4. Rejected: 3. Both: 4. And broken off: 5.
    for (limited, rejected, broken, code) in [
        (true, false, false, 4),
        (false, true, false, 3),
        (true, true, false, 4),
        (true, true, true, 5),
    ] {
        let mut scene = Scene::new(company);
        if limited {
            scene.set(MAIN, "/limits/max_adobe_only_users", json!(1));
        }
        if rejected {
            let group = json!({"directory_group": "Video", "adobe_groups": ["No such group"]});
            scene.set(MAIN, "/directory_users/groups/1", group);
        }
        if broken {
            scene.set(UMAPI, "/server/timeout", json!(1));
            scene.set(UMAPI, "/server/retries", json!(0));
            scene.fault(action(json!({"hang": true})));
        }
        scene.sync().exits(code);
    }
}

#[test]
fn an_answer_that_counts_less_than_was_sent_is_not_taken_for_success() {
    let scene = Scene::new(COMPANY);
    let answer =
        json!({"completed": 0, "notCompleted": 4, "completedInTestMode": 0, "result": "error"});
    scene.fault(action(json!({"status": 200, "body": answer})));
    scene.sync().exits(3);
}

#[test]
fn an_answer_that_does_not_account_for_the_commands_is_none() {
    let listing = json!({"lastPage": true, "result": "success", "users": []});
    let done = |completed: u64, test: u64| {
        json!({"completed": completed, "notCompleted": 0, "completedInTestMode": test,
               "result": "success"})
    };
    let count = Scene::new(COMPANY);
    count.sync().exits(0);
    let count = count.actions()[0].json().as_array().unwrap().len() as u64;
    each(
        &[
            (vec![], listing, 5),
            (vec![], json!({"result": "success"}), 5),
            (vec![], done(count - 1, 0), 5),
            (vec![], done(count + 1, 0), 5),
            (vec![], done(0, count), 5),
            (vec![], done(count, 0), 0),
            (vec!["-t"], done(count, 0), 5),
            (vec!["-t"], done(0, count), 0),
        ],
        |(options, answer, _)| format!("{options:?} {answer}"),
        |(options, answer, code)| {
            let scene = Scene::new(COMPANY);
            scene.fault(action(json!({"status": 200, "body": answer})));
            let mut words = vec!["sync"];
            words.extend(options);
            let outcome = scene.run(&words);
            outcome.exits(*code);
            if *code == 5 {
                // Tried again like a broken connection, and told at the end.
                outcome
                    .says("CRITICAL .*POST .*the answer cannot be read.*may have been carried out");
                assert!(scene.actions().len() > 1);
            }
        },
    );
}

#[test]
fn a_run_that_is_killed_while_writing_is_finished_by_the_next_one() {
    let clean = Scene::clean_state(&joiners(35), |_| {});
    for request in 1..=4 {
        let scene = Scene::new(&joiners(35));
        scene.fault(action(json!({"hang": true, "nth": request})));
        let child = scene.start(&["sync"]);
        until("the request", || scene.actions().len() == request);
        child.signal("KILL");
        assert_eq!(child.finish().code, None);
        scene.sim.clear_faults();
        scene.sync().exits(0);
        assert_eq!(scene.sim.state(), clean, "killed at request {request}");
    }
}

#[test]
fn a_run_that_is_killed_between_execution_and_answer_is_finished_by_the_next_one() {
    let clean = Scene::clean_state(&joiners(35), |_| {});
    let scene = Scene::new(&joiners(35));
    // Carried out, and the answer stays away long enough.
    scene.fault(action(json!({"delay_ms": 50_000, "nth": 2})));
    let child = scene.start(&["sync"]);
    until("the request", || scene.actions().len() == 2);
    child.signal("KILL");
    child.finish();
    scene.sim.clear_faults();
    scene.sync().exits(0);
    assert_eq!(scene.sim.state(), clean);
}

#[test]
fn two_commands_for_one_user_never_share_a_request() {
    // 25 groups to add: three steps; and 120 in one user give several commands.
    let groups: Vec<String> = (0..120).map(|number| format!("G{number:03}")).collect();
    let mut world = world("Design: ann\n Video:\n adobe: bob");
    world["adobe"]["orgs"][crate::scene::ORG]["groups"] = json!(groups);
    let mut scene = Scene::of_world(world);
    scene.set(
        MAIN,
        "/directory_users/groups/0/adobe_groups",
        json!(groups),
    );
    scene.set(MAIN, "/directory_users/groups/1/adobe_groups", json!([]));
    scene.fault(action(json!({"close": "executed", "every": 2})));
    scene.sync().exits(0);
    for exchange in scene.actions() {
        let body = exchange.json();
        let commands = body.as_array().unwrap();
        assert!(commands.len() <= 10);
        let mut roots: Vec<String> = commands
            .iter()
            .map(|command| command["user"].to_string())
            .collect();
        roots.sort();
        roots.dedup();
        assert_eq!(roots.len(), commands.len());
    }
    assert_eq!(scene.groups_of("ann").map(|groups| groups.len()), Some(120));
    assert_eq!(scene.sim.violations(), Vec::<String>::new());
}

#[test]
fn test_mode_changes_nothing() {
    let scene = Scene::new(COMPANY);
    let before = scene.sim.state();
    scene.run(&["sync", "-t"]).exits(0).says("TEST MODE");
    assert!(!scene.actions().is_empty());
    assert!(
        scene
            .actions()
            .iter()
            .all(|action| action.target.contains("testOnly=true"))
    );
    assert_eq!(scene.sim.state(), before);
}

#[test]
fn a_failure_in_one_org_is_told_with_what_the_others_got() {
    let mut scene = Scene::new(&format!("{COMPANY}\n adobe emea: ann eve[Premiere] finn"));
    scene.with_emea();
    scene.fault(json!({"service": "umapi", "path": "/action/A1B2C3", "status": 403}));
    // The secondary org is written first.
    scene
        .sync()
        .exits(5)
        .says(r"emea UMAPI actions sent .*: \([1-9]\d*, [1-9]\d*, 0\)");
    let emea = scene.sim.state()[EMEA].clone();
    assert!(emea.to_string().contains("Creative"), "{emea}");
}

#[test]
fn apply_continues_behind_the_last_recorded_outcome() {
    let clean = Scene::clean_state(&joiners(35), |_| {});
    let mut scene = Scene::new(&joiners(35));
    scene.set(UMAPI, "/server/retries", json!(0));
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.wrote_nothing();
    scene.fault(action(json!({"status": 403, "nth": 3})));
    scene.run(&["apply", "plan.jsonl"]).exits(5);
    let first: Vec<Vec<u8>> = scene
        .actions()
        .iter()
        .take(2)
        .map(|action| action.body.clone())
        .collect();
    scene.sim.clear_faults();
    scene.sim.clear_log();
    scene.run(&["apply", "plan.jsonl"]).exits(0);
    assert!(
        scene
            .actions()
            .iter()
            .all(|action| !first.contains(&action.body))
    );
    assert_eq!(scene.sim.state(), clean);
    // Complete: nothing to do.
    scene.sim.clear_log();
    scene.run(&["apply", "plan.jsonl"]).exits(0);
    scene.wrote_nothing();
}

#[test]
fn apply_continues_after_kill_9() {
    let clean = Scene::clean_state(&joiners(35), |_| {});
    let scene = Scene::new(&joiners(35));
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.fault(action(json!({"delay_ms": 50_000, "nth": 2})));
    let child = scene.start(&["apply", "plan.jsonl"]);
    until("the request", || scene.actions().len() == 2);
    child.signal("KILL");
    child.finish();
    scene.sim.clear_faults();
    scene.run(&["apply", "plan.jsonl"]).exits(0);
    assert_eq!(scene.sim.state(), clean);
}

#[test]
fn apply_refuses_plans_it_must_not_trust() {
    let scene = Scene::new(COMPANY);
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    let plan = scene.read("plan.jsonl");
    let lines: Vec<&str> = plan.lines().collect();
    let cut = lines[..lines.len() - 1].join("\n");
    let old = plan.replacen("\"time\":\"2", "\"time\":\"1", 1);
    let rows = [
        ("cut off", cut),
        (
            "edited",
            plan.replace("cleo@example.com", "mole@example.com"),
        ),
        ("half a line", plan[..plan.len() - 20].to_owned()),
        ("a line more", format!("{plan}{}\n", lines[1])),
        (
            "lines exchanged",
            [&lines[..1], &[lines[2], lines[1]], &lines[3..]]
                .concat()
                .join("\n"),
        ),
        (
            "another org",
            plan.replace("A1B2C3@AdobeOrg", "F0F0F0@AdobeOrg"),
        ),
        ("old", old),
        ("no plan", "hello\n".to_owned()),
        ("empty", String::new()),
    ];
    for (name, content) in rows {
        if content == plan {
            continue;
        }
        scene.folder.write("bad.jsonl", &content);
        let outcome = scene.run(&["apply", "bad.jsonl"]);
        assert_eq!(outcome.code, Some(2), "{name}: {}", outcome.output());
        outcome.says("bad.jsonl");
        scene.wrote_nothing();
    }
    // Another plan's journal is refused.
    scene
        .folder
        .write("plan.jsonl.journal", "{\"plan\":\"0000\"}\n");
    scene.run(&["apply", "plan.jsonl"]).exits(2).says("journal");
    scene.wrote_nothing();
}

#[test]
fn the_journal_of_an_earlier_plan_with_the_same_commands_is_another_plans() {
    let scene = Scene::new(COMPANY);
    let before = scene.sim.world();
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.run(&["apply", "plan.jsonl"]).exits(0);
    // Somebody undoes all of it by hand, and the next plan is the same, but for its time.
    scene.sim.edit(|world| *world = before.clone());
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.sim.clear_log();
    scene
        .run(&["apply", "plan.jsonl"])
        .exits(2)
        .says("journal of another plan: move the file away");
    scene.wrote_nothing();
    std::fs::remove_file(scene.path("plan.jsonl.journal")).unwrap();
    scene.run(&["apply", "plan.jsonl"]).exits(0);
    assert!(!scene.actions().is_empty());
}

#[test]
fn plan_and_explain_and_check_write_nothing() {
    let scene = Scene::new(COMPANY);
    let before = scene.folder.files();
    let cleo = address("cleo");
    for arguments in [&["plan"][..], &["explain", &cleo], &["check"]] {
        scene.run(arguments).exits(0);
    }
    assert_eq!(
        scene
            .sim
            .requests()
            .iter()
            .filter(|exchange| exchange.method == "POST" && exchange.service != Service::Token)
            .count(),
        0
    );
    assert_eq!(scene.folder.files(), before);
}

/// An answer that rejects every command of a request, by these codes at their first step.
fn rejecting(code: &str, indexes: &[usize], count: usize) -> Value {
    let error =
        |index: &usize| json!({"index": index, "step": 0, "errorCode": code, "message": "m"});
    let errors: Vec<Value> = indexes.iter().map(error).collect();
    json!({"completed": count - errors.len(), "notCompleted": errors.len(),
           "completedInTestMode": 0, "result": "partial", "errors": errors})
}

#[test]
fn what_adobe_is_too_busy_for_is_sent_again_later_in_the_run() {
    let busy = "error.throttled_by_external_service";
    let clean = Scene::new(COMPANY);
    clean.sync().exits(0);
    let sent = clean.actions()[0].json();
    let count = sent.as_array().unwrap().len();
    let all: Vec<usize> = (0..count).collect();
    let scene = Scene::new(COMPANY);
    let mut fault = action(json!({"status": 200, "body": rejecting(busy, &all, count)}));
    fault["nth"] = json!([1, 2]);
    scene.fault(fault);
    scene
        .sync()
        .exits(0)
        .says("WARNING .*Adobe was busy.*trying again in")
        .never_says("ERROR umapi");
    assert_eq!(scene.sim.state(), clean.sim.state());
    // It is not tried for ever, and then told with Adobe's code.
    let scene = Scene::new(COMPANY);
    scene.fault(action(
        json!({"status": 200, "body": rejecting(busy, &all, count)}),
    ));
    scene.sync().exits(3).says(&format!("ERROR .*{busy}"));
    assert_eq!(scene.actions().len(), 4);
}

#[test]
fn steps_behind_one_that_adobe_stopped_at_are_sent_by_themselves() {
    let company = "Design: ann\n Video:\n adobe: bob[Premiere]";
    let scene = Scene::new(company);
    scene
        .run(&["sync", "--adobe-only-user-action", "exclude"])
        .exits(0);
    let create = scene.actions()[0].json()[0]["do"].clone();
    assert_eq!(create.as_array().unwrap().len(), 2, "{create}");
    let scene = Scene::new(company);
    let there = rejecting("error.user.already_in_org", &[0], 1);
    let mut fault = action(json!({"status": 200, "body": there}));
    fault["nth"] = json!(1);
    scene.fault(fault);
    scene.run(&["sync", "--adobe-only-user-action", "exclude"]);
    assert_eq!(scene.actions()[1].json()[0]["do"], json!([create[1]]));
}
