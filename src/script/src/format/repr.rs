//! `str` and `repr` of values.

use std::fmt;
use std::fmt::Write;

use crate::format::{chars, numbers};
use crate::names::Kind;
use crate::pattern::translate::{DOT_ALL, IGNORE_CASE, MULTI_LINE};
use crate::value::tree::Conversion;
use crate::value::{Exception, Match, Meter, Outcome, Pattern, Raised, Stop, Str, Value, ops};

/// What `repr` gives.
pub(crate) fn repr(meter: &mut Meter, value: &Value) -> Outcome<String> {
    let mut writer = Writer {
        meter,
        out: String::new(),
        open: Vec::new(),
    };
    writer.value(value)?;
    Ok(writer.out)
}

/// What `str` gives.
pub(crate) fn text(meter: &mut Meter, value: &Value) -> Outcome<Str> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Exception(raised) => exception_text(meter, raised).map(Str::from),
        _ => repr(meter, value).map(Str::from),
    }
}

pub(crate) fn exception_text(meter: &mut Meter, raised: &Raised) -> Outcome<String> {
    match raised.args.as_slice() {
        [] => Ok(String::new()),
        [Value::Exception(inner)] => {
            meter.enter()?;
            let text = exception_text(meter, inner);
            meter.leave();
            text
        }
        [only] if raised.kind == Kind::KeyError => repr(meter, only),
        [only] => text(meter, only).map(|text| text.to_string()),
        several => repr(meter, &Value::tuple(several.to_vec())),
    }
}

/// A value as a field of a format asks for it.
pub(crate) fn converted(meter: &mut Meter, value: &Value, conversion: Conversion) -> Outcome<Str> {
    match conversion {
        Conversion::Str => text(meter, value),
        Conversion::Repr => repr(meter, value).map(Str::from),
        Conversion::Ascii => {
            let text = repr(meter, value)?;
            meter.make(text.len() * 3)?;
            let mut out = String::with_capacity(text.len());
            for c in text.chars() {
                if c.is_ascii() {
                    out.push(c);
                } else {
                    escape(&mut out, c);
                }
            }
            Ok(Str::from(out))
        }
    }
}

struct Writer<'m> {
    meter: &'m mut Meter,
    out: String,
    /// Containers around the place at hand, to write a container inside itself as `...`.
    open: Vec<Option<usize>>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Outcome<()> {
        self.meter.step()?;
        let start = self.out.len();
        match value {
            Value::None => self.out.push_str("None"),
            Value::Bool(true) => self.out.push_str("True"),
            Value::Bool(false) => self.out.push_str("False"),
            Value::Int(number) => self.display(number),
            Value::Float(number) => self.out.push_str(&numbers::float_repr(*number)),
            Value::Str(text) => {
                self.meter.scan(text.len())?;
                self.out.push_str(&quote(text));
            }
            Value::Range(range) => {
                self.display(format_args!("range({}, {}", range.start, range.stop));
                if range.step != 1 {
                    self.display(format_args!(", {}", range.step));
                }
                self.out.push(')');
            }
            Value::Type(kind) => self.display(format_args!("<class '{}'>", kind.name)),
            Value::ExceptionType(kind) => {
                self.display(format_args!("<class '{}'>", kind.full_name()));
            }
            Value::Native(native) => {
                self.display(format_args!("<built-in function {}>", native.name));
            }
            Value::Flags(bits) => self.out.push_str(&flags_repr(*bits)),
            Value::Pattern(pattern) => self.out.push_str(&pattern.repr()),
            Value::Match(found) => self.out.push_str(&found.repr()),
            Value::Unbound(kind, method) => {
                let (name, owner) = (method.name, kind.name);
                self.display(format_args!("<method '{name}' of '{owner}' objects>"));
            }
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Set(_) => {
                return self.container(value);
            }
            Value::View(_) | Value::Exception(_) => return self.container(value),
            // Python tells where in memory it is.
            _ => self.display(format_args!("<{} object>", value.type_name())),
        }
        self.meter.make(self.out.len() - start)
    }

    fn display(&mut self, text: impl std::fmt::Display) {
        // Writing into a String cannot fail.
        let _ = write!(self.out, "{text}");
    }

    fn container(&mut self, value: &Value) -> Outcome<()> {
        let address = value.address();
        if self.open.contains(&address) {
            self.out.push_str(match value {
                Value::List(_) => "[...]",
                Value::Dict(_) => "{...}",
                Value::Tuple(_) => "(...)",
                _ => "...",
            });
            return Ok(());
        }
        self.meter.enter()?;
        self.meter.steps(self.open.len() / 8)?;
        self.open.push(address);
        let written = self.parts(value);
        self.open.pop();
        self.meter.leave();
        written
    }

    fn parts(&mut self, value: &Value) -> Outcome<()> {
        match value {
            Value::List(list) => self.items("[", &list.items.borrow(), "]"),
            Value::Tuple(tuple) => {
                let close = if tuple.items.len() == 1 { ",)" } else { ")" };
                self.items("(", &tuple.items, close)
            }
            Value::Set(set) => match set.table.borrow().keys().as_slice() {
                [] => self.items("set(", &[], ")"),
                items => self.items("{", items, "}"),
            },
            Value::Dict(dict) => {
                let table = dict.table.borrow();
                let entries = table.iter().map(|(key, value)| (Some(key), value));
                self.list("{", entries, "}")
            }
            Value::View(view) => {
                self.display(format_args!("{}(", value.type_name()));
                self.items("[", &ops::view_items(view), "])")
            }
            Value::Exception(raised) => {
                self.out.push_str(raised.kind.name());
                self.items("(", &raised.args, ")")
            }
            _ => Ok(()),
        }
    }

    fn items(&mut self, open: &str, items: &[Value], close: &str) -> Outcome<()> {
        self.list(open, items.iter().map(|item| (None, item)), close)
    }

    /// Items, or keys with their values.
    fn list<'v>(
        &mut self,
        open: &str,
        items: impl Iterator<Item = (Option<&'v Value>, &'v Value)>,
        close: &str,
    ) -> Outcome<()> {
        self.out.push_str(open);
        for (position, (key, item)) in items.enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            if let Some(key) = key {
                self.value(key)?;
                self.out.push_str(": ");
            }
            self.value(item)?;
        }
        self.out.push_str(close);
        Ok(())
    }
}

/// `repr` of a text.
pub(crate) fn quote(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == mark => out.extend(['\\', c]),
            _ if chars::is_printable(c) => out.push(c),
            _ => escape(&mut out, c),
        }
    }
    out.push(mark);
    out
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    // Writing into a String cannot fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn flags_repr(bits: u8) -> String {
    let names = [
        (IGNORE_CASE, "re.IGNORECASE"),
        (MULTI_LINE, "re.MULTILINE"),
        (DOT_ALL, "re.DOTALL"),
    ];
    let set = names.iter().filter(|(bit, _)| bits & bit != 0);
    let set: Vec<&str> = set.map(|(_, name)| *name).collect();
    if set.is_empty() {
        "re.NOFLAG".to_owned()
    } else {
        set.join("|")
    }
}

impl Pattern {
    fn repr(&self) -> String {
        let flags = if self.compiled.flags == 0 {
            String::new()
        } else {
            format!(", {}", flags_repr(self.compiled.flags))
        };
        format!("re.compile({}{flags})", quote(&self.text))
    }
}

impl Match {
    fn repr(&self) -> String {
        let (start, end) = self.chars(0);
        let shown = self.text(0).map(quote).unwrap_or_default();
        format!("<re.Match object; span=({start}, {end}), match={shown}>")
    }
}

impl Value {
    /// What Python's `repr` gives.
    ///
    /// # Errors
    /// A value nested too deeply, or too large to write down.
    pub fn repr(&self) -> Result<String, Exception> {
        repr(&mut Meter::new(), self).map_err(exception)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.repr() {
            Ok(text) => f.write_str(&text),
            Err(exception) => write!(f, "<{}: {exception}>", self.type_name()),
        }
    }
}

/// What the caller of the module sees of a stop.
pub(crate) fn exception(stop: Stop) -> Exception {
    match stop {
        Stop::Ended(ended) => *ended,
        Stop::Raised(raised) => Exception {
            kind: raised.kind.name().to_owned(),
            // A text too large to write down is left out; the type says enough.
            message: exception_text(&mut Meter::new(), &raised).unwrap_or_default(),
            line: raised.line.get() as usize,
        },
    }
}
