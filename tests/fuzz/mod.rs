//! Mutations of good input for every parser that faces the outside: no panic, no
//! hang, no unbounded memory (spec/safety.md, bad input).
//!
//! Deterministic: an input follows from its seed. `make test` tries a few seeds of each
//! parser; `make fuzz` more (`USER_SYNC_FUZZ_ROUNDS`, and `USER_SYNC_FUZZ_SEED` for others).

mod mutate;
mod targets;

pub(crate) use mutate::Random;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No input may take longer; the machine may be busy, and the build is not optimised.
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
    let watch = Watch::start(format!("{name}, {seed}: {}", shown(bytes)));
    let start = Instant::now();
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| parse(bytes)));
    let took = start.elapsed();
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

/// Ends the process, telling why, when an input never comes back.
struct Watch {
    _ends_with_it: mpsc::Sender<()>,
}

impl Watch {
    fn start(what: String) -> Watch {
        let (sender, receiver) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let end = receiver.recv_timeout(6 * LONGEST);
            if end == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{what} hangs");
                std::process::abort();
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
