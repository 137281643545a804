//! The Python subset of filters and hooks: source text and named values in, a value or a located error out.
//! It must not know users, Okta, Adobe, configuration or files. The language is what `expressions.md` lists:
//! closed, bounded, and exactly Python where it accepts a source.
//!
//! The rooms, lowest first; none names one above it, and `tests/layering.rs` holds that:
//!
//! | room | holds | must not know |
//! | --- | --- | --- |
//! | `hash`, `pattern` | a quick hash; Python's regular expressions for two engines | the language |
//! | `names` | types and exceptions by name, and what modules have beside functions | values |
//! | `value` | values with their equality, order, parts and bounds; what is kept of them between evaluations; the syntax tree, whose constants are values; the state of an evaluation | text of any kind |
//! | `syntax` | source text to tree, and refusals with their place | what runs it |
//! | `format` | `str`, `repr`, format specifications, `%`, `str.format`; numbers and characters as Python has them | the tree walk |
//! | `run` | the walk over the tree: statements, expressions, calls, iteration | the library |
//! | `library` | builtins, types, methods, `re`, loggers, in tables of functions | the source |
//! | `load` | names become slots and functions; what cannot work is refused; what a source can read of a name | the tree walk |
//!
//! A source is read by `syntax`, made ready by `load`, and evaluated by `run` over values of the caller, in steps,
//! depth and bytes that `value::meter` bounds.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod format;
pub mod hash;
mod library;
mod load;
mod names;
pub mod pattern;
mod run;
mod syntax;
mod value;

pub use load::Reads;
pub use syntax::{NESTING, Refusal, SOURCE_BYTES};
pub use value::kept::KEPT_BYTES;
pub use value::meter::{BYTES, DEPTH, STEPS};
pub use value::{Exception, Missing, Object, Shape, Str, Value};

use format::repr;
use load::resolve::{Mode, Resolver};
use run::Flow;
use value::kept::Kept;
use value::{Cache, Machine, Meter, tree};

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

/// A line for the log.
#[derive(Debug, Clone, Copy)]
pub struct LogLine<'a> {
    pub level: Level,
    /// The name that `logging.getLogger` was given; none for the object `logger` and for `print`.
    pub logger: Option<&'a str>,
    pub text: &'a str,
}

/// A source, loaded once per run.
pub struct Program {
    /// An expression is what the only statement returns.
    block: tree::Block,
    /// Names given by the caller; they have the first slots.
    given: usize,
    /// Names of the module, the given ones among them.
    slots: usize,
    patterns: Cache,
    kept: Kept,
}

impl Program {
    /// Loads an expression, such as a filter, over the values called `names`. `re` is there without import.
    ///
    /// # Errors
    /// Whatever is not in the subset, with its place.
    pub fn expression(source: &str, names: &[&str]) -> Result<Program, Refusal> {
        Program::load(source, names, Mode::Expression)
    }

    /// Loads a block of statements, such as a hook, over the values called `names`.
    ///
    /// # Errors
    /// Whatever is not in the subset, with its place.
    pub fn block(source: &str, names: &[&str]) -> Result<Program, Refusal> {
        Program::load(source, names, Mode::Block)
    }

    fn load(source: &str, names: &[&str], mode: Mode) -> Result<Program, Refusal> {
        let source = syntax::normal(source)?;
        let block = match mode {
            Mode::Expression => syntax::parse_expression(&source)?,
            Mode::Block => syntax::parse_block(&source)?,
        };
        let patterns = Cache::default();
        let slots = Resolver::new(&source, names, mode, &patterns).resolve(&block)?;
        Ok(Program {
            block,
            given: names.len(),
            slots,
            patterns,
            kept: Kept::default(),
        })
    }

    /// Which attributes of the value called `name` the source can read, so that a caller need not build the rest.
    /// `hasattr`, `getattr`, indexes and `get` with literal names count as the attribute.
    pub fn reads(&self, name: &str) -> Reads {
        Reads::of(name, &self.block)
    }

    /// To be called after each evaluation with what the caller keeps of it for the next. Now and then this
    /// measures it, and frees what evaluations left behind that only holds itself: another value of an earlier
    /// evaluation may lose what it holds.
    ///
    /// # Errors
    /// It takes more than [`KEPT_BYTES`].
    pub fn settle(&self, kept: &Value) -> Result<(), Exception> {
        self.kept.settle(kept).map_err(repr::exception)
    }

    /// Evaluates over `globals`, which are in the order of `names`; a block leaves its changes there, also when
    /// it ends in an exception. A name that it deleted is None afterwards. The value of a block is None.
    /// Log lines go to `log` as they come.
    ///
    /// # Errors
    /// The exception that nothing caught, or the bound that was hit.
    pub fn run(
        &self,
        globals: &mut [Value],
        log: &mut dyn FnMut(&LogLine<'_>),
    ) -> Result<Value, Exception> {
        let mut slots: Vec<Option<Value>> = Vec::with_capacity(self.slots);
        slots.extend(
            globals
                .iter_mut()
                .take(self.given)
                .map(|value| Some(std::mem::replace(value, Value::None))),
        );
        slots.resize(self.slots, None);
        let mut machine = Machine {
            meter: Meter::new(),
            globals: slots,
            scope: None,
            log,
            patterns: &self.patterns,
            kept: &self.kept,
            run: self.kept.begin(),
            handling: Vec::new(),
        };
        let flow = machine.block(&self.block);
        self.kept.add(machine.meter.made());
        for (value, left) in globals.iter_mut().zip(machine.globals) {
            *value = left.unwrap_or(Value::None);
        }
        match flow.map_err(repr::exception)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_leaves_its_changes_and_an_expression_gives_a_value() {
        let program = Program::block(
            "n = n + 1\nlogger.warn('at %d', n)\ndel gone\n",
            &["n", "gone", "logger"],
        );
        let mut globals = [Value::Int(1), Value::from("x"), Value::logger()];
        let mut log = Vec::new();
        let ended = program.map(|program| {
            program.run(&mut globals, &mut |line| {
                log.push((line.level, line.text.to_owned()))
            })
        });
        assert!(matches!(ended, Ok(Ok(Value::None))));
        assert!(matches!(
            globals,
            [Value::Int(2), Value::None, Value::Logger(None)]
        ));
        assert_eq!(log, [(Level::Warning, "at 2".to_owned())]);

        let program = Program::expression("n * 2 if n else None", &["n"]);
        let value = program.map(|program| program.run(&mut [Value::Int(4)], &mut |_| {}));
        assert!(matches!(value, Ok(Ok(Value::Int(8)))));
    }

    #[test]
    fn an_object_with_lenient_attributes_tells_what_it_lacks() {
        let shape = Shape::new("UserProfile", &["login", "city"], Missing::None);
        let user = Value::object(&shape, vec![Some(Value::from("a")), None]);
        for (source, wanted) in [
            ("user.city is None and user.other is None", true),
            ("hasattr(user, 'city') or hasattr(user, 'other')", false),
            (
                "getattr(user, 'city', 5) == 5 and getattr(user, 'login', 5) == 'a'",
                true,
            ),
        ] {
            let value = Program::expression(source, &["user"])
                .map(|program| program.run(&mut [user.clone()], &mut |_| {}));
            assert!(
                matches!(value, Ok(Ok(Value::Bool(found))) if found == wanted),
                "{source}"
            );
        }
    }
}
