//! People from a CSV file: `--connector csv FILE`, `--users file FILE`.

use crate::scene::{Scene, each};
use crate::sim::Service;
use serde_json::json;

/// Two in mapped groups, one in another group, one in none.
const PEOPLE: &str = "\
email,firstname,lastname,country,groups,type,username,domain
ann@example.com,Ann,Test,US,Design,,,
bob@example.com,Bob,Test,,\"Video, Staff\",,,
cleo@example.com,Cleo,Test,SE,Staff,enterpriseid,,
dan@example.com,Dan,Test,SE,,,emp4,corp.example
";

fn scene() -> Scene {
    let scene = Scene::new("Design:\n Video:\n adobe: ann[Premiere] leo[Creative]");
    scene.folder.write("people.csv", PEOPLE);
    scene
}

#[test]
fn users_says_who_of_the_file_is_selected() {
    let rows: [(&[&str], &str); 4] = [
        (
            &["--connector", "csv", "people.csv", "--users", "all"],
            "ann[Creative] bob[Premiere] cleo[] dan[]",
        ),
        (
            &["--users", "file", "people.csv"],
            "ann[Creative] bob[Premiere] cleo[] dan[]",
        ),
        (
            &["--connector=csv", "people.csv", "--users", "mapped"],
            "ann[Creative] bob[Premiere]",
        ),
        (
            &[
                "--connector",
                "csv",
                "people.csv",
                "--users",
                "group",
                "Staff",
            ],
            "bob[Premiere] cleo[]",
        ),
    ];
    each(
        &rows,
        |(options, _)| options.join(" "),
        |(options, adobe)| {
            let mut scene = scene();
            scene.set(
                crate::scene::MAIN,
                "/directory_users/default_country_code",
                json!("US"),
            );
            scene.run(options).exits(0);
            assert_eq!(scene.adobe(), *adobe);
            assert_eq!(scene.count(Service::Okta, ""), 0);
        },
    );
}

#[test]
fn messages_name_people_who_have_no_login() {
    let scene = scene();
    scene
        .run(&["--users", "file", "people.csv"])
        .exits(3)
        .says("user bob@example.com cannot be created as federatedID: it has no country");
    let twice = format!("{PEOPLE}ANN@example.com,Anna,Test,US,Video,,,\n");
    scene.folder.write("people.csv", &twice);
    scene
        .run(&["--users", "file", "people.csv"])
        .says(r"ann@example.com \(line 2\) and ANN@example.com \(line 6\) have the same e-mail");
}

/// Runs with this file as the directory; it takes whoever is not in it away.
fn run_with(content: &[u8], options: &[&str]) -> (Scene, crate::support::Outcome) {
    let mut scene = Scene::new("Design:\n Video:\n adobe: ann[Creative] bob[Creative] leo");
    scene.option("users", json!("all"));
    std::fs::write(scene.path("people.csv"), content).unwrap();
    let arguments = [&["sync", "--connector", "csv", "people.csv"], options].concat();
    let outcome = scene.run(&arguments);
    (scene, outcome)
}

#[test]
fn rows_end_in_three_ways_and_nobody_is_lost_by_it() {
    let lines = [
        "email,firstname,lastname,country,groups,type",
        "ann@example.com,Ann,Test,US,Design,federatedID",
        "bob@example.com,Bob,Test,US,Design,federatedID",
        "",
    ];
    let mixed = format!("{}\n{}\r{}\r\n", lines[0], lines[1], lines[2]);
    for content in [
        lines.join("\n"),
        lines.join("\r\n"),
        lines.join("\r"),
        mixed,
    ] {
        let (scene, outcome) = run_with(content.as_bytes(), &[]);
        outcome.exits(0).never_says(r"WARNING .*people\.csv");
        assert_eq!(scene.adobe(), "ann[Creative] bob[Creative]", "{content:?}");
    }
    let broken = lines
        .join("\r")
        .replace("bob@example.com,Bob", "bob@example.com,\"Bob");
    let (_, outcome) = run_with(broken.as_bytes(), &[]);
    outcome.exits(2).says(r"people\.csv: line 3: a quote");
}

#[test]
fn a_file_that_does_not_say_who_is_in_which_group_takes_no_group_from_anybody() {
    let head = "email,firstname,lastname,country,type";
    let content = |column: &str| {
        let row = "ann@example.com,Ann,Test,US,federatedID,Design";
        format!("{head},{column}\n{row}\n{}\n", row.replace("ann", "bob"))
    };
    for (column, options, code) in [
        ("groups", &[][..], 0),
        ("Groups", &[], 2),
        ("team", &[], 2),
        // Selecting by group needs the column too.
        ("team", &["--users", "mapped"], 2),
        ("team", &["--users", "group", "Design"], 2),
    ] {
        let (scene, outcome) = run_with(content(column).as_bytes(), options);
        outcome.exits(code);
        if code == 2 {
            outcome.says(&format!(
                r"no column groups.*there are email.*{column}.*groups_column_name in connector-csv\.yml"
            ));
            scene.wrote_nothing();
        }
    }
    // Nobody asks for groups: a warning is enough.
    let mut scene = Scene::new("Design:\n Video:\n adobe: ann[Creative]");
    scene.option("users", json!("all"));
    scene.option("process_groups", json!(false));
    scene.folder.write("people.csv", &content("Groups"));
    let outcome = scene.run(&["sync", "--connector", "csv", "people.csv"]);
    outcome
        .exits(0)
        .says(r"WARNING .*nothing reads the columns Groups \(another letter case\)");
    scene
        .run(&["check", "--connector", "csv", "people.csv"])
        .exits(0);
}

#[test]
fn a_last_row_that_is_as_short_as_others_is_whole() {
    let head = "email,firstname,lastname,country,groups,type,username,domain";
    let row = |name: &str| format!("{name}@example.com,{name},Test,US,Design,federatedID");
    let whole = format!("{head}\n{}\n{}", row("ann"), row("bob"));
    let (scene, outcome) = run_with(whole.as_bytes(), &[]);
    outcome.exits(0).says("WARNING .*no line end");
    assert_eq!(scene.adobe(), "ann[Creative] bob[Creative]");
    let cut = whole.strip_suffix(",federatedID").unwrap();
    let (scene, outcome) = run_with(cut.as_bytes(), &[]);
    outcome
        .exits(2)
        .says(r"line 3: the file ends in the middle of this row");
    scene.wrote_nothing();
}

#[test]
fn an_encoding_that_does_not_fit_names_the_setting() {
    let text = "email,firstname,lastname,country,groups,type\nann@example.com,Zo\u{eb},Test,US,Design,federatedID\n";
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (content, place) in [(latin, "2:19"), (utf16, "1:1")] {
        let (scene, outcome) = run_with(&content, &[]);
        outcome.exits(2).says(&format!(
            r"people\.csv:{place}: .*string_encoding in connector-csv\.yml"
        ));
        scene.wrote_nothing();
    }
    let semicolons = text.replace(',', ";");
    let (_, outcome) = run_with(semicolons.as_bytes(), &[]);
    outcome
        .exits(2)
        .says(r"delimiter is taken to be a comma.*as delimiter");
}

#[test]
fn many_groups_are_no_burden() {
    // Quadratic work on these takes longer than a run may.
    let many: Vec<String> = (0..40_000)
        .map(|number| format!("Group {number}"))
        .collect();
    let head = "email,firstname,lastname,country,groups,type\n";
    let one_cell = format!(
        "{head}ann@example.com,Ann,Test,US,\"{},Design\",federatedID\n",
        many.join(",")
    );
    let (scene, outcome) = run_with(
        one_cell.as_bytes(),
        &["--adobe-only-user-action", "preserve"],
    );
    outcome.exits(0);
    assert_eq!(scene.groups_of("ann"), Some(vec!["Creative".to_owned()]));
    let row = |name: &String| {
        let person = name.replace(' ', "").to_lowercase();
        format!("{person}@example.com,P,Test,US,{name},federatedID\n")
    };
    let rows = format!("{head}{}", many.iter().map(row).collect::<String>());
    let options = [
        "--users",
        "group",
        "Group 7",
        "--adobe-only-user-action",
        "exclude",
    ];
    let (scene, outcome) = run_with(rows.as_bytes(), &options);
    outcome.exits(0);
    assert!(scene.groups_of("group7").is_some());
}

#[test]
fn a_list_that_was_written_is_read_back_whatever_is_in_the_names() {
    let names = [
        ("=cmd|' /C calc'!A0", "one@example.com"),
        ("a\nb,c,d,e", "two@example.com"),
        ("\"quoted\", 'x'", "three@example.com"),
        ("CORP\\four", "four@example.com"),
        ("+5@example.com", "+5@example.com"),
    ];
    for file in ["list.csv", "list.tsv"] {
        let mut world = crate::scene::world("Design: ann\n Video:\n adobe: ann[Creative]");
        let org = &mut world["adobe"]["orgs"][crate::scene::ORG];
        for (username, email) in names {
            let user = json!({"email": email, "username": username, "type": "federatedID"});
            org["users"].as_array_mut().unwrap().push(user);
        }
        let scene = Scene::of_world(world);
        let write = ["sync", "--adobe-only-user-action", "write-file", file];
        scene.run(&write).exits(0);
        let written = scene.read(file);
        assert_eq!(written.lines().count(), 1 + names.len(), "{written}");
        for line in written.lines() {
            assert!(
                line.split([',', '\t'])
                    .all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
                "{line}"
            );
        }
        let read = [
            "sync",
            "--adobe-only-user-list",
            file,
            "--adobe-only-user-action",
            "remove",
        ];
        scene
            .run(&read)
            .exits(0)
            .never_says(r"WARNING .*list\.[ct]sv");
        assert_eq!(scene.adobe(), "ann[Creative]", "{file}");
    }
}

#[test]
fn a_list_row_whose_only_name_looks_like_an_email_is_warned_of() {
    let scene = Scene::new("Design:\n Video:\n adobe: ann leo");
    let list = "type,username,domain\nfederatedID,leo@login.example.com,login.example.com\nfederatedID,emp4,corp.example\n";
    scene.folder.write("list.csv", list);
    let arguments = [
        "sync",
        "--adobe-only-user-list",
        "list.csv",
        "--adobe-only-user-action",
        "remove",
    ];
    let outcome = scene.run(&arguments);
    outcome.says(r"WARNING .*list\.csv.*line 2 has no e-mail, and a username that looks like one");
    scene
        .folder
        .write("list.csv", "name;email\nleo;leo@example.com\n");
    scene
        .run(&arguments)
        .exits(2)
        .says("there are name;email.*delimiter is taken to be a comma");
}

#[test]
fn the_groups_of_a_row_are_those_of_the_configuration_in_any_letter_case() {
    for groups in ["design", "DESIGN", "\" Design , Staff\""] {
        let content = format!(
            "email,firstname,lastname,country,groups,type\n\
             ann@example.com,Ann,Test,US,{groups},federatedID\n\
             bob@example.com,Bob,Test,US,Design,federatedID\n"
        );
        for options in [
            &[][..],
            &["--users", "group", "Design"],
            &["--users", "mapped"],
        ] {
            let (scene, outcome) = run_with(content.as_bytes(), options);
            outcome.exits(0);
            assert_eq!(
                scene.adobe(),
                "ann[Creative] bob[Creative]",
                "{groups} {options:?}"
            );
        }
    }
}

#[test]
fn whoever_has_no_usable_address_in_the_file_keeps_the_account_that_may_be_theirs() {
    let rows = [
        "bob@example.com; b@example.com,,",
        "Bob Test <bob@example.com>,,",
        "bob@example.com\u{200b},,",
        "b\u{ad}ob@example.com,,",
        "bob @example.com,,",
        ",bob,example.com",
        "bob,Bob@Example.com,",
    ];
    for row in rows {
        let content = format!(
            "firstname,lastname,country,groups,type,email,username,domain\n\
             Ann,Test,US,Design,federatedID,ann@example.com,,\n\
             Bob,Test,US,Design,federatedID,{row}\n"
        );
        for action in ["preserve", "remove-adobe-groups", "remove", "delete"] {
            let options = ["--adobe-only-user-action", action];
            let (scene, outcome) = run_with(content.as_bytes(), &options);
            outcome.exits(0).says("WARNING .* is skipped");
            assert_eq!(
                scene.groups_of("bob"),
                Some(vec!["Creative".to_owned()]),
                "{row} {action}"
            );
        }
    }
}
