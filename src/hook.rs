//! `after_mapping_hook`: runs once for each selected user, before any matching
//! (spec/sync-rules.md 3, spec/expressions.md).
//!
//! Lays a user out as the hook's names and reads back what it changed. The language is the
//! interpreter's matter, what the changes mean is the plan's.

use crate::config::{Config, Extension};
use crate::error::{Error, Place};
use crate::filter::{plain, tell};
use crate::hash::QuickMap;
use crate::mapping::SourceValues;
use crate::model::DirectoryUser;
use crate::plan::desired::Desired;
use crate::plan::desired::hook::HookResult;
use crate::script::{Exception, Level, Program, Value};
use crate::text::{Text, Texts};

/// The names that a hook finds, in the order of its globals.
const NAMES: [&str; 6] = [
    "source_attributes",
    "source_groups",
    "target_attributes",
    "target_groups",
    "hook_storage",
    "logger",
];
/// The attributes of a target that a hook may change.
pub const TARGETS: [&str; 6] = [
    "email",
    "username",
    "domain",
    "firstname",
    "lastname",
    "country",
];

/// A compiled hook with its storage.
pub struct Hook {
    program: Program,
    place: String,
    storage: Value,
}

/// What a hook works on.
pub struct Inputs {
    pub source_attributes: Value,
    pub source_groups: Value,
    pub target_attributes: Value,
    pub target_groups: Value,
}

/// What a hook left behind.
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
            program,
            place: format!("{}: after_mapping_hook", extension.file.display()),
            storage: Value::None,
        })
    }

    /// Runs the hook once. What it changed in its storage stays, also before an exception.
    pub fn call(
        &mut self,
        inputs: Inputs,
        log: &mut dyn FnMut(Level, &str),
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
        ended.map(|_| Outputs {
            target_attributes,
            target_groups,
        })
    }

    /// What the hook has stored so far.
    pub fn storage(&self) -> &Value {
        &self.storage
    }

    /// Runs the hook for all selected users, in handling order. An exception names the user and
    /// ends the run.
    pub fn run(
        &mut self,
        config: &Config,
        source_names: &[String],
        sources: &QuickMap<Text, SourceValues>,
        (desired, texts): (&mut Desired<'_>, &mut Texts),
    ) -> Result<(), Error> {
        let count = u32::try_from(desired.users.len()).unwrap_or(u32::MAX);
        for nth in 0..count {
            let Some((user, selected)) = desired.selected(nth).zip(desired.users.get(nth as usize))
            else {
                continue;
            };
            let (user, _) = user;
            let login = user.login;
            let inputs = Inputs {
                source_attributes: source_attributes(source_names, sources.get(user.id)),
                source_groups: Value::set(desired.source_groups(user)),
                target_attributes: target_attributes(user),
                target_groups: {
                    let groups = desired.target_groups(config, selected);
                    Value::set(groups.iter().map(String::as_str))
                },
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
            desired.apply_hook(nth, &result, texts);
        }
        desired.finish_hook(texts);
        Ok(())
    }
}

fn source_attributes(names: &[String], values: Option<&SourceValues>) -> Value {
    let values = values.into_iter().flat_map(|values| values.iter());
    Value::dict(names.iter().map(String::as_str).zip(values.map(plain)))
}

fn target_attributes(user: &DirectoryUser) -> Value {
    let text = |text: Option<Text>| text.map_or(Value::None, Value::from);
    let known = |text: Text| Some(text).filter(|text| !text.is_empty());
    let values = [
        known(user.email),
        known(user.username),
        known(user.domain),
        user.firstname,
        user.lastname,
        user.country,
    ];
    Value::dict(TARGETS.into_iter().zip(values.map(text)))
}

impl Outputs {
    /// What the plan needs of it. An error names what has a wrong type.
    pub fn into_result(self) -> Result<HookResult, String> {
        let attributes = &self.target_attributes;
        if attributes.entries().is_none() {
            let found = attributes.type_name();
            return Err(format!(
                "target_attributes must be a dict, and is of type {found}"
            ));
        }
        let [email, username, domain, firstname, lastname, country] =
            TARGETS.map(|name| attribute(attributes, name));
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

fn attribute(attributes: &Value, name: &str) -> Result<Option<String>, String> {
    let value = attributes.entry(name).unwrap_or(Value::None);
    match value.as_str() {
        Some(text) => Ok(Some(text.to_owned())),
        None if value.is_none() => Ok(None),
        None => Err(format!(
            "target_attributes[\"{name}\"] must be a string or None, and is of type {}",
            value.type_name()
        )),
    }
}

fn groups(groups: &Value) -> Result<Vec<String>, String> {
    let Some(items) = groups.items() else {
        let found = groups.type_name();
        return Err(format!(
            "target_groups must be a set, and is of type {found}"
        ));
    };
    let name = |item: &Value| match item.as_str() {
        Some(name) => Ok(name.to_owned()),
        None => Err(format!(
            "target_groups must hold strings, and holds a value of type {}",
            item.type_name()
        )),
    };
    items.iter().map(name).collect()
}
