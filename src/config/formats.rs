//! Which attributes of a record make which attribute of a person (manual/configuration.md#formats).
//!
//! Compiled once, while the configuration is read. Knows no record.

use super::CsvColumns;
use super::item::Item;
use super::section::Section;
use crate::model::Attribute;
use crate::record::Wanted;
use crate::record::format::Format;

/// The formats of a source, and what its records must carry for them.
#[derive(Debug, Clone)]
pub struct Formats {
    /// Of those attributes that have one, in the order of [`Attribute::ALL`].
    pub by_attribute: Vec<(Attribute, Format)>,
    /// Other names of a person.
    pub aliases: Vec<Format>,
    pub wanted: Wanted,
}

/// `user_alias_formats`
const ALIASES: &str = "user_alias_formats";

/// The key of an attribute's format, and the attribute of a record that it is by default.
fn key(attribute: Attribute) -> (&'static str, Option<&'static str>) {
    match attribute {
        Attribute::Email => ("user_email_format", Some("email")),
        Attribute::Username => ("user_username_format", None),
        Attribute::Domain => ("user_domain_format", None),
        Attribute::Firstname => ("user_given_name_format", Some("firstName")),
        Attribute::Lastname => ("user_surname_format", Some("lastName")),
        Attribute::Country => ("user_country_code_format", Some("countryCode")),
        Attribute::IdentityType => ("user_identity_type_format", None),
    }
}

impl Default for Formats {
    /// Those of a file that sets none.
    fn default() -> Formats {
        Formats::read(&Section::default())
    }
}

impl Formats {
    /// The formats of `connector-okta.yml`. Problems are left with the reader.
    pub(super) fn read(section: &Section<'_>) -> Formats {
        let mut wanted = Wanted::default();
        let mut by_attribute = Vec::new();
        for attribute in Attribute::ALL {
            let (key, default) = key(attribute);
            let format = match section.get(key) {
                Some(item) => parse(item, &mut wanted),
                None => default.map(|name| Format::of_attribute(name, &mut wanted)),
            };
            by_attribute.extend(format.map(|format| (attribute, format)));
        }
        let aliases = match section.get(ALIASES) {
            Some(item) => {
                let formats = item.list().into_iter();
                formats
                    .filter_map(|item| parse(&item, &mut wanted))
                    .collect()
            }
            None => {
                let names = ["login", "email"];
                names
                    .map(|name| Format::of_attribute(name, &mut wanted))
                    .to_vec()
            }
        };
        Formats {
            by_attribute,
            aliases,
            wanted,
        }
    }

    /// The formats of a CSV file: each attribute is its column.
    pub fn of_columns(columns: &CsvColumns) -> Formats {
        let mut wanted = Wanted::default();
        let mut column = |name: &String| Format::of_attribute(name, &mut wanted);
        let by_attribute = Attribute::ALL.map(|attribute| {
            let name = match attribute {
                Attribute::Email => &columns.email,
                Attribute::Username => &columns.username,
                Attribute::Domain => &columns.domain,
                Attribute::Firstname => &columns.first_name,
                Attribute::Lastname => &columns.last_name,
                Attribute::Country => &columns.country,
                Attribute::IdentityType => &columns.identity_type,
            };
            (attribute, column(name))
        });
        let aliases = columns.alias.iter().map(column).collect();
        Formats {
            by_attribute: by_attribute.to_vec(),
            aliases,
            wanted,
        }
    }

    /// Sets the format of an attribute.
    #[cfg(test)]
    pub(crate) fn set(&mut self, attribute: Attribute, source: &str) {
        let format = Format::parse(source, &mut self.wanted).unwrap();
        self.by_attribute.retain(|(known, _)| *known != attribute);
        self.by_attribute.push((attribute, format));
        let place = |known: &Attribute| Attribute::ALL.iter().position(|one| one == known);
        self.by_attribute.sort_by_key(|(known, _)| place(known));
    }
}

fn parse(item: &Item<'_>, wanted: &mut Wanted) -> Option<Format> {
    item.accept(Format::parse(&item.text()?, wanted))
}
