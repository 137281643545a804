//! The limits of the configuration, and the counts of what is left.

use super::Building;
use crate::config::Limit;
use crate::model::OrgId;
use crate::model::change::Kind;
use crate::plan::draft::Draft;
use crate::plan::{Held, HeldBackBy, HeldRule, limits, org_name};

impl Building<'_> {
    /// Takes out what the limits hold back. A percentage is of the Adobe users that the run had
    /// read; in secondary orgs, and where it had read none, it cannot be worked out and holds.
    pub(super) fn hold(&mut self, org: OrgId, drafts: &mut Vec<Draft>) -> Vec<Held> {
        let read = if org.is_primary() { self.read } else { 0 };
        let mut held = Vec::new();
        if org.is_primary() {
            held.extend(self.hold_leaving(read, drafts));
        }
        held.extend(self.hold_group_removals(org, read, drafts));
        held
    }

    fn hold_leaving(&mut self, read: usize, drafts: &mut Vec<Draft>) -> Vec<Held> {
        let limit = self.config.limits.max_adobe_only_users;
        let leaving = of_kind(drafts, Kind::AdobeOnlyRemoved);
        if !exceeds(limit, leaving, read) {
            return Vec::new();
        }
        let allowed = limits::allowed(limit, read, "Adobe users");
        let text = limits::adobe_only(leaving, &allowed);
        let rule = HeldRule::AdobeOnly;
        let by = HeldBackBy::Limit(rule, OrgId::PRIMARY);
        self.undo.plan.hold(by, text);
        let leaves = |draft: &mut Draft| draft.reason.kind == Kind::AdobeOnlyRemoved;
        let leaving = drafts.extract_if(.., leaves);
        leaving
            .flat_map(|draft| draft.into_held(vec![rule]))
            .collect()
    }

    fn hold_group_removals(
        &mut self,
        org: OrgId,
        read: usize,
        drafts: &mut Vec<Draft>,
    ) -> Vec<Held> {
        let loses = |draft: &&mut Draft| !draft.reason.removed.is_empty();
        let losing = drafts.iter_mut().filter(loses).count();
        let limit = self.config.limits.max_group_removals;
        let Some(limit) = limit.filter(|limit| exceeds(*limit, losing, read)) else {
            return Vec::new();
        };
        let allowed = limits::allowed(limit, read, "Adobe users");
        let text = limits::group_removals(org_name(self.config, org), losing, &allowed);
        let rule = HeldRule::GroupRemovals;
        self.undo.plan.hold(HeldBackBy::Limit(rule, org), text);
        let held = drafts.iter_mut().filter(loses).flat_map(|draft| {
            let removed = std::mem::take(&mut draft.reason.removed);
            draft.removal(removed).into_held(vec![rule])
        });
        let held = held.collect();
        drafts.retain(|draft| !draft.is_empty());
        held
    }

    pub(super) fn count(&mut self, org: OrgId, drafts: &[Draft]) {
        let counts = &mut self.undo.plan.counts;
        if org.is_primary() {
            counts.created = of_kind(drafts, Kind::Created);
            counts.updated = of_kind(drafts, Kind::Updated);
            counts.adobe_only = of_kind(drafts, Kind::AdobeOnlyRemoved);
        } else {
            counts.created_in_secondaries += of_kind(drafts, Kind::Created);
        }
    }
}

fn of_kind(drafts: &[Draft], kind: Kind) -> usize {
    let of_kind = drafts.iter().filter(|draft| draft.reason.kind == kind);
    of_kind.count()
}

/// Whether so many are too many of `whole`; of an unknown whole every share is, but all of it.
fn exceeds(limit: Limit, count: usize, whole: usize) -> bool {
    match limit {
        Limit::Percent(percent) if whole == 0 => count > 0 && percent < 100.0,
        _ => limits::exceeds(limit, count, whole),
    }
}
