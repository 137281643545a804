//! Okta's side of a service app: the token endpoint, and the tokens and proofs (DPoP) of API calls.
//!
//! Verifies as Okta does: signatures, ids of keys, audience, end, single use of assertions and
//! proofs, nonce, and that a token is used by whoever got it. Open points: Okta's window for the
//! `iat` of proofs is not documented, here it is five minutes; a nonce is good until the next one,
//! where Okta's lives for days.

use super::http::{self, Answer, Request};
use super::seed;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use ring::digest::{SHA256, digest};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

pub(super) const TOKEN_PATH: &str = "/oauth2/v1/token";
/// Seconds by which the `iat` of a proof may be off.
const PROOF_WINDOW: i64 = 300;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The apps of a tenant, and what they were given.
#[derive(Default)]
pub(super) struct OAuth {
    apps: Vec<App>,
    /// Seconds by which Okta's clock is ahead of this machine's.
    pub(super) clock: i64,
    /// API calls need a nonce too.
    api_nonce: bool,
    given: Given,
}

/// What outlives a change of the world.
#[derive(Default)]
struct Given {
    tokens: HashMap<String, Token>,
    used: HashSet<String>,
    nonces: u64,
}

struct App {
    client_id: String,
    /// Public JWKs.
    keys: Vec<Value>,
    scopes: Vec<String>,
    dpop: bool,
    role: Role,
    expires_in: i64,
    token_uses: u64,
    /// These keys take the place of its own after so many calls.
    rotation: Option<(u64, Vec<Value>)>,
    calls: u64,
    proof_algorithms: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Reader,
    /// Every list is empty.
    None,
    /// 403 with an empty body.
    Refused,
    /// 403 with the code of missing permission.
    Forbidden,
}

struct Token {
    client_id: String,
    scopes: Vec<String>,
    /// Thumbprint of the key that it is bound to.
    bound_to: Option<String>,
    ends: i64,
    uses_left: u64,
}

/// The parts of a JWT.
struct Jwt {
    header: Value,
    claims: Value,
    signed: String,
    signature: Vec<u8>,
}

fn texts(value: &Value, usual: &[&str]) -> Vec<String> {
    match value.as_array() {
        Some(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => usual.iter().map(|text| (*text).to_owned()).collect(),
    }
}

impl App {
    fn of(app: &Value) -> App {
        App {
            client_id: app["client_id"]
                .as_str()
                .expect("an app has a client_id")
                .to_owned(),
            keys: app["keys"].as_array().cloned().unwrap_or_default(),
            scopes: texts(&app["scopes"], &["okta.groups.read"]),
            dpop: app["dpop"].as_bool().unwrap_or(true),
            role: match app["role"].as_str() {
                None => Role::Reader,
                Some("none") => Role::None,
                Some("refused") => Role::Refused,
                Some("forbidden") => Role::Forbidden,
                Some(other) => panic!("unknown role {other}"),
            },
            expires_in: app["expires_in"].as_i64().unwrap_or(3600),
            rotation: app["rotation"]["after"].as_u64().map(|calls| {
                let keys = app["rotation"]["keys"].as_array();
                (calls, keys.cloned().unwrap_or_default())
            }),
            calls: 0,
            token_uses: app["token_uses"].as_u64().unwrap_or(u64::MAX),
            proof_algorithms: texts(&app["proof_algorithms"], &["ES256", "RS256"]),
        }
    }
}

impl App {
    fn count_call(&mut self) {
        self.calls += 1;
        if let Some((after, keys)) = &self.rotation
            && self.calls == *after
        {
            self.keys = keys.clone();
        }
    }
}

impl OAuth {
    pub(super) fn of(okta: &Value) -> OAuth {
        let apps = okta["apps"].as_array().into_iter().flatten();
        OAuth {
            apps: apps.map(App::of).collect(),
            clock: okta["clock"].as_i64().unwrap_or(0),
            api_nonce: okta["api_nonce"].as_bool().unwrap_or(false),
            given: Given::default(),
        }
    }

    /// Takes over what another one gave.
    pub(super) fn with_given(self, earlier: OAuth) -> OAuth {
        OAuth {
            given: earlier.given,
            ..self
        }
    }

    /// Every token so far.
    pub(super) fn issued_tokens(&self) -> Vec<String> {
        self.given.tokens.keys().cloned().collect()
    }

    pub(super) fn is_issued(&self, token: &str) -> bool {
        self.given.tokens.contains_key(token)
    }

    fn now(&self) -> i64 {
        http::epoch() + self.clock
    }

    fn nonce(&self) -> String {
        format!("nonce-{:016x}", seed::hash(&self.given.nonces.to_string()))
    }

    fn next_nonce(&mut self) -> String {
        self.given.nonces += 1;
        self.nonce()
    }

    fn use_up(&mut self, jwt: &Jwt) -> bool {
        match jwt.claims["jti"].as_str() {
            Some(jti) => self.given.used.insert(jti.to_owned()),
            None => true,
        }
    }

    pub(super) fn token(
        &mut self,
        request: &Request,
        host: &str,
        violations: &mut Vec<String>,
    ) -> Answer {
        let form: HashMap<String, String> = http::form(&String::from_utf8_lossy(&request.body))
            .into_iter()
            .collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
        if request.method != "POST" || !is_form || request.target != TOKEN_PATH {
            violations.push(format!(
                "okta: {} {}: no form",
                request.method, request.target
            ));
        }
        if field("grant_type") != "client_credentials"
            || field("client_assertion_type") != JWT_BEARER
        {
            return refused(
                400,
                "invalid_request",
                "The grant type or assertion type is missing.",
            );
        }
        let Some(assertion) = Jwt::parse(field("client_assertion")) else {
            return refused(401, "invalid_client", "The client_assertion is no JWT.");
        };
        let app = match self.verify_assertion(&assertion, host, violations) {
            Ok(app) => app,
            Err(answer) => return answer,
        };
        let mut bound_to = None;
        if self.apps[app].dpop {
            match self.verify_proof(request, host, app, None) {
                Ok(key) => bound_to = Some(key),
                Err(refusal) => return refusal.of_token_endpoint(self),
            }
        }
        let scopes: Vec<String> = field("scope").split(' ').map(str::to_owned).collect();
        if scopes
            .iter()
            .any(|scope| !self.apps[app].scopes.contains(scope))
        {
            return refused(
                400,
                "invalid_scope",
                "One or more scopes are not configured for the authorization server resource.",
            );
        }
        self.give(app, scopes, bound_to)
    }

    fn give(&mut self, app: usize, scopes: Vec<String>, bound_to: Option<String>) -> Answer {
        let app = &self.apps[app];
        let number = self.given.tokens.len();
        let text = format!(
            "eyJraWQiOiJzaW0ifQ.{:016x}.okta-T0ken_{number}",
            seed::hash(&app.client_id)
        );
        let kind = if bound_to.is_some() { "DPoP" } else { "Bearer" };
        let body = json!({"token_type": kind, "expires_in": app.expires_in,
                          "access_token": text, "scope": scopes.join(" ")});
        let token = Token {
            client_id: app.client_id.clone(),
            scopes,
            ends: self.now() + app.expires_in,
            uses_left: app.token_uses,
            bound_to,
        };
        let is_bound = token.bound_to.is_some();
        self.given.tokens.insert(text, token);
        let answer = Answer::json(200, body.to_string());
        if is_bound {
            answer.with("dpop-nonce", self.next_nonce())
        } else {
            answer
        }
    }

    fn verify_assertion(
        &mut self,
        assertion: &Jwt,
        host: &str,
        violations: &mut Vec<String>,
    ) -> Result<usize, Answer> {
        let claims = &assertion.claims;
        let invalid = |text: &str| refused(401, "invalid_client", text);
        let app = self
            .apps
            .iter()
            .position(|app| claims["iss"] == app.client_id.as_str());
        let Some(app) = app.filter(|_| claims["iss"] == claims["sub"]) else {
            let body = json!({"errorCode": "invalid_client", "errorLink": "invalid_client", "errorCauses": [],
                              "errorSummary": "Invalid value for 'client_id' parameter.", "errorId": "oaeSim"});
            return Err(Answer::json(401, body.to_string()));
        };
        let keys = &self.apps[app].keys;
        if keys.is_empty() {
            return Err(invalid("The client does not have a JWKSet configured."));
        }
        let key = match &assertion.header["kid"] {
            Value::Null if keys.len() == 1 => keys.first(),
            kid => keys.iter().find(|key| key["kid"] == *kid),
        };
        let Some(key) = key else {
            return Err(invalid("The client_assertion JWT kid is invalid."));
        };
        if !assertion.is_signed_by(key) {
            return Err(invalid("The client_assertion signature is invalid."));
        }
        if claims["aud"] != format!("https://{host}{TOKEN_PATH}") {
            return Err(invalid(
                "The audience claim for client_assertion must be the endpoint invoked for the request.",
            ));
        }
        if !claims["iat"].is_null() {
            violations.push("okta: the assertion has an iat".to_owned());
        }
        let now = self.now();
        let end = claims["exp"].as_i64().unwrap_or(0);
        let is_used = !self.use_up(assertion);
        if end <= now {
            return Err(invalid("The client_assertion token is expired."));
        }
        if end > now + 3600 {
            return Err(invalid(
                "The client_assertion token has an expiration too far into the future.",
            ));
        }
        if is_used {
            return Err(invalid("The client_assertion token has already been used."));
        }
        Ok(app)
    }

    /// The thumbprint of the key that signed the proof.
    fn verify_proof(
        &mut self,
        request: &Request,
        host: &str,
        app: usize,
        token: Option<&str>,
    ) -> Result<String, BadProof> {
        let bad = |text: &'static str| Err(BadProof::Invalid(text));
        let Some(header) = request.header("dpop") else {
            return bad("The DPoP proof JWT header is missing.");
        };
        let Some(proof) = Jwt::parse(header) else {
            return bad("The DPoP proof is no JWT.");
        };
        let key = proof.header["jwk"].clone();
        let members = key.as_object().into_iter().flatten();
        let is_public = members
            .into_iter()
            .all(|(name, _)| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
        if proof.header["typ"] != "dpop+jwt" || !is_public || !proof.is_signed_by(&key) {
            return bad("The DPoP proof JWT signature or header is invalid.");
        }
        let algorithm = proof.header["alg"].as_str().unwrap_or("").to_owned();
        if !self.apps[app].proof_algorithms.contains(&algorithm) {
            return bad("The DPoP proof JWT header has an unsupported alg.");
        }
        if proof.claims["htm"] != request.method.as_str() {
            return bad("'htm' claim in the DPoP proof JWT is invalid.");
        }
        if proof.claims["htu"] != format!("https://{host}{}", http::decode(request.path())) {
            return bad("'htu' claim in the DPoP proof JWT is invalid.");
        }
        let made = proof.claims["iat"].as_i64().unwrap_or(0);
        if (made - self.now()).abs() > PROOF_WINDOW {
            return bad("'iat' claim in the DPoP proof JWT is invalid.");
        }
        let hash = token.map(|token| json!(BASE64_URL.encode(digest(&SHA256, token.as_bytes()))));
        if proof.claims["ath"] != hash.unwrap_or(Value::Null) {
            return bad("'ath' claim in the DPoP proof JWT is invalid.");
        }
        if !self.use_up(&proof) || proof.claims["jti"].is_null() {
            return bad("The DPoP proof JWT has already been used.");
        }
        let needs_nonce = token.is_none() || self.api_nonce;
        if needs_nonce && (self.given.nonces == 0 || proof.claims["nonce"] != self.nonce()) {
            return Err(BadProof::Nonce);
        }
        Ok(thumbprint(&key))
    }

    /// Whether an API call may go on: the answer to it if not.
    pub(super) fn authorize(&mut self, request: &Request, host: &str) -> Result<(), Answer> {
        let authorization = request.header("authorization").unwrap_or("");
        let (scheme, text) = authorization.split_once(' ').unwrap_or(("", ""));
        let invalid = || {
            challenged(
                401,
                "Bearer",
                "invalid_token",
                "The access token is invalid.",
            )
        };
        let now = self.now();
        let Some(token) = self.given.tokens.get_mut(text) else {
            return Err(invalid());
        };
        let (scopes, bound_to) = (token.scopes.clone(), token.bound_to.clone());
        let is_over = token.ends <= now || token.uses_left == 0;
        token.uses_left = token.uses_left.saturating_sub(1);
        let app = self
            .apps
            .iter()
            .position(|app| app.client_id == token.client_id);
        let right_scheme = if bound_to.is_some() { "DPoP" } else { "Bearer" };
        let Some(app) = app.filter(|_| !is_over && scheme == right_scheme) else {
            return Err(invalid());
        };
        self.apps[app].count_call();
        if let Some(key) = bound_to {
            match self.verify_proof(request, host, app, Some(text)) {
                Ok(own) if own == key => {}
                Ok(_) => return Err(invalid()),
                Err(refusal) => return Err(refusal.of_api(self)),
            }
        }
        let kind = if request.path().starts_with("/api/v1/users") {
            "users"
        } else {
            "groups"
        };
        if !scopes.contains(&format!("okta.{kind}.read")) {
            return Err(insufficient_scope());
        }
        match self.apps[app].role {
            Role::Reader => Ok(()),
            Role::None => {
                let mut answer = Answer::json(200, "[]");
                answer.links = vec![("self", format!("https://{host}{}", request.target))];
                Err(answer)
            }
            Role::Refused => Err(insufficient_scope()),
            Role::Forbidden => Err(super::paging::error(
                403,
                "E0000006",
                "You do not have permission to perform the requested action",
            )),
        }
    }
}

enum BadProof {
    Invalid(&'static str),
    Nonce,
}

const NEEDS_NONCE: &str = "Authorization server requires nonce in DPoP proof.";

impl BadProof {
    fn of_token_endpoint(self, oauth: &mut OAuth) -> Answer {
        match self {
            BadProof::Invalid(text) => refused(400, "invalid_dpop_proof", text),
            BadProof::Nonce => {
                refused(400, "use_dpop_nonce", NEEDS_NONCE).with("dpop-nonce", oauth.next_nonce())
            }
        }
    }

    fn of_api(self, oauth: &mut OAuth) -> Answer {
        match self {
            BadProof::Invalid(text) => challenged(400, "DPoP", "invalid_dpop_proof", text),
            BadProof::Nonce => challenged(401, "DPoP", "use_dpop_nonce", NEEDS_NONCE)
                .with("dpop-nonce", oauth.next_nonce()),
        }
    }
}

fn insufficient_scope() -> Answer {
    let text = "The access token provided does not contain the required scopes.";
    challenged(403, "Bearer", "insufficient_scope", text)
}

/// An answer of the token endpoint.
fn refused(status: u16, error: &str, description: &str) -> Answer {
    let body = json!({"error": error, "error_description": description});
    Answer::json(status, body.to_string())
}

/// An answer of the API with an empty body.
fn challenged(status: u16, scheme: &str, error: &str, description: &str) -> Answer {
    let challenge = format!(
        "{scheme} realm=\"https://localhost\", error=\"{error}\", error_description=\"{description}\""
    );
    Answer::new(status, "").with("WWW-Authenticate", challenge)
}

impl Jwt {
    fn parse(text: &str) -> Option<Jwt> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| serde_json::from_slice(&BASE64_URL.decode(part).ok()?).ok();
        Some(Jwt {
            header: json(header)?,
            claims: json(claims)?,
            signed: signed.to_owned(),
            signature: BASE64_URL.decode(signature).ok()?,
        })
    }

    fn is_signed_by(&self, key: &Value) -> bool {
        let number = |name: &str| {
            let text = key[name].as_str().unwrap_or("");
            BASE64_URL.decode(text).unwrap_or_default()
        };
        let message = self.signed.as_bytes();
        let verified = match (key["kty"].as_str(), self.header["alg"].as_str()) {
            (Some("RSA"), Some("RS256")) => {
                let public = RsaPublicKeyComponents {
                    n: number("n"),
                    e: number("e"),
                };
                public.verify(&RSA_PKCS1_2048_8192_SHA256, message, &self.signature)
            }
            (Some("EC"), Some("ES256")) => {
                let point = [vec![4], number("x"), number("y")].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, &self.signature)
            }
            _ => return false,
        };
        verified.is_ok()
    }
}

/// Of a public JWK, as RFC 7638 has it.
fn thumbprint(key: &Value) -> String {
    let names: &[&str] = match key["kty"].as_str() {
        Some("RSA") => &["e", "kty", "n"],
        _ => &["crv", "kty", "x", "y"],
    };
    let members: Vec<String> = names
        .iter()
        .map(|name| format!("\"{name}\":{}", key[*name]))
        .collect();
    let text = format!("{{{}}}", members.join(","));
    BASE64_URL.encode(digest(&SHA256, text.as_bytes()))
}
