//! Test results in the JUnit format, which pytest and most other runners write.
//!
//! Document type definitions are refused, so a results file can't bring entities that blow up or reach out.

use roxmltree::{Document, Node, ParsingOptions};
use schemars::JsonSchema;
use serde::Serialize;

/// The most nodes that a results file may have: about a million tests.
const MOST_NODES: u32 = 8_000_000;

/// How a test ended; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It was skipped, or it was expected to fail and did.
    Skipped,
    /// It failed, or could not be run.
    Failed,
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The function's name, without parameters.
    pub name: String,
    /// What may tell its slice: the test's file, its class, its suites and the results file.
    pub places: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Why a results file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum JunitError {
    /// It is no XML, or XML with a document type definition.
    #[error("it is no XML that can be used")]
    Xml(#[from] roxmltree::Error),
    /// It is XML of another kind.
    #[error("it begins with <{0}>, and JUnit results begin with <testsuites> or <testsuite>")]
    Other(String),
}

impl Run {
    /// Whether one of its places lies in the slice's folder.
    #[must_use]
    pub fn names(&self, slice: &str) -> bool {
        let parts = self.places.iter().flat_map(|place| place.split(['/', '\\', '.', ' ', ':']));
        parts.into_iter().any(|part| part == slice)
    }
}

/// Reads results. `file` is the name of the results file, which may itself tell the slice.
///
/// # Errors
/// When the text is no JUnit results file.
pub fn read(file: &str, text: &str) -> Result<Vec<Run>, JunitError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse_with_options(text, options)?;
    let root = document.root_element();
    if !matches!(root.tag_name().name(), "testsuites" | "testsuite") {
        return Err(JunitError::Other(root.tag_name().name().to_owned()));
    }
    Ok(root
        .descendants()
        .filter(|node| node.tag_name().name() == "testcase")
        .filter_map(|node| run(node, file))
        .collect())
}

fn run(node: Node<'_, '_>, file: &str) -> Option<Run> {
    let name = node.attribute("name")?;
    let bare = name.split(['[', '(']).next().unwrap_or(name).rsplit(['.', ':']).next().unwrap_or(name).trim();
    let suites = node.ancestors().filter(|above| above.tag_name().name() == "testsuite");
    let suites = suites.filter_map(|suite| suite.attribute("name"));
    let own = ["file", "classname"].into_iter().filter_map(|key| node.attribute(key));
    let places = own.chain(suites).chain([file]).map(str::to_owned).collect();
    let has = |names: &[&str]| node.children().any(|child| names.contains(&child.tag_name().name()));
    let outcome = if has(&["failure", "error"]) {
        Outcome::Failed
    } else if has(&["skipped"]) || node.attribute("status") == Some("notrun") {
        Outcome::Skipped
    } else {
        Outcome::Passed
    };
    Some(Run { name: bare.to_owned(), places, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_pytest() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" tests="3">
            <testcase classname="vertical-slices.slice-001-members.tests.unit.test_criteria" name="test_ac_fr_001[a-b]" time="0.1"/>
            <testcase classname="tests.unit" file="vertical-slices/slice-002-x/tests/unit/a.py" name="test_b"><failure message="x">no</failure></testcase>
            <testcase classname="c" name="test_c"><skipped/></testcase></testsuite></testsuites>"#;
        let runs = read("out/slice-009-y/junit.xml", text).unwrap();
        let seen: Vec<_> = runs.iter().map(|run| (run.name.as_str(), run.outcome)).collect();
        assert_eq!(
            seen,
            [("test_ac_fr_001", Outcome::Passed), ("test_b", Outcome::Failed), ("test_c", Outcome::Skipped)]
        );
        assert!(runs[0].names("slice-001-members") && !runs[0].names("slice-001"));
        assert!(runs[1].names("slice-002-x") && runs[2].names("slice-009-y"));
    }

    #[test]
    fn what_is_no_result_is_refused() {
        let check = |text: &str, expected: &str| {
            let error = read("a.xml", text).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("", "no XML");
        check("<html/>", "begins with <html>");
        check("<!DOCTYPE a [<!ENTITY b \"bb\">]><testsuite>&b;</testsuite>", "no XML that can be used");
    }
}
