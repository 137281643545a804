//! What `explain` says about one person: plain data, as JSON, and as a text for people.
//!
//! Knows the look, and nothing of how an answer is found.

use serde::Serialize;
use serde_json::Value;

use crate::error::one_line;
use crate::plan::explain::{Org, Reasoned, Record};
use crate::show::rows::{self, Row};
use crate::show::{Style, Tone};

/// The answer for one person.
#[derive(Debug, Default, Serialize)]
pub struct Answer<'p> {
    /// As it was asked for.
    pub user: String,
    /// `None`: the directory has nobody of that name.
    pub directory: Option<Person>,
    /// What came of searching for somebody who is in no loaded group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The primary org first.
    pub orgs: Vec<OrgAnswer<'p>>,
    /// What was done last, newest last, as `history` tells it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<String>,
}

/// What the directory knows of a person.
#[derive(Debug, Default, Serialize)]
pub struct Person {
    pub id: String,
    pub login: String,
    pub status: String,
    /// Selected or not, and why.
    pub selection: String,
    /// The loaded directory groups that it was found in.
    pub groups: Vec<Reasoned>,
    pub filter: Option<Reasoned>,
    pub attributes: Vec<Attribute>,
    /// What the hook changed, `email: a -> b`.
    pub hook_changes: Vec<String>,
}

/// How one attribute came about.
#[derive(Debug, Default, Serialize)]
pub struct Attribute {
    pub attribute: String,
    pub format: String,
    /// The attributes that the format names, with their values.
    pub sources: Vec<(String, Value)>,
    pub value: Option<String>,
}

/// What one org has and gets of the user.
#[derive(Debug, Default, Serialize)]
pub struct OrgAnswer<'p> {
    #[serde(flatten)]
    pub org: Org<'p>,
    pub changes: Vec<Change>,
}

/// A command that would be sent.
#[derive(Debug, Default, Serialize)]
pub struct Change {
    pub kind: String,
    pub reasons: Vec<String>,
    /// As it would be sent.
    pub command: Value,
}

/// The answer as a text.
pub fn text(answer: &Answer<'_>, style: Style) -> String {
    let mut out = String::new();
    heading(0, &answer.user, style, &mut out);
    directory(answer, style, &mut out);
    for part in &answer.orgs {
        org(part, style, &mut out);
    }
    if !answer.history.is_empty() {
        heading(2, "On record", style, &mut out);
        for line in &answer.history {
            out.push_str(&format!("    {}\n", one_line(line)));
        }
    }
    out
}

fn directory(answer: &Answer<'_>, style: Style, out: &mut String) {
    heading(2, "Directory", style, out);
    let mut lines = Lines::default();
    match &answer.directory {
        Some(person) => lines.person(person),
        None => lines.add(
            "user",
            "nobody of that name is in a loaded group".to_owned(),
        ),
    }
    if let Some(search) = &answer.search {
        lines.add("search", search.clone());
    }
    rows::write(&lines.0, style, out);
}

fn org(answer: &OrgAnswer<'_>, style: Style, out: &mut String) {
    let OrgAnswer { org: part, changes } = answer;
    let name = match &part.name {
        Some(name) => format!("Org {name} {}", part.org_id),
        None => format!("Primary org {}", part.org_id),
    };
    heading(2, &name, style, out);
    let mut lines = Lines::default();
    for record in &part.records {
        lines.record(record);
    }
    if part.records.is_empty() {
        lines.add("record", no_record(part));
    }
    lines.list("desired groups", &part.desired_groups);
    for note in &part.notes {
        lines.add("note", note.clone());
    }
    if changes.is_empty() {
        lines.add("result", "nothing is sent".to_owned());
    }
    for change in changes {
        lines.change(change);
    }
    rows::write(&lines.0, style, out);
    for change in changes {
        out.push_str("    ");
        out.push_str(&style.paint(Tone::Aside, &one_line(&change.command.to_string())));
        out.push('\n');
    }
}

/// What it means that there is no record.
fn no_record(part: &Org<'_>) -> String {
    match (part.not_read, part.partly_read) {
        (Some(why), _) => format!("not known: this org was not read, because {why}"),
        (None, Some(option)) => {
            format!("there is none of that name among those that were read ({option})")
        }
        (None, None) => "there is none of that name".to_owned(),
    }
}

fn heading(indent: usize, text: &str, style: Style, out: &mut String) {
    out.push_str(&" ".repeat(indent));
    out.push_str(&style.paint(Tone::Heading, &one_line(text)));
    out.push('\n');
}

/// Labels and what they say.
#[derive(Default)]
struct Lines(Vec<Row>);

impl Lines {
    fn add(&mut self, label: &str, text: String) {
        let tone = match label {
            "note" => Tone::Change,
            _ => Tone::Plain,
        };
        self.0.push(Row {
            indent: 4,
            tone,
            sign: "",
            left: label.to_owned(),
            right: text,
        });
    }

    fn person(&mut self, person: &Person) {
        let status = match person.status.as_str() {
            "" => String::new(),
            status => format!(", status {status}"),
        };
        self.add(
            "user",
            format!("{} (id {}){status}", person.login, person.id),
        );
        self.list("found in", &person.groups);
        if let Some(filter) = &person.filter {
            self.add("filter", said(filter));
        }
        for attribute in &person.attributes {
            let value = attribute.value.as_deref().unwrap_or("nothing");
            let source = |(name, value): &(String, Value)| format!("{name} = {value}");
            let sources: Vec<String> = attribute.sources.iter().map(source).collect();
            let from = format!(
                "{value}, by {} with {}",
                attribute.format,
                sources.join(", ")
            );
            self.add(&attribute.attribute, from);
        }
        self.add("selection", person.selection.clone());
        for change in &person.hook_changes {
            self.add("hook", change.clone());
        }
    }

    fn record(&mut self, record: &Record) {
        let username = match record.username {
            "" => String::new(),
            username => format!(", username {username}"),
        };
        let what = format!("{}, {}{username}", record.email, record.identity_type);
        self.add("record", what);
        self.add("verdict", said(&record.verdict));
        if !record.groups.is_empty() {
            self.add("current groups", record.groups.join(", "));
        }
        if !record.mapped_groups.is_empty() {
            self.add("of them mapped", record.mapped_groups.join(", "));
        }
    }

    /// The label stands once, each item on a line of its own.
    fn list(&mut self, label: &str, items: &[Reasoned]) {
        for (nth, item) in items.iter().enumerate() {
            self.add(if nth == 0 { label } else { "" }, said(item));
        }
    }

    fn change(&mut self, change: &Change) {
        let reasons = if change.reasons.is_empty() {
            change.kind.clone()
        } else {
            format!("{}: {}", change.kind, change.reasons.join("; "))
        };
        self.add("result", reasons);
    }
}

/// `what, why (file:line)`
fn said(reasoned: &Reasoned) -> String {
    let why = match reasoned.why.as_str() {
        "" => String::new(),
        why => format!(", {why}"),
    };
    let rule = reasoned.rule.as_ref();
    let rule = rule.map_or(String::new(), |rule| format!(" ({rule})"));
    format!("{}{why}{rule}", reasoned.what)
}

#[cfg(test)]
mod tests;
