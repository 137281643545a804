//! The time of this machine: its time zone is that of `TZ`, else of `/etc/localtime`, else UTC.
//!
//! What is read for it is a regular file of bounded size, which the library's own search does not
//! look at. Knows nothing of what the time is for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::files;
use crate::error::Error;

const LOCAL: &str = "/etc/localtime";
/// Where systems keep the time zones by name; `TZDIR` names another place.
const DATABASES: [&str; 3] = [
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
];
/// Of a time zone; the longest known one has 4 KiB.
const MOST_BYTES: u64 = 1 << 20;

/// Read once for the whole process.
static ZONE: OnceLock<TimeZone> = OnceLock::new();

/// Finds out the time zone.
///
/// # Errors
/// [`Error::Usage`]: `TZ` names something that is no time zone.
pub fn read_time_zone() -> Result<(), Error> {
    let zone = find(&|name| std::env::var_os(name)).map_err(|problem| {
        Error::Usage(format!(
            "environment variable TZ: {problem}; name a time zone as Europe/Berlin, or unset it"
        ))
    })?;
    ZONE.get_or_init(|| zone);
    Ok(())
}

/// The local time zone.
pub fn time_zone() -> TimeZone {
    ZONE.get().cloned().unwrap_or(TimeZone::UTC)
}

/// The time now, in the zone that logs are written in.
pub fn now() -> Zoned {
    Timestamp::now().to_zoned(time_zone())
}

fn find(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<TimeZone, String> {
    let Some(written) = variable("TZ") else {
        // A machine without that file keeps UTC.
        return Ok(read(Path::new(LOCAL)).unwrap_or(TimeZone::UTC));
    };
    let written = written.to_str().ok_or("is not valid UTF-8")?;
    let name = written.strip_prefix(':').unwrap_or(written);
    if let Ok(rule) = TimeZone::posix(name) {
        return Ok(rule);
    }
    let places: Vec<PathBuf> = match variable("TZDIR") {
        Some(folder) => vec![folder.into()],
        None => DATABASES.map(PathBuf::from).into(),
    };
    // An absolute path takes the place of the folder.
    let mut files = places.iter().map(|place| place.join(name));
    let found = files.find(|file| file.exists());
    match found.filter(|_| !name.is_empty()) {
        Some(file) => read(&file).map_err(|problem| format!("{} {problem}", file.display())),
        // A machine without time zones, as an empty container, has no names either.
        None => Ok(TimeZone::UTC),
    }
}

fn read(file: &Path) -> Result<TimeZone, String> {
    let bytes = files::read(file, MOST_BYTES)?;
    TimeZone::tzif("local", &bytes).map_err(|_| "is no time zone".to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
