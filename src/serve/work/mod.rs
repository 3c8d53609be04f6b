//! Workers: threads that claim deliveries from the server's ledger, one at a time for each repository, and carry them out.
//!
//! A claim is held by prolonging it; a worker that ends early gives it back, and one that is killed lets the next server
//! begin anew. Whatever a turn does, panics included, is that delivery's affair and not the server's.

mod bell;
mod hold;
mod step;
mod timer;
mod turn;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

pub(super) use bell::Bell;
pub(super) use step::InStep;
pub use timer::Timers;

use super::state::App;
use crate::fault::Fault;
use crate::ledger::{InboxKeep, Ledger};
use crate::sync::fleet::{Fleet, Order, order, tidy};

/// A worker that has nothing to do looks this often at most, and this often at least: what pages and other processes bring
/// back rings no bell.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(2);

/// How long the end of the workers is waited for: what runs is stopped before that, and a call to GitHub that was begun
/// may wait for its answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often mirrors and inbox are looked through for what is too old or too much.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);

/// Deliveries that are over are shown for so long, and their bodies up to so many bytes.
const KEPT: InboxKeep = InboxKeep { age: Duration::from_secs(30 * 86_400), bytes: 256 << 20, failed_too: false };

/// The threads; none where one project is served.
#[derive(Debug)]
pub struct Workers {
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts them, where the server is for the repositories of an App.
    #[must_use]
    pub fn start(shared: &App) -> Self {
        let count = match (&shared.fleet, &shared.config) {
            (Some(_), Some(config)) => config.workers,
            _ => 0,
        };
        let start = |number: usize| {
            let shared = Arc::clone(shared);
            let name = format!("worker {number}");
            let work = move || {
                if let Err(fault) = work(&shared, number) {
                    tracing::error!(%fault, worker = number, "a worker can't begin");
                }
            };
            thread::Builder::new().name(name).spawn(work)
        };
        if count > 0
            && let Err(fault) = shared.ledger.orphan_deliveries()
        {
            tracing::error!(%fault, "the claims of the server before can't be ended; their leases will");
        }
        let threads = (1..=count).filter_map(|number| match start(number) {
            Ok(thread) => Some(thread),
            Err(error) => {
                tracing::error!(%error, worker = number, "a worker's thread can't be started");
                None
            }
        });
        Self { threads: threads.collect() }
    }

    /// Waits until all have ended, which they do once the server drains. What runs longer is left to the ledger: it is
    /// done anew by the next server.
    pub async fn end(self) {
        let begun = Instant::now();
        while self.threads.iter().any(|thread| !thread.is_finished()) {
            if begun.elapsed() >= PATIENCE {
                tracing::warn!("a turn does not end; the next server does it again");
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Claims and carries out until the server drains.
fn work(shared: &App, number: usize) -> Result<(), Fault> {
    // A connection of its own: what pages read must not stand before it.
    let ledger = Ledger::open_with(&shared.root, shared.clock.clone())?;
    let name = format!("{} worker {number}", std::process::id());
    let mut kept: Option<Instant> = None;
    while !shared.is_draining() {
        if number == 1 && kept.is_none_or(|kept| kept.elapsed() >= HOUSEKEEPING) {
            kept = Some(Instant::now());
            housekeeping(shared, &ledger);
        }
        let heard = shared.bell.heard();
        match ledger.claim_delivery(&name, hold::LEASE) {
            Ok(Some(claimed)) => turn::turn(shared, &ledger, &claimed),
            Ok(None) => shared.bell.wait(heard, idle(shared, &ledger)),
            Err(fault) => {
                tracing::error!(%fault, "no delivery can be claimed");
                shared.bell.wait(heard, SHORTEST);
            }
        }
    }
    Ok(())
}

/// How long there is nothing to do unless something comes.
fn idle(shared: &App, ledger: &Ledger) -> Duration {
    let now = shared.clock.now();
    let due = ledger.next_delivery_due().ok().flatten();
    due.map_or(LONGEST, |due| due.since(now)).clamp(SHORTEST, LONGEST)
}

/// What is too old or too much goes: orders to empty mirrors, deliveries that are over.
fn housekeeping(shared: &App, ledger: &Ledger) {
    let Some(fleet) = &shared.fleet else { return };
    let done = tidied(fleet, ledger).and_then(|()| ledger.collect_deliveries(KEPT));
    match done {
        Ok(collected) if collected.deliveries + collected.bodies > 0 => {
            tracing::info!(deliveries = collected.deliveries, bodies = collected.bodies, "old deliveries were removed");
        }
        Ok(_) => {}
        Err(fault) => tracing::error!(%fault, "housekeeping failed"),
    }
}

fn tidied(fleet: &Fleet, ledger: &Ledger) -> Result<(), Fault> {
    let now = SystemTime::now();
    let hours = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() / 3600);
    for member in tidy::overdue(fleet, now) {
        order(ledger, &member, Order::Evict, &format!("hour {hours}"))?;
    }
    for folder in tidy::bury(fleet, now)? {
        tracing::info!(folder = %folder.display(), "the mirror of a repository that is not the App's any more was removed");
    }
    Ok(())
}
