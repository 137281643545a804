//! The options of a run: those given on the command line over `invocation_defaults`, and the rules
//! between them (spec/command-line.md).
//!
//! Knows neither argv nor how connectors are configured.

use std::path::PathBuf;

use regex::Regex;

use super::section::{Item, Section};
use super::{AdobeOnlyUserAction, Strategy, UserSelection};
use crate::error::{Error, one_line};
use crate::text::nearest::nearest;
use script::pattern;

/// Options as they were given. `None`: not given.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub connector: Option<Connector>,
    pub users: Option<Users>,
    pub user_filter: Option<Regex>,
    pub adobe_users: Option<AdobeUsers>,
    pub adobe_only_user_action: Option<AdobeOnlyUserAction>,
    pub adobe_only_user_list: Option<PathBuf>,
    pub process_groups: Option<bool>,
    pub update_user_info: Option<bool>,
    pub exclude_unmapped_users: Option<bool>,
    pub strategy: Option<Strategy>,
    pub test_mode: Option<bool>,
    pub report: Option<PathBuf>,
    pub json: Option<bool>,
    pub allow_missing_groups: Option<bool>,
    pub allow_empty_directory: Option<bool>,
}

/// `--connector`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connector {
    Okta,
    Csv(PathBuf),
    /// UST's default, which does not exist here: an error, unless another one is given.
    Ldap,
}

/// `--users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Users {
    All,
    Mapped,
    Groups(Vec<String>),
    /// The same as `--connector csv FILE`.
    File(PathBuf),
}

/// `--adobe-users`. Group names may carry an org, `org2::Group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdobeUsers {
    All,
    Mapped,
    Groups(Vec<String>),
}

/// Whether a first word has a second one behind it: `group "A,B"`, `write-file FILE`.
pub fn takes_another_word(word: &str) -> bool {
    let word = word.trim();
    ["group", "file", "csv", "write-file"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

/// The words of an option's value: a first one in small letters, and one that may follow.
struct Words<'w> {
    first: String,
    second: Option<&'w str>,
}

impl<'w> Words<'w> {
    /// Checks the number of words.
    fn read(words: &'w [String], known: &[&str]) -> Result<Words<'w>, String> {
        let expected = || format!("expected {}", known.join(", "));
        let Some((first, rest)) = words.split_first() else {
            return Err(format!("{}, found nothing", expected()));
        };
        let plain = first.trim().to_lowercase();
        let names: Vec<&str> = known
            .iter()
            .filter_map(|name| name.split(' ').next())
            .collect();
        if !names.contains(&plain.as_str()) {
            let meant = match nearest(&plain, names) {
                Some(name) => format!("; did you mean {name}?"),
                None => String::new(),
            };
            return Err(format!(
                "{}, found \"{}\"{meant}",
                expected(),
                one_line(first)
            ));
        }
        let second = rest.first().map(String::as_str);
        match (takes_another_word(&plain), second, rest.get(1)) {
            (true, None, _) => Err(format!("{plain} needs one more word: {}", expected())),
            (true, _, Some(extra)) | (false, Some(_), Some(extra)) => Err(format!(
                "\"{}\" is one word too many behind {plain}",
                one_line(extra)
            )),
            (false, Some(extra), None) => Err(format!(
                "{plain} takes no further word, found \"{}\"",
                one_line(extra)
            )),
            _ => Ok(Words {
                first: plain,
                second,
            }),
        }
    }

    /// The second word as a path.
    fn path(&self) -> Result<PathBuf, String> {
        match self.second.map(str::trim) {
            Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
            _ => Err(format!("{} needs the name of a file", self.first)),
        }
    }

    /// The second word as group names.
    fn groups(&self) -> Result<Vec<String>, String> {
        let names: Vec<String> = self
            .second
            .unwrap_or_default()
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            return Err(format!("{} needs at least one group name", self.first));
        }
        Ok(names)
    }
}

impl Connector {
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(words: &[String]) -> Result<Connector, String> {
        // `ldap` is known, for files written for UST; see `Rules`.
        let ldap = matches!(words, [word] if word.trim().eq_ignore_ascii_case("ldap"));
        if ldap {
            return Ok(Connector::Ldap);
        }
        let words = Words::read(words, &["okta", "csv FILE"])?;
        match words.first.as_str() {
            "csv" => words.path().map(Connector::Csv),
            _ => Ok(Connector::Okta),
        }
    }
}

impl Users {
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(words: &[String]) -> Result<Users, String> {
        let words = Words::read(words, &["mapped", "group \"A,B\"", "all", "file FILE"])?;
        match words.first.as_str() {
            "mapped" => Ok(Users::Mapped),
            "group" => words.groups().map(Users::Groups),
            "file" => words.path().map(Users::File),
            _ => Ok(Users::All),
        }
    }
}

impl AdobeUsers {
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(words: &[String]) -> Result<AdobeUsers, String> {
        let words = Words::read(words, &["all", "mapped", "group \"A,B\""])?;
        match words.first.as_str() {
            "mapped" => Ok(AdobeUsers::Mapped),
            "group" => words.groups().map(AdobeUsers::Groups),
            _ => Ok(AdobeUsers::All),
        }
    }
}

impl AdobeOnlyUserAction {
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(words: &[String]) -> Result<AdobeOnlyUserAction, String> {
        let known = [
            "preserve",
            "exclude",
            "write-file FILE",
            "remove-adobe-groups",
            "remove",
            "delete",
        ];
        let words = Words::read(words, &known)?;
        match words.first.as_str() {
            "exclude" => Ok(AdobeOnlyUserAction::Exclude),
            "write-file" => words.path().map(AdobeOnlyUserAction::WriteFile),
            "remove-adobe-groups" => Ok(AdobeOnlyUserAction::RemoveAdobeGroups),
            "remove" => Ok(AdobeOnlyUserAction::Remove),
            "delete" => Ok(AdobeOnlyUserAction::Delete),
            _ => Ok(AdobeOnlyUserAction::Preserve),
        }
    }
}

impl Strategy {
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(words: &[String]) -> Result<Strategy, String> {
        let words = Words::read(words, &["sync", "push"])?;
        match words.first.as_str() {
            "push" => Ok(Strategy::Push),
            _ => Ok(Strategy::Sync),
        }
    }
}

/// The keys of `invocation_defaults`.
pub(super) const KEYS: [&str; 15] = [
    "connector",
    "users",
    "user_filter",
    "adobe_users",
    "adobe_only_user_action",
    "adobe_only_user_list",
    "process_groups",
    "update_user_info",
    "exclude_unmapped_users",
    "strategy",
    "test_mode",
    "report",
    "json",
    "allow_missing_groups",
    "allow_empty_directory",
];

impl Given {
    /// Reads `invocation_defaults`.
    pub(super) fn read(defaults: &Section<'_>) -> Given {
        let path = |name| defaults.name(name).map(PathBuf::from);
        Given {
            connector: words(defaults.get("connector"), Connector::parse),
            users: words(defaults.get("users"), Users::parse),
            user_filter: defaults.get("user_filter").and_then(filter),
            adobe_users: words(defaults.get("adobe_users"), AdobeUsers::parse),
            adobe_only_user_action: words(
                defaults.get("adobe_only_user_action"),
                AdobeOnlyUserAction::parse,
            ),
            adobe_only_user_list: path("adobe_only_user_list"),
            process_groups: defaults.flag("process_groups"),
            update_user_info: defaults.flag("update_user_info"),
            exclude_unmapped_users: defaults.flag("exclude_unmapped_users"),
            strategy: words(defaults.get("strategy"), Strategy::parse),
            test_mode: defaults.flag("test_mode"),
            report: path("report"),
            json: defaults.flag("json"),
            allow_missing_groups: defaults.flag("allow_missing_groups"),
            allow_empty_directory: defaults.flag("allow_empty_directory"),
        }
    }

    /// These options, and those of `defaults` that are not given here.
    pub(super) fn over(self, defaults: Given) -> Given {
        Given {
            connector: self.connector.or(defaults.connector),
            users: self.users.or(defaults.users),
            user_filter: self.user_filter.or(defaults.user_filter),
            adobe_users: self.adobe_users.or(defaults.adobe_users),
            adobe_only_user_action: self
                .adobe_only_user_action
                .or(defaults.adobe_only_user_action),
            adobe_only_user_list: self.adobe_only_user_list.or(defaults.adobe_only_user_list),
            process_groups: self.process_groups.or(defaults.process_groups),
            update_user_info: self.update_user_info.or(defaults.update_user_info),
            exclude_unmapped_users: self
                .exclude_unmapped_users
                .or(defaults.exclude_unmapped_users),
            strategy: self.strategy.or(defaults.strategy),
            test_mode: self.test_mode.or(defaults.test_mode),
            report: self.report.or(defaults.report),
            json: self.json.or(defaults.json),
            allow_missing_groups: self.allow_missing_groups.or(defaults.allow_missing_groups),
            allow_empty_directory: self
                .allow_empty_directory
                .or(defaults.allow_empty_directory),
        }
    }
}

fn words<T>(item: Option<&Item<'_>>, parse: fn(&[String]) -> Result<T, String>) -> Option<T> {
    let item = item?;
    let items = item.list();
    let words: Vec<String> = items.iter().filter_map(Item::text).collect();
    if words.len() < items.len() {
        return None;
    }
    parse(&words).map_err(|problem| item.problem(problem)).ok()
}

fn filter(item: &Item<'_>) -> Option<Regex> {
    pattern::whole(&item.text()?)
        .map_err(|problem| item.problem(problem))
        .ok()
}

/// Where the people of a run come from, as the options have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Okta,
    Csv(PathBuf),
    /// The Adobe-only users are given: no directory is read.
    None,
}

/// The rules between the options, each broken one a usage error that names both.
pub(super) struct Rules<'g> {
    pub(super) command_line: &'g Given,
    pub(super) merged: &'g Given,
}

impl Rules<'_> {
    /// Where people come from.
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        let connector = self.connector()?;
        if let Some(list) = &self.merged.adobe_only_user_list {
            self.user_list(&list.display().to_string())?;
            return Ok(Origin::None);
        }
        match connector {
            Some(Connector::Okta) => {
                self.okta_users()?;
                Ok(Origin::Okta)
            }
            Some(Connector::Csv(file)) => Ok(Origin::Csv(file)),
            Some(Connector::Ldap) | None => Err(no_connector()),
        }
    }

    /// The connector that counts; `--users file FILE` is `--connector csv FILE`.
    fn connector(&self) -> Result<Option<Connector>, Error> {
        let connector = self.merged.connector.clone();
        let Some(Users::File(file)) = &self.merged.users else {
            return match connector {
                Some(Connector::Ldap) => Err(no_connector()),
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
        let yields = self.command_line.users.is_some() && self.command_line.connector.is_none();
        match connector {
            Some(Connector::Csv(_)) => Err(clash("csv")),
            Some(Connector::Okta) if !yields => Err(clash("okta")),
            Some(Connector::Ldap) if !yields => Err(clash("ldap")),
            _ => Ok(Some(Connector::Csv(file.clone()))),
        }
    }

    fn okta_users(&self) -> Result<(), Error> {
        match self.merged.users {
            Some(Users::Mapped | Users::Groups(_)) => Ok(()),
            _ => Err(Error::Usage(
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
        match (&self.merged.adobe_only_user_action, self.merged.strategy) {
            (Some(AdobeOnlyUserAction::WriteFile(_)), _) => {
                clash("--adobe-only-user-action write-file")
            }
            (_, Some(Strategy::Push)) => clash("--strategy push"),
            _ => Ok(()),
        }
    }

    /// Options that mean nothing beside others, for info lines.
    pub(super) fn irrelevant(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let given = self.merged;
        if given.adobe_only_user_list.is_some() {
            if given.users.is_some() {
                notes.push(
                    "--users has no meaning with --adobe-only-user-list: no directory is read",
                );
            }
            if given.user_filter.is_some() {
                notes.push(
                    "--user-filter has no meaning with --adobe-only-user-list: no directory is read",
                );
            }
        }
        if given.strategy == Some(Strategy::Push) && given.adobe_only_user_action.is_some() {
            notes.push("--adobe-only-user-action has no meaning with --strategy push");
        }
        notes.into_iter().map(str::to_owned).collect()
    }
}

fn no_connector() -> Error {
    Error::Usage(
        "no connector: UST's default, ldap, does not exist here; the connectors are okta and csv. \
         Say --connector okta (or --connector csv FILE)"
            .to_owned(),
    )
}

/// `--users`, when it is clear where people come from.
pub(super) fn selection(users: Option<Users>) -> UserSelection {
    match users {
        Some(Users::Mapped) => UserSelection::Mapped,
        Some(Users::Groups(names)) => UserSelection::Groups(names),
        Some(Users::All | Users::File(_)) | None => UserSelection::All,
    }
}
