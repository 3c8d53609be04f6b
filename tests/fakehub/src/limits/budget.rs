//! The budgets of who calls: an hour's requests, a minute's points, what may be made in a minute and an hour, and how
//! many calls may be under way at once. Beyond one of them a call is refused, and told when to come again, or not.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{HOUR, MINUTE, SECOND};

/// How a refusal says when to come again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// `retry-after`, in seconds.
    #[default]
    RetryAfter,
    /// Nothing is left, and `x-ratelimit-reset` says until when.
    Reset,
    /// Not at all: then it is a minute at least.
    Nothing,
}

/// The limits, as documented unless a test lowers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Whether there are limits at all; GitHub Enterprise Server has none unless its administrator wants them.
    pub enabled: bool,
    /// Requests of an hour.
    pub primary: u32,
    /// Points of a minute, REST.
    pub points: u32,
    /// Points of a minute, GraphQL.
    pub graphql_points: u32,
    /// Content of a minute.
    pub content_minute: u32,
    /// Content of an hour.
    pub content_hour: u32,
    /// Calls at once.
    pub concurrent: u32,
    /// The status of a refusal: 403 or 429.
    pub status: u16,
    /// How a secondary limit says when to come again.
    pub told: Told,
    /// For how long a secondary limit shuts out, in seconds.
    pub pause: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            enabled: true,
            primary: 5_000,
            points: 900,
            graphql_points: 2_000,
            content_minute: 80,
            content_hour: 500,
            concurrent: 100,
            status: 403,
            told: Told::RetryAfter,
            pause: 60,
        }
    }
}

/// A call that is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 403 or 429.
    pub status: u16,
    /// Headers that say when to come again.
    pub headers: Vec<(&'static str, String)>,
    /// For the body.
    pub message: String,
    /// Which limit it was.
    pub limit: &'static str,
}

/// What somebody has used.
#[derive(Debug, Default)]
struct Used {
    /// The end of the hour that runs, and what was used in it: REST, then GraphQL.
    hours: [(u64, u32); 2],
    /// Time and points of the last minute: REST, then GraphQL.
    points: [VecDeque<(u64, u32)>; 2],
    /// Times at which content was made within the last hour.
    content: VecDeque<u64>,
    /// Shut out by a secondary limit until then.
    out_until: u64,
}

/// The budgets of everybody.
#[derive(Debug, Default)]
pub struct Budgets {
    /// The numbers.
    pub policy: Policy,
    used: HashMap<String, Used>,
}

impl Budgets {
    /// A call comes in at `now`, one of `at_once` of its actor that are under way.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn enter(&mut self, call: &Call, now: u64, at_once: u32) -> Result<(), Refusal> {
        let policy = &self.policy;
        let used = self.used.entry(call.actor.clone()).or_default();
        if policy.enabled
            && let Some(limit) = used.reached(policy, call, now, at_once)
        {
            return Err(used.refusal(policy, call, limit, now));
        }
        used.charge(call, now);
        Ok(())
    }

    /// A call that was let in last is answered "not modified": it was for nothing.
    pub fn give_back(&mut self, call: &Call) {
        let Some(used) = self.used.get_mut(&call.actor) else { return };
        let kind = usize::from(call.is_graphql());
        used.hours[kind].1 = used.hours[kind].1.saturating_sub(1);
        used.points[kind].pop_back();
    }

    /// The headers that every answer has; none where there are no limits.
    pub fn headers(&self, call: &Call, now: u64) -> Vec<(&'static str, String)> {
        if !self.policy.enabled {
            return Vec::new();
        }
        let kind = usize::from(call.is_graphql());
        let fresh = Used::default();
        let used = self.used.get(&call.actor).unwrap_or(&fresh);
        hour_headers(&self.policy, used.hour(kind, now), kind, false)
    }

    /// Limit, used and end of the hour (seconds since 1970) of somebody: REST, then GraphQL.
    pub fn hours(&self, actor: &str, now: u64) -> [(u32, u32, u64); 2] {
        let fresh = Used::default();
        let used = self.used.get(actor).unwrap_or(&fresh);
        [0, 1].map(|kind| {
            let (end, count) = used.hour(kind, now);
            (self.policy.primary, count, end.div_ceil(SECOND))
        })
    }
}

impl Used {
    /// The hour that runs at `now`: its end, and what was used in it.
    fn hour(&self, kind: usize, now: u64) -> (u64, u32) {
        let (end, count) = self.hours[kind];
        if now < end { (end, count) } else { (now + HOUR, 0) }
    }

    fn reached(&mut self, policy: &Policy, call: &Call, now: u64, at_once: u32) -> Option<&'static str> {
        let kind = usize::from(call.is_graphql());
        self.points[kind].retain(|(at, _)| at + MINUTE > now);
        self.content.retain(|at| at + HOUR > now);
        let points: u32 = self.points[kind].iter().map(|(_, points)| points).sum();
        let allowed = if kind == 0 { policy.points } else { policy.graphql_points };
        let minute = self.content.iter().filter(|at| **at + MINUTE > now).count();
        if !call.is_free() && self.hour(kind, now).1 >= policy.primary {
            Some("primary")
        } else if now < self.out_until {
            Some("secondary")
        } else if at_once > policy.concurrent {
            Some("concurrent")
        } else if points + call.points() > allowed {
            Some("points")
        } else if call.is_content && minute >= policy.content_minute as usize {
            Some("content-minute")
        } else if call.is_content && self.content.len() >= policy.content_hour as usize {
            Some("content-hour")
        } else {
            None
        }
    }

    fn charge(&mut self, call: &Call, now: u64) {
        let kind = usize::from(call.is_graphql());
        if !call.is_free() {
            let (end, count) = self.hour(kind, now);
            self.hours[kind] = (end, count + 1);
        }
        self.points[kind].push_back((now, call.points()));
        if call.is_content {
            self.content.push_back(now);
        }
    }

    fn refusal(&mut self, policy: &Policy, call: &Call, limit: &'static str, now: u64) -> Refusal {
        let kind = usize::from(call.is_graphql());
        let hour = self.hour(kind, now);
        if limit == "primary" {
            let message = format!("API rate limit exceeded for {}.", call.actor);
            return Refusal { status: policy.status, headers: hour_headers(policy, hour, kind, true), message, limit };
        }
        if now >= self.out_until {
            // The hour's content frees a place only when its oldest is an hour old.
            let place = self.content.front().filter(|_| limit == "content-hour").map_or(0, |first| first + HOUR);
            self.out_until = place.max(now + policy.pause * SECOND);
        }
        let headers = match policy.told {
            Told::Reset => hour_headers(policy, (self.out_until, hour.1), kind, true),
            Told::Nothing => hour_headers(policy, hour, kind, false),
            Told::RetryAfter => {
                let mut headers = hour_headers(policy, hour, kind, false);
                headers.push(("retry-after", (self.out_until - now).div_ceil(SECOND).to_string()));
                headers
            }
        };
        let message =
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.".into();
        Refusal { status: policy.status, headers, message, limit }
    }
}

fn hour_headers(policy: &Policy, (end, used): (u64, u32), kind: usize, empty: bool) -> Vec<(&'static str, String)> {
    let left = if empty { 0 } else { policy.primary.saturating_sub(used) };
    vec![
        ("x-ratelimit-limit", policy.primary.to_string()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-reset", end.div_ceil(SECOND).to_string()),
        ("x-ratelimit-used", used.to_string()),
        ("x-ratelimit-resource", ["core", "graphql"][kind].into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(headers: &'a [(&str, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Calls one after the other, `apart` milliseconds; how many are let in before the first refusal.
    fn check(method: &str, path: &str, apart: u64, expected: (usize, &str)) {
        let mut limits = Budgets::default();
        let mut now = 1_000_000;
        for count in 0.. {
            let is_content = path.ends_with("comments");
            let call = Call { is_content, ..Call::new("someone", method, path, b"") };
            match limits.enter(&call, now, 1) {
                Ok(()) => {}
                Err(refusal) => {
                    assert_eq!((count, refusal.limit), expected, "{method} {path}");
                    return;
                }
            }
            now += apart;
        }
    }

    #[test]
    fn the_documented_numbers() {
        check("GET", "/repos/o/n", 1, (900, "points"));
        check("PATCH", "/repos/o/n", 1, (180, "points"));
        check("POST", "/graphql", 1, (2_000, "points"));
        check("POST", "/repos/o/n/issues/1/comments", 1, (80, "content-minute"));
        check("POST", "/repos/o/n/issues/1/comments", 1_000, (500, "content-hour"));
        check("GET", "/repos/o/n", 100, (5_000, "primary"));
        check("GET", "/rate_limit", 1, (900, "points"));
    }

    #[test]
    fn a_refusal_says_when_and_means_it() {
        for (told, name, value) in [
            (Told::RetryAfter, "retry-after", "60"),
            (Told::Reset, "x-ratelimit-reset", "160"),
            (Told::Nothing, "", ""),
        ] {
            let mut limits = Budgets { policy: Policy { told, points: 5, ..Policy::default() }, ..Budgets::default() };
            let call = Call::new("someone", "DELETE", "/repos/o/n", b"");
            limits.enter(&call, 100_000, 1).unwrap();
            let refusal = limits.enter(&call, 100_000, 1).unwrap_err();
            assert_eq!(refusal.status, 403);
            assert_eq!(header(&refusal.headers, name).unwrap_or(""), value);
            assert_eq!(header(&refusal.headers, "retry-after").is_some(), told == Told::RetryAfter);
            assert_eq!(header(&refusal.headers, "x-ratelimit-remaining") == Some("0"), told == Told::Reset);
            assert!(limits.enter(&call, 159_999, 1).is_err(), "still shut out");
            assert!(limits.enter(&call, 160_000, 1).is_ok(), "as it was said");
        }
    }

    #[test]
    fn what_is_not_modified_costs_nothing() {
        let mut limits =
            Budgets { policy: Policy { primary: 2, points: 2, ..Policy::default() }, ..Budgets::default() };
        let call = Call::new("someone", "GET", "/repos/o/n", b"");
        for now in 0..10 {
            limits.enter(&call, now, 1).unwrap();
            limits.give_back(&call);
        }
        assert_eq!(header(&limits.headers(&call, 10), "x-ratelimit-remaining"), Some("2"));
    }

    #[test]
    fn the_hour_ends() {
        let mut limits = Budgets { policy: Policy { primary: 1, ..Policy::default() }, ..Budgets::default() };
        let call = Call::new("someone", "GET", "/repos/o/n", b"");
        limits.enter(&call, 500, 1).unwrap();
        let refusal = limits.enter(&call, 1_000, 1).unwrap_err();
        assert_eq!(header(&refusal.headers, "x-ratelimit-reset"), Some("3601"), "rounded up, so that it is true");
        assert!(limits.enter(&Call::new("another", "GET", "/repos/o/n", b""), 1_000, 1).is_ok());
        assert!(limits.enter(&call, 3_601_000, 1).is_ok());
    }

    #[test]
    fn at_once_are_a_hundred() {
        let mut limits = Budgets::default();
        let call = Call::new("someone", "GET", "/repos/o/n", b"");
        assert!(limits.enter(&call, 1, 100).is_ok());
        assert_eq!(limits.enter(&call, 1, 101).unwrap_err().limit, "concurrent");
        assert!(limits.enter(&call, 60_001, 1).is_ok());
    }

    #[test]
    fn without_limits_there_are_no_headers() {
        let mut limits =
            Budgets { policy: Policy { enabled: false, primary: 0, ..Policy::default() }, ..Budgets::default() };
        let call = Call::new("someone", "GET", "/repos/o/n", b"");
        assert!(limits.enter(&call, 1, 1).is_ok());
        assert!(limits.headers(&call, 1).is_empty());
    }
}
