//! The sync strategy: Adobe was read, the differences are written.
//!
//! The story of a run; the rules are in the rooms beside it.

use std::collections::HashSet;
use std::rc::Rc;

use crate::config::{AdobeOnlyUserAction, Config};
use crate::model::change::OktaNames;
use crate::model::notice::Notice;
use crate::model::why::GroupWhy;
use crate::model::{AdobeOrg, AdobeUser, DirectoryUser, OrgId};
use crate::plan::adobe_only::{self, Decision, ReadOrg, Reasons, Seen};
use crate::plan::desired::{Desired, SetId};
use crate::plan::existing::{self, Differences, GroupDiff, GroupDiffs, Matched};
use crate::plan::matching::secondary::Primary;
use crate::plan::matching::{Fate, LeftAlone, Matcher, There};
use crate::plan::new_users::{self, Creator, NotCreated, OrgGroups};
use crate::plan::{
    Change, HeldBackBy, Kind, OrgPlan, Plan, adobe_only_kind, create_group, limits, okta_names,
    org_name, person, unseen,
};
use crate::text::Texts;

pub(super) fn build(
    config: &Config,
    desired: &Desired,
    orgs: &[Option<AdobeOrg>],
    texts: &mut Texts,
) -> Plan {
    let matcher = Matcher::new(config, desired, texts);
    let unread = AdobeOrg::default();
    let primary = orgs.first().and_then(Option::as_ref).unwrap_or(&unread);
    let orgs = read_orgs(&matcher, primary, orgs, texts);
    let decision = adobe_only::decide(config, desired, &orgs);
    let mut sync = Sync {
        config,
        desired,
        matcher,
        creator: Creator::new(config, texts),
        reasons: Reasons::of_directory(desired, texts),
        updated: vec![false; primary.users.len()],
        secondary: HashSet::new(),
        impossible: HashSet::new(),
        plan: Plan::default(),
        orgs: &orgs,
        decision,
    };
    for read in &orgs {
        let org_plan = sync.org(read);
        sync.plan.orgs.push(org_plan);
    }
    sync.finish()
}

/// The secondary orgs in configuration order, then the primary one: sending order.
pub(super) fn read_orgs<'o>(
    matcher: &Matcher,
    primary: &'o AdobeOrg,
    orgs: &'o [Option<AdobeOrg>],
    texts: &mut Texts,
) -> Vec<ReadOrg<'o>> {
    let fates = matcher.primary(primary);
    let mut read = Vec::with_capacity(orgs.len());
    let secondaries = (0..).zip(orgs).skip(1);
    let secondaries: Vec<(u16, &AdobeOrg)> = secondaries
        .filter_map(|(id, org)| Some((id, org.as_ref()?)))
        .collect();
    if !secondaries.is_empty() {
        let people = Primary::new(primary, &fates, texts);
        for (id, org) in secondaries {
            read.push(ReadOrg {
                id: OrgId(id),
                org,
                fates: matcher.secondary(org, &people),
            });
        }
    }
    read.push(ReadOrg {
        id: OrgId::PRIMARY,
        org: primary,
        fates,
    });
    read
}

struct Sync<'p> {
    config: &'p Config,
    desired: &'p Desired<'p>,
    matcher: Matcher<'p>,
    creator: Creator<'p>,
    reasons: Reasons,
    orgs: &'p [ReadOrg<'p>],
    decision: Decision,
    /// By the places of the primary org's users: changed in any org.
    updated: Vec<bool>,
    /// Selected users created in a secondary org.
    secondary: HashSet<u32>,
    /// Selected users who cannot be created, told once.
    impossible: HashSet<u32>,
    plan: Plan,
}

impl Sync<'_> {
    fn org(&mut self, read: &ReadOrg) -> OrgPlan {
        let mut org_plan = OrgPlan {
            org: read.id,
            group_changes: self.missing_adobe_groups(read),
            changes: Vec::new(),
        };
        self.tell_left_alone(read);
        let mut diffs = GroupDiffs::new(read.id, read.org, self.desired, self.no_longer());
        let removals = self.removals(read, &mut diffs);
        self.matched(read, &mut diffs, removals, &mut org_plan.changes);
        self.create(read, &mut org_plan.changes);
        self.adobe_only(read, removals, &mut org_plan.changes);
        if !self.config.auto_create {
            let unseen = unseen::warnings(self.config, self.desired, read, &org_plan.changes);
            self.plan.notices.extend(unseen);
        }
        org_plan
    }

    fn no_longer(&self) -> GroupWhy {
        match self.config.extension {
            Some(_) => GroupWhy::NotByHook,
            None => GroupWhy::NotInMappedGroup,
        }
    }

    /// `auto_create`: mapped groups that Adobe lacks.
    fn missing_adobe_groups(&mut self, read: &ReadOrg) -> Vec<Change> {
        if !self.config.auto_create || !self.config.options.process_groups {
            return Vec::new();
        }
        let mut changes = Vec::new();
        for (_, name) in self.desired.mapped.of_org(read.id) {
            if read.org.groups.find(name).is_some() {
                continue;
            }
            // Names of admin roles; Adobe refuses user groups of such names.
            if name.starts_with('_') {
                self.plan.notices.push(Notice::warning(format!(
                    "{} org: Adobe has no group {name:?}, and one of that name cannot be created",
                    org_name(self.config, read.id)
                )));
                continue;
            }
            changes.push(create_group(name));
        }
        self.plan.counts.groups_created += changes.len();
        changes
    }

    /// Warns of records that are left alone, and tells who is protected.
    fn tell_left_alone(&mut self, read: &ReadOrg) {
        let org = org_name(self.config, read.id);
        let told =
            |(_, fate, _): &Seen<'_>| matches!(fate, Fate::LeftAlone(_) | Fate::Protected(_));
        for (user, fate, _) in read.by_email(told) {
            let who = person(user);
            let notice = match fate {
                Fate::LeftAlone(LeftAlone::NoEmail) => Notice::warning(format!(
                    "{org} org: Adobe user {who:?} has no e-mail and is left alone"
                )),
                Fate::LeftAlone(LeftAlone::UnknownType) => Notice::warning(format!(
                    "{org} org: Adobe user {who} has an unknown type and is left alone"
                )),
                Fate::LeftAlone(LeftAlone::MatchedElsewhere(nth)) => Notice::warning(format!(
                    "{org} org: Adobe user {who} has the username of directory user {}, whom another Adobe user matches by e-mail; it is left alone",
                    self.login(nth)
                )),
                Fate::Protected(protector) => Notice::info(format!(
                    "{org} org: Adobe user {who} is left alone: it may be directory user {}, who was skipped, was joined to another user, or is in a passing state such as LOCKED_OUT",
                    self.matcher.protector(protector)
                )),
                _ => continue,
            };
            self.plan.notices.push(notice);
        }
    }

    fn login(&self, nth: u32) -> &str {
        self.desired
            .selected(nth)
            .map_or("", |(user, _)| user.login)
    }

    /// `max_group_removals`: whether matched users of this org may lose groups.
    fn removals(&mut self, read: &ReadOrg, diffs: &mut GroupDiffs) -> Removals {
        let Some(limit) = self.config.limits.max_group_removals else {
            return Removals::Allowed;
        };
        let (mut matched, mut losing) = (0, 0);
        for (user, fate, _) in read.users() {
            if let Some((_, set)) = self.matched_user(fate) {
                matched += 1;
                losing += usize::from(!self.groups(user, set, diffs).removed.is_empty());
            }
        }
        if !limits::exceeds(limit, losing, matched) {
            return Removals::Allowed;
        }
        let allowed = limits::allowed(limit, matched, "matched users");
        let text = limits::group_removals(org_name(self.config, read.id), losing, &allowed);
        self.plan.hold(HeldBackBy::MaxGroupRemovals(read.id), text);
        Removals::HeldBack
    }

    fn matched_user(&self, fate: Fate) -> Option<(&DirectoryUser, SetId)> {
        match fate {
            Fate::Matched { desired, .. } => self.desired.selected(desired),
            _ => None,
        }
    }

    /// The group changes of a matched user; nobody who is protected loses a group.
    fn groups(&self, user: &AdobeUser, set: SetId, diffs: &mut GroupDiffs) -> GroupDiff {
        if !self.config.options.process_groups {
            return GroupDiff::default();
        }
        let mut groups = diffs.diff(self.desired, set, user.groups);
        if !groups.removed.is_empty() && self.matcher.protected(user).is_some() {
            groups.removed = Rc::default();
        }
        groups
    }

    fn matched(
        &mut self,
        read: &ReadOrg,
        diffs: &mut GroupDiffs,
        removals: Removals,
        changes: &mut Vec<Change>,
    ) {
        // Twice for those who differ, once for the many who do not.
        let mut found =
            |this: &Self, seen: &Seen<'_>| this.findings(read.id, seen, diffs, removals);
        for seen in read.by_email(|seen| found(self, seen).is_some()) {
            let Some(findings) = found(self, &seen) else {
                continue;
            };
            let (adobe, _, in_primary) = seen;
            let before = changes.len();
            let okta = findings.okta;
            let matched = Matched { adobe, okta };
            existing::bring_in_line(matched, findings.differences, findings.groups, changes);
            let place = in_primary.and_then(|place| self.updated.get_mut(place as usize));
            if let Some(updated) = place {
                *updated |= changes.len() > before;
            }
            self.plan.notices.extend(findings.notices);
        }
    }

    /// What there is to do or to tell about a matched user; `None`: nothing.
    fn findings(
        &self,
        org: OrgId,
        (adobe, fate, _): &Seen<'_>,
        diffs: &mut GroupDiffs,
        removals: Removals,
    ) -> Option<Findings> {
        let (user, set) = self.matched_user(*fate)?;
        let (differences, notices) = self.differences(org, user, adobe);
        let mut groups = self.groups(adobe, set, diffs);
        if removals == Removals::HeldBack {
            groups.removed = Rc::default();
        }
        let nothing = differences.changes.is_empty()
            && notices.is_empty()
            && groups.added.is_empty()
            && groups.removed.is_empty();
        (!nothing).then_some(Findings {
            okta: okta_names(self.config, user),
            differences,
            notices,
            groups,
        })
    }

    /// What differs between a matched user's attributes (primary org only), and what to tell.
    fn differences(
        &self,
        org: OrgId,
        user: &DirectoryUser,
        adobe: &AdobeUser,
    ) -> (Differences, Vec<Notice>) {
        let mut notices = Vec::new();
        if !org.is_primary() {
            return (Differences::default(), notices);
        }
        if let Some(identity_type) = adobe.identity_type
            && identity_type != user.identity_type
        {
            notices.push(Notice::warning(format!(
                "Adobe user {} is of type {}, but {} in the directory; it is not created again",
                adobe.email,
                identity_type.as_str(),
                user.identity_type.as_str()
            )));
        }
        if !self.config.options.update_user_info {
            return (Differences::default(), notices);
        }
        let found = existing::differences(user, adobe, self.config.update_attributes);
        if found.not_updatable {
            notices.push(Notice::debug(format!(
                "Adobe user {} is of type adobeID and cannot be updated",
                adobe.email
            )));
        }
        notices.extend(found.not_listed.iter().map(|change| {
            Notice::warning(format!(
                "Adobe user {}: {} is {:?}, but {:?} in the directory; it is not updated, because adobe_users.update_attributes does not list it",
                adobe.email, change.attribute, change.old, change.new
            ))
        }));
        (found, notices)
    }

    fn create(&mut self, read: &ReadOrg, changes: &mut Vec<Change>) {
        let Some(primary) = self.orgs.last() else {
            return;
        };
        let mut groups = OrgGroups::new(read.id);
        let there = primary.fates.there.iter().zip(&read.fates.there);
        for (nth, (in_primary, in_org)) in (0..).zip(there) {
            if read.id.is_primary() && *in_org == There::Shared {
                self.tell_shared(nth);
            }
            let wanted = *in_primary != There::Blocked && *in_org == There::No;
            if !wanted || self.matcher.directory_user_excluded(nth) {
                continue;
            }
            let Some((user, set)) = self.desired.selected(nth) else {
                continue;
            };
            match self
                .creator
                .creation(self.desired, (user, set), &mut groups)
            {
                Ok(creation) => {
                    new_users::create(self.config, self.desired, (user, creation), changes);
                    self.count_created(read.id, nth);
                }
                Err(NotCreated::NoGroups) => {}
                Err(NotCreated::Impossible(problem)) => {
                    if self.impossible.insert(nth) {
                        self.plan.notices.push(Notice::error(problem));
                    }
                }
            }
        }
    }

    fn tell_shared(&mut self, nth: u32) {
        let text = format!(
            "directory user {} is not created: an Adobe user has its username, but matches another directory user by e-mail",
            self.login(nth)
        );
        self.plan.notices.push(Notice::warning(text));
    }

    fn count_created(&mut self, org: OrgId, nth: u32) {
        match org.is_primary() {
            true => self.plan.counts.created += 1,
            false => _ = self.secondary.insert(nth),
        }
    }

    fn adobe_only(&mut self, read: &ReadOrg, removals: Removals, changes: &mut Vec<Change>) {
        if self.decision.is_held() {
            return;
        }
        let only_groups = matches!(
            adobe_only_kind(self.config, read.id),
            Some(Kind::AdobeOnlyGroups | Kind::AdobeOnlyAllGroups)
        );
        if only_groups && removals == Removals::HeldBack {
            return;
        }
        let decided = (read, &self.decision);
        adobe_only::process(self.config, self.desired, decided, &self.reasons, changes);
        if read.id.is_primary() && adobe_only_kind(self.config, read.id).is_some() {
            self.plan.counts.adobe_only = self.decision.count;
        }
    }

    fn finish(mut self) -> Plan {
        let mut plan = std::mem::take(&mut self.plan);
        self.count(&mut plan);
        let mut held_back = std::mem::take(&mut self.decision.held_back);
        held_back.append(&mut plan.held_back);
        plan.held_back = held_back;
        plan.adobe_only_rows = self.decision.rows.take();
        plan
    }

    fn count(&self, plan: &mut Plan) {
        let counts = &mut plan.counts;
        counts.directory_read = self.desired.directory.users.len();
        counts.directory_selected = self.desired.users.len();
        counts.created_in_secondaries = self.secondary.len();
        counts.updated = self.updated.iter().filter(|updated| **updated).count();
        let Some(primary) = self.orgs.last() else {
            return;
        };
        counts.adobe_read = primary.org.users.len();
        let action = &self.config.options.adobe_only_user_action;
        let exclude = *action == AdobeOnlyUserAction::Exclude;
        let acts = adobe_only_kind(self.config, OrgId::PRIMARY).is_some();
        // To `preserve` without groups nothing is held back.
        let unlisted =
            self.decision.is_held() && matches!(action, AdobeOnlyUserAction::WriteFile(_));
        for (place, fate) in (0..).zip(&primary.fates.fates) {
            let counted = self.decision.counts(Some(place));
            match fate {
                Fate::Excluded(_) => counts.adobe_excluded += 1,
                Fate::AdobeOnly if counted && exclude => counts.adobe_excluded += 1,
                // In the Adobe-only line, or held back.
                Fate::AdobeOnly if counted && (acts || unlisted) => {}
                Fate::AdobeOnly | Fate::LeftAlone(LeftAlone::MatchedElsewhere(_)) => {
                    counts.unchanged += 1;
                }
                Fate::Matched { .. } => {
                    let updated = self.updated.get(place as usize) == Some(&true);
                    counts.unchanged += usize::from(!updated);
                }
                Fate::LeftAlone(_) | Fate::Protected(_) => {}
            }
        }
    }
}

/// What there is to do and to tell about a matched user.
struct Findings {
    okta: OktaNames,
    differences: Differences,
    notices: Vec<Notice>,
    groups: GroupDiff,
}

/// Whether groups may be removed in an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removals {
    Allowed,
    HeldBack,
}
