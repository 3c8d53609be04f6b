//! Who may see pages: whoever opened the link that the server printed. The link's token works once and becomes a
//! cookie; the session ends when it is idle, when it is old, when somebody leaves, or with the server.
//!
//! Sessions are in memory and are known by the hash of their cookie only. One unused link is always out: when it is
//! used, the next one is printed for another browser.

mod door;
mod guard;
mod host;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(super) use door::{about, enter, leave};
pub(super) use guard::guard;
pub use host::Hosts;

use super::problem::Problem;
use crate::fault::Fault;
use crate::ledger::{Clock, Time};

/// A session that is not used for so long is over.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// A session is over after so long, used or not.
const OLD: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions at a time; the one that was not used for longest makes room.
const MOST: usize = 64;

/// Bytes of chance in each token.
const CHANCE: usize = 32;

/// The person who asks, for handlers behind the guard.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// What every unsafe request has to show: in the header `x-csrf-token`, or as the field `csrf` of a form.
    pub csrf: String,
    /// When the session ends if it is not used.
    pub until: Time,
}

/// All sessions.
pub struct Sessions {
    inner: Mutex<Inner>,
    clock: Clock,
    /// The cookie's name. It holds the port, because browsers give cookies to every port of a host.
    cookie: String,
    /// Whether the cookie goes over https only.
    secure: bool,
}

/// Shows no secret.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("cookie", &self.cookie).field("open", &self.count()).finish_non_exhaustive()
    }
}

struct Inner {
    /// The token of the link that is out.
    ticket: String,
    open: HashMap<[u8; 32], Session>,
}

struct Session {
    csrf: String,
    begun: Time,
    seen: Time,
}

impl Session {
    fn ends(&self) -> Time {
        self.seen.after(IDLE).min(self.begun.after(OLD))
    }
}

/// A session that has just begun.
pub(super) struct Entered {
    /// The cookie's value.
    pub secret: String,
    /// The path and query of the next link.
    pub next: String,
}

impl Sessions {
    pub(super) fn new(clock: Clock, hosts: &Hosts) -> Result<Self, Fault> {
        let inner = Inner { ticket: random(CHANCE)?, open: HashMap::new() };
        let (cookie, secure) = match hosts.port() {
            // The prefix makes browsers insist on what makes it safe.
            None => ("__Host-vso".to_owned(), true),
            Some(port) => (format!("vso-{port}"), false),
        };
        Ok(Self { inner: Mutex::new(inner), clock, cookie, secure })
    }

    /// The path and query of the link that is out: it lets one browser in.
    #[must_use]
    pub fn link(&self) -> String {
        format!("/enter?token={}", self.locked().ticket)
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        let now = self.clock.now();
        self.locked().open.values().filter(|session| session.ends() > now).count()
    }

    /// Begins a session for the link's token; none when it is not the one that is out.
    pub(super) fn open(&self, token: &str) -> Result<Option<Entered>, Fault> {
        let (secret, csrf, next) = (random(CHANCE)?, random(CHANCE)?, random(CHANCE)?);
        let now = self.clock.now();
        let mut inner = self.locked();
        if !bool::from(inner.ticket.as_bytes().ct_eq(token.as_bytes())) {
            return Ok(None);
        }
        inner.ticket = next;
        inner.open.retain(|_, session| session.ends() > now);
        if inner.open.len() >= MOST {
            let stalest = inner.open.iter().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key);
            stalest.and_then(|key| inner.open.remove(&key));
        }
        inner.open.insert(key(&secret), Session { csrf, begun: now, seen: now });
        Ok(Some(Entered { secret, next: format!("/enter?token={}", inner.ticket) }))
    }

    /// The visitor of a cookie, whose idle time begins anew; none when the session is over or never was.
    pub(super) fn seen(&self, secret: &str) -> Option<Visitor> {
        let now = self.clock.now();
        let mut inner = self.locked();
        let session = inner.open.get_mut(&key(secret)).filter(|session| session.ends() > now)?;
        session.seen = now;
        Some(Visitor { csrf: session.csrf.clone(), until: session.ends() })
    }

    pub(super) fn close(&self, secret: &str) {
        self.locked().open.remove(&key(secret));
    }

    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The header that sets the cookie, or, without a value, takes it away.
    pub(super) fn set_cookie(&self, value: Option<&str>) -> String {
        let (value, age) = value.map_or(("", 0), |value| (value, OLD.as_secs()));
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}", self.cookie)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Inner> {
        // Nothing in here is half done when a thread panics.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// So many bytes of chance, in hexadecimal.
pub(super) fn random(bytes: usize) -> Result<String, Fault> {
    let mut chance = vec![0; bytes];
    getrandom::fill(&mut chance)
        .map_err(|error| Fault::unfinished("the system gives no random numbers").because(&error))?;
    Ok(hex::encode(chance))
}

fn refused(words: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Clock, Sessions) {
        let clock = Clock::at(Time(1_767_225_600_000));
        let hosts = Hosts::new(([127, 0, 0, 1], 4711).into(), None).unwrap();
        (clock.clone(), Sessions::new(clock, &hosts).unwrap())
    }

    fn entered(sessions: &Sessions) -> String {
        let link = sessions.link();
        sessions.open(link.split_once('=').unwrap().1).unwrap().unwrap().secret
    }

    #[test]
    fn a_link_works_once_and_the_next_one_is_another() {
        let (_, sessions) = sessions();
        let link = sessions.link();
        let token = link.split_once('=').unwrap().1;
        assert_eq!(token.len(), 2 * CHANCE);
        let first = sessions.open(token).unwrap().unwrap();
        assert!(sessions.open(token).unwrap().is_none());
        assert!(sessions.open("").unwrap().is_none());
        assert_eq!(first.next, sessions.link());
        assert_ne!(first.next, link);
        assert!(sessions.seen(&first.secret).is_some());
        assert!(sessions.seen(token).is_none());
        assert!(!format!("{sessions:?}").contains(token));
    }

    #[test]
    fn a_session_ends_idle_old_or_left() {
        let (clock, sessions) = sessions();
        let secret = entered(&sessions);
        clock.pass(IDLE - Duration::from_secs(1));
        assert!(sessions.seen(&secret).is_some(), "used in time");
        clock.pass(IDLE);
        assert!(sessions.seen(&secret).is_none(), "idle");

        let secret = entered(&sessions);
        let hour = Duration::from_secs(60 * 60);
        for _ in 1..12 {
            clock.pass(hour);
            assert!(sessions.seen(&secret).is_some());
        }
        clock.pass(hour);
        assert!(sessions.seen(&secret).is_none(), "old, though used");

        let secret = entered(&sessions);
        sessions.close(&secret);
        assert!(sessions.seen(&secret).is_none(), "left");
        assert_eq!(sessions.count(), 0);
    }

    #[test]
    fn sessions_are_bounded() {
        let (clock, sessions) = sessions();
        let first = entered(&sessions);
        for _ in 0..MOST {
            clock.pass(Duration::from_secs(1));
            entered(&sessions);
        }
        assert_eq!(sessions.count(), MOST);
        assert!(sessions.seen(&first).is_none(), "the stalest one made room");
    }
}
