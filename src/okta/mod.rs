//! Reads groups and their members from Okta.
//!
//! Whole lists or an error: a list that ends early would make people look gone. Knows no mapping,
//! no filter, and nothing of Adobe.

mod auth;
mod member;
mod page;
#[cfg(test)]
mod recorded;
mod refusal;
mod sign;
mod wire;

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::{OktaAccess, OktaConfig};
use crate::error::Error;
use crate::http::{Api, Client, Effect, Failure, Reply, Request, Server, Statistics, Transport};
use crate::os::secret::Secret;
use crate::record::{Record, Wanted};
pub use auth::Access;
use auth::Tokens;
use member::PageError;
use page::{Content, Walk};
use refusal::Refusal;
use wire::WireGroup;

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
        Ok(1) => Ok(()),
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
/// How many groups one search asks for, and how long its text may be before it is encoded.
const MOST_NAMES: usize = 20;
const LONGEST_SEARCH: usize = 2000;
/// Okta advises 200 or fewer for lists of groups, and takes up to 10000. All groups of a tenant
/// are read once; `q` has no pages, so it must ask for all at once.
const SEARCH_PAGE: u32 = 200;
const LIST_PAGE: u32 = 1000;
const Q_LIMIT: u32 = 10_000;

/// Asks for one group, whichever it is.
const SIGHT: &str = "/api/v1/groups?limit=1";

/// A group of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    pub name: String,
}

/// What became of looking for a group by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    Found(Group),
    Missing,
    /// Ids and types of groups with that very name, of which not exactly one is an `OKTA_GROUP`.
    Ambiguous(Vec<(String, String)>),
}

/// One Okta tenant.
pub struct Okta {
    client: Client,
    way_in: WayIn,
    /// Whether a service app was seen to see groups.
    is_sighted: bool,
    group_filter_format: Option<String>,
    page_size: u32,
    warned_of_host: bool,
}

/// How requests are authorised.
enum WayIn {
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
        let way_in = match &config.access {
            OktaAccess::ApiToken(token) => {
                let token = sendable(token).map_err(|why| Error::config(&config.file, why))?;
                client.hide(&token);
                WayIn::ApiToken(Secret::new(format!("SSWS {}", token.expose())))
            }
            OktaAccess::ServiceApp(app) => {
                let tokens = Tokens::new(config, app, transport);
                let tokens = tokens.map_err(|why| Error::config(&config.file, why))?;
                WayIn::ServiceApp(Box::new(tokens))
            }
        };
        Ok(Okta {
            client,
            way_in,
            is_sighted: false,
            group_filter_format: config.group_filter_format.clone(),
            page_size: config.page_size,
            warned_of_host: false,
        })
    }

    /// What was sent so far, requests for tokens included.
    pub fn statistics(&self) -> Statistics {
        let own = self.client.statistics();
        match &self.way_in {
            WayIn::ApiToken(_) => own,
            WayIn::ServiceApp(tokens) => own.with(tokens.statistics()),
        }
    }

    /// As whom a service app reads, once it has a token.
    pub fn access(&self) -> Option<Access> {
        match &self.way_in {
            WayIn::ApiToken(_) => None,
            WayIn::ServiceApp(tokens) => tokens.access(),
        }
    }

    /// Asks for one group: tells whether the tenant is there and takes the token.
    pub fn check(&mut self) -> Result<(), Error> {
        self.read_page(SIGHT)?;
        Ok(())
    }

    /// Looks for groups by their exact names: case matters, ends are trimmed (spec/sync-rules.md
    /// 1). The answers come in the order of the names.
    pub fn find_groups(&mut self, names: &[String]) -> Result<Vec<Lookup>, Error> {
        let mut found = Found::new(names);
        if self.group_filter_format.is_none() {
            for names in searches(&found.missing()) {
                self.search_groups(&names, &mut found)?;
            }
        }
        for name in found.missing() {
            let query = match &self.group_filter_format {
                Some(format) => format.replace("{group}", &name),
                None => name,
            };
            let path = format!("/api/v1/groups?q={}&limit={Q_LIMIT}", encode(&query));
            self.read_groups(&path, &mut |group| found.take(group))?;
        }
        Ok(names.iter().map(|name| found.lookup(name)).collect())
    }

    /// All groups of the tenant, in Okta's order.
    pub fn list_groups(&mut self) -> Result<Vec<Group>, Error> {
        let mut groups = Vec::new();
        let path = format!("/api/v1/groups?limit={LIST_PAGE}");
        self.read_groups(&path, &mut |group| {
            groups.push(Group {
                id: group.id,
                name: group.profile.name,
            });
        })?;
        Ok(groups)
    }

    /// Hands every member of a group to `each`, page by page, as far as `wanted` names its parts.
    /// A member may come twice if the group changes meanwhile.
    ///
    /// After an error the members handed out so far are no list: the caller must drop them.
    pub fn read_members(
        &mut self,
        group_id: &str,
        wanted: &Wanted,
        each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (id, limit) = (encode(group_id), self.page_size);
        let first = format!("/api/v1/groups/{id}/users?limit={limit}");
        self.read_pages(first, &mut |page| take_members(page, wanted, each))
    }

    /// Hands the users with that login or e-mail to `each`, as [`Okta::read_members`] does.
    pub fn find_user(
        &mut self,
        name: &str,
        wanted: &Wanted,
        each: &mut dyn FnMut(&Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let name = quoted(name.trim());
        let search = format!("profile.login eq {name} or profile.email eq {name}");
        let first = format!("/api/v1/users?search={}&limit=200", encode(&search));
        self.read_pages(first, &mut |page| take_members(page, wanted, each))
    }

    /// One search for several names; one search a name where Okta does not take it. A name that no
    /// search takes is left to the look-up with `q`.
    fn search_groups(&mut self, names: &[String], found: &mut Found) -> Result<(), Error> {
        let path = search_path(names);
        let reply = self.get(&path)?;
        if reply.status == 400 {
            log::debug!(target: "okta", "{}: a search was refused", reply.request);
            let alone = if names.len() > 1 { names } else { &[] };
            return alone
                .iter()
                .try_for_each(|name| self.search_groups(std::slice::from_ref(name), found));
        }
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        self.read_pages_from(
            path,
            reply,
            &mut take_groups(&mut |group| found.take(group)),
        )
    }

    fn read_groups(&mut self, first: &str, take: &mut dyn FnMut(WireGroup)) -> Result<(), Error> {
        self.read_pages(first.to_owned(), &mut take_groups(take))
    }

    fn read_pages(&mut self, first: String, read: &mut ReadPage<'_>) -> Result<(), Error> {
        let reply = self.read_page(&first)?;
        self.read_pages_from(first, reply, read)
    }

    /// Reads a list of which the first page is there already.
    fn read_pages_from(
        &mut self,
        first: String,
        mut reply: Reply,
        read: &mut ReadPage<'_>,
    ) -> Result<(), Error> {
        let mut walk = Walk::new(&first);
        loop {
            let content = match read(self.client.body()) {
                Ok(content) => content,
                Err(PageError::Taker(error)) => return Err(error),
                Err(PageError::Page(why)) => return Err(self.client.unusable(&reply, &why).into()),
            };
            let next = walk
                .next(&reply.headers, &content)
                .map_err(|why| self.client.unusable(&reply, &why))?;
            let Some(next) = next else { return Ok(()) };
            self.warn_of_host(next.host.as_deref());
            reply = self.read_page(&next.path)?;
        }
    }

    /// A page with status 200; any other is an error.
    fn read_page(&mut self, path: &str) -> Result<Reply, Error> {
        let reply = self.get(path)?;
        match reply.status {
            200 => Ok(reply),
            _ => Err(self.refusal(&reply)),
        }
    }

    fn get(&mut self, path: &str) -> Result<Reply, Error> {
        self.check_sight()?;
        Ok(self.send(path)?)
    }

    fn send(&mut self, path: &str) -> Result<Reply, Failure> {
        match &mut self.way_in {
            WayIn::ApiToken(authorization) => {
                let headers = [("authorization", authorization.expose())];
                self.client.send(&Request::get(path, &headers))
            }
            WayIn::ServiceApp(tokens) => tokens.get(&mut self.client, path),
        }
    }

    /// Okta lists nothing, without an error, to an app that has a scope and no admin role. So a
    /// service app must be seen to see a group before any list is believed.
    fn check_sight(&mut self) -> Result<(), Error> {
        let WayIn::ServiceApp(tokens) = &self.way_in else {
            return Ok(());
        };
        if self.is_sighted {
            return Ok(());
        }
        let problem = refusal::sees_nothing(tokens.client_id());
        let reply = self.send(SIGHT)?;
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        let groups = wire::read_groups(self.client.body());
        let groups = groups.map_err(|why| self.client.unusable(&reply, &why))?;
        self.is_sighted = !groups.is_empty();
        if self.is_sighted {
            return Ok(());
        }
        let failure = Failure {
            request: reply.request,
            problem,
            effect: Effect::None,
            stopped: false,
        };
        Err(failure.into())
    }

    fn refusal(&self, reply: &Reply) -> Error {
        let body = self.client.body();
        let mut told = wire::told(body);
        let mut special = None;
        if let WayIn::ServiceApp(tokens) = &self.way_in {
            special = tokens.advice(reply, body);
            if told.is_empty() {
                told = Refusal::of_api(reply, body).told();
            }
        }
        let advice = special.unwrap_or_else(|| advice(reply.status, &told).to_owned());
        self.client.refusal(reply, &told, &advice).into()
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
    let mut first: Option<String> = None;
    let entries = member::read_members(page, wanted, &mut |record| {
        first.get_or_insert_with(|| record.id.as_ref().to_owned());
        each(record)
    })?;
    Ok(Content {
        entries,
        bytes: page.len(),
        first: first.unwrap_or_default(),
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

fn condition(name: &str) -> String {
    format!("profile.name eq {}", quoted(name))
}

fn search_path(names: &[String]) -> String {
    let conditions: Vec<String> = names.iter().map(|name| condition(name)).collect();
    let search = encode(&conditions.join(" or "));
    format!("/api/v1/groups?search={search}&limit={SEARCH_PAGE}")
}

/// Cuts names into lots for one search each.
fn searches(names: &[String]) -> Vec<Vec<String>> {
    let mut lots: Vec<Vec<String>> = Vec::new();
    let mut length = 0;
    for name in names {
        let own = condition(name).len() + " or ".len();
        match lots.last_mut() {
            Some(lot) if lot.len() < MOST_NAMES && length + own <= LONGEST_SEARCH => {
                lot.push(name.clone());
                length += own;
            }
            _ => {
                lots.push(vec![name.clone()]);
                length = own;
            }
        }
    }
    lots
}

/// The groups found so far, by the trimmed names that are looked for.
struct Found {
    /// In the order asked, each once.
    names: Vec<String>,
    groups: HashMap<String, Vec<WireGroup>>,
}

impl Found {
    fn new(names: &[String]) -> Found {
        let mut found = Found {
            names: Vec::new(),
            groups: HashMap::new(),
        };
        for name in names
            .iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
        {
            if found.groups.insert(name.to_owned(), Vec::new()).is_none() {
                found.names.push(name.to_owned());
            }
        }
        found
    }

    fn take(&mut self, group: WireGroup) {
        if let Some(groups) = self.groups.get_mut(group.profile.name.trim())
            && !groups.iter().any(|known| known.id == group.id)
        {
            groups.push(group);
        }
    }

    fn missing(&self) -> Vec<String> {
        let is_missing = |name: &&String| self.groups.get(*name).is_none_or(Vec::is_empty);
        self.names.iter().filter(is_missing).cloned().collect()
    }

    fn lookup(&self, name: &str) -> Lookup {
        let groups: Vec<&WireGroup> = self.groups.get(name.trim()).into_iter().flatten().collect();
        let kind = |group: &WireGroup| group.kind.clone().unwrap_or_default();
        let is_own = |group: &&&WireGroup| kind(group) == "OKTA_GROUP";
        let own: Vec<&WireGroup> = groups.iter().filter(is_own).copied().collect();
        match (groups.as_slice(), own.as_slice()) {
            ([], _) => Lookup::Missing,
            ([group], _) | (_, [group]) => Lookup::Found(Group {
                id: group.id.clone(),
                name: group.profile.name.clone(),
            }),
            (several, _) => {
                let pair = |group: &&WireGroup| (group.id.clone(), kind(group));
                Lookup::Ambiguous(several.iter().map(pair).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn group(id: &str, kind: &str, name: &str) -> WireGroup {
        let json = serde_json::json!({"id": id, "type": kind, "profile": {"name": name}});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn names_are_compared_exactly_with_trimmed_ends() {
        let mut found = Found::new(&names(&[" Design ", "Design", "design", ""]));
        found.take(group("1", "OKTA_GROUP", "Design"));
        found.take(group("2", "OKTA_GROUP", "Design 2"));
        assert_eq!(found.missing(), ["design"]);
        let design = Lookup::Found(Group {
            id: "1".into(),
            name: "Design".into(),
        });
        assert_eq!(found.lookup(" Design "), design);
        assert_eq!(found.lookup("design"), Lookup::Missing);
        assert_eq!(found.lookup(""), Lookup::Missing);
    }

    #[test]
    fn of_several_groups_the_one_made_in_okta_counts() {
        let lookup = |kinds: &[&str]| {
            let mut found = Found::new(&names(&["A"]));
            for (place, kind) in kinds.iter().enumerate() {
                found.take(group(&place.to_string(), kind, "A"));
            }
            match found.lookup("A") {
                Lookup::Found(group) => group.id,
                Lookup::Missing => "missing".into(),
                Lookup::Ambiguous(several) => format!("{} groups", several.len()),
            }
        };
        let (own, imported) = ("OKTA_GROUP", "APP_GROUP");
        assert_eq!(lookup(&[imported]), "0");
        assert_eq!(lookup(&[imported, own]), "1");
        assert_eq!(lookup(&[imported, imported]), "2 groups");
        assert_eq!(lookup(&[own, own]), "2 groups");
    }

    #[test]
    fn a_group_that_comes_twice_is_one_group() {
        let mut found = Found::new(&names(&["A"]));
        found.take(group("1", "APP_GROUP", "A"));
        found.take(group("1", "APP_GROUP", "A"));
        assert!(matches!(found.lookup("A"), Lookup::Found(_)));
    }

    #[test]
    fn a_search_is_quoted_and_encoded() {
        assert_eq!(
            search_path(&names(&[r#"A "b" \ +&#%"#, "C"])),
            "/api/v1/groups?search=profile.name%20eq%20%22A%20%5C%22b%5C%22%20%5C%5C%20%2B%26%23%25\
             %22%20or%20profile.name%20eq%20%22C%22&limit=200"
        );
    }

    #[test]
    fn searches_are_cut_by_number_and_length() {
        let short: Vec<String> = (0..45).map(|number| number.to_string()).collect();
        let lots: Vec<usize> = searches(&short).iter().map(Vec::len).collect();
        assert_eq!(lots, [20, 20, 5]);
        let long = names(&[
            "a".repeat(900).as_str(),
            &"b".repeat(900),
            &"c".repeat(3000),
            "d",
        ]);
        let lots: Vec<usize> = searches(&long).iter().map(Vec::len).collect();
        assert_eq!(lots, [2, 1, 1]);
        assert!(searches(&[]).is_empty());
    }
}
