//! `credential set|get|delete`: secrets in the OS keyring (spec/command-line.md).
//!
//! Entries are those of Python's `keyring`: a service and a user.

use std::io::{IsTerminal, Read, Write};

use zeroize::Zeroizing;

use crate::cli::CredentialAction;
use crate::error::{Error, exit, one_line};
use crate::os::keyring::{self, Answer};
use crate::os::secret::Secret;

/// No secret is longer; a file given by mistake is not put into a keyring.
const MOST_BYTES: u64 = 64 * 1024;

/// Carries out the action; the answer goes to `out`.
pub fn run(
    action: CredentialAction,
    (key, user): (&str, &str),
    out: &mut dyn Write,
) -> Result<u8, Error> {
    let failed = |problem: String| Error::Keyring {
        entry: format!("{} / {}", one_line(key), one_line(user)),
        problem: format!(
            "{problem}; without a keyring, configure the secret as `..._file`, `..._env` or in \
             plain text"
        ),
    };
    let (text, code) = match action {
        CredentialAction::Set => {
            let secret = read_secret(key, user).map_err(failed)?;
            keyring::write(key, user, &secret).map_err(failed)?;
            ("stored".to_owned(), exit::DONE)
        }
        CredentialAction::Get | CredentialAction::Show => {
            match keyring::find(key, user).map_err(failed)? {
                Answer::Found(secret) if action == CredentialAction::Show => {
                    (secret.expose().to_owned(), exit::DONE)
                }
                Answer::Found(_) => ("there is an entry".to_owned(), exit::DONE),
                Answer::Nothing => ("there is no entry".to_owned(), exit::FAILED),
            }
        }
        CredentialAction::Delete => match keyring::delete(key, user).map_err(failed)? {
            true => ("deleted".to_owned(), exit::DONE),
            false => ("there is no entry".to_owned(), exit::FAILED),
        },
    };
    let text = Zeroizing::new(text);
    writeln!(out, "{}", *text).map_err(|error| failed(error.to_string()))?;
    Ok(code)
}

/// Asks without echo on a terminal, else reads standard input.
fn read_secret(key: &str, user: &str) -> Result<Secret, String> {
    let unreadable = |error: std::io::Error| format!("the secret cannot be read: {error}");
    let stdin = std::io::stdin();
    let text = match stdin.is_terminal() {
        true => {
            let prompt = format!("Secret for {} / {}: ", one_line(key), one_line(user));
            rpassword::prompt_password(prompt).map_err(unreadable)?
        }
        false => {
            let mut text = String::new();
            let mut limited = stdin.lock().take(MOST_BYTES);
            limited.read_to_string(&mut text).map_err(unreadable)?;
            text
        }
    };
    let text = Zeroizing::new(text);
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("the secret is empty".to_owned()),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}
