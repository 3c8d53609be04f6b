//! A version that is missing, that is none, or that leaves parts out.

use std::sync::LazyLock;

use regex::Regex;

use crate::spec::edit::Edit;
use crate::spec::front_matter::{Format, FrontMatter};
use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "invalid-version",
    summary: "the version is missing, or not of the form MAJOR.MINOR.PATCH",
    reason: "Slices say which version of the master they were made from, and raise their own by Semantic Versioning.",
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
    let front_matter = document.front_matter();
    let stated = front_matter.filter(|found| found.get("version").is_some_and(|value| !value.is_null()));
    let (version, place) = match (stated, &subject.reading.version) {
        (Some(found), _) => {
            let place = found.entry("version", text).unwrap_or(prose::first_line(text, found.span));
            (found.scalar("version", text).unwrap_or_default(), place)
        }
        (None, Some(version)) => (version.clone(), stated_place(text, version)),
        (None, None) => return missing(front_matter, text).into_iter().collect(),
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
    vec![if stated.is_some() { with_fix(finding, text, &version, &full) } else { finding }]
}

/// The version that slices take where none is stated.
const UNSTATED: &str = "1.0.0";

fn missing(front_matter: Option<&FrontMatter>, text: &str) -> Option<Finding> {
    let Some(front_matter) = front_matter else {
        let place = prose::first_line(text, Span::new(0, text.len()));
        let hint = "put a front matter with `title` and `version` between two `---` lines at the top";
        let finding = Finding::at(place, "the specification has no version").hint(hint);
        return (!text.trim().is_empty()).then_some(finding);
    };
    // A slip such as "verison" is another rule's finding, and so are broken fences; one is enough.
    let values = front_matter.values.as_ref().ok()?;
    let is_slip = |key: &String| key != "version" && nearest(key, ["version"]).is_some();
    if values.keys().any(is_slip) {
        return None;
    }
    let finding = Finding::at(prose::first_line(text, front_matter.span), "the front matter has no version")
        .hint(format!("add `version: \"{UNSTATED}\"` to it"));
    let inner = front_matter.inner.of(text);
    let line_end = if inner.contains("\r\n") { "\r\n" } else { "\n" };
    let line = match front_matter.format {
        _ if values.contains_key("version") => return Some(finding),
        Format::Yaml if is_block(inner) => format!("version: \"{UNSTATED}\"{line_end}"),
        Format::Toml => format!("version = \"{UNSTATED}\"{line_end}"),
        Format::Yaml | Format::Json => return Some(finding),
    };
    let at = Span::new(front_matter.inner.start, front_matter.inner.start);
    Some(finding.fix(Edit::new(at, line)))
}

/// Keys on lines of their own that begin at the margin, so that a line more may stand before them.
fn is_block(inner: &str) -> bool {
    let keys = inner.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    keys.is_none_or(|first| {
        first.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '"' | '\'' | '_'))
    })
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
