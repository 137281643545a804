//! Where secrets come from, and who may read them.

use super::*;

#[test]
fn credentials_come_from_files_and_the_environment() {
    let case = Case::new("credentials")
        .file("token", "\u{feff}from-file\r\n")
        .file("sub.key", "key\n")
        .file(
            "connector-okta.yml",
            "host: acme.okta.com\napi_token_file: token\n",
        )
        .file(
            "connector-umapi.yml",
            "enterprise: {org_id: o, client_id_env: CLIENT_ID, client_secret_file: ./sub.key}\n",
        )
        .outside(|outside| {
            outside.variable = |name| (name == "CLIENT_ID").then(|| "from-env".into())
        });
    let config = case.good();
    assert_eq!(api_token(okta(&config)), "from-file");
    assert_eq!(
        okta(&config).credentials[0].origin,
        Origin::File(case.path("token"))
    );
    let org = &config.orgs[0];
    assert_eq!(
        (org.client_id.expose(), org.client_secret.expose()),
        ("from-env", "key")
    );
    assert_eq!(
        org.credentials[0].origin,
        Origin::Environment("CLIENT_ID".into())
    );
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);

    let case = case.outside(|outside| outside.variable = |_| None);
    assert!(
        case.error()
            .contains("enterprise.client_id_env: the environment variable CLIENT_ID is not set")
    );
}

#[test]
fn a_name_without_a_slash_is_looked_for_among_systemds_credentials() {
    let folder = std::env::temp_dir().join("user-sync-credentials-directory");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("token"), "from-systemd").unwrap();
    owner_only(&folder.join("token"));
    let case = Case::new("systemd")
        .file("token", "beside")
        .file(
            "connector-okta.yml",
            "host: acme.okta.com\napi_token_file: token\n",
        )
        .outside(|outside| {
            outside.variable = |name| {
                (name == "CREDENTIALS_DIRECTORY").then(|| {
                    std::env::temp_dir()
                        .join("user-sync-credentials-directory")
                        .into()
                })
            };
        });
    assert_eq!(api_token(okta(&case.good())), "from-systemd");
    let case = case.file(
        "connector-okta.yml",
        "host: acme.okta.com\napi_token_file: ./token\n",
    );
    assert_eq!(api_token(okta(&case.good())), "beside");
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn secrets_that_others_can_read_are_warned_of() {
    let case = Case::new("permissions").file("token", "t").file(
        "connector-okta.yml",
        "host: acme.okta.com\napi_token_file: token\n",
    );
    mode(&case.path("token"), 0o644);
    mode(&case.path("connector-umapi.yml"), 0o640);
    let warnings = case.good().warnings;
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings
            .iter()
            .filter(|warning| warning.contains("connector-umapi.yml: holds the secret"))
            .count()
            == 2
    );
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("token: this secret can be read by everybody"))
    );
    mode(&case.path("token"), 0o440);
    mode(&case.path("connector-umapi.yml"), 0o600);
    assert!(case.good().warnings.is_empty());
}

#[test]
fn secrets_that_cannot_be_sent_are_refused() {
    for (bytes, expected) in [
        (&b""[..], "the secret is empty"),
        (b"a\nb\n", "line break"),
        (b"\xFF", "is no UTF-8 text"),
    ] {
        let case = Case::new("bad-secret").bytes("token", bytes).file(
            "connector-okta.yml",
            "host: acme.okta.com\napi_token_file: token\n",
        );
        let error = case.error();
        assert!(
            error.contains("api_token_file") && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn a_keyring_entry_is_asked_for_by_service_and_user() {
    let case = Case::new("keyring")
        .file("connector-okta.yml", "host: https://acme.okta.com/\nsecure_api_token_key: okta key\n")
        .file("connector-umapi.yml", "enterprise: {org_id: ABC@AdobeOrg, secure_client_id_key: a, secure_client_secret_key: b}\n")
        .outside(|outside| outside.keyring = |service, user, _| Ok(Secret::new(format!("{service}|{user}"))));
    let config = case.good();
    assert_eq!(api_token(okta(&config)), "okta key|https://acme.okta.com/");
    assert_eq!(config.orgs[0].client_secret.expose(), "b|ABC@AdobeOrg");
    let origin = okta(&config).credentials[0].origin.to_string();
    assert_eq!(
        origin,
        "the OS keyring, service \"okta key\", user \"https://acme.okta.com/\""
    );
}

#[test]
fn without_a_keyring_the_error_names_the_other_ways() {
    let case = Case::new("no-keyring")
        .file(
            "connector-okta.yml",
            "host: acme.okta.com\nsecure_api_token_key: okta\n",
        )
        .outside(|outside| {
            outside.keyring = |_, _, _| Err("this machine has no OS keyring that answers".into())
        });
    let error = case.error();
    assert!(error.starts_with("connector-okta.yml:2:23: secure_api_token_key: this machine has no OS keyring that answers; or use api_token, api_token_file or api_token_env instead"), "{error}");
}
