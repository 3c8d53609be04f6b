//! Time as a run of calls sees it: how long it runs, and waits that Ctrl-C ends.
//!
//! A debug build can run faster than the world, as tests need it; this is the one place that reads the switch.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The variable by which a debug build runs faster: waits are divided by this number, and the run's time is multiplied.
pub const SPEED: &str = "VSO_TEST_CLOCK_SPEED";

/// The longest time for which a stop is not noticed.
const GLANCE: Duration = Duration::from_millis(20);

/// When the first clock of this process began: all of them count from there, so that those who share a book of budgets
/// mean the same moments.
static BEGUN: OnceLock<Instant> = OnceLock::new();

/// Where clocks begin: far enough that what an earlier run did, up to two hours before, has a moment too.
const EARLIER: Duration = Duration::from_secs(2 * 3600);

/// A run's clock.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    speed: f64,
}

impl Clock {
    pub(super) fn start(speed: f64) -> Self {
        Self { start: *BEGUN.get_or_init(Instant::now), speed }
    }

    /// How long the process's first run is under way, and two hours.
    pub(super) fn now(&self) -> Duration {
        EARLIER + self.start.elapsed().mul_f64(self.speed)
    }

    /// Waits; false when it was stopped.
    pub(super) fn sleep(&self, wait: Duration, stop: &AtomicBool) -> bool {
        // A little more than asked: the thread's clock and the run's must not differ by a rounding.
        let end = Instant::now() + wait.div_f64(self.speed) + Duration::from_micros(50);
        loop {
            if stop.load(Ordering::Relaxed) {
                return false;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            sleep(left.min(GLANCE));
        }
    }
}

/// How much faster than the world the run goes, by its environment.
#[cfg(debug_assertions)]
pub(super) fn speed(read: &dyn Fn(&str) -> Option<String>) -> f64 {
    let given = read(SPEED).and_then(|text| text.trim().parse::<f64>().ok());
    given.filter(|speed| (1.0..=1e6).contains(speed)).unwrap_or(1.0)
}

/// As fast as the world.
#[cfg(not(debug_assertions))]
pub(super) fn speed(_read: &dyn Fn(&str) -> Option<String>) -> f64 {
    1.0
}

/// A span of time as a run that goes faster than the world has it; in a release build the span itself.
#[must_use]
pub fn hurried(span: Duration) -> Duration {
    span.div_f64(speed(&|name| std::env::var(name).ok()))
}

/// Seconds since 1970 by this machine's clock.
pub(super) fn wall() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Seconds since 1970 of a `Date` header.
pub(super) fn of_header(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(of_header("Thu, 01 Jan 2026 00:00:00 GMT"), Some(1_767_225_600));
        assert_eq!(of_header("soon"), None);
    }

    #[test]
    fn a_stop_ends_a_wait() {
        let clock = Clock { start: Instant::now(), speed: 2.0 };
        let begun = Instant::now();
        assert!(!clock.sleep(Duration::from_secs(600), &AtomicBool::new(true)));
        assert!(clock.sleep(Duration::from_millis(40), &AtomicBool::new(false)));
        assert!(begun.elapsed() < Duration::from_secs(5) && clock.now() >= Duration::from_millis(40));
    }
}
