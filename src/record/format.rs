//! Format strings of `connector-okta.yml`: Python's, over the attributes of a record.
//!
//! `{name}`, `{phones[0]}`, text around them, `{{` and `}}` (manual/configuration.md#formats).
//! Anything else in braces is refused when the configuration is loaded. Knows not what a format is
//! used for.

use std::fmt::Write;

use crate::record::{Json, Record, Wanted};

/// A format like `{firstName}.{lastName}`, cut into its pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Field(Field),
}

/// An attribute that a format names.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    place: FieldPlace,
    index: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum FieldPlace {
    /// `{id}` is Okta's id of the user, which is no profile attribute.
    Id,
    Profile(usize),
}

impl Format {
    /// Parses a format and asks for the attributes it names. The error says what is wrong with it.
    pub fn parse(source: &str, wanted: &mut Wanted) -> Result<Format, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, braces) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = braces.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = braces.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else {
                let (inside, after) = split_field(braces)?;
                push_literal(&mut parts, &mut literal);
                parts.push(Part::Field(Field::parse(inside, wanted)?));
                rest = after;
            }
        }
        literal.push_str(rest);
        push_literal(&mut parts, &mut literal);
        Ok(Format {
            source: source.to_owned(),
            parts,
        })
    }

    /// The format that is one attribute of the profile, whatever its name holds.
    pub fn of_attribute(name: &str, wanted: &mut Wanted) -> Format {
        Format {
            source: format!("{{{name}}}"),
            parts: vec![Part::Field(Field {
                name: name.to_owned(),
                place: FieldPlace::Profile(wanted.profile_slot(name)),
                index: None,
            })],
        }
    }

    /// The format as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The attributes it names, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Field(field) => Some(field),
        })
    }

    /// Writes what the format makes of a record into `out`, which is emptied first. `false`, and
    /// `out` is empty: nothing, because an attribute is missing, null, empty or false-like.
    pub fn write(&self, record: &Record, out: &mut String) -> bool {
        out.clear();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Field(field) => {
                    if !field.write(record, out) {
                        out.clear();
                        return false;
                    }
                }
            }
        }
        !out.is_empty()
    }
}

impl Field {
    fn parse(inside: &str, wanted: &mut Wanted) -> Result<Field, String> {
        let (name, index) = match inside
            .strip_suffix(']')
            .and_then(|text| text.split_once('['))
        {
            Some((name, index)) => (name, Some(parse_index(inside, index)?)),
            None => (inside, None),
        };
        if name.is_empty() {
            return Err("empty braces; write the name of an attribute, as in {email}".to_owned());
        }
        let meaning = match name.chars().find(|c| ".!:[]{".contains(*c)) {
            Some('!') => "a conversion",
            Some(':') => "a format specification",
            Some('.') => "a dotted path",
            Some('[' | ']') => "an index that is no whole number",
            Some(_) => "a brace inside braces",
            None if name.starts_with(|c: char| c.is_ascii_digit()) => "a position",
            None => {
                let place = match name {
                    "id" => FieldPlace::Id,
                    _ => FieldPlace::Profile(wanted.profile_slot(name)),
                };
                return Ok(Field {
                    name: name.to_owned(),
                    place,
                    index,
                });
            }
        };
        Err(format!(
            "{{{inside}}} holds {meaning}; only the name of an attribute is known, as in {{email}} or {{phones[0]}}"
        ))
    }

    /// The attribute as the record has it, whole.
    pub fn attribute<'r>(&self, record: &'r Record) -> Option<std::borrow::Cow<'r, Json<'r>>> {
        use std::borrow::Cow;
        match self.place {
            FieldPlace::Id => Some(Cow::Owned(Json::Text(Cow::Borrowed(&record.id)))),
            FieldPlace::Profile(slot) => record.attribute(slot).map(Cow::Borrowed),
        }
    }

    fn write(&self, record: &Record, out: &mut String) -> bool {
        match self.place {
            FieldPlace::Id => {
                out.push_str(&record.id);
                !record.id.is_empty()
            }
            FieldPlace::Profile(slot) => match (record.attribute(slot), self.index) {
                (Some(Json::List(items)), Some(index)) => {
                    items.get(index).is_some_and(|item| write_value(item, out))
                }
                (Some(value), None) => write_value(value, out),
                (_, _) => false,
            },
        }
    }
}

/// Splits `{inside}after`; the text begins with a brace.
fn split_field(braces: &str) -> Result<(&str, &str), String> {
    let Some(inside) = braces.strip_prefix('{') else {
        return Err("a lone }; write }} for a brace".to_owned());
    };
    inside
        .split_once('}')
        .ok_or_else(|| "a { without its }; write {{ for a brace".to_owned())
}

fn push_literal(parts: &mut Vec<Part>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

fn parse_index(inside: &str, index: &str) -> Result<usize, String> {
    let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, index.parse()) {
        (true, Ok(number)) => Ok(number),
        _ => Err(format!(
            "{{{inside}}} holds an index that is no whole number; write one as in {{phones[0]}}"
        )),
    }
}

/// Writes a value as Python's `str` does, a list joined. `false` for one that is false-like, and
/// for a dict, for which there is no text.
fn write_value(value: &Json, out: &mut String) -> bool {
    match value {
        Json::Null | Json::Bool(false) | Json::Integer(0) | Json::Dict(_) => false,
        Json::Float(number) if *number == 0.0 => false,
        Json::Text(text) if text.is_empty() => false,
        Json::List(items) if items.is_empty() => false,
        Json::List(items) => {
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth == 0 { "" } else { ", " });
                write_item(item, out);
            }
            true
        }
        _ => {
            write_item(value, out);
            true
        }
    }
}

fn write_item(item: &Json, out: &mut String) {
    match item {
        Json::Null | Json::List(_) | Json::Dict(_) => out.push_str("None"),
        Json::Bool(true) => out.push_str("True"),
        Json::Bool(false) => out.push_str("False"),
        // Writing into a `String` cannot fail.
        Json::Integer(number) => _ = write!(out, "{number}"),
        Json::Float(number) => out.push_str(&python_float(*number)),
        Json::Text(text) => out.push_str(text),
    }
}

/// A float as Python's `repr` writes it: with an exponent below 1e-4 and from 1e16 on.
fn python_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(-4..16) => format!("{number:?}"),
        Ok(exponent) if exponent < 0 => format!("{digits}e-{:02}", -exponent),
        _ => format!("{digits}e+{exponent:0>2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'p>(wanted: &Wanted, attributes: &[(&str, Json<'p>)]) -> Record<'p> {
        let find = |name: &String| {
            let found = attributes.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        Record {
            id: "00u1".into(),
            status: "ACTIVE".into(),
            fields: Vec::new(),
            profile: wanted.profile.iter().map(find).collect(),
            further_profile: Vec::new(),
        }
    }

    fn write(source: &str, attributes: &[(&str, Json)]) -> Option<String> {
        let mut wanted = Wanted::default();
        let format = Format::parse(source, &mut wanted).unwrap();
        let mut out = String::from("left over");
        let some = format.write(&record(&wanted, attributes), &mut out);
        assert!(some || out.is_empty());
        some.then_some(out)
    }

    fn text(text: &str) -> Json<'_> {
        Json::Text(text.into())
    }

    #[test]
    fn a_format_writes_values_as_python_does() {
        let list = || Json::List(vec![text("x"), Json::Integer(2), Json::Bool(true)]);
        let cases = [
            ("{a}", text("Ann"), Some("Ann")),
            ("{a} ({id})", text("Ann"), Some("Ann (00u1)")),
            ("{{{a}}}", Json::Integer(3), Some("{3}")),
            ("{a}", Json::Integer(-12), Some("-12")),
            ("{a}", Json::Bool(true), Some("True")),
            ("{a}", Json::Float(1.0), Some("1.0")),
            ("{a}", Json::Float(0.25), Some("0.25")),
            ("{a}", Json::Float(1e15), Some("1000000000000000.0")),
            ("{a}", Json::Float(1e16), Some("1e+16")),
            ("{a}", Json::Float(0.0001), Some("0.0001")),
            ("{a}", Json::Float(0.000_012), Some("1.2e-05")),
            ("{a}", list(), Some("x, 2, True")),
            ("{a[1]}", list(), Some("2")),
            ("{a[3]}", list(), None),
            ("{a[0]}", text("Ann"), None),
            ("constant", Json::Null, Some("constant")),
            ("", text("Ann"), None),
        ];
        for (format, value, expected) in cases {
            let found = write(format, &[("a", value.clone())]);
            assert_eq!(found.as_deref(), expected, "{format} of {value:?}");
        }
    }

    #[test]
    fn a_missing_null_empty_or_false_like_attribute_makes_the_format_yield_nothing() {
        let nothing = [
            Json::Null,
            Json::Bool(false),
            Json::Integer(0),
            Json::Float(0.0),
            text(""),
            Json::List(vec![]),
            Json::Dict(vec![]),
        ];
        for value in nothing {
            assert_eq!(write("x {a}", &[("a", value.clone())]), None, "{value:?}");
        }
        assert_eq!(write("x {a}", &[]), None);
        assert_eq!(write("{b} {a}", &[("a", text("1"))]), None);
    }

    #[test]
    fn anything_but_an_attribute_in_braces_is_refused_with_the_reason() {
        let cases = [
            ("{a!r}", "conversion"),
            ("{a:>3}", "format specification"),
            ("{a.b}", "dotted path"),
            ("{}", "empty braces"),
            ("{0}", "position"),
            ("{a[x]}", "whole number"),
            ("{a[-1]}", "whole number"),
            ("{a[0][1]}", "whole number"),
            ("{a", "without its }"),
            ("a}", "lone }"),
            ("{a{b}}", "brace inside braces"),
        ];
        for (source, reason) in cases {
            let problem = Format::parse(source, &mut Wanted::default()).unwrap_err();
            assert!(problem.contains(reason), "{source}: {problem}");
        }
    }

    #[test]
    fn a_format_asks_for_the_attributes_it_names() {
        let mut wanted = Wanted::default();
        let format = Format::parse("{id} {b} {a[0]} {b}", &mut wanted).unwrap();
        assert_eq!(wanted.profile, ["b", "a"]);
        let names: Vec<_> = format.fields().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "b", "a", "b"]);
    }
}
