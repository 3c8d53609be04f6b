//! A specification without a version.

use crate::spec::edit::Edit;
use crate::spec::front_matter::Format;
use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "missing-version",
    summary: "the specification has no version",
    reason: "Slices say which version of the master they were made from; without one they all say 1.0.0.",
    hint: "add `version: \"1.0.0\"` to the front matter",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let text = document.text();
    let Some(front_matter) = document.front_matter() else {
        let stated = subject.reading.version.is_some() || text.trim().is_empty();
        let place = prose::first_line(text, Span::new(0, text.len()));
        let hint = "put a front matter with `title` and `version` between two `---` lines at the top";
        return if stated { Vec::new() } else { vec![Finding::at(place, RULE.summary).hint(hint)] };
    };
    let stated = subject.reading.version.is_some() || front_matter.get("version").is_some_and(|value| !value.is_null());
    // A slip such as "verison" is another rule's finding; one is enough.
    let slip =
        front_matter.values.iter().flat_map(|values| values.keys()).any(|key| nearest(key, ["version"]).is_some());
    if front_matter.values.is_err() || stated || slip {
        return Vec::new();
    }
    let finding = Finding::at(prose::first_line(text, front_matter.span), "the front matter has no version");
    let present = front_matter.get("version").is_some();
    let line_end = if front_matter.inner.of(text).contains("\r\n") { "\r\n" } else { "\n" };
    let at = Span::new(front_matter.inner.start, front_matter.inner.start);
    let line = match front_matter.format {
        _ if present => return vec![finding],
        Format::Yaml if is_block(front_matter.inner.of(text)) => format!("version: \"1.0.0\"{line_end}"),
        Format::Toml => format!("version = \"1.0.0\"{line_end}"),
        Format::Yaml | Format::Json => return vec![finding],
    };
    vec![finding.fix(Edit::new(at, line))]
}

/// Keys on lines of their own that begin at the margin, so that a line more may stand before them.
fn is_block(inner: &str) -> bool {
    let keys = inner.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    keys.is_none_or(|first| {
        first.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '"' | '\'' | '_'))
    })
}
