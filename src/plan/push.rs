//! The push strategy: nothing was read from Adobe, everything is sent (manual/rules.md#push).
//!
//! Never removes an account.

use std::collections::HashSet;
use std::rc::Rc;

use crate::config::Config;
use crate::model::OrgId;
use crate::model::names::Names;
use crate::model::notice::Notice;
use crate::plan::desired::{Desired, Wish};
use crate::plan::draft::{Draft, Whom};
use crate::plan::groups::MappedId;
use crate::plan::matching::{Matcher, excluded_username};
use crate::plan::new_users::{Creation, Creator, NotCreated, OrgGroups};
use crate::plan::{
    Change, GroupChange, HeldBackBy, Kind, OrgPlan, Plan, Reason, commands, limits, okta_names,
};
use crate::text::{Text, Texts};

pub(super) fn build(config: &Config, desired: &Desired, texts: &mut Texts) -> Plan {
    let mut push = Push {
        config,
        desired,
        creator: Creator::new(config, texts),
        matcher: Matcher::new(config, desired, texts),
        sent: HashSet::new(),
        impossible: HashSet::new(),
        plan: Plan::default(),
    };
    if !desired.missing.names.is_empty() {
        let text = limits::missing_groups(&desired.missing.names);
        push.plan.hold(HeldBackBy::MissingGroup, text);
    }
    push.plan.notices.push(Notice::warning(
        "push reads nothing from Adobe: it cannot see that an address changed, and limits.max_group_loss is off",
    ));
    for org in config.sending_order() {
        let changes = push.org(org);
        push.plan.orgs.push(OrgPlan {
            changes,
            ..OrgPlan::of(org)
        });
    }
    push.plan.counts.directory_read = desired.directory.users.len();
    push.plan.counts.directory_selected = desired.users.len();
    push.plan.counts.pushed_to_secondaries = push.sent.len();
    push.plan
}

struct Push<'p> {
    config: &'p Config,
    desired: &'p Desired<'p>,
    creator: Creator<'p>,
    /// Knows who is protected.
    matcher: Matcher<'p>,
    /// Selected users sent to a secondary org.
    sent: HashSet<u32>,
    /// Selected users who cannot be created, told once.
    impossible: HashSet<u32>,
    plan: Plan,
}

impl Push<'_> {
    fn org(&mut self, org: OrgId) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut groups = OrgGroups::new(org);
        for nth in (0..).take(self.desired.users.len()) {
            let Some(((user, set), wish)) = self.desired.selected(nth).zip(self.desired.wish(nth))
            else {
                continue;
            };
            let names = Names::of_directory(user);
            if excluded_username(self.config, Some(user.identity_type), &names) {
                continue;
            }
            let Creation { step, added } =
                match self
                    .creator
                    .creation(self.desired, (user, set), &mut groups)
                {
                    Ok(creation) => creation,
                    Err(NotCreated::NoGroups) => continue,
                    Err(NotCreated::Impossible(problem)) => {
                        self.tell(nth, problem);
                        continue;
                    }
                };
            let removed = match self.matcher.protected_by_name(&names) {
                Some(_) => Rc::default(),
                None => self.removed(org, wish),
            };
            let draft = Draft {
                whom: Whom::Unread,
                subject: commands::new_user(user),
                head: Some(step),
                reason: Reason {
                    person: user.email,
                    okta: okta_names(self.config, user),
                    kind: Kind::Pushed,
                    why: Some(self.desired.selected_why(user)),
                    added,
                    removed,
                    ..Reason::default()
                },
            };
            changes.extend(draft.into_changes());
            self.count(org, nth);
        }
        changes
    }

    fn tell(&mut self, nth: u32, problem: String) {
        if self.impossible.insert(nth) {
            self.plan.notices.push(Notice::error(problem));
        }
    }

    fn count(&mut self, org: OrgId, nth: u32) {
        if org.is_primary() {
            self.plan.counts.pushed += 1
        } else {
            self.sent.insert(nth);
        }
    }

    /// All mapped groups of the org that are not desired, whether the user has them or not; not
    /// those that a missing directory group protects.
    fn removed(&self, org: OrgId, wish: Wish) -> Rc<[GroupChange]> {
        if !self.config.options.process_groups {
            return Rc::default();
        }
        let wanted: HashSet<MappedId> = self
            .desired
            .set(wish.groups)
            .iter()
            .map(|(id, _)| *id)
            .collect();
        let lost = |(id, _): &(MappedId, Text)| {
            !wanted.contains(id) && !self.desired.missing.protected.contains(id)
        };
        let of_org = self.desired.mapped.of_org(org).filter(lost);
        of_org
            .map(|(id, group)| GroupChange {
                group,
                why: self.desired.no_longer(wish, id),
            })
            .collect()
    }
}
