//! Additional-group rules: directory group names that name Adobe groups by a regular expression.
//!
//! As Python's `re.match` and `re.sub` do it (manual/rules.md#additional-groups). Knows names only.

use std::collections::HashMap;

use crate::config::{AdditionalGroups, Config, QualifiedGroup};
use crate::error::{Error, Place, one_line, quoted};
use crate::model::{Directory, DirectoryKind, OrgId};
use crate::text;
use script::pattern::renamed;

/// For each directory group, by its place, the Adobe groups that the rules give its members.
///
/// An error if two directory groups give the same Adobe group of one org, or one gives none.
pub fn resolve(
    config: &Config,
    directory: &Directory,
) -> Result<HashMap<u32, Vec<QualifiedGroup>>, Error> {
    let mut resolved: HashMap<u32, Vec<QualifiedGroup>> = HashMap::new();
    let mut givers: HashMap<(OrgId, String), &str> = HashMap::new();
    for rule in &config.additional_groups {
        for (place, group) in (0..).zip(&directory.groups) {
            let given_up = |_| {
                let group = directory.kind.group(&one_line(group.name));
                rule_error(
                    config,
                    rule,
                    format!(
                        "its search in the name of {group} was given up: it goes back too often; write a simpler expression"
                    ),
                )
            };
            let renamed = renamed(&rule.source, &rule.target, group.name.trim());
            let Some(name) = renamed.map_err(given_up)? else {
                continue;
            };
            let giver = givers
                .entry((rule.org, text::key(&name)))
                .or_insert(group.name);
            check_giver(directory.kind, &name, (giver, group.name))
                .map_err(|problem| rule_error(config, rule, problem))?;
            resolved.entry(place).or_default().push(QualifiedGroup {
                org: rule.org,
                name: name.trim().to_owned(),
            });
        }
    }
    Ok(resolved)
}

/// Whether the group that gives a name may give it: `first` gave it before.
fn check_giver(
    kind: DirectoryKind,
    name: &str,
    (first, group): (&str, &str),
) -> Result<(), String> {
    let called = |group: &str| kind.group(&one_line(group));
    if name.trim().is_empty() {
        return Err(format!(
            "gives an empty Adobe group name for {}",
            called(group)
        ));
    }
    if first == group {
        return Ok(());
    }
    Err(format!(
        "{} and {} both give the Adobe group {}; change source or target so that each gives one of its own",
        called(first),
        called(group),
        quoted(name)
    ))
}

fn rule_error(config: &Config, rule: &AdditionalGroups, problem: String) -> Error {
    let place = Place {
        file: config.main_file.clone(),
        line: rule.line.map(|line| (line, 1)),
        key: Some("directory_users.additional_groups".to_owned()),
    };
    Error::Unfit { place, problem }
}
