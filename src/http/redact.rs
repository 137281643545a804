//! Keeps secrets out of texts that servers send, and makes such texts fit for one log line.
//!
//! Knows no server. Every text from outside passes through here before anybody sees it.

use std::collections::HashSet;
use std::iter;
use std::ops::Range;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD;
use zeroize::Zeroizing;

use crate::error::one_line;
use crate::os::secret::Secret;
use crate::text::hash::Quick;

/// In characters: a longer text from a server is cut.
const LONGEST: usize = 500;
/// In characters: no more of a text is looked at.
const MOST_READ: usize = 64 << 10;
/// In bytes: what is hidden at least.
const SHORTEST: usize = 2;
/// So many bytes of a secret in a row give it away; a shorter secret is hidden as a whole.
const TELLING: usize = 8;
/// In bytes: of pages that are looked at piece by piece, and what pieces have in common.
const PIECE: usize = 256 << 10;
const LONGEST_FORM: usize = 16 << 10;
/// A secret of that length stands in no other text by chance.
const SURE: usize = 11;
/// An escape of an escape of an escape is undone, too.
const ROUNDS: usize = 3;

/// The secrets of one server, in the forms in which texts are searched for them.
#[derive(Default)]
pub struct Secrets {
    lasting: Vec<Form>,
    /// Those of the newest try alone.
    passing: Vec<Form>,
}

impl Secrets {
    /// From now on `secret` is hidden, and every piece of it that gives it away: in any letter
    /// case, percent-encoded, escaped as in JSON or HTML, in hexadecimal digits, and in base64.
    pub fn add(&mut self, secret: &Secret) {
        self.lasting.extend(forms(secret));
    }

    /// Until the next call these are hidden too.
    pub(super) fn set_passing(&mut self, secrets: &[Secret]) {
        self.passing = secrets.iter().flat_map(forms).collect();
    }

    /// `text` without secrets, on one line, and of a length that can be read.
    pub fn hide(&self, text: &str) -> String {
        let hidden = one_line(&self.mask(beginning(text.trim(), MOST_READ)));
        let shown = beginning(&hidden, LONGEST);
        if shown == hidden {
            hidden
        } else {
            format!("{shown}…")
        }
    }

    /// `text` with `***` in place of secrets.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut is_hidden = vec![false; text.len()];
        for read in readings(text) {
            for form in self.passing.iter().chain(&self.lasting) {
                form.find(&read, &mut is_hidden);
            }
        }
        let mut masked = String::with_capacity(text.len());
        let mut begins = true;
        for (at, c) in text.char_indices() {
            let bytes = is_hidden.get(at..at + c.len_utf8());
            let is_secret = bytes.is_some_and(|bytes| bytes.contains(&true));
            if !is_secret {
                masked.push(c);
            } else if begins {
                masked.push_str("***");
            }
            begins = !is_secret;
        }
        masked
    }

    /// Whether there is one of them whole, in any form. Piece by piece, for a page may be large.
    pub(super) fn are_in(&self, page: &[u8]) -> bool {
        let mut starts = (0..page.len()).step_by(PIECE);
        starts.any(|start| {
            let end = page.len().min(start + PIECE + LONGEST_FORM);
            let piece = page.get(start..end).unwrap_or_default();
            self.are_in_piece(&String::from_utf8_lossy(piece))
        })
    }

    fn are_in_piece(&self, text: &str) -> bool {
        readings(text).any(|read| self.are_whole_in(&read.bytes))
    }

    fn are_whole_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let mut forms = self.passing.iter().chain(&self.lasting);
        forms.any(|form| form.whole().is_some_and(|whole| text.contains(whole)))
    }
}

fn beginning(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A secret in plain, in hexadecimal digits or in base64, folded as texts are.
struct Form {
    text: Zeroizing<Vec<u8>>,
    /// The length of a piece that is hidden.
    piece: usize,
}

impl Form {
    /// All of it but the last digit, which in base64 it may share with what follows; `None`: it is
    /// so short that its like may stand in any text by chance.
    fn whole(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.text).ok()?;
        let (last, _) = text.char_indices().next_back()?;
        text.get(..last).filter(|whole| whole.len() >= SURE)
    }

    /// Notes the places of all pieces of it.
    fn find(&self, read: &Letters, is_hidden: &mut [bool]) {
        // Both may be long: one look-up for each place, not one comparison for each pair.
        let pieces: HashSet<&[u8], Quick> = self.text.windows(self.piece).collect();
        let windows = read.bytes.windows(self.piece);
        for (found, places) in windows.zip(read.places.windows(self.piece)) {
            if pieces.contains(found) {
                for place in places {
                    let bytes = is_hidden.get_mut(place.clone());
                    bytes.unwrap_or_default().fill(true);
                }
            }
        }
    }
}

fn forms(secret: &Secret) -> Vec<Form> {
    let plain = secret.expose().as_bytes();
    // Shorter ones are no secrets, and would hide parts of our own words.
    if plain.len() < SHORTEST {
        return Vec::new();
    }
    let hex = plain.iter().map(|byte| format!("{byte:02x}"));
    let mut texts = vec![(hex.collect(), 2 * TELLING)];
    // Base64 makes four digits of three bytes: which ones depends on how much is in front of them.
    // The digits that the secret shares with that are none of its own.
    for (in_front, shared) in [("", 0), ("-", 2), ("--", 3)] {
        let padded = Zeroizing::new([in_front.as_bytes(), plain].concat());
        let digits = Zeroizing::new(STANDARD_NO_PAD.encode(&*padded));
        let own = digits.get(shared..).unwrap_or_default().to_owned();
        texts.push((own, TELLING * 8 / 6));
    }
    // A shorter piece may stand in any text by chance.
    texts.retain(|(text, _)| text.len() >= TELLING);
    texts.push((secret.expose().to_owned(), TELLING));
    let form = |(text, piece): (String, usize)| Form {
        piece: piece.min(text.len()),
        text: Zeroizing::new(Letters::of(&text).bytes),
    };
    texts.into_iter().map(form).collect()
}

/// A text whose escapes may have been undone, and where each byte stands in the text itself.
struct Letters {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Letters {
    fn of(text: &str) -> Letters {
        Letters {
            bytes: text.bytes().map(folded).collect(),
            places: (0..text.len()).map(|at| at..at + 1).collect(),
        }
    }

    /// The same text with its escapes undone once; `None`: there are none.
    fn unescaped(&self) -> Option<Letters> {
        let begins_escape = |byte: &u8| matches!(byte, b'%' | b'\\' | b'&');
        if !self.bytes.iter().any(begins_escape) {
            return None;
        }
        let mut plain = Letters::of("");
        let mut at = 0;
        while let Some(first @ [byte, ..]) = self.bytes.get(at..) {
            let (length, meant) = escape(first).unwrap_or((1, Meant::Byte(*byte)));
            let taken = self.places.get(at..at + length).unwrap_or_default();
            let start = taken.first().map_or(0, |place| place.start);
            let end = taken.last().map_or(0, |place| place.end);
            let mut buffer = [0; 4];
            for byte in meant.bytes(&mut buffer) {
                plain.bytes.push(folded(*byte));
                plain.places.push(start..end);
            }
            at += length;
        }
        Some(plain)
    }
}

/// A text as it stands, then with its escapes undone once, twice, and so on.
fn readings(text: &str) -> impl Iterator<Item = Letters> {
    iter::successors(Some(Letters::of(text)), Letters::unescaped).take(ROUNDS + 1)
}

/// Letter case, the two alphabets of base64 and the blanks of forms make no difference.
fn folded(byte: u8) -> u8 {
    match byte {
        b'-' | b' ' => b'+',
        b'_' => b'/',
        byte => byte.to_ascii_lowercase(),
    }
}

/// What an escape means: a byte, perhaps of a longer letter, or a letter.
enum Meant {
    Byte(u8),
    Letter(char),
}

impl Meant {
    fn bytes(self, buffer: &mut [u8; 4]) -> &[u8] {
        match self {
            Meant::Byte(byte) => {
                buffer[0] = byte;
                &buffer[..1]
            }
            Meant::Letter(letter) => letter.encode_utf8(buffer).as_bytes(),
        }
    }
}

/// The length of the escape that the bytes begin with, and what it means: `%2f`, `\u002f`, `\/`,
/// `&#x2f;`, `&amp;`.
fn escape(bytes: &[u8]) -> Option<(usize, Meant)> {
    match bytes {
        [b'%', digits @ ..] => {
            let byte = number(digits.get(..2)?, 16)?;
            Some((3, Meant::Byte(u8::try_from(byte).ok()?)))
        }
        [b'\\', b'u', digits @ ..] => Some((6, character(digits.get(..4)?, 16)?)),
        [b'\\', b'x', digits @ ..] => Some((4, character(digits.get(..2)?, 16)?)),
        [b'\\', byte, ..] => Some((2, Meant::Byte(*byte))),
        [b'&', rest @ ..] => {
            let length = rest.iter().take(10).position(|byte| *byte == b';')?;
            let meant = match rest.get(..length)? {
                [b'#', b'x', digits @ ..] => character(digits, 16)?,
                [b'#', digits @ ..] => character(digits, 10)?,
                b"amp" => Meant::Letter('&'),
                b"lt" => Meant::Letter('<'),
                b"gt" => Meant::Letter('>'),
                b"quot" => Meant::Letter('"'),
                b"apos" => Meant::Letter('\''),
                _ => return None,
            };
            Some((length + 2, meant))
        }
        _ => None,
    }
}

fn character(digits: &[u8], radix: u32) -> Option<Meant> {
    char::from_u32(number(digits, radix)?).map(Meant::Letter)
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    // A sign is none of the digits.
    let all = digits.chars().all(|c| c.is_digit(radix));
    u32::from_str_radix(digits, radix).ok().filter(|_| all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        for text in texts {
            secrets.add(&Secret::new((*text).to_owned()));
        }
        secrets
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let secrets = secrets(&["p8e-Se/cret", "p8e", "a&b<c\"d+ e"]);
        for (text, expected) in [
            ("token p8e-Se/cret was bad", "token *** was bad"),
            ("P8E-sE/CRET", "***"),
            ("p8e%2DSe%2Fcret", "***"),
            ("p8e-Se%2Fcret", "***"),
            ("p8e%2dSe%2fcret", "***"),
            ("%70%38%65%2D%53%65%2F%63%72%65%74", "***"),
            ("p8e%252DSe%25252Fcret", "***"),
            ("p8e-Se\\/cret", "***"),
            (r#"a\u0026b\u003cc\"d+ e"#, "***"),
            (r"a\u0026b\u003Cc\u0022d\u002B e", "***"),
            (r#"a&b<c\"d+ e"#, "***"),
            ("a%26b%3Cc%22d%2B+e", "***"),
            ("a&amp;b&lt;c&quot;d&#43;&#x20;e", "***"),
            ("a&amp;amp;b&lt;c&quot;d&#43;&#x20;e", "***"),
            ("at 7038652d53652F637265742e", "at ***2e"),
            ("Basic cDhlLVNlL2NyZXQ=", "Basic ***="),
            // Behind `a:` and `ab:`, and with something behind it.
            ("YTpwOGUtU2UvY3JldA==", "YTp***=="),
            ("YWI6cDhlLVNlL2NyZXQhIQ==", "YWI6***hIQ=="),
            ("p8e", "***"),
            ("of 8e-Se/cr…", "of ***…"),
            ("of e-Se/cr…", "of e-Se/cr…"),
            (
                "nothing here, % & \\ ü &#; %zz \\u12",
                "nothing here, % & \\ ü &#; %zz \\u12",
            ),
        ] {
            assert_eq!(secrets.hide(text), expected);
        }
    }

    #[test]
    fn a_whole_secret_is_found_in_every_form_and_its_like_is_not() {
        let secrets = secrets(&["p8e-Secret/Mark", "Creative1!"]);
        for (text, expected) in [
            (r#"{"a":"x p8e-Secret/Mark"}"#, true),
            ("P8E-SECRET%2fMARK", true),
            (r"p8e-Secret\u002fMark", true),
            ("7038652d5365637265742f4d61726b", true),
            ("cDhlLVNlY3JldC9NYXJr", true),
            ("YTpwOGUtU2VjcmV0L01hcms6", true),
            ("p8e-Secret", false),
            ("Creative1!", false),
            ("%20\\\"", false),
        ] {
            assert_eq!(secrets.are_in(text.as_bytes()), expected, "{text}");
            let far = format!("{}{text}", "x".repeat(PIECE - 5));
            assert_eq!(secrets.are_in(far.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn long_and_wild_texts_become_one_short_line() {
        let none = Secrets::default();
        assert_eq!(none.hide(" a\r\nb\u{7} "), "a\\r\\nb\\u{7}");
        assert_eq!(none.hide(&"ä".repeat(10_000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn the_secrets_of_a_try_are_hidden_until_the_next() {
        let mut secrets = secrets(&["lasting-one"]);
        let of_try = |text: &str| [Secret::new(text.to_owned())];
        secrets.set_passing(&of_try("first-proof"));
        assert_eq!(secrets.hide("lasting-one first-proof"), "*** ***");
        secrets.set_passing(&of_try("second-proof"));
        let hidden = secrets.hide("lasting-one first-proof second-proof");
        assert_eq!(hidden, "*** first-proof ***");
    }
}
