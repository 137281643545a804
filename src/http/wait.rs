//! The one place where time passes on purpose.
//!
//! Knows how long a wait may be and that it can be cut short. Why one waits is not its matter.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often the stop flag is looked at while waiting.
const GLANCE: Duration = Duration::from_millis(50);

/// The stop flag was set while waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stopped;

/// Waits, up to a cap, until told to stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Patience {
    /// No wait is longer (`USER_SYNC_MAX_WAIT`).
    pub(super) cap: Option<Duration>,
    /// Set by the signal handler.
    pub(super) stop: Arc<AtomicBool>,
}

impl Patience {
    /// `wanted` as far as the cap allows.
    pub(super) fn capped(&self, wanted: Duration) -> Duration {
        self.cap.map_or(wanted, |cap| wanted.min(cap))
    }

    /// Waits that long, or until the stop flag is set.
    pub(super) fn wait(&self, duration: Duration) -> Result<(), Stopped> {
        let start = Instant::now();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
            let left = duration.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(GLANCE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_shortens_a_wait() {
        let patience = Patience {
            cap: Some(Duration::from_millis(5)),
            ..Patience::default()
        };
        let hour = Duration::from_secs(3600);
        assert_eq!(patience.capped(hour), Duration::from_millis(5));
        assert_eq!(Patience::default().capped(hour), hour);
    }

    #[test]
    fn the_stop_flag_ends_a_wait() {
        let patience = Patience::default();
        patience.stop.store(true, Ordering::Relaxed);
        assert_eq!(patience.wait(Duration::from_secs(3600)), Err(Stopped));
    }
}
