//! What Python knows of characters and Rust's library has differently: classes, title case, case folding.

use regex::Regex;
use std::sync::LazyLock;

/// Characters that are digits (`isdigit`) without being decimal: superscripts, circled ones and so on.
const OTHER_DIGITS: &str = "\u{b2}-\u{b3}\u{b9}\u{1369}-\u{1371}\u{19da}\u{2070}\u{2074}-\u{2079}\u{2080}-\u{2089}\
    \u{2460}-\u{2468}\u{2474}-\u{247c}\u{2488}-\u{2490}\u{24ea}\u{24f5}-\u{24fd}\u{24ff}\u{2776}-\u{277e}\
    \u{2780}-\u{2788}\u{278a}-\u{2792}\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}";

/// A class of characters by its Unicode categories. The patterns are fixed and valid; a class that failed
/// to compile would be empty.
struct Class(LazyLock<Option<Regex>>);

impl Class {
    fn all(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|whole| whole.is_match(text))
    }

    fn has(&self, c: char) -> bool {
        self.all(c.encode_utf8(&mut [0; 4]))
    }
}

static LETTERS: Class = Class(LazyLock::new(|| Regex::new(r"\A\p{L}+\z").ok()));
static WORD: Class = Class(LazyLock::new(|| Regex::new(r"\A[\p{L}\p{N}]+\z").ok()));
static DECIMALS: Class = Class(LazyLock::new(|| Regex::new(r"\A\p{Nd}+\z").ok()));
static DIGITS: Class = Class(LazyLock::new(|| {
    Regex::new(&format!(r"\A[\p{{Nd}}{OTHER_DIGITS}]+\z")).ok()
}));
static UNPRINTABLE: Class = Class(LazyLock::new(|| Regex::new(r"\A[\p{C}\p{Z}]\z").ok()));

pub(crate) fn is_alpha(text: &str) -> bool {
    is_all(text, |byte| byte.is_ascii_alphabetic(), &LETTERS)
}

pub(crate) fn is_alnum(text: &str) -> bool {
    is_all(text, |byte| byte.is_ascii_alphanumeric(), &WORD)
}

pub(crate) fn is_digit(text: &str) -> bool {
    is_all(text, |byte| byte.is_ascii_digit(), &DIGITS)
}

fn is_all(text: &str, ascii: impl Fn(u8) -> bool, others: &Class) -> bool {
    if text.is_ascii() {
        !text.is_empty() && text.bytes().all(ascii)
    } else {
        others.all(text)
    }
}

pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        (' '..='~').contains(&c)
    } else {
        !UNPRINTABLE.has(c)
    }
}

/// Rust's white space, and four separators that only Python counts.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

pub(crate) fn is_blank(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_space)
}

pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Where `splitlines` splits.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The value of a decimal digit of any script.
pub(crate) fn digit_value(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    if !DECIMALS.has(c) {
        return None;
    }
    // Decimal digits stand in whole rows from 0 to 9.
    let before = (1..60).take_while(|back| moved(c, -back) != c && DECIMALS.has(moved(c, -back)));
    Some(before.count() as u32 % 10)
}

/// The letters that are title case by themselves.
fn is_title(c: char) -> bool {
    matches!(
        c,
        '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}'
            | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}'
            | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}'
    )
}

/// Cased letters, none of the other case.
pub(crate) fn is_lower(text: &str) -> bool {
    let other = |c: char| c.is_uppercase() || is_title(c);
    !text.contains(other) && text.contains(char::is_lowercase)
}

pub(crate) fn is_upper(text: &str) -> bool {
    let other = |c: char| c.is_lowercase() || is_title(c);
    !text.contains(other) && text.contains(char::is_uppercase)
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || is_title(c)
}

/// The character so many places behind or before another one.
fn moved(c: char, by: i32) -> char {
    let code = u32::from(c).checked_add_signed(by);
    code.and_then(char::from_u32).unwrap_or(c)
}

/// Appends the title case of a character.
fn push_title(out: &mut String, c: char) {
    match c {
        _ if c.is_ascii() => out.push(c.to_ascii_uppercase()),
        _ if is_title(c) => out.push(c),
        // Georgian has no title case.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => out.push(c),
        '\u{1c4}' | '\u{1c7}' | '\u{1ca}' | '\u{1f1}' => out.push(moved(c, 1)),
        '\u{1c6}' | '\u{1c9}' | '\u{1cc}' | '\u{1f3}' => out.push(moved(c, -1)),
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
            out.push(moved(c, 8))
        }
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => out.push(moved(c, 9)),
        // The iota stays below.
        '\u{1fb2}' | '\u{1fb4}' | '\u{1fb7}' | '\u{1fc2}' | '\u{1fc4}' | '\u{1fc7}'
        | '\u{1ff2}' | '\u{1ff4}' | '\u{1ff7}' => {
            let small = |c| if c == '\u{399}' { '\u{345}' } else { c };
            out.extend(c.to_uppercase().map(small));
        }
        // Two letters in one: only the first becomes large.
        '\u{df}' | '\u{587}' | '\u{fb00}'..='\u{fb06}' | '\u{fb13}'..='\u{fb17}' => {
            let mut upper = c.to_uppercase();
            out.extend(upper.next());
            out.extend(upper.flat_map(char::to_lowercase));
        }
        _ => out.extend(c.to_uppercase()),
    }
}

/// Appends the lower case of the character at `at` of a text; for a final sigma its surroundings count.
fn push_lower(out: &mut String, whole: &str, at: usize, c: char) {
    if c != '\u{3a3}' {
        return out.extend(c.to_lowercase());
    }
    let (before, after) = whole.split_at(at);
    let mut before = before.chars().rev().filter(|c| !IGNORABLE.has(*c));
    let mut after = after.chars().skip(1).filter(|c| !IGNORABLE.has(*c));
    let is_final = before.next().is_some_and(is_cased) && !after.next().is_some_and(is_cased);
    out.push(if is_final { '\u{3c2}' } else { '\u{3c3}' });
}

static IGNORABLE: Class = Class(LazyLock::new(|| {
    Regex::new(r"\A[\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}'.:\x{b7}\x{2018}\x{2019}]\z").ok()
}));

/// `title`: a large letter after everything that is no cased letter.
pub(crate) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for (at, c) in text.char_indices() {
        if inside {
            push_lower(&mut out, text, at, c);
        } else {
            push_title(&mut out, c);
        }
        inside = is_cased(c);
    }
    out
}

pub(crate) fn capitalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if at == 0 {
            push_title(&mut out, c);
        } else {
            push_lower(&mut out, text, at, c);
        }
    }
    out
}

pub(crate) fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            _ if c.is_uppercase() => push_lower(&mut out, text, at, c),
            _ if c.is_lowercase() => out.extend(c.to_uppercase()),
            _ => out.push(c),
        }
    }
    out
}

/// `casefold`: lower case of upper case, but for a few letters.
pub(crate) fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{131}' | '\u{13a0}'..='\u{13f5}' => out.push(c),
            '\u{13f8}'..='\u{13fd}' => out.push(moved(c, -8)),
            '\u{ab70}'..='\u{abbf}' => out.push(moved(c, 0x13a0 - 0xab70)),
            '\u{1e9e}' => out.push_str("ss"),
            _ => out.extend(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_a_title_case_of_their_own() {
        for (text, wanted) in [
            ("\u{1c6}", "\u{1c5}"),
            ("\u{df}x", "Ssx"),
            ("\u{fb01}", "Fi"),
            ("\u{1fb3}", "\u{1fbc}"),
            ("\u{10d0}", "\u{10d0}"),
        ] {
            assert_eq!(title(text), wanted);
        }
    }

    #[test]
    fn a_sigma_at_the_end_of_a_word_is_a_final_one() {
        assert_eq!(
            title("\u{391}\u{3a3} \u{3a3}\u{391}\u{3a3}"),
            "\u{391}\u{3c2} \u{3a3}\u{3b1}\u{3c2}"
        );
    }

    #[test]
    fn digits_of_other_scripts_have_values() {
        assert_eq!(
            (
                digit_value('\u{967}'),
                digit_value('7'),
                digit_value('\u{b2}')
            ),
            (Some(1), Some(7), None)
        );
        assert!(is_digit("\u{b2}") && !is_digit("\u{bd}") && is_alnum("\u{bd}"));
    }
}
