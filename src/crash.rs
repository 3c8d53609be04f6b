//! Numbered places at which a test may kill the process, so that every one of them is tried and not some.
//!
//! The wrappers of everything that changes the outside (refs, objects, the ledger, files, pushes) pass a point just
//! before and just after the change. In a release build a point is nothing at all.

/// The variable that holds the number (from 1) of the point at which a debug build kills itself.
pub const AT: &str = "VSO_TEST_CRASH_AT";

/// The variable that names a file to which a debug build adds the name of every point that it passes, a line each.
pub const COUNT: &str = "VSO_TEST_CRASH_COUNT";

/// Passes a point. `name` says what happens next or has just happened: `git.ref.before`, `ledger.commit.after`.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    static PASSED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = PASSED.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
    if let Some(file) = std::env::var_os(COUNT) {
        use std::io::Write;
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
        // A count that can't be written shows in the test that reads it.
        let _ = opened.and_then(|mut file| writeln!(file, "{name}"));
    }
    let wanted = std::env::var(AT).ok().and_then(|text| text.parse::<usize>().ok());
    if wanted == Some(number) {
        // No destructor runs and nothing is flushed: the nearest thing to a kill from outside.
        std::process::abort();
    }
}

/// Passes a point: nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_name: &str) {}
