//! Keys in JSON: a JWK, as Okta's console shows it, or a set of them.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{NEW_KEY, Pair, SigningKey, rsa_problem};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Bytes of a coordinate, and of the private number.
const P256_BYTES: usize = 32;

type Number = Option<Zeroizing<String>>;

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

/// The members of every kind of key.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Jwk {
    kty: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Number,
    e: Number,
    d: Number,
    p: Number,
    q: Number,
    dp: Number,
    dq: Number,
    qi: Number,
    x: Number,
    y: Number,
}

pub(super) fn read(text: &str) -> Result<SigningKey, String> {
    let jwk = match serde_json::from_str::<JwkSet>(text) {
        Ok(set) => the_private_key(set.keys)?,
        // The parser's own words might show a piece of the key.
        Err(_) => serde_json::from_str(text).map_err(|error| {
            format!(
                "is no JWK: its JSON cannot be read from line {} column {}; copy it whole",
                error.line(),
                error.column()
            )
        })?,
    };
    Ok(SigningKey {
        pair: jwk.pair()?,
        id: jwk.kid,
    })
}

fn the_private_key(keys: Vec<Jwk>) -> Result<Jwk, String> {
    let (mut private, public): (Vec<Jwk>, Vec<Jwk>) =
        keys.into_iter().partition(|key| key.d.is_some());
    match (private.pop(), private.len()) {
        (Some(key), 0) => Ok(key),
        (None, _) if public.is_empty() => Err("is an empty JWK Set".to_owned()),
        (None, _) => Err(format!(
            "is a JWK Set of public keys; the private half of a pair is needed. If it is lost, \
             {NEW_KEY}"
        )),
        (Some(_), others) => Err(format!(
            "is a JWK Set with {} private keys; leave only the one to be used",
            others + 1
        )),
    }
}

impl Jwk {
    fn pair(&self) -> Result<Pair, String> {
        match (self.kty.as_deref(), self.crv.as_deref()) {
            (None, _) => Err("is JSON, but no JWK: it has no kty; copy it whole".to_owned()),
            (Some("RSA" | "EC"), _) if self.d.is_none() => Err(format!(
                "is a public JWK (it has no d); the private half of the pair is needed. If it is \
                 lost, {NEW_KEY}"
            )),
            (Some("RSA"), _) => self.rsa(),
            (Some("EC"), Some("P-256")) => self.p256(),
            (Some("EC"), _) => Err(format!(
                "is an EC key of another curve than P-256; {NEW_KEY}"
            )),
            _ => Err(format!("is neither an RSA key nor a P-256 key; {NEW_KEY}")),
        }
    }

    fn rsa(&self) -> Result<Pair, String> {
        let components = KeyPairComponents {
            public_key: PublicKeyComponents {
                n: number("n", &self.n)?,
                e: number("e", &self.e)?,
            },
            d: number("d", &self.d)?,
            p: number("p", &self.p)?,
            q: number("q", &self.q)?,
            dP: number("dp", &self.dp)?,
            dQ: number("dq", &self.dq)?,
            qInv: number("qi", &self.qi)?,
        };
        RsaKeyPair::from_components(&components)
            .map(|pair| Pair::Rsa(Box::new(pair)))
            .map_err(rsa_problem)
    }

    fn p256(&self) -> Result<Pair, String> {
        // A byte that says "not compressed", then both coordinates.
        let mut point = vec![4];
        point.extend_from_slice(&coordinate("x", &self.x)?);
        point.extend_from_slice(&coordinate("y", &self.y)?);
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &coordinate("d", &self.d)?,
            &point,
            &SystemRandom::new(),
        )
        .map(|pair| Pair::P256(Box::new(pair)))
        .map_err(|rejected| format!("is a damaged P-256 key ({rejected}); copy it whole"))
    }
}

/// A number of a JWK, big-endian, without zeros in front.
fn number(name: &str, value: &Number) -> Result<Zeroizing<Vec<u8>>, String> {
    let Some(text) = value else {
        return Err(format!("is a JWK without {name}; copy it whole"));
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    BASE64
        .decode_vec(text.as_bytes(), &mut bytes)
        .map_err(|_| format!("is a JWK whose {name} is no base64url; copy it again"))?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    Ok(bytes)
}

/// A number of P-256 in its full length.
fn coordinate(name: &str, value: &Number) -> Result<Zeroizing<Vec<u8>>, String> {
    let short = number(name, value)?;
    let zeros = P256_BYTES
        .checked_sub(short.len())
        .ok_or_else(|| format!("is a JWK whose {name} is longer than P-256 allows"))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(P256_BYTES));
    bytes.resize(zeros, 0);
    bytes.extend_from_slice(&short);
    Ok(bytes)
}
