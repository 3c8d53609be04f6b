//! Says which sections nothing was read from, and why: vso never guesses in silence.

use super::super::document::NodeKind;
use super::super::item::{Origin, Reading, Unread};
use super::ground::{Ground, Part};
use super::lexicon::Topic;

/// The sections that gave nothing, with the reason. Where a whole branch of the outline gave nothing, only its topmost
/// section is named.
#[must_use]
pub fn read(ground: &Ground<'_>, reading: &Reading) -> Vec<Unread> {
    let parts = ground.parts();
    let mut read = vec![false; parts.len()];
    for start in places(reading) {
        read[ground.part_at(start)] = true;
    }
    // A section is whole when nothing in it and below it was read; children come after their parents.
    let mut below = read.clone();
    for at in (0..parts.len()).rev() {
        if let Some(parent) = parts[at].parent {
            below[parent] |= below[at];
        }
    }
    let mut found = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let above_unread = part.parent.is_some_and(|parent| !below[parent]);
        let has_own = part.blocks.iter().any(|block| says_something(ground, *block));
        let empty = !has_own && below[at];
        if read[at] || above_unread || empty || part.heading.is_none() || (part.level == 1 && below[at]) {
            continue;
        }
        let (reason, expected) = reason(ground, at, part);
        found.push(Unread {
            title: part.title.clone(),
            line: ground.line(part.span),
            span: part.span,
            reason: reason.to_owned(),
            expected,
        });
    }
    found
}

/// Where the items of a reading begin.
fn places(reading: &Reading) -> impl Iterator<Item = usize> {
    let origins: Vec<&Origin> = reading
        .components
        .iter()
        .map(|item| &item.origin)
        .chain(reading.requirements.iter().map(|item| &item.origin))
        .chain(reading.models.iter().map(|item| &item.origin))
        .chain(reading.endpoints.iter().map(|item| &item.origin))
        .chain(reading.criteria.iter().map(|item| &item.origin))
        .chain(reading.dependencies.iter().map(|item| &item.origin))
        .collect();
    origins.into_iter().map(|origin| origin.span.start)
}

/// Whether a block is more than a rule, a comment or a picture.
fn says_something(ground: &Ground<'_>, block: super::super::document::NodeId) -> bool {
    let document = ground.document();
    match document.node(block).kind {
        NodeKind::Rule => false,
        NodeKind::Html => !document.source(block).trim_start().starts_with("<!--"),
        _ => true,
    }
}

/// Why nothing was read, and whether that was to be expected.
fn reason(ground: &Ground<'_>, at: usize, part: &Part) -> (&'static str, bool) {
    let document = ground.document();
    if part.skipped {
        return ("contents, references, history and the index of slices are not read", true);
    }
    let end = part.span.end;
    let blocks = ground.parts()[at..].iter().take_while(|below| below.span.start < end).flat_map(|below| &below.blocks);
    let kinds: Vec<&NodeKind> =
        blocks.filter(|block| says_something(ground, **block)).map(|block| &document.node(*block).kind).collect();
    let has = |wanted: fn(&NodeKind) -> bool| kinds.iter().any(|kind| wanted(kind));
    if kinds.is_empty() {
        return ("the section is empty", true);
    }
    let about = match part.topic {
        Some(Topic::Background) => Some("background: no sentence binds the system"),
        Some(Topic::Stakeholders) => Some("people and roles: no sentence binds the system"),
        Some(Topic::Glossary) => Some("definitions: none names a part of the system"),
        Some(Topic::OutOfScope) => Some("what is out of scope binds nobody"),
        Some(Topic::Operations) => Some("how to install, run or plan: nothing binds the system"),
        Some(Topic::Meta) => Some("about the document itself"),
        _ => None,
    };
    let asked = match part.topic {
        Some(Topic::Requirements | Topic::NonFunctional | Topic::Stories) => {
            Some("no list, table or sentence that states a requirement")
        }
        Some(Topic::Components) => Some("no heading, list or table that names a component"),
        Some(Topic::Models) => Some("no model with fields that vso knows how to read"),
        Some(Topic::Endpoints) => Some("no endpoint with a path"),
        Some(Topic::Dependencies) => Some("no dependency between components that are known"),
        Some(Topic::Criteria) => Some("no list of criteria"),
        _ => None,
    };
    let shape = if has(|kind| matches!(kind, NodeKind::Fence(_) | NodeKind::IndentedCode)) {
        ("code or a picture from which no item follows", true)
    } else if has(|kind| *kind == NodeKind::Table) {
        ("a table whose header vso does not know", false)
    } else if has(|kind| matches!(kind, NodeKind::List(_))) {
        ("a list below a heading that announces nothing that vso knows", false)
    } else {
        ("prose without a sentence that binds the system", true)
    };
    asked.map(|reason| (reason, false)).or(about.map(|reason| (reason, true))).unwrap_or(shape)
}

#[cfg(test)]
mod tests {
    use super::super::super::document::Document;

    #[test]
    fn sections_without_items_are_named_once() {
        let text = "# S\n\n## Overview\n\nWords.\n\n### More\n\nWords.\n\n## Requirements\n\n- A can b.\n\n## Odd\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let reading = super::super::read(&Document::parse(text).unwrap());
        let seen: Vec<(&str, usize)> =
            reading.unread.iter().map(|unread| (unread.title.as_str(), unread.line)).collect();
        assert_eq!(seen, [("Overview", 3), ("Odd", 15)]);
    }
}
