//! Files that were written for the User Sync Tool: what is taken as it is, and what is said of what
//! is not (manual/configuration.md#general-rules).

use crate::scene::{CLIENT_ID, CLIENT_SECRET, COMPANY, MAIN, OKTA, OKTA_TOKEN, Scene, UMAPI, each};
use serde_json::{Value, json};

#[test]
fn certificate_checks_may_be_switched_off_for_every_org() {
    for (value, warned) in [(json!(false), 1), (json!("no"), 1), (json!(true), 0)] {
        let mut scene = Scene::new(COMPANY);
        scene.option("ssl_cert_verify", value);
        let outcome = scene.sync();
        outcome.exits(0);
        let told = outcome.output();
        let count = told
            .matches("invocation_defaults.ssl_cert_verify: certificates")
            .count();
        assert_eq!(count, warned, "{told}");
    }
    // Adobe's servers are trusted then, whoever they are; Okta is not.
    let mut scene = Scene::new(COMPANY);
    let foreign = crate::sim::Sim::start(json!({}));
    let authority = foreign.ca_pem().display().to_string();
    scene.environment("SSL_CERT_FILE", Some(&authority));
    scene.option("ssl_cert_verify", json!(false));
    scene.set(OKTA, "/ssl_verify", json!(false));
    scene.sync().exits(0);
    scene.set(OKTA, "/ssl_verify", Value::Null);
    scene.sync().exits(1).says("certificate");
}

#[test]
fn the_connector_s_file_may_name_the_people_s() {
    let people = "email,firstname,lastname,country,groups,type\nann@example.com,Ann,T,US,Design,federatedID\n";
    let mut scene = Scene::new("Design:\n Video:\n adobe: ann");
    scene.folder.write("folder/people.csv", people);
    scene
        .folder
        .write("other.csv", &people.replace("Design", "Video"));
    let connector = "file_path: people.csv\nlogger_name: csv\n";
    scene.folder.write("folder/connector-csv.yml", connector);
    scene.set(
        MAIN,
        "/directory_users/connectors/csv",
        json!("folder/connector-csv.yml"),
    );
    scene.option("users", json!("all"));
    for (arguments, groups) in [
        (&["sync", "--connector", "csv"][..], "ann[Creative]"),
        (
            &["sync", "--connector", "csv", "--users", "mapped"],
            "ann[Creative]",
        ),
        (
            &["sync", "--connector", "csv", "other.csv"],
            "ann[Premiere]",
        ),
    ] {
        scene.run(arguments).exits(0);
        assert_eq!(scene.adobe(), groups, "{arguments:?}");
    }
    scene.option("connector", json!("csv"));
    scene.run(&["sync"]).exits(0);
    scene.set(MAIN, "/directory_users/connectors/csv", Value::Null);
    scene
        .run(&["sync"])
        .exits(2)
        .says("needs a FILE here, or file_path in connector-csv.yml");
}

/// A key of a file, the value that it gets, the exit code and what the output says.
type Row = (&'static str, &'static str, Value, i32, &'static str);

fn check(rows: &[Row]) {
    each(
        rows,
        |(file, key, value, ..)| format!("{file} {key}: {value}"),
        |(file, key, value, code, words)| {
            let mut scene = Scene::new(COMPANY);
            scene.set(file, key, value.clone());
            scene.sync().exits(*code).says(words);
            if *code != 0 {
                assert!(scene.sim.requests().is_empty(), "somebody was contacted");
            }
        },
    );
}

#[test]
fn keys_of_old_files_are_taken() {
    check(&[
        (UMAPI, "/logger_name", json!("umapi"), 0, "Action Summary"),
        (OKTA, "/logger_name", json!("okta"), 0, "Action Summary"),
        (
            MAIN,
            "/directory_users/connectors/ldap",
            json!("connector-ldap.yml"),
            0,
            "Action Summary",
        ),
        (
            MAIN,
            "/directory_users/connectors/multi",
            json!(["a.yml", {"b": "c.yml"}]),
            0,
            r"WARNING .*user-sync-config\.yml:\d+:\d+: directory_users\.connectors\.multi: ignored",
        ),
        (
            MAIN,
            "/directory_users/connectors/okat",
            json!("connector-okta.yml"),
            0,
            "WARNING .*did you mean okta",
        ),
        (
            MAIN,
            "/directory_users/connectors",
            json!("okta"),
            2,
            "expected a mapping",
        ),
    ]);
}

#[test]
fn a_file_of_a_jwt_credential_says_how_to_move() {
    let move_on = r"connector-umapi\.yml:\d+:\d+: .*is for JWT.*server-to-server.*Developer Console.*enterprise\.client_id";
    for (method, keys, words) in [
        (None, &["tech_acct_id"][..], move_on),
        (None, &["tech_acct", "priv_key_path"], move_on),
        (None, &["priv_key_data"], move_on),
        (None, &["secure_priv_key_pass_key"], move_on),
        (Some("jwt"), &["tech_acct", "priv_key_path"], move_on),
        (Some("JWT"), &[], move_on),
        (
            Some("oauth"),
            &["tech_acct"],
            "tech_acct: belongs to JWT.*remove this key",
        ),
        (
            Some("oauth"),
            &["priv_key_path"],
            "priv_key_path: belongs to JWT.*remove this key",
        ),
    ] {
        for named in ["client_id", "api_key"] {
            let mut scene = Scene::new(COMPANY);
            scene.set(
                UMAPI,
                "/authentication_method",
                method.map_or(Value::Null, |it| json!(it)),
            );
            scene.set(UMAPI, "/enterprise/client_id", Value::Null);
            scene.set(UMAPI, &format!("/enterprise/{named}"), json!(CLIENT_ID));
            for key in keys {
                scene.set(UMAPI, &format!("/enterprise/{key}"), json!("x"));
            }
            let outcome = scene.sync();
            outcome.exits(2).says(words).never_says("must be set");
            assert!(scene.sim.requests().is_empty());
        }
    }
    // A file of OAuth need not say so.
    let mut scene = Scene::new(COMPANY);
    scene.set(UMAPI, "/authentication_method", Value::Null);
    scene.sync().exits(0);
    check(&[(
        UMAPI,
        "/server/ims_endpoint_jwt",
        json!("/ims/exchange/jwt"),
        2,
        r"ims_endpoint_jwt: is the endpoint of JWT; remove this key",
    )]);
}

#[test]
fn files_with_secrets_may_begin_with_a_byte_order_mark() {
    for (file, key, name, secret) in [
        (OKTA, "/api_token", "/api_token_file", OKTA_TOKEN),
        (
            UMAPI,
            "/enterprise/client_secret",
            "/enterprise/client_secret_file",
            CLIENT_SECRET,
        ),
        (
            UMAPI,
            "/enterprise/client_id",
            "/enterprise/client_id_file",
            CLIENT_ID,
        ),
    ] {
        for content in [format!("\u{feff}{secret}\r\n"), format!("\u{feff}{secret}")] {
            let mut scene = Scene::new(COMPANY);
            scene.set(file, key, Value::Null);
            scene.set(file, name, json!("secret"));
            scene.folder.write("secret", &content);
            scene.sync().exits(0);
        }
    }
}

#[test]
fn lines_of_a_configuration_end_in_three_ways() {
    for end in ["\n", "\r\n", "\r"] {
        let scene = Scene::new(COMPANY);
        let written = scene.read(MAIN);
        let main: Value = serde_json::from_str(&written).unwrap();
        let limit = main["limits"]["max_adobe_only_users"].to_string();
        let groups = main["directory_users"].to_string();
        let text = format!(
            "adobe_users: {}{end}directory_users: {groups}{end}limits:{end}  max_adobe_only_users: \
             {limit}{end}logging: {}{end}invocation_defaults: {}{end}",
            main["adobe_users"], main["logging"], main["invocation_defaults"]
        );
        scene.folder.write(MAIN, &text);
        scene.sync().exits(0);
        scene.folder.write(MAIN, &text.replace("limits:", "limit:"));
        let unknown = format!(r"{MAIN}:3:1: limit: unknown key; did you mean limits\? Allowed");
        scene.sync().exits(2).says(&unknown);
    }
}

#[test]
fn patterns_may_look_around_and_back() {
    let rows = [
        (
            MAIN,
            "/adobe_users/exclude_users",
            json!(["(?!ann@).*"]),
            "ann[Creative] leo[Creative]",
        ),
        (
            MAIN,
            "/adobe_users/exclude_users",
            json!(r".*(n)\1@.*"),
            "ann[] leo[]",
        ),
        (
            MAIN,
            "/invocation_defaults/user_filter",
            json!("(?!leo).*"),
            "ann[Creative] leo[Creative]",
        ),
        (
            MAIN,
            "/invocation_defaults/user_filter",
            json!(".*(?<!leo@example.com)"),
            "ann[Creative] leo[Creative]",
        ),
    ];
    each(
        &rows,
        |(_, place, value, _)| format!("{place} {value}"),
        |(file, place, value, adobe)| {
            let mut scene = Scene::new("Design: ann\n Video:\n adobe: ann leo[Creative]");
            scene.option("adobe_only_user_action", json!("preserve"));
            scene.set(file, place, value.clone());
            scene.sync().exits(0);
            assert_eq!(scene.adobe(), *adobe);
        },
    );
}
