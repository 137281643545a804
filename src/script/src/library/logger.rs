//! The object `logger` and those of `logging`: levels, and text with `%`-arguments.

use std::rc::Rc;

use crate::format::{percent, repr};
use crate::run::Machine;
use crate::value::Code::{Logger, Logging};
use crate::value::{Given, Native, Outcome, Stop, Value, type_error};
use crate::{Level, LogLine};

/// The message with its values, and named arguments that change nothing here.
const LINE: &[&str] = &["*", "=exc_info", "=stack_info", "=stacklevel", "=extra"];

pub(super) const METHODS: &[Native] = &[
    Native::new("getLogger", 0, &["name"], Logging(get_logger)),
    Native::new("critical", 0, LINE, Logger(log)),
    Native::new("debug", 0, LINE, Logger(log)),
    Native::new("error", 0, LINE, Logger(log)),
    Native::new("exception", 0, LINE, Logger(log)),
    Native::new("info", 0, LINE, Logger(log)),
    Native::new("warn", 0, LINE, Logger(log)),
    Native::new("warning", 0, LINE, Logger(log)),
];

/// `logging.getLogger(name)`; without a name it is the root.
fn get_logger(_: &mut Machine<'_>, mut given: Given<'_>) -> Outcome {
    match given.value(0) {
        Value::Str(name) if !name.is_empty() => Ok(Value::Logger(Some((&*name).into()))),
        given if given.truth() => Err(type_error("A logger name must be a string")),
        _ => Ok(Value::Logger(Some("root".into()))),
    }
}

fn log(machine: &mut Machine<'_>, logger: &Option<Rc<str>>, given: Given<'_>) -> Outcome {
    let level = match given.name {
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" | "warning" => Level::Warning,
        "critical" => Level::Critical,
        _ => Level::Error,
    };
    let Some((message, values)) = given.rest.split_first() else {
        return Err(type_error("a line of the log needs a message"));
    };
    let mut text = repr::text(&mut machine.meter, message)?;
    // As Python's logging: one dict is the mapping for %(name)s.
    let values = match values {
        [only @ Value::Dict(_)] if only.truth() => only.clone(),
        several => Value::tuple(several.to_vec()),
    };
    if values.truth() {
        match percent::format(&mut machine.meter, &text, &values) {
            Ok(Value::Str(formatted)) => text = formatted,
            // Arguments that do not fit are no reason to stop.
            Ok(_) | Err(Stop::Raised(_)) => {}
            Err(ended) => return Err(ended),
        }
    }
    let logger = logger.as_deref();
    let text = &*text;
    machine.write_log(&LogLine {
        level,
        logger,
        text,
    })
}
