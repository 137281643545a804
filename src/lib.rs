//! t
pub mod script;
