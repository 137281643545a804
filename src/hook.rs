//! `after_mapping_hook`: runs once for each selected user, before any matching
//! (manual/rules.md#desired-groups, manual/filters-and-hooks.md#hooks).
//!
//! Lays a user out as the hook's names and reads back what it changed. The language is the
//! interpreter's matter, what the changes mean is the plan's.

use std::borrow::Cow;

use crate::config::Extension;
use crate::error::{Error, Place};
use crate::model::{Attribute, DirectoryUser};
use crate::people::filter::{plain, tell};
use crate::people::sources::Sources;
use crate::plan::desired::hook::{Given, HookResult};
use crate::plan::desired::{Desired, SetId};
use crate::record::Json;
use crate::text::hash::QuickMap;
use crate::text::{Text, Texts};
use script::{Exception, LogLine, Program, Reads, Str, Value};

/// The names that a hook finds, in the order of its globals.
pub const NAMES: [&str; 6] = [
    "source_attributes",
    "source_groups",
    "target_attributes",
    "target_groups",
    "hook_storage",
    "logger",
];
/// The attributes of a target that a hook may change.
pub const TARGETS: [Attribute; 6] = [
    Attribute::Email,
    Attribute::Username,
    Attribute::Domain,
    Attribute::Firstname,
    Attribute::Lastname,
    Attribute::Country,
];

/// A compiled hook with its storage.
pub struct Hook {
    program: Program,
    place: String,
    /// What it reads of the source attributes.
    sources: Reads,
    storage: Value,
}

pub struct Inputs {
    pub source_attributes: Value,
    pub source_groups: Value,
    pub target_attributes: Value,
    pub target_groups: Value,
}

pub struct Outputs {
    pub target_attributes: Value,
    pub target_groups: Value,
}

impl Hook {
    /// Compiles the hook of an extension file. A source outside the subset is an error that shows
    /// where.
    pub fn compile(extension: &Extension) -> Result<Hook, Error> {
        let program = Program::block(&extension.hook, &NAMES).map_err(|refusal| {
            let line = extension
                .hook_line
                .map(|first| (first + refusal.line - 1, refusal.column));
            let place = Place {
                file: extension.file.clone(),
                line,
                key: Some("after_mapping_hook".into()),
            };
            Error::Config {
                place,
                problem: refusal.render(),
            }
        })?;
        Ok(Hook {
            sources: program.reads("source_attributes"),
            program,
            place: format!("{}: after_mapping_hook", extension.file.display()),
            storage: Value::None,
        })
    }

    /// Runs the hook once. What it changed in its storage stays, also before an exception. A
    /// storage that has grown too large over the users is an exception too.
    pub fn call(
        &mut self,
        inputs: Inputs,
        log: &mut dyn FnMut(&LogLine<'_>),
    ) -> Result<Outputs, Exception> {
        let mut globals = [
            inputs.source_attributes,
            inputs.source_groups,
            inputs.target_attributes,
            inputs.target_groups,
            std::mem::replace(&mut self.storage, Value::None),
            Value::logger(),
        ];
        let ended = self.program.run(&mut globals, log);
        let [_, _, target_attributes, target_groups, storage, _] = globals;
        self.storage = storage;
        // What is too much is given up, so that whoever goes on has room again.
        let settled = self.program.settle(&self.storage);
        settled.inspect_err(|_| self.storage = Value::None)?;
        ended.map(|_| Outputs {
            target_attributes,
            target_groups,
        })
    }

    /// Whether the hook can read the source attribute with this name.
    pub fn reads_source(&self, name: &str) -> bool {
        self.sources.reaches(&[name])
    }

    /// What the hook has stored so far.
    pub fn storage(&self) -> &Value {
        &self.storage
    }

    /// Runs the hook for all selected users, in handling order. An exception names the user and
    /// ends the run.
    pub fn run(
        &mut self,
        (source_names, sources): (Vec<Text>, &Sources),
        (desired, texts): (&mut Desired<'_>, &mut Texts),
        go_on: &dyn Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut names_of: QuickMap<SetId, Vec<Text>> = QuickMap::default();
        let count = u32::try_from(desired.users.len()).unwrap_or(u32::MAX);
        for nth in 0..count {
            go_on()?;
            let Some((user, set)) = desired.selected(nth) else {
                continue;
            };
            let login = user.login;
            let groups = names_of.entry(set);
            let groups = &*groups.or_insert_with(|| desired.target_groups(set, texts));
            let inputs = Inputs {
                source_attributes: source_attributes(&source_names, sources, user),
                source_groups: text_set(desired.source_groups(user)),
                target_attributes: target_attributes(user),
                target_groups: text_set(groups.iter().copied()),
            };
            let ended = self.call(inputs, &mut tell);
            let result = match ended {
                Ok(outputs) => outputs.into_result(),
                Err(exception) => Err(exception.to_string()),
            };
            let result = result.map_err(|problem| Error::Script {
                source: self.place.clone(),
                problem: format!("user {login}: {problem}; nothing was written"),
            })?;
            desired.apply_hook(nth, groups, &result, texts);
        }
        desired.finish_hook();
        Ok(())
    }
}

/// Texts that live until the run ends are handed to the hook as they are.
fn kept(text: Text) -> Str {
    Str::Kept(text)
}

fn text_set(texts: impl Iterator<Item = Text>) -> Value {
    Value::set(texts.map(kept))
}

fn source_attributes(names: &[Text], sources: &Sources, user: &DirectoryUser) -> Value {
    let value = |cell: &u32| match sources.value(*cell, user) {
        Json::Text(Cow::Borrowed(text)) => Value::Str(kept(text)),
        other => plain(&other),
    };
    let values = sources.row(user.id).iter().map(value);
    Value::dict(names.iter().copied().map(kept).zip(values))
}

fn target_attributes(user: &DirectoryUser) -> Value {
    let text = |text: Option<Text>| text.map_or(Value::None, |text| Value::Str(kept(text)));
    let known = |text: Text| Some(text).filter(|text| !text.is_empty());
    let values = [
        known(user.email),
        known(user.username),
        known(user.domain),
        user.firstname,
        user.lastname,
        user.country,
    ];
    let names = TARGETS.map(|target| kept(target.name()));
    Value::dict(names.into_iter().zip(values.map(text)))
}

impl Outputs {
    /// What the plan needs of it. An error names what has a wrong type.
    pub fn into_result(self) -> Result<HookResult, String> {
        let attributes = &self.target_attributes;
        if !attributes.is_dict() {
            let found = attributes.type_name();
            return Err(format!(
                "target_attributes must be a dict, and is of type {found}"
            ));
        }
        let [email, username, domain, firstname, lastname, country] =
            TARGETS.map(|target| attribute(attributes, target.name()));
        Ok(HookResult {
            email: email?,
            username: username?,
            domain: domain?,
            firstname: firstname?,
            lastname: lastname?,
            country: country?,
            target_groups: groups(&self.target_groups)?,
        })
    }
}

fn attribute(attributes: &Value, name: &str) -> Result<Option<Given>, String> {
    let value = attributes.entry(name).unwrap_or(Value::None);
    match value.kept_text() {
        Some(text) => Ok(Some(text)),
        None if value.is_none() => Ok(None),
        None => Err(format!(
            "target_attributes[\"{name}\"] must be a string or None, and is of type {}",
            value.type_name()
        )),
    }
}

fn groups(groups: &Value) -> Result<Vec<Given>, String> {
    let Some(items) = groups.items() else {
        let found = groups.type_name();
        return Err(format!(
            "target_groups must be a set, and is of type {found}"
        ));
    };
    let name = |item: &Value| match item.kept_text() {
        Some(name) => Ok(name),
        None => Err(format!(
            "target_groups must hold strings, and holds a value of type {}",
            item.type_name()
        )),
    };
    items.iter().map(name).collect()
}
