//! Words in requirements that every reader understands differently.

use std::sync::LazyLock;

use regex::Regex;

use crate::spec::item::Requirement;
use crate::spec::lint::{Finding, Rule, Severity, Subject};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "vague-words",
    summary: "a requirement uses words that can't be tested",
    reason: "Author, builder and tester each have their own idea of \"user-friendly\".",
    hint: "say what can be seen or measured instead",
    severity: Severity::Warning,
    check,
};

/// The words by language. `measure` lines hold words that a number next to them makes exact.
const WORDS: &str = include_str!("../../../templates/lint/vague-words.txt");

struct Words {
    /// Vague in any company.
    always: Regex,
    /// Vague unless the requirement has a number.
    measure: Regex,
}

static PATTERNS: LazyLock<Words> = LazyLock::new(|| Words { always: pattern("always"), measure: pattern("measure") });

/// All words of one kind as one pattern. Scripts without spaces have no word boundaries to ask for.
fn pattern(kind: &str) -> Regex {
    let lines = WORDS.lines().filter_map(|line| line.strip_prefix(kind)?.split_once(':'));
    let words = lines.flat_map(|(_, words)| words.split(',')).map(str::trim).filter(|word| !word.is_empty());
    let (spaced, unspaced): (Vec<&str>, Vec<&str>) =
        words.partition(|word| word.chars().any(|letter| letter < '\u{2e80}'));
    let escaped = |words: &[&str]| words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
    Regex::new(&format!(r"(?i)\b(?:{})(?:\b|$)|{}", escaped(&spaced), escaped(&unspaced))).expect("escaped words")
}

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject
        .reading
        .requirements
        .iter()
        .filter_map(|requirement| finding(subject.document.text(), requirement))
        .collect()
}

/// Whether a text without numbers has vague words.
pub(super) fn is_vague(text: &str) -> bool {
    PATTERNS.always.is_match(text) || measured(text).next().is_some()
}

/// Words that want a number; one in a name ("Rapid Antigen Test") is none of them.
fn measured(text: &str) -> impl Iterator<Item = regex::Match<'_>> {
    PATTERNS.measure.find_iter(text).filter(|found| {
        let is_capital = |part: &str| part.chars().next().is_some_and(char::is_uppercase);
        !(is_capital(found.as_str()) && (found.start() > 0 || is_capital(text[found.end()..].trim_start())))
    })
}

/// One finding a requirement: at its first vague word, naming the others.
fn finding(text: &str, requirement: &Requirement) -> Option<Finding> {
    let exact = !requirement.targets.is_empty() || requirement.text.chars().any(|letter| letter.is_numeric());
    let mut vague: Vec<_> = PATTERNS.always.find_iter(&requirement.text).collect();
    vague.extend(measured(&requirement.text).filter(|_| !exact));
    vague.sort_by_key(regex::Match::start);
    let mut words: Vec<&str> = Vec::new();
    for word in vague.iter().map(regex::Match::as_str) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let place = words.iter().find_map(|word| place(text, requirement.origin.span, word))?;
    let message = match words.as_slice() {
        [word] => format!("{word:?} can't be tested"),
        [first, rest @ ..] => format!("{first:?} can't be tested, nor can {}", quoted(rest)),
        [] => return None,
    };
    Some(Finding::at(place, message))
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

/// The word in the source. In code it is a name, not a promise.
fn place(text: &str, span: Span, word: &str) -> Option<Span> {
    let source = span.of(text);
    let at = source.find(word)?;
    let in_code = source[..at].matches('`').count() % 2 == 1;
    (!in_code).then(|| Span::new(span.start + at, span.start + at + word.len()))
}
