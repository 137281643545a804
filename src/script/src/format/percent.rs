//! `template % values`

use super::repr;
use super::spec::{self, Align, Spec};
use crate::names::Kind;
use crate::value::ops::{Number, number};
use crate::value::{Meter, Outcome, Stop, Value, index, type_error, value_error};

/// What the template asks for that Python has and the subset has not.
pub(crate) fn beyond(template: &str) -> Option<String> {
    let chars: Vec<char> = template.chars().collect();
    let mut reader = Reader {
        chars: &chars,
        at: 0,
    };
    while let Some(c) = reader.next() {
        if c == '%' {
            let field = reader.field().ok()?;
            if let Some(what) = field.beyond() {
                return Some(what);
            }
        }
    }
    None
}

/// One `%...` of a template.
struct Field {
    key: Option<String>,
    /// Left of the value: fill, alignment, sign, width and precision as in a format specification.
    spec: Spec,
    has_star: bool,
    kind: char,
    /// Where it ends in the template.
    at: usize,
}

impl Field {
    fn beyond(&self) -> Option<String> {
        let whole = matches!(self.kind, 'd' | 'i' | 'u' | 'o' | 'x' | 'X');
        match self.kind {
            _ if self.has_star => Some("'*' in a % format".to_owned()),
            'c' | 'a' => Some(format!("'%{}'", self.kind)),
            kind if whole && self.spec.precision.is_some() => {
                Some(format!("a precision for '%{kind}'"))
            }
            _ => None,
        }
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += 1;
        c
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// What follows a `%`.
    fn field(&mut self) -> Result<Field, Stop> {
        let key = match self.peek() {
            Some('(') => Some(self.key()?),
            _ => None,
        };
        let mut spec = Spec::new(Align::Right);
        let (mut left, mut zero) = (false, false);
        while let Some(flag) = self.peek() {
            match flag {
                '-' => left = true,
                '+' => spec.sign = '+',
                ' ' if spec.sign == '-' => spec.sign = ' ',
                ' ' => {}
                '#' => spec.alternate = true,
                '0' => zero = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut has_star = self.star();
        spec.width = self.size("width", i64::MAX as usize / 100)?.unwrap_or(0);
        if self.peek() == Some('.') {
            self.at += 1;
            has_star |= self.star();
            spec.precision = Some(self.size("prec", i32::MAX as usize)?.unwrap_or(0));
        }
        while matches!(self.peek(), Some('l' | 'h' | 'L')) {
            self.at += 1;
        }
        let kind = self
            .next()
            .ok_or_else(|| value_error("incomplete format"))?;
        if left {
            spec.align = Some(Align::Left);
        } else if zero && !matches!(kind, 's' | 'r') {
            (spec.fill, spec.align) = ('0', Some(Align::AfterSign));
        }
        let at = self.at;
        Ok(Field {
            key,
            spec,
            has_star,
            kind,
            at,
        })
    }

    fn key(&mut self) -> Result<String, Stop> {
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
        let key = self.chars.get(start..self.at - 1).unwrap_or_default();
        Ok(key.iter().collect())
    }

    fn star(&mut self) -> bool {
        let there = self.peek() == Some('*');
        self.at += usize::from(there);
        there
    }

    fn size(&mut self, what: &str, most: usize) -> Result<Option<usize>, Stop> {
        let mut size: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let next = size.unwrap_or(0) * 10 + digit as usize;
            if next > most {
                return Err(value_error(format!("{what} too big")));
            }
            size = Some(next);
            self.at += 1;
        }
        Ok(size)
    }
}

pub(crate) fn format(meter: &mut Meter, template: &str, given: &Value) -> Outcome {
    meter.make(template.len())?;
    let chars: Vec<char> = template.chars().collect();
    let mut reader = Reader {
        chars: &chars,
        at: 0,
    };
    // Python takes everything that can be indexed for a mapping, which need not be used up.
    let is_mapping = matches!(
        given,
        Value::Dict(_) | Value::List(_) | Value::Range(_) | Value::Match(_)
    );
    let mut values = match given {
        Value::Tuple(tuple) => tuple.items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut out = String::new();
    while let Some(c) = reader.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if reader.peek() == Some('(') && !is_mapping {
            return Err(type_error("format requires a mapping"));
        }
        let field = reader.field()?;
        if let Some(what) = field.beyond() {
            return Err(Stop::outside(what));
        }
        let found = match &field.key {
            Some(key) => {
                values = &[];
                Some(index::get(meter, given, &Value::from(key.as_str()))?)
            }
            None => None,
        };
        if field.kind == '%' {
            out.push('%');
            continue;
        }
        let value = match (found, values) {
            (Some(value), _) => value,
            (None, [first, rest @ ..]) => {
                values = rest;
                first.clone()
            }
            (None, []) => return Err(type_error("not enough arguments for format string")),
        };
        out.push_str(&convert(meter, field, &value)?);
    }
    if values.is_empty() || is_mapping {
        return Ok(Value::from(out));
    }
    Err(type_error(
        "not all arguments converted during string formatting",
    ))
}

fn convert(meter: &mut Meter, field: Field, value: &Value) -> Result<String, Stop> {
    let (kind, mut spec) = (field.kind, field.spec);
    let name = value.type_name();
    match (kind, number(value)) {
        ('s', _) => {
            let text = repr::text(meter, value)?;
            spec::format_text(meter, &text, &spec)
        }
        ('r', _) => {
            let text = repr::repr(meter, value)?;
            spec::format_text(meter, &text, &spec)
        }
        ('d' | 'i' | 'u', Some(number)) => {
            let whole = match number {
                Number::Int(number) => number,
                Number::Float(number) => super::numbers::float_to_int(number)?,
            };
            spec.kind = Some('d');
            spec::format_int(meter, whole, name, &spec)
        }
        ('o' | 'x' | 'X', Some(Number::Int(number))) => {
            spec.kind = Some(kind);
            spec::format_int(meter, number, name, &spec)
        }
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', Some(number)) => {
            let number = match number {
                Number::Int(number) => number as f64,
                Number::Float(number) => number,
            };
            spec.kind = Some(kind);
            spec::format_float(meter, number, name, &spec)
        }
        ('d' | 'i' | 'u', None) => Err(type_error(format!(
            "%{kind} format: a real number is required, not {name}"
        ))),
        ('o' | 'x' | 'X', _) => Err(type_error(format!(
            "%{kind} format: an integer is required, not {name}"
        ))),
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', None) => {
            Err(type_error(format!("must be real number, not {name}")))
        }
        _ => {
            let (code, at) = (u32::from(kind), field.at.saturating_sub(1));
            Err(Stop::raise(
                Kind::ValueError,
                format!("unsupported format character '{kind}' (0x{code:x}) at index {at}"),
            ))
        }
    }
}
