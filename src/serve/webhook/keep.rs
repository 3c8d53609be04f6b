//! The one thread that writes deliveries: it takes all that wait, up to a bound, keeps them in one transaction, and
//! tells each of them when the disk has it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::body::Held;
use crate::fault::Fault;
use crate::ledger::{Clock, Ledger, NewDelivery, Receipt};

/// Deliveries that wait for the disk; one more is refused.
const QUEUE: usize = 1024;

/// Deliveries of one transaction.
const BATCH: usize = 256;

/// Bytes of one transaction after which no further delivery joins it.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Why a delivery was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Too many wait.
    Full,
    /// The ledger could not be written.
    Disk,
}

/// A delivery on its way to the disk.
struct Waiting {
    delivery: NewDelivery<Held>,
    tell: oneshot::Sender<Result<Receipt, Failure>>,
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(crate) struct Keeper {
    queue: mpsc::Sender<Waiting>,
    waiting: Arc<AtomicUsize>,
}

impl Keeper {
    /// Starts the thread, with a connection of its own: what pages read must not stand before it.
    pub(super) fn start(root: &Path, clock: Clock) -> Result<Self, Fault> {
        let ledger = Ledger::open_with(root, clock)?;
        let (queue, waits) = mpsc::channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&waiting);
        let runtime = Handle::try_current();
        let runtime = runtime.map_err(|error| Fault::unfinished("deliveries need a runtime").because(&error))?;
        thread::Builder::new()
            .name("inbox".into())
            .spawn(move || write(&ledger, waits, &count, &runtime))
            .map_err(|error| Fault::unfinished("can't start the thread that keeps deliveries").because(&error))?;
        Ok(Self { queue, waiting })
    }

    /// Returns when the disk has the delivery.
    pub(super) async fn keep(&self, delivery: NewDelivery<Held>) -> Result<Receipt, Failure> {
        let (tell, told) = oneshot::channel();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.try_send(Waiting { delivery, tell }).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Failure::Full);
        }
        told.await.unwrap_or(Err(Failure::Disk))
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Writes until nobody can send any more.
fn write(ledger: &Ledger, mut waits: mpsc::Receiver<Waiting>, count: &AtomicUsize, runtime: &Handle) {
    while let Some(first) = waits.blocking_recv() {
        let mut bytes = first.delivery.body.as_ref().len();
        let mut batch = vec![first];
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Ok(next) = waits.try_recv() else { break };
            bytes += next.delivery.body.as_ref().len();
            batch.push(next);
        }
        let size = batch.len();
        let (deliveries, waiting): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|Waiting { delivery, tell }| (delivery, tell)).unzip();
        let kept = ledger.receive(deliveries);
        if let Err(fault) = &kept {
            tracing::error!(fault = %fault, deliveries = size, "deliveries could not be kept");
        }
        count.fetch_sub(size, Ordering::Relaxed);
        let receipts: Vec<Result<Receipt, Failure>> = match kept {
            Ok(receipts) => receipts.into_iter().map(Ok).collect(),
            Err(_) => vec![Err(Failure::Disk); size],
        };
        // Told from a thread of the runtime: to wake each of them from here would cost a switch for each.
        runtime.spawn(async move {
            for (tell, receipt) in waiting.into_iter().zip(receipts) {
                // Whoever sent it may be gone; it is kept all the same.
                let _ = tell.send(receipt);
            }
        });
    }
}
