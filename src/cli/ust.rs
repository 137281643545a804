//! What the User Sync Tool takes on its command line and this program does not: what to use
//! instead.
//!
//! The one place here that knows options and commands by name; tests hold it true.

/// Commands of the User Sync Tool.
static COMMANDS: [(&str, &str); 15] = [
    (
        "certgen",
        "no certificate is needed: credentials are of the kind OAuth server-to-server",
    ),
    (
        "credentials",
        "secrets in the OS keyring are kept by `user-sync credential set|get|delete KEY USER`",
    ),
    (
        "decrypt",
        "there are no encrypted keys: credentials are of the kind OAuth server-to-server",
    ),
    ("docs", "the manual is shown by `user-sync help`"),
    (
        "encrypt",
        "there are no encrypted keys: credentials are of the kind OAuth server-to-server",
    ),
    (
        "example-config",
        "commented example files are written by `user-sync init`",
    ),
    ("example-config-sign", "Adobe Sign is not synchronised"),
    (
        "example_config",
        "commented example files are written by `user-sync init`",
    ),
    (
        "info",
        "`user-sync --version` says what this program is, `user-sync check` tries a configuration",
    ),
    ("migrate", "files of version 2 are read as they are"),
    (
        "retrieve",
        "a secret is looked up by `user-sync credential get KEY USER`",
    ),
    (
        "revert",
        "secrets are taken out of the keyring by `user-sync credential delete KEY USER`",
    ),
    ("sign-sync", "Adobe Sign is not synchronised"),
    ("sign_sync", "Adobe Sign is not synchronised"),
    (
        "store",
        "a secret is stored by `user-sync credential set KEY USER`",
    ),
];

/// Options of the User Sync Tool.
static OPTIONS: [(&str, &str); 5] = [
    ("--encoding", "write --config-file-encoding"),
    (
        "--post-sync",
        "there is no such step; run such work by itself",
    ),
    (
        "--workers",
        "there is nothing to set: requests go out one after another",
    ),
    ("-V", "write --version"),
    ("-v", "write --version"),
];

/// What to use instead of a command.
pub(super) fn instead_of_command(word: &str) -> Option<&'static str> {
    find(&COMMANDS, word)
}

/// What to use instead of an option.
pub(super) fn instead_of_option(name: &str) -> Option<&'static str> {
    find(&OPTIONS, name)
}

/// Every text, for a test.
#[cfg(test)]
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().chain(&OPTIONS).map(|(_, text)| *text)
}

fn find(table: &[(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    let mut entries = table.iter();
    entries
        .find(|(known, _)| *known == word)
        .map(|(_, text)| *text)
}
