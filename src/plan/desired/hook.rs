//! What a hook left behind: changed attributes and groups of selected users
//! (manual/rules.md#desired-groups).
//!
//! Knows not how hooks run. Names that are not mapped groups become error notices.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{Desired, Selected, SetId, Wanted};
use crate::error::quoted;
use crate::model::names::{Index, Names};
use crate::model::notice::Notice;
use crate::model::why::{GroupWhy, SkipWhy};
use crate::model::{DirectoryUser, SkippedMember};
use crate::plan::groups::MappedId;
use crate::text::{self, Text, Texts};

/// What a hook left behind for one user: its `target_attributes` and `target_groups`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HookResult {
    pub email: Option<Given>,
    pub username: Option<Given>,
    pub domain: Option<Given>,
    pub firstname: Option<Given>,
    pub lastname: Option<Given>,
    pub country: Option<Given>,
    /// Groups that the hook gives, by their qualified names (`org::group`); no attribute.
    #[serde(skip)]
    pub target_groups: Vec<Given>,
}

/// A text that a hook gives; borrowed where it only hands on what it found.
pub type Given = Cow<'static, str>;

impl Desired<'_> {
    /// The qualified names that the hook finds in `target_groups`: what the mapping gives.
    pub fn target_groups(&self, set: SetId, texts: &mut Texts) -> Vec<Text> {
        let is_mapped = |(_, why): &&Wanted| matches!(why, GroupWhy::InDirectoryGroup(..));
        let mapped = self.set(set).iter().filter(is_mapped);
        let names = mapped.map(|(id, _)| texts.share(&self.mapped.qualified(self.config, *id)));
        names.collect()
    }

    /// Puts in what the hook made of the selected user with this number, who had been given the
    /// groups `found`.
    pub fn apply_hook(&mut self, nth: u32, found: &[Text], result: &HookResult, texts: &mut Texts) {
        let Some(selected) = self.users.get(nth as usize).copied() else {
            return;
        };
        let Some(user) = self.directory.users.get(selected.user as usize) else {
            return;
        };
        if !result.target_groups.iter().eq(found) {
            let groups = self.hook_groups(user, selected.wish.mapped, result);
            if let Some(selected) = self.users.get_mut(nth as usize) {
                selected.wish.groups = groups;
            }
        }
        let changed = after_hook(user, result, texts);
        if changed != *user {
            self.changed.insert(selected.user, changed);
        }
    }

    /// The set of the groups that the hook gives, with additional groups.
    fn hook_groups(&mut self, user: &DirectoryUser, before: SetId, result: &HookResult) -> SetId {
        let mut wanted = BTreeMap::new();
        for name in &result.target_groups {
            match self.mapped.find(name) {
                Some(id) => _ = wanted.insert(id, self.hook_reason(before, id)),
                None => self.notices.push(Notice::error(format!(
                    "user {}: the hook gives the Adobe group {}, which is not mapped; it is ignored. Name it under groups or extended_adobe_groups",
                    user.login,
                    quoted(name)
                ))),
            }
        }
        self.with_additional(user.groups, wanted)
    }

    /// A group that the mapping gave keeps its reason.
    fn hook_reason(&self, before: SetId, id: MappedId) -> GroupWhy {
        let kept = self.set(before).iter().find(|(known, _)| *known == id);
        match kept {
            Some((_, why @ GroupWhy::InDirectoryGroup(..))) => *why,
            _ => GroupWhy::ByHook,
        }
    }

    /// After the last hook: leaves out users who cannot be addressed any more, and makes those
    /// whom the hook gave the same e-mail or username one.
    pub fn finish_hook(&mut self) {
        if self.changed.is_empty() {
            return;
        }
        let mut index = Index::default();
        let mut kept: Vec<Selected> = Vec::with_capacity(self.users.len());
        let mut skipped = 0;
        for selected in std::mem::take(&mut self.users) {
            let Some(user) = self.user_at(selected.user).cloned() else {
                continue;
            };
            if let Some(reason) = not_addressable(&user) {
                self.skip(&user, selected.user, reason);
                skipped += 1;
                continue;
            }
            let names = Names::of_directory(&user);
            let known = |nth: u32| {
                let selected = kept.get(nth as usize)?;
                self.user_at(selected.user).map(Names::of_directory)
            };
            let by_email = index.by_email(&names, known).next();
            match by_email.or_else(|| index.by_username(&names, known).next()) {
                None => {
                    index.add(&names, kept.len());
                    kept.push(selected);
                }
                Some(first) => {
                    let joined = kept.get_mut(first as usize);
                    self.join(joined, selected, &user);
                }
            }
        }
        self.users = kept;
        if skipped > 0 {
            self.notices.push(Notice::info(format!(
                "skipped by the hook, which leaves them without a usable address: {skipped}; whoever has one of their names at Adobe keeps what they have"
            )));
        }
    }

    fn join(&mut self, first: Option<&mut Selected>, second: Selected, user: &DirectoryUser) {
        let Some(first) = first else {
            return;
        };
        let sets = [first.wish.groups, second.wish.groups].map(|set| self.set(set).to_vec());
        let mut wanted: BTreeMap<MappedId, GroupWhy> = BTreeMap::new();
        for (id, why) in sets.into_iter().flatten() {
            wanted.entry(id).or_insert(why);
        }
        first.wish.groups = self.sets.intern(wanted.into_iter().collect());
        let kept = self.user_at(first.user).map_or("", |user| user.login);
        self.notices.push(Notice::warning(format!(
            "the hook gave directory users {kept} and {} the same e-mail or username: the attributes of the first count, the groups are joined",
            user.login
        )));
        self.joined.entry(first.user).or_default().push(second.user);
    }

    fn skip(&mut self, user: &DirectoryUser, place: u32, reason: SkipWhy) {
        self.notices.push(Notice::debug(format!(
            "user {} is skipped by the hook: {reason}",
            user.login
        )));
        let mut names = vec![user.login, user.email, user.username];
        names.extend(self.names_of(place));
        names.retain(|name| !name.is_empty());
        self.skipped.push(SkippedMember {
            login: user.login,
            names,
            reason,
        });
    }
}

/// The user as the hook's `target_attributes` say; the rules for nothing are those of mapping.
fn after_hook(user: &DirectoryUser, result: &HookResult, texts: &mut Texts) -> DirectoryUser {
    let known = |text: Text| Some(text).filter(|text| !text.is_empty());
    let email = keep_trimmed(result.email.as_deref(), known(user.email), texts);
    let email = email.unwrap_or_default();
    let username = keep_trimmed(result.username.as_deref(), known(user.username), texts);
    let username = username.unwrap_or(email);
    let domain = keep_trimmed(result.domain.as_deref(), known(user.domain), texts);
    let country = result.country.as_deref().map(in_capitals);
    DirectoryUser {
        email,
        username,
        domain: domain.unwrap_or_else(|| text::domain_of(email)),
        firstname: keep_given(result.firstname.as_deref(), user.firstname, texts),
        lastname: keep_given(result.lastname.as_deref(), user.lastname, texts),
        country: keep_trimmed(country.as_deref(), user.country, texts),
        ..user.clone()
    }
}

fn in_capitals(country: &str) -> Cow<'_, str> {
    if country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(country);
    }
    Cow::Owned(country.to_uppercase())
}

/// What was found is trimmed already.
fn keep_trimmed(value: Option<&str>, before: Option<Text>, texts: &mut Texts) -> Option<Text> {
    match before {
        Some(before) if value == Some(before) => Some(before),
        _ => keep_given(value.map(str::trim), before, texts),
    }
}

fn keep_given(value: Option<&str>, before: Option<Text>, texts: &mut Texts) -> Option<Text> {
    match value.filter(|value| !value.is_empty()) {
        Some(same) if Some(same) == before => before,
        Some(value) => Some(texts.keep(value)),
        None => None,
    }
}

fn not_addressable(user: &DirectoryUser) -> Option<SkipWhy> {
    if !text::is_address(user.email) {
        return Some(SkipWhy::NotOneAddress(user.email));
    }
    let domain = user.domain.is_empty() && !user.username.contains('@');
    domain.then_some(SkipWhy::NoDomain(user.username))
}
