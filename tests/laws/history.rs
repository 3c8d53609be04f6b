//! Identity on real histories: sentences of two published specifications before and after an editor's pass, with labels
//! that a person gave. Nearly all keep their id, and none takes another's.

use vso::slicing::registry::{self, Registry};
use vso::slicing::slice::ItemKind;
use vso::slicing::{Settings, Slicing, plan};
use vso::spec::item::{Component, Origin, Reading, Requirement, RequirementKind, Rung};
use vso::spec::span::Span;

const ORIGIN: Origin = Origin { span: Span::new(0, 0), line: 1, rung: Rung::Sentence };

/// Labels and the reading that has their sentences as requirements of one component.
fn read(text: &str) -> (Vec<&str>, Reading) {
    let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let requirement = |(_, text): &(&str, &str)| Requirement {
        id: None,
        kind: RequirementKind::Functional,
        text: (*text).to_owned(),
        category: None,
        tag: Some("Whole".into()),
        section: None,
        targets: Vec::new(),
        details: Vec::new(),
        origin: ORIGIN,
    };
    let component = Component {
        name: "Whole".into(),
        aliases: Vec::new(),
        description: String::new(),
        platform: None,
        around: false,
        body: Vec::new(),
        origin: ORIGIN,
    };
    let requirements = lines.iter().map(requirement).collect();
    let reading = Reading { components: vec![component], requirements, ..Reading::default() };
    (lines.iter().map(|(label, _)| *label).collect(), reading)
}

fn ids(slicing: &Slicing) -> Vec<String> {
    let found = slicing.assignments.iter().filter(|found| found.kind == ItemKind::Requirement);
    found.map(|found| found.id.clone()).collect()
}

/// At most `lost` sentences that a person would recognise get a new id; none gets the id of another.
fn check(before: &str, after: &str, lost: usize) {
    let ((old_labels, old), (new_labels, new)) = (read(before), read(after));
    let first = plan(&old, &Registry::default(), &Settings::default()).unwrap();
    let registry = Registry { slices: first.slices.iter().map(registry::record).collect() };
    let second = plan(&new, &registry, &Settings::default()).unwrap();
    let (old_ids, new_ids) = (ids(&first), ids(&second));
    let mut missed = Vec::new();
    for (at, label) in new_labels.iter().enumerate() {
        let was = old_ids.iter().position(|id| *id == new_ids[at]);
        let expected = old_labels.iter().position(|old| *label != "--" && old == label);
        if was != expected {
            assert_eq!(
                was,
                None,
                "{:?} took the id of {:?}",
                new.requirements[at].text,
                was.map(|at| &old.requirements[at].text)
            );
            missed.push(&new.requirements[at].text);
        }
    }
    assert!(missed.len() <= lost, "{missed:#?}");
}

#[test]
fn an_editors_pass_over_an_architecture_keeps_the_ids() {
    let (before, after) = (
        include_str!("../fixtures/history/cwa-solution-architecture/016.txt"),
        include_str!("../fixtures/history/cwa-solution-architecture/017.txt"),
    );
    // One sentence lost its second half, which is more than half of it.
    check(before, after, 1);
    check(after, before, 1);
}

#[test]
fn a_changed_placeholder_in_near_equal_sentences_keeps_the_ids() {
    let (before, after) = (
        include_str!("../fixtures/history/oci-distribution-spec/060.txt"),
        include_str!("../fixtures/history/oci-distribution-spec/061.txt"),
    );
    check(before, after, 0);
    check(after, before, 0);
}
