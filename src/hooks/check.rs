//! What is looked at before something leaves: lint of the master, unsettled conflicts in slices, slices left behind.
//!
//! Works on texts from a commit or the index, never on the work tree, which may be ahead of both.

use super::project::Project;
use crate::merge::Labels;
use crate::report::finding::Linted;
use crate::slicing::registry::{self, ItemRecord, Registry};
use crate::spec::lint::{Finding, Severity};
use crate::spec::{Document, read};
use crate::sync::lint::{lint_master, lint_slice};

/// The errors in a master, a line each. `exists` says whether a path from the repository's root is there.
#[must_use]
pub fn master(project: &Project, registry: &Registry, bytes: &[u8], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let path = project.master();
    let document = match document(&path, bytes) {
        Ok(document) => document,
        Err(line) => return vec![line],
    };
    errors(&lint_master(&project.config, registry, &path, document, exists))
}

/// The errors in a file of a slice, a line each: its specification is linted for its form, and no file may hold an
/// unsettled conflict of vso's.
#[must_use]
pub fn slice_file(path: &str, bytes: &[u8]) -> Vec<String> {
    if !path.ends_with(".md") {
        return markers(path, bytes);
    }
    // What is no document can still hold a conflict.
    let Ok(document) = document(path, bytes) else { return markers(path, bytes) };
    errors(&lint_slice(path, document))
}

/// The slices that the master has left behind: their records name other items than it gives them now. Nothing where slices
/// can't be made.
#[must_use]
pub fn stale(project: &Project, records: &Registry, master: &[u8]) -> Vec<String> {
    let Ok(document) = document("", master) else { return Vec::new() };
    let reading = read::read(&document);
    let settings = crate::slicing::Settings {
        platform: project.config.slicing.platform,
        synonyms: project.config.slicing.synonyms.clone(),
        text: document.text(),
        ..crate::slicing::Settings::default()
    };
    let Ok(slicing) = crate::slicing::plan(&reading, records, &settings) else { return Vec::new() };
    let key = |items: &[ItemRecord]| {
        let mut keys: Vec<_> =
            items.iter().map(|item| (item.kind, item.id.clone(), item.fingerprint.clone())).collect();
        keys.sort();
        keys
    };
    let fresh = |number: u32| slicing.slices.iter().find(|slice| slice.number == number);
    let behind = records.slices.iter().filter(|record| {
        fresh(record.number).map_or(!record.retired, |slice| key(&registry::record(slice).items) != key(&record.items))
    });
    behind.map(|record| record.slice_id.clone()).collect()
}

fn document(path: &str, bytes: &[u8]) -> Result<Document, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{path}: not UTF-8"))?;
    Document::parse(text).map_err(|error| format!("{path}: {error}"))
}

fn errors(linted: &Linted) -> Vec<String> {
    let errors = linted.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let line = |found: &Finding| {
        format!("{}:{}: {} [{}]", linted.path, linted.document.line(found.span), found.message, found.rule)
    };
    errors.map(line).collect()
}

/// Unsettled conflicts in a text that is no Markdown, by vso's exact markers in their order.
fn markers(path: &str, bytes: &[u8]) -> Vec<String> {
    let labels = Labels::default();
    let (open, close) = (marker('<', &labels.ours), marker('>', &labels.theirs));
    let divide = "=".repeat(labels.size);
    let mut found = Vec::new();
    let mut begun: Option<(usize, bool)> = None;
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match begun {
            _ if line == open.as_bytes() => begun = Some((number + 1, false)),
            Some((first, false)) if line == divide.as_bytes() => begun = Some((first, true)),
            Some((first, true)) if line == close.as_bytes() => {
                found.push(format!("{path}:{first}: an unsettled conflict begins here: {open}"));
                begun = None;
            }
            _ => {}
        }
    }
    found
}

fn marker(letter: char, label: &str) -> String {
    format!("{} {label}", letter.to_string().repeat(Labels::default().size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_conflicts_of_vso_count() {
        let check = |path: &str, text: &str, lines: &[usize]| {
            let found = slice_file(path, text.as_bytes());
            let at: Vec<String> = lines.iter().map(|line| format!("{path}:{line}: ")).collect();
            assert_eq!(found.len(), at.len(), "{text:?}: {found:?}");
            assert!(found.iter().zip(&at).all(|(found, at)| found.starts_with(at)), "{found:?}");
        };
        let whole = "a\n<<<<<<< slice\n1\n||||||| base\n2\n=======\n3\n>>>>>>> master\n";
        for path in ["spec.md", "tests/test_a.py", "metadata.json"] {
            check(path, whole, &[2]);
            check(path, &whole.replace('\n', "\r\n"), &[2]);
            check(path, "Title\n=======\n\ntext\n", &[]);
            check(path, "<<<<<<< HEAD\n1\n=======\n3\n>>>>>>> side\n", &[]);
        }
        check("spec.md", &format!("# T\n\n```text\n{whole}```\n"), &[]);
        check("a.py", "<<<<<<< slice\n", &[]);
        check("a.py", "<<<<<<< slices\n=======\n>>>>>>> master\n", &[]);
        check("a.bin", "\u{0}\u{1}", &[]);
    }
}
