//! The configuration files on disk: reading, size, encoding, digest, who may read them, the lock.
//!
//! Knows nothing of what the files hold.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use ring::digest;

use super::Encoding;
use super::section::Reader;
use super::yaml::Document;
use crate::error::Error;
use crate::os::files::{self, open_regular};
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

/// The lock on the main file; it ends when this is dropped, or with the process.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held open for the lock")] File);

/// Locks the main file for this run, before it is read (manual/safety.md#one-run-at-a-time).
/// `None`: the file system knows no locks, which is worth a warning.
///
/// # Errors
/// [`Error::Busy`]: another run holds the lock. [`Error::Config`]: the file cannot be opened.
pub fn lock(main_file: &Path) -> Result<Option<Lock>, Error> {
    // Some network file systems give an exclusive lock only on a file open for writing.
    let file = File::options()
        .read(true)
        .write(true)
        .open(main_file)
        .or_else(|_| open_regular(main_file))
        .map_err(|error| Error::config(main_file, super::unreadable_main(&error)))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => {
            let holder = match holder(&file) {
                Some(process) => format!("process {process}"),
                None => "another run".to_owned(),
            };
            Err(Error::Busy(format!(
                "{}: {holder} holds the lock on this configuration; wait until that run has ended",
                main_file.display()
            )))
        }
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// The process that holds a lock on the file, where Linux tells it.
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata().ok()?;
    let (device, inode) = (found.dev(), found.ino());
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    let wanted = format!("{major:02x}:{minor:02x}:{inode}");
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    lock_holder(&locks, &wanted)
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> Option<u32> {
    None
}

/// `1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234 0 EOF`. A waiting line has `->` behind the number.
#[cfg(target_os = "linux")]
fn lock_holder(locks: &str, wanted: &str) -> Option<u32> {
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [_, "FLOCK", _, _, process, place, ..] if *place == wanted => process.parse().ok(),
            _ => None,
        }
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_the_process_with_that_inode() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF\n\
                     2: -> FLOCK ADVISORY WRITE 12 08:01:77 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 13 08:01:77 0 EOF\n";
        assert_eq!(lock_holder(locks, "08:01:77"), Some(13));
        assert_eq!(lock_holder(locks, "08:01:78"), None);
    }
}
