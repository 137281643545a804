//! What has to happen before argh reads the arguments: one value for each option, each once.
//!
//! argh knows neither `--name=value` nor values of several words, and refuses an option that comes
//! twice; UST's command lines have all three. The names come from the structs that argh reads.

use std::collections::VecDeque;

use argh::{FlagInfo, FlagInfoKind};

use super::help::{self, CommandHelp, Group};
use crate::config::takes_another_word;
use crate::error::{Error, one_line};
use crate::text::nearest::nearest;

/// Stands between the words of one value.
pub(super) const BETWEEN: char = '\u{1f}';

/// Options whose value may have two words.
const WORDY: [&str; 4] = [
    "--connector",
    "--users",
    "--adobe-users",
    "--adobe-only-user-action",
];

/// Options of which the later one wins.
const OPPOSITES: [(&str, &str); 4] = [
    ("--process-groups", "--no-process-groups"),
    ("--update-user-info", "--no-update-user-info"),
    ("--exclude-unmapped-users", "--include-unmapped-users"),
    ("--test-mode", "--no-test-mode"),
];

/// The arguments in order: the command, its options, its words.
#[derive(Debug)]
pub(super) struct Sorted {
    /// `None`: none was named; `sync` is meant.
    pub(super) command: Option<&'static CommandHelp>,
    pub(super) asks: Option<Asks>,
    options: Vec<Given>,
    pub(super) words: Vec<String>,
    /// What the first word stands behind, if that is an option with a value.
    behind: Option<String>,
}

/// Instead of doing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Help,
    Version,
    /// `help [TOPIC]`; a command is a topic, too.
    Manual,
}

#[derive(Debug)]
struct Given {
    group: Group,
    name: &'static str,
    value: Option<String>,
}

impl Sorted {
    /// The arguments of one group of options, for argh.
    pub(super) fn arguments(&self, group: Group) -> Vec<&str> {
        self.options
            .iter()
            .filter(|given| given.group == group)
            .flat_map(|given| std::iter::once(given.name).chain(given.value.as_deref()))
            .collect()
    }
}

/// Sorts the arguments (without the program's name).
///
/// # Errors
/// [`Error::Usage`]: an unknown option or command, an option of another command, a missing value,
/// a typographic dash.
pub(super) fn sort(arguments: Vec<String>) -> Result<Sorted, Error> {
    let mut sorter = Sorter {
        rest: arguments.into(),
        sorted: Sorted {
            command: None,
            asks: None,
            options: Vec::new(),
            words: Vec::new(),
            behind: None,
        },
        last: None,
    };
    while let Some(argument) = sorter.rest.pop_front() {
        if argument == "--" {
            while let Some(word) = sorter.rest.pop_front() {
                sorter.word(word)?;
            }
        } else if argument.len() > 1 && argument.starts_with('-') {
            sorter.option(&argument)?;
        } else {
            refuse_typographic_dash(&argument)?;
            sorter.word(argument)?;
        }
    }
    sorter.sorted.check_groups()?;
    Ok(sorter.sorted)
}

fn usage<T>(text: String) -> Result<T, Error> {
    Err(Error::Usage(text))
}

fn refuse_typographic_dash(argument: &str) -> Result<(), Error> {
    let dash = |c: &char| {
        matches!(
            c,
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{ff0d}'
        )
    };
    let first = argument.chars().find(|c| *c != '-');
    let Some(found) = first.filter(dash) else {
        return Ok(());
    };
    let plain = argument.trim_start_matches(|c: char| dash(&c) || c == '-');
    let dashes = if plain.chars().count() == 1 {
        "-"
    } else {
        "--"
    };
    usage(format!(
        "\"{}\" begins with a typographic dash ({found}, U+{:04X}), as text processors make it; \
         type {dashes}{} with plain hyphens",
        one_line(argument),
        u32::from(found),
        one_line(plain)
    ))
}

struct Sorter {
    rest: VecDeque<String>,
    sorted: Sorted,
    /// The argument before, if it ends an option with a value.
    last: Option<String>,
}

impl Sorter {
    fn word(&mut self, word: String) -> Result<(), Error> {
        let behind = self.last.take();
        if self.sorted.command.is_some() || self.sorted.asks == Some(Asks::Manual) {
            if self.sorted.words.is_empty() {
                self.sorted.behind = behind.clone();
            }
            self.sorted.words.push(word);
            return Ok(());
        }
        if word == "help" {
            self.sorted.asks = Some(Asks::Manual);
            return Ok(());
        }
        let Some(command) = help::command(&word) else {
            let names = help::COMMANDS.iter().map(|command| command.name);
            let meant = match nearest(&word, names.clone()) {
                Some(name) => format!("; did you mean {name}?"),
                None => ";".to_owned(),
            };
            let names = names.collect::<Vec<_>>().join(", ");
            let word = one_line(&word);
            return usage(format!(
                "unknown command \"{word}\"{}{meant} the commands are {names}",
                place(behind.as_deref())
            ));
        };
        self.sorted.command = Some(command);
        Ok(())
    }

    fn option(&mut self, argument: &str) -> Result<(), Error> {
        refuse_typographic_dash(argument)?;
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) if argument.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument, None),
        };
        match name {
            "--help" | "-h" => self.sorted.asks = Some(Asks::Help),
            "--version" => self.sorted.asks = self.sorted.asks.or(Some(Asks::Version)),
            _ => {
                let (group, flag) = self.find(name)?;
                let value = self.value(flag, value)?;
                self.last = value
                    .as_ref()
                    .map(|value| format!("{} {}", flag.long, value.replace(BETWEEN, " ")));
                self.give(Given {
                    group,
                    name: flag.long,
                    value,
                });
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Result<(Group, &'static FlagInfo<'static>), Error> {
        let found = flags().find(|(_, flag)| is(flag, name));
        let Some(found) = found else {
            let known: Vec<&str> = flags().map(|(_, flag)| flag.long).collect();
            let plain: String = name.chars().filter(|c| !c.is_control()).collect();
            let spelled = plain.replace('_', "-");
            let meant = match nearest(&spelled, known) {
                Some(option) if spelled.len() > 2 => format!("; did you mean {option}?"),
                _ => "; `user-sync --help` lists the options".to_owned(),
            };
            return usage(format!("unknown option {plain}{meant}"));
        };
        Ok(found)
    }

    /// The value of an option: behind `=`, or the next word, or the next two.
    fn value(
        &mut self,
        flag: &FlagInfo<'static>,
        given: Option<String>,
    ) -> Result<Option<String>, Error> {
        let name = flag.long;
        if matches!(flag.kind, FlagInfoKind::Switch) {
            return match given {
                None => Ok(None),
                Some(_) => usage(format!("{name} takes no value")),
            };
        }
        let mut value = match given {
            Some(value) => value,
            None => self.next_value(name)?,
        };
        if value.trim().is_empty() {
            return usage(format!("{name} needs a value, but it is empty"));
        }
        if WORDY.contains(&name) && takes_another_word(&value) {
            let first = value.clone();
            value.push(BETWEEN);
            value.push_str(&self.next_value(&format!("{name} {}", one_line(&first)))?);
        }
        Ok(Some(value))
    }

    fn next_value(&mut self, name: &str) -> Result<String, Error> {
        let option = |word: &str| flags().any(|(_, flag)| is(flag, word));
        match self.rest.pop_front() {
            Some(value) if option(&value) => usage(format!(
                "{name} needs a value, but the option {value} follows"
            )),
            Some(value) => Ok(value),
            None => usage(format!("{name} needs a value")),
        }
    }

    /// The later of an option given twice wins, also over its opposite.
    fn give(&mut self, given: Given) {
        let same = |one: &str, other: &str| {
            one == other || OPPOSITES.contains(&(one, other)) || OPPOSITES.contains(&(other, one))
        };
        self.sorted
            .options
            .retain(|earlier| !same(earlier.name, given.name));
        self.sorted.options.push(given);
    }
}

impl Sorted {
    /// Every option belongs to the command.
    fn check_groups(&self) -> Result<(), Error> {
        if self.asks.is_some() {
            return Ok(());
        }
        let command = self.command.unwrap_or(&help::SYNC);
        for given in &self.options {
            if !command.groups.contains(&given.group) {
                let others: Vec<_> = help::COMMANDS
                    .iter()
                    .filter(|other| other.groups.contains(&given.group))
                    .map(|other| other.name)
                    .collect();
                return usage(format!(
                    "{} does not take {}, which belongs to {}",
                    command.name,
                    given.name,
                    others.join(", ")
                ));
            }
        }
        let takes = command
            .groups
            .iter()
            .any(|group| !group.info().positionals.is_empty());
        match self.words.first() {
            Some(word) if !takes => usage(format!(
                "{} takes no further word, found \"{}\"{}",
                command.name,
                one_line(word),
                place(self.behind.as_deref())
            )),
            _ => Ok(()),
        }
    }
}

/// Which option a word stands behind, for messages: it may have been meant for that.
fn place(behind: Option<&str>) -> String {
    behind.map_or(String::new(), |option| {
        format!(" behind {}", one_line(option))
    })
}

/// Whether a word is an option's name, long or short.
fn is(flag: &FlagInfo<'_>, word: &str) -> bool {
    let short = flag.short.map(|short| format!("-{short}"));
    flag.long == word || short.as_deref() == Some(word)
}

/// Every option and its group.
fn flags() -> impl Iterator<Item = (Group, &'static FlagInfo<'static>)> {
    Group::ALL
        .into_iter()
        .flat_map(|group| help::options(group).map(move |flag| (group, flag)))
}
