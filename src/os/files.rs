//! Files that a run writes: for their owner only unless the configuration says otherwise, whole or
//! not at all, and never where somebody else's symbolic link leads.
//!
//! Knows nothing of what is in them (manual/safety.md#files).

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};

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
        let temporary = beside(&target.path, ".tmp");
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
    let target = Target::find(path)?;
    if target.is_device() {
        return open_device(path).map(drop);
    }
    let temporary = beside(&target.path, ".tmp");
    create_temporary(&temporary, Mode::OWNER)?;
    fs::remove_file(&temporary)
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
        return open_device(path);
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
    if cfg!(unix) && !is_same(found, &file.metadata()?) {
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
        let regular = found.is_file();
        regular
            .then_some(())
            .ok_or_else(|| io::Error::other("it is no regular file"))
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
    let folder = |path: &Path| match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::canonicalize(folder),
        _ => fs::canonicalize("."),
    };
    let same_name = one.path.file_name() == other.path.file_name();
    let folders = (folder(&one.path), folder(&other.path));
    same_name && matches!(folders, (Ok(one), Ok(other)) if one == other)
}

/// Whether two open files are one. Where the system does not tell, they are taken for it.
pub fn is_one(one: &File, other: &File) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) if cfg!(unix) => is_same(&one, &other),
        _ => true,
    }
}

struct Target {
    path: PathBuf,
    /// What is there now, a link only where it must not be followed.
    found: Option<Metadata>,
}

/// More links than a path may have.
const MOST_LINKS: usize = 40;

impl Target {
    /// Follows links as the kernel does in shared folders: somebody else's link counts only in a
    /// folder that nobody else can write to, for it may have been planted there.
    fn find(path: &Path) -> io::Result<Target> {
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

    fn is_device(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|found| !found.is_file() && !found.is_symlink())
    }

    /// The mode of a file that takes its place.
    fn mode(&self, new: Mode) -> Mode {
        match &self.found {
            Some(found) if found.is_file() && is_ours(found) => mode_of(found).unwrap_or(new),
            _ => new,
        }
    }
}

/// Opens what is no regular file. A pipe that somebody made, and nobody may ever read, is refused.
fn open_device(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    if fs::metadata(path)?.file_type().is_fifo() && !path.starts_with("/dev") {
        return Err(io::Error::other("it is a named pipe: name a file"));
    }
    OpenOptions::new().write(true).open(path)
}

#[cfg(unix)]
fn may_follow(link: &Path, found: &Metadata) -> bool {
    let owner = found.uid();
    if owner == 0 || own_user() == Some(owner) {
        return true;
    }
    let folder = match link.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Whose folder it is, decides what stands in it.
    fs::metadata(folder)
        .is_ok_and(|folder| folder.mode() & 0o022 == 0 || folder.uid() == owner && owner == 0)
}

#[cfg(not(unix))]
fn may_follow(_: &Path, _: &Metadata) -> bool {
    true
}

/// Whether a file is this user's or root's, and nobody else can write it.
#[cfg(unix)]
pub fn is_ours(found: &Metadata) -> bool {
    let owner = found.uid();
    let is_known = own_user().is_none_or(|own| own == owner) || owner == 0;
    is_known && !others_can_write(found)
}

#[cfg(unix)]
fn others_can_write(found: &Metadata) -> bool {
    found.mode() & 0o022 != 0
}

#[cfg(not(unix))]
fn others_can_write(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
pub fn is_ours(_: &Metadata) -> bool {
    true
}

/// The user that this process runs as, where the system tells it in a file.
#[cfg(unix)]
fn own_user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|found| found.uid())
}

#[cfg(unix)]
fn mode_of(found: &Metadata) -> Option<Mode> {
    Some(Mode(found.permissions().mode() & 0o777))
}

#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> Option<Mode> {
    None
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}

fn with_mode(options: &mut OpenOptions, mode: Mode) -> &mut OpenOptions {
    #[cfg(unix)]
    options.mode(mode.0);
    #[cfg(not(unix))]
    let _ = mode;
    options
}

/// A name that is no file's yet: `.report.json.4711.tmp`.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}{end}", std::process::id()));
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
            replace(&file, content.as_bytes(), Mode::OWNER).unwrap();
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
        assert!(replace(&folder.join("none/report.json"), b"x", Mode::OWNER).is_err());
        assert!(replace(&folder, b"x", Mode::OWNER).is_err());
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
        fs::write(beside(&file, ".tmp"), "half").unwrap();
        check_replaceable(&file).unwrap();
        // A link is replaced, not followed.
        fs::write(folder.join("other"), "other").unwrap();
        std::os::unix::fs::symlink("other", beside(&file, ".tmp")).unwrap();
        replace(&file, b"new", Mode::OWNER).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::read_to_string(folder.join("other")).unwrap(), "other");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let folder = folder("limit");
        let file = folder.join("big");
        replace(&file, &[0; 100], Mode::OWNER).unwrap();
        assert_eq!(read(&file, 100).unwrap().len(), 100);
        assert!(read(&file, 99).is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    fn mode_of(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(file: &Path, mode: u32) {
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_mode_lets_nobody_else_write() {
        for (text, expected) in [
            ("0600", Some(0o600)),
            ("640", Some(0o640)),
            ("0644", Some(0o644)),
            ("0660", None),
            ("0755", None),
            ("0400", None),
            ("4600", None),
            ("+600", None),
            ("rw", None),
            ("", None),
        ] {
            assert_eq!(Mode::parse(text), expected.map(Mode), "{text}");
        }
        assert_eq!(Mode(0o640).of_folder(), 0o750);
    }

    #[test]
    fn a_file_that_is_there_keeps_its_mode_unless_others_can_write_it() {
        let folder = folder("keeps");
        let file = folder.join("report.json");
        for (before, after) in [
            (0o640, 0o640),
            (0o644, 0o644),
            (0o666, 0o600),
            (0o660, 0o600),
        ] {
            fs::write(&file, "old").unwrap();
            set_mode(&file, before);
            replace(&file, b"new", Mode::OWNER).unwrap();
            assert_eq!(mode_of(&file), after, "{before:o}");
        }
        set_mode(&file, 0o640);
        append(&file, Mode::OWNER).unwrap().write_all(b"+").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new+");
        assert_eq!(mode_of(&file), 0o640);
        set_mode(&file, 0o620);
        assert!(append(&file, Mode::OWNER).is_err());
        let new = folder.join("new.jsonl");
        append(&new, Mode(0o640)).unwrap();
        assert_eq!(mode_of(&new), 0o640);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn links_of_this_user_are_followed() {
        let folder = folder("links");
        fs::create_dir(folder.join("shared")).unwrap();
        let (link, file) = (folder.join("link"), folder.join("shared/report.json"));
        std::os::unix::fs::symlink("shared/report.json", &link).unwrap();
        for content in ["old", "new"] {
            replace(&link, content.as_bytes(), Mode::OWNER).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        append(&link, Mode::OWNER).unwrap().write_all(b"+").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new+");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        std::os::unix::fs::symlink("loop", folder.join("loop")).unwrap();
        assert!(replace(&folder.join("loop"), b"x", Mode::OWNER).is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_regular_file_is_not_waited_for() {
        assert!(open_regular(Path::new("/dev/zero")).is_err());
        append(Path::new("/dev/null"), Mode::OWNER).unwrap();
        replace(Path::new("/dev/null"), b"x", Mode::OWNER).unwrap();
    }

    #[test]
    fn one_file_by_two_names_is_the_same() {
        let folder = folder("same");
        let file = folder.join("a");
        assert!(is_same_file(
            &file,
            &folder
                .join("../")
                .join(folder.file_name().unwrap())
                .join("a")
        ));
        fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink("a", folder.join("b")).unwrap();
        fs::hard_link(&file, folder.join("c")).unwrap();
        for (other, same) in [("a", true), ("b", true), ("c", true), ("d", false)] {
            assert_eq!(is_same_file(&file, &folder.join(other)), same, "{other}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
