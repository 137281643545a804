//! Numbers to digits and back, as Python writes and reads them.

use crate::format::chars;
use crate::names::Kind;
use crate::value::{Stop, value_error};

/// Digits after which the decimal expansion of every float is zeros.
const EXACT_DIGITS: usize = 1_100;

/// `repr` of a float: the shortest digits that give it back.
pub(crate) fn float_repr(number: f64) -> String {
    if let Some(text) = not_finite(number) {
        return text.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let text = format!("{number}");
        return if text.contains('.') {
            text
        } else {
            text + ".0"
        };
    }
    format!("{mantissa}e{}", exponent_text(exponent))
}

pub(crate) fn not_finite(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ => None,
    }
}

fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:02}", exponent.unsigned_abs())
}

/// A finite number with `precision` digits after the point.
pub(crate) fn fixed(number: f64, precision: usize) -> String {
    let exact = precision.min(EXACT_DIGITS);
    let mut text = format!("{number:.exact$}");
    text.extend(std::iter::repeat_n('0', precision - exact));
    text
}

/// A finite number as `d.ddde+xx`.
pub(crate) fn scientific(number: f64, precision: usize) -> String {
    let (mantissa, exponent) = mantissa_and_exponent(number, precision);
    format!("{mantissa}e{}", exponent_text(exponent))
}

fn mantissa_and_exponent(number: f64, precision: usize) -> (String, i32) {
    let exact = precision.min(EXACT_DIGITS);
    let text = format!("{number:.exact$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = format!("{mantissa}{}", "0".repeat(precision - exact));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// How `general` treats what is after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Zeros at the end go, and the point with them.
    Strip,
    /// As `Strip`, but a whole number keeps `.0`.
    OneZero,
    /// Everything stays (`#`).
    Keep,
}

/// `%g`: `precision` significant digits, fixed or scientific.
pub(crate) fn general(number: f64, precision: usize, tail: Tail) -> String {
    let precision = precision.max(1);
    let (mantissa, exponent) = mantissa_and_exponent(number, precision - 1);
    let limit = precision as i64 - i64::from(tail == Tail::OneZero);
    if exponent < -4 || i64::from(exponent) >= limit {
        let mantissa = if tail == Tail::Keep {
            mantissa
        } else {
            strip_zeros(&mantissa).to_owned()
        };
        return format!("{mantissa}e{}", exponent_text(exponent));
    }
    let decimals = usize::try_from(precision as i64 - 1 - i64::from(exponent)).unwrap_or(0);
    let text = fixed(number, decimals);
    match tail {
        Tail::Keep => text,
        Tail::Strip => strip_zeros(&text).to_owned(),
        Tail::OneZero => {
            let stripped = strip_zeros(&text).to_owned();
            if stripped.contains('.') {
                stripped
            } else {
                stripped + ".0"
            }
        }
    }
}

fn strip_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// `round(number, digits)`: to the nearest, ties to even, of the exact decimal value. None beyond all floats.
pub(crate) fn round_to(number: f64, digits: i64) -> Option<f64> {
    if !number.is_finite() || number == 0.0 || digits > 330 {
        return Some(number);
    }
    let zero = 0.0_f64.copysign(number);
    if digits < -310 {
        return Some(zero);
    }
    let result = match usize::try_from(digits) {
        Ok(digits) => fixed(number, digits).parse().ok()?,
        Err(_) => {
            // Digits before the point: so many significant ones are left.
            let magnitude = mantissa_and_exponent(number, EXACT_DIGITS).1;
            match i64::from(magnitude) + digits {
                left if left >= 0 => format!("{number:.*e}", left as usize).parse().ok()?,
                -1 => {
                    let unit: f64 = format!("1e{}", -digits).parse().ok()?;
                    if number.abs() > unit / 2.0 {
                        unit.copysign(number)
                    } else {
                        zero
                    }
                }
                _ => zero,
            }
        }
    };
    if f64::is_finite(result) {
        Some(result)
    } else {
        None
    }
}

/// A float as `float(text)` reads it.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = plain_digits(chars::strip(text));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let lower = unsigned.to_ascii_lowercase();
    if !matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let allowed = unsigned
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_'));
        if !begins || !allowed {
            return None;
        }
    }
    without_underscores(&text)?.parse().ok()
}

/// Why a text is no int.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoInt {
    Invalid,
    TooLarge,
}

/// An int as `int(text, base)` reads it; base 0 takes the prefix.
pub(crate) fn parse_int(text: &str, base: u32) -> Result<i64, NoInt> {
    let text = plain_digits(chars::strip(text));
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let prefix_base = match prefix.as_str() {
        "0x" => 16,
        "0o" => 8,
        "0b" => 2,
        _ => 0,
    };
    let (base, digits) = match (base, prefix_base) {
        (0, 0) => (10, digits),
        (0, given) => (given, digits.get(2..).unwrap_or_default()),
        (base, given) if base == given => (base, digits.get(2..).unwrap_or_default()),
        (base, _) => (base, digits),
    };
    let digits = if prefix_base != 0 {
        digits.strip_prefix('_').unwrap_or(digits)
    } else {
        digits
    };
    let digits = without_underscores(digits).ok_or(NoInt::Invalid)?;
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Err(NoInt::Invalid);
    }
    let sign = if negative { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{digits}"), base).map_err(|_| NoInt::TooLarge)
}

/// Without the underscores, which may stand between digits only.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let digit = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        if *byte == b'_' && !(digit(at.checked_sub(1)) && digit(at.checked_add(1))) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}

/// Decimal digits of other scripts as ASCII digits.
fn plain_digits(text: &str) -> String {
    text.chars()
        .map(|c| {
            chars::digit_value(c)
                .and_then(|digit| char::from_digit(digit, 10))
                .unwrap_or(c)
        })
        .collect()
}

/// The whole part, as `int` and `%d` take it.
pub(crate) fn float_to_int(number: f64) -> Result<i64, Stop> {
    if number.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        return Err(Stop::raise(
            Kind::OverflowError,
            "cannot convert float infinity to integer",
        ));
    }
    let whole = number.trunc();
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
        Ok(whole as i64)
    } else {
        Err(overflow())
    }
}

pub(crate) fn overflow() -> Stop {
    Stop::raise(Kind::OverflowError, "integer result beyond 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (number, text) in [
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_repr(number), text);
        }
    }

    #[test]
    fn rounding_goes_by_the_exact_value_and_ties_go_to_the_even_digit() {
        for (number, digits, rounded) in [
            (2.675, 2, 2.67),
            (0.125, 2, 0.12),
            (1250.0, -2, 1200.0),
            (1350.0, -2, 1400.0),
            (50.0, -2, 0.0),
            (51.0, -2, 100.0),
            (5e-324, 400, 5e-324),
        ] {
            assert_eq!(round_to(number, digits), Some(rounded));
        }
        assert_eq!(round_to(1.7e308, -308), None);
    }

    #[test]
    fn ints_are_read_with_signs_prefixes_and_underscores() {
        assert_eq!(parse_int(" -0x_1F ", 16), Ok(-31));
        assert_eq!(parse_int("1_000", 10), Ok(1000));
        assert_eq!(parse_int("1__0", 10), Err(NoInt::Invalid));
        assert_eq!(parse_int("9223372036854775808", 10), Err(NoInt::TooLarge));
        assert_eq!(parse_int("-9223372036854775808", 10), Ok(i64::MIN));
    }
}
