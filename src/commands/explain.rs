//! `explain`: what would happen to these users, and why (manual/commands.md#explain).
//!
//! Reads both sides as `plan` does and asks the planner's own explainer. Writes nothing anywhere.

use argh::{ArgsInfo, FromArgs};
use serde_json::Value;

use crate::adobe::CommandEntry;
use crate::cli::Arguments;
use crate::commands::session::Session;
use crate::commands::{Locking, Run, account, sync};
use crate::config::{Config, OnlyOptions, Request, Scope, Source};
use crate::error::{Error, exit};
use crate::http::Transport;
use crate::people::map::Trace;
use crate::people::sighting::Sighting;
use crate::plan::explain::{Explainer, Explanation, Org, Reasoned, Standing};
use crate::plan::{self, Plan};
use crate::record::Json;
use crate::send::change_log::history_of;
use crate::send::request_id;
use crate::show::explain::{Answer, Attribute, Change, OrgAnswer, Person};
use crate::show::{self, Style, change};
use crate::text::Texts;

/// So many entries of the change log are told.
const ENTRIES: usize = 3;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct ExplainOptions {
    /// e-mail address, username or Okta login
    #[argh(positional, arg_name = "USER")]
    users: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let ExplainOptions { mut users } = arguments.read()?;
    let OnlyOptions { only } = arguments.read()?;
    if users.is_empty() && only.is_empty() {
        return Err(Error::Usage(
            "explain needs at least one USER: an e-mail address, username or Okta login".to_owned(),
        ));
    }
    let mut run = Run::start(&Request::read(arguments, Scope::Run)?, Locking::None)?;
    if let Some(only) = &mut run.config.only {
        // Whoever is to be explained is to be read.
        only.add(&users)?;
        users.clone_from(&only.names);
    }
    account::check_files(&run.config, &[], &[])?;
    explain(&run.config, &run.transport, &users)
}

fn explain(config: &Config, transport: &Transport, users: &[String]) -> Result<u8, Error> {
    let mut session = Session::open(config, transport)?;
    session.watch().look_for(users);
    let listed = sync::listed_plan(&mut session)?;
    let read = session.read_directory()?;
    let desired = session.desired(&read)?;
    let orgs = match listed {
        Some(_) => Vec::new(),
        None => session.read_adobe(&desired)?,
    };
    let read_again = session.read_namesakes(&orgs)?;
    let desired = match &read_again {
        Some(read) => session.desired(read)?,
        None => desired,
    };
    let plan = match listed {
        Some(listed) => listed,
        None => plan::build(config, &desired, &orgs, &mut session.texts),
    };
    let mut seen = std::mem::take(&mut session.watch().seen);
    let explainer = Explainer::new(config, &desired, &orgs, (&plan, &mut session.texts));
    let mut answers = Vec::with_capacity(users.len());
    for user in users {
        // The rules know people by their names, the reader by their id too.
        let by_id = seen.iter().find(|seen| seen.id == *user);
        let explanation = explainer.explain(by_id.map_or(user, Sighting::called));
        let login = explanation.user.map_or(user.as_str(), |known| known.login);
        let search = look_up([user, login], &mut seen, &mut session);
        let mut all = seen.iter();
        let sighting = all.find(|seen| seen.is(user) || seen.is(login));
        let is_known = sighting.is_some() || explanation.user.is_some();
        answers.push(Answer {
            user: user.clone(),
            directory: is_known.then(|| person(&explainer, &explanation, sighting)),
            search,
            history: last_entries(config, &[user.clone(), login.to_owned()]),
            orgs: org_answers(&plan, explanation.orgs),
        });
        transport.stop().go_on()?;
    }
    transport.tape().finish()?;
    print(config, &answers)?;
    Ok(exit::DONE)
}

fn print(config: &Config, answers: &[Answer<'_>]) -> Result<(), Error> {
    if config.output.json {
        return show::print_with(|out| {
            for answer in answers {
                serde_json::to_writer(&mut *out, answer)?;
                writeln!(out)?;
            }
            Ok(())
        });
    }
    let style = Style::of_stdout();
    let texts: Vec<String> = answers
        .iter()
        .map(|answer| show::explain::text(answer, style))
        .collect();
    show::print(&texts.join("\n"))
}

/// Searches Okta for somebody of whom nothing was seen so far: what came of it. A failure is told,
/// and stops nothing.
fn look_up(
    [user, login]: [&str; 2],
    seen: &mut Vec<Sighting>,
    session: &mut Session<'_>,
) -> Option<String> {
    if let Source::None = session.config.source {
        return Some("none: --adobe-only-user-list reads no directory".to_owned());
    }
    let mut known = seen.iter();
    if session.okta.is_none() || known.any(|seen| seen.is(user) || seen.is(login)) {
        return None;
    }
    Some(match session.search(login) {
        Ok(found) if found.is_empty() => "Okta knows nobody with that login or e-mail".to_owned(),
        Ok(found) => {
            seen.extend(found);
            "found in Okta, in none of the groups that this run loads".to_owned()
        }
        Err(error) => {
            if !matches!(error, Error::Stopped) {
                log::warn!(target: "okta", "the search for {login} failed: {error}");
            }
            format!("failed: {error}")
        }
    })
}

/// What the directory knows of a person.
fn person(
    explainer: &Explainer<'_>,
    explanation: &Explanation<'_>,
    sighting: Option<&Sighting>,
) -> Person {
    let Explainer {
        config, desired, ..
    } = explainer;
    let known = explanation.user;
    let groups: Vec<&str> = match (known, sighting) {
        (Some(known), _) => desired.source_groups(known).collect(),
        (None, Some(seen)) => {
            let places = seen.groups.iter();
            let groups = places.filter_map(|place| desired.directory.groups.get(*place));
            groups.map(|group| group.name).collect()
        }
        (None, None) => Vec::new(),
    };
    let (id, login, status) = match (sighting, known) {
        (Some(seen), _) => (seen.id.as_str(), seen.called(), seen.status.as_str()),
        (None, Some(known)) => (known.id, known.login, ""),
        (None, None) => ("", "", ""),
    };
    let skipped = sighting.and_then(|seen| seen.skipped);
    Person {
        id: id.to_owned(),
        login: login.to_owned(),
        status: status.to_owned(),
        selection: match skipped.filter(|_| explanation.standing == Standing::Unknown) {
            Some(why) => format!("not selected: in no loaded group; it would be skipped: {why}"),
            None => explanation.selection.clone(),
        },
        groups: groups
            .into_iter()
            .map(|name| explainer.found_in(name))
            .collect(),
        filter: sighting.and_then(|seen| filter(config, seen.kept?)),
        attributes: sighting.map_or(Vec::new(), |seen| {
            seen.traces.iter().map(attribute).collect()
        }),
        hook_changes: known.map_or(Vec::new(), |known| explainer.hook_changes(known)),
    }
}

fn filter(config: &Config, kept: bool) -> Option<Reasoned> {
    let Source::Okta(okta) = &config.source else {
        return None;
    };
    let what = if kept { "kept" } else { "left out" };
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
            let items = items.iter();
            items
                .map(|(key, value)| (key.clone(), json(value)))
                .collect()
        }
    }
}

/// What is sent to each org, as it would be sent.
fn org_answers<'p>(plan: &Plan, orgs: Vec<Org<'p>>) -> Vec<OrgAnswer<'p>> {
    let change = |wanted: &&plan::Change| {
        let mut all = plan.in_sending_order();
        let place = all.position(|(_, change)| std::ptr::eq(change, *wanted));
        let id = request_id(place.unwrap_or_default());
        let command = serde_json::to_value(CommandEntry::of(&id, &wanted.command));
        Change {
            kind: wanted.reason.kind.word().to_owned(),
            reasons: change::reasons(&wanted.reason),
            // Texts and lists of them: nothing that JSON could not hold.
            command: command.unwrap_or_default(),
        }
    };
    let answer = |org: Org<'p>| OrgAnswer {
        changes: org.changes.iter().map(change).collect(),
        org,
    };
    orgs.into_iter().map(answer).collect()
}

/// What was done last to a person. Without a change log that can be read: nothing.
fn last_entries(config: &Config, names: &[String]) -> Vec<String> {
    let log = config.logging.change_log.as_ref();
    let Some(log) = log.filter(|log| log.exists()) else {
        return Vec::new();
    };
    match history_of(log, names, &mut Texts::default()) {
        Ok(entries) => {
            let last = entries.len().saturating_sub(ENTRIES);
            let last = entries.iter().skip(last);
            last.map(show::history::entry).collect()
        }
        Err(error) => {
            log::warn!(target: "changes", "{error}");
            Vec::new()
        }
    }
}
