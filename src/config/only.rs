//! `--only`: the people that a run is about, and what such a run leaves aside
//! (manual/requests.md#one-person-at-once).
//!
//! Knows the options and limits that it changes; not how anybody is found.

use argh::{ArgsInfo, FromArgs};

use super::option_rules::Origin;
use super::{AdobeOnlyUserAction, Config, Limit, RunOptions, Strategy};
use crate::cli::GivenOptions;
use crate::error::{Error, one_line};

/// More names are asked for one by one at more cost than reading everybody.
const MOST: usize = 50;

/// One person at once (not in invocation_defaults)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct OnlyOptions {
    /// read, compare and change this person alone, by Okta login, e-mail or id; may be given again
    #[argh(option, arg_name = "USER")]
    pub only: Vec<String>,
}

/// The people that a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    /// Logins, e-mail addresses or Okta ids, trimmed.
    pub names: Vec<String>,
    /// `--adobe-only-user-action` stands on the command line: it holds for people who are not in
    /// Okta, too.
    pub action_is_given: bool,
}

impl Only {
    /// What the command line says; `None`: the run is about everybody.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub(super) fn read(
        command_line: &GivenOptions,
        options: &RunOptions,
        origin: &Origin,
    ) -> Result<Option<Only>, Error> {
        let OnlyOptions { only } = command_line.read()?;
        if only.is_empty() {
            return Ok(None);
        }
        let clash = |other: &str| {
            Err(Error::Usage(format!(
                "--only does not go with {other}; leave out one of the two"
            )))
        };
        match origin {
            _ if options.strategy == Strategy::Push => return clash("--strategy push"),
            Origin::None => return clash("--adobe-only-user-list"),
            Origin::Csv(_) => return clash("--connector csv"),
            Origin::Okta => {}
        }
        let mut names = Only {
            names: Vec::new(),
            action_is_given: command_line.has("--adobe-only-user-action"),
        };
        names.add(&only)?;
        Ok(Some(names))
    }

    /// Adds names, each once.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn add(&mut self, names: &[String]) -> Result<(), Error> {
        for name in names.iter().map(|name| name.trim()) {
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(Error::Usage(format!(
                    "--only: \"{}\" is no name: give a login, an e-mail address or an Okta id",
                    one_line(name)
                )));
            }
            if !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
            }
        }
        if self.names.len() <= MOST {
            Ok(())
        } else {
            Err(Error::Usage(format!(
                "--only takes up to {MOST} people, found {}; a run without it reads everybody",
                self.names.len()
            )))
        }
    }
}

impl Config {
    /// Leaves aside what needs a look at everybody: shares of all people, lists of groups, and the
    /// file of all Adobe-only users.
    pub(super) fn leave_aside_for_only(&mut self) {
        let Some(only) = &self.only else { return };
        let as_number = |limit: Limit| matches!(limit, Limit::Number(_)).then_some(limit);
        let limits = &mut self.limits;
        limits.max_group_loss = Limit::Percent(100.0);
        limits.max_new_users = limits.max_new_users.and_then(as_number);
        limits.max_group_removals = limits.max_group_removals.and_then(as_number);
        limits.max_adobe_only_users =
            as_number(limits.max_adobe_only_users).unwrap_or(Limit::Number(u64::MAX));
        self.options.allow_empty_directory = true;
        self.orgs
            .iter_mut()
            .for_each(|org| org.batch_group_changes = false);
        if std::mem::take(&mut self.auto_create) {
            self.notes.push(
                "auto_create has no meaning with --only: no Adobe group is created".to_owned(),
            );
        }
        let action = &mut self.options.adobe_only_user_action;
        if matches!(action, AdobeOnlyUserAction::WriteFile(_)) && !only.action_is_given {
            *action = AdobeOnlyUserAction::Preserve;
        }
    }

    /// Whether a run reads all users of an org, so that whoever is not among them is not there.
    pub fn reads_all_adobe_users(&self) -> bool {
        self.options.strategy == Strategy::Sync
            && self.adobe_users == super::AdobeUserSelection::All
            && self.only.is_none()
    }
}
