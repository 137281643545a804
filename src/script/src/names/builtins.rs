//! The functions and types that are there without being defined.

use crate::names::Kind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    Abs,
    All,
    Any,
    Chr,
    Getattr,
    Hasattr,
    Isinstance,
    Len,
    Max,
    Min,
    Ord,
    Print,
    Repr,
    Round,
    Sorted,
    Sum,
}

const BUILTINS: &[(&str, Builtin)] = &[
    ("abs", Builtin::Abs),
    ("all", Builtin::All),
    ("any", Builtin::Any),
    ("chr", Builtin::Chr),
    ("getattr", Builtin::Getattr),
    ("hasattr", Builtin::Hasattr),
    ("isinstance", Builtin::Isinstance),
    ("len", Builtin::Len),
    ("max", Builtin::Max),
    ("min", Builtin::Min),
    ("ord", Builtin::Ord),
    ("print", Builtin::Print),
    ("repr", Builtin::Repr),
    ("round", Builtin::Round),
    ("sorted", Builtin::Sorted),
    ("sum", Builtin::Sum),
];

/// The types that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Bool,
    Dict,
    Enumerate,
    Filter,
    Float,
    Int,
    List,
    Map,
    Range,
    Reversed,
    Set,
    Str,
    Tuple,
    Zip,
    Error(Kind),
}

const TYPES: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("dict", Type::Dict),
    ("enumerate", Type::Enumerate),
    ("filter", Type::Filter),
    ("float", Type::Float),
    ("int", Type::Int),
    ("list", Type::List),
    ("map", Type::Map),
    ("range", Type::Range),
    ("reversed", Type::Reversed),
    ("set", Type::Set),
    ("str", Type::Str),
    ("tuple", Type::Tuple),
    ("zip", Type::Zip),
];

/// What a name stands for that nothing assigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Builtin(Builtin),
    Type(Type),
    /// The module, where it is there without import.
    Re,
}

pub(crate) fn named(name: &str) -> Option<Known> {
    let builtin = BUILTINS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, builtin)| Known::Builtin(*builtin));
    let kind = || {
        TYPES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| Known::Type(*kind))
    };
    builtin
        .or_else(kind)
        .or_else(|| Kind::named(name).map(|kind| Known::Type(Type::Error(kind))))
}

impl Builtin {
    pub(crate) fn name(self) -> &'static str {
        BUILTINS
            .iter()
            .find(|(_, builtin)| *builtin == self)
            .map_or("", |(name, _)| name)
    }
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Type::Error(kind) => kind.name(),
            _ => TYPES
                .iter()
                .find(|(_, kind)| *kind == self)
                .map_or("", |(name, _)| name),
        }
    }

    /// As its repr writes it.
    pub(crate) fn full_name(self) -> &'static str {
        if self == Type::Error(Kind::Pattern) {
            "re.error"
        } else {
            self.name()
        }
    }
}
