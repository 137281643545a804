//! The functions of the module `re`, and the methods of compiled patterns.

use regex::Regex;
use std::rc::Rc;
use std::sync::LazyLock;

use crate::names::Kind;
use crate::pattern::Template;
use crate::pattern::compiled::Place;
use crate::pattern::translate::{DOT_ALL, IGNORE_CASE, MULTI_LINE};
use crate::run::Machine;
use crate::value::Code::{Match as OfMatch, Pattern as OfPattern, Re};
use crate::value::{
    Given, Match, Native, Outcome, Pattern, Stop, Str, Value, mistyped, type_error, value_error,
};

const SEARCHED: &[&str] = &["pattern", "string", "flags"];
const SPLIT: &[&str] = &["pattern", "string", "maxsplit", "flags"];
const SUBSTITUTED: &[&str] = &["pattern", "repl", "string", "count", "flags"];
/// With the part to search in, which is not in the subset.
const SEARCHED_PART: &[&str] = &["string", "pos", "endpos"];

pub(super) const METHODS: &[Native] = &[
    Native::new("compile", 1, &["pattern", "flags"], Re(compile)),
    Native::new("escape", 1, &["pattern"], Re(escape)),
    Native::new("findall", 2, SEARCHED, Re(with_pattern)),
    Native::new("fullmatch", 2, SEARCHED, Re(with_pattern)),
    Native::new("match", 2, SEARCHED, Re(with_pattern)),
    Native::new("search", 2, SEARCHED, Re(with_pattern)),
    Native::new("split", 2, SPLIT, Re(with_pattern)),
    Native::new("sub", 3, SUBSTITUTED, Re(with_pattern)),
    Native::new("findall", 1, SEARCHED_PART, OfPattern(search)),
    Native::new("fullmatch", 1, SEARCHED_PART, OfPattern(search)),
    Native::new("match", 1, SEARCHED_PART, OfPattern(search)),
    Native::new("search", 1, SEARCHED_PART, OfPattern(search)),
    Native::new("split", 1, &["string", "maxsplit"], OfPattern(split)),
    Native::new("sub", 2, &["repl", "string", "count"], OfPattern(sub)),
    Native::new("end", 0, &["/"], OfMatch(ends)),
    Native::new("group", 0, &["*"], OfMatch(group)),
    Native::new("groupdict", 0, &["default"], OfMatch(groups_by_name)),
    Native::new("groups", 0, &["default"], OfMatch(groups)),
    Native::new("span", 0, &["/"], OfMatch(ends)),
    Native::new("start", 0, &["/"], OfMatch(ends)),
];

/// Characters that only one of Python and the engine takes for a part of a word.
static DISPUTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\w&&[^\p{L}\p{N}_]]|[\p{L}\p{N}_&&[^\w]]").ok());

fn escape(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let plain = given.text(0)?;
    machine.meter.make(2 * plain.len())?;
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::from(out))
}

fn compile(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (pattern, flags) = (given.value(0), flag_bits(given.whole(1)?)?);
    machine.pattern(pattern, flags).map(Value::Pattern)
}

type PatternMethod = fn(&mut Machine<'_>, &Rc<Pattern>, Given<'_>) -> Outcome;

/// What a function of the module does is what the method of the pattern does.
fn with_pattern(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (flags, method): (usize, PatternMethod) = match given.name {
        "split" => (3, split),
        "sub" => (4, sub),
        _ => (2, search),
    };
    let flags = flag_bits(given.whole(flags)?)?;
    let pattern = machine.pattern(given.value(0), flags)?;
    method(machine, &pattern, given.without_first())
}

fn search(machine: &mut Machine<'_>, pattern: &Rc<Pattern>, mut given: Given<'_>) -> Outcome {
    if given.unless_none(1).is_some() || given.unless_none(2).is_some() {
        return Err(Stop::outside(
            "a search from a position (slice the text first)",
        ));
    }
    let text = machine.subject(pattern, given.value(0))?;
    let place = match given.name {
        "match" => Place::AtStart,
        "fullmatch" => Place::Whole,
        "search" => Place::Anywhere,
        _ => return find_all(machine, pattern, &text),
    };
    machine.meter.make_items(pattern.groups() * 2)?;
    let found = pattern.find(&mut machine.meter, place, &text, 0)?;
    Ok(found.map_or(Value::None, |found| Value::Match(Rc::new(found))))
}

fn find_all(machine: &mut Machine<'_>, pattern: &Rc<Pattern>, text: &Str) -> Outcome {
    let mut items = Vec::new();
    let mut finder = Finder::new(pattern, text, None);
    while let Some(found) = finder.next(machine)? {
        machine.meter.make_items(found.spans.len())?;
        let part = |group| Value::from(found.text(group).unwrap_or_default());
        items.push(match found.spans.len() {
            1 => part(0),
            2 => part(1),
            groups => Value::tuple((1..groups).map(part).collect()),
        });
    }
    Ok(Value::list(items))
}

fn split(machine: &mut Machine<'_>, pattern: &Rc<Pattern>, mut given: Given<'_>) -> Outcome {
    let text = machine.subject(pattern, given.value(0))?;
    let mut items = Vec::new();
    let mut finder = Finder::new(pattern, &text, given.whole(1)?);
    let mut last = 0;
    while let Some(found) = finder.next(machine)? {
        let (from, to) = span(&found);
        machine.meter.make_items(found.spans.len() + 1)?;
        items.push(Value::from(text.get(last..from).unwrap_or_default()));
        items.extend((1..found.spans.len()).map(|group| found.part(group)));
        last = to;
    }
    items.push(Value::from(text.get(last..).unwrap_or_default()));
    Ok(Value::list(items))
}

fn sub(machine: &mut Machine<'_>, pattern: &Rc<Pattern>, mut given: Given<'_>) -> Outcome {
    let new = given.value(0);
    let template = match &new {
        Value::Str(text) => Some(template(pattern, text)?),
        Value::Function(_)
        | Value::Native(_)
        | Value::Type(_)
        | Value::ExceptionType(_)
        | Value::Bound(_)
        | Value::Unbound(..) => None,
        other => return Err(mistyped("a replacement is a str, not {}", other)),
    };
    let text = machine.subject(pattern, given.value(1))?;
    let mut out = String::new();
    let mut finder = Finder::new(pattern, &text, given.whole(2)?);
    let mut last = 0;
    while let Some(found) = finder.next(machine)? {
        let (from, to) = span(&found);
        out.push_str(text.get(last..from).unwrap_or_default());
        let before = out.len();
        match &template {
            Some(template) => template.expand(&mut out, |group| found.text(group)),
            None => match machine.call_with(&new, &mut [Value::Match(Rc::new(found))])? {
                Value::Str(text) => out.push_str(&text),
                other => return Err(mistyped("expected str instance, {} found", &other)),
            },
        }
        machine.meter.make(out.len() - before + from - last)?;
        last = to;
    }
    if finder.count == 0 {
        return Ok(Value::Str(text));
    }
    out.push_str(text.get(last..).unwrap_or_default());
    machine.meter.make(out.len())?;
    Ok(Value::from(out))
}

impl Machine<'_> {
    fn pattern(&mut self, pattern: Value, flags: u8) -> Outcome<Rc<Pattern>> {
        match pattern {
            Value::Pattern(pattern) if flags == 0 => Ok(pattern),
            Value::Pattern(_) => {
                let message = "cannot process flags argument with a compiled pattern";
                Err(value_error(message))
            }
            Value::Str(text) => self.patterns.get(&mut self.meter, &text, flags),
            _ => {
                let message = "first argument must be string or compiled pattern";
                Err(type_error(message))
            }
        }
    }

    /// The text to search in, paid for.
    fn subject(&mut self, pattern: &Pattern, subject: Value) -> Outcome<Str> {
        let Value::Str(text) = subject else {
            return Err(mistyped("expected a string, got '{}'", &subject));
        };
        self.pay(pattern, text.len())?;
        let disputed = |disputed: &Regex| disputed.is_match(&text);
        if pattern.compiled.uses_boundary
            && !text.is_ascii()
            && DISPUTED.as_ref().is_some_and(disputed)
        {
            return Err(Stop::outside("\\b beside a combining mark"));
        }
        Ok(text)
    }

    /// Pays for a search over so many bytes.
    fn pay(&mut self, pattern: &Pattern, bytes: usize) -> Outcome<()> {
        self.meter.scan(pattern.cost(bytes))
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
    /// So many have been found, and so many at most are wanted.
    count: usize,
    most: usize,
}

impl<'a> Finder<'a> {
    /// As Python: 0 is no limit, and with a negative one there is none to find.
    fn new(pattern: &'a Rc<Pattern>, text: &'a Str, limit: Option<i64>) -> Finder<'a> {
        Finder {
            pattern,
            text,
            at: 0,
            was_empty: false,
            count: 0,
            most: match limit {
                None | Some(0) => usize::MAX,
                Some(limit) => usize::try_from(limit).unwrap_or(0),
            },
        }
    }

    fn next(&mut self, machine: &mut Machine<'_>) -> Outcome<Option<Match>> {
        machine.meter.step()?;
        if self.count >= self.most {
            return Ok(None);
        }
        let Some(mut found) = self.search(machine, self.at)? else {
            return Ok(None);
        };
        if self.was_empty && span(&found) == (self.at, self.at) {
            if self.pattern.compiled.may_prefer_empty {
                let what = "going on after an empty match of such a pattern";
                return Err(Stop::outside(what));
            }
            // The engine tries the longer ways first, so there is none here.
            let rest = self.text.get(self.at..);
            let Some(c) = rest.and_then(|rest| rest.chars().next()) else {
                return Ok(None);
            };
            match self.search(machine, self.at + c.len_utf8())? {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        let (from, to) = span(&found);
        // Text gone over for the second time is paid for.
        machine.pay(self.pattern, (to - self.at).min(64))?;
        (self.at, self.was_empty) = (to, from == to);
        self.count += 1;
        Ok(Some(found))
    }

    fn search(&self, machine: &mut Machine<'_>, from: usize) -> Outcome<Option<Match>> {
        let meter = &mut machine.meter;
        self.pattern.find(meter, Place::Anywhere, self.text, from)
    }
}

fn span(found: &Match) -> (usize, usize) {
    found.spans.first().copied().flatten().unwrap_or_default()
}

fn template(pattern: &Pattern, text: &str) -> Outcome<Template> {
    pattern.template(text).map_err(|bad| {
        let kind = if bad.unknown_name {
            Kind::IndexError
        } else {
            Kind::Pattern
        };
        Stop::raise(kind, bad.reason)
    })
}

fn group(_: &mut Machine<'_>, found: &Rc<Match>, given: Given<'_>) -> Outcome {
    match &*given.rest {
        [] => Ok(found.part(0)),
        [only] => found.group(only),
        several => {
            let groups = several.iter().map(|group| found.group(group));
            groups.collect::<Result<_, _>>().map(Value::tuple)
        }
    }
}

fn groups(_: &mut Machine<'_>, found: &Rc<Match>, mut given: Given<'_>) -> Outcome {
    let default = given.value(0);
    let parts = (1..found.spans.len()).map(|group| found.part_or(group, &default));
    Ok(Value::tuple(parts.collect()))
}

fn groups_by_name(_: &mut Machine<'_>, found: &Rc<Match>, mut given: Given<'_>) -> Outcome {
    let default = given.value(0);
    let names = found.pattern.group_names().enumerate();
    let parts = names.filter_map(|(group, name)| Some((name?, found.part_or(group, &default))));
    Ok(Value::dict(parts))
}

/// `start`, `end` and `span`.
fn ends(_: &mut Machine<'_>, found: &Rc<Match>, mut given: Given<'_>) -> Outcome {
    let group = found.number(&given.take(0).unwrap_or(Value::Int(0)))?;
    let (start, end) = found.chars(group);
    let (start, end) = (Value::Int(start), Value::Int(end));
    Ok(match given.name {
        "start" => start,
        "end" => end,
        _ => Value::tuple(vec![start, end]),
    })
}

/// The flags that a call gives.
fn flag_bits(bits: Option<i64>) -> Outcome<u8> {
    // Python's default for texts, re.U, changes nothing.
    let bits = bits.unwrap_or(0) & !32;
    let known = i64::from(IGNORE_CASE | MULTI_LINE | DOT_ALL);
    let what = "a flag of regular expressions other than I, M and S";
    let flags = u8::try_from(bits).ok().filter(|_| bits & !known == 0);
    flags.ok_or_else(|| Stop::outside(what))
}
