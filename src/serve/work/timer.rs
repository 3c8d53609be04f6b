//! What a server does by the clock: signs of life, deliveries that did not come, the night, and GitHub's state compared with
//! what is known of it.
//!
//! Two threads: signs of life must not wait for a GitHub that makes one wait. A GitHub that is away is said once and asked
//! again after longer and longer pauses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::fault::{Fault, FaultKind};
use crate::forge::github::{Access, AppHub};
use crate::ledger::{Begun, InboxKeep, Keep, Ledger, Time};
use crate::serve::state::App;
use crate::sync::fleet::gap::{self, BEAT};
use crate::sync::fleet::night::{self, Nights, nights};
use crate::sync::fleet::reconcile::{Look, Looked, membership};
use crate::sync::fleet::sweep::{Pace, sweep};
use crate::sync::fleet::{Fleet, Member};

/// By this variable a debug build's timers go faster: every pause is divided by it.
#[cfg(debug_assertions)]
const SPEED: &str = "VSO_TEST_TIMER_SPEED";

/// How often deliveries that did not come are looked for.
const SWEEP: Duration = Duration::from_secs(600);

/// The plan in the server's ledger under which it stands when GitHub was compared last.
pub const COMPARED: &str = "compared";

/// How often it is looked whether it is night somewhere.
const NIGHTS: Duration = Duration::from_secs(60);

/// The pause after a failure, doubled each time up to [`SWEEP`].
const FAILED: Duration = Duration::from_secs(30);

/// What is over and older goes from the server's ledger each night, as by `vso queue gc`.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Bytes of bodies of deliveries that are over which stay.
const BODIES: u64 = 256 << 20;

/// How often the threads look whether the server ends.
const GLANCE: Duration = Duration::from_millis(100);

/// How long the end of the threads is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The threads; none where one project is served.
#[derive(Debug)]
pub struct Timers {
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Timers {
    /// Starts them, where the server is for the repositories of an App.
    #[must_use]
    pub fn start(shared: &App) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        if shared.fleet.is_some() {
            if let Err(fault) = begin(&shared.ledger) {
                tracing::error!(%fault, "the beginning of the server can't be written down");
            }
            for (name, run) in [("signs of life", beat as fn(&App, &AtomicBool)), ("timers", run)] {
                let (shared, stop) = (Arc::clone(shared), Arc::clone(&stop));
                match thread::Builder::new().name(name.into()).spawn(move || run(&shared, &stop)) {
                    Ok(thread) => threads.push(thread),
                    Err(error) => tracing::error!(%error, name, "a thread can't be started"),
                }
            }
        }
        Self { threads, stop }
    }

    /// Ends them; what they do is cut where it can be, and done again by the next server.
    pub async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        while self.threads.iter().any(|thread| !thread.is_finished()) && begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Nobody else is there, and how long nobody listened is written down before the first sign of life.
fn begin(ledger: &Ledger) -> Result<(), Fault> {
    ledger.orphan_turns()?;
    gap::began(ledger)?;
    gap::alive(ledger)
}

/// Writes a sign of life once a minute, and the last one when the server ends.
fn beat(shared: &App, stop: &AtomicBool) {
    let speed = speed();
    while pause(BEAT.div_f64(speed), stop) {
        if let Err(fault) = gap::alive(&shared.ledger) {
            tracing::error!(%fault, "no sign of life can be written");
        }
    }
    if let Err(fault) = gap::alive(&shared.ledger) {
        tracing::error!(%fault, "the last sign of life can't be written");
    }
}

/// Waits; false when the server ends.
fn pause(span: Duration, stop: &AtomicBool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < span {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        thread::sleep(GLANCE.min(span.saturating_sub(begun.elapsed())));
    }
    !stop.load(Ordering::Relaxed)
}

fn run(shared: &App, stop: &AtomicBool) {
    let (Some(fleet), Some(config)) = (&shared.fleet, &shared.config) else { return };
    let access = match Access::app() {
        Ok(Some(access)) => access,
        Ok(None) => return tracing::warn!("no App is in the environment: nothing is done by the clock"),
        Err(fault) => return tracing::error!(%fault, "nothing is done by the clock"),
    };
    // A connection of its own: what pages read must not stand before it.
    let ledger = match Ledger::open_with(&shared.root, shared.clock.clone()) {
        Ok(ledger) => ledger,
        Err(fault) => return tracing::error!(%fault, "nothing is done by the clock"),
    };
    let zone = TimeZone::get(&config.nightly.zone).unwrap_or(TimeZone::UTC);
    Clockwork { shared, fleet, ledger: &ledger, access, zone, stop, speed: speed(), is_start: true }.run();
}

/// What is done by the clock.
struct Clockwork<'a> {
    shared: &'a App,
    fleet: &'a Fleet,
    ledger: &'a Ledger,
    access: Access,
    /// The server's.
    zone: TimeZone,
    stop: &'a AtomicBool,
    speed: f64,
    /// Until everything was tried once.
    is_start: bool,
}

/// Something that is done again and again.
#[derive(Debug)]
struct Task {
    what: &'static str,
    due: Time,
    failures: u32,
}

impl Task {
    fn new(what: &'static str, now: Time) -> Self {
        Self { what, due: now, failures: 0 }
    }

    /// It was done, or it failed; when it is due again. GitHub being away is said once, and when it is back.
    fn ended(&mut self, now: Time, done: Result<(), Fault>, next: Time, speed: f64) {
        let what = self.what;
        match done {
            Ok(()) => {
                if self.failures > 0 {
                    tracing::info!(what, "it is done again");
                }
                self.failures = 0;
                self.due = next;
            }
            Err(fault) if fault.kind() == FaultKind::Interrupted => self.due = now,
            Err(fault) => {
                if self.failures == 0 {
                    tracing::warn!(what, %fault, "it can't be done now and is tried again");
                } else {
                    tracing::debug!(what, %fault, failures = self.failures, "it still can't be done");
                }
                let pause = (FAILED * 2u32.saturating_pow(self.failures.min(8))).min(SWEEP);
                self.failures += 1;
                self.due = now.after(jittered(pause, now).div_f64(speed));
            }
        }
    }
}

/// A pause that is up to a tenth longer or shorter, so that servers which began together do not stay so.
fn jittered(pause: Duration, now: Time) -> Duration {
    // Milliseconds of the moment are chance enough, and a test can set them.
    let part = f64::from(u8::try_from(now.0.rem_euclid(200)).unwrap_or(100)) / 1000.0;
    pause.mul_f64(0.9 + part)
}

impl Clockwork<'_> {
    fn run(mut self) {
        let now = self.ledger.now();
        let mut fetch = Task::new("sweep", now);
        let mut compare = Task::new("reconcile", now);
        let mut night = Task::new("nights", now);
        let mut old = Task::new("what is old", now);
        let mut seen = Nights::default();
        while !self.stop.load(Ordering::Relaxed) {
            // What did not come first: then the comparison finds less that is missing.
            if fetch.due <= self.ledger.now() {
                let done = self.sweep();
                let next = self.later(SWEEP);
                fetch.ended(self.ledger.now(), done, next, self.speed);
            }
            if compare.due <= self.ledger.now() {
                let done = self.reconcile();
                let next = night::after(self.ledger.now(), &self.zone);
                compare.ended(self.ledger.now(), done, next, self.speed);
            }
            if night.due <= self.ledger.now() {
                let done = self.nights(&mut seen);
                let next = self.later(NIGHTS);
                night.ended(self.ledger.now(), done, next, self.speed);
            }
            if old.due <= self.ledger.now() {
                let done = collect(self.ledger);
                let next = night::after(self.ledger.now(), &self.zone);
                old.ended(self.ledger.now(), done, next, self.speed);
            }
            self.is_start = false;
            let next = compare.due.min(fetch.due).min(night.due).min(old.due);
            // A machine that slept, or whose clock was set, is noticed soon.
            let wait = next.since(self.ledger.now()).clamp(GLANCE, Duration::from_secs(5));
            if !pause(wait, self.stop) {
                return;
            }
        }
    }

    fn later(&self, pause: Duration) -> Time {
        let now = self.ledger.now();
        now.after(jittered(pause, now).div_f64(self.speed))
    }

    fn sweep(&self) -> Result<(), Fault> {
        let pace = Pace { is_start: self.is_start, speed: self.speed };
        let app = AppHub::open(self.access.clone(), self.stop, &say)?;
        let swept = sweep(&app, self.ledger, pace, self.stop)?;
        if swept.asked + swept.gone + swept.given_up > 0 {
            let (asked, gone, given_up) = (swept.asked, swept.gone, swept.given_up);
            tracing::info!(asked, gone, given_up, waiting = swept.waiting, "deliveries that did not come");
        }
        Ok(())
    }

    fn nights(&self, seen: &mut Nights) -> Result<(), Fault> {
        let ordered = nights(self.fleet, self.ledger, &self.zone, seen)?;
        if !ordered.is_empty() {
            tracing::info!(repositories = ordered.len(), "the night has come");
            self.shared.bell.ring();
        }
        Ok(())
    }

    /// Compares, and writes down when that was.
    fn reconcile(&self) -> Result<(), Fault> {
        let worker = format!("process {}", std::process::id());
        let lease = Duration::from_secs(3600);
        let Begun::Turn(turn) = self.ledger.begin(COMPARED, self.ledger.now(), true, &worker, lease)? else {
            return Ok(());
        };
        let done = self.compare();
        let outcome = if done.is_ok() { "compared" } else { "failed" };
        self.ledger.finish(&turn, done.is_ok(), outcome, &serde_json::json!({}))?;
        done
    }

    /// Which repositories there are, then what changed in each. One that fails is no reason to leave out the others.
    fn compare(&self) -> Result<(), Fault> {
        let app = AppHub::open(self.access.clone(), self.stop, &say)?;
        let found = membership(&app, self.fleet)?;
        let me = format!("{}[bot]", app.app()?.slug);
        for member in found.admitted.iter().chain(&found.moved) {
            self.shared.show(member)?;
        }
        let is_gone = |id: Option<u64>| id.is_some_and(|id| found.dismissed.iter().any(|gone| gone.id == id));
        self.shared.pages.projects.keep(|project| !is_gone(project.id));
        let names = |members: &[Member]| members.iter().map(Member::full_name).collect::<Vec<_>>().join(", ");
        if !(found.admitted.is_empty() && found.moved.is_empty() && found.dismissed.is_empty()) {
            let (admitted, moved, left) = (names(&found.admitted), names(&found.moved), names(&found.dismissed));
            tracing::info!(admitted, moved, left, "other repositories than before");
        }
        let look = Look { app: &app, ledger: self.ledger, me: Some(&me), stop: self.stop };
        let (mut all, mut failed) = (Looked::default(), found.unread);
        for member in self.fleet.members() {
            let Some(branch) = found.branches.get(&member.id) else { continue };
            match look.look(&member, branch) {
                Ok(looked) => {
                    if looked != Looked::default() {
                        self.shared.bell.ring();
                    }
                    all.comments += looked.comments;
                    all.pulls += looked.pulls;
                    all.synced |= looked.synced;
                }
                Err(fault) if fault.kind() == FaultKind::Interrupted => return Err(fault),
                Err(fault) => {
                    tracing::debug!(repository = member.full_name(), %fault, "a repository can't be compared");
                    failed = Some(fault);
                }
            }
        }
        if all != Looked::default() {
            tracing::info!(comments = all.comments, pulls = all.pulls, synced = all.synced, "missed and made up for");
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Removes what is over and old. What failed stays until a person has looked.
fn collect(ledger: &Ledger) -> Result<(), Fault> {
    let gone = ledger.collect_deliveries(InboxKeep { age: KEPT, bytes: BODIES, failed_too: false })?;
    let removed = ledger.gc(Keep { age: KEPT, jobs: 0, dead_too: false })?;
    if gone.deliveries + gone.bodies + removed.events > 0 {
        let (deliveries, bodies, events) = (gone.deliveries, gone.bodies, removed.events);
        tracing::info!(deliveries, bodies, events, "what was over and old is removed");
    }
    Ok(())
}

fn say(words: &str) {
    tracing::debug!(words, "a timer waits");
}

#[cfg(debug_assertions)]
fn speed() -> f64 {
    let given = std::env::var(SPEED).ok().and_then(|text| text.trim().parse::<f64>().ok());
    given.filter(|speed| (1.0..=1e4).contains(speed)).unwrap_or(1.0)
}

#[cfg(not(debug_assertions))]
fn speed() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Clock, Ending, NewDelivery};

    #[test]
    fn what_is_over_and_old_goes_and_what_waits_stays() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::at(Time(1_767_225_600_000));
        let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
        let new = |guid: &str, key: &str| NewDelivery {
            guid: guid.into(),
            event: "push".into(),
            action: String::new(),
            repository: "acme/design".into(),
            installation: None,
            key: key.into(),
            body: b"{}".to_vec(),
        };
        ledger.receive(vec![new("over", "1"), new("waits", "2")]).unwrap();
        let claimed = ledger.claim_delivery("test", Duration::from_secs(60)).unwrap().unwrap();
        assert_eq!(claimed.delivery.guid, "over");
        ledger.settle_delivery(&claimed, Ending::Done).unwrap();
        collect(&ledger).unwrap();
        assert!(ledger.delivery_of("over").unwrap().is_some(), "it is young");
        clock.pass(KEPT + Duration::from_secs(1));
        collect(&ledger).unwrap();
        assert!(ledger.delivery_of("over").unwrap().is_none());
        assert!(ledger.delivery_of("waits").unwrap().is_some());
    }

    #[test]
    fn failures_are_tried_again_after_longer_and_longer_pauses() {
        let now = Time(1_767_225_600_000);
        let mut task = Task::new("sweep", now);
        let away = || Err(Fault::unfinished("GitHub is away"));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            task.ended(now, away(), now, 1.0);
            pauses.push(task.due.since(now).as_secs());
        }
        assert_eq!(pauses, [27, 54, 108, 216, 432, 540, 540, 540]);
        task.ended(now, Ok(()), Time(7), 1.0);
        assert_eq!((task.due, task.failures), (Time(7), 0));
        task.ended(now, Err(Fault::new(FaultKind::Interrupted, "it ends")), Time(7), 1.0);
        assert_eq!(task.failures, 0, "the end of the server is no failure");
    }

    #[test]
    fn pauses_differ_by_a_tenth() {
        let pauses: Vec<Duration> = (0..400).map(|at| jittered(SWEEP, Time(at))).collect();
        assert!(pauses.iter().all(|pause| (540..=660).contains(&pause.as_secs())), "{pauses:?}");
        assert!(pauses.iter().max() != pauses.iter().min());
    }

    #[test]
    fn a_stop_ends_a_pause() {
        let begun = Instant::now();
        assert!(!pause(Duration::from_secs(600), &AtomicBool::new(true)));
        assert!(pause(Duration::from_millis(10), &AtomicBool::new(false)));
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
