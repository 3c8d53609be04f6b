//! What is edited in a slice comes back from the edited master byte for byte in the same slice, or is refused; every
//! other byte of the master stays. Over real documents, with a word changed in every line that vso makes of them.

#![expect(clippy::print_stdout, reason = "how much was carried and how much refused is the figure of this test")]

use vso::scaffold::carry::{self, Carried, SpecEdits};
use vso::scaffold::{FileTree, Settings, Templates, generate, record_of};
use vso::slicing::slice::ItemKind;
use vso::slicing::{self, Registry, Slicing};
use vso::spec::{Document, Reading, read};

const DEMO: &str = include_str!("../../templates/demo/master-spec.md");
const WORD: &str = "zebrafish";
/// Lines of one document that are edited at most; they are spread over the document.
const MOST: usize = 30;

struct Project {
    document: Document,
    reading: Reading,
    slicing: Slicing,
    tree: FileTree,
    registry: Registry,
}

impl Project {
    fn of(text: &str, registry: &Registry) -> Option<Self> {
        let document = Document::parse(text).unwrap();
        let reading = read::read(&document);
        let settings = slicing::Settings { text, ..slicing::Settings::default() };
        let slicing = slicing::plan(&reading, registry, &settings).ok()?;
        let tree = generate(&slicing, &Templates::embedded(), &Settings::default()).unwrap();
        let mut slices: Vec<_> = slicing.slices.iter().map(record_of).collect();
        slices.sort_by_key(|slice| slice.number);
        Some(Self { document, reading, slicing, tree, registry: Registry { slices } })
    }

    fn page(&self, slice: &str) -> String {
        let file = self.tree.get(&format!("vertical-slices/{slice}/spec.md"));
        file.map(|file| String::from_utf8(file.bytes.clone()).unwrap()).unwrap_or_default()
    }

    fn carry(&self, slice: &str, ours: &str) -> (SpecEdits, Carried) {
        let edits = carry::edits(&self.page(slice), ours);
        let carried = carry::carry(&self.document, &self.reading, &self.slicing, &[(slice.to_owned(), edits.clone())]);
        (edits, carried)
    }
}

/// The lines of a page that state items, with their section.
fn item_lines(page: &str) -> Vec<(usize, ItemKind)> {
    let mut kind = None;
    let mut found = Vec::new();
    for (at, line) in page.lines().enumerate() {
        match line {
            "## Acceptance Criteria (TDD)" => kind = Some(ItemKind::Criterion),
            "## Requirements" => kind = Some(ItemKind::Requirement),
            "## API Specification" => kind = Some(ItemKind::Endpoint),
            "## Data Models" => kind = Some(ItemKind::Model),
            _ if line.starts_with("## ") => kind = None,
            _ if line.trim_start().starts_with("- ") => found.extend(kind.map(|kind| (at, kind))),
            _ => {}
        }
    }
    found
}

/// Where the words of a line begin and end that may be changed: behind the id, before the references.
fn words(line: &str) -> Vec<(usize, usize)> {
    let from = line.find("** ").map_or(0, |at| at + 3);
    let to = line.rfind(" ([").filter(|at| *at > from).unwrap_or(line.len());
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, letter) in line[..to].char_indices().skip_while(|(at, _)| *at < from) {
        let han = ('\u{4e00}'..='\u{9fff}').contains(&letter);
        match found.last_mut() {
            Some(last) if last.1 == at && letter.is_alphabetic() && !han => last.1 = at + letter.len_utf8(),
            _ if letter.is_alphabetic() => found.push((at, at + letter.len_utf8())),
            _ => {}
        }
    }
    found
}

/// What differs between two texts, without what they have in common at both ends.
fn middles<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let front = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
    let front = (0..=front).rev().find(|at| old.is_char_boundary(*at) && new.is_char_boundary(*at)).unwrap();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old.bytes().rev().zip(new.bytes().rev()).take_while(|(one, other)| one == other).count();
    let holds = |back: usize| old.is_char_boundary(old.len() - back) && new.is_char_boundary(new.len() - back);
    let back = (0..=back).rev().find(|back| holds(*back)).unwrap();
    (&old[..old.len() - back], &new[..new.len() - back])
}

#[derive(Default)]
struct Count {
    carried: [usize; 4],
    elsewhere: [usize; 4],
    refused: [usize; 4],
}

fn index(kind: ItemKind) -> usize {
    [ItemKind::Requirement, ItemKind::Criterion, ItemKind::Endpoint, ItemKind::Model]
        .iter()
        .position(|one| *one == kind)
        .unwrap()
}

/// Changes one word of one line and takes it the whole way.
fn one(project: &Project, slice: &str, at: usize, kind: ItemKind, count: &mut Count) {
    let page = project.page(slice);
    let line = page.lines().nth(at).unwrap();
    let words = words(line);
    let Some(word) = words.get((at * 7) % words.len().max(1)) else { return };
    let edited = format!("{}{WORD}{}", &line[..word.0], &line[word.1..]);
    let lines = page.split_inclusive('\n').enumerate();
    let ours: String =
        lines.map(|(place, text)| if place == at { format!("{edited}\n") } else { text.to_owned() }).collect();
    let (edits, carried) = project.carry(slice, &ours);
    assert!(!edits.is_empty(), "nothing was seen in {edited:?}");
    assert!(edits.removed.is_empty() && edits.added.is_empty(), "{edited:?}: {edits:?}");
    let place = index(kind);
    if carried.applied.is_empty() {
        assert_eq!(carried.text, project.document.text(), "{edited}");
        assert_eq!(carried.refused.len() + carried.conflicts.len(), 1, "{edited}");
        count.refused[place] += 1;
        if std::env::var_os("VSO_TEST_TELL").is_some() {
            println!("    refused {edited}: {:?} {:?}", carried.refused.first().map(|it| &it.1), carried.conflicts);
        }
        return;
    }
    let (old, new) = middles(project.document.text(), &carried.text);
    assert!(WORD.len() >= new.len() && old.len() <= word.1 - word.0, "{edited}: {old:?} -> {new:?}");
    let again = Project::of(&carried.text, &project.registry).expect("what could be cut can be cut again");
    if again.page(slice).lines().any(|line| line == edited) {
        count.carried[place] += 1;
    } else {
        count.elsewhere[place] += 1;
        if std::env::var_os("VSO_TEST_TELL").is_some() {
            println!("    elsewhere {slice} {edited}");
        }
    }
}

fn check(name: &str, text: &str) -> Count {
    let mut count = Count::default();
    let Some(first) = Project::of(text, &Registry::default()) else {
        println!("{name}: no slices");
        return count;
    };
    let project = Project::of(text, &first.registry).unwrap();
    let slices: Vec<String> = project.slicing.slices.iter().map(|slice| slice.id.clone()).collect();
    let all: Vec<(String, usize, ItemKind)> = slices
        .iter()
        .flat_map(|slice| item_lines(&project.page(slice)).into_iter().map(|(at, kind)| (slice.clone(), at, kind)))
        .collect();
    let step = all.len().div_ceil(MOST).max(1);
    for (slice, at, kind) in all.iter().step_by(step) {
        one(&project, slice, *at, *kind, &mut count);
    }
    println!(
        "{name}: {} lines; requirements, criteria, endpoints, models: carried {:?}, to another slice {:?}, refused {:?}",
        all.len(),
        count.carried,
        count.elsewhere,
        count.refused
    );
    count
}

#[test]
fn a_tidy_master_takes_every_edit() {
    let count = check("demo", DEMO);
    assert_eq!(count.refused[..2], [0, 0]);
    let windows = check("demo, CRLF", &DEMO.replace('\n', "\r\n"));
    assert_eq!(windows.carried, count.carried);
}

#[test]
fn real_masters_take_edits_or_refuse_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/specs");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        check(path.file_stem().unwrap().to_str().unwrap(), &text);
    }
}
