//! Waits: between two tries, for a quota, and for the reset of a rate limit.

use std::time::{Duration, Instant};

use ring::rand::{SecureRandom as _, SystemRandom};
use ureq::http::HeaderMap;

use super::{Answer, Client, Tries, epoch_seconds};
use crate::http::broken::Broken;
use crate::http::retry::{self, Failed, RateLimit};
use crate::http::{Failure, Quota, wait};

impl Client {
    pub(super) fn note_rate_limit(&mut self, headers: &HeaderMap) {
        let Some(reserve) = self.reserve else { return };
        let limit = RateLimit::read(headers).filter(|limit| limit.is_in_reserve(reserve));
        let now = retry::date(headers).unwrap_or_else(epoch_seconds);
        let wait = limit.and_then(|limit| limit.until_reset(now));
        self.not_before = wait.and_then(|wait| Instant::now().checked_add(wait));
    }

    /// Leaves the reserve of the rate limit to others: waits until the limit is reset.
    pub(super) fn keep_reserve(&mut self, tries: &Tries) -> Result<(), Failure> {
        let Some(until) = self.not_before.take() else {
            return Ok(());
        };
        let left = until.saturating_duration_since(Instant::now());
        if left > retry::LONGEST {
            // No rate limit lasts that long: the header is wrong. A refusal would tell.
            return Ok(());
        }
        log::info!(
            target: self.logger,
            "{}: the rate limit is used up to the reserve; waiting {} for its reset",
            self.host,
            self.in_words(left),
        );
        self.wait_for_limit(tries, left)
    }

    /// How long a request of that kind would wait now.
    pub fn wait_for(&self, quota: &Quota) -> Duration {
        quota.wait(self.patience.now())
    }

    pub(super) fn keep_quota(&mut self, quota: &Quota, tries: &Tries) -> Result<(), Failure> {
        let left = self.wait_for(quota);
        if left.is_zero() {
            return Ok(());
        }
        // To the tenth that the log tells, so that it never tells less than is waited.
        let tenths = u64::try_from(left.as_millis().div_ceil(100)).unwrap_or(u64::MAX);
        let left = Duration::from_millis(tenths.saturating_mul(100));
        log::debug!(
            target: self.logger,
            "{}: waiting {} to keep to {}",
            tries.request,
            self.in_words(left),
            quota.in_words(),
        );
        self.wait_for_limit(tries, left)
    }

    pub(super) fn count_in(&self, quota: &Quota, outcome: &Result<Answer, Broken>) {
        if !outcome.as_ref().is_ok_and(Answer::is_throttled) {
            // Also without an answer: the server may have counted it.
            quota.count(self.patience.now());
        } else if quota.keep_to_documented() {
            log::warn!(
                target: self.logger,
                "{}: too many requests: from now on at most {}, so that none is refused",
                self.host,
                quota.in_words(),
            );
        }
    }

    /// Waits before the next try of a request.
    pub(super) fn pause(
        &mut self,
        tries: &Tries,
        problem: &str,
        answer: Option<&Answer>,
    ) -> Result<(), Failure> {
        let asked = self.pause_after(tries.count, answer);
        if asked > retry::LONGEST {
            let seconds = asked.as_secs();
            return Err(tries.failure(&format!(
                "{problem}: the server asks to wait {seconds} s, which is too long; run again \
                 later"
            )));
        }
        log::warn!(
            target: self.logger,
            "{}: {problem}; trying again in {} ({} of {} further tries)",
            tries.request,
            self.in_words(asked),
            tries.count,
            self.retries,
        );
        // The wait that the refusal asks for is the one for the reset, too.
        self.not_before = None;
        if answer.is_some_and(Answer::is_throttled) {
            self.wait_for_limit(tries, asked)
        } else {
            self.wait(tries, asked)
        }
    }

    /// Waits as long as after that many refusals with 429.
    pub fn back_off(&self, problem: &str, count: u32) -> Result<(), Failure> {
        let throttled = Answer {
            status: 429,
            headers: HeaderMap::new(),
        };
        let asked = self.pause_after(count, Some(&throttled));
        log::warn!(
            target: self.logger,
            "{}: {problem}; trying again in {}",
            self.host,
            self.in_words(asked),
        );
        self.wait(&Tries::of(self.host.clone()), asked)
    }

    fn pause_after(&self, tries: u32, answer: Option<&Answer>) -> Duration {
        let failed = Failed {
            api: self.api,
            answer: answer.map(|answer| (answer.status, &answer.headers)),
            tries,
        };
        retry::pause(failed, epoch_seconds(), jitter())
    }

    fn in_words(&self, wanted: Duration) -> String {
        wait::in_words(wanted, self.patience.capped(wanted))
    }

    /// A wait for a rate limit or a quota, which the report counts.
    fn wait_for_limit(&mut self, tries: &Tries, wait: Duration) -> Result<(), Failure> {
        let start = Instant::now();
        let waited = self.wait(tries, wait);
        self.statistics.waited += start.elapsed();
        waited
    }

    fn wait(&self, tries: &Tries, wait: Duration) -> Result<(), Failure> {
        self.patience.wait(wait).map_err(|_| tries.stopped())
    }
}

/// Between 0 and 1, so that many clients do not come back at the same moment.
fn jitter() -> f64 {
    let mut byte = [0_u8];
    match SystemRandom::new().fill(&mut byte) {
        Ok(()) => f64::from(byte[0]) / 255.0,
        Err(_) => 0.5,
    }
}
