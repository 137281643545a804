//! `init`: example files that work once the blanks are filled in.

use crate::scene::{
    APP, CLIENT_ID, CLIENT_SECRET, COMPANY, KEY_ID, OKTA_TOKEN, ORG, Scene, owner_only,
};
use serde_json::Value;

const FILES: [&str; 5] = [
    "connector-csv.yml",
    "connector-okta.yml",
    "connector-umapi.yml",
    "extension-config.yml",
    "user-sync-config.yml",
];

#[test]
fn files_are_for_their_owner_and_never_overwritten() {
    let scene = Scene::new(COMPANY);
    scene
        .run(&["init", "--directory", "new/folder"])
        .exits(0)
        .says("user-sync check");
    for name in FILES {
        let path = scene.path("new/folder").join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        std::fs::write(&path, "mine").unwrap();
    }
    std::fs::remove_file(scene.path("new/folder/extension-config.yml")).unwrap();
    scene
        .run(&["init", "--directory=new/folder"])
        .exits(1)
        .says("is there already and stays");
    assert_eq!(scene.read("new/folder/user-sync-config.yml"), "mine");
    assert_ne!(scene.read("new/folder/extension-config.yml"), "mine");
}

#[test]
fn check_and_sync_accept_the_files_once_the_blanks_are_filled() {
    let scene = Scene::new(COMPANY);
    let host = |file: &str, pointer: &str| {
        let connector: Value = serde_json::from_str(&scene.read(file)).unwrap();
        connector
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let okta = host("connector-okta.yml", "/host");
    let adobe = host("connector-umapi.yml", "/server/host");
    fresh(&scene);
    let blank = scene.run(&["check", "--connector", "okta"]);
    assert_eq!(blank.code, Some(1), "{}", blank.output());
    let fill = |name: &str, blanks: &[(&str, &str)]| {
        let mut text = scene.read(name);
        for (blank, value) in blanks {
            assert!(text.contains(blank), "{name}: {blank}");
            text = text.replace(blank, value);
        }
        scene.folder.write(name, &text);
    };
    fill("connector-okta.yml", &[("<tenant>.okta.com", &okta)]);
    let server = format!("server: {{host: '{adobe}', auth_host: '{adobe}'}}\n\nenterprise:");
    fill(
        "connector-umapi.yml",
        &[("<...>@AdobeOrg", ORG), ("enterprise:", &server)],
    );
    fill(
        "user-sync-config.yml",
        &[
            ("<Okta group>", "Design"),
            ("<Adobe group or product profile>", "Creative"),
            ("#extension:", "extension:"),
            // Of five people one is a fifth.
            ("max_adobe_only_users: 5%", "max_adobe_only_users: 200"),
        ],
    );
    let secrets = [
        ("okta-token", OKTA_TOKEN),
        ("adobe-client-id", CLIENT_ID),
        ("adobe-client-secret", CLIENT_SECRET),
    ];
    for (file, secret) in secrets {
        scene.folder.write(file, secret);
        owner_only(&scene.path(file));
    }
    scene.run(&["check"]).exits(0).never_says("^FAIL");
    scene.run(&[]).exits(0).says("Action Summary");
}

#[test]
fn the_service_app_of_the_example_takes_the_place_of_the_token() {
    let mut scene = Scene::new(COMPANY);
    scene.with_app(serde_json::json!({}));
    let own = ["connector-umapi.yml", "user-sync-config.yml"].map(|name| scene.read(name));
    fresh(&scene);
    scene.folder.write("connector-umapi.yml", &own[0]);
    scene.folder.write("user-sync-config.yml", &own[1]);
    let mut example = scene.read("connector-okta.yml");
    for (written, meant) in [
        ("<tenant>.okta.com", scene.sim.okta_host().as_str()),
        ("api_token_file: okta-token\n", ""),
        (
            "#client_id: <client id of the app>",
            &format!("client_id: {APP}"),
        ),
        ("#private_key_file:", "private_key_file:"),
        (
            "#private_key_id: <KID of the key>",
            &format!("private_key_id: {KEY_ID}"),
        ),
        ("#scopes:", "scopes:"),
    ] {
        assert!(example.contains(written), "{written}");
        example = example.replacen(written, meant, 1);
    }
    scene.folder.write("connector-okta.yml", &example);
    scene
        .run(&["check"])
        .exits(0)
        .says("the service app 0oaSimApp0001 is accepted");
    scene.run(&["sync"]).exits(0);
    assert_eq!(scene.sim.violations(), [""; 0]);
}

/// The example files instead of those of the scene.
fn fresh(scene: &Scene) {
    for name in &FILES {
        std::fs::remove_file(scene.path(name)).ok();
    }
    scene.run(&["init"]).exits(0);
}

#[test]
fn the_keys_of_a_csv_file_are_the_defaults() {
    let scene = Scene::new(COMPANY);
    let own: Vec<String> = ["connector-umapi.yml", "user-sync-config.yml"]
        .map(|name| scene.read(name))
        .into();
    fresh(&scene);
    let example = scene.read("connector-csv.yml");
    let is_key = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
    let keys: Vec<&str> = example.lines().filter(is_key).collect();
    assert_eq!(keys.len(), 11, "{keys:?}");
    let set: Vec<&str> = keys.iter().map(|line| &line[1..]).collect();
    scene.folder.write("connector-umapi.yml", &own[0]);
    let people =
        "email,firstname,lastname,country,groups\nbo@example.com,Bo,Ek,SE,\"Design,Video\"\n";
    scene.folder.write("people.csv", people);
    let run = |connector: &str| {
        scene.folder.write("connector-csv.yml", connector);
        let mut main: Value = serde_json::from_str(&own[1]).unwrap();
        main["directory_users"]["connectors"]["csv"] = "connector-csv.yml".into();
        scene
            .folder
            .write("user-sync-config.yml", &main.to_string());
        let plan = [
            "plan",
            "--users",
            "mapped",
            "--connector",
            "csv",
            "people.csv",
            "--json",
        ];
        scene.run(&plan).exits(0).stdout.clone()
    };
    let as_written = run(&example);
    assert!(as_written.contains("bo@example.com"), "{as_written}");
    assert_eq!(run(&set.join("\n")), as_written);
}
