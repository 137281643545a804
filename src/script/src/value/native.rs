//! Functions and methods of the library as values: what they are called, what they take, what they do.

use std::rc::Rc;

use crate::value::index::no_attribute;
use crate::value::{
    Args, Entries, Given, List, Machine, Match, Outcome, Pattern, Str, Value, type_error,
};

/// A function, or a method of one type.
pub struct Native {
    pub(crate) name: &'static str,
    /// One that begins with `/` is positional only, one with `=` goes by name only; `*` in front takes all positional
    /// arguments, `**` at the end the named ones that are left.
    pub(crate) parameters: &'static [&'static str],
    /// So many of the parameters must be given.
    pub(crate) required: usize,
    /// So many arguments may be given by place.
    pub(crate) places: usize,
    pub(crate) code: Code,
}

type Function = fn(&mut Machine<'_>, Given<'_>) -> Outcome;
type Method<T> = fn(&mut Machine<'_>, &T, Given<'_>) -> Outcome;

/// What does the work, by what it is a method of.
pub(crate) enum Code {
    Function(Function),
    /// Of str: what gives another text, and what tells something of it.
    Change(fn(&str) -> String),
    Test(fn(&str) -> bool),
    Str(Method<Str>),
    List(Method<Rc<List>>),
    /// Of list and tuple.
    Sequence(Method<[Value]>),
    Dict(Method<Rc<Entries>>),
    Set(Method<Rc<Entries>>),
    Re(Function),
    Pattern(Method<Rc<Pattern>>),
    Match(Method<Rc<Match>>),
    Logging(Function),
    Logger(Method<Option<Rc<str>>>),
}

impl Native {
    pub(crate) const fn new(
        name: &'static str,
        required: usize,
        parameters: &'static [&'static str],
        code: Code,
    ) -> Native {
        let (mut places, mut rest) = (0, parameters);
        while let [first, others @ ..] = rest {
            match first.as_bytes() {
                b"*" => places = usize::MAX,
                [b'=' | b'*', ..] => break,
                _ => places += 1,
            }
            rest = others;
        }
        Native {
            name,
            parameters,
            required,
            places,
            code,
        }
    }

    /// Whether the value has it as a method.
    pub(crate) fn is_of(&self, value: &Value) -> bool {
        matches!(
            (&self.code, value),
            (
                Code::Str(_) | Code::Change(_) | Code::Test(_),
                Value::Str(_)
            ) | (Code::List(_), Value::List(_))
                | (Code::Sequence(_), Value::List(_) | Value::Tuple(_))
                | (Code::Dict(_), Value::Dict(_))
                | (Code::Set(_), Value::Set(_))
                | (Code::Re(_), Value::Re)
                | (Code::Pattern(_), Value::Pattern(_))
                | (Code::Match(_), Value::Match(_))
                | (Code::Logging(_), Value::Logging)
                | (Code::Logger(_), Value::Logger(_))
        )
    }

    /// Whether the type has it as a method, as in `str.lower`.
    pub(crate) fn is_of_type(&self, kind: &str) -> bool {
        matches!(
            (&self.code, kind),
            (Code::Str(_) | Code::Change(_) | Code::Test(_), "str")
                | (Code::List(_), "list")
                | (Code::Sequence(_), "list" | "tuple")
                | (Code::Dict(_), "dict")
                | (Code::Set(_), "set")
        )
    }

    /// Calls it on a receiver that has it; a function has none.
    pub(crate) fn call(
        &self,
        machine: &mut Machine<'_>,
        receiver: &Value,
        args: Args<'_>,
    ) -> Outcome {
        let given = args.fit(self)?;
        match (&self.code, receiver) {
            (Code::Function(code) | Code::Re(code) | Code::Logging(code), _) => {
                code(machine, given)
            }
            (Code::Change(change), Value::Str(text)) => {
                machine.meter.make(text.len())?;
                // A final sigma makes the last step look around; texts of sigmas alone would cost the square.
                let sigmas = text.matches('\u{3a3}').count();
                machine.meter.scan(sigmas.saturating_mul(text.len()))?;
                Ok(Value::from(change(text)))
            }
            (Code::Test(test), Value::Str(text)) => {
                machine.meter.scan(text.len())?;
                Ok(Value::Bool(test(text)))
            }
            (Code::Str(code), Value::Str(text)) => code(machine, text, given),
            (Code::List(code), Value::List(list)) => code(machine, list, given),
            (Code::Sequence(code), Value::List(list)) => code(machine, &list.items.borrow(), given),
            (Code::Sequence(code), Value::Tuple(tuple)) => code(machine, &tuple.items, given),
            (Code::Dict(code), Value::Dict(dict)) => code(machine, dict, given),
            (Code::Set(code), Value::Set(set)) => code(machine, set, given),
            (Code::Pattern(code), Value::Pattern(pattern)) => code(machine, pattern, given),
            (Code::Match(code), Value::Match(found)) => code(machine, found, given),
            (Code::Logger(code), Value::Logger(name)) => code(machine, name, given),
            _ => Err(no_attribute(receiver, self.name)),
        }
    }
}

impl Args<'_> {
    /// The receiver of a method that a type gave, as in `str.lower(text)`, and the other arguments.
    pub(crate) fn receiver(self, kind: &Native, method: &Native) -> Outcome<(Value, Self)> {
        let Args { positional, named } = self;
        match positional.split_first_mut() {
            Some((receiver, positional)) if method.is_of(receiver) => {
                Ok((receiver.clone(), Args { positional, named }))
            }
            _ => {
                let (name, owner) = (method.name, kind.name);
                let message = format!("{owner}.{name}() needs a {owner} as its first argument");
                Err(type_error(message))
            }
        }
    }
}
