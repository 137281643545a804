//! The object `logger`: levels, and text with `%`-arguments.

use super::Level;
use super::args::Args;
use super::error::{Stop, type_error};
use super::eval::Machine;
use super::methods::Method;
use super::percent;
use super::repr;
use super::value::Value;

/// Named arguments that Python's logging takes, and that change nothing here.
const IGNORED: &[&str] = &["exc_info", "stack_info", "stacklevel", "extra"];

impl Machine<'_> {
    pub(super) fn logger_method(&mut self, method: Method, args: Args<'_>) -> Result<Value, Stop> {
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
            self.write_log(level, &message)?;
            return Ok(Value::None);
        }
        // As Python's logging: one dict is the mapping for %(name)s.
        let given = match &*values {
            [only @ Value::Dict(_)] if only.truth() => only.clone(),
            several => Value::tuple(several.to_vec()),
        };
        match percent::format(&mut self.meter, &message, &given) {
            Ok(text) => self.write_log(level, text.as_str().unwrap_or_default())?,
            // Arguments that do not fit are no reason to stop.
            Err(Stop::Raised(_)) => self.write_log(level, &message)?,
            Err(ended) => return Err(ended),
        }
        Ok(Value::None)
    }
}
