//! The options of each command as argh reads them; their descriptions are the help.
//!
//! Options that several commands share are structs of their own; [`super::help`] and
//! [`super::words`] take names, kinds and descriptions from them. Knows no rules.

use argh::{ArgsInfo, FromArgs};

/// Which configuration.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct FileOptions {
    /// main configuration file (default: user-sync-config.yml)
    #[argh(option, short = 'c', arg_name = "FILE")]
    pub(super) config_filename: Option<String>,

    /// encoding of all configuration files: utf8, ascii, latin-1, cp1252 (default: utf8)
    #[argh(option, arg_name = "NAME")]
    pub(super) config_file_encoding: Option<String>,
}

/// How commands are sent, and what is written about it.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct SendOptions {
    /// send commands in test mode: Adobe checks them and changes nothing
    #[argh(switch, short = 't')]
    pub(super) test_mode: bool,

    /// send commands for real (the default)
    #[argh(switch, short = 'T')]
    pub(super) no_test_mode: bool,

    /// write a JSON report of the run to this file
    #[argh(option, arg_name = "FILE")]
    pub(super) report: Option<String>,

    /// write results to stdout as JSON
    #[argh(switch)]
    pub(super) json: bool,
}

/// Who is synchronised, and what is done.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct SyncOptions {
    /// where people come from: okta, or csv FILE
    #[argh(option, arg_name = "CONNECTOR")]
    pub(super) connector: Option<String>,

    /// which directory users are selected: mapped (in a group of the mapping), group "A,B", all,
    /// or file FILE (the same as --connector csv FILE). Default: all; okta needs mapped or group
    #[argh(option, arg_name = "WHICH")]
    pub(super) users: Option<String>,

    /// only users whose whole username matches this regular expression, ignoring case; everybody
    /// else is left alone on both sides
    #[argh(option, arg_name = "REGEX")]
    pub(super) user_filter: Option<String>,

    /// which Adobe users are read: all (default), mapped, or group "A,B"
    #[argh(option, arg_name = "WHICH")]
    pub(super) adobe_users: Option<String>,

    /// what happens to Adobe users that no selected directory user matches: preserve (default),
    /// exclude, write-file FILE, remove-adobe-groups, remove (from the organisation), or delete
    /// (the account too)
    #[argh(option, arg_name = "ACTION")]
    pub(super) adobe_only_user_action: Option<String>,

    /// take the Adobe-only users from this file instead of comparing
    #[argh(option, arg_name = "FILE")]
    pub(super) adobe_only_user_list: Option<String>,

    /// bring membership of mapped groups in line
    #[argh(switch)]
    pub(super) process_groups: bool,

    /// leave membership of groups alone (the default)
    #[argh(switch)]
    pub(super) no_process_groups: bool,

    /// bring names and e-mail addresses in line
    #[argh(switch)]
    pub(super) update_user_info: bool,

    /// leave names and e-mail addresses alone (the default)
    #[argh(switch)]
    pub(super) no_update_user_info: bool,

    /// do not create users that have no mapped group
    #[argh(switch)]
    pub(super) exclude_unmapped_users: bool,

    /// create users that have no mapped group, too (the default)
    #[argh(switch)]
    pub(super) include_unmapped_users: bool,

    /// sync (default), or push: send without reading Adobe first
    #[argh(option, arg_name = "STRATEGY")]
    pub(super) strategy: Option<String>,

    /// count a directory group that does not exist as empty, instead of holding removals back
    #[argh(switch)]
    pub(super) allow_missing_groups: bool,

    /// go on with removals where the directory gave nobody at all
    #[argh(switch)]
    pub(super) allow_empty_directory: bool,
}

/// Of `plan` alone.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct PlanOptions {
    /// save the plan to this file, for apply
    #[argh(option, arg_name = "FILE")]
    pub(super) out: Option<String>,

    /// exit with code 10 when there is something to do
    #[argh(switch)]
    pub(super) detailed_exit_code: bool,

    /// show long lists whole
    #[argh(switch)]
    pub(super) all: bool,
}

/// Of `apply` alone.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct ApplyOptions {
    /// a plan that `user-sync plan --out FILE` saved
    #[argh(positional, arg_name = "FILE")]
    pub(super) file: String,

    /// send a plan that is older than 24 hours, too
    #[argh(switch)]
    pub(super) allow_old_plan: bool,
}

/// Of `explain` alone.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct ExplainOptions {
    /// e-mail address, username or Okta login
    #[argh(positional, arg_name = "USER")]
    pub(super) users: Vec<String>,
}

/// Of `init` alone.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct InitOptions {
    /// folder for the files (default: the working directory)
    #[argh(option, arg_name = "DIR")]
    pub(super) directory: Option<String>,
}

/// Of `eval` alone.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct EvalOptions {
    /// the expression to try, as all_users_filter has it
    #[argh(option, arg_name = "EXPR")]
    pub(super) filter: Option<String>,

    /// the extension file whose hook is to be tried
    #[argh(option, arg_name = "FILE")]
    pub(super) hook: Option<String>,

    /// users to try it on, one JSON object a line; - is stdin
    #[argh(option, arg_name = "FILE")]
    pub(super) user: Option<String>,
}

/// Of `credential` alone.
#[derive(FromArgs, ArgsInfo, Debug)]
pub(super) struct CredentialOptions {
    /// set (asks for the secret, or reads it from stdin), get (says whether there is one), delete
    #[argh(positional, arg_name = "ACTION")]
    pub(super) action: String,

    /// the service: the value of a secure_…_key
    #[argh(positional, arg_name = "KEY")]
    pub(super) key: String,

    /// the user: the org id for Adobe, the host as written for Okta
    #[argh(positional, arg_name = "USER")]
    pub(super) user: String,

    /// with get: print the secret
    #[argh(switch)]
    pub(super) show: bool,
}
