//! Writes a recording, answer by answer, packed on the way: no more than one is in memory.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Answer, HEADERS, Header, Line, wrong};
use crate::error::Error;
use crate::http::Reply;
use crate::http::parts::{Parts, Told};
use crate::http::redact::Secrets;
use crate::os::files::{Mode, Replacement};

/// In bytes: of a longer refusal the body is not kept.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// A recording that is being made. Dropped before it is finished, it leaves no file.
pub struct Recorder {
    path: PathBuf,
    pub(super) header: Header,
    /// `None`: the recording is finished; what is read later is no part of it.
    file: Option<Replacement>,
    is_spoiled: bool,
    answers: usize,
    body: Vec<u8>,
}

/// An answer as it came.
pub(in crate::http) struct Heard<'h> {
    pub(in crate::http) host: &'h str,
    /// Paths and queries that it is the answer to.
    pub(in crate::http) paths: &'h [String],
    pub(in crate::http) reply: &'h Reply,
    pub(in crate::http) body: &'h [u8],
}

impl Recorder {
    /// Begins a recording with what it is of. Errors: it cannot be written.
    pub fn begin(path: &Path, header: Header) -> Result<Recorder, Error> {
        let begin = || {
            let mut file = Replacement::begin(path, Mode::OWNER)?;
            write_member(&mut file, &serde_json::to_vec(&header)?, &[])?;
            Ok(file)
        };
        let file = begin().map_err(|error| unwritable(path, &error))?;
        Ok(Recorder {
            path: path.to_owned(),
            header,
            file: Some(file),
            is_spoiled: false,
            answers: 0,
            body: Vec::new(),
        })
    }

    /// Keeps these parts of an answer. Errors: it cannot be written, or shows a secret.
    pub(in crate::http) fn add(
        &mut self,
        heard: &Heard<'_>,
        parts: &Parts,
        secrets: &Secrets,
    ) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        // What a refusal says is for people; in a list a name must stay what it is.
        let told: &Told<'_> = if heard.reply.status == 200 {
            &|text| Cow::Borrowed(text)
        } else {
            &|text| Cow::Owned(secrets.mask(text))
        };
        self.keep_body(heard, parts, told);
        let line = Line::Answer(answer(heard, told));
        let added =
            serde_json::to_vec(&line).map_err(|error| unwritable(&self.path, &error.into()));
        let added = added.and_then(|line| {
            if secrets.are_in(&line) || secrets.are_in(&self.body) {
                return Err(shows_secret(heard.reply.request()));
            }
            write_member(&mut file, &line, &self.body)
                .map_err(|error| unwritable(&self.path, &error))
        });
        self.file = Some(file);
        self.answers += 1;
        self.is_spoiled |= added.is_err();
        added
    }

    /// Of a body that is no JSON nothing is kept, nor of a refusal without end: nobody reads it.
    fn keep_body(&mut self, heard: &Heard<'_>, parts: &Parts, told: &Told<'_>) {
        self.body.clear();
        let is_read = heard.reply.status == 200 || heard.body.len() <= LONGEST_REFUSAL;
        if !is_read || parts.copy(heard.body, told, &mut self.body).is_err() {
            self.body.clear();
        }
    }

    /// From now on the recording lacks something, and will not be kept.
    pub(in crate::http) fn spoil(&mut self) {
        self.is_spoiled = true;
    }

    /// Ends the recording and gives it its name, if it is whole.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        if self.is_spoiled {
            log::warn!(target: "main", "{}: the recording is not kept, for not all that belongs into it could be read", self.path.display());
            return Ok(());
        }
        serde_json::to_vec(&Line::End(self.answers))
            .map_err(io::Error::from)
            .and_then(|end| write_member(&mut file, &end, &[]))
            .and_then(|()| file.finish())
            .map_err(|error| unwritable(&self.path, &error))
    }
}

fn answer(heard: &Heard<'_>, told: &Told<'_>) -> Answer {
    let headers = HEADERS.iter().flat_map(|name| {
        let values = heard.reply.headers.get_all(*name).iter();
        values.map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            ((*name).to_owned(), told(&text).into_owned())
        })
    });
    Answer {
        host: heard.host.to_ascii_lowercase(),
        paths: heard.paths.to_vec(),
        status: heard.reply.status,
        headers: headers.collect(),
    }
}

fn write_member(file: &mut Replacement, line: &[u8], body: &[u8]) -> io::Result<()> {
    let mut packed = GzEncoder::new(file, Compression::fast());
    packed.write_all(line)?;
    packed.write_all(b"\n")?;
    if !body.is_empty() {
        packed.write_all(body)?;
        packed.write_all(b"\n")?;
    }
    packed.finish()?;
    Ok(())
}

fn shows_secret(request: &str) -> Error {
    Error::Remote {
        request: request.to_owned(),
        problem:
            "the answer shows a secret that this run sends: it cannot be recorded; make a new \
                  secret, for the old one lies open"
                .to_owned(),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    wrong(path, format!("the recording cannot be written: {error}"))
}
