//! Knocking at a webhook's address as GitHub does: a signed `ping`, which a server takes and does nothing about. What it
//! shows is seen from this machine, not from GitHub.

use hmac::{Hmac, Mac};
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use sha2::Sha256;

use super::super::refusal::Refusal;
use super::super::wire;
use super::plain::{self, Plain};
use crate::fault::Fault;

const BODY: &str = r#"{"zen":"Is somebody there?","hook":{"type":"App"}}"#;

/// Sends a `ping`, signed with the secret, to an address; gives the status of the answer. Blocks, at most as long as a
/// request may take.
///
/// # Errors
/// When the address is none (exit 2), or nobody answers (exit 3).
pub fn knock(url: &str, secret: &str) -> Result<u16, Fault> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| Fault::usage("the webhook's address is none"))?;
    let mut chance = [0; 16];
    getrandom::fill(&mut chance)
        .map_err(|error| Fault::unfinished("the system gives no random numbers").because(&error))?;
    let digits = hex::encode(chance);
    let guid = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
    let mut signed = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    signed.update(BODY.as_bytes());
    let signature = format!("sha256={}", hex::encode(signed.finalize().into_bytes()));
    let line = Plain::open(&url, wire::timeout(&|name| std::env::var(name).ok()))?;
    let answer = line.knock(|client| {
        let request = client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(BODY);
        request
            .header("x-github-event", "ping")
            .header("x-github-delivery", &guid)
            .header("x-hub-signature-256", &signature)
    });
    match answer {
        Ok(status) => Ok(status),
        Err(Refusal::Unsent(why) | Refusal::Lost(why)) => {
            Err(Fault::unfinished(format!("nobody answers there ({why})")))
        }
        Err(refusal) => Err(plain::fault(refusal, "the webhook's address can't be tried", &url)),
    }
}
