//! The reader and the sender of Adobe at the simulator: pages, tokens, outcomes, and the effect of a
//! request that failed.

use std::time::Duration;

use serde_json::json;
use user_sync::adobe::{Listing, Marker, Mode, Outcome};
use user_sync::http::Effect;
use user_sync::model::command::{Command, IfExists, Step, Subject};
use user_sync::model::names::AdobeName;
use user_sync::model::{AdobeOrg, IdentityType};
use user_sync::text::Texts;

use crate::servers::{CLIENT_SECRET, Servers, world};
use crate::sim::Service;

fn user(root: &'static str, steps: Vec<Step>) -> Command {
    let subject = Subject::User {
        root,
        domain: None,
        use_adobe_id: false,
    };
    Command { subject, steps }
}

fn create(email: &'static str) -> Step {
    Step::Create {
        identity_type: IdentityType::FederatedId,
        email,
        firstname: Some("New"),
        lastname: None,
        country: Some("US"),
        if_exists: IfExists::Ignore,
    }
}

fn emails(org: &AdobeOrg) -> Vec<&str> {
    let mut emails: Vec<_> = org.users.iter().map(|user| user.email).collect();
    emails.sort_unstable();
    emails
}

#[test]
fn adobe_users_come_whole_with_one_token_and_markers() {
    let scene = Servers::new(world());
    let org = scene.adobe_users(Listing::All).unwrap();
    assert_eq!(
        emails(&org),
        ["a@x.com", "b@x.com", "b@x.com", "c@x.com", "d@x.com"]
    );
    let a = org
        .users
        .iter()
        .find(|user| user.email == "a@x.com")
        .unwrap();
    assert_eq!(org.group_lists.get(a.groups).len(), 2);
    let pages = scene.sim.requests_of(Service::Umapi);
    let markers: Vec<_> = pages.iter().map(|page| page.header("pragma")).collect();
    assert_eq!(
        markers,
        [Some("umapi-sync-start"), None, Some("umapi-sync-end")]
    );
    assert!(
        pages[0]
            .target
            .ends_with("/users/A1B2@AdobeOrg/0?directOnly=true")
    );
    assert_eq!(scene.sim.requests_of(Service::Token).len(), 1);
    assert_eq!(scene.sim.connections(Service::Umapi), 1);
    scene.assert_clean();
}

#[test]
fn members_of_adobe_groups_are_read_once_each() {
    let scene = Servers::new(world());
    let groups = ["P", "Q", "a/b", "Nope", "Empty"].map(str::to_owned);
    let org = scene.adobe_users(Listing::Groups(&groups)).unwrap();
    assert_eq!(emails(&org), ["a@x.com", "b@x.com", "b@x.com", "c@x.com"]);
    assert!(
        org.users
            .iter()
            .all(|user| !org.group_lists.get(user.groups).is_empty())
    );
    let requests = scene.sim.requests_of(Service::Umapi);
    assert!(
        requests
            .iter()
            .any(|request| request.target.contains("/0/a%2Fb?"))
    );
    scene.assert_clean();
}

#[test]
fn a_page_that_fails_ends_the_reading_of_adobe() {
    for (fault, told) in [
        (json!({"status": 404}), "404"),
        (
            json!({"status": 404, "body": {"result": "error.org.not_found", "message": "m"}}),
            "error.org.not_found m",
        ),
        (json!({"status": 503}), "503"),
        (json!({"truncate": true}), "cannot be used"),
        (
            json!({"status": 200, "body": {"lastPage": true, "result": "success"}}),
            "no list of users",
        ),
        (
            json!({"status": 200, "body": {"lastPage": true, "result": "error.x", "users": []}}),
            "error.x",
        ),
        (json!({"close": "middle"}), "before the answer was whole"),
    ] {
        let scene = Servers::new(world());
        let mut fault = fault;
        fault["path"] = json!("/users/*/1?");
        scene.sim.fault(fault.clone());
        let error = scene
            .adobe_users(Listing::All)
            .expect_err(&fault.to_string());
        let text = error.to_string();
        assert!(
            text.contains("/users/A1B2@AdobeOrg/1: ") && text.contains(told),
            "{fault}: {text}"
        );
    }
}

#[test]
fn one_adobe_user_is_found_or_not() {
    let scene = Servers::new(world());
    let mut umapi = scene.umapi();
    let mut texts = Texts::default();
    let mut found = |name| {
        let found = umapi.find_users(&[AdobeName::Email(name)], &mut texts);
        emails(&found.unwrap()).join(" ")
    };
    assert_eq!(found("C@x.com"), "c@x.com");
    assert_eq!(found("nobody@x.com"), "");
    scene.assert_clean();
}

#[test]
fn commands_are_carried_out_and_their_outcomes_told() {
    let scene = Servers::new(world());
    let mut umapi = scene.umapi();
    let new = user("new@x.com", vec![create("new@x.com"), Step::Add(vec!["P"])]);
    let bad = user(
        "a@x.com",
        vec![Step::Remove(vec!["Q"]), Step::Add(vec!["Nope"])],
    );
    let gone = user("nobody@x.com", vec![Step::Remove(vec!["P"])]);
    let entries = [("action_1", &new), ("action_2", &bad), ("action_3", &gone)];
    let outcomes = umapi
        .send(&entries, Mode::Live, Some(Marker::Start))
        .unwrap();
    assert_eq!(outcomes[0], Outcome::Done);
    assert!(
        matches!(&outcomes[1], Outcome::Rejected(why) if why[0].is_group_not_found() && why[0].step == Some(1)),
        "{outcomes:?}"
    );
    assert!(
        matches!(&outcomes[2], Outcome::AlreadySo(_)),
        "{outcomes:?}"
    );
    let request = scene.sim.requests_of(Service::Umapi).remove(0);
    assert_eq!(request.header("pragma"), Some("umapi-sync-start"));
    assert_eq!(request.target, "/v2/usermanagement/action/A1B2@AdobeOrg");
    assert!(scene.sim.state().to_string().contains("new@x.com"));
    scene.assert_clean();
}

#[test]
fn test_mode_changes_nothing() {
    let scene = Servers::new(world());
    let before = scene.sim.state();
    let new = user("new@x.com", vec![create("new@x.com"), Step::Add(vec!["P"])]);
    let outcomes = scene
        .umapi()
        .send(&[("action_1", &new)], Mode::Test, None)
        .unwrap();
    assert_eq!(outcomes, [Outcome::Done]);
    assert_eq!(scene.sim.state(), before);
    let request = scene.sim.requests_of(Service::Umapi).remove(0);
    assert!(request.target.ends_with("?testOnly=true") && request.header("pragma").is_none());
}

#[test]
fn refused_credentials_are_told_with_advice() {
    let scene = Servers::new(world());
    let mut umapi = scene.umapi_at(scene.sim.umapi_host(), "wrong-secret");
    let error = umapi.authenticate().unwrap_err().to_string();
    assert!(
        error.contains("/ims/token/v2: ") && error.contains("client_secret"),
        "{error}"
    );
    assert!(!error.contains("wrong-secret"), "{error}");
    scene.sim.fault(json!({"service": "umapi", "status": 401}));
    let error = scene.adobe_users(Listing::All).unwrap_err().to_string();
    assert!(error.contains("401") && error.contains("org_id"), "{error}");
    assert_eq!(scene.sim.requests_of(Service::Umapi).len(), 2);
}

#[test]
fn a_repeated_post_does_no_harm() {
    for fault in [
        json!({"close": "executed", "nth": 1}),
        json!({"truncate": true, "nth": 1}),
        json!({"status": 200, "body": "", "nth": 1}),
        json!({"status": 503, "nth": 1}),
        json!({"status": 401, "nth": 1}),
    ] {
        let scene = Servers::new(world());
        let mut fault = fault;
        fault["path"] = json!("/action/");
        scene.sim.fault(fault.clone());
        let new = user("new@x.com", vec![create("new@x.com"), Step::Add(vec!["P"])]);
        let outcomes = scene.umapi().send(&[("action_1", &new)], Mode::Live, None);
        assert_eq!(outcomes.unwrap(), [Outcome::Done], "{fault}");
        assert_eq!(scene.sim.requests_of(Service::Umapi).len(), 2, "{fault}");
    }
}

#[test]
fn a_post_that_fails_says_whether_it_may_have_been_carried_out() {
    let none = user("a@x.com", vec![Step::RemoveAll]);
    for (fault, effect) in [
        (
            json!({"status": 400, "body": {"errorMessage": "m"}}),
            Effect::None,
        ),
        (json!({"status": 401}), Effect::None),
        (json!({"status": 403}), Effect::None),
        (json!({"status": 429}), Effect::None),
        (json!({"status": 429, "retry_after": 8000}), Effect::None),
        (json!({"status": 503}), Effect::None),
        (json!({"status": 500}), Effect::Unknown),
        (json!({"status": 504}), Effect::Unknown),
        (json!({"close": "before"}), Effect::Unknown),
        (json!({"close": "executed"}), Effect::Unknown),
        (json!({"truncate": true}), Effect::Unknown),
        (json!({"hang": true}), Effect::Unknown),
    ] {
        let mut scene = Servers::new(world());
        (scene.timeout, scene.retries) = (Duration::from_millis(500), 1);
        let mut fault = fault;
        fault["path"] = json!("/action/");
        scene.sim.fault(fault.clone());
        let failure = scene
            .umapi()
            .send(&[("action_1", &none)], Mode::Live, None)
            .unwrap_err();
        assert_eq!(failure.effect, effect, "{fault}: {failure}");
        assert!(failure.request.starts_with("POST localhost:"), "{failure}");
    }
    // A port that nobody listens on: reserved, then given back.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let scene = Servers::new(world());
    let mut umapi = scene.umapi_at(host, CLIENT_SECRET);
    let failure = umapi
        .send(&[("action_1", &none)], Mode::Live, None)
        .unwrap_err();
    assert_eq!(failure.effect, Effect::None, "{failure}");
    assert!(failure.problem.contains("after 3 tries"), "{failure}");
}

#[test]
fn one_try_without_an_answer_leaves_the_effect_unknown() {
    let scene = Servers::new(world());
    scene
        .sim
        .fault(json!({"path": "/action/", "close": "before", "nth": 1}));
    scene.sim.fault(json!({"path": "/action/", "status": 403}));
    let none = user("a@x.com", vec![Step::RemoveAll]);
    let failure = scene
        .umapi()
        .send(&[("action_1", &none)], Mode::Live, None)
        .unwrap_err();
    assert_eq!(failure.effect, Effect::Unknown, "{failure}");
}

#[test]
fn the_stop_flag_ends_a_wait_between_tries() {
    let scene = Servers::new(world());
    let mut umapi = scene.umapi();
    umapi.authenticate().unwrap();
    scene.sim.fault(json!({"path": "/action/", "status": 503}));
    let stop = scene.transport.stop().flag();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let none = user("a@x.com", vec![Step::RemoveAll]);
    let failure = umapi
        .send(&[("action_1", &none)], Mode::Live, None)
        .unwrap_err();
    assert!(failure.stopped, "{failure}");
    assert_eq!(scene.sim.requests_of(Service::Umapi).len(), 1);
}
