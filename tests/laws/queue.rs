//! The queue when it is killed: at every numbered point of its writes, by many workers at once, on its first opening.
//! Nothing that was answered is lost, and nothing is done twice.
//!
//! The children are this test binary again, run with one of the ignored tests below.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use vso::crash;
use vso::ledger::{Begun, Class, Clock, Filter, Keep, Ledger, Status, Time, Work};

/// Tells a child its project.
const ROOT: &str = "VSO_TEST_QUEUE_ROOT";
/// Tells a child the time, in milliseconds since 1970.
const NOW: &str = "VSO_TEST_QUEUE_NOW";

const JOBS: usize = 4;
const LEASE: Duration = Duration::from_secs(60);
const START: i64 = 1_767_225_600_000;

fn child(test: &str, root: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("laws::queue::{test}"), "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ROOT, root).env_remove(crash::AT).env_remove(crash::COUNT);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn root_of_child() -> Option<PathBuf> {
    std::env::var_os(ROOT).map(PathBuf::from)
}

/// Writes down what the child was answered, so that the parent knows it whatever happens next.
fn say(root: &Path, line: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(root.join("said")).unwrap();
    writeln!(file, "{line}").unwrap();
}

fn said(root: &Path) -> Vec<String> {
    fs::read_to_string(root.join("said")).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// One whole life of the queue: order, claim, prolong, fail, give back, do, cancel, run out, schedule, clean up.
#[test]
#[ignore = "a child of the tests below"]
fn life() {
    let Some(root) = root_of_child() else { return };
    let now = std::env::var(NOW).unwrap().parse().unwrap();
    let clock = Clock::at(Time(now));
    let ledger = Ledger::open_with(&root, clock.clone()).unwrap();
    say(&root, "opened");
    for number in 0..JOBS {
        let work = Work::new("sync").key(format!("key {}", number % 2)).once(format!("order {number}")).attempts(9);
        let id = ledger.enqueue(work).unwrap().id;
        say(&root, &format!("ordered {id}"));
    }
    let unwanted = ledger.enqueue(Work::new("unwanted").once("unwanted")).unwrap().id;
    ledger.cancel(unwanted).unwrap();
    ledger.expire().unwrap();
    let left_alone = ledger.claim("sleeper", &["sync"], LEASE).unwrap();
    clock.pass(LEASE);
    ledger.expire().unwrap();
    while ledger.counts().unwrap()["done"] < i64::try_from(JOBS).unwrap() {
        let Some(lease) = ledger.claim("worker", &["sync"], LEASE).unwrap() else {
            clock.pass(Duration::from_secs(5));
            continue;
        };
        ledger.heartbeat(&lease, LEASE).unwrap();
        match lease.job.attempts {
            1 if lease.job.id % 2 == 0 => drop(ledger.fail(&lease, Class::Transient, "not yet").unwrap()),
            1 if lease.fence == 1 => drop(ledger.release(&lease).unwrap()),
            _ => {
                say(&root, &format!("doing {} {}", lease.job.id, lease.fence));
                ledger.ack(&lease).unwrap();
                say(&root, &format!("done {}", lease.job.id));
            }
        }
    }
    if let Some(old) = left_alone {
        assert_eq!(ledger.ack(&old).unwrap(), vso::ledger::Written::Lost);
    }
    ledger.event("life.ended", "project", &json!({})).unwrap();
    if let Begun::Turn(turn) = ledger.begin("nightly", Time(START), false, "worker", LEASE).unwrap() {
        ledger.prolong(&turn, LEASE).unwrap();
        ledger.finish(&turn, true, "clean", &json!({})).unwrap();
    }
    ledger.gc(Keep { age: Duration::from_secs(86_400), jobs: 100, dead_too: false }).unwrap();
    say(&root, "ended");
}

/// How the queue must stand whenever somebody looks: sound, and true to what it answered.
fn check_answers(root: &Path, place: &str) {
    let said = said(root);
    if !said.iter().any(|line| line == "opened") {
        return;
    }
    let ledger = Ledger::open_with(root, Clock::at(Time(START))).unwrap();
    assert!(ledger.is_sound().unwrap(), "{place}: the file is damaged");
    for line in &said {
        let id = || line.rsplit(' ').next().unwrap().parse().unwrap();
        if line.starts_with("ordered ") {
            assert!(ledger.job(id()).unwrap().is_some(), "{place}: lost: {line}");
        } else if line.starts_with("done ") {
            assert_eq!(ledger.job(id()).unwrap().unwrap().status, Status::Done, "{place}: lost: {line}");
        }
    }
}

fn check_end(root: &Path, place: &str) {
    let ledger = Ledger::open_with(root, Clock::at(Time(START))).unwrap();
    let jobs = ledger.jobs(&Filter { kind: Some("sync".into()), ..Filter::default() }).unwrap();
    assert_eq!(jobs.len(), JOBS, "{place}: ordered twice or lost");
    for job in &jobs {
        let attempts = ledger.attempts(job.id).unwrap();
        let done = attempts.iter().filter(|attempt| attempt.outcome.as_deref() == Some("done")).count();
        assert_eq!((job.status, done), (Status::Done, 1), "{place}: job {}: {attempts:?}", job.id);
        assert!(attempts.iter().all(|attempt| attempt.outcome.is_some()), "{place}: {attempts:?}");
        let answered = said(root).iter().filter(|line| **line == format!("done {}", job.id)).count();
        assert!(answered <= 1, "{place}: job {} was done {answered} times", job.id);
    }
    assert_eq!(ledger.last_run("nightly").unwrap().unwrap().served, Some(Time(START)), "{place}");
}

#[test]
fn killed_at_every_point_nothing_is_lost_and_nothing_is_twice() {
    let counted = tempfile::tempdir().unwrap();
    let names = counted.path().join("points");
    let status = child("life", counted.path()).env(NOW, START.to_string()).env(crash::COUNT, &names).status().unwrap();
    assert!(status.success());
    check_end(counted.path(), "unharmed");
    let points: Vec<String> = fs::read_to_string(&names).unwrap().lines().map(str::to_owned).collect();
    let kinds: BTreeSet<&String> = points.iter().collect();
    for operation in [
        "migrate",
        "enqueue",
        "claim",
        "heartbeat",
        "ack",
        "fail",
        "release",
        "expire",
        "cancel",
        "event",
        "begin",
        "prolong",
        "finish",
        "gc",
        "compact",
    ] {
        for side in ["before", "after"] {
            assert!(kinds.contains(&format!("ledger.{operation}.{side}")), "{operation} {side} is not reached");
        }
    }
    for (number, name) in (1..).zip(&points) {
        let place = format!("killed at point {number} of {}, {name}", points.len());
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let status =
            child("life", root).env(NOW, START.to_string()).env(crash::AT, number.to_string()).status().unwrap();
        assert!(status.code() != Some(0), "{place}: it was not killed");
        check_answers(root, &place);
        // An hour later every lease has run out.
        let later = START + 3_600_000;
        assert!(child("life", root).env(NOW, later.to_string()).status().unwrap().success(), "{place}: the next run");
        check_answers(root, &place);
        check_end(root, &place);
    }
    eprintln!("killed at each of {} points of {} kinds", points.len(), kinds.len());
}

/// Claims ten at a time, writes down what it does, and says that it is done, until nothing is left.
#[test]
#[ignore = "a child of the tests below"]
fn worker() {
    let Some(root) = root_of_child() else { return };
    let ledger = Ledger::open(&root).unwrap();
    let name = format!("process {}", std::process::id());
    let mut file = OpenOptions::new().create(true).append(true).open(root.join(&name)).unwrap();
    loop {
        let leases = ledger.claim_up_to(10, &name, &["sync"], Duration::from_secs(3)).unwrap();
        if leases.is_empty() {
            let counts = ledger.counts().unwrap();
            if counts["queued"] + counts["running"] == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        leases.iter().for_each(|lease| writeln!(file, "{}", lease.job.id).unwrap());
        ledger.ack_all(&leases).unwrap();
    }
}

#[test]
fn eight_workers_do_ten_thousand_jobs_each_once() {
    const COUNT: usize = 10_000;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let ledger = Ledger::open(root).unwrap();
    for from in (0..COUNT).step_by(1_000) {
        let works = (from..from + 1_000).map(|number| Work::new("sync").key(format!("key {number}"))).collect();
        ledger.enqueue_all(works).unwrap();
    }
    let mut workers: Vec<Child> = (0..8).map(|_| child("worker", root).spawn().unwrap()).collect();
    // Three of them are killed in the midst of it, and others take their place.
    let mut killed = BTreeSet::new();
    for victim in 0..3 {
        wait_until(|| ledger.counts().unwrap()["done"] >= 1_000 * (victim + 1));
        let victim = &mut workers[usize::try_from(victim).unwrap()];
        victim.kill().unwrap();
        victim.wait().unwrap();
        killed.insert(format!("process {}", victim.id()));
        *victim = child("worker", root).spawn().unwrap();
    }
    for worker in &mut workers {
        assert!(worker.wait().unwrap().success());
    }
    let mut done_by: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let name = entry.file_name().into_string().unwrap();
        for line in fs::read_to_string(entry.path()).unwrap().lines() {
            done_by.entry(line.parse().unwrap()).or_default().push(name.clone());
        }
    }
    assert_eq!(done_by.len(), COUNT);
    let mut again = 0;
    for (id, names) in &done_by {
        // What a killed worker had begun is begun again by another: at least once, and acknowledged once.
        let alive = names.iter().filter(|name| !killed.contains(*name)).count();
        let twice = names.len() - alive;
        assert!(alive <= 1 && names.len() <= 1 + twice, "job {id}: {names:?}");
        again += usize::from(names.len() > 1);
        let attempts = ledger.attempts(*id).unwrap();
        let done = attempts.iter().filter(|attempt| attempt.outcome.as_deref() == Some("done")).count();
        assert_eq!(done, 1, "job {id}: {attempts:?}");
    }
    assert!(again <= 30, "at most what three killed workers had claimed: {again}");
    assert_eq!(ledger.counts().unwrap()["done"], i64::try_from(COUNT).unwrap());
    eprintln!("{COUNT} jobs by 8 workers, 3 killed; {again} jobs begun again");
}

#[test]
#[ignore = "a child of the test below"]
fn opener() {
    let Some(root) = root_of_child() else { return };
    while !root.join("go").exists() {
        std::hint::spin_loop();
    }
    let ledger = Ledger::open(&root).unwrap();
    ledger.enqueue(Work::new("sync").once("the same")).unwrap();
}

#[test]
fn many_open_a_new_ledger_at_once() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let mut openers: Vec<Child> = (0..6).map(|_| child("opener", folder.path()).spawn().unwrap()).collect();
        std::thread::sleep(Duration::from_millis(100));
        fs::write(folder.path().join("go"), "").unwrap();
        for opener in &mut openers {
            assert!(opener.wait().unwrap().success());
        }
        let ledger = Ledger::open(folder.path()).unwrap();
        assert_eq!(ledger.jobs(&Filter::default()).unwrap().len(), 1);
    }
}

fn wait_until(reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_secs(120), "not reached in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}
