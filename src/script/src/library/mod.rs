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

use crate::names::Type;
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
    let mut functions = builtins::FUNCTIONS.iter();
    let function = functions.find(|known| known.name == name);
    let kind = || Type::named(name).map(Value::Type);
    function.map(Value::Native).or_else(kind)
}

/// What makes values of a type; nothing for those of exceptions.
pub(crate) fn constructor(kind: Type) -> Option<&'static Native> {
    let mut constructors = builtins::CONSTRUCTORS.iter();
    constructors.find(|known| known.name == kind.name())
}

/// The methods of this name, whatever they are of.
pub(crate) fn methods(name: &str) -> Vec<&'static Native> {
    let all = METHODS.iter().copied().flatten();
    all.filter(|known| known.name == name).collect()
}
