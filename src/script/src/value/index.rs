//! Indexes, slices and attributes: reading, setting and deleting parts of values.

use std::cell::Cell;
use std::rc::Rc;

use crate::names::Kind;
use crate::value::args::position;
use crate::value::ops::{Number, number};
use crate::value::{
    Bound, Meter, Missing, Native, Outcome, Raised, Range, Stop, Str, Value, attributes, mistyped,
    type_error, value_error,
};

pub(crate) fn key_error(key: Value) -> Stop {
    Stop::Raised(Raised::new(Kind::KeyError, vec![key]))
}

fn out_of_range(what: &str) -> Stop {
    Stop::raise(Kind::IndexError, format!("{what} index out of range"))
}

fn no_index(base: &Value) -> Stop {
    if let Value::Type(_) | Value::ExceptionType(_) = base {
        return Stop::outside("a type with an index");
    }
    mistyped("'{}' object is not subscriptable", base)
}

/// `base[index]`
pub(crate) fn get(meter: &mut Meter, base: &Value, index: &Value) -> Outcome {
    match base {
        Value::Dict(dict) => {
            let found = dict.table.borrow().get(meter, index)?.cloned();
            found.ok_or_else(|| key_error(index.clone()))
        }
        Value::List(list) => item(&list.items.borrow(), index, "list"),
        Value::Tuple(tuple) => item(&tuple.items, index, "tuple"),
        Value::Range(range) => match place(index, range.len(), "range")? {
            at if at < range.len() => Ok(Value::Int(range.at(at))),
            _ => Err(out_of_range("range object")),
        },
        Value::Str(text) => character(meter, text, index),
        Value::Match(found) => found.group(index),
        _ => Err(no_index(base)),
    }
}

fn item(items: &[Value], index: &Value, what: &str) -> Outcome {
    let found = items.get(place(index, items.len(), what)?);
    found.cloned().ok_or_else(|| out_of_range(what))
}

/// A position from the start; one that is out of range stays so.
fn place(index: &Value, length: usize, what: &str) -> Outcome<usize> {
    let Some(Number::Int(at)) = number(index) else {
        let message = format!("{what} indices must be integers or slices, not {{}}");
        return Err(mistyped(&message, index));
    };
    Ok(usize::try_from(from_start(at, length)).unwrap_or(usize::MAX))
}

/// A position of which a negative one counts from the end.
pub(crate) fn from_start(at: i64, length: usize) -> i64 {
    if at < 0 {
        at.saturating_add(length as i64)
    } else {
        at
    }
}

fn character(meter: &mut Meter, text: &str, index: &Value) -> Outcome {
    let length = length(meter, text)?;
    let at = place(index, length, "string")?;
    let found = if length == text.len() {
        text.as_bytes().get(at).map(|byte| char::from(*byte))
    } else {
        text.chars().nth(at)
    };
    let found = found.map(Value::from);
    found.ok_or_else(|| out_of_range("string"))
}

/// The number of characters, which is that of bytes if all are of ASCII.
pub(crate) fn length(meter: &mut Meter, text: &str) -> Outcome<usize> {
    meter.steps(text.len() / 256)?;
    if text.is_ascii() {
        return Ok(text.len());
    }
    meter.scan(text.len())?;
    Ok(text.chars().count())
}

/// `base[start:stop:step]`
pub(crate) fn slice(meter: &mut Meter, base: &Value, parts: [Value; 3]) -> Outcome {
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
        Value::Match(_) => Err(Stop::outside("a slice of a match")),
        _ => Err(no_index(base)),
    }
}

fn pick(meter: &mut Meter, items: &[Value], parts: &[Value; 3]) -> Outcome<Vec<Value>> {
    let (start, step, count) = bounds(parts, items.len())?;
    meter.make_items(count)?;
    let positions = (0..count).map(|nth| start + step.wrapping_mul(nth as i64));
    let picked = positions.filter_map(|at| items.get(usize::try_from(at).ok()?).cloned());
    Ok(picked.collect())
}

fn slice_text(meter: &mut Meter, text: &Str, parts: &[Value; 3]) -> Outcome {
    let length = length(meter, text)?;
    let (start, step, count) = bounds(parts, length)?;
    if step == 1 && count == length {
        return Ok(Value::Str(text.clone()));
    }
    if step == 1 && length == text.len() {
        meter.make(count)?;
        let start = usize::try_from(start).unwrap_or(0);
        let part = text.get(start..start + count);
        return Ok(Value::from(part.unwrap_or_default()));
    }
    meter.make(text.len() * 4)?;
    let chars: Vec<char> = text.chars().collect();
    let positions = (0..count).map(|nth| start + step.wrapping_mul(nth as i64));
    let picked = positions.filter_map(|at| chars.get(usize::try_from(at).ok()?));
    Ok(Value::from(picked.collect::<String>()))
}

/// First position, step and number of items.
fn bounds(parts: &[Value; 3], length: usize) -> Outcome<(i64, i64, usize)> {
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
fn ends(parts: &[Value; 3], length: usize) -> Outcome<(i64, i64, i64)> {
    let [start, stop, step] = parts;
    let last = length as i64;
    let step = if step.is_none() { 1 } else { position(step)? };
    let (low, high) = match step {
        0 => return Err(value_error("slice step cannot be zero")),
        1.. => (0, last),
        _ => (-1, last - 1),
    };
    let clamp = |value: &Value, default: i64| {
        if value.is_none() {
            return Ok(default);
        }
        Ok(from_start(position(value)?, length).clamp(low, high))
    };
    let (first, end) = if step > 0 { (low, high) } else { (high, low) };
    Ok((clamp(start, first)?, clamp(stop, end)?, step))
}

/// Where `slice.indices` begins and ends, for `find`, `index` and `count` with bounds.
pub(crate) fn span(
    start: Option<Value>,
    stop: Option<Value>,
    length: usize,
) -> Outcome<(usize, usize)> {
    let clamp = |value: Option<Value>, default: usize| match value {
        None => Ok(default),
        Some(value) => {
            let at = from_start(position(&value)?, length).max(0);
            Ok(usize::try_from(at).unwrap_or(usize::MAX))
        }
    };
    let stop = clamp(stop, length)?.min(length);
    Ok((clamp(start, 0)?, stop))
}

/// `base[index] = value`
pub(crate) fn set(meter: &mut Meter, base: &Value, index: &Value, value: Value) -> Outcome<()> {
    match base {
        Value::Dict(dict) => {
            let mut table = dict.table.borrow_mut();
            table.set(meter, index.clone(), value).map(drop)
        }
        Value::List(list) => {
            let mut items = list.items.borrow_mut();
            let at = place(index, items.len(), "list")?;
            let item = items.get_mut(at);
            let item = item.ok_or_else(|| out_of_range("list assignment"))?;
            let old = std::mem::replace(item, value);
            drop(items);
            drop(old);
            Ok(())
        }
        _ => {
            let message = "'{}' object does not support item assignment";
            Err(mistyped(message, base))
        }
    }
}

/// `del base[index]`
pub(crate) fn delete(meter: &mut Meter, base: &Value, index: &Value) -> Outcome<()> {
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
        _ => Err(mistyped("'{}' object doesn't support item deletion", base)),
    }
}

/// The attribute of a value, or None where it has none; methods, of which `methods` are those with this name, become
/// values.
pub(crate) fn attribute(
    base: &Value,
    name: &str,
    methods: &[&'static Native],
    hint: &Cell<u32>,
) -> Outcome<Option<Value>> {
    if let Value::Object(object) = base {
        let found = object.attribute(name, hint).cloned();
        return Ok(found.or_else(|| (object.missing() == Missing::None).then_some(Value::None)));
    }
    if let Some(value) = attributes::plain_value(base, name) {
        return Ok(Some(value));
    }
    if let Value::Type(kind) = base
        && let Some(method) = methods.iter().find(|method| method.is_of_type(kind.name))
    {
        return Ok(Some(Value::Unbound(kind, method)));
    }
    if let Some(method) = methods.iter().find(|method| method.is_of(base)) {
        let receiver = base.clone();
        return Ok(Some(Value::Bound(Rc::new(Bound { receiver, method }))));
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

/// The attribute of a value that is no method, as a field of a format may name it.
pub(crate) fn plain_attribute(base: &Value, name: &str) -> Outcome {
    match attribute(base, name, &[], &Cell::new(0))? {
        _ if name.starts_with("__") => Err(Stop::outside(format!("attribute '{name}'"))),
        Some(value) => Ok(value),
        None if matches!(base, Value::Object(_)) => Err(no_attribute(base, name)),
        None => Err(Stop::outside(format!("attribute '{name}' in a format"))),
    }
}

pub(crate) fn no_attribute(base: &Value, name: &str) -> Stop {
    let owner = match base {
        Value::Type(kind) => format!("type object '{}'", kind.name),
        Value::Re => "module 're'".to_owned(),
        Value::Logging => "module 'logging'".to_owned(),
        _ => format!("'{}' object", base.type_name()),
    };
    let message = format!("{owner} has no attribute '{name}'");
    Stop::raise(Kind::AttributeError, message)
}
