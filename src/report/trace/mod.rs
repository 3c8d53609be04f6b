//! Requirement, slice, criterion, test, result: what is covered by what, and first of all what nobody covers.
//!
//! A test that only asks for a step that people have not written yet is *unwritten*, whatever its result says: it
//! covers nothing.

pub mod csv;
pub mod html;
pub mod junit;
pub mod markdown;
mod python;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use crate::slicing::slice::{Criterion, Ground, ItemKind, test_name};
use crate::slicing::{Slice, Slicing};
use crate::spec::item::{Reading, RequirementKind};

pub use junit::{Outcome, Run};
pub use python::{Function, functions};

/// How far a requirement has come in one slice; the first ones are gaps, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// No slice owns it.
    Unowned,
    /// It gives no criterion: a non-functional requirement without a number.
    NoCriterion,
    /// No test stands in the slice's folder.
    Missing,
    /// Its test asks for a step that nobody has written.
    Unwritten,
    /// A test failed.
    Failed,
    /// Its tests were skipped.
    Skipped,
    /// It has a test; no result was read.
    Written,
    /// Its tests passed.
    Passed,
}

impl State {
    /// Whether a test covers it; whether that test is green is another question.
    #[must_use]
    pub fn is_covered(self) -> bool {
        matches!(self, Self::Failed | Self::Written | Self::Passed)
    }

    /// The word for it in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unowned => "unowned",
            Self::NoCriterion => "no criterion",
            Self::Missing => "no test",
            Self::Unwritten => "unwritten",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Written => "written",
            Self::Passed => "passed",
        }
    }
}

/// One test of a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TestView {
    /// The function's name.
    pub name: String,
    /// Its file, from the slice's folder.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it asks for a step that nobody has written.
    pub unwritten: bool,
    /// How it ended, when results were read.
    pub outcome: Option<Outcome>,
}

/// One requirement in one slice, by one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// How far it has come.
    pub state: State,
    /// The requirement's id; none for a stated criterion that names none.
    pub requirement: Option<String>,
    /// `functional` or `non_functional`; none where there is no requirement.
    pub kind: Option<String>,
    /// The requirement's line in the master, from 1.
    pub line: Option<usize>,
    /// The slice's id; none where no slice owns it.
    pub slice: Option<String>,
    /// The criterion's id; none where there is none.
    pub criterion: Option<String>,
    /// The criterion's text, else the requirement's.
    pub text: String,
    /// The tests.
    pub tests: Vec<TestView>,
}

/// How many rows there are of each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// All rows.
    pub rows: usize,
    /// Those that a test covers.
    pub covered: usize,
    /// Those whose tests passed.
    pub passed: usize,
    /// Those with a test that failed.
    pub failed: usize,
    /// Those that nobody covers.
    pub gaps: usize,
}

/// The whole trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Trace {
    /// The system's name.
    pub title: String,
    /// The master's version.
    pub master_version: String,
    /// The sums.
    pub counts: Counts,
    /// What nobody covers first; within that, the order of the slices and of the text.
    pub rows: Vec<Row>,
    /// Results whose slice could not be told, by test name: they count nowhere.
    pub unplaced: Vec<String>,
}

/// The test files of a slice: paths from the slice's folder, with their text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestFiles {
    /// Path and text.
    pub files: Vec<(String, String)>,
}

impl Trace {
    /// Traces a slicing. `files` holds the test files by slice id, `runs` the results that were read.
    #[must_use]
    pub fn of(slicing: &Slicing, reading: &Reading, files: &BTreeMap<String, TestFiles>, runs: &[Run]) -> Self {
        let tests: HashMap<&str, Tests> =
            files.iter().map(|(slice, files)| (slice.as_str(), Tests::of(files))).collect();
        let (results, unplaced) = place(runs, &tests);
        let mut rows = unowned(slicing, reading);
        for slice in &slicing.slices {
            let tests = tests.get(slice.id.as_str());
            rows.extend(rows_of(slice, tests, &results));
        }
        let rank = |state: State| if state.is_covered() && state != State::Failed { State::Passed } else { state };
        rows.sort_by_key(|row| (row.state.is_covered(), rank(row.state)));
        let count = |wanted: &dyn Fn(State) -> bool| rows.iter().filter(|row| wanted(row.state)).count();
        let counts = Counts {
            rows: rows.len(),
            covered: count(&State::is_covered),
            passed: count(&|state| state == State::Passed),
            failed: count(&|state| state == State::Failed),
            gaps: count(&|state| !state.is_covered()),
        };
        let (title, master_version) = (slicing.title.clone(), slicing.master_version.clone());
        Self { title, master_version, counts, rows, unplaced }
    }
}

/// The test functions of a slice, and the steps that nobody has written.
struct Tests {
    functions: Vec<(String, Function)>,
    written_steps: BTreeSet<String>,
}

impl Tests {
    fn of(files: &TestFiles) -> Self {
        let mut found = Self { functions: Vec::new(), written_steps: BTreeSet::new() };
        for (path, text) in &files.files {
            for function in functions(text) {
                if path.ends_with("steps.py") && !function.is_unimplemented {
                    found.written_steps.insert(function.name.clone());
                }
                if function.name.starts_with("test_") {
                    found.functions.push((path.clone(), function));
                }
            }
        }
        found
    }
}

/// Results by slice and test name; the worst one of several.
type Results = HashMap<(String, String), Outcome>;

/// Finds each result's slice: the one that it names, else the only one that has such a test.
fn place(runs: &[Run], tests: &HashMap<&str, Tests>) -> (Results, Vec<String>) {
    let mut results = Results::new();
    let mut unplaced = BTreeSet::new();
    for run in runs {
        let named = tests.keys().find(|slice| run.names(slice));
        let has = |tests: &Tests| tests.functions.iter().any(|(_, function)| function.name == run.name);
        let mut holders = tests.iter().filter(|(_, tests)| has(tests)).map(|(slice, _)| slice);
        let slice = named.or_else(|| holders.next().filter(|_| holders.next().is_none()));
        let Some(slice) = slice else {
            unplaced.insert(run.name.clone());
            continue;
        };
        let held = results.entry(((*slice).to_owned(), run.name.clone())).or_insert(run.outcome);
        *held = (*held).max(run.outcome);
    }
    (results, unplaced.into_iter().collect())
}

fn unowned(slicing: &Slicing, reading: &Reading) -> Vec<Row> {
    let lost = slicing.assignments.iter().filter(|found| {
        found.kind == ItemKind::Requirement && found.component.is_none() && found.ground != Ground::Everyone
    });
    let row = |found: &crate::slicing::slice::Assignment| {
        let item = reading.requirements.get(found.index)?;
        Some(Row {
            state: State::Unowned,
            requirement: Some(found.id.clone()),
            kind: Some(kind_word(item.kind).to_owned()),
            line: Some(item.origin.line),
            slice: None,
            criterion: None,
            text: item.text.clone(),
            tests: Vec::new(),
        })
    };
    lost.filter_map(row).collect()
}

fn rows_of(slice: &Slice, tests: Option<&Tests>, results: &Results) -> Vec<Row> {
    let names: BTreeSet<String> = slice.criteria.iter().map(Criterion::test_name).collect();
    let mut rows = Vec::new();
    for held in &slice.requirements {
        let row = |criterion: Option<&Criterion>| {
            let tests = criterion.map(|criterion| views(slice, criterion, &names, tests, results)).unwrap_or_default();
            Row {
                state: criterion.map_or(State::NoCriterion, |_| state(&tests)),
                requirement: Some(held.id.clone()),
                kind: Some(kind_word(held.item.kind).to_owned()),
                line: Some(held.item.origin.line),
                slice: Some(slice.id.clone()),
                criterion: criterion.map(|criterion| criterion.id.clone()),
                text: criterion.map_or_else(|| held.item.text.clone(), |criterion| criterion.text.clone()),
                tests,
            }
        };
        let of_it: Vec<&Criterion> =
            slice.criteria.iter().filter(|criterion| criterion.origin.contains(&held.id)).collect();
        if of_it.is_empty() {
            rows.push(row(None));
        }
        rows.extend(of_it.into_iter().map(|criterion| row(Some(criterion))));
    }
    let known: BTreeSet<&str> = slice.requirements.iter().map(|held| held.id.as_str()).collect();
    let free = slice.criteria.iter().filter(|criterion| !criterion.origin.iter().any(|id| known.contains(id.as_str())));
    rows.extend(free.map(|criterion| {
        let tests = views(slice, criterion, &names, tests, results);
        Row {
            state: state(&tests),
            requirement: None,
            kind: None,
            line: None,
            slice: Some(slice.id.clone()),
            criterion: Some(criterion.id.clone()),
            text: criterion.text.clone(),
            tests,
        }
    }));
    rows
}

/// The tests of a criterion: the one that is called like it, and those that add words to its name.
fn views(
    slice: &Slice,
    criterion: &Criterion,
    names: &BTreeSet<String>,
    tests: Option<&Tests>,
    results: &Results,
) -> Vec<TestView> {
    let Some(tests) = tests else { return Vec::new() };
    let wanted = test_name(&criterion.id);
    let is_of = |name: &str| {
        let mut part = name;
        loop {
            if names.contains(part) {
                return part == wanted;
            }
            let Some((shorter, _)) = part.rsplit_once('_') else { return false };
            part = shorter;
        }
    };
    let found = tests.functions.iter().filter(|(_, function)| is_of(&function.name));
    found
        .map(|(file, function)| TestView {
            name: function.name.clone(),
            file: file.clone(),
            line: function.line,
            unwritten: function.steps.iter().any(|step| !tests.written_steps.contains(step)),
            outcome: results.get(&(slice.id.clone(), function.name.clone())).copied(),
        })
        .collect()
}

fn state(tests: &[TestView]) -> State {
    let written: Vec<&TestView> = tests.iter().filter(|test| !test.unwritten).collect();
    if tests.is_empty() {
        State::Missing
    } else if written.is_empty() {
        State::Unwritten
    } else {
        match written.iter().filter_map(|test| test.outcome).max() {
            Some(Outcome::Failed) => State::Failed,
            Some(Outcome::Skipped) => State::Skipped,
            // One that passed does not speak for another whose result is missing.
            Some(Outcome::Passed) if written.iter().all(|test| test.outcome.is_some()) => State::Passed,
            _ => State::Written,
        }
    }
}

fn kind_word(kind: RequirementKind) -> &'static str {
    match kind {
        RequirementKind::Functional => "functional",
        RequirementKind::NonFunctional => "non_functional",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(unwritten: bool, outcome: Option<Outcome>) -> TestView {
        TestView { name: "test_a".into(), file: "a.py".into(), line: 1, unwritten, outcome }
    }

    #[test]
    fn states_of_tests() {
        let check = |tests: &[TestView], expected: State| assert_eq!(state(tests), expected, "{tests:?}");
        check(&[], State::Missing);
        check(&[view(true, Some(Outcome::Passed))], State::Unwritten);
        check(&[view(false, None)], State::Written);
        check(&[view(false, Some(Outcome::Passed)), view(false, None)], State::Written);
        check(&[view(false, Some(Outcome::Passed)), view(true, Some(Outcome::Failed))], State::Passed);
        check(&[view(false, Some(Outcome::Passed)), view(false, Some(Outcome::Failed))], State::Failed);
        check(&[view(false, Some(Outcome::Passed)), view(false, Some(Outcome::Skipped))], State::Skipped);
    }

    #[test]
    fn results_go_to_the_slice_that_they_name_or_nowhere() {
        let files =
            |name: &str| TestFiles { files: vec![("tests/a.py".into(), format!("def {name}():\n    assert 1\n"))] };
        let one = files("test_ac_1");
        let two = files("test_ac_1");
        let three = files("test_ac_3");
        let tests: HashMap<&str, Tests> =
            [("slice-001-a", Tests::of(&one)), ("slice-002-b", Tests::of(&two)), ("slice-003-c", Tests::of(&three))]
                .into();
        let run = |name: &str, place: &str| Run {
            name: name.into(),
            places: vec![place.to_owned()],
            outcome: Outcome::Passed,
        };
        let runs = [run("test_ac_1", "x/slice-002-b/y.xml"), run("test_ac_1", "y.xml"), run("test_ac_3", "y.xml")];
        let (results, unplaced) = place(&runs, &tests);
        let mut found: Vec<(String, String)> = results.into_keys().collect();
        found.sort();
        let expected = [("slice-002-b", "test_ac_1"), ("slice-003-c", "test_ac_3")];
        assert_eq!(found, expected.map(|(slice, test)| (slice.to_owned(), test.to_owned())));
        assert_eq!(unplaced, ["test_ac_1"]);
    }
}
