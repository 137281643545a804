//! SIGINT and SIGTERM (manual/safety.md#signals).
//!
//! The first signal raises a flag. Whoever waits looks at it: a request that changes nothing is
//! broken off, one that may have changed something is finished, and the run ends in order. Where
//! nobody can look, before anything is written, the signal ends the process there and then: while
//! a host name is looked up, while connecting, while the plan is worked out. A second signal always
//! does.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use crate::error::{Error, exit};

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
    /// The flag itself.
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
        match self.is_raised() {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }
}

/// The signal handlers.
pub struct Signals {
    stop: Stop,
    /// Those that hold until something is written.
    reading: RefCell<Vec<SigId>>,
}

impl Signals {
    /// Installs the handlers. Nobody looks at `stop` at first.
    pub fn install(stop: Stop) -> io::Result<Signals> {
        stop.reading.store(true, SeqCst);
        stop.at_once.store(true, SeqCst);
        for signal in [SIGINT, SIGTERM] {
            let at_once = Arc::clone(&stop.at_once);
            flag::register_conditional_shutdown(signal, exit::SIGNAL.into(), at_once)?;
            flag::register(signal, stop.flag())?;
        }
        let reading = second_ends_with(exit::SIGNAL)?;
        Ok(Signals {
            stop,
            reading: RefCell::new(reading),
        })
    }

    /// From here on a first signal never ends the process by itself, and a second one says that
    /// something may be written.
    pub fn begin_writing(&self) {
        // Where this fails a second signal still ends the process, with the code of before.
        if second_ends_with(exit::STOPPED).is_ok() {
            for id in self.reading.take() {
                low_level::unregister(id);
            }
        }
        self.stop.reading.store(false, SeqCst);
        self.stop.look();
    }

    /// Whether a signal came.
    pub fn stopped(&self) -> bool {
        self.stop.is_raised()
    }
}

/// From here on the second signal ends the process with that code.
fn second_ends_with(code: u8) -> io::Result<Vec<SigId>> {
    let first = Arc::new(AtomicBool::new(false));
    let mut ids = Vec::new();
    for signal in [SIGINT, SIGTERM] {
        // Registered before the flag is raised, so that only the second signal finds it up.
        let shutdown = flag::register_conditional_shutdown(signal, code.into(), Arc::clone(&first));
        ids.push(shutdown?);
        ids.push(flag::register(signal, Arc::clone(&first))?);
    }
    Ok(ids)
}
