//! The users of one org while they are read: each record once, texts and groups shared.
//!
//! Knows no JSON and no network.

use std::borrow::Cow;
use std::hash::BuildHasher as _;

use crate::model::places::Places;
use crate::model::{AdobeOrg, AdobeUser, GroupId, IdentityType, ListId, UnreadGroup};
use crate::text::hash::{Quick, QuickMap};
use crate::text::{self, Text, Texts};

/// A server may promise more than it has.
const MOST_EXPECTED: usize = 1_000_000;

/// A user record as it lies on a page. Empty texts: the record has no such field.
#[derive(Debug, Default)]
pub(super) struct UserRecord<'p> {
    pub(super) email: Cow<'p, str>,
    pub(super) username: Cow<'p, str>,
    pub(super) domain: Cow<'p, str>,
    pub(super) firstname: Cow<'p, str>,
    pub(super) lastname: Cow<'p, str>,
    pub(super) country: Cow<'p, str>,
    pub(super) identity_type: Option<IdentityType>,
    pub(super) groups: ListId,
}

/// Collects the records of an org from one or more listings.
pub(super) struct Roster<'t> {
    org: AdobeOrg,
    texts: &'t mut Texts,
    /// Groups by the very spelling on the pages: a look-up without a copy for each membership.
    spellings: QuickMap<Text, GroupId>,
    /// Places of the org's users by the hash of their names.
    places: Places,
    /// For each user, the listing that it was seen in last.
    seen_in: Vec<u32>,
    listing: u32,
}

impl<'t> Roster<'t> {
    pub(super) fn new(texts: &'t mut Texts) -> Roster<'t> {
        Roster {
            org: AdobeOrg::default(),
            texts,
            spellings: QuickMap::default(),
            places: Places::default(),
            seen_in: Vec::new(),
            listing: 0,
        }
    }

    /// Makes room for so many users, as far as the server is to be believed: growing step by step
    /// takes time and leaves holes.
    pub(super) fn expect(&mut self, users: usize) {
        let more = users
            .min(MOST_EXPECTED)
            .saturating_sub(self.org.users.len());
        self.org.users.reserve(more);
        self.seen_in.reserve(more);
        self.places.reserve(more);
    }

    /// From now on another listing is read: users of earlier ones are new in it, but not taken
    /// again.
    pub(super) fn start_listing(&mut self) {
        self.listing += 1;
    }

    pub(super) fn into_org(self) -> AdobeOrg {
        self.org
    }

    /// Adobe does not list the members of that group, and says why.
    pub(super) fn cannot_read(&mut self, group: &str, told: &str) {
        let name = self.texts.keep(group.trim());
        let told = self.texts.keep(told);
        self.org.unread_groups.push(UnreadGroup { name, told });
    }

    /// The list of groups `list` with that group in it.
    pub(super) fn with_group(&mut self, list: ListId, name: &str) -> ListId {
        let group = match self.spellings.get(name) {
            Some(group) => *group,
            None => {
                let group = self.org.groups.intern(name, self.texts);
                self.spellings.insert(self.texts.keep(name), group);
                group
            }
        };
        self.org.group_lists.with(list, group.0)
    }

    /// Takes a record, unless the same user is there. Two records are the same user if type and
    /// e-mail are equal (where there is no e-mail, the username). Says whether the user is new in
    /// this listing.
    pub(super) fn take(&mut self, record: &UserRecord<'_>) -> bool {
        let name = name(&record.email, &record.username);
        let hash = Quick::default().hash_one(text::folded(name).as_ref());
        let users = &self.org.users;
        let known = self.places.find(hash, |place| {
            users.get(place as usize).is_some_and(|user| {
                user.identity_type == record.identity_type
                    && text::same(self::name(user.email, user.username), name)
            })
        });
        if let Some(seen_in) = known.and_then(|place| self.seen_in.get_mut(place as usize)) {
            return std::mem::replace(seen_in, self.listing) != self.listing;
        }
        let place = u32::try_from(users.len()).unwrap_or(u32::MAX);
        self.places.add(hash, place);
        self.seen_in.push(self.listing);
        self.org.users.push(user(record, self.texts));
        true
    }
}

/// What a user is known by: the e-mail, or where there is none, the username.
fn name<'n>(email: &'n str, username: &'n str) -> &'n str {
    match text::trim(email) {
        "" => username,
        email => email,
    }
}

fn user(record: &UserRecord<'_>, texts: &mut Texts) -> AdobeUser {
    let email = texts.keep(&record.email);
    AdobeUser {
        email,
        username: if record.username == record.email {
            email
        } else {
            texts.keep(&record.username)
        },
        domain: texts.share(&record.domain),
        firstname: texts.share(&record.firstname),
        lastname: texts.share(&record.lastname),
        country: texts.share(&record.country),
        identity_type: record.identity_type,
        groups: record.groups,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(email: &str, kind: Option<IdentityType>) -> UserRecord<'_> {
        UserRecord {
            email: email.into(),
            identity_type: kind,
            ..UserRecord::default()
        }
    }

    const FEDERATED: Option<IdentityType> = Some(IdentityType::FederatedId);
    const ADOBE: Option<IdentityType> = Some(IdentityType::AdobeId);

    #[test]
    fn a_user_is_the_same_if_type_and_email_are() {
        let mut texts = Texts::default();
        let mut roster = Roster::new(&mut texts);
        assert!(roster.take(&record("Ann@x.com", FEDERATED)));
        assert!(!roster.take(&record(" ann@X.com", FEDERATED)));
        assert!(roster.take(&record("ann@x.com", ADOBE)));
        assert!(roster.take(&record("ann@x.com", None)));
        let users = roster.into_org().users;
        let emails: Vec<_> = users.iter().map(|user| user.email).collect();
        assert_eq!(emails, ["Ann@x.com", "ann@x.com", "ann@x.com"]);
    }

    #[test]
    fn a_user_of_an_earlier_listing_is_new_but_not_taken_again() {
        let mut texts = Texts::default();
        let mut roster = Roster::new(&mut texts);
        assert!(roster.take(&record("ann@x.com", FEDERATED)));
        roster.start_listing();
        assert!(roster.take(&record("ann@x.com", FEDERATED)));
        assert!(!roster.take(&record("ann@x.com", FEDERATED)));
        assert_eq!(roster.into_org().users.len(), 1);
    }

    #[test]
    fn without_an_email_the_username_tells_users_apart() {
        let mut texts = Texts::default();
        let mut roster = Roster::new(&mut texts);
        for username in ["ann", "bo", "Ann"] {
            roster.take(&UserRecord {
                username: username.into(),
                ..record("", FEDERATED)
            });
        }
        assert_eq!(roster.into_org().users.len(), 2);
    }
}
