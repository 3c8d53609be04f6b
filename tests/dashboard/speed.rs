//! Pages with many slices and many events: how long the server takes and how much travels. A debug build is an order of
//! magnitude slower than what people run, so the bounds here are loose; `VSO_TEST_FIGURES` prints what was measured.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::visit::Visit;
use crate::world::World;

/// A project with so many slices, none of them written, and a ledger with so many events.
fn large(slices: usize) -> Visit {
    let mut master = String::from("---\ntitle: \"Large\"\nversion: \"1.0.0\"\n---\n\n# Large\n\n## Requirements\n\n");
    for number in 1..=slices {
        let _ = writeln!(master, "- **FR-{number:04}** [component: Part{number}] A user can use part {number} of it.");
    }
    master.push_str("\n## Architecture\n\n### Components\n\n");
    for number in 1..=slices {
        let _ = writeln!(master, "- **Part{number}**: Part number {number}.");
    }
    let world = World::with_master(&master);
    world.git(&["init", "-q", "-b", "main"]);
    world.write(".gitignore", ".slice-orchestrator/\n");
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "large"]);
    Visit::over(world)
}

fn timed(visit: &Visit, path: &str) -> (Duration, usize) {
    let path = format!("/r/local{path}");
    let headers = [("cookie", visit.cookie.as_str()), ("accept-encoding", "gzip")];
    let mut best = Duration::MAX;
    let mut size = 0;
    for _ in 0..3 {
        let begun = Instant::now();
        let answer = visit.server.get(&path, &headers);
        best = best.min(begun.elapsed());
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["content-encoding"], "gzip", "{path}");
        size = answer.headers["content-length"].parse().unwrap();
    }
    (best, size)
}

#[test]
fn the_first_look_begins_before_anybody_asks() {
    let visit = large(3);
    let end = Instant::now() + Duration::from_secs(60);
    // What happened is read from the ledger; no request here makes the server look at the commit.
    while visit.api("/activity?kind=trace.measured")["events"].as_array().unwrap().is_empty() {
        assert!(Instant::now() < end, "nobody looked");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn pages_stay_fast_and_small() {
    let visit = large(300);
    visit.page("");
    for path in [
        "",
        "/slices/slice-150-part150",
        "/conflicts",
        "/proposals",
        "/queue",
        "/activity",
        "/analytics",
        "/search?q=part",
    ] {
        let (took, size) = timed(&visit, path);
        if std::env::var_os("VSO_TEST_FIGURES").is_some() {
            println!("{path:30} {took:?} {size} bytes");
        }
        assert!(size < 100_000, "{path}: {size} bytes");
        assert!(took < Duration::from_secs(2), "{path}: {took:?}");
    }
}
