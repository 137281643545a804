//! Adobe-only users: each action, and what keeps them from being processed.

use crate::config::*;
use crate::model::{Directory, FilteredMember, IdentityType, OrgId};
use crate::plan::testing::*;
use crate::plan::{HeldBackBy, HeldRule, Plan};

/// ann is matched; bo and cy are Adobe-only, cy has a mapped group.
fn plan(change: impl Fn(&mut Config)) -> Plan {
    plan_of(change, |_| {})
}

fn plan_of(change: impl Fn(&mut Config), read: impl Fn(&mut Directory)) -> Plan {
    let mut config = config(&[]);
    change(&mut config);
    let mut directory = directory(&["G"], vec![person("ann", &["G"])]);
    read(&mut directory);
    let records = vec![
        adobe("cy", &["Other", "P"]),
        adobe("bo", &["Other"]),
        adobe("ann", &["P"]),
    ];
    build(&config, &directory, vec![org(records)])
}

#[test]
fn each_action_does_its_own() {
    use AdobeOnlyUserAction as Action;
    let cases: [(Action, bool, &[&str], usize, usize); 9] = [
        (Action::Preserve, true, &["cy@x.com: remove P"], 2, 1),
        (Action::Preserve, false, &[], 0, 3),
        (Action::Exclude, true, &[], 0, 1),
        (
            Action::WriteFile("f.csv".into()),
            true,
            &["cy@x.com: remove P"],
            2,
            1,
        ),
        (Action::WriteFile("f.csv".into()), false, &[], 0, 3),
        (
            Action::RemoveAdobeGroups,
            false,
            &["bo@x.com: remove all", "cy@x.com: remove all"],
            2,
            1,
        ),
        (
            Action::Remove,
            true,
            &["bo@x.com: leave", "cy@x.com: leave"],
            2,
            1,
        ),
        (
            Action::Remove,
            false,
            &["bo@x.com: leave", "cy@x.com: leave"],
            2,
            1,
        ),
        (
            Action::Delete,
            false,
            &["bo@x.com: delete", "cy@x.com: delete"],
            2,
            1,
        ),
    ];
    for (action, process_groups, expected, counted, unchanged) in cases {
        let plan = plan(|config| {
            config.options.adobe_only_user_action = action.clone();
            config.options.process_groups = process_groups;
        });
        assert_eq!(shown(&plan), expected, "{action:?}");
        assert_eq!(plan.counts.adobe_only, counted, "{action:?}");
        assert_eq!(plan.counts.unchanged, unchanged, "{action:?}");
        let excluded = if action == Action::Exclude { 2 } else { 0 };
        assert_eq!(plan.counts.adobe_excluded, excluded, "{action:?}");
        let rows = plan.adobe_only_rows.as_ref().map(Vec::len);
        let written = matches!(action, Action::WriteFile(_)).then_some(2);
        assert_eq!(rows, written, "{action:?}");
        assert!(plan.held_back.is_empty());
    }
}

#[test]
fn an_adobe_id_is_addressed_as_such() {
    let mut config = config(&[]);
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
    let mut free = adobe("free", &[]);
    free.0.identity_type = Some(IdentityType::AdobeId);
    let directory = directory(&["G"], vec![person("ann", &["G"])]);
    let plan = build(
        &config,
        &directory,
        vec![org(vec![adobe("ann", &["P"]), free])],
    );
    assert_eq!(shown(&plan), ["free@x.com adobeID: leave"]);
}

#[test]
fn more_than_max_adobe_only_users_processes_nobody_and_the_rest_goes_on() {
    // Two Adobe-only users of three; the limit, and whether they are processed.
    let cases = [
        (Limit::Number(1), false),
        (Limit::Number(2), true),
        (Limit::Percent(66.0), false),
        (Limit::Percent(67.0), true),
    ];
    for (limit, processed) in cases {
        let plan = plan(|config| {
            config.limits.max_adobe_only_users = limit;
            config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
            config.groups = vec![mapping("G", &["P", "Q"])];
        });
        let shown = shown(&plan);
        assert_eq!(shown[0], "ann@x.com: add Q");
        assert_eq!(shown.len() > 1, processed, "{limit:?}");
        assert_eq!(plan.held_back.is_empty(), processed);
        assert_eq!(plan.counts.unchanged, 0, "held back is not unchanged");
        if let Some(held) = plan.held_back.first() {
            assert_eq!(
                held.by,
                HeldBackBy::Limit(HeldRule::AdobeOnly, OrgId::PRIMARY)
            );
            assert!(held.text.starts_with("2 Adobe-only users"), "{}", held.text);
        }
    }
}

#[test]
fn a_percentage_is_of_the_users_that_are_not_excluded() {
    let plan = plan(|config| {
        config.limits.max_adobe_only_users = Limit::Percent(50.0);
        config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
        config.exclusions.users = vec![script::pattern::whole("cy@x.com").unwrap()];
    });
    assert_eq!(shown(&plan), ["bo@x.com: leave"]);
}

#[test]
fn the_limit_is_not_checked_where_the_action_changes_nothing() {
    for action in [
        AdobeOnlyUserAction::Preserve,
        AdobeOnlyUserAction::WriteFile("f.csv".into()),
    ] {
        let plan = plan(|config| {
            config.limits.max_adobe_only_users = Limit::Number(0);
            config.options.adobe_only_user_action = action.clone();
            config.options.process_groups = false;
        });
        assert!(plan.held_back.is_empty());
    }
}

#[test]
fn the_list_is_written_though_the_limit_holds() {
    let plan = plan(|config| {
        config.limits.max_adobe_only_users = Limit::Number(0);
        config.options.adobe_only_user_action = AdobeOnlyUserAction::WriteFile("f.csv".into());
    });
    assert!(plan.is_empty());
    assert_eq!(plan.held_back.len(), 1);
    let rows = plan.adobe_only_rows.unwrap();
    let emails: Vec<_> = rows.iter().map(|row| row.email).collect();
    assert_eq!(emails, ["bo@x.com", "cy@x.com"]);
}

#[test]
fn group_removals_only_counts_lists_and_processes_those_with_mapped_groups_to_lose() {
    let plan = plan(|config| {
        config.limits.max_adobe_only_users = Limit::Number(1);
        config.limits.group_removals_only = true;
        config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
    });
    assert_eq!(shown(&plan), ["cy@x.com: leave"]);
    assert_eq!((plan.counts.adobe_only, plan.counts.unchanged), (1, 2));
}

#[test]
fn an_adobe_only_user_has_a_reason() {
    let plan = plan_of(
        |config| {
            config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
        },
        |directory| {
            directory.filtered.push(FilteredMember {
                login: "cy@corp",
                names: ["cy@corp", "CY@x.com"].into(),
                status: "SUSPENDED",
            });
        },
    );
    let reasons: Vec<String> = changes(&plan)
        .map(|change| change.reason.why.unwrap().to_string())
        .collect();
    assert_eq!(
        reasons,
        [
            "no matching Okta user",
            "left out by the filter: status SUSPENDED"
        ]
    );
}
