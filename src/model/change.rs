//! What a run changes about one person in one org, why, and what was there before.
//!
//! Made by `plan`, shown by `show`, kept by `send` in plan files and change logs. Decides nothing.

use std::rc::Rc;

use crate::model::command::Command;
use crate::model::why::{GroupWhy, UserWhy};
use crate::model::{AdobeUser, DirectoryUser, IdentityType};
use crate::text::Text;

/// A command and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub command: Command,
    pub reason: Reason,
}

/// A change that is not sent, and every rule that holds it back.
#[derive(Debug, Clone)]
pub struct Held {
    pub change: Change,
    /// In the order of [`HeldRule`]; never empty.
    pub rules: Vec<HeldRule>,
}

/// A limit that holds changes back, which can be approved one rule at a time
/// (manual/safety.md#limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldRule {
    /// `limits.max_group_loss`
    GroupLoss,
    /// A removal and a creation that look like one person.
    Rename,
    /// `limits.max_new_users`
    NewUsers,
    /// `limits.max_adobe_only_users`
    AdobeOnly,
    /// `limits.max_group_removals`
    GroupRemovals,
}

impl HeldRule {
    pub const ALL: [HeldRule; 5] = [
        Self::GroupLoss,
        Self::Rename,
        Self::NewUsers,
        Self::AdobeOnly,
        Self::GroupRemovals,
    ];

    /// The word by which people and programs name the rule.
    pub fn word(self) -> &'static str {
        match self {
            Self::GroupLoss => "group-loss",
            Self::Rename => "rename",
            Self::NewUsers => "new-users",
            Self::AdobeOnly => "adobe-only",
            Self::GroupRemovals => "group-removals",
        }
    }

    /// The rule that [`HeldRule::word`] names so.
    pub fn parse(word: &str) -> Option<HeldRule> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }
}

/// Why a command is sent. All commands of one user but the first have [`Kind::Continued`] and no
/// details.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason {
    /// The user's e-mail, or username; the name of a user group.
    pub person: Text,
    /// Who this is in Okta; empty for somebody who is not known there.
    pub okta: OktaNames,
    pub kind: Kind,
    pub why: Option<UserWhy>,
    pub attributes: Box<[AttributeChange]>,
    pub added: Rc<[GroupChange]>,
    pub removed: Rc<[GroupChange]>,
    pub before: Before,
}

impl Reason {
    /// The reason of the person's further commands: who it is, and whether it is known that the
    /// person was there.
    pub fn continued(&self) -> Reason {
        Reason {
            person: self.person,
            okta: self.okta,
            before: match self.before {
                Before::Present => Before::Present,
                _ => Before::Unknown,
            },
            ..Reason::default()
        }
    }
}

/// Who a person is in Okta.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OktaNames {
    pub id: Text,
    pub login: Text,
}

impl OktaNames {
    pub fn of(user: &DirectoryUser) -> OktaNames {
        OktaNames {
            id: user.id,
            login: user.login,
        }
    }
}

/// What is known of the person's state before the change: as much as it takes to go back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Before {
    /// Adobe was not asked, or not for everybody: push, lists, `--adobe-users mapped`.
    #[default]
    Unknown,
    /// All users of the org were read, and this person was not among them.
    Absent,
    /// In the org. Attributes and groups of the [`Reason`] hold all that changes.
    Present,
    /// In the org, with everything that a removal takes away.
    Account(Box<Account>),
}

/// An Adobe account, as it takes to create it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `None`: a type that this program does not know.
    pub identity_type: Option<IdentityType>,
    pub email: Text,
    pub username: Text,
    pub domain: Text,
    pub firstname: Text,
    pub lastname: Text,
    pub country: Text,
    /// In Adobe's order.
    pub groups: Rc<[Text]>,
}

impl Account {
    pub fn of(user: &AdobeUser, groups: Rc<[Text]>) -> Account {
        Account {
            identity_type: user.identity_type,
            email: user.email,
            username: user.username,
            domain: user.domain,
            firstname: user.firstname,
            lastname: user.lastname,
            country: user.country,
            groups,
        }
    }
}

/// What happens to the subject of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    GroupCreated,
    Created,
    Updated,
    /// Adobe-only: loses its mapped groups.
    AdobeOnlyGroups,
    /// Adobe-only: loses all groups.
    AdobeOnlyAllGroups,
    /// Adobe-only: leaves the org.
    AdobeOnlyRemoved,
    /// Adobe-only: leaves the org, and its account is deleted.
    AdobeOnlyDeleted,
    Pushed,
    /// More of what the command before began.
    #[default]
    Continued,
}

impl Kind {
    const WORDS: [(Kind, &'static str); 9] = [
        (Kind::GroupCreated, "create-group"),
        (Kind::Created, "create"),
        (Kind::Updated, "update"),
        (Kind::AdobeOnlyGroups, "remove-mapped-groups"),
        (Kind::AdobeOnlyAllGroups, "remove-all-groups"),
        (Kind::AdobeOnlyRemoved, "remove-from-org"),
        (Kind::AdobeOnlyDeleted, "delete"),
        (Kind::Pushed, "push"),
        (Kind::Continued, "continued"),
    ];

    /// The word for programs.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, word)| word)
    }

    /// The kind that [`Kind::word`] names so.
    pub fn parse(word: &str) -> Option<Kind> {
        let found = Self::WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(kind, _)| *kind)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeChange {
    pub attribute: &'static str,
    pub old: Text,
    pub new: Text,
}

impl AttributeChange {
    /// The attributes that Adobe lets be updated.
    pub const NAMES: [&'static str; 4] = ["firstname", "lastname", "email", "username"];

    /// `Li -> Lee`
    pub fn difference(&self) -> String {
        let shown = |text: &str| match text {
            "" => "(nothing)".to_owned(),
            text if text.trim() != text => format!("\"{text}\""),
            text => text.to_owned(),
        };
        format!("{} -> {}", shown(self.old), shown(self.new))
    }
}

/// A group that is added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupChange {
    pub group: Text,
    pub why: GroupWhy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for (kind, word) in Kind::WORDS {
            assert_eq!(kind.word(), word);
            assert_eq!(Kind::parse(word), Some(kind));
        }
        assert_eq!(Kind::parse("else"), None);
    }

    #[test]
    fn an_attribute_that_was_or_becomes_nothing_says_so() {
        let difference = |old, new| {
            let attribute = "lastname";
            AttributeChange {
                attribute,
                old,
                new,
            }
            .difference()
        };
        assert_eq!(difference("Li", "Lee"), "Li -> Lee");
        assert_eq!(difference("", "Lee"), "(nothing) -> Lee");
        assert_eq!(difference("Lee ", "Lee"), "\"Lee \" -> Lee");
    }
}
