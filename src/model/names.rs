//! Finds people by e-mail, and by username and domain, as the sync rules compare them.
//!
//! Trimmed and ignoring case; usernames without `@` are equal only if the domains are too, or one
//! is unknown (manual/rules.md#matching). Holds places in somebody's list, not the people.

use std::hash::BuildHasher as _;

use crate::model::places::Places;
use crate::model::{AdobeUser, DirectoryUser};
use crate::text::hash::{Quick, QuickMap};
use crate::text::{self, Text};

/// A name by which Adobe finds one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdobeName {
    Email(Text),
    /// No e-mail address: there may be the same one in another domain.
    Username {
        name: Text,
        domain: Text,
    },
}

impl AdobeName {
    /// `None`: nobody can be found by it.
    pub fn of(name: Text, domain: Text) -> Option<AdobeName> {
        if text::is_address(name) {
            Some(AdobeName::Email(name))
        } else {
            let is_username = !name.contains('@') && !domain.is_empty();
            is_username.then_some(AdobeName::Username { name, domain })
        }
    }
}

/// What a person is found by. `username` is the e-mail where there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    pub email: Text,
    pub username: Text,
    pub domain: Text,
}

impl Names {
    pub fn of_directory(user: &DirectoryUser) -> Names {
        Names {
            email: user.email,
            username: user.username,
            domain: user.domain,
        }
    }

    pub fn of_adobe(user: &AdobeUser) -> Names {
        let username = match text::trim(user.username) {
            "" => user.email,
            username => username,
        };
        Names {
            email: user.email,
            username,
            domain: user.domain,
        }
    }

    pub fn same_username(&self, other: &Names) -> bool {
        let (one, two) = (text::trim(self.domain), text::trim(other.domain));
        text::same(self.username, other.username)
            && (self.username.contains('@')
                || one.is_empty()
                || two.is_empty()
                || text::same(one, two))
    }
}

/// Places by e-mail and by username. Whoever looks for somebody says what names there are at a
/// place.
#[derive(Debug, Default)]
pub struct Index {
    emails: Places,
    /// Only usernames that are not the e-mail.
    usernames: Places,
}

impl Index {
    /// An empty index with room for so many.
    pub fn for_people(count: usize) -> Index {
        let mut index = Index::default();
        index.emails.reserve(count);
        index
    }

    /// Adds somebody. Places are added in the order in which they are to be found.
    pub fn add(&mut self, names: &Names, place: usize) {
        let Ok(place) = u32::try_from(place) else {
            return;
        };
        if !text::trim(names.email).is_empty() {
            self.emails.add(hash(names.email), place);
        }
        if !text::trim(names.username).is_empty() && !text::same(names.username, names.email) {
            self.usernames.add(hash(names.username), place);
        }
    }

    /// The places whose e-mail or username that is, whatever the domain.
    pub fn by_any<'i>(
        &'i self,
        name: &'i str,
        names_at: impl Fn(u32) -> Option<Names> + Copy + 'i,
    ) -> impl Iterator<Item = u32> + 'i {
        let emails = self.emails_of(name, names_at);
        emails.chain(self.usernames_of(name, names_at))
    }

    /// The places with the same e-mail.
    pub fn by_email<'i>(
        &'i self,
        names: &Names,
        names_at: impl Fn(u32) -> Option<Names> + 'i,
    ) -> impl Iterator<Item = u32> + 'i {
        self.emails_of(names.email, names_at)
    }

    /// The places with the same username. Where the username is the e-mail, those with that e-mail
    /// too are left to [`Index::by_email`].
    pub fn by_username<'i>(
        &'i self,
        names: &'i Names,
        names_at: impl Fn(u32) -> Option<Names> + Copy + 'i,
    ) -> impl Iterator<Item = u32> + 'i {
        let own = self.usernames_of(names.username, names_at);
        let other = (names.username != names.email).then_some(names.username);
        let as_email = other
            .into_iter()
            .flat_map(move |username| self.emails_of(username, names_at));
        let same =
            move |place: &u32| names_at(*place).is_some_and(|other| names.same_username(&other));
        own.chain(as_email).filter(same)
    }

    fn emails_of<'i>(
        &'i self,
        email: &'i str,
        names_at: impl Fn(u32) -> Option<Names> + 'i,
    ) -> impl Iterator<Item = u32> + 'i {
        let is_it =
            move |place: &u32| names_at(*place).is_some_and(|names| text::same(names.email, email));
        candidates(&self.emails, email).filter(is_it)
    }

    fn usernames_of<'i>(
        &'i self,
        username: &'i str,
        names_at: impl Fn(u32) -> Option<Names> + 'i,
    ) -> impl Iterator<Item = u32> + 'i {
        let is_it = move |place: &u32| {
            names_at(*place).is_some_and(|names| text::same(names.username, username))
        };
        candidates(&self.usernames, username).filter(is_it)
    }
}

fn hash(name: &str) -> u64 {
    Quick::default().hash_one(text::folded(name).as_ref())
}

/// The places that may have that name.
fn candidates<'p>(places: &'p Places, name: &str) -> impl Iterator<Item = u32> + use<'p> {
    let hash = (!places.is_empty()).then(|| hash(name));
    hash.into_iter().flat_map(|hash| places.with_hash(hash))
}

/// For each of some names the first place that has it. A place may have many of them.
#[derive(Debug, Default)]
pub struct FirstPlaces(QuickMap<Text, u32>);

impl FirstPlaces {
    /// Adds a place by a name, given as its key, unless another one has it.
    pub fn add(&mut self, key: Text, place: u32) {
        self.0.entry(key).or_insert(place);
    }

    /// The place of a name, compared by its key.
    pub fn find(&self, name: &str) -> Option<u32> {
        if self.is_empty() {
            return None;
        }
        self.0.get(text::folded(name).as_ref()).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(email: Text, username: Text, domain: Text) -> Names {
        Names {
            email,
            username,
            domain,
        }
    }

    fn found(known: &[Names], wanted: &Names) -> (Vec<u32>, Vec<u32>) {
        let mut index = Index::default();
        for (place, names) in known.iter().enumerate() {
            index.add(names, place);
        }
        let at = |place: u32| known.get(place as usize).copied();
        (
            index.by_email(wanted, at).collect(),
            index.by_username(wanted, at).collect(),
        )
    }

    #[test]
    fn people_are_found_by_email_and_by_username_ignoring_case() {
        let known = [
            names("ann@x.com", "E100", "x.com"),
            names("BO@x.com", "BO@x.com", "x.com"),
            names("bo@x.com", "cy@x.com", "x.com"),
        ];
        let cases = [
            (names(" ANN@X.com ", "none", ""), vec![0], vec![]),
            (names("new@x.com", "e100", "x.com"), vec![], vec![0]),
            (names("new@x.com", "e100", "y.com"), vec![], vec![]),
            (names("new@x.com", "e100", ""), vec![], vec![0]),
            (names("bo@x.com", "x", "x.com"), vec![1, 2], vec![]),
            (names("z@x.com", "bo@X.com", "y.com"), vec![], vec![1]),
            (names("z@x.com", "Cy@x.com", "y.com"), vec![], vec![2]),
        ];
        for (wanted, by_email, by_username) in cases {
            assert_eq!(
                found(&known, &wanted),
                (by_email, by_username),
                "{wanted:?}"
            );
        }
    }
}
