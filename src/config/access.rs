//! Who we are to Okta: an API token, or a service app with its private key.

use std::sync::Arc;

use super::credential::{self, Form, Found, Outside, Wanted};
use super::section::Section;
use super::{OktaAccess, ServiceApp};
use crate::error::one_line;
use crate::key::SigningKey;
use crate::os::secret::Secret;

const APP_KEYS: [&str; 2] = ["private_key_id", "scopes"];
/// Enough for groups and their members.
const DEFAULT_SCOPE: &str = "okta.groups.read";

/// Every key of the connector that says who we are.
pub(super) fn keys() -> Vec<String> {
    let credentials = credential::all_keys(&["api_token", "client_id", "private_key"]);
    credentials
        .into_iter()
        .chain(APP_KEYS.map(str::to_owned))
        .collect()
}

/// Reads the one of the two ways that is given, with where its credentials came from.
pub(super) fn read(
    section: &Section<'_>,
    user: &str,
    outside: &Outside,
) -> Option<(OktaAccess, Vec<Found>)> {
    let token = given(section, &credential::keys("api_token"));
    let client_id = given(section, &credential::keys("client_id"));
    let app_keys = credential::keys("private_key").into_iter();
    let app_keys: Vec<String> = app_keys.chain(APP_KEYS.map(str::to_owned)).collect();
    let mut read = |name, form| {
        let wanted = Wanted {
            name,
            old_name: None,
            user,
            form,
        };
        credential::read(section, &wanted, outside)
    };
    match (token, client_id, given(section, &app_keys)) {
        (Some(token), Some(client_id), _) => {
            section.problem(
                &client_id,
                format!("{token} and {client_id} are two ways to reach the tenant; keep one"),
            );
            None
        }
        (Some(_), None, Some(key)) => {
            section.problem(
                &key,
                "belongs to a service app: give its client_id instead of the API token, or remove \
                 this key",
            );
            None
        }
        (Some(_), None, None) => {
            let (token, found) = read("api_token", Form::Line)?;
            Some((OktaAccess::ApiToken(token), vec![found]))
        }
        (None, None, None) => {
            let ways = credential::ways("api_token");
            section.missing(
                "api_token",
                &format!("give {ways}; or client_id and private_key: a service app"),
            );
            None
        }
        (None, _, _) => service_app(section, &mut read),
    }
}

/// Reads a credential in that form.
type Read<'r> = dyn FnMut(&'static str, Form) -> Option<(Secret, Found)> + 'r;

fn service_app(section: &Section<'_>, read: &mut Read<'_>) -> Option<(OktaAccess, Vec<Found>)> {
    // All that is wrong is told at once.
    let (id, key) = (read("client_id", Form::Open), read_key(section, read));
    let ((client_id, id_found), (key, key_found)) = (id?, key?);
    let app = ServiceApp {
        client_id: client_id.expose().trim().to_owned(),
        key_id: key_id(section, &key)?,
        scopes: scopes(section)?,
        key: Arc::new(key),
    };
    Some((OktaAccess::ServiceApp(app), vec![id_found, key_found]))
}

/// The first of these keys that is set.
fn given(section: &Section<'_>, keys: &[String]) -> Option<String> {
    let is_set = |key: &&String| section.get(key).is_some();
    keys.iter().find(is_set).cloned()
}

/// The private key; its text is wiped as soon as it is read.
fn read_key(section: &Section<'_>, read: &mut Read<'_>) -> Option<(SigningKey, Found)> {
    const NAME: &str = "private_key";
    if let Some(item) = section.get(NAME)
        && item.is_map()
    {
        return item.refuse(
            "expected a text, found a mapping: put a JWK into single quotes, or below \
             `private_key: |`",
        );
    }
    let (text, found) = read(NAME, Form::Text)?;
    match SigningKey::read(text.expose()) {
        Ok(key) => Some((key, found)),
        Err(problem) => {
            let at = given(section, &credential::keys(NAME));
            let problem = format!("the key (from {}) {problem}", found.origin);
            section.problem(at.as_deref().unwrap_or(NAME), problem);
            None
        }
    }
}

/// The key's id: the configured one, or that of the JWK.
fn key_id(section: &Section<'_>, key: &SigningKey) -> Option<Option<String>> {
    let own = key.id().map(str::to_owned);
    let Some(item) = section.get("private_key_id") else {
        return Some(own);
    };
    let id = item.name()?;
    match own {
        Some(own) if own != id => item.refuse(format!(
            "the JWK says that its id is {}; remove private_key_id or correct one of the two",
            one_line(&own)
        )),
        _ => Some(Some(id)),
    }
}

/// A word or a list of words.
fn scopes(section: &Section<'_>) -> Option<Vec<String>> {
    let names = section.names("scopes");
    let words = names.iter().flat_map(|name| name.split_whitespace());
    let mut scopes: Vec<String> = words.map(str::to_owned).collect();
    if scopes.is_empty() {
        scopes.push(DEFAULT_SCOPE.to_owned());
    }
    let wrong = |scope: &&String| !scope.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(scope) = scopes.iter().find(wrong) {
        let problem = format!("\"{}\" is no scope; as okta.groups.read", one_line(scope));
        section.problem("scopes", problem);
        return None;
    }
    Some(scopes)
}
