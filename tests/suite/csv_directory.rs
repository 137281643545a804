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
