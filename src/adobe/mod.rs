//! One Adobe org through the User Management API (UMAPI): reads its users and groups, sends
//! commands.
//!
//! Whole lists or an error: a list that ends early would make users look gone. Adds the token, the
//! sync markers and test mode. Knows no plan, no policy, and nothing of Okta.

mod answer;
mod auth;
mod remedy;
mod request;
mod roster;
mod wire;

use std::collections::HashSet;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use answer::{Outcome, Rejection};
pub use request::CommandEntry;
pub use wire::AdobeGroup;

use crate::config::OrgConfig;
use crate::error::{Error, quoted};
use crate::http::{
    Api, Client, Effect, Extent, Failure, Method, Quota, QuotaRule, Reply, Request, Server,
    Statistics, Transport, Trouble,
};
use crate::logging::Progress;
use crate::model::command::Command;
use crate::model::names::AdobeName;
use crate::model::{AdobeOrg, IdentityType};
use crate::text::Texts;
use auth::Tokens;
use roster::Roster;

/// What may stand in a path segment as it is. A slash may not: it is part of a name.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// In an org id the `@` stays, as Adobe's own client sends it.
const ORG: &AsciiSet = &SEGMENT.remove(b'@');

/// Action requests of a client that Adobe allows in a minute.
pub const ACTIONS_PER_MINUTE: usize = 10;

/// Which users of an org are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing<'l> {
    All,
    /// The members of these Adobe groups.
    Groups(&'l [String]),
}

/// Whether commands are carried out, or only checked by Adobe (`testOnly`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Live,
    Test,
}

/// The first and the last request of a phase are marked (UMAPI reference, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    Start,
    End,
}

impl Marker {
    fn as_str(self) -> &'static str {
        match self {
            Marker::Start => "umapi-sync-start",
            Marker::End => "umapi-sync-end",
        }
    }
}

/// The connection to one Adobe organisation.
pub struct Umapi {
    client: Client,
    tokens: Tokens,
    api_key: String,
    /// The path of all calls, without a slash at its end.
    endpoint: String,
    org: String,
    /// The first call of the reading phase was made.
    reading: bool,
    /// In front of all request ids of this connection.
    id_prefix: String,
    quotas: Quotas,
    calls: u64,
    buffer: Vec<u8>,
}

/// What Adobe allows a client a minute, by kind of request.
struct Quotas {
    actions: Quota,
    user_pages: Quota,
    group_pages: Quota,
    single_users: Quota,
}

impl Quotas {
    fn new(config: &OrgConfig, transport: &Transport) -> Quotas {
        let quota = |what, documented, from_start: Option<u32>| {
            let rule = QuotaRule {
                what,
                documented,
                from_start: from_start.and_then(|number| usize::try_from(number).ok()),
            };
            transport.quota(&config.client_id, rule)
        };
        let pace = config.pace;
        Quotas {
            actions: quota(
                "action requests",
                ACTIONS_PER_MINUTE,
                pace.actions_per_minute,
            ),
            user_pages: quota("pages of users", 25, pace.pages_per_minute),
            group_pages: quota("pages of groups", 5, pace.pages_per_minute),
            single_users: quota("single users", 25, pace.pages_per_minute),
        }
    }

    fn of(&self, kind: Kind) -> &Quota {
        match kind {
            Kind::Action => &self.actions,
            Kind::UserPage => &self.user_pages,
            Kind::GroupPage => &self.group_pages,
            Kind::OneUser => &self.single_users,
        }
    }
}

/// What a call counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Action,
    UserPage,
    GroupPage,
    OneUser,
}

/// A call to UMAPI, without what every call carries.
struct Call<'c> {
    method: Method,
    kind: Kind,
    path: &'c str,
    marker: Option<Marker>,
    body: &'c [u8],
    /// See [`Request::is_readable`].
    is_readable: &'c dyn Fn(&[u8]) -> bool,
}

impl<'c> Call<'c> {
    fn get(path: &'c str, kind: Kind, marker: Option<Marker>) -> Call<'c> {
        Call {
            method: Method::Get,
            kind,
            path,
            marker,
            body: &[],
            is_readable: &|_| true,
        }
    }
}

impl Umapi {
    /// Prepares to talk to the org; nothing is sent yet, the token is fetched with the first call.
    /// Fails if a credential cannot stand in a header.
    pub fn connect(config: &OrgConfig, transport: &Transport) -> Result<Umapi, Error> {
        let api_key = config.client_id.expose().trim();
        if api_key.is_empty() || !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = "client_id is empty or holds characters that no client id has";
            return Err(Error::config(&config.file, problem));
        }
        let server = Server {
            host: &config.host,
            api: Api::Umapi,
            logger: "umapi",
            connection: &config.connection,
            rate_limit_reserve: None,
        };
        let mut client = Client::new(transport, server);
        client.hide(&config.client_secret);
        client.hide(&config.client_id);
        Ok(Umapi {
            client,
            tokens: Tokens::new(config, transport),
            api_key: api_key.to_owned(),
            endpoint: with_slash_in_front(config.endpoint.trim_end_matches('/')),
            org: utf8_percent_encode(&config.org_id, ORG).to_string(),
            reading: false,
            id_prefix: id_prefix(),
            quotas: Quotas::new(config, transport),
            calls: 0,
            buffer: Vec::new(),
        })
    }

    /// Gets a token, if there is none yet: tells whether the credentials are accepted. A recording
    /// asks for none.
    pub fn authenticate(&mut self) -> Result<(), Error> {
        if !self.client.is_replaying() {
            self.tokens.current()?;
        }
        Ok(())
    }

    /// How long the next action request would wait, to keep to what Adobe allows.
    pub fn wait_for_action(&self) -> Duration {
        self.client.wait_for(&self.quotas.actions)
    }

    /// What was sent to UMAPI so far; requests for tokens are not counted.
    pub fn statistics(&self) -> Statistics {
        self.client.statistics()
    }

    /// Reads the users, each once. Of a group that Adobe does not know the members stay unknown.
    pub fn read_users(
        &mut self,
        listing: Listing<'_>,
        texts: &mut Texts,
    ) -> Result<AdobeOrg, Error> {
        let mut roster = Roster::new(texts);
        match listing {
            Listing::All => self.read_listing(None, Last::Yes, &mut roster)?,
            Listing::Groups(groups) => {
                let count = groups.len();
                for (place, group) in groups.iter().enumerate() {
                    let last = if place + 1 == count {
                        Last::Yes
                    } else {
                        Last::No
                    };
                    roster.start_listing();
                    self.read_listing(Some(group), last, &mut roster)?;
                }
            }
        }
        Ok(roster.into_org())
    }

    /// All groups of the org that UMAPI lists. To be read before the users, for the first call of
    /// a run carries the start marker.
    pub fn read_groups(&mut self) -> Result<Vec<AdobeGroup>, Error> {
        let mut groups = Vec::new();
        let mut seen = HashSet::new();
        let mut extent = Extent::default();
        for number in 0_u32.. {
            let path = format!("{}/groups/{}/{number}", self.endpoint, self.org);
            let what = format!("the list of groups of Adobe org {}", self.org);
            let reply = self.read(&path, &what, (Kind::GroupPage, None))?;
            let is_beyond_the_end = number > 0 && reply.status == 404;
            if reply.status != 200 && !is_beyond_the_end {
                return Err(self.refusal(&reply).into());
            }
            let page = wire::read_groups(self.client.body());
            let page = page.map_err(|why| self.client.unusable(&reply, &why))?;
            let is_last = page.is_last || is_beyond_the_end;
            let on_page = page
                .into_groups(number == 0)
                .map_err(|why| self.client.unusable(&reply, &why))?;
            let before = groups.len();
            let is_new = |group: &AdobeGroup| seen.insert((group.name.clone(), group.kind.clone()));
            groups.extend(on_page.into_iter().filter(is_new));
            if is_last || groups.len() == before {
                break;
            }
            extent
                .add(groups.len() - before, self.client.body().len())
                .map_err(|why| self.client.unusable(&reply, &why))?;
        }
        Ok(groups)
    }

    /// Whether users may be read: asks for somebody who is not there. A list, or a part of one,
    /// would count as one of the few that Adobe gives in two hours.
    pub fn check_users(&mut self) -> Result<(), Error> {
        let nobody = "nobody%40user-sync.invalid";
        let path = format!(
            "{}/organizations/{}/users/{nobody}",
            self.endpoint, self.org
        );
        let reply = self.read(&path, "one user", (Kind::OneUser, None))?;
        match reply.status {
            200 => Ok(()),
            404 if wire::code(self.client.body()) == "error.user.not_found" => Ok(()),
            _ => Err(self.refusal(&reply).into()),
        }
    }

    /// The users with these names, each once; an Adobe ID also where another account has its
    /// e-mail. Whom Adobe does not know is not among them.
    pub fn find_users(
        &mut self,
        names: &[AdobeName],
        texts: &mut Texts,
    ) -> Result<AdobeOrg, Error> {
        let mut roster = Roster::new(texts);
        for name in names {
            match name {
                AdobeName::Email(email) => {
                    // Of several accounts Adobe gives the one that is no Adobe ID.
                    let hides_others = self.find_user(email, None, &mut roster)?;
                    if hides_others {
                        self.find_user(email, Some("AdobeID"), &mut roster)?;
                    }
                }
                AdobeName::Username { name, domain } => {
                    self.find_user(name, Some(domain), &mut roster)?;
                }
            }
        }
        Ok(roster.into_org())
    }

    /// Takes the one user of that name, if there is one. Whether it is there and no Adobe ID.
    fn find_user(
        &mut self,
        name: &str,
        domain: Option<&str>,
        roster: &mut Roster<'_>,
    ) -> Result<bool, Error> {
        let segment = utf8_percent_encode(name.trim(), ORG);
        let mut path = format!(
            "{}/organizations/{}/users/{segment}",
            self.endpoint, self.org
        );
        if let Some(domain) = domain {
            path += &format!("?domain={}", utf8_percent_encode(domain, SEGMENT));
        }
        let what = format!("Adobe user {} of org {}", quoted(name), self.org);
        let reply = self.read(&path, &what, (Kind::OneUser, None))?;
        match reply.status {
            200 => wire::read_user(self.client.body(), name, roster)
                .map(|kind| kind != Some(IdentityType::AdobeId))
                .map_err(|why| self.client.unusable(&reply, &why).into()),
            404 if wire::code(self.client.body()) == "error.user.not_found" => Ok(false),
            _ => Err(self.refusal(&reply).into()),
        }
    }

    /// Sends one request of up to ten commands, each with its request id, and says what became of
    /// each, in their order. A failure is that of the whole request: also a status 400, for then
    /// Adobe found the request malformed and looked at no command, and an answer that does not
    /// account for every command, for it belongs to something else. Its `effect` says whether
    /// commands may have been carried out.
    pub fn send(
        &mut self,
        entries: &[(&str, &Command)],
        mode: Mode,
        marker: Option<Marker>,
    ) -> Result<Vec<Outcome>, Failure> {
        let query = match mode {
            Mode::Live => "",
            Mode::Test => "?testOnly=true",
        };
        let path = format!("{}/action/{}{query}", self.endpoint, self.org);
        let mut body = std::mem::take(&mut self.buffer);
        body.clear();
        let written = entries
            .iter()
            .map(|(id, command)| CommandEntry::of(id, command));
        let written = serde_json::to_writer(&mut body, &written.collect::<Vec<_>>());
        let read = |body: &[u8]| answer::read(body, entries.len(), mode);
        let reply = match written {
            Ok(()) => self.call(&Call {
                method: Method::Post,
                kind: Kind::Action,
                path: &path,
                marker,
                body: &body,
                is_readable: &|body| read(body).is_some(),
            }),
            Err(error) => Err(self.unsent(&path, error.to_string())),
        };
        self.buffer = body;
        let reply = reply?;
        match read(self.client.body()) {
            Some(answer) if reply.status == 200 => {
                let hide = |text: &str| self.client.secrets().hide(text);
                Ok(answer::outcomes(answer, entries, &hide))
            }
            _ => Err(self.refusal(&reply)),
        }
    }

    /// Waits as after a 429, for what may go better later in the run.
    pub fn wait(&mut self, problem: &str, round: u32) -> Result<(), Failure> {
        self.client.back_off(problem, round)
    }

    fn read_listing(
        &mut self,
        group: Option<&str>,
        last: Last,
        roster: &mut Roster<'_>,
    ) -> Result<(), Error> {
        let group_segment = match group {
            Some(name) => format!("/{}", utf8_percent_encode(name.trim(), SEGMENT)),
            None => String::new(),
        };
        let what = match group {
            Some(name) => format!(
                "the list of members of Adobe group {} of org {}",
                quoted(name),
                self.org
            ),
            None => format!("the list of users of Adobe org {}", self.org),
        };
        let mut progress = Progress::new(match group {
            Some(name) => format!("Adobe: users of \"{}\" read", name.trim()),
            None => "Adobe: users read".to_owned(),
        });
        let mut read = 0;
        let mut page_count = None;
        let mut extent = Extent::default();
        for number in 0_u32.. {
            let is_end = last == Last::Yes && page_count == Some(number + 1);
            let marker = is_end.then_some(Marker::End);
            let (endpoint, org) = (&self.endpoint, &self.org);
            let path = format!("{endpoint}/users/{org}/{number}{group_segment}?directOnly=true");
            let reply = self.read(&path, &what, (Kind::UserPage, marker))?;
            if number == 0
                && let Some(name) = group
                && self.is_unknown_group(&reply)
            {
                let told = self.client.secrets().hide(&wire::told(self.client.body()));
                roster.cannot_read(name, &told);
                return Ok(());
            }
            if reply.status != 200 {
                return Err(self.refusal(&reply).into());
            }
            let page = wire::read_users(self.client.body(), roster)
                .map_err(|why| self.client.unusable(&reply, &why))?;
            if page.is_last || page.new == 0 {
                break;
            }
            read += page.new;
            progress.show(read, None);
            extent
                .add(page.new, self.client.body().len())
                .map_err(|why| self.client.unusable(&reply, &why))?;
            page_count = read_page_count(&reply);
            let pages = page_count.unwrap_or_default() as usize;
            roster.expect(pages.saturating_mul(page.new));
        }
        self.client.drop_body();
        Ok(())
    }

    fn is_unknown_group(&self, reply: &Reply) -> bool {
        reply.status == 404 && wire::code(self.client.body()) == "error.group.not_found"
    }

    /// Reads `what` is at a path, from a recording or from Adobe. The first call of the reading
    /// phase carries the start marker instead of any other.
    fn read(
        &mut self,
        path: &str,
        what: &str,
        (kind, marker): (Kind, Option<Marker>),
    ) -> Result<Reply, Error> {
        if let Some(reply) = self.client.replay(path, what)? {
            return Ok(reply);
        }
        let marker = if self.reading {
            marker
        } else {
            Some(Marker::Start)
        };
        self.reading = true;
        let reply = self.call(&Call::get(path, kind, marker))?;
        let parts = if kind == Kind::GroupPage {
            wire::group_parts()
        } else {
            wire::user_parts()
        };
        self.client.record(&[path.to_owned()], &reply, &parts)?;
        Ok(reply)
    }

    /// Makes a call; once more with a new token where the token was refused.
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        self.calls += 1;
        let reply = self.call_once(call)?;
        if reply.status != 401 {
            return Ok(reply);
        }
        log::debug!(target: "umapi", "{}: the token was refused; getting a new one", reply.request);
        self.tokens.forget();
        let earlier = reply.effect;
        match self.call_once(call) {
            Ok(reply) => Ok(reply.after(earlier)),
            Err(failure) => Err(Failure {
                effect: failure.effect.max(earlier),
                ..failure
            }),
        }
    }

    fn call_once(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        let token = self.tokens.current()?;
        self.client.hide(&token);
        let authorization = crate::os::secret::Secret::new(format!("Bearer {}", token.expose()));
        let id = format!("{}-{}", self.id_prefix, self.calls);
        let mut headers = vec![
            ("authorization", authorization.expose()),
            ("x-api-key", &self.api_key),
            ("x-request-id", &id),
            ("content-type", "application/json"),
        ];
        headers.extend(call.marker.map(|marker| ("pragma", marker.as_str())));
        self.client.send(&Request {
            method: call.method,
            path: call.path,
            headers: &headers,
            body: call.body,
            fresh: None,
            is_readable: call.is_readable,
            quota: Some(self.quotas.of(call.kind)),
        })
    }

    fn refusal(&self, reply: &Reply) -> Failure {
        let mut told = wire::told(self.client.body());
        if told.is_empty()
            && let Some(header) = reply.headers.get("www-authenticate")
        {
            told = String::from_utf8_lossy(header.as_bytes()).into_owned();
        }
        self.client.refusal(reply, &told, advice(reply.status))
    }

    fn unsent(&self, path: &str, problem: String) -> Failure {
        Failure {
            request: format!("POST {}{path}", self.client.host()),
            problem,
            effect: Effect::None,
            trouble: Trouble::Other,
            stopped: false,
        }
    }
}

/// Whether a listing is the last one of its phase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

fn read_page_count(reply: &Reply) -> Option<u32> {
    let header = reply.headers.get("x-page-count")?;
    header.to_str().ok()?.trim().parse().ok()
}

/// A path as it follows a host; the empty one stays empty.
fn with_slash_in_front(path: &str) -> String {
    if path.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

/// A prefix that no other connection has.
fn id_prefix() -> String {
    let now = jiff::Timestamp::now().as_millisecond();
    format!("user-sync-{}-{now}", std::process::id())
}

/// What to do about a refusal.
fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "redirects are not followed; check server.host",
        400 => "Adobe finds the request wrong; check org_id",
        401 => "check org_id, client_id and client_secret: they must belong together",
        403 => {
            "the credential may not use the User Management API for this organisation, or the \
             organisation is being migrated"
        }
        404 => "check org_id, server.host and server.endpoint",
        429 => "Adobe's limits are used up; run at most every two hours",
        500.. => "Adobe has a problem; run again later",
        _ => "",
    }
}
