//! Findings for people at a terminal: the line of the source, a caret, a hint. Styled; who prints it strips the colours
//! where there is no terminal.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use super::finding::{Linted, Tally, severity_word, visible};
use crate::spec::lint::{Finding, Severity};
use crate::spec::span::Span;

/// Renders all findings, document by document, without the line that counts them.
#[must_use]
pub fn render(linted: &[Linted]) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for document in linted {
        for finding in &document.findings {
            text.push_str(&renderer.render(&[group(document, finding)]));
            text.push_str("\n\n");
        }
    }
    text
}

/// The line that ends a report.
#[must_use]
pub fn summary(linted: &[Linted]) -> String {
    Tally::of(linted).sentence()
}

fn group<'a>(document: &'a Linted, finding: &'a Finding) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note | Severity::Off => Level::NOTE,
    };
    let level = level.with_name(severity_word(finding.severity));
    let title = level.primary_title(document.words(&finding.message)).id(finding.rule);
    let mut elements: Vec<Element<'a>> = vec![snippet(document, finding.span, AnnotationKind::Primary, None).into()];
    for (span, words) in &finding.related {
        elements.push(snippet(document, *span, AnnotationKind::Context, Some(document.words(words))).into());
    }
    if let Some(hint) = &finding.hint {
        elements.push(Level::HELP.with_name("hint").message(document.words(hint)).into());
    }
    if !finding.fix.is_empty() {
        elements.push(Level::HELP.with_name("fix").message("`vso lint --fix` settles this").into());
    }
    title.elements(elements)
}

/// The first line of a span, with the part of the span that stands on it.
fn snippet<'a>(
    document: &'a Linted,
    span: Span,
    kind: AnnotationKind,
    label: Option<String>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = document.document.text();
    let number = document.document.lines().line(span.start);
    let line = document.document.lines().line_span(number, text);
    let length = line.of(text).trim_end_matches(['\n', '\r']).len();
    let line = Span::new(line.start, line.start + length);
    let start = span.start.clamp(line.start, line.end) - line.start;
    let end = (span.end.clamp(line.start, line.end) - line.start).max(start);
    let annotation = kind.span(start..end).label(label);
    Snippet::source(document.shown(line)).line_start(number).path(visible(&document.path)).annotation(annotation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::document::Document;

    /// A finding on the first `^` … of the text, rendered without colours.
    fn check(text: &str, span: Span, expected: &str) {
        let finding = Finding { rule: "a-rule", severity: Severity::Error, ..Finding::at(span, "wrong") };
        let linted = Linted::new("a.md", Document::parse(text).unwrap(), vec![finding.hint("mend it")]);
        let plain = Renderer::plain().render(&[group(&linted, &linted.findings[0])]);
        assert_eq!(plain, expected);
    }

    #[test]
    fn a_finding_shows_its_line_with_a_caret_and_a_hint() {
        let lines =
            ["error[a-rule]: wrong", " --> a.md:2:3", "  |", "2 | a bc", "  |   ^^", "  |", "  = hint: mend it"];
        check("x\r\na bc\r\n", Span::new(5, 99), &lines.join("\n"));
    }

    #[test]
    fn an_empty_text_has_a_place_too() {
        let lines = ["error[a-rule]: wrong", " --> a.md:1:1", "  |", "1 |", "  | ^", "  |", "  = hint: mend it"];
        check("", Span::new(0, 0), &lines.join("\n"));
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let finding = Finding::at(Span::new(0, 1), "\u{1b}[31m");
        let linted = Linted::new("a\u{7}.md", Document::parse("a\u{1b}[2J\u{202e}b\n").unwrap(), vec![finding]);
        let plain = Renderer::plain().render(&[group(&linted, &linted.findings[0])]);
        assert!(!plain.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{plain:?}");
    }
}
