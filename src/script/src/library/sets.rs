//! The methods of set.

use std::rc::Rc;

use crate::library::collections::clear;
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
    Native::new("isdisjoint", 1, &["/"], Set(compare)),
    Native::new("issubset", 1, &["/"], Set(compare)),
    Native::new("issuperset", 1, &["/"], Set(compare)),
    Native::new("pop", 0, &[], Set(pop)),
    Native::new("remove", 1, &["/"], Set(discard)),
    Native::new("symmetric_difference", 1, &["/"], Set(difference)),
    Native::new("union", 0, &["*"], Set(combined)),
    Native::new("update", 0, &["*"], Set(combine)),
];

fn add(machine: &mut Machine<'_>, set: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let item = given.value(0);
    machine.kept.note(&Value::Set(Rc::clone(set)), &item);
    let mut table = set.table.borrow_mut();
    table.set(&mut machine.meter, item, Value::None)?;
    Ok(Value::None)
}

/// `discard`, and `remove`, for which the item must be there.
fn discard(machine: &mut Machine<'_>, set: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let item = given.value(0);
    let gone = match &item {
        // No set has a set in it.
        Value::Set(_) => None,
        _ => set.table.borrow_mut().remove(&mut machine.meter, &item)?,
    };
    if gone.is_none() && given.name == "remove" {
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

/// `isdisjoint`, `issubset` and `issuperset`.
fn compare(machine: &mut Machine<'_>, set: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let other = machine.elements(&given.value(0))?;
    let (meter, own) = (&mut machine.meter, set.table.borrow());
    let holds = match given.name {
        "issubset" => ops::is_subset(meter, &own, &other),
        "issuperset" => ops::is_subset(meter, &other, &own),
        _ => {
            let common = arithmetic::combine(meter, BinaryOp::And, &own, &other);
            common.map(|common| common.len() == 0)
        }
    };
    holds.map(Value::Bool)
}

fn difference(machine: &mut Machine<'_>, set: &Rc<Entries>, mut given: Given<'_>) -> Outcome {
    let other = machine.elements(&given.value(0))?;
    let (meter, own) = (&mut machine.meter, set.table.borrow());
    arithmetic::combine(meter, BinaryOp::Xor, &own, &other).map(Value::new_set)
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
        table = arithmetic::combine(&mut machine.meter, operator, &table, &other)?;
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
