//! The limits of the configuration, and the counts of what is left.

use std::rc::Rc;

use super::{Building, Draft};
use crate::config::Limit;
use crate::model::OrgId;
use crate::model::change::Kind;
use crate::plan::{HeldBackBy, limits, org_name};

impl Building<'_> {
    /// The limits of the configuration. A percentage is of the Adobe users that the run had read; in
    /// secondary orgs, and where it had read none, it cannot be worked out and holds.
    pub(super) fn hold(&mut self, org: OrgId, drafts: &mut Vec<Draft>) {
        let limits = &self.config.limits;
        let read = if org.is_primary() { self.read } else { 0 };
        let leaving = of_kind(drafts, Kind::AdobeOnlyRemoved);
        if org.is_primary() && exceeds(limits.max_adobe_only_users, leaving, read) {
            let allowed = limits::allowed(limits.max_adobe_only_users, read, "Adobe users");
            let text = limits::adobe_only(leaving, &allowed);
            self.undo.plan.hold(HeldBackBy::MaxAdobeOnlyUsers, text);
            drafts.retain(|draft| draft.reason.kind != Kind::AdobeOnlyRemoved);
        }
        let loses = |draft: &&mut Draft| !draft.reason.removed.is_empty();
        let losing = drafts.iter_mut().filter(loses).count();
        if let Some(limit) = limits.max_group_removals
            && exceeds(limit, losing, read)
        {
            let allowed = limits::allowed(limit, read, "Adobe users");
            let text = limits::group_removals(org_name(self.config, org), losing, &allowed);
            self.undo.plan.hold(HeldBackBy::MaxGroupRemovals(org), text);
            for draft in drafts.iter_mut().filter(loses) {
                draft.reason.removed = Rc::default();
            }
            drafts.retain(|draft| draft.head.is_some() || !draft.reason.added.is_empty());
        }
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
    drafts
        .iter()
        .filter(|draft| draft.reason.kind == kind)
        .count()
}

/// Whether so many are too many of `whole`; of an unknown whole every share is, but all of it.
fn exceeds(limit: Limit, count: usize, whole: usize) -> bool {
    match limit {
        Limit::Percent(percent) if whole == 0 => count > 0 && percent < 100.0,
        _ => limits::exceeds(limit, count, whole),
    }
}
