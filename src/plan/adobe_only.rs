//! Adobe-only users: whether they are processed, and how (manual/rules.md#adobe-only-users).
//!
//! Whether the directory can be trusted with them is in [`decide`]; what limits hold back of it is in
//! [`super::hold`]. Nobody else removes accounts.

use std::rc::Rc;

use crate::config::{AdobeOnlyUserAction, Config};
use crate::model::change::{Account, Before};
use crate::model::names::{FirstPlaces, Names};
use crate::model::why::UserWhy;
use crate::model::{AdobeOrg, AdobeUser, DirectoryKind, GroupId, ListId, OrgId};
use crate::plan::desired::Desired;
use crate::plan::draft::Draft;
use crate::plan::group_diffs::GroupDiffs;
use crate::plan::matching::Fate;
use crate::plan::orgs::{ReadOrg, Seen};
use crate::plan::{
    AdobeOnlyRow, HeldBack, HeldBackBy, Kind, Reason, adobe_only_kind, adobe_only_step, commands,
    limits,
};
use crate::text::hash::QuickMap;
use crate::text::{self, Text, Texts};

/// What was decided about the Adobe-only users.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// By the places of the primary org's users: counted and listed.
    pub(super) counted: Vec<bool>,
    pub(super) count: usize,
    /// Why nobody may be processed: the directory cannot be trusted.
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

    /// Whether it is about this user.
    fn concerns(&self, seen: &Seen) -> bool {
        seen.fate == Fate::AdobeOnly && self.counts(seen.in_primary)
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
    let writes_file = matches!(
        config.options.adobe_only_user_action,
        AdobeOnlyUserAction::WriteFile(_)
    );
    let losing = match adobe_only_kind(config, OrgId::PRIMARY) {
        // To be listed is to lose something: the list is read back by the next run.
        _ if writes_file => decision.count,
        None => 0,
        Some(Kind::AdobeOnlyGroups) => losing.iter().filter(|loses| **loses).count(),
        Some(_) => decision.count,
    };
    if hold_for_directory(config, desired, losing, &mut decision) {
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
    let members = desired.directory.skipped.iter();
    let nameless: Vec<Text> = members
        .filter(|member| member.names.is_empty())
        .map(|member| member.login)
        .collect();
    if !nameless.is_empty() && losing > 0 {
        decision.held_back.push(HeldBack {
            by: HeldBackBy::NamelessMember,
            text: limits::nameless_members(desired.directory.kind, &nameless),
        });
    }
    decision.held_back.is_empty()
}

/// By the places of the primary org's users: Adobe-only users with mapped groups in any org.
fn losing(desired: &Desired, orgs: &[ReadOrg]) -> Vec<bool> {
    let users = orgs.last().map_or(0, |primary| primary.org.users.len());
    let mut losing = vec![false; users];
    for read in orgs {
        let mut diffs = GroupDiffs::new(read.id, read.org, desired);
        for seen in read.users() {
            let place = seen
                .in_primary
                .and_then(|place| losing.get_mut(place as usize));
            if let (Fate::AdobeOnly, Some(loses)) = (seen.fate, place) {
                *loses |= !diffs.all_mapped(seen.user.groups).is_empty();
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
        let listed = read.by_email(|seen| decision.concerns(seen));
        listed.into_iter().map(|Seen { user, .. }| AdobeOnlyRow {
            identity_type: user.identity_type,
            username: user.username,
            email: user.email,
            domain: user.domain,
            org: read.id,
        })
    });
    Some(rows.collect())
}

/// What is to happen to an org's Adobe-only users.
pub(super) fn drafts(config: &Config, desired: &Desired, about: About, drafts: &mut Vec<Draft>) {
    let About {
        read,
        decision,
        reasons,
    } = about;
    let Some(kind) = adobe_only_kind(config, read.id).filter(|_| !decision.is_held()) else {
        return;
    };
    let mut diffs = GroupDiffs::new(read.id, read.org, desired);
    let mut names_of = GroupNamesOf::new(read.org);
    for seen in read.by_email(|seen| decision.concerns(seen)) {
        let user = seen.user;
        let head = adobe_only_step(kind);
        if kind == Kind::AdobeOnlyAllGroups && !has_removable_group(read.org, user) {
            continue;
        }
        let removed = match head {
            Some(_) => Rc::default(),
            None => diffs.all_mapped(user.groups),
        };
        let draft = Draft {
            whom: seen.whom(),
            subject: commands::existing(user),
            head,
            reason: Reason {
                person: user.email,
                kind,
                why: Some(reasons.of(user)),
                removed,
                before: match kind {
                    Kind::AdobeOnlyGroups => Before::Present,
                    _ => Before::Account(Box::new(Account::of(user, names_of.list(user.groups)))),
                },
                ..Reason::default()
            },
        };
        drafts.extend(Some(draft).filter(|draft| !draft.is_empty()));
    }
}

/// What [`drafts`] goes by.
#[derive(Clone, Copy)]
pub(super) struct About<'p> {
    pub(super) read: &'p ReadOrg<'p>,
    pub(super) decision: &'p Decision,
    pub(super) reasons: &'p Reasons,
}

/// Whether `remove: "all"` would take anything: system roles stay (UMAPI reference, admin roles).
fn has_removable_group(org: &AdobeOrg, user: &AdobeUser) -> bool {
    let mut groups = org.group_lists.get(user.groups).iter();
    groups.any(|group| {
        let name = text::folded(org.groups.name(GroupId(*group)));
        name != "_org_admin" && !name.starts_with("_compartment_")
    })
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
    kind: DirectoryKind,
    names: FirstPlaces,
    whys: Vec<UserWhy>,
}

impl Reasons {
    pub fn of_directory(desired: &Desired, texts: &mut Texts) -> Reasons {
        let mut reasons = Reasons {
            kind: desired.directory.kind,
            ..Reasons::default()
        };
        for member in &desired.directory.filtered {
            reasons.add(UserWhy::FilteredOut(member.status), &member.names, texts);
        }
        for user in desired.not_selected() {
            let names = Names::of_directory(user);
            let names = [names.email, names.username];
            reasons.add(
                UserWhy::NotSelected(reasons.kind, user.login),
                &names,
                texts,
            );
        }
        reasons
    }

    fn add(&mut self, why: UserWhy, names: &[Text], texts: &mut Texts) {
        let place = u32::try_from(self.whys.len()).unwrap_or(u32::MAX);
        self.whys.push(why);
        for name in names {
            let key = texts.key(name);
            if !key.is_empty() {
                self.names.add(key, place);
            }
        }
    }

    pub fn of(&self, user: &AdobeUser) -> UserWhy {
        let names = Names::of_adobe(user);
        let by_email = self.names.find(names.email);
        let found = by_email.or_else(|| self.names.find(names.username));
        let why = found.and_then(|place| self.whys.get(place as usize).copied());
        why.unwrap_or(UserWhy::NoDirectoryUser(self.kind))
    }
}
