//! The bounds of one evaluation: steps, depth, bytes of values made.
//! Every operation whose cost grows with its operands pays here before it works.

use crate::value::{Outcome, Stop, Value};

/// Steps of one evaluation. A step is one expression or statement, or a small piece of work on a long value;
/// an endless loop ends within a fraction of a second.
pub const STEPS: u64 = 2_000_000;
/// Nested evaluations: calls, expressions inside expressions, values inside values.
/// Small enough for a stack of 8 MB in a debug build; a plain recursive function reaches a depth of nearly two hundred.
pub const DEPTH: u32 = 1_000;
/// Bytes of the values that one evaluation makes, counted when they are made; log lines too.
pub const BYTES: u64 = 64 << 20;
/// Bytes of text that cost one step to go over.
const BYTES_A_STEP: usize = 32;

pub(crate) struct Meter {
    steps: u64,
    bytes: u64,
    depth: u32,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter {
            steps: STEPS,
            bytes: BYTES,
            depth: 0,
        }
    }

    /// For data from outside an evaluation.
    pub(crate) fn unbounded() -> Meter {
        Meter {
            steps: u64::MAX,
            bytes: u64::MAX,
            depth: 0,
        }
    }

    #[inline]
    pub(crate) fn step(&mut self) -> Outcome<()> {
        self.steps(1)
    }

    #[inline]
    pub(crate) fn steps(&mut self, count: usize) -> Outcome<()> {
        match self.steps.checked_sub(count as u64) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(too_long()),
        }
    }

    /// Going over `bytes` of text.
    pub(crate) fn scan(&mut self, bytes: usize) -> Outcome<()> {
        self.steps(bytes / BYTES_A_STEP)
    }

    /// Making a value of `bytes`, and going over it.
    pub(crate) fn make(&mut self, bytes: usize) -> Outcome<()> {
        match self.bytes.checked_sub(bytes as u64) {
            Some(left) => {
                self.bytes = left;
                self.scan(bytes)
            }
            None => Err(too_large()),
        }
    }

    /// Bytes of the values made so far.
    pub(crate) fn made(&self) -> u64 {
        BYTES.saturating_sub(self.bytes)
    }

    /// Making a container of `count` values.
    pub(crate) fn make_items(&mut self, count: usize) -> Outcome<()> {
        self.make(count.saturating_mul(size_of::<Value>()))
    }

    /// Goes one level in; every `enter` that succeeds is followed by a [`Meter::leave`].
    #[inline]
    pub(crate) fn enter(&mut self) -> Outcome<()> {
        if self.depth >= DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }
}

#[cold]
fn too_long() -> Stop {
    Stop::end("TimeoutError", format!("stopped after {STEPS} steps"))
}

#[cold]
fn too_large() -> Stop {
    let message = format!("stopped: the values take more than {} MiB", BYTES >> 20);
    Stop::end("MemoryError", message)
}

#[cold]
fn too_deep() -> Stop {
    Stop::end("RecursionError", "stopped: nested too deeply")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_ends_the_evaluation() {
        let mut meter = Meter::new();
        assert!(meter.steps(STEPS as usize).is_ok() && meter.step().is_err());
        let mut meter = Meter::new();
        assert!(meter.make(BYTES as usize + 1).is_err());
        let entered = (0..DEPTH).all(|_| meter.enter().is_ok());
        assert!(entered && meter.enter().is_err());
    }
}
