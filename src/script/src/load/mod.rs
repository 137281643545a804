//! A tree made ready to run: names become slots, and what cannot work is refused. What a source can read of a
//! name is told here too.

mod beyond;
mod reads;
pub(crate) mod resolve;
pub(crate) mod walk;

pub use reads::Reads;
