//! Lists as readers see them: entries with a first line and what hangs below it.

use super::super::document::{Document, InlineKind, NodeId, NodeKind};
use super::super::span::Span;

/// An entry of a list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its node.
    pub item: NodeId,
    /// Its first text block, when it begins with one.
    pub text: Option<NodeId>,
    /// Everything below its first text block, in order.
    pub below: Vec<NodeId>,
}

/// The entries of a list, in order; empty for a node of another kind.
#[must_use]
pub fn entries(document: &Document, list: NodeId) -> Vec<Entry> {
    if !matches!(document.node(list).kind, NodeKind::List(_)) {
        return Vec::new();
    }
    document.children(list).map(|item| entry(document, item)).collect()
}

fn entry(document: &Document, item: NodeId) -> Entry {
    let mut below: Vec<NodeId> = document.children(item).collect();
    let first = below
        .first()
        .copied()
        .filter(|id| matches!(document.node(*id).kind, NodeKind::Paragraph | NodeKind::Heading(_)));
    if first.is_some() {
        below.remove(0);
    }
    Entry { item, text: first, below }
}

/// A name at the front of a text block and what the author says of it: `**Name**: words`, `Name - words`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// The name as plain text.
    pub name: String,
    /// What follows the name and its separator.
    pub rest: String,
    /// Where the rest begins in the block's plain text.
    pub rest_at: usize,
    /// Whether the name stands in bold, code or a link.
    pub marked: bool,
    /// The bytes of the name in the source, with its markup when it is marked.
    pub span: Span,
}

/// Longest name in words.
const NAME_WORDS: usize = 7;

/// The name at the front of a text block. A marked name needs nothing after it; a plain one a colon, a dash in
/// white space, or an arrow.
#[must_use]
pub fn lead(document: &Document, text: NodeId) -> Option<Lead> {
    let plain = document.plain(text);
    let front = plain.len() - plain.trim_start().len();
    let marked = document.inlines(text).iter().find(|inline| {
        matches!(inline.kind, InlineKind::Strong | InlineKind::Code | InlineKind::Link | InlineKind::Emphasis)
            && inline.plain.start <= front
            && !inline.plain.is_empty()
    });
    if let Some(inline) = marked {
        let end = inline.plain.end;
        let raw = inline.plain.of(plain).trim();
        let name = raw.trim_end_matches([':', '：', '-', '–', '—', '.']).trim();
        let (rest, separated) = after_separator(&plain[end..]);
        let closed = separated || rest.is_empty() || raw.len() > name.len();
        if !name.is_empty() && closed {
            let rest_at = plain.len() - rest.len();
            return Some(Lead {
                name: name.to_owned(),
                rest: rest.trim_end().to_owned(),
                rest_at,
                marked: true,
                span: inline.span,
            });
        }
        // A bold name with more of the name after it: "**Auth** Service: …".
    }
    let at = separator(plain)?;
    let name = plain[..at].trim();
    let (rest, _) = after_separator(&plain[at..]);
    let fits = !name.is_empty() && name.split_whitespace().count() <= NAME_WORDS && name.chars().count() <= 80;
    let rest_at = plain.len() - rest.len();
    let source = document.node(text).span;
    fits.then(|| Lead {
        name: name.to_owned(),
        rest: rest.trim_end().to_owned(),
        rest_at,
        marked: marked.is_some(),
        span: Span::new(source.start, document.source_offset(text, at)),
    })
}

/// What follows a separator (and a parenthesis before it), and whether there was one.
fn after_separator(text: &str) -> (&str, bool) {
    let mut rest = text.trim_start();
    if rest.starts_with('(')
        && let Some(close) = rest.find(')')
    {
        let beyond = rest[close + 1..].trim_start();
        if beyond.starts_with([':', '：', '-', '–', '—']) || beyond.is_empty() {
            rest = beyond;
        }
    }
    for mark in [":", "：", "—", "–", "->", "→", "=>", "-", "|"] {
        if let Some(found) = rest.strip_prefix(mark) {
            return (found.trim_start(), true);
        }
    }
    (rest, false)
}

/// Where a plain name ends: at a colon, or at a dash or arrow between spaces.
fn separator(plain: &str) -> Option<usize> {
    let window = &plain[..floor(plain, 100)];
    let colon = window.find([':', '：']).filter(|at| {
        let after = &window[*at + window[*at..].chars().next().map_or(1, char::len_utf8)..];
        window[*at..].starts_with('：') || after.is_empty() || after.starts_with(' ')
    });
    let dash = [" - ", " – ", " — ", " → ", " -> ", "——"].iter().filter_map(|mark| window.find(mark)).min();
    match (colon, dash) {
        (Some(colon), Some(dash)) => Some(colon.min(dash)),
        (found, other) => found.or(other),
    }
}

/// The largest character boundary that is at most `most`.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
