//! CSV files of people: the directory of `--connector csv`, and lists of Adobe-only users.
//!
//! Rows become the same records as Okta's users, their profile attributes named by the columns, so
//! that one mapping serves both. A directory that cannot be read whole is an error: whoever is
//! missing in it would be removed. Knows no rules and no configuration file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;

use crate::config::{CsvColumns, CsvConfig, Encoding, Formats};
use crate::error::{Error, one_line};
use crate::model::{IdentityType, OrgId};
use crate::record::{Json, Record, Wanted};

/// Bytes of a file (spec/safety.md, bad input).
const LARGEST: u64 = 64 << 20;

/// Stands behind the last row. Where it is not read back as a row, a quote is not closed.
const END: &str = "\u{1e}end";
const NOT_CLOSED: &str = "a quote (\") that begins a cell here is not closed";

/// The delimiter that a file's name tells: a comma for `.csv`, otherwise a tab.
pub fn delimiter_of(file: &Path) -> u8 {
    match file.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("csv") => b',',
        _ => b'\t',
    }
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
        identity_type: None,
        email: format(&columns.email),
        username: format(&columns.username),
        domain: format(&columns.domain),
        given_name: format(&columns.first_name),
        surname: format(&columns.last_name),
        country_code: format(&columns.country),
    }
}

/// One person of a CSV directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id is the line, `line 7`; its status is empty; an empty cell is no attribute.
    pub record: Record<'static>,
    /// The cell of the identity type column, trimmed, if it is not empty: it goes before
    /// `user_identity_type`.
    pub identity_type: Option<String>,
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
/// there are columns, a quote is not closed.
pub fn read_rows(text: &str, config: &CsvConfig, wanted: &Wanted) -> Result<Rows, String> {
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

/// Whether a quote that is not closed has taken in all the rest.
fn swallows_end(cells: &StringRecord) -> bool {
    let last = cells.iter().next_back();
    last.is_some_and(|cell| cell.len() > END.len() && cell.trim_end().ends_with(END))
}

/// A text with a header line.
struct Table<'t> {
    reader: csv::Reader<std::io::Chain<&'t [u8], &'static [u8]>>,
    header: StringRecord,
    places: HashMap<String, usize>,
}

impl<'t> Table<'t> {
    fn open(text: &'t str, delimiter: u8) -> Result<Table<'t>, String> {
        // The same text as END, on a line of its own.
        const TAIL: &[u8] = "\n\u{1e}end\n".as_bytes();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes().chain(TAIL));
        let mut header = StringRecord::new();
        reader
            .read_record(&mut header)
            .map_err(|error| error.to_string())?;
        if header.iter().eq([END]) {
            return Err("line 1: the header line is missing".to_owned());
        }
        if swallows_end(&header) {
            return Err(format!("line 1: {NOT_CLOSED}"));
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
        if !more || cells.iter().eq([END]) {
            return Ok(None);
        }
        let line = cells.position().map_or(0, csv::Position::line);
        if swallows_end(&cells) {
            return Err(format!("line {line}: {NOT_CLOSED}"));
        }
        Ok(Some((line, cells)))
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
        let identity_type = self.cell(cells, &columns.identity_type).trim();
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
            identity_type: Some(identity_type.to_owned()).filter(|word| !word.is_empty()),
            groups: self
                .cell(cells, &columns.groups)
                .split(',')
                .map(|group| group.trim().to_owned())
                .filter(|group| !group.is_empty())
                .collect(),
        }
    }
}

/// A user of a list of Adobe-only users (spec/sync-rules.md 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    pub line: u64,
    /// `None`: the list does not say.
    pub identity_type: Option<IdentityType>,
    /// Trimmed. E-mail and username are not both empty; a username without `@` and without an
    /// e-mail has a domain.
    pub username: String,
    pub email: String,
    pub domain: String,
    pub org: OrgId,
}

/// A list of Adobe-only users.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserList {
    /// In the order of the file.
    pub users: Vec<ListedUser>,
    /// Lines that were skipped, with the reason: `line 7: …`. They make the exit code 3.
    pub problems: Vec<String>,
    pub warnings: Vec<String>,
}

/// Reads a list of Adobe-only users. `orgs` are the names of the secondary orgs in order.
///
/// # Errors
/// There is no header, or it has neither a username nor an e-mail column.
pub fn read_list(text: &str, delimiter: u8, orgs: &[&str]) -> Result<UserList, String> {
    const KNOWN: [&str; 5] = ["type", "username", "email", "domain", "umapi"];
    let mut table = Table::open(text, delimiter)?;
    if table.column("username").is_none() && table.column("email").is_none() {
        return Err(format!(
            "line 1: has neither a column username nor a column email; there are {}",
            one_line(&table.names().join(", "))
        ));
    }
    let mut list = UserList::default();
    for name in table.names() {
        if !KNOWN.contains(&name) {
            let known = KNOWN.join(", ");
            list.warnings.push(format!(
                "the column {} is not known and not used; known are {known}",
                one_line(name)
            ));
        }
    }
    loop {
        match table.next() {
            Ok(None) => return Ok(list),
            Ok(Some((line, cells))) => match listed(&table, line, &cells, orgs) {
                Ok(user) => list.users.push(user),
                Err(problem) => list.problems.push(format!("line {line}: {problem}")),
            },
            Err(problem) => {
                list.problems.push(problem);
                return Ok(list);
            }
        }
    }
}

fn listed(
    table: &Table<'_>,
    line: u64,
    cells: &StringRecord,
    orgs: &[&str],
) -> Result<ListedUser, String> {
    if cells.len() > table.width() {
        return Err("has more cells than there are columns".to_owned());
    }
    let cell = |name| table.cell(cells, name).trim();
    let identity_type = match cell("type") {
        "" => None,
        word => Some(
            IdentityType::parse(word)
                .ok_or_else(|| format!("\"{}\" is no identity type", one_line(word)))?,
        ),
    };
    let org = match cell("umapi") {
        "" => OrgId::PRIMARY,
        name => orgs
            .iter()
            .position(|known| *known == name)
            .and_then(|place| u16::try_from(place + 1).ok())
            .map(OrgId)
            .ok_or_else(|| format!("\"{}\" is the name of no secondary org", one_line(name)))?,
    };
    let (username, email, domain) = (cell("username"), cell("email"), cell("domain"));
    if username.is_empty() && email.is_empty() {
        return Err("has neither a username nor an e-mail".to_owned());
    }
    if email.is_empty() && domain.is_empty() && !username.contains('@') {
        return Err(format!(
            "the username \"{}\" needs a domain",
            one_line(username)
        ));
    }
    Ok(ListedUser {
        line,
        identity_type,
        username: username.to_owned(),
        email: email.to_owned(),
        domain: domain.to_owned(),
        org,
    })
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
        assert_eq!(ann.identity_type.as_deref(), Some("federatedID"));
        assert_eq!(bob.record.id, "line 6");
        assert_eq!(bob.record.profile, [text("bob@x.com"), None, None]);
        assert_eq!((bob.groups.len(), &bob.identity_type), (0, &None));
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
            ("email,\"groups\n", "line 1: a quote"),
        ];
        for (text, expected) in cases {
            let problem =
                read_rows(text, &config(), &wanted(&["email"])).map(|rows| rows.rows.len());
            let problem = problem.unwrap_err();
            assert!(problem.contains(expected), "{text:?}: {problem}");
        }
    }

    #[test]
    fn a_list_is_read_with_columns_in_any_order() {
        let text = "umapi,email,type,note,domain,username\n\
                    ,a@x.com,adobeID,,,\n\
                    org2,,federatedid,,x.com,bob\n\
                    ,,,,,carl@x.com\n";
        let list = read_list(text, b',', &["org2"]).unwrap();
        assert!(list.problems.is_empty(), "{list:?}");
        assert!(list.warnings.iter().any(|warning| warning.contains("note")));
        let found: Vec<_> = list
            .users
            .iter()
            .map(|user| {
                (
                    user.line,
                    user.email.as_str(),
                    user.username.as_str(),
                    user.org.0,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (2, "a@x.com", "", 0),
                (3, "", "bob", 1),
                (4, "", "carl@x.com", 0)
            ]
        );
        assert_eq!(list.users[1].identity_type, Some(IdentityType::FederatedId));
        assert_eq!(list.users[2].identity_type, None);
    }

    #[test]
    fn bad_lines_of_a_list_are_reported_and_skipped() {
        let text = "type,username,email,domain,umapi\n\
                    adobeID,,,,\n\
                    robotID,a@x.com,,,\n\
                    ,bob,,,\n\
                    ,a@x.com,,,nowhere\n\
                    ,a@x.com,,,,extra\n\
                    ,good@x.com,,,\n\
                    ,\"x\n";
        let list = read_list(text, b',', &["org2"]).unwrap();
        assert_eq!(list.users.len(), 1);
        let expected = [
            "line 2: has neither",
            "line 3: \"robotID\"",
            "line 4: the username \"bob\" needs a domain",
            "line 5: \"nowhere\"",
            "line 6: has more cells",
            "line 8: a quote",
        ];
        assert_eq!(list.problems.len(), expected.len(), "{:?}", list.problems);
        for (problem, expected) in list.problems.iter().zip(expected) {
            assert!(problem.starts_with(expected), "{problem}");
        }
        assert!(read_list("a,b\n", b',', &[]).is_err());
    }

    #[test]
    fn the_delimiter_follows_the_name() {
        for (name, expected) in [
            ("a.csv", b','),
            ("a.CSV", b','),
            ("a.tsv", b'\t'),
            ("a", b'\t'),
        ] {
            assert_eq!(delimiter_of(Path::new(name)), expected, "{name}");
        }
    }
}
