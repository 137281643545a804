//! One try of a request: out on the connection, and its answer, or why there is none.

use std::io::Read as _;

use memchr::memmem;
use ureq::Body;
use ureq::http::{self, HeaderMap, HeaderValue};

use super::refusal::web_page;
use super::{Answer, Client};
use crate::http::broken::Broken;
use crate::http::{Effect, Fresh, Method, Request, retry};
use crate::os::secret::Secret;

/// The largest body that is read, also after decompression.
pub(in crate::http) const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// In bytes: a shorter secret may stand in a name by chance.
const LEAST_SECRET: usize = 12;
const SHOWN: &str = "the answer shows a secret that this very run sends, as a name or another value: \
                     nothing of it is used; make a new secret, for the old one lies open, and take \
                     it out of there";

impl Client {
    /// Sends a request once. The body of its answer is kept until the next try.
    pub(super) fn try_once(&mut self, request: &Request<'_>) -> Result<Answer, Broken> {
        self.body.clear();
        log::debug!(target: self.logger, "{}{}", self.host, self.secrets.mask(request.path));
        let fresh = self.make_fresh(request)?;
        let (parts, mut body) = self.run(request, &fresh)?.into_parts();
        self.note_nonce(&parts.headers);
        self.read_body(&mut body)?;
        self.note_rate_limit(&parts.headers);
        self.note_clock(&parts.headers);
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
        };
        if answer.status == 200 {
            self.check_body(request, &fresh)?;
        }
        Ok(answer)
    }

    /// The body of an answer with status 200 can be read, and shows no secret.
    fn check_body(&self, request: &Request<'_>, fresh: &Fresh) -> Result<(), Broken> {
        if !(request.is_readable)(&self.body) {
            let page = web_page(&self.body).map_or(String::new(), |page| format!(": {page}"));
            let problem = format!("the answer cannot be read{page}");
            return Err(Broken::passing(&problem, Effect::Unknown));
        }
        let mut secrets = self.own.iter().chain(&fresh.secrets);
        if request.method == Method::Get && secrets.any(|secret| self.is_shown(secret)) {
            return Err(Broken::lasting(SHOWN.to_owned()));
        }
        Ok(())
    }

    /// Whether the answer shows a secret, whose like stands in no other text by chance.
    fn is_shown(&self, secret: &Secret) -> bool {
        let secret = secret.expose().as_bytes();
        secret.len() >= LEAST_SECRET && memmem::find(&self.body, secret).is_some()
    }

    fn make_fresh(&mut self, request: &Request<'_>) -> Result<Fresh, Broken> {
        let Some(make) = request.fresh else {
            return Ok(Fresh::default());
        };
        let fresh = make(self.route.nonce.borrow().as_deref()).map_err(Broken::lasting)?;
        self.secrets.set_passing(&fresh.secrets);
        Ok(fresh)
    }

    fn run(&self, request: &Request<'_>, fresh: &Fresh) -> Result<http::Response<Body>, Broken> {
        let mut builder = http::Request::builder()
            .uri(format!("https://{}{}", self.host, request.path))
            .header("accept", "application/json");
        let made = fresh.headers.iter();
        let made = made.map(|(name, value)| (*name, value.expose()));
        for (name, value) in request.headers.iter().copied().chain(made) {
            let mut value = HeaderValue::from_str(value)
                .map_err(http::Error::from)
                .map_err(ureq::Error::from)?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let made = fresh.body.as_ref().map(|body| body.expose().as_bytes());
        let body = made.unwrap_or(request.body);
        let agent = &self.route.agent;
        let response = match request.method {
            Method::Get => builder.method("GET").body(()).map(|get| agent.run(get)),
            Method::Post => builder
                .method("POST")
                .body(body)
                .map(|post| agent.run(post)),
        };
        Ok(response.map_err(ureq::Error::from)??)
    }

    fn read_body(&mut self, body: &mut Body) -> Result<(), Broken> {
        let length = body.content_length();
        if let Some(length) = length.filter(|length| *length <= LARGEST_BODY) {
            // Not more: the next page is hardly longer, and twice as much would stay unused.
            self.body
                .reserve_exact(usize::try_from(length).unwrap_or_default());
        }
        let mut reader = body.with_config().limit(LARGEST_BODY).reader();
        let read = reader.read_to_end(&mut self.body);
        read.map_err(ureq::Error::from)?;
        Ok(())
    }

    /// The nonce that the next proof must hold, from whatever answer.
    fn note_nonce(&self, headers: &HeaderMap) {
        let nonce = headers.get("dpop-nonce");
        let nonce = nonce.and_then(|nonce| nonce.to_str().ok());
        if let Some(nonce) = nonce.filter(|nonce| !nonce.is_empty()) {
            *self.route.nonce.borrow_mut() = Some(nonce.to_owned());
        }
    }

    /// A proxy may leave the date out; then the last one that was told stays.
    fn note_clock(&mut self, headers: &HeaderMap) {
        if let Some(date) = retry::date(headers) {
            self.statistics.clock_ahead = Some(super::epoch_seconds() - date);
        }
    }
}
