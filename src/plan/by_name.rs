//! What is known of people, found by the names that an Adobe user has.

use crate::model::names::{FirstPlaces, Names};
use crate::text::{Text, Texts};

/// Values, each under many names; of two with one name the first counts.
#[derive(Debug)]
pub(super) struct ByName<T> {
    names: FirstPlaces,
    values: Vec<T>,
}

impl<T: Copy> ByName<T> {
    pub(super) fn new() -> ByName<T> {
        ByName {
            names: FirstPlaces::default(),
            values: Vec::new(),
        }
    }

    pub(super) fn add<'t>(
        &mut self,
        value: T,
        names: impl IntoIterator<Item = &'t Text>,
        texts: &mut Texts,
    ) {
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        for name in names {
            let key = texts.key(name);
            if !key.is_empty() {
                self.names.add(key, place);
            }
        }
    }

    /// The place of the value for somebody: by e-mail, else by username.
    pub(super) fn find(&self, names: &Names) -> Option<u32> {
        let by_email = self.names.find(names.email);
        by_email.or_else(|| self.names.find(names.username))
    }

    pub(super) fn get(&self, place: u32) -> Option<T> {
        self.values.get(place as usize).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
