//! How the sending ended, and what is said when it had to stop part-way.

use super::delivery::Delivery;
use super::{Sending, Status, request_id};
use crate::error::Error;
use crate::http::{Effect, Failure};
use crate::logging::CRITICAL;

#[derive(Debug)]
pub enum Ending {
    Complete,
    /// Part-way: exit code 5.
    Stopped,
    /// The very first request certainly had no effect: exit code 1.
    NothingWritten(Error),
    /// A signal came before any request had an effect: exit code 130.
    Interrupted,
}

/// Places in more ranges than these are counted, not listed.
const RANGES: usize = 3;

impl Sending<'_, '_> {
    pub(super) fn stopped_by_signal(&self) -> Ending {
        match self.requests {
            0 => interrupted(),
            _ => self.stopped("stopped by a signal"),
        }
    }

    /// Says what was sent, and what was not.
    pub(super) fn stopped(&self, why: &str) -> Ending {
        self.stopped_behind(&[], why)
    }

    pub(super) fn failed(&self, request: &[Delivery<'_>], failure: Failure) -> Ending {
        let no_effect = failure.effect == Effect::None;
        if self.requests == 0 && no_effect {
            return if failure.stopped {
                interrupted()
            } else {
                Ending::NothingWritten(failure.into())
            };
        }
        if no_effect {
            return self.stopped(&failure.to_string());
        }
        let mut places: Vec<usize> = request.iter().flat_map(Delivery::places).collect();
        places.sort_unstable();
        let ids = ids(&places);
        self.stopped_behind(
            &places,
            &format!("{failure}; {ids} may have been carried out"),
        )
    }

    /// `also` was sent without an answer.
    fn stopped_behind(&self, also: &[usize], why: &str) -> Ending {
        let is_open =
            |place: &usize| self.status.get(*place) == Some(&Status::Open) && !also.contains(place);
        let (unsent, sent): (Vec<usize>, Vec<usize>) = (0..self.entries.len()).partition(is_open);
        let sent = match sent.as_slice() {
            [] => "no command was sent".to_owned(),
            sent => format!("{} sent", ids(sent)),
        };
        let unsent = match unsent.as_slice() {
            [] => String::new(),
            unsent => format!(", {} not sent", ids(unsent)),
        };
        log::error!(
            target: CRITICAL,
            "writing stopped part-way: {why}; {sent}{unsent}; run again to do the rest"
        );
        Ending::Stopped
    }
}

fn interrupted() -> Ending {
    log::error!(target: CRITICAL, "{}", Error::Stopped);
    Ending::Interrupted
}

/// `action_1 to action_50, action_61`; a number where that would be long.
fn ids(places: &[usize]) -> String {
    let ranges: Vec<&[usize]> = places.chunk_by(|one, next| one + 1 == *next).collect();
    if ranges.len() > RANGES {
        return format!("{} commands", places.len());
    }
    let range = |range: &&[usize]| match range {
        [first, .., last] => format!("{} to {}", request_id(*first), request_id(*last)),
        [only] => request_id(*only),
        [] => String::new(),
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_as_ranges_or_as_a_number() {
        for (places, expected) in [
            (vec![0], "action_1"),
            (vec![0, 1, 2], "action_1 to action_3"),
            (vec![0, 1, 4], "action_1 to action_2, action_5"),
            (vec![0, 2, 4, 6], "4 commands"),
        ] {
            assert_eq!(ids(&places), expected);
        }
    }
}
