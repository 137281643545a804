//! Keys in PEM: between a line BEGIN and a line END, in base64.
//!
//! Line ends and blanks between the two are of no matter: YAML may have folded them.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::signature::RsaKeyPair;
use zeroize::Zeroizing;

use super::{NEW_KEY, Pair, SigningKey, ring_p256, rsa_problem};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const ENCRYPTED: &str = "is encrypted with a password; decrypt it with `openssl pkey -in KEY -out \
                         okta-key.pem` and let only the user of this program read the new file";

/// One key or certificate of a text.
struct Section<'t> {
    /// `RSA PRIVATE KEY`.
    label: &'t str,
    content: &'t str,
}

pub(super) fn read(text: &str) -> Result<SigningKey, String> {
    let sections: Vec<Section<'_>> = sections(text).collect();
    let is_private = |section: &&Section<'_>| section.label.ends_with("PRIVATE KEY");
    let section = sections.iter().find(is_private).or(sections.first());
    let Some(section) = section else {
        return Err(if text.contains("-----BEGIN ") {
            "is not whole: its line -----END … is missing; copy it again".to_owned()
        } else {
            "is neither PEM (-----BEGIN PRIVATE KEY-----) nor a JWK ({\"kty\": …}); copy it whole"
                .to_owned()
        });
    };
    Ok(SigningKey {
        pair: section.pair()?,
        id: None,
    })
}

fn sections(text: &str) -> impl Iterator<Item = Section<'_>> {
    text.split("-----BEGIN ").skip(1).filter_map(|rest| {
        let (label, rest) = rest.split_once("-----")?;
        let (content, end) = rest.split_once("-----END ")?;
        end.starts_with(label).then_some(Section { label, content })
    })
}

impl Section<'_> {
    fn pair(&self) -> Result<Pair, String> {
        match self.label {
            "PRIVATE KEY" => pkcs8(&self.der()?),
            "RSA PRIVATE KEY" if self.content.contains("ENCRYPTED") => Err(ENCRYPTED.to_owned()),
            "RSA PRIVATE KEY" => rsa(RsaKeyPair::from_der(&self.der()?)),
            "ENCRYPTED PRIVATE KEY" => Err(ENCRYPTED.to_owned()),
            "EC PRIVATE KEY" => Err(
                "is in SEC1 form (EC PRIVATE KEY); turn it into PKCS#8 with \
                                     `openssl pkcs8 -topk8 -nocrypt -in KEY -out okta-key.pem`"
                    .to_owned(),
            ),
            "OPENSSH PRIVATE KEY" => Err(format!("is one for SSH; {NEW_KEY}")),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(format!(
                "is a public key; the private half of the pair is needed. If it is lost, {NEW_KEY}"
            )),
            "CERTIFICATE" => Err(format!(
                "is a certificate; the private key that belongs to it is needed. If it is lost, \
                 {NEW_KEY}"
            )),
            _ => Err(format!("is PEM, but no private key; {NEW_KEY}")),
        }
    }

    fn der(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let digits = self.content.chars().filter(|c| !c.is_whitespace());
        // As large as it can get at once, so that growing leaves no copy behind.
        let mut base64 = Zeroizing::new(String::with_capacity(self.content.len()));
        base64.extend(digits);
        let mut der = Zeroizing::new(Vec::with_capacity(base64.len()));
        BASE64
            .decode_vec(base64.as_bytes(), &mut der)
            .map_err(|_| {
                "is damaged PEM (no base64 between its lines); copy it again".to_owned()
            })?;
        Ok(der)
    }
}

/// A key of any kind; its algorithm stands at the beginning.
fn pkcs8(der: &[u8]) -> Result<Pair, String> {
    // Object identifiers as they stand in DER: type, length, content.
    const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
    const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    let head = der.get(..der.len().min(48)).unwrap_or_default();
    let names = |id: &[u8]| head.windows(id.len()).any(|window| window == id);
    if names(RSA) {
        rsa(RsaKeyPair::from_pkcs8(der))
    } else if names(P256) {
        let problem = |rejected| format!("is a damaged P-256 key ({rejected}); {NEW_KEY}");
        ring_p256(der).map_err(problem)
    } else if names(EC) {
        Err(format!(
            "is an EC key of another curve than P-256; {NEW_KEY}"
        ))
    } else {
        Err(format!("is neither an RSA key nor a P-256 key; {NEW_KEY}"))
    }
}

fn rsa(read: Result<RsaKeyPair, ring::error::KeyRejected>) -> Result<Pair, String> {
    read.map(|pair| Pair::Rsa(Box::new(pair)))
        .map_err(rsa_problem)
}
