//! The functions and types that are there without being defined.

use std::rc::Rc;

use crate::format::{numbers, repr};
use crate::library::{collections, convert, methods, order};
use crate::names::Kind;
use crate::run::{Machine, arithmetic, iters};
use crate::value::Code::Function;
use crate::value::args::whole;
use crate::value::attributes::is_instance;
use crate::value::index::{self, attribute, no_attribute};
use crate::value::tree::BinaryOp;
use crate::value::{
    Entries, Given, Iter, Join, Native, Outcome, Range, Str, Table, Value, mistyped, type_error,
    value_error,
};
use crate::{Level, LogLine};

pub(super) static FUNCTIONS: [Native; 16] = [
    Native::new("abs", 1, &["/"], Function(convert::absolute)),
    Native::new("all", 1, &["/"], Function(any_or_all)),
    Native::new("any", 1, &["/"], Function(any_or_all)),
    Native::new("chr", 1, &["/"], Function(chr)),
    Native::new("getattr", 2, &["/", "/", "/"], Function(get_attribute)),
    Native::new("hasattr", 2, &["/", "/"], Function(has_attribute)),
    Native::new("isinstance", 2, &["/", "/"], Function(isinstance)),
    Native::new("len", 1, &["/"], Function(len)),
    Native::new("max", 1, COMPARED, Function(order::extreme)),
    Native::new("min", 1, COMPARED, Function(order::extreme)),
    Native::new("ord", 1, &["/"], Function(ord)),
    Native::new("print", 0, PRINTED, Function(print)),
    Native::new("repr", 1, &["/"], Function(represent)),
    Native::new("round", 1, &["number", "ndigits"], Function(convert::round)),
    Native::new("sorted", 1, &["/", "=key", "=reverse"], Function(sorted)),
    Native::new("sum", 1, &["/", "start"], Function(sum)),
];

/// What makes values of a type, by its name.
pub(super) static TYPES: [Native; 14] = [
    Native::new("bool", 0, &["/"], Function(bool)),
    Native::new("dict", 0, &["/", "**"], Function(dict)),
    Native::new("enumerate", 1, &["iterable", "start"], Function(enumerate)),
    Native::new("filter", 2, &["/", "/"], Function(filter)),
    Native::new("float", 0, &["/"], Function(convert::float)),
    Native::new("int", 0, &["/", "base"], Function(convert::int)),
    Native::new("list", 0, &["/"], Function(list)),
    Native::new("map", 0, &["*"], Function(map)),
    Native::new("range", 1, &["/", "/", "/"], Function(range)),
    Native::new("reversed", 1, &["/"], Function(reversed)),
    Native::new("set", 0, &["/"], Function(set)),
    Native::new("str", 0, &["object"], Function(str)),
    Native::new("tuple", 0, &["/"], Function(tuple)),
    Native::new("zip", 0, &["*", "=strict"], Function(zip)),
];

const COMPARED: &[&str] = &["*", "=key", "=default"];
/// What it gives is a line of the log, whatever the end.
const PRINTED: &[&str] = &["*", "=sep", "=end", "=flush"];

fn any_or_all(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let wanted = given.name == "any";
    let mut iter = Iter::over(&given.value(0))?;
    while let Some(item) = machine.advance(&mut iter)? {
        if item.truth() == wanted {
            return Ok(Value::Bool(wanted));
        }
    }
    Ok(Value::Bool(!wanted))
}

fn chr(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let code = whole(&given.value(0))?;
    let beyond = match i32::try_from(code) {
        Ok(_) => Kind::ValueError,
        Err(_) => Kind::OverflowError,
    };
    numbers::character(code, beyond).map(Value::from)
}

fn get_attribute(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (object, name) = (given.value(0), given.text(1)?);
    let found = match given.take(2) {
        Some(default) => own_attribute(&object, &name)?.or(Some(default)),
        None => attribute(&object, &name, &methods(&name), &Default::default())?,
    };
    found.ok_or_else(|| no_attribute(&object, &name))
}

fn has_attribute(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let found = own_attribute(&given.value(0), &given.text(1)?)?;
    Ok(Value::Bool(found.is_some()))
}

/// What an object really has, for `hasattr`, and for `getattr` with a default.
fn own_attribute(base: &Value, name: &str) -> Outcome<Option<Value>> {
    match base {
        Value::Object(object) => Ok(object.attribute(name, &Default::default()).cloned()),
        _ => attribute(base, name, &methods(name), &Default::default()),
    }
}

fn isinstance(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    is_one_of(machine, &given.value(0), &given.value(1)).map(Value::Bool)
}

fn is_one_of(machine: &mut Machine<'_>, value: &Value, kinds: &Value) -> Outcome<bool> {
    let Value::Tuple(several) = kinds else {
        let message = "isinstance() arg 2 must be a type, a tuple of types, or a union";
        return is_instance(value, kinds).ok_or_else(|| type_error(message));
    };
    machine.nested(|machine| {
        for kind in &several.items {
            if is_one_of(machine, value, kind)? {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

fn len(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let value = given.value(0);
    let length = match &value {
        Value::Str(text) => index::length(&mut machine.meter, text)?,
        Value::List(list) => list.items.borrow().len(),
        Value::Tuple(tuple) => tuple.items.len(),
        Value::Dict(entries) | Value::Set(entries) => entries.len(),
        Value::View(view) => view.dict.len(),
        Value::Range(range) => range.len(),
        _ => return Err(mistyped("object of type '{}' has no len()", &value)),
    };
    let length = i64::try_from(length).map(Value::Int);
    length.map_err(|_| numbers::overflow())
}

fn ord(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let value = given.value(0);
    let c = value.as_char();
    let c = c.ok_or_else(|| mistyped("ord() expected a character, but {} found", &value))?;
    Ok(Value::Int(i64::from(u32::from(c))))
}

fn print(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let values = std::mem::take(&mut given.rest);
    let separator = match given.unless_none(0) {
        None => Str::from(" "),
        Some(Value::Str(separator)) => separator,
        Some(other) => return Err(mistyped("sep must be None or a string, not {}", &other)),
    };
    let mut line = String::new();
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            line.push_str(&separator);
        }
        let text = repr::text(&mut machine.meter, value)?;
        machine.meter.make(text.len() + separator.len())?;
        line.push_str(&text);
    }
    machine.write_log(&LogLine {
        level: Level::Info,
        logger: None,
        text: &line,
    })
}

fn represent(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    repr::repr(&mut machine.meter, &given.value(0)).map(Value::from)
}

fn sorted(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let items = machine.collect(&given.value(0))?;
    let (key, is_reverse) = (given.unless_none(1), given.flag(2)?);
    machine.sort(items, key, is_reverse).map(Value::list)
}

fn sum(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (iterable, start) = (given.value(0), given.take(1));
    let mut total = start.unwrap_or(Value::Int(0));
    if let Value::Str(_) = total {
        let message = "sum() can't sum strings [use ''.join(seq) instead]";
        return Err(type_error(message));
    }
    machine.each(&iterable, |machine, item| {
        total = arithmetic::binary(&mut machine.meter, BinaryOp::Add, &total, &item)?;
        Ok(())
    })?;
    Ok(total)
}

fn bool(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    Ok(Value::Bool(given.value(0).truth()))
}

fn dict(machine: &mut Machine<'_>, given: Given<'_>) -> Outcome {
    let made = Entries::new(Table::default(), false);
    collections::update(machine, &made, given)?;
    Ok(Value::Dict(made))
}

fn list(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let items = given.take(0).map(|iterable| machine.collect(&iterable));
    Ok(Value::list(items.transpose()?.unwrap_or_default()))
}

fn set(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let elements = given.take(0).map(|iterable| machine.elements(&iterable));
    Ok(Value::new_set(elements.transpose()?.unwrap_or_default()))
}

fn str(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let value = given.take(0).unwrap_or_else(|| Value::from(""));
    repr::text(&mut machine.meter, &value).map(Value::Str)
}

fn tuple(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    match given.take(0) {
        None => Ok(Value::tuple(Vec::new())),
        Some(same @ Value::Tuple(_)) => Ok(same),
        Some(iterable) => machine.collect(&iterable).map(Value::tuple),
    }
}

fn range(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let (first, second) = (given.whole(0)?.unwrap_or(0), given.whole(1)?);
    let step = given.whole(2)?.unwrap_or(1);
    let (start, stop) = match second {
        Some(stop) => (first, stop),
        None => (0, first),
    };
    if step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Rc::new(Range { start, stop, step })))
}

fn enumerate(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let inner = iters(&[given.value(0)])?;
    let join = Join::Enumerate(given.whole(1)?.unwrap_or(0));
    Ok(Value::iterator("enumerate", Iter::Joined(join, inner)))
}

fn filter(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let join = Join::Filter(given.value(0));
    let state = Iter::Joined(join, iters(&[given.value(1)])?);
    Ok(Value::iterator("filter", state))
}

fn map(_: &mut Machine<'_>, given: Given<'_>) -> Outcome {
    match given.rest.split_first() {
        Some((function, rest)) if !rest.is_empty() => {
            let state = Iter::Joined(Join::Map(function.clone()), iters(rest)?);
            Ok(Value::iterator("map", state))
        }
        _ => Err(type_error("map() must have at least two arguments.")),
    }
}

fn zip(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let inner = iters(given.rest)?;
    let is_strict = given.value(0).truth();
    let state = Iter::Joined(Join::Zip { is_strict }, inner);
    Ok(Value::iterator("zip", state))
}

fn reversed(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let value = given.value(0);
    let state = match &value {
        Value::List(list) => Iter::Back(Rc::clone(list), list.items.borrow().len()),
        Value::Dict(_) | Value::View(_) | Value::Range(_) | Value::Str(_) | Value::Tuple(_) => {
            // The last item of a stack comes first.
            Iter::Stack(machine.collect(&value)?)
        }
        _ => return Err(mistyped("'{}' object is not reversible", &value)),
    };
    Ok(Value::iterator("reversed", state))
}
