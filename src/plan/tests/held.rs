//! What limits hold back: each rule by itself, together, and over two orgs.

use crate::config::AdobeOnlyUserAction::{Delete, Preserve, Remove, RemoveAdobeGroups};
use crate::config::*;
use crate::model::{AdobeUser, Directory};
use crate::plan::testing::*;
use crate::plan::{HeldBackBy, HeldRule, Plan};
use crate::text::Text;

/// `n0` to `n(count - 1)` with these groups.
fn many(count: usize, groups: &[&str]) -> Vec<(AdobeUser, Vec<Text>)> {
    (0..count)
        .map(|n| adobe(&format!("n{n}"), groups))
        .collect()
}

/// `G` gives `P`, `H` gives `Q`; half of a group may go.
fn guarded(action: AdobeOnlyUserAction) -> Config {
    let mut config = config(&[]);
    config.groups.push(mapping("H", &["Q"]));
    config.limits.max_group_loss = Limit::Percent(50.0);
    config.options.adobe_only_user_action = action;
    config
}

fn rules(plan: &Plan) -> Vec<HeldRule> {
    let rule = |by: &HeldBackBy| match by {
        HeldBackBy::Limit(rule, _) => *rule,
        other => panic!("{other:?}"),
    };
    plan.held_back.iter().map(|held| rule(&held.by)).collect()
}

/// People `n0`… in `H` only, the first `kept` of them in `G` too.
fn staff(count: usize, kept: usize) -> Directory {
    let people = (0..count).map(|n| {
        let groups: &[&str] = if n < kept { &["G", "H"] } else { &["H"] };
        person(&format!("n{n}"), groups)
    });
    directory(&["G", "H"], people.collect())
}

#[test]
fn a_group_is_lost_by_more_than_ten_and_more_than_half_of_its_members_only_knowingly() {
    // Members of P, how many of them are in G still, and whether the loss is held back.
    let cases = [
        (20, 0, true),
        (20, 9, true),
        (20, 10, false),
        (22, 11, false),
        (22, 10, true),
        (10, 0, false),
        (11, 0, true),
    ];
    for (members, kept, is_held) in cases {
        let plan = build(
            &guarded(Preserve),
            &staff(members, kept),
            vec![org(many(members, &["P", "Q"]))],
        );
        let losing = members - kept;
        let (sent, held) = (shown(&plan), held(&plan));
        let expected = if is_held { (0, losing) } else { (losing, 0) };
        assert_eq!((sent.len(), held.len()), expected, "{members} {kept}");
        assert_eq!(rules(&plan).len(), usize::from(is_held));
        if let Some(line) = held.last() {
            assert!(line.starts_with("group-loss n"), "{line}");
            assert!(line.ends_with(": remove P"), "{line}");
            let text = &plan.held_back[0].text;
            let numbers = format!("{losing} people would lose the Adobe group \"P\"");
            assert!(text.contains(&numbers), "{text}");
            assert!(
                text.contains(&format!("50% of {members} members")),
                "{text}"
            );
        }
    }
}

#[test]
fn the_rest_of_a_command_is_sent_and_other_groups_are_taken_as_usual() {
    let mut config = guarded(Preserve);
    config.groups.push(mapping("K", &["R"]));
    config.options.update_user_info = true;
    let mut people: Vec<Person> = (0..12).map(|n| person(&format!("n{n}"), &["H"])).collect();
    people[0].user.firstname = Some("Changed");
    let directory = directory(&["G", "H", "K"], people);
    let mut records = many(12, &["P"]);
    records[0].1.push("R");
    let plan = build(&config, &directory, vec![org(records)]);
    assert_eq!(shown(&plan)[0], "n0@x.com: update Changed; remove R; add Q");
    assert_eq!(shown(&plan).len(), 12);
    assert_eq!(held(&plan)[0], "group-loss n0@x.com: remove P");
    assert_eq!(held(&plan).len(), 12);
    assert_eq!(plan.counts.updated, 12);
}

#[test]
fn whoever_would_lose_the_account_counts_and_keeps_it() {
    for (action, step) in [
        (Preserve, "remove P, Q"),
        (RemoveAdobeGroups, "remove all"),
        (Remove, "leave"),
        (Delete, "delete"),
    ] {
        let mut records = many(12, &["P", "Q"]);
        records.push(adobe("other", &["Q"]));
        records.extend((20..40).map(|n| adobe(&format!("n{n}"), &["Q"])));
        let mut people: Vec<Person> = (20..40).map(|n| person(&format!("n{n}"), &["H"])).collect();
        people.push(person("ann", &["G"]));
        let plan = build(
            &guarded(action.clone()),
            &directory(&["G", "H"], people),
            vec![org(records)],
        );
        assert_eq!(rules(&plan), [HeldRule::GroupLoss], "{action:?}");
        let sent = shown(&plan);
        let created = "ann@x.com: create federatedID ann@x.com US; add P".to_owned();
        assert!(sent.contains(&created), "{action:?} {sent:?}");
        if action == Preserve {
            // Q is lost by 13 of 33: that is taken.
            assert_eq!(held(&plan)[0], "group-loss n0@x.com: remove P");
            assert!(sent.contains(&"n0@x.com: remove Q".to_owned()));
            assert_eq!(sent.len(), 14);
            assert_eq!(plan.counts.adobe_only, 13);
        } else {
            assert_eq!(held(&plan)[0], format!("group-loss n0@x.com: {step}"));
            assert_eq!(held(&plan).len(), 12);
            assert_eq!(sent.len(), 2, "the one who is not in P: {sent:?}");
            assert_eq!(plan.counts.adobe_only, 1);
        }
        assert_eq!(plan.counts.unchanged, 20);
    }
}

#[test]
fn an_account_is_kept_in_every_org_if_one_org_holds_it() {
    let mut config = config(&["org2"]);
    config.groups = vec![mapping("G", &["P", "org2::P2"])];
    config.limits.max_group_loss = Limit::Percent(50.0);
    config.options.adobe_only_user_action = Delete;
    let directory = directory(&["G"], vec![person("ann", &["G"])]);
    let primary = org(many(12, &[]));
    let secondary = org(many(12, &["P2"]));
    let plan = build(&config, &directory, vec![primary, secondary]);
    assert_eq!(rules(&plan), [HeldRule::GroupLoss]);
    assert_eq!(held(&plan).len(), 24);
    assert!(held(&plan).contains(&"group-loss org2 n3@x.com: leave".to_owned()));
    assert!(held(&plan).contains(&"group-loss n3@x.com: delete".to_owned()));
    assert_eq!(plan.counts.adobe_only, 0);
}

#[test]
fn excluded_members_and_those_outside_the_user_filter_do_not_count() {
    let people: Vec<Person> = (0..12).map(|n| person(&format!("n{n}"), &["H"])).collect();
    let records = || {
        let mut records = many(12, &["P", "Q"]);
        records.extend((0..30).map(|n| adobe(&format!("admin{n}"), &["P"])));
        org(records)
    };
    let pattern = |pattern: &str| script::pattern::whole(pattern).unwrap();
    let mut excluding = guarded(Preserve);
    excluding.exclusions.users = vec![pattern("admin.*")];
    let mut filtering = guarded(Preserve);
    filtering.options.user_filter = Some(pattern("n.*"));
    let directory = directory(&["G", "H"], people);
    for config in [excluding, filtering] {
        let plan = build(&config, &directory, vec![records()]);
        assert_eq!(held(&plan).len(), 12);
        assert!(plan.held_back[0].text.contains("50% of 12 members"));
    }
}

/// `ann` is gone, `anna` of the same names is new.
fn renamed(change: impl Fn(&mut Config, &mut Vec<Person>)) -> Plan {
    let mut config = config(&["org2"]);
    config.groups = vec![mapping("G", &["P", "org2::P2"])];
    config.options.adobe_only_user_action = Delete;
    let mut new = person("anna", &["G"]);
    new.user.firstname = Some(" ANN ");
    let mut people = vec![new, person("bo", &["G"])];
    change(&mut config, &mut people);
    let records = vec![adobe("ann", &["P"]), adobe("cy", &[])];
    let secondary = org(vec![adobe("ann", &["P2"])]);
    build(
        &config,
        &directory(&["G"], people),
        vec![org(records), secondary],
    )
}

#[test]
fn a_removal_and_a_creation_of_one_name_are_held_back_as_a_pair_in_every_org() {
    for (action, step) in [(Delete, "delete"), (Remove, "leave")] {
        let plan = renamed(|config, _| config.options.adobe_only_user_action = action.clone());
        assert_eq!(rules(&plan), [HeldRule::Rename, HeldRule::Rename]);
        assert_eq!(
            held(&plan),
            [
                "rename org2 anna@x.com: create federatedID anna@x.com US; add P2".to_owned(),
                "rename org2 ann@x.com: leave".to_owned(),
                "rename anna@x.com: create federatedID anna@x.com US; add P".to_owned(),
                format!("rename ann@x.com: {step}"),
            ]
        );
        assert_eq!(
            shown(&plan).len(),
            3,
            "bo twice, and cy: {:?}",
            shown(&plan)
        );
        let text = &plan.held_back[0].text;
        assert!(
            text.contains("ann@x.com") && text.contains("anna@x.com"),
            "{text}"
        );
        assert!(text.contains("user_alias_formats"), "{text}");
        assert_eq!((plan.counts.created, plan.counts.adobe_only), (1, 1));
    }
}

#[test]
fn people_of_other_names_types_or_several_of_one_name_are_no_pair() {
    use crate::model::IdentityType;
    let changes: [fn(&mut Config, &mut Vec<Person>); 6] = [
        |_, people| people[0].user.lastname = Some("Married"),
        |_, people| people[0].user.lastname = None,
        |_, people| people[0].user.firstname = Some("Anna"),
        |_, people| people[0].user.identity_type = IdentityType::EnterpriseId,
        |_, people| people[1].user.firstname = Some("Ann"),
        |config, _| config.options.adobe_only_user_action = RemoveAdobeGroups,
    ];
    for (nth, change) in changes.iter().enumerate() {
        let plan = renamed(change);
        assert!(held(&plan).is_empty(), "{nth}: {:?}", held(&plan));
        assert!(plan.held_back.is_empty());
    }
}

#[test]
fn the_removal_of_a_pair_waits_for_whatever_holds_its_creation() {
    let plan = renamed(|config, _| {
        config.options.adobe_only_user_action = Delete;
        config.limits.max_new_users = Some(Limit::Number(0));
    });
    let of_pair = plan.orgs.iter().flat_map(|org| &org.held);
    let of_pair: Vec<_> = of_pair
        .filter(|held| held.rules.contains(&HeldRule::Rename))
        .collect();
    assert_eq!(of_pair.len(), 4);
    for held in of_pair {
        let rules = [HeldRule::Rename, HeldRule::NewUsers];
        assert_eq!(held.rules, rules, "{:?}", held.change.reason.person);
    }
}

#[test]
fn more_than_max_new_users_creates_nobody_in_any_org() {
    // Two are created where two are at Adobe; the limit, and whether it holds.
    let cases = [
        (None, false),
        (Some(Limit::Number(1)), true),
        (Some(Limit::Number(2)), false),
        (Some(Limit::Percent(99.0)), true),
        (Some(Limit::Percent(100.0)), false),
    ];
    for (limit, is_held) in cases {
        let plan = renamed(|config, people| {
            config.limits.max_new_users = limit;
            people[0].user.firstname = Some("Anna");
        });
        let created = shown(&plan)
            .iter()
            .filter(|line| line.contains("create"))
            .count();
        let expected = if is_held { (0, 4) } else { (4, 0) };
        assert_eq!((created, held(&plan).len()), expected, "{limit:?}");
        assert_eq!(plan.counts.created, expected.0 / 2);
        assert_eq!(plan.counts.created_in_secondaries, expected.0 / 2);
        if is_held {
            assert_eq!(rules(&plan), [HeldRule::NewUsers]);
            assert_eq!(
                held(&plan)[0],
                "new-users org2 anna@x.com: create federatedID anna@x.com US; add P2"
            );
        }
    }
}

#[test]
fn every_limit_counts_the_plan_as_it_would_be_without_any_and_every_hold_applies() {
    let mut config = guarded(Delete);
    config.limits.max_adobe_only_users = Limit::Number(3);
    config.limits.max_group_removals = Some(Limit::Number(3));
    config.limits.max_new_users = Some(Limit::Number(0));
    let mut new = person("anna", &["G"]);
    new.user.firstname = Some("old");
    let mut people: Vec<Person> = (0..12).map(|n| person(&format!("n{n}"), &["H"])).collect();
    people.push(new);
    let mut records = many(12, &["P"]);
    records.extend(["old", "b", "c", "d"].map(|name| adobe(name, &["P"])));
    let plan = build(&config, &directory(&["G", "H"], people), vec![org(records)]);
    let mut all = rules(&plan);
    all.sort_unstable();
    assert_eq!(all, HeldRule::ALL);
    let held = held(&plan);
    assert_eq!(held.len(), 12 + 1 + 4);
    for line in [
        "group-loss+group-removals n0@x.com: remove P",
        "rename+new-users anna@x.com: create federatedID anna@x.com US; add P",
        "group-loss+rename+new-users+adobe-only old@x.com: delete",
        "group-loss+adobe-only b@x.com: delete",
    ] {
        assert!(held.contains(&line.to_owned()), "{line} {held:?}");
    }
    assert_eq!(shown(&plan).len(), 12);
    assert_eq!(shown(&plan)[0], "n0@x.com: add Q");
}

#[test]
fn held_removals_of_groups_are_parted_by_their_rules() {
    let mut config = guarded(Preserve);
    config.limits.max_adobe_only_users = Limit::Number(3);
    let people = vec![person("ann", &["G"])];
    let mut records = many(11, &["P", "Q"]);
    records.extend((20..40).map(|n| adobe(&format!("n{n}"), &["Q"])));
    let people = people
        .into_iter()
        .chain((20..40).map(|n| person(&format!("n{n}"), &["H"])));
    let plan = build(
        &config,
        &directory(&["G", "H"], people.collect()),
        vec![org(records)],
    );
    assert_eq!(
        held(&plan)[..2],
        [
            "group-loss+adobe-only n0@x.com: remove P",
            "adobe-only n0@x.com: remove Q"
        ]
    );
    assert_eq!(held(&plan).len(), 22);
    assert_eq!(plan.counts.adobe_only, 0);
}
