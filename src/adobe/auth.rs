//! The access token for UMAPI: OAuth server-to-server, at Adobe's token endpoint.
//!
//! Gets a token when one is needed and keeps it until a minute before it ends. Knows nothing of
//! what it is for.

use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::wire;
use crate::config::OrgConfig;
use crate::http::{Api, Client, Effect, Failure, Method, Request, Token, Transport};
use crate::os::secret::Secret;

const SCOPE: &str = "openid,AdobeID,user_management_sdk";
/// What is assumed of a token whose end is not told.
const ASSUMED_LIFE: Duration = Duration::from_secs(3600);

/// Where the tokens of one org come from.
pub(super) struct Tokens {
    client: Client,
    path: String,
    /// The form that is posted. It holds the client secret.
    form: Secret,
    token: Option<Token>,
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
        let encode = |text: &str| utf8_percent_encode(text.trim(), NON_ALPHANUMERIC).to_string();
        let form = format!(
            "client_id={}&client_secret={}&grant_type=client_credentials&scope={}",
            encode(config.client_id.expose()),
            encode(config.client_secret.expose()),
            encode(SCOPE),
        );
        Tokens {
            client: super::connect(config, &config.auth_host, Api::Ims, transport),
            path: super::with_slash_in_front(&config.auth_endpoint),
            form: Secret::new(form),
            token: None,
        }
    }

    /// A token that is good for a while. The effect of a failure is none: no command was sent.
    pub(super) fn current(&mut self) -> Result<Secret, Failure> {
        if let Some(token) = self.token.as_ref().filter(|token| token.is_good()) {
            return Ok(token.text.clone());
        }
        let token = self.request().map_err(|failure| Failure {
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

    fn request(&mut self) -> Result<Token, Failure> {
        let asked = Instant::now();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("cache-control", "no-cache"),
        ];
        let request = Request {
            method: Method::Post,
            body: self.form.expose().as_bytes(),
            ..Request::get(&self.path, &headers)
        };
        let reply = self.client.send(&request)?;
        if reply.status != 200 {
            let told = wire::told(self.client.body());
            return Err(self.client.refusal(&reply, &told, advice(reply.status)));
        }
        let answer: Option<Answer> = serde_json::from_slice(self.client.body()).ok();
        answer
            .and_then(|answer| Token::new(answer.access_token, asked, life(&answer.expires_in)))
            .ok_or_else(|| self.client.unusable(&reply, "it holds no access token"))
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
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
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
        let day = 24 * 3600;
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
            let token = Token::new("t".to_owned(), Instant::now(), life(&told)).unwrap();
            assert_eq!(token.life.as_secs(), expected, "{told}");
        }
    }
}
