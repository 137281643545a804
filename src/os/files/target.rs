//! Where a path leads: past links, but not past one that somebody else may have planted.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::Mode;
use super::owner::{is_ours, is_same, mode_of, others_can_write, own_user, owner_of};

pub(super) struct Target {
    pub(super) path: PathBuf,
    /// What is there now, a link only where it must not be followed.
    pub(super) found: Option<Metadata>,
}

/// More links than a path may have.
const MOST_LINKS: usize = 40;

impl Target {
    /// Follows links as the kernel does in shared folders: somebody else's link counts only in a
    /// folder that nobody else can write to, for it may have been planted there.
    pub(super) fn find(path: &Path) -> io::Result<Target> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let found = match fs::symlink_metadata(&path) {
                Ok(found) => found,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Target { path, found: None });
                }
                Err(error) => return Err(error),
            };
            if !found.is_symlink() || !may_follow(&path, &found) {
                let found = Some(found);
                return Ok(Target { path, found });
            }
            let next = fs::read_link(&path)?;
            path = path.parent().unwrap_or(Path::new("")).join(next);
            // A device has no name of its own behind /dev/stdout: `pipe:[4711]`.
            if let Ok(device) = fs::metadata(&path)
                && !device.is_file()
            {
                let found = Some(device);
                return Ok(Target { path, found });
            }
        }
        Err(io::Error::other("too many symbolic links"))
    }

    pub(super) fn is_device(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|found| !found.is_file() && !found.is_symlink())
    }

    /// The mode of a file that takes its place.
    pub(super) fn mode(&self, new: Mode) -> Mode {
        match &self.found {
            Some(found) if found.is_file() && is_ours(found) => {
                mode_of(found).map_or(new, |mode| Mode(mode & 0o777))
            }
            _ => new,
        }
    }
}

/// Opens what is no regular file. A pipe that somebody made, and nobody may ever read, is refused.
pub(super) fn open_device(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&fs::metadata(path)?.file_type())
        && !path.starts_with("/dev")
    {
        return Err(io::Error::other("it is a named pipe: name a file"));
    }
    OpenOptions::new().write(true).open(path)
}

fn may_follow(link: &Path, found: &Metadata) -> bool {
    let Some(owner) = owner_of(found) else {
        return true;
    };
    let is_trusted = owner == 0 || own_user() == Some(owner);
    // Whoever can write to the folder may have put the link there.
    is_trusted || fs::metadata(folder_of(link)).is_ok_and(|folder| !others_can_write(&folder))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether what is written to one path would take the place of the other: the same file, or the
/// same name in the same folder.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (Target::find(one), Target::find(other)) else {
        return false;
    };
    if let (Some(one), Some(other)) = (&one.found, &other.found)
        && is_same(one, other)
    {
        return true;
    }
    let folder = |path: &Path| fs::canonicalize(folder_of(path));
    let same_name = one.path.file_name() == other.path.file_name();
    let folders = (folder(&one.path), folder(&other.path));
    same_name && matches!(folders, (Ok(one), Ok(other)) if one == other)
}
