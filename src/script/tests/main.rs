//! The interpreter against Python itself, against hostile sources, and against whatever is not in the subset.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod generate;
mod hostile;
mod layering;
mod python;
mod refused;
mod typed;
