//! Push: everything is sent, nothing was read.

use crate::config::*;
use crate::plan::testing::*;

fn pushing(secondaries: &[&str]) -> Config {
    let mut config = config(secondaries);
    config.options.strategy = Strategy::Push;
    config.groups = vec![mapping("G", &["P"]), mapping("H", &["Q"])];
    config
}

#[test]
fn push_creates_removes_what_is_not_desired_and_adds_what_is() {
    let people = vec![person("ann", &["G"]), person("bo", &["G", "H"])];
    let directory = directory(&["G", "H"], people);
    let mut config = pushing(&[]);
    let plan = build(&config, &directory, vec![]);
    assert_eq!(
        shown(&plan),
        [
            "ann@x.com: create federatedID ann@x.com US; remove Q; add P",
            "bo@x.com: create federatedID bo@x.com US; add P, Q",
        ]
    );
    assert_eq!(plan.counts.pushed, 2);
    config.options.process_groups = false;
    config.options.update_user_info = true;
    config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
    let shown = shown(&build(&config, &directory, vec![]));
    assert_eq!(
        shown[0],
        "ann@x.com: create federatedID ann@x.com US or update"
    );
}

#[test]
fn push_reaches_secondary_orgs_for_users_with_desired_groups_there() {
    let mut config = pushing(&["org2"]);
    config.groups.push(mapping("H", &["org2::Q2", "org2::R2"]));
    config.groups.push(mapping("G", &["org2::P2"]));
    config.groups.push(mapping("K", &["P"]));
    let people = vec![person("ann", &["H"]), person("bo", &["K"])];
    let plan = build(&config, &directory(&["G", "H", "K"], people), vec![]);
    assert_eq!(
        shown(&plan),
        [
            "org2 ann@x.com: create federatedID ann@x.com US; remove P2; add Q2, R2",
            "ann@x.com: create federatedID ann@x.com US; remove P; add Q",
            "bo@x.com: create federatedID bo@x.com US; remove Q; add P",
        ]
    );
    assert_eq!(
        (plan.counts.pushed, plan.counts.pushed_to_secondaries),
        (2, 1)
    );
}

#[test]
fn push_takes_no_group_that_a_missing_directory_group_gives() {
    let people = || vec![person("ann", &["G"])];
    let mut config = pushing(&[]);
    config.groups.push(mapping("K", &["R"]));
    let read = directory(&["G", "!H", "K"], people());
    let plan = build(&config, &read, vec![]);
    assert_eq!(
        shown(&plan),
        ["ann@x.com: create federatedID ann@x.com US; remove R; add P"]
    );
    assert_eq!(plan.held_back.len(), 1);
    config.extension = Some(extension(&[]));
    assert_eq!(
        shown(&build(&config, &read, vec![])),
        ["ann@x.com: create federatedID ann@x.com US; add P"]
    );
}
