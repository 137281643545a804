//! What an organisation does with the steps of a user group.

use super::actions::{At, Done, Mode, Subject, failed};
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
        let Some(place) = place else {
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
        for email in value["user"].as_array().into_iter().flatten() {
            let user = self.find(&json!({"user": email}));
            if user.is_none() && mode == Mode::Real {
                return failed(
                    "error.user.nonexistent",
                    format!("User {email} does not exist"),
                );
            }
            let mut subject = Subject {
                user,
                deleted_group: false,
            };
            self.membership(key, &json!({"group": [group]}), (&mut subject, mode))?;
        }
        Ok(())
    }
}
