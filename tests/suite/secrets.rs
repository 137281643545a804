//! Secrets appear in no output at any level, not even when a server echoes them
//! (manual/safety.md#secrets).

use crate::scene::{
    CLIENT_SECRET, COMPANY, KEY_FILE, MAIN, OKTA, OKTA_TOKEN, Scene, UMAPI, address, each,
};
use crate::support::Outcome;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

mod configuration;

const PROXY_PASSWORD: &str = "pr0xy+S3cret=mark";

/// What a URL leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            text.push(DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char);
        }
    }
    text
}

/// A secret as it may come back: as it is, in another letter case, in a URL, in a form, in JSON, in
/// HTML, escaped twice, in hexadecimal digits, cut, in base64 at any offset of the text around it.
fn forms(secret: &str) -> Vec<String> {
    let url = utf8_percent_encode(secret, UNRESERVED).to_string();
    let all = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let lower = url
        .replace("%2F", "%2f")
        .replace("%2B", "%2b")
        .replace("%3D", "%3d");
    let each = |form: fn(u8) -> String| secret.bytes().map(form).collect::<String>();
    let escaped = secret.replace('&', "&amp;").replace('<', "&lt;");
    let middle = secret.len() / 2;
    let mut forms = vec![
        secret.to_owned(),
        secret.to_uppercase(),
        secret.to_lowercase(),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("&#{byte};")),
        each(|byte| format!("&#x{byte:X};")),
        each(|byte| format!("\\u{byte:04x}")),
        each(|byte| format!("%25{byte:02X}")),
        escaped.replace('&', "&amp;"),
        escaped,
        // Cut, as texts are that get too long.
        secret[..8].to_owned(),
        secret[middle - 4..middle + 4].to_owned(),
        secret[secret.len() - 8..].to_uppercase(),
        secret.replace('/', "\\/"),
        secret.replace('&', "\\u0026"),
        secret.replace('&', "\\u0026").replace('+', "\\u002B"),
        lower,
        url,
        all,
    ];
    for offset in 0..3 {
        let mut bytes = vec![b' '; offset];
        bytes.extend(secret.as_bytes());
        let text = base64(&bytes);
        // The digits that hold bits of the secret alone.
        let start = [0, 2, 3][offset];
        let end = bytes.len() * 8 / 6;
        forms.push(text[start..end].to_owned());
        forms.push(text[start..end].replace('+', "-").replace('/', "_"));
    }
    forms.sort();
    forms.dedup();
    forms
}

/// Searches all streams and all files that a run wrote for every secret in every form.
fn nothing_leaked(scene: &Scene, outcome: &Outcome, given: &[(String, Vec<u8>)]) {
    let mut secrets = vec![
        OKTA_TOKEN.to_owned(),
        CLIENT_SECRET.to_owned(),
        PROXY_PASSWORD.to_owned(),
    ];
    secrets.extend(scene.sim.issued_tokens());
    secrets.extend(of_service_app(scene));
    let mut places = vec![
        ("stdout".to_owned(), outcome.stdout.clone()),
        ("stderr".to_owned(), outcome.stderr.clone()),
    ];
    for (name, bytes) in scene.folder.files() {
        if !given.contains(&(name.clone(), bytes.clone())) {
            places.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    for secret in &secrets {
        for form in forms(secret) {
            for (place, text) in &places {
                assert!(
                    !text.contains(&form),
                    "{place} shows {secret} as {form}:\n{text}"
                );
            }
        }
    }
}

/// Each line of the private key, and all that was signed with it and sent.
fn of_service_app(scene: &Scene) -> Vec<String> {
    let key = std::fs::read_to_string(scene.path(KEY_FILE)).unwrap_or_default();
    let lines = key.lines().filter(|line| !line.starts_with('-'));
    let mut secrets: Vec<String> = lines.map(str::to_owned).collect();
    for exchange in scene.sim.requests_of(crate::sim::Service::Okta) {
        secrets.extend(exchange.header("dpop").map(str::to_owned));
        let body = String::from_utf8_lossy(&exchange.body);
        let assertion = body.split_once("client_assertion=");
        secrets.extend(assertion.map(|(_, assertion)| assertion.to_owned()));
    }
    secrets
}

/// Everything is logged, to the console and to a file.
fn talkative() -> Scene {
    let mut scene = Scene::new(COMPANY);
    let logging =
        json!({"console_log_level": "debug", "log_to_file": true, "file_log_level": "debug"});
    scene.set(MAIN, "/logging", logging);
    scene.option("report", json!("report.json"));
    scene
}

#[test]
fn no_command_shows_a_secret_at_debug_level() {
    let cleo = address("cleo");
    let commands: [&[&str]; 12] = [
        &["check"],
        &["plan"],
        &["plan", "--json", "--out", "plan.jsonl"],
        &["plan", "--all"],
        &["explain", &cleo, "nobody@example.com"],
        &["explain", "--json", &cleo],
        &["sync", "-t"],
        &["sync", "--adobe-only-user-action", "write-file", "list.csv"],
        &["apply", "plan.jsonl"],
        &["apply", "plan.jsonl", "--json"],
        &["sync", "--json"],
        &["sync", "--strategy", "push"],
    ];
    let scene = talkative();
    let given = scene.folder.files();
    for arguments in commands {
        let outcome = scene.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}\n{}", outcome.output());
        nothing_leaked(&scene, &outcome, &given);
    }
}

#[test]
fn no_error_shows_a_secret_that_a_server_echoes() {
    let commands: [&[&str]; 4] = [
        &["sync"],
        &["plan"],
        &["check"],
        &["explain", "cleo@example.com"],
    ];
    let services = [
        ("okta", "/api/v1/groups?"),
        ("okta", "/users?"),
        ("token", ""),
        ("umapi", "/users/"),
        ("umapi", "/action/"),
    ];
    let mut rows = Vec::new();
    for (service, path) in services {
        for status in [400, 401, 403, 404, 429, 500, 503] {
            rows.push((service, path, status));
        }
    }
    each(
        &rows,
        |row| format!("{row:?}"),
        |(service, path, status)| {
            let scene = talkative();
            let given = scene.folder.files();
            scene.fault(json!({"service": service, "path": path, "echo_authorization": status}));
            for arguments in commands {
                let outcome = scene.run(arguments);
                nothing_leaked(&scene, &outcome, &given);
            }
        },
    );
}

#[test]
fn no_command_shows_a_secret_of_a_service_app() {
    for dpop in [true, false] {
        let mut scene = talkative();
        scene.with_app(json!({"dpop": dpop, "token_uses": 4}));
        let given = scene.folder.files();
        for arguments in [
            &["check"][..],
            &["plan", "--out", "plan.jsonl"],
            &["explain", &address("cleo"), "nobody@example.com"],
            &["sync", "--json"],
        ] {
            let outcome = scene.run(arguments);
            assert_eq!(outcome.code, Some(0), "{arguments:?}\n{}", outcome.output());
            nothing_leaked(&scene, &outcome, &given);
        }
        assert!(of_service_app(&scene).len() > 4);
    }
}

#[test]
fn no_error_shows_a_secret_of_a_service_app_that_okta_echoes() {
    let mut rows = Vec::new();
    for path in ["/oauth2/v1/token", "/api/v1/groups?", "/users?"] {
        for status in [200, 400, 401, 403, 429, 503] {
            rows.push((path, status));
        }
    }
    each(
        &rows,
        |row| format!("{row:?}"),
        |(path, status)| {
            for dpop in [true, false] {
                let mut scene = talkative();
                scene.with_app(json!({"dpop": dpop}));
                let given = scene.folder.files();
                scene.fault(json!({"service": "okta", "path": path, "echo_authorization": status}));
                let outcome = scene.sync();
                outcome.exits(1);
                nothing_leaked(&scene, &outcome, &given);
            }
        },
    );
}

#[test]
fn no_key_that_cannot_be_used_is_shown() {
    let key = crate::keys::p256("k");
    let cut = &key.pem[..key.pem.len() - 40];
    let number = "eNpO0yWgkRv-secret-number";
    let jwk = json!({"kty": "EC", "crv": "P-256", "d": number, "x": number, "y": number});
    for text in [
        cut.to_owned(),
        key.pem.replace("PRIVATE KEY", "EC PRIVATE KEY"),
        key.pem.replace("PRIVATE KEY", "SOMETHING"),
        key.pem.replace('\n', "*\n"),
        jwk.to_string(),
        jwk.to_string().replace("\"kty\"", "7"),
        json!({"keys": number}).to_string(),
        json!({"keys": [jwk, jwk]}).to_string(),
    ] {
        let mut scene = talkative();
        scene.with_app_key(&key, json!({}));
        scene.folder.write(KEY_FILE, &text);
        let given = scene.folder.files();
        for command in ["sync", "check"] {
            let outcome = scene.run(&[command]);
            assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
            outcome.says("private_key_file").never_says(number);
            nothing_leaked(&scene, &outcome, &given);
        }
    }
}

#[test]
fn no_answer_makes_the_run_show_a_secret_in_any_form() {
    let mut rows = Vec::new();
    for (service, secret) in [
        ("okta", OKTA_TOKEN),
        ("token", CLIENT_SECRET),
        ("umapi", CLIENT_SECRET),
    ] {
        for form in forms(secret) {
            rows.push((service, form));
        }
        rows.push((service, base64(format!("SSWS {secret}").as_bytes())));
    }
    each(
        &rows,
        |row| format!("{row:?}"),
        |(service, form)| {
            // In every field of every kind of error, in the headers, and in what cannot be read.
            let told = json!({
                "errorCode": form, "errorSummary": form, "errorId": form, "errorCauses": [{"errorSummary": form}],
                "error": form, "error_description": form, "result": form, "message": form,
                "errorMessage": form, "error_code": form,
            });
            let headers = json!({"X-Request-Id": form, "X-Okta-Request-Id": form, "WWW-Authenticate": form,
                                 "Retry-After": form, "Location": form, "Content-Type": form,
                                 "Link": format!("<https://{form}/api/v1/{form}>; rel=\"next\"")});
            for (status, body) in [
                (400, told.clone()),
                (401, told.clone()),
                (200, told),
                (200, json!(form)),
                (503, json!(form)),
                (302, json!(form)),
            ] {
                let scene = talkative();
                let given = scene.folder.files();
                scene.fault(
                    json!({"service": service, "status": status, "headers": headers, "body": body}),
                );
                let outcome = scene.sync();
                outcome.exits(1);
                nothing_leaked(&scene, &outcome, &given);
            }
        },
    );
}

#[test]
fn no_page_that_shows_a_secret_is_used() {
    let member = |name: &str, value: &str| {
        let mut person = json!({"id": "00u1", "status": "ACTIVE", "profile": {
            "login": "ann@example.com", "email": "ann@example.com", "firstName": "Ann", "lastName": "A"}});
        match name {
            "id" | "status" => person[name] = json!(value),
            _ => person["profile"][name] = json!(value),
        }
        json!([person])
    };
    let next = |path: &str| format!("<https://okta.example{path}>; rel=\"next\"");
    let plain = json!({"Link": next("/api/v1/none")});
    let link = |path: &str| json!({"Link": next(path)});
    let adobe = |name: &str| {
        json!({"lastPage": true, "result": "success", "users": [
        {"email": "ann@example.com", "type": "federatedID", "status": "active", name: CLIENT_SECRET}]})
    };
    let mut rows: Vec<_> = [
        "id",
        "status",
        "login",
        "email",
        "firstName",
        "lastName",
        "nickName",
    ]
    .map(|name| ("okta", "/users?", member(name, OKTA_TOKEN), plain.clone()))
    .into();
    for path in [
        format!("/api/v1/groups/{OKTA_TOKEN}/users?after=1"),
        format!("/api/v1/{OKTA_TOKEN}"),
        format!("/{OKTA_TOKEN}/api"),
    ] {
        rows.push(("okta", "/users?", member("nickName", "x"), link(&path)));
    }
    for name in ["firstname", "username", "status", "country"] {
        rows.push(("umapi", "/users/", adobe(name), plain.clone()));
    }
    each(
        &rows,
        |(_, path, body, headers)| format!("{path} {body} {headers}"),
        |(service, path, body, headers)| {
            let scene = talkative();
            scene.fault(json!({"service": service, "path": path, "status": 200, "body": body, "headers": headers}));
            let given = scene.folder.files();
            for arguments in [
                &["plan", "--all", "--out", "plan.jsonl"][..],
                &["explain", "ann@example.com"],
                &["sync", "--json"],
                &["sync"],
            ] {
                let outcome = scene.run(arguments);
                outcome.exits(1);
                nothing_leaked(&scene, &outcome, &given);
            }
            scene.wrote_nothing();
        },
    );
}

#[test]
fn no_link_that_is_followed_is_shown_with_a_secret() {
    let scene = talkative();
    scene.run(&["plan"]).exits(0);
    let given = scene.folder.files();
    let requests = scene.sim.requests_of(crate::sim::Service::Okta);
    let mut targets = requests.iter().map(|exchange| exchange.target.as_str());
    let list = targets.find(|target| target.contains("/users?")).unwrap();
    let (path, _) = list.split_once('?').unwrap();
    for form in forms(OKTA_TOKEN) {
        let form = utf8_percent_encode(&form, UNRESERVED);
        let link = format!(
            "<https://{}{path}?after={form}>; rel=\"next\"",
            scene.sim.okta_host()
        );
        scene.fault(
            json!({"service": "okta", "match": "users", "times": 1, "kind": "edit",
                           "set": {"Link": link}}),
        );
        let outcome = scene.run(&["plan"]);
        outcome.says("after=***");
        nothing_leaked(&scene, &outcome, &given);
    }
}

#[test]
fn no_rejection_of_a_command_shows_a_secret() {
    let scene = talkative();
    let given = scene.folder.files();
    let told = format!("refused for Bearer {CLIENT_SECRET} {OKTA_TOKEN}");
    let errors = json!([{"index": 0, "step": 0, "requestID": told, "user": told, "errorCode": told, "message": told}]);
    let warnings = json!([{"index": 0, "step": 0, "requestID": told, "user": told, "warningCode": told, "message": told}]);
    let answer = json!({"completed": 3, "notCompleted": 1, "result": "partial", "errors": errors, "warnings": warnings});
    scene.fault(json!({"service": "umapi", "path": "/action/", "status": 200, "body": answer}));
    let outcome = scene.sync();
    outcome.exits(3);
    // What Adobe says of a command is in log and report; Okta's token is none of Adobe's, and
    // cannot come from there.
    let text = format!("{}{}", outcome.output(), scene.read("report.json"));
    for form in forms(CLIENT_SECRET) {
        assert!(!text.contains(&form), "{form} in\n{text}");
    }
    drop(given);
}

#[test]
fn no_journal_and_no_report_shows_a_secret_that_adobe_echoes() {
    for form in forms(CLIENT_SECRET) {
        let scene = talkative();
        scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
        let given = scene.folder.files();
        let errors = json!([{"index": 0, "step": 0, "user": form, "errorCode": form, "message": format!("no {form}!")}]);
        let answer =
            json!({"completed": 3, "notCompleted": 1, "result": "partial", "errors": errors});
        scene.fault(json!({"service": "umapi", "path": "/action/", "status": 200, "body": answer}));
        let outcome = scene.run(&["apply", "plan.jsonl", "--report", "applied.json"]);
        outcome.exits(3);
        assert!(scene.read("plan.jsonl.journal").contains("rejected"));
        nothing_leaked(&scene, &outcome, &given);
    }
    // The token of the run itself.
    let scene = talkative();
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    let given = scene.folder.files();
    scene.fault(json!({"service": "umapi", "path": "/action/", "echo_authorization": 200}));
    let outcome = scene.run(&["apply", "plan.jsonl", "--report", "applied.json"]);
    // That answer accounts for no command.
    outcome.exits(5);
    nothing_leaked(&scene, &outcome, &given);
}

#[test]
fn a_proxy_password_is_a_secret() {
    let password = utf8_percent_encode(PROXY_PASSWORD, NON_ALPHANUMERIC).to_string();
    for url in [
        format!("http://joe:{password}@localhost:1"),
        format!("http://joe:{password}@localhost:none"),
        format!("socks5://joe:{password}@localhost:1"),
        format!("http://joe:{PROXY_PASSWORD}@"),
        format!("joe:{password}@localhost:1"),
    ] {
        let mut scene = talkative();
        scene.environment("HTTPS_PROXY", Some(&url));
        let given = scene.folder.files();
        for command in ["sync", "check"] {
            let outcome = scene.run(&[command]);
            assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
            nothing_leaked(&scene, &outcome, &given);
        }
    }
}

#[test]
fn a_token_that_cannot_stand_in_a_header_is_refused_without_being_shown() {
    for token in [
        "00R+Okta/Tok3n=mark~9f3c\nX-Evil: 1",
        "00R+Okta/Tok3n=mark~9f3cä",
        "  00R+Okta/Tok3n=mark~9f3c\r\n",
    ] {
        let mut scene = talkative();
        scene.set(OKTA, "/api_token", json!(token));
        let given = scene.folder.files();
        let outcome = scene.sync();
        assert!(matches!(outcome.code, Some(0..=2)), "{}", outcome.output());
        nothing_leaked(&scene, &outcome, &given);
        let evil = scene
            .sim
            .requests()
            .iter()
            .any(|exchange| exchange.header("x-evil").is_some());
        assert!(!evil);
    }
}

#[test]
fn secrets_go_to_their_own_server_only() {
    let scene = talkative();
    scene.sync().exits(0);
    for exchange in scene.sim.requests() {
        let text = format!(
            "{} {:?} {}",
            exchange.target,
            exchange.headers,
            String::from_utf8_lossy(&exchange.body)
        );
        let okta = exchange.service == crate::sim::Service::Okta;
        let token = exchange.service == crate::sim::Service::Token;
        assert_eq!(text.contains(OKTA_TOKEN), okta, "{text}");
        let shown = forms(CLIENT_SECRET)
            .iter()
            .any(|form| text.contains(form.as_str()));
        assert_eq!(shown, token, "{text}");
        // Never in an address, where every proxy logs it.
        assert!(
            forms(CLIENT_SECRET)
                .iter()
                .all(|form| !exchange.target.contains(form.as_str()))
        );
    }
}
