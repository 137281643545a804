//! The configuration of a run: checked, complete, and plain data.
//!
//! What the YAML files and the command line said, after all rules of manual/configuration.md and
//! manual/commands.md held. Reading and checking are in the rooms below; nothing here talks to a
//! server.

mod access;
mod choices;
mod connectors;
mod credential;
mod csv;
mod defaults;
mod encoding;
mod extension;
mod files;
mod formats;
mod item;
mod limits;
mod load;
mod logging;
mod main_file;
mod okta;
mod only;
mod option_rules;
mod options;
mod orgs;
mod reader;
mod section;
mod server;
#[cfg(test)]
mod tests;
mod umapi;
mod yaml;
mod yaml11;

use std::path::PathBuf;

use script::pattern::{NamePattern, Template};

use crate::cli::GivenOptions;
use crate::error::Error;
use crate::model::{IdentityType, OrgId};
use crate::os::files::Mode;
use crate::os::signals::Stop;
use crate::text;

pub use choices::{AdobeOnlyUserAction, Strategy, UserSelection};
pub use connectors::{
    Connection, CsvColumns, CsvConfig, OktaAccess, OktaConfig, OrgConfig, Pace, ServiceApp,
};
pub use credential::Found;
pub use extension::read_hook;
pub use files::{digest_of, lock};
pub use formats::Formats;
pub use logging::log_name_today;
pub use only::{Only, OnlyOptions};
pub use option_rules::not_mapped;
pub use options::{
    ConsentOptions, ConsoleOptions, FileOptions, OutputOptions, RecordOptions, ReplayOptions,
    RunOptions,
};

/// What the command line asks of the configuration.
#[derive(Debug, Clone)]
pub struct Request {
    pub main_file: PathBuf,
    /// `--config-file-encoding`.
    pub encoding: Encoding,
    /// The options of the command line.
    pub given: GivenOptions,
    /// The whole command line, as a shell would read it.
    pub command_line: String,
    /// Those of them that count before a configuration is read.
    pub output: OutputOptions,
    pub console: ConsoleOptions,
    pub scope: Scope,
}

/// How much of the configuration a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything: `sync`, `plan`, `explain`, `check`.
    Run,
    /// The orgs and no directory: `apply`. The rules between options do not hold.
    OrgsOnly,
}

impl Config {
    pub fn org(&self, org: OrgId) -> Option<&OrgConfig> {
        self.orgs.get(org.place())
    }

    /// All orgs, the primary one first.
    pub fn org_ids(&self) -> impl Iterator<Item = OrgId> + use<> {
        (0..self.orgs.len()).map(OrgId::of)
    }

    /// The secondary orgs in configuration order, then the primary one.
    pub fn sending_order(&self) -> impl Iterator<Item = OrgId> + use<> {
        self.org_ids().skip(1).chain([OrgId::PRIMARY])
    }

    /// Reads and checks the configuration files that `request` needs. Nothing is contacted but
    /// the OS keyring, and that only where a keyring key is set; `stop` breaks that off.
    ///
    /// # Errors
    /// [`Error::Config`] and [`Error::Usage`], or several of them: what is wrong with the main file,
    /// or, with its blanks, with all the files that it names.
    pub fn load(request: &Request, stop: &Stop) -> Result<Config, Error> {
        load::load(request, credential::Outside::real(stop))
    }

    /// The same, with what is wrong with connectors and the extension beside, for looking at what is
    /// right.
    pub fn load_in_part(request: &Request, stop: &Stop) -> Result<(Config, Vec<Error>), Error> {
        load::load_in_part(request, credential::Outside::real(stop))
    }
}

/// Why the main file cannot be opened, and what to do.
fn unreadable_main(error: &dyn std::fmt::Display) -> String {
    format!(
        "cannot be read: {error}; name the file with -c, or write an example with `user-sync init`"
    )
}

/// Everything a run of `sync`, `plan`, `explain` or `check` needs to know.
#[derive(Debug)]
pub struct Config {
    /// The main file, as it was named.
    pub main_file: PathBuf,
    /// SHA-256, in hexadecimal, of the contents of all configuration files read.
    pub digest: String,
    /// The configuration files read, in that order.
    pub files: Vec<PathBuf>,
    /// The command line over `invocation_defaults` over the defaults.
    pub options: RunOptions,
    pub output: OutputOptions,
    pub console: ConsoleOptions,
    /// `--adobe-users`, with the orgs of its groups.
    pub adobe_users: AdobeUserSelection,
    /// `--allow-group-loss`
    pub allow_group_loss: Vec<QualifiedGroup>,
    /// `--record` or `--replay`
    pub recording: Option<Recording>,
    /// `--only`; `None`: the run is about everybody.
    pub only: Option<Only>,
    /// The primary org first, then the secondary ones in configuration order.
    pub orgs: Vec<OrgConfig>,
    pub exclusions: Exclusions,
    pub update_attributes: UpdateAttributes,
    pub source: Source,
    /// `directory_users.user_identity_type`, where the source has none of its own.
    pub identity_type: IdentityType,
    pub default_country: Option<String>,
    /// In configuration order; a directory group may come more than once.
    pub groups: Vec<GroupMapping>,
    pub additional_groups: Vec<AdditionalGroups>,
    pub auto_create: bool,
    pub extension: Option<Extension>,
    pub limits: Limits,
    pub logging: Logging,
    /// What is worth a warning but stops nothing; logged once the log is open.
    pub warnings: Vec<String>,
    /// What is worth an info line: options that mean nothing beside others.
    pub notes: Vec<String>,
}

/// A file for what is read from Okta and Adobe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recording {
    /// It is kept there.
    To(PathBuf),
    /// It comes from there.
    From(PathBuf),
}

/// `--adobe-users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdobeUserSelection {
    All,
    Mapped,
    Groups(Vec<QualifiedGroup>),
}

/// An Adobe group as the configuration names it: `org2::Group`, or `Group` for the primary org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualifiedGroup {
    pub org: OrgId,
    /// Trimmed, spelled as in the configuration.
    pub name: String,
}

impl QualifiedGroup {
    /// Whether both name the same group.
    pub fn is(&self, other: &QualifiedGroup) -> bool {
        self.org == other.org && text::same(&self.name, &other.name)
    }
}

/// One entry of `directory_users.groups`.
#[derive(Debug, Clone)]
pub struct GroupMapping {
    pub directory_group: String,
    pub adobe_groups: Vec<QualifiedGroup>,
    /// Line of the entry in the main file, where it is known.
    pub line: Option<usize>,
}

/// One entry of `directory_users.additional_groups`.
#[derive(Debug, Clone)]
pub struct AdditionalGroups {
    /// Tried from the start of each directory group name.
    pub source: NamePattern,
    pub org: OrgId,
    /// The target name without its org, as Python's `re.sub` takes it.
    pub target: Template,
    pub line: Option<usize>,
}

impl AdditionalGroups {
    /// Whether the rule is about the directory group of that name. Where nobody knows it is: the plan
    /// says so.
    pub fn matches(&self, name: &str) -> bool {
        self.source.begins(name.trim()).unwrap_or(true)
    }
}

/// Adobe users of the primary org that are left alone.
#[derive(Debug, Default)]
pub struct Exclusions {
    pub identity_types: Vec<IdentityType>,
    pub groups: Vec<String>,
    /// Each matches a whole username, ignoring case.
    pub users: Vec<NamePattern>,
    /// The lines of the three keys in the main file, where they are known.
    pub lines: ExclusionLines,
}

#[derive(Debug, Default)]
pub struct ExclusionLines {
    pub identity_types: Option<usize>,
    pub groups: Option<usize>,
    pub users: Option<usize>,
}

/// `adobe_users.update_attributes`: which differences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateAttributes {
    pub firstname: bool,
    pub lastname: bool,
    pub email: bool,
    pub username: bool,
}

/// `limits`.
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_adobe_only_users: Limit,
    pub group_removals_only: bool,
    pub max_group_removals: Option<Limit>,
    /// A share of the members of one Adobe group.
    pub max_group_loss: Limit,
    pub max_new_users: Option<Limit>,
}

/// A number, or a share in percent (0 to 100).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    Number(u64),
    Percent(f64),
}

/// `logging`.
#[derive(Debug, Clone)]
pub struct Logging {
    /// `None`: no log file.
    pub file: Option<LogFile>,
    pub console_level: log::LevelFilter,
    pub progress: bool,
    /// Of new log files, reports and change logs.
    pub file_mode: Mode,
    /// `None`: nothing is put on record.
    pub change_log: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct LogFile {
    pub directory: PathBuf,
    /// As written, `{:%Y-%m-%d}.log`: strftime inside `{:…}`.
    pub name_format: String,
    pub level: log::LevelFilter,
    pub mode: Mode,
}

/// Where people come from.
#[derive(Debug)]
pub enum Source {
    Okta(Box<OktaConfig>),
    Csv(Box<CsvConfig>),
    /// `--adobe-only-user-list`: no directory is read.
    None,
}

/// A text encoding that configuration and CSV files may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Cp1252,
}

/// The extension file (`directory_users.extension`).
#[derive(Debug)]
pub struct Extension {
    pub file: PathBuf,
    /// Source text of `after_mapping_hook`.
    pub hook: String,
    /// Line of the first line of the hook's source in the file, where it is known.
    pub hook_line: Option<usize>,
    pub extended_attributes: Vec<String>,
    pub extended_adobe_groups: Vec<QualifiedGroup>,
}
