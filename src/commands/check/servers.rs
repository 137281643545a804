//! The checks that ask Okta and Adobe: reachable, credentials accepted, groups there.

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use jiff::SignedDuration;

use crate::adobe::{AdobeGroup, Umapi};
use crate::commands::check::requests::{About, Members, effort, mapped_groups};
use crate::commands::recording;
use crate::config::{Config, OrgConfig, Recording, Source, Strategy};
use crate::error::Error;
use crate::http::{Statistics, Transport};
use crate::model::OrgId;
use crate::okta::{Group, Lookup, Okta};
use crate::os::clock;
use crate::people::{self, RecordRules};
use crate::plan::matching::carried_as;
use crate::record::Wanted;
use crate::show::checks::Findings;
use crate::text::{self, Texts, alike};

/// A clock that is off by more than this many seconds is worth a word.
const CLOCK_TOLERANCE: i64 = 60;
/// Adobe slows down whoever lists all groups, or all users, more often.
const BETWEEN_LISTS: SignedDuration = SignedDuration::from_hours(2);

/// Errors: a recording cannot be begun.
pub(super) fn check(
    config: &Config,
    transport: &Transport,
    findings: &mut Findings,
) -> Result<(), Error> {
    // Rules that do not compile were told already.
    let wanted =
        RecordRules::compile(config).map_or_else(|_| Rc::default(), |rules| rules.wanted());
    recording::begin(config, transport, &wanted)?;
    let read = directory(config, transport, &wanted, findings);
    for (place, org) in (0..).zip(&config.orgs) {
        let about = About {
            config,
            id: OrgId(place),
            read: &read,
        };
        check_org(&about, org, transport, findings);
    }
    Ok(())
}

/// Checks the directory; the mapped groups whose members could be counted.
fn directory(
    config: &Config,
    transport: &Transport,
    wanted: &Wanted,
    findings: &mut Findings,
) -> Vec<(String, Members)> {
    let mut read_groups = Vec::new();
    match &config.source {
        Source::Okta(okta) => match Okta::connect(okta, transport) {
            Ok(mut okta) => read_groups = check_okta(config, &mut okta, wanted, findings),
            Err(error) => findings.fail("okta", error.to_string()),
        },
        Source::Csv(csv) => {
            let mut texts = Texts::default();
            let read = RecordRules::compile(config)
                .and_then(|mut rules| people::read(config, &mut rules, None, &mut texts));
            let name = format!("csv {}", csv.users_file.display());
            match read {
                Ok(read) => {
                    let people = read.directory.users.len();
                    findings.fine(name, counted(people, "person", "people"));
                    let members = |all| Members { all, active: all };
                    let groups = read.directory.groups.iter();
                    let groups = groups.map(|group| (group.name.to_owned(), members(group.read)));
                    read_groups = groups.collect();
                }
                Err(error) => findings.fail(name, error.to_string()),
            }
        }
        Source::None => {}
    }
    read_groups
}

fn check_okta(
    config: &Config,
    okta: &mut Okta,
    wanted: &Wanted,
    findings: &mut Findings,
) -> Vec<(String, Members)> {
    let mut read = Vec::new();
    let names = groups_named(config);
    let found = match okta.find_groups(&names) {
        Ok(found) => {
            findings.fine("okta", accepted(config, okta));
            clock("okta", &okta.statistics(), findings);
            found
        }
        Err(error) => {
            findings.fail("okta", error.to_string());
            clock("okta", &okta.statistics(), findings);
            return read;
        }
    };
    for (name, lookup) in names.iter().zip(found) {
        let check = format!("directory group \"{name}\"");
        match lookup {
            Lookup::Found(group) => match count_members(okta, &group, wanted) {
                Ok(members) => {
                    tell_members(&members, &group, check, findings);
                    read.push((name.clone(), members));
                }
                Err(error) => findings.fail(check, error.to_string()),
            },
            Lookup::Missing(alike) => {
                let text = format!(
                    "Okta has no group of exactly that name: nobody loses the groups mapped from \
                     it, and Adobe-only users are not processed; {}",
                    people::groups::not_found(config, name, &alike)
                );
                if config.options.allow_missing_groups {
                    findings.warn(check, "Okta has no such group; it counts as empty")
                } else {
                    findings.fail(check, text)
                }
            }
            Lookup::Ambiguous(groups) => {
                let why = people::groups::ambiguous(&groups);
                findings.fail(check, format!("it counts as missing: {why}"));
            }
        }
    }
    if !config.additional_groups.is_empty() {
        rule_groups(config, okta, findings);
    }
    read
}

/// As whom the tenant is read.
fn accepted(config: &Config, okta: &Okta) -> String {
    if is_replay(config) {
        return "as recorded".to_owned();
    }
    let Some(grant) = okta.grant() else {
        return "reachable, the token is accepted".to_owned();
    };
    let key = match &grant.key_id {
        Some(id) => format!("key {id}"),
        None => "no key id".to_owned(),
    };
    let with = if grant.is_bound { "with" } else { "without" };
    let end = grant.ends.to_zoned(clock::time_zone());
    format!(
        "reachable, the service app {} is accepted: {key}, scopes {}, {with} proof of possession \
         (DPoP), token until {}",
        grant.client_id,
        grant.scopes.join(" "),
        end.strftime("%Y-%m-%d %H:%M:%S"),
    )
}

fn is_replay(config: &Config) -> bool {
    matches!(config.recording, Some(Recording::From(_)))
}

/// Every directory group that the configuration names, also where a run does not load it.
fn groups_named(config: &Config) -> Vec<String> {
    let mut names = people::groups::groups_to_load(config);
    for mapping in &config.groups {
        let name = mapping.directory_group.trim();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn count_members(okta: &mut Okta, group: &Group, wanted: &Wanted) -> Result<Members, Error> {
    let mut ids: HashSet<String> = HashSet::new();
    let mut active = 0;
    okta.read_members(group, wanted, &mut |record| {
        let new = ids.insert(record.id.clone().into_owned());
        active += usize::from(new && record.status == "ACTIVE");
        Ok(())
    })?;
    let all = ids.len();
    Ok(Members { all, active })
}

fn tell_members(members: &Members, group: &Group, check: String, findings: &mut Findings) {
    let Members { all, active } = *members;
    if all == 0 {
        return findings.warn(
            check,
            "nobody is in it: whoever has the groups mapped from it loses them; check that this \
             is the right group",
        );
    }
    let active = if active == all {
        String::new()
    } else {
        format!(", {active} of them ACTIVE")
    };
    let kind = if group.is_own() {
        String::new()
    } else {
        format!("; no OKTA_GROUP: {}", group.kind_and_id())
    };
    findings.fine(
        check,
        format!("{}{active}{kind}", counted(all, "member", "members")),
    );
}

/// Whether each additional-group rule matches any group of the tenant.
fn rule_groups(config: &Config, okta: &mut Okta, findings: &mut Findings) {
    let groups = match okta.list_groups() {
        Ok(groups) => groups,
        Err(error) => return findings.fail("additional_groups", error.to_string()),
    };
    for rule in &config.additional_groups {
        let matching = groups.iter().filter(|group| rule.matches(&group.name));
        let check = format!("additional_groups `{}`", rule.source);
        match matching.count() {
            0 => findings.warn(check, "it matches no Okta group; correct it or remove it"),
            count => findings.fine(check, format!("it matches {count} Okta groups")),
        }
    }
}

/// When Adobe may be asked for its list of groups again.
fn next_list() -> String {
    let next = clock::now().saturating_add(BETWEEN_LISTS);
    format!(
        "not before {}: Adobe refuses everything for up to 75 minutes to whoever asks for it more \
         often than once in two hours. Until then no further check, and no run with auto_create or \
         batch_group_changes; any other plan may follow at once, for users are counted apart",
        next.strftime("%H:%M")
    )
}

/// A project may be let list groups, and not users. With push nobody reads them.
fn check_users(about: &About, org: &str, umapi: &mut Umapi, findings: &mut Findings) {
    if about.config.options.strategy == Strategy::Sync
        && let Err(error) = umapi.check_users()
    {
        findings.fail(format!("users of the {org} org"), error.to_string());
    }
}

fn check_org(about: &About, org: &OrgConfig, transport: &Transport, findings: &mut Findings) {
    let name = org.name.as_deref().unwrap_or("primary");
    let check = format!("{name} org {}", org.org_id);
    let mut umapi = match Umapi::connect(org, transport) {
        Ok(umapi) => umapi,
        Err(error) => return findings.fail(check, error.to_string()),
    };
    match umapi.authenticate().and_then(|()| umapi.read_groups()) {
        Ok(groups) => {
            let how = if is_replay(about.config) {
                "as recorded"
            } else {
                "reachable, credentials accepted"
            };
            findings.fine(&check, format!("{how}, {} groups", groups.len()));
            check_groups(about, name, &groups, findings);
            if !is_replay(about.config) {
                check_users(about, name, &mut umapi, findings);
                findings.fine(
                    format!("next list of groups of the {name} org"),
                    next_list(),
                );
            }
            findings.fine(
                format!("requests to the {name} org"),
                effort(about, org, &groups),
            );
        }
        Err(error) => findings.fail(&check, error.to_string()),
    }
    clock(&check, &umapi.statistics(), findings);
}

/// `1 member`, `5 members`
fn counted(count: impl fmt::Display, one: &str, several: &str) -> String {
    match count.to_string().as_str() {
        "1" => format!("1 {one}"),
        count => format!("{count} {several}"),
    }
}

/// Whether the groups that the configuration names are there.
fn check_groups(about: &About, org: &str, groups: &[AdobeGroup], findings: &mut Findings) {
    let About { config, id, .. } = *about;
    for name in mapped_groups(config, id) {
        let check = format!("Adobe group \"{name}\" of the {org} org");
        let found = groups.iter().find(|group| text::same(&group.name, name));
        let listed = groups.iter().map(|group| group.name.as_str());
        let has = || alike::told("Adobe", name, listed);
        match found {
            Some(group) => {
                let members = group.member_count;
                let members =
                    members.map(|count| format!(", {}", counted(count, "member", "members")));
                let found = format!("found{}", members.unwrap_or_default());
                match about.emptied_by(name, group) {
                    Some(source) => findings.warn(
                        check,
                        format!(
                            "{found}, while nobody is in the directory group \"{source}\" that \
                             it is mapped from: they would lose it; check that Okta shows the \
                             group whole to this token"
                        ),
                    ),
                    None => findings.fine(check, found),
                }
            }
            None if name.starts_with('_') => findings.warn(
                check,
                "UMAPI does not list it; roles of administrators often are not listed: check its \
                 name in the Admin Console",
            ),
            None if config.auto_create => {
                findings.warn(
                    check,
                    format!(
                        "it is not there; {}auto_create will make it as a user group",
                        has()
                    ),
                );
            }
            None => findings.fail(
                check,
                format!(
                    "it is not there, and Adobe would reject commands that name it; {}create it in \
                     the Admin Console, correct its name, or set group_sync_options.auto_create",
                    has()
                ),
            ),
        }
    }
    if id.is_primary() {
        excluded_groups(config, groups, findings);
    }
}

fn excluded_groups(config: &Config, groups: &[AdobeGroup], findings: &mut Findings) {
    let is_there = |name: &str| groups.iter().any(|group| text::same(&group.name, name));
    for name in &config.exclusions.groups {
        let check = format!("exclude_adobe_groups \"{name}\"");
        let role = carried_as(name).nth(1);
        let is_role = carried_as("Administrators").any(|role| text::same(role, name));
        if let Some(role) = role {
            findings.warn(
                check,
                format!(
                    "Adobe lists the system administrators by this name, and their records say \
                     {role}: both are excluded; write {role}"
                ),
            );
        } else if !(is_there(name) || is_role && is_there("Administrators")) {
            findings.warn(
                check,
                "UMAPI does not list it: if the name is wrong it excludes nobody",
            );
        }
    }
}

/// The clock of this machine against that of the server.
fn clock(check: &str, statistics: &Statistics, findings: &mut Findings) {
    let Some(ahead) = statistics.clock_ahead else {
        return;
    };
    let check = format!("clock against {check}");
    let off = ahead.unsigned_abs();
    let word = if ahead > 0 { "ahead" } else { "behind" };
    if ahead.abs() > CLOCK_TOLERANCE {
        findings.warn(
            check,
            format!(
                "this machine is {off} seconds {word}: waits for rate limits, the age of plans \
             and log times are wrong; set the clock"
            ),
        )
    } else {
        findings.fine(check, format!("{off} seconds apart"))
    }
}
