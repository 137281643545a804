//! Values to numbers: `int`, `float`, `round`, `abs`.

use crate::format::numbers::{NoInt, float_to_int, overflow};
use crate::format::{numbers, repr};
use crate::names::Kind;
use crate::run::Machine;
use crate::value::args::whole;
use crate::value::ops::{Number, number};
use crate::value::{Given, Outcome, Stop, Value, mistyped, type_error, value_error};

pub(super) fn absolute(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let value = given.value(0);
    match number(&value) {
        Some(Number::Int(number)) => number.checked_abs().map(Value::Int).ok_or_else(overflow),
        Some(Number::Float(number)) => Ok(Value::Float(number.abs())),
        None => Err(mistyped("bad operand type for abs(): '{}'", &value)),
    }
}

pub(super) fn round(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (value, digits) = (given.value(0), given.unless_none(1));
    match (number(&value), digits.as_ref().map(whole).transpose()?) {
        (None, _) => Err(mistyped("type {} doesn't define __round__ method", &value)),
        (Some(Number::Int(number)), Some(digits)) if digits < 0 => {
            let rounded = numbers::round_int(number, digits.unsigned_abs());
            rounded.map(Value::Int).ok_or_else(overflow)
        }
        (Some(Number::Int(number)), _) => Ok(Value::Int(number)),
        (Some(Number::Float(number)), None) => {
            float_to_int(number.round_ties_even()).map(Value::Int)
        }
        (Some(Number::Float(number)), Some(digits)) => {
            let rounded = numbers::round_to(number, digits).map(Value::Float);
            let message = "rounded value too large to represent";
            rounded.ok_or_else(|| Stop::raise(Kind::OverflowError, message))
        }
    }
}

pub(super) fn int(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (value, base) = (given.take(0), given.whole(1)?);
    match (&value, value.as_ref().and_then(number), base) {
        (None, _, None) => Ok(Value::Int(0)),
        (Some(Value::Str(text)), _, base) => int_of_text(text, base.unwrap_or(10)),
        (_, _, Some(_)) => {
            let message = "int() can't convert non-string with explicit base";
            Err(type_error(message))
        }
        (_, Some(Number::Int(number)), None) => Ok(Value::Int(number)),
        (_, Some(Number::Float(number)), None) => float_to_int(number).map(Value::Int),
        (Some(other), None, None) => {
            let message = "int() argument must be a string or a real number, not '{}'";
            Err(mistyped(message, other))
        }
    }
}

fn int_of_text(text: &str, base: i64) -> Outcome {
    let radix = u32::try_from(base).unwrap_or(1);
    if radix == 1 || radix > 36 {
        return Err(value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    let number = numbers::parse_int(text, radix).map(Value::Int);
    number.map_err(|why| match why {
        NoInt::TooLarge => overflow(),
        NoInt::Invalid => {
            let text = repr::quote(text);
            value_error(format!(
                "invalid literal for int() with base {radix}: {text}"
            ))
        }
    })
}

pub(super) fn float(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let value = given.take(0).unwrap_or(Value::Float(0.0));
    match (&value, number(&value)) {
        (Value::Str(text), _) => numbers::parse_float(text).map(Value::Float).ok_or_else(|| {
            let text = repr::quote(text);
            value_error(format!("could not convert string to float: {text}"))
        }),
        (_, Some(number)) => Ok(Value::Float(number.float())),
        _ => {
            let message = "float() argument must be a string or a real number, not '{}'";
            Err(mistyped(message, &value))
        }
    }
}
