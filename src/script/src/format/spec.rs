//! Format specifications: what `f"{x:>10.2f}"` and `"{:,}".format(x)` mean.

use crate::format::numbers::Tail;
use crate::format::{chars, numbers, repr};
use crate::names::Kind;
use crate::value::ops::{Number, number};
use crate::value::{Meter, Stop, Value, type_error, value_error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
    Center,
    /// Between sign and digits.
    AfterSign,
}

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) fill: char,
    pub(crate) align: Option<Align>,
    pub(crate) sign: char,
    no_negative_zero: bool,
    pub(crate) alternate: bool,
    pub(crate) width: usize,
    grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    pub(crate) kind: Option<char>,
}

impl Spec {
    /// One that changes nothing.
    pub(crate) fn new(align: Align) -> Spec {
        Spec {
            fill: ' ',
            align: Some(align),
            sign: '-',
            no_negative_zero: false,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }
}

/// `format(value, spec)`
pub(crate) fn format(meter: &mut Meter, value: &Value, spec: &str) -> Result<String, Stop> {
    if spec.is_empty() {
        return repr::text(meter, value).map(|text| text.to_string());
    }
    let name = value.type_name();
    match (value, number(value)) {
        (Value::Str(text), _) => {
            let spec = parse(spec, name, Align::Left)?;
            check_text(&spec)?;
            format_text(meter, text, &spec)
        }
        (Value::Flags(_), _) => Err(Stop::outside("formatting the flags of a pattern")),
        (_, Some(Number::Int(number))) => {
            format_int(meter, number, name, &parse(spec, name, Align::Right)?)
        }
        (_, Some(Number::Float(number))) => {
            format_float(meter, number, name, &parse(spec, name, Align::Right)?)
        }
        _ => Err(type_error(format!(
            "unsupported format string passed to {name}.__format__"
        ))),
    }
}

fn parse(text: &str, type_name: &str, default: Align) -> Result<Spec, Stop> {
    let invalid = || {
        value_error(format!(
            "Invalid format specifier '{text}' for object of type '{type_name}'"
        ))
    };
    let chars: Vec<char> = text.chars().collect();
    let mut rest = chars.as_slice();
    let mut spec = Spec {
        align: None,
        ..Spec::new(default)
    };
    match rest {
        [fill, mark, tail @ ..] if align(*mark).is_some() => {
            (spec.fill, spec.align, rest) = (*fill, align(*mark), tail);
        }
        [mark, tail @ ..] if align(*mark).is_some() => (spec.align, rest) = (align(*mark), tail),
        _ => {}
    }
    let has_fill = spec.align.is_some()
        && text
            .chars()
            .nth(1)
            .is_some_and(|mark| align(mark).is_some());
    if let [sign @ ('+' | '-' | ' '), tail @ ..] = rest {
        (spec.sign, rest) = (*sign, tail);
        // A sign is an error for texts, also the one that changes nothing.
        if default == Align::Left {
            return Err(value_error(match sign {
                ' ' => "Space not allowed in string format specifier",
                _ => "Sign not allowed in string format specifier",
            }));
        }
    }
    if let ['z', tail @ ..] = rest {
        (spec.no_negative_zero, rest) = (true, tail);
    }
    if let ['#', tail @ ..] = rest {
        (spec.alternate, rest) = (true, tail);
    }
    if let ['0', tail @ ..] = rest
        && !has_fill
    {
        spec.fill = '0';
        if spec.align.is_none() && default == Align::Right {
            spec.align = Some(Align::AfterSign);
        }
        rest = tail;
    }
    spec.width = digits(&mut rest)?.unwrap_or(0);
    if let [mark @ (',' | '_'), tail @ ..] = rest {
        (spec.grouping, rest) = (Some(*mark), tail);
        match rest {
            [next @ (',' | '_'), ..] if next == mark => {
                return Err(value_error(format!(
                    "Cannot specify '{mark}' with '{mark}'."
                )));
            }
            [',' | '_', ..] => return Err(value_error("Cannot specify both ',' and '_'.")),
            _ => {}
        }
    }
    if let ['.', tail @ ..] = rest {
        rest = tail;
        let missing = || value_error("Format specifier missing precision");
        spec.precision = Some(digits(&mut rest)?.ok_or_else(missing)?);
    }
    match rest {
        [] => {}
        [kind] => spec.kind = Some(*kind),
        _ => return Err(invalid()),
    }
    spec.align.get_or_insert(default);
    check_grouping(&spec)?;
    Ok(spec)
}

fn check_grouping(spec: &Spec) -> Result<(), Stop> {
    let (Some(mark), Some(kind)) = (spec.grouping, spec.kind) else {
        return Ok(());
    };
    let allowed = match kind {
        'd' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => true,
        'b' | 'o' | 'x' | 'X' => mark == '_',
        _ => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(value_error(format!(
            "Cannot specify '{mark}' with '{kind}'."
        )))
    }
}

fn align(mark: char) -> Option<Align> {
    match mark {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::AfterSign),
        _ => None,
    }
}

fn digits(rest: &mut &[char]) -> Result<Option<usize>, Stop> {
    let mut count: Option<usize> = None;
    while let [first, tail @ ..] = *rest {
        let Some(digit) = chars::digit_value(*first) else {
            break;
        };
        let next = count
            .unwrap_or(0)
            .checked_mul(10)
            .and_then(|count| count.checked_add(digit as usize));
        // Python's own limit is that of a 64 bit int.
        count = Some(
            next.filter(|count| *count <= i64::MAX as usize)
                .ok_or_else(too_many)?,
        );
        *rest = tail;
    }
    Ok(count)
}

fn too_many() -> Stop {
    value_error("Too many decimal digits in format string")
}

fn unknown(kind: char, name: &str) -> Stop {
    value_error(format!(
        "Unknown format code '{kind}' for object of type '{name}'"
    ))
}

/// A text cut and filled; what the specification has for numbers alone does not count.
pub(crate) fn format_text(meter: &mut Meter, text: &str, spec: &Spec) -> Result<String, Stop> {
    let cut: String = match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    pad(meter, "", &cut, spec)
}

/// What a specification for a text must not have.
fn check_text(spec: &Spec) -> Result<(), Stop> {
    if let Some(kind) = spec.kind.filter(|kind| *kind != 's') {
        return Err(unknown(kind, "str"));
    }
    if spec.no_negative_zero {
        return Err(value_error(
            "Negative zero coercion (z) not allowed in string format specifier",
        ));
    }
    if spec.alternate {
        return Err(value_error(
            "Alternate form (#) not allowed in string format specifier",
        ));
    }
    if let Some(mark) = spec.grouping {
        return Err(value_error(format!("Cannot specify '{mark}' with 's'.")));
    }
    if spec.align == Some(Align::AfterSign) {
        return Err(value_error(
            "'=' alignment not allowed in string format specifier",
        ));
    }
    Ok(())
}

pub(crate) fn format_int(
    meter: &mut Meter,
    number: i64,
    name: &str,
    spec: &Spec,
) -> Result<String, Stop> {
    let kind = spec.kind.unwrap_or('d');
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        return format_float(meter, number as f64, name, spec);
    }
    if !matches!(kind, 'd' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c') {
        return Err(unknown(kind, name));
    }
    if spec.precision.is_some() {
        return Err(value_error(
            "Precision not allowed in integer format specifier",
        ));
    }
    if spec.no_negative_zero {
        return Err(value_error(
            "Negative zero coercion (z) not allowed in format specifier with integer format code 'd'",
        ));
    }
    if kind == 'c' {
        return format_character(meter, number, spec);
    }
    let magnitude = number.unsigned_abs();
    let (digits, prefix, group) = match kind {
        'b' => (format!("{magnitude:b}"), "0b", 4),
        'o' => (format!("{magnitude:o}"), "0o", 4),
        'x' => (format!("{magnitude:x}"), "0x", 4),
        'X' => (format!("{magnitude:X}"), "0X", 4),
        _ => (magnitude.to_string(), "", 3),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    let sign = format!("{}{prefix}", sign_text(number < 0, spec.sign));
    grouped(meter, &sign, &digits, "", group, spec)
}

fn format_character(meter: &mut Meter, number: i64, spec: &Spec) -> Result<String, Stop> {
    if spec.sign != '-' {
        return Err(value_error(
            "Sign not allowed with integer format specifier 'c'",
        ));
    }
    if spec.alternate {
        return Err(value_error(
            "Alternate form (#) not allowed with integer format specifier 'c'",
        ));
    }
    let c = character(number)?;
    pad(meter, "", c.encode_utf8(&mut [0; 4]), spec)
}

/// The character with this code, for `c` in formats.
pub(crate) fn character(code: i64) -> Result<char, Stop> {
    match u32::try_from(code).ok().filter(|code| *code <= 0x10_ffff) {
        Some(code) => char::from_u32(code).ok_or_else(|| Stop::outside("a lone surrogate")),
        None => Err(Stop::raise(
            Kind::OverflowError,
            "%c arg not in range(0x110000)",
        )),
    }
}

fn sign_text(negative: bool, sign: char) -> &'static str {
    match (negative, sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        _ => "",
    }
}

pub(crate) fn format_float(
    meter: &mut Meter,
    number: f64,
    name: &str,
    spec: &Spec,
) -> Result<String, Stop> {
    let kind = spec.kind.unwrap_or('\0');
    if !matches!(kind, '\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%') {
        return Err(unknown(kind, name));
    }
    let precision = spec.precision;
    if precision.is_some_and(|precision| precision > i32::MAX as usize) {
        return Err(value_error("precision too big"));
    }
    meter.make(precision.unwrap_or(0))?;
    let shown = if kind == '%' { number * 100.0 } else { number };
    let body = float_digits(shown.abs(), kind, precision, spec.alternate);
    let suffix = if kind == '%' { "%" } else { "" };
    let body = if kind.is_ascii_uppercase() {
        body.to_uppercase()
    } else {
        body
    };
    let is_zero = !body.contains(|c: char| matches!(c, '1'..='9' | 'n' | 'N'));
    let negative =
        number.is_sign_negative() && !number.is_nan() && !(spec.no_negative_zero && is_zero);
    let split = body
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(body.len());
    let (whole, rest) = body.split_at(split);
    grouped(
        meter,
        sign_text(negative, spec.sign),
        whole,
        &format!("{rest}{suffix}"),
        3,
        spec,
    )
}

/// The digits of a number that is not negative.
pub(crate) fn float_digits(
    number: f64,
    kind: char,
    precision: Option<usize>,
    alternate: bool,
) -> String {
    if let Some(text) = numbers::not_finite(number) {
        return text.to_owned();
    }
    let with_point = |text: String| {
        if alternate && !text.contains('.') {
            insert_point(&text)
        } else {
            text
        }
    };
    match (kind.to_ascii_lowercase(), precision) {
        ('\0', None) => with_point(numbers::float_repr(number)),
        ('\0', Some(precision)) => {
            let tail = if alternate { Tail::Keep } else { Tail::OneZero };
            with_point(numbers::general(number, precision, tail))
        }
        ('e', _) => with_point(numbers::scientific(number, precision.unwrap_or(6))),
        ('g' | 'n', _) => {
            let tail = if alternate { Tail::Keep } else { Tail::Strip };
            with_point(numbers::general(number, precision.unwrap_or(6), tail))
        }
        _ => with_point(numbers::fixed(number, precision.unwrap_or(6))),
    }
}

fn insert_point(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}.e{exponent}"),
        None => format!("{text}."),
    }
}

/// Digits with separators, and with zeros in front that are grouped too.
fn grouped(
    meter: &mut Meter,
    sign: &str,
    digits: &str,
    rest: &str,
    group: usize,
    spec: &Spec,
) -> Result<String, Stop> {
    let Some(mark) = spec.grouping.filter(|_| !digits.is_empty()) else {
        return pad(meter, sign, &format!("{digits}{rest}"), spec);
    };
    meter.make(spec.width)?;
    let zeros_fill = spec.fill == '0' && spec.align == Some(Align::AfterSign);
    let wanted = if zeros_fill {
        spec.width.saturating_sub(sign.len() + rest.len())
    } else {
        0
    };
    let mut count = digits.len();
    while count + (count - 1) / group < wanted {
        count += 1;
    }
    let padded = format!("{}{digits}", "0".repeat(count - digits.len()));
    let mut body = String::with_capacity(count + count / group);
    for (position, digit) in padded.chars().enumerate() {
        if position > 0 && (count - position).is_multiple_of(group) {
            body.push(mark);
        }
        body.push(digit);
    }
    body.push_str(rest);
    pad(meter, sign, &body, spec)
}

fn pad(meter: &mut Meter, sign: &str, body: &str, spec: &Spec) -> Result<String, Stop> {
    let padding = Padding {
        fill: spec.fill,
        width: spec.width,
        align: spec.align.unwrap_or(Align::Left),
    };
    padding.apply(meter, sign, body)
}

/// Filling up to a width; for `center` and the like, too.
pub(crate) struct Padding {
    pub(crate) fill: char,
    pub(crate) width: usize,
    pub(crate) align: Align,
}

impl Padding {
    pub(crate) fn apply(&self, meter: &mut Meter, sign: &str, body: &str) -> Result<String, Stop> {
        let length = sign.len() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        meter.make(
            missing
                .saturating_mul(self.fill.len_utf8())
                .saturating_add(body.len()),
        )?;
        let (left, inner, right) = match self.align {
            Align::Left => (0, 0, missing),
            Align::Right => (missing, 0, 0),
            Align::Center => (missing / 2, 0, missing - missing / 2),
            Align::AfterSign => (0, missing, 0),
        };
        let fill = |count: usize| std::iter::repeat_n(self.fill, count);
        let mut text: String = fill(left).collect();
        text.push_str(sign);
        text.extend(fill(inner));
        text.push_str(body);
        text.extend(fill(right));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value, spec: &str) -> String {
        format(&mut Meter::new(), value, spec).unwrap_or_else(|_| "error".to_owned())
    }

    #[test]
    fn zeros_in_front_are_grouped_too() {
        assert_eq!(written(&Value::Int(1234), "08,"), "0,001,234");
        assert_eq!(written(&Value::Int(-255), "#010x"), "-0x00000ff");
        assert_eq!(written(&Value::Float(1234.5), "012,.1f"), "00,001,234.5");
    }

    #[test]
    fn a_text_takes_no_sign_and_no_grouping() {
        for spec in ["+5", ",", "=5", "#", "d"] {
            assert_eq!(written(&Value::from("a"), spec), "error", "{spec}");
        }
    }
}
