//! The functions and types that are there without being defined.

use std::rc::Rc;

use crate::format::{repr, spec};
use crate::library::convert;
use crate::names::{Builtin, Kind, Method, Type};
use crate::run::{Machine, arithmetic, iters};
use crate::value::args::whole;
use crate::value::attributes::is_instance;
use crate::value::tree::{BinaryOp, CompareOp};
use crate::value::{
    Args, Iter, Outcome, Range, Stop, Str, Table, Value, index, object_error, type_error,
    value_error,
};
use crate::{Level, LogLine};

impl Machine<'_> {
    pub(crate) fn call_builtin(&mut self, builtin: Builtin, args: Args<'_>) -> Outcome {
        let name = builtin.name();
        match builtin {
            Builtin::Abs => {
                let [value] = args.exactly(name)?;
                convert::absolute(&value)
            }
            Builtin::All => self.any_or_all(args, name, false),
            Builtin::Any => self.any_or_all(args, name, true),
            Builtin::Chr => {
                let [code] = args.exactly(name)?;
                chr(whole(&code)?)
            }
            Builtin::Getattr => getattr(args),
            Builtin::Hasattr => {
                let [object, attribute] = args.exactly(name)?;
                let attribute = attribute_name(&attribute, name)?;
                index::own_attribute(&object, &attribute).map(|found| Value::Bool(found.is_some()))
            }
            Builtin::Isinstance => {
                let [value, kinds] = args.exactly(name)?;
                isinstance(&value, &kinds).map(Value::Bool)
            }
            Builtin::Len => {
                let [value] = args.exactly(name)?;
                self.len(&value)
            }
            Builtin::Max => self.extreme(args, name, CompareOp::Greater),
            Builtin::Min => self.extreme(args, name, CompareOp::Less),
            Builtin::Ord => {
                let [text] = args.exactly(name)?;
                ord(&text)
            }
            Builtin::Print => self.print(args),
            Builtin::Repr => {
                let [value] = args.exactly(name)?;
                repr::repr(&mut self.meter, &value).map(Value::from)
            }
            Builtin::Round => {
                let [number, digits] = args.bind(name, ["number", "ndigits"], 1)?;
                convert::round(&number.unwrap_or(Value::None), digits.as_ref())
            }
            Builtin::Sorted => {
                let [iterable, key, reverse] = args.bind(name, ["/", "=key", "=reverse"], 1)?;
                let items = self.collect(&iterable.unwrap_or(Value::None))?;
                self.sort(items, key, reverse).map(Value::list)
            }
            Builtin::Sum => self.sum(args),
        }
    }

    /// A call of a type.
    pub(crate) fn construct(&mut self, kind: Type, args: Args<'_>) -> Outcome {
        let name = kind.name();
        match kind {
            Type::Bool => {
                let [value] = args.up_to(name, 0)?;
                Ok(Value::Bool(value.is_some_and(|value| value.truth())))
            }
            Type::Int => convert::int(args),
            Type::Float => convert::float(args),
            Type::Str => {
                let [value, encoding, errors] =
                    args.bind(name, ["object", "encoding", "errors"], 0)?;
                if encoding.is_some() || errors.is_some() {
                    return Err(type_error("decoding str is not supported"));
                }
                match value {
                    Some(value) => repr::text(&mut self.meter, &value).map(Value::Str),
                    None => Ok(Value::from("")),
                }
            }
            Type::List => {
                let [iterable] = args.up_to(name, 0)?;
                iterable
                    .map_or(Ok(Vec::new()), |iterable| self.collect(&iterable))
                    .map(Value::list)
            }
            Type::Tuple => match args.up_to(name, 0)? {
                [Some(tuple @ Value::Tuple(_))] => Ok(tuple),
                [iterable] => iterable
                    .map_or(Ok(Vec::new()), |iterable| self.collect(&iterable))
                    .map(Value::tuple),
            },
            Type::Set => {
                let [iterable] = args.up_to(name, 0)?;
                let table =
                    iterable.map_or(Ok(Table::default()), |iterable| self.elements(&iterable))?;
                Ok(Value::new_set(table))
            }
            Type::Dict => self.dict(args),
            Type::Range => range(args),
            Type::Reversed => {
                let [value] = args.exactly(name)?;
                self.reversed(&value)
            }
            Type::Enumerate => {
                let [iterable, start] = args.bind(name, ["iterable", "start"], 1)?;
                let iter = Iter::over(&iterable.unwrap_or(Value::None))?;
                let start = start.as_ref().map_or(Ok(0), whole)?;
                Ok(Value::iterator(
                    name,
                    Iter::Enumerate(Box::new(iter), start),
                ))
            }
            Type::Zip => {
                let (strict, others): (Vec<_>, Vec<_>) =
                    args.named.iter().partition(|(name, _)| **name == *"strict");
                if let Some((other, _)) = others.first() {
                    return Err(type_error(format!(
                        "zip() got an unexpected keyword argument '{other}'"
                    )));
                }
                let strict = strict.first().is_some_and(|(_, flag)| flag.truth());
                Ok(Value::iterator(
                    name,
                    Iter::Zip(iters(args.positional)?, strict),
                ))
            }
            Type::Map => {
                args.no_names(name)?;
                match args.positional.split_first() {
                    Some((function, rest)) if !rest.is_empty() => {
                        let iter = Iter::Map(function.clone(), iters(rest)?);
                        Ok(Value::iterator(name, iter))
                    }
                    _ => Err(type_error("map() must have at least two arguments.")),
                }
            }
            Type::Filter => {
                let [function, iterable] = args.exactly(name)?;
                let iter = Box::new(Iter::over(&iterable)?);
                Ok(Value::iterator(name, Iter::Filter(function, iter)))
            }
            Type::Error(_) => Err(type_error("exceptions are made elsewhere")),
        }
    }

    fn len(&mut self, value: &Value) -> Outcome {
        let length = match value {
            Value::Str(text) => {
                self.meter.steps(text.len() / 256)?;
                text.chars().count()
            }
            Value::List(list) => list.items.borrow().len(),
            Value::Tuple(tuple) => tuple.items.len(),
            Value::Dict(dict) => dict.table.borrow().len(),
            Value::Set(set) => set.table.borrow().len(),
            Value::View(view) => view.dict.table.borrow().len(),
            Value::Range(range) => range.len(),
            _ => {
                return Err(type_error(format!(
                    "object of type '{}' has no len()",
                    value.type_name()
                )));
            }
        };
        match i64::try_from(length) {
            Ok(length) => Ok(Value::Int(length)),
            Err(_) => Err(Stop::raise(
                Kind::OverflowError,
                "Python int too large to convert to C ssize_t",
            )),
        }
    }

    fn any_or_all(&mut self, args: Args<'_>, name: &str, wanted: bool) -> Outcome {
        let [iterable] = args.exactly(name)?;
        let mut iter = Iter::over(&iterable)?;
        while let Some(item) = self.advance(&mut iter)? {
            if item.truth() == wanted {
                return Ok(Value::Bool(wanted));
            }
        }
        Ok(Value::Bool(!wanted))
    }

    fn sum(&mut self, args: Args<'_>) -> Outcome {
        let [iterable, start] = args.bind("sum", ["/", "start"], 1)?;
        let mut total = start.unwrap_or(Value::Int(0));
        if let Value::Str(_) = total {
            return Err(type_error(
                "sum() can't sum strings [use ''.join(seq) instead]",
            ));
        }
        let mut iter = Iter::over(&iterable.unwrap_or(Value::None))?;
        while let Some(item) = self.advance(&mut iter)? {
            total = arithmetic::binary(&mut self.meter, BinaryOp::Add, &total, &item)?;
        }
        Ok(total)
    }

    fn print(&mut self, args: Args<'_>) -> Outcome {
        let mut separator: Str = Str::from(" ");
        for (name, value) in &*args.named {
            match (&**name, value) {
                ("sep", Value::Str(text)) => separator = text.clone(),
                ("sep" | "end" | "file", Value::None) | ("flush", _) => {}
                ("end", Value::Str(end)) if **end == *"\n" => {}
                ("end" | "file", _) => return Err(Stop::outside(format!("print with '{name}'"))),
                ("sep", other) => {
                    return Err(type_error(format!(
                        "sep must be None or a string, not {}",
                        other.type_name()
                    )));
                }
                _ => {
                    return Err(type_error(format!(
                        "print() got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        let mut line = String::new();
        for (position, value) in args.positional.iter().enumerate() {
            if position > 0 {
                line.push_str(&separator);
            }
            let text = repr::text(&mut self.meter, value)?;
            self.meter.make(text.len() + separator.len())?;
            line.push_str(&text);
        }
        self.write_log(&LogLine {
            level: Level::Info,
            logger: None,
            text: &line,
        })?;
        Ok(Value::None)
    }

    fn reversed(&mut self, value: &Value) -> Outcome {
        let (name, state) = match value {
            Value::List(list) => {
                let length = list.items.borrow().len();
                (
                    "list_reverseiterator",
                    Iter::ListBack(Rc::clone(list), length),
                )
            }
            Value::Dict(_) => ("dict_reversekeyiterator", self.backwards(value)?),
            Value::View(_) => ("dict_reverseitemiterator", self.backwards(value)?),
            Value::Range(range) => {
                let last = range.at(range.len().saturating_sub(1));
                let back = Range {
                    start: last,
                    stop: range.start.saturating_sub(range.step.signum()),
                    step: range.step.wrapping_neg(),
                };
                let back = if range.len() == 0 {
                    Range {
                        start: 0,
                        stop: 0,
                        step: 1,
                    }
                } else {
                    back
                };
                ("range_iterator", Iter::Range(Rc::new(back), 0))
            }
            Value::Str(_) | Value::Tuple(_) => ("reversed", self.backwards(value)?),
            _ => {
                return Err(object_error(value, "is not reversible"));
            }
        };
        Ok(Value::iterator(name, state))
    }

    fn backwards(&mut self, value: &Value) -> Result<Iter, Stop> {
        // The last item of a stack comes first.
        self.collect(value).map(Iter::Stack)
    }

    fn dict(&mut self, args: Args<'_>) -> Outcome {
        let made = Value::new_dict(Table::default());
        if let Value::Dict(dict) = &made {
            self.dict_method(dict, Method::Update, args)?;
        }
        Ok(made)
    }
}

fn chr(code: i64) -> Outcome {
    match u32::try_from(code).ok().filter(|code| *code <= 0x10_ffff) {
        Some(_) => spec::character(code).map(|c| Value::from(&*c.encode_utf8(&mut [0; 4]))),
        None if i32::try_from(code).is_err() => Err(Stop::raise(
            Kind::OverflowError,
            if code > 0 {
                "Python int too large to convert to C int"
            } else {
                "signed integer is less than minimum"
            },
        )),
        None => Err(value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(value: &Value) -> Outcome {
    let Value::Str(text) = value else {
        return Err(type_error(format!(
            "ord() expected string of length 1, but {} found",
            value.type_name()
        )));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => Ok(Value::Int(i64::from(u32::from(only)))),
        _ => {
            let length = text.chars().count();
            Err(type_error(format!(
                "ord() expected a character, but string of length {length} found"
            )))
        }
    }
}

fn attribute_name(value: &Value, function: &str) -> Result<Str, Stop> {
    match value {
        Value::Str(name) => Ok(name.clone()),
        _ if function == "hasattr" => Err(type_error("hasattr(): attribute name must be string")),
        _ => Err(type_error("getattr(): attribute name must be string")),
    }
}

fn getattr(args: Args<'_>) -> Outcome {
    let [object, name, default] = args.up_to("getattr", 2)?;
    let object = object.unwrap_or(Value::None);
    let name = attribute_name(&name.unwrap_or(Value::None), "getattr")?;
    let found = match default {
        Some(default) => index::own_attribute(&object, &name)?.or(Some(default)),
        None => {
            let method = Method::named(&name);
            index::attribute(&object, &name, method, &std::cell::Cell::new(0))?
        }
    };
    found.ok_or_else(|| index::no_attribute(&object, &name))
}

fn isinstance(value: &Value, kinds: &Value) -> Result<bool, Stop> {
    match kinds {
        Value::Type(kind) => Ok(is_instance(value, *kind)),
        Value::Tuple(tuple) => {
            for kind in &tuple.items {
                if isinstance_inner(value, kind, 0)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(type_error(
            "isinstance() arg 2 must be a type, a tuple of types, or a union",
        )),
    }
}

fn isinstance_inner(value: &Value, kind: &Value, depth: usize) -> Result<bool, Stop> {
    match kind {
        Value::Tuple(tuple) if depth < 50 => {
            for kind in &tuple.items {
                if isinstance_inner(value, kind, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Tuple(_) => Err(Stop::end("RecursionError", "stopped: nested too deeply")),
        _ => isinstance(value, kind),
    }
}

fn range(args: Args<'_>) -> Outcome {
    args.no_names("range")?;
    let numbers: Result<Vec<i64>, Stop> = args.positional.iter().map(whole).collect();
    let (start, stop, step) = match numbers?.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [_, _, 0] => return Err(value_error("range() arg 3 must not be zero")),
        [start, stop, step] => (*start, *stop, *step),
        [] => return Err(type_error("range expected at least 1 argument, got 0")),
        more => {
            return Err(type_error(format!(
                "range expected at most 3 arguments, got {}",
                more.len()
            )));
        }
    };
    Ok(Value::Range(Rc::new(Range { start, stop, step })))
}
