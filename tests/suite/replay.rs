//! Holds the simulator against the conformance cases without the product: the
//! expected commands must bring about the expected state.

use crate::case::Case;
use crate::conformance::{cases, compare, compare_states, sent_commands};
use crate::sim::Sim;
use crate::support::{self, Client};
use serde_json::{Value, json};

/// Proves that the simulator and the expected states agree.
#[test]
fn the_commands_of_every_case_bring_about_its_state() {
    let mut failures = Vec::new();
    for case in cases(&|_| true) {
        let problems = replay(&case);
        if !problems.is_empty() {
            failures.push(format!("{}\n{}", case.name, problems.join("\n")));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

/// Sends the expected commands of a case, one a request, group commands first.
fn replay(case: &Case) -> Vec<String> {
    let sim = Sim::start(case.world.clone());
    let client = Client::new(&sim);
    let commands = case.expected["commands"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let (groups, users): (Vec<Value>, Vec<Value>) = commands
        .into_iter()
        .partition(|command| command.get("usergroup").is_some());
    for command in groups.iter().chain(&users) {
        let org_id = command["org"].as_str().unwrap();
        let org = &case.world["adobe"]["orgs"][org_id];
        let (id, secret) = (
            org["client_id"].as_str().unwrap(),
            org["client_secret"].as_str().unwrap(),
        );
        let bearer = format!("Bearer {}", token(&client, &sim, id, secret));
        let headers = [
            ("Authorization", bearer.as_str()),
            ("X-Api-Key", id),
            ("Content-Type", "application/json"),
        ];
        let test = if command["testOnly"] == true {
            "?testOnly=true"
        } else {
            ""
        };
        let host = sim.umapi_host();
        let url = format!("https://{host}/v2/usermanagement/action/{org_id}{test}");
        for entry in wire_entries(command) {
            let answer = client
                .post(&url, &headers, &json!([entry]).to_string())
                .unwrap();
            assert_eq!(answer.status(), 200, "{}: {entry}", case.name);
        }
    }
    let mut problems = compare_states(&case.expected["state"], &sim.state());
    problems.extend(sim.violations());
    problems.extend(compare(
        "command as replayed",
        &case.expected["commands"]
            .as_array()
            .cloned()
            .unwrap_or_default(),
        &sent_commands(&sim.requests()),
    ));
    problems
}

/// A command of the golden file as entries: lists and steps of ten at most.
fn wire_entries(command: &Value) -> Vec<Value> {
    let mut entry = command.clone();
    let members = entry.as_object_mut().unwrap();
    members.remove("org");
    members.remove("testOnly");
    let mut steps = Vec::new();
    for step in command["do"].as_array().unwrap() {
        let (key, value) = step.as_object().unwrap().iter().next().unwrap();
        match value["group"].as_array() {
            Some(names) => {
                steps.extend(names.chunks(10).map(|names| json!({key: {"group": names}})))
            }
            None => steps.push(step.clone()),
        }
    }
    let entries = steps.chunks(10).map(|steps| {
        entry["do"] = json!(steps);
        entry.clone()
    });
    entries.collect()
}

fn token(client: &Client, sim: &Sim, id: &str, secret: &str) -> String {
    let host = sim.umapi_host();
    let scope = "openid%2CAdobeID%2Cuser_management_sdk";
    let body = format!(
        "client_id={id}&client_secret={secret}&grant_type=client_credentials&scope={scope}"
    );
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = client
        .post(&format!("https://{host}/ims/token/v2"), &kind, &body)
        .unwrap();
    support::json(answer)["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}
