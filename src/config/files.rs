//! The configuration files on disk: reading, size, encoding, digest, who may read them, the lock on the main file.
//!
//! Knows nothing of what the files hold.

use std::io::Read;
use std::path::{Path, PathBuf};

use ring::digest;

use super::Encoding;
use super::section::Reader;
use super::yaml::Document;
use crate::error::{Error, Place};
use crate::os::files::open_regular;
use crate::os::lock::Lock;

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
        let bytes = bounded(path, LARGEST).map_err(|problem| Error::config(path, problem))?;
        add(&mut self.digest, &bytes);
        self.read.push(path.to_owned());
        let text = self.encoding.decode(bytes).map_err(|error| Error::Config {
            place: Place {
                file: path.to_owned(),
                line: Some(error.line),
                key: None,
            },
            problem: format!(
                "{}; save the file as UTF-8, or name its encoding with --config-file-encoding",
                error.problem
            ),
        })?;
        Document::parse(path.to_owned(), text).map(Reader::new)
    }

    /// The files read so far, and the SHA-256 of their contents, in hexadecimal.
    pub(super) fn digest(self) -> (Vec<PathBuf>, String) {
        (self.read, hexadecimal(self.digest))
    }
}

/// The SHA-256 of the contents of these files as they are now, in hexadecimal; `None` if one of
/// them cannot be read.
pub fn digest_of(files: &[PathBuf]) -> Option<String> {
    let mut context = digest::Context::new(&digest::SHA256);
    for file in files {
        add(&mut context, &bounded(file, LARGEST).ok()?);
    }
    Some(hexadecimal(context))
}

fn add(digest: &mut digest::Context, bytes: &[u8]) {
    digest.update(&(bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

fn hexadecimal(digest: digest::Context) -> String {
    let digest = digest.finish();
    let bytes = digest.as_ref().iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Few files are larger.
const USUAL: u64 = 64 << 10;

/// The bytes of a regular file.
///
/// # Errors
/// Why it cannot be read, or that it has more than `largest` bytes.
pub(super) fn bounded(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    // At once for what is usual, so that growing leaves no copy of a secret behind.
    let usual = usize::try_from(largest.min(USUAL)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(usual + 1);
    open_regular(path)
        .and_then(|file| file.take(largest + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > largest {
        let (size, unit) = match largest >> 20 {
            0 => (largest >> 10, "KiB"),
            size => (size, "MiB"),
        };
        return Err(format!("is larger than {size} {unit}"));
    }
    Ok(bytes)
}

/// Whose permission to read a file is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Class {
    GroupOrOthers,
    Others,
}

/// Whether people of that class may read the file. `false` where the system does not tell.
#[cfg(unix)]
pub(super) fn readable_by(path: &Path, class: Class) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mask = match class {
        Class::GroupOrOthers => 0o044,
        Class::Others => 0o004,
    };
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & mask != 0)
}

#[cfg(not(unix))]
pub(super) fn readable_by(_: &Path, _: Class) -> bool {
    false
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
