//! Secondary orgs.

use crate::config::*;
use crate::model::why::SkipWhy;
use crate::model::{Directory, IdentityType};
use crate::plan::testing::*;

/// `G` gives `P` and `org2::P2`, `H` gives `org2::Q2`.
fn two_orgs() -> Config {
    let mut config = config(&["org2"]);
    config.groups = vec![
        mapping("G", &["P", "org2::P2"]),
        mapping("H", &["org2::Q2"]),
    ];
    config
}

fn people(names: &[(&str, &[&str])]) -> Directory {
    let people = names.iter().map(|(name, groups)| person(name, groups));
    directory(&["G", "H"], people.collect())
}

#[test]
fn secondary_orgs_come_first_and_hold_their_own_groups() {
    let directory = people(&[("ann", &["G"]), ("bo", &["H"])]);
    let primary = org(vec![adobe("ann", &[])]);
    let secondary = org(vec![adobe("ann", &["Q2", "Z2"])]);
    let plan = build(&two_orgs(), &directory, vec![primary, secondary]);
    assert_eq!(
        shown(&plan),
        [
            "org2 ann@x.com: remove Q2; add P2",
            "org2 bo@x.com: create federatedID bo@x.com US; add Q2",
            "ann@x.com: add P",
            "bo@x.com: create federatedID bo@x.com US",
        ]
    );
    assert_eq!(plan.counts.updated, 1, "ann once");
    assert_eq!(
        (plan.counts.created, plan.counts.created_in_secondaries),
        (1, 1)
    );
}

#[test]
fn people_of_a_secondary_org_who_are_not_in_the_primary_are_left_alone() {
    let mut config = two_orgs();
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
    let directory = people(&[("ann", &["G"]), ("bo", &["G"])]);
    let primary = org(vec![adobe("ann", &["P"])]);
    let secondary = org(vec![
        adobe("local", &["P2"]),
        adobe("bo", &["Q2"]),
        adobe("ann", &["P2"]),
    ]);
    let plan = build(&config, &directory, vec![primary, secondary]);
    assert_eq!(
        shown(&plan),
        ["bo@x.com: create federatedID bo@x.com US; add P"]
    );
}

#[test]
fn nobody_excluded_in_the_primary_is_touched_or_created_in_a_secondary() {
    let mut config = two_orgs();
    config.exclusions.identity_types = vec![IdentityType::AdobeId];
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
    let directory = people(&[("ann", &["G"]), ("cy", &["G"])]);
    let mut ann = adobe("ann", &[]);
    ann.0.identity_type = Some(IdentityType::AdobeId);
    let mut bo = adobe("bo", &[]);
    bo.0.identity_type = Some(IdentityType::AdobeId);
    let primary = org(vec![ann, bo, adobe("cy", &["P"])]);
    let secondary = org(vec![adobe("bo", &["Q2"]), adobe("cy", &["P2"])]);
    let plan = build(&config, &directory, vec![primary, secondary]);
    assert!(plan.is_empty(), "{:?}", shown(&plan));
}

#[test]
fn attributes_are_updated_in_the_primary_org_only() {
    let mut config = two_orgs();
    config.options.update_user_info = true;
    let directory = people(&[("ann", &["G"])]);
    let old = |groups: &[&str]| {
        let mut user = adobe("ann", groups);
        user.0.firstname = "Old";
        user
    };
    let orgs = vec![org(vec![old(&["P"])]), org(vec![old(&["P2"])])];
    let plan = build(&config, &directory, orgs);
    assert_eq!(shown(&plan), ["ann@x.com: update ann"]);
}

#[test]
fn adobe_only_users_of_the_primary_are_processed_where_they_are() {
    use AdobeOnlyUserAction as Action;
    let directory = people(&[("ann", &["G"])]);
    let cases: [(Action, [&str; 2]); 4] = [
        (
            Action::Preserve,
            ["org2 gone@x.com: remove Q2", "gone@x.com: remove P"],
        ),
        (
            Action::RemoveAdobeGroups,
            ["org2 gone@x.com: remove all", "gone@x.com: remove all"],
        ),
        (
            Action::Remove,
            ["org2 gone@x.com: leave", "gone@x.com: leave"],
        ),
        (
            Action::Delete,
            ["org2 gone@x.com: leave", "gone@x.com: delete"],
        ),
    ];
    for (action, expected) in cases {
        let mut config = two_orgs();
        config.options.adobe_only_user_action = action;
        let primary = org(vec![adobe("ann", &["P"]), adobe("gone", &["P"])]);
        let secondary = org(vec![adobe("ann", &["P2"]), adobe("gone", &["Q2", "Z2"])]);
        let plan = build(&config, &directory, vec![primary, secondary]);
        assert_eq!(shown(&plan), expected);
        assert_eq!(plan.counts.adobe_only, 1);
    }
}

#[test]
fn the_list_names_the_org_of_each_record() {
    let mut config = two_orgs();
    config.options.adobe_only_user_action = AdobeOnlyUserAction::WriteFile("f.csv".into());
    config.options.process_groups = false;
    let primary = org(vec![adobe("gone", &["P"])]);
    let secondary = org(vec![adobe("gone", &[]), adobe("local", &[])]);
    let plan = build(
        &config,
        &people(&[("ann", &["G"])]),
        vec![primary, secondary],
    );
    let rows = plan.adobe_only_rows.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.org.0, row.email)).collect();
    assert_eq!(rows, [(0, "gone@x.com"), (1, "gone@x.com")]);
}

#[test]
fn an_org_that_was_not_read_gets_nothing() {
    let config = two_orgs();
    let directory = people(&[("ann", &["G"])]);
    let mut texts = crate::text::Texts::default();
    let desired = crate::plan::desired::Desired::select(&config, &directory, &mut texts).unwrap();
    let orgs = [Some(org(vec![])), None];
    let plan = crate::plan::build(&desired, &orgs, &mut texts);
    assert_eq!(
        shown(&plan),
        ["ann@x.com: create federatedID ann@x.com US; add P"]
    );
}

#[test]
fn a_user_who_cannot_be_created_is_told_once() {
    let mut config = two_orgs();
    config.default_country = None;
    let mut ann = person("ann", &["G"]);
    ann.user.country = None;
    let plan = build(
        &config,
        &directory(&["G", "H"], vec![ann]),
        vec![org(vec![]), org(vec![])],
    );
    assert!(plan.is_empty());
    assert_eq!(plan.notices.len(), 1);
}

#[test]
fn a_record_that_a_skipped_member_protects_in_a_secondary_only_is_left_alone_there() {
    let mut config = two_orgs();
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
    let mut directory = people(&[("ann", &["G"])]);
    directory.skipped.push(crate::model::SkippedMember {
        login: "E7",
        names: vec!["E7"],
        reason: SkipWhy::NoEmail(""),
    });
    let primary = org(vec![adobe("ann", &["P"]), adobe("bo", &["P"])]);
    let mut bo = adobe("bo", &["Q2"]);
    bo.0.username = "E7";
    let secondary = org(vec![adobe("ann", &["P2"]), bo]);
    let plan = build(&config, &directory, vec![primary, secondary]);
    assert_eq!(shown(&plan), ["bo@x.com: leave"]);
}
