//! Brings commands into the form in which runs are compared: what is sent, not
//! how it was cut into entries and requests.
//! Knows the wire form of commands only.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One entry as it was sent.
pub(crate) struct Sent<'a> {
    pub(crate) org: &'a str,
    pub(crate) test_only: bool,
    pub(crate) entry: &'a Value,
}

/// One command for each organisation and root, sorted.
///
/// Steps are joined over all entries in the order create, update, remove, add,
/// other, removeFromOrg. Group lists are joined, trimmed, lower-cased (names
/// beginning `_product_admin_` keep their case) and sorted. E-mail roots are
/// lower-cased except for creates. `requestID` and group descriptions go.
pub(crate) fn normal<'a>(sent: impl IntoIterator<Item = Sent<'a>>) -> Vec<Value> {
    let mut commands: BTreeMap<String, Joined> = BTreeMap::new();
    for one in sent {
        let entry = one.entry;
        let kind = if entry.get("usergroup").is_some() {
            "usergroup"
        } else {
            "user"
        };
        let name = entry[kind].as_str().unwrap_or("");
        let mut root = json!({"org": one.org, kind: lower_email(name)});
        for key in ["domain", "useAdobeID"] {
            if let Some(value) = entry.get(key) {
                root[key] = value.clone();
            }
        }
        if one.test_only {
            root["testOnly"] = json!(true);
        }
        let joined = commands.entry(root.to_string()).or_default();
        joined.root = root;
        for step in entry["do"].as_array().into_iter().flatten() {
            for (key, value) in step.as_object().into_iter().flatten() {
                joined.add(key, value, name);
            }
        }
    }
    let mut commands: Vec<Value> = commands.into_values().map(Joined::command).collect();
    commands.sort_by_key(Value::to_string);
    commands
}

#[derive(Default)]
struct Joined {
    root: Value,
    /// The root as the create spells it.
    created_as: Option<String>,
    creates: Vec<Value>,
    update: Map<String, Value>,
    remove_all: bool,
    remove: Lists,
    add: Lists,
    others: Vec<Value>,
    removals: Vec<Value>,
}

type Lists = BTreeMap<String, BTreeSet<String>>;

impl Joined {
    fn add(&mut self, key: &str, value: &Value, name: &str) {
        match key {
            "addAdobeID" | "createEnterpriseID" | "createFederatedID" | "createUserGroup" => {
                self.created_as = Some(name.to_owned());
                once(&mut self.creates, undescribed(key, value));
            }
            "update" => self
                .update
                .extend(value.as_object().cloned().unwrap_or_default()),
            "remove" if value == "all" => self.remove_all = true,
            "remove" => join(&mut self.remove, value),
            "add" => join(&mut self.add, value),
            "removeFromOrg" => once(&mut self.removals, json!({key: value})),
            _ => once(&mut self.others, undescribed(key, value)),
        }
    }

    fn command(self) -> Value {
        let mut steps = self.creates;
        if !self.update.is_empty() {
            steps.push(json!({"update": self.update}));
        }
        if self.remove_all {
            steps.push(json!({"remove": "all"}));
        }
        if !self.remove.is_empty() {
            steps.push(json!({"remove": self.remove}));
        }
        if !self.add.is_empty() {
            steps.push(json!({"add": self.add}));
        }
        steps.extend(self.others);
        steps.extend(self.removals);
        let mut command = self.root;
        if let Some(name) = self.created_as {
            let kind = if command.get("usergroup").is_some() {
                "usergroup"
            } else {
                "user"
            };
            command[kind] = json!(name);
        }
        command["do"] = json!(steps);
        command
    }
}

fn lower_email(name: &str) -> String {
    if name.contains('@') {
        name.to_lowercase()
    } else {
        name.to_owned()
    }
}

/// A command that was sent again counts once.
fn once(steps: &mut Vec<Value>, step: Value) {
    if !steps.contains(&step) {
        steps.push(step);
    }
}

fn undescribed(key: &str, value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut().filter(|_| key.ends_with("UserGroup")) {
        fields.remove("description");
    }
    json!({key: value})
}

fn join(lists: &mut Lists, value: &Value) {
    for (key, names) in value.as_object().into_iter().flatten() {
        let names = names
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        lists
            .entry(key.clone())
            .or_default()
            .extend(names.map(group_name));
    }
}

fn group_name(name: &str) -> String {
    let name = name.trim();
    if name.starts_with("_product_admin_") {
        name.to_owned()
    } else {
        name.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal_of(entries: &[Value]) -> Vec<Value> {
        normal(entries.iter().map(|entry| Sent {
            org: "O",
            test_only: false,
            entry,
        }))
    }

    #[test]
    fn entries_of_one_user_become_one_command_in_the_order_of_steps() {
        let sent = [
            json!({"user": "Ann@Example.com", "requestID": "a1", "do": [{"add": {"group": ["B ", "_product_admin_X Y"]}}]}),
            json!({"user": "ann@example.com", "requestID": "a2", "do": [{"remove": {"group": ["C"]}}, {"add": {"group": ["a", "b"]}}]}),
            json!({"user": "ann@example.com", "requestID": "a3", "do": [{"update": {"firstname": "Ann"}}]}),
        ];
        let expected = json!({"org": "O", "user": "ann@example.com", "do": [
            {"update": {"firstname": "Ann"}},
            {"remove": {"group": ["c"]}},
            {"add": {"group": ["_product_admin_X Y", "a", "b"]}},
        ]});
        assert_eq!(normal_of(&sent), [expected]);
    }

    #[test]
    fn a_create_keeps_the_spelling_of_its_root_also_when_its_groups_follow_later() {
        let create = json!({"createFederatedID": {"email": "New@Example.com"}});
        let sent = [
            json!({"user": "New@Example.com", "do": [create]}),
            json!({"user": "new@example.com", "do": [{"add": {"group": ["G"]}}]}),
        ];
        let expected = json!({"org": "O", "user": "New@Example.com", "do": [create, {"add": {"group": ["g"]}}]});
        assert_eq!(normal_of(&sent), [expected]);
    }

    #[test]
    fn different_roots_stay_apart() {
        let remove = json!([{"remove": "all"}]);
        let sent = [
            json!({"user": "a@b.c", "do": remove}),
            json!({"user": "a@b.c", "useAdobeID": true, "do": remove}),
            json!({"user": "E1", "domain": "b.c", "do": remove}),
            json!({"user": "e1", "domain": "b.c", "do": remove}),
        ];
        assert_eq!(normal_of(&sent).len(), 4);
    }

    #[test]
    fn a_command_that_was_sent_again_counts_once_and_test_mode_is_marked() {
        let entry = json!({"usergroup": "New", "do": [{"createUserGroup": {"description": "d", "option": "ignoreIfAlreadyExists"}}]});
        let sent = [&entry, &entry].map(|entry| Sent {
            org: "O",
            test_only: true,
            entry,
        });
        let create = json!({"createUserGroup": {"option": "ignoreIfAlreadyExists"}});
        let expected = json!({"org": "O", "usergroup": "New", "testOnly": true, "do": [create]});
        assert_eq!(normal(sent), [expected]);
    }
}
