//! One book of budgets for all who speak as the same account on the same server: GitHub counts per installation, not per
//! connection. The books live as long as the process and are found by name; no name holds a token.
//!
//! Nobody waits inside a book: it says how long, and is asked again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::clock::Clock;
use super::super::token::Pass;
use super::{Cost, Governor, Left, Past, Said, Why};
use crate::fault::Fault;
use crate::ledger::{Begun, Ledger};

/// The books of this process, by name.
static BOOKS: Mutex<BTreeMap<String, Arc<Book>>> = Mutex::new(BTreeMap::new());

/// More books than this are looked through for some that nobody needs any more.
const MANY: usize = 256;

/// A book in which nothing was written for so long holds nothing that still counts.
const FORGOTTEN: Duration = Duration::from_secs(2 * 3600);

/// How often whoever waits for the place to write looks whether it was stopped.
const GLANCE: Duration = Duration::from_millis(20);

/// What an account has spent and has left, for people and machines that watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The API's address.
    pub server: String,
    /// Whose budgets they are: an installation's owner, `app`, or `token`.
    pub name: String,
    /// Requests that were sent since the process began.
    pub calls: u64,
    /// How long requests waited in all because of limits.
    pub waited: Duration,
    /// What is left of the published budgets.
    pub left: Left,
    /// Requests that are left in this hour, as the server said last.
    pub requests: Option<u64>,
    /// How long nothing may go any more; zero when something may.
    pub closed: Duration,
}

/// The books of one account on one server.
#[derive(Debug)]
pub(in crate::forge::github) struct Book {
    server: String,
    name: String,
    clock: Clock,
    speed: f64,
    governor: Mutex<Governor>,
    /// Whether GitHub's published budgets hold there.
    is_limited: bool,
    writing: Mutex<bool>,
    written: Condvar,
    calls: AtomicU64,
    /// Requests that changed something.
    writes: AtomicU64,
    /// In microseconds of the run's clock.
    waited: AtomicU64,
    /// What the server said last of the hour's requests; the greatest number where it said nothing.
    requests: AtomicU64,
    /// Of the last request, in microseconds of the run's clock.
    last: AtomicU64,
    /// Tokens that an App made, by the repository that each is for: one that lives is not made again.
    passes: Mutex<BTreeMap<String, Pass>>,
}

/// The place of the one request of an account that changes something; whoever holds it sends.
#[derive(Debug)]
pub(in crate::forge::github) struct Place(Option<Arc<Book>>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(book) = &self.0 {
            *locked(&book.writing) = false;
            book.written.notify_one();
        }
    }
}

/// The book of an account: `secret` tells accounts of one name apart and holds no secret itself (an App's id, a hash).
/// Where no budgets are published (`is_limited` is false), only what the server asks for is kept.
pub(in crate::forge::github) fn book(
    server: &str,
    (name, secret): (&str, &str),
    speed: f64,
    is_limited: bool,
) -> Arc<Book> {
    let mut books = locked(&BOOKS);
    if books.len() > MANY {
        books.retain(|_, book| Arc::strong_count(book) > 1 || !book.is_forgotten());
    }
    let key = format!("{server} {speed} {is_limited} {secret} {name}");
    let new = || {
        Arc::new(Book {
            server: server.to_owned(),
            name: name.to_owned(),
            clock: Clock::start(speed),
            speed,
            governor: Mutex::default(),
            is_limited,
            writing: Mutex::new(false),
            written: Condvar::new(),
            calls: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            requests: AtomicU64::new(u64::MAX),
            last: AtomicU64::new(0),
            passes: Mutex::default(),
        })
    };
    Arc::clone(books.entry(key).or_insert_with(new))
}

/// All accounts that this process spoke as, in order.
#[must_use]
pub fn accounts() -> Vec<Account> {
    let books: Vec<Arc<Book>> = locked(&BOOKS).values().cloned().collect();
    books.iter().filter(|book| book.calls.load(Ordering::Relaxed) > 0).map(|book| book.account()).collect()
}

impl Book {
    /// Takes the place to send a request of this cost; who only reads needs none. None when it was stopped meanwhile.
    pub(in crate::forge::github) fn place(self: &Arc<Self>, cost: Cost, stop: &AtomicBool) -> Option<Place> {
        if cost == Cost::Read {
            return Some(Place(None));
        }
        let mut taken = locked(&self.writing);
        while *taken {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            taken = self.written.wait_timeout(taken, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken = true;
        drop(taken);
        Some(Place(Some(Arc::clone(self))))
    }

    /// Books a request that goes now; else it says how long to wait and why, and nothing is booked.
    pub(in crate::forge::github) fn go(&self, cost: Cost) -> Result<(), (Duration, Why)> {
        let now = self.clock.now();
        let mut governor = locked(&self.governor);
        let wait = if self.is_limited { governor.wait(now, cost) } else { governor.closed(now) };
        if let Some(wait) = wait {
            return Err(wait);
        }
        governor.went(now, cost);
        drop(governor);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(u64::from(cost != Cost::Read), Ordering::Relaxed);
        self.last.store(micros(now), Ordering::Relaxed);
        Ok(())
    }

    /// The token that was made last for a repository.
    pub(in crate::forge::github) fn pass(&self, repository: &str) -> Option<Pass> {
        locked(&self.passes).get(repository).cloned()
    }

    /// Keeps a repository's token, or forgets it.
    pub(in crate::forge::github) fn keep_pass(&self, repository: &str, pass: Option<Pass>) {
        let mut passes = locked(&self.passes);
        match pass {
            Some(pass) => drop(passes.insert(repository.to_owned(), pass)),
            None => drop(passes.remove(repository)),
        }
    }

    /// A request has waited so long because of limits.
    pub(in crate::forge::github) fn has_waited(&self, wait: Duration) {
        self.waited.fetch_add(micros(wait), Ordering::Relaxed);
    }

    /// Hears what an answer says, as [`Governor::heard`].
    pub(in crate::forge::github) fn heard(&self, said: Said) -> Option<Duration> {
        if let Some(remaining) = said.remaining {
            self.requests.store(remaining, Ordering::Relaxed);
        }
        locked(&self.governor).heard(self.clock.now(), said)
    }

    /// Lets nothing go for a while: the server had a bad moment.
    pub(in crate::forge::github) fn rest(&self, pause: Duration) {
        locked(&self.governor).rest(self.clock.now(), pause);
    }

    /// Takes over from a project's ledger what an earlier run of this account spent, where nothing was sent yet.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub(in crate::forge::github) fn recall(&self, ledger: &Ledger) -> Result<(), Fault> {
        if self.calls.load(Ordering::Relaxed) > 0 {
            return Ok(());
        }
        let Some(last) = ledger.last_run(&self.plan())? else { return Ok(()) };
        let (Some(ended), Ok(past)) = (last.ended, serde_json::from_value::<Past>(last.report)) else { return Ok(()) };
        let since = ledger.now().since(ended).mul_f64(self.speed);
        locked(&self.governor).recall(self.clock.now(), &past, since);
        Ok(())
    }

    /// Whether anything was changed through it.
    pub(in crate::forge::github) fn has_written(&self) -> bool {
        self.writes.load(Ordering::Relaxed) > 0
    }

    /// Writes into a project's ledger what still counts, for a later run.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub(in crate::forge::github) fn keep(&self, ledger: &Ledger) -> Result<(), Fault> {
        let past = locked(&self.governor).past(self.clock.now());
        let report: Value = json!(past);
        let worker = format!("process {}", std::process::id());
        // Should another run end at this very moment, its word counts.
        if let Begun::Turn(turn) = ledger.begin(&self.plan(), ledger.now(), true, &worker, GLANCE)? {
            ledger.finish(&turn, true, "spoke", &report)?;
        }
        Ok(())
    }

    /// Under which name the ledger knows it; a token that is another one tomorrow is the same account's.
    fn plan(&self) -> String {
        format!("github {} {}", self.server, self.name)
    }

    fn is_forgotten(&self) -> bool {
        micros(self.clock.now()).saturating_sub(self.last.load(Ordering::Relaxed)) > micros(FORGOTTEN)
    }

    fn account(&self) -> Account {
        let now = self.clock.now();
        let mut governor = locked(&self.governor);
        let requests = self.requests.load(Ordering::Relaxed);
        Account {
            server: self.server.clone(),
            name: self.name.clone(),
            calls: self.calls.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.waited.load(Ordering::Relaxed)),
            left: governor.left(now),
            requests: Some(requests).filter(|requests| *requests != u64::MAX),
            closed: governor.closed_for(now),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::github::governor::WRITES_AT_ONCE;

    #[test]
    fn one_account_has_one_book_and_others_have_their_own() {
        let one = book("http://a.example", ("acme", "app 1"), 1.0, true);
        let again = book("http://a.example", ("acme", "app 1"), 1.0, true);
        let others = [("http://b.example", "acme", "app 1"), ("http://a.example", "umbrella", "app 1")];
        for _ in 0..WRITES_AT_ONCE {
            one.go(Cost::Write).unwrap();
        }
        assert!(matches!(again.go(Cost::Write), Err((_, Why::Budget))), "the budget is shared");
        assert_eq!(again.go(Cost::Read), Ok(()));
        for (server, name, secret) in others {
            assert_eq!(book(server, (name, secret), 1.0, true).go(Cost::Write), Ok(()), "{server} {name}");
        }
        again.heard(Said { remaining: Some(77), ..Said::default() });
        let found = accounts().into_iter().find(|one| one.server == "http://a.example" && one.name == "acme").unwrap();
        assert_eq!((found.calls, found.requests), (u64::from(WRITES_AT_ONCE) + 1, Some(77)));
        assert_eq!(found.left.points, 900 - 5 * WRITES_AT_ONCE - 1);
    }

    #[test]
    fn one_writes_at_a_time_and_a_stop_ends_the_wait() {
        let stop = AtomicBool::new(false);
        let shared = book("http://c.example", ("acme", "app 1"), 1.0, true);
        let place = shared.place(Cost::Content, &stop).unwrap();
        assert!(shared.place(Cost::Read, &stop).is_some(), "reading needs no place");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| shared.place(Cost::Write, &stop).is_some());
            std::thread::sleep(3 * GLANCE);
            assert!(!waits.is_finished());
            drop(place);
            assert!(waits.join().unwrap());
        });
        let _held = shared.place(Cost::Write, &stop).unwrap();
        stop.store(true, Ordering::Relaxed);
        assert!(shared.place(Cost::Write, &stop).is_none());
    }

    #[test]
    fn a_later_run_goes_on_where_this_one_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let clock = crate::ledger::Clock::at(crate::ledger::Time(1_767_225_600_000));
        let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
        // Another token of the same account: what another process would have.
        let run = |secret: &str| book("http://e.example", ("token", secret), 1.0, true);
        let first = run("1");
        first.recall(&ledger).unwrap();
        assert!(!first.has_written());
        for _ in 0..WRITES_AT_ONCE {
            first.go(Cost::Content).unwrap();
        }
        assert!(first.has_written());
        first.keep(&ledger).unwrap();
        let second = run("2");
        second.recall(&ledger).unwrap();
        assert!(second.go(Cost::Write).is_err(), "ten were written at once a moment ago");
        assert_eq!(second.account().left.content_hour, 490);
        clock.pass(Duration::from_secs(30));
        let third = run("3");
        third.recall(&ledger).unwrap();
        assert_eq!(third.go(Cost::Write), Ok(()));
        assert_eq!(third.account().left.content_hour, 490);
        assert!(!format!("{:?}", ledger.last_run("github http://e.example token").unwrap()).contains("secret"));
        third.recall(&ledger).unwrap();
        assert_eq!(third.account().left.content_hour, 490, "only before the first request");
    }

    #[test]
    fn many_at_once_overdraw_nothing() {
        let shared = book("http://d.example", ("acme", "app 1"), 1.0, true);
        let gone: usize = std::thread::scope(|scope| {
            let sent: Vec<_> =
                (0..8).map(|_| scope.spawn(|| (0..50).filter(|_| shared.go(Cost::Content).is_ok()).count())).collect();
            sent.into_iter().map(|sent| sent.join().unwrap()).sum()
        });
        assert!(gone >= WRITES_AT_ONCE as usize && gone <= WRITES_AT_ONCE as usize + 2, "{gone}");
    }

    #[test]
    fn without_published_budgets_only_what_the_server_asks_for_is_kept() {
        let free = book("http://f.example", ("acme", "app 1"), 1.0, false);
        for _ in 0..1_000 {
            assert_eq!(free.go(Cost::Content), Ok(()));
        }
        let said = Said { refused: true, retry_after: Some(30), ..Said::default() };
        assert_eq!(free.heard(said), None);
        assert!(matches!(free.go(Cost::Read), Err((_, Why::Asked))));
    }
}
