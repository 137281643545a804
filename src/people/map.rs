//! Attribute mapping: from a directory record to a directory user (manual/rules.md#mapping).
//!
//! Pure. Knows nothing of Okta's wire, of the hook's interpreter or of Adobe.
//! [`crate::people::join`] joins what was mapped into one [`crate::model::Directory`].

use std::borrow::Cow;

use crate::config::Formats;
use crate::model::{DirectoryUser, IdentityType, ListId, SkippedMember};
use crate::people::sources::{Sources, owned};
use crate::record::format::{self, Format};
use crate::record::{Json, Record, Wanted};
use crate::text::{self, Text, Texts};

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    User(DirectoryUser),
    /// To be warned of, and protected (manual/safety.md#protected-people).
    Skipped(SkippedMember),
}

/// A format option that cannot be used: its key in the connector file, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFormat {
    pub key: &'static str,
    pub problem: String,
}

/// One mapped attribute, for `explain`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// `email`, `firstname`, …
    pub attribute: &'static str,
    pub format: String,
    /// The attributes that the format names, as the record has them; `None`: it has none.
    pub sources: Vec<(String, Option<Json<'static>>)>,
    /// `None`: nothing.
    pub value: Option<String>,
}

/// Where a source attribute of the hook comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Id,
    /// What the format with this number gives.
    Format(usize),
    /// The raw attribute in this slot of the profile.
    Profile(usize),
}

const FORMATS: usize = 7;
/// `user_…_format` keys, mapped attributes and the names that hooks know their values by.
const KEYS: [&str; FORMATS] = [
    "user_email_format",
    "user_username_format",
    "user_domain_format",
    "user_given_name_format",
    "user_surname_format",
    "user_country_code_format",
    "user_identity_type_format",
];
const ATTRIBUTES: [&str; FORMATS] = [
    "email",
    "username",
    "domain",
    "firstname",
    "lastname",
    "country",
    "identity_type",
];
const SOURCE_NAMES: [&str; FORMATS] = [
    "email",
    "username",
    "domain",
    "firstName",
    "lastName",
    "c",
    "identity_type",
];

/// Maps the records of one source.
#[derive(Debug)]
pub struct Mapper {
    identity_type: IdentityType,
    /// In the order of [`KEYS`].
    formats: [Option<Format>; FORMATS],
    login: usize,
    okta_email: usize,
    /// The hook's source attributes by name.
    sources: Vec<(String, Source)>,
    scratch: String,
}

impl Mapper {
    /// A mapper for these formats, with the default ones where none is set. `identity_type` is
    /// that of users for whom the format gives none; `extended` names the hook's extended
    /// attributes. What records must carry is added to `wanted`.
    pub fn new(
        formats: &Formats,
        identity_type: IdentityType,
        extended: &[String],
        wanted: &mut Wanted,
    ) -> Result<Mapper, BadFormat> {
        let formats = parse_formats(formats, wanted)?;
        let mut mapper = Mapper {
            identity_type,
            login: wanted.profile_slot("login"),
            okta_email: wanted.profile_slot("email"),
            sources: Vec::new(),
            scratch: String::new(),
            formats,
        };
        mapper.name_sources(extended, wanted);
        Ok(mapper)
    }

    fn name_sources(&mut self, extended: &[String], wanted: &mut Wanted) {
        let formats = (0..).map(Source::Format);
        let fixed = [("id", Source::Id), ("login", Source::Profile(self.login))];
        let fixed = fixed
            .into_iter()
            .chain(SOURCE_NAMES.into_iter().zip(formats));
        self.sources = fixed
            .map(|(name, source)| (name.to_owned(), source))
            .collect();
        let formats = self.formats.iter().flatten();
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

    /// Maps one record. The user's groups are empty: whoever read the record joins them.
    pub fn map(&mut self, record: &Record, texts: &mut Texts) -> Mapped {
        let login = keep_login(record, self.login, texts);
        let Some(email) = self.keep(EMAIL, record, login, texts) else {
            let reason = match self.source(EMAIL) {
                "" => "it has no e-mail".to_owned(),
                format => format!("it has no e-mail: the format {format} gives nothing"),
            };
            return self.skip(record, login, reason, texts);
        };
        let username = self.keep(USERNAME, record, email, texts).unwrap_or(email);
        let identity_type = match self.identity_type(record) {
            Ok(identity_type) => identity_type,
            Err(word) => {
                let reason = format!("{word:?} is no identity type");
                return self.skip(record, login, reason, texts);
            }
        };
        let domain = self.domain(record, email, texts);
        if domain.is_empty() && !username.contains('@') {
            let reason = format!("its username {username:?} is no e-mail, and there is no domain");
            return self.skip(record, login, reason, texts);
        }
        Mapped::User(DirectoryUser {
            id: texts.keep(&record.id),
            // A CSV file has none; messages need a name for the person.
            login: if login.is_empty() { email } else { login },
            identity_type,
            email,
            username,
            domain,
            firstname: self.as_given(FIRSTNAME, record).then(|| self.kept(texts)),
            lastname: self.as_given(LASTNAME, record).then(|| self.kept(texts)),
            country: self.country(record, texts),
            groups: ListId::default(),
        })
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
                Source::Format(nth) => {
                    let given = self.value(*nth, record);
                    given.map(|text| Json::Text(Cow::Owned(text)))
                }
                Source::Profile(slot) => record.attribute(*slot).cloned(),
            };
            sources.add(user, value, texts);
        }
    }

    /// How each attribute came about.
    pub fn trace(&self, record: &Record) -> Vec<Trace> {
        let traced = ATTRIBUTES.iter().zip(&self.formats).enumerate();
        traced
            .filter_map(|(nth, (attribute, format))| {
                let format = format.as_ref()?;
                let source = |field: &format::Field| {
                    let value = field.attribute(record);
                    (
                        field.name.clone(),
                        value.map(|value| owned(value.into_owned())),
                    )
                };
                Some(Trace {
                    attribute,
                    format: format.source().to_owned(),
                    sources: format.fields().map(source).collect(),
                    value: self.value(nth, record),
                })
            })
            .collect()
    }

    /// What a format gives, trimmed where the rules trim it.
    fn value(&self, nth: usize, record: &Record) -> Option<String> {
        let mut out = String::new();
        let format = self.formats.get(nth)?.as_ref()?;
        if !format.write(record, &mut out) {
            return None;
        }
        let trimmed = match nth {
            FIRSTNAME | LASTNAME => return Some(out),
            _ => out.trim(),
        };
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn source(&self, nth: usize) -> &str {
        let format = self.formats.get(nth).and_then(Option::as_ref);
        format.map_or("", Format::source)
    }

    /// Puts what a format gives into the scratch buffer; `false`: nothing.
    fn as_given(&mut self, nth: usize, record: &Record) -> bool {
        match self.formats.get(nth) {
            Some(Some(format)) => format.write(record, &mut self.scratch),
            _ => false,
        }
    }

    fn kept(&self, texts: &mut Texts) -> Text {
        texts.keep(&self.scratch)
    }

    /// What a format gives, trimmed and kept; `known` itself where it is that text.
    fn keep(
        &mut self,
        nth: usize,
        record: &Record,
        known: Text,
        texts: &mut Texts,
    ) -> Option<Text> {
        if !self.as_given(nth, record) {
            return None;
        }
        match text::trim(&self.scratch) {
            "" => None,
            same if same == known => Some(known),
            other => Some(texts.keep(other)),
        }
    }

    fn identity_type(&mut self, record: &Record) -> Result<IdentityType, String> {
        if !self.as_given(IDENTITY_TYPE, record) || self.scratch.trim().is_empty() {
            return Ok(self.identity_type);
        }
        IdentityType::parse(&self.scratch).ok_or_else(|| self.scratch.trim().to_owned())
    }

    fn domain(&mut self, record: &Record, email: Text, texts: &mut Texts) -> Text {
        let of_email = text::domain_of(email);
        if !self.as_given(DOMAIN, record) {
            return of_email;
        }
        match text::trim(&self.scratch) {
            "" => of_email,
            same if same == of_email => of_email,
            other => texts.share(other),
        }
    }

    fn country(&mut self, record: &Record, texts: &mut Texts) -> Option<Text> {
        if !self.as_given(COUNTRY, record) {
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

    fn skip(&mut self, record: &Record, login: Text, reason: String, texts: &mut Texts) -> Mapped {
        let mut names = vec![login];
        if let Some(Json::Text(email)) = record.attribute(self.okta_email) {
            names.push(texts.keep(email.trim()));
        }
        names.extend(self.keep(EMAIL, record, login, texts));
        names.extend(self.keep(USERNAME, record, login, texts));
        names.retain(|name| !name.is_empty());
        names.dedup();
        Mapped::Skipped(SkippedMember {
            login: if login.is_empty() {
                texts.keep(&record.id)
            } else {
                login
            },
            names,
            reason,
        })
    }
}

const EMAIL: usize = 0;
const USERNAME: usize = 1;
const DOMAIN: usize = 2;
const FIRSTNAME: usize = 3;
const LASTNAME: usize = 4;
const COUNTRY: usize = 5;
const IDENTITY_TYPE: usize = 6;

fn parse_formats(
    formats: &Formats,
    wanted: &mut Wanted,
) -> Result<[Option<Format>; FORMATS], BadFormat> {
    let sources: [(Option<&str>, Option<&str>); FORMATS] = [
        (formats.email.as_deref(), Some("{email}")),
        (formats.username.as_deref(), None),
        (formats.domain.as_deref(), None),
        (formats.given_name.as_deref(), Some("{firstName}")),
        (formats.surname.as_deref(), Some("{lastName}")),
        (formats.country_code.as_deref(), Some("{countryCode}")),
        (formats.identity_type.as_deref(), None),
    ];
    let mut parsed = [const { None }; FORMATS];
    for ((place, (source, default)), key) in parsed.iter_mut().zip(sources).zip(KEYS) {
        if let Some(source) = source.or(default) {
            let format = Format::parse(source, wanted);
            *place = Some(format.map_err(|problem| BadFormat { key, problem })?);
        }
    }
    Ok(parsed)
}

/// What messages call a person: the login, else nothing.
fn keep_login(record: &Record, slot: usize, texts: &mut Texts) -> Text {
    match record.attribute(slot) {
        Some(Json::Text(login)) => texts.keep(text::trim(login)),
        _ => "",
    }
}

#[cfg(test)]
mod tests;
