//! What can go wrong: a source that is refused when it is loaded, and an exception while it runs.
//! Knows positions and Python's exception types; knows nothing of evaluation.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::value::Value;

/// A source that is not run: outside the subset, or not Python at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead, where there is a way.
    pub hint: Option<String>,
    source_line: String,
}

impl Refusal {
    /// A refusal of what stands at the byte offset `at` of `source`.
    pub(super) fn new(source: &str, at: usize, message: impl Into<String>) -> Refusal {
        let before = source.get(..at).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source_line = source
            .get(line_start..)
            .and_then(|rest| rest.split('\n').next());
        Refusal {
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |text| text.chars().count())
                + 1,
            message: message.into(),
            hint: None,
            source_line: source_line.unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn hint(mut self, hint: &str) -> Refusal {
        self.hint = Some(hint.to_owned());
        self
    }

    /// Several lines for a terminal: the message, the source line, a caret under the place, the hint.
    pub fn render(&self) -> String {
        // Long lines (a filter is often one) are cut to what surrounds the place.
        let skip = self.column.saturating_sub(60);
        let mark = if skip > 0 { "..." } else { "" };
        let shown: String = self
            .source_line
            .chars()
            .skip(skip)
            .take(100)
            .map(printable)
            .collect();
        let lead = " ".repeat(mark.len() + self.column.saturating_sub(skip + 1));
        let hint = self
            .hint
            .as_ref()
            .map(|hint| format!("\n  {hint}"))
            .unwrap_or_default();
        format!(
            "line {}, column {}: {}\n    {mark}{shown}\n    {lead}^{hint}",
            self.line, self.column, self.message
        )
    }
}

// A tab or a control character would move the caret.
fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// One line; [`Refusal::render`] shows the place too.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )?;
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

/// What ended an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Python's name of the type.
    pub kind: String,
    /// What `str` of the exception gives.
    pub message: String,
    /// Line of the failing statement, in the innermost function, counted from 1; 0 if it is of none.
    pub line: usize,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A bound over several evaluations is of no line.
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        f.write_str(&self.kind)?;
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.message)
        }
    }
}

/// Why an evaluation does not go on.
#[derive(Clone)]
pub(super) enum Stop {
    /// An exception of the language; `except` may catch it.
    Raised(Rc<Raised>),
    /// A bound that was hit, or something outside the subset met only now: nothing catches it.
    Ended(Box<Ended>),
}

#[derive(Clone)]
pub(super) struct Ended {
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) line: u32,
}

/// An exception object.
pub struct Raised {
    pub(super) kind: Kind,
    pub(super) args: Value,
    /// Of the statement that raised it first; 0 until then.
    pub(super) line: Cell<u32>,
}

impl Stop {
    pub(super) fn raise(kind: Kind, message: impl Into<String>) -> Stop {
        let args = Value::tuple(vec![Value::from(message.into())]);
        Stop::Raised(Raised::new(kind, args))
    }

    /// The end of this evaluation, whatever the source says about it.
    pub(super) fn end(kind: &'static str, message: impl Into<String>) -> Stop {
        Stop::Ended(Box::new(Ended {
            kind,
            message: message.into(),
            line: 0,
        }))
    }

    /// Python can do this, the subset cannot, and it shows only at run time.
    pub(super) fn outside(what: impl fmt::Display) -> Stop {
        Stop::end(
            "NotImplementedError",
            format!("{what} is not supported here"),
        )
    }

    /// Gives the place, unless a statement further in has given it.
    pub(super) fn at(mut self, line: u32) -> Stop {
        match &mut self {
            Stop::Raised(raised) if raised.line.get() == 0 => raised.line.set(line),
            Stop::Ended(ended) if ended.line == 0 => ended.line = line,
            _ => {}
        }
        self
    }
}

impl Raised {
    pub(super) fn new(kind: Kind, args: Value) -> Rc<Raised> {
        Rc::new(Raised {
            kind,
            args,
            line: Cell::new(0),
        })
    }
}

/// The exception types that have a name in the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    BaseException,
    Exception,
    ArithmeticError,
    OverflowError,
    ZeroDivisionError,
    AssertionError,
    AttributeError,
    LookupError,
    IndexError,
    KeyError,
    MemoryError,
    NameError,
    UnboundLocalError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    StopIteration,
    TimeoutError,
    OSError,
    TypeError,
    UnicodeError,
    ValueError,
    /// `re.error`
    Pattern,
}

/// Name, type, and the type it derives from.
const KINDS: &[(&str, Kind, Kind)] = &[
    ("BaseException", Kind::BaseException, Kind::BaseException),
    ("Exception", Kind::Exception, Kind::BaseException),
    ("ArithmeticError", Kind::ArithmeticError, Kind::Exception),
    ("OverflowError", Kind::OverflowError, Kind::ArithmeticError),
    (
        "ZeroDivisionError",
        Kind::ZeroDivisionError,
        Kind::ArithmeticError,
    ),
    ("AssertionError", Kind::AssertionError, Kind::Exception),
    ("AttributeError", Kind::AttributeError, Kind::Exception),
    ("LookupError", Kind::LookupError, Kind::Exception),
    ("IndexError", Kind::IndexError, Kind::LookupError),
    ("KeyError", Kind::KeyError, Kind::LookupError),
    ("MemoryError", Kind::MemoryError, Kind::Exception),
    ("NameError", Kind::NameError, Kind::Exception),
    (
        "UnboundLocalError",
        Kind::UnboundLocalError,
        Kind::NameError,
    ),
    (
        "NotImplementedError",
        Kind::NotImplementedError,
        Kind::RuntimeError,
    ),
    ("RecursionError", Kind::RecursionError, Kind::RuntimeError),
    ("RuntimeError", Kind::RuntimeError, Kind::Exception),
    ("StopIteration", Kind::StopIteration, Kind::Exception),
    ("TimeoutError", Kind::TimeoutError, Kind::OSError),
    ("OSError", Kind::OSError, Kind::Exception),
    ("TypeError", Kind::TypeError, Kind::Exception),
    ("UnicodeError", Kind::UnicodeError, Kind::ValueError),
    ("ValueError", Kind::ValueError, Kind::Exception),
    ("error", Kind::Pattern, Kind::Exception),
];

impl Kind {
    pub(super) fn named(name: &str) -> Option<Kind> {
        let found = KINDS
            .iter()
            .find(|(known, ..)| *known == name && *known != "error");
        found.map(|(_, kind, _)| *kind)
    }

    pub(super) fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, kind, _)| *kind == self)
            .map_or("Exception", |(name, ..)| name)
    }

    /// Whether this is `other` or derives from it.
    pub(super) fn is(self, other: Kind) -> bool {
        let parent = |of| {
            KINDS
                .iter()
                .find(|(_, kind, _)| *kind == of)
                .map(|found| found.2)
        };
        let mut at = self;
        while at != other {
            match parent(at) {
                Some(next) if next != at => at = next,
                _ => return false,
            }
        }
        true
    }
}

pub(super) fn type_error(message: impl Into<String>) -> Stop {
    Stop::raise(Kind::TypeError, message)
}

pub(super) fn value_error(message: impl Into<String>) -> Stop {
    Stop::raise(Kind::ValueError, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shows_the_line_and_the_place() {
        let refusal = Refusal::new("a = 1\nb\t= \u{e9} + @", 15, "no").hint("write less");
        assert_eq!(refusal.to_string(), "line 2, column 9: no (write less)");
        assert_eq!(
            refusal.render(),
            "line 2, column 9: no\n    b = \u{e9} + @\n            ^\n  write less"
        );
    }

    #[test]
    fn exception_types_derive_as_in_python() {
        assert!(Kind::KeyError.is(Kind::LookupError) && Kind::KeyError.is(Kind::BaseException));
        assert!(!Kind::KeyError.is(Kind::ValueError) && !Kind::LookupError.is(Kind::KeyError));
    }
}
