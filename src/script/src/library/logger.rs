//! The object `logger` and those of `logging`: levels, and text with `%`-arguments.

use crate::format::{percent, repr};
use crate::names::Method;
use crate::run::Machine;
use crate::value::{Args, Stop, Value, type_error};
use crate::{Level, LogLine};

/// Named arguments that Python's logging takes, and that change nothing here.
const IGNORED: &[&str] = &["exc_info", "stack_info", "stacklevel", "extra"];

/// `logging.getLogger(name)`; without a name it is the root.
pub(crate) fn get_logger(args: Args<'_>) -> Result<Value, Stop> {
    let [name] = args.bind("getLogger", ["name"], 0)?;
    match name {
        Some(Value::Str(name)) if !name.is_empty() => Ok(Value::Logger(Some((&*name).into()))),
        Some(given) if given.truth() => Err(type_error("A logger name must be a string")),
        _ => Ok(Value::Logger(Some("root".into()))),
    }
}

impl Machine<'_> {
    pub(crate) fn logger_method(
        &mut self,
        logger: Option<&str>,
        method: Method,
        args: Args<'_>,
    ) -> Result<Value, Stop> {
        let level = match method {
            Method::Debug => Level::Debug,
            Method::Info => Level::Info,
            Method::Warning | Method::Warn => Level::Warning,
            Method::Critical => Level::Critical,
            _ => Level::Error,
        };
        if let Some((name, _)) = args
            .named
            .iter()
            .find(|(name, _)| !IGNORED.contains(&&**name))
        {
            return Err(type_error(format!(
                "Logger._log() got an unexpected keyword argument '{name}'"
            )));
        }
        let Some((message, values)) = args.positional.split_first_mut() else {
            let name = method.name();
            return Err(type_error(format!(
                "Logger.{name}() missing 1 required positional argument: 'msg'"
            )));
        };
        let message = repr::text(&mut self.meter, message)?;
        if values.is_empty() {
            self.write_log(&LogLine {
                level,
                logger,
                text: &message,
            })?;
            return Ok(Value::None);
        }
        // As Python's logging: one dict is the mapping for %(name)s.
        let given = match &*values {
            [only @ Value::Dict(_)] if only.truth() => only.clone(),
            several => Value::tuple(several.to_vec()),
        };
        let formatted = match percent::format(&mut self.meter, &message, &given) {
            Ok(text) => Some(text),
            // Arguments that do not fit are no reason to stop.
            Err(Stop::Raised(_)) => None,
            Err(ended) => return Err(ended),
        };
        let text = formatted.as_ref().and_then(Value::as_str);
        self.write_log(&LogLine {
            level,
            logger,
            text: text.unwrap_or(&message),
        })?;
        Ok(Value::None)
    }
}
