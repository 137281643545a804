//! The methods of list, tuple and dict.

use std::mem::take;
use std::rc::Rc;

use crate::names::Kind;
use crate::run::Machine;
use crate::value::Code::{Dict, List as OfList, Sequence};
use crate::value::index::{from_start, key_error, span};
use crate::value::{
    Entries, Given, List, Native, Outcome, Side, Stop, Value, View, bury, ops, value_error,
};

pub(super) const METHODS: &[Native] = &[
    Native::new("count", 1, &["/"], Sequence(count)),
    Native::new("index", 1, &["/", "/", "/"], Sequence(index)),
    Native::new("append", 1, &["/"], OfList(append)),
    Native::new("clear", 0, &[], OfList(clear_list)),
    Native::new("copy", 0, &[], OfList(copy_list)),
    Native::new("extend", 1, &["/"], OfList(extend)),
    Native::new("insert", 2, &["/", "/"], OfList(insert)),
    Native::new("pop", 0, &["/"], OfList(pop_from_list)),
    Native::new("remove", 1, &["/"], OfList(remove)),
    Native::new("reverse", 0, &[], OfList(reverse)),
    Native::new("sort", 0, &["=key", "=reverse"], OfList(sort)),
    Native::new("clear", 0, &[], Dict(clear)),
    Native::new("copy", 0, &[], Dict(copy_dict)),
    Native::new("get", 1, &["/", "/"], Dict(get)),
    Native::new("items", 0, &[], Dict(view)),
    Native::new("keys", 0, &[], Dict(view)),
    Native::new("pop", 1, &["/", "/"], Dict(pop_from_dict)),
    Native::new("setdefault", 1, &["/", "/"], Dict(set_default)),
    Native::new("update", 0, &["/", "**"], Dict(update)),
    Native::new("values", 0, &[], Dict(view)),
];

fn count(machine: &mut Machine<'_>, items: &[Value], mut given: Given<'_>) -> Outcome {
    let item = given.value(0);
    let mut count = 0;
    for each in items {
        machine.meter.step()?;
        count += i64::from(ops::same(&mut machine.meter, each, &item)?);
    }
    Ok(Value::Int(count))
}

fn index(machine: &mut Machine<'_>, items: &[Value], mut given: Given<'_>) -> Outcome {
    let (item, start, stop) = (given.value(0), given.take(1), given.take(2));
    let (start, stop) = span(start, stop, items.len())?;
    let part = items.get(start..stop).unwrap_or_default();
    match machine.position_in(part, &item)? {
        Some(position) => Ok(Value::Int((start + position) as i64)),
        None => Err(value_error("index(x): x is not there")),
    }
}

fn append(machine: &mut Machine<'_>, list: &Rc<List>, mut given: Given<'_>) -> Outcome {
    let item = given.value(0);
    machine.meter.make_items(1)?;
    machine.kept.note(&Value::List(Rc::clone(list)), &item);
    list.items.borrow_mut().push(item);
    Ok(Value::None)
}

fn clear_list(_: &mut Machine<'_>, list: &Rc<List>, _: Given<'_>) -> Outcome {
    let gone = list.items.take();
    bury(gone);
    Ok(Value::None)
}

fn copy_list(machine: &mut Machine<'_>, list: &Rc<List>, _: Given<'_>) -> Outcome {
    let items = machine.collect(&Value::List(Rc::clone(list)));
    items.map(Value::list)
}

fn extend(machine: &mut Machine<'_>, list: &Rc<List>, mut given: Given<'_>) -> Outcome {
    let items = machine.collect(&given.value(0))?;
    machine.extend(list, items);
    Ok(Value::None)
}

fn insert(machine: &mut Machine<'_>, list: &Rc<List>, mut given: Given<'_>) -> Outcome {
    let (at, item) = (given.whole(0)?.unwrap_or(0), given.value(1));
    machine.kept.note(&Value::List(Rc::clone(list)), &item);
    let mut items = list.items.borrow_mut();
    machine.meter.make_items(1)?;
    let at = from_start(at, items.len()).clamp(0, items.len() as i64) as usize;
    machine.meter.steps((items.len() - at) / 16)?;
    items.insert(at, item);
    Ok(Value::None)
}

fn pop_from_list(machine: &mut Machine<'_>, list: &Rc<List>, mut given: Given<'_>) -> Outcome {
    let at = given.whole(0)?.unwrap_or(-1);
    let mut items = list.items.borrow_mut();
    let at = usize::try_from(from_start(at, items.len())).unwrap_or(usize::MAX);
    let message = match items.len() {
        0 => "pop from empty list",
        length if at >= length => "pop index out of range",
        length => {
            machine.meter.steps((length - at) / 16)?;
            return Ok(items.remove(at));
        }
    };
    Err(Stop::raise(Kind::IndexError, message))
}

fn remove(machine: &mut Machine<'_>, list: &Rc<List>, mut given: Given<'_>) -> Outcome {
    let at = machine.position_in(&list.items.borrow(), &given.value(0))?;
    let at = at.ok_or_else(|| value_error("list.remove(x): x not in list"))?;
    let gone = list.items.borrow_mut().remove(at);
    drop(gone);
    Ok(Value::None)
}

fn reverse(machine: &mut Machine<'_>, list: &Rc<List>, _: Given<'_>) -> Outcome {
    let mut items = list.items.borrow_mut();
    machine.meter.steps(items.len() / 16)?;
    items.reverse();
    Ok(Value::None)
}

fn sort(machine: &mut Machine<'_>, list: &Rc<List>, mut given: Given<'_>) -> Outcome {
    let (key, is_reverse) = (given.unless_none(0), given.flag(1)?);
    // As Python: the list is empty meanwhile, and must be so at the end.
    let items = list.items.take();
    let keep = items.clone();
    let sorted = machine.sort(items, key, is_reverse);
    let left = sorted.as_ref().map_or(keep, Vec::clone);
    let meddled = list.items.replace(left);
    sorted?;
    if meddled.is_empty() {
        Ok(Value::None)
    } else {
        Err(value_error("list modified during sort"))
    }
}

/// Of sets too.
pub(super) fn clear(_: &mut Machine<'_>, entries: &Rc<Entries>, _: Given<'_>) -> Outcome {
    let gone = entries.table.take();
    drop(gone);
    Ok(Value::None)
}

fn copy_dict(machine: &mut Machine<'_>, dict: &Rc<Entries>, _: Given<'_>) -> Outcome {
    let table = dict.table.borrow().copy(&mut machine.meter)?;
    Ok(Value::new_dict(table))
}

fn get(machine: &mut Machine<'_>, dict: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let table = dict.table.borrow();
    let found = table.get(&mut machine.meter, &given.value(0))?;
    Ok(found.cloned().unwrap_or_else(|| given.value(1)))
}

fn view(_: &mut Machine<'_>, dict: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let side = match given.name {
        "keys" => Side::Keys,
        "values" => Side::Values,
        _ => Side::Items,
    };
    let dict = Rc::clone(dict);
    Ok(Value::View(Rc::new(View { dict, side })))
}

fn pop_from_dict(machine: &mut Machine<'_>, dict: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let key = given.value(0);
    let gone = dict.table.borrow_mut().remove(&mut machine.meter, &key)?;
    let value = gone.map(|(_, value)| value).or_else(|| given.take(1));
    value.ok_or_else(|| key_error(key))
}

fn set_default(machine: &mut Machine<'_>, dict: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let (key, default) = (given.value(0), given.value(1));
    let found = dict.table.borrow().get(&mut machine.meter, &key)?.cloned();
    if let Some(value) = found {
        return Ok(value);
    }
    machine.set_entry(dict, key, default.clone())?;
    Ok(default)
}

/// Also what makes a dict.
pub(super) fn update(
    machine: &mut Machine<'_>,
    dict: &Rc<Entries>,
    mut given: Given<'_>,
) -> Outcome {
    // What is named is an entry, not the parameter.
    let named = take(&mut given.named);
    if let Some(other) = given.take(0) {
        machine.update_dict(dict, &other)?;
    }
    for (key, value) in named {
        machine.set_entry(dict, Value::Str(key.clone()), take(value))?;
    }
    Ok(Value::None)
}
