//! Making a GitHub App from a browser: a page on loopback with a form that leads to GitHub, and the place to which GitHub
//! sends the browser back with a code. It ends when the App is there.
//!
//! Only the browser that opened the printed link gets in (its key becomes a cookie), and a code counts only with the
//! `state` that went out with the form, once.

mod answer;
mod page;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use serde_json::Value;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::session::random;
use crate::fault::Fault;
use crate::forge::github::{NewApp, Registry};

/// Bytes of chance in the key and in each state.
const CHANCE: usize = 32;

/// States that are remembered as used, for a better word than "wrong".
const SPENT: usize = 64;

/// How long the last page may take to reach the browser.
const LAST_WORD: Duration = Duration::from_secs(2);

/// How long a code that is being looked at is waited for when everything is to end: longer than a request may take.
const BUSY: Duration = Duration::from_secs(40);

/// How often it is asked whether it is done.
const GLANCE: Duration = Duration::from_millis(20);

/// What is done with an App before anybody is told that it is there.
pub type Keep = Box<dyn FnOnce(&NewApp) -> Result<(), Fault> + Send>;

/// What the page is opened with.
pub struct Opening {
    /// The GitHub at which the App is made.
    pub registry: Registry,
    /// The organisation that it shall belong to; none for the person.
    pub organization: Option<String>,
    /// What it asks for; where the browser comes back to is added.
    pub manifest: Value,
    /// Where its secrets will be, for people.
    pub folder: String,
    /// What is done with it.
    pub keep: Keep,
    /// Tells whoever waits a line.
    pub say: fn(&str),
}

/// A page that waits for a browser.
#[derive(Debug)]
pub struct Registration {
    listener: TcpListener,
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    organization: Option<String>,
    manifest: Value,
    folder: String,
    say: fn(&str),
    host: String,
    key: String,
    inner: Mutex<Inner>,
    ended: watch::Sender<bool>,
}

struct Inner {
    /// The one that a code may come with; none while one is being looked at, and at the end.
    state: Option<String>,
    spent: Vec<String>,
    keep: Option<Keep>,
    outcome: Option<Result<NewApp, Fault>>,
}

/// Shows no secret.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What a state that came back is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The one that went out. It counts from now on as used.
    Right,
    /// One that was used already.
    Spent,
    /// None of ours.
    Wrong,
}

impl Registration {
    /// Takes a port of 127.0.0.1 (0 for any that is free).
    ///
    /// # Errors
    /// When the port is taken (exit 3).
    pub async fn bind(port: u16, opening: Opening) -> Result<Self, Fault> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let taken = |error: std::io::Error| {
            Fault::unfinished(format!("can't listen on {wanted}"))
                .because(&error)
                .hint("another program may have the port; --port 0 takes one that is free")
        };
        let listener = TcpListener::bind(wanted).await.map_err(taken)?;
        let host = listener.local_addr().map_err(taken)?.to_string();
        let Opening { registry, organization, mut manifest, folder, keep, say } = opening;
        manifest["redirect_url"] = format!("http://{host}/made").into();
        let inner = Inner { state: Some(random(CHANCE)?), spent: Vec::new(), keep: Some(keep), outcome: None };
        let (key, ended) = (random(CHANCE)?, watch::Sender::new(false));
        let inner = Mutex::new(inner);
        let shared = Shared { registry, organization, manifest, folder, say, host, key, inner, ended };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// The link to open.
    #[must_use]
    pub fn link(&self) -> String {
        format!("http://{}/?key={}", self.shared.host, self.shared.key)
    }

    /// Answers until the App is there and kept, or `stop` ends; none when it was stopped.
    ///
    /// # Errors
    /// When GitHub gave something that is no App, or it could not be kept.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<Option<NewApp>, Fault> {
        let Self { listener, shared } = self;
        let _gone = Gone(Arc::clone(&shared));
        let router = Router::new()
            .route("/", get(answer::form))
            .route("/made", get(answer::made))
            .fallback(answer::unknown)
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&shared), answer::headers))
            .with_state(Arc::clone(&shared));
        let (mut ending, mut closing) = (shared.ended.subscribe(), shared.ended.subscribe());
        let ended = async move {
            // The sender lives as long as this.
            let _ = closing.wait_for(|ended| *ended).await;
        };
        let serving = tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(ended).into_future());
        tokio::select! {
            _ = ending.wait_for(|ended| *ended) => {}
            () = stop => {
                // A code that is being made into an App is not left half way.
                let begun = Instant::now();
                while shared.is_busy() && begun.elapsed() < BUSY {
                    tokio::time::sleep(GLANCE).await;
                }
                if shared.inner().outcome.is_none() {
                    serving.abort();
                    return Ok(None);
                }
            }
        }
        // The page that says so is on its way to the browser.
        let _ = tokio::time::timeout(LAST_WORD, serving).await;
        let outcome = shared.inner().outcome.take();
        outcome.transpose()
    }
}

/// When nobody waits any more, the room for the App's files is given back at once: requests that are still under way hold
/// what all share for a while.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        let keep = self.0.inner().keep.take();
        drop(keep);
    }
}

impl Shared {
    /// Whether a code is being looked at.
    fn is_busy(&self) -> bool {
        let inner = self.inner();
        inner.state.is_none() && inner.outcome.is_none()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here is half done when a thread panics.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state that goes out with the form; none while a code is being looked at.
    fn state(&self) -> Option<String> {
        self.inner().state.clone()
    }

    /// Judges a state that came back, and uses it up.
    fn show(&self, shown: &str) -> Shown {
        self.inner().show(shown)
    }

    /// Lets people begin again, with another state.
    fn again(&self) -> Result<(), Fault> {
        let new = random(CHANCE)?;
        self.inner().state = Some(new);
        Ok(())
    }

    /// Fetches the App and keeps it. Blocks.
    fn fetch(&self, code: &str) -> Result<NewApp, Fault> {
        let app = self.registry.convert(code)?;
        let keep = self.inner().keep.take();
        let gone = || Fault::unfinished("the App can't be kept twice");
        let kept = keep.ok_or_else(gone).and_then(|keep| keep(&app));
        kept.map_err(|fault| {
            fault.hint(format!(
                "the App {} is on GitHub without its secrets: delete it there, and start again",
                app.slug
            ))
        })?;
        Ok(app)
    }

    fn end(&self, outcome: Result<NewApp, Fault>) {
        self.inner().outcome = Some(outcome);
        self.ended.send_replace(true);
    }
}

impl Inner {
    fn show(&mut self, shown: &str) -> Shown {
        let is = |known: &String| bool::from(known.as_bytes().ct_eq(shown.as_bytes()));
        if let Some(right) = self.state.take_if(|state| is(state)) {
            if self.spent.len() < SPENT {
                self.spent.push(right);
            }
            return Shown::Right;
        }
        if self.spent.iter().any(is) { Shown::Spent } else { Shown::Wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_counts_once() {
        let mut inner = Inner { state: Some("right".into()), spent: Vec::new(), keep: None, outcome: None };
        assert_eq!(["", "wrong", "righ", "rightt"].map(|shown| inner.show(shown)), [Shown::Wrong; 4]);
        assert_eq!(inner.show("right"), Shown::Right);
        assert_eq!([inner.show("right"), inner.show("")], [Shown::Spent, Shown::Wrong]);
        inner.state = Some("next".into());
        assert_eq!([inner.show("right"), inner.show("next")], [Shown::Spent, Shown::Right]);
    }
}
