//! The proof that the tests test: each one-line mutant of the reference turns at least one of them red.

use std::sync::Mutex;

use super::bench::{python, said};
use super::reference::{Service, prepared, source};

/// How many mutants run at once.
const LANES: usize = 4;

/// The mutants: the line as it stands, and what takes its place.
fn mutants() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(source().join("mutants.txt")).expect("the mutants can be read");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(lines.len() % 2, 0, "each mutant has two lines");
    lines.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect()
}

#[test]
fn every_mutant_turns_a_test_red() {
    let Some(python) = python(&["pytest", "httpx"]) else { return };
    let (world, folder) = prepared();
    let original = std::fs::read_to_string(source().join("service.py")).expect("the reference can be read");
    let mutants = mutants();
    assert!(mutants.len() >= 20);
    let queue = Mutex::new(mutants.iter().enumerate());
    let survivors = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no lane panics with the lock").next();
                    let Some((number, (line, mutant))) = next else { break };
                    let from = format!("{line}\n");
                    assert_eq!(
                        original.matches(&from).count(),
                        1,
                        "mutant {number}: {line:?} stands once in service.py"
                    );
                    let path =
                        world.write(&format!("mutant_{number}.py"), original.replace(&from, &format!("{mutant}\n")));
                    let service = Service::start(&python, &path);
                    let ran = service.tested(&python, &folder, &["-x", "tests/unit", "tests/integration"]);
                    let red = ran.status.code() == Some(1) && said(&ran).contains("failed");
                    if !red {
                        survivors
                            .lock()
                            .expect("no lane panics with the lock")
                            .push(format!("{line} -> {mutant}\n{}", said(&ran)));
                    }
                }
            });
        }
    });
    let survivors = survivors.into_inner().expect("no lane panicked");
    assert!(survivors.is_empty(), "mutants that no test notices:\n{}", survivors.join("\n"));
}
