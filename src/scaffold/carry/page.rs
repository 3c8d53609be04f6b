//! A slice's `spec.md` as lines that speak of items. Only what has the form that vso prints counts; all else on the page
//! belongs to whoever wrote it.

use crate::scaffold::escape::one_line;
use crate::slicing::slice::ItemKind;
use crate::spec::document::{Document, InlineKind, NodeId, NodeKind};
use crate::spec::read::leading;
use crate::spec::read::list::{self, Entry};
use crate::spec::span::Span;

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What stands in the section that it is in.
    pub(super) kind: Option<ItemKind>,
    /// The headings around it, the nearest first, in lower case.
    pub(super) headings: Vec<String>,
    /// The id in front of it.
    pub(super) id: Option<String>,
    /// The label before the id.
    pub(super) category: Option<String>,
    /// What follows the id, plain and on one line; the whole line where there is no id.
    pub(super) text: String,
    /// All of it, plain and on one line.
    pub(super) whole: String,
    /// The texts below it.
    pub(super) details: Vec<String>,
}

/// The lines of a page, in order; of one that is no document, none.
pub(super) fn lines(text: &str) -> Vec<Line> {
    Document::parse(text)
        .map(|document| entries(&document).into_iter().map(|(line, _)| line).collect())
        .unwrap_or_default()
}

/// The bytes of some lines of a page, each from its marker to the next line's beginning.
pub(super) fn spans(text: &str, wanted: impl Fn(&Line) -> bool) -> Vec<Span> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let found = entries(&document).into_iter().filter(|(line, _)| wanted(line));
    let span = |(_, item): (Line, NodeId)| {
        let span = document.node(item).span;
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let words = span.start + span.of(text).trim_end().len();
        let end = text[words..].find('\n').map_or(text.len(), |at| words + at + 1);
        Span::new(start, end)
    };
    found.map(span).collect()
}

fn entries(document: &Document) -> Vec<(Line, NodeId)> {
    let mut lines = Vec::new();
    for (id, node) in document.nodes() {
        let nested = document.node(node.parent).kind == NodeKind::Item;
        if !matches!(node.kind, NodeKind::List(_)) || nested {
            continue;
        }
        let headings = headings(document, id);
        let kind = headings.iter().find_map(|title| kind_of(title));
        let entries = list::entries(document, id);
        lines.extend(entries.iter().filter_map(|entry| Some((line(document, entry, kind, &headings)?, entry.item))));
    }
    lines
}

fn headings(document: &Document, node: NodeId) -> Vec<String> {
    let outline = document.outline();
    let here = outline.at(document.node(node).span.start);
    std::iter::once(here)
        .chain(outline.ancestors(here))
        .map(|section| outline.section(section).title.to_lowercase())
        .collect()
}

/// What a section of the page holds, by its heading.
fn kind_of(title: &str) -> Option<ItemKind> {
    if title.starts_with("acceptance criteria") {
        Some(ItemKind::Criterion)
    } else if title == "requirements" {
        Some(ItemKind::Requirement)
    } else if title == "api specification" {
        Some(ItemKind::Endpoint)
    } else if title == "data models" {
        Some(ItemKind::Model)
    } else {
        None
    }
}

fn line(document: &Document, entry: &Entry, kind: Option<ItemKind>, headings: &[String]) -> Option<Line> {
    let block = entry.text?;
    let plain = document.plain(block);
    let (category, id, rest) = front(document, block, plain);
    let blocks = entry.below.iter().flat_map(|block| std::iter::once(*block).chain(document.descendants(*block)));
    let texts = blocks.filter(|below| document.node(*below).kind == NodeKind::Paragraph);
    Some(Line {
        kind,
        headings: headings.to_vec(),
        id,
        category,
        text: one_line(rest),
        whole: one_line(plain),
        details: texts.map(|below| one_line(document.plain(below))).filter(|text| !text.is_empty()).collect(),
    })
}

/// Label, id and the rest: `Performance: **NFR-1** text`, `**AC-004** text`, and what people write, `AC-004: text`.
fn front<'t>(document: &Document, block: NodeId, plain: &'t str) -> (Option<String>, Option<String>, &'t str) {
    let bold = document.inlines(block).iter().find(|inline| inline.kind == InlineKind::Strong);
    if let Some(bold) = bold {
        let (before, id) = (plain[..bold.plain.start].trim(), bold.plain.of(plain).trim());
        let label = before.strip_suffix(':').map(str::trim).filter(|label| !label.is_empty());
        if (before.is_empty() || label.is_some()) && is_id(id) {
            return (label.map(one_line), Some(id.to_owned()), &plain[bold.plain.end..]);
        }
    }
    match leading(plain) {
        Some(found) => (None, Some(found.id), &plain[found.rest_at..]),
        None => (None, None, plain),
    }
}

/// What vso prints as an id: one word with a digit, or one that it derived (`R-3f9a2c`).
fn is_id(text: &str) -> bool {
    let shaped = !text.is_empty() && text.len() <= 80 && !text.contains(char::is_whitespace);
    shaped && (text.contains(|letter: char| letter.is_ascii_digit()) || text.contains('-'))
}

/// The ids in brackets with which a criterion's line ends: `text ([FR-003], [FR-4])`. Gives the text and the ids.
pub(super) fn references(text: &str) -> (&str, Vec<&str>) {
    let split = || {
        let inner = text.strip_suffix("])")?;
        let at = inner.rfind(" ([").or_else(|| inner.starts_with("([").then_some(0))?;
        let ids: Vec<&str> = inner[at..].trim_start().strip_prefix("([")?.split("], [").collect();
        let plain = ids.iter().all(|id| !id.is_empty() && !id.contains(['[', ']', '(', ')']));
        plain.then(|| (text[..at].trim_end(), ids))
    };
    split().unwrap_or((text, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as `kind | label | id | text | details`.
    fn check(page: &str, expected: &[&str]) {
        let told = |line: &Line| {
            let kind = line.kind.map(|kind| format!("{kind:?}")).unwrap_or_default();
            let (label, id) = (line.category.as_deref().unwrap_or(""), line.id.as_deref().unwrap_or(""));
            format!("{kind} | {label} | {id} | {} | {}", line.text, line.details.join(", "))
        };
        let seen: Vec<String> = lines(page).iter().map(told).collect();
        assert_eq!(seen, expected, "{page}");
    }

    #[test]
    fn lines_are_read_as_vso_prints_them_and_as_people_leave_them() {
        check(
            "## Requirements\n\n### Non-Functional\n\n- Performance: **NFR-1** p95 \\< 200 ms\n  and so on\n  - not\\_ed\n",
            &["Requirement | Performance | NFR-1 | p95 < 200 ms and so on | not_ed"],
        );
        check(
            "## Acceptance Criteria (TDD)\n\n- AC-7: it works\n- **R-3f9a2c** x\n\n## Mine\n\n- free\n",
            &["Criterion |  | AC-7 | it works | ", "Criterion |  | R-3f9a2c | x | ", " |  |  | free | "],
        );
    }

    #[test]
    fn references_come_off_the_end() {
        assert_eq!(references("a (b) ([FR-1], [FR-2])"), ("a (b)", vec!["FR-1", "FR-2"]));
        assert_eq!(references("a (b)"), ("a (b)", vec![]));
        assert_eq!(references("([FR-1])"), ("", vec!["FR-1"]));
    }
}
