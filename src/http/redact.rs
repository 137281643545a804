//! Keeps secrets out of texts that servers send, and makes such texts fit for one log line.
//!
//! Knows no server. Every text from outside passes through here before anybody sees it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::error::one_line;
use crate::os::secret::Secret;

/// A longer text from a server is cut.
const LONGEST: usize = 500;
/// In bytes: what is hidden at least.
const SHORTEST: usize = 2;

/// What need not be encoded in a URL; whether it is depends on who encodes.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// A shorter piece of base64 may stand in any text by chance.
const SHORTEST_PIECE: usize = 8;

/// The secrets of one server, in all forms in which a server may echo them. Longest first.
#[derive(Default)]
pub struct Secrets {
    lasting: Vec<Zeroizing<String>>,
    /// Those of the newest try alone.
    passing: Vec<Zeroizing<String>>,
}

impl Secrets {
    /// From now on `secret` is hidden: plain, percent-encoded, escaped as in JSON, and in base64,
    /// also as part of a longer text.
    pub fn add(&mut self, secret: &Secret) {
        add_forms(&mut self.lasting, secret);
    }

    /// Until the next call these are hidden too.
    pub(super) fn set_passing(&mut self, secrets: &[Secret]) {
        self.passing.clear();
        for secret in secrets {
            add_forms(&mut self.passing, secret);
        }
    }

    /// `text` without secrets, on one line, and of a length that can be read.
    pub fn hide(&self, text: &str) -> String {
        cut(&one_line(self.strip(text).trim()))
    }

    /// `text` without secrets.
    pub(super) fn strip(&self, text: &str) -> String {
        self.forms().fold(text.to_owned(), |text, form| {
            if text.contains(form.as_str()) {
                text.replace(form.as_str(), "***")
            } else {
                text
            }
        })
    }

    /// Whether a secret is in there.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        // What is not UTF-8 is looked at as well: a secret is.
        let text = String::from_utf8_lossy(bytes);
        self.forms().any(|form| text.contains(form.as_str()))
    }

    /// Those of one try come first: a token may be part of what was made with it.
    fn forms(&self) -> impl Iterator<Item = &Zeroizing<String>> {
        self.passing.iter().chain(&self.lasting)
    }
}

fn add_forms(known: &mut Vec<Zeroizing<String>>, secret: &Secret) {
    let plain = secret.expose();
    // Shorter ones are no secrets, and would hide parts of our own words.
    if plain.len() < SHORTEST || known.iter().any(|form| form.as_str() == plain) {
        return;
    }
    let mut forms = in_json(plain);
    forms.push(plain.to_owned());
    for kept in [NON_ALPHANUMERIC, UNRESERVED] {
        let encoded = utf8_percent_encode(plain, kept).to_string();
        forms.push(lower_hex(&encoded));
        // As in a form.
        forms.push(encoded.replace("%20", "+"));
        forms.push(encoded);
    }
    for base64 in in_base64(plain.as_bytes()) {
        forms.push(base64.replace('+', "-").replace('/', "_"));
        forms.push(base64);
    }
    for form in forms.into_iter().map(Zeroizing::new) {
        if !known.contains(&form) {
            known.push(form);
        }
    }
    known.sort_by_key(|form| std::cmp::Reverse(form.len()));
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A text as JSON writers put it between quotes: with what must be escaped, with slashes, and as
/// those of Go and .NET do that mean JSON to stand in HTML.
fn in_json(text: &str) -> Vec<String> {
    let value = serde_json::to_string(text).unwrap_or_default();
    let quoted = Zeroizing::new(value);
    let plain = quoted.strip_prefix('"').unwrap_or_default();
    let plain = plain.strip_suffix('"').unwrap_or_default();
    let coded = |is_coded: bool, c: char, code: String| if is_coded { code } else { c.to_string() };
    let go = |c| coded("<>&".contains(c), c, format!("\\u{:04x}", u32::from(c)));
    let dotnet = |c| {
        coded(
            "<>&'+`\"".contains(c),
            c,
            format!("\\u{:04X}", u32::from(c)),
        )
    };
    vec![
        plain.replace('/', "\\/"),
        plain.to_owned(),
        plain.chars().map(go).collect(),
        text.chars().map(dotnet).collect(),
    ]
}

/// Percent-encoded text with its digits in lower case: `%2f`.
fn lower_hex(encoded: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        if c == '%' {
            digits = 2;
            return c;
        }
        let is_digit = digits > 0;
        digits -= i32::from(is_digit);
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

/// A text in base64: by itself, and as it looks at each of the three places that it may have in a
/// longer one, without the digits that it shares with its neighbours.
fn in_base64(bytes: &[u8]) -> Vec<String> {
    let mut forms = vec![STANDARD_NO_PAD.encode(bytes)];
    for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        let digits = STANDARD_NO_PAD.encode(&padded);
        let end = padded.len() * 8 / 6;
        if let Some(piece) = digits.get(shared..end)
            && piece.len() >= SHORTEST_PIECE
        {
            forms.push(piece.to_owned());
        }
    }
    forms
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
            ("p8e%2DSe%2Fcret", "***"),
            ("p8e-Se%2Fcret", "***"),
            ("p8e-Se%2fcret", "***"),
            ("p8e%2dSe%2fcret", "***"),
            ("p8e-Se\\/cret", "***"),
            (r#"a\u0026b\u003cc\"d+ e"#, "***"),
            (r"a\u0026b\u003Cc\u0022d\u002B e", "***"),
            (r#"a&b<c\"d+ e"#, "***"),
            ("a%26b%3Cc%22d%2B+e", "***"),
            ("Basic cDhlLVNlL2NyZXQ=", "Basic ***="),
            // Behind `a:` and `ab:`, and with something behind it.
            ("YTpwOGUtU2UvY3JldA==", "YTp***A=="),
            ("YWI6cDhlLVNlL2NyZXQhIQ==", "YWI6***hIQ=="),
            ("p8e", "***"),
            ("nothing here", "nothing here"),
        ] {
            assert_eq!(secrets.hide(text), expected);
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
