//! The methods of list, tuple, dict and set.

use std::mem::take;
use std::rc::Rc;

use crate::format::repr;
use crate::names::{Kind, Method};
use crate::run::{Machine, arithmetic};
use crate::value::args::{whole, wrong_count};
use crate::value::index::key_error;
use crate::value::tree::BinaryOp;
use crate::value::{
    Args, Dict, List, Outcome, Set, Side, Stop, Table, Tuple, Value, View, args, bury, index, ops,
    value_error,
};

impl Machine<'_> {
    pub(crate) fn list_method(
        &mut self,
        list: &Rc<List>,
        method: Method,
        args: Args<'_>,
    ) -> Outcome {
        let name = method.name();
        match method {
            Method::Append => {
                let [item] = args.exactly(name)?;
                self.meter.make_items(1)?;
                self.kept.note(&Value::List(Rc::clone(list)), &item);
                list.items.borrow_mut().push(item);
                Ok(Value::None)
            }
            Method::Extend => {
                let [iterable] = args.exactly(name)?;
                let items = self.collect(&iterable)?;
                self.extend(list, items);
                Ok(Value::None)
            }
            Method::Insert => {
                let [at, item] = args.exactly(name)?;
                self.kept.note(&Value::List(Rc::clone(list)), &item);
                let mut items = list.items.borrow_mut();
                self.meter.make_items(1)?;
                let at = index::list_position(&at, items.len())?
                    .unwrap_or(0)
                    .min(items.len());
                self.meter.steps((items.len() - at) / 16)?;
                items.insert(at, item);
                Ok(Value::None)
            }
            Method::Pop => {
                let [at] = args.up_to(name, 0)?;
                self.list_pop(list, at.as_ref())
            }
            Method::Remove => {
                let [item] = args.exactly(name)?;
                let at = self.position_in(&list.items.borrow(), &item)?;
                let at = at.ok_or_else(|| value_error("list.remove(x): x not in list"))?;
                let gone = list.items.borrow_mut().remove(at);
                drop(gone);
                Ok(Value::None)
            }
            Method::Index => self.index_in(&list.items.borrow().clone(), args, "list"),
            Method::Count => self.count_in(&list.items.borrow(), args),
            Method::Sort => {
                let [key, reverse] = args.bind(name, ["=key", "=reverse"], 0)?;
                // As Python: the list is empty meanwhile, and must be so at the end.
                let items = list.items.take();
                let keep = items.clone();
                let sorted = self.sort(items, key, reverse);
                let meddled = list.items.replace(match &sorted {
                    Ok(sorted) => sorted.clone(),
                    Err(_) => keep,
                });
                sorted?;
                if meddled.is_empty() {
                    Ok(Value::None)
                } else {
                    Err(value_error("list modified during sort"))
                }
            }
            Method::Reverse => {
                let [] = args.exactly(name)?;
                let mut items = list.items.borrow_mut();
                self.meter.steps(items.len() / 16)?;
                items.reverse();
                Ok(Value::None)
            }
            Method::Copy => {
                let [] = args.exactly(name)?;
                self.collect(&Value::List(Rc::clone(list))).map(Value::list)
            }
            _ => {
                let [] = args.exactly(name)?;
                let gone = list.items.take();
                bury(gone);
                Ok(Value::None)
            }
        }
    }

    fn list_pop(&mut self, list: &List, at: Option<&Value>) -> Outcome {
        let mut items = list.items.borrow_mut();
        if items.is_empty() {
            at.map(whole).transpose()?;
            return Err(Stop::raise(Kind::IndexError, "pop from empty list"));
        }
        let at = match at {
            None => Some(items.len() - 1),
            Some(at) => index::list_position(at, items.len())?,
        };
        match at.filter(|at| *at < items.len()) {
            Some(at) => {
                self.meter.steps((items.len() - at) / 16)?;
                Ok(items.remove(at))
            }
            None => Err(Stop::raise(Kind::IndexError, "pop index out of range")),
        }
    }

    pub(crate) fn tuple_method(
        &mut self,
        tuple: &Tuple,
        method: Method,
        args: Args<'_>,
    ) -> Outcome {
        match method {
            Method::Index => self.index_in(&tuple.items, args, "tuple"),
            _ => self.count_in(&tuple.items, args),
        }
    }

    pub(crate) fn range_method(
        &mut self,
        range: &Value,
        method: Method,
        args: Args<'_>,
    ) -> Outcome {
        let [item] = args.exactly(method.name())?;
        let items = self.collect(range)?;
        let found = self.position_in(&items, &item)?;
        match (method, found) {
            (Method::Count, found) => Ok(Value::Int(i64::from(found.is_some()))),
            (_, Some(position)) => Ok(Value::Int(position as i64)),
            (_, None) => {
                let shown = repr::repr(&mut self.meter, &item)?;
                Err(value_error(format!("{shown} is not in range")))
            }
        }
    }

    fn position_in(&mut self, items: &[Value], item: &Value) -> Result<Option<usize>, Stop> {
        for (position, each) in items.iter().enumerate() {
            self.meter.step()?;
            if ops::same(&mut self.meter, each, item)? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    fn index_in(&mut self, items: &[Value], args: Args<'_>, owner: &str) -> Outcome {
        let [item, start, stop] = args.up_to("index", 1)?;
        let item = item.unwrap_or(Value::None);
        for bound in [&start, &stop].into_iter().flatten() {
            args::position(bound)?;
        }
        let (start, stop) = index::span(start.as_ref(), stop.as_ref(), items.len())?;
        let found = self.position_in(items.get(start..stop).unwrap_or_default(), &item)?;
        match found {
            Some(position) => Ok(Value::Int((start + position) as i64)),
            None if owner == "tuple" => Err(value_error("tuple.index(x): x not in tuple")),
            None => {
                let shown = repr::repr(&mut self.meter, &item)?;
                Err(value_error(format!("{shown} is not in list")))
            }
        }
    }

    fn count_in(&mut self, items: &[Value], args: Args<'_>) -> Outcome {
        let [item] = args.exactly("count")?;
        let mut count = 0;
        for each in items {
            self.meter.step()?;
            count += i64::from(ops::same(&mut self.meter, each, &item)?);
        }
        Ok(Value::Int(count))
    }

    pub(crate) fn dict_method(
        &mut self,
        dict: &Rc<Dict>,
        method: Method,
        args: Args<'_>,
    ) -> Outcome {
        let name = method.name();
        match method {
            Method::Get => {
                let [key, default] = args.up_to(name, 1)?;
                let key = key.unwrap_or(Value::None);
                let found = dict.table.borrow().get(&mut self.meter, &key)?.cloned();
                Ok(found.or(default).unwrap_or(Value::None))
            }
            Method::Keys => self.view(dict, Side::Keys, args, name),
            Method::Values => self.view(dict, Side::Values, args, name),
            Method::Items => self.view(dict, Side::Items, args, name),
            Method::Pop => {
                let [key, default] = args.up_to(name, 1)?;
                let key = key.unwrap_or(Value::None);
                let gone = dict.table.borrow_mut().remove(&mut self.meter, &key)?;
                gone.map(|(_, value)| value)
                    .or(default)
                    .ok_or_else(|| key_error(key))
            }
            Method::Setdefault => {
                let [key, default] = args.up_to(name, 1)?;
                let key = key.unwrap_or(Value::None);
                let found = dict.table.borrow().get(&mut self.meter, &key)?.cloned();
                if let Some(value) = found {
                    return Ok(value);
                }
                let default = default.unwrap_or(Value::None);
                self.set_entry(dict, key, default.clone())?;
                Ok(default)
            }
            Method::Update => {
                let Args { positional, named } = args;
                let others = Args {
                    positional,
                    ..Args::default()
                };
                let [other] = others.up_to("update", 0)?;
                if let Some(other) = other {
                    self.update_dict(dict, &other)?;
                }
                for (key, value) in named {
                    self.set_entry(dict, Value::Str(key.clone()), take(value))?;
                }
                Ok(Value::None)
            }
            Method::Copy => {
                let [] = args.exactly(name)?;
                let table = dict.table.borrow().copy(&mut self.meter)?;
                Ok(Value::new_dict(table))
            }
            _ => {
                let [] = args.exactly(name)?;
                let gone = dict.table.take();
                drop(gone);
                Ok(Value::None)
            }
        }
    }

    fn view(&mut self, dict: &Rc<Dict>, side: Side, args: Args<'_>, name: &str) -> Outcome {
        let [] = args.exactly(name)?;
        Ok(Value::View(Rc::new(View {
            dict: Rc::clone(dict),
            side,
        })))
    }

    pub(crate) fn set_method(&mut self, set: &Rc<Set>, method: Method, args: Args<'_>) -> Outcome {
        let name = method.name();
        match method {
            Method::Add => {
                let [item] = args.exactly(name)?;
                self.kept.note(&Value::Set(Rc::clone(set)), &item);
                set.table
                    .borrow_mut()
                    .set(&mut self.meter, item, Value::None)?;
                Ok(Value::None)
            }
            Method::Discard | Method::Remove => {
                let [item] = args.exactly(name)?;
                let gone = match &item {
                    // No set has a set in it.
                    Value::Set(_) => None,
                    _ => set.table.borrow_mut().remove(&mut self.meter, &item)?,
                };
                match gone {
                    None if method == Method::Remove => Err(key_error(item)),
                    _ => Ok(Value::None),
                }
            }
            Method::Pop => {
                let [] = args.exactly(name)?;
                let gone = set.table.borrow_mut().pop();
                gone.map(|(key, _)| key)
                    .ok_or_else(|| key_error(Value::from("pop from an empty set")))
            }
            Method::Copy => {
                let [] = args.exactly(name)?;
                let table = set.table.borrow().copy(&mut self.meter)?;
                Ok(Value::new_set(table))
            }
            Method::Clear => {
                let [] = args.exactly(name)?;
                let gone = set.table.take();
                drop(gone);
                Ok(Value::None)
            }
            Method::Isdisjoint | Method::Issubset | Method::Issuperset => {
                self.set_relation(set, method, args)
            }
            _ => self.set_combination(set, method, args),
        }
    }

    fn set_relation(&mut self, set: &Set, method: Method, args: Args<'_>) -> Outcome {
        let [other] = args.exactly(method.name())?;
        let other = self.elements(&other)?;
        let own = set.table.borrow();
        let result = match method {
            Method::Issubset => {
                own.len() <= other.len() && ops::is_subset(&mut self.meter, &own, &other)?
            }
            Method::Issuperset => ops::is_subset(&mut self.meter, &other, &own)?,
            _ => {
                let mut disjoint = true;
                for (key, _) in own.iter() {
                    self.meter.step()?;
                    disjoint = disjoint && !other.has(&mut self.meter, key)?;
                }
                disjoint
            }
        };
        Ok(Value::Bool(result))
    }

    /// Union, intersection and the like, as a new set or in place.
    fn set_combination(&mut self, set: &Rc<Set>, method: Method, args: Args<'_>) -> Outcome {
        args.no_names(method.name())?;
        let (operator, in_place) = match method {
            Method::Union => (BinaryOp::Or, false),
            Method::Update => (BinaryOp::Or, true),
            Method::Intersection => (BinaryOp::And, false),
            Method::IntersectionUpdate => (BinaryOp::And, true),
            Method::Difference => (BinaryOp::Sub, false),
            Method::DifferenceUpdate => (BinaryOp::Sub, true),
            _ => (BinaryOp::Xor, false),
        };
        let given = args.positional.len();
        if operator == BinaryOp::Xor && given != 1 {
            return Err(wrong_count(method.name(), 1, given));
        }
        let mut table: Table = set.table.borrow().copy(&mut self.meter)?;
        for other in &*args.positional {
            let other = self.elements(other)?;
            table = arithmetic::combine(&mut self.meter, operator, table, &other)?;
        }
        if in_place {
            let old = set.table.replace(table);
            drop(old);
            return Ok(Value::None);
        }
        Ok(Value::new_set(table))
    }
}
