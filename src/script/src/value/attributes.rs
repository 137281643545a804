//! The attributes of values that are no methods, and what is an instance of what.

use crate::names::{Kind, modules};
use crate::value::Value;

pub(crate) fn plain_value(base: &Value, name: &str) -> Option<Value> {
    match (base, name) {
        (Value::Exception(raised), "args") => Some(Value::tuple(raised.args.clone())),
        (Value::Re, "error") => Some(Value::ExceptionType(Kind::Pattern)),
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
        Value::Str(_) => {
            "encode expandtabs format_map isascii isdecimal isidentifier isnumeric isprintable istitle maketrans \
             translate"
        }
        Value::Dict(_) => "fromkeys popitem",
        Value::Set(_) => "symmetric_difference_update",
        Value::Range(_) => "count index start step stop",
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Flags(_) => {
            "as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag is_integer name \
             numerator real to_bytes value args with_traceback add_note"
        }
        Value::View(_) => "isdisjoint mapping",
        Value::Iterator(_) => "close gi_code gi_frame gi_running gi_yieldfrom send throw",
        Value::Exception(_) => {
            "add_note characters_written errno filename filename2 name obj reason start end encoding object strerror \
             value with_traceback msg pattern pos lineno colno"
        }
        Value::Pattern(_) => "finditer flags groupindex groups pattern scanner subn",
        Value::Match(_) => "endpos expand lastgroup lastindex pos re regs string",
        Value::Type(_) | Value::ExceptionType(_) => return true,
        Value::Re | Value::Logging | Value::Logger(_) => return true,
        _ => "",
    };
    names.split(' ').any(|known| known == name)
}

/// None for what is no type.
pub(crate) fn is_instance(value: &Value, kind: &Value) -> Option<bool> {
    match (kind, value) {
        (Value::ExceptionType(kind), Value::Exception(raised)) => Some(raised.kind.is(*kind)),
        // An object of the caller has a type that no source can name.
        (Value::Type(_) | Value::ExceptionType(_), Value::Object(_) | Value::Exception(_)) => {
            Some(false)
        }
        (Value::Type(kind), Value::Bool(_) | Value::Flags(_)) if kind.name == "int" => Some(true),
        (Value::Type(kind), _) => Some(value.type_name() == kind.name),
        (Value::ExceptionType(_), _) => Some(false),
        _ => None,
    }
}
