//! What commands print on standard output: colours, columns, and a pipe that was closed.
//!
//! Knows the look of things, and nothing of how they came about. Each command's own text is in a
//! room below.

pub mod change;
pub mod checks;
pub mod explain;
pub mod history;
pub mod metrics;
pub mod page;
pub mod plan;
pub mod report;
pub mod rows;
pub mod summary;
pub mod undo;

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::error::Error;
use crate::os::terminal::Stream;

/// What a piece of text means; its colour follows from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something is taken away.
    Danger,
    /// Something is added: green.
    Gain,
    /// Something becomes something else; a warning.
    Change,
    Heading,
    /// A reason beside the fact.
    Aside,
    Plain,
}

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Width of the terminal, in characters.
    pub width: usize,
    pub colour: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    On,
    Off,
}

const USUAL_WIDTH: usize = 80;
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=160;

impl Style {
    /// The style of standard output: as wide as its terminal, and in colours as `--color` says.
    pub fn of_stdout() -> Style {
        let width = Stream::Stdout.width().unwrap_or(USUAL_WIDTH);
        Style {
            width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
            colour: if Stream::Stdout.has_colours() {
                Colour::On
            } else {
                Colour::Off
            },
        }
    }

    /// `text` in its colour.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Danger => "1;31",
            Tone::Gain => "32",
            Tone::Change => "33",
            Tone::Heading => "1",
            Tone::Aside => "2",
            Tone::Plain => "",
        };
        match self.colour {
            Colour::On if !code.is_empty() && !text.is_empty() => {
                format!("\u{1b}[{code}m{text}\u{1b}[0m")
            }
            _ => text.to_owned(),
        }
    }
}

/// `2 h 5 min`, from `then` until `now`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let age = now.duration_since(then);
    let hours = age.as_hours();
    let minutes = age.as_mins() - hours * 60;
    format!("{hours} h {minutes} min")
}

/// Cuts `text` at blanks into lines of at most `width` characters; a longer word stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    lines.push(line);
    lines
}

/// Writes a result to standard output. A reader that went away (`| head`) is no error: it has
/// what it wanted.
pub fn print(text: &str) -> Result<(), Error> {
    print_with(|out| out.write_all(text.as_bytes()))
}

/// As [`print`], for results that are written piece by piece.
pub fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    // What is left in the buffer was refused already: it must not be tried again on drop.
    let (_, _) = out.into_parts();
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let problem = format!("cannot be written: {error}");
            Err(Error::file(Path::new("standard output"), problem))
        }
        _ => Ok(()),
    }
}

/// Compares with a file in a folder of testdata; `UPDATE_GOLDEN=1` writes it instead.
#[cfg(test)]
fn golden(folder: &str, name: &str, found: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(folder);
    let path = folder.join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_blanks() {
        let cases: [(&str, usize, &[&str]); 5] = [
            ("", 5, &[""]),
            ("one two three", 7, &["one two", "three"]),
            ("one two three", 8, &["one two", "three"]),
            ("incomprehensible", 5, &["incomprehensible"]),
            ("äöü äöü", 7, &["äöü äöü"]),
        ];
        for (text, width, expected) in cases {
            assert_eq!(wrap(text, width), expected);
        }
    }

    #[test]
    fn without_colour_a_text_is_painted_with_nothing() {
        let style = |colour| Style { width: 80, colour };
        assert_eq!(style(Colour::Off).paint(Tone::Danger, "x"), "x");
        let painted = style(Colour::On).paint(Tone::Danger, "x");
        assert_eq!(painted, "\u{1b}[1;31mx\u{1b}[0m");
    }
}
