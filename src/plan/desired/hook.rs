//! What a hook left behind: changed attributes and groups of selected users (spec/sync-rules.md 3).
//!
//! Knows not how hooks run. Names that are not mapped groups become error notices.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Desired, Selected, SetId, Wanted};
use crate::config::Config;
use crate::index::{Index, Names};
use crate::mapping;
use crate::model::{DirectoryUser, SkippedMember};
use crate::notice::Notice;
use crate::plan::groups::{self, MappedId};
use crate::plan::why::GroupWhy;
use crate::text::{self, Text, Texts};

/// What a hook left behind for one user: its `target_attributes` and `target_groups`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookResult {
    pub email: Option<String>,
    pub username: Option<String>,
    pub domain: Option<String>,
    pub firstname: Option<String>,
    pub lastname: Option<String>,
    pub country: Option<String>,
    /// Qualified names.
    pub target_groups: Vec<String>,
}

impl Desired<'_> {
    /// The qualified names that the hook finds in `target_groups`: what the mapping gives.
    pub fn target_groups(&self, config: &Config, selected: &Selected) -> Vec<String> {
        let mapped = |(id, why): &Wanted| match why {
            GroupWhy::InDirectoryGroup(_) => self
                .mapped
                .get(*id)
                .map(|group| groups::qualified(config, group)),
            _ => None,
        };
        self.set(selected.groups)
            .iter()
            .filter_map(mapped)
            .collect()
    }

    /// Puts in what the hook made of the selected user with this number.
    pub fn apply_hook(&mut self, nth: u32, result: &HookResult, texts: &mut Texts) {
        let Some(selected) = self.users.get(nth as usize).copied() else {
            return;
        };
        let Some(user) = self.directory.users.get(selected.user as usize) else {
            return;
        };
        let mut wanted = BTreeMap::new();
        for name in &result.target_groups {
            match self.mapped.find(name) {
                Some(id) => _ = wanted.insert(id, self.hook_reason(selected.groups, id)),
                None => self.notices.push(Notice::error(format!(
                    "user {}: the hook gives the Adobe group {name:?}, which is not mapped; it is ignored. Name it under groups or extended_adobe_groups",
                    user.login
                ))),
            }
        }
        let groups = self.with_additional(user.groups, wanted);
        if let Some(selected) = self.users.get_mut(nth as usize) {
            selected.groups = groups;
        }
        let changed = after_hook(user, result, texts);
        if changed != *user {
            self.changed.insert(selected.user, changed);
        }
    }

    /// A group that the mapping gave keeps its reason.
    fn hook_reason(&self, before: SetId, id: MappedId) -> GroupWhy {
        let kept = self.set(before).iter().find(|(known, _)| *known == id);
        match kept {
            Some((_, why @ GroupWhy::InDirectoryGroup(_))) => *why,
            _ => GroupWhy::ByHook,
        }
    }

    /// After the last hook: leaves out users who cannot be addressed any more, and makes those
    /// whom the hook gave the same e-mail or username one.
    pub fn finish_hook(&mut self, texts: &mut Texts) {
        if self.changed.is_empty() {
            return;
        }
        let mut index = Index::default();
        let mut kept: Vec<Selected> = Vec::with_capacity(self.users.len());
        for selected in std::mem::take(&mut self.users) {
            let Some(user) = self.user_at(selected.user).cloned() else {
                continue;
            };
            if let Some(reason) = not_addressable(&user) {
                self.skip(&user, selected.user, reason);
                continue;
            }
            let names = Names::of_directory(&user);
            let known = |nth: u32| {
                let selected = kept.get(nth as usize)?;
                self.user_at(selected.user).map(Names::of_directory)
            };
            let by_email = index.by_email(&names).next();
            match by_email.or_else(|| index.by_username(&names, known).next()) {
                None => {
                    index.add(&names, kept.len(), texts);
                    kept.push(selected);
                }
                Some(first) => {
                    let joined = kept.get_mut(first as usize);
                    self.join(joined, selected, &user);
                }
            }
        }
        self.users = kept;
    }

    fn join(&mut self, first: Option<&mut Selected>, second: Selected, user: &DirectoryUser) {
        let Some(first) = first else {
            return;
        };
        let sets = [first.groups, second.groups].map(|set| self.set(set).to_vec());
        let mut wanted: BTreeMap<MappedId, GroupWhy> = BTreeMap::new();
        for (id, why) in sets.into_iter().flatten() {
            wanted.entry(id).or_insert(why);
        }
        first.groups = self.sets.intern(wanted.into_iter().collect());
        let kept = self.user_at(first.user).map_or("", |user| user.login);
        self.notices.push(Notice::warning(format!(
            "the hook gave directory users {kept} and {} the same e-mail or username: the attributes of the first count, the groups are joined",
            user.login
        )));
        self.skipped.push(SkippedMember {
            login: user.login,
            names: self.other_names(first.user, user),
            reason: format!("it is joined to {kept}"),
        });
    }

    /// The names of a joined user that the user who was kept does not have.
    fn other_names(&self, kept: u32, user: &DirectoryUser) -> Vec<Text> {
        let kept = self.user_at(kept);
        let other = |name: &Text| {
            kept.is_none_or(|kept| {
                !text::same(name, kept.email) && !text::same(name, kept.username)
            })
        };
        [user.email, user.username]
            .into_iter()
            .filter(other)
            .collect()
    }

    fn skip(&mut self, user: &DirectoryUser, place: u32, reason: &str) {
        self.notices.push(Notice::warning(format!(
            "user {} is skipped after the hook: {reason}; Adobe users of that name are left alone",
            user.login
        )));
        let read = self.directory.users.get(place as usize);
        let mut names = vec![user.login, user.email, user.username];
        names.extend(
            read.into_iter()
                .flat_map(|read| [read.email, read.username]),
        );
        names.retain(|name| !name.is_empty());
        self.skipped.push(SkippedMember {
            login: user.login,
            names,
            reason: reason.to_owned(),
        });
    }
}

/// The user as the hook's `target_attributes` say; the rules for nothing are those of mapping.
fn after_hook(user: &DirectoryUser, result: &HookResult, texts: &mut Texts) -> DirectoryUser {
    let email = keep_trimmed(&result.email, user.email, texts).unwrap_or_default();
    let username = keep_trimmed(&result.username, user.username, texts).unwrap_or(email);
    let domain = keep_trimmed(&result.domain, user.domain, texts);
    let country = result
        .country
        .as_deref()
        .map(|country| match country.to_uppercase() {
            upper if upper == country => Cow::Borrowed(country),
            upper => Cow::Owned(upper),
        });
    DirectoryUser {
        email,
        username,
        domain: domain.unwrap_or_else(|| mapping::domain_of(email)),
        firstname: keep_given(result.firstname.as_deref(), user.firstname, texts),
        lastname: keep_given(result.lastname.as_deref(), user.lastname, texts),
        country: keep_given(country.as_deref().map(str::trim), user.country, texts),
        ..user.clone()
    }
}

fn keep_trimmed(value: &Option<String>, before: Text, texts: &mut Texts) -> Option<Text> {
    let before = (!before.is_empty()).then_some(before);
    keep_given(value.as_deref().map(str::trim), before, texts)
}

fn keep_given(value: Option<&str>, before: Option<Text>, texts: &mut Texts) -> Option<Text> {
    match value.filter(|value| !value.is_empty()) {
        Some(same) if Some(same) == before => before,
        Some(value) => Some(texts.keep(value)),
        None => None,
    }
}

fn not_addressable(user: &DirectoryUser) -> Option<&'static str> {
    if user.email.is_empty() && user.username.is_empty() {
        return Some("it has neither e-mail nor username");
    }
    let domain = user.domain.is_empty() && !user.username.contains('@');
    domain.then_some("its username is no e-mail, and there is no domain")
}
