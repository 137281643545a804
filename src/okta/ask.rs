//! One request to the tenant: authorised, recorded, and what a refusal of it means.

use super::auth::Tokens;
use super::read::{Asked, ONE_GROUP};
use super::refusal::{self, Refusal};
use super::{Okta, wire};
use crate::error::Error;
use crate::http::{Client, Failure, Reply, Request, Trouble, is_sendable};
use crate::os::secret::Secret;

/// How requests are authorised.
pub(super) enum Authorization {
    /// The value of the `Authorization` header.
    ApiToken(Secret),
    ServiceApp(Box<Tokens>),
}

impl Authorization {
    /// By an API token, which is hidden in what the tenant says. Errors: it cannot stand in a
    /// header.
    pub(super) fn by_token(
        token: &Secret,
        client: &mut Client,
    ) -> Result<Authorization, &'static str> {
        let token = Secret::new(token.expose().trim().to_owned());
        if !is_sendable(token.expose()) {
            return Err(
                "the API token is empty or holds characters that no token has; check that it was \
                 copied whole",
            );
        }
        client.hide(&token);
        let value = format!("SSWS {}", token.expose());
        Ok(Authorization::ApiToken(Secret::new(value)))
    }
}

impl Okta {
    /// An answer with any status, from a recording or from Okta.
    pub(super) fn get(&mut self, path: &str, asked: &Asked) -> Result<Reply, Error> {
        if let Some(reply) = self.client.replay(path, &asked.what)? {
            return Ok(reply);
        }
        self.check_sees_groups()?;
        let reply = self.send(path).map_err(|failure| self.failed(failure))?;
        self.client
            .record(&[path.to_owned()], &reply, &asked.parts)?;
        Ok(reply)
    }

    fn send(&mut self, path: &str) -> Result<Reply, Failure> {
        match &mut self.authorization {
            Authorization::ApiToken(authorization) => {
                let headers = [("authorization", authorization.expose())];
                self.client.send(&Request::get(path, &headers))
            }
            Authorization::ServiceApp(tokens) => tokens.get(&mut self.client, path),
        }
    }

    /// Okta lists nothing, without an error, to an app that has a scope and no admin role. So a
    /// service app must be seen to see a group before any list is believed.
    fn check_sees_groups(&mut self) -> Result<(), Error> {
        let Authorization::ServiceApp(tokens) = &self.authorization else {
            return Ok(());
        };
        if self.sees_groups {
            return Ok(());
        }
        let problem = refusal::sees_nothing(tokens.client_id());
        let reply = self.send(ONE_GROUP)?;
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        let groups = wire::read_groups(self.client.body());
        let groups = groups.map_err(|why| self.client.unusable(&reply, &why))?;
        self.sees_groups = !groups.is_empty();
        if self.sees_groups {
            return Ok(());
        }
        Err(Error::Remote {
            request: reply.request().to_owned(),
            problem,
        })
    }

    fn failed(&self, mut failure: Failure) -> Error {
        if failure.trouble == Trouble::TimedOut && is_of_members(&failure.request) {
            failure.problem = format!("{}: {}", failure.problem, self.too_much());
        }
        failure.into()
    }

    /// The error that a refusal is: in Okta's words, and with what to do about it.
    pub(super) fn refusal(&self, reply: &Reply) -> Error {
        let body = self.client.body();
        let mut told = wire::told(body);
        let mut special = None;
        if let Authorization::ServiceApp(tokens) = &self.authorization {
            special = tokens.advice(reply, body);
            if told.is_empty() {
                told = Refusal::of_api(reply, body).told();
            }
        }
        let advice = special.unwrap_or_else(|| self.advice(reply, &told));
        let advice = if told.starts_with("E0000005") {
            SESSION_ENDED.to_owned()
        } else if told.starts_with("E0000006") {
            format!("{advice}; or {BLOCKED}")
        } else {
            advice
        };
        self.client.refusal(reply, &told, &advice).into()
    }

    /// The error that a page is which is no list; Okta may say so with status 200.
    pub(super) fn unusable(&self, reply: &Reply, why: String) -> Error {
        let told = wire::told(self.client.body());
        let why = if told.is_empty() {
            why
        } else {
            format!("Okta says {told}")
        };
        self.client.unusable(reply, &why).into()
    }

    fn advice(&self, reply: &Reply, told: &str) -> String {
        match reply.status {
            500 | 504 if is_of_members(reply.request()) => self.too_much(),
            status => advice(status, told).to_owned(),
        }
    }

    /// What to do where Okta does not get a page of members together.
    fn too_much(&self) -> String {
        format!(
            "Okta has a problem, or {} members on a page are too much for it: set a smaller \
             page_size (Okta advises 200) or a larger timeout",
            self.page_size
        )
    }
}

/// What Okta refuses with the same code as a role that is too small.
const BLOCKED: &str = "Okta blocks this machine's IP address (network zone, ThreatInsight)";

/// What became of a token that was good a moment ago.
const SESSION_ENDED: &str = "Okta ended the session: the token was withdrawn, or whoever it belongs to was \
                             deactivated; make a new one (`user-sync help okta#api-token`)";

/// Whether a request, as failures name it, was for members of a group.
fn is_of_members(request: &str) -> bool {
    request.contains("/api/v1/groups/") && request.ends_with("/users")
}

/// What to do about a refusal.
fn advice(status: u16, told: &str) -> &'static str {
    match status {
        300..=399 => "redirects are not followed; check host",
        401 if told.starts_with("E0000015") => "the tenant or the token lacks this feature",
        401 => "check the API token: it may be wrong, expired or revoked",
        403 => "the administrator who made the API token may not read groups and users",
        404 => "the group may have vanished meanwhile; otherwise check host",
        429 => "the tenant's rate limit is used up; run again later",
        500.. => "Okta has a problem; run again later",
        _ => "",
    }
}
