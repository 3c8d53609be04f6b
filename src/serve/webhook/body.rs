//! Reading bodies within bounds: so many bytes of small ones in memory at a time, and one large one.
//!
//! A flood of large bodies must not fill the memory, and must not keep small ones out, which nearly all are.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sign::Signing;
use super::{CAP, Refusal};
use crate::serve::problem::Problem;

/// Bytes up to which a body is small.
const SMALL: usize = 1024 * 1024;

/// Kibibytes that small bodies may hold in all: 12 MiB. With the large one below and what the process itself needs,
/// that stays under 64 MiB.
const SMALL_ROOM: usize = 12 * 1024;

/// Large bodies at a time.
const LARGE_ROOM: usize = 1;

/// Room in memory.
#[derive(Debug)]
pub(super) struct Room {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// The memory of large bodies, lent to one after the other. Given back to the allocator instead, it would be kept by
    /// the arena of each thread that ever read one: 97 MiB were measured.
    spare: Spare,
}

type Spare = Arc<Mutex<Vec<u8>>>;

impl Default for Room {
    fn default() -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        Self { small: room(SMALL_ROOM), large: room(LARGE_ROOM), spare: Spare::default() }
    }
}

/// A body in memory, with the room that it takes until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    length: usize,
    lender: Option<Spare>,
    _place: OwnedSemaphorePermit,
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
        let is_large = length > SMALL;
        let (room, places) = if is_large {
            (&self.large, 1)
        } else {
            // A little more than the body: what is parsed of it, and its way to the disk.
            (&self.small, u32::try_from(length / 1024 + 1).unwrap_or(u32::MAX))
        };
        let place = Arc::clone(room).acquire_many_owned(places).await.expect("the rooms are never closed");
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
