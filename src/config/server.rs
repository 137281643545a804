//! What all connectors to a server have in common: host names, time-outs, retries, certificates.

use super::Connection;
use super::item::Item;
use super::section::Section;
use crate::error::misplaced;

/// A host name, with a port where one is given. `https://` in front and a lone `/` behind are
/// dropped.
pub(super) fn host(item: &Item<'_>) -> Option<String> {
    let written = item.name()?;
    item.accept(parse_host(&written))
}

/// A label of a longer name is none of the DNS.
const LONGEST_LABEL: usize = 63;
/// A longer name without a dot is more likely a secret than a host.
const LONGEST_ALONE: usize = 15;

/// # Errors
/// Why this is no host name; without what it is, for that may be a secret.
fn parse_host(written: &str) -> Result<String, String> {
    let rest = match written.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some((scheme, _)) => {
            return Err(format!(
                "has the scheme {}; only https is spoken, write the host name alone",
                misplaced(scheme)
            ));
        }
        None => written,
    };
    let host = rest.strip_suffix('/').unwrap_or(rest);
    if host.contains(['/', '?', '#', '\\']) {
        return Err("has a path; write the host name alone".to_owned());
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if let Some(port) = port
        && !(port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0))
    {
        return Err("has no port from 1 to 65535 behind the colon".to_owned());
    }
    let plain = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let ipv6 = plain.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_alone = port.is_none() && !name.contains('.');
    let longest = if is_alone {
        LONGEST_ALONE
    } else {
        LONGEST_LABEL
    };
    let is_short = name.split('.').all(|label| label.len() <= longest);
    if !ipv6 && (name.is_empty() || !is_short || !name.chars().all(letters)) {
        return Err("is no host name".to_owned());
    }
    Ok(host.to_owned())
}

/// A path on a server: begins with `/`, and holds nothing that would end a path.
pub(super) fn endpoint(item: &Item<'_>) -> Option<String> {
    let path = item.name()?;
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\');
    if !path.starts_with('/') || !path.chars().all(plain) {
        return item.refuse(format!(
            "expected a path such as /v2/usermanagement, found {}",
            misplaced(&path)
        ));
    }
    Some(path.trim_end_matches('/').to_owned())
}

/// `timeout` and `retries` of a section; what is not given comes from `default`.
pub(super) fn connection(section: &Section<'_>, default: Connection) -> Connection {
    let timeout = section.read("timeout", Item::seconds);
    let retries = section.read("retries", |item| item.whole(0..=100));
    Connection {
        timeout: timeout.unwrap_or(default.timeout),
        retries: retries.unwrap_or(default.retries),
        ssl_verify: default.ssl_verify,
    }
}

/// Whether certificates are checked; it is warned of it if they are not.
pub(super) fn ssl_verify(item: Option<&Item<'_>>) -> bool {
    let off = item.filter(|item| item.flag() == Some(false));
    off.inspect(|item| item.warn(UNVERIFIED)).is_none()
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
            ("http://acme.okta.com", "scheme \"http\""),
            ("acme.okta.com/api", "has a path"),
            ("acme.okta.com//", "has a path"),
            ("acme.okta.com:port", "no port"),
            ("acme.okta.com:0", "no port"),
            ("acme.okta.com:+80", "no port"),
            ("acme okta", "no host name"),
            ("user@acme.okta.com", "no host name"),
            ("https://", "no host name"),
            ("00R_bars-Secret_token-9f3c", "no host name"),
            ("https://joe:S3cret@acme.okta.com", "no port"),
        ];
        for (written, expected) in bad {
            let problem = parse_host(written).unwrap_err();
            assert!(problem.contains(expected), "{written}: {problem}");
            assert!(!problem.contains("ecret"), "{problem}");
        }
    }
}
