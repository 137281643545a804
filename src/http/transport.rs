//! What all connections of a run share: proxy, certificate authorities, the cap on waits, the stop
//! flag. All of the environment that concerns connections is read here, once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use ureq::Agent;
use ureq::tls::RootCerts;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _};

use super::addresses::Addresses;
use super::attentive::Attentively;
use super::dial::Dial;
use super::proxy::{self, ProxySetting};
use super::quota::{Quota, QuotaRule};
use super::recording::{Recorder, Replay, Tape};
use super::tls::{self, Tls};
use super::wait::Patience;
use crate::config::Connection;
use crate::error::Error;
use crate::os::secret::Secret;
use crate::os::signals::Stop;

const TO_CONNECT: Duration = Duration::from_secs(10);
/// Longer than any usual wait between two requests, so that the connection outlives it.
const KEPT_ALIVE: Duration = Duration::from_secs(300);
/// In bytes: every request is smaller, or goes out in parts. The library would take eight times as
/// much for each connection.
const TO_SEND: usize = 16 * 1024;
const USER_AGENT: &str = concat!("user-sync/", env!("CARGO_PKG_VERSION"));

/// How this run reaches servers.
pub struct Transport {
    proxy: Option<ProxySetting>,
    no_proxy: String,
    roots: RootCerts,
    pub(super) patience: Patience,
    /// One for each host and way of talking to it: it holds the connection that is kept alive.
    routes: RefCell<HashMap<RouteKey, Route>>,
    /// One for each account at a server and kind of request.
    quotas: RefCell<HashMap<QuotaKey, Quota>>,
    tape: RefCell<Tape>,
}

/// Whose requests count together: a digest of the account, and the kind.
type QuotaKey = (Vec<u8>, &'static str);

/// The way to a host. Clones share the connection.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) agent: Agent,
    pub(super) addresses: Addresses,
    /// The newest `dpop-nonce` that the host gave, to whichever client.
    pub(super) nonce: Rc<RefCell<Option<String>>>,
}

/// What connections must have in common to be shared.
#[derive(PartialEq, Eq, Hash)]
struct RouteKey {
    host: String,
    ssl_verify: bool,
    timeout: Duration,
}

impl Transport {
    /// Reads `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` (lower case too), `SSL_CERT_FILE`,
    /// `REQUESTS_CA_BUNDLE` and `USER_SYNC_MAX_WAIT`. A value that cannot be used is an error.
    pub fn from_env() -> Result<Transport, Error> {
        Transport::from_variables(&|name| std::env::var_os(name))
    }

    /// The same with variables from elsewhere.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Transport, Error> {
        let text = |names: &[&'static str]| first_text(variable, names);
        let proxy = text(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?
            .map(|(name, value)| proxy::parse(&value).map_err(|problem| usage(name, problem)))
            .transpose()?;
        let no_proxy = text(&["NO_PROXY", "no_proxy"])?.map(|(_, list)| list);
        let cap = text(&["USER_SYNC_MAX_WAIT"])?
            .map(|(name, value)| seconds(name, &value))
            .transpose()?;
        Ok(Transport {
            proxy,
            no_proxy: no_proxy.unwrap_or_default(),
            roots: roots(variable)?,
            patience: Patience::new(cap),
            quotas: RefCell::default(),
            routes: RefCell::default(),
            tape: RefCell::default(),
        })
    }

    /// From now on new clients record what they read.
    pub fn record(&self, recorder: Recorder) {
        self.tape.replace(Tape::Record(Rc::new(recorder.into())));
    }

    /// From now on new clients answer from a recording, and send nothing.
    pub fn replay(&self, replay: Replay) {
        self.tape.replace(Tape::Replay(Rc::new(replay.into())));
    }

    pub fn tape(&self) -> Tape {
        self.tape.borrow().clone()
    }

    /// What ends every wait, and every request in flight that changes nothing.
    pub fn stop(&self) -> &Stop {
        &self.patience.stop
    }

    /// The quota of an account for one kind of request; the same one for the same account. Where
    /// two connectors name a number of their own, the first one counts.
    pub fn quota(&self, account: &Secret, rule: QuotaRule) -> Quota {
        let account = digest(&SHA256, account.expose().as_bytes());
        let key = (account.as_ref().to_vec(), rule.what);
        let mut quotas = self.quotas.borrow_mut();
        quotas
            .entry(key)
            .or_insert_with(|| Quota::new(rule))
            .clone()
    }

    /// The proxy on the way to a host.
    pub(super) fn proxy_to(&self, host: &str) -> Option<&ProxySetting> {
        self.proxy
            .as_ref()
            .filter(|_| !proxy::is_excepted(&self.no_proxy, host))
    }

    /// The route to a host; the same one whenever it can be, so that the connection is.
    pub(super) fn route(&self, host: &str, connection: &Connection) -> Route {
        let key = RouteKey {
            host: host.to_ascii_lowercase(),
            ssl_verify: connection.ssl_verify,
            timeout: connection.timeout,
        };
        let mut routes = self.routes.borrow_mut();
        routes
            .entry(key)
            .or_insert_with(|| self.new_route(host, connection))
            .clone()
    }

    fn new_route(&self, host: &str, connection: &Connection) -> Route {
        // Never all of a request's time, so that it is known what took too long.
        let to_connect = TO_CONNECT.min(connection.timeout.mul_f64(0.9));
        let proxy = self.proxy_to(host);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(USER_AGENT)
            .output_buffer_size(TO_SEND)
            .proxy(proxy.map(|setting| setting.proxy.clone()))
            .tls_config(tls::config(&self.roots, connection))
            .timeout_resolve(Some(to_connect))
            .timeout_connect(Some(to_connect))
            .timeout_global(Some(connection.timeout))
            .max_idle_age(KEPT_ALIVE)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .build();
        // The library's own way through a proxy, and ours to the socket and above it.
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(Dial(self.stop().clone()))
                .chain(Attentively(self.stop().clone()))
                .chain(Tls::new(&self.roots, proxy.is_some()));
        let addresses = Addresses::new(self.stop().clone());
        Route {
            agent: Agent::with_parts(config, connector, addresses.clone()),
            addresses,
            nonce: Rc::default(),
        }
    }
}

fn roots(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<RootCerts, Error> {
    let named = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]
        .into_iter()
        .find_map(|name| Some((name, variable(name).filter(|path| !path.is_empty())?)));
    let Some((name, path)) = named else {
        // A server may have no store of its own.
        return Ok(RootCerts::WebPki);
    };
    let path = Path::new(&path);
    tls::from_file(path).map_err(|problem| {
        let problem = format!("{}: {problem}; name a PEM file or unset it", path.display());
        usage(name, &problem)
    })
}

/// The first of these variables that is set and not empty.
fn first_text(
    variable: &dyn Fn(&str) -> Option<OsString>,
    names: &[&'static str],
) -> Result<Option<(&'static str, String)>, Error> {
    let set = |name: &&'static str| {
        let value = variable(name)?;
        match value.into_string() {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(Ok((*name, text))),
            Err(_) => Some(Err(usage(name, "is not valid UTF-8"))),
        }
    };
    names.iter().find_map(set).transpose()
}

fn seconds(name: &str, value: &str) -> Result<Duration, Error> {
    let seconds = value.trim().parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| usage(name, "is no number of seconds"))
}

fn usage(name: &str, problem: &str) -> Error {
    Error::Usage(format!("environment variable {name}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(variables: &[(&str, &str)]) -> Result<Transport, Error> {
        Transport::from_variables(&|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    fn proxy_to(host: &str, variables: &[(&str, &str)]) -> Option<String> {
        let transport = transport(variables).unwrap();
        let setting = transport.proxy_to(host)?;
        Some(setting.proxy.host().to_owned())
    }

    #[test]
    fn the_proxy_comes_from_the_first_variable_that_is_set() {
        let upper = ("HTTPS_PROXY", "http://upper");
        let lower = ("https_proxy", "http://lower");
        let all = ("ALL_PROXY", "http://all");
        let empty = ("HTTPS_PROXY", " ");
        for (variables, expected) in [
            (&[upper, lower, all][..], Some("upper")),
            (&[lower, all], Some("lower")),
            (&[empty, all], Some("all")),
            (&[("all_proxy", "http://all")], Some("all")),
            (&[("HTTP_PROXY", "http://plain")], None),
            (&[all, ("NO_PROXY", "okta.com")], None),
            (&[all, ("no_proxy", "*.okta.com")], None),
            (&[all, ("no_proxy", "adobe.io")], Some("all")),
        ] {
            let found = proxy_to("x.okta.com", variables);
            assert_eq!(found.as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_an_error_of_usage() {
        for (name, value) in [
            ("HTTPS_PROXY", "socks5://user:geheim@proxy"),
            ("ALL_PROXY", "http://user:geheim@proxy:none"),
            ("SSL_CERT_FILE", "no/such/file.pem"),
            ("REQUESTS_CA_BUNDLE", "Cargo.toml"),
            ("USER_SYNC_MAX_WAIT", "soon"),
            ("USER_SYNC_MAX_WAIT", "-1"),
        ] {
            let error = transport(&[(name, value)]).err().expect(name);
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(name), "{error}");
            assert!(!error.to_string().contains("geheim"), "{error}");
        }
    }

    #[test]
    fn one_route_serves_a_host() {
        let transport = transport(&[("USER_SYNC_MAX_WAIT", "0.5")]).unwrap();
        let half = Duration::from_millis(500);
        assert_eq!(transport.patience.capped(Duration::MAX), half);
        let connection = Connection {
            timeout: Duration::from_secs(5),
            retries: 0,
            ssl_verify: true,
        };
        let unverified = Connection {
            ssl_verify: false,
            ..connection.clone()
        };
        transport.route("a:1", &connection);
        transport.route("A:1", &connection);
        assert_eq!(transport.routes.borrow().len(), 1);
        transport.route("a:1", &unverified);
        transport.route("b:1", &connection);
        assert_eq!(transport.routes.borrow().len(), 3);
    }
}
