//! The log: lines on the console and, if configured, in a file, each with a level of its own; and
//! the progress of long reads and writes.
//!
//! Two of env_logger's loggers behind one `log::Log`. Knows the look of a line, and nothing of
//! what is logged but how a run begins and ends.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::config::{LogFile, Logging, log_name_today};
use crate::error::{Error, one_line};
use crate::os::clock;
use crate::os::files;
use crate::os::terminal::Stream;

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
/// Where the console's lines go, once the log is open.
static CONSOLE: OnceLock<Stream> = OnceLock::new();
/// When a run that frames its log began.
static BEGAN: OnceLock<Instant> = OnceLock::new();

struct Streams {
    console: env_logger::Logger,
    file: Option<env_logger::Logger>,
}

/// Opens the log as the configuration says. Errors: the log file cannot be opened.
pub fn open(logging: &Logging, main_file: &Path, stream: Stream) -> Result<(), Error> {
    let file = match &logging.file {
        Some(settings) => Some(file_logger(settings, main_file)?),
        None => None,
    };
    let colours = stream.has_colours();
    let console = builder(logging.console_level, colours)
        .target(env_logger::Target::Pipe(Box::new(Console(stream))))
        .build();
    let level = console
        .filter()
        .max(file.as_ref().map_or(LevelFilter::Off, |file| file.filter()));
    // A second log in one process would be a mistake of ours; the first one then stays.
    if log::set_boxed_logger(Box::new(Streams { console, file })).is_ok() {
        log::set_max_level(level);
    }
    PROGRESS.get_or_init(|| logging.progress);
    CONSOLE.get_or_init(|| stream);
    Ok(())
}

/// Logs how a run begins that writes, as readers of the User Sync Tool's log look for it.
pub fn begin_run(command_line: &str) {
    BEGAN.get_or_init(Instant::now);
    let version = env!("CARGO_PKG_VERSION");
    log::info!(target: "main", "========== Start Run (user-sync version: {version}) ==========");
    log::info!(target: "main", "Command line: {command_line}");
}

/// Logs how such a run ends; nothing if none began.
pub fn end_run() {
    if let Some(began) = BEGAN.get() {
        let seconds = began.elapsed().as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        log::info!(target: "main", "========== End Run (Total time: {hours}:{minutes:02}:{seconds:02}) ==========");
    }
}

/// Says why a run ends: in the log, and on standard error where the log is not seen there; plainly
/// on a terminal if no log is open yet, for then it is about wrong usage.
pub fn fatal(text: &str) {
    let is_open = log::max_level() != LevelFilter::Off;
    if is_open {
        log::error!(target: CRITICAL, "{text}");
        if CONSOLE.get() != Some(&Stream::Stdout) || Stream::Stdout.is_terminal() {
            return;
        }
    }
    let colours = Stream::Stderr.has_colours();
    for text in text.lines() {
        let line = if Stream::Stderr.is_terminal() && !is_open {
            format!("{} {}", painted("1;31", "error:", colours), one_line(text))
        } else {
            line(Level::Error, CRITICAL, text, colours)
        };
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

fn builder(level: LevelFilter, colours: bool) -> env_logger::Builder {
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(level)
        .filter_module(CRITICAL, LevelFilter::Error.max(level))
        .write_style(env_logger::WriteStyle::Never)
        .format(move |out, record| {
            let text = record.args().to_string();
            for text in text.lines() {
                writeln!(
                    out,
                    "{}",
                    line(record.level(), record.target(), text, colours)
                )?;
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
        .map_err(|error| {
            let problem = format!("the log file cannot be written: {error}");
            Error::file(&directory.join(&name), problem)
        })?;
    // A full disk does not end a run: the console still has every line.
    Ok(builder(settings.level, false)
        .target(env_logger::Target::Pipe(Box::new(file)))
        .build())
}

/// `2026-11-23 14:03:07 4711 INFO processor - text`
fn line(level: Level, target: &str, text: &str, colours: bool) -> String {
    let now = clock::now().strftime("%Y-%m-%d %H:%M:%S");
    let plain = target.strip_prefix(SCRIPT).unwrap_or(target);
    let (level_name, name) = match (level, target.strip_prefix(CRITICAL_SCRIPT)) {
        _ if target == CRITICAL => ("CRITICAL", "main"),
        (_, Some(name)) => ("CRITICAL", name),
        (Level::Warn, None) => ("WARNING", plain),
        (level, None) => (level.as_str(), plain),
    };
    let colour = match level {
        Level::Error => "1;31",
        Level::Warn => "33",
        Level::Info => "32",
        Level::Debug | Level::Trace => "2",
    };
    let id = std::process::id();
    let level_name = painted(colour, level_name, colours);
    format!(
        "{now} {id} {level_name} {} - {}",
        one_line(name),
        one_line(text)
    )
}

fn painted(colour: &str, text: &str, colours: bool) -> String {
    if colours {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
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

/// The console's stream, with the status line kept at the foot of standard error. A stream that
/// is closed or full never ends or changes a run.
struct Console(Stream);

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let status = STATUS_LINE
            .lock()
            .map(|line| line.clone())
            .unwrap_or_default();
        let mut stderr = std::io::stderr().lock();
        if !status.is_empty() {
            let _ = stderr.write_all(b"\r\x1b[K");
        }
        let _ = match self.0 {
            Stream::Stdout => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            Stream::Stderr => stderr.write_all(bytes),
        };
        if !status.is_empty() {
            let _ = stderr.write_all(status.as_bytes());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The progress of one long read or write.
pub struct Progress {
    what: String,
    shown: Instant,
}

impl Progress {
    /// `what` is a phrase that a count follows: `members of "Design" read`. It is shown at once.
    pub fn new(what: impl Into<String>) -> Progress {
        let mut progress = Progress {
            what: String::new(),
            shown: Instant::now(),
        };
        progress.turn_to(what);
        progress
    }

    /// The work goes on with something else.
    pub fn turn_to(&mut self, what: impl Into<String>) {
        self.what = what.into();
        self.tell(&format!("{} …", self.what));
    }

    /// Shows how far the work has come: in place on a terminal, else as a log line now and then.
    pub fn show(&mut self, done: usize, total: Option<usize>) {
        self.show_with(done, total, "");
    }

    /// The same, with what there is to say about it at the moment.
    pub fn show_with(&mut self, done: usize, total: Option<usize>, note: &str) {
        let total = total.map_or(String::new(), |total| format!(" of {total}"));
        let note = if note.is_empty() {
            String::new()
        } else {
            format!("; {note}")
        };
        self.tell(&format!("{}: {done}{total}{note}", self.what));
    }

    fn tell(&mut self, text: &str) {
        if !PROGRESS.get().copied().unwrap_or(false) {
            return;
        }
        if Stream::Stderr.is_screen() {
            set_status_line(text);
        } else if self.shown.elapsed() >= PROGRESS_INTERVAL {
            self.shown = Instant::now();
            log::info!(target: "progress", "{text}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if Stream::Stderr.is_screen() {
            set_status_line("");
        }
    }
}

/// A longer line than the terminal's would stay on it.
fn set_status_line(text: &str) {
    let Ok(mut line) = STATUS_LINE.lock() else {
        return;
    };
    let width = Stream::Stderr.width().unwrap_or(80).saturating_sub(1);
    let text: String = one_line(text).chars().take(width).collect();
    if *line != text {
        *line = text;
        // A console that cannot be written to shows no progress; nothing else depends on it.
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_time_process_level_logger_and_text() {
        let line = line(Level::Warn, "processor", "a\nb", false);
        let (time, rest) = line.split_at(19);
        assert_eq!(time.as_bytes()[10], b' ');
        let id = std::process::id();
        assert_eq!(rest, format!(" {id} WARNING processor - a\\nb"));
        let critical = |target: &str| super::line(Level::Error, target, "x", false);
        assert!(critical(CRITICAL).contains(" CRITICAL main - x"));
        let of_script = |name, is_critical| critical(&script_target(name, is_critical));
        assert!(of_script("processor", true).contains(" CRITICAL processor - x"));
        assert!(of_script("critical", false).contains(" ERROR critical - x"));
        assert!(of_script("a\nb", false).contains(" ERROR a\\nb - x"));
        let coloured = super::line(Level::Warn, "processor", "x", true);
        assert!(coloured.contains(" \u{1b}[33mWARNING\u{1b}[0m processor - x"));
    }

    #[test]
    fn critical_lines_pass_every_level() {
        let logger = builder(LevelFilter::Off, false).build();
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
