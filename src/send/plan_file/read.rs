//! Reads a saved plan back, and refuses one that cannot be trusted.
//!
//! Everything is checked before the first command is handed out. What is refused names the file
//! and the line, and what to do.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use ring::digest::{Context, SHA256};

use super::{FORMAT, Header, HeaderLine, VERSION};
use crate::error::{Error, one_line};
use crate::model::change::{Change, HeldRule};
use crate::os::files;
use crate::send::change_json::CommandLine;
use crate::send::request_id;
use crate::text::{self, Texts};

/// A larger file is no plan of ours: a million commands are about a third of that.
pub const MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// The longest command (ten steps of ten names) is far below.
const MAX_LINE: u64 = 1024 * 1024;
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// Clocks of two machines may differ a little.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

const REMEDY: &str = "make a new plan with `user-sync plan --out`";

/// How old a plan may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// At most 24 hours.
    Fresh,
    /// However old it is (`--allow-old-plan`).
    Any,
}

/// A plan that was read back whole.
#[derive(Debug)]
pub struct Saved {
    pub header: Header,
    /// SHA-256 of the command lines, in hexadecimal: the identity of the plan.
    pub digest: String,
    /// The header matches its digest. Where it does not, the plan is only read for [`Age::Any`].
    pub sealed: bool,
    /// In sending order.
    pub commands: Vec<SavedCommand>,
}

/// A command of a saved plan. Its `requestID` follows from its place ([`request_id`]).
#[derive(Debug, PartialEq, Eq)]
pub struct SavedCommand {
    /// The org, by its place in [`Header::orgs`].
    pub org: usize,
    pub change: Change,
    /// The rules that hold it back: it is sent only when all of them are approved.
    pub held: Vec<HeldRule>,
}

/// Reads a plan; `now` decides whether it is too old.
///
/// Errors (all exit code 2): a file that cannot be read or is too large, an unknown format, a
/// line that is no command, a plan that is too old, cut off, or edited. With [`Age::Any`] an
/// edited header is let pass: what it could hide is the age, and what binds is in the lines.
pub fn read(path: &Path, now: Timestamp, age: Age, texts: &mut Texts) -> Result<Saved, Error> {
    let file = files::open_trusted(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => refused(path, None, &format!("there is no such file; {REMEDY}")),
        _ => refused(path, None, &error.to_string()),
    })?;
    let mut lines = Lines {
        path,
        source: BufReader::new(file.take(MAX_BYTES + 1)),
        number: 0,
        bytes: 0,
        line: Vec::new(),
    };
    let Some(first) = lines.next()? else {
        return Err(lines.refuse("it is empty: no plan"));
    };
    let mut line = header(first).map_err(|problem| lines.refuse(&problem))?;
    check_age(line.header.time, now, age).map_err(|problem| lines.refuse(&problem))?;
    let mut digest = Context::new(&SHA256);
    let mut commands = Vec::new();
    while let Some(text) = lines.next()? {
        digest.update(text);
        let read = command(text, commands.len(), &line.header, texts);
        commands.push(read.map_err(|problem| lines.refuse(&problem))?);
    }
    let digest = text::hexadecimal(digest.finish().as_ref());
    lines.check_end(&line, commands.len(), &digest)?;
    let sealed = line.seal().is_ok_and(|seal| seal == line.header_sha256);
    if !sealed && age == Age::Fresh {
        let problem = format!(
            "the header does not match its own digest: the file was edited or damaged; {REMEDY}"
        );
        return Err(refused(path, Some(1), &problem));
    }
    Ok(Saved {
        header: line.header,
        digest,
        sealed,
        commands,
    })
}

fn header(line: &[u8]) -> Result<HeaderLine, String> {
    #[derive(serde::Deserialize)]
    struct Kind {
        format: String,
        version: u32,
    }
    let kind: Kind = serde_json::from_slice(line)
        .map_err(|_| "not a plan: the first line is no header of `user-sync plan --out`")?;
    if kind.format != FORMAT || kind.version != VERSION {
        return Err(format!(
            "its format `{}`, version {}, is not known to this program (it reads `{FORMAT}`, \
             version {VERSION}): {REMEDY}",
            kind.format, kind.version
        ));
    }
    serde_json::from_slice(line)
        .map_err(|error| format!("the header of the plan cannot be used: {error}; {REMEDY}"))
}

fn check_age(made: Timestamp, now: Timestamp, age: Age) -> Result<(), String> {
    let old = now.duration_since(made);
    if age == Age::Any {
        return Ok(());
    }
    if old > MAX_AGE {
        return Err(format!(
            "the plan is {} hours old ({made}), more than 24: {REMEDY}, or pass --allow-old-plan",
            old.as_hours()
        ));
    }
    if old < -CLOCK_TOLERANCE {
        return Err(format!(
            "the plan was made at {made}, which is in the future: check the clock, or pass \
             --allow-old-plan"
        ));
    }
    Ok(())
}

fn command(
    line: &[u8],
    place: usize,
    header: &Header,
    texts: &mut Texts,
) -> Result<SavedCommand, String> {
    let edited = |problem: String| format!("{problem}: the file was edited or damaged; {REMEDY}");
    let line: CommandLine<'_> = serde_json::from_slice(line).map_err(|error| {
        let problem = error.to_string();
        // serde_json counts lines within this one.
        let problem = problem.replace(" at line 1 column", " at column");
        edited(format!("not a command: {problem}"))
    })?;
    let expected = request_id(place);
    if line.command.request_id != expected {
        let found = format!(
            "requestID is `{}`, not `{expected}`",
            line.command.request_id
        );
        return Err(edited(found));
    }
    let mut orgs = header.orgs.iter();
    let org = orgs
        .position(|org| org.org_id == line.org)
        .ok_or_else(|| edited(format!("the org {} is not one of the header's", line.org)))?;
    let rule = |word: &Cow<'_, str>| {
        HeldRule::parse(word).ok_or_else(|| edited(format!("the rule {word} is not known")))
    };
    let held = line.held.iter().map(rule).collect::<Result<_, _>>()?;
    let change = line.change(texts).map_err(edited)?;
    Ok(SavedCommand { org, change, held })
}

fn refused(path: &Path, line: Option<usize>, problem: &str) -> Error {
    Error::config_at(path, line.map(|line| (line, 1)), one_line(problem))
}

/// The lines of a file, one at a time, within the limits.
struct Lines<'p> {
    path: &'p Path,
    source: BufReader<std::io::Take<File>>,
    number: usize,
    bytes: u64,
    line: Vec<u8>,
}

impl Lines<'_> {
    /// The next line with its newline; `None` at the end.
    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        self.line.clear();
        self.number += 1;
        let mut source = self.source.by_ref().take(MAX_LINE + 1);
        let read = source.read_until(b'\n', &mut self.line);
        let length = read.map_err(|error| self.refuse(&error.to_string()))? as u64;
        self.bytes += length;
        match self.line.last() {
            None => Ok(None),
            _ if self.bytes > MAX_BYTES => {
                Err(self.refuse("the file is larger than 1 GiB: no plan"))
            }
            _ if length > MAX_LINE => Err(self.refuse("the line is longer than 1 MiB: no plan")),
            Some(b'\n') => Ok(Some(&self.line)),
            Some(_) => Err(self.refuse(&format!("the file is cut off in this line; {REMEDY}"))),
        }
    }

    fn check_end(&self, header: &HeaderLine, found: usize, digest: &str) -> Result<(), Error> {
        let promised = header.commands;
        if found < promised {
            return Err(self.refuse(&format!(
                "the file is cut off: it holds {found} of {promised} commands; {REMEDY}"
            )));
        }
        if found > promised {
            return Err(self.refuse(&format!(
                "the file holds {found} commands, its header says {promised}: it was edited; \
                 {REMEDY}"
            )));
        }
        if digest != header.sha256 {
            let problem = format!(
                "the commands do not match the digest in the header: the file was edited or \
                 damaged; {REMEDY}"
            );
            return Err(refused(self.path, None, &problem));
        }
        Ok(())
    }

    fn refuse(&self, problem: &str) -> Error {
        refused(self.path, Some(self.number), problem)
    }
}
