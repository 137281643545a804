//! Why Okta refuses a service app, and what to do about it.
//!
//! Pure: reads answers and finds words.

use serde::Deserialize;
use ureq::http::HeaderMap;

use crate::http::Reply;

/// What an answer says: as the token endpoint does, or in `WWW-Authenticate`. Some errors of the
/// token endpoint come in the form of Okta's API.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    /// The code in words of RFC 6749: `invalid_client`.
    #[serde(rename = "error", alias = "errorCode")]
    code: String,
    #[serde(rename = "error_description", alias = "errorSummary")]
    description: String,
}

/// What was sent to the token endpoint, for errors that name it.
pub(super) struct Sent<'s> {
    pub(super) client_id: &'s str,
    pub(super) key_id: Option<&'s str>,
    pub(super) scopes: &'s [String],
}

impl Refusal {
    pub(super) fn of_token_endpoint(body: &[u8]) -> Refusal {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Okta names what is wrong with a token or a proof in a header, often with an empty body.
    pub(super) fn of_api(reply: &Reply, body: &[u8]) -> Refusal {
        match reply.status {
            200 => Refusal::default(),
            _ => of_challenge(&reply.headers).unwrap_or_else(|| Refusal::of_token_endpoint(body)),
        }
    }

    /// Code and description, for an error message.
    pub(super) fn told(&self) -> String {
        let parts = [self.code.as_str(), self.description.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(": ")
    }

    pub(super) fn asks_for_nonce(&self) -> bool {
        self.code == "use_dpop_nonce"
    }

    pub(super) fn is_about_proof(&self) -> bool {
        self.asks_for_nonce() || self.code == "invalid_dpop_proof"
    }

    pub(super) fn is_used_proof(&self) -> bool {
        self.is_about_proof() && self.says("already been used")
    }

    fn says(&self, words: &str) -> bool {
        self.description.to_ascii_lowercase().contains(words)
    }
}

fn of_challenge(headers: &HeaderMap) -> Option<Refusal> {
    let challenges = headers.get_all("www-authenticate").iter();
    let mut challenges = challenges.filter_map(|challenge| challenge.to_str().ok());
    challenges.find_map(|challenge| {
        Some(Refusal {
            code: parameter(challenge, "error")?.to_owned(),
            description: parameter(challenge, "error_description")
                .unwrap_or_default()
                .to_owned(),
        })
    })
}

/// `NAME="value"` of a challenge.
fn parameter<'c>(challenge: &'c str, name: &str) -> Option<&'c str> {
    let start = format!("{name}=\"");
    let (at, _) = challenge.match_indices(&start).find(|(at, _)| {
        let before = challenge.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with([' ', ','])
    })?;
    let value = challenge.get(at + start.len()..)?;
    value.split('"').next()
}

const ROLE: &str = "under Admin roles of the app, assign Read-only Administrator, or a custom role \
                    with a resource set that holds the groups";
const CLOCK: &str = "check this machine's clock";
const SUPER_ADMIN: &str = "only a super administrator can grant it";

/// What to do about an empty list of groups.
pub(super) fn sees_nothing(client_id: &str) -> String {
    format!(
        "the list of groups is empty, which is not believed: the app {client_id} has its scope, \
         but no admin role that shows groups; {ROLE}"
    )
}

/// What to do about a refusal of the token endpoint.
pub(super) fn token_advice(status: u16, refusal: &Refusal, sent: &Sent<'_>) -> String {
    match (status, refusal.code.as_str()) {
        (300..=399, _) => "redirects are not followed; check host".to_owned(),
        (404, _) => "check host: it has no token endpoint".to_owned(),
        (429, _) => "the tenant's rate limit is used up; run again later".to_owned(),
        (500.., _) => "Okta has a problem; run again later".to_owned(),
        (_, "invalid_client") => client_advice(refusal, sent),
        (_, "invalid_scope" | "access_denied") => {
            let scopes = sent.scopes.join(" or ");
            format!(
                "grant {scopes} to the app under Okta API Scopes ({SUPER_ADMIN}), or correct scopes"
            )
        }
        (_, "unauthorized_client" | "unsupported_grant_type") => format!(
            "the app {} may not use client credentials: it must be an API Services app",
            sent.client_id
        ),
        (_, "invalid_dpop_proof" | "use_dpop_nonce") => {
            format!("Okta does not take the proof of possession (DPoP): {CLOCK} and host")
        }
        _ => "check host and client_id".to_owned(),
    }
}

fn client_advice(refusal: &Refusal, sent: &Sent<'_>) -> String {
    let client_id = sent.client_id;
    if refusal.says("kid") {
        return match sent.key_id {
            Some(id) => format!(
                "the app {client_id} has no active key with the id {id}: set private_key_id to \
                 the KID that the app shows under Client Credentials, or add the key there"
            ),
            None => format!(
                "no key id was sent: set private_key_id to the KID that the app {client_id} shows \
                 under Client Credentials"
            ),
        };
    }
    if refusal.says("signature") {
        let id = sent.key_id.map(|id| format!(" {id}")).unwrap_or_default();
        return format!(
            "private_key is not the private half of the app's public key{id}: use the right key, \
             or add its public half to the app under Client Credentials"
        );
    }
    if refusal.says("jwks") {
        return format!(
            "the app {client_id} has no public key: choose Public key / Private key under Client \
             Credentials and add one"
        );
    }
    if refusal.says("already been used") {
        return "run again; if it comes again, it is a fault of user-sync".to_owned();
    }
    if refusal.says("expir") || refusal.says("lifetime") || refusal.says("exp ") {
        return CLOCK.to_owned();
    }
    format!(
        "check client_id: {client_id} must be an active API Services app of this tenant whose \
         client authentication is Public key / Private key; and {CLOCK}"
    )
}

/// What to do about a refusal of the tenant's API; `None` where it is the same with every way in.
pub(super) fn api_advice(reply: &Reply, refusal: &Refusal, scopes: &[String]) -> Option<String> {
    let is_users = reply.request().contains("/api/v1/users");
    let kind = if is_users { "users" } else { "groups" };
    let needed = [format!("okta.{kind}.read"), format!("okta.{kind}.manage")];
    let is_granted = scopes.iter().any(|scope| needed.contains(scope));
    match reply.status {
        _ if refusal.is_about_proof() => Some(format!(
            "Okta does not take the proof of possession (DPoP): {CLOCK}"
        )),
        401 => Some(
            "a new token was refused too: check that the app is active and that host is the \
             tenant's own"
                .to_owned(),
        ),
        403 if is_granted => Some(format!(
            "the app's admin role is missing or too small: {ROLE}"
        )),
        403 => Some(format!(
            "the app's token lacks the scope okta.{kind}.read: grant it under Okta API Scopes \
             ({SUPER_ADMIN}) and name it in scopes"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(challenge: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append("www-authenticate", challenge.parse().unwrap());
        headers
    }

    #[test]
    fn a_challenge_is_read() {
        for (challenge, code, description) in [
            (
                r#"Bearer authorization_uri="https://x/oauth2/v1/authorize", realm="https://x", scope="okta.groups.read", error="insufficient_scope", error_description="The access token provided does not contain the required scopes.", resource="/api/v1/groups""#,
                "insufficient_scope",
                "The access token provided does not contain the required scopes.",
            ),
            (r#"DPoP error="use_dpop_nonce""#, "use_dpop_nonce", ""),
            (r#"DPoP algs="ES256",error="a""#, "a", ""),
        ] {
            let refusal = of_challenge(&headers(challenge)).unwrap();
            assert_eq!(
                (refusal.code.as_str(), refusal.description.as_str()),
                (code, description)
            );
        }
        for challenge in ["Bearer", r#"DPoP error_description="x""#, "error=x"] {
            assert_eq!(of_challenge(&headers(challenge)), None, "{challenge}");
        }
    }

    #[test]
    fn both_forms_of_error_bodies_are_read() {
        for (body, told) in [
            (
                r#"{"error":"invalid_client","error_description":"bad"}"#,
                "invalid_client: bad",
            ),
            (
                r#"{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter."}"#,
                "invalid_client: Invalid value for 'client_id' parameter.",
            ),
            (r#"{"error":"invalid_scope"}"#, "invalid_scope"),
            ("<html>", ""),
            ("", ""),
        ] {
            assert_eq!(Refusal::of_token_endpoint(body.as_bytes()).told(), told);
        }
    }

    #[test]
    fn each_refusal_of_the_token_endpoint_has_its_remedy() {
        let scopes = ["okta.groups.read".to_owned()];
        let sent = Sent {
            client_id: "0oa1",
            key_id: Some("kid-7"),
            scopes: &scopes,
        };
        for (status, code, description, remedy) in [
            (
                401,
                "invalid_client",
                "The client_assertion JWT kid is invalid.",
                "no active key with the id kid-7",
            ),
            (
                401,
                "invalid_client",
                "The client_assertion signature is invalid.",
                "not the private half of the app's public key kid-7",
            ),
            (
                401,
                "invalid_client",
                "The client does not have a JWKSet configured.",
                "has no public key",
            ),
            (
                401,
                "invalid_client",
                "The client_assertion token has already been used.",
                "run again",
            ),
            (
                401,
                "invalid_client",
                "The client_assertion token is expired.",
                "clock",
            ),
            (
                401,
                "invalid_client",
                "Invalid value for 'client_id' parameter.",
                "check client_id: 0oa1",
            ),
            (
                400,
                "invalid_scope",
                "",
                "grant okta.groups.read to the app under Okta API Scopes (only a super",
            ),
            (400, "unauthorized_client", "", "API Services app"),
            (400, "invalid_dpop_proof", "", "clock"),
            (404, "", "", "check host"),
            (429, "", "", "run again later"),
            (503, "", "", "run again later"),
            (400, "", "", "check host and client_id"),
        ] {
            let refusal = Refusal {
                code: code.to_owned(),
                description: description.to_owned(),
            };
            let advice = token_advice(status, &refusal, &sent);
            assert!(advice.contains(remedy), "{code} {description}: {advice}");
        }
    }
}
