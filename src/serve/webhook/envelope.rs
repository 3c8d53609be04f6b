//! The little of a payload that says where a delivery belongs. Everything is optional and of any type, because payloads
//! change: what is not as expected is as if it were not there.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ledger::NewDelivery;

/// Characters of a word that are kept; GitHub's own bounds on names are shorter.
const WORD: usize = 256;

/// Where a delivery belongs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    action: String,
    /// Number and full name.
    repository: (Option<i64>, String),
    installation: Option<i64>,
}

/// A value of any type: what may be wanted of it. All else is skipped without being kept.
#[derive(Default)]
struct Seen {
    text: Option<String>,
    number: Option<i64>,
    /// Of an object.
    id: Option<i64>,
    full_name: Option<String>,
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Seen, E> {
        Ok(Seen { text: Some(text.to_owned()), ..Seen::default() })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Seen, E> {
        Ok(Seen { number: Some(number), ..Seen::default() })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Seen, E> {
        Ok(Seen { number: i64::try_from(number).ok(), ..Seen::default() })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Seen, A::Error> {
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Seen::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Seen, A::Error> {
        let mut seen = Seen::default();
        while let Some(key) = all.next_key::<Cow<'de, str>>()? {
            match &*key {
                "id" => seen.id = all.next_value::<Seen>()?.number,
                "full_name" => seen.full_name = all.next_value::<Seen>()?.text,
                _ => drop(all.next_value::<IgnoredAny>()?),
            }
        }
        Ok(seen)
    }
}

/// The outermost object.
struct Outside;

impl<'de> Visitor<'de> for Outside {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        let number = |id: Option<i64>| id.filter(|id| *id > 0);
        while let Some(key) = all.next_key::<Cow<'de, str>>()? {
            match &*key {
                "action" => envelope.action = word(all.next_value::<Seen>()?.text),
                "repository" => {
                    let seen = all.next_value::<Seen>()?;
                    let name = word(seen.full_name);
                    let is_full = name.split('/').filter(|part| !part.is_empty()).count() == 2;
                    envelope.repository = (number(seen.id), if is_full { name } else { String::new() });
                }
                "installation" => envelope.installation = number(all.next_value::<Seen>()?.id),
                _ => drop(all.next_value::<IgnoredAny>()?),
            }
        }
        Ok(envelope)
    }
}

impl Envelope {
    /// Reads a body; none when it is no JSON object.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let envelope = deserializer.deserialize_map(Outside).ok()?;
        deserializer.end().ok()?;
        Some(envelope)
    }

    /// The delivery. What is about one repository goes in order; its number stays when it is renamed.
    pub(super) fn delivery<B>(self, event: &str, guid: String, body: B) -> NewDelivery<B> {
        let (number, repository) = self.repository;
        let key = match (number, self.installation) {
            (Some(number), _) => format!("repository {number}"),
            (None, _) if !repository.is_empty() => format!("repository {}", repository.to_ascii_lowercase()),
            (None, Some(installation)) => format!("installation {installation}"),
            (None, None) => format!("delivery {guid}"),
        };
        let installation = self.installation;
        NewDelivery { guid, event: event.to_owned(), action: self.action, repository, installation, key, body }
    }
}

/// A short word on one line; nothing else is kept.
fn word(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    let is_word = text.chars().count() <= WORD && !text.chars().any(char::is_control);
    if is_word { text } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Option<(&str, &str, Option<i64>, &str)>) {
        let found = Envelope::read(body.as_bytes()).map(|envelope| envelope.delivery("push", "g".into(), ()));
        let found = found.as_ref().map(|new| (&*new.action, &*new.repository, new.installation, &*new.key));
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn what_is_not_as_expected_is_as_if_it_were_not_there() {
        let full =
            r#"{"action":"opened","x":[{"y":1}],"repository":{"id":7,"full_name":"a/b"},"installation":{"id":9}}"#;
        check(full, Some(("opened", "a/b", Some(9), "repository 7")));
        check(r#"{"repository":{"id":"7","full_name":"A/b"}}"#, Some(("", "A/b", None, "repository a/b")));
        check(r#"{"repository":[],"installation":{"id":9},"action":{}}"#, Some(("", "", Some(9), "installation 9")));
        check(r#"{"repository":null,"installation":{"id":1.5}}"#, Some(("", "", None, "delivery g")));
        check(
            r#"{"repository":{"full_name":"a/b/../c","id":-1},"repository":{"full_name":"/"}}"#,
            Some(("", "", None, "delivery g")),
        );
        check(r#"{"action":"a\nb"}"#, Some(("", "", None, "delivery g")));
        check("{}", Some(("", "", None, "delivery g")));
        for body in ["", "[]", "null", "\"x\"", "{", "{\"a\":", "\u{0}", "payload=%7B%7D"] {
            check(body, None);
        }
        check(&format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)), Some(("", "", None, "delivery g")));
    }

    #[test]
    fn no_bytes_at_all_make_it_panic() {
        for seed in 0_u32..2_000 {
            let bytes: Vec<u8> =
                (0..seed % 40).map(|at| (seed.wrapping_mul(2_654_435_761).rotate_left(at) >> 3) as u8).collect();
            let _ = Envelope::read(&bytes);
        }
    }
}
