//! `all_users_filter`: which members of a directory group are kept
//! (manual/filters-and-hooks.md#filters).
//!
//! Lays a directory record out as the interpreter's `user`, with no more of it than the expression
//! can reach. The language itself is the interpreter's matter.

use std::rc::Rc;

use crate::config::OktaConfig;
use crate::error::{Error, Place};
use crate::logging;
use crate::record::{Json, Record, Wanted};
use crate::text::hash::QuickMap;
use script::{Exception, Level, LogLine, Missing, Program, Refusal, Shape, Value};

/// The fields of Okta's user object that a filter may name, beside `profile`.
const FIELDS: [&str; 10] = [
    "id",
    "status",
    "created",
    "activated",
    "statusChanged",
    "lastLogin",
    "lastUpdated",
    "passwordChanged",
    "type",
    "credentials",
];

/// The expression of `all_users_filter`, compiled once.
pub struct Filter {
    program: Program,
    source: String,
    user: Rc<Shape>,
    /// How the attributes of `user` are filled, in the order of its shape.
    attributes: Vec<Attribute>,
    /// Whether it looks at nothing but the status, as most filters do.
    by_status: bool,
    /// What it then said of each status: there are few, and many people in each.
    known: QuickMap<String, bool>,
}

enum Attribute {
    /// The filter does not look at it.
    Unread,
    Id,
    Status,
    /// By its slot in the record.
    Field(usize),
    Profile(Profile),
}

/// The profile, as far as the filter can reach it.
enum Profile {
    /// These attributes, with their slots.
    Some(Rc<Shape>, Vec<usize>),
    /// Any: the names of the record's slots.
    Whole,
}

impl Filter {
    /// Compiles the filter of the file and says which parts of a record it needs. A source outside
    /// the subset is an error that shows where.
    pub fn compile(okta: &OktaConfig, wanted: &mut Wanted) -> Result<Filter, Error> {
        Filter::new(&okta.filter, wanted).map_err(|refusal| {
            let place = Place {
                file: okta.file.clone(),
                line: okta.filter_line.map(|line| (line, 1)),
                key: Some("all_users_filter".into()),
            };
            Error::Config {
                place,
                problem: refusal.render(),
            }
        })
    }

    /// Compiles an expression and says which parts of a record it needs.
    pub fn new(source: &str, wanted: &mut Wanted) -> Result<Filter, Refusal> {
        let program = Program::expression(source, &["user"])?;
        let reads = program.reads("user");
        let attribute = |name: &str| match (reads.reaches(&[name]), name) {
            (false, _) => Attribute::Unread,
            (true, "id") => Attribute::Id,
            (true, "status") => Attribute::Status,
            (true, name) => Attribute::Field(wanted.field_slot(name)),
        };
        let mut attributes: Vec<Attribute> = FIELDS.iter().copied().map(attribute).collect();
        attributes.push(if reads.reaches(&["profile"]) {
            Attribute::Profile(profile(reads.names(&["profile"]), wanted))
        } else {
            Attribute::Unread
        });
        let names: Vec<&str> = FIELDS.iter().copied().chain(["profile"]).collect();
        let others = |attribute| !matches!(attribute, &Attribute::Unread | &Attribute::Status);
        Ok(Filter {
            by_status: !attributes.iter().any(others),
            known: QuickMap::default(),
            program,
            source: source.trim().to_owned(),
            user: Shape::new("User", &names, Missing::Error),
            attributes,
        })
    }

    /// Whether the member is kept. An exception names the expression, the login and the reason.
    pub fn keeps(
        &mut self,
        record: &Record<'_>,
        login: &str,
        wanted: &Wanted,
    ) -> Result<bool, Error> {
        if let Some(kept) = self.known.get(record.status.as_ref()) {
            return Ok(*kept);
        }
        let mut is_silent = true;
        let given = self.run(record, wanted, &mut |line| {
            is_silent = false;
            tell(line);
        });
        let value = given.map_err(|exception| Error::Script {
            source: format!("all_users_filter `{}`", self.source),
            problem: format!("user {login}: {exception}; nothing was written"),
        })?;
        let kept = value.truth();
        if self.by_status && is_silent {
            self.known.insert(record.status.clone().into_owned(), kept);
        }
        Ok(kept)
    }

    /// What the expression gives for the record.
    pub fn evaluate(&self, record: &Record<'_>, wanted: &Wanted) -> Result<Value, Exception> {
        self.run(record, wanted, &mut tell)
    }

    fn run(
        &self,
        record: &Record<'_>,
        wanted: &Wanted,
        tell: &mut dyn FnMut(&LogLine<'_>),
    ) -> Result<Value, Exception> {
        let attribute = |attribute: &Attribute| match attribute {
            Attribute::Unread => Some(Value::None),
            Attribute::Id => Some(Value::from(record.id.as_ref())),
            Attribute::Status => Some(Value::from(record.status.as_ref())),
            Attribute::Field(slot) => {
                let value = record.fields.get(*slot).and_then(Option::as_ref);
                Some(value.map_or(Value::None, by_attribute))
            }
            Attribute::Profile(profile) => Some(profile.of(record, wanted)),
        };
        let slots = self.attributes.iter().map(attribute).collect();
        let mut globals = [Value::object(&self.user, slots)];
        self.program.run(&mut globals, tell)
    }
}

/// Logs what a filter or hook has to say.
pub fn tell(line: &LogLine<'_>) {
    let level = match line.level {
        Level::Critical | Level::Error => log::Level::Error,
        Level::Warning => log::Level::Warn,
        Level::Info => log::Level::Info,
        Level::Debug => log::Level::Debug,
    };
    let name = line.logger.unwrap_or("processor");
    let target = logging::script_target(name, line.level == Level::Critical);
    log::log!(target: &target, level, "{}", line.text);
}

fn profile(names: Option<Vec<&str>>, wanted: &mut Wanted) -> Profile {
    match names {
        Some(names) => {
            let slots = names.iter().map(|name| wanted.profile_slot(name)).collect();
            Profile::Some(Shape::new("UserProfile", &names, Missing::None), slots)
        }
        None => {
            wanted.whole_profile = true;
            Profile::Whole
        }
    }
}

impl Profile {
    fn of(&self, record: &Record<'_>, wanted: &Wanted) -> Value {
        match self {
            Profile::Some(shape, slots) => {
                let value = |slot: &usize| record.attribute(*slot).map(by_attribute);
                Value::object(shape, slots.iter().map(value).collect())
            }
            Profile::Whole => {
                let named = wanted
                    .profile
                    .iter()
                    .map(String::as_str)
                    .zip(&record.profile);
                let named = named.filter_map(|(name, value)| Some((name, value.as_ref()?)));
                let further = record.further_profile.iter();
                let further = further.map(|(name, value)| (name.as_ref(), value));
                let (names, values): (Vec<&str>, Vec<Option<Value>>) = named
                    .chain(further)
                    .map(|(name, value)| (name, Some(by_attribute(value))))
                    .unzip();
                let shape = Shape::new("UserProfile", &names, Missing::None);
                Value::object(&shape, values)
            }
        }
    }
}

/// A value whose dicts are reached by attribute or by index.
fn by_attribute(json: &Json<'_>) -> Value {
    match json {
        Json::Dict(entries) => Value::attribute_dict(
            entries
                .iter()
                .map(|(key, value)| (key.as_ref(), by_attribute(value))),
        ),
        Json::List(items) => Value::list(items.iter().map(by_attribute).collect()),
        other => scalar(other),
    }
}

/// A value whose dicts are plain, as a hook finds them.
pub fn plain(json: &Json<'_>) -> Value {
    match json {
        Json::Dict(entries) => Value::dict(
            entries
                .iter()
                .map(|(key, value)| (key.as_ref(), plain(value))),
        ),
        Json::List(items) => Value::list(items.iter().map(plain).collect()),
        other => scalar(other),
    }
}

fn scalar(json: &Json<'_>) -> Value {
    match json {
        Json::Bool(value) => Value::Bool(*value),
        Json::Integer(value) => Value::Int(*value),
        Json::Float(value) => Value::Float(*value),
        Json::Text(text) => Value::from(text.as_ref()),
        Json::Null | Json::List(_) | Json::Dict(_) => Value::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_asked_once_a_status_only_if_nothing_else_counts() {
        let cases = [
            ("user.status == 'ACTIVE'", [true, true, false], 2),
            ("user.id == '1'", [true, false, false], 0),
            ("user.status == 'ACTIVE' and user.profile.a", [false; 3], 0),
            // What it prints comes for everybody.
            ("not print(user.status)", [true; 3], 0),
        ];
        for (source, expected, known) in cases {
            let mut wanted = Wanted::default();
            let mut filter = Filter::new(source, &mut wanted).unwrap();
            let members = [("1", "ACTIVE"), ("2", "ACTIVE"), ("3", "SUSPENDED")];
            let kept = members.map(|(id, status)| {
                let record = Record {
                    id: id.into(),
                    status: status.into(),
                    fields: Vec::new(),
                    profile: vec![None; wanted.profile.len()],
                    further_profile: Vec::new(),
                };
                filter.keeps(&record, id, &wanted).unwrap()
            });
            assert_eq!((kept, filter.known.len()), (expected, known), "{source}");
        }
    }
}
