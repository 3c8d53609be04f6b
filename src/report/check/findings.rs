//! Findings as annotations, and the check that they make: whether the specification says what it means.

use super::{Annotation, Check, Conclusion, Level, SPECIFICATION, markdown};
use crate::report::finding::{Linted, Tally, visible};
use crate::spec::lint::{Finding, Severity};

/// So many findings are named in a summary.
const NAMED: usize = 100;

/// The findings of documents as annotations: errors first, then warnings, then notes; within that as they stand.
#[must_use]
pub fn annotations(linted: &[Linted]) -> Vec<Annotation> {
    let mut all = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        for document in linted {
            let found = document.findings.iter().filter(|finding| finding.severity == severity);
            all.extend(found.map(|finding| annotation(document, finding)));
        }
    }
    all
}

/// The check of a specification: its findings, errors stop it.
#[must_use]
pub fn check(linted: &[Linted]) -> Check {
    let tally = Tally::of(linted);
    let annotations = annotations(linted);
    Check {
        name: SPECIFICATION.to_owned(),
        conclusion: if tally.errors > 0 { Conclusion::Failure } else { Conclusion::Success },
        title: tally.sentence(),
        summary: summary(&annotations),
        annotations,
        buttons: Vec::new(),
    }
}

fn annotation(document: &Linted, finding: &Finding) -> Annotation {
    let place = document.place(finding.span);
    let hint = finding.hint.as_ref().map(|hint| format!("\nhint: {}", document.words(hint))).unwrap_or_default();
    Annotation {
        path: visible(document.path.trim_start_matches("./")),
        start_line: place.line,
        end_line: place.end_line,
        columns: (place.line == place.end_line).then_some((place.column, place.end_column)),
        level: match finding.severity {
            Severity::Error => Level::Failure,
            Severity::Warning => Level::Warning,
            Severity::Note | Severity::Off => Level::Notice,
        },
        title: finding.rule.to_owned(),
        message: document.words(&finding.message) + &hint,
    }
}

fn summary(annotations: &[Annotation]) -> String {
    if annotations.is_empty() {
        return "Nothing to say: every rule is kept.\n".to_owned();
    }
    let mut text = String::new();
    for annotation in annotations.iter().take(NAMED) {
        let words = markdown::inline(annotation.message.lines().next().unwrap_or_default());
        let place = markdown::code(&format!("{}:{}", annotation.path, annotation.start_line));
        text.push_str(&format!("- {} **{}** {place}: {words}\n", word(annotation.level), annotation.title));
    }
    let rest = annotations.len().saturating_sub(NAMED);
    if rest > 0 {
        text.push_str(&format!("\nand {rest} more\n"));
    }
    text.push_str("\n`vso lint --explain RULE` says why a rule is there and what to do.\n");
    text
}

/// How lint calls a level.
#[must_use]
pub fn word(level: Level) -> &'static str {
    match level {
        Level::Failure => "error",
        Level::Warning => "warning",
        Level::Notice => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::document::Document;
    use crate::spec::span::Span;

    fn linted(findings: &[(Severity, &str)]) -> Linted {
        let finding = |(severity, words): &(Severity, &str)| Finding {
            rule: "a-rule",
            severity: *severity,
            ..Finding::at(Span::new(2, 3), *words).hint("do @this")
        };
        Linted::new("./a.md", Document::parse("x\ny\n").unwrap(), findings.iter().map(finding).collect())
    }

    #[test]
    fn errors_come_first_and_stop_it() {
        let check = check(&[linted(&[
            (Severity::Note, "n"),
            (Severity::Warning, "w"),
            (Severity::Error, "e <!-- @all \u{1b}"),
        ])]);
        assert_eq!(check.conclusion, Conclusion::Failure);
        assert_eq!(check.title, "1 error, 1 warning, 1 note in 1 file");
        let levels: Vec<Level> = check.annotations.iter().map(|one| one.level).collect();
        assert_eq!(levels, [Level::Failure, Level::Warning, Level::Notice]);
        assert_eq!(check.annotations[1].message, "w\nhint: do @this");
        assert_eq!((check.annotations[1].start_line, check.annotations[1].columns), (2, Some((1, 2))));
        let expected = "- error **a-rule** `a.md:2`: e &lt;\\!-- @\u{200b}all \u{fffd}\n";
        assert!(check.summary.starts_with(expected), "{}", check.summary);
    }

    #[test]
    fn warnings_stop_nobody() {
        assert_eq!(check(&[linted(&[(Severity::Warning, "w")])]).conclusion, Conclusion::Success);
        assert_eq!(check(&[linted(&[])]).title, "no findings in 1 file");
    }

    #[test]
    fn totals_stay_true_however_many_there_are() {
        let many = vec![(Severity::Error, "e"); 120];
        let check = check(&[linted(&many)]);
        assert_eq!((check.annotations.len(), check.title.as_str()), (120, "120 errors in 1 file"));
        assert!(check.summary.contains("and 20 more"), "{}", check.summary);
    }
}
