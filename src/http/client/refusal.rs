//! Answers that are failures, in words that an operator can use.

use std::fmt::Write as _;

use ureq::http::{HeaderMap, StatusCode};

use super::Client;
use crate::http::{Effect, Failure, Reply};

impl Client {
    /// The failure that an answer with a failing status is. `told` is what the server says of it,
    /// `advice` what to do about it; both may be empty.
    pub fn refusal(&self, reply: &Reply, told: &str, advice: &str) -> Failure {
        let mut problem = status_text(reply.status);
        let page = web_page(&self.body).filter(|_| told.is_empty());
        if !told.is_empty() {
            let _ = write!(problem, ", {}", self.secrets.hide(told));
        }
        problem.push_str(&self.request_id(&reply.headers));
        let advice = match page {
            Some(page) if advice.is_empty() => page.to_owned(),
            Some(page) => format!("{page}; otherwise {advice}"),
            None => advice.to_owned(),
        };
        if !advice.is_empty() {
            let _ = write!(problem, ": {advice}");
        }
        reply.tries.failure(&problem)
    }

    /// The failure that an answer with status 200 is which cannot be used.
    pub fn unusable(&self, reply: &Reply, why: &str) -> Failure {
        let why = match web_page(&self.body) {
            Some(page) => page.to_owned(),
            None => self.secrets.hide(why),
        };
        let id = self.request_id(&reply.headers);
        let problem = format!("the answer cannot be used: {why}{id}");
        Failure::new(reply.request().to_owned(), problem, Effect::Unknown)
    }

    /// ` (request id 4711)`, by which the server's support finds a request; empty without one.
    fn request_id(&self, headers: &HeaderMap) -> String {
        let names = ["x-okta-request-id", "x-request-id"];
        let id = names.iter().find_map(|name| headers.get(*name));
        id.map_or(String::new(), |id| {
            let id = String::from_utf8_lossy(id.as_bytes());
            format!(" (request id {})", self.secrets.hide(&id))
        })
    }
}

/// What is said of an answer that is HTML; no JSON begins like it.
pub(super) fn web_page(body: &[u8]) -> Option<&'static str> {
    body.trim_ascii_start().starts_with(b"<").then_some(
        "it is a web page, not JSON: a proxy, a firewall or a login page may have answered in \
         place of the server",
    )
}

/// The status as messages show it: `404 Not Found`, or the number where HTTP has no words.
pub(super) fn status_text(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok();
    match known.and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => format!("status {status}"),
    }
}
