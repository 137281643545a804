//! Values: what a source works on, cheap to clone. Strings and containers are shared.
//! Operators, methods and texts of values are other rooms.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::ast::FunctionCode;
use super::builtins::{Builtin, Type};
use super::error::{Exception, Raised};
use super::iter::Iter;
use super::meter::Meter;
use super::methods::Method;
use super::patterns::{Match, Pattern};
use super::table::Table;
use super::text::Str;

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
    Dict(Rc<Dict>),
    Set(Rc<Set>),
    /// An object of the caller with fixed attributes.
    Object(Rc<Object>),
    Range(Rc<Range>),
    View(Rc<View>),
    Iterator(Rc<Iterator>),
    Function(Rc<Function>),
    Builtin(Builtin),
    Type(Type),
    /// A method with its receiver, as `names.append` gives it.
    Bound(Rc<Bound>),
    /// A method without receiver, as `str.lower` gives it.
    Unbound(Type, Method),
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
    pub(super) items: RefCell<Vec<Value>>,
}

#[derive(Default)]
pub struct Tuple {
    pub(super) items: Vec<Value>,
}

pub struct Dict {
    pub(super) table: RefCell<Table>,
    /// Whether `d.key` reaches an entry, as for the dicts inside Okta's user.
    pub(super) by_attribute: bool,
}

pub struct Set {
    pub(super) table: RefCell<Table>,
    pub(super) frozen: bool,
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
    pub(super) start: i64,
    pub(super) stop: i64,
    pub(super) step: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Keys,
    Values,
    Items,
}

/// What `keys`, `values` and `items` give.
pub struct View {
    pub(super) dict: Rc<Dict>,
    pub(super) side: Side,
}

pub struct Iterator {
    pub(super) type_name: &'static str,
    pub(super) state: RefCell<Iter>,
}

/// A name's value that functions share.
pub(super) struct Place {
    pub(super) value: RefCell<Option<Value>>,
}

pub struct Function {
    pub(super) code: Rc<FunctionCode>,
    pub(super) defaults: Vec<Value>,
    pub(super) captured: Vec<Rc<Place>>,
    /// The evaluation whose names it sees.
    pub(super) run: u64,
}

pub struct Bound {
    pub(super) receiver: Value,
    pub(super) method: Method,
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

    pub(super) fn text_dict<K: Into<Str>>(
        entries: impl IntoIterator<Item = (K, Value)>,
        by_attribute: bool,
    ) -> Value {
        let entries = entries.into_iter();
        let entries = entries.map(|(key, value)| (key.into(), value));
        Value::Dict(Rc::new(Dict {
            table: RefCell::new(Table::of_texts(entries)),
            by_attribute,
        }))
    }

    /// A set of texts, in this order.
    pub fn set<T: Into<Str>>(items: impl IntoIterator<Item = T>) -> Value {
        let entries = items.into_iter().map(|item| (item.into(), Value::None));
        Value::new_set(Table::of_texts(entries), false)
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

    /// The items of a list, tuple, set or frozenset, in order.
    pub fn items(&self) -> Option<Vec<Value>> {
        match self {
            Value::List(list) => Some(list.items.borrow().clone()),
            Value::Tuple(tuple) => Some(tuple.items.clone()),
            Value::Set(set) => Some(
                set.table
                    .borrow()
                    .iter()
                    .map(|(key, _)| key.clone())
                    .collect(),
            ),
            _ => None,
        }
    }

    /// The entries of a dict, in order.
    pub fn entries(&self) -> Option<Vec<(Value, Value)>> {
        match self {
            Value::Dict(dict) => {
                let table = dict.table.borrow();
                Some(
                    table
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect(),
                )
            }
            _ => None,
        }
    }

    /// The entry of a dict under a text key.
    pub fn entry(&self, key: &str) -> Option<Value> {
        match self {
            Value::Dict(dict) => dict.table.borrow().text(key).cloned(),
            _ => None,
        }
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
            Value::Dict(dict) => dict.table.borrow().len() > 0,
            Value::Set(set) => set.table.borrow().len() > 0,
            Value::Range(range) => range.len() > 0,
            Value::View(view) => view.dict.table.borrow().len() > 0,
            Value::Flags(bits) => *bits != 0,
            _ => true,
        }
    }

    /// What Python's `repr` gives.
    ///
    /// # Errors
    /// A value nested too deeply, or too large to write down.
    pub fn repr(&self) -> Result<String, Exception> {
        super::repr::repr(&mut Meter::new(), self).map_err(super::eval::exception)
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
            Value::Set(set) => set.type_name(),
            Value::Object(object) => object.shape.type_name,
            Value::Range(_) => "range",
            Value::View(view) => match view.side {
                Side::Keys => "dict_keys",
                Side::Values => "dict_values",
                Side::Items => "dict_items",
            },
            Value::Iterator(iterator) => iterator.type_name,
            Value::Function(_) => "function",
            Value::Builtin(_) | Value::Bound(_) => "builtin_function_or_method",
            Value::Type(_) => "type",
            Value::Unbound(..) => "method_descriptor",
            Value::Exception(raised) => raised.kind.name(),
            Value::Pattern(_) => "re.Pattern",
            Value::Match(_) => "re.Match",
            Value::Flags(_) => "RegexFlag",
            Value::Re | Value::Logging => "module",
            Value::Logger(_) => "Logger",
        }
    }

    pub(super) fn new_set(table: Table, frozen: bool) -> Value {
        Value::Set(Rc::new(Set {
            table: RefCell::new(table),
            frozen,
        }))
    }

    pub(super) fn new_dict(table: Table) -> Value {
        Value::Dict(Rc::new(Dict {
            table: RefCell::new(table),
            by_attribute: false,
        }))
    }

    pub(super) fn iterator(type_name: &'static str, state: Iter) -> Value {
        Value::Iterator(Rc::new(Iterator {
            type_name,
            state: RefCell::new(state),
        }))
    }

    /// Whether dropping it may drop further values.
    pub(super) fn holds_values(&self) -> bool {
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
}

impl Set {
    pub(super) fn type_name(&self) -> &'static str {
        if self.frozen { "frozenset" } else { "set" }
    }
}

impl Range {
    pub(super) fn len(&self) -> usize {
        let (span, step) = match self.step > 0 {
            true => (
                i128::from(self.stop) - i128::from(self.start),
                i128::from(self.step),
            ),
            false => (
                i128::from(self.start) - i128::from(self.stop),
                -i128::from(self.step),
            ),
        };
        if span <= 0 || step == 0 {
            0
        } else {
            usize::try_from((span - 1) / step + 1).unwrap_or(usize::MAX)
        }
    }

    /// The item at a position below `len`.
    pub(super) fn at(&self, position: usize) -> i64 {
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
    pub(super) fn attribute(&self, name: &str, hint: &Cell<u32>) -> Option<&Value> {
        let names = &self.shape.names;
        let known = hint.get() as usize;
        let position = match names.get(known) {
            Some(there) if **there == *name => known,
            _ => names.iter().position(|there| **there == *name)?,
        };
        hint.set(position as u32);
        self.slots.get(position)?.as_ref()
    }

    pub(super) fn values(&self) -> impl std::iter::Iterator<Item = &Value> {
        self.slots.iter().flatten()
    }

    pub(super) fn missing(&self) -> Missing {
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

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.repr() {
            Ok(text) => f.write_str(&text),
            Err(exception) => write!(f, "<{}: {exception}>", self.type_name()),
        }
    }
}

thread_local! {
    /// Values that wait to be dropped, while a drop is under way.
    static GRAVE: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Drops values one after another: a list nested a million deep would overflow the stack otherwise.
pub(super) fn bury(values: impl IntoIterator<Item = Value>) {
    let nested: Vec<Value> = values.into_iter().filter(Value::holds_values).collect();
    if nested.is_empty() {
        return;
    }
    let first = GRAVE.try_with(|grave| match &mut *grave.borrow_mut() {
        Some(waiting) => {
            waiting.extend(nested);
            false
        }
        none => {
            *none = Some(nested);
            true
        }
    });
    // The thread's end is the only other case; then there is nothing to spare.
    if first != Ok(true) {
        return;
    }
    while let Ok(Some(value)) =
        GRAVE.try_with(|grave| grave.borrow_mut().as_mut().and_then(Vec::pop))
    {
        drop(value);
    }
    let done = GRAVE.try_with(|grave| grave.borrow_mut().take());
    drop(done);
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

impl Drop for Place {
    fn drop(&mut self) {
        bury(self.value.take());
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        bury(std::mem::take(&mut self.defaults));
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
