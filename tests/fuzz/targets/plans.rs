//! Saved plans and their journals.

use super::fuzz;
use crate::support::Folder;
use serde_json::Map;
use user_sync::model::IdentityType;
use user_sync::model::change::{Change, Kind, Reason};
use user_sync::model::command::{Command, IfExists, Step, Subject, Update};
use user_sync::model::why::UserWhy;
use user_sync::send::journal::{Journal, PlanId};
use user_sync::send::plan_file::{self, Age, Header, Line, Org, SummaryWords};
use user_sync::text::Texts;

fn changes() -> Vec<Change> {
    let user = |root| Subject::User {
        root,
        domain: None,
        use_adobe_id: false,
    };
    let create = Step::Create {
        identity_type: IdentityType::FederatedId,
        email: "ann@example.com",
        firstname: Some("Ann"),
        lastname: None,
        country: Some("US"),
        if_exists: IfExists::Ignore,
    };
    let update = Step::Update(Update {
        lastname: Some("Bee"),
        ..Update::default()
    });
    let leave = Step::RemoveFromOrg {
        delete_account: true,
    };
    let of = |subject, steps| Change {
        command: Command { subject, steps },
        reason: Reason {
            person: "ann@example.com",
            kind: Kind::Updated,
            why: Some(UserWhy::InDirectory),
            ..Reason::default()
        },
    };
    vec![
        of(
            user("ann@example.com"),
            vec![create, Step::Add(vec!["A", "B"])],
        ),
        of(
            user("bob@example.com"),
            vec![update, Step::Remove(vec!["C"])],
        ),
        of(user("cy@example.com"), vec![Step::RemoveAll]),
        of(user("di@example.com"), vec![leave]),
    ]
}

/// A plan as `plan --out` writes it.
fn good(folder: &Folder) -> Vec<u8> {
    let path = folder.path().join("good");
    let org = Org {
        name: None,
        org_id: "A1@AdobeOrg".to_owned(),
        user_groups: vec!["P".into()],
        actions_per_minute: 10,
    };
    let header = Header {
        tool: "0".to_owned(),
        time: jiff::Timestamp::now(),
        orgs: vec![org],
        config_sha256: "0".repeat(64),
        config_files: vec!["user-sync-config.yml".into()],
        counts: Map::new(),
        summary: SummaryWords::default(),
        held_back: Vec::new(),
        left_alone: Vec::new(),
    };
    let changes = changes();
    let lines = changes.iter().map(|change| Line {
        org_id: "A1@AdobeOrg",
        change,
        held: &[],
    });
    plan_file::write(&path, header, lines).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn saved_plans_are_read_whole_or_refused() {
    let folder = Folder::new();
    let good = good(&folder);
    let path = folder.path().join("plan");
    let header_end = good.iter().position(|byte| *byte == b'\n').unwrap();
    fuzz("plan file", 300, &[&good], |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let mut texts = Texts::default();
        let now = jiff::Timestamp::now();
        if let Ok(saved) = plan_file::read(&path, now, Age::Any, &mut texts) {
            // Only a plan whose commands are untouched is taken.
            assert_eq!(saved.commands.len(), changes().len());
            assert!(bytes.ends_with(&good[header_end + 1..]));
        }
    });
}

#[test]
fn journals_are_continued_or_refused() {
    let folder = Folder::new();
    let plan = folder.path().join("plan");
    let path = folder.path().join("plan.journal");
    let good = b"{\"format\":\"user-sync journal\",\"version\":1,\"plan\":\"d1\",\"made\":\"1970-01-01T00:00:00Z\"}\n\
        {\"requestID\":\"action_1\",\"outcome\":\"done\"}\n\
        {\"requestID\":\"action_2\",\"outcome\":\"rejected\",\"errors\":[{\"step\":0,\"code\":\"c\",\"message\":\"m\"}]}\n";
    fuzz("journal", 300, &[good], |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let id = PlanId {
            digest: "d1",
            made: jiff::Timestamp::UNIX_EPOCH,
            commands: 4,
        };
        if let Ok(journal) = Journal::read(&plan, &id) {
            assert_eq!(journal.known().len(), 4);
        }
    });
}
