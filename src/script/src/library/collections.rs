//! The methods of list, tuple and dict.

use std::mem::take;
use std::rc::Rc;

use crate::format::repr;
use crate::names::Kind;
use crate::run::Machine;
use crate::value::Code::{Dict, List as OfList, Tuple as OfTuple};
use crate::value::args::whole;
use crate::value::index::{from_start, key_error, span};
use crate::value::{
    Entries, Given, List, Native, Outcome, Side, Stop, Tuple, Value, View, args, bury, ops,
    value_error,
};

pub(super) const METHODS: &[Native] = &[
    Native::new("append", 1, &["/"], OfList(append)),
    Native::new("clear", 0, &[], OfList(clear_list)),
    Native::new("copy", 0, &[], OfList(copy_list)),
    Native::new("count", 1, &["/"], OfList(count_in_list)),
    Native::new("extend", 1, &["/"], OfList(extend)),
    Native::new("index", 1, &["/", "/", "/"], OfList(index_in_list)),
    Native::new("insert", 2, &["/", "/"], OfList(insert)),
    Native::new("pop", 0, &["/"], OfList(pop_from_list)),
    Native::new("remove", 1, &["/"], OfList(remove)),
    Native::new("reverse", 0, &[], OfList(reverse)),
    Native::new("sort", 0, &["=key", "=reverse"], OfList(sort)),
    Native::new("count", 1, &["/"], OfTuple(count_in_tuple)),
    Native::new("index", 1, &["/", "/", "/"], OfTuple(index_in_tuple)),
    Native::new("clear", 0, &[], Dict(clear_dict)),
    Native::new("copy", 0, &[], Dict(copy_dict)),
    Native::new("get", 1, &["/", "/"], Dict(get)),
    Native::new("items", 0, &[], Dict(view)),
    Native::new("keys", 0, &[], Dict(view)),
    Native::new("pop", 1, &["/", "/"], Dict(pop_from_dict)),
    Native::new("setdefault", 1, &["/", "/"], Dict(set_default)),
    Native::new("update", 0, &["/", "**"], Dict(update)),
    Native::new("values", 0, &[], Dict(view)),
];

fn append(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let [item] = given.all();
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

fn extend(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let [iterable] = given.all();
    let items = machine.collect(&iterable)?;
    machine.extend(list, items);
    Ok(Value::None)
}

fn insert(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let [at, item] = given.all();
    machine.kept.note(&Value::List(Rc::clone(list)), &item);
    let mut items = list.items.borrow_mut();
    machine.meter.make_items(1)?;
    let at = from_start(whole(&at)?, items.len()).clamp(0, items.len() as i64) as usize;
    machine.meter.steps((items.len() - at) / 16)?;
    items.insert(at, item);
    Ok(Value::None)
}

fn pop_from_list(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let [at] = given.optional();
    let at = at.map_or(Ok(-1), |at| whole(&at))?;
    let mut items = list.items.borrow_mut();
    let found = usize::try_from(from_start(at, items.len())).ok();
    match found.filter(|found| *found < items.len()) {
        Some(found) => {
            machine.meter.steps((items.len() - found) / 16)?;
            Ok(items.remove(found))
        }
        None => Err(Stop::raise(
            Kind::IndexError,
            match items.len() {
                0 => "pop from empty list",
                _ => "pop index out of range",
            },
        )),
    }
}

fn remove(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let [item] = given.all();
    let at = position_in(machine, &list.items.borrow(), &item)?;
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

fn sort(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let [key, reverse] = given.optional();
    // As Python: the list is empty meanwhile, and must be so at the end.
    let items = list.items.take();
    let keep = items.clone();
    let sorted = machine.sort(items, key, reverse);
    let left = sorted.as_ref().map_or(keep, Vec::clone);
    let meddled = list.items.replace(left);
    sorted?;
    if meddled.is_empty() {
        Ok(Value::None)
    } else {
        Err(value_error("list modified during sort"))
    }
}

fn index_in_list(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    let items = list.items.borrow().clone();
    let (found, item) = index_in(machine, &items, given)?;
    match found {
        Some(position) => Ok(Value::Int(position as i64)),
        None => {
            let shown = repr::repr(&mut machine.meter, &item)?;
            Err(value_error(format!("{shown} is not in list")))
        }
    }
}

fn index_in_tuple(machine: &mut Machine<'_>, tuple: &Rc<Tuple>, given: Given<'_>) -> Outcome {
    let (found, _) = index_in(machine, &tuple.items, given)?;
    let found = found.map(|position| Value::Int(position as i64));
    found.ok_or_else(|| value_error("tuple.index(x): x not in tuple"))
}

/// The position of the item, and the item.
fn index_in(
    machine: &mut Machine<'_>,
    items: &[Value],
    given: Given<'_>,
) -> Outcome<(Option<usize>, Value)> {
    let [item, start, stop] = given.optional();
    let item = item.unwrap_or_default();
    for bound in [&start, &stop].into_iter().flatten() {
        args::position(bound)?;
    }
    let (start, stop) = span(start.as_ref(), stop.as_ref(), items.len())?;
    let part = items.get(start..stop).unwrap_or_default();
    let found = position_in(machine, part, &item)?;
    Ok((found.map(|position| start + position), item))
}

fn position_in(machine: &mut Machine<'_>, items: &[Value], item: &Value) -> Outcome<Option<usize>> {
    for (position, each) in items.iter().enumerate() {
        machine.meter.step()?;
        if ops::same(&mut machine.meter, each, item)? {
            return Ok(Some(position));
        }
    }
    Ok(None)
}

fn count_in_list(machine: &mut Machine<'_>, list: &Rc<List>, given: Given<'_>) -> Outcome {
    count_in(machine, &list.items.borrow(), given)
}

fn count_in_tuple(machine: &mut Machine<'_>, tuple: &Rc<Tuple>, given: Given<'_>) -> Outcome {
    count_in(machine, &tuple.items, given)
}

fn count_in(machine: &mut Machine<'_>, items: &[Value], given: Given<'_>) -> Outcome {
    let [item] = given.all();
    let mut count = 0;
    for each in items {
        machine.meter.step()?;
        count += i64::from(ops::same(&mut machine.meter, each, &item)?);
    }
    Ok(Value::Int(count))
}

fn clear_dict(_: &mut Machine<'_>, dict: &Rc<Entries>, _: Given<'_>) -> Outcome {
    let gone = dict.table.take();
    drop(gone);
    Ok(Value::None)
}

fn copy_dict(machine: &mut Machine<'_>, dict: &Rc<Entries>, _: Given<'_>) -> Outcome {
    let table = dict.table.borrow().copy(&mut machine.meter)?;
    Ok(Value::new_dict(table))
}

fn get(machine: &mut Machine<'_>, dict: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [key, default] = given.optional();
    let table = dict.table.borrow();
    let found = table.get(&mut machine.meter, &key.unwrap_or_default())?;
    Ok(found.cloned().or(default).unwrap_or_default())
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

fn pop_from_dict(machine: &mut Machine<'_>, dict: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [key, default] = given.optional();
    let key = key.unwrap_or_default();
    let gone = dict.table.borrow_mut().remove(&mut machine.meter, &key)?;
    let value = gone.map(|(_, value)| value).or(default);
    value.ok_or_else(|| key_error(key))
}

fn set_default(machine: &mut Machine<'_>, dict: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [key, default] = given.optional().map(Option::unwrap_or_default);
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
    let named = take(&mut given.named);
    let [other] = given.optional();
    if let Some(other) = other {
        machine.update_dict(dict, &other)?;
    }
    for (key, value) in named {
        machine.set_entry(dict, Value::Str(key.clone()), take(value))?;
    }
    Ok(Value::None)
}
