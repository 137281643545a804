//! Files: merging, encodings, limits, styles of YAML, digest and lock.

use super::*;

#[test]
fn key_order_does_not_matter() {
    let lines: [&str; 4] = [
        "adobe_users: {connectors: {umapi: connector-umapi.yml}, exclude_users: x}",
        "directory_users: {connectors: {okta: connector-okta.yml}, groups: {directory_group: D, adobe_groups: A}}",
        "limits: {max_adobe_only_users: 5}",
        "logging: {console_log_level: error}",
    ];
    let mut seen = Vec::new();
    for turn in 0..lines.len() {
        let mut order = lines;
        order.rotate_left(turn);
        for order in [order.to_vec(), order.iter().rev().copied().collect()] {
            let config = Case::new("order")
                .file("user-sync-config.yml", &order.join("\n"))
                .good();
            // Only the lines are others.
            let excluded = &config.exclusions.users;
            seen.push(format!(
                "{excluded:?} {:?} {:?} {:?}",
                config.groups[0].adobe_groups, config.limits, config.logging
            ));
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[test]
fn yaml_of_all_styles_is_read() {
    let main = "\u{feff}# comment
adobe_users: &au
  connectors: {umapi: \"connector-umapi.yml\"}
directory_users:
  <<: {default_country_code: DE, user_identity_type: adobeID}
  user_identity_type: 'federatedID'   # wins
  connectors:
    okta: connector-okta.yml
  groups:
  - directory_group: &g 'Adobe Äpps'
    adobe_groups: [ \"All \\x41pps\" ]
  - {directory_group: *g, adobe_groups: ['010', \"2026-11-01\", Yes, Zoë]}
limits:
    max_adobe_only_users: 0x10
";
    let config = Case::new("styles")
        .file("user-sync-config.yml", main)
        .good();
    assert_eq!(config.identity_type, IdentityType::FederatedId);
    assert_eq!(config.default_country.as_deref(), Some("DE"));
    assert_eq!(config.limits.max_adobe_only_users, Limit::Number(16));
    assert_eq!(config.groups[0].adobe_groups[0].name, "All Apps");
    assert_eq!(config.groups[1].directory_group, "Adobe Äpps");
    let names: Vec<_> = config.groups[1]
        .adobe_groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["010", "2026-11-01", "Yes", "Zoë"]);
    assert_eq!(
        (config.groups[0].line, config.groups[1].line),
        (Some(10), Some(12))
    );
}

#[test]
fn files_have_limits() {
    let deep = format!("x: {}{}", "[".repeat(70), "]".repeat(70));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
    let large = format!("# {}", "x".repeat(16 << 20));
    let opened = "[{a: ".repeat(1 << 20);
    let cases = [
        (deep.as_str(), "is nested deeper than 64 levels"),
        (bomb, "repetition limit exceeded"),
        (&large, "is larger than 16 MiB"),
        (&opened, "is nested deeper than 64 levels"),
        ("", "expected the keys"),
        ("- a\n", "expected the keys"),
        ("\u{0}", "is not valid YAML"),
    ];
    for (at, (text, expected)) in cases.iter().enumerate() {
        let error = Case::new(&format!("limits-{at}"))
            .file("user-sync-config.yml", text)
            .error();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn files_of_one_org_are_merged_key_by_key() {
    let case = Case::new("merged")
        .file(
            "user-sync-config.yml",
            &MAIN.replace(
                "umapi: connector-umapi.yml",
                "umapi: [connector-umapi.yml, more.yml, org2: a.yml, org2: b.yml]",
            ),
        )
        .file(
            "connector-umapi.yml",
            "enterprise: {org_id: o, client_id: wrong}\nserver: {host: h, timeout: 5}\n",
        )
        .file(
            "more.yml",
            "enterprise: {client_id: right, client_secret: s}\nserver: {timeout: 6, host: }\n",
        )
        .file("a.yml", "enterprise: {org_id: second, client_id: x}\n")
        .file("b.yml", "enterprise: {client_secret: y}\n");
    let config = case.good();
    let org = &config.orgs[0];
    assert_eq!(
        (
            org.org_id.as_str(),
            org.client_id.expose(),
            org.client_secret.expose()
        ),
        ("o", "right", "s")
    );
    assert_eq!(
        (org.host.as_str(), org.connection.timeout),
        ("h", Duration::from_secs(6))
    );
    assert_eq!(
        (config.orgs.len(), config.orgs[1].org_id.as_str()),
        (2, "second")
    );
    assert_eq!(config.orgs[1].name.as_deref(), Some("org2"));
}

#[test]
fn encodings_are_honoured() {
    let main = MAIN.replace("Design", "Zoë");
    let latin: Vec<u8> = main
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let case = Case::new("latin").bytes("user-sync-config.yml", &latin);
    assert!(
        case.error()
            .starts_with("user-sync-config.yml:9:26: byte 0xEB is no utf8 text"),
        "{}",
        case.error()
    );
    let case = case.arguments(&[
        "--connector",
        "okta",
        "--users",
        "mapped",
        "--config-file-encoding",
        "ISO-8859-1",
    ]);
    assert_eq!(case.good().groups[0].directory_group, "Zoë");
    let case = case.arguments(&[
        "--connector",
        "okta",
        "--users",
        "mapped",
        "--config-file-encoding",
        "ebcdic",
    ]);
    assert!(
        case.error()
            .starts_with("--config-file-encoding: unknown encoding \"ebcdic\"")
    );
}

#[test]
fn the_digest_changes_with_any_file() {
    let one = Case::new("digest").good().digest;
    assert_eq!(Case::new("digest").good().digest, one);
    let other = Case::new("digest")
        .file("connector-okta.yml", &format!("{OKTA}# x\n"))
        .good()
        .digest;
    assert_ne!(one, other);
}

#[test]
fn a_second_lock_is_refused_with_the_holder() {
    let case = Case::new("lock");
    let main = case.path("user-sync-config.yml");
    let held = crate::config::lock(&main).unwrap();
    assert!(held.is_held());
    let error = crate::config::lock(&main).unwrap_err();
    assert_eq!(error.exit_code(), crate::error::exit::BUSY);
    assert!(error.to_string().contains("holds the lock"), "{error}");
    #[cfg(target_os = "linux")]
    assert!(
        error
            .to_string()
            .contains(&format!("process {}", std::process::id())),
        "{error}"
    );
    drop(held);
    assert!(crate::config::lock(&main).unwrap().is_held());
    assert!(crate::config::lock(&case.path("none.yml")).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_can_be_locked() {
    let case = Case::new("read-only");
    let main = case.path("user-sync-config.yml");
    mode(&main, 0o400);
    let held = crate::config::lock(&main).unwrap();
    assert!(held.is_held());
    assert!(crate::config::lock(&main).is_err());
    mode(&main, 0o600);
}
