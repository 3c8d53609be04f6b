//! Wakes workers that wait: something came, or the server ends. A ring between looking and waiting is not missed.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The bell.
#[derive(Debug, Default)]
pub(in crate::serve) struct Bell {
    rung: Mutex<u64>,
    waiting: Condvar,
}

impl Bell {
    /// Wakes all that wait.
    pub(in crate::serve) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.waiting.notify_all();
    }

    /// How often it was rung: for [`Bell::wait`], taken before looking for something to do.
    pub(super) fn heard(&self) -> u64 {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is rung more often than `heard`, at most so long.
    pub(super) fn wait(&self, heard: u64, most: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.waiting.wait_timeout_while(rung, most, |rung| *rung == heard);
        drop(waited);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_ring_is_never_missed() {
        let bell = Bell::default();
        let heard = bell.heard();
        bell.ring();
        let begun = Instant::now();
        bell.wait(heard, Duration::from_secs(60));
        std::thread::scope(|scope| {
            let (bell, heard) = (&bell, bell.heard());
            let waits = scope.spawn(move || bell.wait(heard, Duration::from_secs(60)));
            bell.ring();
            waits.join().unwrap();
        });
        assert!(begun.elapsed() < Duration::from_secs(30));
        bell.wait(bell.heard(), Duration::from_millis(1));
    }
}
