//! The simulator's service apps take nothing that Okta would not: every claim, id and signature of
//! assertion and proof, one at a time, wrong.

use crate::keys::{self, TestKey};
use crate::sim::Sim;
use crate::support::{self, Client};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use std::cell::Cell;

const APP: &str = "0oaSimApp0001";

/// A client that sends whatever it is told to.
struct Forger {
    sim: Sim,
    client: Client,
    key: TestKey,
    proof_key: TestKey,
    ids: Cell<u32>,
}

impl Forger {
    fn new() -> Forger {
        let key = keys::p256("kid-1");
        let other = keys::p256("kid-2");
        let app = json!({"client_id": APP, "keys": [key.public, other.public], "expires_in": 600});
        let group = json!({"name": "Design", "members": []});
        let okta = json!({"apps": [app], "groups": [group]});
        let sim = Sim::start(json!({"okta": okta, "adobe": {"orgs": {}}}));
        Forger {
            client: Client::new(&sim),
            sim,
            key,
            proof_key: keys::p256(""),
            ids: Cell::new(0),
        }
    }

    fn id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("id-{}", self.ids.get())
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.sim.okta_host())
    }

    fn assertion(&self) -> [Value; 2] {
        let url = self.url("/oauth2/v1/token");
        [
            json!({"alg": "ES256", "kid": "kid-1"}),
            json!({"iss": APP, "sub": APP, "aud": url, "exp": now() + 300, "jti": self.id()}),
        ]
    }

    fn proof(&self, method: &str, path: &str, nonce: &str) -> [Value; 2] {
        let mut jwk = self.proof_key.public.clone();
        jwk.as_object_mut()
            .unwrap()
            .retain(|name, _| !["kid", "use"].contains(&name.as_str()));
        [
            json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk}),
            json!({"htm": method, "htu": self.url(path), "iat": now(), "jti": self.id(), "nonce": nonce}),
        ]
    }

    /// Status, code and description, token, and the new nonce.
    fn ask(&self, assertion: &str, proof: &str, scope: &str) -> (u16, String, String, String) {
        let form = format!(
            "grant_type=client_credentials&scope={scope}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A\
             client-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        let mut headers = vec![
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        if !proof.is_empty() {
            headers.push(("dpop", proof));
        }
        let answer = self
            .client
            .post(&self.url("/oauth2/v1/token"), &headers, &form)
            .unwrap();
        let status = answer.status().as_u16();
        let nonce = answer.headers().get("dpop-nonce");
        let nonce = nonce.map_or("", |nonce| nonce.to_str().unwrap()).to_owned();
        let body = support::json(answer);
        let text = |name: &str| body[name].as_str().unwrap_or("").to_owned();
        let told = format!(
            "{}{} {}",
            text("error"),
            text("errorCode"),
            text("error_description")
        );
        (status, told, text("access_token"), nonce)
    }

    fn nonce(&self) -> String {
        let proof = sign(&self.proof_key, &self.proof("POST", "/oauth2/v1/token", ""));
        let (status, told, _, nonce) = self.ask(
            &sign(&self.key, &self.assertion()),
            &proof,
            "okta.groups.read",
        );
        assert_eq!(
            (status, told.split(' ').next()),
            (400, Some("use_dpop_nonce"))
        );
        nonce
    }

    /// A good token and the nonce after it.
    fn token(&self) -> (String, String) {
        let proof = sign(
            &self.proof_key,
            &self.proof("POST", "/oauth2/v1/token", &self.nonce()),
        );
        let (status, told, token, nonce) = self.ask(
            &sign(&self.key, &self.assertion()),
            &proof,
            "okta.groups.read",
        );
        assert_eq!(status, 200, "{told}");
        (token, nonce)
    }

    fn call(&self, authorization: &str, proof: &str) -> (u16, String) {
        let mut headers = vec![
            ("accept", "application/json"),
            ("authorization", authorization),
        ];
        if !proof.is_empty() {
            headers.push(("dpop", proof));
        }
        let answer = self
            .client
            .get(&self.url("/api/v1/groups?limit=1"), &headers)
            .unwrap();
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge
            .map_or("", |text| text.to_str().unwrap())
            .to_owned();
        (answer.status().as_u16(), challenge)
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn sign(key: &TestKey, [header, claims]: &[Value; 2]) -> String {
    let base64: String = key
        .pem
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let (der, random) = (BASE64_STANDARD.decode(base64).unwrap(), SystemRandom::new());
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random).unwrap();
    let part = |json: &Value| BASE64_URL.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64_URL.encode(signature))
}

/// The parts of a JWT with one of them changed: place, member, value.
fn with([mut header, mut claims]: [Value; 2], part: usize, name: &str, value: Value) -> [Value; 2] {
    let place = if part == 0 { &mut header } else { &mut claims };
    place[name] = value;
    [header, claims]
}

#[test]
fn an_assertion_must_be_right_in_every_part() {
    let forger = Forger::new();
    let used = sign(&forger.key, &forger.assertion());
    forger.ask(&used, "", "okta.groups.read");
    let good = || forger.assertion();
    let changed = |part, name, value| sign(&forger.key, &with(good(), part, name, value));
    for (assertion, told) in [
        (used, "already been used"),
        (changed(0, "kid", json!("kid-9")), "kid is invalid"),
        (changed(0, "kid", Value::Null), "kid is invalid"),
        (changed(0, "kid", json!("kid-2")), "signature is invalid"),
        (changed(0, "alg", json!("RS256")), "signature is invalid"),
        (sign(&forger.proof_key, &good()), "signature is invalid"),
        (changed(1, "iss", json!("0oaOther")), "invalid_client"),
        (changed(1, "sub", json!("0oaOther")), "invalid_client"),
        (
            changed(1, "aud", json!(forger.url("/oauth2/default/v1/token"))),
            "audience",
        ),
        (changed(1, "exp", json!(now() - 1)), "expired"),
        (
            changed(1, "exp", json!(now() + 3700)),
            "too far into the future",
        ),
        ("a.b.c".to_owned(), "no JWT"),
    ] {
        let (status, text, token, _) = forger.ask(&assertion, "", "okta.groups.read");
        assert!(
            status == 401 && text.contains(told),
            "{told}: {status} {text}"
        );
        assert_eq!(token, "");
    }
    assert_eq!(forger.sim.violations(), [""; 0]);
    // Used up even where the request is refused for something else.
    let (status, text, ..) = forger.ask(&sign(&forger.key, &good()), "", "okta.groups.read");
    assert!(
        status == 400 && text.contains("invalid_dpop_proof"),
        "{text}"
    );
    forger.ask(&changed(1, "iat", json!(now())), "", "okta.groups.read");
    assert_eq!(forger.sim.violations(), ["okta: the assertion has an iat"]);
}

#[test]
fn a_proof_for_a_token_must_be_right_in_every_part() {
    let forger = Forger::new();
    let nonce = forger.nonce();
    let good = || forger.proof("POST", "/oauth2/v1/token", &nonce);
    let changed = |part, name, value| sign(&forger.proof_key, &with(good(), part, name, value));
    let mut private = good()[0]["jwk"].clone();
    private["d"] = json!("AAAA");
    for (proof, told) in [
        (String::new(), "header is missing"),
        (changed(0, "typ", json!("JWT")), "signature or header"),
        (changed(0, "jwk", private), "signature or header"),
        (sign(&forger.key, &good()), "signature or header"),
        (changed(0, "alg", json!("none")), "signature or header"),
        (changed(1, "htm", json!("GET")), "'htm'"),
        (
            changed(1, "htu", json!(forger.url("/oauth2/v1/token?a=1"))),
            "'htu'",
        ),
        (changed(1, "iat", json!(now() - 400)), "'iat'"),
        (changed(1, "iat", json!(now() + 400)), "'iat'"),
        (changed(1, "ath", json!("AAAA")), "'ath'"),
        (changed(1, "jti", Value::Null), "already been used"),
    ] {
        let (status, text, ..) = forger.ask(
            &sign(&forger.key, &forger.assertion()),
            &proof,
            "okta.groups.read",
        );
        assert!(
            status == 400 && text.contains(told),
            "{told}: {status} {text}"
        );
    }
    let proof = sign(&forger.proof_key, &good());
    let ask = |scope: &str| forger.ask(&sign(&forger.key, &forger.assertion()), &proof, scope);
    assert!(ask("okta.users.read").1.contains("invalid_scope"));
    assert!(ask("okta.groups.read").1.contains("already been used"));
    let old = sign(
        &forger.proof_key,
        &with(good(), 1, "nonce", json!("nonce-0")),
    );
    let (status, text, ..) = forger.ask(
        &sign(&forger.key, &forger.assertion()),
        &old,
        "okta.groups.read",
    );
    assert!(status == 400 && text.contains("use_dpop_nonce"), "{text}");
}

#[test]
fn a_token_is_good_for_its_owner_alone() {
    let forger = Forger::new();
    let (token, nonce) = forger.token();
    let hash = json!(BASE64_URL.encode(digest(&SHA256, token.as_bytes())));
    let good = || {
        with(
            forger.proof("GET", "/api/v1/groups", &nonce),
            1,
            "ath",
            hash.clone(),
        )
    };
    let bound = format!("DPoP {token}");
    let proof = sign(&forger.proof_key, &good());
    assert_eq!(forger.call(&bound, &proof), (200, String::new()));
    let thief = keys::p256("");
    let mut stranger = thief.public.clone();
    stranger
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !["kid", "use"].contains(&name.as_str()));
    let changed = |name, value| sign(&forger.proof_key, &with(good(), 1, name, value));
    for (authorization, proof, status, told) in [
        (bound.clone(), proof, 400, "already been used"),
        (bound.clone(), String::new(), 400, "header is missing"),
        (bound.clone(), changed("ath", json!("AAAA")), 400, "'ath'"),
        (bound.clone(), changed("ath", Value::Null), 400, "'ath'"),
        (
            bound.clone(),
            changed("htu", json!(forger.url("/api/v1/users"))),
            400,
            "'htu'",
        ),
        (
            bound.clone(),
            sign(&thief, &with(good(), 0, "jwk", stranger)),
            401,
            "invalid_token",
        ),
        (
            format!("Bearer {token}"),
            sign(&forger.proof_key, &good()),
            401,
            "invalid_token",
        ),
        (
            format!("DPoP {token}x"),
            sign(&forger.proof_key, &good()),
            401,
            "invalid_token",
        ),
    ] {
        let (got, challenge) = forger.call(&authorization, &proof);
        assert!(
            got == status && challenge.contains(told),
            "{told}: {got} {challenge}"
        );
    }
    // It has ended.
    forger.sim.edit(|world| world["okta"]["clock"] = json!(601));
    let later = sign(
        &forger.proof_key,
        &with(good(), 1, "iat", json!(now() + 601)),
    );
    assert_eq!(forger.call(&bound, &later).0, 401);
}
