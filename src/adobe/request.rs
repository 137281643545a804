//! Commands as UMAPI's JSON (`POST /action/{orgId}`), written straight from what the plan holds.
//! Keys are those of Adobe's reference; a value that is absent is left out.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::model::IdentityType;
use crate::model::command::{Command, IfExists, Step, Subject, Update};

/// The body of one request: an entry for each request id and command.
pub(super) struct Entries<'e>(pub(super) &'e [(&'e str, &'e Command)]);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.len()))?;
        for (request_id, command) in self.0 {
            list.serialize_element(&Entry {
                request_id,
                command,
            })?;
        }
        list.end()
    }
}

/// One command as it is sent; saved plans hold it in the same shape.
pub struct Entry<'e> {
    pub request_id: &'e str,
    pub command: &'e Command,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut entry = to.serialize_map(None)?;
        match &self.command.subject {
            Subject::User {
                root,
                domain,
                use_adobe_id,
            } => {
                entry.serialize_entry("user", root)?;
                optional(&mut entry, "domain", domain.as_ref())?;
                optional(&mut entry, "useAdobeID", use_adobe_id.then_some(&true))?;
            }
            Subject::UserGroup(name) => entry.serialize_entry("usergroup", name)?,
        }
        entry.serialize_entry("requestID", self.request_id)?;
        entry.serialize_entry("do", &Steps(&self.command.steps))?;
        entry.end()
    }
}

struct Steps<'s>(&'s [Step]);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(OneStep))
    }
}

/// A step is an object with one key, its kind.
struct OneStep<'s>(&'s Step);

impl Serialize for OneStep<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut step = to.serialize_map(Some(1))?;
        match self.0 {
            Step::Create { identity_type, .. } => {
                step.serialize_entry(create_key(*identity_type), &Create(self.0))?;
            }
            Step::Update(update) => step.serialize_entry("update", &Changes(update))?,
            Step::Remove(groups) => step.serialize_entry("remove", &Groups(groups))?,
            Step::RemoveUsers(users) => step.serialize_entry("remove", &Users(users))?,
            Step::AddUsers(users) => step.serialize_entry("add", &Users(users))?,
            Step::RemoveAll => step.serialize_entry("remove", "all")?,
            Step::Add(groups) => step.serialize_entry("add", &Groups(groups))?,
            Step::RemoveFromOrg { delete_account } => {
                step.serialize_entry("removeFromOrg", &One("deleteAccount", delete_account))?;
            }
            Step::CreateUserGroup { .. } => {
                step.serialize_entry("createUserGroup", &Create(self.0))?;
            }
        }
        step.end()
    }
}

fn create_key(identity_type: IdentityType) -> &'static str {
    match identity_type {
        IdentityType::AdobeId => "addAdobeID",
        IdentityType::EnterpriseId => "createEnterpriseID",
        IdentityType::FederatedId => "createFederatedID",
    }
}

/// What stands inside a step that creates a user or a user group.
struct Create<'s>(&'s Step);

impl Serialize for Create<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut create = to.serialize_map(None)?;
        match self.0 {
            Step::Create {
                email,
                firstname,
                lastname,
                country,
                if_exists,
                ..
            } => {
                create.serialize_entry("email", email)?;
                optional(&mut create, "firstname", firstname.as_ref())?;
                optional(&mut create, "lastname", lastname.as_ref())?;
                optional(&mut create, "country", country.as_ref())?;
                create.serialize_entry("option", option(*if_exists))?;
            }
            Step::CreateUserGroup { description } => {
                create.serialize_entry("description", description)?;
                create.serialize_entry("option", option(IfExists::Ignore))?;
            }
            _ => {}
        }
        create.end()
    }
}

fn option(if_exists: IfExists) -> &'static str {
    match if_exists {
        IfExists::Ignore => "ignoreIfAlreadyExists",
        IfExists::Update => "updateIfAlreadyExists",
    }
}

struct Changes<'u>(&'u Update);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut update = to.serialize_map(None)?;
        optional(&mut update, "email", self.0.email.as_ref())?;
        optional(&mut update, "firstname", self.0.firstname.as_ref())?;
        optional(&mut update, "lastname", self.0.lastname.as_ref())?;
        optional(&mut update, "username", self.0.username.as_ref())?;
        update.end()
    }
}

struct Groups<'g>(&'g [&'static str]);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        One("group", &self.0).serialize(to)
    }
}

struct Users<'u>(&'u [&'static str]);

impl Serialize for Users<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        One("user", &self.0).serialize(to)
    }
}

/// An object with one key.
struct One<'o, T>(&'static str, &'o T);

impl<T: Serialize> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map([(self.0, self.1)])
    }
}

fn optional<M: SerializeMap, T: Serialize>(
    map: &mut M,
    key: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, value),
        None => Ok(()),
    }
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
        serde_json::to_string(&Entries(&[("action_1", command)])).unwrap()
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
                format!(r#"[{{"user":"ann@x.com","requestID":"action_1","do":[{expected}]}}]"#);
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
        let expected = r#"[{"user":"ann","domain":"x.com","useAdobeID":true,"requestID":"action_1","do":[{"remove":"all"}]}]"#;
        assert_eq!(json(&ann), expected);
        let group = Command {
            subject: Subject::UserGroup("New"),
            steps: vec![Step::CreateUserGroup {
                description: "made",
            }],
        };
        let expected = r#"[{"usergroup":"New","requestID":"action_1","do":[{"createUserGroup":{"description":"made","option":"ignoreIfAlreadyExists"}}]}]"#;
        assert_eq!(json(&group), expected);
    }
}
