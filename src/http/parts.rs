//! The parts of a JSON answer that somebody reads, and the answer with no others in it.
//!
//! Knows no field by name: whoever reads an answer says what of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::reader::{Kind, Malformed, Reader};

/// Fields by name, each with its own parts. Without any: everything. A list has the parts of its
/// items.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parts(BTreeMap<String, Parts>);

impl Parts {
    /// All of these fields, each with whatever it holds.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Parts {
        let whole = |name: &str| (name.to_owned(), Parts::default());
        Parts(names.into_iter().map(whole).collect())
    }

    /// And of that field these parts.
    pub fn with(mut self, name: &str, parts: Parts) -> Parts {
        self.0.insert(name.to_owned(), parts);
        self
    }

    fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of the `wanted` parts that is none of these: `profile.department`.
    pub fn lacks(&self, wanted: &Parts) -> Option<String> {
        if self.is_whole() {
            return None;
        }
        if wanted.is_whole() {
            return Some(String::new());
        }
        wanted.0.iter().find_map(|(name, wanted)| {
            let lacking = match self.0.get(name) {
                Some(own) => own.lacks(wanted)?,
                None => String::new(),
            };
            let dot = if lacking.is_empty() { "" } else { "." };
            Some(format!("{name}{dot}{lacking}"))
        })
    }

    /// Writes these parts of an answer. `told` gives each text as it may be told.
    pub(super) fn copy(
        &self,
        answer: &[u8],
        told: &Told<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let mut json = Reader::new(answer)?;
        let mut copy = Copy { told, out };
        copy.value(self, &mut json)?;
        json.end()
    }
}

/// A text without what nobody may see.
pub(super) type Told<'t> = dyn Fn(&str) -> Cow<'_, str> + 't;

struct Copy<'c> {
    told: &'c Told<'c>,
    out: &'c mut Vec<u8>,
}

impl Copy<'_> {
    fn value(&mut self, parts: &Parts, json: &mut Reader<'_>) -> Result<(), Malformed> {
        match json.kind() {
            Kind::Text => {
                let text = json.text()?;
                self.text(&text);
            }
            Kind::List => {
                let mut before = b'[';
                json.list(|json| {
                    self.out.push(std::mem::replace(&mut before, b','));
                    self.value(parts, json)
                })?;
                self.close(before, b"[]");
            }
            Kind::Object => {
                let mut before = b'{';
                json.object(|json, name| {
                    let part = if parts.is_whole() {
                        Some(parts)
                    } else {
                        parts.0.get(name.as_ref())
                    };
                    let Some(part) = part else {
                        return json.skip();
                    };
                    self.out.push(std::mem::replace(&mut before, b','));
                    self.text(&name);
                    self.out.push(b':');
                    self.value(part, json)
                })?;
                self.close(before, b"{}");
            }
            Kind::Other => self.out.extend_from_slice(json.value()?.as_bytes()),
        }
        Ok(())
    }

    fn close(&mut self, before: u8, [open, close]: &[u8; 2]) {
        if before == *open {
            self.out.push(*open);
        }
        self.out.push(*close);
    }

    /// Writing to memory does not fail, and a text is always JSON.
    fn text(&mut self, text: &str) {
        let _: Result<(), io::Error> =
            serde_json::to_writer(&mut *self.out, &(self.told)(text)).map_err(io::Error::from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(parts: &Parts, answer: &str) -> String {
        let mut out = Vec::new();
        parts
            .copy(answer.as_bytes(), &|text| text.into(), &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_is_named_is_copied() {
        let parts = Parts::of(["id", "f"]).with("profile", Parts::of(["a"]));
        for (answer, expected) in [
            (
                r#" [ {"x":1,"id":"1","profile":{"b":2,"a":[{"c":null}]}} , {"id":2} ] "#,
                r#"[{"id":"1","profile":{"a":[{"c":null}]}},{"id":2}]"#,
            ),
            (r#"{"x":{"id":1}}"#, "{}"),
            (
                r#"{"f":{"g":[1.50,-0,true]}}"#,
                r#"{"f":{"g":[1.50,-0,true]}}"#,
            ),
            (r#"{"id":"\u00e9\"\/"}"#, "{\"id\":\"\u{e9}\\\"/\"}"),
            ("[]", "[]"),
            ("7", "7"),
        ] {
            assert_eq!(copied(&parts, answer), expected);
            assert_eq!(copied(&Parts::default(), expected), expected);
        }
    }

    #[test]
    fn texts_are_copied_as_they_may_be_told() {
        let mut out = Vec::new();
        let told: &Told<'_> = &|text: &str| text.replace("secret", "***").into();
        let answer = br#"{"a":["a \u0073ecret"],"b":"x"}"#;
        Parts::default().copy(answer, told, &mut out).unwrap();
        assert_eq!(out, br#"{"a":["a ***"],"b":"x"}"#);
    }

    #[test]
    fn what_is_no_answer_is_not_copied() {
        for answer in ["", "<html>", "{", "[1,]", "{}x", "[\"\u{1}\"]"] {
            let mut out = Vec::new();
            let copied = Parts::default().copy(answer.as_bytes(), &|text| text.into(), &mut out);
            assert!(copied.is_err(), "{answer}");
        }
    }

    #[test]
    fn what_is_lacking_is_named() {
        let whole = Parts::default();
        let some = Parts::of(["id"]).with("profile", Parts::of(["a", "b"]));
        let more = Parts::of(["id", "created"]).with("profile", Parts::of(["a"]));
        let any = Parts::of(["id"]).with("profile", whole.clone());
        for (kept, wanted, lacking) in [
            (&some, &some, None),
            (&whole, &some, None),
            (&any, &some, None),
            (&some, &any, Some("profile")),
            (&some, &more, Some("created")),
            (&more, &some, Some("profile.b")),
            (&some, &whole, Some("")),
        ] {
            assert_eq!(
                kept.lacks(wanted).as_deref(),
                lacking,
                "{kept:?} {wanted:?}"
            );
        }
    }
}
