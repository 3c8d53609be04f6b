//! The generated tests under the real pytest: all are collected, none is skipped, and without a slice all are red.

use std::collections::BTreeMap;

use super::bench::{EXAMPLE, decomposed, pytest, python, said, slices};

/// How many tests ended how, from pytest's last line: `3 failed, 2 errors`.
fn counts(output: &str) -> BTreeMap<String, usize> {
    let last = output.lines().rev().find(|line| line.contains(" in ") && line.ends_with('s')).unwrap_or_default();
    let words: Vec<&str> = last.trim_matches(['=', ' ']).split([' ', ',']).filter(|word| !word.is_empty()).collect();
    words.windows(2).filter_map(|pair| Some((pair[1].to_owned(), pair[0].parse().ok()?))).collect()
}

#[test]
fn every_suite_is_collected_and_red() {
    let Some(python) = python(&["pytest", "httpx"]) else { return };
    let world = decomposed(EXAMPLE);
    let folders = slices(&world);
    assert!(folders.len() >= 9, "the example has nine components");
    std::thread::scope(|scope| {
        for folder in &folders {
            let python = &python;
            scope.spawn(move || {
                let collected = pytest(python, folder, &["--collect-only"], &[]);
                assert!(collected.status.success(), "{}: {}", folder.display(), said(&collected));
                // nothing listens on port 9; the load tests take their smallest samples
                let ran = pytest(python, folder, &[], &[("BASE_URL", "http://127.0.0.1:9"), ("LOAD_SCALE", "0.001")]);
                let counts = counts(&said(&ran));
                assert!(counts.contains_key("failed"), "{}: {}", folder.display(), said(&ran));
                for wrong in ["passed", "skipped", "error", "errors", "xfailed", "deselected", "warning", "warnings"] {
                    assert!(!counts.contains_key(wrong), "{}: {counts:?}\n{}", folder.display(), said(&ran));
                }
            });
        }
    });
}

#[test]
fn the_suites_of_all_slices_run_together() {
    let Some(python) = python(&["pytest", "httpx"]) else { return };
    let world = decomposed(EXAMPLE);
    let collected = pytest(&python, &world.path().join("vertical-slices"), &["--collect-only"], &[]);
    assert!(collected.status.success(), "{}", said(&collected));
    for folder in slices(&world) {
        let name = folder.file_name().expect("a slice's folder has a name").to_string_lossy().into_owned();
        assert!(said(&collected).contains(&name), "no test of {name} was collected");
    }
}
