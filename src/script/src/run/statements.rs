//! The tree walk: statements and control flow. Expressions are in `expr`, calls in `call`.

use std::rc::Rc;

use crate::LogLine;
use crate::names::{Builtin, Kind, Method, Type, builtins};
use crate::run::arithmetic;
use crate::run::kept::Kept;
use crate::value::tree::{
    BinaryOp, Block, Expr, For, Handler, Name, Slot, Stmt, StmtKind, Target, Try, While,
};
use crate::value::{
    Args, Cache, Frame, Iter, Local, Meter, Outcome, Raised, Stop, Value, index, type_error,
    value_error,
};

/// What evaluates: the state of one evaluation.
pub(crate) struct Machine<'a> {
    pub(crate) meter: Meter,
    pub(crate) globals: Vec<Option<Value>>,
    pub(crate) frame: Frame,
    pub(crate) log: &'a mut dyn FnMut(&LogLine<'_>),
    pub(crate) patterns: &'a Cache,
    pub(crate) kept: &'a Kept,
    pub(crate) library: &'static Library,
    /// Tells this evaluation from others, for functions that outlive theirs.
    pub(crate) run: u64,
    /// Exceptions whose handlers are running, for `raise` alone.
    pub(crate) handling: Vec<Rc<Raised>>,
}

/// What can be called that is no function of the source.
pub(crate) struct Library {
    /// Calls a method that the receiver is known to have.
    pub(crate) method: fn(&mut Machine<'_>, &Value, Method, Args<'_>) -> Outcome,
    pub(crate) builtin: fn(&mut Machine<'_>, Builtin, Args<'_>) -> Outcome,
    /// Calls a type, but for those of exceptions.
    pub(crate) construct: fn(&mut Machine<'_>, Type, Args<'_>) -> Outcome,
}

/// Where control goes after a statement.
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

type Done = Result<Flow, Stop>;

impl Machine<'_> {
    pub(crate) fn block(&mut self, block: &Block) -> Done {
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
            StmtKind::Raise(exception) => self.raise(exception.as_ref()),
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

    fn raise(&mut self, exception: Option<&Expr>) -> Done {
        let Some(exception) = exception else {
            return Err(match self.handling.last() {
                Some(raised) => Stop::Raised(Rc::clone(raised)),
                None => Stop::raise(Kind::RuntimeError, "No active exception to reraise"),
            });
        };
        let value = self.expr(exception)?;
        let raised = raisable(&value)
            .ok_or_else(|| type_error("exceptions must derive from BaseException"))?;
        Err(Stop::Raised(raised))
    }

    pub(crate) fn assign(&mut self, target: &Target, value: Value) -> Result<(), Stop> {
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

    fn augmented(&mut self, target: &Target, operator: BinaryOp, value: &Expr) -> Done {
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
                if matches!(right, Value::Set(_)) =>
            {
                let result = arithmetic::binary(&mut self.meter, operator, left, right)?;
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
            _ => arithmetic::binary(&mut self.meter, operator, left, right),
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
    pub(crate) fn load(&self, name: &Name) -> Result<Value, Stop> {
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

    pub(crate) fn store(&mut self, name: &Name, value: Value) {
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
