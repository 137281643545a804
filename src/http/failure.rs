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
    /// The effect of a request that failed with this status. One of success is a failure only
    /// where the answer is not as it must be.
    pub fn of_status(status: u16) -> Effect {
        match status {
            200..=299 | 408 | 500 | 502 | 504 => Effect::Unknown,
            _ => Effect::None,
        }
    }
}

/// A request that failed for good. Texts are one line and free of secrets.
#[derive(Debug)]
pub struct Failure {
    /// Method, host and path.
    pub request: String,
    pub problem: String,
    /// Of all tries together.
    pub effect: Effect,
    /// The stop flag broke it off, or ended a wait between two tries.
    pub stopped: bool,
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
    fn a_refusal_is_without_effect_and_a_failing_server_is_not() {
        for status in [400, 401, 403, 404, 429, 503] {
            assert_eq!(Effect::of_status(status), Effect::None);
        }
        for status in [202, 408, 500, 502, 504] {
            assert_eq!(Effect::of_status(status), Effect::Unknown);
        }
        assert!(Effect::None < Effect::Unknown);
    }
}
