//! What the lines of a change log say together: runs, what they did to whom, and what came of it.
//!
//! Keeps of a log of any size only what was asked for.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;

use super::read::warn_of;
use super::{Event, Org, OutcomeLine, Start, Word, read};
use crate::error::Error;
use crate::model::change::{Change, Kind};
use crate::model::recorded::{RecordedChange, RecordedOutcome};
use crate::send::change_json::CommandLine;
use crate::text::{self, Text, Texts};

/// A run, from its first line to its last.
#[derive(Debug, Clone)]
pub struct RunSummary {
    pub id: String,
    pub time: Timestamp,
    pub start: Start,
    /// Commands by outcome; one without an answer is unknown.
    pub done: usize,
    pub refused: usize,
    pub unknown: usize,
    /// `None`: the run was broken off, or is still under way.
    pub exit_code: Option<u8>,
}

impl RunSummary {
    /// Commands that were sent, or were about to be.
    pub fn commands(&self) -> usize {
        self.done + self.refused + self.unknown
    }
}

/// All runs of a log, in the order in which they began.
pub fn runs(path: &Path) -> Result<Vec<RunSummary>, Error> {
    let mut runs: Vec<RunSummary> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let unreadable = read(path, &mut |line| {
        if let Event::Start(start) = line.event {
            places.insert(line.run.to_string(), runs.len());
            runs.push(RunSummary {
                id: line.run.into_owned(),
                time: line.time,
                start: *start,
                done: 0,
                refused: 0,
                unknown: 0,
                exit_code: None,
            });
            return Ok(());
        }
        let place = places.get(&*line.run);
        let Some(run) = place.and_then(|place| runs.get_mut(*place)) else {
            return Ok(());
        };
        match line.event {
            Event::Command(_) => run.unknown += 1,
            Event::Outcome(outcome) => {
                let counter = match outcome.outcome {
                    Word::Done => &mut run.done,
                    Word::Refused => &mut run.refused,
                    Word::Unknown => return Ok(()),
                };
                *counter += 1;
                run.unknown = run.unknown.saturating_sub(1);
            }
            Event::End(end) => run.exit_code = Some(end.exit_code),
            Event::Start(_) => {}
        }
        Ok(())
    })?;
    warn_of(unreadable, path);
    Ok(runs)
}

/// What a run did, and what other live runs did behind it to the same people.
#[derive(Debug, Default)]
pub struct RunChanges {
    pub run: Vec<RecordedChange>,
    pub later: Vec<RecordedChange>,
}

/// Reads what `run` did, kept in `texts`. `tests` are the ids of runs in test mode, which change
/// nothing.
pub fn changes_of_run(
    path: &Path,
    run: &str,
    tests: &HashSet<&str>,
    texts: &mut Texts,
) -> Result<RunChanges, Error> {
    let mut found: Vec<RecordedChange> = Vec::new();
    let mut people: HashSet<String> = HashSet::new();
    // Commands without an answer yet: by run and request id, their places.
    let mut open: HashMap<(Text, String), Vec<usize>> = HashMap::new();
    read(path, &mut |line| {
        match line.event {
            Event::Command(command) => {
                let is_run = line.run == run;
                let names = command.names();
                let concerns = is_run || names.iter().any(|name| people.contains(name));
                if !concerns || tests.contains(&*line.run) {
                    return Ok(());
                }
                let Ok(change) = command.change(texts) else {
                    return Ok(());
                };
                if is_run {
                    people.extend(names);
                }
                let id = texts.share(&line.run);
                let known = open.entry((id, command.command.request_id.to_string()));
                known.or_default().push(found.len());
                found.push(RecordedChange {
                    run: id,
                    org_id: texts.share(&command.org),
                    change,
                    outcome: RecordedOutcome::Unknown,
                });
            }
            Event::Outcome(outcome) => {
                let id = texts.share(&line.run);
                let places = open.remove(&(id, outcome.request_id.clone()));
                for place in places.into_iter().flatten() {
                    if let Some(recorded) = found.get_mut(place) {
                        recorded.outcome = recorded_outcome(&outcome);
                    }
                }
            }
            Event::Start(_) | Event::End(_) => {}
        }
        Ok(())
    })?;
    let (run, later) = found.into_iter().partition(|change| change.run == run);
    Ok(RunChanges { run, later })
}

fn recorded_outcome(line: &OutcomeLine) -> RecordedOutcome {
    match line.outcome {
        Word::Done if line.already.is_some() => RecordedOutcome::AlreadySo,
        Word::Done => RecordedOutcome::Done,
        Word::Refused => RecordedOutcome::Refused {
            step: line.errors.iter().find_map(|error| error.step),
        },
        Word::Unknown => RecordedOutcome::Unknown,
    }
}

/// What was done to one person in one org by one run.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    pub time: Timestamp,
    pub run: String,
    pub test_mode: bool,
    pub org: Org,
    /// The first command of the person, with the reason.
    pub change: Change,
    /// The worst of all the person's commands.
    pub outcome: Word,
    /// Adobe's reason, or why there is no answer.
    pub problem: Option<String>,
}

/// What was done to these people, whatever they are called in the log, oldest first.
pub fn history_of(
    path: &Path,
    people: &[String],
    texts: &mut Texts,
) -> Result<Vec<HistoryEntry>, Error> {
    let names = all_names(path, people)?;
    let mut found = Found::default();
    let unreadable = read(path, &mut |line| {
        let run = line.run.as_ref();
        match line.event {
            Event::Start(start) => {
                found.runs.insert(run.to_owned(), *start);
            }
            Event::Command(command) => {
                if command.names().iter().any(|name| names.contains(name)) {
                    found.add(run, line.time, &command, texts);
                }
            }
            Event::Outcome(outcome) => found.answer(run, &outcome),
            Event::End(_) => {}
        }
        Ok(())
    })?;
    warn_of(unreadable, path);
    for place in found.open.into_values().flatten() {
        if let Some(entry) = found.entries.get_mut(place) {
            entry.outcome = Word::Unknown;
        }
    }
    Ok(found.entries)
}

/// All names of these people: whoever had one of them under another e-mail, or with the same Okta
/// id, is the same person.
fn all_names(path: &Path, people: &[String]) -> Result<HashSet<String>, Error> {
    let mut names: HashSet<String> = people.iter().map(|name| text::key(name)).collect();
    loop {
        let before = names.len();
        read(path, &mut |line| {
            if let Event::Command(command) = line.event {
                let own = command.names();
                if own.iter().any(|name| names.contains(name)) {
                    names.extend(own);
                }
            }
            Ok(())
        })?;
        if names.len() == before {
            return Ok(names);
        }
    }
}

#[derive(Default)]
struct Found {
    entries: Vec<HistoryEntry>,
    runs: HashMap<String, Start>,
    /// Commands without an answer yet: by run and request id, the places of their entries.
    open: HashMap<(String, String), Vec<usize>>,
}

impl Found {
    fn add(&mut self, run: &str, time: Timestamp, command: &CommandLine<'_>, texts: &mut Texts) {
        let Ok(change) = command.change(texts) else {
            return;
        };
        let place = self.begun(run, &change).unwrap_or(self.entries.len());
        let request = (run.to_owned(), command.command.request_id.to_string());
        self.open.entry(request).or_default().push(place);
        if place == self.entries.len() {
            let start = self.runs.get(run);
            let orgs = start.map_or(&[][..], |start| &start.orgs);
            let org = orgs.iter().find(|org| org.org_id == command.org);
            self.entries.push(HistoryEntry {
                time,
                run: run.to_owned(),
                test_mode: start.is_some_and(|start| start.test_mode),
                org: org.cloned().unwrap_or_else(|| Org {
                    name: Some(command.org.to_string()),
                    org_id: command.org.to_string(),
                }),
                change,
                outcome: Word::Done,
                problem: None,
            });
        }
    }

    /// The entry that a further command of the same person belongs to.
    fn begun(&self, run: &str, change: &Change) -> Option<usize> {
        if change.reason.kind != Kind::Continued {
            return None;
        }
        let of_person = |entry: &HistoryEntry| {
            entry.run == run && text::same(entry.change.reason.person, change.reason.person)
        };
        self.entries.iter().rposition(of_person)
    }

    fn answer(&mut self, run: &str, outcome: &OutcomeLine) {
        let request = (run.to_owned(), outcome.request_id.clone());
        for place in self.open.remove(&request).into_iter().flatten() {
            let Some(entry) = self.entries.get_mut(place) else {
                continue;
            };
            if outcome.outcome != Word::Done {
                entry.outcome = outcome.outcome;
                let problem = outcome.errors.first();
                entry.problem = problem.map(|error| {
                    let words = [error.code.as_str(), error.message.as_str()];
                    words.join(" ").trim().to_owned()
                });
            }
        }
    }
}
