//! Signatures: HMAC-SHA256 of the raw body, for the secret and, while it is being changed, for the one before it.
//! Compared in constant time; the body is hashed as it arrives.

use std::fmt;

use axum::http::HeaderMap;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::fault::Fault;

/// The variable that holds the secret, and the one that holds the secret before it.
pub const VARIABLES: [&str; 2] = ["VSO_WEBHOOK_SECRET", "VSO_WEBHOOK_SECRET_OLD"];

/// Fewer characters of a secret are refused: they can be guessed from one recorded delivery.
const SHORTEST: usize = 16;

type Digest = [u8; 32];

/// The secrets, one or two. Never printed.
#[derive(Clone)]
pub struct Secrets(Vec<Hmac<Sha256>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// From the values of [`VARIABLES`]; none when the first one is missing or empty.
    ///
    /// # Errors
    /// When one is too short, or there is only the old one (exit 2).
    pub fn of(now: Option<&str>, old: Option<&str>) -> Result<Option<Self>, Fault> {
        let given = |value: Option<&str>| value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        let (now, old) = (given(now), given(old));
        if now.is_none() && old.is_some() {
            return Err(Fault::usage(format!("{} is set and {} is not", VARIABLES[1], VARIABLES[0]))
                .hint("the old secret counts only beside a new one"));
        }
        let mut keys = Vec::new();
        for (secret, name) in [now, old].into_iter().zip(VARIABLES) {
            let Some(secret) = secret else { continue };
            if secret.len() < SHORTEST {
                return Err(Fault::usage(format!("{name} has fewer than {SHORTEST} characters"))
                    .hint("`openssl rand -hex 32` makes a good one"));
            }
            let key = Hmac::new_from_slice(secret.as_bytes());
            keys.push(key.expect("HMAC takes keys of any length"));
        }
        Ok((!keys.is_empty()).then_some(Self(keys)))
    }

    /// The signature that a delivery claims; none when it is missing, twice there, or no SHA-256.
    pub(super) fn claimed(&self, headers: &HeaderMap) -> Option<Digest> {
        let mut all = headers.get_all("x-hub-signature-256").iter();
        let (Some(value), None) = (all.next(), all.next()) else { return None };
        let text = value.to_str().ok()?.strip_prefix("sha256=")?;
        let mut digest = Digest::default();
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(digest)
    }

    /// Begins to sign a body.
    pub(super) fn begin(&self) -> Signing {
        Signing(self.0.clone())
    }
}

/// A body that is being signed with every secret.
pub(super) struct Signing(Vec<Hmac<Sha256>>);

impl Signing {
    /// More of the body.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|mac| mac.update(bytes));
    }

    /// Whether the whole body has this signature, under any of the secrets. All are compared, so that the time says
    /// nothing.
    pub(super) fn is(self, claimed: &Digest) -> bool {
        let none = Choice::from(0);
        let found = self.0.into_iter().fold(none, |found, mac| found | mac.finalize().into_bytes().ct_eq(claimed));
        found.into()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const SECRET: &str = "It's a Secret to Everybody";
    /// GitHub's own example: this secret and `Hello, World!`.
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn check(secrets: (&str, Option<&str>), body: &str, signature: &str, expected: bool) {
        let secrets = Secrets::of(Some(secrets.0), secrets.1).unwrap().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-hub-signature-256", HeaderValue::from_str(signature).unwrap());
        let mut signing = secrets.begin();
        body.as_bytes().chunks(3).for_each(|part| signing.add(part));
        let found = secrets.claimed(&headers).is_some_and(|claimed| signing.is(&claimed));
        assert_eq!(found, expected, "{signature}");
    }

    #[test]
    fn only_the_right_signature_passes() {
        let other = "another secret of some length";
        check((SECRET, None), "Hello, World!", SIGNATURE, true);
        check((other, Some(SECRET)), "Hello, World!", SIGNATURE, true);
        check((SECRET, Some(other)), "Hello, World!", &SIGNATURE.to_uppercase().replace("SHA", "sha"), true);
        check((other, None), "Hello, World!", SIGNATURE, false);
        check((SECRET, None), "Hello, World?", SIGNATURE, false);
        check((SECRET, None), "", SIGNATURE, false);
        check((SECRET, None), "Hello, World!", &SIGNATURE[..SIGNATURE.len() - 2], false);
        check((SECRET, None), "Hello, World!", &format!("{SIGNATURE}00"), false);
        check((SECRET, None), "Hello, World!", &SIGNATURE.replace("sha256", "sha1"), false);
        check((SECRET, None), "Hello, World!", "", false);
    }

    #[test]
    fn secrets_are_long_and_never_shown() {
        assert!(Secrets::of(None, None).unwrap().is_none());
        assert!(Secrets::of(Some(" "), None).unwrap().is_none());
        for (now, old) in [(Some("short"), None), (None, Some(SECRET)), (Some(SECRET), Some("short"))] {
            assert_eq!(Secrets::of(now, old).unwrap_err().kind().exit_code(), 2);
        }
        let secrets = Secrets::of(Some(SECRET), Some(SECRET)).unwrap().unwrap();
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }
}
