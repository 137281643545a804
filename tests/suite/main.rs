//! One test binary: the real `user-sync` against the simulator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../sim/mod.rs"]
mod sim;

mod conformance;
mod normal;
mod replay;
mod simulator;
mod support;
mod wire;
