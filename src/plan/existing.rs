//! Matched users: attributes that differ (manual/rules.md#matched-users).
//!
//! Knows one directory user and one Adobe user.

use crate::config::UpdateAttributes;
use crate::model::command::Update;
use crate::model::{AdobeUser, DirectoryUser, IdentityType};
use crate::plan::AttributeChange;
use crate::text::{self, Text};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Attributes that differ and are to be written.
    pub update: Update,
    pub changes: Vec<AttributeChange>,
    /// Differ, but `update_attributes` does not list them.
    pub not_listed: Vec<AttributeChange>,
    /// Adobe does not let users of type adobeID be updated.
    pub not_updatable: bool,
}

/// The attributes in which an Adobe user differs from its directory user.
pub fn differences(
    user: &DirectoryUser,
    adobe: &AdobeUser,
    listed: UpdateAttributes,
) -> Differences {
    let mut found = Differences::default();
    let differ = |new: Option<Text>, old: Text| new.filter(|new| *new != old);
    let firstname = differ(user.firstname, adobe.firstname);
    let lastname = differ(user.lastname, adobe.lastname);
    let email =
        (!user.email.is_empty() && !text::same(user.email, adobe.email)).then_some(user.email);
    let username = different_username(user, adobe, email.is_some() && listed.email);
    let attributes = [
        ("firstname", firstname, adobe.firstname, listed.firstname),
        ("lastname", lastname, adobe.lastname, listed.lastname),
        ("email", email, adobe.email, listed.email),
        ("username", username, adobe.username, listed.username),
    ];
    let places = found.update.attributes_mut();
    for ((attribute, new, old, listed), (_, place)) in attributes.into_iter().zip(places) {
        let Some(new) = new else {
            continue;
        };
        let change = AttributeChange {
            attribute,
            old,
            new,
        };
        if listed {
            *place = Some(new);
            found.changes.push(change);
        } else {
            found.not_listed.push(change)
        }
    }
    keep_username(user, adobe, &mut found.update);
    let differs = !found.changes.is_empty() || !found.not_listed.is_empty();
    if differs && adobe.identity_type == Some(IdentityType::AdobeId) {
        return Differences {
            not_updatable: true,
            ..Differences::default()
        };
    }
    found
}

/// The username, if it differs. One that is the e-mail on both sides follows a changed e-mail by
/// itself (UMAPI reference, update).
fn different_username(
    user: &DirectoryUser,
    adobe: &AdobeUser,
    email_follows: bool,
) -> Option<Text> {
    if adobe.username.is_empty() || text::same(user.username, adobe.username) {
        return None;
    }
    let is_email = text::same(user.username, user.email) && text::same(adobe.username, adobe.email);
    (!(email_follows && is_email)).then_some(user.username)
}

/// A changed e-mail would overwrite a username that looks like an e-mail: the one that is to stay is
/// sent along (manual/rules.md#commands-and-requests). The username of an enterpriseID is its e-mail.
fn keep_username(user: &DirectoryUser, adobe: &AdobeUser, update: &mut Update) {
    let follows = update.email.is_some() && update.username.is_none();
    let its_own =
        !text::same(adobe.username, adobe.email) || !text::same(user.username, user.email);
    if follows
        && its_own
        && adobe.username.contains('@')
        && adobe.identity_type != Some(IdentityType::EnterpriseId)
    {
        update.username = Some(adobe.username);
    }
}
