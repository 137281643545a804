#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::model::command::{Command, IfExists, Subject};
use crate::model::why::{GroupWhy, UserWhy};
use crate::model::{DirectoryKind, IdentityType, OrgId};
use crate::plan::{AttributeChange, GroupChange, Held, HeldBack, HeldBackBy, HeldRule};
use crate::plan::{Kind, Reason};
use crate::show::Colour;

fn golden(name: &str, found: &str) {
    crate::show::golden("plan", name, found);
}

fn org(name: Option<&str>, org_id: &str) -> Org {
    Org {
        name: name.map(str::to_owned),
        org_id: org_id.to_owned(),
        user_groups: Vec::new(),
        actions_per_minute: 10,
    }
}

fn change(person: Text, kind: Kind, why: Option<UserWhy>) -> Change {
    Change {
        command: Command {
            subject: Subject::User {
                root: person,
                domain: None,
                use_adobe_id: false,
            },
            steps: Vec::new(),
        },
        reason: Reason {
            person,
            kind,
            why,
            ..Reason::default()
        },
    }
}

fn created(person: Text, name: (Text, Text), group: Text) -> Change {
    let mut change = change(
        person,
        Kind::Created,
        Some(UserWhy::InDirectoryGroup(DirectoryKind::Okta, group)),
    );
    change.command.steps.push(Step::Create {
        identity_type: IdentityType::FederatedId,
        email: person,
        firstname: Some(name.0),
        lastname: Some(name.1),
        country: Some("US"),
        if_exists: IfExists::Ignore,
    });
    change
}

fn updated(person: Text) -> Change {
    change(person, Kind::Updated, None)
}

impl Change {
    fn gains(mut self, groups: &[(Text, Text)]) -> Change {
        let gain = |(group, from): &(Text, Text)| GroupChange {
            group,
            why: GroupWhy::InDirectoryGroup(DirectoryKind::Okta, from),
        };
        self.reason.added = groups.iter().map(gain).collect();
        self
    }

    fn loses(mut self, groups: &[Text], why: GroupWhy) -> Change {
        let loss = |group: &Text| GroupChange { group, why };
        self.reason.removed = groups.iter().map(loss).collect();
        self
    }

    fn becomes(mut self, attribute: &'static str, old: Text, new: Text) -> Change {
        let mut attributes = self.reason.attributes.into_vec();
        attributes.push(AttributeChange {
            attribute,
            old,
            new,
        });
        self.reason.attributes = attributes.into_boxed_slice();
        self
    }
}

/// A plan with a change of every kind in two orgs.
fn everything() -> Plan {
    let more = change("many@example.com", Kind::Continued, None);
    let primary = vec![
        updated("zoe@example.com").gains(&[("Acrobat", "Legal")]),
        updated("Bob@example.com")
            .becomes("lastname", "Li", "Lee")
            .becomes("firstname", "", "Robert"),
        updated("sue@example.com")
            .loses(
                &["Photoshop"],
                GroupWhy::NotInMappedGroup(DirectoryKind::Okta),
            )
            .gains(&[("Acrobat", "Legal")])
            .becomes("email", "sue@old.example.com", "sue@example.com"),
        updated("many@example.com").gains(&[("Acrobat", "Legal"), ("Stock", "Design")]),
        more,
        created("new@example.com", ("Ada", "Lovelace"), "Design").gains(&[
            ("Photoshop", "Design"),
            ("Stock", "Design and Illustration"),
        ]),
        change(
            "left@example.com",
            Kind::AdobeOnlyRemoved,
            Some(UserWhy::FilteredOut("SUSPENDED")),
        ),
        change(
            "gone@example.com",
            Kind::AdobeOnlyDeleted,
            Some(UserWhy::NoDirectoryUser(DirectoryKind::Okta)),
        ),
        change(
            "bare@example.com",
            Kind::AdobeOnlyAllGroups,
            Some(UserWhy::NoDirectoryUser(DirectoryKind::Okta)),
        ),
        change(
            "odd\u{1b}[31m@example.com",
            Kind::AdobeOnlyGroups,
            Some(UserWhy::NotSelected(DirectoryKind::Okta, "odd@example.com")),
        )
        .loses(
            &["Photoshop", "Stock"],
            GroupWhy::AdobeOnly(DirectoryKind::Okta),
        ),
    ];
    let emea = OrgPlan {
        org: OrgId(1),
        group_changes: vec![change(
            "Substance",
            Kind::GroupCreated,
            Some(UserWhy::GroupIsMissing),
        )],
        changes: vec![
            created("new@example.com", ("Ada", "Lovelace"), "Design")
                .gains(&[("Substance", "Design")]),
        ],
        held: Vec::new(),
    };
    let mut plan = Plan {
        orgs: vec![
            emea,
            OrgPlan {
                org: OrgId::PRIMARY,
                group_changes: Vec::new(),
                changes: primary,
                held: Vec::new(),
            },
        ],
        ..Plan::default()
    };
    plan.counts.unchanged = 120;
    plan
}

fn held_back() -> HeldBack {
    HeldBack {
        by: HeldBackBy::Limit(HeldRule::AdobeOnly, OrgId::PRIMARY),
        text: "14 Adobe-only users are more than limits.max_adobe_only_users allows (5% of 200 \
               Adobe users): none of them is processed. Raise the limit if this is meant"
            .to_owned(),
    }
}

fn render(plan: &Plan, width: usize, colour: Colour, extent: Extent) -> String {
    let orgs = [org(None, "A1B2@AdobeOrg"), org(Some("emea"), "E1@AdobeOrg")];
    text(plan, &orgs, Style { width, colour }, extent)
}

#[test]
fn a_plan_reads_like_a_review_at_every_width() {
    for (name, width) in [("usual.txt", 80), ("wide.txt", 120), ("narrow.txt", 44)] {
        let mut plan = everything();
        plan.held_back.push(held_back());
        let text = render(&plan, width, Colour::Off, Extent::Folded);
        golden(name, &text);
        // The counts of a group and an address are never cut, all else keeps to the width.
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= width, "{name}: {longest}");
    }
}

#[test]
fn on_a_terminal_dangers_are_red_and_gains_green() {
    let mut plan = everything();
    plan.held_back.push(held_back());
    golden("colour.txt", &render(&plan, 80, Colour::On, Extent::Folded));
}

#[test]
fn without_colour_there_is_no_escape() {
    let text = render(&everything(), 80, Colour::Off, Extent::Folded);
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn nothing_to_do_is_one_calm_line() {
    let mut plan = Plan::default();
    plan.counts.directory_selected = 9;
    plan.counts.unchanged = 8;
    let text = render(&plan, 80, Colour::On, Extent::Folded);
    assert_eq!(
        text,
        "Nothing to do: 9 people selected in the directory, 8 people at Adobe unchanged.\n"
    );
    plan.held_back.push(held_back());
    golden(
        "held-back-only.txt",
        &render(&plan, 80, Colour::Off, Extent::Folded),
    );
}

#[test]
fn long_lists_are_folded_with_a_count_and_all_shows_them() {
    let keep = |text: String| -> Text { Box::leak(text.into_boxed_str()) };
    let mut changes = Vec::new();
    for n in 0..30 {
        let group = keep(format!("Group {n:02}"));
        changes.push(
            created(keep(format!("n{n:02}@example.com")), ("N", "N"), "Design")
                .gains(&[(group, "Design")]),
        );
    }
    for n in 0..60 {
        let person = keep(format!("d{n:02}@example.com"));
        changes.push(change(
            person,
            Kind::AdobeOnlyDeleted,
            Some(UserWhy::NoDirectoryUser(DirectoryKind::Okta)),
        ));
    }
    let plan = Plan {
        orgs: vec![OrgPlan {
            org: OrgId::PRIMARY,
            group_changes: Vec::new(),
            changes,
            held: Vec::new(),
        }],
        ..Plan::default()
    };
    let folded = render(&plan, 80, Colour::Off, Extent::Folded);
    golden("folded.txt", &folded);
    assert!(folded.contains("… and 10 more (--all shows them)"));
    assert!(!folded.contains("d59@"));
    let all = render(&plan, 80, Colour::Off, Extent::All);
    assert!(all.contains("d59@") && all.contains("n29@") && all.contains("Group 29"));
    assert!(!all.contains("more"));
}

#[test]
fn whoever_loses_something_comes_before_everybody_else() {
    let text = render(&everything(), 80, Colour::Off, Extent::Folded);
    let place = |who: &str| text.find(who).unwrap();
    let order = ["gone@", "left@", "bare@", "sue@", "new@", "Bob@", "zoe@"];
    assert!(order.is_sorted_by_key(|who| place(who)), "{text}");
    assert_eq!(
        text.matches("many@").count(),
        1,
        "continued commands are no second block"
    );
}

#[test]
fn held_people_are_listed_with_the_rules_to_approve() {
    let mut plan = Plan::default();
    let person = |name, rules: &[HeldRule]| Held {
        change: change(
            name,
            Kind::AdobeOnlyDeleted,
            Some(UserWhy::NoDirectoryUser(DirectoryKind::Okta)),
        ),
        rules: rules.to_vec(),
    };
    plan.orgs.push(OrgPlan {
        org: OrgId::PRIMARY,
        group_changes: Vec::new(),
        changes: Vec::new(),
        held: vec![
            person("leo@example.com", &[HeldRule::AdobeOnly]),
            person(
                "max@example.com",
                &[HeldRule::GroupLoss, HeldRule::AdobeOnly],
            ),
        ],
    });
    let style = Style {
        width: 300,
        colour: Colour::Off,
    };
    let shown = text(&plan, &[org(None, "A1@AdobeOrg")], style, Extent::Folded);
    let lines = [
        "Held back by adobe-only: 1; a saved plan sends them with `apply PLAN --with-held-back adobe-only`",
        "- leo@example.com",
        "--with-held-back group-loss --with-held-back adobe-only`",
        "- max@example.com",
    ];
    let places = lines.map(|line| {
        shown
            .find(line)
            .unwrap_or_else(|| panic!("{line}: {shown}"))
    });
    assert!(places[2] < places[3], "{shown}");
}
