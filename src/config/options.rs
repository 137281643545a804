//! The options of a run: their declarations (`cli` says how to read them), and the rules between
//! them (manual/commands.md#options).
//!
//! Knows neither argv nor how connectors are configured.

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgValue, FromArgs};
use log::LevelFilter;
use regex::Regex;

use super::orgs::OrgNames;
use super::section::{Item, Section};
use super::{AdobeUserSelection, Encoding, QualifiedGroup, Recording, Request, Scope};
use crate::cli::{self, Arguments, Flag, GivenOptions, Takes, flags_of};
use crate::error::{Error, Place, one_line};
use crate::os::terminal::Colours;
use script::pattern;

/// What is synchronised (each can be set under invocation_defaults, too)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct RunOptions {
    /// where people come from; csv without FILE: file_path of connector-csv.yml
    #[argh(option, arg_name = "okta|csv [FILE]|(ldap)")]
    pub(super) connector: Option<Connector>,

    /// which directory users are selected; mapped: those in a group of the mapping; file FILE: the
    /// same as --connector csv FILE. Default: all; okta needs mapped or group
    #[argh(
        option,
        arg_name = "mapped|group \"A,B\"|all|file FILE",
        default = "UserSelection::default()"
    )]
    pub users: UserSelection,

    /// only users whose whole username matches this regular expression, ignoring case; everybody
    /// else is left alone on both sides
    #[argh(option, arg_name = "REGEX", from_str_fn(pattern::whole))]
    pub user_filter: Option<Regex>,

    /// which Adobe users are read (default: all)
    #[argh(
        option,
        arg_name = "all|mapped|group \"A,B\"",
        default = "AdobeUsers::default()"
    )]
    pub(super) adobe_users: AdobeUsers,

    /// what happens to Adobe users that no selected directory user matches (default: preserve);
    /// remove is from the organisation, delete the account too
    #[argh(
        option,
        arg_name = "preserve|exclude|write-file FILE|remove-adobe-groups|remove|delete",
        default = "AdobeOnlyUserAction::default()"
    )]
    pub adobe_only_user_action: AdobeOnlyUserAction,

    /// take the Adobe-only users from this file instead of comparing
    #[argh(option, arg_name = "FILE")]
    pub adobe_only_user_list: Option<PathBuf>,

    /// bring membership of mapped groups in line (default: no)
    #[argh(option, arg_name = "--no-process-groups", default = "false")]
    pub process_groups: bool,

    /// bring names and e-mail addresses in line (default: no)
    #[argh(option, arg_name = "--no-update-user-info", default = "false")]
    pub update_user_info: bool,

    /// do not create users that have no mapped group (default: include them)
    #[argh(option, arg_name = "--include-unmapped-users", default = "false")]
    pub exclude_unmapped_users: bool,

    /// push: send without reading Adobe first (default: sync)
    #[argh(option, arg_name = "sync|push", default = "Strategy::default()")]
    pub strategy: Strategy,

    /// count a directory group that does not exist as empty, instead of holding removals back
    #[argh(switch)]
    pub allow_missing_groups: bool,

    /// go on with removals where the directory gave nobody at all
    #[argh(switch)]
    pub allow_empty_directory: bool,
}

/// Sending and output (each can be set under invocation_defaults, too)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct OutputOptions {
    /// send commands in test mode: Adobe checks them and changes nothing (default: for real)
    #[argh(
        option,
        short = 't',
        arg_name = "-T, --no-test-mode",
        default = "false"
    )]
    pub test_mode: bool,

    /// write a JSON report of the run to this file
    #[argh(option, arg_name = "FILE")]
    pub report: Option<PathBuf>,

    /// write results to stdout as JSON
    #[argh(switch)]
    pub json: bool,

    /// put on record in this file what is sent, and what was there before (default:
    /// logging.change_log)
    #[argh(option, arg_name = "FILE")]
    pub change_log: Option<PathBuf>,

    /// write counts, exit code, duration and time of the last success to this file, for Prometheus
    #[argh(option, arg_name = "FILE")]
    pub metrics: Option<PathBuf>,
}

/// Console (each can be set under invocation_defaults, too)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct ConsoleOptions {
    /// colours; auto: on a terminal, unless NO_COLOR is set (default: auto)
    #[argh(option, arg_name = "auto|always|never", default = "Colours::default()")]
    pub color: Colours,

    /// show warnings and worse alone
    #[argh(switch)]
    quiet: bool,

    /// show debug lines, too
    #[argh(switch)]
    verbose: bool,
}

impl ConsoleOptions {
    /// `--quiet` and `--verbose`: what the command line says of one takes back the other of the
    /// file.
    pub(super) fn of(given: &GivenOptions, command_line: &ConsoleOptions) -> Result<Self, Error> {
        let mut options: ConsoleOptions = given.read()?;
        options.quiet &= !command_line.verbose || command_line.quiet;
        options.verbose &= !command_line.quiet || command_line.verbose;
        if options.quiet && options.verbose {
            let problem = "--quiet does not go with --verbose; leave out one of the two";
            return Err(Error::Usage(problem.to_owned()));
        }
        Ok(options)
    }

    /// The level of the console, where `configured` is that of the configuration.
    pub(super) fn level(&self, configured: LevelFilter) -> LevelFilter {
        if self.quiet {
            configured.min(LevelFilter::Warn)
        } else if self.verbose {
            LevelFilter::Debug
        } else {
            configured
        }
    }
}

/// Consent, once (not in invocation_defaults)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct ConsentOptions {
    /// let most members lose this Adobe group (org::Group for a secondary org); may be given again
    #[argh(option, arg_name = "GROUP")]
    pub(super) allow_group_loss: Vec<String>,
}

/// Recording (not in invocation_defaults)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct RecordOptions {
    /// keep what is read from Okta and Adobe in this file, for --replay
    #[argh(option, arg_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Replaying (not in invocation_defaults)
#[derive(FromArgs, ArgsInfo, Debug, Clone, Default)]
pub struct ReplayOptions {
    /// work from what --record kept in this file; nothing is sent to anybody
    #[argh(option, arg_name = "FILE")]
    pub replay: Option<PathBuf>,
}

/// Configuration
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct FileOptions {
    /// main configuration file (default: user-sync-config.yml)
    #[argh(
        option,
        short = 'c',
        arg_name = "FILE",
        from_str_fn(main_file),
        default = "PathBuf::from(\"user-sync-config.yml\")"
    )]
    config_filename: PathBuf,

    /// encoding of all configuration files: utf8, ascii, latin-1, cp1252 (default: utf8)
    #[argh(
        option,
        arg_name = "NAME",
        from_str_fn(Encoding::parse),
        default = "Encoding::Utf8"
    )]
    config_file_encoding: Encoding,
}

fn main_file(name: &str) -> Result<PathBuf, String> {
    if name.starts_with("$(") {
        Err("`$(…)` would run a command, which is no longer supported".to_owned())
    } else {
        Ok(PathBuf::from(name))
    }
}

impl Request {
    /// What the arguments of a command ask of the configuration.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn read(arguments: &Arguments, scope: Scope) -> Result<Request, Error> {
        let files: FileOptions = arguments.read()?;
        // What is wrong with these is said before any file is read.
        let _: RunOptions = arguments.read()?;
        Ok(Request {
            main_file: files.config_filename,
            encoding: files.config_file_encoding,
            output: arguments.read()?,
            console: arguments.read()?,
            given: arguments.options.clone(),
            command_line: arguments.line.clone(),
            scope,
        })
    }
}

/// `--connector`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Connector {
    Okta,
    /// `None`: the connector's file names the people's.
    Csv(Option<PathBuf>),
    /// UST's default, which does not exist here: an error, unless another one is given.
    Ldap,
}

/// `--users`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UserSelection {
    #[default]
    All,
    Mapped,
    Groups(Vec<String>),
    /// All of this file: the same as `--connector csv FILE`.
    File(PathBuf),
}

/// `--adobe-users`. Group names may carry an org, `org2::Group`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum AdobeUsers {
    #[default]
    All,
    Mapped,
    Groups(Vec<String>),
}

/// `--adobe-only-user-action`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AdobeOnlyUserAction {
    #[default]
    Preserve,
    Exclude,
    WriteFile(PathBuf),
    RemoveAdobeGroups,
    Remove,
    Delete,
}

/// `--strategy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strategy {
    #[default]
    Sync,
    Push,
}

impl FromArgValue for Connector {
    fn from_arg_value(value: &str) -> Result<Connector, String> {
        match cli::words(value) {
            ("okta", _) => Ok(Connector::Okta),
            ("csv", file) => file.map(path).transpose().map(Connector::Csv),
            ("ldap", _) => Ok(Connector::Ldap),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for UserSelection {
    fn from_arg_value(value: &str) -> Result<UserSelection, String> {
        match cli::words(value) {
            ("all", _) => Ok(UserSelection::All),
            ("mapped", _) => Ok(UserSelection::Mapped),
            ("group", Some(names)) => groups(names).map(UserSelection::Groups),
            ("file", Some(file)) => path(file).map(UserSelection::File),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for AdobeUsers {
    fn from_arg_value(value: &str) -> Result<AdobeUsers, String> {
        match cli::words(value) {
            ("all", _) => Ok(AdobeUsers::All),
            ("mapped", _) => Ok(AdobeUsers::Mapped),
            ("group", Some(names)) => groups(names).map(AdobeUsers::Groups),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for AdobeOnlyUserAction {
    fn from_arg_value(value: &str) -> Result<AdobeOnlyUserAction, String> {
        match cli::words(value) {
            ("preserve", _) => Ok(AdobeOnlyUserAction::Preserve),
            ("exclude", _) => Ok(AdobeOnlyUserAction::Exclude),
            ("write-file", Some(file)) => path(file).map(AdobeOnlyUserAction::WriteFile),
            ("remove-adobe-groups", _) => Ok(AdobeOnlyUserAction::RemoveAdobeGroups),
            ("remove", _) => Ok(AdobeOnlyUserAction::Remove),
            ("delete", _) => Ok(AdobeOnlyUserAction::Delete),
            (word, _) => Err(unknown(word)),
        }
    }
}

impl FromArgValue for Colours {
    fn from_arg_value(value: &str) -> Result<Colours, String> {
        match value {
            "auto" => Ok(Colours::Auto),
            "always" => Ok(Colours::Always),
            "never" => Ok(Colours::Never),
            word => Err(unknown(word)),
        }
    }
}

impl FromArgValue for Strategy {
    fn from_arg_value(value: &str) -> Result<Strategy, String> {
        match value {
            "sync" => Ok(Strategy::Sync),
            "push" => Ok(Strategy::Push),
            word => Err(unknown(word)),
        }
    }
}

/// A word that the declaration offers and no type reads: a mistake of ours, said all the same.
fn unknown(word: &str) -> String {
    format!("\"{word}\" cannot be used here")
}

fn path(name: &str) -> Result<PathBuf, String> {
    match name.trim() {
        "" => Err("the name of the file is empty".to_owned()),
        name => Ok(PathBuf::from(name)),
    }
}

/// Names between commas.
fn groups(names: &str) -> Result<Vec<String>, String> {
    let names = names.split(',').map(str::trim);
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        return Err("group needs at least one group name".to_owned());
    }
    Ok(names)
}

/// The options that `invocation_defaults` may set.
fn defaults() -> impl Iterator<Item = Flag> {
    flags_of::<RunOptions>()
        .chain(flags_of::<OutputOptions>())
        .chain(flags_of::<ConsoleOptions>())
}

/// UST's old option for all orgs; no option of ours, and not worth naming.
const SSL_CERT_VERIFY: &str = "ssl_cert_verify";

/// What `invocation_defaults` says.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    pub(super) given: GivenOptions,
    /// Where certificate checks are switched off for every org, if they are.
    pub(super) ssl_cert_verify_off: Option<Place>,
}

/// Reads `invocation_defaults`.
pub(super) fn read_defaults(top: &Section<'_>) -> Defaults {
    let keys: Vec<String> = defaults().map(Flag::key).collect();
    let allowed: Vec<&str> = keys.iter().map(String::as_str).collect();
    let section = top.section_with_old("invocation_defaults", &allowed, &[SSL_CERT_VERIFY]);
    let ssl_cert_verify = section.get(SSL_CERT_VERIFY);
    let ssl_cert_verify_off = ssl_cert_verify.filter(|item| item.flag() == Some(false));
    let mut given = GivenOptions::default();
    for (flag, key) in defaults().zip(&keys) {
        if let Some(item) = section.get(key) {
            read_default(flag, item, &mut given);
        }
    }
    Defaults {
        given,
        ssl_cert_verify_off: ssl_cert_verify_off.map(Item::at_place),
    }
}

/// Reads one option of a file. A problem is noted at once, also where the command line is to win.
fn read_default(flag: Flag, item: &Item<'_>, given: &mut GivenOptions) {
    let value = match flag.takes() {
        Takes::Nothing => match item.flag() {
            Some(true) => None,
            _ => return,
        },
        Takes::NothingOr(_) => item.flag().and_then(|on| cli::switched(flag, on)),
        Takes::Word(_) => item.name(),
        Takes::OneOf(choice) => words(item).and_then(|words| {
            let joined = choice.join(&words);
            item.accept(joined)
        }),
    };
    if value.is_none() && flag.takes() != Takes::Nothing {
        return;
    }
    let mut alone = GivenOptions::default();
    alone.give(flag, value.clone(), Some(item.at_place()));
    // Each reads its own, and passes over the rest.
    let read = alone
        .read::<RunOptions>()
        .map(drop)
        .and(alone.read::<OutputOptions>().map(drop))
        .and(alone.read::<ConsoleOptions>().map(drop));
    match read {
        Err(Error::Config { problem, .. }) => item.problem(problem),
        _ => given.give(flag, value, Some(item.at_place())),
    }
}

fn words(item: &Item<'_>) -> Option<Vec<String>> {
    item.list().iter().map(Item::text).collect()
}

/// Names of `--adobe-users group` with their orgs.
pub(super) fn adobe_users(
    given: &AdobeUsers,
    names: &OrgNames,
) -> Result<AdobeUserSelection, Error> {
    match given {
        AdobeUsers::All => Ok(AdobeUserSelection::All),
        AdobeUsers::Mapped => Ok(AdobeUserSelection::Mapped),
        AdobeUsers::Groups(groups) => groups
            .iter()
            .map(|group| names.parse(group))
            .collect::<Result<_, _>>()
            .map(AdobeUserSelection::Groups)
            .map_err(|problem| Error::Usage(format!("--adobe-users group: {problem}"))),
    }
}

/// The groups of `--allow-group-loss`; each must be one that `is_mapped`.
pub(super) fn allowed_losses(
    given: &ConsentOptions,
    names: &OrgNames,
    is_mapped: impl Fn(&QualifiedGroup) -> bool,
) -> Result<Vec<QualifiedGroup>, Error> {
    let read = |name: &String| {
        let group = names.parse(name)?;
        if is_mapped(&group) {
            Ok(group)
        } else {
            Err(not_mapped(name))
        }
    };
    let groups: Result<_, String> = given.allow_group_loss.iter().map(read).collect();
    groups.map_err(|problem| Error::Usage(format!("--allow-group-loss: {problem}")))
}

/// Why a group cannot be named where only mapped ones count.
pub fn not_mapped(name: &str) -> String {
    format!(
        "\"{}\" is no mapped Adobe group: name one of directory_users.groups or \
         extended_adobe_groups as it stands there",
        one_line(name)
    )
}

/// Where the people of a run come from, as the options have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Okta,
    Csv(Option<PathBuf>),
    /// The Adobe-only users are given: no directory is read.
    None,
}

/// The rules between the options, each broken one a usage error that names both.
pub(super) struct Rules<'g> {
    pub(super) command_line: &'g GivenOptions,
    pub(super) merged: &'g GivenOptions,
    /// What `merged` says.
    pub(super) options: &'g RunOptions,
}

impl Rules<'_> {
    /// Where people come from.
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        let connector = self.connector()?;
        if let Some(list) = &self.options.adobe_only_user_list {
            self.user_list(&list.display().to_string())?;
            return Ok(Origin::None);
        }
        match connector {
            Some(Connector::Okta) => {
                self.okta_users()?;
                Ok(Origin::Okta)
            }
            Some(Connector::Csv(file)) => Ok(Origin::Csv(file)),
            Some(Connector::Ldap) | None => Err(self.no_connector()),
        }
    }

    /// The connector that counts; `--users file FILE` is `--connector csv FILE`.
    fn connector(&self) -> Result<Option<Connector>, Error> {
        let connector = self.options.connector.clone();
        let UserSelection::File(file) = &self.options.users else {
            return match connector {
                Some(Connector::Ldap) => Err(self.no_connector()),
                other => Ok(other),
            };
        };
        let clash = |name: &str| {
            Error::Usage(format!(
                "--users file {} means --connector csv; leave out --connector {name}",
                file.display()
            ))
        };
        // A connector that only `invocation_defaults` has gives way to what the command line says.
        let yields = self.command_line.has("--users") && !self.command_line.has("--connector");
        match connector {
            Some(Connector::Csv(_)) => Err(clash("csv")),
            Some(Connector::Okta) if !yields => Err(clash("okta")),
            Some(Connector::Ldap) if !yields => Err(clash("ldap")),
            _ => Ok(Some(Connector::Csv(Some(file.clone())))),
        }
    }

    fn okta_users(&self) -> Result<(), Error> {
        match self.options.users {
            UserSelection::Mapped | UserSelection::Groups(_) => Ok(()),
            UserSelection::All | UserSelection::File(_) => Err(Error::Usage(
                "--connector okta does not go with --users all (the default): Okta has no notion of \
                 all users; say --users mapped or --users group \"A,B\""
                    .to_owned(),
            )),
        }
    }

    fn user_list(&self, list: &str) -> Result<(), Error> {
        let clash = |other: &str| {
            Err(Error::Usage(format!(
                "--adobe-only-user-list {list} does not go with {other}; leave out one of the two"
            )))
        };
        let recording = ["--record", "--replay"];
        if let Some(other) = recording.iter().find(|name| self.command_line.has(name)) {
            return clash(&format!("{other}: nothing is read from Okta or Adobe"));
        }
        match (&self.options.adobe_only_user_action, self.options.strategy) {
            (AdobeOnlyUserAction::WriteFile(_), _) => clash("--adobe-only-user-action write-file"),
            (_, Strategy::Push) => clash("--strategy push"),
            _ => Ok(()),
        }
    }

    /// Whether what is read is recorded, or comes from a recording.
    pub(super) fn recording(&self) -> Result<Option<Recording>, Error> {
        let RecordOptions { record } = self.command_line.read()?;
        let ReplayOptions { replay } = self.command_line.read()?;
        match (record, replay) {
            (Some(_), Some(_)) => Err(Error::Usage(
                "--record does not go with --replay, which reads nothing anew; leave out one of \
                 the two"
                    .to_owned(),
            )),
            (Some(file), None) => Ok(Some(Recording::To(file))),
            (None, replay) => Ok(replay.map(Recording::From)),
        }
    }

    /// Options that mean nothing beside others, for info lines.
    pub(super) fn irrelevant(&self) -> Vec<String> {
        let no_directory = ["--users", "--user-filter"]
            .iter()
            .filter(|name| self.options.adobe_only_user_list.is_some() && self.merged.has(name))
            .map(|name| {
                format!("{name} has no meaning with --adobe-only-user-list: no directory is read")
            });
        let action = "--adobe-only-user-action";
        let pushed = self.options.strategy == Strategy::Push && self.merged.has(action);
        let pushed = pushed.then(|| format!("{action} has no meaning with --strategy push"));
        no_directory.chain(pushed).collect()
    }

    /// `ldap`, or nothing at all; in a file it is shown where.
    fn no_connector(&self) -> Error {
        let problem = "no connector: UST's default, ldap, does not exist here; the connectors are \
                       okta and csv. Say --connector okta (or --connector csv FILE)"
            .to_owned();
        match self.merged.place("--connector") {
            Some(place) => Error::Config {
                place: place.clone(),
                problem,
            },
            None => Error::Usage(problem),
        }
    }
}
