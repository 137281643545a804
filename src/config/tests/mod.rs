//! Whole configurations, from files in a folder of their own to [`Config`] or the error's text.

mod credentials;
mod errors;
mod files;
mod options;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    AdobeOnlyUserAction, AdobeUserSelection, Config, ConsoleOptions, Encoding, Limit,
    OutputOptions, Request, Scope, Source, Strategy, UserSelection, load,
};
use crate::cli::{GivenOptions, Invocation};
use crate::commands::COMMANDS;
use crate::config::credential::{Origin, Outside};
use crate::error::Error;
use crate::model::{IdentityType, OrgId};
use crate::os::secret::Secret;
use crate::os::signals::Stop;
use script::pattern::Template;

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
                keyring: |_, _, _| panic!("the keyring was asked though nothing names it"),
                stop: Stop::default(),
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
        let Invocation::Run(arguments) = Invocation::parse(arguments, &COMMANDS)? else {
            panic!("no command");
        };
        load::load(
            &Request::read(&arguments, Scope::Run)?,
            self.outside.clone(),
        )
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

fn api_token(okta: &super::OktaConfig) -> &str {
    match &okta.access {
        super::OktaAccess::ApiToken(token) => token.expose(),
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
        (okta.host.as_str(), api_token(okta)),
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
    assert_eq!(config.adobe_users, AdobeUserSelection::All);
    assert_eq!(
        options.adobe_only_user_action,
        AdobeOnlyUserAction::Preserve
    );
    assert_eq!(options.strategy, Strategy::Sync);
    assert!(!options.process_groups && !options.update_user_info && !config.output.test_mode);
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
    assert!(config.options.process_groups && config.output.json);
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
    let rule = &config.additional_groups[0];
    let target = Template::parse(r"App \1", &rule.source).unwrap();
    assert_eq!(rule.target, target);
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
    let excluded = |name: &str| config.exclusions.users[0].is_match(name);
    assert_eq!((excluded("B"), excluded("ab")), (Ok(true), Ok(false)));
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
    let all = formats.by_attribute.iter();
    let all: Vec<(&str, &str)> = all
        .map(|(attribute, format)| (attribute.name(), format.source()))
        .collect();
    assert_eq!(
        all,
        [
            ("email", "{b}"),
            ("username", "{c}"),
            ("domain", "{d}"),
            ("firstname", "{e}"),
            ("lastname", "{f}"),
            ("country", "{g}"),
            ("identity_type", "{a}"),
        ]
    );
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
fn apply_reads_the_orgs_and_no_directory() {
    let case = Case::new("apply").file("connector-okta.yml", "not: read\n");
    let request = Request {
        main_file: case.path("user-sync-config.yml"),
        encoding: Encoding::Utf8,
        given: GivenOptions::default(),
        command_line: String::new(),
        output: OutputOptions::default(),
        console: ConsoleOptions::default(),
        scope: Scope::OrgsOnly,
    };
    let config = load::load(&request, case.outside.clone()).unwrap();
    assert!(matches!(config.source, Source::None));
    assert_eq!(config.orgs.len(), 1);
}

#[test]
fn the_name_of_the_log_file_holds_the_date() {
    let today = crate::os::clock::now().strftime("%Y").to_string();
    let name = |format| super::log_name_today(format);
    assert_eq!(name("{:%Y}.log").unwrap(), format!("{today}.log"));
    assert_eq!(name("sync.log").unwrap(), "sync.log");
    for wrong in ["{:%Y.log", "{}.log", "", "{:%Y}}"] {
        assert!(name(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_reference_in_another_language_is_warned_of() {
    for (target, is_warned_of) in [
        ("Adobe $1", true),
        ("Adobe ${1}", true),
        ("Adobe ${dept}", true),
        (r"Adobe \1", false),
        (r"Adobe \g<dept>", false),
        ("US$ (100)", false),
        ("Budget US$100", false),
        ("Adobe $", false),
    ] {
        let groups = format!(
            "  additional_groups:\n    - source: 'Okta (?P<dept>.*)'\n      target: '{target}'\nlimits:"
        );
        let main = MAIN.replace("limits:", &groups);
        let case = Case::new("dollar").file("user-sync-config.yml", &main);
        let warnings = case.good().warnings.join("\n");
        let says = "additional_groups[0].target: \"$";
        assert_eq!(
            warnings.contains(says),
            is_warned_of,
            "{target}: {warnings}"
        );
    }
}
