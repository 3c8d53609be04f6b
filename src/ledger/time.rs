//! Moments in milliseconds, and the clock that gives them: the machine's, or one that a test sets.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// A moment: milliseconds since 1970 in UTC. Prints as RFC 3339 with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

impl Time {
    /// What the machine's clock says.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// This long after it; the end of time where there is no such moment.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is since an earlier moment; nothing when that is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As SQLite writes a moment, with milliseconds: `2026-01-31 02:00:00.000`.
    pub(super) fn sql(self) -> String {
        let text = self.to_string();
        text.trim_end_matches('Z').replacen('T', " ", 1)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            // Further than the year 9999.
            Err(_) => f.write_str("never"),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Where moments come from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine.
    #[default]
    Machine,
    /// A test: milliseconds since 1970.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at a moment until it is moved.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self::Set(Arc::new(AtomicI64::new(time.0)))
    }

    /// The moment that it shows.
    #[must_use]
    pub fn now(&self) -> Time {
        match self {
            Self::Machine => Time::now(),
            Self::Set(time) => Time(time.load(Ordering::SeqCst)),
        }
    }

    /// Moves a clock that stands still; the machine's goes its own way.
    pub fn pass(&self, span: Duration) {
        if let Self::Set(time) = self {
            time.store(self.now().after(span).0, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_rfc_3339_and_as_sql() {
        let time = Time(1_767_225_600_007);
        assert_eq!(time.to_string(), "2026-01-01T00:00:00.007Z");
        assert_eq!(time.sql(), "2026-01-01 00:00:00.007");
        assert_eq!(Time(i64::MAX).after(Duration::from_secs(1)).to_string(), "never");
    }
}
