//! Indexes, slices and plain attributes: reading, setting and deleting parts of values.

use std::cell::Cell;
use std::rc::Rc;

use crate::names::{Kind, Method, methods};
use crate::value::args::{position, whole};
use crate::value::ops::Number;
use crate::value::{
    Bound, Meter, Missing, Raised, Range, Stop, Str, Value, attributes, object_error, ops,
    type_error, value_error,
};

pub(crate) fn key_error(key: Value) -> Stop {
    Stop::Raised(Raised::new(Kind::KeyError, Value::tuple(vec![key])))
}

fn out_of_range(what: &str) -> Stop {
    Stop::raise(Kind::IndexError, format!("{what} index out of range"))
}

fn no_index(base: &Value) -> Stop {
    if matches!(base, Value::Type(_)) {
        return Stop::outside("a type with an index");
    }
    object_error(base, "is not subscriptable")
}

/// `base[index]`
pub(crate) fn get(meter: &mut Meter, base: &Value, index: &Value) -> Result<Value, Stop> {
    match base {
        Value::Dict(dict) => {
            let found = dict.table.borrow().get(meter, index)?.cloned();
            match found {
                Some(value) => Ok(value),
                None => {
                    ops::check_hashable(meter, index)?;
                    Err(key_error(index.clone()))
                }
            }
        }
        Value::List(list) => {
            let items = list.items.borrow();
            let at = place(index, items.len(), "list")?;
            items.get(at).cloned().ok_or_else(|| out_of_range("list"))
        }
        Value::Tuple(tuple) => {
            let at = place(index, tuple.items.len(), "tuple")?;
            tuple
                .items
                .get(at)
                .cloned()
                .ok_or_else(|| out_of_range("tuple"))
        }
        Value::Range(range) => match place(index, range.len(), "range")? {
            at if at < range.len() => Ok(Value::Int(range.at(at))),
            _ => Err(out_of_range("range object")),
        },
        Value::Str(text) => character(meter, text, index),
        Value::Match(found) => found.group(index),
        _ => Err(no_index(base)),
    }
}

/// A position from the start; one that is out of range stays so.
fn place(index: &Value, length: usize, what: &str) -> Result<usize, Stop> {
    let Some(Number::Int(index_number)) = ops::number(index) else {
        let name = index.type_name();
        return Err(type_error(format!(
            "{what} indices must be integers or slices, not {name}"
        )));
    };
    let at = if index_number < 0 {
        index_number.saturating_add(length as i64)
    } else {
        index_number
    };
    Ok(usize::try_from(at).unwrap_or(usize::MAX))
}

fn character(meter: &mut Meter, text: &str, index: &Value) -> Result<Value, Stop> {
    meter.steps(text.len() / 256)?;
    if text.is_ascii() {
        let at = place(index, text.len(), "string")?;
        let found = text
            .get(at..at.saturating_add(1))
            .filter(|found| !found.is_empty());
        return found.map(Value::from).ok_or_else(|| out_of_range("string"));
    }
    meter.scan(text.len())?;
    let at = place(index, text.chars().count(), "string")?;
    let found = text.chars().nth(at).ok_or_else(|| out_of_range("string"))?;
    Ok(Value::from(&*found.encode_utf8(&mut [0; 4])))
}

/// `base[start:stop:step]`
pub(crate) fn slice(meter: &mut Meter, base: &Value, parts: [Value; 3]) -> Result<Value, Stop> {
    match base {
        Value::List(list) => {
            let items = list.items.borrow();
            pick(meter, &items, &parts).map(Value::list)
        }
        Value::Tuple(tuple) => pick(meter, &tuple.items, &parts).map(Value::tuple),
        Value::Str(text) => slice_text(meter, text, &parts),
        Value::Range(range) => {
            let (start, stop, step) = ends(&parts, range.len())?;
            let at = |nth: i64| range.start.wrapping_add(range.step.wrapping_mul(nth));
            let sliced = Range {
                start: at(start),
                stop: at(stop),
                step: range.step.wrapping_mul(step),
            };
            Ok(Value::Range(Rc::new(sliced)))
        }
        Value::Dict(_) => Err(type_error("unhashable type: 'slice'")),
        Value::Match(found) if found.has_names() => Err(type_error("unhashable type: 'slice'")),
        Value::Match(_) => Err(Stop::raise(Kind::IndexError, "no such group")),
        _ => Err(no_index(base)),
    }
}

fn pick(meter: &mut Meter, items: &[Value], parts: &[Value; 3]) -> Result<Vec<Value>, Stop> {
    let (start, step, count) = bounds(parts, items.len())?;
    meter.make_items(count)?;
    let at =
        |nth: usize| usize::try_from(start + step.wrapping_mul(nth as i64)).unwrap_or(usize::MAX);
    Ok((0..count)
        .filter_map(|nth| items.get(at(nth)).cloned())
        .collect())
}

fn slice_text(meter: &mut Meter, text: &Str, parts: &[Value; 3]) -> Result<Value, Stop> {
    meter.steps(text.len() / 256)?;
    if !text.is_ascii() {
        meter.make(text.len() * 4)?;
        let chars: Vec<char> = text.chars().collect();
        let (start, step, count) = bounds(parts, chars.len())?;
        let at = |nth: usize| {
            usize::try_from(start + step.wrapping_mul(nth as i64)).unwrap_or(usize::MAX)
        };
        let picked: String = (0..count).filter_map(|nth| chars.get(at(nth))).collect();
        return Ok(Value::from(picked));
    }
    let (start, step, count) = bounds(parts, text.len())?;
    meter.make(count)?;
    if count == text.len() && step == 1 {
        return Ok(Value::Str(text.clone()));
    }
    if step == 1 {
        let start = usize::try_from(start).unwrap_or(0);
        return Ok(Value::from(
            text.get(start..start + count).unwrap_or_default(),
        ));
    }
    let bytes = text.as_bytes();
    let at =
        |nth: usize| usize::try_from(start + step.wrapping_mul(nth as i64)).unwrap_or(usize::MAX);
    let picked: String = (0..count)
        .filter_map(|nth| bytes.get(at(nth)))
        .map(|byte| char::from(*byte))
        .collect();
    Ok(Value::from(picked))
}

/// First position, step and number of items.
fn bounds(parts: &[Value; 3], length: usize) -> Result<(i64, i64, usize), Stop> {
    let (start, stop, step) = ends(parts, length)?;
    let span = if step > 0 { stop - start } else { start - stop };
    let count = if span <= 0 {
        0
    } else {
        (span - 1) / step.saturating_abs() + 1
    };
    Ok((start, step, usize::try_from(count).unwrap_or(0)))
}

/// Start, stop and step, as `slice.indices` gives them.
fn ends(parts: &[Value; 3], length: usize) -> Result<(i64, i64, i64), Stop> {
    let [start, stop, step] = parts;
    let length = length as i64;
    let step = if step.is_none() { 1 } else { position(step)? };
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let (low, high) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let clamp = |value: &Value, default: i64| -> Result<i64, Stop> {
        if value.is_none() {
            return Ok(default);
        }
        let at = position(value)?;
        let at = if at < 0 {
            at.saturating_add(length)
        } else {
            at
        };
        Ok(at.clamp(low, high))
    };
    let start = clamp(start, if step > 0 { low } else { high })?;
    let stop = clamp(stop, if step > 0 { high } else { low })?;
    Ok((start, stop, step))
}

/// Where `slice.indices` begins and ends, for `find`, `index` and `count` with bounds.
pub(crate) fn span(
    start: Option<&Value>,
    stop: Option<&Value>,
    length: usize,
) -> Result<(usize, usize), Stop> {
    let clamp = |value: Option<&Value>, default: usize| match value {
        None | Some(Value::None) => Ok(default),
        Some(value) => {
            let at = position(value)?;
            let at = if at < 0 {
                at.saturating_add(length as i64).max(0)
            } else {
                at
            };
            Ok(usize::try_from(at).unwrap_or(usize::MAX))
        }
    };
    let stop = clamp(stop, length)?.min(length);
    Ok((clamp(start, 0)?, stop))
}

/// `base[index] = value`
pub(crate) fn set(
    meter: &mut Meter,
    base: &Value,
    index: &Value,
    value: Value,
) -> Result<(), Stop> {
    match base {
        Value::Dict(dict) => dict
            .table
            .borrow_mut()
            .set(meter, index.clone(), value)
            .map(drop),
        Value::List(list) => {
            let mut items = list.items.borrow_mut();
            let at = place(index, items.len(), "list")?;
            let item = items
                .get_mut(at)
                .ok_or_else(|| out_of_range("list assignment"))?;
            let old = std::mem::replace(item, value);
            drop(items);
            drop(old);
            Ok(())
        }
        _ => Err(object_error(base, "does not support item assignment")),
    }
}

/// `del base[index]`
pub(crate) fn delete(meter: &mut Meter, base: &Value, index: &Value) -> Result<(), Stop> {
    match base {
        Value::Dict(dict) => {
            let gone = dict.table.borrow_mut().remove(meter, index)?;
            gone.map(drop).ok_or_else(|| key_error(index.clone()))
        }
        Value::List(list) => {
            let mut items = list.items.borrow_mut();
            let at = place(index, items.len(), "list")?;
            if at >= items.len() {
                return Err(out_of_range("list assignment"));
            }
            meter.steps((items.len() - at) / 16)?;
            let gone = items.remove(at);
            drop(items);
            drop(gone);
            Ok(())
        }
        _ => Err(object_error(base, "doesn't support item deletion")),
    }
}

/// The attribute of a value, or None where it has none; methods become values.
pub(crate) fn attribute(
    base: &Value,
    name: &str,
    method: Option<Method>,
    hint: &Cell<u32>,
) -> Result<Option<Value>, Stop> {
    if let Value::Object(object) = base {
        let found = object.attribute(name, hint).cloned();
        return Ok(found.or_else(|| (object.missing() == Missing::None).then_some(Value::None)));
    }
    if let Some(value) = attributes::plain_value(base, name) {
        return Ok(Some(value));
    }
    if let Some(method) = method {
        if let Value::Type(kind) = base
            && methods::has(methods::owner(*kind), method)
        {
            return Ok(Some(Value::Unbound(*kind, method)));
        }
        if let Some(method) = attributes::of(base, method) {
            let bound = Bound {
                receiver: base.clone(),
                method,
            };
            return Ok(Some(Value::Bound(Rc::new(bound))));
        }
    }
    if let Value::Dict(dict) = base
        && dict.by_attribute
        && let Some(value) = dict.table.borrow().text(name)
    {
        return Ok(Some(value.clone()));
    }
    if attributes::is_pythons_own(base, name) {
        Err(Stop::outside(format!("attribute '{name}'")))
    } else {
        Ok(None)
    }
}

/// Whether the object really has it: `hasattr`, and `getattr` with a default.
pub(crate) fn own_attribute(base: &Value, name: &str) -> Result<Option<Value>, Stop> {
    match base {
        Value::Object(object) => Ok(object.attribute(name, &Cell::new(0)).cloned()),
        _ => attribute(base, name, Method::named(name), &Cell::new(0)),
    }
}

/// An attribute in the path of a format field: data only.
pub(crate) fn plain_attribute(base: &Value, name: &str) -> Result<Value, Stop> {
    if name.starts_with("__") {
        return Err(no_attribute(base, name));
    }
    match attribute(base, name, Method::named(name), &Cell::new(0))? {
        Some(Value::Bound(_) | Value::Unbound(..)) => {
            Err(Stop::outside("a method in a format field"))
        }
        Some(value) => Ok(value),
        None => Err(no_attribute(base, name)),
    }
}

pub(crate) fn no_attribute(base: &Value, name: &str) -> Stop {
    let owner = match base {
        Value::Type(kind) => format!("type object '{}'", kind.name()),
        Value::Re => "module 're'".to_owned(),
        Value::Logging => "module 'logging'".to_owned(),
        _ => format!("'{}' object", base.type_name()),
    };
    Stop::raise(
        Kind::AttributeError,
        format!("{owner} has no attribute '{name}'"),
    )
}

/// A count that may be negative, for `insert` and `pop`.
pub(crate) fn list_position(value: &Value, length: usize) -> Result<Option<usize>, Stop> {
    let at = whole(value)?;
    let at = if at < 0 {
        at.saturating_add(length as i64)
    } else {
        at
    };
    Ok(usize::try_from(at).ok())
}
