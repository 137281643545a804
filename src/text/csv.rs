//! What the files of people and of Adobe-only users share: the delimiter, lines, and damage.
//!
//! The CSV library passes over damage: a quote that is not closed takes in the rows behind it, and
//! a file that was cut off ends in the middle of a row. A quote inside a cell that does not begin
//! with one is a character like any other, for the library as well. Knows no columns.

use std::path::Path;

use csv::StringRecord;

/// The delimiter that a file's name tells: a comma for `.csv`, otherwise a tab.
pub fn delimiter_of(file: &Path) -> u8 {
    match file.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("csv") => b',',
        _ => b'\t',
    }
}

/// Tells the lines of a text, from its start to its end. Lines end at a line feed, a carriage return
/// and line feed, or a lone carriage return; the CSV library counts only line feeds, though it ends
/// rows at all three.
pub struct Lines<'t> {
    text: &'t [u8],
    /// Up to here the line ends are counted.
    counted: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Lines<'t> {
        Lines {
            text: text.as_bytes(),
            counted: 0,
            line: 1,
        }
    }

    /// The line on which a record begins; records come in their order. The library's own position
    /// stands before the empty lines in front of it.
    pub fn line_of(&mut self, record: &StringRecord) -> u64 {
        let start = record.position().map_or(0, |position| position.byte());
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.text.get(start..).unwrap_or_default();
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let start = start + empty.count();
        let passed = self.text.get(self.counted..start).unwrap_or_default();
        let before = self.counted.checked_sub(1).and_then(|at| self.text.get(at));
        self.line += line_ends(before.copied(), passed);
        self.counted = self.counted.max(start);
        self.line
    }
}

/// How many lines end in `bytes`, behind that byte.
fn line_ends(before: Option<u8>, bytes: &[u8]) -> u64 {
    let mut previous = before;
    let mut count = 0;
    for byte in bytes {
        count += u64::from(is_line_end(previous, *byte));
        previous = Some(*byte);
    }
    count
}

/// Whether a line ends at `byte`; the line feed behind a carriage return belongs to it.
fn is_line_end(previous: Option<u8>, byte: u8) -> bool {
    byte == b'\r' || (byte == b'\n' && previous != Some(b'\r'))
}

/// How many lines end in `bytes`.
pub fn count_lines(bytes: &[u8]) -> u64 {
    line_ends(None, bytes)
}

pub fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b',' => "a comma".to_owned(),
        b'\t' => "a tab".to_owned(),
        b';' => "a semicolon".to_owned(),
        other => format!("\"{}\"", char::from(other)),
    }
}

/// The first row that cannot be trusted; nor can those behind it.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where the row begins.
    pub start: usize,
    /// From 1: the line of the quote, or of the row.
    pub line: u64,
    pub problem: &'static str,
}

const NOT_CLOSED: &str = "a quote (\") that begins a cell here is not closed";
const TEXT_BEHIND: &str = "a quote (\") ends a cell, and more text follows it before the next \
                           delimiter; is the quote of an earlier cell not closed? Write a quote \
                           inside a quoted cell twice";
const HOLDS_ROWS: &str = "a cell in quotes (\") that begins here holds lines that look like rows; \
                          close the quote, or put the cell on one line";
const CUT_OFF: &str = "the file ends in the middle of this row: it has fewer cells than every other \
                       row, and no line end; is the file whole?";
/// With fewer columns, lines of a cell look like rows too easily.
const FEWEST_COLUMNS: usize = 3;

/// What is wrong with a text whose first line names the columns.
pub fn find(text: &str, delimiter: u8) -> Option<Damage> {
    let mut scan = Scan {
        delimiter,
        state: State::CellStart,
        line: 1,
        quote_line: 1,
        start: 0,
        cells: 1,
        columns: None,
        fewest: usize::MAX,
        previous: None,
        inner_cells: 1,
    };
    for (place, byte) in text.bytes().enumerate() {
        if let Some(problem) = scan.take(place, byte) {
            return Some(scan.damage(problem));
        }
    }
    let problem = scan.at_end(text.len())?;
    Some(scan.damage(problem))
}

/// Whether the last line ends as lines do. Without it the last cell may be cut off.
pub fn has_end(text: &str) -> bool {
    text.is_empty() || text.ends_with(['\n', '\r'])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote inside a quoted cell: its end, or half of a quote written twice.
    Quote,
}

struct Scan {
    delimiter: u8,
    state: State,
    line: u64,
    /// The line of the newest quote that began a cell.
    quote_line: u64,
    /// Of the row.
    start: usize,
    /// Of the row so far.
    cells: usize,
    /// Of the first row.
    columns: Option<usize>,
    /// Of the shortest row so far; empty lines are none.
    fewest: usize,
    previous: Option<u8>,
    /// Of a line inside a quoted cell, were it a row.
    inner_cells: usize,
}

impl Scan {
    /// Takes the next byte; says what is wrong there.
    fn take(&mut self, place: usize, byte: u8) -> Option<&'static str> {
        self.line += u64::from(is_line_end(self.previous, byte));
        self.previous = Some(byte);
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quoted, _) => return self.inside(byte),
            (State::Quote, b'"') => self.state = State::Quoted,
            (State::CellStart, b'"') => {
                self.state = State::Quoted;
                self.quote_line = self.line;
                self.inner_cells = 0;
            }
            (_, b'\n' | b'\r') => self.end_row(place),
            (_, byte) if byte == self.delimiter => {
                self.state = State::CellStart;
                self.cells += 1;
            }
            (State::Quote, _) => return Some(TEXT_BEHIND),
            _ => self.state = State::Plain,
        }
        None
    }

    /// A byte of a quoted cell. Lines behind its first one are looked at as if they were rows.
    fn inside(&mut self, byte: u8) -> Option<&'static str> {
        match byte {
            b'\n' | b'\r' => self.inner_cells = 1,
            byte if byte == self.delimiter && self.inner_cells > 0 => self.inner_cells += 1,
            _ => {}
        }
        let columns = self.columns.filter(|columns| *columns >= FEWEST_COLUMNS)?;
        (self.inner_cells >= columns).then_some(HOLDS_ROWS)
    }

    fn end_row(&mut self, place: usize) {
        if place > self.start {
            self.columns = self.columns.or(Some(self.cells));
            self.fewest = self.fewest.min(self.cells);
        }
        self.state = State::CellStart;
        self.cells = 1;
        self.start = place + 1;
    }

    fn at_end(&self, length: usize) -> Option<&'static str> {
        if self.state == State::Quoted {
            return Some(NOT_CLOSED);
        }
        let is_short = self.columns.is_some() && self.cells < self.fewest;
        (self.start < length && is_short).then_some(CUT_OFF)
    }

    fn damage(&self, problem: &'static str) -> Damage {
        Damage {
            start: self.start,
            line: match problem {
                CUT_OFF => self.line,
                _ => self.quote_line,
            },
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and problem of the first damage.
    fn found(text: &str) -> Option<(u64, &'static str)> {
        find(text, b',').map(|damage| (damage.line, damage.problem))
    }

    #[test]
    fn damage_is_found_where_it_begins() {
        for (text, expected) in [
            ("a,b,c\n1,\"x\n2,y\n", (2, NOT_CLOSED)),
            ("a,b,c\n1,\"x\n2,y,z\n", (2, HOLDS_ROWS)),
            ("\"a,b\n1,2\n", (1, NOT_CLOSED)),
            ("a,b,c\n1,2,\"\n", (2, NOT_CLOSED)),
            ("a,b,c\n1,\"x,\n2,\"y\",z\n", (2, TEXT_BEHIND)),
            ("a,b,c\n1,\"x\" ,\n", (2, TEXT_BEHIND)),
            ("a,b,c\n1,\"x,\n2,y,z\n3,\",y\",z\n", (2, HOLDS_ROWS)),
            (
                "a,b,c\r\n1,\"x,\r\n2,y,z\r\n3,\",y\",z\r\n",
                (2, HOLDS_ROWS),
            ),
            ("a,b,c\n1,2,3\n4,5", (3, CUT_OFF)),
            ("a,b,c\n1,2,3\n4", (3, CUT_OFF)),
            ("a,b,c\n1,2,3\n\"4\"", (3, CUT_OFF)),
            ("a,b,c\n1,2\n3", (3, CUT_OFF)),
            ("a,b,c\r\n1,2\r\n\r\n3", (4, CUT_OFF)),
            ("a,b,c\r1,2,3\r4", (3, CUT_OFF)),
            ("a,b,c\r1,\"x\r2,y,z\r", (2, HOLDS_ROWS)),
        ] {
            assert_eq!(found(text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn the_rows_before_the_damage_are_whole() {
        let text = "a,b,c\n1,\"2\n2\",3\n4,\"5\n6,7,8\n";
        let damage = find(text, b',').unwrap();
        assert_eq!(&text[..damage.start], "a,b,c\n1,\"2\n2\",3\n");
        assert_eq!(damage.line, 4);
    }

    #[test]
    fn what_is_odd_but_whole_is_no_damage() {
        for text in [
            "",
            "a",
            "a,b,c",
            "a,b,c\n",
            "a,b,c\n1,2,3",
            "a,b,c\n1,2,3\n\n\n",
            "a,b,c\n1\n2,3\n4,5,6,7\n",
            "a,b,c\n1,2\n3,4",
            "a,b,c\r1,2\r3,4",
            "\n\na,b,c\n\n1,2,3\n\n4,5,6",
            "a,b,c\n1,5\" disk,the \"x\"\n",
            "a,b,c\n\"1\",\"\",\"x \"\"y\"\" z\"\n",
            "a,b,c\n1,\"Main Street 5,\nCity, State\",3\n",
            "a,b\n1,\"x,\ny,z\"\n",
            "a,b,c\r\n1,\"x\"\r\n",
            "a,b,c\r1,2,3\r",
        ] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }

    /// A file that is cut off anywhere but between two rows, or in the last cell of a row.
    #[test]
    fn a_file_cut_off_in_a_row_is_found() {
        let text = "a,b,c\n1,\"x\",3\n4,5,\"y, z\"\n";
        for length in 6..text.len() {
            let (cut, _) = text.split_at(length);
            let is_between = cut.ends_with('\n') || length == 6;
            let in_last_cell = ["1,\"x\",", "4,5,\"y, z\""].iter().any(|row| {
                let last = cut.rsplit('\n').next().unwrap_or("");
                last.starts_with(row)
            }) || cut.ends_with("4,5,");
            assert_eq!(
                find(cut, b',').is_none(),
                is_between || in_last_cell,
                "{cut:?}"
            );
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        let lines = |text: &str| {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let mut lines = Lines::of(text);
            let records = reader
                .records()
                .map(|record| lines.line_of(&record.unwrap()));
            records.collect::<Vec<u64>>()
        };
        for (text, expected) in [
            ("a\nb\nc", &[1, 2, 3][..]),
            ("a\r\nb\r\nc\r\n", &[1, 2, 3]),
            ("a\rb\rc\r", &[1, 2, 3]),
            ("a\nb\rc\r\nd", &[1, 2, 3, 4]),
            ("a\n\n\nb\r\rc", &[1, 4, 6]),
            ("a\r\n\r\nb", &[1, 3]),
            ("a,\"x\ny\r\nz\"\nb", &[1, 4]),
            ("", &[]),
        ] {
            assert_eq!(lines(text), expected, "{text:?}");
        }
        assert_eq!(count_lines(b"a\r\nb\rc\n"), 3);
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
