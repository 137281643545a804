//! The checks that need no network: files, credentials, filter, hook, mapping.

use crate::config::{Config, Found, GroupMapping, Source};
use crate::hook::Hook;
use crate::people::RecordRules;
use crate::people::filter::Filter;
use crate::plan::org_name;
use crate::record::Wanted;
use crate::show::checks::Findings;

pub(super) fn check(config: &Config, findings: &mut Findings) {
    for file in &config.files {
        findings.fine(
            "file",
            format!("{} parses, every key is known", file.display()),
        );
    }
    for warning in &config.warnings {
        findings.warn("configuration", warning.as_str());
    }
    for note in &config.notes {
        findings.warn("options", note.as_str());
    }
    credentials(config, findings);
    filter(config, findings);
    hook(config, findings);
    mapped_twice(config, findings);
    same_org_twice(config, findings);
}

fn credentials(config: &Config, findings: &mut Findings) {
    let mut tell = |of: &str, found: &[Found]| {
        for found in found {
            let text = format!("{} found in {}", found.name, found.origin);
            findings.fine(format!("credentials of {of}"), text);
        }
    };
    if let Source::Okta(okta) = &config.source {
        tell("okta", &okta.credentials);
    }
    for org in &config.orgs {
        let name = org.name.as_deref().unwrap_or("primary");
        tell(&format!("{name} org"), &org.credentials);
    }
}

fn filter(config: &Config, findings: &mut Findings) {
    let Source::Okta(okta) = &config.source else {
        return rules(config, findings);
    };
    match Filter::compile(okta, &mut Wanted::default()) {
        Ok(_) => findings.fine(
            "all_users_filter",
            format!("`{}` compiles", okta.filter.trim()),
        ),
        // The formats are compiled with it: they are checked once it is right.
        Err(error) => return findings.fail("all_users_filter", error.to_string()),
    }
    if !okta.filter_is_set {
        findings.warn(
            "all_users_filter",
            format!(
                "it is not set in {}, so only ACTIVE members are kept: people who are locked out, \
                 or whose password has expired, keep what they have at Adobe and are neither \
                 updated nor created; set all_users_filter: user.status in (\"ACTIVE\", \
                 \"LOCKED_OUT\", \"PASSWORD_EXPIRED\", \"RECOVERY\") if they are to count",
                okta.file.display()
            ),
        );
    }
    rules(config, findings);
}

fn rules(config: &Config, findings: &mut Findings) {
    match RecordRules::compile(config) {
        Ok(_) => findings.fine("formats", "the attribute formats compile"),
        Err(error) => findings.fail("formats", error.to_string()),
    }
}

fn hook(config: &Config, findings: &mut Findings) {
    if let Some(extension) = &config.extension {
        match Hook::compile(extension) {
            Ok(_) => findings.fine(
                "after_mapping_hook",
                format!("the hook of {} compiles", extension.file.display()),
            ),
            Err(error) => findings.fail("after_mapping_hook", error.to_string()),
        }
    }
}

/// The same directory group in two entries, and the same pair twice.
fn mapped_twice(config: &Config, findings: &mut Findings) {
    for (nth, mapping) in config.groups.iter().enumerate() {
        let earlier = config
            .groups
            .iter()
            .take(nth)
            .find(|earlier| same_group(earlier, mapping));
        if let Some(earlier) = earlier {
            let lines = [earlier.line, mapping.line].into_iter().flatten();
            let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
            findings.warn(
                format!("mapping of \"{}\"", mapping.directory_group),
                format!(
                    "{} maps it twice (lines {}): the lists add up; make one entry of them",
                    config.main_file.display(),
                    lines.join(" and ")
                ),
            );
        }
        let listed = &mapping.adobe_groups;
        for (nth, group) in listed.iter().enumerate() {
            let mut before = config
                .groups
                .iter()
                .take_while(|other| !std::ptr::eq(*other, mapping));
            let known = listed.iter().take(nth).any(|other| other.is(group))
                || before.any(|earlier| {
                    let mut groups = earlier.adobe_groups.iter();
                    same_group(earlier, mapping) && groups.any(|other| other.is(group))
                });
            if known {
                findings.warn(
                    format!("mapping of \"{}\"", mapping.directory_group),
                    format!(
                        "{}\"{}\" of the {} org is listed twice; remove one",
                        place(config, mapping.line),
                        group.name,
                        org_name(config, group.org)
                    ),
                );
            }
        }
    }
}

fn same_group(one: &GroupMapping, other: &GroupMapping) -> bool {
    one.directory_group.trim() == other.directory_group.trim()
}

fn same_org_twice(config: &Config, findings: &mut Findings) {
    for (nth, org) in config.orgs.iter().enumerate() {
        if config
            .orgs
            .iter()
            .take(nth)
            .any(|other| other.org_id == org.org_id)
        {
            findings.warn(
                "orgs",
                format!(
                    "{} names the org {} that another connector names already: it would be \
                     written twice",
                    org.file.display(),
                    org.org_id
                ),
            );
        }
    }
}

fn place(config: &Config, line: Option<usize>) -> String {
    let file = config.main_file.display();
    line.map_or(String::new(), |line| format!("{file}:{line}: "))
}
