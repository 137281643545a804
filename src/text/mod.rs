//! The texts of one run: names, addresses and ids, kept once until the process ends.
//!
//! A run holds a few hundred thousand short texts that all live until its end. They lie packed in
//! large blocks that are never freed, so a record is a handful of plain references: no allocation,
//! no count, no lifetime for each. Knows nothing of what the texts mean.

pub mod alike;
pub mod csv;
pub mod nearest;
pub mod timestamp;

use std::borrow::Cow;

pub use script::hash;

use crate::text::hash::QuickMap;

/// A text that lives until the process ends.
pub type Text = &'static str;

const BLOCK: usize = 64 * 1024;

/// `1 person`, `5 people`.
pub fn people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        count => format!("{count} people"),
    }
}

/// Where the texts of a run are kept.
#[derive(Default)]
pub struct Texts {
    /// What is left of the newest block.
    free: &'static mut [u8],
    /// Texts that recur: first and last names, domains, countries, group names.
    shared: QuickMap<Text, ()>,
}

impl Texts {
    /// Keeps `text` for the rest of the run.
    pub fn keep(&mut self, text: &str) -> Text {
        if text.is_empty() {
            return "";
        }
        if self.free.len() < text.len() {
            self.free = Box::leak(vec![0; BLOCK.max(text.len())].into_boxed_slice());
        }
        let (place, rest) = std::mem::take(&mut self.free).split_at_mut(text.len());
        self.free = rest;
        place.copy_from_slice(text.as_bytes());
        // Never the default: the bytes are those of a `str`.
        std::str::from_utf8(place).unwrap_or_default()
    }

    /// Keeps `text`, or gives the copy that is there: for texts that many records share.
    pub fn share(&mut self, text: &str) -> Text {
        if let Some((kept, ())) = self.shared.get_key_value(text) {
            return kept;
        }
        let kept = self.keep(text);
        self.shared.insert(kept, ());
        kept
    }

    /// The form in which e-mails, usernames, domains and group names are compared: trimmed and in
    /// lower case (manual/rules.md). `text` itself where it has that form already.
    pub fn key(&mut self, text: Text) -> Text {
        let trimmed = trim(text);
        if is_key(trimmed) {
            trimmed
        } else {
            self.keep(&trimmed.to_lowercase())
        }
    }
}

/// The form in which e-mails, usernames, domains and group names are compared, for a text that
/// need not be kept.
pub fn key(text: &str) -> String {
    trim(text).to_lowercase()
}

/// The keys of all that are not empty, each once, in order.
pub fn keys<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut keys: Vec<String> = names.into_iter().map(key).collect();
    keys.retain(|key| !key.is_empty());
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// [`key`], borrowed where the text has that form already.
pub fn folded(text: &str) -> Cow<'_, str> {
    let trimmed = trim(text);
    if is_key(trimmed) {
        Cow::Borrowed(trimmed)
    } else {
        Cow::Owned(trimmed.to_lowercase())
    }
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two texts are equal for the sync rules: trimmed, and ignoring case.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (trim(one), trim(other));
    one == other
        || if one.is_ascii() && other.is_ascii() {
            one.eq_ignore_ascii_case(other)
        } else {
            one.to_lowercase() == other.to_lowercase()
        }
}

/// [`str::trim`], at no cost for the many texts with nothing to trim.
#[inline]
pub fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

fn is_key(trimmed: &str) -> bool {
    is_small_ascii(trimmed.as_bytes()) || trimmed.chars().all(|c| c.to_lowercase().eq([c]))
}

/// Whether nothing is beyond ASCII or a capital letter: eight bytes at a time, for every name is
/// looked at several times. Without the top bits, adding sets them from `A` on and behind `Z`.
fn is_small_ascii(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const TOPS: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    let is_small = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let from_a = (word & !TOPS) + ONES * u64::from(0x80 - b'A');
        let behind_z = (word & !TOPS) + ONES * u64::from(0x7f - b'Z');
        (word | (from_a & !behind_z)) & TOPS == 0
    };
    words.iter().all(is_small)
        && rest
            .iter()
            .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
}

/// Whether a text is one e-mail address: one `@` with text on both sides, nothing that separates
/// addresses or quotes names, no blank and nothing invisible (manual/rules.md#mapping).
pub fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !text.contains(is_unfit)
    })
}

/// The addresses that somebody may have meant by a text that is not one: `ann@x.com; bo@x.com`,
/// `Ann <ann@x.com>`, one with a blank or something invisible in it.
pub fn addresses_in(text: &str) -> Vec<String> {
    let visible = text.replace(is_format_character, "");
    let joined: String = visible.split(char::is_whitespace).collect();
    let parts = visible.split(is_unfit).chain([joined.as_str()]);
    let addresses = parts.filter(|part| is_address(part));
    addresses.map(str::to_owned).collect()
}

/// What no address holds.
fn is_unfit(c: char) -> bool {
    match c {
        ',' | ';' | '<' | '>' | '(' | ')' | '"' => true,
        // Nearly all of an address: no table is asked about them.
        '!'..='~' => false,
        _ => c.is_whitespace() || c.is_control() || is_format_character(c),
    }
}

/// Unicode's format characters: zero-width blanks, byte-order marks, soft hyphens and their like.
fn is_format_character(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180e
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0x2066..=0x206f | 0xfeff
        | 0xfff9..=0xfffb | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a | 0xe0001 | 0xe0020..=0xe007f)
}

/// The part of an e-mail after `@`, trimmed; empty where there is none.
pub fn domain_of(email: Text) -> Text {
    email.split_once('@').map_or("", |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_content_across_blocks() {
        let mut texts = Texts::default();
        let long = "x".repeat(BLOCK + 1);
        let kept: Vec<_> = ["ann", "", "Zoë", &long, "bo"]
            .iter()
            .map(|text| texts.keep(text))
            .collect();
        assert_eq!(kept, ["ann", "", "Zoë", &long, "bo"]);
    }

    #[test]
    fn a_shared_text_is_kept_once() {
        let mut texts = Texts::default();
        let (one, other) = (texts.share("example.com"), texts.share("example.com"));
        assert!(std::ptr::eq(one, other));
    }

    #[test]
    fn a_key_is_trimmed_and_lower_case() {
        let mut texts = Texts::default();
        for (text, expected) in [(" Ann@X.com ", "ann@x.com"), ("ÄÖ", "äö"), ("ann", "ann")] {
            assert_eq!(texts.key(text), expected);
            assert_eq!(key(text), expected);
            assert_eq!(folded(text), expected);
            assert!(same(text, expected));
        }
        assert!(!same("ann", "anna"));
    }

    #[test]
    fn an_address_is_one_address_and_nothing_else() {
        for good in ["ann@x.com", "ann.o'lee+a@x.co", "Zoë@exämple.com", "a@b"] {
            assert!(is_address(good), "{good}");
        }
        let bad = [
            "",
            "ann",
            "@x.com",
            "ann@",
            "ann@x@y",
            "ann@x.com,bo@x.com",
            "ann@x.com; bo@x.com",
            "Ann <ann@x.com>",
            "ann @x.com",
            "ann@x.com\u{200b}",
            "\u{feff}ann@x.com",
            "an\u{ad}n@x.com",
            "ann\u{a0}@x.com",
            "ann@x.com\u{7}",
            "\"ann\"@x.com",
            "ann(home)@x.com",
            "ann@x.com\n",
            "ann\u{2060}@x.com",
        ];
        for bad in bad {
            assert!(!is_address(bad), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_found_in_what_is_not_one() {
        for (text, found) in [
            ("ann@x.com; bo@x.com", &["ann@x.com", "bo@x.com"][..]),
            ("Ann <ann@x.com>", &["ann@x.com"]),
            ("an\u{200b}n@x.com\u{feff}", &["ann@x.com"]),
            ("ann @x.com", &["ann@x.com"]),
            ("Ann Lee", &[]),
            ("ann@x@y", &[]),
        ] {
            let mut addresses = addresses_in(text);
            addresses.dedup();
            assert_eq!(addresses, found, "{text:?}");
        }
    }

    #[test]
    fn small_ascii_is_told_from_all_other_bytes() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii() && !byte.is_ascii_uppercase();
            for at in 0..11 {
                let mut bytes = *b"az@[.-09{~\0";
                bytes[at] = byte;
                assert_eq!(is_small_ascii(&bytes), expected, "{byte} at {at}");
            }
        }
    }
}
