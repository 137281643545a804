//! The tree walk: expressions.

use std::rc::Rc;

use crate::format::spec;
use crate::run::{Machine, arithmetic};
use crate::value::tree::*;
use crate::value::{Args, Generator, Iter, Native, Outcome, Scope, Str, Table, Value, index, ops};

/// What is called: a value, or a method that the receiver is known to have.
enum Callee<'a> {
    Value(&'a Value),
    Method(&'a Value, &'static Native),
}

impl Machine<'_> {
    pub(crate) fn expr(&mut self, expr: &Expr) -> Outcome {
        self.meter.step()?;
        match &expr.kind {
            ExprKind::Constant(value) => Ok(value.clone()),
            ExprKind::Name(name) => self.load(name),
            _ => self.nested(|machine| machine.compound(expr)),
        }
    }

    fn compound(&mut self, expr: &Expr) -> Outcome {
        match &expr.kind {
            ExprKind::Constant(value) => Ok(value.clone()),
            ExprKind::Name(name) => self.load(name),
            ExprKind::FString(pieces) => self.pieces(pieces).map(Value::from),
            ExprKind::List(items) => self.items(items).map(Value::list),
            ExprKind::Tuple(items) => self.items(items).map(Value::tuple),
            ExprKind::Set(items) => self.set_display(items),
            ExprKind::Dict(entries) => self.dict_display(entries),
            ExprKind::Chain(first, rest) => {
                let mut value = self.expr(first)?;
                for (operator, operand) in rest {
                    let right = self.expr(operand)?;
                    value = arithmetic::binary(&mut self.meter, *operator, &value, &right)?;
                }
                Ok(value)
            }
            ExprKind::Unary(operator, operand) => {
                let operand = self.expr(operand)?;
                arithmetic::unary(*operator, &operand)
            }
            ExprKind::Compare(first, rest) => self.comparison(first, rest),
            ExprKind::And(tests) => self.until(tests, false),
            ExprKind::Or(tests) => self.until(tests, true),
            ExprKind::Conditional(arms, otherwise) => {
                for (condition, value) in arms {
                    if self.expr(condition)?.truth() {
                        return self.expr(value);
                    }
                }
                self.expr(otherwise)
            }
            ExprKind::Function(function) => self.make_function(function),
            ExprKind::Comprehension(made) => self.comprehension(made),
            ExprKind::Trailers(base, trailers) => {
                let base = self.expr(base)?;
                self.trailers(base, trailers)
            }
        }
    }

    fn items(&mut self, items: &[Expr]) -> Outcome<Vec<Value>> {
        self.meter.make_items(items.len())?;
        items.iter().map(|item| self.expr(item)).collect()
    }

    /// The first value whose truth is `wanted`, or the last one.
    fn until(&mut self, tests: &[Expr], wanted: bool) -> Outcome {
        let mut value = Value::None;
        for test in tests {
            value = self.expr(test)?;
            if value.truth() == wanted {
                break;
            }
        }
        Ok(value)
    }

    fn set_display(&mut self, items: &[Expr]) -> Outcome {
        let mut table = Table::default();
        for item in self.items(items)? {
            table.set(&mut self.meter, item, Value::None)?;
        }
        Ok(Value::new_set(table))
    }

    fn dict_display(&mut self, entries: &[(Expr, Expr)]) -> Outcome {
        let mut table = Table::with_room(entries.len());
        for (key, value) in entries {
            let key = self.expr(key)?;
            let value = self.expr(value)?;
            table.set(&mut self.meter, key, value)?;
        }
        Ok(Value::new_dict(table))
    }

    fn comparison(&mut self, first: &Expr, rest: &[(CompareOp, Expr)]) -> Outcome {
        let mut left = self.expr(first)?;
        for (operator, operand) in rest {
            let right = self.expr(operand)?;
            if !self.compare(*operator, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn compare(&mut self, operator: CompareOp, left: &Value, right: &Value) -> Outcome<bool> {
        match operator {
            CompareOp::Equal => ops::equal(&mut self.meter, left, right),
            CompareOp::NotEqual => ops::equal(&mut self.meter, left, right).map(|same| !same),
            CompareOp::In => self.contains(right, left),
            CompareOp::NotIn => self.contains(right, left).map(|found| !found),
            CompareOp::Is => ops::is(&mut self.meter, left, right),
            CompareOp::IsNot => ops::is(&mut self.meter, left, right).map(|same| !same),
            _ => ops::order(&mut self.meter, operator, left, right),
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Outcome<String> {
        let mut text = String::with_capacity(32);
        for piece in pieces {
            match piece {
                Piece::Text(plain) => {
                    self.meter.make(plain.len())?;
                    text.push_str(plain);
                }
                Piece::Field(field) => {
                    let value = self.expr(&field.value)?;
                    let before = text.len();
                    match (&value, field.conversion, field.spec.as_slice()) {
                        (Value::Str(plain), None, []) => text.push_str(plain),
                        _ => text.push_str(&self.field(field, value)?),
                    }
                    self.meter.make(text.len() - before)?;
                }
            }
        }
        Ok(text)
    }

    fn field(&mut self, field: &Field, value: Value) -> Outcome<Str> {
        let spec = self.pieces(&field.spec)?;
        spec::field(&mut self.meter, &value, field.conversion, &spec)
    }

    fn trailers(&mut self, base: Value, trailers: &[Trailer]) -> Outcome {
        let mut value = base;
        for trailer in trailers {
            self.meter.step()?;
            value = match trailer {
                Trailer::Attribute(attribute) => get_attribute(&value, attribute)?,
                Trailer::Method(attribute, arguments) => {
                    self.method(&value, attribute, arguments)?
                }
                Trailer::Call(arguments) => self.call_of(Callee::Value(&value), arguments)?,
                Trailer::Index(at) => {
                    let at = self.expr(at)?;
                    index::get(&mut self.meter, &value, &at)?
                }
                Trailer::Slice(parts) => self.slice(&value, parts)?,
            };
        }
        Ok(value)
    }

    fn slice(&mut self, base: &Value, parts: &[Option<Expr>; 3]) -> Outcome {
        let mut values = [const { Value::None }; 3];
        for (value, part) in values.iter_mut().zip(parts) {
            if let Some(part) = part {
                *value = self.expr(part)?;
            }
        }
        index::slice(&mut self.meter, base, values)
    }

    /// A method call: as Python, the method is looked up before the arguments are evaluated.
    fn method(&mut self, base: &Value, attribute: &Attribute, arguments: &Arguments) -> Outcome {
        let mut methods = attribute.methods().iter();
        if let Some(method) = methods.find(|method| method.is_of(base)) {
            return self.call_of(Callee::Method(base, method), arguments);
        }
        let callee = get_attribute(base, attribute)?;
        self.call_of(Callee::Value(&callee), arguments)
    }

    /// Evaluates the arguments and calls; few of them, as is usual, need no memory of their own.
    fn call_of(&mut self, callee: Callee<'_>, arguments: &Arguments) -> Outcome {
        let named = &mut [];
        match (arguments.positional.as_slice(), arguments.named.is_empty()) {
            ([], true) => {
                let positional = &mut [];
                self.call_callee(callee, Args { positional, named })
            }
            ([only], true) => {
                let positional = &mut [self.expr(only)?];
                self.call_callee(callee, Args { positional, named })
            }
            ([first, second], true) => {
                let positional = &mut [self.expr(first)?, self.expr(second)?];
                self.call_callee(callee, Args { positional, named })
            }
            _ => self.call_of_many(callee, arguments),
        }
    }

    fn call_of_many(&mut self, callee: Callee<'_>, arguments: &Arguments) -> Outcome {
        let positional = arguments.positional.iter().map(|value| self.expr(value));
        let mut positional: Vec<Value> = positional.collect::<Result<_, _>>()?;
        let named = arguments.named.iter();
        let named = named.map(|(name, value)| Ok((name.clone(), self.expr(value)?)));
        let mut named: Vec<(Str, Value)> = named.collect::<Outcome<_>>()?;
        let (positional, named) = (&mut positional, &mut named);
        self.call_callee(callee, Args { positional, named })
    }

    fn call_callee(&mut self, callee: Callee<'_>, args: Args<'_>) -> Outcome {
        match callee {
            Callee::Value(value) => self.call(value, args),
            Callee::Method(receiver, method) => {
                self.nested(|machine| method.call(machine, receiver, args))
            }
        }
    }

    fn comprehension(&mut self, made: &Comprehension) -> Outcome {
        let first = self.expr(&made.first)?;
        let iter = Iter::over(&first)?;
        let (code, run) = (Rc::clone(&made.code), self.run);
        let layout = code.layout.get();
        let outer = match made.kind {
            ComprehensionKind::Generator => self.kept_scope(layout),
            _ => self.scope.clone(),
        };
        let mut generator = Generator {
            code,
            scope: Scope::new(vec![None; layout.slots], outer),
            iters: vec![iter],
            run,
        };
        match made.kind {
            ComprehensionKind::Generator => {
                let state = Iter::Generator(Box::new(generator));
                Ok(Value::iterator("generator", state))
            }
            ComprehensionKind::List => {
                let mut items = Vec::new();
                while let Some((item, _)) = self.next_element(&mut generator)? {
                    self.meter.make_items(1)?;
                    items.push(item);
                }
                Ok(Value::list(items))
            }
            ComprehensionKind::Set | ComprehensionKind::Dict => {
                let mut table = Table::default();
                while let Some((key, value)) = self.next_element(&mut generator)? {
                    table.set(&mut self.meter, key, value)?;
                }
                Ok(match made.kind {
                    ComprehensionKind::Set => Value::new_set(table),
                    _ => Value::new_dict(table),
                })
            }
        }
    }

    /// The next element of a comprehension, with the value of a dict's key.
    pub(crate) fn next_element(
        &mut self,
        generator: &mut Generator,
    ) -> Outcome<Option<(Value, Value)>> {
        let outer = self.scope.replace(Rc::clone(&generator.scope));
        let element = self.find_element(generator);
        self.scope = outer;
        element.map_err(|stop| stop.at(generator.code.line))
    }

    fn find_element(&mut self, generator: &mut Generator) -> Outcome<Option<(Value, Value)>> {
        let code = Rc::clone(&generator.code);
        self.check_run(generator.run, code.layout.get())?;
        while let Some(iter) = generator.iters.last_mut() {
            let Some(item) = self.advance(iter)? else {
                generator.iters.pop();
                continue;
            };
            let level = generator.iters.len();
            let Some(clause) = code.clauses.get(level - 1) else {
                return Ok(None);
            };
            self.assign(&clause.target, item)?;
            let conditions = &clause.conditions;
            if !(conditions.is_empty() || self.until(conditions, false)?.truth()) {
                continue;
            }
            let next = code.clauses.get(level);
            let Some(iterable) = next.and_then(|next| next.iterable.as_ref()) else {
                let element = self.expr(&code.element)?;
                let value = code.value.as_ref().map(|value| self.expr(value));
                return Ok(Some((element, value.transpose()?.unwrap_or_default())));
            };
            let iterable = self.expr(iterable)?;
            generator.iters.push(Iter::over(&iterable)?);
        }
        Ok(None)
    }
}

fn get_attribute(base: &Value, attribute: &Attribute) -> Outcome {
    let (name, methods) = (&attribute.name, attribute.methods());
    let found = index::attribute(base, name, methods, &attribute.hint)?;
    found.ok_or_else(|| index::no_attribute(base, name))
}
