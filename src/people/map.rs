//! Attribute mapping: from a directory record to a directory user (manual/rules.md#mapping).
//!
//! Pure. Knows nothing of Okta's wire, of the hook's interpreter or of Adobe.
//! [`crate::people::join`] joins what was mapped into one [`crate::model::Directory`].

use std::borrow::Cow;

use crate::config::Formats;
use crate::model::why::SkipWhy;
use crate::model::{Attribute, DirectoryUser, IdentityType, ListId};
use crate::people::sources::{Sources, owned};
use crate::record::format::{self, Format};
use crate::record::{Json, Record, Wanted};
use crate::text::{self, Text, Texts};

/// One mapped attribute, for `explain`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    pub attribute: Attribute,
    pub format: String,
    /// The attributes that the format names, as the record has them; `None`: it has none.
    pub sources: Vec<(String, Option<Json<'static>>)>,
    /// What the format gives; `None`: nothing at all.
    pub value: Option<String>,
}

/// Where a source attribute of the hook comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Id,
    /// What the format of this attribute gives.
    Format(Attribute),
    /// The raw attribute in this slot of the profile.
    Profile(usize),
}

/// The name by which hooks know what the format gives.
fn source_name(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Firstname => "firstName",
        Attribute::Lastname => "lastName",
        Attribute::Country => "c",
        other => other.name(),
    }
}

/// Maps the records of one source.
#[derive(Debug)]
pub struct Mapper {
    identity_type: IdentityType,
    /// Of those attributes that have one, in the order of [`Attribute::ALL`].
    formats: Vec<(Attribute, Format)>,
    aliases: Vec<Format>,
    login: usize,
    okta_email: usize,
    /// The hook's source attributes by name.
    sources: Vec<(String, Source)>,
    scratch: String,
}

impl Mapper {
    /// A mapper for these formats, and what records must carry for it. `identity_type` is that of
    /// users for whom the format gives none; `extended` names the hook's extended attributes.
    pub fn new(
        formats: Formats,
        identity_type: IdentityType,
        extended: &[String],
    ) -> (Mapper, Wanted) {
        let mut wanted = formats.wanted;
        let mut mapper = Mapper {
            identity_type,
            formats: formats.by_attribute,
            aliases: formats.aliases,
            login: wanted.profile_slot("login"),
            okta_email: wanted.profile_slot("email"),
            sources: Vec::new(),
            scratch: String::new(),
        };
        mapper.name_sources(extended, &mut wanted);
        (mapper, wanted)
    }

    fn name_sources(&mut self, extended: &[String], wanted: &mut Wanted) {
        let fixed = [("id", Source::Id), ("login", Source::Profile(self.login))];
        let mapped =
            Attribute::ALL.map(|attribute| (source_name(attribute), Source::Format(attribute)));
        let named = fixed.into_iter().chain(mapped);
        self.sources = named
            .map(|(name, source)| (name.to_owned(), source))
            .collect();
        let formats = self.formats.iter().map(|(_, format)| format);
        let named = formats.flat_map(Format::fields).map(|field| &field.name);
        for name in named.chain(extended) {
            if !self.sources.iter().any(|(known, _)| known == name) {
                let slot = wanted.profile_slot(name);
                self.sources.push((name.clone(), Source::Profile(slot)));
            }
        }
    }

    /// Leaves out the source attributes that the hook cannot read.
    pub fn keep_sources(&mut self, reads: impl Fn(&str) -> bool) {
        self.sources.retain(|(name, _)| reads(name));
    }

    /// The user that the formats make of a record, and its other names: what `user_alias_formats`
    /// give, but for e-mail and username. The error says why there is none. The user's groups are
    /// empty: whoever read the record joins them.
    pub fn map(
        &mut self,
        record: &Record,
        texts: &mut Texts,
    ) -> Result<(DirectoryUser, Vec<Text>), SkipWhy> {
        let login = texts.keep(self.login(record));
        let Some(email) = self.keep(Attribute::Email, record, login, texts) else {
            let format = texts.share(self.source(Attribute::Email));
            return Err(SkipWhy::NoEmail(format));
        };
        if !text::is_address(email) {
            return Err(SkipWhy::NotOneAddress(email));
        }
        let username = self.keep(Attribute::Username, record, email, texts);
        let username = username.unwrap_or(email);
        let identity_type = self.identity_type(record);
        let identity_type =
            identity_type.map_err(|word| SkipWhy::NoIdentityType(texts.share(&word)))?;
        let domain = self.domain(record, email, texts);
        if domain.is_empty() && !username.contains('@') {
            return Err(SkipWhy::NoDomain(username));
        }
        let user = DirectoryUser {
            id: texts.keep(&record.id),
            login: if login.is_empty() { email } else { login },
            identity_type,
            email,
            username,
            domain,
            firstname: self.given(Attribute::Firstname, record, texts),
            lastname: self.given(Attribute::Lastname, record, texts),
            country: self.country(record, texts),
            groups: ListId::default(),
        };
        let other_names = self.other_names(record, &user, texts);
        Ok((user, other_names))
    }

    /// What the alias formats give, split at commas; not what the user is matched by anyway.
    fn other_names(
        &mut self,
        record: &Record,
        user: &DirectoryUser,
        texts: &mut Texts,
    ) -> Vec<Text> {
        let mut names = Vec::new();
        for format in &self.aliases {
            if !format.write(record, &mut self.scratch) {
                continue;
            }
            for name in self.scratch.split(',') {
                if !text::same(name, user.email) && !text::same(name, user.username) {
                    add_name(&mut names, name, texts);
                }
            }
        }
        names
    }

    /// Everything the person is known by: login, e-mail, mapped e-mail and username, the username in
    /// its domain, aliases, and the addresses in a name that is not one. Only of the few who are
    /// left out does anybody need them all.
    pub fn names(&mut self, record: &Record, texts: &mut Texts) -> Vec<Text> {
        let mut names = Vec::new();
        for name in [self.login(record), self.okta_email(record)] {
            add_name(&mut names, name, texts);
        }
        for attribute in [Attribute::Email, Attribute::Username] {
            if self.write(attribute, record) {
                add_name(&mut names, &self.scratch, texts);
            }
        }
        if let (Some(username), Some(domain)) = (
            self.value(Attribute::Username, record),
            self.value(Attribute::Domain, record),
        ) {
            add_name(&mut names, &format!("{username}@{domain}"), texts);
        }
        for format in &self.aliases {
            if format.write(record, &mut self.scratch) {
                let aliases = self.scratch.split(',');
                aliases.for_each(|name| add_name(&mut names, name, texts));
            }
        }
        let meant = names.iter().filter(|name| !text::is_address(name));
        let meant: Vec<String> = meant.flat_map(|name| text::addresses_in(name)).collect();
        meant
            .iter()
            .for_each(|name| add_name(&mut names, name, texts));
        names
    }

    /// What messages call the person: the login, else the e-mail, else the id. A CSV file has no
    /// login.
    pub fn called(&mut self, record: &Record, texts: &mut Texts) -> Text {
        let login = self.login(record);
        if !login.is_empty() {
            return texts.keep(login);
        }
        let email = self.keep(Attribute::Email, record, "", texts);
        email.unwrap_or_else(|| texts.keep(&record.id))
    }

    /// The login, trimmed; empty where there is none.
    pub fn login<'r>(&self, record: &'r Record) -> &'r str {
        text_of(record, self.login)
    }

    /// Okta's e-mail, trimmed; empty where there is none.
    pub fn okta_email<'r>(&self, record: &'r Record) -> &'r str {
        text_of(record, self.okta_email)
    }

    /// The names of the hook's `source_attributes`.
    pub fn source_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|(name, _)| name.as_str())
    }

    /// Keeps the hook's `source_attributes` of a record, of which `user` was made: what the
    /// formats give, before any default is put in, and the raw attributes with their types.
    pub fn keep_source(
        &self,
        record: &Record,
        user: &DirectoryUser,
        sources: &mut Sources,
        texts: &mut Texts,
    ) {
        sources.begin(user.id);
        for (_, source) in &self.sources {
            let value = match source {
                Source::Id => Some(Json::Text(Cow::Borrowed(user.id))),
                Source::Format(attribute) => {
                    let given = self.value(*attribute, record);
                    given.map(|text| Json::Text(Cow::Owned(text)))
                }
                Source::Profile(slot) => record.attribute(*slot).cloned(),
            };
            sources.add(user, value, texts);
        }
    }

    /// How each attribute came about.
    pub fn trace(&self, record: &Record) -> Vec<Trace> {
        let traced = self.formats.iter();
        traced
            .map(|(attribute, format)| {
                let source = |field: &format::Field| {
                    let value = field.attribute(record);
                    (
                        field.name.clone(),
                        value.map(|value| owned(value.into_owned())),
                    )
                };
                Trace {
                    attribute: *attribute,
                    format: format.source().to_owned(),
                    sources: format.fields().map(source).collect(),
                    value: self.value(*attribute, record),
                }
            })
            .collect()
    }

    fn format(&self, attribute: Attribute) -> Option<&Format> {
        let mut formats = self.formats.iter();
        let found = formats.find(|(known, _)| *known == attribute);
        found.map(|(_, format)| format)
    }

    /// What a format gives, trimmed where the rules trim it.
    fn value(&self, attribute: Attribute, record: &Record) -> Option<String> {
        let mut out = String::new();
        if !self.format(attribute)?.write(record, &mut out) {
            return None;
        }
        let trimmed = match attribute {
            Attribute::Firstname | Attribute::Lastname => return Some(out),
            _ => out.trim(),
        };
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn source(&self, attribute: Attribute) -> &str {
        self.format(attribute).map_or("", Format::source)
    }

    /// Puts what a format gives into the scratch buffer; `false`: nothing.
    fn write(&mut self, attribute: Attribute, record: &Record) -> bool {
        let mut formats = self.formats.iter();
        let format = formats.find(|(known, _)| *known == attribute);
        format.is_some_and(|(_, format)| format.write(record, &mut self.scratch))
    }

    /// What a format gives, as given; blanks alone are nothing, for Adobe takes no such name.
    fn given(&mut self, attribute: Attribute, record: &Record, texts: &mut Texts) -> Option<Text> {
        let given = self.write(attribute, record) && !text::trim(&self.scratch).is_empty();
        given.then(|| texts.share(&self.scratch))
    }

    /// What a format gives, trimmed and kept; `known` itself where it is that text.
    fn keep(
        &mut self,
        attribute: Attribute,
        record: &Record,
        known: Text,
        texts: &mut Texts,
    ) -> Option<Text> {
        if !self.write(attribute, record) {
            return None;
        }
        match text::trim(&self.scratch) {
            "" => None,
            same if same == known => Some(known),
            other => Some(texts.keep(other)),
        }
    }

    fn identity_type(&mut self, record: &Record) -> Result<IdentityType, String> {
        if !self.write(Attribute::IdentityType, record) || self.scratch.trim().is_empty() {
            return Ok(self.identity_type);
        }
        IdentityType::parse(&self.scratch).ok_or_else(|| self.scratch.trim().to_owned())
    }

    fn domain(&mut self, record: &Record, email: Text, texts: &mut Texts) -> Text {
        let of_email = text::domain_of(email);
        if !self.write(Attribute::Domain, record) {
            return of_email;
        }
        match text::trim(&self.scratch) {
            "" => of_email,
            same if same == of_email => of_email,
            other => texts.share(other),
        }
    }

    fn country(&mut self, record: &Record, texts: &mut Texts) -> Option<Text> {
        if !self.write(Attribute::Country, record) {
            return None;
        }
        let country = text::trim(&self.scratch);
        let upper = country.bytes().all(|byte| byte.is_ascii_uppercase());
        match (country, upper) {
            ("", _) => None,
            (_, true) => Some(texts.share(country)),
            (_, false) => Some(texts.share(&country.to_uppercase())),
        }
    }
}

fn text_of<'r>(record: &'r Record, slot: usize) -> &'r str {
    match record.attribute(slot) {
        Some(Json::Text(text)) => text::trim(text),
        _ => "",
    }
}

/// Adds a name, trimmed, unless it is there.
fn add_name(names: &mut Vec<Text>, name: &str, texts: &mut Texts) {
    let name = text::trim(name);
    if !name.is_empty() && !names.iter().any(|known| text::same(known, name)) {
        names.push(texts.keep(name));
    }
}

#[cfg(test)]
mod tests;
