//! The arguments of a call of something built in, checked against its parameters.

use std::mem::take;

use crate::value::ops::{Number, number};
use crate::value::{Stop, Str, Value, object_error, type_error, value_error};

/// The values stay with the caller; whoever binds them takes them out.
#[derive(Default)]
pub(crate) struct Args<'a> {
    pub(crate) positional: &'a mut [Value],
    pub(crate) named: &'a mut [(Str, Value)],
}

impl Args<'_> {
    /// The values of `N` parameters, of which the first `required` must be given.
    /// A parameter whose name begins with `/` is positional only; one with `=` goes by name only.
    pub(crate) fn bind<const N: usize>(
        self,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> Result<[Option<Value>; N], Stop> {
        let mut values = [const { None }; N];
        let by_name_only = parameters
            .iter()
            .rev()
            .take_while(|name| name.as_bytes().first() == Some(&b'='));
        let places = N - by_name_only.count();
        let given = self.positional.len();
        if given > places {
            return Err(too_many(function, required, places, given));
        }
        for (place, value) in values.iter_mut().zip(self.positional) {
            *place = Some(take(value));
        }
        for (name, value) in self.named {
            let at = parameters
                .iter()
                .position(|known| known.trim_start_matches('=') == &**name);
            match at.and_then(|at| values.get_mut(at)) {
                Some(place @ None) => *place = Some(take(value)),
                Some(Some(_)) => {
                    return Err(type_error(format!(
                        "{function}() got multiple values for argument '{name}'"
                    )));
                }
                None => {
                    return Err(type_error(format!(
                        "{function}() got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        match values.iter().take(required).position(Option::is_none) {
            None => Ok(values),
            Some(_) if required == places => Err(wrong_count(function, required, given)),
            Some(_) => Err(type_error(format!(
                "{function} expected at least {required} argument{}, got {given}",
                plural(required)
            ))),
        }
    }

    /// Exactly `N` positional values.
    pub(crate) fn exactly<const N: usize>(self, function: &str) -> Result<[Value; N], Stop> {
        self.no_names(function)?;
        let given = self.positional.len();
        if given != N {
            return Err(wrong_count(function, N, given));
        }
        let mut values = self.positional.iter_mut();
        Ok(std::array::from_fn(|_| {
            values.next().map(take).unwrap_or_default()
        }))
    }

    /// Between none and `N` positional values, at least `required`.
    pub(crate) fn up_to<const N: usize>(
        self,
        function: &str,
        required: usize,
    ) -> Result<[Option<Value>; N], Stop> {
        self.no_names(function)?;
        let given = self.positional.len();
        if given < required || given > N {
            return self.bind(function, ["/"; N], required);
        }
        let mut values = self.positional.iter_mut();
        Ok(std::array::from_fn(|_| values.next().map(take)))
    }

    pub(crate) fn no_names(&self, function: &str) -> Result<(), Stop> {
        if self.named.is_empty() {
            Ok(())
        } else {
            Err(type_error(format!(
                "{function}() takes no keyword arguments"
            )))
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

pub(crate) fn wrong_count(function: &str, wanted: usize, given: usize) -> Stop {
    let wanted = match wanted {
        0 => "no arguments".to_owned(),
        1 => "exactly one argument".to_owned(),
        _ => format!("exactly {wanted} arguments"),
    };
    type_error(format!("{function}() takes {wanted} ({given} given)"))
}

fn too_many(function: &str, required: usize, most: usize, given: usize) -> Stop {
    if required == most {
        return wrong_count(function, most, given);
    }
    type_error(format!(
        "{function} expected at most {most} argument{}, got {given}",
        plural(most)
    ))
}

/// A whole number, as indexes and counts need it.
pub(crate) fn whole(value: &Value) -> Result<i64, Stop> {
    match (value, number(value)) {
        (_, Some(Number::Int(number))) => Ok(number),
        _ => Err(object_error(value, "cannot be interpreted as an integer")),
    }
}

/// A text, for a function that says so in its message.
pub(crate) fn text(value: &Value, function: &str) -> Result<Str, Stop> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        _ => Err(type_error(format!(
            "{function}() argument must be str, not {}",
            value.type_name()
        ))),
    }
}

/// A count of which a negative one, or none, means all.
pub(crate) fn limit(value: Option<&Value>) -> Result<Option<usize>, Stop> {
    match value {
        None => Ok(None),
        Some(value) => Ok(usize::try_from(whole(value)?).ok()),
    }
}

/// One character, as fill characters must be.
pub(crate) fn character(value: &Value) -> Result<char, Stop> {
    let Value::Str(text) = value else {
        return Err(type_error(format!(
            "The fill character must be a unicode character, not {}",
            value.type_name()
        )));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(type_error(
            "The fill character must be exactly one character long",
        )),
    }
}

/// An int that fits a position, for `index` and the like.
pub(crate) fn position(value: &Value) -> Result<i64, Stop> {
    match value {
        Value::Int(_) | Value::Bool(_) | Value::Flags(_) => whole(value),
        _ => Err(type_error(
            "slice indices must be integers or have an __index__ method",
        )),
    }
}

pub(crate) fn empty(what: &str) -> Stop {
    value_error(format!("{what} arg is an empty sequence"))
}
