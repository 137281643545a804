//! Values: what a source works on, cheap to clone. Strings and containers are shared.
//! Operators, functions and texts of values are other rooms.

pub(crate) mod args;
pub(crate) mod attributes;
mod error;
pub(crate) mod index;
mod iter;
mod json;
pub(crate) mod kept;
mod machine;
pub(crate) mod meter;
pub(crate) mod native;
pub(crate) mod ops;
pub(crate) mod patterns;
mod scope;
mod table;
mod text;
pub(crate) mod tree;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::names::Kind;
use crate::value::tree::FunctionCode;

pub(crate) use args::{Args, Given};
pub use error::Exception;
pub(crate) use error::{Outcome, Raised, Stop, mistyped, type_error, value_error};
pub(crate) use iter::{Generator, Iter, Join};
pub(crate) use machine::Machine;
pub(crate) use meter::Meter;
pub(crate) use native::Code;
pub use native::Native;
pub(crate) use patterns::{Cache, Match, Pattern};
pub(crate) use scope::Scope;
pub(crate) use table::Table;
pub use text::Str;

/// A value of the language.
#[derive(Clone, Default)]
pub enum Value {
    #[default]
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Str),
    List(Rc<List>),
    Tuple(Rc<Tuple>),
    Dict(Rc<Entries>),
    Set(Rc<Entries>),
    /// An object of the caller with fixed attributes.
    Object(Rc<Object>),
    Range(Rc<Range>),
    View(Rc<View>),
    Iterator(Rc<Iterator>),
    Function(Rc<Function>),
    Native(&'static Native),
    /// A type, by what makes its values.
    Type(&'static Native),
    ExceptionType(Kind),
    /// A method with its receiver, as `names.append` gives it.
    Bound(Rc<Bound>),
    /// A method without receiver, as `str.lower` gives it, behind the type.
    Unbound(&'static Native, &'static Native),
    Exception(Rc<Raised>),
    Pattern(Rc<Pattern>),
    Match(Rc<Match>),
    /// Flags of a pattern: bits of I, M and S.
    Flags(u8),
    /// The module `re`.
    Re,
    /// The module `logging`.
    Logging,
    /// A logger: the object `logger`, which has no name, or one of `logging.getLogger`.
    Logger(Option<Rc<str>>),
}

#[derive(Default)]
pub struct List {
    pub(crate) items: RefCell<Vec<Value>>,
}

#[derive(Default)]
pub struct Tuple {
    pub(crate) items: Vec<Value>,
}

/// What a dict or a set holds.
pub struct Entries {
    pub(crate) table: RefCell<Table>,
    /// Whether `d.key` reaches an entry, as for the dicts inside Okta's user.
    pub(crate) by_attribute: bool,
}

/// The attribute names of a kind of object, made once.
pub struct Shape {
    /// The type's name in error messages.
    type_name: &'static str,
    names: Vec<Str>,
    missing: Missing,
}

/// What an attribute gives that the object lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// AttributeError.
    Error,
    /// None; `hasattr` is false and `getattr` gives its default.
    None,
}

pub struct Object {
    shape: Rc<Shape>,
    /// In the order of the shape's names.
    slots: Vec<Option<Value>>,
}

#[derive(Clone, Copy)]
pub struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) step: i64,
}

/// What of its entries is gone over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Keys,
    Values,
    Items,
}

/// What `keys`, `values` and `items` give.
pub struct View {
    pub(crate) dict: Rc<Entries>,
    pub(crate) side: Side,
}

pub struct Iterator {
    pub(crate) type_name: &'static str,
    pub(crate) state: RefCell<Iter>,
}

pub struct Function {
    pub(crate) code: Rc<FunctionCode>,
    pub(crate) defaults: Vec<Value>,
    /// That of the function in which it was made, if it uses names of it.
    pub(crate) scope: Option<Rc<Scope>>,
    /// The evaluation whose names it sees.
    pub(crate) run: u64,
}

pub struct Bound {
    pub(crate) receiver: Value,
    pub(crate) method: &'static Native,
}

impl Value {
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(List {
            items: RefCell::new(items),
        }))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Rc::new(Tuple { items }))
    }

    /// A dict with text keys.
    pub fn dict<K: Into<Str>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::text_dict(entries, false)
    }

    /// A dict whose entries are attributes too (`d.key`), and those of the dicts inside, if made likewise.
    pub fn attribute_dict<K: Into<Str>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::text_dict(entries, true)
    }

    pub(crate) fn text_dict<K: Into<Str>>(
        entries: impl IntoIterator<Item = (K, Value)>,
        by_attribute: bool,
    ) -> Value {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Value::Dict(Entries::new(Table::of_texts(entries), by_attribute))
    }

    /// A set of texts, in this order.
    pub fn set<T: Into<Str>>(items: impl IntoIterator<Item = T>) -> Value {
        let entries = items.into_iter().map(|item| (item.into(), Value::None));
        Value::new_set(Table::of_texts(entries))
    }

    /// The object `logger` of a hook.
    pub fn logger() -> Value {
        Value::Logger(None)
    }

    /// An object; `slots` are in the order of the shape's names, None where it lacks one.
    pub fn object(shape: &Rc<Shape>, slots: Vec<Option<Value>>) -> Value {
        Value::Object(Rc::new(Object {
            shape: Rc::clone(shape),
            slots,
        }))
    }

    /// The text of a str.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The character of a str that has one.
    pub(crate) fn as_char(&self) -> Option<char> {
        let mut chars = self.as_str()?.chars();
        chars.next().filter(|_| chars.next().is_none())
    }

    /// The text of a str, borrowed if it lives until the process ends.
    pub fn kept_text(&self) -> Option<Cow<'static, str>> {
        match self {
            Value::Str(text) => Some(text.kept()),
            _ => None,
        }
    }

    pub fn is_dict(&self) -> bool {
        matches!(self, Value::Dict(_))
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// The items of a list, tuple or set, in order.
    pub fn items(&self) -> Option<Vec<Value>> {
        match self {
            Value::List(list) => Some(list.items.borrow().clone()),
            Value::Tuple(tuple) => Some(tuple.items.clone()),
            Value::Set(set) => Some(set.table.borrow().keys()),
            _ => None,
        }
    }

    /// The entries of a dict, in order.
    pub fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let Value::Dict(dict) = self else { return None };
        let table = dict.table.borrow();
        let entries = table
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()));
        Some(entries.collect())
    }

    /// The entry of a dict under a text key.
    pub fn entry(&self, key: &str) -> Option<Value> {
        let Value::Dict(dict) = self else { return None };
        dict.table.borrow().text(key).cloned()
    }

    /// Python's truth of the value.
    pub fn truth(&self) -> bool {
        match self {
            Value::None => false,
            Value::Bool(flag) => *flag,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(list) => !list.items.borrow().is_empty(),
            Value::Tuple(tuple) => !tuple.items.is_empty(),
            Value::Dict(entries) | Value::Set(entries) => entries.len() > 0,
            Value::Range(range) => range.len() > 0,
            Value::View(view) => view.dict.len() > 0,
            Value::Flags(bits) => *bits != 0,
            _ => true,
        }
    }

    /// Python's name of the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::Object(object) => object.shape.type_name,
            Value::Range(_) => "range",
            Value::View(view) => match view.side {
                Side::Keys => "dict_keys",
                Side::Values => "dict_values",
                Side::Items => "dict_items",
            },
            Value::Iterator(iterator) => iterator.type_name,
            Value::Function(_) => "function",
            Value::Native(_) | Value::Bound(_) => "builtin_function_or_method",
            Value::Type(_) | Value::ExceptionType(_) => "type",
            Value::Unbound(..) => "method_descriptor",
            Value::Exception(raised) => raised.kind.name(),
            Value::Pattern(_) => "re.Pattern",
            Value::Match(_) => "re.Match",
            Value::Flags(_) => "RegexFlag",
            Value::Re | Value::Logging => "module",
            Value::Logger(_) => "Logger",
        }
    }

    pub(crate) fn new_set(table: Table) -> Value {
        Value::Set(Entries::new(table, false))
    }

    pub(crate) fn new_dict(table: Table) -> Value {
        Value::Dict(Entries::new(table, false))
    }

    pub(crate) fn iterator(type_name: &'static str, state: Iter) -> Value {
        Value::Iterator(Rc::new(Iterator {
            type_name,
            state: RefCell::new(state),
        }))
    }

    /// Whether dropping it may drop further values.
    pub(crate) fn holds_values(&self) -> bool {
        matches!(
            self,
            Value::List(_)
                | Value::Tuple(_)
                | Value::Dict(_)
                | Value::Set(_)
                | Value::Object(_)
                | Value::View(_)
                | Value::Iterator(_)
                | Value::Function(_)
                | Value::Bound(_)
                | Value::Exception(_)
        )
    }

    /// Where the object is that is shared, if there is one.
    pub(crate) fn address(&self) -> Option<usize> {
        Some(match self {
            Value::List(list) => address(list),
            Value::Tuple(tuple) => address(tuple),
            Value::Dict(entries) | Value::Set(entries) => address(entries),
            Value::Object(object) => address(object),
            Value::Range(range) => address(range),
            Value::View(view) => address(view),
            Value::Iterator(iterator) => address(iterator),
            Value::Function(function) => address(function),
            Value::Bound(bound) => address(bound),
            Value::Exception(raised) => address(raised),
            Value::Pattern(pattern) => address(pattern),
            Value::Match(found) => address(found),
            _ => return None,
        })
    }
}

pub(crate) fn address<T: ?Sized>(shared: &Rc<T>) -> usize {
    Rc::as_ptr(shared).addr()
}

impl Entries {
    pub(crate) fn new(table: Table, by_attribute: bool) -> Rc<Entries> {
        Rc::new(Entries {
            table: RefCell::new(table),
            by_attribute,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.table.borrow().len()
    }
}

impl Range {
    pub(crate) fn len(&self) -> usize {
        let span = i128::from(self.stop) - i128::from(self.start);
        let step = i128::from(self.step);
        if step == 0 || span.signum() != step.signum() {
            return 0;
        }
        usize::try_from((span - step.signum()) / step + 1).unwrap_or(usize::MAX)
    }

    /// The item at a position below `len`.
    pub(crate) fn at(&self, position: usize) -> i64 {
        self.start
            .wrapping_add(self.step.wrapping_mul(position as i64))
    }
}

impl Shape {
    pub fn new(type_name: &'static str, names: &[&str], missing: Missing) -> Rc<Shape> {
        let names = names.iter().map(|name| Str::from(*name)).collect();
        Rc::new(Shape {
            type_name,
            names,
            missing,
        })
    }
}

impl Object {
    /// The attribute; `hint` remembers its position, so that the names are searched once.
    pub(crate) fn attribute(&self, name: &str, hint: &Cell<u32>) -> Option<&Value> {
        let names = &self.shape.names;
        let known = hint.get() as usize;
        let position = match names.get(known) {
            Some(there) if **there == *name => known,
            _ => names.iter().position(|there| **there == *name)?,
        };
        hint.set(position as u32);
        self.slots.get(position)?.as_ref()
    }

    pub(crate) fn values(&self) -> impl std::iter::Iterator<Item = &Value> {
        self.slots.iter().flatten()
    }

    pub(crate) fn missing(&self) -> Missing {
        self.shape.missing
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Value {
        Value::Str(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Str(Str::from(text))
    }
}

impl From<char> for Value {
    fn from(c: char) -> Value {
        Value::from(&*c.encode_utf8(&mut [0; 4]))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Str(Str::from(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Value {
        text.map_or(Value::None, Value::from)
    }
}

thread_local! {
    /// Values that wait to be dropped, while a drop is under way.
    static GRAVE: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Drops values one after another: a list nested a million deep would overflow the stack otherwise.
pub(crate) fn bury(values: impl IntoIterator<Item = Value>) {
    let nested: Vec<Value> = values.into_iter().filter(Value::holds_values).collect();
    if nested.is_empty() {
        return;
    }
    // At the thread's end there is nothing to spare.
    let _ = GRAVE.try_with(|grave| {
        if let Some(waiting) = &mut *grave.borrow_mut() {
            waiting.extend(nested);
            return;
        }
        grave.replace(Some(nested));
        let next = || grave.borrow_mut().as_mut().and_then(Vec::pop);
        while let Some(value) = next() {
            drop(value);
        }
        grave.take();
    });
}

impl Drop for List {
    fn drop(&mut self) {
        if self.items.get_mut().iter().any(Value::holds_values) {
            bury(self.items.take());
        }
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        if self.items.iter().any(Value::holds_values) {
            bury(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        bury(std::mem::take(&mut self.defaults));
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        bury(std::mem::take(&mut self.args));
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        bury([std::mem::replace(&mut self.receiver, Value::None)]);
    }
}

impl Drop for Iterator {
    fn drop(&mut self) {
        let state = self.state.take();
        let held = state.held();
        drop(state);
        bury(held);
    }
}
