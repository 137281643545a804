//! The text of a str: shared, or one that lives until the process ends and costs nothing to hand on.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

#[derive(Clone)]
pub enum Str {
    Kept(&'static str),
    Shared(Rc<str>),
}

/// Every character of ASCII, in order.
const ASCII: &str = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\
\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f \
!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f";

impl Str {
    /// Whether the two are one text in memory.
    pub(crate) fn is(&self, other: &Str) -> bool {
        std::ptr::eq::<str>(&**self, &**other)
    }

    /// What outlives the value, borrowed if it can be.
    pub(crate) fn kept(&self) -> Cow<'static, str> {
        match self {
            Str::Kept(text) => Cow::Borrowed(text),
            Str::Shared(text) => Cow::Owned(text.to_string()),
        }
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Str::Kept(text) => text,
            Str::Shared(text) => text,
        }
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Str {
        match text.as_bytes() {
            [] => Str::Kept(""),
            [byte] => {
                let at = usize::from(*byte);
                Str::Kept(ASCII.get(at..=at).unwrap_or_default())
            }
            _ => Str::Shared(Rc::from(text)),
        }
    }
}

impl From<String> for Str {
    fn from(text: String) -> Str {
        Str::from(text.as_str())
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Str) -> bool {
        self.is(other) || **self == **other
    }
}

impl Eq for Str {}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Str) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str {
    fn cmp(&self, other: &Str) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_of_ascii_is_never_made_anew() {
        for code in 0..128_u8 {
            let text = char::from(code).to_string();
            assert!(matches!(Str::from(&*text), Str::Kept(kept) if kept == text));
        }
        let (one, other) = (Str::from("é"), Str::from("é"));
        assert!(!one.is(&other) && one == other);
    }
}
