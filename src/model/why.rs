//! Why a change is made, or somebody is left alone: computed where it is decided.
//!
//! Compact, and printed by `plan`, `explain` and the reports. Decides nothing.

use std::fmt;

use crate::model::DirectoryKind;
use crate::text::Text;

/// Why a group is added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupWhy {
    /// Mapped from this directory group.
    InDirectoryGroup(DirectoryKind, Text),
    /// By an additional-group rule, from this directory group.
    ByRule(DirectoryKind, Text),
    ByHook,
    /// Removed: mapped, but from no directory group that the user is in.
    NotInMappedGroup(DirectoryKind),
    /// Removed: the hook does not want it.
    NotByHook,
    /// Removed from an Adobe-only user.
    AdobeOnly(DirectoryKind),
    /// In the words of a plan that was saved.
    Said(Text),
}

/// Why a user is created, changed or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserWhy {
    /// Selected by this directory group.
    InDirectoryGroup(DirectoryKind, Text),
    /// Selected because all directory users are.
    InDirectory,
    /// Adobe-only: the directory has nobody of that name.
    NoDirectoryUser(DirectoryKind),
    /// Adobe-only: left out by the filter; the Okta status.
    FilteredOut(Text),
    /// Adobe-only: read, but in no group that `--users` selects; the login.
    NotSelected(DirectoryKind, Text),
    /// Adobe-only: in the list of `--adobe-only-user-list`.
    Listed,
    /// A user group that the mapping names and Adobe lacks.
    GroupIsMissing,
    /// Matched by this other name of the directory user.
    OtherName(Text),
    /// In the words of a plan that was saved.
    Said(Text),
}

/// Why somebody whom the directory names is no directory user (manual/rules.md#mapping).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipWhy {
    /// The format of the e-mail, which gives nothing; empty where there is none.
    NoEmail(Text),
    NotOneAddress(Text),
    NoIdentityType(Text),
    /// The username, which is no e-mail, while no domain is known.
    NoDomain(Text),
    /// Okta has the person, and no group of theirs.
    NoGroupShown,
    NotInOkta,
}

impl DirectoryKind {
    /// A group of it.
    pub fn group(self, name: &str) -> String {
        match self {
            Self::Okta => format!("Okta group \"{name}\""),
            Self::File => format!("group \"{name}\" of the file"),
        }
    }

    fn mapped_groups(self) -> &'static str {
        match self {
            Self::Okta => "mapped Okta group",
            Self::File => "mapped group of the file",
        }
    }

    fn user(self) -> &'static str {
        match self {
            Self::Okta => "Okta user",
            Self::File => "user in the file",
        }
    }
}

impl fmt::Display for GroupWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InDirectoryGroup(kind, name) => write!(f, "in {}", kind.group(name)),
            Self::ByRule(kind, name) => write!(f, "additional group of {}", kind.group(name)),
            Self::ByHook => f.write_str("by the hook"),
            Self::NotInMappedGroup(kind) => write!(f, "not in any {}", kind.mapped_groups()),
            Self::NotByHook => f.write_str("not among the groups that the hook gives"),
            Self::AdobeOnly(kind) => write!(f, "no selected {}", kind.user()),
            Self::Said(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for UserWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InDirectoryGroup(kind, name) => write!(f, "in {}", kind.group(name)),
            Self::InDirectory => f.write_str("in the directory"),
            Self::NoDirectoryUser(kind) => write!(f, "no matching {}", kind.user()),
            Self::FilteredOut(status) => write!(f, "left out by the filter: status {status}"),
            Self::NotSelected(DirectoryKind::Okta, login) => {
                write!(f, "Okta user {login} is not selected")
            }
            Self::NotSelected(DirectoryKind::File, login) => {
                write!(f, "user {login} of the file is not selected")
            }
            Self::Listed => f.write_str("in the list of Adobe-only users"),
            Self::OtherName(name) => write!(f, "known by the other name {name}"),
            Self::GroupIsMissing => f.write_str("mapped, but not there yet"),
            Self::Said(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for SkipWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEmail("") => f.write_str("it has no e-mail"),
            Self::NoEmail(format) => {
                write!(f, "it has no e-mail: the format {format} gives nothing")
            }
            Self::NotOneAddress(email) => write!(f, "its e-mail \"{email}\" is not one address"),
            Self::NoIdentityType(word) => write!(f, "\"{word}\" is no identity type"),
            Self::NoDomain(username) => write!(
                f,
                "its username \"{username}\" is no e-mail, and there is no domain"
            ),
            Self::NoGroupShown => f.write_str("Okta shows no group at all"),
            Self::NotInOkta => f.write_str("it is not in Okta"),
        }
    }
}
