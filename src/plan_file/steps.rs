//! Commands as the lines of a plan file hold them: the shape of a UMAPI command entry.
//!
//! The same mirror is written and read, so that what was planned is what is applied. Knows JSON,
//! and nothing of files, orgs or reasons.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::command::{Command, IfExists, Step, Subject, Update};
use crate::model::IdentityType;
use crate::text::{Text, Texts};

/// A command entry of UMAPI without its `requestID`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry<'l> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    usergroup: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    domain: Option<Cow<'l, str>>,
    #[serde(rename = "useAdobeID", default, skip_serializing_if = "is_false")]
    use_adobe_id: bool,
    #[serde(borrow, rename = "do")]
    steps: Vec<StepEntry<'l>>,
}

#[derive(Debug, Serialize, Deserialize)]
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

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateEntry<'l> {
    #[serde(borrow)]
    email: Cow<'l, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    firstname: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    lastname: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    country: Option<Cow<'l, str>>,
    option: IfExistsWord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateEntry<'l> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    firstname: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    lastname: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    username: Option<Cow<'l, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum RemoveEntry<'l> {
    All(AllWord),
    #[serde(borrow)]
    Groups(GroupList<'l>),
}

#[derive(Debug, Serialize, Deserialize)]
enum AllWord {
    #[serde(rename = "all")]
    All,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupList<'l> {
    #[serde(borrow)]
    group: Vec<Cow<'l, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovalEntry {
    #[serde(rename = "deleteAccount")]
    delete_account: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserGroupEntry<'l> {
    #[serde(borrow)]
    description: Cow<'l, str>,
    option: IfExistsWord,
}

#[derive(Debug, Serialize, Deserialize)]
enum IfExistsWord {
    #[serde(rename = "ignoreIfAlreadyExists")]
    Ignore,
    #[serde(rename = "updateIfAlreadyExists")]
    Update,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Entry<'static> {
    pub(super) fn of(command: &Command) -> Entry<'static> {
        let steps = command.steps.iter().map(StepEntry::of).collect();
        let (user, usergroup, domain, use_adobe_id) = match command.subject {
            Subject::User {
                root,
                domain,
                use_adobe_id,
            } => (Some(root), None, domain, use_adobe_id),
            Subject::UserGroup(name) => (None, Some(name), None, false),
        };
        Entry {
            user: user.map(Cow::Borrowed),
            usergroup: usergroup.map(Cow::Borrowed),
            domain: domain.map(Cow::Borrowed),
            use_adobe_id,
            steps,
        }
    }
}

impl Entry<'_> {
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

impl StepEntry<'static> {
    fn of(step: &Step) -> StepEntry<'static> {
        match step {
            Step::Create {
                identity_type,
                email,
                firstname,
                lastname,
                country,
                if_exists,
            } => {
                let entry = CreateEntry {
                    email: Cow::Borrowed(*email),
                    firstname: firstname.map(Cow::Borrowed),
                    lastname: lastname.map(Cow::Borrowed),
                    country: country.map(Cow::Borrowed),
                    option: IfExistsWord::of(*if_exists),
                };
                match identity_type {
                    IdentityType::AdobeId => StepEntry::AddAdobeId(entry),
                    IdentityType::EnterpriseId => StepEntry::CreateEnterpriseId(entry),
                    IdentityType::FederatedId => StepEntry::CreateFederatedId(entry),
                }
            }
            Step::Update(update) => StepEntry::Update(UpdateEntry {
                email: update.email.map(Cow::Borrowed),
                firstname: update.firstname.map(Cow::Borrowed),
                lastname: update.lastname.map(Cow::Borrowed),
                username: update.username.map(Cow::Borrowed),
            }),
            Step::Remove(groups) => StepEntry::Remove(RemoveEntry::Groups(GroupList::of(groups))),
            Step::RemoveAll => StepEntry::Remove(RemoveEntry::All(AllWord::All)),
            Step::Add(groups) => StepEntry::Add(GroupList::of(groups)),
            Step::RemoveFromOrg { delete_account } => StepEntry::RemoveFromOrg(RemovalEntry {
                delete_account: *delete_account,
            }),
            Step::CreateUserGroup { description } => StepEntry::CreateUserGroup(UserGroupEntry {
                description: Cow::Borrowed(*description),
                option: IfExistsWord::Ignore,
            }),
        }
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

impl GroupList<'static> {
    fn of(groups: &[Text]) -> GroupList<'static> {
        GroupList {
            group: groups.iter().copied().map(Cow::Borrowed).collect(),
        }
    }
}

impl GroupList<'_> {
    fn names(&self, texts: &mut Texts) -> Vec<Text> {
        self.group.iter().map(|name| texts.share(name)).collect()
    }
}

impl IfExistsWord {
    fn of(if_exists: IfExists) -> IfExistsWord {
        match if_exists {
            IfExists::Ignore => IfExistsWord::Ignore,
            IfExists::Update => IfExistsWord::Update,
        }
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
            let line = serde_json::to_string(&Entry::of(&command)).unwrap();
            let read: Entry<'_> = serde_json::from_str(&line).unwrap();
            assert_eq!(read.command(&mut texts).unwrap(), command, "{line}");
        }
    }

    #[test]
    fn an_entry_has_the_shape_of_umapi() {
        let command = Command {
            subject: user("ann@example.com"),
            steps: vec![
                create(IdentityType::FederatedId),
                Step::Add(vec!["Acrobat"]),
            ],
        };
        assert_eq!(
            serde_json::to_value(Entry::of(&command)).unwrap(),
            serde_json::json!({"user": "ann@example.com", "do": [
                {"createFederatedID": {"email": "ann@example.com", "firstname": "Ann",
                    "country": "US", "option": "updateIfAlreadyExists"}},
                {"add": {"group": ["Acrobat"]}}]})
        );
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for line in [
            r#"{"do":[{"remove":"all"}]}"#,
            r#"{"user":"a","usergroup":"g","do":[{"remove":"all"}]}"#,
            r#"{"user":"a","do":[]}"#,
            r#"{"user":"a","do":[{"remove":"some"}]}"#,
            r#"{"user":"a","do":[{"deleteUserGroup":{}}]}"#,
            r#"{"user":"a","do":[{"removeFromOrg":{"deleteAccount":"yes"}}]}"#,
            r#"{"usergroup":"g","domain":"d","do":[{"remove":"all"}]}"#,
            r#"{"user":"a","more":1,"do":[{"remove":"all"}]}"#,
        ] {
            let refused = match serde_json::from_str::<Entry<'_>>(line) {
                Ok(entry) => entry.command(&mut Texts::default()).is_err(),
                Err(_) => true,
            };
            assert!(refused, "{line}");
        }
    }
}
