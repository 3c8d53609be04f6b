//! Every lint rule against its good and its bad example. A rule's test exists because its fixture folder exists, and a
//! rule without fixtures fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vso::config::Config;
use vso::report::{finding::Linted, human};
use vso::slicing::Registry;
use vso::spec::document::Document;
use vso::spec::lint::{self, Facts, Finding, Subject};
use vso::spec::{read, rules};
use vso::sync::lint::facts_of;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint")
}

/// What the rooms above know: from `<name>.facts.json` beside the example where that is what the rule is about, else as
/// `vso lint` learns it.
fn facts(path: &Path, document: &Document) -> Facts {
    match std::fs::read_to_string(path.with_extension("facts.json")) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => facts_of(&Config::default(), &Registry::default(), path, document, &read::read(document)),
    }
}

fn lint_file(path: &Path) -> (Document, Vec<Finding>) {
    let document = Document::parse(std::fs::read_to_string(path).unwrap()).unwrap();
    let findings = lint_document(&document, &facts(path, &document));
    (document, findings)
}

fn lint_document(document: &Document, facts: &Facts) -> Vec<Finding> {
    let reading = read::read(document);
    lint::run(rules::ALL, &|rule| rule.severity, &Subject { document, reading: &reading, facts })
}

/// All examples, by path.
fn examples() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for rule in std::fs::read_dir(folder()).unwrap() {
        let files = std::fs::read_dir(rule.unwrap().path()).unwrap().map(|file| file.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    found.sort();
    found
}

/// Each rule has `good.md` and `bad.md`; files whose names begin with `bad` are further bad examples.
#[test]
fn every_rule_finds_its_bad_examples_and_leaves_the_good_one() {
    let mut wrong = Vec::new();
    for rule in rules::ALL {
        let own = |findings: Vec<Finding>| findings.into_iter().filter(|found| found.rule == rule.id);
        let place = folder().join(rule.id);
        let (_, good) = lint_file(&place.join("good.md"));
        wrong.extend(own(good).map(|found| format!("good: {found:?}")));
        let mut seen = String::new();
        for path in examples().iter().filter(|path| path.starts_with(&place) && !path.ends_with("good.md")) {
            let (document, bad) = lint_file(path);
            let bad: Vec<_> = own(bad).collect();
            if bad.is_empty() {
                wrong.push(format!("{}: nothing was found", path.display()));
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            seen.push_str(&human::render(&[Linted::new(name, document, bad)]));
        }
        insta::assert_snapshot!(rule.id, anstream::adapter::strip_str(&seen).to_string());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Cut anywhere, an example is still a text that every rule has to take.
#[test]
fn every_rule_runs_on_every_example_and_on_every_cut_of_it() {
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let cuts = text.char_indices().map(|(at, _)| at).filter(|at| at % 17 == 0);
        for cut in cuts {
            let document = Document::parse(&text[..cut]).unwrap();
            for finding in lint_document(&document, &facts(&path, &document)) {
                assert!(text.get(finding.span.range()).is_some(), "{}: {finding:?}", path.display());
            }
        }
    }
}

#[test]
fn the_specifications_that_vso_writes_are_clean() {
    for path in ["templates/demo/master-spec.md", "templates/init/master-spec.md"] {
        let (_, findings) = lint_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        assert!(findings.is_empty(), "{path}: {findings:#?}");
    }
}

#[test]
fn fixes_settle_what_they_belong_to_and_touch_nothing_twice() {
    for path in examples() {
        let (document, findings) = lint_file(&path);
        let fixable = |findings: &[Finding]| findings.iter().filter(|found| !found.fix.is_empty()).count();
        let Some((text, settled)) = lint::fixed(document.text(), &findings) else {
            assert_eq!(fixable(&findings), 0, "{}: {findings:?}", path.display());
            continue;
        };
        let changed = Document::parse(text).unwrap();
        let after = lint_document(&changed, &facts(&path, &changed));
        assert_eq!(findings.len() - settled, after.len(), "{}: {after:#?}", path.display());
        assert_eq!(fixable(&after), fixable(&findings) - settled, "{}: {after:#?}", path.display());
    }
}

#[test]
fn ids_are_unique_kebab_case_and_in_order() {
    let ids: Vec<_> = rules::ALL.iter().map(|rule| rule.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted, "sort the list in rules.rs by id");
    for rule in rules::ALL {
        assert!(rule.id.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{}", rule.id);
        assert!(!rule.summary.ends_with('.') && rule.reason.ends_with('.') && !rule.hint.is_empty(), "{}", rule.id);
    }
}

#[test]
fn every_fixture_belongs_to_a_rule_and_every_file_of_rules_is_in_the_list() {
    let folders = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let bad = |id: &str| folder().join(id).join("bad.md").is_file();
    assert!(rules::ALL.iter().all(|rule| bad(rule.id)), "each rule has a bad.md");
    let ids: BTreeSet<String> = rules::ALL.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(folders.collect::<BTreeSet<_>>(), ids);
    let sources = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spec/rules")).unwrap();
    let sources = sources.filter(|entry| entry.as_ref().unwrap().path().extension().unwrap() == "rs");
    assert_eq!(sources.count(), rules::ALL.len(), "one file a rule");
}
