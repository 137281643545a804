//! What an organisation holds: users, groups, removed accounts, and how they
//! come from the world and go back. Knows neither HTTP nor commands.

use super::listing::Listing;
use super::rules::Rules;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// One organisation.
pub(super) struct Org {
    pub(super) id: String,
    /// All keys of the world but users and groups.
    pub(super) settings: Map<String, Value>,
    pub(super) rules: Rules,
    pub(super) groups: Vec<UserGroup>,
    /// A removed user leaves an empty place, so that places stay.
    pub(super) users: Vec<Option<User>>,
    /// Places by e-mail in lower case.
    by_email: HashMap<String, Vec<u32>>,
    removed: Vec<Value>,
    /// Rendered users listings, until something changes.
    pub(super) listings: HashMap<String, Arc<Listing>>,
}

pub(super) struct UserGroup {
    pub(super) name: String,
    pub(super) kind: Option<String>,
    pub(super) product: Option<String>,
    pub(super) readonly: bool,
}

/// One account as the organisation holds it.
#[derive(Clone, Default)]
pub(super) struct User {
    pub(super) email: String,
    pub(super) username: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) kind: String,
    pub(super) firstname: Option<String>,
    pub(super) lastname: Option<String>,
    pub(super) country: Option<String>,
    pub(super) groups: Vec<Arc<str>>,
    /// Only if it is not active.
    pub(super) status: Option<String>,
}

/// Names and addresses are compared ignoring case.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

pub(super) fn domain_of(email: &str) -> Option<&str> {
    email.split_once('@').map(|(_, domain)| domain)
}

impl User {
    fn of(user: &Value) -> User {
        let text = |key: &str| user[key].as_str().map(str::to_owned);
        let email = text("email").unwrap_or_default();
        // Absent: the usual value; null: none.
        let usual = |key: &str, usual: Option<&str>| match user.get(key) {
            Some(value) => value.as_str().map(str::to_owned),
            None => usual.map(str::to_owned),
        };
        let username = usual("username", Some(&email));
        let source = username
            .as_deref()
            .filter(|name| name.contains('@'))
            .unwrap_or(&email);
        let groups = user["groups"].as_array().into_iter().flatten();
        User {
            domain: usual("domain", domain_of(source)),
            username,
            kind: text("type").unwrap_or_else(|| "federatedID".to_owned()),
            firstname: text("firstname"),
            lastname: text("lastname"),
            country: text("country"),
            groups: groups.filter_map(Value::as_str).map(Arc::from).collect(),
            status: text("status").filter(|status| status != "active"),
            email,
        }
    }

    /// In the format of the world and of the state, where absent is absent.
    pub(super) fn json(&self) -> Value {
        let mut groups = self.groups.clone();
        groups.sort();
        let fields = [
            ("username", &self.username),
            ("domain", &self.domain),
            ("firstname", &self.firstname),
            ("lastname", &self.lastname),
            ("country", &self.country),
            ("status", &self.status),
        ];
        let mut user = json!({"email": self.email, "type": self.kind});
        user["groups"] = groups.iter().map(|group| json!(**group)).collect();
        for (key, value) in fields {
            if let Some(value) = value {
                user[key] = json!(value);
            }
        }
        user
    }

    pub(super) fn is_adobe_id(&self) -> bool {
        self.kind == "adobeID"
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| same(own, group))
    }
}

impl UserGroup {
    pub(super) fn plain(name: &str) -> UserGroup {
        UserGroup {
            name: name.to_owned(),
            kind: None,
            product: None,
            readonly: false,
        }
    }

    fn of(group: &Value) -> UserGroup {
        let text = |key: &str| group[key].as_str().map(str::to_owned);
        let name = group.as_str().or(group["name"].as_str());
        UserGroup {
            kind: text("type"),
            product: text("product"),
            readonly: group["readonly"].as_bool().unwrap_or(false),
            ..UserGroup::plain(name.expect("a group of the world has a name"))
        }
    }

    fn json(&self) -> Value {
        if self.kind.is_none() && self.product.is_none() && !self.readonly {
            return json!(self.name);
        }
        json!({"name": self.name, "type": self.kind, "product": self.product, "readonly": self.readonly})
    }
}

impl Org {
    pub(super) fn of(id: &str, world: &Value, rules: Rules) -> Org {
        let mut settings = world.as_object().cloned().unwrap_or_default();
        settings.remove("users");
        settings.remove("groups");
        let groups = world["groups"].as_array().into_iter().flatten();
        let mut org = Org {
            id: id.to_owned(),
            settings,
            rules,
            groups: groups.map(UserGroup::of).collect(),
            users: Vec::new(),
            by_email: HashMap::new(),
            removed: Vec::new(),
            listings: HashMap::new(),
        };
        for user in world["users"].as_array().into_iter().flatten() {
            org.insert(User::of(user));
        }
        org
    }

    /// The place of the new user.
    pub(super) fn insert(&mut self, user: User) -> usize {
        let place = self.users.len();
        let places = self.by_email.entry(user.email.to_lowercase()).or_default();
        places.push(place as u32);
        self.users.push(Some(user));
        self.listings.clear();
        place
    }

    /// Changes a user; the index follows the e-mail.
    pub(super) fn change(&mut self, place: usize, change: impl FnOnce(&mut User)) {
        let Some(user) = &mut self.users[place] else {
            return;
        };
        let before = user.email.to_lowercase();
        change(user);
        let after = user.email.to_lowercase();
        if before != after {
            self.forget(&before, place);
            self.by_email.entry(after).or_default().push(place as u32);
        }
        self.listings.clear();
    }

    pub(super) fn remove(&mut self, place: usize, delete_account: bool) {
        let Some(user) = self.users[place].take() else {
            return;
        };
        self.forget(&user.email.to_lowercase(), place);
        self.removed.push(json!({
            "email": user.email, "type": user.kind, "deleteAccount": delete_account,
        }));
        self.listings.clear();
    }

    fn forget(&mut self, email: &str, place: usize) {
        if let Some(places) = self.by_email.get_mut(email) {
            places.retain(|other| *other as usize != place);
        }
    }

    /// Users with this e-mail, in any case.
    pub(super) fn with_email(&self, email: &str) -> impl Iterator<Item = (usize, &User)> {
        let places = self.by_email.get(&email.to_lowercase());
        let places = places.into_iter().flatten().map(|place| *place as usize);
        places.filter_map(|place| Some((place, self.users[place].as_ref()?)))
    }

    pub(super) fn users(&self) -> impl Iterator<Item = (usize, &User)> {
        let users = self.users.iter().enumerate();
        users.filter_map(|(place, user)| Some((place, user.as_ref()?)))
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.settings.get(key).and_then(Value::as_str).unwrap_or("")
    }

    pub(super) fn number(&self, key: &str) -> Option<usize> {
        let number = self.settings.get(key).and_then(Value::as_u64);
        number.map(|number| number as usize)
    }

    pub(super) fn state(&self) -> Value {
        let mut users: Vec<&User> = self.users().map(|(_, user)| user).collect();
        users.sort_by_key(|user| (user.email.to_lowercase(), user.kind.clone()));
        let users: Vec<Value> = users.into_iter().map(User::json).collect();
        let mut groups: Vec<&str> = self
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        groups.sort_unstable();
        let mut removed = self.removed.clone();
        removed.sort_by_key(Value::to_string);
        json!({"users": users, "groups": groups, "removed": removed})
    }

    pub(super) fn world(&self) -> Value {
        let mut world = Value::Object(self.settings.clone());
        world["users"] = self.users().map(|(_, user)| world_user(user)).collect();
        world["groups"] = self.groups.iter().map(UserGroup::json).collect();
        world
    }
}

/// Like the state, but a missing name must not come back as the usual one.
fn world_user(user: &User) -> Value {
    let mut json = user.json();
    if user.username.is_none() {
        json["username"] = Value::Null;
    }
    if user.domain.is_none() {
        json["domain"] = Value::Null;
    }
    json
}
