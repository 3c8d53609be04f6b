//! Reading bodies within bounds of memory and time: a flood of large bodies must not fill the memory, and whoever sends
//! slowly must not keep out the small ones, which nearly all are.
//!
//! Small bodies are bounded by the number of connections alone, so there is nothing that a stranger could use up before
//! them; middle ones share some room; large ones come one at a time.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sign::Signing;
use super::{CAP, Refusal};
use crate::serve::problem::Problem;

/// Bytes up to which a body is small: with every connection busy, 12 MiB.
const SMALL: usize = 48 * 1024;

/// Bytes up to which a body is of middle size.
const MIDDLE: usize = 1024 * 1024;

/// Kibibytes that middle bodies may hold in all. All bounds together, with the connections' buffers and what the process
/// itself needs, stay under 64 MiB.
const MIDDLE_ROOM: usize = 4 * 1024;

/// Large bodies at a time.
const LARGE_ROOM: usize = 1;

/// A body has so long to arrive, and a second more for every [`PACE`] bytes.
const GRACE: Duration = Duration::from_secs(2);

/// Bytes a second that a sender has to reach.
const PACE: usize = 3 * 1024 * 1024;

/// Room in memory.
#[derive(Debug)]
pub(super) struct Room {
    middle: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// The memory of large bodies, lent to one after the other. Given back to the allocator instead, it would be kept by
    /// the arena of each thread that ever read one: 97 MiB were measured.
    spare: Spare,
}

type Spare = Arc<Mutex<Vec<u8>>>;

impl Default for Room {
    fn default() -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        Self { middle: room(MIDDLE_ROOM), large: room(LARGE_ROOM), spare: Spare::default() }
    }
}

/// A body in memory, with the room that it takes until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    length: usize,
    lender: Option<Spare>,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The memory goes back before the room does.
impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lender) = &self.lender {
            let mut bytes = std::mem::take(&mut self.bytes);
            bytes.clear();
            *lender.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
        }
    }
}

impl Room {
    /// Waits for room for so many bytes, in the order of those who wait.
    pub(super) async fn take(&self, length: usize) -> Held {
        let is_large = length > MIDDLE;
        let (room, places) = if is_large {
            (&self.large, 1)
        } else {
            (&self.middle, u32::try_from(length / 1024 + 1).unwrap_or(u32::MAX))
        };
        let place = if length > SMALL {
            Some(Arc::clone(room).acquire_many_owned(places).await.expect("the rooms are never closed"))
        } else {
            None
        };
        let lender = is_large.then(|| Arc::clone(&self.spare));
        let mut bytes = match &lender {
            Some(lender) => std::mem::take(&mut *lender.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Vec::with_capacity(length),
        };
        if is_large {
            // Its pages are taken as they are written.
            bytes.reserve_exact(CAP);
        }
        Held { bytes, length, lender, _place: place }
    }
}

impl Held {
    /// How long it may take to arrive.
    pub(super) fn time(&self) -> Duration {
        GRACE + Duration::from_secs_f64(self.length as f64 / PACE as f64)
    }
}

/// Reads a body of a known length and signs it as it comes.
pub(super) async fn read(body: Body, mut held: Held, mut signing: Signing) -> Result<(Held, Signing), Refusal> {
    let mut body = body;
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let part = match frame {
            None => break,
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(_)) => return Err(cut()),
        };
        // The connection keeps to the length that was said; this is for whatever else may stand there one day.
        if held.bytes.len() + part.len() > held.length {
            return Err(cut());
        }
        signing.add(&part);
        held.bytes.extend_from_slice(&part);
    }
    if held.bytes.len() == held.length { Ok((held, signing)) } else { Err(cut()) }
}

fn cut() -> Refusal {
    Refusal("cut", Problem::new(StatusCode::BAD_REQUEST, "the delivery is not as long as it says"))
}
