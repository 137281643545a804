//! What the modules `re` and `logging` have beside functions.

use crate::names::modules;
use crate::pattern::translate::{DOT_ALL, IGNORE_CASE, MULTI_LINE};

/// The flag with this name in `re`.
pub(crate) fn flag(name: &str) -> Option<u8> {
    match name {
        "I" | "IGNORECASE" => Some(IGNORE_CASE),
        "M" | "MULTILINE" => Some(MULTI_LINE),
        "S" | "DOTALL" => Some(DOT_ALL),
        _ => None,
    }
}

/// The number of a level, as the constants of `logging` give it.
pub(crate) fn level_number(name: &str) -> Option<i64> {
    match name {
        "NOTSET" => Some(0),
        "DEBUG" => Some(10),
        "INFO" => Some(20),
        "WARNING" | "WARN" => Some(30),
        "ERROR" => Some(40),
        "CRITICAL" | "FATAL" => Some(50),
        _ => None,
    }
}

/// Attributes that are no methods: of exceptions, of `re` and of `logging`.
pub(crate) fn is_plain_attribute(name: &str) -> bool {
    matches!(name, "args" | "error")
        || modules::flag(name).is_some()
        || modules::level_number(name).is_some()
}
