//! The tree walk: statements and control flow. Expressions are in `expr`, calls in `call`.

use std::rc::Rc;

use super::ast::{BinaryOp, Block, For, Handler, Name, Slot, Stmt, StmtKind, Target, Try, While};
use super::builtins::{self, Type};
use super::error::{Exception, Kind, Raised, Stop, type_error, value_error};
use super::index;
use super::iter::Iter;
use super::kept::Kept;
use super::meter::Meter;
use super::ops;
use super::patterns::Cache;
use super::repr;
use super::value::{Place, Value};
use super::{LogLine, arithmetic};

/// A name's value in a frame.
#[derive(Default, Clone)]
pub(super) enum Local {
    #[default]
    Empty,
    Held(Value),
    /// Shared with inner functions.
    Shared(Rc<Place>),
    /// An outer function's.
    Captured(Rc<Place>),
}

/// The names of one call.
#[derive(Default)]
pub(super) struct Frame(pub(super) Vec<Local>);

/// What evaluates: the state of one evaluation.
pub(super) struct Machine<'a> {
    pub(super) meter: Meter,
    pub(super) globals: Vec<Option<Value>>,
    pub(super) frame: Frame,
    pub(super) log: &'a mut dyn FnMut(&LogLine<'_>),
    pub(super) patterns: &'a Cache,
    pub(super) kept: &'a Kept,
    /// Tells this evaluation from others, for functions that outlive theirs.
    pub(super) run: u64,
    /// Exceptions whose handlers are running, for `raise` alone.
    pub(super) handling: Vec<Rc<Raised>>,
}

/// Where control goes after a statement.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

type Done = Result<Flow, Stop>;

/// What the caller of the module sees of a stop.
pub(super) fn exception(stop: Stop) -> Exception {
    match stop {
        Stop::Ended(ended) => Exception {
            kind: ended.kind.to_owned(),
            message: ended.message,
            line: ended.line as usize,
        },
        Stop::Raised(raised) => Exception {
            kind: raised.kind.name().to_owned(),
            // A text too large to write down is left out; the type says enough.
            message: repr::exception_text(&mut Meter::new(), &raised).unwrap_or_default(),
            line: raised.line.get() as usize,
        },
    }
}

impl Frame {
    pub(super) fn held(&self) -> impl Iterator<Item = Value> {
        self.0.iter().filter_map(|local| match local {
            Local::Held(value) => Some(value.clone()),
            Local::Shared(place) | Local::Captured(place) => place.value.borrow().clone(),
            Local::Empty => None,
        })
    }
}

impl Machine<'_> {
    pub(super) fn block(&mut self, block: &Block) -> Done {
        self.meter.enter()?;
        let flow = self.statements(block);
        self.meter.leave();
        flow
    }

    fn statements(&mut self, block: &Block) -> Done {
        for statement in block {
            let flow = match self.meter.step() {
                Ok(()) => self.statement(statement),
                Err(stop) => Err(stop),
            };
            match flow {
                Ok(Flow::Next) => {}
                Ok(other) => return Ok(other),
                Err(stop) => return Err(stop.at(statement.line)),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Stmt) -> Done {
        match &statement.kind {
            StmtKind::Expr(value) => self.expr(value).map(|_| Flow::Next),
            StmtKind::Assign(targets, value) => {
                let value = self.expr(value)?;
                targets
                    .iter()
                    .try_for_each(|target| self.assign(target, value.clone()))?;
                Ok(Flow::Next)
            }
            StmtKind::Augmented(target, operator, value) => {
                self.augmented(target, *operator, value)
            }
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    if self
                        .expr(&branch.test)
                        .map_err(|stop| stop.at(branch.line))?
                        .truth()
                    {
                        return self.block(&branch.body);
                    }
                }
                if otherwise.is_empty() {
                    Ok(Flow::Next)
                } else {
                    self.block(otherwise)
                }
            }
            StmtKind::For(each) => self.for_loop(each),
            StmtKind::While(each) => self.while_loop(each),
            StmtKind::Break => Ok(Flow::Break),
            StmtKind::Continue => Ok(Flow::Continue),
            StmtKind::Pass => Ok(Flow::Next),
            StmtKind::Delete(targets) => {
                targets.iter().try_for_each(|target| self.delete(target))?;
                Ok(Flow::Next)
            }
            StmtKind::Def(name, function) => {
                let function = self.make_function(function)?;
                self.store(name, function);
                Ok(Flow::Next)
            }
            StmtKind::Return(value) => match value {
                Some(value) => self.expr(value).map(Flow::Return),
                None => Ok(Flow::Return(Value::None)),
            },
            StmtKind::Try(parts) => self.try_statement(parts),
            StmtKind::Raise(parts) => self.raise(parts.as_ref()),
            StmtKind::Import(name) => {
                let module = match &*name.text {
                    "logging" => Value::Logging,
                    _ => Value::Re,
                };
                self.store(name, module);
                Ok(Flow::Next)
            }
        }
    }

    fn for_loop(&mut self, each: &For) -> Done {
        let iterable = self.expr(&each.iterable)?;
        let mut iter = Iter::over(&iterable)?;
        while let Some(item) = self.advance(&mut iter)? {
            self.assign(&each.target, item)?;
            match self.block(&each.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                done @ Flow::Return(_) => return Ok(done),
            }
        }
        self.block(&each.otherwise)
    }

    fn while_loop(&mut self, each: &While) -> Done {
        while self.expr(&each.test)?.truth() {
            match self.block(&each.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                done @ Flow::Return(_) => return Ok(done),
            }
        }
        self.block(&each.otherwise)
    }

    fn try_statement(&mut self, parts: &Try) -> Done {
        let outcome = match self.block(&parts.body) {
            Ok(Flow::Next) => self.block(&parts.otherwise),
            Err(Stop::Raised(raised)) => self.handle(raised, &parts.handlers),
            other => other,
        };
        if parts.finally.is_empty() || matches!(outcome, Err(Stop::Ended(_))) {
            return outcome;
        }
        let handling = self.handling.len();
        if let Err(Stop::Raised(raised)) = &outcome {
            self.handling.push(Rc::clone(raised));
        }
        let flow = self.block(&parts.finally);
        self.handling.truncate(handling);
        match flow? {
            Flow::Next => outcome,
            other => Ok(other),
        }
    }

    fn handle(&mut self, raised: Rc<Raised>, handlers: &[Handler]) -> Done {
        self.handling.push(Rc::clone(&raised));
        let outcome = self.find_handler(raised, handlers);
        self.handling.pop();
        outcome
    }

    fn find_handler(&mut self, raised: Rc<Raised>, handlers: &[Handler]) -> Done {
        for handler in handlers {
            let matches = match &handler.types {
                None => true,
                Some(types) => {
                    let types = self.expr(types).map_err(|stop| stop.at(handler.line))?;
                    is_caught(&raised, &types).map_err(|stop| stop.at(handler.line))?
                }
            };
            if !matches {
                continue;
            }
            let Some(name) = &handler.name else {
                return self.block(&handler.body);
            };
            self.store(name, Value::Exception(raised));
            let flow = self.block(&handler.body);
            // As Python: the name is gone after the handler.
            let _ = self.take(name);
            return flow;
        }
        Err(Stop::Raised(raised))
    }

    fn raise(&mut self, parts: Option<&(super::ast::Expr, Option<super::ast::Expr>)>) -> Done {
        let Some((exception, cause)) = parts else {
            return Err(match self.handling.last() {
                Some(raised) => Stop::Raised(Rc::clone(raised)),
                None => Stop::raise(Kind::RuntimeError, "No active exception to reraise"),
            });
        };
        let value = self.expr(exception)?;
        let cause = cause.as_ref().map(|cause| self.expr(cause)).transpose()?;
        let raised = raisable(&value)
            .ok_or_else(|| type_error("exceptions must derive from BaseException"))?;
        match cause {
            None | Some(Value::None) => Err(Stop::Raised(raised)),
            Some(cause) if raisable(&cause).is_some() => Err(Stop::Raised(raised)),
            Some(_) => Err(type_error(
                "exception causes must derive from BaseException",
            )),
        }
    }

    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<(), Stop> {
        match target {
            Target::Name(name) => {
                self.store(name, value);
                Ok(())
            }
            Target::Index(parts) => {
                let base = self.expr(&parts.0)?;
                let at = self.expr(&parts.1)?;
                self.kept.note(&base, &value);
                index::set(&mut self.meter, &base, &at, value)
            }
            Target::Unpack(targets) => {
                let values = self.unpack(&value, targets.len())?;
                targets
                    .iter()
                    .zip(values)
                    .try_for_each(|(target, value)| self.assign(target, value))
            }
        }
    }

    fn unpack(&mut self, value: &Value, wanted: usize) -> Result<Vec<Value>, Stop> {
        let Ok(mut iter) = Iter::over(value) else {
            return Err(type_error(format!(
                "cannot unpack non-iterable {} object",
                value.type_name()
            )));
        };
        let mut values = Vec::with_capacity(wanted);
        while let Some(item) = self.advance(&mut iter)? {
            if values.len() == wanted {
                return Err(value_error(format!(
                    "too many values to unpack (expected {wanted})"
                )));
            }
            values.push(item);
        }
        if values.len() < wanted {
            let got = values.len();
            return Err(value_error(format!(
                "not enough values to unpack (expected {wanted}, got {got})"
            )));
        }
        Ok(values)
    }

    fn augmented(&mut self, target: &Target, operator: BinaryOp, value: &super::ast::Expr) -> Done {
        match target {
            Target::Name(name) => {
                let left = self.load(name)?;
                let right = self.expr(value)?;
                let result = self.in_place(operator, &left, &right)?;
                self.store(name, result);
            }
            Target::Index(parts) => {
                let base = self.expr(&parts.0)?;
                let at = self.expr(&parts.1)?;
                let left = index::get(&mut self.meter, &base, &at)?;
                let right = self.expr(value)?;
                let result = self.in_place(operator, &left, &right)?;
                self.kept.note(&base, &result);
                index::set(&mut self.meter, &base, &at, result)?;
            }
            Target::Unpack(_) => {}
        }
        Ok(Flow::Next)
    }

    /// An augmented assignment changes lists, sets and dicts themselves.
    fn in_place(&mut self, operator: BinaryOp, left: &Value, right: &Value) -> Result<Value, Stop> {
        match (left, operator) {
            (Value::List(list), BinaryOp::Add) => {
                let items = self.collect(right)?;
                self.extend(list, items);
                Ok(left.clone())
            }
            (Value::List(list), BinaryOp::Mul) => {
                let repeated = arithmetic::binary(&mut self.meter, operator, left, right)?;
                let items = repeated.items().unwrap_or_default();
                let old = list.items.replace(items);
                drop(old);
                Ok(left.clone())
            }
            (Value::Set(set), BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Sub)
                if !set.frozen && matches!(right, Value::Set(_)) =>
            {
                let result = self.binary(operator, left, right)?;
                if let Value::Set(result) = result {
                    let old = set.table.replace(result.table.take());
                    drop(old);
                }
                Ok(left.clone())
            }
            (Value::Dict(dict), BinaryOp::Or) => {
                self.update_dict(dict, right)?;
                Ok(left.clone())
            }
            _ => self.binary(operator, left, right),
        }
    }

    fn delete(&mut self, target: &Target) -> Result<(), Stop> {
        match target {
            Target::Name(name) => self.take(name).map(drop),
            Target::Index(parts) => {
                let base = self.expr(&parts.0)?;
                let at = self.expr(&parts.1)?;
                index::delete(&mut self.meter, &base, &at)
            }
            Target::Unpack(targets) => targets.iter().try_for_each(|target| self.delete(target)),
        }
    }

    /// The value of a name.
    pub(super) fn load(&self, name: &Name) -> Result<Value, Stop> {
        let value = match name.slot.get() {
            Slot::Local(slot) => match self.frame.0.get(slot as usize) {
                Some(Local::Held(value)) => Some(value.clone()),
                Some(Local::Shared(place) | Local::Captured(place)) => place.value.borrow().clone(),
                _ => None,
            },
            Slot::Global(slot) => match self.globals.get(slot as usize) {
                Some(Some(value)) => Some(value.clone()),
                // Assigned somewhere, but not yet: until then it is the builtin.
                _ => builtins::named(&name.text).map(builtins::Known::value),
            },
            Slot::Known(known) => Some(known.value()),
            Slot::Unresolved => None,
        };
        value.ok_or_else(|| self.no_value(name))
    }

    fn no_value(&self, name: &Name) -> Stop {
        let text = &name.text;
        match name.slot.get() {
            Slot::Local(slot) => match self.frame.0.get(slot as usize) {
                Some(Local::Captured(_)) => Stop::raise(
                    Kind::NameError,
                    format!(
                        "cannot access free variable '{text}' where it is not associated with a value in enclosing scope"
                    ),
                ),
                _ => Stop::raise(
                    Kind::UnboundLocalError,
                    format!(
                        "cannot access local variable '{text}' where it is not associated with a value"
                    ),
                ),
            },
            _ => Stop::raise(Kind::NameError, format!("name '{text}' is not defined")),
        }
    }

    pub(super) fn store(&mut self, name: &Name, value: Value) {
        let _ = self.exchange(name, Some(value));
    }

    /// Takes the value of a name away.
    fn take(&mut self, name: &Name) -> Result<Value, Stop> {
        let old = self.exchange(name, None);
        old.ok_or_else(|| self.no_value(name))
    }

    fn exchange(&mut self, name: &Name, value: Option<Value>) -> Option<Value> {
        match name.slot.get() {
            Slot::Local(slot) => match self.frame.0.get_mut(slot as usize)? {
                Local::Shared(place) | Local::Captured(place) => {
                    if let Some(value) = &value {
                        self.kept.note_place(place, value);
                    }
                    place.value.replace(value)
                }
                local => match std::mem::replace(local, value.map_or(Local::Empty, Local::Held)) {
                    Local::Held(old) => Some(old),
                    _ => None,
                },
            },
            Slot::Global(slot) => std::mem::replace(self.globals.get_mut(slot as usize)?, value),
            Slot::Known(_) | Slot::Unresolved => None,
        }
    }
}

fn is_caught(raised: &Raised, types: &Value) -> Result<bool, Stop> {
    let one = |kind: &Value| match kind {
        Value::Type(Type::Error(kind)) => Ok(raised.kind.is(*kind)),
        _ => Err(type_error(
            "catching classes that do not inherit from BaseException is not allowed",
        )),
    };
    match types {
        Value::Tuple(tuple) => {
            let matches: Result<Vec<bool>, Stop> = tuple.items.iter().map(one).collect();
            Ok(matches?.contains(&true))
        }
        single => one(single),
    }
}

/// An exception object, or a new one of an exception type.
fn raisable(value: &Value) -> Option<Rc<Raised>> {
    match value {
        Value::Exception(raised) => Some(Rc::clone(raised)),
        Value::Type(Type::Error(kind)) => Some(Raised::new(*kind, Value::tuple(Vec::new()))),
        _ => None,
    }
}

/// Whether `item in container`, for everything that is no iterator.
pub(super) fn contains(
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
        Value::Set(set) => match item {
            // A set is looked up as the frozen set it equals.
            Value::Set(wanted) if !wanted.frozen => {
                let frozen = Value::new_set(wanted.table.borrow().copy(meter)?, true);
                set.table.borrow().has(meter, &frozen)?
            }
            _ => set.table.borrow().has(meter, item)?,
        },
        Value::View(view) if view.side == super::value::Side::Keys => {
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

fn in_range(meter: &mut Meter, range: &super::value::Range, item: &Value) -> Result<bool, Stop> {
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
