//! When the next request may go: GitHub's published budgets, and what the server said about waiting.
//!
//! [`Governor`] is pure: times are handed in, as time since the run began; who shares one is [`shared`]'s business. The published numbers are in GitHub's "Rate limits for the
//! REST API"; windows here are a second longer than there, because requests do not travel equally fast.

pub mod shared;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Points that may be spent in a minute; a read costs 1, a write 5.
pub const POINTS_A_MINUTE: u32 = 900;
/// Requests that create something which people see, in a minute.
pub const CONTENT_A_MINUTE: u32 = 80;
/// The same in an hour.
pub const CONTENT_AN_HOUR: u32 = 500;
/// Writes that may follow each other at once; after them one a second.
pub const WRITES_AT_ONCE: u32 = 10;

const MINUTE: Duration = Duration::from_secs(61);
const HOUR: Duration = Duration::from_secs(3601);
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// The least wait after a refusal that names no time.
const LEAST_PENALTY: Duration = Duration::from_secs(60);

/// The longest time that is waited for at once: a primary limit is renewed within the hour.
const MOST: Duration = Duration::from_secs(65 * 60);

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It only reads: 1 point.
    Read,
    /// It changes something: 5 points.
    Write,
    /// It creates something that people see: 5 points and a place among the content.
    Content,
}

impl Cost {
    /// The points that GitHub counts for it.
    #[must_use]
    pub fn points(self) -> u32 {
        if self == Self::Read { 1 } else { 5 }
    }
}

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// GitHub refused a request and asked for it.
    Asked,
    /// The hour's requests are used up.
    Primary,
    /// A published budget would be overdrawn.
    Budget,
    /// The server had a bad moment.
    Failing,
}

/// What an answer says about limits. Seconds are counted from the answer's own `Date`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether the request was refused because of a limit.
    pub refused: bool,
    /// `retry-after`, in seconds.
    pub retry_after: Option<u64>,
    /// `x-ratelimit-remaining`: requests that are left.
    pub remaining: Option<u64>,
    /// `x-ratelimit-reset`, in seconds from now.
    pub reset: Option<u64>,
}

/// What is left of the published budgets at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Points of this minute, of [`POINTS_A_MINUTE`].
    pub points: u32,
    /// Content of this minute, of [`CONTENT_A_MINUTE`].
    pub content_minute: u32,
    /// Content of this hour, of [`CONTENT_AN_HOUR`].
    pub content_hour: u32,
}

/// What still counts of the past, for a later run of the same account. Ages and spans are milliseconds of the run's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Past {
    /// Points, oldest first: how long ago, and how many in that second.
    points: Vec<(u64, u32)>,
    /// The same of content.
    content: Vec<(u64, u32)>,
    /// Until all writes may go at once again.
    writes: u64,
    /// How long nothing may go.
    closed: u64,
}

/// The books of one account.
#[derive(Debug, Default)]
pub struct Governor {
    points: Window,
    content_minute: Window,
    content_hour: Window,
    writes: Bucket,
    closed: Option<(Duration, Why)>,
    refusals: u32,
}

impl Governor {
    /// How long a request has to wait at this time, and why; none when it may go.
    #[must_use]
    pub fn wait(&mut self, now: Duration, cost: Cost) -> Option<(Duration, Why)> {
        let mut until = self.points.free_at(now, MINUTE, cost.points(), POINTS_A_MINUTE);
        if cost != Cost::Read {
            until = until.max(self.writes.free_at(now));
        }
        if cost == Cost::Content {
            until = until.max(self.content_minute.free_at(now, MINUTE, 1, CONTENT_A_MINUTE));
            until = until.max(self.content_hour.free_at(now, HOUR, 1, CONTENT_AN_HOUR));
        }
        let budget = (until > now).then(|| (until - now, Why::Budget));
        match (budget, self.closed(now)) {
            (Some(budget), Some(closed)) if budget.0 > closed.0 => Some(budget),
            (budget, closed) => closed.or(budget),
        }
    }

    /// The same on a server without published budgets: how long the server itself asked to wait.
    #[must_use]
    pub fn closed(&self, now: Duration) -> Option<(Duration, Why)> {
        self.closed.filter(|(end, _)| *end > now).map(|(end, why)| (end - now, why))
    }

    /// Books a request that goes at this time.
    pub fn went(&mut self, now: Duration, cost: Cost) {
        self.points.add(now, cost.points());
        if cost != Cost::Read {
            self.writes.take(now);
        }
        if cost == Cost::Content {
            self.content_minute.add(now, 1);
            self.content_hour.add(now, 1);
        }
    }

    /// Hears what an answer says. Gives the time that GitHub asks for when it is too long to be waited for at all.
    pub fn heard(&mut self, now: Duration, said: Said) -> Option<Duration> {
        if said.refused {
            self.refusals += 1;
            let exponential = LEAST_PENALTY * 2u32.saturating_pow(self.refusals.saturating_sub(1).min(6));
            let reset = said.reset.filter(|_| said.remaining == Some(0));
            let asked = said.retry_after.or(reset).map(Duration::from_secs);
            let wait = asked.map_or(exponential, |asked| asked.max(Duration::from_secs(1)));
            if wait > MOST {
                return Some(wait);
            }
            let why = if said.retry_after.is_none() && reset.is_some() { Why::Primary } else { Why::Asked };
            self.close(now + wait, why);
            return None;
        }
        self.refusals = 0;
        if let (Some(0), Some(reset)) = (said.remaining, said.reset) {
            // The last one of the hour: the next would be refused.
            self.close(now + Duration::from_secs(reset).min(MOST), Why::Primary);
        }
        None
    }

    /// How often requests were refused one after the other.
    #[must_use]
    pub fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Lets nothing go for a while: the server had a bad moment.
    pub fn rest(&mut self, now: Duration, pause: Duration) {
        self.close(now + pause, Why::Failing);
    }

    /// What is left of the published budgets.
    pub fn left(&mut self, now: Duration) -> Left {
        Left {
            points: POINTS_A_MINUTE.saturating_sub(self.points.spent(now, MINUTE)),
            content_minute: CONTENT_A_MINUTE.saturating_sub(self.content_minute.spent(now, MINUTE)),
            content_hour: CONTENT_AN_HOUR.saturating_sub(self.content_hour.spent(now, HOUR)),
        }
    }

    /// How long nothing may go; zero when something may.
    #[must_use]
    pub fn closed_for(&self, now: Duration) -> Duration {
        self.closed.map_or(Duration::ZERO, |(end, _)| end.saturating_sub(now))
    }

    /// What still counts at this time.
    pub fn past(&mut self, now: Duration) -> Past {
        // For their side effect: what is too old goes.
        self.points.spent(now, MINUTE);
        self.content_hour.spent(now, HOUR);
        Past {
            points: self.points.ages(now),
            content: self.content_hour.ages(now),
            writes: millis(self.writes.full_at.saturating_sub(now)),
            closed: millis(self.closed_for(now)),
        }
    }

    /// Takes over what counted for an earlier run that ended `since` before now; for a governor that booked nothing yet.
    pub fn recall(&mut self, now: Duration, past: &Past, since: Duration) {
        let since = millis(since);
        let at = |age: u64| now.saturating_sub(Duration::from_millis(age.saturating_add(since)));
        let later = |span: u64| now + Duration::from_millis(span.saturating_sub(since)).min(MOST);
        for (age, count) in &past.points {
            self.points.add(at(*age), *count);
        }
        for (age, count) in &past.content {
            self.content_hour.add(at(*age), *count);
            self.content_minute.add(at(*age), *count);
        }
        self.writes.full_at = self.writes.full_at.max(later(past.writes));
        if past.closed > since {
            self.close(later(past.closed), Why::Asked);
        }
    }

    fn close(&mut self, until: Duration, why: Why) {
        if self.closed.is_none_or(|(end, _)| end < until) {
            self.closed = Some((until, why));
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What was spent lately, oldest first.
#[derive(Debug, Default)]
struct Window(VecDeque<(Duration, u32)>);

impl Window {
    fn add(&mut self, now: Duration, count: u32) {
        self.0.push_back((now, count));
    }

    /// How long ago what was spent, a second at a time, the younger end of it.
    fn ages(&self, now: Duration) -> Vec<(u64, u32)> {
        let mut found: Vec<(u64, u32)> = Vec::new();
        for (at, count) in &self.0 {
            let age = millis(now.saturating_sub(*at));
            match found.last_mut().filter(|last| last.0 / 1000 == age / 1000) {
                Some(last) => *last = (age, last.1 + count),
                None => found.push((age, *count)),
            }
        }
        found
    }

    /// What was spent within the last span; what is older is forgotten.
    fn spent(&mut self, now: Duration, span: Duration) -> u32 {
        while self.0.front().is_some_and(|(at, _)| *at + span <= now) {
            self.0.pop_front();
        }
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The earliest time at which `more` can be spent without more than `budget` in any span of this length.
    fn free_at(&mut self, now: Duration, span: Duration, more: u32, budget: u32) -> Duration {
        let mut spent = self.spent(now, span);
        let mut free = now;
        for (at, count) in &self.0 {
            if spent + more <= budget {
                break;
            }
            spent -= count;
            free = *at + span;
        }
        free
    }
}

/// Writes that may go at once: full at the beginning, filled by one a second.
#[derive(Debug, Default)]
struct Bucket {
    /// When it will be full again.
    full_at: Duration,
}

impl Bucket {
    fn free_at(&self, now: Duration) -> Duration {
        // With n writes missing it is full in n seconds; one must be left.
        self.full_at.saturating_sub(BETWEEN_WRITES * (WRITES_AT_ONCE - 1)).max(now)
    }

    fn take(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now) + BETWEEN_WRITES;
    }
}
