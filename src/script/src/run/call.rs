//! Calls: functions of the source, and whatever else can be called.

use std::mem::take;
use std::rc::Rc;

use crate::names::Kind;
use crate::run::{Flow, Machine};
use crate::value::tree::{FunctionExpr, Layout};
use crate::value::{
    Args, Function, Outcome, Raised, Scope, Stop, Value, args, mistyped, type_error,
};

impl Machine<'_> {
    pub(crate) fn call_with(&mut self, callee: &Value, positional: &mut [Value]) -> Outcome {
        let named = &mut [];
        self.call(callee, Args { positional, named })
    }

    pub(crate) fn call(&mut self, callee: &Value, args: Args<'_>) -> Outcome {
        self.nested(|machine| match callee {
            Value::Function(function) => machine.call_function(function, args),
            Value::Native(native) | Value::Type(native) => native.call(machine, &Value::None, args),
            Value::ExceptionType(kind) => make_exception(*kind, args),
            Value::Bound(bound) => bound.method.call(machine, &bound.receiver, args),
            Value::Unbound(kind, method) => {
                let (receiver, args) = args.receiver(kind, method)?;
                method.call(machine, &receiver, args)
            }
            _ => Err(mistyped("'{}' object is not callable", callee)),
        })
    }

    /// A function that sees names of its evaluation cannot run in another one.
    pub(crate) fn check_run(&self, run: u64, layout: Layout) -> Outcome<()> {
        if run == self.run || !layout.uses_globals {
            return Ok(());
        }
        let what = "a function kept from an earlier evaluation, whose names are gone,";
        Err(Stop::outside(what))
    }

    fn call_function(&mut self, function: &Rc<Function>, args: Args<'_>) -> Outcome {
        let code = Rc::clone(&function.code);
        let layout = code.layout.get();
        self.check_run(function.run, layout)?;
        self.meter.make_items(layout.slots)?;
        let values = bind(function, args, layout.slots)?;
        let scope = Scope::new(values, function.scope.clone());
        let outer = self.scope.replace(scope);
        let flow = self.block(&code.body);
        self.scope = outer;
        match flow? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::None),
        }
    }

    pub(crate) fn make_function(&mut self, function: &FunctionExpr) -> Outcome {
        let defaults = function.defaults.iter().map(|default| self.expr(default));
        let defaults: Vec<Value> = defaults.collect::<Result<_, _>>()?;
        self.meter.make_items(4 + defaults.len())?;
        let code = Rc::clone(&function.code);
        let scope = self.kept_scope(code.layout.get());
        let run = self.run;
        Ok(Value::Function(Rc::new(Function {
            code,
            defaults,
            scope,
            run,
        })))
    }

    /// The scope at hand for something that may outlive it, if it uses it.
    pub(crate) fn kept_scope(&self, layout: Layout) -> Option<Rc<Scope>> {
        let scope = self.scope.as_ref().filter(|_| layout.uses_outer)?;
        self.kept.note_scope(scope);
        Some(Rc::clone(scope))
    }
}

fn make_exception(kind: Kind, args: Args<'_>) -> Outcome {
    if !args.named.is_empty() {
        let message = format!("{}() takes no keyword arguments", kind.name());
        return Err(type_error(message));
    }
    let values = args.positional.iter_mut().map(take).collect();
    Ok(Value::Exception(Raised::new(kind, values)))
}

/// The values of a call's names: arguments and defaults in the places of the parameters.
fn bind(function: &Function, args: Args<'_>, slots: usize) -> Outcome<Vec<Option<Value>>> {
    let (parameters, name) = (&function.code.parameters, &function.code.name);
    let (given, most) = (args.positional.len(), parameters.len());
    if given > most {
        let message = format!("{name}() takes {most} arguments but {given} were given");
        return Err(type_error(message));
    }
    let mut values = Vec::with_capacity(slots);
    values.extend(args.positional.iter_mut().map(|value| Some(take(value))));
    values.resize(slots, None);
    for (argument, value) in args.named {
        let mut known = parameters.iter();
        let at = known.position(|parameter| parameter.text == *argument);
        match at.and_then(|at| values.get_mut(at)) {
            Some(empty @ None) => *empty = Some(take(value)),
            found => return Err(args::no_place(name, argument, found.is_some())),
        }
    }
    let required = most - function.defaults.len();
    for (value, default) in values.iter_mut().skip(required).zip(&function.defaults) {
        value.get_or_insert_with(|| default.clone());
    }
    match parameters
        .iter()
        .zip(&values)
        .find(|(_, value)| value.is_none())
    {
        Some((missing, _)) => {
            let message = format!("{name}() needs a value for '{}'", missing.text);
            Err(type_error(message))
        }
        None => Ok(values),
    }
}
