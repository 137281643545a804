//! Names to slots, once, when a source is loaded. Names, methods and patterns that cannot work are refused here.

use std::cell::Cell;
use std::collections::HashMap;

use super::walk::{self, Node};
use crate::library;
use crate::names::modules;
use crate::syntax::Refusal;
use crate::value::tree::*;
use crate::value::{Cache, Str, Value};

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `re` is there without import; objects have attributes of their own.
    Expression,
    Block,
}

pub(super) type Resolved = Result<(), Refusal>;

pub(crate) struct Resolver<'a> {
    source: &'a str,
    mode: Mode,
    /// The slots of the module's names: the given ones first.
    globals: HashMap<Str, u32>,
    pub(super) imports_logging: bool,
    /// Where patterns written out in the source are kept.
    pub(super) patterns: &'a Cache,
    /// Names of functions and comprehensions around the place at hand.
    scopes: Vec<Scope>,
}

#[derive(Default)]
struct Scope {
    slots: HashMap<Str, u32>,
    layout: Layout,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        source: &'a str,
        names: &[&str],
        mode: Mode,
        patterns: &'a Cache,
    ) -> Resolver<'a> {
        let slots = names.iter().zip(0..);
        Resolver {
            source,
            mode,
            globals: slots.map(|(name, slot)| (Str::from(*name), slot)).collect(),
            imports_logging: false,
            patterns,
            scopes: Vec::new(),
        }
    }

    /// Resolves a source; gives the number of the module's names.
    pub(crate) fn resolve(mut self, block: &Block) -> Result<usize, Refusal> {
        let globals = &mut self.globals;
        let add = &mut |name: &Name| {
            let next = globals.len() as u32;
            globals.entry(name.text.clone()).or_insert(next);
        };
        bound_in(block, false, add);
        // A name that only a function assigns is known too; outside it just never has a value.
        bound_in(block, true, add);
        walk::block(block, &mut |node| self.node(node))?;
        Ok(self.globals.len())
    }

    fn node(&mut self, node: Node<'_>) -> Resolved {
        match node {
            Node::Name(name) | Node::Bound(name) => self.name(name),
            Node::Function(function) => self.function(function),
            Node::Comprehension(code) => self.comprehension(code),
            Node::Expr(expr) => self.expr(expr),
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

    fn expr(&mut self, expr: &Expr) -> Resolved {
        if let ExprKind::Constant(Value::Logging) = &expr.kind {
            self.imports_logging = true;
        }
        let ExprKind::Trailers(base, trailers) = &expr.kind else {
            return walk::expr(expr, &mut |node| self.node(node));
        };
        self.part_of_logging(base, trailers)?;
        walk::expr(expr, &mut |node| self.node(node))?;
        self.literal_pattern(base, trailers)
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
            let at = *self.scopes.get(level)?.slots.get(text)?;
            let inner = self.scopes.get_mut(level + 1..)?;
            let up = inner.len() as u32;
            inner
                .iter_mut()
                .for_each(|scope| scope.layout.uses_outer = true);
            return Some(Slot::Local(up, at));
        }
        let slot = *self.globals.get(text)?;
        self.scopes
            .iter_mut()
            .for_each(|scope| scope.layout.uses_globals = true);
        Some(Slot::Global(slot))
    }

    fn function(&mut self, function: &FunctionExpr) -> Resolved {
        let mut defaults = function.defaults.iter();
        defaults.try_for_each(|default| self.expr(default))?;
        let mut scope = Scope::default();
        let parameters = function.code.parameters.iter();
        parameters.for_each(|parameter| scope.bind(parameter));
        bound_in(&function.code.body, false, &mut |name| scope.bind(name));
        self.scopes.push(scope);
        walk::block(&function.code.body, &mut |node| self.node(node))?;
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

    fn close(&mut self, layout: &Cell<Layout>) {
        if let Some(scope) = self.scopes.pop() {
            layout.set(Layout {
                slots: scope.slots.len(),
                ..scope.layout
            });
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

    pub(super) fn refuse(&self, at: u32, message: String) -> Refusal {
        Refusal::new(self.source, at as usize, message)
    }
}

impl Scope {
    fn bind(&mut self, name: &Name) {
        let next = self.slots.len() as u32;
        self.slots.entry(name.text.clone()).or_insert(next);
    }
}

/// The names that a block binds; those of the functions defined in it too, if `deep`.
fn bound_in(block: &Block, deep: bool, bind: &mut dyn FnMut(&Name)) {
    let bound: Resolved = walk::block(block, &mut |node| {
        match node {
            Node::Bound(name) => bind(name),
            Node::Expr(Expr {
                kind: ExprKind::Function(function),
                ..
            }) if deep => {
                function.code.parameters.iter().for_each(&mut *bind);
                bound_in(&function.code.body, true, bind);
            }
            _ => {}
        }
        Ok(())
    });
    debug_assert!(bound.is_ok(), "nothing here refuses");
}
