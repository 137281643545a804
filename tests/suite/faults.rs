//! What is tried again, how often, and after how long (manual/safety.md#tries-and-waits).

use crate::scene::{CLIENT_SECRET, COMPANY, OKTA, ORG, Scene, UMAPI, each, world};
use crate::sim::Service;
use serde_json::{Value, json};

/// A kind of request of a run.
#[derive(Clone, Copy, Debug)]
struct Place {
    service: Service,
    method: &'static str,
    /// Only targets of this kind hold it.
    path: &'static str,
}

const GROUPS: Place = Place {
    service: Service::Okta,
    method: "GET",
    path: "/api/v1/groups?",
};
const MEMBERS: Place = Place {
    service: Service::Okta,
    method: "GET",
    path: "/users?",
};
const USERS: Place = Place {
    service: Service::Umapi,
    method: "GET",
    path: "/usermanagement/users/",
};
const TOKEN: Place = Place {
    service: Service::Token,
    method: "POST",
    path: "/ims/token",
};
const ACTION: Place = Place {
    service: Service::Umapi,
    method: "POST",
    path: "/action/",
};
const PLACES: [Place; 5] = [GROUPS, MEMBERS, USERS, TOKEN, ACTION];

impl Place {
    /// A fault that meets every such request.
    fn fault(self, effect: &Value) -> Value {
        let mut fault =
            json!({"service": self.service.name(), "method": self.method, "path": self.path});
        for (key, value) in effect.as_object().unwrap() {
            fault[key] = value.clone();
        }
        fault
    }

    fn tries(self, scene: &Scene) -> usize {
        scene.count(self.service, self.path)
    }
}

/// The seconds of the waits that a run announced, in order.
fn waits(output: &str) -> Vec<f64> {
    let wait = regex::Regex::new(r"(?m)WARNING .*trying again in ([\d.]+) s").unwrap();
    let found = wait.captures_iter(output);
    found.map(|wait| wait[1].parse().unwrap()).collect()
}

#[test]
fn passing_failures_are_tried_again_and_others_fail_at_once() {
    // Both connectors allow two further tries.
    let mut rows = Vec::new();
    for place in PLACES {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            rows.push((place, json!({ "status": status }), 3));
        }
        for effect in ["before", "middle"] {
            rows.push((place, json!({ "close": effect }), 3));
        }
    }
    for place in [MEMBERS, TOKEN, ACTION] {
        rows.push((place, json!({"status": 400}), 1));
    }
    for place in [GROUPS, MEMBERS, TOKEN, ACTION] {
        for status in [404, 405, 409, 410, 422, 501, 505] {
            rows.push((place, json!({ "status": status }), 1));
        }
        // A search that something else than Okta refuses is asked in another way.
        let okta = json!({"errorCode": "E0000006", "errorSummary": "no permission"});
        rows.push((place, json!({"status": 403, "body": okta}), 1));
    }
    rows.push((USERS, json!({"status": 403}), 1));
    rows.push((GROUPS, json!({"status": 401}), 1));
    rows.push((ACTION, json!({"truncate": true}), 3));
    rows.push((ACTION, json!({"gzip_broken": true}), 3));
    rows.push((ACTION, json!({"close": "executed"}), 3));
    each(
        &rows,
        |(place, effect, _)| format!("{} {} {effect}", place.method, place.path),
        |(place, effect, tries)| {
            let scene = Scene::new(COMPANY);
            scene.fault(place.fault(effect));
            let outcome = scene.sync();
            assert_eq!(place.tries(&scene), *tries, "\n{}", outcome.output());
            assert_eq!(waits(&outcome.output()).len(), tries - 1);
            match place.path {
                "/action/" => assert!(matches!(outcome.code, Some(1 | 5)), "{outcome:?}"),
                _ => {
                    outcome.exits(1);
                    scene.wrote_nothing();
                }
            }
        },
    );
}

#[test]
fn a_passing_failure_changes_nothing_in_the_end() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    let mut rows = Vec::new();
    for place in PLACES {
        let effects = [
            json!({"status": 429, "retry_after": 3}),
            json!({"status": 503}),
            json!({"close": "before"}),
            json!({"close": "middle"}),
            json!({"close": "executed"}),
        ];
        rows.extend(effects.map(|effect| (place, effect)));
    }
    each(
        &rows,
        |(place, effect)| format!("{} {effect}", place.path),
        |(place, effect)| {
            let scene = Scene::new(COMPANY);
            let mut fault = place.fault(effect);
            fault["nth"] = json!([1, 2]);
            scene.fault(fault).sync().exits(0);
            assert_eq!(scene.sim.state(), clean);
            assert_eq!(scene.sim.violations(), Vec::<String>::new());
        },
    );
}

#[test]
fn a_request_that_times_out_is_tried_again() {
    each(
        &[MEMBERS, USERS, TOKEN, ACTION],
        |place| place.path.to_owned(),
        |place| {
            let mut scene = Scene::new(COMPANY);
            for (file, key) in [(OKTA, ""), (UMAPI, "/server")] {
                scene.set(file, &format!("{key}/timeout"), json!(1));
                scene.set(file, &format!("{key}/retries"), json!(1));
            }
            scene.fault(place.fault(&json!({"hang": true})));
            let outcome = scene.sync();
            assert_eq!(place.tries(&scene), 2, "{}", outcome.output());
            // What was sent and not answered may have been carried out.
            outcome.exits(if place.path == "/action/" { 5 } else { 1 });
            outcome.says("timed out");
        },
    );
}

#[test]
fn a_refused_connection_is_tried_again() {
    // A port that was free a moment ago, and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("localhost:{}", port.local_addr().unwrap().port());
    drop(port);
    let rows = [
        (OKTA, "/host"),
        (UMAPI, "/server/host"),
        (UMAPI, "/server/auth_host"),
    ];
    each(
        &rows,
        |row| format!("{row:?}"),
        |(file, key)| {
            let mut scene = Scene::new(COMPANY);
            scene.set(file, key, json!(closed));
            let outcome = scene.sync();
            outcome.exits(1).says("refused");
            assert_eq!(waits(&outcome.output()).len(), 2);
            scene.wrote_nothing();
        },
    );
}

#[test]
fn retries_zero_means_a_single_try() {
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/retries", json!(0));
    scene.fault(MEMBERS.fault(&json!({"status": 503})));
    scene.sync().exits(1);
    assert_eq!(MEMBERS.tries(&scene), 1);
}

/// A case of waiting: a fault, and the seconds of the waits as from and to.
struct Wait {
    place: Place,
    effect: Value,
    seconds: &'static [(f64, f64)],
}

#[test]
fn each_wait_is_a_warning_line_with_the_reason_and_the_seconds() {
    let doubled: &[_] = &[
        (1.0, 2.0),
        (2.0, 4.0),
        (4.0, 8.0),
        (8.0, 16.0),
        (16.0, 32.0),
        (32.0, 60.0),
        (60.0, 60.0),
    ];
    let umapi: &[_] = &[(15.0, 20.0), (30.0, 40.0), (60.0, 60.0), (60.0, 60.0)];
    let row = |place, effect, seconds| Wait {
        place,
        effect,
        seconds,
    };
    let limited = |reset_in| json!({"status": 429, "rate_limit": {"limit": 600, "remaining": 0, "reset_in": reset_in}});
    let rows = [
        row(MEMBERS, json!({"status": 503}), doubled),
        row(MEMBERS, json!({"close": "before"}), doubled),
        row(USERS, json!({"status": 504}), doubled),
        row(ACTION, json!({"status": 500}), doubled),
        row(USERS, json!({"status": 429}), umapi),
        row(ACTION, json!({"status": 429}), umapi),
        row(
            MEMBERS,
            json!({"status": 429, "retry_after": 7}),
            &[(7.0, 7.0)],
        ),
        row(
            USERS,
            json!({"status": 503, "retry_after": 1938}),
            &[(1938.0, 1938.0)],
        ),
        row(
            USERS,
            json!({"status": 429, "retry_after": {"date_in": 40}}),
            &[(38.0, 41.0)],
        ),
        row(
            USERS,
            json!({"status": 429, "retry_after": {"date_in": -40}}),
            umapi,
        ),
        row(USERS, json!({"status": 429, "retry_after": 0}), umapi),
        row(MEMBERS, json!({"status": 503, "retry_after": 0}), doubled),
        row(MEMBERS, limited(20), &[(20.0, 23.0)]),
        // In the past: as if it were not there.
        row(MEMBERS, limited(-20), doubled),
        // Too many at once: the reset means nothing.
        row(
            MEMBERS,
            json!({"status": 429, "rate_limit": {"limit": 0, "remaining": 0, "reset_in": 50}}),
            doubled,
        ),
    ];
    each(
        &rows,
        |row| format!("{} {}", row.place.path, row.effect),
        |row| {
            let mut scene = Scene::new(COMPANY);
            scene.set(OKTA, "/retries", json!(row.seconds.len()));
            scene.set(UMAPI, "/server/retries", json!(row.seconds.len()));
            scene.fault(row.place.fault(&row.effect));
            let outcome = scene.sync();
            let found = waits(&outcome.output());
            assert_eq!(found.len(), row.seconds.len(), "\n{}", outcome.output());
            for (wait, (from, to)) in found.iter().zip(row.seconds) {
                assert!(
                    from <= wait && wait <= to,
                    "{wait} in\n{}",
                    outcome.output()
                );
            }
            let status = row.effect["status"].as_u64();
            let reason = status.map_or("closed".to_owned(), |status| status.to_string());
            outcome.says(&format!("WARNING .*{reason}.*trying again in"));
            outcome.says("USER_SYNC_MAX_WAIT");
        },
    );
}

#[test]
fn the_reset_is_measured_against_the_answers_own_date() {
    // The server's clock is years behind ours.
    let scene = Scene::new(COMPANY);
    let headers = json!({"Date": "Mon, 02 Mar 2020 10:44:49 GMT", "X-Rate-Limit-Limit": "600",
                         "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1583145901"});
    let mut fault = MEMBERS.fault(&json!({"status": 429, "headers": headers}));
    fault["nth"] = json!(1);
    let outcome = scene.fault(fault).sync();
    outcome.exits(0);
    // 12 seconds after that Date, and one for rounding.
    assert_eq!(waits(&outcome.output()), [13.0]);
}

#[test]
fn a_server_that_asks_for_more_than_two_hours_is_not_waited_for() {
    for (place, asked) in [
        (USERS, json!({"status": 429, "retry_after": 7201})),
        (
            MEMBERS,
            json!({"status": 503, "retry_after": {"date_in": 90000}}),
        ),
        (
            USERS,
            json!({"status": 429, "headers": {"Retry-After": "99999999999999999999"}}),
        ),
        (
            MEMBERS,
            json!({"status": 429, "rate_limit": {"limit": 9, "remaining": 0, "reset_in": 7300}}),
        ),
    ] {
        let scene = Scene::new(COMPANY);
        scene.fault(place.fault(&asked));
        scene
            .sync()
            .exits(1)
            .says("429|503")
            .says(r"asks to wait \d+ s, which is too long");
        assert_eq!(place.tries(&scene), 1, "{asked}");
        scene.wrote_nothing();
    }
}

#[test]
fn no_wait_is_longer_than_user_sync_max_wait() {
    // Without the cap this would take an hour; the deadline of a run is a minute.
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "umapi", "status": 429, "retry_after": 1700, "nth": [1, 2]}));
    scene.sync().exits(0).says("1700.* s");
}

#[test]
fn the_reserve_of_oktas_rate_limit_is_left_to_others() {
    let mut limited = world(COMPANY);
    limited["okta"]["rate_limit"] = json!({"limit": 5, "window": 60});
    // After three of five requests 40 % are left: the other two wait.
    let mut scene = Scene::of_world(limited);
    scene.set(OKTA, "/rate_limit_reserve", json!("40%"));
    scene.set(OKTA, "/retries", json!(0));
    let outcome = scene.sync();
    outcome
        .exits(0)
        .says(r"INFO .*rate limit.*waiting [\d.]+ s");
    assert_eq!(outcome.output().matches("rate limit is used up").count(), 2);
    // None is kept, none is waited for.
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/rate_limit_reserve", json!("0%"));
    scene.sync().exits(0).never_says("rate limit");
}

#[test]
fn a_limit_of_zero_is_no_reserve() {
    let headers = json!({"X-Rate-Limit-Limit": "0", "X-Rate-Limit-Remaining": "0",
                         "X-Rate-Limit-Reset": "4000000000",
                         "Link": "<https://localhost/api/v1/groups/g/users>; rel=\"self\""});
    let scene = Scene::new("Design:\n Video:\n adobe: leo");
    scene.fault(json!({"service": "okta", "path": "/users?", "status": 200, "headers": headers, "body": []}));
    scene.sync().exits(4).never_says("rate limit");
}

#[test]
fn a_401_from_umapi_gets_a_new_token_once() {
    let scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "umapi", "status": 401, "nth": 2}));
    scene.sync().exits(0);
    assert_eq!(scene.count(Service::Token, ""), 2);

    for place in [USERS, ACTION] {
        let scene = Scene::new(COMPANY);
        scene.fault(place.fault(&json!({"status": 401})));
        scene.sync().exits(1).says("401");
        assert_eq!(place.tries(&scene), 2);
        assert_eq!(scene.count(Service::Token, ""), 2);
    }
}

#[test]
fn tokens_that_wear_out_are_renewed_in_the_middle_of_a_run() {
    let clean = Scene::clean_state(COMPANY, |_| {});
    let mut worn = world(COMPANY);
    worn["adobe"]["token_uses"] = json!(2);
    let scene = Scene::of_world(worn);
    scene.sync().exits(0);
    assert_eq!(scene.sim.state(), clean);
    assert!(scene.count(Service::Token, "") >= 2);
}

#[test]
fn tokens_are_renewed_a_minute_before_they_end() {
    for (expires_in, tokens) in [(61 + 60, 1), (59, 2)] {
        let mut world = world("Design: ann\n Video:\n adobe: ann[Creative]");
        world["adobe"]["expires_in"] = json!(expires_in);
        let scene = Scene::of_world(world);
        scene
            .sim
            .fault(json!({"service": "okta", "path": "/users?", "delay_ms": 5}));
        scene.sim.edit(|world| {
            // Two pages of Adobe users: two requests with a token.
            let users = world["adobe"]["orgs"][ORG]["users"].as_array_mut().unwrap();
            for name in ["x1", "x2"] {
                let email = crate::scene::address(name);
                users.push(json!({"email": email, "type": "federatedID"}));
            }
        });
        scene
            .run(&["sync", "--adobe-only-user-action", "exclude"])
            .exits(0);
        let found = scene.count(Service::Token, "");
        assert!(
            (found > 1) == (tokens > 1),
            "{expires_in} s: {found} tokens"
        );
    }
}

#[test]
fn a_refused_credential_says_which_and_what_to_do() {
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/api_token", json!("wrong-token-1"));
    scene
        .sync()
        .exits(1)
        .says(r"GET localhost:\d+/api/v1/groups.*401.*E0000011.*token")
        .never_says("wrong-token-1");
    let mut scene = Scene::new(COMPANY);
    scene.set(UMAPI, "/enterprise/client_secret", json!("wrong-secret-2"));
    scene
        .sync()
        .exits(1)
        .says(r"POST localhost:\d+/ims/token/v2.*401.*client_secret")
        .never_says("wrong-secret-2")
        .never_says(&regex::escape(CLIENT_SECRET));
}
