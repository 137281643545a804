//! `template % values`

use std::vec::IntoIter;

use crate::format::spec::{self, Align, Spec};
use crate::format::{numbers, repr};
use crate::value::args::whole;
use crate::value::ops::{Number, number};
use crate::value::tree::Conversion;
use crate::value::{Meter, Outcome, Value, index, mistyped, type_error, value_error};

pub(crate) fn format(meter: &mut Meter, template: &str, given: &Value) -> Outcome {
    meter.make(template.len())?;
    // Python takes everything that can be indexed for a mapping, which need not be used up.
    let is_mapping = matches!(
        given,
        Value::Dict(_) | Value::List(_) | Value::Range(_) | Value::Match(_)
    );
    let mut values = match given {
        Value::Tuple(tuple) => tuple.items.clone().into_iter(),
        single => vec![single.clone()].into_iter(),
    };
    let (mut out, mut rest) = (String::new(), template);
    while let Some((text, after)) = rest.split_once('%') {
        out.push_str(text);
        rest = after;
        if rest.starts_with('(') && !is_mapping {
            return Err(type_error("format requires a mapping"));
        }
        if let Some(key) = take_key(&mut rest)? {
            values = vec![index::get(meter, given, &Value::from(key))?].into_iter();
        }
        let (kind, spec) = take_spec(&mut rest, &mut values)?;
        if kind == '%' {
            out.push('%');
        } else {
            out.push_str(&converted(meter, kind, spec, &next(&mut values)?)?);
        }
    }
    out.push_str(rest);
    if values.len() == 0 || is_mapping {
        return Ok(Value::from(out));
    }
    let message = "not all arguments converted during string formatting";
    Err(type_error(message))
}

fn next(values: &mut IntoIter<Value>) -> Outcome {
    let missing = || type_error("not enough arguments for format string");
    values.next().ok_or_else(missing)
}

/// The key in parentheses.
fn take_key<'t>(rest: &mut &'t str) -> Outcome<Option<&'t str>> {
    let Some(inside) = rest.strip_prefix('(') else {
        return Ok(None);
    };
    let end = spec::closing(inside, '(', ')');
    let (key, after) = inside.split_at(end.ok_or_else(|| value_error("incomplete format key"))?);
    *rest = after.strip_prefix(')').unwrap_or_default();
    Ok(Some(key))
}

/// The letter, and fill, alignment, sign, width and precision, as a format specification has them.
fn take_spec(rest: &mut &str, values: &mut IntoIter<Value>) -> Outcome<(char, Spec)> {
    let mut spec = Spec::new(Align::Right);
    let (mut left, mut zero) = (false, false);
    while let Some(flag) = spec::take(rest, &['-', '+', ' ', '#', '0']) {
        match flag {
            '-' => left = true,
            '0' => zero = true,
            '#' => spec.alternate = true,
            _ if spec.sign == Some('+') => {}
            sign => spec.sign = Some(sign),
        }
    }
    let width = take_count(rest, values)?;
    spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
    if spec::take(rest, &['.']).is_some() {
        let digits = take_count(rest, values)?;
        spec.precision = Some(usize::try_from(digits).unwrap_or(0));
    }
    spec::take(rest, &['l', 'h', 'L']);
    let mut chars = rest.chars();
    let kind = chars.next();
    let kind = kind.ok_or_else(|| value_error("incomplete format"))?;
    *rest = chars.as_str();
    if left || width < 0 {
        spec.align = Align::Left;
    } else if zero && !matches!(kind, 's' | 'r' | 'a' | 'c') {
        (spec.fill, spec.align) = ('0', Align::AfterSign);
    }
    Ok((kind, spec))
}

/// Digits, or the next value for `*`.
fn take_count(rest: &mut &str, values: &mut IntoIter<Value>) -> Outcome<i64> {
    if spec::take(rest, &['*']).is_some() {
        return whole(&next(values)?);
    }
    Ok(spec::digits(rest)?.map_or(0, |count| count as i64))
}

fn converted(meter: &mut Meter, kind: char, mut spec: Spec, value: &Value) -> Outcome<String> {
    if let Some(conversion) = Conversion::named(kind) {
        let text = repr::converted(meter, value, conversion)?;
        return spec.text(meter, &text);
    }
    spec.kind = Some(if matches!(kind, 'i' | 'u') { 'd' } else { kind });
    let found = match (kind, number(value), value) {
        ('c', _, Value::Str(text)) if value.as_char().is_some() => {
            return spec.pad(meter, "", text);
        }
        ('d' | 'i' | 'u', Some(Number::Float(number)), _) => {
            Some(Number::Int(numbers::float_to_int(number)?))
        }
        ('o' | 'x' | 'X' | 'c', Some(Number::Float(_)), _) => None,
        ('d' | 'i' | 'u' | 'o' | 'x' | 'X' | 'c', found, _) => found,
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', found, _) => found,
        _ => {
            let code = u32::from(kind);
            let message = format!("unsupported format character '{kind}' (0x{code:x})");
            return Err(value_error(message));
        }
    };
    let message = || format!("%{kind} format: a number is required, not {{}}");
    let number = found.ok_or_else(|| mistyped(&message(), value))?;
    spec.number(meter, number)
}
