//! The exception types, and which derives from which.

use Kind::*;

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
    ("BaseException", BaseException, BaseException),
    ("Exception", Exception, BaseException),
    ("ArithmeticError", ArithmeticError, Exception),
    ("OverflowError", OverflowError, ArithmeticError),
    ("ZeroDivisionError", ZeroDivisionError, ArithmeticError),
    ("AssertionError", AssertionError, Exception),
    ("AttributeError", AttributeError, Exception),
    ("LookupError", LookupError, Exception),
    ("IndexError", IndexError, LookupError),
    ("KeyError", KeyError, LookupError),
    ("MemoryError", MemoryError, Exception),
    ("NameError", NameError, Exception),
    ("UnboundLocalError", UnboundLocalError, NameError),
    ("NotImplementedError", NotImplementedError, RuntimeError),
    ("RecursionError", RecursionError, RuntimeError),
    ("RuntimeError", RuntimeError, Exception),
    ("StopIteration", StopIteration, Exception),
    ("TimeoutError", TimeoutError, OSError),
    ("OSError", OSError, Exception),
    ("TypeError", TypeError, Exception),
    ("UnicodeError", UnicodeError, ValueError),
    ("ValueError", ValueError, Exception),
    ("error", Pattern, Exception),
];

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Kind> {
        let found = KINDS.iter().find(|(known, ..)| *known == name)?.1;
        (found != Pattern).then_some(found)
    }

    fn row(self) -> Option<&'static (&'static str, Kind, Kind)> {
        KINDS.iter().find(|(_, kind, _)| *kind == self)
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().map_or("Exception", |(name, ..)| name)
    }

    /// As its repr writes it.
    pub(crate) fn full_name(self) -> &'static str {
        if self == Pattern {
            "re.error"
        } else {
            self.name()
        }
    }

    /// Whether this is `other` or derives from it.
    pub(crate) fn is(self, other: Kind) -> bool {
        let mut at = self;
        while at != other {
            match at.row() {
                Some((.., parent)) if *parent != at => at = *parent,
                _ => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exception_types_derive_as_in_python() {
        assert!(Kind::KeyError.is(Kind::LookupError) && Kind::KeyError.is(Kind::BaseException));
        assert!(!Kind::KeyError.is(Kind::ValueError) && !Kind::LookupError.is(Kind::KeyError));
    }
}
