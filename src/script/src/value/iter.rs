//! Iteration: what can be iterated, and the state of an iteration under way.

use std::rc::Rc;

use crate::value::tree::ComprehensionCode;
use crate::value::{List, Outcome, Scope, Value, mistyped};

/// The state of an iteration.
#[derive(Default)]
pub(crate) enum Iter {
    #[default]
    Done,
    /// Over a value: how far it is (bytes of a text, items of all else), and the size of a dict or set, which must
    /// not change.
    Over(Value, usize, usize),
    /// Over a list backwards; the position is that of the next item, plus one.
    Back(Rc<List>, usize),
    /// Over values made beforehand, last one first.
    Stack(Vec<Value>),
    /// Over other iterations, all of them at once.
    Joined(Join, Vec<Iter>),
    Generator(Box<Generator>),
}

/// What is made of the items of other iterations.
pub(crate) enum Join {
    /// With the next number.
    Enumerate(i64),
    Zip {
        is_strict: bool,
    },
    Map(Value),
    Filter(Value),
}

/// A comprehension under way.
pub(crate) struct Generator {
    pub(crate) code: Rc<ComprehensionCode>,
    pub(crate) scope: Rc<Scope>,
    /// An iteration for each clause that has begun; the first is there from the start.
    pub(crate) iters: Vec<Iter>,
    pub(crate) run: u64,
}

impl Iter {
    /// The iteration over a value.
    pub(crate) fn over(value: &Value) -> Outcome<Iter> {
        let size = match value {
            Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Range(_) => 0,
            Value::Iterator(_) => 0,
            Value::Dict(entries) | Value::Set(entries) => entries.len(),
            Value::View(view) => view.dict.len(),
            _ => return Err(mistyped("'{}' object is not iterable", value)),
        };
        Ok(Iter::Over(value.clone(), 0, size))
    }

    /// The values it holds on to.
    pub(crate) fn held(&self) -> Vec<Value> {
        let all = |iters: &[Iter]| iters.iter().flat_map(Iter::held).collect::<Vec<Value>>();
        match self {
            Iter::Done => Vec::new(),
            Iter::Over(value, ..) => vec![value.clone()],
            Iter::Back(list, _) => vec![Value::List(Rc::clone(list))],
            Iter::Stack(values) => values.clone(),
            Iter::Joined(Join::Map(function) | Join::Filter(function), inner) => {
                all(inner).into_iter().chain([function.clone()]).collect()
            }
            Iter::Joined(_, inner) => all(inner),
            Iter::Generator(generator) => all(&generator.iters),
        }
    }
}
