//! CSV files of people: the directory of `--connector csv`.
//!
//! Rows become the same records as Okta's users, their profile attributes named by the columns, so
//! that one mapping serves both. A directory that cannot be read whole is an error: whoever is
//! missing in it would be removed. Knows no rules and no configuration file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use ::csv::StringRecord;

use crate::config::{Config, CsvColumns, CsvConfig, Encoding, UserSelection};
use crate::error::{Error, one_line};
use crate::model::{DirectoryGroup, DirectoryKind};
use crate::os::files;
use crate::people::join::{Intake, Read as ReadDirectory};
use crate::people::{RecordRules, groups};
use crate::record::{Json, Record, Wanted};
use crate::text::{self, Texts, alike};

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
    let rows = read_rows(&text, source, &wanted).and_then(|rows| {
        let selects_by_group = matches!(
            config.options.users,
            UserSelection::Mapped | UserSelection::Groups(_)
        );
        if config.options.process_groups || selects_by_group {
            rows.check_groups(source)?;
        }
        Ok(rows)
    });
    let rows = rows.map_err(|problem| Error::config(file, problem))?;
    for warning in &rows.warnings {
        log::warn!(target: "csv", "{}: {warning}", file.display());
    }
    let mut names = GroupPlaces::of(groups::groups_to_load(config));
    let groups_of = |row: &Row| -> Vec<usize> {
        let mut places: Vec<usize> = row.groups.iter().map(|name| names.place_of(name)).collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    let groups: Vec<Vec<usize>> = rows.rows.iter().map(groups_of).collect();
    let group = |name: &String| DirectoryGroup {
        name: texts.keep(name),
        missing: false,
        read: 0,
        foreign: None,
    };
    let mut intake = Intake::new(names.names.iter().map(group).collect());
    for (row, groups) in rows.rows.iter().zip(&groups) {
        rules.take(&row.record, groups, &mut intake, texts)?;
    }
    let mut read = intake.finish();
    read.directory.kind = DirectoryKind::File;
    Ok(read)
}

/// Group names and their places, in the order in which they are met.
#[derive(Default)]
struct GroupPlaces {
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// Of the configured names: a file may spell them in another letter case.
    configured: HashMap<String, usize>,
}

impl GroupPlaces {
    fn of(configured: Vec<String>) -> GroupPlaces {
        let mut places = GroupPlaces::default();
        for name in configured {
            let place = places.place_of(&name);
            places.configured.entry(text::key(&name)).or_insert(place);
        }
        places
    }

    fn place_of(&mut self, name: &str) -> usize {
        let known = self.places.get(name);
        if let Some(place) = known.or_else(|| self.configured.get(text::folded(name).as_ref())) {
            return *place;
        }
        let place = self.names.len();
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }
}

/// The text of a CSV file.
///
/// # Errors
/// [`Error::File`]: it cannot be read, or is too large. [`Error::Config`]: it is no text in this
/// encoding.
pub fn read_text(path: &Path, encoding: Encoding) -> Result<String, Error> {
    let bytes = files::read(path, LARGEST).map_err(|problem| Error::file(path, problem))?;
    encoding.decode(bytes).map_err(|error| {
        let problem = format!(
            "{}; save the file as UTF-8, or name its encoding as string_encoding in \
             connector-csv.yml (known are {})",
            error.problem,
            Encoding::KNOWN
        );
        Error::config_at(path, Some(error.line), problem)
    })
}

/// One person of a CSV directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id is the line, `line 7`; its status is empty; an empty cell is no attribute.
    pub record: Record<'static>,
    /// Directory groups, trimmed.
    pub groups: Vec<String>,
}

/// The people of a CSV directory, in the order of its rows.
#[derive(Debug, Default)]
pub struct Rows {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// The names of the columns, as the file has them.
    pub columns: Vec<String>,
    pub warnings: Vec<String>,
}

impl Rows {
    /// Whether the file says who is in which group.
    ///
    /// # Errors
    /// It does not: without that column everybody would lose every group.
    fn check_groups(&self, config: &CsvConfig) -> Result<(), String> {
        let wanted = &config.columns.groups;
        if self.columns.contains(wanted) {
            return Ok(());
        }
        let alike = self.columns.iter().find_map(|name| {
            let difference = alike::difference(name, wanted)?;
            Some(format!("; \"{}\" has {difference}", one_line(name)))
        });
        Err(format!(
            "line 1: has no column {}, which says who is in which group; there are {}{}. Name the \
             column as groups_column_name in connector-csv.yml",
            one_line(wanted),
            one_line(&self.columns.join(", ")),
            alike.unwrap_or_default()
        ))
    }
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
            "line 1: has no column {} and no column {}; there are {}. The delimiter is taken to be \
             {}; name another one as delimiter, and columns of other names as \
             email_column_name and username_column_name, in connector-csv.yml",
            one_line(&columns.email),
            one_line(&columns.username),
            one_line(&table.names().join(", ")),
            text::csv::delimiter_name(config.delimiter)
        ));
    }
    let mut rows = Rows {
        columns: table.names().into_iter().map(str::to_owned).collect(),
        ..Rows::default()
    };
    rows.warnings.extend(unused(&table, columns, wanted));
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

/// Warns of columns that nobody reads; one may be a name that was meant otherwise.
fn unused(table: &Table<'_>, columns: &CsvColumns, wanted: &Wanted) -> Option<String> {
    let known = columns.names();
    let is_unused = |name: &&str| {
        let is_read = known.contains(name) || wanted.profile.iter().any(|read| read == name);
        !name.is_empty() && !is_read
    };
    let of_name = |name: &str| {
        let meant = known
            .iter()
            .find_map(|known| alike::difference(name, known));
        let meant = meant.map_or(String::new(), |difference| format!(" ({difference})"));
        format!("{}{meant}", one_line(name))
    };
    let names = table.names();
    let unused: Vec<String> = names.into_iter().filter(is_unused).map(of_name).collect();
    if wanted.whole_profile || unused.is_empty() {
        return None;
    }
    Some(format!(
        "line 1: nothing reads the columns {}; if they are meant, name them in connector-csv.yml \
         (…_column_name)",
        unused.join(", ")
    ))
}

/// A text with a header line.
struct Table<'t> {
    lines: text::csv::Lines<'t>,
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
            lines: text::csv::Lines::of(text),
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
        Ok(more.then(|| (self.lines.line_of(&cells), cells)))
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
    fn rows_that_end_in_any_way_are_people_of_their_own() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["email,groups", "a@x.com,G", "b@x.com,H", "c@x.com,G", ""].join(end);
            let rows = read_rows(&text, &config(), &wanted(&["email"])).unwrap();
            let ids: Vec<&str> = rows.rows.iter().map(|row| row.record.id.as_ref()).collect();
            assert_eq!(ids, ["line 2", "line 3", "line 4"], "{end:?}");
        }
        // All three in one file.
        let text = "email\na@x.com\rb@x.com\r\nc@x.com\n";
        let rows = read_rows(text, &config(), &wanted(&["email"])).unwrap();
        assert_eq!(rows.rows.len(), 3);
        assert_eq!(rows.rows[1].record.id, "line 3");
    }

    #[test]
    fn a_groups_column_of_another_name_is_told() {
        for (header, expected) in [
            ("email,groups\n", None),
            ("email,team\n", Some("there are email, team. Name")),
            ("email,Groups\n", Some("\"Groups\" has another letter case")),
        ] {
            let rows = read_rows(header, &config(), &wanted(&["email"])).unwrap();
            match (rows.check_groups(&config()), expected) {
                (Ok(()), None) => {}
                (Err(problem), Some(expected)) => {
                    assert!(problem.contains(expected), "{problem}");
                    assert!(problem.contains("groups_column_name"), "{problem}");
                }
                (found, _) => panic!("{header}: {found:?}"),
            }
        }
    }

    #[test]
    fn columns_that_nobody_reads_are_named() {
        let warnings = |header: &str, wanted: &Wanted| {
            let rows = read_rows(header, &config(), wanted).unwrap();
            let about = rows
                .warnings
                .into_iter()
                .filter(|text| text.contains("nothing reads"));
            about.collect::<String>()
        };
        let header = "email,user,Type,team,firstname,lastname,country,groups\n";
        let told = warnings(header, &wanted(&["email", "team"]));
        assert!(
            told.contains("columns user, Type (another letter case);"),
            "{told}"
        );
        let all = Wanted {
            whole_profile: true,
            ..Wanted::default()
        };
        assert_eq!(warnings(header, &all), "");
        assert_eq!(warnings("email,groups\n", &wanted(&[])), "");
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
            ("email\ra@x.com\r\rb@x.com,c\r", "line 4: has more cells"),
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
