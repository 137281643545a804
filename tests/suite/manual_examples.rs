//! The examples of the manual work as they stand there.

use crate::support::{self, Folder};
use serde_json::{Value, json};
use std::process::Command;

const PAGE: &str = include_str!("../../src/manual/filters-and-hooks.md");
const CONFIGURATION: &str = include_str!("../../src/manual/configuration.md");

/// The YAML examples of the page on filters and hooks, in their order.
fn examples() -> Vec<serde_yaml::Value> {
    blocks(PAGE, "yaml")
        .map(|block| serde_yaml::from_str(block).unwrap())
        .collect()
}

/// The fenced blocks of a page in one language.
fn blocks<'p>(page: &'p str, language: &str) -> impl Iterator<Item = &'p str> {
    let fence = format!("```{language}\n");
    let starts: Vec<&str> = page.split(&fence).skip(1).collect();
    starts
        .into_iter()
        .map(|rest| rest.split("```").next().unwrap())
}

/// What `eval` answers, one value a line.
fn eval(arguments: &[&str], input: &[Value]) -> Vec<Value> {
    let folder = Folder::new();
    let lines: Vec<String> = input.iter().map(Value::to_string).collect();
    std::fs::write(folder.path().join("input"), lines.join("\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_user-sync"));
    command
        .arg("eval")
        .args(arguments)
        .args(["--user", "input"]);
    command.current_dir(folder.path());
    let outcome = support::run(command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.output());
    let answers = outcome.stdout.lines();
    answers
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn user(status: &str, profile: Value) -> Value {
    json!({"id": "1", "status": status, "profile": profile})
}

#[test]
fn the_filters_of_the_manual_keep_whom_they_say() {
    let filters: Vec<String> = examples()
        .iter()
        .filter_map(|example| Some(example.get("all_users_filter")?.as_str()?.to_owned()))
        .collect();
    let ann = json!({"email": "ann@example.com"});
    let cases = [
        (
            user("LOCKED_OUT", ann.clone()),
            user("SUSPENDED", ann.clone()),
        ),
        (
            user(
                "ACTIVE",
                json!({"email": "a@x.com", "department": " Design"}),
            ),
            user("ACTIVE", json!({"email": "a@x.com", "department": null})),
        ),
        (
            user("ACTIVE", ann.clone()),
            user(
                "ACTIVE",
                json!({"email": "a@x.com", "userType": "Contractor"}),
            ),
        ),
        (
            user("ACTIVE", json!({"email": "ann@EXAMPLE.org"})),
            user("ACTIVE", json!({"email": "ann@example.net"})),
        ),
    ];
    assert_eq!(filters.len(), cases.len());
    for (filter, (kept, left_out)) in filters.iter().zip(cases) {
        let answers = eval(&["--filter", filter], &[kept, left_out]);
        let truths: Vec<&Value> = answers.iter().map(|answer| &answer["truth"]).collect();
        assert_eq!(truths, [true, false], "{filter}");
    }
}

#[test]
fn the_hook_of_the_manual_does_what_its_comments_say() {
    let examples = examples();
    let hook = examples
        .iter()
        .find(|example| example.get("after_mapping_hook").is_some())
        .unwrap();
    let folder = Folder::new();
    let file = folder.path().join("extension-config.yml");
    std::fs::write(&file, serde_yaml::to_string(hook).unwrap()).unwrap();
    let person = |country: &str, department: &str, email: &str| {
        json!({
            "source_attributes": {"c": country, "department": department},
            "target_attributes": {"email": email},
            "target_groups": ["Creative Cloud"],
        })
    };
    let input = [
        person("Deutschland", "Design Studio", "ann@example.com"),
        person("us", "Sales", "bob@example.com"),
        person("", "", "test-1@example.com"),
    ];
    let answers = eval(&["--hook", file.to_str().unwrap()], &input);
    let seen: Vec<Value> = answers
        .iter()
        .map(|answer| {
            json!([
                answer["target_attributes"]["country"],
                answer["target_groups"]
            ])
        })
        .collect();
    let expected = [
        json!(["DE", ["Creative Cloud", "Stock Images"]]),
        json!(["US", ["Creative Cloud"]]),
        json!([null, []]),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_lines_for_trying_filters_and_hooks_work_in_a_shell() {
    let folder = Folder::new();
    let hook = blocks(PAGE, "yaml").find(|block| block.contains("after_mapping_hook"));
    folder.write("extension-config.yml", hook.unwrap());
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_user-sync"));
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-euc", blocks(PAGE, "sh").next().unwrap()])
        .env(
            "PATH",
            format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .current_dir(folder.path());
    let outcome = support::run(command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.output());
    let answers: Vec<Value> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers[0], json!({"value": "True", "truth": true}));
    assert_eq!(answers[1]["target_attributes"]["country"], "DE");
}

#[test]
fn the_example_files_of_the_configuration_page_are_taken() {
    let folder = Folder::new();
    let examples: Vec<&str> = blocks(CONFIGURATION, "yaml").collect();
    let names = [
        "user-sync-config.yml",
        "connector-umapi.yml",
        "connector-okta.yml",
    ];
    assert_eq!(examples.len(), names.len());
    for (name, text) in names.iter().zip(examples) {
        folder.write(name, text);
    }
    folder.write(
        "connector-umapi-emea.yml",
        "enterprise: {org_id: B@AdobeOrg, client_id: x, client_secret: y}\n",
    );
    folder.write("okta-token", "x");
    folder.write("adobe-secret", "x");
    let mut command = Command::new(env!("CARGO_BIN_EXE_user-sync"));
    command
        .arg("plan")
        // Nobody listens there: what comes first is the configuration.
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("USER_SYNC_MAX_WAIT", "0")
        .current_dir(folder.path());
    let outcome = support::run(command);
    assert_eq!(outcome.code, Some(1), "{}", outcome.output());
}
