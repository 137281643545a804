//! The faults of `testdata/cases` and the tenant's events do what the head of
//! `sim/mod.rs` says.

use crate::sim::Sim;
use crate::support::{Client, Response, json as body_of};
use serde_json::{Value, json};

/// Two groups, the second reached by a next link.
fn tenant() -> Value {
    json!({"token": "t", "users": {"ann": {"profile": {"login": "ann@a.example"}}},
        "groups": [{"name": "First", "id": "00g1", "members": ["ann"]}, {"name": "Second", "members": []},
                   {"name": "Late", "members": [], "lag": true}, {"name": "Unseen", "members": [], "hidden": true}]})
}

/// Asks Okta for the first group, or for a path of its own.
struct Asker {
    sim: Sim,
    client: Client,
}

impl Asker {
    fn new(okta: Value) -> Asker {
        let sim = Sim::start(json!({"okta": okta, "adobe": {"orgs": {}}}));
        let client = Client::new(&sim);
        Asker { sim, client }
    }

    fn get(&self, path: &str) -> Result<Response, ureq::Error> {
        let url = format!("https://{}/api/v1/{path}", self.sim.okta_host());
        let headers = [("Authorization", "SSWS t"), ("Accept", "application/json")];
        self.client.get(&url, &headers)
    }

    fn with(&self, kind: Value) -> Result<Response, ureq::Error> {
        let mut fault = json!({"server": "okta", "match": "^GET /api/v1/groups\\?"});
        for (key, value) in kind.as_object().unwrap() {
            fault[key] = value.clone();
        }
        self.sim.clear_faults();
        self.sim.fault(fault);
        self.get("groups?limit=1")
    }

    fn names(&self, path: &str) -> Vec<String> {
        let groups = body_of(self.get(path).unwrap());
        let groups = groups.as_array().unwrap().iter();
        groups
            .map(|group| group["profile"]["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn next_link(answer: &Response) -> String {
    let links = answer.headers().get_all("link").iter();
    let links = links.map(|link| link.to_str().unwrap());
    links.filter(|link| link.contains("next")).collect()
}

#[test]
fn an_answer_is_edited() {
    let asker = Asker::new(tenant());
    let answer = asker.with(json!({"kind": "edit", "status": 207, "drop": ["Link"],
        "set": {"X-Then": "@now+60", "X-Date": "@date+60"}, "add": [["X-A", "1"], ["X-A", "2"]],
        "replace": [["OKTA_GROUP", "APP_GROUP"]]}));
    let answer = answer.unwrap();
    assert_eq!(answer.status().as_u16(), 207);
    assert!(answer.headers().get("link").is_none());
    assert_eq!(answer.headers().get_all("x-a").iter().count(), 2);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert!(header("x-then").parse::<i64>().unwrap() > 1_700_000_000);
    assert!(header("x-date").ends_with(" GMT"));
    assert_eq!(body_of(answer)[0]["type"], "APP_GROUP");
    let emptied = asker.with(json!({"kind": "edit", "body": "[]"})).unwrap();
    assert!(next_link(&emptied).contains("after="));
    assert_eq!(body_of(emptied), json!([]));
}

#[test]
fn next_links_lead_astray() {
    let asker = Asker::new(tenant());
    for (kind, starts) in [
        ("cross_host_next", "<https://elsewhere.example/api/v1/"),
        ("http_next", "<http://localhost"),
        ("outside_next", "<https://localhost"),
    ] {
        let link = next_link(&asker.with(json!({"kind": kind})).unwrap());
        assert!(link.starts_with(starts), "{kind}: {link}");
    }
    let outside = asker.with(json!({"kind": "outside_next"})).unwrap();
    assert!(next_link(&outside).contains("/oauth2/v1/"));
}

#[test]
fn other_answers_come_instead() {
    let asker = Asker::new(tenant());
    let status = |kind: Value| asker.with(kind).unwrap().status().as_u16();
    assert_eq!(status(json!({"kind": "status", "status": 503})), 503);
    assert_eq!(status(json!({"kind": "interim"})), 200);
    let pot = "HTTP/1.1 418 Pot\r\nContent-Length: 0\r\n\r\n";
    let pot_in_base64 = "SFRUUC8xLjEgNDE4IFBvdA0KQ29udGVudC1MZW5ndGg6IDANCg0K";
    assert_eq!(status(json!({"kind": "raw", "text": pot})), 418);
    assert_eq!(status(json!({"kind": "raw", "b64": pot_in_base64})), 418);
    let text = |kind: &str| {
        let mut answer = asker.with(json!({"kind": kind})).unwrap();
        answer.body_mut().read_to_string().unwrap_or_default()
    };
    assert!(text("html").starts_with("<!DOCTYPE html>"));
    assert!(text("truncate_json").starts_with("[{"));
    assert!(!text("truncate_json").ends_with(']'));
    assert_eq!(text("empty"), "");
    assert_eq!(text("close_mid_body"), "");
    assert!(asker.with(json!({"kind": "close_before"})).is_err());
}

#[test]
fn faults_count_the_requests_that_they_match() {
    let asker = Asker::new(tenant());
    for (when, wanted) in [
        (json!({}), [500, 500, 500, 500]),
        (json!({"times": 1}), [500, 200, 200, 200]),
        (json!({"every": 2}), [200, 500, 200, 500]),
        (json!({"after": 2}), [200, 200, 500, 500]),
        (json!({"nth": [2, 3]}), [200, 500, 500, 200]),
        (json!({"match": "POST"}), [200, 200, 200, 200]),
        (json!({"server": "umapi"}), [200, 200, 200, 200]),
    ] {
        let mut fault =
            json!({"server": "okta", "match": "groups", "kind": "status", "status": 500});
        for (key, value) in when.as_object().unwrap() {
            fault[key] = value.clone();
        }
        asker.sim.clear_faults();
        asker.sim.fault(fault);
        let found = [(); 4].map(|()| asker.get("groups").unwrap().status().as_u16());
        assert_eq!(found, wanted, "{when}");
    }
}

#[test]
fn the_tenant_changes_while_it_is_read() {
    let mut okta = tenant();
    okta["events"] = json!([
        {"match": "limit=1", "nth": 2, "what": "rename", "group": "First", "to": "Other"},
        {"match": "limit=2", "what": "drop_member", "group": "Other", "user": "ann"},
        {"match": "limit=3", "what": "delete", "group": "Second"},
        {"match": "limit=4", "what": "add_member", "group": "Other", "user": "ann"},
        {"match": "limit=5", "what": "revoke"},
    ]);
    let asker = Asker::new(okta);
    let members = |limit: u32| {
        body_of(
            asker
                .get(&format!("groups/00g1/users?limit={limit}"))
                .unwrap(),
        )
    };
    assert_eq!(asker.names("groups?limit=1"), ["First"]);
    assert_eq!(asker.names("groups?limit=1"), ["Other"]);
    assert_eq!(members(2), json!([]));
    assert_eq!(asker.names("groups?limit=3"), ["Other", "Late"]);
    assert_eq!(members(4).as_array().unwrap().len(), 1);
    assert_eq!(asker.get("groups?limit=5").unwrap().status().as_u16(), 401);
}

#[test]
fn some_groups_are_found_by_q_alone_or_not_at_all() {
    let asker = Asker::new(tenant());
    let search = |name: &str| asker.names(&format!("groups?search=profile.name+eq+%22{name}%22"));
    assert_eq!(search("Second"), ["Second"]);
    assert!(search("Late").is_empty());
    assert_eq!(asker.names("groups?q=Late"), ["Late"]);
    assert!(search("Unseen").is_empty() && asker.names("groups?q=Unseen").is_empty());
}
