//! What takes one person back: leaving, coming again, attributes and groups.
//!
//! Knows one person's past and the configuration; limits are asked later.

use std::rc::Rc;

use super::Building;
use super::past::{Deleted, Past, Touched};
use crate::model::change::{Account, AttributeChange, Before, GroupChange, Kind, Reason};
use crate::model::command::{IfExists, Step, Subject, Update};
use crate::model::{IdentityType, OrgId};
use crate::plan::commands;
use crate::plan::draft::{Draft, Whom};
use crate::text::{self, Text};

/// Admin roles that UMAPI neither gives nor takes.
const NOT_GIVEN: [&str; 3] = ["_org_admin", "_compartment_admin", "_compartment_viewer"];

impl Building<'_> {
    /// Somebody who was created leaves again.
    pub(super) fn uncreate(&mut self, org: OrgId, past: &Past<'_>) -> Option<Draft> {
        let account = past.account_created()?;
        if past.was_there {
            self.leave_out(org, past, "Adobe said that the person was there already");
            return None;
        }
        if past.first.before != Before::Absent {
            self.leave_out(
                org,
                past,
                "not all users of the org were read, so nobody knows whether the person was there before",
            );
            return None;
        }
        Some(Draft {
            whom: Whom::Unread,
            subject: by_email(account.email, account.identity_type),
            head: Some(Step::RemoveFromOrg {
                delete_account: false,
            }),
            reason: Reason {
                person: account.email,
                okta: past.first.okta,
                kind: Kind::AdobeOnlyRemoved,
                why: Some(self.why),
                before: Before::Account(Box::new(account)),
                ..Reason::default()
            },
        })
    }

    /// Somebody who was removed is created again, with all groups.
    pub(super) fn create_again(&mut self, org: OrgId, past: &Past<'_>) -> Option<Draft> {
        let Before::Account(account) = &past.first.before else {
            self.leave_out(org, past, "the account before is not on record");
            return None;
        };
        let create = match self.create_step(account) {
            Ok(create) => create,
            Err(problem) => {
                self.leave_out(org, past, problem);
                return None;
            }
        };
        if past.left_org == Some(Deleted::WithFiles) {
            self.lose(org, past, "the files of the deleted account");
        }
        if account.identity_type == Some(IdentityType::AdobeId) {
            self.lose(
                org,
                past,
                "an Adobe ID comes back when its owner accepts the invitation",
            );
        }
        let is_federated = account.identity_type == Some(IdentityType::FederatedId);
        let subject = if is_federated && !account.username.is_empty() {
            commands::by_username(account.username, account.domain, IdentityType::FederatedId)
        } else {
            by_email(account.email, account.identity_type)
        };
        Some(Draft {
            whom: Whom::Unread,
            subject,
            head: Some(create),
            reason: Reason {
                person: account.email,
                okta: past.first.okta,
                kind: Kind::Created,
                why: Some(self.why),
                added: self.groups_given(org, past, &account.groups),
                // Where it is not known that the person left, it is not known either that this
                // brings them back.
                before: if past.is_certain {
                    Before::Absent
                } else {
                    Before::Unknown
                },
                ..Reason::default()
            },
        })
    }

    /// The create step of an account, or why there can be none.
    fn create_step(&mut self, account: &Account) -> Result<Step, &'static str> {
        let Some(identity_type) = account.identity_type else {
            return Err("the type of the account is not on record");
        };
        if account.email.is_empty() {
            return Err("the e-mail of the account is not on record");
        }
        let undefined = |country: &&str| country.is_empty() || *country == "UD";
        let default = self.config.default_country.as_deref();
        let default = default.map(|country| country.trim().to_uppercase());
        let known = Some(account.country).filter(|country| !undefined(country));
        let country = match (known, default, identity_type) {
            (Some(country), _, _) => Some(country),
            (None, _, IdentityType::EnterpriseId) => Some("UD"),
            (None, Some(default), _) if !default.is_empty() => Some(self.texts.share(&default)),
            _ => None,
        };
        if country.is_none() && identity_type == IdentityType::FederatedId {
            return Err(
                "the account had no country; set directory_users.default_country_code to create it",
            );
        }
        let some = |text: Text| Some(text).filter(|text| !text.is_empty());
        Ok(Step::Create {
            identity_type,
            email: account.email,
            firstname: some(account.firstname),
            lastname: some(account.lastname),
            country,
            if_exists: IfExists::Ignore,
        })
    }

    /// The groups of an account that UMAPI can give.
    fn groups_given(&mut self, org: OrgId, past: &Past<'_>, groups: &[Text]) -> Rc<[GroupChange]> {
        let why = self.group_why;
        let (given, not_given): (Vec<Text>, Vec<Text>) = groups
            .iter()
            .partition(|group| !NOT_GIVEN.iter().any(|role| text::same(role, group)));
        for role in not_given {
            self.lose(
                org,
                past,
                &format!("{role}: an admin role that UMAPI cannot give"),
            );
        }
        given
            .into_iter()
            .map(|group| GroupChange { group, why })
            .collect()
    }

    /// Attributes and groups of somebody who stayed.
    pub(super) fn give_back(
        &mut self,
        org: OrgId,
        past: &Past<'_>,
        touched: &Touched,
    ) -> Option<Draft> {
        if past.removed_all {
            return self.give_all_back(org, past);
        }
        if past.first.before == Before::Unknown {
            self.leave_out(org, past, "the state before is not on record");
            return None;
        }
        let removed = self.still_ours(org, past, touched, &past.added);
        let added = self.still_ours(org, past, touched, &past.removed);
        let (update, attributes) = self.attributes(org, past, touched);
        if removed.is_empty() && added.is_empty() && attributes.is_empty() {
            return None;
        }
        Some(Draft {
            whom: Whom::Unread,
            subject: past.subject_now(),
            head: (!attributes.is_empty()).then_some(Step::Update(update)),
            reason: Reason {
                person: past.email_now(),
                okta: past.first.okta,
                kind: Kind::Updated,
                why: (!attributes.is_empty()).then_some(self.why),
                attributes: attributes.into(),
                added,
                removed,
                before: Before::Present,
            },
        })
    }

    fn give_all_back(&mut self, org: OrgId, past: &Past<'_>) -> Option<Draft> {
        let Before::Account(account) = &past.first.before else {
            self.leave_out(org, past, "the groups before are not on record");
            return None;
        };
        // Roles that UMAPI cannot give, it did not take.
        let taken = account.groups.iter().copied();
        let taken: Vec<Text> = taken
            .filter(|group| !NOT_GIVEN.iter().any(|role| text::same(role, group)))
            .collect();
        let added = self.groups_given(org, past, &taken);
        (!added.is_empty()).then(|| Draft {
            whom: Whom::Unread,
            subject: past.subject_now(),
            head: None,
            reason: Reason {
                person: past.email_now(),
                okta: past.first.okta,
                kind: Kind::Updated,
                added,
                before: Before::Present,
                ..Reason::default()
            },
        })
    }

    /// Groups that no later run changed for this person, and that the configuration still maps.
    fn still_ours(
        &mut self,
        org: OrgId,
        past: &Past<'_>,
        touched: &Touched,
        groups: &[Text],
    ) -> Rc<[GroupChange]> {
        let why = self.group_why;
        let mut kept = Vec::with_capacity(groups.len());
        for group in groups {
            if let Some(run) = touched.group(group) {
                let text = format!("{group}: changed again by the run {run}");
                self.leave_out(org, past, &text);
            } else if self.is_mapped(org, group) {
                kept.push(GroupChange { group, why });
            } else {
                let text = format!("{group}: the configuration does not map this group any more");
                self.leave_out(org, past, &text);
            }
        }
        kept.into()
    }

    /// A group of an additional-group rule is known only when the directory is read: it counts.
    fn is_mapped(&self, org: OrgId, group: &str) -> bool {
        let mut named = self.mapped.of_org(org);
        let mut rules = self.config.additional_groups.iter();
        named.any(|(_, name)| text::same(name, group)) || rules.any(|rule| rule.org == org)
    }

    /// The update that restores what an update changed.
    fn attributes(
        &mut self,
        org: OrgId,
        past: &Past<'_>,
        touched: &Touched,
    ) -> (Update, Vec<AttributeChange>) {
        let mut update = Update::default();
        let mut changes = Vec::new();
        let Some(done) = past.update else {
            return (update, changes);
        };
        let mut left_out = Vec::new();
        let sent = done.attributes().into_iter().zip(update.attributes_mut());
        for ((attribute, sent), (_, place)) in sent {
            let Some(new) = sent else { continue };
            let known = past.first.attributes.iter();
            let change = known.clone().find(|change| change.attribute == attribute);
            // A username that went along with an e-mail so that it stays, goes along again.
            let old = change.map_or(new, |change| change.old);
            if let Some(run) = touched.attribute(attribute) {
                left_out.push(format!("{attribute}: changed again by the run {run}"));
            } else if old.is_empty() {
                left_out.push(format!(
                    "{attribute}: it was empty, which Adobe does not take"
                ));
            } else {
                *place = Some(old);
                if old != new {
                    changes.push(AttributeChange {
                        attribute,
                        old: new,
                        new: old,
                    });
                }
            }
        }
        for text in left_out {
            self.leave_out(org, past, &text);
        }
        (update, changes)
    }
}

/// How an account is addressed that is there, or that is known by e-mail alone.
fn by_email(email: Text, identity_type: Option<IdentityType>) -> Subject {
    Subject::User {
        root: email,
        domain: None,
        use_adobe_id: identity_type == Some(IdentityType::AdobeId),
    }
}
