//! `invocation_defaults`: options that the main file sets (manual/commands.md#options).

use super::item::Item;
use super::options::{ConsoleOptions, OutputOptions, RunOptions};
use super::section::Section;
use crate::cli::{self, Flag, GivenOptions, Takes, flags_of};
use crate::error::{Error, Place};

/// The options that `invocation_defaults` may set.
fn settable() -> impl Iterator<Item = Flag> {
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

pub(super) fn read(top: &Section<'_>) -> Defaults {
    let keys: Vec<String> = settable().map(Flag::key).collect();
    let allowed: Vec<&str> = keys.iter().map(String::as_str).collect();
    let section = top.section_with_old("invocation_defaults", &allowed, &[SSL_CERT_VERIFY]);
    let ssl_cert_verify = section.get(SSL_CERT_VERIFY);
    let ssl_cert_verify_off = ssl_cert_verify.filter(|item| item.flag() == Some(false));
    let mut given = GivenOptions::default();
    for (flag, key) in settable().zip(&keys) {
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
