//! Reads a CSV file of people into the directory (spec/configuration.md, `connector-csv.yml`).
//!
//! A group exists as soon as a row names it, so no group can be missing here.

use std::rc::Rc;

use crate::config::{Config, CsvConfig};
use crate::csv_directory;
use crate::directory::{RecordRules, okta};
use crate::error::{Error, Place};
use crate::mapping::intake::{Intake, Read};
use crate::model::DirectoryGroup;
use crate::text::Texts;

/// Reads all rows. A file that cannot be read whole is an error.
pub(super) fn read(
    config: &Config,
    source: &CsvConfig,
    rules: &mut RecordRules,
    texts: &mut Texts,
) -> Result<Read, Error> {
    let file = &source.users_file;
    let wanted = Rc::clone(&rules.wanted);
    let text = csv_directory::read_text(file, source.encoding)?;
    let rows = csv_directory::read_rows(&text, source, &wanted).map_err(|problem| {
        let place = Place {
            file: file.clone(),
            ..Place::default()
        };
        Error::Config { place, problem }
    })?;
    for warning in &rows.warnings {
        log::warn!(target: "csv", "{}: {warning}", file.display());
    }
    let mut names = okta::groups_to_load(config);
    for name in rows.rows.iter().flat_map(|row| &row.groups) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let group = |name: &String| DirectoryGroup {
        name: texts.keep(name),
        missing: false,
    };
    let mut intake = Intake::new(names.iter().map(group).collect());
    for row in &rows.rows {
        let of_row = row.groups.iter();
        let place = |name: &String| names.iter().position(|known| known == name);
        let mut places: Vec<usize> = of_row.filter_map(place).collect();
        places.sort_unstable();
        rules.take(&row.record, &places, &mut intake, texts)?;
    }
    Ok(intake.finish(texts))
}
