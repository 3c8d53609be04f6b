//! Holding a claim while its turn goes on: prolonged again and again, and stopped when somebody wants it to end, when the
//! server ends, or when somebody else has the delivery.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::ledger::{Beat, Claimed, Ledger};
use crate::serve::state::Shared;

/// How long a claim is held without being prolonged.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// Time between two prolongations; so long it takes at most until a turn hears that somebody cancelled it.
const PULSE: Duration = Duration::from_secs(3);

/// Time between two looks whether the server ends.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a turn may go on when the server ends.
const GRACE: Duration = Duration::from_secs(4);

/// Why a turn was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It was not.
    Not,
    /// The server ends.
    Draining,
    /// Somebody cancelled the delivery.
    Cancelled,
    /// Somebody else has it.
    Lost,
}

/// Does `work` while the claim is held. Gives what came of it, none when it panicked, and whether it was stopped.
pub(super) fn hold<T: Send>(
    shared: &Shared,
    ledger: &Ledger,
    claimed: &Claimed,
    work: impl FnOnce(&AtomicBool) -> Result<T, Fault>,
) -> (Option<Result<T, Fault>>, Stopped) {
    let (stop, why) = (AtomicBool::new(false), AtomicU8::new(0));
    let (over, is_over) = channel::<()>();
    let done = thread::scope(|scope| {
        let (stop, why) = (&stop, &why);
        let end = move |reason: Stopped| {
            // The first reason counts.
            let _ = why.compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
            stop.store(true, Ordering::Relaxed);
        };
        scope.spawn(move || {
            let (mut pulse, mut draining) = (Instant::now(), None::<Instant>);
            while is_over.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                if shared.is_draining() && draining.get_or_insert_with(Instant::now).elapsed() >= GRACE {
                    end(Stopped::Draining);
                }
                if pulse.elapsed() < PULSE {
                    continue;
                }
                pulse = Instant::now();
                match ledger.prolong_delivery(claimed, LEASE) {
                    Ok(Beat::Until(_)) => {}
                    Ok(Beat::Cancel(_)) => end(Stopped::Cancelled),
                    Ok(Beat::Lost) => end(Stopped::Lost),
                    // The lease is long enough for some more tries.
                    Err(fault) => tracing::warn!(%fault, "a claim can't be prolonged"),
                }
            }
        });
        let done = catch_unwind(AssertUnwindSafe(|| work(stop)));
        drop(over);
        done.ok()
    });
    let stopped = match why.into_inner() {
        0 => Stopped::Not,
        1 => Stopped::Draining,
        2 => Stopped::Cancelled,
        _ => Stopped::Lost,
    };
    (done, stopped)
}
