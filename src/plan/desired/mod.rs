//! Who is selected, and which Adobe groups they are to have (manual/rules.md#desired-groups).
//!
//! Selection by `--users` and `--user-filter`, desired groups from mapping and additional groups;
//! what a hook makes of them is in [`hook`]. Knows nothing of what Adobe holds.

pub mod hook;
mod sets;
mod sources;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::config::{self, Config, UserSelection};
use crate::error::Error;
use crate::model::names::AdobeName;
use crate::model::notice::Notice;
use crate::model::why::{GroupWhy, UserWhy};
use crate::model::{Directory, DirectoryGroup, DirectoryUser, ListId, OrgId, SkippedMember};
use crate::plan::GroupChange;
use crate::plan::additional;
use crate::plan::groups::{MappedGroups, MappedId};
use crate::text::{self, Text, Texts};
use script::pattern::{GivenUp, NamePattern};
use sets::Sets;
use sources::{Selecting, mapped_by_group, missing_groups};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// Its place in [`Directory::users`].
    pub user: u32,
    pub wish: Wish,
}

/// The groups that a user is to have, and those that it would have without the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wish {
    pub mapped: SetId,
    pub groups: SetId,
}

/// A set of desired groups in [`Desired::set`]; many users share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(u32);

/// A desired group, and why.
pub type Wanted = (MappedId, GroupWhy);

/// Directory groups that Okta does not have, and what that keeps from being removed.
#[derive(Debug, Default)]
pub struct MissingGroups {
    pub names: Vec<Text>,
    /// Mapped groups that lose nobody in this run.
    pub protected: HashSet<MappedId>,
}

/// The selected users with their desired groups.
#[derive(Debug)]
pub struct Desired<'d> {
    pub config: &'d Config,
    pub directory: &'d Directory,
    pub mapped: MappedGroups,
    /// Selected users, in the order in which they are handled.
    pub users: Vec<Selected>,
    /// Users in a selected group, before `--user-filter`.
    pub before_user_filter: usize,
    pub missing: MissingGroups,
    /// Users whom the hook's changes made impossible to address: protected.
    pub skipped: Vec<SkippedMember>,
    pub notices: Vec<Notice>,
    sets: Sets,
    additional: HashMap<u32, Vec<MappedId>>,
    selecting: Selecting,
    /// Users as the hook changed them, by their place in the directory.
    changed: HashMap<u32, DirectoryUser>,
    /// Whom the hook's changes joined to others, by the place of who was kept.
    joined: HashMap<u32, Vec<u32>>,
}

impl<'d> Desired<'d> {
    /// Selects users and works out their groups. An error if additional-group rules collide.
    pub fn select(
        config: &'d Config,
        directory: &'d Directory,
        texts: &mut Texts,
    ) -> Result<Desired<'d>, Error> {
        let mut mapped = MappedGroups::of_config(config, texts);
        let mut additional: HashMap<u32, Vec<MappedId>> = HashMap::new();
        let mut resolved: Vec<_> = additional::resolve(config, directory)?
            .into_iter()
            .collect();
        resolved.sort_unstable_by_key(|(place, _)| *place);
        for (place, groups) in resolved {
            let ids = groups.iter().map(|group| mapped.add(group, texts));
            additional.insert(place, ids.collect());
        }
        let mut allowed = config.allow_group_loss.iter();
        if let Some(group) = allowed.find(|group| mapped.id_of(group).is_none()) {
            let problem = config::not_mapped(&group.name);
            return Err(Error::Usage(format!("--allow-group-loss: {problem}")));
        }
        let mut desired = Desired {
            config,
            directory,
            missing: missing_groups(config, directory, &mapped, &additional),
            selecting: Selecting::of_config(config, directory),
            sets: Sets::default(),
            mapped,
            additional,
            users: Vec::with_capacity(directory.users.len()),
            before_user_filter: 0,
            skipped: Vec::new(),
            notices: Vec::new(),
            changed: HashMap::new(),
            joined: HashMap::new(),
        };
        desired.select_users();
        desired.tell_empty_selection();
        Ok(desired)
    }

    fn select_users(&mut self) {
        let config = self.config;
        let mut selects: HashMap<ListId, bool> = HashMap::new();
        let by_group = mapped_by_group(config, self.directory, &self.mapped);
        let mut sets: HashMap<ListId, SetId> = HashMap::new();
        for (place, user) in (0..).zip(&self.directory.users) {
            let selected = *selects
                .entry(user.groups)
                .or_insert_with(|| self.selecting.selects(self.directory, user));
            if !selected {
                continue;
            }
            self.before_user_filter += 1;
            if !passes_user_filter(config, user.username) {
                continue;
            }
            let groups = match sets.get(&user.groups) {
                Some(set) => *set,
                None => {
                    let set = self.mapped_set(user.groups, &by_group);
                    sets.insert(user.groups, set);
                    set
                }
            };
            self.users.push(Selected {
                user: place,
                wish: Wish {
                    mapped: groups,
                    groups,
                },
            });
        }
    }

    /// Warns of options that leave nobody.
    fn tell_empty_selection(&mut self) {
        let config = self.config;
        if config.options.users == UserSelection::Mapped && config.groups.is_empty() {
            self.notices.push(Notice::warning(
                "--users mapped selects nobody: directory_users.groups maps no directory group, and additional_groups select nobody",
            ));
        }
        if config.options.user_filter.is_some()
            && self.users.is_empty()
            && self.before_user_filter > 0
        {
            self.notices.push(Notice::warning(format!(
                "--user-filter matches none of the {} selected users: it must match a whole username, as \"jo.*@example\\.com\" does",
                self.before_user_filter
            )));
        }
    }

    /// The set of the groups mapped from a list of directory groups, with additional groups.
    fn mapped_set(&mut self, list: ListId, by_group: &HashMap<u32, Vec<MappedId>>) -> SetId {
        let mut wanted: BTreeMap<MappedId, GroupWhy> = BTreeMap::new();
        for place in self.directory.group_lists.get(list) {
            let name = group_name(self.directory, *place);
            for id in by_group.get(place).into_iter().flatten() {
                wanted
                    .entry(*id)
                    .or_insert(GroupWhy::InDirectoryGroup(self.directory.kind, name));
            }
        }
        self.with_additional(list, wanted)
    }

    fn with_additional(&mut self, list: ListId, mut wanted: BTreeMap<MappedId, GroupWhy>) -> SetId {
        for place in self.directory.group_lists.get(list) {
            let name = group_name(self.directory, *place);
            for id in self.additional.get(place).into_iter().flatten() {
                wanted
                    .entry(*id)
                    .or_insert(GroupWhy::ByRule(self.directory.kind, name));
            }
        }
        self.sets.intern(wanted.into_iter().collect())
    }

    /// The user at a place in the directory, as the hook left it.
    pub fn user_at(&self, place: u32) -> Option<&DirectoryUser> {
        self.changed
            .get(&place)
            .or_else(|| self.directory.users.get(place as usize))
    }

    /// Whether anybody has names beside e-mail and username.
    pub fn has_other_names(&self) -> bool {
        !self.directory.other_names.is_empty() || !self.changed.is_empty()
    }

    /// The other names of a selected user: aliases, names before the hook, names of those joined to
    /// it (manual/rules.md#other-names).
    pub fn other_names(&self, nth: u32) -> Vec<Text> {
        let Some(selected) = self.users.get(nth as usize) else {
            return Vec::new();
        };
        let mut names = self.names_of(selected.user);
        for place in self.joined.get(&selected.user).into_iter().flatten() {
            names.extend(self.names_of(*place));
            let user = self.user_at(*place);
            names.extend(
                user.into_iter()
                    .flat_map(|user| [user.login, user.email, user.username]),
            );
        }
        names
    }

    /// Aliases and names before the hook of the directory user at a place.
    fn names_of(&self, place: u32) -> Vec<Text> {
        let Some(read) = self.directory.users.get(place as usize) else {
            return Vec::new();
        };
        let mut names: Vec<Text> = self.directory.other_names.of(read.id).collect();
        if self.changed.contains_key(&place) {
            names.extend([read.email, read.username]);
        }
        names
    }

    /// The selected user with this number, as the hook left it.
    pub fn selected(&self, nth: u32) -> Option<(&DirectoryUser, SetId)> {
        let selected = self.users.get(nth as usize)?;
        Some((self.user_at(selected.user)?, selected.wish.groups))
    }

    /// What messages call the selected user with this number.
    pub fn login(&self, nth: u32) -> Text {
        self.selected(nth).map_or("", |(user, _)| user.login)
    }

    /// The groups of the selected user with this number, before and after the hook.
    pub fn wish(&self, nth: u32) -> Option<Wish> {
        self.users.get(nth as usize).map(|selected| selected.wish)
    }

    /// Whether the run is not about the selected user with this number, nor about anybody joined to
    /// it: nothing is done to such a person.
    pub fn is_bystander(&self, nth: u32) -> bool {
        let bystanders = &self.directory.bystanders;
        let selected = self.users.get(nth as usize);
        let Some(selected) = selected.filter(|_| !bystanders.is_empty()) else {
            return false;
        };
        let joined = self.joined.get(&selected.user).into_iter().flatten();
        let mut places = std::iter::once(&selected.user).chain(joined);
        places.all(|place| {
            let user = self.directory.users.get(*place as usize);
            user.is_some_and(|user| bystanders.contains(user.id))
        })
    }

    /// With `--only`: the names by which the people whom the run is about are asked for at Adobe,
    /// each once: those by which they would be matched among all.
    pub fn names_at_adobe(&self) -> Vec<AdobeName> {
        let mut names: Vec<(Text, Text)> = Vec::new();
        for nth in (0..).take(self.users.len()) {
            if let Some((user, _)) = self.selected(nth).filter(|_| !self.is_bystander(nth)) {
                let own = [user.email, user.username].into_iter();
                let all = own.chain(self.other_names(nth));
                names.extend(all.map(|name| (name, user.domain)));
            }
        }
        let bystanders = &self.directory.bystanders;
        let is_meant = |user: &&DirectoryUser| !bystanders.contains(user.id);
        for user in self.not_selected().filter(is_meant) {
            let own = [user.email, user.username].into_iter();
            let all = own.chain(self.directory.other_names.of(user.id));
            names.extend(all.map(|name| (name, user.domain)));
        }
        names.extend(self.directory.other_people.iter().map(|name| (*name, "")));
        let mut known = HashSet::new();
        let found = names.into_iter().filter_map(|(name, domain)| {
            let is_new = known.insert((text::key(name), text::key(domain)));
            AdobeName::of(name, domain).filter(|_| is_new)
        });
        found.collect()
    }

    /// Why a user is not to have a group.
    pub fn no_longer(&self, wish: Wish, group: MappedId) -> GroupWhy {
        let mut mapped = self.set(wish.mapped).iter();
        if mapped.any(|(id, _)| *id == group) {
            GroupWhy::NotByHook
        } else {
            GroupWhy::NotInMappedGroup(self.directory.kind)
        }
    }

    /// The desired groups of a set, in configuration order.
    pub fn set(&self, set: SetId) -> &[Wanted] {
        self.sets.get(set)
    }

    /// Those of a set that are in one org.
    pub fn wanted_in(
        &self,
        set: SetId,
        org: OrgId,
    ) -> impl Iterator<Item = (MappedId, GroupChange)> {
        self.set(set).iter().filter_map(move |(id, why)| {
            let group = self.mapped.get(*id)?;
            let change = GroupChange {
                group: group.name,
                why: *why,
            };
            (group.org == org).then_some((*id, change))
        })
    }

    /// The names of the directory groups that a user was found in, in reading order.
    pub fn source_groups(&self, user: &DirectoryUser) -> impl Iterator<Item = Text> {
        let list = self.directory.group_lists.get(user.groups);
        list.iter().map(|place| group_name(self.directory, *place))
    }

    pub fn selected_why(&self, user: &DirectoryUser) -> UserWhy {
        let list = self.directory.group_lists.get(user.groups);
        let group = list
            .iter()
            .find(|place| self.selecting.selects_group(**place));
        match group {
            Some(place) => {
                let name = group_name(self.directory, *place);
                UserWhy::InDirectoryGroup(self.directory.kind, name)
            }
            None => UserWhy::InDirectory,
        }
    }

    /// The directory groups that a mapped group comes from, each once.
    pub(super) fn sources_of(&self, id: MappedId) -> Vec<&'d DirectoryGroup> {
        let is_mapped = |group: &DirectoryGroup| {
            self.config.groups.iter().any(|mapping| {
                let mut ids = mapping.adobe_groups.iter();
                mapping.directory_group.trim() == group.name.trim()
                    && ids.any(|group| self.mapped.id_of(group) == Some(id))
            })
        };
        let by_rule = |place: &u32| {
            self.additional
                .get(place)
                .is_some_and(|ids| ids.contains(&id))
        };
        let groups = (0..).zip(&self.directory.groups);
        let sources = groups.filter(|(place, group)| by_rule(place) || is_mapped(group));
        sources.map(|(_, group)| group).collect()
    }

    /// The directory users who are read but not selected, nor left out by `--user-filter` alone.
    pub fn not_selected(&self) -> impl Iterator<Item = &DirectoryUser> {
        let mut selected = self.users.iter().map(|selected| selected.user).peekable();
        (0..)
            .zip(&self.directory.users)
            .filter_map(move |(place, user)| match selected.next_if_eq(&place) {
                Some(_) => None,
                None => Some(user),
            })
    }
}

/// Whether `--user-filter` lets a username pass.
pub fn passes_user_filter(config: &Config, username: &str) -> bool {
    let filter = config.options.user_filter.as_ref();
    filter.is_none_or(|filter| whole_match(filter, username).unwrap_or(false))
}

/// Whether a pattern matches a whole username, ignoring case.
///
/// # Errors
/// Nobody knows: whoever it is about is left alone.
pub fn whole_match(pattern: &NamePattern, username: &str) -> Result<bool, GivenUp> {
    pattern.is_match(&text::folded(username))
}

fn group_name(directory: &Directory, place: u32) -> Text {
    directory
        .groups
        .get(place as usize)
        .map_or("", |group| group.name)
}
