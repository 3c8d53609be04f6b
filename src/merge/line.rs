//! Three-way merge of sequences, and of texts by their lines: what both sides left alone holds them together, and
//! between two such places either one side changed something or both did.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::merged::{Conflict, Draft};
use crate::spec::span::Span;

/// A stretch of base with what the two sides have there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) base: Range<usize>,
    pub(super) ours: Range<usize>,
    pub(super) theirs: Range<usize>,
    pub(super) same: bool,
}

/// Cuts three sequences into stretches that are the same in all and stretches that are not, by turns.
pub(super) fn chunks(base: &[u32], ours: &[u32], theirs: &[u32]) -> Vec<Chunk> {
    chunks_of([base.len(), ours.len(), theirs.len()], &matches(base, ours), &matches(base, theirs))
}

/// The same for sequences of these lengths, of which it is known where ours and theirs have each place of base.
pub(super) fn chunks_of(
    [base, ours, theirs]: [usize; 3],
    in_ours: &[Option<usize>],
    in_theirs: &[Option<usize>],
) -> Vec<Chunk> {
    let (mut b, mut o, mut t) = (0, 0, 0);
    let mut found = Vec::new();
    loop {
        let from = (b, o, t);
        while b < base && in_ours[b] == Some(o) && in_theirs[b] == Some(t) {
            (b, o, t) = (b + 1, o + 1, t + 1);
        }
        if b > from.0 {
            found.push(Chunk { base: from.0..b, ours: from.1..o, theirs: from.2..t, same: true });
        }
        let next = (b..base).find_map(|at| Some((at, in_ours[at]?, in_theirs[at]?)));
        let to = next.unwrap_or((base, ours, theirs));
        if to != (b, o, t) {
            found.push(Chunk { base: b..to.0, ours: o..to.1, theirs: t..to.2, same: false });
        }
        (b, o, t) = to;
        if next.is_none() {
            return found;
        }
    }
}

/// For each place in `from`, its place in `to`.
pub(super) fn matches(from: &[u32], to: &[u32]) -> Vec<Option<usize>> {
    let mut found = vec![None; from.len()];
    for operation in capture_diff_slices(Algorithm::Patience, from, to) {
        if let DiffOp::Equal { old_index, new_index, len } = operation {
            (0..len).for_each(|at| found[old_index + at] = Some(new_index + at));
        }
    }
    found
}

/// A text as its lines, each with a number that equal lines share, over all texts of one pool.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins, and the end of the text.
    starts: Vec<usize>,
    pub(super) numbers: Vec<u32>,
}

/// Gives out the numbers.
#[derive(Default)]
pub(super) struct Pool<'a>(HashMap<&'a str, u32>);

impl<'a> Pool<'a> {
    /// Numbers one word.
    pub(super) fn number(&mut self, word: &'a str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(word).or_insert(next)
    }

    pub(super) fn lines(&mut self, text: &'a str) -> Lines<'a> {
        let (mut starts, mut numbers, mut at) = (vec![0], Vec::new(), 0);
        for line in text.split_inclusive('\n') {
            numbers.push(self.number(line));
            at += line.len();
            starts.push(at);
        }
        Lines { text, starts, numbers }
    }
}

impl<'a> Lines<'a> {
    /// The bytes of some lines.
    pub(super) fn span(&self, lines: &Range<usize>) -> Span {
        Span::new(self.starts[lines.start], self.starts[lines.end])
    }

    /// Their text.
    pub(super) fn of(&self, lines: &Range<usize>) -> &'a str {
        self.span(lines).of(self.text)
    }
}

/// The text that lines alone come to; none when they meet.
pub(super) fn settled(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let mut pool = Pool::default();
    let [base, ours, theirs] = [base, ours, theirs].map(|text| pool.lines(text));
    let mut text = String::with_capacity(ours.text.len() + theirs.text.len() / 8);
    for chunk in chunks(&base.numbers, &ours.numbers, &theirs.numbers) {
        let [b, o, t] = [base.of(&chunk.base), ours.of(&chunk.ours), theirs.of(&chunk.theirs)];
        let own = match () {
            () if chunk.same || t == b || o == t => o,
            () if o == b => t,
            () => return None,
        };
        text.push_str(own);
    }
    Some(text)
}

/// Merges by lines alone.
pub(super) fn merge(texts: [&str; 3]) -> Draft {
    let mut pool = Pool::default();
    let [base, ours, theirs] = texts.map(|text| pool.lines(text));
    let mut draft = Draft::default();
    for chunk in chunks(&base.numbers, &ours.numbers, &theirs.numbers) {
        let [b, o, t] = [base.of(&chunk.base), ours.of(&chunk.ours), theirs.of(&chunk.theirs)];
        if chunk.same || t == b || o == t {
            draft.push(o);
        } else if o == b {
            draft.push(t);
        } else {
            let [b, o, t] = [b, o, t].map(|text| (!text.is_empty()).then(|| text.to_owned()));
            let conflict = Conflict { item: "lines".into(), base: b, ours: o, theirs: t };
            draft.conflict(conflict, "", theirs.span(&chunk.theirs), "");
        }
    }
    draft
}
