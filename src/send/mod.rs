//! Sends commands, request by request, and notes what became of each.
//!
//! One request is answered before the next is sent. Knows the order it is given and the signals;
//! not why a command is sent. `sync` and `apply` both come through here.
//!
//! | room | holds |
//! | --- | --- |
//! | [`requests`] | which commands share a request |
//! | `again` | what of a refused command may be carried out later |
//! | `missing` | groups that Adobe turned out not to have |
//! | `ending` | how the sending ended, in words |
//! | [`plan_file`], [`journal`] | a plan on disk, and how far it was sent |
//! | [`change_log`] | what was sent for whom, and what came of it |
//! | [`records`] | who of these is told what |
//! | [`change_json`], `steps` | reasons and commands as files hold them |

mod again;
pub mod change_json;
pub mod change_log;
mod ending;
pub mod journal;
mod missing;
pub mod plan_file;
pub mod records;
pub mod requests;
mod steps;

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use crate::adobe::{Marker, Mode, Outcome, Rejection, Umapi};
use crate::http::{Effect, Failure};
use crate::logging::Progress;
use crate::model::OrgId;
use crate::model::change::{Change, Kind};
use crate::model::command::{Command, Step, Subject};
use crate::model::sentence::{self, sentence};
use crate::os::signals::Signals;
use crate::text;
pub use ending::Ending;
use missing::Missing;
use records::Records;

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

/// What came of the sending.
#[derive(Debug)]
pub struct Sent {
    /// By [`OrgId`].
    pub totals: Vec<Totals>,
    /// By their places.
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
    pub mode: Mode,
    pub signals: &'s Signals,
    pub records: Records<'s>,
}

/// Sends the entries in their order, but for those that an earlier run has sent: `known` says by
/// place whether the outcome is known already; behind its end none is.
pub fn run(entries: &[Entry<'_>], known: &[bool], sender: &mut Sender<'_>) -> Sent {
    let status = |place: usize| match known.get(place) {
        Some(true) => Status::Before,
        _ => Status::Open,
    };
    let status: Vec<Status> = (0..entries.len()).map(status).collect();
    let before = status.iter().filter(|status| **status == Status::Before);
    let mut sending = Sending {
        entries,
        answered: before.count(),
        status,
        missing: Missing::default(),
        made: groups_made(entries),
        refused: Vec::new(),
        again: Vec::new(),
        is_last_time: false,
        requests: 0,
        unanswered: 0,
        sender,
    };
    let ending = match sending.send_all() {
        Ok(()) => Ending::Complete,
        Err(ending) => ending,
    };
    sending.refused.sort_by_key(|refused| refused.place);
    let open = sending
        .status
        .iter()
        .filter(|status| **status == Status::Open);
    let not_sent = open.count().saturating_sub(sending.unanswered);
    Sent {
        totals: sending.totals(),
        not_sent,
        unanswered: sending.unanswered,
        refused: sending.refused,
        ending,
    }
}

/// What is known of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// An earlier run has sent it.
    Before,
    Open,
    Done,
    Rejected,
}

/// A command as it is sent: what is left of an entry's.
struct Delivery<'e> {
    place: usize,
    command: Cow<'e, Command>,
}

/// A sending under way.
struct Sending<'r, 's> {
    entries: &'r [Entry<'r>],
    /// By place.
    status: Vec<Status>,
    missing: Missing,
    /// The user groups that the entries create, by key.
    made: HashSet<(OrgId, String)>,
    refused: Vec<Refused>,
    /// What is to be sent again behind all other commands of its part.
    again: Vec<Delivery<'r>>,
    /// The last time for all that is sent again.
    is_last_time: bool,
    /// Entries whose outcome is known.
    answered: usize,
    /// Sent so far.
    requests: usize,
    /// Commands of the last request, if there was no answer to it.
    unanswered: usize,
    sender: &'r mut Sender<'s>,
}

impl<'r> Sending<'r, '_> {
    fn send_all(&mut self) -> Result<(), Ending> {
        if self.status.contains(&Status::Open) {
            self.sender.signals.begin_writing();
        }
        let mut progress = Progress::new("commands sent");
        let mut start = 0;
        for org in self.entries.chunk_by(|one, next| one.org == next.org) {
            self.send_org(start..start + org.len(), &mut progress)?;
            start += org.len();
        }
        Ok(())
    }

    /// Sends the entries of one org. New user groups must be answered before users are put into
    /// them (manual/rules.md#commands-and-requests).
    fn send_org(&mut self, places: Range<usize>, progress: &mut Progress) -> Result<(), Ending> {
        let of_org = self.entries.get(places.clone()).unwrap_or_default();
        let is_group = |entry: &Entry<'_>| matches!(entry.command().subject, Subject::UserGroup(_));
        let groups = of_org.iter().take_while(|entry| is_group(entry)).count();
        let people = places.start + groups..places.end;
        let mut marker = Some(Marker::Start);
        for part in [places.start..people.start, people.clone()] {
            let mut queue = self.pack(part.clone())?;
            while let Some(request) = queue.pop_front() {
                let is_last = queue.is_empty() && part.end == people.end;
                let end = is_last.then_some(Marker::End);
                let learned = self.send(&request, marker.take().or(end))?;
                if learned == Learned::Something {
                    queue = self.pack(part.clone())?;
                }
                progress.show(self.answered, Some(self.entries.len()));
            }
            self.send_again()?;
        }
        Ok(())
    }

    /// Sends what Adobe may carry out by now, each time after a longer wait.
    fn send_again(&mut self) -> Result<(), Ending> {
        for round in 1..=ROUNDS {
            let deliveries = std::mem::take(&mut self.again);
            if deliveries.is_empty() {
                break;
            }
            self.is_last_time = round == ROUNDS;
            self.wait_for_adobe(&deliveries, round)?;
            for request in in_requests(deliveries) {
                self.send(&request, None)?;
            }
        }
        self.is_last_time = false;
        Ok(())
    }

    fn wait_for_adobe(&mut self, waiting: &[Delivery<'r>], round: u32) -> Result<(), Ending> {
        let first = waiting
            .first()
            .and_then(|first| self.entries.get(first.place));
        let org = first.map(|entry| usize::from(entry.org.0));
        let Some(umapi) = org.and_then(|org| self.sender.orgs.get_mut(org)) else {
            return Ok(());
        };
        let problem = format!(
            "{} commands were not carried out, for Adobe was busy or stopped behind their first step",
            waiting.len()
        );
        let waited = umapi.wait(&problem, round);
        waited.map_err(|_| self.stopped_by_signal())
    }

    /// The requests that are left of some entries. Entries of which nothing is left are closed.
    fn pack(&mut self, part: Range<usize>) -> Result<VecDeque<Vec<Delivery<'r>>>, Ending> {
        let (mut deliveries, mut empty) = (Vec::new(), Vec::new());
        for (place, entry) in part.clone().zip(self.entries.get(part).unwrap_or_default()) {
            if self.status.get(place) != Some(&Status::Open) {
                continue;
            }
            match self.missing.left_of(entry) {
                Some(command) => deliveries.push(Delivery { place, command }),
                None => empty.push(Answered {
                    place,
                    outcome: Outcome::Rejected(self.missing.rejections(entry)),
                }),
            }
        }
        self.close(empty)?;
        Ok(in_requests(deliveries))
    }

    /// Sends one request; an ending if it has to be the last one.
    fn send(
        &mut self,
        request: &[Delivery<'r>],
        marker: Option<Marker>,
    ) -> Result<Learned, Ending> {
        if self.sender.signals.stopped() {
            return Err(self.stopped_by_signal());
        }
        let ids: Vec<String> = request
            .iter()
            .map(|delivery| request_id(delivery.place))
            .collect();
        let commands: Vec<(&str, &Command)> = ids
            .iter()
            .zip(request)
            .map(|(id, delivery)| (id.as_str(), delivery.command.as_ref()))
            .collect();
        let first = request.first();
        let first = first.and_then(|first| self.entries.get(first.place));
        let org = first.map_or(OrgId::PRIMARY, |entry| entry.org);
        self.record(org, request, &ids)?;
        let Some(umapi) = self.sender.orgs.get_mut(usize::from(org.0)) else {
            return Err(self.stopped("an org is not connected"));
        };
        let outcomes = umapi
            .send(&commands, self.sender.mode, marker)
            .map_err(|failure| self.fail(request, failure))?;
        self.requests += 1;
        self.take(request, outcomes)
    }

    /// Puts a request on record; without that it is not sent.
    fn record(
        &mut self,
        org: OrgId,
        request: &[Delivery<'r>],
        ids: &[String],
    ) -> Result<(), Ending> {
        let change = |(delivery, id): (&Delivery<'r>, &'_ String)| {
            let entry = self.entries.get(delivery.place)?;
            let change = Change {
                command: delivery.command.clone().into_owned(),
                reason: self.missing.done_of(entry).reason.clone(),
            };
            Some((id.clone(), change))
        };
        let changes: Vec<(String, Change)> = request.iter().zip(ids).filter_map(change).collect();
        match self.sender.records.before(org, &changes) {
            Err(error) if self.requests == 0 => Err(Ending::NothingWritten(error)),
            Err(error) => Err(self.stopped(&error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    fn fail(&mut self, request: &[Delivery<'r>], failure: Failure) -> Ending {
        let places: Vec<usize> = request.iter().map(|delivery| delivery.place).collect();
        if failure.effect != Effect::None {
            self.unanswered = places.len();
        }
        if let Err(error) = self.sender.records.unanswered(&places, &failure) {
            log::error!(target: "changes", "{error}");
        }
        self.failed(request, failure)
    }

    /// Takes the outcomes of a request.
    fn take(
        &mut self,
        request: &[Delivery<'r>],
        outcomes: Vec<Outcome>,
    ) -> Result<Learned, Ending> {
        let mut learned = Learned::Nothing;
        let mut answered = Vec::with_capacity(request.len());
        for (delivery, outcome) in request.iter().zip(outcomes) {
            let place = delivery.place;
            let Some(entry) = self.entries.get(place) else {
                continue;
            };
            let outcome = forgive(outcome, entry, self.sender.mode, &self.made);
            if let Outcome::Rejected(rejections) = &outcome {
                for rejection in rejections {
                    let group = missing::group_of(&delivery.command, rejection);
                    if group.is_some_and(|group| self.missing.add(entry.org, group)) {
                        learned = Learned::Something;
                        self.tell_missing(entry.org, group.unwrap_or_default(), rejection);
                    }
                }
            }
            let rest = match &outcome {
                Outcome::Rejected(rejections) if !self.is_last_time => {
                    again::rest_of(&delivery.command, rejections)
                }
                _ => None,
            };
            match rest {
                Some(rest) => self.again.push(Delivery {
                    place,
                    command: Cow::Owned(rest),
                }),
                None => answered.push(Answered { place, outcome }),
            }
        }
        self.close(answered)?;
        Ok(learned)
    }

    /// One line for all whom it concerns.
    fn tell_missing(&self, org: OrgId, group: &str, rejection: &Rejection) {
        let of_org = self.entries.iter().zip(&self.status);
        let concerned = of_org.filter(|(entry, status)| {
            entry.org == org && **status == Status::Open && missing::names(entry.command(), group)
        });
        let people: HashSet<&str> = concerned
            .map(|(entry, _)| subject(entry.command()))
            .collect();
        let people = match people.len() {
            1 => "1 person is concerned".to_owned(),
            count => format!("{count} people are concerned"),
        };
        let message = &rejection.message;
        log::error!(
            target: "umapi",
            "Adobe has no group \"{group}\" ({} {message}): {people}; the group is left out of all \
             commands that are not sent yet; create it in the Admin Console or correct its name",
            rejection.code
        );
    }

    /// Closes entries: recorded, told, and counted.
    fn close(&mut self, answered: Vec<Answered>) -> Result<(), Ending> {
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
        let subject = subject(entry.command());
        match outcome {
            Outcome::Done => {}
            Outcome::AlreadySo(code) => {
                let id = request_id(place);
                log::debug!(target: "umapi", "{id} {subject}: nothing was left to do: {code}");
            }
            Outcome::Rejected(rejections) => {
                *status = Status::Rejected;
                for rejection in &rejections {
                    tell(place, entry, rejection, &self.missing);
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

    /// Logs what was done for the person whose command has that place, once all of it is done.
    fn tell_change(&self, place: usize) {
        let continues = |place: usize| self.entries.get(place).is_some_and(Entry::continues);
        let start = (0..=place)
            .rev()
            .find(|place| !continues(*place))
            .unwrap_or(0);
        let end = (place + 1..)
            .find(|place| !continues(*place))
            .unwrap_or(place);
        let all = self.status.get(start..end).unwrap_or_default();
        let is_open = |status: &Status| matches!(status, Status::Open | Status::Rejected);
        let Some(first) = self.entries.get(start).filter(|_| !all.iter().any(is_open)) else {
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
            sentence(&self.missing.done_of(first))
        );
    }

    /// By org, what this run has sent.
    fn totals(&self) -> Vec<Totals> {
        let mut totals = vec![Totals::default(); self.sender.orgs.len()];
        let all: Vec<(&Entry<'_>, Status)> = self
            .entries
            .iter()
            .zip(self.status.iter().copied())
            .collect();
        let actions = all.chunk_by(|(one, _), (next, _)| next.continues() && one.org == next.org);
        for action in actions {
            let has = |wanted: Status| action.iter().any(|(_, status)| *status == wanted);
            let org = action.first().map(|(entry, _)| usize::from(entry.org.0));
            let Some(totals) = org.and_then(|org| totals.get_mut(org)) else {
                continue;
            };
            let (done, rejected) = (has(Status::Done), has(Status::Rejected));
            totals.total += usize::from(done || rejected);
            totals.error += usize::from(rejected);
            totals.success += usize::from(done && !rejected);
        }
        totals
    }
}

/// How often what Adobe did not carry out for being busy is sent again.
const ROUNDS: u32 = 3;

/// Packs what is to be sent into requests, in its order.
fn in_requests(deliveries: Vec<Delivery<'_>>) -> VecDeque<Vec<Delivery<'_>>> {
    let ranges = requests::pack(deliveries.iter().map(|delivery| delivery.command.as_ref()));
    let mut rest = deliveries.into_iter();
    let take = |range: &Range<usize>| rest.by_ref().take(range.len()).collect();
    ranges.iter().map(take).collect()
}

/// Whether an answer told something that changes what is left to send.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Learned {
    Something,
    Nothing,
}

/// The `requestID` of the command in that place, counted from 0 over the run.
pub fn request_id(place: usize) -> String {
    format!("action_{}", place + 1)
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

/// Tells a rejection, unless it is one of a missing group, which is told once for all.
fn tell(place: usize, entry: &Entry<'_>, rejection: &Rejection, missing: &Missing) {
    if missing.has_told(entry, rejection) {
        return;
    }
    let (id, subject) = (request_id(place), subject(entry.command()));
    let step = rejection
        .step
        .and_then(|step| entry.command().steps.get(step));
    let step = step.map_or(String::new(), |step| format!(", step {}", step.name()));
    let (code, message) = (&rejection.code, &rejection.message);
    log::error!(target: "umapi", "{id}: Adobe rejected the command for {subject}{step}: {code} {message}");
}
