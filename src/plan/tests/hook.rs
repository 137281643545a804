//! What a hook left behind.

use crate::model::AdobeOrg;
use crate::model::notice::Level;
use crate::plan::desired::Desired;
use crate::plan::desired::hook::HookResult;
use crate::plan::testing::*;
use crate::plan::{self, Plan};
use crate::text::Texts;

fn result(email: &str, groups: &[&str]) -> HookResult {
    HookResult {
        email: Some(email.to_owned().into()),
        username: Some(email.to_owned().into()),
        domain: Some("x.com".into()),
        firstname: Some("ann".into()),
        lastname: Some("Test".into()),
        country: Some("US".into()),
        target_groups: groups
            .iter()
            .map(|name| (*name).to_owned().into())
            .collect(),
    }
}

/// ann and bo are in `G`, mapped to `P`; each result is that of one of them.
fn hooked(results: &[HookResult], adobe: AdobeOrg) -> Plan {
    let mut config = config(&["org2"]);
    config.extension = Some(extension(&["Extra", "org2::Extra 2"]));
    let people = vec![person("ann", &["G"]), person("bo", &["G"])];
    let mut directory = directory(&["G"], people);
    directory.other_names.add("ann", "alias@x.com");
    let mut texts = Texts::default();
    let mut desired = Desired::select(&config, &directory, &mut texts).unwrap();
    for (nth, result) in (0..).zip(results) {
        let (_, groups) = desired.selected(nth).unwrap();
        let found = desired.target_groups(groups, &mut texts);
        desired.apply_hook(nth, &found, result, &mut texts);
    }
    desired.finish_hook();
    let orgs = [Some(adobe), Some(org(vec![]))];
    let mut plan = plan::build(&desired, &orgs, &mut texts);
    plan.notices.splice(0..0, desired.notices.iter().cloned());
    plan
}

#[test]
fn the_hooks_groups_replace_the_mapped_ones_in_every_org() {
    let results = [
        result("ann@x.com", &["p", "Org2::EXTRA 2"]),
        result("bo@x.com", &["Extra"]),
    ];
    let plan = hooked(&results, org(vec![adobe("bo", &["P"])]));
    assert_eq!(
        shown(&plan),
        [
            "org2 ann@x.com: create federatedID ann@x.com US; add Extra 2",
            "bo@x.com: remove P; add Extra",
            "ann@x.com: create federatedID ann@x.com US; add P",
        ]
    );
    let why: Vec<String> = changes(&plan)
        .flat_map(|c| c.reason.added.iter())
        .map(|c| c.why.to_string())
        .collect();
    assert_eq!(why, ["by the hook", "by the hook", "in Okta group \"G\""]);
}

#[test]
fn a_group_that_is_not_mapped_is_an_error_and_ignored() {
    let results = [
        result("ann@x.com", &["P", "Nope"]),
        result("bo@x.com", &["P"]),
    ];
    let plan = hooked(&results, org(vec![adobe("bo", &["P"])]));
    assert_eq!(
        shown(&plan),
        ["ann@x.com: create federatedID ann@x.com US; add P"]
    );
    assert!(plan.has_errors());
    assert_eq!(plan.notices[0].level, Level::Error);
    assert!(plan.notices[0].text.contains("Nope"));
}

#[test]
fn the_hooks_attributes_count_before_any_matching() {
    let results = [result("ext.ann@x.com", &[]), result("bo@x.com", &[])];
    let plan = hooked(&results, org(vec![adobe("ext.ann", &[]), adobe("bo", &[])]));
    assert!(plan.is_empty(), "{:?}", shown(&plan));
}

#[test]
fn users_whom_the_hook_gives_one_email_become_one() {
    let results = [
        result("same@x.com", &["P"]),
        result("SAME@x.com", &["Extra"]),
    ];
    let plan = hooked(&results, org(vec![]));
    assert_eq!(
        shown(&plan),
        ["same@x.com: create federatedID same@x.com US; add P, Extra"]
    );
    assert_eq!(plan.notices[0].level, Level::Warning);
}

#[test]
fn a_user_whom_the_hook_leaves_without_names_is_skipped_and_protected() {
    let results = [HookResult::default(), result("bo@x.com", &["P"])];
    let records = vec![adobe("ann", &["P"]), adobe("bo", &["P"])];
    let plan = hooked(&results, org(records));
    assert!(plan.is_empty(), "{:?}", shown(&plan));
    assert_eq!(plan.notices[0].level, Level::Debug);
    assert_eq!(plan.notices[1].level, Level::Info);
}

#[test]
fn an_address_that_is_none_leaves_the_user_out_and_protected_by_all_names() {
    for email in ["skipthis", "ann@x.com,bo@x.com", "ann@x.com\u{200b}", ""] {
        for protected in ["ann", "alias"] {
            let mut skipping = result(email, &["Extra"]);
            skipping.username = Some("other@x.com".into());
            let records = vec![adobe(protected, &["P"]), adobe("bo", &["P"])];
            let plan = hooked(&[skipping, result("bo@x.com", &["P"])], org(records));
            assert!(plan.is_empty(), "{email} {protected}: {:?}", shown(&plan));
            let told = &plan.notices[1].text;
            assert!(
                told.starts_with("skipped by the hook") && told.contains(": 1;"),
                "{told}"
            );
        }
    }
}

#[test]
fn names_before_the_hook_are_other_names_of_the_person() {
    let results = [
        result("ann@cloud.x.com", &["P"]),
        result("bo@x.com", &["P"]),
    ];
    let records = vec![adobe("ann", &["P"]), adobe("bo", &["P"])];
    let plan = hooked(&results, org(records));
    assert!(plan.is_empty(), "{:?}", shown(&plan));
    assert_eq!(plan.counts.unchanged, 2);
    let other_name = plan
        .notices
        .iter()
        .find(|notice| notice.text.contains("other name"));
    assert!(other_name.unwrap().text.contains("ann@x.com"));
}

#[test]
fn the_names_of_whom_the_hook_joined_are_names_of_that_person() {
    let results = [result("same@x.com", &["P"]), result("same@x.com", &["P"])];
    for old in ["ann", "bo"] {
        let mut record = adobe(old, &["P"]);
        record.0.lastname = "Test";
        let plan = hooked(&results, org(vec![record]));
        assert!(plan.is_empty(), "{old}: {:?}", shown(&plan));
    }
}

#[test]
fn the_hook_is_named_only_where_it_took_a_group_of_the_mapping() {
    let results = [result("ann@x.com", &[]), result("bo@x.com", &["P"])];
    let records = vec![adobe("ann", &["P", "Extra"]), adobe("bo", &["P", "Extra"])];
    let plan = hooked(&results, org(records));
    let why: Vec<String> = changes(&plan)
        .flat_map(|change| change.reason.removed.iter())
        .map(|change| format!("{}: {}", change.group, change.why))
        .collect();
    assert_eq!(
        why,
        [
            "P: not among the groups that the hook gives",
            "Extra: not in any mapped Okta group",
            "Extra: not in any mapped Okta group",
        ]
    );
}

#[test]
fn what_the_hook_leaves_out_is_filled_in_as_in_mapping() {
    let mut bare = result("ann@new.org", &[]);
    (bare.username, bare.domain, bare.country) = (None, Some("  ".into()), Some("de".into()));
    let plan = hooked(
        &[bare, result("bo@x.com", &[])],
        org(vec![adobe("bo", &[])]),
    );
    assert_eq!(
        shown(&plan),
        ["ann@new.org: create federatedID ann@new.org DE"]
    );
}

#[test]
fn a_hook_sees_qualified_names_of_the_mapped_groups() {
    let mut config = config(&["org2"]);
    config.groups = vec![mapping("G", &["org2::P2", "P"])];
    let directory = directory(&["G"], vec![person("ann", &["G"])]);
    let desired = Desired::select(&config, &directory, &mut Texts::default()).unwrap();
    assert_eq!(
        desired.target_groups(desired.users[0].wish.groups, &mut Texts::default()),
        ["org2::P2", "P"]
    );
    let (user, _) = desired.selected(0).unwrap();
    assert_eq!(desired.source_groups(user).collect::<Vec<_>>(), ["G"]);
}
