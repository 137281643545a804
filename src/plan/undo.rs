//! The way back: from what a run did, a plan that takes it back (manual/records.md#undo).
//!
//! Pure, as all planning. Nothing is read from Adobe: what was there before is on record, and what
//! is not on record is left out and told. Knows no file.

mod past;

use std::collections::HashMap;
use std::rc::Rc;

use crate::config::{Config, Limit};
use crate::model::change::{Account, AttributeChange, Before, GroupChange, Kind, Reason};
use crate::model::command::{IfExists, Step, Subject, Update};
use crate::model::recorded::RecordedChange;
use crate::model::why::{GroupWhy, UserWhy};
use crate::model::{IdentityType, OrgId};
use crate::plan::draft;
use crate::plan::groups::MappedGroups;
use crate::plan::{Change, Held, HeldBackBy, HeldRule, OrgPlan, Plan, commands, limits, org_name};
use crate::text::{self, Text, Texts};
use past::{Deleted, Later, Past, Touched};

/// Admin roles that UMAPI neither gives nor takes.
const NOT_GIVEN: [&str; 3] = ["_org_admin", "_compartment_admin", "_compartment_viewer"];

/// A plan that takes a run back, and what it cannot.
#[derive(Debug, Default)]
pub struct Undo {
    pub plan: Plan,
    /// What is not taken back, though it was done.
    pub left_out: Vec<Remark>,
    /// What does not come back with what is taken back.
    pub lost: Vec<Remark>,
}

/// Something to know about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// `primary`, the org's name, or the id of one that is not configured.
    pub org: String,
    pub person: Text,
    pub text: String,
}

/// Takes back what a run did. `later` is what other runs did since, to the same people or others.
pub fn build(
    config: &Config,
    run: &[RecordedChange],
    later: &[RecordedChange],
    texts: &mut Texts,
) -> Undo {
    let run_id = run.first().map_or("", |change| change.run);
    let mut building = Building {
        config,
        mapped: MappedGroups::of_config(config, texts),
        later: Later::of(later),
        why: UserWhy::Said(texts.share(&format!("undo of {run_id}"))),
        group_why: GroupWhy::Said(texts.share(&format!("undo of {run_id}"))),
        texts,
        plans: HashMap::new(),
        undo: Undo::default(),
    };
    // From the end: whoever took over somebody's e-mail gives it back first.
    for past in past::of_run(run).iter().rev() {
        building.take_back(past);
    }
    building.finish()
}

/// What takes one person back: not yet cut into commands.
struct Draft {
    subject: Subject,
    head: Option<Step>,
    reason: Reason,
}

impl Draft {
    fn into_changes(self) -> impl Iterator<Item = Change> {
        draft::changes(self.subject, self.head, self.reason)
    }

    /// The whole draft, held back by a rule.
    fn held_by(self, rule: HeldRule) -> impl Iterator<Item = Held> {
        self.into_changes().map(move |change| Held {
            change,
            rules: vec![rule],
        })
    }

    /// Takes out the groups to be removed, as a draft of their own.
    fn take_removals(&mut self) -> Draft {
        Draft {
            subject: commands::later_subject(&self.subject, self.head.as_ref()),
            head: None,
            reason: Reason {
                kind: self.reason.kind,
                why: self.reason.why,
                removed: std::mem::take(&mut self.reason.removed),
                ..self.reason.continued()
            },
        }
    }
}

struct Building<'b> {
    config: &'b Config,
    mapped: MappedGroups,
    later: Later<'b>,
    why: UserWhy,
    group_why: GroupWhy,
    texts: &'b mut Texts,
    /// What is to be done in each org.
    plans: HashMap<OrgId, Vec<Draft>>,
    undo: Undo,
}

impl Building<'_> {
    fn take_back(&mut self, past: &Past<'_>) {
        let org = (0..)
            .zip(&self.config.orgs)
            .find(|(_, org)| org.org_id == past.org_id);
        let Some((place, _)) = org else {
            let text = "the org is not in the configuration".to_owned();
            self.undo.left_out.push(Remark {
                org: past.org_id.to_owned(),
                person: past.person,
                text,
            });
            return;
        };
        let org = OrgId(place);
        if past.kind() == Kind::GroupCreated {
            self.lose(
                org,
                past,
                "the user group stays; delete it in the Admin Console",
            );
            return;
        }
        let touched = self.later.touched(past);
        if let Touched::Account(run) = touched {
            let text = format!("changed again by the run {run}");
            self.leave_out(org, past, &text);
            return;
        }
        let draft = if let Some(created) = past.created {
            self.uncreate(org, past, created)
        } else if past.left_org.is_some() {
            self.create_again(org, past)
        } else {
            self.give_back(org, past, &touched)
        };
        if let Some(draft) = draft {
            self.plans.entry(org).or_default().push(draft);
        }
    }

    /// Somebody who was created leaves again.
    fn uncreate(&mut self, org: OrgId, past: &Past<'_>, created: &Step) -> Option<Draft> {
        let Step::Create {
            identity_type,
            email,
            firstname,
            lastname,
            country,
            ..
        } = created
        else {
            return None;
        };
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
        let (username, domain) = match past.subject {
            Subject::User { root, domain, .. } => (*root, domain.unwrap_or_default()),
            Subject::UserGroup(_) => (*email, ""),
        };
        let account = Account {
            identity_type: Some(*identity_type),
            email,
            username,
            domain,
            firstname: firstname.unwrap_or_default(),
            lastname: lastname.unwrap_or_default(),
            country: country.unwrap_or_default(),
            groups: past.added.as_slice().into(),
        };
        Some(Draft {
            subject: by_email(email, *identity_type),
            head: Some(Step::RemoveFromOrg {
                delete_account: false,
            }),
            reason: Reason {
                person: email,
                okta: past.first.okta,
                kind: Kind::AdobeOnlyRemoved,
                why: Some(self.why),
                before: Before::Account(Box::new(account)),
                ..Reason::default()
            },
        })
    }

    /// Somebody who was removed is created again, with all groups.
    fn create_again(&mut self, org: OrgId, past: &Past<'_>) -> Option<Draft> {
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
        let identity_type = account.identity_type.unwrap_or(IdentityType::FederatedId);
        let subject = if identity_type == IdentityType::FederatedId && !account.username.is_empty()
        {
            commands::by_username(account.username, account.domain, identity_type)
        } else {
            by_email(account.email, identity_type)
        };
        Some(Draft {
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
    fn give_back(&mut self, org: OrgId, past: &Past<'_>, touched: &Touched) -> Option<Draft> {
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
            subject: past.subject_now(),
            head: (!attributes.is_empty()).then_some(Step::Update(update)),
            reason: Reason {
                person: past.email_now(),
                okta: past.first.okta,
                kind: Kind::Updated,
                why: None,
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
        let fields = [
            ("firstname", done.firstname, &mut update.firstname),
            ("lastname", done.lastname, &mut update.lastname),
            ("email", done.email, &mut update.email),
            ("username", done.username, &mut update.username),
        ];
        let mut left_out = Vec::new();
        for (attribute, sent, place) in fields {
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

    fn leave_out(&mut self, org: OrgId, past: &Past<'_>, text: &str) {
        let remark = self.remark(org, past, text);
        self.undo.left_out.push(remark);
    }

    fn lose(&mut self, org: OrgId, past: &Past<'_>, text: &str) {
        let remark = self.remark(org, past, text);
        self.undo.lost.push(remark);
    }

    fn remark(&self, org: OrgId, past: &Past<'_>, text: &str) -> Remark {
        Remark {
            org: org_name(self.config, org).to_owned(),
            person: past.person,
            text: text.to_owned(),
        }
    }

    /// Cuts the drafts into commands, within the limits.
    fn finish(mut self) -> Undo {
        let count = self.config.orgs.len();
        let secondaries = (1..).take(count.saturating_sub(1)).map(OrgId);
        for org in secondaries.chain([OrgId::PRIMARY]) {
            let mut drafts = self.plans.remove(&org).unwrap_or_default();
            let held = self.hold(org, &mut drafts);
            self.count(org, &drafts);
            let changes = drafts.into_iter().flat_map(Draft::into_changes).collect();
            self.undo.plan.orgs.push(OrgPlan {
                org,
                group_changes: Vec::new(),
                changes,
                held,
            });
        }
        self.undo
    }

    /// Takes out what the limits of the configuration hold back. Nothing is read, so a percentage
    /// cannot be worked out.
    fn hold(&mut self, org: OrgId, drafts: &mut Vec<Draft>) -> Vec<Held> {
        let mut held = Vec::new();
        let limits = &self.config.limits;
        let leaving = of_kind(drafts, Kind::AdobeOnlyRemoved);
        if org.is_primary() && exceeds(limits.max_adobe_only_users, leaving) {
            let allowed = limits::allowed(limits.max_adobe_only_users, 0, "Adobe users");
            let text = limits::adobe_only(leaving, &allowed);
            let rule = HeldRule::AdobeOnly;
            self.undo.plan.hold(HeldBackBy::Limit(rule, org), text);
            let leaves = |draft: &mut Draft| draft.reason.kind == Kind::AdobeOnlyRemoved;
            let leaving = drafts.extract_if(.., leaves);
            held.extend(leaving.flat_map(|draft| draft.held_by(rule)));
        }
        let loses = |draft: &&mut Draft| !draft.reason.removed.is_empty();
        let losing = drafts.iter_mut().filter(loses).count();
        if let Some(limit) = limits.max_group_removals
            && exceeds(limit, losing)
        {
            let allowed = limits::allowed(limit, 0, "users");
            let text = limits::group_removals(org_name(self.config, org), losing, &allowed);
            let rule = HeldRule::GroupRemovals;
            self.undo.plan.hold(HeldBackBy::Limit(rule, org), text);
            for draft in drafts.iter_mut().filter(loses) {
                held.extend(draft.take_removals().held_by(rule));
            }
            drafts.retain(|draft| draft.head.is_some() || !draft.reason.added.is_empty());
        }
        held
    }

    fn count(&mut self, org: OrgId, drafts: &[Draft]) {
        let counts = &mut self.undo.plan.counts;
        if org.is_primary() {
            counts.created = of_kind(drafts, Kind::Created);
            counts.updated = of_kind(drafts, Kind::Updated);
            counts.adobe_only = of_kind(drafts, Kind::AdobeOnlyRemoved);
        } else {
            counts.created_in_secondaries += of_kind(drafts, Kind::Created);
        }
    }
}

fn of_kind(drafts: &[Draft], kind: Kind) -> usize {
    drafts
        .iter()
        .filter(|draft| draft.reason.kind == kind)
        .count()
}

/// Whether so many are too many. Of how many they are a percentage, nobody has read.
fn exceeds(limit: Limit, count: usize) -> bool {
    match limit {
        Limit::Percent(percent) => count > 0 && percent < 100.0,
        Limit::Number(_) => limits::exceeds(limit, count, 0),
    }
}

/// How an account is addressed that is there, or that is known by e-mail alone.
fn by_email(email: Text, identity_type: IdentityType) -> Subject {
    Subject::User {
        root: email,
        domain: None,
        use_adobe_id: identity_type == IdentityType::AdobeId,
    }
}
