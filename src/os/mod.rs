//! What the operating system gives: files, keyring, signals, and memory that is wiped.
//!
//! Knows nothing of users, servers or configuration.

pub mod bounded;
pub mod clock;
pub mod files;
pub mod keyring;
pub mod lock;
pub mod secret;
pub mod signals;
pub mod terminal;
