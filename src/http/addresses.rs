//! The addresses of one host, looked up when a connection may be needed and not for every request.
//!
//! The HTTP library asks for them before it looks whether a connection is open. Its own look-up
//! starts a thread, and panics where none can be started. Knows no connection: who sees one fail
//! says so.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::os::bounded;
use crate::os::signals::Stop;

/// So many addresses of a host are tried.
const MOST: usize = 16;

/// Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    known: Arc<Mutex<Vec<SocketAddr>>>,
    stop: Stop,
}

impl Addresses {
    /// Nothing is known yet.
    pub(super) fn new(stop: Stop) -> Addresses {
        Addresses {
            known: Arc::default(),
            stop,
        }
    }

    /// The next request looks the host up again: it may have moved.
    pub(super) fn forget(&self) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn look_up(&self, uri: &Uri, timeout: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
        let address = uri
            .scheme()
            .zip(uri.authority())
            .and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority))
            .ok_or(Error::HostNotFound)?;
        let look_up = move || Ok(address.to_socket_addrs()?.take(MOST).collect());
        let found: Option<io::Result<Vec<SocketAddr>>> =
            bounded::ask(*timeout.after, &self.stop, look_up);
        match found {
            Some(Ok(found)) if found.is_empty() => Err(Error::HostNotFound),
            Some(found) => Ok(found?),
            None => Err(Error::Timeout(timeout.reason)),
        }
    }
}

impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            *known = self.look_up(uri, timeout)?;
        }
        let mut addresses = self.empty();
        known.iter().for_each(|address| addresses.push(*address));
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::Timeout;
    use ureq::unversioned::transport::time::Duration;

    fn resolve(addresses: &Addresses, uri: &'static str) -> Result<Vec<SocketAddr>, Error> {
        let timeout = NextTimeout {
            after: Duration::NotHappening,
            reason: Timeout::Resolve,
            per_read: None,
            per_write: None,
        };
        let found = addresses.resolve(&Uri::from_static(uri), &Config::default(), timeout)?;
        Ok(found.to_vec())
    }

    #[test]
    fn a_host_is_looked_up_once_until_it_is_forgotten() {
        let addresses = Addresses::default();
        let first = resolve(&addresses, "https://127.0.0.1:8443/a").unwrap();
        assert_eq!(first, ["127.0.0.1:8443".parse().unwrap()]);
        // A clone serves one host, so that another one shows who was asked.
        let other = "https://127.0.0.2/b";
        assert_eq!(resolve(&addresses.clone(), other).unwrap(), first);
        addresses.forget();
        let again = resolve(&addresses, other).unwrap();
        assert_eq!(again, ["127.0.0.2:443".parse().unwrap()]);
    }

    #[test]
    fn a_failed_look_up_is_not_remembered() {
        let addresses = Addresses::default();
        assert!(resolve(&addresses, "https://no-such-host.invalid/").is_err());
        assert!(resolve(&addresses, "https://127.0.0.1/").is_ok());
    }
}
