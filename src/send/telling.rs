//! What the log says of the people and groups that commands are about.

use std::collections::{BTreeMap, HashSet};

use super::settle::Fate;
use super::{Entry, Sending, Status, missing, request_id};
use crate::adobe::{Mode, Outcome, Rejection};
use crate::model::OrgId;
use crate::model::sentence::{self, sentence};

impl Sending<'_, '_> {
    /// Logs what was done for the person whose command has that place, once all of it is done.
    pub(super) fn tell_change(&self, place: usize) {
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
        let org = self.sender.org_names.get(first.org.place());
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

    /// One line for all whom it concerns.
    pub(super) fn tell_missing(&self, org: OrgId, group: &str, rejection: &Rejection) {
        let of_org = self.entries.iter().zip(&self.status);
        let concerned = of_org.filter(|(entry, status)| {
            entry.org == org && **status == Status::Open && missing::names(entry.command(), group)
        });
        let people: HashSet<&str> = concerned
            .map(|(entry, _)| entry.command().subject.name())
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

    /// What was wrong with a `usergroup` command, and what follows.
    pub(super) fn tell_group(&self, group: &str, outcome: &Outcome, fates: &[Fate]) {
        let Outcome::Rejected(rejections) = outcome else {
            return;
        };
        let reasons: HashSet<String> = rejections
            .iter()
            .map(|rejection| format!("{} {}", rejection.code, rejection.message))
            .collect();
        let mut reasons: Vec<String> = reasons.into_iter().collect();
        reasons.sort_unstable();
        let what_follows = if fates.contains(&Fate::OneByOne) {
            "the people concerned are sent one by one"
        } else {
            "it is sent again in smaller parts"
        };
        log::info!(
            target: "umapi",
            "Adobe rejected a change of many members of group \"{group}\": {}; {what_follows}",
            reasons.join("; ")
        );
    }

    /// Tells a rejection, unless it is one of a missing group, which is told once for all.
    pub(super) fn tell_rejection(&self, place: usize, entry: &Entry<'_>, rejection: &Rejection) {
        if self.missing.has_told(entry, rejection) {
            return;
        }
        let (id, subject) = (request_id(place), entry.command().subject.name());
        let step = rejection
            .step
            .and_then(|step| entry.command().steps.get(step));
        let step = step.map_or(String::new(), |step| format!(", step {}", step.name()));
        let told = format!("{} {}", rejection.code, rejection.message);
        log::error!(target: "umapi", "{id}: Adobe rejected the command for {subject}{step}: {}", told.trim());
    }

    /// What to do about the rejections: for each code once, for all whom it concerns. What came
    /// first is taken for the cause of the others of the same command.
    pub(super) fn tell_remedies(&self) {
        let mut concerned: BTreeMap<(&str, &str), HashSet<&str>> = BTreeMap::new();
        for refused in &self.refused {
            let Some(entry) = self.entries.get(refused.place) else {
                continue;
            };
            let first = refused.rejections.first();
            let first = first.filter(|rejection| !self.missing.has_told(entry, rejection));
            if let Some((rejection, remedy)) = first.and_then(|it| Some((it, it.remedy()?))) {
                let subjects = concerned.entry((&rejection.code, remedy)).or_default();
                subjects.insert(&refused.subject);
            }
        }
        for ((code, remedy), subjects) in concerned {
            let count = subjects.len();
            log::error!(target: "umapi", "{code} ({count} concerned): {remedy}");
        }
    }
}
