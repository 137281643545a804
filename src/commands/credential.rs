//! `credential set|get|delete`: secrets in the OS keyring (manual/commands.md#credential).
//!
//! Entries are those of Python's `keyring`: a service and a user.

use std::io::{IsTerminal, Read, Write};

use argh::{ArgsInfo, FromArgValue, FromArgs};
use zeroize::Zeroizing;

use crate::cli::Arguments;
use crate::error::{Error, exit, one_line};
use crate::os::keyring::{self, Answer};
use crate::os::secret::Secret;
use crate::os::signals::Stop;

/// No secret is longer; a file given by mistake is not put into a keyring.
const MOST_BYTES: u64 = 64 * 1024;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct CredentialOptions {
    /// set asks for the secret, or reads it from stdin; get says whether there is one
    #[argh(positional, arg_name = "set|get|delete")]
    action: Action,

    /// the service: the value of a secure_…_key
    #[argh(positional, arg_name = "KEY")]
    key: String,

    /// the user: the org id for Adobe, the host as written for Okta
    #[argh(positional, arg_name = "USER")]
    user: String,

    /// with get: print the secret
    #[argh(switch)]
    show: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Set,
    Get,
    Delete,
}

impl FromArgValue for Action {
    fn from_arg_value(word: &str) -> Result<Action, String> {
        match word {
            "set" => Ok(Action::Set),
            "get" => Ok(Action::Get),
            "delete" => Ok(Action::Delete),
            other => Err(format!("\"{other}\" cannot be used here")),
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let options: CredentialOptions = arguments.read()?;
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    if options.show && options.action != Action::Get {
        return usage("credential: --show goes with get only");
    }
    if options.key.trim().is_empty() || options.user.trim().is_empty() {
        return usage("credential: KEY and USER must not be empty");
    }
    carry_out(&options, &mut std::io::stdout())
}

fn carry_out(options: &CredentialOptions, out: &mut dyn Write) -> Result<u8, Error> {
    let (key, user) = (options.key.as_str(), options.user.as_str());
    let failed = |problem: String| Error::Keyring {
        entry: format!("{} / {}", one_line(key), one_line(user)),
        problem: format!(
            "{problem}; without a keyring, configure the secret as `..._file`, `..._env` or in \
             plain text"
        ),
    };
    let (text, code) = match options.action {
        Action::Set => {
            let secret = read_secret(key, user).map_err(failed)?;
            keyring::write(key, user, &secret).map_err(failed)?;
            ("stored".to_owned(), exit::DONE)
        }
        Action::Get => match keyring::find(key, user, &Stop::default()).map_err(failed)? {
            Answer::Found(secret) if options.show => (secret.expose().to_owned(), exit::DONE),
            Answer::Found(_) => ("there is an entry".to_owned(), exit::DONE),
            Answer::Nothing => ("there is no entry".to_owned(), exit::FAILED),
        },
        Action::Delete => {
            if keyring::delete(key, user).map_err(failed)? {
                ("deleted".to_owned(), exit::DONE)
            } else {
                ("there is no entry".to_owned(), exit::FAILED)
            }
        }
    };
    let text = Zeroizing::new(text);
    writeln!(out, "{}", *text).map_err(|error| failed(error.to_string()))?;
    Ok(code)
}

/// Asks without echo on a terminal, else reads standard input.
fn read_secret(key: &str, user: &str) -> Result<Secret, String> {
    let unreadable = |error: std::io::Error| format!("the secret cannot be read: {error}");
    let stdin = std::io::stdin();
    let text = if stdin.is_terminal() {
        let prompt = format!("Secret for {} / {}: ", one_line(key), one_line(user));
        rpassword::prompt_password(prompt).map_err(unreadable)?
    } else {
        let mut text = String::new();
        let mut limited = stdin.lock().take(MOST_BYTES);
        limited.read_to_string(&mut text).map_err(unreadable)?;
        text
    };
    let text = Zeroizing::new(text);
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("the secret is empty".to_owned()),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}
