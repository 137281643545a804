//! The private key of a service app: which ones are taken, which are refused and how, and that
//! another implementation verifies what is signed with them.

use crate::keys::{self, TestKey};
use crate::scene::{APP, COMPANY, KEY_FILE, KEY_ID, OKTA, OKTA_TOKEN, Scene, owner_only};
use crate::sim::Service;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use serde_json::{Value, json};

/// Makes the private JWK of a key in PEM.
const TO_JWK: &str = "
import base64, json, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.asymmetric import rsa

def text(number, length=None):
    length = length or (number.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(number.to_bytes(length, 'big')).rstrip(b'=').decode()

key = load_pem_private_key(sys.stdin.buffer.read(), None)
own = key.private_numbers()
public = own.public_numbers
if isinstance(key, rsa.RSAPrivateKey):
    jwk = {'kty': 'RSA', 'n': text(public.n), 'e': text(public.e), 'd': text(own.d), 'p': text(own.p),
           'q': text(own.q), 'dp': text(own.dmp1), 'dq': text(own.dmq1), 'qi': text(own.iqmp)}
else:
    jwk = {'kty': 'EC', 'crv': 'P-256', 'x': text(public.x, 32), 'y': text(public.y, 32),
           'd': text(own.private_value, 32)}
print(json.dumps(jwk))
";

/// Verifies lines of `[jwt, public JWK]`.
const VERIFY: &str = "
import base64, json, sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

def bytes_of(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))

def number(text):
    return int.from_bytes(bytes_of(text), 'big')

for line in sys.stdin:
    jwt, key = json.loads(line)
    signed, _, signature = jwt.rpartition('.')
    signature = bytes_of(signature)
    algorithm = json.loads(bytes_of(signed.split('.')[0]))['alg']
    if key['kty'] == 'RSA':
        assert algorithm == 'RS256', algorithm
        public = rsa.RSAPublicNumbers(number(key['e']), number(key['n'])).public_key()
        public.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    else:
        assert algorithm == 'ES256', algorithm
        r, s = (int.from_bytes(half, 'big') for half in (signature[:32], signature[32:]))
        public = ec.EllipticCurvePublicNumbers(number(key['x']), number(key['y']), ec.SECP256R1()).public_key()
        public.verify(utils.encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    print('verified')
";

const P256: &str = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";

/// The public JWK of a P-256 key that openssl made: the point ends the DER of its public half.
fn public_p256(pem: &str) -> Value {
    let public = keys::openssl("pkey -pubout", pem).unwrap();
    let base64: String = public
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let der = BASE64_STANDARD.decode(base64).unwrap();
    let (x, y) = der[der.len() - 64..].split_at(32);
    json!({"kty": "EC", "crv": "P-256", "kid": KEY_ID, "x": BASE64_URL.encode(x), "y": BASE64_URL.encode(y)})
}

/// Private keys in every form that is taken, each with its public JWK.
fn usable_keys() -> Option<Vec<(&'static str, TestKey)>> {
    let rsa = keys::rsa(KEY_ID)?;
    let p256 = keys::openssl(P256, "")?;
    let key = |pem: String, public: &Value| TestKey {
        pem,
        public: public.clone(),
    };
    let traditional = keys::openssl("rsa -traditional", &rsa.pem)?;
    assert!(traditional.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    let big = keys::openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072", "")?;
    let public = public_p256(&p256);
    let mut made = vec![
        ("RSA PKCS#8", rsa.clone()),
        ("RSA PKCS#1", key(traditional.clone(), &rsa.public)),
        (
            "RSA of 3072 bits",
            key(big.clone(), &keys::public_rsa(&big, KEY_ID)?),
        ),
        (
            "line ends of Windows",
            key(traditional.replace('\n', "\r\n"), &rsa.public),
        ),
        (
            "byte-order mark",
            key(format!("\u{feff}{}", rsa.pem), &rsa.public),
        ),
        ("P-256 PKCS#8", key(p256.clone(), &public)),
    ];
    if let (Some(of_rsa), Some(of_p256)) =
        (keys::python(TO_JWK, &rsa.pem), keys::python(TO_JWK, &p256))
    {
        let set = json!({"keys": [rsa.public, serde_json::from_str::<Value>(&of_rsa).unwrap()]});
        made.push(("RSA JWK Set", key(set.to_string(), &rsa.public)));
        made.push(("RSA JWK", key(of_rsa, &rsa.public)));
        made.push(("P-256 JWK", key(of_p256, &public)));
    }
    Some(made)
}

#[test]
fn keys_of_openssl_are_taken_and_another_implementation_verifies_what_they_sign() {
    let Some(keys) = usable_keys() else { return };
    let mut signed = Vec::new();
    for (name, key) in keys {
        let mut scene = Scene::new(COMPANY);
        scene.with_app_key(&key, json!({}));
        let outcome = scene.run(&["plan"]);
        assert!(
            matches!(outcome.code, Some(0 | 10)),
            "{name}: {}",
            outcome.output()
        );
        assert_eq!(scene.sim.violations(), [""; 0], "{name}");
        for exchange in scene.sim.requests_of(Service::Okta) {
            let proof = exchange.header("dpop").unwrap();
            let header = BASE64_URL.decode(proof.split('.').next().unwrap()).unwrap();
            let header: Value = serde_json::from_slice(&header).unwrap();
            signed.push(json!([proof, header["jwk"]]));
            let body = String::from_utf8(exchange.body).unwrap();
            if let Some((_, assertion)) = body.split_once("client_assertion=") {
                signed.push(json!([assertion, key.public]));
            }
        }
    }
    let lines: Vec<String> = signed.iter().map(Value::to_string).collect();
    let Some(verified) = keys::python(VERIFY, &lines.join("\n")) else {
        return;
    };
    assert_eq!(verified.lines().count(), lines.len());
}

#[test]
fn a_key_that_cannot_be_used_is_named_with_the_command_that_makes_it_right() {
    let Some(rsa) = keys::rsa(KEY_ID) else { return };
    let openssl = |words: &str, input: &str| keys::openssl(words, input).unwrap();
    let p256 = openssl(P256, "");
    let sec1 = openssl("ec", &p256);
    assert!(sec1.starts_with("-----BEGIN EC PRIVATE KEY-----"));
    let parameters = openssl("ecparam -name prime256v1 -genkey", "");
    let encrypted = openssl("pkcs8 -topk8 -passout pass:x", &rsa.pem);
    let old_encrypted = openssl("rsa -traditional -aes128 -passout pass:x", &rsa.pem);
    let bits = |bits: u32| {
        openssl(
            &format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"),
            "",
        )
    };
    let new = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out okta-key.pem";
    let decrypt = "openssl pkey -in KEY -out okta-key.pem";
    let to_pkcs8 = "openssl pkcs8 -topk8 -nocrypt -in KEY -out okta-key.pem";
    let p384 = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "");
    for (key, what, command) in [
        (openssl("pkey -pubout", &rsa.pem), "is a public key", new),
        (rsa.public.to_string(), "is a public JWK", new),
        (encrypted.clone(), "is encrypted", decrypt),
        (old_encrypted, "is encrypted", decrypt),
        (sec1.clone(), "is in SEC1 form", to_pkcs8),
        (parameters, "is in SEC1 form", to_pkcs8),
        (bits(1024), "is an RSA key of fewer than 2048 bits", new),
        (p384, "is an EC key of another curve than P-256", new),
        (
            openssl("genpkey -algorithm ED25519", ""),
            "is neither an RSA key nor a P-256 key",
            new,
        ),
    ] {
        let mut scene = Scene::new(COMPANY);
        let public = rsa.public.clone();
        scene.with_app_key(
            &TestKey {
                pem: key.clone(),
                public,
            },
            json!({}),
        );
        let outcome = scene.sync();
        outcome
            .exits(2)
            .says(&format!(
                "connector-okta.yml:.*: private_key_file: the key .from the file {KEY_FILE}. {what}"
            ))
            .says(&regex::escape(command));
        assert!(
            scene.sim.requests().is_empty(),
            "asked before the key was looked at"
        );
        let output = outcome.output();
        let secret = key
            .lines()
            .filter(|line| line.len() > 20 && !line.starts_with('-'));
        secret.for_each(|line| assert!(!output.contains(line), "{output}"));
    }
    // The commands do what is said of them.
    let decrypted = openssl("pkey -passin pass:x", &encrypted);
    for (key, public) in [
        (decrypted, rsa.public.clone()),
        (openssl("pkcs8 -topk8 -nocrypt", &sec1), public_p256(&p256)),
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.with_app_key(&TestKey { pem: key, public }, json!({}));
        scene.sync().exits(0);
    }
}

#[test]
fn a_key_may_stand_in_the_file_beside_it_or_in_the_environment() {
    let key = keys::p256(KEY_ID);
    let ways = [
        ("private_key", json!(key.pem)),
        ("private_key_file", json!("./other.pem")),
        ("private_key_env", json!("OKTA_KEY")),
    ];
    for (name, value) in ways {
        let mut scene = Scene::new(COMPANY);
        scene.with_app_key(&key, json!({}));
        std::fs::remove_file(scene.path(KEY_FILE)).unwrap();
        scene.folder.write("other.pem", &key.pem);
        owner_only(&scene.path("other.pem"));
        scene
            .environment("OKTA_KEY", Some(&key.pem))
            .set(OKTA, "/private_key_file", Value::Null)
            .set(OKTA, &format!("/{name}"), value);
        scene.sync().exits(0);
    }
    // The client id is a credential, too.
    let mut scene = Scene::new(COMPANY);
    scene
        .with_app_key(&key, json!({}))
        .environment("OKTA_APP", Some(APP))
        .set(OKTA, "/client_id", Value::Null)
        .set(OKTA, "/client_id_env", json!("OKTA_APP"));
    scene.sync().exits(0);
}

#[test]
fn a_configuration_says_in_one_way_who_we_are() {
    let key = keys::p256(KEY_ID);
    let absent = Value::Null;
    let jwk_map = json!({"kty": "EC", "d": "AAAA"});
    let both = "api_token and client_id are two ways to reach the tenant; keep one";
    for (changes, says) in [
        (vec![("api_token", json!(OKTA_TOKEN))], both),
        (
            vec![
                ("client_id", absent.clone()),
                ("api_token_env", json!("HOME")),
            ],
            "private_key_file: belongs to a service app: give its client_id instead of the API token",
        ),
        (
            vec![("private_key_file", absent.clone())],
            "private_key: must be set: give private_key ",
        ),
        (
            vec![("client_id", absent.clone())],
            "client_id: must be set: give client_id ",
        ),
        (
            vec![
                ("client_id", absent.clone()),
                ("private_key_file", absent.clone()),
                ("private_key_id", absent.clone()),
            ],
            "api_token: must be set: give api_token .*; or client_id and private_key: a service app",
        ),
        (
            vec![
                ("private_key_file", absent.clone()),
                ("private_key", jwk_map),
            ],
            "private_key: expected a text, found a mapping: put a JWK into single quotes",
        ),
        (
            vec![("private_key", json!(key.pem))],
            "private_key and private_key_file are all ways to give it; keep one",
        ),
        (
            vec![("scopes", json!("okta.groups.réad"))],
            "scopes: .*is no scope",
        ),
        (
            vec![("private_key_id", json!([]))],
            "private_key_id: expected a text, found a list",
        ),
        (
            vec![("private_key_file", json!("nowhere.pem"))],
            "nowhere.pem",
        ),
        (
            vec![("private_key_file", json!("large.pem"))],
            "large.pem is larger than 64 KiB",
        ),
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.with_app_key(&key, json!({}));
        scene.folder.write("large.pem", &key.pem.repeat(300));
        for (name, value) in changes {
            scene.set(OKTA, &format!("/{name}"), value);
        }
        for command in ["sync", "check"] {
            let outcome = scene.run(&[command]);
            assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.output());
            outcome.says(&format!("connector-okta.yml:.*{says}"));
            assert!(scene.sim.requests_of(Service::Okta).is_empty());
            // `check` goes on, and looks at what it can.
            assert!(command == "check" || scene.sim.requests().is_empty());
        }
    }
}

#[test]
fn the_id_of_a_jwk_is_its_own() {
    let Some(jwk) = keys::python(TO_JWK, &keys::p256(KEY_ID).pem) else {
        return;
    };
    let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
    jwk["kid"] = json!("of-jwk");
    let mut public = jwk.clone();
    public["d"].take();
    let other = keys::p256("other").public;
    let key = TestKey {
        pem: jwk.to_string(),
        public: public.clone(),
    };
    let mut scene = Scene::new(COMPANY);
    scene.with_app_key(&key, json!({"keys": [other, public]}));
    scene
        .sync()
        .exits(2)
        .says("private_key_id: the JWK says that its id is of-jwk");
    scene.set(OKTA, "/private_key_id", json!("of-jwk"));
    scene.sync().exits(0);
    scene.set(OKTA, "/private_key_id", Value::Null);
    scene.sync().exits(0);
}

/// Our copies of the key's text are gone while the run goes on. Looks for pieces of it in the
/// memory of the process.
#[cfg(target_os = "linux")]
#[test]
fn the_text_of_a_key_is_not_kept_in_memory() {
    for key in std::iter::once(keys::p256(KEY_ID)).chain(keys::rsa(KEY_ID)) {
        let mut scene = Scene::new(COMPANY);
        scene.with_app_key(&key, json!({}));
        scene.fault(json!({"service": "okta", "path": "/users?", "hang": true}));
        let run = scene.start(&["sync"]);
        scene.until_asked("/users?");
        let Some(memory) = memory_of(run.id()) else {
            eprintln!("skipped: the memory of another process cannot be read here");
            return;
        };
        let holds = |text: &str| {
            let mut windows = memory.windows(text.len());
            windows.any(|window| window == text.as_bytes())
        };
        // That what is searched is what is there.
        assert!(holds(APP));
        let lines = key.pem.lines().filter(|line| !line.starts_with('-'));
        for line in lines {
            assert!(!holds(line), "{line} is still there");
        }
    }
}

/// All that a process can write to.
#[cfg(target_os = "linux")]
fn memory_of(process: u32) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let file = std::fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let mut memory = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut part = vec![0; usize::try_from(end - start).ok()?];
        // Some mappings are the kernel's and cannot be read.
        if file.read_exact_at(&mut part, start).is_ok() {
            memory.append(&mut part);
        }
    }
    (!memory.is_empty()).then_some(memory)
}
