//! What the answers to a request mean for the entries that it carried.

use std::borrow::Cow;
use std::collections::HashSet;

use super::delivery::Delivery;
use super::requests::Packable;
use super::sending::{Sending, Status};
use super::settle::{Fate, settle};
use super::{Answered, Ending, Entry, Refused, again, missing, request_id};
use crate::adobe::{Mode, Outcome, Rejection};
use crate::model::OrgId;
use crate::model::command::{Command, Step};
use crate::text::{self, Text};

impl<'r> Sending<'r, '_> {
    /// Takes the outcomes of a request.
    pub(super) fn take(
        &mut self,
        request: &[Delivery<'r>],
        outcomes: Vec<Outcome>,
    ) -> Result<Learned, Ending> {
        let mut learned = Learned::Nothing;
        let mut answered = Vec::with_capacity(request.len());
        for (delivery, outcome) in request.iter().zip(outcomes) {
            learned = learned.max(match delivery {
                Delivery::Entry { place, command } => {
                    self.take_entry(*place, command, outcome, &mut answered)
                }
                Delivery::Group { group, steps, .. } => {
                    self.take_group(group, steps, &outcome, &mut answered)
                }
            });
        }
        self.close(answered)?;
        Ok(learned)
    }

    fn take_entry(
        &mut self,
        place: usize,
        command: &Command,
        outcome: Outcome,
        answered: &mut Vec<Answered>,
    ) -> Learned {
        let mut learned = Learned::Nothing;
        let Some(entry) = self.entries.get(place) else {
            return learned;
        };
        let outcome = forgive(outcome, entry, self.sender.mode, &self.made);
        if let Outcome::Rejected(rejections) = &outcome {
            for rejection in rejections {
                let group = missing::group_of(command, rejection);
                if let Some(group) = group
                    && self.missing.add(entry.org, group)
                {
                    learned = Learned::Something;
                    self.tell_missing(entry.org, group, rejection);
                }
            }
        }
        let rest = match &outcome {
            Outcome::Rejected(rejections) if !self.is_last_time => {
                again::rest_of(command, rejections)
            }
            _ => None,
        };
        match rest {
            Some(rest) => self.again.push(Packable {
                place,
                command: Cow::Owned(rest),
                whole: true,
            }),
            None => answered.push(Answered { place, outcome }),
        }
        learned
    }

    /// Whoever has nothing left is answered; whoever may not have been reached is sent again.
    fn take_group(
        &mut self,
        group: Text,
        steps: &[Vec<usize>],
        outcome: &Outcome,
        answered: &mut Vec<Answered>,
    ) -> Learned {
        let (fates, lesson) = settle(steps.len(), outcome);
        self.batching.learn(lesson, group);
        self.tell_group(group, outcome, &fates);
        for (fate, people) in fates.iter().zip(steps) {
            for place in people {
                match fate {
                    Fate::Done => self.by_group.entry(*place).or_default().push(group),
                    Fate::Again => continue,
                    // All of it: what Adobe says of a person is to be about the whole.
                    Fate::OneByOne => {
                        self.by_group.remove(place);
                        self.one_by_one.insert(*place);
                        continue;
                    }
                }
                let entry = self.entries.get(*place);
                if entry.is_some_and(|entry| self.left_of(*place, entry).is_none()) {
                    self.by_group.remove(place);
                    answered.push(Answered {
                        place: *place,
                        outcome: Outcome::Done,
                    });
                }
            }
        }
        if fates.iter().all(|fate| *fate == Fate::Done) {
            Learned::Nothing
        } else {
            Learned::Something
        }
    }

    /// Closes entries: recorded, told, and counted.
    pub(super) fn close(&mut self, answered: Vec<Answered>) -> Result<(), Ending> {
        if answered.is_empty() {
            return Ok(());
        }
        let recorded = self.sender.records.answered(&answered);
        for answered in answered {
            self.close_one(answered);
        }
        recorded.map_err(|error| self.stopped(&error.to_string()))
    }

    fn close_one(&mut self, Answered { place, outcome }: Answered) {
        let Some((entry, status)) = self.entries.get(place).zip(self.status.get_mut(place)) else {
            return;
        };
        *status = Status::Done;
        self.answered += 1;
        let subject = entry.command().subject.name();
        match outcome {
            Outcome::Done => {}
            Outcome::AlreadySo(code) => {
                let id = request_id(place);
                log::debug!(target: "umapi", "{id} {subject}: nothing was left to do: {code}");
            }
            Outcome::Rejected(rejections) => {
                *status = Status::Rejected;
                for rejection in &rejections {
                    self.tell_rejection(place, entry, rejection);
                }
                self.refused.push(Refused {
                    org: entry.org,
                    place,
                    subject: subject.to_owned(),
                    rejections,
                });
            }
        }
        self.tell_change(place);
    }
}

/// Whether an answer told something that changes what is left to send.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Learned {
    Nothing,
    Something,
}

/// In test mode a group that this run would create is not there: no rejection.
fn forgive(
    outcome: Outcome,
    entry: &Entry<'_>,
    mode: Mode,
    made: &HashSet<(OrgId, String)>,
) -> Outcome {
    let Outcome::Rejected(rejections) = &outcome else {
        return outcome;
    };
    let would_be_made = |rejection: &Rejection| {
        let step = rejection
            .step
            .and_then(|step| entry.command().steps.get(step));
        let groups = step.map_or(&[][..], Step::groups);
        let is_made = |group: &&str| made.contains(&(entry.org, text::key(group)));
        rejection.is_group_not_found() && groups.iter().any(is_made)
    };
    if mode == Mode::Test && rejections.iter().all(would_be_made) {
        return Outcome::Done;
    }
    outcome
}
