//! PlantUML component and sequence diagrams: `component "Order Service" as orders`, `[A] --> [B] : text`.

use super::{Diagram, DiagramKind, Lines, Relation, Sketch};
use crate::spec::span::Span;

/// Words that declare a node.
const KINDS: &[&str] = &[
    "component",
    "database",
    "queue",
    "participant",
    "boundary",
    "control",
    "entity",
    "collections",
    "interface",
    "storage",
    "actor",
    "person",
    "artifact",
    "agent",
];

pub(super) fn read(part: usize, lines: Lines<'_>) -> Diagram {
    let mut sketch = Sketch::new(DiagramKind::Flow, part);
    let mut sequence = false;
    for (line, span) in lines {
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if line.starts_with(['\'', '@', '!']) {
            continue;
        }
        if KINDS.contains(&first) {
            sequence |= first == "participant";
            declared(&mut sketch, rest.trim_end_matches('{'), matches!(first, "actor" | "person"), span);
        } else if let Some((from, arrow, to)) = message(line) {
            let (from, to) = (named(&mut sketch, from, span), named(&mut sketch, to, span));
            if let (Some(from), Some(to)) = (from, to) {
                // In a sequence a dashed arrow is an answer; in a component diagram it is a dependency too.
                let reply = sequence && arrow.contains("--");
                let relation = if reply {
                    Relation::Replies
                } else if arrow.contains('>') || arrow.contains('<') {
                    Relation::Uses
                } else {
                    Relation::Attached
                };
                let (from, to) = if arrow.starts_with('<') { (to, from) } else { (from, to) };
                sketch.edge(from, to, relation, span);
            }
        } else if line.starts_with('[') {
            declared(&mut sketch, line, false, span);
        }
    }
    if sequence {
        sketch.diagram.kind = DiagramKind::Sequence;
    }
    sketch.diagram
}

/// `"Label" as id`, `[Label] as id`, `id`.
fn declared(sketch: &mut Sketch, text: &str, person: bool, span: Span) {
    let text = text.split(" #").next().unwrap_or(text).trim();
    let (left, right) = text.split_once(" as ").map_or((text, None), |(left, right)| (left.trim(), Some(right.trim())));
    let quoted = left.starts_with(['"', '[', '(', ':']);
    let bare = |word: &str| word.trim_matches(['"', '[', ']', '(', ')', ':']).to_owned();
    let (id, label) = match right {
        Some(right) if quoted => (bare(right), bare(left)),
        Some(right) => (bare(left), bare(right)),
        None => (bare(left), bare(left)),
    };
    if !id.is_empty() {
        sketch.node(&id, Some(&label), person, span);
    }
}

/// The node that one end of an arrow names.
fn named(sketch: &mut Sketch, text: &str, span: Span) -> Option<usize> {
    let bare = text.trim().trim_matches(['"', '[', ']', '(', ')', ':']).trim();
    (!bare.is_empty() && bare.len() < 80).then(|| sketch.node(bare, None, text.trim().starts_with(':'), span))
}

/// The two ends of an arrow and the arrow itself.
fn message(line: &str) -> Option<(&str, &str, &str)> {
    let spoken = line.split(" : ").next().unwrap_or(line);
    let start = spoken.find(['-', '<', '.']).filter(|at| {
        let stroke = spoken[*at..].trim_start_matches('<');
        stroke.starts_with("--")
            || stroke.starts_with("->")
            || stroke.starts_with("-[")
            || stroke.starts_with("..")
            || stroke.get(..6).is_some_and(|part| part.contains("->") && part.starts_with('-'))
    })?;
    let rest = &spoken[start..];
    let end = rest.find(|letter: char| letter.is_whitespace() || letter == '"' || letter == '[').unwrap_or(rest.len());
    (end >= 2 && start > 0).then(|| (&spoken[..start], &rest[..end], rest[end..].split(':').next().unwrap_or_default()))
}
