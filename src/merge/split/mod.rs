//! Cuts a part of a text into its own parts, one language a file.
//!
//! The parts with what stands before them cover the text from the first byte to the last; nothing here judges whether
//! the text is right, and what is not understood is not cut.

mod blocks;
pub(super) mod front_matter;
pub(super) mod hcl;
mod id;
pub(super) mod json;
pub(super) mod markdown;
pub(super) mod python;

use super::part::{Class, Part};

/// The parts of a part; none if it is not cut further.
pub(super) fn parts(part: &Part, text: &str) -> Option<Vec<Part>> {
    match part.class {
        Class::Document | Class::Section | Class::Heading | Class::List | Class::Item | Class::Head | Class::Table => {
            markdown::parts(part, text)
        }
        Class::FrontMatter | Class::Entry => front_matter::parts(part, text),
        Class::Value => json::parts(part, text),
        Class::Module | Class::Type => python::parts(part, text),
        Class::Body | Class::Block | Class::Attribute => hcl::parts(part, text),
        _ => None,
    }
}

/// The name of a part in what is around it. Ids and titles stand for themselves; keys and methods need their owner.
pub(super) fn name(scope: &str, own: &str) -> String {
    match own.strip_prefix('.') {
        Some(own) if scope.is_empty() => own.to_owned(),
        Some(own) => format!("{scope}.{own}"),
        None => own.to_owned(),
    }
}

/// The lines of a stretch of text: where each begins and ends, with its line end.
fn lines(text: &str, from: usize, to: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    text[from..to].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// Columns of white space before a line's first letter; a tab reaches to the next multiple of four.
fn indent(line: &str) -> usize {
    let mut columns = 0;
    for letter in line.bytes() {
        match letter {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => break,
        }
    }
    columns
}

/// The first words of a text, for people.
fn first_words(text: &str) -> String {
    const WORDS: usize = 6;
    let mut words = text.split_whitespace();
    let start = words.by_ref().take(WORDS).collect::<Vec<_>>().join(" ");
    if words.next().is_some() { format!("{start} …") } else { start }
}
