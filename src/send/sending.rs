//! A sending under way: from entries to requests, one after another.
//!
//! Knows what is open and in which order it goes out; what an answer means is in `answers`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;

use super::answers::Learned;
use super::delivery::{Delivery, deliveries};
use super::missing::Missing;
use super::requests::{self, Packable, UserGroups};
use super::settle::Batching;
use super::{Answered, Ending, Entry, Refused, Sender, Totals, request_id};
use crate::adobe::{Marker, Mode, Outcome, Umapi};
use crate::http::{Effect, Failure};
use crate::logging::Progress;
use crate::model::OrgId;
use crate::model::change::Change;
use crate::model::command::{Command, Subject};
use crate::os::lock::Lock;
use crate::text::{self, Text};

/// What is known of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// An earlier run has sent it.
    Before,
    Open,
    Done,
    Rejected,
}

impl Status {
    pub(super) fn of(known: &[bool], place: usize) -> Status {
        match known.get(place) {
            Some(true) => Status::Before,
            _ => Status::Open,
        }
    }
}

/// A sending under way.
pub(super) struct Sending<'r, 's> {
    pub(super) entries: &'r [Entry<'r>],
    /// What became of each command, by its place.
    pub(super) status: Vec<Status>,
    /// Of open entries, the groups that `usergroup` commands have changed already.
    pub(super) by_group: HashMap<usize, Vec<Text>>,
    /// Entries that a `usergroup` command could not carry out.
    pub(super) one_by_one: HashSet<usize>,
    /// Entries that were put on record before they were sent.
    pub(super) on_record: HashSet<usize>,
    /// In the org at hand.
    pub(super) batching: Batching,
    pub(super) missing: Missing,
    /// The user groups that the entries create, by key.
    pub(super) made: HashSet<(OrgId, String)>,
    pub(super) refused: Vec<Refused>,
    /// What is to be sent again behind all other commands of its part.
    pub(super) again: Vec<Packable<'r>>,
    /// The last time for all that is sent again.
    pub(super) is_last_time: bool,
    /// Entries whose outcome is known.
    pub(super) answered: usize,
    /// Action requests that were sent so far.
    pub(super) requests: usize,
    /// Commands of the last request, if there was no answer to it.
    pub(super) unanswered: usize,
    pub(super) sender: &'r mut Sender<'s>,
}

impl<'r, 's> Sending<'r, 's> {
    /// `known` is as in [`super::run`].
    pub(super) fn new(
        entries: &'r [Entry<'r>],
        known: &[bool],
        sender: &'r mut Sender<'s>,
    ) -> Sending<'r, 's> {
        let status = |place| Status::of(known, place);
        let status: Vec<Status> = (0..entries.len()).map(status).collect();
        let before = status.iter().filter(|status| **status == Status::Before);
        Sending {
            entries,
            answered: before.count(),
            status,
            by_group: HashMap::new(),
            one_by_one: HashSet::new(),
            on_record: HashSet::new(),
            batching: Batching::default(),
            missing: Missing::default(),
            made: groups_made(entries),
            refused: Vec::new(),
            again: Vec::new(),
            is_last_time: false,
            requests: 0,
            unanswered: 0,
            sender,
        }
    }

    /// How many entries have no outcome.
    pub(super) fn open(&self) -> usize {
        let open = self.status.iter();
        open.filter(|status| **status == Status::Open).count()
    }

    pub(super) fn send_all(&mut self) -> Result<(), Ending> {
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
        let terms = org.and_then(|org| self.sender.terms.get(org.place()));
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
            ..Batching::default()
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
            let packed = requests::pack(&waiting, &UserGroups::default(), requests::LIMITS);
            for request in deliveries(packed, &waiting) {
                self.send(&request, None)?;
            }
        }
        self.is_last_time = false;
        Ok(())
    }

    /// What waits to be sent again, without groups that turned out to be missing meanwhile. Entries
    /// of which nothing is left are closed.
    fn take_waiting(&mut self) -> Result<Vec<Packable<'r>>, Ending> {
        let (mut waiting, mut closed) = (Vec::new(), Vec::new());
        for packable in std::mem::take(&mut self.again) {
            let place = packable.place;
            let Some(entry) = self.entries.get(place) else {
                continue;
            };
            match self.missing.left_of(entry.org, &packable.command, &[]) {
                Some(left) => waiting.push(Packable {
                    command: Cow::Owned(left.into_owned()),
                    ..packable
                }),
                None => closed.push(self.nothing_left(place, entry)),
            }
        }
        self.close(closed)?;
        Ok(waiting)
    }

    fn wait_for_adobe(&mut self, waiting: &[Packable<'r>], round: u32) -> Result<(), Ending> {
        let first = waiting.first();
        let first = first.and_then(|first| self.entries.get(first.place));
        let org = first.map(|entry| entry.org.place());
        let Some(umapi) = org.and_then(|org| self.sender.orgs.get(org)) else {
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
        let waiting: HashSet<usize> = self.again.iter().map(|waiting| waiting.place).collect();
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for (place, entry) in part.clone().zip(self.entries.get(part).unwrap_or_default()) {
            let is_open = self.status.get(place) == Some(&Status::Open);
            if !is_open || waiting.contains(&place) {
                continue;
            }
            match self.left_of(place, entry) {
                Some(command) => open.push(Packable {
                    place,
                    command,
                    whole: self.one_by_one.contains(&place),
                }),
                None => closed.push(self.nothing_left(place, entry)),
            }
        }
        self.close(closed)?;
        let packed = requests::pack(&open, &self.batching.user_groups, self.batching.limits);
        Ok(deliveries(packed, &open).into())
    }

    /// What is said of an entry of which only missing groups were left.
    fn nothing_left(&self, place: usize, entry: &Entry<'_>) -> Answered {
        Answered {
            place,
            outcome: Outcome::Rejected(self.missing.rejections(entry)),
        }
    }

    /// What is still to be sent of an entry's command.
    pub(super) fn left_of(&self, place: usize, entry: &Entry<'r>) -> Option<Cow<'r, Command>> {
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
        self.prepare(org, request)?;
        let Some(umapi) = self.sender.orgs.get_mut(org.place()) else {
            return Err(self.stopped("an org is not connected"));
        };
        let outcomes = umapi
            .send(&commands, self.sender.mode, marker)
            .map_err(|failure| self.fail(request, failure))?;
        self.requests += 1;
        self.take(request, outcomes)
    }

    /// Makes sure that no other run sends beside this one: the configuration may have been replaced
    /// since the run began. Puts people on record before the first request that names them. Without
    /// either nothing is sent.
    fn prepare(&mut self, org: OrgId, request: &[Delivery<'r>]) -> Result<(), Ending> {
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
        let alone = self.sender.lock.map_or(Ok(()), Lock::renew);
        match alone.and_then(|()| self.sender.records.before(org, &changes)) {
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
        self.sender.orgs.get(self.org_of(request)?.place())
    }

    fn org_of(&self, request: &[Delivery<'r>]) -> Option<OrgId> {
        let places = request.iter().flat_map(Delivery::places);
        let entry = places.take(1).find_map(|place| self.entries.get(place));
        entry.map(|entry| entry.org)
    }

    /// By org, what this run has sent.
    pub(super) fn totals(&self) -> Vec<Totals> {
        let mut totals = vec![Totals::default(); self.sender.orgs.len()];
        let all: Vec<(&Entry<'_>, Status)> = self
            .entries
            .iter()
            .zip(self.status.iter().copied())
            .collect();
        let actions = all.chunk_by(|(one, _), (next, _)| next.continues() && one.org == next.org);
        for action in actions {
            let has = |wanted: Status| action.iter().any(|(_, status)| *status == wanted);
            let org = action.first().map(|(entry, _)| entry.org.place());
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

/// The user groups that the entries create.
fn groups_made(entries: &[Entry<'_>]) -> HashSet<(OrgId, String)> {
    let made = |entry: &Entry<'_>| match &entry.command().subject {
        Subject::UserGroup(name) => Some((entry.org, text::key(name))),
        Subject::User { .. } => None,
    };
    entries.iter().filter_map(made).collect()
}
