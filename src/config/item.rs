//! Typed reading of a value: types, numbers, words, and the entries of a mapping
//! (manual/configuration.md#general-rules). A reading function notes a problem and gives `None`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::reader::{BLANKS, Problem, Reader};
use super::yaml::{Node, Value};
use super::yaml11::{self, Meaning};
use crate::error::{Place, misplaced, one_line};

/// A value in a document, with the dotted path of its key.
#[derive(Debug, Clone)]
pub(super) struct Item<'d> {
    pub(super) reader: &'d Reader,
    pub(super) node: &'d Node,
    pub(super) key: String,
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

    /// Notes what is worth a warning.
    pub(super) fn warn(&self, text: &str) {
        self.reader.warn(format!("{}: {text}", self.at_place()));
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
    pub(super) fn note_blanks(&self) {
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

    pub(super) fn wrong<T>(&self, expected: &str) -> Option<T> {
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

    pub(super) fn at(&self, node: &'d Node, key: &str) -> Item<'d> {
        Item {
            reader: self.reader,
            node,
            key: key.to_owned(),
        }
    }

    /// The same place, without a name in it that is not to be shown.
    pub(super) fn without(&self, name: &str) -> Item<'d> {
        self.at(self.node, &self.key.replace(name, "***"))
    }

    pub(super) fn path_of(&self, name: &str) -> String {
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
