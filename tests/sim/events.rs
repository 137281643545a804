//! What happens in the tenant while it is read: before the nth request that
//! matches, a group or the token changes. The format is in the head of `mod.rs`.

use super::http::Request;
use regex::Regex;
use serde_json::Value;

/// One change of the tenant.
#[derive(Clone)]
pub(super) struct Event {
    pub(super) what: String,
    pub(super) group: Option<String>,
    pub(super) user: Option<String>,
    pub(super) to: Option<String>,
}

struct Expected {
    pattern: Regex,
    /// So many requests that match are still to come, this one included.
    left: u64,
    event: Event,
}

#[derive(Default)]
pub(super) struct Events(Vec<Expected>);

impl Events {
    pub(super) fn of(events: &Value) -> Events {
        let events = events.as_array().into_iter().flatten();
        Events(events.map(parse).collect())
    }

    /// What happens before this request is answered.
    pub(super) fn due(&mut self, request: &Request) -> Vec<Event> {
        let mut due = Vec::new();
        for expected in &mut self.0 {
            if !expected.pattern.is_match(&request.line()) {
                continue;
            }
            if expected.left == 1 {
                due.push(expected.event.clone());
            }
            expected.left = expected.left.saturating_sub(1);
        }
        due
    }
}

fn parse(event: &Value) -> Expected {
    const KNOWN: [&str; 5] = ["rename", "delete", "drop_member", "add_member", "revoke"];
    let text = |key: &str| event[key].as_str().map(str::to_owned);
    let what = text("what").filter(|what| KNOWN.contains(&what.as_str()));
    Expected {
        pattern: Regex::new(&text("match").unwrap_or_default()).unwrap(),
        left: event["nth"].as_u64().unwrap_or(1),
        event: Event {
            what: what.unwrap_or_else(|| panic!("unknown event: {event}")),
            group: text("group"),
            user: text("user"),
            to: text("to"),
        },
    }
}
