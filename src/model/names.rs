//! Finds people by e-mail, and by username and domain, as the sync rules compare them.
//!
//! Trimmed and ignoring case; usernames without `@` are equal only if the domains are too, or one
//! is unknown (manual/rules.md#matching). Holds places in somebody's list, not the people.

use crate::model::{AdobeUser, DirectoryUser};
use crate::text::hash::QuickMap;
use crate::text::{self, Text, Texts};

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

/// Places by e-mail and by username.
#[derive(Debug, Default)]
pub struct Index {
    emails: Chains,
    /// Only usernames that are not the e-mail.
    usernames: Chains,
}

impl Index {
    /// An empty index with room for so many.
    pub fn for_people(count: usize) -> Index {
        let first = QuickMap::with_capacity_and_hasher(count, Default::default());
        Index {
            emails: Chains {
                first,
                ..Chains::default()
            },
            usernames: Chains::default(),
        }
    }

    /// Adds somebody. Places are added in the order in which they are to be found.
    pub fn add(&mut self, names: &Names, place: usize, texts: &mut Texts) {
        let Ok(place) = u32::try_from(place) else {
            return;
        };
        let email = texts.key(names.email);
        if !email.is_empty() {
            self.emails.add(email, place);
        }
        let username = if names.username == names.email {
            email
        } else {
            texts.key(names.username)
        };
        if username != email && !username.is_empty() {
            self.usernames.add(username, place);
        }
    }

    /// The places whose e-mail or username that is, whatever the domain.
    pub fn by_any(&self, name: &str) -> impl Iterator<Item = u32> {
        self.emails.find(name).chain(self.usernames.find(name))
    }

    /// The places with the same e-mail.
    pub fn by_email(&self, names: &Names) -> impl Iterator<Item = u32> {
        self.emails.find(names.email)
    }

    /// The places with the same username; `names_at` gives the names at a place. Where the
    /// username is the e-mail, those with that e-mail too are left to [`Index::by_email`].
    pub fn by_username<'i>(
        &'i self,
        names: &'i Names,
        names_at: impl Fn(u32) -> Option<Names> + 'i,
    ) -> impl Iterator<Item = u32> + 'i {
        let own = self.usernames.find(names.username);
        let other = (names.username != names.email).then_some(names.username);
        let as_email = other
            .into_iter()
            .flat_map(|username| self.emails.find(username));
        let same =
            move |place: &u32| names_at(*place).is_some_and(|other| names.same_username(&other));
        own.chain(as_email).filter(same)
    }
}

/// Lists of places by key; nearly all have one item. A place is in one list only.
#[derive(Debug, Default)]
pub struct Chains {
    first: QuickMap<Text, u32>,
    next: QuickMap<u32, u32>,
}

impl Chains {
    /// Adds a place behind those that its key has already.
    pub fn add(&mut self, key: Text, place: u32) {
        let Some(mut last) = self.first.get(key).copied() else {
            self.first.insert(key, place);
            return;
        };
        while let Some(next) = self.next.get(&last) {
            last = *next;
        }
        self.next.insert(last, place);
    }

    /// The places of a name, compared by its key.
    pub fn find(&self, name: &str) -> impl Iterator<Item = u32> {
        let first = if self.first.is_empty() {
            None
        } else {
            self.first.get(text::folded(name).as_ref()).copied()
        };
        std::iter::successors(first, |place| self.next.get(place).copied())
    }

    /// Adds a place only if its key has none: one place may then have many keys.
    pub fn add_once(&mut self, key: Text, place: u32) {
        self.first.entry(key).or_insert(place);
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
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
        let mut texts = Texts::default();
        for (place, names) in known.iter().enumerate() {
            index.add(names, place, &mut texts);
        }
        let at = |place: u32| known.get(place as usize).copied();
        (
            index.by_email(wanted).collect(),
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
