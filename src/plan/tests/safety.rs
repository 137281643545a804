//! Incomplete reads and protected people: nobody loses anything by them.

use crate::config::*;
use crate::model::why::SkipWhy;
use crate::model::{Directory, FilteredMember, SkippedMember};
use crate::plan::testing::*;
use crate::plan::{HeldBackBy, Plan};

const ACTIONS: [AdobeOnlyUserAction; 5] = [
    AdobeOnlyUserAction::Preserve,
    AdobeOnlyUserAction::Exclude,
    AdobeOnlyUserAction::RemoveAdobeGroups,
    AdobeOnlyUserAction::Remove,
    AdobeOnlyUserAction::Delete,
];

/// `H`, mapped to `Q`, is missing; ann is in `G`, bo would be Adobe-only.
fn with_missing_group(change: impl Fn(&mut Config)) -> Plan {
    let mut config = config(&[]);
    config.groups = vec![mapping("G", &["P"]), mapping("H", &["Q"])];
    change(&mut config);
    let directory = directory(&["G", "!H"], vec![person("ann", &["G"])]);
    let records = vec![
        adobe("ann", &["Q"]),
        adobe("bo", &["P", "Q"]),
        adobe("cy", &["R"]),
    ];
    build(&config, &directory, vec![org(records)])
}

#[test]
fn a_missing_group_takes_no_group_and_no_adobe_only_user() {
    for action in ACTIONS {
        let plan = with_missing_group(|config| {
            config.options.adobe_only_user_action = action.clone();
        });
        assert_eq!(shown(&plan), ["ann@x.com: add P"], "{action:?}");
        assert_eq!(plan.held_back[0].by, HeldBackBy::MissingGroup);
        assert!(plan.held_back[0].text.contains("\"H\""));
        assert_eq!(plan.counts.adobe_only, 0);
    }
}

#[test]
fn whoever_a_missing_group_keeps_from_a_list_is_not_unchanged() {
    for (action, unchanged) in [
        (AdobeOnlyUserAction::WriteFile("f.csv".into()), 1),
        (AdobeOnlyUserAction::Remove, 1),
        (AdobeOnlyUserAction::Preserve, 3),
    ] {
        let plan = with_missing_group(|config| {
            config.options.adobe_only_user_action = action.clone();
            config.options.process_groups = false;
        });
        assert_eq!(plan.adobe_only_rows, None);
        assert_eq!(plan.counts.unchanged, unchanged, "{action:?}");
    }
}

#[test]
fn a_missing_group_keeps_other_mapped_groups_in_line() {
    let mut config = config(&[]);
    config.groups = vec![
        mapping("G", &["P"]),
        mapping("H", &["Q"]),
        mapping("K", &["R"]),
    ];
    let directory = directory(&["G", "!H", "K"], vec![person("ann", &["G"])]);
    let plan = build(
        &config,
        &directory,
        vec![org(vec![adobe("ann", &["Q", "R"])])],
    );
    assert_eq!(shown(&plan), ["ann@x.com: remove R; add P"]);
}

#[test]
fn with_a_hook_a_missing_group_keeps_every_group() {
    let mut config = config(&[]);
    config.groups = vec![
        mapping("G", &["P"]),
        mapping("H", &["Q"]),
        mapping("K", &["R"]),
    ];
    config.extension = Some(extension(&["S"]));
    let directory = directory(&["G", "!H", "K"], vec![person("ann", &["G"])]);
    let plan = build(
        &config,
        &directory,
        vec![org(vec![adobe("ann", &["Q", "R", "S"])])],
    );
    assert_eq!(shown(&plan), ["ann@x.com: add P"]);
}

#[test]
fn a_missing_group_is_told_also_where_it_held_nothing_back() {
    let directory = directory(&["G", "!H"], vec![person("ann", &["G"])]);
    let plan = build(
        &config(&[]),
        &directory,
        vec![org(vec![adobe("ann", &["P"])])],
    );
    assert!(plan.is_empty());
    assert_eq!(plan.held_back.len(), 1);
}

#[test]
fn a_missing_group_writes_no_list_of_adobe_only_users() {
    let plan = with_missing_group(|config| {
        config.options.adobe_only_user_action = AdobeOnlyUserAction::WriteFile("f.csv".into());
    });
    assert_eq!(plan.adobe_only_rows, None);
}

#[test]
fn allow_missing_groups_counts_the_group_as_empty() {
    let plan = with_missing_group(|config| config.options.allow_missing_groups = true);
    assert_eq!(
        shown(&plan),
        ["ann@x.com: remove Q; add P", "bo@x.com: remove P, Q"]
    );
    assert!(plan.held_back.is_empty());
}

#[test]
fn an_empty_directory_removes_nobody() {
    let directory = directory(&["G"], vec![]);
    let orgs = || vec![org(vec![adobe("ann", &["P"])])];
    for action in ACTIONS {
        let mut config = config(&[]);
        config.options.adobe_only_user_action = action.clone();
        let plan = build(&config, &directory, orgs());
        assert!(plan.is_empty(), "{action:?}");
        let loses = action != AdobeOnlyUserAction::Exclude;
        assert_eq!(plan.held_back.len(), usize::from(loses), "{action:?}");
        config.options.allow_empty_directory = true;
        let plan = build(&config, &directory, orgs());
        assert_eq!(plan.is_empty(), !loses, "{action:?}");
        assert!(plan.held_back.is_empty());
    }
}

#[test]
fn a_user_filter_that_leaves_nobody_is_no_empty_directory() {
    let mut config = config(&[]);
    config.options.user_filter = Some(script::pattern::whole("leaver@.*").unwrap());
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
    let directory = directory(&["G"], vec![person("ann", &["G"])]);
    let plan = build(
        &config,
        &directory,
        vec![org(vec![adobe("leaver", &["P"]), adobe("ann", &["P"])])],
    );
    assert_eq!(shown(&plan), ["leaver@x.com: leave"]);
    assert!(plan.held_back.is_empty());
}

#[test]
fn an_empty_directory_that_takes_nothing_from_anybody_is_not_held_back() {
    let directory = directory(&["G"], vec![]);
    let plan = build(
        &config(&[]),
        &directory,
        vec![org(vec![adobe("ann", &["Other"])])],
    );
    assert!(plan.is_empty() && plan.held_back.is_empty());
}

/// bo is read by Adobe with a mapped group, and named by somebody who was left out.
fn with_left_out(read: impl Fn(&mut Directory), change: impl Fn(&mut Config)) -> Plan {
    let mut config = config(&["org2"]);
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
    config.groups.push(mapping("H", &["org2::Q2"]));
    change(&mut config);
    let mut directory = directory(&["G", "H"], vec![person("ann", &["G"])]);
    read(&mut directory);
    let mut bo = adobe("bo", &["P"]);
    bo.0.username = "E7";
    let records = vec![adobe("ann", &["P"]), bo];
    build(
        &config,
        &directory,
        vec![org(records), org(vec![adobe("bo", &["Q2"])])],
    )
}

#[test]
fn a_user_skipped_in_mapping_is_protected_by_every_name() {
    for name in ["BO@x.com", "e7"] {
        let plan = with_left_out(
            |directory| {
                directory.skipped.push(SkippedMember {
                    login: "other",
                    names: vec![name],
                    reason: SkipWhy::NoEmail(""),
                });
            },
            |_| {},
        );
        assert!(plan.is_empty(), "{name}: {:?}", shown(&plan));
        assert_eq!(plan.counts.unchanged, 1, "only ann");
    }
}

#[test]
fn a_protected_user_who_is_matched_loses_no_groups_but_gains_some() {
    let mut config = config(&[]);
    config.groups.push(mapping("H", &["Q"]));
    let mut directory = directory(&["G", "H"], vec![person("ann", &["G"])]);
    directory.skipped.push(SkippedMember {
        login: "ann@x.com",
        names: vec![],
        reason: SkipWhy::NoEmail(""),
    });
    let plan = build(&config, &directory, vec![org(vec![adobe("ann", &["Q"])])]);
    assert_eq!(shown(&plan), ["ann@x.com: add P"]);
}

#[test]
fn states_not_known_to_mean_gone_protect_unless_the_file_sets_a_filter() {
    let cases = [
        ("LOCKED_OUT", false, true),
        ("PASSWORD_EXPIRED", false, true),
        ("RECOVERY", false, true),
        ("SUSPENDED", false, false),
        ("DEPROVISIONED", false, false),
        ("STAGED", false, true),
        ("PROVISIONED", false, true),
        ("active", false, true),
        ("", false, true),
        ("NEW_STATUS", false, true),
        ("NEW_STATUS", true, false),
        ("LOCKED_OUT", true, false),
    ];
    for (status, filter_is_set, protected) in cases {
        let plan = with_left_out(
            |directory| {
                directory.filtered.push(FilteredMember {
                    login: "x",
                    names: ["x", "bo@x.com"].into(),
                    status,
                });
            },
            |config| {
                let okta = crate::config::OktaConfig {
                    filter_is_set,
                    ..okta()
                };
                config.source = Source::Okta(Box::new(okta));
            },
        );
        assert_eq!(plan.is_empty(), protected, "{status} {filter_is_set}");
    }
}

/// ann and bo are matched and would lose `Q`; cy is Adobe-only with `Q`.
fn with_removal_limit(limit: Option<Limit>, action: AdobeOnlyUserAction) -> Plan {
    let mut config = config(&[]);
    config.groups.push(mapping("H", &["Q"]));
    config.limits.max_group_removals = limit;
    config.options.adobe_only_user_action = action;
    let people = vec![person("ann", &["G"]), person("bo", &["G"])];
    let directory = directory(&["G", "H"], people);
    let records = vec![
        adobe("ann", &["Q"]),
        adobe("bo", &["P", "Q"]),
        adobe("cy", &["Q"]),
    ];
    build(&config, &directory, vec![org(records)])
}

#[test]
fn more_than_max_group_removals_removes_no_group_in_that_org() {
    use AdobeOnlyUserAction::{Preserve, Remove, RemoveAdobeGroups};
    for limit in [Limit::Number(1), Limit::Percent(99.0)] {
        for action in [Preserve, RemoveAdobeGroups] {
            let plan = with_removal_limit(Some(limit), action);
            assert_eq!(shown(&plan), ["ann@x.com: add P"]);
            assert_eq!(plan.counts.adobe_only, 0);
            assert!(
                plan.held_back[0].text.contains("2 users"),
                "{:?}",
                plan.held_back
            );
        }
        let plan = with_removal_limit(Some(limit), Remove);
        assert_eq!(shown(&plan), ["ann@x.com: add P", "cy@x.com: leave"]);
    }
}

#[test]
fn max_group_removals_is_not_reached_by_as_many() {
    for limit in [None, Some(Limit::Number(2)), Some(Limit::Percent(100.0))] {
        let plan = with_removal_limit(limit, AdobeOnlyUserAction::Preserve);
        assert!(plan.held_back.is_empty());
        assert_eq!(shown(&plan).len(), 3);
    }
}
