//! The CSV list of Adobe-only users: written for `write-file`, read for `--adobe-only-user-list`
//! (spec/sync-rules.md 7).
//!
//! Knows the columns, not what becomes of the people in it.

use std::path::Path;

use crate::config::Config;
use crate::error::Error;
use crate::files;
use crate::model::OrgId;
use crate::plan::{self, AdobeOnlyRow};

/// Writes the list: separated by tabs unless the name ends in `.csv`; the column `umapi` only if a
/// secondary org has any.
pub fn write(config: &Config, path: &Path, rows: &[AdobeOnlyRow]) -> Result<(), Error> {
    let secondaries = rows.iter().any(|row| !row.org.is_primary());
    let content = content(config, delimiter(path), rows, secondaries).map_err(|problem| {
        let problem = format!("the list of Adobe-only users cannot be made: {problem}");
        Error::File {
            path: path.to_owned(),
            problem,
        }
    })?;
    files::replace(path, &content).map_err(|error| Error::File {
        path: path.to_owned(),
        problem: format!("the list of Adobe-only users cannot be written: {error}"),
    })?;
    log::info!(target: "processor", "{}: {} Adobe-only users written", path.display(), rows.len());
    Ok(())
}

fn content(
    config: &Config,
    delimiter: u8,
    rows: &[AdobeOnlyRow],
    secondaries: bool,
) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    let mut write = |values: [&str; 4], org: &str| {
        let org = Some(org).filter(|_| secondaries);
        let record = writer.write_record(values.into_iter().chain(org));
        record.map_err(|error| error.to_string())
    };
    write(["type", "username", "email", "domain"], "umapi")?;
    for row in rows {
        let org = match row.org {
            OrgId::PRIMARY => "",
            org => plan::org_name(config, org),
        };
        let kind = row.identity_type.map_or("", |kind| kind.as_str());
        write([kind, row.username, row.email, row.domain], org)?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

/// Comma for `.csv`, else tab.
pub fn delimiter(path: &Path) -> u8 {
    let is_csv = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("csv");
    match path.extension().is_some_and(is_csv) {
        true => b',',
        false => b'\t',
    }
}
