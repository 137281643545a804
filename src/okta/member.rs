//! The members on a page, straight from Okta's JSON: what nobody wants is skipped, what is wanted
//! is borrowed from the page.
//!
//! A page that is not what it must be is refused as a whole. Knows no network and no rule of what
//! a user means.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::Error;
use crate::http::json::{self, Levels};
use crate::record::{Json, Record, Wanted};

/// The fields of a member lie in two levels, the list and the member.
const IN_MEMBER: usize = 2;
const IN_PROFILE: usize = 3;

/// Takes one member after the other. An error of its own ends the reading.
pub(super) type Each<'e> = dyn FnMut(&Record<'_>) -> Result<(), Error> + 'e;

/// Why the reading of a page ended early.
#[derive(Debug)]
pub(super) enum PageError {
    /// The page is not what it must be.
    Page(String),
    /// Whoever takes the members wants no more.
    Taker(Error),
}

/// Hands every member of a page to `each` and says how many there were.
pub(super) fn read_members(
    page: &[u8],
    wanted: &Wanted,
    each: &mut Each<'_>,
) -> Result<usize, PageError> {
    let mut members = Members {
        wanted,
        each,
        error: None,
    };
    let mut json = json::reader(page).map_err(PageError::Page)?;
    let read = json
        .deserialize_seq(&mut members)
        .and_then(|count| json.end().map(|()| count));
    match (read, members.error) {
        (_, Some(error)) => Err(PageError::Taker(error)),
        (Ok(count), None) => Ok(count),
        (Err(problem), None) => Err(PageError::Page(problem.to_string())),
    }
}

struct Members<'m, 'e> {
    wanted: &'m Wanted,
    each: &'m mut Each<'e>,
    error: Option<Error>,
}

impl<'p> Visitor<'p> for &mut Members<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of members")
    }

    fn visit_seq<A: SeqAccess<'p>>(self, mut members: A) -> Result<usize, A::Error> {
        let mut record = Record {
            id: Cow::Borrowed(""),
            status: Cow::Borrowed(""),
            fields: vec![None; self.wanted.fields.len()],
            profile: vec![None; self.wanted.profile.len()],
            further_profile: Vec::new(),
        };
        let mut count = 0;
        loop {
            let member = Member {
                record: &mut record,
                wanted: self.wanted,
            };
            if members.next_element_seed(member)?.is_none() {
                return Ok(count);
            }
            count += 1;
            if let Err(error) = (self.each)(&record) {
                self.error = Some(error);
                return Err(A::Error::custom("no more members are wanted"));
            }
        }
    }
}

/// Fills a record with one member.
struct Member<'m, 'p> {
    record: &'m mut Record<'p>,
    wanted: &'m Wanted,
}

impl<'p> DeserializeSeed<'p> for Member<'_, 'p> {
    type Value = ();

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'p> Visitor<'p> for Member<'_, 'p> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member")
    }

    fn visit_map<A: MapAccess<'p>>(self, mut fields: A) -> Result<(), A::Error> {
        let record = self.record;
        record.fields.fill(None);
        let (mut has_id, mut has_status, mut has_profile) = (false, false, false);
        while let Some(field) = fields.next_key_seed(FieldName(&self.wanted.fields))? {
            match field {
                Field::Id => {
                    record.id = fields.next_value_seed(TextValue)?;
                    has_id = !record.id.is_empty();
                }
                Field::Status => {
                    record.status = fields.next_value_seed(TextValue)?;
                    has_status = true;
                }
                Field::Profile => {
                    fields.next_value_seed(Profile {
                        record: &mut *record,
                        wanted: self.wanted,
                    })?;
                    has_profile = true;
                }
                Field::Wanted(slot) => {
                    let value = Value(Levels::inside(IN_MEMBER));
                    set(&mut record.fields, slot, fields.next_value_seed(value)?)
                }
                Field::Other => {
                    fields.next_value_seed(Levels::inside(IN_MEMBER))?;
                }
            }
        }
        for (there, name) in [
            (has_id, "id"),
            (has_status, "status"),
            (has_profile, "profile"),
        ] {
            if !there {
                return Err(A::Error::custom(format!("a member without {name}")));
            }
        }
        Ok(())
    }
}

fn set<'p>(slots: &mut [Option<Json<'p>>], slot: usize, value: Json<'p>) {
    if let Some(place) = slots.get_mut(slot) {
        *place = Some(value);
    }
}

/// A top-level field of a member.
enum Field {
    Id,
    Status,
    Profile,
    /// By its place in [`Wanted::fields`].
    Wanted(usize),
    Other,
}

struct FieldName<'m>(&'m [String]);

impl<'p> DeserializeSeed<'p> for FieldName<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<Field, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldName<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(match name {
            "id" => Field::Id,
            "status" => Field::Status,
            "profile" => Field::Profile,
            _ => match self.0.iter().position(|wanted| wanted == name) {
                Some(slot) => Field::Wanted(slot),
                None => Field::Other,
            },
        })
    }
}

/// Fills the profile of a record.
struct Profile<'m, 'p> {
    record: &'m mut Record<'p>,
    wanted: &'m Wanted,
}

impl<'p> DeserializeSeed<'p> for Profile<'_, 'p> {
    type Value = ();

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'p> Visitor<'p> for Profile<'_, 'p> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a profile")
    }

    fn visit_map<A: MapAccess<'p>>(self, mut attributes: A) -> Result<(), A::Error> {
        let record = self.record;
        record.profile.fill(None);
        record.further_profile.clear();
        let value = Value(Levels::inside(IN_PROFILE));
        while let Some(name) = attributes.next_key_seed(AttributeName(self.wanted))? {
            match name {
                Attribute::Wanted(slot) => {
                    set(
                        &mut record.profile,
                        slot,
                        attributes.next_value_seed(value)?,
                    );
                }
                Attribute::Further(name) => {
                    let value = attributes.next_value_seed(value)?;
                    record.further_profile.push((name, value));
                }
                Attribute::Other => {
                    attributes.next_value_seed(Levels::inside(IN_PROFILE))?;
                }
            }
        }
        Ok(())
    }
}

/// An attribute of a profile.
enum Attribute<'p> {
    /// By its place in [`Wanted::profile`].
    Wanted(usize),
    Further(Cow<'p, str>),
    Other,
}

struct AttributeName<'m>(&'m Wanted);

impl AttributeName<'_> {
    fn known<'p>(&self, name: &str) -> Option<Attribute<'p>> {
        let slot = self.0.profile.iter().position(|wanted| wanted == name);
        match slot {
            Some(slot) => Some(Attribute::Wanted(slot)),
            None if self.0.whole_profile => None,
            None => Some(Attribute::Other),
        }
    }
}

impl<'p> DeserializeSeed<'p> for AttributeName<'_> {
    type Value = Attribute<'p>;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<Attribute<'p>, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl<'p> Visitor<'p> for AttributeName<'_> {
    type Value = Attribute<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute name")
    }

    fn visit_borrowed_str<E>(self, name: &'p str) -> Result<Attribute<'p>, E> {
        let further = || Attribute::Further(Cow::Borrowed(name));
        Ok(self.known(name).unwrap_or_else(further))
    }

    fn visit_str<E>(self, name: &str) -> Result<Attribute<'p>, E> {
        let further = || Attribute::Further(Cow::Owned(name.to_owned()));
        Ok(self.known(name).unwrap_or_else(further))
    }
}

/// A value that must be a text.
struct TextValue;

impl<'p> DeserializeSeed<'p> for TextValue {
    type Value = Cow<'p, str>;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<Cow<'p, str>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'p> Visitor<'p> for TextValue {
    type Value = Cow<'p, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'p str) -> Result<Cow<'p, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'p, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A value of any type, of no more levels than that.
#[derive(Clone, Copy)]
struct Value(Levels);

impl<'p> DeserializeSeed<'p> for Value {
    type Value = Json<'p>;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<Json<'p>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'p> Visitor<'p> for Value {
    type Value = Json<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json<'p>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'p>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'p>, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'p>, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'p>, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'p str) -> Result<Json<'p>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'p>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'p>>(self, mut items: A) -> Result<Json<'p>, A::Error> {
        let inside = Value(self.0.deeper()?);
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'p>>(self, mut entries: A) -> Result<Json<'p>, A::Error> {
        let inside = Value(self.0.deeper()?);
        let mut dict = Vec::new();
        while let Some(name) = entries.next_key_seed(TextValue)? {
            dict.push((name, entries.next_value_seed(inside)?));
        }
        Ok(Json::Dict(dict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(fields: &[&str], profile: &[&str]) -> Wanted {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Wanted {
            fields: owned(fields),
            profile: owned(profile),
            whole_profile: false,
        }
    }

    /// The members of a page, as `Debug` shows them.
    fn read(page: &str, wanted: &Wanted) -> Result<Vec<String>, String> {
        let mut members = Vec::new();
        let read = read_members(page.as_bytes(), wanted, &mut |record| {
            members.push(format!("{record:?}"));
            Ok(())
        });
        match read {
            Ok(count) => {
                assert_eq!(count, members.len());
                Ok(members)
            }
            Err(PageError::Page(problem)) => Err(problem),
            Err(PageError::Taker(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn only_what_is_wanted_is_read() {
        let page = r#"[{"id":"1","status":"ACTIVE","x":{"y":[1,{}]},"created":"now",
            "profile":{"n":1,"deep":{"a":[true,null]},"skipped":[[]],"caf\u00e9":"\u00fc"}}]"#;
        read_members(
            page.as_bytes(),
            &wanted(&["created", "type"], &["deep", "n", "café"]),
            &mut |record| {
                assert_eq!(
                    (record.id.as_ref(), record.status.as_ref()),
                    ("1", "ACTIVE")
                );
                let now = Some(Json::Text(Cow::Borrowed("now")));
                assert_eq!(record.fields, [now, None]);
                let list = Json::List(vec![Json::Bool(true), Json::Null]);
                let deep = Json::Dict(vec![(Cow::Borrowed("a"), list)]);
                assert_eq!(record.attribute(0), Some(&deep));
                assert_eq!(record.attribute(1), Some(&Json::Integer(1)));
                assert_eq!(record.attribute(2), Some(&Json::Text("ü".into())));
                assert!(record.further_profile.is_empty());
                Ok(())
            },
        )
        .unwrap();
    }

    #[test]
    fn the_whole_profile_comes_if_it_is_wanted() {
        let page = r#"[{"profile":{"a":1,"b":1.5,"c":18446744073709551615},"status":"","id":"1"}]"#;
        let mut wanted = wanted(&[], &["a"]);
        wanted.whole_profile = true;
        read_members(page.as_bytes(), &wanted, &mut |record| {
            let further = [
                (Cow::Borrowed("b"), Json::Float(1.5)),
                (Cow::Borrowed("c"), Json::Float(18446744073709551615.0)),
            ];
            assert_eq!(record.further_profile, further);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn nothing_of_one_member_is_left_for_the_next() {
        let page = r#"[{"id":"1","status":"A","created":1,"profile":{"a":1,"b":2}},
                       {"id":"2","status":"B","profile":{}}]"#;
        let mut wanted = wanted(&["created"], &["a"]);
        wanted.whole_profile = true;
        let members = read(page, &wanted).unwrap();
        let second = "fields: [None], profile: [None], further_profile: [] }";
        assert!(members[1].ends_with(second), "{}", members[1]);
    }

    #[test]
    fn a_page_that_is_not_what_it_must_be_is_refused() {
        for page in [
            "",
            "{}",
            "null",
            r#"{"errorCode":"E1"}"#,
            r#"[{"id":"1","status":"A","profile":{}}"#,
            r#"[{"id":"1","status":"A","profile":{}}]]"#,
            r#"[{"id":"1","status":"A","profile":{}},]"#,
            r#"[{"id":"1","status":"A"}]"#,
            r#"[{"status":"A","profile":{}}]"#,
            r#"[{"id":"","status":"A","profile":{}}]"#,
            r#"[{"id":1,"status":"A","profile":{}}]"#,
            r#"[{"id":null,"status":"A","profile":{}}]"#,
            r#"[{"id":"1","profile":{}}]"#,
            r#"[{"id":"1","status":null,"profile":{}}]"#,
            r#"[{"id":"1","status":"A","profile":null}]"#,
            r#"[{"id":"1","status":"A","profile":[]}]"#,
            r#"["1"]"#,
            "[null]",
            "[{\"id\":\"1\",\"status\":\"A\",\"profile\":{\"a\":\"\u{1}\"}}]",
        ] {
            assert!(read(page, &wanted(&[], &["a"])).is_err(), "{page}");
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let page = |field: usize, attribute: usize| {
            let (field, attribute) = (nested(field), nested(attribute));
            format!(r#"[{{"id":"1","status":"A","f":{field},"profile":{{"a":{attribute}}}}}]"#)
        };
        for wanted in [wanted(&[], &[]), wanted(&["f"], &["a"])] {
            assert!(read(&page(62, 61), &wanted).is_ok());
            assert!(read(&page(63, 61), &wanted).is_err());
            assert!(read(&page(62, 62), &wanted).is_err());
            assert!(read(&page(1_000_000, 1), &wanted).is_err());
        }
    }

    #[test]
    fn an_error_of_the_taker_ends_the_reading() {
        let page = r#"[{"id":"1","status":"A","profile":{}},{"id":"2","status":"A","profile":{}}]"#;
        let mut taken = 0;
        let read = read_members(page.as_bytes(), &wanted(&[], &[]), &mut |_| {
            taken += 1;
            Err(Error::Usage("enough".into()))
        });
        assert!(matches!(read, Err(PageError::Taker(Error::Usage(_)))));
        assert_eq!(taken, 1);
    }
}
