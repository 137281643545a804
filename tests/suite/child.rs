//! A run of the binary that is still going: what it has said so far, signals to
//! it, and its end. Nothing here sleeps; what is waited for has a deadline.

use crate::support::Outcome;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Nothing that a test waits for takes longer than that.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the run has said, and how many of its two streams have ended.
#[derive(Default)]
struct Said {
    streams: [Vec<u8>; 2],
    ended: usize,
}

type Shared = Arc<(Mutex<Said>, Condvar)>;

/// A running child, killed when dropped before its end.
pub(crate) struct Child {
    process: std::process::Child,
    said: Shared,
}

impl Child {
    pub(crate) fn start(mut command: Command) -> Child {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let said = Shared::default();
        let stdout = process.stdout.take().unwrap();
        let stderr = process.stderr.take().unwrap();
        follow(stdout, 0, &said);
        follow(stderr, 1, &said);
        Child { process, said }
    }

    /// Waits until one of the streams holds `text`.
    pub(crate) fn until_says(&self, text: &str) {
        let says = |said: &Said| {
            let mut streams = said.streams.iter();
            streams.any(|stream| String::from_utf8_lossy(stream).contains(text))
        };
        let heard = self.wait(|said| said.ended == 2 || says(said));
        let said = self.said.0.lock().unwrap();
        let [stdout, stderr] = said.streams.each_ref().map(|s| String::from_utf8_lossy(s));
        assert!(
            heard && says(&said),
            "never said {text:?}:\n{stdout}{stderr}"
        );
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether both streams have ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.said.0.lock().unwrap().ended == 2
    }

    /// Sends a signal by name: `INT`, `TERM`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill` is there on every machine.
        let command = format!("kill -{name} {}", self.process.id());
        let output = Command::new("sh").arg("-c").arg(command).output().unwrap();
        assert!(output.status.success() || self.has_ended(), "kill -{name}");
    }

    /// Waits until the process has taken the signals sent to it: two of the same kind that are
    /// pending together are one. Where the system does not tell, that is not waited for.
    pub(crate) fn takes_signals(&self) {
        until("the signal to be taken", || {
            let path = format!("/proc/{}/status", self.process.id());
            let status = std::fs::read_to_string(path).unwrap_or_default();
            let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
            pending.is_none_or(|set| set.trim().bytes().all(|digit| digit == b'0'))
        });
    }

    /// Waits for the end. A run that hangs fails the test.
    pub(crate) fn finish(mut self) -> Outcome {
        let ended = self.wait(|said| said.ended == 2);
        if !ended {
            self.process.kill().ok();
        }
        let status = self.process.wait().unwrap();
        let said = self.said.0.lock().unwrap();
        let [stdout, stderr] = said
            .streams
            .each_ref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(ended, "the run hangs:\n{stdout}{stderr}");
        Outcome {
            code: status.code(),
            stdout,
            stderr,
        }
    }

    fn wait(&self, until: impl Fn(&Said) -> bool) -> bool {
        let (said, changed) = &*self.said;
        let said = said.lock().unwrap();
        let (_said, timeout) = changed
            .wait_timeout_while(said, DEADLINE, |said| !until(said))
            .unwrap();
        !timeout.timed_out()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn follow(mut stream: impl Read + Send + 'static, place: usize, said: &Shared) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        let (said, changed) = &*said;
        let mut part = [0; 8192];
        loop {
            let count = stream.read(&mut part).unwrap_or(0);
            let mut said = said.lock().unwrap();
            match count {
                0 => said.ended += 1,
                count => said.streams[place].extend_from_slice(&part[..count]),
            }
            changed.notify_all();
            if count == 0 {
                return;
            }
        }
    });
}

/// Waits for something that others bring about, looking again and again.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < DEADLINE, "waited in vain: {what}");
        // Between two looks; nothing depends on the length.
        std::thread::sleep(Duration::from_millis(1));
    }
}
