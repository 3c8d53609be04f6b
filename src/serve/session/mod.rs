//! Who may see pages, and what: whoever opened the link that the server printed, and in App mode people who signed in with
//! GitHub. A session ends when it is idle, when it is old, when somebody leaves, or with the server.
//!
//! Sessions are in memory and are known by the hash of their cookie only. One unused link is always out: when it is
//! used, the next one is printed for another browser.

mod door;
mod flow;
mod guard;
mod host;
mod notice;
mod sign_in;
mod standing;
mod who;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

pub(super) use door::{about, enter, leave};
pub(super) use guard::{guard, visitor_again};
pub use host::Hosts;
pub(super) use notice::{nothing_to_show, shown};
pub(super) use sign_in::{back, sign_in};
pub(super) use who::Key;
pub use who::{Rights, Visitor, Who};

use self::flow::Flows;
use self::standing::Standing;
use super::problem::Problem;
use crate::fault::Fault;
use crate::ledger::{Clock, Time};

/// A session that is not used for so long is over.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// A session is over after so long, used or not.
const OLD: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions at a time; the one that was not used for longest makes room.
const MOST: usize = 1_024;

/// Sessions of one person at a time, so that nobody crowds out others.
const MOST_OF_ONE: usize = 8;

/// Bytes of chance in each token.
const CHANCE: usize = 32;

/// Questions to GitHub at a time.
const ASKING: usize = 4;

/// All sessions.
pub struct Sessions {
    inner: Mutex<Inner>,
    clock: Clock,
    /// The cookie's name. It holds the port, because browsers give cookies to every port of a host.
    cookie: String,
    /// Whether the cookie goes over https only.
    secure: bool,
    /// Sign-ins that are under way.
    flows: Flows,
    asking: Arc<Semaphore>,
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
    open: HashMap<Key, Session>,
}

struct Session {
    csrf: String,
    begun: Time,
    seen: Time,
    holder: Holder,
}

/// Whose session it is.
#[derive(Debug, Clone)]
enum Holder {
    Link,
    Person(Arc<Standing>),
}

impl Holder {
    fn who(&self) -> Who {
        match self {
            Self::Link => Who::Link,
            Self::Person(standing) => standing.who(),
        }
    }
}

impl Session {
    fn ends(&self) -> Time {
        self.seen.after(IDLE).min(self.begun.after(OLD))
    }
}

/// A session that is open.
struct Opened {
    key: Key,
    csrf: String,
    until: Time,
    holder: Holder,
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
        let (cookie, flow, secure) = match hosts.port() {
            // The prefix makes browsers insist on what makes it safe.
            None => ("__Host-vso".to_owned(), "__Host-vso-in".to_owned(), true),
            Some(port) => (format!("vso-{port}"), format!("vso-in-{port}"), false),
        };
        let flows = Flows::new(clock.clone(), flow, secure);
        let asking = Arc::new(Semaphore::new(ASKING));
        Ok(Self { inner: Mutex::new(inner), clock, cookie, secure, flows, asking })
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
        let next = random(CHANCE)?;
        let mut inner = self.locked();
        if !bool::from(inner.ticket.as_bytes().ct_eq(token.as_bytes())) {
            return Ok(None);
        }
        let secret = inner.begin(self.clock.now(), Holder::Link)?;
        inner.ticket = next;
        Ok(Some(Entered { secret, next: format!("/enter?token={}", inner.ticket) }))
    }

    /// Begins a session of a person who signed in, always with a cookie of its own; one that the same browser had until
    /// then ends. Gives the cookie's value.
    fn begin(&self, standing: Standing, former: Option<Key>) -> Result<String, Fault> {
        let mut inner = self.locked();
        former.and_then(|former| inner.open.remove(&former));
        inner.begin(self.clock.now(), Holder::Person(Arc::new(standing)))
    }

    /// The session of a cookie, whose idle time begins anew; none when it is over or never was.
    fn seen(&self, secret: &str) -> Option<Opened> {
        let key = key(secret);
        let now = self.clock.now();
        self.locked().open.get_mut(&key).filter(|session| session.ends() > now)?.seen = now;
        self.still(key)
    }

    /// The session behind a key, if it is still open.
    fn still(&self, key: Key) -> Option<Opened> {
        let now = self.clock.now();
        let inner = self.locked();
        let session = inner.open.get(&key).filter(|session| session.ends() > now)?;
        Some(Opened { key, csrf: session.csrf.clone(), until: session.ends(), holder: session.holder.clone() })
    }

    /// Forgets sessions that are over, and with them people's tokens.
    pub(super) fn forget_ended(&self) {
        let now = self.clock.now();
        self.locked().open.retain(|_, session| session.ends() > now);
    }

    pub(super) fn close(&self, secret: &str) {
        self.end(key(secret));
    }

    fn end(&self, key: Key) {
        self.locked().open.remove(&key);
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

impl Inner {
    /// Gives the cookie's value.
    fn begin(&mut self, now: Time, holder: Holder) -> Result<String, Fault> {
        let (secret, csrf) = (random(CHANCE)?, random(CHANCE)?);
        self.open.retain(|_, session| session.ends() > now);
        let who = holder.who();
        if who != Who::Link {
            self.make_room(MOST_OF_ONE, |session| session.holder.who() == who);
        }
        self.make_room(MOST, |_| true);
        self.open.insert(key(&secret), Session { csrf, begun: now, seen: now, holder });
        Ok(secret)
    }

    /// Ends the stalest of those that count until one more fits.
    fn make_room(&mut self, most: usize, counts: impl Fn(&Session) -> bool) {
        let those = || self.open.iter().filter(|(_, session)| counts(session));
        if those().count() >= most {
            let stalest = those().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key);
            stalest.and_then(|key| self.open.remove(&key));
        }
    }
}

fn key(secret: &str) -> Key {
    Key(Sha256::digest(secret.as_bytes()).into())
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
