//! `generate`: the man page, and completions for shells (manual/commands.md#generate).
//!
//! Made of the same declarations as `--help`. Knows what the page tells beside them.

use argh::{ArgsInfo, FromArgValue, FromArgs};

use crate::cli::{self, About, Arguments};
use crate::commands::{COMMANDS, print};
use crate::error::{Error, exit};

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct GenerateOptions {
    /// what to print
    #[argh(positional, arg_name = "man|bash|zsh|fish")]
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Man,
    Bash,
    Zsh,
    Fish,
}

impl FromArgValue for What {
    fn from_arg_value(word: &str) -> Result<What, String> {
        match word {
            "man" => Ok(What::Man),
            "bash" => Ok(What::Bash),
            "zsh" => Ok(What::Zsh),
            "fish" => Ok(What::Fish),
            other => Err(format!("\"{other}\" cannot be used here")),
        }
    }
}

const ABOUT: About = About {
    version: env!("CARGO_PKG_VERSION"),
    date: "2026-11-28",
    description: "user-sync reads people and their groups from an Okta tenant, works out how an \
                  Adobe organisation differs, and writes the difference by Adobe's User Management \
                  API. It takes the configuration files of Adobe's User Sync Tool. `user-sync help` \
                  shows the manual.",
    exit_codes: &exit::MEANINGS,
    files: &[
        (
            "user-sync-config.yml",
            "the main configuration file; -c names another",
        ),
        ("connector-okta.yml", "how Okta is reached"),
        ("connector-umapi.yml", "how Adobe is reached"),
        ("connector-csv.yml", "the columns of a CSV file of people"),
        (
            "extension-config.yml",
            "the hook that runs over each person",
        ),
    ],
    environment: &[
        (
            "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
            "the proxy, and hosts that are reached without it",
        ),
        (
            "SSL_CERT_FILE",
            "certificates to trust instead of those built in",
        ),
        ("NO_COLOR", "no colours, whatever it holds"),
        ("COLUMNS", "the width of lines instead of the terminal's"),
        ("TZ", "the time zone of log lines"),
        ("UST_EXTENSION", "0: leave the extension file out"),
        (
            "USER_SYNC_MAX_WAIT",
            "seconds that one wait may take at most",
        ),
    ],
};

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let GenerateOptions { what } = arguments.read()?;
    print(&match what {
        What::Man => cli::man_page(&COMMANDS, &ABOUT),
        What::Bash => cli::bash(&COMMANDS),
        What::Zsh => cli::zsh(&COMMANDS),
        What::Fish => cli::fish(&COMMANDS),
    })
}
