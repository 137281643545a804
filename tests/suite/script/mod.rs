//! The interpreter against Python itself, against hostile sources, and against whatever is not in the subset.

mod eval;
mod generate;
mod hostile;
mod python;
mod refused;
mod typed;
