//! `connector-okta.yml` (manual/configuration.md#okta-connector).
//!
//! The filter is checked where it is compiled; here it is a text.

use std::time::Duration;

use super::access;
use super::credential::Outside;
use super::item::Item;
use super::limits::percent;
use super::main_file::identity_type;
use super::reader::Reader;
use super::section::Section;
use super::{Connection, Formats, OktaConfig, server};
use crate::error::one_line;

/// Who is kept where the file has no filter.
const DEFAULT_FILTER: &str = "user.status == \"ACTIVE\"";

/// Beside the host and the keys that say who we are.
const KEYS: [&str; 18] = [
    "group_filter_format",
    "all_users_filter",
    "user_identity_type",
    "user_identity_type_format",
    "user_alias_formats",
    "user_email_format",
    "user_username_format",
    "user_domain_format",
    "user_given_name_format",
    "user_surname_format",
    "user_country_code_format",
    "string_encoding",
    "timeout",
    "retries",
    "page_size",
    "rate_limit_reserve",
    "ssl_verify",
    "logger_name",
];

/// Reads the files of the connector, merged key by key. Problems are left with the readers.
pub(super) fn read(readers: &[Reader], outside: &Outside) -> Option<OktaConfig> {
    let access_keys = access::keys();
    let access_keys = access_keys.iter().map(String::as_str);
    let keys: Vec<&str> = ["host"]
        .into_iter()
        .chain(access_keys)
        .chain(KEYS)
        .collect();
    let section = Section::open(readers.iter().map(Reader::root).collect(), &keys);
    let host_item = section.required("host", "the host name of the tenant, as acme.okta.com");
    let host = host_item.and_then(server::host);
    let user = section.read("host", Item::text).unwrap_or_default();
    let access = access::read(&section, user.trim(), outside);
    let filter = section.get("all_users_filter");
    let filter_text = filter.and_then(Item::name);
    warn_of_encoding(&section);
    warn_of_second_email(&section);
    let default = Connection {
        timeout: Duration::from_secs(60),
        retries: 4,
        ssl_verify: server::ssl_verify(section.get("ssl_verify")),
    };
    let connection = server::connection(&section, default);
    let identity_type = section.read("user_identity_type", identity_type);
    let page_size = section.read("page_size", |item| item.whole(1..=1000));
    let group_filter_format = section.read("group_filter_format", group_format);
    let rate_limit_reserve = section.read("rate_limit_reserve", reserve);
    let formats = Formats::read(&section);
    let (access, credentials) = access?;
    Some(OktaConfig {
        file: readers.first()?.file().to_owned(),
        host: host?,
        access,
        credentials,
        group_filter_format,
        filter_is_set: filter.is_some(),
        filter_line: filter.and_then(Item::content_line),
        filter: filter_text.unwrap_or_else(|| DEFAULT_FILTER.to_owned()),
        identity_type,
        formats,
        page_size: page_size.unwrap_or(1000),
        rate_limit_reserve: rate_limit_reserve.unwrap_or(10.0),
        connection,
    })
}

/// Only `{group}` may stand in braces. `None` for the default, `{group}` alone.
fn group_format(item: &Item<'_>) -> Option<String> {
    let format = item.text()?;
    let rest = format.replace("{group}", "");
    if rest.contains(['{', '}']) || !format.contains("{group}") {
        return item.refuse(format!(
            "expected a text with {{group}} in it and no other braces, found \"{}\"",
            one_line(&format)
        ));
    }
    Some(format).filter(|format| format != "{group}")
}

fn reserve(item: &Item<'_>) -> Option<f64> {
    match percent(item) {
        Some(share) if share < 100.0 => Some(share),
        _ => item.not_a_number("a percentage below 100, as 10%"),
    }
}

fn warn_of_encoding(section: &Section<'_>) {
    if let Some(item) = section.get("string_encoding")
        && let Some(name) = item.text()
        && super::Encoding::parse(&name) != Ok(super::Encoding::Utf8)
    {
        item.warn(&format!(
            "Okta is always UTF-8; \"{}\" is ignored",
            one_line(&name)
        ));
    }
}

/// People can edit their second e-mail, and whoever can edit a name may come into the account of
/// somebody else.
fn warn_of_second_email(section: &Section<'_>) {
    let formats = section.list("user_alias_formats");
    let named = |item: &&Item<'_>| {
        item.text()
            .is_some_and(|text| text.contains("{secondEmail"))
    };
    if let Some(item) = formats.iter().find(named) {
        item.warn(
            "people can edit secondEmail themselves, and by a name that they choose they may come \
             into the account of somebody else; name only attributes that administrators set",
        );
    }
}
