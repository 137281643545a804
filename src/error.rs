//! What ends a run before its work is done, and the exit codes of manual/commands.md#exit-codes.
//!
//! Errors are split by what the operator has to do about them, not by the module they come from.
//! Knows no wording but the frame: whoever finds a problem describes it.

use std::fmt;
use std::path::{Path, PathBuf};

/// Exit codes (manual/commands.md#exit-codes).
pub mod exit {
    pub const DONE: u8 = 0;
    pub const FAILED: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const REJECTED: u8 = 3;
    pub const HELD_BACK: u8 = 4;
    pub const STOPPED: u8 = 5;
    pub const BUSY: u8 = 6;
    pub const CHANGES: u8 = 10;
    pub const SIGNAL: u8 = 130;

    /// What each says, for help and man page.
    pub const MEANINGS: [(u8, &str); 9] = [
        (
            DONE,
            "all that was asked for was done, or there was nothing to do",
        ),
        (FAILED, "the run failed before anything was written"),
        (USAGE, "wrong usage or configuration; nothing was contacted"),
        (
            REJECTED,
            "done, but Adobe rejected some commands, or some users could not be processed",
        ),
        (
            HELD_BACK,
            "a safety limit held something back; the rest was done",
        ),
        (
            STOPPED,
            "writing stopped part-way; the log says what was sent",
        ),
        (BUSY, "another run holds the lock"),
        (
            CHANGES,
            "plan --detailed-exit-code: there are changes to make",
        ),
        (SIGNAL, "stopped by a signal before anything was written"),
    ];
}

/// Why a run cannot go on. Nothing was written when one of these is returned.
#[derive(Debug)]
pub enum Error {
    /// The command line is wrong.
    Usage(String),
    /// A configuration file, or a file named by it, is wrong.
    Config { place: Place, problem: String },
    /// Several problems of the configuration, which are told at once. Never empty.
    Several(Vec<Error>),
    /// What was read does not fit the configuration: seen only after servers were contacted.
    Unfit { place: Place, problem: String },
    /// A server refused, failed for good, or answered something that cannot be used.
    /// `request` is the method, host and path.
    Remote { request: String, problem: String },
    /// The filter or the hook raised an exception.
    Script { source: String, problem: String },
    /// A file that the run needs cannot be read or written.
    File { path: PathBuf, problem: String },
    /// The OS keyring cannot do what it was asked for.
    Keyring { entry: String, problem: String },
    /// Another run holds the lock.
    Busy(String),
    /// A signal came.
    Stopped,
}

/// Where in a configuration file a problem is. Lines and columns count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    pub line: Option<(usize, usize)>,
    /// Dotted path of the key, `directory_users.groups[2].adobe_groups`.
    pub key: Option<String>,
}

impl Error {
    pub fn config(file: &Path, problem: impl Into<String>) -> Error {
        Error::config_at(file, None, problem)
    }

    /// At a line and column of the file, where they are known.
    pub fn config_at(
        file: &Path,
        line: Option<(usize, usize)>,
        problem: impl Into<String>,
    ) -> Error {
        let place = Place {
            file: file.to_owned(),
            line,
            key: None,
        };
        Error::Config {
            place,
            problem: problem.into(),
        }
    }

    pub fn file(path: &Path, problem: impl Into<String>) -> Error {
        Error::File {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// One error of all that is wrong with the configuration; `None` if nothing is.
    pub fn several(mut errors: Vec<Error>) -> Option<Error> {
        match errors.len() {
            0 | 1 => errors.pop(),
            _ => Some(Error::Several(errors)),
        }
    }

    /// What is wrong, one by one.
    pub fn each(self) -> Vec<Error> {
        match self {
            Error::Several(errors) => errors,
            error => vec![error],
        }
    }

    /// Whether something in that configuration file is wrong.
    pub fn is_about(&self, file: &Path) -> bool {
        matches!(self, Error::Config { place, .. } if place.file == file)
    }

    /// The exit code of the run that this error ends.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Config { .. } | Error::Several(_) => exit::USAGE,
            Error::Unfit { .. }
            | Error::Remote { .. }
            | Error::Script { .. }
            | Error::File { .. }
            | Error::Keyring { .. } => exit::FAILED,
            Error::Busy(_) => exit::BUSY,
            Error::Stopped => exit::SIGNAL,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(problem) | Error::Busy(problem) => f.write_str(problem),
            Error::Config { place, problem } | Error::Unfit { place, problem } => {
                write!(f, "{place}: {problem}")
            }
            Error::Several(errors) => {
                let texts: Vec<String> = errors.iter().map(Error::to_string).collect();
                f.write_str(&texts.join("; also "))
            }
            Error::Remote { request, problem } => write!(f, "{request}: {problem}"),
            Error::Script { source, problem } => write!(f, "{source}: {problem}"),
            Error::Keyring { entry, problem } => write!(f, "keyring entry {entry}: {problem}"),
            Error::File { path, problem } => write!(f, "{}: {problem}", path.display()),
            Error::Stopped => f.write_str("stopped by a signal; nothing was written"),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.line {
            write!(f, ":{line}:{column}")?;
        }
        match &self.key {
            Some(key) => write!(f, ": {key}"),
            None => Ok(()),
        }
    }
}

/// `text` on one line: control characters from outside are written as escapes.
pub fn one_line(text: &str) -> String {
    let escape = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars()
        .flat_map(|c| {
            let (plain, escaped) = if escape(c) {
                (None, Some(c.escape_default()))
            } else {
                (Some(c), None)
            };
            plain.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

/// A name or a value from outside as messages show it: as it is, in quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text))
}

/// Several names as messages show them.
pub fn all_quoted<N: AsRef<str>>(names: &[N]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name.as_ref())).collect();
    names.join(", ")
}

/// Whether a word may be a secret that was put where something else is expected. Tokens are long,
/// have no blanks, and nearly all have digits; a key has several lines.
pub fn may_be_secret(word: &str) -> bool {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    let is_one_word = word.len() >= 8 && !word.contains(' ');
    word.len() >= 64 || is_one_word && (has_digit || word.len() >= 32)
}

/// A word where something else is expected, as messages show it: not if it may be a secret.
pub fn misplaced(word: &str) -> String {
    if may_be_secret(word) {
        format!("***{NOT_SHOWN}")
    } else {
        quoted(word)
    }
}

/// Why `***` stands in place of a word.
pub const NOT_SHOWN: &str = " (not shown, for it may be a secret)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_file_line_and_key() {
        let place = Place {
            file: "a.yml".into(),
            line: Some((3, 7)),
            key: Some("limits.max".into()),
        };
        assert_eq!(place.to_string(), "a.yml:3:7: limits.max");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for word in ["plna", "users.csv", "Adobe All Apps 2026", "connector"] {
            assert_eq!(misplaced(word), quoted(word));
        }
        for word in [
            "00R_token",
            "p8e-Se/cret==",
            &"abcd".repeat(8),
            "-----BEGIN PRIVATE KEY-----\nabcd\nefgh\n-----END PRIVATE KEY-----",
        ] {
            assert!(!misplaced(word).contains(word));
        }
    }

    #[test]
    fn names_are_quoted_as_they_are() {
        for (name, shown) in [
            ("Büro \u{928}\u{93f}", "\"Büro \u{928}\u{93f}\""),
            (r"AD\O'Neil", r#""AD\O'Neil""#),
            ("a\tb", r#""a\tb""#),
        ] {
            assert_eq!(quoted(name), shown);
        }
    }
}
