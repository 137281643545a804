//! What becomes of each Adobe user: excluded, matched, protected, Adobe-only
//! (manual/rules.md#matching, manual/safety.md#protected-people).
//!
//! Names no command: the rooms beside it make commands of these fates. `explain` asks the same
//! functions. What is particular to secondary orgs is in [`secondary`].

mod excluded;
mod order;
mod other_names;
pub mod secondary;

use crate::config::{Config, Source};
use crate::model::names::{Index, Names};
use crate::model::{AdobeOrg, AdobeUser};
use crate::plan::by_name::ByName;
use crate::plan::desired::{Desired, passes_user_filter};
use crate::text::{self, Text, Texts};
pub use excluded::{ExcludedGroups, carried_as, excluded_username};
pub use order::by_email;

/// What an Adobe user matches a directory user by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    Email,
    Username,
    /// The Adobe user carries another name of the directory user.
    OtherName,
}

/// Why an Adobe user is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    IdentityType,
    /// Member of a group in `exclude_adobe_groups`.
    Group,
    /// Its username, or that of its directory user, matches an `exclude_users` pattern.
    User,
}

/// Why an Adobe user is left alone though nothing excludes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftAlone {
    NoEmail,
    UnknownType,
    /// Its username is that of a directory user whom another record matches by e-mail.
    MatchedElsewhere(u32),
    /// It carries another name of this directory user, without being matched by it.
    Namesake(u32),
    /// `--user-filter` does not match its username.
    UserFilter,
    /// A secondary org: its record in the primary org is left alone or excluded.
    ByPrimary,
    /// A secondary org: it is not in the primary org, so it belongs to somebody else.
    NotInPrimary,
}

/// What becomes of an Adobe user. Numbers count [`Desired::users`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    LeftAlone(LeftAlone),
    Excluded(Exclusion),
    Matched {
        desired: u32,
        by: MatchedBy,
    },
    /// A member who was skipped, or left out in a state that may pass, has one of its names: the place
    /// in [`Matcher::protector`].
    Protected(u32),
    AdobeOnly,
}

/// Whether a selected user is in an org already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum There {
    No,
    /// A record has one of its names, but is somebody else's: not to be created either.
    Shared,
    Yes,
    /// It matches a record that is excluded or left alone: not to be created anywhere.
    Blocked,
}

/// The fates of one org.
#[derive(Debug, Default)]
pub struct Fates {
    /// By the places of [`AdobeOrg::users`].
    pub fates: Vec<Fate>,
    /// By the numbers of the selected users.
    pub there: Vec<There>,
    /// For a secondary org, the place of each user's record in the primary org.
    pub in_primary: Vec<Option<u32>>,
}

/// Matches Adobe users with selected directory users.
#[derive(Debug)]
pub struct Matcher<'m> {
    desired: &'m Desired<'m>,
    index: Index,
    /// Logins of members who protect whoever has one of their names.
    protectors: ByName<Text>,
}

impl<'m> Matcher<'m> {
    pub fn new(desired: &'m Desired<'m>, texts: &mut Texts) -> Matcher<'m> {
        let mut index = Index::for_people(desired.users.len());
        for (nth, selected) in desired.users.iter().enumerate() {
            if let Some(user) = desired.user_at(selected.user) {
                index.add(&Names::of_directory(user), nth);
            }
        }
        let mut matcher = Matcher {
            desired,
            index,
            protectors: ByName::new(),
        };
        matcher.add_protectors(texts);
        matcher
    }

    fn add_protectors(&mut self, texts: &mut Texts) {
        let directory = self.desired.directory;
        for member in directory.skipped.iter().chain(&self.desired.skipped) {
            let names = member.names.iter().chain([&member.login]);
            self.protectors.add(member.login, names, texts);
        }
        for member in &directory.filtered {
            if is_passing(self.desired.config, member.status) {
                self.protectors.add(member.login, &member.names, texts);
            }
        }
    }

    /// The login of the member who protects.
    pub fn protector(&self, place: u32) -> Text {
        self.protectors.get(place).unwrap_or_default()
    }

    /// The member who protects this Adobe user, if any does.
    pub fn protected(&self, user: &AdobeUser) -> Option<u32> {
        if self.protectors.is_empty() {
            None
        } else {
            self.protectors.find(&Names::of_adobe(user))
        }
    }

    /// The member who protects whoever has these names at Adobe, if any does.
    pub fn protected_by_name(&self, names: &Names) -> Option<u32> {
        self.protectors.find(names)
    }

    /// The selected user that matches, e-mail before username.
    pub fn find(&self, user: &AdobeUser) -> Option<(u32, MatchedBy)> {
        let names = Names::of_adobe(user);
        let by_email = self.index.by_email(&names, |nth| self.names(nth)).next();
        let by_email = by_email.map(|nth| (nth, MatchedBy::Email));
        by_email.or_else(|| {
            let nth = self
                .index
                .by_username(&names, |nth| self.names(nth))
                .next()?;
            Some((nth, MatchedBy::Username))
        })
    }

    pub(super) fn names(&self, nth: u32) -> Option<Names> {
        self.desired
            .selected(nth)
            .map(|(user, _)| Names::of_directory(user))
    }

    /// Why a record of the primary org is excluded, if it is.
    pub fn exclusion(
        &self,
        user: &AdobeUser,
        excluded_groups: &ExcludedGroups,
    ) -> Option<Exclusion> {
        let exclusions = &self.desired.config.exclusions;
        if let Some(identity_type) = user.identity_type
            && exclusions.identity_types.contains(&identity_type)
        {
            return Some(Exclusion::IdentityType);
        }
        if excluded_groups.hold(user) {
            return Some(Exclusion::Group);
        }
        if exclusions.users.is_empty() {
            return None;
        }
        let names = Names::of_adobe(user);
        excluded_username(self.desired.config, user.identity_type, &names)
            .then_some(Exclusion::User)
    }

    /// Whether `exclude_users` leaves this directory user out (only where Adobe is not all read).
    pub fn directory_user_excluded(&self, nth: u32) -> bool {
        let config = self.desired.config;
        if config.reads_all_adobe_users() || config.exclusions.users.is_empty() {
            return false;
        }
        self.desired.selected(nth).is_some_and(|(user, _)| {
            let names = Names::of_directory(user);
            excluded_username(config, Some(user.identity_type), &names)
        })
    }

    /// The fates of the primary org.
    pub fn primary(&self, org: &AdobeOrg) -> Fates {
        let excluded = ExcludedGroups::of_org(self.desired.config, org);
        let mut fates = Fates {
            fates: org
                .users
                .iter()
                .map(|user| self.fate(user, &excluded))
                .collect(),
            there: vec![There::No; self.desired.users.len()],
            in_primary: Vec::new(),
        };
        self.leave_weak_matches(&mut fates);
        let blocked = self.match_by_other_names(org, &mut fates);
        for (user, fate) in org.users.iter().zip(&fates.fates) {
            let there = match fate {
                Fate::Matched { .. } | Fate::LeftAlone(LeftAlone::MatchedElsewhere(_)) => {
                    There::Shared
                }
                _ => There::Blocked,
            };
            self.mark(user, *fate, there, &mut fates.there);
        }
        mark_as(There::Blocked, blocked, &mut fates.there);
        // An excluded record does not hide another one of the same person.
        mark_matched(&fates.fates, &mut fates.there);
        fates
    }

    /// Everybody whom the record matches is there, also those who do not get it.
    fn mark(&self, user: &AdobeUser, fate: Fate, state: There, there: &mut [There]) {
        let names = Names::of_adobe(user);
        let by_email = match fate {
            Fate::Matched {
                by: MatchedBy::Email,
                desired,
            } => Some(desired),
            Fate::AdobeOnly | Fate::LeftAlone(LeftAlone::Namesake(_)) => return,
            _ => self.index.by_email(&names, |nth| self.names(nth)).next(),
        };
        let by_username = self.index.by_username(&names, |nth| self.names(nth));
        for nth in by_email.into_iter().chain(by_username) {
            if let Some(there) = there.get_mut(nth as usize) {
                *there = state.max(*there);
            }
        }
    }

    /// What becomes of a record of the primary org, seen by itself.
    pub fn fate(&self, user: &AdobeUser, excluded_groups: &ExcludedGroups) -> Fate {
        if let Some(unusable) = unusable(user) {
            return Fate::LeftAlone(unusable);
        }
        if let Some(exclusion) = self.exclusion(user, excluded_groups) {
            return Fate::Excluded(exclusion);
        }
        if let Some((desired, by)) = self.find(user) {
            return if self.directory_user_excluded(desired) {
                Fate::Excluded(Exclusion::User)
            } else {
                Fate::Matched { desired, by }
            };
        }
        self.unmatched(user)
    }

    fn unmatched(&self, user: &AdobeUser) -> Fate {
        if !passes_user_filter(self.desired.config, Names::of_adobe(user).username) {
            return Fate::LeftAlone(LeftAlone::UserFilter);
        }
        match self.protected(user) {
            Some(protector) => Fate::Protected(protector),
            None => Fate::AdobeOnly,
        }
    }

    /// A record that only shares a username with somebody whom another record matches by e-mail
    /// is neither changed (its e-mail is taken) nor Adobe-only; nor is one of a secondary org whose
    /// counterpart in the primary has another name of theirs.
    fn leave_weak_matches(&self, fates: &mut Fates) {
        let mut by_email = vec![false; self.desired.users.len()];
        for fate in &fates.fates {
            if let Fate::Matched { desired, by } = fate
                && let Some(known) = by_email.get_mut(*desired as usize)
            {
                *known |= *by == MatchedBy::Email;
            }
        }
        for fate in &mut fates.fates {
            if let Fate::Matched {
                desired,
                by: MatchedBy::Username | MatchedBy::OtherName,
            } = *fate
                && by_email.get(desired as usize) == Some(&true)
            {
                *fate = Fate::LeftAlone(LeftAlone::MatchedElsewhere(desired));
            }
        }
    }
}

/// Whether somebody left out in that status is protected: only these two are known to mean gone, and
/// a filter that the file sets is obeyed (manual/safety.md#protected-people).
pub fn is_passing(config: &Config, status: &str) -> bool {
    let filter_is_set = match &config.source {
        Source::Okta(okta) => okta.filter_is_set,
        Source::Csv(_) | Source::None => true,
    };
    !filter_is_set && !matches!(status, "SUSPENDED" | "DEPROVISIONED")
}

fn unusable(user: &AdobeUser) -> Option<LeftAlone> {
    if text::trim(user.email).is_empty() {
        return Some(LeftAlone::NoEmail);
    }
    user.identity_type
        .is_none()
        .then_some(LeftAlone::UnknownType)
}

fn mark_as(state: There, people: Vec<u32>, there: &mut [There]) {
    for nth in people {
        if let Some(there) = there.get_mut(nth as usize) {
            *there = state.max(*there);
        }
    }
}

fn mark_matched(fates: &[Fate], there: &mut [There]) {
    for fate in fates {
        if let Fate::Matched { desired, .. } = fate
            && let Some(there) = there.get_mut(*desired as usize)
        {
            *there = There::Yes;
        }
    }
}
