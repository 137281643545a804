//! The types that can be named.

use crate::names::Kind;

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

impl Type {
    pub(crate) fn named(name: &str) -> Option<Type> {
        let found = TYPES.iter().find(|(known, _)| *known == name);
        let kind = || Kind::named(name).map(Type::Error);
        found.map(|(_, found)| *found).or_else(kind)
    }

    pub(crate) fn name(self) -> &'static str {
        if let Type::Error(kind) = self {
            return kind.name();
        }
        let found = TYPES.iter().find(|(_, known)| *known == self);
        found.map_or("", |(name, _)| name)
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
