//! `user-sync-config.yml`: keys, types and checks (manual/configuration.md#the-main-file).
//!
//! Gives what the file says; connector files are read elsewhere.

use std::path::PathBuf;

use super::defaults::{self, Defaults};
use super::item::Item;
use super::orgs::OrgNames;
use super::reader::Reader;
use super::section::Section;
use super::{
    AdditionalGroups, ExclusionLines, Exclusions, Extension, GroupMapping, Limits, Logging,
    QualifiedGroup, UpdateAttributes, limits, logging,
};
use crate::error::{misplaced, one_line, quoted};
use crate::model::IdentityType;
use crate::text::nearest::meant;
use script::pattern;

/// What the main file says. `None` and empty lists where it says nothing; where it says something
/// wrong the reader has a problem.
#[derive(Debug)]
pub(super) struct MainFile {
    pub(super) umapi: UmapiFiles,
    pub(super) exclusions: Exclusions,
    pub(super) update_attributes: UpdateAttributes,
    pub(super) identity_type: IdentityType,
    pub(super) default_country: Option<String>,
    pub(super) okta: Vec<PathBuf>,
    pub(super) csv: Vec<PathBuf>,
    pub(super) groups: Vec<GroupMapping>,
    pub(super) additional_groups: Vec<AdditionalGroups>,
    pub(super) auto_create: bool,
    pub(super) extension: Option<PathBuf>,
    pub(super) limits: Limits,
    pub(super) logging: Logging,
    /// `invocation_defaults`.
    pub(super) defaults: Defaults,
}

impl MainFile {
    /// Whether an Adobe group is mapped, also by the extension.
    pub(super) fn maps(&self, group: &QualifiedGroup, extension: Option<&Extension>) -> bool {
        let extended = extension
            .into_iter()
            .flat_map(|file| &file.extended_adobe_groups);
        let mapped = self.groups.iter().flat_map(|mapping| &mapping.adobe_groups);
        // What additional groups name is known when the directory was read.
        !self.additional_groups.is_empty() || mapped.chain(extended).any(|known| known.is(group))
    }
}

/// The connector files of each org.
#[derive(Debug, Default)]
pub(super) struct UmapiFiles {
    pub(super) primary: Vec<PathBuf>,
    /// In configuration order.
    pub(super) secondary: Vec<(String, Vec<PathBuf>)>,
}

impl UmapiFiles {
    pub(super) fn names(&self) -> OrgNames {
        OrgNames(
            self.secondary
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
        )
    }
}

const TOP: [&str; 5] = [
    "adobe_users",
    "directory_users",
    "limits",
    "logging",
    "invocation_defaults",
];

/// Notes that a file is one of UST 1, or has a section that is gone. All other complaints about
/// such a file would be noise.
pub(super) fn check_format(reader: &Reader) {
    let root = reader.root();
    if !root.is_map() {
        root.problem(
            "expected the keys of user-sync-config.yml; `user-sync init` writes an example",
        );
        return;
    }
    for entry in root.entries() {
        match entry.name.as_str() {
            "dashboard" | "directory" => entry.key.problem(
                "this file has the format of User Sync Tool 1, which is no longer supported; convert \
                 it: dashboard has become adobe_users, directory has become directory_users",
            ),
            "post_sync" => entry.key.problem(
                "post_sync is no longer supported; remove this section and run such work by itself",
            ),
            _ => {}
        }
    }
}

/// Reads the main file. Its problems are left with the reader.
pub(super) fn read(reader: &Reader) -> MainFile {
    let top = Section::open(vec![reader.root()], &TOP);
    let adobe = adobe_users(&top);
    let directory = directory_users(&top);
    let umapi = umapi_files(&adobe);
    let orgs = umapi.names();
    let connectors = connectors(&directory);
    MainFile {
        exclusions: exclusions(&adobe),
        update_attributes: update_attributes(&adobe),
        identity_type: directory
            .read("user_identity_type", identity_type)
            .unwrap_or(IdentityType::EnterpriseId),
        default_country: directory.read("default_country_code", country),
        okta: connectors.each("okta", Item::path),
        csv: connectors.each("csv", Item::path),
        groups: directory.each("groups", |item| mapping(item, &orgs)),
        additional_groups: directory.each("additional_groups", |item| additional(item, &orgs)),
        auto_create: directory
            .section("group_sync_options", &["auto_create"])
            .flag("auto_create")
            .unwrap_or(false),
        extension: directory.read("extension", Item::path),
        limits: limits::read(&top),
        logging: logging::read(&top),
        defaults: defaults::read(&top),
        umapi,
    }
}

fn adobe_users<'d>(top: &Section<'d>) -> Section<'d> {
    top.required("adobe_users", "it names the connector to Adobe");
    top.section(
        "adobe_users",
        &[
            "connectors",
            "exclude_identity_types",
            "exclude_adobe_groups",
            "exclude_users",
            "update_attributes",
        ],
    )
}

fn directory_users<'d>(top: &Section<'d>) -> Section<'d> {
    top.required(
        "directory_users",
        "it names the directory and the group mapping",
    );
    top.section(
        "directory_users",
        &[
            "user_identity_type",
            "default_country_code",
            "connectors",
            "groups",
            "additional_groups",
            "group_sync_options",
            "extension",
        ],
    )
}

/// `directory_users.connectors`. Connectors that only UST has may be listed; names that nobody knows
/// are warned of, as UST does.
fn connectors<'d>(directory: &Section<'d>) -> Section<'d> {
    let connectors = directory.open_section("connectors");
    for other in connectors.others(&["okta", "csv", "ldap", "adobe_console"]) {
        let meant = meant(&other.name, ["okta", "csv"]);
        let warning = format!("ignored, for there is no connector of this name{meant}");
        other.key.warn(&warning);
    }
    connectors
}

/// `adobe_users.connectors.umapi`: files of the primary org, then `name: file` of secondary ones.
fn umapi_files(adobe: &Section<'_>) -> UmapiFiles {
    let mut files = UmapiFiles::default();
    let connectors = adobe.section("connectors", &["umapi"]);
    let Some(umapi) = connectors.required("umapi", "the file connector-umapi.yml") else {
        return files;
    };
    for item in umapi.list() {
        if item.is_map() {
            for entry in item.entries() {
                add_secondary(&mut files, entry.name.trim(), &entry.value);
            }
        } else if files.secondary.is_empty() {
            files.primary.extend(item.path());
        } else {
            item.problem(
                "a file of the primary org must stand before the `name: file` entries of secondary orgs",
            );
        }
    }
    if files.primary.is_empty() && !umapi.list().iter().any(|item| !item.is_map()) {
        umapi.problem("names no file of the primary org; put one in front, without a name");
    }
    files
}

fn add_secondary(files: &mut UmapiFiles, name: &str, value: &Item<'_>) {
    if name.is_empty() {
        value.problem("the name of a secondary org is empty");
    }
    if value.is_empty() {
        value.problem("expected the connector file of this org, found nothing");
    }
    let paths: Vec<PathBuf> = value.list().iter().filter_map(Item::path).collect();
    match files.secondary.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => known.extend(paths),
        None => files.secondary.push((name.to_owned(), paths)),
    }
}

fn exclusions(adobe: &Section<'_>) -> Exclusions {
    Exclusions {
        identity_types: adobe.each("exclude_identity_types", identity_type),
        groups: adobe.each("exclude_adobe_groups", |item| {
            let name = item.name()?;
            if name.contains("::") {
                return item.refuse(format!(
                    "\"{}\" names an org; only groups of the primary org can be excluded",
                    one_line(&name)
                ));
            }
            Some(name)
        }),
        users: adobe.each("exclude_users", |item| {
            item.accept(pattern::whole(&item.text()?))
        }),
        lines: ExclusionLines {
            identity_types: adobe.line_of("exclude_identity_types"),
            groups: adobe.line_of("exclude_adobe_groups"),
            users: adobe.line_of("exclude_users"),
        },
    }
}

fn update_attributes(adobe: &Section<'_>) -> UpdateAttributes {
    if adobe.get("update_attributes").is_none() {
        return UpdateAttributes {
            firstname: true,
            lastname: true,
            email: true,
            username: false,
        };
    }
    let known = ["firstname", "lastname", "email", "username"];
    let names = adobe.each("update_attributes", |item| word(item, &known));
    UpdateAttributes {
        firstname: names.contains(&"firstname"),
        lastname: names.contains(&"lastname"),
        email: names.contains(&"email"),
        username: names.contains(&"username"),
    }
}

/// One of a few words, trimmed and in any case.
pub(super) fn word(item: &Item<'_>, known: &[&'static str]) -> Option<&'static str> {
    let text = item.text()?;
    let found = known
        .iter()
        .find(|word| word.eq_ignore_ascii_case(text.trim()));
    if found.is_none() {
        let meant = meant(&text, known.iter().copied());
        let known = known.join(", ");
        item.problem(format!(
            "expected one of {known}, found {}{meant}",
            misplaced(&text)
        ));
    }
    found.copied()
}

/// `user_identity_type` and the like.
pub(super) fn identity_type(item: &Item<'_>) -> Option<IdentityType> {
    IdentityType::parse(word(item, &["adobeID", "enterpriseID", "federatedID"])?)
}

fn country(item: &Item<'_>) -> Option<String> {
    let code = item.text()?.trim().to_ascii_uppercase();
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(code);
    }
    item.refuse(format!(
        "expected a country code of two letters, found \"{}\"",
        one_line(&code)
    ))
}

fn mapping(item: &Item<'_>, orgs: &OrgNames) -> Option<GroupMapping> {
    let entry = Section::open(vec![item.clone()], &["directory_group", "adobe_groups"]);
    let name = entry.required("directory_group", "the name of a directory group");
    let mapping = GroupMapping {
        adobe_groups: entry.each("adobe_groups", |item| orgs.group(item)),
        directory_group: name?.name()?,
        line: item.line(),
    };
    warn_of_reference(item, &mapping);
    Some(mapping)
}

/// Warns of a `\1` that refers to nothing.
fn warn_of_reference(item: &Item<'_>, mapping: &GroupMapping) {
    let refers = |name: &str| {
        let mut behind = name.split('\\').skip(1);
        behind.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut groups = mapping.adobe_groups.iter();
    if let Some(group) = groups.find(|group| refers(&group.name)) {
        let line = mapping.line.map(|line| format!(":{line}"));
        item.reader.warn(format!(
            "{}{}: the Adobe group {} is named as it is written: a reference to a part of the \
             directory group's name belongs into the target of additional_groups, with a source",
            item.file().display(),
            line.unwrap_or_default(),
            quoted(&group.name)
        ));
    }
}

/// `$1` or `${name}`, which refer to a part in other languages.
fn foreign_reference(target: &str) -> Option<&str> {
    let mut behind = target
        .match_indices('$')
        .filter_map(|(place, _)| target.get(place..));
    behind.find_map(|text| match text.as_bytes() {
        // An amount of money has more digits.
        [_, b'0'..=b'9', b'0'..=b'9', ..] => None,
        [_, b'0'..=b'9', ..] => text.get(..2),
        [_, b'{', ..] => text.get(..=text.find('}')?),
        _ => None,
    })
}

fn additional(item: &Item<'_>, orgs: &OrgNames) -> Option<AdditionalGroups> {
    let entry = Section::open(vec![item.clone()], &["source", "target"]);
    let source = entry.required("source", "a regular expression for directory group names");
    let target = entry.required("target", "the name of an Adobe group");
    let (source, target) = (source?, target?);
    let regex = source.accept(pattern::anywhere(&source.text()?))?;
    let group = orgs.group(target)?;
    if let Some(reference) = foreign_reference(&group.name) {
        target.warn(&format!(
            "{} stands for itself in the Adobe group's name; a part of the directory group's name \
             is \\1 or \\g<name> there",
            quoted(reference)
        ));
    }
    let template = pattern::Template::parse(&group.name, &regex);
    Some(AdditionalGroups {
        target: target.accept(template)?,
        source: regex,
        org: group.org,
        line: item.line(),
    })
}
