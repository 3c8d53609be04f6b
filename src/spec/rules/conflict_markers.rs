//! Leftovers of a merge: `<<<<<<<`, `|||||||`, `=======`, `>>>>>>>` at the start of a line.

use crate::spec::document::{Document, NodeKind};
use crate::spec::lint::{Finding, Rule, Severity, Subject};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "conflict-markers",
    summary: "the text holds markers of an unfinished merge",
    reason: "Both sides of a conflict would be read as one specification.",
    hint: "settle the conflict and delete the marker lines",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    if !document.text().contains("<<<<<<<") && !document.text().contains(">>>>>>>") {
        return Vec::new();
    }
    let examples = examples(document);
    let mut found = Vec::new();
    let mut at = 0;
    let mut state = State::default();
    for line in document.text().split_inclusive('\n') {
        let trimmed = line.trim_end();
        let span = Span::new(at, at + trimmed.len());
        at += line.len();
        if state.is_marker(trimmed) && !within(&examples, span.start) {
            found.push(Finding::at(span, format!("a conflict marker is left in the text: {}", &trimmed[..7])));
        }
    }
    found
}

/// How far into a conflict the lines are. A line of equals signs under text is a heading, so it counts between the
/// other markers only, and a quotation seven deep is no marker unless a line of equals signs stood before it.
#[derive(Default)]
struct State {
    open: bool,
    divided: bool,
}

impl State {
    fn is_marker(&mut self, line: &str) -> bool {
        let Some(first) = line.bytes().next() else { return false };
        let marker = line.bytes().take_while(|byte| *byte == first).count() == 7;
        let bare = line.len() == 7;
        let labelled = bare || line.as_bytes().get(7) == Some(&b' ');
        match first {
            b'<' if marker && labelled => {
                *self = Self { open: true, divided: false };
                true
            }
            b'|' if marker && labelled => self.open,
            b'=' if marker && bare => {
                self.divided = true;
                self.open
            }
            b'>' if marker && labelled => {
                let counts = self.divided && (self.open || !line[7..].trim().contains(' '));
                *self = Self::default();
                counts
            }
            _ => false,
        }
    }
}

/// Fences without a language, or of text, that show a whole conflict: documentation of conflicts, not one.
fn examples(document: &Document) -> Vec<Span> {
    let shows_one = |text: &str| {
        let starts = |mark: &str| text.lines().any(|line| line.trim_start().starts_with(mark));
        starts("<<<<<<<") && starts(">>>>>>>")
    };
    let fences = document.nodes().filter(|(id, node)| match &node.kind {
        NodeKind::Fence(info) => {
            matches!(info.trim(), "" | "text" | "txt" | "diff" | "plain" | "console" | "markdown" | "md")
                && shows_one(document.source(*id))
        }
        _ => false,
    });
    fences.map(|(_, node)| node.span).collect()
}

fn within(spans: &[Span], at: usize) -> bool {
    let after = spans.partition_point(|span| span.start <= at);
    after > 0 && at < spans[after - 1].end
}
