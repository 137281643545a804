//! The binary and unary operators on values, without those that change their left operand.

use crate::format::numbers::overflow;
use crate::format::percent;
use crate::names::Kind;
use crate::value::ops::{Number, number};
use crate::value::tree::{BinaryOp, UnaryOp};
use crate::value::{
    Meter, Outcome, Stop, Table, Value, args, mistyped, ops, type_error, value_error,
};

pub(crate) fn binary(
    meter: &mut Meter,
    operator: BinaryOp,
    left: &Value,
    right: &Value,
) -> Outcome {
    if let (Value::Str(template), BinaryOp::Mod) = (left, operator) {
        return percent::format(meter, template, right);
    }
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return numbers(operator, left, right, a, b);
    }
    match operator {
        BinaryOp::Add => join(meter, left, right),
        BinaryOp::Mul => repeat(meter, left, right),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Sub => {
            sets(meter, operator, left, right)
        }
        _ => Err(unsupported(operator, left, right)),
    }
}

pub(crate) fn unary(operator: UnaryOp, operand: &Value) -> Outcome {
    let symbol = match (operator, number(operand)) {
        (UnaryOp::Not, _) => return Ok(Value::Bool(!operand.truth())),
        (UnaryOp::Minus, Some(Number::Int(value))) => return whole(value.checked_neg()),
        (UnaryOp::Minus, Some(Number::Float(value))) => return Ok(Value::Float(-value)),
        (UnaryOp::Plus, Some(Number::Int(value))) => return Ok(Value::Int(value)),
        (UnaryOp::Plus, Some(Number::Float(value))) => return Ok(Value::Float(value)),
        (UnaryOp::Invert, Some(Number::Int(value))) => return Ok(Value::Int(!value)),
        (UnaryOp::Minus, None) => "-",
        (UnaryOp::Plus, None) => "+",
        (UnaryOp::Invert, _) => "~",
    };
    let message = format!("bad operand type for unary {symbol}: '{{}}'");
    Err(mistyped(&message, operand))
}

fn unsupported(operator: BinaryOp, left: &Value, right: &Value) -> Stop {
    let symbol = operator.symbol();
    if symbol == "|" && left.type_name() == "type" {
        return Stop::outside("'|' between types (use a tuple of types)");
    }
    let (a, b) = (left.type_name(), right.type_name());
    type_error(format!(
        "unsupported operand type(s) for {symbol}: '{a}' and '{b}'"
    ))
}

fn whole(result: Option<i64>) -> Outcome {
    result.map(Value::Int).ok_or_else(overflow)
}

fn numbers(operator: BinaryOp, left: &Value, right: &Value, a: Number, b: Number) -> Outcome {
    let is_division = matches!(operator, BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod);
    if is_division && b.float() == 0.0 {
        return Err(zero_division("division by zero"));
    }
    let (Number::Int(m), Number::Int(n)) = (a, b) else {
        let result = floats(operator, a.float(), b.float());
        return result.unwrap_or_else(|| Err(unsupported(operator, left, right)));
    };
    match (operator, left, right) {
        (BinaryOp::Or, Value::Flags(m), Value::Flags(n)) => Ok(Value::Flags(m | n)),
        (BinaryOp::And | BinaryOp::Or | BinaryOp::Xor, Value::Bool(_), Value::Bool(_)) => {
            ints(operator, m, n).map(|bits| Value::Bool(bits.truth()))
        }
        _ => ints(operator, m, n),
    }
}

fn ints(operator: BinaryOp, a: i64, b: i64) -> Outcome {
    let rest = || a.wrapping_rem(b);
    // Division rounds towards zero here, and down in Python.
    let is_above = || rest() != 0 && (rest() < 0) != (b < 0);
    match operator {
        BinaryOp::Add => whole(a.checked_add(b)),
        BinaryOp::Sub => whole(a.checked_sub(b)),
        BinaryOp::Mul => whole(a.checked_mul(b)),
        BinaryOp::Div => Ok(Value::Float(true_division(a, b))),
        BinaryOp::FloorDiv => whole(a.checked_div(b).map(|a| a - i64::from(is_above()))),
        BinaryOp::Mod => Ok(Value::Int(rest() + if is_above() { b } else { 0 })),
        BinaryOp::Power if b < 0 => float_power(a as f64, b as f64),
        BinaryOp::Power => {
            // Beyond 32 bits it only counts whether it is even.
            let exponent = u32::try_from(b).unwrap_or(u32::MAX - u32::from(b % 2 == 0));
            whole(a.checked_pow(exponent))
        }
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight if b < 0 => {
            Err(value_error("negative shift count"))
        }
        BinaryOp::ShiftLeft if a == 0 || b > 63 => whole((a == 0).then_some(0)),
        BinaryOp::ShiftLeft => whole(i64::try_from(i128::from(a) << b).ok()),
        BinaryOp::ShiftRight => Ok(Value::Int(a >> b.min(63))),
        BinaryOp::And => Ok(Value::Int(a & b)),
        BinaryOp::Or => Ok(Value::Int(a | b)),
        BinaryOp::Xor => Ok(Value::Int(a ^ b)),
    }
}

/// Correctly rounded, also where an operand has no float of its own.
fn true_division(a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
        return a as f64 / b as f64;
    }
    if a == 0 {
        return 0.0;
    }
    let dividend = u128::from(a.unsigned_abs());
    let divisor = u128::from(b.unsigned_abs());
    let shift = dividend.leading_zeros();
    let scaled = dividend << shift;
    // At least 64 bits of quotient; the last one stands for all that follow.
    let quotient = (scaled / divisor) | u128::from(scaled % divisor != 0);
    let result = quotient as f64 * 2.0_f64.powi(-(shift as i32));
    if (a < 0) != (b < 0) { -result } else { result }
}

fn zero_division(message: &str) -> Stop {
    Stop::raise(Kind::ZeroDivisionError, message)
}

/// None where floats have no such operator.
fn floats(operator: BinaryOp, a: f64, b: f64) -> Option<Outcome> {
    let result = match operator {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv => float_floor(a, b).0,
        BinaryOp::Mod => float_floor(a, b).1,
        BinaryOp::Power => return Some(float_power(a, b)),
        _ => return None,
    };
    Some(Ok(Value::Float(result)))
}

/// Quotient and remainder, step by step as CPython's `float_divmod`, since the signs of zeros show.
pub(crate) fn float_floor(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            quotient -= 1.0;
        }
    } else {
        rest = 0.0_f64.copysign(b);
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(a / b), rest);
    }
    let mut floor = quotient.floor();
    if quotient - floor > 0.5 {
        floor += 1.0;
    }
    (floor, rest)
}

fn float_power(a: f64, b: f64) -> Outcome {
    if a == 0.0 && b < 0.0 {
        return Err(zero_division("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        return Err(Stop::outside(
            "a complex number (a root of a negative number)",
        ));
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Stop::raise(
            Kind::OverflowError,
            "(34, 'Numerical result out of range')",
        ));
    }
    Ok(Value::Float(result))
}

fn join(meter: &mut Meter, left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => {
            meter.make(a.len() + b.len())?;
            Ok(Value::from([&**a, &**b].concat()))
        }
        (Value::List(a), Value::List(b)) => {
            let (a, b) = (a.items.borrow(), b.items.borrow());
            meter.make_items(a.len() + b.len())?;
            Ok(Value::list([&**a, &**b].concat()))
        }
        (Value::Tuple(a), Value::Tuple(b)) => {
            meter.make_items(a.items.len() + b.items.len())?;
            Ok(Value::tuple([&*a.items, &*b.items].concat()))
        }
        (Value::Str(_) | Value::List(_) | Value::Tuple(_), _) => {
            let wanted = left.type_name();
            let message = format!("can only concatenate {wanted} (not \"{{}}\") to {wanted}");
            Err(mistyped(&message, right))
        }
        _ => Err(unsupported(BinaryOp::Add, left, right)),
    }
}

/// A sequence times a number, in either order.
fn repeat(meter: &mut Meter, left: &Value, right: &Value) -> Outcome {
    let is_sequence =
        |value: &Value| matches!(value, Value::Str(_) | Value::List(_) | Value::Tuple(_));
    let (sequence, count) = match (is_sequence(left), is_sequence(right)) {
        (true, _) => (left, right),
        (false, true) => (right, left),
        _ => return Err(unsupported(BinaryOp::Mul, left, right)),
    };
    let (Value::Int(_) | Value::Bool(_)) = count else {
        let message = "can't multiply sequence by non-int of type '{}'";
        return Err(mistyped(message, count));
    };
    let count = usize::try_from(args::whole(count)?).unwrap_or(0);
    if let Value::Str(text) = sequence {
        meter.make(text.len().saturating_mul(count))?;
        let count = if text.is_empty() { 0 } else { count };
        return Ok(Value::from(text.repeat(count)));
    }
    let items = sequence.items().unwrap_or_default();
    meter.make_items(items.len().saturating_mul(count))?;
    let count = if items.is_empty() { 0 } else { count };
    let repeated = std::iter::repeat_n(items, count).flatten().collect();
    Ok(match sequence {
        Value::List(_) => Value::list(repeated),
        _ => Value::tuple(repeated),
    })
}

fn sets(meter: &mut Meter, operator: BinaryOp, left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Dict(a), Value::Dict(b)) if operator == BinaryOp::Or => {
            let mut table = a.table.borrow().copy(meter)?;
            for (key, value) in b.table.borrow().iter() {
                meter.step()?;
                table.set(meter, key.clone(), value.clone())?;
            }
            Ok(Value::new_dict(table))
        }
        _ => match (ops::set_like(meter, left)?, ops::set_like(meter, right)?) {
            (Some(a), Some(b)) => combine(meter, operator, &a, &b).map(Value::new_set),
            // Python goes over whatever stands beside a view.
            (Some(_), None) | (None, Some(_)) if is_view(left) || is_view(right) => {
                let what = "a set operator on the view of a dict and another iterable";
                Err(Stop::outside(what))
            }
            _ => Err(unsupported(operator, left, right)),
        },
    }
}

fn is_view(value: &Value) -> bool {
    matches!(value, Value::View(_))
}

/// `|`, `&`, `-` or `^`: the left elements first, then new ones of the right.
pub(crate) fn combine(
    meter: &mut Meter,
    operator: BinaryOp,
    left: &Table,
    right: &Table,
) -> Outcome<Table> {
    let mut result = if operator == BinaryOp::Or {
        left.copy(meter)?
    } else {
        keep(
            meter,
            Table::default(),
            left,
            (right, operator == BinaryOp::And),
        )?
    };
    if let BinaryOp::Or | BinaryOp::Xor = operator {
        result = keep(meter, result, right, (left, false))?;
    }
    Ok(result)
}

/// Adds the elements of `from` that are, or are not, in another table.
fn keep(
    meter: &mut Meter,
    mut result: Table,
    from: &Table,
    (other, there): (&Table, bool),
) -> Outcome<Table> {
    for (key, _) in from.iter() {
        meter.step()?;
        if other.has(meter, key)? == there {
            result.set(meter, key.clone(), Value::None)?;
        }
    }
    Ok(result)
}
