//! Reads groups and their members from Okta.
//!
//! Whole lists or an error: a list that ends early would make people look gone. Knows no mapping,
//! no filter, and nothing of Adobe.

#[cfg(test)]
mod answers;
mod auth;
mod lookup;
mod member;
mod page;
mod refusal;
mod sign;
mod wire;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::{OktaAccess, OktaConfig};
use crate::error::{self, Error};
use crate::http::{
    Api, Client, Effect, Failure, Parts, Reply, Request, Server, Statistics, Transport, Trouble,
};
use crate::os::secret::Secret;
use crate::record::{Record, Wanted};
pub use auth::Grant;
use auth::Tokens;
use member::PageError;
use page::{Content, Walk};
use refusal::Refusal;
use wire::WireGroup;
pub use wire::member_parts;

pub use lookup::{Group, Lookup};

/// Reads one user, as Okta returns it, from a text of its own.
///
/// # Errors
/// What is wrong with the text; or what `each` returns.
pub fn read_user(
    json: &str,
    wanted: &Wanted,
    each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
) -> Result<(), String> {
    let page = format!("[{json}]");
    match member::read_members(page.as_bytes(), wanted, each) {
        Ok(members) if members.count == 1 => Ok(()),
        Ok(_) => Err("one user a line is expected".to_owned()),
        Err(PageError::Page(problem)) => Err(problem),
        Err(PageError::Taker(error)) => Err(error.to_string()),
    }
}

/// What may stand in a query as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// Names that one search asks for: each takes some hundred bytes of a request's line.
const SEARCHED_NAMES: usize = 5;
/// Groups of one user on a page: the most that Okta gives.
const GROUPS_PAGE: u32 = 200;
/// Groups on a page where all groups of a tenant are read.
const LIST_PAGE: u32 = 1000;

/// Asks for one group, whichever it is.
const ONE_GROUP: &str = "/api/v1/groups?limit=1";

/// The connection to one Okta tenant.
pub struct Okta {
    client: Client,
    authorization: Authorization,
    /// Whether a service app was seen to see groups.
    sees_groups: bool,
    group_filter_format: Option<String>,
    page_size: u32,
    warned_of_host: bool,
}

/// What a list is called where a recording does not hold it, and what is read of its pages.
struct Asked {
    what: String,
    parts: Parts,
}

impl Asked {
    fn users(what: &str, wanted: &Wanted) -> Asked {
        Asked {
            what: what.to_owned(),
            parts: member_parts(wanted),
        }
    }

    fn user(names: &[&str], wanted: &Wanted) -> Asked {
        let names: Vec<String> = names.iter().map(|name| error::quoted(name)).collect();
        Asked::users(&format!("Okta user {}", names.join(", ")), wanted)
    }

    fn groups(what: &str) -> Asked {
        Asked {
            what: what.to_owned(),
            parts: wire::group_parts(),
        }
    }
}

/// How requests are authorised.
enum Authorization {
    /// The value of the `Authorization` header.
    ApiToken(Secret),
    ServiceApp(Box<Tokens>),
}

impl Okta {
    /// Prepares to talk to the tenant; nothing is sent yet. Fails if the token cannot stand in a
    /// header.
    pub fn connect(config: &OktaConfig, transport: &Transport) -> Result<Okta, Error> {
        let server = Server {
            host: &config.host,
            api: Api::Okta,
            logger: "okta",
            connection: &config.connection,
            rate_limit_reserve: Some(config.rate_limit_reserve),
        };
        let mut client = Client::new(transport, server);
        let authorization = match &config.access {
            OktaAccess::ApiToken(token) => {
                let token = sendable(token).map_err(|why| Error::config(&config.file, why))?;
                client.hide(&token);
                Authorization::ApiToken(Secret::new(format!("SSWS {}", token.expose())))
            }
            OktaAccess::ServiceApp(app) => {
                let tokens = Tokens::new(config, app, transport);
                let tokens = tokens.map_err(|why| Error::config(&config.file, why))?;
                Authorization::ServiceApp(Box::new(tokens))
            }
        };
        Ok(Okta {
            client,
            authorization,
            sees_groups: false,
            group_filter_format: config.group_filter_format.clone(),
            page_size: config.page_size,
            warned_of_host: false,
        })
    }

    /// What was sent so far, requests for tokens included.
    pub fn statistics(&self) -> Statistics {
        let own = self.client.statistics();
        match &self.authorization {
            Authorization::ApiToken(_) => own,
            Authorization::ServiceApp(tokens) => own.with(tokens.statistics()),
        }
    }

    /// As whom a service app reads, once it has a token.
    pub fn grant(&self) -> Option<Grant> {
        match &self.authorization {
            Authorization::ApiToken(_) => None,
            Authorization::ServiceApp(tokens) => tokens.grant(),
        }
    }

    /// Asks for one group: tells whether the tenant is there and takes the token.
    pub fn check(&mut self) -> Result<(), Error> {
        self.read_page(ONE_GROUP, &Asked::groups("a group"))?;
        Ok(())
    }

    /// All groups of the tenant, in Okta's order.
    pub fn list_groups(&mut self) -> Result<Vec<Group>, Error> {
        let mut groups = Vec::new();
        let path = format!("/api/v1/groups?limit={LIST_PAGE}");
        let asked = Asked::groups("the list of all Okta groups");
        self.read_groups(&path, &asked, &mut |group| groups.push(Group::from(group)))?;
        Ok(groups)
    }

    /// Hands every member of a group to `each`, page by page, as far as `wanted` names its parts.
    /// A member may come twice if the group changes meanwhile.
    ///
    /// After an error the members handed out so far are no list: the caller must drop them.
    pub fn read_members(
        &mut self,
        group: &Group,
        wanted: &Wanted,
        each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (id, limit) = (encode(&group.id), self.page_size);
        let first = format!("/api/v1/groups/{id}/users?limit={limit}");
        let group = error::quoted(&group.name);
        let asked = Asked::users(
            &format!("the list of members of Okta group {group}"),
            wanted,
        );
        self.read_pages(first, &asked, &mut |page| take_members(page, wanted, each))
    }

    /// Hands the users with one of these names as login or e-mail to `each`, as
    /// [`Okta::read_members`] does. Okta's index lags behind changes by seconds, and more.
    pub fn find_users(
        &mut self,
        names: &[&str],
        wanted: &Wanted,
        each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for names in names.chunks(SEARCHED_NAMES) {
            let condition = |name: &&str| {
                let name = quoted(name.trim());
                format!("profile.login eq {name} or profile.email eq {name}")
            };
            let conditions: Vec<String> = names.iter().map(condition).collect();
            let search = encode(&conditions.join(" or "));
            let first = format!("/api/v1/users?search={search}&limit=200");
            let asked = Asked::user(names, wanted);
            self.read_pages(first, &asked, &mut |page| take_members(page, wanted, each))?;
        }
        Ok(())
    }

    /// Hands the user whom Okta has by that id or login to `each`, as it is at this moment; nobody,
    /// where it has none. Okta also takes the part of a login before the `@`, and `me`.
    pub fn read_user(
        &mut self,
        name: &str,
        wanted: &Wanted,
        each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let asked = Asked::user(&[name], wanted);
        let reply = self.get(&format!("/api/v1/users/{}", encode(name)), &asked)?;
        if reply.status == 404 && wire::told(self.client.body()).starts_with("E0000007") {
            return Ok(());
        }
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        let page = [b"[", self.client.body(), b"]"].concat();
        match take_members(&page, wanted, each) {
            Ok(_) => Ok(()),
            Err(PageError::Taker(error)) => Err(error),
            Err(PageError::Page(why)) => Err(self.unusable(&reply, why)),
        }
    }

    /// The ids of the groups that a user is in.
    pub fn groups_of(&mut self, user_id: &str) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        let path = format!(
            "/api/v1/users/{}/groups?limit={GROUPS_PAGE}",
            encode(user_id)
        );
        let asked = Asked::groups(&format!(
            "the groups of the Okta user with the id {user_id}"
        ));
        self.read_groups(&path, &asked, &mut |group| ids.push(group.id))?;
        Ok(ids)
    }

    fn read_groups(
        &mut self,
        first: &str,
        asked: &Asked,
        take: &mut dyn FnMut(WireGroup),
    ) -> Result<(), Error> {
        self.read_pages(first.to_owned(), asked, &mut take_groups(take))
    }

    fn read_pages(
        &mut self,
        first: String,
        asked: &Asked,
        read: &mut ReadPage<'_>,
    ) -> Result<(), Error> {
        let reply = self.read_page(&first, asked)?;
        self.read_pages_from(&first, reply, asked, read)
    }

    /// Reads a list of which the first page is there already.
    fn read_pages_from(
        &mut self,
        first: &str,
        mut reply: Reply,
        asked: &Asked,
        read: &mut ReadPage<'_>,
    ) -> Result<(), Error> {
        let mut walk = Walk::new(first);
        loop {
            let content = match read(self.client.body()) {
                Ok(content) => content,
                Err(PageError::Taker(error)) => return Err(error),
                Err(PageError::Page(why)) => return Err(self.unusable(&reply, why)),
            };
            let next = walk
                .next(&reply.headers, &content)
                .map_err(|why| self.client.unusable(&reply, &why))?;
            let Some(next) = next else {
                self.client.drop_body();
                return Ok(());
            };
            self.warn_of_host(next.host.as_deref());
            reply = self.read_page(&next.path, asked)?;
        }
    }

    /// A page with status 200; any other is an error.
    fn read_page(&mut self, path: &str, asked: &Asked) -> Result<Reply, Error> {
        let reply = self.get(path, asked)?;
        match reply.status {
            200 => Ok(reply),
            _ => Err(self.refusal(&reply)),
        }
    }

    /// An answer with any status, from a recording or from Okta.
    fn get(&mut self, path: &str, asked: &Asked) -> Result<Reply, Error> {
        if let Some(reply) = self.client.replay(path, &asked.what)? {
            return Ok(reply);
        }
        self.check_sees_groups()?;
        let reply = self.send(path).map_err(|failure| self.failed(failure))?;
        self.client
            .record(&[path.to_owned()], &reply, &asked.parts)?;
        Ok(reply)
    }

    fn failed(&self, mut failure: Failure) -> Error {
        if failure.trouble == Trouble::TimedOut && is_of_members(&failure.request) {
            failure.problem = format!("{}: {}", failure.problem, self.too_much());
        }
        failure.into()
    }

    /// What to do where Okta does not get a page of members together.
    fn too_much(&self) -> String {
        format!(
            "Okta has a problem, or {} members on a page are too much for it: set a smaller \
             page_size (Okta advises 200) or a larger timeout",
            self.page_size
        )
    }

    /// The error that a page is which is no list; Okta may say so with status 200.
    fn unusable(&self, reply: &Reply, why: String) -> Error {
        let told = wire::told(self.client.body());
        let why = if told.is_empty() {
            why
        } else {
            format!("Okta says {told}")
        };
        self.client.unusable(reply, &why).into()
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
        let failure = Failure {
            request: reply.request,
            problem,
            effect: Effect::None,
            trouble: Trouble::Other,
            stopped: false,
        };
        Err(failure.into())
    }

    /// The error that a refusal is: in Okta's words, and with what to do about it.
    fn refusal(&self, reply: &Reply) -> Error {
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

    fn advice(&self, reply: &Reply, told: &str) -> String {
        match reply.status {
            500 | 504 if is_of_members(&reply.request) => self.too_much(),
            status => advice(status, told).to_owned(),
        }
    }

    fn warn_of_host(&mut self, named: Option<&str>) {
        let Some(named) = named else { return };
        let own = self.client.host();
        if self.warned_of_host || bare(named).eq_ignore_ascii_case(bare(own)) {
            return;
        }
        self.warned_of_host = true;
        let named = self.client.secrets().hide(named);
        log::warn!(
            target: "okta",
            "{own}: a link to the next page names the host {named}; it is followed on {own}",
        );
    }
}

/// The API token as it can stand in a header.
///
/// # Errors
/// Why it cannot.
fn sendable(token: &Secret) -> Result<Secret, &'static str> {
    let token = token.expose().trim();
    if token.is_empty() || !token.bytes().all(|c| c.is_ascii_graphic()) {
        return Err(
            "the API token is empty or holds characters that no token has; check that it \
                    was copied whole",
        );
    }
    Ok(Secret::new(token.to_owned()))
}

/// Reads one page and says what is on it.
type ReadPage<'r> = dyn FnMut(&[u8]) -> Result<Content, PageError> + 'r;

fn take_members(
    page: &[u8],
    wanted: &Wanted,
    each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
) -> Result<Content, PageError> {
    let members = member::read_members(page, wanted, each)?;
    members.check().map_err(PageError::Page)?;
    Ok(Content {
        entries: members.count,
        bytes: page.len(),
        first: members.first,
    })
}

fn take_groups(take: &mut dyn FnMut(WireGroup)) -> impl FnMut(&[u8]) -> Result<Content, PageError> {
    |page| {
        let groups = wire::read_groups(page).map_err(PageError::Page)?;
        let content = Content {
            entries: groups.len(),
            bytes: page.len(),
            first: groups
                .first()
                .map_or_else(String::new, |group| group.id.clone()),
        };
        groups.into_iter().for_each(&mut *take);
        Ok(content)
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

/// A host without the port of HTTPS.
fn bare(host: &str) -> &str {
    host.strip_suffix(":443").unwrap_or(host)
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// A text in Okta's search language.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
