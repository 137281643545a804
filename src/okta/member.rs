//! The members on a page, straight from Okta's JSON: what nobody wants is skipped, what is wanted
//! is borrowed from the page.
//!
//! A page that is not what it must be is refused as a whole. Knows no network and no rule of what
//! a user means.

use std::borrow::Cow;

use crate::error::Error;
use crate::http::reader::{Kind, Malformed, Names, Reader};
use crate::record::{Json, Record, Wanted};

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

impl From<Malformed> for PageError {
    fn from(malformed: Malformed) -> PageError {
        PageError::Page(malformed.into())
    }
}

/// What a page holds beside what was handed out.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) count: usize,
    /// The id of the first one; empty if there is none.
    pub(super) first: String,
    /// The id of one that has neither login nor e-mail.
    nameless: Option<String>,
    /// An id that more than one has.
    repeated: Option<String>,
}

impl Members {
    /// A list of Okta's names everybody, and each once. A page that does not is none of Okta's,
    /// or damaged: people whom nobody can name cannot be protected.
    pub(super) fn check(&self) -> Result<(), String> {
        match (&self.nameless, &self.repeated) {
            (Some(id), _) => Err(format!("the member {id} has neither login nor e-mail")),
            (None, Some(id)) => Err(format!("the member {id} is on it more than once")),
            (None, None) => Ok(()),
        }
    }
}

/// Hands every member of a page to `each`.
pub(super) fn read_members(
    page: &[u8],
    wanted: &Wanted,
    each: &mut Each<'_>,
) -> Result<Members, PageError> {
    let mut record = Record {
        id: Cow::Borrowed(""),
        status: Cow::Borrowed(""),
        fields: vec![None; wanted.fields.len()],
        profile: vec![None; wanted.profile.len()],
        further_profile: Vec::new(),
    };
    let mut members = Members::default();
    let mut ids: Vec<Cow<'_, str>> = Vec::new();
    let field = |name: Cow<'_, str>| Field::of(&name, wanted);
    let attribute = |name| Attribute::of(name, wanted);
    let mut names = MemberNames {
        fields: Names::new(&field),
        attributes: Names::new(&attribute),
    };
    let mut json = Reader::new(page)?;
    json.list(|json| {
        let has_name = read_member(json, &mut names, &mut record).map_err(PageError::Page)?;
        let id = || record.id.as_ref().to_owned();
        if members.count == 0 {
            members.first = id();
        }
        if !has_name {
            members.nameless = Some(id());
        }
        ids.push(record.id.clone());
        members.count += 1;
        each(&record).map_err(PageError::Taker)
    })?;
    json.end()?;
    members.repeated = repeated(ids);
    Ok(members)
}

/// An id that is there twice. Pages come in the order of their ids, so that sorting costs less than
/// a table would.
fn repeated(mut ids: Vec<Cow<'_, str>>) -> Option<String> {
    ids.sort_unstable();
    let pair = ids.windows(2).find(|pair| pair.first() == pair.last())?;
    pair.first().map(|id| id.as_ref().to_owned())
}

/// The names on the page.
struct MemberNames<'p, 'm> {
    fields: Names<'p, 'm, Field>,
    attributes: Names<'p, 'm, Attribute<'p>>,
}

/// What a name at the top of a member means.
enum Field {
    Id,
    Status,
    Profile,
    /// By its slot in the record.
    Wanted(usize),
    Unwanted,
}

impl Field {
    fn of(name: &str, wanted: &Wanted) -> Field {
        match name {
            "id" => Field::Id,
            "status" => Field::Status,
            "profile" => Field::Profile,
            name => position(&wanted.fields, name).map_or(Field::Unwanted, Field::Wanted),
        }
    }
}

/// What a name of a profile means.
struct Attribute<'p> {
    name: Cow<'p, str>,
    slot: Option<usize>,
    /// Without a slot, but the whole profile is wanted.
    is_further: bool,
    /// It names the member.
    is_name: bool,
}

impl<'p> Attribute<'p> {
    fn of(name: Cow<'p, str>, wanted: &Wanted) -> Attribute<'p> {
        let slot = position(&wanted.profile, &name);
        Attribute {
            slot,
            is_further: slot.is_none() && wanted.whole_profile,
            is_name: matches!(name.as_ref(), "login" | "email"),
            name,
        }
    }
}

/// Fills the record with one member and says whether the member has a login or an e-mail.
fn read_member<'p>(
    json: &mut Reader<'p>,
    names: &mut MemberNames<'p, '_>,
    record: &mut Record<'p>,
) -> Result<bool, String> {
    record.fields.fill(None);
    let (mut has_id, mut has_status, mut has_profile) = (false, false, false);
    let mut has_name = false;
    json.object_of::<_, String>(&mut names.fields, |json, field| {
        match field {
            Field::Id => {
                record.id = json.text()?;
                has_id = !record.id.is_empty();
            }
            Field::Status => {
                record.status = json.text()?;
                has_status = true;
            }
            Field::Profile => {
                has_name = read_profile(json, &mut names.attributes, record)?;
                has_profile = true;
            }
            Field::Wanted(slot) => set(&mut record.fields, *slot, read_value(json)?),
            Field::Unwanted => json.skip()?,
        }
        Ok(())
    })?;
    let needed = [
        (has_id, "id"),
        (has_status, "status"),
        (has_profile, "profile"),
    ];
    match needed.iter().find(|(is_there, _)| !is_there) {
        Some((_, name)) => Err(format!("a member without {name}")),
        None => Ok(has_name),
    }
}

/// Fills the profile of the record and says whether there is a login or an e-mail in it.
fn read_profile<'p>(
    json: &mut Reader<'p>,
    names: &mut Names<'p, '_, Attribute<'p>>,
    record: &mut Record<'p>,
) -> Result<bool, String> {
    record.profile.fill(None);
    record.further_profile.clear();
    let mut has_name = false;
    json.object_of::<_, String>(names, |json, attribute| {
        if attribute.slot.is_none() && !attribute.is_further && !attribute.is_name {
            json.skip()?;
            return Ok(());
        }
        // Nearly all are texts: those without a call.
        let value = match json.kind() {
            Kind::Text => Json::Text(json.text()?),
            _ => read_value(json)?,
        };
        has_name |= attribute.is_name && matches!(&value, Json::Text(text) if !text.is_empty());
        match attribute.slot {
            Some(slot) => set(&mut record.profile, slot, value),
            None if attribute.is_further => {
                record.further_profile.push((attribute.name.clone(), value));
            }
            None => {}
        }
        Ok(())
    })?;
    Ok(has_name)
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name)
}

fn set<'p>(slots: &mut [Option<Json<'p>>], slot: usize, value: Json<'p>) {
    if let Some(place) = slots.get_mut(slot) {
        *place = Some(value);
    }
}

/// A value of any type.
fn read_value<'p>(json: &mut Reader<'p>) -> Result<Json<'p>, String> {
    Ok(match json.kind() {
        Kind::Text => Json::Text(json.text()?),
        Kind::List => {
            let mut items = Vec::new();
            json.list::<String>(|json| {
                items.push(read_value(json)?);
                Ok(())
            })?;
            Json::List(items)
        }
        Kind::Object => {
            let mut entries = Vec::new();
            json.object::<String>(|json, name| {
                entries.push((name, read_value(json)?));
                Ok(())
            })?;
            Json::Dict(entries)
        }
        Kind::Other => scalar(json.value()?)?,
    })
}

/// `null`, a truth value or a number, as it stands on the page.
fn scalar(text: &str) -> Result<Json<'static>, String> {
    match text {
        "null" => return Ok(Json::Null),
        "true" => return Ok(Json::Bool(true)),
        "false" => return Ok(Json::Bool(false)),
        _ => {}
    }
    let number: serde_json::Number =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let whole = number.as_i64().map(Json::Integer);
    let number = whole.or_else(|| number.as_f64().map(Json::Float));
    number.ok_or_else(|| format!("{text} is no number"))
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
            Ok(read) => {
                assert_eq!(read.count, members.len());
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
    fn a_page_names_everybody_and_each_once() {
        let member = |id: &str, profile: &str| {
            format!(r#"{{"id":"{id}","profile":{{{profile}}},"status":"ACTIVE"}}"#)
        };
        let ann = member("1", r#""login":"ann@x.com""#);
        let bob = member("2", r#""email":"bob@x.com","login":null"#);
        for (page, is_good) in [
            (vec![], true),
            (vec![ann.clone(), bob.clone()], true),
            (vec![ann.clone(), bob.clone(), ann.clone()], false),
            (vec![ann.clone(), member("3", "")], false),
            (vec![member("3", r#""login":"","email":"""#)], false),
            // They are there, if only blanks: the plan sees to such a person.
            (vec![member("3", r#""login":"","email":" ""#)], true),
            (vec![member("3", r#""login":null,"email":7"#)], false),
            (vec![member("3", r#""displayName":"ann@x.com""#)], false),
        ] {
            let page = format!("[{}]", page.join(","));
            // Whatever a run wants of the members.
            for names in [&[][..], &["login"], &["a", "email"]] {
                let read = read_members(page.as_bytes(), &wanted(&[], names), &mut |_| Ok(()));
                assert_eq!(read.unwrap().check().is_ok(), is_good, "{page}");
            }
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
