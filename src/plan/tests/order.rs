//! The same input gives the same plan, in whatever order pages came.

use crate::config::*;
use crate::model::command::Command;
use crate::model::notice::Notice;
use crate::model::{AdobeOrg, AdobeUser, Directory, DirectoryGroup};
use crate::people::join::Intake;
use crate::plan::testing::*;
use crate::plan::{AdobeOnlyRow, Counts};
use crate::text::Text;

fn read(people: &[(usize, Person)]) -> Directory {
    let group = |name| DirectoryGroup {
        name,
        missing: false,
        read: 0,
        foreign: None,
    };
    let mut intake = Intake::new(vec![group("G"), group("H")]);
    for (place, person) in people {
        if intake.join(person.user.id, &[*place]).is_none() {
            intake.user(person.user.clone(), &[*place]);
        }
    }
    intake.finish().directory
}

type Outcome = (
    Vec<(u16, Vec<Command>)>,
    Counts,
    Vec<Notice>,
    Option<Vec<AdobeOnlyRow>>,
);

fn outcome(config: &Config, directory: &Directory, orgs: Vec<AdobeOrg>) -> Outcome {
    let plan = build(config, directory, orgs);
    let orgs = plan.orgs.iter().map(|org| {
        let commands = org.all_changes().map(|change| change.command.clone());
        (org.org.0, commands.collect())
    });
    (
        orgs.collect(),
        plan.counts,
        plan.notices,
        plan.adobe_only_rows,
    )
}

#[test]
fn the_order_of_pages_does_not_matter() {
    let mut config = config(&["org2"]);
    config.groups = vec![
        mapping("G", &["P", "org2::P2"]),
        mapping("H", &["Q", "org2::Q2"]),
    ];
    config.options.update_user_info = true;
    config.options.adobe_only_user_action = AdobeOnlyUserAction::WriteFile("f.csv".into());
    let mut numbers = Numbers(7);
    let mut people: Vec<(usize, Person)> = Vec::new();
    for n in 0..60 {
        let name = format!("u{}", n % 50);
        people.push((n % 2, person(&name, &[])));
    }
    let adobe_users = |groups: [&str; 3]| -> Vec<(AdobeUser, Vec<Text>)> {
        (20..90)
            .map(|n| adobe(&format!("u{n}"), &groups[..n % 4]))
            .collect()
    };
    let mut first = adobe_users(["P", "Q", "Other"]);
    let mut second = adobe_users(["P2", "Q2", "Other"]);
    for (user, _) in &mut first {
        user.firstname = "Old";
    }
    // Groups come first: within one, people in any order.
    people.sort_by_key(|(place, _)| *place);
    let expected = outcome(
        &config,
        &read(&people),
        vec![org(first.clone()), org(second.clone())],
    );
    assert!(expected.0.iter().all(|(_, commands)| commands.len() > 20));
    for _ in 0..10 {
        numbers.shuffle(&mut first);
        numbers.shuffle(&mut second);
        numbers.shuffle(&mut people);
        people.sort_by_key(|(place, _)| *place);
        let orgs = vec![org(first.clone()), org(second.clone())];
        assert!(outcome(&config, &read(&people), orgs) == expected);
    }
}

#[test]
fn a_second_run_over_the_outcome_has_nothing_to_do() {
    let directory = directory(&["G"], vec![person("ann", &["G"]), person("bo", &["G"])]);
    let mut config = config(&[]);
    config.options.update_user_info = true;
    let plan = build(
        &config,
        &directory,
        vec![org(vec![adobe("ann", &["P"]), adobe("bo", &["P"])])],
    );
    assert!(plan.is_empty());
    assert_eq!(plan.counts.unchanged, 2);
}

#[test]
fn in_a_large_run_only_those_who_are_new_are_touched() {
    const USERS: usize = 10_000;
    let mut config = config(&[]);
    config.groups = vec![mapping("G", &["P"]), mapping("H", &["Q"])];
    config.options.update_user_info = true;
    let groups: [&[&str]; 3] = [&["G"], &["H"], &["G", "H"]];
    let people = (0..USERS).map(|n| person(&format!("user{n}"), groups[n % 3]));
    let directory = directory(&["G", "H"], people.collect());
    let current: [&[&str]; 3] = [&["P"], &["Q"], &["Q", "P"]];
    let mut users: Vec<_> = (100..USERS + 100)
        .map(|n| adobe(&format!("user{n}"), current[n % 3]))
        .collect();
    Numbers(3).shuffle(&mut users);
    let plan = build(&config, &directory, vec![org(users)]);
    assert_eq!(plan.counts.created, 100);
    assert_eq!(plan.counts.unchanged, USERS - 100);
}
