//! The plan: what is to be sent to each org, and why, from what was read (manual/rules.md,
//! manual/safety.md).
//!
//! Pure: no network, no files, no clock, no log. The same input gives the same plan, in whatever
//! order pages came.
//!
//! | room | holds |
//! | --- | --- |
//! | [`desired`] | who is selected, and which groups they are to have |
//! | [`matching`] | what becomes of each Adobe user |
//! | `orgs` | the orgs that were read, with what becomes of their users |
//! | `sync`, `push`, [`listed`] | the story of a run, one for each way to run |
//! | `existing`, `group_diffs`, `new_users`, `adobe_only` | changes of one kind of user |
//! | `hold`, `group_loss`, `renames`, `limits` | which changes are held back, and the words for it |
//! | `draft`, `commands` | one user's change, cut into commands within Adobe's limits |
//! | `unseen` | groups that may not exist |
//! | [`explain`] | what is said about one person |
//! | [`undo`] | the way back |
//!
//! What is planned for a person, and why, is a [`Change`] of the `model`.

mod additional;
mod adobe_only;
mod commands;
mod countries;
pub mod desired;
mod draft;
mod existing;
pub mod explain;
mod group_diffs;
mod group_loss;
mod groups;
mod hold;
mod limits;
pub mod listed;
pub mod matching;
mod new_users;
mod orgs;
mod push;
mod renames;
mod sync;
pub mod undo;
mod unseen;

use crate::config::{AdobeOnlyUserAction, Config, Source, Strategy};
use crate::model::change::OktaNames;
pub use crate::model::change::{
    AttributeChange, Change, GroupChange, Held, HeldRule, Kind, Reason,
};
use crate::model::command::{Command, Step, Subject};
use crate::model::notice::{Level, Notice};
use crate::model::why::UserWhy;
use crate::model::{AdobeOrg, AdobeUser, DirectoryUser, IdentityType, OrgId};
use crate::plan::desired::Desired;
use crate::text::{Text, Texts};

/// Everything that a run is to do.
#[derive(Debug, Default)]
pub struct Plan {
    /// In sending order: the secondary orgs in configuration order, then the primary one.
    pub orgs: Vec<OrgPlan>,
    pub counts: Counts,
    /// What a safety limit held back: exit code 4 if there is any.
    pub held_back: Vec<HeldBack>,
    /// In a fixed order. An error among them: exit code 3.
    pub notices: Vec<Notice>,
    /// By org, the user groups that `usergroup` commands may be used for: where
    /// `batch_group_changes` is set and the org's list of groups was read.
    pub user_groups: Vec<(OrgId, Vec<Text>)>,
    /// Adobe users who carry another name of a selected user and are left alone.
    pub namesakes: Vec<Namesake>,
    /// The rows of the file of `write-file`; `None`: no file is to be written.
    pub adobe_only_rows: Option<Vec<AdobeOnlyRow>>,
}

/// What is to be sent to one org.
#[derive(Debug)]
pub struct OrgPlan {
    pub org: OrgId,
    /// New user groups: sent and answered before any of `changes`.
    pub group_changes: Vec<Change>,
    pub changes: Vec<Change>,
    /// What limits hold back of the plan: in the order in which it would be sent, behind `changes`.
    pub held: Vec<Held>,
}

/// Something that a safety limit held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    pub by: HeldBackBy,
    /// The critical line, with the numbers.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBackBy {
    /// A directory group is missing (manual/safety.md#missing-groups).
    MissingGroup,
    /// The directory has nobody left (manual/safety.md#an-empty-directory).
    EmptyDirectory,
    /// A member has only blanks for names: nobody can tell whose account is theirs.
    NamelessMember,
    /// Adobe does not list the members of a mapped group.
    UnreadGroup,
    /// Okta shows no group at all for somebody whom the run is about.
    NoGroups,
    /// A limit, in this org: what it holds is in [`OrgPlan::held`].
    Limit(HeldRule, OrgId),
}

impl HeldBackBy {
    /// The word by which programs name the rule.
    pub fn word(self) -> &'static str {
        match self {
            Self::MissingGroup => "missing-group",
            Self::EmptyDirectory => "empty-directory",
            Self::NamelessMember => "nameless-member",
            Self::UnreadGroup => "unread-group",
            Self::NoGroups => "no-groups",
            Self::Limit(rule, _) => rule.word(),
        }
    }

    /// The rule that [`HeldBackBy::word`] names so; a limit is one of the primary org.
    pub fn parse(word: &str) -> Option<HeldBackBy> {
        let others = [
            Self::MissingGroup,
            Self::EmptyDirectory,
            Self::NamelessMember,
            Self::UnreadGroup,
            Self::NoGroups,
        ];
        let limits = HeldRule::ALL.map(|rule| Self::Limit(rule, OrgId::PRIMARY));
        let mut all = others.into_iter().chain(limits);
        all.find(|by| by.word() == word)
    }
}

/// An Adobe user who carries another name of a selected directory user without being matched by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namesake {
    pub org: OrgId,
    pub person: Text,
    pub name: Text,
    /// Login of the directory user whose name it is.
    pub login: Text,
}

/// The counts of the action summary: of planned changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub directory_read: usize,
    pub directory_selected: usize,
    pub adobe_read: usize,
    pub adobe_excluded: usize,
    pub unchanged: usize,
    pub created: usize,
    pub updated: usize,
    pub groups_created: usize,
    pub created_in_secondaries: usize,
    pub adobe_only: usize,
    pub pushed: usize,
    pub pushed_to_secondaries: usize,
}

/// A row of the list of Adobe-only users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdobeOnlyRow {
    pub identity_type: Option<IdentityType>,
    pub username: Text,
    pub email: Text,
    pub domain: Text,
    pub org: OrgId,
}

/// Works out what a run is to do. `orgs` are by [`OrgId`]; `None` for one that was not read.
pub fn build(
    config: &Config,
    desired: &Desired,
    orgs: &[Option<AdobeOrg>],
    texts: &mut Texts,
) -> Plan {
    let mut plan = match config.options.strategy {
        Strategy::Sync => sync::build(config, desired, orgs, texts),
        Strategy::Push => push::build(config, desired, texts),
    };
    let changes = plan.in_sending_order().map(|(_, change)| change);
    let notice = countries::warning(changes);
    plan.notices.extend(notice);
    plan
}

impl Plan {
    /// Whether a user could not be processed (exit code 3).
    pub fn has_errors(&self) -> bool {
        self.notices
            .iter()
            .any(|notice| notice.level == Level::Error)
    }

    /// All commands in sending order, with the org that each goes to.
    pub fn in_sending_order(&self) -> impl Iterator<Item = (OrgId, &Change)> {
        let orgs = self.orgs.iter();
        orgs.flat_map(|org| org.all_changes().map(|change| (org.org, change)))
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.in_sending_order().next().is_none()
    }

    /// Whom limits hold back, each person once, with the org.
    pub fn held_people(&self) -> impl Iterator<Item = (OrgId, &Held)> {
        let all = self.orgs.iter();
        let all = all.flat_map(|org| org.held.iter().map(|held| (org.org, held)));
        all.filter(|(_, held)| held.change.reason.kind != Kind::Continued)
    }

    fn hold(&mut self, by: HeldBackBy, text: String) {
        self.held_back.push(HeldBack { by, text });
    }
}

impl OrgPlan {
    /// A plan in which nothing is done.
    pub fn of(org: OrgId) -> OrgPlan {
        OrgPlan {
            org,
            group_changes: Vec::new(),
            changes: Vec::new(),
            held: Vec::new(),
        }
    }

    /// All commands in sending order: groups first.
    pub fn all_changes(&self) -> impl Iterator<Item = &Change> {
        self.group_changes.iter().chain(&self.changes)
    }
}

/// What the action does to Adobe-only users of an org, if anything.
pub fn adobe_only_kind(config: &Config, org: OrgId) -> Option<Kind> {
    use AdobeOnlyUserAction as Action;
    match (
        &config.options.adobe_only_user_action,
        config.options.process_groups,
    ) {
        (Action::Preserve | Action::WriteFile(_), true) => Some(Kind::AdobeOnlyGroups),
        (Action::Preserve | Action::WriteFile(_), false) | (Action::Exclude, _) => None,
        (Action::RemoveAdobeGroups, _) => Some(Kind::AdobeOnlyAllGroups),
        (Action::Delete, _) if org.is_primary() => Some(Kind::AdobeOnlyDeleted),
        (Action::Remove | Action::Delete, _) => Some(Kind::AdobeOnlyRemoved),
    }
}

/// The step of an Adobe-only kind that is one step.
fn adobe_only_step(kind: Kind) -> Option<Step> {
    match kind {
        Kind::AdobeOnlyAllGroups => Some(Step::RemoveAll),
        Kind::AdobeOnlyRemoved => Some(Step::RemoveFromOrg {
            delete_account: false,
        }),
        Kind::AdobeOnlyDeleted => Some(Step::RemoveFromOrg {
            delete_account: true,
        }),
        _ => None,
    }
}

/// What messages call an org.
pub fn org_name(config: &Config, org: OrgId) -> &str {
    let org = config.org(org);
    org.and_then(|org| org.name.as_deref()).unwrap_or("primary")
}

/// What messages call an Adobe user.
fn person(user: &AdobeUser) -> Text {
    match user.email.trim() {
        "" => user.username,
        email => email,
    }
}

/// Who a directory user is in Okta; nobody, where the directory is a file.
fn okta_names(config: &Config, user: &DirectoryUser) -> OktaNames {
    match config.source {
        Source::Okta(_) => OktaNames::of(user),
        Source::Csv(_) | Source::None => OktaNames::default(),
    }
}

/// A user group to be made in an org.
fn create_group(name: Text) -> Change {
    Change {
        command: Command {
            subject: Subject::UserGroup(name),
            steps: vec![Step::CreateUserGroup {
                description: "Created by user-sync",
            }],
        },
        reason: Reason {
            person: name,
            kind: Kind::GroupCreated,
            why: Some(UserWhy::GroupIsMissing),
            ..Reason::default()
        },
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
