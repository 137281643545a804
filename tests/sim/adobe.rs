//! Adobe: tokens, who may ask what, and the organisations' state.
//! Reading is in `listing.rs`, writing in `actions.rs`; nothing of Okta here.

use super::http::{self, Answer, Request};
use super::listing::Listing;
use super::seed;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// All organisations, and the tokens handed out.
pub(super) struct Adobe {
    orgs: Vec<Org>,
    tokens: Vec<Token>,
    token_uses: u64,
    expires_in: u64,
    pub(super) seed: u64,
    settings: Value,
}

struct Token {
    text: String,
    client_id: String,
    uses: u64,
}

/// One organisation.
pub(super) struct Org {
    pub(super) id: String,
    /// All keys of the world but users and groups.
    pub(super) settings: Map<String, Value>,
    pub(super) groups: Vec<UserGroup>,
    /// A removed user leaves an empty place, so that places stay.
    pub(super) users: Vec<Option<User>>,
    /// Places by e-mail in lower case.
    by_email: HashMap<String, Vec<u32>>,
    removed: Vec<Value>,
    /// Rendered users listings, until something changes.
    pub(super) listings: HashMap<String, Arc<Listing>>,
}

pub(super) struct UserGroup {
    pub(super) name: String,
    pub(super) kind: Option<String>,
    pub(super) product: Option<String>,
    pub(super) readonly: bool,
}

/// One account as the organisation holds it.
#[derive(Clone, Default)]
pub(super) struct User {
    pub(super) email: String,
    pub(super) username: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) kind: String,
    pub(super) firstname: Option<String>,
    pub(super) lastname: Option<String>,
    pub(super) country: Option<String>,
    pub(super) groups: Vec<Arc<str>>,
    /// Only if it is not active.
    pub(super) status: Option<String>,
}

/// Names and addresses are compared ignoring case.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

pub(super) fn domain_of(email: &str) -> Option<&str> {
    email.split_once('@').map(|(_, domain)| domain)
}

impl User {
    fn of(user: &Value) -> User {
        let text = |key: &str| user[key].as_str().map(str::to_owned);
        let email = text("email").unwrap_or_default();
        // Absent: the usual value; null: none.
        let usual = |key: &str, usual: Option<&str>| match user.get(key) {
            Some(value) => value.as_str().map(str::to_owned),
            None => usual.map(str::to_owned),
        };
        let username = usual("username", Some(&email));
        let source = username
            .as_deref()
            .filter(|name| name.contains('@'))
            .unwrap_or(&email);
        let groups = user["groups"].as_array().into_iter().flatten();
        User {
            domain: usual("domain", domain_of(source)),
            username,
            kind: text("type").unwrap_or_else(|| "federatedID".to_owned()),
            firstname: text("firstname"),
            lastname: text("lastname"),
            country: text("country"),
            groups: groups.filter_map(Value::as_str).map(Arc::from).collect(),
            status: text("status").filter(|status| status != "active"),
            email,
        }
    }

    /// In the format of the world and of the state, where absent is absent.
    pub(super) fn json(&self) -> Value {
        let mut groups = self.groups.clone();
        groups.sort();
        let fields = [
            ("username", &self.username),
            ("domain", &self.domain),
            ("firstname", &self.firstname),
            ("lastname", &self.lastname),
            ("country", &self.country),
            ("status", &self.status),
        ];
        let mut user = json!({"email": self.email, "type": self.kind});
        user["groups"] = groups.iter().map(|group| json!(**group)).collect();
        for (key, value) in fields {
            if let Some(value) = value {
                user[key] = json!(value);
            }
        }
        user
    }

    pub(super) fn is_adobe_id(&self) -> bool {
        self.kind == "adobeID"
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| same(own, group))
    }
}

impl UserGroup {
    pub(super) fn plain(name: &str) -> UserGroup {
        UserGroup {
            name: name.to_owned(),
            kind: None,
            product: None,
            readonly: false,
        }
    }

    fn of(group: &Value) -> UserGroup {
        let text = |key: &str| group[key].as_str().map(str::to_owned);
        let name = group.as_str().or(group["name"].as_str());
        UserGroup {
            kind: text("type"),
            product: text("product"),
            readonly: group["readonly"].as_bool().unwrap_or(false),
            ..UserGroup::plain(name.expect("a group of the world has a name"))
        }
    }

    fn json(&self) -> Value {
        if self.kind.is_none() && self.product.is_none() && !self.readonly {
            return json!(self.name);
        }
        json!({"name": self.name, "type": self.kind, "product": self.product, "readonly": self.readonly})
    }
}

impl Org {
    fn of(id: &str, world: &Value) -> Org {
        let mut settings = world.as_object().cloned().unwrap_or_default();
        settings.remove("users");
        settings.remove("groups");
        let groups = world["groups"].as_array().into_iter().flatten();
        let mut org = Org {
            id: id.to_owned(),
            settings,
            groups: groups.map(UserGroup::of).collect(),
            users: Vec::new(),
            by_email: HashMap::new(),
            removed: Vec::new(),
            listings: HashMap::new(),
        };
        for user in world["users"].as_array().into_iter().flatten() {
            org.insert(User::of(user));
        }
        org
    }

    /// The place of the new user.
    pub(super) fn insert(&mut self, user: User) -> usize {
        let place = self.users.len();
        let places = self.by_email.entry(user.email.to_lowercase()).or_default();
        places.push(place as u32);
        self.users.push(Some(user));
        self.listings.clear();
        place
    }

    /// Changes a user; the index follows the e-mail.
    pub(super) fn change(&mut self, place: usize, change: impl FnOnce(&mut User)) {
        let Some(user) = &mut self.users[place] else {
            return;
        };
        let before = user.email.to_lowercase();
        change(user);
        let after = user.email.to_lowercase();
        if before != after {
            self.forget(&before, place);
            self.by_email.entry(after).or_default().push(place as u32);
        }
        self.listings.clear();
    }

    pub(super) fn remove(&mut self, place: usize, delete_account: bool) {
        let Some(user) = self.users[place].take() else {
            return;
        };
        self.forget(&user.email.to_lowercase(), place);
        self.removed.push(json!({
            "email": user.email, "type": user.kind, "deleteAccount": delete_account,
        }));
        self.listings.clear();
    }

    fn forget(&mut self, email: &str, place: usize) {
        if let Some(places) = self.by_email.get_mut(email) {
            places.retain(|other| *other as usize != place);
        }
    }

    /// Users with this e-mail, in any case.
    pub(super) fn with_email(&self, email: &str) -> impl Iterator<Item = (usize, &User)> {
        let places = self.by_email.get(&email.to_lowercase());
        let places = places.into_iter().flatten().map(|place| *place as usize);
        places.filter_map(|place| Some((place, self.users[place].as_ref()?)))
    }

    pub(super) fn users(&self) -> impl Iterator<Item = (usize, &User)> {
        let users = self.users.iter().enumerate();
        users.filter_map(|(place, user)| Some((place, user.as_ref()?)))
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.settings.get(key).and_then(Value::as_str).unwrap_or("")
    }

    pub(super) fn number(&self, key: &str) -> Option<usize> {
        let number = self.settings.get(key).and_then(Value::as_u64);
        number.map(|number| number as usize)
    }

    fn state(&self) -> Value {
        let mut users: Vec<&User> = self.users().map(|(_, user)| user).collect();
        users.sort_by_key(|user| (user.email.to_lowercase(), user.kind.clone()));
        let users: Vec<Value> = users.into_iter().map(User::json).collect();
        let mut groups: Vec<&str> = self
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        groups.sort_unstable();
        let mut removed = self.removed.clone();
        removed.sort_by_key(Value::to_string);
        json!({"users": users, "groups": groups, "removed": removed})
    }

    fn world(&self) -> Value {
        let mut world = Value::Object(self.settings.clone());
        world["users"] = self.users().map(|(_, user)| world_user(user)).collect();
        world["groups"] = self.groups.iter().map(UserGroup::json).collect();
        world
    }
}

/// Like the state, but a missing name must not come back as the usual one.
fn world_user(user: &User) -> Value {
    let mut json = user.json();
    if user.username.is_none() {
        json["username"] = Value::Null;
    }
    if user.domain.is_none() {
        json["domain"] = Value::Null;
    }
    json
}

impl Adobe {
    pub(super) fn of(adobe: &Value) -> Adobe {
        let mut new = Adobe {
            orgs: Vec::new(),
            tokens: Vec::new(),
            token_uses: u64::MAX,
            expires_in: 86399,
            seed: 1,
            settings: Value::Null,
        };
        new.set_world(adobe);
        new
    }

    /// Tokens that were handed out stay good.
    pub(super) fn set_world(&mut self, adobe: &Value) {
        let orgs = adobe["orgs"].as_object().into_iter().flatten();
        self.orgs = orgs.map(|(id, org)| Org::of(id, org)).collect();
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

/// UMAPI's 401 has no body.
fn unauthorized() -> Answer {
    let reason = "Bearer realm=\"JIL\", error=\"invalid_token\", error_description=\"The access token is invalid\"";
    Answer::new(401, "").with("WWW-Authenticate", reason)
}

/// An error about the request as a whole.
pub(super) fn failure(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(
        status,
        json!({"result": code, "message": message}).to_string(),
    )
}

fn unknown_path(request: &Request, violations: &mut Vec<String>) -> Answer {
    violations.push(format!(
        "umapi: unknown call {} {}",
        request.method,
        request.path()
    ));
    failure(404, "error.not_found", "Not found")
}
