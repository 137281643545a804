//! What the answer to a `usergroup` command means for the people whom it names.
//!
//! Adobe does not document what becomes of the others when one of a list is bad, nor whether later
//! steps are carried out; and a rejection names a step, not a person. So whoever may not have been
//! reached is sent again. Pure.

use super::batches::Limits;
use super::requests::{LIMITS, UserGroups};
use crate::adobe::Outcome;

/// What becomes of the people of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Done,
    /// Perhaps not carried out: to be sent again, by whatever way is cheapest.
    Again,
    /// Refused for one of them: everybody is sent again by a command of their own.
    OneByOne,
}

/// What an answer says of the way by group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesson {
    None,
    /// Adobe takes fewer memberships in one command.
    TooMany,
    /// This group cannot be changed so.
    NotThisGroup,
    /// Adobe finds such commands malformed.
    Never,
}

/// What may go by `usergroup` commands, and how much of it in one.
pub(super) struct Batching {
    pub(super) user_groups: UserGroups,
    pub(super) limits: Limits,
}

impl Default for Batching {
    fn default() -> Batching {
        Batching {
            user_groups: UserGroups::default(),
            limits: LIMITS,
        }
    }
}

impl Batching {
    pub(super) fn learn(&mut self, lesson: Lesson, group: &str) {
        match lesson {
            Lesson::None => {}
            // Ten memberships in one command are the least that the documentation can mean.
            Lesson::TooMany if self.limits.steps > 1 => self.limits.steps = 1,
            Lesson::NotThisGroup => self.user_groups.remove(group),
            Lesson::TooMany | Lesson::Never => self.user_groups = UserGroups::default(),
        }
    }
}

/// The fates of the people of each step, and what is to be learned.
pub(super) fn settle(steps: usize, outcome: &Outcome) -> (Vec<Fate>, Lesson) {
    let Outcome::Rejected(rejections) = outcome else {
        return (vec![Fate::Done; steps], Lesson::None);
    };
    let has = |found: &dyn Fn(&str) -> bool| rejections.iter().any(|one| found(&one.code));
    if has(&|code| code == "error.command.add_remove.list_too_long") {
        return (vec![Fate::Again; steps], Lesson::TooMany);
    }
    if has(&|code| code.starts_with("error.command.")) {
        return (vec![Fate::Again; steps], Lesson::Never);
    }
    let lesson = if has(&is_about_the_group) {
        Lesson::NotThisGroup
    } else {
        Lesson::None
    };
    let failed: Option<Vec<usize>> = rejections
        .iter()
        .map(|rejection| rejection.step.filter(|step| *step < steps))
        .collect();
    let Some(failed) = failed else {
        return (vec![Fate::OneByOne; steps], lesson);
    };
    // Behind the last one that failed it is not known whether Adobe went on.
    let last = failed.iter().copied().max().unwrap_or(0);
    let fate = |step: usize| {
        if failed.contains(&step) {
            Fate::OneByOne
        } else if step < last {
            Fate::Done
        } else {
            Fate::Again
        }
    };
    ((0..steps).map(fate).collect(), lesson)
}

fn is_about_the_group(code: &str) -> bool {
    let about_members = code == "error.usergroup.user_list.invalid";
    code.starts_with("error.group.") || (code.starts_with("error.usergroup.") && !about_members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adobe::Rejection;

    #[test]
    fn whoever_may_not_have_been_reached_is_sent_again() {
        use Fate::{Again, Done, OneByOne};
        let rejected = |errors: &[(Option<usize>, &str)]| {
            let rejection = |(step, code): &(Option<usize>, &str)| Rejection {
                step: *step,
                code: (*code).to_owned(),
                message: String::new(),
            };
            Outcome::Rejected(errors.iter().map(rejection).collect())
        };
        let user = "error.user.nonexistent";
        let member = "error.user.already_exists";
        let unchanged = "error.usergroup.user_list.invalid";
        let long = "error.command.add_remove.list_too_long";
        let malformed = "error.command.malformed";
        let readonly = "error.usergroup.readonly.add_user_not_allowed";
        for (outcome, fates, lesson) in [
            (Outcome::Done, [Done; 3], Lesson::None),
            (
                rejected(&[(Some(1), user)]),
                [Done, OneByOne, Again],
                Lesson::None,
            ),
            (
                rejected(&[(Some(2), member)]),
                [Done, Done, OneByOne],
                Lesson::None,
            ),
            (
                rejected(&[(Some(0), unchanged)]),
                [OneByOne, Again, Again],
                Lesson::None,
            ),
            (
                rejected(&[(Some(0), user), (Some(2), user)]),
                [OneByOne, Done, OneByOne],
                Lesson::None,
            ),
            (rejected(&[(None, user)]), [OneByOne; 3], Lesson::None),
            (rejected(&[(Some(7), user)]), [OneByOne; 3], Lesson::None),
            (rejected(&[(Some(0), long)]), [Again; 3], Lesson::TooMany),
            (rejected(&[(Some(0), malformed)]), [Again; 3], Lesson::Never),
            (
                rejected(&[(Some(0), readonly)]),
                [OneByOne, Again, Again],
                Lesson::NotThisGroup,
            ),
        ] {
            assert_eq!(settle(3, &outcome), (fates.to_vec(), lesson), "{outcome:?}");
        }
    }
}
