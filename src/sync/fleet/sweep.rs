//! Deliveries that GitHub could not make: GitHub never sends one again by itself, so they are looked for and asked for.
//!
//! What the inbox has, waits for or has done is left alone; what it never got, or gave up, is asked for again: a bounded
//! number of times, after longer and longer pauses that together reach over the days for which GitHub keeps it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::fault::{Fault, FaultKind};
use crate::forge::github::{AppHub, FailedDelivery, SentAgain};
use crate::ledger::{Begun, DeliveryState, Event, Ledger, Query, Time, Turn, Written};

/// An event: one delivery was asked for again. Its subject is the GUID.
pub const ASKED: &str = "delivery.asked-again";

/// An event: GitHub does not keep a delivery any more that never came. Its subject is the GUID.
pub const GONE: &str = "delivery.gone";

/// An event: a delivery was asked for so often that it is not any more. Its subject is the GUID.
pub const GIVEN_UP: &str = "delivery.given-up";

/// How long GitHub keeps deliveries; an Enterprise Server keeps them for seven days.
const WINDOW: Duration = Duration::from_secs(3 * 86_400);
const WINDOW_ENTERPRISE: Duration = Duration::from_secs(7 * 86_400);

/// How often one delivery is asked for at most. With `PAUSE` doubled each time, the last one is asked for after three days.
pub const MOST: u32 = 10;

/// The pause after the first time.
const PAUSE: Duration = Duration::from_secs(600);

/// The pause when the server has just begun: whatever stood in the way may be gone.
const PAUSE_AT_START: Duration = Duration::from_secs(60);

/// Most deliveries that are asked for in one sweep; the next one goes on.
const AT_ONCE: usize = 500;

/// How long a sweep holds its place without a sign of life.
const LEASE: Duration = Duration::from_secs(120);

/// What came of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Swept {
    /// Deliveries that GitHub could not make.
    pub failed: usize,
    /// Of those: the inbox has them all the same.
    pub known: usize,
    /// They were asked for again.
    pub asked: usize,
    /// They wait for their pause to end, or for the next sweep.
    pub waiting: usize,
    /// GitHub does not keep them any more.
    pub gone: usize,
    /// They were asked for too often.
    pub given_up: usize,
    /// Whether another sweep is under way, so that this one did nothing.
    pub is_taken: bool,
}

/// How a sweep looks at time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Whether the server has just begun.
    pub is_start: bool,
    /// How much faster than the world it goes: 1 but in tests.
    pub speed: f64,
}

/// Compares what GitHub could not deliver with the inbox, and asks for what is missing.
///
/// # Errors
/// When GitHub can't be asked, or the ledger fails (exit 3); what was asked for until then is written down. When `stop` is
/// set (exit 130).
pub fn sweep(hub: &AppHub<'_>, ledger: &Ledger, pace: Pace, stop: &AtomicBool) -> Result<Swept, Fault> {
    let worker = format!("process {}", std::process::id());
    let turn = match ledger.begin("sweep", ledger.now(), true, &worker, LEASE)? {
        Begun::Turn(turn) => turn,
        Begun::Served { .. } | Begun::Taken { .. } => return Ok(Swept { is_taken: true, ..Swept::default() }),
    };
    let done = Sweep { hub, ledger, pace, stop, turn: &turn }.run();
    let (outcome, report) = match &done {
        Ok(swept) => ("swept", json!(swept)),
        Err(fault) => ("failed", json!({ "fault": fault.message() })),
    };
    ledger.finish(&turn, done.is_ok(), outcome, &report)?;
    done
}

struct Sweep<'a> {
    hub: &'a AppHub<'a>,
    ledger: &'a Ledger,
    pace: Pace,
    stop: &'a AtomicBool,
    turn: &'a Turn,
}

/// What to do about a delivery.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Leave,
    Wait,
    Ask,
    GiveUp,
}

impl Sweep<'_> {
    fn run(&self) -> Result<Swept, Fault> {
        let window = if self.hub.is_enterprise() { WINDOW_ENTERPRISE } else { WINDOW };
        let since = Time(self.hub.server_time().0.saturating_sub(millis(window)));
        let mut missing: BTreeMap<String, Vec<FailedDelivery>> = BTreeMap::new();
        for failed in self.hub.failed_deliveries(since)? {
            missing.entry(failed.guid.clone()).or_default().push(failed);
        }
        // What failed first is asked for first.
        let mut missing: Vec<Vec<FailedDelivery>> = missing.into_values().collect();
        missing.sort_by_key(|tries| tries.iter().map(|one| (one.at, one.id)).min());
        let mut swept = Swept { failed: missing.len(), ..Swept::default() };
        for tries in &missing {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Interrupted, "the sweep was ended before it was done"));
            }
            self.one(tries, &mut swept)?;
        }
        Ok(swept)
    }

    /// The tries of one GUID, newest first.
    fn one(&self, tries: &[FailedDelivery], swept: &mut Swept) -> Result<(), Fault> {
        let (Some(last), Some(first)) = (tries.first(), tries.last()) else { return Ok(()) };
        let query =
            |kind: &str| Query { kind: Some(kind.into()), subject: Some(last.guid.clone()), ..Query::default() };
        let asked = self.ledger.happened(&query(ASKED), MOST)?;
        let known = self.ledger.delivery_of(&last.guid)?.map(|found| (found.state, found.due.is_some()));
        match next(known, tries.len(), &asked, self.pace, self.ledger.now()) {
            Next::Leave => swept.known += 1,
            Next::Wait => swept.waiting += 1,
            Next::GiveUp => {
                if self.ledger.happened(&query(GIVEN_UP), 1)?.is_empty() {
                    self.tell(GIVEN_UP, first)?;
                }
                swept.given_up += 1;
            }
            Next::Ask if swept.asked >= AT_ONCE => swept.waiting += 1,
            Next::Ask => {
                if self.ledger.prolong(self.turn, LEASE)? == Written::Lost {
                    return Err(Fault::unfinished("the sweep took so long without a sign of life that another began"));
                }
                match self.hub.redeliver(last.id)? {
                    // Written down when it is done: a kill in between asks once more, which has no effect.
                    SentAgain::Asked => {
                        self.tell(ASKED, first)?;
                        swept.asked += 1;
                    }
                    SentAgain::Gone => {
                        if self.ledger.happened(&query(GONE), 1)?.is_empty() {
                            self.tell(GONE, first)?;
                        }
                        swept.gone += 1;
                    }
                }
            }
        }
        Ok(())
    }

    fn tell(&self, kind: &str, failed: &FailedDelivery) -> Result<(), Fault> {
        // On this machine's clock, like everything else in the ledger.
        let age = self.hub.server_time().since(failed.at).div_f64(self.hub.speed());
        let at = Time(self.ledger.now().0.saturating_sub(millis(age)));
        let data = json!({
            "event": failed.event, "action": failed.action, "repository": failed.repository, "failed": at.0,
            "status": failed.status,
        });
        self.ledger.event(kind, &failed.guid, &data).map(|_| ())
    }
}

/// `known`: how the inbox has it, and whether it will be worked on by itself; `tries`: how often GitHub tried; `asked`: when
/// it was asked for, newest first.
fn next(known: Option<(DeliveryState, bool)>, tries: usize, asked: &[Event], pace: Pace, now: Time) -> Next {
    if known.is_some_and(|(state, is_due)| state != DeliveryState::Failed || is_due) {
        return Next::Leave;
    }
    // GitHub's own list knows of those that were asked for and failed again.
    let times = u32::try_from(asked.len().max(tries.saturating_sub(1))).unwrap_or(MOST);
    if times >= MOST {
        return Next::GiveUp;
    }
    let pause = match u32::try_from(asked.len()).unwrap_or(MOST) {
        0 => Duration::ZERO,
        _ if pace.is_start => PAUSE_AT_START,
        times => PAUSE * 2u32.saturating_pow(times - 1),
    };
    let due = asked.first().map(|event| event.at.after(pause.div_f64(pace.speed)));
    if due.is_none_or(|due| due <= now) { Next::Ask } else { Next::Wait }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { is_start: false, speed: 1.0 };

    fn asked_at(times: &[i64]) -> Vec<Event> {
        let event = |at: &i64| Event {
            id: *at,
            at: Time(*at),
            kind: ASKED.into(),
            subject: "g".into(),
            data: serde_json::Value::Null,
        };
        times.iter().rev().map(event).collect()
    }

    #[test]
    fn what_the_inbox_has_is_left_alone() {
        for state in [DeliveryState::Received, DeliveryState::Running, DeliveryState::Done, DeliveryState::Cancelled] {
            assert_eq!(next(Some((state, false)), 1, &[], PACE, Time(0)), Next::Leave, "{state:?}");
        }
        let failed = |is_due| next(Some((DeliveryState::Failed, is_due)), 1, &[], PACE, Time(0));
        assert_eq!((failed(true), failed(false)), (Next::Leave, Next::Ask), "tried again by itself, and given up");
        assert_eq!(next(None, 1, &[], PACE, Time(0)), Next::Ask);
    }

    #[test]
    fn a_delivery_is_asked_for_ten_times_over_three_days() {
        let (mut now, mut asked) = (Time(0), Vec::new());
        loop {
            match next(None, 1, &asked_at(&asked), PACE, now) {
                Next::Ask => asked.push(now.0),
                Next::Wait => {}
                _ => break,
            }
            now = now.after(PAUSE);
        }
        let days = now.since(Time(0));
        assert!(asked.len() == MOST as usize && days > WINDOW && days < 2 * WINDOW, "{asked:?}");
        // Whatever the ledger knows: GitHub lists each try.
        assert_eq!(next(None, MOST as usize + 1, &[], PACE, now), Next::GiveUp);
    }

    #[test]
    fn a_start_does_not_wait_for_long() {
        let now = Time(1000).after(PAUSE_AT_START);
        let asked = asked_at(&[0, 500, 1000]);
        assert_eq!(next(None, 1, &asked, PACE, now), Next::Wait);
        assert_eq!(next(None, 1, &asked, Pace { is_start: true, ..PACE }, now), Next::Ask);
        assert_eq!(next(None, 1, &asked, Pace { is_start: true, ..PACE }, Time(now.0 - 1)), Next::Wait);
        assert_eq!(next(None, 1, &asked, Pace { speed: 1e6, ..PACE }, now), Next::Ask);
    }
}
