//! The hub's clock: real time, moved and sped up by tests. Every time that an answer names comes from here.

use jiff::{SignedDuration, Timestamp};

/// A clock that runs from a moment, `speed` times as fast as the real one.
#[derive(Debug, Clone)]
pub struct Clock {
    real: Timestamp,
    shown: Timestamp,
    speed: f64,
}

impl Clock {
    /// A clock that shows the real time.
    pub fn new() -> Self {
        let now = Timestamp::now();
        Self { real: now, shown: now, speed: 1.0 }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        let passed = Timestamp::now().duration_since(self.real).as_secs_f64() * self.speed;
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or(SignedDuration::ZERO);
        self.shown.checked_add(passed).unwrap_or(self.shown)
    }

    /// Unix seconds, with their fraction.
    pub fn seconds(&self) -> f64 {
        self.now().as_duration().as_secs_f64()
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Jumps by seconds.
    pub fn advance(&mut self, seconds: f64) {
        let jump = SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::ZERO);
        *self = Self { real: Timestamp::now(), shown: self.now().checked_add(jump).unwrap_or(self.shown), ..*self };
    }

    /// From now on `speed` times as fast as real time.
    pub fn set_speed(&mut self, speed: f64) {
        *self = Self { real: Timestamp::now(), shown: self.now(), speed };
    }
}

/// A moment as GitHub writes it: whole seconds, UTC.
pub fn show(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
