//! The way back: from what a run did, a plan that takes it back (manual/records.md#undo).
//!
//! Pure, as all planning. Nothing is read from Adobe: what was there before is on record, and what
//! is not on record is left out and told. Knows no file.

mod hold;
mod past;
mod restore;

use std::collections::HashMap;

use crate::config::Config;
use crate::model::OrgId;
use crate::model::change::Kind;
use crate::model::recorded::RecordedChange;
use crate::model::why::{GroupWhy, UserWhy};
use crate::plan::draft::Draft;
use crate::plan::groups::MappedGroups;
use crate::plan::{Counts, OrgPlan, Plan, org_name};
use crate::text::{Text, Texts};
use past::{Later, Past, Touched};

/// A plan that takes a run back, and what it cannot.
#[derive(Debug, Default)]
pub struct Undo {
    pub plan: Plan,
    /// What is not taken back, though it was done.
    pub left_out: Vec<Remark>,
    /// What does not come back with what is taken back.
    pub lost: Vec<Remark>,
}

/// Something to know about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// `primary`, the org's name, or the id of one that is not configured.
    pub org: String,
    pub person: Text,
    pub text: String,
}

/// A run as it is on record.
#[derive(Debug, Clone, Copy)]
pub struct RunOnRecord<'r> {
    pub changes: &'r [RecordedChange],
    /// What other runs did since, to the same people or others.
    pub later: &'r [RecordedChange],
    /// What the run had counted: percentages are of that.
    pub counts: &'r Counts,
}

/// Takes back what a run did.
pub fn build(config: &Config, run: RunOnRecord<'_>, texts: &mut Texts) -> Undo {
    let run_id = run.changes.first().map_or("", |change| change.run);
    let mut building = Building {
        config,
        mapped: MappedGroups::of_config(config, texts),
        later: Later::of(run.later),
        read: run
            .counts
            .adobe_read
            .saturating_sub(run.counts.adobe_excluded),
        why: UserWhy::Said(texts.share(&format!("undo of {run_id}"))),
        group_why: GroupWhy::Said(texts.share(&format!("undo of {run_id}"))),
        texts,
        plans: HashMap::new(),
        undo: Undo::default(),
    };
    // From the end: whoever took over somebody's e-mail gives it back first.
    for past in past::of_run(run.changes).iter().rev() {
        building.take_back(past);
    }
    building.finish()
}

struct Building<'b> {
    config: &'b Config,
    mapped: MappedGroups,
    later: Later<'b>,
    /// Adobe users that the run had read in the primary org; 0: not known.
    read: usize,
    why: UserWhy,
    group_why: GroupWhy,
    texts: &'b mut Texts,
    /// What is to be done in each org.
    plans: HashMap<OrgId, Vec<Draft>>,
    undo: Undo,
}

impl Building<'_> {
    fn take_back(&mut self, past: &Past<'_>) {
        let mut orgs = self.config.orgs.iter();
        let Some(place) = orgs.position(|org| org.org_id == past.org_id) else {
            let text = "the org is not in the configuration".to_owned();
            self.undo.left_out.push(Remark {
                org: past.org_id.to_owned(),
                person: past.person,
                text,
            });
            return;
        };
        let org = OrgId::of(place);
        if past.kind() == Kind::GroupCreated {
            self.lose(
                org,
                past,
                "the user group stays; delete it in the Admin Console",
            );
            return;
        }
        let touched = self.later.touched(past);
        if let Touched::Account(run) = touched {
            let text = format!("changed again by the run {run}");
            self.leave_out(org, past, &text);
            return;
        }
        let draft = if past.created.is_some() {
            self.uncreate(org, past)
        } else if past.left_org.is_some() {
            self.create_again(org, past)
        } else {
            self.give_back(org, past, &touched)
        };
        if let Some(draft) = draft {
            self.plans.entry(org).or_default().push(draft);
        }
    }

    fn leave_out(&mut self, org: OrgId, past: &Past<'_>, text: &str) {
        let remark = self.remark(org, past, text);
        self.undo.left_out.push(remark);
    }

    fn lose(&mut self, org: OrgId, past: &Past<'_>, text: &str) {
        let remark = self.remark(org, past, text);
        self.undo.lost.push(remark);
    }

    fn remark(&self, org: OrgId, past: &Past<'_>, text: &str) -> Remark {
        Remark {
            org: org_name(self.config, org).to_owned(),
            person: past.person,
            text: text.to_owned(),
        }
    }

    /// Cuts the drafts into commands, within the limits.
    fn finish(mut self) -> Undo {
        for org in self.config.sending_order() {
            let mut drafts = self.plans.remove(&org).unwrap_or_default();
            let held = self.hold(org, &mut drafts);
            self.count(org, &drafts);
            let changes = drafts.into_iter().flat_map(Draft::into_changes).collect();
            self.undo.plan.orgs.push(OrgPlan {
                changes,
                held,
                ..OrgPlan::of(org)
            });
        }
        self.undo
    }
}
