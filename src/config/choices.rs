//! The values of options: the words that they take, each with its type.

use std::path::PathBuf;

use argh::FromArgValue;

use crate::cli;
use crate::os::terminal::Colours;

/// `--connector`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Connector {
    Okta,
    /// `None`: the connector's file names the people's.
    Csv(Option<PathBuf>),
    /// UST's default, which does not exist here: an error, unless another one is given.
    Ldap,
}

/// `--users`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UserSelection {
    #[default]
    All,
    Mapped,
    Groups(Vec<String>),
    /// All of this file: the same as `--connector csv FILE`.
    File(PathBuf),
}

/// `--adobe-users`. Group names may carry an org, `org2::Group`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum AdobeUsers {
    #[default]
    All,
    Mapped,
    Groups(Vec<String>),
}

/// `--adobe-only-user-action`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AdobeOnlyUserAction {
    #[default]
    Preserve,
    Exclude,
    WriteFile(PathBuf),
    RemoveAdobeGroups,
    Remove,
    Delete,
}

/// `--strategy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strategy {
    #[default]
    Sync,
    Push,
}

impl FromArgValue for Connector {
    fn from_arg_value(value: &str) -> Result<Connector, String> {
        match cli::words(value) {
            ("okta", _) => Ok(Connector::Okta),
            ("csv", file) => file.map(path).transpose().map(Connector::Csv),
            ("ldap", _) => Ok(Connector::Ldap),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for UserSelection {
    fn from_arg_value(value: &str) -> Result<UserSelection, String> {
        match cli::words(value) {
            ("all", _) => Ok(UserSelection::All),
            ("mapped", _) => Ok(UserSelection::Mapped),
            ("group", Some(names)) => groups(names).map(UserSelection::Groups),
            ("file", Some(file)) => path(file).map(UserSelection::File),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for AdobeUsers {
    fn from_arg_value(value: &str) -> Result<AdobeUsers, String> {
        match cli::words(value) {
            ("all", _) => Ok(AdobeUsers::All),
            ("mapped", _) => Ok(AdobeUsers::Mapped),
            ("group", Some(names)) => groups(names).map(AdobeUsers::Groups),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for AdobeOnlyUserAction {
    fn from_arg_value(value: &str) -> Result<AdobeOnlyUserAction, String> {
        match cli::words(value) {
            ("preserve", _) => Ok(AdobeOnlyUserAction::Preserve),
            ("exclude", _) => Ok(AdobeOnlyUserAction::Exclude),
            ("write-file", Some(file)) => path(file).map(AdobeOnlyUserAction::WriteFile),
            ("remove-adobe-groups", _) => Ok(AdobeOnlyUserAction::RemoveAdobeGroups),
            ("remove", _) => Ok(AdobeOnlyUserAction::Remove),
            ("delete", _) => Ok(AdobeOnlyUserAction::Delete),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for Colours {
    fn from_arg_value(value: &str) -> Result<Colours, String> {
        match value {
            "auto" => Ok(Colours::Auto),
            "always" => Ok(Colours::Always),
            "never" => Ok(Colours::Never),
            word => Err(unknown(word)),
        }
    }
}

impl FromArgValue for Strategy {
    fn from_arg_value(value: &str) -> Result<Strategy, String> {
        match value {
            "sync" => Ok(Strategy::Sync),
            "push" => Ok(Strategy::Push),
            word => Err(unknown(word)),
        }
    }
}

/// A word that the declaration offers and no type reads: a mistake of ours, said all the same.
fn unknown(word: &str) -> String {
    format!("\"{word}\" cannot be used here")
}

fn path(name: &str) -> Result<PathBuf, String> {
    match name.trim() {
        "" => Err("the name of the file is empty".to_owned()),
        name => Ok(PathBuf::from(name)),
    }
}

/// Names between commas.
fn groups(names: &str) -> Result<Vec<String>, String> {
    let names = names.split(',').map(str::trim);
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        return Err("group needs at least one group name".to_owned());
    }
    Ok(names)
}
