//! What can be called: functions, types, and the methods of values, each in a table of what it is called, how many
//! of its parameters it needs, what they are called, and what it does.

mod builtins;
mod collections;
mod convert;
mod logger;
mod order;
mod re;
mod sets;
mod strings;

use crate::names::Kind;
use crate::value::{Native, Value};

/// The methods of all types.
const METHODS: &[&[Native]] = &[
    strings::METHODS,
    collections::METHODS,
    sets::METHODS,
    re::METHODS,
    logger::METHODS,
];

/// What a name stands for that nothing assigns.
pub(crate) fn named(name: &str) -> Option<Value> {
    let find = |table: &'static [Native]| table.iter().find(|known| known.name == name);
    let function = find(&builtins::FUNCTIONS).map(Value::Native);
    let kind = || find(&builtins::TYPES).map(Value::Type);
    let exception = || Kind::named(name).map(Value::ExceptionType);
    function.or_else(kind).or_else(exception)
}

/// The methods of this name, whatever they are of.
pub(crate) fn methods(name: &str) -> Vec<&'static Native> {
    let all = METHODS.iter().copied().flatten();
    all.filter(|known| known.name == name).collect()
}
