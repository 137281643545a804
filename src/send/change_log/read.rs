//! Reads a change log, line by line: it may be of any size.
//!
//! A line that cannot be read (torn by a crash, or written by hand) is passed over and counted:
//! the others say what they say.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::{CommandLine, End, FORMAT, Head, MAX_LINE, OutcomeLine, Start, VERSION};
use crate::error::Error;
use crate::os::files;

/// One line of a change log, as far as it is of use here.
#[derive(Debug)]
pub struct Line<'l> {
    pub run: Cow<'l, str>,
    pub time: Timestamp,
    pub event: Event<'l>,
}

#[derive(Debug)]
pub enum Event<'l> {
    Start(Box<Start>),
    /// A command that was about to be sent.
    Command(Box<CommandLine<'l>>),
    Outcome(OutcomeLine),
    End(End),
}

/// Hands out the lines of a change log in their order, all but those that cannot be read, and
/// counts these.
///
/// # Errors
/// Exit code 2: the file cannot be read, or is no regular file. Whatever `each` fails with.
pub fn read(
    path: &Path,
    each: &mut dyn FnMut(Line<'_>) -> Result<(), Error>,
) -> Result<usize, Error> {
    let unusable =
        |error: io::Error| Error::config(path, format!("the change log cannot be read: {error}"));
    let file = files::open_regular(path).map_err(unusable)?;
    let mut source = BufReader::with_capacity(256 * 1024, file);
    let mut line = Vec::new();
    let mut unreadable = 0;
    while read_line(&mut source, &mut line).map_err(unusable)? {
        match parse(&line) {
            Ok(line) => each(line)?,
            Err(_) => unreadable += 1,
        }
    }
    Ok(unreadable)
}

/// Tells, once a command, how many lines are passed over.
pub fn warn_of(unreadable: usize, path: &Path) {
    if unreadable > 0 {
        log::warn!(
            target: "changes",
            "{}: passed over, for they cannot be read: {unreadable} of its lines",
            path.display()
        );
    }
}

/// Reads the next line, of one that is too long only the beginning; `false` at the end.
fn read_line(source: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let length = source.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    if length as u64 == MAX_LINE && line.last() != Some(&b'\n') {
        source.skip_until(b'\n')?;
    }
    Ok(length > 0)
}

fn parse(line: &[u8]) -> Result<Line<'_>, String> {
    #[derive(Deserialize)]
    struct Format<'l> {
        #[serde(borrow)]
        format: Cow<'l, str>,
        version: u32,
    }
    let unreadable = |error: serde_json::Error| error.to_string();
    let head: Head<'_> = serde_json::from_slice(line).map_err(unreadable)?;
    let event = match &*head.event {
        "start" => {
            let Format { format, version } = serde_json::from_slice(line).map_err(unreadable)?;
            if format != FORMAT || version != VERSION {
                return Err(format!(
                    "format `{format}`, version {version}, is not known"
                ));
            }
            Event::Start(serde_json::from_slice(line).map_err(unreadable)?)
        }
        "command" => Event::Command(serde_json::from_slice(line).map_err(unreadable)?),
        "outcome" => Event::Outcome(serde_json::from_slice(line).map_err(unreadable)?),
        "end" => Event::End(serde_json::from_slice(line).map_err(unreadable)?),
        other => return Err(format!("event `{other}` is not known")),
    };
    Ok(Line {
        run: head.run,
        time: head.time,
        event,
    })
}
