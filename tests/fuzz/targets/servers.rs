//! What servers answer: Link headers, Okta's and UMAPI's JSON. The clients read them over a
//! real connection, for that is their only door.

use super::files::request;
use super::fuzz;
use crate::servers::{Servers, world};
use crate::support::Folder;
use serde_json::{Value, json};
use user_sync::adobe::{Listing, Mode};
use user_sync::config::{Config, Source};
use user_sync::model::command::{Command, Step, Subject};
use user_sync::model::names::AdobeName;
use user_sync::okta::{Group, Okta};
use user_sync::os::signals::Stop;
use user_sync::record::Wanted;
use user_sync::text::Texts;

/// The servers, whose next answers are given; nothing is tried twice.
pub(super) fn start() -> Servers {
    let mut servers = Servers::new(world());
    servers.retries = 0;
    servers
}

/// Gives that answer from now on.
fn answer(servers: &Servers, service: &str, mut answer: Value) {
    answer["service"] = json!(service);
    answer["times"] = json!(5);
    servers.sim.clear_faults();
    servers.sim.clear_log();
    servers.sim.fault(answer);
}

/// A header can hold no line ends, and the simulator writes text.
fn header(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(8000)
        .collect();
    text
}

#[test]
fn link_headers() {
    let servers = start();
    let corpus: [&[u8]; 5] = [
        br#"<https://localhost/api/v1/groups/1/users?limit=1>; rel="self", <https://localhost/api/v1/groups/1/users?after=1&limit=1>; rel="next""#,
        br#"</api/v1/groups?after=2>;rel=next;title="a, b; c""#,
        br#"<https://user@other.example:8443/api/v1/x?y=%20,;#z>; REL="prev NEXT""#,
        br#"<https://x/api/v1/../../admin>; rel="next""#,
        br#"<https://[::1]:99/api/v1/a>; rel*=utf-8''next; rel=next"#,
    ];
    fuzz("Link header", 60, &corpus, |bytes| {
        let link = json!({ "Link": header(bytes) });
        answer(
            &servers,
            "okta",
            json!({"status": 200, "headers": link, "body": []}),
        );
        // Whatever comes of it, nothing else is asked for.
        servers.okta().list_groups().ok();
        for exchange in servers.sim.requests() {
            assert!(
                exchange.target.starts_with("/api/v1/"),
                "{}",
                exchange.target
            );
        }
    });
}

#[test]
fn other_headers() {
    let servers = start();
    let corpus: [&[u8]; 6] = [
        b"120",
        b"Mon, 02 Mar 2026 10:44:49 GMT",
        b"1772448301",
        b"-1",
        b"1e9",
        b"gzip, chunked",
    ];
    fuzz("other headers", 40, &corpus, |bytes| {
        let value = header(bytes);
        let headers = json!({"Retry-After": value, "X-Rate-Limit-Limit": value, "X-Rate-Limit-Remaining": value,
                             "X-Rate-Limit-Reset": value, "Date": value, "Content-Type": value,
                             "X-Okta-Request-Id": value, "WWW-Authenticate": value});
        for status in [200, 429, 401] {
            answer(
                &servers,
                "okta",
                json!({"status": status, "headers": headers, "body": []}),
            );
            servers.okta().list_groups().ok();
        }
    });
}

#[test]
fn json_of_okta() {
    let servers = start();
    let corpus: [&[u8]; 5] = [
        br#"[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"Design","description":""}}]"#,
        br#"[{"id":"00u1","status":"ACTIVE","created":"2025-03-13T23:36:25.000Z","activated":null,"type":{"id":"oty1"},"profile":{"login":"a@example.com","email":"a@example.com","firstName":"A","mobilePhone":null,"number123":1,"array123":["x",1.5,true]},"credentials":{"provider":{"type":"OKTA","name":"OKTA"}},"_links":{"self":{"href":"https://x"}}}]"#,
        br#"{"errorCode":"E0000007","errorSummary":"Not found","errorLink":"E0000007","errorId":"oae","errorCauses":[{"errorSummary":"more"}]}"#,
        b"[]",
        b"[{},{},null,1,\"a\\u00e9\\ud83d\\ude00\"]",
    ];
    let mut wanted = Wanted {
        whole_profile: true,
        ..Wanted::default()
    };
    for name in ["type", "credentials", "created"] {
        wanted.field_slot(name);
    }
    for name in ["login", "email", "array123"] {
        wanted.profile_slot(name);
    }
    let group = Group {
        id: "00g1".into(),
        name: "Design".into(),
        kind: "OKTA_GROUP".into(),
    };
    fuzz("Okta JSON", 80, &corpus, |bytes| {
        let body = String::from_utf8_lossy(bytes);
        for status in [200, 400] {
            answer(&servers, "okta", json!({"status": status, "body": body}));
            let mut okta = servers.okta();
            okta.read_members(&group, &wanted, &mut |_| Ok(())).ok();
            okta.find_groups(&["Design".to_owned()]).ok();
            okta.find_users(&["a@example.com"], &wanted, &mut |_| Ok(()))
                .ok();
            okta.read_user("a@example.com", &wanted, &mut |_| Ok(()))
                .ok();
            okta.groups_of("00u1").ok();
        }
    });
}

#[test]
fn what_okta_says_to_a_service_app() {
    let servers = start();
    let folder = Folder::new();
    let key = rcgen::KeyPair::generate().unwrap();
    folder.write("key.pem", &key.serialize_pem());
    folder.write(
        "umapi.yml",
        "enterprise: {org_id: o, client_id: c, client_secret: s}",
    );
    let host = servers.sim.okta_host();
    let okta = format!("{{host: '{host}', client_id: c, private_key_file: key.pem, retries: 0}}");
    folder.write("okta.yml", &okta);
    let main = "adobe_users: {connectors: {umapi: umapi.yml}}
directory_users: {connectors: {okta: okta.yml}, groups: []}
limits: {max_adobe_only_users: 1}";
    folder.write("main.yml", main);
    let options = ["--connector", "okta", "--users", "mapped"];
    let config = Config::load(&request(folder.path(), &options), &Stop::default()).unwrap();
    let Source::Okta(config) = config.source else {
        panic!("{:?}", config.source);
    };
    let corpus: [&[u8]; 5] = [
        br#"{"token_type":"DPoP","expires_in":3600,"access_token":"eyJ","scope":"okta.groups.read"}"#,
        br#"{"error":"use_dpop_nonce","error_description":"Authorization server requires nonce in DPoP proof."}"#,
        br#"{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.","errorCauses":[]}"#,
        br#"DPoP realm="x", error="invalid_dpop_proof", error_description="already been used""#,
        br#"Bearer error="insufficient_scope",scope="a b""#,
    ];
    fuzz("Okta to a service app", 60, &corpus, |bytes| {
        let body = String::from_utf8_lossy(bytes);
        let value = header(bytes);
        let headers = json!({"WWW-Authenticate": value, "dpop-nonce": value});
        for status in [200, 400, 401, 403] {
            let given = json!({"status": status, "body": body, "headers": headers});
            answer(&servers, "okta", given);
            let mut okta = Okta::connect(&config, &servers.transport).unwrap();
            okta.list_groups().ok();
        }
    });
}

#[test]
fn json_of_umapi() {
    let servers = start();
    let corpus: [&[u8]; 8] = [
        br#"{"lastPage":true,"result":"success","users":[{"email":"a@example.com","status":"active","username":"a","domain":"example.com","firstname":"A","lastname":"B","country":"US","type":"federatedID","groups":["G","_admin_G"]}]}"#,
        br#"{"lastPage":true,"result":"success","groups":[{"groupId":4711,"groupName":"G","type":"USER_GROUP","memberCount":3}]}"#,
        br#"{"result":"success","user":{"email":"a@example.com","type":"adobeID"}}"#,
        br#"{"completed":1,"notCompleted":1,"completedInTestMode":0,"result":"partial","errors":[{"index":1,"step":0,"requestID":"action_2","user":"b@example.com","errorCode":"error.group.not_found","message":"m"}],"warnings":[{"index":0,"step":"1","warningCode":"w","message":"m"}]}"#,
        br#"{"result":"error.organization.invalid_id","message":"Bad organization Id"}"#,
        br#"{"error_code":"429050","message":"Too many requests"}"#,
        br#"{"access_token":"ey","token_type":"bearer","expires_in":86399}"#,
        br#"{"error":"invalid_client","error_description":"invalid client_secret parameter"}"#,
    ];
    let command = Command {
        subject: Subject::User {
            root: "b@example.com",
            domain: None,
            use_adobe_id: false,
        },
        steps: vec![Step::Add(vec!["G"])],
    };
    fuzz("UMAPI JSON", 80, &corpus, |bytes| {
        let body = String::from_utf8_lossy(bytes);
        for (service, status) in [
            ("umapi", 200),
            ("umapi", 404),
            ("token", 200),
            ("token", 400),
        ] {
            answer(&servers, service, json!({"status": status, "body": body}));
            let mut umapi = servers.umapi();
            let mut texts = Texts::default();
            umapi.read_groups().ok();
            umapi.read_users(Listing::All, &mut texts).ok();
            umapi
                .find_users(&[AdobeName::Email("a@example.com")], &mut texts)
                .ok();
            umapi
                .send(
                    &[("action_1", &command), ("action_2", &command)],
                    Mode::Live,
                    None,
                )
                .ok();
        }
    });
}
