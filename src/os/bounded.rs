//! Calls of the system that may never return, and that nothing can break off: looking up a host
//! name, connecting to it, asking the keyring.
//!
//! Such a call has a thread of its own and is left behind there if it takes too long. No other
//! thread is started. Knows nothing of what is called.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::signals::Stop;

/// How often the stop flag is looked at while waiting.
const GLANCE: Duration = Duration::from_millis(50);

/// What the call gives; `None` if that takes longer than `limit`, or the stop flag ends the wait.
/// Where the machine lets no thread be started the call is made here, and takes what it takes;
/// nobody looks at the flag meanwhile.
pub fn ask<T: Send + 'static>(
    limit: Duration,
    stop: &Stop,
    call: impl Fn() -> T + Clone + Send + 'static,
) -> Option<T> {
    let (teller, answer) = mpsc::sync_channel(1);
    let there = call.clone();
    // Nobody listens any more if the answer comes too late.
    let started = thread::Builder::new().spawn(move || teller.send(there()).ok());
    if started.is_err() {
        let goes_on = stop.look_away().is_ok() || !stop.breaks_off();
        let answer = goes_on.then(call);
        stop.look();
        return answer;
    }
    let start = Instant::now();
    let told = loop {
        let left = limit.saturating_sub(start.elapsed());
        match answer.recv_timeout(left.min(GLANCE)) {
            Err(RecvTimeoutError::Timeout) if left > GLANCE && !stop.breaks_off() => {}
            told => break told.ok(),
        }
    };
    told.filter(|_| !stop.breaks_off())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_call_that_never_returns_is_left_behind() {
        let (_sender, receiver) = mpsc::channel::<u8>();
        let receiver = Arc::new(Mutex::new(receiver));
        let never = move || {
            receiver
                .lock()
                .map(|receiver| receiver.recv().is_ok())
                .is_ok()
        };
        let stop = Stop::default();
        assert_eq!(ask(Duration::from_millis(1), &stop, never.clone()), None);
        stop.set_harmless(true);
        stop.flag().store(true, SeqCst);
        assert_eq!(ask(Duration::from_secs(3600), &stop, never), None);
    }

    #[test]
    fn what_a_call_gives_is_given() {
        let long = Duration::from_secs(3600);
        assert_eq!(ask(long, &Stop::default(), || 7), Some(7));
    }
}
