//! The methods and plain attributes that values have.

use crate::names::methods::{
    DICT, LIST, LOGGER, LOGGING, MATCH, MODULE, PATTERN, RANGE, SET, STR, TUPLE, has,
};
use crate::names::{Kind, Known, Method, Type, modules};
use crate::value::Value;

/// The method, if this value has it.
pub(crate) fn of(value: &Value, method: Method) -> Option<Method> {
    let owner = match value {
        Value::Str(_) => STR,
        Value::List(_) => LIST,
        Value::Tuple(_) => TUPLE,
        Value::Dict(_) => DICT,
        Value::Set(_) => SET,
        Value::Range(_) => RANGE,
        Value::Re => MODULE,
        Value::Pattern(_) => PATTERN,
        Value::Match(_) => MATCH,
        Value::Logging => LOGGING,
        Value::Logger(_) => LOGGER,
        _ => 0,
    };
    has(owner, method).then_some(method)
}

pub(crate) fn plain_value(base: &Value, name: &str) -> Option<Value> {
    match (base, name) {
        (Value::Exception(raised), "args") => Some(raised.args.clone()),
        (Value::Re, "error") => Some(Value::Type(Type::Error(Kind::Pattern))),
        (Value::Re, _) => modules::flag(name).map(Value::Flags),
        (Value::Logging, _) => modules::level_number(name).map(Value::Int),
        _ => None,
    }
}

/// Attributes that Python's types have and the subset has not: nothing may be said about them.
pub(crate) fn is_pythons_own(base: &Value, name: &str) -> bool {
    if name.starts_with("__") {
        return !matches!(base, Value::Dict(dict) if dict.by_attribute);
    }
    let names = match base {
        Value::Str(_) | Value::Type(Type::Str) => {
            "encode expandtabs format_map isascii isdecimal isidentifier isnumeric isprintable istitle maketrans \
             translate"
        }
        Value::Dict(_) | Value::Type(Type::Dict) => "fromkeys popitem",
        Value::Set(_) | Value::Type(Type::Set) => "symmetric_difference_update",
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Flags(_) | Value::Type(_) => {
            "as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag is_integer mro \
             name numerator real to_bytes value args with_traceback add_note"
        }
        Value::Range(_) => "start step stop",
        Value::View(_) => "isdisjoint mapping",
        Value::Iterator(_) => "close gi_code gi_frame gi_running gi_yieldfrom send throw",
        Value::Exception(_) => {
            "add_note characters_written errno filename filename2 name obj reason start end encoding object strerror \
             value with_traceback msg pattern pos lineno colno"
        }
        Value::Pattern(_) => "finditer flags groupindex groups pattern scanner subn",
        Value::Match(_) => "endpos expand lastgroup lastindex pos re regs string",
        Value::Re | Value::Logging | Value::Logger(_) => return true,
        _ => "",
    };
    names.split(' ').any(|known| known == name)
}

impl Known {
    pub(crate) fn value(self) -> Value {
        match self {
            Known::Builtin(builtin) => Value::Builtin(builtin),
            Known::Type(kind) => Value::Type(kind),
            Known::Re => Value::Re,
        }
    }
}

pub(crate) fn is_instance(value: &Value, kind: Type) -> bool {
    match (kind, value) {
        (Type::Int, Value::Int(_) | Value::Bool(_) | Value::Flags(_)) => true,
        (Type::Bool, Value::Bool(_))
        | (Type::Float, Value::Float(_))
        | (Type::Str, Value::Str(_))
        | (Type::List, Value::List(_))
        | (Type::Tuple, Value::Tuple(_))
        | (Type::Dict, Value::Dict(_))
        | (Type::Set, Value::Set(_))
        | (Type::Range, Value::Range(_)) => true,
        (Type::Error(kind), Value::Exception(raised)) => raised.kind.is(kind),
        (
            Type::Enumerate | Type::Filter | Type::Map | Type::Reversed | Type::Zip,
            Value::Iterator(iterator),
        ) => iterator.type_name == kind.name(),
        _ => false,
    }
}
