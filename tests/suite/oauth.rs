//! Okta by a service app: tokens, proofs of possession, and what goes wrong with them.

use crate::keys;
use crate::scene::{APP, COMPANY, KEY_ID, OKTA, Scene, address, each};
use crate::sim::{Exchange, Service};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

const TOKEN: &str = "/oauth2/v1/token";

/// The company, read by a service app.
fn scene(app: Value) -> Scene {
    let mut scene = Scene::new(COMPANY);
    scene.with_app(app);
    scene
}

fn without_dpop() -> Value {
    json!({"dpop": false})
}

fn asked_for_tokens(scene: &Scene) -> Vec<Exchange> {
    let mut requests = scene.sim.requests_of(Service::Okta);
    requests.retain(|exchange| exchange.target == TOKEN);
    requests
}

fn api_calls(scene: &Scene) -> Vec<Exchange> {
    let mut requests = scene.sim.requests_of(Service::Okta);
    requests.retain(|exchange| exchange.target != TOKEN);
    requests
}

/// A field of the form that asked for a token.
fn field(exchange: &Exchange, name: &str) -> String {
    let body = String::from_utf8(exchange.body.clone()).unwrap();
    let mut fields = body.split('&').filter_map(|field| field.split_once('='));
    let found = fields.find(|(key, _)| *key == name).unwrap().1;
    percent_encoding::percent_decode_str(found)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn part(jwt: &str, place: usize) -> Value {
    let part = jwt.split('.').nth(place).unwrap();
    serde_json::from_slice(&BASE64_URL.decode(part).unwrap()).unwrap()
}

/// Header and claims of a request's proof.
fn proof(exchange: &Exchange) -> (Value, Value) {
    let proof = exchange.header("dpop").unwrap();
    (part(proof, 0), part(proof, 1))
}

/// No two requests may carry the same assertion or the same proof.
fn nothing_is_sent_twice(scene: &Scene) {
    let mut seen = HashSet::new();
    for exchange in scene.sim.requests_of(Service::Okta) {
        let assertion = (exchange.target == TOKEN).then(|| field(&exchange, "client_assertion"));
        let proof = exchange.header("dpop").map(str::to_owned);
        for text in assertion.into_iter().chain(proof) {
            let id = part(&text, 1)["jti"].clone();
            assert!(seen.insert(id.to_string()), "twice: {}", exchange.target);
        }
    }
}

/// The run did what one with an API token does, by the book.
#[track_caller]
fn did_all(scene: &Scene) {
    assert_eq!(scene.sim.state(), Scene::clean_state(COMPANY, |_| {}));
    assert_eq!(scene.sim.violations(), [""; 0]);
    nothing_is_sent_twice(scene);
}

#[test]
fn an_app_that_demands_proofs_does_what_a_token_does() {
    let scene = scene(json!({}));
    scene.sync().exits(0).never_says("warn");
    did_all(&scene);
    let tokens = asked_for_tokens(&scene);
    // Without a nonce first, for there is none yet.
    assert_eq!(tokens.len(), 2);
    let nonces: Vec<Value> = tokens
        .iter()
        .map(|asked| proof(asked).1["nonce"].clone())
        .collect();
    assert!(nonces[0].is_null() && nonces[1].is_string(), "{nonces:?}");
    for exchange in api_calls(&scene) {
        assert_eq!(exchange.status, Some(200));
        assert!(
            exchange
                .header("authorization")
                .unwrap()
                .starts_with("DPoP ")
        );
        let (header, claims) = proof(&exchange);
        assert_eq!(
            (&header["typ"], &header["alg"]),
            (&json!("dpop+jwt"), &json!("ES256"))
        );
        assert!(header["jwk"]["d"].is_null());
        let path = exchange.target.split('?').next().unwrap();
        assert_eq!(
            claims["htu"],
            format!("https://{}{path}", scene.sim.okta_host())
        );
        // That of the token's own answer, the newest.
        assert!(claims["nonce"].is_string() && claims["nonce"] != nonces[1]);
    }
}

#[test]
fn an_app_without_proofs_gets_a_bearer_token() {
    let scene = scene(without_dpop());
    scene.sync().exits(0);
    did_all(&scene);
    assert_eq!(asked_for_tokens(&scene).len(), 1);
    for exchange in api_calls(&scene) {
        assert!(
            exchange
                .header("authorization")
                .unwrap()
                .starts_with("Bearer ")
        );
        assert_eq!(exchange.header("dpop"), None);
    }
}

#[test]
fn an_assertion_says_what_okta_asks_for_and_no_more() {
    let scene = scene(without_dpop());
    scene.sync().exits(0);
    let asked = &asked_for_tokens(&scene)[0];
    assert_eq!(field(asked, "grant_type"), "client_credentials");
    assert_eq!(field(asked, "scope"), "okta.groups.read");
    let assertion = field(asked, "client_assertion");
    assert_eq!(part(&assertion, 0), json!({"alg": "ES256", "kid": KEY_ID}));
    let mut claims = part(&assertion, 1);
    let life = claims["exp"].as_i64().unwrap() - jiff::Timestamp::now().as_second();
    assert!((240..=300).contains(&life), "{life}");
    claims["exp"].take();
    claims["jti"].take();
    let url = format!("https://{}{TOKEN}", scene.sim.okta_host());
    assert_eq!(
        claims,
        json!({"iss": APP, "sub": APP, "aud": url, "exp": null, "jti": null})
    );
}

#[test]
fn the_first_call_must_bring_a_group() {
    for dpop in [true, false] {
        for (role, says) in [
            (
                "none",
                "the list of groups is empty, which is not believed: the app 0oaSimApp0001 has its scope, but .*admin role.*Read-only Administrator",
            ),
            (
                "refused",
                "403 Forbidden, insufficient_scope: The access token.*: .*admin role",
            ),
            ("forbidden", "403 Forbidden, E0000006 .*admin role"),
        ] {
            for command in [&["sync"][..], &["plan"], &["check"]] {
                let scene = scene(json!({"role": role, "dpop": dpop}));
                scene.run(command).exits(1).says(says);
                scene.wrote_nothing();
                let calls = api_calls(&scene);
                assert!(
                    calls
                        .iter()
                        .all(|call| call.target == "/api/v1/groups?limit=1")
                );
            }
        }
    }
}

#[test]
fn the_first_call_is_made_once() {
    let scene = scene(json!({"token_uses": 2}));
    scene.sync().exits(0);
    assert_eq!(scene.count(Service::Okta, "/api/v1/groups?limit=1"), 1);
    // With an API token there is nothing to look for.
    let scene = Scene::new(COMPANY);
    scene.sync().exits(0);
    assert_eq!(scene.count(Service::Okta, "limit=1"), 0);
}

#[test]
fn each_refusal_names_its_remedy() {
    let other = keys::p256(KEY_ID);
    let named_otherwise = json!([keys::p256("kid-9").public, keys::p256("kid-8").public]);
    let rows = [
        (
            json!({"keys": named_otherwise}),
            "no active key with the id kid-1: set private_key_id",
        ),
        (
            json!({"keys": [other.public]}),
            "private_key is not the private half of the app's public key kid-1",
        ),
        (
            json!({"keys": []}),
            "the app 0oaSimApp0001 has no public key",
        ),
        (
            json!({"client_id": "0oaOther"}),
            "check client_id: 0oaSimApp0001",
        ),
        (
            json!({"scopes": ["okta.users.read"]}),
            "grant okta.groups.read to the app under Okta API Scopes .only a super administrator",
        ),
    ];
    each(
        &rows,
        |(app, _)| app.to_string(),
        |(app, says)| {
            for dpop in [true, false] {
                let mut app = app.clone();
                app["dpop"] = json!(dpop);
                let scene = scene(app);
                scene
                    .sync()
                    .exits(1)
                    .says(&format!("POST localhost:.*{TOKEN}: 40[01] .*{says}"));
                scene.wrote_nothing();
                assert!(api_calls(&scene).is_empty());
                nothing_is_sent_twice(&scene);
            }
        },
    );
}

#[test]
fn without_a_key_id_an_app_with_one_key_is_reached_and_one_with_several_tells_why_not() {
    let mut scene = scene(json!({}));
    scene.set(OKTA, "/private_key_id", Value::Null);
    scene.sync().exits(0);
    did_all(&scene);
    scene.edit_app(
        "keys",
        json!([keys::p256("a").public, keys::p256("b").public]),
    );
    scene
        .sync()
        .exits(1)
        .says("no key id was sent: set private_key_id to the KID");
}

#[test]
fn a_scope_that_the_token_lacks_is_named() {
    // The administrator names another scope than groups need.
    let mut scene = scene(json!({"scopes": ["okta.apps.read"]}));
    scene.set(OKTA, "/scopes", json!("okta.apps.read"));
    scene
        .sync()
        .exits(1)
        .says("lacks the scope okta.groups.read: grant it under Okta API Scopes");
    scene.wrote_nothing();
}

#[test]
fn a_clock_that_is_off_is_told_and_does_no_harm() {
    let rows = [
        (30, None),
        (-30, None),
        // Nothing is refused: the end lies within the hour.
        (-200, None),
        (420, Some("7 minutes behind Okta's")),
        (-7200, Some("120 minutes ahead of Okta's")),
        // Only the proof shows it.
        (-1800, Some("30 minutes ahead of Okta's")),
        (86_400, Some("1440 minutes behind Okta's")),
    ];
    each(
        &rows,
        |(clock, _)| clock.to_string(),
        |(clock, warning)| {
            let scene = scene(json!({}));
            scene
                .sim
                .edit(|world| world["okta"]["clock"] = json!(clock));
            let outcome = scene.sync();
            outcome.exits(0);
            match warning {
                Some(words) => {
                    outcome.says(&format!("this machine's clock is {words}.*set the clock"))
                }
                None => outcome.never_says("this machine's clock"),
            };
            did_all(&scene);
            let asked = asked_for_tokens(&scene).len();
            assert!(
                asked <= 2 + usize::from(warning.is_some()),
                "{asked} requests"
            );
        },
    );
}

#[test]
fn a_clock_that_is_off_without_proofs_is_corrected_once() {
    let scene = scene(without_dpop());
    scene.sim.edit(|world| world["okta"]["clock"] = json!(600));
    scene.sync().exits(0).says("10 minutes behind");
    assert_eq!(asked_for_tokens(&scene).len(), 2);
    // A wrong key is one at Okta's time, too: no third try.
    scene.edit_app("keys", json!([keys::p256(KEY_ID).public]));
    scene.sim.clear_log();
    scene.sync().exits(1).says("not the private half");
    assert_eq!(asked_for_tokens(&scene).len(), 2);
}

#[test]
fn tokens_are_renewed_before_they_end_and_when_one_is_refused() {
    for (app, at_least) in [
        (json!({"token_uses": 3}), 2),
        (json!({"token_uses": 1}), 6),
        (json!({"token_uses": 2, "dpop": false}), 3),
        // Less than the minute that is left for the call: a new one each time.
        (json!({"expires_in": 60}), 6),
        (json!({"expires_in": 1, "dpop": false}), 6),
    ] {
        let scene = scene(app.clone());
        scene.sync().exits(0);
        did_all(&scene);
        let asked = asked_for_tokens(&scene);
        let given = asked
            .iter()
            .filter(|asked| asked.status == Some(200))
            .count();
        assert!(given >= at_least, "{app}: {given} tokens");
        // The nonce of before serves the next token at once.
        let refused = asked.len() - given;
        assert!(refused <= 1, "{app}: {refused} refused");
    }
}

#[test]
fn a_token_that_is_refused_for_good_is_renewed_once_a_request() {
    let scene = scene(json!({"token_uses": 0}));
    scene
        .sync()
        .exits(1)
        .says("GET localhost:.*/api/v1/groups: 401 .*invalid_token.*a new token was refused too");
    scene.wrote_nothing();
    assert_eq!(api_calls(&scene).len(), 2);
}

#[test]
fn a_key_that_is_replaced_in_mid_run_is_told() {
    let new = keys::p256("kid-2");
    // The old key stays for a while: nothing happens.
    let old = keys::p256(KEY_ID);
    let mut scene = Scene::new(COMPANY);
    let both = json!({"after": 3, "keys": [new.public, old.public]});
    scene.with_app_key(&old, json!({"token_uses": 4, "rotation": both}));
    scene.sync().exits(0);
    did_all(&scene);
    // It is gone when the next token is needed.
    let mut scene = Scene::new(COMPANY);
    let gone = json!({"after": 3, "keys": [new.public]});
    scene.with_app_key(&old, json!({"token_uses": 4, "rotation": gone}));
    scene
        .sync()
        .exits(1)
        .says("no active key with the id kid-1");
    scene.wrote_nothing();
}

#[test]
fn a_token_endpoint_that_fails_for_a_while_is_asked_again_with_everything_new() {
    let rate = json!({"limit": 150, "remaining": 0, "reset_in": 8});
    let rows = [
        json!({"status": 429, "rate_limit": rate, "body": {"errorCode": "E0000047"}}),
        json!({"status": 500}),
        json!({"status": 502, "body": "<html>"}),
        json!({"status": 503}),
        json!({"status": 504}),
        json!({"close": "before"}),
        json!({"close": "middle"}),
        json!({"close": "executed"}),
        json!({"gzip_broken": true}),
    ];
    each(&rows, Value::to_string, |fault| {
        for dpop in [true, false] {
            let scene = scene(json!({"dpop": dpop}));
            let mut fault = fault.clone();
            fault["path"] = json!(TOKEN);
            fault["times"] = json!(2);
            scene.fault(fault.clone());
            scene.sync().exits(0);
            did_all(&scene);
            // For good.
            fault["times"] = json!(1000);
            scene.sim.clear_log();
            scene.fault(fault);
            scene
                .sync()
                .exits(1)
                .says(&format!("POST localhost:.*{TOKEN}: .*after 3 tries"));
            scene.wrote_nothing();
            assert!(api_calls(&scene).is_empty());
            nothing_is_sent_twice(&scene);
        }
    });
}

#[test]
fn a_call_that_fails_for_a_while_is_made_again_with_a_new_proof() {
    let rows = [
        // Between the token and the first page the connection is dead.
        json!({"path": "/api/v1/groups?limit=1", "close": "before"}),
        json!({"path": "/api/v1/groups?limit=1", "close": "executed"}),
        json!({"path": "/users?", "close": "executed", "every": 3}),
        json!({"path": "/users?", "close": "middle", "nth": [2, 4]}),
        json!({"path": "/api/v1/", "status": 429, "every": 4}),
        json!({"path": "/api/v1/", "status": 503, "every": 3}),
    ];
    each(&rows, Value::to_string, |fault| {
        let scene = scene(json!({}));
        let mut fault = fault.clone();
        fault["service"] = json!("okta");
        if fault["path"] == "/api/v1/groups?limit=1" {
            fault["times"] = json!(2);
        }
        scene.fault(fault);
        scene.sync().exits(0);
        did_all(&scene);
    });
}

#[test]
fn a_proof_that_counts_as_used_is_made_anew_once() {
    let text = "The DPoP proof JWT has already been used.";
    let challenge = format!("DPoP error=\"invalid_dpop_proof\", error_description=\"{text}\"");
    let of_api =
        json!({"path": "/api/v1/", "status": 400, "headers": {"WWW-Authenticate": challenge}});
    let body = json!({"error": "invalid_dpop_proof", "error_description": text});
    let of_token = json!({"path": TOKEN, "status": 400, "body": body});
    for (mut fault, calls) in [(of_api, 2), (of_token, 2)] {
        fault["service"] = json!("okta");
        let mut for_good = fault.clone();
        fault["times"] = json!(1);
        let healed = scene(json!({}));
        healed.fault(fault);
        healed.sync().exits(0);
        did_all(&healed);
        for_good["times"] = json!(1000);
        let path = for_good["path"].as_str().unwrap().to_owned();
        let hopeless = scene(json!({}));
        hopeless.fault(for_good);
        hopeless
            .sync()
            .exits(1)
            .says("already been used.*Okta does not take the proof of possession");
        hopeless.wrote_nothing();
        assert_eq!(hopeless.count(Service::Okta, &path), calls);
        nothing_is_sent_twice(&hopeless);
    }
}

#[test]
fn a_nonce_is_given_wherever_one_is_demanded_and_once_a_request() {
    let scene_with_nonce = scene(json!({"token_uses": 4}));
    scene_with_nonce
        .sim
        .edit(|world| world["okta"]["api_nonce"] = json!(true));
    scene_with_nonce.sync().exits(0);
    did_all(&scene_with_nonce);
    // An answer of any kind may bring one.
    let renewed = scene(json!({}));
    let headers = json!({"dpop-nonce": "from-an-error"});
    renewed.fault(json!({"path": "/users?", "status": 503, "headers": headers, "times": 1}));
    renewed.sync().exits(0);
    let last = api_calls(&renewed).pop().unwrap();
    assert_eq!(proof(&last).1["nonce"], "from-an-error");
    // A server that is never content.
    let body = json!({"error": "use_dpop_nonce", "error_description": "requires nonce"});
    for (path, fault) in [
        (
            TOKEN,
            json!({"path": TOKEN, "status": 400, "body": body, "headers": headers}),
        ),
        (
            "/api/v1/",
            json!({"path": "/api/v1/", "status": 401,
            "headers": {"WWW-Authenticate": "DPoP error=\"use_dpop_nonce\"", "dpop-nonce": "n"}}),
        ),
    ] {
        let scene = scene(json!({}));
        scene.fault(fault);
        scene.sync().exits(1).says("use_dpop_nonce");
        assert_eq!(scene.count(Service::Okta, path), 2, "{path}");
        scene.wrote_nothing();
    }
}

#[test]
fn where_okta_refuses_es256_for_proofs_the_apps_own_rsa_key_signs_them() {
    let Some(rsa) = keys::rsa(KEY_ID) else { return };
    let only_rsa = json!({"proof_algorithms": ["RS256"]});
    let mut scene = Scene::new(COMPANY);
    scene.with_app_key(&rsa, only_rsa.clone());
    scene.sync().exits(0);
    did_all(&scene);
    let calls = api_calls(&scene);
    assert!(calls.iter().all(|call| proof(call).0["alg"] == "RS256"));
    let header = proof(&calls[0]).0;
    assert!(
        header["jwk"]["n"].is_string() && header["jwk"]["d"].is_null(),
        "{header}"
    );
    // A P-256 key of the app has no other algorithm to offer.
    let mut scene = Scene::new(COMPANY);
    scene.with_app(only_rsa);
    scene
        .sync()
        .exits(1)
        .says("unsupported alg.*Okta does not take the proof of possession");
    scene.wrote_nothing();
}

#[test]
fn people_are_searched_with_a_second_token_and_only_then() {
    let scene = scene(json!({"scopes": ["okta.groups.read", "okta.users.read"]}));
    scene.sync().exits(0);
    let scopes = |scene: &Scene| {
        let asked = asked_for_tokens(scene);
        let given = asked.iter().filter(|asked| asked.status == Some(200));
        given.map(|asked| field(asked, "scope")).collect::<Vec<_>>()
    };
    assert_eq!(scopes(&scene), ["okta.groups.read"]);
    // Somebody in a loaded group needs no search.
    scene.sim.clear_log();
    scene.run(&["explain", &address("cleo")]).exits(0);
    assert_eq!(scopes(&scene), ["okta.groups.read"]);
    scene.sim.clear_log();
    scene
        .run(&["explain", &address("leo"), &address("nobody")])
        .exits(0);
    assert_eq!(scopes(&scene), ["okta.groups.read", "okta.users.read"]);
    assert_eq!(scene.sim.violations(), [""; 0]);
}

#[test]
fn a_configured_scope_for_people_needs_no_second_token() {
    let both = json!(["okta.groups.read", "okta.users.read"]);
    for scopes in [both.clone(), json!("okta.groups.read okta.users.read")] {
        let mut scene = scene(json!({"scopes": both, "dpop": false}));
        scene.set(OKTA, "/scopes", scopes);
        scene.run(&["explain", &address("nobody")]).exits(0);
        let asked = asked_for_tokens(&scene);
        assert_eq!(asked.len(), 1);
        assert_eq!(
            field(&asked[0], "scope"),
            "okta.groups.read okta.users.read"
        );
    }
}

#[test]
fn without_the_scope_for_people_explain_says_so_and_goes_on() {
    let scene = scene(json!({}));
    scene
        .run(&["explain", &address("nobody")])
        .exits(0)
        .says("grant okta.users.read to the app under Okta API Scopes");
}

#[test]
fn check_says_as_whom_the_tenant_is_read() {
    for (app, proofs) in [
        (json!({}), "with proof of possession .DPoP."),
        (without_dpop(), "without proof of possession .DPoP."),
    ] {
        let scene = scene(app);
        scene
            .run(&["check"])
            .exits(0)
            .says("^ok    credentials of okta: client_id found in plain text in connector-okta.yml")
            .says("^ok    credentials of okta: private_key found in the file .*okta-key.pem")
            .says(&format!(
                "^ok    okta: reachable, the service app {APP} is accepted: key {KEY_ID}, scopes okta.groups.read, {proofs}, token until [0-9-]+ [0-9:]+"
            ));
        assert_eq!(scene.sim.violations(), [""; 0]);
    }
    let refused = scene(json!({"keys": []}));
    refused
        .run(&["check"])
        .exits(1)
        .says("^FAIL  okta: POST .*has no public key");
}

#[test]
fn check_tells_a_clock_that_is_off_though_no_token_is_given() {
    let scene = scene(json!({"keys": []}));
    scene.sim.edit(|world| world["okta"]["clock"] = json!(600));
    scene.run(&["check"]).exits(1).says("warn  clock against okta: this machine is 600 seconds behind|warn  clock against okta: this machine is 599 seconds behind");
}

#[test]
fn an_answer_without_a_usable_token_is_told() {
    for (body, says) in [
        (json!({}), "holds no access token"),
        (
            json!({"access_token": "", "token_type": "Bearer"}),
            "holds no access token",
        ),
        (
            json!({"access_token": "a\nb", "token_type": "Bearer"}),
            "holds no access token",
        ),
        (
            json!({"access_token": "a", "token_type": "MAC"}),
            "another type than Bearer and DPoP",
        ),
        (json!([1]), "holds no access token"),
    ] {
        let scene = scene(json!({}));
        scene.fault(json!({"path": TOKEN, "status": 200, "body": body}));
        scene.sync().exits(1).says(says);
        scene.wrote_nothing();
    }
}

#[test]
fn a_path_is_signed_as_okta_reads_it() {
    let scene = scene(json!({}));
    // No id of Okta's looks like that; a login in a path does.
    let id = "00g@1 ä";
    scene
        .sim
        .edit(|world| world["okta"]["groups"][0]["id"] = json!(id));
    scene.sync().exits(0);
    assert!(scene.count(Service::Okta, "/groups/00g%401%20%C3%A4/users?") > 0);
    assert_eq!(scene.sim.violations(), [""; 0]);
}

#[test]
fn a_signal_ends_the_wait_for_a_token() {
    let scene = scene(json!({}));
    scene.fault(json!({"path": TOKEN, "hang": true}));
    let run = scene.start(&["sync"]);
    scene.until_asked(TOKEN);
    run.signal("INT");
    run.finish()
        .exits(130)
        .says("stopped by a signal; nothing was written");
}

#[test]
fn ten_thousand_members_are_read_over_three_tokens() {
    let mut users = Map::new();
    let name = |number: usize| format!("u{number:05}");
    for number in 0..10_000 {
        let email = address(&name(number));
        let profile = json!({"firstName": "A", "lastName": "B", "countryCode": "US", "email": email, "login": email});
        users.insert(name(number), json!({"profile": profile}));
    }
    let mut world = crate::scene::world("Design:\nVideo:\nadobe:");
    world["okta"]["groups"][0]["members"] = users.keys().cloned().collect();
    world["okta"]["users"] = Value::Object(users);
    let mut scene = Scene::of_world(world);
    // 50 pages, and a few calls before them.
    scene
        .with_app(json!({"token_uses": 20}))
        .set(OKTA, "/page_size", json!(200));
    let outcome = scene.run(&["plan", "--json", "--out", "plan.jsonl"]);
    outcome.exits(0);
    let given = asked_for_tokens(&scene);
    let given = given
        .iter()
        .filter(|asked| asked.status == Some(200))
        .count();
    assert_eq!(given, 3);
    let plan = scene.read("plan.jsonl");
    let texts: HashSet<&str> = plan.split('"').collect();
    let planned = (0..10_000)
        .filter(|number| texts.contains(&*address(&name(*number))))
        .count();
    assert_eq!(planned, 10_000);
    assert_eq!(scene.sim.violations(), [""; 0]);
}
