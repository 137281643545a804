//! Matched users: attributes and groups.

use crate::config::*;
use crate::model::notice::Level;
use crate::model::{AdobeUser, IdentityType};
use crate::plan::Plan;
use crate::plan::testing::*;
use crate::text::Text;

const NAMES: UpdateAttributes = UpdateAttributes {
    firstname: true,
    lastname: true,
    email: true,
    username: false,
};

/// A run that updates ann, whom the directory has as `[email, username, firstname]`.
fn update(ours: [Text; 3], listed: UpdateAttributes, change: fn(&mut AdobeUser)) -> Plan {
    let mut config = config(&[]);
    config.options.update_user_info = true;
    config.options.process_groups = false;
    config.update_attributes = listed;
    let mut ann = person("ann", &["G"]);
    let [email, username, firstname] = ours;
    (ann.user.email, ann.user.username) = (email, username);
    ann.user.firstname = (!firstname.is_empty()).then_some(firstname);
    let mut record = adobe("ann", &[]);
    change(&mut record.0);
    build(
        &config,
        &directory(&["G"], vec![ann]),
        vec![org(vec![record])],
    )
}

#[test]
fn only_listed_attributes_that_differ_are_updated() {
    let ann = ["ann@x.com", "ann@x.com", "ann"];
    let all = UpdateAttributes {
        username: true,
        ..NAMES
    };
    type Case = (
        [Text; 3],
        UpdateAttributes,
        fn(&mut AdobeUser),
        &'static [&'static str],
    );
    let cases: [Case; 8] = [
        (ann, NAMES, |_| {}, &[]),
        (
            ann,
            NAMES,
            |user| user.firstname = "Ann",
            &["ann@x.com: update ann"],
        ),
        (ann, NAMES, |user| user.email = "ANN@X.com ", &[]),
        (
            ["ann@x.com", "ann@x.com", ""],
            NAMES,
            |user| user.firstname = "Ann",
            &[],
        ),
        (
            ["new@x.com", "E1", "ann"],
            NAMES,
            |user| user.username = "E1",
            &["ann@x.com: update new@x.com"],
        ),
        (
            ["ann@x.com", "E2", "ann"],
            NAMES,
            |user| user.username = "E1",
            &[],
        ),
        (
            ["ann@x.com", "E2", "ann"],
            all,
            |user| user.username = "E1",
            &["ann@x.com: update E2"],
        ),
        (
            ["ann@x.com", "E1", "ann"],
            all,
            |user| user.username = "e1",
            &[],
        ),
    ];
    for (ours, listed, change, expected) in cases {
        assert_eq!(shown(&update(ours, listed, change)), expected, "{ours:?}");
    }
}

#[test]
fn a_difference_that_is_not_listed_is_warned_of() {
    let listed = UpdateAttributes {
        firstname: false,
        ..NAMES
    };
    let plan = update(["ann@x.com", "ann@x.com", "New"], listed, |_| {});
    assert!(plan.is_empty());
    assert_eq!(plan.notices[0].level, Level::Warning);
    assert!(
        plan.notices[0].text.contains("firstname"),
        "{:?}",
        plan.notices
    );
}

#[test]
fn an_adobe_id_is_not_updated() {
    let plan = update(["ann@x.com", "ann@x.com", "New"], NAMES, |user| {
        user.identity_type = Some(IdentityType::AdobeId);
    });
    assert!(plan.is_empty());
    assert!(
        plan.notices
            .iter()
            .any(|notice| notice.level == Level::Debug)
    );
}

#[test]
fn a_changed_email_sends_a_username_that_looks_like_an_email_along() {
    let plan = update(["new@x.com", "login@x.com", "ann"], NAMES, |user| {
        user.username = "login@x.com";
    });
    assert_eq!(shown(&plan), ["ann@x.com: update new@x.com login@x.com"]);
    let reason = &plan.orgs[0].changes[0].reason;
    assert_eq!(reason.attributes.len(), 1, "the username does not change");
    assert_eq!(
        (reason.attributes[0].old, reason.attributes[0].new),
        ("ann@x.com", "new@x.com")
    );
}

#[test]
fn without_update_user_info_no_attribute_is_touched() {
    let mut record = adobe("ann", &["P"]);
    record.0.firstname = "Old";
    let plan = build(
        &config(&[]),
        &directory(&["G"], vec![person("ann", &["G"])]),
        vec![org(vec![record])],
    );
    assert!(plan.is_empty());
    assert_eq!(plan.counts.unchanged, 1);
}

#[test]
fn groups_are_added_in_configuration_order_and_removed_in_adobes() {
    let mut config = config(&[]);
    config.groups = vec![
        mapping("G", &["Zeta", "alpha"]),
        mapping("H", &["B", "A", "zeta"]),
    ];
    let people = vec![person("ann", &["G"])];
    let record = adobe("ann", &["a", "Other", "b"]);
    let plan = build(
        &config,
        &directory(&["G", "H"], people),
        vec![org(vec![record])],
    );
    assert_eq!(shown(&plan), ["ann@x.com: remove a, b; add Zeta, alpha"]);
    let reason = &plan.orgs[0].changes[0].reason;
    assert_eq!(reason.added[0].why.to_string(), "in Okta group \"G\"");
    assert_eq!(
        reason.removed[0].why.to_string(),
        "not in any mapped Okta group"
    );
}

#[test]
fn without_process_groups_no_group_is_touched() {
    let mut config = config(&[]);
    config.options.process_groups = false;
    let people = vec![person("ann", &["G"]), person("bo", &["G"])];
    let records = vec![adobe("ann", &[]), adobe("cy", &["P"])];
    let plan = build(&config, &directory(&["G"], people), vec![org(records)]);
    assert_eq!(shown(&plan), ["bo@x.com: create federatedID bo@x.com US"]);
    assert_eq!(plan.counts.unchanged, 2);
}

#[test]
fn auto_create_makes_mapped_groups_that_adobe_lacks() {
    let mut config = config(&[]);
    config.groups = vec![mapping("G", &["p", "New One", "_admin_P"])];
    config.auto_create = true;
    let directory = directory(&["G"], vec![person("ann", &["G"])]);
    let orgs = || vec![org(vec![adobe("ann", &["P"])])];
    let plan = build(&config, &directory, orgs());
    assert_eq!(
        shown(&plan),
        [
            "group New One: create group",
            "ann@x.com: add New One, _admin_P"
        ]
    );
    assert_eq!(plan.counts.groups_created, 1);
    config.options.process_groups = false;
    assert!(build(&config, &directory, orgs()).is_empty());
}
