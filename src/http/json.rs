//! JSON as servers send it: parsed only as deep as it may nest (spec/safety.md, bad input).

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::de::StrRead;

/// JSON that is nested deeper is refused.
pub const DEEPEST: usize = 64;

/// Parses a whole body; the error says what is wrong with it.
pub fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    check_depth(body)?;
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// Prepares to read a page as it goes. That it is UTF-8 is checked for all of it at once: for each
/// text alone it would take a good part of the reading.
pub fn reader(page: &[u8]) -> Result<serde_json::Deserializer<StrRead<'_>>, String> {
    let text = std::str::from_utf8(page).map_err(|error| error.to_string())?;
    Ok(serde_json::Deserializer::from_str(text))
}

/// One look over the body: how deep brackets nest. Whether they match is the parser's matter.
fn check_depth(body: &[u8]) -> Result<(), String> {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_text = !in_text,
            b'\\' if in_text => {
                bytes.next();
            }
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(too_deep());
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn too_deep() -> String {
    format!("it is nested deeper than {DEEPEST}")
}

/// How many levels of lists and objects a value may still have. It skips a value, too: for pages
/// that are read in one go, where a look over all of them would take as long as reading them.
#[derive(Debug, Clone, Copy)]
pub struct Levels(usize);

impl Levels {
    /// The levels left inside that many others.
    pub fn inside(levels: usize) -> Levels {
        Levels(DEEPEST.saturating_sub(levels))
    }

    /// The levels left inside a list or object of this value; an error if it may have none.
    pub fn deeper<E: Error>(self) -> Result<Levels, E> {
        let left = self.0.checked_sub(1);
        left.map(Levels).ok_or_else(|| E::custom(too_deep()))
    }
}

impl<'b> DeserializeSeed<'b> for Levels {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for Levels {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'b>>(self, mut entries: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while entries.next_key_seed(inside)?.is_some() {
            entries.next_value_seed(inside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    fn skip(json: &str, levels: Levels) -> Result<(), serde_json::Error> {
        levels.deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        assert!(parse::<serde_json::Value>(nested(DEEPEST).as_bytes()).is_ok());
        for depth in [DEEPEST + 1, 1_000_000] {
            let error = parse::<serde_json::Value>(nested(depth).as_bytes()).unwrap_err();
            assert_eq!(error, too_deep());
            assert!(skip(&nested(depth), Levels::inside(0)).is_err());
        }
        assert!(skip(&nested(DEEPEST - 2), Levels::inside(2)).is_ok());
        assert!(skip(&nested(DEEPEST - 1), Levels::inside(2)).is_err());
    }

    #[test]
    fn brackets_in_a_text_do_not_nest() {
        let json = format!(r#"["\"{}"]"#, "[".repeat(100));
        assert!(parse::<Vec<String>>(json.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_skipped_must_be_json_all_the_same() {
        let good = r#"{"a":[1,-2,3.5,"\u00e9",true,null,{}],"b":{}}"#;
        assert!(skip(good, Levels::inside(0)).is_ok());
        for json in [r#"{"a":}"#, r#"{"a" 1}"#, "[1,]", r#""\x""#, "nul", "[1"] {
            assert!(skip(json, Levels::inside(0)).is_err(), "{json}");
        }
    }
}
