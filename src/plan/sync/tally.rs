//! The counts of the action summary, of what is sent.

use std::collections::HashSet;

use super::Sync;
use crate::config::AdobeOnlyUserAction;
use crate::model::OrgId;
use crate::plan::draft::Whom;
use crate::plan::hold::Holds;
use crate::plan::matching::{Fate, LeftAlone};
use crate::plan::orgs::ReadOrg;
use crate::plan::{Kind, Plan, adobe_only_kind};

/// What is sent, counted for the summary.
pub(super) struct Tally {
    created: usize,
    /// Selected users created in a secondary org.
    secondary: HashSet<u32>,
    /// By the places of the primary org's users: changed in any org.
    updated: Vec<bool>,
    holds_adobe_only: bool,
    /// Adobe-only users of the primary org to whom nothing is done.
    adobe_only_held: usize,
}

impl Tally {
    pub(super) fn new(orgs: &[ReadOrg], holds: &Holds) -> Tally {
        Tally {
            created: 0,
            secondary: HashSet::new(),
            updated: vec![false; orgs.last().map_or(0, |primary| primary.org.users.len())],
            holds_adobe_only: holds.holds_adobe_only(),
            adobe_only_held: 0,
        }
    }

    /// Counts what became of a draft.
    pub(super) fn add(&mut self, org: OrgId, draft: (Whom, Kind), sent: bool) {
        match draft {
            (Whom::New(_), _) if !sent => {}
            (Whom::New(_), _) if org.is_primary() => self.created += 1,
            (Whom::New(nth), _) => _ = self.secondary.insert(nth),
            (Whom::Known { in_primary, .. }, Kind::Updated) => {
                let place = in_primary.and_then(|place| self.updated.get_mut(place as usize));
                if let Some(updated) = place {
                    *updated |= sent;
                }
            }
            (Whom::Unread, _) => {}
            (Whom::Known { .. }, _) => {
                self.adobe_only_held += usize::from(org.is_primary() && !sent);
            }
        }
    }
}

impl Sync<'_> {
    pub(super) fn count(&self, plan: &mut Plan, tally: &Tally) {
        let counts = &mut plan.counts;
        counts.directory_read = self.desired.directory.users.len();
        let selected = (0..).take(self.desired.users.len());
        counts.directory_selected = selected
            .filter(|nth| !self.desired.is_bystander(*nth))
            .count();
        counts.created = tally.created;
        counts.created_in_secondaries = tally.secondary.len();
        counts.updated = tally.updated.iter().filter(|updated| **updated).count();
        let Some(primary) = self.orgs.last() else {
            return;
        };
        counts.adobe_read = primary.org.users.len();
        let action = &self.config.options.adobe_only_user_action;
        let exclude = *action == AdobeOnlyUserAction::Exclude;
        let acts = adobe_only_kind(self.config, OrgId::PRIMARY).is_some();
        if acts && !self.decision.is_held() && !tally.holds_adobe_only {
            counts.adobe_only = self.decision.count - tally.adobe_only_held;
        }
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
                Fate::AdobeOnly
                | Fate::LeftAlone(LeftAlone::MatchedElsewhere(_) | LeftAlone::Namesake(_)) => {
                    counts.unchanged += 1;
                }
                Fate::Matched { .. } => {
                    let updated = tally.updated.get(place as usize) == Some(&true);
                    counts.unchanged += usize::from(!updated);
                }
                Fate::LeftAlone(_) | Fate::Protected(_) => {}
            }
        }
    }
}
