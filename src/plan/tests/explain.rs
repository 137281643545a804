//! What is said about one person.

use crate::config::*;
use crate::model::{AdobeOrg, FilteredMember, IdentityType};
use crate::plan;
use crate::plan::desired::Desired;
use crate::plan::explain::{Explainer, Standing};
use crate::plan::testing::*;
use crate::text::Texts;

/// The standing, the verdicts and the commands for a name.
fn explained(name: &str) -> (Standing, Vec<String>, usize) {
    let mut config = config(&[]);
    config.options.users = UserSelection::Groups(vec!["G".to_owned()]);
    config.options.user_filter = Some(script::pattern::whole("[a-f].*|free.*").unwrap());
    config.exclusions.identity_types = vec![IdentityType::AdobeId];
    config.exclusions.groups = vec!["admins".to_owned()];
    config.limits.max_adobe_only_users = Limit::Number(0);
    let people = vec![
        person("ann", &["G"]),
        person("bo", &["H"]),
        person("zoe", &["G"]),
    ];
    let mut directory = directory(&["G", "H"], people);
    directory.filtered.push(FilteredMember {
        login: "cy@corp",
        names: ["cy@corp", "cy@x.com"].into(),
        status: "SUSPENDED",
    });
    let mut free = adobe("free", &["P"]);
    free.0.identity_type = Some(IdentityType::AdobeId);
    let users = ["ann", "bo", "cy", "dee", "zed"].map(|name| adobe(name, &["Q", "P"]));
    let boss = adobe("boss", &["Admins"]);
    let adobe = org(users.into_iter().chain([free, boss]).collect());
    let mut texts = Texts::default();
    let desired = Desired::select(&config, &directory, &mut texts).unwrap();
    let orgs: [Option<AdobeOrg>; 1] = [Some(adobe)];
    let plan = plan::build(&desired, &orgs, &mut texts);
    let explainer = Explainer::new(&desired, &orgs, &plan, &mut texts);
    let explanation = explainer.explain(name);
    let records = explanation.orgs.iter().flat_map(|org| &org.records);
    let verdicts = records.map(|record| record.verdict.what.clone()).collect();
    let changes = explanation.orgs.iter().map(|org| org.changes.len()).sum();
    (explanation.standing, verdicts, changes)
}

#[test]
fn an_explanation_names_the_rule_that_decided() {
    use Standing::{Filtered, NotSelected, Selected, Unknown, UserFilter};
    let cases = [
        (
            "ANN@x.com",
            Selected(0),
            Some("matches directory user ann@x.com by e-mail"),
        ),
        (
            "bo@x.com",
            NotSelected(1),
            Some("Adobe-only: Okta user bo@x.com is not selected; held back"),
        ),
        (
            "cy@x.com",
            Filtered(0),
            Some("Adobe-only: left out by the filter: status SUSPENDED"),
        ),
        (
            "dee@x.com",
            Unknown,
            Some("Adobe-only: no matching Okta user; held back: 3 Adobe-only"),
        ),
        ("zed@x.com", Unknown, Some("not examined: --user-filter")),
        ("zoe@x.com", UserFilter(2), None),
        (
            "free@x.com",
            Unknown,
            Some("excluded: exclude_identity_types lists adobeID"),
        ),
        (
            "boss@x.com",
            Unknown,
            Some("excluded: it is in \"Admins\" of exclude_adobe_groups"),
        ),
        ("nobody@x.com", Unknown, None),
    ];
    for (name, standing, verdict) in cases {
        let (found, verdicts, _) = explained(name);
        assert_eq!(found, standing, "{name}");
        match verdict {
            Some(verdict) => assert!(verdicts[0].starts_with(verdict), "{name}: {verdicts:?}"),
            None => assert!(verdicts.is_empty(), "{name}: {verdicts:?}"),
        }
    }
}
