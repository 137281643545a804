//! Where a sending is put on record: the journal of a plan, and the change log.
//!
//! Before a request and behind it. Knows neither how commands travel nor what they hold.

use super::change_log::{ChangeLog, OutcomeLine, Word};
use super::journal::Journal;
use super::{Answered, request_id};
use crate::error::Error;
use crate::http::{Effect, Failure};
use crate::model::OrgId;
use crate::model::change::Change;

/// What is kept of a sending; nothing has to be.
#[derive(Debug, Default)]
pub struct Records<'r> {
    pub journal: Option<&'r mut Journal>,
    pub change_log: Option<&'r mut ChangeLog>,
}

impl Records<'_> {
    /// A request that is to be sent next, by request ids. Errors: it must not be sent.
    pub(super) fn before(&mut self, org: OrgId, changes: &[(String, Change)]) -> Result<(), Error> {
        match self.change_log.as_deref_mut() {
            Some(log) => log.before(org, changes),
            None => Ok(()),
        }
    }

    /// What came of some commands. Errors: nothing more should be sent.
    pub(super) fn answered(&mut self, answered: &[Answered]) -> Result<(), Error> {
        if let Some(journal) = self.journal.as_deref_mut() {
            journal.record(answered)?;
        }
        let Some(log) = self.change_log.as_deref_mut() else {
            return Ok(());
        };
        let line = |Answered { place, outcome }: &Answered| {
            OutcomeLine::answered(request_id(*place), outcome)
        };
        log.after(answered.iter().map(line).collect())
    }

    /// A request that got no answer, with the places of its commands.
    pub(super) fn unanswered(&mut self, places: &[usize], failure: &Failure) -> Result<(), Error> {
        let Some(log) = self.change_log.as_deref_mut() else {
            return Ok(());
        };
        let outcome = if failure.effect == Effect::None {
            Word::Refused
        } else {
            Word::Unknown
        };
        let line = |place: &usize| {
            OutcomeLine::unanswered(request_id(*place), outcome, &failure.to_string())
        };
        log.after(places.iter().map(line).collect())
    }
}
