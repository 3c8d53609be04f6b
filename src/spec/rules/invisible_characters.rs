//! Characters that nobody sees and that change what is read: direction overrides, tags, zero-width spaces in words.

use crate::spec::edit::Edit;
use crate::spec::lint::{Finding, Rule, Severity, Subject};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "invisible-characters",
    summary: "the text holds invisible characters that can hide or reorder words",
    reason: "What a reviewer sees and what tools and language models read are then two texts.",
    hint: "delete the character; write right-to-left text without overrides",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.is_ascii() {
            check_line(line, at, &mut found);
        }
        at += line.len();
    }
    found
}

fn check_line(line: &str, start: usize, found: &mut Vec<Finding>) {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut before = None;
    let mut letters = line.char_indices().peekable();
    let mut in_flag = false;
    while let Some((at, letter)) = letters.next() {
        let span = Span::new(start + at, start + at + letter.len_utf8());
        let after = letters.peek().map(|(_, next)| *next);
        match letter {
            '\u{202d}' | '\u{202e}' => found.push(finding(span, letter, "it reverses what follows")),
            '\u{202a}' | '\u{202b}' | '\u{2066}'..='\u{2068}' => open.push((span.start, letter)),
            '\u{202c}' | '\u{2069}' => drop(open.pop()),
            // A flag such as Scotland's is a black flag with tags; tags anywhere else are a hidden message.
            '\u{1f3f4}' => in_flag = true,
            '\u{e0000}'..='\u{e007f}' if !in_flag => found.push(finding(span, letter, "it carries hidden text")),
            '\u{200b}' | '\u{2060}' | '\u{feff}' if span.start > 0 && joins(before) && joins(after) => {
                found.push(finding(span, letter, "it cuts a word in two").fix(Edit::new(span, "")));
            }
            _ => {}
        }
        in_flag &= matches!(letter, '\u{1f3f4}' | '\u{e0000}'..='\u{e007f}');
        before = Some(letter);
    }
    let unclosed = open.into_iter();
    found.extend(unclosed.map(|(at, letter)| {
        finding(Span::new(at, at + letter.len_utf8()), letter, "it changes the direction and is not closed on its line")
    }));
}

/// Between ASCII letters and digits no script needs a zero-width mark.
fn joins(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter.is_ascii_alphanumeric())
}

fn finding(span: Span, letter: char, why: &str) -> Finding {
    Finding::at(span, format!("an invisible character (U+{:04X}) stands here: {why}", u32::from(letter)))
}
