//! Countries that Adobe does not take: it wants the two letters of ISO 3166, and refuses to create
//! whoever has anything else. Told before it happens, with the code that is meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::change::Change;
use crate::model::command::Step;
use crate::model::notice::Notice;
use crate::text::Text;

/// Code, code of three letters, names; what people write beside them.
static COUNTRIES: &str = include_str!("countries.txt");
/// Adobe's own code for no country.
const UNDEFINED: &str = "UD";
/// So many people are named.
const NAMED: usize = 3;

/// One warning for everybody who is to be created with such a country.
pub(super) fn warning<'c>(changes: impl Iterator<Item = &'c Change>) -> Option<Notice> {
    let mut concerned: BTreeMap<Text, BTreeSet<Text>> = BTreeMap::new();
    for change in changes {
        for step in &change.command.steps {
            if let Step::Create { country, .. } = step
                && let Some(country) = country.filter(|country| !is_code(country))
            {
                let people = concerned.entry(country).or_default();
                people.insert(change.reason.person);
            }
        }
    }
    let told: Vec<String> = concerned
        .iter()
        .map(|(country, people)| tell(country, people))
        .collect();
    (!told.is_empty()).then(|| {
        Notice::warning(format!(
            "Adobe takes a country code of two letters, and creates nobody with another country: \
             correct it in the directory, or name another attribute: {}",
            told.join("; ")
        ))
    })
}

fn tell(country: &str, people: &BTreeSet<Text>) -> String {
    let meant = meant(country).map_or(String::new(), |code| format!(", {code} is meant"));
    let named: Vec<Text> = people.iter().take(NAMED).copied().collect();
    let more = match people.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("\"{country}\"{meant} ({}{more})", named.join(", "))
}

fn is_code(country: &str) -> bool {
    country == UNDEFINED || entries().any(|(code, _)| code == country)
}

/// Each code with the rest of its line.
fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    COUNTRIES.lines().filter_map(|line| line.split_once(' '))
}

/// The code of a country that is written in another way.
fn meant(country: &str) -> Option<&'static str> {
    let plain = country.replace('.', "").replace('&', "and").to_uppercase();
    let plain = plain.trim().trim_start_matches("THE ");
    let is_meant = |others: &str| {
        let (long_code, names) = others.split_once(' ').unwrap_or((others, ""));
        let mut names = names.split('|').filter(|name| !name.is_empty());
        long_code == plain || names.any(|name| name.to_uppercase() == plain)
    };
    let mut entries = entries();
    entries
        .find(|(code, others)| *code == plain || is_meant(others))
        .map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_that_is_meant_is_named_where_it_is_plain() {
        for (written, expected) in [
            ("GERMANY", Some("DE")),
            ("Deutschland", Some("DE")),
            ("DEU", Some("DE")),
            ("USA", Some("US")),
            ("U.S.A.", Some("US")),
            ("The Netherlands", Some("NL")),
            ("UK", Some("GB")),
            ("ÖSTERREICH", Some("AT")),
            ("trinidad & tobago", Some("TT")),
            ("de", Some("DE")),
            ("49", None),
            ("XX", None),
            ("Korea", None),
            ("", None),
        ] {
            assert_eq!(meant(written), expected, "{written}");
        }
    }

    #[test]
    fn codes_are_of_two_letters_and_known() {
        assert!(["US", "DE", "XK", "UD"].iter().all(|code| is_code(code)));
        assert!(
            ["UK", "XX", "us", "USA", ""]
                .iter()
                .all(|code| !is_code(code))
        );
        let mut seen = BTreeSet::new();
        for (code, others) in entries() {
            assert!(code.len() == 2 && seen.insert(code), "{code}");
            let long = others.split(' ').next().unwrap();
            assert!(long.len() == 3 && seen.insert(long), "{long}");
        }
        assert_eq!(seen.len(), 2 * 250);
    }
}
