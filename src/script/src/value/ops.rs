//! Equality, order and hashing of values, as Python has them: `1 == 1.0 == True`, one hash for the three.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

use crate::hash::Quick;
use crate::value::tree::CompareOp;
use crate::value::{Meter, Outcome, Range, Side, Stop, Table, Value, View, mistyped, type_error};

/// A number, whatever its type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub(crate) fn float(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

pub(crate) fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(number) => Some(Number::Int(*number)),
        Value::Float(number) => Some(Number::Float(*number)),
        Value::Bool(flag) => Some(Number::Int(i64::from(*flag))),
        Value::Flags(bits) => Some(Number::Int(i64::from(*bits))),
        _ => None,
    }
}

/// Exact, also where the int has no float of its own; None for a NaN.
pub(crate) fn order_numbers(left: Number, right: Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
        (Number::Int(a), Number::Float(b)) => order_mixed(a, b),
        (Number::Float(a), Number::Int(b)) => order_mixed(b, a).map(Ordering::reverse),
    }
}

fn order_mixed(int: i64, float: f64) -> Option<Ordering> {
    // What is beyond 128 bits, the infinities too, ends at their edge.
    let whole = i128::from(int).cmp(&(float as i128));
    let rest = 0.0_f64.partial_cmp(&float.fract());
    (!float.is_nan()).then(|| whole.then(rest.unwrap_or(Ordering::Equal)))
}

/// What containers mean by equal: the same object, or `==`.
pub(crate) fn same(meter: &mut Meter, left: &Value, right: &Value) -> Outcome<bool> {
    if identical(left, right) {
        Ok(true)
    } else {
        equal(meter, left, right)
    }
}

/// `==`
pub(crate) fn equal(meter: &mut Meter, left: &Value, right: &Value) -> Outcome<bool> {
    if let (Value::Str(a), Value::Str(b)) = (left, right) {
        meter.scan(if a.len() == b.len() { a.len() } else { 0 })?;
        return Ok(a == b);
    }
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return Ok(order_numbers(a, b) == Some(Ordering::Equal));
    }
    meter.enter()?;
    let result = equal_parts(meter, left, right);
    meter.leave();
    result
}

fn equal_parts(meter: &mut Meter, left: &Value, right: &Value) -> Outcome<bool> {
    match (left, right) {
        (Value::List(a), Value::List(b)) => {
            equal_items(meter, &a.items.borrow(), &b.items.borrow())
        }
        (Value::Tuple(a), Value::Tuple(b)) => equal_items(meter, &a.items, &b.items),
        (Value::Dict(a), Value::Dict(b)) => {
            equal_dicts(meter, &a.table.borrow(), &b.table.borrow())
        }
        (Value::Set(a), Value::Set(b)) => equal_sets(meter, &a.table.borrow(), &b.table.borrow()),
        (Value::Range(a), Value::Range(b)) => {
            let ends = |range: &Range| (range.at(0), range.at(range.len().saturating_sub(1)));
            Ok(a.len() == b.len() && (a.len() == 0 || ends(a) == ends(b)))
        }
        (Value::View(_), Value::View(_) | Value::Set(_)) | (Value::Set(_), Value::View(_)) => {
            match (set_like(meter, left)?, set_like(meter, right)?) {
                (Some(a), Some(b)) => equal_sets(meter, &a, &b),
                _ => Ok(identical(left, right)),
            }
        }
        (Value::Pattern(a), Value::Pattern(b)) => {
            Ok(a.text == b.text && a.compiled.flags == b.compiled.flags)
        }
        _ => Ok(identical(left, right)),
    }
}

fn equal_items(meter: &mut Meter, left: &[Value], right: &[Value]) -> Outcome<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (a, b) in left.iter().zip(right) {
        meter.step()?;
        if !same(meter, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_dicts(meter: &mut Meter, left: &Table, right: &Table) -> Outcome<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left.iter() {
        meter.step()?;
        match right.get(meter, key)?.cloned() {
            Some(other) if same(meter, value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn equal_sets(meter: &mut Meter, left: &Table, right: &Table) -> Outcome<bool> {
    Ok(left.len() == right.len() && is_subset(meter, left, right)?)
}

pub(crate) fn is_subset(meter: &mut Meter, left: &Table, right: &Table) -> Outcome<bool> {
    for (key, _) in left.iter() {
        meter.step()?;
        if !right.has(meter, key)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The elements of a set, or of a view of keys or items.
pub(crate) fn set_like(meter: &mut Meter, value: &Value) -> Outcome<Option<Table>> {
    match value {
        Value::Set(set) => set.table.borrow().copy(meter).map(Some),
        Value::View(view) if view.side != Side::Values => {
            let mut table = Table::default();
            for item in view_items(view) {
                meter.step()?;
                table.set(meter, item, Value::None)?;
            }
            Ok(Some(table))
        }
        _ => Ok(None),
    }
}

pub(crate) fn view_items(view: &View) -> Vec<Value> {
    let table = view.dict.table.borrow();
    let items = table
        .iter()
        .map(|(key, value)| side_of(view.side, key, value));
    items.collect()
}

pub(crate) fn side_of(side: Side, key: &Value, value: &Value) -> Value {
    match side {
        Side::Keys => key.clone(),
        Side::Values => value.clone(),
        Side::Items => Value::tuple(vec![key.clone(), value.clone()]),
    }
}

/// Whether two values are one object, as far as Python's answer does not depend on its inner workings.
pub(crate) fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::None, Value::None) | (Value::Re, Value::Re) => true,
        (Value::Logging, Value::Logging) => true,
        (Value::Logger(a), Value::Logger(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a.is(b),
        (Value::Flags(a), Value::Flags(b)) => a == b,
        (Value::ExceptionType(a), Value::ExceptionType(b)) => a == b,
        (Value::Tuple(a), Value::Tuple(b)) if a.items.is_empty() => b.items.is_empty(),
        (Value::Native(a), Value::Native(b)) | (Value::Type(a), Value::Type(b)) => {
            std::ptr::eq(*a, *b)
        }
        (Value::Unbound(a, m), Value::Unbound(b, n)) => {
            std::ptr::eq(*a, *b) && std::ptr::eq(*m, *n)
        }
        (Value::Bound(a), Value::Bound(b)) => {
            std::ptr::eq(a.method, b.method) && identical(&a.receiver, &b.receiver)
        }
        _ => left.address().is_some_and(|at| right.address() == Some(at)),
    }
}

/// `is`. Whether two equal numbers or strings are one object is Python's secret.
pub(crate) fn is(meter: &mut Meter, left: &Value, right: &Value) -> Outcome<bool> {
    let secret = match (left, right) {
        (Value::Int(a), Value::Int(b)) => a == b && !(-5..=256).contains(a),
        (Value::Float(_), Value::Float(_)) | (Value::Str(_), Value::Str(_)) => {
            !identical(left, right) && equal(meter, left, right)?
        }
        _ => false,
    };
    if secret {
        let what = "'is' between equal numbers or strings (use ==)";
        return Err(Stop::outside(what));
    }
    Ok(identical(left, right))
}

/// `<`, `<=`, `>`, `>=`
pub(crate) fn order(
    meter: &mut Meter,
    operator: CompareOp,
    left: &Value,
    right: &Value,
) -> Outcome<bool> {
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return Ok(order_numbers(a, b).is_some_and(|order| holds(operator, order)));
    }
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => {
            meter.scan(a.len().min(b.len()))?;
            Ok(holds(operator, a.cmp(b)))
        }
        (Value::List(a), Value::List(b)) => {
            order_items(meter, operator, &a.items.borrow(), &b.items.borrow())
        }
        (Value::Tuple(a), Value::Tuple(b)) => order_items(meter, operator, &a.items, &b.items),
        (Value::Set(_) | Value::View(_), Value::Set(_) | Value::View(_)) => {
            match (set_like(meter, left)?, set_like(meter, right)?) {
                (Some(a), Some(b)) => order_sets(meter, operator, &a, &b),
                _ => Err(no_order(operator, left, right)),
            }
        }
        _ => Err(no_order(operator, left, right)),
    }
}

/// By the first items that differ.
fn order_items(
    meter: &mut Meter,
    operator: CompareOp,
    left: &[Value],
    right: &[Value],
) -> Outcome<bool> {
    for (a, b) in left.iter().zip(right) {
        meter.step()?;
        if !same(meter, a, b)? {
            meter.enter()?;
            let result = order(meter, operator, a, b);
            meter.leave();
            return result;
        }
    }
    Ok(holds(operator, left.len().cmp(&right.len())))
}

fn order_sets(
    meter: &mut Meter,
    operator: CompareOp,
    left: &Table,
    right: &Table,
) -> Outcome<bool> {
    match operator {
        CompareOp::Less => Ok(left.len() < right.len() && is_subset(meter, left, right)?),
        CompareOp::LessEqual => is_subset(meter, left, right),
        CompareOp::Greater => Ok(right.len() < left.len() && is_subset(meter, right, left)?),
        _ => is_subset(meter, right, left),
    }
}

fn holds(operator: CompareOp, order: Ordering) -> bool {
    match operator {
        CompareOp::Less => order.is_lt(),
        CompareOp::LessEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn no_order(operator: CompareOp, left: &Value, right: &Value) -> Stop {
    let symbol = match operator {
        CompareOp::Less => "<",
        CompareOp::LessEqual => "<=",
        CompareOp::Greater => ">",
        _ => ">=",
    };
    let (a, b) = (left.type_name(), right.type_name());
    type_error(format!(
        "'{symbol}' not supported between instances of '{a}' and '{b}'"
    ))
}

pub(crate) fn check_hashable(meter: &mut Meter, value: &Value) -> Outcome<()> {
    match value {
        Value::Tuple(_) => hash(meter, value).map(drop),
        Value::View(view) if view.side == Side::Values => Ok(()),
        Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::View(_) => {
            Err(mistyped("unhashable type: '{}'", value))
        }
        _ => Ok(()),
    }
}

pub(crate) fn hash_text(text: &str) -> u64 {
    Quick::default().hash_one(text)
}

pub(crate) fn hash(meter: &mut Meter, value: &Value) -> Outcome<u64> {
    match value {
        Value::Str(text) => {
            meter.scan(text.len())?;
            Ok(hash_text(text))
        }
        Value::Tuple(tuple) => {
            meter.enter()?;
            let result = hash_items(meter, &tuple.items);
            meter.leave();
            result
        }
        _ => {
            check_hashable(meter, value)?;
            Ok(hash_simple(value))
        }
    }
}

fn hash_items(meter: &mut Meter, items: &[Value]) -> Outcome<u64> {
    let mut hasher = Quick::default().build_hasher();
    for item in items {
        meter.step()?;
        hasher.write_u64(hash(meter, item)?);
    }
    Ok(hasher.finish())
}

/// Values without parts; objects without an equality of their own hash by their type alone, they are rare as keys.
fn hash_simple(value: &Value) -> u64 {
    let mut hasher = Quick::default().build_hasher();
    match number(value) {
        Some(Number::Int(number)) => number.hash(&mut hasher),
        Some(Number::Float(number)) if number.fract() == 0.0 && number.abs() < 9.2e18 => {
            (number as i64).hash(&mut hasher);
        }
        Some(Number::Float(number)) => number.to_bits().hash(&mut hasher),
        None => value.type_name().hash(&mut hasher),
    }
    hasher.finish()
}
