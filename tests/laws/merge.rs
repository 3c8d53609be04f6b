//! Laws 3 and 4: what a merge of texts always holds, over random edits of real documents, and the cases that a merge of
//! specifications has to solve.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use proptest::prelude::*;
use vso::merge::{Conflict, Kind, Labels, Merged, Take, merge};

/// Real and tidy documents that edits start from.
const TEXTS: &[(Kind, &str)] = &[
    (Kind::Markdown, include_str!("../fixtures/specs/stockverity-srs.md")),
    (Kind::Markdown, include_str!("../fixtures/specs/sentinel-netlab-system-design.md")),
    (Kind::Markdown, include_str!("../fixtures/specs/exchangis-interface-cn.md")),
    (Kind::Markdown, include_str!("../fixtures/specs/cwa-solution-architecture.md")),
    (Kind::Markdown, include_str!("../fixtures/specs/vso-seed.md")),
    (Kind::Markdown, TIDY),
    (Kind::Python, PYTHON),
    (Kind::Hcl, HCL),
    (Kind::Json, JSON),
    (Kind::Lines, TIDY),
];

const TIDY: &str = include_str!("../fixtures/merge/spec.md");
const PYTHON: &str = include_str!("../fixtures/merge/test_slice.py");
const HCL: &str = include_str!("../fixtures/merge/main.tf");
const JSON: &str = include_str!("../fixtures/merge/data.json");

/// One thing that a person does to a text; places are shares of its lines.
#[derive(Debug, Clone)]
enum Edit {
    /// Puts a new word into a line.
    Word(u16),
    /// Adds a line of the same form as the one before it.
    Line(u16),
    /// Takes some lines out.
    Delete(u16, u8),
    /// Moves some lines elsewhere.
    Move(u16, u8, u16),
    /// Adds a section, a definition or a block.
    Section(u16),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let one = prop_oneof![
        4 => any::<u16>().prop_map(Edit::Word),
        3 => any::<u16>().prop_map(Edit::Line),
        2 => (any::<u16>(), 1..5u8).prop_map(|(at, count)| Edit::Delete(at, count)),
        1 => (any::<u16>(), 1..9u8, any::<u16>()).prop_map(|(from, count, to)| Edit::Move(from, count, to)),
        1 => any::<u16>().prop_map(Edit::Section),
    ];
    prop::collection::vec(one, 1..7)
}

/// A text after edits, each with a word that stands nowhere else.
fn edited(kind: Kind, text: &str, edits: &[Edit], side: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for (number, edit) in edits.iter().enumerate() {
        let word = format!("zq{side}{number}");
        let place = |at: u16| usize::from(at) % lines.len().max(1);
        match edit {
            Edit::Word(at) if !lines.is_empty() => {
                let at = place(*at);
                lines[at] = with_word(&lines[at], &word);
            }
            Edit::Line(at) if !lines.is_empty() => {
                let at = place(*at);
                let new = similar_line(kind, &lines[at], &word);
                lines.insert(at + 1, new);
            }
            Edit::Delete(at, count) => {
                let at = place(*at);
                let end = (at + usize::from(*count)).min(lines.len());
                lines.drain(at..end);
            }
            Edit::Move(from, count, to) => {
                let at = place(*from);
                let end = (at + usize::from(*count)).min(lines.len());
                let moved: Vec<String> = lines.drain(at..end).collect();
                let to = usize::from(*to) % (lines.len() + 1);
                lines.splice(to..to, moved);
            }
            Edit::Section(at) => {
                let at = usize::from(*at) % (lines.len() + 1);
                lines.insert(at, section(kind, &word));
            }
            Edit::Word(_) | Edit::Line(_) => {}
        }
    }
    lines.concat()
}

fn with_word(line: &str, word: &str) -> String {
    let middle = line.char_indices().filter(|(_, letter)| *letter == ' ').nth(1).map(|(at, _)| at);
    match middle {
        Some(at) => format!("{} {word}{}", &line[..at], &line[at..]),
        None => format!("{}{word}\n", line.trim_end_matches(['\r', '\n'])),
    }
}

fn similar_line(kind: Kind, line: &str, word: &str) -> String {
    let front = &line[..line.len() - line.trim_start().len()];
    match (kind, line.trim_start().chars().next()) {
        (Kind::Markdown, Some('-')) => format!("{front}- {word} item\n"),
        (Kind::Markdown, Some('|')) => format!("| {word} | x |\n"),
        (Kind::Python, _) => format!("{front}{word} = 1\n"),
        (Kind::Hcl, _) => format!("{front}{word} = 1\n"),
        (Kind::Json, _) => format!("{front}\"{word}\": 1,\n"),
        _ => format!("{front}a line with {word}\n"),
    }
}

fn section(kind: Kind, word: &str) -> String {
    match kind {
        Kind::Python => format!("\n\ndef test_{word}():\n    assert True\n"),
        Kind::Hcl => format!("\nvariable \"{word}\" {{\n  default = 1\n}}\n"),
        _ => format!("\n## About {word}\n\nText of it.\n\n"),
    }
}

/// A window of a real document, and what two people made of it.
fn triple() -> impl Strategy<Value = (Kind, String, String, String)> {
    let text = (prop::sample::select(TEXTS), any::<u16>(), 10..120usize);
    (text, edits(), edits(), any::<[bool; 3]>()).prop_map(|(((kind, text), from, count), ours, theirs, windows)| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let whole = matches!(kind, Kind::Python | Kind::Hcl | Kind::Json);
        let from = if whole { 0 } else { usize::from(from) % lines.len() };
        let to = if whole { lines.len() } else { (from + count).min(lines.len()) };
        let base = lines[from..to].concat();
        let (ours, theirs) = (edited(kind, &base, &ours, "o"), edited(kind, &base, &theirs, "t"));
        let ended = |text: String, windows: bool| if windows { text.replace('\n', "\r\n") } else { text };
        // Line ends change in one of eight documents.
        let rare = windows[0] && windows[1];
        (kind, base, ended(ours, rare && windows[2]), ended(theirs, rare && !windows[2]))
    })
}

fn is_one_question(merged: &Merged) -> bool {
    merged.conflicts().any(|conflict| conflict.item == "file")
}

fn words(text: &str) -> HashSet<String> {
    let letters = |letter: char| !letter.is_ascii_alphanumeric();
    text.split(letters).filter(|word| word.starts_with("zq")).map(str::to_owned).collect()
}

fn conflict_texts(merged: &Merged) -> String {
    let sides = |conflict: &Conflict| [&conflict.ours, &conflict.theirs, &conflict.base].map(Clone::clone);
    merged.conflicts().flat_map(sides).flatten().collect::<Vec<_>>().join("\n")
}

fn keys(merged: &Merged) -> Vec<String> {
    let mut keys: Vec<String> = merged.conflicts().map(Conflict::key).collect();
    keys.sort();
    keys
}

/// The lines of a text and how often each is there; how a table is padded and a list numbered is layout.
fn counted(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let mut letters: Vec<char> = line.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
        letters.dedup_by(|one, other| *one == '-' && *other == '-');
        let line: String = letters.into_iter().collect();
        let line = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if !line.is_empty() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_side_alone_wins_byte_for_byte((kind, base, ours, theirs) in triple()) {
        for text in [&ours, &theirs] {
            for [b, o, t] in [[&base, &base, text], [&base, text, &base], [&base, text, text]] {
                let merged = merge(kind, b, o, t);
                prop_assert!(merged.is_clean());
                prop_assert_eq!(&merged.text(&|_| Take::Base), text);
            }
        }
    }

    #[test]
    fn every_word_that_one_side_added_is_there((kind, base, ours, theirs) in triple()) {
        let merged = merge(kind, &base, &ours, &theirs);
        let there = words(&format!("{}\n{}", merged.text(&|_| Take::Ours), conflict_texts(&merged)));
        for word in words(&ours).union(&words(&theirs)) {
            prop_assert!(there.contains(word), "{} is gone:\n{}", word, merged.marked(&Labels::default()));
        }
    }

    #[test]
    fn what_both_sides_kept_is_there((kind, base, ours, theirs) in triple()) {
        let merged = merge(kind, &base, &ours, &theirs);
        let (text, open) = (merged.text(&|_| Take::Ours), conflict_texts(&merged));
        let (there, open) = (counted(&text), counted(&open));
        let (in_ours, in_theirs) = (counted(&ours), counted(&theirs));
        for (line, count) in counted(&base) {
            if count == 1 && in_ours.get(&line) == Some(&1) && in_theirs.get(&line) == Some(&1) {
                prop_assert!(there.contains_key(&line) || open.contains_key(&line), "{} is gone", line);
            }
        }
    }

    #[test]
    fn swapping_sides_swaps_labels_and_order_of_additions((kind, base, ours, theirs) in triple()) {
        let (one, other) = (merge(kind, &base, &ours, &theirs), merge(kind, &base, &theirs, &ours));
        // One question for the whole text: each side's result is tried for itself.
        prop_assume!(!is_one_question(&one) && !is_one_question(&other));
        prop_assert_eq!(one.is_clean(), other.is_clean());
        prop_assert_eq!(one.conflicts().count(), other.conflicts().count());
        // JSON is laid out as in ours.
        if one.is_clean() && kind != Kind::Json {
            let (one, other) = (one.text(&|_| Take::Ours), other.text(&|_| Take::Ours));
            prop_assert_eq!(counted(&one), counted(&other));
        }
        let swapped = |conflict: &Conflict| Conflict { ours: conflict.theirs.clone(), theirs: conflict.ours.clone(), ..conflict.clone() };
        let mut swapped: Vec<String> = other.conflicts().map(|conflict| swapped(conflict).key()).collect();
        swapped.sort();
        prop_assert_eq!(keys(&one), swapped);
    }

    #[test]
    fn clean_results_parse((kind, base, ours, theirs) in triple()) {
        let merged = merge(kind, &base, &ours, &theirs);
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        if kind == Kind::Json && [&base, &ours, &theirs].into_iter().all(|text| is_json(text)) {
            for take in [Take::Base, Take::Ours, Take::Theirs] {
                let text = merged.text(&|_| take.clone());
                prop_assert!(is_json(&text), "{text}");
            }
        }
        let has_matter = |text: &str| text.starts_with("---\n") && vso::spec::front_matter::find(text).is_some();
        if merged.is_clean() && has_matter(&ours) && has_matter(&theirs) {
            prop_assert!(has_matter(&merged.text(&|_| Take::Ours)));
        }
        let braces = |text: &str| text.matches('{').count() == text.matches('}').count();
        if merged.is_clean() && kind == Kind::Hcl && braces(&ours) && braces(&theirs) {
            prop_assert!(braces(&merged.text(&|_| Take::Ours)));
        }
    }

    #[test]
    fn what_is_open_is_asked_again_and_nothing_else((kind, base, ours, theirs) in triple(), some in any::<u64>()) {
        let merged = merge(kind, &base, &ours, &theirs);
        let of_some = |conflict: &Conflict| some >> (u64::from(conflict.key().as_bytes()[0]) % 64) & 1 == 0;
        for take in [Take::Ours, Take::Theirs, Take::Base, Take::Text("settled zqboth\n".to_owned())] {
            let all = merged.resolve(&|_| Some(take.clone()));
            let none = merged.resolve(&|_| None);
            let part = merged.resolve(&|conflict| of_some(conflict).then(|| take.clone()));
            prop_assert!(all.open.is_empty());
            prop_assert_eq!(none.open.len(), merged.conflicts().count());
            for decided in [all, none, part] {
                let again = merge(kind, &decided.next_base, &decided.text, &theirs);
                prop_assert_eq!(again.resolve(&|_| None), decided);
            }
        }
    }
}

/// How fine conflicts are: seldom on the file as a whole, and most edits meet.
#[test]
fn conflicts_are_on_items_and_not_on_files() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let (mut all, mut clean, mut files, mut coarse) = (0, 0, 0, 0);
    for _ in 0..1_500 {
        let (kind, base, ours, theirs) = triple().new_tree(&mut runner).unwrap().current();
        let merged = merge(kind, &base, &ours, &theirs);
        all += 1;
        clean += usize::from(merged.is_clean());
        let by_lines = |conflict: &Conflict| conflict.item == "lines" && kind != Kind::Lines;
        coarse += usize::from(merged.conflicts().any(by_lines));
        if is_one_question(&merged) && std::env::var_os("VSO_TEST_SHOW").is_some() {
            println!("=== {kind:?}\n--- base\n{base}\n--- ours\n{ours}\n--- theirs\n{theirs}");
        }
        files += usize::from(is_one_question(&merged));
    }
    println!("{all} merges, {clean} clean, {coarse} with conflicts on lines, {files} with the whole file in conflict");
    assert!(files * 10 < all, "{files} of {all}");
    assert!(clean * 2 > all, "{clean} of {all}");
}

fn merged_case(folder: &Path) -> Result<(), String> {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let expected = files.find(|path| path.file_stem().is_some_and(|stem| stem == "Expected")).unwrap();
    let kind = Kind::of(expected.to_str().unwrap());
    let ending = expected.extension().unwrap().to_str().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.{ending}"))).unwrap();
    let merged = merge(kind, &read("Base"), &read("Left"), &read("Right"));
    let text = merged.text(&|_| Take::Ours);
    let expected = read("Expected");
    let as_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let is_right = match (expected.contains("<<<<<<<"), merged.is_clean()) {
        (true, clean) => !clean,
        (false, false) => false,
        (false, true) if kind == Kind::Json => as_json(&text) == as_json(&expected),
        (false, true) => text == expected,
    };
    is_right.then_some(()).ok_or_else(|| merged.marked(&Labels::default()))
}

#[test]
fn every_case_is_merged_as_its_author_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/merge-cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| Some(format!("{}:\n{}", case.display(), merged_case(case).err()?))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), 17);
}
