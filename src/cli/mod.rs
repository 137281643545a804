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
use crate::pattern;
use help::Group;
use options::{
    ApplyOptions, CredentialOptions, EvalOptions, ExplainOptions, FileOptions, InitOptions,
    PlanOptions, SendOptions, SyncOptions,
};
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
            None => command(&sorted).map(|command| Invocation::Run(Box::new(command))),
        }
    }
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
