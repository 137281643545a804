//! One file for each command of spec/command-line.md, each as short as its story.

pub mod account;
pub mod apply;
pub mod plan;
pub mod sync;
