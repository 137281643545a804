//! Adobe-only users: whether they are processed, and how (manual/rules.md#adobe-only-users).
//!
//! Every rule that keeps them from being processed is in [`decide`]; nobody else removes accounts.

use std::rc::Rc;

use crate::config::{AdobeOnlyUserAction, Config};
use crate::model::change::{Account, Before};
use crate::model::names::{Chains, Names};
use crate::model::why::{GroupWhy, UserWhy};
use crate::model::{AdobeOrg, AdobeUser, GroupId, ListId, OrgId};
use crate::plan::desired::Desired;
use crate::plan::existing::GroupDiffs;
use crate::plan::matching::{Fate, Fates, by_email};
use crate::plan::{
    AdobeOnlyRow, Change, HeldBack, HeldBackBy, Kind, Reason, adobe_only_kind, adobe_only_step,
    commands, limits,
};
use crate::text::hash::QuickMap;
use crate::text::{Text, Texts};

/// An org that was read, with what becomes of its users.
#[derive(Debug)]
pub(super) struct ReadOrg<'o> {
    pub(super) id: OrgId,
    pub(super) org: &'o AdobeOrg,
    pub(super) fates: Fates,
}

/// An Adobe user, its fate, and its place in the primary org.
pub(super) type Seen<'o> = (&'o AdobeUser, Fate, Option<u32>);

impl ReadOrg<'_> {
    /// Its users in the order read.
    pub(super) fn users(&self) -> impl Iterator<Item = Seen<'_>> {
        (0..self.org.users.len()).filter_map(|place| self.user(place))
    }

    /// Those of its users who are wanted, by e-mail. Few usually are: to go through all of them in
    /// that order would take longer than reading them.
    pub(super) fn by_email(&self, mut wanted: impl FnMut(&Seen<'_>) -> bool) -> Vec<Seen<'_>> {
        let places = (0..).take(self.org.users.len());
        let user = |place: &u32| self.user(*place as usize);
        let mut wanted = places.filter(|place| user(place).is_some_and(|seen| wanted(&seen)));
        let places = by_email(self.org, &mut wanted);
        places.iter().filter_map(user).collect()
    }

    fn user(&self, place: usize) -> Option<Seen<'_>> {
        let user = self.org.users.get(place)?;
        let fate = *self.fates.fates.get(place)?;
        let in_primary = match self.id.is_primary() {
            true => u32::try_from(place).ok(),
            false => *self.fates.in_primary.get(place)?,
        };
        Some((user, fate, in_primary))
    }
}

/// What was decided about the Adobe-only users.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// By the places of the primary org's users: counted and listed.
    pub(super) counted: Vec<bool>,
    pub(super) count: usize,
    /// Why nobody is processed, if nobody is.
    pub(super) held_back: Vec<HeldBack>,
    /// `None` where the list would hold people who are not Adobe-only.
    pub(super) rows: Option<Vec<AdobeOnlyRow>>,
}

impl Decision {
    pub(super) fn is_held(&self) -> bool {
        !self.held_back.is_empty()
    }

    pub(super) fn counts(&self, in_primary: Option<u32>) -> bool {
        in_primary.is_some_and(|place| self.counted.get(place as usize) == Some(&true))
    }
}

/// Decides about the Adobe-only users. `orgs` holds the primary org last.
pub(super) fn decide(config: &Config, desired: &Desired, orgs: &[ReadOrg]) -> Decision {
    let Some(primary) = orgs.last() else {
        return Decision::default();
    };
    let losing = losing(desired, orgs);
    let only_losing = config.limits.group_removals_only;
    let mut decision = Decision {
        counted: vec![false; primary.org.users.len()],
        ..Decision::default()
    };
    for (place, fate) in primary.fates.fates.iter().enumerate() {
        let counts = *fate == Fate::AdobeOnly && (!only_losing || losing.get(place) == Some(&true));
        if let (true, Some(counted)) = (counts, decision.counted.get_mut(place)) {
            *counted = true;
            decision.count += 1;
        }
    }
    let losing = match adobe_only_kind(config, OrgId::PRIMARY) {
        None => 0,
        Some(Kind::AdobeOnlyGroups) => losing.iter().filter(|loses| **loses).count(),
        Some(_) => decision.count,
    };
    let trusted = hold_for_directory(config, desired, losing, &mut decision);
    if trusted {
        hold_for_limit(config, primary, &mut decision);
        decision.rows = rows(config, orgs, &decision);
    }
    decision
}

/// Holds everybody back if the directory was not read whole, or is empty. `true`: it can be
/// trusted.
fn hold_for_directory(
    config: &Config,
    desired: &Desired,
    losing: usize,
    decision: &mut Decision,
) -> bool {
    if !desired.missing.names.is_empty() {
        decision.held_back.push(HeldBack {
            by: HeldBackBy::MissingGroup,
            text: limits::missing_groups(&desired.missing.names),
        });
    }
    let empty = desired.before_user_filter == 0 && !config.options.allow_empty_directory;
    if empty && losing > 0 {
        decision.held_back.push(HeldBack {
            by: HeldBackBy::EmptyDirectory,
            text: limits::empty_directory(desired.directory, losing),
        });
    }
    decision.held_back.is_empty()
}

fn hold_for_limit(config: &Config, primary: &ReadOrg, decision: &mut Decision) {
    if adobe_only_kind(config, OrgId::PRIMARY).is_none() {
        return;
    }
    let excluded = |fate: &&Fate| matches!(fate, Fate::Excluded(_));
    let excluded = primary.fates.fates.iter().filter(excluded).count();
    let whole = primary.org.users.len() - excluded;
    let limit = config.limits.max_adobe_only_users;
    if limits::exceeds(limit, decision.count, whole) {
        let allowed = limits::allowed(limit, whole, "Adobe users");
        decision.held_back.push(HeldBack {
            by: HeldBackBy::MaxAdobeOnlyUsers,
            text: limits::adobe_only(decision.count, &allowed),
        });
    }
}

/// By the places of the primary org's users: Adobe-only users with mapped groups in any org.
fn losing(desired: &Desired, orgs: &[ReadOrg]) -> Vec<bool> {
    let users = orgs.last().map_or(0, |primary| primary.org.users.len());
    let mut losing = vec![false; users];
    for read in orgs {
        let mut diffs = GroupDiffs::new(read.id, read.org, desired, GroupWhy::AdobeOnly);
        for (user, fate, in_primary) in read.users() {
            let place = in_primary.and_then(|place| losing.get_mut(place as usize));
            if let (Fate::AdobeOnly, Some(loses)) = (fate, place) {
                *loses |= !diffs.all_mapped(user.groups).is_empty();
            }
        }
    }
    losing
}

/// The rows of the list to write: the primary org first.
fn rows(config: &Config, orgs: &[ReadOrg], decision: &Decision) -> Option<Vec<AdobeOnlyRow>> {
    let AdobeOnlyUserAction::WriteFile(_) = config.options.adobe_only_user_action else {
        return None;
    };
    let (primary, secondaries) = orgs.split_last()?;
    let reads = std::iter::once(primary).chain(secondaries);
    let rows = reads.flat_map(|read| {
        let listed = read.by_email(|(_, fate, in_primary)| {
            *fate == Fate::AdobeOnly && decision.counts(*in_primary)
        });
        listed.into_iter().map(|(user, _, _)| AdobeOnlyRow {
            identity_type: user.identity_type,
            username: user.username,
            email: user.email,
            domain: user.domain,
            org: read.id,
        })
    });
    Some(rows.collect())
}

/// Puts the commands for an org's Adobe-only users into `changes`.
pub(super) fn process(
    config: &Config,
    desired: &Desired,
    (read, decision): (&ReadOrg, &Decision),
    reasons: &Reasons,
    changes: &mut Vec<Change>,
) {
    let Some(kind) = adobe_only_kind(config, read.id) else {
        return;
    };
    let mut diffs = GroupDiffs::new(read.id, read.org, desired, GroupWhy::AdobeOnly);
    let mut names_of = GroupNamesOf::new(read.org);
    let processed = read
        .by_email(|(_, fate, in_primary)| *fate == Fate::AdobeOnly && decision.counts(*in_primary));
    for (user, _, _) in processed {
        let step = adobe_only_step(kind);
        let removed = match step {
            Some(_) => Rc::default(),
            None => diffs.all_mapped(user.groups),
        };
        let names = removed.iter().map(|change| change.group);
        let commands = commands::cut(commands::existing(user), step, names, []);
        let reason = Reason {
            person: user.email,
            kind,
            why: Some(reasons.of(user)),
            removed: removed.clone(),
            before: match kind {
                Kind::AdobeOnlyGroups => Before::Present,
                _ => Before::Account(Box::new(Account::of(user, names_of.list(user.groups)))),
            },
            ..Reason::default()
        };
        reason.give(commands, changes);
    }
}

/// The names of the groups in a list, worked out once for each list.
struct GroupNamesOf<'o> {
    org: &'o AdobeOrg,
    known: QuickMap<ListId, Rc<[Text]>>,
}

impl GroupNamesOf<'_> {
    fn new(org: &AdobeOrg) -> GroupNamesOf<'_> {
        GroupNamesOf {
            org,
            known: QuickMap::default(),
        }
    }

    fn list(&mut self, list: ListId) -> Rc<[Text]> {
        let names = || {
            let groups = self.org.group_lists.get(list).iter();
            groups
                .map(|group| self.org.groups.name(GroupId(*group)))
                .collect()
        };
        self.known.entry(list).or_insert_with(names).clone()
    }
}

/// Why somebody has no selected directory user: who was left out, by name.
#[derive(Debug, Default)]
pub struct Reasons {
    names: Chains,
    whys: Vec<UserWhy>,
}

impl Reasons {
    pub fn of_directory(desired: &Desired, texts: &mut Texts) -> Reasons {
        let mut reasons = Reasons::default();
        for member in &desired.directory.filtered {
            let names = [member.email, member.login];
            reasons.add(UserWhy::FilteredOut(member.status), &names, texts);
        }
        for user in desired.not_selected() {
            let names = Names::of_directory(user);
            let names = [names.email, names.username];
            reasons.add(UserWhy::NotSelected(user.login), &names, texts);
        }
        reasons
    }

    fn add(&mut self, why: UserWhy, names: &[Text], texts: &mut Texts) {
        let place = u32::try_from(self.whys.len()).unwrap_or(u32::MAX);
        self.whys.push(why);
        for name in names {
            let key = texts.key(name);
            if !key.is_empty() {
                self.names.add_once(key, place);
            }
        }
    }

    pub fn of(&self, user: &AdobeUser) -> UserWhy {
        let names = Names::of_adobe(user);
        let by_email = self.names.find(names.email).next();
        let found = by_email.or_else(|| self.names.find(names.username).next());
        let why = found.and_then(|place| self.whys.get(place as usize).copied());
        why.unwrap_or(UserWhy::NoDirectoryUser)
    }
}
