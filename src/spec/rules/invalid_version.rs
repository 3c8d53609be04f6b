//! A version that is none, or that leaves parts out.

use std::sync::LazyLock;

use regex::Regex;

use crate::spec::edit::Edit;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "invalid-version",
    summary: "the version is not of the form MAJOR.MINOR.PATCH",
    reason: "Slices raise their versions by Semantic Versioning; what can't be compared can't be raised.",
    hint: "write three numbers, such as 1.2.0",
    severity: Severity::Warning,
    check,
};

/// `1`, `1.0`, `v1.2.3`: versions whose missing parts are zero to every reader.
static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[vV]?(0|[1-9][0-9]{0,8})(?:\.(0|[1-9][0-9]{0,8}))?(?:\.(0|[1-9][0-9]{0,8}))?$")
        .expect("a constant pattern")
});

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let text = document.text();
    let front_matter = document.front_matter().and_then(|found| Some((found, found.get("version")?)));
    let (version, place) = match front_matter {
        Some((_, value)) if value.is_null() => return Vec::new(),
        Some((found, _)) => {
            let place = found.entry("version", text).unwrap_or(prose::first_line(text, found.span));
            (found.scalar("version", text).unwrap_or_default(), place)
        }
        None => {
            let Some(version) = &subject.reading.version else { return Vec::new() };
            (version.clone(), stated_place(text, version))
        }
    };
    if semver::Version::parse(version.trim()).is_ok() {
        return Vec::new();
    }
    let Some(full) = full(version.trim()) else {
        let message = format!("{:?} is no version of the form MAJOR.MINOR.PATCH", version.trim());
        return vec![Finding::at(place, message)];
    };
    let finding = Finding::at(place, format!("the version {:?} is read as {full}", version.trim()));
    let finding = finding.hint(format!("write {full}"));
    vec![if front_matter.is_some() { with_fix(finding, text, &version, &full) } else { finding }]
}

fn full(version: &str) -> Option<String> {
    let parts = SHORT.captures(version)?;
    let part = |index| parts.get(index).map_or("0", |part: regex::Match<'_>| part.as_str());
    Some(format!("{}.{}.{}", part(1), part(2), part(3)))
}

/// Quotes are added where there were none: `version: 1.0` is a number to YAML, `1.0.0` must be a text to TOML.
fn with_fix(finding: Finding, text: &str, version: &str, full: &str) -> Finding {
    let line = finding.span.of(text);
    let Some(value) = line.find([':', '=']).and_then(|colon| Some(colon + 1 + line[colon + 1..].find(version)?)) else {
        return finding;
    };
    let quoted = line[..value].ends_with(['"', '\'']);
    let start = finding.span.start + value;
    let words = if quoted { full.to_owned() } else { format!("\"{full}\"") };
    finding.fix(Edit::new(Span::new(start, start + version.len()), words))
}

/// The line near the top that states the version, as in `**Version:** 1.0`.
fn stated_place(text: &str, version: &str) -> Span {
    let mut at = 0;
    for line in text.split_inclusive('\n').take(200) {
        if line.contains(version) && line.to_lowercase().contains("version") {
            return prose::first_line(text, Span::new(at, at + line.len()));
        }
        at += line.len();
    }
    prose::first_line(text, Span::new(0, text.len()))
}
