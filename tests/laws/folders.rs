//! Law 4 over folders: an edit is never dropped because the other side renamed, moved or deleted the file.

use proptest::prelude::*;
use vso::merge::{Conflict, Entry, Mode, Resolved, Take, Tree, TreeMerged, trees};

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

fn folder(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| ((*path).to_owned(), Entry::file(*text))).collect()
}

fn shown(tree: &Tree) -> Vec<(String, String)> {
    tree.iter().map(|(path, entry)| (path.to_owned(), String::from_utf8_lossy(&entry.bytes).into_owned())).collect()
}

fn merged(base: &[(&str, &str)], ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> TreeMerged {
    let sides = [folder(base), folder(ours), folder(theirs)];
    let merged = trees(&sides[0], &sides[1], &sides[2]);
    lasts(&merged, &sides[2]);
    merged
}

/// What is open is asked again, what is decided is not, and nothing else changes.
fn lasts(merged: &TreeMerged, theirs: &Tree) {
    for take in [None, Some(Take::Ours), Some(Take::Theirs), Some(Take::Base)] {
        let Resolved { tree, next_base, open } = merged.resolve(&|_, _| take.clone());
        let again = trees(&next_base, &tree, theirs).resolve(&|_, _| None);
        let named = |open: &[(String, Conflict)]| open.iter().map(|(_, conflict)| conflict.key()).collect::<Vec<_>>();
        assert_eq!(shown(&again.tree), shown(&tree));
        assert_eq!(named(&again.open), named(&open));
        assert_eq!(shown(&again.next_base), shown(&next_base));
    }
}

fn check(base: &[(&str, &str)], ours: &[(&str, &str)], theirs: &[(&str, &str)], expected: &[(&str, &str)]) {
    for (one, other) in [(ours, theirs), (theirs, ours)] {
        let merged = merged(base, one, other);
        assert!(merged.is_clean(), "{:?}", merged.conflicts().collect::<Vec<_>>());
        assert_eq!(merged.resolve(&|_, _| None).tree, folder(expected));
    }
}

/// The conflicts, in both directions, as item and what ours and theirs have.
fn conflict(base: &[(&str, &str)], ours: &[(&str, &str)], theirs: &[(&str, &str)], item: &str) {
    for (one, other) in [(ours, theirs), (theirs, ours)] {
        let merged = merged(base, one, other);
        let items: Vec<&str> = merged.conflicts().map(|(_, conflict)| conflict.item.as_str()).collect();
        assert_eq!(items, [item]);
        // Whatever is open, ours stands as it is.
        assert_eq!(merged.resolve(&|_, _| None).tree, folder(one));
        assert_eq!(merged.resolve(&|_, _| Some(Take::Theirs)).tree, folder(other));
    }
}

#[test]
fn a_renamed_file_takes_edits_along() {
    let edited = TEXT.replace("two", "TWO");
    check(&[("a.md", TEXT)], &[("b.md", TEXT)], &[("a.md", &edited)], &[("b.md", &edited)]);
    let reworded = TEXT.replace("eight", "ate");
    let both = edited.replace("eight", "ate");
    check(&[("a.md", TEXT)], &[("b/a.md", &reworded)], &[("a.md", &edited)], &[("b/a.md", &both)]);
    // A folder that moves.
    check(
        &[("x/a.md", TEXT), ("x/b.md", "other\n")],
        &[("y/a.md", TEXT), ("y/b.md", "other\n")],
        &[("x/a.md", &edited), ("x/b.md", "other\n")],
        &[("y/a.md", &edited), ("y/b.md", "other\n")],
    );
    check(&[("a.md", TEXT)], &[("b.md", TEXT)], &[("b.md", TEXT)], &[("b.md", TEXT)]);
}

#[test]
fn what_only_one_side_touched_is_as_it_left_it() {
    check(
        &[("a", "1\n")],
        &[("a", "1\n"), ("b", "2\n")],
        &[("a", "1\n"), ("c", "3\n")],
        &[("a", "1\n"), ("b", "2\n"), ("c", "3\n")],
    );
    check(&[("a", "1\n"), ("b", "2\n")], &[("a", "1\n")], &[("b", "2\n")], &[]);
    check(&[("a", "1\n")], &[], &[], &[]);
    check(&[], &[("a", "1\n")], &[("a", "1\n")], &[("a", "1\n")]);
}

#[test]
fn deleting_or_renaming_against_an_edit_is_never_silent() {
    let edited = TEXT.replace("two", "TWO");
    conflict(&[("a.md", TEXT)], &[], &[("a.md", &edited)], "file");
    conflict(&[("a.md", TEXT)], &[], &[("b.md", &edited)], "file");
    conflict(&[("a.md", TEXT)], &[("b.md", TEXT)], &[("c.md", TEXT)], "file name");
    conflict(&[("a.bin", "\0one")], &[("a.bin", "\0two")], &[("a.bin", "\0three")], "file");
    conflict(&[("a.md", TEXT)], &[("a.md", &TEXT.replace("two", "2"))], &[("a.md", &edited)], "text");
}

#[test]
fn both_add_one_path() {
    let merged = merged(&[], &[("a.md", "# A\n\n- REQ-1: x\n")], &[("a.md", "# A\n\n- REQ-2: y\n")]);
    assert!(merged.is_clean());
    let tree = merged.resolve(&|_, _| None).tree;
    assert_eq!(shown(&tree), [("a.md".to_owned(), "# A\n\n- REQ-1: x\n- REQ-2: y\n".to_owned())]);
}

#[test]
fn modes_and_links() {
    let entry = |text: &str, mode| Entry { bytes: text.as_bytes().to_vec(), mode };
    let tree = |entry: Entry| [("a".to_owned(), entry)].into_iter().collect::<Tree>();
    let base = tree(entry("x\n", Mode::File));
    let merged = trees(&base, &tree(entry("x\n", Mode::Executable)), &tree(entry("y\n", Mode::File)));
    assert_eq!(merged.resolve(&|_, _| None).tree, tree(entry("y\n", Mode::Executable)));
    let links = ["one", "two", "three"].map(|target| tree(entry(target, Mode::Link)));
    let merged = trees(&links[0], &links[1], &links[2]);
    assert_eq!(merged.conflicts().count(), 1);
    assert_eq!(merged.resolve(&|_, _| Some(Take::Theirs)).tree, links[2]);
}

/// What one side makes of a folder of three files.
fn side(name: &'static str) -> impl Strategy<Value = Tree> {
    let file = prop_oneof![
        3 => Just("keep"), 3 => Just("edit"), 1 => Just("delete"), 1 => Just("rename"), 1 => Just("rename and edit"),
        1 => Just("move")
    ];
    (prop::collection::vec(file, 3), any::<bool>()).prop_map(move |(deeds, adds)| {
        let mut tree = Tree::new();
        for (at, deed) in deeds.into_iter().enumerate() {
            let text = TEXT.replace('\n', &format!(" of {at}\n"));
            let edited = text.replace("three", &format!("zq{name}{at}"));
            let (path, text) = match deed {
                "keep" => (format!("d/f{at}.md"), text),
                "edit" => (format!("d/f{at}.md"), edited),
                "rename" => (format!("d/{name}{at}.md"), text),
                "rename and edit" => (format!("d/{name}{at}.md"), edited),
                "move" => (format!("e/f{at}.md"), text),
                _ => continue,
            };
            tree.insert(path, Entry::file(text));
        }
        if adds {
            tree.insert("d/new.md", Entry::file(format!("new\nzq{name}new\n")));
        }
        tree
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_is_lost_between_folders(ours in side("ours"), theirs in side("theirs")) {
        let base: Tree = (0..3)
            .map(|at| (format!("d/f{at}.md"), Entry::file(TEXT.replace('\n', &format!(" of {at}\n")))))
            .collect();
        let merged = trees(&base, &ours, &theirs);
        lasts(&merged, &theirs);
        let tree = merged.resolve(&|_, _| None).tree;
        let mut there: String = tree.iter().map(|(_, entry)| String::from_utf8_lossy(&entry.bytes).into_owned()).collect();
        for (_, conflict) in merged.conflicts() {
            there.extend([&conflict.ours, &conflict.theirs].into_iter().flatten().map(String::as_str));
        }
        for (_, entry) in ours.iter().chain(theirs.iter()) {
            let text = String::from_utf8_lossy(&entry.bytes);
            for word in text.split_whitespace().filter(|word| word.starts_with("zq")) {
                prop_assert!(there.contains(word), "{} is gone", word);
            }
        }
        prop_assert_eq!(trees(&base, &base, &theirs).resolve(&|_, _| None).tree, theirs.clone());
        prop_assert_eq!(trees(&base, &ours, &base).resolve(&|_, _| None).tree, ours.clone());
        prop_assert_eq!(trees(&base, &ours, &ours).resolve(&|_, _| None).tree, ours.clone());
    }
}
