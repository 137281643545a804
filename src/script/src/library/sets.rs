//! The methods of set.

use std::rc::Rc;

use crate::run::{Machine, arithmetic};
use crate::value::Code::Set;
use crate::value::index::key_error;
use crate::value::tree::BinaryOp;
use crate::value::{Entries, Given, Native, Outcome, Value, ops};

pub(super) const METHODS: &[Native] = &[
    Native::new("add", 1, &["/"], Set(add)),
    Native::new("clear", 0, &[], Set(clear)),
    Native::new("copy", 0, &[], Set(combined)),
    Native::new("difference", 0, &["*"], Set(combined)),
    Native::new("difference_update", 0, &["*"], Set(combine)),
    Native::new("discard", 1, &["/"], Set(discard)),
    Native::new("intersection", 0, &["*"], Set(combined)),
    Native::new("intersection_update", 0, &["*"], Set(combine)),
    Native::new("isdisjoint", 1, &["/"], Set(is_disjoint)),
    Native::new("issubset", 1, &["/"], Set(is_subset)),
    Native::new("issuperset", 1, &["/"], Set(is_superset)),
    Native::new("pop", 0, &[], Set(pop)),
    Native::new("remove", 1, &["/"], Set(discard)),
    Native::new("symmetric_difference", 1, &["/"], Set(difference)),
    Native::new("union", 0, &["*"], Set(combined)),
    Native::new("update", 0, &["*"], Set(combine)),
];

fn add(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [item] = given.all();
    machine.kept.note(&Value::Set(Rc::clone(set)), &item);
    let mut table = set.table.borrow_mut();
    table.set(&mut machine.meter, item, Value::None)?;
    Ok(Value::None)
}

fn clear(_: &mut Machine<'_>, set: &Rc<Entries>, _: Given<'_>) -> Outcome {
    let gone = set.table.take();
    drop(gone);
    Ok(Value::None)
}

/// `discard`, and `remove`, for which the item must be there.
fn discard(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let is_strict = given.name == "remove";
    let [item] = given.all();
    let gone = match &item {
        // No set has a set in it.
        Value::Set(_) => None,
        _ => set.table.borrow_mut().remove(&mut machine.meter, &item)?,
    };
    if is_strict && gone.is_none() {
        Err(key_error(item))
    } else {
        Ok(Value::None)
    }
}

fn pop(_: &mut Machine<'_>, set: &Rc<Entries>, _: Given<'_>) -> Outcome {
    let gone = set.table.borrow_mut().pop();
    let gone = gone.map(|(key, _)| key);
    gone.ok_or_else(|| key_error(Value::from("pop from an empty set")))
}

fn is_subset(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [other] = given.all();
    let other = machine.elements(&other)?;
    let own = set.table.borrow();
    let is_subset = ops::is_subset(&mut machine.meter, &own, &other)?;
    Ok(Value::Bool(is_subset))
}

fn is_superset(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [other] = given.all();
    let other = machine.elements(&other)?;
    let own = set.table.borrow();
    let is_superset = ops::is_subset(&mut machine.meter, &other, &own)?;
    Ok(Value::Bool(is_superset))
}

fn is_disjoint(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [other] = given.all();
    let other = machine.elements(&other)?;
    let common = set.table.borrow().copy(&mut machine.meter)?;
    let common = arithmetic::combine(&mut machine.meter, BinaryOp::And, common, &other)?;
    Ok(Value::Bool(common.len() == 0))
}

fn difference(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let [other] = given.all();
    let other = machine.elements(&other)?;
    let own = set.table.borrow().copy(&mut machine.meter)?;
    arithmetic::combine(&mut machine.meter, BinaryOp::Xor, own, &other).map(Value::new_set)
}

/// Union, intersection and difference, as a new set.
fn combined(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    let operator = match given.name {
        "union" | "update" => BinaryOp::Or,
        "intersection" | "intersection_update" => BinaryOp::And,
        _ => BinaryOp::Sub,
    };
    let mut table = set.table.borrow().copy(&mut machine.meter)?;
    for other in given.rest {
        let other = machine.elements(other)?;
        table = arithmetic::combine(&mut machine.meter, operator, table, &other)?;
    }
    Ok(Value::new_set(table))
}

/// The same, in place.
fn combine(machine: &mut Machine<'_>, set: &Rc<Entries>, given: Given<'_>) -> Outcome {
    if let Value::Set(result) = combined(machine, set, given)? {
        let old = set.table.replace(result.table.take());
        drop(old);
    }
    Ok(Value::None)
}
