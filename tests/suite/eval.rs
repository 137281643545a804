//! `user-sync eval`, through the real binary.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

struct Ended {
    code: i32,
    answers: Vec<Json>,
    diagnostic: String,
}

fn eval(option: &str, source: &str, users: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_user-sync"))
        .args(["eval", option, source, "--user", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A refused source ends it before it reads.
    let _ = child.stdin.take().unwrap().write_all(users.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Ended {
        code: output.status.code().unwrap(),
        answers: text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        diagnostic: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An extension file with this hook.
fn extension(name: &str, hook: &str) -> PathBuf {
    let id = std::process::id();
    let path = std::env::temp_dir().join(format!("user-sync-eval-{name}-{id}.yml"));
    let lines: String = hook.lines().map(|line| format!("  {line}\n")).collect();
    std::fs::write(&path, format!("after_mapping_hook: |\n{lines}")).unwrap();
    path
}

#[test]
fn a_filter_answers_each_user_and_an_exception_ends_only_its_own_line() {
    let users = concat!(
        r#"{"id": "1", "status": "ACTIVE", "profile": {"login": "ann", "n": 2}}"#,
        "\n\n",
        r#"{"id": "2", "status": "ACTIVE", "profile": {"login": "bo"}}"#,
        "\n",
        r#"{"id": "3", "status": "STAGED", "profile": {"login": "cy", "n": 5}}"#,
    );
    let ended = eval(
        "--filter",
        "user.status == 'ACTIVE' and user.profile.n + 1",
        users,
    );
    assert_eq!(ended.code, 1);
    assert_eq!(ended.answers.len(), 3);
    assert_eq!(ended.answers[0], json!({"value": "3", "truth": true}));
    assert_eq!(ended.answers[1]["error"], "TypeError");
    assert_eq!(ended.answers[1]["line"], 1);
    assert_eq!(ended.answers[2], json!({"value": "False", "truth": false}));
}

#[test]
fn a_hook_keeps_its_storage_from_line_to_line_also_after_an_exception() {
    let hook = "hook_storage = (hook_storage or 0) + 1\nlogger.warn('no %d', hook_storage)\n\
                target_groups.add(source_attributes['team'])\ntarget_attributes['other'] = 1\n";
    let file = extension("storage", hook);
    let users = concat!(
        r#"{"source_attributes": {"team": "X"}, "target_groups": ["b", "a"], "target_attributes": {"email": "e"}}"#,
        "\n{}\n",
        r#"{"source_attributes": {"team": "Y"}}"#,
    );
    let ended = eval("--hook", file.to_str().unwrap(), users);
    std::fs::remove_file(file).unwrap();
    assert_eq!(ended.code, 1);
    let nobody = json!({"email": null, "username": null, "domain": null, "firstname": null, "lastname": null, "country": null});
    let mut ann = nobody.clone();
    ann["email"] = json!("e");
    assert_eq!(
        ended.answers,
        [
            json!({"target_attributes": ann, "target_groups": ["X", "a", "b"], "hook_storage": "1", "log": [["warning", "no 1"]]}),
            json!({"error": "KeyError", "message": "'team'", "line": 3}),
            json!({"target_attributes": nobody, "target_groups": ["Y"], "hook_storage": "3", "log": [["warning", "no 3"]]}),
        ]
    );
}

#[test]
fn a_storage_that_grows_over_the_users_is_stopped() {
    let hook = "hook_storage = (hook_storage or []) + ['x' * 25000000 + source_attributes['n']]\n";
    let file = extension("large", hook);
    let users: String = (0..20)
        .map(|n| format!("{}\n", json!({"source_attributes": {"n": n.to_string()}})))
        .collect();
    let ended = eval("--hook", file.to_str().unwrap(), &users);
    std::fs::remove_file(file).unwrap();
    assert_eq!(ended.code, 1);
    let stopped = ended.answers.iter();
    let mut stopped = stopped.filter(|answer| answer["error"] == "MemoryError");
    let message = stopped.next().unwrap()["message"].as_str().unwrap();
    assert!(message.contains("kept for the next user"), "{message}");
}

#[test]
fn a_line_of_a_named_logger_has_its_name() {
    let hook = "import logging\nlogging.getLogger('a.b').warn('%s', 1)\nlogger.info(2)\n";
    let file = extension("logging", hook);
    let ended = eval("--hook", file.to_str().unwrap(), "{}");
    std::fs::remove_file(file).unwrap();
    let log = json!([["warning", "1", "a.b"], ["info", "2"]]);
    assert_eq!(ended.answers[0]["log"], log);
}

#[test]
fn a_refused_source_shows_its_place_and_nothing_is_evaluated() {
    let file = extension("refused", "x = 1\nclass A: pass\n");
    for ended in [
        eval("--filter", "user.statu and open('x')", "{}"),
        eval("--hook", file.to_str().unwrap(), "{}"),
    ] {
        assert_eq!((ended.code, ended.answers.len()), (2, 0));
        assert!(ended.diagnostic.contains('^'), "{}", ended.diagnostic);
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_line_that_is_no_user_is_named() {
    let ended = eval("--filter", "True", "{\"id\": \"1\"\n");
    assert_eq!(ended.code, 1);
    assert!(ended.diagnostic.contains("line 1"), "{}", ended.diagnostic);
}
