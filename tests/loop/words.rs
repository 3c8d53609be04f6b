//! The oracle's book: every simulated edit carries a word that nothing else has, and each is looked for by git alone.
//!
//! A word may go only when a simulated person discarded it: deleted or replaced its text, took the other side of a
//! conflict, closed the proposal that held it.

use std::collections::{BTreeMap, BTreeSet};

/// As a regular expression for `git grep -E`.
pub const PATTERN: &str = "qw[0-9]{4}k";

/// All words that were ever written.
#[derive(Debug, Default)]
pub struct Words {
    next: u32,
    /// Those that must be somewhere, with the edit that wrote them.
    live: BTreeMap<String, String>,
    /// Those that a person discarded, and how.
    gone: BTreeMap<String, String>,
    /// Those in items that master and slice both have once everything is in step.
    shared: BTreeSet<String>,
}

impl Words {
    /// A new word for an edit.
    pub fn fresh(&mut self, edit: &str) -> String {
        self.next += 1;
        let word = format!("qw{:04}k", self.next);
        self.live.insert(word.clone(), edit.to_owned());
        word
    }

    /// A new word in an item that both sides have once everything is in step.
    pub fn fresh_item(&mut self, edit: &str) -> String {
        let word = self.fresh(edit);
        self.shared.insert(word.clone());
        word
    }

    /// How many words were given so far.
    pub fn mark(&self) -> u32 {
        self.next
    }

    /// The words since a mark were never written anywhere.
    pub fn take_back(&mut self, mark: u32) {
        for number in mark + 1..=self.next {
            let word = format!("qw{number:04}k");
            self.live.remove(&word);
            self.shared.remove(&word);
        }
    }

    /// A person discarded the words of a text.
    pub fn discard(&mut self, text: &str, how: &str) {
        for word in found(text) {
            if self.live.remove(&word).is_some() {
                self.gone.insert(word, how.to_owned());
            }
        }
    }

    /// A person said that these words stay on one side.
    pub fn stay_local(&mut self, text: &str) {
        for word in found(text) {
            self.shared.remove(&word);
        }
    }

    /// The words that must be somewhere and are not in `seen`, with their edits.
    pub fn missing(&self, seen: &BTreeSet<String>) -> Vec<String> {
        self.live
            .iter()
            .filter(|(word, _)| !seen.contains(*word))
            .map(|(word, edit)| format!("{word}: {edit}"))
            .collect()
    }

    /// The same for the words of items that both sides have.
    pub fn missing_items(&self, seen: &BTreeSet<String>) -> Vec<String> {
        let items = self.live.iter().filter(|(word, _)| self.shared.contains(*word) && !seen.contains(*word));
        items.map(|(word, edit)| format!("{word}: {edit}")).collect()
    }

    /// How many were written, and how many of them were discarded.
    pub fn counts(&self) -> (usize, usize) {
        (self.live.len() + self.gone.len(), self.gone.len())
    }

    /// Whether a word was not discarded.
    pub fn is_live(&self, word: &str) -> bool {
        self.live.contains_key(word)
    }
}

/// The words of a text.
pub fn found(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let is_word = |at: usize| {
        let word = bytes.get(at..at + 7)?;
        let plain = word[..2].eq_ignore_ascii_case(b"qw") && word[2..6].iter().all(u8::is_ascii_digit);
        (plain && word[6].eq_ignore_ascii_case(&b'k')).then(|| String::from_utf8_lossy(word).to_lowercase())
    };
    (0..bytes.len()).filter_map(is_word).collect()
}

#[test]
fn a_missing_word_is_named_and_a_discarded_one_is_not() {
    let mut words = Words::default();
    let (first, second) = (words.fresh("one"), words.fresh_item("two"));
    let text = format!("a {first}, {}", second.to_uppercase());
    assert_eq!(found(&text), [first.clone(), second.clone()].into());
    assert!(words.missing(&found(&text)).is_empty());
    assert_eq!(words.missing(&BTreeSet::new()), ["qw0001k: one", "qw0002k: two"]);
    assert_eq!(words.missing_items(&BTreeSet::new()), ["qw0002k: two"]);
    words.discard(&text, "deleted");
    assert!(words.missing(&BTreeSet::new()).is_empty() && !words.is_live(&first));
    assert_eq!(words.counts(), (2, 2));
}
