//! The change log: what was sent for whom, why, what was there before, and what came of it
//! (manual/records.md#the-change-log).
//!
//! JSON Lines that are only ever appended, one write a line. The types here are the format. Several
//! runs may write at once, each under the file's own lock, so each line names its run. A command
//! stands in the file, and on the disk, before it is sent: one without an outcome behind it is
//! unknown. Knows neither how commands travel nor how they are planned.

mod read;
mod runs;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::adobe::{Outcome, Rejection};
use crate::error::{Error, one_line};
use crate::model::OrgId;
use crate::model::change::Change;
use crate::os::files::{self, Mode};
use crate::send::change_json::CommandLine;
use crate::text;

pub use read::{Event, Line, read};
pub use runs::{HistoryEntry, RunChanges, RunSummary, changes_of_run, history_of, runs};

const FORMAT: &str = "user-sync change log";
const VERSION: u32 = 1;
/// The longest line of ours (a hundred groups with their reasons) is far below.
const MAX_LINE: u64 = 1024 * 1024;
/// Another run holds the lock for one write; longer means that it hangs.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What every line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head<'l> {
    /// `start`, `command`, `outcome` or `end`.
    #[serde(borrow)]
    event: Cow<'l, str>,
    /// Unique over machines ([`new_run_id`]).
    #[serde(borrow)]
    run: Cow<'l, str>,
    #[serde(with = "crate::text::timestamp")]
    time: Timestamp,
    /// Version of the program that wrote the line.
    #[serde(borrow)]
    tool: Cow<'l, str>,
}

/// The first line of a run, written when its plan is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// The command that wrote: `sync` or `apply`.
    pub command: String,
    /// Of the command line, behind the program's name.
    pub arguments: Vec<String>,
    /// Which configuration it ran with ([`crate::config::Config::digest`]).
    pub config_sha256: String,
    /// Commands are only checked by Adobe: nothing is changed.
    pub test_mode: bool,
    pub orgs: Vec<Org>,
    /// The counts of the action summary.
    pub counts: Map<String, Value>,
}

/// An org of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// `None` for the primary org.
    pub name: Option<String>,
    pub org_id: String,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeLine {
    #[serde(rename = "requestID")]
    pub request_id: String,
    pub outcome: Word,
    /// Adobe's code where nothing was left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<String>,
    /// Adobe's reasons, or why the request did not get through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Rejection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    Done,
    Refused,
    Unknown,
}

impl Word {
    pub fn as_str(self) -> &'static str {
        match self {
            Word::Done => "done",
            Word::Refused => "refused",
            Word::Unknown => "unknown",
        }
    }
}

/// The last line of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub exit_code: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl OutcomeLine {
    /// The line that puts an answer of Adobe on record.
    pub fn answered(request_id: String, outcome: &Outcome) -> OutcomeLine {
        let (outcome, already, errors) = match outcome {
            Outcome::Done => (Word::Done, None, Vec::new()),
            Outcome::AlreadySo(code) => (Word::Done, Some(code.clone()), Vec::new()),
            Outcome::Rejected(rejections) => (Word::Refused, None, rejections.clone()),
        };
        OutcomeLine {
            request_id,
            outcome,
            already,
            errors,
        }
    }

    /// There was no answer.
    pub fn unanswered(request_id: String, outcome: Word, problem: &str) -> OutcomeLine {
        OutcomeLine {
            request_id,
            outcome,
            already: None,
            errors: vec![Rejection {
                step: None,
                code: String::new(),
                message: one_line(problem),
            }],
        }
    }
}

/// The change log of a run.
#[derive(Debug)]
pub struct ChangeLog {
    path: PathBuf,
    file: File,
    run: String,
    /// The run's first line was written: so is its last.
    started: bool,
    /// By [`OrgId`].
    orgs: Vec<Org>,
    /// Request ids of commands without an outcome.
    open: HashSet<String>,
}

impl ChangeLog {
    /// Opens the log, and makes it where there is none. Better known now than when everything was
    /// read. Errors: it cannot be written, or the file is something else.
    pub fn open(path: &Path, mode: Mode) -> Result<ChangeLog, Error> {
        let failed = |error: std::io::Error| unwritable(path, &error);
        let mut file = files::append(path, mode).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(unwritable(
                path,
                &std::io::Error::other("it is no regular file"),
            ));
        }
        let mut first = Vec::new();
        let mut start = (&mut file).take(FORMAT_START.len() as u64);
        start.read_to_end(&mut first).map_err(failed)?;
        // A crash may have torn the very first line.
        if !FORMAT_START.starts_with(&first) {
            let problem = "is no change log of user-sync: name another file";
            return Err(Error::file(path, problem));
        }
        Ok(ChangeLog {
            path: path.to_owned(),
            file,
            run: new_run_id().map_err(failed)?,
            started: false,
            orgs: Vec::new(),
            open: HashSet::new(),
        })
    }

    pub fn run(&self) -> &str {
        &self.run
    }

    /// The run's first line.
    pub fn start(&mut self, start: &Start) -> Result<(), Error> {
        #[derive(Serialize)]
        struct StartLine<'l> {
            format: &'static str,
            version: u32,
            #[serde(flatten)]
            head: Head<'l>,
            #[serde(flatten)]
            start: &'l Start,
        }
        let line = StartLine {
            format: FORMAT,
            version: VERSION,
            head: self.head("start"),
            start,
        };
        let line = serde_json::to_vec(&line).map_err(|error| self.failed(&error.into()))?;
        self.append(&[line])?;
        self.started = true;
        self.orgs.clone_from(&start.orgs);
        Ok(())
    }

    /// The commands of one request, each with its request id, that is to be sent to an org next:
    /// they are on the disk when this returns.
    pub fn before(&mut self, org: OrgId, commands: &[(String, Change)]) -> Result<(), Error> {
        let org = self.orgs.get(org.place());
        let org = org.map_or("", |org| org.org_id.as_str());
        let lines = commands.iter();
        let lines = lines.map(|(id, change)| CommandLine::of(org, id, change));
        let lines: Vec<CommandLine<'_>> = lines.collect();
        self.append(&self.lines("command", &lines)?)?;
        self.file.sync_data().map_err(|error| self.failed(&error))?;
        self.open.extend(commands.iter().map(|(id, _)| id.clone()));
        Ok(())
    }

    /// What came of commands, as far as they were sent.
    pub fn after(&mut self, mut outcomes: Vec<OutcomeLine>) -> Result<(), Error> {
        outcomes.retain(|outcome| self.open.remove(&outcome.request_id));
        let lines = self.lines("outcome", &outcomes)?;
        self.append(&lines)
    }

    /// The run's last line, if it wrote a first one.
    pub fn end(&mut self, end: &End) -> Result<(), Error> {
        if !self.started {
            return Ok(());
        }
        let lines = self.lines("end", std::slice::from_ref(end))?;
        self.append(&lines)?;
        self.file.sync_data().map_err(|error| self.failed(&error))
    }

    fn lines<T: Serialize>(&self, event: &'static str, parts: &[T]) -> Result<Vec<Vec<u8>>, Error> {
        #[derive(Serialize)]
        struct Both<'l, T> {
            #[serde(flatten)]
            head: Head<'l>,
            #[serde(flatten)]
            part: &'l T,
        }
        let line = |part| {
            serde_json::to_vec(&Both {
                head: self.head(event),
                part,
            })
        };
        let lines = parts.iter().map(line).collect::<Result<Vec<_>, _>>();
        lines.map_err(|error| self.failed(&error.into()))
    }

    fn head(&self, event: &'static str) -> Head<'_> {
        Head {
            event: event.into(),
            run: self.run.as_str().into(),
            time: Timestamp::now(),
            tool: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// Appends lines, each by one write, under the file's lock.
    fn append(&self, lines: &[Vec<u8>]) -> Result<(), Error> {
        let locked = lock(&self.file).map_err(|error| self.failed(&error))?;
        let written = self.write(lines);
        if locked == Locked::Yes {
            // It ends with the process at the latest.
            let _ = self.file.unlock();
        }
        written.map_err(|error| self.failed(&error))
    }

    fn write(&self, lines: &[Vec<u8>]) -> std::io::Result<()> {
        drop_torn_line(&self.file)?;
        for line in lines {
            let mut line = line.clone();
            line.push(b'\n');
            (&self.file).write_all(&line)?;
        }
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        unwritable(&self.path, error)
    }
}

/// How every change log begins: the first line of a run comes first, also behind a rotation.
const FORMAT_START: &[u8; 32] = b"{\"format\":\"user-sync change log\"";

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    let problem = "nothing is changed without it";
    Error::file(
        path,
        format!("the change log cannot be written: {error}; {problem}"),
    )
}

/// `20261123T140307Z-9f3c2a1b7d40`: the second, and a number that no other machine draws.
fn new_run_id() -> std::io::Result<String> {
    let mut random = [0; 6];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| std::io::Error::other("no random numbers"))?;
    let random = text::hexadecimal(&random);
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    Ok(format!("{now}-{random}"))
}

#[derive(PartialEq, Eq)]
enum Locked {
    Yes,
    /// The file system knows no locks.
    Cannot,
}

fn lock(file: &File) -> std::io::Result<Locked> {
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Locked::Yes),
            Err(TryLockError::Error(_)) => return Ok(Locked::Cannot),
            Err(TryLockError::WouldBlock) if begin.elapsed() > LONGEST_WAIT => {
                return Err(std::io::Error::other("another process holds its lock"));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Drops what a crash left of a line: behind it a new line would be none. A command whose line is
/// torn was not sent, and an outcome that is torn is unknown.
fn drop_torn_line(mut file: &File) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    let mut end = length;
    let mut block = [0; 4096];
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let part = block.get_mut(..usize::try_from(end - start).unwrap_or(0));
        let part = part.unwrap_or_default();
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(newline) = part.iter().rposition(|byte| *byte == b'\n') {
            end = start + newline as u64 + 1;
            break;
        }
        end = start;
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
