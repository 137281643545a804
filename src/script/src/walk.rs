//! Going over a syntax tree: every expression of a block, every child of an expression.

use super::ast::{
    Arguments, Block, Body, Expr, ExprKind, FunctionExpr, Piece, StmtKind, Target, Trailer,
};

type Visit<'v, 'a> = &'v mut dyn FnMut(&'a Expr);

/// The outermost expressions of all statements, also inside functions.
pub(super) fn block<'a>(block: &'a Block, visit: Visit<'_, 'a>) {
    for statement in block {
        match &statement.kind {
            StmtKind::Expr(value) => visit(value),
            StmtKind::Assign(targets, value) => {
                visit(value);
                targets.iter().for_each(|item| target(item, visit));
            }
            StmtKind::Augmented(left, _, value) => {
                target(left, visit);
                visit(value);
            }
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    visit(&branch.test);
                    self::block(&branch.body, visit);
                }
                self::block(otherwise, visit);
            }
            StmtKind::For(each) => {
                visit(&each.iterable);
                target(&each.target, visit);
                self::block(&each.body, visit);
                self::block(&each.otherwise, visit);
            }
            StmtKind::While(each) => {
                visit(&each.test);
                self::block(&each.body, visit);
                self::block(&each.otherwise, visit);
            }
            StmtKind::Delete(targets) => targets.iter().for_each(|item| target(item, visit)),
            StmtKind::Def(_, made) => function(made, visit),
            StmtKind::Return(value) => value.iter().for_each(&mut *visit),
            StmtKind::Try(parts) => {
                self::block(&parts.body, visit);
                for handler in &parts.handlers {
                    handler.types.iter().for_each(&mut *visit);
                    self::block(&handler.body, visit);
                }
                self::block(&parts.otherwise, visit);
                self::block(&parts.finally, visit);
            }
            StmtKind::Raise(parts) => {
                if let Some((exception, cause)) = parts {
                    visit(exception);
                    cause.iter().for_each(&mut *visit);
                }
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Pass | StmtKind::Import(_) => {}
        }
    }
}

/// The children of an expression, also inside lambdas and comprehensions.
pub(super) fn children<'a>(expr: &'a Expr, visit: Visit<'_, 'a>) {
    match &expr.kind {
        ExprKind::Constant(_) | ExprKind::Name(_) => {}
        ExprKind::FString(pieces) => self::pieces(pieces, visit),
        ExprKind::List(items)
        | ExprKind::Tuple(items)
        | ExprKind::Set(items)
        | ExprKind::And(items)
        | ExprKind::Or(items) => items.iter().for_each(visit),
        ExprKind::Dict(entries) => pairs(entries, visit),
        ExprKind::Chain(first, rest) => {
            visit(first);
            rest.iter().for_each(|(_, operand)| visit(operand));
        }
        ExprKind::Compare(first, rest) => {
            visit(first);
            rest.iter().for_each(|(_, operand)| visit(operand));
        }
        ExprKind::Power(operands) => {
            visit(&operands.0);
            visit(&operands.1);
        }
        ExprKind::Unary(_, operand) => visit(operand),
        ExprKind::Conditional(arms, otherwise) => {
            pairs(arms, visit);
            visit(otherwise);
        }
        ExprKind::Lambda(made) => function(made, visit),
        ExprKind::Comprehension(made) => {
            visit(&made.first);
            for clause in &made.code.clauses {
                target(&clause.target, visit);
                clause.iterable.iter().for_each(&mut *visit);
                clause.conditions.iter().for_each(&mut *visit);
            }
            visit(&made.code.element);
            made.code.value.iter().for_each(visit);
        }
        ExprKind::Trailers(base, trailers) => {
            visit(base);
            trailers.iter().for_each(|each| trailer(each, visit));
        }
    }
}

/// The expressions inside a trailer.
pub(super) fn trailer<'a>(trailer: &'a Trailer, visit: Visit<'_, 'a>) {
    match trailer {
        Trailer::Attribute(_) => {}
        Trailer::Method(_, given) | Trailer::Call(given) => arguments(given, visit),
        Trailer::Index(index) => visit(index),
        Trailer::Slice(parts) => parts.iter().flatten().for_each(visit),
    }
}

fn arguments<'a>(arguments: &'a Arguments, visit: Visit<'_, 'a>) {
    arguments.positional.iter().for_each(&mut *visit);
    arguments.named.iter().for_each(|(_, value)| visit(value));
}

fn function<'a>(made: &'a FunctionExpr, visit: Visit<'_, 'a>) {
    made.defaults.iter().for_each(&mut *visit);
    match &made.code.body {
        Body::Block(body) => block(body, visit),
        Body::Expr(body) => visit(body),
    }
}

fn pieces<'a>(pieces: &'a [Piece], visit: Visit<'_, 'a>) {
    for piece in pieces {
        if let Piece::Field(field) = piece {
            visit(&field.value);
            self::pieces(&field.spec, visit);
        }
    }
}

fn pairs<'a>(pairs: &'a [(Expr, Expr)], visit: Visit<'_, 'a>) {
    for (left, right) in pairs {
        visit(left);
        visit(right);
    }
}

fn target<'a>(target: &'a Target, visit: Visit<'_, 'a>) {
    match target {
        Target::Name(_) => {}
        Target::Index(parts) => {
            visit(&parts.0);
            visit(&parts.1);
        }
        Target::Unpack(targets) => targets.iter().for_each(|item| self::target(item, visit)),
    }
}
