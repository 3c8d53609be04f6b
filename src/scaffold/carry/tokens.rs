//! Words and marks of a text, for comparing wordings. White space is no token: it is what stands between them.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The tokens of a text as byte ranges: runs of letters and digits, and every other visible character by itself. In
/// scripts without spaces each character is a token.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut in_word = false;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        let in_this = (letter.is_alphanumeric() || letter == '_') && !stands_alone(letter);
        match found.last_mut() {
            Some(last) if in_this && in_word => last.end = end,
            _ if letter.is_whitespace() => {}
            _ => found.push(at..end),
        }
        in_word = in_this;
    }
    found
}

/// Whether a character is a word of its own, as in Han, Hiragana and Katakana.
fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// The words behind ranges.
pub(super) fn words<'t>(text: &'t str, tokens: &[Range<usize>]) -> Vec<&'t str> {
    tokens.iter().map(|range| &text[range.clone()]).collect()
}

/// The differences between two rows of words.
pub(super) fn difference(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    capture_diff_slices(Algorithm::Myers, old, new)
}

/// For each word of `wanted` its place in `there`, in order: at once where they stand in a row, else by the longest
/// common row.
pub(super) fn align(wanted: &[&str], there: &[&str]) -> Vec<Option<usize>> {
    if wanted.is_empty() {
        return Vec::new();
    }
    if let Some(start) = there.windows(wanted.len()).position(|window| window == wanted) {
        return (start..start + wanted.len()).map(Some).collect();
    }
    let mut places = vec![None; wanted.len()];
    for operation in difference(wanted, there) {
        if let DiffOp::Equal { old_index, new_index, len } = operation {
            (0..len).for_each(|at| places[old_index + at] = Some(new_index + at));
        }
    }
    places
}

/// How alike two texts are, from 0 to 1: the share of words that they have in common, in order.
pub(super) fn likeness(one: &str, other: &str) -> f64 {
    let (ours, theirs) = (split(one), split(other));
    let total = ours.len() + theirs.len();
    if total == 0 {
        return 0.0;
    }
    let operations = difference(&words(one, &ours), &words(other, &theirs));
    let common: usize =
        operations.iter().map(|operation| if let DiffOp::Equal { len, .. } = operation { *len } else { 0 }).sum();
    #[expect(clippy::cast_precision_loss, reason = "no line has 2^52 words")]
    let share = (2 * common) as f64 / total as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text, &split(text)), expected);
    }

    #[test]
    fn words_and_marks() {
        check("p95 < 200 ms, daily_fee: é", &["p95", "<", "200", "ms", ",", "daily_fee", ":", "é"]);
        check("数据A必须", &["数", "据", "A", "必", "须"]);
        check("  ", &[]);
    }

    #[test]
    fn rows_are_found_where_they_stand() {
        assert_eq!(align(&["a", "b"], &["a", "x", "a", "b"]), [Some(2), Some(3)]);
        assert_eq!(align(&["a", ":", "b"], &["a", "b"]), [Some(0), None, Some(1)]);
        assert!(likeness("a b c d", "a b x d") > 0.7 && likeness("a", "b") < 0.1);
    }
}
