//! Cuts plain text into sentences, in any of the languages that specifications are written in.

use std::ops::Range;

/// Words after which a full stop ends no sentence, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "eg", "ie", "etc", "vs", "cf", "fig", "figs", "no", "nos", "sec", "sect", "ch", "approx", "resp",
    "incl", "excl", "max", "min", "dr", "mr", "mrs", "ms", "prof", "st", "al", "ed", "eds", "vol", "pp", "p", "ex",
    "ref", "refs", "ver", "inc", "ltd", "corp", "dept", "est", "z.b", "d.h", "u.a", "bzw", "ca", "ggf", "usw", "evtl",
    "vgl", "nr", "abs", "s", "sog", "inkl", "p.ex", "c.-à-d", "art", "ej", "p.ej", "pág", "núm", "z. b", "d. h",
];

/// The sentences of a text as byte ranges without white space around them. A full stop ends one when the next word
/// does not go on in lower case and the word before it is no abbreviation; `。`, `！` and `？` always do.
#[must_use]
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let ends = match letter {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' => ends_sentence(text, start, at),
            _ => false,
        };
        if !ends {
            continue;
        }
        let mut end = at + letter.len_utf8();
        while let Some((next, closing)) = letters.peek().copied() {
            if !matches!(closing, '"' | '\'' | '”' | '’' | '»' | ')' | '）' | '」' | ']' | '.') {
                break;
            }
            end = next + closing.len_utf8();
            letters.next();
        }
        push(text, start..end, &mut found);
        start = end;
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = &text[range.clone()];
    let trimmed = part.trim_start();
    let start = range.start + (part.len() - trimmed.len());
    let end = start + trimmed.trim_end().len();
    if start < end {
        found.push(start..end);
    }
}

/// Whether the mark at `at` ends the sentence that began at `start`.
fn ends_sentence(text: &str, start: usize, at: usize) -> bool {
    let after = text[at + 1..].trim_start_matches(['"', '\'', '”', '’', '»', ')', ']', '.']);
    let next = after.trim_start();
    if next.is_empty() {
        return true;
    }
    if next.len() == after.len() || next.starts_with(char::is_lowercase) {
        return false;
    }
    let mark = text.as_bytes()[at];
    mark != b'.' || !ends_with_abbreviation(&text[start..at])
}

fn ends_with_abbreviation(before: &str) -> bool {
    let word =
        before.rsplit(|letter: char| letter.is_whitespace() || matches!(letter, '(' | '[')).next().unwrap_or_default();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let is_number_of_list = word.len() <= 2
        && !word.is_empty()
        && word.len() == before.trim().len()
        && word.bytes().all(|b| b.is_ascii_digit());
    is_initial || is_number_of_list || (word.len() <= 8 && ABBREVIATIONS.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = split(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_end_where_authors_end_them() {
        check("A must b. C shall d! <e> may f?", &["A must b.", "C shall d!", "<e> may f?"]);
        check("Use e.g. Redis or v1.2.3 as is. See fig. 3.", &["Use e.g. Redis or v1.2.3 as is.", "See fig. 3."]);
        check("任务列表。必须为Running后。", &["任务列表。", "必须为Running后。"]);
        check("It said \"no.\" Then it left.", &["It said \"no.\"", "Then it left."]);
        check("Die App muss z.B. Namen zeigen. Ende", &["Die App muss z.B. Namen zeigen.", "Ende"]);
        check("", &[]);
    }
}
