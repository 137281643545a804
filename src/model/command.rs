//! A command and its steps: what is sent to Adobe, as plain data.
//!
//! The terms are those of UMAPI (`POST /action/{orgId}`). Made by `plan`, put into JSON by `adobe`.
//! Knows neither why a command is made nor how it travels.

use serde::{Deserialize, Serialize};

use crate::model::IdentityType;
use crate::text::Text;

/// One subject's ordered changes in one org: a command entry of UMAPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub subject: Subject,
    /// At most ten; at most one create, first; `RemoveFromOrg` only last.
    pub steps: Vec<Step>,
}

/// Whom a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    User {
        /// E-mail or username (manual/rules.md#commands-and-requests).
        root: Text,
        /// Only for a username without `@`.
        domain: Option<Text>,
        use_adobe_id: bool,
    },
    UserGroup(Text),
}

/// One change inside a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Create {
        identity_type: IdentityType,
        email: Text,
        firstname: Option<Text>,
        lastname: Option<Text>,
        country: Option<Text>,
        if_exists: IfExists,
    },
    /// Only what changes.
    Update(Update),
    /// Group names, at most ten.
    Remove(Vec<Text>),
    /// `remove: "all"`.
    RemoveAll,
    /// Group names, at most ten.
    Add(Vec<Text>),
    RemoveFromOrg {
        delete_account: bool,
    },
    CreateUserGroup {
        description: Text,
    },
    /// E-mails of users, at most ten, that a user group loses. Only sending makes this step, of
    /// many people's commands.
    RemoveUsers(Vec<Text>),
    /// E-mails of users, at most ten, that a user group gains.
    AddUsers(Vec<Text>),
}

impl Subject {
    /// The user's e-mail or username, or the name of the user group.
    pub fn name(&self) -> Text {
        match self {
            Subject::User { root, .. } => root,
            Subject::UserGroup(name) => name,
        }
    }
}

impl Step {
    /// The groups that a user gains or loses by it.
    pub fn groups(&self) -> &[Text] {
        match self {
            Step::Add(groups) | Step::Remove(groups) => groups,
            _ => &[],
        }
    }

    /// The key by which UMAPI knows the step.
    pub fn name(&self) -> &'static str {
        match self {
            Step::Create { identity_type, .. } => match identity_type {
                IdentityType::AdobeId => "addAdobeID",
                IdentityType::EnterpriseId => "createEnterpriseID",
                IdentityType::FederatedId => "createFederatedID",
            },
            Step::Update(_) => "update",
            Step::Remove(_) | Step::RemoveAll | Step::RemoveUsers(_) => "remove",
            Step::Add(_) | Step::AddUsers(_) => "add",
            Step::RemoveFromOrg { .. } => "removeFromOrg",
            Step::CreateUserGroup { .. } => "createUserGroup",
        }
    }
}

/// The attributes of an update step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    pub email: Option<Text>,
    pub firstname: Option<Text>,
    pub lastname: Option<Text>,
    pub username: Option<Text>,
}

impl Update {
    /// Every attribute by name; `None`: it stays as it is.
    pub fn attributes(&self) -> [(&'static str, Option<Text>); 4] {
        let mut update = self.clone();
        update.attributes_mut().map(|(name, value)| (name, *value))
    }

    /// The same, to be set: those of [`crate::model::change::AttributeChange::NAMES`].
    pub fn attributes_mut(&mut self) -> [(&'static str, &mut Option<Text>); 4] {
        [
            ("firstname", &mut self.firstname),
            ("lastname", &mut self.lastname),
            ("email", &mut self.email),
            ("username", &mut self.username),
        ]
    }
}

/// The `option` of a create step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IfExists {
    #[serde(rename = "ignoreIfAlreadyExists")]
    Ignore,
    #[serde(rename = "updateIfAlreadyExists")]
    Update,
}
