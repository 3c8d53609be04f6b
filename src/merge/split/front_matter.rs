//! Front matter by its keys: each entry with the lines that are indented below it. YAML and TOML alike, by lines.

use super::{indent, lines};
use crate::merge::part::{Class, Part};
use crate::spec::span::Span;

/// The metadata block at the top of a text, with its fences.
pub(in crate::merge) fn find(text: &str) -> Option<Span> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = lines(text, start, text.len());
    let fence = lines.next()?.1.trim_end();
    if !matches!(fence, "---" | "+++") {
        return None;
    }
    let (at, line) = lines.find(|(_, line)| line.trim_end() == fence)?;
    Some(Span::new(0, at + line.len()))
}

/// The parts of the block, or of an entry that holds a mapping.
pub(super) fn parts(part: &Part, text: &str) -> Option<Vec<Part>> {
    let span = part.span;
    let mut all: Vec<(usize, &str)> = lines(text, span.start, span.end).collect();
    let (first, line) = all.first().copied()?;
    all.remove(0);
    let mut found = vec![Part::new(Class::Verbatim, first, Span::new(first, first + line.len())).strict("opening")];
    let last = if part.class == Class::FrontMatter { all.pop() } else { None };
    found.extend(entries(text, &all, part.class)?);
    let end = found.last().map_or(first, |part| part.span.end);
    if let Some((at, line)) = last {
        found.push(Part::new(Class::Verbatim, end, Span::new(at, at + line.len())).strict("closing"));
    }
    Some(found)
}

fn entries(text: &str, lines: &[(usize, &str)], class: Class) -> Option<Vec<Part>> {
    let deep = lines.iter().find(|(_, line)| !line.trim().is_empty()).map_or(0, |(_, line)| indent(line));
    let mut found: Vec<Part> = Vec::new();
    let mut end = lines.first().map_or(0, |(at, _)| *at);
    let mut comment: Option<usize> = None;
    for (at, line) in lines {
        let own = line.trim();
        if own.is_empty() {
            continue;
        }
        let is_top = indent(line) <= deep && !own.starts_with(['-', ']', '}']);
        let to = at + line.len();
        if is_top && own.starts_with('#') {
            comment.get_or_insert(*at);
            continue;
        }
        let key = own
            .split([':', '='])
            .next()
            .filter(|key| key.len() < own.len())
            .map(|key| key.trim_matches(['"', '\'', ' ']));
        match (is_top, key) {
            (true, Some(key)) => {
                let name = if class == Class::FrontMatter { format!("front matter: {key}") } else { format!(".{key}") };
                let start = comment.take().unwrap_or(*at);
                found.push(Part::new(Class::Entry, end, Span::new(start, to)).strict(key).named(name));
            }
            // A value that goes on below its key; anything else is no mapping of keys.
            _ => {
                comment = None;
                found.last_mut()?.span.end = to;
            }
        }
        end = to;
    }
    if let Some(start) = comment {
        let to = lines.last().map_or(start, |(at, line)| at + line.len());
        found.push(Part::new(Class::Verbatim, end, Span::new(start, to)));
    }
    (!found.is_empty() || class == Class::FrontMatter).then_some(found).filter(|_| text.len() >= end)
}
