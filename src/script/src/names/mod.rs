//! Names that are there without being defined: types of exceptions, and what modules have beside functions.
//! Lowest room: knows no value.

mod kinds;
pub(crate) mod modules;

pub(crate) use kinds::Kind;
