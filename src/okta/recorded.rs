//! Real answers of Okta through the reader, unchanged. They are other people's data and not part
//! of this repository: where they are not beside it, there is nothing to check.

use std::path::PathBuf;

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::{member, page, wire};
use crate::record::{Json, Wanted};

/// Headers and body of a recording.
fn recording(name: &str) -> Option<(HeaderMap, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/recorded");
    let Ok(body) = std::fs::read(folder.join(format!("{name}.json"))) else {
        eprintln!("skipped: no recording {name}");
        return None;
    };
    let text = std::fs::read_to_string(folder.join(format!("{name}.headers"))).unwrap();
    let lines = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "));
    let headers = lines.map(|(name, value)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    let mut map = HeaderMap::new();
    headers.for_each(|(name, value)| {
        map.append(name, value);
    });
    Some((map, body))
}

/// Id, status and the wanted attributes of each member.
fn members(body: &[u8], names: &[&str]) -> Vec<(String, String, Vec<Option<Json<'static>>>)> {
    let mut wanted = Wanted::default();
    for name in names {
        wanted.profile_slot(name);
    }
    let mut members = Vec::new();
    member::read_members(body, &wanted, &mut |record| {
        let profile: Vec<_> = record
            .profile
            .iter()
            .map(|value| value.as_ref().map(owned))
            .collect();
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
        other => panic!("{other:?} is in no recording"),
    }
}

fn text(text: &str) -> Option<Json<'static>> {
    Some(Json::Text(text.to_owned().into()))
}

#[test]
fn members_of_a_group_are_read() {
    let Some((headers, body)) = recording("group_members_three") else {
        return;
    };
    let members = members(&body, &["lastName", "mobilePhone", "costCenter"]);
    let names: Vec<_> = members
        .iter()
        .map(|(_, _, profile)| profile[0].clone())
        .collect();
    assert_eq!(names, [text("Python"), text("Jenkins"), text("Smith")]);
    assert_eq!(members[0].0, "00ukwr4ejhMytJ0ja1d7");
    assert!(members.iter().all(|(_, status, _)| status == "PROVISIONED"));
    assert_eq!(members[0].2[1..], [Some(Json::Null), None]);
    assert_eq!(
        page::Walk::new("/api/v1/a").next(&headers, &page::Content::default()),
        Ok(None)
    );
}

#[test]
fn an_empty_group_and_an_empty_search_are_whole_lists() {
    for name in ["group_members_empty", "groups_q_empty"] {
        let Some((headers, body)) = recording(name) else {
            return;
        };
        assert!(members(&body, &[]).is_empty());
        assert!(wire::read_groups(&body).unwrap().is_empty());
        assert_eq!(
            page::Walk::new("/api/v1/a").next(&headers, &page::Content::default()),
            Ok(None)
        );
    }
}

#[test]
fn groups_are_read() {
    let Some((_, body)) = recording("groups_q_prefix") else {
        return;
    };
    let groups = wire::read_groups(&body).unwrap();
    let names: Vec<_> = groups
        .iter()
        .map(|group| group.profile.name.as_str())
        .collect();
    assert_eq!(names, ["testAcc_1056686360", "testAcc_1056686360_MORE"]);
    assert!(
        groups
            .iter()
            .all(|group| group.kind.as_deref() == Some("OKTA_GROUP"))
    );
}

#[test]
fn the_next_page_is_found() {
    let Some((headers, body)) = recording("users_search_next_link") else {
        return;
    };
    assert_eq!(members(&body, &[]).len(), 1);
    let next = page::Walk::new("/api/v1/users")
        .next(&headers, &page::Content::default())
        .unwrap()
        .unwrap();
    let start = "/api/v1/users?after=00uvo7s8abwP37lV81d7&limit=1&search=profile.lastName+eq";
    assert!(next.path.starts_with(start), "{}", next.path);
    assert_eq!(next.host.as_deref(), Some("example.okta.com"));
}

#[test]
fn custom_attributes_keep_their_types() {
    let Some((_, body)) = recording("user_custom_array_number") else {
        return;
    };
    let list = [b"[", body.as_slice(), b"]"].concat();
    let members = members(&list, &["array123", "number123"]);
    let array = Json::List(vec![Json::Text("test".into())]);
    assert_eq!(members[0].2, [Some(array), Some(Json::Integer(1))]);
}

#[test]
fn errors_are_told() {
    for (name, start) in [
        (
            "error_400_E0000001",
            "E0000001 Api validation failed: newUser (Property name",
        ),
        ("error_401_E0000015", "E0000015 You do not have permission"),
        ("error_403_E0000148", "E0000148 Cannot modify/disable"),
        (
            "error_404_E0000007",
            "E0000007 Not found: Resource not found",
        ),
        (
            "error_500_E0000009",
            "E0000009 Internal Server Error [error id oae",
        ),
    ] {
        let Some((_, body)) = recording(name) else {
            return;
        };
        let told = wire::told(&body);
        assert!(told.starts_with(start), "{told}");
        assert!(wire::read_groups(&body).is_err());
    }
}
