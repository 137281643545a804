//! Whole answers in the form in which Okta sends them (the people are made up), through the reader.

use ureq::http::{HeaderMap, HeaderValue};

use super::{member, page, wire};
use crate::record::{Json, Wanted};

/// An attribute without a value is null or absent; `_links` has only `self` in lists.
const MEMBERS: &str = r#"[{"id":"00uAnn","status":"PROVISIONED","created":"2026-03-13T23:36:25.000Z","activated":"2026-03-13T23:36:25.000Z","statusChanged":"2026-03-13T23:36:25.000Z","lastLogin":null,"lastUpdated":"2026-03-13T23:36:25.000Z","passwordChanged":null,"type":{"id":"oty1"},"profile":{"firstName":"Ann","lastName":"Lee","mobilePhone":null,"secondEmail":null,"login":"ann@example.com","email":"ann@example.com"},"credentials":{"provider":{"type":"OKTA","name":"OKTA"}},"_links":{"self":{"href":"https://example.okta.com/api/v1/users/00uAnn"}}},{"id":"00uBo","status":"ACTIVE","created":"2026-03-13T23:36:25.000Z","activated":null,"statusChanged":null,"lastLogin":null,"lastUpdated":"2026-03-13T23:36:25.000Z","passwordChanged":null,"type":{"id":"oty1"},"profile":{"firstName":"Bo","phones":["1","2"],"level":3,"lastName":"Ek","login":"bo@example.com","email":"bo@example.com"},"credentials":{"password":{},"provider":{"type":"OKTA","name":"OKTA"}},"_links":{"self":{"href":"https://example.okta.com/api/v1/users/00uBo"}}}]"#;

/// `logo` is a list among objects; `q` matches the beginnings of names.
const GROUPS: &str = r#"[{"id":"00gDesign","created":"2026-03-13T23:24:20.000Z","lastUpdated":"2026-03-13T23:24:20.000Z","lastMembershipUpdated":"2026-03-13T23:24:20.000Z","objectClass":["okta:user_group"],"type":"OKTA_GROUP","profile":{"name":"Design","description":""},"_links":{"logo":[{"name":"medium","href":"https://example.okta.com/logo.png","type":"image/png"}],"users":{"href":"https://example.okta.com/api/v1/groups/00gDesign/users"},"apps":{"href":"https://example.okta.com/api/v1/groups/00gDesign/apps"}}},{"id":"00gDesigners","created":"2026-03-13T23:24:20.000Z","lastUpdated":"2026-03-13T23:24:20.000Z","lastMembershipUpdated":"2026-03-13T23:24:20.000Z","objectClass":["okta:windows_security_principal"],"type":"APP_GROUP","profile":{"name":"Designers","description":null,"dn":"CN=Designers"},"_links":{"logo":[],"users":{"href":"https://example.okta.com/api/v1/groups/00gDesigners/users"}}}]"#;

const SELF: &str =
    r#"<https://example.okta.com/api/v1/groups/00gDesign/users?limit=200>; rel="self""#;
/// The server writes the address anew: the cursor first, blanks as `+`.
const NEXT: &str = r#"<https://example.okta.com/api/v1/groups/00gDesign/users?after=00uBo&limit=200&search=profile.lastName+eq+%22Lee%22>; rel="next""#;

/// A `Link` header line for each relation.
fn linked(links: &[&'static str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for link in links {
        headers.append("link", HeaderValue::from_static(link));
    }
    headers
}

/// Id, status and the wanted attributes of each member.
fn members(body: &str, names: &[&str]) -> Vec<(String, String, Vec<Option<Json<'static>>>)> {
    let mut wanted = Wanted::default();
    for name in names {
        wanted.profile_slot(name);
    }
    let mut members = Vec::new();
    member::read_members(body.as_bytes(), &wanted, &mut |record| {
        let profile = record.profile.iter();
        let profile = profile.map(|value| value.as_ref().map(owned)).collect();
        members.push((record.id.to_string(), record.status.to_string(), profile));
        Ok(())
    })
    .unwrap();
    members
}

fn owned(value: &Json<'_>) -> Json<'static> {
    match value {
        Json::Null => Json::Null,
        Json::Integer(number) => Json::Integer(*number),
        Json::Text(text) => Json::Text(text.to_string().into()),
        Json::List(items) => Json::List(items.iter().map(owned).collect()),
        other => panic!("{other:?} is in no answer here"),
    }
}

fn text(text: &'static str) -> Json<'static> {
    Json::Text(text.into())
}

#[test]
fn members_are_read_with_the_types_of_their_attributes() {
    let read = members(MEMBERS, &["lastName", "mobilePhone", "phones", "level"]);
    let phones = Json::List(vec![text("1"), text("2")]);
    let expected = [
        (
            "00uAnn",
            "PROVISIONED",
            vec![Some(text("Lee")), Some(Json::Null), None, None],
        ),
        (
            "00uBo",
            "ACTIVE",
            vec![Some(text("Ek")), None, Some(phones), Some(Json::Integer(3))],
        ),
    ];
    let expected =
        expected.map(|(id, status, profile)| (id.to_owned(), status.to_owned(), profile));
    assert_eq!(read, expected);
}

#[test]
fn groups_are_read_with_their_types() {
    let groups = wire::read_groups(GROUPS.as_bytes()).unwrap();
    let read: Vec<_> = groups
        .iter()
        .map(|group| (group.profile.name.as_str(), group.kind.as_deref()))
        .collect();
    let expected = [
        ("Design", Some("OKTA_GROUP")),
        ("Designers", Some("APP_GROUP")),
    ];
    assert_eq!(read, expected);
}

#[test]
fn an_empty_list_with_a_link_to_itself_is_a_whole_list() {
    assert!(members("[]", &[]).is_empty());
    let next = page::Walk::new("/api/v1/groups/00gDesign/users")
        .next(&linked(&[SELF]), &page::Content::default());
    assert_eq!(next, Ok(None));
}

#[test]
fn the_next_page_is_found_in_a_header_line_of_its_own() {
    let next = page::Walk::new("/api/v1/groups/00gDesign/users")
        .next(&linked(&[SELF, NEXT]), &page::Content::default())
        .unwrap()
        .unwrap();
    let path =
        "/api/v1/groups/00gDesign/users?after=00uBo&limit=200&search=profile.lastName+eq+%22Lee%22";
    assert_eq!(
        (next.path.as_str(), next.host.as_deref()),
        (path, Some("example.okta.com"))
    );
}

#[test]
fn an_error_is_no_list() {
    let error = r#"{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: 00gX (UserGroup)","errorLink":"E0000007","errorId":"oaeX","errorCauses":[]}"#;
    assert_eq!(
        wire::told(error.as_bytes()),
        "E0000007 Not found: Resource not found: 00gX (UserGroup) [error id oaeX]"
    );
    assert!(wire::read_groups(error.as_bytes()).is_err());
}
