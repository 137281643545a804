//! Private keys, and JSON that is signed with them (RS256 and ES256, as in RFC 7515).
//!
//! Knows how keys are written, and nothing of what is signed or who reads it. What the signing
//! library holds of a key lives until the process ends; all else is wiped.

mod jwk;
mod pem;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

use crate::os::secret::Secret;

/// How a key that can be used is made.
const NEW_KEY: &str = "make a new one with `openssl genpkey -algorithm RSA -pkeyopt \
                       rsa_keygen_bits:2048 -out okta-key.pem` and add its public half (`openssl \
                       pkey -in okta-key.pem -pubout`) to the app in Okta";

#[derive(Debug)]
pub struct SigningKey {
    pair: Pair,
    /// The `kid` that came with the key: a JWK may carry one.
    id: Option<String>,
}

#[derive(Debug)]
enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
}

impl SigningKey {
    /// Reads a private key: PEM (PKCS#8 or PKCS#1), a JWK, or a JWK Set with one private key.
    ///
    /// # Errors
    /// What the text is instead, and how to come to a key that can be used; it follows "the key ".
    pub fn read(text: &str) -> Result<SigningKey, String> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            jwk::read(text)
        } else {
            pem::read(text)
        }
    }

    /// Makes a P-256 pair that no file ever holds.
    ///
    /// # Errors
    /// Why the system gives no random numbers.
    pub fn generate() -> Result<SigningKey, String> {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let document = made.map_err(|_| NO_RANDOMNESS.to_owned())?;
        let pair = ring_p256(document.as_ref()).map_err(|rejected| rejected.to_string())?;
        Ok(SigningKey { pair, id: None })
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn is_rsa(&self) -> bool {
        matches!(self.pair, Pair::Rsa(_))
    }

    /// The public half, as a JWK without an id.
    pub fn public_jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "n": BASE64_URL.encode(public.n), "e": BASE64_URL.encode(public.e)})
            }
            Pair::P256(pair) => {
                // A byte that says "not compressed", then both coordinates.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": "P-256", "x": BASE64_URL.encode(x), "y": BASE64_URL.encode(y)})
            }
        }
    }

    /// Signs claims: a JWT with this header, to which the algorithm is added.
    ///
    /// # Errors
    /// Why the system gives no random numbers.
    pub fn sign_claims(&self, mut header: Value, claims: &Value) -> Result<Secret, String> {
        let algorithm = if self.is_rsa() { "RS256" } else { "ES256" };
        if let Some(fields) = header.as_object_mut() {
            fields.insert("alg".to_owned(), algorithm.into());
        }
        let part = |json: &Value| BASE64_URL.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.sign(signed.as_bytes())?;
        let signature = BASE64_URL.encode(signature);
        Ok(Secret::new(format!("{signed}.{signature}")))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let random = SystemRandom::new();
        let signed = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map(|()| signature)
            }
            Pair::P256(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec()),
        };
        signed.map_err(|_| "nothing can be signed with the private key".to_owned())
    }
}

const NO_RANDOMNESS: &str = "the system gives no random numbers";

/// An id that no other text of this or another run has.
///
/// # Errors
/// Why the system gives no random numbers.
pub fn random_id() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| NO_RANDOMNESS.to_owned())?;
    Ok(BASE64_URL.encode(bytes))
}

/// The SHA-256 of a text, as tokens are named in what is signed.
pub fn digest(text: &str) -> String {
    BASE64_URL.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

fn ring_p256(pkcs8: &[u8]) -> Result<Pair, ring::error::KeyRejected> {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &random).map(|pair| Pair::P256(Box::new(pair)))
}

/// What the library's refusal of an RSA key means.
fn rsa_problem(rejected: ring::error::KeyRejected) -> String {
    match rejected.to_string().as_str() {
        "TooSmall" => format!("is an RSA key of fewer than 2048 bits; {NEW_KEY}"),
        "TooLarge" => format!("is an RSA key of more than 4096 bits; {NEW_KEY}"),
        other => format!("is a damaged RSA key ({other}); copy it whole, or {NEW_KEY}"),
    }
}

#[cfg(test)]
mod tests;
