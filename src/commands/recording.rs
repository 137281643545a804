//! `--record` and `--replay`: what a run reads goes into a file, or comes from one
//! (manual/requests.md#read-once-look-often).
//!
//! Decides which recording fits a configuration.

use jiff::Timestamp;

use crate::config::{Config, Recording, Source};
use crate::error::{Error, one_line};
use crate::http::Transport;
use crate::http::recording::{Header, Recorder, Replay};
use crate::okta;
use crate::record::Wanted;
use crate::show;

/// With `--replay`: opens the recording and says how old it is. Errors: it cannot be used, or is of
/// another tenant or org.
pub(super) fn replay(config: &Config, transport: &Transport) -> Result<(), Error> {
    let Some(Recording::From(path)) = &config.recording else {
        return Ok(());
    };
    let replay = Replay::open(path)?;
    let header = replay.header();
    check_servers(config, header)
        .map_err(|problem| Error::Usage(format!("{}: {problem}", path.display())))?;
    let age = format!(
        "From the recording {} of {:.0}, {} old; nobody is asked.",
        path.display(),
        header.time,
        show::age(header.time, Timestamp::now()),
    );
    if config.output.json {
        log::info!(target: "main", "{age}");
    } else {
        show::print(&format!("{age}\n\n"))?;
    }
    transport.replay(replay);
    Ok(())
}

fn check_servers(config: &Config, header: &Header) -> Result<(), String> {
    if let Some(own) = tenant(config) {
        match &header.tenant {
            Some(other) if other.eq_ignore_ascii_case(own) => {}
            Some(other) => {
                let other = one_line(other);
                return Err(format!(
                    "the recording is of the Okta tenant {other}, not of {own}"
                ));
            }
            None => return Err(format!("the recording is of no Okta tenant, not of {own}")),
        }
    }
    let is_strange = |id: &&String| !header.orgs.contains(id);
    match config.orgs.iter().map(|org| &org.org_id).find(is_strange) {
        Some(own) => {
            let others = one_line(&header.orgs.join(", "));
            Err(format!(
                "the recording is of the Adobe org {others}, not of {own}"
            ))
        }
        None => Ok(()),
    }
}

fn tenant(config: &Config) -> Option<&str> {
    match &config.source {
        Source::Okta(okta) => Some(&okta.host),
        Source::Csv(_) | Source::None => None,
    }
}

/// Before anything is read. With `--record`: begins the recording. With `--replay`: makes sure that
/// what is `wanted` of a directory record was kept.
pub(super) fn begin(config: &Config, transport: &Transport, wanted: &Wanted) -> Result<(), Error> {
    let tenant = tenant(config);
    let wanted = if tenant.is_some() {
        okta::member_parts(wanted)
    } else {
        okta::member_parts(&Wanted::default())
    };
    match &config.recording {
        None => Ok(()),
        Some(Recording::To(path)) => {
            let orgs = config.orgs.iter().map(|org| org.org_id.clone());
            let header = Header::new(tenant.map(str::to_owned), orgs.collect(), wanted);
            transport.record(Recorder::begin(path, header)?);
            Ok(())
        }
        Some(Recording::From(path)) => {
            let lacking = transport.tape().lacks_of_member(&wanted);
            lacking.map_or(Ok(()), |what| {
                Err(Error::File {
                    path: path.clone(),
                    problem: format!(
                        "{what} of Okta's users, which the configuration asks for, is not in the \
                         recording: read anew with --record"
                    ),
                })
            })
        }
    }
}
