//! Keys of service apps, made anew for the tests: P-256 here, all others by openssl.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A private key and the JWK that its app knows.
#[derive(Clone)]
pub(crate) struct TestKey {
    pub(crate) pem: String,
    pub(crate) public: Value,
}

/// A P-256 key whose public half has that id.
pub(crate) fn p256(id: &str) -> TestKey {
    let pair = rcgen::KeyPair::generate().unwrap();
    let point = pair.public_key_raw();
    let public = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": id,
                        "x": BASE64_URL.encode(&point[1..33]), "y": BASE64_URL.encode(&point[33..])});
    TestKey {
        pem: pair.serialize_pem(),
        public,
    }
}

/// An RSA key in PKCS#8 whose public half has that id; `None`, and a word about it, where there
/// is no openssl.
pub(crate) fn rsa(id: &str) -> Option<TestKey> {
    static PEM: OnceLock<Option<String>> = OnceLock::new();
    let words = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    let pem = PEM.get_or_init(|| openssl(words, "")).clone()?;
    Some(TestKey {
        public: public_rsa(&pem, id)?,
        pem,
    })
}

/// Of an RSA key in any form that openssl reads.
pub(crate) fn public_rsa(pem: &str, id: &str) -> Option<Value> {
    let modulus = openssl("rsa -noout -modulus", pem)?;
    let digits = modulus.trim().strip_prefix("Modulus=").unwrap();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    Some(json!({"kty": "RSA", "kid": id, "n": BASE64_URL.encode(bytes), "e": "AQAB"}))
}

/// What openssl prints; `None`, and a word about it, where there is none.
pub(crate) fn openssl(words: &str, input: &str) -> Option<String> {
    output("openssl", &words.split(' ').collect::<Vec<_>>(), input)
}

/// What a script for python3 with `cryptography` prints; `None`, and a word about it, where there
/// is no such python3.
pub(crate) fn python(script: &str, input: &str) -> Option<String> {
    static THERE: OnceLock<bool> = OnceLock::new();
    let is_there = THERE.get_or_init(|| {
        let tried = Command::new("python3")
            .args(["-c", "import cryptography"])
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    });
    if !is_there {
        eprintln!("skipped: no python3 with cryptography");
        return None;
    }
    output("python3", &["-c", script], input)
}

fn output(program: &str, words: &[&str], input: &str) -> Option<String> {
    let started = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        eprintln!("skipped: no {program}");
        return None;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {complaints}");
    Some(String::from_utf8(output.stdout).unwrap())
}
