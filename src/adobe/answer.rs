//! What became of each command of a request, from UMAPI's answer to `POST /action/{orgId}`.
//!
//! The body decides, not the status: HTTP 200 carries rejections too. Pure.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::Mode;
use crate::http::json;
use crate::model::command::{Command, Step, Subject};
use crate::text;

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Carried out; in test mode: it would be.
    Done,
    /// Nothing was left to do; Adobe's code says so. Counts as done.
    AlreadySo(String),
    /// Adobe refused it, for at least one reason.
    Rejected(Vec<Rejection>),
}

/// One reason why Adobe refused a command; records and reports hold it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The step that failed, from 0.
    pub step: Option<usize>,
    /// Adobe's code, `error.group.not_found`; empty if Adobe gave none.
    pub code: String,
    /// Adobe's text, on one line and without secrets.
    pub message: String,
}

impl Rejection {
    pub const GROUP_NOT_FOUND: &'static str = "error.group.not_found";

    /// Adobe does not know a group. In test mode it may be one that the run would create.
    pub fn is_group_not_found(&self) -> bool {
        self.code == Self::GROUP_NOT_FOUND
    }
}

/// A service behind UMAPI was busy.
const BUSY: &str = "error.throttled_by_external_service";

impl Rejection {
    /// Whether Adobe was busy, and may carry the command out later.
    pub fn is_busy(&self) -> bool {
        self.code == BUSY
    }

    /// The step from which on the command may be sent again: Adobe was busy, or did not look behind
    /// a step whose aim was reached. `None`: it was refused for good.
    pub fn open_from(&self) -> Option<usize> {
        if self.is_busy() {
            Some(self.step.unwrap_or(0))
        } else if is_there_already(&self.code) {
            self.step.map(|step| step + 1)
        } else {
            None
        }
    }
}

/// The answer as it came.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    result: Option<String>,
    message: Option<String>,
    #[serde(deserialize_with = "number")]
    completed: Option<u64>,
    #[serde(rename = "notCompleted", deserialize_with = "number")]
    not_completed: Option<u64>,
    #[serde(rename = "completedInTestMode", deserialize_with = "number")]
    in_test_mode: Option<u64>,
    errors: Option<Vec<WireError>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireError {
    #[serde(deserialize_with = "number")]
    index: Option<u64>,
    #[serde(deserialize_with = "number")]
    step: Option<u64>,
    #[serde(rename = "requestID")]
    request_id: Option<String>,
    user: Option<String>,
    #[serde(rename = "errorCode")]
    code: Option<String>,
    message: Option<String>,
}

/// A number, or one written as a string; `None` for null and what is no number.
fn number<'d, D: Deserializer<'d>>(json: D) -> Result<Option<u64>, D::Error> {
    match serde_json::Value::deserialize(json)? {
        serde_json::Value::Null => Ok(None),
        serde_json::Value::Number(number) => Ok(number.as_u64()),
        serde_json::Value::String(text) => Ok(text.trim().parse().ok()),
        _ => Err(D::Error::custom("a number was expected")),
    }
}

/// The answer to `count` commands, if this is one: it must account for each of them.
pub(super) fn read(body: &[u8], count: usize, mode: Mode) -> Option<Answer> {
    let answer: Answer = json::parse(body).ok()?;
    let completed = match mode {
        Mode::Live => answer.completed,
        Mode::Test => answer.in_test_mode,
    };
    let counted = completed.is_some() || answer.not_completed.is_some();
    let told = completed
        .unwrap_or(0)
        .checked_add(answer.not_completed.unwrap_or(0))?;
    (counted && usize::try_from(told) == Ok(count)).then_some(answer)
}

/// One outcome an entry, in their order. `hide` makes a text of Adobe's fit for the log.
pub(super) fn outcomes(
    answer: Answer,
    entries: &[(&str, &Command)],
    hide: &dyn Fn(&str) -> String,
) -> Vec<Outcome> {
    let count = entries.len();
    let failed = answer.not_completed.unwrap_or(0);
    let failed = usize::try_from(failed).map_or(count, |failed| failed.min(count));
    let text = |text: &Option<String>| hide(text.as_deref().unwrap_or_default());
    let mut rejections: Vec<Vec<Rejection>> = entries.iter().map(|_| Vec::new()).collect();
    let mut strays = Vec::new();
    for error in answer.errors.iter().flatten() {
        let rejection = Rejection {
            step: error.step.and_then(|step| usize::try_from(step).ok()),
            code: text(&error.code),
            message: text(&error.message),
        };
        match entry_of(error, entries).and_then(|entry| rejections.get_mut(entry)) {
            Some(own) => own.push(rejection),
            None => strays.push(rejection),
        }
    }
    let named = rejections.iter().filter(|own| !own.is_empty()).count();
    let missing = failed
        .saturating_sub(named)
        .max(usize::from(!strays.is_empty() && named == 0));
    let unnamed = Unnamed {
        answer: (text(&answer.result), text(&answer.message)),
        strays,
        missing,
        count,
    };
    // Nobody knows which ones they are; the last ones stand for them, and their texts say so.
    let open = rejections.iter_mut().rev().filter(|own| own.is_empty());
    for own in open.take(missing) {
        *own = unnamed.rejections();
    }
    let commands = entries.iter().map(|(_, command)| *command);
    rejections
        .into_iter()
        .zip(commands)
        .map(|(own, command)| outcome(own, command))
        .collect()
}

/// The entry that an error is about: by index, request id, or user.
fn entry_of(error: &WireError, entries: &[(&str, &Command)]) -> Option<usize> {
    let by_index = error.index.and_then(|index| usize::try_from(index).ok());
    let by_id = || {
        let id = error.request_id.as_deref()?;
        entries.iter().position(|(own, _)| *own == id)
    };
    let by_user = || {
        let user = error.user.as_deref()?;
        entries
            .iter()
            .position(|(_, command)| match &command.subject {
                Subject::User { root, .. } => text::same(root, user),
                Subject::UserGroup(name) => text::same(name, user),
            })
    };
    let only = || (entries.len() == 1).then_some(0);
    by_index
        .filter(|index| *index < entries.len())
        .or_else(by_id)
        .or_else(by_user)
        .or_else(only)
}

/// Failures of which Adobe does not say whose they are.
struct Unnamed {
    /// `result` and `message` of the answer.
    answer: (String, String),
    strays: Vec<Rejection>,
    missing: usize,
    count: usize,
}

impl Unnamed {
    fn rejections(&self) -> Vec<Rejection> {
        let (missing, count) = (self.missing, self.count);
        let which = if missing == count {
            String::new()
        } else {
            format!(
                " (Adobe rejected {missing} of the {count} commands of this request without \
             saying which; this may be another one)"
            )
        };
        if !self.strays.is_empty() {
            let with_note = |stray: &Rejection| Rejection {
                message: format!("{}{which}", stray.message),
                ..stray.clone()
            };
            return self.strays.iter().map(with_note).collect();
        }
        let (result, message) = &self.answer;
        let code = if result.starts_with("error.") {
            result.clone()
        } else {
            String::new()
        };
        let message = if message.is_empty() {
            format!("Adobe did not say why{which}")
        } else {
            format!("{message}{which}")
        };
        vec![Rejection {
            step: None,
            code,
            message,
        }]
    }
}

fn outcome(rejections: Vec<Rejection>, command: &Command) -> Outcome {
    let (already_so, refused): (Vec<_>, Vec<_>) = rejections
        .into_iter()
        .partition(|rejection| is_already_so(&rejection.code, command));
    let is_last = |rejection: &Rejection| {
        let behind = rejection.open_from();
        behind.is_none_or(|behind| behind >= command.steps.len())
    };
    match (already_so.into_iter().next(), refused.is_empty()) {
        (_, false) => Outcome::Rejected(refused),
        (Some(rejection), true) if is_last(&rejection) => Outcome::AlreadySo(rejection.code),
        // Adobe stops at a step that fails: those behind it were not reached.
        (Some(rejection), true) => Outcome::Rejected(vec![rejection]),
        (None, true) => Outcome::Done,
    }
}

/// Codes that say that what a command wants is so already (UMAPI reference, codes).
fn is_already_so(code: &str, command: &Command) -> bool {
    // Of many people one may be a member already, and the others may not have been reached.
    let names_many = |step: &Step| matches!(step, Step::AddUsers(_) | Step::RemoveUsers(_));
    if command.steps.iter().any(names_many) {
        return false;
    }
    match code {
        code if is_there_already(code) => true,
        "error.user.nonexistent"
        | "error.user.not_found"
        | "error.user.nonexistent_or_has_conflicting_parameters" => only_removes(command),
        _ => false,
    }
}

fn is_there_already(code: &str) -> bool {
    matches!(
        code,
        "error.user.already_in_org" | "error.user.already_exists" | "error.user.already_invited"
    )
}

fn only_removes(command: &Command) -> bool {
    command.steps.iter().all(|step| {
        matches!(
            step,
            Step::Remove(_) | Step::RemoveAll | Step::RemoveFromOrg { .. }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(root: &'static str, steps: Vec<Step>) -> Command {
        let subject = Subject::User {
            root,
            domain: None,
            use_adobe_id: false,
        };
        Command { subject, steps }
    }

    /// The outcomes for three commands: Ann loses groups, Bo gets one, Cy is removed.
    fn of_three(body: &str, mode: Mode) -> Vec<String> {
        let ann = command("ann@x.com", vec![Step::Remove(vec!["A"])]);
        let bo = command("bo@x.com", vec![Step::Add(vec!["A"])]);
        let leave = Step::RemoveFromOrg {
            delete_account: true,
        };
        let cy = command("cy@x.com", vec![leave]);
        let entries = [("a_1", &ann), ("a_2", &bo), ("a_3", &cy)];
        let answer = read(body.as_bytes(), entries.len(), mode).expect(body);
        let outcomes = outcomes(answer, &entries, &|text| text.to_owned());
        outcomes.iter().map(short).collect()
    }

    fn short(outcome: &Outcome) -> String {
        match outcome {
            Outcome::Done => "done".into(),
            Outcome::AlreadySo(code) => format!("so: {code}"),
            Outcome::Rejected(rejections) => {
                let codes = rejections.iter().map(|rejection| match rejection.step {
                    Some(step) => format!("{step} {}", rejection.code),
                    None => rejection.code.clone(),
                });
                format!("no: {}", codes.collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn every_shape_of_answer_has_its_outcomes() {
        for (body, expected) in [
            (
                r#"{"completed":3,"notCompleted":0,"result":"success"}"#,
                ["done"; 3],
            ),
            (
                r#"{"result":"success","errors":null,"completed":"3"}"#,
                ["done"; 3],
            ),
            (
                r#"{"completed":2,"notCompleted":1,"result":"partial","errors":[
                    {"index":1,"step":"0","errorCode":"error.group.not_found","message":"m"}]}"#,
                ["done", "no: 0 error.group.not_found", "done"],
            ),
            (
                r#"{"completed":1,"notCompleted":2,"result":"partial","errors":[
                    {"requestID":"a_2","step":1,"errorCode":"x"},{"index":"1","errorCode":"y"},
                    {"user":"CY@x.com","errorCode":"z"}]}"#,
                ["done", "no: 1 x, y", "no: z"],
            ),
            (
                r#"{"completed":0,"notCompleted":3,"result":"error","errors":[
                    {"index":0,"errorCode":"error.user.nonexistent"},
                    {"index":1,"errorCode":"error.user.nonexistent"},
                    {"index":2,"errorCode":"error.user.not_found"}]}"#,
                [
                    "so: error.user.nonexistent",
                    "no: error.user.nonexistent",
                    "so: error.user.not_found",
                ],
            ),
            (
                r#"{"completed":2,"notCompleted":1,"result":"partial","errors":[
                    {"index":1,"errorCode":"error.user.already_in_org"}]}"#,
                ["done", "so: error.user.already_in_org", "done"],
            ),
            (
                r#"{"completed":2,"notCompleted":1,"result":"partial","errors":[
                    {"index":1,"errorCode":"error.user.already_in_org"},
                    {"index":1,"errorCode":"error.group.not_found"}]}"#,
                ["done", "no: error.group.not_found", "done"],
            ),
            (
                r#"{"completed":2,"notCompleted":1,"result":"partial"}"#,
                ["done", "done", "no: "],
            ),
            (
                r#"{"completed":0,"notCompleted":3,"result":"error"}"#,
                ["no: "; 3],
            ),
            (
                r#"{"completed":0,"notCompleted":3,"result":"error.organization.migrating"}"#,
                ["no: error.organization.migrating"; 3],
            ),
            (
                r#"{"completed":2,"notCompleted":1,"result":"partial","errors":[{"errorCode":"x"}]}"#,
                ["done", "done", "no: x"],
            ),
            (
                r#"{"completed":1,"notCompleted":2,"result":"partial","errors":[{"index":2,"errorCode":"x"}]}"#,
                ["done", "no: ", "no: x"],
            ),
            (
                r#"{"completed":3,"notCompleted":0,"result":"success","errors":[{"index":7,"errorCode":"x"}]}"#,
                ["done", "done", "no: x"],
            ),
        ] {
            assert_eq!(of_three(body, Mode::Live), expected, "{body}");
        }
        let test = r#"{"completed":0,"notCompleted":1,"completedInTestMode":2,"result":"partial",
            "errors":[{"index":0,"errorCode":"x"}]}"#;
        assert_eq!(of_three(test, Mode::Test), ["no: x", "done", "done"]);
    }

    #[test]
    fn one_that_stands_for_an_unknown_one_says_so() {
        let ann = command("ann", vec![Step::RemoveAll]);
        let bo = command("bo", vec![Step::RemoveAll]);
        let answer = read(
            br#"{"completed":1,"notCompleted":1,"result":"partial"}"#,
            2,
            Mode::Live,
        )
        .unwrap();
        let outcomes = outcomes(answer, &[("1", &ann), ("2", &bo)], &|text| text.to_owned());
        let Outcome::Rejected(rejections) = &outcomes[1] else {
            panic!("{outcomes:?}");
        };
        let message = &rejections[0].message;
        assert!(message.starts_with("Adobe did not say why"), "{message}");
        assert!(message.contains("1 of the 2 commands"), "{message}");
    }

    #[test]
    fn an_answer_accounts_for_every_command() {
        let listing = r#"{"lastPage":true,"result":"success","users":[]}"#;
        let live = r#"{"completed":2,"notCompleted":1,"completedInTestMode":0,"result":"partial"}"#;
        let test = r#"{"completed":0,"notCompleted":1,"completedInTestMode":2,"result":"partial"}"#;
        let less = r#"{"completed":1,"notCompleted":1,"result":"partial"}"#;
        let more = r#"{"completed":3,"notCompleted":1,"result":"partial"}"#;
        let endless = r#"{"completed":18446744073709551615,"notCompleted":4}"#;
        for (body, in_live, in_test) in [
            (live, true, false),
            (test, false, true),
            (r#"{"completed":"3"}"#, true, false),
            (r#"{"notCompleted":3}"#, true, true),
            (less, false, false),
            (more, false, false),
            (endless, false, false),
            (listing, false, false),
            (r#"{"result":"success"}"#, false, false),
            (r#"{"completed":-3}"#, false, false),
            (r#"{"completed":3"#, false, false),
            (r#"{"completed":{}}"#, false, false),
            ("", false, false),
            ("<html>", false, false),
            ("[]", false, false),
            ("{}", false, false),
            ("null", false, false),
        ] {
            let is_read = |mode| read(body.as_bytes(), 3, mode).is_some();
            assert_eq!(
                (is_read(Mode::Live), is_read(Mode::Test)),
                (in_live, in_test),
                "{body}"
            );
        }
        assert!(read(br#"{"result":"success"}"#, 0, Mode::Live).is_none());
    }
}
