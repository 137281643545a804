//! Additional-group rules: directory group names that name Adobe groups by a regular expression.
//!
//! As Python's `re.match` and `re.sub` do it (spec/sync-rules.md 3). Knows names only.

use std::collections::HashMap;

use regex::{Captures, Regex};

use crate::config::{AdditionalGroups, Config, QualifiedGroup};
use crate::error::{Error, Place};
use crate::model::{DirectoryGroup, OrgId};
use crate::text;

/// A replacement of `re.sub`: text and references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Number(usize),
    Name(String),
}

impl Template {
    /// Parses a target with `\1` and `\g<name>` references; the error says what is wrong with it.
    pub fn parse(target: &str, source: &Regex) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = target;
        while let Some((before, after)) = rest.split_once('\\') {
            literal.push_str(before);
            let (piece, left) = parse_escape(after)?;
            rest = left;
            match piece {
                Piece::Literal(text) => literal.push_str(&text),
                reference => {
                    check_reference(&reference, source)?;
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(reference);
                }
            }
        }
        literal.push_str(rest);
        pieces.push(Piece::Literal(literal));
        Ok(Template(pieces))
    }

    fn write(&self, captures: &Captures, out: &mut String) {
        for piece in &self.0 {
            let found = match piece {
                Piece::Literal(text) => Some(text.as_str()),
                Piece::Number(number) => captures.get(*number).map(|found| found.as_str()),
                Piece::Name(name) => captures.name(name).map(|found| found.as_str()),
            };
            // As Python: a group that took no part in the match is empty.
            out.push_str(found.unwrap_or_default());
        }
    }
}

/// What follows a backslash, and the rest behind it.
fn parse_escape(after: &str) -> Result<(Piece, &str), String> {
    let first = after.chars().next();
    let Some(first) = first else {
        return Err("it ends in a lone backslash".to_owned());
    };
    let rest = after.get(first.len_utf8()..).unwrap_or_default();
    let literal = |text: &str| Ok((Piece::Literal(text.to_owned()), rest));
    match first {
        'g' => parse_named(rest),
        '1'..='9' => {
            // As Python: one or two digits.
            let digits = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
            let (number, rest) = after.split_at(digits);
            let number = number
                .parse()
                .map_err(|_| "a bad group number".to_owned())?;
            Ok((Piece::Number(number), rest))
        }
        '\\' => literal("\\"),
        'n' => literal("\n"),
        't' => literal("\t"),
        'r' => literal("\r"),
        first if first.is_ascii_alphanumeric() => Err(format!(
            "\\{first} is no reference; write \\1 or \\g<name> for a group of the source"
        )),
        first => literal(&format!("\\{first}")),
    }
}

fn parse_named(rest: &str) -> Result<(Piece, &str), String> {
    let inside = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let Some((name, rest)) = inside else {
        return Err("\\g wants a group in angle brackets, \\g<name>".to_owned());
    };
    let piece = match name.parse() {
        Ok(number) => Piece::Number(number),
        Err(_) => Piece::Name(name.to_owned()),
    };
    Ok((piece, rest))
}

fn check_reference(reference: &Piece, source: &Regex) -> Result<(), String> {
    let (known, name) = match reference {
        Piece::Literal(_) => return Ok(()),
        Piece::Number(number) => (*number < source.captures_len(), number.to_string()),
        Piece::Name(name) => {
            let mut names = source.capture_names().flatten();
            (names.any(|known| known == name), name.clone())
        }
    };
    match known {
        true => Ok(()),
        false => Err(format!("the source has no group {name}")),
    }
}

/// What a rule makes of a directory group's name; `None`: the rule does not match it.
///
/// Whether a rule matches is Python's `match`; the name is what `sub` makes of all of it.
pub fn renamed(source: &Regex, template: &Template, name: &str) -> Option<String> {
    source.find(name).filter(|found| found.start() == 0)?;
    let mut out = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(captures) = source.captures_at(name, from) {
        let Some(found) = captures.get(0) else {
            break;
        };
        out.push_str(name.get(copied..found.start()).unwrap_or_default());
        template.write(&captures, &mut out);
        copied = found.end();
        from = match found.is_empty() {
            false => copied,
            true => match name.get(copied..).and_then(|rest| rest.chars().next()) {
                Some(next) => copied + next.len_utf8(),
                None => break,
            },
        };
    }
    out.push_str(name.get(copied..).unwrap_or_default());
    Some(out)
}

/// For each directory group, by its place, the Adobe groups that the rules give its members.
///
/// An error if two directory groups give the same Adobe group of one org, or a target cannot be
/// used.
pub fn resolve(
    config: &Config,
    groups: &[DirectoryGroup],
) -> Result<HashMap<u32, Vec<QualifiedGroup>>, Error> {
    let mut resolved: HashMap<u32, Vec<QualifiedGroup>> = HashMap::new();
    let mut givers: HashMap<(OrgId, String), &str> = HashMap::new();
    for rule in &config.additional_groups {
        let template = Template::parse(&rule.target, &rule.source)
            .map_err(|problem| rule_error(config, rule, problem))?;
        for (place, group) in (0..).zip(groups) {
            let Some(name) = renamed(&rule.source, &template, group.name.trim()) else {
                continue;
            };
            check_giver(config, rule, (&name, group.name), &mut givers)?;
            resolved.entry(place).or_default().push(QualifiedGroup {
                org: rule.org,
                name: name.trim().to_owned(),
            });
        }
    }
    Ok(resolved)
}

fn check_giver<'g>(
    config: &Config,
    rule: &AdditionalGroups,
    (name, group): (&str, &'g str),
    givers: &mut HashMap<(OrgId, String), &'g str>,
) -> Result<(), Error> {
    if name.trim().is_empty() {
        let problem = format!("gives an empty Adobe group name for Okta group {group:?}");
        return Err(rule_error(config, rule, problem));
    }
    let giver = givers.entry((rule.org, text::key(name))).or_insert(group);
    if *giver == group {
        return Ok(());
    }
    let problem = format!(
        "Okta groups {giver:?} and {group:?} both give the Adobe group {name:?}; change source or target so that each gives one of its own"
    );
    Err(rule_error(config, rule, problem))
}

fn rule_error(config: &Config, rule: &AdditionalGroups, problem: String) -> Error {
    let place = Place {
        file: config.main_file.clone(),
        line: rule.line.map(|line| (line, 1)),
        key: Some("directory_users.additional_groups".to_owned()),
    };
    Error::Config { place, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(source: &str, target: &str, name: &str) -> Option<String> {
        let source = Regex::new(source).unwrap();
        let template = Template::parse(target, &source).unwrap();
        renamed(&source, &template, name)
    }

    /// The expected values are Python's: `re.sub` where `re.match` matches.
    #[test]
    fn a_rule_renames_as_pythons_sub_does_where_match_matches() {
        let cases = [
            (r"ACL-(.+)", r"\1", "ACL-Design", Some("Design")),
            (r"ACL-(.+)", r"\1", "My ACL-Design", None),
            (
                r"ACL-(?P<n>.+)",
                r"Adobe \g<n>!",
                "ACL-Design",
                Some("Adobe Design!"),
            ),
            (r"(a)(b)?", r"[\2\g<1>]", "ac", Some("[a]c")),
            (r"a", r"b", "aXa", Some("bXb")),
            (r"A-", r"", "A-Design", Some("Design")),
            (r"(x)", r"\\\1", "x", Some("\\x")),
        ];
        for (source, target, name, expected) in cases {
            assert_eq!(
                rename(source, target, name).as_deref(),
                expected,
                "{source} on {name}"
            );
        }
    }

    #[test]
    fn a_bad_reference_is_refused() {
        let source = Regex::new("(a)").unwrap();
        for target in [r"\2", r"\g<x>", r"\g1", r"\q", "a\\"] {
            assert!(Template::parse(target, &source).is_err(), "{target}");
        }
    }
}
