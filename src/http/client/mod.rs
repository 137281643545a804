//! The client of one host: sends a request until there is an answer that counts, or none is to be
//! hoped for.
//!
//! Here tries, waits and limits come together. What is tried again is decided in `retry`.
//!
//! | room | holds |
//! | --- | --- |
//! | `one_try` | a request out, and its answer or why there is none |
//! | `waits` | between tries, for quotas and rate limits |
//! | `refusal` | answers that are failures, in words |

mod one_try;
mod refusal;
mod waits;

use std::time::Instant;

use jiff::Timestamp;
use ureq::http::HeaderMap;

use self::refusal::status_text;
use super::broken::Broken;
use super::proxy::ProxySetting;
use super::recording::{Heard, Tape};
use super::retry;
use super::transport::Route;
use super::wait::Patience;
use super::{
    Api, Effect, Failure, Method, Parts, Reply, Request, Secrets, Server, Statistics, Transport,
    Trouble,
};
use crate::error::Error;
use crate::os::secret::Secret;

pub(super) use one_try::LARGEST_BODY;

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
            tries: Tries::of(self.name(&Request::get(path, &[]))),
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
            host: &self.host,
            paths,
            reply,
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
        let mut tries = Tries::of(self.name(request));
        if self.is_replaying() {
            return Err(tries.failure("nothing is sent with --replay"));
        }
        let harmless = request.method == Method::Get || self.api.gives_tokens();
        self.patience.stop.set_harmless(harmless);
        self.patience.stop.look();
        self.keep_reserve(&tries)?;
        loop {
            let outcome = self.try_in_turn(request, harmless, &mut tries)?;
            let may_repeat = tries.count <= self.retries;
            let (problem, answer) = match outcome {
                Ok(answer) if !(may_repeat && retry::is_passing(answer.status)) => {
                    return Ok(Reply {
                        status: answer.status,
                        headers: answer.headers,
                        tries,
                    });
                }
                Ok(answer) => (status_text(answer.status), Some(answer)),
                Err(_) if self.patience.stop.breaks_off() => return Err(tries.stopped()),
                Err(broken) => {
                    self.route.addresses.forget();
                    let problem = self.secrets.hide(&self.told(&broken));
                    if !(may_repeat && broken.passing) {
                        return Err(Failure {
                            trouble: broken.trouble,
                            ..tries.failure(&problem)
                        });
                    }
                    (problem, None)
                }
            };
            self.pause(&tries, &problem, answer.as_ref())?;
            self.statistics.retries += 1;
        }
    }

    /// One more try, as soon as its quota allows.
    fn try_in_turn(
        &mut self,
        request: &Request<'_>,
        harmless: bool,
        tries: &mut Tries,
    ) -> Result<Result<Answer, Broken>, Failure> {
        if let Some(quota) = request.quota {
            self.keep_quota(quota, tries)?;
        }
        if self.patience.stop.is_raised() && harmless {
            return Err(tries.stopped());
        }
        let outcome = self.try_once(request);
        self.statistics.requests += 1;
        tries.add(&outcome);
        if let Some(quota) = request.quota {
            self.count_in(quota, &outcome);
        }
        Ok(outcome)
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

    fn name(&self, request: &Request<'_>) -> String {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let path = request.path.split('?').next().unwrap_or_default();
        format!("{method} {}{}", self.host, self.secrets.mask(path))
    }
}

/// An answer but for its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
}

impl Answer {
    fn is_throttled(&self) -> bool {
        self.status == 429
    }
}

/// The tries of one request so far.
#[derive(Debug)]
pub(super) struct Tries {
    /// Method, host and path.
    pub(super) request: String,
    /// Of all of them together.
    pub(super) effect: Effect,
    count: u32,
}

impl Tries {
    fn of(request: String) -> Tries {
        Tries {
            request,
            effect: Effect::None,
            count: 0,
        }
    }

    fn add(&mut self, outcome: &Result<Answer, Broken>) {
        self.count += 1;
        let effect = match outcome {
            Ok(answer) => Effect::of_status(answer.status),
            Err(broken) => broken.effect,
        };
        self.effect = self.effect.max(effect);
    }

    fn stopped(&self) -> Failure {
        Failure {
            stopped: true,
            ..self.failure("stopped by a signal")
        }
    }

    fn failure(&self, problem: &str) -> Failure {
        let tries = match self.count {
            0 | 1 => String::new(),
            count => format!(" (after {count} tries)"),
        };
        Failure::new(
            self.request.clone(),
            format!("{problem}{tries}"),
            self.effect,
        )
    }
}

fn epoch_seconds() -> i64 {
    Timestamp::now().as_second()
}
