//! UMAPI's JSON: pages of users and groups, and errors.
//!
//! Users are read straight from the page into the roster. A page that is not what it must be is
//! refused as a whole. Knows no network and no rule of what a user means.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::roster::{Roster, UserRecord};
use crate::http::json::{self, Levels};
use crate::model::{IdentityType, ListId};

/// The fields of a page lie in one level, those of a user in three.
const IN_PAGE: usize = 1;
const IN_USER: usize = 3;

/// What a page of users says beside its users.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UsersPage {
    pub(super) is_last: bool,
    /// Users that are new in this listing.
    pub(super) new: usize,
}

/// Puts the users of a page into the roster. The error says what is wrong with the page.
pub(super) fn read_users(page: &[u8], roster: &mut Roster<'_>) -> Result<UsersPage, String> {
    let mut json = json::reader(page)?;
    let read = json
        .deserialize_map(Page { roster })
        .and_then(|read| json.end().map(|()| read));
    let Read {
        page,
        result,
        has_users,
    } = read.map_err(|error| error.to_string())?;
    check_result(result.as_deref())?;
    match has_users {
        true => Ok(page),
        false => Err("it holds no list of users".into()),
    }
}

/// Puts the one user of an answer into the roster.
pub(super) fn read_user(answer: &[u8], roster: &mut Roster<'_>) -> Result<(), String> {
    let mut json = json::reader(answer)?;
    let read = json
        .deserialize_map(Page { roster })
        .and_then(|read| json.end().map(|()| read));
    let read = read.map_err(|error| error.to_string())?;
    check_result(read.result.as_deref())?;
    match read.page.new {
        0 => Err("it holds no user".into()),
        _ => Ok(()),
    }
}

fn check_result(result: Option<&str>) -> Result<(), String> {
    match result {
        None | Some("success") => Ok(()),
        Some(other) => Err(format!("its result is {other}")),
    }
}

struct Read<'p> {
    page: UsersPage,
    result: Option<Cow<'p, str>>,
    has_users: bool,
}

struct Page<'r, 't> {
    roster: &'r mut Roster<'t>,
}

impl<'p> Visitor<'p> for Page<'_, '_> {
    type Value = Read<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of users")
    }

    fn visit_map<A: MapAccess<'p>>(self, mut fields: A) -> Result<Read<'p>, A::Error> {
        let mut read = Read {
            page: UsersPage::default(),
            result: None,
            has_users: false,
        };
        while let Some(name) = fields.next_key::<Cow<'_, str>>()? {
            match name.as_ref() {
                "lastPage" => read.page.is_last = fields.next_value()?,
                "result" => read.result = Some(fields.next_value()?),
                "users" => {
                    let users = Users {
                        roster: &mut *self.roster,
                    };
                    read.page.new += fields.next_value_seed(users)?;
                    read.has_users = true;
                }
                "user" => {
                    let user = User {
                        roster: &mut *self.roster,
                    };
                    let record = fields.next_value_seed(user)?;
                    read.page.new += usize::from(self.roster.take(&record));
                }
                _ => {
                    fields.next_value_seed(Levels::inside(IN_PAGE))?;
                }
            }
        }
        Ok(read)
    }
}

struct Users<'r, 't> {
    roster: &'r mut Roster<'t>,
}

impl<'p> DeserializeSeed<'p> for Users<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'p> Visitor<'p> for Users<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of users")
    }

    fn visit_seq<A: SeqAccess<'p>>(self, mut users: A) -> Result<usize, A::Error> {
        let mut new = 0;
        while let Some(record) = users.next_element_seed(User {
            roster: &mut *self.roster,
        })? {
            new += usize::from(self.roster.take(&record));
        }
        Ok(new)
    }
}

struct User<'r, 't> {
    roster: &'r mut Roster<'t>,
}

impl<'p> DeserializeSeed<'p> for User<'_, '_> {
    type Value = UserRecord<'p>;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<UserRecord<'p>, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'p> Visitor<'p> for User<'_, '_> {
    type Value = UserRecord<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a user")
    }

    fn visit_map<A: MapAccess<'p>>(self, mut fields: A) -> Result<UserRecord<'p>, A::Error> {
        let mut record = UserRecord::default();
        while let Some(name) = fields.next_key::<FieldName>()? {
            match name {
                FieldName::Email => record.email = fields.next_value_seed(OptionalText)?,
                FieldName::Username => record.username = fields.next_value_seed(OptionalText)?,
                FieldName::Domain => record.domain = fields.next_value_seed(OptionalText)?,
                FieldName::Firstname => record.firstname = fields.next_value_seed(OptionalText)?,
                FieldName::Lastname => record.lastname = fields.next_value_seed(OptionalText)?,
                FieldName::Country => record.country = fields.next_value_seed(OptionalText)?,
                FieldName::Type => {
                    let word = fields.next_value_seed(OptionalText)?;
                    record.identity_type = IdentityType::parse(&word);
                }
                FieldName::Groups => {
                    let groups = Groups {
                        roster: &mut *self.roster,
                    };
                    record.groups = fields.next_value_seed(groups)?;
                }
                FieldName::Other => {
                    fields.next_value_seed(Levels::inside(IN_USER))?;
                }
            }
        }
        Ok(record)
    }
}

/// The fields of a user record that are read.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum FieldName {
    Email,
    Username,
    Domain,
    Firstname,
    Lastname,
    Country,
    Type,
    Groups,
    #[serde(other)]
    Other,
}

/// A text; null is the empty one, as is a field that is not there.
struct OptionalText;

impl<'p> DeserializeSeed<'p> for OptionalText {
    type Value = Cow<'p, str>;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<Cow<'p, str>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'p> Visitor<'p> for OptionalText {
    type Value = Cow<'p, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<Cow<'p, str>, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_borrowed_str<E>(self, text: &'p str) -> Result<Cow<'p, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'p, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// The groups of a user. Null is no group, as is a field that is not there.
struct Groups<'r, 't> {
    roster: &'r mut Roster<'t>,
}

impl<'p> DeserializeSeed<'p> for Groups<'_, '_> {
    type Value = ListId;

    fn deserialize<D: Deserializer<'p>>(self, json: D) -> Result<ListId, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'p> Visitor<'p> for Groups<'_, '_> {
    type Value = ListId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of group names")
    }

    fn visit_unit<E>(self) -> Result<ListId, E> {
        Ok(ListId::default())
    }

    fn visit_seq<A: SeqAccess<'p>>(self, mut names: A) -> Result<ListId, A::Error> {
        let mut list = ListId::default();
        while let Some(name) = names.next_element_seed(OptionalText)? {
            list = self.roster.with_group(list, &name);
        }
        Ok(list)
    }
}

/// A group as UMAPI lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AdobeGroup {
    #[serde(rename = "groupName")]
    pub name: String,
    /// `USER_GROUP`, `PRODUCT_PROFILE`, …; some groups come without.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    #[serde(rename = "memberCount", default)]
    pub member_count: Option<u64>,
}

/// A page of groups. Beyond the end it may have no list, and a result of its own.
#[derive(Debug, Deserialize)]
pub(super) struct GroupsPage {
    #[serde(rename = "lastPage", default)]
    pub(super) is_last: bool,
    #[serde(default)]
    pub(super) result: Option<String>,
    #[serde(default)]
    pub(super) groups: Option<Vec<AdobeGroup>>,
}

impl GroupsPage {
    /// The groups on this page, and the error that it is if it has none to offer. A page beyond
    /// the end (`is_first` is false) needs none.
    pub(super) fn into_groups(self, is_first: bool) -> Result<Vec<AdobeGroup>, String> {
        let is_beyond_the_end = !is_first && self.is_last && self.groups.is_none();
        if is_beyond_the_end {
            return Ok(Vec::new());
        }
        check_result(self.result.as_deref())?;
        self.groups
            .ok_or_else(|| "it holds no list of groups".into())
    }
}

pub(super) fn read_groups(page: &[u8]) -> Result<GroupsPage, String> {
    json::parse(page)
}

/// What an error body says: code and text, in any of the shapes that Adobe's servers use. Empty if
/// it says nothing.
pub(super) fn told(body: &[u8]) -> String {
    let [code, text] = code_and_text(body);
    match (code.is_empty(), text.is_empty()) {
        (true, _) => text,
        (_, true) => code,
        _ => format!("{code} {text}"),
    }
}

/// Adobe's code in an error body; empty if there is none.
pub(super) fn code(body: &[u8]) -> String {
    let [code, _] = code_and_text(body);
    code
}

fn code_and_text(body: &[u8]) -> [String; 2] {
    const CODES: [&str; 4] = ["errorCode", "error_code", "result", "error"];
    const TEXTS: [&str; 3] = ["message", "errorMessage", "error_description"];
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let first = |names: &[&str]| {
        let found = names.iter().find_map(|name| body.get(name)?.as_str());
        found.unwrap_or_default().to_owned()
    };
    [first(&CODES), first(&TEXTS)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AdobeOrg;
    use crate::text::Texts;

    fn read(pages: &[&str]) -> Result<AdobeOrg, String> {
        let mut texts = Texts::default();
        let mut roster = Roster::new(&mut texts);
        for page in pages {
            read_users(page.as_bytes(), &mut roster)?;
        }
        Ok(roster.into_org())
    }

    #[test]
    fn users_are_read_with_all_their_fields() {
        let page = r#"{"lastPage":false,"result":"success","users":[
            {"email":"Ann@x.com","status":"active","username":"ann","domain":"x.com","id":{"a":[]},
             "firstname":"Ann","lastname":"L\u00e9","country":"US","type":"federatedID",
             "groups":["A","_admin_A"," a "]},
            {"email":"bo@x.com","username":null,"type":"unknown","tags":["x"]},
            {"username":"bo@x.com","email":"bo@x.com","type":"adobeid","groups":null}]}"#;
        let org = read(&[page]).unwrap();
        let ann = &org.users[0];
        let names = (ann.email, ann.username, ann.domain);
        assert_eq!(names, ("Ann@x.com", "ann", "x.com"));
        let names = (ann.firstname, ann.lastname, ann.country);
        assert_eq!(names, ("Ann", "Lé", "US"));
        assert_eq!(ann.identity_type, Some(IdentityType::FederatedId));
        assert_eq!(org.group_lists.get(ann.groups), [0, 1]);
        assert_eq!(org.groups.name(crate::model::GroupId(1)), "_admin_A");
        assert_eq!(
            (org.users[1].username, org.users[1].identity_type),
            ("", None)
        );
        assert_eq!(org.users[2].identity_type, Some(IdentityType::AdobeId));
        assert_eq!(org.users.len(), 3);
    }

    #[test]
    fn a_page_tells_whether_it_is_the_last_and_what_was_new() {
        let mut texts = Texts::default();
        let mut roster = Roster::new(&mut texts);
        let page = br#"{"users":[{"email":"a"},{"email":"A"}],"lastPage":true}"#;
        let first = read_users(page, &mut roster).unwrap();
        assert_eq!(
            first,
            UsersPage {
                is_last: true,
                new: 1
            }
        );
        let again = read_users(br#"{"users":[{"email":"a"}]}"#, &mut roster).unwrap();
        assert_eq!(
            again,
            UsersPage {
                is_last: false,
                new: 0
            }
        );
    }

    #[test]
    fn a_page_that_is_not_what_it_must_be_is_refused() {
        for page in [
            "",
            "[]",
            "{}",
            r#"{"lastPage":true,"result":"success"}"#,
            r#"{"result":"success","users":null}"#,
            r#"{"result":"success","users":{}}"#,
            r#"{"result":"error.internal","users":[]}"#,
            r#"{"users":[],"result":"Not found"}"#,
            r#"{"users":[{"email":"a"}"#,
            r#"{"users":[{"email":"a"}]}x"#,
            r#"{"users":["a"]}"#,
            r#"{"users":[{"email":7}]}"#,
            r#"{"users":[{"groups":"A"}]}"#,
            r#"{"users":[{"groups":[7]}]}"#,
            r#"{"users":[],"lastPage":"yes"}"#,
        ] {
            assert!(read(&[page]).is_err(), "{page}");
        }
    }

    #[test]
    fn groups_end_in_either_way() {
        let groups = |page: &str, is_first| {
            let page = read_groups(page.as_bytes())?;
            let is_last = page.is_last;
            page.into_groups(is_first)
                .map(|groups| (groups.len(), is_last))
        };
        let full = r#"{"lastPage":true,"result":"success","groups":[{"groupName":"A","groupId":4,
            "type":"USER_GROUP","memberCount":3,"licenseQuota":"50"},{"groupName":"B"}]}"#;
        assert_eq!(groups(full, true), Ok((2, true)));
        let beyond = r#"{"lastPage":true,"result":"Not found"}"#;
        assert_eq!(groups(beyond, false), Ok((0, true)));
        assert!(groups(beyond, true).is_err());
        assert!(groups(r#"{"lastPage":false,"result":"success"}"#, false).is_err());
        assert!(groups(r#"{"lastPage":true,"result":"error.x","groups":[]}"#, false).is_err());
        assert!(groups("[]", true).is_err());
    }

    #[test]
    fn errors_are_told_in_every_shape() {
        for (body, expected) in [
            (
                r#"{"result":"error.organization.invalid_id","message":"m"}"#,
                "error.organization.invalid_id m",
            ),
            (r#"{"errorMessage":"m","errorCode":"c"}"#, "c m"),
            (r#"{"errorMessage":"m"}"#, "m"),
            (
                r#"{"error_code":"429050","message":"Too many requests"}"#,
                "429050 Too many requests",
            ),
            (
                r#"{"error":"invalid_client","error_description":"bad"}"#,
                "invalid_client bad",
            ),
            (r#"{"error":"invalid_client"}"#, "invalid_client"),
            (r#"["x"]"#, ""),
            ("<html>", ""),
            ("", ""),
        ] {
            assert_eq!(told(body.as_bytes()), expected, "{body}");
        }
    }
}
