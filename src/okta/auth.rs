//! How requests to the tenant are authorised: by an API token, or as a service app, with tokens
//! that its private key gets.
//!
//! Fetches tokens, renews them before they end or when one is refused, and proves possession
//! (DPoP) where the app demands it. Knows no groups and no users.

use std::mem::replace;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::refusal::{self, Refusal, Sent};
use super::sign::{self, Signer};
use crate::config::{OktaConfig, ServiceApp};
use crate::http::{
    Api, Client, Effect, Failure, Method, Reply, Request, Server, Statistics, Token, Transport,
};

/// What Okta says of every token of a service app, in seconds; assumed where the end is not told.
const USUAL_LIFE: u64 = 3600;
/// A clock that is off by more than this many seconds may be why a signature is refused.
const CLOCK_TOLERANCE: i64 = 60;
/// What searching people asks for.
const USERS_SCOPE: &str = "okta.users.read";

/// The service app and its tokens.
pub(super) struct Tokens {
    /// Of the token endpoint.
    client: Client,
    signer: Signer,
    client_id: String,
    /// For the configured scopes.
    held: Held,
    /// For people, where the configured scopes do not cover them.
    held_for_users: Option<Held>,
}

/// The token for some scopes, once there is one.
struct Held {
    scopes: Vec<String>,
    token: Option<Granted>,
}

/// A token and what it is good for.
struct Granted {
    token: Token,
    /// Each request needs a proof.
    is_bound: bool,
    /// The scopes that Okta granted, which may be fewer than were asked for.
    scopes: Vec<String>,
    ends: Timestamp,
}

/// What `check` tells of a service app.
#[derive(Debug, Clone)]
pub struct Grant {
    pub client_id: String,
    pub key_id: Option<String>,
    pub scopes: Vec<String>,
    /// Every request carries a proof (DPoP).
    pub is_bound: bool,
    pub ends: Timestamp,
}

/// The token endpoint's answer.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

/// What was done about refusals of one request, each once.
#[derive(Default)]
struct Remedies {
    nonce: bool,
    proof: bool,
    clock: bool,
    key: bool,
    token: bool,
}

impl Tokens {
    /// Fails if the system gives no random numbers.
    pub(super) fn new(
        config: &OktaConfig,
        app: &ServiceApp,
        transport: &Transport,
    ) -> Result<Tokens, String> {
        let server = Server {
            host: &config.host,
            api: Api::OktaTokens,
            logger: "okta",
            connection: &config.connection,
            rate_limit_reserve: None,
        };
        let covers_users = app.scopes.iter().any(|scope| scope == USERS_SCOPE);
        Ok(Tokens {
            client: Client::new(transport, server),
            signer: Signer::new(&config.host, app)?,
            client_id: app.client_id.clone(),
            held: Held::nothing(app.scopes.clone()),
            held_for_users: (!covers_users).then(|| Held::nothing(vec![USERS_SCOPE.to_owned()])),
        })
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.client.statistics()
    }

    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What is known since there is a token.
    pub(super) fn grant(&self) -> Option<Grant> {
        let token = self.held.token.as_ref()?;
        Some(Grant {
            client_id: self.client_id.clone(),
            key_id: self.signer.key_id().map(str::to_owned),
            scopes: token.scopes.clone(),
            is_bound: token.is_bound,
            ends: token.ends,
        })
    }

    /// Sends a GET to the tenant. A refused token is renewed, a demanded nonce given, and a proof
    /// that counts as used made anew, each once.
    pub(super) fn get(&mut self, client: &mut Client, path: &str) -> Result<Reply, Failure> {
        let mut done = Remedies::default();
        loop {
            self.renew(path)?;
            let (signer, held) = (&self.signer, self.held(path).token.as_ref());
            let make = |nonce: Option<&str>| match held {
                Some(held) if held.is_bound => signer.bind(&held.token.text, path, nonce),
                Some(held) => Ok(sign::bear(&held.token.text)),
                None => Err("there is no token".to_owned()),
            };
            let reply = client.send(&Request {
                fresh: Some(&make),
                ..Request::get(path, &[])
            })?;
            let refusal = Refusal::of_api(&reply, client.body());
            let is_token_refused = reply.status == 401 && !refusal.is_about_proof();
            if is_token_refused && !replace(&mut done.token, true) {
                log::debug!(target: "okta", "{}: the token was refused; getting a new one", reply.request());
                self.held_mut(path).token = None;
            } else if !done.may_prove_again(&refusal) {
                return Ok(reply);
            }
        }
    }

    /// What to do about a refusal of the tenant.
    pub(super) fn advice(&self, reply: &Reply, body: &[u8]) -> Option<String> {
        let path = reply.request().split_once('/').map_or("", |(_, path)| path);
        let token = self.held(&format!("/{path}")).token.as_ref();
        let scopes = token.map_or(&[][..], |token| &token.scopes);
        refusal::api_advice(reply, &Refusal::of_api(reply, body), scopes)
    }

    /// Gets a token for what is at that path unless there is one that is good for a while.
    fn renew(&mut self, path: &str) -> Result<(), Failure> {
        let held = self.held(path).token.as_ref();
        if !held.is_some_and(|held| held.token.is_good()) {
            let scopes = self.held(path).scopes.clone();
            let token = self.fetch(&scopes)?;
            self.held_mut(path).token = Some(token);
        }
        Ok(())
    }

    /// What is held for requests to that path.
    fn held(&self, path: &str) -> &Held {
        match &self.held_for_users {
            Some(held) if is_of_users(path) => held,
            _ => &self.held,
        }
    }

    fn held_mut(&mut self, path: &str) -> &mut Held {
        match &mut self.held_for_users {
            Some(held) if is_of_users(path) => held,
            _ => &mut self.held,
        }
    }

    /// Asks the token endpoint, again after each refusal that something can be done about.
    fn fetch(&mut self, scopes: &[String]) -> Result<Granted, Failure> {
        let mut done = Remedies::default();
        loop {
            let asked = Instant::now();
            let signer = &self.signer;
            let make = |nonce: Option<&str>| signer.ask_for_token(scopes, nonce);
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            let sent = self.client.send(&Request {
                method: Method::Post,
                fresh: Some(&make),
                is_readable: &|body| serde_json::from_slice::<IgnoredAny>(body).is_ok(),
                ..Request::get(sign::TOKEN_PATH, &headers)
            });
            // Whatever became of it: nothing was changed at Okta.
            let reply = sent.map_err(|failure| Failure {
                effect: Effect::None,
                ..failure
            })?;
            if reply.status == 200 {
                return self.read_token(&reply, asked, scopes);
            }
            let refusal = Refusal::of_token_endpoint(self.client.body());
            if !self.remedy(reply.status, &refusal, &mut done) {
                let sent = Sent {
                    client_id: &self.client_id,
                    key_id: self.signer.key_id(),
                    scopes,
                };
                let advice = refusal::token_advice(reply.status, &refusal, &sent);
                return Err(self.client.refusal(&reply, &refusal.told(), &advice));
            }
        }
    }

    /// Whether something was done about a refusal, so that it is worth another request.
    fn remedy(&mut self, status: u16, refusal: &Refusal, done: &mut Remedies) -> bool {
        if !matches!(status, 400..=403) {
            return false;
        }
        if done.may_prove_again(refusal) {
            return true;
        }
        if !done.clock && self.correct_clock() {
            done.clock = true;
            return true;
        }
        let by_key = refusal.is_about_proof() && !refusal.asks_for_nonce();
        by_key && !replace(&mut done.key, true) && self.signer.prove_with_own_key()
    }

    /// Takes Okta's time for signing where this machine's differs.
    fn correct_clock(&mut self) -> bool {
        let Some(ahead) = self.client.statistics().clock_ahead else {
            return false;
        };
        if (ahead + self.signer.clock_correction).abs() <= CLOCK_TOLERANCE {
            return false;
        }
        self.signer.clock_correction = -ahead;
        log::warn!(
            target: "okta",
            "{}: this machine's clock is {} Okta's; Okta's time is used for signing: set the clock",
            self.client.host(),
            in_words(ahead),
        );
        true
    }

    fn read_token(
        &self,
        reply: &Reply,
        asked: Instant,
        wanted: &[String],
    ) -> Result<Granted, Failure> {
        let unusable = |why: &str| Err(self.client.unusable(reply, why));
        let Ok(answer) = serde_json::from_slice::<Answer>(self.client.body()) else {
            return unusable("it holds no access token");
        };
        let life = Duration::from_secs(answer.expires_in.unwrap_or(USUAL_LIFE));
        let Some(token) = Token::new(answer.access_token, asked, life) else {
            return unusable("it holds no access token");
        };
        let is_bound = answer.token_type.eq_ignore_ascii_case("dpop");
        if !is_bound && !answer.token_type.eq_ignore_ascii_case("bearer") {
            return unusable("its token is of another type than Bearer and DPoP");
        }
        let granted = answer.scope.unwrap_or_else(|| wanted.join(" "));
        let ends = Timestamp::now().checked_add(token.life);
        Ok(Granted {
            token,
            is_bound,
            scopes: granted.split_whitespace().map(str::to_owned).collect(),
            ends: ends.unwrap_or(Timestamp::MAX),
        })
    }
}

impl Held {
    fn nothing(scopes: Vec<String>) -> Held {
        Held {
            scopes,
            token: None,
        }
    }
}

impl Remedies {
    /// Whether the next try has a better proof: with the nonce that was just given, or as a new
    /// one in place of one that counts as used.
    fn may_prove_again(&mut self, refusal: &Refusal) -> bool {
        (refusal.asks_for_nonce() && !replace(&mut self.nonce, true))
            || (refusal.is_used_proof() && !replace(&mut self.proof, true))
    }
}

/// Whether a path is one of people, not of groups.
fn is_of_users(path: &str) -> bool {
    path.starts_with("/api/v1/users")
}

/// `7 minutes behind`, for the seconds by which a clock is ahead.
fn in_words(ahead: i64) -> String {
    let (seconds, word) = (ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" });
    if seconds < 120 {
        format!("{seconds} seconds {word}")
    } else {
        format!("{} minutes {word}", (seconds + 30) / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_clocks_is_told_in_words() {
        for (ahead, words) in [
            (61, "61 seconds ahead of"),
            (-119, "119 seconds behind"),
            (-420, "7 minutes behind"),
            (7_199, "120 minutes ahead of"),
        ] {
            assert_eq!(in_words(ahead), words);
        }
    }

    #[test]
    fn people_and_groups_are_told_apart_by_path() {
        assert!(is_of_users("/api/v1/users?search=x"));
        assert!(!is_of_users("/api/v1/groups/1/users?limit=2"));
    }
}
