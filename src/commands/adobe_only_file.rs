//! The CSV list of Adobe-only users: written for `write-file`, read for `--adobe-only-user-list`
//! (manual/rules.md#the-list-file).
//!
//! Knows the columns, not what becomes of the people in it.

use std::borrow::Cow;
use std::path::Path;

use crate::config::Config;
use crate::error::{Error, Place, one_line};
use crate::model::OrgId;
use crate::model::notice::Notice;
use crate::os::files::{self, Mode};
use crate::plan::listed::{ListedUser, Row};
use crate::plan::{self, AdobeOnlyRow};
use crate::text::csv::Damage;
use crate::text::{self, Texts};

const COLUMNS: [&str; 5] = ["type", "username", "email", "domain", "umapi"];
/// A list larger than that is refused.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What a list says, and what is wrong with it.
pub struct Listed {
    pub users: Vec<ListedUser>,
    /// An error for each bad line, a warning for each unknown column.
    pub notices: Vec<Notice>,
}

/// Reads a list. Columns come in any order; a bad line is told and left out.
pub fn read(config: &Config, path: &Path, texts: &mut Texts) -> Result<Listed, Error> {
    let unusable = |problem: String| Error::Config {
        place: Place {
            file: path.to_owned(),
            ..Place::default()
        },
        problem: format!("the list of Adobe-only users {problem}"),
    };
    let content = files::read(path, MOST_BYTES).map_err(unusable)?;
    let content = std::str::from_utf8(&content)
        .map_err(|error| unusable(format!("is no UTF-8 text: {error}; save it as UTF-8")))?;
    let content = content.trim_start_matches('\u{feff}');
    let delimiter = text::csv::delimiter_of(path);
    let damage = text::csv::find(content, delimiter);
    let whole = match &damage {
        Some(damage) if damage.start == 0 => {
            let problem = damage.problem;
            return Err(unusable(format!("is damaged in line 1: {problem}")));
        }
        Some(damage) => content.get(..damage.start).unwrap_or_default(),
        None => content,
    };
    let mut listed = parse_rows(config, whole, delimiter, texts).map_err(unusable)?;
    let behind = |damage: Damage| {
        Notice::error(format!(
            "the list of Adobe-only users, line {}: {}; that row and all behind it are skipped",
            damage.line, damage.problem
        ))
    };
    listed.notices.extend(damage.map(behind));
    for notice in &mut listed.notices {
        notice.text = format!("{}: {}", path.display(), notice.text);
    }
    Ok(listed)
}

/// Parses rows that are whole.
fn parse_rows(
    config: &Config,
    content: &str,
    delimiter: u8,
    texts: &mut Texts,
) -> Result<Listed, String> {
    // The text is UTF-8 and rows may have any length: nothing else can be wrong.
    let unreadable = |error: csv::Error| format!("cannot be read: {error}");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(content.as_bytes());
    let header = reader.headers().map_err(unreadable)?;
    let names: Vec<String> = header.iter().map(text::key).collect();
    let places = COLUMNS.map(|column| names.iter().position(|name| name == column));
    if names.is_empty() {
        return Err("is empty: its first line names the columns".to_owned());
    }
    if let [_, None, None, ..] = places {
        return Err(lacks_columns(&names, delimiter));
    }
    let mut listed = Listed {
        users: Vec::new(),
        notices: unknown_columns(&names).collect(),
    };
    let mut record = csv::StringRecord::new();
    let mut lines = text::csv::Lines::of(content);
    let mut without_email = WithoutEmail::default();
    while reader.read_record(&mut record).map_err(unreadable)? {
        let line = lines.line_of(&record);
        let cell = |place: Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default();
        let cells = places.map(|place| plain(cell(place)));
        let [identity_type, username, email, domain, umapi] = cells.each_ref().map(AsRef::as_ref);
        let row = Row {
            identity_type,
            username,
            email,
            domain,
            umapi,
        };
        without_email.look_at(&row, line);
        let whole = check_cells(&record, names.len());
        match whole.and_then(|()| ListedUser::parse(config, &row, texts)) {
            Ok(user) => listed.users.push(user),
            Err(problem) => listed.notices.push(Notice::error(format!(
                "the list of Adobe-only users, line {line}: {problem}; the line is skipped"
            ))),
        }
    }
    listed.notices.extend(without_email.notice());
    Ok(listed)
}

fn lacks_columns(names: &[String], delimiter: u8) -> String {
    format!(
        "needs a column username or email; there are {}. The delimiter is taken to be {}, by the \
         file's name: a comma for .csv, else a tab",
        one_line(&names.join(", ")),
        text::csv::delimiter_name(delimiter)
    )
}

fn unknown_columns(names: &[String]) -> impl Iterator<Item = Notice> {
    let unknown = names
        .iter()
        .filter(|name| !COLUMNS.contains(&name.as_str()));
    unknown.map(|name| {
        Notice::warning(format!(
            "the list of Adobe-only users has an unknown column \"{name}\", which is ignored"
        ))
    })
}

/// Rows that name somebody by a username that looks like an e-mail, and by nothing else: lists of
/// old versions of UST.
#[derive(Default)]
struct WithoutEmail {
    count: usize,
    first_line: u64,
}

impl WithoutEmail {
    fn look_at(&mut self, row: &Row<'_>, line: u64) {
        if row.email.trim().is_empty() && row.username.contains('@') {
            if self.count == 0 {
                self.first_line = line;
            }
            self.count += 1;
        }
    }

    fn notice(&self) -> Option<Notice> {
        let (count, line) = (self.count, self.first_line);
        let rows = match count {
            0 => return None,
            1 => format!("line {line} has"),
            _ => format!("{count} lines, from line {line} on, have"),
        };
        Some(Notice::warning(format!(
            "the list of Adobe-only users: {rows} no e-mail, and a username that looks like one: \
             Adobe finds people by e-mail, and reports success for one whom it does not know; give \
             the e-mail"
        )))
    }
}

/// A cell too many is a delimiter without quotes; a line break in a cell is a quote that is not
/// closed.
fn check_cells(record: &csv::StringRecord, columns: usize) -> Result<(), String> {
    if record
        .iter()
        .skip(columns)
        .any(|cell| !cell.trim().is_empty())
    {
        return Err(format!("has more cells than there are columns ({columns})"));
    }
    if record.iter().any(|cell| cell.contains(char::is_control)) {
        return Err(
            "a cell holds a line break or another control character; check the quotes".to_owned(),
        );
    }
    Ok(())
}

/// Writes the list: separated by tabs unless the name ends in `.csv`; the column `umapi` only if a
/// secondary org has any.
pub fn write(config: &Config, path: &Path, rows: &[AdobeOnlyRow]) -> Result<(), Error> {
    let secondaries = rows.iter().any(|row| !row.org.is_primary());
    let content =
        content(config, text::csv::delimiter_of(path), rows, secondaries).map_err(|problem| {
            let problem = format!("the list of Adobe-only users cannot be made: {problem}");
            Error::file(path, problem)
        })?;
    files::replace(path, &content, Mode::OWNER).map_err(|error| {
        let problem = format!("the list of Adobe-only users cannot be written: {error}");
        Error::file(path, problem)
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
        let cells = values.into_iter().chain(org).map(harmless);
        let record = writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()));
        record.map_err(|error| error.to_string())
    };
    let [kind, username, email, domain, umapi] = COLUMNS;
    write([kind, username, email, domain], umapi)?;
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

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Whether a spreadsheet would run a cell, or would but for quotes in front of it.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell that does nothing where the list is opened, and stays on its line: a quote (`'`) in front
/// of a formula, and control characters as `\u{a}`. [`plain`] gives back what it was.
fn harmless(cell: &str) -> Cow<'_, str> {
    let is_marked = |text: &str| text.contains(char::is_control) || text.contains("\\u{");
    if !is_formula(cell) && !is_marked(cell) {
        return Cow::Borrowed(cell);
    }
    let mut harmless = String::new();
    if is_formula(cell) {
        harmless.push('\'');
    }
    let mut rest = cell.chars();
    while let Some(c) = rest.next() {
        if c.is_control() || (c == '\\' && rest.as_str().starts_with("u{")) {
            harmless.extend(c.escape_unicode());
        } else {
            harmless.push(c);
        }
    }
    Cow::Owned(harmless)
}

/// The cell that [`harmless`] was given. Cells of other programs come through as they are.
fn plain(cell: &str) -> Cow<'_, str> {
    let cell = match cell.strip_prefix('\'') {
        Some(rest) if is_formula(cell) => rest,
        _ => cell,
    };
    if !cell.contains("\\u{") {
        return Cow::Borrowed(cell);
    }
    let mut parts = cell.split("\\u{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escaped = part.split_once('}').and_then(|(code, rest)| {
            let code = u32::from_str_radix(code, 16).ok()?;
            Some((char::from_u32(code)?, rest))
        });
        match escaped {
            Some((c, rest)) => {
                plain.push(c);
                plain.push_str(rest);
            }
            None => {
                plain.push_str("\\u{");
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_a_cell_comes_back_and_does_nothing_meanwhile() {
        for cell in [
            "",
            "ann@x.com",
            "CORP\\ann",
            "O'Brien",
            "'quoted'",
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@x",
            "'=1",
            "''=1",
            "a\nb,c,d,e",
            "=a\r\n\t",
            "\u{0}",
            "\\u{a}",
            "\\\\u{a}\n",
            "\\u{zz}",
            "\u{feff}x",
        ] {
            let written = harmless(cell);
            assert_eq!(plain(&written), cell);
            assert!(!written.contains(char::is_control), "{written:?}");
            assert!(!written.starts_with(FORMULA), "{written}");
        }
        assert_eq!(plain("'O'Brien"), "'O'Brien");
        assert_eq!(plain("\\u{110000} \\u{"), "\\u{110000} \\u{");
    }
}
