//! The steps of an iteration.

use crate::names::Kind;
use crate::run::Machine;
use crate::value::{Iter, Stop, Value, ops, value_error};

impl Machine<'_> {
    /// The next value of an iteration.
    pub(crate) fn advance(&mut self, iter: &mut Iter) -> Result<Option<Value>, Stop> {
        self.meter.step()?;
        match iter {
            Iter::Done => Ok(None),
            Iter::List(list, at) => {
                let item = list.items.borrow().get(*at).cloned();
                *at += 1;
                Ok(item)
            }
            Iter::ListBack(list, at) => {
                let item = at
                    .checked_sub(1)
                    .and_then(|at| list.items.borrow().get(at).cloned());
                *at = at.saturating_sub(1);
                Ok(item)
            }
            Iter::Tuple(tuple, at) => {
                *at += 1;
                Ok(tuple.items.get(*at - 1).cloned())
            }
            Iter::Text(text, at) => {
                let Some(c) = text.get(*at..).and_then(|rest| rest.chars().next()) else {
                    return Ok(None);
                };
                *at += c.len_utf8();
                self.meter.make(c.len_utf8())?;
                Ok(Some(Value::from(&*c.encode_utf8(&mut [0; 4]))))
            }
            Iter::Range(range, given) => {
                let item = (*given < range.len()).then(|| Value::Int(range.at(*given)));
                *given += usize::from(item.is_some());
                Ok(item)
            }
            Iter::Dict(dict, side, at, size) => {
                let table = dict.table.borrow();
                if table.len() != *size {
                    *size = usize::MAX;
                    return Err(Stop::raise(
                        Kind::RuntimeError,
                        "dictionary changed size during iteration",
                    ));
                }
                let Some((next, key, value)) = table.next_from(*at) else {
                    return Ok(None);
                };
                *at = next;
                Ok(Some(ops::side_of(*side, key, value)))
            }
            Iter::Set(set, at, size) => {
                let table = set.table.borrow();
                if table.len() != *size {
                    *size = usize::MAX;
                    return Err(Stop::raise(
                        Kind::RuntimeError,
                        "Set changed size during iteration",
                    ));
                }
                let Some((next, key, _)) = table.next_from(*at) else {
                    return Ok(None);
                };
                *at = next;
                Ok(Some(key.clone()))
            }
            Iter::Stack(values) => Ok(values.pop()),
            _ => {
                self.meter.enter()?;
                let item = self.advance_outer(iter);
                self.meter.leave();
                item
            }
        }
    }

    /// Iterations over iterations.
    fn advance_outer(&mut self, iter: &mut Iter) -> Result<Option<Value>, Stop> {
        match iter {
            Iter::Enumerate(inner, count) => {
                let Some(item) = self.advance(inner)? else {
                    return Ok(None);
                };
                let position = *count;
                *count = count.saturating_add(1);
                Ok(Some(Value::tuple(vec![Value::Int(position), item])))
            }
            Iter::Zip(inner, strict) => self.advance_zip(inner, *strict),
            Iter::Map(function, inner) => {
                let mut args = Vec::with_capacity(inner.len());
                for iter in inner {
                    match self.advance(iter)? {
                        Some(item) => args.push(item),
                        None => return Ok(None),
                    }
                }
                self.call_with(function, &mut args).map(Some)
            }
            Iter::Filter(function, inner) => {
                while let Some(item) = self.advance(inner)? {
                    let keep = match function {
                        Value::None => item.truth(),
                        _ => self.call_with(function, &mut [item.clone()])?.truth(),
                    };
                    if keep {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            }
            Iter::Generator(generator) => match self.advance_generator(generator) {
                Ok(Some(item)) => Ok(Some(item)),
                end => {
                    // It is over, also after an exception.
                    *iter = Iter::Done;
                    end
                }
            },
            Iter::Shared(iterator) => {
                let Ok(mut state) = iterator.state.try_borrow_mut() else {
                    return Err(value_error("generator already executing"));
                };
                self.advance(&mut state)
            }
            _ => Ok(None),
        }
    }

    fn advance_zip(&mut self, inner: &mut [Iter], strict: bool) -> Result<Option<Value>, Stop> {
        let mut items = Vec::with_capacity(inner.len());
        for iter in inner.iter_mut() {
            match self.advance(iter)? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        if items.len() == inner.len() {
            return Ok(if items.is_empty() {
                None
            } else {
                Some(Value::tuple(items))
            });
        }
        if !strict {
            return Ok(None);
        }
        let short = items.len();
        if short > 0 {
            return Err(uneven(short + 1, "shorter"));
        }
        for (position, iter) in inner.iter_mut().enumerate().skip(1) {
            if self.advance(iter)?.is_some() {
                return Err(uneven(position + 1, "longer"));
            }
        }
        Ok(None)
    }

    /// Every value of an iterable.
    pub(crate) fn collect(&mut self, value: &Value) -> Result<Vec<Value>, Stop> {
        match value {
            Value::List(list) => {
                let items = list.items.borrow();
                self.meter.make_items(items.len())?;
                Ok(items.clone())
            }
            Value::Tuple(tuple) => {
                self.meter.make_items(tuple.items.len())?;
                Ok(tuple.items.clone())
            }
            _ => {
                let mut iter = Iter::over(value)?;
                let mut items = Vec::new();
                while let Some(item) = self.advance(&mut iter)? {
                    self.meter.make_items(1)?;
                    items.push(item);
                }
                Ok(items)
            }
        }
    }
}

fn uneven(number: usize, how: &str) -> Stop {
    let before = if number == 2 {
        "argument 1".to_owned()
    } else {
        format!("arguments 1-{}", number - 1)
    };
    value_error(format!("zip() argument {number} is {how} than {before}"))
}
