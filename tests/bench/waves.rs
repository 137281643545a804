//! Requests and minutes for waves of changes, by each way and under each reading of Adobe's limits.
//!
//! `user-sync sync` runs against a simulator that enforces the documented quotas on a clock of its
//! own: waits are cut short, and count there in full. People come from a CSV file.

use crate::sim::{Service, Sim};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ORG: &str = "A1B2C3@AdobeOrg";

/// A change of a company, as two lists of groups for each person: what the directory says and what
/// Adobe has. `None`: not at Adobe.
struct Wave {
    name: &'static str,
    groups: usize,
    people: Vec<(Vec<usize>, Option<Vec<usize>>)>,
}

fn waves() -> Vec<Wave> {
    let joiners = (0..5).map(|_| (vec![1], None));
    let movers = (0..300).map(|_| (vec![1], Some(vec![0])));
    let gain = |count: usize, groups: usize| {
        (0..count).map(move |person| (vec![person % groups], Some(Vec::new())))
    };
    let group = |person: usize, nth: usize| (person * 7 + nth * 10) % 60;
    let reorganised = (0..20_000).map(move |person| {
        let groups = |nth: std::ops::Range<usize>| nth.map(|nth| group(person, nth)).collect();
        (groups(0..3), Some(groups(3..6)))
    });
    vec![
        Wave {
            name: "5 joiners and 300 moves",
            groups: 2,
            people: joiners.chain(movers).collect(),
        },
        Wave {
            name: "5,000 memberships of one group",
            groups: 1,
            people: gain(5_000, 1).collect(),
        },
        Wave {
            name: "5,000 memberships of ten groups",
            groups: 10,
            people: gain(5_000, 10).collect(),
        },
        Wave {
            name: "20,000 people, three out, three in",
            groups: 60,
            people: reorganised.collect(),
        },
        Wave {
            name: "20,000 new users",
            groups: 1,
            people: (0..20_000).map(|_| (vec![0], None)).collect(),
        },
    ]
}

/// One way to send, and how the service takes it.
struct Way {
    name: &'static str,
    batches: bool,
    limits: Value,
}

fn ways() -> [Way; 4] {
    let way = |name, batches, limits| Way {
        name,
        batches,
        limits,
    };
    [
        way("one user a command", false, json!({})),
        way("batches, 10 a list", true, json!({})),
        way("20 a list", true, json!({"list": 20})),
        way("10 a command", true, json!({"entry": 10})),
    ]
}

/// The table, as Markdown.
pub(crate) fn table(binary: &Path) -> Result<String, String> {
    let mut text = String::from("| requests, minutes ");
    for way in ways() {
        let _ = write!(text, "| {} ", way.name);
    }
    text += "|\n| --- | ---: | ---: | ---: | ---: |\n";
    for wave in waves() {
        let _ = write!(text, "| {} ", wave.name);
        let mut ends = Vec::new();
        for way in ways() {
            eprintln!("bench: {}, {}", wave.name, way.name);
            let (requests, minutes, end) = run(binary, &wave, &way)?;
            let _ = write!(text, "| {requests}, {minutes:.1} ");
            ends.push(end);
        }
        if ends.iter().any(|end| *end != ends[0]) {
            return Err(format!("{}: the ways end differently", wave.name));
        }
        text += "|\n";
    }
    Ok(text)
}

/// Action requests, minutes on the simulator's clock, and how the org ends.
fn run(binary: &Path, wave: &Wave, way: &Way) -> Result<(usize, f64, Value), String> {
    let sim = Sim::start(world(wave, way));
    let folder = sim.dir().to_owned();
    write_files(&folder, wave, way, &sim)?;
    sim.follow(folder.join("logs/run.log"));
    let mut command = Command::new(binary);
    command
        .args(["sync", "--connector", "csv", "people.csv"])
        .current_dir(&folder)
        .env("SSL_CERT_FILE", sim.ca_pem())
        .env("USER_SYNC_MAX_WAIT", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = command.output().map_err(|problem| problem.to_string())?;
    if !output.status.success() {
        let log = std::fs::read_to_string(folder.join("logs/run.log")).unwrap_or_default();
        let last = log.lines().filter(|line| !line.contains(" DEBUG "));
        let last: Vec<&str> = last.collect();
        return Err(format!("{}: {}", output.status, last.join("\n")));
    }
    let requests = sim.requests_of(Service::Umapi);
    let is_done = |target: &str, status| target.contains("/action/") && status == Some(200);
    let actions = requests
        .iter()
        .filter(|one| is_done(&one.target, one.status));
    let minutes = sim.now().as_secs_f64() / 60.0;
    Ok((actions.count(), minutes, sim.state()))
}

fn email(person: usize) -> String {
    format!("p{person:05}@example.com")
}

fn world(wave: &Wave, way: &Way) -> Value {
    let names =
        |groups: &[usize]| -> Vec<String> { groups.iter().map(|g| format!("A{g}")).collect() };
    let there = wave
        .people
        .iter()
        .enumerate()
        .filter_map(|(person, (_, groups))| {
            let groups = names(groups.as_ref()?);
            Some(
                json!({"email": email(person), "firstname": "P", "lastname": "Q", "country": "US",
                    "groups": groups}),
            )
        });
    let groups: Vec<usize> = (0..wave.groups).collect();
    let org = json!({"client_id": "cid-primary-0001", "client_secret": "p8e-Secret-primary-77aa",
                     "users": there.collect::<Vec<Value>>(), "groups": names(&groups)});
    json!({"okta": {}, "adobe": {"orgs": {ORG: org}, "quotas": true, "limits": way.limits}})
}

fn write_files(folder: &Path, wave: &Wave, way: &Way, sim: &Sim) -> Result<(), String> {
    let mapping: Vec<Value> = (0..wave.groups)
        .map(|group| json!({"directory_group": format!("D{group}"), "adobe_groups": [format!("A{group}")]}))
        .collect();
    let main = json!({
        "adobe_users": {"connectors": {"umapi": "connector-umapi.yml"}},
        "directory_users": {"user_identity_type": "federatedID", "groups": mapping},
        "limits": {"max_adobe_only_users": 10, "max_group_loss": "100%"},
        "logging": {"log_to_file": true, "file_log_directory": "logs", "file_log_level": "debug",
                    "file_log_name_format": "run.log", "console_log_level": "error"},
        "invocation_defaults": {"users": "mapped", "process_groups": true},
    });
    let umapi = json!({
        "enterprise": {"org_id": ORG, "client_id": "cid-primary-0001",
                       "client_secret": "p8e-Secret-primary-77aa"},
        "server": {"host": sim.umapi_host(), "auth_host": sim.token_host()},
        "batch_group_changes": way.batches,
    });
    let mut people = String::from("email,firstname,lastname,country,groups\n");
    for (person, (groups, _)) in wave.people.iter().enumerate() {
        let groups: Vec<String> = groups.iter().map(|group| format!("D{group}")).collect();
        let _ = writeln!(people, "{},P,Q,US,\"{}\"", email(person), groups.join(","));
    }
    let files: [(&str, String); 3] = [
        ("user-sync-config.yml", main.to_string()),
        ("connector-umapi.yml", umapi.to_string()),
        ("people.csv", people),
    ];
    for (name, content) in files {
        let path: PathBuf = folder.join(name);
        std::fs::write(&path, content)
            .map_err(|problem| format!("{}: {problem}", path.display()))?;
    }
    Ok(())
}
