//! "Did you mean": the known word that a wrong one is closest to.
//!
//! Distance counts inserted, left out, changed and swapped letters over the key of a name, so that `Ledger` finds
//! `ledgers` and `Meber` finds `Members`, while words that merely share a few letters stay apart.

use crate::spec::text::name_key;

/// The candidate that is nearest to `word`, when one is near enough: at most a third of its letters differ.
/// Of several equally near ones the first is taken.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name_key(word).chars().collect();
    let limit = (wanted.len() / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let found: Vec<char> = name_key(candidate).chars().collect();
        if found.is_empty() || wanted.is_empty() || found.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let far = distance(&wanted, &found);
        if far <= limit && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance, row by row.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut cost = (last[column + 1] + 1).min(next[column] + 1).min(last[column] + usize::from(a != b));
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                cost = cost.min(before[column - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, ["Members", "Catalogue", "Loans", "Fees"]), expected, "{word}");
    }

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        check("Meber", None);
        check("Memebrs", Some("Members"));
        check("members", Some("Members"));
        check("Catalog", Some("Catalogue"));
        check("Lonas", Some("Loans"));
        check("Ledger", None);
        check("", None);
    }
}
