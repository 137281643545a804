//! What YAML 1.1 reads where YAML 1.2 reads a text or another number.
//!
//! UST's files are read by PyYAML: `010` is eight there, `1_000` a thousand, `1:30` ninety, and
//! `2026-11-01` a date. The rules are those of PyYAML's resolver. Pure functions of one scalar.

/// What PyYAML makes of an unquoted scalar that is no plain text to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    Integer(i64),
    Float(f64),
    /// A number beyond 64 bits.
    Large,
    /// Base 60, `1:30`.
    Sexagesimal,
    Date,
    /// `<<`.
    Merge,
    /// `=`.
    Default,
}

impl Meaning {
    /// For messages, with an article.
    pub(super) fn describe(self) -> String {
        match self {
            Meaning::Integer(number) => format!("the number {number}"),
            Meaning::Float(number) => format!("the number {number}"),
            Meaning::Large => "a very large number".to_owned(),
            Meaning::Sexagesimal => "a number in base 60".to_owned(),
            Meaning::Date => "a date".to_owned(),
            Meaning::Merge => "a merge key".to_owned(),
            Meaning::Default => "a default value".to_owned(),
        }
    }
}

/// What PyYAML makes of `scalar`, written without quotes; `None`: a text (or a word such as `yes`
/// or `null`, which the callers know).
pub(super) fn meaning(scalar: &str) -> Option<Meaning> {
    match scalar {
        "<<" => return Some(Meaning::Merge),
        "=" => return Some(Meaning::Default),
        _ => {}
    }
    let unsigned = scalar.strip_prefix(['+', '-']).unwrap_or(scalar);
    let negative = scalar.starts_with('-');
    integer(unsigned, negative)
        .or_else(|| float(scalar, unsigned))
        .or_else(|| date(scalar).then_some(Meaning::Date))
}

fn integer(unsigned: &str, negative: bool) -> Option<Meaning> {
    let (digits, radix) = if let Some(bits) = unsigned.strip_prefix("0b") {
        (bits, 2)
    } else if let Some(hex) = unsigned.strip_prefix("0x") {
        (hex, 16)
    } else if unsigned.len() > 1 && unsigned.starts_with('0') {
        (unsigned, 8)
    } else {
        (unsigned, 10)
    };
    if base_60(digits) && !digits.starts_with('0') && radix == 10 {
        return Some(Meaning::Sexagesimal);
    }
    let allowed = |c: char| c == '_' || c.is_digit(radix);
    if digits.is_empty() || !digits.chars().all(allowed) || digits.starts_with('_') && radix == 10 {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    let number = i64::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), radix);
    Some(number.map_or(Meaning::Large, Meaning::Integer))
}

/// `1:30`, `190:20:30`: digits, then groups of at most two below 60.
fn base_60(digits: &str) -> bool {
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    let minute = |part: &str| matches!(part.as_bytes(), [b'0'..=b'5', b'0'..=b'9'] | [b'0'..=b'9']);
    let mut rest = parts.peekable();
    rest.peek().is_some() && number_start(first) && rest.all(minute)
}

/// A digit, then digits and underscores.
fn number_start(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c == '_' || c.is_ascii_digit())
}

fn float(scalar: &str, unsigned: &str) -> Option<Meaning> {
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(Meaning::Float(f64::INFINITY)),
        _ if matches!(scalar, ".nan" | ".NaN" | ".NAN") => return Some(Meaning::Float(f64::NAN)),
        _ => {}
    }
    let (whole, rest) = unsigned.split_once('.')?;
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
        None => (rest, None),
    };
    let digits = fraction.chars().all(|c| c == '_' || c.is_ascii_digit());
    let signed = |text: &str| {
        text.strip_prefix(['+', '-'])
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if !digits || !exponent.is_none_or(signed) {
        return None;
    }
    if base_60(whole) && exponent.is_none() {
        return Some(Meaning::Sexagesimal);
    }
    let bare = whole.is_empty() && scalar == unsigned && number_start(fraction);
    if !bare && !number_start(whole) {
        return None;
    }
    scalar.replace('_', "").parse().ok().map(Meaning::Float)
}

/// `2026-11-01`, and a date with a time.
fn date(scalar: &str) -> bool {
    let (day, time) = match scalar.find(['T', 't', ' ', '\t']) {
        Some(at) => (scalar.get(..at), scalar.get(at + 1..)),
        None => (Some(scalar), None),
    };
    let Some(parts) = day.map(|day| day.split('-').collect::<Vec<_>>()) else {
        return false;
    };
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let numbers = parts.iter().all(number);
    match time {
        None => numbers && lengths == [4, 2, 2],
        Some(time) => {
            numbers && matches!(lengths.as_slice(), [4, 1 | 2, 1 | 2]) && clock(time.trim_start())
        }
    }
}

/// `12:30:00`, with what may follow; the following part is not looked at.
fn clock(time: &str) -> bool {
    let mut parts = time.splitn(3, ':');
    let digits = |part: Option<&str>, count: &[usize]| {
        part.is_some_and(|part| {
            count.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let hour = digits(parts.next(), &[1, 2]);
    let minute = digits(parts.next(), &[2]);
    let second = parts.next().and_then(|rest| rest.get(..2));
    hour && minute && digits(second, &[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_mean_what_pyyaml_reads() {
        use Meaning::*;
        let cases = [
            ("010", Some(Integer(8))),
            ("-010", Some(Integer(-8))),
            ("08", None),
            ("0", Some(Integer(0))),
            ("0o10", None),
            ("1_000", Some(Integer(1000))),
            ("0x1F", Some(Integer(31))),
            ("0x_1F", Some(Integer(31))),
            ("0b1_1", Some(Integer(3))),
            ("+12", Some(Integer(12))),
            ("_1", None),
            ("99999999999999999999", Some(Large)),
            ("1:30", Some(Sexagesimal)),
            ("190:20:30", Some(Sexagesimal)),
            ("1:30.5", Some(Sexagesimal)),
            ("1:75", None),
            ("localhost:80", None),
            ("1e3", None),
            ("1.5", Some(Float(1.5))),
            ("1_0.5", Some(Float(10.5))),
            ("1.", Some(Float(1.0))),
            (".5", Some(Float(0.5))),
            ("-.5", None),
            ("1.0e+3", Some(Float(1000.0))),
            ("1.0e3", None),
            (".inf", Some(Float(f64::INFINITY))),
            ("2026-11-01", Some(Date)),
            ("2026-1-1", None),
            ("2026-1-1 1:00:00", Some(Date)),
            ("2026-11-01T10:00:00.5Z", Some(Date)),
            ("2026-11-01 is the day", None),
            ("<<", Some(Merge)),
            ("=", Some(Default)),
            ("", None),
            ("-", None),
            ("+", None),
            (".", None),
            ("10%", None),
            ("Design", None),
            ("1.2.3.4", None),
        ];
        for (scalar, expected) in cases {
            assert_eq!(meaning(scalar), expected, "{scalar}");
        }
    }
}
