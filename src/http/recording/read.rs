//! Reads a recording: all of it once, to know that it is whole and where each answer begins; then
//! one answer after the other, as they are asked for.
//!
//! Whatever the file holds, no more than one answer is in memory.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::{Answer, FORMAT, Header, Line, VERSION, wrong};
use crate::error::Error;
use crate::http::client::LARGEST_BODY;
use crate::os::files;

const LONGEST_LINE: u64 = 1024 * 1024;
/// A million people, 200 on a page, in twenty groups.
const MOST_ANSWERS: usize = 100_000;

/// A recording that answers in place of servers.
pub struct Replay {
    path: PathBuf,
    file: BufReader<File>,
    pub(super) header: Header,
    hasher: RandomState,
    /// Where the member of an answer begins, by the hash of host and path.
    places: HashMap<u64, u64>,
}

impl Replay {
    /// Opens a recording. Errors: it is none, it is damaged, or others than its owner can write it,
    /// for plans are made from it.
    pub fn open(path: &Path) -> Result<Replay, Error> {
        let file = files::open_trusted(path)
            .map_err(|error| wrong(path, format!("the recording cannot be read: {error}")))?;
        let mut file = BufReader::new(file);
        let header = read_header(&mut file).map_err(|problem| wrong(path, problem))?;
        let mut replay = Replay {
            path: path.to_owned(),
            file,
            header,
            hasher: RandomState::new(),
            places: HashMap::new(),
        };
        replay
            .find_places()
            .map_err(|problem| damaged(path, &problem))?;
        Ok(replay)
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Notes where each answer begins; of two to the same request the later one counts.
    fn find_places(&mut self) -> Result<(), String> {
        let mut answers = 0;
        loop {
            let place = self
                .file
                .stream_position()
                .map_err(|error| error.to_string())?;
            match read_member(&mut self.file, &mut io::sink())? {
                Line::Answer(answer) => {
                    for path in &answer.paths {
                        self.places.insert(self.key(&answer.host, path), place);
                    }
                }
                Line::End(count) if count == answers && is_at_end(&mut self.file) => return Ok(()),
                Line::End(_) => return Err("answers are missing, or too many".to_owned()),
            }
            answers += 1;
            if answers > MOST_ANSWERS || self.places.len() > MOST_ANSWERS {
                return Err(format!("it holds more than {MOST_ANSWERS} answers"));
            }
        }
    }

    fn key(&self, host: &str, path: &str) -> u64 {
        self.hasher.hash_one((host, path))
    }

    /// The answer to a request, and its body in `body`; `None`: it is not in the recording.
    pub(in crate::http) fn find(
        &mut self,
        host: &str,
        path: &str,
        body: &mut Vec<u8>,
    ) -> Result<Option<Found>, Error> {
        let key = self.key(&host.to_ascii_lowercase(), path);
        let Some(place) = self.places.get(&key) else {
            return Ok(None);
        };
        body.clear();
        let sought = self.file.seek(SeekFrom::Start(*place));
        let line = sought.map_err(|error| error.to_string());
        match line.and_then(|_| read_member(&mut self.file, body)) {
            Ok(Line::Answer(answer)) => Ok(Some(Found {
                headers: headers(&answer),
                status: answer.status,
            })),
            Ok(Line::End(_)) => Err(self.damaged("it has changed")),
            Err(problem) => Err(self.damaged(&problem)),
        }
    }

    /// The error that an answer is which is not there. `what` is what was asked for.
    pub(in crate::http) fn lacks(&self, what: &str) -> Error {
        let problem = format!("{what} is not in the recording: read anew with --record");
        wrong(&self.path, problem)
    }

    fn damaged(&self, problem: &str) -> Error {
        damaged(&self.path, problem)
    }
}

/// An answer in a recording, but for its body.
pub(in crate::http) struct Found {
    pub(in crate::http) status: u16,
    pub(in crate::http) headers: HeaderMap,
}

fn damaged(path: &Path, problem: &str) -> Error {
    let problem = format!("the recording is damaged ({problem}): read anew with --record");
    wrong(path, problem)
}

/// Values that can be none are left out; whoever needs them misses them.
fn headers(answer: &Answer) -> HeaderMap {
    let parsed = answer.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in parsed {
        headers.append(name, value);
    }
    headers
}

fn read_header(file: &mut BufReader<File>) -> Result<Header, String> {
    let none = |_| "it is no recording that user-sync made with --record".to_owned();
    let header: Header = read_member(file, &mut io::sink()).map_err(none)?;
    if header.format != FORMAT {
        return Err(none(String::new()));
    }
    if header.version != VERSION {
        return Err(format!(
            "another version of user-sync made this recording (format {}, not {VERSION}): read \
             anew with --record",
            header.version
        ));
    }
    Ok(header)
}

/// Reads the member that begins here: gives its line, and what stands behind that to `rest`. It is
/// read to its end, for only then is it known to be undamaged.
fn read_member<T: DeserializeOwned>(
    file: &mut BufReader<File>,
    rest: &mut impl Write,
) -> Result<T, String> {
    let told = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    };
    let mut member = BufReader::new(GzDecoder::new(file));
    let mut line = Vec::new();
    let mut start = (&mut member).take(LONGEST_LINE);
    start.read_until(b'\n', &mut line).map_err(told)?;
    if line.last() != Some(&b'\n') {
        return Err("a line is too long, or has no end".to_owned());
    }
    let mut body = member.take(LARGEST_BODY + 1);
    if io::copy(&mut body, rest).map_err(told)? > LARGEST_BODY {
        return Err("an answer is too large".to_owned());
    }
    serde_json::from_slice(&line).map_err(|error| format!("a line cannot be read: {error}"))
}

fn is_at_end(file: &mut BufReader<File>) -> bool {
    file.fill_buf().is_ok_and(<[u8]>::is_empty)
}
