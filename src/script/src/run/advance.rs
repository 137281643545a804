//! The steps of an iteration.

use crate::names::Kind;
use crate::run::Machine;
use crate::value::{Iter, Join, Outcome, Stop, Value, ops, value_error};

impl Machine<'_> {
    /// The next value of an iteration.
    pub(crate) fn advance(&mut self, iter: &mut Iter) -> Outcome<Option<Value>> {
        self.meter.step()?;
        match iter {
            Iter::Done => Ok(None),
            Iter::Over(value, at, size) => self.advance_over(value, at, size),
            Iter::Back(list, at) => {
                let before = at.checked_sub(1);
                *at = before.unwrap_or(0);
                Ok(before.and_then(|at| list.items.borrow().get(at).cloned()))
            }
            Iter::Stack(values) => Ok(values.pop()),
            Iter::Joined(join, inner) => self.nested(|machine| machine.advance_all(join, inner)),
            Iter::Generator(generator) => {
                let element = self.nested(|machine| machine.next_element(generator));
                if !matches!(element, Ok(Some(_))) {
                    // It is over, also after an exception.
                    *iter = Iter::Done;
                }
                Ok(element?.map(|(item, _)| item))
            }
        }
    }

    fn advance_over(
        &mut self,
        value: &Value,
        at: &mut usize,
        size: &mut usize,
    ) -> Outcome<Option<Value>> {
        let item = match value {
            Value::List(list) => list.items.borrow().get(*at).cloned(),
            Value::Tuple(tuple) => tuple.items.get(*at).cloned(),
            Value::Str(text) => {
                let Some(c) = text.get(*at..).and_then(|rest| rest.chars().next()) else {
                    return Ok(None);
                };
                *at += c.len_utf8();
                self.meter.make(c.len_utf8())?;
                return Ok(Some(Value::from(c)));
            }
            Value::Range(range) => (*at < range.len()).then(|| Value::Int(range.at(*at))),
            Value::Dict(entries) | Value::Set(entries) => {
                let table = entries.table.borrow();
                check_size(value, table.len(), size)?;
                return Ok(table.next_from(at).map(|(key, _)| key.clone()));
            }
            Value::View(view) => {
                let table = view.dict.table.borrow();
                check_size(value, table.len(), size)?;
                let entry = table.next_from(at);
                return Ok(entry.map(|(key, value)| ops::side_of(view.side, key, value)));
            }
            Value::Iterator(iterator) => {
                let Ok(mut state) = iterator.state.try_borrow_mut() else {
                    return Err(value_error("generator already executing"));
                };
                return self.nested(|machine| machine.advance(&mut state));
            }
            _ => None,
        };
        *at += usize::from(item.is_some());
        Ok(item)
    }

    /// The next of every iteration, and what is made of them.
    fn advance_all(&mut self, join: &mut Join, inner: &mut [Iter]) -> Outcome<Option<Value>> {
        loop {
            let mut items = Vec::with_capacity(inner.len() + 1);
            for iter in &mut *inner {
                match self.advance(iter)? {
                    Some(item) => items.push(item),
                    None => break,
                }
            }
            if items.len() < inner.len() {
                let is_strict = matches!(join, Join::Zip { is_strict: true });
                return self.end_together(items.len(), inner, is_strict);
            }
            match join {
                Join::Enumerate(count) => {
                    items.insert(0, Value::Int(*count));
                    *count = count.saturating_add(1);
                    return Ok(Some(Value::tuple(items)));
                }
                Join::Zip { .. } if items.is_empty() => return Ok(None),
                Join::Zip { .. } => return Ok(Some(Value::tuple(items))),
                Join::Map(function) => return self.call_with(function, &mut items).map(Some),
                Join::Filter(function) => {
                    let passes = match function {
                        Value::None => items.iter().all(Value::truth),
                        _ => self.call_with(function, &mut items.clone())?.truth(),
                    };
                    if passes {
                        return Ok(items.pop());
                    }
                }
            }
        }
    }

    /// The end of a joined iteration, one of which is over after others gave so many items. All must be if it is
    /// strict.
    fn end_together(
        &mut self,
        given: usize,
        inner: &mut [Iter],
        is_strict: bool,
    ) -> Outcome<Option<Value>> {
        if !is_strict {
            return Ok(None);
        }
        let mut differs = given > 0;
        for iter in inner.iter_mut().skip(1) {
            differs = differs || self.advance(iter)?.is_some();
        }
        if differs {
            return Err(value_error("zip() arguments have different lengths"));
        }
        Ok(None)
    }

    /// Every value of an iterable.
    pub(crate) fn collect(&mut self, value: &Value) -> Outcome<Vec<Value>> {
        let length = match value {
            Value::List(list) => Some(list.items.borrow().len()),
            Value::Tuple(tuple) => Some(tuple.items.len()),
            _ => None,
        };
        if let Some(length) = length {
            self.meter.make_items(length)?;
            return Ok(value.items().unwrap_or_default());
        }
        let mut items = Vec::new();
        self.each(value, |machine, item| {
            machine.meter.make_items(1)?;
            items.push(item);
            Ok(())
        })?;
        Ok(items)
    }

    /// Goes over an iterable.
    pub(crate) fn each(
        &mut self,
        value: &Value,
        mut visit: impl FnMut(&mut Self, Value) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut iter = Iter::over(value)?;
        while let Some(item) = self.advance(&mut iter)? {
            visit(self, item)?;
        }
        Ok(())
    }

    /// Does something one level further in. Each expression goes through it, so a call of its own would show.
    #[inline(always)]
    pub(crate) fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.meter.enter()?;
        let result = work(self);
        self.meter.leave();
        result
    }
}

/// The size of a table must not change while it is gone over.
fn check_size(value: &Value, now: usize, size: &mut usize) -> Outcome<()> {
    if now == *size {
        return Ok(());
    }
    *size = usize::MAX;
    let what = if matches!(value, Value::Set(_)) {
        "Set"
    } else {
        "dictionary"
    };
    let message = format!("{what} changed size during iteration");
    Err(Stop::raise(Kind::RuntimeError, message))
}
