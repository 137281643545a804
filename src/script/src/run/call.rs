//! Calls: functions of the source, and whatever else can be called.

use std::mem::take;
use std::rc::Rc;

use crate::names::{Method, Type};
use crate::run::{Flow, Machine};
use crate::value::tree::{Body, ComprehensionCode, FunctionExpr, Layout};
use crate::value::{
    Args, Frame, Function, Generator, Iter, Local, Outcome, Place, Raised, Stop, Value, attributes,
    object_error, type_error,
};

impl Machine<'_> {
    pub(crate) fn call_with(&mut self, callee: &Value, positional: &mut [Value]) -> Outcome {
        let named = &mut [];
        self.call(callee, Args { positional, named })
    }

    pub(crate) fn call(&mut self, callee: &Value, args: Args<'_>) -> Outcome {
        self.meter.enter()?;
        let result = self.call_inner(callee, args);
        self.meter.leave();
        result
    }

    /// Calls a method that the receiver is known to have.
    pub(crate) fn call_method(
        &mut self,
        receiver: &Value,
        method: Method,
        args: Args<'_>,
    ) -> Outcome {
        self.meter.enter()?;
        let result = (self.library.method)(self, receiver, method, args);
        self.meter.leave();
        result
    }

    fn call_inner(&mut self, callee: &Value, args: Args<'_>) -> Outcome {
        match callee {
            Value::Function(function) => self.call_function(function, args),
            Value::Builtin(builtin) => (self.library.builtin)(self, *builtin, args),
            Value::Type(Type::Error(kind)) => {
                args.no_names(kind.name())?;
                Ok(Value::Exception(Raised::new(
                    *kind,
                    Value::tuple(args.positional.iter_mut().map(take).collect()),
                )))
            }
            Value::Type(kind) => (self.library.construct)(self, *kind, args),
            Value::Bound(bound) => self.call_method(&bound.receiver, bound.method, args),
            Value::Unbound(kind, method) => {
                let Args { positional, named } = args;
                let (name, owner) = (method.name(), kind.name());
                let Some((receiver, positional)) = positional.split_first_mut() else {
                    return Err(type_error(format!(
                        "unbound method {owner}.{name}() needs an argument"
                    )));
                };
                if !attributes::is_instance(receiver, *kind)
                    || attributes::of(receiver, *method).is_none()
                {
                    let given = receiver.type_name();
                    let message = format!(
                        "descriptor '{name}' for '{owner}' objects doesn't apply to a '{given}' object"
                    );
                    return Err(type_error(message));
                }
                self.call_method(receiver, *method, Args { positional, named })
            }
            _ => Err(object_error(callee, "is not callable")),
        }
    }

    /// A function that sees names of its evaluation cannot run in another one.
    pub(crate) fn check_run(&self, run: u64, layout: Option<&Layout>) -> Result<(), Stop> {
        let uses_globals = layout.is_none_or(|layout| layout.uses_globals);
        if run != self.run && uses_globals {
            Err(Stop::outside(
                "a function kept from an earlier evaluation, whose names are gone,",
            ))
        } else {
            Ok(())
        }
    }

    fn call_function(&mut self, function: &Rc<Function>, args: Args<'_>) -> Outcome {
        let code = Rc::clone(&function.code);
        let layout = code.layout.get();
        self.check_run(function.run, layout)?;
        let slots = layout.map_or(0, |layout| layout.slots);
        self.meter.make_items(slots)?;
        let mut frame = bind(function, args, slots)?;
        if let Some(layout) = layout {
            share(&mut frame, layout);
            for ((_, here), place) in layout.captured.iter().zip(&function.captured) {
                if let Some(local) = frame.0.get_mut(*here as usize) {
                    *local = Local::Captured(Rc::clone(place));
                }
            }
        }
        let outer = std::mem::replace(&mut self.frame, frame);
        let result = match &code.body {
            Body::Block(block) => self.block(block).map(|flow| match flow {
                Flow::Return(value) => value,
                _ => Value::None,
            }),
            Body::Expr(expr) => self.expr(expr).map_err(|stop| stop.at(code.line)),
        };
        self.frame = outer;
        result
    }

    pub(crate) fn make_function(&mut self, function: &FunctionExpr) -> Outcome {
        let mut defaults = Vec::with_capacity(function.defaults.len());
        for default in &function.defaults {
            defaults.push(self.expr(default)?);
        }
        let captured = self.capture(function.code.layout.get());
        self.meter.make_items(4 + captured.len() + defaults.len())?;
        let code = Rc::clone(&function.code);
        Ok(Value::Function(Rc::new(Function {
            code,
            defaults,
            captured,
            run: self.run,
        })))
    }

    /// The places in the frame at hand that an inner function shares.
    fn capture(&self, layout: Option<&Layout>) -> Vec<Rc<Place>> {
        let captured = layout
            .map(|layout| layout.captured.as_slice())
            .unwrap_or_default();
        let place = |slot: u32| match self.frame.0.get(slot as usize) {
            Some(Local::Shared(place) | Local::Captured(place)) => Some(Rc::clone(place)),
            _ => None,
        };
        captured
            .iter()
            .filter_map(|(outer, _)| place(*outer))
            .collect()
    }

    pub(crate) fn make_generator(
        &mut self,
        code: &Rc<ComprehensionCode>,
        first: Iter,
    ) -> Generator {
        let layout = code.layout.get();
        let captured = self.capture(layout);
        let mut frame = Frame(vec![Local::Empty; layout.map_or(0, |layout| layout.slots)]);
        if let Some(layout) = layout {
            share(&mut frame, layout);
            for ((_, here), place) in layout.captured.iter().zip(captured) {
                if let Some(local) = frame.0.get_mut(*here as usize) {
                    *local = Local::Captured(place);
                }
            }
        }
        Generator {
            code: Rc::clone(code),
            frame,
            iters: vec![first],
            run: self.run,
        }
    }
}

/// Turns the names that inner functions share into places.
fn share(frame: &mut Frame, layout: &Layout) {
    for slot in &layout.shared {
        if let Some(local) = frame.0.get_mut(*slot as usize) {
            let value = match std::mem::take(local) {
                Local::Held(value) => Some(value),
                _ => None,
            };
            *local = Local::Shared(Rc::new(Place {
                value: value.into(),
            }));
        }
    }
}

/// The frame of a call: arguments and defaults in the slots of the parameters.
fn bind(function: &Function, args: Args<'_>, slots: usize) -> Result<Frame, Stop> {
    let (parameters, name) = (&function.code.parameters, &function.code.name);
    let given = args.positional.len();
    let mut locals = Vec::with_capacity(slots);
    let positional = args.positional.iter_mut();
    locals.extend(positional.map(|value| Local::Held(take(value))));
    if given > parameters.len() {
        return Err(too_many(function, given));
    }
    locals.resize(slots, Local::Empty);
    for (argument, value) in args.named {
        let at = parameters
            .iter()
            .position(|parameter| parameter.text == *argument);
        match at.and_then(|at| locals.get_mut(at)) {
            Some(local @ Local::Empty) => *local = Local::Held(take(value)),
            Some(_) => {
                return Err(type_error(format!(
                    "{name}() got multiple values for argument '{argument}'"
                )));
            }
            None => {
                return Err(type_error(format!(
                    "{name}() got an unexpected keyword argument '{argument}'"
                )));
            }
        }
    }
    let required = parameters.len() - function.defaults.len();
    for (local, default) in locals.iter_mut().skip(required).zip(&function.defaults) {
        if matches!(local, Local::Empty) {
            *local = Local::Held(default.clone());
        }
    }
    let missing: Vec<String> = parameters
        .iter()
        .zip(&locals)
        .filter(|(_, local)| matches!(local, Local::Empty))
        .map(|(parameter, _)| format!("'{}'", parameter.text))
        .collect();
    if missing.is_empty() {
        return Ok(Frame(locals));
    }
    let count = missing.len();
    let list = match missing.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, [first])) => format!("{first} and {last}"),
        Some((last, others)) => format!("{}, and {last}", others.join(", ")),
        None => String::new(),
    };
    let plural = if count == 1 { "" } else { "s" };
    Err(type_error(format!(
        "{name}() missing {count} required positional argument{plural}: {list}"
    )))
}

fn too_many(function: &Function, given: usize) -> Stop {
    let (name, most) = (&function.code.name, function.code.parameters.len());
    let least = most - function.defaults.len();
    let takes = if least == most {
        most.to_string()
    } else {
        format!("from {least} to {most}")
    };
    let plural = if most == 1 && least == most { "" } else { "s" };
    let were = if given == 1 { "was" } else { "were" };
    type_error(format!(
        "{name}() takes {takes} positional argument{plural} but {given} {were} given"
    ))
}
