//! Selection, matching, exclusions, new users.

use script::pattern::{Template, anywhere};

use crate::config::*;
use crate::model::IdentityType;
use crate::model::notice::Level;
use crate::plan::testing::*;

#[test]
fn users_of_selected_groups_are_selected_others_only_read() {
    let mut config = config(&[]);
    config.options.users = UserSelection::Groups(vec![" H ".to_owned()]);
    let people = vec![
        person("ann", &["G"]),
        person("bo", &["H"]),
        person("cy", &["G", "H"]),
    ];
    let directory = directory(&["G", "H"], people);
    let plan = build(&config, &directory, vec![org(vec![])]);
    assert_eq!(
        shown(&plan),
        [
            "bo@x.com: create federatedID bo@x.com US",
            "cy@x.com: create federatedID cy@x.com US; add P",
        ]
    );
    assert_eq!(
        (plan.counts.directory_read, plan.counts.directory_selected),
        (3, 2)
    );
}

#[test]
fn users_all_selects_everybody() {
    let mut config = config(&[]);
    config.options.users = UserSelection::All;
    let directory = directory(&["G"], vec![person("ann", &[])]);
    let plan = build(&config, &directory, vec![org(vec![])]);
    assert_eq!(shown(&plan), ["ann@x.com: create federatedID ann@x.com US"]);
}

#[test]
fn user_filter_narrows_both_sides() {
    let mut config = config(&[]);
    config.options.user_filter = Some(script::pattern::whole("(ANN|dee)@.*").unwrap());
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
    let directory = directory(&["G"], vec![person("ann", &["G"]), person("bo", &["G"])]);
    let plan = build(
        &config,
        &directory,
        vec![org(vec![
            adobe("bo", &["P"]),
            adobe("cy", &["P"]),
            adobe("dee", &["P"]),
        ])],
    );
    assert_eq!(
        shown(&plan),
        [
            "ann@x.com: create federatedID ann@x.com US; add P",
            "dee@x.com: leave",
        ]
    );
    assert_eq!(plan.counts.unchanged, 0);
}

#[test]
fn an_adobe_user_outside_the_user_filter_is_examined_if_a_selected_user_matches_it() {
    let mut config = config(&[]);
    config.options.user_filter = Some(script::pattern::whole("ann").unwrap());
    let mut ann = person("ann", &["G"]);
    ann.user.username = "ann";
    let plan = build(
        &config,
        &directory(&["G"], vec![ann]),
        vec![org(vec![adobe("ann", &[])])],
    );
    assert_eq!(shown(&plan), ["ann@x.com: add P"]);
}

#[test]
fn people_match_by_email_else_by_username_ignoring_case() {
    // (the directory's e-mail, username, domain), (Adobe's), whether they match
    let cases = [
        (
            ("Ann@x.com", "u1", "x.com"),
            ("ann@X.com ", "u2", "y.com"),
            true,
        ),
        (
            ("new@x.com", "E1", "x.com"),
            ("old@x.com", "e1", "X.com"),
            true,
        ),
        (("new@x.com", "E1", "x.com"), ("old@x.com", "e1", ""), true),
        (
            ("new@x.com", "E1", "x.com"),
            ("old@x.com", "e1", "y.com"),
            // By the username whatever the domain: an other name.
            true,
        ),
        (
            ("new@x.com", "u@x.com", "x.com"),
            ("old@x.com", "U@x.com", "y.com"),
            true,
        ),
        (
            ("new@x.com", "new@x.com", "x.com"),
            ("old@x.com", "old@x.com", "x.com"),
            false,
        ),
    ];
    for (ours, theirs, expected) in cases {
        let mut ann = person("ann", &["G"]);
        (ann.user.email, ann.user.username, ann.user.domain) = ours;
        let mut record = adobe("ann", &["P"]);
        (record.0.email, record.0.username, record.0.domain) = theirs;
        let plan = build(
            &config(&[]),
            &directory(&["G"], vec![ann]),
            vec![org(vec![record])],
        );
        assert_eq!(
            plan.is_empty(),
            expected,
            "{ours:?} {theirs:?}: {:?}",
            shown(&plan)
        );
    }
}

#[test]
fn somebody_there_with_another_type_is_not_created_again_and_is_warned_of() {
    let mut record = adobe("ann", &[]);
    record.0.identity_type = Some(IdentityType::AdobeId);
    let plan = build(
        &config(&[]),
        &directory(&["G"], vec![person("ann", &["G"])]),
        vec![org(vec![record])],
    );
    assert_eq!(shown(&plan), ["ann@x.com adobeID: add P"]);
    let text = &plan.notices[0].text;
    assert!(
        text.contains("adobeID") && text.contains("federatedID"),
        "{text}"
    );
}

#[test]
fn a_record_without_email_or_of_unknown_type_is_left_alone_with_a_warning() {
    let mut unknown = adobe("ann", &["P"]);
    unknown.0.identity_type = None;
    let mut nameless = adobe("bo", &["P"]);
    nameless.0.email = "";
    let mut config = config(&[]);
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
    let people = vec![
        person("ann", &["G"]),
        person("bo", &["G"]),
        person("cy", &["G"]),
    ];
    let plan = build(
        &config,
        &directory(&["G"], people),
        vec![org(vec![unknown, nameless, adobe("cy", &["P"])])],
    );
    assert!(plan.is_empty(), "{:?}", shown(&plan));
    let warnings = plan
        .notices
        .iter()
        .filter(|notice| notice.level == Level::Warning);
    assert_eq!(warnings.count(), 2);
}

#[test]
fn an_excluded_user_is_never_changed_nor_its_directory_user_created() {
    let exclusions: [fn(&mut Config); 3] = [
        |config| config.exclusions.identity_types = vec![IdentityType::FederatedId],
        |config| config.exclusions.groups = vec![" admins".to_owned()],
        |config| config.exclusions.users = vec![script::pattern::whole("ANN@.*|cy").unwrap()],
    ];
    for exclude in exclusions {
        let mut config = config(&["org2"]);
        config.options.update_user_info = true;
        config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
        config.groups.push(mapping("G", &["org2::P2"]));
        exclude(&mut config);
        let people = vec![person("ann", &["G"])];
        for selected in [directory(&["G"], people), directory(&["G"], vec![])] {
            config.options.allow_empty_directory = true;
            let mut record = adobe("ann", &["Q", "Admins"]);
            record.0.firstname = "Old";
            let plan = build(&config, &selected, vec![org(vec![record]), org(vec![])]);
            assert!(plan.is_empty(), "{:?}", shown(&plan));
            assert_eq!(plan.counts.adobe_excluded, 1);
        }
    }
}

#[test]
fn exclude_users_takes_the_email_of_an_adobe_id() {
    let mut config = config(&[]);
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
    config.exclusions.users = vec![script::pattern::whole("free@x.com").unwrap()];
    let mut record = adobe("free", &[]);
    record.0.identity_type = Some(IdentityType::AdobeId);
    record.0.username = "other";
    let ann = person("ann", &["G"]);
    let plan = build(
        &config,
        &directory(&["G"], vec![ann]),
        vec![org(vec![record, adobe("ann", &["P"])])],
    );
    assert!(plan.is_empty());
}

#[test]
fn an_excluded_record_does_not_hide_another_one_with_the_same_email() {
    let mut config = config(&[]);
    config.exclusions.identity_types = vec![IdentityType::AdobeId];
    let mut excluded = adobe("ann", &["Q"]);
    excluded.0.identity_type = Some(IdentityType::AdobeId);
    for turned in [false, true] {
        let mut records = vec![excluded.clone(), adobe("ann", &[])];
        if turned {
            records.reverse();
        }
        let plan = build(
            &config,
            &directory(&["G"], vec![person("ann", &["G"])]),
            vec![org(records)],
        );
        assert_eq!(shown(&plan), ["ann@x.com: add P"]);
    }
}

#[test]
fn exclude_users_holds_for_directory_users_where_adobe_is_not_all_read() {
    let mut config = config(&[]);
    config.exclusions.users = vec![script::pattern::whole("ann@x.com").unwrap()];
    let directory = directory(&["G"], vec![person("ann", &["G"])]);
    let plan = build(&config, &directory, vec![org(vec![])]);
    assert_eq!(plan.counts.created, 1, "all read: she is really not there");
    config.adobe_users = AdobeUserSelection::Mapped;
    assert!(build(&config, &directory, vec![org(vec![])]).is_empty());
    config.options.strategy = Strategy::Push;
    assert!(build(&config, &directory, vec![]).is_empty());
}

#[test]
fn two_records_that_match_one_user_by_email_and_by_username_are_told_apart() {
    let mut config = config(&[]);
    config.options.update_user_info = true;
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
    let mut ann = person("ann", &["G"]);
    ann.user.username = "E1";
    let mut other = adobe("old", &["P"]);
    other.0.username = "E1";
    let plan = build(
        &config,
        &directory(&["G"], vec![ann]),
        vec![org(vec![other, adobe("ann", &["P"])])],
    );
    assert!(changes(&plan).all(|change| change.reason.person != "old@x.com"));
    assert!(
        plan.notices
            .iter()
            .any(|notice| notice.text.contains("old@x.com"))
    );
}

#[test]
fn a_directory_user_whose_username_another_ones_record_has_is_not_created() {
    let mut bo = person("bo", &["G"]);
    bo.user.username = "E1";
    let mut record = adobe("ann", &["P"]);
    record.0.username = "E1";
    let directory = directory(&["G"], vec![person("ann", &["G"]), bo]);
    let plan = build(&config(&[]), &directory, vec![org(vec![record])]);
    assert!(plan.is_empty(), "{:?}", shown(&plan));
    assert!(plan.notices[0].text.contains("bo@x.com is not created"));
}

#[test]
fn a_new_user_gets_a_country_or_is_an_error() {
    use IdentityType::{AdobeId, EnterpriseId, FederatedId};
    let cases = [
        (FederatedId, Some("DE"), None, Some("DE")),
        (FederatedId, None, Some("us"), Some("US")),
        (FederatedId, None, None, None),
        (AdobeId, None, None, None),
        (EnterpriseId, None, None, Some("UD")),
        (EnterpriseId, None, Some("us"), Some("US")),
    ];
    for (identity_type, own, default, expected) in cases {
        let mut config = config(&[]);
        config.options.process_groups = false;
        config.default_country = default.map(str::to_owned);
        let mut ann = person("ann", &["G"]);
        (ann.user.identity_type, ann.user.country) = (identity_type, own);
        let plan = build(&config, &directory(&["G"], vec![ann]), vec![org(vec![])]);
        assert_eq!(plan.has_errors(), expected.is_none());
        match expected {
            None => assert!(plan.is_empty()),
            Some(country) => assert!(shown(&plan)[0].ends_with(country), "{:?}", shown(&plan)),
        }
    }
}

#[test]
fn a_new_user_is_addressed_by_username_with_the_domain_only_without_at() {
    let mut config = config(&[]);
    config.options.process_groups = false;
    config.options.update_user_info = true;
    let mut ann = person("ann", &["G"]);
    ann.user.username = "E1";
    let mut bo = person("bo", &["G"]);
    bo.user.username = "login@x.com";
    let mut cy = person("cy", &["G"]);
    cy.user.identity_type = IdentityType::AdobeId;
    let plan = build(
        &config,
        &directory(&["G"], vec![ann, bo, cy]),
        vec![org(vec![])],
    );
    assert_eq!(
        shown(&plan),
        [
            "E1 (x.com): create federatedID ann@x.com US or update",
            "login@x.com: create federatedID bo@x.com US or update",
            "cy@x.com adobeID: create adobeID cy@x.com US or update",
        ]
    );
}

#[test]
fn exclude_unmapped_users_creates_nobody_without_desired_groups() {
    let mut config = config(&["org2"]);
    config.options.users = UserSelection::Groups(vec!["G".into(), "H".into(), "K".into()]);
    config.options.exclude_unmapped_users = true;
    config.groups.push(mapping("K", &["org2::K2"]));
    let people = vec![
        person("ann", &["G"]),
        person("bo", &["H"]),
        person("cy", &["K"]),
    ];
    let directory = directory(&["G", "K", "H"], people);
    let plan = build(&config, &directory, vec![org(vec![]), org(vec![])]);
    assert_eq!(
        shown(&plan),
        [
            "org2 cy@x.com: create federatedID cy@x.com US; add K2",
            "ann@x.com: create federatedID ann@x.com US; add P",
        ]
    );
}

fn rule(source: &str, target: &str) -> AdditionalGroups {
    let source = anywhere(source).unwrap();
    AdditionalGroups {
        target: Template::parse(target, &source).unwrap(),
        source,
        org: crate::model::OrgId::PRIMARY,
        line: Some(7),
    }
}

#[test]
fn additional_groups_are_desired_and_mapped_groups_of_selected_members() {
    let mut config = config(&[]);
    config.additional_groups.push(rule("ACL-(.+)", r"Adobe \1"));
    let people = vec![
        person("ann", &["G", "ACL-Design"]),
        person("bo", &["ACL-Design"]),
    ];
    let directory = directory(&["G", "ACL-Design", "ACL-Film"], people);
    let leaver = adobe("cy", &["Adobe Film", "Other"]);
    let plan = build(&config, &directory, vec![org(vec![leaver])]);
    assert_eq!(
        shown(&plan),
        [
            "ann@x.com: create federatedID ann@x.com US; add P, Adobe Design",
            "cy@x.com: remove Adobe Film",
        ]
    );
    let why: Vec<String> = plan.orgs[0].changes[0]
        .reason
        .added
        .iter()
        .map(|c| c.why.to_string())
        .collect();
    assert_eq!(
        why,
        [
            "in Okta group \"G\"",
            "additional group of Okta group \"ACL-Design\""
        ]
    );
}

#[test]
fn two_source_groups_for_one_adobe_group_are_an_error() {
    let mut config = config(&[]);
    config
        .additional_groups
        .push(rule("ACL-(.+?)-?[0-9]", r"\1"));
    let directory = directory(&["ACL-a1", "ACL-A2"], vec![]);
    let mut texts = crate::text::Texts::default();
    let error = crate::plan::desired::Desired::select(&config, &directory, &mut texts).unwrap_err();
    // Okta's groups are known only once Okta was asked.
    assert_eq!(error.exit_code(), 1);
    let text = error.to_string();
    assert!(
        text.contains(":7:") && text.contains("ACL-a1") && text.contains("ACL-A2"),
        "{text}"
    );
}
