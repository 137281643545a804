//! Talks to one server: blocking, one connection, one request after another
//! (manual/safety.md#tries-and-waits and transport).
//!
//! This file holds the words: request, answer, server. Knows nothing of what is asked, and nothing
//! of policy: which users, which groups, what it means.

mod addresses;
mod attentive;
mod broken;
mod client;
mod dial;
mod extent;
mod failure;
pub mod json;
mod parts;
mod proxy;
mod quota;
pub mod reader;
pub mod recording;
mod redact;
mod retry;
mod tls;
mod token;
mod transport;
mod wait;

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::HeaderMap;

use crate::config::Connection;
use crate::os::secret::Secret;
pub use client::Client;
use client::Tries;
pub use extent::Extent;
pub use failure::{Effect, Failure, Trouble};
pub use parts::Parts;
pub use quota::{Quota, QuotaRule};
pub use redact::Secrets;
pub use retry::Api;
pub use token::{Token, is_sendable};
pub use transport::Transport;

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// One request to the client's host.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    pub method: Method,
    /// Path and query, percent-encoded, with `/` in front.
    pub path: &'r str,
    pub headers: &'r [(&'static str, &'r str)],
    /// What a POST sends; a GET sends none.
    pub body: &'r [u8],
    /// Makes what a server takes only once; `None`: all tries are the same.
    pub fresh: Option<&'r MakeFresh<'r>>,
    /// Whether the body of an answer with status 200 can be read. If not, the request is tried
    /// again, as after a broken connection.
    pub is_readable: &'r dyn Fn(&[u8]) -> bool,
    /// The quota that it counts in.
    pub quota: Option<&'r Quota>,
}

impl<'r> Request<'r> {
    /// A GET whose answer the caller judges.
    pub fn get(path: &'r str, headers: &'r [(&'static str, &'r str)]) -> Request<'r> {
        Request {
            method: Method::Get,
            path,
            headers,
            body: &[],
            fresh: None,
            is_readable: &|_| true,
            quota: None,
        }
    }
}

/// Makes the parts of one try; it is given the newest `dpop-nonce` of the host. The error says why
/// they cannot be made.
pub type MakeFresh<'r> = dyn Fn(Option<&str>) -> Result<Fresh, String> + 'r;

/// The parts of a request that are made anew for each try: signed texts.
#[derive(Debug, Default)]
pub struct Fresh {
    /// Beside the request's own.
    pub headers: Vec<(&'static str, Secret)>,
    /// Instead of the request's own.
    pub body: Option<Secret>,
    /// Kept out of what the server says to this try.
    pub secrets: Vec<Secret>,
}

/// An answer with any status that is not tried again, or no longer. Its body is in
/// [`Client::body`] until the next request.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    tries: Tries,
}

impl Reply {
    /// Method, host and path of the request.
    pub fn request(&self) -> &str {
        &self.tries.request
    }

    /// Of all tries, this answer included; counts where the answer is a refusal.
    pub fn effect(&self) -> Effect {
        self.tries.effect
    }

    /// The same answer, to a request that was sent before with that effect.
    pub fn after(mut self, earlier: Effect) -> Reply {
        self.tries.effect = self.tries.effect.max(earlier);
        self
    }
}

/// What a client did so far, for the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many were sent; each try counts.
    pub requests: u64,
    pub retries: u64,
    /// Time spent waiting for rate limits: after a 429, or to leave the reserve to others.
    pub waited: Duration,
    /// Seconds by which the clock of this machine was ahead of the server's at the newest answer
    /// that told its time.
    pub clock_ahead: Option<i64>,
}

impl Statistics {
    /// Together with those of another client of the same server.
    pub fn with(self, other: Statistics) -> Statistics {
        Statistics {
            requests: self.requests + other.requests,
            retries: self.retries + other.retries,
            waited: self.waited + other.waited,
            clock_ahead: self.clock_ahead.or(other.clock_ahead),
        }
    }
}

/// Where a client connects to, and by which rules.
#[derive(Clone, Copy)]
pub struct Server<'s> {
    /// Host, with a port if it is not 443.
    pub host: &'s str,
    pub api: Api,
    /// The name under which waits are logged.
    pub logger: &'static str,
    pub connection: &'s Connection,
    /// Share of the rate limit, in percent, that is left for others; `None`: its headers are not
    /// looked at.
    pub rate_limit_reserve: Option<f64>,
}

/// What may stand in a path segment or a query as it is. A slash may not: it is part of a name.
pub const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A text as it stands in a path segment or a query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}
