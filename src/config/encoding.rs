//! The text encodings that configuration and CSV files may have: names and decoding.
//!
//! The names are those of Python's codecs, because existing command lines use them.

use super::Encoding;
use crate::text::csv;

/// What Windows-1252 has in 0x80 to 0x9F; `\0` where it has nothing.
const CP1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

impl Encoding {
    /// Reads a codec name as Python does: case, `-`, `_` and spaces do not matter.
    ///
    /// # Errors
    /// A name that is not known; the text lists those that are.
    pub fn parse(name: &str) -> Result<Encoding, String> {
        let plain: String = name
            .trim()
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .flat_map(char::to_lowercase)
            .collect();
        match plain.as_str() {
            "utf8" | "u8" | "utf" | "utf8sig" | "cp65001" => Ok(Encoding::Utf8),
            "ascii" | "usascii" | "us" | "646" | "ansix3.41968" | "iso646us" => Ok(Encoding::Ascii),
            "latin1" | "latin" | "l1" | "iso88591" | "88591" | "iso8859" | "8859" | "cp819" => {
                Ok(Encoding::Latin1)
            }
            "cp1252" | "1252" | "windows1252" => Ok(Encoding::Cp1252),
            _ => Err(format!(
                "unknown encoding \"{name}\"; known are {}",
                Encoding::KNOWN
            )),
        }
    }

    /// The names that messages offer.
    pub const KNOWN: &'static str = "utf8, ascii, latin-1 (iso-8859-1) and cp1252";

    /// The name as messages write it.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf8",
            Encoding::Ascii => "ascii",
            Encoding::Latin1 => "latin-1",
            Encoding::Cp1252 => "cp1252",
        }
    }

    /// The text of `bytes`, without a byte-order mark. A file that begins with the mark of UTF-8
    /// is UTF-8.
    ///
    /// # Errors
    /// The line and column (from 1) of the first byte that is no text in this encoding, and why.
    pub fn decode(self, bytes: Vec<u8>) -> Result<String, Undecodable> {
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(Undecodable {
                line: (1, 1),
                problem: "the file is UTF-16".to_owned(),
            });
        }
        if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
            return Encoding::Utf8.decode_plain(rest.to_vec());
        }
        self.decode_plain(bytes)
    }

    fn decode_plain(self, bytes: Vec<u8>) -> Result<String, Undecodable> {
        match self {
            Encoding::Utf8 => String::from_utf8(bytes).map_err(|error| {
                self.undecodable(error.as_bytes(), error.utf8_error().valid_up_to())
            }),
            Encoding::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                Some(place) => Err(self.undecodable(&bytes, place)),
                None => Ok(bytes.into_iter().map(char::from).collect()),
            },
            Encoding::Latin1 => Ok(bytes.into_iter().map(char::from).collect()),
            Encoding::Cp1252 => bytes
                .iter()
                .enumerate()
                .map(|(place, byte)| cp1252(*byte).ok_or(place))
                .collect::<Result<String, usize>>()
                .map_err(|place| self.undecodable(&bytes, place)),
        }
    }

    fn undecodable(self, bytes: &[u8], place: usize) -> Undecodable {
        let before = bytes.get(..place).unwrap_or_default();
        let line_start = before
            .iter()
            .rposition(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(0, |at| at + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        let column = match self {
            Encoding::Utf8 => String::from_utf8_lossy(in_line).chars().count(),
            _ => in_line.len(),
        };
        let line = usize::try_from(csv::count_lines(before)).unwrap_or(usize::MAX - 1);
        let byte = bytes.get(place).copied().unwrap_or_default();
        Undecodable {
            line: (line + 1, column + 1),
            problem: format!("byte 0x{byte:02X} is no {} text", self.name()),
        }
    }
}

fn cp1252(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9F => CP1252
            .get(usize::from(byte - 0x80))
            .copied()
            .filter(|c| *c != '\0'),
        _ => Some(char::from(byte)),
    }
}

/// A byte that is no text in the file's encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// Line and column, from 1.
    pub line: (usize, usize),
    pub problem: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_pythons_codecs() {
        let cases = [
            (Encoding::Utf8, "utf8 UTF-8 utf_8 U8 utf-8-sig"),
            (Encoding::Ascii, "ascii US-ASCII 646"),
            (
                Encoding::Latin1,
                "latin-1 latin1 ISO-8859-1 iso8859-1 iso_8859_1 L1",
            ),
            (Encoding::Cp1252, "cp1252 windows-1252 1252 CP-1252"),
        ];
        for (expected, names) in cases {
            for name in names.split(' ') {
                assert_eq!(Encoding::parse(name), Ok(expected), "{name}");
            }
        }
        let error = Encoding::parse("ebcdic").unwrap_err();
        assert!(
            error.contains("\"ebcdic\"") && error.contains("cp1252"),
            "{error}"
        );
    }

    #[test]
    fn bytes_are_decoded() {
        let cases: [(Encoding, &[u8], &str); 6] = [
            (Encoding::Utf8, "Zoë".as_bytes(), "Zoë"),
            (Encoding::Utf8, b"\xEF\xBB\xBFa", "a"),
            (Encoding::Ascii, b"plain", "plain"),
            (Encoding::Latin1, b"Zo\xEB", "Zoë"),
            (Encoding::Cp1252, b"\x80 Zo\xEB \x9F", "€ Zoë Ÿ"),
            (Encoding::Cp1252, b"\xEF\xBB\xBFZo\xC3\xAB", "Zoë"),
        ];
        for (encoding, bytes, expected) in cases {
            assert_eq!(encoding.decode(bytes.to_vec()).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_byte_that_is_no_text_is_named_with_its_place() {
        type Case = (Encoding, &'static [u8], (usize, usize), &'static str);
        let cases: [Case; 4] = [
            (
                Encoding::Utf8,
                "ok\nZoë ".as_bytes(),
                (2, 5),
                "0xFF is no utf8 text",
            ),
            (Encoding::Ascii, b"a\nb", (2, 2), "0xFF is no ascii"),
            (Encoding::Cp1252, b"a", (1, 2), "no cp1252"),
            (Encoding::Utf8, b"", (1, 1), "0xFF"),
        ];
        for (encoding, bytes, line, problem) in cases {
            let mut bytes = bytes.to_vec();
            bytes.push(if encoding == Encoding::Cp1252 {
                0x81
            } else {
                0xFF
            });
            let error = encoding.decode(bytes).unwrap_err();
            assert_eq!(error.line, line);
            assert!(error.problem.contains(problem), "{}", error.problem);
        }
        let utf16 = Encoding::Utf8
            .decode(vec![0xFF, 0xFE, b'a', 0])
            .unwrap_err();
        assert!(utf16.problem.contains("UTF-16"));
    }
}
