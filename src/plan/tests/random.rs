//! Random companies: people renamed in each of the ways, groups emptied or cut by half, states,
//! doubles, hooks. Whatever comes, these hold.

use std::collections::BTreeMap;

use crate::config::AdobeOnlyUserAction::{Delete, Preserve, Remove, RemoveAdobeGroups};
use crate::config::*;
use crate::model::command::{Step, Subject};
use crate::model::why::SkipWhy;
use crate::model::{
    AdobeOrg, AdobeUser, Directory, FilteredMember, OrgId, SkippedMember, UnreadGroup,
};
use crate::plan::desired::Desired;
use crate::plan::desired::hook::{Given, HookResult};
use crate::plan::testing::*;
use crate::plan::{self, Change, Kind, Plan};
use crate::text::{self, Text, Texts};

const COMPANIES: u64 = 1000;
const FIRST: [Text; 5] = ["Ann", "Bo", "Cy", "Dan", ""];
const LAST: [Text; 4] = ["Lee", "Ott", "Ray", ""];

/// A company at one moment: what was read, and the hook's results by selected user.
struct Company {
    config: Config,
    directory: Directory,
    orgs: Vec<AdobeOrg>,
    hooked: Vec<Option<HookResult>>,
}

/// A name in use: few, so that they meet.
fn address(random: &mut Numbers) -> Text {
    leak(format!("p{}@x.com", random.below(24)))
}

fn config_of(random: &mut Numbers) -> Config {
    let mut config = config(&["org2"]);
    config.groups = vec![
        mapping("G", &["P", "org2::P2"]),
        mapping("H", &["Q", "org2::Q2"]),
    ];
    config.options.users = UserSelection::Groups(vec!["G".into(), "H".into()]);
    config.options.update_user_info = random.below(2) == 0;
    config.options.process_groups = random.below(4) > 0;
    let actions = [Preserve, RemoveAdobeGroups, Remove, Delete];
    config.options.adobe_only_user_action = actions[random.below(4)].clone();
    if random.below(5) == 0 {
        config.exclusions.users = vec![script::pattern::whole("p1@x.com").unwrap()];
    }
    config
}

fn directory_of(random: &mut Numbers) -> Directory {
    let groups: [&[&str]; 5] = [&["G"], &["H"], &["G", "H"], &["K"], &[]];
    let mut people = Vec::new();
    let mut others = Vec::new();
    for n in 0..random.below(16) {
        let mut person = person(&format!("id{n}"), groups[random.below(5)]);
        let user = &mut person.user;
        user.email = address(random);
        user.username = match random.below(4) {
            0 => address(random),
            1 => leak(format!("E{}", random.below(6))),
            _ => user.email,
        };
        user.domain = ["x.com", "y.com"][random.below(2)];
        user.firstname = Some(FIRST[random.below(5)]).filter(|name| !name.is_empty());
        user.lastname = Some(LAST[random.below(4)]).filter(|name| !name.is_empty());
        // Two of one e-mail are one person before a plan is made.
        let taken = people.iter().any(|known: &Person| {
            known.user.email == person.user.email || known.user.username == person.user.username
        });
        if taken {
            continue;
        }
        for _ in 0..random.below(3) {
            others.push((person.user.id, address(random)));
        }
        people.push(person);
    }
    let missing = ["G", "!G"][usize::from(random.below(8) == 0)];
    let people = match random.below(6) {
        0 => Vec::new(),
        _ => people,
    };
    let people: Vec<Person> = people
        .into_iter()
        .map(|mut person| {
            person
                .groups
                .retain(|group| missing == "G" || *group != "G");
            person
        })
        .collect();
    let mut directory = directory(&[missing, "H", "K"], people);
    for (id, name) in others {
        directory.other_names.add(id, name);
    }
    directory.other_names.sort();
    for _ in 0..random.below(2) {
        let name = address(random);
        directory.skipped.push(SkippedMember {
            login: name,
            names: vec![name, address(random)],
            reason: SkipWhy::NoEmail(""),
        });
        directory.filtered.push(FilteredMember {
            login: "someone",
            names: [address(random)].into(),
            status: ["LOCKED_OUT", "SUSPENDED", "NEW"][random.below(3)],
        });
    }
    directory
}

fn org_of(random: &mut Numbers, groups: [&str; 3]) -> AdobeOrg {
    let mut users: Vec<(AdobeUser, Vec<Text>)> = Vec::new();
    for _ in 0..random.below(30) {
        let all: Vec<&str> = groups
            .into_iter()
            .filter(|_| random.below(2) == 0)
            .collect();
        let mut record = adobe("x", &all);
        record.0.email = address(random);
        record.0.username = match random.below(4) {
            0 => address(random),
            1 => leak(format!("e{}", random.below(6))),
            2 => "",
            _ => record.0.email,
        };
        record.0.domain = ["x.com", "y.com"][random.below(2)];
        record.0.firstname = FIRST[random.below(5)];
        record.0.lastname = LAST[random.below(4)];
        if !users.iter().any(|(known, _)| known.email == record.0.email) {
            users.push(record);
        }
    }
    let mut org = org(users);
    if random.below(8) == 0 {
        org.unread_groups.push(UnreadGroup {
            name: leak(groups[0]),
            told: "error.group.not_found",
        });
    }
    org
}

impl Company {
    fn new(random: &mut Numbers) -> Company {
        let config = config_of(random);
        let directory = directory_of(random);
        let orgs = vec![
            org_of(random, ["P", "Q", "Z"]),
            org_of(random, ["P2", "Q2", "Z2"]),
        ];
        let has_hook = random.below(3) == 0;
        let hooked = (0..16)
            .map(|_| (has_hook && random.below(3) == 0).then(|| hook_result(random)))
            .collect();
        Company {
            config,
            directory,
            orgs,
            hooked,
        }
    }

    fn desired<'c>(&'c self, texts: &mut Texts) -> Desired<'c> {
        let mut desired = Desired::select(&self.config, &self.directory, texts).unwrap();
        let count = desired.users.len();
        for (nth, result) in (0..).zip(self.hooked.iter().take(count)) {
            if let Some(result) = result {
                let (_, set) = desired.selected(nth).unwrap();
                let found = desired.target_groups(set, texts);
                desired.apply_hook(nth, &found, result, texts);
            }
        }
        desired.finish_hook();
        desired
    }

    fn plan(&self) -> Plan {
        let mut texts = Texts::default();
        let desired = self.desired(&mut texts);
        let orgs: Vec<Option<AdobeOrg>> = self.orgs.iter().map(|org| Some(copy(org))).collect();
        plan::build(&desired, &orgs, &mut texts)
    }

    /// Every name of everybody who is selected, skipped, or in a state that may pass.
    fn known_names(&self) -> Vec<Text> {
        let mut texts = Texts::default();
        let desired = self.desired(&mut texts);
        let mut names = Vec::new();
        for nth in (0..).take(desired.users.len()) {
            let (user, _) = desired.selected(nth).unwrap();
            names.extend([user.email, user.username]);
            names.extend(desired.other_names(nth));
        }
        let skipped = self.directory.skipped.iter().chain(&desired.skipped);
        names.extend(skipped.flat_map(|member| member.names.iter().copied()));
        let passing = self.directory.filtered.iter();
        let passing = passing.filter(|member| member.status != "SUSPENDED");
        names.extend(passing.flat_map(|member| member.names.iter().copied()));
        names
    }
}

/// What the hook gives: another address, no address, or other groups.
fn hook_result(random: &mut Numbers) -> HookResult {
    let email: Given = match random.below(3) {
        0 => "skipthis".into(),
        1 => address(random).into(),
        _ => format!("new{}@x.com", random.below(9)).into(),
    };
    HookResult {
        username: Some(email.clone()),
        email: Some(email),
        domain: Some("x.com".into()),
        firstname: Some(FIRST[random.below(4)].into()),
        lastname: Some(LAST[random.below(3)].into()),
        country: Some("US".into()),
        target_groups: ["P", "org2::Q2"]
            .into_iter()
            .filter(|_| random.below(2) == 0)
            .map(Given::from)
            .collect(),
    }
}

fn copy(org: &AdobeOrg) -> AdobeOrg {
    let mut texts = Texts::default();
    let mut copy = AdobeOrg {
        unread_groups: org.unread_groups.clone(),
        ..AdobeOrg::default()
    };
    for user in &org.users {
        let mut user = user.clone();
        let groups = org.group_lists.get(user.groups).to_vec();
        user.groups = Default::default();
        for group in groups {
            let name = org.groups.name(crate::model::GroupId(group));
            let id = copy.groups.intern(name, &mut texts);
            user.groups = copy.group_lists.with(user.groups, id.0);
        }
        copy.users.push(user);
    }
    copy
}

fn root(change: &Change) -> Text {
    match change.command.subject {
        Subject::User { root, .. } => root,
        Subject::UserGroup(name) => name,
    }
}

fn record_of<'o>(org: &'o AdobeOrg, change: &Change) -> Option<&'o AdobeUser> {
    org.users.iter().find(|user| user.email == root(change))
}

fn all_of(plan: &Plan) -> impl Iterator<Item = (OrgId, &Change)> {
    plan.orgs.iter().flat_map(|org| {
        let held = org.held.iter().map(|held| &held.change);
        org.changes
            .iter()
            .chain(held)
            .map(|change| (org.org, change))
    })
}

/// What is done to whom, by org and root: each step as often as it comes.
fn steps(plan: &Plan, with_held: bool) -> BTreeMap<(u16, Text), Vec<String>> {
    let mut steps: BTreeMap<(u16, Text), Vec<String>> = BTreeMap::new();
    let mut add = |org: OrgId, change: &Change| {
        for step in &change.command.steps {
            let one = |sign: char, name: &Text| format!("{sign}{name}");
            let told: Vec<String> = match step {
                Step::Remove(names) => names.iter().map(|name| one('-', name)).collect(),
                Step::Add(names) => names.iter().map(|name| one('+', name)).collect(),
                other => vec![format!("{other:?}")],
            };
            let person = change.reason.person;
            steps.entry((org.0, person)).or_default().extend(told);
        }
    };
    for org in &plan.orgs {
        org.changes.iter().for_each(|change| add(org.org, change));
        if with_held {
            org.held.iter().for_each(|held| add(org.org, &held.change));
        }
    }
    steps.values_mut().for_each(|steps| steps.sort());
    steps
}

fn is_alike(one: &[Text; 2], other: &[Text; 2]) -> bool {
    let pairs = one.iter().zip(other);
    let mut known = pairs
        .filter(|(one, other)| !one.is_empty() && !other.is_empty())
        .peekable();
    known.peek().is_none() || known.any(|(one, other)| text::same(one, other))
}

#[test]
fn nobody_who_is_known_by_any_name_loses_an_account() {
    for seed in 0..COMPANIES {
        let company = Company::new(&mut Numbers(seed));
        let plan = company.plan();
        let names = company.known_names();
        for (org, change) in all_of(&plan) {
            let takes = |step: &Step| matches!(step, Step::RemoveFromOrg { .. } | Step::RemoveAll);
            if !change.command.steps.iter().any(takes) {
                continue;
            }
            let record = record_of(&company.orgs[usize::from(org.0)], change).unwrap();
            let carries = |name: &&Text| {
                text::same(name, record.email)
                    || (!record.username.is_empty() && text::same(name, record.username))
            };
            let carried = names.iter().find(carries);
            assert!(
                carried.is_none(),
                "company {seed}: {record:?} carries {carried:?}"
            );
        }
    }
}

#[test]
fn nobody_comes_into_the_account_of_somebody_of_other_names() {
    let mut by_other_names = 0;
    for seed in 0..COMPANIES {
        let company = Company::new(&mut Numbers(seed));
        let plan = company.plan();
        let mut texts = Texts::default();
        let desired = company.desired(&mut texts);
        // A secondary org takes over what the primary one decided about the account.
        let primary = plan.orgs.last().unwrap();
        for change in &primary.changes {
            let Some(why) = change.reason.why else {
                continue;
            };
            if !why.to_string().contains("other name") {
                continue;
            }
            by_other_names += 1;
            let record = record_of(&company.orgs[0], change).unwrap();
            let alike = (0..).take(desired.users.len()).any(|nth| {
                let (user, _) = desired.selected(nth).unwrap();
                let names = [user.firstname, user.lastname].map(Option::unwrap_or_default);
                is_alike(&names, &[record.firstname, record.lastname])
            });
            assert!(alike, "company {seed}: {why}");
        }
    }
    assert!(by_other_names > 15, "{by_other_names}");
}

#[test]
fn nobody_loses_a_group_by_a_list_that_was_not_whole() {
    let mut not_whole = 0;
    for seed in 0..COMPANIES {
        let company = Company::new(&mut Numbers(seed));
        let plan = company.plan();
        let missing = company.directory.groups.iter().any(|group| group.missing);
        for (org, change) in all_of(&plan) {
            let unread = &company.orgs[usize::from(org.0)].unread_groups;
            not_whole += usize::from(missing || !unread.is_empty());
            for removed in change.reason.removed.iter() {
                let by_unread = unread.iter().any(|group| group.name == removed.group);
                let by_missing = missing && ["P", "P2"].contains(&removed.group);
                assert!(!by_unread && !by_missing, "company {seed}: {change:?}");
            }
            let is_there = matches!(
                change.reason.kind,
                Kind::Created | Kind::Updated | Kind::Continued
            );
            assert!(is_there || !missing, "company {seed}: {change:?}");
        }
    }
    assert!(not_whole > 100, "{not_whole}");
}

#[test]
fn limits_only_part_the_plan_and_never_change_it() {
    let mut held = 0;
    for seed in 0..COMPANIES {
        let mut random = Numbers(seed);
        let mut company = Company::new(&mut random);
        company.config.limits.max_group_loss = Limit::Percent(100.0);
        // Nobody looks renamed: that guard cannot be switched off.
        for org in &mut company.orgs {
            org.users.iter_mut().for_each(|user| user.lastname = "");
        }
        let plain = company.plan();
        assert!(plain.orgs.iter().all(|org| org.held.is_empty()));
        company.config.limits = Limits {
            max_adobe_only_users: Limit::Number(random.below(3) as u64),
            group_removals_only: false,
            max_group_removals: Some(Limit::Number(random.below(2) as u64)),
            max_group_loss: Limit::Percent(30.0),
            max_new_users: Some(Limit::Number(random.below(3) as u64)),
        };
        let guarded = company.plan();
        assert_eq!(steps(&guarded, true), steps(&plain, true), "company {seed}");
        let sent = steps(&guarded, false);
        let plain = steps(&plain, true);
        for (person, steps) in &sent {
            let all = plain.get(person).unwrap();
            assert!(
                steps.iter().all(|step| all.contains(step)),
                "company {seed}"
            );
        }
        held += guarded.orgs.iter().map(|org| org.held.len()).sum::<usize>();
        let told = guarded
            .held_back
            .iter()
            .any(|held| matches!(held.by, plan::HeldBackBy::Limit(..)));
        let holds = guarded.orgs.iter().any(|org| !org.held.is_empty());
        assert!(!holds || told, "company {seed}");
    }
    assert!(held > 300, "{held}");
}
