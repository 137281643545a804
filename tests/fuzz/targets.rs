//! The parsers, each with good input to start from.

use super::fuzz;

mod files;
mod formats;
mod interpreter;
mod plans;
mod recordings;
mod servers;
