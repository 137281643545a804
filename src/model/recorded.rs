//! What a run did, as a change log tells it. Plain data: read by `send`, taken back by `plan`.

use crate::model::change::Change;
use crate::model::command::Step;
use crate::text::Text;

/// A command of a run, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    pub run: Text,
    pub org_id: Text,
    pub change: Change,
    pub outcome: RecordedOutcome,
}

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedOutcome {
    Done,
    /// Adobe said that nothing was left to do: a person who was to be created was there already.
    AlreadySo,
    Refused {
        /// The step that failed, from 0, where Adobe named one.
        step: Option<usize>,
    },
    /// There was no answer.
    Unknown,
}

impl RecordedChange {
    /// The steps that were carried out, or may have been. Adobe does not say whether steps behind
    /// a refused one are carried out, nor whether the good names of a refused list are.
    pub fn effective_steps(&self) -> impl Iterator<Item = &Step> {
        let steps = self.change.command.steps.as_slice();
        let refused = match self.outcome {
            RecordedOutcome::Refused { step } => Some(step.unwrap_or(0)),
            _ => None,
        };
        let effective = move |(place, step): (usize, &Step)| match refused {
            None => true,
            Some(refused) if place == refused => step.groups().len() > 1,
            Some(refused) if place > refused => {
                !matches!(steps.get(refused), Some(Step::Create { .. }))
            }
            Some(_) => true,
        };
        let kept = move |both: &(usize, &Step)| effective(*both);
        steps.iter().enumerate().filter(kept).map(|(_, step)| step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IdentityType;
    use crate::model::change::Reason;
    use crate::model::command::{Command, IfExists, Subject, Update};

    fn names(steps: Vec<Step>, outcome: RecordedOutcome) -> Vec<&'static str> {
        let subject = Subject::UserGroup("x");
        let recorded = RecordedChange {
            run: "r",
            org_id: "o",
            change: Change {
                command: Command { subject, steps },
                reason: Reason::default(),
            },
            outcome,
        };
        recorded.effective_steps().map(Step::name).collect()
    }

    #[test]
    fn what_a_refused_command_may_have_done_counts() {
        let create = || Step::Create {
            identity_type: IdentityType::FederatedId,
            email: "a@x.com",
            firstname: None,
            lastname: None,
            country: None,
            if_exists: IfExists::Ignore,
        };
        let add = |count: usize| Step::Add(["A", "B"][..count].to_vec());
        let refused = |step| RecordedOutcome::Refused { step };
        let update = || Step::Update(Update::default());
        let cases: [(Vec<Step>, RecordedOutcome, &[&str]); 8] = [
            (
                vec![update(), add(1)],
                RecordedOutcome::Done,
                &["update", "add"],
            ),
            (
                vec![update(), add(1)],
                RecordedOutcome::Unknown,
                &["update", "add"],
            ),
            (vec![update(), add(1)], refused(Some(1)), &["update"]),
            (vec![update(), add(2)], refused(Some(1)), &["update", "add"]),
            (vec![update(), add(1)], refused(Some(0)), &["add"]),
            (vec![create(), add(2)], refused(Some(0)), &[]),
            (vec![create(), add(2)], refused(None), &[]),
            (vec![add(1)], refused(None), &[]),
        ];
        for (steps, outcome, expected) in cases {
            assert_eq!(names(steps, outcome), expected, "{outcome:?}");
        }
    }
}
