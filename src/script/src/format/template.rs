//! `"...{}...".format(...)`: fields, their paths and conversions.

use crate::format::spec;
use crate::names::Kind;
use crate::value::tree::Conversion;
use crate::value::{Given, Meter, Outcome, Stop, Str, Value, index, value_error};

/// Fields may stand in the specification of a field, not deeper.
const NESTING: usize = 2;

struct Template<'a> {
    meter: &'a mut Meter,
    given: &'a Given<'a>,
    /// How many fields had no number of their own, and how many had one.
    automatic: usize,
    numbered: usize,
}

pub(crate) fn format(meter: &mut Meter, text: &str, given: &Given<'_>) -> Outcome {
    let mut template = Template {
        meter,
        given,
        automatic: 0,
        numbered: 0,
    };
    template.expand(text, NESTING).map(Value::from)
}

impl Template<'_> {
    fn expand(&mut self, text: &str, level: usize) -> Outcome<String> {
        if level == 0 {
            return Err(value_error("Max string recursion exceeded"));
        }
        self.meter.make(text.len())?;
        let mut out = String::new();
        let mut rest = text;
        while let Some((plain, field)) = next_field(&mut rest)? {
            out.push_str(plain);
            if let Some(field) = field {
                out.push_str(&self.field(field, level)?);
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, field: &str, level: usize) -> Outcome<Str> {
        let (path, conversion, spec) = split_field(field)?;
        let value = self.value(path)?;
        let spec = self.expand(spec, level - usize::from(spec.contains(['{', '}'])))?;
        spec::field(self.meter, &value, conversion, &spec)
    }

    fn value(&mut self, path: &str) -> Outcome {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, mut rest) = path.split_at(end);
        let mut value = self.argument(name)?;
        while !rest.is_empty() {
            let (found, after) = self.part(&value, rest)?;
            (value, rest) = (found, after);
        }
        Ok(value)
    }

    /// The attribute or the item that the path begins with, and the rest of the path.
    fn part<'p>(&mut self, value: &Value, path: &'p str) -> Outcome<(Value, &'p str)> {
        if let Some(path) = path.strip_prefix('.') {
            let (name, after) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
            return Ok((index::plain_attribute(value, name)?, after));
        }
        let index = path.strip_prefix('[').and_then(|path| path.split_once(']'));
        let wrong = || value_error("a field is a name with .attribute and [index] behind it");
        let (key, after) = index.filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
        let key = decimal(key)?.map_or_else(|| Value::from(key), Value::Int);
        Ok((index::get(self.meter, value, &key)?, after))
    }

    fn argument(&mut self, name: &str) -> Outcome {
        let position = match decimal(name)? {
            Some(number) => {
                self.numbered += 1;
                usize::try_from(number).unwrap_or(usize::MAX)
            }
            None if name.is_empty() => {
                self.automatic += 1;
                self.automatic - 1
            }
            None => {
                let mut named = self.given.named.iter();
                let found = named.find(|(known, _)| **known == *name);
                let found = found.map(|(_, value)| value.clone());
                return found.ok_or_else(|| index::key_error(Value::from(name)));
            }
        };
        if self.automatic > 0 && self.numbered > 0 {
            let message = "cannot switch between automatic and manual field numbering";
            return Err(value_error(message));
        }
        self.given.rest.get(position).cloned().ok_or_else(|| {
            let message =
                format!("Replacement index {position} out of range for positional args tuple");
            Stop::raise(Kind::IndexError, message)
        })
    }
}

/// A path of digits only is a position.
fn decimal(text: &str) -> Outcome<Option<i64>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let number = text.parse().map(Some);
    number.map_err(|_| value_error("Too many decimal digits in format string"))
}

/// Takes the text before the next brace and, if that opens one, the field; None where no brace is left.
fn next_field<'t>(rest: &mut &'t str) -> Outcome<Option<(&'t str, Option<&'t str>)>> {
    let Some(at) = rest.find(['{', '}']) else {
        return Ok(None);
    };
    let (before, brace) = rest.split_at(at);
    let inside = brace.get(1..).unwrap_or_default();
    if brace.starts_with("{{") || brace.starts_with("}}") {
        let with_brace = rest.get(..at + 1).unwrap_or_default();
        *rest = inside.get(1..).unwrap_or_default();
        return Ok(Some((with_brace, None)));
    }
    let end = spec::closing(inside, '{', '}');
    match end {
        _ if brace.starts_with('}') => Err(value_error("Single '}' encountered in format string")),
        None if inside.is_empty() => Err(value_error("Single '{' encountered in format string")),
        None => Err(value_error("expected '}' before end of string")),
        Some(end) => {
            *rest = inside.get(end + 1..).unwrap_or_default();
            Ok(Some((before, inside.get(..end))))
        }
    }
}

/// Path, conversion and specification.
fn split_field(field: &str) -> Outcome<(&str, Option<Conversion>, &str)> {
    let mut in_index = false;
    let end = field.find(|c: char| {
        in_index = c == '[' || (in_index && c != ']');
        !in_index && matches!(c, '!' | ':' | '{')
    });
    let (path, rest) = field.split_at(end.unwrap_or(field.len()));
    if rest.starts_with('{') {
        return Err(value_error("unexpected '{' in field name"));
    }
    let Some(conversion) = rest.strip_prefix('!') else {
        let spec = rest.strip_prefix(':').unwrap_or_default();
        return Ok((path, None, spec));
    };
    let (letter, spec) = conversion.split_once(':').unwrap_or((conversion, ""));
    let mut letters = letter.chars();
    match (letters.next().and_then(Conversion::named), letters.next()) {
        (Some(conversion), None) => Ok((path, Some(conversion), spec)),
        _ => Err(value_error("Unknown conversion specifier")),
    }
}
