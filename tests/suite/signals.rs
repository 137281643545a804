//! SIGINT, SIGTERM and SIGHUP (manual/safety.md#signals). Where the run is when the signal
//! comes is known from the simulator: it holds the answer back.
#![cfg(unix)]

use crate::child::{Child, until};
use crate::scene::{COMPANY, MAIN, OKTA, Scene, each};
use crate::support::Outcome;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Those that stop a run. Under `nohup` a hang-up stops none, and the runs of these tests inherit that.
fn signals() -> Vec<&'static str> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    if ignored.is_some_and(|set| set & 1 == 1) {
        eprintln!("skipped: SIGHUP, which is ignored here");
        return vec!["INT", "TERM"];
    }
    vec!["INT", "TERM", "HUP"]
}

/// Sends the signal, and checks that the run ends soon after.
fn ends_soon(child: Child, signal: &str) -> Outcome {
    let start = Instant::now();
    child.signal(signal);
    let outcome = child.finish();
    // A second is promised; the rest is for a machine with much to do.
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    outcome
}

const STOPPED: &str = "stopped by a signal; nothing was written";

fn tells_of_the_signal(outcome: &Outcome) {
    outcome
        .exits(130)
        .says(&format!("CRITICAL main - {STOPPED}$"));
    tells_once(&outcome.output());
}

/// The reason is there, once, and no error or further try beside it.
fn tells_once(log: &str) {
    assert_eq!(log.matches(STOPPED).count(), 1, "{log}");
    assert!(!log.contains(" ERROR "), "{log}");
}

fn many() -> String {
    let names: Vec<String> = (0..35).map(|number| format!("p{number:02}")).collect();
    format!(
        "Design: {}\n Video:\n adobe: p00[Stock] leo[Creative]",
        names.join(" ")
    )
}

#[test]
fn while_reading_a_signal_stops_the_run_with_130_and_nothing_written() {
    let places = [
        ("okta", "/api/v1/groups?"),
        ("okta", "/users?"),
        ("token", "/ims/"),
        ("umapi", "/users/"),
    ];
    let rows: Vec<(&str, &str, &str)> = signals()
        .into_iter()
        .flat_map(|signal| places.map(|(service, path)| (signal, service, path)))
        .collect();
    each(
        &rows,
        |row| format!("{row:?}"),
        |(signal, service, path)| {
            let mut scene = Scene::new(COMPANY);
            scene.option("report", json!("report.json"));
            scene.set(MAIN, "/logging/log_to_file", json!(true));
            scene.set(MAIN, "/logging/file_log_name_format", json!("sync.log"));
            scene.fault(json!({"service": service, "path": path, "hang": true}));
            let child = scene.start(&["sync"]);
            scene.until_asked(path);
            tells_of_the_signal(&ends_soon(child, signal));
            scene.wrote_nothing();
            // Log file and report say the same.
            tells_once(&scene.read("logs/sync.log"));
            let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
            assert_eq!(report["exit_code"], 130, "{report}");
            assert_eq!(report["error"], STOPPED, "{report}");
        },
    );
}

#[test]
fn while_waiting_a_signal_stops_the_run_with_130() {
    for signal in signals() {
        let mut scene = Scene::new(COMPANY);
        scene.environment("USER_SYNC_MAX_WAIT", None);
        scene.fault(json!({"service": "okta", "status": 503, "retry_after": 600}));
        let child = scene.start(&["sync"]);
        child.until_says("trying again in");
        tells_of_the_signal(&ends_soon(child, signal));
        scene.wrote_nothing();
    }
}

#[test]
fn in_the_middle_of_an_answer_and_of_a_handshake_a_signal_stops_the_run_with_130() {
    // A listener that takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/host", json!(format!("localhost:{port}")));
    let child = scene.start(&["sync"]);
    drop(silent.accept().map(|(stream, _)| {
        let mut hello = [0; 5];
        std::io::Read::read_exact(&mut &stream, &mut hello).unwrap();
        tells_of_the_signal(&ends_soon(child, "INT"));
    }));

    for (service, path) in [("okta", "/users?"), ("umapi", "/users/")] {
        let scene = Scene::new(COMPANY);
        scene.fault(json!({"service": service, "path": path, "drip_ms": 100}));
        let child = scene.start(&["sync"]);
        scene.until_asked(path);
        tells_of_the_signal(&ends_soon(child, "TERM"));
        scene.wrote_nothing();
    }
}

/// A server that takes no further connection: whoever connects is left waiting.
fn full_server() -> (std::net::TcpListener, Vec<std::net::TcpStream>) {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let mut connections = Vec::new();
    let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(300));
    while let Ok(connection) = connect() {
        connections.push(connection);
        assert!(connections.len() < 10_000, "it takes any number");
    }
    (server, connections)
}

#[test]
fn while_connecting_a_signal_stops_the_run_with_130() {
    let (server, _connections) = full_server();
    let port = server.local_addr().unwrap().port();
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/host", json!(format!("127.0.0.1:{port}")));
    for signal in signals() {
        let child = scene.start(&["sync"]);
        child.until_says("DEBUG okta - 127.0.0.1:");
        tells_of_the_signal(&ends_soon(child, signal));
    }
    // Without a signal it is given up in time.
    scene.set(OKTA, "/timeout", json!(1));
    scene.set(OKTA, "/retries", json!(0));
    scene.sync().exits(1).says("no connection in time");
}

#[test]
fn every_command_that_reads_obeys_signals() {
    let commands: [&[&str]; 6] = [
        &["plan", "--json"],
        &["plan", "--out", "plan.jsonl"],
        &["explain", "ann@example.com", "nobody@example.com"],
        &["check"],
        &["sync", "-t"],
        &["sync", "--strategy", "push"],
    ];
    each(
        &commands,
        |arguments| format!("{arguments:?}"),
        |arguments| {
            for (service, path) in [("okta", "/users?"), ("token", "")] {
                let scene = Scene::new(COMPANY);
                scene.fault(json!({"service": service, "path": path, "hang": true}));
                let child = scene.start(arguments);
                scene.until_asked(if path.is_empty() { "/ims/" } else { path });
                let outcome = ends_soon(child, "INT");
                tells_of_the_signal(&outcome);
                // The log of `sync` goes there; no command has a result.
                let is_log = arguments[0] == "sync";
                assert!(is_log || outcome.stdout.is_empty(), "{}", outcome.stdout);
                assert!(!scene.path("plan.jsonl").exists());
                scene.wrote_nothing();
            }
        },
    );
    // The search for somebody who is in no loaded group.
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": "/api/v1/users?", "hang": true}));
    let child = scene.start(&["explain", "nobody@example.com", "none@example.com"]);
    scene.until_asked("/api/v1/users?");
    tells_of_the_signal(&ends_soon(child, "INT"));
}

#[test]
fn while_a_hook_runs_a_signal_stops_the_run_with_130() {
    let mut scene = Scene::new(&many());
    // Takes long for so many people.
    scene.hook(
        "logger.info('in the hook')\nfor a in range(1000):\n    for b in range(300):\n        pass\n",
    );
    let child = scene.start(&["sync"]);
    child.until_says("in the hook");
    let outcome = ends_soon(child, "INT");
    tells_of_the_signal(&outcome);
    outcome.never_says("Action Summary");
    scene.wrote_nothing();
}

/// A run on a machine whose name server is at that address; `None` where that cannot be made.
#[cfg(target_os = "linux")]
fn with_name_server(scene: &Scene, address: &str) -> Option<Child> {
    scene.folder.write(
        "resolv.conf",
        &format!("nameserver {address}\noptions timeout:30\n"),
    );
    let mount = "mount --bind resolv.conf /etc/resolv.conf";
    let mut tried = std::process::Command::new("unshare");
    tried.args(["-m", "sh", "-c", mount]);
    let tried = tried.current_dir(scene.folder.path()).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        eprintln!("skipped: no mount namespaces");
        return None;
    }
    let prelude = format!("exec unshare -m sh -c '{mount} && exec \"$0\" \"$@\"' \"$0\" \"$@\"");
    Some(scene.start_after(&prelude, &["sync"]))
}

#[test]
#[cfg(target_os = "linux")]
fn while_a_name_is_looked_up_a_signal_stops_the_run_with_130() {
    // It hears questions and gives no answers.
    let Ok(silent) = std::net::UdpSocket::bind("127.0.0.77:53") else {
        eprintln!("skipped: the port of name servers is taken, or not for us");
        return;
    };
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/host", json!("tenant.okta.example"));
    let Some(child) = with_name_server(&scene, "127.0.0.77") else {
        return;
    };
    silent.recv(&mut [0; 512]).unwrap();
    tells_of_the_signal(&ends_soon(child, "INT"));
    // Without a signal it is given up in time.
    scene.set(OKTA, "/timeout", json!(1));
    scene.set(OKTA, "/retries", json!(0));
    if let Some(child) = with_name_server(&scene, "127.0.0.77") {
        child.finish().exits(1).says("no connection in time");
    }
}

#[test]
fn while_writing_the_request_in_flight_is_finished_and_summary_and_report_are_written() {
    for signal in signals() {
        let mut scene = Scene::new(&many());
        scene.option("report", json!("report.json"));
        scene.fault(json!({"service": "umapi", "path": "/action/", "delay_ms": 700, "nth": 2}));
        let child = scene.start(&["sync"]);
        until("the second request", || scene.actions().len() == 2);
        child.signal(signal);
        let outcome = child.finish();
        outcome
            .exits(5)
            .says("Action Summary")
            .says(r"success, error\): \(20, 20, 0\)");
        assert_eq!(scene.actions().len(), 2, "no further request");
        let report: Value = serde_json::from_str(&scene.read("report.json")).unwrap();
        assert!(report.to_string().contains("\"exit_code\":5"), "{report}");
        // What is said is true: twenty people changed, and a second run does the rest.
        let clean = Scene::clean_state(&many(), |_| {});
        scene.sim.clear_faults();
        scene.sync().exits(0);
        assert_eq!(scene.sim.state(), clean);
    }
}

#[test]
fn while_writing_a_signal_ends_a_wait_and_the_run_with_5() {
    let mut scene = Scene::new(&many());
    scene.environment("USER_SYNC_MAX_WAIT", None);
    scene.fault(json!({"service": "umapi", "path": "/action/", "status": 503, "retry_after": 600, "nth": 2}));
    let child = scene.start(&["sync"]);
    child.until_says("trying again in");
    ends_soon(child, "TERM")
        .exits(5)
        .says("Action Summary")
        .says(r"\(\d+, 10, \d+\)");
    assert_eq!(scene.actions().len(), 2);
}

#[test]
fn a_signal_while_the_first_request_waits_says_that_nothing_was_carried_out() {
    let mut scene = Scene::new(&many());
    scene.environment("USER_SYNC_MAX_WAIT", None);
    scene.fault(json!({"service": "umapi", "path": "/action/", "status": 429, "retry_after": 600}));
    let child = scene.start(&["sync"]);
    child.until_says("trying again in");
    // Refused, so nothing was written.
    tells_of_the_signal(&ends_soon(child, "INT"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "okta", "path": "/users?", "delay_ms": 700, "nth": 1}));
    // What `nohup` does.
    let child = scene.start_after("trap '' HUP", &["sync"]);
    scene.until_asked("/users?");
    child.signal("HUP");
    child.finish().exits(0).says("Action Summary");
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let twice = signals().into_iter().map(|signal| (signal, signal));
    for (first, second) in twice.chain([("TERM", "INT"), ("INT", "TERM")]) {
        let scene = Scene::new(&many());
        scene.fault(json!({"service": "umapi", "path": "/action/", "hang": true, "nth": 2}));
        let child = scene.start(&["sync"]);
        until("the second request", || scene.actions().len() == 2);
        child.signal(first);
        child.takes_signals();
        // The request in flight hangs: only the second signal can end the run.
        ends_soon(child, second).exits(5);
    }
}

#[test]
fn apply_and_plan_obey_signals_too() {
    let scene = Scene::new(&many());
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.fault(json!({"service": "umapi", "path": "/action/", "delay_ms": 700, "nth": 2}));
    let child = scene.start(&["apply", "plan.jsonl"]);
    until("the second request", || scene.actions().len() == 2);
    child.signal("TERM");
    child.finish().exits(5);
    assert_eq!(scene.actions().len(), 2);
    scene.sim.clear_faults();
    scene.run(&["apply", "plan.jsonl"]).exits(0);
    let clean = Scene::clean_state(&many(), |_| {});
    assert_eq!(scene.sim.state(), clean);

    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "umapi", "path": "/users/", "hang": true}));
    let child = scene.start(&["plan", "--out", "plan.jsonl"]);
    scene.until_asked("/usermanagement/users/");
    ends_soon(child, "INT").exits(130);
    assert!(!scene.path("plan.jsonl").exists());
}

#[test]
fn a_signal_leaves_no_half_written_file() {
    let mut scene = Scene::new(COMPANY);
    scene.option("report", json!("report.json"));
    scene.set(MAIN, "/logging/log_to_file", json!(true));
    scene.fault(json!({"service": "umapi", "path": "/users/", "hang": true}));
    let child = scene.start(&["sync"]);
    scene.until_asked("/usermanagement/users/");
    ends_soon(child, "KILL");
    let names: Vec<String> = scene
        .folder
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.contains("tmp") && !name.contains("report")),
        "{names:?}"
    );
}
