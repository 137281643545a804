//! Reads people by name instead of by group (manual/requests.md#one-person-at-once): who they are
//! in Okta, who else there has one of their names, and in which of the loaded groups each is.
//!
//! Those others are read because whose an Adobe user is depends on them. Decides nothing about
//! anybody, and knows nothing of Adobe.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::config::{Config, Only};
use crate::error::Error;
use crate::model::SkippedMember;
use crate::model::notice::Notice;
use crate::model::why::SkipWhy;
use crate::okta::Okta;
use crate::people::RecordRules;
use crate::people::groups::{self, Asked, AskedBy};
use crate::people::join::{Intake, Known, Read};
use crate::people::sources::owned;
use crate::record::{Json, Record};
use crate::text::{self, Text, Texts};

/// Searches for people, then for those who share a name with them, and so on. Further on it is about
/// strangers.
const ROUNDS: usize = 3;
/// What Okta cannot take in a path, however it is encoded.
const NOT_IN_A_PATH: [char; 6] = ['/', '?', ';', '[', ']', '\\'];

/// What people are looked for with.
pub struct Context<'d> {
    pub config: &'d Config,
    pub only: &'d Only,
    pub rules: &'d mut RecordRules,
    pub okta: &'d mut Okta,
    pub texts: &'d mut Texts,
}

/// People who were looked for by name, as far as they were found.
#[derive(Default)]
pub struct Named {
    groups: Vec<Asked>,
    people: Vec<Person>,
    /// Keys of the names that Okta was searched for.
    searched: HashSet<String>,
}

/// Somebody whom Okta has.
struct Person {
    record: Record<'static>,
    names: Vec<Text>,
    age: Age,
    /// Ids of the groups; `None`: not read yet.
    groups: Option<Vec<String>>,
    /// The run is about them.
    is_meant: bool,
}

/// Of when a record is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Current,
    /// As Okta's index has it, which lags behind.
    Searched,
}

impl Named {
    /// Reads the people whom the run is about.
    pub fn read(&mut self, context: &mut Context<'_>) -> Result<Read, Error> {
        let only = context.only;
        self.groups = groups::find_groups(context.config, context.okta)?;
        for name in only.names.iter().filter(|name| is_for_a_path(name)) {
            // Okta takes the first part of a login, too, and `me`.
            if let Some(record) = ask(name, context)?
                && context.rules.is_named(&record, name)
            {
                self.add(record, Age::Current, context);
            }
        }
        let names = only.names.iter().map(|name| context.texts.keep(name));
        self.search(names.collect(), context)?;
        for name in &only.names {
            self.mean(name, context)?;
        }
        let names = self.people.iter().flat_map(|person| &person.names);
        self.search_around(names.copied().collect(), context)?;
        self.read_groups(context)?;
        self.directory(context)
    }

    /// Reads them again where somebody else in Okta has one of these names; `None`: nobody has.
    pub fn read_with(
        &mut self,
        names: Vec<Text>,
        context: &mut Context<'_>,
    ) -> Result<Option<Read>, Error> {
        let before = self.people.len();
        self.search_around(names, context)?;
        if self.people.len() == before {
            return Ok(None);
        }
        self.read_groups(context)?;
        self.directory(context).map(Some)
    }

    /// Takes a record in, unless the person is known.
    fn add(&mut self, record: Record<'static>, age: Age, context: &mut Context<'_>) {
        let mut known = self.people.iter();
        if known.all(|known| known.record.id != record.id) {
            self.people.push(Person {
                names: context.rules.names(&record, context.texts),
                record,
                age,
                groups: None,
                is_meant: false,
            });
        }
    }

    /// Searches for those who have one of these names as login or e-mail.
    fn search(&mut self, mut names: Vec<Text>, context: &mut Context<'_>) -> Result<(), Error> {
        names.retain(|name| self.searched.insert(text::key(name)));
        let mut found = Vec::new();
        let wanted = context.rules.wanted();
        context.okta.find_users(&names, &wanted, &mut |record| {
            found.push(into_owned(record));
            Ok(())
        })?;
        for record in found {
            self.add(record, Age::Searched, context);
        }
        Ok(())
    }

    /// Searches for those who have one of these names, and for those who have one of theirs.
    fn search_around(
        &mut self,
        mut names: Vec<Text>,
        context: &mut Context<'_>,
    ) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            let before = self.people.len();
            self.search(names, context)?;
            let new = self.people.iter().skip(before);
            names = new.flat_map(|person| &person.names).copied().collect();
        }
        Ok(())
    }

    /// Notes that the run is about everybody of that name. Whom a search brought is asked for: what
    /// it says may be of a while ago.
    fn mean(&mut self, name: &str, context: &mut Context<'_>) -> Result<(), Error> {
        let mut people = std::mem::take(&mut self.people);
        for person in &mut people {
            if !context.rules.is_named(&person.record, name) {
                continue;
            }
            person.is_meant = true;
            if person.age == Age::Searched
                && let Some(record) = ask(&person.record.id, context)?
            {
                person.names = context.rules.names(&record, context.texts);
                person.record = record;
                person.age = Age::Current;
            }
        }
        self.people = people;
        Ok(())
    }

    fn read_groups(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        for person in &mut self.people {
            if person.groups.is_none() {
                person.groups = Some(context.okta.groups_of(&person.record.id)?);
            }
        }
        Ok(())
    }

    /// The directory that these people are.
    fn directory(&self, context: &mut Context<'_>) -> Result<Read, Error> {
        let mut intake = Intake::new(groups::directory_groups(&self.groups, context.texts));
        context.rules.watch.seen.clear();
        let mut other_people = Vec::new();
        let mut groupless = Vec::new();
        for person in &self.people {
            let is_user = self.take(person, &mut intake, context)?;
            if !person.is_meant {
                intake.stands_by(context.texts.keep(&person.record.id));
            } else if !is_user {
                other_people.extend(&person.names);
                let is_groupless = person.groups.as_ref().is_some_and(Vec::is_empty);
                groupless.extend(is_groupless.then_some(person));
            }
        }
        let mut read = intake.finish();
        let directory = &mut read.directory;
        directory.other_people = other_people;
        for person in groupless {
            let login = person.names.first().copied().unwrap_or_default();
            directory.groupless.push(login);
            directory.skipped.push(SkippedMember {
                login,
                names: person.names.clone(),
                reason: SkipWhy::NoGroupShown,
            });
        }
        for name in &context.only.names {
            let mut people = self.people.iter();
            if !people.any(|person| context.rules.is_named(&person.record, name)) {
                take_unknown(context.texts.keep(name), context.only, &mut read);
            }
        }
        Ok(read)
    }

    /// Takes somebody in as far as they are in a loaded group. Whether they are a user.
    fn take(
        &self,
        person: &Person,
        intake: &mut Intake,
        context: &mut Context<'_>,
    ) -> Result<bool, Error> {
        let is_in = |asked: &Asked| {
            let ids = person.groups.as_deref().unwrap_or_default();
            asked
                .found
                .as_ref()
                .is_some_and(|group| ids.contains(&group.id))
        };
        let groups = self.groups.iter().enumerate();
        let found: Vec<(usize, AskedBy)> = groups
            .filter(|(_, asked)| is_in(asked))
            .map(|(place, asked)| (place, asked.by))
            .collect();
        if found.iter().all(|(_, by)| *by == AskedBy::Rule) {
            let sighting = context.rules.sighting(&person.record, context.texts)?;
            context.rules.watch.note(sighting);
            return Ok(false);
        }
        let places: Vec<usize> = found.into_iter().map(|(place, _)| place).collect();
        context
            .rules
            .take(&person.record, &places, intake, context.texts)?;
        Ok(matches!(
            intake.join(&person.record.id, &[]),
            Some(Known::User(_))
        ))
    }
}

/// Somebody whom Okta does not have: left alone, unless the command line says what to do.
fn take_unknown(name: Text, only: &Only, read: &mut Read) {
    read.directory.other_people.push(name);
    let then = if only.action_is_given {
        "the --adobe-only-user-action of the command line holds for an Adobe user of that address"
    } else {
        read.directory.skipped.push(SkippedMember {
            login: name,
            names: vec![name],
            reason: SkipWhy::NotInOkta,
        });
        "an Adobe user of that address is left alone; say --adobe-only-user-action on the \
         command line to have it processed"
    };
    read.notices.push(Notice::warning(format!(
        "--only {name}: nobody in Okta has that login, e-mail or id; {then}"
    )));
}

/// The user whom Okta has by that id or login.
fn ask(name: &str, context: &mut Context<'_>) -> Result<Option<Record<'static>>, Error> {
    let mut found = None;
    let wanted = context.rules.wanted();
    context.okta.read_user(name, &wanted, &mut |record| {
        found = Some(into_owned(record));
        Ok(())
    })?;
    Ok(found)
}

/// Whether Okta can be asked for a login of that name; it can always be searched for it.
fn is_for_a_path(name: &str) -> bool {
    !name.contains(NOT_IN_A_PATH) && !name.chars().all(|c| c == '.')
}

/// A record that outlives the page it was read from.
fn into_owned(record: &Record<'_>) -> Record<'static> {
    let own = |values: &[Option<Json<'_>>]| {
        let values = values.iter().cloned();
        values.map(|value| value.map(owned)).collect()
    };
    let further = record.further_profile.iter().cloned();
    Record {
        id: Cow::Owned(record.id.clone().into_owned()),
        status: Cow::Owned(record.status.clone().into_owned()),
        fields: own(&record.fields),
        profile: own(&record.profile),
        further_profile: further
            .map(|(name, value)| (Cow::Owned(name.into_owned()), owned(value)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn okta_is_not_asked_for_what_it_cannot_take_in_a_path() {
        for name in ["ann@x.com", "00u1", "a+b%c&d@x.com", "ü@x.com", "a..b"] {
            assert!(is_for_a_path(name), "{name}");
        }
        for name in ["a/b@x.com", "what?", "a;b", "[a]", "a\\b", ".", ".."] {
            assert!(!is_for_a_path(name), "{name}");
        }
    }
}
