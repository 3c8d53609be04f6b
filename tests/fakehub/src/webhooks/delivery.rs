//! One delivery: what is sent, signed, and what came back.

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::clock::show;

/// Bytes of the largest payload that is sent.
pub const LARGEST: usize = 25 * 1024 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: u64,
    /// `X-GitHub-Delivery`; a redelivery has that of the first.
    pub guid: String,
    pub app: u64,
    pub installation: u64,
    pub event: String,
    pub at: Timestamp,
    pub redelivery: bool,
    pub url: String,
    /// All but the GUID.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// None while it is under way.
    pub outcome: Option<Outcome>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Seconds, real time.
    pub duration: f64,
    /// 502: nobody there; 504: too late.
    pub code: u16,
    pub headers: Map<String, Value>,
    pub body: String,
}

impl Outcome {
    pub fn failed(code: u16, duration: f64) -> Self {
        Self { duration, code, headers: Map::new(), body: String::new() }
    }

    /// In the words of the delivery log.
    fn status(&self) -> String {
        match self.code {
            200..=399 => "OK".into(),
            502 if self.headers.is_empty() => "failed to connect to host".into(),
            504 if self.headers.is_empty() => "timed out".into(),
            code => format!("Invalid HTTP Response: {code}"),
        }
    }
}

impl Delivery {
    /// Whether it ended this way: `success` is 200 to 399, `failure` 400 to 599.
    pub fn is(&self, status: &str) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| match status {
            "success" => (200..=399).contains(&outcome.code),
            _ => (400..=599).contains(&outcome.code),
        })
    }

    /// `hook-delivery-item`
    pub fn item(&self) -> Value {
        let payload: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let outcome = self.outcome.as_ref();
        json!({
            "id": self.id, "guid": self.guid, "delivered_at": show(self.at), "redelivery": self.redelivery,
            "duration": outcome.map_or(0.0, |outcome| (outcome.duration * 100.0).round() / 100.0),
            "status": outcome.map_or_else(|| "pending".into(), Outcome::status),
            "status_code": outcome.map_or(0, |outcome| outcome.code), "event": self.event,
            "action": payload["action"], "installation_id": self.installation,
            "repository_id": payload["repository"]["id"], "throttled_at": null,
        })
    }

    /// `hook-delivery`
    pub fn full(&self) -> Value {
        let mut shown = self.item();
        let outcome = self.outcome.as_ref();
        shown["url"] = self.url.as_str().into();
        shown["request"] = json!({
            "headers": self.all_headers().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "payload": serde_json::from_str::<Value>(&self.body).unwrap_or_default(),
        });
        shown["response"] = json!({
            "headers": outcome.map(|outcome| &outcome.headers), "payload": outcome.map(|outcome| &outcome.body),
        });
        shown
    }

    /// The bytes that are sent.
    pub fn wire(&self) -> String {
        let is_form = self.headers.contains(&("Content-Type", FORM.to_owned()));
        wire(&self.body, if is_form { "form" } else { "json" })
    }

    pub fn all_headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = self.headers.clone();
        headers.push(("X-GitHub-Delivery", self.guid.clone()));
        headers
    }
}

/// The bytes that are sent: the payload itself, or a form with it in the field `payload`.
pub fn wire(payload: &str, content: &str) -> String {
    if content == "form" { format!("payload={}", crate::rest::encode(payload)) } else { payload.to_owned() }
}

/// The headers of a delivery but for its GUID; without a secret it is not signed.
pub fn headers(secret: &str, content: &str, event: &str, app: u64, body: &[u8]) -> Vec<(&'static str, String)> {
    let kind = if content == "form" { FORM } else { "application/json" };
    let mut headers = vec![
        ("Accept", "*/*".into()),
        ("Content-Type", kind.into()),
        ("User-Agent", "GitHub-Hookshot/fakehub".into()),
        ("X-GitHub-Event", event.into()),
        ("X-GitHub-Hook-ID", app.to_string()),
        ("X-GitHub-Hook-Installation-Target-ID", app.to_string()),
        ("X-GitHub-Hook-Installation-Target-Type", "integration".into()),
    ];
    if !secret.is_empty() {
        headers.push(("X-Hub-Signature-256", signature(secret, body)));
    }
    headers
}

/// `sha256=` and the HMAC of the body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A GUID from something that is there once.
pub fn guid(seed: &str) -> String {
    let digits = hex::encode(Sha256::digest(seed));
    let part = |from: usize, to: usize| &digits[from..to];
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_s_own_example_is_signed_so() {
        // The test values of GitHub's page "Validating webhook deliveries".
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[test]
    fn a_delivery_is_what_its_code_says() {
        for (code, named, status, word) in [
            (200, true, "success", "OK"),
            (302, true, "success", "OK"),
            (404, true, "failure", "Invalid HTTP Response: 404"),
            (502, true, "failure", "Invalid HTTP Response: 502"),
            (502, false, "failure", "failed to connect to host"),
            (504, false, "failure", "timed out"),
        ] {
            let mut outcome = Outcome::failed(code, 0.0);
            if named {
                outcome.headers.insert("Server".into(), "x".into());
            }
            assert_eq!(outcome.status(), word);
            let delivery = Delivery {
                id: 1,
                guid: guid("a"),
                app: 1,
                installation: 1,
                event: "push".into(),
                at: Timestamp::UNIX_EPOCH,
                redelivery: false,
                url: String::new(),
                headers: Vec::new(),
                body: "{}".into(),
                outcome: Some(outcome),
            };
            assert!(delivery.is(status), "{code}");
            assert_eq!(delivery.guid.len(), 36);
        }
    }
}
