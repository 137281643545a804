//! Keeps requests of one kind to so many in any minute.
//!
//! Off until a server says that it had too many, unless the configuration names a number. All
//! clients that share a quota count together. Knows numbers and times, not what is asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The quota of one kind of request. Clones are the same quota.
#[derive(Debug, Clone)]
pub struct Quota(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    rule: QuotaRule,
    /// Requests in any minute; `None`: as many as there are.
    limit: Option<usize>,
    /// When the newest requests were answered, as many as can ever count.
    answered: VecDeque<Duration>,
}

/// What a quota allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaRule {
    /// What is counted, as messages say it: `action requests`.
    pub what: &'static str,
    /// Requests a minute that the server's documentation names: the limit once it has refused one.
    pub documented: usize,
    /// Requests a minute from the start on, if the configuration says so.
    pub from_start: Option<usize>,
}

impl Quota {
    pub(super) fn new(rule: QuotaRule) -> Quota {
        Quota(Rc::new(RefCell::new(State {
            rule,
            limit: rule.from_start,
            answered: VecDeque::new(),
        })))
    }

    /// How long the next request has to wait. `now` is any clock's.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let state = self.0.borrow();
        let nth = state
            .limit
            .and_then(|limit| state.answered.len().checked_sub(limit));
        let oldest = nth.and_then(|nth| state.answered.get(nth));
        oldest.map_or(Duration::ZERO, |oldest| {
            (*oldest + MINUTE).saturating_sub(now)
        })
    }

    /// Counts a request that the server let through. The time of its answer counts: the server saw
    /// it earlier, never later.
    pub(super) fn count(&self, now: Duration) {
        let mut state = self.0.borrow_mut();
        let most = state.rule.documented.max(state.limit.unwrap_or(0));
        if state.answered.len() >= most {
            state.answered.pop_front();
        }
        state.answered.push_back(now);
    }

    /// The server had too many: from now on the documented limit holds. Whether that is news.
    pub(super) fn keep_to_documented(&self) -> bool {
        let mut state = self.0.borrow_mut();
        let documented = state.rule.documented;
        let is_news = state.limit.is_none_or(|limit| limit > documented);
        if is_news {
            state.limit = Some(documented);
        }
        is_news
    }

    /// `10 action requests a minute`
    pub(super) fn in_words(&self) -> String {
        let state = self.0.borrow();
        let limit = state.limit.unwrap_or(state.rule.documented);
        format!("{limit} {} a minute", state.rule.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(documented: usize, from_start: Option<usize>) -> Quota {
        Quota::new(QuotaRule {
            what: "pages",
            documented,
            from_start,
        })
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn nothing_waits_until_the_server_refuses() {
        let quota = quota(2, None);
        for now in 0..5 {
            assert_eq!(quota.wait(seconds(now)), Duration::ZERO);
            quota.count(seconds(now));
        }
        assert!(quota.keep_to_documented());
        assert!(!quota.keep_to_documented(), "told once");
        // The last two were at 3 and at 4.
        assert_eq!(quota.wait(seconds(5)), seconds(58));
        assert_eq!(quota.wait(seconds(63)), Duration::ZERO);
        quota.count(seconds(63));
        assert_eq!(quota.wait(seconds(63)), seconds(1));
    }

    #[test]
    fn any_minute_holds_no_more_than_the_limit() {
        let quota = quota(10, Some(3));
        let mut now = seconds(0);
        let mut sent = Vec::new();
        for _ in 0..20 {
            now += quota.wait(now) + seconds(1);
            quota.count(now);
            sent.push(now);
        }
        assert!(sent.windows(4).all(|four| four[3] - four[0] >= MINUTE));
        assert_eq!(quota.in_words(), "3 pages a minute");
    }

    #[test]
    fn a_refusal_never_raises_the_limit() {
        let slow = quota(10, Some(3));
        assert!(!slow.keep_to_documented());
        assert_eq!(slow.in_words(), "3 pages a minute");
        let fast = quota(10, Some(30));
        assert!(fast.keep_to_documented());
        assert_eq!(fast.in_words(), "10 pages a minute");
    }
}
