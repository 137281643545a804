//! The functions of the module `re`, and the methods of compiled patterns.

use regex::Regex;
use std::rc::Rc;
use std::sync::LazyLock;

use crate::names::{Kind, Method};
use crate::pattern::Template;
use crate::pattern::translate::{DOT_ALL, IGNORE_CASE, MULTI_LINE};
use crate::run::{Machine, arithmetic};
use crate::value::args::{limit, whole};
use crate::value::index::no_attribute;
use crate::value::patterns::Place;
use crate::value::{
    Args, Match, Outcome, Pattern, Stop, Str, Value, args, type_error, value_error,
};

/// Characters that only one of Python and the engine takes for a part of a word.
static DISPUTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\w&&[^\p{L}\p{N}_]]|[\p{L}\p{N}_&&[^\w]]").ok());

impl Machine<'_> {
    pub(crate) fn re_function(&mut self, method: Method, args: Args<'_>) -> Outcome {
        let name = method.name();
        match method {
            Method::Escape => {
                let [text] = args.bind(name, ["pattern"], 1)?;
                let text = args::text(&text.unwrap_or(Value::None), name)?;
                self.meter.make(2 * text.len())?;
                Ok(Value::from(escape(&text)))
            }
            Method::Compile => {
                let [pattern, flags] = args.bind(name, ["pattern", "flags"], 1)?;
                self.pattern(pattern, flags.as_ref()).map(Value::Pattern)
            }
            Method::Sub => {
                let [pattern, new, text, count, flags] =
                    args.bind(name, ["pattern", "repl", "string", "count", "flags"], 3)?;
                let pattern = self.pattern(pattern, flags.as_ref())?;
                self.sub(&pattern, new, text, count)
            }
            Method::Split => {
                let [pattern, text, most, flags] =
                    args.bind(name, ["pattern", "string", "maxsplit", "flags"], 2)?;
                let pattern = self.pattern(pattern, flags.as_ref())?;
                self.regex_split(&pattern, text, most)
            }
            _ => {
                let [pattern, text, flags] = args.bind(name, ["pattern", "string", "flags"], 2)?;
                let pattern = self.pattern(pattern, flags.as_ref())?;
                self.search(&pattern, method, text)
            }
        }
    }

    pub(crate) fn pattern_method(
        &mut self,
        pattern: &Rc<Pattern>,
        method: Method,
        args: Args<'_>,
    ) -> Outcome {
        let name = method.name();
        match method {
            Method::Sub => {
                let [new, text, count] = args.bind(name, ["repl", "string", "count"], 2)?;
                self.sub(pattern, new, text, count)
            }
            Method::Split => {
                let [text, most] = args.bind(name, ["string", "maxsplit"], 1)?;
                self.regex_split(pattern, text, most)
            }
            _ => {
                let [text, from, to] = args.bind(name, ["string", "pos", "endpos"], 1)?;
                if from.is_some() || to.is_some() {
                    return Err(Stop::outside(format!(
                        "{name} with a position (slice the text first)"
                    )));
                }
                self.search(pattern, method, text)
            }
        }
    }

    fn pattern(
        &mut self,
        pattern: Option<Value>,
        flags: Option<&Value>,
    ) -> Result<Rc<Pattern>, Stop> {
        let flags = flag_bits(flags)?;
        match pattern {
            Some(Value::Pattern(_)) if flags != 0 => Err(value_error(
                "cannot process flags argument with a compiled pattern",
            )),
            Some(Value::Pattern(pattern)) => Ok(pattern),
            Some(Value::Str(text)) => self.patterns.get(&mut self.meter, &text, flags),
            _ => Err(type_error(
                "first argument must be string or compiled pattern",
            )),
        }
    }

    /// The text to search in, paid for.
    fn subject(&mut self, pattern: &Pattern, text: Option<Value>) -> Result<Str, Stop> {
        let Some(Value::Str(text)) = text else {
            let given = text.as_ref().map_or("NoneType", Value::type_name);
            return Err(type_error(format!(
                "expected string or bytes-like object, got '{given}'"
            )));
        };
        self.pay(pattern, text.len())?;
        let disputed = || {
            DISPUTED
                .as_ref()
                .is_some_and(|disputed| disputed.is_match(&text))
        };
        if pattern.uses_boundary && !text.is_ascii() && disputed() {
            return Err(Stop::outside("\\b beside a combining mark"));
        }
        Ok(text)
    }

    /// Pays for a search over so many bytes.
    fn pay(&mut self, pattern: &Pattern, bytes: usize) -> Result<(), Stop> {
        self.meter.scan(pattern.cost(bytes))
    }

    fn search(&mut self, pattern: &Rc<Pattern>, method: Method, text: Option<Value>) -> Outcome {
        let text = self.subject(pattern, text)?;
        let place = match method {
            Method::Match => Place::AtStart,
            Method::Fullmatch => Place::Whole,
            Method::Findall => return self.find_all(pattern, &text),
            _ => Place::Anywhere,
        };
        self.meter.make_items(pattern.groups() * 2)?;
        let found = pattern.find(&mut self.meter, place, &text, 0)?;
        Ok(found.map_or(Value::None, |found| Value::Match(Rc::new(found))))
    }

    fn find_all(&mut self, pattern: &Rc<Pattern>, text: &Str) -> Outcome {
        let mut items = Vec::new();
        let mut finder = Finder::new(pattern, text);
        while let Some(found) = finder.next(self)? {
            self.meter.make_items(found.spans.len())?;
            let part = |group| match found.part(group) {
                Value::None => Value::from(""),
                part => part,
            };
            items.push(match found.spans.len() {
                1 => part(0),
                2 => part(1),
                groups => Value::tuple((1..groups).map(part).collect()),
            });
        }
        Ok(Value::list(items))
    }

    fn regex_split(
        &mut self,
        pattern: &Rc<Pattern>,
        text: Option<Value>,
        most: Option<Value>,
    ) -> Outcome {
        let text = self.subject(pattern, text)?;
        let most = match limit(most.as_ref())? {
            None if most.is_some() => return Ok(Value::list(vec![Value::Str(text)])),
            None | Some(0) => usize::MAX,
            Some(most) => most,
        };
        let mut items = Vec::new();
        let (mut last, mut count) = (0, 0);
        let mut finder = Finder::new(pattern, &text);
        while count < most
            && let Some(found) = finder.next(self)?
        {
            let (from, to) = found.spans.first().copied().flatten().unwrap_or_default();
            self.meter.make_items(found.spans.len() + 1)?;
            items.push(Value::from(text.get(last..from).unwrap_or_default()));
            items.extend((1..found.spans.len()).map(|group| found.part(group)));
            (last, count) = (to, count + 1);
        }
        items.push(Value::from(text.get(last..).unwrap_or_default()));
        Ok(Value::list(items))
    }

    fn sub(
        &mut self,
        pattern: &Rc<Pattern>,
        new: Option<Value>,
        text: Option<Value>,
        count: Option<Value>,
    ) -> Outcome {
        let new = new.unwrap_or(Value::None);
        let template = match &new {
            Value::Str(text) => Some(template(pattern, text)?),
            Value::Function(_)
            | Value::Builtin(_)
            | Value::Type(_)
            | Value::Bound(_)
            | Value::Unbound(..) => None,
            other => {
                return Err(type_error(format!(
                    "decoding to str: need a bytes-like object, {} found",
                    other.type_name()
                )));
            }
        };
        let text = self.subject(pattern, text)?;
        let most = match limit(count.as_ref())? {
            None if count.is_some() => return Ok(Value::Str(text)),
            None | Some(0) => usize::MAX,
            Some(most) => most,
        };
        let mut out = String::new();
        let (mut last, mut count) = (0, 0);
        let mut finder = Finder::new(pattern, &text);
        while count < most
            && let Some(found) = finder.next(self)?
        {
            let (from, to) = found.spans.first().copied().flatten().unwrap_or_default();
            out.push_str(text.get(last..from).unwrap_or_default());
            let before = out.len();
            match &template {
                Some(template) => template.expand(&mut out, |group| found.text(group)),
                None => match self.call_with(&new, &mut [Value::Match(Rc::new(found))])? {
                    Value::Str(text) => out.push_str(&text),
                    other => {
                        let given = other.type_name();
                        return Err(type_error(format!("expected str instance, {given} found")));
                    }
                },
            }
            self.meter.make(out.len() - before + from - last)?;
            (last, count) = (to, count + 1);
        }
        if count == 0 {
            return Ok(Value::Str(text));
        }
        out.push_str(text.get(last..).unwrap_or_default());
        arithmetic::text(&mut self.meter, out)
    }
}

/// One match after another, with Python's rule for empty ones: they may touch the match before,
/// but not repeat an empty one.
struct Finder<'a> {
    pattern: &'a Rc<Pattern>,
    text: &'a Str,
    at: usize,
    /// The last match was empty and ended here.
    was_empty: bool,
}

impl<'a> Finder<'a> {
    fn new(pattern: &'a Rc<Pattern>, text: &'a Str) -> Finder<'a> {
        Finder {
            pattern,
            text,
            at: 0,
            was_empty: false,
        }
    }

    fn next(&mut self, machine: &mut Machine<'_>) -> Result<Option<Match>, Stop> {
        machine.meter.step()?;
        let Some(mut found) = self.search(machine, self.at)? else {
            return Ok(None);
        };
        if self.was_empty && span(&found) == (self.at, self.at) {
            if self.pattern.may_prefer_empty {
                return Err(Stop::outside(
                    "going on after an empty match of such a pattern",
                ));
            }
            // The engine tries the longer ways first, so there is none here.
            let step = self
                .text
                .get(self.at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8);
            if self.at + step > self.text.len() {
                return Ok(None);
            }
            match self.search(machine, self.at + step)? {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        let (from, to) = span(&found);
        // Text gone over for the second time is paid for.
        machine.pay(self.pattern, (to - self.at).min(64))?;
        (self.at, self.was_empty) = (to, from == to);
        Ok(Some(found))
    }

    fn search(&self, machine: &mut Machine<'_>, from: usize) -> Result<Option<Match>, Stop> {
        self.pattern
            .find(&mut machine.meter, Place::Anywhere, self.text, from)
    }
}

fn span(found: &Match) -> (usize, usize) {
    found.spans.first().copied().flatten().unwrap_or_default()
}

fn template(pattern: &Pattern, text: &str) -> Result<Template, Stop> {
    pattern.template(text).map_err(|bad| {
        let kind = if bad.unknown_name {
            Kind::IndexError
        } else {
            Kind::Pattern
        };
        Stop::raise(kind, bad.reason)
    })
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl Match {
    pub(crate) fn method(&self, method: Method, args: Args<'_>) -> Result<Value, Stop> {
        let name = method.name();
        match method {
            Method::Group => {
                args.no_names(name)?;
                match &*args.positional {
                    [] => Ok(self.part(0)),
                    [only] => self.group(only),
                    several => several
                        .iter()
                        .map(|group| self.group(group))
                        .collect::<Result<_, _>>()
                        .map(Value::tuple),
                }
            }
            Method::Groups => {
                let [default] = args.bind(name, ["default"], 0)?;
                let default = default.unwrap_or(Value::None);
                let part = |group| match self.part(group) {
                    Value::None => default.clone(),
                    part => part,
                };
                Ok(Value::tuple((1..self.spans.len()).map(part).collect()))
            }
            Method::Groupdict => {
                let [default] = args.bind(name, ["default"], 0)?;
                let default = default.unwrap_or(Value::None);
                let names = self.pattern.group_names().enumerate();
                Ok(Value::dict(names.filter_map(|(group, name)| {
                    let part = match self.part(group) {
                        Value::None => default.clone(),
                        part => part,
                    };
                    Some((name?, part))
                })))
            }
            Method::Start | Method::End | Method::Span => {
                let [group] = args.up_to(name, 0)?;
                let group = self.number(&group.unwrap_or(Value::Int(0)))?;
                let (start, end) = self.chars(group);
                Ok(match method {
                    Method::Start => Value::Int(start),
                    Method::End => Value::Int(end),
                    _ => Value::tuple(vec![Value::Int(start), Value::Int(end)]),
                })
            }
            _ => Err(no_attribute(&Value::None, name)),
        }
    }
}

/// The flags that a call gives.
fn flag_bits(value: Option<&Value>) -> Result<u8, Stop> {
    let bits = match value {
        None => 0,
        Some(Value::Flags(bits)) => i64::from(*bits),
        Some(other) => whole(other)?,
    };
    // Python's default for texts, re.U, changes nothing.
    match u8::try_from(bits & !32)
        .ok()
        .filter(|bits| bits & !(IGNORE_CASE | MULTI_LINE | DOT_ALL) == 0)
    {
        Some(bits) => Ok(bits),
        None => Err(Stop::outside(
            "a flag of regular expressions other than I, M and S",
        )),
    }
}
