//! The names that are there without being defined: functions, types, methods, exceptions, and what modules have.
//! Lowest room: knows no value.

pub(crate) mod builtins;
mod kinds;
pub(crate) mod methods;
pub(crate) mod modules;

pub(crate) use builtins::{Builtin, Known, Type};
pub(crate) use kinds::Kind;
pub(crate) use methods::Method;
