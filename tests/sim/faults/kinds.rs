//! Faults as `testdata/cases` writes them: `kind` names what happens, `match`
//! is a regular expression. The format is in the head of `mod.rs`.

use super::super::http::{self, Answer, Request};
use super::super::server::Service;
use super::{BadLink, Close, Effect, Fault, bad_link, body_of, foreign, numbers};
use regex::Regex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const BLOCK_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\
                          <body><h1>This page is blocked</h1></body></html>";

pub(super) fn parse(kind: &str, fault: &Value) -> Fault {
    let pattern = fault["match"].as_str().unwrap_or("");
    Fault {
        service: fault["server"].as_str().map(str::to_owned),
        method: None,
        path: String::new(),
        pattern: Some(Regex::new(pattern).unwrap_or_else(|error| panic!("{error}: {fault}"))),
        nth: numbers(&fault["nth"]),
        every: fault["every"].as_u64(),
        after: fault["after"].as_u64().unwrap_or(0),
        chance: None,
        times: fault["times"].as_u64().unwrap_or(u64::MAX),
        met: 0,
        effect: effect(kind, fault),
    }
}

/// Adobe's token path belongs to the server `umapi`.
pub(super) fn is_server(wanted: &str, service: Service) -> bool {
    wanted.eq_ignore_ascii_case(service.name()) || (wanted == "umapi" && service == Service::Token)
}

fn effect(kind: &str, fault: &Value) -> Effect {
    let status = fault["status"].as_u64().map(|status| status as u16);
    let page = |body: &str| {
        let page = json!({"body": body, "headers": {"Content-Type": "text/html"}});
        Effect::Instead(foreign(status.unwrap_or(200), &page))
    };
    match kind {
        "status" => {
            let foreign = foreign(status.unwrap_or(500), fault);
            if fault["apply"] == true {
                Effect::Afterwards(foreign)
            } else {
                Effect::Instead(foreign)
            }
        }
        "body" => Effect::Instead(foreign(status.unwrap_or(200), fault)),
        "html" => page(BLOCK_PAGE),
        "garbage" => page("\u{0}\u{1}%PDF {]\u{fffd}"),
        "empty" => page(""),
        "edit" => Effect::Edit(Edit::of(fault)),
        "cross_host_next" => Effect::Link(BadLink::OtherHost),
        "http_next" => Effect::Link(BadLink::Http),
        "outside_next" => Effect::Link(BadLink::Outside),
        "next_loop" => Effect::Link(BadLink::Repeat),
        "close_before" => Effect::Close(Close::Before),
        "close_mid_body" => Effect::Close(Close::Middle),
        "truncate_json" => Effect::Truncate,
        "slow" => {
            let seconds = fault["seconds"].as_f64().unwrap_or(1.0);
            Effect::Delay(Duration::from_secs_f64(seconds))
        }
        "interim" => Effect::Interim(
            b"HTTP/1.1 103 Early Hints\r\n\
              Link: <https://localhost/api/v1/users?limit=1>; rel=\"next\"\r\n\r\n"
                .to_vec(),
        ),
        "raw" => Effect::Raw(raw(fault)),
        _ => panic!("unknown kind of fault: {fault}"),
    }
}

fn raw(fault: &Value) -> Vec<u8> {
    match (fault["text"].as_str(), fault["b64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(text)) => decode(text),
        _ => panic!("a raw fault has text or b64: {fault}"),
    }
}

/// Base 64.
fn decode(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte| DIGITS.iter().position(|digit| *digit == byte);
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0, 0);
    for digit in text.bytes().filter_map(digit) {
        held = (held << 6 | digit) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

/// Changes to the right answer.
#[derive(Clone)]
pub(in super::super) struct Edit {
    status: Option<u16>,
    drop: Vec<String>,
    set: Vec<(String, String)>,
    add: Vec<(String, String)>,
    body: Option<String>,
    replace: Vec<(String, String)>,
    next: Option<BadLink>,
}

impl Edit {
    fn of(fault: &Value) -> Edit {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let list = |key: &str| fault[key].as_array().into_iter().flatten();
        let pairs = |key: &str| list(key).map(|pair| (text(&pair[0]), text(&pair[1])));
        let set = fault["set"].as_object().into_iter().flatten();
        Edit {
            status: fault["status"].as_u64().map(|status| status as u16),
            drop: list("drop").map(text).collect(),
            set: set
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            add: pairs("add").collect(),
            body: (!fault["body"].is_null()).then(|| body_of(&fault["body"])),
            replace: pairs("replace").collect(),
            next: fault["next"].as_str().map(|next| match next {
                "other_host" => BadLink::OtherHost,
                "http" => BadLink::Http,
                "outside" => BadLink::Outside,
                "repeat" => BadLink::Repeat,
                "none" => BadLink::None,
                _ => panic!("unknown next link: {fault}"),
            }),
        }
    }

    pub(super) fn apply(&self, mut answer: Answer, request: &Request, host: &str) -> Answer {
        if let Some(status) = self.status {
            answer.status = status;
        }
        let set = self.set.iter().map(|(name, _)| name);
        for name in self.drop.iter().chain(set) {
            answer
                .headers
                .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            if name.eq_ignore_ascii_case("link") {
                answer.links.clear();
            }
        }
        let headers = self.set.iter().chain(&self.add);
        answer.headers.extend(headers.cloned());
        fill_in_times(&mut answer);
        let mut body = match &self.body {
            Some(body) => body.clone(),
            None => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        for (from, to) in &self.replace {
            body = body.replace(from, to);
        }
        answer.body = Arc::new(body.into_bytes());
        match self.next {
            Some(bad) => bad_link(bad, answer, request, host),
            None => answer,
        }
    }
}

/// `@now+N` and `@date+N` become moments, so many seconds from now.
pub(super) fn fill_in_times(answer: &mut Answer) {
    for (_, value) in &mut answer.headers {
        let seconds = |mark: &str| value.strip_prefix(mark)?.parse::<i64>().ok();
        let moment = match (seconds("@now+"), seconds("@date+")) {
            (Some(seconds), _) => (http::epoch() + seconds).to_string(),
            (None, Some(seconds)) => http::date_in(seconds),
            (None, None) => continue,
        };
        *value = moment;
    }
}
