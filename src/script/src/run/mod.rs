//! The tree walk: statements, expressions, calls, iteration. What can be called is the library's matter, which
//! the machine reaches by [`Library`] only.

mod advance;
pub(crate) mod arithmetic;
mod call;
mod containers;
mod contains;
mod expressions;
mod kept;
mod statements;

pub(crate) use containers::iters;
pub use kept::KEPT_BYTES;
pub(crate) use kept::Kept;
pub(crate) use statements::{Flow, Library, Machine};
