//! Names to slots, once, when a source is loaded. Names, methods and patterns that cannot work are refused here.

use std::collections::HashMap;

use crate::pattern::translate::Bad;

use super::ast::{
    Attribute, BinaryOp, Block, Body, Expr, ExprKind, FunctionExpr, Layout, Name, Piece, Slot,
    StmtKind, Target, Trailer,
};
use super::builtins::{self, Known};
use super::error::Refusal;
use super::logger;
use super::methods::{self, Method};
use super::patterns::{self, Cache};
use super::text::Str;
use super::value::Value;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// `re` is there without import; objects have attributes of their own.
    Expression,
    Block,
}

/// The slots of the module's names: the given ones first.
pub(super) type Globals = HashMap<Str, u32>;

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
pub(super) fn block(
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
    bound_in(block, add);
    // A name that only a function assigns is known too; outside it just never has a value.
    bound_in_functions(block, add);
    let mut resolver = Resolver {
        source,
        mode: Mode::Block,
        globals,
        imports_logging: false,
        patterns,
        scopes: Vec::new(),
    };
    resolver.block(block)?;
    Ok(resolver.globals)
}

/// Resolves an expression.
pub(super) fn expression(source: &str, names: &[&str], expr: &Expr, patterns: &Cache) -> Resolved {
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
    fn block(&mut self, block: &Block) -> Resolved {
        block
            .iter()
            .try_for_each(|statement| self.statement(&statement.kind))
    }

    fn statement(&mut self, statement: &StmtKind) -> Resolved {
        match statement {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Assign(targets, value) => {
                self.expr(value)?;
                targets.iter().try_for_each(|target| self.target(target))
            }
            StmtKind::Augmented(target, _, value) => {
                self.target(target)?;
                self.expr(value)
            }
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    self.expr(&branch.test)?;
                    self.block(&branch.body)?;
                }
                self.block(otherwise)
            }
            StmtKind::For(each) => {
                self.expr(&each.iterable)?;
                self.target(&each.target)?;
                self.block(&each.body)?;
                self.block(&each.otherwise)
            }
            StmtKind::While(each) => {
                self.expr(&each.test)?;
                self.block(&each.body)?;
                self.block(&each.otherwise)
            }
            StmtKind::Delete(targets) => targets.iter().try_for_each(|target| self.target(target)),
            StmtKind::Def(name, function) => {
                self.name(name)?;
                self.function(function)
            }
            StmtKind::Return(value) => value.iter().try_for_each(|value| self.expr(value)),
            StmtKind::Try(parts) => {
                self.block(&parts.body)?;
                for handler in &parts.handlers {
                    handler
                        .types
                        .iter()
                        .try_for_each(|types| self.expr(types))?;
                    handler.name.iter().try_for_each(|name| self.name(name))?;
                    self.block(&handler.body)?;
                }
                self.block(&parts.otherwise)?;
                self.block(&parts.finally)
            }
            StmtKind::Raise(parts) => parts.iter().try_for_each(|(exception, cause)| {
                self.expr(exception)?;
                cause.iter().try_for_each(|cause| self.expr(cause))
            }),
            StmtKind::Import(name) => {
                self.imports_logging |= *name.text == *"logging";
                self.name(name)
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Pass => Ok(()),
        }
    }

    fn target(&mut self, target: &Target) -> Resolved {
        match target {
            Target::Name(name) => self.name(name),
            Target::Index(parts) => {
                self.expr(&parts.0)?;
                self.expr(&parts.1)
            }
            Target::Unpack(targets) => targets.iter().try_for_each(|target| self.target(target)),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Resolved {
        match &expr.kind {
            ExprKind::Constant(_) => Ok(()),
            ExprKind::Name(name) => self.name(name),
            ExprKind::FString(pieces) => self.pieces(pieces),
            ExprKind::List(items)
            | ExprKind::Tuple(items)
            | ExprKind::Set(items)
            | ExprKind::And(items)
            | ExprKind::Or(items) => items.iter().try_for_each(|item| self.expr(item)),
            ExprKind::Dict(pairs) => self.pairs(pairs),
            ExprKind::Conditional(arms, otherwise) => {
                self.pairs(arms)?;
                self.expr(otherwise)
            }
            ExprKind::Chain(first, rest) => {
                self.expr(first)?;
                rest.iter().try_for_each(|(_, operand)| self.expr(operand))
            }
            ExprKind::Compare(first, rest) => {
                self.expr(first)?;
                rest.iter().try_for_each(|(_, operand)| self.expr(operand))
            }
            ExprKind::Power(operands) => {
                self.expr(&operands.0)?;
                self.expr(&operands.1)
            }
            ExprKind::Unary(_, operand) => self.expr(operand),
            ExprKind::Lambda(function) => self.function(function),
            ExprKind::Comprehension(made) => {
                self.expr(&made.first)?;
                self.comprehension(&made.code)
            }
            ExprKind::Trailers(base, trailers) => {
                self.expr(base)?;
                self.part_of_logging(base, trailers)?;
                trailers
                    .iter()
                    .try_for_each(|trailer| self.trailer(trailer))?;
                self.literal_pattern(base, trailers)
            }
        }
    }

    fn pairs(&mut self, pairs: &[(Expr, Expr)]) -> Resolved {
        pairs.iter().try_for_each(|(left, right)| {
            self.expr(left)?;
            self.expr(right)
        })
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Resolved {
        pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(_) => Ok(()),
            Piece::Field(field) => {
                self.expr(&field.value)?;
                self.pieces(&field.spec)
            }
        })
    }

    fn trailer(&mut self, trailer: &Trailer) -> Resolved {
        match trailer {
            Trailer::Attribute(attribute) => self.attribute(attribute),
            Trailer::Method(attribute, arguments) => {
                self.method(attribute)?;
                self.arguments(arguments)
            }
            Trailer::Call(arguments) => self.arguments(arguments),
            Trailer::Index(index) => self.expr(index),
            Trailer::Slice(parts) => parts.iter().flatten().try_for_each(|part| self.expr(part)),
        }
    }

    fn arguments(&mut self, arguments: &super::ast::Arguments) -> Resolved {
        arguments
            .positional
            .iter()
            .try_for_each(|value| self.expr(value))?;
        arguments
            .named
            .iter()
            .try_for_each(|(_, value)| self.expr(value))
    }

    /// In an expression an object of the caller may have any attribute.
    fn attribute(&self, attribute: &Attribute) -> Resolved {
        let known = self.mode == Mode::Expression || methods::is_plain_attribute(&attribute.name);
        if known {
            Ok(())
        } else {
            self.method(attribute)
        }
    }

    fn method(&self, attribute: &Attribute) -> Resolved {
        if attribute.method.is_some() || methods::is_plain_attribute(&attribute.name) {
            return Ok(());
        }
        let message = format!(
            "no type here has a method or attribute '{}'",
            attribute.name
        );
        let refusal = self.refuse(attribute.at, message);
        Err(match Method::named(&attribute.name.to_lowercase()) {
            Some(_) => refusal.hint(&format!("write .{}", attribute.name.to_lowercase())),
            None if self.mode == Mode::Block => {
                refusal.hint("an entry of a dict is d['key'] or d.get('key')")
            }
            None => refusal,
        })
    }

    fn name(&mut self, name: &Name) -> Resolved {
        let slot = self.find(&name.text).ok_or_else(|| self.unknown(name))?;
        name.slot.set(slot);
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
        if self.mode == Mode::Expression && **text == *"re" {
            return Some(Slot::Known(Known::Re));
        }
        builtins::named(text).map(Slot::Known)
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
        function
            .defaults
            .iter()
            .try_for_each(|default| self.expr(default))?;
        let mut scope = Scope::default();
        function
            .code
            .parameters
            .iter()
            .for_each(|parameter| scope.bind(parameter));
        if let Body::Block(body) = &function.code.body {
            bound_in(body, &mut |name| scope.bind(name));
        }
        self.scopes.push(scope);
        match &function.code.body {
            Body::Block(body) => self.block(body)?,
            Body::Expr(body) => self.expr(body)?,
        }
        self.close(&function.code.layout);
        Ok(())
    }

    fn comprehension(&mut self, code: &super::ast::ComprehensionCode) -> Resolved {
        let mut scope = Scope::default();
        code.clauses
            .iter()
            .for_each(|clause| bound_by(&clause.target, &mut |name| scope.bind(name)));
        self.scopes.push(scope);
        for clause in &code.clauses {
            clause
                .iterable
                .iter()
                .try_for_each(|iterable| self.expr(iterable))?;
            self.target(&clause.target)?;
            clause
                .conditions
                .iter()
                .try_for_each(|condition| self.expr(condition))?;
        }
        self.expr(&code.element)?;
        code.value.iter().try_for_each(|value| self.expr(value))?;
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
            || attribute.method == Some(Method::GetLogger)
            || logger::level_number(&attribute.name).is_some()
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
        let takes_pattern = attribute
            .method
            .is_some_and(|method| methods::RE.contains(&method));
        if *name.text != *"re" || !takes_pattern || attribute.method == Some(Method::Escape) {
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
        let place = match attribute.method {
            Some(Method::Compile) => 1,
            Some(Method::Sub) => 4,
            Some(Method::Split) => 3,
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
            [Trailer::Attribute(attribute)] => patterns::flag(&attribute.name),
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

/// The names that a block binds, without those that belong to functions in it.
fn bound_in(block: &Block, bind: &mut dyn FnMut(&Name)) {
    for statement in block {
        match &statement.kind {
            StmtKind::Assign(targets, _) | StmtKind::Delete(targets) => {
                targets.iter().for_each(|target| bound_by(target, bind));
            }
            StmtKind::Augmented(target, ..) => bound_by(target, bind),
            StmtKind::For(each) => bound_by(&each.target, bind),
            StmtKind::Def(name, _) | StmtKind::Import(name) => bind(name),
            StmtKind::Try(parts) => parts
                .handlers
                .iter()
                .filter_map(|handler| handler.name.as_ref())
                .for_each(&mut *bind),
            _ => {}
        }
        blocks_of(&statement.kind, &mut |inner| bound_in(inner, bind));
    }
}

fn bound_in_functions(block: &Block, bind: &mut dyn FnMut(&Name)) {
    for statement in block {
        if let StmtKind::Def(_, function) = &statement.kind {
            function.code.parameters.iter().for_each(&mut *bind);
            if let Body::Block(body) = &function.code.body {
                bound_in(body, bind);
                bound_in_functions(body, bind);
            }
        }
        blocks_of(&statement.kind, &mut |inner| {
            bound_in_functions(inner, bind)
        });
    }
}

/// The blocks of a compound statement, without a function's body.
fn blocks_of(statement: &StmtKind, visit: &mut dyn FnMut(&Block)) {
    match statement {
        StmtKind::If(branches, otherwise) => {
            branches.iter().for_each(|branch| visit(&branch.body));
            visit(otherwise);
        }
        StmtKind::For(each) => {
            visit(&each.body);
            visit(&each.otherwise);
        }
        StmtKind::While(each) => {
            visit(&each.body);
            visit(&each.otherwise);
        }
        StmtKind::Try(parts) => {
            visit(&parts.body);
            parts
                .handlers
                .iter()
                .for_each(|handler| visit(&handler.body));
            visit(&parts.otherwise);
            visit(&parts.finally);
        }
        _ => {}
    }
}

fn bound_by(target: &Target, bind: &mut dyn FnMut(&Name)) {
    match target {
        Target::Name(name) => bind(name),
        Target::Index(_) => {}
        Target::Unpack(targets) => targets.iter().for_each(|target| bound_by(target, bind)),
    }
}
