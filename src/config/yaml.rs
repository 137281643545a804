//! YAML text -> a document of nodes whose places in the text can be told.
//!
//! The only room that knows serde_yaml. That crate tells places only in its errors. Two things
//! follow: a text that it lends out of the source gives its place by itself (cheap; that is how
//! line numbers of many entries are known), and for the place of any other node the source is
//! parsed once more and ended with an error at that node (exact, for messages).
//!
//! serde_yaml reads YAML 1.2, UST's files are YAML 1.1. This room keeps what is needed to see
//! where the two differ; [`super::yaml11`] names the differences.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::path::PathBuf;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::Error;

/// Levels of lists and mappings inside each other (manual/safety.md#bad-input).
const DEPTH: usize = 64;
/// Brackets open at once, wherever they stand. The parser takes the whole text before anything is
/// built, and its time grows with the square of the nesting. Quotes are not looked at: a text of a
/// hook or a pattern never has that many brackets without their partners.
const OPEN_BRACKETS: usize = 500;
/// Nodes of a document after its aliases are resolved.
const NODES: u32 = 2_000_000;
/// Bytes of text in a document after its aliases are resolved.
const BYTES: usize = 64 << 20;

/// Numbers whose spelling is looked up; a file that is in order has a few.
const LOOKUPS: u32 = 1000;

#[derive(Debug)]
pub(super) struct Document {
    pub(super) file: PathBuf,
    text: String,
    root: Node,
    line_starts: OnceCell<Vec<usize>>,
    /// Numbers that may still be looked up: each takes another parse.
    lookups: Cell<u32>,
}

/// A value, or a key, of the document.
#[derive(Debug)]
pub(super) struct Node {
    /// Counts the nodes in the order of the text.
    pub(super) id: u32,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    /// `null`, `~` or no value.
    Empty,
    Bool(bool),
    /// A number of YAML 1.2; [`Document::fragment`] tells how it is written.
    Number,
    Text(Scalar),
    List(Vec<Node>),
    /// Keys and values in the order of the text; a key may come twice.
    Map(Vec<(Node, Node)>),
}

#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Where the text begins in the source; `None`: it is written with escapes, on several
    /// lines, or as a block.
    offset: Option<usize>,
    /// Written without quotes, on one line: YAML 1.1 may read something else.
    pub(super) plain: bool,
}

impl Document {
    /// Parses the text of `file`.
    ///
    /// # Errors
    /// What is no YAML, or deeper or larger than any configuration is.
    pub(super) fn parse(file: PathBuf, text: String) -> Result<Document, Error> {
        if let Some(place) = too_many_brackets(&text) {
            let problem = format!("is nested deeper than {DEPTH} levels");
            return Err(Error::config_at(&file, Some(place), problem));
        }
        let mut builder = Builder::new(&text, None);
        let parsed = builder.build();
        let problem = builder.problem;
        match parsed {
            Ok(root) => Ok(Document {
                file,
                text,
                root,
                line_starts: OnceCell::new(),
                lookups: Cell::new(LOOKUPS),
            }),
            Err(error) => {
                let problem = problem.unwrap_or_else(|| not_yaml(&error));
                Err(Error::config_at(&file, line_and_column(&error), problem))
            }
        }
    }

    /// Whether the source holds that text anywhere.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// Line and column of the node with that id, from 1. Parses the text again.
    pub(super) fn locate(&self, id: u32) -> Option<(usize, usize)> {
        let error = Builder::new(&self.text, Some(id)).build().err()?;
        line_and_column(&error)
    }

    /// The line on which a mapping's first key, or a text, stands. Cheap; `None` where only
    /// [`Document::locate`] could tell.
    pub(super) fn line(&self, node: &Node) -> Option<usize> {
        let offset = match &node.value {
            Value::Text(scalar) => scalar.offset?,
            Value::Map(entries) => return self.line(&entries.first()?.0),
            Value::List(items) => return self.line(items.first()?),
            _ => return None,
        };
        let starts = self.line_starts.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        });
        Some(starts.partition_point(|start| *start <= offset))
    }

    /// The line on which the content of a text begins: behind the line of `|` or `>`.
    pub(super) fn content_line(&self, node: &Node) -> Option<usize> {
        let (line, _) = self.locate(node.id)?;
        let block = self.source_from(node)?.starts_with(['|', '>']);
        Some(line + usize::from(block))
    }

    /// How a number is written. `None` also where too many were asked for.
    pub(super) fn fragment(&self, node: &Node) -> Option<&str> {
        self.lookups.set(self.lookups.get().checked_sub(1)?);
        let rest = self.source_from(node)?;
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))
            .unwrap_or(rest.len());
        rest.get(..end)
    }

    /// The source from a node's value on, behind its anchor and tag.
    fn source_from(&self, node: &Node) -> Option<&str> {
        let (line, column) = self.locate(node.id)?;
        let line_text = self.text.lines().nth(line - 1)?;
        let (start, _) = line_text.char_indices().nth(column - 1)?;
        let mut rest = line_text.get(start..)?;
        while rest.starts_with(['&', '!']) {
            let end = rest.find(char::is_whitespace)?;
            rest = rest.get(end..)?.trim_start();
        }
        Some(rest)
    }
}

/// Line and column, from 1, where more than [`OPEN_BRACKETS`] are open.
fn too_many_brackets(text: &str) -> Option<(usize, usize)> {
    let mut open = 0_usize;
    for (number, line) in text.lines().enumerate() {
        for (column, c) in line.chars().enumerate() {
            match c {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > OPEN_BRACKETS {
                return Some((number + 1, column + 1));
            }
        }
    }
    None
}

fn line_and_column(error: &serde_yaml::Error) -> Option<(usize, usize)> {
    error.location().map(|at| (at.line(), at.column()))
}

fn not_yaml(error: &serde_yaml::Error) -> String {
    let mut text = error.to_string();
    if let Some((line, column)) = line_and_column(error) {
        text = text.replacen(&format!(" at line {line} column {column}"), "", 1);
    }
    if text.contains("more than one document") {
        return "holds more than one YAML document; leave one and no `---` behind it".to_owned();
    }
    let told = without_value(&text).unwrap_or(text);
    let told = crate::error::one_line(&told);
    let remedy = if told.contains("unknown escape character") {
        "; in single quotes a backslash stands for itself: 'ACL-\\1'"
    } else if told.contains("cannot start any token") {
        "; indent with blanks, not with tabs, and put a text that begins with @, % or ` into quotes"
    } else {
        ""
    };
    format!("is not valid YAML: {told}{remedy}")
}

/// The complaint about a value that its tag (`!!int`) does not fit, without the value: it may be a
/// secret.
fn without_value(text: &str) -> Option<String> {
    let (key, rest) = text
        .split_once("invalid value: ")
        .or_else(|| text.split_once("invalid type: "))?;
    let (_, expected) = rest.rsplit_once(", expected ")?;
    Some(format!(
        "{key}its tag and its value do not go together, expected {expected}"
    ))
}

/// Builds the nodes of one text; the same again, up to one node, to learn where that is.
struct Builder<'t> {
    text: &'t str,
    stop_at: Option<u32>,
    next: u32,
    depth: usize,
    bytes: usize,
    /// What we found wrong ourselves.
    problem: Option<String>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, stop_at: Option<u32>) -> Builder<'t> {
        Builder {
            text,
            stop_at,
            next: 0,
            depth: 0,
            bytes: 0,
            problem: None,
        }
    }

    fn build(&mut self) -> Result<Node, serde_yaml::Error> {
        self.deserialize(serde_yaml::Deserializer::from_str(self.text))
    }

    fn id<E: de::Error>(&mut self) -> Result<u32, E> {
        let id = self.next;
        self.next += 1;
        if self.stop_at == Some(id) {
            return Err(E::custom("here"));
        }
        if id >= NODES {
            return Err(self.refuse(format!("has more than {NODES} values")));
        }
        Ok(id)
    }

    fn refuse<E: de::Error>(&mut self, problem: String) -> E {
        let error = E::custom(&problem);
        self.problem = Some(problem);
        error
    }

    fn node<E: de::Error>(&mut self, value: Value) -> Result<Node, E> {
        Ok(Node {
            id: self.id()?,
            value,
        })
    }

    fn scalar<E: de::Error>(&mut self, text: &str, offset: Option<usize>) -> Result<Node, E> {
        self.bytes += text.len();
        if self.bytes > BYTES {
            return Err(self.refuse(format!("has more than {BYTES} bytes of text")));
        }
        let before = offset.and_then(|at| self.text.as_bytes().get(at.checked_sub(1)?));
        let plain = offset.is_some() && !matches!(before, Some(b'"' | b'\''));
        self.node(Value::Text(Scalar {
            text: text.to_owned(),
            offset,
            plain,
        }))
    }

    fn deeper<E: de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.refuse(format!("is nested deeper than {DEPTH} levels")));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Builder<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Builder<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.node(Value::Empty)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.node(Value::Empty)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.node(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node, E> {
        self.node(Value::Number)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Node, E> {
        self.node(Value::Number)
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Node, E> {
        self.node(Value::Number)
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Node, E> {
        self.node(Value::Number)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        self.node(Value::Number)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Node, E> {
        let offset = (text.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize);
        self.scalar(text, offset.filter(|at| *at <= self.text.len()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        self.scalar(text, None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let id = self.id()?;
        self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(&mut *self)? {
            list.push(item);
        }
        self.depth -= 1;
        Ok(Node {
            id,
            value: Value::List(list),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let id = self.id()?;
        self.deeper()?;
        let mut map = Vec::new();
        while let Some(key) = entries.next_key_seed(&mut *self)? {
            let value = entries.next_value_seed(&mut *self)?;
            map.push((key, value));
        }
        self.depth -= 1;
        Ok(Node {
            id,
            value: Value::Map(map),
        })
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(self
            .refuse("has a YAML tag (`!…`), which no configuration needs; remove it".to_owned()))
    }
}
