//! The simulator's clock: real time, and the time that tests let pass.
//!
//! Tests cut a client's waits short with `USER_SYNC_MAX_WAIT`. A clock that follows the client's
//! log adds what was cut, so that quotas and blocks see the time that would have passed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How the client's log tells a wait that was cut: `15.2 s (cut to 0.01 s by …)`.
const CUT: &str = " s (cut to ";

pub(super) struct Clock {
    started: Instant,
    passed: Duration,
    log: Option<Followed>,
}

/// A client's log, and how much of it was read.
struct Followed {
    path: PathBuf,
    read: u64,
}

impl Clock {
    pub(super) fn new() -> Clock {
        Clock {
            started: Instant::now(),
            passed: Duration::ZERO,
            log: None,
        }
    }

    /// Time since the start.
    pub(super) fn now(&mut self) -> Duration {
        if let Some(log) = &mut self.log {
            self.passed += log.cut();
        }
        self.started.elapsed() + self.passed
    }

    pub(super) fn advance(&mut self, time: Duration) {
        self.passed += time;
    }

    /// The log need not be there yet.
    pub(super) fn follow(&mut self, path: PathBuf) {
        self.log = Some(Followed { path, read: 0 });
    }
}

impl Followed {
    /// The waits that were cut since the last call.
    fn cut(&mut self) -> Duration {
        let Ok(mut file) = File::open(&self.path) else {
            return Duration::ZERO;
        };
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.read)).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        // A client waits when its line is complete.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        bytes.truncate(whole.map_or(0, |end| end + 1));
        self.read += bytes.len() as u64;
        String::from_utf8_lossy(&bytes).lines().map(cut_in).sum()
    }
}

fn cut_in(line: &str) -> Duration {
    let Some((before, after)) = line.split_once(CUT) else {
        return Duration::ZERO;
    };
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
    let wanted = number(before.rsplit(' ').next());
    let waited = number(after.split(' ').next());
    match (wanted, waited) {
        (Some(wanted), Some(waited)) => Duration::from_secs_f64((wanted - waited).max(0.0)),
        _ => Duration::ZERO,
    }
}
