//! Secrets in a real keyring: gnome-keyring on a D-Bus session of its own, without a desktop.
//!
//! Where its programs are not installed the tests say that they were skipped, likewise for what
//! needs Python's `keyring`.

use crate::scene::{CLIENT_SECRET, COMPANY, KEY_FILE, OKTA, OKTA_TOKEN, ORG, Scene, UMAPI};
use crate::support::Outcome;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// Starts and unlocks the keyring. It puts itself into the background before it has its name on
/// the bus; whoever asks too early would start a second, locked one.
const START: &str = r#"
    printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || exit 99
    tries=0
    until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q 'boolean true'
    do
        tries=$((tries + 1))
        test $tries -lt 5000 || exit 99
    done
"#;

/// A Python that has `keyring` and can reach a Secret Service.
fn python() -> Option<&'static str> {
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| works(Command::new(python).args(["-c", "import keyring, secretstorage"])))
}

fn works(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What a D-Bus client is told when the keyring's program has crashed, as it now and then does when
/// clients come and go quickly.
const CRASHED: &str = "disconnected from message bus without replying";

/// Runs a shell script beside an unlocked keyring; `$B` is the binary. `None`: there is no keyring.
/// If the keyring itself crashes all begins anew, with another scene.
fn with_keyring(
    scene: impl Fn() -> Scene,
    script: impl Fn(&Scene) -> String,
) -> Option<(Scene, Outcome)> {
    let installed = |program| works(Command::new(program).arg("--version"));
    if !installed("dbus-run-session") || !installed("gnome-keyring-daemon") {
        eprintln!("skipped: no Secret Service (install gnome-keyring and dbus)");
        return None;
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let scene = scene();
        let outcome = beside_keyring(&scene, &script(&scene));
        if tries == 3 || !outcome.output().contains(CRASHED) {
            return Some((scene, outcome));
        }
        eprintln!("the keyring crashed; once more");
    }
}

fn beside_keyring(scene: &Scene, script: &str) -> Outcome {
    let run = scene.command(&[]);
    let script = format!("{START}{script}");
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-c", &script])
        .current_dir(scene.folder.path())
        .env_clear()
        .env("B", run.get_program());
    for (name, value) in run.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let outcome = crate::support::run(command);
    assert_ne!(
        outcome.code,
        Some(99),
        "the keyring did not start: {}",
        outcome.output()
    );
    outcome
}

#[test]
fn a_secret_is_stored_shown_and_deleted() {
    let script = r#"
        "$B" credential get svc user; echo "= $?"
        printf 'gehe"im ä\n' | "$B" credential set svc user; echo "= $?"
        "$B" credential get svc user; echo "= $?"
        "$B" credential get svc user --show; echo "= $?"
        "$B" credential get svc other; echo "= $?"
        printf 'new' | "$B" credential set svc user; echo "= $?"
        "$B" credential get --show svc user; echo "= $?"
        "$B" credential delete svc user; echo "= $?"
        "$B" credential delete svc user; echo "= $?"
        "$B" credential get svc user; echo "= $?"
    "#;
    let made = with_keyring(|| Scene::new(COMPANY), |_| script.to_owned());
    let Some((_, outcome)) = made else {
        return;
    };
    let expected = "there is no entry\n= 1\nstored\n= 0\nthere is an entry\n= 0\ngehe\"im ä\n= 0\n\
                    there is no entry\n= 1\nstored\n= 0\nnew\n= 0\ndeleted\n= 0\n\
                    there is no entry\n= 1\nthere is no entry\n= 1\n";
    assert_eq!(outcome.stdout, expected, "{}", outcome.stderr);
}

#[test]
fn a_run_takes_its_secrets_from_the_keyring() {
    let scene = || {
        let mut scene = Scene::new(COMPANY);
        scene
            .set(OKTA, "/api_token", Value::Null)
            .set(OKTA, "/secure_api_token_key", json!("okta"))
            .set(UMAPI, "/enterprise/client_secret", Value::Null)
            .set(
                UMAPI,
                "/enterprise/secure_client_secret_key",
                json!("umapi"),
            );
        scene
    };
    let script = |scene: &Scene| {
        let connector: Value = serde_json::from_str(&scene.read(OKTA)).unwrap();
        let host = connector["host"].as_str().unwrap();
        format!(
            r#"
            "$B" sync; echo "= $?"
            printf '%s\n' '{OKTA_TOKEN}' | "$B" credential set okta '{host}' &&
            printf '%s\n' '{CLIENT_SECRET}' | "$B" credential set umapi '{ORG}' &&
            "$B" sync; echo "= $?"
            "$B" check; echo "= $?"
        "#
        )
    };
    let Some((scene, outcome)) = with_keyring(scene, script) else {
        return;
    };
    let codes: Vec<&str> = outcome
        .stdout
        .lines()
        .filter(|line| line.starts_with('='))
        .collect();
    assert_eq!(codes, ["= 2", "= 0", "= 0"], "{}", outcome.output());
    outcome
        .says(
            r#"the OS keyring has no entry for the service "umapi" and the user "A1B2C3@AdobeOrg""#,
        )
        .says(r#"credentials of okta: api_token found in the OS keyring, service "okta""#)
        .never_says(&regex::escape(OKTA_TOKEN))
        .never_says(&regex::escape(CLIENT_SECRET));
    assert!(!scene.actions().is_empty());
}

#[test]
fn a_service_apps_key_may_be_in_the_keyring() {
    let scene = || {
        let mut scene = Scene::new(COMPANY);
        scene
            .with_app(json!({}))
            .set(OKTA, "/private_key_file", Value::Null)
            .set(OKTA, "/secure_private_key_key", json!("okta-key"));
        scene
    };
    let script = |scene: &Scene| {
        let host = scene.sim.okta_host();
        format!(
            r#"
            "$B" credential set okta-key '{host}' <{KEY_FILE} && "$B" sync; echo "= $?"
            "$B" check; echo "= $?"
        "#
        )
    };
    let Some((scene, outcome)) = with_keyring(scene, script) else {
        return;
    };
    outcome
        .says("^= 0")
        .never_says("^= [1-9]")
        .says(r#"credentials of okta: private_key found in the OS keyring, service "okta-key""#);
    assert!(!scene.actions().is_empty());
}

#[test]
fn entries_are_shared_with_pythons_keyring() {
    let Some(python) = python() else {
        eprintln!("skipped: no Python with keyring and secretstorage");
        return;
    };
    let script = format!(
        r#"
        "{python}" -c 'import keyring; keyring.set_password("svc", "A@AdobeOrg", "of python")'
        "$B" credential get svc A@AdobeOrg --show
        printf 'of ours' | "$B" credential set svc A@AdobeOrg
        "{python}" -c 'import keyring; print(keyring.get_password("svc", "A@AdobeOrg"))'
        printf 'new of ours' | "$B" credential set svc other
        "{python}" -c 'import keyring; print(keyring.get_password("svc", "other"))'
        "{python}" -c 'import keyring; keyring.set_password("svc", "other", "changed")'
        "$B" credential get svc other --show
        "{python}" -c 'import keyring; keyring.delete_password("svc", "other")'
        "$B" credential get svc other
    "#
    );
    let made = with_keyring(|| Scene::new(COMPANY), |_| script.clone());
    let Some((_, outcome)) = made else {
        return;
    };
    let expected = "of python\nstored\nof ours\nstored\nnew of ours\nchanged\nthere is no entry\n";
    assert_eq!(outcome.stdout, expected, "{}", outcome.stderr);
}

#[test]
fn without_a_keyring_the_error_names_the_other_ways() {
    let mut scene = Scene::new(COMPANY);
    scene
        .set(OKTA, "/api_token", Value::Null)
        .set(OKTA, "/secure_api_token_key", json!("okta"));
    scene
        .run(&["sync"])
        .exits(2)
        .says("connector-okta.yml:.*secure_api_token_key: .*or use api_token, api_token_file or api_token_env");
    scene
        .run(&["credential", "get", "okta", "host"])
        .exits(1)
        .says("keyring");
    scene.wrote_nothing();
}
