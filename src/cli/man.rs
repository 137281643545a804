//! The man page, made of the declarations.
//!
//! Knows the language of man pages, and no option and no command by name.

use std::fmt::Write;

use super::Command;
use super::flag::{Flag, OptionSet, Takes, flags};
use super::help::{offered, value};

/// What a man page tells beside commands and options.
#[derive(Debug)]
pub struct About {
    pub version: &'static str,
    /// The day on which the version was made, as the page shows it.
    pub date: &'static str,
    pub description: &'static str,
    /// Exit codes in their order, each with what it means.
    pub exit_codes: &'static [(u8, &'static str)],
    pub files: &'static [(&'static str, &'static str)],
    pub environment: &'static [(&'static str, &'static str)],
}

/// The page `user-sync(1)` in the man macros.
pub fn man_page(commands: &[Command], about: &About) -> String {
    let mut out = format!(
        ".TH USER\\-SYNC 1 {} \"user\\-sync {}\" \"User Commands\"\n",
        about.date, about.version
    );
    section(&mut out, "NAME");
    line(
        &mut out,
        "user-sync - keeps an Adobe organisation in step with an Okta tenant",
    );
    section(&mut out, "SYNOPSIS");
    let usage = |command: &Command| format!(".B user\\-sync\n{}\n", escaped(command.usage));
    let usages: Vec<String> = commands.iter().map(usage).collect();
    out.push_str(&usages.join(".br\n"));
    section(&mut out, "DESCRIPTION");
    line(&mut out, about.description);
    section(&mut out, "COMMANDS");
    for command in commands {
        entry(&mut out, &bold(command.name), command.summary);
    }
    section(&mut out, "OPTIONS");
    for (set, takers) in sets(commands) {
        options(&mut out, set, &takers);
    }
    section(&mut out, "EXIT STATUS");
    for (code, meaning) in about.exit_codes {
        entry(&mut out, &bold(&code.to_string()), meaning);
    }
    section(&mut out, "FILES");
    for (name, text) in about.files {
        entry(&mut out, &italic(name), text);
    }
    section(&mut out, "ENVIRONMENT");
    for (name, text) in about.environment {
        entry(&mut out, &bold(name), text);
    }
    out
}

/// Each set of options once, with the commands that take it.
fn sets(commands: &[Command]) -> Vec<(OptionSet, Vec<&'static str>)> {
    let mut found: Vec<(OptionSet, Vec<&'static str>)> = Vec::new();
    for command in commands {
        for set in command.options {
            match found.iter_mut().find(|(known, _)| known() == set()) {
                Some((_, takers)) => takers.push(command.name),
                None => found.push((*set, vec![command.name])),
            }
        }
    }
    found
}

fn options(out: &mut String, set: OptionSet, takers: &[&str]) {
    let title = match takers {
        [one] => format!("Of {one}"),
        several => format!("{}: {}", set().description, several.join(", ")),
    };
    let _ = writeln!(out, ".SS \"{}\"", escaped(&title).replace('"', "\\(dq"));
    for word in set().positionals {
        entry(out, &italic(&value(word.name)), word.description);
    }
    for flag in flags(set) {
        entry(out, &spelled(flag), flag.description());
    }
}

fn spelled(flag: Flag) -> String {
    let short = flag.short().map(|short| bold(&format!("-{short}")) + ", ");
    let name = short.unwrap_or_default() + &bold(flag.long());
    match flag.takes() {
        Takes::Nothing => name,
        Takes::NothingOr(opposite) => {
            let short = opposite.short.map(|short| bold(short) + ", ");
            format!(
                "{name} | {}{}",
                short.unwrap_or_default(),
                bold(opposite.long)
            )
        }
        Takes::Word(word) => format!("{name} {}", italic(word)),
        Takes::OneOf(choice) => format!("{name} {}", italic(&offered(choice))),
    }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, ".SH \"{title}\"");
}

fn entry(out: &mut String, term: &str, text: &str) {
    let _ = writeln!(out, ".TP\n{term}");
    line(out, text);
}

fn line(out: &mut String, text: &str) {
    let text = escaped(text);
    // A line that begins with one of these would be a request.
    let guard = if text.starts_with(['.', '\'']) {
        "\\&"
    } else {
        ""
    };
    let _ = writeln!(out, "{guard}{text}");
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// Plain ASCII hyphens and quotes, as they are to be typed.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '`' => out.push_str("\\(ga"),
            '…' => out.push_str("..."),
            c => out.push(c),
        }
    }
    out
}
