//! New users: who is created in an org, and with what (manual/rules.md#new-users).
//!
//! Knows selected directory users, not the records that Adobe has.

use std::collections::HashMap;
use std::rc::Rc;

use crate::config::Config;
use crate::model::change::Before;
use crate::model::command::{IfExists, Step};
use crate::model::{DirectoryUser, IdentityType, OrgId};
use crate::plan::desired::{Desired, SetId};
use crate::plan::draft::{Draft, Whom};
use crate::plan::{GroupChange, Kind, Reason, commands, okta_names};
use crate::text::{Text, Texts};

/// Why a selected user cannot or need not be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotCreated {
    /// Without desired groups, where they are needed: no matter.
    NoGroups,
    /// An error about the user.
    Impossible(String),
}

/// The desired groups of a set in one org, worked out once for each set.
#[derive(Debug)]
pub(super) struct OrgGroups {
    org: OrgId,
    known: HashMap<SetId, Rc<[GroupChange]>>,
}

impl OrgGroups {
    pub(super) fn new(org: OrgId) -> OrgGroups {
        OrgGroups {
            org,
            known: HashMap::new(),
        }
    }

    /// The mapped groups of the set as changes, in the order of the configuration.
    pub(super) fn of_set(&mut self, desired: &Desired, set: SetId) -> Rc<[GroupChange]> {
        let in_org = || {
            let wanted = desired.wanted_in(set, self.org);
            wanted.map(|(_, group)| group).collect()
        };
        self.known.entry(set).or_insert_with(in_org).clone()
    }
}

/// How a user is created in an org: the first step, and the groups to add.
#[derive(Debug)]
pub(super) struct Creation {
    pub(super) step: Step,
    pub(super) added: Rc<[GroupChange]>,
}

/// Creates users, by the configuration.
#[derive(Debug)]
pub(super) struct Creator<'p> {
    config: &'p Config,
    default_country: Option<Text>,
}

impl<'p> Creator<'p> {
    pub(super) fn new(config: &'p Config, texts: &mut Texts) -> Creator<'p> {
        let default = config.default_country.as_deref();
        let default = default.map(str::trim).filter(|country| !country.is_empty());
        Creator {
            config,
            default_country: default.map(|country| texts.share(&country.to_uppercase())),
        }
    }

    /// How a selected user is created in an org, if it is to be created there.
    pub(super) fn creation(
        &self,
        desired: &Desired,
        (user, set): (&DirectoryUser, SetId),
        groups: &mut OrgGroups,
    ) -> Result<Creation, NotCreated> {
        let options = &self.config.options;
        let primary = groups.org.is_primary();
        let in_org = groups.of_set(desired, set);
        if in_org.is_empty() && (!primary || options.exclude_unmapped_users) {
            return Err(NotCreated::NoGroups);
        }
        let country = self.country(user).map_err(NotCreated::Impossible)?;
        let if_exists = if options.update_user_info && primary {
            IfExists::Update
        } else {
            IfExists::Ignore
        };
        Ok(Creation {
            step: commands::create(user, country, if_exists),
            added: if options.process_groups {
                in_org
            } else {
                Rc::default()
            },
        })
    }

    /// The user's country, else the default, else `UD` for an enterpriseID; or why the user
    /// cannot be created.
    fn country(&self, user: &DirectoryUser) -> Result<Text, String> {
        if user.email.is_empty() {
            return Err(format!(
                "user {} cannot be created: it has no e-mail",
                user.login
            ));
        }
        let of_type = match user.identity_type {
            IdentityType::EnterpriseId => Some("UD"),
            IdentityType::FederatedId | IdentityType::AdobeId => None,
        };
        user.country.or(self.default_country).or(of_type).ok_or_else(|| {
            format!(
                "user {} cannot be created as {}: it has no country. Set one in the directory, or directory_users.default_country_code",
                user.login,
                user.identity_type.as_str()
            )
        })
    }
}

/// The whole creation of a selected user.
pub(super) fn draft(
    config: &Config,
    desired: &Desired,
    (nth, user): (u32, &DirectoryUser),
    creation: Creation,
) -> Draft {
    Draft {
        whom: Whom::New(nth),
        subject: commands::new_user(user),
        head: Some(creation.step),
        reason: Reason {
            person: user.email,
            okta: okta_names(config, user),
            kind: Kind::Created,
            why: Some(desired.selected_why(user)),
            added: creation.added,
            before: if config.reads_all_adobe_users() {
                Before::Absent
            } else {
                Before::Unknown
            },
            ..Reason::default()
        },
    }
}
