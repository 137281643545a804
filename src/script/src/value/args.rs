//! The arguments of a call of something of the library, bound to its parameters, and read from there.

use std::mem::take;

use crate::value::ops::{Number, number};
use crate::value::{Native, Outcome, Stop, Str, Value, mistyped, type_error};

/// What a call gives. The values stay with the caller; whoever binds them takes them out.
#[derive(Default)]
pub(crate) struct Args<'a> {
    pub(crate) positional: &'a mut [Value],
    pub(crate) named: &'a mut [(Str, Value)],
}

/// Arguments that fit the parameters of what is called. Each is read once.
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
    /// The value of a parameter, if there is one.
    pub(crate) fn take(&mut self, at: usize) -> Option<Value> {
        if let Some(value) = self.positional.get_mut(at) {
            return Some(take(value));
        }
        if self.named.is_empty() {
            return None;
        }
        let wanted = self.parameters.get(at)?.trim_start_matches('=');
        let mut named = self.named.iter_mut();
        let (_, value) = named.find(|(name, _)| **name == *wanted)?;
        Some(take(value))
    }

    /// The value of a parameter that needs one.
    pub(crate) fn value(&mut self, at: usize) -> Value {
        self.take(at).unwrap_or_default()
    }

    /// The value of a parameter for which None means none.
    pub(crate) fn unless_none(&mut self, at: usize) -> Option<Value> {
        self.take(at).filter(|value| !value.is_none())
    }

    pub(crate) fn text(&mut self, at: usize) -> Outcome<Str> {
        match self.value(at) {
            Value::Str(text) => Ok(text),
            other => {
                let (name, place) = (self.name, at + 1);
                let message = format!("{name}() argument {place} must be str, not {{}}");
                Err(mistyped(&message, &other))
            }
        }
    }

    /// A whole number, if there is one.
    pub(crate) fn whole(&mut self, at: usize) -> Outcome<Option<i64>> {
        self.take(at).as_ref().map(whole).transpose()
    }

    /// A count of which a negative one, or none, means all.
    pub(crate) fn limit(&mut self, at: usize) -> Outcome<usize> {
        let count = self
            .whole(at)?
            .and_then(|count| usize::try_from(count).ok());
        Ok(count.unwrap_or(usize::MAX))
    }

    /// A whole number taken for yes or no.
    pub(crate) fn flag(&mut self, at: usize) -> Outcome<bool> {
        Ok(self.whole(at)?.is_some_and(|number| number != 0))
    }

    /// Without the first parameter, which has been read.
    pub(crate) fn without_first(mut self) -> Self {
        self.parameters = self.parameters.get(1..).unwrap_or_default();
        if !self.positional.is_empty() {
            self.positional = take(&mut self.positional).get_mut(1..).unwrap_or_default();
        }
        self
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
            return Err(wrong_count(name, (native.required, native.places), given));
        }
        if !named.is_empty() && parameters.last() != Some(&"**") {
            check_names(native, given, named)?;
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
fn check_names(native: &Native, given: usize, named: &[(Str, Value)]) -> Outcome<()> {
    let (name, parameters) = (native.name, native.parameters);
    for (argument, _) in named {
        let mut known = parameters.iter().map(|known| known.trim_start_matches('='));
        match known.position(|known| *known == **argument) {
            Some(at) if at >= given || parameters.first() == Some(&"*") => {}
            found => return Err(no_place(name, argument, found.is_some())),
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

pub(crate) fn wrong_count(function: &str, (least, most): (usize, usize), given: usize) -> Stop {
    let takes = match most {
        usize::MAX => format!("at least {least}"),
        _ if least == most => most.to_string(),
        _ => format!("{least} to {most}"),
    };
    type_error(format!(
        "{function}() takes {takes} arguments ({given} given)"
    ))
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

/// An int that fits a position, for slices, `index` and the like.
pub(crate) fn position(value: &Value) -> Outcome<i64> {
    whole(value)
        .map_err(|_| type_error("slice indices must be integers or have an __index__ method"))
}
