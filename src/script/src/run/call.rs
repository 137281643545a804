//! Calls: functions of the source, and whatever else can be called.

use std::mem::take;
use std::rc::Rc;

use crate::names::Type;
use crate::run::{Flow, Machine};
use crate::value::tree::{ComprehensionCode, FunctionExpr, Layout};
use crate::value::{
    Args, Frame, Function, Generator, Iter, Local, Outcome, Place, Raised, Stop, Value, args,
    mistyped, type_error,
};

impl Machine<'_> {
    pub(crate) fn call_with(&mut self, callee: &Value, positional: &mut [Value]) -> Outcome {
        let named = &mut [];
        self.call(callee, Args { positional, named })
    }

    pub(crate) fn call(&mut self, callee: &Value, args: Args<'_>) -> Outcome {
        self.nested(|machine| match callee {
            Value::Function(function) => machine.call_function(function, args),
            Value::Native(native) => native.call(machine, &Value::None, args),
            Value::Type(kind) => machine.call_type(*kind, args),
            Value::Bound(bound) => bound.method.call(machine, &bound.receiver, args),
            Value::Unbound(kind, method) => {
                let (receiver, args) = args.receiver(*kind, method)?;
                method.call(machine, &receiver, args)
            }
            _ => Err(mistyped("'{}' object is not callable", callee)),
        })
    }

    fn call_type(&mut self, kind: Type, args: Args<'_>) -> Outcome {
        if let Some(constructor) = (self.constructor)(kind) {
            return constructor.call(self, &Value::None, args);
        }
        let Type::Error(kind) = kind else {
            return Err(type_error("this type cannot be called"));
        };
        if !args.named.is_empty() {
            let message = format!("{}() takes no keyword arguments", kind.name());
            return Err(type_error(message));
        }
        let values = args.positional.iter_mut().map(take).collect();
        Ok(Value::Exception(Raised::new(kind, Value::tuple(values))))
    }

    /// A function that sees names of its evaluation cannot run in another one.
    pub(crate) fn check_run(&self, run: u64, layout: Option<&Layout>) -> Outcome<()> {
        let uses_globals = layout.is_none_or(|layout| layout.uses_globals);
        if run != self.run && uses_globals {
            let what = "a function kept from an earlier evaluation, whose names are gone,";
            return Err(Stop::outside(what));
        }
        Ok(())
    }

    fn call_function(&mut self, function: &Rc<Function>, args: Args<'_>) -> Outcome {
        let code = Rc::clone(&function.code);
        let layout = code.layout.get();
        self.check_run(function.run, layout)?;
        let slots = layout.map_or(0, |layout| layout.slots);
        self.meter.make_items(slots)?;
        let mut frame = bind(function, args, slots)?;
        if let Some(layout) = layout {
            share(&mut frame, layout, &function.captured);
        }
        let outer = std::mem::replace(&mut self.frame, frame);
        let flow = self.block(&code.body);
        self.frame = outer;
        match flow? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::None),
        }
    }

    pub(crate) fn make_function(&mut self, function: &FunctionExpr) -> Outcome {
        let defaults = function.defaults.iter().map(|default| self.expr(default));
        let defaults: Vec<Value> = defaults.collect::<Result<_, _>>()?;
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
        let captured = layout.iter().flat_map(|layout| &layout.captured);
        let places = captured.filter_map(|(outer, _)| match self.frame.0.get(*outer as usize) {
            Some(Local::Shared(place) | Local::Captured(place)) => Some(Rc::clone(place)),
            _ => None,
        });
        places.collect()
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
            share(&mut frame, layout, &captured);
        }
        Generator {
            code: Rc::clone(code),
            frame,
            iters: vec![first],
            run: self.run,
        }
    }
}

/// Turns the names that inner functions share into places, and puts in those of outer functions.
fn share(frame: &mut Frame, layout: &Layout, captured: &[Rc<Place>]) {
    for slot in &layout.shared {
        if let Some(local) = frame.0.get_mut(*slot as usize) {
            let value = match take(local) {
                Local::Held(value) => Some(value),
                _ => None,
            };
            let value = value.into();
            *local = Local::Shared(Rc::new(Place { value }));
        }
    }
    for ((_, here), place) in layout.captured.iter().zip(captured) {
        if let Some(local) = frame.0.get_mut(*here as usize) {
            *local = Local::Captured(Rc::clone(place));
        }
    }
}

/// The frame of a call: arguments and defaults in the slots of the parameters.
fn bind(function: &Function, args: Args<'_>, slots: usize) -> Outcome<Frame> {
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
        let mut known = parameters.iter();
        let at = known.position(|parameter| parameter.text == *argument);
        match at.and_then(|at| locals.get_mut(at)) {
            Some(local @ Local::Empty) => *local = Local::Held(take(value)),
            found => return Err(args::no_place(name, argument, found.is_some())),
        }
    }
    let required = parameters.len() - function.defaults.len();
    for (local, default) in locals.iter_mut().skip(required).zip(&function.defaults) {
        if matches!(local, Local::Empty) {
            *local = Local::Held(default.clone());
        }
    }
    let all = parameters.iter().zip(&locals);
    let missing = all.filter(|(_, local)| matches!(local, Local::Empty));
    let missing: Vec<String> = missing
        .map(|(name, _)| format!("'{}'", name.text))
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
