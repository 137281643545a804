//! SIGINT and SIGTERM (spec/safety.md, Files).
//!
//! Before anything is written a signal ends the process at once with exit code 130. From the first
//! write on it only raises a flag: the request in flight is finished, and the run ends in order. A
//! second signal ends the process there and then.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::exit;

/// What the signal handlers look at.
#[derive(Clone, Default)]
pub struct Signals {
    reading: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers. `stop` is the flag that the first signal raises once writing began.
    pub fn install(stop: Arc<AtomicBool>) -> io::Result<Signals> {
        let signals = Signals {
            stop,
            ..Signals::default()
        };
        signals.reading.store(true, Ordering::SeqCst);
        for signal in [SIGINT, SIGTERM] {
            let (reading, stop) = (&signals.reading, &signals.stop);
            flag::register_conditional_shutdown(signal, exit::SIGNAL.into(), Arc::clone(reading))?;
            // Registered before the flag is raised, so that only the second signal finds it up.
            flag::register_conditional_shutdown(signal, exit::STOPPED.into(), Arc::clone(stop))?;
            flag::register(signal, Arc::clone(stop))?;
        }
        Ok(signals)
    }

    /// From here on a signal no longer ends the process by itself.
    pub fn begin_writing(&self) {
        self.reading.store(false, Ordering::SeqCst);
    }

    /// Whether a signal came after [`Signals::begin_writing`].
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
