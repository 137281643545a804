//! The syntax tree. Chains of operators, comparisons, trailers and branches are flat lists,
//! so that a long source is not a deep tree.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::value::{Native, Str, Value};

pub(crate) type Block = Vec<Stmt>;

pub(crate) struct Stmt {
    pub(crate) kind: StmtKind,
    pub(crate) line: u32,
}

pub(crate) enum StmtKind {
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
    Return(Option<Expr>),
    Try(Box<Try>),
    Raise(Option<Expr>),
}

pub(crate) struct Branch {
    pub(crate) line: u32,
    pub(crate) test: Expr,
    pub(crate) body: Block,
}

pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) iterable: Expr,
    pub(crate) body: Block,
    pub(crate) otherwise: Block,
}

pub(crate) struct While {
    pub(crate) test: Expr,
    pub(crate) body: Block,
    pub(crate) otherwise: Block,
}

pub(crate) struct Try {
    pub(crate) body: Block,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) otherwise: Block,
    pub(crate) finally: Block,
}

pub(crate) struct Handler {
    pub(crate) line: u32,
    pub(crate) types: Option<Expr>,
    pub(crate) name: Option<Name>,
    pub(crate) body: Block,
}

pub(crate) enum Target {
    Name(Name),
    Index(Box<(Expr, Expr)>),
    Unpack(Vec<Target>),
}

pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    /// Byte offset in the source.
    pub(crate) at: u32,
}

pub(crate) enum ExprKind {
    Constant(Value),
    Name(Name),
    FString(Vec<Piece>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    /// Left-associative operators, from left to right.
    Chain(Box<Expr>, Vec<(BinaryOp, Expr)>),
    Unary(UnaryOp, Box<Expr>),
    Compare(Box<Expr>, Vec<(CompareOp, Expr)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Pairs of condition and value, and the last `else`.
    Conditional(Vec<(Expr, Expr)>, Box<Expr>),
    /// A lambda, or what `def` assigns.
    Function(Box<FunctionExpr>),
    Comprehension(Box<Comprehension>),
    Trailers(Box<Expr>, Vec<Trailer>),
}

pub(crate) enum Trailer {
    Attribute(Attribute),
    Method(Attribute, Arguments),
    Call(Arguments),
    Index(Expr),
    Slice(Box<[Option<Expr>; 3]>),
}

pub(crate) struct Attribute {
    pub(crate) name: Str,
    /// The methods of this name, whatever they are of; filled in by `resolve`.
    pub(crate) methods: OnceCell<Vec<&'static Native>>,
    /// Where an object had it last.
    pub(crate) hint: Cell<u32>,
    pub(crate) at: u32,
}

pub(crate) struct Arguments {
    pub(crate) positional: Vec<Expr>,
    pub(crate) named: Vec<(Str, Expr)>,
}

/// A piece of an f-string.
pub(crate) enum Piece {
    Text(Str),
    Field(Box<Field>),
}

pub(crate) struct Field {
    pub(crate) value: Expr,
    pub(crate) conversion: Option<Conversion>,
    /// Pieces of the format specification.
    pub(crate) spec: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    Str,
    Repr,
    Ascii,
}

impl Conversion {
    pub(crate) fn named(letter: char) -> Option<Conversion> {
        match letter {
            's' => Some(Conversion::Str),
            'r' => Some(Conversion::Repr),
            'a' => Some(Conversion::Ascii),
            _ => None,
        }
    }
}

/// A place where a name is used or bound.
pub(crate) struct Name {
    pub(crate) text: Str,
    pub(crate) at: u32,
    pub(crate) slot: Cell<Slot>,
    /// What it stands for where nothing assigns it, or nothing has yet.
    pub(crate) known: OnceCell<Value>,
}

/// Where the value of a name is; filled in by `resolve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// In the scope of the function, or of one around it: how far out, and where.
    Local(u32, u32),
    Global(u32),
    /// Nothing in the source assigns it.
    Known,
}

/// A function where it is made: its code, and the defaults that belong to its last parameters.
pub(crate) struct FunctionExpr {
    pub(crate) code: Rc<FunctionCode>,
    pub(crate) defaults: Vec<Expr>,
}

/// A function's own part.
pub(crate) struct FunctionCode {
    pub(crate) name: Str,
    pub(crate) parameters: Vec<Name>,
    pub(crate) body: Block,
    pub(crate) layout: Cell<Layout>,
}

/// The scope of a function: parameters first, then other names.
#[derive(Default, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) slots: usize,
    /// Whether it, or a function in it, sees names of functions around it.
    pub(crate) uses_outer: bool,
    /// The same of names of the module.
    pub(crate) uses_globals: bool,
}

pub(crate) struct Comprehension {
    pub(crate) kind: ComprehensionKind,
    /// Evaluated outside, before the rest.
    pub(crate) first: Expr,
    pub(crate) code: Rc<ComprehensionCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

/// The part of a comprehension that runs in a frame of its own.
pub(crate) struct ComprehensionCode {
    pub(crate) clauses: Vec<Clause>,
    /// The element, or key and value.
    pub(crate) element: Expr,
    pub(crate) value: Option<Expr>,
    pub(crate) line: u32,
    pub(crate) layout: Cell<Layout>,
}

pub(crate) struct Clause {
    pub(crate) target: Target,
    /// None for the first clause.
    pub(crate) iterable: Option<Expr>,
    pub(crate) conditions: Vec<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Not,
    Minus,
    Plus,
    Invert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
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
pub(crate) enum CompareOp {
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

/// The binary operators as they are written.
const SYMBOLS: &[(&str, BinaryOp)] = &[
    ("+", BinaryOp::Add),
    ("-", BinaryOp::Sub),
    ("*", BinaryOp::Mul),
    ("/", BinaryOp::Div),
    ("//", BinaryOp::FloorDiv),
    ("%", BinaryOp::Mod),
    ("**", BinaryOp::Power),
    ("<<", BinaryOp::ShiftLeft),
    (">>", BinaryOp::ShiftRight),
    ("&", BinaryOp::And),
    ("|", BinaryOp::Or),
    ("^", BinaryOp::Xor),
];

impl BinaryOp {
    pub(crate) fn written(symbol: &str) -> Option<BinaryOp> {
        let found = SYMBOLS.iter().find(|(known, _)| *known == symbol);
        found.map(|(_, operator)| *operator)
    }

    pub(crate) fn symbol(self) -> &'static str {
        let found = SYMBOLS.iter().find(|(_, known)| *known == self);
        found.map_or("", |(symbol, _)| symbol)
    }
}

impl Attribute {
    pub(crate) fn methods(&self) -> &[&'static Native] {
        self.methods.get().map_or(&[], Vec::as_slice)
    }
}

impl FunctionCode {
    pub(crate) fn new(name: Str, parameters: Vec<Name>, body: Block) -> Rc<FunctionCode> {
        Rc::new(FunctionCode {
            name,
            parameters,
            body,
            layout: Cell::default(),
        })
    }
}
