//! The certificate authorities that are trusted (manual/safety.md#transport).
//!
//! Mozilla's, built in; or those of a PEM file that the environment names, for companies that
//! inspect TLS. Knows no server.

use std::path::Path;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::config::Connection;
use crate::os::files;

/// Of a file of certificates; Mozilla's roots have 200 KiB.
const MOST_BYTES: u64 = 16 << 20;

/// Mozilla's roots.
pub(super) fn built_in() -> RootCerts {
    RootCerts::WebPki
}

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
