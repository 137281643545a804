//! What is to happen to one user in one org, whole: before limits are asked and before it is cut
//! into commands.
//!
//! Knows neither limits nor where a draft comes from.

use crate::model::command::{Step, Subject};
use crate::plan::{Change, GroupChange, Reason, commands};
use crate::text::Text;

/// A user's change, not yet cut. What it adds and removes is in the reason.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) whom: Whom,
    pub(super) subject: Subject,
    /// The first step: a create, an update, or what happens to an Adobe-only user.
    pub(super) head: Option<Step>,
    pub(super) reason: Reason,
}

/// Whom a draft is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// The selected user with this number, who is not in the org.
    New(u32),
    /// Somebody whom Adobe has already.
    Known {
        /// Its place in the org.
        place: u32,
        /// The place of its record in the primary org.
        in_primary: Option<u32>,
    },
}

impl Draft {
    /// Whether there is anything to send.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_none() && self.reason.added.is_empty() && self.reason.removed.is_empty()
    }

    /// The commands of the draft, in the order in which they must be sent.
    pub(super) fn into_changes(self) -> impl Iterator<Item = Change> {
        changes(self.subject, self.head, self.reason)
    }
}

/// The commands of one user, the reason with the first.
pub(super) fn changes(
    subject: Subject,
    head: Option<Step>,
    reason: Reason,
) -> impl Iterator<Item = Change> {
    let names = |groups: &[GroupChange]| -> Vec<Text> {
        groups.iter().map(|change| change.group).collect()
    };
    let (removed, added) = (names(&reason.removed), names(&reason.added));
    let commands = commands::cut(subject, head, removed, added);
    let more = reason.continued();
    let mut reason = Some(reason);
    commands.into_iter().map(move |command| Change {
        command,
        reason: reason.take().unwrap_or_else(|| more.clone()),
    })
}
