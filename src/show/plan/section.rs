//! The headings of a plan, the gravest first, and how they look.

use super::{Extent, SHOWN, SHOWN_DANGERS};
use crate::plan::{Kind, Reason};
use crate::show::Tone;

/// Under which heading a user stands, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Deleted,
    Removed,
    AllGroupsLost,
    GroupsLost,
    Created,
    Updated,
    GroupsGained,
    Pushed,
    NewGroups,
}

use Section::{
    AllGroupsLost, Created, Deleted, GroupsGained, GroupsLost, NewGroups, Pushed, Removed, Updated,
};

impl Section {
    pub(super) const ALL: [Section; 9] = [
        Deleted,
        Removed,
        AllGroupsLost,
        GroupsLost,
        Created,
        Updated,
        GroupsGained,
        Pushed,
        NewGroups,
    ];

    /// `None` for what a listed change already tells.
    pub(super) fn of(reason: &Reason) -> Option<Section> {
        Some(match reason.kind {
            Kind::AdobeOnlyDeleted => Deleted,
            Kind::AdobeOnlyRemoved => Removed,
            Kind::AdobeOnlyAllGroups => AllGroupsLost,
            Kind::AdobeOnlyGroups => GroupsLost,
            Kind::Updated if !reason.removed.is_empty() => GroupsLost,
            Kind::Updated if !reason.attributes.is_empty() => Updated,
            Kind::Updated => GroupsGained,
            Kind::Created => Created,
            Kind::Pushed => Pushed,
            Kind::GroupCreated => NewGroups,
            Kind::Continued => return None,
        })
    }

    /// Its heading; what one and what several of it are in the line of counts; tone and sign.
    pub(super) fn look(self) -> (&'static str, [&'static str; 2], Tone, &'static str) {
        let both = |word| [word, word];
        match self {
            Deleted => (
                "DELETED, with their files and for good",
                both("deleted"),
                Tone::Danger,
                "-",
            ),
            Removed => (
                "REMOVED from the org; account and files stay",
                both("removed"),
                Tone::Danger,
                "-",
            ),
            AllGroupsLost => (
                "LOSE ALL GROUPS and products",
                ["loses all groups", "lose all groups"],
                Tone::Danger,
                "-",
            ),
            GroupsLost => (
                "Lose groups",
                ["loses groups", "lose groups"],
                Tone::Danger,
                "~",
            ),
            Created => ("Created", both("created"), Tone::Gain, "+"),
            Updated => ("Updated", both("updated"), Tone::Change, "~"),
            GroupsGained => (
                "Gain groups",
                ["gains groups", "gain groups"],
                Tone::Gain,
                "~",
            ),
            Pushed => (
                "Pushed: created, or brought in line where they exist",
                both("pushed"),
                Tone::Change,
                "~",
            ),
            NewGroups => (
                "User groups created",
                ["user group created", "user groups created"],
                Tone::Gain,
                "+",
            ),
        }
    }

    /// For the line of counts.
    pub(super) fn short(self, count: usize) -> String {
        let (_, [one, several], ..) = self.look();
        format!("{count} {}", if count == 1 { one } else { several })
    }

    pub(super) fn tone(self) -> Tone {
        self.look().2
    }

    pub(super) fn shown(self, extent: Extent) -> usize {
        extent.or(match self.tone() {
            Tone::Danger => SHOWN_DANGERS,
            _ => SHOWN,
        })
    }
}
