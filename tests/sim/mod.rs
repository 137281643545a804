//! The simulator: an Okta tenant, Adobe organisations (UMAPI) and Adobe's
//! token endpoint over TLS on loopback, each on its own port.
//!
//! It serves the tests (`Sim::start`), and runs by itself (`main.rs`). It holds
//! JSON and plain structs of its own; it must not know the product's types.
//! Sources: the public documentation of Okta's management API and of UMAPI v2,
//! and the shapes of real answers. Where those leave a point open, the comment
//! at the code says what was chosen.
//!
//! # World
//!
//! One JSON object. Everything but the names is optional.
//!
//! ```text
//! okta:  token            the API token that is accepted
//!        groups           [{name, members: [uid…], id?, type? (OKTA_GROUP), description?, searchable? (true),
//!                           lag? (true: as searchable false), hidden? (true: in no list)}]
//!        users            {uid: {id?, status? (ACTIVE), profile {…}, lag? (true: `search` does not find it),
//!                           other top-level fields?}}
//!        page_cap         largest page of members (1000)
//!        group_cap        largest page of groups (10000)
//!        user_cap         largest page of the users listing (200)
//!        q_default_limit  groups returned for `q` without limit (10)
//!        rate_limit       {limit, window}: requests in so many seconds, then 429
//!        events           [{match: regex, nth? (1), what, group?, user?, to?}]: before the nth request whose
//!                         `METHOD path?query` matches, a group is renamed (`rename`, to), gone (`delete`),
//!                         loses or gains a member (`drop_member`, `add_member`), or the token is (`revoke`)
//!        shuffle          seed: members come in another order, the same each time
//!        apps             service apps: [{client_id, keys: [public JWK, with kid],
//!                           scopes? (["okta.groups.read"]), dpop? (true), expires_in? (3600),
//!                           token_uses?: a token is refused after so many uses,
//!                           rotation? {after, keys}: after so many calls these are its keys,
//!                           proof_algorithms? (["ES256", "RS256"]),
//!                           role?: "none" (every list is empty), "refused" (403, empty body),
//!                                  "forbidden" (403, E0000006)}]
//!        api_nonce        API calls of service apps need a nonce too (false)
//!        clock            seconds by which Okta's clock is ahead (0)
//! adobe: orgs             {org_id: {client_id, client_secret,
//!                           page_size? (2000), group_page_size? (as page_size),
//!                           groups_past_end? ("not_found": that answer instead of the last page again),
//!                           domains? [claimed domains; absent: every domain is],
//!                           users: [{email, username?, domain?, type? (federatedID), firstname?, lastname?,
//!                                    country?, groups?, status? (active)}],
//!                           groups: [name, or {name, type?, product?, readonly?}]}}
//!        seed             order in which the entries of one request are executed
//!        token_uses       a token is refused (401) after so many uses
//!        expires_in       seconds in the answer to a token request (86399)
//!        quotas           true: calls a client may make in a sliding minute, as documented; or some of
//!                         {actions: 10, user_pages: 25, group_pages: 5, one_user: 25}; over it 429
//!        listing_block    {within: 7200, retry_after: 4500}: who begins a listing of all users (or groups)
//!                         again within that many seconds gets 429, and so do all calls of the client until then
//!        limits           {list: 10, entry: none}: names in one list; memberships in one `usergroup` entry
//!        bad_member       "refuse" (the step, all of it) | "skip" (only the bad one)
//!        after_bad_step   "stop" | "go_on": whether later steps of a `usergroup` entry are carried out
//!        already_member   "silent" | "refuse": a member to be added, or a list that changes nothing, is an error
//! http:  gzip, chunked, link_combined   how answers travel (all false)
//! generate: {n, domain, groups: [{name, mod}]}: so many further Okta users, `user000000@domain` with the
//!        names First0 and Last0; each mod-th is a member of the group
//! faults: [fault…]
//! ```
//!
//! A `groups` entry with `searchable: false` is not in Okta's search index yet:
//! only `q` and the plain listing find it. An Adobe user with `username: null`
//! or `domain: null` has none (as some Adobe IDs); absent means the usual one.
//!
//! # Faults
//!
//! Each is one JSON object: which requests it meets, and what happens then. The
//! first fault that fires decides.
//!
//! ```text
//! service      okta | umapi | token       absent: any
//! method       GET | POST                 absent: any
//! path         part of path and query, `*` stands for anything in between
//! nth          2 or [2, 3]: only these of the requests met (from 1)
//! every        3: each third one
//! probability  0.1, with seed (1): some of them, the same in each run
//! times        stop after firing so often
//!
//! status             this answer instead, nothing is executed; with
//!   headers          {name: value}
//!   body             text, or any JSON
//!   rate_limit       {limit, remaining, reset_in}: Okta's headers, reset in so many seconds
//!   retry_after      seconds, or {date_in: seconds} for the date form
//! close              "before" (nothing executed) | "middle" (of the body) | "executed" (before the answer)
//! truncate           true: half the body, framed as if it were all
//! delay_ms           the right answer, later
//! drip_ms            the right answer, a byte of the body each so many milliseconds
//! drip_head_ms       the same with the bytes of status line and headers
//! hang               true: no answer until the client goes or the simulator stops
//! link               "other_host" | "outside" | "repeat": bad next links; "endless": ever new ones with empty
//!                    pages, "endless_same": with the same page again and again; "none": no links at all
//! echo_authorization 401: this status, with the request's Authorization in the error body
//! gzip_broken        true: says gzip and is none
//! oversized_header   200000: one header of so many bytes
//! huge_body          90000000: a JSON string of so many bytes instead of the body
//! ```
//!
//! A fault with `kind` is written as those of `testdata/cases`:
//!
//! ```text
//! server       okta | umapi (with its token path)     absent: both
//! match        regular expression on `METHOD path?query`
//! nth          2 or [2, 3]; times: only the first n; every: each n-th; after: all but the first n
//!
//! kind         status {status, headers, body, apply (true: carried out first)}
//!              | body {body, status} | html {status} | garbage | empty: instead of the answer
//!              | edit {drop: [header], set: {header: value}, add: [[header, value]], body,
//!                replace: [[from, to]] in the body, next: a bad link as below, status}
//!              | cross_host_next | http_next | outside_next | next_loop: bad next links
//!              | close_before | close_mid_body | truncate_json | slow {seconds}
//!              | interim: 103 with a next link in front | raw {text or b64}
//! ```
//!
//! Header values `@now+N` and `@date+N` are N seconds from now, as epoch seconds or as a date.
// The suite and the stand-alone program each use only a part.
#![allow(dead_code)]
// A tool for tests: what cannot go on stops the test with its reason.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod actions;
mod adobe;
mod clock;
mod events;
mod faults;
mod generate;
mod http;
mod listing;
mod oauth;
mod okta;
mod org;
mod paging;
mod people;
mod quotas;
mod report;
mod rules;
mod search;
mod seed;
mod server;
mod tls;
mod usergroups;

use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(crate) use server::{Exchange, Service};

/// A running simulator. It stops, with all its threads, when dropped.
pub(crate) struct Sim {
    server: server::Server,
    dir: PathBuf,
    own_dir: bool,
}

/// How to start: all but the tenants has a usual value.
#[derive(Default)]
pub(crate) struct Setup {
    /// The world, or nothing but `http` and `faults` beside `generate`.
    pub(crate) world: Value,
    /// So many generated people instead of the world's tenants.
    pub(crate) generate: Option<usize>,
    /// Where `ca.pem` goes; a fresh temporary folder otherwise.
    pub(crate) dir: Option<PathBuf>,
    /// Ports of Okta, UMAPI and the token endpoint; 0 lets the system choose.
    pub(crate) ports: [u16; 3],
    /// Each request is appended here as one line of JSON.
    pub(crate) log: Option<PathBuf>,
}

impl Sim {
    /// Starts from a world. Panics, with the reason, if the world is no good.
    pub(crate) fn start(world: Value) -> Sim {
        Sim::start_with(Setup {
            world,
            ..Setup::default()
        })
    }

    /// Starts with `people` generated people, see `generate.rs`.
    pub(crate) fn generated(people: usize) -> Sim {
        Sim::start_with(Setup {
            generate: Some(people),
            ..Setup::default()
        })
    }

    pub(crate) fn start_with(setup: Setup) -> Sim {
        let own_dir = setup.dir.is_none();
        let dir = setup.dir.unwrap_or_else(fresh_dir);
        std::fs::create_dir_all(&dir).expect("the simulator's folder");
        let identity = tls::identity();
        std::fs::write(dir.join("ca.pem"), &identity.ca_pem).expect("ca.pem");
        let log = setup.log.map(|path| File::create(path).expect("log file"));
        let listeners = server::Listeners::bind(setup.ports);
        let world = match setup.generate {
            Some(people) => generate::world(people, &setup.world),
            None => generate::expanded(setup.world),
        };
        let mut state = server::State::new(&world, log);
        if let Some(people) = setup.generate {
            generate::fill(people, &mut state, &listeners.host(Service::Okta));
        }
        Sim {
            server: server::Server::start(listeners, identity.config, state),
            dir,
            own_dir,
        }
    }

    /// `localhost:PORT` of a service.
    pub(crate) fn host(&self, service: Service) -> String {
        self.server.host(service)
    }

    pub(crate) fn okta_host(&self) -> String {
        self.host(Service::Okta)
    }

    /// This port answers the token path as well.
    pub(crate) fn umapi_host(&self) -> String {
        self.host(Service::Umapi)
    }

    pub(crate) fn token_host(&self) -> String {
        self.host(Service::Token)
    }

    /// The certificate authority as PEM, for `SSL_CERT_FILE`.
    pub(crate) fn ca_pem(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// The folder that holds `ca.pem`.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// How its services do TLS, for another server that is to be trusted as they are.
    pub(crate) fn tls(&self) -> Arc<rustls::ServerConfig> {
        self.server.tls()
    }

    /// Every request since the start or `clear_log`, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<Exchange> {
        self.server.state().log.clone()
    }

    pub(crate) fn requests_of(&self, service: Service) -> Vec<Exchange> {
        let mut requests = self.requests();
        requests.retain(|exchange| exchange.service == service);
        requests
    }

    /// Forgets requests and violations, for instance between two runs.
    pub(crate) fn clear_log(&self) {
        let mut state = self.server.state();
        state.log.clear();
        state.violations.clear();
    }

    /// Connections that were accepted on the port of `service` since the start.
    pub(crate) fn connections(&self, service: Service) -> usize {
        self.server.state().connections(service)
    }

    /// What the client did against the protocol, in words; empty is good.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.server.state().violations.clone()
    }

    /// Every token handed out so far, by Adobe and by Okta.
    pub(crate) fn issued_tokens(&self) -> Vec<String> {
        let state = self.server.state();
        let mut tokens = state.adobe.issued_tokens();
        tokens.extend(state.tenant.oauth.issued_tokens());
        tokens
    }

    /// The organisations now: `{org_id: {users, groups, removed}}`, sorted.
    pub(crate) fn state(&self) -> Value {
        self.server.state().adobe.state()
    }

    /// The world as it is now, in the format that `start` takes.
    pub(crate) fn world(&self) -> Value {
        self.server.state().world()
    }

    /// Changes the world between two runs; tokens, log and faults stay.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut world = self.world();
        change(&mut world);
        self.server.state().set_world(&world);
    }

    /// Adds a fault, see the head of this module.
    pub(crate) fn fault(&self, fault: Value) {
        self.server.state().faults.add(&fault);
    }

    pub(crate) fn clear_faults(&self) {
        self.server.state().faults.clear();
    }

    /// Time since the start on the simulator's clock.
    pub(crate) fn now(&self) -> Duration {
        self.server.state().adobe.clock.now()
    }

    /// Lets time pass on the simulator's clock.
    pub(crate) fn advance(&self, time: Duration) {
        self.server.state().adobe.clock.advance(time);
    }

    /// Waits that the client whose log this is has cut short (`USER_SYNC_MAX_WAIT`) pass on the
    /// simulator's clock.
    pub(crate) fn follow(&self, log: PathBuf) {
        self.server.state().adobe.clock.follow(log);
    }

    /// Hosts and files, for programs that start the simulator.
    pub(crate) fn addresses(&self) -> Value {
        json!({
            "OKTA_HOST": self.okta_host(),
            "UMAPI_HOST": self.umapi_host(),
            "TOKEN_HOST": self.token_host(),
            "SSL_CERT_FILE": self.ca_pem(),
        })
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.stop();
        if self.own_dir {
            // Left behind at worst: a small file in the temporary folder.
            std::fs::remove_dir_all(&self.dir).ok();
        }
    }
}

fn fresh_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("user-sync-sim-{}-{number}", std::process::id()))
}
