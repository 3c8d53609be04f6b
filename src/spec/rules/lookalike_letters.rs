//! Words that mix scripts by letters that look alike: "pаyment" with a Cyrillic "а".

use crate::spec::lint::{Finding, Rule, Severity, Subject};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "lookalike-letters",
    summary: "a word mixes Latin letters with letters of another script that look the same",
    reason: "Two names that look equal are then different: a reference fails, or leads elsewhere than it seems to.",
    hint: "type the word again",
    severity: Severity::Warning,
    check,
};

/// Cyrillic and Greek letters that most fonts draw like Latin ones, with the Latin letter.
const ALIKE: &[(char, char)] = &[
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('ԁ', 'd'),
    ('ԛ', 'q'),
    ('ԝ', 'w'),
    ('һ', 'h'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('Ѕ', 'S'),
    ('ο', 'o'),
    ('ν', 'v'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, letter.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                start = None;
                found.extend(finding(text, Span::new(from, at)));
            }
            _ => {}
        }
    }
    found
}

fn finding(text: &str, span: Span) -> Option<Finding> {
    let word = span.of(text);
    let latin = word.bytes().filter(u8::is_ascii_alphabetic).count();
    if word.is_ascii() || latin == 0 {
        return None;
    }
    let mut others = word.chars().filter(|letter| !letter.is_ascii());
    // One letter of the other script that has no double means that the author really writes two scripts.
    let (foreign, double) = others.clone().find_map(alike)?;
    others.all(|letter| alike(letter).is_some()).then(|| {
        let message =
            format!("{word:?} mixes scripts: {foreign:?} (U+{:04X}) looks like {double:?}", u32::from(foreign));
        Finding::at(span, message)
    })
}

fn alike(letter: char) -> Option<(char, char)> {
    ALIKE.iter().find(|(foreign, _)| *foreign == letter).copied()
}
