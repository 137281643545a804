//! The command line, `invocation_defaults`, and the rules between options.

use super::*;

#[test]
fn the_command_line_wins_over_the_defaults_of_the_file() {
    let defaults = "invocation_defaults:\n  users: [group, 'Everyone, Else']\n  connector: [okta]\n  process_groups: Yes\n  test_mode: on\n  \
                    adobe_only_user_action: [write-file, out.csv]\n  adobe_users: [group, 'A,B']\n  user_filter: 'a.*'\n  strategy: push\n  \
                    exclude_unmapped_users: true\n  update_user_info: yes\n  report: r.json\n  allow_missing_groups: yes\n  allow_empty_directory: yes\n";
    let case = Case::new("invocation").file("user-sync-config.yml", &format!("{MAIN}{defaults}"));
    let config = case.arguments(&[]).good();
    let options = config.options;
    assert_eq!(
        options.users,
        UserSelection::Groups(vec!["Everyone".into(), "Else".into()])
    );
    assert!(
        options.process_groups
            && config.output.test_mode
            && options.exclude_unmapped_users
            && options.update_user_info
    );
    assert!(options.allow_missing_groups && options.allow_empty_directory);
    assert_eq!(
        options.adobe_only_user_action,
        AdobeOnlyUserAction::WriteFile("out.csv".into())
    );
    assert!(matches!(&config.adobe_users, AdobeUserSelection::Groups(groups) if groups.len() == 2));
    assert_eq!(
        (options.strategy, config.output.report),
        (Strategy::Push, Some("r.json".into()))
    );
    assert_eq!(options.user_filter.unwrap().is_match("ABC"), Ok(true));

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
    let config = case.arguments(&arguments).good();
    let options = config.options;
    assert_eq!(options.users, UserSelection::Mapped);
    assert!(
        !options.process_groups
            && !config.output.test_mode
            && !options.exclude_unmapped_users
            && !options.update_user_info
    );
    assert_eq!(options.adobe_only_user_action, AdobeOnlyUserAction::Remove);
    assert_eq!(
        (config.adobe_users, options.strategy),
        (AdobeUserSelection::All, Strategy::Sync)
    );
    assert_eq!(config.output.report, Some("x".into()));
    assert_eq!(options.user_filter.unwrap().is_match("abc"), Ok(false));
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
            "--connector csv needs a FILE here, or file_path in connector-csv.yml",
        ),
        (
            "--connector=okta,x".to_owned(),
            "--connector: expected okta, csv [FILE], found \"okta,x\"",
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
        let of_file = UserSelection::File("people.txt".into());
        assert!([UserSelection::All, of_file].contains(&config.options.users));
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
        ("file_paths: x", "unknown key"),
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
    let place =
        "user-sync-config.yml:13:34: invocation_defaults.connector: no connector: UST's default";
    assert!(case.error().starts_with(place), "{}", case.error());
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
fn the_command_line_says_how_much_the_console_shows() {
    use log::LevelFilter::{Debug, Error, Info, Warn};
    let okta = ["--connector", "okta", "--users", "mapped"];
    let cases = [
        ("", "", Info),
        ("", "--quiet", Warn),
        ("", "--verbose", Debug),
        ("quiet: yes", "", Warn),
        ("quiet: yes", "--verbose", Debug),
        ("verbose: yes", "--quiet", Warn),
        ("verbose: no", "", Info),
        (
            "color: never}\nlogging: {console_log_level: error",
            "--quiet",
            Error,
        ),
        (
            "color: never}\nlogging: {console_log_level: error",
            "--verbose",
            Debug,
        ),
    ];
    for (defaults, argument, level) in cases {
        let main = format!("{MAIN}invocation_defaults: {{{defaults}}}\n");
        let case = Case::new("console").file("user-sync-config.yml", &main);
        let arguments: Vec<&str> = okta
            .into_iter()
            .chain(Some(argument).filter(|argument| !argument.is_empty()))
            .collect();
        let config = case.arguments(&arguments).good();
        assert_eq!(config.logging.console_level, level, "{defaults} {argument}");
    }
    let both = [&okta[..], &["--quiet", "--verbose"]].concat();
    let error = Case::new("console").arguments(&both).error();
    assert!(
        error.starts_with("--quiet does not go with --verbose"),
        "{error}"
    );
}
