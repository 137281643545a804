//! The commands, and the help texts made of what argh knows about their options.

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind};

use super::options::{
    ApplyOptions, CredentialOptions, EvalOptions, ExplainOptions, FileOptions, InitOptions,
    PlanOptions, SendOptions, SyncOptions,
};

/// Columns of a line of help.
const WIDTH: usize = 90;
/// Column at which descriptions begin.
const INDENT: usize = 34;

/// A command: how it is written, what it does, which options it takes.
#[derive(Debug)]
pub(super) struct CommandHelp {
    pub(super) name: &'static str,
    usage: &'static str,
    about: &'static str,
    /// Its own options first.
    pub(super) groups: &'static [Group],
}

/// Options that are read together: one struct of [`super::options`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Plan,
    Apply,
    Explain,
    Init,
    Eval,
    Credential,
    Sync,
    Send,
    Files,
}

impl Group {
    pub(super) const ALL: [Group; 9] = [
        Group::Plan,
        Group::Apply,
        Group::Explain,
        Group::Init,
        Group::Eval,
        Group::Credential,
        Group::Sync,
        Group::Send,
        Group::Files,
    ];

    /// What argh knows about it.
    pub(super) fn info(self) -> CommandInfoWithArgs {
        match self {
            Group::Plan => PlanOptions::get_args_info(),
            Group::Apply => ApplyOptions::get_args_info(),
            Group::Explain => ExplainOptions::get_args_info(),
            Group::Init => InitOptions::get_args_info(),
            Group::Eval => EvalOptions::get_args_info(),
            Group::Credential => CredentialOptions::get_args_info(),
            Group::Sync => SyncOptions::get_args_info(),
            Group::Send => SendOptions::get_args_info(),
            Group::Files => FileOptions::get_args_info(),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Group::Sync => "What is synchronised (each can be set under invocation_defaults, too)",
            Group::Send => "Sending and output",
            Group::Files => "Configuration",
            _ => "Options",
        }
    }
}

pub(super) static SYNC: CommandHelp = CommandHelp {
    name: "sync",
    usage: "[sync] [options]",
    about: "read both sides, write the difference (the default command)",
    groups: &[Group::Sync, Group::Send, Group::Files],
};

pub(super) static COMMANDS: [&CommandHelp; 8] = [
    &SYNC,
    &CommandHelp {
        name: "plan",
        usage: "plan [options]",
        about: "read both sides, show the difference, write nothing",
        groups: &[Group::Plan, Group::Sync, Group::Send, Group::Files],
    },
    &CommandHelp {
        name: "apply",
        usage: "apply FILE [-t]",
        about: "write a plan that `plan --out FILE` saved",
        groups: &[Group::Apply, Group::Send, Group::Files],
    },
    &CommandHelp {
        name: "explain",
        usage: "explain USER… [options]",
        about: "say what would happen to these users, and why",
        groups: &[Group::Explain, Group::Sync, Group::Send, Group::Files],
    },
    &CommandHelp {
        name: "check",
        usage: "check [options]",
        about: "check configuration, credentials, connections, groups",
        groups: &[Group::Sync, Group::Send, Group::Files],
    },
    &CommandHelp {
        name: "init",
        usage: "init [--directory DIR]",
        about: "write commented example configuration files",
        groups: &[Group::Init],
    },
    &CommandHelp {
        name: "eval",
        usage: "eval --filter EXPR | --hook FILE  --user FILE",
        about: "try a filter or a hook offline",
        groups: &[Group::Eval],
    },
    &CommandHelp {
        name: "credential",
        usage: "credential set|get|delete KEY USER",
        about: "manage secrets in the OS keyring",
        groups: &[Group::Credential],
    },
];

/// The command of that name.
pub(super) fn command(name: &str) -> Option<&'static CommandHelp> {
    COMMANDS.into_iter().find(|command| command.name == name)
}

/// The options of a group.
pub(super) fn options(group: Group) -> impl Iterator<Item = &'static FlagInfo<'static>> {
    let flags = group.info().flags;
    flags.iter().filter(|flag| flag.long != "--help")
}

/// The help of a command, or of all.
pub(super) fn text(command: Option<&CommandHelp>) -> String {
    match command {
        Some(command) => of_command(command),
        None => overview(),
    }
}

fn overview() -> String {
    let mut out =
        "Keeps an Adobe organisation in step with the people and groups of an Okta tenant.\n\n\
                   Usage:\n"
            .to_owned();
    for command in COMMANDS {
        item(
            &mut out,
            &format!("user-sync {}", command.usage),
            command.about,
        );
    }
    item(
        &mut out,
        "user-sync help [TOPIC]",
        "the manual, offline, of this very version",
    );
    item(
        &mut out,
        "user-sync --help | --version",
        "this text, or the version",
    );
    out.push_str("\n`user-sync COMMAND --help` lists the options of a command. Those of sync:\n");
    groups(&mut out, &SYNC);
    out
}

fn of_command(command: &CommandHelp) -> String {
    let mut out = format!("Usage: user-sync {}\n\n", command.usage);
    let mut about = command.about.chars();
    out.extend(about.next().map(|first| first.to_ascii_uppercase()));
    out.push_str(about.as_str());
    out.push_str(".\n");
    groups(&mut out, command);
    out
}

fn groups(out: &mut String, command: &CommandHelp) {
    for group in command.groups {
        let info = group.info();
        if !info.positionals.is_empty() {
            out.push_str("\nWords:\n");
        }
        for word in info.positionals {
            item(out, word.name, word.description);
        }
        if options(*group).next().is_some() {
            out.push_str(&format!("\n{}:\n", group.title()));
        }
        for flag in options(*group) {
            item(out, &spelled(flag), flag.description);
        }
    }
}

/// `-c, --config-filename FILE`.
fn spelled(flag: &FlagInfo<'_>) -> String {
    let short = flag
        .short
        .map(|short| format!("-{short}, "))
        .unwrap_or_default();
    match flag.kind {
        FlagInfoKind::Switch => format!("{short}{}", flag.long),
        FlagInfoKind::Option { arg_name } => format!("{short}{} {arg_name}", flag.long),
    }
}

/// One entry: a name, and its description beside it.
fn item(out: &mut String, name: &str, description: &str) {
    let mut line = format!("  {name}");
    if line.chars().count() >= INDENT - 1 {
        out.push_str(&line);
        out.push('\n');
        line.clear();
    }
    line.push_str(&" ".repeat(INDENT.saturating_sub(line.chars().count())));
    let mut column = INDENT;
    for (at, word) in description.split_whitespace().enumerate() {
        let width = word.chars().count();
        if at > 0 && column + 1 + width > WIDTH {
            line.push('\n');
            line.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else if at > 0 {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += width;
    }
    out.push_str(&line);
    out.push('\n');
}
