//! The queue's promises, one by one, with a clock that stands still until a test moves it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::fault::FaultKind;

const LEASE: Duration = Duration::from_secs(60);
const KINDS: &[&str] = &["sync"];

/// A ledger in a folder of its own.
struct Desk {
    folder: tempfile::TempDir,
    clock: Clock,
    ledger: Ledger,
}

impl std::ops::Deref for Desk {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::at(Time(1_767_225_600_000));
        let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
        Self { folder, clock, ledger }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn add(&self, work: Work) -> JobId {
        self.enqueue(work).unwrap().id
    }

    fn next(&self) -> Option<Lease> {
        self.claim("me", KINDS, LEASE).unwrap()
    }

    fn next_id(&self) -> Option<JobId> {
        self.next().map(|lease| lease.job.id)
    }

    fn status(&self, id: JobId) -> Status {
        self.job(id).unwrap().unwrap().status
    }
}

fn sync() -> Work {
    Work::new("sync")
}

#[test]
fn work_goes_in_order_and_once() {
    let desk = Desk::new();
    let ids: Vec<JobId> = (0..3).map(|number| desk.add(sync().payload(json!({ "number": number })))).collect();
    for id in &ids {
        let lease = desk.next().unwrap();
        assert_eq!(lease.job.id, *id);
        assert_eq!(desk.status(*id), Status::Running);
        assert_eq!(desk.ack(&lease).unwrap(), Written::Done);
        assert_eq!(desk.status(*id), Status::Done);
        assert_eq!(desk.ack(&lease).unwrap(), Written::Lost, "an end is written once");
    }
    assert_eq!(desk.next_id(), None);
    assert_eq!(desk.claim("me", &["other"], LEASE).unwrap(), None);
}

#[test]
fn the_same_order_twice_is_one_job() {
    let desk = Desk::new();
    let first = desk.enqueue(sync().once("commit 1")).unwrap();
    assert_eq!(desk.enqueue(sync().once("commit 1")).unwrap(), Enqueued { id: first.id, is_new: false });
    let lease = desk.next().unwrap();
    desk.ack(&lease).unwrap();
    assert!(!desk.enqueue(sync().once("commit 1")).unwrap().is_new, "finished work is not done again");
    assert_eq!(desk.next_id(), None);
    assert!(desk.enqueue(sync().once("commit 2")).unwrap().is_new);
}

#[test]
fn one_of_a_key_runs_at_a_time() {
    let desk = Desk::new();
    let [a, b, c] = ["auth", "auth", "api"].map(|key| desk.add(sync().key(key)));
    let first = desk.next().unwrap();
    assert_eq!(first.job.id, a);
    assert_eq!(desk.next_id(), Some(c));
    assert_eq!(desk.next_id(), None);
    let late = desk.add(sync().key("auth").priority(5));
    assert_eq!(desk.next_id(), None, "also not what is ordered meanwhile");
    desk.ack(&first).unwrap();
    let second = desk.next().unwrap();
    assert_eq!(second.job.id, late, "the most urgent of those behind the key");
    desk.ack(&second).unwrap();
    assert_eq!(desk.next_id(), Some(b));
}

#[test]
fn priority_goes_first_and_waiting_makes_up_for_it() {
    let desk = Desk::new();
    let plain = desk.add(sync());
    let urgent = desk.add(sync().priority(1));
    let first = desk.next().unwrap();
    assert_eq!(first.job.id, urgent);
    desk.ack(&first).unwrap();
    desk.clock.pass(AGEING + Duration::from_secs(1));
    let later = desk.add(sync().priority(1));
    assert_eq!(desk.next_id(), Some(plain), "it has waited longer than a point is worth");
    assert_eq!(desk.next_id(), Some(later));
}

#[test]
fn a_lease_that_ends_goes_to_the_next_and_the_old_holder_is_refused() {
    let desk = Desk::new();
    let id = desk.add(sync().key("auth"));
    let slow = desk.next().unwrap();
    desk.clock.pass(LEASE / 2);
    assert_eq!(desk.heartbeat(&slow, LEASE).unwrap(), Beat::Until(desk.now().after(LEASE)));
    desk.clock.pass(LEASE / 2);
    assert_eq!(desk.next_id(), None, "a heartbeat prolonged it");
    desk.clock.pass(LEASE);
    let fast = desk.next().unwrap();
    assert_eq!((fast.job.id, fast.job.attempts), (id, 2));
    assert_eq!(desk.heartbeat(&slow, LEASE).unwrap(), Beat::Lost);
    assert_eq!(desk.ack(&slow).unwrap(), Written::Lost);
    assert_eq!(desk.fail(&slow, Class::Permanent, "no").unwrap(), Written::Lost);
    assert_eq!(desk.release(&slow).unwrap(), Written::Lost);
    assert_eq!(desk.status(id), Status::Running);
    assert_eq!(desk.ack(&fast).unwrap(), Written::Done);
    let outcomes: Vec<_> = desk.attempts(id).unwrap().into_iter().map(|attempt| attempt.outcome.unwrap()).collect();
    assert_eq!(outcomes, ["expired", "done"]);
}

#[test]
fn the_class_of_a_failure_decides_what_comes_next() {
    let desk = Desk::new();
    let fail = |class, expected| {
        let id = desk.add(sync());
        let lease = desk.next().unwrap();
        assert_eq!(lease.job.id, id);
        assert_eq!(desk.fail(&lease, class, "because").unwrap(), Written::Done);
        let job = desk.job(id).unwrap().unwrap();
        assert_eq!((job.status, job.failure.as_deref()), (expected, Some(class.word())));
        assert_eq!(job.cause.as_deref(), Some("because"));
        job
    };
    fail(Class::Permanent, Status::Dead);
    fail(Class::Budget, Status::Held);
    fail(Class::NeedsInput, Status::Held);
    let limit = desk.now().after(Duration::from_secs(600));
    let waits = fail(Class::Until(limit), Status::Queued);
    assert_eq!((waits.due, waits.attempts, waits.work.attempts), (Some(limit), 1, 6), "waiting costs no attempt");
    assert_eq!(desk.next_id(), None);
    assert_eq!(desk.next_due(KINDS).unwrap(), Some(limit));
    desk.clock.pass(Duration::from_secs(600));
    assert_eq!(desk.next_id(), Some(waits.id));
}

#[test]
fn transient_failures_end_as_a_dead_letter() {
    let desk = Desk::new();
    let poison = desk.add(sync().attempts(3));
    for attempt in 1..=3 {
        let lease = desk.next().unwrap();
        assert_eq!((lease.job.id, lease.job.attempts), (poison, attempt));
        desk.fail(&lease, Class::Transient, "http://user:hunter2hunter2@host is gone").unwrap();
        assert_eq!(desk.status(poison), if attempt < 3 { Status::Queued } else { Status::Dead });
        desk.clock.pass(Duration::from_secs(3600));
    }
    let job = desk.job(poison).unwrap().unwrap();
    assert!(!job.cause.clone().unwrap().contains("hunter2"), "{job:?}");
    assert_eq!(desk.next_id(), None);
}

#[test]
fn work_that_kills_its_workers_ends_as_a_dead_letter() {
    let desk = Desk::new();
    let poison = desk.add(sync().attempts(2));
    let good = desk.add(sync());
    for _ in 0..2 {
        assert_eq!(desk.next_id(), Some(poison));
        desk.clock.pass(LEASE);
    }
    assert_eq!(desk.next_id(), Some(good), "poison blocks nobody");
    assert_eq!(desk.status(poison), Status::Dead);
}

#[test]
fn pauses_are_bounded_and_use_the_whole_range() {
    for (attempts, most) in [(1, 2_000), (2, 4_000), (5, 32_000), (20, 900_000), (4_000, 900_000)] {
        let longest = (0..20_000_u64).map(|chance| pause(attempts, chance * 977).as_millis()).max().unwrap();
        assert!(longest <= most && longest * 10 > most * 9, "{attempts}: {longest} of {most}");
        assert!((0..2_000).any(|chance| pause(attempts, chance * 7919).as_millis() < most / 10));
    }
}

#[test]
fn what_is_given_back_costs_no_attempt() {
    let desk = Desk::new();
    let id = desk.add(sync().attempts(1));
    for _ in 0..3 {
        let lease = desk.next().unwrap();
        assert_eq!((lease.job.id, lease.job.attempts), (id, 1));
        desk.release(&lease).unwrap();
    }
}

#[test]
fn work_for_later_waits() {
    let desk = Desk::new();
    let later = desk.add(sync().not_before(desk.now().after(LEASE)).priority(100));
    let now = desk.add(sync());
    assert_eq!(desk.next_id(), Some(now));
    assert_eq!(desk.next_id(), None);
    desk.clock.pass(LEASE);
    assert_eq!(desk.claim_up_to(2, "me", KINDS, LEASE).unwrap()[0].job.id, later);
}

#[test]
fn statements_on_the_earlier_table_go_on_working() {
    let desk = Desk::new();
    let other = rusqlite::Connection::open(path(desk.root())).unwrap();
    other
        .execute(
            "INSERT OR REPLACE INTO slice_queue (slice_id, spec, version, platform, priority)
             VALUES ('slice-001-auth', '# Auth', '1.0.0', 'hetzner', 0)",
            [],
        )
        .unwrap();
    let sql =
        "SELECT slice_id, platform FROM slice_queue WHERE status = 'queued' ORDER BY priority DESC, created_at LIMIT 5";
    let found: (String, String) = other.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(found, ("slice-001-auth".into(), "hetzner".into()));
    let lease = desk.claim("me", &["orchestrate"], LEASE).unwrap().unwrap();
    assert_eq!(lease.job.work.slice, "slice-001-auth");
}

#[test]
fn threads_share_the_queue_and_every_job_is_done_once() {
    let desk = Desk::new();
    desk.enqueue_all((0..400).map(|number| sync().key(format!("key {}", number % 40))).collect()).unwrap();
    let done = Mutex::new(Vec::new());
    let running = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (desk, done, running) = (&desk, &done, &running);
            scope.spawn(move || {
                while desk.counts().unwrap()["done"] < 400 {
                    let Some(lease) = desk.claim(&format!("worker {number}"), KINDS, LEASE).unwrap() else { continue };
                    let key = lease.job.work.key.clone().unwrap();
                    assert!(running.lock().unwrap().insert(key.clone()), "{key} runs twice");
                    running.lock().unwrap().remove(&key);
                    assert_eq!(desk.ack(&lease).unwrap(), Written::Done);
                    done.lock().unwrap().push(lease.job.id);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_unstable();
    assert_eq!(done, (1..=400).collect::<Vec<_>>());
}

#[test]
fn a_work_that_fails_takes_nothing_with_it() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for number in 0..40 {
            let desk = &desk;
            scope.spawn(move || {
                let points = store::Points("ledger.test.before", "ledger.test.after");
                let bad = desk.write(points, move |connection, _| {
                    connection.execute("INSERT INTO schedule (name) VALUES (?1)", [format!("bad {number}")])?;
                    connection.execute("INSERT INTO nothing VALUES (1)", [])
                });
                assert!(bad.is_err());
                desk.enqueue(sync()).unwrap();
            });
        }
    });
    let left: i64 = desk.read(|c| c.query_row("SELECT count(*) FROM schedule", [], |row| row.get(0))).unwrap();
    assert_eq!((left, desk.counts().unwrap()["queued"]), (0, 40));
}

#[test]
fn events_are_read_by_kind_subject_and_time_in_pages() {
    let desk = Desk::new();
    for number in 0..10 {
        desk.event(["begun", "ended"][number % 2], ["auth", "api", "ui"][number % 3], &json!({ "n": number })).unwrap();
        desk.clock.pass(Duration::from_millis(if number % 4 == 0 { 0 } else { 1000 }));
    }
    let numbers = |query: Query, limit| -> Vec<i64> {
        desk.happened(&query, limit).unwrap().iter().map(|event| event.data["n"].as_i64().unwrap()).collect()
    };
    assert_eq!(numbers(Query::default(), 3), [9, 8, 7]);
    assert_eq!(numbers(Query { oldest_first: true, ..Query::default() }, 3), [0, 1, 2]);
    assert_eq!(numbers(Query { kind: Some("ended".into()), ..Query::default() }, 9), [9, 7, 5, 3, 1]);
    let both = Query { kind: Some("ended".into()), subject: Some("auth".into()), ..Query::default() };
    assert_eq!(numbers(both, 9), [9, 3]);
    let all = desk.happened(&Query { oldest_first: true, ..Query::default() }, 99).unwrap();
    let span = Query { since: Some(all[3].at), until: Some(all[7].at), ..Query::default() };
    assert_eq!(numbers(span, 99), [6, 5, 4, 3]);
    let mut pages = Vec::new();
    let mut query = Query::default();
    while let Some(last) = desk.happened(&query, 3).unwrap().last() {
        pages.extend(numbers(query.clone(), 3));
        query.beyond = Some((last.at, last.id));
    }
    assert_eq!(pages, (0..10).rev().collect::<Vec<_>>());
}

#[test]
fn a_search_of_events_looks_so_far_and_goes_on_from_there() {
    let desk = Desk::new();
    for number in 0..10 {
        let data = json!({ "n": number, "why": if number % 3 == 0 { "Ärger (50%)" } else { "none" } });
        desk.event("job.failed", "slice-001-auth", &data).unwrap();
    }
    let search = |text: &str, most, read, beyond| {
        let held = desk.holding(&Query { beyond, ..Query::default() }, text, most, read).unwrap();
        let found: Vec<i64> = held.events.iter().map(|event| event.data["n"].as_i64().unwrap()).collect();
        (found, held.last, held.is_end)
    };
    let (found, last, is_end) = search("äRGER (50%", 2, 5, None);
    assert_eq!((found, is_end), (vec![9, 6], false), "five events: 9 to 5");
    let (found, last, is_end) = search("ärger", 1, 99, last);
    assert_eq!((found, is_end), (vec![3], false), "one fits on the page, and 0 is left");
    let (found, _, is_end) = search("ärger", 1, 99, last);
    assert_eq!((found, is_end), (vec![0], true));
    assert_eq!(search("FAILED", 99, 99, None).0.len(), 10);
    assert_eq!(search("-001-", 99, 99, None).0.len(), 10);
    assert_eq!(search(".*", 99, 99, None), (vec![], Some((desk.clock.now(), 1)), true));
    assert!(search(&"(".repeat(100_000), 99, 99, None).0.is_empty());
}

#[test]
fn a_damaged_or_locked_file_is_said_clearly() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(FOLDER)).unwrap();
    std::fs::write(path(folder.path()), "not a database, whatever its name may say, and long enough to be read")
        .unwrap();
    let fault = Ledger::open(folder.path()).unwrap_err();
    assert!(fault.message().ends_with("is damaged") && fault.kind() == FaultKind::Unfinished, "{fault}");
    assert!(fault.hints()[0].contains("no design and no code"), "{fault}");

    let desk = Desk::new();
    let other = rusqlite::Connection::open(path(desk.root())).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let fault = desk.enqueue(sync()).unwrap_err();
    assert!(fault.message().ends_with("is locked by another program") && fault.hints().len() == 1, "{fault}");
    other.execute_batch("COMMIT").unwrap();
    desk.enqueue(sync()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_in_its_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join(FOLDER)).unwrap();
    assert!(Ledger::open(folder.path()).unwrap_err().message().contains("symbolic link"));
    std::fs::remove_file(folder.path().join(FOLDER)).unwrap();
    std::fs::create_dir(folder.path().join(FOLDER)).unwrap();
    std::os::unix::fs::symlink(outside.path().join("x.db"), path(folder.path())).unwrap();
    assert!(Ledger::existing(folder.path()).unwrap_err().message().contains("symbolic link"));
    assert!(!outside.path().join("x.db").exists() && !outside.path().join(".gitignore").exists());
}

#[test]
fn people_cancel_and_try_again() {
    let desk = Desk::new();
    let [waiting, behind] = ["k", "k"].map(|key| desk.add(sync().key(key)));
    let running = desk.next().unwrap();
    assert_eq!(running.job.id, waiting);
    assert_eq!(desk.cancel(behind).unwrap(), Decided::Done);
    assert_eq!(desk.cancel(behind).unwrap(), Decided::Not(Status::Cancelled));
    assert_eq!(desk.cancel(running.job.id).unwrap(), Decided::Asked);
    assert!(matches!(desk.heartbeat(&running, LEASE).unwrap(), Beat::Cancel(_)));
    assert_eq!(desk.give_up(&running).unwrap(), Written::Done);
    assert_eq!(desk.status(waiting), Status::Cancelled);
    assert_eq!(desk.retry(behind).unwrap(), Decided::Done);
    let again = desk.next().unwrap();
    assert_eq!((again.job.id, again.job.attempts), (behind, 1));
    assert_eq!(desk.retry(behind).unwrap(), Decided::Not(Status::Running));
    desk.cancel(behind).unwrap();
    desk.clock.pass(LEASE);
    assert_eq!(desk.expire().unwrap(), 1);
    assert_eq!(desk.status(behind), Status::Cancelled, "a worker that is gone can't be asked");
    assert_eq!(desk.cancel(99).unwrap(), Decided::Unknown);
}

/// A cancelled head must not leave those behind it stuck.
#[test]
fn who_waits_behind_a_cancelled_one_comes_forward() {
    let desk = Desk::new();
    let [first, second, third] = ["k"; 3].map(|key| desk.add(sync().key(key)));
    let lease = desk.next().unwrap();
    assert_eq!((lease.job.id, desk.next_id()), (first, None));
    desk.ack(&lease).unwrap();
    desk.cancel(second).unwrap();
    assert_eq!(desk.next_id(), Some(third));
}

#[test]
fn a_dead_letter_is_replayed_with_its_cause_kept() {
    let desk = Desk::new();
    let id = desk.add(sync().attempts(1));
    desk.fail(&desk.next().unwrap(), Class::Transient, "the host was gone").unwrap();
    assert_eq!(desk.status(id), Status::Dead);
    assert_eq!(desk.retry(id).unwrap(), Decided::Done);
    desk.ack(&desk.next().unwrap()).unwrap();
    let attempts = desk.attempts(id).unwrap();
    assert_eq!(attempts[0].cause.as_deref(), Some("the host was gone"));
    assert_eq!((attempts.len(), desk.retry(id).unwrap()), (2, Decided::Not(Status::Done)));
}

#[test]
fn each_way_of_not_running_is_explained() {
    let desk = Desk::new();
    let reasons = |id| desk.explain(id).unwrap().unwrap().1;
    let [first, second] = ["k", "k"].map(|key| desk.add(sync().key(key)));
    let third = desk.add(sync());
    assert_eq!(reasons(first), [Reason::Next]);
    assert_eq!(reasons(third), [Reason::Behind { jobs: 2 }]);
    let lease = desk.next().unwrap();
    let leased = Reason::Leased { worker: "me".into(), until: lease.until, cancelling: false };
    assert_eq!(reasons(first), [leased]);
    assert_eq!(reasons(second), [Reason::KeyTaken { key: "k".into(), by: first }]);
    let later = desk.add(sync().not_before(desk.now().after(LEASE * 3)));
    assert!(matches!(reasons(later)[..], [Reason::Waits { cause: None, .. }, ..]));
    desk.clock.pass(LEASE);
    assert_eq!(reasons(first), [Reason::LeaseEnded { worker: "me".into(), at: desk.now() }]);
    let lease = desk.next().unwrap();
    desk.fail(&lease, Class::Permanent, "no such slice").unwrap();
    let [Reason::Over { status: Status::Dead, cause: Some(cause), attempts: 2, .. }] = &reasons(first)[..] else {
        panic!("{:?}", reasons(first))
    };
    assert_eq!(cause, "no such slice");
    assert_eq!(desk.explain(99).unwrap(), None);
}

#[test]
fn what_is_over_and_old_goes_and_the_rest_stays() {
    let desk = Desk::new();
    for _ in 0..3 {
        desk.add(sync());
        desk.ack(&desk.next().unwrap()).unwrap();
        desk.event("sync.done", "project", &json!({})).unwrap();
        desk.clock.pass(Duration::from_secs(86_400));
    }
    let dead = desk.add(sync());
    desk.fail(&desk.next().unwrap(), Class::Permanent, "no").unwrap();
    let waiting = desk.add(sync());
    desk.clock.pass(Duration::from_secs(86_400));
    let keep = Keep { age: Duration::from_secs(3 * 86_400), jobs: 0, dead_too: false };
    assert_eq!(desk.gc(keep).unwrap(), Removed { jobs: 1, events: 1 });
    let keep = Keep { age: Duration::ZERO, jobs: 1, dead_too: false };
    assert_eq!(desk.gc(keep).unwrap(), Removed { jobs: 1, events: 2 });
    let keep = Keep { age: Duration::ZERO, jobs: 0, dead_too: true };
    assert_eq!(desk.gc(keep).unwrap().jobs, 2);
    assert!(desk.job(dead).unwrap().is_none() && desk.attempts(dead).unwrap().is_empty());
    assert_eq!(desk.next_id(), Some(waiting));
    assert!(desk.is_sound().unwrap());
}

#[test]
fn a_time_is_served_once_and_by_one_run() {
    let desk = Desk::new();
    let tick = desk.now();
    let begin = |again| desk.begin("nightly", tick, again, "me", LEASE).unwrap();
    let Begun::Turn(turn) = begin(false) else { panic!("it is free") };
    assert!(matches!(begin(false), Begun::Taken { .. }) && matches!(begin(true), Begun::Taken { .. }));
    desk.finish(&turn, false, "unfinished", &json!({})).unwrap();
    let Begun::Turn(slow) = begin(false) else { panic!("a run that did not finish is made up for") };
    assert_eq!(desk.prolong(&slow, LEASE).unwrap(), Written::Done);
    desk.clock.pass(LEASE);
    let Begun::Turn(turn) = begin(false) else { panic!("so is one that was killed") };
    assert_eq!(desk.finish(&slow, true, "clean", &json!({})).unwrap(), Written::Lost);
    assert_eq!(desk.prolong(&slow, LEASE).unwrap(), Written::Lost);
    assert_eq!(desk.finish(&turn, true, "clean", &json!({ "slices": 2 })).unwrap(), Written::Done);
    assert_eq!(begin(false), Begun::Served { tick, ended: Some(desk.now()) });
    assert!(matches!(begin(true), Begun::Turn(_)));
    let last = desk.last_run("nightly").unwrap().unwrap();
    assert_eq!((last.served, last.outcome.as_deref(), &last.report["slices"]), (Some(tick), Some("clean"), &json!(2)));
}
