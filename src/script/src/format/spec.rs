//! Format specifications: what `f"{x:>10.2f}"`, `"{:,}".format(x)` and the fields of `%` mean.

use crate::format::{numbers, repr};
use crate::names::Kind;
use crate::value::ops::{Number, number};
use crate::value::tree::Conversion;
use crate::value::{Meter, Outcome, Stop, Str, Value, mistyped, value_error};

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
    pub(crate) align: Align,
    pub(crate) sign: Option<char>,
    /// Nothing that is written as zero has a minus.
    plain_zero: bool,
    pub(crate) alternate: bool,
    pub(crate) width: usize,
    grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    pub(crate) kind: Option<char>,
}

/// A field of an f-string or of `str.format`: the value converted, and written as the specification says.
pub(crate) fn field(
    meter: &mut Meter,
    value: &Value,
    conversion: Option<Conversion>,
    spec: &str,
) -> Outcome<Str> {
    match conversion {
        None => format(meter, value, spec),
        Some(conversion) => {
            let text = repr::converted(meter, value, conversion)?;
            format(meter, &Value::Str(text), spec)
        }
    }
}

/// `format(value, spec)`
fn format(meter: &mut Meter, value: &Value, text: &str) -> Outcome<Str> {
    if text.is_empty() {
        return repr::text(meter, value);
    }
    let number = number(value);
    let align = match (value, number) {
        (Value::Str(_), _) => Align::Left,
        (Value::Flags(_), _) => return Err(Stop::outside("formatting the flags of a pattern")),
        (_, Some(_)) => Align::Right,
        _ => {
            let message = "unsupported format string passed to {}.__format__";
            return Err(mistyped(message, value));
        }
    };
    let spec = Spec::parse(text, align)?.filter(|spec| spec.fits(number));
    let spec = spec.ok_or_else(|| {
        let name = value.type_name();
        value_error(format!(
            "Invalid format specifier '{text}' for object of type '{name}'"
        ))
    })?;
    let written = match (value, number) {
        (_, Some(number)) => spec.number(meter, number),
        (Value::Str(text), None) => spec.text(meter, text),
        _ => Ok(String::new()),
    };
    written.map(Str::from)
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
    let number = digits.parse().ok();
    let number = number.filter(|number| *number <= i32::MAX as usize);
    let too_many = || value_error("Too many decimal digits in format string");
    number.ok_or_else(too_many).map(Some)
}

/// Where the bracket closes that opened in front of the text.
pub(crate) fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 1;
    text.find(|c| {
        depth += i32::from(c == open);
        depth -= i32::from(c == close);
        depth == 0
    })
}

impl Spec {
    /// One that changes nothing.
    pub(crate) fn new(align: Align) -> Spec {
        Spec {
            fill: ' ',
            align,
            sign: None,
            plain_zero: false,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }

    /// None for a text that is no specification.
    fn parse(text: &str, default: Align) -> Outcome<Option<Spec>> {
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
        spec.sign = take(&mut rest, &['+', '-', ' ']);
        spec.plain_zero = take(&mut rest, &['z']).is_some();
        spec.alternate = take(&mut rest, &['#']).is_some();
        if with_fill.is_none() && take(&mut rest, &['0']).is_some() {
            spec.fill = '0';
            if alone.is_none() && default == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = digits(&mut rest)?.unwrap_or(0);
        spec.grouping = take(&mut rest, &[',', '_']);
        if take(&mut rest, &['.']).is_some() {
            let missing = || value_error("Format specifier missing precision");
            spec.precision = Some(digits(&mut rest)?.ok_or_else(missing)?);
        }
        let mut chars = rest.chars();
        spec.kind = chars.next();
        Ok(chars.next().is_none().then_some(spec))
    }

    /// Whether the number can be written so or, if it is none, a text.
    fn fits(&self, number: Option<Number>) -> bool {
        let (ungrouped, unsigned) = (self.grouping.is_none(), self.sign.is_none());
        let for_int = self.precision.is_none() && !self.plain_zero;
        match (number, self.kind) {
            (None, None | Some('s')) => {
                let is_simple = unsigned && ungrouped && !self.alternate && !self.plain_zero;
                is_simple && self.align != Align::AfterSign
            }
            (Some(Number::Int(_)), None | Some('d')) => for_int,
            (Some(Number::Int(_)), Some('n')) => for_int && ungrouped,
            (Some(Number::Int(_)), Some('b' | 'o' | 'x' | 'X')) => {
                for_int && self.grouping != Some(',')
            }
            (Some(Number::Int(_)), Some('c')) => {
                for_int && ungrouped && unsigned && !self.alternate
            }
            (Some(Number::Float(_)), Some('n')) => ungrouped,
            (Some(_), None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => true,
            _ => false,
        }
    }

    /// A text cut and filled; what the specification has for numbers alone does not count.
    pub(crate) fn text(&self, meter: &mut Meter, text: &str) -> Outcome<String> {
        let precision = self.precision.unwrap_or(usize::MAX);
        let end = text.char_indices().nth(precision);
        let cut = end.and_then(|(end, _)| text.get(..end));
        self.pad(meter, "", cut.unwrap_or(text))
    }

    /// A number, of which the kind is one.
    pub(crate) fn number(&self, meter: &mut Meter, number: Number) -> Outcome<String> {
        match (number, self.kind) {
            (Number::Int(code), Some('c')) => {
                let c = numbers::character(code, Kind::OverflowError)?;
                self.pad(meter, "", c.encode_utf8(&mut [0; 4]))
            }
            (Number::Int(number), None | Some('d' | 'n' | 'b' | 'o' | 'x' | 'X')) => {
                self.int(meter, number)
            }
            _ => self.float(meter, number.float()),
        }
    }

    fn int(&self, meter: &mut Meter, number: i64) -> Outcome<String> {
        let magnitude = number.unsigned_abs();
        let (digits, prefix, group) = match self.kind {
            Some('b') => (format!("{magnitude:b}"), "0b", 4),
            Some('o') => (format!("{magnitude:o}"), "0o", 4),
            Some('x') => (format!("{magnitude:x}"), "0x", 4),
            Some('X') => (format!("{magnitude:X}"), "0X", 4),
            _ => (magnitude.to_string(), "", 3),
        };
        // With `%` a precision is the least number of digits.
        let zeros = self.precision.unwrap_or(0).saturating_sub(digits.len());
        meter.make(zeros)?;
        let digits = "0".repeat(zeros) + &digits;
        let prefix = if self.alternate { prefix } else { "" };
        let sign = format!("{}{prefix}", self.sign(number < 0));
        let whole = self.grouped(meter, &digits, group, sign.len())?;
        self.pad(meter, &sign, &whole)
    }

    fn float(&self, meter: &mut Meter, number: f64) -> Outcome<String> {
        meter.make(self.precision.unwrap_or(0))?;
        let (shown, suffix) = match self.kind {
            Some('%') => (number * 100.0, "%"),
            _ => (number, ""),
        };
        let body = self.magnitude(shown.abs());
        let end = body.find(|c: char| !c.is_ascii_digit());
        let (whole, rest) = body.split_at(end.unwrap_or(body.len()));
        let is_zero = number.is_finite() && !body.contains(|c| matches!(c, '1'..='9'));
        let negative = number.is_sign_negative() && !number.is_nan();
        let sign = self.sign(negative && !(self.plain_zero && is_zero));
        let after = rest.len() + suffix.len();
        let whole = self.grouped(meter, whole, 3, sign.len() + after)?;
        self.pad(meter, sign, &format!("{whole}{rest}{suffix}"))
    }

    /// A number without sign, as its kind writes it.
    fn magnitude(&self, number: f64) -> String {
        let precision = self.precision.unwrap_or(6);
        let significant = precision.max(1);
        let mut text = match (numbers::not_finite(number), self.kind, self.precision) {
            (Some(text), ..) => text.to_owned(),
            (_, None, None) => numbers::float_repr(number),
            (_, None, _) => numbers::general(number, significant, significant - 1),
            (_, Some('e' | 'E'), _) => numbers::scientific(number, precision),
            (_, Some('g' | 'G' | 'n'), _) => numbers::general(number, significant, significant),
            _ => numbers::fixed(number, precision),
        };
        let point = text.find('e').unwrap_or(text.len());
        if self.alternate && number.is_finite() && !text.contains('.') {
            text.insert(point, '.');
        } else if !self.alternate && matches!(self.kind, None | Some('g' | 'G' | 'n')) {
            text = numbers::without_zeros(&text);
            if self.kind.is_none() && number.is_finite() && !text.contains(['.', 'e']) {
                text.push_str(".0");
            }
        }
        match self.kind {
            Some('E' | 'F' | 'G') => text.to_uppercase(),
            _ => text,
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value, spec: &str) -> String {
        let written = field(&mut Meter::new(), value, None, spec);
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
