//! A criterion as a sentence: its words, what it names of the contract, and who can do what in it.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::contract::{Contract, EndpointContract};
use super::shape::{pattern, singular};
use crate::spec::text::{name_key, words};

/// A criterion's text with the forms that rules look at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sentence {
    /// Lower case, white space folded.
    pub(super) lower: String,
    /// Its words.
    pub(super) words: Vec<String>,
    /// The stems of its words.
    pub(super) stems: Vec<String>,
    /// Its words in the singular.
    nouns: Vec<String>,
    /// Its words with a blank on each side.
    spaced: String,
    /// Where words start in `spaced`.
    starts: Vec<usize>,
}

/// Something that somebody can do: `borrow` `a tool that is available`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deed {
    /// The stem of its verb.
    pub(super) verb: String,
    /// The stems of what follows.
    pub(super) about: Vec<String>,
    /// Whether it speaks of many.
    pub(super) plural: bool,
    /// Whether it speaks of what was named before ("find it"): then its first word is a verb, known or not.
    pub(super) goes_on: bool,
}

/// What kind of request a verb asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerbKind {
    Create,
    Read,
    List,
    Update,
    Delete,
}

const CREATING: &[&str] = &[
    "register",
    "add",
    "create",
    "submit",
    "open",
    "borrow",
    "reserve",
    "book",
    "order",
    "place",
    "report",
    "record",
    "upload",
    "send",
    "request",
    "invite",
    "start",
    "post",
    "join",
    "rent",
    "apply",
    "store",
    "save",
    "write",
    "publish",
    "schedule",
    "enter",
    "sign",
    "subscribe",
    "buy",
];
const READING: &[&str] =
    &["see", "view", "read", "look", "show", "get", "check", "download", "retrieve", "fetch", "inspect"];
const LISTING: &[&str] = &["list", "browse", "search", "find", "filter", "sort"];
const UPDATING: &[&str] = &["change", "update", "edit", "rename", "modify", "set", "correct", "replace", "adjust"];
const DELETING: &[&str] = &["delete", "remove", "cancel", "end", "withdraw", "unregister", "leave", "erase", "revoke"];

impl Sentence {
    /// Reads a text.
    pub(super) fn of(text: &str) -> Self {
        let words = words(text);
        let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let spaced = format!(" {} ", words.join(" "));
        // Words come in the form that name keys have.
        let nouns = words.iter().map(|word| singular(word)).collect();
        let starts = words.iter().scan(1, |next, word| Some(std::mem::replace(next, *next + word.len() + 1))).collect();
        Self { stems: words.iter().map(|word| stem_of_key(word)).collect(), words, lower, nouns, spaced, starts }
    }

    /// Whether one of these phrases occurs, at word boundaries.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        let bytes = self.spaced.as_bytes();
        let begins = |at: usize, phrase: &str| {
            bytes[at..].starts_with(phrase.as_bytes()) && bytes.get(at + phrase.len()) == Some(&b' ')
        };
        phrases.iter().any(|phrase| self.starts.iter().any(|at| begins(*at, phrase)))
    }

    /// Whether it speaks of a thing, in singular or plural.
    pub(super) fn names(&self, noun: &str) -> bool {
        let parts: Vec<String> = words(noun).iter().map(|word| stem_of_key(word)).collect();
        !parts.is_empty()
            && (parts.iter().all(|part| self.stems.contains(part)) || self.nouns.contains(&singular(&name_key(noun))))
    }

    /// How many words of another it has, each counted once; words that say nothing don't count.
    pub(super) fn shares(&self, other: &Self) -> usize {
        let telling = other.words.iter().zip(&other.stems).filter(|(word, _)| !is_filler(word));
        let mut shared: Vec<&String> = telling.map(|(_, stem)| stem).filter(|stem| self.stems.contains(stem)).collect();
        shared.sort_unstable();
        shared.dedup();
        shared.len()
    }

    /// Whether it holds a figure; without one there is no limit to look for.
    pub(super) fn has_figure(&self) -> bool {
        self.lower.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// The first status code from 400 on that it states.
    pub(super) fn refusing_status(&self) -> Option<u16> {
        static STATUS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[\s(])([45][0-9][0-9])(?:[\s).,;:]|$)"));
        self.has_figure().then(|| STATUS.captures(&self.lower))?.and_then(|found| found[1].parse().ok())
    }

    /// The endpoint that it names by method and path.
    pub(super) fn named_endpoint<'c>(&self, contract: &'c Contract) -> Option<&'c EndpointContract> {
        contract.endpoints.iter().find(|endpoint| {
            let call = endpoint.call.to_lowercase();
            self.lower.match_indices(&call).any(|(at, _)| {
                let next = self.lower[at + call.len()..].chars().next();
                next.is_none_or(|letter| !letter.is_alphanumeric() && !matches!(letter, '/' | '_' | '-' | '{'))
            })
        })
    }

    /// The deeds that it allows: what stands after "can", split at "and" and commas.
    pub(super) fn deeds(&self) -> Vec<Deed> {
        let allows = |word: &String| matches!(word.as_str(), "can" | "may" | "able");
        let Some(start) = self.words.iter().position(allows) else { return Vec::new() };
        let mut deeds: Vec<Deed> = Vec::new();
        let allowed = self.words[start + 1..].iter().skip_while(|word| *word == "to" || *word == "also");
        let allowed: Vec<&String> = allowed.collect();
        for clause in allowed.split(|word| matches!(word.as_str(), "and" | "or" | "then")) {
            let Some((verb, rest)) = clause.split_first() else { continue };
            let mut about: Vec<String> = rest.iter().filter(|word| !is_filler(word)).map(|word| stem(word)).collect();
            let pronoun =
                rest.iter().any(|word| matches!(word.as_str(), "it" | "them" | "its" | "their" | "what" | "back"));
            if let Some(before) = deeds.last().filter(|_| pronoun || about.is_empty()) {
                about.extend(before.about.iter().cloned());
            }
            let plural = rest.iter().any(|word| singular(word) != **word);
            deeds.push(Deed { verb: stem(verb), about, plural, goes_on: pronoun });
        }
        deeds
    }
}

/// What kind of request a verb asks for; none for verbs that could be anything.
pub(super) fn kind_of_verb(verb: &str) -> Option<VerbKind> {
    static KINDS: LazyLock<HashMap<String, VerbKind>> = LazyLock::new(|| {
        let lists = [
            (DELETING, VerbKind::Delete),
            (UPDATING, VerbKind::Update),
            (LISTING, VerbKind::List),
            (READING, VerbKind::Read),
            (CREATING, VerbKind::Create),
        ];
        // Of two kinds with one stem the later one in this list counts.
        lists.into_iter().flat_map(|(verbs, kind)| verbs.iter().map(move |verb| (stem(verb), kind))).collect()
    });
    KINDS.get(verb).copied()
}

/// The stem of an English word, just well enough that forms of one word meet: `returned`, `returning`, `returns`.
pub(super) fn stem(word: &str) -> String {
    stem_of_key(&name_key(word))
}

/// The stem of a word that is its own name key.
fn stem_of_key(word: &str) -> String {
    let irregular = [
        ("paid", "pay"),
        ("lent", "lend"),
        ("sent", "send"),
        ("taken", "take"),
        ("kept", "keep"),
        ("withdrawn", "withdraw"),
        ("found", "find"),
        ("payment", "pay"),
        ("membership", "member"),
        ("withdrew", "withdraw"),
    ];
    if let Some((_, base)) = irregular.iter().find(|(form, _)| *form == word) {
        return (*base).to_owned();
    }
    let base = singular(word);
    for ending in ["ing", "ed"] {
        if let Some(stem) = base.strip_suffix(ending).filter(|stem| stem.chars().count() > 2) {
            let mut letters: Vec<char> = stem.chars().collect();
            let doubled = letters.len() > 3 && letters[letters.len() - 1] == letters[letters.len() - 2];
            if doubled && !matches!(letters[letters.len() - 1], 'l' | 's' | 'e') {
                letters.pop();
            }
            return letters.into_iter().collect::<String>().trim_end_matches('e').to_owned();
        }
    }
    if base.chars().count() > 3 { base.strip_suffix('e').unwrap_or(&base).to_owned() } else { base }
}

/// Words that say nothing of what a sentence is about.
pub(super) fn is_filler(word: &str) -> bool {
    const FILLERS: &[&str] = &[
        "a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "with", "from", "as", "is", "are", "was", "be",
        "been", "has", "have", "had", "that", "this", "there", "when", "if", "it", "its", "their", "they", "them",
        "and", "or", "not", "no", "must", "shall", "should", "can", "may", "will", "which", "who", "such", "own",
        "any", "all", "every", "each", "only", "than", "then", "up", "out", "back", "again", "already", "system",
        "user", "new", "one", "what", "before", "after", "was", "were", "so", "does", "do", "its",
    ];
    FILLERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_meet() {
        for (one, other) in [
            ("returned", "return"),
            ("borrowing", "borrow"),
            ("cancelled", "cancell"),
            ("closed", "close"),
            ("reserved", "reserve"),
            ("fees", "fee"),
            ("paid", "pay"),
            ("tools", "tool"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} {other}");
        }
        assert_ne!(stem("reserve"), stem("reservation"));
    }

    #[test]
    fn deeds_are_what_somebody_can_do() {
        let deeds = Sentence::of("As a volunteer, I can add a tool and find it by a word of its title.").deeds();
        assert_eq!(deeds.len(), 2);
        assert_eq!((deeds[0].verb.as_str(), deeds[0].about.as_slice()), ("add", ["tool".to_owned()].as_slice()));
        assert!(deeds[1].verb == "find" && deeds[1].about.contains(&"tool".to_owned()));
        assert!(Sentence::of("A loan must last a day.").deeds().is_empty());
    }

    #[test]
    fn statuses_are_told_from_other_numbers() {
        let status = |text: &str| Sentence::of(text).refusing_status();
        assert_eq!(status("refuse it with status 409 when taken"), Some(409));
        assert_eq!(status("answers 401."), Some(401));
        assert_eq!(status("within 500ms, under 4,500 of 4000"), None);
    }
}
