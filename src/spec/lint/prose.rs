//! The running text of a document: what people wrote as sentences, without code and raw HTML.

use crate::spec::document::{Document, InlineKind, NodeKind};
use crate::spec::span::Span;

/// The stretches of the source that are prose, in order: paragraphs, headings and table cells, cut at code spans and
/// inline HTML.
#[must_use]
pub fn stretches(document: &Document) -> Vec<Span> {
    let mut found = Vec::new();
    for (id, node) in document.nodes() {
        if !matches!(node.kind, NodeKind::Paragraph | NodeKind::Heading(_) | NodeKind::TableCell) {
            continue;
        }
        let mut at = node.span.start;
        for inline in document.inlines(id) {
            if matches!(inline.kind, InlineKind::Code | InlineKind::Html) && inline.span.start >= at {
                found.push(Span::new(at, inline.span.start));
                at = inline.span.end;
            }
        }
        found.push(Span::new(at, node.span.end.max(at)));
    }
    found.retain(|span| !span.is_empty());
    found
}

/// The first line of a span, without the white space around it: what a finding about a large block points at.
#[must_use]
pub fn first_line(text: &str, span: Span) -> Span {
    let inside = span.of(text);
    let start = inside.len() - inside.trim_start().len();
    let line = inside[start..].lines().next().unwrap_or_default().trim_end();
    Span::new(span.start + start, span.start + start + line.len())
}

/// Where `word` stands last in a span of the text, as a whole word when that can be, else the span's first line.
#[must_use]
pub fn word_in(text: &str, span: Span, word: &str) -> Span {
    let places: Vec<usize> = places(text, span, word);
    let found = places.iter().rev().find(|at| is_whole(span.of(text), **at, word)).or(places.last());
    found.map_or_else(|| first_line(text, span), |at| Span::new(span.start + at, span.start + at + word.len()))
}

/// Where `name` stands first in a span of the text, as a whole word when that can be, else the span's first line.
#[must_use]
pub fn name_in(text: &str, span: Span, name: &str) -> Span {
    let places: Vec<usize> = places(text, span, name);
    let found = places.iter().find(|at| is_whole(span.of(text), **at, name)).or(places.first());
    found.map_or_else(|| first_line(text, span), |at| Span::new(span.start + at, span.start + at + name.len()))
}

/// So many places of a word are looked at; a span is a line or a block.
const PLACES: usize = 64;

fn places(text: &str, span: Span, word: &str) -> Vec<usize> {
    let count = if word.is_empty() { 0 } else { PLACES };
    span.of(text).match_indices(word).map(|(at, _)| at).take(count).collect()
}

fn is_whole(text: &str, at: usize, word: &str) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + word.len()..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_html_are_no_prose() {
        let document = Document::parse("# A\n\nuse `TODO` <b>now</b>\n\n```\nTBD\n```\n\n- x\n").unwrap();
        let seen: Vec<_> = stretches(&document).into_iter().map(|span| span.of(document.text()).trim()).collect();
        assert_eq!(seen, ["# A", "use", "", "now", "", "x"]);
    }

    #[test]
    fn a_word_is_pointed_at() {
        let text = "Loaner: depends on Loan.";
        let found = word_in(text, Span::new(0, text.len()), "Loan");
        assert_eq!(found, Span::new(19, 23));
        assert_eq!(name_in(text, Span::new(0, text.len()), "Loan"), Span::new(19, 23));
        assert_eq!(name_in(text, Span::new(0, text.len()), "Fees"), Span::new(0, 24));
    }
}
