//! Arguments sorted: the command, its options, its words.
//!
//! argh knows neither `--name=value` nor values of several words nor opposites, and refuses an
//! option that comes twice; UST's command lines have all of them. Which options there are is in
//! their declarations.

use std::collections::VecDeque;

use argh::{Optionality, PositionalInfo};

use super::flag::{Choice, Flag, Takes};
use super::given::{GivenOptions, switched};
use super::{Arguments, BETWEEN, Command, ust};
use crate::error::{Error, misplaced, one_line};
use crate::text::nearest::{meant, nearest};

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
    let line =
        std::iter::once("user-sync".to_owned()).chain(arguments.iter().map(|word| quoted(word)));
    let mut sorter = Sorter {
        line: line.collect::<Vec<_>>().join(" "),
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
    line: String,
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
        let meant = match (
            ust::instead_of_command(&word),
            nearest(&word, names.clone()),
        ) {
            (Some(instead), _) => format!(", which is the User Sync Tool's: {instead};"),
            (None, Some(name)) => format!("; did you mean {name}?"),
            (None, None) => ";".to_owned(),
        };
        let names = names.collect::<Vec<_>>().join(", ");
        usage(format!(
            "unknown command {}{}{meant} the commands are {names}",
            misplaced(&word),
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
            let (shown, meant) = (misplaced(&plain), self.meant(&plain));
            Error::Usage(format!(
                "unknown option {}; {meant}",
                shown.trim_matches('"')
            ))
        })
    }

    /// What to write instead of an option that there is not.
    fn meant(&self, name: &str) -> String {
        if let Some(instead) = ust::instead_of_option(name) {
            return instead.to_owned();
        }
        let spelled = name.replace('_', "-");
        let longer = spelled.len() > 2;
        // The options of the command at hand before those of others.
        let at_hand = self.command.or(self.commands.first());
        let own: Vec<&str> = at_hand
            .into_iter()
            .flat_map(Command::flags)
            .flat_map(Flag::names)
            .collect();
        let all = || self.known().flat_map(Flag::names);
        let abbreviated: Vec<&str> = own
            .iter()
            .copied()
            .filter(|known| known.len() > spelled.len() && known.starts_with(&spelled))
            .collect();
        let near = nearest(&spelled, own).or_else(|| nearest(&spelled, all()));
        match (abbreviated.as_slice(), near) {
            ([_, ..], _) if longer => {
                format!("options are written in full: {}", abbreviated.join(", "))
            }
            (_, Some(option)) if longer => format!("did you mean {option}?"),
            _ => "`user-sync --help` lists the options".to_owned(),
        }
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
        let follows = chosen.further.is_some();
        if follows && !(chosen.may_stand_alone() && self.has_no_value_next()) {
            words.push(self.next_value(&format!("{name} {}", chosen.word))?);
        }
        choice.join(&words).map_err(wrong)
    }

    /// Whether nothing follows, or an option.
    fn has_no_value_next(&self) -> bool {
        self.rest.front().is_none_or(|word| word.starts_with('-'))
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
            line: self.line,
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
        // What several commands take is well known, and hardly a slip for another one.
        let meant = if others.len() == 1 {
            meant(name, command.flags().flat_map(Flag::names))
        } else {
            String::new()
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
        let declared: Vec<_> = command.words().collect();
        if let (Some(word), []) = (self.words.first(), declared.as_slice()) {
            return usage(format!(
                "{name} takes no further word, found {}{}",
                misplaced(word),
                place(self.behind.as_deref())
            ));
        }
        let repeats = |word: &&PositionalInfo<'_>| word.optionality == Optionality::Repeating;
        if self.words.len() > declared.len() && !declared.last().is_some_and(repeats) {
            // What is too much may be a secret, and is not shown.
            let expected: Vec<&str> = declared.iter().map(|word| word.name).collect();
            return usage(format!(
                "{name}: expected {} and no further word; see `user-sync {name} --help`",
                expected.join(" ")
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

/// A word as a shell would read it, on one line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", one_line(word).replace('\'', "'\\''"))
}

/// Which option a word stands behind, for messages: it may have been meant for that.
fn place(behind: Option<&str>) -> String {
    behind.map_or(String::new(), |option| {
        format!(" behind {}", one_line(option))
    })
}
