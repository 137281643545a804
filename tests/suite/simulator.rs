//! The simulator held against the rules that it is to keep: shapes, pages,
//! limits, faults, and that it stops.

use crate::sim::{Service, Sim};
use crate::support::{Client, Response, json as body_of};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

mod limits;
mod shapes;

const ORG: &str = "A@AdobeOrg";

/// Seven members in pages of three at most, twelve groups with one prefix, and
/// an organisation with pages of two.
fn world() -> Value {
    let uids: Vec<String> = (1..=7).map(|number| format!("u{number}")).collect();
    let user = |uid: &String| json!({"profile": {"login": format!("{uid}@a.example"), "email": format!("{uid}@a.example"), "mobilePhone": null}});
    let users: serde_json::Map<String, Value> =
        uids.iter().map(|uid| (uid.clone(), user(uid))).collect();
    let mut groups = vec![json!({"name": "Team", "members": uids})];
    groups.extend((1..12).map(|number| json!({"name": format!("Team {number}"), "members": []})));
    groups.push(json!({"name": "Hidden", "members": [], "searchable": false}));
    let account =
        |name: &str, groups: Value| json!({"email": format!("{name}@a.example"), "groups": groups});
    json!({
        "okta": {"token": "t", "page_cap": 3, "users": users, "groups": groups},
        "adobe": {"orgs": {ORG: {
            "client_id": "id", "client_secret": "secret", "page_size": 2,
            "groups": ["P", "Q", "_org_admin"],
            "users": [
                account("a", json!(["P"])), account("b", json!(["P", "_org_admin"])), account("c", json!([])),
                {"email": "b@a.example", "type": "adobeID"},
                {"email": "n@a.example", "username": "N1", "firstname": "Nora"},
            ],
        }}},
    })
}

/// A simulator and somebody who asks it.
struct Scene {
    sim: Sim,
    client: Client,
}

impl Scene {
    fn new(world: Value) -> Scene {
        let sim = Sim::start(world);
        let client = Client::new(&sim);
        Scene { sim, client }
    }

    fn okta(&self, path: &str) -> Result<Response, ureq::Error> {
        let url = format!("https://{}/api/v1/{path}", self.sim.okta_host());
        let headers = [("Authorization", "SSWS t"), ("Accept", "application/json")];
        self.client.get(&url, &headers)
    }

    fn names(&self, path: &str) -> Vec<String> {
        let groups = body_of(self.okta(path).unwrap());
        let groups = groups.as_array().unwrap().iter();
        groups
            .map(|group| group["profile"]["name"].as_str().unwrap().to_owned())
            .collect()
    }

    fn team(&self) -> String {
        let groups = body_of(
            self.okta("groups?search=profile.name%20eq%20%22team%22")
                .unwrap(),
        );
        groups[0]["id"].as_str().unwrap().to_owned()
    }

    fn token(&self) -> String {
        let url = format!("https://{}/ims/token/v2", self.sim.token_host());
        let body = "client_id=id&client_secret=secret&grant_type=client_credentials&scope=openid%2CAdobeID%2Cuser_management_sdk";
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = self.client.post(&url, &kind, body).unwrap();
        body_of(answer)["access_token"].as_str().unwrap().to_owned()
    }

    fn umapi(&self, token: &str, path: &str) -> Response {
        let url = format!("https://{}/v2/usermanagement/{path}", self.sim.umapi_host());
        let bearer = format!("Bearer {token}");
        self.client
            .get(&url, &[("Authorization", &bearer), ("X-Api-Key", "id")])
            .unwrap()
    }

    fn try_act(&self, query: &str, entries: &Value) -> Result<Response, ureq::Error> {
        let url = format!(
            "https://{}/v2/usermanagement/action/{ORG}{query}",
            self.sim.umapi_host()
        );
        let bearer = format!("Bearer {}", self.token());
        let headers = [
            ("Authorization", bearer.as_str()),
            ("X-Api-Key", "id"),
            ("Content-Type", "application/json"),
        ];
        self.client.post(&url, &headers, &entries.to_string())
    }

    fn act(&self, entries: &Value) -> Value {
        body_of(self.try_act("", entries).unwrap())
    }

    fn user(&self, email: &str) -> Value {
        let state = self.sim.state();
        let mut users = state[ORG]["users"].as_array().unwrap().iter();
        users
            .find(|user| user["email"] == email)
            .cloned()
            .unwrap_or(Value::Null)
    }
}

fn links(answer: &Response) -> Vec<String> {
    let links = answer.headers().get_all("link").iter();
    links
        .map(|link| link.to_str().unwrap().to_owned())
        .collect()
}

fn code_of(answer: &Value) -> &str {
    answer["errors"][0]["errorCode"].as_str().unwrap_or("none")
}

#[test]
fn member_pages_follow_the_next_links_on_one_connection() {
    let scene = Scene::new(world());
    let mut path = format!("groups/{}/users?limit=200", scene.team());
    let mut found = Vec::new();
    for _ in 0..3 {
        let answer = scene.okta(&path).unwrap();
        let links = links(&answer);
        assert!(links[0].ends_with("; rel=\"self\""), "{links:?}");
        path = match links.get(1) {
            Some(next) => {
                assert!(
                    next.contains("users?after=") && next.ends_with("&limit=3>; rel=\"next\""),
                    "{next}"
                );
                next.split(['<', '>'])
                    .nth(1)
                    .unwrap()
                    .split("/api/v1/")
                    .nth(1)
                    .unwrap()
                    .to_owned()
            }
            None => String::new(),
        };
        found.extend(
            body_of(answer)
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["profile"]["login"].clone()),
        );
    }
    assert_eq!(found.len(), 7);
    assert_eq!(path, "");
    assert_eq!(scene.sim.connections(Service::Okta), 1);
    assert_eq!(scene.sim.violations(), Vec::<String>::new());
}

#[test]
fn q_is_a_capped_prefix_match_without_links_and_search_is_exact() {
    let scene = Scene::new(world());
    let answer = scene.okta("groups?q=team").unwrap();
    assert_eq!(links(&answer), Vec::<String>::new());
    assert_eq!(body_of(answer).as_array().unwrap().len(), 10);
    assert_eq!(scene.names("groups?q=Team&limit=10000").len(), 12);
    assert_eq!(
        scene.names("groups?search=profile.name+eq+%22TEAM+2%22"),
        ["Team 2"]
    );
    let two = "groups?search=(profile.name+eq+%22Team+2%22+or+profile.name+sw+%22team+11%22)";
    assert_eq!(scene.names(two), ["Team 2", "Team 11"]);
    assert_eq!(
        scene
            .names("groups?search=profile.name+eq+%22Hidden%22")
            .len(),
        0
    );
    assert_eq!(scene.names("groups?q=Hidden"), ["Hidden"]);
    assert_eq!(scene.okta("groups?search=nonsense").unwrap().status(), 400);
    assert_eq!(
        scene
            .okta("groups?filter=profile.name+eq+%22x%22")
            .unwrap()
            .status(),
        400
    );
    assert_eq!(scene.okta("groups/00gNone/users").unwrap().status(), 404);
    let found = body_of(
        scene
            .okta("users?search=profile.login+eq+%22U3@a.example%22")
            .unwrap(),
    );
    assert_eq!(
        found[0]["profile"],
        json!({"login": "u3@a.example", "email": "u3@a.example", "mobilePhone": null})
    );
}

#[test]
fn answers_travel_zipped_chunked_and_with_joined_links_if_switched_on() {
    let mut world = world();
    world["http"] = json!({"gzip": true, "chunked": true, "link_combined": true});
    let scene = Scene::new(world);
    let answer = scene
        .okta(&format!("groups/{}/users?limit=2", scene.team()))
        .unwrap();
    assert_eq!(answer.headers()["transfer-encoding"], "chunked");
    let links = links(&answer);
    assert_eq!(links.len(), 1);
    assert!(links[0].contains("rel=\"self\", <https://"), "{links:?}");
    assert_eq!(body_of(answer).as_array().unwrap().len(), 2);
}

#[test]
fn a_rate_limit_of_the_world_refuses_with_its_headers() {
    let mut world = world();
    world["okta"]["rate_limit"] = json!({"limit": 2, "window": 60});
    let scene = Scene::new(world);
    let remaining = |answer: &Response| {
        answer.headers()["x-rate-limit-remaining"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(remaining(&scene.okta("groups").unwrap()), "1");
    assert_eq!(remaining(&scene.okta("groups").unwrap()), "0");
    let refused = scene.okta("groups").unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(body_of(refused)["errorCode"], "E0000047");
}

#[test]
fn adobe_pages_end_with_last_page_and_repeat_it_beyond_the_end() {
    let scene = Scene::new(world());
    let token = scene.token();
    for (page, users, last, current) in [(0, 2, false, "0"), (2, 1, true, "2"), (9, 1, true, "2")] {
        let answer = scene.umapi(&token, &format!("users/{ORG}/{page}?directOnly=true"));
        assert_eq!(answer.headers()["x-page-count"], "3");
        assert_eq!(answer.headers()["x-current-page"], current);
        let body = body_of(answer);
        assert_eq!(body["users"].as_array().unwrap().len(), users);
        assert_eq!(body["lastPage"], last);
    }
    let members = body_of(scene.umapi(&token, &format!("users/{ORG}/0/p")));
    assert_eq!(members["users"][0]["groups"], json!(["P"]));
    let all = body_of(scene.umapi(&token, &format!("users/{ORG}/1")));
    assert_eq!(
        all["users"][0].get("groups"),
        None,
        "no groups: the field is left out"
    );
    let unknown = scene.umapi(&token, &format!("users/{ORG}/0/Nope"));
    assert_eq!(unknown.status(), 404);
    assert_eq!(body_of(unknown)["result"], "error.group.not_found");
}

#[test]
fn wrong_tokens_and_keys_are_refused_and_tokens_may_wear_out() {
    let mut world = world();
    world["adobe"]["token_uses"] = json!(1);
    let scene = Scene::new(world);
    let path = format!("users/{ORG}/0");
    assert_eq!(scene.umapi("wrong", &path).status(), 401);
    let token = scene.token();
    assert_eq!(scene.umapi(&token, &path).status(), 200);
    let worn = scene.umapi(&token, &path);
    assert_eq!(worn.status(), 401);
    assert!(worn.headers().contains_key("www-authenticate"));
    let url = format!("https://{}/api/v1/groups", scene.sim.okta_host());
    let refused = scene
        .client
        .get(&url, &[("Authorization", "SSWS no")])
        .unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(body_of(refused)["errorCode"], "E0000011");
}

#[test]
fn bad_commands_are_refused_with_their_codes_and_counted_as_violations() {
    let eleven: Vec<String> = (0..11).map(|number| format!("g{number}")).collect();
    let long = "x".repeat(251);
    let create = json!({"createFederatedID": {"email": "x@a.example", "country": "US"}});
    let cases = [
        (
            json!({"user": "a@a.example", "do": [{"add": {"group": eleven}}]}),
            "error.command.add_remove.list_too_long",
        ),
        (
            json!({"user": "a@a.example", "do": [{"add": {"group": []}}]}),
            "error.group.invalid_list",
        ),
        (
            json!({"user": "a@a.example", "do": [{"add": {"group": ["P", "p"]}}]}),
            "error.group.invalid_list",
        ),
        (
            json!({"user": "a@a.example", "requestID": long, "do": [{"remove": "all"}]}),
            "error.command.string.too_long",
        ),
        (
            json!({"user": "a@a.example", "domain": "a.example", "do": [{"remove": "all"}]}),
            "error.command.domain.must_be_used_with_nonemail_username",
        ),
        (
            json!({"user": "N1", "do": [{"remove": "all"}]}),
            "error.command.domain.missing",
        ),
        (
            json!({"user": "x@a.example", "do": [{"remove": "all"}, create]}),
            "error.command.create.not_first",
        ),
        (
            json!({"user": "a@a.example", "do": [{"removeFromOrg": {}}, {"remove": "all"}]}),
            "error.command.removefromorg.not_last",
        ),
        (
            json!({"user": "a@a.example", "do": [{"promote": {}}]}),
            "error.command.step.unknown",
        ),
        (
            json!({"user": "a@a.example", "do": []}),
            "error.command.malformed",
        ),
        (
            json!({"user": "a@a.example", "do": [{"update": {"firstname": ""}}]}),
            "error.command.malformed",
        ),
    ];
    let scene = Scene::new(world());
    let before = scene.sim.state();
    for (entry, code) in &cases {
        let answer = scene.act(&json!([entry]));
        assert_eq!(code_of(&answer), *code, "{entry}");
        assert_eq!(answer["result"], "error");
    }
    assert_eq!(scene.sim.state(), before);
    assert_eq!(scene.sim.violations().len(), cases.len());
    let entry = json!({"user": "a@a.example", "do": [{"remove": "all"}]});
    let eleven: Vec<&Value> = (0..11).map(|_| &entry).collect();
    assert_eq!(scene.try_act("", &json!(eleven)).unwrap().status(), 400);
    scene.sim.clear_log();
    scene.act(&json!([entry, {"user": "A@a.example", "do": [{"remove": "all"}]}]));
    assert_eq!(scene.sim.violations().len(), 1, "two entries for one user");
}

#[test]
fn commands_that_cannot_be_carried_out_are_refused_without_being_violations() {
    let create = |email: &str, option: Value| json!({"createFederatedID": {"email": email, "country": "US", "option": option}});
    let cases = [
        (
            json!({"user": "no@a.example", "do": [{"add": {"group": ["P"]}}]}),
            "error.user.nonexistent",
        ),
        (
            json!({"user": "a@a.example", "do": [{"add": {"group": ["Q", "Nope"]}}]}),
            "error.group.not_found",
        ),
        (
            json!({"user": "a@a.example", "do": [{"add": {"group": ["_org_admin"]}}]}),
            "error.group.invalid_name",
        ),
        (
            json!({"user": "a@a.example", "do": [{"update": {"email": "A@a.example"}}]}),
            "error.update.no",
        ),
        (
            json!({"user": "a@a.example", "do": [{"update": {"email": "c@a.example"}}]}),
            "error.user.email.name_in_use",
        ),
        (
            json!({"user": "b@a.example", "useAdobeID": true, "do": [{"update": {"firstname": "B"}}]}),
            "error.update.adobeid.no",
        ),
        (
            json!({"user": "a@a.example", "do": [{"createFederatedID": {"email": "a@a.example", "country": "US"}}]}),
            "error.user.already_in_org",
        ),
        (
            json!({"user": "no@a.example", "do": [{"removeFromOrg": {"deleteAccount": true}}]}),
            "none",
        ),
        (
            json!({"user": "a@a.example", "do": [create("a@a.example", json!("ignoreIfAlreadyExists"))]}),
            "none",
        ),
    ];
    let scene = Scene::new(world());
    let before = scene.sim.state();
    for (entry, code) in &cases {
        assert_eq!(code_of(&scene.act(&json!([entry]))), *code, "{entry}");
    }
    assert_eq!(scene.sim.state(), before);
    assert_eq!(scene.sim.violations(), Vec::<String>::new());
}

#[test]
fn commands_change_the_state_and_test_mode_does_not() {
    let entries = json!([
        {"user": "a@a.example", "do": [{"update": {"email": "z@a.example"}}, {"remove": {"group": ["p"]}}, {"add": {"group": ["q"]}}]},
        {"user": "b@a.example", "do": [{"remove": "all"}]},
        {"user": "N1", "domain": "a.example", "do": [{"createFederatedID": {"email": "n@a.example", "country": "US", "firstname": "Nina", "option": "updateIfAlreadyExists"}}]},
        {"user": "c@a.example", "do": [{"removeFromOrg": {"deleteAccount": false}}]},
        {"user": "new@a.example", "do": [{"add": {"group": ["Nope"]}}]},
    ]);
    let scene = Scene::new(world());
    let before = scene.sim.state();
    let tested = body_of(scene.try_act("?testOnly=true", &entries).unwrap());
    assert_eq!(tested["completedInTestMode"], 4);
    assert_eq!(tested["completed"], 0);
    assert_eq!(
        code_of(&tested),
        "error.group.not_found",
        "users are not missed, groups are"
    );
    assert_eq!(scene.sim.state(), before);

    let done = scene.act(&entries);
    assert_eq!(done["result"], "partial");
    assert_eq!(done["errors"][0]["index"], 4);
    let moved = scene.user("z@a.example");
    assert_eq!(moved["username"], "z@a.example");
    assert_eq!(moved["groups"], json!(["Q"]));
    assert_eq!(scene.user("n@a.example")["firstname"], "Nina");
    assert_eq!(
        scene.user("b@a.example")["type"],
        "adobeID",
        "the listing shows both"
    );
    let removed = json!([{"email": "c@a.example", "type": "federatedID", "deleteAccount": false}]);
    assert_eq!(scene.sim.state()[ORG]["removed"], removed);
    let world = scene.sim.world();
    let users = world["adobe"]["orgs"][ORG]["users"]
        .as_array()
        .unwrap()
        .clone();
    let kept = users
        .iter()
        .find(|user| user["email"] == "b@a.example" && user["type"] == "federatedID");
    assert_eq!(kept.unwrap()["groups"], json!(["_org_admin"]));
}

#[test]
fn the_world_can_be_changed_between_runs() {
    let scene = Scene::new(world());
    let id = scene.team();
    scene.act(&json!([{"user": "c@a.example", "do": [{"add": {"group": ["Q"]}}]}]));
    scene.sim.edit(|world| {
        world["okta"]["users"]["u1"]["status"] = json!("SUSPENDED");
        world["okta"]["groups"][0]["members"] = json!(["u1"]);
    });
    let members = body_of(scene.okta(&format!("groups/{id}/users")).unwrap());
    assert_eq!(members.as_array().unwrap().len(), 1);
    assert_eq!(members[0]["status"], "SUSPENDED");
    assert_eq!(
        scene.user("c@a.example")["groups"],
        json!(["Q"]),
        "what Adobe holds stays"
    );
}

#[test]
fn faults_break_what_they_meet_and_nothing_else() {
    type Broken = fn(Result<Response, ureq::Error>) -> bool;
    let no_answer: Broken = |answer| answer.is_err();
    let no_body: Broken = |answer| answer.unwrap().body_mut().read_to_string().is_err();
    let no_json: Broken = |answer| {
        let text = answer.unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str::<Value>(&text).is_err()
    };
    let cases: [(Value, Broken); 11] = [
        (json!({"close": "before"}), no_answer),
        (json!({"close": "executed"}), no_answer),
        (json!({"close": "middle"}), no_body),
        (json!({"gzip_broken": true}), no_body),
        (json!({"truncate": true}), no_json),
        (json!({"oversized_header": 200_000}), no_answer),
        (
            json!({"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html></html>"}),
            no_json,
        ),
        (json!({"huge_body": 12_000_000}), no_body),
        (json!({"status": 503, "retry_after": 7}), |answer| {
            let answer = answer.unwrap();
            answer.status() == 503 && answer.headers()["retry-after"] == "7"
        }),
        (
            json!({"status": 429, "rate_limit": {"limit": 600, "remaining": 0, "reset_in": 2}, "retry_after": {"date_in": 3}}),
            |answer| {
                let answer = answer.unwrap();
                let date = answer.headers()["retry-after"]
                    .to_str()
                    .unwrap()
                    .ends_with(" GMT");
                date && answer.headers().contains_key("x-rate-limit-reset")
            },
        ),
        (json!({"echo_authorization": 401}), |answer| {
            body_of(answer.unwrap()).to_string().contains("SSWS t")
        }),
    ];
    for (mut fault, is_broken) in cases {
        let scene = Scene::new(world());
        fault["path"] = json!("/api/*limit=5");
        fault["nth"] = json!(2);
        scene.sim.fault(fault.clone());
        for (path, expected) in [
            ("groups?limit=5", false),
            ("groups?limit=4", false),
            ("groups?limit=5", true),
            ("groups?limit=5", false),
        ] {
            let answer = scene.okta(path);
            if expected {
                assert!(is_broken(answer), "{fault}");
            } else {
                assert_eq!(answer.unwrap().status(), 200, "{fault}");
            }
        }
    }
}

#[test]
fn faults_fire_as_often_as_they_say() {
    let cases = [
        (json!({"every": 3}), "001001001"),
        (json!({"nth": [1, 4]}), "100100000"),
        (json!({"times": 2}), "110000000"),
        (json!({"method": "POST"}), "000000000"),
        (json!({"service": "umapi"}), "000000000"),
        (json!({"probability": 0.0}), "000000000"),
        (
            json!({"probability": 1.0, "every": 2, "times": 1}),
            "010000000",
        ),
    ];
    for (mut fault, expected) in cases {
        let scene = Scene::new(world());
        fault["status"] = json!(500);
        scene.sim.fault(fault.clone());
        let fired = (0..9).map(|_| match scene.okta("groups").unwrap().status().as_u16() {
            500 => '1',
            _ => '0',
        });
        assert_eq!(fired.collect::<String>(), expected, "{fault}");
    }
    let seeded = |seed: u64| {
        let scene = Scene::new(world());
        scene
            .sim
            .fault(json!({"status": 500, "probability": 0.5, "seed": seed}));
        let statuses = (0..20).map(|_| scene.okta("groups").unwrap().status().as_u16());
        statuses.collect::<Vec<u16>>()
    };
    assert_eq!(seeded(5), seeded(5));
    assert_ne!(seeded(5), seeded(6));
}

#[test]
fn a_slow_answer_comes_late_but_right() {
    let scene = Scene::new(world());
    scene.sim.fault(json!({"delay_ms": 80}));
    let before = Instant::now();
    assert_eq!(scene.okta("groups").unwrap().status(), 200);
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[test]
fn bad_links_lead_where_the_fault_says() {
    let next_of = |link: &str| {
        let scene = Scene::new(world());
        let path = format!("groups/{}/users?limit=2", scene.team());
        scene
            .sim
            .fault(json!({"service": "okta", "path": "/users", "link": link}));
        let answer = scene.okta(&path).unwrap();
        let next = links(&answer).pop().unwrap();
        assert!(next.ends_with("rel=\"next\""));
        let again = links(&scene.okta(&path).unwrap()).pop().unwrap();
        assert_eq!(next, again);
        next
    };
    assert!(next_of("other_host").contains("https://elsewhere.example/api/v1/"));
    assert!(next_of("outside").contains("/oauth2/v1/"));
    assert!(next_of("repeat").contains("/users?limit=2>"));
    assert!(next_of("endless").contains("?after=1&limit=200>"));
}

#[test]
fn an_action_may_be_executed_without_an_answer() {
    let scene = Scene::new(world());
    scene
        .sim
        .fault(json!({"path": "/action/", "close": "executed", "times": 1}));
    let entries = json!([{"user": "c@a.example", "do": [{"add": {"group": ["Q"]}}]}]);
    assert!(scene.try_act("", &entries).is_err());
    assert_eq!(scene.user("c@a.example")["groups"], json!(["Q"]));
    let actions = scene.sim.requests_of(Service::Umapi);
    assert_eq!(actions[0].status, None);
    assert_eq!(actions[0].json(), entries);
    assert_eq!(scene.act(&entries)["result"], "success");
}

#[test]
fn it_stops_at_once_also_with_a_request_that_hangs() {
    let sim = Sim::start(world());
    sim.fault(json!({"hang": true}));
    let client = Client::new(&sim);
    let url = format!("https://{}/api/v1/groups", sim.okta_host());
    let asking = std::thread::spawn(move || client.get(&url, &[]).is_err());
    while sim.requests().is_empty() {
        std::thread::yield_now();
    }
    let (before, ca) = (Instant::now(), sim.ca_pem());
    drop(sim);
    assert!(
        asking.join().unwrap(),
        "the client sees a broken connection"
    );
    assert!(before.elapsed() < Duration::from_secs(5));
    assert!(!ca.exists());
}
