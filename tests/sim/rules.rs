//! The form of action commands: keys, limits, order of steps.
//! Pure; knows no organisation. Source: UMAPI's action reference.

use super::org::same;
use serde_json::{Map, Value};

/// Why a step, and with it its entry, is refused.
pub(super) struct Refusal {
    pub(super) step: usize,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(step: usize, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            step,
            code,
            message: message.into(),
        }
    }
}

pub(super) const CREATES: [&str; 3] = ["addAdobeID", "createEnterpriseID", "createFederatedID"];
pub(super) const ENTRIES: usize = 10;
const STEPS: usize = 10;
pub(super) const TOO_LONG: &str = "error.command.add_remove.list_too_long";
const MALFORMED: &str = "error.command.malformed";

/// How the service reads what its documentation leaves open, and how much it takes.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Names in one list.
    pub(super) list: usize,
    /// Memberships in one `usergroup` entry.
    pub(super) entry: usize,
    /// Of a list with a bad member only that one is left out; else the whole step is refused.
    pub(super) skips_bad_members: bool,
    /// Later steps of a `usergroup` entry are carried out behind a bad one.
    pub(super) goes_on: bool,
    /// Adding a member, or a list that changes nothing, is an error.
    pub(super) refuses_members: bool,
}

impl Rules {
    pub(super) fn of(adobe: &Value) -> Rules {
        let limit = |key: &str, usual: usize| {
            let limit = adobe["limits"][key].as_u64();
            limit.map_or(usual, |limit| limit as usize)
        };
        Rules {
            list: limit("list", 10),
            entry: limit("entry", usize::MAX),
            skips_bad_members: adobe["bad_member"] == "skip",
            goes_on: adobe["after_bad_step"] == "go_on",
            refuses_members: adobe["already_member"] == "refuse",
        }
    }
}

/// The key and the value of a step.
pub(super) fn parts(step: &Value) -> Option<(&str, &Value)> {
    let step = step.as_object().filter(|step| step.len() == 1)?;
    step.iter().next().map(|(key, value)| (key.as_str(), value))
}

/// All that is wrong with the form of one entry.
pub(super) fn check(entry: &Value, rules: Rules) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let Some(members) = entry.as_object() else {
        return vec![Refusal::new(0, MALFORMED, "an entry is an object")];
    };
    check_root(members, &mut refusals);
    let Some(steps) = entry["do"].as_array().filter(|steps| !steps.is_empty()) else {
        refusals.push(Refusal::new(0, MALFORMED, "do is a list of steps"));
        return refusals;
    };
    if steps.len() > STEPS {
        refusals.push(Refusal::new(STEPS, MALFORMED, "too many steps"));
    }
    let for_user = members.contains_key("user");
    for (place, step) in steps.iter().enumerate() {
        let Some((key, value)) = parts(step) else {
            refusals.push(Refusal::new(place, MALFORMED, "a step has one key"));
            continue;
        };
        let result = if for_user {
            check_user_step(key, value, entry, rules)
        } else {
            check_group_step(key, value, rules)
        };
        if let Err((code, message)) = result {
            refusals.push(Refusal::new(place, code, message));
        }
    }
    check_order(steps, &mut refusals);
    let names = steps
        .iter()
        .filter_map(|step| parts(step)?.1["user"].as_array());
    let names: usize = names.map(Vec::len).sum();
    if names > rules.entry {
        let text = format!("{names} memberships in one entry");
        refusals.push(Refusal::new(0, TOO_LONG, text));
    }
    refusals
}

fn check_root(members: &Map<String, Value>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |code, message: &str| refusals.push(Refusal::new(0, code, message));
    let known = [
        "user",
        "usergroup",
        "do",
        "requestID",
        "domain",
        "useAdobeID",
    ];
    if let Some(key) = members.keys().find(|key| !known.contains(&key.as_str())) {
        refuse(MALFORMED, &format!("unknown key {key}"));
    }
    let text = |key: &str| members.get(key).map(|value| value.as_str().unwrap_or(""));
    let (user, group) = (text("user"), text("usergroup"));
    match (user, group) {
        (Some(name), None) | (None, Some(name)) if !name.is_empty() => {}
        _ => refuse(MALFORMED, "either user or usergroup"),
    }
    for key in ["user", "requestID", "domain"] {
        if text(key).is_some_and(|text| text.chars().count() > 250) {
            refuse(
                "error.command.string.too_long",
                &format!("{key} is too long"),
            );
        }
    }
    if text("requestID") == Some("") {
        refuse(MALFORMED, "requestID is text");
    }
    match (user, text("domain")) {
        (Some(user), Some(_)) if user.contains('@') => {
            refuse(
                "error.command.domain.must_be_used_with_nonemail_username",
                user,
            );
        }
        (Some(user), None | Some("")) if !user.contains('@') => {
            refuse("error.command.domain.missing", user);
        }
        _ => {}
    }
    match members.get("useAdobeID") {
        None => {}
        Some(Value::Bool(_)) if user.is_some() => {}
        Some(_) => refuse(MALFORMED, "useAdobeID is a boolean beside user"),
    }
}

fn check_order(steps: &[Value], refusals: &mut Vec<Refusal>) {
    let keys: Vec<&str> = steps
        .iter()
        .map(|step| parts(step).map_or("", |(key, _)| key))
        .collect();
    let is_create = |key: &str| CREATES.contains(&key) || key == "createUserGroup";
    for (place, key) in keys.iter().enumerate() {
        if is_create(key) && place > 0 {
            let more = keys[..place].iter().any(|key| is_create(key));
            let code = if more {
                "error.command.create.more_than_one"
            } else {
                "error.command.create.not_first"
            };
            refusals.push(Refusal::new(place, code, *key));
        }
        if *key == "removeFromOrg" && place + 1 < keys.len() {
            refusals.push(Refusal::new(
                place,
                "error.command.removefromorg.not_last",
                *key,
            ));
        }
    }
}

type Checked = Result<(), (&'static str, String)>;

fn refuse(code: &'static str, message: impl Into<String>) -> Checked {
    Err((code, message.into()))
}

fn check_user_step(key: &str, value: &Value, entry: &Value, rules: Rules) -> Checked {
    match key {
        key if CREATES.contains(&key) => check_create(key, value, entry),
        "update" => {
            if value.get("country").is_some() {
                return refuse(
                    "error.update.country.no_update",
                    "country cannot be changed",
                );
            }
            check_fields(value, &["email", "firstname", "lastname", "username"])
        }
        "remove" if value == "all" => Ok(()),
        "add" | "remove" => {
            check_lists(value, &["group", "product", "productConfiguration"], rules)
        }
        "removeFromOrg" => match value["deleteAccount"].as_bool() {
            Some(_) => Ok(()),
            None if value.as_object().is_some_and(Map::is_empty) => Ok(()),
            None => refuse(MALFORMED, "deleteAccount is a boolean"),
        },
        _ => refuse("error.command.step.unknown", key),
    }
}

fn check_create(key: &str, value: &Value, entry: &Value) -> Checked {
    check_option(value)?;
    check_fields(
        value,
        &["email", "firstname", "lastname", "country", "option"],
    )?;
    let email = value["email"].as_str().unwrap_or("");
    let user = entry["user"].as_str().unwrap_or("");
    if key != "createFederatedID" && !same(email, user) {
        return refuse("error.user.must_match_email", user);
    }
    let country = value["country"].as_str();
    let valid =
        |country: &str| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    match country {
        None if key == "createFederatedID" => {
            refuse("error.country.invalid", "country is required")
        }
        Some(country) if !valid(country) => refuse("error.country.invalid", country),
        Some("UD") if key == "createFederatedID" => refuse("error.country.invalid", "UD"),
        _ if email.is_empty() => refuse("error.user.email.invalid", "email is required"),
        _ => Ok(()),
    }
}

fn check_option(value: &Value) -> Checked {
    match value
        .get("option")
        .map(|option| option.as_str().unwrap_or(""))
    {
        None | Some("ignoreIfAlreadyExists" | "updateIfAlreadyExists") => Ok(()),
        Some(option) => refuse(MALFORMED, format!("unknown option {option}")),
    }
}

/// Known keys, texts that are neither empty nor too long.
fn check_fields(value: &Value, known: &[&str]) -> Checked {
    let Some(fields) = value.as_object().filter(|fields| !fields.is_empty()) else {
        return refuse(MALFORMED, "a step without fields");
    };
    for (key, value) in fields {
        let Some(text) = value.as_str().filter(|_| known.contains(&key.as_str())) else {
            return refuse(MALFORMED, format!("field {key}"));
        };
        let limit = if key == "email" { 60 } else { 250 };
        if text.trim().is_empty() {
            return refuse(MALFORMED, format!("{key} is empty"));
        }
        if text.chars().count() > limit {
            return refuse(
                "error.command.string.too_long",
                format!("{key} is too long"),
            );
        }
        let local = text.split_once('@');
        if key == "email"
            && !local.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        {
            return refuse("error.user.email.invalid", text);
        }
    }
    Ok(())
}

/// Lists of names: not empty, not too long, no name twice.
fn check_lists(value: &Value, known: &[&str], rules: Rules) -> Checked {
    let Some(lists) = value.as_object().filter(|lists| !lists.is_empty()) else {
        return refuse("error.group.invalid_list", "no list");
    };
    for (key, list) in lists {
        if !known.contains(&key.as_str()) {
            return refuse(MALFORMED, format!("unknown key {key}"));
        }
        let names = list.as_array().into_iter().flatten();
        let names: Option<Vec<&str>> = names.map(Value::as_str).collect();
        let Some(names) = names.filter(|names| !names.is_empty() && !names.contains(&"")) else {
            return refuse(
                "error.group.invalid_list",
                format!("{key} is no list of names"),
            );
        };
        if names.len() > rules.list {
            return refuse(TOO_LONG, format!("{} names", names.len()));
        }
        let twice = names
            .iter()
            .enumerate()
            .find(|(place, name)| names[..*place].iter().any(|earlier| same(earlier, name)));
        if let Some((_, name)) = twice {
            return refuse("error.group.invalid_list", format!("{name} stands twice"));
        }
    }
    Ok(())
}

fn check_group_step(key: &str, value: &Value, rules: Rules) -> Checked {
    let text = |key: &str| value[key].as_str();
    match key {
        "createUserGroup" | "updateUserGroup" => {
            if !value.is_object() {
                return refuse(MALFORMED, key);
            }
            check_option(value)?;
            if text("name").is_some_and(|name| name.chars().count() > 255 || name.starts_with('_'))
            {
                return refuse("error.group.invalid_name", "name");
            }
            if text("description").is_some_and(|text| text.chars().count() > 250) {
                return refuse("error.command.string.too_long", "description");
            }
            Ok(())
        }
        "deleteUserGroup" => Ok(()),
        "add" | "remove" => check_lists(value, &["user", "productConfiguration"], rules),
        _ => refuse("error.command.step.unknown", key),
    }
}
