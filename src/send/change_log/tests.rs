#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;

use super::*;
use crate::model::change::{Before, Kind, Reason};
use crate::model::command::{Command, Step, Subject};
use crate::text::Texts;

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("user-sync-change-log-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("changes.jsonl")
    }

    fn open(&self) -> ChangeLog {
        ChangeLog::open(&self.file(), Mode::OWNER).unwrap()
    }

    /// The lines in short: `start`, `command action_1 ann@example.com`, …
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        read(&self.file(), &mut |line| {
            lines.push(match line.event {
                Event::Start(start) => format!("start {}", start.command),
                Event::Command(command) => {
                    let change = command.change(&mut Texts::default()).unwrap();
                    format!("{} {}", command.command.request_id, change.reason.person)
                }
                Event::Outcome(outcome) => {
                    format!("{} {}", outcome.request_id, outcome.outcome.as_str())
                }
                Event::End(end) => format!("end {}", end.exit_code),
            });
            Ok(())
        })
        .unwrap();
        lines
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn start() -> Start {
    Start {
        command: "sync".to_owned(),
        arguments: vec!["--users".to_owned(), "mapped".to_owned()],
        config_sha256: "00ff".to_owned(),
        test_mode: false,
        orgs: vec![Org {
            name: None,
            org_id: "A1@AdobeOrg".to_owned(),
        }],
        counts: Map::new(),
    }
}

fn change(person: &'static str) -> Change {
    Change {
        command: Command {
            subject: Subject::User {
                root: person,
                domain: None,
                use_adobe_id: false,
            },
            steps: vec![Step::RemoveAll],
        },
        reason: Reason {
            person,
            kind: Kind::AdobeOnlyAllGroups,
            before: Before::Present,
            ..Reason::default()
        },
    }
}

fn answer(request_id: &str, outcome: &Outcome) -> OutcomeLine {
    OutcomeLine::answered(request_id.to_owned(), outcome)
}

fn whole_run(log: &mut ChangeLog) {
    let (ann, bo) = (change("ann@example.com"), change("bo@example.com"));
    log.start(&start()).unwrap();
    let commands = [("action_1".to_owned(), ann), ("action_2".to_owned(), bo)];
    log.before(OrgId::PRIMARY, &commands).unwrap();
    let refused = Outcome::Rejected(vec![Rejection {
        step: Some(0),
        code: "error.group.not_found".to_owned(),
        message: "no such\ngroup".to_owned(),
    }]);
    let outcomes = [
        answer("action_1", &Outcome::Done),
        answer("action_2", &refused),
    ];
    log.after(outcomes.to_vec()).unwrap();
    let end = End {
        exit_code: 3,
        error: None,
    };
    log.end(&end).unwrap();
}

const WHOLE: [&str; 6] = [
    "start sync",
    "action_1 ann@example.com",
    "action_2 bo@example.com",
    "action_1 done",
    "action_2 refused",
    "end 3",
];

#[test]
fn a_run_reads_back_as_it_was_written() {
    let folder = Folder::new("whole");
    whole_run(&mut folder.open());
    whole_run(&mut folder.open());
    assert_eq!(folder.lines(), [WHOLE, WHOLE].concat());
    let text = fs::read_to_string(folder.file()).unwrap();
    assert!(text.as_bytes().starts_with(FORMAT_START));
    assert_eq!(text.lines().count(), 12);
}

#[test]
fn wherever_a_crash_tears_the_file_it_can_be_read_and_goes_on() {
    let folder = Folder::new("torn");
    whole_run(&mut folder.open());
    let whole = fs::read(folder.file()).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in (first..=whole.len()).step_by(7).chain([whole.len()]) {
        fs::write(folder.file(), &whole[..length]).unwrap();
        let lines = whole[..length].iter().filter(|b| **b == b'\n').count();
        assert_eq!(folder.lines()[..lines], WHOLE[..lines], "{length}");
        whole_run(&mut folder.open());
        assert_eq!(
            folder.lines(),
            [&WHOLE[..lines], &WHOLE].concat(),
            "{length}"
        );
    }
}

#[test]
fn a_run_that_began_nothing_leaves_no_line() {
    let folder = Folder::new("nothing");
    let mut log = folder.open();
    let end = End {
        exit_code: 1,
        error: Some("x".to_owned()),
    };
    log.end(&end).unwrap();
    assert!(folder.lines().is_empty());
}

#[test]
fn another_file_is_never_written_to() {
    let folder = Folder::new("other");
    for content in [
        "secrets: all",
        "{\"format\":\"user-sync plan\",\"version\":2}\n",
    ] {
        fs::write(folder.file(), content).unwrap();
        let refused = ChangeLog::open(&folder.file(), Mode::OWNER).unwrap_err();
        assert!(refused.to_string().contains("no change log"), "{refused}");
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), content);
    }
}

#[test]
fn two_runs_share_a_log_line_by_line() {
    let folder = Folder::new("shared");
    let (mut one, mut two) = (folder.open(), folder.open());
    assert_ne!(one.run(), two.run());
    one.start(&start()).unwrap();
    two.start(&start()).unwrap();
    let ann = [("action_1".to_owned(), change("ann@example.com"))];
    one.before(OrgId::PRIMARY, &ann).unwrap();
    two.before(OrgId::PRIMARY, &ann).unwrap();
    assert_eq!(
        folder.lines(),
        ["start sync", "start sync", WHOLE[1], WHOLE[1]]
    );
}

#[test]
fn lines_that_are_none_of_ours_are_passed_over() {
    let folder = Folder::new("strange");
    whole_run(&mut folder.open());
    let text = fs::read_to_string(folder.file()).unwrap();
    let strange = format!("{}\n{{}}\nhello\n", "x".repeat(3 << 20));
    let newer = text.replace("\"version\":1", "\"version\":7");
    fs::write(folder.file(), format!("{text}{strange}{newer}{text}")).unwrap();
    let expected = [&WHOLE[..], &WHOLE[1..], &WHOLE].concat();
    assert_eq!(folder.lines(), expected);
}
