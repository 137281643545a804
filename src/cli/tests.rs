//! Command lines, against the real table of commands.

use std::path::PathBuf;

use super::*;
use crate::commands::COMMANDS;
use crate::commands::apply::ApplyOptions;
use crate::commands::credential::CredentialOptions;
use crate::commands::eval::EvalOptions;
use crate::commands::explain::ExplainOptions;
use crate::commands::init::InitOptions;
use crate::commands::plan::PlanOptions;
use crate::config::{
    AdobeOnlyUserAction, OutputOptions, Request, RunOptions, Scope, Strategy, UserSelection,
};

fn parse(arguments: &str) -> Result<Invocation, Error> {
    // A quoted word of a command line is one argument.
    let words = arguments
        .split('\'')
        .enumerate()
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(OsString::from).collect(),
            _ => vec![OsString::from(part)],
        });
    Invocation::parse(words.collect::<Vec<_>>(), &COMMANDS)
}

fn run(arguments: &str) -> Arguments {
    match parse(arguments) {
        Ok(Invocation::Run(arguments)) => arguments,
        other => panic!("{arguments}: {other:?}"),
    }
}

/// The options of a command line that must be in order.
fn read<T: FromArgs + ArgsInfo>(arguments: &str) -> T {
    run(arguments)
        .read()
        .unwrap_or_else(|error| panic!("{arguments}: {error}"))
}

/// What the command says before it does anything: its own usage errors too.
fn error(arguments: &str) -> String {
    let error = parse(arguments).and_then(|invocation| match invocation {
        Invocation::Run(arguments) => (arguments.command.run)(&arguments),
        other => panic!("{arguments}: {other:?}"),
    });
    let error = error.expect_err(arguments);
    assert_eq!(error.exit_code(), crate::error::exit::USAGE);
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

#[test]
fn sync_is_the_default_command() {
    for arguments in ["", "sync", "-t", "sync -t", "-t sync", "--test-mode"] {
        assert_eq!(run(arguments).command.name, "sync");
        let options: OutputOptions = read(arguments);
        assert_eq!(options.test_mode, arguments.contains("-t"), "{arguments}");
    }
    let request = Request::read(&run(""), Scope::Run).unwrap();
    assert_eq!(request.main_file, PathBuf::from("user-sync-config.yml"));
}

#[test]
fn values_may_stand_behind_a_space_or_an_equals_sign() {
    for arguments in [
        "-c a=b.yml",
        "--config-filename a=b.yml",
        "--config-filename=a=b.yml",
    ] {
        let request = Request::read(&run(arguments), Scope::Run).unwrap();
        assert_eq!(request.main_file, PathBuf::from("a=b.yml"), "{arguments}");
    }
}

#[test]
fn the_first_word_of_a_value_says_how_many_there_are() {
    let groups = UserSelection::Groups(vec!["A B".into(), "C".into()]);
    for arguments in [
        "--users group 'A B, C' sync",
        "--users=group 'A B, C'",
        "--users ' GROUP ' 'A B,C'",
        "sync --users mapped --users group 'A B,,C'",
    ] {
        assert_eq!(read::<RunOptions>(arguments).users, groups, "{arguments}");
    }
    let options: RunOptions = read(
        "--connector csv 'p q.csv' --adobe-only-user-action write-file out.csv --adobe-users group org2::G",
    );
    let action = AdobeOnlyUserAction::WriteFile("out.csv".into());
    assert_eq!(options.adobe_only_user_action, action);
    let options = format!("{options:?}");
    assert!(
        options.contains("connector: Some(Csv(Some(\"p q.csv\")))"),
        "{options}"
    );
    assert!(
        options.contains("adobe_users: Groups([\"org2::G\"])"),
        "{options}"
    );
    assert_eq!(
        read::<RunOptions>("--users file p.csv").users,
        UserSelection::File("p.csv".into())
    );
    // Only options that are made of words take two.
    assert!(error("--report file x").contains("unknown command \"x\""));
}

#[test]
fn the_last_of_an_option_and_its_opposite_wins() {
    type Get = fn(&str) -> bool;
    let cases: [(&str, &str, Get); 4] = [
        ("--process-groups", "--no-process-groups", |arguments| {
            read::<RunOptions>(arguments).process_groups
        }),
        ("--update-user-info", "--no-update-user-info", |arguments| {
            read::<RunOptions>(arguments).update_user_info
        }),
        (
            "--exclude-unmapped-users",
            "--include-unmapped-users",
            |arguments| read::<RunOptions>(arguments).exclude_unmapped_users,
        ),
        ("-t", "-T", |arguments| {
            read::<OutputOptions>(arguments).test_mode
        }),
    ];
    for (yes, no, get) in cases {
        assert!(!get(""));
        assert!(!get(&format!("{yes} {no}")), "{yes}");
        assert!(get(&format!("{no} {yes}")), "{yes}");
        assert!(get(&format!("{yes} {no} {yes}")), "{yes}");
        assert!(!get(&format!("{no} {no}")), "{yes}");
    }
    let arguments = "--strategy push --strategy=sync --report a --report b";
    assert_eq!(read::<RunOptions>(arguments).strategy, Strategy::Sync);
    assert_eq!(read::<OutputOptions>(arguments).report, Some("b".into()));
}

#[test]
fn options_may_stand_before_or_after_the_words_of_a_command() {
    for arguments in [
        "-t apply plan.json --allow-old-plan",
        "apply -t --allow-old-plan plan.json",
        "--allow-old-plan apply plan.json -t",
        "apply -t --allow-old-plan -- plan.json",
    ] {
        let own: ApplyOptions = read(arguments);
        let expected = r#"ApplyOptions { file: "plan.json", allow_old_plan: true }"#;
        assert_eq!(format!("{own:?}"), expected, "{arguments}");
        assert!(read::<OutputOptions>(arguments).test_mode, "{arguments}");
    }
    let arguments = "explain ann@x.com --users mapped help -- -odd";
    let own: ExplainOptions = read(arguments);
    let expected = r#"ExplainOptions { users: ["ann@x.com", "help", "-odd"] }"#;
    assert_eq!(format!("{own:?}"), expected);
    assert_eq!(read::<RunOptions>(arguments).users, UserSelection::Mapped);
}

#[test]
fn every_command_reads_its_own_options() {
    type Read = fn(&str) -> String;
    let cases: [(&str, Read, &str); 9] = [
        (
            "plan --out f --detailed-exit-code --all --json",
            |arguments| format!("{:?}", read::<PlanOptions>(arguments)),
            r#"PlanOptions { out: Some("f"), detailed_exit_code: true, all: true }"#,
        ),
        (
            "init",
            |arguments| format!("{:?}", read::<InitOptions>(arguments)),
            r#"InitOptions { directory: "." }"#,
        ),
        (
            "init --directory=d",
            |arguments| format!("{:?}", read::<InitOptions>(arguments)),
            r#"InitOptions { directory: "d" }"#,
        ),
        (
            "eval --filter 'a == b' --user -",
            |arguments| format!("{:?}", read::<EvalOptions>(arguments)),
            r#"EvalOptions { filter: Some("a == b"), hook: None, user: Some("-") }"#,
        ),
        (
            "eval --hook h --user=u",
            |arguments| format!("{:?}", read::<EvalOptions>(arguments)),
            r#"EvalOptions { filter: None, hook: Some("h"), user: Some("u") }"#,
        ),
        (
            "credential set k u",
            |arguments| format!("{:?}", read::<CredentialOptions>(arguments)),
            r#"CredentialOptions { action: Set, key: "k", user: "u", show: false }"#,
        ),
        (
            "credential get k u",
            |arguments| format!("{:?}", read::<CredentialOptions>(arguments)),
            r#"CredentialOptions { action: Get, key: "k", user: "u", show: false }"#,
        ),
        (
            "credential get --show k u",
            |arguments| format!("{:?}", read::<CredentialOptions>(arguments)),
            r#"CredentialOptions { action: Get, key: "k", user: "u", show: true }"#,
        ),
        (
            "credential delete k u",
            |arguments| format!("{:?}", read::<CredentialOptions>(arguments)),
            r#"CredentialOptions { action: Delete, key: "k", user: "u", show: false }"#,
        ),
    ];
    for (arguments, read, expected) in cases {
        assert_eq!(read(arguments), expected, "{arguments}");
    }
}

#[test]
fn wrong_usage_says_what_is_wrong() {
    let cases = [
        (
            "--usres mapped",
            "unknown option --usres; did you mean --users?",
        ),
        (
            "--process_groups",
            "unknown option --process_groups; did you mean --process-groups?",
        ),
        (
            "-x",
            "unknown option -x; `user-sync --help` lists the options",
        ),
        (
            "--colour red",
            "unknown option --colour; did you mean --color?",
        ),
        (
            "--colouring-in red",
            "unknown option --colouring-in; `user-sync --help` lists the options",
        ),
        (
            "--process -t",
            "unknown option --process; options are written in full: --process-groups",
        ),
        (
            "--update",
            "unknown option --update; options are written in full: --update-user-info",
        ),
        (
            "--adobe-only-user",
            "unknown option --adobe-only-user; options are written in full: --adobe-only-user-action, --adobe-only-user-list",
        ),
        (
            "init --dir d",
            "unknown option --dir; options are written in full: --directory",
        ),
        ("-v", "unknown option -v; write --version"),
        (
            "--user mapped",
            "sync does not take --user, which belongs to eval; did you mean --users?",
        ),
        (
            "sign-sync",
            "unknown command \"sign-sync\", which is the User Sync Tool's: Adobe Sign is not synchronised; the commands are",
        ),
        (
            "example-config",
            "unknown command \"example-config\", which is the User Sync Tool's: commented example files are written by `user-sync init`; the commands are",
        ),
        (
            "--quiet --verbose --color red",
            "--color: expected auto, always, never, found \"red\"",
        ),
        (
            "generate powershell",
            "generate: expected man, bash, zsh, fish, found \"powershell\"",
        ),
        (
            "plna",
            "unknown command \"plna\"; did you mean plan? the commands are sync, plan",
        ),
        ("ann@x.com", "unknown command \"ann@x.com\""),
        (
            "\u{2013}t",
            "\"\u{2013}t\" begins with a typographic dash (\u{2013}, U+2013)",
        ),
        (
            "\u{2014}users mapped",
            "\"\u{2014}users\" begins with a typographic dash (\u{2014}, U+2014), as text processors make it; type --users with plain hyphens",
        ),
        (
            "sync \u{2011}\u{2011}users",
            "\"\u{2011}\u{2011}users\" begins with a typographic dash",
        ),
        (
            "\u{2212}c x",
            "\"\u{2212}c\" begins with a typographic dash",
        ),
        (
            "-\u{2013}users mapped",
            "\"-\u{2013}users\" begins with a typographic dash",
        ),
        ("--report=", "--report needs a value, but it is empty"),
        ("--users ''", "--users needs a value, but it is empty"),
        ("--users", "--users needs a value"),
        ("--users group", "--users group needs a value"),
        (
            "--users --json",
            "--users needs a value, but the option --json follows",
        ),
        (
            "--adobe-only-user-action write-file -t",
            "--adobe-only-user-action write-file needs a value, but the option -t follows",
        ),
        ("--json=yes", "--json takes no value"),
        (
            "--users everybody",
            "--users: expected mapped, group \"A,B\", all, file FILE, found \"everybody\"",
        ),
        (
            "--strategy pull",
            "--strategy: expected sync, push, found \"pull\"",
        ),
        (
            "--user-filter (",
            "--user-filter: the regular expression \"(\" cannot be used",
        ),
        ("--out f", "sync does not take --out, which belongs to plan"),
        (
            "init --users mapped",
            "init does not take --users, which belongs to sync, plan, explain, check",
        ),
        (
            "apply f --process-groups",
            "apply does not take --process-groups",
        ),
        ("check x", "check takes no further word, found \"x\""),
        (
            "sync --connector okta x.csv --users mapped",
            "sync takes no further word, found \"x.csv\" behind --connector okta",
        ),
        (
            "--users mapped x",
            "unknown command \"x\" behind --users mapped; the commands are sync",
        ),
        (
            "apply",
            "apply: Required positional arguments not provided: FILE",
        ),
        ("apply a b", "apply: expected FILE and no further word"),
        (
            "credential set k u p8e-secret",
            "credential: expected set|get|delete KEY USER and no further word; see",
        ),
        (
            "help rules safety",
            "help: expected TOPIC and no further word",
        ),
        ("explain", "explain needs at least one USER"),
        ("eval --user -", "eval needs --filter EXPR or --hook FILE"),
        (
            "eval --filter a --hook b --user -",
            "eval: --filter and --hook do not go together",
        ),
        ("eval --filter a", "eval needs --user FILE"),
        (
            "credential get k",
            "credential: Required positional arguments not provided: USER",
        ),
        (
            "credential list k u",
            "credential: expected set, get, delete, found \"list\"",
        ),
        (
            "credential set --show k u",
            "credential: --show goes with get only",
        ),
        ("-c $(x)", "--config-filename: `$(…)` would run a command"),
    ];
    for (arguments, expected) in cases {
        let text = error(arguments);
        assert!(text.starts_with(expected), "{arguments}\n  {text}");
    }
}

#[test]
fn help_names_every_option_of_a_command() {
    let help_of = |arguments: &str| match parse(arguments) {
        Ok(Invocation::Help(command)) => help(command, &COMMANDS),
        other => panic!("{arguments}: {other:?}"),
    };
    for arguments in ["--help", "-h"] {
        let text = help_of(arguments);
        for command in &COMMANDS {
            let usage = format!("user-sync {}", command.usage);
            assert!(text.contains(&usage), "{usage}");
        }
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
    for command in &COMMANDS {
        let name = command.name;
        let text = help_of(&format!("{name} --help"));
        assert_eq!(text, help_of(&format!("--help {name}")));
        for flag in command.flags() {
            for long in flag.names() {
                assert!(text.contains(long), "{name}: {long}");
            }
            assert!(!flag.description().is_empty());
        }
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{name}");
    }
    for arguments in ["--version", "plan --version"] {
        assert!(matches!(parse(arguments), Ok(Invocation::Version)));
    }
}

#[test]
fn what_stands_in_for_words_of_the_user_sync_tool_is_there() {
    let words = super::ust::texts().flat_map(|text| text.split([' ', '`', '|', ';', ',']));
    for word in words.filter(|word| word.starts_with('-')) {
        let known = COMMANDS
            .iter()
            .flat_map(Command::flags)
            .any(|flag| flag.is(word));
        assert!(known || word == "--version", "{word}");
    }
    let after = super::ust::texts().flat_map(|text| text.split("`user-sync ").skip(1));
    for rest in after {
        let word = rest.split([' ', '`']).next().unwrap();
        let known = COMMANDS.iter().any(|command| command.name == word);
        assert!(known || word.starts_with("--"), "{word}");
    }
}

/// While arguments are sorted it is not known yet which command they are for.
#[test]
fn options_of_one_name_take_the_same() {
    let all = || COMMANDS.iter().flat_map(Command::flags);
    let kind = |flag: Flag| match flag.takes() {
        Takes::Word(_) => Takes::Word(""),
        takes => takes,
    };
    for one in all() {
        for other in all().filter(|other| *other == one) {
            assert_eq!(kind(one), kind(other), "{}", one.long());
            assert_eq!(one.short(), other.short(), "{}", one.long());
        }
        let shared = all().filter(|other| one.names().any(|name| other.is(name)));
        assert!(
            shared.into_iter().all(|other| other == one),
            "{}",
            one.long()
        );
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let argument = OsString::from_vec(b"a\xFFb".to_vec());
    let error = Invocation::parse([argument], &COMMANDS)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is no UTF-8 text"), "{error}");
}
