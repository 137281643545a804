//! argv -> what is to be done (spec/command-line.md).
//!
//! Arguments are sorted first ([`words`]), then argh reads each group of options ([`options`]).
//! Knows no configuration file.

mod help;
mod options;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;

use argh::FromArgs;

use crate::config::{
    AdobeOnlyUserAction, AdobeUsers, Connector, Given, Request, Scope, Strategy, Users,
};
use crate::error::{Error, one_line};
use help::Group;
use options::{
    ApplyOptions, CredentialOptions, EvalOptions, ExplainOptions, FileOptions, InitOptions,
    PlanOptions, SendOptions, SyncOptions,
};
use script::pattern;
use words::{Asks, Sorted};

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// Help or version, for stdout; exit code 0.
    Print(String),
    Run(Box<Command>),
}

/// A command and its options.
#[derive(Debug)]
pub enum Command {
    Sync(Request),
    Plan {
        request: Request,
        out: Option<PathBuf>,
        detailed_exit_code: bool,
        /// Show long lists whole.
        all: bool,
    },
    Apply {
        request: Request,
        file: PathBuf,
        allow_old_plan: bool,
    },
    Explain {
        request: Request,
        /// At least one.
        users: Vec<String>,
    },
    Check(Request),
    Init {
        directory: PathBuf,
    },
    Eval {
        source: EvalSource,
        users: EvalUsers,
    },
    /// A page of the manual.
    Help {
        topic: Option<String>,
    },
    Credential {
        action: CredentialAction,
        /// The service.
        key: String,
        user: String,
    },
}

/// What `eval` tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvalSource {
    Filter(String),
    Hook(PathBuf),
}

/// Where `eval` takes its users from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvalUsers {
    Stdin,
    File(PathBuf),
}

/// What `credential` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialAction {
    Set,
    /// Says only whether there is an entry.
    Get,
    /// Prints the secret.
    Show,
    Delete,
}

impl Invocation {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Error> {
        let arguments: Result<Vec<String>, OsString> =
            arguments.into_iter().map(OsString::into_string).collect();
        let arguments = arguments.map_err(|argument| {
            Error::Usage(format!(
                "the argument \"{}\" is no UTF-8 text",
                one_line(&argument.to_string_lossy())
            ))
        })?;
        let sorted = words::sort(arguments)?;
        match sorted.asks {
            Some(Asks::Help) => Ok(Invocation::Print(help::text(sorted.command))),
            Some(Asks::Version) => {
                let version = concat!("user-sync ", env!("CARGO_PKG_VERSION"), "\n");
                Ok(Invocation::Print(version.to_owned()))
            }
            Some(Asks::Manual) => manual(&sorted),
            None => command(&sorted).map(|command| Invocation::Run(Box::new(command))),
        }
    }
}

/// `help [TOPIC]`: a command's options, or a page of the manual.
fn manual(sorted: &Sorted) -> Result<Invocation, Error> {
    let topic = match sorted.words.as_slice() {
        [] => None,
        [topic] => Some(topic),
        _ => return usage("help takes one TOPIC; `user-sync help` lists them"),
    };
    Ok(match topic.and_then(|topic| help::command(topic)) {
        Some(command) => Invocation::Print(help::text(Some(command))),
        None => Invocation::Run(Box::new(Command::Help {
            topic: topic.cloned(),
        })),
    })
}

fn command(sorted: &Sorted) -> Result<Command, Error> {
    match sorted.command.map_or("sync", |command| command.name) {
        "plan" => {
            let own: PlanOptions = read(sorted, Group::Plan)?;
            Ok(Command::Plan {
                request: request(sorted, Scope::Run)?,
                out: own.out.map(PathBuf::from),
                detailed_exit_code: own.detailed_exit_code,
                all: own.all,
            })
        }
        "apply" => {
            let own: ApplyOptions = read(sorted, Group::Apply)?;
            Ok(Command::Apply {
                request: request(sorted, Scope::OrgsOnly)?,
                file: own.file.into(),
                allow_old_plan: own.allow_old_plan,
            })
        }
        "explain" => {
            let own: ExplainOptions = read(sorted, Group::Explain)?;
            if own.users.is_empty() {
                return usage(
                    "explain needs at least one USER: an e-mail address, username or Okta login",
                );
            }
            Ok(Command::Explain {
                request: request(sorted, Scope::Run)?,
                users: own.users,
            })
        }
        "check" => request(sorted, Scope::Run).map(Command::Check),
        "init" => {
            let own: InitOptions = read(sorted, Group::Init)?;
            let directory = own.directory.unwrap_or_else(|| ".".to_owned()).into();
            Ok(Command::Init { directory })
        }
        "eval" => eval(read(sorted, Group::Eval)?),
        "credential" => credential(read(sorted, Group::Credential)?),
        _ => request(sorted, Scope::Run).map(Command::Sync),
    }
}

fn usage<T>(text: &str) -> Result<T, Error> {
    Err(Error::Usage(text.to_owned()))
}

/// Lets argh read the options of one group, and the words if the group has any.
fn read<T: FromArgs>(sorted: &Sorted, group: Group) -> Result<T, Error> {
    let name = sorted.command.map_or("sync", |command| command.name);
    let mut arguments = sorted.arguments(group);
    if !group.info().positionals.is_empty() {
        arguments.push("--");
        arguments.extend(sorted.words.iter().map(String::as_str));
    }
    T::from_args(&["user-sync", name], &arguments).map_err(|exit| {
        let lines = exit.output.split_whitespace().collect::<Vec<_>>().join(" ");
        Error::Usage(format!(
            "{name}: {}; see `user-sync {name} --help`",
            one_line(&lines)
        ))
    })
}

fn request(sorted: &Sorted, scope: Scope) -> Result<Request, Error> {
    let files: FileOptions = read(sorted, Group::Files)?;
    let send: SendOptions = read(sorted, Group::Send)?;
    let sync: SyncOptions = read(sorted, Group::Sync)?;
    let main_file = files
        .config_filename
        .unwrap_or_else(|| "user-sync-config.yml".to_owned());
    if main_file.starts_with("$(") {
        return usage(
            "--config-filename: `$(…)` would run a command, which is no longer supported",
        );
    }
    Ok(Request {
        main_file: main_file.into(),
        encoding: files.config_file_encoding,
        given: given(send, sync)?,
        scope,
    })
}

fn given(send: SendOptions, sync: SyncOptions) -> Result<Given, Error> {
    let filter = sync.user_filter.map(|source| {
        pattern::whole(&source).map_err(|problem| Error::Usage(format!("--user-filter: {problem}")))
    });
    Ok(Given {
        connector: parse("--connector", sync.connector, Connector::parse)?,
        users: parse("--users", sync.users, Users::parse)?,
        user_filter: filter.transpose()?,
        adobe_users: parse("--adobe-users", sync.adobe_users, AdobeUsers::parse)?,
        adobe_only_user_action: parse(
            "--adobe-only-user-action",
            sync.adobe_only_user_action,
            AdobeOnlyUserAction::parse,
        )?,
        adobe_only_user_list: sync.adobe_only_user_list.map(PathBuf::from),
        process_groups: either(sync.process_groups, sync.no_process_groups),
        update_user_info: either(sync.update_user_info, sync.no_update_user_info),
        exclude_unmapped_users: either(sync.exclude_unmapped_users, sync.include_unmapped_users),
        strategy: parse("--strategy", sync.strategy, Strategy::parse)?,
        test_mode: either(send.test_mode, send.no_test_mode),
        report: send.report.map(PathBuf::from),
        json: send.json.then_some(true),
        allow_missing_groups: sync.allow_missing_groups.then_some(true),
        allow_empty_directory: sync.allow_empty_directory.then_some(true),
    })
}

/// An option and its opposite, of which at most one is left.
fn either(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn parse<T>(
    name: &str,
    value: Option<String>,
    parse: fn(&[String]) -> Result<T, String>,
) -> Result<Option<T>, Error> {
    let Some(value) = value else { return Ok(None) };
    let words: Vec<String> = value.split(words::BETWEEN).map(str::to_owned).collect();
    parse(&words)
        .map(Some)
        .map_err(|problem| Error::Usage(format!("{name}: {problem}")))
}

fn eval(own: EvalOptions) -> Result<Command, Error> {
    let source = match (own.filter, own.hook) {
        (Some(filter), None) => EvalSource::Filter(filter),
        (None, Some(hook)) => EvalSource::Hook(hook.into()),
        (Some(_), Some(_)) => return usage("eval: --filter and --hook do not go together"),
        (None, None) => return usage("eval needs --filter EXPR or --hook FILE"),
    };
    let users = match own.user {
        Some(user) if user == "-" => EvalUsers::Stdin,
        Some(user) => EvalUsers::File(user.into()),
        None => return usage("eval needs --user FILE (- is stdin)"),
    };
    Ok(Command::Eval { source, users })
}

fn credential(own: CredentialOptions) -> Result<Command, Error> {
    let action = match (own.action.as_str(), own.show) {
        ("set", false) => CredentialAction::Set,
        ("get", false) => CredentialAction::Get,
        ("get", true) => CredentialAction::Show,
        ("delete", false) => CredentialAction::Delete,
        ("set" | "delete", true) => return usage("credential: --show goes with get only"),
        (other, _) => {
            let other = one_line(other);
            return usage(&format!(
                "credential: expected set, get or delete, found \"{other}\""
            ));
        }
    };
    if own.key.trim().is_empty() || own.user.trim().is_empty() {
        return usage("credential: KEY and USER must not be empty");
    }
    Ok(Command::Credential {
        action,
        key: own.key,
        user: own.user,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Invocation, Error> {
        // A quoted word of a command line is one argument.
        let words = arguments
            .split('\'')
            .enumerate()
            .flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().map(OsString::from).collect(),
                _ => vec![OsString::from(part)],
            });
        Invocation::parse(words.collect::<Vec<_>>())
    }

    fn run(arguments: &str) -> Command {
        match parse(arguments) {
            Ok(Invocation::Run(command)) => *command,
            other => panic!("{arguments}: {other:?}"),
        }
    }

    fn sync(arguments: &str) -> Request {
        match run(arguments) {
            Command::Sync(request) => request,
            other => panic!("{arguments}: {other:?}"),
        }
    }

    fn error(arguments: &str) -> String {
        let error = parse(arguments).expect_err(arguments);
        assert_eq!(error.exit_code(), crate::error::exit::USAGE);
        let text = error.to_string();
        assert!(!text.contains('\n'), "{text}");
        text
    }

    #[test]
    fn sync_is_the_default_command() {
        for arguments in ["", "sync", "-t", "sync -t", "-t sync", "--test-mode"] {
            let test_mode = sync(arguments).given.test_mode;
            assert_eq!(
                test_mode,
                arguments.contains("-t").then_some(true),
                "{arguments}"
            );
        }
        assert_eq!(sync("").main_file, PathBuf::from("user-sync-config.yml"));
        assert_eq!(sync("").scope, Scope::Run);
    }

    #[test]
    fn values_may_stand_behind_a_space_or_an_equals_sign() {
        for arguments in [
            "-c a=b.yml",
            "--config-filename a=b.yml",
            "--config-filename=a=b.yml",
        ] {
            assert_eq!(
                sync(arguments).main_file,
                PathBuf::from("a=b.yml"),
                "{arguments}"
            );
        }
    }

    #[test]
    fn the_first_word_of_a_value_says_how_many_there_are() {
        let groups = Some(Users::Groups(vec!["A B".into(), "C".into()]));
        for arguments in [
            "--users group 'A B, C' sync",
            "--users=group 'A B, C'",
            "--users ' GROUP ' 'A B,C'",
            "sync --users mapped --users group 'A B,,C'",
        ] {
            assert_eq!(sync(arguments).given.users, groups, "{arguments}");
        }
        let given = sync(
            "--connector csv 'p q.csv' --adobe-only-user-action write-file out.csv --adobe-users group org2::G",
        )
        .given;
        assert_eq!(given.connector, Some(Connector::Csv("p q.csv".into())));
        assert_eq!(
            given.adobe_only_user_action,
            Some(AdobeOnlyUserAction::WriteFile("out.csv".into()))
        );
        assert_eq!(
            given.adobe_users,
            Some(AdobeUsers::Groups(vec!["org2::G".into()]))
        );
        assert_eq!(
            sync("--users file p.csv").given.users,
            Some(Users::File("p.csv".into()))
        );
        // Only options that are made of words take two.
        assert!(error("--report file x").contains("unknown command \"x\""));
    }

    #[test]
    fn the_last_of_an_option_and_its_opposite_wins() {
        type Get = fn(&Given) -> Option<bool>;
        let cases: [(&str, &str, Get); 4] = [
            ("--process-groups", "--no-process-groups", |given| {
                given.process_groups
            }),
            ("--update-user-info", "--no-update-user-info", |given| {
                given.update_user_info
            }),
            (
                "--exclude-unmapped-users",
                "--include-unmapped-users",
                |given| given.exclude_unmapped_users,
            ),
            ("-t", "-T", |given| given.test_mode),
        ];
        for (yes, no, get) in cases {
            let value = |arguments: &[&str]| get(&sync(&arguments.join(" ")).given);
            assert_eq!(value(&[]), None);
            assert_eq!(value(&[yes, no]), Some(false), "{yes}");
            assert_eq!(value(&[no, yes]), Some(true), "{yes}");
            assert_eq!(value(&[yes, no, yes]), Some(true), "{yes}");
            assert_eq!(value(&[no, no]), Some(false), "{yes}");
        }
        let given = sync("--strategy push --strategy=sync --report a --report b").given;
        assert_eq!(
            (given.strategy, given.report),
            (Some(Strategy::Sync), Some("b".into()))
        );
    }

    #[test]
    fn options_may_stand_before_or_after_the_words_of_a_command() {
        for arguments in [
            "-t apply plan.json --allow-old-plan",
            "apply -t --allow-old-plan plan.json",
            "--allow-old-plan apply plan.json -t",
            "apply -t --allow-old-plan -- plan.json",
        ] {
            match run(arguments) {
                Command::Apply {
                    request,
                    file,
                    allow_old_plan: true,
                } => {
                    assert_eq!(file, PathBuf::from("plan.json"));
                    assert_eq!(
                        (request.given.test_mode, request.scope),
                        (Some(true), Scope::OrgsOnly)
                    );
                }
                other => panic!("{arguments}: {other:?}"),
            }
        }
        match run("explain ann@x.com --users mapped help -- -odd") {
            Command::Explain { users, request } => {
                assert_eq!(users, ["ann@x.com", "help", "-odd"]);
                assert_eq!(request.given.users, Some(Users::Mapped));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_command_is_read() {
        let plan = run("plan --out f --detailed-exit-code --all --json");
        assert!(matches!(
            plan,
            Command::Plan {
                out: Some(_),
                detailed_exit_code: true,
                all: true,
                ..
            }
        ));
        assert!(matches!(run("check --connector okta"), Command::Check(_)));
        assert!(matches!(run("init"), Command::Init { directory } if directory.as_os_str() == "."));
        assert!(
            matches!(run("init --directory=d"), Command::Init { directory } if directory.as_os_str() == "d")
        );
        let eval = run("eval --filter 'a == b' --user -");
        assert!(
            matches!(eval, Command::Eval { source: EvalSource::Filter(text), users: EvalUsers::Stdin } if text == "a == b")
        );
        let eval = run("eval --hook h --user=u");
        assert!(matches!(
            eval,
            Command::Eval {
                source: EvalSource::Hook(_),
                users: EvalUsers::File(_)
            }
        ));
        let actions = [
            ("set k u", CredentialAction::Set),
            ("get k u", CredentialAction::Get),
            ("get --show k u", CredentialAction::Show),
            ("delete k u", CredentialAction::Delete),
        ];
        for (arguments, expected) in actions {
            match run(&format!("credential {arguments}")) {
                Command::Credential { action, key, user } => {
                    assert_eq!((action, key.as_str(), user.as_str()), (expected, "k", "u"));
                }
                other => panic!("{other:?}"),
            }
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
                "unknown option --colour; `user-sync --help`",
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
                "--connector csv -t",
                "--connector csv needs a value, but the option -t follows",
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
            ("apply a b", "apply: "),
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
                "credential: expected set, get or delete, found \"list\"",
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
    fn help_and_version_are_printed() {
        let print = |arguments: &str| match parse(arguments) {
            Ok(Invocation::Print(text)) => text,
            other => panic!("{arguments}: {other:?}"),
        };
        for arguments in ["--version", "plan --version"] {
            assert_eq!(
                print(arguments),
                format!("user-sync {}\n", env!("CARGO_PKG_VERSION"))
            );
        }
        for arguments in ["--help", "-h"] {
            let text = print(arguments);
            for command in help::COMMANDS {
                assert!(
                    text.contains(&format!("user-sync {}", command.name)) || command.name == "sync"
                );
            }
        }
        assert!(matches!(run("help"), Command::Help { topic: None }));
        assert!(
            matches!(run("help rules"), Command::Help { topic: Some(topic) } if topic == "rules")
        );
        assert!(error("help rules safety").starts_with("help takes one TOPIC"));
        for command in help::COMMANDS {
            let name = command.name;
            let text = print(&format!("{name} --help"));
            assert_eq!(text, print(&format!("help {name}")));
            assert_eq!(text, print(&format!("--help {name}")));
            for group in command.groups {
                for flag in help::options(*group) {
                    assert!(text.contains(flag.long), "{name}: {}", flag.long);
                    assert!(!flag.description.is_empty());
                }
            }
            assert!(
                text.lines().all(|line| line.chars().count() <= 90),
                "{text}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_argument_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt;
        let argument = OsString::from_vec(b"a\xFFb".to_vec());
        let error = Invocation::parse([argument]).unwrap_err().to_string();
        assert!(error.contains("is no UTF-8 text"), "{error}");
    }
}
