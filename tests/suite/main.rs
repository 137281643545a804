//! One test binary: the real `user-sync` against the simulator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../fuzz/mod.rs"]
mod fuzz;
#[path = "../sim/mod.rs"]
mod sim;
#[path = "../bench/soak.rs"]
mod soak;

mod adobe_wire;
mod apply;
mod batches;
mod bounded;
mod case;
mod cases;
mod certain;
mod check;
mod child;
mod conformance;
mod csv_directory;
mod eval;
mod explain;
mod faults;
mod faults_paging;
mod faults_transport;
mod files;
mod forecast;
mod generate;
mod held;
mod hooks;
mod init;
mod keyring;
mod keys;
mod layering;
mod manual;
mod manual_examples;
mod missing_group;
mod normal;
mod oauth;
mod oauth_keys;
mod okta_groups;
mod okta_wire;
mod old_files;
mod only;
mod only_requests;
mod pacing;
mod plan;
mod recordings;
mod recordings_refused;
mod records;
mod released;
mod replay;
mod safety;
mod safety_everywhere;
mod safety_input;
mod safety_soak;
mod safety_writing;
mod scene;

mod schemas;
mod secrets;
mod servers;
mod signals;
mod simulator;
mod simulator_kinds;
mod simulator_oauth;
mod static_binary;
mod streams;
mod support;
#[cfg(unix)]
mod terminal;
mod undo;
