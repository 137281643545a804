//! The tree walk: statements, expressions, calls, iteration.

mod advance;
pub(crate) mod arithmetic;
mod call;
mod containers;
mod contains;
mod expressions;
mod statements;

pub(crate) use crate::value::Machine;
pub(crate) use containers::iters;
pub(crate) use statements::Flow;
