//! `user-sync` keeps an Adobe organisation in step with an Okta tenant.
//!
//! arguments and files -> configuration -> Okta groups and members -> filter -> mapping and hook
//! -> directory users -> Adobe users -> plan -> requests -> summary and exit code
//!
//! This file lists the rooms and holds no logic. Everything that decides is a pure function of
//! what was read; everything that talks to a server decides nothing.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod adobe;
pub mod cli;
pub mod commands;
pub mod config;
pub mod error;
pub mod hook;
pub mod http;
mod key;
mod logging;
pub mod model;
pub mod okta;
pub mod os;
pub mod people;
mod plan;
pub mod record;
pub mod send;
mod show;
pub mod text;
