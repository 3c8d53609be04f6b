//! Three-way merge within a line or a paragraph, by words: the last resort before a conflict, for prose only.
//!
//! White space belongs to the word that follows it and is merged on its own, so that a paragraph that one side wrapped
//! anew meets a word that the other side changed. Changes that touch each other are not merged, nor is a sentence that
//! one side wrote anew: what comes out would be nobody's sentence.

use std::collections::HashMap;
use std::ops::Range;

use super::line::{self, Chunk, Pool};

/// A word with the white space before it.
struct Word<'a> {
    lead: &'a str,
    text: &'a str,
}

/// A text as words, and the white space at its end.
struct Words<'a> {
    words: Vec<Word<'a>>,
    tail: &'a str,
    numbers: Vec<u32>,
}

/// How careful a merge by words is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Half of the words of base must still be on both sides.
    Sentence,
    /// A row of a table: cells stand for themselves.
    Row,
}

/// The merged text, or none when the changes meet.
pub(super) fn merge(base: &str, ours: &str, theirs: &str, care: Care) -> Option<String> {
    let mut pool = Pool::default();
    let [b, o, t] = [base, ours, theirs].map(|text| Words::of(text, &mut pool));
    let (in_ours, in_theirs) = (b.places_in(&o), b.places_in(&t));
    let chunks = line::chunks_of([b.words.len(), o.words.len(), t.words.len()], &in_ours, &in_theirs);
    if care == Care::Sentence && !(b.mostly_in(&o) && b.mostly_in(&t)) {
        return None;
    }
    let mut text = String::with_capacity(ours.len() + theirs.len());
    let mut last_changed = None;
    let mut apart = true;
    for chunk in chunks {
        if chunk.same {
            apart |= b.words[chunk.base.clone()].iter().any(|word| word.separates(care));
            stable(&mut text, &chunk, [&b, &o, &t]);
            continue;
        }
        let by_ours = b.numbers[chunk.base.clone()] == t.numbers[chunk.theirs.clone()];
        let by_theirs = b.numbers[chunk.base.clone()] == o.numbers[chunk.ours.clone()];
        let same = o.numbers[chunk.ours.clone()] == t.numbers[chunk.theirs.clone()];
        let who = match (by_ours, by_theirs, same) {
            (_, _, true) => None,
            (true, ..) => Some(true),
            (_, true, _) => Some(false),
            _ => return None,
        };
        if !apart && who.is_some() && last_changed.is_some() && last_changed != who {
            return None;
        }
        if who.is_some() {
            (last_changed, apart) = (who, false);
        }
        changed(&mut text, &chunk, who.unwrap_or(true), [&b, &o, &t]);
    }
    text.push_str(three_way(b.tail, o.tail, t.tail));
    Some(text)
}

fn three_way<'a>(base: &str, ours: &'a str, theirs: &'a str) -> &'a str {
    if ours == base { theirs } else { ours }
}

fn stable(text: &mut String, chunk: &Chunk, [b, o, t]: [&Words<'_>; 3]) {
    let (base, ours) = (&b.words[chunk.base.clone()], &o.words[chunk.ours.clone()]);
    for ((b, o), t) in base.iter().zip(ours).zip(&t.words[chunk.theirs.clone()]) {
        text.push_str(three_way(b.lead, o.lead, t.lead));
        text.push_str(o.text);
    }
}

/// The words of the side that changed them; where both sides have as many as base, white space is merged too.
fn changed(text: &mut String, chunk: &Chunk, ours: bool, [b, o, t]: [&Words<'_>; 3]) {
    let (base, own, others) = if ours {
        (&b.words[chunk.base.clone()], &o.words[chunk.ours.clone()], &t.words[chunk.theirs.clone()])
    } else {
        (&b.words[chunk.base.clone()], &t.words[chunk.theirs.clone()], &o.words[chunk.ours.clone()])
    };
    for (at, word) in own.iter().enumerate() {
        let is_paired = at == 0 || own.len() == base.len();
        let lead = match (base.get(at), others.get(at)) {
            (Some(base), Some(other)) if is_paired && word.lead == base.lead => other.lead,
            _ => word.lead,
        };
        text.push_str(lead);
        text.push_str(word.text);
    }
}

impl Word<'_> {
    /// Whether changes on its two sides have nothing to do with each other.
    fn separates(&self, care: Care) -> bool {
        self.is_word() || (care == Care::Row && self.text == "|")
    }

    fn is_word(&self) -> bool {
        self.text.starts_with(char::is_alphanumeric)
    }
}

impl<'a> Words<'a> {
    fn of(text: &'a str, pool: &mut Pool<'a>) -> Self {
        let mut words = Vec::new();
        let mut rest = text;
        loop {
            let word = rest.trim_start();
            let lead = &rest[..rest.len() - word.len()];
            let Some(first) = word.chars().next() else {
                let numbers = words.iter().map(|word: &Word<'a>| pool.number(word.text)).collect();
                return Self { words, tail: rest, numbers };
            };
            let end = if is_letter(first) {
                word.find(|letter| !is_letter(letter)).unwrap_or(word.len())
            } else {
                first.len_utf8()
            };
            words.push(Word { lead, text: &word[..end] });
            rest = &word[end..];
        }
    }

    /// Where `other` has each word: lines that it has word for word first, so that a sentence that begins like another is
    /// not taken for it; then the words between such lines.
    fn places_in(&self, other: &Self) -> Vec<Option<usize>> {
        let (mut pool, mut found) = (HashMap::new(), vec![None; self.words.len()]);
        let (own, there) = (self.lines(), other.lines());
        let number = |words: &[u32], pool: &mut HashMap<Vec<u32>, u32>| {
            let next = pool.len() as u32;
            *pool.entry(words.to_vec()).or_insert(next)
        };
        let one: Vec<u32> = own.iter().map(|line| number(&self.numbers[line.clone()], &mut pool)).collect();
        let two: Vec<u32> = there.iter().map(|line| number(&other.numbers[line.clone()], &mut pool)).collect();
        let mut from = (0, 0);
        let ends = (self.words.len()..self.words.len(), other.words.len()..other.words.len());
        let pairs = line::matches(&one, &two).into_iter().enumerate().filter_map(|(at, to)| Some((at, to?)));
        let same = pairs.map(|(at, to)| (own[at].clone(), there[to].clone())).chain(std::iter::once(ends));
        for (line, to) in same {
            let between = line::matches(&self.numbers[from.0..line.start], &other.numbers[from.1..to.start]);
            for (at, to) in between.into_iter().enumerate() {
                found[from.0 + at] = to.map(|to| from.1 + to);
            }
            line.clone().zip(to.clone()).for_each(|(at, to)| found[at] = Some(to));
            from = (line.end, to.end);
        }
        found
    }

    /// The words of each line.
    fn lines(&self) -> Vec<Range<usize>> {
        let mut starts: Vec<usize> = (1..self.words.len()).filter(|at| self.words[*at].lead.contains('\n')).collect();
        starts.insert(0, 0);
        starts.push(self.words.len());
        starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    fn mostly_in(&self, other: &Self) -> bool {
        let kept = line::matches(&self.numbers, &other.numbers);
        let words = self.words.iter().zip(kept).filter(|(word, _)| word.is_word());
        let (all, kept) = words.fold((0, 0), |(all, here), (_, to)| (all + 1, here + usize::from(to.is_some())));
        kept * 2 >= all
    }
}

/// Letters of one word; scripts that write no spaces have one letter a word.
fn is_letter(letter: char) -> bool {
    (letter.is_alphanumeric() || letter == '_') && !('\u{2e80}'..='\u{9fff}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, ours: &str, theirs: &str, expected: Option<&str>) {
        assert_eq!(merge(base, ours, theirs, Care::Sentence).as_deref(), expected, "{base:?} {ours:?} {theirs:?}");
    }

    #[test]
    fn far_words_meet_and_near_ones_do_not() {
        check("place the order now\n", "put the order now\n", "place the order soon\n", Some("put the order soon\n"));
        check("must respond in time\n", "should respond in time\n", "must answer in time\n", None);
        check("GET /users/{id} gives it", "POST /users/{id} gives it", "GET /user/{id} gives it", None);
        check("one two three", "one two three four", "one two three five", None);
        check("one two three", "1 2 three", "one two 3", None);
        check("wait one two three", "wait two three", "wait one two 3", Some("wait two 3"));
        check("一二三四五", "一二三四六", "七二三四五", Some("七二三四六"));
    }

    #[test]
    fn a_wrapped_paragraph_meets_a_changed_word() {
        check(
            "The quick brown fox jumps\nover the lazy dog.\n",
            "The quick brown\nfox jumps over\nthe lazy dog.\n",
            "The quick brown fox leaps\nover the lazy dog.\n",
            Some("The quick brown\nfox leaps over\nthe lazy dog.\n"),
        );
        check("a b c d\n", "a b\nc d\n", "a b see d\n", Some("a b\nsee d\n"));
    }

    #[test]
    fn a_sentence_that_begins_like_another_is_not_taken_for_it() {
        check(
            "In order to rest, the clerk goes home.\n",
            "In order now to rest, the clerk goes home.\n",
            "In order to work, the clerk stays here.\nIn order to rest, the clerk goes home.\n",
            Some("In order to work, the clerk stays here.\nIn order now to rest, the clerk goes home.\n"),
        );
    }

    #[test]
    fn cells_of_a_row_stand_for_themselves() {
        let merged = merge("| a | 1 | x |\n", "| b | 1 | x |\n", "| a | 2 | x |\n", Care::Row);
        assert_eq!(merged.as_deref(), Some("| b | 2 | x |\n"));
        let padded = merge("| a | 1 |\n", "| a   | 1   |\n", "| a | 2 |\n", Care::Row);
        assert_eq!(padded.as_deref(), Some("| a   | 2   |\n"));
    }
}
