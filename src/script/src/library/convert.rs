//! Values to numbers: `int`, `float`, `round`, `abs`.

use crate::format::numbers::{NoInt, float_to_int, overflow};
use crate::format::{numbers, repr};
use crate::names::Kind;
use crate::run::Machine;
use crate::value::args::whole;
use crate::value::ops::{Number, number};
use crate::value::{Given, Outcome, Stop, Value, mistyped, type_error, value_error};

pub(super) fn absolute(_: &mut Machine<'_>, given: Given<'_>) -> Outcome {
    let [value] = given.all();
    match number(&value) {
        Some(Number::Int(number)) => number.checked_abs().map(Value::Int).ok_or_else(overflow),
        Some(Number::Float(number)) => Ok(Value::Float(number.abs())),
        None => Err(mistyped("bad operand type for abs(): '{}'", &value)),
    }
}

pub(super) fn round(_: &mut Machine<'_>, given: Given<'_>) -> Outcome {
    let [value, digits] = given.optional().map(Option::unwrap_or_default);
    let digits = match digits {
        Value::None => None,
        digits => Some(whole(&digits)?),
    };
    match (number(&value), digits) {
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

pub(super) fn int(_: &mut Machine<'_>, given: Given<'_>) -> Outcome {
    let [value, base] = given.optional();
    let radix = base.as_ref().map(whole).transpose()?;
    let Some(value) = value else {
        return match base {
            None => Ok(Value::Int(0)),
            Some(_) => Err(type_error("int() missing string argument")),
        };
    };
    match (&value, number(&value), radix) {
        (Value::Str(text), _, radix) => {
            let radix = u32::try_from(radix.unwrap_or(10)).unwrap_or(1);
            if radix == 1 || radix > 36 {
                return Err(value_error("int() base must be >= 2 and <= 36, or 0"));
            }
            numbers::parse_int(text, radix)
                .map(Value::Int)
                .map_err(|why| match why {
                    NoInt::TooLarge => overflow(),
                    NoInt::Invalid => {
                        let text = repr::quote(text);
                        value_error(format!(
                            "invalid literal for int() with base {radix}: {text}"
                        ))
                    }
                })
        }
        (_, _, Some(_)) => {
            let message = "int() can't convert non-string with explicit base";
            Err(type_error(message))
        }
        (_, Some(Number::Int(number)), None) => Ok(Value::Int(number)),
        (_, Some(Number::Float(number)), None) => float_to_int(number).map(Value::Int),
        _ => Err(mistyped(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            &value,
        )),
    }
}

pub(super) fn float(_: &mut Machine<'_>, given: Given<'_>) -> Outcome {
    let [value] = given.optional();
    let value = value.unwrap_or(Value::Float(0.0));
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
