//! `<!-- vso-ignore: rule-id, rule-id -->`: how an author says in the text that a finding is meant to stand.
//!
//! Right under a heading it covers the section; at the end of a line that line; else the block on the next line.

use std::collections::HashMap;

use crate::spec::document::{Document, InlineKind, NodeId, NodeKind};
use crate::spec::span::Span;

const MARK: &str = "vso-ignore:";

/// One rule named in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The rule's id as written.
    pub rule: String,
    /// Where the id stands.
    pub span: Span,
    /// The bytes that it covers.
    pub reach: Span,
}

/// What the comments of a document cover, by rule.
#[derive(Debug, Default)]
pub struct Suppressions {
    by_rule: HashMap<String, Vec<Span>>,
}

impl Suppressions {
    /// Reads the comments of a document.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut by_rule: HashMap<String, Vec<Span>> = HashMap::new();
        for mention in mentions(document) {
            by_rule.entry(mention.rule).or_default().push(mention.reach);
        }
        by_rule.values_mut().for_each(merge);
        Self { by_rule }
    }

    /// Whether a finding of `rule` at a byte is to be left out.
    #[must_use]
    pub fn covers(&self, rule: &str, at: usize) -> bool {
        let Some(reaches) = self.by_rule.get(rule) else { return false };
        let after = reaches.partition_point(|reach| reach.start <= at);
        after > 0 && at < reaches[after - 1].end
    }
}

fn merge(reaches: &mut Vec<Span>) {
    reaches.sort();
    let mut merged: Vec<Span> = Vec::new();
    for reach in reaches.drain(..) {
        match merged.last_mut() {
            Some(last) if reach.start <= last.end => last.end = last.end.max(reach.end),
            _ => merged.push(reach),
        }
    }
    *reaches = merged;
}

/// Every rule that a comment names, in the order of the text.
#[must_use]
pub fn mentions(document: &Document) -> Vec<Mention> {
    if !document.text().contains(MARK) {
        return Vec::new();
    }
    let places = Places::of(document);
    let mut found = Vec::new();
    for (id, node) in document.nodes() {
        if node.kind == NodeKind::Html {
            comments(document, node.span, |comment| places.reach(document, id, comment), &mut found);
        }
        for inline in document.inlines(id).iter().filter(|inline| inline.kind == InlineKind::Html) {
            comments(document, inline.span, |comment| places.line_or_next(document, comment), &mut found);
        }
    }
    found
}

fn comments(document: &Document, span: Span, reach: impl Fn(Span) -> Span, found: &mut Vec<Mention>) {
    let text = document.text();
    let mut at = span.start;
    while let Some(open) = text[at..span.end].find("<!--") {
        let start = at + open;
        let Some(length) = text[start..span.end].find("-->") else { return };
        let comment = Span::new(start, start + length + 3);
        at = comment.end;
        let inside = comment.of(text)[4..].trim_end_matches("-->");
        let Some(list) = inside.trim_start().strip_prefix(MARK) else { continue };
        let mut place = comment.end - 3 - list.len();
        for part in list.split_inclusive([',', ' ', '\n', '\t']) {
            let rule = part.trim_matches([',', ' ', '\n', '\t', '\r']);
            if !rule.is_empty() {
                let span = Span::new(place, place + rule.len());
                found.push(Mention { rule: rule.to_owned(), span, reach: reach(comment) });
            }
            place += part.len();
        }
    }
}

/// Where blocks begin and which of them stand right under a heading.
struct Places {
    /// First and last byte of every text block, in order.
    blocks: Vec<Span>,
    /// The section of a block that stands right under a heading.
    under_heading: HashMap<NodeId, Span>,
}

impl Places {
    fn of(document: &Document) -> Self {
        let leaves = document.nodes().filter(|(_, node)| !node.is_container());
        let blocks = leaves.map(|(_, node)| node.span).collect();
        let sections = document.outline().sections().filter(|(_, section)| section.heading.is_some());
        let under_heading =
            sections.filter_map(|(_, section)| Some((*section.blocks.first()?, section.span))).collect();
        Self { blocks, under_heading }
    }

    fn reach(&self, document: &Document, id: NodeId, comment: Span) -> Span {
        self.under_heading.get(&id).copied().unwrap_or_else(|| self.line_or_next(document, comment))
    }

    /// The line of a comment that follows other text, else the blocks that begin on the next line with text.
    fn line_or_next(&self, document: &Document, comment: Span) -> Span {
        let text = document.text();
        let line = document.lines().line_span(document.line(comment), text);
        let before = &text[line.start..comment.start];
        if !before.trim_matches([' ', '\t', '>', '-', '*', '+']).is_empty() {
            return line;
        }
        let mut start = text[comment.end..].find('\n').map_or(text.len(), |end| comment.end + end + 1);
        while start < text.len() {
            let next = document.lines().line_span(document.lines().line(start), text);
            if !next.of(text).trim().is_empty() {
                return Span::new(start, self.end_of_blocks(next));
            }
            start = next.end;
        }
        Span::new(start, start)
    }

    fn end_of_blocks(&self, line: Span) -> usize {
        let first = self.blocks.partition_point(|block| block.start < line.start);
        let here = self.blocks[first..].iter().take_while(|block| block.start < line.end);
        here.map(|block| block.end).max().unwrap_or(line.end).max(line.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the words `x1`, `x2`, … are covered for the rule `a`.
    fn check(text: &str, expected: &str) {
        let document = Document::parse(text).unwrap();
        let covered = Suppressions::of(&document);
        let places = text.match_indices('x').filter(|(at, _)| covered.covers("a", *at));
        let seen: Vec<_> = places.map(|(at, _)| &text[at..at + 2]).collect();
        assert_eq!(seen.join(" "), expected, "{text}");
    }

    #[test]
    fn a_comment_covers_the_next_block_the_line_or_the_section() {
        check("x1\n\n<!-- vso-ignore: a -->\n\n- x2\n  x3\n- x4\n", "x2 x3");
        check("- x1 <!-- vso-ignore: b, a -->\n- x2\n", "x1");
        check("# A\n\n<!-- vso-ignore: a -->\n\nx1\n\n## B\n\nx2\n\n# C\n\nx3\n", "x1 x2");
        check("x1\n\n<!-- vso-ignore: b -->\nx2\n", "");
        check("```\n<!-- vso-ignore: a -->\nx1\n```\n", "");
        check("<!-- vso-ignore: a -->", "");
    }
}
