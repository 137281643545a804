//! Commands as UMAPI's JSON (`POST /action/{orgId}`), to be sent, and as saved plans and change logs
//! hold them, to be read back: what was planned is what is applied.
//!
//! Keys are those of Adobe's reference; a value that is absent is left out.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::model::IdentityType;
use crate::model::command::{Command, IfExists, Step, Subject, Update};
use crate::text::{Text, Texts};

/// A text of a command that is written, or one that was read.
type EntryText<'e> = Cow<'e, str>;

/// A command entry of UMAPI.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandEntry<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<EntryText<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<EntryText<'e>>,
    #[serde(rename = "useAdobeID", default, skip_serializing_if = "is_no")]
    use_adobe_id: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    usergroup: Option<EntryText<'e>>,
    #[serde(rename = "requestID")]
    pub request_id: EntryText<'e>,
    #[serde(rename = "do")]
    steps: Vec<StepEntry<'e>>,
}

fn is_no(flag: &bool) -> bool {
    !flag
}

/// A step is an object with one key, its kind.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum StepEntry<'e> {
    #[serde(rename = "addAdobeID")]
    AddAdobeId(CreateEntry<'e>),
    #[serde(rename = "createEnterpriseID")]
    CreateEnterpriseId(CreateEntry<'e>),
    #[serde(rename = "createFederatedID")]
    CreateFederatedId(CreateEntry<'e>),
    Update(UpdateEntry<'e>),
    Remove(Members<'e>),
    Add(Members<'e>),
    RemoveFromOrg {
        #[serde(rename = "deleteAccount")]
        delete_account: bool,
    },
    CreateUserGroup {
        description: EntryText<'e>,
        option: IfExists,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateEntry<'e> {
    email: EntryText<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firstname: Option<EntryText<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lastname: Option<EntryText<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<EntryText<'e>>,
    option: IfExists,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateEntry<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<EntryText<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firstname: Option<EntryText<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lastname: Option<EntryText<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<EntryText<'e>>,
}

/// What a user gains or loses, or who a user group does.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Members<'e> {
    All,
    Group(Vec<EntryText<'e>>),
    User(Vec<EntryText<'e>>),
}

impl<'e> CommandEntry<'e> {
    pub fn of(request_id: &'e str, command: &'e Command) -> CommandEntry<'e> {
        let (mut user, mut domain, mut usergroup) = (None, None, None);
        let mut is_adobe_id = false;
        match &command.subject {
            Subject::User {
                root,
                domain: of_user,
                use_adobe_id,
            } => {
                (user, domain) = (Some(*root), *of_user);
                is_adobe_id = *use_adobe_id;
            }
            Subject::UserGroup(name) => usergroup = Some(*name),
        }
        CommandEntry {
            user: user.map(Cow::from),
            domain: domain.map(Cow::from),
            use_adobe_id: is_adobe_id,
            usergroup: usergroup.map(Cow::from),
            request_id: request_id.into(),
            steps: command.steps.iter().map(StepEntry::of).collect(),
        }
    }

    /// The names of the user that it is about; none of a user group.
    pub fn names(&self) -> Vec<&str> {
        let created = self.steps.iter().filter_map(|step| match step {
            StepEntry::AddAdobeId(entry)
            | StepEntry::CreateEnterpriseId(entry)
            | StepEntry::CreateFederatedId(entry) => Some(entry.email.as_ref()),
            _ => None,
        });
        self.user.as_deref().into_iter().chain(created).collect()
    }

    /// The command; its texts are kept in `texts`. The error says what no command can have.
    pub fn command(&self, texts: &mut Texts) -> Result<Command, &'static str> {
        let subject = match (&self.user, &self.usergroup) {
            (Some(user), None) => Subject::User {
                root: texts.keep(user),
                domain: keep(&self.domain, texts),
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
            steps: steps.collect::<Result<_, _>>()?,
        })
    }
}

impl<'e> StepEntry<'e> {
    fn of(step: &'e Step) -> StepEntry<'e> {
        let list = |names: &'e [Text]| names.iter().map(|name| Cow::from(*name)).collect();
        match step {
            Step::Create {
                identity_type,
                email,
                firstname,
                lastname,
                country,
                if_exists,
            } => {
                let create = CreateEntry {
                    email: (*email).into(),
                    firstname: firstname.map(Cow::from),
                    lastname: lastname.map(Cow::from),
                    country: country.map(Cow::from),
                    option: *if_exists,
                };
                match identity_type {
                    IdentityType::AdobeId => StepEntry::AddAdobeId(create),
                    IdentityType::EnterpriseId => StepEntry::CreateEnterpriseId(create),
                    IdentityType::FederatedId => StepEntry::CreateFederatedId(create),
                }
            }
            Step::Update(update) => StepEntry::Update(UpdateEntry {
                email: update.email.map(Cow::from),
                firstname: update.firstname.map(Cow::from),
                lastname: update.lastname.map(Cow::from),
                username: update.username.map(Cow::from),
            }),
            Step::Remove(groups) => StepEntry::Remove(Members::Group(list(groups))),
            Step::RemoveAll => StepEntry::Remove(Members::All),
            Step::Add(groups) => StepEntry::Add(Members::Group(list(groups))),
            Step::RemoveFromOrg { delete_account } => StepEntry::RemoveFromOrg {
                delete_account: *delete_account,
            },
            Step::CreateUserGroup { description } => StepEntry::CreateUserGroup {
                description: (*description).into(),
                option: IfExists::Ignore,
            },
            Step::RemoveUsers(users) => StepEntry::Remove(Members::User(list(users))),
            Step::AddUsers(users) => StepEntry::Add(Members::User(list(users))),
        }
    }

    fn step(&self, texts: &mut Texts) -> Result<Step, &'static str> {
        let mut list = |names: &[EntryText<'_>]| -> Vec<Text> {
            names.iter().map(|name| texts.share(name)).collect()
        };
        Ok(match self {
            StepEntry::AddAdobeId(entry) => entry.step(IdentityType::AdobeId, texts),
            StepEntry::CreateEnterpriseId(entry) => entry.step(IdentityType::EnterpriseId, texts),
            StepEntry::CreateFederatedId(entry) => entry.step(IdentityType::FederatedId, texts),
            StepEntry::Update(entry) => Step::Update(Update {
                email: keep(&entry.email, texts),
                firstname: keep(&entry.firstname, texts),
                lastname: keep(&entry.lastname, texts),
                username: keep(&entry.username, texts),
            }),
            StepEntry::Remove(Members::All) => Step::RemoveAll,
            StepEntry::Remove(Members::Group(groups)) => Step::Remove(list(groups)),
            StepEntry::Add(Members::Group(groups)) => Step::Add(list(groups)),
            StepEntry::Add(Members::All) => return Err("`add` takes a list of groups"),
            StepEntry::Add(Members::User(_)) | StepEntry::Remove(Members::User(_)) => {
                return Err("`do` names users, as only sending does");
            }
            StepEntry::RemoveFromOrg { delete_account } => Step::RemoveFromOrg {
                delete_account: *delete_account,
            },
            StepEntry::CreateUserGroup { option, .. } if *option != IfExists::Ignore => {
                return Err("a user group that exists is left as it is");
            }
            StepEntry::CreateUserGroup { description, .. } => Step::CreateUserGroup {
                description: texts.share(description),
            },
        })
    }
}

impl CreateEntry<'_> {
    fn step(&self, identity_type: IdentityType, texts: &mut Texts) -> Step {
        Step::Create {
            identity_type,
            email: texts.keep(&self.email),
            firstname: keep(&self.firstname, texts),
            lastname: keep(&self.lastname, texts),
            country: self.country.as_deref().map(|code| texts.share(code)),
            if_exists: self.option,
        }
    }
}

fn keep(text: &Option<EntryText<'_>>, texts: &mut Texts) -> Option<Text> {
    text.as_deref().map(|text| texts.keep(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(root: &'static str, steps: Vec<Step>) -> Command {
        let subject = Subject::User {
            root,
            domain: None,
            use_adobe_id: false,
        };
        Command { subject, steps }
    }

    fn create(identity_type: IdentityType) -> Step {
        Step::Create {
            identity_type,
            email: "ann@x.com",
            firstname: Some("Ann"),
            lastname: None,
            country: Some("US"),
            if_exists: IfExists::Ignore,
        }
    }

    fn json(command: &Command) -> String {
        serde_json::to_string(&CommandEntry::of("action_1", command)).unwrap()
    }

    #[test]
    fn every_step_is_spelled_as_in_the_reference() {
        let update = Update {
            email: Some("new@x.com"),
            username: Some("ann"),
            ..Update::default()
        };
        for (step, expected) in [
            (
                create(IdentityType::FederatedId),
                r#"{"createFederatedID":{"email":"ann@x.com","firstname":"Ann","country":"US","option":"ignoreIfAlreadyExists"}}"#,
            ),
            (
                Step::Update(update),
                r#"{"update":{"email":"new@x.com","username":"ann"}}"#,
            ),
            (
                Step::Remove(vec!["A", "B \"b\""]),
                r#"{"remove":{"group":["A","B \"b\""]}}"#,
            ),
            (Step::RemoveAll, r#"{"remove":"all"}"#),
            (Step::Add(vec!["A"]), r#"{"add":{"group":["A"]}}"#),
            (
                Step::AddUsers(vec!["a@x.com", "b@x.com"]),
                r#"{"add":{"user":["a@x.com","b@x.com"]}}"#,
            ),
            (
                Step::RemoveUsers(vec!["a@x.com"]),
                r#"{"remove":{"user":["a@x.com"]}}"#,
            ),
            (
                Step::RemoveFromOrg {
                    delete_account: false,
                },
                r#"{"removeFromOrg":{"deleteAccount":false}}"#,
            ),
        ] {
            let expected =
                format!(r#"{{"user":"ann@x.com","requestID":"action_1","do":[{expected}]}}"#);
            assert_eq!(json(&user("ann@x.com", vec![step])), expected);
        }
    }

    #[test]
    fn each_identity_type_has_its_own_create_step() {
        for (identity_type, key) in [
            (IdentityType::AdobeId, "addAdobeID"),
            (IdentityType::EnterpriseId, "createEnterpriseID"),
            (IdentityType::FederatedId, "createFederatedID"),
        ] {
            let json = json(&user("ann@x.com", vec![create(identity_type)]));
            assert!(json.contains(&format!("\"{key}\":")), "{json}");
        }
    }

    #[test]
    fn subjects_are_users_with_their_marks_or_user_groups() {
        let ann = Command {
            subject: Subject::User {
                root: "ann",
                domain: Some("x.com"),
                use_adobe_id: true,
            },
            steps: vec![Step::RemoveAll],
        };
        let expected = r#"{"user":"ann","domain":"x.com","useAdobeID":true,"requestID":"action_1","do":[{"remove":"all"}]}"#;
        assert_eq!(json(&ann), expected);
        let group = Command {
            subject: Subject::UserGroup("New"),
            steps: vec![Step::CreateUserGroup {
                description: "made",
            }],
        };
        let expected = r#"{"usergroup":"New","requestID":"action_1","do":[{"createUserGroup":{"description":"made","option":"ignoreIfAlreadyExists"}}]}"#;
        assert_eq!(json(&group), expected);
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
        .map(|step| user("ann@example.com", vec![step]))
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
            let line = serde_json::to_string(&CommandEntry::of("action_7", &command)).unwrap();
            let read: CommandEntry<'_> = serde_json::from_str(&line).unwrap();
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
            r#"{"requestID":"action_1","user":"a","do":[{"add":"all"}]}"#,
            r#"{"requestID":"action_1","usergroup":"g","do":[{"add":{"user":["a"]}}]}"#,
            r#"{"requestID":"action_1","usergroup":"g","do":[{"remove":{"user":["a"],"group":[]}}]}"#,
        ] {
            let refused = match serde_json::from_str::<CommandEntry<'_>>(line) {
                Ok(entry) => entry.command(&mut Texts::default()).is_err(),
                Err(_) => true,
            };
            assert!(refused, "{line}");
        }
    }
}
