//! Iteration: what can be iterated, the state of an iteration under way, and the names of a call.

use std::cell::RefCell;
use std::rc::Rc;

use crate::value::tree::ComprehensionCode;
use crate::value::{Dict, Iterator, List, Range, Set, Side, Stop, Str, Tuple, Value, object_error};

/// The state of an iteration. Positions count from the start of what is iterated.
#[derive(Default)]
pub(crate) enum Iter {
    #[default]
    Done,
    List(Rc<List>, usize),
    /// Backwards; the position is that of the next item, plus one.
    ListBack(Rc<List>, usize),
    Tuple(Rc<Tuple>, usize),
    /// Bytes already read.
    Text(Str, usize),
    /// Items already given.
    Range(Rc<Range>, usize),
    /// Position, and the size that must not change.
    Dict(Rc<Dict>, Side, usize, usize),
    Set(Rc<Set>, usize, usize),
    /// Values made beforehand, last one first.
    Stack(Vec<Value>),
    Enumerate(Box<Iter>, i64),
    Zip(Vec<Iter>, bool),
    Map(Value, Vec<Iter>),
    Filter(Value, Box<Iter>),
    Generator(Box<Generator>),
    /// Another iterator object, shared.
    Shared(Rc<Iterator>),
}

/// A comprehension under way.
pub(crate) struct Generator {
    pub(crate) code: Rc<ComprehensionCode>,
    pub(crate) frame: Frame,
    /// An iteration for each clause that has begun; the first is there from the start.
    pub(crate) iters: Vec<Iter>,
    pub(crate) run: u64,
}

impl Iter {
    /// The iteration over a value.
    pub(crate) fn over(value: &Value) -> Result<Iter, Stop> {
        Ok(match value {
            Value::List(list) => Iter::List(Rc::clone(list), 0),
            Value::Tuple(tuple) => Iter::Tuple(Rc::clone(tuple), 0),
            Value::Str(text) => Iter::Text(text.clone(), 0),
            Value::Range(range) => Iter::Range(Rc::clone(range), 0),
            Value::Dict(dict) => {
                let size = dict.table.borrow().len();
                Iter::Dict(Rc::clone(dict), Side::Keys, 0, size)
            }
            Value::View(view) => {
                let size = view.dict.table.borrow().len();
                Iter::Dict(Rc::clone(&view.dict), view.side, 0, size)
            }
            Value::Set(set) => {
                let size = set.table.borrow().len();
                Iter::Set(Rc::clone(set), 0, size)
            }
            Value::Iterator(iterator) => Iter::Shared(Rc::clone(iterator)),
            _ => {
                return Err(object_error(value, "is not iterable"));
            }
        })
    }

    /// The values it holds on to.
    pub(crate) fn held(&self) -> Vec<Value> {
        let all = |iters: &[Iter]| iters.iter().flat_map(Iter::held).collect::<Vec<Value>>();
        match self {
            Iter::List(list, _) | Iter::ListBack(list, _) => vec![Value::List(Rc::clone(list))],
            Iter::Tuple(tuple, _) => vec![Value::Tuple(Rc::clone(tuple))],
            Iter::Dict(dict, ..) => vec![Value::Dict(Rc::clone(dict))],
            Iter::Set(set, ..) => vec![Value::Set(Rc::clone(set))],
            Iter::Stack(values) => values.clone(),
            Iter::Shared(iterator) => vec![Value::Iterator(Rc::clone(iterator))],
            Iter::Enumerate(inner, _) => inner.held(),
            Iter::Zip(inner, _) => all(inner),
            Iter::Map(function, inner) => {
                all(inner).into_iter().chain([function.clone()]).collect()
            }
            Iter::Filter(function, inner) => {
                inner.held().into_iter().chain([function.clone()]).collect()
            }
            Iter::Generator(generator) => {
                let iters = all(&generator.iters);
                generator.frame.held().chain(iters).collect()
            }
            Iter::Text(text, _) => vec![Value::Str(text.clone())],
            Iter::Done | Iter::Range(..) => Vec::new(),
        }
    }
}

/// A name's value in a frame.
#[derive(Default, Clone)]
pub(crate) enum Local {
    #[default]
    Empty,
    Held(Value),
    /// Shared with inner functions.
    Shared(Rc<Place>),
    /// An outer function's.
    Captured(Rc<Place>),
}

/// The names of one call.
#[derive(Default)]
pub(crate) struct Frame(pub(crate) Vec<Local>);

/// A name's value that functions share.
pub(crate) struct Place {
    pub(crate) value: RefCell<Option<Value>>,
}

impl Frame {
    pub(crate) fn held(&self) -> impl std::iter::Iterator<Item = Value> {
        self.0.iter().filter_map(|local| match local {
            Local::Held(value) => Some(value.clone()),
            Local::Shared(place) | Local::Captured(place) => place.value.borrow().clone(),
            Local::Empty => None,
        })
    }
}
