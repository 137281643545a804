//! What it means that a request got no whole answer: in which words it is told, whether it may
//! pass, and whether the server may have carried the request out all the same.
//!
//! Knows the errors of the HTTP library, and no server.

use std::io::{self, ErrorKind};

use ureq::{Error, Timeout};

use super::failure::{Effect, Trouble};

/// A try without a whole answer.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) problem: String,
    /// It may go better next time.
    pub(super) passing: bool,
    pub(super) effect: Effect,
    pub(super) trouble: Trouble,
}

const CERTIFICATE: &str = "the certificate cannot be verified: if a proxy inspects TLS, name its \
                           certificate authority in SSL_CERT_FILE";

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        match error {
            Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                Broken::unconnected("no connection in time")
            }
            Error::Timeout(_) => Broken {
                trouble: Trouble::TimedOut,
                ..Broken::passing("timed out", Effect::Unknown)
            },
            Error::Io(error) => from_io(&error),
            Error::ConnectProxyFailed(reason) => {
                let codes = ["408", "425", "429", "500", "502", "503", "504"];
                let passing = codes.iter().any(|code| reason.contains(code));
                Broken {
                    passing,
                    ..Broken::unconnected(&format!("the proxy refused: {reason}"))
                }
            }
            Error::Decompress(..) => Broken::passing("the answer is damaged", Effect::Unknown),
            Error::Protocol(error) => {
                Broken::passing(&format!("the answer is no HTTP: {error}"), Effect::Unknown)
            }
            Error::BodyExceedsLimit(bytes) => {
                let megabytes = bytes / (1024 * 1024);
                let problem = format!("the answer is larger than {megabytes} MiB");
                Broken::lasting(problem).with_unknown_effect()
            }
            error @ Error::LargeResponseHeader(..) => {
                Broken::lasting(error.to_string()).with_unknown_effect()
            }
            error @ (Error::HostNotFound | Error::ConnectionFailed) => Broken {
                passing: false,
                ..Broken::unconnected(&error.to_string())
            },
            // Before anything is sent.
            Error::Http(_)
            | Error::BadUri(_)
            | Error::InvalidProxyUrl
            | Error::RequireHttpsOnly(_)
            | Error::TlsRequired
            | Error::Tls(_)
            | Error::Pem(_)
            | Error::Rustls(_) => Broken::lasting(error.to_string()),
            error => Broken::lasting(error.to_string()).with_unknown_effect(),
        }
    }
}

/// TLS tells a bad certificate, and name resolution its failures, in words only.
fn from_io(error: &io::Error) -> Broken {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => Broken::unconnected(&text),
        ErrorKind::InvalidData if text.contains("certificate") => {
            Broken::lasting(format!("{text}: {CERTIFICATE}"))
        }
        ErrorKind::InvalidData => {
            Broken::lasting(format!("TLS failed: {text}")).with_unknown_effect()
        }
        _ if text.contains("Temporary failure in name resolution") => {
            Broken::unconnected("host name cannot be looked up at the moment")
        }
        _ if text.contains("lookup address") => Broken {
            passing: false,
            ..Broken::unconnected("host not found: check its name")
        },
        ErrorKind::UnexpectedEof => Broken::passing(
            "connection closed before the answer was whole",
            Effect::Unknown,
        ),
        _ => Broken::passing(&text, Effect::Unknown),
    }
}

impl Broken {
    pub(super) fn passing(problem: &str, effect: Effect) -> Broken {
        Broken {
            problem: problem.to_owned(),
            passing: true,
            effect,
            trouble: Trouble::Other,
        }
    }

    /// Nothing was sent; the next try may connect.
    fn unconnected(problem: &str) -> Broken {
        Broken {
            trouble: Trouble::NoConnection,
            ..Broken::passing(problem, Effect::None)
        }
    }

    /// Something that another try does not mend; the request was not sent.
    pub(super) fn lasting(problem: String) -> Broken {
        Broken {
            problem,
            passing: false,
            effect: Effect::None,
            trouble: Trouble::Other,
        }
    }

    fn with_unknown_effect(self) -> Broken {
        Broken {
            effect: Effect::Unknown,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_request_that_was_not_sent_is_without_effect() {
        let io = |kind, text: &str| Error::Io(io::Error::new(kind, text.to_owned()));
        let bad_certificate = "invalid peer certificate: UnknownIssuer";
        let no_name = "failed to lookup address information: Name or service not known";
        let table = [
            (Error::Timeout(Timeout::Connect), true, Effect::None),
            (Error::Timeout(Timeout::Global), true, Effect::Unknown),
            (
                io(ErrorKind::ConnectionRefused, "refused"),
                true,
                Effect::None,
            ),
            (
                io(ErrorKind::ConnectionReset, "reset"),
                true,
                Effect::Unknown,
            ),
            (io(ErrorKind::UnexpectedEof, "eof"), true, Effect::Unknown),
            (
                io(ErrorKind::InvalidData, bad_certificate),
                false,
                Effect::None,
            ),
            (io(ErrorKind::InvalidData, "alert"), false, Effect::Unknown),
            (io(ErrorKind::Other, no_name), false, Effect::None),
            (
                Error::ConnectProxyFailed("responded 407/407".into()),
                false,
                Effect::None,
            ),
            (
                Error::ConnectProxyFailed("responded 503/503".into()),
                true,
                Effect::None,
            ),
            (Error::BodyExceedsLimit(64), false, Effect::Unknown),
            (Error::BodyStalled, false, Effect::Unknown),
            (Error::HostNotFound, false, Effect::None),
        ];
        for (error, passing, effect) in table {
            let name = error.to_string();
            let broken = Broken::from(error);
            assert_eq!((broken.passing, broken.effect), (passing, effect), "{name}");
        }
    }
}
