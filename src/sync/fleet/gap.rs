//! When nobody listened: a sign of life once a minute, and what is told of the times without one.
//!
//! A gap is put together when it is read, from what was written down when it happened: the last sign of life before a start,
//! and the deliveries that were asked for again.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::sweep::{ASKED, GIVEN_UP, GONE};
use crate::fault::Fault;
use crate::ledger::{Begun, DeliveryState, Event, Ledger, Query, Time};

/// How often a sign of life is written.
pub const BEAT: Duration = Duration::from_secs(60);

/// An event: a server began to listen; with the last sign of life of the one before.
const BEGAN: &str = "listener.began";

/// The plan's name in the ledger.
const LISTENER: &str = "listener";

/// A silence that is worth a word also when nothing was missed: two signs of life that did not come.
const WORTH_A_WORD: Duration = Duration::from_secs(150);

/// Clocks of two machines, and the time that a delivery is under way.
const SLACK: Duration = Duration::from_secs(120);

/// Most events of a kind that are looked at.
const MOST: u32 = 20_000;

/// Why deliveries did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Silence {
    /// The server did not run.
    Down,
    /// It ran, and GitHub did not reach it or got no good answer.
    Unreached,
}

/// A time in which deliveries did not come, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gap {
    /// Why.
    pub why: Silence,
    /// The last sign of life before, or the first delivery that failed.
    pub from: Time,
    /// When the server listened again, or the last delivery that failed.
    pub until: Time,
    /// Deliveries that were asked for again.
    pub asked_again: u32,
    /// Of those: they came.
    pub arrived: u32,
    /// Of those: they were worked on.
    pub done: u32,
    /// Deliveries that never came: GitHub does not keep them any more, or they were asked for too often.
    pub lost: u32,
}

impl Gap {
    /// As people read it: `listener down from … to …, 7 deliveries fetched again`.
    #[must_use]
    pub fn words(&self) -> String {
        let what = match self.why {
            Silence::Down => "listener down",
            Silence::Unreached => "listener not reached",
        };
        let count = |count: u32| format!("{count} {}", if count == 1 { "delivery" } else { "deliveries" });
        let mut words = format!("{what} from {} to {}", self.from, self.until);
        match (self.asked_again, self.arrived) {
            (0, _) => {}
            (asked, arrived) if asked == arrived => words.push_str(&format!(", {} fetched again", count(asked))),
            (asked, arrived) => words.push_str(&format!(", {} asked for again, {arrived} came", count(asked))),
        }
        if self.lost > 0 {
            words.push_str(&format!(", {} lost", count(self.lost)));
        }
        words
    }
}

/// Writes down that a server begins to listen; before its first sign of life. Gives the last one of the server before.
///
/// # Errors
/// When the ledger fails (exit 3), as for all that follow.
pub fn began(ledger: &Ledger) -> Result<Option<Time>, Fault> {
    let last = ledger.last_run(LISTENER)?.and_then(|last| last.ended);
    ledger.event(BEGAN, "server", &json!({ "last": last.map(|last| last.0) }))?;
    Ok(last)
}

/// A sign of life.
///
/// # Errors
/// When the ledger can't be written (exit 3).
pub fn alive(ledger: &Ledger) -> Result<(), Fault> {
    let worker = format!("process {}", std::process::id());
    // Another one that writes its own at this moment says the same.
    if let Begun::Turn(turn) = ledger.begin(LISTENER, ledger.now(), true, &worker, Duration::from_secs(1))? {
        ledger.finish(&turn, true, "alive", &json!({}))?;
    }
    Ok(())
}

/// The gaps since a moment, newest first.
///
/// # Errors
/// When the ledger can't be read (exit 3).
pub fn gaps(ledger: &Ledger, since: Time) -> Result<Vec<Gap>, Fault> {
    let of = |kind: &str| {
        let query = Query { kind: Some(kind.into()), since: Some(since), oldest_first: true, ..Query::default() };
        ledger.happened(&query, MOST)
    };
    let mut found: Vec<Gap> = downs(&of(BEGAN)?);
    let mut missed: BTreeMap<String, Missed> = BTreeMap::new();
    for (kind, is_lost) in [(ASKED, false), (GONE, true), (GIVEN_UP, true)] {
        for event in of(kind)? {
            let at = event.data["failed"].as_i64().map_or(event.at, Time);
            let missed = missed.entry(event.subject).or_insert(Missed { at, asked: false, lost: false });
            missed.asked |= !is_lost;
            missed.lost |= is_lost;
        }
    }
    let mut missed: Vec<(String, Missed)> = missed.into_iter().collect();
    missed.sort_by_key(|(_, missed)| missed.at);
    for (guid, missed) in missed {
        let came = ledger.delivery_of(&guid)?.map(|delivery| delivery.state);
        let at = match found.iter().position(|gap| holds(gap, missed.at)) {
            Some(at) => at,
            None => {
                found.push(Gap::new(Silence::Unreached, missed.at, missed.at));
                found.len() - 1
            }
        };
        found[at].add(&missed, came);
    }
    found.retain(|gap| gap.asked_again + gap.lost > 0 || gap.until.since(gap.from) >= WORTH_A_WORD);
    found.sort_by_key(|gap| std::cmp::Reverse(gap.from));
    Ok(found)
}

/// A delivery that did not come.
struct Missed {
    at: Time,
    asked: bool,
    lost: bool,
}

impl Gap {
    fn new(why: Silence, from: Time, until: Time) -> Self {
        Self { why, from, until, asked_again: 0, arrived: 0, done: 0, lost: 0 }
    }

    fn add(&mut self, missed: &Missed, came: Option<DeliveryState>) {
        if self.why == Silence::Unreached {
            self.until = self.until.max(missed.at);
        }
        self.asked_again += u32::from(missed.asked);
        self.arrived += u32::from(missed.asked && came.is_some());
        self.done += u32::from(missed.asked && came == Some(DeliveryState::Done));
        self.lost += u32::from(missed.lost && came.is_none());
    }
}

fn holds(gap: &Gap, at: Time) -> bool {
    at.after(SLACK) >= gap.from && at <= gap.until.after(SLACK)
}

/// Starts that were killed before their first sign of life belong to one silence.
fn downs(began: &[Event]) -> Vec<Gap> {
    let mut found: Vec<Gap> = Vec::new();
    for event in began {
        let Some(last) = event.data["last"].as_i64().map(Time) else { continue };
        match found.last_mut().filter(|gap| gap.from == last) {
            Some(gap) => gap.until = event.at,
            None => found.push(Gap::new(Silence::Down, last, event.at)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Clock, NewDelivery};

    const MINUTE: Duration = Duration::from_secs(60);

    struct Server {
        _folder: tempfile::TempDir,
        clock: Clock,
        ledger: Ledger,
    }

    impl Server {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::at(Time(1_767_225_600_000));
            let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
            Self { _folder: folder, clock, ledger }
        }

        fn start(&self) {
            began(&self.ledger).unwrap();
            alive(&self.ledger).unwrap();
        }

        fn runs(&self, minutes: u32) {
            for _ in 0..minutes {
                self.clock.pass(MINUTE);
                alive(&self.ledger).unwrap();
            }
        }

        fn missed(&self, kind: &str, guid: &str, at: Time) {
            self.ledger.event(kind, guid, &json!({ "failed": at.0 })).unwrap();
        }

        fn comes(&self, guid: &str) {
            let word = |text: &str| text.to_owned();
            let (event, action, repository, key) = (word("push"), word(""), word("a/b"), word("repository 1"));
            let new = NewDelivery {
                guid: word(guid),
                event,
                action,
                repository,
                installation: None,
                key,
                body: b"{}".to_vec(),
            };
            self.ledger.receive(vec![new]).unwrap();
        }

        fn gaps(&self) -> Vec<Gap> {
            gaps(&self.ledger, Time(0)).unwrap()
        }
    }

    #[test]
    fn a_first_start_and_a_quick_restart_are_no_gap() {
        let server = Server::new();
        server.start();
        server.runs(5);
        server.clock.pass(Duration::from_secs(20));
        server.start();
        assert_eq!(server.gaps(), []);
    }

    #[test]
    fn what_was_missed_belongs_to_its_gap() {
        let server = Server::new();
        server.start();
        server.runs(3);
        let last = server.clock.now();
        server.clock.pass(30 * MINUTE);
        // Killed before its first sign of life.
        began(&server.ledger).unwrap();
        server.clock.pass(MINUTE);
        server.start();
        let begun = server.clock.now();
        for (number, guid) in ["a", "b", "c"].iter().enumerate() {
            server.missed(ASKED, guid, last.after(MINUTE * u32::try_from(number).unwrap()));
        }
        // Twice is once.
        server.missed(ASKED, "a", last);
        server.comes("a");
        let found = server.gaps();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].from, found[0].until, found[0].why), (last, begun, Silence::Down));
        assert_eq!((found[0].asked_again, found[0].arrived, found[0].done, found[0].lost), (3, 1, 0, 0));
        assert!(found[0].words().ends_with("3 deliveries asked for again, 1 came"), "{}", found[0].words());
        server.comes("b");
        server.missed(GONE, "c", last);
        let words = server.gaps()[0].words();
        assert!(
            words.starts_with("listener down from 2026-01-01T00:03:00.000Z to 2026-01-01T00:34:00.000Z"),
            "{words}"
        );
        assert!(words.ends_with("1 delivery lost"), "{words}");
    }

    #[test]
    fn a_listener_that_was_not_reached_is_told_too() {
        let server = Server::new();
        server.start();
        server.runs(60);
        let early = Time(server.clock.now().0 - 3_000_000);
        server.missed(ASKED, "a", early);
        server.missed(ASKED, "b", early.after(MINUTE));
        server.missed(ASKED, "c", early.after(40 * MINUTE));
        for guid in ["a", "b", "c"] {
            server.comes(guid);
        }
        let found = server.gaps();
        assert_eq!(
            found.iter().map(|gap| (gap.why, gap.asked_again)).collect::<Vec<_>>(),
            [(Silence::Unreached, 1), (Silence::Unreached, 2)]
        );
        assert_eq!((found[1].from, found[1].until), (early, early.after(MINUTE)));
        assert!(found[1].words().ends_with("2 deliveries fetched again"), "{}", found[1].words());
    }

    #[test]
    fn a_silence_without_anything_missed_is_told() {
        let server = Server::new();
        server.start();
        server.clock.pass(10 * MINUTE);
        server.start();
        let found = server.gaps();
        assert_eq!(found.len(), 1);
        assert!(!found[0].words().contains("deliver"), "{}", found[0].words());
    }
}
