//! How Okta answers lists, single objects and errors: pages, links, bodies.
//! Knows no groups and users.

use super::http::{self, Answer, Request};
use super::search::Search;
use super::seed;
use serde_json::json;

/// Cuts one page out of what was found.
pub(super) fn page(
    found: &[usize],
    limit: usize,
    request: &Request,
    host: &str,
    id: &dyn Fn(usize) -> String,
    json: &dyn Fn(usize) -> String,
) -> Result<Answer, Answer> {
    let start = start(request, &|after| {
        found.iter().position(|place| id(*place) == after)
    })?;
    let next = (start + limit < found.len()).then(|| id(found[start + limit - 1]));
    let items = found
        .iter()
        .skip(start)
        .take(limit)
        .map(|place| json(*place));
    let mut answer = Answer::json(200, array(items));
    answer.links = links(request, host, limit, next);
    Ok(answer)
}

/// Where the page begins: behind the item that `after` names.
pub(super) fn start(
    request: &Request,
    place: &dyn Fn(&str) -> Option<usize>,
) -> Result<usize, Answer> {
    let Some(after) = request.parameter("after") else {
        return Ok(0);
    };
    let refused = || error(400, "E0000001", "Api validation failed: after");
    place(&after).map(|place| place + 1).ok_or_else(refused)
}

/// `self`, then `next`: rebuilt, unknown parameters gone, `after` first.
pub(super) fn links(
    request: &Request,
    host: &str,
    limit: usize,
    next: Option<String>,
) -> Vec<(&'static str, String)> {
    let base = format!("https://{host}{}", request.path());
    let mut kept = String::new();
    for name in ["limit", "filter", "search", "sortBy", "sortOrder"] {
        match request.parameter(name) {
            Some(_) if name == "limit" => kept.push_str(&format!("&limit={limit}")),
            Some(value) => kept.push_str(&format!("&{name}={}", http::encode(&value))),
            None => {}
        }
    }
    let own = request
        .parameter("after")
        .map_or(String::new(), |after| format!("&after={after}"));
    let own = format!("{own}{kept}");
    let own = own
        .strip_prefix('&')
        .map_or(String::new(), |query| format!("?{query}"));
    let mut links = vec![("self", format!("{base}{own}"))];
    if let Some(after) = next {
        let kept = if request.parameter("limit").is_some() {
            kept
        } else {
            format!("&limit={limit}{kept}")
        };
        links.push(("next", format!("{base}?after={after}{kept}")));
    }
    links
}

pub(super) fn limit(request: &Request, usual: usize, cap: usize) -> Result<usize, Answer> {
    let Some(text) = request.parameter("limit") else {
        return Ok(usual);
    };
    match text.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(limit.min(cap)),
        _ => Err(error(400, "E0000001", "Api validation failed: limit")),
    }
}

pub(super) fn expression(request: &Request, name: &str) -> Result<Option<Search>, Answer> {
    let Some(text) = request.parameter(name) else {
        return Ok(None);
    };
    Search::parse(&text)
        .map(Some)
        .ok_or_else(|| bad_search(name))
}

pub(super) fn bad_search(name: &str) -> Answer {
    error(400, "E0000031", &format!("Invalid {name} criteria."))
}

pub(super) fn not_found(id: &str, kind: &str) -> Answer {
    error(
        404,
        "E0000007",
        &format!("Not found: Resource not found: {id} ({kind})"),
    )
}

pub(super) fn single(body: String) -> Answer {
    let tag = format!("W/\"{:016x}\"", seed::hash(&body));
    Answer::json(200, body).with("ETag", tag)
}

pub(super) fn error(status: u16, code: &str, summary: &str) -> Answer {
    let body = format!(
        "{{\"errorCode\":\"{code}\",\"errorSummary\":{},\"errorLink\":\"{code}\",\
         \"errorId\":\"oaeSimulated{:012x}\",\"errorCauses\":[]}}",
        json!(summary),
        seed::hash(summary) >> 16,
    );
    Answer::json(status, body)
}

pub(super) fn array(items: impl Iterator<Item = String>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&item);
    }
    text.push(']');
    text
}
