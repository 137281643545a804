//! The methods by name, and which type has which.

use crate::names::Type;

/// A method, whatever type it is looked up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Add,
    Append,
    Capitalize,
    Casefold,
    Center,
    Clear,
    Compile,
    Copy,
    Count,
    Critical,
    Debug,
    Difference,
    DifferenceUpdate,
    Discard,
    End,
    Endswith,
    Error,
    Escape,
    Exception,
    Extend,
    Find,
    Findall,
    Format,
    Fullmatch,
    Get,
    GetLogger,
    Group,
    Groupdict,
    Groups,
    Index,
    Info,
    Insert,
    Intersection,
    IntersectionUpdate,
    Isalnum,
    Isalpha,
    Isdigit,
    Isdisjoint,
    Islower,
    Isspace,
    Issubset,
    Issuperset,
    Isupper,
    Items,
    Join,
    Keys,
    Ljust,
    Lower,
    Lstrip,
    Match,
    Partition,
    Pop,
    Remove,
    Removeprefix,
    Removesuffix,
    Replace,
    Reverse,
    Rfind,
    Rindex,
    Rjust,
    Rpartition,
    Rsplit,
    Rstrip,
    Search,
    Setdefault,
    Sort,
    Span,
    Split,
    Splitlines,
    Start,
    Startswith,
    Strip,
    Sub,
    Swapcase,
    SymmetricDifference,
    Title,
    Union,
    Update,
    Upper,
    Values,
    Warn,
    Warning,
    Zfill,
}

pub(crate) const STR: u16 = 1;
pub(crate) const LIST: u16 = 2;
pub(crate) const TUPLE: u16 = 4;
pub(crate) const DICT: u16 = 8;
pub(crate) const SET: u16 = 16;
pub(crate) const MODULE: u16 = 64;
pub(crate) const PATTERN: u16 = 128;
pub(crate) const MATCH: u16 = 256;
pub(crate) const LOGGER: u16 = 512;
pub(crate) const RANGE: u16 = 1024;
pub(crate) const LOGGING: u16 = 2048;
const REGEX: u16 = MODULE | PATTERN;

/// Sorted by name.
const METHODS: &[(&str, Method, u16)] = &[
    ("add", Method::Add, SET),
    ("append", Method::Append, LIST),
    ("capitalize", Method::Capitalize, STR),
    ("casefold", Method::Casefold, STR),
    ("center", Method::Center, STR),
    ("clear", Method::Clear, LIST | DICT | SET),
    ("compile", Method::Compile, MODULE),
    ("copy", Method::Copy, LIST | DICT | SET),
    ("count", Method::Count, STR | LIST | TUPLE | RANGE),
    ("critical", Method::Critical, LOGGER),
    ("debug", Method::Debug, LOGGER),
    ("difference", Method::Difference, SET),
    ("difference_update", Method::DifferenceUpdate, SET),
    ("discard", Method::Discard, SET),
    ("end", Method::End, MATCH),
    ("endswith", Method::Endswith, STR),
    ("error", Method::Error, LOGGER),
    ("escape", Method::Escape, MODULE),
    ("exception", Method::Exception, LOGGER),
    ("extend", Method::Extend, LIST),
    ("find", Method::Find, STR),
    ("findall", Method::Findall, REGEX),
    ("format", Method::Format, STR),
    ("fullmatch", Method::Fullmatch, REGEX),
    ("get", Method::Get, DICT),
    ("getLogger", Method::GetLogger, LOGGING),
    ("group", Method::Group, MATCH),
    ("groupdict", Method::Groupdict, MATCH),
    ("groups", Method::Groups, MATCH),
    ("index", Method::Index, STR | LIST | TUPLE | RANGE),
    ("info", Method::Info, LOGGER),
    ("insert", Method::Insert, LIST),
    ("intersection", Method::Intersection, SET),
    ("intersection_update", Method::IntersectionUpdate, SET),
    ("isalnum", Method::Isalnum, STR),
    ("isalpha", Method::Isalpha, STR),
    ("isdigit", Method::Isdigit, STR),
    ("isdisjoint", Method::Isdisjoint, SET),
    ("islower", Method::Islower, STR),
    ("isspace", Method::Isspace, STR),
    ("issubset", Method::Issubset, SET),
    ("issuperset", Method::Issuperset, SET),
    ("isupper", Method::Isupper, STR),
    ("items", Method::Items, DICT),
    ("join", Method::Join, STR),
    ("keys", Method::Keys, DICT),
    ("ljust", Method::Ljust, STR),
    ("lower", Method::Lower, STR),
    ("lstrip", Method::Lstrip, STR),
    ("match", Method::Match, REGEX),
    ("partition", Method::Partition, STR),
    ("pop", Method::Pop, LIST | DICT | SET),
    ("remove", Method::Remove, LIST | SET),
    ("removeprefix", Method::Removeprefix, STR),
    ("removesuffix", Method::Removesuffix, STR),
    ("replace", Method::Replace, STR),
    ("reverse", Method::Reverse, LIST),
    ("rfind", Method::Rfind, STR),
    ("rindex", Method::Rindex, STR),
    ("rjust", Method::Rjust, STR),
    ("rpartition", Method::Rpartition, STR),
    ("rsplit", Method::Rsplit, STR),
    ("rstrip", Method::Rstrip, STR),
    ("search", Method::Search, REGEX),
    ("setdefault", Method::Setdefault, DICT),
    ("sort", Method::Sort, LIST),
    ("span", Method::Span, MATCH),
    ("split", Method::Split, STR | REGEX),
    ("splitlines", Method::Splitlines, STR),
    ("start", Method::Start, MATCH),
    ("startswith", Method::Startswith, STR),
    ("strip", Method::Strip, STR),
    ("sub", Method::Sub, REGEX),
    ("swapcase", Method::Swapcase, STR),
    ("symmetric_difference", Method::SymmetricDifference, SET),
    ("title", Method::Title, STR),
    ("union", Method::Union, SET),
    ("update", Method::Update, DICT | SET),
    ("upper", Method::Upper, STR),
    ("values", Method::Values, DICT),
    ("warn", Method::Warn, LOGGER),
    ("warning", Method::Warning, LOGGER),
    ("zfill", Method::Zfill, STR),
];

/// The functions of `re`.
pub(crate) const RE: &[Method] = &[
    Method::Compile,
    Method::Escape,
    Method::Findall,
    Method::Fullmatch,
    Method::Match,
    Method::Search,
    Method::Split,
    Method::Sub,
];

impl Method {
    pub(crate) fn named(name: &str) -> Option<Method> {
        let at = METHODS
            .binary_search_by(|(known, ..)| (*known).cmp(name))
            .ok()?;
        METHODS.get(at).map(|(_, method, _)| *method)
    }

    fn row(self) -> Option<&'static (&'static str, Method, u16)> {
        // The table is in the order of the variants.
        METHODS.get(self as usize)
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().map_or("", |(name, ..)| name)
    }
}

pub(crate) fn has(owner: u16, method: Method) -> bool {
    method
        .row()
        .is_some_and(|(_, _, owners)| owners & owner != 0)
}

pub(crate) fn owner(kind: Type) -> u16 {
    match kind {
        Type::Str => STR,
        Type::List => LIST,
        Type::Tuple => TUPLE,
        Type::Range => RANGE,
        Type::Dict => DICT,
        Type::Set => SET,
        _ => 0,
    }
}
