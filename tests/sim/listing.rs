//! What an organisation answers when it is read: users, one user, groups.

use super::http::{Answer, Request};
use super::org::{Org, User, UserGroup, same};
use super::report::failure;
use serde_json::json;
use std::sync::Arc;

/// Groups that are there without being listed.
const FIXED: [&str; 5] = [
    "_org_admin",
    "_support_admin",
    "_deployment_admin",
    "_compartment_admin",
    "_compartment_viewer",
];

/// A users listing: how many it holds, and its pages as bytes.
pub(super) struct Listing {
    total: usize,
    pages: Vec<Arc<Vec<u8>>>,
}

impl Org {
    /// The group's spelling, if there is such a group.
    pub(super) fn group_named(&self, name: &str) -> Option<String> {
        let listed = self.groups.iter().find(|group| same(&group.name, name));
        if let Some(group) = listed {
            return Some(group.name.clone());
        }
        let fixed = FIXED.iter().find(|fixed| same(fixed, name));
        if let Some(fixed) = fixed {
            return Some((*fixed).to_owned());
        }
        let object = ["_admin_", "_developer_"].iter().find_map(|prefix| {
            let start = name.get(..prefix.len())?;
            same(start, prefix).then(|| &name[prefix.len()..])
        })?;
        let exists = self.groups.iter().any(|group| same(&group.name, object));
        exists.then(|| name.to_owned())
    }

    /// A page past the end is the last page again; order is the world's.
    pub(super) fn list_users(
        &mut self,
        request: &Request,
        page: &str,
        group: Option<&str>,
    ) -> Answer {
        let Ok(page) = page.parse::<usize>() else {
            return failure(400, "error.page.invalid", "Invalid page");
        };
        if let Some(name) = group.filter(|name| self.group_named(name).is_none()) {
            let message = format!("Group {name} was not found");
            let body =
                json!({"lastPage": false, "result": "error.group.not_found", "message": message});
            return Answer::json(404, body.to_string());
        }
        let domain = request
            .parameter("domain")
            .map(|domain| domain.to_lowercase());
        let without_groups = request
            .parameter("excludeGroups")
            .is_some_and(|value| same(&value, "true"));
        let key = format!("{group:?} {domain:?} {without_groups}").to_lowercase();
        let selected = |user: &User| {
            user.status.is_none()
                && group.is_none_or(|group| user.is_in(group))
                && domain.as_deref().is_none_or(|domain| {
                    user.domain.as_deref().is_some_and(|own| same(own, domain))
                })
        };
        let size = self.number("page_size").unwrap_or(2000).max(1);
        let listing = match self.listings.get(&key) {
            Some(listing) => Arc::clone(listing),
            None => {
                let users = self
                    .users()
                    .map(|(_, user)| user)
                    .filter(|user| selected(user));
                let users: Vec<&User> = users.collect();
                let listing = Arc::new(Listing {
                    total: users.len(),
                    pages: render(&users, size, group, without_groups),
                });
                self.listings.insert(key, Arc::clone(&listing));
                listing
            }
        };
        let count = listing.pages.len();
        let page = page.min(count - 1);
        let mut answer = paged(Vec::new(), [listing.total, count, page, size]);
        answer.body = Arc::clone(&listing.pages[page]);
        answer
    }

    /// Renders the listing of all users ahead of time.
    pub(super) fn prepare_pages(&mut self) {
        let request = Request {
            method: "GET".to_owned(),
            target: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        self.list_users(&request, "0", None);
    }

    /// By e-mail, or by a username without `@`. With `domain` only a user of that directory;
    /// `AdobeID` means an Adobe ID.
    pub(super) fn one_user(&self, request: &Request, name: &str) -> Answer {
        let domain = request.parameter("domain");
        let is_in = |user: &User| match domain.as_deref() {
            None => true,
            Some(domain) if same(domain, "AdobeID") => user.is_adobe_id(),
            Some(domain) => user.domain.as_deref().is_some_and(|own| same(own, domain)),
        };
        let is_named = |user: &User| {
            let username = user.username.as_deref();
            !name.contains('@') && username.is_some_and(|own| same(own, name))
        };
        let by_email = self.with_email(name);
        let by_username = self.users().filter(|(_, user)| is_named(user));
        let found = by_email.chain(by_username).map(|(_, user)| user);
        let mut found: Vec<&User> = found.collect();
        found.retain(|user| user.status.is_none() && is_in(user));
        found.sort_by_key(|user| user.is_adobe_id());
        match found.first() {
            Some(user) => {
                let user = record(user, false);
                Answer::json(200, format!("{{\"result\":\"success\",\"user\":{user}}}"))
            }
            None => failure(404, "error.user.not_found", "User was not found"),
        }
    }

    pub(super) fn list_groups(&self, page: &str) -> Answer {
        let Ok(page) = page.parse::<usize>() else {
            return failure(400, "error.page.invalid", "Invalid page");
        };
        let size = self.number("group_page_size").or(self.number("page_size"));
        let size = size.unwrap_or(2000).max(1);
        let count = self.groups.len().div_ceil(size).max(1);
        if page >= count && self.text("groups_past_end") == "not_found" {
            return Answer::json(200, "{\"lastPage\":true,\"result\":\"Not found\"}");
        }
        let page = page.min(count - 1);
        let groups = self.groups.iter().enumerate().skip(page * size).take(size);
        let groups: Vec<String> = groups
            .map(|(place, group)| self.group_record(place, group))
            .collect();
        let last = page + 1 == count;
        let body = format!(
            "{{\"lastPage\":{last},\"result\":\"success\",\"groups\":[{}]}}",
            groups.join(",")
        );
        paged(body.into_bytes(), [self.groups.len(), count, page, size])
    }

    fn group_record(&self, place: usize, group: &UserGroup) -> String {
        let members = self
            .users()
            .filter(|(_, user)| user.is_in(&group.name))
            .count();
        let kind = group
            .kind
            .clone()
            .unwrap_or_else(|| usual_kind(&group.name).to_owned());
        let mut text = format!(
            "{{\"groupId\":{},\"groupName\":{},\"type\":\"{kind}\",\"memberCount\":{members}",
            4711 + place,
            json!(group.name)
        );
        if kind == "PRODUCT_PROFILE" {
            let product = group.product.as_deref().unwrap_or(&group.name);
            text.push_str(&format!(
                ",\"productName\":{},\"licenseQuota\":\"50\"",
                json!(product)
            ));
        }
        text.push('}');
        text
    }
}

fn usual_kind(name: &str) -> &'static str {
    let kinds = [
        ("_org_admin", "SYSADMIN_GROUP"),
        ("_support_admin", "SUPPORT_ADMIN_GROUP"),
        ("_deployment_admin", "DEPLOYMENT_ADMIN_GROUP"),
        ("_product_admin_", "PRODUCT_ADMIN_GROUP"),
        ("_admin_", "PROFILE_ADMIN_GROUP"),
        ("_developer_", "DEVELOPER_GROUP"),
    ];
    let kind = kinds.iter().find(|(prefix, _)| name.starts_with(prefix));
    kind.map_or("USER_GROUP", |(_, kind)| kind)
}

/// All pages of one listing; an empty listing is one empty page.
fn render(
    users: &[&User],
    size: usize,
    group: Option<&str>,
    without_groups: bool,
) -> Vec<Arc<Vec<u8>>> {
    let count = users.len().div_ceil(size).max(1);
    let name = group.map_or(String::new(), |name| {
        format!(",\"groupName\":{}", json!(name))
    });
    let page = |page: usize| {
        let last = page + 1 == count;
        let mut text = format!("{{\"lastPage\":{last},\"result\":\"success\"{name},\"users\":[");
        for (place, user) in users.iter().skip(page * size).take(size).enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&record(user, without_groups));
        }
        text.push_str("]}");
        Arc::new(text.into_bytes())
    };
    (0..count).map(page).collect()
}

/// A user record: fields without a value are left out, `groups` too.
fn record(user: &User, without_groups: bool) -> String {
    let mut text = format!("{{\"email\":{},\"status\":\"active\"", json!(user.email));
    let fields = [
        ("username", &user.username),
        ("domain", &user.domain),
        ("firstname", &user.firstname),
        ("lastname", &user.lastname),
        ("country", &user.country),
    ];
    for (key, value) in fields {
        if let Some(value) = value {
            text.push_str(&format!(",\"{key}\":{}", json!(value)));
        }
    }
    text.push_str(&format!(",\"type\":{}", json!(user.kind)));
    if !user.groups.is_empty() && !without_groups {
        let groups: Vec<String> = user
            .groups
            .iter()
            .map(|group| json!(**group).to_string())
            .collect();
        text.push_str(&format!(",\"groups\":[{}]", groups.join(",")));
    }
    text.push('}');
    text
}

/// Adds the page headers: total, pages, current (0-based) and size.
fn paged(body: Vec<u8>, [total, count, page, size]: [usize; 4]) -> Answer {
    Answer::json(200, body)
        .with("X-Total-Count", total)
        .with("X-Page-Count", count)
        .with("X-Current-Page", page)
        .with("X-Page-Size", size)
}
