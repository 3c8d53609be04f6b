//! The watch over a client: what it did that the documentation asks not to, whether or not a limit struck.
//!
//! It looks at the calls and the answers as they went over the wire, those of faults too, so it can't be fooled by where
//! an answer came from.

use std::collections::HashMap;

use serde::Serialize;

use super::call::Call;
use super::{MINUTE, SECOND};

/// So many writes may come at once; after them, one a second.
const BURST: f64 = 10.0;

/// What is measured with.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// So many calls may be under way at once.
    pub most: u32,
    /// So many milliseconds are not held against a client: the wire takes its time, too.
    pub slack: u64,
    /// A POST that comes again within so many milliseconds after its answer was lost, with nothing read in between, was
    /// sent again blindly.
    pub blind: u64,
}

impl Measure {
    /// For a clock that runs `speed` times as fast as the real one.
    pub fn new(most: u32, speed: f64) -> Self {
        let scaled = |real: u64| std::time::Duration::from_millis(real).mul_f64(speed.max(1.0)).as_millis();
        let scaled = |real| u64::try_from(scaled(real)).unwrap_or(u64::MAX);
        Self { most, slack: scaled(25), blind: scaled(2_000).max(10 * SECOND) }
    }
}

/// Something that a client must not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The time, in milliseconds of the hub's clock.
    pub at: u64,
    /// `came-back-early`, `writes-too-fast`, `too-many-at-once`, `blind-retry`.
    pub kind: &'static str,
    /// Who.
    pub login: String,
    /// The call's method.
    pub method: String,
    /// The call's path.
    pub path: String,
    /// What exactly.
    pub detail: String,
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub enum End<'a> {
    /// With this status, these headers and this body.
    Answered(u16, &'a [(String, String)], &'a [u8]),
    /// Without an answer.
    Lost,
}

#[derive(Debug)]
struct Seen {
    /// Not before then.
    wait_until: u64,
    /// Writes that may come at once now, and when that was so.
    burst: (f64, u64),
    under_way: u32,
    /// POSTs whose answer was lost or said that something broke, with the time.
    unsure: Vec<(Call, u64)>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { wait_until: 0, burst: (BURST, 0), under_way: 0, unsure: Vec::new() }
    }
}

/// The watch.
#[derive(Debug, Default)]
pub struct Watch {
    seen: HashMap<String, Seen>,
    violations: Vec<Violation>,
}

impl Watch {
    /// A call comes in.
    pub fn came(&mut self, call: &Call, now: u64, measure: Measure) {
        let Measure { most, slack, blind } = measure;
        let seen = self.seen.entry(call.actor.clone()).or_default();
        seen.under_way += 1;
        let mut found: Vec<(&'static str, String)> = Vec::new();
        if now + slack < seen.wait_until {
            found.push(("came-back-early", format!("{} ms before it was allowed", seen.wait_until - now)));
        }
        if seen.under_way > most {
            found.push(("too-many-at-once", format!("{} calls under way", seen.under_way)));
        }
        if call.is_write() && !seen.take_one(now, slack) {
            found.push(("writes-too-fast", "more than ten writes at once, then less than 1 s between two".into()));
        }
        seen.unsure.retain(|(_, at)| at + blind > now);
        if let Some((_, at)) = seen.unsure.iter().find(|(unsure, _)| unsure == call) {
            found.push(("blind-retry", format!("the same POST {} ms after its answer was lost", now - at)));
        }
        self.violations.extend(found.into_iter().map(|(kind, detail)| Violation {
            at: now,
            kind,
            login: call.login.clone(),
            method: call.method.clone(),
            path: call.path.clone(),
            detail,
        }));
    }

    /// A call ends.
    pub fn went(&mut self, call: &Call, now: u64, end: End<'_>) {
        let seen = self.seen.entry(call.actor.clone()).or_default();
        seen.under_way = seen.under_way.saturating_sub(1);
        match end {
            End::Answered(status, headers, body) => {
                if let Some(until) = until(status, headers, body, now) {
                    seen.wait_until = seen.wait_until.max(until);
                }
                if status >= 500 && call.is_once_only() {
                    seen.unsure.push((call.clone(), now));
                }
                // Who looks is not blind any more, whatever it concludes.
                if status < 300 && !call.is_write() {
                    seen.unsure.clear();
                }
            }
            End::Lost if call.is_once_only() => seen.unsure.push((call.clone(), now)),
            End::Lost => {}
        }
    }

    /// How many calls of somebody are under way.
    pub fn at_once(&self, actor: &str) -> u32 {
        self.seen.get(actor).map_or(0, |seen| seen.under_way)
    }

    /// All that was found.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl Seen {
    fn take_one(&mut self, now: u64, slack: u64) -> bool {
        let (left, at) = self.burst;
        let left = (left + seconds(now.saturating_sub(at))).min(BURST) - 1.0;
        // What the wire delayed before comes closer now, but never by more than that in all.
        let lowest = -seconds(slack);
        self.burst = (left.max(lowest), now);
        left >= lowest
    }
}

fn seconds(milliseconds: u64) -> f64 {
    std::time::Duration::from_millis(milliseconds).as_secs_f64()
}

/// Until when an answer tells a client to stay away, in milliseconds; none if it doesn't.
fn until(status: u16, headers: &[(String, String)], body: &[u8], now: u64) -> Option<u64> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    let number = |name: &str| -> Option<u64> {
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.parse().ok())
    };
    if let Some(after) = number("retry-after") {
        return Some(now + after * SECOND);
    }
    if number("x-ratelimit-remaining") == Some(0) {
        return number("x-ratelimit-reset").map(|reset| reset * SECOND);
    }
    let is_limit = status == 429 || String::from_utf8_lossy(body).contains("rate limit");
    is_limit.then_some(now + MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURE: Measure = Measure { most: 100, slack: 0, blind: 10_000 };

    fn call(method: &str, path: &str) -> Call {
        Call::new("someone", method, path, b"{}")
    }

    fn kinds(watch: &Watch) -> Vec<&'static str> {
        watch.violations().iter().map(|violation| violation.kind).collect()
    }

    fn pass(watch: &mut Watch, call: &Call, now: u64, status: u16) {
        watch.came(call, now, MEASURE);
        watch.went(call, now, End::Answered(status, &[], b""));
    }

    #[test]
    fn who_is_sent_away_stays_away() {
        for (status, headers, body, until) in [
            (429, "Retry-After: 40", "", Some(50_000)),
            (403, "x-ratelimit-remaining: 0; x-ratelimit-reset: 30", "", Some(30_000)),
            (403, "x-ratelimit-remaining: 7", "secondary rate limit", Some(70_000)),
            (429, "", "", Some(70_000)),
            (403, "x-ratelimit-remaining: 7; x-ratelimit-reset: 30", "not allowed", None),
            (502, "retry-after: 40", "", None),
        ] {
            let pairs = headers.split("; ").filter_map(|pair| pair.split_once(": "));
            let headers: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let mut watch = Watch::default();
            let call = call("GET", "/repos/o/n");
            watch.came(&call, 10_000, MEASURE);
            watch.went(&call, 10_000, End::Answered(status, &headers, body.as_bytes()));
            if let Some(until) = until {
                pass(&mut watch, &call, until, 200);
                assert_eq!(kinds(&watch), [""; 0]);
                pass(&mut watch, &call, until - 1, 200);
                assert_eq!(kinds(&watch), ["came-back-early"]);
            } else {
                pass(&mut watch, &call, 10_001, 200);
                assert_eq!(kinds(&watch), [""; 0], "{status}");
            }
        }
    }

    #[test]
    fn ten_writes_then_one_a_second() {
        let mut watch = Watch::default();
        let write = call("PATCH", "/repos/o/n/pulls/1");
        for second in 0..30 {
            let now = 5_000 + second.max(9) * 1_000;
            pass(&mut watch, &write, now, 200);
        }
        assert_eq!(kinds(&watch), [""; 0], "ten at once, then one each second");
        pass(&mut watch, &write, 34_900, 200);
        assert_eq!(kinds(&watch), ["writes-too-fast"]);
        pass(&mut watch, &call("GET", "/repos/o/n"), 34_900, 200);
        assert_eq!(kinds(&watch).len(), 1, "reading is no writing");
    }

    #[test]
    fn the_wire_may_shake_a_little() {
        let mut watch = Watch::default();
        let write = call("PATCH", "/repos/o/n/pulls/1");
        for at in [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1_000, 1_960, 2_990] {
            watch.came(&write, at, Measure { slack: 100, ..MEASURE });
        }
        assert_eq!(kinds(&watch), [""; 0]);
        watch.came(&write, 3_890, Measure { slack: 100, ..MEASURE });
        assert_eq!(kinds(&watch), ["writes-too-fast"], "it does not add up");
    }

    #[test]
    fn a_faster_clock_shakes_more() {
        let (real, fast) = (Measure::new(7, 1.0), Measure::new(7, 200.0));
        assert_eq!((real.slack, real.blind), (25, 10_000));
        assert_eq!((fast.slack, fast.blind), (5_000, 400_000));
    }

    #[test]
    fn a_post_whose_answer_was_lost_is_looked_for_first() {
        let post = call("POST", "/repos/o/n/pulls");
        let after = |between: &[(&Call, u16)], again_at: u64| {
            let mut watch = Watch::default();
            watch.came(&post, 1_000, MEASURE);
            watch.went(&post, 1_000, End::Lost);
            for (call, status) in between {
                pass(&mut watch, call, 2_000, *status);
            }
            pass(&mut watch, &post, again_at, 201);
            kinds(&watch)
        };
        assert_eq!(after(&[], 3_000), ["blind-retry"]);
        assert_eq!(after(&[(&call("GET", "/repos/o/n/pulls"), 502)], 3_000), ["blind-retry"]);
        assert_eq!(after(&[(&call("GET", "/repos/o/n/pulls"), 200)], 3_000), [""; 0]);
        assert_eq!(after(&[], 11_000), [""; 0]);
        let mut watch = Watch::default();
        pass(&mut watch, &post, 1, 502);
        pass(&mut watch, &Call::new("someone", "POST", "/repos/o/n/pulls", b"{\"other\":1}"), 2, 201);
        pass(&mut watch, &Call::new("another", "POST", "/repos/o/n/pulls", b"{}"), 2, 201);
        assert_eq!(kinds(&watch), [""; 0], "another call is another call");
        pass(&mut watch, &post, 3, 201);
        assert_eq!(kinds(&watch), ["blind-retry"]);
    }

    #[test]
    fn too_many_at_once_are_seen() {
        let mut watch = Watch::default();
        for _ in 0..3 {
            watch.came(&call("GET", "/repos/o/n"), 1, Measure { most: 2, ..MEASURE });
        }
        assert_eq!(kinds(&watch), ["too-many-at-once"]);
    }
}
