//! Okta's JSON for groups, single users and errors. Members have a room of their own.

use serde::Deserialize;

use crate::http::{Parts, json};
use crate::record::Wanted;

/// A group as Okta lists it.
#[derive(Debug, Deserialize)]
pub(super) struct WireGroup {
    pub(super) id: String,
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    pub(super) profile: GroupProfile,
}

#[derive(Debug, Deserialize)]
pub(super) struct GroupProfile {
    pub(super) name: String,
}

/// The groups on a page; the error says what is wrong with it.
pub(super) fn read_groups(page: &[u8]) -> Result<Vec<WireGroup>, String> {
    json::parse(page)
}

/// What is read of an answer with groups, or with an error.
pub(super) fn group_parts() -> Parts {
    with_error(Parts::of(["id", "type"]).with("profile", Parts::of(["name"])))
}

/// What is read of an answer with members, or with an error: what is wanted, and what messages name
/// people by.
pub fn member_parts(wanted: &Wanted) -> Parts {
    let fields = wanted.fields.iter().map(String::as_str);
    let names = ["login", "email", "firstName", "lastName"].into_iter();
    let profile = if wanted.whole_profile {
        Parts::default()
    } else {
        Parts::of(names.chain(wanted.profile.iter().map(String::as_str)))
    };
    with_error(Parts::of(["id", "status"].into_iter().chain(fields)).with("profile", profile))
}

fn with_error(parts: Parts) -> Parts {
    let names = ["errorCode", "errorSummary", "errorId"];
    let parts = names
        .into_iter()
        .fold(parts, |parts, name| parts.with(name, Parts::default()));
    parts.with("errorCauses", Parts::of(["errorSummary"]))
}

/// Okta's error body. Every field may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireError {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(rename = "errorSummary")]
    summary: String,
    #[serde(rename = "errorId")]
    id: String,
    #[serde(rename = "errorCauses")]
    causes: Vec<Cause>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    #[serde(rename = "errorSummary")]
    summary: String,
}

/// What an error body says: code, text, causes, error id. Empty if it says nothing.
pub(super) fn told(body: &[u8]) -> String {
    let Ok(error) = serde_json::from_slice::<WireError>(body) else {
        return String::new();
    };
    let causes = error.causes.iter().map(|cause| cause.summary.as_str());
    let causes: Vec<&str> = causes.filter(|cause| !cause.is_empty()).collect();
    let causes = if causes.is_empty() {
        String::new()
    } else {
        format!("({})", causes.join("; "))
    };
    let id = if error.id.is_empty() {
        String::new()
    } else {
        format!("[error id {}]", error.id)
    };
    let parts = [error.code, error.summary, causes, id];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_with_code_text_causes_and_id() {
        let full = r#"{"errorCode":"E0000001","errorSummary":"bad","errorLink":"E0000001",
            "errorId":"oae1","errorCauses":[{"errorSummary":"a"},{},{"errorSummary":"b"}]}"#;
        for (body, expected) in [
            (full, "E0000001 bad (a; b) [error id oae1]"),
            (r#"{"errorCode":"E0000047"}"#, "E0000047"),
            (r#"{"errorSummary":7}"#, ""),
            ("<html>", ""),
            ("", ""),
        ] {
            assert_eq!(told(body.as_bytes()), expected);
        }
    }
}
