//! What an organisation does with the steps of a user group.

use super::actions::{At, Done, Failures, Mode, Subject, failed};
use super::org::{Org, UserGroup, same};
use serde_json::{Value, json};
use std::sync::Arc;

impl Org {
    pub(super) fn group_step(
        &mut self,
        group: &str,
        key: &str,
        value: &Value,
        (subject, mode): At,
    ) -> Done {
        if subject.deleted_group {
            return Ok(());
        }
        let place = self.groups.iter().position(|own| same(&own.name, group));
        if key == "createUserGroup" {
            return self.create_group(group, place, value, mode);
        }
        // What is no user group, a product profile for instance, is not found here.
        let is_user_group = |place: &usize| {
            let kind = self.groups[*place].kind.as_deref();
            kind.is_none_or(|kind| kind == "USER_GROUP")
        };
        let Some(place) = place.filter(is_user_group) else {
            // Its creation is not carried out in test mode either, yet it is missed.
            return failed(
                "error.group.not_found",
                format!("Group {group} was not found"),
            );
        };
        match key {
            "deleteUserGroup" => {
                subject.deleted_group = true;
                if mode == Mode::Real {
                    self.groups.remove(place);
                    self.rename_in_users(group, None);
                }
            }
            "updateUserGroup" => {
                if let Some(name) = value["name"].as_str().filter(|_| mode == Mode::Real) {
                    self.groups[place].name = name.to_owned();
                    self.rename_in_users(group, Some(name));
                }
            }
            _ => return self.group_members(group, key, value, mode),
        }
        Ok(())
    }

    fn create_group(
        &mut self,
        group: &str,
        place: Option<usize>,
        value: &Value,
        mode: Mode,
    ) -> Done {
        if group.starts_with('_') || group.chars().count() > 255 {
            return failed("error.group.invalid_name", group);
        }
        if place.is_some() {
            return match value["option"].as_str() {
                Some(_) => Ok(()),
                None => failed(
                    "error.group.already_exists",
                    format!("Group {group} exists already"),
                ),
            };
        }
        if mode == Mode::Real {
            self.groups.push(UserGroup::plain(group));
            self.listings.clear();
        }
        Ok(())
    }

    fn rename_in_users(&mut self, old: &str, new: Option<&str>) {
        let members = self.users().filter(|(_, user)| user.is_in(old));
        let members: Vec<usize> = members.map(|(place, _)| place).collect();
        for place in members {
            self.change(place, |user| {
                user.groups.retain(|group| !same(group, old));
                user.groups.extend(new.map(Arc::from));
            });
        }
    }

    fn group_members(&mut self, group: &str, key: &str, value: &Value, mode: Mode) -> Done {
        for name in value["productConfiguration"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = name.as_str().unwrap_or("");
            if self.group_named(name).is_none() {
                return failed(
                    "error.group.not_found",
                    format!("Group {name} was not found"),
                );
            }
        }
        let users = value["user"].as_array().into_iter().flatten();
        let users: Vec<&str> = users.filter_map(Value::as_str).collect();
        let (good, bad) = self.judge_members(group, key, &users, mode);
        if bad.is_empty() || self.rules.skips_bad_members {
            for user in good {
                let mut subject = Subject {
                    user,
                    deleted_group: false,
                };
                self.membership(key, &json!({"group": [group]}), (&mut subject, mode))?;
            }
        }
        if bad.is_empty() { Ok(()) } else { Err(bad) }
    }

    /// The accounts of a list that can be added or removed, and what is wrong with the others.
    fn judge_members(
        &self,
        group: &str,
        key: &str,
        users: &[&str],
        mode: Mode,
    ) -> (Vec<Option<usize>>, Failures) {
        let found: Vec<Option<usize>> = users
            .iter()
            .map(|email| self.find(&json!({"user": email})))
            .collect();
        let is_so = |place: &Option<usize>| {
            let user = place.and_then(|place| self.users[place].as_ref());
            user.is_some_and(|user| user.is_in(group) == (key == "add"))
        };
        let strict = self.rules.refuses_members && mode == Mode::Real;
        if strict && !found.is_empty() && found.iter().all(is_so) {
            let text = "The provided list of users did not change the group membership";
            return (
                Vec::new(),
                vec![("error.usergroup.user_list.invalid", text.to_owned())],
            );
        }
        let mut bad = Vec::new();
        let mut good = Vec::new();
        for (email, place) in users.iter().zip(found) {
            if place.is_none() && mode == Mode::Real {
                bad.push((
                    "error.user.nonexistent",
                    format!("User {email} does not exist"),
                ));
            } else if strict && key == "add" && is_so(&place) {
                bad.push((
                    "error.user.already_exists",
                    format!("{email} is a member already"),
                ));
            } else {
                good.push(place);
            }
        }
        (good, bad)
    }
}
