//! Which changes limits hold back (manual/safety.md#limits).
//!
//! A pure pass over the whole plan: [`Holds::of`] counts it as it is without any limit, then
//! [`Holds::split`] parts each draft into what is sent and what is held. Decides nothing about who
//! is matched or Adobe-only.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::config::Config;
use crate::model::{GroupId, OrgId};
use crate::plan::desired::Desired;
use crate::plan::draft::{Draft, OrgDrafts, Whom};
use crate::plan::group_loss::GroupLoss;
use crate::plan::matching::Fate;
use crate::plan::orgs::ReadOrg;
use crate::plan::{GroupChange, HeldBack, HeldBackBy, HeldRule, Kind};
use crate::plan::{limits, org_name, renames};

/// So few people may lose a group whatever their share is.
const FEW: usize = 10;
/// Probable renames that are told one by one.
const PAIRS_TOLD: usize = 20;

#[derive(Debug, Default)]
pub(super) struct Holds {
    /// The critical lines: one for each rule that held somebody back.
    pub(super) told: Vec<HeldBack>,
    by_org: HashMap<OrgId, OrgHolds>,
    new_users: bool,
    adobe_only: bool,
    /// Selected users who look like an Adobe-only user: created in no org.
    renamed_new: HashSet<u32>,
    /// Their counterparts, and those who would lose a group that too many lose, by the places of
    /// the primary org: removed from no org.
    renamed_old: HashSet<u32>,
    losing: HashSet<u32>,
}

/// What limits hold back in one org.
#[derive(Debug, Default)]
struct OrgHolds {
    group_removals: bool,
    /// Groups that too many would lose.
    lost: HashSet<GroupId>,
}

/// A draft in parts: what is sent, if anything, and what each set of rules holds back.
pub(super) struct Parts {
    pub(super) sent: Option<Draft>,
    pub(super) held: Vec<(Draft, Vec<HeldRule>)>,
}

impl Holds {
    /// Counts the plan. `adobe_only` is how many Adobe-only users are counted.
    pub(super) fn of(
        config: &Config,
        desired: &Desired,
        orgs: &[OrgDrafts],
        adobe_only: usize,
    ) -> Holds {
        let mut holds = Holds::default();
        for org in orgs {
            holds.by_org.insert(org.read.id, OrgHolds::default());
            holds.count_group_loss(config, desired, org);
            holds.count_renames(config, desired, org);
            holds.count_group_removals(config, org);
        }
        if let Some(primary) = orgs.last() {
            holds.count_new_users(config, primary);
            holds.count_adobe_only(config, primary, adobe_only);
        }
        holds
    }

    fn tell(&mut self, rule: HeldRule, org: OrgId, text: String) {
        let by = HeldBackBy::Limit(rule, org);
        self.told.push(HeldBack { by, text });
    }

    /// `limits.max_group_loss`: mapped groups that too many of their members would lose.
    fn count_group_loss(&mut self, config: &Config, desired: &Desired, org: &OrgDrafts) {
        let read = org.read;
        let loss = GroupLoss::of(org);
        for (id, name) in desired.mapped.of_org(read.id) {
            let Some(group) = read.org.groups.find(name) else {
                continue;
            };
            let (lost, members) = loss.of_group(group);
            let limit = config.limits.max_group_loss;
            let mut allowed = config.allow_group_loss.iter();
            let is_allowed = allowed.any(|group| desired.mapped.id_of(group) == Some(id));
            if is_allowed || lost <= FEW || !limits::exceeds(limit, lost, members) {
                continue;
            }
            if let Some(holds) = self.by_org.get_mut(&read.id) {
                holds.lost.insert(group);
            }
            let sources = desired.sources_of(config, id);
            let loss = limits::GroupLoss {
                org: org_name(config, read.id),
                group: name,
                qualified: &desired.mapped.qualified(config, id),
                lost,
                members,
                sources: &sources,
            };
            self.tell(HeldRule::GroupLoss, read.id, loss.text(limit));
        }
        let Some(holds) = self
            .by_org
            .get(&read.id)
            .filter(|holds| !holds.lost.is_empty())
        else {
            return;
        };
        let losing = org.drafts.iter().filter_map(|draft| match draft.whom {
            Whom::Known { place, in_primary } if draft.takes_account() => {
                holds.any_lost(read, place).then_some(in_primary?)
            }
            _ => None,
        });
        self.losing.extend(losing);
    }

    /// An Adobe-only user and a new one of the same type and names, one of each.
    fn count_renames(&mut self, config: &Config, desired: &Desired, org: &OrgDrafts) {
        let pairs = renames::pairs(desired, org);
        let name = org_name(config, org.read.id);
        for (nth, pair) in pairs.iter().enumerate() {
            self.renamed_new.insert(pair.new);
            self.renamed_old.extend(pair.old_in_primary);
            if nth < PAIRS_TOLD {
                let text = limits::rename(name, pair.old.email, pair.login);
                self.tell(HeldRule::Rename, org.read.id, text);
            }
        }
        if let Some(more @ 1..) = pairs.len().checked_sub(PAIRS_TOLD) {
            let text = limits::more_renames(name, more);
            self.tell(HeldRule::Rename, org.read.id, text);
        }
    }

    /// `limits.max_group_removals`: matched users who lose a mapped group.
    fn count_group_removals(&mut self, config: &Config, org: &OrgDrafts) {
        let Some(limit) = config.limits.max_group_removals else {
            return;
        };
        let loses =
            |draft: &&Draft| draft.reason.kind == Kind::Updated && !draft.reason.removed.is_empty();
        let losing = org.drafts.iter().filter(loses).count();
        let is_matched = |fate: &&Fate| matches!(fate, Fate::Matched { .. });
        let matched = org.read.fates.fates.iter().filter(is_matched).count();
        if !limits::exceeds(limit, losing, matched) {
            return;
        }
        if let Some(holds) = self.by_org.get_mut(&org.read.id) {
            holds.group_removals = true;
        }
        let allowed = limits::allowed(limit, matched, "matched users");
        let text = limits::group_removals(org_name(config, org.read.id), losing, &allowed);
        self.tell(HeldRule::GroupRemovals, org.read.id, text);
    }

    /// `limits.max_new_users`: creations in the primary org.
    fn count_new_users(&mut self, config: &Config, primary: &OrgDrafts) {
        let Some(limit) = config.limits.max_new_users else {
            return;
        };
        let is_new = |draft: &&Draft| matches!(draft.whom, Whom::New(_));
        let count = primary.drafts.iter().filter(is_new).count();
        let whole = primary.read.org.users.len();
        if limits::exceeds(limit, count, whole) {
            self.new_users = true;
            let allowed = limits::allowed(limit, whole, "Adobe users");
            let text = limits::new_users(count, &allowed);
            self.tell(HeldRule::NewUsers, OrgId::PRIMARY, text);
        }
    }

    /// `limits.max_adobe_only_users`, where anything is done to them.
    fn count_adobe_only(&mut self, config: &Config, primary: &OrgDrafts, count: usize) {
        if super::adobe_only_kind(config, OrgId::PRIMARY).is_none() {
            return;
        }
        let excluded = |fate: &&Fate| matches!(fate, Fate::Excluded(_));
        let excluded = primary.read.fates.fates.iter().filter(excluded).count();
        let whole = primary.read.org.users.len() - excluded;
        let limit = config.limits.max_adobe_only_users;
        if limits::exceeds(limit, count, whole) {
            self.adobe_only = true;
            let allowed = limits::allowed(limit, whole, "Adobe users");
            let text = limits::adobe_only(count, &allowed);
            self.tell(HeldRule::AdobeOnly, OrgId::PRIMARY, text);
        }
    }

    /// Whether no Adobe-only user is processed.
    pub(super) fn holds_adobe_only(&self) -> bool {
        self.adobe_only
    }

    /// Parts a draft of an org.
    pub(super) fn split(&self, read: &ReadOrg, draft: Draft) -> Parts {
        match draft.reason.kind {
            Kind::Updated | Kind::AdobeOnlyGroups => self.split_groups(read, draft),
            _ => {
                let rules = rules(|rule| self.holds_whole(rule, read, &draft));
                if rules.is_empty() {
                    Parts {
                        sent: Some(draft),
                        held: Vec::new(),
                    }
                } else {
                    Parts {
                        sent: None,
                        held: vec![(draft, rules)],
                    }
                }
            }
        }
    }

    fn holds_whole(&self, rule: HeldRule, read: &ReadOrg, draft: &Draft) -> bool {
        let kind = draft.reason.kind;
        match (draft.whom, rule) {
            (Whom::New(nth), HeldRule::Rename) => self.renamed_new.contains(&nth),
            (Whom::New(_), HeldRule::NewUsers) => self.new_users,
            (Whom::New(_) | Whom::Unread, _) => false,
            // Half of a pair is not sent without the other.
            (Whom::Known { in_primary, .. }, HeldRule::NewUsers) => {
                self.new_users && self.is_renamed(in_primary, draft)
            }
            (Whom::Known { .. }, HeldRule::AdobeOnly) => self.adobe_only,
            (Whom::Known { .. }, HeldRule::GroupRemovals) => {
                kind == Kind::AdobeOnlyAllGroups && self.org(read.id, |holds| holds.group_removals)
            }
            (Whom::Known { in_primary, .. }, HeldRule::Rename) => {
                self.is_renamed(in_primary, draft)
            }
            (Whom::Known { in_primary, .. }, HeldRule::GroupLoss) if draft.takes_account() => {
                in_primary.is_some_and(|place| self.losing.contains(&place))
            }
            (Whom::Known { place, .. }, HeldRule::GroupLoss) => {
                self.org(read.id, |holds| holds.any_lost(read, place))
            }
        }
    }

    /// The removal of a pair that looks like one person.
    fn is_renamed(&self, in_primary: Option<u32>, draft: &Draft) -> bool {
        draft.takes_account() && in_primary.is_some_and(|place| self.renamed_old.contains(&place))
    }

    fn org(&self, id: OrgId, holds: impl Fn(&OrgHolds) -> bool) -> bool {
        self.by_org.get(&id).is_some_and(holds)
    }

    /// A user who loses some groups: each set of rules holds some of them back.
    fn split_groups(&self, read: &ReadOrg, mut draft: Draft) -> Parts {
        let mut by_rules: BTreeMap<Vec<HeldRule>, Vec<GroupChange>> = BTreeMap::new();
        for change in draft.reason.removed.iter() {
            let rules = rules(|rule| self.holds_group(rule, read, draft.reason.kind, change));
            by_rules.entry(rules).or_default().push(*change);
        }
        let kept = by_rules.remove(&Vec::new());
        if by_rules.is_empty() {
            return Parts {
                sent: Some(draft),
                held: Vec::new(),
            };
        }
        let held = by_rules
            .into_iter()
            .map(|(rules, removed)| (draft.removal(removed.into()), rules));
        let held = held.collect();
        draft.reason.removed = kept.map_or_else(Rc::default, Rc::from);
        Parts {
            sent: Some(draft).filter(|draft| !draft.is_empty()),
            held,
        }
    }

    fn holds_group(
        &self,
        rule: HeldRule,
        read: &ReadOrg,
        kind: Kind,
        change: &GroupChange,
    ) -> bool {
        match rule {
            HeldRule::GroupLoss => self.org(read.id, |holds| {
                let group = read.org.groups.find(change.group);
                group.is_some_and(|group| holds.lost.contains(&group))
            }),
            HeldRule::GroupRemovals => self.org(read.id, |holds| holds.group_removals),
            HeldRule::AdobeOnly => kind == Kind::AdobeOnlyGroups && self.adobe_only,
            HeldRule::Rename | HeldRule::NewUsers => false,
        }
    }
}

impl OrgHolds {
    /// Whether a user of the org is in a group that too many would lose.
    fn any_lost(&self, read: &ReadOrg, place: u32) -> bool {
        let user = read.org.users.get(place as usize);
        let groups = user.map_or(&[][..], |user| read.org.group_lists.get(user.groups));
        groups
            .iter()
            .any(|group| self.lost.contains(&GroupId(*group)))
    }
}

/// The rules that hold, in their order; none in nearly all cases.
fn rules(holds: impl Fn(HeldRule) -> bool) -> Vec<HeldRule> {
    let rules = HeldRule::ALL.into_iter();
    rules.filter(|rule| holds(*rule)).collect()
}
