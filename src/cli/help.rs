//! The help texts, made of what the declarations say.

use super::flag::{Flag, OptionSet, Takes, flags};
use super::{Choice, Command};
use crate::error::exit;

/// Columns of a line of help.
const WIDTH: usize = 80;
/// Column at which descriptions begin.
const INDENT: usize = 32;

/// The help of a command, or of all.
pub fn text(command: Option<&Command>, commands: &[Command]) -> String {
    match command {
        Some(command) => of_command(command),
        None => overview(commands),
    }
}

fn overview(commands: &[Command]) -> String {
    let mut out =
        "Keeps an Adobe organisation in step with people and groups of an Okta tenant.\n\n\
                   Usage:\n"
            .to_owned();
    for command in commands {
        item(
            &mut out,
            &format!("user-sync {}", command.usage),
            command.summary,
        );
    }
    item(
        &mut out,
        "user-sync --help | --version",
        "this text, or the version",
    );
    out.push_str("\n`user-sync COMMAND --help` lists the options of a command. Those of sync:\n");
    if let Some(first) = commands.first() {
        first.options.iter().for_each(|set| options(&mut out, *set));
    }
    out.push_str("\nExit codes:\n");
    for (code, meaning) in exit::MEANINGS {
        item(&mut out, &code.to_string(), meaning);
    }
    out
}

fn of_command(command: &Command) -> String {
    let mut out = format!("Usage: user-sync {}\n\n", command.usage);
    let mut summary = command.summary.chars();
    out.extend(summary.next().map(|first| first.to_ascii_uppercase()));
    out.push_str(summary.as_str());
    out.push_str(".\n");
    command
        .options
        .iter()
        .for_each(|set| options(&mut out, *set));
    out
}

fn options(out: &mut String, set: OptionSet) {
    let declared = set();
    if !declared.positionals.is_empty() {
        out.push_str("\nWords:\n");
    }
    for word in declared.positionals {
        item(out, &value(word.name), word.description);
    }
    if flags(set).next().is_some() {
        out.push_str(&format!(
            "\n{}:\n",
            declared.description.trim_end_matches('.')
        ));
    }
    for flag in flags(set) {
        item(out, &spelled(flag), flag.description());
    }
}

/// The left column of the help: `-c, --config-filename FILE`.
fn spelled(flag: Flag) -> String {
    let short = flag.short().map(|short| format!("-{short}, "));
    let name = format!("{}{}", short.unwrap_or_default(), flag.long());
    match flag.takes() {
        Takes::Nothing => name,
        Takes::NothingOr(opposite) => match opposite.short {
            Some(short) => format!("{name} | {short}, {}", opposite.long),
            None => format!("{name} | {}", opposite.long),
        },
        Takes::Word(word) => format!("{name} {word}"),
        Takes::OneOf(choice) => format!("{name} {}", offered(choice)),
    }
}

/// What stands for the value: `FILE`, or `set|get|delete`.
pub(super) fn value(arg_name: &'static str) -> String {
    Choice::parse(arg_name).map_or(arg_name.to_owned(), offered)
}

pub(super) fn offered(choice: Choice) -> String {
    let words: Vec<String> = choice.offered().map(|word| word.to_string()).collect();
    words.join("|")
}

/// One entry: a name, and its description beside it.
fn item(out: &mut String, name: &str, description: &str) {
    let mut line = format!("  {name}");
    if line.chars().count() >= INDENT - 1 {
        wrap(out, &line);
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

/// A long name on lines of its own, broken behind a `|`.
fn wrap(out: &mut String, name: &str) {
    let mut column = 0;
    for part in name.split_inclusive('|') {
        let width = part.chars().count();
        if column > 0 && column + width > WIDTH {
            out.push_str("\n      ");
            column = 6;
        }
        out.push_str(part);
        column += width;
    }
    out.push('\n');
}
