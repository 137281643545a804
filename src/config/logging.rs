//! `logging` (manual/configuration.md#the-main-file): where log lines go, and the name of the file.

use std::path::PathBuf;

use log::LevelFilter;

use super::item::Item;
use super::section::Section;
use super::{LogFile, Logging};
use crate::error::one_line;
use crate::os::clock;
use crate::os::files::Mode;

pub(super) fn read(top: &Section<'_>) -> Logging {
    let keys = [
        "log_to_file",
        "file_log_directory",
        "file_log_name_format",
        "file_log_level",
        "console_log_level",
        "log_progress",
        "file_mode",
        "change_log",
    ];
    let logging = top.section("logging", &keys);
    let directory = match logging.get("file_log_directory") {
        Some(item) => item.path().unwrap_or_default(),
        None => match top.item() {
            Some(item) => item.beside("logs"),
            None => PathBuf::from("logs"),
        },
    };
    let to_file = logging.flag("log_to_file").unwrap_or(false);
    let name_format = logging
        .get("file_log_name_format")
        .filter(|_| to_file)
        .and_then(file_name);
    let file_mode = logging.read("file_mode", file_mode).unwrap_or(Mode::OWNER);
    let level = |name| logging.read(name, level).unwrap_or(LevelFilter::Info);
    let file = LogFile {
        directory,
        name_format: name_format.unwrap_or_else(|| "{:%Y-%m-%d}.log".to_owned()),
        level: level("file_log_level"),
        mode: file_mode,
    };
    Logging {
        file: Some(file).filter(|_| to_file),
        console_level: level("console_log_level"),
        progress: logging.flag("log_progress").unwrap_or(true),
        file_mode,
        change_log: logging.read("change_log", Item::path),
    }
}

fn file_mode(item: &Item<'_>) -> Option<Mode> {
    let mode = item.written().and_then(|text| Mode::parse(text.trim()));
    if mode.is_none() {
        item.problem("permissions in octal digits are expected, \"0600\" or \"0640\": the owner reads and writes, others read at most");
    }
    mode
}

fn file_name(item: &Item<'_>) -> Option<String> {
    let format = item.name()?;
    item.accept(log_name_today(&format))?;
    Some(format)
}

/// The name of the log file for today, by Python's `"{:%Y-%m-%d}.log".format(now)`.
///
/// # Errors
/// What is wrong with the format.
pub fn log_name_today(format: &str) -> Result<String, String> {
    let now = clock::now();
    let mut name = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("{:") {
        let (strftime, after) = after
            .split_once('}')
            .ok_or("`{:` without `}`: write the date as in `{:%Y-%m-%d}.log`")?;
        let date = jiff::fmt::strtime::format(strftime, &now)
            .map_err(|error| format!("`{strftime}`: {error}"))?;
        name.push_str(before);
        name.push_str(&date);
        rest = after;
    }
    name.push_str(rest);
    if name.contains(['{', '}']) || name.is_empty() {
        return Err(format!(
            "`{format}`: only `{{:…}}` with a strftime pattern inside may stand in braces"
        ));
    }
    Ok(name)
}

/// `critical` is `Off`: critical lines pass every level (`logging`).
fn level(item: &Item<'_>) -> Option<LevelFilter> {
    let word = item.text()?;
    Some(match word.trim().to_lowercase().as_str() {
        "critical" => LevelFilter::Off,
        "error" => LevelFilter::Error,
        "warning" => LevelFilter::Warn,
        "info" => LevelFilter::Info,
        "debug" => LevelFilter::Debug,
        _ => {
            item.warn(&format!(
                "unknown log level \"{}\"; taken as info (known are critical, error, warning, info, \
                 debug)",
                one_line(&word)
            ));
            LevelFilter::Info
        }
    })
}
