//! What an organisation does with action requests.
//! The form of commands is checked in `rules.rs`, steps of user groups are in
//! `usergroups.rs`, the answer is made in `report.rs`.

use super::http::{Answer, Request};
use super::org::{Org, User, domain_of, same};
use super::report::{failure, report};
use super::rules::{self, CREATES, ENTRIES, Refusal, TOO_LONG};
use super::seed::Random;
use serde_json::{Value, json};
use std::sync::Arc;

/// Roles that this API neither gives nor takes.
const UNASSIGNABLE: [&str; 3] = ["_org_admin", "_compartment_admin", "_compartment_viewer"];

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    Real,
    /// `testOnly`: checks, changes nothing, does not miss users.
    Test,
}

impl Org {
    /// `POST /action/{org}`. Adobe does not promise an order of the entries of
    /// one request, so they are executed in one that `seed` gives.
    pub(super) fn act(
        &mut self,
        request: &Request,
        seed: u64,
        violations: &mut Vec<String>,
    ) -> Answer {
        let kind = request.header("content-type").unwrap_or("");
        if !kind.starts_with("application/json") {
            violations.push(format!("action: content type {kind:?}"));
        }
        let entries = match serde_json::from_slice::<Value>(&request.body) {
            Ok(Value::Array(entries)) if !entries.is_empty() => entries,
            _ => {
                violations.push("action: the body is no list of entries".to_owned());
                let body = json!({"errorCode": "error.command.malformed", "errorMessage": "malformed commands"});
                return Answer::json(400, body.to_string());
            }
        };
        if entries.len() > ENTRIES {
            violations.push(format!("action: {} entries in one request", entries.len()));
            return failure(400, "error.command.malformed", "too many commands");
        }
        self.find_shared_roots(&entries, violations);
        let test = request
            .parameter("testOnly")
            .is_some_and(|value| same(&value, "true"));
        let mode = if test { Mode::Test } else { Mode::Real };
        let mut order: Vec<usize> = (0..entries.len()).collect();
        Random::new(seed).shuffle(&mut order);
        let mut refusals: Vec<(usize, Refusal)> = Vec::new();
        for index in order {
            let entry = &entries[index];
            let mut found = rules::check(entry, self.rules);
            if found.is_empty() {
                found = self.execute(entry, mode);
            }
            refusals.extend(found.into_iter().map(|refusal| (index, refusal)));
        }
        refusals.sort_by_key(|(index, refusal)| (*index, refusal.step));
        for (index, refusal) in &refusals {
            // Not documented: nobody can know it beforehand.
            let surprising = refusal.code == TOO_LONG && self.rules.entry < usize::MAX;
            if (refusal.code.starts_with("error.command.") && !surprising)
                || refusal.code == "error.group.invalid_list"
            {
                let entry = &entries[*index];
                violations.push(format!(
                    "action: {}: {}: {entry}",
                    refusal.code, refusal.message
                ));
            }
        }
        report(&entries, &refusals, mode)
    }

    /// Two entries for one user or group in one request may go wrong.
    fn find_shared_roots(&self, entries: &[Value], violations: &mut Vec<String>) {
        let roots = entries.iter().map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or("").to_lowercase();
            let adobe_id = entry["useAdobeID"] == true;
            (
                text("user"),
                text("usergroup"),
                text("domain"),
                adobe_id,
                self.find(entry),
            )
        });
        let roots: Vec<_> = roots.collect();
        for (place, root) in roots.iter().enumerate() {
            let shared =
                |other: &_| other == root || (root.4.is_some() && root.4 == tuple_place(other));
            if roots[..place].iter().any(shared) {
                violations.push(format!(
                    "action: two entries for one subject: {}",
                    entries[place]
                ));
            }
        }
    }

    /// The account that an entry names: by e-mail, where a managed account wins
    /// unless `useAdobeID` is set; a name without `@` by username and domain.
    pub(super) fn find(&self, entry: &Value) -> Option<usize> {
        let user = entry["user"].as_str()?;
        let adobe_id = entry["useAdobeID"] == true;
        if user.contains('@') {
            let mut found: Vec<(usize, &User)> = self.with_email(user).collect();
            found.sort_by_key(|(_, user)| user.is_adobe_id() != adobe_id);
            let found = found
                .into_iter()
                .find(|(_, user)| user.is_adobe_id() || !adobe_id);
            return found.map(|(place, _)| place);
        }
        self.named(user, entry["domain"].as_str())
    }

    fn named(&self, username: &str, domain: Option<&str>) -> Option<usize> {
        let is = |own: &Option<String>, wanted: &str| {
            own.as_deref().is_some_and(|own| same(own, wanted))
        };
        let mut users = self.users();
        let found = users.find(|(_, user)| {
            is(&user.username, username) && domain.is_none_or(|domain| is(&user.domain, domain))
        });
        found.map(|(place, _)| place)
    }

    /// Executes the steps up to the first that fails; of a user group maybe all.
    fn execute(&mut self, entry: &Value, mode: Mode) -> Vec<Refusal> {
        let mut subject = Subject {
            user: self.find(entry),
            deleted_group: false,
        };
        let mut refusals = Vec::new();
        for (place, step) in entry["do"].as_array().into_iter().flatten().enumerate() {
            let Some((key, value)) = rules::parts(step) else {
                continue;
            };
            let result = match entry["usergroup"].as_str() {
                Some(group) => self.group_step(group, key, value, (&mut subject, mode)),
                None => self.user_step(entry, key, value, (&mut subject, mode)),
            };
            if let Err(failures) = result {
                let refusal = |(code, message)| Refusal::new(place, code, message);
                refusals.extend(failures.into_iter().map(refusal));
                if entry["usergroup"].is_null() || !self.rules.goes_on {
                    break;
                }
            }
        }
        refusals
    }

    fn user_step(&mut self, entry: &Value, key: &str, value: &Value, (subject, mode): At) -> Done {
        if CREATES.contains(&key) {
            subject.user = self.create(entry, key, value, mode)?;
            return Ok(());
        }
        if key == "removeFromOrg" {
            // Reports success for a user who is not there, too.
            if let Some(place) = subject.user.filter(|_| mode == Mode::Real) {
                self.remove(place, value["deleteAccount"] == true);
            }
            return Ok(());
        }
        if subject.user.is_none() && mode == Mode::Real {
            let user = entry["user"].as_str().unwrap_or("");
            return failed(
                "error.user.nonexistent",
                format!("User {user} does not exist"),
            );
        }
        match key {
            "update" => self.update(subject.user, value, mode),
            "remove" if value == "all" => {
                if let Some(place) = subject.user.filter(|_| mode == Mode::Real) {
                    self.change(place, |user| {
                        user.groups.retain(|group| UNASSIGNABLE.contains(&&**group))
                    });
                }
                Ok(())
            }
            _ => self.membership(key, value, (subject, mode)),
        }
    }

    /// The account that the later steps act on; nothing in test mode if it is new.
    fn create(
        &mut self,
        entry: &Value,
        key: &str,
        value: &Value,
        mode: Mode,
    ) -> Result<Option<usize>, Failures> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let email = text("email").unwrap_or_default();
        let username = entry["user"].as_str().unwrap_or("");
        let domain = entry["domain"].as_str();
        let adobe_id = key == "addAdobeID";
        let own = self
            .with_email(&email)
            .find(|(_, user)| user.is_adobe_id() == adobe_id);
        let own = own.map(|(place, _)| place);
        let taken = || {
            let place = (!same(&email, username)).then(|| self.named(username, domain))?;
            place.filter(|place| {
                self.users[*place]
                    .as_ref()
                    .is_some_and(|user| !user.is_adobe_id())
            })
        };
        if let Some(place) = own.or_else(taken) {
            return self.create_again(place, value, mode).map(|()| Some(place));
        }
        if !adobe_id && let Some((place, _)) = self.with_email(&email).next() {
            // Known flaw: success is reported, but nothing is created.
            return Ok(Some(place));
        }
        let domain = domain.or(domain_of(username)).unwrap_or("");
        if !adobe_id && !self.claims(domain) {
            return Err(vec![(
                "error.domain.trust.nonexistent",
                format!("Domain {domain} is not claimed"),
            )]);
        }
        if mode == Mode::Test {
            return Ok(None);
        }
        let kind = match key {
            "addAdobeID" => "adobeID",
            "createEnterpriseID" => "enterpriseID",
            _ => "federatedID",
        };
        Ok(Some(self.insert(User {
            username: Some(username.to_owned()),
            domain: Some(domain.to_owned()),
            kind: kind.to_owned(),
            firstname: text("firstname"),
            lastname: text("lastname"),
            country: text("country"),
            email,
            ..User::default()
        })))
    }

    /// A create for an account that is there: an error, nothing, or new names.
    fn create_again(&mut self, place: usize, value: &Value, mode: Mode) -> Done {
        let update = match value["option"].as_str() {
            None if mode == Mode::Real => {
                return failed(
                    "error.user.already_in_org",
                    "User is in the organization already",
                );
            }
            Some("updateIfAlreadyExists") => mode == Mode::Real,
            _ => false,
        };
        if update {
            self.change(place, |user| {
                if user.is_adobe_id() {
                    return;
                }
                for (key, field) in [
                    ("firstname", &mut user.firstname),
                    ("lastname", &mut user.lastname),
                ] {
                    if let Some(text) = value[key].as_str() {
                        *field = Some(text.to_owned());
                    }
                }
            });
        }
        Ok(())
    }

    fn claims(&self, domain: &str) -> bool {
        let claimed = self.settings.get("domains").and_then(Value::as_array);
        claimed.is_none_or(|claimed| {
            claimed
                .iter()
                .any(|own| own.as_str().is_some_and(|own| same(own, domain)))
        })
    }

    fn update(&mut self, place: Option<usize>, value: &Value, mode: Mode) -> Done {
        let Some(place) = place else {
            return Ok(());
        };
        let user = self.users[place].clone().unwrap_or_default();
        let text = |key: &str| value[key].as_str();
        if user.is_adobe_id() {
            return failed("error.update.adobeid.no", "Adobe IDs cannot be updated");
        }
        if let Some(email) = text("email") {
            if email != user.email && same(email, &user.email) {
                return failed("error.update.no", "letter case alone cannot be changed");
            }
            if self
                .with_email(email)
                .any(|(other, user)| other != place && !user.is_adobe_id())
            {
                return failed("error.user.email.name_in_use", format!("{email} is in use"));
            }
            if !domain_of(email).is_some_and(|domain| self.claims(domain)) {
                return failed(
                    "error.user.change_domain_update.no",
                    format!("{email} is in another domain"),
                );
            }
        }
        if let Some(username) = text("username") {
            if user.kind != "federatedID" {
                return failed(
                    "error.update.username.no",
                    "only Federated IDs have usernames",
                );
            }
            let domain = domain_of(username).or(user.domain.as_deref());
            if self
                .named(username, domain)
                .is_some_and(|other| other != place)
            {
                return failed("error.user.name_in_use", format!("{username} is in use"));
            }
        }
        if mode == Mode::Real {
            self.change(place, |user| overwrite(user, value));
        }
        Ok(())
    }

    /// `add` and `remove` of one user; one bad name and none is applied.
    pub(super) fn membership(&mut self, key: &str, value: &Value, (subject, mode): At) -> Done {
        let names = value
            .as_object()
            .into_iter()
            .flat_map(|lists| lists.values());
        let names = names
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str);
        let names: Vec<&str> = names.collect();
        let failures: Failures = names
            .iter()
            .filter_map(|name| self.refuse_group(name, key))
            .collect();
        if !failures.is_empty() {
            return Err(failures);
        }
        let (Some(place), Mode::Real) = (subject.user, mode) else {
            return Ok(());
        };
        let spelled: Vec<Arc<str>> = names
            .iter()
            .filter_map(|name| self.group_named(name))
            .map(Arc::from)
            .collect();
        self.change(place, |user| {
            user.groups
                .retain(|own| !spelled.iter().any(|name| same(own, name)) || key == "add");
            for name in spelled.iter().filter(|_| key == "add") {
                if !user.is_in(name) {
                    user.groups.push(Arc::clone(name));
                }
            }
        });
        Ok(())
    }

    fn refuse_group(&self, name: &str, key: &str) -> Option<(&'static str, String)> {
        let Some(spelled) = self.group_named(name) else {
            return Some((
                "error.group.not_found",
                format!("Group {name} was not found"),
            ));
        };
        if UNASSIGNABLE.contains(&spelled.as_str()) {
            return Some((
                "error.group.invalid_name",
                format!("{name} cannot be given or taken"),
            ));
        }
        let mut groups = self.groups.iter();
        let readonly = groups.any(|group| group.readonly && same(&group.name, name));
        let code = if key == "add" {
            "error.usergroup.readonly.add_user_not_allowed"
        } else {
            "error.usergroup.readonly.remove_user_not_allowed"
        };
        readonly.then(|| (code, format!("{name} is read-only")))
    }
}

/// What the steps of one entry act on.
pub(super) struct Subject {
    pub(super) user: Option<usize>,
    pub(super) deleted_group: bool,
}

pub(super) type At<'a> = (&'a mut Subject, Mode);
pub(super) type Failures = Vec<(&'static str, String)>;
pub(super) type Done = Result<(), Failures>;

pub(super) fn failed(code: &'static str, message: impl Into<String>) -> Done {
    Err(vec![(code, message.into())])
}

fn tuple_place<A, B, C, D>(root: &(A, B, C, D, Option<usize>)) -> Option<usize> {
    root.4
}

/// A new e-mail overwrites a username that looks like an e-mail, unless the
/// update carries a username.
fn overwrite(user: &mut User, value: &Value) {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    if let Some(email) = text("email") {
        let follows = user
            .username
            .as_deref()
            .is_some_and(|name| name.contains('@'));
        if follows && value.get("username").is_none() {
            user.username = Some(email.clone());
            user.domain = domain_of(&email).map(str::to_owned);
        }
        user.email = email;
    }
    if let Some(username) = text("username") {
        user.domain = domain_of(&username)
            .map(str::to_owned)
            .or(user.domain.take());
        user.username = Some(username);
    }
    user.firstname = text("firstname").or(user.firstname.take());
    user.lastname = text("lastname").or(user.lastname.take());
}
