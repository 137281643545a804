//! Values to numbers: `int`, `float`, `round`, `abs`.

use std::cmp::Ordering;

use crate::format::numbers::{NoInt, float_to_int, overflow};
use crate::format::{numbers, repr};
use crate::names::Kind;
use crate::value::args::whole;
use crate::value::ops::Number;
use crate::value::{Args, Outcome, Stop, Value, ops, type_error, value_error};

pub(crate) fn absolute(value: &Value) -> Outcome {
    match ops::number(value) {
        Some(Number::Int(number)) => number.checked_abs().map(Value::Int).ok_or_else(overflow),
        Some(Number::Float(number)) => Ok(Value::Float(number.abs())),
        None => Err(type_error(format!(
            "bad operand type for abs(): '{}'",
            value.type_name()
        ))),
    }
}

pub(crate) fn round(value: &Value, digits: Option<&Value>) -> Outcome {
    let digits = match digits {
        None | Some(Value::None) => None,
        Some(digits) => Some(whole(digits)?),
    };
    match (ops::number(value), digits) {
        (Some(Number::Int(number)), None) => Ok(Value::Int(number)),
        (Some(Number::Int(number)), Some(digits)) => round_int(number, digits),
        (Some(Number::Float(number)), None) => {
            float_to_int(number.round_ties_even()).map(Value::Int)
        }
        (Some(Number::Float(number)), Some(digits)) => {
            let rounded = numbers::round_to(number, digits);
            rounded.map(Value::Float).ok_or_else(|| {
                Stop::raise(Kind::OverflowError, "rounded value too large to represent")
            })
        }
        (None, _) => Err(type_error(format!(
            "type {} doesn't define __round__ method",
            value.type_name()
        ))),
    }
}

fn round_int(number: i64, digits: i64) -> Outcome {
    if digits >= 0 {
        return Ok(Value::Int(number));
    }
    let Some(unit) = u32::try_from(digits.unsigned_abs())
        .ok()
        .and_then(|digits| 10_i128.checked_pow(digits))
    else {
        return Ok(Value::Int(0));
    };
    let number = i128::from(number);
    let below = number.div_euclid(unit) * unit;
    let up = match ((number - below) * 2).cmp(&unit) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => (below / unit) % 2 != 0,
    };
    let rounded = if up { below + unit } else { below };
    i64::try_from(rounded)
        .map(Value::Int)
        .map_err(|_| overflow())
}

pub(crate) fn int(args: Args<'_>) -> Outcome {
    let [value, base] = args.bind("int", ["/", "base"], 0)?;
    let Some(value) = value else {
        return match base {
            None => Ok(Value::Int(0)),
            Some(_) => Err(type_error("int() missing string argument")),
        };
    };
    let radix = base.as_ref().map(whole).transpose()?;
    match (&value, ops::number(&value), radix) {
        (Value::Str(text), _, radix) => {
            let radix = radix.unwrap_or(10);
            let valid = u32::try_from(radix)
                .ok()
                .filter(|radix| *radix == 0 || (2..=36).contains(radix));
            let radix =
                valid.ok_or_else(|| value_error("int() base must be >= 2 and <= 36, or 0"))?;
            match numbers::parse_int(text, radix) {
                Ok(number) => Ok(Value::Int(number)),
                Err(NoInt::TooLarge) => Err(overflow()),
                Err(NoInt::Invalid) => Err(value_error(format!(
                    "invalid literal for int() with base {radix}: {}",
                    repr::quote(text)
                ))),
            }
        }
        (_, _, Some(_)) => Err(type_error(
            "int() can't convert non-string with explicit base",
        )),
        (_, Some(Number::Int(number)), None) => Ok(Value::Int(number)),
        (_, Some(Number::Float(number)), None) => float_to_int(number).map(Value::Int),
        _ => Err(type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            value.type_name()
        ))),
    }
}

pub(crate) fn float(args: Args<'_>) -> Outcome {
    let [value] = args.up_to("float", 0)?;
    let Some(value) = value else {
        return Ok(Value::Float(0.0));
    };
    match (&value, ops::number(&value)) {
        (Value::Str(text), _) => numbers::parse_float(text).map(Value::Float).ok_or_else(|| {
            value_error(format!(
                "could not convert string to float: {}",
                repr::quote(text)
            ))
        }),
        (_, Some(Number::Int(number))) => Ok(Value::Float(number as f64)),
        (_, Some(Number::Float(number))) => Ok(Value::Float(number)),
        _ => Err(type_error(format!(
            "float() argument must be a string or a real number, not '{}'",
            value.type_name()
        ))),
    }
}
