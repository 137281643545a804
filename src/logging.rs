//! The log: lines on standard error and, if configured, in a file, each with a level of its own;
//! and the progress of long reads and writes.
//!
//! Two of env_logger's loggers behind one `log::Log`. Knows the look of a line, and nothing of
//! what is logged.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::config::{LogFile, Logging, log_name_today};
use crate::error::{Error, one_line};
use crate::os::files;

/// Lines with this target are critical: the level above error, which `log` does not have.
pub const CRITICAL: &str = "critical";
/// Before the name under which a filter or hook logs, so that it cannot be taken for one of ours.
const SCRIPT: &str = "script::";
const CRITICAL_SCRIPT: &str = "critical::";

/// How often progress is logged where there is no terminal.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// What is shown in place at the foot of a terminal.
static STATUS_LINE: Mutex<String> = Mutex::new(String::new());
static PROGRESS: OnceLock<bool> = OnceLock::new();

struct Streams {
    console: env_logger::Logger,
    file: Option<env_logger::Logger>,
}

/// Opens the log as the configuration says. Errors: the log file cannot be opened.
pub fn open(logging: &Logging, main_file: &Path) -> Result<(), Error> {
    let file = match &logging.file {
        Some(settings) => Some(file_logger(settings, main_file)?),
        None => None,
    };
    let console = builder(logging.console_level)
        .target(env_logger::Target::Pipe(Box::new(Console)))
        .build();
    let level = console
        .filter()
        .max(file.as_ref().map_or(LevelFilter::Off, |file| file.filter()));
    // A second log in one process would be a mistake of ours; the first one then stays.
    if log::set_boxed_logger(Box::new(Streams { console, file })).is_ok() {
        log::set_max_level(level);
    }
    PROGRESS.get_or_init(|| logging.progress);
    Ok(())
}

/// Says why a run ends, also where no log is open yet.
pub fn fatal(text: &str) {
    if log::max_level() == LevelFilter::Off {
        for text in text.lines() {
            let line = line(Level::Error, CRITICAL, text);
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    } else {
        log::error!(target: CRITICAL, "{text}");
    }
}

fn builder(level: LevelFilter) -> env_logger::Builder {
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(level)
        .filter_module(CRITICAL, LevelFilter::Error.max(level))
        .write_style(env_logger::WriteStyle::Never)
        .format(|out, record| {
            let text = record.args().to_string();
            for text in text.lines() {
                writeln!(out, "{}", line(record.level(), record.target(), text))?;
            }
            Ok(())
        });
    builder
}

fn file_logger(settings: &LogFile, main_file: &Path) -> Result<env_logger::Logger, Error> {
    let directory = &settings.directory;
    let unusable = |problem| Error::config(main_file, problem);
    let name = log_name_today(&settings.name_format).map_err(unusable)?;
    let mode = settings.mode;
    let file = files::create_directory(directory, mode)
        .and_then(|()| files::append(&directory.join(&name), mode))
        .map_err(|error| Error::File {
            path: directory.join(&name),
            problem: format!("the log file cannot be written: {error}"),
        })?;
    Ok(builder(settings.level)
        .target(env_logger::Target::Pipe(Box::new(LogWriter(file))))
        .build())
}

/// `2026-11-23 14:03:07 4711 INFO processor - text`
fn line(level: Level, target: &str, text: &str) -> String {
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S");
    let (level, name) = match (level, target) {
        (_, CRITICAL) => ("CRITICAL", "main"),
        (level, target) => match target.strip_prefix(CRITICAL_SCRIPT) {
            Some(name) => ("CRITICAL", name),
            None => (
                level_name(level),
                target.strip_prefix(SCRIPT).unwrap_or(target),
            ),
        },
    };
    let id = std::process::id();
    format!("{now} {id} {level} {} - {}", one_line(name), one_line(text))
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Warn => "WARNING",
        level => level.as_str(),
    }
}

/// The target of a line that a filter or hook logs under this name.
pub fn script_target(name: &str, critical: bool) -> String {
    let prefix = if critical { CRITICAL_SCRIPT } else { SCRIPT };
    format!("{prefix}{name}")
}

impl Log for Streams {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What libraries have to say is not for the administrator, and may hold a secret.
        let ours = !matches!(
            metadata.target().split("::").next(),
            Some("ureq" | "ureq_proto" | "rustls" | "keyring" | "dbus")
        );
        let file = self.file.as_ref();
        ours && (self.console.enabled(metadata) || file.is_some_and(|file| file.enabled(metadata)))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.console.log(record);
            if let Some(file) = &self.file {
                file.log(record);
            }
        }
    }

    fn flush(&self) {}
}

/// Standard error, with the status line kept at its foot.
struct Console;

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let status = STATUS_LINE
            .lock()
            .map(|line| line.clone())
            .unwrap_or_default();
        let mut stderr = std::io::stderr().lock();
        if status.is_empty() {
            stderr.write_all(bytes)?;
        } else {
            stderr.write_all(b"\r\x1b[K")?;
            stderr.write_all(bytes)?;
            stderr.write_all(status.as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// The log file. A full disk must not end a run: the console still has every line.
struct LogWriter(File);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// The progress of one long read or write.
pub struct Progress {
    what: String,
    shown: Option<Instant>,
}

impl Progress {
    /// `what` is a phrase that a count follows: `members of "Design" read`.
    pub fn new(what: impl Into<String>) -> Progress {
        Progress {
            what: what.into(),
            shown: None,
        }
    }

    /// Shows how far the work has come: in place on a terminal, else as a log line now and then.
    pub fn show(&mut self, done: usize, total: Option<usize>) {
        self.show_with(done, total, "");
    }

    /// The same, with what there is to say about it at the moment.
    pub fn show_with(&mut self, done: usize, total: Option<usize>, note: &str) {
        if !PROGRESS.get().copied().unwrap_or(false) {
            return;
        }
        let text = match total {
            Some(total) => format!("{}: {done} of {total}", self.what),
            None => format!("{}: {done}", self.what),
        };
        let text = match note {
            "" => text,
            note => format!("{text}; {note}"),
        };
        if std::io::stderr().is_terminal() {
            set_status_line(&text);
            return;
        }
        let last = self.shown.get_or_insert_with(Instant::now);
        if last.elapsed() >= PROGRESS_INTERVAL {
            *last = Instant::now();
            log::info!(target: "progress", "{text}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if std::io::stderr().is_terminal() {
            set_status_line("");
        }
    }
}

fn set_status_line(text: &str) {
    let Ok(mut line) = STATUS_LINE.lock() else {
        return;
    };
    if line.as_str() != text {
        one_line(text).clone_into(&mut line);
        // A console that cannot be written to shows no progress; nothing else depends on it.
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_time_process_level_logger_and_text() {
        let line = line(Level::Warn, "processor", "a\nb");
        let (time, rest) = line.split_at(19);
        assert_eq!(time.as_bytes()[10], b' ');
        let id = std::process::id();
        assert_eq!(rest, format!(" {id} WARNING processor - a\\nb"));
        let critical = |target: &str| super::line(Level::Error, target, "x");
        assert!(critical(CRITICAL).contains(" CRITICAL main - x"));
        let of_script = |name, is_critical| critical(&script_target(name, is_critical));
        assert!(of_script("processor", true).contains(" CRITICAL processor - x"));
        assert!(of_script("critical", false).contains(" ERROR critical - x"));
        assert!(of_script("a\nb", false).contains(" ERROR a\\nb - x"));
    }

    #[test]
    fn critical_lines_pass_every_level() {
        let logger = builder(LevelFilter::Off).build();
        let shows = |target: &str| {
            let metadata = Metadata::builder()
                .level(Level::Error)
                .target(target)
                .build();
            logger.enabled(&metadata)
        };
        assert!(shows(CRITICAL));
        assert!(shows(&script_target("processor", true)));
        assert!(!shows(&script_target("processor", false)));
        assert!(!shows(&script_target("critical", false)));
    }
}
