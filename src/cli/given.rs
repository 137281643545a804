//! Options as they were given, on the command line or in a file, until argh makes their structs
//! of them.
//!
//! Knows which of two values counts; knows no option by name.

use argh::{ArgsInfo, FromArgs};

use super::flag::{Flag, Takes, flags_of};
use crate::error::{Error, Place, one_line};

/// Options and their values, each once unless it repeats.
#[derive(Debug, Clone, Default)]
pub struct GivenOptions(Vec<GivenOption>);

#[derive(Debug, Clone)]
struct GivenOption {
    flag: Flag,
    value: Option<String>,
    /// Where in a file; `None`: on the command line.
    place: Option<Place>,
}

impl GivenOptions {
    /// Notes an option. Given twice, the later one wins, also over its opposite.
    pub fn give(&mut self, flag: Flag, value: Option<String>, place: Option<Place>) {
        if !flag.repeats() {
            self.0.retain(|earlier| earlier.flag != flag);
        }
        self.0.push(GivenOption { flag, value, place });
    }

    /// These options, and those of `defaults` that are not among them.
    pub fn over(mut self, mut defaults: GivenOptions) -> GivenOptions {
        defaults.0.retain(|default| !self.has(default.flag.long()));
        self.0.append(&mut defaults.0);
        self
    }

    /// Whether an option was given: `--users`.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|given| given.flag.long() == name)
    }

    /// Where in a file an option was given; `None` also for the command line.
    pub fn place(&self, name: &str) -> Option<&Place> {
        let mut all = self.0.iter();
        all.find(|given| given.flag.long() == name)?.place.as_ref()
    }

    pub fn flags(&self) -> impl Iterator<Item = Flag> {
        self.0.iter().map(|given| given.flag)
    }

    /// The options of `T` as `T`; those of other structs are left alone.
    ///
    /// # Errors
    /// [`Error::Usage`], or [`Error::Config`] for a value from a file.
    pub fn read<T: FromArgs + ArgsInfo>(&self) -> Result<T, Error> {
        self.read_with::<T>(&[])
    }

    /// The same, with the command's words.
    pub(super) fn read_with<T: FromArgs + ArgsInfo>(&self, words: &[String]) -> Result<T, Error> {
        let known: Vec<Flag> = flags_of::<T>().collect();
        let own = || self.0.iter().filter(|given| known.contains(&given.flag));
        let mut arguments: Vec<&str> = Vec::new();
        for given in own() {
            arguments.push(given.flag.long());
            arguments.extend(given.value.as_deref());
        }
        if !T::get_args_info().positionals.is_empty() {
            arguments.push("--");
            arguments.extend(words.iter().map(String::as_str));
        }
        T::from_args(&["user-sync"], &arguments).map_err(|exit| {
            let wrong = own().find_map(|given| Some((given, given.problem(&exit.output)?)));
            match wrong {
                Some((given, problem)) => given.error(problem),
                None => Error::Usage(on_one_line(&exit.output)),
            }
        })
    }
}

impl GivenOption {
    /// What is wrong with the value, if that is what argh says.
    fn problem<'a>(&self, said: &'a str) -> Option<&'a str> {
        let (name, value) = (self.flag.long(), self.value.as_deref()?);
        said.strip_prefix(&format!(
            "Error parsing option '{name}' with value '{value}': "
        ))
    }

    fn error(&self, problem: &str) -> Error {
        let problem = one_line(problem.trim_end());
        match &self.place {
            Some(place) => Error::Config {
                place: place.clone(),
                problem,
            },
            None => Error::Usage(format!("{}: {problem}", self.flag.long())),
        }
    }
}

/// argh's texts have several lines.
fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    one_line(&words.join(" "))
}

/// The value of a switch that has an opposite, as argh reads it.
pub fn switched(flag: Flag, on: bool) -> Option<String> {
    matches!(flag.takes(), Takes::NothingOr(_)).then(|| on.to_string())
}
