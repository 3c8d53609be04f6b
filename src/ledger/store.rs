//! The open database: one writer at a time, and one flush to the disk for all who wait for it.
//!
//! Threads that write at the same moment share a transaction (group commit): the first one that gets the connection
//! does the work of all who wait, each under its own savepoint, and tells them when the disk has it. Processes take
//! turns through SQLite's own lock.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::failure::{self, Sql};
use super::time::{Clock, Time};
use super::{migrate, place};
use crate::crash;
use crate::fault::Fault;

/// How long a write waits for another process. The longest transaction of vso's own, removing old rows, takes
/// below a second. A test that waits for the end of it waits shorter.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });

/// Statements that are kept prepared; there are fewer in all.
const PREPARED: usize = 64;

/// Bytes of a page of a new ledger. The body of a usual delivery fits into one, which takes two thirds of the writes that
/// SQLite's own 4096 take.
const PAGE: u32 = 8192;

/// Pages of the log (16 MiB) after which they go into the file: what changes with every commit goes once for many.
const LOG_PAGES: u32 = 2000;

/// The ledger of a project: what is to be done and what happened. May be used by several threads at once.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    waiting: Mutex<Vec<Waiting>>,
    clock: Clock,
}

/// A write that waits for its turn.
struct Waiting {
    /// Does it; whoever waits is told at once when that fails, else by what this returns.
    work: Doing,
    /// Tells whoever waits that there was no transaction for it.
    refuse: Box<dyn FnOnce(Fault) + Send>,
}

/// What is done in the transaction.
type Doing = Box<dyn FnOnce(&Connection) -> Sql<Ended> + Send>;

/// Tells the one who waits how it ended; called when the transaction is on the disk, or has failed.
type Ended = Box<dyn FnOnce(Result<(), Fault>) + Send>;

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting")
    }
}

/// The names of the crash points before and after the commit of one kind of write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Points(pub &'static str, pub &'static str);

impl Ledger {
    /// Opens a project's ledger, makes it where there is none, and brings it to the present form.
    ///
    /// # Errors
    /// When it is damaged, locked, newer than this vso, or the disk fails (exit 3).
    pub fn open(root: &Path) -> Result<Self, Fault> {
        Self::open_with(root, Clock::Machine)
    }

    /// The same with a clock of one's own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(root: &Path, clock: Clock) -> Result<Self, Fault> {
        let path = place::prepare(root)?;
        let mut connection = connected(&path).map_err(|error| failure::fault(&error))?;
        migrate::migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), waiting: Mutex::default(), clock })
    }

    /// Opens the ledger of a project that has one; none otherwise, and nothing is made.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn existing(root: &Path) -> Result<Option<Self>, Fault> {
        if place::is_there(root)? { Self::open(root).map(Some) } else { Ok(None) }
    }

    /// The moment on this ledger's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Reads; sees what is committed.
    pub(super) fn read<T>(&self, question: impl FnOnce(&Connection) -> Sql<T>) -> Result<T, Fault> {
        question(&locked(&self.connection)).map_err(|error| failure::fault(&error))
    }

    /// Writes, and returns when the disk has it. What `work` does is done entirely or not at all, and alone: others
    /// of the same process are before or after it, even in the same transaction.
    pub(super) fn write<T: Send + 'static>(
        &self,
        points: Points,
        work: impl FnOnce(&Connection, Time) -> Sql<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (tell, told): (Sender<Result<T, Fault>>, Receiver<_>) = channel();
        let clock = self.clock.clone();
        let refused = tell.clone();
        let waiting = Waiting {
            work: Box::new(move |connection| {
                // The savepoint around a failed work takes back what it did.
                let value = work(connection, clock.now()).inspect_err(|error| {
                    let _ = tell.send(Err(failure::fault(error)));
                })?;
                Ok(Box::new(move |committed: Result<(), Fault>| {
                    let _ = tell.send(committed.map(|()| value));
                }))
            }),
            refuse: Box::new(move |fault| {
                let _ = refused.send(Err(fault));
            }),
        };
        locked(&self.waiting).push(waiting);
        let mut connection = locked(&self.connection);
        // Whoever had the connection before may have done this work too.
        if let Ok(done) = told.try_recv() {
            return done;
        }
        let batch = std::mem::take(&mut *locked(&self.waiting));
        commit(&mut connection, batch, points);
        told.recv().unwrap_or_else(|_| Err(Fault::unfinished("the ledger's transaction could not begin")))
    }

    /// Writes without changing anything, and waits for the disk as every write does.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn try_write(&self) -> Result<(), Fault> {
        self.write(Points("ledger.try.before", "ledger.try.after"), |connection, _| {
            let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            connection.pragma_update(None, "user_version", version)
        })
    }

    /// One check of the whole file, for `vso doctor` and tests.
    ///
    /// # Errors
    /// When it can't be read (exit 3).
    pub fn is_sound(&self) -> Result<bool, Fault> {
        self.read(|connection| {
            let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok(verdict == "ok")
        })
    }

    /// Gives free pages back to the disk.
    pub(super) fn compact(&self) -> Result<(), Fault> {
        let connection = locked(&self.connection);
        crash::point("ledger.compact.before");
        let done = connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
        crash::point("ledger.compact.after");
        done.map_err(|error| failure::fault(&error))
    }
}

/// Does all the work of a batch in one transaction and tells everybody.
fn commit(connection: &mut Connection, batch: Vec<Waiting>, points: Points) {
    let alone = batch.len() == 1;
    let mut endings: Vec<Ended> = Vec::with_capacity(batch.len());
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let fault = failure::fault(&error);
            return batch.into_iter().for_each(|waiting| (waiting.refuse)(fault.clone()));
        }
    };
    for waiting in batch {
        let done = if alone { (waiting.work)(&transaction) } else { apart(&transaction, waiting.work) };
        // A failed one has told its failure already.
        match done {
            Ok(ending) => endings.push(ending),
            // What it began is taken back with the transaction.
            Err(_) if alone => return,
            Err(_) => {}
        }
    }
    crash::point(points.0);
    let committed = transaction.commit().map_err(|error| failure::fault(&error));
    crash::point(points.1);
    for ending in endings {
        ending(committed.clone());
    }
}

/// One work of several in a transaction: all of it, or nothing of it.
fn apart(connection: &Connection, work: Doing) -> Sql<Ended> {
    connection.execute_batch("SAVEPOINT one")?;
    let done = work(connection);
    if done.is_err() {
        connection.execute_batch("ROLLBACK TO one")?;
    }
    connection.execute_batch("RELEASE one")?;
    done
}

fn connected(path: &Path) -> Sql<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    let mut since = None;
    // Sleeping shorter than SQLite's own handler does, because a commit takes less than a millisecond or two.
    connection.busy_handler(Some(move |times: i32| {
        let begun = *since.insert(match since {
            Some(begun) if times > 0 => begun,
            _ => Instant::now(),
        });
        thread::sleep(Duration::from_micros(500 + 250 * u64::try_from(times.clamp(0, 18)).unwrap_or(0)));
        begun.elapsed() < PATIENCE
    }))?;
    // Only a file that is empty takes it.
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Two that turn a new database to WAL at once get `busy` without the handler being asked.
    let begun = Instant::now();
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(_) => return Ok(connection),
            Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(error),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

/// A thread that panicked left a transaction that was rolled back; the data is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
