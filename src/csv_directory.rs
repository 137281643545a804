//! CSV files of people: the directory of `--connector csv`, and lists of Adobe-only users.

use std::path::Path;

/// The delimiter that a file's name tells: a comma for `.csv`, otherwise a tab.
pub fn delimiter_of(file: &Path) -> u8 {
    match file.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("csv") => b',',
        _ => b'\t',
    }
}
