//! What Python has and the subset has not, as far as it shows in the tree: refused when a source is loaded, with
//! what to write instead.

use super::resolve::{Resolved, Resolver};
use crate::names::modules;
use crate::pattern::translate::Bad;
use crate::value::Value;
use crate::value::tree::*;

impl Resolver<'_> {
    /// Of the module `logging` there is only what gives loggers, and the levels.
    pub(super) fn part_of_logging(&self, base: &Expr, trailers: &[Trailer]) -> Resolved {
        let (
            ExprKind::Name(name),
            Some(Trailer::Attribute(attribute) | Trailer::Method(attribute, _)),
        ) = (&base.kind, trailers.first())
        else {
            return Ok(());
        };
        let is_module = self.imports_logging && *name.text == *"logging";
        if !is_module
            || *attribute.name == *"getLogger"
            || modules::level_number(&attribute.name).is_some()
        {
            return Ok(());
        }
        let message = format!("logging.{} is not supported", attribute.name);
        let hint = "log with logger.info(...), or with the logger of logging.getLogger('name')";
        Err(self.refuse(attribute.at, message).hint(hint))
    }

    /// A pattern written out in the call of `re` is compiled now, so that it is refused with its place.
    pub(super) fn literal_pattern(&self, base: &Expr, trailers: &[Trailer]) -> Resolved {
        let (ExprKind::Name(name), Some(Trailer::Method(attribute, arguments))) =
            (&base.kind, trailers.first())
        else {
            return Ok(());
        };
        let mut methods = attribute.methods().iter();
        let Some(method) = methods.find(|known| known.is_of(&Value::Re)) else {
            return Ok(());
        };
        if *name.text != *"re" || method.name == "escape" {
            return Ok(());
        }
        let argument = |wanted: &str| {
            let place = method.parameters.iter().position(|name| *name == wanted)?;
            let mut named = arguments.named.iter();
            let named = named.find(|(name, _)| **name == *wanted);
            let by_place = arguments.positional.get(place);
            by_place.or(named.map(|(_, value)| value))
        };
        let Some(Expr {
            kind: ExprKind::Constant(Value::Str(text)),
            at,
        }) = argument("pattern")
        else {
            return Ok(());
        };
        let flags = argument("flags").and_then(flags_of).unwrap_or(0);
        match self.patterns.compile(text, flags) {
            Ok(_) => Ok(()),
            Err(Bad::Error(message)) => {
                Err(self.refuse(*at, format!("this regular expression is wrong: {message}")))
            }
            Err(Bad::Outside(what)) => {
                let refusal = self.refuse(
                    *at,
                    format!("{what} in a regular expression is not supported"),
                );
                Err(refusal.hint("write a simpler pattern, or test the text with several of them"))
            }
        }
    }
}

/// The flags that an expression like `re.I | re.M` names.
fn flags_of(expr: &Expr) -> Option<u8> {
    match &expr.kind {
        ExprKind::Trailers(_, trailers) => match trailers.as_slice() {
            [Trailer::Attribute(attribute)] => modules::flag(&attribute.name),
            _ => None,
        },
        ExprKind::Chain(first, rest) => {
            rest.iter()
                .try_fold(flags_of(first)?, |flags, (operator, operand)| {
                    (*operator == BinaryOp::Or).then_some(flags | flags_of(operand)?)
                })
        }
        _ => None,
    }
}
