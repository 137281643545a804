//! Whose a file is, and who may read and write it, as far as the system tells.

use std::fs::{self, File, Metadata};
use std::path::Path;

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

/// Whose permission to read a file is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Readers {
    GroupOrOthers,
    Others,
}

/// Whether such people may read a file.
pub fn can_be_read_by(path: &Path, readers: Readers) -> bool {
    let mask = match readers {
        Readers::GroupOrOthers => 0o044,
        Readers::Others => 0o004,
    };
    let mode = fs::metadata(path).ok().as_ref().and_then(mode_of);
    mode.is_some_and(|mode| mode & mask != 0)
}

/// Whether a file is this user's or root's, and nobody else can write it.
pub fn is_ours(found: &Metadata) -> bool {
    let is_known = match (owner_of(found), own_user()) {
        (Some(owner), Some(own)) => owner == own || owner == 0,
        _ => true,
    };
    is_known && !others_can_write(found)
}

pub(super) fn others_can_write(found: &Metadata) -> bool {
    mode_of(found).is_some_and(|mode| mode & 0o022 != 0)
}

/// Whether two open files are one. Where the system does not tell, they are taken for it.
pub fn is_one(one: &File, other: &File) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) if cfg!(unix) => is_same(&one, &other),
        _ => true,
    }
}

/// The user that this process runs as, where the system tells it in a file.
pub(super) fn own_user() -> Option<u32> {
    owner_of(&fs::metadata("/proc/self").ok()?)
}

#[cfg(unix)]
pub(super) fn owner_of(found: &Metadata) -> Option<u32> {
    Some(found.uid())
}

#[cfg(unix)]
pub(super) fn mode_of(found: &Metadata) -> Option<u32> {
    Some(found.mode())
}

#[cfg(unix)]
pub(super) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub(super) fn owner_of(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(not(unix))]
pub(super) fn mode_of(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(not(unix))]
pub(super) fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}
