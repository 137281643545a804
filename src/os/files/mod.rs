//! Files that a run reads and writes: written for their owner only unless the configuration says
//! otherwise, whole or not at all, and never where somebody else's symbolic link leads.
//!
//! Knows nothing of what is in them (manual/safety.md#files).
//!
//! | room | holds |
//! | --- | --- |
//! | `replace` | whole files, and names that must be new |
//! | `target` | where a path leads, past links that may have been planted |
//! | `owner` | whose a file is, and who may read and write it |

mod owner;
mod replace;
mod target;
#[cfg(all(test, unix))]
mod tests;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use owner::others_can_write;
use target::Target;

pub use owner::{Readers, can_be_read_by, is_one, is_ours};
pub use replace::{Replacement, check_replaceable, create, replace};
pub use target::is_same_file;

/// The permissions of a new file, as Unix knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(u32);

impl Mode {
    /// Only the owner reads and writes.
    pub const OWNER: Mode = Mode(0o600);
    /// All read: for other programs.
    pub const PUBLIC: Mode = Mode(0o644);

    /// `0640`, in octal digits. `None`: no mode, or one that the owner cannot read and write, that
    /// lets others write, or that makes programs.
    pub fn parse(text: &str) -> Option<Mode> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let mode = u32::from_str_radix(text, 8).ok().filter(|_| digits)?;
        let is_good = mode & !0o644 == 0 && mode & 0o600 == 0o600;
        is_good.then_some(Mode(mode))
    }

    /// The mode of a folder for such files: who may read them may enter it.
    fn of_folder(self) -> u32 {
        self.0 | ((self.0 & 0o444) >> 2)
    }
}

/// Opens a file to read it and to write behind its end; it is created where it is missing. A device
/// is only written. Errors: also where others can write what is there.
pub fn append(path: &Path, mode: Mode) -> io::Result<File> {
    let target = Target::find(path)?;
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    let Some(found) = &target.found else {
        return with_mode(options.create_new(true), mode).open(&target.path);
    };
    if target.is_device() {
        return target::open_device(path);
    }
    if !found.is_file() {
        return Err(io::Error::other("it is somebody else's symbolic link"));
    }
    if !is_ours(found) {
        return Err(io::Error::other(
            "others own it or can write it: remove it, or take their permission away",
        ));
    }
    let file = options.open(&target.path)?;
    if cfg!(unix) && !owner::is_same(found, &file.metadata()?) {
        return Err(io::Error::other("it was exchanged just now"));
    }
    Ok(file)
}

/// Creates a directory for files of that mode, and those above it, where they are missing.
pub fn create_directory(path: &Path, mode: Mode) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(mode.of_folder());
    builder.create(path)
}

/// Opens a regular file to read it; anything else could be without end, or without an answer.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let is_file = |found: Metadata| {
        if found.is_file() {
            Ok(())
        } else {
            Err(io::Error::other("it is no regular file"))
        }
    };
    fs::metadata(path).and_then(is_file)?;
    let file = File::open(path)?;
    file.metadata().and_then(is_file)?;
    Ok(file)
}

/// Opens a regular file that only its owner and root can write: what it says is done.
pub fn open_trusted(path: &Path) -> io::Result<File> {
    let file = open_regular(path)?;
    if others_can_write(&file.metadata()?) {
        return Err(io::Error::other(
            "others than its owner can write it, and so decide what is done: take their permission \
             away (chmod go-w)",
        ));
    }
    Ok(file)
}

/// Few files are larger.
const USUAL: u64 = 64 << 10;

/// The bytes of a regular file.
///
/// # Errors
/// Why it cannot be read, or that it has more than `largest` bytes.
pub fn read(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
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

fn with_mode(options: &mut OpenOptions, mode: Mode) -> &mut OpenOptions {
    #[cfg(unix)]
    options.mode(mode.0);
    #[cfg(not(unix))]
    let _ = mode;
    options
}
