//! The exception types, and which derives from which.

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
    pub(crate) fn named(name: &str) -> Option<Kind> {
        let found = KINDS
            .iter()
            .find(|(known, ..)| *known == name && *known != "error");
        found.map(|(_, kind, _)| *kind)
    }

    pub(crate) fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, kind, _)| *kind == self)
            .map_or("Exception", |(name, ..)| name)
    }

    /// Whether this is `other` or derives from it.
    pub(crate) fn is(self, other: Kind) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exception_types_derive_as_in_python() {
        assert!(Kind::KeyError.is(Kind::LookupError) && Kind::KeyError.is(Kind::BaseException));
        assert!(!Kind::KeyError.is(Kind::ValueError) && !Kind::LookupError.is(Kind::KeyError));
    }
}
