//! Bad input leads to a clear message of one line and an exit code (manual/safety.md#bad-input).
//! Mutations of good input by the thousand are in `tests/fuzz`.

use crate::scene::{COMPANY, MAIN, OKTA, ORG, Scene, UMAPI, each};
use serde_json::{Value, json};

#[test]
fn a_configuration_that_cannot_be_used_names_its_file_and_contacts_nobody() {
    let deep = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    let flat = format!("a: {}", "{a: ".repeat(100));
    let large = format!("# {}\n", "x".repeat(16 * 1024 * 1024));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f]\n";
    let contents: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("a text", b"hello".to_vec()),
        ("a list", b"- a\n- b\n".to_vec()),
        ("null", b"~".to_vec()),
        ("broken", b"a: [".to_vec()),
        ("tabs", b"a:\n\t- b\n".to_vec()),
        ("deep", deep.into_bytes()),
        ("deep, unclosed", flat.into_bytes()),
        // The parser's time grows with the square of the nesting.
        ("very deep", b"{a: ".repeat(300_000)),
        ("very deep, in lists", b"[a, ".repeat(300_000)),
        ("larger than 16 MiB", large.into_bytes()),
        ("aliases that explode", bomb.as_bytes().to_vec()),
        ("binary", (0..=255).collect()),
        ("no UTF-8", b"host: caf\xe9\n".to_vec()),
        (
            "UTF-16",
            "host: a"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
        ("NUL", b"host: a\0b\n".to_vec()),
        ("unknown key", b"hots: a\n".to_vec()),
        ("two documents", b"a: 1\n---\nb: 2\n".to_vec()),
    ];
    let rows: Vec<(&str, &str, &[u8])> = contents
        .iter()
        .flat_map(|(name, content)| [MAIN, OKTA, UMAPI].map(|file| (file, *name, &content[..])))
        .collect();
    each(
        &rows,
        |(file, name, _)| format!("{file} {name}"),
        |(file, _, content)| {
            let scene = Scene::new(COMPANY);
            std::fs::write(scene.path(file), content).unwrap();
            scene
                .sync()
                .exits(2)
                .says(&regex::escape(file))
                .never_says("panicked");
            assert_eq!(scene.sim.requests().len(), 0);
        },
    );
}

#[test]
fn a_file_that_is_missing_or_is_none_is_told_by_name() {
    for file in [MAIN, OKTA, UMAPI] {
        let scene = Scene::new(COMPANY);
        std::fs::remove_file(scene.path(file)).unwrap();
        let outcome = scene.sync();
        outcome.exits(2).says(&regex::escape(file));
        std::fs::create_dir(scene.path(file)).unwrap();
        scene.sync().exits(2).says(&regex::escape(file));
    }
}

#[test]
fn every_message_is_one_line_and_control_characters_from_data_are_escaped() {
    let evil = "\u{1b}[31mred\r\n2026-11-23 14:03:07 1 INFO main - forged\u{7}\u{2028}\u{85}";
    // From Okta's data, from Okta's errors, from Adobe's errors, from the configuration.
    let scene = Scene::new(COMPANY);
    scene.sim.edit(|world| {
        let profile = &mut world["okta"]["users"]["ann"]["profile"];
        profile["login"] = json!(format!("ann{evil}"));
        profile["email"] = json!("");
    });
    let mut outcomes = vec![
        scene.sync(),
        scene.run(&["plan"]),
        scene.run(&["explain", evil]),
    ];
    for (service, path) in [("okta", "/users?"), ("umapi", "/users/"), ("token", "")] {
        let scene = Scene::new(COMPANY);
        let told = json!({"errorCode": evil, "errorSummary": evil, "result": evil, "message": evil, "error": evil, "error_description": evil});
        scene.fault(json!({"service": service, "path": path, "status": 400, "body": told}));
        outcomes.push(scene.sync());
    }
    let scene = Scene::new(COMPANY);
    let errors = json!([{"index": 0, "step": 0, "errorCode": evil, "message": evil, "user": evil}]);
    let answer = json!({"completed": 3, "notCompleted": 1, "result": "partial", "errors": errors});
    scene.fault(json!({"service": "umapi", "path": "/action/", "status": 200, "body": answer}));
    outcomes.push(scene.sync());
    let mut scene = Scene::new(COMPANY);
    scene.set(MAIN, &format!("/{}", evil.replace('/', "")), json!(1));
    outcomes.push(scene.sync());
    let mut scene = Scene::new(COMPANY);
    let group = json!({"directory_group": format!("Video{evil}"), "adobe_groups": [format!("Premiere{evil}")]});
    scene.set(MAIN, "/directory_users/groups/1", group);
    outcomes.push(scene.sync());
    let line = regex::Regex::new(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+ [A-Z]+ \S+ - ").unwrap();
    for outcome in outcomes {
        let output = outcome.output();
        for sign in ['\u{1b}', '\u{7}', '\r', '\u{2028}', '\u{85}'] {
            assert!(!output.contains(sign), "{sign:?} in\n{output}");
        }
        let is_framed = outcome.stdout.contains("===== Start Run");
        let log = if is_framed { &output } else { &outcome.stderr };
        for text in log.lines() {
            assert!(line.is_match(text), "no log line: {text}\n{output}");
            assert!(
                !text.starts_with("2026-11-23 14:03:07 1 INFO"),
                "forged: {text}"
            );
        }
        assert!(
            !outcome
                .stdout
                .lines()
                .any(|text| text.starts_with("2026-11-23 14:03:07 1")),
            "{output}"
        );
    }
}

#[test]
fn nested_json_beyond_a_depth_ends_the_run() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let rows = [
        ("okta", "/api/v1/groups?", deep(100_000)),
        ("okta", "/users?", deep(100_000)),
        (
            "okta",
            "/users?",
            format!(
                "[{{\"id\":\"1\",\"status\":\"ACTIVE\",\"profile\":{{\"x\":{}}}}}]",
                deep(100_000)
            ),
        ),
        (
            "umapi",
            "/users/",
            format!("{{\"users\":[{{\"email\":{}}}]}}", deep(100_000)),
        ),
        (
            "umapi",
            "/users/",
            format!("{{\"ignored\":{}}}", deep(1_000_000)),
        ),
        (
            "token",
            "",
            format!("{{\"access_token\":{}}}", deep(100_000)),
        ),
    ];
    each(
        &rows,
        |(service, path, body)| format!("{service} {path} {} bytes", body.len()),
        |(service, path, body)| {
            let scene = Scene::new(COMPANY);
            scene.fault(json!({"service": service, "path": path, "status": 200, "body": body}));
            scene.sync().exits(1).never_says("panicked");
            scene.wrote_nothing();
        },
    );
}

#[test]
fn the_depth_that_is_allowed_is_64() {
    // A member's attribute lies in page, member and profile.
    for (inside, code) in [(64 - 3, 0), (65 - 3, 1)] {
        let scene = Scene::new(COMPANY);
        let deep = format!("{}{}", "[".repeat(inside), "]".repeat(inside));
        let deep: Value = serde_json::from_str(&deep).unwrap();
        scene.sim.edit(|world| {
            world["okta"]["users"]["ann"]["profile"]["custom"] = deep.clone();
        });
        let outcome = scene.run(&["plan"]);
        outcome.exits(code);
        if code == 1 {
            outcome.says("deep.*64");
        }
    }
    // The value of an unknown key, which is only warned of, in the main file's mapping.
    for (inside, fine) in [(64 - 1, true), (65 - 1, false)] {
        let scene = Scene::new(COMPANY);
        let mut main: Value = serde_json::from_str(&scene.read(MAIN)).unwrap();
        let deep = format!("{}{}", "[".repeat(inside), "]".repeat(inside));
        main["unknown"] = serde_json::from_str(&deep).unwrap();
        scene.folder.write(MAIN, &main.to_string());
        let outcome = scene.run(&["plan"]);
        assert_eq!(
            outcome.output().contains("deeper than 64"),
            !fine,
            "{}",
            outcome.output()
        );
    }
}

#[test]
fn files_have_their_limits() {
    let large = |name: &str, mebibytes: u64| {
        let scene = Scene::new(COMPANY);
        let file = std::fs::File::create(scene.path(name)).unwrap();
        file.set_len(mebibytes * 1024 * 1024 + 1).unwrap();
        scene
    };
    large(MAIN, 16).run(&["plan"]).exits(2).says("16 MiB");
    large(UMAPI, 16).run(&["plan"]).exits(2).says("16 MiB");
    let mut scene = large("people.csv", 64);
    scene.option("users", json!("all"));
    let outcome = scene.run(&["sync", "--connector", "csv", "people.csv"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
    outcome.says(r"people\.csv.*64 MiB");
    let outcome = large("list.csv", 64).run(&["sync", "--adobe-only-user-list", "list.csv"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
    outcome.says(r"list\.csv.*64 MiB");
    large("plan.jsonl", 1024)
        .run(&["apply", "plan.jsonl"])
        .exits(2)
        .says("plan.jsonl");
}

#[test]
fn a_message_names_the_request_the_code_the_text_and_the_request_id() {
    let okta = json!({"errorCode": "E0000006", "errorSummary": "no permission", "errorId": "oae1"});
    let adobe = json!({"result": "error.apikey.invalid", "message": "bad key"});
    let rows = [
        (
            json!({"service": "okta", "path": "/users?", "body": okta, "headers": {"X-Okta-Request-Id": "Req-17"}}),
            r"GET localhost:\d+/api/v1/groups/\w+/users: 403 Forbidden, E0000006 no permission.*oae1.*Req-17.*: \w+",
        ),
        (
            json!({"service": "umapi", "path": "/users/", "body": adobe, "headers": {"X-Request-Id": "Req-18"}}),
            r"GET localhost:\d+/v2/usermanagement/users/\S+: 403 Forbidden, error.apikey.invalid bad key.*Req-18.*: \w+",
        ),
        (
            json!({"service": "umapi", "path": "/action/", "body": adobe, "headers": {"X-Request-Id": "Req-19"}}),
            r"POST localhost:\d+/v2/usermanagement/action/\S+: 403 Forbidden, error.apikey.invalid bad key.*Req-19.*: \w+",
        ),
        (
            json!({"service": "umapi", "path": "/users/", "headers": {"WWW-Authenticate": "Bearer error=\"invalid_token\""}}),
            r"403 Forbidden, Bearer error=.invalid_token.",
        ),
    ];
    for (mut fault, pattern) in rows {
        let scene = Scene::new(COMPANY);
        fault["status"] = json!(403);
        scene.fault(fault);
        scene.sync().exits(1).says(pattern);
    }
}

#[test]
fn a_profile_of_any_shape_is_no_panic() {
    let odd = [
        json!(null),
        json!(true),
        json!(17),
        json!(-0.5),
        json!(1e300),
        json!(u64::MAX),
        json!([]),
        json!([[1]]),
        json!({"a": {"b": 1}}),
        json!("\u{0}\u{fffd}😀"),
        json!("x".repeat(100_000)),
    ];
    for value in odd {
        let scene = Scene::new(COMPANY);
        scene.sim.edit(|world| {
            for key in ["firstName", "lastName", "countryCode", "email", "login"] {
                world["okta"]["users"]["cleo"]["profile"][key] = value.clone();
            }
        });
        let outcome = scene.sync();
        outcome.never_says("panicked");
        assert!(matches!(outcome.code, Some(0..=3)), "{}", outcome.output());
    }
}

#[test]
fn adobe_users_of_any_shape_are_no_panic_and_nobody_is_removed_for_them() {
    let odd = [
        json!({}),
        json!({"email": null}),
        json!({"email": "", "type": "federatedID"}),
        json!({"email": "leo@example.com", "type": "unknown"}),
        json!({"email": "leo@example.com"}),
        json!({"username": "leo", "type": "federatedID"}),
        json!({"email": "leo@example.com", "type": "martian", "groups": ["Creative"]}),
    ];
    for user in odd {
        let scene = Scene::new("Design: ann\n Video:\n adobe: leo");
        let page = json!({"result": "success", "lastPage": true, "users": [user]});
        scene.fault(json!({"service": "umapi", "path": "/users/", "status": 200, "body": page}));
        let outcome = scene.sync();
        outcome.never_says("panicked");
        assert!(scene.groups_of("leo").is_some(), "{user}");
        if outcome.code == Some(0) {
            outcome.says("WARNING");
        }
    }
}

#[test]
fn usage_errors_contact_nobody() {
    let rows: [&[&str]; 14] = [
        &["sync", "--users"],
        &["sync", "--users", "everybody"],
        &["sync", "--users", "all"],
        &["sync", "--nonsense"],
        &["sync", "--user-filter", "("],
        &["sync", "--connector", "ldap"],
        &["sync", "--connector", "okta", "file.csv"],
        &["sync", "--adobe-only-user-action", "explode"],
        &["sync", "—users", "mapped"],
        &[
            "sync",
            "--strategy",
            "push",
            "--adobe-only-user-list",
            "x.csv",
        ],
        &["sync", "--adobe-users", "group", "nowhere::X"],
        &["apply"],
        &["explain"],
        &["nonsense"],
    ];
    for arguments in rows {
        let scene = Scene::new(COMPANY);
        let outcome = scene.run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}\n{}", outcome.output());
        assert!(!outcome.stderr.is_empty());
        assert_eq!(scene.sim.requests().len(), 0, "{arguments:?}");
    }
}

#[test]
fn arguments_that_are_no_text_are_no_panic() {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let scene = Scene::new(COMPANY);
        let mut command = scene.command(&["sync", "-c"]);
        command.arg(std::ffi::OsStr::from_bytes(b"caf\xe9.yml"));
        crate::child::Child::start(command)
            .finish()
            .exits(2)
            .never_says("panicked");
    }
}

#[test]
fn a_list_of_adobe_only_users_with_bad_lines_does_the_good_ones() {
    let scene = Scene::new("Design:\n Video:\n adobe: ann leo mia");
    let list = "type,username,email,domain\nfederatedID,,leo@example.com,\nmartian,,mia@example.com,\nfederatedID,,,\n\"open,quote\n";
    scene.folder.write("list.csv", list);
    let outcome = scene.run(&["sync", "--adobe-only-user-list", "list.csv"]);
    outcome
        .exits(3)
        .says(r"list\.csv.*(:3|line 3)")
        .says(r"list\.csv.*(:4|line 4)");
    assert_eq!(scene.groups_of("leo"), None);
    assert!(scene.groups_of("ann").is_some() && scene.groups_of("mia").is_some());
}

#[test]
fn a_list_of_adobe_only_users_is_not_read_beyond_damage() {
    let head = "type,username,email,domain\nfederatedID,,leo@example.com,\n";
    // Read leniently, each would name somebody who is not meant, or pass over Mia.
    for (damaged, line) in [
        (
            "federatedID,,\"mia@example.com,\nfederatedID,,ann@example.com,\n",
            3,
        ),
        (
            "federatedID,\"x,mia@example.com,\nfederatedID,\"\",ann@example.com,\"\"\n",
            3,
        ),
        (
            "federatedID,,mia@example.com,\nfederatedID,,ann@example.co",
            4,
        ),
    ] {
        let scene = Scene::new("Design:\n Video:\n adobe: ann leo mia");
        scene.folder.write("list.csv", &format!("{head}{damaged}"));
        let outcome = scene.run(&["sync", "--adobe-only-user-list", "list.csv"]);
        outcome.exits(3).says(&format!(
            r"ERROR .*list\.csv.*line {line}: .*behind it are skipped"
        ));
        assert_eq!(scene.groups_of("leo"), None, "{damaged}");
        assert!(scene.groups_of("ann").is_some(), "{damaged}");
        assert_eq!(scene.groups_of("mia").is_some(), line == 3, "{damaged}");
        let asked: String = scene
            .actions()
            .iter()
            .map(|action| String::from_utf8_lossy(&action.body).into_owned())
            .collect();
        assert!(!asked.contains("ann@"), "{asked}");
    }
}

#[test]
fn a_damaged_csv_directory_removes_nobody() {
    let rows: Vec<String> = ["ann", "bob", "cleo", "dora", "eve"]
        .iter()
        .map(|name| format!("{name}@example.com,{name},Test,US,\"Design, Video\",federatedID\n"))
        .collect();
    let head = "email,firstname,lastname,country,groups,type\n";
    let whole = format!("{head}{}", rows.concat());
    let run = |content: &str| {
        let mut scene = Scene::new("Design:\n Video:\n adobe: ann bob cleo dora eve leo");
        scene.option("users", json!("all"));
        scene.folder.write("people.csv", content);
        let outcome = scene.run(&["sync", "--connector", "csv", "people.csv"]);
        (scene, outcome)
    };
    let (scene, outcome) = run(&whole);
    outcome.exits(0).never_says(r"WARNING .*people\.csv");
    assert_eq!(
        scene.groups_of("leo"),
        None,
        "a whole file removes who is not in it"
    );

    let start = head.len() + rows[0].len();
    let mut damaged = vec![
        // A quote that nothing closes, one that closes in a later row, and one that hides rows
        // whole because a quoted cell there begins with the delimiter.
        (whole.replacen("bob,Test", "\"bob,Test", 1), 3),
        (
            whole.replacen("US,\"Design, Video\"", "US,\"Design, Video", 1),
            2,
        ),
        (
            whole
                .replacen("bob,Test", "\"bob,Test", 1)
                .replacen("cleo,Test", "\",Test", 1),
            3,
        ),
    ];
    // Cut off in the second row, before its last cell.
    for length in [1, 20, 25, 30, 40, 43] {
        damaged.push((whole[..start + length].to_owned(), 3));
    }
    for (content, line) in damaged {
        let (scene, outcome) = run(&content);
        outcome
            .exits(2)
            .says(&format!(r"CRITICAL .*people\.csv: line {line}: "));
        scene.wrote_nothing();
    }
    // Cut off in a last cell: it may be whole.
    let (_, outcome) = run(whole.trim_end());
    outcome.exits(0).says("WARNING .*people.csv.*no line end");
}

#[test]
fn bad_lines_of_a_list_have_their_true_number() {
    let scene = Scene::new("Design:\n Video:\n adobe: leo mia");
    let list = "email,type\n\nodd\n\nmia@example.com,federatedID,more\nleo@example.com,\n\"mia@example.com\nx,y\n";
    scene.folder.write("list.csv", list);
    scene
        .run(&["sync", "--adobe-only-user-list", "list.csv"])
        .exits(3)
        .says(r"line 3: email .odd. is no e-mail address")
        .says(r"line 5: has more cells than there are columns \(2\)")
        .says(r"line 7: a quote .* is not closed");
    assert_eq!(scene.adobe(), "mia[]");
}

#[test]
fn a_csv_directory_of_bad_input_is_no_panic() {
    let contents: [&[u8]; 7] = [
        b"",
        b"email\n",
        b"nothing,known\n1,2\n",
        b"\xff\xfe",
        b"email,groups\n\"open",
        b"email,email\na,b\n",
        b"email\n\0\n",
    ];
    for content in contents {
        let mut scene = Scene::new(COMPANY);
        scene.option("users", json!("all"));
        std::fs::write(scene.path("people.csv"), content).unwrap();
        let outcome = scene.run(&["sync", "--connector", "csv", "people.csv"]);
        outcome.never_says("panicked");
        assert!(
            matches!(outcome.code, Some(1..=4)),
            "{content:?} {}",
            outcome.output()
        );
        let org = &scene.sim.state()[ORG];
        assert_eq!(org["removed"], Value::Array(Vec::new()), "{content:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_a_file_is_an_error_and_no_hang() {
    const PIPE: &str = "pipe";
    type Spoil<'t> = &'t dyn Fn(&mut Scene);
    let nothing: Spoil = &|_| {};
    let rows: [(&[&str], Spoil); 12] = [
        (&["sync", "-c", PIPE], nothing),
        (&["plan", "-c", PIPE], nothing),
        (&["plan"], &|scene| {
            scene.set(MAIN, "/directory_users/connectors/okta", json!(PIPE));
        }),
        (&["plan"], &|scene| {
            scene.set(MAIN, "/directory_users/extension", json!(PIPE));
        }),
        (&["plan"], &|scene| {
            scene.set(OKTA, "/api_token_file", json!(PIPE));
            scene.set(OKTA, "/api_token", Value::Null);
        }),
        (&["sync", "--connector", "csv", PIPE], nothing),
        (&["sync", "--users", "file", PIPE], nothing),
        (&["sync", "--adobe-only-user-list", PIPE], nothing),
        (&["apply", PIPE], nothing),
        (&["show", PIPE], nothing),
        (&["eval", "--filter", "True", "--user", PIPE], nothing),
        (&["sync"], &|scene| {
            scene.environment("SSL_CERT_FILE", Some(PIPE));
        }),
    ];
    for (arguments, spoil) in rows {
        let mut scene = Scene::new(COMPANY);
        make_pipe(&scene.path(PIPE));
        spoil(&mut scene);
        let run = scene.run(arguments);
        assert!(matches!(run.code, Some(1 | 2)), "{}", run.output());
        run.says("pipe.*it is no regular file");
        assert!(scene.sim.requests().is_empty(), "{arguments:?}");
    }
    // `check` tells it as it tells all else.
    let scene = Scene::new(COMPANY);
    make_pipe(&scene.path(PIPE));
    scene
        .run(&["check", "-c", PIPE])
        .exits(1)
        .says("^FAIL .*it is no regular file");
}

#[cfg(unix)]
fn make_pipe(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}
