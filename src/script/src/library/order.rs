//! Values by their order: `sorted`, `sort`, `min`, `max`.

use crate::run::Machine;
use crate::value::tree::CompareOp;
use crate::value::{Given, Iter, Outcome, Value, ops, type_error, value_error};

/// `min` and `max`.
pub(super) fn extreme(machine: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    let name = given.name;
    let better = if name == "max" {
        CompareOp::Greater
    } else {
        CompareOp::Less
    };
    let several = given.rest.len() > 1;
    let mut iter = match &*given.rest {
        [single] => Iter::over(single)?,
        items => Iter::Stack(items.iter().rev().cloned().collect()),
    };
    let (key, default) = (given.unless_none(0), given.take(1));
    if several && default.is_some() {
        let message = format!("{name}() takes no default beside several arguments");
        return Err(type_error(message));
    }
    let mut best: Option<(Value, Value)> = None;
    while let Some(item) = machine.advance(&mut iter)? {
        let rank = machine.rank(&item, key.as_ref())?;
        let wins = match &best {
            Some((known, _)) => ops::order(&mut machine.meter, better, &rank, known)?,
            None => true,
        };
        if wins {
            best = Some((rank, item));
        }
    }
    let best = best.map(|(_, item)| item).or(default);
    best.ok_or_else(|| value_error(format!("{name}() arg is an empty sequence")))
}

impl Machine<'_> {
    fn rank(&mut self, item: &Value, key: Option<&Value>) -> Outcome {
        match key {
            None => Ok(item.clone()),
            Some(function) => self.call_with(function, &mut [item.clone()]),
        }
    }

    /// Sorted by `<` alone, stable; reverse keeps equal items in order too.
    pub(crate) fn sort(
        &mut self,
        items: Vec<Value>,
        key: Option<Value>,
        is_reverse: bool,
    ) -> Outcome<Vec<Value>> {
        let mut ranked = Vec::with_capacity(items.len());
        self.meter.make_items(2 * items.len())?;
        for item in items {
            ranked.push((self.rank(&item, key.as_ref())?, item));
        }
        if is_reverse {
            ranked.reverse();
        }
        let mut sorted = self.merge_sort(ranked)?;
        if is_reverse {
            sorted.reverse();
        }
        Ok(sorted.into_iter().map(|(_, item)| item).collect())
    }

    /// Of our own, since the library's may panic where `<` is no order.
    fn merge_sort(&mut self, mut items: Vec<(Value, Value)>) -> Outcome<Vec<(Value, Value)>> {
        if items.len() < 2 {
            return Ok(items);
        }
        let right = items.split_off(items.len() / 2);
        let left = self.merge_sort(items)?;
        let right = self.merge_sort(right)?;
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
            self.meter.step()?;
            let smaller = ops::order(&mut self.meter, CompareOp::Less, b, a)?;
            merged.extend(if smaller { right.next() } else { left.next() });
        }
        merged.extend(left);
        merged.extend(right);
        Ok(merged)
    }
}
