//! The rules between options (manual/commands.md#options): where people come from, which groups may
//! be named, what does not go together.
//!
//! Knows neither argv nor how connectors are configured.

use std::path::PathBuf;

use super::choices::{AdobeOnlyUserAction, AdobeUsers, Connector, Strategy, UserSelection};
use super::options::{ConsentOptions, RecordOptions, ReplayOptions, RunOptions};
use super::orgs::OrgNames;
use super::{AdobeUserSelection, QualifiedGroup, Recording};
use crate::cli::GivenOptions;
use crate::error::{Error, one_line};

/// Names of `--adobe-users group` with their orgs.
pub(super) fn adobe_users(
    given: &AdobeUsers,
    names: &OrgNames,
) -> Result<AdobeUserSelection, Error> {
    match given {
        AdobeUsers::All => Ok(AdobeUserSelection::All),
        AdobeUsers::Mapped => Ok(AdobeUserSelection::Mapped),
        AdobeUsers::Groups(groups) => groups
            .iter()
            .map(|group| names.parse(group))
            .collect::<Result<_, _>>()
            .map(AdobeUserSelection::Groups)
            .map_err(|problem| Error::Usage(format!("--adobe-users group: {problem}"))),
    }
}

/// The groups of `--allow-group-loss`; each must be one that `is_mapped`.
pub(super) fn allowed_losses(
    given: &ConsentOptions,
    names: &OrgNames,
    is_mapped: impl Fn(&QualifiedGroup) -> bool,
) -> Result<Vec<QualifiedGroup>, Error> {
    let read = |name: &String| {
        let group = names.parse(name)?;
        if is_mapped(&group) {
            Ok(group)
        } else {
            Err(not_mapped(name))
        }
    };
    let groups: Result<_, String> = given.allow_group_loss.iter().map(read).collect();
    groups.map_err(|problem| Error::Usage(format!("--allow-group-loss: {problem}")))
}

/// Why a group cannot be named where only mapped ones count.
pub fn not_mapped(name: &str) -> String {
    format!(
        "\"{}\" is no mapped Adobe group: name one of directory_users.groups or \
         extended_adobe_groups as it stands there",
        one_line(name)
    )
}

/// Where the people of a run come from, as the options have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Okta,
    Csv(Option<PathBuf>),
    /// The Adobe-only users are given: no directory is read.
    None,
}

/// The rules between the options, each broken one a usage error that names both.
pub(super) struct Rules<'g> {
    pub(super) command_line: &'g GivenOptions,
    pub(super) merged: &'g GivenOptions,
    pub(super) options: &'g RunOptions,
}

impl Rules<'_> {
    /// Where people come from.
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        let connector = self.connector()?;
        if let Some(list) = &self.options.adobe_only_user_list {
            self.user_list(&list.display().to_string())?;
            return Ok(Origin::None);
        }
        match connector {
            Some(Connector::Okta) => {
                self.okta_users()?;
                Ok(Origin::Okta)
            }
            Some(Connector::Csv(file)) => Ok(Origin::Csv(file)),
            Some(Connector::Ldap) | None => Err(self.no_connector()),
        }
    }

    /// The connector that counts; `--users file FILE` is `--connector csv FILE`.
    fn connector(&self) -> Result<Option<Connector>, Error> {
        let connector = self.options.connector.clone();
        let UserSelection::File(file) = &self.options.users else {
            return match connector {
                Some(Connector::Ldap) => Err(self.no_connector()),
                other => Ok(other),
            };
        };
        let clash = |name: &str| {
            Error::Usage(format!(
                "--users file {} means --connector csv; leave out --connector {name}",
                file.display()
            ))
        };
        // A connector that only `invocation_defaults` has gives way to what the command line says.
        let yields = self.command_line.has("--users") && !self.command_line.has("--connector");
        match connector {
            Some(Connector::Csv(_)) => Err(clash("csv")),
            Some(Connector::Okta) if !yields => Err(clash("okta")),
            Some(Connector::Ldap) if !yields => Err(clash("ldap")),
            _ => Ok(Some(Connector::Csv(Some(file.clone())))),
        }
    }

    fn okta_users(&self) -> Result<(), Error> {
        match self.options.users {
            UserSelection::Mapped | UserSelection::Groups(_) => Ok(()),
            UserSelection::All | UserSelection::File(_) => Err(Error::Usage(
                "--connector okta does not go with --users all (the default): Okta has no notion of \
                 all users; say --users mapped or --users group \"A,B\""
                    .to_owned(),
            )),
        }
    }

    fn user_list(&self, list: &str) -> Result<(), Error> {
        let clash = |other: &str| {
            Err(Error::Usage(format!(
                "--adobe-only-user-list {list} does not go with {other}; leave out one of the two"
            )))
        };
        let recording = ["--record", "--replay"];
        if let Some(other) = recording.iter().find(|name| self.command_line.has(name)) {
            return clash(&format!("{other}: nothing is read from Okta or Adobe"));
        }
        match (&self.options.adobe_only_user_action, self.options.strategy) {
            (AdobeOnlyUserAction::WriteFile(_), _) => clash("--adobe-only-user-action write-file"),
            (_, Strategy::Push) => clash("--strategy push"),
            _ => Ok(()),
        }
    }

    /// Whether what is read is recorded, or comes from a recording.
    pub(super) fn recording(&self) -> Result<Option<Recording>, Error> {
        let RecordOptions { record } = self.command_line.read()?;
        let ReplayOptions { replay } = self.command_line.read()?;
        match (record, replay) {
            (Some(_), Some(_)) => Err(Error::Usage(
                "--record does not go with --replay, which reads nothing anew; leave out one of \
                 the two"
                    .to_owned(),
            )),
            (Some(file), None) => Ok(Some(Recording::To(file))),
            (None, replay) => Ok(replay.map(Recording::From)),
        }
    }

    /// Options that mean nothing beside others, for info lines.
    pub(super) fn irrelevant(&self) -> Vec<String> {
        let no_directory = ["--users", "--user-filter"]
            .iter()
            .filter(|name| self.options.adobe_only_user_list.is_some() && self.merged.has(name))
            .map(|name| {
                format!("{name} has no meaning with --adobe-only-user-list: no directory is read")
            });
        let action = "--adobe-only-user-action";
        let pushed = self.options.strategy == Strategy::Push && self.merged.has(action);
        let pushed = pushed.then(|| format!("{action} has no meaning with --strategy push"));
        no_directory.chain(pushed).collect()
    }

    /// `ldap`, or nothing at all; in a file it is shown where.
    fn no_connector(&self) -> Error {
        let problem = "no connector: UST's default, ldap, does not exist here; the connectors are \
                       okta and csv. Say --connector okta (or --connector csv FILE)"
            .to_owned();
        match self.merged.place("--connector") {
            Some(place) => Error::Config {
                place: place.clone(),
                problem,
            },
            None => Error::Usage(problem),
        }
    }
}
