//! What deciding code has to tell the operator, as data: the caller logs it.
//!
//! Knows neither log nor stream.

/// How much a notice matters (manual/commands.md#streams).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A limit held something back: exit code 4.
    Critical,
    /// About a user who could not be processed: exit code 3.
    Error,
    Warning,
    Info,
    Debug,
}

/// One log line. Its text may hold control characters from data; the log escapes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
}

impl Notice {
    pub fn error(text: impl Into<String>) -> Notice {
        Notice::new(Level::Error, text)
    }

    pub fn warning(text: impl Into<String>) -> Notice {
        Notice::new(Level::Warning, text)
    }

    pub fn info(text: impl Into<String>) -> Notice {
        Notice::new(Level::Info, text)
    }

    pub fn debug(text: impl Into<String>) -> Notice {
        Notice::new(Level::Debug, text)
    }

    fn new(level: Level, text: impl Into<String>) -> Notice {
        Notice {
            level,
            text: text.into(),
        }
    }
}
