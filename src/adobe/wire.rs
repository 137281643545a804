//! UMAPI's JSON: pages of users and groups, and errors.
//!
//! Users are read straight from the page into the roster. A page that is not what it must be is
//! refused as a whole. Knows no network and no rule of what a user means.

use std::borrow::Cow;

use serde::Deserialize;

use super::roster::{Roster, UserRecord};
use crate::http::reader::{Malformed, Names, Reader};
use crate::http::{Parts, json};
use crate::model::{IdentityType, ListId};
use crate::text;

/// What a page of users says beside its users.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UsersPage {
    pub(super) is_last: bool,
    /// Users that are new in this listing.
    pub(super) new: usize,
}

/// Puts the users of a page into the roster. The error says what is wrong with the page.
pub(super) fn read_users(page: &[u8], roster: &mut Roster<'_>) -> Result<UsersPage, String> {
    match read_page(page, roster)? {
        (page, true) => Ok(page),
        (_, false) => Err("it holds no list of users".into()),
    }
}

/// Puts the one user of an answer into the roster, and says of what type it is. It must be the one
/// of that name.
pub(super) fn read_user(
    answer: &[u8],
    name: &str,
    roster: &mut Roster<'_>,
) -> Result<Option<IdentityType>, String> {
    let (mut result, mut user) = (None, None);
    let mut names = Names::new(&Field::of);
    let mut json = Reader::new(answer)?;
    json.object::<String>(|json, name| {
        match name.as_ref() {
            "result" => result = Some(json.text()?),
            "user" => user = Some(read_record(json, &mut names, roster)?),
            _ => json.skip()?,
        }
        Ok(())
    })?;
    json.end()?;
    check_result(result.as_deref())?;
    let user = user.ok_or("it holds no user")?;
    if !text::same(&user.email, name) && !text::same(&user.username, name) {
        return Err("it is about another user".into());
    }
    roster.take(&user);
    Ok(user.identity_type)
}

/// The second value: whether there is a list of users.
fn read_page(page: &[u8], roster: &mut Roster<'_>) -> Result<(UsersPage, bool), String> {
    let mut read = UsersPage::default();
    let (mut result, mut has_users) = (None, false);
    let mut names = Names::new(&Field::of);
    let mut json = Reader::new(page)?;
    json.object::<String>(|json, name| {
        match name.as_ref() {
            "lastPage" => read.is_last = truth(json.value()?)?,
            "result" => result = Some(json.text()?),
            "users" => {
                json.list(|json| {
                    let record = read_record(json, &mut names, roster)?;
                    read.new += usize::from(roster.take(&record));
                    Ok::<_, Malformed>(())
                })?;
                has_users = true;
            }
            _ => json.skip()?,
        }
        Ok(())
    })?;
    json.end()?;
    check_result(result.as_deref())?;
    Ok((read, has_users))
}

fn truth(value: &str) -> Result<bool, String> {
    value
        .parse()
        .map_err(|_| format!("lastPage is {value}, not true or false"))
}

fn check_result(result: Option<&str>) -> Result<(), String> {
    match result {
        None | Some("success") => Ok(()),
        Some(other) => Err(format!("its result is {other}")),
    }
}

/// What a name in a user record means.
enum Field {
    Email,
    Username,
    Domain,
    Firstname,
    Lastname,
    Country,
    Type,
    Groups,
    Unwanted,
}

impl Field {
    fn of(name: Cow<'_, str>) -> Field {
        match name.as_ref() {
            "email" => Field::Email,
            "username" => Field::Username,
            "domain" => Field::Domain,
            "firstname" => Field::Firstname,
            "lastname" => Field::Lastname,
            "country" => Field::Country,
            "type" => Field::Type,
            "groups" => Field::Groups,
            _ => Field::Unwanted,
        }
    }
}

/// A user; the roster learns its groups.
fn read_record<'p>(
    json: &mut Reader<'p>,
    names: &mut Names<'p, '_, Field>,
    roster: &mut Roster<'_>,
) -> Result<UserRecord<'p>, Malformed> {
    let mut record = UserRecord::default();
    let mut identity_type = Cow::Borrowed("");
    json.object_of::<_, Malformed>(names, |json, field| {
        let place = match field {
            Field::Email => &mut record.email,
            Field::Username => &mut record.username,
            Field::Domain => &mut record.domain,
            Field::Firstname => &mut record.firstname,
            Field::Lastname => &mut record.lastname,
            Field::Country => &mut record.country,
            Field::Type => &mut identity_type,
            Field::Groups => {
                record.groups = read_groups_of_user(json, roster)?;
                return Ok(());
            }
            Field::Unwanted => return json.skip(),
        };
        *place = optional_text(json)?;
        Ok(())
    })?;
    record.identity_type = IdentityType::parse(&identity_type);
    Ok(record)
}

/// A text; null is the empty one, as is a field that is not there.
#[inline(always)]
fn optional_text<'p>(json: &mut Reader<'p>) -> Result<Cow<'p, str>, Malformed> {
    if json.is_null()? {
        Ok(Cow::Borrowed(""))
    } else {
        json.text()
    }
}

/// The groups of a user. Null is no group, as is a field that is not there.
fn read_groups_of_user(
    json: &mut Reader<'_>,
    roster: &mut Roster<'_>,
) -> Result<ListId, Malformed> {
    let mut list = ListId::default();
    if json.is_null()? {
        return Ok(list);
    }
    json.list(|json| {
        list = roster.with_group(list, &optional_text(json)?);
        Ok::<_, Malformed>(())
    })?;
    Ok(list)
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

/// What is read of an answer with users, or with an error.
pub(super) fn user_parts() -> Parts {
    let user = Parts::of([
        "email",
        "username",
        "domain",
        "firstname",
        "lastname",
        "country",
        "type",
        "groups",
    ]);
    parts_of_page()
        .with("users", user.clone())
        .with("user", user)
}

/// What is read of an answer with groups, or with an error.
pub(super) fn group_parts() -> Parts {
    parts_of_page().with("groups", Parts::of(["groupName", "type", "memberCount"]))
}

fn parts_of_page() -> Parts {
    Parts::of(["lastPage"].into_iter().chain(CODES).chain(TEXTS))
}

/// The fields that code and text of an error may have.
const CODES: [&str; 4] = ["errorCode", "error_code", "result", "error"];
const TEXTS: [&str; 3] = ["message", "errorMessage", "error_description"];

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
