//! Builders for tests: a configuration, a directory, Adobe orgs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::time::Duration;

use argh::FromArgs;

use crate::config::*;
use crate::model::command::Command;
use crate::model::*;
use crate::os::secret::Secret;
use crate::plan::desired::Desired;
use crate::plan::{self, Change, Plan};
use crate::text::{Text, Texts};

pub(crate) fn leak(text: impl Into<String>) -> Text {
    Box::leak(text.into().into_boxed_str())
}

fn connection() -> Connection {
    Connection {
        timeout: Duration::from_secs(1),
        retries: 0,
        ssl_verify: true,
    }
}

fn org_config(name: Option<&str>) -> OrgConfig {
    OrgConfig {
        name: name.map(str::to_owned),
        file: "connector-umapi.yml".into(),
        org_id: name.unwrap_or("primary").to_owned(),
        client_id: Secret::new(String::new()),
        client_secret: Secret::new(String::new()),
        credentials: Vec::new(),
        host: "localhost".to_owned(),
        endpoint: String::new(),
        auth_host: "localhost".to_owned(),
        auth_endpoint: String::new(),
        pace: Default::default(),
        batch_group_changes: false,
        connection: connection(),
    }
}

pub(crate) fn okta() -> OktaConfig {
    OktaConfig {
        file: "connector-okta.yml".into(),
        host: "localhost".to_owned(),
        access: OktaAccess::ApiToken(Secret::new(String::new())),
        credentials: Vec::new(),
        group_filter_format: None,
        filter: String::new(),
        filter_is_set: false,
        filter_line: None,
        identity_type: None,
        formats: Formats::default(),
        page_size: 1000,
        rate_limit_reserve: 10.0,
        connection: connection(),
    }
}

/// `--users mapped --process-groups` over the named orgs behind the primary one, with `G` mapped
/// to `P`.
pub(crate) fn config(secondaries: &[&str]) -> Config {
    let names = std::iter::once(None).chain(secondaries.iter().map(|name| Some(*name)));
    Config {
        files: Vec::new(),
        main_file: "user-sync-config.yml".into(),
        digest: String::new(),
        options: RunOptions::from_args(&[], &["--users", "mapped", "--process-groups", "true"])
            .unwrap(),
        output: OutputOptions::default(),
        console: ConsoleOptions::default(),
        adobe_users: AdobeUserSelection::All,
        allow_group_loss: Vec::new(),
        recording: None,
        only: None,
        orgs: names.map(org_config).collect(),
        exclusions: Exclusions::default(),
        update_attributes: UpdateAttributes {
            firstname: true,
            lastname: true,
            email: true,
            username: false,
        },
        source: Source::Okta(Box::new(okta())),
        identity_type: IdentityType::FederatedId,
        default_country: Some("US".to_owned()),
        groups: vec![mapping("G", &["P"])],
        additional_groups: Vec::new(),
        auto_create: false,
        extension: None,
        limits: Limits {
            max_adobe_only_users: Limit::Number(200),
            group_removals_only: false,
            max_group_removals: None,
            max_group_loss: Limit::Percent(100.0),
            max_new_users: None,
        },
        logging: Logging {
            file: None,
            console_level: log::LevelFilter::Info,
            progress: false,
            file_mode: crate::os::files::Mode::OWNER,
            change_log: None,
        },
        warnings: Vec::new(),
        notes: Vec::new(),
    }
}

/// `org2::Group` is of the first secondary org.
pub(crate) fn qualified(name: &str) -> QualifiedGroup {
    let (org, name) = match name.split_once("::") {
        Some((org, name)) => (org.trim_start_matches("org").parse().unwrap_or(2) - 1, name),
        None => (0, name),
    };
    QualifiedGroup {
        org: OrgId(org),
        name: name.to_owned(),
    }
}

pub(crate) fn mapping(directory_group: &str, adobe_groups: &[&str]) -> GroupMapping {
    GroupMapping {
        directory_group: directory_group.to_owned(),
        adobe_groups: adobe_groups.iter().map(|name| qualified(name)).collect(),
        line: None,
    }
}

pub(crate) fn extension(groups: &[&str]) -> Extension {
    Extension {
        file: "extension.yml".into(),
        hook: String::new(),
        hook_line: None,
        extended_attributes: Vec::new(),
        extended_adobe_groups: groups.iter().map(|name| qualified(name)).collect(),
    }
}

/// A federated user of x.com, found in these groups.
pub(crate) struct Person {
    pub(crate) user: DirectoryUser,
    pub(crate) groups: Vec<Text>,
}

pub(crate) fn person(name: &str, groups: &[&str]) -> Person {
    let email = leak(format!("{name}@x.com"));
    Person {
        user: DirectoryUser {
            id: leak(name),
            login: email,
            identity_type: IdentityType::FederatedId,
            email,
            username: email,
            domain: "x.com",
            firstname: Some(leak(name)),
            lastname: Some("Test"),
            country: Some("US"),
            groups: ListId::default(),
        },
        groups: groups.iter().map(|name| leak(*name)).collect(),
    }
}

/// A directory with these people; its groups are those of the configuration, then further ones.
/// A group named `!G` is a missing `G`.
pub(crate) fn directory(groups: &[&str], people: Vec<Person>) -> Directory {
    let mut directory = Directory::default();
    for name in groups {
        directory.groups.push(DirectoryGroup {
            name: leak(name.trim_start_matches('!')),
            missing: name.starts_with('!'),
            read: 0,
            foreign: None,
        });
    }
    for person in people {
        let mut user = person.user;
        for name in person.groups {
            let mut known = directory.groups.iter();
            let place = known.position(|group| group.name == name).unwrap();
            user.groups = directory.group_lists.with(user.groups, place as u32);
        }
        directory.users.push(user);
    }
    directory
}

/// A federated Adobe user of x.com with these groups.
pub(crate) fn adobe(name: &str, groups: &[&str]) -> (AdobeUser, Vec<Text>) {
    let email = leak(format!("{name}@x.com"));
    let user = AdobeUser {
        email,
        username: email,
        domain: "x.com",
        firstname: leak(name),
        lastname: "Test",
        country: "US",
        identity_type: Some(IdentityType::FederatedId),
        groups: ListId::default(),
    };
    (user, groups.iter().map(|name| leak(*name)).collect())
}

pub(crate) fn org(users: Vec<(AdobeUser, Vec<Text>)>) -> AdobeOrg {
    let mut org = AdobeOrg::default();
    let mut texts = Texts::default();
    for (mut user, groups) in users {
        for name in groups {
            let id = org.groups.intern(name, &mut texts);
            user.groups = org.group_lists.with(user.groups, id.0);
        }
        org.users.push(user);
    }
    org
}

pub(crate) fn build(config: &Config, directory: &Directory, orgs: Vec<AdobeOrg>) -> Plan {
    let mut texts = Texts::default();
    let desired = Desired::select(config, directory, &mut texts).unwrap();
    let orgs: Vec<_> = orgs.into_iter().map(Some).collect();
    plan::build(&desired, &orgs, &mut texts)
}

/// The plan in short lines, in sending order: `org2 ann@x.com: add P, Q`.
pub(crate) fn shown(plan: &Plan) -> Vec<String> {
    let orgs = plan.orgs.iter().flat_map(|org| {
        let all = org.group_changes.iter().chain(&org.changes);
        all.map(move |change| (org.org, &change.command))
    });
    orgs.map(|(org, command)| line(org, command)).collect()
}

/// What is held back in short lines: `group-loss ann@x.com: remove P`.
pub(crate) fn held(plan: &Plan) -> Vec<String> {
    let held = plan.orgs.iter().flat_map(|org| {
        let held = org.held.iter();
        held.map(move |held| (org.org, held))
    });
    held.map(|(org, held)| {
        let rules: Vec<&str> = held.rules.iter().map(|rule| rule.word()).collect();
        format!("{} {}", rules.join("+"), line(org, &held.change.command))
    })
    .collect()
}

fn line(org: OrgId, command: &Command) -> String {
    let org = match org.0 {
        0 => String::new(),
        place => format!("org{} ", place + 1),
    };
    let steps: Vec<String> = command.steps.iter().map(step).collect();
    format!("{org}{}: {}", subject(&command.subject), steps.join("; "))
}

fn subject(subject: &crate::model::command::Subject) -> String {
    use crate::model::command::Subject;
    match subject {
        Subject::UserGroup(name) => format!("group {name}"),
        Subject::User {
            root,
            domain,
            use_adobe_id,
        } => {
            let domain = domain.map(|domain| format!(" ({domain})"));
            let adobe_id = if *use_adobe_id { " adobeID" } else { "" };
            format!("{root}{}{adobe_id}", domain.unwrap_or_default())
        }
    }
}

fn step(step: &crate::model::command::Step) -> String {
    use crate::model::command::{IfExists, Step};
    match step {
        Step::Create {
            identity_type,
            email,
            country,
            if_exists,
            ..
        } => {
            let option = match if_exists {
                IfExists::Ignore => "",
                IfExists::Update => " or update",
            };
            let country = country.unwrap_or("-");
            format!(
                "create {} {email} {country}{option}",
                identity_type.as_str()
            )
        }
        Step::Update(update) => {
            let attributes = [
                update.email,
                update.firstname,
                update.lastname,
                update.username,
            ];
            let attributes: Vec<&str> = attributes.into_iter().flatten().collect();
            format!("update {}", attributes.join(" "))
        }
        Step::Remove(names) => format!("remove {}", names.join(", ")),
        Step::RemoveAll => "remove all".to_owned(),
        Step::Add(names) => format!("add {}", names.join(", ")),
        Step::RemoveFromOrg {
            delete_account: true,
        } => "delete".to_owned(),
        Step::RemoveFromOrg {
            delete_account: false,
        } => "leave".to_owned(),
        Step::CreateUserGroup { .. } => "create group".to_owned(),
        Step::AddUsers(names) => format!("add users {}", names.join(", ")),
        Step::RemoveUsers(names) => format!("remove users {}", names.join(", ")),
    }
}

/// A small sequence of numbers that look random, always the same.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// All commands of a plan in sending order.
pub(crate) fn changes(plan: &Plan) -> impl Iterator<Item = &Change> {
    plan.in_sending_order().map(|(_, change)| change)
}
