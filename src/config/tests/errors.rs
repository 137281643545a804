//! What is wrong in a file is told with its place.

use super::*;

#[test]
fn errors_of_the_main_file_name_line_and_key() {
    // What is replaced in the file, by what, and the beginning of the message.
    let cases = [
        (
            "groups:",
            "gruops:",
            "user-sync-config.yml:8:3: directory_users.gruops: unknown key; did you mean groups? Allowed here: user_identity_type",
        ),
        (
            "limits:",
            "colours:",
            "user-sync-config.yml:1:1: limits: must be set: it must hold max_adobe_only_users; also ",
        ),
        (
            "200",
            "many",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected a whole number, or a percentage from 0% to 100%, found the text \"many\"",
        ),
        (
            "200",
            "-1",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected a whole number",
        ),
        (
            "200",
            "101%",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected",
        ),
        (
            "200",
            "1.5",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected a whole number, or a percentage from 0% to 100%, found the number 1.5",
        ),
        (
            "200",
            "1:30",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected a whole number, or a percentage from 0% to 100%, found 1:30, a number in base 60 to YAML",
        ),
        (
            "200",
            "0o17",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected a whole number, or a percentage from 0% to 100%, found the number 0o17, which is no number in YAML 1.1",
        ),
        (
            "200",
            "1e3",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected",
        ),
        (
            "200",
            "",
            "user-sync-config.yml:12:3: limits.max_adobe_only_users: must be set",
        ),
        (
            "200",
            "[1]",
            "user-sync-config.yml:12:25: limits.max_adobe_only_users: expected a whole number, or a percentage from 0% to 100%, found a list",
        ),
        (
            "federatedID",
            "fedratedID",
            "user-sync-config.yml:5:23: directory_users.user_identity_type: expected one of adobeID, enterpriseID, federatedID, found \"fedratedID\"; did you mean federatedID?",
        ),
        (
            "federatedID",
            "[a, b]",
            "user-sync-config.yml:5:23: directory_users.user_identity_type: expected a text, found a list",
        ),
        (
            "Design",
            "true",
            "user-sync-config.yml:9:24: directory_users.groups[0].directory_group: expected a text, found true; put it into quotes",
        ),
        (
            "Design",
            "2026-11-01",
            "user-sync-config.yml:9:24: directory_users.groups[0].directory_group: expected a text, but 2026-11-01 without quotes is a date to YAML; put it into quotes",
        ),
        (
            "Design",
            "010",
            "user-sync-config.yml:9:24: directory_users.groups[0].directory_group: expected a text, but 010 without quotes is the number 8 to YAML",
        ),
        (
            "Design",
            "12",
            "user-sync-config.yml:9:24: directory_users.groups[0].directory_group: expected a text, found the number 12; put it into quotes",
        ),
        (
            "Design",
            "''",
            "user-sync-config.yml:9:24: directory_users.groups[0].directory_group: expected a text, found an empty one",
        ),
        (
            "directory_group: Design",
            "x: y",
            "user-sync-config.yml:9:7: directory_users.groups[0].directory_group: must be set: the name of a directory group; also ",
        ),
        (
            "Photoshop",
            "nowhere::P2",
            "user-sync-config.yml:10:22: directory_users.groups[0].adobe_groups[0]: \"nowhere::P2\" names the org \"nowhere\", which adobe_users.connectors.umapi does not define; there are no secondary orgs",
        ),
        (
            "Photoshop",
            "'::'",
            "user-sync-config.yml:10:22: directory_users.groups[0].adobe_groups[0]: ",
        ),
        (
            "umapi: connector-umapi.yml",
            "umapi: $(cat x)",
            "user-sync-config.yml:3:12: adobe_users.connectors.umapi: $(cat x) would run a command, which is no longer supported; name a file",
        ),
        (
            "umapi: connector-umapi.yml",
            "umapi:",
            "user-sync-config.yml:3:5: adobe_users.connectors.umapi: must be set",
        ),
        (
            "umapi: connector-umapi.yml",
            "umapi: [connector-umapi.yml, a: b.yml, c.yml]",
            "user-sync-config.yml:3:44: adobe_users.connectors.umapi[2]: a file of the primary org must stand before",
        ),
        (
            "umapi: connector-umapi.yml",
            "umapi: [a: b.yml]",
            "user-sync-config.yml:3:12: adobe_users.connectors.umapi: names no file of the primary org",
        ),
        (
            "limits:",
            "limits: &a\n  <<: 5\nx:",
            "user-sync-config.yml:",
        ),
        (
            "limits:",
            "adobe_users: x\nlimits:",
            "user-sync-config.yml:11:1: adobe_users: is there twice; remove one of the two",
        ),
        (
            "limits:",
            "post_sync: {}\nlimits:",
            "user-sync-config.yml:11:1: post_sync: post_sync is no longer supported",
        ),
        (
            "limits:",
            "dashboard: {}\nlimits:",
            "user-sync-config.yml:11:1: dashboard: this file has the format of User Sync Tool 1, which is no longer supported; convert it",
        ),
        (
            "directory_users:",
            "directory:",
            "user-sync-config.yml:4:1: directory: this file has the format of User Sync Tool 1",
        ),
        (
            "limits:",
            "logging: {log_to_file: on, file_log_name_format: '{x}.log'}\nlimits:",
            "user-sync-config.yml:11:50: logging.file_log_name_format: `{x}.log`: only `{:…}`",
        ),
        (
            "limits:",
            "logging: {log_to_file: maybe}\nlimits:",
            "user-sync-config.yml:11:24: logging.log_to_file: expected yes or no (or true, false, on, off), found \"maybe\"",
        ),
        (
            "limits:",
            "invocation_defaults: {users: [group]}\nlimits:",
            "user-sync-config.yml:11:30: invocation_defaults.users: group needs one more word",
        ),
        (
            "limits:",
            "invocation_defaults: {strategy: pull}\nlimits:",
            "user-sync-config.yml:11:33: invocation_defaults.strategy: expected sync, push, found \"pull\"",
        ),
        (
            "limits:",
            "invocation_defaults: {no_process_groups: yes}\nlimits:",
            "user-sync-config.yml:11:23: invocation_defaults.no_process_groups: unknown key; did you mean process_groups?",
        ),
        (
            "limits:",
            "invocation_defaults: {user_filter: '(?>a)'}\nlimits:",
            "user-sync-config.yml:11:36: invocation_defaults.user_filter: the regular expression \"(?>a)\" cannot be used: an atomic group is not supported",
        ),
        (
            "limits:",
            "00R_bars-Secret-token: x\nlimits:",
            "user-sync-config.yml:11:1: ***: unknown key; allowed here: adobe_users, directory_users, limits, logging, invocation_defaults (not shown, for it may be a secret)",
        ),
        (
            "limits:",
            "limits: !x",
            "user-sync-config.yml:11:9: has a YAML tag",
        ),
        (
            "limits:",
            "limits: [",
            "user-sync-config.yml:13:1: is not valid YAML: did not find expected",
        ),
        ("limits:", "limits: &a [*a]\nx:", "user-sync-config.yml"),
        (
            "limits:",
            "---\nlimits:",
            "user-sync-config.yml: holds more than one YAML document",
        ),
    ];
    for (at, (from, to, expected)) in cases.iter().enumerate() {
        let case = Case::new(&format!("main-{at}"))
            .file("user-sync-config.yml", &MAIN.replacen(from, to, 1));
        let error = case.error();
        assert!(error.starts_with(expected), "{to}\n  {error}\n  {expected}");
    }
}

#[test]
fn errors_of_directory_and_adobe_keys_name_what_is_wrong() {
    let cases = [
        (
            "adobe_users:",
            "exclude_adobe_groups: [a, 'org2::b']",
            "adobe_users.exclude_adobe_groups[1]: \"org2::b\" names an org; only groups of the primary org can be excluded",
        ),
        (
            "adobe_users:",
            "exclude_identity_types: [nobody]",
            "adobe_users.exclude_identity_types[0]: expected one of adobeID",
        ),
        (
            "adobe_users:",
            "exclude_users: ['(a']",
            "adobe_users.exclude_users[0]: the regular expression \"(a\" cannot be used: a parenthesis is not closed",
        ),
        (
            "adobe_users:",
            "update_attributes: country",
            "adobe_users.update_attributes: expected one of firstname, lastname, email, username",
        ),
        (
            "directory_users:",
            "default_country_code: Norway",
            "directory_users.default_country_code: expected a country code of two letters, found \"NORWAY\"",
        ),
        (
            "directory_users:",
            "additional_groups: [{source: '(a)', target: '\\2'}]",
            "directory_users.additional_groups[0].target: the target \"\\2\" cannot be used: it refers to group 2, but the source has 1",
        ),
        (
            "directory_users:",
            "additional_groups: [{source: '(a)', target: \"ACL-\\1\"}]",
            "found unknown escape character, while parsing a quoted scalar at line 5 column 47; in single quotes a backslash stands for itself: 'ACL-\\1'",
        ),
        (
            "directory_users:",
            "additional_groups: [{source: '(a)'}]",
            "directory_users.additional_groups[0].target: must be set",
        ),
        (
            "directory_users:",
            "group_sync_options: {auto_creat: yes}",
            "directory_users.group_sync_options.auto_creat: unknown key; did you mean auto_create?",
        ),
        (
            "directory_users:",
            "extension: [a, b]",
            "directory_users.extension: expected a text, found a list",
        ),
    ];
    for (at, (section, line, expected)) in cases.iter().enumerate() {
        let main = MAIN.replacen(section, &format!("{section}\n  {line}"), 1);
        let error = Case::new(&format!("keys-{at}"))
            .file("user-sync-config.yml", &main)
            .error();
        assert!(error.contains(expected), "{line}\n  {error}");
        assert!(error.starts_with("user-sync-config.yml:"), "{error}");
    }
}

#[test]
fn errors_of_the_connector_to_adobe_name_line_and_key() {
    let cases = [
        (
            "client_id: cid-1",
            "client_idd: x",
            "connector-umapi.yml:2:3: enterprise.client_id: must be set: give client_id (the secret itself), secure_client_id_key",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  api_key: b",
            "connector-umapi.yml:4:12: enterprise.api_key: client_id and api_key are all ways to give it; keep one",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  client_id_env: B",
            "connector-umapi.yml:4:18: enterprise.client_id_env: client_id and client_id_env are all ways",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  priv_key_path: B",
            "connector-umapi.yml:4:18: enterprise.priv_key_path: is for JWT, which Adobe has switched off. Add an OAuth server-to-server credential",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  secure_priv_key_pass_key: B",
            "connector-umapi.yml:4:29: enterprise.secure_priv_key_pass_key: is for JWT",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  tech_acct_id: B",
            "connector-umapi.yml:4:17: enterprise.tech_acct_id: is for JWT",
        ),
        (
            "client_id: cid-1",
            "client_id: 12",
            "connector-umapi.yml:3:14: enterprise.client_id: expected a text, found the number 12; put it into quotes",
        ),
        (
            "client_id: cid-1",
            "client_id: ''",
            "connector-umapi.yml:3:14: enterprise.client_id: the secret is empty",
        ),
        (
            "org_id: ABC@AdobeOrg",
            "org_id:",
            "connector-umapi.yml:2:3: enterprise.org_id: must be set",
        ),
        (
            "enterprise:",
            "authentication_method: jwt\nenterprise:",
            "connector-umapi.yml:1:24: authentication_method: is for JWT, which Adobe has switched off. Add an OAuth server-to-server credential",
        ),
        (
            "enterprise:",
            "authentication_method: basic\nenterprise:",
            "connector-umapi.yml:1:24: authentication_method: expected oauth, found \"basic\"",
        ),
        (
            "enterprise:",
            "server: {host: 'http://x'}\nenterprise:",
            "connector-umapi.yml:1:16: server.host: has the scheme \"http\"",
        ),
        (
            "enterprise:",
            "server: {endpoint: v2}\nenterprise:",
            "connector-umapi.yml:1:20: server.endpoint: expected a path such as /v2/usermanagement, found \"v2\"",
        ),
        (
            "enterprise:",
            "server: {timeout: 0}\nenterprise:",
            "connector-umapi.yml:1:19: server.timeout: expected a number of seconds, more than 0 and at most 86400, found the number 0",
        ),
        (
            "enterprise:",
            "server: {retries: -1}\nenterprise:",
            "connector-umapi.yml:1:19: server.retries: expected a whole number from 0 to 100, found the number -1",
        ),
        (
            "enterprise:",
            "server: {retries: '3'}\nenterprise:",
            "connector-umapi.yml:1:19: server.retries: expected a whole number from 0 to 100, found the text \"3\"",
        ),
        (
            "enterprise:",
            "server: {auth_host: a, ims_host: b}\nenterprise:",
            "connector-umapi.yml:1:34: server.ims_host: is the old name of auth_host, which is set too; keep one",
        ),
        (
            "enterprise:",
            "ssl_verify: no\nserver: {ssl_verify: no}\nenterprise:",
            "connector-umapi.yml:2:22: server.ssl_verify: is set at the top of the file too",
        ),
        ("enterprise:", "enterprise: x\ny:", "connector-umapi.yml:"),
        (
            "client_secret: ",
            "client_secret: !!int ",
            "enterprise.client_secret: its tag and its value do not go together, expected an integer",
        ),
        (
            "client_secret: ",
            "client_secret: !!null ",
            "do not go together",
        ),
        (
            "client_secret: ",
            "client_secret: !!bool ",
            "do not go together",
        ),
        (
            "client_secret: ",
            "client_secret: !!float ",
            "do not go together",
        ),
    ];
    for (at, (from, to, expected)) in cases.iter().enumerate() {
        let error = Case::new(&format!("umapi-{at}"))
            .file("connector-umapi.yml", &UMAPI.replacen(from, to, 1))
            .error();
        assert!(error.contains(expected), "{to}\n  {error}\n  {expected}");
        assert!(!error.contains("p8e-secret"), "{error}");
    }
}

#[test]
fn errors_of_the_connector_to_okta_name_line_and_key() {
    let cases = [
        (
            "user_emial_format: x",
            "connector-okta.yml:3:1: user_emial_format: unknown key; did you mean user_email_format? Allowed here: host, api_token,",
        ),
        (
            "secure_api_token_key: okta",
            "connector-okta.yml:3:23: secure_api_token_key: api_token and secure_api_token_key are all ways to give it; keep one",
        ),
        (
            "host: again",
            "connector-okta.yml:3:1: host: is there twice",
        ),
        (
            "group_filter_format: '{name}'",
            "connector-okta.yml:3:22: group_filter_format: expected a text with {group} in it and no other braces, found \"{name}\"",
        ),
        (
            "group_filter_format: '{group!r}'",
            "connector-okta.yml:3:22: group_filter_format: expected",
        ),
        (
            "page_size: 1001",
            "connector-okta.yml:3:12: page_size: expected a whole number from 1 to 1000, found the number 1001",
        ),
        (
            "page_size: 1_001",
            "connector-okta.yml:3:12: page_size: expected a whole number from 1 to 1000, found 1_001, the number 1001 to YAML",
        ),
        (
            "rate_limit_reserve: 100%",
            "connector-okta.yml:3:21: rate_limit_reserve: expected a percentage below 100, as 10%",
        ),
        (
            "rate_limit_reserve: 5",
            "connector-okta.yml:3:21: rate_limit_reserve: expected a percentage below 100, as 10%, found the number 5",
        ),
        (
            "user_identity_type: guest",
            "connector-okta.yml:3:21: user_identity_type: expected one of adobeID, enterpriseID, federatedID, found \"guest\"",
        ),
        (
            "ssl_verify: 1",
            "connector-okta.yml:3:13: ssl_verify: expected yes or no (or true, false, on, off), found the number 1",
        ),
        (
            "timeout: [1]",
            "connector-okta.yml:3:10: timeout: expected a number of seconds, more than 0 and at most 86400, found a list",
        ),
        (
            "user_email_format: '{email!r}'",
            "connector-okta.yml:3:20: user_email_format: {email!r} holds a conversion",
        ),
        (
            "user_email_format: {email}",
            "connector-okta.yml:3:20: user_email_format: expected a text, found a mapping (`key: value`)",
        ),
    ];
    for (at, (line, expected)) in cases.iter().enumerate() {
        let error = Case::new(&format!("okta-{at}"))
            .file("connector-okta.yml", &format!("{OKTA}{line}\n"))
            .error();
        assert!(
            error.starts_with(expected),
            "{line}\n  {error}\n  {expected}"
        );
        assert!(!error.contains("00R_token"), "{error}");
    }
}

#[test]
fn several_problems_of_a_file_are_told_at_once_in_their_order() {
    let error = Case::new("several")
        .file("connector-okta.yml", "retries: x\nhosst: a\ntimeout: y\n")
        .error();
    let parts = [
        "connector-okta.yml:1:1: host: must be set",
        "connector-okta.yml:1:10: retries",
        "connector-okta.yml:2:1: hosst",
        "connector-okta.yml:3:10: timeout",
    ];
    let places: Vec<_> = parts
        .iter()
        .map(|part| {
            error
                .find(part)
                .unwrap_or_else(|| panic!("{part}: {error}"))
        })
        .collect();
    assert!(places.is_sorted(), "{error}");
}

#[test]
fn values_behind_other_letters_have_their_true_place() {
    let main = MAIN
        .replace("Design", "Zoë ÄÖ")
        .replace("[Photoshop,", "[Zoë, 中, 010,");
    let error = Case::new("letters")
        .file("user-sync-config.yml", &main)
        .error();
    assert!(
        error.starts_with("user-sync-config.yml:10:30: directory_users.groups[0].adobe_groups[2]"),
        "{error}"
    );
}

#[test]
fn many_problems_and_many_groups_take_no_long_time() {
    let start = std::time::Instant::now();
    let groups: String = (0..4_000)
        .map(|at| format!("    - {{directory_group: g{at}, adobe_groups: [a{at}]}}\n"))
        .collect();
    let main = MAIN.replace(
        "    - directory_group: Design\n      adobe_groups: [Photoshop, Illustrator]\n",
        &groups,
    );
    assert_eq!(
        Case::new("many")
            .file("user-sync-config.yml", &main)
            .good()
            .groups
            .len(),
        4_000
    );
    let bad = main.replace("directory_group: g", "directory_group: 1");
    let error = Case::new("many-bad")
        .file("user-sync-config.yml", &bad)
        .error();
    assert!(
        error.contains("groups[0].directory_group") && error.contains("; and 3990 more"),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn files_that_are_missing_are_named() {
    let case = Case::new("missing");
    std::fs::remove_file(case.path("connector-okta.yml")).unwrap();
    assert!(
        case.error()
            .starts_with("connector-okta.yml: cannot be read: "),
        "{}",
        case.error()
    );
    assert!(
        case.error()
            .contains("directory_users.connectors.okta in user-sync-config.yml names it"),
        "{}",
        case.error()
    );
    std::fs::remove_file(case.path("user-sync-config.yml")).unwrap();
    assert!(
        case.error()
            .contains("name the file with -c, or write an example with `user-sync init`")
    );
}
