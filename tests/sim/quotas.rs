//! What Adobe allows a client: so many calls of a kind in a sliding minute, and page 0 of a whole
//! listing not too often.
//!
//! Nothing is limited unless the world asks for it. Knows clients and times, not what calls mean.

use super::http::Answer;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// What a call counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Action,
    /// A page of users; `whole`: of all users, not of a group.
    UserPage {
        first: bool,
        whole: bool,
    },
    GroupPage {
        first: bool,
    },
    OneUser,
}

impl Kind {
    /// Its key in the world, and the number that Adobe documents.
    fn quota(self) -> (&'static str, u64) {
        match self {
            Kind::Action => ("actions", 10),
            Kind::UserPage { .. } => ("user_pages", 25),
            Kind::GroupPage { .. } => ("group_pages", 5),
            Kind::OneUser => ("one_user", 25),
        }
    }

    fn begins_a_listing(self) -> bool {
        matches!(
            self,
            Kind::GroupPage { first: true }
                | Kind::UserPage {
                    first: true,
                    whole: true
                }
        )
    }
}

#[derive(Default)]
pub(super) struct Quotas {
    settings: Value,
    block: Value,
    clients: HashMap<String, Client>,
}

#[derive(Default)]
struct Client {
    /// When calls were let through in the last minute, by kind.
    calls: HashMap<&'static str, VecDeque<Duration>>,
    /// When a listing was begun last, by kind.
    begun: HashMap<&'static str, Duration>,
    blocked_until: Duration,
}

impl Quotas {
    /// What clients have done so far stays.
    pub(super) fn set_world(&mut self, adobe: &Value) {
        self.settings = adobe["quotas"].clone();
        self.block = adobe["listing_block"].clone();
    }

    /// The refusal of a call, if it comes too early.
    pub(super) fn refuse(&mut self, client: &str, kind: Kind, now: Duration) -> Option<Answer> {
        let client = self.clients.entry(client.to_owned()).or_default();
        if now < client.blocked_until {
            return Some(refusal(client.blocked_until - now));
        }
        let (name, usual) = kind.quota();
        if let Some(within) = self.block["within"].as_f64()
            && kind.begins_a_listing()
        {
            let within = Duration::from_secs_f64(within);
            let before = client.begun.insert(name, now);
            if before.is_some_and(|before| now < before + within) {
                let wait = self.block["retry_after"].as_f64().unwrap_or(4500.0);
                client.begun.remove(name);
                client.blocked_until = now + Duration::from_secs_f64(wait);
                return Some(refusal(client.blocked_until - now));
            }
        }
        let allowed = match &self.settings {
            Value::Bool(true) => Some(usual),
            settings => settings[name].as_u64(),
        };
        let calls = client.calls.entry(name).or_default();
        while calls.front().is_some_and(|call| *call + MINUTE <= now) {
            calls.pop_front();
        }
        if let (Some(oldest), true) = (
            calls.front(),
            allowed.is_some_and(|n| calls.len() as u64 >= n),
        ) {
            return Some(refusal(*oldest + MINUTE - now));
        }
        calls.push_back(now);
        None
    }
}

/// The time is rounded up: whoever waits for it is let through.
fn refusal(wait: Duration) -> Answer {
    let body = json!({"error_code": "429050", "message": "Too many requests"});
    Answer::json(429, body.to_string()).with("Retry-After", wait.as_secs_f64().ceil())
}
