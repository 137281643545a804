//! Numbers to digits and back, as Python writes and reads them.

use crate::format::chars;
use crate::names::Kind;
use crate::value::{Outcome, Stop, value_error};

/// Digits after which the decimal expansion of every float is zeros.
const EXACT_DIGITS: usize = 1_100;

/// `repr` of a float: the shortest digits that give it back.
pub(crate) fn float_repr(number: f64) -> String {
    if let Some(text) = not_finite(number) {
        return text.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = parts(&scientific);
    if (-4..16).contains(&exponent) {
        let point = if number.fract() == 0.0 { ".0" } else { "" };
        return format!("{number}{point}");
    }
    format!("{mantissa}e{exponent:+03}")
}

/// What stands before and behind the `e`.
fn parts(scientific: &str) -> (&str, i64) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

pub(crate) fn not_finite(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ => None,
    }
}

/// A finite number with `precision` digits after the point.
pub(crate) fn fixed(number: f64, precision: usize) -> String {
    let exact = precision.min(EXACT_DIGITS);
    let mut text = format!("{number:.exact$}");
    text.extend(std::iter::repeat_n('0', precision - exact));
    text
}

/// A finite number with one digit before the point and `precision` after it.
pub(crate) fn scientific(number: f64, precision: usize) -> String {
    let exact = precision.min(EXACT_DIGITS);
    let text = format!("{number:.exact$e}");
    let (mantissa, exponent) = parts(&text);
    let zeros = "0".repeat(precision - exact);
    format!("{mantissa}{zeros}e{exponent:+03}")
}

/// A finite number with so many significant digits; as `fixed` has it if its exponent is small and below `most`.
pub(crate) fn general(number: f64, digits: usize, most: usize) -> String {
    let text = scientific(number, digits - 1);
    let (_, exponent) = parts(&text);
    if exponent < -4 || exponent >= most as i64 {
        return text;
    }
    let after = digits as i64 - 1 - exponent;
    fixed(number, usize::try_from(after).unwrap_or(0))
}

/// Without the zeros, and the point, at the end of the digits.
pub(crate) fn without_zeros(text: &str) -> String {
    let (digits, exponent) = text.split_at(text.find('e').unwrap_or(text.len()));
    let short = if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    };
    [short, exponent].concat()
}

/// `round(number, digits)`: to the nearest, ties to even, of the exact decimal value. None beyond all floats.
pub(crate) fn round_to(number: f64, digits: i64) -> Option<f64> {
    if !number.is_finite() || digits > EXACT_DIGITS as i64 {
        return Some(number);
    }
    let (_, exponent) = parts(&format!("{number:e}"));
    let rounded: f64 = match (usize::try_from(digits), exponent.saturating_add(digits)) {
        (Ok(digits), _) => fixed(number, digits).parse().ok()?,
        (_, after @ 0..) => scientific(number, after as usize).parse().ok()?,
        // The first digit is one behind those that stay: 51 to hundreds.
        (_, -1) if number.abs() > 5.0 * 10.0_f64.powi(exponent as i32) => {
            10.0_f64.powi(exponent as i32 + 1).copysign(number)
        }
        _ => 0.0_f64.copysign(number),
    };
    rounded.is_finite().then_some(rounded)
}

/// `round(number, -digits)`: to the nearest, ties to even. None beyond 64 bits.
pub(crate) fn round_int(number: i64, digits: u64) -> Option<i64> {
    let unit = u32::try_from(digits).ok();
    let Some(unit) = unit.and_then(|digits| 10_i128.checked_pow(digits)) else {
        return Some(0);
    };
    let number = i128::from(number);
    let (below, rest) = (number.div_euclid(unit), 2 * number.rem_euclid(unit));
    let up = rest > unit || (rest == unit && below % 2 != 0);
    i64::try_from((below + i128::from(up)) * unit).ok()
}

/// The character with this number; what else there is gives an error of this kind.
pub(crate) fn character(code: i64, beyond: Kind) -> Outcome<char> {
    match u32::try_from(code) {
        Ok(code) if code <= 0x10_ffff => {
            let c = char::from_u32(code);
            c.ok_or_else(|| Stop::outside("a lone surrogate"))
        }
        _ => Err(Stop::raise(beyond, "a character is in range(0x110000)")),
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
    let given = match digits.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => 0,
    };
    let (base, digits) = match (base, given) {
        (0, 0) => (10, digits),
        (base, given) if given != 0 && (base == 0 || base == given) => {
            let digits = digits.get(2..).unwrap_or_default();
            (given, digits.strip_prefix('_').unwrap_or(digits))
        }
        _ => (base, digits),
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
    let mut parts = text.split('_');
    let first = parts.next().unwrap_or_default();
    let mut before = first;
    let follows = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric());
    let between = parts.all(|part| {
        let ends = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        before = part;
        ends && follows(part)
    });
    between.then(|| text.replace('_', ""))
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
pub(crate) fn float_to_int(number: f64) -> Outcome<i64> {
    if number.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        let message = "cannot convert float infinity to integer";
        return Err(Stop::raise(Kind::OverflowError, message));
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
        for (number, digits, rounded) in [(2.675, 2, 2.67), (0.125, 2, 0.12), (5e-324, 400, 5e-324)]
        {
            assert_eq!(round_to(number, digits), Some(rounded));
        }
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
