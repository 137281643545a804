//! `in`

use crate::value::{Meter, Range, Side, Stop, Value, ops, type_error};

/// Whether `item in container`, for everything that is no iterator.
pub(crate) fn contains(
    meter: &mut Meter,
    container: &Value,
    item: &Value,
) -> Result<Option<bool>, Stop> {
    let found = match container {
        Value::Str(text) => {
            let Value::Str(part) = item else {
                let given = item.type_name();
                return Err(type_error(format!(
                    "'in <string>' requires string as left operand, not {given}"
                )));
            };
            meter.scan(text.len() + part.len())?;
            text.contains(&**part)
        }
        Value::List(list) => any_same(meter, &list.items.borrow(), item)?,
        Value::Tuple(tuple) => any_same(meter, &tuple.items, item)?,
        Value::Dict(dict) => dict.table.borrow().has(meter, item)?,
        // No set has a set in it.
        Value::Set(_) if matches!(item, Value::Set(_)) => false,
        Value::Set(set) => set.table.borrow().has(meter, item)?,
        Value::View(view) if view.side == Side::Keys => {
            view.dict.table.borrow().has(meter, item)?
        }
        Value::View(view) => any_same(meter, &ops::view_items(view), item)?,
        Value::Range(range) => match ops::number(item) {
            Some(_) => in_range(meter, range, item)?,
            None => false,
        },
        _ => return Ok(None),
    };
    Ok(Some(found))
}

fn in_range(meter: &mut Meter, range: &Range, item: &Value) -> Result<bool, Stop> {
    let whole = match ops::number(item) {
        Some(ops::Number::Int(number)) => number,
        Some(ops::Number::Float(number)) if number.fract() == 0.0 && number.abs() < 9.2e18 => {
            number as i64
        }
        _ => return Ok(false),
    };
    meter.step()?;
    let (low, high) = if range.step > 0 {
        (range.start, range.stop.saturating_sub(1))
    } else {
        (range.stop.saturating_add(1), range.start)
    };
    let offset = i128::from(whole) - i128::from(range.start);
    Ok((low..=high).contains(&whole) && offset % i128::from(range.step) == 0)
}

fn any_same(meter: &mut Meter, items: &[Value], item: &Value) -> Result<bool, Stop> {
    for each in items {
        meter.step()?;
        if ops::same(meter, each, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}
