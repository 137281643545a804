//! The conformance cases through mapping and planning alone: the commands of `golden.json` from
//! the records of `world.json`. Filters and hooks beyond the default are other rooms' matter.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::testing::{config, leak, mapping, okta, qualified};
use crate::config::*;
use crate::model::command::{Command, IfExists, Step, Subject, Update};
use crate::model::*;
use crate::people::join::{Intake, Known, Read};
use crate::people::map::{Mapped, Mapper};
use crate::plan::desired::Desired;
use crate::plan::{self, Kind, OrgPlan, Plan};
use crate::record::{Json, Record, Wanted};
use crate::show::summary::{self, Mode, Outcome, Part, Shape, Verdict};
use crate::text::Texts;

/// Cases that a filter of their own, a hook, the list of Adobe-only users or the configuration
/// reader decides.
const OTHERS: [&str; 16] = [
    "015", "046", "052", "101", "104", "110", "121", "123", "126", "177", "180", "184", "187",
    "189", "196", "20",
];

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance");
    let Ok(folder) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let mut cases: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let other = OTHERS.iter().any(|other| name.starts_with(other));
        path.is_dir() && !other && !name.contains("refused")
    });
    cases.sort();
    cases
}

fn read_json(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn read_yaml(path: PathBuf) -> Value {
    let Ok(text) = std::fs::read_to_string(path) else {
        return Value::Null;
    };
    serde_yaml::from_str(&text).unwrap()
}

fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn anchored(pattern: &str) -> regex::Regex {
    regex::Regex::new(&format!("(?i)^(?:{pattern})$")).unwrap()
}

fn limit(value: &Value) -> Limit {
    match value {
        Value::Number(number) => Limit::Number(number.as_u64().unwrap()),
        value => Limit::Percent(
            value
                .as_str()
                .unwrap()
                .trim_end_matches('%')
                .parse()
                .unwrap(),
        ),
    }
}

/// The configuration of a case, and the ids of its orgs.
fn case_config(case: &Path) -> (Config, Vec<String>) {
    let main = read_yaml(case.join("config/user-sync-config.yml"));
    let (adobe, users) = (&main["adobe_users"], &main["directory_users"]);
    let mut files = vec!["connector-umapi.yml".to_owned()];
    let mut names = Vec::new();
    for item in adobe["connectors"]["umapi"]
        .as_array()
        .into_iter()
        .flatten()
    {
        for (name, file) in item.as_object().into_iter().flatten() {
            names.push(name.clone());
            files.push(file.as_str().unwrap().to_owned());
        }
    }
    let ids = files.iter().map(|file| {
        let file = read_yaml(case.join("config").join(file));
        file["enterprise"]["org_id"].as_str().unwrap().to_owned()
    });
    let ids: Vec<String> = ids.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut config = config(&names);
    config.exclusions = Exclusions {
        identity_types: texts_of(&adobe["exclude_identity_types"])
            .iter()
            .map(|word| IdentityType::parse(word).unwrap())
            .collect(),
        groups: texts_of(&adobe["exclude_adobe_groups"]),
        users: texts_of(&adobe["exclude_users"])
            .iter()
            .map(|p| anchored(p))
            .collect(),
    };
    if !adobe["update_attributes"].is_null() {
        let listed = texts_of(&adobe["update_attributes"]);
        let has = |name: &str| listed.iter().any(|listed| listed == name);
        config.update_attributes = UpdateAttributes {
            firstname: has("firstname"),
            lastname: has("lastname"),
            email: has("email"),
            username: has("username"),
        };
    }
    let identity_type = text_of(&users["user_identity_type"]);
    config.identity_type =
        IdentityType::parse(&identity_type.unwrap_or("enterpriseID".into())).unwrap();
    config.default_country = text_of(&users["default_country_code"]);
    config.groups = users["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let names = texts_of(&group["adobe_groups"]);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            mapping(group["directory_group"].as_str().unwrap(), &names)
        })
        .collect();
    config.auto_create = users["group_sync_options"]["auto_create"] == json!(true);
    config.limits.max_adobe_only_users = limit(&main["limits"]["max_adobe_only_users"]);
    config.limits.group_removals_only = main["limits"]["group_removals_only"] == json!(true);
    config.source = Source::Okta(Box::new(okta_config(case)));
    apply_args(&mut config, &read_json(case.join("args.json")));
    (config, ids)
}

fn okta_config(case: &Path) -> OktaConfig {
    let file = read_yaml(case.join("config/connector-okta.yml"));
    let format = |name: &str| text_of(&file[name]);
    OktaConfig {
        filter_is_set: !file["all_users_filter"].is_null(),
        identity_type: format("user_identity_type").map(|word| IdentityType::parse(&word).unwrap()),
        formats: Formats {
            identity_type: format("user_identity_type_format"),
            email: format("user_email_format"),
            username: format("user_username_format"),
            domain: format("user_domain_format"),
            given_name: format("user_given_name_format"),
            surname: format("user_surname_format"),
            country_code: format("user_country_code_format"),
        },
        ..okta()
    }
}

fn apply_args(config: &mut Config, args: &Value) {
    let args = texts_of(args);
    let mut args = args.iter().map(String::as_str);
    let options = &mut config.options;
    options.users = UserSelection::All;
    options.process_groups = false;
    let split = |names: &str| -> Vec<String> {
        names
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    };
    while let Some(arg) = args.next() {
        match arg {
            "sync" | "--no-process-groups" | "--no-update-user-info" => {}
            "--connector" => _ = args.next(),
            "--users" => match args.next().unwrap() {
                "mapped" => options.users = UserSelection::Mapped,
                _ => options.users = UserSelection::Groups(split(args.next().unwrap())),
            },
            "--adobe-users" => match args.next().unwrap() {
                "mapped" => config.adobe_users = AdobeUserSelection::Mapped,
                _ => {
                    let names = split(args.next().unwrap());
                    let groups = names.iter().map(|name| qualified(name)).collect();
                    config.adobe_users = AdobeUserSelection::Groups(groups);
                }
            },
            "--user-filter" => options.user_filter = Some(anchored(args.next().unwrap())),
            "--process-groups" => options.process_groups = true,
            "--update-user-info" => options.update_user_info = true,
            "--exclude-unmapped-users" => options.exclude_unmapped_users = true,
            "--strategy" => {
                options.strategy = match args.next().unwrap() {
                    "push" => Strategy::Push,
                    _ => Strategy::Sync,
                }
            }
            "-t" => config.output.test_mode = true,
            "--adobe-only-user-action" => {
                options.adobe_only_user_action = match args.next().unwrap() {
                    "preserve" => AdobeOnlyUserAction::Preserve,
                    "exclude" => AdobeOnlyUserAction::Exclude,
                    "write-file" => AdobeOnlyUserAction::WriteFile(args.next().unwrap().into()),
                    "remove-adobe-groups" => AdobeOnlyUserAction::RemoveAdobeGroups,
                    "remove" => AdobeOnlyUserAction::Remove,
                    "delete" => AdobeOnlyUserAction::Delete,
                    other => panic!("{other}"),
                }
            }
            other => panic!("{other}"),
        }
    }
}

fn json_of(value: &Value) -> Json<'static> {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Json::Integer(number),
            None => Json::Float(number.as_f64().unwrap()),
        },
        Value::String(text) => Json::Text(text.clone().into()),
        Value::Array(items) => Json::List(items.iter().map(json_of).collect()),
        Value::Object(_) => Json::Dict(Vec::new()),
    }
}

/// Reads the directory of a world as the run does, with the default filter.
fn read_directory(config: &Config, world: &Value, texts: &mut Texts) -> Read {
    let Source::Okta(okta) = &config.source else {
        panic!("no Okta");
    };
    let mut wanted = Wanted::default();
    let identity_type = okta.identity_type.unwrap_or(config.identity_type);
    let mut mapper = Mapper::new(&okta.formats, identity_type, &[], &mut wanted).unwrap();
    let mut names: Vec<String> = Vec::new();
    let mut ask = |name: &str| {
        if !names.iter().any(|known| known == name.trim()) {
            names.push(name.trim().to_owned());
        }
    };
    if config.options.process_groups || config.options.users == UserSelection::Mapped {
        config
            .groups
            .iter()
            .for_each(|group| ask(&group.directory_group));
    }
    if let UserSelection::Groups(selected) = &config.options.users {
        selected.iter().for_each(|name| ask(name));
    }
    let tenant = world["okta"]["groups"].as_array().unwrap();
    let find = |name: &str| tenant.iter().find(|group| group["name"] == json!(name));
    let group = |name: &String| DirectoryGroup {
        name: leak(name.as_str()),
        missing: find(name).is_none(),
        foreign: None,
    };
    let mut intake = Intake::new(names.iter().map(group).collect());
    for (place, name) in names.iter().enumerate() {
        for id in find(name)
            .map(|group| texts_of(&group["members"]))
            .unwrap_or_default()
        {
            let user = &world["okta"]["users"][&id];
            let status = user["status"].as_str().unwrap_or("ACTIVE");
            match intake.join(&id, &[place]) {
                Some(Known::User(_) | Known::Filtered(_) | Known::Skipped) => continue,
                None => {}
            }
            let attribute = |name: &String| user["profile"].get(name).map(json_of);
            let record = Record {
                id: id.clone().into(),
                status: status.to_owned().into(),
                fields: Vec::new(),
                profile: wanted.profile.iter().map(attribute).collect(),
                further_profile: Vec::new(),
            };
            if status != "ACTIVE" {
                let text = |name: &str| leak(user["profile"][name].as_str().unwrap_or_default());
                intake.filtered(
                    leak(id.as_str()),
                    FilteredMember {
                        login: text("login"),
                        email: text("email"),
                        status: leak(status),
                    },
                );
                continue;
            }
            match mapper.map(&record, texts) {
                Mapped::User(user) => intake.user(user, &[place]),
                Mapped::Skipped(member) => intake.skipped(leak(id.as_str()), member),
            }
        }
    }
    intake.finish(texts)
}

fn read_org(config: &Config, id: OrgId, world: &Value, texts: &mut Texts) -> Option<AdobeOrg> {
    let mut org = AdobeOrg::default();
    let mapped: BTreeSet<String> = config
        .groups
        .iter()
        .flat_map(|group| &group.adobe_groups)
        .filter(|group| group.org == id)
        .map(|group| group.name.to_lowercase())
        .collect();
    if mapped.is_empty() && !id.is_primary() {
        return None;
    }
    for group in world["groups"].as_array().into_iter().flatten() {
        let name = group.as_str().or(group["name"].as_str()).unwrap();
        org.groups.intern(name, texts);
    }
    for user in world["users"].as_array().unwrap() {
        let text = |name: &str| user[name].as_str().map(leak);
        let groups = texts_of(&user["groups"]);
        let member = |name: &String| mapped.contains(&name.to_lowercase());
        if config.adobe_users == AdobeUserSelection::Mapped && !groups.iter().any(member) {
            continue;
        }
        let mut list = ListId::default();
        for name in &groups {
            let group = org.groups.intern(name, texts);
            list = org.group_lists.with(list, group.0);
        }
        let email = text("email").unwrap_or_default();
        org.users.push(AdobeUser {
            email,
            username: text("username").unwrap_or(email),
            domain: text("domain").unwrap_or(crate::text::domain_of(email)),
            firstname: text("firstname").unwrap_or_default(),
            lastname: text("lastname").unwrap_or_default(),
            country: text("country").unwrap_or_default(),
            identity_type: IdentityType::parse(text("type").unwrap_or("federatedID")),
            groups: list,
        });
    }
    Some(org)
}

fn group_names(names: &[&str]) -> Vec<String> {
    let key = |name: &&str| match name.trim() {
        name if name.starts_with("_product_admin_") => name.to_owned(),
        name => name.to_lowercase(),
    };
    names.iter().map(key).collect()
}

/// The steps of one root, joined as the README of the cases says.
#[derive(Default)]
struct Joined {
    steps: Vec<Value>,
    removed: BTreeSet<String>,
    added: BTreeSet<String>,
    last: Vec<Value>,
}

impl Joined {
    fn add(&mut self, step: &Step) {
        match step {
            Step::Create {
                identity_type,
                email,
                firstname,
                lastname,
                country,
                if_exists,
            } => {
                let key = match identity_type {
                    IdentityType::AdobeId => "addAdobeID",
                    IdentityType::EnterpriseId => "createEnterpriseID",
                    IdentityType::FederatedId => "createFederatedID",
                };
                let option = match if_exists {
                    IfExists::Ignore => "ignoreIfAlreadyExists",
                    IfExists::Update => "updateIfAlreadyExists",
                };
                let fields = [
                    ("email", Some(*email)),
                    ("firstname", *firstname),
                    ("lastname", *lastname),
                    ("country", *country),
                    ("option", Some(option)),
                ];
                self.steps.insert(0, json!({ key: object(&fields) }));
            }
            Step::Update(Update {
                email,
                firstname,
                lastname,
                username,
            }) => {
                let fields = [
                    ("email", *email),
                    ("firstname", *firstname),
                    ("lastname", *lastname),
                    ("username", *username),
                ];
                self.steps.push(json!({ "update": object(&fields) }));
            }
            Step::Remove(names) => self.removed.extend(group_names(names)),
            Step::RemoveAll => self.last.push(json!({"remove": "all"})),
            Step::Add(names) => self.added.extend(group_names(names)),
            Step::RemoveFromOrg { delete_account } => {
                self.last
                    .push(json!({"removeFromOrg": {"deleteAccount": delete_account}}));
            }
            // Made by sending alone.
            Step::AddUsers(_) | Step::RemoveUsers(_) => unreachable!(),
            Step::CreateUserGroup { .. } => {
                self.steps
                    .push(json!({"createUserGroup": {"option": "ignoreIfAlreadyExists"}}));
            }
        }
    }

    fn steps(self) -> Vec<Value> {
        let mut steps = self.steps;
        if !self.removed.is_empty() {
            steps.push(json!({"remove": {"group": self.removed}}));
        }
        if !self.added.is_empty() {
            steps.push(json!({"add": {"group": self.added}}));
        }
        steps.extend(self.last);
        steps
    }
}

fn object(fields: &[(&str, Option<&str>)]) -> Value {
    let set = fields
        .iter()
        .filter_map(|(name, value)| Some(((*name).to_owned(), json!((*value)?))));
    Value::Object(set.collect())
}

fn normal(plan: &Plan, ids: &[String], test_mode: bool) -> Vec<Value> {
    let mut joined: BTreeMap<String, (Value, Joined)> = BTreeMap::new();
    for org in &plan.orgs {
        for change in org.all_changes() {
            let root = root(&change.command, &ids[usize::from(org.org.0)], test_mode);
            let entry = joined
                .entry(root.to_string().to_lowercase())
                .or_insert((root, Joined::default()));
            change
                .command
                .steps
                .iter()
                .for_each(|step| entry.1.add(step));
        }
    }
    let mut commands: Vec<Value> = joined
        .into_values()
        .map(|(mut root, joined)| {
            root["do"] = joined.steps().into();
            root
        })
        .collect();
    commands.sort_by_key(Value::to_string);
    commands
}

fn root(command: &Command, org: &str, test_mode: bool) -> Value {
    let mut root = match &command.subject {
        Subject::UserGroup(name) => json!({"org": org, "usergroup": name}),
        Subject::User {
            root,
            domain,
            use_adobe_id,
        } => {
            let creates = matches!(command.steps.first(), Some(Step::Create { .. }));
            let name = match root.contains('@') && !creates {
                true => root.to_lowercase(),
                false => (*root).to_owned(),
            };
            let mut value = json!({"org": org, "user": name});
            if let Some(domain) = domain {
                value["domain"] = json!(domain);
            }
            if *use_adobe_id {
                value["useAdobeID"] = json!(true);
            }
            value
        }
    };
    if test_mode {
        root["testOnly"] = json!(true);
    }
    root
}

/// What differs between a case's plan and its golden answer.
fn differences(case: &Path) -> Vec<String> {
    let (config, ids) = case_config(case);
    let world = read_json(case.join("world.json"));
    let golden = read_json(case.join("golden.json"));
    let mut texts = Texts::default();
    let read = read_directory(&config, &world, &mut texts);
    let orgs: Vec<Option<AdobeOrg>> = (0..)
        .zip(&ids)
        .map(|(place, id)| {
            read_org(
                &config,
                OrgId(place),
                &world["adobe"]["orgs"][id],
                &mut texts,
            )
        })
        .collect();
    let desired = Desired::select(&config, &read.directory, &mut texts).unwrap();
    let plan = plan::build(&config, &desired, &orgs, &mut texts);
    let mut wrong = Vec::new();
    let mut expected = golden["commands"].as_array().unwrap().clone();
    expected.sort_by_key(Value::to_string);
    let found = normal(&plan, &ids, config.output.test_mode);
    for command in found.iter().filter(|command| !expected.contains(command)) {
        wrong.push(format!("too much: {command}"));
    }
    for command in expected.iter().filter(|command| !found.contains(command)) {
        wrong.push(format!("missing: {command}"));
    }
    wrong.extend(wrong_counts(&config, &plan, &golden["summary"]));
    let exit_code = match (plan.has_errors(), plan.held_back.is_empty()) {
        (_, false) => 4,
        (true, true) => 3,
        (false, true) => 0,
    };
    // That Adobe rejects a command is not the plan's to know.
    let rejected = case
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .starts_with("148");
    if !rejected
        && !golden["exit_codes"]
            .as_array()
            .unwrap()
            .contains(&json!(exit_code))
    {
        wrong.push(format!(
            "exit code {exit_code} is not one of {}",
            golden["exit_codes"]
        ));
    }
    wrong
}

fn wrong_counts(config: &Config, plan: &Plan, expected: &Value) -> Vec<String> {
    let changes = plan.orgs.iter().flat_map(OrgPlan::all_changes);
    let sent = changes.map(|change| match change.reason.kind {
        Kind::Continued => (Part::Continued, Verdict::Done),
        _ => (Part::First, Verdict::Done),
    });
    let outcome = Outcome::count("primary", sent);
    let outcomes = if config.orgs.len() == 1 {
        vec![outcome]
    } else {
        Vec::new()
    };
    let lines = summary::lines(
        &Shape::of_config(config, Mode::Written),
        &plan.counts,
        &outcomes,
    );
    let expected = expected.as_object().into_iter().flatten();
    let expected = expected.map(|(label, count)| format!("  {label}: {}", count.as_str().unwrap()));
    let missing = expected.filter(|line| !lines.contains(line));
    missing
        .map(|line| format!("summary lacks {line:?}: {lines:#?}"))
        .collect()
}

#[test]
fn conformance_cases_come_out_exactly() {
    let cases = cases();
    if cases.is_empty() {
        println!("skipped: no testdata/conformance");
    }
    let mut failed = Vec::new();
    for case in &cases {
        for wrong in differences(case) {
            failed.push(format!("{}: {wrong}", case.file_name().unwrap().display()));
        }
    }
    assert!(
        failed.is_empty(),
        "{} cases\n{}",
        cases.len(),
        failed.join("\n")
    );
    println!("{} cases", cases.len());
}
