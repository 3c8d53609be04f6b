//! From a change of plain words to edits of the source they were read from: what was changed is replaced where it stands,
//! and markup around it stays.
//!
//! An item's words may stand in one block or in several (cells of a row, a heading and the sentence below it), with
//! other words between them. Both rows of words are laid side by side; each change must fall on words that stand in the
//! source in a row. Whether the result is read as it was meant is for the caller to find out.

use std::ops::Range;

use similar::DiffOp;

use super::tokens;
use crate::scaffold::escape;
use crate::spec::document::{Document, InlineKind, NodeId, NodeKind};
use crate::spec::edit::Edit;
use crate::spec::span::Span;

/// How new words are written into the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// As they are.
    Bare,
    /// With what Markdown would take for markup escaped.
    Escaped,
}

/// Why words can't be woven in.
pub(super) const NOT_THERE: &str = "the changed words do not stand in the master like that";

/// A block of the source that has words.
struct Leaf {
    node: NodeId,
    /// Code: source and plain text are the same.
    raw: bool,
    in_cell: bool,
    /// For code, where its text begins in the source.
    start: usize,
    text: String,
}

/// A word in the source.
struct Place {
    leaf: usize,
    plain: Range<usize>,
}

/// The edits that make `before` read as `after`, in the blocks that touch `region`. Only words inside of it are changed.
///
/// # Errors
/// When the changed words do not stand there in a row.
pub(super) fn weave(
    document: &Document,
    region: Span,
    before: &str,
    after: &str,
    writing: Writing,
) -> Result<Vec<Edit>, &'static str> {
    let leaves = leaves(document, region);
    let places = places(document, &leaves, region);
    let there: Vec<&str> = places.iter().map(|place| &leaves[place.leaf].text[place.plain.clone()]).collect();
    let (old, new) = (tokens::split(before), tokens::split(after));
    let (old_words, new_words) = (tokens::words(before, &old), tokens::words(after, &new));
    let aligned = tokens::align(&old_words, &there);
    let loom = Loom {
        document,
        leaves: &leaves,
        places: &places,
        aligned: &aligned,
        before,
        old: &old,
        after,
        new: &new,
        writing,
    };
    let mut edits = Vec::new();
    for operation in tokens::difference(&old_words, &new_words) {
        if !matches!(operation, DiffOp::Equal { .. }) {
            loom.change(operation.old_range(), operation.new_range(), &mut edits)?;
        }
    }
    if edits.is_empty() { Err(NOT_THERE) } else { Ok(edits) }
}

fn leaves(document: &Document, region: Span) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (id, node) in document.nodes() {
        let raw = matches!(node.kind, NodeKind::Fence(_) | NodeKind::IndentedCode | NodeKind::Html);
        let worded = raw || matches!(node.kind, NodeKind::Paragraph | NodeKind::Heading(_) | NodeKind::TableCell);
        let touches = node.span.start < region.end && region.start < node.span.end;
        if !worded || !touches {
            continue;
        }
        let (start, text) = if raw {
            let part = Span::new(node.span.start.max(region.start), node.span.end.min(region.end));
            (part.start, part.of(document.text()).to_owned())
        } else {
            (node.span.start, document.plain(id).to_owned())
        };
        leaves.push(Leaf { node: id, raw, in_cell: node.kind == NodeKind::TableCell, start, text });
    }
    leaves
}

fn places(document: &Document, leaves: &[Leaf], region: Span) -> Vec<Place> {
    let mut places = Vec::new();
    for (leaf, block) in leaves.iter().enumerate() {
        let tokens = tokens::split(&block.text);
        if block.raw {
            places.extend(tokens.into_iter().map(|plain| Place { leaf, plain }));
            continue;
        }
        let starts: Vec<usize> = tokens.iter().map(|token| token.start).collect();
        let sources = document.source_offsets(block.node, &starts);
        let inside = tokens.into_iter().zip(sources).filter(|(_, at)| region.range().contains(at));
        places.extend(inside.map(|(plain, _)| Place { leaf, plain }));
    }
    places
}

struct Loom<'a> {
    document: &'a Document,
    leaves: &'a [Leaf],
    places: &'a [Place],
    /// For each word of the old text, its place.
    aligned: &'a [Option<usize>],
    before: &'a str,
    old: &'a [Range<usize>],
    after: &'a str,
    new: &'a [Range<usize>],
    writing: Writing,
}

/// What stands around a change in the source: the words next to it, and its own first and last word.
struct Seam {
    before: Option<usize>,
    behind: Option<usize>,
    row: (Option<usize>, Option<usize>),
}

/// The text between two neighbouring words.
fn gap<'t>(text: &'t str, words: &[Range<usize>], at: usize) -> &'t str {
    let start = at.checked_sub(1).and_then(|at| words.get(at)).map_or(0, |word| word.end);
    let end = words.get(at).map_or(text.len(), |word| word.start);
    &text[start..end.max(start)]
}

impl Loom<'_> {
    /// Replaces the old words `from` by the new words `to`.
    fn change(&self, from: Range<usize>, to: Range<usize>, edits: &mut Vec<Edit>) -> Result<(), &'static str> {
        let before = from.start.checked_sub(1).and_then(|at| self.aligned[at]);
        let behind = self.aligned.get(from.end).copied().flatten();
        let row: Option<Vec<usize>> = self.aligned[from.clone()].iter().copied().collect();
        let row = row.ok_or(NOT_THERE)?;
        if row.windows(2).any(|pair| pair[1] != pair[0] + 1 || !self.together(pair[0], pair[1])) {
            return Err(NOT_THERE);
        }
        // Neighbours count only where nothing else stands between them and the change.
        let before = before.filter(|at| row.first().is_none_or(|first| at + 1 == *first && self.together(*at, *first)));
        let behind = behind.filter(|at| match (row.last(), before) {
            (Some(last), _) => last + 1 == *at && self.together(*last, *at),
            (None, Some(before)) => before + 1 == *at && self.together(before, *at),
            (None, None) => true,
        });
        let leaf = row.first().copied().or(before).or(behind).ok_or(NOT_THERE)?;
        let seam = Seam { before, behind, row: (row.first().copied(), row.last().copied()) };
        let (range, words) = match (from.is_empty(), to.is_empty()) {
            (true, _) => self.inserted(&seam, from.start, &to),
            (false, true) => self.deleted(&seam, &from, to.start),
            (false, false) => self.replaced(&seam, &from, &to),
        }
        .ok_or(NOT_THERE)?;
        self.put(self.places[leaf].leaf, range.start..range.end.max(range.start), words, edits);
        Ok(())
    }

    /// Words in place of others. White space around them is only touched where it is another one afterwards: in the
    /// source it may be a line's end.
    fn replaced(&self, seam: &Seam, from: &Range<usize>, to: &Range<usize>) -> Option<(Range<usize>, &str)> {
        let same = |old: usize, new: usize| self.old_gap(old) == self.new_gap(new);
        let left = seam.before.filter(|_| !same(from.start, to.start));
        let right = seam.behind.filter(|_| !same(from.end, to.end));
        let start = left.map_or(self.plain(seam.row.0?).start, |at| self.plain(at).end);
        let end = right.map_or(self.plain(seam.row.1?).end, |at| self.plain(at).start);
        let new_start = if left.is_some() { self.new_end(to.start) } else { self.new_start(to.start) };
        let new_end = if right.is_some() { self.new_start(to.end) } else { self.new_end(to.end) };
        Some((start..end, &self.after[new_start..new_end]))
    }

    /// New words between two that stay.
    fn inserted(&self, seam: &Seam, old: usize, to: &Range<usize>) -> Option<(Range<usize>, &str)> {
        let (left, right) = (self.new_gap(to.start), self.new_gap(to.end));
        let at_left = |at: usize| (self.plain(at).end, &self.after[self.new_end(to.start)..self.new_end(to.end)]);
        let at_right =
            |at: usize| (self.plain(at).start, &self.after[self.new_start(to.start)..self.new_start(to.end)]);
        let (place, words) = match (seam.before, seam.behind) {
            (Some(before), Some(behind)) if self.old_gap(old) != left && self.old_gap(old) != right => {
                let words = &self.after[self.new_end(to.start)..self.new_start(to.end)];
                return Some((self.plain(before).end..self.plain(behind).start, words));
            }
            (Some(_), Some(behind)) if self.old_gap(old) == left => at_right(behind),
            (Some(before), _) => at_left(before),
            (None, Some(behind)) => at_right(behind),
            (None, None) => return None,
        };
        Some((place..place, words))
    }

    /// Words that go, with the white space on one of their sides.
    fn deleted(&self, seam: &Seam, from: &Range<usize>, new: usize) -> Option<(Range<usize>, &str)> {
        let (left, right, gap) = (self.old_gap(from.start), self.old_gap(from.end), self.new_gap(new));
        let (first, last) = (self.plain(seam.row.0?).start, self.plain(seam.row.1?).end);
        Some(match (seam.before, seam.behind) {
            (Some(_), Some(behind)) if gap == left => (first..self.plain(behind).start, ""),
            (Some(before), Some(_)) if gap == right => (self.plain(before).end..last, ""),
            (Some(before), Some(behind)) => (self.plain(before).end..self.plain(behind).start, gap),
            (Some(before), None) => (self.plain(before).end..last, ""),
            (None, Some(behind)) => (first..self.plain(behind).start, ""),
            (None, None) => (first..last, ""),
        })
    }

    fn plain(&self, at: usize) -> &Range<usize> {
        &self.places[at].plain
    }

    /// What stands in front of a word of the old text, up to the word before it.
    fn old_gap(&self, at: usize) -> &str {
        gap(self.before, self.old, at)
    }

    /// The same of the new text.
    fn new_gap(&self, at: usize) -> &str {
        gap(self.after, self.new, at)
    }

    fn together(&self, one: usize, other: usize) -> bool {
        self.places[one].leaf == self.places[other].leaf
    }

    /// Where the new word before `at` ends.
    fn new_end(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |at| self.new[at].end)
    }

    /// Where the new word at `at` begins.
    fn new_start(&self, at: usize) -> usize {
        self.new.get(at).map_or(self.after.len(), |word| word.start)
    }

    /// Replaces a range of a leaf's plain text. White space that stays white space is not touched: it may be a line's end.
    fn put(&self, leaf: usize, range: Range<usize>, words: &str, edits: &mut Vec<Edit>) {
        let leaf = &self.leaves[leaf];
        let (mut range, mut words) = (range, words);
        let old = &leaf.text[range.clone()];
        if old.starts_with(char::is_whitespace) && words.starts_with(char::is_whitespace) {
            range.start += old.len() - old.trim_start().len();
            words = words.trim_start();
        }
        let old = &leaf.text[range.start..range.end.max(range.start)];
        if old.ends_with(char::is_whitespace) && words.ends_with(char::is_whitespace) {
            range.end -= old.len() - old.trim_end().len();
            words = words.trim_end();
        }
        if leaf.raw {
            let span = Span::new(leaf.start + range.start, leaf.start + range.end);
            edits.push(Edit::new(span, words));
        } else if range.is_empty() {
            let (at, in_code) = self.gap(leaf, range.start);
            edits.push(Edit::new(Span::new(at, at), self.written(leaf, words, in_code)));
        } else {
            self.pieces(leaf, range, words, edits);
        }
    }

    /// A place between two characters, outside of markup that begins or ends there.
    fn gap(&self, leaf: &Leaf, at: usize) -> (usize, bool) {
        let inlines = self.document.inlines(leaf.node);
        let around = inlines.iter().find(|inline| inline.plain.start < at && at < inline.plain.end);
        let in_code = around.is_some_and(|inline| inline.kind == InlineKind::Code);
        if let Some(closing) = inlines
            .iter()
            .filter(|inline| inline.plain.end == at && !inline.plain.is_empty())
            .map(|inline| inline.span.end)
            .max()
        {
            return (closing, in_code);
        }
        let opening = inlines.iter().filter(|inline| inline.plain.start == at && !inline.plain.is_empty());
        if let Some(opening) = opening.map(|inline| inline.span.start).min() {
            return (opening, in_code);
        }
        match leaf.text[..at].char_indices().next_back() {
            Some((last, letter)) => (self.source(leaf, last) + letter.len_utf8(), in_code),
            None => (self.source(leaf, at), in_code),
        }
    }

    /// Replaces a range that may reach over the ends of markup: the new words go where the first old one stands, and
    /// markup that loses all its words goes with them.
    fn pieces(&self, leaf: &Leaf, range: Range<usize>, words: &str, edits: &mut Vec<Edit>) {
        let inlines = self.document.inlines(leaf.node);
        let mut cuts: Vec<usize> = inlines.iter().flat_map(|inline| [inline.plain.start, inline.plain.end]).collect();
        cuts.retain(|cut| range.start < *cut && *cut < range.end);
        cuts.extend([range.start, range.end]);
        cuts.sort_unstable();
        cuts.dedup();
        let parts: Vec<Range<usize>> = cuts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        let worded = |part: &Range<usize>| !leaf.text[part.clone()].trim().is_empty();
        let host = parts.iter().position(worded).unwrap_or(0);
        for (at, part) in parts.iter().enumerate() {
            let words = if at == host { words } else { "" };
            let whole = |inline: &&crate::spec::document::Inline| inline.plain.range() == *part;
            let markup = inlines.iter().find(whole).filter(|_| words.is_empty());
            let last =
                leaf.text[part.clone()].char_indices().next_back().map_or((0, 0), |(at, it)| (at, it.len_utf8()));
            let span = markup.map_or_else(
                || Span::new(self.source(leaf, part.start), self.source(leaf, part.start + last.0) + last.1),
                |inline| inline.span,
            );
            let span = Span::new(self.with_escape(leaf, span.start), span.end.max(span.start));
            let inside = |inline: &&crate::spec::document::Inline| {
                inline.kind == InlineKind::Code && inline.plain.start <= part.start && part.end <= inline.plain.end
            };
            let in_code = inlines.iter().any(|inline| inside(&inline));
            edits.push(Edit::new(span, self.written(leaf, words, in_code)));
        }
    }

    fn source(&self, leaf: &Leaf, plain: usize) -> usize {
        self.document.source_offset(leaf.node, plain)
    }

    /// A backslash that only stands there for the character behind it goes with it.
    fn with_escape(&self, leaf: &Leaf, at: usize) -> usize {
        let text = &self.document.text()[self.document.node(leaf.node).span.start..];
        let from = self.document.node(leaf.node).span.start;
        let before = &text[..at.saturating_sub(from)];
        let strokes = before.len() - before.trim_end_matches('\\').len();
        let mark = text[before.len()..].starts_with(|letter: char| letter.is_ascii_punctuation());
        if strokes % 2 == 1 && mark { at - 1 } else { at }
    }

    fn written(&self, leaf: &Leaf, words: &str, in_code: bool) -> String {
        let escaped = match self.writing {
            Writing::Escaped if !in_code => escaped(words),
            _ => words.to_owned(),
        };
        if leaf.in_cell && (in_code || self.writing == Writing::Bare) {
            return escaped.replace('|', "\\|");
        }
        escaped
    }
}

/// Words for the middle of a line: white space at the ends stays, and what only the start of a line could mean is left.
fn escaped(words: &str) -> String {
    let start = words.len() - words.trim_start().len();
    let end = words.trim_end().len().max(start);
    format!("{}{}{}", &words[..start], escape::markdown(&words[start..end]), &words[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::edit;

    fn check(source: &str, before: &str, after: &str, expected: Option<&str>) {
        let document = Document::parse(source).unwrap();
        let region = Span::new(0, source.len());
        let woven = weave(&document, region, before, after, Writing::Bare);
        let text = woven.ok().map(|edits| edit::apply(source, &edits).unwrap());
        assert_eq!(text.as_deref(), expected, "{before} -> {after}");
    }

    #[test]
    fn words_change_and_markup_stays() {
        check(
            "- **FR-1** A member *must* pay.\n",
            "A member must pay.",
            "A guest must pay.",
            Some("- **FR-1** A guest *must* pay.\n"),
        );
        check(
            "A [member](x.md) can `pay`.\n",
            "A member can pay.",
            "A member can read.",
            Some("A [member](x.md) can `read`.\n"),
        );
        check("A [member](member.md) can.\n", "A member can.", "A guest can.", Some("A [guest](member.md) can.\n"));
        check(
            "A **member must** now pay.\n",
            "A member must now pay.",
            "A member shall pay.",
            Some("A **member shall** pay.\n"),
        );
        check(
            "A member\r\n  must pay\r\n",
            "A member must pay",
            "A member must not pay",
            Some("A member\r\n  must not pay\r\n"),
        );
        check("A **new** member.\n", "A new member.", "A member.", Some("A member.\n"));
        check("A **new** member.\n", "A new member.", "A new old member.", Some("A **new** old member.\n"));
        check("A member.\n", "A member.", "A member, at last.", Some("A member, at last.\n"));
    }

    #[test]
    fn cells_and_code_are_woven_into() {
        check(
            "| a | b |\n|---|---|\n| x \\| y | must pay |\n",
            "must pay",
            "must a|b pay",
            Some("| a | b |\n|---|---|\n| x \\| y | must a\\|b pay |\n"),
        );
        check(
            "```sql\nCREATE TABLE sql (id uuid, a int);\n```\n",
            "sql: {id: uuid, a: int}",
            "sql: {id: uuid, a: text}",
            Some("```sql\nCREATE TABLE sql (id uuid, a text);\n```\n"),
        );
    }

    #[test]
    fn what_does_not_stand_there_is_refused() {
        check("A member pays.\n", "A member must pay.", "A member can pay.", None);
        check("A member must not pay.\n", "A member must pay.", "A member pay.", Some("A member not pay.\n"));
    }

    #[test]
    fn an_escape_goes_with_its_mark() {
        check("a \\* b\n", "a * b", "a + b", Some("a + b\n"));
        assert_eq!(escaped(" a_b *c* "), " a_b \\*c\\* ");
    }
}
