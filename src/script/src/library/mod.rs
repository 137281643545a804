//! What can be called: builtins, types, and the methods of values.

mod builtins;
mod collections;
mod convert;
mod logger;
mod order;
mod re;
mod strings;

use crate::names::Method;
use crate::run::{Library, Machine};
use crate::value::index::no_attribute;
use crate::value::{Args, Outcome, Value};

pub(crate) static LIBRARY: Library = Library {
    method: |machine, receiver, method, args| machine.method_of(receiver, method, args),
    builtin: |machine, builtin, args| machine.call_builtin(builtin, args),
    construct: |machine, kind, args| machine.construct(kind, args),
};

impl Machine<'_> {
    fn method_of(&mut self, receiver: &Value, method: Method, args: Args<'_>) -> Outcome {
        match receiver {
            Value::Str(text) => self.text_method(text, method, args),
            Value::List(list) => self.list_method(list, method, args),
            Value::Tuple(tuple) => self.tuple_method(tuple, method, args),
            Value::Range(_) => self.range_method(receiver, method, args),
            Value::Dict(dict) => self.dict_method(dict, method, args),
            Value::Set(set) => self.set_method(set, method, args),
            Value::Re => self.re_function(method, args),
            Value::Pattern(pattern) => self.pattern_method(pattern, method, args),
            Value::Match(found) => found.method(method, args),
            Value::Logging => logger::get_logger(args),
            Value::Logger(name) => self.logger_method(name.as_deref(), method, args),
            _ => Err(no_attribute(receiver, method.name())),
        }
    }
}
