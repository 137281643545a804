//! Groups that Adobe turned out not to have: learned from the first rejection, then left out of
//! all commands that are still to be sent.
//!
//! Pure: knows commands and rejections, not how they travel.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Entry;
use crate::adobe::Rejection;
use crate::model::OrgId;
use crate::model::change::{Change, GroupChange};
use crate::model::command::{Command, Step};
use crate::text::{self, Text};

/// The groups that are known to be missing, by org and key.
#[derive(Debug, Default)]
pub(super) struct Missing(HashSet<(OrgId, String)>);

impl Missing {
    /// Whether this is news.
    pub(super) fn add(&mut self, org: OrgId, group: &str) -> bool {
        self.0.insert((org, text::key(group)))
    }

    fn has(&self, org: OrgId, group: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&(org, text::key(group)))
    }

    /// A command to an org without missing groups and without those that are `done`; nothing where
    /// no step is left.
    pub(super) fn left_of<'e>(
        &self,
        org: OrgId,
        command: &'e Command,
        done: &[Text],
    ) -> Option<Cow<'e, Command>> {
        let is_done = |group: &str| done.iter().any(|done| text::same(done, group));
        let is_left_out = |group: &&str| self.has(org, group) || is_done(group);
        let touched = |step: &Step| step.groups().iter().any(is_left_out);
        if !command.steps.iter().any(touched) {
            return Some(Cow::Borrowed(command));
        }
        let kept = |groups: &[&'static str]| -> Vec<&'static str> {
            let there = groups.iter().filter(|group| !is_left_out(group));
            there.copied().collect()
        };
        let steps = command.steps.iter().filter_map(|step| {
            let step = match step {
                Step::Add(groups) => Step::Add(kept(groups)),
                Step::Remove(groups) => Step::Remove(kept(groups)),
                other => return Some(other.clone()),
            };
            (!step.groups().is_empty()).then_some(step)
        });
        let steps: Vec<Step> = steps.collect();
        (!steps.is_empty()).then(|| {
            Cow::Owned(Command {
                subject: command.subject.clone(),
                steps,
            })
        })
    }

    /// What was done by the command of an entry that was sent without missing groups.
    pub(super) fn done_of<'e>(&self, entry: &Entry<'e>) -> Cow<'e, Change> {
        let reason = &entry.change.reason;
        let is_there = |group: &&GroupChange| !self.has(entry.org, group.group);
        let groups = || reason.added.iter().chain(reason.removed.iter());
        if groups().all(|group| is_there(&group)) {
            return Cow::Borrowed(entry.change);
        }
        let mut done = entry.change.clone();
        done.reason.added = reason.added.iter().filter(is_there).copied().collect();
        done.reason.removed = reason.removed.iter().filter(is_there).copied().collect();
        Cow::Owned(done)
    }

    /// Why an entry with missing groups is rejected without being sent.
    pub(super) fn rejections(&self, entry: &Entry<'_>) -> Vec<Rejection> {
        let steps = entry.command().steps.iter().enumerate();
        let groups = steps.flat_map(|(place, step)| {
            let groups = step.groups().iter();
            groups.map(move |group| (place, *group))
        });
        let missing = groups.filter(|(_, group)| self.has(entry.org, group));
        missing
            .map(|(place, group)| Rejection {
                step: Some(place),
                code: Rejection::GROUP_NOT_FOUND.to_owned(),
                message: format!("not sent: Adobe has no group \"{group}\""),
            })
            .collect()
    }

    /// Whether a rejection was told with the group that it is about.
    pub(super) fn has_told(&self, entry: &Entry<'_>, rejection: &Rejection) -> bool {
        let mut groups = entry.command().steps.iter().flat_map(Step::groups);
        rejection.is_group_not_found() && groups.any(|group| self.has(entry.org, group))
    }
}

/// The group that Adobe misses, if the rejection says so and leaves no doubt which one it is.
pub(super) fn group_of(command: &Command, rejection: &Rejection) -> Option<&'static str> {
    if !rejection.is_group_not_found() {
        return None;
    }
    let groups = command.steps.get(rejection.step?)?.groups();
    if let [group] = groups {
        return Some(group);
    }
    let message = text::key(&rejection.message);
    let named = groups
        .iter()
        .filter(|group| message.contains(&text::key(group)));
    // `Group Design Team was not found` names `Design` as well.
    named.copied().max_by_key(|group| group.len())
}

/// Whether a command gives or takes a group.
pub(super) fn names(command: &Command, group: &str) -> bool {
    let mut groups = command.steps.iter().flat_map(Step::groups);
    groups.any(|other| text::same(other, group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IdentityType;
    use crate::model::change::Reason;
    use crate::model::command::{IfExists, Subject};

    fn command(steps: Vec<Step>) -> Command {
        Command {
            subject: Subject::User {
                root: "a@x.com",
                domain: None,
                use_adobe_id: false,
            },
            steps,
        }
    }

    fn change(steps: Vec<Step>) -> Change {
        Change {
            command: command(steps),
            reason: Reason::default(),
        }
    }

    fn create() -> Step {
        Step::Create {
            identity_type: IdentityType::FederatedId,
            email: "a@x.com",
            firstname: None,
            lastname: None,
            country: Some("US"),
            if_exists: IfExists::Ignore,
        }
    }

    fn rejection(step: Option<usize>, message: &str) -> Rejection {
        Rejection {
            step,
            code: Rejection::GROUP_NOT_FOUND.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_missing_group_is_the_one_without_doubt() {
        let one = command(vec![create(), Step::Add(vec!["A"])]);
        let two = command(vec![Step::Remove(vec!["Design", "Design Team", "B"])]);
        for (command, rejection, expected) in [
            (&one, rejection(Some(1), ""), Some("A")),
            (&one, rejection(Some(0), "Group A was not found"), None),
            (&one, rejection(None, "Group A was not found"), None),
            (
                &two,
                rejection(Some(0), "Group design team was not found"),
                Some("Design Team"),
            ),
            (
                &two,
                rejection(Some(0), "Group Design was not found"),
                Some("Design"),
            ),
            (&two, rejection(Some(0), "not found"), None),
        ] {
            assert_eq!(group_of(command, &rejection), expected, "{rejection:?}");
        }
        let other = Rejection {
            code: "error.group.invalid_name".to_owned(),
            ..rejection(Some(1), "A")
        };
        assert_eq!(group_of(&one, &other), None);
    }

    #[test]
    fn missing_groups_are_left_out_and_steps_without_groups_too() {
        let mut missing = Missing::default();
        assert!(missing.add(OrgId::PRIMARY, "A"));
        assert!(!missing.add(OrgId::PRIMARY, "a"));
        let left = |steps: Vec<Step>| {
            let change = change(steps);
            let entry = Entry {
                org: OrgId::PRIMARY,
                change: &change,
            };
            let left = missing.left_of(entry.org, entry.command(), &[]);
            left.map(|command| command.into_owned().steps)
        };
        let add = |groups: &[&'static str]| Step::Add(groups.to_vec());
        for (steps, expected) in [
            (vec![add(&["B"])], Some(vec![add(&["B"])])),
            (vec![add(&["a", "B"])], Some(vec![add(&["B"])])),
            (vec![add(&["a"])], None),
            (vec![create(), add(&["A"])], Some(vec![create()])),
            (
                vec![create(), Step::Remove(vec!["A"]), add(&["B"])],
                Some(vec![create(), add(&["B"])]),
            ),
        ] {
            assert_eq!(left(steps.clone()), expected, "{steps:?}");
        }
        let other_org = change(vec![add(&["A"])]);
        let entry = Entry {
            org: OrgId(1),
            change: &other_org,
        };
        assert!(matches!(
            missing.left_of(entry.org, entry.command(), &[]),
            Some(Cow::Borrowed(_))
        ));
    }
}
