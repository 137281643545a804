//! The sync strategy: Adobe was read, the differences are written.
//!
//! The story of a run; the rules are in the rooms beside it.

mod matched;
mod tally;
mod told;

use std::collections::HashSet;

use crate::error::quoted;
use crate::model::AdobeOrg;
use crate::model::command::{Command, Step, Subject};
use crate::model::notice::Notice;
use crate::model::why::UserWhy;
use crate::plan::adobe_only::{self, Decision, Reasons};
use crate::plan::desired::Desired;
use crate::plan::draft::Draft;
use crate::plan::group_diffs::unread_groups;
use crate::plan::groups::MappedId;
use crate::plan::hold::Holds;
use crate::plan::matching::{Matcher, There};
use crate::plan::new_users::{Creator, OrgGroups};
use crate::plan::orgs::{OrgDrafts, ReadOrg, read_orgs};
use crate::plan::{Change, HeldBackBy, Kind, OrgPlan, Plan, Reason, limits, org_name, unseen};
use crate::text::{self, Text, Texts};
use tally::Tally;

pub(super) fn build(desired: &Desired, orgs: &[Option<AdobeOrg>], texts: &mut Texts) -> Plan {
    let matcher = Matcher::new(desired, texts);
    let unread = AdobeOrg::default();
    let primary = orgs.first().and_then(Option::as_ref).unwrap_or(&unread);
    let orgs = read_orgs(&matcher, primary, orgs);
    let decision = adobe_only::decide(desired, &orgs);
    let mut sync = Sync {
        desired,
        matcher,
        creator: Creator::new(desired, texts),
        reasons: Reasons::of_directory(desired, texts),
        impossible: HashSet::new(),
        plan: Plan::default(),
        orgs: &orgs,
        decision,
    };
    let drafts = orgs.iter().map(|read| sync.org(read)).collect();
    sync.finish(drafts)
}

struct Sync<'p> {
    desired: &'p Desired<'p>,
    matcher: Matcher<'p>,
    creator: Creator<'p>,
    reasons: Reasons,
    orgs: &'p [ReadOrg<'p>],
    decision: Decision,
    /// Selected users who cannot be created, told once.
    impossible: HashSet<u32>,
    plan: Plan,
}

impl<'p> Sync<'p> {
    /// Everything that is to happen in an org, limits aside.
    fn org(&mut self, read: &'p ReadOrg<'p>) -> OrgDrafts<'p> {
        self.tell_left_alone(read);
        let mut drafts = Vec::new();
        self.matched(read, &mut drafts);
        self.create(read, &mut drafts);
        drafts.extend(adobe_only::drafts(
            self.desired,
            read,
            &self.decision,
            &self.reasons,
        ));
        OrgDrafts { read, drafts }
    }

    /// `auto_create`: mapped groups that Adobe lacks.
    fn missing_adobe_groups(&mut self, read: &ReadOrg) -> Vec<Change> {
        if !self.desired.config.auto_create || !self.desired.config.options.process_groups {
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
                    "{} org: Adobe has no group {}, and one of that name cannot be created",
                    org_name(self.desired.config, read.id),
                    quoted(name)
                )));
                continue;
            }
            changes.push(create_group(name));
        }
        changes
    }

    fn create(&mut self, read: &ReadOrg, drafts: &mut Vec<Draft>) {
        let Some(primary) = self.orgs.last() else {
            return;
        };
        let mut groups = OrgGroups::new(read.id);
        let mut unread = self.unread(read);
        let there = primary.fates.there.iter().zip(&read.fates.there);
        for (nth, (in_primary, in_org)) in (0..).zip(there) {
            if self.desired.is_bystander(nth) {
                continue;
            }
            if read.id.is_primary() && *in_org == There::Shared {
                self.tell_shared(nth);
            }
            let wanted = *in_primary != There::Blocked && *in_org == There::No;
            if !wanted || self.matcher.directory_user_excluded(nth) {
                continue;
            }
            let Some((_, set)) = self.desired.selected(nth) else {
                continue;
            };
            let wanted = self.desired.set(set).iter();
            let mut for_unread = unread.iter_mut().filter(|(id, _)| {
                let mut wanted = wanted.clone();
                wanted.any(|(wanted, _)| wanted == id)
            });
            if let Some((_, not_created)) = for_unread.next() {
                *not_created += 1;
                continue;
            }
            match self.creator.creation(nth, &mut groups) {
                Ok(creation) => drafts.extend(creation),
                Err(problem) => {
                    if self.impossible.insert(nth) {
                        self.plan.notices.push(Notice::error(problem));
                    }
                }
            }
        }
        self.hold_for_unread(read, unread);
    }

    /// The mapped groups whose members Adobe does not list, with how many are not created for that;
    /// not those that this run creates.
    fn unread(&self, read: &ReadOrg) -> Vec<(MappedId, usize)> {
        if self.desired.config.auto_create && self.desired.config.options.process_groups {
            return Vec::new();
        }
        let unread = unread_groups(read.id, read.org, self.desired);
        unread.map(|id| (id, 0)).collect()
    }

    fn hold_for_unread(&mut self, read: &ReadOrg, unread: Vec<(MappedId, usize)>) {
        for (id, not_created) in unread {
            let name = self.desired.mapped.get(id).map_or("", |group| group.name);
            let mut groups = read.org.unread_groups.iter();
            let told = groups.find(|group| text::same(group.name, name));
            let org = org_name(self.desired.config, read.id);
            let text =
                limits::unread_group(org, name, told.map_or("", |group| group.told), not_created);
            self.plan.hold(HeldBackBy::UnreadGroup, text);
        }
    }

    /// Holds back what limits hold back, and puts all else into commands.
    fn finish(mut self, drafts: Vec<OrgDrafts>) -> Plan {
        let holds = Holds::of(self.desired, &drafts, self.decision.count);
        let mut tally = Tally::new(self.orgs, &holds);
        for org in drafts {
            let org_plan = self.org_plan(org, &holds, &mut tally);
            self.plan.counts.groups_created += org_plan.group_changes.len();
            self.plan.orgs.push(org_plan);
        }
        let mut plan = std::mem::take(&mut self.plan);
        for login in &self.desired.directory.groupless {
            plan.hold(HeldBackBy::NoGroups, limits::no_groups(login));
        }
        self.count(&mut plan, &tally);
        plan.held_back
            .splice(0..0, std::mem::take(&mut self.decision.held_back));
        plan.held_back.extend(holds.told);
        plan.adobe_only_rows = self.decision.rows.take();
        plan
    }

    fn org_plan(&mut self, org: OrgDrafts, holds: &Holds, tally: &mut Tally) -> OrgPlan {
        let read = org.read;
        let mut org_plan = OrgPlan {
            group_changes: self.missing_adobe_groups(read),
            changes: Vec::with_capacity(org.drafts.len()),
            ..OrgPlan::of(read.id)
        };
        for draft in org.drafts {
            let about = (draft.whom, draft.reason.kind);
            let parts = holds.split(read, draft);
            tally.add(read.id, about, parts.sent.is_some());
            if let Some(sent) = parts.sent {
                org_plan.changes.extend(sent.into_changes());
            }
            let held = parts.held.into_iter();
            let held = held.flat_map(|(draft, rules)| draft.into_held(rules));
            org_plan.held.extend(held);
        }
        // With --only nobody else was asked for.
        if !self.desired.config.auto_create && self.desired.config.only.is_none() {
            let changes = &org_plan.changes;
            let unseen = unseen::warnings(self.desired, read, changes);
            self.plan.notices.extend(unseen);
        }
        org_plan
    }
}

/// A user group to be made in an org.
fn create_group(name: Text) -> Change {
    Change {
        command: Command {
            subject: Subject::UserGroup(name),
            steps: vec![Step::CreateUserGroup {
                description: "Created by user-sync",
            }],
        },
        reason: Reason {
            person: name,
            kind: Kind::GroupCreated,
            why: Some(UserWhy::GroupIsMissing),
            ..Reason::default()
        },
    }
}
