#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::error::exit;
use crate::model::change::{Before, GroupChange, Kind, Reason};
use crate::model::command::{Command, Step, Subject};
use crate::model::why::GroupWhy;
use crate::text::{Text, Texts};

const ORG: &str = "A1B2@AdobeOrg";

fn moment() -> Timestamp {
    "2026-11-23T14:03:07Z".parse().unwrap()
}

fn header() -> Header {
    let mut counts = Map::new();
    counts.insert("created".to_owned(), 2.into());
    Header {
        tool: "0.1.0".to_owned(),
        time: moment(),
        orgs: vec![
            Org {
                name: None,
                org_id: ORG.to_owned(),
                user_groups: Vec::new(),
            },
            Org {
                name: Some("emea".to_owned()),
                org_id: "E1@AdobeOrg".to_owned(),
                user_groups: Vec::new(),
            },
        ],
        config_sha256: "00ff".to_owned(),
        config_files: vec!["user-sync-config.yml".into()],
        counts,
        held_back: vec!["14 Adobe-only users".to_owned()],
        summary: SummaryWords {
            strategy: "sync".to_owned(),
            adobe_only: Some("removed".to_owned()),
        },
    }
}

fn changes() -> Vec<Change> {
    let change = |root: Text| Change {
        command: Command {
            subject: Subject::User {
                root,
                domain: None,
                use_adobe_id: false,
            },
            steps: vec![Step::Add(vec!["Acrobat"])],
        },
        reason: Reason {
            person: root,
            kind: Kind::Updated,
            added: [GroupChange {
                group: "Acrobat",
                why: GroupWhy::Said("in Okta group \"Design\""),
            }]
            .into(),
            before: Before::Present,
            ..Reason::default()
        },
    };
    vec![change("ann@example.com"), change("bo@example.com")]
}

fn saved() -> String {
    let changes = changes();
    let lines = changes.iter().zip(["E1@AdobeOrg", ORG]);
    let lines = lines.map(|(change, org_id)| Line { org_id, change });
    String::from_utf8(content(header(), lines).unwrap()).unwrap()
}

/// A file that is gone with the test.
struct Temporary(PathBuf);

impl Temporary {
    fn with(content: &str) -> Temporary {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("user-sync-plan-{}-{number}.jsonl", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Temporary(path)
    }

    fn read(&self, now: Timestamp, age: Age) -> Result<Saved, Error> {
        read(&self.0, now, age, &mut Texts::default())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn a_plan_reads_back_as_it_was_saved() {
    let file = Temporary::with(&saved());
    let plan = file.read(moment(), Age::Fresh).unwrap();
    assert_eq!(plan.header, header());
    let (orgs, read): (Vec<_>, Vec<_>) = plan
        .commands
        .into_iter()
        .map(|saved| (saved.org, saved.change))
        .unzip();
    assert_eq!(orgs, [1, 0]);
    assert_eq!(read, changes());
}

#[test]
fn an_empty_plan_reads_back() {
    let content = content(header(), std::iter::empty()).unwrap();
    let file = Temporary::with(std::str::from_utf8(&content).unwrap());
    assert!(file.read(moment(), Age::Fresh).unwrap().commands.is_empty());
}

#[test]
fn a_plan_that_cannot_be_trusted_is_refused_by_file_and_line() {
    let whole = saved();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let without_last = lines[..2].concat();
    let twice = whole.clone() + lines[2];
    let swapped = [lines[0], lines[2], lines[1]].concat();
    let renumbered = |from: &str| {
        whole
            .replace("action_1", "x")
            .replace("action_2", "action_1")
            .replace('x', from)
    };
    let cases = [
        ("", ":1:1", "no plan"),
        ("{}\n", ":1:1", "not a plan"),
        ("hello\n", ":1:1", "not a plan"),
        (
            &*whole.replace("user-sync plan", "terraform"),
            ":1:1",
            "not known",
        ),
        (
            &*whole.replace("\"version\":2", "\"version\":1"),
            ":1:1",
            "version 1",
        ),
        (
            &*whole.replace("\"time\":\"2026", "\"time\":\"x"),
            ":1:1",
            "header",
        ),
        (lines[0], ":2:1", "cut off: it holds 0 of 2"),
        (&*without_last, ":3:1", "cut off: it holds 1 of 2"),
        (whole.trim_end(), ":3:1", "cut off in this line"),
        (&whole[..whole.len() - 30], ":3:1", "cut off in this line"),
        (&*twice, ":4:1", "requestID"),
        (&*swapped, ":2:1", "requestID"),
        (&*renumbered("action_2"), ":2:1", "requestID"),
        (&*whole.replace("bo@", "eve@"), "", "digest"),
        (
            &*whole.replace("\"org\":\"A1B2@", "\"org\":\"E1@"),
            "",
            "digest",
        ),
        (
            &*whole.replace("\"org\":\"A1B2@", "\"org\":\"Z9@"),
            ":3:1",
            "Z9@AdobeOrg",
        ),
        (
            &*whole.replace("\"add\"", "\"grant\""),
            ":2:1",
            "unknown variant",
        ),
        (
            &*whole.replace("{\"org\":", "\"org\":"),
            ":2:1",
            "not a command",
        ),
        (
            &*whole.replace("\"commands\":2", "\"commands\":1"),
            ":4:1",
            "edited",
        ),
        (
            &*whole.replace("T14:03:07Z", "T13:03:07Z"),
            ":1:1",
            "header does not match its own digest",
        ),
        (&*whole.replace("emea", "apac"), ":1:1", "own digest"),
        (
            &*whole.replace("14 Adobe-only", "4 Adobe-only"),
            ":1:1",
            "own digest",
        ),
        (
            &*whole.replace("\"header_sha256\"", "\"other\""),
            ":1:1",
            "own digest",
        ),
    ];
    for (content, place, says) in cases {
        let file = Temporary::with(content);
        let error = file.read(moment(), Age::Fresh).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.exit_code(), exit::USAGE, "{text}");
        let start = format!("{}{place}: ", file.0.display());
        assert!(text.starts_with(&start), "{start} | {text}");
        assert!(text.contains(says), "{says} | {text}");
        assert!(!text.contains('\n'), "{text}");
    }
}

#[test]
fn a_plan_that_is_torn_or_changed_anywhere_is_refused() {
    let whole = saved().into_bytes();
    let commands = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let torn = (0..whole.len()).map(|end| whole[..end].to_vec());
    let changed = (commands..whole.len()).map(|place| {
        let mut other = whole.clone();
        other[place] ^= 1;
        other
    });
    for content in torn.chain(changed) {
        let file = Temporary::with("");
        std::fs::write(&file.0, &content).unwrap();
        let error = file.read(moment(), Age::Fresh).unwrap_err();
        assert_eq!(error.exit_code(), exit::USAGE, "{error}");
    }
}

#[test]
fn an_edited_header_is_only_told_of_where_the_age_does_not_matter() {
    let file = Temporary::with(&saved());
    assert!(file.read(moment(), Age::Any).unwrap().sealed);
    let file = Temporary::with(&saved().replace("T14:03:07Z", "T14:03:08Z"));
    assert!(!file.read(moment(), Age::Any).unwrap().sealed);
}

#[test]
fn a_file_that_is_not_there_is_refused_as_a_plan() {
    let path = std::env::temp_dir().join("user-sync-no-such-plan.jsonl");
    let error = read(&path, moment(), Age::Any, &mut Texts::default()).unwrap_err();
    assert_eq!(error.exit_code(), exit::USAGE);
}

#[test]
fn a_plan_is_used_for_24_hours_unless_that_is_lifted() {
    let cases = [
        (SignedDuration::from_hours(24), true),
        (
            SignedDuration::from_hours(24) + SignedDuration::from_secs(1),
            false,
        ),
        (SignedDuration::from_mins(-5), true),
        (SignedDuration::from_mins(-6), false),
    ];
    let file = Temporary::with(&saved());
    for (old, fresh) in cases {
        let now = moment().checked_add(old).unwrap();
        let read = file.read(now, Age::Fresh);
        assert_eq!(read.is_ok(), fresh, "{old}");
        if let Err(error) = read {
            assert!(error.to_string().contains("--allow-old-plan"), "{error}");
        }
        assert!(file.read(now, Age::Any).is_ok(), "{old}");
    }
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let mut content = saved();
    content.push_str(&"x".repeat(1024 * 1024 + 1));
    let error = Temporary::with(&content).read(moment(), Age::Fresh);
    let text = error.unwrap_err().to_string();
    assert!(text.contains(":4:1") && text.contains("1 MiB"), "{text}");
}
