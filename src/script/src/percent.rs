//! `template % values`

use super::error::{Kind, Stop, type_error, value_error};
use super::index;
use super::meter::Meter;
use super::ops::{Number, number};
use super::repr;
use super::spec::{Align, Padding, character, float_digits};
use super::value::Value;

/// One `%...` of a template.
#[derive(Default)]
struct Field {
    left: bool,
    zero: bool,
    alternate: bool,
    sign: &'static str,
    width: usize,
    precision: Option<usize>,
}

struct Formatter<'a> {
    meter: &'a mut Meter,
    template: &'a [char],
    at: usize,
    given: &'a Value,
    /// Values not yet used; a mapping is used by key.
    values: &'a [Value],
    out: String,
}

pub(super) fn format(meter: &mut Meter, template: &str, given: &Value) -> Result<Value, Stop> {
    meter.make(template.len())?;
    let template: Vec<char> = template.chars().collect();
    let values = match given {
        Value::Tuple(tuple) => tuple.items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut formatter = Formatter {
        meter,
        template: &template,
        at: 0,
        given,
        values,
        out: String::new(),
    };
    formatter.run()?;
    Ok(Value::from(formatter.out))
}

/// Python takes everything that can be indexed for a mapping, which need not be used up.
fn is_mapping(given: &Value) -> bool {
    matches!(
        given,
        Value::Dict(_) | Value::List(_) | Value::Range(_) | Value::Match(_)
    )
}

impl Formatter<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        while let Some(c) = self.next() {
            if c == '%' {
                self.field()?;
            } else {
                self.out.push(c);
            }
        }
        if self.values.is_empty() || is_mapping(self.given) {
            return Ok(());
        }
        Err(type_error(
            "not all arguments converted during string formatting",
        ))
    }

    fn next(&mut self) -> Option<char> {
        let c = self.template.get(self.at).copied();
        self.at += 1;
        c
    }

    fn peek(&self) -> Option<char> {
        self.template.get(self.at).copied()
    }

    fn value(&mut self) -> Result<Value, Stop> {
        match self.values {
            [first, rest @ ..] => {
                self.values = rest;
                Ok(first.clone())
            }
            [] => Err(type_error("not enough arguments for format string")),
        }
    }

    fn field(&mut self) -> Result<(), Stop> {
        let key = if self.peek() == Some('(') {
            Some(self.key()?)
        } else {
            None
        };
        let mut field = Field {
            sign: "",
            ..Field::default()
        };
        while let Some(flag) = self.peek() {
            match flag {
                '-' => field.left = true,
                '+' => field.sign = "+",
                ' ' if field.sign.is_empty() => field.sign = " ",
                ' ' => {}
                '#' => field.alternate = true,
                '0' => field.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        if let Some(width) = self.size("width")? {
            field.left |= width < 0;
            field.width = width.unsigned_abs() as usize;
        }
        if self.peek() == Some('.') {
            self.at += 1;
            field.precision = Some(usize::try_from(self.size("prec")?.unwrap_or(0)).unwrap_or(0));
        }
        while matches!(self.peek(), Some('l' | 'h' | 'L')) {
            self.at += 1;
        }
        let Some(kind) = self.next() else {
            return Err(value_error("incomplete format"));
        };
        if kind == '%' {
            self.out.push('%');
            return Ok(());
        }
        let value = match key {
            Some(value) => value,
            None => self.value()?,
        };
        let text = self.convert(kind, &value, field)?;
        self.out.push_str(&text);
        Ok(())
    }

    fn key(&mut self) -> Result<Value, Stop> {
        if !is_mapping(self.given) {
            return Err(type_error("format requires a mapping"));
        }
        self.at += 1;
        let (start, mut depth) = (self.at, 1);
        while depth > 0 {
            match self.next() {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                Some(_) => {}
                None => return Err(value_error("incomplete format key")),
            }
        }
        let key: String = self
            .template
            .get(start..self.at - 1)
            .unwrap_or_default()
            .iter()
            .collect();
        let key = Value::from(key);
        self.values = &[];
        index::get(self.meter, self.given, &key)
    }

    /// Digits, or `*` for the next value.
    fn size(&mut self, what: &str) -> Result<Option<i64>, Stop> {
        if self.peek() == Some('*') {
            self.at += 1;
            return match self.value()? {
                Value::Int(size) if size.unsigned_abs() < 1 << 31 => Ok(Some(size)),
                Value::Int(_) if what == "width" => {
                    Err(Stop::raise(Kind::OverflowError, "width too big"))
                }
                Value::Int(_) => Err(Stop::raise(Kind::OverflowError, "precision too big")),
                Value::Bool(flag) => Ok(Some(i64::from(flag))),
                _ => Err(type_error("* wants int")),
            };
        }
        let mut size: Option<i64> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let next = size.unwrap_or(0) * 10 + i64::from(digit);
            let limit = if what == "width" {
                i64::MAX / 100
            } else {
                i64::from(i32::MAX)
            };
            if next > limit {
                return Err(value_error(format!("{what} too big")));
            }
            size = Some(next);
            self.at += 1;
        }
        Ok(size)
    }

    fn convert(&mut self, kind: char, value: &Value, field: Field) -> Result<String, Stop> {
        match kind {
            's' | 'r' | 'a' => {
                let text = match kind {
                    's' => repr::text(self.meter, value)?.to_string(),
                    'r' => repr::repr(self.meter, value)?,
                    _ => repr::ascii(&repr::repr(self.meter, value)?),
                };
                let cut = match field.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text,
                };
                self.pad(&field, "", &cut, false)
            }
            'c' => {
                let c = match value {
                    Value::Str(text) if text.chars().count() == 1 => text.to_string(),
                    Value::Int(code) => character(*code)?.to_string(),
                    Value::Bool(flag) => character(i64::from(*flag))?.to_string(),
                    _ => return Err(type_error("%c requires int or char")),
                };
                self.pad(&field, "", &c, false)
            }
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.whole(kind, value, &field),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.float(kind, value, &field),
            _ => {
                let (code, index) = (u32::from(kind), self.at - 1);
                let message =
                    format!("unsupported format character '{kind}' (0x{code:x}) at index {index}");
                Err(value_error(message))
            }
        }
    }

    fn whole(&mut self, kind: char, value: &Value, field: &Field) -> Result<String, Stop> {
        let name = value.type_name();
        let decimal = matches!(kind, 'd' | 'i' | 'u');
        let number = match number(value) {
            Some(Number::Int(number)) => number,
            Some(Number::Float(number)) if decimal => super::convert::float_to_int(number)?,
            _ if decimal => {
                return Err(type_error(format!(
                    "%{kind} format: a real number is required, not {name}"
                )));
            }
            _ => {
                return Err(type_error(format!(
                    "%{kind} format: an integer is required, not {name}"
                )));
            }
        };
        let magnitude = number.unsigned_abs();
        let (digits, prefix) = match kind {
            'o' => (format!("{magnitude:o}"), "0o"),
            'x' => (format!("{magnitude:x}"), "0x"),
            'X' => (format!("{magnitude:X}"), "0X"),
            _ => (magnitude.to_string(), ""),
        };
        let zeros = field.precision.unwrap_or(0).saturating_sub(digits.len());
        self.meter.make(zeros)?;
        let prefix = if field.alternate { prefix } else { "" };
        let sign = if number < 0 { "-" } else { field.sign };
        let digits = format!("{}{digits}", "0".repeat(zeros));
        self.pad(field, &format!("{sign}{prefix}"), &digits, true)
    }

    fn float(&mut self, kind: char, value: &Value, field: &Field) -> Result<String, Stop> {
        let number = match number(value) {
            Some(Number::Int(number)) => number as f64,
            Some(Number::Float(number)) => number,
            None => {
                return Err(type_error(format!(
                    "must be real number, not {}",
                    value.type_name()
                )));
            }
        };
        self.meter.make(field.precision.unwrap_or(0))?;
        let digits = float_digits(
            number.abs(),
            kind,
            field.precision.or(Some(6)),
            field.alternate,
        );
        let digits = if kind.is_ascii_uppercase() {
            digits.to_uppercase()
        } else {
            digits
        };
        let negative = number.is_sign_negative() && !number.is_nan();
        self.pad(
            field,
            if negative { "-" } else { field.sign },
            &digits,
            true,
        )
    }

    fn pad(
        &mut self,
        field: &Field,
        sign: &str,
        body: &str,
        is_number: bool,
    ) -> Result<String, Stop> {
        let (fill, align) = match (field.left, field.zero && is_number) {
            (true, _) => (' ', Align::Left),
            (false, true) => ('0', Align::AfterSign),
            (false, false) => (' ', Align::Right),
        };
        Padding {
            fill,
            width: field.width,
            align,
        }
        .apply(self.meter, sign, body)
    }
}
