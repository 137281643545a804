//! What is to happen to one user in one org, whole: before limits are asked and before it is cut
//! into commands.
//!
//! Knows neither limits nor where a draft comes from.

use std::rc::Rc;

use crate::model::command::{Step, Subject};
use crate::plan::orgs::ReadOrg;
use crate::plan::{Change, GroupChange, Held, HeldRule, Kind, Reason, commands};
use crate::text::Text;

/// The drafts of one org, in sending order.
#[derive(Debug)]
pub(super) struct OrgDrafts<'p> {
    pub(super) read: &'p ReadOrg<'p>,
    pub(super) drafts: Vec<Draft>,
}

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
    /// Somebody whose org was not read: push, lists, undo.
    Unread,
}

impl Draft {
    /// Whether there is anything to send.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_none() && self.reason.added.is_empty() && self.reason.removed.is_empty()
    }

    /// Whether somebody leaves the org.
    pub(super) fn takes_account(&self) -> bool {
        matches!(
            self.reason.kind,
            Kind::AdobeOnlyRemoved | Kind::AdobeOnlyDeleted
        )
    }

    /// The removal of these groups alone, as it stands behind the rest of the draft.
    pub(super) fn removal(&self, removed: Rc<[GroupChange]>) -> Draft {
        Draft {
            whom: self.whom,
            subject: commands::later_subject(&self.subject, self.head.as_ref()),
            head: None,
            reason: Reason {
                kind: self.reason.kind,
                why: self.reason.why,
                before: self.reason.before.clone(),
                removed,
                ..self.reason.continued()
            },
        }
    }

    /// The commands of the draft, in the order in which they must be sent; the reason is with the
    /// first.
    pub(super) fn into_changes(self) -> impl Iterator<Item = Change> {
        let names = |groups: &[GroupChange]| -> Vec<Text> {
            groups.iter().map(|change| change.group).collect()
        };
        let (removed, added) = (names(&self.reason.removed), names(&self.reason.added));
        let commands = commands::cut(self.subject, self.head, removed, added);
        let more = self.reason.continued();
        let mut reason = Some(self.reason);
        commands.into_iter().map(move |command| Change {
            command,
            reason: reason.take().unwrap_or_else(|| more.clone()),
        })
    }

    /// The same, held back by these rules.
    pub(super) fn into_held(self, rules: Vec<HeldRule>) -> impl Iterator<Item = Held> {
        self.into_changes().map(move |change| Held {
            change,
            rules: rules.clone(),
        })
    }
}
