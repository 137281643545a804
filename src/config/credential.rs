//! Credentials: plain, from the OS keyring, from a file, or from the environment
//! (manual/configuration.md#credentials).
//!
//! Only a configured keyring key touches the keyring. Knows no server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use zeroize::Zeroize;

use super::item::Item;
use super::section::Section;
use crate::error::{NOT_SHOWN, may_be_secret, one_line};
use crate::os::files::{self, Readers};
use crate::os::secret::Secret;
use crate::os::signals::Stop;

/// A secret file may be this large.
const LARGEST: u64 = 64 << 10;

/// What the configuration takes from outside its files.
#[derive(Clone)]
pub(super) struct Outside {
    pub(super) variable: fn(&str) -> Option<OsString>,
    /// The keyring's secret for a service and a user.
    pub(super) keyring: fn(&str, &str, &Stop) -> Result<Secret, String>,
    /// What breaks a question to the keyring off.
    pub(super) stop: Stop,
}

impl Outside {
    pub(super) fn real(stop: &Stop) -> Outside {
        Outside {
            variable: |name| std::env::var_os(name),
            keyring: crate::os::keyring::read,
            stop: stop.clone(),
        }
    }
}

/// A credential that was found, and where: for `check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `api_token`, `private_key`, `client_id`, `client_secret`.
    pub name: &'static str,
    pub origin: Origin,
}

/// Where a credential came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In plain text in this configuration file.
    Plain(PathBuf),
    Keyring {
        service: String,
        user: String,
    },
    File(PathBuf),
    Environment(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Plain(file) => write!(f, "plain text in {}", file.display()),
            Origin::Keyring { service, user } => {
                write!(f, "the OS keyring, service \"{service}\", user \"{user}\"")
            }
            Origin::File(path) => write!(f, "the file {}", path.display()),
            Origin::Environment(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// How a credential can be given.
#[derive(Clone, Copy)]
enum Way {
    Plain,
    Keyring,
    File,
    Environment,
}

const WAYS: [Way; 4] = [Way::Plain, Way::Keyring, Way::File, Way::Environment];

/// The keys that can give a credential, in the order of [`WAYS`].
pub(super) fn keys(name: &str) -> [String; 4] {
    [
        name.to_owned(),
        format!("secure_{name}_key"),
        format!("{name}_file"),
        format!("{name}_env"),
    ]
}

/// The keys that can give any of these.
pub(super) fn all_keys(names: &[&str]) -> Vec<String> {
    names.iter().flat_map(|name| keys(name)).collect()
}

/// A credential as a section of a file asks for it.
pub(super) struct Wanted<'w> {
    pub(super) name: &'static str,
    /// A name it had before.
    pub(super) old_name: Option<&'static str>,
    /// The user of a keyring entry.
    pub(super) user: &'w str,
    pub(super) form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One line, as it stands in a header.
    Line,
    /// One line that is no secret, for it is sent in the open.
    Open,
    /// A text of several lines.
    Text,
}

/// Reads a credential. Notes a problem where it is not given in exactly one way, or not there.
pub(super) fn read(
    section: &Section<'_>,
    wanted: &Wanted<'_>,
    outside: &Outside,
) -> Option<(Secret, Found)> {
    let names = [Some(wanted.name), wanted.old_name];
    let names = names.into_iter().flatten();
    let given: Vec<(String, Way)> = names
        .flat_map(|name| keys(name).into_iter().zip(WAYS))
        .filter(|(key, _)| section.get(key).is_some())
        .collect();
    let (key, way) = match given.as_slice() {
        [one] => one,
        [] => {
            section.missing(wanted.name, &format!("give {}", ways(wanted.name)));
            return None;
        }
        [.., (last, _)] => {
            let all: Vec<_> = given.iter().map(|(key, _)| key.as_str()).collect();
            let problem = format!("{} are all ways to give it; keep one", all.join(" and "));
            section.problem(last, problem);
            return None;
        }
    };
    let source = Source {
        wanted,
        item: section.get(key)?,
        key,
        outside,
    };
    let (secret, origin) = match way {
        Way::Plain => source.plain(),
        Way::Keyring => source.keyring(),
        Way::File => source.file(),
        Way::Environment => source.environment(),
    }?;
    if let Some(problem) = wanted.form.problem(secret.expose()) {
        return source.item.refuse(problem);
    }
    let name = wanted.name;
    Some((secret, Found { name, origin }))
}

impl Form {
    fn problem(self, secret: &str) -> Option<&'static str> {
        let is_blank = |c| self == Form::Text && matches!(c, '\n' | '\r' | '\t');
        let is_wrong = |c: char| c.is_control() && !is_blank(c);
        if !secret.is_empty() && !secret.contains(is_wrong) {
            return None;
        }
        Some(match self {
            Form::Text => "the secret is empty or holds a control character",
            _ => "the secret is empty or holds a line break or another control character",
        })
    }
}

pub(super) fn ways(name: &str) -> String {
    format!(
        "{name} (the secret itself), secure_{name}_key (the service of a keyring entry), \
         {name}_file (a file) or {name}_env (an environment variable)"
    )
}

/// The one way in which a credential is given.
struct Source<'s, 'd> {
    wanted: &'s Wanted<'s>,
    item: &'s Item<'d>,
    key: &'s str,
    outside: &'s Outside,
}

impl Source<'_, '_> {
    fn plain(&self) -> Option<(Secret, Origin)> {
        // Adobe's client id stands in the open, in every request.
        let text = match self.wanted.name {
            "client_id" => self.item.text(),
            _ => self.item.secret(),
        };
        let secret = Secret::new(text?);
        let file = self.item.file();
        if self.wanted.form != Form::Open && files::can_be_read_by(file, Readers::GroupOrOthers) {
            self.item.reader.warn(format!(
                "{}: holds the secret {} in plain text and can be read by others than its owner; \
                 run `chmod 600` on it, or keep the secret elsewhere",
                file.display(),
                self.key
            ));
        }
        Some((secret, Origin::Plain(file.to_owned())))
    }

    fn keyring(&self) -> Option<(Secret, Origin)> {
        let service = self.item.text()?;
        match (self.outside.keyring)(&service, self.wanted.user, &self.outside.stop) {
            Ok(secret) => {
                let user = self.wanted.user.to_owned();
                Some((secret, Origin::Keyring { service, user }))
            }
            Err(problem) => {
                let name = self.key.strip_prefix("secure_").unwrap_or(self.key);
                let name = name.strip_suffix("_key").unwrap_or(name);
                let problem =
                    format!("{problem}; or use {name}, {name}_file or {name}_env instead");
                self.problem(&service, false, &problem);
                None
            }
        }
    }

    fn file(&self) -> Option<(Secret, Origin)> {
        let path = self.secret_file(&self.item.path()?)?;
        let mut bytes = match files::read(&path, LARGEST) {
            Ok(bytes) => bytes,
            Err(problem) => {
                let name = self.item.name()?;
                let is_path = path.exists() || Path::new(&name).is_absolute();
                self.problem(&name, is_path, &format!("{} {problem}", path.display()));
                return None;
            }
        };
        let text = std::str::from_utf8(&bytes).map(|text| {
            // PowerShell writes a byte-order mark.
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let line = text.strip_suffix('\n').unwrap_or(text);
            Secret::new(line.strip_suffix('\r').unwrap_or(line).to_owned())
        });
        let secret = text.ok();
        bytes.zeroize();
        if secret.is_none() {
            self.item.problem(format!(
                "{} is no UTF-8 text; save it as UTF-8",
                path.display()
            ));
        }
        if files::can_be_read_by(&path, Readers::Others) {
            self.item.reader.warn(format!(
                "{}: this secret can be read by everybody on this machine; run `chmod 600` on it",
                path.display()
            ));
        }
        Some((secret?, Origin::File(path)))
    }

    /// A name without a slash is looked for among systemd's credentials first.
    fn secret_file(&self, beside: &Path) -> Option<PathBuf> {
        let name = self.item.name()?;
        let folder = (self.outside.variable)("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        match folder {
            Some(folder) if !name.contains('/') && folder.join(&name).exists() => {
                Some(folder.join(name))
            }
            _ => Some(beside.to_owned()),
        }
    }

    fn environment(&self) -> Option<(Secret, Origin)> {
        let name = self.item.name()?;
        let problem = match (self.outside.variable)(&name).map(OsString::into_string) {
            Some(Ok(text)) => return Some((Secret::new(text), Origin::Environment(name))),
            Some(Err(_)) => "is no UTF-8 text",
            None => "is not set",
        };
        let has_small = name.contains(char::is_lowercase);
        let problem = format!("the environment variable {name} {problem}");
        self.problem(&name, !has_small, &problem);
        None
    }

    /// Notes a problem, without the name that is given if it may be the secret itself.
    fn problem(&self, name: &str, is_name: bool, problem: &str) {
        self.item.problem(if is_name || !may_be_secret(name) {
            one_line(problem)
        } else {
            problem.replace(name, "***") + NOT_SHOWN
        });
    }
}
