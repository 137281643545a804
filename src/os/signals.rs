//! SIGINT, SIGTERM and SIGHUP (manual/safety.md#signals).
//!
//! The first signal raises a flag. Whoever waits looks at it: a request that changes nothing is
//! broken off, one that may have changed something is finished, and the run ends in order. Where
//! nobody can look, before anything is written, the signal ends the process there and then: while a
//! result is printed, say. A second signal always does. SIGXFSZ is no reason to end: the write that met the limit fails by itself, as on a full disk.

use std::cell::RefCell;
use std::ffi::c_int;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGXFSZ};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use crate::error::{Error, exit};

/// The signals that ask a run to stop.
fn stopping() -> Vec<c_int> {
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    if !is_ignored(SIGHUP) {
        signals.push(SIGHUP);
    }
    signals
}

/// Whether whoever started this process wants it to live on, as `nohup` does. Known on Linux only.
#[cfg(unix)]
fn is_ignored(signal: c_int) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .is_some_and(|set| set & (1 << (signal - 1)) != 0)
}

/// From here on a write beyond the limit on the size of files (`ulimit -f`) fails, and the process
/// lives to tell it.
#[cfg(unix)]
pub fn survive_file_limit() -> Result<(), Error> {
    // Nobody looks at the flag: that the signal is handled is enough.
    flag::register(SIGXFSZ, Arc::default())
        .map(drop)
        .map_err(unhandled)
}

#[cfg(not(unix))]
pub fn survive_file_limit() -> Result<(), Error> {
    Ok(())
}

/// Whether the run is to stop. All copies are one.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    raised: Arc<AtomicBool>,
    /// The request in flight changes nothing: it need not be finished.
    harmless: Arc<AtomicBool>,
    /// Signals are handled, and nothing is written yet.
    reading: Arc<AtomicBool>,
    /// Nobody looks: a signal ends the process.
    at_once: Arc<AtomicBool>,
}

impl Stop {
    /// The flag itself, for those who may only look at it.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.raised)
    }

    pub fn is_raised(&self) -> bool {
        self.raised.load(SeqCst)
    }

    /// Whether the request in flight is to be broken off.
    pub fn breaks_off(&self) -> bool {
        self.is_raised() && self.harmless.load(SeqCst)
    }

    /// Says whether the next request changes nothing.
    pub fn set_harmless(&self, harmless: bool) {
        self.harmless.store(harmless, SeqCst);
    }

    /// From here on nobody looks for a while.
    ///
    /// # Errors
    /// The run is to stop already.
    pub fn look_away(&self) -> Result<(), Error> {
        self.at_once.store(self.reading.load(SeqCst), SeqCst);
        self.go_on()
    }

    /// From here on somebody looks, soon and again and again.
    pub fn look(&self) {
        self.at_once.store(false, SeqCst);
    }

    /// # Errors
    /// The run is to stop.
    pub fn go_on(&self) -> Result<(), Error> {
        if self.is_raised() {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }
}

/// The handlers of signals; as long as it lives they are in place.
pub struct Signals {
    stop: Stop,
    signals: Vec<c_int>,
    /// Those that hold until something is written.
    reading: RefCell<Vec<SigId>>,
}

impl Signals {
    /// Installs the handlers. Whoever does looks at `stop`.
    ///
    /// # Errors
    /// The system takes no handlers.
    pub fn install(stop: Stop) -> Result<Signals, Error> {
        Signals::handle(stop).map_err(unhandled)
    }

    fn handle(stop: Stop) -> io::Result<Signals> {
        stop.reading.store(true, SeqCst);
        let signals = stopping();
        for signal in &signals {
            let signal = *signal;
            let at_once = Arc::clone(&stop.at_once);
            flag::register_conditional_shutdown(signal, exit::SIGNAL.into(), at_once)?;
            flag::register(signal, stop.flag())?;
        }
        let reading = second_ends_with(&signals, exit::SIGNAL)?;
        Ok(Signals {
            stop,
            signals,
            reading: RefCell::new(reading),
        })
    }

    /// From here on a first signal never ends the process by itself, and a second one says that
    /// something may be written.
    pub fn begin_writing(&self) {
        // Where this fails a second signal still ends the process, with the code of before.
        if second_ends_with(&self.signals, exit::STOPPED).is_ok() {
            for id in self.reading.take() {
                low_level::unregister(id);
            }
        }
        self.stop.reading.store(false, SeqCst);
        self.stop.look();
    }

    pub fn stopped(&self) -> bool {
        self.stop.is_raised()
    }
}

fn unhandled(error: io::Error) -> Error {
    Error::Usage(format!("signals cannot be handled: {error}"))
}

/// From here on the second signal ends the process with that code.
fn second_ends_with(signals: &[c_int], code: u8) -> io::Result<Vec<SigId>> {
    let first = Arc::new(AtomicBool::new(false));
    let mut ids = Vec::new();
    for signal in signals {
        let signal = *signal;
        // Registered before the flag is raised, so that only the second signal finds it up.
        let shutdown = flag::register_conditional_shutdown(signal, code.into(), Arc::clone(&first));
        ids.push(shutdown?);
        ids.push(flag::register(signal, Arc::clone(&first))?);
    }
    Ok(ids)
}
