//! The options of a run, declared (`cli` says how to read them). Their values are in `choices`, the
//! rules between them in `option_rules` (manual/commands.md#options).

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};
use log::LevelFilter;

use super::choices::{AdobeOnlyUserAction, AdobeUsers, Connector, Strategy, UserSelection};
use super::{Encoding, Request, Scope};
use crate::cli::{Arguments, GivenOptions};
use crate::error::Error;
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
    pub user_filter: Option<pattern::NamePattern>,

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
