//! Sends commands, request by request, and notes what became of each.
//!
//! One request is answered before the next is sent. Knows the order it is given and the signals;
//! not why a command is sent. `sync` and `apply` both come through here.
//!
//! | room | holds |
//! | --- | --- |
//! | `sending` | the story: from entries to requests, in order |
//! | `answers` | what the answers mean for the entries |
//! | [`requests`], `batches` | which commands share a request, and which go by `usergroup` commands |
//! | `delivery` | a command on its way |
//! | [`forecast`] | what a sending takes |
//! | `settle` | what the answer to a `usergroup` command means |
//! | `again` | what of a refused command may be carried out later |
//! | `missing` | groups that Adobe turned out not to have |
//! | `telling` | log lines about people and groups |
//! | `ending` | how the sending ended, in words |
//! | [`plan_file`], [`journal`] | a plan on disk, and how far it was sent |
//! | [`change_log`] | what was sent for whom, and what came of it |
//! | [`records`] | who of these is told what |
//! | [`change_json`] | commands and reasons as files hold them |

mod again;
mod answers;
mod batches;
pub mod change_json;
pub mod change_log;
mod delivery;
mod ending;
pub mod forecast;
pub mod journal;
mod missing;
pub mod plan_file;
pub mod records;
pub mod requests;
mod sending;
mod settle;
mod telling;

use serde::Serialize;

pub use crate::adobe::Rejection;
use crate::adobe::{Mode, Outcome, Umapi};
use crate::model::OrgId;
use crate::model::change::{Change, Kind};
use crate::model::command::Command;
use crate::os::lock::Lock;
use crate::os::signals::Signals;
pub use ending::Ending;
use forecast::Terms;
use records::Records;
use sending::{Sending, Status};

/// A change and the org that it goes to.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'c> {
    pub org: OrgId,
    pub change: &'c Change,
}

impl<'c> Entry<'c> {
    fn command(&self) -> &'c Command {
        &self.change.command
    }

    /// More of what the entry before began: the two count as one action.
    fn continues(&self) -> bool {
        self.change.reason.kind == Kind::Continued
    }
}

/// What was sent to one org, in actions: all commands that one user needed count as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub total: usize,
    pub success: usize,
    pub error: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub org: OrgId,
    /// Place among the entries, from 0.
    pub place: usize,
    /// User or user group.
    pub subject: String,
    pub rejections: Vec<Rejection>,
}

#[derive(Debug)]
pub struct Sent {
    /// By [`OrgId`].
    pub totals: Vec<Totals>,
    /// Rejected commands, by their places in the plan.
    pub refused: Vec<Refused>,
    /// Commands that were not sent, for the sending stopped.
    pub not_sent: usize,
    /// Commands that were sent without an answer.
    pub unanswered: usize,
    pub ending: Ending,
}

/// An entry whose outcome is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Place among the entries, from 0.
    pub place: usize,
    pub outcome: Outcome,
}

/// What sending needs beside the commands.
pub struct Sender<'s> {
    /// By [`OrgId`].
    pub orgs: &'s mut [Umapi],
    /// What messages call each org, by [`OrgId`].
    pub org_names: Vec<&'s str>,
    /// By [`OrgId`].
    pub terms: Vec<Terms>,
    pub mode: Mode,
    pub signals: &'s Signals,
    /// What keeps other runs with this configuration from sending, too.
    pub lock: Option<&'s Lock>,
    pub records: Records<'s>,
}

/// Sends the entries in their order, but for those that an earlier run has sent: `known` says by
/// place whether the outcome is known already; behind its end none is.
pub fn run(entries: &[Entry<'_>], known: &[bool], sender: &mut Sender<'_>) -> Sent {
    let mut sending = Sending::new(entries, known, sender);
    let ending = match sending.send_all() {
        Ok(()) => Ending::Complete,
        Err(ending) => ending,
    };
    sending.refused.sort_by_key(|refused| refused.place);
    sending.tell_remedies();
    let open = sending.open().saturating_sub(sending.unanswered);
    Sent {
        totals: sending.totals(),
        not_sent: open,
        unanswered: sending.unanswered,
        refused: sending.refused,
        ending,
    }
}

/// The `requestID` of the command in that place, counted from 0 over the run.
pub fn request_id(place: usize) -> String {
    format!("action_{}", place + 1)
}
