//! CSV files of people: the directory of `--connector csv`.
//!
//! Rows become the same records as Okta's users, their profile attributes named by the columns, so
//! that one mapping serves both. A directory that cannot be read whole is an error: whoever is
//! missing in it would be removed. Knows no rules and no configuration file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use ::csv::StringRecord;

use crate::config::{Config, CsvColumns, CsvConfig, Encoding, Formats};
use crate::error::{Error, Place, one_line};
use crate::model::{DirectoryGroup, DirectoryKind};
use crate::people::join::{Intake, Read as ReadDirectory};
use crate::people::{RecordRules, groups};
use crate::record::{Json, Record, Wanted};
use crate::text::{self, Texts};

/// Bytes of a file (manual/safety.md#bad-input).
const LARGEST: u64 = 64 << 20;

/// Reads all rows. A file that cannot be read whole is an error.
pub(super) fn read(
    config: &Config,
    source: &CsvConfig,
    rules: &mut RecordRules,
    texts: &mut Texts,
) -> Result<ReadDirectory, Error> {
    let file = &source.users_file;
    let wanted = Rc::clone(&rules.wanted);
    let text = read_text(file, source.encoding)?;
    let rows = read_rows(&text, source, &wanted).map_err(|problem| {
        let place = Place {
            file: file.clone(),
            ..Place::default()
        };
        Error::Config { place, problem }
    })?;
    for warning in &rows.warnings {
        log::warn!(target: "csv", "{}: {warning}", file.display());
    }
    let mut names = groups::groups_to_load(config);
    for name in rows.rows.iter().flat_map(|row| &row.groups) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let group = |name: &String| DirectoryGroup {
        name: texts.keep(name),
        missing: false,
        read: 0,
        foreign: None,
    };
    let mut intake = Intake::new(names.iter().map(group).collect());
    for row in &rows.rows {
        let of_row = row.groups.iter();
        let place = |name: &String| names.iter().position(|known| known == name);
        let mut places: Vec<usize> = of_row.filter_map(place).collect();
        places.sort_unstable();
        rules.take(&row.record, &places, &mut intake, texts)?;
    }
    let mut read = intake.finish(texts);
    read.directory.kind = DirectoryKind::File;
    Ok(read)
}

/// The text of a CSV file.
///
/// # Errors
/// [`Error::File`]: it cannot be read, is too large, or is no text in this encoding.
pub fn read_text(path: &Path, encoding: Encoding) -> Result<String, Error> {
    let failed = |problem: String| Error::File {
        path: path.to_owned(),
        problem,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(format!("is larger than {} MiB", LARGEST >> 20)));
    }
    encoding
        .decode(bytes)
        .map_err(|error| failed(format!("line {}: {}", error.line.0, error.problem)))
}

/// The formats of a CSV directory: each field is its column.
pub fn formats(columns: &CsvColumns) -> Formats {
    let format = |column: &str| Some(format!("{{{column}}}"));
    Formats {
        identity_type: format(&columns.identity_type),
        email: format(&columns.email),
        username: format(&columns.username),
        domain: format(&columns.domain),
        given_name: format(&columns.first_name),
        surname: format(&columns.last_name),
        country_code: format(&columns.country),
        aliases: Some(
            columns
                .alias
                .iter()
                .filter_map(|name| format(name))
                .collect(),
        ),
    }
}

/// One person of a CSV directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id is the line, `line 7`; its status is empty; an empty cell is no attribute.
    pub record: Record<'static>,
    /// Directory groups, trimmed.
    pub groups: Vec<String>,
}

/// A CSV directory.
#[derive(Debug, Default)]
pub struct Rows {
    /// In the order of the file.
    pub rows: Vec<Row>,
    pub warnings: Vec<String>,
}

/// Reads the rows of a directory file.
///
/// # Errors
/// What is wrong, with its line: a column is missing or there twice, a row has more cells than
/// there are columns, a quote is not closed, the file is cut off.
pub fn read_rows(text: &str, config: &CsvConfig, wanted: &Wanted) -> Result<Rows, String> {
    if let Some(damage) = text::csv::find(text, config.delimiter) {
        return Err(format!("line {}: {}", damage.line, damage.problem));
    }
    let mut table = Table::open(text, config.delimiter)?;
    let columns = &config.columns;
    if table.column(&columns.email).is_none() && table.column(&columns.username).is_none() {
        return Err(format!(
            "line 1: has no column {} and no column {}; there are {}. The delimiter is taken to be {:?}",
            one_line(&columns.email),
            one_line(&columns.username),
            one_line(&table.names().join(", ")),
            char::from(config.delimiter)
        ));
    }
    let mut rows = Rows::default();
    if !text::csv::has_end(text) {
        rows.warnings
            .push("the last line has no line end; make sure that the file is whole".to_owned());
    }
    for name in [
        &columns.first_name,
        &columns.last_name,
        &columns.country,
        &columns.groups,
    ] {
        if table.column(name).is_none() {
            rows.warnings
                .push(format!("there is no column {}", one_line(name)));
        }
    }
    while let Some((line, cells)) = table.next()? {
        let extra = cells
            .iter()
            .skip(table.width())
            .any(|cell| !cell.trim().is_empty());
        if extra {
            return Err(format!(
                "line {line}: has more cells than there are columns ({}); put a cell that holds the \
                 delimiter into quotes",
                table.width()
            ));
        }
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.rows.push(table.row(line, &cells, columns, wanted));
        }
    }
    Ok(rows)
}

/// A text with a header line.
struct Table<'t> {
    text: &'t str,
    reader: csv::Reader<&'t [u8]>,
    header: StringRecord,
    places: HashMap<String, usize>,
}

impl<'t> Table<'t> {
    fn open(text: &'t str, delimiter: u8) -> Result<Table<'t>, String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut header = StringRecord::new();
        let is_there = reader
            .read_record(&mut header)
            .map_err(|error| error.to_string())?;
        if !is_there {
            return Err("line 1: the header line is missing".to_owned());
        }
        header.trim();
        let mut places = HashMap::new();
        for (place, name) in header.iter().enumerate() {
            if !name.is_empty() && places.insert(name.to_owned(), place).is_some() {
                return Err(format!(
                    "line 1: the column {} is there twice",
                    one_line(name)
                ));
            }
        }
        Ok(Table {
            text,
            reader,
            header,
            places,
        })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    fn names(&self) -> Vec<&str> {
        self.header.iter().collect()
    }

    fn width(&self) -> usize {
        self.header.len()
    }

    /// The next row and its line.
    fn next(&mut self) -> Result<Option<(u64, StringRecord)>, String> {
        let mut cells = StringRecord::new();
        let more = self
            .reader
            .read_record(&mut cells)
            .map_err(|error| one_line(&error.to_string()))?;
        Ok(more.then(|| (text::csv::line_of(&cells, self.text), cells)))
    }

    fn cell<'c>(&self, cells: &'c StringRecord, name: &str) -> &'c str {
        self.column(name)
            .and_then(|place| cells.get(place))
            .unwrap_or_default()
    }

    fn row(&self, line: u64, cells: &StringRecord, columns: &CsvColumns, wanted: &Wanted) -> Row {
        let attribute = |name: &str| {
            let cell = self.cell(cells, name);
            (!cell.is_empty()).then(|| Json::Text(Cow::Owned(cell.to_owned())))
        };
        let further = self.header.iter().filter(|name| {
            wanted.whole_profile && !wanted.profile.iter().any(|known| known == name)
        });
        Row {
            record: Record {
                id: Cow::Owned(format!("line {line}")),
                status: Cow::Borrowed(""),
                fields: vec![None; wanted.fields.len()],
                profile: wanted.profile.iter().map(|name| attribute(name)).collect(),
                further_profile: further
                    .filter_map(|name| Some((Cow::Owned(name.to_owned()), attribute(name)?)))
                    .collect(),
            },
            groups: self
                .cell(cells, &columns.groups)
                .split(',')
                .map(|group| group.trim().to_owned())
                .filter(|group| !group.is_empty())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> CsvConfig {
        CsvConfig {
            users_file: "users.csv".into(),
            delimiter: b',',
            encoding: Encoding::Utf8,
            columns: CsvColumns {
                email: "email".into(),
                first_name: "firstname".into(),
                last_name: "lastname".into(),
                country: "country".into(),
                groups: "groups".into(),
                username: "username".into(),
                domain: "domain".into(),
                identity_type: "type".into(),
                alias: None,
            },
            identity_type: None,
        }
    }

    fn wanted(names: &[&str]) -> Wanted {
        Wanted {
            profile: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Wanted::default()
        }
    }

    const HEADER: &str = "email,firstname,lastname,country,groups,type\n";

    #[test]
    fn rows_become_records_with_their_line_and_groups() {
        let text = format!(
            "{HEADER}ann@x.com,Ann,\"de \"\"B\"\"\nE\",US,\"Design, Legal,,\",federatedID\n\n,,,,,\nbob@x.com,Bob\n"
        );
        let rows = read_rows(&text, &config(), &wanted(&["email", "lastname", "other"])).unwrap();
        assert_eq!(rows.warnings, Vec::<String>::new());
        let [ann, bob] = rows.rows.as_slice() else {
            panic!("{rows:?}")
        };
        let text = |text: &str| Some(Json::Text(Cow::Owned(text.to_owned())));
        assert_eq!(ann.record.id, "line 2");
        assert_eq!(
            ann.record.profile,
            [text("ann@x.com"), text("de \"B\"\nE"), None]
        );
        assert_eq!(ann.groups, ["Design", "Legal"]);
        assert_eq!(bob.record.id, "line 6");
        assert_eq!(bob.record.profile, [text("bob@x.com"), None, None]);
        assert!(bob.groups.is_empty());
    }

    #[test]
    fn the_whole_profile_is_given_where_it_is_wanted() {
        let mut wanted = wanted(&["email"]);
        wanted.whole_profile = true;
        let rows = read_rows("email,team\na@x.com,red\nb@x.com,\n", &config(), &wanted).unwrap();
        let further: Vec<usize> = rows
            .rows
            .iter()
            .map(|row| row.record.further_profile.len())
            .collect();
        assert_eq!(further, [1, 0]);
        assert_eq!(rows.warnings.len(), 4);
    }

    #[test]
    fn a_directory_that_cannot_be_read_whole_is_an_error() {
        let cases = [
            ("", "header line is missing"),
            ("name\tteam\nx\ty\n", "no column email"),
            ("email,email\n", "there twice"),
            ("email,groups\na@x.com,g,h\n", "line 2: has more cells"),
            (
                "email,groups\na@x.com,g\nb@x.com,\"g\nc@x.com,h\n",
                "line 3: a quote",
            ),
            ("email\r\n\r\n\r\na@x.com,b\r\n", "line 4: has more cells"),
            ("email\n\n\n\"a\nb@x.com\",c\n", "line 4: has more cells"),
            ("email\r\na@x.com\r\n\r\nb@x.com,c", "line 4: has more"),
            ("email,\"groups\n", "line 1: a quote"),
        ];
        for (text, expected) in cases {
            let problem =
                read_rows(text, &config(), &wanted(&["email"])).map(|rows| rows.rows.len());
            let problem = problem.unwrap_err();
            assert!(problem.contains(expected), "{text:?}: {problem}");
        }
    }
}
