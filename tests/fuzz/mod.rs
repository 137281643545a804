//! Mutations of good input for every parser that faces the outside: no panic, no
//! hang, no unbounded memory (manual/safety.md#bad-input).
//!
//! Deterministic: an input follows from its seed. `make test` tries a few seeds of each
//! parser; `make fuzz` more (`USER_SYNC_FUZZ_ROUNDS`, and `USER_SYNC_FUZZ_SEED` for others).

mod mutate;
mod targets;

pub(crate) use mutate::Random;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// No input may take longer, in time of the processor, which a busy machine does not lengthen.
const LONGEST: Duration = Duration::from_secs(10);
/// What a run of one parser may add to the memory of the process, in KiB.
const MOST_MEMORY: u64 = 1024 * 1024;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Gives mutations of `corpus` to a parser, `rounds` of them unless the environment says
/// otherwise, and as they are first.
fn fuzz(name: &str, rounds: u64, corpus: &[&[u8]], parse: impl Fn(&[u8])) {
    let corpus: Vec<Vec<u8>> = corpus.iter().map(|bytes| bytes.to_vec()).collect();
    for bytes in &corpus {
        attempt(name, "the corpus", bytes, &parse);
    }
    let long = number("USER_SYNC_FUZZ_ROUNDS");
    let first = number("USER_SYNC_FUZZ_SEED").unwrap_or(1);
    let before = most_memory();
    for seed in first..first + long.unwrap_or(rounds) {
        let bytes = mutate::mutate(&corpus, &mut Random::new(seed));
        attempt(name, &format!("USER_SYNC_FUZZ_SEED={seed}"), &bytes, &parse);
    }
    // Only a process that does nothing else tells anything of memory.
    if long.is_some() {
        let grown = most_memory().saturating_sub(before);
        assert!(grown < MOST_MEMORY, "{name}: {grown} KiB of memory");
    }
}

fn attempt(name: &str, seed: &str, bytes: &[u8], parse: &impl Fn(&[u8])) {
    let thread = this_thread();
    let start = processor_time(&thread);
    let what = format!("{name}, {seed}: {}", shown(bytes));
    let watch = Watch::start(thread.clone(), start + 6 * LONGEST, what);
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| parse(bytes)));
    let took = processor_time(&thread).saturating_sub(start);
    drop(watch);
    assert!(outcome.is_ok(), "{name} panics, {seed}: {}", shown(bytes));
    assert!(
        took < LONGEST,
        "{name} took {took:?}, {seed}: {}",
        shown(bytes)
    );
}

fn shown(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(2000)];
    format!("{} bytes, b\"{}\"", bytes.len(), start.escape_ascii())
}

/// Where the system tells of the thread that asks.
fn this_thread() -> PathBuf {
    let thread = std::fs::read_link("/proc/thread-self").unwrap_or_default();
    Path::new("/proc").join(thread).join("schedstat")
}

/// What a thread has had of the processor; nothing where the system does not tell.
fn processor_time(thread: &Path) -> Duration {
    let text = std::fs::read_to_string(thread).unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Ends the process, telling why, when an input never comes back.
struct Watch {
    _ends_with_it: mpsc::Sender<()>,
}

impl Watch {
    /// Looks now and then whether `thread` has had more of the processor than `most`.
    fn start(thread: PathBuf, most: Duration, what: String) -> Watch {
        let (sender, receiver) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let waits = || receiver.recv_timeout(LONGEST) == Err(mpsc::RecvTimeoutError::Timeout);
            while waits() {
                if processor_time(&thread) > most {
                    eprintln!("{what} hangs");
                    std::process::abort();
                }
            }
        });
        Watch {
            _ends_with_it: sender,
        }
    }
}

/// The most memory that this process had so far, in KiB; 0 where that is not known.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
