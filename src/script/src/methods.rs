//! The methods by name, and which type has which.

use super::args::Args;
use super::builtins::Type;
use super::error::Stop;
use super::eval::Machine;
use super::logger;
use super::patterns;
use super::value::Value;

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

pub(super) const STR: u16 = 1;
pub(super) const LIST: u16 = 2;
pub(super) const TUPLE: u16 = 4;
pub(super) const DICT: u16 = 8;
pub(super) const SET: u16 = 16;
pub(super) const FROZEN: u16 = 32;
pub(super) const MODULE: u16 = 64;
pub(super) const PATTERN: u16 = 128;
pub(super) const MATCH: u16 = 256;
pub(super) const LOGGER: u16 = 512;
pub(super) const RANGE: u16 = 1024;
const LOGGING: u16 = 2048;
const SETS: u16 = SET | FROZEN;
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
    ("copy", Method::Copy, LIST | DICT | SETS),
    ("count", Method::Count, STR | LIST | TUPLE | RANGE),
    ("critical", Method::Critical, LOGGER),
    ("debug", Method::Debug, LOGGER),
    ("difference", Method::Difference, SETS),
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
    ("intersection", Method::Intersection, SETS),
    ("intersection_update", Method::IntersectionUpdate, SET),
    ("isalnum", Method::Isalnum, STR),
    ("isalpha", Method::Isalpha, STR),
    ("isdigit", Method::Isdigit, STR),
    ("isdisjoint", Method::Isdisjoint, SETS),
    ("islower", Method::Islower, STR),
    ("isspace", Method::Isspace, STR),
    ("issubset", Method::Issubset, SETS),
    ("issuperset", Method::Issuperset, SETS),
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
    ("symmetric_difference", Method::SymmetricDifference, SETS),
    ("title", Method::Title, STR),
    ("union", Method::Union, SETS),
    ("update", Method::Update, DICT | SET),
    ("upper", Method::Upper, STR),
    ("values", Method::Values, DICT),
    ("warn", Method::Warn, LOGGER),
    ("warning", Method::Warning, LOGGER),
    ("zfill", Method::Zfill, STR),
];

/// The functions of `re`.
pub(super) const RE: &[Method] = &[
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
    pub(super) fn named(name: &str) -> Option<Method> {
        let at = METHODS
            .binary_search_by(|(known, ..)| (*known).cmp(name))
            .ok()?;
        METHODS.get(at).map(|(_, method, _)| *method)
    }

    fn row(self) -> Option<&'static (&'static str, Method, u16)> {
        // The table is in the order of the variants.
        METHODS.get(self as usize)
    }

    pub(super) fn name(self) -> &'static str {
        self.row().map_or("", |(name, ..)| name)
    }
}

pub(super) fn has(owner: u16, method: Method) -> bool {
    method
        .row()
        .is_some_and(|(_, _, owners)| owners & owner != 0)
}

/// The method, if this value has it.
pub(super) fn of(value: &Value, method: Method) -> Option<Method> {
    let owner = match value {
        Value::Str(_) => STR,
        Value::List(_) => LIST,
        Value::Tuple(_) => TUPLE,
        Value::Dict(_) => DICT,
        Value::Set(set) => {
            if set.frozen {
                FROZEN
            } else {
                SET
            }
        }
        Value::Range(_) => RANGE,
        Value::Re => MODULE,
        Value::Pattern(_) => PATTERN,
        Value::Match(_) => MATCH,
        Value::Logging => LOGGING,
        Value::Logger(_) => LOGGER,
        _ => 0,
    };
    has(owner, method).then_some(method)
}

pub(super) fn owner(kind: Type) -> u16 {
    match kind {
        Type::Str => STR,
        Type::List => LIST,
        Type::Tuple => TUPLE,
        Type::Range => RANGE,
        Type::Dict => DICT,
        Type::Set => SET,
        Type::FrozenSet => FROZEN,
        _ => 0,
    }
}

/// Attributes that are no methods: of exceptions, of `re` and of `logging`.
pub(super) fn is_plain_attribute(name: &str) -> bool {
    matches!(name, "args" | "error")
        || patterns::flag(name).is_some()
        || logger::level_number(name).is_some()
}

pub(super) fn plain_value(base: &Value, name: &str) -> Option<Value> {
    match (base, name) {
        (Value::Exception(raised), "args") => Some(raised.args.clone()),
        (Value::Re, "error") => Some(Value::Type(Type::Error(super::error::Kind::Pattern))),
        (Value::Re, _) => patterns::flag(name).map(Value::Flags),
        (Value::Logging, _) => logger::level_number(name).map(Value::Int),
        _ => None,
    }
}

/// Attributes that Python's types have and the subset has not: nothing may be said about them.
pub(super) fn is_pythons_own(base: &Value, name: &str) -> bool {
    if name.starts_with("__") {
        return !matches!(base, Value::Dict(dict) if dict.by_attribute);
    }
    let names: &[&str] = match base {
        Value::Str(_) | Value::Type(Type::Str) => &[
            "encode",
            "expandtabs",
            "format_map",
            "isascii",
            "isdecimal",
            "isidentifier",
            "isnumeric",
            "isprintable",
            "istitle",
            "maketrans",
            "translate",
        ],
        Value::Dict(_) | Value::Type(Type::Dict) => &["fromkeys", "popitem"],
        Value::Set(_) | Value::Type(Type::Set) => &["symmetric_difference_update"],
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Flags(_) | Value::Type(_) => &[
            "as_integer_ratio",
            "bit_count",
            "bit_length",
            "conjugate",
            "denominator",
            "from_bytes",
            "fromhex",
            "hex",
            "imag",
            "is_integer",
            "mro",
            "name",
            "numerator",
            "real",
            "to_bytes",
            "value",
            "args",
            "with_traceback",
            "add_note",
        ],
        Value::Range(_) => &["start", "step", "stop"],
        Value::View(_) => &["isdisjoint", "mapping"],
        Value::Iterator(_) => &[
            "close",
            "gi_code",
            "gi_frame",
            "gi_running",
            "gi_yieldfrom",
            "send",
            "throw",
        ],
        Value::Exception(_) => &[
            "add_note",
            "characters_written",
            "errno",
            "filename",
            "filename2",
            "name",
            "obj",
            "reason",
            "start",
            "end",
            "encoding",
            "object",
            "strerror",
            "value",
            "with_traceback",
            "msg",
            "pattern",
            "pos",
            "lineno",
            "colno",
        ],
        Value::Pattern(_) => &[
            "finditer",
            "flags",
            "groupindex",
            "groups",
            "pattern",
            "scanner",
            "subn",
        ],
        Value::Match(_) => &[
            "endpos",
            "expand",
            "lastgroup",
            "lastindex",
            "pos",
            "re",
            "regs",
            "string",
        ],
        Value::Re | Value::Logging | Value::Logger(_) => return true,
        _ => &[],
    };
    names.contains(&name)
}

impl Machine<'_> {
    /// Calls a method that the receiver is known to have.
    pub(super) fn call_method(
        &mut self,
        receiver: &Value,
        method: Method,
        args: Args<'_>,
    ) -> Result<Value, Stop> {
        self.meter.enter()?;
        let result = self.method_of(receiver, method, args);
        self.meter.leave();
        result
    }

    fn method_of(
        &mut self,
        receiver: &Value,
        method: Method,
        args: Args<'_>,
    ) -> Result<Value, Stop> {
        match receiver {
            Value::Str(text) => self.text_method(text, method, args),
            Value::List(list) => self.list_method(list, method, args),
            Value::Tuple(tuple) => self.tuple_method(tuple, method, args),
            Value::Range(_) => self.range_method(receiver, method, args),
            Value::Dict(dict) => self.dict_method(dict, method, args),
            Value::Set(set) => self.set_method(set, method, args),
            Value::Re => self.re_function(method, args),
            Value::Pattern(pattern) => self.pattern_method(pattern, method, args),
            Value::Match(found) => found.method(method, args),
            Value::Logging => logger::get_logger(args),
            Value::Logger(name) => self.logger_method(name.as_deref(), method, args),
            _ => Err(super::index::no_attribute(receiver, method.name())),
        }
    }
}
