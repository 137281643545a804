//! Names to slots, once, when a source is loaded. Names, methods and patterns that cannot work are refused here.

use std::collections::HashMap;

use super::walk::{self, Node};
use crate::format::{percent, spec, template};
use crate::library;
use crate::names::modules;
use crate::pattern::translate::Bad;
use crate::syntax::Refusal;
use crate::value::tree::{
    Attribute, BinaryOp, Block, Body, Comprehension, ComprehensionCode, ComprehensionKind, Expr,
    ExprKind, FunctionExpr, Layout, Name, Piece, Slot, Trailer,
};
use crate::value::{Cache, Str, Value};

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `re` is there without import; objects have attributes of their own.
    Expression,
    Block,
}

/// The slots of the module's names: the given ones first.
pub(crate) type Globals = HashMap<Str, u32>;

type Resolved = Result<(), Refusal>;

struct Resolver<'a> {
    source: &'a str,
    mode: Mode,
    globals: Globals,
    imports_logging: bool,
    /// Where patterns written out in the source are kept.
    patterns: &'a Cache,
    /// Names of functions and comprehensions around the place at hand.
    scopes: Vec<Scope>,
}

#[derive(Default)]
struct Scope {
    slots: HashMap<Str, u32>,
    layout: Layout,
}

/// Resolves a block; gives the module's names.
pub(crate) fn block(
    source: &str,
    names: &[&str],
    block: &Block,
    patterns: &Cache,
) -> Result<Globals, Refusal> {
    let mut globals = given(names);
    let add = &mut |name: &Name| {
        let next = globals.len() as u32;
        globals.entry(name.text.clone()).or_insert(next);
    };
    bound_in(block, false, add);
    // A name that only a function assigns is known too; outside it just never has a value.
    bound_in(block, true, add);
    let mut resolver = Resolver {
        source,
        mode: Mode::Block,
        globals,
        imports_logging: false,
        patterns,
        scopes: Vec::new(),
    };
    walk::block(block, &mut |node| resolver.node(node))?;
    Ok(resolver.globals)
}

/// Resolves an expression.
pub(crate) fn expression(source: &str, names: &[&str], expr: &Expr, patterns: &Cache) -> Resolved {
    let mut resolver = Resolver {
        source,
        mode: Mode::Expression,
        globals: given(names),
        imports_logging: false,
        patterns,
        scopes: Vec::new(),
    };
    resolver.expr(expr)
}

fn given(names: &[&str]) -> Globals {
    names
        .iter()
        .enumerate()
        .map(|(slot, name)| (Str::from(*name), slot as u32))
        .collect()
}

impl Resolver<'_> {
    fn node(&mut self, node: Node<'_>) -> Resolved {
        match node {
            Node::Name(name) | Node::Bound(name) => self.name(name),
            Node::Import(name) => {
                self.imports_logging |= *name.text == *"logging";
                self.name(name)
            }
            Node::Function(function) => self.function(function),
            Node::Comprehension(code) => self.comprehension(code),
            Node::Consumed(Expr {
                kind: ExprKind::Comprehension(made),
                ..
            }) => self.comprehension_of(made),
            Node::Expr(expr) | Node::Consumed(expr) => self.expr(expr),
            Node::Trailer(trailer) => {
                if let Trailer::Attribute(attribute) | Trailer::Method(attribute, _) = trailer {
                    let methods = library::methods(&attribute.name);
                    attribute.methods.get_or_init(|| methods);
                    // In an expression an object of the caller may have any attribute.
                    let is_method = matches!(trailer, Trailer::Method(..));
                    if is_method || self.mode == Mode::Block {
                        self.attribute(attribute)?;
                    }
                }
                walk::trailer(trailer, &mut |node| self.node(node))
            }
        }
    }

    fn comprehension_of(&mut self, made: &Comprehension) -> Resolved {
        self.node(Node::Consumed(&made.first))?;
        self.comprehension(&made.code)
    }

    fn expr(&mut self, expr: &Expr) -> Resolved {
        if let ExprKind::Comprehension(made) = &expr.kind {
            if made.kind == ComprehensionKind::Generator {
                let message =
                    "a generator expression is supported only where it is gone over at once";
                let refusal = self.refuse(expr.at, message.to_owned());
                return Err(refusal.hint("write a list: [... for ...]"));
            }
            return self.comprehension_of(made);
        }
        if let ExprKind::Trailers(base, trailers) = &expr.kind {
            self.part_of_logging(base, trailers)?;
        }
        walk::expr(expr, &mut |node| self.node(node))?;
        match &expr.kind {
            ExprKind::Trailers(base, trailers) => {
                self.call_beyond(base, trailers)?;
                self.literal_pattern(base, trailers)
            }
            ExprKind::FString(pieces) => pieces.iter().try_for_each(|piece| {
                let Piece::Field(field) = piece else {
                    return Ok(());
                };
                match field.spec.as_slice() {
                    [Piece::Text(text)] => self.format_beyond(field.value.at, spec::beyond(text)),
                    _ => Ok(()),
                }
            }),
            ExprKind::Chain(first, rest) => self.operands(first, rest),
            _ => Ok(()),
        }
    }

    /// What some operators do in Python and not here, as far as it shows in the source.
    fn operands(&self, first: &Expr, rest: &[(BinaryOp, Expr)]) -> Resolved {
        let mut left = first;
        for (operator, right) in rest {
            match (operator, &left.kind) {
                (BinaryOp::Mod, ExprKind::Constant(Value::Str(template))) => {
                    self.format_beyond(left.at, percent::beyond(template))?;
                }
                (BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Sub, _) => {
                    if let Some(view) = [left, right].into_iter().find(|side| is_view(side)) {
                        let message = "a set operator on the view of a dict is not supported";
                        let refusal = self.refuse(view.at, message.to_owned());
                        return Err(refusal.hint("make it a set first: set(d.keys())"));
                    }
                }
                _ => {}
            }
            left = right;
        }
        Ok(())
    }

    fn format_beyond(&self, at: u32, what: Option<String>) -> Resolved {
        let Some(what) = what else { return Ok(()) };
        let refusal = self.refuse(at, format!("{what} is not supported"));
        Err(refusal.hint("write an f-string with a plain format, such as {x:>8.2f}"))
    }

    /// A call that asks for more than the subset has, as far as it shows in the source.
    fn call_beyond(&self, base: &Expr, trailers: &[Trailer]) -> Resolved {
        let (function, arguments) = match (&base.kind, trailers.first()) {
            (ExprKind::Constant(Value::Str(text)), Some(Trailer::Method(attribute, _)))
                if *attribute.name == *"format" =>
            {
                return self.format_beyond(base.at, template::beyond(text));
            }
            (ExprKind::Name(name), Some(Trailer::Call(arguments)))
                if name.slot.get() == Slot::Known =>
            {
                (&*name.text, arguments)
            }
            _ => return Ok(()),
        };
        let named = |wanted: &str| arguments.named.iter().any(|(name, _)| **name == *wanted);
        let (what, hint) = match (function, arguments.positional.get(1)) {
            ("zip", _) if named("strict") => ("zip with 'strict'", "compare the lengths first"),
            ("print", _) if named("end") => ("print with 'end'", "give all of a line to one print"),
            ("print", _) if named("file") => ("print with 'file'", "print writes to the log"),
            ("round", Some(digits)) if is_negative(digits) => {
                ("rounding to digits before the point", "divide first")
            }
            _ => return Ok(()),
        };
        let refusal = self.refuse(base.at, format!("{what} is not supported"));
        Err(refusal.hint(hint))
    }

    fn attribute(&self, attribute: &Attribute) -> Resolved {
        if !attribute.methods().is_empty() || modules::is_plain_attribute(&attribute.name) {
            return Ok(());
        }
        let name = &attribute.name;
        let message = format!("no type here has a method or attribute '{name}'");
        let refusal = self.refuse(attribute.at, message);
        let lower = name.to_lowercase();
        Err(if !library::methods(&lower).is_empty() {
            refusal.hint(&format!("write .{lower}"))
        } else if self.mode == Mode::Block {
            refusal.hint("an entry of a dict is d['key'] or d.get('key')")
        } else {
            refusal
        })
    }

    fn name(&mut self, name: &Name) -> Resolved {
        let known = match &*name.text {
            "re" if self.mode == Mode::Expression => Some(Value::Re),
            text => library::named(text),
        };
        let found = self.find(&name.text);
        let slot = found.or(known.is_some().then_some(Slot::Known));
        name.slot.set(slot.ok_or_else(|| self.unknown(name))?);
        if let Some(known) = known {
            name.known.get_or_init(|| known);
        }
        Ok(())
    }

    fn find(&mut self, text: &Str) -> Option<Slot> {
        let found = self
            .scopes
            .iter()
            .rposition(|scope| scope.slots.contains_key(text));
        if let Some(level) = found {
            return self.capture(text, level).map(Slot::Local);
        }
        if let Some(slot) = self.globals.get(text) {
            self.scopes
                .iter_mut()
                .for_each(|scope| scope.layout.uses_globals = true);
            return Some(Slot::Global(*slot));
        }
        None
    }

    /// Hands a name from the scope that owns it down to the innermost one.
    fn capture(&mut self, text: &Str, level: usize) -> Option<u32> {
        let mut slot = *self.scopes.get(level)?.slots.get(text)?;
        let inner = level + 1..self.scopes.len();
        if let Some(owner) = self.scopes.get_mut(level).filter(|_| !inner.is_empty()) {
            let is_own = owner.layout.captured.iter().all(|(_, here)| *here != slot);
            if is_own && !owner.layout.shared.contains(&slot) {
                owner.layout.shared.push(slot);
            }
        }
        for scope in self.scopes.get_mut(inner)? {
            let here = scope.slots.len() as u32;
            scope.slots.insert(text.clone(), here);
            scope.layout.captured.push((slot, here));
            slot = here;
        }
        Some(slot)
    }

    fn function(&mut self, function: &FunctionExpr) -> Resolved {
        let mut defaults = function.defaults.iter();
        defaults.try_for_each(|default| self.expr(default))?;
        let mut scope = Scope::default();
        let parameters = function.code.parameters.iter();
        parameters.for_each(|parameter| scope.bind(parameter));
        if let Body::Block(body) = &function.code.body {
            bound_in(body, false, &mut |name| scope.bind(name));
        }
        self.scopes.push(scope);
        match &function.code.body {
            Body::Block(body) => walk::block(body, &mut |node| self.node(node))?,
            Body::Expr(body) => self.expr(body)?,
        }
        self.close(&function.code.layout);
        Ok(())
    }

    fn comprehension(&mut self, code: &ComprehensionCode) -> Resolved {
        let mut scope = Scope::default();
        for clause in &code.clauses {
            let bound: Resolved = walk::target(&clause.target, &mut |node| {
                if let Node::Bound(name) = node {
                    scope.bind(name);
                }
                Ok(())
            });
            bound?;
        }
        self.scopes.push(scope);
        walk::comprehension(code, &mut |node| self.node(node))?;
        self.close(&code.layout);
        Ok(())
    }

    fn close(&mut self, layout: &std::cell::OnceCell<Layout>) {
        if let Some(scope) = self.scopes.pop() {
            let _ = layout.set(Layout {
                slots: scope.slots.len(),
                ..scope.layout
            });
        }
    }

    /// Of the module `logging` there is only what gives loggers, and the levels.
    fn part_of_logging(&self, base: &Expr, trailers: &[Trailer]) -> Resolved {
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
    fn literal_pattern(&self, base: &Expr, trailers: &[Trailer]) -> Resolved {
        let (ExprKind::Name(name), Some(Trailer::Method(attribute, arguments))) =
            (&base.kind, trailers.first())
        else {
            return Ok(());
        };
        let method = &*attribute.name;
        let takes_pattern = attribute
            .methods()
            .iter()
            .any(|known| known.is_of(&Value::Re));
        if *name.text != *"re" || !takes_pattern || method == "escape" {
            return Ok(());
        }
        let named = |wanted: &str| {
            arguments
                .named
                .iter()
                .find(|(name, _)| **name == *wanted)
                .map(|(_, value)| value)
        };
        let Some(Expr {
            kind: ExprKind::Constant(Value::Str(text)),
            at,
        }) = arguments.positional.first().or_else(|| named("pattern"))
        else {
            return Ok(());
        };
        let place = match method {
            "compile" => 1,
            "sub" => 4,
            "split" => 3,
            _ => 2,
        };
        let flags = arguments.positional.get(place).or_else(|| named("flags"));
        let flags = flags.and_then(flags_of).unwrap_or(0);
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

    fn unknown(&self, name: &Name) -> Refusal {
        let refusal = self.refuse(name.at, format!("unknown name '{}'", name.text));
        match &*name.text {
            "true" => refusal.hint("write True"),
            "false" => refusal.hint("write False"),
            "null" | "none" | "nil" => refusal.hint("write None"),
            "re" => refusal.hint("write import re first"),
            "logging" => refusal.hint("write import logging first"),
            "__name__" => refusal.hint("write a name in quotes"),
            "type" => refusal.hint("use isinstance(value, TYPE)"),
            "unicode" | "basestring" => refusal.hint("write str"),
            "xrange" => refusal.hint("write range"),
            "frozenset" => refusal.hint("use a set, or tuple(sorted(items)) as a key"),
            "open" | "eval" | "exec" | "input" | "compile" | "vars" | "globals" | "locals"
            | "setattr" => refusal.hint("files and Python's own machinery are out of reach"),
            _ => refusal,
        }
    }

    fn refuse(&self, at: u32, message: String) -> Refusal {
        Refusal::new(self.source, at as usize, message)
    }
}

impl Scope {
    fn bind(&mut self, name: &Name) {
        let next = self.slots.len() as u32;
        self.slots.entry(name.text.clone()).or_insert(next);
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

fn is_negative(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Constant(Value::Int(number)) if number < 0)
}

/// Whether it is what `keys` or `items` gives.
fn is_view(expr: &Expr) -> bool {
    let ExprKind::Trailers(_, trailers) = &expr.kind else {
        return false;
    };
    matches!(trailers.last(), Some(Trailer::Method(attribute, _))
        if matches!(&*attribute.name, "keys" | "items"))
}

/// The names that a block binds; those of the functions defined in it too, if `deep`.
fn bound_in(block: &Block, deep: bool, bind: &mut dyn FnMut(&Name)) {
    let bound: Resolved = walk::block(block, &mut |node| {
        match node {
            Node::Bound(name) | Node::Import(name) => bind(name),
            Node::Function(function) if deep => {
                function.code.parameters.iter().for_each(&mut *bind);
                if let Body::Block(body) = &function.code.body {
                    bound_in(body, true, bind);
                }
            }
            _ => {}
        }
        Ok(())
    });
    debug_assert!(bound.is_ok(), "nothing here refuses");
}
