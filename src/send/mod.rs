//! Sends commands, request by request, and notes what became of each.
//!
//! One request is answered before the next is sent. Knows the order it is given and the signals;
//! not why a command is sent. `sync` and `apply` both come through here.
//!
//! | room | holds |
//! | --- | --- |
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
mod settle;
mod telling;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;

pub use crate::adobe::Rejection;
use crate::adobe::{Marker, Mode, Outcome, Umapi};
use serde::Serialize;

use crate::http::{Effect, Failure};
use crate::logging::Progress;
use crate::model::OrgId;
use crate::model::change::{Change, Kind};
use crate::model::command::{Command, Subject};
use crate::os::signals::Signals;
use crate::text::Text;
use batches::Limits;
use delivery::{Delivery, deliveries};
pub use ending::Ending;
use forecast::Terms;
use missing::Missing;
use records::Records;
use requests::{Packable, UserGroups};
use settle::{Fate, Lesson, settle};

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
    /// By [`OrgId`].
    pub terms: Vec<Terms>,
    pub mode: Mode,
    pub signals: &'s Signals,
    pub records: Records<'s>,
}

/// Sends the entries in their order, but for those that an earlier run has sent: `known` says by
/// place whether the outcome is known already; behind its end none is.
pub fn run(entries: &[Entry<'_>], known: &[bool], sender: &mut Sender<'_>) -> Sent {
    let status = |place| Status::of(known, place);
    let status: Vec<Status> = (0..entries.len()).map(status).collect();
    let before = status.iter().filter(|status| **status == Status::Before);
    let mut sending = Sending {
        entries,
        answered: before.count(),
        status,
        by_group: HashMap::new(),
        one_by_one: HashSet::new(),
        on_record: HashSet::new(),
        batching: Batching::default(),
        missing: Missing::default(),
        made: missing::groups_made(entries),
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
    sending.tell_remedies();
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

impl Status {
    fn of(known: &[bool], place: usize) -> Status {
        match known.get(place) {
            Some(true) => Status::Before,
            _ => Status::Open,
        }
    }
}

/// A sending under way.
struct Sending<'r, 's> {
    entries: &'r [Entry<'r>],
    /// By place.
    status: Vec<Status>,
    /// Of open entries, the groups that `usergroup` commands have changed already.
    by_group: HashMap<usize, Vec<Text>>,
    /// Entries that a `usergroup` command could not carry out.
    one_by_one: HashSet<usize>,
    /// Entries that were put on record before they were sent.
    on_record: HashSet<usize>,
    /// In the org at hand.
    batching: Batching,
    missing: Missing,
    /// The user groups that the entries create, by key.
    made: HashSet<(OrgId, String)>,
    refused: Vec<Refused>,
    /// What is to be sent again behind all other commands of its part.
    again: Vec<(usize, Cow<'r, Command>)>,
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
            self.batching = self.batching_of(part.clone());
            let mut queue = self.pack(part.clone())?;
            while let Some(request) = queue.pop_front() {
                let is_last = queue.is_empty() && part.end == people.end;
                let end = is_last.then_some(Marker::End);
                progress.show_with(
                    self.answered,
                    Some(self.entries.len()),
                    &self.pause(&request),
                );
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

    /// What may go by `usergroup` commands behind the entries before `part`, which may have made
    /// groups. In test mode they have not.
    fn batching_of(&self, part: Range<usize>) -> Batching {
        let org = self.entries.get(part.start).map(|entry| entry.org);
        let terms = org.and_then(|org| self.sender.terms.get(usize::from(org.0)));
        let known = terms.map(|terms| &terms.user_groups);
        let mut user_groups = known.cloned().unwrap_or_default();
        if known.is_some_and(|known| !known.is_empty()) && self.sender.mode == Mode::Live {
            let before = self.entries.iter().zip(&self.status).take(part.start);
            for (entry, status) in before.filter(|(entry, _)| Some(entry.org) == org) {
                if let (Subject::UserGroup(name), Status::Done | Status::Before) =
                    (&entry.command().subject, status)
                {
                    user_groups.add(name);
                }
            }
        }
        Batching {
            user_groups,
            limits: requests::LIMITS,
        }
    }

    /// Sends what Adobe may carry out by now, each time after a longer wait.
    fn send_again(&mut self) -> Result<(), Ending> {
        for round in 1..=ROUNDS {
            let waiting = self.take_waiting()?;
            if waiting.is_empty() {
                break;
            }
            self.is_last_time = round == ROUNDS;
            self.wait_for_adobe(&waiting, round)?;
            let commands: Vec<Packable<'_>> = waiting
                .iter()
                .map(|(_, command)| Packable {
                    command,
                    whole: true,
                })
                .collect();
            let packed = requests::pack(&commands, &UserGroups::default(), requests::LIMITS);
            for request in deliveries(packed, waiting) {
                self.send(&request, None)?;
            }
        }
        self.is_last_time = false;
        Ok(())
    }

    /// What waits to be sent again, without groups that turned out to be missing meanwhile. Entries
    /// of which nothing is left are closed.
    fn take_waiting(&mut self) -> Result<Vec<(usize, Cow<'r, Command>)>, Ending> {
        let (mut waiting, mut closed) = (Vec::new(), Vec::new());
        for (place, command) in std::mem::take(&mut self.again) {
            let Some(entry) = self.entries.get(place) else {
                continue;
            };
            match self.missing.left_of(entry.org, &command, &[]) {
                Some(left) => waiting.push((place, Cow::Owned(left.into_owned()))),
                None => closed.push(Answered {
                    place,
                    outcome: Outcome::Rejected(self.missing.rejections(entry)),
                }),
            }
        }
        self.close(closed)?;
        Ok(waiting)
    }

    fn wait_for_adobe(
        &mut self,
        waiting: &[(usize, Cow<'r, Command>)],
        round: u32,
    ) -> Result<(), Ending> {
        let first = waiting
            .first()
            .and_then(|(place, _)| self.entries.get(*place));
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
        let waiting: HashSet<usize> = self.again.iter().map(|(place, _)| *place).collect();
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for (place, entry) in part.clone().zip(self.entries.get(part).unwrap_or_default()) {
            let is_open = self.status.get(place) == Some(&Status::Open);
            if !is_open || waiting.contains(&place) {
                continue;
            }
            match self.left_of(place, entry) {
                Some(command) => open.push((place, command)),
                None => closed.push(Answered {
                    place,
                    outcome: Outcome::Rejected(self.missing.rejections(entry)),
                }),
            }
        }
        self.close(closed)?;
        let commands: Vec<Packable<'_>> = open
            .iter()
            .map(|(place, command)| Packable {
                command,
                whole: self.one_by_one.contains(place),
            })
            .collect();
        let packed = requests::pack(&commands, &self.batching.user_groups, self.batching.limits);
        Ok(deliveries(packed, open).into())
    }

    /// What is still to be sent of an entry's command.
    fn left_of(&self, place: usize, entry: &Entry<'r>) -> Option<Cow<'r, Command>> {
        let done = self.by_group.get(&place).map(Vec::as_slice);
        let done = done.unwrap_or_default();
        self.missing.left_of(entry.org, entry.command(), done)
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
        let number = self.requests + 1;
        let id = |(nth, delivery): (usize, &Delivery<'r>)| match delivery {
            Delivery::Entry { place, .. } => request_id(*place),
            Delivery::Group { .. } => format!("batch_{number}_{}", nth + 1),
        };
        let ids: Vec<String> = request.iter().enumerate().map(id).collect();
        let commands: Vec<(&str, &Command)> = ids
            .iter()
            .zip(request)
            .map(|(id, delivery)| (id.as_str(), delivery.command()))
            .collect();
        let org = self.org_of(request).unwrap_or(OrgId::PRIMARY);
        self.record(org, request)?;
        let Some(umapi) = self.sender.orgs.get_mut(usize::from(org.0)) else {
            return Err(self.stopped("an org is not connected"));
        };
        let outcomes = umapi
            .send(&commands, self.sender.mode, marker)
            .map_err(|failure| self.fail(request, failure))?;
        self.requests += 1;
        self.take(request, outcomes)
    }

    /// Puts people on record before the first request that names them; without that it is not sent.
    fn record(&mut self, org: OrgId, request: &[Delivery<'r>]) -> Result<(), Ending> {
        let mut changes = Vec::with_capacity(request.len());
        for place in request.iter().flat_map(Delivery::places) {
            let Some(entry) = self.entries.get(place) else {
                continue;
            };
            if let Some(command) = self.left_of(place, entry)
                && self.on_record.insert(place)
            {
                let change = Change {
                    command: command.into_owned(),
                    reason: self.missing.done_of(entry).reason.clone(),
                };
                changes.push((request_id(place), change));
            }
        }
        match self.sender.records.before(org, &changes) {
            Err(error) if self.requests == 0 => Err(Ending::NothingWritten(error)),
            Err(error) => Err(self.stopped(&error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    fn fail(&mut self, request: &[Delivery<'r>], failure: Failure) -> Ending {
        let mut places: Vec<usize> = request.iter().flat_map(Delivery::places).collect();
        if failure.effect != Effect::None {
            self.unanswered = places.len();
        }
        // Of whom part was done before nobody can say that nothing was.
        places.retain(|place| !self.by_group.contains_key(place));
        if let Err(error) = self.sender.records.unanswered(&places, &failure) {
            log::error!(target: "changes", "{error}");
        }
        self.failed(request, failure)
    }

    /// What the progress line says of a wait before a request.
    fn pause(&self, request: &[Delivery<'r>]) -> String {
        let wait = self.umapi_of(request).map(Umapi::wait_for_action);
        match wait.map_or(0, |wait| wait.as_secs_f64().ceil() as u64) {
            0 => String::new(),
            seconds => format!("waiting {seconds} s for Adobe's quota"),
        }
    }

    fn umapi_of(&self, request: &[Delivery<'r>]) -> Option<&Umapi> {
        let OrgId(org) = self.org_of(request)?;
        self.sender.orgs.get(usize::from(org))
    }

    fn org_of(&self, request: &[Delivery<'r>]) -> Option<OrgId> {
        let places = request.iter().flat_map(Delivery::places);
        let entry = places.take(1).find_map(|place| self.entries.get(place));
        entry.map(|entry| entry.org)
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
            learned = learned.max(match delivery {
                Delivery::Entry { place, command } => {
                    self.take_entry((*place, command), outcome, &mut answered)
                }
                Delivery::Group { group, steps, .. } => {
                    self.take_group((group, steps), &outcome, &mut answered)
                }
            });
        }
        self.close(answered)?;
        Ok(learned)
    }

    fn take_entry(
        &mut self,
        (place, command): (usize, &Command),
        outcome: Outcome,
        answered: &mut Vec<Answered>,
    ) -> Learned {
        let mut learned = Learned::Nothing;
        let Some(entry) = self.entries.get(place) else {
            return learned;
        };
        let outcome = missing::forgive(outcome, entry, self.sender.mode, &self.made);
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
            Some(rest) => self.again.push((place, Cow::Owned(rest))),
            None => answered.push(Answered { place, outcome }),
        }
        learned
    }

    /// Whoever has nothing left is answered; whoever may not have been reached is sent again.
    fn take_group(
        &mut self,
        (group, steps): (Text, &[Vec<usize>]),
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

/// Whether an answer told something that changes what is left to send.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Learned {
    Nothing,
    Something,
}

/// What may go by `usergroup` commands, and how much of it in one.
struct Batching {
    user_groups: UserGroups,
    limits: Limits,
}

impl Default for Batching {
    fn default() -> Batching {
        Batching {
            user_groups: UserGroups::default(),
            limits: requests::LIMITS,
        }
    }
}

impl Batching {
    fn learn(&mut self, lesson: Lesson, group: &str) {
        match lesson {
            Lesson::None => {}
            // Ten memberships in one command are the least that the documentation can mean.
            Lesson::TooMany if self.limits.steps > 1 => self.limits.steps = 1,
            Lesson::NotThisGroup => self.user_groups.remove(group),
            Lesson::TooMany | Lesson::Never => self.user_groups = UserGroups::default(),
        }
    }
}

/// The `requestID` of the command in that place, counted from 0 over the run.
pub fn request_id(place: usize) -> String {
    format!("action_{}", place + 1)
}
