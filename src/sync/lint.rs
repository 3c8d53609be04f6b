//! Linting files: which ones, what the rooms above the rules know of each, safe edits, and the findings.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{master, registry};
use crate::config::Config;
use crate::fault::Fault;
use crate::merge::Labels;
use crate::report::finding::Linted;
use crate::slicing::registry::Registry;
use crate::slicing::slice::{ItemKind, Slicing};
use crate::slicing::{self, SlicingError};
use crate::spec::lint::{self, Facts, Rule, Severity, Subject, anchors};
use crate::spec::{Document, Reading, read, rules};
use crate::worktree::{markdown_below, replace_text, shown};

/// More rounds of safe edits than any document needs; each round settles all edits that do not touch each other.
const ROUNDS: usize = 8;

/// The files that paths name: files as they are, folders with all Markdown below them, by path and each once.
///
/// # Errors
/// When a folder can't be listed (exit 3), or holds no Markdown (exit 2).
pub fn files(paths: &[PathBuf], config: &Config) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let below = markdown_below(path, &config.project.slices)?;
        if below.is_empty() {
            return Err(Fault::usage(format!("there is no Markdown file below {}", shown(path))));
        }
        found.extend(below.into_iter().map(|name| path.join(name)));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The severities that a project sets.
///
/// # Errors
/// When it names a rule that does not exist (exit 2).
pub fn check_rules(config: &Config) -> Result<(), Fault> {
    match config.lint.rules.keys().find(|id| rules::find(id).is_none()) {
        None => Ok(()),
        Some(id) => Err(unknown_rule(&format!("[lint] rules.{id}: there is no such rule"), id)),
    }
}

/// A fault for a rule id that does not exist, with the id that may have been meant.
#[must_use]
pub fn unknown_rule(message: &str, id: &str) -> Fault {
    Fault::usage(message).hint(match rules::nearest_id(id) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "`vso lint --explain` lists the rules".to_owned(),
    })
}

/// A linted file, and how many findings were settled by edits.
#[derive(Debug)]
pub struct LintedFile {
    /// The findings that are left.
    pub linted: Linted,
    /// How many findings were settled.
    pub settled: usize,
}

/// Lints a file; with `fix`, applies the safe edits first and writes the file when that changed it.
///
/// # Errors
/// When the file can't be read (exit 2) or written (exit 3), or a slice's record can't be read (exit 2).
pub fn lint_file(root: &Path, config: &Config, path: &Path, fix: bool) -> Result<LintedFile, Fault> {
    let before = master::document(path)?;
    let records = if is_master(root, config, path) { registry(root, config)? } else { Registry::default() };
    let lint = |document: &Document| {
        let reading = read::read(document);
        let facts = facts_of(config, &records, path, document, &reading);
        let severity = |rule: &Rule| severity(config, rule);
        lint::run(rules::ALL, &severity, &Subject { document, reading: &reading, facts: &facts })
    };
    let mut findings = lint(&before);
    let mut document = before.clone();
    let mut settled = 0;
    for _ in 0..if fix { ROUNDS } else { 0 } {
        let Some((text, count)) = lint::fixed(document.text(), &findings) else { break };
        // An edit never makes a document longer than the limit by more than it adds; should it, the edit is not made.
        let Ok(changed) = Document::parse(text) else { break };
        document = changed;
        settled += count;
        findings = lint(&document);
    }
    if settled > 0 {
        replace_text(path, before.text(), document.text())?;
    }
    let name = shown(path).replace('\\', "/");
    Ok(LintedFile { linted: Linted::new(name, document, findings), settled })
}

/// Lints a master that is no file: of a commit, or of the index. `exists` says whether a path beside it is there.
#[must_use]
pub fn lint_master(
    config: &Config,
    records: &Registry,
    path: &str,
    document: Document,
    exists: &dyn Fn(&str) -> bool,
) -> Linted {
    let reading = read::read(&document);
    let there = |link: &str| beside(path, link).is_none_or(|path| exists(&path));
    let facts = facts_where(config, records, &document, &reading, &there);
    let severity = |rule: &Rule| severity(config, rule);
    let found = lint::run(rules::ALL, &severity, &Subject { document: &document, reading: &reading, facts: &facts });
    Linted::new(path, document, found)
}

/// Rules that a slice's specification is held to: it is vso's own form, and the rest is said of the master.
const OF_SLICES: [&str; 2] = ["conflict-markers", "invalid-front-matter"];

/// Lints a slice's specification for its form. Markers of a merge count where they are vso's own.
#[must_use]
pub fn lint_slice(path: &str, document: Document) -> Linted {
    let reading = Reading::default();
    let facts = Facts::default();
    let rules: Vec<&Rule> = OF_SLICES.iter().filter_map(|id| rules::find(id)).collect();
    let severity = |rule: &Rule| rule.severity;
    let mut found = lint::run(&rules, &severity, &Subject { document: &document, reading: &reading, facts: &facts });
    let labels = Labels::default();
    let opening = format!("{} {}", "<".repeat(labels.size), labels.ours);
    found.retain(|finding| finding.rule != "conflict-markers" || finding.span.of(document.text()) == opening);
    Linted::new(path, document, found)
}

/// The path that a link in a file leads to, from the repository's root; none when it leads out of it.
fn beside(file: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn severity(config: &Config, rule: &Rule) -> Severity {
    config.lint.rules.get(rule.id).copied().unwrap_or(rule.severity)
}

fn is_master(root: &Path, config: &Config, path: &Path) -> bool {
    let master = root.join(&config.project.master).canonicalize();
    master.is_ok_and(|master| path.canonicalize().is_ok_and(|path| path == master))
}

/// What the rules can't know by themselves: who owns what, what the slices on disk remember, which files are there.
#[must_use]
pub fn facts_of(config: &Config, records: &Registry, path: &Path, document: &Document, reading: &Reading) -> Facts {
    let folder = path.parent().unwrap_or(Path::new(""));
    facts_where(config, records, document, reading, &|link| folder.join(link).exists())
}

/// The same where `there` says whether a file link of the document leads to something.
#[must_use]
pub fn facts_where(
    config: &Config,
    records: &Registry,
    document: &Document,
    reading: &Reading,
    there: &dyn Fn(&str) -> bool,
) -> Facts {
    let given = config.slicing.synonyms.iter();
    let synonyms = given.flat_map(|(name, others)| others.iter().map(move |other| (name.clone(), other.clone())));
    let there = anchors::file_links(document).into_iter().filter(|link| there(link));
    let mut facts = Facts {
        vanished: vanished(reading, records),
        synonyms: synonyms.collect(),
        files: Some(there.collect()),
        ..Facts::default()
    };
    let settings = slicing::Settings {
        platform: config.slicing.platform,
        synonyms: config.slicing.synonyms.clone(),
        text: document.text(),
        ..slicing::Settings::default()
    };
    match slicing::plan(reading, records, &settings) {
        Ok(planned) => {
            facts.ownership = planned.ownership();
            facts.stray_endpoints = stray_endpoints(&planned);
            facts.cut_by = planned.slices.iter().map(|slice| slice.name.clone()).collect();
            facts.slugs = planned.slugs;
        }
        Err(SlicingError::Cycle { path }) => facts.cycle = path,
        Err(SlicingError::NoComponent | SlicingError::UnnamedComponent { .. }) => {}
    }
    facts
}

fn stray_endpoints(planned: &Slicing) -> Vec<(usize, Vec<lint::Candidate>)> {
    let stray =
        planned.assignments.iter().filter(|found| found.kind == ItemKind::Endpoint && found.component.is_none());
    stray.map(|found| (found.index, found.candidates.clone())).collect()
}

/// Ids that the text gave when slices were last generated, and gives no more. A derived id can't vanish: its item is
/// matched by its words.
fn vanished(reading: &Reading, records: &Registry) -> Vec<(String, String)> {
    let requirements = reading.requirements.iter().filter_map(|item| item.id.as_deref());
    let endpoints = reading.endpoints.iter().filter_map(|item| item.id.as_deref());
    let criteria = reading.criteria.iter().filter_map(|item| item.id.as_deref());
    let here: HashSet<&str> = requirements.chain(endpoints).chain(criteria).collect();
    let mut seen = HashSet::new();
    let mut gone = Vec::new();
    for slice in records.slices.iter().filter(|slice| !slice.retired) {
        for item in slice.items.iter().filter(|item| item.explicit && !here.contains(item.id.as_str())) {
            if seen.insert(item.id.as_str()) {
                gone.push((item.id.clone(), slice.slice_id.clone()));
            }
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_the_file() {
        let check = |file: &str, link: &str, expected: Option<&str>| {
            assert_eq!(beside(file, link).as_deref(), expected);
        };
        check("master.md", "docs/a.md", Some("docs/a.md"));
        check("sub/master.md", "./../b.md", Some("b.md"));
        check("master.md", "../c.md", None);
    }
}
