//! Faults: which requests they meet, and what happens then.
//! The formats are in the head of `mod.rs`; the one of the cases is read by `kinds.rs`.

mod kinds;

use super::http::{self, Answer, Request};
use super::seed::Random;
use super::server::Service;
use kinds::Edit;
use regex::Regex;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What happens instead of the right answer, or to it.
#[derive(Clone)]
pub(super) enum Effect {
    Instead(Foreign),
    /// The request is carried out first.
    Afterwards(Foreign),
    Edit(Edit),
    /// These bytes in front of the right answer.
    Interim(Vec<u8>),
    /// Nothing but these bytes, and the end of the connection.
    Raw(Vec<u8>),
    Close(Close),
    Truncate,
    Delay(Duration),
    Drip(Duration),
    DripHead(Duration),
    Hang,
    Link(BadLink),
    EchoAuthorization(u16),
    GzipBroken,
    OversizedHeader(usize),
    HugeBody(usize),
}

#[derive(Clone, Copy)]
pub(super) enum Close {
    Before,
    Middle,
    Executed,
}

#[derive(Clone, Copy)]
pub(super) enum BadLink {
    OtherHost,
    Http,
    Outside,
    Repeat,
    Endless,
    EndlessSame,
    None,
}

/// An answer that the fault gives; times in it count from when it is sent.
#[derive(Clone)]
pub(super) struct Foreign {
    answer: Answer,
    reset_in: Option<f64>,
    retry_date_in: Option<i64>,
}

impl Foreign {
    pub(super) fn now(&self) -> Answer {
        let mut answer = self.answer.clone();
        kinds::fill_in_times(&mut answer);
        if !answer.has("date") {
            answer = answer.with("Date", http::date_in(0));
        }
        if let Some(seconds) = self.reset_in {
            let reset = (http::epoch() as f64 + seconds).ceil() as i64;
            answer = answer.with("X-Rate-Limit-Reset", reset);
        }
        match self.retry_date_in {
            Some(seconds) => answer.with("Retry-After", http::date_in(seconds)),
            None => answer,
        }
    }
}

struct Fault {
    service: Option<String>,
    method: Option<String>,
    path: String,
    /// Matches `METHOD path?query`.
    pattern: Option<Regex>,
    nth: Vec<u64>,
    every: Option<u64>,
    /// So many requests that it meets are let through first.
    after: u64,
    chance: Option<(f64, Random)>,
    times: u64,
    met: u64,
    effect: Effect,
}

impl Fault {
    fn meets(&self, service: Service, request: &Request) -> bool {
        let is_method = |wanted: &str| wanted.eq_ignore_ascii_case(&request.method);
        let is_server = |wanted: &str| match &self.pattern {
            Some(_) => kinds::is_server(wanted, service),
            None => wanted.eq_ignore_ascii_case(service.name()),
        };
        self.service.as_deref().is_none_or(is_server)
            && self.method.as_deref().is_none_or(is_method)
            && matches(&self.path, &request.target)
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(&request.line()))
    }

    /// Counts a request that the fault meets, and says whether it fires.
    fn fires(&mut self) -> bool {
        self.met += 1;
        let fires = self.times > 0
            && self.met > self.after
            && (self.nth.is_empty() || self.nth.contains(&self.met))
            && self
                .every
                .is_none_or(|every| self.met.is_multiple_of(every))
            && match &mut self.chance {
                Some((probability, random)) => random.chance(*probability),
                None => true,
            };
        if fires {
            self.times -= 1;
        }
        fires
    }
}

/// `*` stands for anything, also at both ends.
fn matches(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: &Value) {
        let fault = match fault["kind"].as_str() {
            Some(kind) => kinds::parse(kind, fault),
            None => parse(fault),
        };
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The effect of the first fault that fires for this request.
    pub(super) fn meet(&mut self, service: Service, request: &Request) -> Option<Effect> {
        self.0.iter_mut().find_map(|fault| {
            (fault.meets(service, request) && fault.fires()).then(|| fault.effect.clone())
        })
    }
}

const KEYS: [&str; 8] = [
    "service",
    "method",
    "path",
    "nth",
    "every",
    "probability",
    "seed",
    "times",
];
const PARTS_OF_STATUS: [&str; 4] = ["headers", "body", "rate_limit", "retry_after"];

fn parse(fault: &Value) -> Fault {
    let members = fault.as_object().expect("a fault is an object");
    let effects: Vec<&String> = members
        .keys()
        .filter(|key| !KEYS.contains(&key.as_str()) && !PARTS_OF_STATUS.contains(&key.as_str()))
        .collect();
    let [effect] = effects[..] else {
        panic!("a fault has one effect, this one {effects:?}: {fault}");
    };
    let text = |key: &str| fault[key].as_str().map(str::to_owned);
    let seed = fault["seed"].as_u64().unwrap_or(1);
    Fault {
        service: text("service"),
        method: text("method"),
        path: text("path").unwrap_or_default(),
        pattern: None,
        nth: numbers(&fault["nth"]),
        every: fault["every"].as_u64(),
        after: 0,
        chance: fault["probability"]
            .as_f64()
            .map(|chance| (chance, Random::new(seed))),
        times: fault["times"].as_u64().unwrap_or(u64::MAX),
        met: 0,
        effect: parse_effect(effect, &fault[effect], fault),
    }
}

/// One number, or a list of them.
fn numbers(value: &Value) -> Vec<u64> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_u64).collect(),
        one => one.as_u64().into_iter().collect(),
    }
}

/// A body that is given as text or as any JSON.
fn body_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => json.to_string(),
    }
}

fn parse_effect(kind: &str, value: &Value, fault: &Value) -> Effect {
    let number = || {
        value
            .as_u64()
            .unwrap_or_else(|| panic!("a number is needed: {fault}"))
    };
    match (kind, value.as_str().unwrap_or("")) {
        ("status", _) => Effect::Instead(foreign(number() as u16, fault)),
        ("close", "before") => Effect::Close(Close::Before),
        ("close", "middle") => Effect::Close(Close::Middle),
        ("close", "executed") => Effect::Close(Close::Executed),
        ("truncate", _) => Effect::Truncate,
        ("delay_ms", _) => Effect::Delay(Duration::from_millis(number())),
        ("drip_ms", _) => Effect::Drip(Duration::from_millis(number())),
        ("drip_head_ms", _) => Effect::DripHead(Duration::from_millis(number())),
        ("hang", _) => Effect::Hang,
        ("link", "other_host") => Effect::Link(BadLink::OtherHost),
        ("link", "outside") => Effect::Link(BadLink::Outside),
        ("link", "repeat") => Effect::Link(BadLink::Repeat),
        ("link", "endless") => Effect::Link(BadLink::Endless),
        ("link", "none") => Effect::Link(BadLink::None),
        ("link", "endless_same") => Effect::Link(BadLink::EndlessSame),
        ("echo_authorization", _) => Effect::EchoAuthorization(number() as u16),
        ("gzip_broken", _) => Effect::GzipBroken,
        ("oversized_header", _) => Effect::OversizedHeader(number() as usize),
        ("huge_body", _) => Effect::HugeBody(number() as usize),
        _ => panic!("unknown fault: {fault}"),
    }
}

fn foreign(status: u16, fault: &Value) -> Foreign {
    let mut answer = Answer::new(status, body_of(&fault["body"]));
    for (name, value) in fault["headers"].as_object().into_iter().flatten() {
        answer = answer.with(
            name,
            value.as_str().map_or(value.to_string(), str::to_owned),
        );
    }
    if !answer.body.is_empty() && !answer.has("content-type") {
        answer = answer.with("Content-Type", "application/json");
    }
    let rate = &fault["rate_limit"];
    for (key, name) in [
        ("limit", "X-Rate-Limit-Limit"),
        ("remaining", "X-Rate-Limit-Remaining"),
    ] {
        if let Some(number) = rate[key].as_u64() {
            answer = answer.with(name, number);
        }
    }
    if let Some(seconds) = fault["retry_after"].as_i64() {
        answer = answer.with("Retry-After", seconds);
    }
    Foreign {
        answer,
        reset_in: rate["reset_in"].as_f64(),
        retry_date_in: fault["retry_after"]["date_in"].as_i64(),
    }
}

impl Effect {
    /// What the effect does to an answer before it is framed.
    pub(super) fn change(&self, mut answer: Answer, request: &Request, host: &str) -> Answer {
        match self {
            Effect::Truncate => {
                let half = answer.body[..answer.body.len() / 2].to_vec();
                answer.body = Arc::new(half);
                answer
            }
            Effect::GzipBroken => {
                answer.body = Arc::new(b"\x1f\x8b\x08 this is no deflate stream".to_vec());
                answer.with("Content-Encoding", "gzip")
            }
            Effect::OversizedHeader(length) => answer.with("X-Filler", "f".repeat(*length)),
            Effect::HugeBody(length) => {
                let mut body = vec![b'x'; length + 2];
                body[0] = b'"';
                body[length + 1] = b'"';
                answer.body = Arc::new(body);
                answer
            }
            Effect::Link(bad) => bad_link(*bad, answer, request, host),
            Effect::Afterwards(foreign) => foreign.now(),
            Effect::Edit(edit) => edit.apply(answer, request, host),
            _ => answer,
        }
    }
}

/// A page that will do for one of groups and for one of members.
const SAME: &str = r#"[{"id": "00x0000000000000001", "type": "OKTA_GROUP", "status": "ACTIVE",
    "profile": {"name": "Same", "login": "same@example.com", "email": "same@example.com"}}]"#;

fn bad_link(bad: BadLink, mut answer: Answer, request: &Request, host: &str) -> Answer {
    if matches!(bad, BadLink::None) {
        answer.links.clear();
        return answer;
    }
    let asked = format!("https://{host}{}", request.target);
    let given = answer
        .links
        .iter()
        .find(|(relation, _)| *relation == "next");
    if matches!(bad, BadLink::OtherHost | BadLink::Http) && given.is_none() {
        return answer;
    }
    let next = given.map_or(asked.clone(), |(_, url)| url.clone());
    let next = match bad {
        BadLink::OtherHost => next.replacen(host, "elsewhere.example", 1),
        BadLink::Http => next.replacen("https://", "http://", 1),
        BadLink::Outside => next.replacen("/api/v1/", "/oauth2/v1/", 1),
        BadLink::Repeat | BadLink::None => asked,
        BadLink::Endless | BadLink::EndlessSame => {
            answer.status = 200;
            answer.body = Arc::new(match bad {
                BadLink::Endless => b"[]".to_vec(),
                _ => SAME.as_bytes().to_vec(),
            });
            let count = request
                .parameter("after")
                .and_then(|after| after.parse::<u64>().ok());
            let count = count.unwrap_or(0) + 1;
            format!("https://{host}{}?after={count}&limit=200", request.path())
        }
    };
    answer.links.retain(|(relation, _)| *relation != "next");
    answer.links.push(("next", next));
    answer
}
