//! The Python subset of filters and hooks: source text and named values in, a value or a located error out.
//! It must not know users, Okta, Adobe, configuration or files. The language is what `expressions.md` lists:
//! closed, bounded, and exactly Python where it accepts a source.
//!
//! A source goes through these rooms:
//!
//! ```text
//! text -lexer-> tokens -parser, expressions, fstring-> ast -resolve-> names as slots -eval, expr, call-> value
//! ```
//!
//! `value` and `table` hold data; `ops` and `arithmetic` are the operators; `builtins`, `strings`, `collections`,
//! `re` and `logger` what can be called; `repr`, `spec`, `percent`, `template` and `numbers` write values down;
//! `meter` bounds it all.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod args;
mod arithmetic;
mod ast;
mod builtins;
mod call;
mod chars;
mod collections;
mod convert;
mod error;
mod eval;
mod expr;
mod expressions;
mod fstring;
pub mod hash;
mod index;
mod iter;
mod json;
mod kept;
mod lexer;
mod literal;
mod logger;
mod meter;
mod methods;
mod numbers;
mod ops;
mod order;
mod parser;
pub mod pattern;
mod patterns;
mod percent;
mod re;
mod reads;
mod repr;
mod resolve;
mod spec;
mod strings;
mod table;
mod template;
mod text;
mod value;
mod walk;

use std::cell::Cell;

pub use error::{Exception, Refusal};
pub use kept::KEPT_BYTES;
pub use meter::{BYTES, DEPTH, STEPS};
pub use parser::{NESTING, SOURCE_BYTES};
pub use reads::Reads;
pub use text::Str;
pub use value::{Missing, Object, Shape, Value};

use eval::{Frame, Machine};
use kept::Kept;
use meter::Meter;
use patterns::Cache;

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
    code: Code,
    /// Names given by the caller; they have the first slots.
    given: usize,
    /// Names of the module, the given ones among them.
    slots: usize,
    patterns: Cache,
    kept: Kept,
}

enum Code {
    /// With the line it begins on.
    Expression(ast::Expr, u32),
    Block(ast::Block),
}

impl Program {
    /// Loads an expression, such as a filter, over the values called `names`. `re` is there without import.
    ///
    /// # Errors
    /// Whatever is not in the subset, with its place.
    pub fn expression(source: &str, names: &[&str]) -> Result<Program, Refusal> {
        let source = parser::normal(source)?;
        let (expr, line) = parser::parse_expression(&source)?;
        let patterns = Cache::default();
        resolve::expression(&source, names, &expr, &patterns)?;
        Ok(Program {
            code: Code::Expression(expr, line),
            given: names.len(),
            slots: names.len(),
            patterns,
            kept: Kept::default(),
        })
    }

    /// Loads a block of statements, such as a hook, over the values called `names`.
    ///
    /// # Errors
    /// Whatever is not in the subset, with its place.
    pub fn block(source: &str, names: &[&str]) -> Result<Program, Refusal> {
        let source = parser::normal(source)?;
        let block = parser::parse_block(&source)?;
        let patterns = Cache::default();
        let globals = resolve::block(&source, names, &block, &patterns)?;
        Ok(Program {
            code: Code::Block(block),
            given: names.len(),
            slots: globals.len(),
            patterns,
            kept: Kept::default(),
        })
    }

    /// Which attributes of the value called `name` the source can read, so that a caller need not build the rest.
    /// `hasattr`, `getattr`, indexes and `get` with literal names count as the attribute.
    pub fn reads(&self, name: &str) -> Reads {
        match &self.code {
            Code::Expression(expr, _) => Reads::of(name, [expr]),
            Code::Block(block) => {
                let mut outermost = Vec::new();
                walk::block(block, &mut |expr| outermost.push(expr));
                Reads::of(name, outermost)
            }
        }
    }

    /// To be called after each evaluation with what the caller keeps of it for the next. Now and then this
    /// measures it, and frees what evaluations left behind that only holds itself: another value of an earlier
    /// evaluation may lose what it holds.
    ///
    /// # Errors
    /// It takes more than [`KEPT_BYTES`].
    pub fn settle(&self, kept: &Value) -> Result<(), Exception> {
        self.kept.settle(kept).map_err(eval::exception)
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
            frame: Frame::default(),
            log,
            patterns: &self.patterns,
            kept: &self.kept,
            run: next_run(),
            handling: Vec::new(),
        };
        let result = match &self.code {
            Code::Expression(expr, line) => machine.expr(expr).map_err(|stop| stop.at(*line)),
            Code::Block(block) => machine.block(block).map(|_| Value::None),
        };
        self.kept.add(machine.meter.made());
        for (value, left) in globals.iter_mut().zip(machine.globals) {
            *value = left.unwrap_or(Value::None);
        }
        result.map_err(eval::exception)
    }
}

fn next_run() -> u64 {
    thread_local! {
        static RUNS: Cell<u64> = const { Cell::new(0) };
    }
    RUNS.with(|runs| {
        runs.set(runs.get() + 1);
        runs.get()
    })
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
