//! `connector-csv.yml` (manual/configuration.md#csv-connector): how a CSV file of people is read.

use std::path::PathBuf;

use super::item::Item;
use super::main_file::identity_type;
use super::reader::Reader;
use super::section::Section;
use super::{CsvColumns, CsvConfig, Encoding};
use crate::error::one_line;

const KEYS: [&str; 14] = [
    "delimiter",
    "string_encoding",
    "email_column_name",
    "first_name_column_name",
    "last_name_column_name",
    "country_column_name",
    "groups_column_name",
    "username_column_name",
    "domain_column_name",
    "identity_type_column_name",
    "alias_column_name",
    "user_identity_type",
    "file_path",
    "logger_name",
];

/// Reads the files of the connector, merged key by key; without any, all is as by default.
/// `users_file` is the one that the options name. Problems are left with the readers; without any
/// the file of people is what is missing.
pub(super) fn read(readers: &[Reader], users_file: Option<PathBuf>) -> Option<CsvConfig> {
    let section = Section::open(readers.iter().map(Reader::root).collect(), &KEYS);
    let column = |key, default: &str| section.name(key).unwrap_or_else(|| default.to_owned());
    let file_path = section.read("file_path", Item::path);
    let delimiter = section.read("delimiter", delimiter);
    let encoding = section.read("string_encoding", encoding);
    let identity_type = section.read("user_identity_type", identity_type);
    let users_file = users_file.or(file_path)?;
    Some(CsvConfig {
        delimiter: delimiter.unwrap_or_else(|| crate::text::csv::delimiter_of(&users_file)),
        users_file,
        encoding: encoding.unwrap_or(Encoding::Utf8),
        columns: CsvColumns {
            email: column("email_column_name", "email"),
            first_name: column("first_name_column_name", "firstname"),
            last_name: column("last_name_column_name", "lastname"),
            country: column("country_column_name", "country"),
            groups: column("groups_column_name", "groups"),
            username: column("username_column_name", "username"),
            domain: column("domain_column_name", "domain"),
            identity_type: column("identity_type_column_name", "type"),
            alias: section.name("alias_column_name"),
        },
        identity_type,
    })
}

fn delimiter(item: &Item<'_>) -> Option<u8> {
    let text = item.text()?;
    match text.as_bytes() {
        // Written in single quotes, as many files for Python have it.
        b"\\t" => Some(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Some(*byte),
        _ => {
            let found = one_line(&text);
            item.refuse(format!(
                "expected one character, as \",\" or \"\\t\", found \"{found}\""
            ))
        }
    }
}

fn encoding(item: &Item<'_>) -> Option<Encoding> {
    item.accept(Encoding::parse(&item.text()?))
}
