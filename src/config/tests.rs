//! Whole configurations, from files in a folder of their own to [`Config`] or the error's text.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::credential::Outside;
use super::{
    AdobeOnlyUserAction, AdobeUserSelection, Config, Encoding, Limit, Origin, Request, Scope,
    Source, Strategy, UserSelection, load,
};
use crate::cli::{Command, Invocation};
use crate::error::Error;
use crate::model::{IdentityType, OrgId};
use crate::secret::Secret;

const MAIN: &str = "\
adobe_users:
  connectors:
    umapi: connector-umapi.yml
directory_users:
  user_identity_type: federatedID
  connectors:
    okta: connector-okta.yml
  groups:
    - directory_group: Design
      adobe_groups: [Photoshop, Illustrator]
limits:
  max_adobe_only_users: 200
";

const UMAPI: &str = "\
enterprise:
  org_id: ABC@AdobeOrg
  client_id: cid-1
  client_secret: p8e-secret
";

const OKTA: &str = "\
host: acme.okta.com
api_token: 00R_token
";

/// Files in a folder that goes away with this, and the arguments of a run.
struct Case {
    folder: PathBuf,
    arguments: Vec<String>,
    outside: Outside,
}

impl Case {
    /// A configuration that is in order; `name` is the folder's.
    fn new(name: &str) -> Case {
        let folder = std::env::temp_dir().join(format!("user-sync-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let case = Case {
            folder,
            arguments: ["--connector", "okta", "--users", "mapped"]
                .map(str::to_owned)
                .to_vec(),
            outside: Outside {
                variable: |_| None,
                keyring: |_, _| panic!("the keyring was asked though nothing names it"),
            },
        };
        case.file("user-sync-config.yml", MAIN)
            .file("connector-umapi.yml", UMAPI)
            .file("connector-okta.yml", OKTA)
    }

    fn file(self, name: &str, text: &str) -> Case {
        self.bytes(name, text.as_bytes())
    }

    fn bytes(self, name: &str, bytes: &[u8]) -> Case {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        owner_only(&path);
        self
    }

    fn arguments(mut self, arguments: &[&str]) -> Case {
        self.arguments = arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect();
        self
    }

    fn outside(mut self, change: fn(&mut Outside)) -> Case {
        change(&mut self.outside);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn load(&self) -> Result<Config, Error> {
        let mut arguments: Vec<OsString> = self.arguments.iter().map(OsString::from).collect();
        arguments.push("-c".into());
        arguments.push(self.path("user-sync-config.yml").into());
        let Invocation::Run(command) = Invocation::parse(arguments)? else {
            panic!("no command");
        };
        let Command::Sync(request) = *command else {
            panic!("not sync");
        };
        load::load(&request, self.outside)
    }

    fn good(&self) -> Config {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The text of the error, without the folder.
    fn error(&self) -> String {
        let error = self.load().expect_err("an error");
        assert_eq!(error.exit_code(), crate::error::exit::USAGE, "{error}");
        let text = error.to_string();
        assert!(!text.contains('\n'), "{text}");
        text.replace(&format!("{}/", self.folder.display()), "")
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn owner_only(path: &Path) {
    mode(path, 0o600);
}

#[cfg(not(unix))]
fn owner_only(_: &Path) {}

fn okta(config: &Config) -> &super::OktaConfig {
    match &config.source {
        Source::Okta(okta) => okta,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_small_configuration_gets_all_defaults() {
    let config = Case::new("defaults").good();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!(config.digest.len(), 64);
    let org = &config.orgs[0];
    assert_eq!(
        (
            org.host.as_str(),
            org.endpoint.as_str(),
            org.auth_host.as_str(),
            org.auth_endpoint.as_str()
        ),
        (
            "usermanagement.adobe.io",
            "/v2/usermanagement",
            "ims-na1.adobelogin.com",
            "/ims/token/v2"
        )
    );
    assert_eq!(
        (org.connection.timeout, org.connection.retries),
        (Duration::from_secs(120), 3)
    );
    assert_eq!(
        (org.client_id.expose(), org.client_secret.expose()),
        ("cid-1", "p8e-secret")
    );
    assert!(org.connection.ssl_verify);
    let okta = okta(&config);
    assert_eq!(
        (okta.host.as_str(), okta.api_token.expose()),
        ("acme.okta.com", "00R_token")
    );
    assert_eq!(
        (okta.connection.timeout, okta.connection.retries),
        (Duration::from_secs(60), 4)
    );
    assert_eq!((okta.page_size, okta.rate_limit_reserve), (1000, 10.0));
    assert_eq!(okta.filter, "user.status == \"ACTIVE\"");
    assert!(
        !okta.filter_is_set && okta.filter_line.is_none() && okta.group_filter_format.is_none()
    );
    assert_eq!(config.identity_type, IdentityType::FederatedId);
    assert!(config.update_attributes.email && !config.update_attributes.username);
    assert_eq!(config.limits.max_adobe_only_users, Limit::Number(200));
    assert!(config.limits.max_group_removals.is_none());
    assert!(config.logging.file.is_none() && config.logging.progress);
    assert_eq!(config.logging.console_level, log::LevelFilter::Info);
    let options = &config.options;
    assert_eq!(options.users, UserSelection::Mapped);
    assert_eq!(options.adobe_users, AdobeUserSelection::All);
    assert_eq!(
        options.adobe_only_user_action,
        AdobeOnlyUserAction::Preserve
    );
    assert_eq!(options.strategy, Strategy::Sync);
    assert!(!options.process_groups && !options.update_user_info && !options.test_mode);
    assert_eq!(config.groups[0].line, Some(9));
}

#[test]
fn every_key_of_the_main_file_is_read() {
    let main = r#"
invocation_defaults: {users: mapped, process_groups: Yes, json: ON}
logging:
  log_to_file: yes
  file_log_directory: log files
  file_log_name_format: '{:%Y}.log'
  file_log_level: WARNING
  console_log_level: " debug "
  log_progress: Off
limits: {max_adobe_only_users: 2.5%, group_removals_only: true, max_group_removals: "10 %"}
directory_users:
  extension: extension.yml
  group_sync_options: {auto_create: "true"}
  additional_groups:
    - {source: 'ACL-(.+)', target: 'org2::App \1'}
  groups:
    - {adobe_groups: org2::Red, directory_group: Design}
    - {directory_group: Design, adobe_groups: }
  connectors: {okta: connector-okta.yml, ldap: x.yml, adobe_console: y.yml, csv: connector-csv.yml}
  default_country_code: NO
adobe_users:
  update_attributes: [ Username ]
  exclude_users: 'a|b'
  exclude_adobe_groups: [Staff]
  exclude_identity_types: [ ADOBEid, federatedid ]
  connectors:
    umapi:
      - connector-umapi.yml
      - org2: second.yml
"#;
    let case = Case::new("all-keys")
        .file("user-sync-config.yml", main)
        .file("second.yml", UMAPI)
        .file("extension.yml", "after_mapping_hook: |\n  pass\nextended_attributes: [a, b]\nextended_adobe_groups: org2::Extra\n")
        .arguments(&["--connector", "okta"]);
    let config = case.good();
    assert!(config.options.process_groups && config.options.json);
    let file = config.logging.file.as_ref().unwrap();
    assert_eq!(file.directory, case.path("log files"));
    assert_eq!(
        (file.name_format.as_str(), file.level),
        ("{:%Y}.log", log::LevelFilter::Warn)
    );
    assert_eq!(config.logging.console_level, log::LevelFilter::Debug);
    assert!(!config.logging.progress);
    assert_eq!(config.limits.max_adobe_only_users, Limit::Percent(2.5));
    assert_eq!(config.limits.max_group_removals, Some(Limit::Percent(10.0)));
    assert!(config.limits.group_removals_only && config.auto_create);
    assert_eq!(config.default_country.as_deref(), Some("NO"));
    assert_eq!(config.additional_groups[0].target, r"App \1");
    assert_eq!(
        (
            config.additional_groups[0].org,
            config.additional_groups[0].line
        ),
        (OrgId(1), Some(15))
    );
    assert_eq!(config.groups.len(), 2);
    assert_eq!(
        (config.groups[0].adobe_groups[0].org, config.groups[0].line),
        (OrgId(1), Some(17))
    );
    assert!(config.groups[1].adobe_groups.is_empty());
    assert_eq!(config.exclusions.identity_types.len(), 2);
    assert_eq!(config.exclusions.groups, ["Staff"]);
    assert!(config.exclusions.users[0].is_match("B") && !config.exclusions.users[0].is_match("ab"));
    assert!(config.update_attributes.username && !config.update_attributes.email);
    assert_eq!(config.orgs[1].name.as_deref(), Some("org2"));
    let extension = config.extension.as_ref().unwrap();
    assert_eq!(
        (extension.hook.as_str(), extension.hook_line),
        ("pass\n", Some(2))
    );
    assert_eq!(extension.extended_attributes, ["a", "b"]);
    assert_eq!(extension.extended_adobe_groups[0].org, OrgId(1));
}

#[test]
fn every_key_of_the_connectors_is_read() {
    let case = Case::new("connector-keys")
        .file(
            "connector-umapi.yml",
            "ssl_verify: no\ntrusted: yes\nuses_business_id: true\nauthentication_method: OAuth\n\
             enterprise: {org_id: o, api_key: k, client_secret: s}\n\
             server: {host: 'h:1', endpoint: /e/, ims_host: i, ims_endpoint_jwt: /j, timeout: 1.5, retries: 0x10}\n",
        )
        .file(
            "connector-okta.yml",
            "host: https://acme.okta.com:8443/\napi_token: t\ngroup_filter_format: 'x {group}'\n\
             all_users_filter: |\n  user.status == 'STAGED'\nuser_identity_type: adobeID\n\
             user_identity_type_format: '{a}'\nuser_email_format: '{b}'\nuser_username_format: '{c}'\n\
             user_domain_format: '{d}'\nuser_given_name_format: '{e}'\nuser_surname_format: '{f}'\n\
             user_country_code_format: '{g}'\nstring_encoding: latin1\ntimeout: 7\nretries: 1\n\
             page_size: 1_0\nrate_limit_reserve: 20%\nssl_verify: \"off\"\nlogger_name: x\n",
        );
    let config = case.good();
    let org = &config.orgs[0];
    assert_eq!((org.host.as_str(), org.endpoint.as_str()), ("h:1", "/e"));
    assert_eq!(
        (org.auth_host.as_str(), org.auth_endpoint.as_str()),
        ("i", "/j")
    );
    assert_eq!(
        (org.connection.timeout, org.connection.retries),
        (Duration::from_millis(1500), 16)
    );
    assert_eq!(org.client_id.expose(), "k");
    assert!(!org.connection.ssl_verify);
    let okta = okta(&config);
    assert_eq!(okta.host, "acme.okta.com:8443");
    assert_eq!(okta.group_filter_format.as_deref(), Some("x {group}"));
    assert_eq!(
        (okta.filter.as_str(), okta.filter_line),
        ("user.status == 'STAGED'", Some(5))
    );
    assert!(okta.filter_is_set && !okta.connection.ssl_verify);
    assert_eq!(okta.identity_type, Some(IdentityType::AdobeId));
    let formats = &okta.formats;
    let all = [
        &formats.identity_type,
        &formats.email,
        &formats.username,
        &formats.domain,
        &formats.given_name,
        &formats.surname,
        &formats.country_code,
    ];
    let all: Vec<_> = all.iter().filter_map(|format| format.as_deref()).collect();
    assert_eq!(all, ["{a}", "{b}", "{c}", "{d}", "{e}", "{f}", "{g}"]);
    assert_eq!((okta.page_size, okta.rate_limit_reserve), (10, 20.0));
    assert_eq!(
        (okta.connection.timeout, okta.connection.retries),
        (Duration::from_secs(7), 1)
    );
    let warnings = config.warnings.join("\n");
    for part in [
        "connector-umapi.yml:1:13: ssl_verify",
        "uses_business_id: is obsolete",
        "latin1",
        "connector-okta.yml:19:13: ssl_verify",
    ] {
        assert!(warnings.contains(part), "{part}: {warnings}");
    }
}

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
            "invocation_defaults: {user_filter: '(?=a)'}\nlimits:",
            "user-sync-config.yml:11:36: invocation_defaults.user_filter: the regular expression \"(?=a)\" cannot be used: look-ahead is not supported",
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
            "directory_users.additional_groups[0].target: the target \"\\\\2\" cannot be used: it refers to group 2, but the source has 1",
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
            "connector-umapi.yml:4:18: enterprise.priv_key_path: belongs to JWT, which is no longer used with oauth; remove this key",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  secure_priv_key_pass_key: B",
            "connector-umapi.yml:4:29: enterprise.secure_priv_key_pass_key: belongs to JWT",
        ),
        (
            "client_id: cid-1",
            "client_id: a\n  tech_acct_id: B",
            "connector-umapi.yml:4:17: enterprise.tech_acct_id: belongs to JWT",
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
            "connector-umapi.yml:1:24: authentication_method: jwt is no longer supported: Adobe has switched it off. Add an OAuth server-to-server credential",
        ),
        (
            "enterprise:",
            "authentication_method: basic\nenterprise:",
            "connector-umapi.yml:1:24: authentication_method: expected oauth, found \"basic\"",
        ),
        (
            "enterprise:",
            "server: {host: 'http://x'}\nenterprise:",
            "connector-umapi.yml:1:16: server.host: \"http://x\" has the scheme http",
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
            seen.push(format!(
                "{:?} {:?} {:?} {:?}",
                config.exclusions, config.groups[0].adobe_groups, config.limits, config.logging
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
fn the_command_line_wins_over_the_defaults_of_the_file() {
    let defaults = "invocation_defaults:\n  users: [group, 'Everyone, Else']\n  connector: [okta]\n  process_groups: Yes\n  test_mode: on\n  \
                    adobe_only_user_action: [write-file, out.csv]\n  adobe_users: [group, 'A,B']\n  user_filter: 'a.*'\n  strategy: push\n  \
                    exclude_unmapped_users: true\n  update_user_info: yes\n  report: r.json\n  allow_missing_groups: yes\n  allow_empty_directory: yes\n";
    let case = Case::new("invocation").file("user-sync-config.yml", &format!("{MAIN}{defaults}"));
    let options = case.arguments(&[]).good().options;
    assert_eq!(
        options.users,
        UserSelection::Groups(vec!["Everyone".into(), "Else".into()])
    );
    assert!(
        options.process_groups
            && options.test_mode
            && options.exclude_unmapped_users
            && options.update_user_info
    );
    assert!(options.allow_missing_groups && options.allow_empty_directory);
    assert_eq!(
        options.adobe_only_user_action,
        AdobeOnlyUserAction::WriteFile("out.csv".into())
    );
    assert!(
        matches!(&options.adobe_users, AdobeUserSelection::Groups(groups) if groups.len() == 2)
    );
    assert_eq!(
        (options.strategy, options.report),
        (Strategy::Push, Some("r.json".into()))
    );
    assert!(options.user_filter.unwrap().is_match("ABC"));

    let case = Case::new("invocation").file("user-sync-config.yml", &format!("{MAIN}{defaults}"));
    let arguments = [
        "--users",
        "mapped",
        "--no-process-groups",
        "-T",
        "--adobe-only-user-action",
        "remove",
        "--adobe-users=all",
        "--user-filter",
        "b",
        "--strategy",
        "SYNC",
        "--include-unmapped-users",
        "--no-update-user-info",
        "--report=x",
    ];
    let options = case.arguments(&arguments).good().options;
    assert_eq!(options.users, UserSelection::Mapped);
    assert!(
        !options.process_groups
            && !options.test_mode
            && !options.exclude_unmapped_users
            && !options.update_user_info
    );
    assert_eq!(options.adobe_only_user_action, AdobeOnlyUserAction::Remove);
    assert_eq!(
        (options.adobe_users, options.strategy),
        (AdobeUserSelection::All, Strategy::Sync)
    );
    assert_eq!(options.report, Some("x".into()));
    assert!(!options.user_filter.unwrap().is_match("abc"));
}

#[test]
fn rules_between_options_name_both() {
    let okta = "--connector okta";
    let cases = [
        (
            okta.to_owned(),
            "--connector okta does not go with --users all (the default): Okta has no notion of all users; say --users mapped or --users group",
        ),
        (
            format!("{okta} --users all"),
            "--connector okta does not go with --users all",
        ),
        (
            String::new(),
            "no connector: UST's default, ldap, does not exist here; the connectors are okta and csv. Say --connector okta",
        ),
        (
            "--connector ldap --users mapped".to_owned(),
            "no connector: UST's default, ldap",
        ),
        (
            "--connector ldap --adobe-only-user-list l".to_owned(),
            "no connector: UST's default, ldap",
        ),
        (
            "--connector csv a.csv --users file b.csv".to_owned(),
            "--users file b.csv means --connector csv; leave out --connector csv",
        ),
        (
            format!("{okta} --users file b.csv"),
            "--users file b.csv means --connector csv; leave out --connector okta",
        ),
        (
            format!("{okta} --adobe-only-user-list l --adobe-only-user-action write-file f"),
            "--adobe-only-user-list l does not go with --adobe-only-user-action write-file",
        ),
        (
            format!("{okta} --adobe-only-user-list l --strategy push"),
            "--adobe-only-user-list l does not go with --strategy push",
        ),
        ("--connector okta x".to_owned(), "unknown command \"x\""),
        (
            "--connector csv".to_owned(),
            "--connector csv needs a value, but the option -c follows",
        ),
        (
            "--connector=okta,x".to_owned(),
            "--connector: expected okta, csv FILE, found \"okta,x\"",
        ),
        (
            format!("{okta} --users mapped --adobe-users group nowhere::X"),
            "--adobe-users group: \"nowhere::X\" names the org \"nowhere\"",
        ),
        (
            format!("{okta} --users group ,"),
            "--users: group needs at least one group name",
        ),
        (
            format!("{okta} --users mapped --user-filter (a"),
            "--user-filter: the regular expression \"(a\" cannot be used",
        ),
        (
            format!("{okta} --adobe-only-user-action destroy"),
            "--adobe-only-user-action: expected preserve, exclude, write-file FILE, remove-adobe-groups, remove, delete, found \"destroy\"",
        ),
    ];
    for (at, (arguments, expected)) in cases.iter().enumerate() {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let error = Case::new(&format!("rules-{at}")).arguments(&words).error();
        assert!(error.starts_with(expected), "{arguments}\n  {error}");
    }
}

#[test]
fn a_list_of_adobe_only_users_needs_no_directory() {
    let case = Case::new("list").file("connector-okta.yml", "not: read\n");
    let config = case
        .arguments(&[
            "--connector",
            "okta",
            "--users",
            "mapped",
            "--user-filter",
            "x",
            "--adobe-only-user-list",
            "l.csv",
        ])
        .good();
    assert!(matches!(config.source, Source::None));
    assert_eq!(config.options.adobe_only_user_list, Some("l.csv".into()));
    assert_eq!(config.notes.len(), 2, "{:?}", config.notes);
    assert!(config.notes[0].starts_with("--users") && config.notes[1].starts_with("--user-filter"));
}

#[test]
fn push_says_that_the_action_means_nothing() {
    let case = Case::new("push").arguments(&[
        "--connector",
        "okta",
        "--users",
        "mapped",
        "--strategy",
        "push",
        "--adobe-only-user-action",
        "remove",
    ]);
    assert_eq!(
        case.good().notes,
        ["--adobe-only-user-action has no meaning with --strategy push"]
    );
}

#[test]
fn a_csv_directory_needs_no_connector_file() {
    for arguments in [
        ["--connector", "csv", "people.txt"],
        ["--users", "file", "people.txt"],
    ] {
        let config = Case::new("csv").arguments(&arguments).good();
        let Source::Csv(csv) = &config.source else {
            panic!("{:?}", config.source)
        };
        assert_eq!(
            (csv.users_file.as_path(), csv.delimiter, csv.encoding),
            (Path::new("people.txt"), b'\t', Encoding::Utf8)
        );
        assert_eq!(csv.columns.first_name, "firstname");
        assert_eq!(config.options.users, UserSelection::All);
    }
    let main = MAIN.replace("    okta: connector-okta.yml", "    csv: connector-csv.yml");
    let connector = "delimiter: '\\t'\nstring_encoding: cp1252\nemail_column_name: mail\nfirst_name_column_name: a\nlast_name_column_name: b\n\
                     country_column_name: c\ngroups_column_name: d\nusername_column_name: e\ndomain_column_name: f\n\
                     identity_type_column_name: g\nuser_identity_type: adobeID\n";
    let case = Case::new("csv-keys")
        .file("user-sync-config.yml", &main)
        .file("connector-csv.yml", connector);
    let config = case.arguments(&["--connector", "csv", "p.csv"]).good();
    let Source::Csv(csv) = &config.source else {
        panic!("{:?}", config.source)
    };
    assert_eq!((csv.delimiter, csv.encoding), (b'\t', Encoding::Cp1252));
    let columns = &csv.columns;
    let names = [
        &columns.email,
        &columns.first_name,
        &columns.last_name,
        &columns.country,
        &columns.groups,
        &columns.username,
        &columns.domain,
        &columns.identity_type,
    ];
    assert_eq!(names, ["mail", "a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(csv.identity_type, Some(IdentityType::AdobeId));
    for (line, expected) in [
        ("delimiter: ab", "expected one character"),
        ("string_encoding: x", "unknown encoding"),
        ("file_path: x", "unknown key"),
    ] {
        let case = Case::new("csv-bad")
            .file("user-sync-config.yml", &main)
            .file("connector-csv.yml", line);
        let error = case.arguments(&["--connector", "csv", "p.csv"]).error();
        assert!(
            error.starts_with("connector-csv.yml:1:") && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn the_connector_of_the_defaults_gives_way() {
    let case = Case::new("ldap").file(
        "user-sync-config.yml",
        &format!("{MAIN}invocation_defaults: {{connector: ldap, users: all}}\n"),
    );
    let case = case.arguments(&["--connector", "okta", "--users", "mapped"]);
    assert!(matches!(case.good().source, Source::Okta(_)));
    let case = case.arguments(&["--users", "file", "x.csv"]);
    assert!(matches!(case.good().source, Source::Csv(_)));
    let case = case.arguments(&[]);
    assert!(case.error().starts_with("no connector"));
}

#[test]
fn okta_must_be_configured_to_be_used() {
    let error = Case::new("no-okta")
        .file(
            "user-sync-config.yml",
            &MAIN.replace("okta: connector-okta.yml", "ldap: x.yml"),
        )
        .error();
    assert!(error.starts_with("user-sync-config.yml: directory_users.connectors.okta: must be set for --connector okta"), "{error}");
}

#[test]
fn unknown_log_levels_are_warned_of() {
    let case = Case::new("levels").file("user-sync-config.yml", &format!("{MAIN}logging: {{console_log_level: loud, file_log_level: critical, log_to_file: yes}}\n"));
    let config = case.good();
    assert_eq!(config.logging.console_level, log::LevelFilter::Info);
    assert!(
        config.warnings[0].contains("logging.console_log_level: unknown log level \"loud\""),
        "{:?}",
        config.warnings
    );
    let file = config.logging.file.as_ref().unwrap();
    assert_eq!(
        (file.directory.clone(), file.level),
        (case.path("logs"), log::LevelFilter::Off)
    );
    assert_eq!(file.name_format, "{:%Y-%m-%d}.log");
}

#[test]
fn the_extension_can_be_left_out() {
    let main = MAIN.replace(
        "directory_users:",
        "directory_users:\n  extension: extension.yml",
    );
    let case = Case::new("extension").file("user-sync-config.yml", &main);
    assert!(case.error().starts_with("extension.yml: cannot be read"));
    let case = case
        .outside(|outside| outside.variable = |name| (name == "UST_EXTENSION").then(|| "0".into()));
    let config = case.good();
    assert!(config.extension.is_none());
    assert!(
        config.warnings[0].contains("UST_EXTENSION"),
        "{:?}",
        config.warnings
    );
    let case = case
        .outside(|outside| outside.variable = |_| None)
        .file("extension.yml", "extended_attributes: [a]\nhook: x\n");
    let error = case.error();
    assert!(
        error.contains("after_mapping_hook: must be set") && error.contains("hook: unknown key"),
        "{error}"
    );
}

#[test]
fn a_hook_in_any_style_tells_its_first_line() {
    for (text, line) in [
        ("after_mapping_hook: |\n  pass\n", 2),
        ("after_mapping_hook: pass\n", 1),
        ("# c\nafter_mapping_hook: &a |-  # why\n\n  pass\n", 3),
        ("after_mapping_hook:\n  'pass'\n", 2),
    ] {
        let main = MAIN.replace(
            "directory_users:",
            "directory_users:\n  extension: extension.yml",
        );
        let config = Case::new("hook-line")
            .file("user-sync-config.yml", &main)
            .file("extension.yml", text)
            .good();
        assert_eq!(config.extension.unwrap().hook_line, Some(line), "{text}");
    }
}

#[test]
fn credentials_come_from_files_and_the_environment() {
    let case = Case::new("credentials")
        .file("token", "from-file\r\n")
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
    assert_eq!(okta(&config).api_token.expose(), "from-file");
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
    assert_eq!(okta(&case.good()).api_token.expose(), "from-systemd");
    let case = case.file(
        "connector-okta.yml",
        "host: acme.okta.com\napi_token_file: ./token\n",
    );
    assert_eq!(okta(&case.good()).api_token.expose(), "beside");
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
        .outside(|outside| outside.keyring = |service, user| Ok(Secret::new(format!("{service}|{user}"))));
    let config = case.good();
    assert_eq!(
        okta(&config).api_token.expose(),
        "okta key|https://acme.okta.com/"
    );
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
            outside.keyring = |_, _| Err("this machine has no OS keyring that answers".into())
        });
    let error = case.error();
    assert!(error.starts_with("connector-okta.yml:2:23: secure_api_token_key: this machine has no OS keyring that answers; or use api_token, api_token_file or api_token_env instead"), "{error}");
}

#[test]
fn apply_reads_the_orgs_and_no_directory() {
    let case = Case::new("apply").file("connector-okta.yml", "not: read\n");
    let request = Request {
        main_file: case.path("user-sync-config.yml"),
        encoding: None,
        given: super::Given::default(),
        scope: Scope::OrgsOnly,
    };
    let config = load::load(&request, case.outside).unwrap();
    assert!(matches!(config.source, Source::None));
    assert_eq!(config.orgs.len(), 1);
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
    let held = super::lock(&main).unwrap();
    assert!(held.is_some());
    let error = super::lock(&main).unwrap_err();
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
    assert!(super::lock(&main).unwrap().is_some());
    assert!(super::lock(&case.path("none.yml")).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_can_be_locked() {
    let case = Case::new("read-only");
    let main = case.path("user-sync-config.yml");
    mode(&main, 0o400);
    let held = super::lock(&main).unwrap();
    assert!(held.is_some());
    assert!(super::lock(&main).is_err());
    mode(&main, 0o600);
}

#[test]
fn the_name_of_the_log_file_holds_the_date() {
    let today = jiff::Zoned::now().strftime("%Y").to_string();
    let name = |format| super::log_name_today(format);
    assert_eq!(name("{:%Y}.log").unwrap(), format!("{today}.log"));
    assert_eq!(name("sync.log").unwrap(), "sync.log");
    for wrong in ["{:%Y.log", "{}.log", "", "{:%Y}}"] {
        assert!(name(wrong).is_err(), "{wrong}");
    }
}
