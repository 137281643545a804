//! Runs the cases of `testdata/cases` through the real binary: small inputs from bug reports, old
//! installations and attacks, each with what must, or must not, come of it.
//!
//! Laid out as `testdata/conformance`; `faults` of a world are in the head of `sim/mod.rs`.
//! `expect.json`, all of it must hold:
//!
//! ```text
//! exit_codes       any of these             exit             zero | nonzero | any
//! no_actions       no commands were sent    no_step          none of these steps was
//! commands_for     people with commands     no_commands_for  people without
//! users            {org: {e-mail: null (not there), or what the user has afterwards}}
//! output_has, output_lacks    regular expressions on everything printed and logged
//! min_requests, max_requests  any_of: one of several of these
//! ```

use crate::case::{self, Case};
use crate::sim::Sim;
use crate::support::{self, Folder, Outcome};
use serde_json::Value;
use std::collections::BTreeSet;

/// Cases that nothing answers yet. One that passes must leave this list.
const NOT_YET: &[&str] = &[];

#[test]
fn every_case_comes_out_as_it_must() {
    let folder = support::root().join("testdata/cases");
    let cases = case::read_all(&folder, "expect.json", &|_| true);
    let failures = case::check_all(&cases, &check);
    let unexpected = failures
        .iter()
        .filter(|(name, _)| !NOT_YET.contains(&name.as_str()));
    let texts: Vec<&str> = unexpected.map(|(_, text)| text.as_str()).collect();
    let (bad, all) = (texts.len(), cases.len());
    assert!(
        texts.is_empty(),
        "{bad} of {all} cases fail\n\n{}\n",
        texts.join("\n\n")
    );
    let ran: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let passing = NOT_YET.iter().filter(|name| ran.contains(**name));
    let passing: Vec<_> = passing
        .filter(|name| !failures.contains_key(**name))
        .collect();
    assert!(passing.is_empty(), "pass by now: {passing:#?}");
}

fn check(case: &Case) -> Vec<String> {
    let (sim, folder) = case.stage();
    let arguments = case.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = support::run(case.command((&sim, &folder), &arguments));
    let run = Run {
        said: everything_said(&outcome, &folder),
        outcome,
        sim,
    };
    let mut problems = run.differences(&case.expected);
    problems.extend(run.leaks(&case.world));
    if !problems.is_empty() {
        problems.push(case::said(&run.outcome));
    }
    problems
}

/// Both streams, and every file that the run logged or wrote.
fn everything_said(outcome: &Outcome, folder: &Folder) -> String {
    let given = ["yml", "json", "pem"];
    let is_given = |name: &str| given.iter().any(|end| name.ends_with(end));
    let files = folder.files().into_iter();
    let written = files.filter(|(name, _)| !is_given(name));
    let logged = written.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned());
    outcome.output() + &logged.collect::<String>()
}

/// What came of one case.
struct Run {
    sim: Sim,
    outcome: Outcome,
    said: String,
}

impl Run {
    fn differences(&self, expected: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, wanted) in expected.as_object().unwrap() {
            let found = match key.as_str() {
                "exit_codes" => self.exit_code(wanted),
                "exit" => self.exit(wanted),
                "no_actions" | "no_step" | "commands_for" | "no_commands_for" => {
                    self.commands(key, wanted)
                }
                "users" => self.users(wanted),
                "output_has" => self.words(wanted, true),
                "output_lacks" => self.words(wanted, false),
                "min_requests" | "max_requests" => self.requests(key, wanted),
                "any_of" => self.any_of(wanted),
                // Secrets are looked for in every case.
                "secrets_absent" => Vec::new(),
                other => vec![format!("  unknown expectation {other}")],
            };
            problems.extend(found);
        }
        problems
    }

    fn exit_code(&self, wanted: &Value) -> Vec<String> {
        let code = self.outcome.code;
        let is_wanted = list(wanted).any(|wanted| wanted.as_i64() == code.map(i64::from));
        problem(!is_wanted, || format!("exit code {code:?}, not {wanted}"))
    }

    fn exit(&self, wanted: &Value) -> Vec<String> {
        let code = self.outcome.code;
        let as_wanted = match wanted.as_str().unwrap_or("") {
            "zero" => code == Some(0),
            "nonzero" => code.is_some_and(|code| code != 0),
            // Also then the run must end by itself.
            _ => code.is_some(),
        };
        problem(!as_wanted, || format!("exit code {code:?}, not {wanted}"))
    }

    fn commands(&self, key: &str, wanted: &Value) -> Vec<String> {
        let sent = self.sent_commands();
        let is_for = |command: &Value, person: &str| {
            let root = command["user"].as_str().unwrap_or("");
            root.eq_ignore_ascii_case(person)
        };
        let any_for = |person: &str| sent.iter().any(|command| is_for(command, person));
        let any_step = |name: &str| {
            let steps = sent.iter().flat_map(|command| list(&command["do"]));
            steps.into_iter().any(|step| step.get(name).is_some())
        };
        let names = || list(wanted).filter_map(Value::as_str);
        let wrong: Vec<&str> = match key {
            "no_actions" if sent.is_empty() => Vec::new(),
            "no_actions" => vec!["any"],
            "no_step" => names().filter(|name| any_step(name)).collect(),
            "commands_for" => names().filter(|person| !any_for(person)).collect(),
            _ => names().filter(|person| any_for(person)).collect(),
        };
        let wrong = wrong.into_iter();
        wrong.map(|name| format!("  {key}: {name}")).collect()
    }

    fn sent_commands(&self) -> Vec<Value> {
        let requests = self.sim.requests();
        let posts = requests
            .iter()
            .filter(|exchange| exchange.target.contains("/action/"));
        let entries = posts.flat_map(|exchange| exchange.json().as_array().cloned());
        entries.flatten().collect()
    }

    fn users(&self, wanted: &Value) -> Vec<String> {
        let state = self.sim.state();
        let mut problems = Vec::new();
        for (org, users) in wanted.as_object().into_iter().flatten() {
            for (email, wanted) in users.as_object().into_iter().flatten() {
                let is = |user: &&Value| user["email"].as_str().is_some_and(|it| it == email);
                let found = list(&state[org]["users"]).find(is);
                let text = match (found, wanted.as_object()) {
                    (None, None) => continue,
                    (None, Some(_)) => "is gone".to_owned(),
                    (Some(_), None) => "is there".to_owned(),
                    (Some(found), Some(attributes)) => {
                        let differs =
                            |(name, value): &(&String, &Value)| !same(&found[*name], value);
                        match attributes.iter().find(differs) {
                            None => continue,
                            Some((name, _)) => format!("has {name} {}", found[name]),
                        }
                    }
                };
                problems.push(format!("  {org}: {email} {text}, not {wanted}"));
            }
        }
        problems
    }

    fn words(&self, wanted: &Value, must: bool) -> Vec<String> {
        let is_wrong = |pattern: &&str| {
            let regex = regex::RegexBuilder::new(pattern)
                .case_insensitive(true)
                .build();
            regex.unwrap().is_match(&self.said) != must
        };
        let wrong = list(wanted).filter_map(Value::as_str).filter(is_wrong);
        let what = if must {
            "nothing said"
        } else {
            "something said"
        };
        wrong
            .map(|text| format!("  {what} matches {text}"))
            .collect()
    }

    fn requests(&self, key: &str, wanted: &Value) -> Vec<String> {
        let count = self.sim.requests().len() as u64;
        let bound = wanted.as_u64().unwrap_or(0);
        let is_wrong = if key == "min_requests" {
            count < bound
        } else {
            count > bound
        };
        problem(is_wrong, || format!("{count} requests: {key} {bound}"))
    }

    fn any_of(&self, wanted: &Value) -> Vec<String> {
        let tries: Vec<Vec<String>> = list(wanted).map(|one| self.differences(one)).collect();
        if tries.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        tries.into_iter().flatten().collect()
    }

    fn leaks(&self, world: &Value) -> Vec<String> {
        let mut secrets = self.sim.issued_tokens();
        secrets.extend(world["okta"]["token"].as_str().map(str::to_owned));
        for (_, org) in world["adobe"]["orgs"].as_object().into_iter().flatten() {
            secrets.extend(org["client_secret"].as_str().map(str::to_owned));
        }
        secrets.retain(|secret| self.outcome.output().contains(secret.as_str()));
        let secrets = secrets.into_iter();
        secrets
            .map(|secret| format!("  shows the secret {secret}"))
            .collect()
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn problem(is_wrong: bool, text: impl Fn() -> String) -> Vec<String> {
    is_wrong
        .then(|| format!("  {}", text()))
        .into_iter()
        .collect()
}

/// Lists of groups are sets, and ignore case.
fn same(found: &Value, wanted: &Value) -> bool {
    let names = |value: &Value| -> BTreeSet<String> {
        let names = list(value).filter_map(Value::as_str);
        names.map(str::to_lowercase).collect()
    };
    if wanted.is_array() {
        names(found) == names(wanted)
    } else {
        found == wanted
    }
}
