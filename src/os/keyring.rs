//! The keyring of the operating system: read, write and delete one secret.
//!
//! The only room that knows the keyring crate. Entries have a service and a user, as those of
//! Python's `keyring`. No call waits for ever: what answers is another program, which may hang.
//! Knows nothing of configuration.

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd"))]
use keyring::secret_service::SsCredential;
use keyring::{Entry, Error};
use zeroize::Zeroize;

use crate::error::one_line;
use crate::os::bounded;
use crate::os::secret::Secret;
use crate::os::signals::Stop;

/// How long the keyring may take, also for somebody to unlock it.
const LIMIT: Duration = Duration::from_secs(10);

/// What a keyring answers when asked for an entry.
#[derive(Debug)]
pub enum Answer {
    Found(Secret),
    /// The keyring is there; it has no such entry.
    Nothing,
}

/// Looks for an entry, unless the stop flag ends that.
///
/// # Errors
/// Why the keyring cannot answer.
pub fn find(service: &str, user: &str, stop: &Stop) -> Result<Answer, String> {
    in_time(service, user, stop, look)
}

fn look(service: &str, user: &str) -> Result<Answer, String> {
    match entry(service, user)?.get_password() {
        Ok(secret) => Ok(Answer::Found(Secret::new(secret))),
        Err(Error::NoEntry) => Ok(Answer::Nothing),
        Err(error) => Err(describe(error)),
    }
}

/// Does something with an entry, as long as it does not take too long.
fn in_time<T: Send + 'static>(
    service: &str,
    user: &str,
    stop: &Stop,
    call: impl Fn(&str, &str) -> Result<T, String> + Clone + Send + 'static,
) -> Result<T, String> {
    let (service, user) = (service.to_owned(), user.to_owned());
    let answer = bounded::ask(LIMIT, stop, move || call(&service, &user));
    answer.unwrap_or_else(|| {
        let limit = LIMIT.as_secs();
        Err(format!(
            "the OS keyring did not answer within {limit} s: unlock it"
        ))
    })
}

/// Reads an entry that must be there.
///
/// # Errors
/// Why not, and what to do.
pub fn read(service: &str, user: &str, stop: &Stop) -> Result<Secret, String> {
    match find(service, user, stop)? {
        Answer::Found(secret) => Ok(secret),
        Answer::Nothing => Err(format!(
            "the OS keyring has no entry for the service \"{0}\" and the user \"{1}\"; \
             make one with `user-sync credential set {0} {1}`",
            one_line(service),
            one_line(user)
        )),
    }
}

/// Writes an entry, or replaces it.
///
/// # Errors
/// Why the keyring cannot do it.
pub fn write(service: &str, user: &str, secret: &Secret) -> Result<(), String> {
    let secret = secret.clone();
    in_time(service, user, &Stop::default(), move |service, user| {
        let entry = match look(service, user)? {
            Answer::Found(_) => entry(service, user),
            Answer::Nothing => new_entry(service, user),
        };
        entry?.set_password(secret.expose()).map_err(describe)
    })
}

/// Deletes an entry; `false`: there was none.
///
/// # Errors
/// Why the keyring cannot do it.
pub fn delete(service: &str, user: &str) -> Result<bool, String> {
    in_time(
        service,
        user,
        &Stop::default(),
        |service, user| match entry(service, user)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(describe(error)),
        },
    )
}

/// An entry that may be there, whoever wrote it: two of them are an error, not a choice.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd"))]
fn entry(service: &str, user: &str) -> Result<Entry, String> {
    SsCredential::new_with_no_target(service, user)
        .map(|credential| Entry::new_with_credential(Box::new(credential)))
        .map_err(describe)
}

/// An entry to be made, with the attributes that Python's `keyring` gives: it will replace this
/// one instead of putting another beside it.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd"))]
fn new_entry(service: &str, user: &str) -> Result<Entry, String> {
    let mut credential = SsCredential::new_with_target(None, service, user).map_err(describe)?;
    let application = "Python keyring library".to_owned();
    credential
        .attributes
        .insert("application".to_owned(), application);
    credential.label = format!("Password for '{user}' on '{service}'");
    Ok(Entry::new_with_credential(Box::new(credential)))
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd")))]
fn entry(service: &str, user: &str) -> Result<Entry, String> {
    Entry::new(service, user).map_err(describe)
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd")))]
use entry as new_entry;

fn describe(error: Error) -> String {
    match error {
        Error::NoStorageAccess(cause) => {
            format!(
                "the OS keyring is locked or not to be reached ({})",
                one_line(&cause.to_string())
            )
        }
        Error::PlatformFailure(cause) => {
            format!(
                "this machine has no OS keyring that answers ({})",
                one_line(&cause.to_string())
            )
        }
        Error::BadEncoding(mut bytes) => {
            bytes.zeroize();
            "the entry in the OS keyring is no UTF-8 text".to_owned()
        }
        Error::Ambiguous(found) => format!(
            "the OS keyring has {} entries of that service and user; delete all but one",
            found.len()
        ),
        other => format!("the OS keyring failed ({})", one_line(&other.to_string())),
    }
}
