//! The nightly run: one at a time, once a night, made up for when it was missed, and reported.
//!
//! What is done each night are steps that the caller passes, in order; this file knows when, whether and how it ended.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::fault::{Fault, FaultKind};
use crate::ledger::{Begun, Ledger, Time, Turn, Written};
use crate::worktree::log::{Level, Log};

/// The plan's name in the ledger.
pub const NAME: &str = "nightly";

/// The hour of the night.
const HOUR: i8 = 2;

/// How long a run holds its place without a sign of life.
const LEASE: Duration = Duration::from_secs(60);

/// Why the run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A person wants it now.
    Now,
    /// A timer: a night that was served is not served again.
    Scheduled,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Whether nobody has to decide anything.
    pub clean: bool,
    /// One line for people.
    pub words: String,
    /// The same for scripts.
    pub data: serde_json::Value,
}

/// What a step is: it does its work, and should end soon when the flag is set.
pub type Deed<'a> = Box<dyn Fn(&AtomicBool) -> Result<Done, Fault> + 'a>;

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// Whether nobody has to decide anything because of it.
    pub clean: bool,
    /// What it did, or why it failed.
    pub words: String,
    /// The same for scripts.
    pub data: serde_json::Value,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Night {
    /// The version of this format: 1.
    pub format: u32,
    /// `clean`, `undecided` (a person has something to decide), `failed`, `served` (this night's run was done before)
    /// or `taken` (another run is going on).
    pub outcome: String,
    /// The night that it serves.
    pub night: Time,
    /// How many earlier nights were missed; this run makes up for them.
    pub missed: u32,
    /// What was done, in order.
    pub steps: Vec<StepReport>,
}

/// Runs the steps of a night in a time zone, if it is time and nobody else does. A failed step ends the run; what could not finish is
/// made up for by the next one.
///
/// # Errors
/// The fault of the failed step, after it was written down; or when the ledger fails (exit 3).
pub fn nightly(
    root: &Path,
    ledger: &Ledger,
    (when, zone): (When, &TimeZone),
    steps: &[(&str, Deed<'_>)],
    stop: &AtomicBool,
) -> Result<Night, Fault> {
    let tick = latest(ledger.now(), zone);
    let last = ledger.last_run(NAME)?.and_then(|last| last.served);
    let missed = last.map_or(0, |last| nights_between(last, tick, zone));
    let night = |outcome: &str| Night { format: 1, outcome: outcome.into(), night: tick, missed, steps: Vec::new() };
    let worker = format!("process {}", std::process::id());
    let turn = match ledger.begin(NAME, tick, when == When::Now, &worker, LEASE)? {
        Begun::Turn(turn) => turn,
        Begun::Served { .. } => return Ok(night("served")),
        Begun::Taken { .. } => return Ok(night("taken")),
    };
    let mut night = night("clean");
    let ended = with_heartbeat(ledger, &turn, stop, |end| {
        for (name, deed) in steps {
            if end.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Interrupted, "interrupted before all steps were done"));
            }
            let done = deed(end)?;
            let level = if done.clean { Level::Info } else { Level::Warning };
            log(root, level, &format!("{name}: {}", done.words));
            night.steps.push(StepReport {
                name: (*name).into(),
                clean: done.clean,
                words: done.words,
                data: done.data,
            });
        }
        Ok(())
    });
    if night.steps.iter().any(|step| !step.clean) {
        night.outcome = "undecided".into();
    }
    // Settings and texts that can't be used stay so until a person changes them: trying again helps nobody.
    let mut served = true;
    if let Err(fault) = &ended {
        night.outcome = "failed".into();
        served = matches!(fault.kind(), FaultKind::Usage | FaultKind::Refused);
        log(root, Level::Error, &fault.to_string());
    }
    log(root, Level::Info, &format!("the night of {tick} ended: {}", night.outcome));
    let report = json!({ "steps": night.steps, "missed": missed });
    if ledger.finish(&turn, served, &night.outcome, &report)? == Written::Lost {
        return Err(Fault::unfinished("the nightly run took so long without a sign of life that another began")
            .hint("`vso logs nightly` shows both"));
    }
    ledger.event("nightly.ended", "project", &json!({ "outcome": night.outcome, "night": tick }))?;
    ended.map(|()| night)
}

/// A log that can't be written does not end the night.
fn log(root: &Path, level: Level, text: &str) {
    let _ = Log::Nightly.add(root, level, text);
}

/// Prolongs the turn while `run` runs; sets the flag that it gets when a person interrupts or the turn is lost.
fn with_heartbeat<T>(ledger: &Ledger, turn: &Turn, stop: &AtomicBool, run: impl FnOnce(&AtomicBool) -> T) -> T {
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (finished, waits) = channel::<()>();
        let flag = &end;
        scope.spawn(move || {
            for beat in 1_u32.. {
                match waits.recv_timeout(LEASE / 300) {
                    Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => {
                        flag.store(true, Ordering::Relaxed)
                    }
                    Err(RecvTimeoutError::Timeout) if beat % 75 == 0 => {
                        if !matches!(ledger.prolong(turn, LEASE), Ok(Written::Done)) {
                            flag.store(true, Ordering::Relaxed);
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => break,
                }
            }
        });
        let result = run(&end);
        drop(finished);
        result
    })
}

/// The last two o'clock in the zone, at or before a moment. Where the clocks skip that hour, the hour after it.
pub(in crate::sync) fn latest(now: Time, zone: &TimeZone) -> Time {
    let at = |days: i64| {
        let moment = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
        let date = moment.date().checked_sub(days.days()).ok()?;
        let night = date.at(HOUR, 0, 0, 0).to_zoned(zone.clone()).ok()?;
        Some(Time(night.timestamp().as_millisecond()))
    };
    at(0).filter(|night| *night <= now).or_else(|| at(1)).unwrap_or(now)
}

/// How many nights lie between two.
pub(in crate::sync) fn nights_between(served: Time, tick: Time, zone: &TimeZone) -> u32 {
    let date = |time: Time| Timestamp::from_millisecond(time.0).ok().map(|at| at.to_zoned(zone.clone()).date());
    let days = match (date(served), date(tick)) {
        (Some(from), Some(to)) => from.until(to).map_or(0, |span| span.get_days()),
        _ => 0,
    };
    u32::try_from(days.saturating_sub(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Clock;
    use std::cell::Cell;

    const DAY: Duration = Duration::from_secs(86_400);

    fn time(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn the_night_is_local_and_survives_the_change_of_clocks() {
        let check = |zone: &str, now: &str, expected: &str| {
            assert_eq!(latest(time(now), &TimeZone::get(zone).unwrap()), time(expected), "{zone} {now}");
        };
        check("UTC", "2026-03-01T02:00:00Z", "2026-03-01T02:00:00Z");
        check("UTC", "2026-03-01T01:59:59Z", "2026-02-28T02:00:00Z");
        check("Europe/Berlin", "2026-01-10T12:00:00Z", "2026-01-10T01:00:00Z");
        // Two o'clock does not exist on that night, and exists once on the other.
        check("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29T01:00:00Z");
        check("Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25T00:00:00Z");
    }

    struct World {
        folder: tempfile::TempDir,
        clock: Clock,
        ledger: Ledger,
        runs: Cell<u32>,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::at(time("2026-03-01T12:00:00Z"));
            let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
            Self { folder, clock, ledger, runs: Cell::new(0) }
        }

        fn night(&self, when: When, result: impl Fn() -> Result<bool, Fault>) -> Result<Night, Fault> {
            let deed: Deed<'_> = Box::new(|_| {
                self.runs.set(self.runs.get() + 1);
                Ok(Done { clean: result()?, words: "did it".into(), data: json!({}) })
            });
            let when = (when, &TimeZone::UTC);
            nightly(self.folder.path(), &self.ledger, when, &[("sync", deed)], &AtomicBool::new(false))
        }
    }

    #[test]
    fn a_night_is_served_once_and_missed_ones_are_made_up_for_once() {
        let world = World::new();
        let scheduled = || world.night(When::Scheduled, || Ok(true)).unwrap();
        let first = scheduled();
        assert_eq!((first.outcome.as_str(), first.missed, first.steps.len()), ("clean", 0, 1));
        assert_eq!(scheduled().outcome, "served");
        assert_eq!(world.night(When::Now, || Ok(false)).unwrap().outcome, "undecided");
        world.clock.pass(4 * DAY);
        let late = scheduled();
        assert_eq!((late.outcome.as_str(), late.missed), ("clean", 3));
        assert_eq!((scheduled().outcome.as_str(), world.runs.get()), ("served", 3));
        let logged = Log::Nightly.last(world.folder.path(), 99).unwrap();
        assert!(logged.iter().any(|line| line.text == "sync: did it"), "{logged:?}");
    }

    #[test]
    fn what_could_not_finish_is_made_up_for_and_what_cant_work_is_not() {
        let world = World::new();
        world.night(When::Scheduled, || Err(Fault::unfinished("no network"))).unwrap_err();
        assert_eq!(world.night(When::Scheduled, || Ok(true)).unwrap().outcome, "clean");
        world.clock.pass(DAY);
        world.night(When::Scheduled, || Err(Fault::usage("vso.toml is wrong"))).unwrap_err();
        assert_eq!(world.night(When::Scheduled, || Ok(true)).unwrap().outcome, "served");
        assert_eq!(world.ledger.last_run(NAME).unwrap().unwrap().outcome.as_deref(), Some("failed"));
    }

    #[test]
    fn two_runs_exclude_each_other_and_a_killed_one_is_taken_over() {
        let world = World::new();
        let inner = Cell::new(String::new());
        world
            .night(When::Now, || {
                inner.set(world.night(When::Now, || Ok(true)).unwrap().outcome);
                Ok(true)
            })
            .unwrap();
        assert_eq!((inner.take().as_str(), world.runs.get()), ("taken", 1));
        world.clock.pass(DAY);
        let tick = latest(world.ledger.now(), &TimeZone::UTC);
        world.ledger.begin(NAME, tick, false, "killed", LEASE).unwrap();
        assert_eq!(world.night(When::Scheduled, || Ok(true)).unwrap().outcome, "taken");
        world.clock.pass(LEASE);
        assert_eq!(world.night(When::Scheduled, || Ok(true)).unwrap().outcome, "clean");
    }
}
