//! The syntax tree. Chains of operators, comparisons, trailers and branches are flat lists,
//! so that a long source is not a deep tree.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::builtins::Known;
use super::methods::Method;
use super::text::Str;
use super::value::Value;

pub(super) type Block = Vec<Stmt>;

pub(super) struct Stmt {
    pub(super) kind: StmtKind,
    pub(super) line: u32,
}

pub(super) enum StmtKind {
    Expr(Expr),
    Assign(Vec<Target>, Expr),
    Augmented(Target, BinaryOp, Expr),
    If(Vec<Branch>, Block),
    For(Box<For>),
    While(Box<While>),
    Break,
    Continue,
    Pass,
    Delete(Vec<Target>),
    Def(Name, FunctionExpr),
    Return(Option<Expr>),
    Try(Box<Try>),
    /// The exception, and what `from` names.
    Raise(Option<(Expr, Option<Expr>)>),
    /// `import re`, `import logging`
    Import(Name),
}

pub(super) struct Branch {
    pub(super) line: u32,
    pub(super) test: Expr,
    pub(super) body: Block,
}

pub(super) struct For {
    pub(super) target: Target,
    pub(super) iterable: Expr,
    pub(super) body: Block,
    pub(super) otherwise: Block,
}

pub(super) struct While {
    pub(super) test: Expr,
    pub(super) body: Block,
    pub(super) otherwise: Block,
}

pub(super) struct Try {
    pub(super) body: Block,
    pub(super) handlers: Vec<Handler>,
    pub(super) otherwise: Block,
    pub(super) finally: Block,
}

pub(super) struct Handler {
    pub(super) line: u32,
    pub(super) types: Option<Expr>,
    pub(super) name: Option<Name>,
    pub(super) body: Block,
}

pub(super) enum Target {
    Name(Name),
    Index(Box<(Expr, Expr)>),
    Unpack(Vec<Target>),
}

pub(super) struct Expr {
    pub(super) kind: ExprKind,
    /// Byte offset in the source.
    pub(super) at: u32,
}

pub(super) enum ExprKind {
    Constant(Value),
    Name(Name),
    FString(Vec<Piece>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    /// Left-associative operators, from left to right.
    Chain(Box<Expr>, Vec<(BinaryOp, Expr)>),
    Power(Box<(Expr, Expr)>),
    Unary(UnaryOp, Box<Expr>),
    Compare(Box<Expr>, Vec<(CompareOp, Expr)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Pairs of condition and value, and the last `else`.
    Conditional(Vec<(Expr, Expr)>, Box<Expr>),
    Lambda(Box<FunctionExpr>),
    Comprehension(Box<Comprehension>),
    Trailers(Box<Expr>, Vec<Trailer>),
}

pub(super) enum Trailer {
    Attribute(Attribute),
    Method(Attribute, Arguments),
    Call(Arguments),
    Index(Expr),
    Slice(Box<[Option<Expr>; 3]>),
}

pub(super) struct Attribute {
    pub(super) name: Str,
    pub(super) method: Option<Method>,
    /// Where an object had it last.
    pub(super) hint: Cell<u32>,
    pub(super) at: u32,
}

pub(super) struct Arguments {
    pub(super) positional: Vec<Expr>,
    pub(super) named: Vec<(Str, Expr)>,
}

/// A piece of an f-string.
pub(super) enum Piece {
    Text(Str),
    Field(Box<Field>),
}

pub(super) struct Field {
    pub(super) value: Expr,
    pub(super) conversion: Conversion,
    /// Pieces of the format specification.
    pub(super) spec: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
    None,
    Str,
    Repr,
    Ascii,
}

/// A place where a name is used or bound.
pub(super) struct Name {
    pub(super) text: Str,
    pub(super) at: u32,
    pub(super) slot: Cell<Slot>,
}

/// Where the value of a name is; filled in by `resolve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Unresolved,
    /// In the frame of the function.
    Local(u32),
    Global(u32),
    /// Nothing in the source assigns it.
    Known(Known),
}

/// A function where it is made: its code, and the defaults that belong to its last parameters.
pub(super) struct FunctionExpr {
    pub(super) code: Rc<FunctionCode>,
    pub(super) defaults: Vec<Expr>,
}

/// A function's own part.
pub(super) struct FunctionCode {
    pub(super) name: Str,
    pub(super) parameters: Vec<Name>,
    pub(super) body: Body,
    /// Of a lambda: the statement it stands in, for exceptions in it.
    pub(super) line: u32,
    pub(super) layout: OnceCell<Layout>,
}

pub(super) enum Body {
    Block(Block),
    Expr(Expr),
}

/// The frame of a function: parameters first, then other names.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) slots: usize,
    /// Own names that inner functions share.
    pub(super) shared: Vec<u32>,
    /// Names of outer functions: the slot there, and the slot here.
    pub(super) captured: Vec<(u32, u32)>,
    /// Whether it, or a function in it, sees names of the module.
    pub(super) uses_globals: bool,
}

pub(super) struct Comprehension {
    pub(super) kind: ComprehensionKind,
    /// Evaluated outside, before the rest.
    pub(super) first: Expr,
    pub(super) code: Rc<ComprehensionCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

/// The part of a comprehension that runs in a frame of its own.
pub(super) struct ComprehensionCode {
    pub(super) clauses: Vec<Clause>,
    /// The element, or key and value.
    pub(super) element: Expr,
    pub(super) value: Option<Expr>,
    pub(super) line: u32,
    pub(super) layout: OnceCell<Layout>,
}

pub(super) struct Clause {
    pub(super) target: Target,
    /// None for the first clause.
    pub(super) iterable: Option<Expr>,
    pub(super) conditions: Vec<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnaryOp {
    Not,
    Minus,
    Plus,
    Invert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Power,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

impl BinaryOp {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
            BinaryOp::Power => "** or pow()",
            BinaryOp::ShiftLeft => "<<",
            BinaryOp::ShiftRight => ">>",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
        }
    }
}
