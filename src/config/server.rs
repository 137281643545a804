//! What all connectors to a server have in common: host names, time-outs, retries, certificates.

use super::Connection;
use super::section::{Item, Section};
use crate::error::one_line;

/// A host name, with a port where one is given. `https://` in front and a lone `/` behind are
/// dropped.
pub(super) fn host(item: &Item<'_>) -> Option<String> {
    let written = item.name()?;
    item.accept(parse_host(&written))
}

/// # Errors
/// Why this is no host name.
fn parse_host(written: &str) -> Result<String, String> {
    let found = one_line(written);
    let rest = match written.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some((scheme, _)) => {
            return Err(format!(
                "\"{found}\" has the scheme {}; only https is spoken, write the host name alone",
                one_line(scheme)
            ));
        }
        None => written,
    };
    let host = rest.strip_suffix('/').unwrap_or(rest);
    if host.contains(['/', '?', '#', '\\']) {
        return Err(format!("\"{found}\" has a path; write the host name alone"));
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if let Some(port) = port
        && !(port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0))
    {
        return Err(format!(
            "\"{found}\" has no port from 1 to 65535 behind the colon"
        ));
    }
    let plain = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let ipv6 = plain.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if !ipv6 && (name.is_empty() || !name.chars().all(letters)) {
        return Err(format!("\"{found}\" is no host name"));
    }
    Ok(host.to_owned())
}

/// A path on a server: begins with `/`, and holds nothing that would end a path.
pub(super) fn endpoint(item: &Item<'_>) -> Option<String> {
    let path = item.name()?;
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\');
    if !path.starts_with('/') || !path.chars().all(plain) {
        return item.refuse(format!(
            "expected a path such as /v2/usermanagement, found \"{}\"",
            one_line(&path)
        ));
    }
    Some(path.trim_end_matches('/').to_owned())
}

/// `timeout` and `retries` of a section; what is not given comes from `default`.
pub(super) fn connection(section: &Section<'_>, default: Connection) -> Connection {
    let timeout = section.get("timeout").and_then(Item::seconds);
    let retries = section.get("retries").and_then(|item| item.whole(0..=100));
    Connection {
        timeout: timeout.unwrap_or(default.timeout),
        retries: retries.unwrap_or(default.retries),
        ssl_verify: default.ssl_verify,
    }
}

/// The warning that a connector checks no certificates.
pub(super) fn unverified(item: &Item<'_>) -> String {
    format!("{}: {UNVERIFIED}", item.at_place())
}

pub(super) const UNVERIFIED: &str = "certificates of this server are not checked; anybody between it \
                                     and this machine can read the secrets that are sent to it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_checked() {
        let good = [
            ("acme.okta.com", "acme.okta.com"),
            ("https://acme.okta.com", "acme.okta.com"),
            ("HTTPS://acme.okta.com/", "acme.okta.com"),
            ("localhost:8443", "localhost:8443"),
            ("[::1]:8443", "[::1]:8443"),
            ("[::1]", "[::1]"),
        ];
        for (written, expected) in good {
            assert_eq!(parse_host(written).as_deref(), Ok(expected), "{written}");
        }
        let bad = [
            ("http://acme.okta.com", "scheme http"),
            ("acme.okta.com/api", "has a path"),
            ("acme.okta.com//", "has a path"),
            ("acme.okta.com:port", "no port"),
            ("acme.okta.com:0", "no port"),
            ("acme.okta.com:+80", "no port"),
            ("acme okta", "no host name"),
            ("user@acme.okta.com", "no host name"),
            ("https://", "no host name"),
        ];
        for (written, expected) in bad {
            let problem = parse_host(written).unwrap_err();
            assert!(problem.contains(expected), "{written}: {problem}");
        }
    }
}
