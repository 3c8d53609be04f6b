//! A person who is signed in: their token, in memory only, and what GitHub last said that they may. It is asked again
//! after a minute, and while there is no answer there are no rights.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::who::{Rights, Who};
use crate::fault::{Fault, FaultKind};
use crate::forge::github::Person;
use crate::forge::github::hurried;
use crate::ledger::Time;
use crate::serve::problem::Problem;
use crate::serve::state::App;

/// How long an answer counts.
const FRESH: Duration = Duration::from_secs(60);

/// How long a failure counts: not every page waits for a GitHub that is away.
const AWAY: Duration = Duration::from_secs(5);

/// Why there are no rights.
#[derive(Debug, Clone)]
pub(super) enum Lapse {
    /// GitHub does not take the person's token any more: the session is over.
    Over,
    /// GitHub can't be asked; why.
    Away(String),
}

/// A person's place in a session.
#[derive(Debug)]
pub(super) struct Standing {
    person: Arc<Person>,
    known: Mutex<Option<Known>>,
    /// Who holds it asks; others wait for the answer.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Known {
    /// When it was asked for, not when the answer came.
    at: Time,
    said: Result<Rights, Lapse>,
}

impl Known {
    fn counts(&self, now: Time) -> bool {
        let span = hurried(if self.said.is_ok() { FRESH } else { AWAY });
        self.at <= now && now < self.at.after(span)
    }
}

impl Standing {
    pub(super) fn new(person: Person) -> Self {
        Self { person: Arc::new(person), known: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    pub(super) fn who(&self) -> Who {
        Who::Person { login: self.person.login.clone(), id: self.person.id }
    }

    /// What the person may, as GitHub said at most a minute ago.
    pub(super) async fn rights(&self, app: &App) -> Result<Rights, Lapse> {
        if let Some(said) = self.known(app) {
            return said;
        }
        let _turn = self.turn.lock().await;
        if let Some(said) = self.known(app) {
            return said;
        }
        let at = app.clock.now();
        let person = Arc::clone(&self.person);
        let seen = app.sessions.ask(move || person.repositories()).await;
        let said = match seen {
            Ok(seen) => Ok(Rights::only(&seen)),
            Err(fault) if fault.kind() == FaultKind::Refused => Err(Lapse::Over),
            Err(fault) => {
                tracing::warn!(login = self.person.login, fault = %fault, "GitHub does not say what a person may see");
                Err(Lapse::Away(Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, fault.message()).words()))
            }
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known { at, said: said.clone() });
        said
    }

    fn known(&self, app: &App) -> Option<Result<Rights, Lapse>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| known.counts(app.clock.now())).map(|known| known.said.clone())
    }
}

impl super::Sessions {
    /// Asks GitHub, away from the threads that move bytes and from the work on repositories, a few at a time.
    ///
    /// # Errors
    /// What `question` fails of; and when it panics (exit 3).
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        // The place is given back when the question ends, also when whoever asked is gone.
        let place = Arc::clone(&self.asking).acquire_owned().await;
        let asked = tokio::task::spawn_blocking(move || {
            let _place = place;
            question()
        });
        asked.await.unwrap_or_else(|_| Err(Fault::unfinished("asking GitHub ended by a defect of vso")))
    }
}
