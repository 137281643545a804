//! TLS, and the certificate authorities that are trusted (manual/safety.md#transport).
//!
//! Mozilla's, built in; or those of a PEM file that the environment names, for companies that
//! inspect TLS. A proxy's certificate is always checked. Knows no server.

use std::path::Path;

use ureq::config::Config;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{ConnectionDetails, Connector, RustlsConnector, Transport};
use ureq::{Agent, Error};

use crate::config::Connection;
use crate::os::files;

/// Of a file of certificates; Mozilla's roots have 200 KiB.
const MOST_BYTES: u64 = 16 << 20;

/// The roots in a PEM file; the error says what is wrong with it.
pub(super) fn from_file(path: &Path) -> Result<RootCerts, String> {
    let pem = files::read(path, MOST_BYTES)?;
    from_pem(&pem)
}

fn from_pem(pem: &[u8]) -> Result<RootCerts, String> {
    let mut roots = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(root)) => roots.push(root),
            Ok(_) => {}
            Err(_) => return Err("is not a readable PEM file".into()),
        }
    }
    if roots.is_empty() {
        return Err("holds no certificate in PEM form".into());
    }
    Ok(RootCerts::new_with_certs(&roots))
}

/// How one server's certificate is checked. TLS 1.2 is the oldest version that the library speaks.
pub(super) fn config(roots: &RootCerts, connection: &Connection) -> TlsConfig {
    TlsConfig::builder()
        .root_certs(roots.clone())
        .disable_verification(!connection.ssl_verify)
        .build()
}

/// TLS with the server as the connector wants it, and with an `https://` proxy on the way, whose
/// certificate is checked whatever the connector says: it is not the connector's server.
#[derive(Debug)]
pub(super) struct Tls {
    to_server: RustlsConnector,
    /// `None`: there is no proxy.
    to_proxy: Option<(RustlsConnector, Config)>,
}

impl Tls {
    pub(super) fn new(roots: &RootCerts, has_proxy: bool) -> Tls {
        let tls = TlsConfig::builder().root_certs(roots.clone()).build();
        let config = || Agent::config_builder().proxy(None).tls_config(tls).build();
        Tls {
            to_server: RustlsConnector::default(),
            to_proxy: has_proxy.then(|| (RustlsConnector::default(), config())),
        }
    }
}

impl<C: Transport> Connector<C> for Tls {
    type Out = <RustlsConnector as Connector<C>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        connection: Option<C>,
    ) -> Result<Option<Self::Out>, Error> {
        match &self.to_proxy {
            // The library connects to a proxy as to a server that is reached without one.
            Some((to_proxy, config)) if details.config.proxy().is_none() => {
                let details = ConnectionDetails {
                    uri: details.uri,
                    addrs: details.addrs.clone(),
                    config,
                    request_level: details.request_level,
                    resolver: details.resolver,
                    now: details.now,
                    timeout: details.timeout,
                    current_time: details.current_time.clone(),
                    run_connector: details.run_connector.clone(),
                    register_shutdown: details.register_shutdown.clone(),
                };
                to_proxy.connect(&details, connection)
            }
            _ => self.to_server.connect(details, connection),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_an_error() {
        let broken = "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
        for pem in ["", "no pem at all", broken] {
            assert!(from_pem(pem.as_bytes()).is_err(), "{pem}");
        }
        assert!(from_file(Path::new("no/such/file.pem")).is_err());
    }

    #[test]
    fn certificates_are_read() {
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            from_pem(pem.as_bytes()),
            Ok(RootCerts::Specific(_))
        ));
    }
}
