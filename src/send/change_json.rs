//! A person's change as JSON: one shape for plan files, the change log and `plan --json`; and the
//! line of a command, which is the same in both files.
//!
//! Reasons are written in the words that people read, and read back as [`GroupWhy::Said`] and
//! [`UserWhy::Said`]. Knows no files.

use std::borrow::Cow;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::adobe::CommandEntry;
use crate::model::IdentityType;
use crate::model::change::{
    Account, AttributeChange, Before, Change, GroupChange, Kind, OktaNames, Reason,
};
use crate::model::command::Command;
use crate::model::why::{GroupWhy, UserWhy};
use crate::send::request_id;
use crate::text::{self, Text, Texts};

/// The line of a command: where it goes, what it does, and why.
#[derive(Debug, Serialize, Deserialize)]
pub struct CommandLine<'l> {
    /// The id of the org that the change is for.
    #[serde(borrow)]
    pub(super) org: Cow<'l, str>,
    pub(super) command: CommandEntry<'l>,
    #[serde(borrow, rename = "change")]
    reason: ReasonJson<'l>,
    /// [`HeldRule::word`](crate::model::change::HeldRule::word)s of the rules that hold it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) held: Vec<Cow<'l, str>>,
}

impl<'l> CommandLine<'l> {
    pub(super) fn of(org: &'l str, request_id: &'l str, change: &'l Change) -> CommandLine<'l> {
        CommandLine {
            org: org.into(),
            command: CommandEntry::of(request_id, &change.command),
            reason: ReasonJson::of(&change.reason),
            held: Vec::new(),
        }
    }

    /// The command and its reason, kept for the run. Errors: it is no command of ours.
    pub(super) fn change(&self, texts: &mut Texts) -> Result<Change, String> {
        Ok(Change {
            command: self.command.command(texts)?,
            reason: self.reason.reason(texts)?,
        })
    }

    /// Every name that the person is known by in this line, in the form that is compared.
    pub(super) fn names(&self) -> Vec<String> {
        text::keys(self.command.names().into_iter().chain(self.reason.names()))
    }
}

/// A command as it would be sent, for programs; `place` is its own among all of the plan.
pub fn command_json(place: usize, command: &Command) -> Value {
    let id = request_id(place);
    // Texts and lists of them: nothing that JSON could not hold.
    serde_json::to_value(CommandEntry::of(&id, command)).unwrap_or_default()
}

/// A [`Reason`] as it is written and read.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReasonJson<'r> {
    /// E-mail or username; the name of a user group.
    #[serde(borrow)]
    person: Cow<'r, str>,
    /// What is done to the person, as [`Kind::word`] says it.
    #[serde(borrow)]
    kind: Cow<'r, str>,
    #[serde(default)]
    why: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    okta: Option<OktaJson<'r>>,
    #[serde(borrow, default)]
    attributes: Vec<AttributeJson<'r>>,
    #[serde(borrow, default)]
    removed: Vec<GroupJson<'r>>,
    #[serde(borrow, default)]
    added: Vec<GroupJson<'r>>,
    /// Nothing: unknown.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    before: Option<BeforeJson<'r>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OktaJson<'r> {
    #[serde(borrow)]
    id: Cow<'r, str>,
    #[serde(borrow)]
    login: Cow<'r, str>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AttributeJson<'r> {
    #[serde(borrow)]
    attribute: Cow<'r, str>,
    #[serde(borrow)]
    old: Cow<'r, str>,
    #[serde(borrow)]
    new: Cow<'r, str>,
}

#[derive(Debug, Serialize, Deserialize)]
struct GroupJson<'r> {
    #[serde(borrow)]
    group: Cow<'r, str>,
    why: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct BeforeJson<'r> {
    /// Whether the person was in the org.
    in_org: bool,
    /// What a removal takes away.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountJson<'r>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AccountJson<'r> {
    #[serde(rename = "type")]
    identity_type: Option<Cow<'r, str>>,
    #[serde(borrow)]
    email: Cow<'r, str>,
    #[serde(borrow)]
    username: Cow<'r, str>,
    #[serde(borrow)]
    domain: Cow<'r, str>,
    #[serde(borrow)]
    firstname: Cow<'r, str>,
    #[serde(borrow)]
    lastname: Cow<'r, str>,
    #[serde(borrow)]
    country: Cow<'r, str>,
    #[serde(borrow)]
    groups: Vec<Cow<'r, str>>,
}

impl<'r> ReasonJson<'r> {
    pub fn of(reason: &'r Reason) -> ReasonJson<'r> {
        let OktaNames { id, login } = reason.okta;
        ReasonJson {
            person: reason.person.into(),
            kind: reason.kind.word().into(),
            why: reason.why.map(|why| why.to_string()),
            okta: (!id.is_empty()).then(|| OktaJson {
                id: id.into(),
                login: login.into(),
            }),
            attributes: reason.attributes.iter().map(AttributeJson::of).collect(),
            removed: reason.removed.iter().map(GroupJson::of).collect(),
            added: reason.added.iter().map(GroupJson::of).collect(),
            before: BeforeJson::of(&reason.before),
        }
    }

    /// Every name that the person is known by.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = vec![self.person.as_ref()];
        if let Some(okta) = &self.okta {
            names.extend([okta.id.as_ref(), okta.login.as_ref()]);
        }
        for change in &self.attributes {
            if matches!(&*change.attribute, "email" | "username") {
                names.extend([change.old.as_ref(), change.new.as_ref()]);
            }
        }
        let before = self.before.as_ref();
        if let Some(account) = before.and_then(|before| before.account.as_ref()) {
            names.extend([account.email.as_ref(), account.username.as_ref()]);
        }
        names
    }

    /// The reason, kept for the run. Errors: a kind or an attribute that there is not.
    pub fn reason(&self, texts: &mut Texts) -> Result<Reason, String> {
        let kind =
            Kind::parse(&self.kind).ok_or_else(|| format!("kind `{}` is not known", self.kind))?;
        let attributes = self.attributes.iter().map(|change| change.change(texts));
        let attributes = attributes.collect::<Result<Box<[_]>, String>>()?;
        let okta = self.okta.as_ref();
        Ok(Reason {
            person: texts.keep(&self.person),
            okta: okta.map_or(OktaNames::default(), |okta| okta.names(texts)),
            kind,
            why: self
                .why
                .as_deref()
                .map(|why| UserWhy::Said(texts.share(why))),
            attributes,
            removed: groups(&self.removed, texts),
            added: groups(&self.added, texts),
            before: match &self.before {
                Some(before) => before.before(texts),
                None => Before::Unknown,
            },
        })
    }
}

impl OktaJson<'_> {
    fn names(&self, texts: &mut Texts) -> OktaNames {
        OktaNames {
            id: texts.keep(&self.id),
            login: texts.keep(&self.login),
        }
    }
}

impl<'r> AttributeJson<'r> {
    fn of(change: &'r AttributeChange) -> AttributeJson<'r> {
        AttributeJson {
            attribute: change.attribute.into(),
            old: change.old.into(),
            new: change.new.into(),
        }
    }

    fn change(&self, texts: &mut Texts) -> Result<AttributeChange, String> {
        let mut names = AttributeChange::NAMES.into_iter();
        let attribute = names
            .find(|name| *name == self.attribute)
            .ok_or_else(|| format!("attribute `{}` is not known", self.attribute))?;
        Ok(AttributeChange {
            attribute,
            old: texts.keep(&self.old),
            new: texts.keep(&self.new),
        })
    }
}

impl<'r> GroupJson<'r> {
    fn of(change: &'r GroupChange) -> GroupJson<'r> {
        GroupJson {
            group: change.group.into(),
            why: change.why.to_string(),
        }
    }
}

fn groups(groups: &[GroupJson<'_>], texts: &mut Texts) -> Rc<[GroupChange]> {
    let change = |change: &GroupJson<'_>| GroupChange {
        group: texts.share(&change.group),
        why: GroupWhy::Said(texts.share(&change.why)),
    };
    groups.iter().map(change).collect()
}

impl<'r> BeforeJson<'r> {
    fn of(before: &'r Before) -> Option<BeforeJson<'r>> {
        let (in_org, account) = match before {
            Before::Unknown => return None,
            Before::Absent => (false, None),
            Before::Present => (true, None),
            Before::Account(account) => (true, Some(AccountJson::of(account))),
        };
        Some(BeforeJson { in_org, account })
    }

    fn before(&self, texts: &mut Texts) -> Before {
        match &self.account {
            Some(account) => Before::Account(Box::new(account.account(texts))),
            None if self.in_org => Before::Present,
            None => Before::Absent,
        }
    }
}

impl<'r> AccountJson<'r> {
    fn of(account: &'r Account) -> AccountJson<'r> {
        AccountJson {
            identity_type: account.identity_type.map(|kind| kind.as_str().into()),
            email: account.email.into(),
            username: account.username.into(),
            domain: account.domain.into(),
            firstname: account.firstname.into(),
            lastname: account.lastname.into(),
            country: account.country.into(),
            groups: account.groups.iter().map(|group| (*group).into()).collect(),
        }
    }

    fn account(&self, texts: &mut Texts) -> Account {
        let identity_type = self.identity_type.as_deref();
        Account {
            identity_type: identity_type.and_then(IdentityType::parse),
            email: texts.keep(&self.email),
            username: texts.keep(&self.username),
            domain: texts.share(&self.domain),
            firstname: texts.keep(&self.firstname),
            lastname: texts.keep(&self.lastname),
            country: texts.share(&self.country),
            groups: self
                .groups
                .iter()
                .map(|group| -> Text { texts.share(group) })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason() -> Reason {
        let said = GroupWhy::Said("not in any mapped Okta group");
        let change = |group| GroupChange { group, why: said };
        Reason {
            person: "ann\n@example.com",
            okta: OktaNames {
                id: "00u1",
                login: "ann",
            },
            kind: Kind::AdobeOnlyDeleted,
            why: Some(UserWhy::Said("no matching Okta user")),
            attributes: Box::new([AttributeChange {
                attribute: "email",
                old: "a@x.com",
                new: "b@x.com",
            }]),
            added: [change("A \"a\"")].into(),
            removed: [change("B"), change("C")].into(),
            before: Before::Account(Box::new(Account {
                identity_type: Some(IdentityType::FederatedId),
                email: "ann@example.com",
                username: "ann",
                domain: "example.com",
                firstname: "Ann",
                lastname: "",
                country: "SE",
                groups: ["A", "_admin_A"].into(),
            })),
        }
    }

    #[test]
    fn a_reason_reads_back_as_it_was_written() {
        let befores = [Before::Unknown, Before::Absent, Before::Present];
        let mut reasons: Vec<Reason> = befores
            .into_iter()
            .map(|before| Reason { before, ..reason() })
            .collect();
        reasons.extend([reason(), Reason::default()]);
        for reason in reasons {
            let text = serde_json::to_string(&ReasonJson::of(&reason)).unwrap();
            let read: ReasonJson<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!(read.reason(&mut Texts::default()), Ok(reason), "{text}");
        }
    }

    #[test]
    fn what_there_is_not_is_refused() {
        for text in [
            r#"{"person":"a","kind":"promote"}"#,
            r#"{"person":"a","kind":"update","attributes":[{"attribute":"country","old":"","new":"SE"}]}"#,
        ] {
            let read: ReasonJson<'_> = serde_json::from_str(text).unwrap();
            assert!(read.reason(&mut Texts::default()).is_err(), "{text}");
        }
    }
}
