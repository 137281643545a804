//! Puts together what is known of one person: the directory, each org, and what is on record.

use serde_json::Value;

use crate::adobe::CommandEntry;
use crate::commands::session::Session;
use crate::config::{Config, Source};
use crate::error::{Error, quoted};
use crate::model::why::GroupWhy;
use crate::model::{Directory, DirectoryUser};
use crate::people::map::Trace;
use crate::people::sighting::Sighting;
use crate::plan::desired::Desired;
use crate::plan::explain::{
    Coverage, Explainer, Explanation, OrgExplanation, RecordExplanation, Standing,
};
use crate::plan::matching::Fate;
use crate::plan::{self, GroupChange, Plan};
use crate::record::Json;
use crate::send::change_log::history_of;
use crate::send::request_id;
use crate::show::explain::{Answer, Attribute, Change, Org, Person, Reasoned, Record};
use crate::show::{self, change};
use crate::text::{self, Texts};

/// So many entries of the change log are told.
const ENTRIES: usize = 3;

/// Puts together what is known of each person.
pub(super) struct Teller<'t> {
    pub(super) config: &'t Config,
    pub(super) desired: &'t Desired<'t>,
    pub(super) plan: &'t Plan,
    pub(super) explainer: &'t Explainer<'t>,
    pub(super) seen: Vec<Sighting>,
}

impl<'t> Teller<'t> {
    pub(super) fn answer(&mut self, user: &str, session: &mut Session<'_>) -> Answer {
        let (explainer, explanation) = (self.explainer, self.explanation(user));
        let known = explainer.directory_user(explanation.standing);
        let login = known.map_or(user, |known| known.login);
        let mut search = match &self.config.source {
            Source::None => Some("none: --adobe-only-user-list reads no directory".to_owned()),
            _ => None,
        };
        if self.sighting(user, login).is_none() && session.okta.is_some() {
            search = self.search(login, session);
        }
        let sighting = self.sighting(user, login);
        let directory = match (sighting, known) {
            (None, None) => None,
            (sighting, known) => Some(self.person(&explanation, sighting, known)),
        };
        let orgs = explanation.orgs.iter();
        Answer {
            user: user.to_owned(),
            directory,
            search,
            orgs: orgs.map(|org| self.org(org)).collect(),
            history: last_entries(self.config, &[user.to_owned(), login.to_owned()]),
        }
    }

    /// The explanation of the person; that of the directory user whom an Adobe record of that
    /// name matches, where only Adobe knows the name.
    fn explanation(&self, user: &str) -> Explanation<'t> {
        let explanation = self.explainer.explain(user);
        if explanation.standing != Standing::Unknown {
            return explanation;
        }
        let mut records = explanation.orgs.iter().flat_map(|org| &org.records);
        let matched = records.find_map(|record| match record.fate {
            Fate::Matched { desired, .. } => self.desired.selected(desired),
            _ => None,
        });
        match matched {
            Some((user, _)) => self.explainer.explain(user.login),
            None => explanation,
        }
    }

    fn sighting(&self, user: &str, login: &str) -> Option<&Sighting> {
        let mut seen = self.seen.iter();
        seen.find(|seen| seen.is(user) || seen.is(login))
    }

    /// Searches for somebody who is in no loaded group. A failure is told, and stops nothing.
    fn search(&mut self, login: &str, session: &mut Session<'_>) -> Option<String> {
        match session.search(login) {
            Ok(found) if found.is_empty() => {
                Some("Okta knows nobody with that login or e-mail".to_owned())
            }
            Ok(found) => {
                self.seen.extend(found);
                Some("found in Okta, in none of the groups that this run loads".to_owned())
            }
            Err(error) => {
                if !matches!(error, Error::Stopped) {
                    log::warn!(target: "okta", "the search for {login} failed: {error}");
                }
                Some(format!("failed: {error}"))
            }
        }
    }

    fn person(
        &self,
        explanation: &Explanation<'_>,
        sighting: Option<&Sighting>,
        known: Option<&DirectoryUser>,
    ) -> Person {
        let directory = self.desired.directory;
        let groups: Vec<&str> = match (known, sighting) {
            (Some(known), _) => self.desired.source_groups(known).collect(),
            (None, Some(seen)) => group_names(directory, seen),
            (None, None) => Vec::new(),
        };
        let (id, login, status) = match (sighting, known) {
            (Some(seen), _) => (seen.id.as_str(), seen.login.as_str(), seen.status.as_str()),
            (None, Some(known)) => (known.id, known.login, ""),
            (None, None) => ("", "", ""),
        };
        Person {
            id: id.to_owned(),
            login: login.to_owned(),
            status: status.to_owned(),
            selection: self.selection(explanation.standing, sighting),
            groups: groups.into_iter().map(|name| self.found_in(name)).collect(),
            filter: sighting.and_then(|seen| self.filter(seen)),
            attributes: sighting.map_or(Vec::new(), |seen| {
                seen.traces.iter().map(attribute).collect()
            }),
            hook_changes: known.map_or(Vec::new(), |known| self.hook_changes(known)),
        }
    }

    fn selection(&self, standing: Standing, sighting: Option<&Sighting>) -> String {
        let directory = self.desired.directory;
        match standing {
            Standing::Selected(nth) => {
                let user = self.desired.selected(nth).map(|(user, _)| user);
                let why = user.map(|user| self.desired.selected_why(user).to_string());
                format!("selected: {}", why.unwrap_or_default())
            }
            Standing::NotSelected(_) => "not selected: in no group that --users selects".to_owned(),
            Standing::UserFilter(_) => {
                "not selected: --user-filter does not match its username".to_owned()
            }
            Standing::Filtered(place) => {
                let member = directory.filtered.get(place);
                let status = member.map_or("", |member| member.status);
                let kept = plan::matching::is_passing(self.config, status);
                let protected = if kept {
                    "; protected, for that status is not known to mean gone and the filter is the default"
                } else {
                    ""
                };
                format!("not selected: left out by the filter, status {status}{protected}")
            }
            Standing::Skipped(place) => {
                let member = directory.skipped.get(place);
                let why = member.map(|member| member.reason.to_string());
                let why = why.unwrap_or_default();
                format!("skipped: {why}; Adobe users of that name are left alone")
            }
            Standing::Unknown => match sighting.and_then(|seen| seen.skipped) {
                Some(why) => {
                    format!("not selected: in no loaded group; it would be skipped: {why}")
                }
                None => "not selected: in no group that this run loads".to_owned(),
            },
        }
    }

    fn found_in(&self, group: &str) -> Reasoned {
        let mut mapped = self.config.groups.iter();
        let mapped = mapped.find(|mapping| mapping.directory_group.trim() == group);
        let mut read = self.desired.directory.groups.iter();
        let foreign = read
            .find(|known| known.name == group)
            .and_then(|group| group.foreign);
        let why = [
            foreign.map(|foreign| format!("no OKTA_GROUP: {foreign}")),
            mapped.is_none().then(|| "not mapped".to_owned()),
        ];
        let why: Vec<String> = why.into_iter().flatten().collect();
        Reasoned {
            what: group.to_owned(),
            why: why.join("; "),
            rule: mapped.and_then(|mapping| self.place(mapping.line)),
        }
    }

    fn filter(&self, seen: &Sighting) -> Option<Reasoned> {
        let Source::Okta(okta) = &self.config.source else {
            return None;
        };
        let what = if seen.kept? { "kept" } else { "left out" };
        let default = if okta.filter_is_set {
            ""
        } else {
            ", the default"
        };
        let line = okta.filter_line;
        Some(Reasoned {
            what: what.to_owned(),
            why: format!("by {}{default}", okta.filter.trim()),
            rule: line.map(|line| format!("{}:{line}", okta.file.display())),
        })
    }

    fn hook_changes(&self, known: &DirectoryUser) -> Vec<String> {
        let mut read = self.desired.directory.users.iter();
        let Some(read) = read.find(|read| read.id == known.id) else {
            return Vec::new();
        };
        let optional = |text: Option<text::Text>| text.unwrap_or_default();
        let pairs = [
            ("email", read.email, known.email),
            ("username", read.username, known.username),
            ("domain", read.domain, known.domain),
            (
                "firstname",
                optional(read.firstname),
                optional(known.firstname),
            ),
            (
                "lastname",
                optional(read.lastname),
                optional(known.lastname),
            ),
            ("country", optional(read.country), optional(known.country)),
        ];
        let changed = pairs
            .into_iter()
            .filter(|(_, before, after)| before != after);
        changed
            .map(|(name, before, after)| format!("{name}: {} -> {}", quoted(before), quoted(after)))
            .collect()
    }

    fn org(&self, org: &OrgExplanation<'_>) -> Org {
        let config = self.config.org(org.org);
        Org {
            name: config.and_then(|config| config.name.clone()),
            org_id: config.map_or(String::new(), |config| config.org_id.clone()),
            not_read: match org.coverage {
                Coverage::Nothing(why) => Some(why.to_owned()),
                _ => None,
            },
            partly_read: match org.coverage {
                Coverage::Some(option) => Some(option.to_owned()),
                _ => None,
            },
            records: org
                .records
                .iter()
                .map(|record| self.record(record))
                .collect(),
            desired_groups: org
                .desired
                .iter()
                .map(|group| self.desired(group))
                .collect(),
            notes: org.notes.clone(),
            changes: org
                .changes
                .iter()
                .map(|change| self.change(change))
                .collect(),
        }
    }

    fn record(&self, record: &RecordExplanation<'_>) -> Record {
        let user = record.user;
        let own = |names: &[text::Text]| names.iter().map(|name| (*name).to_owned()).collect();
        let identity_type = user.identity_type.map_or("unknown", |kind| kind.as_str());
        Record {
            email: user.email.to_owned(),
            username: user.username.to_owned(),
            identity_type: identity_type.to_owned(),
            groups: own(&record.current),
            mapped_groups: own(&record.mapped),
            verdict: Reasoned {
                what: record.verdict.clone(),
                why: String::new(),
                rule: self.place(record.line),
            },
        }
    }

    fn desired(&self, group: &GroupChange) -> Reasoned {
        let line = match group.why {
            GroupWhy::InDirectoryGroup(_, name) => {
                let mut mappings = self.config.groups.iter();
                let mapping = mappings.find(|mapping| {
                    let mut groups = mapping.adobe_groups.iter();
                    mapping.directory_group.trim() == name
                        && groups.any(|known| text::same(&known.name, group.group))
                });
                mapping.and_then(|mapping| mapping.line)
            }
            GroupWhy::ByRule(_, name) => {
                let mut rules = self.config.additional_groups.iter();
                let rule = rules.find(|rule| {
                    rule.source
                        .find(name)
                        .is_some_and(|found| found.start() == 0)
                });
                rule.and_then(|rule| rule.line)
            }
            _ => None,
        };
        Reasoned {
            what: group.group.to_owned(),
            why: group.why.to_string(),
            rule: self.place(line),
        }
    }

    fn change(&self, wanted: &plan::Change) -> Change {
        let mut all = self.plan.in_sending_order();
        let place = all.position(|(_, change)| std::ptr::eq(change, wanted));
        let id = request_id(place.unwrap_or_default());
        let command = serde_json::to_value(CommandEntry::of(&id, &wanted.command));
        Change {
            kind: wanted.reason.kind.word().to_owned(),
            reasons: change::reasons(&wanted.reason),
            // Texts and lists of them: nothing that JSON could not hold.
            command: command.unwrap_or_default(),
        }
    }

    fn place(&self, line: Option<usize>) -> Option<String> {
        let line = line?;
        Some(format!("{}:{line}", self.config.main_file.display()))
    }
}

fn group_names<'d>(directory: &'d Directory, seen: &Sighting) -> Vec<&'d str> {
    let groups = seen.groups.iter();
    groups
        .filter_map(|place| Some(directory.groups.get(*place)?.name))
        .collect()
}

fn attribute(trace: &Trace) -> Attribute {
    let source = |(name, value): &(String, Option<Json<'_>>)| {
        (name.clone(), value.as_ref().map_or(Value::Null, json))
    };
    Attribute {
        attribute: trace.attribute.name().to_owned(),
        format: trace.format.clone(),
        sources: trace.sources.iter().map(source).collect(),
        value: trace.value.clone(),
    }
}

fn json(value: &Json<'_>) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Integer(value) => (*value).into(),
        Json::Float(value) => (*value).into(),
        Json::Text(text) => text.as_ref().into(),
        Json::List(items) => items.iter().map(json).collect(),
        Json::Dict(items) => {
            let item = |(key, value): &(std::borrow::Cow<'_, str>, Json<'_>)| {
                (key.clone().into_owned(), json(value))
            };
            Value::Object(items.iter().map(item).collect())
        }
    }
}

/// What was done last to a person. Without a change log that can be read: nothing.
fn last_entries(config: &Config, names: &[String]) -> Vec<String> {
    let Some(log) = config
        .logging
        .change_log
        .as_ref()
        .filter(|log| log.exists())
    else {
        return Vec::new();
    };
    match history_of(log, names, &mut Texts::default()) {
        Ok(entries) => {
            let first = entries.len().saturating_sub(ENTRIES);
            let last = entries.iter().skip(first);
            last.map(show::history::entry).collect()
        }
        Err(error) => {
            log::warn!(target: "changes", "{error}");
            Vec::new()
        }
    }
}
