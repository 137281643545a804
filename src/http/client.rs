//! The client of one host: sends a request until there is an answer that counts, or none is to be
//! hoped for.
//!
//! Here tries, waits and limits come together. What is tried again is decided in `retry`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use memchr::memmem;
use ring::rand::{SecureRandom as _, SystemRandom};
use ureq::Body;
use ureq::http::{self, HeaderMap, HeaderValue, StatusCode};

use super::broken::Broken;
use super::proxy::ProxySetting;
use super::recording::{Heard, Tape};
use super::retry::{self, Failed, RateLimit};
use super::transport::Route;
use super::wait::{self, Patience};
use super::{
    Api, Effect, Failure, Fresh, Method, Parts, Quota, Reply, Request, Secrets, Server, Statistics,
    Transport, Trouble,
};
use crate::error::Error;
use crate::os::secret::Secret;

/// The largest body that is read, also after decompression.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// In bytes: a shorter secret may stand in a name by chance.
const LEAST_SECRET: usize = 12;
const SHOWN: &str = "the answer shows a secret that this very run sends, as a name or another value: \
                     nothing of it is used; make a new secret, for the old one lies open, and take \
                     it out of there";

/// Talks to one host.
pub struct Client {
    route: Route,
    patience: Patience,
    host: String,
    /// Host and port of the proxy on the way, if there is one.
    proxy: Option<String>,
    api: Api,
    logger: &'static str,
    retries: u32,
    reserve: Option<f64>,
    secrets: Secrets,
    /// Those of the server itself, as they are sent.
    own: Vec<Secret>,
    body: Vec<u8>,
    /// The rate limit is used up to the reserve until then.
    not_before: Option<Instant>,
    statistics: Statistics,
    tape: Tape,
}

impl Client {
    /// Connects to nothing yet.
    pub fn new(transport: &Transport, server: Server<'_>) -> Client {
        let mut secrets = Secrets::default();
        let proxy = transport.proxy_to(server.host);
        if let Some(setting) = proxy {
            setting
                .secrets
                .iter()
                .for_each(|secret| secrets.add(secret));
        }
        Client {
            route: transport.route(server.host, server.connection),
            patience: transport.patience.clone(),
            host: server.host.to_owned(),
            proxy: proxy.map(ProxySetting::address),
            api: server.api,
            logger: server.logger,
            retries: server.connection.retries,
            reserve: server.rate_limit_reserve,
            secrets,
            own: Vec::new(),
            body: Vec::new(),
            not_before: None,
            statistics: Statistics::default(),
            tape: transport.tape(),
        }
    }

    /// Whether a recording answers in place of the server.
    pub fn is_replaying(&self) -> bool {
        matches!(self.tape, Tape::Replay(_))
    }

    /// The recorded answer to a GET, if a recording answers. Errors: it does not hold `what`.
    pub fn replay(&mut self, path: &str, what: &str) -> Result<Option<Reply>, Error> {
        let Tape::Replay(replay) = &self.tape else {
            return Ok(None);
        };
        let mut replay = replay.borrow_mut();
        let found = replay.find(&self.host, path, &mut self.body)?;
        let found = found.ok_or_else(|| replay.lacks(what))?;
        Ok(Some(Reply {
            status: found.status,
            headers: found.headers,
            request: self.name(&Request::get(path, &[])),
            effect: Effect::None,
            tries: 1,
        }))
    }

    /// Keeps these parts of the newest answer, if a recording is made, as that to each of the
    /// paths.
    pub fn record(&self, paths: &[String], reply: &Reply, parts: &Parts) -> Result<(), Error> {
        let Tape::Record(recorder) = &self.tape else {
            return Ok(());
        };
        if retry::is_passing(reply.status) {
            // Another time there would be an answer.
            recorder.borrow_mut().spoil();
            return Ok(());
        }
        let heard = Heard {
            request: &reply.request,
            host: &self.host,
            paths,
            status: reply.status,
            headers: &reply.headers,
            body: &self.body,
        };
        recorder.borrow_mut().add(&heard, parts, &self.secrets)
    }

    /// From now on that secret is hidden in every text that comes from the server, and nothing is
    /// read from a page that shows it.
    pub fn hide(&mut self, secret: &Secret) {
        let is_known = |known: &Secret| known.expose() == secret.expose();
        if !self.own.iter().any(is_known) {
            self.secrets.add(secret);
            self.own.push(secret.clone());
        }
    }

    /// The body of the newest answer.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Gives back the memory of the newest body, behind a list of large ones.
    pub fn drop_body(&mut self) {
        self.body = Vec::new();
    }

    /// The secrets to keep out of texts that the server sent.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Sends a request, again if that may help, and gives the answer that counts: the first whose
    /// status does not pass by itself, or the last. Fails where there is no answer, where the
    /// server asks for too long a wait, and where the stop flag broke it off.
    pub fn send(&mut self, request: &Request<'_>) -> Result<Reply, Failure> {
        let sent = self.try_until_answered(request);
        if sent.is_err() {
            self.tape.spoil();
        }
        sent
    }

    fn try_until_answered(&mut self, request: &Request<'_>) -> Result<Reply, Failure> {
        let mut so_far = SoFar {
            request: self.name(request),
            effect: Effect::None,
            tries: 0,
        };
        if self.is_replaying() {
            return Err(so_far.failure("nothing is sent with --replay".to_owned()));
        }
        let harmless = request.method == Method::Get || self.api.gives_tokens();
        self.patience.stop.set_harmless(harmless);
        self.keep_reserve(&so_far)?;
        loop {
            if let Some(quota) = request.quota {
                self.keep_quota(quota, &so_far)?;
            }
            // From here on until the connection waits for the server.
            if self.patience.stop.look_away().is_err() && harmless {
                return Err(so_far.stopped());
            }
            let outcome = self.try_once(request);
            self.statistics.requests += 1;
            so_far.count(&outcome);
            if let Some(quota) = request.quota {
                self.count_in(quota, &outcome);
            }
            let may_repeat = so_far.tries <= self.retries;
            let (problem, answer) = match outcome {
                Ok((status, headers)) if !(may_repeat && retry::is_passing(status)) => {
                    return Ok(so_far.reply(status, headers));
                }
                Ok(answer) => (status_text(answer.0), Some(answer)),
                Err(_) if self.patience.stop.breaks_off() => return Err(so_far.stopped()),
                Err(broken) => {
                    self.route.addresses.forget();
                    let problem = self.secrets.hide(&self.told(&broken));
                    if !(may_repeat && broken.passing) {
                        return Err(Failure {
                            trouble: broken.trouble,
                            ..so_far.failure(problem)
                        });
                    }
                    (problem, None)
                }
            };
            self.pause(&so_far, &problem, answer.as_ref())?;
            self.statistics.retries += 1;
        }
    }

    /// A connection that fails on the way through a proxy says nothing of the server behind it.
    fn told(&self, broken: &Broken) -> String {
        let problem = &broken.problem;
        match &self.proxy {
            Some(proxy) if broken.trouble == Trouble::NoConnection => format!(
                "no connection through the proxy {proxy}, which HTTPS_PROXY or ALL_PROXY names: \
                 {problem}"
            ),
            _ => problem.clone(),
        }
    }

    /// The failure that an answer with a failing status is. `told` is what the server says of it,
    /// `advice` what to do about it; both may be empty.
    pub fn refusal(&self, reply: &Reply, told: &str, advice: &str) -> Failure {
        let mut problem = status_text(reply.status);
        let page = web_page(&self.body).filter(|_| told.is_empty());
        if !told.is_empty() {
            let _ = write!(problem, ", {}", self.secrets.hide(told));
        }
        if let Some(id) = self.request_id(&reply.headers) {
            let _ = write!(problem, " (request id {id})");
        }
        let advice = match page {
            Some(page) if advice.is_empty() => page.to_owned(),
            Some(page) => format!("{page}; otherwise {advice}"),
            None => advice.to_owned(),
        };
        if !advice.is_empty() {
            let _ = write!(problem, ": {advice}");
        }
        SoFar {
            request: reply.request.clone(),
            effect: reply.effect,
            tries: reply.tries,
        }
        .failure(problem)
    }

    /// The failure that an answer with status 200 is which cannot be used.
    pub fn unusable(&self, reply: &Reply, why: &str) -> Failure {
        let why = match web_page(&self.body) {
            Some(page) => page.to_owned(),
            None => self.secrets.hide(why),
        };
        let id = self.request_id(&reply.headers);
        let id = id
            .map(|id| format!(" (request id {id})"))
            .unwrap_or_default();
        Failure {
            request: reply.request.clone(),
            problem: format!("the answer cannot be used: {why}{id}"),
            effect: Effect::Unknown,
            trouble: Trouble::Other,
            stopped: false,
        }
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let id = ["x-okta-request-id", "x-request-id"]
            .iter()
            .find_map(|name| headers.get(*name))?;
        Some(self.secrets.hide(&String::from_utf8_lossy(id.as_bytes())))
    }

    fn name(&self, request: &Request<'_>) -> String {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let path = request.path.split('?').next().unwrap_or_default();
        format!("{method} {}{}", self.host, self.secrets.mask(path))
    }

    fn try_once(&mut self, request: &Request<'_>) -> Result<(u16, HeaderMap), Broken> {
        self.body.clear();
        log::debug!(target: self.logger, "{}{}", self.host, self.secrets.mask(request.path));
        let fresh = self.make_fresh(request)?;
        let response = self.agent_run(request, &fresh);
        self.patience.stop.look();
        let response = response?;
        let (parts, mut body) = response.into_parts();
        self.note_nonce(&parts.headers);
        self.read_body(&mut body)?;
        let status = parts.status.as_u16();
        self.note_rate_limit(&parts.headers);
        self.note_clock(&parts.headers);
        if status == 200 && !(request.is_readable)(&self.body) {
            let problem = match web_page(&self.body) {
                Some(page) => format!("the answer cannot be read: {page}"),
                None => "the answer cannot be read".to_owned(),
            };
            return Err(Broken::passing(&problem, Effect::Unknown));
        }
        let is_page = request.method == Method::Get && status == 200;
        if is_page
            && self
                .own
                .iter()
                .chain(&fresh.secrets)
                .any(|secret| self.is_shown(secret))
        {
            return Err(Broken::lasting(SHOWN.to_owned()));
        }
        Ok((status, parts.headers))
    }

    /// Whether the answer shows a secret, whose like stands in no other text by chance.
    fn is_shown(&self, secret: &Secret) -> bool {
        let secret = secret.expose().as_bytes();
        secret.len() >= LEAST_SECRET && memmem::find(&self.body, secret).is_some()
    }

    /// A proxy may leave the date out; then the last one that was told stays.
    fn note_clock(&mut self, headers: &HeaderMap) {
        if let Some(date) = retry::date(headers) {
            let now = jiff::Timestamp::now().as_second();
            self.statistics.clock_ahead = Some(now - date);
        }
    }

    fn make_fresh(&mut self, request: &Request<'_>) -> Result<Fresh, Broken> {
        let Some(make) = request.fresh else {
            return Ok(Fresh::default());
        };
        let fresh = make(self.route.nonce.borrow().as_deref()).map_err(Broken::lasting)?;
        self.secrets.set_passing(&fresh.secrets);
        Ok(fresh)
    }

    /// The nonce that the next proof must hold, from whatever answer.
    fn note_nonce(&mut self, headers: &HeaderMap) {
        let nonce = headers
            .get("dpop-nonce")
            .and_then(|nonce| nonce.to_str().ok());
        if let Some(nonce) = nonce.filter(|nonce| !nonce.is_empty()) {
            *self.route.nonce.borrow_mut() = Some(nonce.to_owned());
        }
    }

    fn agent_run(
        &self,
        request: &Request<'_>,
        fresh: &Fresh,
    ) -> Result<http::Response<Body>, Broken> {
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
        let response = match request.method {
            Method::Get => builder
                .method("GET")
                .body(())
                .map(|get| self.route.agent.run(get)),
            Method::Post => builder
                .method("POST")
                .body(body)
                .map(|post| self.route.agent.run(post)),
        };
        Ok(response.map_err(ureq::Error::from)??)
    }

    fn read_body(&mut self, body: &mut Body) -> Result<(), Broken> {
        if let Some(length) = body
            .content_length()
            .filter(|length| *length <= LARGEST_BODY)
        {
            // Not more: the next page is hardly longer, and twice as much would stay unused.
            self.body
                .reserve_exact(usize::try_from(length).unwrap_or_default());
        }
        let mut reader = body.with_config().limit(LARGEST_BODY).reader();
        match reader.read_to_end(&mut self.body) {
            Ok(_) => Ok(()),
            Err(error) => Err(ureq::Error::from(error).into()),
        }
    }

    fn note_rate_limit(&mut self, headers: &HeaderMap) {
        let Some(reserve) = self.reserve else { return };
        let limit = RateLimit::read(headers).filter(|limit| limit.is_in_reserve(reserve));
        let now = retry::date(headers).unwrap_or_else(epoch_seconds);
        let wait = limit.and_then(|limit| limit.until_reset(now));
        self.not_before = wait.and_then(|wait| Instant::now().checked_add(wait));
    }

    /// Leaves the reserve of the rate limit to others: waits until the limit is reset.
    fn keep_reserve(&mut self, so_far: &SoFar) -> Result<(), Failure> {
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
        self.wait(so_far, left, Waiting::ForRateLimit)
    }

    /// How long a request of that kind would wait now.
    pub fn wait_for(&self, quota: &Quota) -> Duration {
        quota.wait(self.patience.now())
    }

    fn keep_quota(&mut self, quota: &Quota, so_far: &SoFar) -> Result<(), Failure> {
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
            so_far.request,
            self.in_words(left),
            quota.in_words(),
        );
        self.wait(so_far, left, Waiting::ForRateLimit)
    }

    fn count_in(&self, quota: &Quota, outcome: &Result<(u16, HeaderMap), Broken>) {
        if !matches!(outcome, Ok((429, _))) {
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

    fn in_words(&self, wanted: Duration) -> String {
        wait::in_words(wanted, self.patience.capped(wanted))
    }

    fn pause(
        &mut self,
        so_far: &SoFar,
        problem: &str,
        answer: Option<&(u16, HeaderMap)>,
    ) -> Result<(), Failure> {
        let answer = answer.map(|(status, headers)| (*status, headers));
        let failed = Failed {
            api: self.api,
            answer,
            tries: so_far.tries,
        };
        let asked = retry::pause(failed, epoch_seconds(), jitter());
        if asked > retry::LONGEST {
            let seconds = asked.as_secs();
            let problem = format!(
                "{problem}: the server asks to wait {seconds} s, which is too long; run again \
                 later"
            );
            return Err(so_far.failure(problem));
        }
        log::warn!(
            target: self.logger,
            "{}: {problem}; trying again in {} ({} of {} further tries)",
            so_far.request,
            self.in_words(asked),
            so_far.tries,
            self.retries,
        );
        // The wait that the refusal asks for is the one for the reset, too.
        self.not_before = None;
        let throttled = answer.is_some_and(|(status, _)| status == 429);
        let why = if throttled {
            Waiting::ForRateLimit
        } else {
            Waiting::ForServer
        };
        self.wait(so_far, asked, why)
    }

    /// Waits as long as after that many refusals with 429.
    pub fn back_off(&mut self, problem: &str, tries: u32) -> Result<(), Failure> {
        let so_far = SoFar {
            request: self.host.clone(),
            effect: Effect::None,
            tries,
        };
        let failed = Failed {
            api: self.api,
            answer: Some((429, &HeaderMap::new())),
            tries,
        };
        let asked = retry::pause(failed, epoch_seconds(), jitter());
        let wait = self.patience.capped(asked);
        log::warn!(
            target: self.logger,
            "{}: {problem}; trying again in {}",
            self.host,
            wait::in_words(asked, wait),
        );
        self.wait(&so_far, wait, Waiting::ForServer)
    }

    fn wait(&mut self, so_far: &SoFar, wait: Duration, why: Waiting) -> Result<(), Failure> {
        let start = Instant::now();
        let waited = self.patience.wait(wait);
        if why == Waiting::ForRateLimit {
            self.statistics.waited += start.elapsed();
        }
        waited.map_err(|_| so_far.stopped())
    }
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    ForRateLimit,
    ForServer,
}

/// The tries of one request so far.
struct SoFar {
    request: String,
    effect: Effect,
    tries: u32,
}

impl SoFar {
    fn count(&mut self, outcome: &Result<(u16, HeaderMap), Broken>) {
        self.tries += 1;
        let effect = match outcome {
            Ok((status, _)) => Effect::of_status(*status),
            Err(broken) => broken.effect,
        };
        self.effect = self.effect.max(effect);
    }

    fn reply(self, status: u16, headers: HeaderMap) -> Reply {
        Reply {
            status,
            headers,
            request: self.request,
            tries: self.tries,
            effect: self.effect,
        }
    }

    fn stopped(&self) -> Failure {
        Failure {
            stopped: true,
            ..self.failure("stopped by a signal".into())
        }
    }

    fn failure(&self, problem: String) -> Failure {
        let tries = match self.tries {
            0 | 1 => String::new(),
            tries => format!(" (after {tries} tries)"),
        };
        Failure {
            request: self.request.clone(),
            problem: format!("{problem}{tries}"),
            effect: self.effect,
            trouble: Trouble::Other,
            stopped: false,
        }
    }
}

/// What is said of an answer that is HTML; no JSON begins like it.
fn web_page(body: &[u8]) -> Option<&'static str> {
    body.trim_ascii_start().starts_with(b"<").then_some(
        "it is a web page, not JSON: a proxy, a firewall or a login page may have answered in \
         place of the server",
    )
}

/// The status as messages show it: `404 Not Found`, or the number where HTTP has no words.
fn status_text(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match reason {
        Some(reason) => format!("{status} {reason}"),
        None => format!("status {status}"),
    }
}

fn epoch_seconds() -> i64 {
    Timestamp::now().as_second()
}

/// Between 0 and 1, so that many clients do not come back at the same moment.
fn jitter() -> f64 {
    let mut byte = [0_u8];
    match SystemRandom::new().fill(&mut byte) {
        Ok(()) => f64::from(byte[0]) / 255.0,
        Err(_) => 0.5,
    }
}
