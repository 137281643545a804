//! Writes a recording, answer by answer, packed on the way: no more than one is in memory.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Answer, HEADERS, Header, Line, wrong};
use crate::error::Error;
use crate::http::parts::{Parts, Told};
use crate::http::redact::Secrets;
use crate::os::files::{Mode, Replacement};
use ureq::http::HeaderMap;

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
    pub(in crate::http) status: u16,
    pub(in crate::http) headers: &'h HeaderMap,
    pub(in crate::http) body: &'h [u8],
}

impl Recorder {
    /// Begins a recording with what it is of. Errors: it cannot be written.
    pub fn begin(path: &Path, header: Header) -> Result<Recorder, Error> {
        let begin = || {
            let mut file = Replacement::begin(path, Mode::OWNER)?;
            write_member(&mut file, &header, &[])?;
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

    /// Keeps these parts of an answer, without secrets. Of a body that is no JSON nothing is kept:
    /// nobody reads it. Errors: it cannot be written.
    pub(in crate::http) fn add(
        &mut self,
        heard: &Heard<'_>,
        parts: &Parts,
        secrets: &Secrets,
    ) -> Result<(), Error> {
        self.keep_body(heard.body, parts, secrets);
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let headers = HEADERS.iter().flat_map(|name| {
            let values = heard.headers.get_all(*name).iter();
            values.map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes());
                ((*name).to_owned(), secrets.strip(&text))
            })
        });
        let line = Line::Answer(Answer {
            host: heard.host.to_ascii_lowercase(),
            paths: heard.paths.iter().map(|path| secrets.strip(path)).collect(),
            status: heard.status,
            headers: headers.collect(),
        });
        self.answers += 1;
        write_member(file, &line, &self.body).map_err(|error| unwritable(&self.path, &error))
    }

    /// To look for secrets in the whole body takes less time than in each of its texts; hardly any
    /// body has one.
    fn keep_body(&mut self, body: &[u8], parts: &Parts, secrets: &Secrets) {
        self.copy(body, parts, &|text| Cow::Borrowed(text));
        if secrets.are_in(&self.body) {
            self.copy(body, parts, &|text| Cow::Owned(secrets.strip(text)));
        }
    }

    fn copy(&mut self, body: &[u8], parts: &Parts, told: &Told<'_>) {
        self.body.clear();
        if parts.copy(body, told, &mut self.body).is_err() {
            self.body.clear();
        }
    }

    /// From now on the recording lacks something, and will not be kept.
    pub(super) fn spoil(&mut self) {
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
        write_member(&mut file, &Line::End(self.answers), &[])
            .and_then(|()| file.finish())
            .map_err(|error| unwritable(&self.path, &error))
    }
}

fn write_member(
    file: &mut Replacement,
    line: &impl serde::Serialize,
    body: &[u8],
) -> io::Result<()> {
    let mut packed = GzEncoder::new(file, Compression::fast());
    serde_json::to_writer(&mut packed, line)?;
    packed.write_all(b"\n")?;
    if !body.is_empty() {
        packed.write_all(body)?;
        packed.write_all(b"\n")?;
    }
    packed.finish()?;
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    wrong(path, format!("the recording cannot be written: {error}"))
}
