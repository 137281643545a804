//! Reads commands back from UMAPI's JSON, the shape in which plan files and change logs hold them.
//!
//! The other direction is [`crate::adobe::Entry`], which also makes what is sent: what was planned
//! is what is applied. Knows JSON, and nothing of files, orgs or reasons.

use std::borrow::Cow;

use serde::Deserialize;

use crate::model::IdentityType;
use crate::model::command::{Command, IfExists, Step, Subject, Update};
use crate::text::{Text, Texts};

/// A command entry of UMAPI.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry<'l> {
    #[serde(borrow, rename = "requestID")]
    pub(super) request_id: Cow<'l, str>,
    #[serde(borrow, default)]
    user: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    usergroup: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    domain: Option<Cow<'l, str>>,
    #[serde(rename = "useAdobeID", default)]
    use_adobe_id: bool,
    #[serde(borrow, rename = "do")]
    steps: Vec<StepEntry<'l>>,
}

#[derive(Debug, Deserialize)]
enum StepEntry<'l> {
    #[serde(borrow, rename = "addAdobeID")]
    AddAdobeId(CreateEntry<'l>),
    #[serde(borrow, rename = "createEnterpriseID")]
    CreateEnterpriseId(CreateEntry<'l>),
    #[serde(borrow, rename = "createFederatedID")]
    CreateFederatedId(CreateEntry<'l>),
    #[serde(borrow, rename = "update")]
    Update(UpdateEntry<'l>),
    #[serde(borrow, rename = "remove")]
    Remove(RemoveEntry<'l>),
    #[serde(borrow, rename = "add")]
    Add(GroupList<'l>),
    #[serde(rename = "removeFromOrg")]
    RemoveFromOrg(RemovalEntry),
    #[serde(borrow, rename = "createUserGroup")]
    CreateUserGroup(UserGroupEntry<'l>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateEntry<'l> {
    #[serde(borrow)]
    email: Cow<'l, str>,
    #[serde(borrow, default)]
    firstname: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    lastname: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    country: Option<Cow<'l, str>>,
    option: IfExistsWord,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateEntry<'l> {
    #[serde(borrow, default)]
    email: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    firstname: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    lastname: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    username: Option<Cow<'l, str>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RemoveEntry<'l> {
    All(AllWord),
    #[serde(borrow)]
    Groups(GroupList<'l>),
}

#[derive(Debug, Deserialize)]
enum AllWord {
    #[serde(rename = "all")]
    All,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupList<'l> {
    #[serde(borrow)]
    group: Vec<Cow<'l, str>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovalEntry {
    #[serde(rename = "deleteAccount")]
    delete_account: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserGroupEntry<'l> {
    #[serde(borrow)]
    description: Cow<'l, str>,
    /// Checked by being read.
    #[serde(rename = "option")]
    _option: Ignore,
}

#[derive(Debug, Deserialize)]
enum Ignore {
    #[serde(rename = "ignoreIfAlreadyExists")]
    IfAlreadyExists,
}

#[derive(Debug, Deserialize)]
enum IfExistsWord {
    #[serde(rename = "ignoreIfAlreadyExists")]
    Ignore,
    #[serde(rename = "updateIfAlreadyExists")]
    Update,
}

impl Entry<'_> {
    /// The names of the user that it is about; none of a user group.
    pub(super) fn names(&self) -> Vec<&str> {
        let created = self.steps.iter().filter_map(|step| match step {
            StepEntry::AddAdobeId(entry)
            | StepEntry::CreateEnterpriseId(entry)
            | StepEntry::CreateFederatedId(entry) => Some(entry.email.as_ref()),
            _ => None,
        });
        self.user.as_deref().into_iter().chain(created).collect()
    }

    /// The command; its texts are kept in `texts`. The error says what no command can have.
    pub(super) fn command(&self, texts: &mut Texts) -> Result<Command, &'static str> {
        let subject = match (&self.user, &self.usergroup) {
            (Some(user), None) => Subject::User {
                root: texts.keep(user),
                domain: keep(self.domain.as_deref(), texts),
                use_adobe_id: self.use_adobe_id,
            },
            (None, Some(group)) if self.domain.is_none() && !self.use_adobe_id => {
                Subject::UserGroup(texts.keep(group))
            }
            (None, Some(_)) => return Err("a user group has neither `domain` nor `useAdobeID`"),
            _ => return Err("exactly one of `user` and `usergroup` is expected"),
        };
        if self.steps.is_empty() {
            return Err("`do` is empty");
        }
        let steps = self.steps.iter().map(|step| step.step(texts));
        Ok(Command {
            subject,
            steps: steps.collect(),
        })
    }
}

impl StepEntry<'_> {
    fn step(&self, texts: &mut Texts) -> Step {
        match self {
            StepEntry::AddAdobeId(entry) => entry.step(IdentityType::AdobeId, texts),
            StepEntry::CreateEnterpriseId(entry) => entry.step(IdentityType::EnterpriseId, texts),
            StepEntry::CreateFederatedId(entry) => entry.step(IdentityType::FederatedId, texts),
            StepEntry::Update(entry) => Step::Update(Update {
                email: keep(entry.email.as_deref(), texts),
                firstname: keep(entry.firstname.as_deref(), texts),
                lastname: keep(entry.lastname.as_deref(), texts),
                username: keep(entry.username.as_deref(), texts),
            }),
            StepEntry::Remove(RemoveEntry::All(AllWord::All)) => Step::RemoveAll,
            StepEntry::Remove(RemoveEntry::Groups(list)) => Step::Remove(list.names(texts)),
            StepEntry::Add(list) => Step::Add(list.names(texts)),
            StepEntry::RemoveFromOrg(entry) => Step::RemoveFromOrg {
                delete_account: entry.delete_account,
            },
            StepEntry::CreateUserGroup(entry) => Step::CreateUserGroup {
                description: texts.share(&entry.description),
            },
        }
    }
}

impl CreateEntry<'_> {
    fn step(&self, identity_type: IdentityType, texts: &mut Texts) -> Step {
        Step::Create {
            identity_type,
            email: texts.keep(&self.email),
            firstname: keep(self.firstname.as_deref(), texts),
            lastname: keep(self.lastname.as_deref(), texts),
            country: self.country.as_deref().map(|code| texts.share(code)),
            if_exists: match self.option {
                IfExistsWord::Ignore => IfExists::Ignore,
                IfExistsWord::Update => IfExists::Update,
            },
        }
    }
}

impl GroupList<'_> {
    fn names(&self, texts: &mut Texts) -> Vec<Text> {
        self.group.iter().map(|name| texts.share(name)).collect()
    }
}

fn keep(text: Option<&str>, texts: &mut Texts) -> Option<Text> {
    text.map(|text| texts.keep(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(root: Text) -> Subject {
        Subject::User {
            root,
            domain: None,
            use_adobe_id: false,
        }
    }

    fn one(step: Step) -> Command {
        Command {
            subject: user("ann@example.com"),
            steps: vec![step],
        }
    }

    fn create(identity_type: IdentityType) -> Step {
        Step::Create {
            identity_type,
            email: "ann@example.com",
            firstname: Some("Ann"),
            lastname: None,
            country: Some("US"),
            if_exists: IfExists::Update,
        }
    }

    #[test]
    fn every_command_reads_back_as_it_was_written() {
        let update = Update {
            email: Some("new\n@example.com"),
            lastname: Some("Lee \"the\" \\ one"),
            ..Update::default()
        };
        let mut commands: Vec<Command> = [
            create(IdentityType::AdobeId),
            create(IdentityType::EnterpriseId),
            create(IdentityType::FederatedId),
            Step::Update(update),
            Step::Remove(vec!["all", "Ä & B"]),
            Step::RemoveAll,
            Step::Add(vec!["Acrobat"]),
            Step::RemoveFromOrg {
                delete_account: true,
            },
        ]
        .into_iter()
        .map(one)
        .collect();
        commands.push(Command {
            subject: Subject::UserGroup("Acrobat"),
            steps: vec![Step::CreateUserGroup {
                description: "made by user-sync",
            }],
        });
        commands.push(Command {
            subject: Subject::User {
                root: "ann",
                domain: Some("example.com"),
                use_adobe_id: true,
            },
            steps: vec![Step::RemoveAll, Step::Add(vec!["x"])],
        });
        let mut texts = Texts::default();
        for command in commands {
            let entry = crate::adobe::Entry {
                request_id: "action_7",
                command: &command,
            };
            let line = serde_json::to_string(&entry).unwrap();
            let read: Entry<'_> = serde_json::from_str(&line).unwrap();
            assert_eq!(read.request_id, "action_7");
            assert_eq!(read.command(&mut texts).unwrap(), command, "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for line in [
            r#"{"requestID":"action_1","do":[{"remove":"all"}]}"#,
            r#"{"requestID":"action_1","user":"a","usergroup":"g","do":[{"remove":"all"}]}"#,
            r#"{"requestID":"action_1","user":"a","do":[]}"#,
            r#"{"requestID":"action_1","user":"a","do":[{"remove":"some"}]}"#,
            r#"{"requestID":"action_1","user":"a","do":[{"deleteUserGroup":{}}]}"#,
            r#"{"requestID":"action_1","user":"a","do":[{"removeFromOrg":{"deleteAccount":"yes"}}]}"#,
            r#"{"requestID":"action_1","usergroup":"g","domain":"d","do":[{"remove":"all"}]}"#,
            r#"{"requestID":"action_1","user":"a","more":1,"do":[{"remove":"all"}]}"#,
        ] {
            let refused = match serde_json::from_str::<Entry<'_>>(line) {
                Ok(entry) => entry.command(&mut Texts::default()).is_err(),
                Err(_) => true,
            };
            assert!(refused, "{line}");
        }
    }
}
