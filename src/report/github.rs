//! Findings as workflow commands of GitHub Actions, which become annotations on the changed lines.
//!
//! GitHub shows ten annotations of each level per step and drops the rest in silence; so the rest is printed as plain
//! lines of the log, with their number. Text of the document can't start a command of its own: values are escaped.

use super::check::findings::word;
use super::check::{Annotation, Level, annotations};
use super::finding::{Linted, counted, visible};

/// Annotations of one level that a step may show.
pub const PER_LEVEL: usize = 10;

/// Renders errors first, then warnings, then notes: if a limit cuts, it cuts what matters least.
#[must_use]
pub fn render(linted: &[Linted]) -> String {
    commands(&annotations(linted))
}

/// The same for annotations, whatever they are about; those of one level stay in their order.
#[must_use]
pub fn commands(annotations: &[Annotation]) -> String {
    let mut text = String::new();
    for level in [Level::Failure, Level::Warning, Level::Notice] {
        let all: Vec<_> = annotations.iter().filter(|annotation| annotation.level == level).collect();
        let (annotated, rest) = all.split_at(all.len().min(PER_LEVEL));
        annotated.iter().for_each(|annotation| text.push_str(&command(annotation)));
        if !rest.is_empty() {
            let count = counted(rest.len(), &format!("more {}", word(level)));
            text.push_str(&format!("{count}, without annotation (GitHub shows {PER_LEVEL} of a level in a step):\n"));
            rest.iter().for_each(|annotation| text.push_str(&line(annotation)));
        }
    }
    text
}

fn command(annotation: &Annotation) -> String {
    let name = if annotation.level == Level::Notice { "notice" } else { word(annotation.level) };
    let mut properties =
        format!("file={},line={},endLine={}", property(&annotation.path), annotation.start_line, annotation.end_line);
    // GitHub takes columns only where the annotation is on one line.
    if let Some((column, end)) = annotation.columns {
        properties.push_str(&format!(",col={column},endColumn={end}"));
    }
    let title = property(&format!("vso {}", annotation.title));
    format!("::{name} {properties},title={title}::{}\n", data(&annotation.message))
}

/// A line of the log. The runner looks for `::name::` at the start of a line and for `##[name]` anywhere in it.
fn line(annotation: &Annotation) -> String {
    let words = annotation.message.lines().next().unwrap_or_default();
    let column = annotation.columns.map(|(column, _)| format!(":{column}")).unwrap_or_default();
    let place = format!("{}:{}{column}", visible(&annotation.path), annotation.start_line);
    format!("- {place}: {}: {words}\n", annotation.title).replace("##[", "## [")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::document::Document;
    use crate::spec::lint::{Finding, Severity};
    use crate::spec::span::Span;

    fn linted(path: &str, text: &str, findings: &[(usize, usize, &str)]) -> Linted {
        let findings = findings.iter().map(|(start, end, words)| Finding {
            rule: "a-rule",
            severity: Severity::Note,
            ..Finding::at(Span::new(*start, *end), *words)
        });
        Linted::new(path, Document::parse(text).unwrap(), findings.collect())
    }

    #[test]
    fn values_are_escaped() {
        let linted = linted("a,b:c%.md", "x\ny\n", &[(2, 3, "50 %: a,b\n::error::c")]);
        let expected = "::notice file=a%2Cb%3Ac%25.md,line=2,endLine=2,col=1,endColumn=2,title=vso a-rule::\
                        50 %25: a,b\u{fffd}::error::c\n";
        assert_eq!(render(&[linted]), expected);
    }

    #[test]
    fn columns_are_left_out_over_several_lines() {
        let text = render(&[linted("a.md", "x\ny\n", &[(0, 3, "m")])]);
        assert_eq!(text, "::notice file=a.md,line=1,endLine=2,title=vso a-rule::m\n");
    }

    #[test]
    fn what_is_over_the_limit_is_counted_and_listed() {
        let twelve: Vec<_> = (0..12).map(|_| (0, 1, "##[warning]x")).collect();
        let text = render(&[linted("a.md", "x\n", &twelve)]);
        assert_eq!(text.lines().filter(|line| line.starts_with("::notice")).count(), 10);
        let tail: Vec<_> = text.lines().skip(10).collect();
        assert!(tail[0].starts_with("2 more notes, without annotation"), "{tail:?}");
        assert_eq!(tail[1..], ["- a.md:1:1: a-rule: ## [warning]x"; 2]);
    }
}
