//! Whole files: written to a temporary name beside the one to come, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::target::{Target, open_device};
use super::{Mode, with_mode};

/// Writes a whole file: to a temporary name beside it, then renamed, so that a crash leaves the
/// old one or none. One that is there keeps its permissions, unless others can write it. A file
/// that is no regular file (`/dev/stdout`) is written straight.
pub fn replace(path: &Path, content: &[u8], mode: Mode) -> io::Result<()> {
    let target = Target::find(path)?;
    let mode = target.mode(mode);
    let mut file = Replacement::of(target, path, mode)?;
    file.write_all(content)?;
    file.finish()
}

/// A file that is written piece by piece, as [`replace`] writes one at once. Dropped before it is
/// finished, it leaves what was there.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    /// The temporary name and the one to come; `None`: a device, or all is done.
    names: Option<(PathBuf, PathBuf)>,
}

impl Replacement {
    /// A file of exactly that mode.
    pub fn begin(path: &Path, mode: Mode) -> io::Result<Replacement> {
        Replacement::of(Target::find(path)?, path, mode)
    }

    fn of(target: Target, path: &Path, mode: Mode) -> io::Result<Replacement> {
        if target.is_device() {
            let file = open_device(path)?;
            return Ok(Replacement { file, names: None });
        }
        let temporary = temporary_beside(&target.path);
        let file = create_temporary(&temporary, mode)?;
        let names = Some((temporary, target.path));
        Ok(Replacement { file, names })
    }

    /// Gives the file its name.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some((temporary, path)) = &self.names {
            self.file.sync_all()?;
            fs::rename(temporary, path)?;
            self.names = None;
        }
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    /// What is left of a failed attempt; its error is told already.
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.names {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Whether [`replace`] can be expected to go well: tried with an empty file, which is gone again.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    Replacement::begin(path, Mode::OWNER).map(drop)
}

/// Creates a file that must not be there yet.
pub fn create(path: &Path, mode: Mode) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    with_mode(&mut options, mode).open(path)
}

/// Creates a temporary file. One that is there already is left of a run that was killed and had
/// the same process id, as in a container, where they begin anew.
fn create_temporary(path: &Path, mode: Mode) -> io::Result<File> {
    match create(path, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create(path, mode)
        }
        created => created,
    }
}

/// A name that is no file's yet: `.report.json.4711.tmp`.
pub(super) fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
