//! The users of the Okta tenant: listed in the world, or worked out from their
//! number for large tenants, where nothing is held for each.

use super::seed;
use serde_json::{Map, Value, json};

/// Users are named by their place, from 0.
pub(super) enum People {
    Listed(Vec<Person>),
    /// So many, see `generate.rs` for what they are like.
    Formula(Formula),
}

/// One user of the world, its id settled.
pub(super) struct Person {
    pub(super) uid: String,
    id: String,
    record: Value,
}

/// How a generated user looks: functions of its number.
pub(super) struct Formula {
    pub(super) count: usize,
    pub(super) email: fn(usize) -> String,
    pub(super) status: fn(usize) -> &'static str,
    pub(super) profile: fn(usize) -> String,
}

/// Sorts before the ids of other kinds, and by number.
fn formula_id(number: usize) -> String {
    seed::id("00u", number as u64)
}

impl People {
    pub(super) fn of(users: &Value) -> People {
        let users = users.as_object().into_iter().flatten();
        People::Listed(users.map(|(uid, record)| Person::of(uid, record)).collect())
    }

    pub(super) fn count(&self) -> usize {
        match self {
            People::Listed(people) => people.len(),
            People::Formula(formula) => formula.count,
        }
    }

    /// The place of the user with this uid of the world.
    pub(super) fn place(&self, uid: &str) -> Option<usize> {
        match self {
            People::Listed(people) => people.iter().position(|person| person.uid == uid),
            People::Formula(_) => None,
        }
    }

    pub(super) fn id(&self, place: usize) -> String {
        match self {
            People::Listed(people) => people[place].id.clone(),
            People::Formula(_) => formula_id(place),
        }
    }

    pub(super) fn by_id(&self, id: &str) -> Option<usize> {
        match self {
            People::Listed(people) => people.iter().position(|person| person.id == id),
            People::Formula(formula) => {
                let digits = id.strip_prefix("00u")?.strip_suffix("1d7")?;
                let place = usize::from_str_radix(digits, 36).ok()?;
                (place < formula.count).then_some(place)
            }
        }
    }

    /// Whether `search` finds the user: Okta's index lags behind.
    pub(super) fn is_indexed(&self, place: usize) -> bool {
        match self {
            People::Listed(people) => people[place].record["lag"] != true,
            People::Formula(_) => true,
        }
    }

    /// An attribute by the name it has in a search expression.
    pub(super) fn attribute(&self, place: usize, name: &str) -> Option<String> {
        match self {
            People::Listed(people) => people[place].attribute(name),
            People::Formula(formula) => match name {
                "id" => Some(formula_id(place)),
                "status" => Some((formula.status)(place).to_owned()),
                "profile.login" | "profile.email" => Some((formula.email)(place)),
                _ => None,
            },
        }
    }

    /// The user as JSON, members in the order that Okta gives them.
    /// `links` is the text of the `_links` object.
    pub(super) fn json(&self, place: usize, links: &str) -> String {
        match self {
            People::Listed(people) => people[place].json(links),
            People::Formula(formula) => user(
                &formula_id(place),
                (formula.status)(place),
                &Map::new(),
                &(formula.profile)(place),
                links,
            ),
        }
    }
}

impl Person {
    fn of(uid: &str, record: &Value) -> Person {
        let short = uid.len() <= 13 && uid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // Made of the uid, so that it stays when the world is changed.
        let id = match record["id"].as_str() {
            Some(id) => id.to_owned(),
            // The length keeps `u1` and `u10` apart.
            None if short => {
                let length = b"0123456789abcd"[uid.len()] as char;
                format!("00u{uid:0<13}{length}1d7")
            }
            None => seed::id("00u", seed::hash(uid)),
        };
        Person {
            uid: uid.to_owned(),
            id,
            record: record.clone(),
        }
    }

    fn status(&self) -> &str {
        self.record["status"].as_str().unwrap_or("ACTIVE")
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let value = match name.strip_prefix("profile.") {
            Some(name) => &self.record["profile"][name],
            None if name == "id" => return Some(self.id.clone()),
            None if name == "status" => return Some(self.status().to_owned()),
            None => &self.record[name],
        };
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    fn json(&self, links: &str) -> String {
        let mut others = self.record.as_object().cloned().unwrap_or_default();
        others.retain(|key, _| !["id", "status", "profile", "lag"].contains(&key.as_str()));
        let profile = match &self.record["profile"] {
            Value::Object(profile) => ordered(profile),
            other => other.to_string(),
        };
        user(&self.id, self.status(), &others, &profile, links)
    }
}

const MOMENT: &str = "2025-03-13T23:36:25.000Z";

/// A user object; `others` replace the usual top-level members or follow them.
fn user(id: &str, status: &str, others: &Map<String, Value>, profile: &str, links: &str) -> String {
    let staged = status == "STAGED";
    let begun = if staged { Value::Null } else { json!(MOMENT) };
    let usual = [
        ("created", json!(MOMENT)),
        ("activated", begun.clone()),
        ("statusChanged", begun),
        ("lastLogin", Value::Null),
        ("lastUpdated", json!(MOMENT)),
        ("passwordChanged", Value::Null),
        ("type", json!({"id": "oty00000000000001d7"})),
    ];
    let mut text = format!("{{\"id\":{},\"status\":{}", json!(id), json!(status));
    for (key, value) in &usual {
        text.push_str(&format!(",\"{key}\":{}", others.get(*key).unwrap_or(value)));
    }
    for (key, value) in others {
        if key != "credentials" && !usual.iter().any(|(usual, _)| usual == key) {
            text.push_str(&format!(",{}:{value}", json!(key)));
        }
    }
    const OKTA: &str = "{\"provider\":{\"type\":\"OKTA\",\"name\":\"OKTA\"}}";
    let credentials = others.get("credentials");
    let credentials = credentials.map_or(OKTA.to_owned(), Value::to_string);
    text.push_str(&format!(
        ",\"profile\":{profile},\"credentials\":{credentials},\"_links\":{links}}}"
    ));
    text
}

/// A profile in the order of real answers: names first, login and e-mail last.
fn ordered(profile: &Map<String, Value>) -> String {
    const FIRST: [&str; 4] = ["firstName", "lastName", "mobilePhone", "secondEmail"];
    const LAST: [&str; 2] = ["login", "email"];
    let others = profile.keys().map(String::as_str);
    let others = others.filter(|key| !FIRST.contains(key) && !LAST.contains(key));
    let keys = FIRST.into_iter().chain(others).chain(LAST);
    let members: Vec<String> = keys
        .filter_map(|key| Some(format!("{}:{}", json!(key), profile.get(key)?)))
        .collect();
    format!("{{{}}}", members.join(","))
}
