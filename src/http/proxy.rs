//! The proxy that the environment names, and the hosts that are reached without it
//! (manual/safety.md#transport). Pure: the values come from the caller.
//!
//! Only `http://` and `https://` proxies that know CONNECT: the connection to the server stays
//! encrypted from end to end.

use std::net::IpAddr;

use ureq::http::Uri;
use ureq::{Proxy, ProxyProtocol};

use crate::os::secret::Secret;

/// A proxy, and what must not be shown of it.
#[derive(Debug, Clone)]
pub(super) struct ProxySetting {
    pub(super) proxy: Proxy,
    /// Its password, and name and password as they are sent.
    pub(super) secrets: Vec<Secret>,
}

impl ProxySetting {
    /// Host and port, without name and password.
    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.proxy.host(), self.proxy.port())
    }
}

/// Reads `http://user:password@host:port`. The error does not show the value: it may hold a
/// password.
pub(super) fn parse(value: &str) -> Result<ProxySetting, &'static str> {
    let value = value.trim();
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let protocol = match scheme.to_ascii_lowercase().as_str() {
        "http" => ProxyProtocol::Http,
        "https" => ProxyProtocol::Https,
        _ => return Err("only http:// and https:// proxies are supported"),
    };
    let wrong = "is no proxy address; expected http://host:port, with user:password@ in front of \
                 the host if needed (percent-encode special characters)";
    let uri: Uri = format!("{protocol}://{}", rest.trim_end_matches('/'))
        .parse()
        .map_err(|_| wrong)?;
    let authority = uri.authority().ok_or(wrong)?.clone();
    if authority.host().is_empty() || uri.path() != "/" || uri.query().is_some() {
        return Err(wrong);
    }
    let after_host = authority.as_str().rsplit('@').next().unwrap_or_default();
    let port = after_host.get(authority.host().len()..).unwrap_or_default();
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err(wrong);
    }
    let proxy = Proxy::new(&uri.to_string()).map_err(|_| wrong)?;
    let secrets = secrets(&proxy, authority.as_str());
    Ok(ProxySetting { proxy, secrets })
}

/// The password as it was written, as it is meant, and as it is sent.
fn secrets(proxy: &Proxy, authority: &str) -> Vec<Secret> {
    let Some(password) = proxy.password() else {
        return Vec::new();
    };
    let user = proxy.username().unwrap_or_default();
    let written = authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'));
    [
        Some(password.to_owned()),
        Some(format!("{user}:{password}")),
        written.map(|(_, password)| password.to_owned()),
    ]
    .into_iter()
    .flatten()
    .map(Secret::new)
    .collect()
}

/// Whether `NO_PROXY` names this host. `host` may carry a port; none is 443.
///
/// Entries are separated by commas or white space: `*`; a host, which stands for its subdomains
/// too (`example.com`, `.example.com`, `*.example.com`); an address; a network (`10.0.0.0/8`).
/// All but `*` and networks may carry a port.
pub(super) fn is_excepted(no_proxy: &str, host: &str) -> bool {
    let (host, port) = split_port(host);
    let port = port.unwrap_or("443");
    no_proxy
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| matches(entry, host, port))
}

fn matches(entry: &str, host: &str, port: &str) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return is_in_network(network, bits, host).unwrap_or(false);
    }
    let (name, wanted) = split_port(entry);
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    if let (Ok(one), Ok(other)) = (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        return one == other;
    }
    let name = name.trim_start_matches('*').trim_matches('.');
    let host = host.trim_end_matches('.');
    let Some(start) = host.len().checked_sub(name.len()) else {
        return false;
    };
    let (Some(front), Some(end)) = (host.get(..start), host.get(start..)) else {
        return false;
    };
    !name.is_empty() && end.eq_ignore_ascii_case(name) && (front.is_empty() || front.ends_with('.'))
}

/// `name:port`, `[::1]:port`, or without a port; a bare IPv6 address has none.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match text.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, Some(port)),
        _ => (text, None),
    }
}

fn is_in_network(network: &str, bits: &str, host: &str) -> Option<bool> {
    let (network, host): (IpAddr, IpAddr) = (network.parse().ok()?, host.parse().ok()?);
    let bits: u32 = bits.parse().ok()?;
    let (one, other, width) = match (network, host) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits()), u128::from(other.to_bits()), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return None,
    };
    let free = u32::checked_sub(width, bits)?;
    // Shifting by the whole width is no shift at all: everything matches.
    let shift = |address: u128| address.checked_shr(free).unwrap_or(0);
    Some(shift(one) == shift(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_with_their_parts() {
        for (value, protocol, host, port) in [
            ("http://proxy:3128", ProxyProtocol::Http, "proxy", 3128),
            ("https://proxy/", ProxyProtocol::Https, "proxy", 443),
            (
                "proxy.example.com:80",
                ProxyProtocol::Http,
                "proxy.example.com",
                80,
            ),
            (
                " HTTP://10.0.0.1:8080 ",
                ProxyProtocol::Http,
                "10.0.0.1",
                8080,
            ),
            ("http://[::1]:8080", ProxyProtocol::Http, "[::1]", 8080),
            ("http://u:p@ss@proxy:80", ProxyProtocol::Http, "proxy", 80),
        ] {
            let read = parse(value).unwrap().proxy;
            assert_eq!(read.protocol(), protocol, "{value}");
            assert_eq!((read.host(), read.port()), (host, port), "{value}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_showing_it() {
        for value in [
            "socks5://proxy:1080",
            "http://",
            "http://proxy:port",
            "http://proxy:99999",
            "http://proxy:0",
            "http://proxy:",
            "http://proxy:80/path",
            "http://pro xy",
            "http://user:geheim@",
            "://x",
        ] {
            let error = parse(value).expect_err(value);
            assert!(!error.contains("geheim"), "{value}");
        }
    }

    #[test]
    fn a_password_is_known_in_all_its_forms() {
        let read = parse("http://ann:p%40ss@proxy:1").unwrap();
        let secrets: Vec<&str> = read.secrets.iter().map(Secret::expose).collect();
        assert_eq!(secrets, ["p@ss", "ann:p@ss", "p%40ss"]);
        assert!(!format!("{read:?}").contains("p%40ss"));
    }

    #[test]
    fn no_proxy_has_the_usual_meaning() {
        for (list, host, expected) in [
            ("*", "x.okta.com", true),
            ("okta.com", "x.okta.com", true),
            (".okta.com", "x.okta.com", true),
            ("*.okta.com", "x.okta.com", true),
            ("okta.com", "okta.com", true),
            ("OKTA.com", "x.Okta.COM", true),
            ("kta.com", "x.okta.com", false),
            ("x.okta.com", "okta.com", false),
            ("a, b  okta.com:443", "x.okta.com", true),
            ("okta.com:8443", "x.okta.com", false),
            ("localhost:8443", "localhost:8443", true),
            ("localhost", "localhost:8443", true),
            ("127.0.0.1", "127.0.0.1:8443", true),
            ("127.0.0.0/8", "127.1.2.3:8443", true),
            ("0.0.0.0/0", "127.1.2.3", true),
            ("10.0.0.0/8", "127.1.2.3", false),
            ("10.0.0.0/99", "10.0.0.1", false),
            ("::1", "[::1]:8443", true),
            ("[::1]:8443", "[::1]:8443", true),
            ("", "x.okta.com", false),
            (",. ,", "x.okta.com", false),
        ] {
            assert_eq!(is_excepted(list, host), expected, "{list:?} {host}");
        }
    }
}
