//! The access token for UMAPI: OAuth server-to-server, at Adobe's token endpoint.
//!
//! Gets a token when one is needed and keeps it until a minute before it ends. Knows nothing of
//! what it is for.

use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::wire;
use crate::config::OrgConfig;
use crate::http::{Api, Client, Effect, Failure, Method, Request, Server, Transport};
use crate::os::secret::Secret;

const SCOPE: &str = "openid,AdobeID,user_management_sdk";
/// Renewed that long before it ends.
const MARGIN: Duration = Duration::from_secs(60);
/// What is assumed of a token whose end is not told.
const ASSUMED_LIFE: Duration = Duration::from_secs(3600);
/// Tokens live for a day; a larger number is not believed.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Where the tokens of one org come from.
pub(super) struct Tokens {
    client: Client,
    path: String,
    /// The form that is posted. It holds the client secret.
    form: Secret,
    token: Option<Token>,
}

struct Token {
    text: Secret,
    renew_at: Option<Instant>,
}

/// The token endpoint's answer. Its `expires_in` has been seen in seconds and in milliseconds.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: serde_json::Value,
}

impl Tokens {
    pub(super) fn new(config: &OrgConfig, transport: &Transport) -> Tokens {
        let server = Server {
            host: &config.auth_host,
            api: Api::Ims,
            logger: "umapi",
            connection: &config.connection,
            rate_limit_reserve: None,
        };
        let mut client = Client::new(transport, server);
        client.hide(&config.client_secret);
        client.hide(&config.client_id);
        let encode = |text: &str| utf8_percent_encode(text.trim(), NON_ALPHANUMERIC).to_string();
        let form = format!(
            "client_id={}&client_secret={}&grant_type=client_credentials&scope={}",
            encode(config.client_id.expose()),
            encode(config.client_secret.expose()),
            encode(SCOPE),
        );
        Tokens {
            client,
            path: super::with_slash_in_front(&config.auth_endpoint),
            form: Secret::new(form),
            token: None,
        }
    }

    /// A token that is good for a while. The effect of a failure is none: no command was sent.
    pub(super) fn current(&mut self) -> Result<Secret, Failure> {
        let now = Instant::now();
        let good = |token: &&Token| token.renew_at.is_none_or(|at| now < at);
        if let Some(token) = self.token.as_ref().filter(good) {
            return Ok(token.text.clone());
        }
        let token = self.request(now).map_err(|failure| Failure {
            effect: Effect::None,
            ..failure
        })?;
        let text = token.text.clone();
        self.token = Some(token);
        Ok(text)
    }

    /// The token was refused: the next one will be new.
    pub(super) fn forget(&mut self) {
        self.token = None;
    }

    fn request(&mut self, now: Instant) -> Result<Token, Failure> {
        let request = Request {
            method: Method::Post,
            path: &self.path,
            headers: &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("cache-control", "no-cache"),
            ],
            body: self.form.expose().as_bytes(),
            fresh: None,
            is_readable: &|_| true,
            quota: None,
        };
        let reply = self.client.send(&request)?;
        if reply.status != 200 {
            let told = wire::told(self.client.body());
            return Err(self.client.refusal(&reply, &told, advice(reply.status)));
        }
        let answer: Option<Answer> = serde_json::from_slice(self.client.body()).ok();
        let usable =
            |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        match answer {
            Some(answer) if usable(&answer.access_token) => Ok(Token {
                text: Secret::new(answer.access_token),
                renew_at: now.checked_add(life(&answer.expires_in).saturating_sub(MARGIN)),
            }),
            _ => Err(self.client.unusable(&reply, "it holds no access token")),
        }
    }
}

/// How long a token lives, by what the answer says of it.
fn life(expires_in: &serde_json::Value) -> Duration {
    let seconds = match expires_in {
        serde_json::Value::Number(number) => number.as_f64(),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds {
        Some(seconds) if seconds > 0.0 => {
            Duration::try_from_secs_f64(seconds).map_or(LONGEST_LIFE, |life| life.min(LONGEST_LIFE))
        }
        _ => ASSUMED_LIFE,
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "redirects are not followed; check auth_host",
        404 => "check auth_host and auth_endpoint",
        400..=403 => {
            "check client_id and client_secret: they must be those of an OAuth server-to-server \
             credential"
        }
        429 => "Adobe limits how often tokens are given; run again later",
        500.. => "Adobe has a problem; run again later",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_odd_life_is_survived() {
        let day = LONGEST_LIFE.as_secs();
        for (told, expected) in [
            (json!(86399), 86399),
            (json!("600"), 600),
            (json!(86_399_000), day),
            (json!(1e300), day),
            (json!(null), 3600),
            (json!(0), 3600),
            (json!(-5), 3600),
            (json!("soon"), 3600),
            (json!([]), 3600),
        ] {
            assert_eq!(life(&told).as_secs(), expected, "{told}");
        }
    }
}
