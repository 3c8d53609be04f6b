//! Sign-ins that are under way: for each browser that was sent to GitHub a state, which has to come back with the same
//! browser's cookie, once and soon, and the verifier that proves to GitHub who began (PKCE, RFC 7636).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use subtle::ConstantTimeEq;

use super::{CHANCE, Key, key, random};
use crate::fault::Fault;
use crate::forge::github::Proof;
use crate::ledger::{Clock, Time};

/// How long a person may take at GitHub's pages: as long as GitHub's code counts.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Sign-ins at a time; the oldest makes room.
const MOST: usize = 4_096;

/// All of them, by the hash of the browser's cookie.
pub(super) struct Flows {
    under_way: Mutex<HashMap<Key, Flow>>,
    clock: Clock,
    cookie: String,
    secure: bool,
}

/// One sign-in.
pub(super) struct Flow {
    state: String,
    /// What the exchange of the code has to show.
    pub(super) verifier: String,
    /// The page to lead to afterwards: a path of the server's own.
    pub(super) to: String,
    /// The session that the browser had before.
    pub(super) former: Option<Key>,
    begun: Time,
}

/// What goes out with the browser.
pub(super) struct Begun {
    /// The cookie's value.
    pub(super) secret: String,
    pub(super) state: String,
    pub(super) challenge: String,
}

impl Flows {
    pub(super) fn new(clock: Clock, cookie: String, secure: bool) -> Self {
        Self { under_way: Mutex::default(), clock, cookie, secure }
    }

    /// Begins a sign-in, with a cookie of its own also where the browser shows one.
    pub(super) fn begin(&self, to: &str, former: Option<Key>) -> Result<Begun, Fault> {
        let (secret, state, proof) = (random(CHANCE)?, random(CHANCE)?, Proof::new()?);
        let begun = self.clock.now();
        let Proof { verifier, challenge } = proof;
        let flow = Flow { state: state.clone(), verifier, to: own_path(to), former, begun };
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, flow| flow.begun.after(LIFE) > begun);
        if under_way.len() >= MOST {
            let oldest = under_way.iter().min_by_key(|(_, flow)| flow.begun).map(|(key, _)| *key);
            oldest.and_then(|key| under_way.remove(&key));
        }
        under_way.insert(key(&secret), flow);
        Ok(Begun { secret, state, challenge })
    }

    /// The sign-in that a browser comes back from, whose state it shows. Whatever comes of it, it is not under way any
    /// more.
    pub(super) fn end(&self, secret: &str, state: &str) -> Option<Flow> {
        let now = self.clock.now();
        let flow = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(secret))?;
        let is_it = bool::from(flow.state.as_bytes().ct_eq(state.as_bytes())) && flow.begun.after(LIFE) > now;
        is_it.then_some(flow)
    }

    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The header that sets the cookie, or, without a value, takes it away. It goes along when GitHub sends the browser
    /// back, which a strict one would not; it opens nothing by itself.
    pub(super) fn set_cookie(&self, value: Option<&str>) -> String {
        let (value, age) = value.map_or(("", 0), |value| (value, LIFE.as_secs()));
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}", self.cookie)
    }
}

/// A page of the server's own to lead to; the first one for everything else, so that nobody is led elsewhere.
pub(super) fn own_path(to: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?=&%+:,".contains(&byte);
    let is_own = (to == "/r" || to.starts_with("/r/")) && to.len() <= 1_024 && to.bytes().all(is_plain);
    if is_own && !to.contains("//") { to.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flows() -> (Clock, Flows) {
        let clock = Clock::at(Time(1_767_225_600_000));
        (clock.clone(), Flows::new(clock, "__Host-vso-in".into(), true))
    }

    #[test]
    fn a_state_counts_once_soon_and_with_its_own_cookie() {
        let (clock, flows) = flows();
        let first = flows.begin("/r/acme.design", None).unwrap();
        let second = flows.begin("", None).unwrap();
        assert!(first.state.len() == 2 * CHANCE && first.state != second.state && first.secret != second.secret);
        assert!(flows.end("", &first.state).is_none());
        assert!(flows.end(&first.state, &first.secret).is_none());
        let flow = flows.end(&first.secret, &first.state).unwrap();
        assert_eq!(flow.to, "/r/acme.design");
        assert_ne!(flow.verifier, first.challenge);
        assert!(flows.end(&first.secret, &first.state).is_none(), "once");

        assert!(flows.end(&second.secret, &first.state).is_none(), "another's state");
        assert!(flows.end(&second.secret, &second.state).is_none(), "a wrong state ends it");
        let late = flows.begin("", None).unwrap();
        clock.pass(LIFE);
        assert!(flows.end(&late.secret, &late.state).is_none(), "late");
    }

    #[test]
    fn they_are_bounded() {
        let (clock, flows) = flows();
        let first = flows.begin("", None).unwrap();
        clock.pass(Duration::from_millis(1));
        for _ in 0..MOST {
            flows.begin("", None).unwrap();
        }
        assert_eq!(flows.under_way.lock().unwrap().len(), MOST);
        assert!(flows.end(&first.secret, &first.state).is_none());
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        let check = |to: &str, expected: &str| assert_eq!(own_path(to), expected, "{to}");
        for own in ["/", "/r/acme.design", "/r/acme.design/queue?page=2&status=dead", "/r/a.b/search?q=a%20b+c"] {
            check(own, own);
        }
        for other in [
            "",
            "//evil.example",
            "/r//evil.example",
            "/\\evil.example",
            "/r/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "r/acme.design",
            "/r/a b",
            "/r/a\r\nSet-Cookie: x=y",
            "/r/\u{e4}",
            "/r/a;url=b",
            "/r/a\"><script>",
            "/leave",
            "/sign-in",
            "/record",
        ] {
            check(other, "/");
        }
        check(&format!("/r/{}", "a".repeat(1_100)), "/");
    }
}
