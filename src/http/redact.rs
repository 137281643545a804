//! Keeps secrets out of texts that servers send, and makes such texts fit for one log line.
//!
//! Knows no server. Every text from outside passes through here before anybody sees it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::error::one_line;
use crate::secret::Secret;

/// A longer text from a server is cut.
const LONGEST: usize = 500;

/// The secrets of one server, in all forms in which a server may echo them. Longest first.
#[derive(Default)]
pub struct Secrets(Vec<Zeroizing<String>>);

impl Secrets {
    /// From now on `secret` is hidden: plain, percent-encoded and in base64.
    pub fn add(&mut self, secret: &Secret) {
        let plain = secret.expose();
        if plain.is_empty() {
            return;
        }
        let percent = utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string();
        let base64 = base64(plain.as_bytes());
        let url_safe = base64.replace('+', "-").replace('/', "_");
        for form in [plain.to_owned(), percent, base64, url_safe] {
            let form = Zeroizing::new(form);
            if !self.0.contains(&form) {
                self.0.push(form);
            }
        }
        self.0.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// `text` without secrets, on one line, and of a length that can be read.
    pub fn hide(&self, text: &str) -> String {
        let hidden = self.0.iter().fold(text.to_owned(), |text, form| {
            if text.contains(form.as_str()) {
                text.replace(form.as_str(), "***")
            } else {
                text
            }
        });
        cut(&one_line(hidden.trim()))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Base64 without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| {
        let place = usize::try_from(bits & 63).unwrap_or_default();
        char::from(DIGITS.get(place).copied().unwrap_or_default())
    };
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let digits = [bits >> 18, bits >> 12, bits >> 6, bits].map(digit);
            digits.into_iter().take(chunk.len() + 1)
        })
        .collect()
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
        let secrets = secrets(&["p8e-Se/cret", "p8e"]);
        for (text, expected) in [
            ("token p8e-Se/cret was bad", "token *** was bad"),
            ("p8e%2DSe%2Fcret", "***"),
            ("Basic cDhlLVNlL2NyZXQ=", "Basic ***="),
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
    fn base64_is_that_of_the_standard() {
        for (text, expected) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
