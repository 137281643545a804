//! The arguments of a call of something of the library, bound to its parameters, and read from there.

use std::mem::take;

use crate::value::ops::{Number, number};
use crate::value::{Native, Outcome, Stop, Str, Value, mistyped, type_error, value_error};

/// What a call gives. The values stay with the caller; whoever binds them takes them out.
#[derive(Default)]
pub(crate) struct Args<'a> {
    pub(crate) positional: &'a mut [Value],
    pub(crate) named: &'a mut [(Str, Value)],
}

/// Arguments that fit the parameters of what is called.
pub(crate) struct Given<'a> {
    /// What is called.
    pub(crate) name: &'static str,
    parameters: &'static [&'static str],
    positional: &'a mut [Value],
    /// What `*` takes.
    pub(crate) rest: &'a mut [Value],
    /// Also what `**` takes.
    pub(crate) named: &'a mut [(Str, Value)],
}

impl Given<'_> {
    /// The values of the first `N` parameters, which may be missing.
    pub(crate) fn optional<const N: usize>(self) -> [Option<Value>; N] {
        let mut positional = self.positional.iter_mut();
        std::array::from_fn(|at| match positional.next() {
            Some(value) => Some(take(value)),
            None if self.named.is_empty() => None,
            None => {
                let wanted = self.parameters.get(at)?.trim_start_matches('=');
                let mut named = self.named.iter_mut();
                let (_, value) = named.find(|(name, _)| **name == *wanted)?;
                Some(take(value))
            }
        })
    }

    /// The values of the first `N` parameters, which are required.
    pub(crate) fn all<const N: usize>(self) -> [Value; N] {
        self.optional().map(Option::unwrap_or_default)
    }
}

impl<'a> Args<'a> {
    /// Holds the arguments against the parameters.
    pub(crate) fn fit(self, native: &Native) -> Outcome<Given<'a>> {
        let Args { positional, named } = self;
        let (name, parameters, given) = (native.name, native.parameters, positional.len());
        let is_missing = |wanted: &&str| named.iter().all(|(name, _)| **name != **wanted);
        let mut open = parameters.iter().take(native.required).skip(given);
        if given > native.places || open.any(is_missing) {
            return Err(wrong_count(name, native.required, native.places, given));
        }
        if !named.is_empty() && parameters.last() != Some(&"**") {
            check_names(name, parameters, given, named)?;
        }
        let (parameters, positional, rest) = match parameters {
            ["*", others @ ..] => (others, Default::default(), positional),
            all => (all, positional, Default::default()),
        };
        Ok(Given {
            name,
            parameters,
            positional,
            rest,
            named,
        })
    }
}

/// Each named argument needs a parameter that has no value yet.
fn check_names(
    function: &str,
    parameters: &[&str],
    given: usize,
    named: &[(Str, Value)],
) -> Outcome<()> {
    for (argument, _) in named {
        let mut known = parameters.iter().map(|known| known.trim_start_matches('='));
        match known.position(|known| *known == **argument) {
            Some(at) if at >= given || parameters.first() == Some(&"*") => {}
            None if parameters.iter().all(|known| *known == "/") => {
                let message = format!("{function}() takes no keyword arguments");
                return Err(type_error(message));
            }
            found => return Err(no_place(function, argument, found.is_some())),
        }
    }
    Ok(())
}

/// For an argument by a name that no parameter has, or one that has its value.
pub(crate) fn no_place(function: &str, argument: &str, is_taken: bool) -> Stop {
    let what = if is_taken {
        "multiple values for"
    } else {
        "an unexpected keyword"
    };
    type_error(format!("{function}() got {what} argument '{argument}'"))
}

pub(crate) fn wrong_count(function: &str, least: usize, most: usize, given: usize) -> Stop {
    let plural = |count| if count == 1 { "" } else { "s" };
    let message = match (least == most, most) {
        (true, 0) => format!("{function}() takes no arguments ({given} given)"),
        (true, 1) => format!("{function}() takes exactly one argument ({given} given)"),
        (true, _) => format!("{function}() takes exactly {most} arguments ({given} given)"),
        (false, _) if given > most => format!(
            "{function} expected at most {most} argument{}, got {given}",
            plural(most)
        ),
        (false, _) => format!(
            "{function} expected at least {least} argument{}, got {given}",
            plural(least)
        ),
    };
    type_error(message)
}

/// A whole number, as indexes and counts need it.
pub(crate) fn whole(value: &Value) -> Outcome<i64> {
    match number(value) {
        Some(Number::Int(number)) => Ok(number),
        _ => {
            let message = "'{}' object cannot be interpreted as an integer";
            Err(mistyped(message, value))
        }
    }
}

/// A text, for a function that says in its message what must be one.
pub(crate) fn text(value: Value, message: &str) -> Outcome<Str> {
    match value {
        Value::Str(text) => Ok(text),
        other => Err(mistyped(message, &other)),
    }
}

/// A count of which a negative one, or none, means all.
pub(crate) fn limit(value: Option<&Value>) -> Outcome<Option<usize>> {
    let count = value.map(whole).transpose()?;
    Ok(count.and_then(|count| usize::try_from(count).ok()))
}

/// One character, as fill characters must be.
pub(crate) fn character(value: Value) -> Outcome<char> {
    let message = "The fill character must be a unicode character, not {}";
    let text = text(value, message)?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(type_error(
            "The fill character must be exactly one character long",
        )),
    }
}

/// An int that fits a position, for slices, `index` and the like.
pub(crate) fn position(value: &Value) -> Outcome<i64> {
    whole(value)
        .map_err(|_| type_error("slice indices must be integers or have an __index__ method"))
}

pub(crate) fn empty(what: &str) -> Stop {
    value_error(format!("{what} arg is an empty sequence"))
}
