//! A file that is being read, and what is wrong with it: gathered, so that all of it is told at
//! once, in the order of the text.

use std::cell::{Cell, RefCell};
use std::path::Path;

use super::item::Item;
use super::yaml::Document;
use crate::error::{Error, Place, one_line};

/// Problems told of one file; the rest is counted.
const TOLD: usize = 10;

/// What the files of `init` leave to fill in.
pub(super) const BLANKS: [&str; 6] = [
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
    pub(super) document: Document,
    /// Blanks that are left, in the order of the text.
    pub(super) blanks: RefCell<Vec<Problem>>,
    /// What is worth a warning but stops nothing.
    pub(super) warnings: RefCell<Vec<String>>,
    problems: RefCell<Vec<Problem>>,
    more: Cell<usize>,
}

#[derive(Debug)]
pub(super) struct Problem {
    pub(super) node: u32,
    pub(super) key: String,
    pub(super) text: String,
}

impl Reader {
    pub(super) fn new(document: Document) -> Reader {
        let reader = Reader {
            document,
            blanks: RefCell::default(),
            warnings: RefCell::default(),
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
    pub(super) fn has_many(&self) -> bool {
        self.more.get() + self.problems.borrow().len() > 2 * TOLD
    }

    pub(super) fn note(&self, problem: Problem) {
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

    /// Notes what is worth a warning; its place stands in front.
    pub(super) fn warn(&self, warning: String) {
        self.warnings.borrow_mut().push(warning);
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

    pub(super) fn place(&self, problem: &Problem) -> Place {
        Place {
            file: self.document.file.clone(),
            line: self.document.locate(problem.node),
            key: Some(one_line(&problem.key)).filter(|key| !key.is_empty()),
        }
    }
}
