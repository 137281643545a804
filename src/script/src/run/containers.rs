//! Containers filled from whatever can be iterated, and lines for the log.

use std::rc::Rc;

use crate::LogLine;
use crate::run::Machine;
use crate::value::{Entries, Iter, List, Outcome, Table, Value, value_error};

impl Machine<'_> {
    /// Adds items that are paid for.
    pub(crate) fn extend(&mut self, list: &Rc<List>, items: Vec<Value>) {
        if let Some(nested) = items.iter().find(|item| item.holds_values()) {
            self.kept.note(&Value::List(Rc::clone(list)), nested);
        }
        list.items.borrow_mut().extend(items);
    }

    /// Sets an entry of a dict.
    pub(crate) fn set_entry(
        &mut self,
        dict: &Rc<Entries>,
        key: Value,
        value: Value,
    ) -> Outcome<()> {
        for part in [&key, &value] {
            self.kept.note(&Value::Dict(Rc::clone(dict)), part);
        }
        let mut table = dict.table.borrow_mut();
        table.set(&mut self.meter, key, value).map(drop)
    }

    /// The elements of an iterable as those of a set.
    pub(crate) fn elements(&mut self, iterable: &Value) -> Outcome<Table> {
        if let Value::Set(set) = iterable {
            return set.table.borrow().copy(&mut self.meter);
        }
        let mut table = Table::default();
        self.each(iterable, |machine, item| {
            table.set(&mut machine.meter, item, Value::None).map(drop)
        })?;
        Ok(table)
    }

    /// Adds the entries of another dict, or of an iterable of pairs.
    pub(crate) fn update_dict(&mut self, dict: &Rc<Entries>, other: &Value) -> Outcome<()> {
        if let Value::Dict(other) = other {
            let entries = other.table.borrow().copy(&mut self.meter)?;
            for (key, value) in entries.iter() {
                self.meter.step()?;
                self.set_entry(dict, key.clone(), value.clone())?;
            }
            return Ok(());
        }
        let mut position = 0;
        self.each(other, |machine, pair| {
            let parts = machine.collect(&pair)?;
            let [key, value] = parts.as_slice() else {
                let length = parts.len();
                return Err(value_error(format!(
                    "dictionary update sequence element #{position} has length {length}; 2 is required"
                )));
            };
            position += 1;
            machine.set_entry(dict, key.clone(), value.clone())
        })
    }

    pub(crate) fn write_log(&mut self, line: &LogLine<'_>) -> Outcome {
        // A line costs more than its text.
        self.meter.make(line.text.len() + 64)?;
        (self.log)(line);
        Ok(Value::None)
    }
}

/// An iteration over each of the values.
pub(crate) fn iters(values: &[Value]) -> Outcome<Vec<Iter>> {
    values.iter().map(Iter::over).collect()
}
