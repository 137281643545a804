//! One Adobe org through the User Management API (UMAPI): reads its users and groups, sends
//! commands.
//!
//! Adds the token, the sync markers and test mode. Knows no plan, no policy, and nothing of Okta.
//!
//! | room | holds |
//! | --- | --- |
//! | `read`, `roster`, `wire` | lists of users and groups, page by page |
//! | `send`, `request`, `answer` | commands out, and what became of them |
//! | `remedy` | what to do about rejections |
//! | `auth`, `quotas` | the token, and what Adobe allows a minute |

mod answer;
mod auth;
mod quotas;
mod read;
mod remedy;
mod request;
mod roster;
mod send;
mod wire;

use percent_encoding::{AsciiSet, utf8_percent_encode};

pub use answer::{Outcome, Rejection};
pub use quotas::ACTIONS_PER_MINUTE;
pub use read::Listing;
pub use request::CommandEntry;
pub use wire::AdobeGroup;

use crate::config::OrgConfig;
use crate::error::Error;
use crate::http::{
    Api, Client, Failure, Reply, Request, Server, Statistics, Transport, UNRESERVED, is_sendable,
};
use crate::os::secret::Secret;
use auth::Tokens;
use quotas::Quotas;

/// In an org id the `@` stays, as Adobe's own client sends it.
const ORG: &AsciiSet = &UNRESERVED.remove(b'@');

/// Whether commands are carried out, or only checked by Adobe (`testOnly`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Live,
    Test,
}

/// The first and the last request of a phase are marked (UMAPI reference, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    Start,
    End,
}

impl Marker {
    fn as_str(self) -> &'static str {
        match self {
            Marker::Start => "umapi-sync-start",
            Marker::End => "umapi-sync-end",
        }
    }
}

/// The connection to one Adobe organisation.
pub struct Umapi {
    client: Client,
    tokens: Tokens,
    api_key: String,
    /// The path of all calls, without a slash at its end.
    endpoint: String,
    org: String,
    /// The first call of the reading phase was made.
    reading: bool,
    /// In front of all request ids of this connection.
    id_prefix: String,
    quotas: Quotas,
    calls: u64,
}

impl Umapi {
    /// Prepares to talk to the org; nothing is sent yet, the token is fetched with the first call.
    /// Fails if a credential cannot stand in a header.
    pub fn connect(config: &OrgConfig, transport: &Transport) -> Result<Umapi, Error> {
        let api_key = config.client_id.expose().trim();
        if !is_sendable(api_key) {
            let problem = "client_id is empty or holds characters that no client id has";
            return Err(Error::config(&config.file, problem));
        }
        Ok(Umapi {
            client: connect(config, &config.host, Api::Umapi, transport),
            tokens: Tokens::new(config, transport),
            api_key: api_key.to_owned(),
            endpoint: with_slash_in_front(config.endpoint.trim_end_matches('/')),
            org: utf8_percent_encode(&config.org_id, ORG).to_string(),
            reading: false,
            id_prefix: id_prefix(),
            quotas: Quotas::new(config, transport),
            calls: 0,
        })
    }

    /// Gets a token, if there is none yet: tells whether the credentials are accepted. A recording
    /// asks for none.
    pub fn authenticate(&mut self) -> Result<(), Error> {
        if !self.client.is_replaying() {
            self.tokens.current()?;
        }
        Ok(())
    }

    /// What was sent to UMAPI so far; requests for tokens are not counted.
    pub fn statistics(&self) -> Statistics {
        self.client.statistics()
    }

    /// Makes a call, whose headers are added; once more with a new token where the token was
    /// refused.
    fn call(&mut self, request: &Request<'_>, marker: Option<Marker>) -> Result<Reply, Failure> {
        self.calls += 1;
        let reply = self.call_once(request, marker)?;
        if reply.status != 401 {
            return Ok(reply);
        }
        log::debug!(target: "umapi", "{}: the token was refused; getting a new one", reply.request());
        self.tokens.forget();
        let earlier = reply.effect();
        match self.call_once(request, marker) {
            Ok(reply) => Ok(reply.after(earlier)),
            Err(failure) => Err(Failure {
                effect: failure.effect.max(earlier),
                ..failure
            }),
        }
    }

    fn call_once(
        &mut self,
        request: &Request<'_>,
        marker: Option<Marker>,
    ) -> Result<Reply, Failure> {
        let token = self.tokens.current()?;
        self.client.hide(&token);
        let authorization = Secret::new(format!("Bearer {}", token.expose()));
        let id = format!("{}-{}", self.id_prefix, self.calls);
        let mut headers = vec![
            ("authorization", authorization.expose()),
            ("x-api-key", &self.api_key),
            ("x-request-id", &id),
            ("content-type", "application/json"),
        ];
        headers.extend(marker.map(|marker| ("pragma", marker.as_str())));
        self.client.send(&Request {
            headers: &headers,
            ..*request
        })
    }

    fn refusal(&self, reply: &Reply) -> Failure {
        let mut told = wire::told(self.client.body());
        if told.is_empty()
            && let Some(header) = reply.headers.get("www-authenticate")
        {
            told = String::from_utf8_lossy(header.as_bytes()).into_owned();
        }
        self.client.refusal(reply, &told, advice(reply.status))
    }
}

/// A client of one of Adobe's hosts, which hides the org's credentials.
fn connect(config: &OrgConfig, host: &str, api: Api, transport: &Transport) -> Client {
    let server = Server {
        host,
        api,
        logger: "umapi",
        connection: &config.connection,
        rate_limit_reserve: None,
    };
    let mut client = Client::new(transport, server);
    client.hide(&config.client_secret);
    client.hide(&config.client_id);
    client
}

/// A path as it follows a host; the empty one stays empty.
fn with_slash_in_front(path: &str) -> String {
    if path.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

/// A prefix that no other connection has.
fn id_prefix() -> String {
    let now = jiff::Timestamp::now().as_millisecond();
    format!("user-sync-{}-{now}", std::process::id())
}

/// What to do about a refusal.
fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "redirects are not followed; check server.host",
        400 => "Adobe finds the request wrong; check org_id",
        401 => "check org_id, client_id and client_secret: they must belong together",
        403 => {
            "the credential may not use the User Management API for this organisation, or the \
             organisation is being migrated"
        }
        404 => "check org_id, server.host and server.endpoint",
        429 => "Adobe's limits are used up; run at most every two hours",
        500.. => "Adobe has a problem; run again later",
        _ => "",
    }
}
