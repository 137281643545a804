//! The one place where time passes on purpose.
//!
//! Knows how long a wait may be and that it can be cut short. Why one waits is not its matter.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::os::signals::Stop;

/// How often the stop flag is looked at while waiting.
const GLANCE: Duration = Duration::from_millis(50);

/// Waits, up to a cap, until told to stop. Clones share the time that was saved.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    /// No wait is longer (`USER_SYNC_MAX_WAIT`).
    cap: Option<Duration>,
    pub(super) stop: Stop,
    started: Instant,
    /// What the cap has cut off so far.
    cut: Rc<Cell<Duration>>,
}

impl Patience {
    pub(super) fn new(cap: Option<Duration>) -> Patience {
        Patience {
            cap,
            stop: Stop::default(),
            started: Instant::now(),
            cut: Rc::default(),
        }
    }

    /// Time since the start, as if no wait had been cut: quotas count on what was waited for.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed() + self.cut.get()
    }

    /// `wanted` as far as the cap allows.
    pub(super) fn capped(&self, wanted: Duration) -> Duration {
        self.cap.map_or(wanted, |cap| wanted.min(cap))
    }

    /// Waits that long as far as the cap allows, or until the stop flag is set.
    pub(super) fn wait(&self, wanted: Duration) -> Result<(), Error> {
        let duration = self.capped(wanted);
        let cut = self.cut.get() + (wanted - duration);
        self.cut.set(cut);
        let start = Instant::now();
        loop {
            self.stop.go_on()?;
            let left = duration.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(GLANCE));
        }
    }
}

/// A wait for the log: as it should be, and as it is where the cap makes it shorter.
pub(super) fn in_words(wanted: Duration, wait: Duration) -> String {
    let seconds = wanted.as_secs_f64();
    if wait < wanted {
        let wait = wait.as_secs_f64();
        return format!("{seconds:.1} s (cut to {wait} s by USER_SYNC_MAX_WAIT)");
    }
    format!("{seconds:.1} s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    #[test]
    fn a_wait_that_is_cut_is_told_with_both_times() {
        let [long, short] = [15.25, 0.01].map(Duration::from_secs_f64);
        assert_eq!(in_words(long, long), "15.2 s");
        let cut = "15.2 s (cut to 0.01 s by USER_SYNC_MAX_WAIT)";
        assert_eq!(in_words(long, short), cut);
    }

    #[test]
    fn the_cap_shortens_a_wait() {
        let patience = Patience::new(Some(Duration::from_millis(5)));
        let hour = Duration::from_secs(3600);
        assert_eq!(patience.capped(hour), Duration::from_millis(5));
        assert_eq!(Patience::new(None).capped(hour), hour);
        assert!(patience.clone().wait(hour).is_ok());
        assert!(patience.now() >= hour, "the hour counts as waited");
    }

    #[test]
    fn the_stop_flag_ends_a_wait() {
        let patience = Patience::new(None);
        patience.stop.flag().store(true, SeqCst);
        assert!(matches!(
            patience.wait(Duration::from_secs(3600)),
            Err(Error::Stopped)
        ));
    }
}
