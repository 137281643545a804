//! What a run has read, in a file, so that later runs look at it without asking anybody
//! (manual/requests.md#read-once-look-often).
//!
//! gzip, one member for the header, one for each answer, one for the end: whoever wants one answer
//! unpacks no other. In a member there is a line of JSON, and behind that of an answer its body.
//! Knows nothing of what is asked.

mod read;
mod write;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use read::Replay;
pub(super) use write::Heard;
pub use write::Recorder;

use super::parts::Parts;
use crate::error::Error;

const FORMAT: &str = "user-sync recording";
const VERSION: u32 = 1;
/// The headers of answers that anybody reads.
const HEADERS: [&str; 3] = ["link", "x-page-count", "www-authenticate"];

/// What a recording is of.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header {
    format: String,
    version: u32,
    /// When the reading began.
    #[serde(with = "crate::text::timestamp")]
    pub time: Timestamp,
    /// Okta's host; `None`: no tenant was read.
    pub tenant: Option<String>,
    /// The ids of the orgs.
    pub orgs: Vec<String>,
    /// What is kept of a member of an Okta group.
    pub member: Parts,
}

impl Header {
    /// That of a recording that begins now.
    pub fn new(tenant: Option<String>, orgs: Vec<String>, member: Parts) -> Header {
        Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            time: Timestamp::now(),
            tenant,
            orgs,
            member,
        }
    }
}

/// The line of a member behind the header's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Answer(Answer),
    /// How many answers there are.
    End(usize),
}

/// An answer but for its body.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    host: String,
    /// Paths and queries that it is the answer to.
    paths: Vec<String>,
    status: u16,
    headers: Vec<(String, String)>,
}

/// Whether the clients of a run record what they read, or replay what was read.
#[derive(Clone, Default)]
pub enum Tape {
    #[default]
    None,
    Record(Rc<RefCell<Recorder>>),
    Replay(Rc<RefCell<Replay>>),
}

impl Tape {
    /// When what is recorded or replayed was read.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Tape::None => None,
            Tape::Record(recorder) => Some(recorder.borrow().header.time),
            Tape::Replay(replay) => Some(replay.borrow().header.time),
        }
    }

    /// The part of `wanted` that a recording which answers does not keep of a member.
    pub fn lacks_of_member(&self, wanted: &Parts) -> Option<String> {
        match self {
            Tape::Replay(replay) => replay.borrow().header.member.lacks(wanted),
            Tape::None | Tape::Record(_) => None,
        }
    }

    /// Something was asked for and not answered.
    pub(super) fn spoil(&self) {
        if let Tape::Record(recorder) = self {
            recorder.borrow_mut().spoil();
        }
    }

    /// All that belongs into the recording was read.
    pub fn finish(&self) -> Result<(), Error> {
        match self {
            Tape::Record(recorder) => recorder.borrow_mut().finish(),
            Tape::None | Tape::Replay(_) => Ok(()),
        }
    }
}

fn wrong(path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::File {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}
