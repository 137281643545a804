//! Each rule of manual/rules.md and manual/safety.md by name, and what must not
//! happen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod adobe_only;
mod existing;
mod explain;
mod held;
mod hook;
mod names;
mod order;
mod orgs;
mod people;
mod push;
mod random;
mod safety;
