//! Secrets that stand in a wrong place of the configuration, or on the command line.

use super::*;

#[test]
fn no_configuration_error_shows_a_secret() {
    let wrong = [
        (OKTA, "/nonsense", json!(OKTA_TOKEN)),
        (OKTA, "/api_token", json!([OKTA_TOKEN])),
        (OKTA, "/api_token", json!({"a": OKTA_TOKEN})),
        (OKTA, "/api_token_file", json!("token")),
        (OKTA, "/api_token", json!(format!("{OKTA_TOKEN}\u{1}x"))),
        (UMAPI, "/enterprise/client_secret", json!([[CLIENT_SECRET]])),
        (UMAPI, "/enterprise/client_secret_env", json!("HOME")),
    ];
    let mut scenes: Vec<Scene> = Vec::new();
    for (file, key, value) in wrong {
        let mut scene = talkative();
        scene.set(file, key, value);
        scenes.push(scene);
    }
    // A secret where something else belongs.
    let okta = [OKTA_TOKEN, "00R_bars-Secret_okta-token-9f3c"].map(|secret| {
        let places = [
            "api_token_file",
            "api_token_env",
            "secure_api_token_key",
            "client_id_env",
        ];
        places.map(|key| (OKTA, format!("/{key}"), secret.to_owned(), secret))
    });
    let umapi = [CLIENT_SECRET, "p8e-Secret-primary-77aa"].map(|secret| {
        let places = [
            "client_secret_file",
            "client_secret_env",
            "secure_client_secret_key",
        ];
        places.map(|key| {
            (
                UMAPI,
                format!("/enterprise/{key}"),
                secret.to_owned(),
                secret,
            )
        })
    });
    let mut misplaced: Vec<_> = okta
        .into_iter()
        .flatten()
        .chain(umapi.into_iter().flatten())
        .collect();
    let password = "p8e-Secret-primary-77aa";
    for host in [
        password.to_owned(),
        format!("https://joe:{password}@okta.example"),
        format!("http://joe:{password}@okta.example"),
        format!("joe:{password}@okta.example"),
        format!("okta.example/{password}"),
        format!("okta.example:{password}"),
    ] {
        misplaced.push((OKTA, "/host".to_owned(), host.clone(), password));
        misplaced.push((UMAPI, "/server/host".to_owned(), host.clone(), password));
        misplaced.push((UMAPI, "/server/auth_host".to_owned(), host, password));
    }
    misplaced.push((
        UMAPI,
        "/authentication_method".to_owned(),
        password.to_owned(),
        password,
    ));
    misplaced.push((
        UMAPI,
        "/server/endpoint".to_owned(),
        password.to_owned(),
        password,
    ));
    for (file, pointer, value, secret) in misplaced {
        let mut scene = talkative();
        let key = pointer.rsplit('/').next().unwrap();
        if key.contains("token") || key.contains("secret") {
            let plain = pointer.replace("secure_", "").replace("_key", "");
            let plain = plain.replace("_file", "").replace("_env", "");
            scene.set(file, &plain, json!(null));
        }
        scene.set(file, &pointer, json!(value));
        for command in ["sync", "check"] {
            let outcome = scene.run(&[command]);
            assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
            outcome.says(key).never_says(secret);
        }
    }
    for tag in [
        "int",
        "float",
        "bool",
        "null",
        "timestamp",
        "binary",
        "set",
        "seq",
        "x",
    ] {
        for tag in [
            format!("!!{tag}"),
            format!("!{tag}"),
            format!("!<tag:yaml.org,2002:{tag}>"),
        ] {
            for (file, secret) in [(OKTA, OKTA_TOKEN), (UMAPI, CLIENT_SECRET)] {
                let scene = talkative();
                let text = scene.read(file);
                for written in [format!("{tag} {secret}"), format!("{tag} \"{secret}\"")] {
                    let text = text.replace(&format!("\"{secret}\""), &written);
                    scene.folder.write(file, &text);
                    let outcome = scene.run(&["check"]);
                    outcome.never_says(secret).never_says(&secret[..8]);
                }
            }
        }
    }
    for written in [
        "&p8e-Secret x",
        "*p8e-Secret",
        "@p8e-Secret",
        "%p8e-Secret",
        "\"p8e-Secret",
        "'p8e-Secret",
        "p8e-Secret: x",
        "{p8e-Secret",
        "[p8e-Secret",
        "|p8e-Secret",
        "!p8e-Secret",
        "`p8e-Secret",
        "\"p8e-\\Secret\"",
        "x\n  p8e-Secret",
        "\n  - p8e-Secret",
        "p8e-Secret #\n p8e-Secret",
    ] {
        for file in [OKTA, UMAPI] {
            let scene = talkative();
            let text = format!("enterprise:\n  client_secret: {written}\napi_token: {written}\n");
            scene.folder.write(file, &text);
            scene
                .run(&["check"])
                .never_says("p8e-Secret")
                .never_says("-Secret");
        }
    }
    // Numbers and dates, which must stand in quotes.
    for (file, given, number) in [
        (OKTA, OKTA_TOKEN, "123456789012345"),
        (OKTA, OKTA_TOKEN, "1_234_567_890"),
        (OKTA, OKTA_TOKEN, "0x1234567890ab"),
        (UMAPI, CLIENT_SECRET, "1234567890.25"),
        (UMAPI, CLIENT_SECRET, "2026-11-01"),
    ] {
        let scene = talkative();
        let text = scene.read(file).replace(&format!("\"{given}\""), number);
        scene.folder.write(file, &text);
        let outcome = scene.run(&["sync"]);
        outcome.exits(2).says("expected a text").never_says(number);
    }
    let scene = talkative();
    let broken = format!("host: a.example\napi_token: {OKTA_TOKEN}\n api_token: [{OKTA_TOKEN}\n");
    scene.folder.write(OKTA, &broken);
    scenes.push(scene);
    for scene in scenes {
        let given = scene.folder.files();
        for command in ["sync", "check"] {
            let outcome = scene.run(&[command]);
            assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
            nothing_leaked(&scene, &outcome, &given);
        }
    }
}

#[test]
fn no_secret_on_the_command_line_is_printed_back() {
    let scene = talkative();
    let secret = "p8e-Secret-primary-77aa";
    let equals = format!("--api-token={secret}");
    let colon = format!("--client-secret:{secret}");
    let short = format!("-p{secret}");
    for arguments in [
        &[secret][..],
        &["sync", secret],
        &["check", secret],
        &["--connector", secret],
        &["--connector", "okta", secret],
        &["--users", secret],
        &["--strategy", secret],
        &["--api-token", secret],
        &[&equals],
        &[&colon],
        &[&short],
        &["credential", "set", "okta", "user", secret],
        &["credential", secret],
        &["help", secret],
    ] {
        let outcome = scene.run(arguments);
        outcome.exits(2).never_says("Secret-primary");
    }
}
