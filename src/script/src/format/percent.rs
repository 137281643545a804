//! `template % values`

use crate::format::spec::{self, Align, Spec};
use crate::format::{numbers, repr};
use crate::value::ops::{Number, number};
use crate::value::{Meter, Outcome, Stop, Value, index, mistyped, type_error, value_error};

/// What the template asks for that Python has and the subset has not.
pub(crate) fn beyond(template: &str) -> Option<String> {
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('%') {
        let field = Field::read(after).ok()?;
        if let Some(what) = field.beyond() {
            return Some(what);
        }
        rest = field.after;
    }
    None
}

/// One `%...` of a template.
struct Field<'t> {
    key: Option<&'t str>,
    /// Fill, alignment, sign, width and precision, as in a format specification.
    spec: Spec,
    has_star: bool,
    kind: char,
    /// What follows it in the template.
    after: &'t str,
}

impl<'t> Field<'t> {
    /// What follows a `%`.
    fn read(text: &'t str) -> Outcome<Field<'t>> {
        let (mut rest, mut key) = (text, None);
        if let Some(inside) = text.strip_prefix('(') {
            let incomplete = || value_error("incomplete format key");
            let (name, after) = inside.split_once(')').ok_or_else(incomplete)?;
            (rest, key) = (after, Some(name));
        }
        let mut spec = Spec::new(Align::Right);
        let (mut left, mut zero) = (false, false);
        while let Some(flag) = spec::take(&mut rest, &['-', '+', ' ', '#', '0']) {
            match flag {
                '-' => left = true,
                '0' => zero = true,
                '#' => spec.alternate = true,
                '+' => spec.sign = '+',
                _ if spec.sign == '+' => {}
                blank => spec.sign = blank,
            }
        }
        let mut has_star = spec::take(&mut rest, &['*']).is_some();
        spec.width = spec::digits(&mut rest)?.unwrap_or(0);
        if spec::take(&mut rest, &['.']).is_some() {
            has_star |= spec::take(&mut rest, &['*']).is_some();
            spec.precision = Some(spec::digits(&mut rest)?.unwrap_or(0));
        }
        while spec::take(&mut rest, &['l', 'h', 'L']).is_some() {}
        let mut chars = rest.chars();
        let kind = chars
            .next()
            .ok_or_else(|| value_error("incomplete format"))?;
        if left {
            spec.align = Align::Left;
        } else if zero && !matches!(kind, 's' | 'r') {
            (spec.fill, spec.align) = ('0', Align::AfterSign);
        }
        Ok(Field {
            key,
            spec,
            has_star,
            kind,
            after: chars.as_str(),
        })
    }

    fn beyond(&self) -> Option<String> {
        let whole = matches!(self.kind, 'd' | 'i' | 'u' | 'o' | 'x' | 'X');
        match self.kind {
            _ if self.has_star => Some("'*' in a % format".to_owned()),
            _ if self.key.is_some_and(|key| key.contains('(')) => {
                Some("a parenthesis in the key of a % format".to_owned())
            }
            'a' | 'c' | 'e' | 'E' | 'g' | 'G' => Some(format!("'%{}'", self.kind)),
            kind if whole && self.spec.precision.is_some() => {
                Some(format!("a precision for '%{kind}'"))
            }
            _ => None,
        }
    }

    fn convert(self, meter: &mut Meter, value: &Value) -> Outcome<String> {
        let (kind, mut spec) = (self.kind, self.spec);
        let (found, wanted) = match (kind, number(value)) {
            ('s', _) => {
                let text = repr::text(meter, value)?;
                return spec.text(meter, &text);
            }
            ('r', _) => {
                let text = repr::repr(meter, value)?;
                return spec.text(meter, &text);
            }
            ('d' | 'i' | 'u', Some(Number::Float(number))) => {
                (Some(Number::Int(numbers::float_to_int(number)?)), 'd')
            }
            ('d' | 'i' | 'u', found) => (found, 'd'),
            ('o' | 'x' | 'X', Some(Number::Float(_))) => (None, kind),
            ('o' | 'x' | 'X' | 'f' | 'F', found) => (found, kind),
            _ => {
                let code = u32::from(kind);
                let message = format!("unsupported format character '{kind}' (0x{code:x})");
                return Err(value_error(message));
            }
        };
        spec.kind = Some(wanted);
        match (found, wanted) {
            (Some(number), _) => spec.number(meter, number, value.type_name()),
            (None, 'f' | 'F') => Err(mistyped("must be real number, not {}", value)),
            (None, wanted) => {
                let what = if wanted == 'd' {
                    "a real number"
                } else {
                    "an integer"
                };
                let message = format!("%{kind} format: {what} is required, not {{}}");
                Err(mistyped(&message, value))
            }
        }
    }
}

pub(crate) fn format(meter: &mut Meter, template: &str, given: &Value) -> Outcome {
    meter.make(template.len())?;
    // Python takes everything that can be indexed for a mapping, which need not be used up.
    let is_mapping = matches!(
        given,
        Value::Dict(_) | Value::List(_) | Value::Range(_) | Value::Match(_)
    );
    let mut values = match given {
        Value::Tuple(tuple) => tuple.items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let (mut out, mut rest) = (String::new(), template);
    while let Some((text, after)) = rest.split_once('%') {
        out.push_str(text);
        if after.starts_with('(') && !is_mapping {
            return Err(type_error("format requires a mapping"));
        }
        let field = Field::read(after)?;
        if let Some(what) = field.beyond() {
            return Err(Stop::outside(what));
        }
        rest = field.after;
        let mut found = None;
        if let Some(key) = field.key {
            values = &[];
            found = Some(index::get(meter, given, &Value::from(key))?);
        }
        if field.kind == '%' {
            out.push('%');
            continue;
        }
        if let (None, Some((first, others))) = (&found, values.split_first()) {
            (found, values) = (Some(first.clone()), others);
        }
        let missing = || type_error("not enough arguments for format string");
        out.push_str(&field.convert(meter, &found.ok_or_else(missing)?)?);
    }
    out.push_str(rest);
    if values.is_empty() || is_mapping {
        return Ok(Value::from(out));
    }
    let message = "not all arguments converted during string formatting";
    Err(type_error(message))
}
