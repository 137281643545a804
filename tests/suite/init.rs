//! `init`: example files that work once the blanks are filled in.

use crate::scene::{
    APP, CLIENT_ID, CLIENT_SECRET, COMPANY, KEY_ID, MAIN, OKTA, OKTA_TOKEN, ORG, Scene, UMAPI,
    owner_only,
};
use serde_json::{Value, json};

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
fn every_blank_is_named_at_once_and_nothing_is_contacted() {
    let scene = Scene::new(COMPANY);
    fresh(&scene);
    let blanks = [
        r"user-sync-config\.yml:38:\d+: directory_users\.groups\[0\]\.directory_group: still holds the blank <Okta group>; fill it in",
        r"user-sync-config\.yml:40:\d+: directory_users\.groups\[0\]\.adobe_groups\[0\]: still holds the blank <Adobe group or product profile>; fill it in",
        r"connector-umapi\.yml:5:\d+: enterprise\.org_id: still holds the blank <\.\.\.>; fill it in",
        r"connector-okta\.yml:4:\d+: host: still holds the blank <tenant>; fill it in",
    ];
    let files = ["adobe-client-id", "adobe-client-secret", "okta-token"];
    // The secrets that are not there yet do not hide the blanks, nor do the blanks hide them.
    let missing = files.map(|file| format!("{file}: cannot be read|{file} cannot be read"));
    let expected: Vec<&str> = blanks
        .into_iter()
        .chain(missing.iter().map(String::as_str))
        .collect();
    let check = scene.run(&["check"]);
    check.exits(1);
    for text in &expected {
        check.says(&format!("^FAIL  configuration: .*({text})"));
    }
    assert_eq!(check.output().matches("FAIL").count(), expected.len());
    for arguments in [["sync"], ["plan"]] {
        let run = scene.run(&arguments);
        run.exits(2);
        for text in &expected {
            run.says(text);
        }
    }
    // Blanks alone are refused as well, also in what the service app of the example needs.
    for (file, secret) in files.iter().zip([CLIENT_ID, CLIENT_SECRET, OKTA_TOKEN]) {
        scene.folder.write(file, secret);
        owner_only(&scene.path(file));
    }
    let check = scene.run(&["check"]);
    check.exits(1);
    assert_eq!(check.output().matches("FAIL").count(), blanks.len());
    scene
        .run(&["sync"])
        .exits(2)
        .says(blanks[0])
        .says(blanks[3]);
    let app = scene
        .read("connector-okta.yml")
        .replace("api_token_file: okta-token", "")
        .replace("#client_id", "client_id")
        .replace("#private_key_", "private_key_");
    scene.folder.write("connector-okta.yml", &app);
    scene
        .run(&["check"])
        .exits(1)
        .says("client_id: still holds the blank <client id of the app>")
        .says("private_key_id: still holds the blank <KID of the key>");
}

#[test]
fn with_a_blank_anywhere_no_server_is_contacted() {
    for (file, pointer) in [
        (UMAPI, "/enterprise/org_id"),
        (UMAPI, "/enterprise/client_secret"),
        (OKTA, "/api_token"),
        (MAIN, "/directory_users/groups/0/directory_group"),
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.set(file, pointer, json!("<...>"));
        for (arguments, code) in [(["check"], 1), (["plan"], 2), (["sync"], 2)] {
            scene
                .run(&arguments)
                .exits(code)
                .says(r"still holds the blank <\.\.\.>; fill it in");
        }
        assert!(scene.sim.requests().is_empty(), "{pointer}");
    }
}

#[test]
fn the_service_app_of_the_example_takes_the_place_of_the_token() {
    let mut scene = Scene::new(COMPANY);
    scene.with_app(json!({}));
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
