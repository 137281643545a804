//! Additional-group rules: directory group names that name Adobe groups by a regular expression.
//!
//! As Python's `re.match` and `re.sub` do it (manual/rules.md#additional-groups). Knows names only.

use std::collections::HashMap;

use crate::config::{AdditionalGroups, Config, QualifiedGroup};
use crate::error::{Error, Place, quoted};
use crate::model::{DirectoryGroup, OrgId};
use crate::text;
use script::pattern::renamed;

/// For each directory group, by its place, the Adobe groups that the rules give its members.
///
/// An error if two directory groups give the same Adobe group of one org, or one gives none.
pub fn resolve(
    config: &Config,
    groups: &[DirectoryGroup],
) -> Result<HashMap<u32, Vec<QualifiedGroup>>, Error> {
    let mut resolved: HashMap<u32, Vec<QualifiedGroup>> = HashMap::new();
    let mut givers: HashMap<(OrgId, String), &str> = HashMap::new();
    for rule in &config.additional_groups {
        for (place, group) in (0..).zip(groups) {
            let Some(name) = renamed(&rule.source, &rule.target, group.name.trim()) else {
                continue;
            };
            check_giver(config, rule, (&name, group.name), &mut givers)?;
            resolved.entry(place).or_default().push(QualifiedGroup {
                org: rule.org,
                name: name.trim().to_owned(),
            });
        }
    }
    Ok(resolved)
}

fn check_giver<'g>(
    config: &Config,
    rule: &AdditionalGroups,
    (name, group): (&str, &'g str),
    givers: &mut HashMap<(OrgId, String), &'g str>,
) -> Result<(), Error> {
    if name.trim().is_empty() {
        let problem = format!(
            "gives an empty Adobe group name for Okta group {}",
            quoted(group)
        );
        return Err(rule_error(config, rule, problem));
    }
    let giver = givers.entry((rule.org, text::key(name))).or_insert(group);
    if *giver == group {
        return Ok(());
    }
    let problem = format!(
        "Okta groups {} and {} both give the Adobe group {}; change source or target so that each gives one of its own",
        quoted(giver),
        quoted(group),
        quoted(name)
    );
    Err(rule_error(config, rule, problem))
}

fn rule_error(config: &Config, rule: &AdditionalGroups, problem: String) -> Error {
    let place = Place {
        file: config.main_file.clone(),
        line: rule.line.map(|line| (line, 1)),
        key: Some("directory_users.additional_groups".to_owned()),
    };
    Error::Unfit { place, problem }
}
