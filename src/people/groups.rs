//! Reads the members of Okta groups into the directory (manual/rules.md#reading-okta).
//!
//! Knows which groups to ask for, and not what becomes of a member.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::config::{Config, Source, UserSelection};
use crate::error::Error;
use crate::logging::Progress;
use crate::model::DirectoryGroup;
use crate::okta::{Group, Lookup, Okta};
use crate::people::RecordRules;
use crate::people::join::{Intake, Read};
use crate::text::{Text, Texts, alike};

/// Reads all members of the groups that a run is about.
pub(super) fn read(
    config: &Config,
    rules: &mut RecordRules,
    okta: &mut Okta,
    texts: &mut Texts,
) -> Result<Read, Error> {
    let mut progress = Progress::new("Okta: groups looked up");
    let groups = find_groups(config, okta)?;
    let mut intake = Intake::new(directory_groups(&groups, texts));
    let wanted = Rc::clone(&rules.wanted);
    for (place, asked) in groups.iter().enumerate() {
        let Some(group) = &asked.found else { continue };
        let mut count = 0;
        progress.turn_to(format!("Okta: members of \"{}\" read", asked.name));
        let mut left_out: BTreeMap<Text, usize> = BTreeMap::new();
        okta.read_members(group, &wanted, &mut |record| {
            count += 1;
            if count % 100 == 0 {
                progress.show(count, None);
            }
            if asked.by == AskedBy::Rule {
                intake.join(&record.id, &[place]);
                return Ok(());
            }
            if let Some(status) = rules.take(record, &[place], &mut intake, texts)? {
                *left_out.entry(status).or_default() += 1;
            }
            Ok(())
        })?;
        tell_left_out(&asked.name, &left_out);
    }
    Ok(intake.finish())
}

/// The groups as the directory has them, before anybody is read.
pub(super) fn directory_groups(groups: &[Asked], texts: &mut Texts) -> Vec<DirectoryGroup> {
    let as_asked = |asked: &Asked| DirectoryGroup {
        name: texts.keep(&asked.name),
        missing: asked.found.is_none(),
        read: 0,
        foreign: foreign(asked.found.as_ref(), texts),
    };
    groups.iter().map(as_asked).collect()
}

fn foreign(found: Option<&Group>, texts: &mut Texts) -> Option<Text> {
    let foreign = found.filter(|group| !group.is_own());
    foreign.map(|group| texts.keep(&group.kind_and_id()))
}

/// A directory group to load, with what Okta has of it.
pub(super) struct Asked {
    name: String,
    pub(super) found: Option<Group>,
    pub(super) by: AskedBy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AskedBy {
    /// The mapping or `--users`.
    Configuration,
    /// An additional-group rule alone: only people found elsewhere count as its members.
    Rule,
}

/// The groups to load: mapped ones if groups are processed, those that `--users` selects, and
/// those that an additional-group rule matches (manual/rules.md#additional-groups).
pub(super) fn find_groups(config: &Config, okta: &mut Okta) -> Result<Vec<Asked>, Error> {
    let names = groups_to_load(config);
    let found = okta.find_groups(&names)?;
    let mut groups: Vec<Asked> = Vec::new();
    for (name, lookup) in names.into_iter().zip(found) {
        let found = match lookup {
            Lookup::Found(group) => Some(group),
            Lookup::Missing(alike) => {
                log::warn!(target: "okta", "directory group \"{name}\" was not found in Okta: {}", not_found(config, &name, &alike));
                None
            }
            Lookup::Ambiguous(groups) => {
                log::warn!(target: "okta", "directory group \"{name}\" is treated as missing: {}", ambiguous(&groups));
                None
            }
        };
        if let Some(group) = found.as_ref().filter(|group| !group.is_own()) {
            log::info!(target: "okta", "directory group \"{name}\": Okta has no group of its own by that name; taken is {}", group.kind_and_id());
        }
        let by = AskedBy::Configuration;
        groups.push(Asked { name, found, by });
    }
    add_rule_groups(config, okta, &mut groups)?;
    Ok(groups)
}

/// What may be wrong with a name that Okta has no group of, and names that look like it.
pub(crate) fn not_found(config: &Config, name: &str, alike: &[String]) -> String {
    let has = alike::told("Okta", name, alike.iter().map(String::as_str));
    let is_listed = |names: &[String]| names.len() > 1 && names.iter().any(|listed| listed == name);
    let commas = match &config.options.users {
        UserSelection::Groups(names) if is_listed(names) => {
            "; --users splits names at commas: select a group with a comma in its name by \
             `--users mapped`"
        }
        _ => "",
    };
    let asked = match &config.source {
        Source::Okta(okta) => okta.group_filter_format.as_deref(),
        _ => None,
    };
    let asked = asked.map_or(String::new(), |format| {
        format!(
            "Okta was asked for names that begin with \"{}\", by group_filter_format; ",
            format.replace("{group}", name)
        )
    });
    format!(
        "{asked}{has}letter case, blanks and dashes must be equal, and the role behind the token must see \
         the group; correct the name, or create the group{commas}"
    )
}

/// Why several groups of one name are none, and what to do.
pub(crate) fn ambiguous(groups: &[Group]) -> String {
    let all: Vec<String> = groups.iter().map(Group::kind_and_id).collect();
    format!(
        "Okta has {} groups of that name, and not exactly one is an OKTA_GROUP: {}; make an \
         OKTA_GROUP of another name (a group rule can fill it) and name that one",
        groups.len(),
        all.join("; ")
    )
}

/// In configuration order, each once.
pub(crate) fn groups_to_load(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    let mapped = config.groups.iter().map(|mapping| &mapping.directory_group);
    let selects_mapped = config.options.users == UserSelection::Mapped;
    if config.options.process_groups || selects_mapped {
        mapped.for_each(|name| add(name));
    }
    if let UserSelection::Groups(groups) = &config.options.users {
        groups.iter().for_each(|name| add(name));
    }
    names
}

/// Lists the tenant's groups once if there are additional-group rules, and adds those that match.
fn add_rule_groups(config: &Config, okta: &mut Okta, groups: &mut Vec<Asked>) -> Result<(), Error> {
    if config.additional_groups.is_empty() {
        return Ok(());
    }
    let mut all = okta.list_groups()?;
    all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    // A rule takes every group that it matches, also several of one name.
    let configured = groups.len();
    for group in all {
        let name = group.name.trim();
        let mut known = groups.iter().take(configured);
        let known = known.any(|known| known.name == name);
        let mut rules = config.additional_groups.iter();
        if !known && rules.any(|rule| rule.matches(name)) {
            groups.push(Asked {
                name: name.to_owned(),
                found: Some(group),
                by: AskedBy::Rule,
            });
        }
    }
    Ok(())
}

/// `3 LOCKED_OUT, 2 SUSPENDED`
fn tell_left_out(group: &str, by_status: &BTreeMap<Text, usize>) {
    if by_status.is_empty() {
        return;
    }
    let count = |(status, count): (&Text, &usize)| match *status {
        "" => format!("{count} without a status"),
        status => format!("{count} {status}"),
    };
    let counts: Vec<String> = by_status.iter().map(count).collect();
    log::info!(target: "okta", "directory group \"{group}\": left out by the filter: {}", counts.join(", "));
}
