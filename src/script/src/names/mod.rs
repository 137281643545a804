//! Names that are there without being defined: types, exceptions, and what modules have beside functions.
//! Lowest room: knows no value.

mod kinds;
pub(crate) mod modules;
mod types;

pub(crate) use kinds::Kind;
pub(crate) use types::Type;
