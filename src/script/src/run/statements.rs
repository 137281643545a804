//! The tree walk: statements and control flow. Expressions are in `expr`, calls in `call`.

use std::rc::Rc;

use crate::names::Kind;
use crate::run::{Machine, arithmetic};
use crate::value::tree::*;
use crate::value::{Iter, Outcome, Raised, Stop, Value, index, mistyped, type_error, value_error};

/// Where control goes after a statement.
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

type Done = Outcome<Flow>;

impl Machine<'_> {
    pub(crate) fn block(&mut self, block: &Block) -> Done {
        self.nested(|machine| {
            for statement in block {
                let step = machine.meter.step();
                let flow = step.and_then(|()| machine.statement(statement));
                match flow.map_err(|stop| stop.at(statement.line))? {
                    Flow::Next => {}
                    other => return Ok(other),
                }
            }
            Ok(Flow::Next)
        })
    }

    fn statement(&mut self, statement: &Stmt) -> Done {
        match &statement.kind {
            StmtKind::Expr(value) => drop(self.expr(value)?),
            StmtKind::Assign(targets, value) => {
                let value = self.expr(value)?;
                for target in targets {
                    self.assign(target, value.clone())?;
                }
            }
            StmtKind::Augmented(target, operator, value) => {
                self.augmented(target, *operator, value)?;
            }
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    let test = self.expr(&branch.test);
                    if test.map_err(|stop| stop.at(branch.line))?.truth() {
                        return self.block(&branch.body);
                    }
                }
                return self.block(otherwise);
            }
            StmtKind::For(each) => {
                let iterable = self.expr(&each.iterable)?;
                let mut iter = Iter::over(&iterable)?;
                return self.rounds(&each.body, &each.otherwise, |machine| {
                    let Some(item) = machine.advance(&mut iter)? else {
                        return Ok(false);
                    };
                    machine.assign(&each.target, item).map(|()| true)
                });
            }
            StmtKind::While(each) => {
                return self.rounds(&each.body, &each.otherwise, |machine| {
                    Ok(machine.expr(&each.test)?.truth())
                });
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Pass => {}
            StmtKind::Delete(targets) => {
                targets.iter().try_for_each(|target| self.delete(target))?;
            }
            StmtKind::Return(None) => return Ok(Flow::Return(Value::None)),
            StmtKind::Return(Some(value)) => return self.expr(value).map(Flow::Return),
            StmtKind::Try(parts) => return self.try_statement(parts),
            StmtKind::Raise(exception) => return Err(self.raised(exception.as_ref())?),
        }
        Ok(Flow::Next)
    }

    /// Runs the body as long as there is a next round, and what follows if nothing broke it off.
    fn rounds(
        &mut self,
        body: &Block,
        otherwise: &Block,
        mut next: impl FnMut(&mut Self) -> Outcome<bool>,
    ) -> Done {
        while next(self)? {
            match self.block(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                done @ Flow::Return(_) => return Ok(done),
            }
        }
        self.block(otherwise)
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
            if let Some(types) = &handler.types {
                let types = self.expr(types);
                let matches = types.and_then(|types| is_caught(&raised, &types));
                if !matches.map_err(|stop| stop.at(handler.line))? {
                    continue;
                }
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

    /// What `raise` raises.
    fn raised(&mut self, exception: Option<&Expr>) -> Outcome<Stop> {
        let Some(exception) = exception else {
            return Ok(match self.handling.last() {
                Some(raised) => Stop::Raised(Rc::clone(raised)),
                None => Stop::raise(Kind::RuntimeError, "No active exception to reraise"),
            });
        };
        match self.expr(exception)? {
            Value::Exception(raised) => Ok(Stop::Raised(raised)),
            Value::ExceptionType(kind) => Ok(Stop::Raised(Raised::new(kind, Vec::new()))),
            _ => Err(type_error("exceptions must derive from BaseException")),
        }
    }

    pub(crate) fn assign(&mut self, target: &Target, value: Value) -> Outcome<()> {
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
                let mut pairs = targets.iter().zip(values);
                pairs.try_for_each(|(target, value)| self.assign(target, value))
            }
        }
    }

    fn unpack(&mut self, value: &Value, wanted: usize) -> Outcome<Vec<Value>> {
        let Ok(mut iter) = Iter::over(value) else {
            return Err(mistyped("cannot unpack non-iterable {} object", value));
        };
        let mut values = Vec::with_capacity(wanted);
        while let Some(item) = self.advance(&mut iter)? {
            if values.len() == wanted {
                let message = format!("too many values to unpack (expected {wanted})");
                return Err(value_error(message));
            }
            values.push(item);
        }
        let got = values.len();
        if got < wanted {
            let message = format!("not enough values to unpack (expected {wanted}, got {got})");
            return Err(value_error(message));
        }
        Ok(values)
    }

    fn augmented(&mut self, target: &Target, operator: BinaryOp, value: &Expr) -> Outcome<()> {
        match target {
            Target::Name(name) => {
                let left = self.load(name)?;
                let right = self.expr(value)?;
                let result = self.in_place(operator, &left, &right)?;
                self.store(name, result);
                Ok(())
            }
            Target::Index(parts) => {
                let base = self.expr(&parts.0)?;
                let at = self.expr(&parts.1)?;
                let left = index::get(&mut self.meter, &base, &at)?;
                let right = self.expr(value)?;
                let result = self.in_place(operator, &left, &right)?;
                self.kept.note(&base, &result);
                index::set(&mut self.meter, &base, &at, result)
            }
            // The parser refuses it.
            Target::Unpack(_) => Ok(()),
        }
    }

    /// An augmented assignment changes lists, sets and dicts themselves.
    fn in_place(&mut self, operator: BinaryOp, left: &Value, right: &Value) -> Outcome {
        match (left, operator) {
            (Value::List(list), BinaryOp::Add) => {
                let items = self.collect(right)?;
                self.extend(list, items);
            }
            (Value::List(list), BinaryOp::Mul) => {
                let repeated = arithmetic::binary(&mut self.meter, operator, left, right)?;
                let items = repeated.items().unwrap_or_default();
                let old = list.items.replace(items);
                drop(old);
            }
            (Value::Set(set), BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Sub)
                if matches!(right, Value::Set(_)) =>
            {
                let result = arithmetic::binary(&mut self.meter, operator, left, right)?;
                if let Value::Set(result) = result {
                    let old = set.table.replace(result.table.take());
                    drop(old);
                }
            }
            (Value::Dict(dict), BinaryOp::Or) => self.update_dict(dict, right)?,
            _ => return arithmetic::binary(&mut self.meter, operator, left, right),
        }
        Ok(left.clone())
    }

    fn delete(&mut self, target: &Target) -> Outcome<()> {
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
    pub(crate) fn load(&self, name: &Name) -> Outcome {
        let value = match name.slot.get() {
            Slot::Local(up, at) => {
                let scope = self.scope.as_ref();
                scope.and_then(|scope| scope.get(up, at))
            }
            Slot::Global(slot) => match self.globals.get(slot as usize) {
                Some(Some(value)) => Some(value.clone()),
                // Assigned somewhere, but not yet: until then it is the builtin.
                _ => name.known.get().cloned(),
            },
            Slot::Known => name.known.get().cloned(),
        };
        value.ok_or_else(|| self.no_value(name))
    }

    fn no_value(&self, name: &Name) -> Stop {
        let text = &name.text;
        let (kind, what, place) = match name.slot.get() {
            Slot::Local(0, _) => (Kind::UnboundLocalError, "local", ""),
            Slot::Local(..) => (Kind::NameError, "free", " in enclosing scope"),
            _ => return Stop::raise(Kind::NameError, format!("name '{text}' is not defined")),
        };
        let message = format!(
            "cannot access {what} variable '{text}' where it is not associated with a value{place}"
        );
        Stop::raise(kind, message)
    }

    pub(crate) fn store(&mut self, name: &Name, value: Value) {
        let _ = self.exchange(name, Some(value));
    }

    /// Takes the value of a name away.
    fn take(&mut self, name: &Name) -> Outcome {
        let old = self.exchange(name, None);
        old.ok_or_else(|| self.no_value(name))
    }

    fn exchange(&mut self, name: &Name, value: Option<Value>) -> Option<Value> {
        match name.slot.get() {
            Slot::Local(up, at) => self.scope.as_ref()?.exchange(up, at, value),
            Slot::Global(slot) => std::mem::replace(self.globals.get_mut(slot as usize)?, value),
            Slot::Known => None,
        }
    }
}

fn is_caught(raised: &Raised, types: &Value) -> Outcome<bool> {
    let types = match types {
        Value::Tuple(tuple) => tuple.items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut caught = false;
    for kind in types {
        let Value::ExceptionType(kind) = kind else {
            let message = "catching classes that do not inherit from BaseException is not allowed";
            return Err(type_error(message));
        };
        caught |= raised.kind.is(*kind);
    }
    Ok(caught)
}
