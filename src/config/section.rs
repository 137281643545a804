//! Typed reading of a document: keys, types and problems (manual/configuration.md#general-rules).
//!
//! A [`Reader`] gathers what is wrong in one file, so that all of it is told at once; the reading
//! functions note a problem and give `None`. Knows no key of any file.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::yaml::{Document, Node, Value};
use super::yaml11::{self, Meaning};
use crate::error::{Error, Place, misplaced, one_line};
use crate::text::nearest::nearest;

/// Problems told of one file; the rest is counted.
const TOLD: usize = 10;

/// What the files of `init` leave to fill in.
const BLANKS: [&str; 6] = [
    "<...>",
    "<tenant>",
    "<client id of the app>",
    "<KID of the key>",
    "<Okta group>",
    "<Adobe group or product profile>",
];

/// Reads one document and gathers its problems and warnings.
#[derive(Debug)]
pub(super) struct Reader {
    document: Document,
    /// Blanks that are left, in the order of the text.
    blanks: RefCell<Vec<Problem>>,
    problems: RefCell<Vec<Problem>>,
    more: Cell<usize>,
}

#[derive(Debug)]
struct Problem {
    node: u32,
    key: String,
    text: String,
}

impl Reader {
    pub(super) fn new(document: Document) -> Reader {
        let reader = Reader {
            document,
            blanks: RefCell::default(),
            problems: RefCell::default(),
            more: Cell::new(0),
        };
        if BLANKS.iter().any(|blank| reader.document.holds(blank)) {
            reader.root().note_blanks();
        }
        reader
    }

    pub(super) fn file(&self) -> &Path {
        &self.document.file
    }

    /// Whether something is left to fill in.
    pub(super) fn has_blanks(&self) -> bool {
        !self.blanks.borrow().is_empty()
    }

    pub(super) fn root(&self) -> Item<'_> {
        Item {
            reader: self,
            node: self.document.root(),
            key: String::new(),
        }
    }

    /// Whether more is wrong than will be told.
    fn has_many(&self) -> bool {
        self.more.get() + self.problems.borrow().len() > 2 * TOLD
    }

    fn note(&self, problem: Problem) {
        let blanks = self.blanks.borrow();
        // What else is wrong with a blank is of no interest.
        if blanks
            .binary_search_by_key(&problem.node, |blank| blank.node)
            .is_ok()
        {
            return;
        }
        let mut problems = self.problems.borrow_mut();
        problems.push(problem);
        if problems.len() > 10 * TOLD {
            problems.sort_by_key(|problem| problem.node);
            self.more.set(self.more.get() + problems.len() - TOLD);
            problems.truncate(TOLD);
        }
    }

    /// As [`Reader::finish`], but blanks alone are left for later.
    pub(super) fn finish_unless_blank(&self) -> Result<(), Error> {
        if self.problems.borrow().is_empty() {
            return Ok(());
        }
        self.finish()
    }

    /// The problems gathered so far, and the blanks, in the order of the text.
    pub(super) fn finish(&self) -> Result<(), Error> {
        let mut problems = self.problems.take();
        problems.append(&mut self.blanks.take());
        problems.sort_by_key(|problem| problem.node);
        let more = self.more.get() + problems.len().saturating_sub(TOLD);
        problems.truncate(TOLD);
        if let Some(last) = problems.last_mut().filter(|_| more > 0) {
            last.text.push_str(&format!("; and {more} more"));
        }
        let error = |problem: Problem| Error::Config {
            place: self.place(&problem),
            problem: problem.text,
        };
        let errors = problems.into_iter().map(error).collect();
        Error::several(errors).map_or(Ok(()), Err)
    }

    fn place(&self, problem: &Problem) -> Place {
        Place {
            file: self.document.file.clone(),
            line: self.document.locate(problem.node),
            key: Some(one_line(&problem.key)).filter(|key| !key.is_empty()),
        }
    }
}

/// Ends with the first of the readers that has problems.
pub(super) fn finish<'r>(readers: impl IntoIterator<Item = &'r Reader>) -> Result<(), Error> {
    readers.into_iter().try_for_each(Reader::finish)
}

/// A value in a document, with the dotted path of its key.
#[derive(Debug, Clone)]
pub(super) struct Item<'d> {
    reader: &'d Reader,
    node: &'d Node,
    key: String,
}

impl<'d> Item<'d> {
    pub(super) fn file(&self) -> &'d Path {
        self.reader.file()
    }

    /// Notes a problem at this value.
    pub(super) fn problem(&self, text: impl Into<String>) {
        self.reader.note(Problem {
            node: self.node.id,
            key: self.key.clone(),
            text: text.into(),
        });
    }

    /// What was made of this value; a problem with it is noted.
    pub(super) fn accept<T>(&self, made: Result<T, impl Into<String>>) -> Option<T> {
        made.map_err(|problem| self.problem(problem)).ok()
    }

    /// Notes a problem: there is no value.
    pub(super) fn refuse<T>(&self, text: impl Into<String>) -> Option<T> {
        self.problem(text);
        None
    }

    /// Notes every blank in this value.
    fn note_blanks(&self) {
        match &self.node.value {
            Value::Text(scalar) => {
                let blank = BLANKS.iter().find(|blank| scalar.text.contains(**blank));
                self.reader
                    .blanks
                    .borrow_mut()
                    .extend(blank.map(|blank| Problem {
                        node: self.node.id,
                        key: self.key.clone(),
                        text: format!("still holds the blank {blank}; fill it in"),
                    }));
            }
            Value::List(_) => self.list().iter().for_each(Item::note_blanks),
            Value::Map(entries) => {
                for (key, value) in entries {
                    let name = self.at(key, &self.key);
                    let path = self.path_of(name.written().unwrap_or_default());
                    self.at(value, &path).note_blanks();
                }
            }
            _ => {}
        }
    }

    fn wrong<T>(&self, expected: &str) -> Option<T> {
        self.refuse(format!("expected {expected}, found {}", self.describe()))
    }

    fn describe(&self) -> String {
        match &self.node.value {
            Value::Empty => "nothing".to_owned(),
            Value::Bool(value) => value.to_string(),
            // To look up each of many numbers would take long.
            Value::Number if self.reader.has_many() => "a number".to_owned(),
            Value::Number => match self.reader.document.fragment(self.node) {
                Some(written) => format!("the number {}", one_line(written)),
                None => "a number".to_owned(),
            },
            Value::Text(_) => "a text".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping (`key: value`)".to_owned(),
        }
    }

    /// File, line and key, for warnings.
    pub(super) fn at_place(&self) -> Place {
        self.reader.place(&Problem {
            node: self.node.id,
            key: self.key.clone(),
            text: String::new(),
        })
    }

    /// Line of this value where that is cheap to know.
    pub(super) fn line(&self) -> Option<usize> {
        self.reader.document.line(self.node)
    }

    /// Line on which the content of this text begins.
    pub(super) fn content_line(&self) -> Option<usize> {
        self.reader.document.content_line(self.node)
    }

    /// A text. Words such as `NO` are texts here; what YAML 1.1 reads as a number or date is not.
    pub(super) fn text(&self) -> Option<String> {
        match &self.node.value {
            Value::Text(scalar) => match meaning(scalar.plain, &scalar.text) {
                None => Some(scalar.text.clone()),
                Some(meaning) => self.refuse(format!(
                    "expected a text, but {} without quotes is {} to YAML; put it into quotes",
                    one_line(&scalar.text),
                    meaning.describe()
                )),
            },
            Value::Bool(_) | Value::Number => {
                let found = self.describe();
                self.refuse(format!(
                    "expected a text, found {found}; put it into quotes"
                ))
            }
            _ => self.wrong("a text"),
        }
    }

    /// A text that no message may show.
    pub(super) fn secret(&self) -> Option<String> {
        match &self.node.value {
            Value::Text(scalar) if meaning(scalar.plain, &scalar.text).is_some() => self.refuse(
                "expected a text, but YAML reads something else without quotes; put it into quotes",
            ),
            Value::Bool(_) | Value::Number => self.refuse(
                "expected a text, found a number or a word such as true; put it into quotes",
            ),
            _ => self.text(),
        }
    }

    /// A text that is not blank, trimmed.
    pub(super) fn name(&self) -> Option<String> {
        let text = self.text()?;
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return self.refuse("expected a text, found an empty one");
        }
        Some(trimmed.to_owned())
    }

    /// The path of a file, relative to the file that names it.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let name = self.name()?;
        if name.starts_with("$(") {
            return self.refuse(format!(
                "{} would run a command, which is no longer supported; name a file",
                one_line(&name)
            ));
        }
        Some(self.beside(&name))
    }

    /// `name`, relative to the folder of this item's file.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        match self.file().parent() {
            Some(folder) => folder.join(name),
            None => PathBuf::from(name),
        }
    }

    /// `true`, `yes`, `on` and their opposites, in any case, quoted or not.
    pub(super) fn flag(&self) -> Option<bool> {
        const WORDS: &str = "yes or no (or true, false, on, off)";
        match &self.node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(scalar) => match scalar.text.trim().to_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => {
                    let found = misplaced(&scalar.text);
                    self.refuse(format!("expected {WORDS}, found {found}"))
                }
            },
            _ => self.wrong(WORDS),
        }
    }

    /// A number as PyYAML reads it; `None` without a problem for anything that is none.
    pub(super) fn number(&self) -> Option<Meaning> {
        match &self.node.value {
            Value::Number => yaml11::meaning(self.reader.document.fragment(self.node)?),
            Value::Text(scalar) => meaning(scalar.plain, &scalar.text),
            _ => None,
        }
    }

    /// A whole number in a range.
    pub(super) fn whole(&self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let (low, high) = (*range.start(), *range.end());
        let expected = format!("a whole number from {low} to {high}");
        match self.number() {
            Some(Meaning::Integer(number)) => match u32::try_from(number) {
                Ok(number) if range.contains(&number) => Some(number),
                _ => self.not_a_number(&expected),
            },
            _ => self.not_a_number(&expected),
        }
    }

    /// A number of seconds, more than 0.
    pub(super) fn seconds(&self) -> Option<std::time::Duration> {
        let seconds = match self.number() {
            // No loss: a day has few seconds.
            Some(Meaning::Integer(whole)) => i32::try_from(whole).map_or(f64::NAN, f64::from),
            Some(Meaning::Float(seconds)) => seconds,
            _ => f64::NAN,
        };
        if seconds > 0.0 && seconds <= 86_400.0 {
            return std::time::Duration::try_from_secs_f64(seconds).ok();
        }
        self.not_a_number("a number of seconds, more than 0 and at most 86400")
    }

    /// Notes that this is not the number that was expected, and what it is.
    pub(super) fn not_a_number<T>(&self, expected: &str) -> Option<T> {
        let found = match (&self.node.value, self.number()) {
            (Value::Text(scalar), None) => format!("the text {}", misplaced(&scalar.text)),
            (Value::Text(scalar), Some(meaning)) => {
                format!("{}, {} to YAML", one_line(&scalar.text), meaning.describe())
            }
            (Value::Number, None) => {
                format!("{}, which is no number in YAML 1.1", self.describe())
            }
            _ => self.describe(),
        };
        self.refuse(format!("expected {expected}, found {found}"))
    }

    /// The text of a scalar as it is written, numbers too; without a problem.
    pub(super) fn written(&self) -> Option<&str> {
        match &self.node.value {
            Value::Text(scalar) => Some(&scalar.text),
            Value::Number => self.reader.document.fragment(self.node),
            _ => None,
        }
    }

    /// The items of a list; a single value is a list of one, no value an empty one.
    pub(super) fn list(&self) -> Vec<Item<'d>> {
        let Value::List(items) = &self.node.value else {
            return if self.is_empty() {
                Vec::new()
            } else {
                vec![self.clone()]
            };
        };
        let item = |(at, node)| Item {
            reader: self.reader,
            node,
            key: format!("{}[{at}]", self.key),
        };
        items.iter().enumerate().map(item).collect()
    }

    /// The texts of a list, trimmed.
    pub(super) fn names(&self) -> Vec<String> {
        self.list().iter().filter_map(Item::name).collect()
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self.node.value, Value::Empty)
    }

    /// The entries of a mapping: each key once, merge keys resolved.
    pub(super) fn entries(&self) -> Vec<Entry<'d>> {
        let Value::Map(map) = &self.node.value else {
            self.wrong::<()>("a mapping (`key: value`)");
            return Vec::new();
        };
        let mut seen = HashSet::new();
        let mut entries = Vec::new();
        let mut merged = Vec::new();
        for (key, value) in map {
            let key = self.at(key, &self.key);
            if key.number() == Some(Meaning::Merge) {
                merged.push(self.at(value, &self.key));
                continue;
            }
            let Some(name) = key.text() else { continue };
            let path = self.path_of(&name);
            let (key, value) = (self.at(key.node, &path), self.at(value, &path));
            if seen.insert(name.clone()) {
                entries.push(Entry { name, key, value });
            } else {
                key.problem("is there twice; remove one of the two (duplicate key)");
            }
        }
        for entry in merged.iter().flat_map(Item::merged) {
            if seen.insert(entry.name.clone()) {
                let value = self.at(entry.value.node, &self.path_of(&entry.name));
                entries.push(Entry { value, ..entry });
            }
        }
        entries
    }

    /// The entries that a merge key brings: those of a mapping, or of a list of mappings.
    fn merged(&self) -> Vec<Entry<'d>> {
        self.list().iter().flat_map(Item::entries).collect()
    }

    fn at(&self, node: &'d Node, key: &str) -> Item<'d> {
        Item {
            reader: self.reader,
            node,
            key: key.to_owned(),
        }
    }

    fn path_of(&self, name: &str) -> String {
        match self.key.as_str() {
            "" => name.to_owned(),
            key => format!("{key}.{name}"),
        }
    }
}

fn meaning(plain: bool, text: &str) -> Option<Meaning> {
    if plain { yaml11::meaning(text) } else { None }
}

/// One key of a mapping and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry<'d> {
    pub(super) name: String,
    pub(super) key: Item<'d>,
    pub(super) value: Item<'d>,
}

/// A mapping with known keys: of one file, or of several that are merged key by key.
#[derive(Debug, Default)]
pub(super) struct Section<'d> {
    /// Where the section is, for keys that are missing.
    items: Vec<Item<'d>>,
    entries: Vec<Entry<'d>>,
}

impl<'d> Section<'d> {
    /// The mappings of `items`, the later winning. Notes every key that is not in `allowed`.
    pub(super) fn open(items: Vec<Item<'d>>, allowed: &[&str]) -> Section<'d> {
        Section::open_with_old(items, allowed, &[])
    }

    /// The same, where `old` keys are known, too, but not worth naming.
    fn open_with_old(items: Vec<Item<'d>>, allowed: &[&str], old: &[&str]) -> Section<'d> {
        let section = Section::of(items);
        section.check_keys(allowed, old);
        section
    }

    /// The mappings of `items`, whatever their keys are.
    fn of(items: Vec<Item<'d>>) -> Section<'d> {
        // A file in which all keys are commented out says nothing, and nothing wrong.
        let full = items.iter().filter(|item| !item.is_empty());
        let entries = full.flat_map(Item::entries).collect();
        Section { items, entries }
    }

    fn check_keys(&self, allowed: &[&str], old: &[&str]) {
        for entry in self.others(allowed) {
            let name = entry.name.as_str();
            if !old.contains(&name) {
                entry.key.problem(unknown(name, allowed));
            }
        }
    }

    /// The keys that are not among these.
    pub(super) fn others<'s>(&'s self, known: &'s [&str]) -> impl Iterator<Item = &'s Entry<'d>> {
        let is_other = |entry: &&Entry<'d>| !known.contains(&entry.name.as_str());
        self.entries.iter().filter(is_other)
    }

    /// Any of the places where the section is.
    pub(super) fn item(&self) -> Option<&Item<'d>> {
        self.items.last()
    }

    /// The value of a key; a key with no value is no key.
    pub(super) fn get(&self, name: &str) -> Option<&Item<'d>> {
        self.all(name).next_back()
    }

    /// The line of a key.
    pub(super) fn line_of(&self, name: &str) -> Option<usize> {
        let entry = self.entries.iter().rfind(|entry| entry.name == name)?;
        entry.key.line()
    }

    fn all<'s>(&'s self, name: &str) -> impl DoubleEndedIterator<Item = &'s Item<'d>> {
        self.entries
            .iter()
            .filter(move |entry| entry.name == name && !entry.value.is_empty())
            .map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, name: &str, what: &str) -> Option<&Item<'d>> {
        let found = self.get(name);
        if found.is_none() {
            self.missing(name, what);
        }
        found
    }

    /// Notes that a key must be there.
    pub(super) fn missing(&self, name: &str, what: &str) {
        if let Some(item) = self.items.last() {
            item.at(item.node, &item.path_of(name))
                .problem(format!("must be set: {what}"));
        }
    }

    /// Notes a problem with a key, at the key where it is there.
    pub(super) fn problem(&self, name: &str, text: impl Into<String>) {
        if let Some(item) = self.get(name) {
            item.problem(text);
        } else if let Some(item) = self.items.last() {
            item.at(item.node, &item.path_of(name)).problem(text);
        }
    }

    /// The section under a key; an empty one where the key is missing.
    pub(super) fn section(&self, name: &str, allowed: &[&str]) -> Section<'d> {
        self.section_with_old(name, allowed, &[])
    }

    /// The same, where `old` keys are known, too, but not worth naming.
    pub(super) fn section_with_old(
        &self,
        name: &str,
        allowed: &[&str],
        old: &[&str],
    ) -> Section<'d> {
        let section = self.open_section(name);
        section.check_keys(allowed, old);
        section
    }

    /// The section under a key, whatever its keys are; an empty one where the key is missing.
    pub(super) fn open_section(&self, name: &str) -> Section<'d> {
        let found: Vec<_> = self.all(name).cloned().collect();
        if !found.is_empty() {
            return Section::of(found);
        }
        let items = self
            .items
            .last()
            .map(|item| item.at(item.node, &item.path_of(name)));
        Section {
            items: items.into_iter().collect(),
            entries: Vec::new(),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }

    pub(super) fn name(&self, name: &str) -> Option<String> {
        self.get(name)?.name()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.flag()
    }

    pub(super) fn list(&self, name: &str) -> Vec<Item<'d>> {
        self.get(name).map(Item::list).unwrap_or_default()
    }

    pub(super) fn names(&self, name: &str) -> Vec<String> {
        self.get(name).map(Item::names).unwrap_or_default()
    }

    /// The value of a key that has an older name; both together is a problem.
    pub(super) fn renamed(&self, name: &str, old: &str) -> Option<&Item<'d>> {
        match (self.get(name), self.get(old)) {
            (Some(item), Some(older)) => {
                older.problem(format!(
                    "is the old name of {name}, which is set too; keep one"
                ));
                Some(item)
            }
            (item, older) => item.or(older),
        }
    }
}

/// The text for a key that is not known.
fn unknown(name: &str, allowed: &[&str]) -> String {
    let meant = match nearest(name, allowed.iter().copied()) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => ";".to_owned(),
    };
    format!("unknown key{meant} Allowed here: {}", allowed.join(", "))
}
