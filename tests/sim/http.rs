//! HTTP/1.1 on a stream: reads requests, writes answers.
//! Knows nothing of Okta or Adobe.

use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// One request, as it came.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query as sent.
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or("")
    }

    /// `METHOD path?query`
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// Decoded segments of the path.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path().split('/').skip(1).map(decode).collect()
    }

    /// Decoded parameters of the query.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form(query)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut query = self.query().into_iter();
        query.find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn accepts_gzip(&self) -> bool {
        self.header("accept-encoding")
            .is_some_and(|accepted| accepted.contains("gzip"))
    }
}

pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Decodes `application/x-www-form-urlencoded`.
pub(super) fn form(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (
                decode(&key.replace('+', " ")),
                decode(&value.replace('+', " ")),
            )
        })
        .collect()
}

const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b' ');

/// Encodes a query value as Okta does in its links: spaces are `+`.
pub(super) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, KEPT)
        .to_string()
        .replace(' ', "+")
}

/// How answers travel.
#[derive(Clone, Copy, Default)]
pub(super) struct Travel {
    pub(super) gzip: bool,
    pub(super) chunked: bool,
    pub(super) link_combined: bool,
}

impl Travel {
    pub(super) fn of(http: &Value) -> Travel {
        let on = |key: &str| http[key].as_bool().unwrap_or(false);
        Travel {
            gzip: on("gzip"),
            chunked: on("chunked"),
            link_combined: on("link_combined"),
        }
    }
}

/// One answer. `links` are the relations and URLs of `Link` headers.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) links: Vec<(&'static str, String)>,
    pub(super) body: Arc<Vec<u8>>,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            links: Vec::new(),
            body: Arc::new(body.into()),
        }
    }

    pub(super) fn json(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer::new(status, body).with("Content-Type", "application/json")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        names.any(|known| known.eq_ignore_ascii_case(name))
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Answer {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// An answer as bytes: the head, and the body with its framing.
pub(super) struct Wire {
    pub(super) head: Vec<u8>,
    pub(super) body: Arc<Vec<u8>>,
}

/// Frames `answer` for this request.
pub(super) fn frame(answer: &Answer, request: &Request, travel: Travel) -> Wire {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let links: Vec<String> = answer.links.iter().map(link).collect();
    if travel.link_combined && !links.is_empty() {
        head.push_str(&format!("Link: {}\r\n", links.join(", ")));
    } else {
        links
            .iter()
            .for_each(|link| head.push_str(&format!("Link: {link}\r\n")));
    }
    let mut body = Arc::clone(&answer.body);
    let encoded = answer
        .headers
        .iter()
        .any(|(name, _)| name == "Content-Encoding");
    if travel.gzip && request.accepts_gzip() && !body.is_empty() && !encoded {
        body = Arc::new(gzip(&body));
        head.push_str("Content-Encoding: gzip\r\n");
    }
    if travel.chunked {
        body = Arc::new(chunks(&body));
        head.push_str("Transfer-Encoding: chunked\r\n\r\n");
    } else {
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    }
    Wire {
        head: head.into_bytes(),
        body,
    }
}

fn link((relation, url): &(&'static str, String)) -> String {
    format!("<{url}>; rel=\"{relation}\"")
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn chunks(body: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(7919) {
        framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    framed
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

/// Reads requests from a stream that is kept alive.
#[derive(Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    /// The next request; nothing when the client has closed.
    pub(super) fn next(&mut self, stream: &mut impl Read) -> io::Result<Option<Request>> {
        let (mut request, head) = loop {
            if let Some(parsed) = parse(&self.buffer)? {
                break parsed;
            }
            if self.fill(stream)? == 0 {
                return Ok(None);
            }
        };
        self.buffer.drain(..head);
        let length = request.header("content-length").unwrap_or("0");
        let length: usize = length.parse().map_err(|_| broken("content-length"))?;
        while self.buffer.len() < length {
            if self.fill(stream)? == 0 {
                return Err(broken("body ended early"));
            }
        }
        request.body = self.buffer.drain(..length).collect();
        Ok(Some(request))
    }

    fn fill(&mut self, stream: &mut impl Read) -> io::Result<usize> {
        let mut part = [0; 16384];
        let count = stream.read(&mut part)?;
        self.buffer.extend_from_slice(&part[..count]);
        Ok(count)
    }
}

/// The head of a request and its length, once it is complete.
fn parse(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed.parse(buffer).map_err(|_| broken("request head"))?;
    let httparse::Status::Complete(head) = status else {
        return Ok(None);
    };
    let headers = parsed.headers.iter();
    let request = Request {
        method: parsed.method.unwrap_or("").to_owned(),
        target: parsed.path.unwrap_or("").to_owned(),
        headers: headers
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_lowercase(), value)
            })
            .collect(),
        body: Vec::new(),
    };
    if request.header("transfer-encoding").is_some() {
        return Err(broken("chunked requests are not supported"));
    }
    Ok(Some((request, head)))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// The date of a moment, so many seconds from now, as HTTP writes it.
pub(super) fn date_in(seconds: i64) -> String {
    jiff::Timestamp::from_second(epoch() + seconds)
        .unwrap()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// Seconds since 1970.
pub(super) fn epoch() -> i64 {
    jiff::Timestamp::now().as_second()
}
