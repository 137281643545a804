//! What can go wrong while a source runs: exceptions of the language, and bounds.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use crate::names::Kind;
use crate::value::Value;

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
pub(crate) enum Stop {
    /// An exception of the language; `except` may catch it.
    Raised(Rc<Raised>),
    /// A bound that was hit, or something outside the subset met only now: nothing catches it.
    Ended(Box<Exception>),
}

/// An exception object.
pub struct Raised {
    pub(crate) kind: Kind,
    pub(crate) args: Vec<Value>,
    /// Of the statement that raised it first; 0 until then.
    pub(crate) line: Cell<u32>,
}

impl Stop {
    pub(crate) fn raise(kind: Kind, message: impl Into<String>) -> Stop {
        Stop::Raised(Raised::new(kind, vec![Value::from(message.into())]))
    }

    /// The end of this evaluation, whatever the source says about it.
    pub(crate) fn end(kind: &str, message: impl Into<String>) -> Stop {
        Stop::Ended(Box::new(Exception {
            kind: kind.to_owned(),
            message: message.into(),
            line: 0,
        }))
    }

    /// Python can do this, the subset cannot, and it shows only at run time.
    pub(crate) fn outside(what: impl fmt::Display) -> Stop {
        let message = format!("{what} is not supported here");
        Stop::end("NotImplementedError", message)
    }

    /// Gives the place, unless a statement further in has given it.
    pub(crate) fn at(mut self, line: u32) -> Stop {
        match &mut self {
            Stop::Raised(raised) if raised.line.get() == 0 => raised.line.set(line),
            Stop::Ended(ended) if ended.line == 0 => ended.line = line as usize,
            _ => {}
        }
        self
    }
}

impl Raised {
    pub(crate) fn new(kind: Kind, args: Vec<Value>) -> Rc<Raised> {
        Rc::new(Raised {
            kind,
            args,
            line: Cell::new(0),
        })
    }
}

pub(crate) fn type_error(message: impl Into<String>) -> Stop {
    Stop::raise(Kind::TypeError, message)
}

/// A TypeError about the type of a value, whose name stands for `{}` in the message.
pub(crate) fn mistyped(message: &str, value: &Value) -> Stop {
    type_error(message.replacen("{}", value.type_name(), 1))
}

pub(crate) fn value_error(message: impl Into<String>) -> Stop {
    Stop::raise(Kind::ValueError, message)
}

/// What an evaluation gives, or why it does not go on.
pub(crate) type Outcome<T = Value> = Result<T, Stop>;
