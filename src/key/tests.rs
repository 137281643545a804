//! Keys without another program; those that openssl makes are tried with the whole binary.

use super::*;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

/// A P-256 key in PKCS#8, as DER.
fn p256_der() -> Vec<u8> {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    document.as_ref().to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let content = lines.join("\n");
    format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
}

/// The private JWK of a key as `p256_der` makes them: the number stands behind a fixed head, the
/// point at the end.
fn jwk(der: &[u8]) -> Value {
    let (x, y) = der[der.len() - 64..].split_at(32);
    json!({"kty": "EC", "crv": "P-256", "kid": "of-jwk", "d": BASE64_URL.encode(&der[36..68]),
           "x": BASE64_URL.encode(x), "y": BASE64_URL.encode(y)})
}

#[track_caller]
fn signs_as(key: &SigningKey, der: &[u8]) {
    let jwt = key
        .sign_claims(json!({"kid": "k"}), &json!({"a": 1}))
        .unwrap();
    let (signed, signature) = jwt.expose().rsplit_once('.').unwrap();
    let signature = BASE64_URL.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &der[der.len() - 65..]);
    public.verify(signed.as_bytes(), &signature).unwrap();
    let header = BASE64_URL
        .decode(signed.split('.').next().unwrap())
        .unwrap();
    assert_eq!(header, br#"{"alg":"ES256","kid":"k"}"#);
}

#[test]
fn a_key_is_read_however_its_text_travelled() {
    let der = p256_der();
    let text = pem("PRIVATE KEY", &der);
    let certificate = pem("CERTIFICATE", b"whatever");
    for written in [
        text.clone(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
        // As YAML folds it.
        text.replace('\n', " "),
        text.trim_end().to_owned(),
        format!("Bag Attributes\n  friendlyName: okta\n{text}"),
        format!("{certificate}{text}"),
        format!("\n  {}", text.replace('\n', "\n  ")),
    ] {
        let key = SigningKey::read(&written).unwrap();
        signs_as(&key, &der);
        assert_eq!(key.id(), None);
    }
    let jwk = jwk(&der);
    let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, jwk]});
    for written in [
        jwk.to_string(),
        format!("\u{feff}\r\n{jwk:#}\r\n"),
        set.to_string(),
    ] {
        let key = SigningKey::read(&written).unwrap();
        signs_as(&key, &der);
        assert_eq!(key.id(), Some("of-jwk"));
    }
}

#[test]
fn a_pair_of_a_run_is_another_each_time() {
    let [one, two] = [(); 2].map(|()| SigningKey::generate().unwrap().public_jwk());
    assert_eq!(one["crv"], "P-256");
    assert_ne!(one["x"], two["x"]);
    assert_ne!(random_id().unwrap(), random_id().unwrap());
}

#[test]
fn the_public_half_is_that_of_the_key() {
    let der = p256_der();
    let mut expected = jwk(&der);
    let key = SigningKey::read(&expected.to_string()).unwrap();
    let members = expected.as_object_mut().unwrap();
    members.remove("d");
    members.remove("kid");
    assert_eq!(key.public_jwk(), expected);
}

#[test]
fn what_cannot_be_used_is_named_with_what_to_do() {
    let mut p384 = b"\x30\x46\x02\x01\x00\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01".to_vec();
    p384.extend(b"\x06\x05\x2b\x81\x04\x00\x22\x04\x2f");
    let ed25519 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let rsa =
        b"\x30\x1d\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x00";
    let good = pem("PRIVATE KEY", &p256_der());
    let mut short = p256_der();
    short.truncate(40);
    let private = jwk(&p256_der());
    let with = |name: &str, value: Value| {
        let mut jwk = private.clone();
        jwk[name] = value;
        jwk.to_string()
    };
    let table = [
        (pem("PUBLIC KEY", b"x"), "is a public key; the private half", "openssl genpkey"),
        (pem("RSA PUBLIC KEY", b"x"), "is a public key", "openssl genpkey"),
        (pem("CERTIFICATE", b"x"), "is a certificate", "openssl genpkey"),
        (pem("ENCRYPTED PRIVATE KEY", b"x"), "is encrypted", "openssl pkey -in KEY"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----".into(),
            "is encrypted",
            "openssl pkey -in KEY",
        ),
        (pem("EC PRIVATE KEY", b"x"), "is in SEC1 form", "openssl pkcs8 -topk8 -nocrypt"),
        (pem("OPENSSH PRIVATE KEY", b"x"), "is one for SSH", "openssl genpkey"),
        (pem("DSA PARAMETERS", b"x"), "is PEM, but no private key", "openssl genpkey"),
        (pem("PRIVATE KEY", &p384), "is an EC key of another curve", "openssl genpkey"),
        (pem("PRIVATE KEY", ed25519), "is neither an RSA key nor a P-256 key", "openssl genpkey"),
        (pem("PRIVATE KEY", rsa), "is a damaged RSA key", "copy it whole"),
        (pem("RSA PRIVATE KEY", b"\x30\x00"), "is a damaged RSA key", "copy it whole"),
        (pem("PRIVATE KEY", &short), "is a damaged P-256 key", "openssl genpkey"),
        (good.replace('\n', "\n*"), "is damaged PEM", "copy it again"),
        (good[..good.len() / 2].to_owned(), "line -----END … is missing", "copy it again"),
        ("secret".into(), "is neither PEM", "copy it whole"),
        (String::new(), "is neither PEM", "copy it whole"),
        (with("d", Value::Null), "is a public JWK", "openssl genpkey"),
        (with("kty", json!("oct")), "is neither an RSA key nor a P-256", "openssl genpkey"),
        (with("kty", Value::Null), "is JSON, but no JWK", "copy it whole"),
        (with("crv", json!("P-384")), "is an EC key of another curve", "openssl genpkey"),
        (with("d", json!("*")), "is a JWK whose d is no base64url", "copy it again"),
        (with("d", json!(BASE64_URL.encode([1; 33]))), "is longer than P-256 allows", "d"),
        (with("y", json!("AA")), "is a damaged P-256 key", "copy it whole"),
        (with("kty", json!("RSA")), "is a JWK without n", "copy it whole"),
        (with("d", json!(7)), "its JSON cannot be read from line 1 column", "copy it whole"),
        (private.to_string()[..60].to_owned(), "its JSON cannot be read", "copy it whole"),
        (json!({"keys": []}).to_string(), "is an empty JWK Set", ""),
        (json!({"keys": [private, private]}).to_string(), "with 2 private keys", "leave only"),
        (json!({"keys": [{"kty": "EC"}]}).to_string(), "is a JWK Set of public keys", "openssl"),
    ];
    let secret = private["d"].as_str().unwrap();
    for (text, what, to_do) in table {
        let problem = SigningKey::read(&text).unwrap_err();
        assert!(
            problem.contains(what) && problem.contains(to_do),
            "{text}: {problem}"
        );
        assert!(!problem.contains(&secret[..8]), "{problem}");
    }
}

#[test]
fn a_key_shows_nothing_of_itself() {
    let der = p256_der();
    let jwk = jwk(&der);
    let shown = format!("{:?}", SigningKey::read(&jwk.to_string()).unwrap());
    let digits: String = der[36..68]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(!shown.contains(jwk["d"].as_str().unwrap()), "{shown}");
    assert!(!shown.contains(&digits), "{shown}");
}
