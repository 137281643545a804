//! The Okta tenant: groups, members and users over its management API.
//! Knows HTTP answers and people; nothing of Adobe.

use super::events::{Event, Events};
use super::http::{self, Answer, Request};
use super::oauth::{self, OAuth};
use super::paging::{
    array, bad_search, error, expression, limit, links, not_found, page, single, start,
};
use super::people::People;
use super::seed::{self, Random};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

pub(super) struct Tenant {
    token: String,
    pub(super) oauth: OAuth,
    pub(super) people: People,
    pub(super) groups: Vec<Group>,
    page_cap: usize,
    group_cap: usize,
    user_cap: usize,
    q_default_limit: usize,
    rate: Rate,
    requests: u64,
    events: Events,
    /// Rendered pages of generated tenants.
    pages: Option<HashMap<PageKey, Arc<Vec<u8>>>>,
}

/// Group, first place and limit.
type PageKey = (usize, usize, usize);

pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    description: Value,
    kind: String,
    /// Whether `search` finds it: Okta's index lags behind.
    searchable: bool,
    /// Whether the token may see it at all in lists.
    hidden: bool,
    pub(super) members: Vec<u32>,
}

/// The bucket of requests behind the rate-limit headers.
struct Rate {
    limit: u64,
    window: f64,
    /// Without a limit in the world the bucket never runs low.
    enforced: bool,
    used: u64,
    since: Instant,
}

fn size(value: &Value, usual: usize) -> usize {
    value.as_u64().map_or(usual, |number| number as usize)
}

impl Tenant {
    pub(super) fn of(okta: &Value) -> Tenant {
        let people = People::of(&okta["users"]);
        let groups = okta["groups"].as_array().into_iter().flatten();
        let mut groups: Vec<Group> = groups.map(|group| Group::of(group, &people)).collect();
        if let Some(seed) = okta["shuffle"].as_u64() {
            let mut random = Random::new(seed);
            groups
                .iter_mut()
                .for_each(|group| random.shuffle(&mut group.members));
        }
        Tenant {
            oauth: OAuth::of(okta),
            token: okta["token"].as_str().unwrap_or("token").to_owned(),
            people,
            groups,
            page_cap: size(&okta["page_cap"], 1000),
            group_cap: size(&okta["group_cap"], 10000),
            user_cap: size(&okta["user_cap"], 200),
            q_default_limit: size(&okta["q_default_limit"], 10),
            rate: Rate {
                limit: okta["rate_limit"]["limit"].as_u64().unwrap_or(10000),
                window: okta["rate_limit"]["window"].as_f64().unwrap_or(60.0),
                enforced: okta["rate_limit"].is_object(),
                used: 0,
                since: Instant::now(),
            },
            requests: 0,
            events: Events::of(&okta["events"]),
            pages: None,
        }
    }

    /// Changes the tenant; what its apps were given stays.
    pub(super) fn set_world(&mut self, okta: &Value) {
        let given = std::mem::take(&mut self.oauth);
        *self = Tenant::of(okta);
        self.oauth = std::mem::take(&mut self.oauth).with_given(given);
    }

    /// Renders all member pages of the largest size ahead of time, and keeps
    /// every page that is asked for.
    pub(super) fn prepare_pages(&mut self, host: &str) {
        self.pages = Some(HashMap::new());
        for group in 0..self.groups.len() {
            let last = self.groups[group].members.len();
            for start in (0..last).step_by(self.page_cap) {
                self.member_page(group, start, self.page_cap, host);
            }
        }
    }

    pub(super) fn answer(
        &mut self,
        request: &Request,
        host: &str,
        violations: &mut Vec<String>,
    ) -> Answer {
        self.requests += 1;
        if request
            .header("accept")
            .is_none_or(|accept| !accept.contains("json"))
        {
            violations.push(format!(
                "okta: {}: no Accept: application/json",
                request.target
            ));
        }
        for event in self.events.due(request) {
            self.happen(&event);
        }
        let (rate, refused) = self.rate.take();
        let answer = if refused {
            error(
                429,
                "E0000047",
                "API call exceeded rate limit due to too many requests.",
            )
        } else {
            self.authorized(request, host, violations)
        };
        let id = format!("aSimRequest{:012}", self.requests);
        let answer = answer.with("X-Okta-Request-Id", id);
        rate.into_iter()
            .fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    fn authorized(
        &mut self,
        request: &Request,
        host: &str,
        violations: &mut Vec<String>,
    ) -> Answer {
        let authorization = request.header("authorization").unwrap_or("");
        if request.path() == oauth::TOKEN_PATH {
            return self.oauth.token(request, host, violations);
        }
        if let Some((_, token)) = authorization.split_once(' ')
            && ["Bearer", "DPoP"]
                .iter()
                .any(|scheme| authorization.starts_with(scheme))
        {
            if !self.oauth.is_issued(token) {
                violations.push("okta: a token of somebody else was sent to Okta".to_owned());
            }
            if let Err(answer) = self.oauth.authorize(request, host) {
                return answer;
            }
        } else if authorization != format!("SSWS {}", self.token) {
            return error(401, "E0000011", "Invalid token provided");
        }
        if request.method != "GET" {
            violations.push(format!("okta: {} {}", request.method, request.target));
            return error(
                405,
                "E0000022",
                "The endpoint does not support the provided HTTP method",
            );
        }
        let segments = request.segments();
        let mut segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        // Clients put a slash in front of the query.
        segments.pop_if(|last| last.is_empty());
        let answer = match segments[..] {
            ["api", "v1", "groups"] => self.list_groups(request, host),
            ["api", "v1", "groups", id] => self.one_group(id, host),
            ["api", "v1", "groups", id, "users"] => self.members(id, request, host),
            ["api", "v1", "users"] => self.list_users(request, host),
            ["api", "v1", "users", key] => self.one_user(key, host),
            ["api", "v1", "users", key, "groups"] => self.groups_of(key, request, host),
            _ => {
                violations.push(format!("okta: unknown path {}", request.target));
                Err(error(404, "E0000008", "The requested path was not found"))
            }
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn happen(&mut self, event: &Event) {
        let place = |uid: &str| self.people.place(uid).map(|place| place as u32);
        let member = event.user.as_deref().and_then(place);
        let of_name = |group: &&mut Group| Some(group.name.as_str()) == event.group.as_deref();
        if event.what == "revoke" {
            self.token = String::new();
        } else if event.what == "delete" {
            self.groups
                .retain(|group| Some(group.name.as_str()) != event.group.as_deref());
        }
        for group in self.groups.iter_mut().filter(of_name) {
            match (event.what.as_str(), member) {
                ("rename", _) => group.name = event.to.clone().unwrap_or_default(),
                ("drop_member", Some(member)) => group.members.retain(|known| *known != member),
                ("add_member", Some(member)) => group.members.push(member),
                _ => {}
            }
        }
    }

    fn list_groups(&self, request: &Request, host: &str) -> Result<Answer, Answer> {
        let filter = expression(request, "filter")?;
        if let Some(filter) = &filter {
            let known = ["id", "type", "lastUpdated", "lastMembershipUpdated"];
            if filter.names().iter().any(|name| !known.contains(name)) {
                return Err(bad_search("filter"));
            }
        }
        let search = expression(request, "search")?;
        let q = request.parameter("q").map(|q| q.to_lowercase());
        let found: Vec<usize> = (0..self.groups.len())
            .filter(|place| {
                let group = &self.groups[*place];
                let attribute = |name: &str| group.attribute(name);
                !group.hidden
                    && filter
                        .as_ref()
                        .is_none_or(|filter| filter.finds(&attribute))
                    && search
                        .as_ref()
                        .is_none_or(|search| group.searchable && search.finds(&attribute))
                    && q.as_ref()
                        .is_none_or(|q| group.name.to_lowercase().starts_with(q))
            })
            .collect();
        let json = |place: usize| self.groups[place].json(host);
        if q.is_some() {
            // A capped prefix match without pages and without any Link line.
            let limit = limit(request, self.q_default_limit, self.group_cap)?;
            let groups = found.into_iter().take(limit).map(json);
            return Ok(Answer::json(200, array(groups)));
        }
        let limit = limit(request, self.group_cap, self.group_cap)?;
        let id = |place: usize| self.groups[place].id.clone();
        page(&found, limit, request, host, &id, &json)
    }

    fn one_group(&self, id: &str, host: &str) -> Result<Answer, Answer> {
        let group = self.groups.iter().find(|group| group.id == id);
        let group = group.ok_or_else(|| not_found(id, "UserGroup"))?;
        Ok(single(group.json(host)))
    }

    fn members(&mut self, id: &str, request: &Request, host: &str) -> Result<Answer, Answer> {
        let group = self.groups.iter().position(|group| group.id == id);
        let group = group.ok_or_else(|| not_found(id, "UserGroup"))?;
        let limit = limit(request, self.page_cap, self.page_cap)?;
        let members = &self.groups[group].members;
        let start = start(request, &|after| {
            let place = self.people.by_id(after)? as u32;
            members.iter().position(|member| *member == place)
        })?;
        let more = start + limit < members.len();
        let next = more.then(|| self.people.id(members[start + limit - 1] as usize));
        let links = links(request, host, limit, next);
        let mut answer = Answer::json(200, Vec::new());
        answer.links = links;
        answer.body = self.member_page(group, start, limit, host);
        Ok(answer)
    }

    fn member_page(
        &mut self,
        group: usize,
        start: usize,
        limit: usize,
        host: &str,
    ) -> Arc<Vec<u8>> {
        let key = (group, start, limit);
        if let Some(page) = self.pages.as_ref().and_then(|pages| pages.get(&key)) {
            return Arc::clone(page);
        }
        let members = self.groups[group].members.iter().skip(start).take(limit);
        let users = members.map(|place| self.user(*place as usize, host));
        let page = Arc::new(array(users).into_bytes());
        if let Some(pages) = &mut self.pages {
            pages.insert(key, Arc::clone(&page));
        }
        page
    }

    /// In lists a user has only its `self` link.
    fn user(&self, place: usize, host: &str) -> String {
        let id = self.people.id(place);
        let links = format!("{{\"self\":{{\"href\":\"https://{host}/api/v1/users/{id}\"}}}}");
        self.people.json(place, &links)
    }

    fn list_users(&self, request: &Request, host: &str) -> Result<Answer, Answer> {
        let search = expression(request, "search")?;
        let filter = expression(request, "filter")?;
        let q = request.parameter("q").map(|q| q.to_lowercase());
        let found: Vec<usize> = (0..self.people.count())
            .filter(|place| {
                let attribute = |name: &str| self.people.attribute(*place, name);
                let starts = |name: &str, q: &str| {
                    attribute(name).is_some_and(|value| value.to_lowercase().starts_with(q))
                };
                let asked = search.as_ref().or(filter.as_ref());
                match (asked, &q) {
                    (Some(asked), _) => self.people.is_indexed(*place) && asked.finds(&attribute),
                    (None, q) => {
                        let names = ["profile.firstName", "profile.lastName", "profile.email"];
                        let met = q
                            .as_ref()
                            .is_none_or(|q| names.iter().any(|name| starts(name, q)));
                        met && attribute("status").as_deref() != Some("DEPROVISIONED")
                    }
                }
            })
            .collect();
        let json = |place: usize| self.user(place, host);
        if q.is_some() {
            let limit = limit(request, self.q_default_limit, self.user_cap)?;
            return Ok(Answer::json(
                200,
                array(found.into_iter().take(limit).map(json)),
            ));
        }
        let limit = limit(request, self.user_cap, self.user_cap)?;
        page(
            &found,
            limit,
            request,
            host,
            &|place| self.people.id(place),
            &json,
        )
    }

    /// By id, by login, or by the part of a login before the `@` if nobody else's begins so; `me`
    /// is the owner of the token. A login with some characters has no path.
    fn place_of(&self, key: &str) -> Result<usize, Answer> {
        if key.contains(['/', '?', ';', '[', ']', '\\']) {
            return Err(Answer::new(400, ""));
        }
        let login = |place: usize| {
            let login = self.people.attribute(place, "profile.login");
            login.unwrap_or_default().to_lowercase()
        };
        let wanted = key.to_lowercase();
        let places = || 0..self.people.count();
        if let Some(place) = places().find(|place| self.people.id(*place) == key) {
            return Ok(place);
        }
        if let Some(place) = places().find(|place| login(*place) == wanted) {
            return Ok(place);
        }
        let begins = |place: &usize| login(*place).starts_with(&format!("{wanted}@"));
        let short: Vec<usize> = places().filter(begins).collect();
        match short.as_slice() {
            [place] => Ok(*place),
            [] if key == "me" && self.people.count() > 0 => Ok(0),
            _ => Err(not_found(key, "User")),
        }
    }

    fn groups_of(&self, key: &str, request: &Request, host: &str) -> Result<Answer, Answer> {
        let place = self.place_of(key)? as u32;
        let is_in = |group: &usize| {
            let group = &self.groups[*group];
            !group.hidden && group.members.contains(&place)
        };
        let found: Vec<usize> = (0..self.groups.len()).filter(is_in).collect();
        let limit = limit(request, self.user_cap, self.user_cap)?;
        let id = |place: usize| self.groups[place].id.clone();
        let json = |place: usize| self.groups[place].json(host);
        page(&found, limit, request, host, &id, &json)
    }

    fn one_user(&self, key: &str, host: &str) -> Result<Answer, Answer> {
        let place = self.place_of(key)?;
        let user = format!("https://{host}/api/v1/users/{}", self.people.id(place));
        let links = json!({
            "self": {"href": user},
            "suspend": {"href": format!("{user}/lifecycle/suspend"), "method": "POST"},
            "deactivate": {"href": format!("{user}/lifecycle/deactivate"), "method": "POST"},
        });
        Ok(single(self.people.json(place, &links.to_string())))
    }
}

impl Group {
    fn of(group: &Value, people: &People) -> Group {
        let name = group["name"]
            .as_str()
            .expect("a group of the world has a name");
        let kind = group["type"].as_str().unwrap_or("OKTA_GROUP");
        let members = group["members"].as_array().into_iter().flatten();
        let members = members.map(|uid| {
            let uid = uid.as_str().unwrap_or("");
            let place = people.place(uid);
            place.unwrap_or_else(|| panic!("group {name}: member {uid:?} is no user of the world"))
                as u32
        });
        let id = group["id"].as_str().map(str::to_owned);
        Group {
            id: id.unwrap_or_else(|| seed::id("00g", seed::hash(&format!("{kind} {name}")))),
            name: name.to_owned(),
            description: group.get("description").cloned().unwrap_or(json!("")),
            kind: kind.to_owned(),
            searchable: group["searchable"].as_bool().unwrap_or(true) && group["lag"] != true,
            hidden: group["hidden"] == true,
            members: members.collect(),
        }
    }

    fn attribute(&self, name: &str) -> Option<String> {
        match name {
            "id" => Some(self.id.clone()),
            "type" => Some(self.kind.clone()),
            "profile.name" => Some(self.name.clone()),
            "profile.description" => self.description.as_str().map(str::to_owned),
            _ => None,
        }
    }

    fn json(&self, host: &str) -> String {
        let moment = "2025-03-13T23:24:20.000Z";
        let url = format!("https://{host}/api/v1/groups/{}", self.id);
        let logo = |name: &str| {
            let href = format!("https://{host}/assets/okta-{name}.png");
            format!("{{\"name\":\"{name}\",\"href\":\"{href}\",\"type\":\"image/png\"}}")
        };
        let class = if self.kind == "APP_GROUP" {
            "okta:windows_security_principal"
        } else {
            "okta:user_group"
        };
        format!(
            "{{\"id\":\"{}\",\"created\":\"{moment}\",\"lastUpdated\":\"{moment}\",\
             \"lastMembershipUpdated\":\"{moment}\",\"objectClass\":[\"{class}\"],\"type\":\"{}\",\
             \"profile\":{{\"name\":{},\"description\":{}}},\"_links\":{{\"logo\":[{},{}],\
             \"users\":{{\"href\":\"{url}/users\"}},\"apps\":{{\"href\":\"{url}/apps\"}}}}}}",
            self.id,
            self.kind,
            json!(self.name),
            self.description,
            logo("medium"),
            logo("large"),
        )
    }
}

impl Rate {
    /// Counts a request: the headers, and whether it is refused.
    fn take(&mut self) -> (Vec<(&'static str, String)>, bool) {
        if self.since.elapsed().as_secs_f64() >= self.window {
            self.since = Instant::now();
            self.used = 0;
        }
        let refused = self.enforced && self.used >= self.limit;
        self.used += u64::from(!refused);
        let floor = if self.enforced { 0 } else { self.limit / 2 };
        let remaining = self.limit.saturating_sub(self.used).max(floor);
        let left = (self.window - self.since.elapsed().as_secs_f64()).max(0.0);
        let reset = http::epoch() + left.ceil() as i64;
        let headers = vec![
            ("X-Rate-Limit-Limit", self.limit.to_string()),
            ("X-Rate-Limit-Remaining", remaining.to_string()),
            ("X-Rate-Limit-Reset", reset.to_string()),
        ];
        (headers, refused)
    }
}
