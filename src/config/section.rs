//! A mapping with known keys (manual/configuration.md#general-rules). Knows no key of any file.

use super::item::{Entry, Item};
use crate::error::{NOT_SHOWN, may_be_secret};
use crate::text::nearest::nearest;

/// A mapping with known keys: of one file, or of several that are merged key by key.
#[derive(Debug, Default)]
pub(super) struct Section<'d> {
    /// Where the section is, for keys that are missing.
    items: Vec<Item<'d>>,
    entries: Vec<Entry<'d>>,
}

impl<'d> Section<'d> {
    /// The mappings of `items`, the later winning. Notes every key that is not in `allowed`.
    pub(super) fn open(items: Vec<Item<'d>>, allowed: &[&str]) -> Section<'d> {
        Section::open_with_old(items, allowed, &[])
    }

    /// The same, where `old` keys are known, too, but not worth naming.
    fn open_with_old(items: Vec<Item<'d>>, allowed: &[&str], old: &[&str]) -> Section<'d> {
        let section = Section::of(items);
        section.check_keys(allowed, old);
        section
    }

    /// The mappings of `items`, whatever their keys are.
    fn of(items: Vec<Item<'d>>) -> Section<'d> {
        // A file in which all keys are commented out says nothing, and nothing wrong.
        let full = items.iter().filter(|item| !item.is_empty());
        let entries = full.flat_map(Item::entries).collect();
        Section { items, entries }
    }

    fn check_keys(&self, allowed: &[&str], old: &[&str]) {
        for entry in self.others(allowed) {
            let name = entry.name.as_str();
            if !old.contains(&name) {
                let meant = nearest(name, allowed.iter().copied());
                let text = unknown(meant, allowed);
                if meant.is_none() && may_be_secret(name) {
                    entry.key.without(name).problem(text + NOT_SHOWN);
                } else {
                    entry.key.problem(text);
                }
            }
        }
    }

    /// The keys that are not among these.
    pub(super) fn others<'s>(&'s self, known: &'s [&str]) -> impl Iterator<Item = &'s Entry<'d>> {
        let is_other = |entry: &&Entry<'d>| !known.contains(&entry.name.as_str());
        self.entries.iter().filter(is_other)
    }

    /// Any of the places where the section is.
    pub(super) fn item(&self) -> Option<&Item<'d>> {
        self.items.last()
    }

    /// The value of a key; a key with no value is no key.
    pub(super) fn get(&self, name: &str) -> Option<&Item<'d>> {
        self.all(name).next_back()
    }

    pub(super) fn line_of(&self, name: &str) -> Option<usize> {
        let entry = self.entries.iter().rfind(|entry| entry.name == name)?;
        entry.key.line()
    }

    fn all<'s>(&'s self, name: &str) -> impl DoubleEndedIterator<Item = &'s Item<'d>> {
        self.entries
            .iter()
            .filter(move |entry| entry.name == name && !entry.value.is_empty())
            .map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, name: &str, what: &str) -> Option<&Item<'d>> {
        let found = self.get(name);
        if found.is_none() {
            self.missing(name, what);
        }
        found
    }

    /// Notes that a key must be there.
    pub(super) fn missing(&self, name: &str, what: &str) {
        if let Some(item) = self.items.last() {
            item.at(item.node, &item.path_of(name))
                .problem(format!("must be set: {what}"));
        }
    }

    /// Notes a problem with a key, at the key where it is there.
    pub(super) fn problem(&self, name: &str, text: impl Into<String>) {
        if let Some(item) = self.get(name) {
            item.problem(text);
        } else if let Some(item) = self.items.last() {
            item.at(item.node, &item.path_of(name)).problem(text);
        }
    }

    /// The section under a key; an empty one where the key is missing.
    pub(super) fn section(&self, name: &str, allowed: &[&str]) -> Section<'d> {
        self.section_with_old(name, allowed, &[])
    }

    /// The same, where `old` keys are known, too, but not worth naming.
    pub(super) fn section_with_old(
        &self,
        name: &str,
        allowed: &[&str],
        old: &[&str],
    ) -> Section<'d> {
        let section = self.open_section(name);
        section.check_keys(allowed, old);
        section
    }

    /// The section under a key, whatever its keys are; an empty one where the key is missing.
    pub(super) fn open_section(&self, name: &str) -> Section<'d> {
        let found: Vec<_> = self.all(name).cloned().collect();
        if !found.is_empty() {
            return Section::of(found);
        }
        let items = self
            .items
            .last()
            .map(|item| item.at(item.node, &item.path_of(name)));
        Section {
            items: items.into_iter().collect(),
            entries: Vec::new(),
        }
    }

    /// What is made of the value of a key; `None` where there is none, or it is wrong, which is
    /// noted then.
    pub(super) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Item<'d>) -> Option<T>,
    ) -> Option<T> {
        read(self.get(name)?)
    }

    /// The same for each item of a list; those that are wrong are left out.
    pub(super) fn each<T>(&self, name: &str, read: impl FnMut(&Item<'d>) -> Option<T>) -> Vec<T> {
        self.list(name).iter().filter_map(read).collect()
    }

    pub(super) fn name(&self, name: &str) -> Option<String> {
        self.read(name, Item::name)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.read(name, Item::flag)
    }

    pub(super) fn list(&self, name: &str) -> Vec<Item<'d>> {
        self.get(name).map(Item::list).unwrap_or_default()
    }

    pub(super) fn names(&self, name: &str) -> Vec<String> {
        self.each(name, Item::name)
    }

    /// The value of a key that has an older name; both together is a problem.
    pub(super) fn renamed(&self, name: &str, old: &str) -> Option<&Item<'d>> {
        match (self.get(name), self.get(old)) {
            (Some(item), Some(older)) => {
                older.problem(format!(
                    "is the old name of {name}, which is set too; keep one"
                ));
                Some(item)
            }
            (item, older) => item.or(older),
        }
    }
}

/// The text for a key that is not known, and may be meant for another one.
fn unknown(meant: Option<&str>, allowed: &[&str]) -> String {
    let meant = match meant {
        Some(meant) => format!("did you mean {meant}? Allowed"),
        None => "allowed".to_owned(),
    };
    format!("unknown key; {meant} here: {}", allowed.join(", "))
}
