//! The command line: arguments in, a command with its options out; and everything that can be
//! said about the options, from their declarations.
//!
//! An option is declared once, as a field of a struct that argh reads:
//!
//! ```ignore
//! /// write a JSON report of the run to this file
//! #[argh(option, arg_name = "FILE")]
//! pub report: Option<PathBuf>,
//! ```
//!
//! - The doc comment is the line of help; the field's name gives `--report` and the key `report`
//!   of `invocation_defaults`; `short = 'r'` would add `-r`.
//! - The type parses the value ([`argh::FromArgValue`], or `from_str_fn`), `default = "…"` is its
//!   default, `Option` none, and `Vec` makes it one that may be given again and adds up. Of all
//!   others the last one wins, and the command line over the file.
//! - `arg_name` says what stands behind the name: `FILE` any word; `okta|csv FILE|(ldap)` one of
//!   these, where `csv` takes one more word and `ldap` is understood but not offered;
//!   `--no-test-mode` (or `-T, --no-test-mode`) nothing, and names the option that means the
//!   opposite. `#[argh(switch)]` is a plain yes.
//! - The struct decides who takes it: the table of commands (`commands/mod.rs`) names the structs
//!   of each command. `RunOptions`, `OutputOptions` and `ConsoleOptions` can be set under
//!   `invocation_defaults`; all others stand on the command line alone.
//!
//! To add an option: write the field, and use its value. Help, man page, completions and the
//! checks of both files and arguments follow. To add a command: write its file in `commands/`
//! with a struct of its own options and words, and its line in the table.
//!
//! Knows no option and no command by name, but in `ust`.

mod completions;
mod flag;
mod given;
mod help;
mod man;
mod ust;
mod words;

use std::ffi::OsString;

use argh::{ArgsInfo, FromArgs, PositionalInfo};

use crate::error::{Error, one_line};

pub use completions::{bash, fish, zsh};
pub use flag::{BETWEEN, Choice, Flag, OptionSet, Takes, flags_of, words};
pub use given::{GivenOptions, switched};
pub use help::text as help;
pub use man::{About, man_page};
pub use words::Invocation;

/// A command: one line of the table in `commands/mod.rs`.
#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    /// How it is written, behind the program's name.
    pub usage: &'static str,
    /// What it does, in half a sentence.
    pub summary: &'static str,
    /// Its own options first.
    pub options: &'static [OptionSet],
    pub run: fn(&Arguments) -> Result<u8, Error>,
}

impl Command {
    pub fn flags(&self) -> impl Iterator<Item = Flag> + use<> {
        self.options.iter().flat_map(|set| flag::flags(*set))
    }

    pub fn takes(&self, flag: Flag) -> bool {
        self.flags().any(|own| own == flag)
    }

    /// The words that it takes beside options.
    pub fn words(&self) -> impl Iterator<Item = &'static PositionalInfo<'static>> + use<> {
        self.options.iter().flat_map(|set| set().positionals)
    }
}

/// A command that is to be run, and what was given with it.
#[derive(Debug)]
pub struct Arguments {
    pub command: &'static Command,
    pub options: GivenOptions,
    words: Vec<String>,
    /// The command line, as a shell would read it.
    pub line: String,
}

impl Arguments {
    /// The options and words of `T`, which must be one of the command's structs.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn read<T: FromArgs + ArgsInfo>(&self) -> Result<T, Error> {
        let name = self.command.name;
        self.options
            .read_with(&self.words)
            .map_err(|error| match error {
                Error::Usage(text) if text.starts_with("--") => Error::Usage(text),
                other => Error::Usage(format!("{name}: {other}; see `user-sync {name} --help`")),
            })
    }
}

impl Invocation {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn parse(
        arguments: impl IntoIterator<Item = OsString>,
        commands: &'static [Command],
    ) -> Result<Invocation, Error> {
        let arguments: Result<Vec<String>, OsString> =
            arguments.into_iter().map(OsString::into_string).collect();
        let arguments = arguments.map_err(|argument| {
            Error::Usage(format!(
                "the argument \"{}\" is no UTF-8 text",
                one_line(&argument.to_string_lossy())
            ))
        })?;
        words::sort(arguments, commands)
    }
}

#[cfg(test)]
mod tests;
