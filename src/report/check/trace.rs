//! The check of the trace: requirements that nobody tests, at the lines of the master on which they stand.

use std::collections::{BTreeMap, BTreeSet};

use super::place::Paths;
use super::{Annotation, Check, Conclusion, Level, TRACE, markdown};
use crate::report::finding::{counted, safe};
use crate::report::trace::{Row, State, Trace};

/// The rule of a requirement that nobody tests, in annotations and SARIF.
pub const UNTESTED: &str = "untested-requirement";

/// So many requirements are named in a summary.
const NAMED: usize = 100;
/// So much of a requirement's text is quoted, in characters.
const QUOTED: usize = 160;

/// The check; `only` restricts it to what these slices hold.
#[must_use]
pub fn check(trace: &Trace, only: Option<&BTreeSet<String>>, paths: &Paths) -> Check {
    let is_here = |row: &&Row| match (only, &row.slice) {
        (None, _) => true,
        (Some(only), Some(slice)) => only.contains(slice),
        (Some(_), None) => false,
    };
    let all = by_requirement(trace.rows.iter().filter(is_here));
    let untested: Vec<&Asked<'_>> = all.values().filter(|asked| !asked.gaps.is_empty()).collect();
    let gaps: Vec<Annotation> = untested.iter().map(|asked| annotation(asked, paths)).collect();
    let total = counted(all.len(), "requirement");
    Check {
        name: TRACE.to_owned(),
        conclusion: if gaps.is_empty() { Conclusion::Success } else { Conclusion::Failure },
        title: match gaps.len() {
            0 if all.is_empty() => "no requirement to test".to_owned(),
            0 => format!("every one of {total} has a test"),
            count => format!("nobody tests {count} of {total}"),
        },
        summary: summary(&untested),
        annotations: gaps,
        buttons: Vec::new(),
    }
}

/// A requirement, or a criterion of no requirement, with the rows that nobody covers.
struct Asked<'a> {
    id: &'a str,
    first: &'a Row,
    gaps: Vec<&'a Row>,
}

/// In the order of the master.
fn by_requirement<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeMap<(usize, &'a str), Asked<'a>> {
    let mut all = BTreeMap::new();
    for row in rows {
        let Some(id) = row.requirement.as_deref().or(row.criterion.as_deref()) else { continue };
        let place = (row.line.unwrap_or(usize::MAX), id);
        let asked: &mut Asked<'a> = all.entry(place).or_insert_with(|| Asked { id, first: row, gaps: Vec::new() });
        if !row.state.is_covered() {
            asked.gaps.push(row);
        }
    }
    all
}

fn annotation(asked: &Asked<'_>, paths: &Paths) -> Annotation {
    // A criterion that no requirement asks for stands in its slice.
    let path = match (asked.first.line, &asked.first.slice) {
        (None, Some(slice)) => paths.of_slice(slice, "spec.md"),
        _ => paths.master(),
    };
    let line = asked.first.line.unwrap_or(1);
    let missing: Vec<String> = asked.gaps.iter().map(|row| gap(row)).collect();
    Annotation {
        path,
        start_line: line,
        end_line: line,
        columns: None,
        level: Level::Failure,
        title: UNTESTED.to_owned(),
        message: format!("nobody tests {}: {}\nhint: {}", safe(asked.id), missing.join("; "), hint(&asked.gaps)),
    }
}

/// `AC-FR-003 in slice-001-auth (unwritten)`.
fn gap(row: &Row) -> String {
    let criterion = row.criterion.as_deref().map(|criterion| format!("{} ", safe(criterion))).unwrap_or_default();
    let slice = row.slice.as_deref().map(|slice| format!("in {slice} ")).unwrap_or_default();
    format!("{criterion}{slice}({})", row.state.word())
}

fn hint(gaps: &[&Row]) -> &'static str {
    match gaps.iter().map(|row| row.state).min() {
        Some(State::Unowned) => "name its component: `[component: NAME]` in the master",
        Some(State::NoCriterion) => "give it a number that can be measured, or a criterion",
        Some(State::Unwritten) => "write the step that its test asks for, in the slice's tests/steps.py",
        _ => "`vso trace` says which test is missing",
    }
}

fn summary(untested: &[&Asked<'_>]) -> String {
    if untested.is_empty() {
        return "Whether the tests pass is another question: `vso trace --junit FILE` reads results.\n".to_owned();
    }
    let mut text = String::new();
    for asked in untested.iter().take(NAMED) {
        let words: String = asked.first.text.chars().take(QUOTED).collect();
        let missing: Vec<String> = asked.gaps.iter().map(|row| markdown::inline(&gap(row))).collect();
        let (id, words) = (markdown::inline(asked.id), markdown::inline(&words));
        text.push_str(&format!("- **{id}** {words}: {}\n", missing.join("; ")));
    }
    if untested.len() > NAMED {
        text.push_str(&format!("\nand {} more\n", untested.len() - NAMED));
    }
    text.push_str("\n`vso trace` shows the whole table.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::trace::Counts;

    fn row(state: State, requirement: Option<&str>, line: Option<usize>, slice: Option<&str>) -> Row {
        Row {
            state,
            requirement: requirement.map(str::to_owned),
            kind: None,
            line,
            slice: slice.map(str::to_owned),
            criterion: slice.map(|_| format!("AC-{}", requirement.unwrap_or("7"))),
            text: "Ask @everyone <!-- x".into(),
            tests: Vec::new(),
        }
    }

    fn made(rows: Vec<Row>, only: Option<&[&str]>) -> Check {
        let trace = Trace {
            title: "t".into(),
            master_version: "1.0.0".into(),
            counts: Counts::default(),
            rows,
            unplaced: Vec::new(),
        };
        let only = only.map(|only| only.iter().map(|slice| (*slice).to_owned()).collect());
        let paths = Paths { prefix: "a".into(), master: "m.md".into(), slices: "s".into() };
        check(&trace, only.as_ref(), &paths)
    }

    #[test]
    fn a_requirement_is_named_once_however_many_tests_it_lacks() {
        let check = made(
            vec![
                row(State::Unwritten, Some("FR-1"), Some(9), Some("slice-001-a")),
                row(State::Missing, Some("FR-1"), Some(9), Some("slice-002-b")),
                row(State::Unowned, Some("FR-2"), Some(4), None),
                row(State::Written, Some("FR-3"), Some(11), Some("slice-001-a")),
                row(State::Missing, None, None, Some("slice-001-a")),
            ],
            None,
        );
        assert_eq!((check.conclusion, check.title.as_str()), (Conclusion::Failure, "nobody tests 3 of 4 requirements"));
        let places: Vec<(&str, usize)> =
            check.annotations.iter().map(|one| (one.path.as_str(), one.start_line)).collect();
        assert_eq!(places, [("a/m.md", 4), ("a/m.md", 9), ("a/s/slice-001-a/spec.md", 1)]);
        let expected = "nobody tests FR-1: AC-FR-1 in slice-001-a (unwritten); AC-FR-1 in slice-002-b (no test)\n";
        assert!(check.annotations[1].message.starts_with(expected), "{}", check.annotations[1].message);
        assert!(!check.summary.contains("@everyone") && !check.summary.contains("<!--"), "{}", check.summary);
    }

    #[test]
    fn a_proposal_answers_for_its_own_slices() {
        let rows = vec![
            row(State::Missing, Some("FR-1"), Some(9), Some("slice-001-a")),
            row(State::Written, Some("FR-2"), Some(10), Some("slice-002-b")),
            row(State::Unowned, Some("FR-3"), Some(11), None),
        ];
        let check = made(rows.clone(), Some(&["slice-002-b"]));
        assert_eq!((check.conclusion, check.title.as_str()), {
            (Conclusion::Success, "every one of 1 requirement has a test")
        });
        assert_eq!(made(rows, Some(&[])).title, "no requirement to test");
    }
}
