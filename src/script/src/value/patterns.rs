//! Compiled patterns, and what a search with one found. Their syntax is the matter of [`crate::pattern`],
//! the functions of `re` that of `re`.

use std::cell::RefCell;
use std::rc::Rc;

use super::ops::{check_hashable, number};
use crate::hash::QuickMap;
use crate::names::Kind;
use crate::pattern::Template;
use crate::pattern::compiled::{Compiled, Place};
use crate::pattern::engine::{Spans, TRIES};
use crate::pattern::template::BadTemplate;
use crate::pattern::translate::Bad;
use crate::value::ops::Number;
use crate::value::{Meter, Outcome, Stop, Str, Value};

/// Steps that compiling a pattern costs, and for each unit of its weight more.
const COMPILING: usize = 500;
const COMPILING_WEIGHT: usize = 100;
/// So often may the backtracking engine go back for one step.
const TRIES_A_STEP: usize = 4;
/// Compiled patterns that are kept.
const CACHED: usize = 256;

pub struct Pattern {
    pub(crate) text: Str,
    pub(crate) compiled: Compiled,
}

fn stop(bad: Bad) -> Stop {
    let message = match bad {
        Bad::Error(message) => message,
        Bad::Outside(what) => format!("{what} in a regular expression is not supported"),
    };
    Stop::raise(Kind::Pattern, message)
}

/// The patterns compiled so far, for all evaluations of a program.
#[derive(Default)]
pub(crate) struct Cache(RefCell<QuickMap<Written, Rc<Pattern>>>);

/// A pattern's text and flags.
type Written = (Str, u8);

impl Cache {
    pub(crate) fn get(&self, meter: &mut Meter, text: &Str, flags: u8) -> Outcome<Rc<Pattern>> {
        meter.scan(text.len())?;
        if let Some(pattern) = self.0.borrow().get(&(text.clone(), flags)) {
            return Ok(Rc::clone(pattern));
        }
        meter.steps(COMPILING + text.len())?;
        let pattern = self.compile(text, flags).map_err(stop)?;
        meter.steps(pattern.compiled.weight.saturating_mul(COMPILING_WEIGHT))?;
        Ok(pattern)
    }

    /// Compiles a pattern and keeps it.
    pub(crate) fn compile(&self, text: &Str, flags: u8) -> Result<Rc<Pattern>, Bad> {
        let compiled = Compiled::new(text, flags)?;
        let text = text.clone();
        let pattern = Rc::new(Pattern { text, compiled });
        let mut cached = self.0.borrow_mut();
        if cached.len() >= CACHED {
            cached.clear();
        }
        cached.insert((pattern.text.clone(), flags), pattern.clone());
        Ok(pattern)
    }
}

impl Pattern {
    /// The first match in that place, from a position on. Going back is paid for before it is done.
    pub(crate) fn find(
        self: &Rc<Pattern>,
        meter: &mut Meter,
        place: Place,
        text: &Str,
        from: usize,
    ) -> Outcome<Option<Match>> {
        let engine = self.compiled.engine(place).map_err(stop)?;
        for (tries, count) in TRIES.into_iter().enumerate() {
            if self.compiled.backtracks {
                let price = (count / TRIES_A_STEP).saturating_mul(1 + text.len() / 256);
                meter.steps(price)?;
            }
            if let Ok(found) = engine.find(text, from, tries) {
                return Ok(found.map(|spans| Match {
                    text: text.clone(),
                    spans,
                    pattern: Rc::clone(self),
                }));
            }
        }
        let message = format!("stopped: the pattern `{}` takes too many tries", self.text);
        Err(Stop::end("TimeoutError", message))
    }

    /// A replacement for `sub`, taken apart.
    pub(crate) fn template(&self, text: &str) -> Result<Template, BadTemplate> {
        Template::read(text, &self.compiled.groups)
    }

    /// The names of the groups, in order.
    pub(crate) fn group_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.compiled.groups.iter().map(Option::as_deref)
    }

    /// The number of groups, with the whole match.
    pub(crate) fn groups(&self) -> usize {
        self.compiled.groups.len()
    }

    /// A search over so many bytes, as the meter counts them; a large pattern costs more.
    pub(crate) fn cost(&self, bytes: usize) -> usize {
        bytes.saturating_mul(self.compiled.weight.saturating_mul(2).saturating_add(16))
    }
}

/// What a search found.
pub struct Match {
    pub(crate) text: Str,
    /// Bytes from and to, of the whole and of each group.
    pub(crate) spans: Spans,
    pub(crate) pattern: Rc<Pattern>,
}

impl Match {
    /// The text of a group; none if it took no part.
    pub(crate) fn text(&self, group: usize) -> Option<&str> {
        let (from, to) = self.spans.get(group).copied().flatten()?;
        self.text.get(from..to)
    }

    /// The text of a group, or None if it took no part.
    pub(crate) fn part(&self, group: usize) -> Value {
        self.text(group).map_or(Value::None, Value::from)
    }

    /// The same, with another value if it took no part.
    pub(crate) fn part_or(&self, group: usize, default: &Value) -> Value {
        self.text(group)
            .map_or_else(|| default.clone(), Value::from)
    }

    /// Where a group begins and ends, in characters; -1 if it took no part.
    pub(crate) fn chars(&self, group: usize) -> (i64, i64) {
        let count = |to: usize| {
            let before = self.text.get(..to);
            before.map_or(-1, |before| before.chars().count() as i64)
        };
        let span = self.spans.get(group).copied().flatten();
        span.map_or((-1, -1), |(from, to)| (count(from), count(to)))
    }

    /// Python looks for a group's name only where there are names; then what cannot be a key is a mistake.
    pub(crate) fn has_names(&self) -> bool {
        self.pattern.group_names().flatten().next().is_some()
    }

    pub(crate) fn number(&self, group: &Value) -> Outcome<usize> {
        if self.has_names() {
            check_hashable(&mut Meter::new(), group)?;
        }
        let found = match (group, number(group)) {
            (Value::Str(name), _) => {
                let mut names = self.pattern.group_names();
                names.position(|known| known == Some(&**name))
            }
            (_, Some(Number::Int(position))) => usize::try_from(position).ok(),
            _ => None,
        };
        let found = found.filter(|position| *position < self.spans.len());
        found.ok_or_else(|| Stop::raise(Kind::IndexError, "no such group"))
    }

    pub(crate) fn group(&self, group: &Value) -> Outcome {
        Ok(self.part(self.number(group)?))
    }
}
