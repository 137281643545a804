//! Runs one program and says what it cost. Knows nothing of what it runs.
//!
//! Time on the clock ends when the program closes its standard error, CPU time
//! is read from `/proc` while the ended program still waits to be reaped. Peak
//! memory is gone by then, so GNU `time` measures it in a run of its own.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system time together; only of the main thread.
    pub(crate) cpu: Duration,
}

/// Runs `command` to its end. An exit code but 0 is an error with what it said.
pub(crate) fn run(mut command: Command) -> Result<Cost, String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = spawn(&mut command)?;
    let mut said = Vec::new();
    let mut errors = child.stderr.take().ok_or("no pipe")?;
    errors
        .read_to_end(&mut said)
        .map_err(|problem| problem.to_string())?;
    let wall = started.elapsed();
    let cpu = cpu_of_ended(child.id())?;
    let status = child.wait().map_err(|problem| problem.to_string())?;
    if !status.success() {
        let said = String::from_utf8_lossy(&said);
        return Err(format!("{command:?} ended with {status}:\n{said}"));
    }
    Ok(Cost { wall, cpu })
}

fn spawn(command: &mut Command) -> Result<Child, String> {
    let program = command.get_program().to_owned();
    command
        .spawn()
        .map_err(|problem| format!("{}: {problem}", program.display()))
}

/// Waits for the process to end, then reads what it used.
fn cpu_of_ended(process: u32) -> Result<Duration, String> {
    loop {
        let status = read(process, "stat")?;
        // The state follows the name, which is in parentheses.
        let state = status
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.chars().next());
        if state == Some('Z') {
            break;
        }
        std::thread::yield_now();
    }
    let schedule = read(process, "schedstat")?;
    let nanoseconds = schedule
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or(format!("unexpected schedstat: {schedule}"))
}

fn read(process: u32, name: &str) -> Result<String, String> {
    let path = format!("/proc/{process}/{name}");
    std::fs::read_to_string(&path).map_err(|problem| format!("{path}: {problem}"))
}

/// Peak resident memory of `command` in bytes; nothing without GNU `time`.
pub(crate) fn peak_memory(command: &Command) -> Result<Option<u64>, String> {
    if missing().is_some() {
        return Ok(None);
    }
    let mut timed = Command::new("time");
    timed
        .args(["--quiet", "-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        value.map(|value| timed.env(name, value));
    }
    command.get_current_dir().map(|dir| timed.current_dir(dir));
    let output = timed.output().map_err(|problem| problem.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let kibibytes = said
        .lines()
        .last()
        .and_then(|line| line.parse::<u64>().ok());
    match kibibytes {
        Some(number) if output.status.success() => Ok(Some(number * 1024)),
        _ => Err(format!("{timed:?} ended with {}:\n{said}", output.status)),
    }
}

/// What to say when peak memory cannot be measured.
pub(crate) fn missing() -> Option<String> {
    let tried = Command::new("time").args(["-f", "%M", "true"]).output();
    let works = tried.is_ok_and(|output| output.status.success());
    (!works).then(|| "no peak memory: GNU time is not installed".to_owned())
}
