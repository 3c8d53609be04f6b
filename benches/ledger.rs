//! How fast the ledger is, through its public interface: durable orders and claims a second, claims among few and many
//! that wait, and a page of events out of a million.
//!
//!     cargo bench --bench ledger
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a script that prints figures and stops at a failure")]

use std::time::{Duration, Instant};

use vso::ledger::{Ledger, Query, Work};

const LEASE: Duration = Duration::from_secs(600);
const KINDS: &[&str] = &["sync"];

fn main() {
    one_by_one();
    in_batches();
    from_threads();
    let few = claims(100, 100);
    let many = claims(100_000, 2_000);
    println!("claim p99: {:.1}x with 100,000 waiting of that with 100 (limit 5x)", many / few);
    events();
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    // Beside the sources: a temporary folder may lie in memory, where a flush costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    (folder, ledger)
}

fn rate(what: &str, count: usize, begun: Instant) {
    println!("{what}: {:.0} a second", count as f64 / begun.elapsed().as_secs_f64());
}

fn one_by_one() {
    let (_folder, ledger) = ledger();
    let begun = Instant::now();
    for number in 0..2_000 {
        ledger.enqueue(Work::new("sync").key(format!("key {number}"))).unwrap();
    }
    rate("enqueue, one by one, one thread", 2_000, begun);
    let begun = Instant::now();
    while let Some(lease) = ledger.claim("me", KINDS, LEASE).unwrap() {
        ledger.ack(&lease).unwrap();
    }
    rate("claim and ack, one by one, one thread", 2_000, begun);
}

fn in_batches() {
    let (_folder, ledger) = ledger();
    let begun = Instant::now();
    for from in (0..20_000).step_by(50) {
        ledger
            .enqueue_all((from..from + 50).map(|number| Work::new("sync").key(format!("key {number}"))).collect())
            .unwrap();
    }
    rate("enqueue, fifty a transaction", 20_000, begun);
    let begun = Instant::now();
    loop {
        let leases = ledger.claim_up_to(50, "me", KINDS, LEASE).unwrap();
        if leases.is_empty() {
            break;
        }
        ledger.ack_all(&leases).unwrap();
    }
    rate("claim and ack, fifty a transaction", 20_000, begun);
}

fn from_threads() {
    let (_folder, ledger) = ledger();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || {
                for number in 0..500 {
                    ledger.enqueue(Work::new("sync").key(format!("key {thread} {number}"))).unwrap();
                }
            });
        }
    });
    rate("enqueue, one by one, 8 threads that share flushes", 4_000, begun);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || {
                while let Some(lease) = ledger.claim("me", KINDS, LEASE).unwrap() {
                    ledger.ack(&lease).unwrap();
                }
            });
        }
    });
    rate("claim and ack, one by one, 8 threads that share flushes", 4_000, begun);
}

/// The 99th percentile of claims, in milliseconds, while so many wait; each claimed job is ordered anew.
fn claims(waiting: usize, count: usize) -> f64 {
    let (_folder, ledger) = ledger();
    for from in (0..waiting).step_by(100) {
        ledger
            .enqueue_all((from..from + 100).map(|number| Work::new("sync").key(format!("key {number}"))).collect())
            .unwrap();
    }
    let mut times = Vec::new();
    for number in 0..count.max(2_000) {
        let begun = Instant::now();
        let lease = ledger.claim("me", KINDS, LEASE).unwrap().unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        ledger.ack(&lease).unwrap();
        ledger.enqueue(Work::new("sync").key(format!("again {number}"))).unwrap();
    }
    times.sort_by(f64::total_cmp);
    let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("claim with {waiting} waiting: median {median:.3} ms, p99 {p99:.3} ms");
    p99
}

fn events() {
    const COUNT: usize = 1_000_000;
    let (_folder, ledger) = ledger();
    let begun = Instant::now();
    for from in (0..COUNT).step_by(10_000) {
        let event = |number: usize| {
            let data = serde_json::json!({ "number": number });
            (format!("kind.{}", number % 20), format!("slice-{:03}", number % 997), data)
        };
        ledger.events((from..from + 10_000).map(event).collect()).unwrap();
    }
    rate("events written, ten thousand a transaction", COUNT, begun);
    let kind = Some("kind.7".to_owned());
    let subject = Some("slice-500".to_owned());
    let middle = ledger.happened(&Query::default(), 1).unwrap()[0].at;
    let queries = [
        ("newest", Query::default()),
        ("of a kind", Query { kind: kind.clone(), ..Query::default() }),
        ("about a subject", Query { subject: subject.clone(), ..Query::default() }),
        ("of a kind about a subject", Query { kind, subject, ..Query::default() }),
        ("before a moment", Query { until: Some(middle), ..Query::default() }),
    ];
    for (what, query) in queries {
        let begun = Instant::now();
        let found = ledger.happened(&query, 100).unwrap().len();
        println!("{found} events of {COUNT}, {what}: {:.2} ms", begun.elapsed().as_secs_f64() * 1_000.0);
    }
}
