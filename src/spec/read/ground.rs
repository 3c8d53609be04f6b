//! The ground that all readers stand on: the document with its fences repaired, and its sections with clean titles
//! and what those announce. Computed once; readers never rescan the whole text for it.

use std::borrow::Cow;

use super::super::document::{Document, NodeId};
use super::super::item::{Origin, Rung};
use super::super::outline::SectionId;
use super::super::span::Span;
use super::lexicon::{self, Announced, Topic};
use super::{fences, title};

/// A section as readers see it.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its place in the outline of [`Ground::document`].
    pub id: SectionId,
    /// Its heading; none for what stands before the first one.
    pub heading: Option<NodeId>,
    /// Level of the heading, 1 to 6; 0 without one.
    pub level: u8,
    /// The title without numbering, markup and emoji.
    pub title: String,
    /// What its own title announces.
    pub announced: Option<Announced>,
    /// What it or the nearest section around it announces.
    pub topic: Option<Topic>,
    /// The section around it, as a place in [`Ground::parts`].
    pub parent: Option<usize>,
    /// From the heading to the next one of the same or a higher rank.
    pub span: Span,
    /// The blocks of the first level that stand directly in it, before any subsection.
    pub blocks: Vec<NodeId>,
    /// Whether readers leave it alone: contents, history, the index of slices.
    pub skipped: bool,
}

/// What all readers share.
#[derive(Debug)]
pub struct Ground<'a> {
    document: Cow<'a, Document>,
    parts: Vec<Part>,
    skipped: Vec<Span>,
}

impl<'a> Ground<'a> {
    /// Prepares a document. A fence that the author opened or closed by accident is blanked in a copy of the same
    /// length, so that every span of the ground's document is a span of the author's text.
    #[must_use]
    pub fn new(document: &'a Document) -> Self {
        let repaired = fences::repaired(document.text()).and_then(|text| Document::parse(text).ok());
        let document = repaired.map_or(Cow::Borrowed(document), Cow::Owned);
        let skipped = index_spans(document.text());
        let parts = parts(&document, &skipped);
        Self { document, parts, skipped }
    }

    /// The document, with its fences repaired. Spans and lines are those of the author's text.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The text of [`Ground::document`].
    #[must_use]
    pub fn text(&self) -> &str {
        self.document.text()
    }

    /// All sections, in the order of the text; the first one stands before the first heading.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The innermost section in which a byte stands, as a place in [`Ground::parts`].
    #[must_use]
    pub fn part_at(&self, offset: usize) -> usize {
        self.parts.partition_point(|part| part.span.start <= offset).saturating_sub(1)
    }

    /// The sections around a section, from its parent upwards.
    pub fn above(&self, part: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parts[part].parent, |at| self.parts[*at].parent)
    }

    /// The line (from 1) on which a span begins.
    #[must_use]
    pub fn line(&self, span: Span) -> usize {
        self.document.line(span)
    }

    /// An origin from a span and a rung.
    #[must_use]
    pub fn origin(&self, span: Span, rung: Rung) -> Origin {
        Origin { span, line: self.line(span), rung }
    }

    /// Whether a byte stands where nothing is read: in a skipped section or between the markers of the slice index.
    #[must_use]
    pub fn is_skipped(&self, offset: usize) -> bool {
        self.parts[self.part_at(offset)].skipped || self.skipped.iter().any(|span| span.range().contains(&offset))
    }
}

fn parts(document: &Document, skipped: &[Span]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (id, section) in document.outline().sections() {
        let parent = section.parent.map(SectionId::index);
        let title = title::clean(&section.title);
        let announced = lexicon::announced(&title).or_else(|| lexicon::asks_why(&title));
        let around = parent.and_then(|at| parts[at].topic);
        let topic = announced.map(|found| found.topic).or(around);
        let within = parent.is_some_and(|at| parts[at].skipped);
        let contents = matches!(announced, Some(Announced { topic: Topic::Meta, exact: true }));
        let indexed = skipped.iter().any(|span| span.contains(section.span));
        parts.push(Part {
            id,
            heading: section.heading,
            level: section.level,
            title,
            announced,
            topic,
            parent,
            span: section.span,
            blocks: section.blocks.clone(),
            skipped: within || contents || indexed,
        });
    }
    parts
}

/// What stands between the markers of the slice index that vso writes. A marker opens its line, since a sentence may
/// speak of one; a marker that nothing closes hides nothing.
fn index_spans(text: &str) -> Vec<Span> {
    const BEGIN: &str = "<!-- vso:slices:begin";
    const END: &str = "<!-- vso:slices:end";
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(start) = line_with(text, BEGIN, at) {
        let Some(end) = line_with(text, END, start) else { break };
        spans.push(Span::new(start, end));
        at = end;
    }
    spans
}

/// Where the next line that opens with the marker begins to speak, from `at` on.
fn line_with(text: &str, marker: &str, at: usize) -> Option<usize> {
    text[at..].match_indices(marker).map(|(found, _)| at + found).find(|found| {
        let before = &text[..*found];
        before[before.rfind('\n').map_or(0, |end| end + 1)..].trim_matches([' ', '\t', '\u{feff}']).is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = index_spans(text).iter().map(|span| &text[span.range()]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn only_markers_on_their_own_line_hide_the_index() {
        check("a\n<!-- vso:slices:begin -->\nb\n<!-- vso:slices:end -->\nc", &["<!-- vso:slices:begin -->\nb\n"]);
        check("- A member can <!-- vso:slices:begin --> borrow\n- more\n<!-- vso:slices:end -->\n", &[]);
        check("<!-- vso:slices:begin -->\nnever closed\n", &[]);
    }
}
