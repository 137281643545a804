//! The configuration files on disk: reading, size, encoding, digest, who may read them, the lock on the main file.
//!
//! Knows nothing of what the files hold.

use std::path::{Path, PathBuf};

use ring::digest;

use super::Encoding;
use super::reader::Reader;
use super::yaml::Document;
use crate::error::Error;
use crate::os::files;
use crate::os::lock::Lock;
use crate::text;

/// Of a configuration file (manual/safety.md#bad-input).
const LARGEST: u64 = 16 << 20;

/// Reads the configuration files of a run, and remembers their digest.
pub(super) struct Files {
    encoding: Encoding,
    digest: digest::Context,
    read: Vec<PathBuf>,
}

impl Files {
    pub(super) fn new(encoding: Encoding) -> Files {
        Files {
            encoding,
            digest: digest::Context::new(&digest::SHA256),
            read: Vec::new(),
        }
    }

    /// Reads and parses a file.
    ///
    /// # Errors
    /// [`Error::Config`]: it cannot be read, is too large, or is no YAML in this encoding.
    pub(super) fn read(&mut self, path: &Path) -> Result<Reader, Error> {
        let bytes = files::read(path, LARGEST).map_err(|problem| Error::config(path, problem))?;
        add(&mut self.digest, &bytes);
        self.read.push(path.to_owned());
        let text = self.encoding.decode(bytes).map_err(|error| {
            let remedy = "save the file as UTF-8, or name its encoding with --config-file-encoding";
            let problem = format!("{}; {remedy}", error.problem);
            Error::config_at(path, Some(error.line), problem)
        })?;
        // A lone carriage return ends a line of YAML too; places are counted by line feeds.
        let text = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text
        };
        Document::parse(path.to_owned(), text).map(Reader::new)
    }

    /// The files read so far, and the SHA-256 of their contents, in hexadecimal.
    pub(super) fn digest(self) -> (Vec<PathBuf>, String) {
        (self.read, text::hexadecimal(self.digest.finish().as_ref()))
    }
}

/// The SHA-256 of the contents of these files as they are now, in hexadecimal; `None` if one of
/// them cannot be read.
pub fn digest_of(files: &[PathBuf]) -> Option<String> {
    let mut context = digest::Context::new(&digest::SHA256);
    for file in files {
        add(&mut context, &files::read(file, LARGEST).ok()?);
    }
    Some(text::hexadecimal(context.finish().as_ref()))
}

fn add(digest: &mut digest::Context, bytes: &[u8]) {
    digest.update(&(bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

/// Locks the main file for this run, before it is read (manual/safety.md#one-run-at-a-time).
///
/// # Errors
/// [`Error::Busy`]: another run holds the lock. [`Error::Config`]: the file cannot be opened.
pub fn lock(main_file: &Path) -> Result<Lock, Error> {
    Lock::take(main_file).map_err(|error| match error {
        Error::File { problem, .. } => Error::config(main_file, super::unreadable_main(&problem)),
        error => error,
    })
}
