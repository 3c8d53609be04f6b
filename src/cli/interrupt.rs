//! Ctrl-C where something must be left in order: the run ends at its next safe point, with exit code 130.
//!
//! Commands that only read need nothing of this: the signal ends them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

static STOP: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from here on; what it returns is set by the first one. Where listening is not possible, the
/// signal ends the run as usual, and the journal puts the project in order at the next one.
pub fn listen() -> &'static AtomicBool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    if let Ok(runtime) = runtime {
        // Registered before this returns, so that no signal falls between.
        let signal = {
            let _inside = runtime.enter();
            registered()
        };
        if let Some(signal) = signal {
            thread::spawn(move || {
                runtime.block_on(signal);
                STOP.store(true, Ordering::Relaxed);
            });
        }
    }
    &STOP
}

#[cfg(unix)]
fn registered() -> Option<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupts = signal(SignalKind::interrupt()).ok()?;
    Some(async move {
        interrupts.recv().await;
    })
}

#[cfg(not(unix))]
fn registered() -> Option<impl Future<Output = ()> + Send> {
    Some(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
