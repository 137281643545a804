//! What of a refused command may be carried out later in the run: Adobe was busy, or stopped at a
//! step whose aim was reached already.
//!
//! Pure: knows commands and rejections, not how they travel.

use crate::adobe::Rejection;
use crate::model::command::Command;

/// The steps that are worth sending again. `None`: the command was refused for good.
pub(super) fn rest_of(command: &Command, rejections: &[Rejection]) -> Option<Command> {
    let first = rejections.iter().map(Rejection::open_from);
    let first = first.collect::<Option<Vec<usize>>>()?.into_iter().min()?;
    let steps = command.steps.get(first..)?.to_vec();
    (!steps.is_empty()).then(|| Command {
        subject: command.subject.clone(),
        steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::command::{Step, Subject};

    #[test]
    fn steps_behind_the_failed_one_are_left() {
        let command = Command {
            subject: Subject::UserGroup("A"),
            steps: vec![Step::RemoveAll, Step::Add(vec!["B"]), Step::Add(vec!["C"])],
        };
        let (busy, so) = (
            "error.throttled_by_external_service",
            "error.user.already_in_org",
        );
        for (rejections, expected) in [
            (&[(None, busy)][..], Some(3)),
            (&[(Some(0), busy)], Some(3)),
            (&[(Some(2), busy)], Some(1)),
            (&[(Some(0), so)], Some(2)),
            (&[(Some(2), so)], None),
            (&[(None, so)], None),
            (&[(Some(0), so), (Some(1), busy)], Some(2)),
            (&[(Some(0), busy), (Some(1), "error.group.not_found")], None),
            (&[(Some(9), busy)], None),
            (&[], None),
        ] {
            let rejection = |(step, code): &(Option<usize>, &str)| Rejection {
                step: *step,
                code: (*code).to_owned(),
                message: String::new(),
            };
            let rejections: Vec<Rejection> = rejections.iter().map(rejection).collect();
            let rest = rest_of(&command, &rejections).map(|rest| rest.steps.len());
            assert_eq!(rest, expected, "{rejections:?}");
        }
    }
}
