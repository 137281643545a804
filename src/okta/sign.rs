//! What a service app signs: the assertion that gets a token, and the proof (DPoP, RFC 9449) that
//! a token is its own. Both are for one use.
//!
//! Knows the time and the keys, and sends nothing.

use std::sync::Arc;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;

use crate::config::ServiceApp;
use crate::http::Fresh;
use crate::key::{self, SigningKey};
use crate::os::secret::Secret;

/// The path of the token endpoint.
pub(super) const TOKEN_PATH: &str = "/oauth2/v1/token";
/// How long an assertion is good for, in seconds. Okta takes at most an hour.
const ASSERTION_LIFE: i64 = 300;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Signs for one app at one tenant.
pub(super) struct Signer {
    /// Scheme and host of the tenant: `https://acme.okta.com`.
    origin: String,
    client_id: String,
    key: Arc<SigningKey>,
    key_id: Option<String>,
    /// Signs the proofs: a pair of this run, or the app's own key.
    proof_key: Arc<SigningKey>,
    /// Added to this machine's clock, in seconds.
    pub(super) clock_correction: i64,
}

/// The request that a proof is for.
struct Target<'t> {
    method: &'static str,
    /// The path; `htu` of a proof has no query (RFC 9449, 4.2).
    path: &'t str,
    token: Option<&'t Secret>,
}

impl Signer {
    pub(super) fn new(host: &str, app: &ServiceApp) -> Result<Signer, String> {
        Ok(Signer {
            origin: format!("https://{}", super::bare(host).to_ascii_lowercase()),
            client_id: app.client_id.clone(),
            key: Arc::clone(&app.key),
            key_id: app.key_id.clone(),
            proof_key: Arc::new(SigningKey::generate()?),
            clock_correction: 0,
        })
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// From now on the app's own RSA key signs the proofs, for Okta may not take ES256. Says
    /// whether that is something new.
    pub(super) fn prove_with_own_key(&mut self) -> bool {
        let is_new = self.key.is_rsa() && !self.proof_key.is_rsa();
        if is_new {
            log::debug!(target: "okta", "the proof was refused; the app's own key signs the next");
            self.proof_key = Arc::clone(&self.key);
        }
        is_new
    }

    /// Form and proof of one request for a token.
    pub(super) fn ask_for_token(
        &self,
        scopes: &[String],
        nonce: Option<&str>,
    ) -> Result<Fresh, String> {
        let assertion = self.assertion()?;
        let target = Target {
            method: "POST",
            path: TOKEN_PATH,
            token: None,
        };
        let proof = self.prove(&target, nonce)?;
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!(
            "grant_type=client_credentials&scope={}&client_assertion_type={}&client_assertion={}",
            encode(&scopes.join(" ")),
            encode(ASSERTION_TYPE),
            assertion.expose(),
        );
        Ok(Fresh {
            headers: vec![("dpop", proof.clone())],
            body: Some(Secret::new(form)),
            secrets: vec![assertion, proof],
        })
    }

    /// The headers of one GET with a token that needs a proof.
    pub(super) fn bind(
        &self,
        token: &Secret,
        path: &str,
        nonce: Option<&str>,
    ) -> Result<Fresh, String> {
        let target = Target {
            method: "GET",
            path: path.split('?').next().unwrap_or_default(),
            token: Some(token),
        };
        let proof = self.prove(&target, nonce)?;
        let mut fresh = authorize("DPoP", token);
        fresh.headers.push(("dpop", proof.clone()));
        fresh.secrets.push(proof);
        Ok(fresh)
    }

    /// Without `iat`: a clock that is a little ahead then does no harm.
    fn assertion(&self) -> Result<Secret, String> {
        let header = match &self.key_id {
            Some(id) => json!({"kid": id}),
            None => json!({}),
        };
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": format!("{}{TOKEN_PATH}", self.origin),
            "exp": self.now() + ASSERTION_LIFE,
            "jti": key::random_id()?,
        });
        self.key.sign_claims(header, &claims)
    }

    fn prove(&self, target: &Target<'_>, nonce: Option<&str>) -> Result<Secret, String> {
        let header = json!({"typ": "dpop+jwt", "jwk": self.proof_key.public_jwk()});
        // Okta decodes the path before it compares.
        let path = percent_decode_str(target.path).decode_utf8_lossy();
        let mut claims = json!({
            "htm": target.method,
            "htu": format!("{}{path}", self.origin),
            "iat": self.now(),
            "jti": key::random_id()?,
        });
        let hash = target.token.map(|token| key::digest(token.expose()));
        let further = [("ath", hash), ("nonce", nonce.map(str::to_owned))];
        for (name, value) in further {
            if let Some((fields, value)) = claims.as_object_mut().zip(value) {
                fields.insert(name.to_owned(), value.into());
            }
        }
        self.proof_key.sign_claims(header, &claims)
    }

    /// Okta's time as far as it is known, in epoch seconds.
    fn now(&self) -> i64 {
        Timestamp::now().as_second() + self.clock_correction
    }
}

/// The headers of one GET with a token that whoever has it may use.
pub(super) fn bear(token: &Secret) -> Fresh {
    authorize("Bearer", token)
}

fn authorize(scheme: &str, token: &Secret) -> Fresh {
    let authorization = Secret::new(format!("{scheme} {}", token.expose()));
    Fresh {
        headers: vec![("authorization", authorization)],
        body: None,
        secrets: vec![token.clone()],
    }
}
