//! Arguments sorted: the command, its options, its words.
//!
//! argh knows neither `--name=value` nor values of several words nor opposites, and refuses an
//! option that comes twice; UST's command lines have all of them. Which options there are is in
//! their declarations.

use std::collections::VecDeque;

use super::flag::{Choice, Flag, Takes};
use super::given::{GivenOptions, switched};
use super::{Arguments, BETWEEN, Command};
use crate::error::{Error, one_line};
use crate::text::nearest::nearest;

/// What the arguments ask for.
#[derive(Debug)]
pub enum Invocation {
    /// The help of a command, or of all.
    Help(Option<&'static Command>),
    Version,
    Run(Arguments),
}

/// Sorts the arguments behind the program's name. The first of the commands is meant where none is
/// named.
///
/// # Errors
/// [`Error::Usage`]: an unknown option or command, an option of another command, a missing value,
/// a typographic dash.
pub(super) fn sort(
    arguments: Vec<String>,
    commands: &'static [Command],
) -> Result<Invocation, Error> {
    let mut sorter = Sorter {
        commands,
        rest: arguments.into(),
        command: None,
        asks: None,
        options: GivenOptions::default(),
        words: Vec::new(),
        last: None,
        behind: None,
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
    sorter.finish()
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

/// What is asked for instead of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Help,
    Version,
}

struct Sorter {
    commands: &'static [Command],
    rest: VecDeque<String>,
    command: Option<&'static Command>,
    asks: Option<Asks>,
    options: GivenOptions,
    words: Vec<String>,
    /// The argument before, if it ends an option with a value.
    last: Option<String>,
    /// What the first word stands behind, if that is an option with a value.
    behind: Option<String>,
}

impl Sorter {
    fn word(&mut self, word: String) -> Result<(), Error> {
        let behind = self.last.take();
        if self.command.is_some() {
            if self.words.is_empty() {
                self.behind = behind;
            }
            self.words.push(word);
            return Ok(());
        }
        self.command = self.commands.iter().find(|known| known.name == word);
        if self.command.is_some() {
            return Ok(());
        }
        let names = self.commands.iter().map(|command| command.name);
        let meant = match nearest(&word, names.clone()) {
            Some(name) => format!("; did you mean {name}?"),
            None => ";".to_owned(),
        };
        let names = names.collect::<Vec<_>>().join(", ");
        let word = one_line(&word);
        usage(format!(
            "unknown command \"{word}\"{}{meant} the commands are {names}",
            place(behind.as_deref())
        ))
    }

    fn option(&mut self, argument: &str) -> Result<(), Error> {
        refuse_typographic_dash(argument)?;
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) if argument.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument, None),
        };
        match name {
            "--help" | "-h" => self.asks = Some(Asks::Help),
            "--version" => self.asks = self.asks.or(Some(Asks::Version)),
            _ => {
                let flag = self.find(name)?;
                let value = self.value(flag, name, value)?;
                self.last = match flag.takes() {
                    Takes::Word(_) | Takes::OneOf(_) => value
                        .as_ref()
                        .map(|value| format!("{} {}", flag.long(), value.replace(BETWEEN, " "))),
                    Takes::Nothing | Takes::NothingOr(_) => None,
                };
                self.options.give(flag, value, None);
            }
        }
        Ok(())
    }

    /// Every option of every command; those of the command that was named come first.
    fn known(&self) -> impl Iterator<Item = Flag> {
        let own = self.command.into_iter();
        own.chain(self.commands).flat_map(Command::flags)
    }

    fn find(&self, name: &str) -> Result<Flag, Error> {
        let mut known = self.known();
        let found = known.find(|flag| flag.is(name) || flag.is_opposite(name));
        found.ok_or_else(|| {
            let plain: String = name.chars().filter(|c| !c.is_control()).collect();
            let spelled = plain.replace('_', "-");
            let names: Vec<&str> = self.known().flat_map(Flag::names).collect();
            let meant = match nearest(&spelled, names) {
                Some(option) if spelled.len() > 2 => format!("; did you mean {option}?"),
                _ => "; `user-sync --help` lists the options".to_owned(),
            };
            Error::Usage(format!("unknown option {plain}{meant}"))
        })
    }

    /// The value of an option: behind `=`, or the next word, or the next two.
    fn value(
        &mut self,
        flag: Flag,
        name: &str,
        behind: Option<String>,
    ) -> Result<Option<String>, Error> {
        match flag.takes() {
            Takes::Nothing | Takes::NothingOr(_) if behind.is_some() => {
                usage(format!("{name} takes no value"))
            }
            Takes::Nothing | Takes::NothingOr(_) => Ok(switched(flag, !flag.is_opposite(name))),
            Takes::Word(_) => self.first_value(flag, behind).map(Some),
            Takes::OneOf(choice) => {
                let first = self.first_value(flag, behind)?;
                self.chosen(flag, choice, first).map(Some)
            }
        }
    }

    fn first_value(&mut self, flag: Flag, behind: Option<String>) -> Result<String, Error> {
        let name = flag.long();
        let value = match behind {
            Some(value) => value,
            None => self.next_value(name)?,
        };
        if value.trim().is_empty() {
            return usage(format!("{name} needs a value, but it is empty"));
        }
        Ok(value)
    }

    fn chosen(&mut self, flag: Flag, choice: Choice, first: String) -> Result<String, Error> {
        let name = flag.long();
        let wrong = |problem| Error::Usage(format!("{name}: {problem}"));
        let chosen = choice.find(&first).map_err(wrong)?;
        let mut words = vec![first];
        if chosen.further.is_some() {
            words.push(self.next_value(&format!("{name} {}", chosen.word))?);
        }
        choice.join(&words).map_err(wrong)
    }

    fn next_value(&mut self, name: &str) -> Result<String, Error> {
        let is_option = |word: &str| {
            let mut known = self.known();
            known.any(|flag| flag.is(word) || flag.is_opposite(word))
        };
        match self.rest.front() {
            Some(value) if is_option(value) => usage(format!(
                "{name} needs a value, but the option {value} follows"
            )),
            Some(_) => Ok(self.rest.pop_front().unwrap_or_default()),
            None => usage(format!("{name} needs a value")),
        }
    }

    fn finish(self) -> Result<Invocation, Error> {
        match self.asks {
            Some(Asks::Help) => return Ok(Invocation::Help(self.command)),
            Some(Asks::Version) => return Ok(Invocation::Version),
            None => {}
        }
        let Some(command) = self.command.or(self.commands.first()) else {
            return usage("there is no command".to_owned());
        };
        self.check_options(command)?;
        Ok(Invocation::Run(Arguments {
            command,
            words: self.words_of(command)?,
            options: self.options,
        }))
    }

    /// Every option belongs to the command.
    fn check_options(&self, command: &Command) -> Result<(), Error> {
        let strange = self.options.flags().find(|flag| !command.takes(*flag));
        let Some(strange) = strange else {
            return Ok(());
        };
        let others = self.commands.iter().filter(|other| other.takes(strange));
        let others: Vec<&str> = others.map(|other| other.name).collect();
        let name = strange.long();
        let meant = match nearest(name, command.flags().flat_map(Flag::names)) {
            Some(option) => format!("; did you mean {option}?"),
            None => String::new(),
        };
        usage(format!(
            "{} does not take {name}, which belongs to {}{meant}",
            command.name,
            others.join(", ")
        ))
    }

    /// The words of a command that takes any; those of a fixed choice as the choice spells them.
    fn words_of(&self, command: &Command) -> Result<Vec<String>, Error> {
        let name = command.name;
        let mut declared = command.words().peekable();
        if let (Some(word), None) = (self.words.first(), declared.peek()) {
            return usage(format!(
                "{name} takes no further word, found \"{}\"{}",
                one_line(word),
                place(self.behind.as_deref())
            ));
        }
        let mut words = self.words.clone();
        for (word, declared) in words.iter_mut().zip(declared) {
            if let Some(choice) = Choice::parse(declared.name) {
                let chosen = choice.find(word);
                let chosen =
                    chosen.map_err(|problem| Error::Usage(format!("{name}: {problem}")))?;
                chosen.word.clone_into(word);
            }
        }
        Ok(words)
    }
}

/// Which option a word stands behind, for messages: it may have been meant for that.
fn place(behind: Option<&str>) -> String {
    behind.map_or(String::new(), |option| {
        format!(" behind {}", one_line(option))
    })
}
