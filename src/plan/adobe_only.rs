//! Adobe-only users: whether they are processed, and how (manual/rules.md#adobe-only-users).
//!
//! Whether the directory can be trusted with them is in [`decide`]; what limits hold back of it is in
//! [`super::hold`]. Nobody else removes accounts.

use std::rc::Rc;

use crate::config::{AdobeOnlyUserAction, Config};
use crate::model::change::{Account, Before};
use crate::model::names::Names;
use crate::model::why::UserWhy;
use crate::model::{AdobeUser, DirectoryKind, ListId, OrgId};
use crate::plan::by_name::ByName;
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
pub(super) fn decide(desired: &Desired, orgs: &[ReadOrg]) -> Decision {
    let config = desired.config;
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
    if hold_for_directory(desired, losing, &mut decision) {
        decision.rows = rows(config, orgs, &decision);
    }
    decision
}

/// Holds everybody back if the directory was not read whole, or is empty. `true`: it can be
/// trusted.
fn hold_for_directory(desired: &Desired, losing: usize, decision: &mut Decision) -> bool {
    if !desired.missing.names.is_empty() {
        decision.held_back.push(HeldBack {
            by: HeldBackBy::MissingGroup,
            text: limits::missing_groups(&desired.missing.names),
        });
    }
    let empty = desired.before_user_filter == 0 && !desired.config.options.allow_empty_directory;
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
pub(super) fn drafts(
    desired: &Desired,
    read: &ReadOrg,
    decision: &Decision,
    reasons: &Reasons,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let Some(kind) = adobe_only_kind(desired.config, read.id).filter(|_| !decision.is_held())
    else {
        return drafts;
    };
    let mut diffs = GroupDiffs::new(read.id, read.org, desired);
    let mut known: QuickMap<ListId, Rc<[Text]>> = QuickMap::default();
    let mut names_of = |list: ListId| {
        let names = || read.group_names(list).collect();
        known.entry(list).or_insert_with(names).clone()
    };
    for seen in read.by_email(|seen| decision.concerns(seen)) {
        let user = seen.user;
        let head = adobe_only_step(kind);
        if kind == Kind::AdobeOnlyAllGroups && !has_removable_group(read, user) {
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
                    _ => Before::Account(Box::new(Account::of(user, names_of(user.groups)))),
                },
                ..Reason::default()
            },
        };
        drafts.extend(Some(draft).filter(|draft| !draft.is_empty()));
    }
    drafts
}

/// Whether `remove: "all"` would take anything: system roles stay (UMAPI reference, admin roles).
fn has_removable_group(read: &ReadOrg, user: &AdobeUser) -> bool {
    read.group_names(user.groups).any(|name| {
        let name = text::folded(name);
        name != "_org_admin" && !name.starts_with("_compartment_")
    })
}

/// Why somebody has no selected directory user: who was left out, by name.
#[derive(Debug)]
pub struct Reasons {
    kind: DirectoryKind,
    whys: ByName<UserWhy>,
}

impl Reasons {
    pub fn of_directory(desired: &Desired, texts: &mut Texts) -> Reasons {
        let kind = desired.directory.kind;
        let mut whys = ByName::new();
        for member in &desired.directory.filtered {
            whys.add(UserWhy::FilteredOut(member.status), &member.names, texts);
        }
        for user in desired.not_selected() {
            let why = UserWhy::NotSelected(kind, user.login);
            whys.add(why, &[user.email, user.username], texts);
        }
        Reasons { kind, whys }
    }

    pub fn of(&self, user: &AdobeUser) -> UserWhy {
        let found = self.whys.find(&Names::of_adobe(user));
        let why = found.and_then(|place| self.whys.get(place));
        why.unwrap_or(UserWhy::NoDirectoryUser(self.kind))
    }
}
