//! Files that a run writes: readable by their owner only, and whole or not at all.
//!
//! Knows nothing of what is in them (spec/safety.md, Files).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

/// Writes a whole file: to a temporary name beside it, then renamed, so that a crash leaves the
/// old one or none. A file that is no regular file (`/dev/stdout`) is written straight.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(content);
    }
    // A link stays a link: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = beside(&path);
    let written = create_temporary(&temporary).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&temporary, &path))
        .inspect_err(|_| {
            // What is left of a failed attempt; the first error is the one to report.
            let _ = fs::remove_file(&temporary);
        })
}

/// Whether [`replace`] can be expected to go well: tried with an empty file, which is gone again.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path).map(drop);
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = beside(&path);
    create_temporary(&temporary)?;
    fs::remove_file(&temporary)
}

/// Creates a file that must not be there yet.
pub fn create(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Creates a temporary file. One that is there already is left of a run that was killed and had
/// the same process id, as in a container, where they begin anew.
fn create_temporary(path: &Path) -> io::Result<File> {
    match create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create(path)
        }
        created => created,
    }
}

/// Opens a file to write behind its end; it is created where it is missing.
pub fn append(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().append(true).create(true)).open(path)
}

/// Creates a directory, and those above it, where they are missing.
pub fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path)
}

/// Reads a file of at most `limit` bytes; a longer one is an error.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?
        .take(limit + 1)
        .read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::other(format!(
            "larger than {} MiB",
            limit / (1024 * 1024)
        )));
    }
    Ok(content)
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    options.mode(0o600);
    options
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder(name: &str) -> PathBuf {
        let id = std::process::id();
        let path = std::env::temp_dir().join(format!("user-sync-files-{name}-{id}"));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn a_replaced_file_is_whole_and_for_its_owner_only() {
        let folder = folder("replace");
        let file = folder.join("report.json");
        for content in ["old", "new"] {
            replace(&file, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_failed_attempt_leaves_nothing() {
        let folder = folder("failed");
        assert!(replace(&folder.join("none/report.json"), b"x").is_err());
        assert!(replace(&folder, b"x").is_err());
        assert!(check_replaceable(&folder.join("none/report.json")).is_err());
        assert!(check_replaceable(&folder).is_err());
        assert!(check_replaceable(&folder.join("report.json")).is_ok());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_a_killed_run_left_behind_is_in_nobodys_way() {
        let folder = folder("left");
        let file = folder.join("report.json");
        fs::write(beside(&file), "half").unwrap();
        check_replaceable(&file).unwrap();
        // A link is replaced, not followed.
        fs::write(folder.join("other"), "other").unwrap();
        std::os::unix::fs::symlink("other", beside(&file)).unwrap();
        replace(&file, b"new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::read_to_string(folder.join("other")).unwrap(), "other");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let folder = folder("limit");
        let file = folder.join("big");
        replace(&file, &[0; 100]).unwrap();
        assert_eq!(read(&file, 100).unwrap().len(), 100);
        assert!(read(&file, 99).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
