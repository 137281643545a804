//! What was done to each person, put together from the commands on record.

use std::collections::HashMap;

use crate::model::change::{Account, Before, Kind, Reason};
use crate::model::command::{Step, Subject, Update};
use crate::model::recorded::{RecordedChange, RecordedOutcome};
use crate::text::{self, Text};

/// What a run did to one person, or user group, in one org.
#[derive(Debug)]
pub(super) struct Past<'p> {
    pub(super) org_id: Text,
    pub(super) person: Text,
    /// Of the first command.
    pub(super) subject: &'p Subject,
    pub(super) first: &'p Reason,
    /// The step that created the person.
    pub(super) created: Option<&'p Step>,
    /// Adobe said that there was nothing to create.
    pub(super) was_there: bool,
    pub(super) left_org: Option<Deleted>,
    pub(super) removed_all: bool,
    pub(super) update: Option<&'p Update>,
    pub(super) added: Vec<Text>,
    pub(super) removed: Vec<Text>,
    /// Every command was carried out, for sure.
    pub(super) is_certain: bool,
}

/// What became of an account whose user left the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    No,
    WithFiles,
}

/// The people of a run, in the order in which it came to them.
pub(super) fn of_run(run: &[RecordedChange]) -> Vec<Past<'_>> {
    let mut places: HashMap<(Text, String), usize> = HashMap::new();
    let mut people: Vec<Past<'_>> = Vec::new();
    for recorded in run {
        let reason = &recorded.change.reason;
        let key = (recorded.org_id, text::key(reason.person));
        let place = *places.entry(key).or_insert_with(|| {
            people.push(Past::new(recorded));
            people.len() - 1
        });
        if let Some(past) = people.get_mut(place) {
            past.add(recorded);
        }
    }
    people
}

impl<'p> Past<'p> {
    fn new(recorded: &'p RecordedChange) -> Past<'p> {
        let change = &recorded.change;
        Past {
            org_id: recorded.org_id,
            person: change.reason.person,
            subject: &change.command.subject,
            first: &change.reason,
            created: None,
            was_there: false,
            left_org: None,
            removed_all: false,
            update: None,
            added: Vec::new(),
            removed: Vec::new(),
            is_certain: true,
        }
    }

    fn add(&mut self, recorded: &'p RecordedChange) {
        let reason = &recorded.change.reason;
        self.is_certain &= recorded.outcome == RecordedOutcome::Done;
        if is_batch(recorded) {
            self.added
                .extend(reason.added.iter().map(|change| change.group));
            self.removed
                .extend(reason.removed.iter().map(|change| change.group));
            return;
        }
        for step in recorded.effective_steps() {
            match step {
                Step::Create { .. } => {
                    self.created = Some(step);
                    self.was_there = recorded.outcome == RecordedOutcome::AlreadySo;
                }
                Step::Update(update) => self.update = Some(update),
                Step::Remove(names) => self.removed.extend(names),
                Step::RemoveAll => self.removed_all = true,
                Step::Add(names) => self.added.extend(names),
                Step::RemoveFromOrg { delete_account } => {
                    self.left_org = Some(if *delete_account {
                        Deleted::WithFiles
                    } else {
                        Deleted::No
                    });
                }
                // What is recorded of a batch stands with each person.
                Step::CreateUserGroup { .. } | Step::AddUsers(_) | Step::RemoveUsers(_) => {}
            }
        }
    }

    /// The account that the run created, if it did.
    pub(super) fn account_created(&self) -> Option<Account> {
        let Step::Create {
            identity_type,
            email,
            firstname,
            lastname,
            country,
            ..
        } = self.created?
        else {
            return None;
        };
        let (username, domain) = match self.subject {
            Subject::User { root, domain, .. } => (*root, domain.unwrap_or_default()),
            Subject::UserGroup(_) => (*email, ""),
        };
        Some(Account {
            identity_type: Some(*identity_type),
            email,
            username,
            domain,
            firstname: firstname.unwrap_or_default(),
            lastname: lastname.unwrap_or_default(),
            country: country.unwrap_or_default(),
            groups: self.added.as_slice().into(),
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.first.kind
    }

    /// The e-mail by which Adobe knows the person behind the run.
    pub(super) fn email_now(&self) -> Text {
        let changed = self.update.and_then(|update| update.email);
        changed.unwrap_or(self.person)
    }

    /// How the person is addressed behind the run.
    pub(super) fn subject_now(&self) -> Subject {
        let changed = self.update.and_then(|update| update.email);
        match (self.subject, changed) {
            (Subject::User { use_adobe_id, .. }, Some(root)) => Subject::User {
                root,
                domain: None,
                use_adobe_id: *use_adobe_id,
            },
            (Subject::User { .. }, None) => self.subject.clone(),
            (Subject::UserGroup(_), _) => Subject::User {
                root: self.person,
                domain: None,
                use_adobe_id: false,
            },
        }
    }
}

/// A command about a user group that changes who is in it.
fn is_batch(recorded: &RecordedChange) -> bool {
    let change = &recorded.change;
    matches!(change.command.subject, Subject::UserGroup(_))
        && change.reason.kind != Kind::GroupCreated
}

/// What later runs did, by the names of the people.
pub(super) struct Later<'l> {
    by_name: HashMap<(Text, String), Vec<&'l RecordedChange>>,
}

/// What of somebody a later run changed again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// The account itself, by this run: whatever was before is not what is there now.
    Account(Text),
    /// At most single groups and attributes, by key, each with the run.
    Parts(HashMap<String, Text>),
}

impl Touched {
    pub(super) fn group(&self, name: &str) -> Option<Text> {
        self.part(&format!("group {}", text::key(name)))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<Text> {
        self.part(&format!("attribute {name}"))
    }

    fn part(&self, key: &str) -> Option<Text> {
        match self {
            Touched::Account(run) => Some(run),
            Touched::Parts(parts) => parts.get(key).copied(),
        }
    }
}

impl<'l> Later<'l> {
    pub(super) fn of(later: &'l [RecordedChange]) -> Later<'l> {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for recorded in later {
            for name in names(&recorded.change.command.subject, &recorded.change.reason) {
                let known = by_name.entry((recorded.org_id, name)).or_default();
                known.push(recorded);
            }
        }
        Later { by_name }
    }

    pub(super) fn touched(&self, past: &Past<'_>) -> Touched {
        let mut parts = HashMap::new();
        for name in names(past.subject, past.first) {
            let found = self.by_name.get(&(past.org_id, name));
            for recorded in found.into_iter().flatten() {
                if changes_account(recorded) {
                    return Touched::Account(recorded.run);
                }
                for part in parts_of(recorded) {
                    parts.insert(part, recorded.run);
                }
            }
        }
        Touched::Parts(parts)
    }
}

/// Whether somebody came, left, lost everything or got another e-mail.
fn changes_account(recorded: &RecordedChange) -> bool {
    recorded.effective_steps().any(|step| match step {
        Step::Create { .. } | Step::RemoveAll | Step::RemoveFromOrg { .. } => true,
        Step::Update(update) => update.email.is_some(),
        Step::Remove(_)
        | Step::Add(_)
        | Step::CreateUserGroup { .. }
        | Step::AddUsers(_)
        | Step::RemoveUsers(_) => false,
    })
}

/// The groups and attributes that a command changes.
fn parts_of(recorded: &RecordedChange) -> Vec<String> {
    let group = |name: &Text| format!("group {}", text::key(name));
    if is_batch(recorded) {
        let reason = &recorded.change.reason;
        let changes = reason.added.iter().chain(reason.removed.iter());
        return changes.map(|change| group(&change.group)).collect();
    }
    let of_step = |step: &Step| -> Vec<String> {
        match step {
            Step::Add(names) | Step::Remove(names) => names.iter().map(group).collect(),
            Step::Update(update) => {
                let sent = update.attributes().into_iter();
                let sent = sent.filter(|(_, sent)| sent.is_some());
                sent.map(|(name, _)| format!("attribute {name}")).collect()
            }
            _ => Vec::new(),
        }
    };
    recorded.effective_steps().flat_map(of_step).collect()
}

/// Every name that a person is known by in a command, in the form that is compared.
pub(super) fn names(subject: &Subject, reason: &Reason) -> Vec<String> {
    let mut names = vec![reason.person];
    if let Subject::User { root, .. } = subject {
        names.push(root);
    }
    for change in &reason.attributes {
        if matches!(change.attribute, "email" | "username") {
            names.extend([change.old, change.new]);
        }
    }
    if let Before::Account(account) = &reason.before {
        names.extend([account.email, account.username]);
    }
    text::keys(names)
}
