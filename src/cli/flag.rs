//! One option as its declaration has it: argh's description of a field, and the words of its
//! `arg_name` that argh takes no notice of.
//!
//! Knows no option by name.

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};

use crate::error::misplaced;
use crate::text::nearest::meant;

/// Stands between the words of one value.
pub const BETWEEN: char = '\u{1f}';

/// The options of one struct; its doc comment is their title, its positional fields are words.
pub type OptionSet = fn() -> CommandInfoWithArgs;

/// The options of a set, in the order of their fields.
pub fn flags(set: OptionSet) -> impl Iterator<Item = Flag> {
    let declared = set().flags.iter();
    declared.filter(|info| info.long != "--help").map(Flag)
}

/// The options of a struct, in the order of its fields.
pub fn flags_of<T: ArgsInfo>() -> impl Iterator<Item = Flag> {
    flags(T::get_args_info)
}

/// One option, as its declaration has it.
#[derive(Debug, Clone, Copy)]
pub struct Flag(&'static FlagInfo<'static>);

/// What stands behind an option's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    /// Nothing; and there is an option that means the opposite.
    NothingOr(Opposite),
    /// Any one word, `FILE`.
    Word(&'static str),
    OneOf(Choice),
}

/// The option that takes another one back: `--no-process-groups`, or `-T, --no-test-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opposite {
    pub long: &'static str,
    /// The short form: `-T`.
    pub short: Option<&'static str>,
}

impl Flag {
    /// The long form: `--config-filename`.
    pub fn long(self) -> &'static str {
        self.0.long
    }

    pub fn short(self) -> Option<char> {
        self.0.short
    }

    /// The line of help.
    pub fn description(self) -> &'static str {
        self.0.description
    }

    /// The key of `invocation_defaults`: `user_filter`.
    pub fn key(self) -> String {
        self.long().trim_start_matches('-').replace('-', "_")
    }

    /// Given more than once it adds up, where of all others the last one wins.
    pub fn repeats(self) -> bool {
        self.0.optionality == Optionality::Repeating
    }

    pub fn takes(self) -> Takes {
        let FlagInfoKind::Option { arg_name } = self.0.kind else {
            return Takes::Nothing;
        };
        if arg_name.starts_with('-') {
            return Takes::NothingOr(match arg_name.split_once(", ") {
                Some((short, long)) => Opposite {
                    long,
                    short: Some(short),
                },
                None => Opposite {
                    long: arg_name,
                    short: None,
                },
            });
        }
        Choice::parse(arg_name).map_or(Takes::Word(arg_name), Takes::OneOf)
    }

    /// Whether `word` is its name, long or short.
    pub fn is(self, word: &str) -> bool {
        let is_short = |short| word.strip_prefix('-') == Some(short);
        let mut buffer = [0; 4];
        self.long() == word
            || self
                .short()
                .is_some_and(|c| is_short(c.encode_utf8(&mut buffer)))
    }

    /// Whether `word` is the name of its opposite.
    pub fn is_opposite(self, word: &str) -> bool {
        match self.takes() {
            Takes::NothingOr(opposite) => opposite.long == word || opposite.short == Some(word),
            _ => false,
        }
    }

    /// Its long names: its own, and its opposite's.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let opposite = match self.takes() {
            Takes::NothingOr(opposite) => Some(opposite.long),
            _ => None,
        };
        std::iter::once(self.long()).chain(opposite)
    }
}

impl PartialEq for Flag {
    fn eq(&self, other: &Flag) -> bool {
        self.long() == other.long()
    }
}

/// The fixed words that a value may begin with: `okta|csv [FILE]|group "A,B"|(ldap)`. `group` takes
/// one more word, and `csv` may; `ldap` is understood, and offered nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice(&'static str);

/// One of the fixed words, and the name of the word that must follow, or in brackets may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alternative {
    pub word: &'static str,
    pub further: Option<&'static str>,
    offered: bool,
}

impl Choice {
    /// `None`: the name leaves the value free.
    pub fn parse(arg_name: &'static str) -> Option<Choice> {
        arg_name.contains('|').then_some(Choice(arg_name))
    }

    fn all(self) -> impl Iterator<Item = Alternative> {
        self.0.split('|').map(|written| {
            let hidden = written
                .strip_prefix('(')
                .and_then(|inner| inner.strip_suffix(')'));
            let words = hidden.unwrap_or(written);
            let (word, further) = match words.split_once(' ') {
                Some((word, further)) => (word, Some(further)),
                None => (words, None),
            };
            Alternative {
                word,
                further,
                offered: hidden.is_none(),
            }
        })
    }

    /// The words to choose from.
    pub fn offered(self) -> impl Iterator<Item = Alternative> {
        self.all().filter(|alternative| alternative.offered)
    }

    /// The alternative that a word names, in any case and with blanks around it.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn find(self, word: &str) -> Result<Alternative, String> {
        let plain = word.trim().to_lowercase();
        let found = self.all().find(|known| known.word == plain);
        found.ok_or_else(|| {
            let meant = meant(&plain, self.offered().map(|known| known.word));
            format!("{}, found {}{meant}", self.expected(), misplaced(word))
        })
    }

    /// `expected okta, csv FILE`.
    fn expected(self) -> String {
        let offered: Vec<String> = self.offered().map(|known| known.to_string()).collect();
        format!("expected {}", offered.join(", "))
    }

    /// The words of a value that came as a list, as one value.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn join(self, words: &[String]) -> Result<String, String> {
        let Some((first, rest)) = words.split_first() else {
            return Err(format!("{}, found nothing", self.expected()));
        };
        let Alternative { word, further, .. } = self.find(first)?;
        match (further, rest) {
            (None, []) => Ok(word.to_owned()),
            (Some(_), [second]) => Ok(format!("{word}{BETWEEN}{second}")),
            (Some(_), []) if self.find(first)?.may_stand_alone() => Ok(word.to_owned()),
            (Some(_), []) => Err(format!("{word} needs one more word: {}", self.expected())),
            (None, [extra]) => Err(format!(
                "{word} takes no further word, found {}",
                misplaced(extra)
            )),
            (_, [.., extra]) => Err(format!(
                "{} is one word too many behind {word}",
                misplaced(extra)
            )),
        }
    }
}

impl Alternative {
    /// Whether the word that follows may be left out.
    pub fn may_stand_alone(self) -> bool {
        self.further.is_none_or(|further| further.starts_with('['))
    }
}

impl std::fmt::Display for Alternative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word)?;
        match self.further {
            Some(further) => write!(f, " {further}"),
            None => Ok(()),
        }
    }
}

/// The first word of a value, and the one that its first word asks for.
pub fn words(value: &str) -> (&str, Option<&str>) {
    match value.split_once(BETWEEN) {
        Some((first, second)) => (first, Some(second)),
        None => (value, None),
    }
}
