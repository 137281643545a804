//! Adobe: tokens, and who may ask what of which organisation.
//! The organisations are in `org.rs`, reading them in `listing.rs`, writing in
//! `actions.rs`; nothing of Okta here.

use super::clock::Clock;
use super::http::{self, Answer, Request};
use super::org::Org;
use super::quotas::{Kind, Quotas};
use super::report::failure;
use super::rules::Rules;
use super::seed;
use serde_json::{Value, json};

/// All organisations, and the tokens handed out.
pub(super) struct Adobe {
    orgs: Vec<Org>,
    tokens: Vec<Token>,
    token_uses: u64,
    expires_in: u64,
    pub(super) seed: u64,
    pub(super) clock: Clock,
    quotas: Quotas,
    settings: Value,
}

struct Token {
    text: String,
    client_id: String,
    uses: u64,
}

impl Adobe {
    pub(super) fn of(adobe: &Value) -> Adobe {
        let mut new = Adobe {
            orgs: Vec::new(),
            tokens: Vec::new(),
            token_uses: u64::MAX,
            expires_in: 86399,
            seed: 1,
            clock: Clock::new(),
            quotas: Quotas::default(),
            settings: Value::Null,
        };
        new.set_world(adobe);
        new
    }

    /// Tokens that were handed out stay good.
    pub(super) fn set_world(&mut self, adobe: &Value) {
        let orgs = adobe["orgs"].as_object().into_iter().flatten();
        let rules = Rules::of(adobe);
        self.orgs = orgs.map(|(id, org)| Org::of(id, org, rules)).collect();
        self.quotas.set_world(adobe);
        self.token_uses = adobe["token_uses"].as_u64().unwrap_or(u64::MAX);
        self.expires_in = adobe["expires_in"].as_u64().unwrap_or(86399);
        self.seed = adobe["seed"].as_u64().unwrap_or(1);
        self.settings = adobe.clone();
    }

    pub(super) fn org(&mut self, id: &str) -> Option<&mut Org> {
        self.orgs.iter_mut().find(|org| org.id == id)
    }

    pub(super) fn issued_tokens(&self) -> Vec<String> {
        self.tokens.iter().map(|token| token.text.clone()).collect()
    }

    pub(super) fn state(&self) -> Value {
        self.orgs
            .iter()
            .map(|org| (org.id.clone(), org.state()))
            .collect()
    }

    pub(super) fn world(&self) -> Value {
        let mut world = self.settings.clone();
        if !self.orgs.is_empty() {
            world["orgs"] = self
                .orgs
                .iter()
                .map(|org| (org.id.clone(), org.world()))
                .collect();
        }
        world
    }

    /// `POST /ims/token/v2`. The error bodies have the usual OAuth form.
    pub(super) fn token(&mut self, request: &Request, violations: &mut Vec<String>) -> Answer {
        if request.path().trim_end_matches('/') != "/ims/token/v2" || request.method != "POST" {
            violations.push(format!("token: {} {}", request.method, request.path()));
            return Answer::json(404, json!({"error": "not_found"}).to_string());
        }
        if request.parameter("client_secret").is_some() {
            violations.push("token: the secret stands in the query".to_owned());
        }
        let kind = request.header("content-type").unwrap_or("");
        if !kind.starts_with("application/x-www-form-urlencoded") {
            violations.push(format!("token: content type {kind:?}"));
        }
        let mut parameters = http::form(&String::from_utf8_lossy(&request.body));
        parameters.extend(request.query());
        let given = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let refused = |status: u16, error: &str, text: &str| {
            Answer::json(
                status,
                json!({"error": error, "error_description": text}).to_string(),
            )
        };
        if given("grant_type") != "client_credentials" {
            return refused(400, "unsupported_grant_type", "invalid grant_type");
        }
        let client = self
            .orgs
            .iter()
            .find(|org| org.text("client_id") == given("client_id"));
        let Some(client) = client.filter(|_| !given("client_id").is_empty()) else {
            return refused(400, "invalid_client", "invalid client_id parameter");
        };
        if client.text("client_secret") != given("client_secret") {
            return refused(401, "invalid_client", "invalid client_secret parameter");
        }
        let mut scope: Vec<&str> = given("scope").split(',').collect();
        scope.sort_unstable();
        if scope != ["AdobeID", "openid", "user_management_sdk"] {
            return refused(400, "invalid_scope", "invalid scope parameter");
        }
        let number = self.tokens.len();
        let text = format!(
            "eyJzaW0iOjF9.{:016x}{:016x}.{number}",
            seed::hash(given("client_id")),
            seed::hash(&format!("{number} {}", http::epoch())),
        );
        self.tokens.push(Token {
            text: text.clone(),
            client_id: given("client_id").to_owned(),
            uses: 0,
        });
        let body =
            json!({"access_token": text, "token_type": "bearer", "expires_in": self.expires_in});
        Answer::json(200, body.to_string())
    }

    /// Every call of the user management API.
    pub(super) fn answer(&mut self, request: &Request, violations: &mut Vec<String>) -> Answer {
        if request.method == "GET" && request.path() == "/status" {
            return Answer::json(200, json!({"status": "UP"}).to_string());
        }
        let client_id = match self.client(request, violations) {
            Ok(client_id) => client_id,
            Err(refused) => return refused,
        };
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let call = (request.method.as_str(), &segments[..]);
        let org_id = match call {
            (
                _,
                [
                    "v2",
                    "usermanagement",
                    "users" | "groups" | "action" | "organizations",
                    org,
                    ..,
                ],
            ) => *org,
            _ => return unknown_path(request, violations),
        };
        let now = self.clock.now();
        let kind = kind_of(&segments[2..]);
        if let Some(refused) = kind.and_then(|kind| self.quotas.refuse(&client_id, kind, now)) {
            return refused;
        }
        let seed = self.seed ^ seed::hash(&String::from_utf8_lossy(&request.body));
        let Some(org) = self.org(org_id) else {
            return failure(400, "error.organization.invalid_id", "Bad organization Id");
        };
        if org.text("client_id") != client_id {
            return unauthorized();
        }
        match (call.0, &segments[2..]) {
            ("GET", ["users", _, page]) => org.list_users(request, page, None),
            ("GET", ["users", _, page, group]) => org.list_users(request, page, Some(group)),
            ("GET", ["organizations", _, "users", user]) => org.one_user(request, user),
            ("GET", ["groups", _, page]) => org.list_groups(page),
            ("POST", ["action", _]) => org.act(request, seed, violations),
            _ => unknown_path(request, violations),
        }
    }

    /// The client that the token and the key belong to.
    fn client(
        &mut self,
        request: &Request,
        violations: &mut Vec<String>,
    ) -> Result<String, Answer> {
        let authorization = request.header("authorization").unwrap_or("");
        if authorization.starts_with("SSWS") {
            violations.push("umapi: the Okta token was sent to Adobe".to_owned());
        }
        let given = authorization.strip_prefix("Bearer ").unwrap_or("");
        let token = self.tokens.iter_mut().find(|token| token.text == given);
        let token = token.filter(|token| token.uses < self.token_uses);
        let token = token.ok_or_else(unauthorized)?;
        token.uses += 1;
        if request.header("x-api-key") != Some(&token.client_id) {
            return Err(Answer::new(403, ""));
        }
        Ok(token.client_id.clone())
    }
}

/// What a call counts as; nothing for a path that is not known.
fn kind_of(path: &[&str]) -> Option<Kind> {
    match path {
        ["users", _, page] => Some(Kind::UserPage {
            first: *page == "0",
            whole: true,
        }),
        ["users", _, page, _] => Some(Kind::UserPage {
            first: *page == "0",
            whole: false,
        }),
        ["groups", _, page] => Some(Kind::GroupPage {
            first: *page == "0",
        }),
        ["organizations", ..] => Some(Kind::OneUser),
        ["action", _] => Some(Kind::Action),
        _ => None,
    }
}

/// UMAPI's 401 has no body.
fn unauthorized() -> Answer {
    let reason = "Bearer realm=\"JIL\", error=\"invalid_token\", error_description=\"The access token is invalid\"";
    Answer::new(401, "").with("WWW-Authenticate", reason)
}

fn unknown_path(request: &Request, violations: &mut Vec<String>) -> Answer {
    violations.push(format!(
        "umapi: unknown call {} {}",
        request.method,
        request.path()
    ));
    failure(404, "error.not_found", "Not found")
}
