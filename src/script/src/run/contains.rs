//! `in`

use crate::run::Machine;
use crate::value::{Iter, Meter, Outcome, Range, Side, Value, mistyped, ops};

impl Machine<'_> {
    /// Whether `item in container`.
    pub(crate) fn contains(&mut self, container: &Value, item: &Value) -> Outcome<bool> {
        let meter = &mut self.meter;
        match container {
            Value::Str(text) => {
                let Value::Str(part) = item else {
                    let message = "'in <string>' requires string as left operand, not {}";
                    return Err(mistyped(message, item));
                };
                meter.scan(text.len() + part.len())?;
                Ok(text.contains(&**part))
            }
            // No set has a set in it.
            Value::Set(_) if matches!(item, Value::Set(_)) => Ok(false),
            Value::Dict(entries) | Value::Set(entries) => entries.table.borrow().has(meter, item),
            Value::View(view) if view.side == Side::Keys => {
                view.dict.table.borrow().has(meter, item)
            }
            Value::List(list) => {
                let found = self.position_in(&list.items.borrow(), item)?;
                Ok(found.is_some())
            }
            Value::Tuple(tuple) => Ok(self.position_in(&tuple.items, item)?.is_some()),
            Value::Range(range) => in_range(meter, range, item),
            _ => self.goes_over(container, item),
        }
    }

    /// Where the item is first.
    pub(crate) fn position_in(&mut self, items: &[Value], item: &Value) -> Outcome<Option<usize>> {
        for (position, each) in items.iter().enumerate() {
            self.meter.step()?;
            if ops::same(&mut self.meter, each, item)? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    fn goes_over(&mut self, container: &Value, item: &Value) -> Outcome<bool> {
        let Ok(mut iter) = Iter::over(container) else {
            let message = "argument of type '{}' is not iterable";
            return Err(mistyped(message, container));
        };
        while let Some(each) = self.advance(&mut iter)? {
            if ops::same(&mut self.meter, &each, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn in_range(meter: &mut Meter, range: &Range, item: &Value) -> Outcome<bool> {
    meter.step()?;
    let whole = match ops::number(item) {
        Some(ops::Number::Int(number)) => number,
        Some(ops::Number::Float(number)) if number.fract() == 0.0 && number.abs() < 9.2e18 => {
            number as i64
        }
        _ => return Ok(false),
    };
    let offset = i128::from(whole) - i128::from(range.start);
    let step = i128::from(range.step);
    let inside = step != 0 && offset % step == 0 && offset / step >= 0;
    Ok(inside && offset / step < range.len() as i128)
}
