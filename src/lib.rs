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
pub mod adobe_only_file;
pub mod cli;
pub mod command;
pub mod commands;
pub mod config;
pub mod csv_directory;
pub mod csv_file;
pub mod directory;
pub mod error;
pub mod execute;
pub mod files;
pub mod filter;
pub mod hash;
pub mod hook;
pub mod http;
pub mod index;
pub mod journal;
pub mod keyring;
pub mod logging;
pub mod mapping;
pub mod model;
pub mod nearest;
pub mod notice;
pub mod okta;
pub mod pattern;
pub mod plan;
pub mod plan_file;
pub mod record;
pub mod report;
pub mod script;
pub mod secret;
pub mod session;
pub mod show;
pub mod sighting;
pub mod signals;
pub mod summary;
pub mod text;
