//! A directory record as it came: attributes by name with their JSON types, before any mapping.
//!
//! Borrowed from the page it was read from, so that nothing is copied for a user who is left out.
//! Filled by the readers (Okta, CSV), read by filter and mapping. Knows no rules.

pub mod format;

use std::borrow::Cow;

/// A JSON value, borrowed from a page where it can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'p> {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Cow<'p, str>),
    List(Vec<Json<'p>>),
    /// In the order of the text.
    Dict(Vec<(Cow<'p, str>, Json<'p>)>),
}

/// Which parts of a record a run needs: what formats, filter, hook and messages name.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Top-level fields beyond `id`, `status` and the profile: `created`, `type`, `credentials`, …
    pub fields: Vec<String>,
    /// Attributes of the profile that are wanted, in the order of their values.
    pub profile: Vec<String>,
    /// All other profile attributes too, because filter or hook may look at any.
    pub whole_profile: bool,
}

impl Wanted {
    /// The place of a profile attribute in [`Record::profile`]; it is added where it is new.
    pub fn profile_slot(&mut self, name: &str) -> usize {
        slot(&mut self.profile, name)
    }

    /// The place of a top-level field in [`Record::fields`]; it is added where it is new.
    pub fn field_slot(&mut self, name: &str) -> usize {
        slot(&mut self.fields, name)
    }
}

fn slot(names: &mut Vec<String>, name: &str) -> usize {
    if let Some(found) = names.iter().position(|known| known == name) {
        return found;
    }
    names.push(name.to_owned());
    names.len() - 1
}

/// One member of a directory group.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'p> {
    pub id: Cow<'p, str>,
    pub status: Cow<'p, str>,
    /// By the places of [`Wanted::fields`]; `None`: the record has no such field.
    pub fields: Vec<Option<Json<'p>>>,
    /// By the places of [`Wanted::profile`]; `None`: the profile has no such attribute.
    pub profile: Vec<Option<Json<'p>>>,
    /// All further attributes, with [`Wanted::whole_profile`].
    pub further_profile: Vec<(Cow<'p, str>, Json<'p>)>,
}

impl<'p> Record<'p> {
    /// The profile attribute in that slot, if the record has it.
    pub fn attribute(&self, slot: usize) -> Option<&Json<'p>> {
        self.profile.get(slot).and_then(Option::as_ref)
    }
}
