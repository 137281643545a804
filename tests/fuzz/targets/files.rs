//! Files that people write: the configuration, the CSV directory, the list of Adobe-only users.

use super::fuzz;
use crate::support::Folder;
use base64::Engine as _;
use std::path::Path;
use user_sync::cli::Invocation;
use user_sync::commands::COMMANDS;
use user_sync::commands::adobe_only_file;
use user_sync::commands::session::Session;
use user_sync::config::{Config, Request, Scope};
use user_sync::http::Transport;
use user_sync::os::signals::Stop;
use user_sync::people::{self, RecordRules};
use user_sync::text::Texts;

const MAIN: &str = "adobe_users:
  connectors:
    umapi:
      - umapi.yml
      - emea: umapi.yml
  exclude_identity_types: [adobeID]
  exclude_adobe_groups:
    - _org_admin
  exclude_users: ['.*@partner\\.example', \"admin\\x40x\"]
directory_users:
  user_identity_type: federatedID
  default_country_code: US
  connectors: {okta: okta.yml, csv: csv.yml}
  groups:
    - directory_group: Design
      adobe_groups: [Creative, 'emea::Substance 3D']
  additional_groups:
    - {source: 'ACL-(.+)', target: '\\1'}
  group_sync_options: {auto_create: Yes}
  extension: extension.yml
limits:
  max_adobe_only_users: 5%
  max_group_removals: 20
logging:
  log_to_file: no
  file_log_name_format: '{:%Y-%m-%d}.log'
invocation_defaults:
  connector: okta
  users: [group, \"Design\"]
  user_filter: .*@example\\.com
  process_groups: on
";
const OKTA: &str = "host: example.okta.com
api_token: 00R_token
group_filter_format: '{group}'
all_users_filter: >-
  user.status == \"ACTIVE\"
  and user.profile.department != 'x'
user_email_format: '{email}'
user_identity_type_format: &a federatedID
timeout: 60
page_size: 1_000
rate_limit_reserve: 010%
";
const UMAPI: &str = "server:
  host: usermanagement.adobe.io
  timeout: 120.5
enterprise:
  org_id: \"A495E53@AdobeOrg\"
  client_id: 1234567890abcdef
  client_secret: >-
    secret
ssl_verify: !!bool 'true'
";
const EXTENSION: &str = "extended_attributes: [department]
extended_adobe_groups: [Stock]
after_mapping_hook: |
  if source_attributes.get('department') == 'x':
      target_groups.add('Stock')
";
const CSV: &str = "delimiter: ';'
string_encoding: latin-1
email_column_name: mail
";

const FILES: [(&str, &str); 5] = [
    ("main.yml", MAIN),
    ("okta.yml", OKTA),
    ("umapi.yml", UMAPI),
    ("extension.yml", EXTENSION),
    ("csv.yml", CSV),
];

pub(super) fn request(folder: &Path, arguments: &[&str]) -> Request {
    let main = folder.join("main.yml");
    let mut words = vec![
        "sync".to_owned(),
        "-c".to_owned(),
        main.display().to_string(),
    ];
    words.extend(arguments.iter().map(|word| (*word).to_owned()));
    match Invocation::parse(words.into_iter().map(Into::into), &COMMANDS).unwrap() {
        Invocation::Run(arguments) => Request::read(&arguments, Scope::Run).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Loads the configuration and compiles all that is in it.
fn load(request: &Request) {
    match Config::load(request, &Stop::default()) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(config) => {
            let transport = Transport::from_variables(&|_| None).unwrap();
            Session::open(&config, &transport).map(drop).ok();
        }
    }
}

fn configuration() -> Folder {
    let folder = Folder::new();
    for (name, content) in FILES {
        folder.write(name, content);
    }
    folder
}

#[test]
fn configuration_files() {
    for (name, good) in FILES {
        let folder = configuration();
        let okta = request(folder.path(), &[]);
        let csv = request(folder.path(), &["--users", "file", "people.csv"]);
        assert!(
            Config::load(&okta, &Stop::default()).is_ok(),
            "{:?}",
            Config::load(&okta, &Stop::default())
        );
        let others: Vec<&[u8]> = FILES
            .iter()
            .map(|(_, content)| content.as_bytes())
            .collect();
        let mut corpus = vec![good.as_bytes(); 4];
        corpus.extend(others);
        fuzz(name, 60, &corpus, |bytes| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            load(&okta);
            load(&csv);
        });
    }
}

#[test]
fn private_keys() {
    let folder = configuration();
    let pair = rcgen::KeyPair::generate().unwrap();
    let (pem, der) = (pair.serialize_pem(), pair.serialize_der());
    let jwk = |number: &str| {
        format!(
            r#"{{"kty":"EC","crv":"P-256","kid":"a","x":"{number}","y":"{number}","d":"{number}"}}"#
        )
    };
    let jwk = jwk("AQABAQABAQABAQABAQABAQABAQABAQABAQABAQABAQA");
    let set = format!(r#"{{"keys":[{jwk}]}}"#);
    let rsa = jwk.replace("\"EC\"", "\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\",\"p\":\"AQ\",\"q\":\"AQ\",\"dp\":\"AQ\",\"dq\":\"AQ\",\"qi\":\"AQ\"");
    let traditional = pem.replace("PRIVATE", "RSA PRIVATE");
    let corpus = [&pem, &traditional, &jwk, &rsa, &set].map(|text| text.as_bytes());
    let okta = "host: x.example\nclient_id: 0oa1\nprivate_key_file: key\n";
    folder.write("okta.yml", okta);
    std::fs::write(folder.path().join("key"), &pem).unwrap();
    let request = request(folder.path(), &[]);
    assert!(
        Config::load(&request, &Stop::default()).is_ok(),
        "{:?}",
        Config::load(&request, &Stop::default())
    );
    fuzz("private key", 300, &corpus, |bytes| {
        std::fs::write(folder.path().join("key"), bytes).unwrap();
        load(&request);
    });
    // Damage inside of PEM, which the lines around it do not show.
    fuzz("private key as DER", 300, &[&der], |bytes| {
        let base64 = base64::prelude::BASE64_STANDARD.encode(bytes);
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            let text = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
            std::fs::write(folder.path().join("key"), text).unwrap();
            load(&request);
        }
    });
}

#[test]
fn csv_directories() {
    let folder = configuration();
    folder.write("csv.yml", "{}");
    folder.write("extension.yml", "after_mapping_hook: pass");
    let path = folder.path().join("people.csv");
    let request = request(
        folder.path(),
        &[
            "--connector",
            "csv",
            &path.display().to_string(),
            "--users",
            "all",
        ],
    );
    let config = Config::load(&request, &Stop::default()).unwrap();
    let corpus: [&[u8]; 3] = [
        b"email,firstname,lastname,country,groups,username,domain,type\nann@example.com,Ann,Bee,US,\"Design, Video\",,,federatedID\nbob@example.com,\"B\"\"ob\",,de,,,,\n",
        b"\xef\xbb\xbfemail;groups\r\na@x;y\r\n",
        b"email\tgroups\n\"a\nb\"\tx\n",
    ];
    fuzz("CSV directory", 300, &corpus, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let mut rules = RecordRules::compile(&config).unwrap();
        people::read(&config, &mut rules, None, &mut Texts::default())
            .map(drop)
            .ok();
    });
}

#[test]
fn lists_of_adobe_only_users() {
    let folder = configuration();
    let config = Config::load(&request(folder.path(), &[]), &Stop::default()).unwrap();
    let path = folder.path().join("list.csv");
    let corpus: [&[u8]; 2] = [
        b"type,username,email,domain,umapi\nfederatedID,ann,ann@example.com,example.com,\nadobeID,,b@x.com,,emea\n",
        b"email\ttype\na@x.com\tenterpriseID\n",
    ];
    fuzz("list of Adobe-only users", 300, &corpus, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        adobe_only_file::read(&config, &path, &mut Texts::default())
            .map(drop)
            .ok();
    });
}

#[test]
fn command_lines() {
    let corpus: [&[u8]; 6] = [
        b"sync\n--connector\nokta\n--users\ngroup\nA,B\n--adobe-only-user-action\nwrite-file\nx.csv\n-t",
        b"plan\n--out=plan.jsonl\n--detailed-exit-code\n--json\n--user-filter\n.*@x\\.com",
        b"apply\nplan.jsonl\n-T\n--allow-old-plan\n-c\nmain.yml",
        b"explain\nann@example.com\n--config-file-encoding=cp1252\nbob",
        b"eval\n--filter\nuser.status\n--user\n-",
        b"credential\nset\nservice\nuser",
    ];
    fuzz("command line", 2000, &corpus, |bytes| {
        let words = bytes.split(|byte| *byte == b'\n');
        let read = Invocation::parse(words.map(word), &COMMANDS);
        let read = read.and_then(|invocation| match invocation {
            Invocation::Run(arguments) => Request::read(&arguments, Scope::Run).map(drop),
            _ => Ok(()),
        });
        if let Err(error) = read {
            assert!(!error.to_string().contains('\n') || error.exit_code() == 2);
        }
    });
}

#[cfg(unix)]
fn word(bytes: &[u8]) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn word(bytes: &[u8]) -> std::ffi::OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
