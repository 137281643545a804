//! Format specifications: what `f"{x:>10.2f}"`, `"{:,}".format(x)` and the fields of `%` mean.

use crate::format::{numbers, repr};
use crate::value::ops::{Number, number};
use crate::value::{Meter, Outcome, Stop, Str, Value, mistyped, value_error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
    Center,
    /// Between sign and digits.
    AfterSign,
}

/// `[[fill]align][sign][#][0][width][grouping][.precision][type]`
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) fill: char,
    pub(crate) align: Align,
    pub(crate) sign: char,
    pub(crate) alternate: bool,
    pub(crate) width: usize,
    grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    pub(crate) kind: Option<char>,
}

/// `format(value, spec)`
pub(crate) fn format(meter: &mut Meter, value: &Value, spec: &str) -> Outcome<Str> {
    if spec.is_empty() {
        return repr::text(meter, value);
    }
    let name = value.type_name();
    let text = match (value, number(value)) {
        (Value::Str(text), _) => {
            let spec = Spec::parse(spec, name, Align::Left)?;
            spec.check_text()?;
            spec.text(meter, text)?
        }
        (Value::Flags(_), _) => return Err(Stop::outside("formatting the flags of a pattern")),
        (_, Some(number)) => Spec::parse(spec, name, Align::Right)?.number(meter, number, name)?,
        _ => {
            let message = "unsupported format string passed to {}.__format__";
            return Err(mistyped(message, value));
        }
    };
    Ok(Str::from(text))
}

/// What a specification asks for that Python has and the subset has not.
pub(crate) fn beyond(spec: &str) -> Option<String> {
    let kind = spec.chars().last()?;
    let is_rare = matches!(kind, 'c' | 'e' | 'E' | 'g' | 'G' | 'n');
    is_rare.then(|| format!("the number format '{kind}'"))
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

/// Takes one of the characters from the front.
pub(crate) fn take(rest: &mut &str, wanted: &[char]) -> Option<char> {
    let first = rest.chars().next().filter(|first| wanted.contains(first))?;
    *rest = rest.strip_prefix(first)?;
    Some(first)
}

/// Takes digits from the front.
pub(crate) fn digits(rest: &mut &str) -> Outcome<Option<usize>> {
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = rest.strip_suffix(after).unwrap_or_default();
    *rest = after;
    if digits.is_empty() {
        return Ok(None);
    }
    let number = digits
        .parse()
        .ok()
        .filter(|number| *number <= i32::MAX as usize);
    let too_many = || value_error("Too many decimal digits in format string");
    number.ok_or_else(too_many).map(Some)
}

impl Spec {
    /// One that changes nothing.
    pub(crate) fn new(align: Align) -> Spec {
        Spec {
            fill: ' ',
            align,
            sign: '-',
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }

    fn parse(text: &str, type_name: &str, default: Align) -> Outcome<Spec> {
        if let Some(what) = beyond(text) {
            return Err(Stop::outside(what));
        }
        let mut spec = Spec::new(default);
        let mut rest = text;
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let with_fill = first.zip(second.and_then(align));
        let alone = first.and_then(align);
        if let Some((fill, align)) = with_fill {
            (spec.fill, spec.align, rest) = (fill, align, chars.as_str());
        } else if let Some(align) = alone {
            (spec.align, rest) = (align, text.get(1..).unwrap_or_default());
        }
        if let Some(sign) = take(&mut rest, &['+', '-', ' ']) {
            spec.sign = sign;
            // A sign is an error for texts, also the one that changes nothing.
            if default == Align::Left {
                return Err(value_error(match sign {
                    ' ' => "Space not allowed in string format specifier",
                    _ => "Sign not allowed in string format specifier",
                }));
            }
        }
        spec.alternate = take(&mut rest, &['#']).is_some();
        if with_fill.is_none() && take(&mut rest, &['0']).is_some() {
            spec.fill = '0';
            if alone.is_none() && default == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = digits(&mut rest)?.unwrap_or(0);
        spec.grouping = take(&mut rest, &[',', '_']);
        if let Some(mark) = spec.grouping
            && let Some(other) = take(&mut rest, &[',', '_'])
        {
            let message = format!("Cannot specify both '{mark}' and '{other}'.");
            return Err(value_error(message));
        }
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            let missing = || value_error("Format specifier missing precision");
            spec.precision = Some(digits(&mut rest)?.ok_or_else(missing)?);
        }
        let mut chars = rest.chars();
        spec.kind = chars.next();
        if chars.next().is_some() {
            return Err(value_error(format!(
                "Invalid format specifier '{text}' for object of type '{type_name}'"
            )));
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&self) -> Outcome<()> {
        let has_radix = matches!(self.kind, Some('b' | 'o' | 'x' | 'X'));
        let is_plain = matches!(self.kind, None | Some('d' | 'f' | 'F' | '%'));
        if self.grouping.is_none() || is_plain || (has_radix && self.grouping == Some('_')) {
            return Ok(());
        }
        let (mark, kind) = (
            self.grouping.unwrap_or_default(),
            self.kind.unwrap_or_default(),
        );
        Err(value_error(format!(
            "Cannot specify '{mark}' with '{kind}'."
        )))
    }

    /// What a specification for a text must not have.
    fn check_text(&self) -> Outcome<()> {
        if let Some(kind) = self.kind.filter(|kind| *kind != 's') {
            return Err(unknown(kind, "str"));
        }
        if let Some(mark) = self.grouping {
            return Err(value_error(format!("Cannot specify '{mark}' with 's'.")));
        }
        let what = if self.alternate {
            "Alternate form (#)"
        } else if self.align == Align::AfterSign {
            "'=' alignment"
        } else {
            return Ok(());
        };
        let message = format!("{what} not allowed in string format specifier");
        Err(value_error(message))
    }

    /// A text cut and filled; what the specification has for numbers alone does not count.
    pub(crate) fn text(&self, meter: &mut Meter, text: &str) -> Outcome<String> {
        let precision = self.precision.unwrap_or(usize::MAX);
        let end = text.char_indices().nth(precision);
        let cut = end.and_then(|(end, _)| text.get(..end));
        self.pad(meter, "", cut.unwrap_or(text))
    }

    /// A number of the type that has this name.
    pub(crate) fn number(&self, meter: &mut Meter, number: Number, name: &str) -> Outcome<String> {
        match (number, self.kind) {
            (Number::Int(number), None | Some('d' | 'b' | 'o' | 'x' | 'X')) => {
                self.int(meter, number)
            }
            (_, None | Some('f' | 'F' | '%')) => self.float(meter, number.float()),
            (_, Some(kind)) => Err(unknown(kind, name)),
        }
    }

    fn int(&self, meter: &mut Meter, number: i64) -> Outcome<String> {
        if self.precision.is_some() {
            let message = "Precision not allowed in integer format specifier";
            return Err(value_error(message));
        }
        let magnitude = number.unsigned_abs();
        let (digits, prefix, group) = match self.kind {
            Some('b') => (format!("{magnitude:b}"), "0b", 4),
            Some('o') => (format!("{magnitude:o}"), "0o", 4),
            Some('x') => (format!("{magnitude:x}"), "0x", 4),
            Some('X') => (format!("{magnitude:X}"), "0X", 4),
            _ => (magnitude.to_string(), "", 3),
        };
        let prefix = if self.alternate { prefix } else { "" };
        let sign = format!("{}{prefix}", self.sign(number < 0));
        let whole = self.grouped(meter, &digits, group, sign.len())?;
        self.pad(meter, &sign, &whole)
    }

    fn float(&self, meter: &mut Meter, number: f64) -> Outcome<String> {
        if self.alternate || (self.kind.is_none() && self.precision.is_some()) {
            let what = "this format of a float (write the kind, as in .2f)";
            return Err(Stop::outside(what));
        }
        meter.make(self.precision.unwrap_or(0))?;
        let (shown, suffix) = match self.kind {
            Some('%') => (number * 100.0, "%"),
            _ => (number, ""),
        };
        let body = match (numbers::not_finite(shown.abs()), self.kind) {
            (Some(text), Some('F')) => text.to_uppercase(),
            (Some(text), _) => text.to_owned(),
            (None, None) => numbers::float_repr(shown.abs()),
            (None, _) => numbers::fixed(shown.abs(), self.precision.unwrap_or(6)),
        };
        let end = body
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(body.len());
        let (whole, rest) = body.split_at(end);
        let sign = self.sign(number.is_sign_negative() && !number.is_nan());
        let after = rest.len() + suffix.len();
        let whole = self.grouped(meter, whole, 3, sign.len() + after)?;
        self.pad(meter, sign, &format!("{whole}{rest}{suffix}"))
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            _ => "",
        }
    }

    /// Digits with separators, and with zeros in front that are grouped too, if there are `others` beside them.
    fn grouped(
        &self,
        meter: &mut Meter,
        digits: &str,
        group: usize,
        others: usize,
    ) -> Outcome<String> {
        let Some(mark) = self.grouping.filter(|_| !digits.is_empty()) else {
            return Ok(digits.to_owned());
        };
        meter.make(self.width)?;
        let mut count = digits.len();
        if self.fill == '0' && self.align == Align::AfterSign {
            while count + (count - 1) / group + others < self.width {
                count += 1;
            }
        }
        let mut body = String::with_capacity(count + count / group);
        let zeros = std::iter::repeat_n('0', count - digits.len());
        for (position, digit) in zeros.chain(digits.chars()).enumerate() {
            if position > 0 && (count - position).is_multiple_of(group) {
                body.push(mark);
            }
            body.push(digit);
        }
        Ok(body)
    }

    /// Fills up to the width; for `ljust` and the like, too.
    pub(crate) fn pad(&self, meter: &mut Meter, sign: &str, body: &str) -> Outcome<String> {
        let length = sign.len() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let filling = missing.saturating_mul(self.fill.len_utf8());
        meter.make(filling.saturating_add(body.len()))?;
        let (left, inner) = match self.align {
            Align::Left => (0, 0),
            Align::Right => (missing, 0),
            Align::Center => (missing / 2, 0),
            Align::AfterSign => (0, missing),
        };
        let fill = |count: usize| std::iter::repeat_n(self.fill, count);
        let mut text: String = fill(left).collect();
        text.push_str(sign);
        text.extend(fill(inner));
        text.push_str(body);
        text.extend(fill(missing - left - inner));
        Ok(text)
    }
}

fn unknown(kind: char, name: &str) -> Stop {
    value_error(format!(
        "Unknown format code '{kind}' for object of type '{name}'"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value, spec: &str) -> String {
        let written = format(&mut Meter::new(), value, spec);
        written.map_or_else(|_| "error".to_owned(), |text| text.to_string())
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
