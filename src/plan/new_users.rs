//! New users: who is created in an org, and with what (manual/rules.md#new-users).
//!
//! Knows selected directory users, not the records that Adobe has.

use std::collections::HashMap;
use std::rc::Rc;

use crate::config::Config;
use crate::model::change::Before;
use crate::model::command::IfExists;
use crate::model::{DirectoryUser, IdentityType, OrgId};
use crate::plan::desired::{Desired, SetId};
use crate::plan::draft::{Draft, Whom};
use crate::plan::{GroupChange, Kind, Reason, commands, okta_names};
use crate::text::{Text, Texts};

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

/// Creates users, by the configuration.
#[derive(Debug)]
pub(super) struct Creator<'p> {
    desired: &'p Desired<'p>,
    default_country: Option<Text>,
}

impl<'p> Creator<'p> {
    pub(super) fn new(desired: &'p Desired<'p>, texts: &mut Texts) -> Creator<'p> {
        Creator {
            desired,
            default_country: default_country(desired.config, texts),
        }
    }

    /// How the selected user with this number is created in an org; `None`: it is not, without
    /// groups where they are needed. The error is about the user.
    pub(super) fn creation(
        &self,
        nth: u32,
        groups: &mut OrgGroups,
    ) -> Result<Option<Draft>, String> {
        let Some((user, set)) = self.desired.selected(nth) else {
            return Ok(None);
        };
        let options = &self.desired.config.options;
        let primary = groups.org.is_primary();
        let in_org = groups.of_set(self.desired, set);
        if in_org.is_empty() && (!primary || options.exclude_unmapped_users) {
            return Ok(None);
        }
        let country = self.country(user)?;
        let if_exists = if options.update_user_info && primary {
            IfExists::Update
        } else {
            IfExists::Ignore
        };
        let added = Some(in_org).filter(|_| options.process_groups);
        Ok(Some(Draft {
            whom: Whom::New(nth),
            subject: commands::new_user(user),
            head: Some(commands::create(user, country, if_exists)),
            reason: Reason {
                person: user.email,
                okta: okta_names(self.desired, user),
                kind: Kind::Created,
                why: Some(self.desired.selected_why(user)),
                added: added.unwrap_or_default(),
                before: if self.desired.config.reads_all_adobe_users() {
                    Before::Absent
                } else {
                    Before::Unknown
                },
                ..Reason::default()
            },
        }))
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

/// The country of those for whom the directory has none.
pub(super) fn default_country(config: &Config, texts: &mut Texts) -> Option<Text> {
    let default = config.default_country.as_deref()?.trim();
    (!default.is_empty()).then(|| texts.share(&default.to_uppercase()))
}
