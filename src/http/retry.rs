//! What is tried again, and after how long (manual/safety.md#tries-and-waits). Pure: no clock, no
//! waiting.
//!
//! | what happened                                  | wait                                   |
//! |------------------------------------------------|----------------------------------------|
//! | `Retry-After`, positive                        | that many seconds, or until that date  |
//! | Okta 429, limit 0 (too many at once)           | 1, 2, 4, … with jitter, at most 60 s   |
//! | Okta 429, `X-Rate-Limit-Reset`                 | until a second after the reset         |
//! | UMAPI 429                                      | 15, 30, 60 s with jitter, at most 60 s |
//! | anything else                                  | 1, 2, 4, … with jitter, at most 60 s   |
//!
//! Dates are compared with the answer's own `Date`, so a wrong local clock does no harm.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use ureq::http::HeaderMap;

/// A server that asks for more than this is not waited for.
pub(super) const LONGEST: Duration = Duration::from_secs(7200);
const LONGEST_BACK_OFF: f64 = 60.0;

/// Whose rules for waiting hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Okta,
    Umapi,
    /// Okta's token endpoint: another rate limit than that of its API, and POST changes nothing.
    OktaTokens,
    /// Adobe's token endpoint (Identity Management Services).
    Ims,
}

impl Api {
    pub(super) fn gives_tokens(self) -> bool {
        matches!(self, Api::OktaTokens | Api::Ims)
    }
}

/// What is known of a failed try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed<'f> {
    pub(super) api: Api,
    /// Status and headers; `None` if there was no answer.
    pub(super) answer: Option<(u16, &'f HeaderMap)>,
    /// How many tries have failed: 1 after the first.
    pub(super) tries: u32,
}

/// Whether a status stands for a reason that passes.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// How long to wait before the next try. `now` is the local time in epoch seconds, for an answer
/// without `Date`; `jitter` is from 0 to 1. May be longer than [`LONGEST`]: then the server asked
/// for it.
pub(super) fn pause(failed: Failed<'_>, now: i64, jitter: f64) -> Duration {
    let asked = failed
        .answer
        .and_then(|(status, headers)| asked(failed.api, status, headers, now));
    asked.unwrap_or_else(|| back_off(failed, jitter))
}

fn asked(api: Api, status: u16, headers: &HeaderMap, now: i64) -> Option<Duration> {
    let now = date(headers).unwrap_or(now);
    if let Some(wait) = retry_after(headers, now) {
        return Some(wait);
    }
    if !matches!(api, Api::Okta | Api::OktaTokens) || status != 429 {
        return None;
    }
    let limit = RateLimit::read(headers)?;
    let too_many_at_once = limit.limit == Some(0);
    (!too_many_at_once)
        .then(|| limit.until_reset(now))
        .flatten()
}

fn back_off(failed: Failed<'_>, jitter: f64) -> Duration {
    let throttled = failed.answer.is_some_and(|(status, _)| status == 429);
    let first = if throttled && failed.api == Api::Umapi {
        15.0
    } else {
        1.0
    };
    let exponent = failed.tries.saturating_sub(1).min(16);
    let base = first * f64::from(1_u32 << exponent);
    let jittered = base * (1.0 + jitter.clamp(0.0, 1.0) / 4.0);
    Duration::from_secs_f64(jittered.min(LONGEST_BACK_OFF))
}

/// `Retry-After`: the longest of repeated ones, as one must never be earlier than told.
fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    texts(headers, "retry-after")
        .filter_map(|text| seconds(text).or_else(|| until(http_date(text)?, now)))
        .filter(|wait| !wait.is_zero())
        .max()
}

fn seconds(text: &str) -> Option<Duration> {
    let plain = text.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    let seconds: f64 = plain.then(|| text.parse().ok()).flatten()?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

fn until(then: i64, now: i64) -> Option<Duration> {
    let seconds = then.checked_sub(now)?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// The answer's `Date` in epoch seconds.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    texts(headers, "date").find_map(http_date)
}

/// A date in any of the three forms that HTTP knows.
fn http_date(text: &str) -> Option<i64> {
    const OLD_FORMS: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S", "%a %b %e %H:%M:%S %Y"];
    let usual = DateTimeParser::new().relaxed_weekday(true);
    if let Ok(date) = usual.parse_timestamp(text) {
        return Some(date.as_second());
    }
    let text = text.trim_end_matches("GMT").trim_end();
    let read = |form: &&str| DateTime::strptime(form, text).ok();
    let date = OLD_FORMS.iter().find_map(read)?;
    let date = date.to_zoned(TimeZone::UTC).ok()?;
    Some(date.timestamp().as_second())
}

/// All values of a header that are text, trimmed.
fn texts<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok().map(str::trim))
}

/// Okta's rate-limit headers. Of repeated ones the smallest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateLimit {
    pub(super) limit: Option<i64>,
    pub(super) remaining: Option<i64>,
    /// When Okta counts anew, in epoch seconds (`x-rate-limit-reset`).
    pub(super) reset: Option<i64>,
}

impl RateLimit {
    /// `None` if the answer has none of them.
    pub(super) fn read(headers: &HeaderMap) -> Option<RateLimit> {
        let smallest = |name| {
            let numbers = texts(headers, name).flat_map(|text| text.split(','));
            numbers.filter_map(|text| text.trim().parse().ok()).min()
        };
        let read = RateLimit {
            limit: smallest("x-rate-limit-limit"),
            remaining: smallest("x-rate-limit-remaining"),
            reset: smallest("x-rate-limit-reset"),
        };
        let none = read.limit.is_none() && read.remaining.is_none() && read.reset.is_none();
        (!none).then_some(read)
    }

    /// Whether no more than `reserve` percent of the limit is left.
    pub(super) fn is_in_reserve(&self, reserve: f64) -> bool {
        match (self.limit, self.remaining) {
            (Some(limit), Some(left)) if limit > 0 => left as f64 <= limit as f64 * reserve / 100.0,
            _ => false,
        }
    }

    /// Until a second after the reset; `None` if it is past or not known.
    pub(super) fn until_reset(&self, now: i64) -> Option<Duration> {
        let wait = until(self.reset?.checked_add(1)?, now)?;
        (!wait.is_zero()).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::{HeaderName, HeaderValue};

    const DATE: &str = "Mon, 02 Mar 2026 10:44:49 GMT";
    /// [`DATE`] in epoch seconds.
    const THEN: i64 = 1_772_448_289;

    type Lines<'l> = &'l [(&'l str, &'l str)];

    fn headers(lines: Lines<'_>) -> HeaderMap {
        let parse = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        };
        lines
            .iter()
            .map(parse)
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            })
    }

    fn wait(api: Api, status: u16, tries: u32, lines: Lines<'_>) -> f64 {
        let headers = headers(lines);
        let answer = Some((status, &headers));
        pause(Failed { api, answer, tries }, THEN, 0.0).as_secs_f64()
    }

    #[test]
    fn the_wait_follows_the_table() {
        let reset_in_12: &[_] = &[
            ("date", DATE),
            ("x-rate-limit-limit", "600"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1772448301"),
        ];
        let at_once: &[_] = &[
            ("date", DATE),
            ("x-rate-limit-limit", "0"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1772448301"),
        ];
        let repeated: &[_] = &[
            ("x-rate-limit-reset", "1772448301"),
            ("x-rate-limit-reset", "1772448299"),
        ];
        let later: &[_] = &[
            ("date", DATE),
            ("retry-after", "Mon, 02 Mar 2026 10:45:19 GMT"),
        ];
        let past: &[_] = &[
            ("date", DATE),
            ("retry-after", "Mon, 02 Mar 2026 10:44:19 GMT"),
        ];
        let (okta, umapi, ims) = (Api::Okta, Api::Umapi, Api::Ims);
        let table: &[(Api, u16, u32, Lines<'_>, f64)] = &[
            (okta, 503, 1, &[("retry-after", "7")], 7.0),
            (umapi, 429, 1, &[("retry-after", "1938")], 1938.0),
            (umapi, 504, 1, later, 30.0),
            (umapi, 504, 1, past, 1.0),
            (umapi, 429, 1, past, 15.0),
            (umapi, 429, 1, &[("retry-after", "0")], 15.0),
            (umapi, 429, 1, &[("retry-after", "-5")], 15.0),
            (umapi, 429, 1, &[("retry-after", "soon")], 15.0),
            (umapi, 429, 2, &[], 30.0),
            (umapi, 429, 3, &[], 60.0),
            (umapi, 429, 9, &[], 60.0),
            (umapi, 503, 3, &[], 4.0),
            (ims, 429, 1, &[], 1.0),
            (okta, 429, 1, reset_in_12, 13.0),
            (Api::OktaTokens, 429, 1, reset_in_12, 13.0),
            (okta, 503, 1, reset_in_12, 1.0),
            (umapi, 429, 1, reset_in_12, 15.0),
            (okta, 429, 2, at_once, 2.0),
            (okta, 429, 1, repeated, 11.0),
            (okta, 429, 1, &[("x-rate-limit-reset", "17")], 1.0),
            (okta, 429, 1, &[], 1.0),
            (okta, 500, 7, &[], 60.0),
            (okta, 500, u32::MAX, &[], 60.0),
        ];
        for (api, status, tries, lines, expected) in table {
            let got = wait(*api, *status, *tries, lines);
            assert_eq!(got, *expected, "{api:?} {status} {tries} {lines:?}");
        }
    }

    #[test]
    fn a_date_may_have_any_form_of_http() {
        for text in [
            DATE,
            "Monday, 02-Mar-26 10:44:49 GMT",
            "Mon Mar  2 10:44:49 2026",
            "Tue, 02 Mar 2026 10:44:49 GMT",
            "Mon, 02 Mar 2026 10:44:49 +0000",
        ] {
            assert_eq!(http_date(text), Some(THEN), "{text}");
        }
        for text in [
            "",
            "GMT",
            "soon",
            "2026-03-02T10:44:49Z",
            "Mon, 31 Feb 2026 10:44:49 GMT",
        ] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }

    #[test]
    fn more_than_two_hours_are_told() {
        for text in [
            "7201",
            "99999999999999999999999",
            "Mon, 02 Mar 2026 12:44:50 GMT",
        ] {
            let headers = headers(&[("date", DATE), ("retry-after", text)]);
            let answer = Some((429, &headers));
            let failed = Failed {
                api: Api::Umapi,
                answer,
                tries: 1,
            };
            assert!(pause(failed, 0, 0.0) > LONGEST, "{text}");
        }
    }

    #[test]
    fn jitter_never_shortens_and_never_passes_a_minute() {
        let failed = |tries| Failed {
            api: Api::Okta,
            answer: None,
            tries,
        };
        assert_eq!(pause(failed(2), 0, 1.0), Duration::from_millis(2500));
        assert_eq!(pause(failed(7), 0, 1.0), Duration::from_secs(60));
    }

    #[test]
    fn the_reserve_is_a_share_of_the_limit() {
        let limit = |limit, remaining| RateLimit {
            limit: Some(limit),
            remaining: Some(remaining),
            reset: Some(THEN + 5),
        };
        for (total, left, reserve, expected) in [
            (600, 61, 10.0, false),
            (600, 60, 10.0, true),
            (600, 0, 0.0, true),
            (600, 1, 0.0, false),
            (0, 0, 10.0, false),
        ] {
            let read = limit(total, left);
            assert_eq!(read.is_in_reserve(reserve), expected, "{total} {left}");
        }
        assert_eq!(limit(1, 0).until_reset(THEN), Some(Duration::from_secs(6)));
        assert_eq!(limit(1, 0).until_reset(THEN + 6), None);
        assert_eq!(RateLimit::read(&HeaderMap::new()), None);
    }

    #[test]
    fn only_some_statuses_pass() {
        let passing: Vec<u16> = (100..600).filter(|status| is_passing(*status)).collect();
        assert_eq!(passing, [408, 425, 429, 500, 502, 503, 504]);
    }
}
