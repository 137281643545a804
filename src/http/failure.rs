//! A request that failed for good, as the caller and the operator need to know it.

use std::fmt;

use crate::error::Error;

/// Whether the server may have carried out a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Certainly not: never connected, or refused.
    None,
    /// Perhaps: it was sent, and no answer says what became of it.
    Unknown,
}

impl Effect {
    /// The effect of a request that failed with this status. A redirect, a refusal and a server
    /// that is not there for anybody prove that nothing was done. Every other status proves nothing:
    /// it may come from something on the way that did not wait for the server.
    pub fn of_status(status: u16) -> Effect {
        match status {
            408 => Effect::Unknown,
            300..=499 | 503 => Effect::None,
            _ => Effect::Unknown,
        }
    }
}

/// In what a request failed, where more can be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    NoConnection,
    TimedOut,
    Other,
}

/// A request that failed for good. Texts are one line and free of secrets.
#[derive(Debug)]
pub struct Failure {
    /// Method, host and path.
    pub request: String,
    pub problem: String,
    /// Of all tries together.
    pub effect: Effect,
    /// Of the last try.
    pub trouble: Trouble,
    /// The stop flag broke it off, or ended a wait between two tries.
    pub stopped: bool,
}

impl Failure {
    /// One of which nothing more can be said.
    pub fn new(request: String, problem: String, effect: Effect) -> Failure {
        Failure {
            request,
            problem,
            effect,
            trouble: Trouble::Other,
            stopped: false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.request, self.problem)
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        if failure.stopped {
            return Error::Stopped;
        }
        Error::Remote {
            request: failure.request,
            problem: failure.problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_proves_that_nothing_was_done() {
        for status in [301, 308, 400, 401, 403, 404, 425, 429, 499, 503] {
            assert_eq!(Effect::of_status(status), Effect::None);
        }
        for status in [200, 202, 408, 500, 501, 502, 504, 505, 511, 520, 524, 599] {
            assert_eq!(Effect::of_status(status), Effect::Unknown);
        }
        assert!(Effect::None < Effect::Unknown);
    }
}
