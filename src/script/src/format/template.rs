//! `"...{}...".format(...)`: fields, their paths and conversions.

use crate::format::{repr, spec};
use crate::names::Kind;
use crate::value::{Args, Meter, Stop, Value, index, value_error};

/// Fields may stand in the specification of a field, not deeper.
const NESTING: usize = 2;

struct Template<'a> {
    meter: &'a mut Meter,
    args: &'a Args<'a>,
    /// The next `{}`; None once a field has given its number.
    automatic: Option<usize>,
    numbered: bool,
}

pub(crate) fn format(meter: &mut Meter, text: &str, args: &Args<'_>) -> Result<Value, Stop> {
    let mut template = Template {
        meter,
        args,
        automatic: Some(0),
        numbered: false,
    };
    let text = template.expand(text, NESTING)?;
    Ok(Value::from(text))
}

impl Template<'_> {
    fn expand(&mut self, text: &str, level: usize) -> Result<String, Stop> {
        if level == 0 {
            return Err(value_error("Max string recursion exceeded"));
        }
        self.meter.make(text.len())?;
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            if from.starts_with("{{") || from.starts_with("}}") {
                out.push_str(from.get(..1).unwrap_or_default());
                rest = from.get(2..).unwrap_or_default();
            } else if from.starts_with('}') {
                return Err(value_error("Single '}' encountered in format string"));
            } else {
                let inside = from.get(1..).unwrap_or_default();
                let end = field_end(inside)?;
                let field = self.field(inside.get(..end).unwrap_or_default(), level)?;
                out.push_str(&field);
                rest = inside.get(end + 1..).unwrap_or_default();
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, field: &str, level: usize) -> Result<String, Stop> {
        let (path, conversion, spec) = split_field(field)?;
        let value = self.value(path)?;
        let value = match conversion {
            None => value,
            Some('s') => Value::Str(repr::text(self.meter, &value)?),
            Some('r') => Value::from(repr::repr(self.meter, &value)?),
            Some('a') => Value::from(repr::ascii(&repr::repr(self.meter, &value)?)),
            Some(other) => {
                return Err(value_error(format!(
                    "Unknown conversion specifier '{other}'"
                )));
            }
        };
        let spec = if spec.contains(['{', '}']) {
            self.expand(spec, level - 1)?
        } else {
            spec.to_owned()
        };
        spec::format(self.meter, &value, &spec)
    }

    fn value(&mut self, path: &str) -> Result<Value, Stop> {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, mut rest) = path.split_at(end);
        let mut value = self.argument(name)?;
        while !rest.is_empty() {
            if let Some(attribute) = rest.strip_prefix('.') {
                let end = attribute.find(['.', '[']).unwrap_or(attribute.len());
                let (name, after) = attribute.split_at(end);
                if name.is_empty() {
                    return Err(value_error("Empty attribute in format string"));
                }
                value = index::plain_attribute(&value, name)?;
                rest = after;
            } else if let Some(index) = rest.strip_prefix('[') {
                let Some((key, after)) = index.split_once(']') else {
                    return Err(value_error("Missing ']' in format string"));
                };
                if key.is_empty() {
                    return Err(value_error("Empty attribute in format string"));
                }
                let key = match decimal(key) {
                    Some(position) => Value::Int(position?),
                    None => Value::from(key),
                };
                value = index::get(self.meter, &value, &key)?;
                rest = after;
            } else {
                return Err(value_error(
                    "Only '.' or '[' may follow ']' in format field specifier",
                ));
            }
        }
        Ok(value)
    }

    fn argument(&mut self, name: &str) -> Result<Value, Stop> {
        let position = match (decimal(name), name.is_empty()) {
            (Some(number), _) => {
                if self.automatic.is_some_and(|next| next > 0) {
                    return Err(value_error(
                        "cannot switch from automatic field numbering to manual field specification",
                    ));
                }
                self.numbered = true;
                usize::try_from(number?).unwrap_or(usize::MAX)
            }
            (None, true) => {
                if self.numbered {
                    return Err(value_error(
                        "cannot switch from manual field specification to automatic field numbering",
                    ));
                }
                let next = self.automatic.unwrap_or(0);
                self.automatic = Some(next + 1);
                next
            }
            (None, false) => {
                let found = self.args.named.iter().find(|(known, _)| **known == *name);
                return found
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| index::key_error(Value::from(name)));
            }
        };
        self.args.positional.get(position).cloned().ok_or_else(|| {
            let message =
                format!("Replacement index {position} out of range for positional args tuple");
            Stop::raise(Kind::IndexError, message)
        })
    }
}

/// A path of digits only is a position.
fn decimal(text: &str) -> Option<Result<i64, Stop>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(
        text.parse()
            .map_err(|_| value_error("Too many decimal digits in format string")),
    )
}

/// Bytes before the brace that closes the field.
fn field_end(inside: &str) -> Result<usize, Stop> {
    let mut depth = 1;
    let mut in_index = false;
    for (at, c) in inside.char_indices() {
        match c {
            '[' if depth == 1 => in_index = true,
            ']' => in_index = false,
            '{' if !in_index => depth += 1,
            '}' if !in_index => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(at);
        }
    }
    Err(value_error(if inside.is_empty() {
        "Single '{' encountered in format string"
    } else {
        "expected '}' before end of string"
    }))
}

/// Path, conversion and specification.
fn split_field(field: &str) -> Result<(&str, Option<char>, &str), Stop> {
    let mut in_index = false;
    let end = field.find(|c: char| {
        match c {
            '[' => in_index = true,
            ']' => in_index = false,
            _ => {}
        }
        !in_index && matches!(c, '!' | ':' | '{')
    });
    let Some(end) = end else {
        return Ok((field, None, ""));
    };
    let (path, rest) = field.split_at(end);
    if rest.starts_with('{') {
        return Err(value_error("unexpected '{' in field name"));
    }
    if let Some(spec) = rest.strip_prefix(':') {
        return Ok((path, None, spec));
    }
    let mut after = rest.chars();
    let (_, Some(conversion)) = (after.next(), after.next()) else {
        return Err(value_error(
            "end of string while looking for conversion specifier",
        ));
    };
    match after.as_str() {
        "" => Ok((path, Some(conversion), "")),
        spec => match spec.strip_prefix(':') {
            Some(spec) => Ok((path, Some(conversion), spec)),
            None => Err(value_error("expected ':' after conversion specifier")),
        },
    }
}
