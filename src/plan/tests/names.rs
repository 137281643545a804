//! A person is known by all their names: matching in the second round, and doubles left alone.

use crate::config::AdobeOnlyUserAction::{Delete, Preserve, Remove, RemoveAdobeGroups};
use crate::config::*;
use crate::model::notice::Level;
use crate::model::{AdobeUser, Directory};
use crate::plan::testing::*;
use crate::plan::{Namesake, Plan};
use crate::text::Text;

/// `ann`, who is in `G` and has these other names.
fn ann_known_as(names: &[Text]) -> Directory {
    let mut directory = directory(&["G"], vec![person("ann", &["G"])]);
    for name in names {
        directory.other_names.add("ann", name);
    }
    directory.other_names.sort();
    directory
}

fn deleting() -> Config {
    let mut config = config(&[]);
    config.options.adobe_only_user_action = Delete;
    config
}

/// An Adobe user in `P` by the first name of `ann`, with these names.
fn record(email: &str, username: Text) -> (AdobeUser, Vec<Text>) {
    let mut record = adobe(email, &["P"]);
    record.0.username = username;
    record.0.firstname = "ann";
    record
}

fn notices(plan: &Plan, level: Level) -> Vec<&str> {
    let mut notices = plan.notices.iter().collect::<Vec<_>>();
    notices.retain(|notice| notice.level == level);
    notices.iter().map(|notice| notice.text.as_str()).collect()
}

#[test]
fn whoever_carries_an_other_name_is_that_person() {
    // E-mail and username at Adobe, and the other names in the directory.
    let cases: [(&str, Text, &[Text]); 6] = [
        ("old", "old@x.com", &["OLD@x.com"]),
        ("old", "E7", &["e7"]),
        ("old", "E7", &["unused", "old@x.com"]),
        ("old", "", &["old@x.com"]),
        ("old", "ann@x.com", &[]),
        ("old", "x", &["x", "old@x.com"]),
    ];
    for (email, username, names) in cases {
        for action in [Preserve, RemoveAdobeGroups, Remove, Delete] {
            let mut config = config(&[]);
            config.options.adobe_only_user_action = action.clone();
            let records = vec![record(email, username)];
            let plan = build(&config, &ann_known_as(names), vec![org(records)]);
            assert!(
                plan.is_empty(),
                "{username} {names:?} {action:?}: {:?}",
                shown(&plan)
            );
            assert_eq!((plan.counts.unchanged, plan.counts.created), (1, 0));
        }
        let mut updating = deleting();
        updating.options.update_user_info = true;
        let records = vec![record(email, username)];
        let plan = build(&updating, &ann_known_as(names), vec![org(records)]);
        let lines = shown(&plan);
        if username == "ann@x.com" {
            assert!(lines.is_empty() || lines[0].starts_with("old@x.com: update ann@x.com"));
        } else {
            assert!(
                lines[0].starts_with("old@x.com: update ann@x.com"),
                "{lines:?}"
            );
        }
        let why = changes(&plan).next().and_then(|change| change.reason.why);
        assert!(why.is_none_or(|why| why.to_string().starts_with("known by the other name")));
    }
}

#[test]
fn by_which_name_somebody_matched_is_told() {
    let plan = build(
        &deleting(),
        &ann_known_as(&["e7"]),
        vec![org(vec![record("old", "E7")])],
    );
    assert_eq!(
        notices(&plan, Level::Info),
        [
            "primary org: Adobe user old@x.com is directory user ann@x.com, known by the other name E7"
        ]
    );
}

#[test]
fn a_username_without_at_in_another_domain_moves_the_account() {
    let mut user = person("ann", &["G"]);
    user.user.username = "E7";
    user.user.domain = "new.x.com";
    let mut old = record("ann.old", "E7");
    old.0.domain = "x.com";
    let plan = build(
        &deleting(),
        &directory(&["G"], vec![user]),
        vec![org(vec![old])],
    );
    assert!(plan.is_empty(), "{:?}", shown(&plan));
    assert_eq!(plan.counts.unchanged, 1);
}

#[test]
fn first_or_last_names_must_agree() {
    // First and last name at Adobe; the directory has "ann" "Test".
    let cases = [
        ("ANN ", "Married", true),
        ("Anna", "test", true),
        ("", "Test", true),
        ("ann", "", true),
        ("", "", true),
        ("Bo", "Other", false),
        ("", "Other", false),
        ("Bo", "", false),
    ];
    for (first, last, is_match) in cases {
        let mut old = record("old", "old@x.com");
        (old.0.firstname, old.0.lastname) = (first, last);
        let plan = build(
            &deleting(),
            &ann_known_as(&["old@x.com"]),
            vec![org(vec![old])],
        );
        if is_match {
            assert!(plan.is_empty(), "{first} {last}: {:?}", shown(&plan));
            continue;
        }
        assert_eq!(
            shown(&plan),
            ["ann@x.com: create federatedID ann@x.com US; add P"],
            "the predecessor is left alone: {first} {last}"
        );
        let namesake = Namesake {
            org: crate::model::OrgId::PRIMARY,
            person: "old@x.com",
            name: "old@x.com",
            login: "ann@x.com",
        };
        assert_eq!(plan.namesakes, [namesake]);
        let warnings = notices(&plan, Level::Warning);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with("primary org: 1 Adobe users carry another name"));
        assert_eq!(plan.counts.unchanged, 1);
    }
}

#[test]
fn where_several_could_be_meant_nobody_is_matched_and_nobody_removed() {
    // Two records carry names of ann.
    let records = vec![record("old", "old@x.com"), record("older", "older@x.com")];
    let names: &[Text] = &["old@x.com", "older@x.com"];
    let plan = build(&deleting(), &ann_known_as(names), vec![org(records)]);
    assert_eq!(
        shown(&plan),
        ["ann@x.com: create federatedID ann@x.com US; add P"]
    );
    assert_eq!(plan.namesakes.len(), 2);
    // Two people have the name of one record.
    let mut directory = directory(&["G"], vec![person("ann", &["G"]), person("anna", &["G"])]);
    directory.other_names.add("ann", "old@x.com");
    directory.other_names.add("anna", "old@x.com");
    directory.other_names.sort();
    let plan = build(
        &deleting(),
        &directory,
        vec![org(vec![record("old", "old@x.com")])],
    );
    assert_eq!(shown(&plan).len(), 2, "{:?}", shown(&plan));
    assert_eq!(plan.namesakes.len(), 1);
}

#[test]
fn the_double_of_somebody_who_is_matched_is_left_alone() {
    for action in [Preserve, RemoveAdobeGroups, Remove, Delete] {
        let mut config = config(&[]);
        config.options.adobe_only_user_action = action;
        let records = vec![
            adobe("ann", &["P"]),
            record("old", "old@x.com"),
            adobe("leaver", &["P"]),
        ];
        let plan = build(&config, &ann_known_as(&["old@x.com"]), vec![org(records)]);
        assert_eq!(shown(&plan).len(), 1, "{:?}", shown(&plan));
        assert!(shown(&plan)[0].starts_with("leaver@x.com"));
        assert_eq!(plan.namesakes.len(), 1);
    }
}

#[test]
fn an_excluded_record_of_that_name_keeps_the_person_from_being_created() {
    let mut config = deleting();
    config.exclusions.users = vec![script::pattern::whole("old@.*").unwrap()];
    let records = || vec![org(vec![record("old", "old@x.com")])];
    let plan = build(&config, &ann_known_as(&["old@x.com"]), records());
    assert!(plan.is_empty(), "{:?}", shown(&plan));
    assert_eq!(plan.counts.adobe_excluded, 1);
    let mut stranger = record("old", "old@x.com");
    (stranger.0.firstname, stranger.0.lastname) = ("Bo", "Other");
    let plan = build(
        &config,
        &ann_known_as(&["old@x.com"]),
        vec![org(vec![stranger])],
    );
    assert_eq!(shown(&plan).len(), 1, "somebody else");
}

#[test]
fn a_user_filter_does_not_hide_the_other_name() {
    let mut config = deleting();
    config.options.user_filter = Some(script::pattern::whole("ann@x.com").unwrap());
    let records = vec![record("old", "old@x.com"), adobe("leaver", &["P"])];
    let plan = build(&config, &ann_known_as(&["old@x.com"]), vec![org(records)]);
    assert!(plan.is_empty(), "{:?}", shown(&plan));
}

/// `G` gives `P` and `org2::P2`.
fn two_orgs() -> Config {
    let mut config = config(&["org2"]);
    config.groups = vec![mapping("G", &["P", "org2::P2"])];
    config.options.adobe_only_user_action = Delete;
    config
}

#[test]
fn other_names_count_in_a_secondary_org_too() {
    let stray = |name: &str| {
        let mut stray = adobe(name, &["Z2"]);
        stray.0.firstname = "ann";
        stray
    };
    // The name in the primary org, in the secondary one, and what is to come of it.
    let cases = [
        ("ann", "old", "org2 old@x.com: add P2"),
        ("old", "old", "org2 old@x.com: add P2"),
        ("old", "ann", "org2 ann@x.com: add P2"),
        ("old", "older", "org2 older@x.com: add P2"),
    ];
    for (primary, secondary, expected) in cases {
        let names: &[Text] = &["old@x.com", "older@x.com"];
        let orgs = vec![
            org(vec![record(primary, "")]),
            org(vec![stray(secondary), stray("stranger")]),
        ];
        let plan = build(&two_orgs(), &ann_known_as(names), orgs);
        assert_eq!(shown(&plan), [expected], "{primary} {secondary}");
        assert_eq!(
            (plan.counts.created, plan.counts.created_in_secondaries),
            (0, 0)
        );
    }
}

#[test]
fn of_two_accounts_in_a_secondary_org_the_one_of_the_email_counts() {
    let orgs = vec![
        org(vec![record("old", "")]),
        org(vec![adobe("old", &["Z2"]), adobe("ann", &[])]),
    ];
    let plan = build(&two_orgs(), &ann_known_as(&["old@x.com"]), orgs);
    assert_eq!(shown(&plan), ["org2 ann@x.com: add P2"]);
}

#[test]
fn whoever_is_in_a_secondary_org_by_another_name_is_not_created_there() {
    let mut stray = adobe("old", &["Z2"]);
    stray.0.firstname = "ann";
    let plan = build(
        &two_orgs(),
        &ann_known_as(&["old@x.com"]),
        vec![org(vec![]), org(vec![stray])],
    );
    assert_eq!(
        shown(&plan),
        ["ann@x.com: create federatedID ann@x.com US; add P"]
    );
}

#[test]
fn a_changed_email_overwrites_no_username_unasked() {
    use crate::model::IdentityType::{EnterpriseId, FederatedId};
    // Type, username in the directory, e-mail and username at Adobe, and the update.
    let cases = [
        (
            FederatedId,
            "ann@x.com",
            "old@x.com",
            "old@x.com",
            "ann@x.com",
        ),
        (
            FederatedId,
            "old@x.com",
            "old@x.com",
            "old@x.com",
            "ann@x.com old@x.com",
        ),
        (
            FederatedId,
            "ann@x.com",
            "old@x.com",
            "login@x.com",
            "ann@x.com login@x.com",
        ),
        (FederatedId, "E7", "old@x.com", "E7", "ann@x.com"),
        (
            EnterpriseId,
            "old@x.com",
            "old@x.com",
            "old@x.com",
            "ann@x.com",
        ),
    ];
    for (kind, username, email, at_adobe, update) in cases {
        let mut config = config(&[]);
        config.options.update_user_info = true;
        let mut user = person("ann", &["G"]);
        (user.user.username, user.user.identity_type) = (username, kind);
        let mut directory = directory(&["G"], vec![user]);
        directory.other_names.add("ann", email);
        let mut old = record("old", at_adobe);
        (old.0.identity_type, old.0.email) = (Some(kind), email);
        let plan = build(&config, &directory, vec![org(vec![old])]);
        assert_eq!(
            shown(&plan),
            [format!("{email}: update {update}")],
            "{kind:?} {username}"
        );
    }
}
