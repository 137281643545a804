//! Going over a syntax tree, in the order in which it runs: the parts of a block, of an expression, of a trailer.
//! Whoever goes over it decides what to go into.

use crate::value::tree::{
    Arguments, Block, Comprehension, ComprehensionCode, Expr, ExprKind, FunctionExpr, Name, Piece,
    StmtKind, Target, Trailer,
};

/// What is met on the way.
pub(crate) enum Node<'a> {
    Expr(&'a Expr),
    Trailer(&'a Trailer),
    /// A name that is used.
    Name(&'a Name),
    /// A name that gets a value, or loses it.
    Bound(&'a Name),
    Function(&'a FunctionExpr),
    /// What runs in the frame of a comprehension.
    Comprehension(&'a ComprehensionCode),
}

type Visit<'v, 'a, E> = &'v mut dyn FnMut(Node<'a>) -> Result<(), E>;

/// The parts of all statements of a block, also in blocks inside it, but not in functions.
pub(crate) fn block<'a, E>(block: &'a Block, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    for statement in block {
        self::statement(&statement.kind, visit)?;
    }
    Ok(())
}

fn statement<'a, E>(kind: &'a StmtKind, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    match kind {
        StmtKind::Expr(value) => visit(Node::Expr(value)),
        StmtKind::Assign(targets, value) => {
            visit(Node::Expr(value))?;
            targets.iter().try_for_each(|each| target(each, visit))
        }
        StmtKind::Augmented(left, _, value) => {
            target(left, visit)?;
            visit(Node::Expr(value))
        }
        StmtKind::If(branches, otherwise) => {
            for branch in branches {
                visit(Node::Expr(&branch.test))?;
                block(&branch.body, visit)?;
            }
            block(otherwise, visit)
        }
        StmtKind::For(each) => {
            visit(Node::Expr(&each.iterable))?;
            target(&each.target, visit)?;
            block(&each.body, visit)?;
            block(&each.otherwise, visit)
        }
        StmtKind::While(each) => {
            visit(Node::Expr(&each.test))?;
            block(&each.body, visit)?;
            block(&each.otherwise, visit)
        }
        StmtKind::Delete(targets) => targets.iter().try_for_each(|each| target(each, visit)),
        StmtKind::Return(value) | StmtKind::Raise(value) => exprs(value, visit),
        StmtKind::Try(parts) => {
            block(&parts.body, visit)?;
            for handler in &parts.handlers {
                exprs(&handler.types, visit)?;
                let mut names = handler.name.iter();
                names.try_for_each(|name| visit(Node::Bound(name)))?;
                block(&handler.body, visit)?;
            }
            block(&parts.otherwise, visit)?;
            block(&parts.finally, visit)
        }
        StmtKind::Break | StmtKind::Continue | StmtKind::Pass => Ok(()),
    }
}

/// The parts of an expression.
pub(crate) fn expr<'a, E>(expr: &'a Expr, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    match &expr.kind {
        ExprKind::Constant(_) => Ok(()),
        ExprKind::Name(name) => visit(Node::Name(name)),
        ExprKind::FString(pieces) => self::pieces(pieces, visit),
        ExprKind::List(items)
        | ExprKind::Tuple(items)
        | ExprKind::Set(items)
        | ExprKind::And(items)
        | ExprKind::Or(items) => exprs(items, visit),
        ExprKind::Dict(pairs) => exprs(pairs.iter().flat_map(|(key, value)| [key, value]), visit),
        ExprKind::Chain(first, rest) => {
            visit(Node::Expr(first))?;
            exprs(rest.iter().map(|(_, operand)| operand), visit)
        }
        ExprKind::Compare(first, rest) => {
            visit(Node::Expr(first))?;
            exprs(rest.iter().map(|(_, operand)| operand), visit)
        }
        ExprKind::Unary(_, operand) => visit(Node::Expr(operand)),
        ExprKind::Conditional(arms, otherwise) => {
            exprs(arms.iter().flat_map(|(test, value)| [test, value]), visit)?;
            visit(Node::Expr(otherwise))
        }
        ExprKind::Function(function) => visit(Node::Function(function)),
        ExprKind::Comprehension(made) => {
            let Comprehension { first, code, .. } = &**made;
            visit(Node::Expr(first))?;
            visit(Node::Comprehension(code))
        }
        ExprKind::Trailers(base, trailers) => {
            visit(Node::Expr(base))?;
            let mut trailers = trailers.iter();
            trailers.try_for_each(|trailer| visit(Node::Trailer(trailer)))
        }
    }
}

/// The expressions inside a trailer.
pub(crate) fn trailer<'a, E>(trailer: &'a Trailer, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    match trailer {
        Trailer::Attribute(_) => Ok(()),
        Trailer::Method(_, Arguments { positional, named })
        | Trailer::Call(Arguments { positional, named }) => {
            exprs(positional, visit)?;
            exprs(named.iter().map(|(_, value)| value), visit)
        }
        Trailer::Index(index) => visit(Node::Expr(index)),
        Trailer::Slice(parts) => exprs(parts.iter().flatten(), visit),
    }
}

/// The defaults of a function, and the parts of its body.
pub(crate) fn function<'a, E>(made: &'a FunctionExpr, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    exprs(&made.defaults, visit)?;
    block(&made.code.body, visit)
}

/// What a comprehension binds and evaluates in its own frame.
pub(crate) fn comprehension<'a, E>(
    code: &'a ComprehensionCode,
    visit: Visit<'_, 'a, E>,
) -> Result<(), E> {
    for clause in &code.clauses {
        exprs(&clause.iterable, visit)?;
        target(&clause.target, visit)?;
        exprs(&clause.conditions, visit)?;
    }
    visit(Node::Expr(&code.element))?;
    exprs(&code.value, visit)
}

fn exprs<'a, E>(all: impl IntoIterator<Item = &'a Expr>, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    all.into_iter().try_for_each(|each| visit(Node::Expr(each)))
}

fn pieces<'a, E>(pieces: &'a [Piece], visit: Visit<'_, 'a, E>) -> Result<(), E> {
    for piece in pieces {
        if let Piece::Field(field) = piece {
            visit(Node::Expr(&field.value))?;
            self::pieces(&field.spec, visit)?;
        }
    }
    Ok(())
}

/// The names that a target binds, and the expressions in it.
pub(crate) fn target<'a, E>(target: &'a Target, visit: Visit<'_, 'a, E>) -> Result<(), E> {
    match target {
        Target::Name(name) => visit(Node::Bound(name)),
        Target::Index(parts) => exprs([&parts.0, &parts.1], visit),
        Target::Unpack(targets) => targets
            .iter()
            .try_for_each(|each| self::target(each, visit)),
    }
}
