//! Sends commands, request by request, and notes what became of each.
//!
//! One request is answered before the next is sent. Knows the order it is given and the signals;
//! not why a command is sent. `sync` and `apply` both come through here.

pub mod change_json;
pub mod journal;
pub mod plan_file;
pub mod requests;

use std::collections::HashSet;
use std::ops::Range;

use crate::adobe::{Marker, Mode, Outcome, Rejection, Umapi};
use crate::error::Error;
use crate::http::{Effect, Failure};
use crate::logging::Progress;
use crate::model::OrgId;
use crate::model::change::{Change, Kind};
use crate::model::command::{Command, Step, Subject};
use crate::model::sentence::{self, sentence};
use crate::os::signals::Signals;
use crate::text;

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub total: usize,
    pub success: usize,
    pub error: usize,
}

/// A command that Adobe refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub org: OrgId,
    /// Place among the entries, from 0.
    pub place: usize,
    /// User or user group.
    pub subject: String,
    pub rejections: Vec<Rejection>,
}

/// How the sending ended.
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

/// What came of the sending.
#[derive(Debug)]
pub struct Sent {
    /// By [`OrgId`].
    pub totals: Vec<Totals>,
    pub refused: Vec<Refused>,
    pub ending: Ending,
}

/// Takes the outcomes of one request: the place of its first entry, and one outcome an entry. An
/// error ends the sending.
pub type Record<'r> = dyn FnMut(usize, &[Outcome]) -> Result<(), Error> + 'r;

/// What sending needs beside the commands.
pub struct Sender<'s> {
    /// By [`OrgId`].
    pub orgs: &'s mut [Umapi],
    /// What messages call each org, by [`OrgId`].
    pub org_names: Vec<&'s str>,
    pub mode: Mode,
    pub signals: &'s Signals,
    /// Told of the outcomes of each request.
    pub record: &'s mut Record<'s>,
}

/// Sends the entries from `first` on, in their order. `first` is the place behind the last one
/// that an earlier run has sent.
pub fn run(entries: &[Entry<'_>], first: usize, sender: &mut Sender<'_>) -> Sent {
    let requests = pack(entries, first);
    let totals = vec![Totals::default(); sender.orgs.len()];
    let mut sending = Sending {
        entries,
        requests: &requests,
        made: groups_made(entries),
        totals,
        refused: Vec::new(),
        failing: false,
        sender,
    };
    let ending = sending.send_all();
    Sent {
        totals: sending.totals,
        refused: sending.refused,
        ending,
    }
}

/// A sending under way.
struct Sending<'r, 's> {
    entries: &'r [Entry<'r>],
    requests: &'r [Range<usize>],
    /// The user groups that the entries create, by key.
    made: HashSet<(OrgId, String)>,
    totals: Vec<Totals>,
    refused: Vec<Refused>,
    /// The action of the newest entry has a rejected command.
    failing: bool,
    sender: &'r mut Sender<'s>,
}

impl Sending<'_, '_> {
    fn send_all(&mut self) -> Ending {
        if !self.requests.is_empty() {
            self.sender.signals.begin_writing();
        }
        let mut progress = Progress::new("commands sent");
        for (place, request) in self.requests.iter().enumerate() {
            if self.sender.signals.stopped() {
                if place == 0 {
                    return interrupted();
                }
                return stopped(self.entries, request.start, "stopped by a signal");
            }
            if let Err(ending) = self.send(place, request) {
                return ending;
            }
            progress.show(request.end, Some(self.entries.len()));
        }
        Ending::Complete
    }

    /// Sends one request; an ending if it has to be the last one.
    fn send(&mut self, place: usize, request: &Range<usize>) -> Result<(), Ending> {
        let lot = self.entries.get(request.clone()).unwrap_or_default();
        let ids: Vec<String> = request.clone().map(request_id).collect();
        let ids = ids.iter().map(String::as_str);
        let commands: Vec<(&str, &Command)> = ids
            .zip(lot)
            .map(|(id, entry)| (id, entry.command()))
            .collect();
        let marker = marker(self.entries, self.requests, place);
        let org = lot.first().map(|entry| usize::from(entry.org.0));
        let Some(umapi) = org.and_then(|org| self.sender.orgs.get_mut(org)) else {
            return Err(stopped(
                self.entries,
                request.start,
                "an org is not connected",
            ));
        };
        let mode = self.sender.mode;
        let outcomes = umapi
            .send(&commands, mode, marker)
            .map_err(|failure| failed(self.entries, request, place, failure))?;
        let forgive = |(outcome, entry)| forgive(outcome, entry, mode, &self.made);
        let outcomes: Vec<Outcome> = outcomes.into_iter().zip(lot).map(forgive).collect();
        (self.sender.record)(request.start, &outcomes)
            .map_err(|error| stopped(self.entries, request.end, &error.to_string()))?;
        for ((place, entry), outcome) in (request.start..).zip(lot).zip(outcomes) {
            self.count(place, entry, outcome);
        }
        Ok(())
    }

    fn count(&mut self, place: usize, entry: &Entry<'_>, outcome: Outcome) {
        let Some(totals) = self.totals.get_mut(usize::from(entry.org.0)) else {
            return;
        };
        if !entry.continues() || totals.total == 0 {
            totals.total += 1;
            totals.success += 1;
            self.failing = false;
        }
        let subject = subject(entry.command());
        match outcome {
            Outcome::Done => {}
            Outcome::AlreadySo(code) => {
                let id = request_id(place);
                log::debug!(target: "umapi", "{id} {subject}: nothing was left to do: {code}");
            }
            Outcome::Rejected(rejections) => {
                if !self.failing {
                    totals.success -= 1;
                    totals.error += 1;
                    self.failing = true;
                }
                for rejection in &rejections {
                    tell(place, entry.command(), rejection);
                }
                self.refused.push(Refused {
                    org: entry.org,
                    place,
                    subject: subject.to_owned(),
                    rejections,
                });
            }
        }
        let is_last = self
            .entries
            .get(place + 1)
            .is_none_or(|next| !next.continues());
        if is_last && !self.failing {
            self.tell_change(place);
        }
    }

    /// Logs what was done for the person whose last command has that place.
    fn tell_change(&self, place: usize) {
        let until = self.entries.get(..=place).unwrap_or_default();
        let Some(first) = until.iter().rfind(|entry| !entry.continues()) else {
            return;
        };
        let org = self.sender.org_names.get(usize::from(first.org.0));
        let person = sentence::person(&first.change.reason);
        let mode = match self.sender.mode {
            Mode::Live => "",
            Mode::Test => "TEST MODE ",
        };
        log::info!(
            target: "changes",
            "{mode}{} {person}: {}",
            org.unwrap_or(&""),
            sentence(first.change)
        );
    }
}

/// The `requestID` of the command in that place, counted from 0 over the run.
pub fn request_id(place: usize) -> String {
    format!("action_{}", place + 1)
}

/// The requests: a new one for each org, and for the users behind new user groups, which must be
/// answered first (spec/sync-rules.md 9).
fn pack(entries: &[Entry<'_>], first: usize) -> Vec<Range<usize>> {
    let is_group = |entry: &Entry<'_>| matches!(entry.command().subject, Subject::UserGroup(_));
    let mut packed = Vec::new();
    let mut start = first;
    while let Some(lead) = entries.get(start) {
        let rest = entries.get(start..).unwrap_or_default();
        let like = |entry: &&Entry<'_>| entry.org == lead.org && is_group(entry) == is_group(lead);
        let lot = rest.iter().take_while(like);
        let ranges = requests::pack(lot.map(|entry| entry.command()));
        packed.extend(
            ranges
                .iter()
                .map(|range| range.start + start..range.end + start),
        );
        start = packed.last().map_or(entries.len(), |range| range.end);
    }
    packed
}

/// The first and the last request to an org are marked; a single one only as the first.
fn marker(entries: &[Entry<'_>], requests: &[Range<usize>], place: usize) -> Option<Marker> {
    let org = |request: Option<&Range<usize>>| {
        let entry = request.and_then(|request| entries.get(request.start));
        entry.map(|entry| entry.org)
    };
    let own = org(requests.get(place));
    let before = place
        .checked_sub(1)
        .and_then(|before| org(requests.get(before)));
    if before != own {
        return Some(Marker::Start);
    }
    (org(requests.get(place + 1)) != own).then_some(Marker::End)
}

/// The user groups that the entries create.
fn groups_made(entries: &[Entry<'_>]) -> HashSet<(OrgId, String)> {
    let made = |entry: &Entry<'_>| match &entry.command().subject {
        Subject::UserGroup(name) => Some((entry.org, text::key(name))),
        Subject::User { .. } => None,
    };
    entries.iter().filter_map(made).collect()
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
        let groups = match step {
            Some(Step::Add(groups) | Step::Remove(groups)) => groups.as_slice(),
            _ => &[],
        };
        let is_made = |group: &&str| made.contains(&(entry.org, text::key(group)));
        rejection.is_group_not_found() && groups.iter().any(is_made)
    };
    if mode == Mode::Test && rejections.iter().all(would_be_made) {
        return Outcome::Done;
    }
    outcome
}

/// The user or user group that a command is about.
pub fn subject(command: &Command) -> &str {
    match &command.subject {
        Subject::User { root, .. } => root,
        Subject::UserGroup(name) => name,
    }
}

fn tell(place: usize, command: &Command, rejection: &Rejection) {
    let (id, subject) = (request_id(place), subject(command));
    let step = rejection.step.and_then(|step| command.steps.get(step));
    let step = step.map_or(String::new(), |step| format!(", step {}", step.name()));
    let (code, message) = (&rejection.code, &rejection.message);
    log::error!(target: "umapi", "{id}: Adobe rejected the command for {subject}{step}: {code} {message}");
}

fn failed(entries: &[Entry<'_>], request: &Range<usize>, place: usize, failure: Failure) -> Ending {
    let no_effect = failure.effect == Effect::None;
    if place == 0 && no_effect {
        return match failure.stopped {
            true => interrupted(),
            false => Ending::NothingWritten(failure.into()),
        };
    }
    match no_effect {
        true => stopped(entries, request.start, &failure.to_string()),
        false => {
            let why = format!(
                "{failure}; {} may have been carried out",
                ids(request.clone())
            );
            stopped(entries, request.end, &why)
        }
    }
}

fn interrupted() -> Ending {
    log::error!(target: crate::logging::CRITICAL, "{}", Error::Stopped);
    Ending::Interrupted
}

/// Says what was sent, which is all before `next`, and what was not.
fn stopped(entries: &[Entry<'_>], next: usize, why: &str) -> Ending {
    let sent = match next {
        0 => "no command was sent".to_owned(),
        _ => format!("{} sent", ids(0..next)),
    };
    let unsent = match entries.len().saturating_sub(next) {
        0 => String::new(),
        _ => format!(", {} not sent", ids(next..entries.len())),
    };
    log::error!(
        target: crate::logging::CRITICAL,
        "writing stopped part-way: {why}; {sent}{unsent}; run again to do the rest"
    );
    Ending::Stopped
}

fn ids(range: Range<usize>) -> String {
    let first = request_id(range.start);
    match range.len() {
        0 | 1 => first,
        _ => format!("{first} to {}", request_id(range.end - 1)),
    }
}
