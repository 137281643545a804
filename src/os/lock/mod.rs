//! What keeps two runs apart: a lock on a file that they both need. It ends with the process.
//!
//! Knows nothing of what is in the file (manual/safety.md#one-run-at-a-time).

use std::cell::RefCell;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::files;
use crate::error::Error;

/// Whether a file is locked for this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    Yes,
    /// The file system knows no locks.
    Cannot,
}

/// Locks the open file at `path`, which is called `what` in the message.
///
/// # Errors
/// [`Error::Busy`]: another process holds the lock.
pub fn lock(file: &File, path: &Path, what: &str) -> Result<Locked, Error> {
    loop {
        return match file.try_lock() {
            Ok(()) => Ok(Locked::Yes),
            Err(TryLockError::WouldBlock) => {
                let holder = match holder(file) {
                    Some(process) => format!("process {process}"),
                    None => "another run".to_owned(),
                };
                Err(Error::Busy(format!(
                    "{}: {holder} holds the lock on {what}; wait until that run has ended",
                    path.display()
                )))
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => continue,
            Err(TryLockError::Error(_)) => Ok(Locked::Cannot),
        };
    }
}

/// The lock on a configuration: on whatever file has the name of its main file.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// The files that had the name so far, each with its lock.
    held: RefCell<Vec<(File, Locked)>>,
}

impl Lock {
    /// Locks the file.
    ///
    /// # Errors
    /// [`Error::Busy`], and [`Error::File`]: it cannot be opened.
    pub fn take(path: &Path) -> Result<Lock, Error> {
        let lock = Lock {
            path: path.to_owned(),
            held: RefCell::default(),
        };
        lock.renew()?;
        Ok(lock)
    }

    /// Locks also the file that has taken the place of the one before, if there is one.
    ///
    /// # Errors
    /// [`Error::Busy`]: another run has begun with that file.
    pub fn renew(&self) -> Result<(), Error> {
        let mut held = self.held.borrow_mut();
        // Once more after each: the file may be replaced before it is locked.
        loop {
            let file = match open(&self.path) {
                Ok(file) => file,
                // Nobody can begin with a file that is gone.
                Err(_) if !held.is_empty() => return Ok(()),
                Err(error) => {
                    return Err(Error::File {
                        path: self.path.clone(),
                        problem: error.to_string(),
                    });
                }
            };
            if held.iter().any(|(own, _)| files::is_one(own, &file)) {
                return Ok(());
            }
            let locked = lock(&file, &self.path, "this configuration")?;
            held.push((file, locked));
        }
    }

    pub fn is_held(&self) -> bool {
        self.held
            .borrow()
            .iter()
            .all(|(_, locked)| *locked == Locked::Yes)
    }
}

/// Some network file systems give an exclusive lock only on a file open for writing.
fn open(path: &Path) -> std::io::Result<File> {
    let readable = files::open_regular(path)?;
    let both = File::options().read(true).write(true).open(path);
    Ok(both.unwrap_or(readable))
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
mod tests;
