//! Recordings that are refused, and what is refused to be recorded
//! (manual/requests.md#read-once-look-often).

use crate::recordings::{asked_nobody, members, packed, recorded, unpacked};
use crate::scene::{CLIENT_SECRET, COMPANY, EMEA, MAIN, OKTA, OKTA_TOKEN, ORG, Scene, UMAPI, each};
use crate::support::Outcome;
use serde_json::{Value, json};

#[test]
fn what_a_recording_does_not_hold_is_an_error_and_nobody_counts_as_gone() {
    let group = |name: &str| json!([{"directory_group": name, "adobe_groups": ["Creative"]}]);
    type Row = (&'static str, Box<dyn Fn(&mut Scene) + Sync>, &'static str);
    let filter = |filter: &'static str| {
        move |scene: &mut Scene| {
            scene.set(OKTA, "/all_users_filter", json!(filter));
        }
    };
    let rows: Vec<Row> = vec![
        (
            "a group",
            Box::new(move |scene| {
                scene.set(MAIN, "/directory_users/groups", group("No \"X\""));
            }),
            r#"Okta group "No "X"" is not in the recording: read anew with --record"#,
        ),
        (
            "the members of a group",
            Box::new(|scene| {
                scene.set(OKTA, "/page_size", json!(7));
            }),
            r#"the list of members of Okta group "Design" is not in the recording"#,
        ),
        (
            "all groups",
            Box::new(|scene| {
                let rule = json!([{"source": "Vid(.*)", "target": "Pre$1"}]);
                scene.set(MAIN, "/directory_users/additional_groups", rule);
            }),
            "the list of all Okta groups is not in the recording",
        ),
        (
            "an attribute",
            Box::new(filter("user.profile.department == 'Art'")),
            "profile.department of Okta's users, .* is not in the recording: read anew",
        ),
        (
            "all attributes",
            Box::new(filter("'Art' in str(user.profile)")),
            "profile of Okta's users, .* is not in the recording",
        ),
        (
            "a field",
            Box::new(filter("user.lastLogin")),
            "lastLogin of Okta's users, .* is not in the recording",
        ),
        (
            "members of an Adobe group",
            Box::new(|scene| {
                scene.option("adobe_users", json!("mapped"));
            }),
            r#"the list of members of Adobe group "Creative" of org A1B2C3@AdobeOrg is not in"#,
        ),
        (
            "Adobe's groups",
            Box::new(|scene| {
                let options = json!({"auto_create": true});
                scene.set(MAIN, "/directory_users/group_sync_options", options);
            }),
            "the list of groups of Adobe org A1B2C3@AdobeOrg is not in the recording",
        ),
    ];
    each(
        &rows,
        |row| row.0.to_owned(),
        |(_, prepare, message)| {
            let mut scene = recorded(COMPANY);
            prepare(&mut scene);
            let plan = scene.run(&["plan", "--replay", "r.gz", "--out", "p"]);
            plan.exits(1)
                .says(&format!("CRITICAL main - r.gz: {message}"));
            assert!(!scene.path("p").exists());
            asked_nobody(&scene);
        },
    );
}

#[test]
fn a_recording_of_another_tenant_or_org_is_refused() {
    let scene = recorded(COMPANY);
    let header = &members(&std::fs::read(scene.path("r.gz")).unwrap())[0];
    let header: Value = serde_json::from_str(header).unwrap();
    let rows = [
        (
            "tenant",
            json!("other.okta.com"),
            "of the Okta tenant other.okta.com, not of localhost",
        ),
        ("tenant", Value::Null, "of no Okta tenant, not of localhost"),
        (
            "orgs",
            json!([EMEA]),
            "of the Adobe org E4E5E6@AdobeOrg, not of A1B2C3@AdobeOrg",
        ),
    ];
    for (key, value, message) in rows {
        let mut members = members(&std::fs::read(scene.path("r.gz")).unwrap());
        let mut other = header.clone();
        other[key] = value;
        members[0] = format!("{other}\n");
        std::fs::write(scene.path("other.gz"), packed(&members)).unwrap();
        for command in [&["plan"][..], &["explain", "ann@example.com"], &["check"]] {
            let refused = scene.run(&[command, &["--replay", "other.gz"]].concat());
            refused.exits(2).says(&format!(
                "CRITICAL main - other.gz: the recording is {message}"
            ));
        }
    }
    asked_nobody(&scene);
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let scene = recorded(COMPANY);
    scene.folder.write("list.csv", "type,username,domain\n");
    let list = ["plan", "--adobe-only-user-list", "list.csv"];
    for (arguments, message) in [
        (
            &["sync", "--replay", "r.gz"][..],
            "(?m)sync does not take --replay, which belongs to plan, explain, check$",
        ),
        (&["--replay", "r.gz"], "sync does not take --replay"),
        (
            &["apply", "p", "--record", "r.gz"],
            "apply does not take --record",
        ),
        (
            &["plan", "--record", "a", "--replay", "r.gz"],
            "--record does not go with --replay",
        ),
        (
            &[&list[..], &["--record", "a"]].concat(),
            "does not go with --record",
        ),
        (
            &[&list[..], &["--replay", "r.gz"]].concat(),
            "does not go with --replay",
        ),
        (
            &["plan", "--record", UMAPI],
            "the recording would overwrite .*connector-umapi.yml",
        ),
        (
            &["check", "--record", MAIN],
            "the recording would overwrite .*user-sync-config.yml",
        ),
        (
            &["explain", "ann", "--record", OKTA],
            "the recording would overwrite",
        ),
        (
            &["plan", "--record", "a", "--out", "a"],
            "would overwrite a",
        ),
        (
            &["plan", "--replay", "r.gz", "--out", "r.gz"],
            "would overwrite r.gz",
        ),
    ] {
        scene.run(arguments).exits(2).says(message);
    }
    asked_nobody(&scene);
}

/// A list that shows a secret is no recording; what a refusal says is recorded without it.
#[test]
fn a_secret_that_comes_back_is_not_recorded() {
    let base64 = "MDBSK09rdGEvVG9rM249bWFya345ZjNj";
    assert_eq!(
        OKTA_TOKEN, "00R+Okta/Tok3n=mark~9f3c",
        "whose base64 that is"
    );
    let percent = OKTA_TOKEN.replace('/', "%2F").replace('+', "%2b");
    for (place, name) in [
        ("okta", OKTA_TOKEN),
        ("okta", base64),
        ("okta", &percent),
        ("adobe", CLIENT_SECRET),
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.option("update_user_info", json!(true));
        scene.sim.edit(|world| match place {
            "okta" => {
                world["okta"]["users"]["bob"]["profile"]["lastName"] = json!(format!("a {name} b"))
            }
            _ => world["adobe"]["orgs"][ORG]["users"][1]["lastname"] = json!(format!("x{name}")),
        });
        let outcome = scene.run(&["sync", "--record", "r.gz"]);
        outcome
            .exits(1)
            .says("the answer shows a secret that this (very )?run sends");
        outcome.never_says(&regex::escape(name));
        assert!(!scene.path("r.gz").exists(), "{name}");
        scene.wrote_nothing();
    }
    let scene = Scene::new(COMPANY);
    let search =
        json!({"service": "okta", "path": "search=", "times": 9, "echo_authorization": 400});
    scene.fault(search);
    scene
        .run(&["plan", "--record", "r.gz", "--out", "p"])
        .exits(0);
    let text = unpacked(&scene.path("r.gz"));
    assert!(!text.contains(OKTA_TOKEN), "{text}");
    assert!(text.contains("***"), "{text}");
    scene
        .run(&["plan", "--replay", "r.gz", "--out", "q"])
        .exits(0);
    assert_eq!(scene.read("p"), scene.read("q"));
}

#[cfg(unix)]
#[test]
fn a_recording_that_cannot_be_written_ends_the_run_before_anything_else() {
    let scene = Scene::new(COMPANY);
    let outcome = scene.run(&["sync", "--record", "no/folder/r.gz"]);
    outcome
        .exits(1)
        .says("no/folder/r.gz: the recording cannot be written: ");
    let full = scene.run(&["sync", "--record", "/dev/full"]);
    full.exits(1)
        .says("/dev/full: the recording cannot be written: ");
    asked_nobody(&scene);
}

/// One clear line, whatever the file holds.
#[test]
fn damaged_recordings_are_refused() {
    let scene = recorded(COMPANY);
    let good = std::fs::read(scene.path("r.gz")).unwrap();
    let all = members(&good);
    let none = "it is no recording that user-sync made";
    let damaged = "the recording is damaged \\(.*\\): read anew with --record";
    let mut flipped = good.clone();
    let middle = good.len() / 2;
    flipped[middle] ^= 0x40;
    let with = |number: usize, member: &str| {
        let mut members = all.clone();
        members[number] = member.to_owned();
        packed(&members)
    };
    let lacking: Vec<&String> = all
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != 3)
        .map(|(_, m)| m)
        .collect();
    let version = all[0].replace("\"version\":1", "\"version\":9");
    let answer = all[1].lines().next().unwrap();
    let members_line = all[3].lines().next().unwrap();
    let bomb = format!("{answer}\n{}", " ".repeat(65 * 1024 * 1024));
    let mut rows = vec![
        ("empty", Vec::new(), none),
        (
            "text",
            b"{\"format\":\"user-sync recording\"}\n".to_vec(),
            none,
        ),
        ("another gzip", packed(&["hello\n"]), none),
        (
            "another version",
            with(0, &version),
            "another version of user-sync made this",
        ),
        ("flipped", flipped, damaged),
        ("without end", packed(&all[..all.len() - 1]), damaged),
        ("an answer less", packed(&lacking), damaged),
        ("something behind", [&good[..], b"x"].concat(), damaged),
        (
            "an endless line",
            with(2, &"x".repeat(2_000_000)),
            "damaged \\(a line is too long",
        ),
        (
            "a bomb",
            with(2, &bomb),
            "damaged \\(an answer is too large",
        ),
        (
            "a line that is none",
            with(2, "{\"answer\":{}}\n"),
            "damaged \\(a line cannot be read",
        ),
        (
            "a body that is none",
            with(3, &format!("{members_line}\n[{{]")),
            "the answer cannot be used",
        ),
    ];
    for cut in [1, 11, good.len() / 3, good.len() - 30, good.len() - 1] {
        rows.push(("cut", good[..cut].to_vec(), "damaged|no recording"));
    }
    let told = |outcome: &Outcome| {
        let lines = outcome
            .stderr
            .lines()
            .filter(|line| line.contains(" CRITICAL "));
        lines.count()
    };
    for (name, bytes, message) in rows {
        std::fs::write(scene.path("bad.gz"), &bytes).unwrap();
        let outcome = scene.run(&["plan", "--replay", "bad.gz"]);
        assert_eq!(outcome.code, Some(1), "{name}: {}", outcome.output());
        outcome.says(message);
        assert_eq!(told(&outcome), 1, "{name}: {}", outcome.output());
    }
    scene
        .run(&["plan", "--replay", "none.gz"])
        .exits(1)
        .says("none.gz: the recording cannot be read");
    scene
        .run(&["plan", "--replay", "."])
        .exits(1)
        .says("no regular file");
    asked_nobody(&scene);
}
